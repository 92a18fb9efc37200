// The files of runs, below <state>/runs/<run>/: the only place where their paths are made. All names are numbers or fixed words, but for the
// names of `files`, which are checked; every file is opened beneath the runs folder, and no link is followed on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "daemon/core/attempts.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

/// Which call failed, and why.
struct SysError {
    std::string call;
    int number = 0;  ///< errno
};

inline constexpr std::size_t outputs_bytes_max = 64u << 10;
inline constexpr std::size_t report_bytes_max = 1u << 20;  ///< of a worker: outputs of 64 KiB, spelled as JSON twice

/// What an attempt needs before it is launched.
struct AttemptFiles {
    UniqueFd log, index;
    std::vector<std::string> env;  ///< PAWL_OUTPUT, PAWL_EVENT, PAWL_STATE_DIR and one for each of the spec's files
};

class RunFiles {
public:
    /// `state_path` is the absolute path of the folder that `state_folder` (borrowed for the call) is open on: steps get it in their environment.
    static Result<RunFiles> open(int state_folder, std::string state_path);

    /// Makes what is missing: the run's folder, its event, the step's state folder, the attempt's log, index, outputs and files. Repeating it is
    /// harmless. What holds for a whole run is made once and remembered.
    std::optional<SysError> prepare(AttemptId attempt, RunId run, LaunchSpec const& spec, AttemptFiles& files);
    /// Whether prepare() makes nothing but empty files and folders: the run has its folder and its event, and the attempt no secret files.
    bool is_light(RunId run, LaunchSpec const& spec) const { return prepared_.contains(run.value) && spec.files.empty(); }
    /// Log and index alone, for a launch that is repeated.
    std::optional<SysError> open_logs(AttemptId attempt, RunId run, AttemptFiles& files) const;
    /// What the attempt wrote into $PAWL_OUTPUT, at most 64 KiB and one byte. Empty when the file is gone or no regular file.
    std::string read_outputs(AttemptId attempt, RunId run, std::size_t bytes_max = outputs_bytes_max) const;
    /// The file of outputs, emptied, for the report of a worker.
    UniqueFd open_report(AttemptId attempt, RunId run) const;

    UniqueFd open_log(AttemptId attempt, RunId run) const;    ///< for reading; none: errno tells
    UniqueFd open_index(AttemptId attempt, RunId run) const;

private:
    RunFiles(UniqueFd runs, std::string path) : runs_(std::move(runs)), path_(std::move(path)) {}
    std::optional<SysError> prepare_run(RunId run, LaunchSpec const& spec);
    std::optional<SysError> write_event(RunId run, std::string_view event) const;
    std::optional<SysError> make_state_folder(RunId run, std::uint32_t step);
    std::optional<SysError> write_files(AttemptId attempt, RunId run, LaunchSpec const& spec, AttemptFiles& files) const;

    struct Prepared {
        std::vector<std::uint32_t> state_folders;  ///< steps that have one
    };
    UniqueFd runs_;
    std::string path_;                                    ///< "<state>/runs/"
    std::unordered_map<std::int64_t, Prepared> prepared_; ///< emptied when it grows: it only saves calls
};

}  // namespace pawl
