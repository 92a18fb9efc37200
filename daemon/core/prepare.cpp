#include "daemon/core/prepare.h"

#include "common/base/error_codes.h"
#include "daemon/core/context.h"

namespace pawl {
namespace {

void set_env(std::vector<std::string>& env, std::string_view name, std::string_view value) {
    std::string entry = std::string(name) + '=' + std::string(value);
    for (std::string& have : env) {
        if (have.size() > name.size() && have.starts_with(name) && have[name.size()] == '=') {
            have = std::move(entry);
            return;
        }
    }
    env.push_back(std::move(entry));
}

/// Programs get texts that end at the first NUL: one inside would silently cut the value.
Result<std::string> text_for_program(cel::Template const& value, std::string_view what, cel::Activation const& values) {
    Result<std::string> text = value.eval_text(values);
    if (text && text->find('\0') != std::string::npos)
        return Error{.code = code::expression_error, .message = "the value of " + std::string(what) + " contains a NUL character",
                     .where = {}, .hint = "pass binary data in a file"};
    return text;
}

Status fill_env(LaunchSpec& spec, Run& run, flow::CommandAction const& action, RunValues const& values) {
    if (Json const* env = values.variable("env"); env != nullptr) {
        for (auto const& [name, value] : env->as_map()) set_env(spec.env, name, value.as_string());
    } else {
        return *values.env_error();
    }
    for (flow::NamedTemplate const& entry : action.env) {
        Result<std::string> value = text_for_program(entry.value, "env." + entry.name, values);
        if (!value) return value.error();
        set_env(spec.env, entry.name, *value);
    }
    for (flow::NamedTemplate const& entry : action.files) {
        Result<std::string> content = entry.value.eval_text(values);
        if (!content) return content.error();
        spec.files.emplace_back(entry.name, std::move(*content));
    }
    std::string const& step = run.plan->steps[spec.step].id;
    set_env(spec.env, "PAWL_RUN", std::to_string(run.row.id.value));
    set_env(spec.env, "PAWL_WORKFLOW", run.workflow);
    set_env(spec.env, "PAWL_STEP", step);
    set_env(spec.env, "PAWL_IDEMPOTENCY_KEY", std::to_string(run.row.id.value) + "/" + step);
    return Done{};
}

Status fill_argv(LaunchSpec& spec, flow::CommandAction const& action, RunValues const& values) {
    if (action.argv.empty()) {
        spec.argv = action.shell;
        spec.argv.push_back(action.script);
        return Done{};
    }
    for (cel::Template const& item : action.argv) {
        Result<std::string> value = text_for_program(item, "argv", values);
        if (!value) return value.error();
        spec.argv.push_back(std::move(*value));
    }
    return Done{};
}

}  // namespace

Result<LaunchSpec> freeze_spec(Run& run, flow::StepIndex index, Surroundings const& surroundings, UtcTime now) {
    flow::StepPlan const& plan = run.plan->steps[index];
    flow::CommandAction const* action = std::get_if<flow::CommandAction>(&plan.action);
    ASSERT(action != nullptr);
    RunValues const values(run, now, index);
    LaunchSpec spec;
    spec.step = index;
    spec.env = surroundings.env;
    if (Status filled = fill_argv(spec, *action, values); !filled) return filled.error();
    if (Status filled = fill_env(spec, run, *action, values); !filled) return filled.error();
    Result<std::string> dir = text_for_program(action->dir, "dir", values);
    if (!dir) return dir.error();
    if (dir->empty()) spec.dir = run.root;
    else spec.dir = dir->front() == '/' ? *dir : run.root + "/" + *dir;
    spec.timeout = plan.timeout;
    spec.stop_signal = plan.stop.signal;
    spec.grace = plan.stop.grace;
    spec.log_head_max = surroundings.log_head_max;
    spec.log_tail_max = surroundings.log_tail_max;
    return spec;
}

LaunchSpec spec_of_attempt(LaunchSpec spec, Run const& run, AttemptRow const& attempt) {
    set_env(spec.env, "PAWL_ATTEMPT_NUMBER", std::to_string(attempt.number));
    set_env(spec.env, "PAWL_ATTEMPT", attempt.cookie);
    if (attempt.resumed) set_env(spec.env, "PAWL_RESUME", "1");
    spec.event_json = dump_json(run.data.event);
    return spec;
}

Result<Json> evaluate_set(Run& run, flow::StepIndex index, UtcTime now) {
    flow::SetAction const* action = std::get_if<flow::SetAction>(&run.plan->steps[index].action);
    ASSERT(action != nullptr);
    RunValues const values(run, now, index);
    JsonMap outputs;
    for (flow::NamedTemplate const& entry : action->values) {
        Result<Json> value = entry.value.eval(values);
        if (!value) return value.error();
        outputs.append(entry.name, std::move(*value));
    }
    return Json(std::move(outputs));
}

Result<UtcTime> evaluate_wait(Run& run, flow::StepIndex index, UtcTime now) {
    flow::WaitAction const* action = std::get_if<flow::WaitAction>(&run.plan->steps[index].action);
    ASSERT(action != nullptr);
    RunValues const values(run, now, index);
    bool const is_duration = action->for_duration.has_value();
    Result<std::string> const text = (is_duration ? *action->for_duration : *action->until).eval_text(values);
    if (!text) return text.error();
    if (is_duration) {
        Result<Duration> const duration = parse_duration(*text);
        if (!duration) return duration.error();
        return now + std::max(*duration, Duration{0});
    }
    std::optional<UtcTime> const until = parse_utc(*text);
    if (!until)
        return Error{.code = code::expression_error, .message = "'" + *text + "' is not a timestamp", .where = {},
                     .hint = "write it as 2026-10-05T07:30:00Z"};
    return std::max(*until, now);
}

Result<std::int64_t> evaluate_switch(Run& run, flow::StepIndex index, UtcTime now) {
    auto const& arms = std::get<flow::SwitchAction>(run.plan->steps[index].action).arms;
    RunValues const values(run, now, index);
    for (std::size_t i = 0; i < arms.size(); ++i) {
        if (!arms[i].when) return static_cast<std::int64_t>(i);
        Result<bool> const taken = arms[i].when->eval_bool(values);
        if (!taken) return taken.error();
        if (*taken) return static_cast<std::int64_t>(i);
    }
    return -1;
}

Result<std::string> evaluate_prompt(Run& run, flow::StepIndex index, UtcTime now) {
    RunValues const values(run, now, index);
    return std::get<flow::ApproveAction>(run.plan->steps[index].action).prompt.eval_text(values);
}

Result<Json> evaluate_run_outputs(Run& run, UtcTime now) {
    RunValues const values(run, now);
    JsonMap outputs;
    for (flow::NamedTemplate const& entry : run.plan->outputs) {
        Result<Json> value = entry.value.eval(values);
        if (!value) return value.error();
        outputs.append(entry.name, std::move(*value));
    }
    return Json(std::move(outputs));
}

}  // namespace pawl
