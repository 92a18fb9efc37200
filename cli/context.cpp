// Options settled against environment and terminal, the daemon's address, and how errors leave the program.
#include "cli/context.h"

#include <sys/stat.h>
#include <unistd.h>

#include <istream>
#include <ostream>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

bool is_set(std::optional<std::string> const& value) { return value && !value->empty(); }

bool wants_colour(Context const& context, bool is_tty) {
    auto const& globals = context.globals;
    if (globals.no_color || globals.color == "never") return false;
    if (globals.color == "always") return true;
    if (is_set(context.env("NO_COLOR"))) return false;
    for (auto const* name : {"CLICOLOR_FORCE", "FORCE_COLOR"}) {
        if (auto const force = context.env(name); is_set(force) && *force != "0") return true;
    }
    return is_tty && context.env("TERM").value_or("") != "dumb" && is_set(context.env("TERM"));
}

bool utf8_locale(Context const& context) {
    for (auto const* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        auto const value = context.env(name);
        if (!is_set(value)) continue;
        std::string lower;
        for (char const c : *value) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
    }
    return false;
}

std::optional<OutputFormat> format_named(std::string_view name) {
    if (name.empty() || name == "table") return OutputFormat::table;
    if (name == "wide") return OutputFormat::wide;
    if (name == "json") return OutputFormat::json;
    if (name == "jsonl") return OutputFormat::jsonl;
    if (name == "yaml") return OutputFormat::yaml;
    if (name == "csv") return OutputFormat::csv;
    if (name == "name") return OutputFormat::name;
    return std::nullopt;
}

std::optional<ProgressMode> progress_named(std::string_view name) {
    if (name.empty() || name == "auto") return ProgressMode::automatic;
    if (name == "tty") return ProgressMode::tty;
    if (name == "plain") return ProgressMode::plain;
    if (name == "json") return ProgressMode::json;
    return std::nullopt;
}

bool exists(std::string const& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0;
}

}  // namespace

Error make_error(ErrorCode code, std::string message, std::string hint) {
    return Error{.code = code, .message = std::move(message), .where = {}, .hint = std::move(hint), .severity = Severity::error, .notes = {}, .fixes = {}};
}

Context::Context(World world) : world_(std::move(world)) {}

Status Context::settle() {
    auto const format_name = globals.output.empty() ? env("PAWL_FORMAT").value_or("") : globals.output;
    auto const format = format_named(format_name);
    if (!format) return make_error(code::usage, "PAWL_FORMAT=" + format_name + " is no output format", "table, wide, json, jsonl, yaml, csv, name");
    format_ = *format;

    auto const progress_name = globals.progress.empty() ? env("PAWL_PROGRESS").value_or("") : globals.progress;
    auto const progress = progress_named(progress_name);
    if (!progress) return make_error(code::usage, "PAWL_PROGRESS=" + progress_name + " is no progress mode", "auto, tty, plain, json");
    if (*progress == ProgressMode::tty && !world_.err_is_tty) {
        return make_error(code::usage, "--progress tty needs a terminal on standard error", "use --progress plain");
    }
    progress_ = *progress;
    if (progress_ == ProgressMode::automatic) {
        bool const can_draw = world_.err_is_tty && env("TERM").value_or("dumb") != "dumb";
        progress_ = can_draw ? ProgressMode::tty : ProgressMode::plain;
    }

    if (globals.user && globals.system) return make_error(code::usage, "--user and --system exclude each other");
    if (!globals.timeout.empty()) {
        auto const span = parse_duration(globals.timeout);
        if (!span || *span <= Duration::zero()) return make_error(code::usage, "--timeout " + globals.timeout + " is no span of time", "for example 10s or 1m30s");
        timeout_ = *span;
    }

    bool const ascii = globals.ascii || !utf8_locale(*this);
    out_look_ = {.colour = wants_colour(*this, world_.out_is_tty), .ascii = ascii, .cut = world_.out_is_tty, .width = world_.columns};
    err_look_ = {.colour = wants_colour(*this, world_.err_is_tty), .ascii = ascii, .cut = world_.err_is_tty, .width = world_.columns};
    return Done{};
}

Result<std::string> Context::socket_path() const {
    if (!globals.socket.empty()) return globals.socket;
    auto const runtime = env("XDG_RUNTIME_DIR");
    std::string const system_path = "/run/pawl/pawl.sock";
    std::string const user_path = is_set(runtime) ? *runtime + "/pawl/pawl.sock" : "/run/user/" + std::to_string(::getuid()) + "/pawl/pawl.sock";
    if (globals.system) return system_path;
    if (globals.user) return user_path;
    if (auto const named = env("PAWL_SOCKET"); is_set(named)) return *named;
    if (exists(user_path)) return user_path;
    if (exists(system_path)) return system_path;
    return ::geteuid() == 0 && !is_set(runtime) ? system_path : user_path;
}

Result<Daemon*> Context::daemon() {
    if (daemon_) return daemon_.get();
    auto const path = socket_path();
    if (!path) return path.error();
    auto connected = world_.connect(*path, timeout_);
    if (!connected) return connected.error();
    daemon_ = std::move(*connected);
    return daemon_.get();
}

void Context::use(std::unique_ptr<Daemon> daemon) { daemon_ = std::move(daemon); }

Problem Context::explained(Error const& error) {
    Problem problem{.error = error, .where = {}, .why = {}, .next = {}, .document = {}};
    if (daemon_ && daemon_->last_problem().is_map() && daemon_->last_problem().text("title") == error.message) {
        problem.document = daemon_->last_problem();
        problem.why = problem.document.text("detail");
    }
    if (error.code == code::unavailable && !daemon_) {
        problem.next = {"pawl daemon install --user", "pawl daemon start", "pawl run --local FILE"};
    } else if (error.code == code::usage && !command.empty()) {
        problem.next = {"pawl help " + command};
    } else if (error.code == code::usage) {
        problem.next = {"pawl help"};
    } else if (error.code == code::degraded || error.code == code::draining) {
        problem.next = {"pawl status"};
    } else if (error.code == code::denied) {
        problem.next = {"pawl doctor"};
    }
    return problem;
}

int Context::fail(Error const& error) { return fail(explained(error)); }

int Context::fail(Problem const& problem) {
    bool const as_json = format_ == OutputFormat::json || format_ == OutputFormat::jsonl;
    world_.err << (as_json ? problem_json(problem) + "\n" : render_problem(err_look_, problem)) << std::flush;
    return exit_code_of(problem.error.code);
}

int Context::misuse(std::string message, std::string hint) { return fail(make_error(code::usage, std::move(message), std::move(hint))); }

void Context::say(std::string_view line) {
    if (!globals.quiet) world_.err << line << '\n' << std::flush;
}

Result<bool> Context::confirm(std::string_view question) {
    if (globals.yes) return true;
    if (!world_.in_is_tty) return make_error(code::usage, "'" + std::string(question) + "' needs an answer, and there is no terminal to ask on", "say --yes");
    world_.err << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(world_.in, answer);
    return answer == "y" || answer == "yes" || answer == "Y";
}

}  // namespace pawl::cli
