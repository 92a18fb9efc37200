// How a followed run is shown: a small live picture on a terminal, lines in a CI log, JSON for programs. All write to one stream.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "cli/render/look.h"
#include "cli/render/run_view.h"

namespace pawl::cli {

class Progress {
public:
    virtual ~Progress() = default;
    virtual void event(RunView const& run, JournalEvent const& event) = 0;
    virtual void line(RunView const& run, LogLine const& line) = 0;
    /// Called whenever nothing came for a moment, and after each burst.
    virtual void tick(RunView const& run, UtcTime now) = 0;
    /// A sentence from the client itself ("run 812 goes on; …"): shown at once, without tearing the picture.
    virtual void note(std::string_view text) = 0;
    /// The logs are complete: nothing need be held back any more.
    virtual void logs_ended() {}
    /// The last picture stays, or what was held back goes out. The end of the run is told by run_summary.h.
    virtual void finish(RunView const& run, UtcTime now) = 0;
};

/// What a terminal can do at this moment.
struct Screen {
    std::function<std::size_t()> columns;
    std::function<std::size_t()> rows;
    std::function<int()> continues = [] { return 0; };  ///< grows when the process goes on after a stop
};
std::unique_ptr<Progress> tty_progress(std::ostream& out, Look look, Screen screen);
std::unique_ptr<Progress> plain_progress(std::ostream& out, Look look);
std::unique_ptr<Progress> json_progress(std::ostream& out);
std::unique_ptr<Progress> silent_progress();

/// All steps, without log lines and summary line: what stays on the screen when the run has ended or the user has left. Pure.
std::vector<std::string> progress_result(Look const& look, RunView const& run, UtcTime now);
/// The live picture, line by line, at most `rows_max` of them. Pure.
std::vector<std::string> progress_frame(Look const& look, RunView const& run, UtcTime now, std::size_t rows_max);

}  // namespace pawl::cli
