// What a command works with: streams, the terminal, the options every command has, and a daemon that is connected on first use.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon.h"
#include "cli/exit_codes.h"
#include "cli/parse.h"
#include "cli/render/look.h"
#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"

namespace pawl::cli {

/// The process around us; main() fills it from the real one, tests by hand. References outlive the context.
struct World {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool in_is_tty = false, out_is_tty = false, err_is_tty = false;
    std::size_t columns = 80;
    std::size_t rows = 24;
    std::function<std::optional<std::string>(std::string_view)> env;
    std::function<UtcTime()> now;
    /// Connects to the daemon on that socket.
    std::function<Result<std::unique_ptr<Daemon>>(std::string const& socket, Duration timeout)> connect;
    /// How often Ctrl-C was pressed since the command began; `terminated` is set by SIGTERM.
    std::function<int()> interrupts = [] { return 0; };
    std::function<bool()> terminated = [] { return false; };
    /// The terminal's size may have changed: asked for once a frame.
    std::function<std::size_t()> current_columns;
    std::function<std::size_t()> current_rows;
    /// How often we were stopped and continued: what was drawn before then stands above what the shell wrote since.
    std::function<int()> continues = [] { return 0; };
};

/// More than an Error has room for: lines of `where`, `why`, `next`.
struct Problem {
    Error error;
    std::string where;              ///< when error.where is absent
    std::string why;
    std::vector<std::string> next;  ///< commands to go on with
    Json document;                  ///< the daemon's problem+json; null: made from the rest
};

enum class OutputFormat : std::uint8_t { table, wide, json, jsonl, yaml, csv, name };
enum class ProgressMode : std::uint8_t { automatic, tty, plain, json };

class Context {
public:
    explicit Context(World world);

    GlobalOptions globals;
    World const& world() const { return world_; }
    std::ostream& out() const { return world_.out; }
    std::ostream& err() const { return world_.err; }
    UtcTime now() const { return world_.now(); }
    std::optional<std::string> env(std::string_view name) const { return world_.env(name); }

    /// Settles what the options decide; an error is code::usage. Called once, after parsing.
    Status settle();
    OutputFormat format() const { return format_; }
    bool machine_readable() const { return format_ != OutputFormat::table && format_ != OutputFormat::wide; }
    Look const& out_look() const { return out_look_; }
    Look const& err_look() const { return err_look_; }
    ProgressMode progress() const { return progress_; }
    Duration timeout() const { return timeout_; }

    /// The daemon, connected on first use. The error says where it was looked for; fail() adds the next commands.
    Result<Daemon*> daemon();
    /// Uses this daemon from now on (`run --local`).
    void use(std::unique_ptr<Daemon> daemon);
    /// Where the daemon is looked for: option, environment, the user's socket, the system's.
    Result<std::string> socket_path() const;

    /// Prints an error the way the output format asks for, and returns its exit code: `return context.fail(error)`.
    int fail(Error const& error);
    int fail(Problem const& problem);
    /// A usage mistake of the command that runs.
    int misuse(std::string message, std::string hint = "");
    /// A line of talk on stderr, unless --quiet.
    void say(std::string_view line);
    /// Asks on the terminal; --yes answers. Without a terminal a question is an error.
    Result<bool> confirm(std::string_view question);

    std::string command;  ///< path of the command that runs, for hints

private:
    Problem explained(Error const& error);
    World world_;
    OutputFormat format_ = OutputFormat::table;
    ProgressMode progress_ = ProgressMode::automatic;
    Look out_look_, err_look_;
    Duration timeout_ = std::chrono::seconds(10);
    std::unique_ptr<Daemon> daemon_;
};

Error make_error(ErrorCode code, std::string message, std::string hint = "");
/// The text form of a problem: one sentence, then where, why, hint, next. Diagnostics of the daemon are shown with their places.
std::string render_problem(Look const& look, Problem const& problem);
/// application/problem+json, one line.
std::string problem_json(Problem const& problem);

/// Runs one command line. `words` are the arguments without the program's name. The result is the exit code.
int run_pawl(Context& context, std::vector<std::string> const& words);

}  // namespace pawl::cli
