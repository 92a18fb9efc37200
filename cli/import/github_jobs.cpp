// Jobs: their order, what they say for all their steps, and the step before them that decides whether they run.
#include "cli/import/github_import.h"

#include <algorithm>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {

using yaml::Node;

Json as_condition(std::string const& cel) {
    if (cel == "false") return false;
    return cel;
}

void GithubImport::find_jobs(Node const& jobs) {
    for (auto const& member : jobs.members) {
        GithubJob job;
        job.id = member.key.text;
        job.node = &member.value;
        job.needs = texts_of(at(member.value, "needs"));
        jobs_.push_back(std::move(job));
        job_keys_.push_back(&member.key);
    }
}

GithubJob* GithubImport::job_named(std::string_view id) {
    auto const found = std::ranges::find(jobs_, id, &GithubJob::id);
    return found == jobs_.end() ? nullptr : &*found;
}

std::optional<Error> GithubImport::read_jobs() {
    auto const is_ready = [&](GithubJob const& job) {
        return !job.done && std::ranges::all_of(job.needs, [&](auto const& need) { return job_named(need) == nullptr || job_named(need)->done; });
    };
    for (std::size_t count = 0; count < jobs_.size(); ++count) {
        auto const next = std::ranges::find_if(jobs_, is_ready);
        if (next == jobs_.end()) return refusal(*job_keys_.front(), "the jobs wait for each other", "break the circle of their 'needs'");
        read_job(*next, *job_keys_[static_cast<std::size_t>(next - jobs_.begin())]);
        next->done = true;
    }
    return {};
}

void GithubImport::read_job(GithubJob& job, Node const& key) {
    job.scope = scope_;
    std::vector<std::string> waits_for;
    for (auto const& need : job.needs) {
        auto const* other = job_named(need);
        if (other == nullptr) {
            report_.add(key, Level::error, "job " + job.id + " needs " + in_quotes(need) + ", which is no job");
            continue;
        }
        for (auto const& end : other->ends)
            if (std::ranges::find(waits_for, end) == waits_for.end()) waits_for.push_back(end);
        for (auto const& [name, value] : other->outputs) job.scope.needs[need + "." + name] = value;
    }
    job.ends = waits_for;
    for (auto const& member : job.node->members)
        report_.add_other(member, {"name", "needs", "if", "env", "steps", "outputs", "runs-on", "timeout-minutes", "defaults", "strategy", "uses", "with", "secrets"}, " of job " + job.id);
    if (auto const* member = job.node->find("uses")) {
        report_.add(member->key, Level::not_translated, "job " + job.id + " uses " + member->value.text + ": it has no steps here");
        return;
    }
    read_frame(job);
    make_gate(job);
    if (auto const* steps = at(*job.node, "steps"))
        for (std::size_t i = 0; i < steps->items.size(); ++i) read_step(job, steps->items[i], i + 1);
    read_outputs(job);
}

void GithubImport::read_frame(GithubJob& job) {
    read_strategy(job);
    if (jobs_.size() > 1 || job.node->find("strategy") != nullptr) read_env_of_job(job, job.scope, job.env);
    if (auto const* member = job.node->find("runs-on")) report_.add(member->key, Level::approximated, "runs-on of job " + job.id + ": all steps run on the machine of the daemon");
    job.timeout = read_timeout(*job.node);
    if (!job.timeout.is_null()) report_.add(job.node->find("timeout-minutes")->key, Level::approximated, "timeout-minutes of job " + job.id + " holds for each of its steps");
    auto const* defaults = at(*job.node, "defaults");
    auto const* run = defaults == nullptr ? nullptr : at(*defaults, "run");
    if (run == nullptr) return;
    job.shell = read_shell(*run).value_or(Json());
    job.dir = read_dir(*run, job.scope);
}

void GithubImport::make_gate(GithubJob& job) {
    auto const* member = job.node->find("if");
    std::string condition;
    if (member != nullptr) {
        auto const found = job.scope.condition(member->value.text);
        condition = found ? found->cel : "false";
        if (!found) report_.add(member->key, Level::not_translated, "if of job " + job.id + ": " + member->value.text + "; the job is switched off until you write the condition");
        else if (!condition.empty()) report_.add(member->key, Level::translated, "if of job " + job.id);
        job.conditional = !condition.empty();
    }
    bool const runs_anyway = condition.find("always()") != std::string::npos;
    for (auto const& need : job.needs) {
        auto const* other = job_named(need);
        if (other == nullptr || other->gate.empty() || !other->conditional || runs_anyway) continue;
        condition += (condition.empty() ? "" : " && ") + did_run(*other);
        job.conditional = true;
    }
    if (!job.conditional && (job.ends.empty() || !has_status_steps(job))) return;
    JsonMap step, with;
    with.set("began", true);
    if (member != nullptr && condition == "false") step.set(std::string(comment_key), "Not translated: if: " + member->value.text);
    job.gate = unique_name(step_names_, identifier_from(job.id, "job"), '_');
    step.set("id", job.gate);
    set_needs(step, job.ends);
    if (!condition.empty()) step.set("if", as_condition(condition));
    step.set("uses", "set");
    step.set("with", std::move(with));
    steps_.emplace_back(std::move(step));
    last_step_ = job.gate;
    job.ends = {job.gate};
}

std::string GithubImport::did_run(GithubJob const& job) { return "steps." + job.gate + ".status != 'skipped'"; }

bool GithubImport::has_status_steps(GithubJob const& job) {
    auto const* steps = at(*job.node, "steps");
    return steps != nullptr && std::ranges::any_of(steps->items, [](Node const& step) {
        auto const text = text_at(step, "if");
        return text.find("always()") != std::string::npos || text.find("failure()") != std::string::npos || text.find("cancelled()") != std::string::npos;
    });
}

void GithubImport::set_needs(JsonMap& step, std::vector<std::string> const& needs) const {
    if (needs.size() == 1 && needs.front() == last_step_) return;  // the default
    step.set("needs", JsonList(needs.begin(), needs.end()));
}

void GithubImport::read_outputs(GithubJob& job) {
    auto const* outputs = at(*job.node, "outputs");
    if (outputs == nullptr) return;
    for (auto const& member : outputs->members) {
        auto const found = expressions_in(member.value.text);
        bool const whole = found.size() == 1 && found.front().span.end - found.front().span.begin == trim(member.value.text).size();
        auto const value = whole && job.items.empty() ? job.scope.value(found.front().text) : std::nullopt;
        report_.add(member.key, value ? Level::translated : Level::not_translated, "output " + member.key.text + " of job " + job.id);
        if (value) job.outputs[member.key.text] = *value;
    }
}

}  // namespace pawl::cli
