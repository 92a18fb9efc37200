#include "daemon/core/retry.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "common/base/text.h"
#include "common/flow/declaration.h"
#include "daemon/core/work_spec.h"

namespace pawl {
namespace {

std::string signal_name(int signal) {
    char const* abbreviation = sigabbrev_np(signal);
    return abbreviation != nullptr ? "SIG" + std::string(abbreviation) : "signal " + std::to_string(signal);
}

std::string error_text(int error_number) {
    char const* text = strerrordesc_np(error_number);
    return text != nullptr ? text : "error " + std::to_string(error_number);
}

Judgement failed(Reason reason, std::string message, bool may_retry = true) {
    return {.succeeded = false, .may_retry = may_retry, .reason = reason, .message = std::move(message), .outputs = Json(JsonMap{})};
}

Judgement judge_exit(flow::StepPlan const& plan, AttemptEnd const& end) {
    if (end.exit_code != 0) return failed(Reason::exit, "exited with " + std::to_string(end.exit_code));
    Result<Json> outputs = flow::parse_outputs(end.outputs, plan.outputs);
    if (!outputs) return failed(Reason::bad_output, outputs.error().message);
    if (!end.not_kept.empty()) return failed(Reason::bad_output, end.not_kept);
    return {.succeeded = true, .message = {}, .outputs = std::move(*outputs)};
}

Judgement judge_kind(flow::StepPlan const& plan, AttemptEnd const& end) {
    switch (end.kind) {
    case EndKind::exited: return judge_exit(plan, end);
    case EndKind::signalled: return failed(Reason::signal, "ended by " + signal_name(end.signal));
    case EndKind::timed_out: {
        std::string const limit = plan.timeout ? format_duration(*plan.timeout) : "its timeout";
        return failed(Reason::timeout, "did not end within " + limit + (end.killed ? " and had to be killed" : ""));
    }
    case EndKind::start_failed: return failed(Reason::start_failed, start_failure(end, {}), false);
    case EndKind::stopped:
    case EndKind::interrupted: return failed(Reason::cancelled, "stopped on request", false);
    case EndKind::lost: break;
    }
    return failed(Reason::lost, "nobody knows how it ended", false);
}

}  // namespace

Judgement judge(flow::StepPlan const& plan, AttemptEnd const& end) {
    if (plan.is_work() && end.kind == EndKind::exited) return judge_work(end);
    Judgement judgement = judge_kind(plan, end);
    if (judgement.succeeded) return judgement;
    if (Result<Json> text = flow::parse_outputs(end.outputs, {})) judgement.outputs = std::move(*text);  // untyped: a failure promised nothing
    return judgement;
}

std::string start_failure(AttemptEnd const& end, LaunchSpec const& spec) {
    std::string const program = spec.argv.empty() ? "" : printable(spec.argv.front());
    bool const by_path = program.find('/') != std::string::npos;
    if (end.failed_call == "chdir") return "its folder '" + printable(spec.dir) + "': " + error_text(end.error_number);
    if (end.failed_call == "execve" && end.error_number == ENOENT)
        return "program '" + program + "' was not found" + (by_path ? ", or the interpreter in its first line was not" : "");
    if (end.failed_call == "execve") return "program '" + program + "': " + error_text(end.error_number);
    return (end.failed_call.empty() ? "start" : end.failed_call) + ": " + error_text(end.error_number);
}

Duration retry_delay(flow::RetryPlan const& plan, int failures) {
    if (plan.delay <= Duration{0}) return Duration{0};  // times an infinite factor it would be no number
    double const factor = std::pow(std::max(plan.backoff, 1.0), std::max(failures - 1, 0));
    double const delay = static_cast<double>(plan.delay.count()) * factor;
    double const longest = static_cast<double>(plan.max_delay.count());
    return Duration(static_cast<std::int64_t>(std::min(delay, longest)));
}

Json failed_attempt_value(AttemptRow const& attempt, Json const& outputs) {
    JsonMap map;
    map.append("exit_code", attempt.exit_code ? Json(*attempt.exit_code) : Json());
    map.append("signal", attempt.signal);
    map.append("timed_out", attempt.reason == Reason::timeout);
    map.append("attempt", attempt.number);
    map.append("reason", name_of(attempt.reason));
    map.append("status", attempt.reason == Reason::http ? outputs.number("status") : 0);  // 0: no answer came
    return map;
}

}  // namespace pawl
