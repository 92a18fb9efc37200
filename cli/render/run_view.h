// What is known of a run while it is followed: built from the daemon's answer, moved on by journal rows and log lines. No output here.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/time.h"

namespace pawl::cli {

struct StepView {
    std::string id;
    std::string item_of;                  ///< of "upload[eu]": "upload"
    std::string section = "steps";
    std::string status = "pending";
    std::string reason, message;
    std::vector<std::string> needs;
    std::size_t items = 0;                ///< how many it has; known when it has begun
    int attempt = 0;                      ///< the newest one, 0: none yet
    int attempts_max = 0;                 ///< 0: not known
    bool carried = false;                 ///< taken over from the run that this one retries
    std::optional<int> exit_code;
    int signal = 0;
    std::optional<UtcTime> started, ended, due;
    std::optional<Duration> usual;        ///< median of earlier runs
    std::deque<std::string> tail;         ///< newest log lines, at most `tail_lines_max`
};

inline constexpr std::size_t tail_lines_max = 20;

struct RunView {
    std::int64_t id = 0;
    std::string workflow;
    std::int64_t version = 0;
    std::string status = "queued", reason, message, failed_step;
    std::optional<UtcTime> created, started, ended, due;
    std::vector<StepView> steps;
    bool connected = true;                ///< false while the connection to the daemon is being repaired

    StepView* find(std::string_view step);
    StepView const* find(std::string_view step) const;
};

struct JournalEvent {
    std::int64_t seq = 0;
    UtcTime at{};
    std::string kind, step;
    int attempt = 0;
    Json data;
};
/// Empty when the text is no journal row.
std::optional<JournalEvent> journal_event(std::string_view data);

struct LogLine {
    std::string step;
    int attempt = 0;
    std::string stream;
    UtcTime at{};
    std::string text;                     ///< one line without its end, as the step wrote it
};

/// Puts lines together from the pieces of a log stream: a piece may end in the middle of a line.
class LineAssembler {
public:
    /// The lines that are whole with this piece (the data of an `event: log`).
    std::vector<LogLine> take(std::string_view data);
    /// What is left without a line end.
    std::vector<LogLine> rest();

private:
    std::map<std::string, LogLine> open_;  ///< by step, attempt, stream
};

/// From a run (detail). `from_start`: states are those before the first journal row, for a journal that is read from its beginning.
RunView run_view(Json const& run, bool from_start);
void apply(RunView& run, JournalEvent const& event);
void add_line(RunView& run, LogLine const& line);

/// How the items of a step stand.
struct ItemCounts {
    std::size_t all = 0, done = 0, bad = 0;
};
ItemCounts items_of(RunView const& run, std::string_view step);

bool is_final_status(std::string_view status);
/// A state in which an attempt lives or the step is otherwise busy.
bool is_busy(StepView const& step);
/// "exited with 70", "killed by SIGKILL", "timed out after 20m", "could not be started: …": how a step or attempt came to a bad end.
std::string how_it_ended(std::string_view status, std::string_view reason, std::optional<int> exit_code, int signal, std::string_view message);
std::string signal_name(int signal);

}  // namespace pawl::cli
