#include "daemon/core/prepare.h"

#include "common/base/error_codes.h"
#include "daemon/core/context.h"
#include "daemon/core/keep.h"

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

/// RUN/STEP, or RUN/STEP/ITEM: the same for all attempts.
std::string idempotency_key(Run const& run, flow::StepIndex index) {
    std::string key = std::to_string(run.row.id.value) + "/" + plan_of(run, index).id;
    StepRow const& row = run.steps[index];
    if (row.item_of) {
        std::size_t const open = row.id.find('[');
        key += "/" + row.id.substr(open + 1, row.id.size() - open - 2);
    }
    return key;
}

Status fill_env(LaunchSpec& spec, Run& run, flow::StepIndex index, flow::CommandAction const& action, RunValues const& values) {
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
    set_env(spec.env, "PAWL_RUN", std::to_string(run.row.id.value));
    set_env(spec.env, "PAWL_WORKFLOW", run.workflow);
    set_env(spec.env, "PAWL_STEP", plan_of(run, index).id);
    set_env(spec.env, "PAWL_IDEMPOTENCY_KEY", idempotency_key(run, index));
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

Result<Json> evaluate_all(std::vector<flow::NamedTemplate> const& entries, RunValues const& values) {
    JsonMap map;
    for (flow::NamedTemplate const& entry : entries) {
        Result<Json> value = entry.value.eval(values);
        if (!value) return value.error();
        map.append(entry.name, std::move(*value));
    }
    return Json(std::move(map));
}

}  // namespace

Result<LaunchSpec> freeze_spec(Run& run, flow::StepIndex index, Surroundings const& surroundings, UtcTime now) {
    flow::StepPlan const& plan = plan_of(run, index);
    flow::CommandAction const* action = std::get_if<flow::CommandAction>(&plan.action);
    ASSERT(action != nullptr);
    RunValues const values(run, now, index);
    LaunchSpec spec;
    spec.step = index;
    spec.env = surroundings.env;
    if (Status filled = fill_argv(spec, *action, values); !filled) return filled.error();
    if (Status filled = fill_env(spec, run, index, *action, values); !filled) return filled.error();
    Result<std::string> dir = text_for_program(action->dir, "dir", values);
    if (!dir) return dir.error();
    if (dir->empty()) spec.dir = run.root;
    else spec.dir = dir->front() == '/' ? *dir : run.root + "/" + *dir;
    spec.timeout = plan.timeout;
    spec.stop_signal = plan.stop.signal;
    spec.grace = plan.stop.grace;
    spec.log_head_max = surroundings.log_head_max;
    spec.log_tail_max = surroundings.log_tail_max;
    if (Status kept = freeze_keep(spec, run, index, surroundings, values); !kept) return kept.error();
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
    return evaluate_all(std::get<flow::SetAction>(plan_of(run, index).action).values, RunValues(run, now, index));
}

Result<UtcTime> evaluate_wait(Run& run, flow::StepIndex index, UtcTime now) {
    flow::WaitAction const* action = std::get_if<flow::WaitAction>(&plan_of(run, index).action);
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
    auto const& arms = std::get<flow::SwitchAction>(plan_of(run, index).action).arms;
    RunValues const values(run, now, index);
    for (std::size_t i = 0; i < arms.size(); ++i) {
        if (!arms[i].when) return static_cast<std::int64_t>(i);
        Result<bool> const taken = arms[i].when->eval_bool(values);
        if (!taken) return taken.error();
        if (*taken) return static_cast<std::int64_t>(i);
    }
    return -1;
}

Result<Json> evaluate_child_inputs(Run& run, flow::StepIndex index, UtcTime now) {
    return evaluate_all(std::get<flow::WorkflowAction>(plan_of(run, index).action).with, RunValues(run, now, index));
}

void note_values_of_arms(Run& run, flow::StepIndex index, UtcTime now) {
    RunValues const values(run, now, index);
    JsonMap read;
    for (auto const& arm : std::get<flow::SwitchAction>(plan_of(run, index).action).arms) {
        if (!arm.when) continue;
        Json of_arm = values_read(*arm.when, values);
        for (auto& [path, value] : of_arm.as_map()) read.set(path, std::move(value));
    }
    Json& explain = run.steps[index].explain;
    if (explain.is_null()) explain = Json(JsonMap{});
    explain.set("when", Json(std::move(read)));
}

Result<std::string> evaluate_prompt(Run& run, flow::StepIndex index, UtcTime now) {
    RunValues const values(run, now, index);
    return std::get<flow::ApproveAction>(plan_of(run, index).action).prompt.eval_text(values);
}

Result<Json> evaluate_run_outputs(Run& run, UtcTime now) { return evaluate_all(run.plan->outputs, RunValues(run, now)); }

}  // namespace pawl
