// Makes and opens the files of runs.
#include "daemon/io/run_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "common/base/error_codes.h"
#include "daemon/io/file_walk.h"

namespace pawl {
namespace {

constexpr std::size_t runs_remembered_max = 4096;

/// A short path on the stack: attempts are launched by the thousand.
class Path {
public:
    Path& text(std::string_view part) {
        std::size_t const count = std::min(part.size(), bytes_.size() - 1 - size_);
        std::memcpy(bytes_.data() + size_, part.data(), count);
        size_ += count;
        return *this;
    }
    Path& number(std::int64_t value) {
        std::array<char, 24> digits{};
        char const* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        return text({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    char const* c_str() const { return bytes_.data(); }
    std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::array<char, 256> bytes_{};
    std::size_t size_ = 0;
};

Path run_path(RunId run) { return Path().number(run.value); }
Path attempt_path(RunId run, AttemptId attempt, std::string_view ending) {
    return Path().number(run.value).text("/").number(attempt.value).text(ending);
}

/// mkdir beneath `folder`: the parent is opened without following links. 0, or errno; an existing folder is fine.
int make_folder(int folder, Path const& parent, char const* name) {
    UniqueFd const opened = open_below(folder, parent.c_str(), O_PATH | O_DIRECTORY);
    if (!opened) return errno;
    return mkdirat(opened.get(), name, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

int write_whole(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t const done = write(fd, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done < 0 ? errno : ENOSPC;
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return 0;
}

/// A name that may stand left of `=` and cannot leave its folder.
bool is_variable_name(std::string_view name) {
    auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    auto const digit = [](char c) { return c >= '0' && c <= '9'; };
    return !name.empty() && name.size() <= 128 && letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

}  // namespace

Result<RunFiles> RunFiles::open(int state_folder, std::string state_path) {
    if (mkdirat(state_folder, "runs", 0700) != 0 && errno != EEXIST)
        return Error{code::io, std::string("cannot make the folder of runs: ") + std::strerror(errno), {}, {}};
    UniqueFd runs = open_below(state_folder, "runs", O_RDONLY | O_DIRECTORY);
    if (!runs) return Error{code::io, std::string("cannot open the folder of runs: ") + std::strerror(errno), {}, {}};
    return RunFiles(std::move(runs), std::move(state_path) + "/runs/");
}

std::optional<SysError> RunFiles::write_event(RunId run, std::string_view event) const {
    // Written aside and renamed, so that a crash leaves a whole event or none.
    Path const draft = run_path(run).text("/event.json.new");
    UniqueFd const file = open_below(runs_.get(), draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!file) return SysError{"open event", errno};
    if (int const error = write_whole(file.get(), event); error != 0) return SysError{"write event", error};
    Path const final = run_path(run).text("/event.json");
    if (renameat(runs_.get(), draft.c_str(), runs_.get(), final.c_str()) != 0) return SysError{"rename event", errno};
    return std::nullopt;
}

std::optional<SysError> RunFiles::prepare_run(RunId run, LaunchSpec const& spec) {
    if (prepared_.contains(run.value)) return std::nullopt;
    if (mkdirat(runs_.get(), run_path(run).c_str(), 0700) != 0 && errno != EEXIST) return SysError{"mkdir", errno};
    Path const event = run_path(run).text("/event.json");
    if (!open_below(runs_.get(), event.c_str(), O_PATH))
        if (auto error = write_event(run, spec.event_json)) return error;
    if (prepared_.size() >= runs_remembered_max) prepared_.clear();
    prepared_.try_emplace(run.value);
    return std::nullopt;
}

std::optional<SysError> RunFiles::make_state_folder(RunId run, std::uint32_t step) {
    std::vector<std::uint32_t>& made = prepared_[run.value].state_folders;
    if (std::ranges::find(made, step) != made.end()) return std::nullopt;
    Path const name = Path().text("state-").number(step);
    if (int const error = make_folder(runs_.get(), run_path(run), name.c_str()); error != 0) return SysError{"mkdir", error};
    made.push_back(step);
    return std::nullopt;
}

std::optional<SysError> RunFiles::write_files(AttemptId attempt, RunId run, LaunchSpec const& spec, AttemptFiles& files) const {
    Path const folder = Path().text("files-").number(attempt.value);
    if (int const error = make_folder(runs_.get(), run_path(run), folder.c_str()); error != 0) return SysError{"mkdir", error};
    for (auto const& [name, content] : spec.files) {
        if (!is_variable_name(name)) return SysError{"name of a file", EINVAL};
        Path const path = run_path(run).text("/").text(folder.view()).text("/").text(name);
        // Of an earlier launch of this attempt that did not come to anything; 0400 cannot be opened for writing again.
        if (unlinkat(runs_.get(), path.c_str(), 0) != 0 && errno != ENOENT) return SysError{"unlink", errno};
        UniqueFd const file = open_below(runs_.get(), path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0400);
        if (!file) return SysError{"open file", errno};
        if (int const error = write_whole(file.get(), content); error != 0) return SysError{"write file", error};
        files.env.push_back(name + '=' + path_ + std::string(path.view()));
    }
    return std::nullopt;
}

std::optional<SysError> RunFiles::prepare(AttemptId attempt, RunId run, LaunchSpec const& spec, AttemptFiles& files) {
    if (auto error = prepare_run(run, spec)) return error;
    if (auto error = make_state_folder(run, spec.step)) return error;
    if (auto error = open_logs(attempt, run, files)) {
        prepared_.erase(run.value);  // perhaps somebody removed the folder: make it anew next time
        return error;
    }
    Path const outputs = attempt_path(run, attempt, ".out");
    if (!open_below(runs_.get(), outputs.c_str(), O_WRONLY | O_CREAT, 0600)) return SysError{"open outputs", errno};

    std::string const run_folder = path_ + std::to_string(run.value) + '/';
    files.env.push_back("PAWL_OUTPUT=" + path_ + std::string(outputs.view()));
    files.env.push_back("PAWL_EVENT=" + run_folder + "event.json");
    files.env.push_back("PAWL_STATE_DIR=" + run_folder + "state-" + std::to_string(spec.step));
    return spec.files.empty() ? std::nullopt : write_files(attempt, run, spec, files);
}

std::optional<SysError> RunFiles::open_logs(AttemptId attempt, RunId run, AttemptFiles& files) const {
    files.log = open_below(runs_.get(), attempt_path(run, attempt, ".log").c_str(), O_WRONLY | O_CREAT, 0600);
    if (!files.log) return SysError{"open log", errno};
    files.index = open_below(runs_.get(), attempt_path(run, attempt, ".idx").c_str(), O_WRONLY | O_CREAT, 0600);
    if (!files.index) return SysError{"open log index", errno};
    return std::nullopt;
}

UniqueFd RunFiles::open_report(AttemptId attempt, RunId run) const {
    return open_below(runs_.get(), attempt_path(run, attempt, ".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
}

std::string RunFiles::read_outputs(AttemptId attempt, RunId run, std::size_t bytes_max) const {
    // The step may have put anything in its place: a FIFO must not stop us, a device not be read.
    UniqueFd const file = open_below(runs_.get(), attempt_path(run, attempt, ".out").c_str(), O_RDONLY | O_NONBLOCK);
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return {};
    std::string outputs(std::min(static_cast<std::size_t>(status.st_size), bytes_max + 1), '\0');
    std::size_t have = 0;
    while (have < outputs.size()) {
        ssize_t const got = pread(file.get(), outputs.data() + have, outputs.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    outputs.resize(have);
    return outputs;
}

UniqueFd RunFiles::open_log(AttemptId attempt, RunId run) const {
    return open_below(runs_.get(), attempt_path(run, attempt, ".log").c_str(), O_RDONLY | O_NONBLOCK);
}

UniqueFd RunFiles::open_index(AttemptId attempt, RunId run) const {
    return open_below(runs_.get(), attempt_path(run, attempt, ".idx").c_str(), O_RDONLY | O_NONBLOCK);
}

}  // namespace pawl
