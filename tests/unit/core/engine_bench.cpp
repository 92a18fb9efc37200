#include "tests/unit/core/engine_bench.h"

#include <algorithm>

namespace pawl::test {
namespace {

std::string joined(std::vector<std::string>& words) {
    std::string text;
    for (std::string const& word : words) text += (text.empty() ? "" : ", ") + word;
    words.clear();
    return text;
}

bool lives(AttemptRow const& row) { return !is_final(row.state) || row.sweep_due; }

}  // namespace

EngineBench::EngineBench(int attempts_max, std::size_t runs_max) : attempts_max_(attempts_max), runs_max_(runs_max) {
    engine = std::make_unique<Engine>(options(), EngineState{});
}

EngineOptions EngineBench::options() const {
    EngineOptions options;
    options.surroundings.instance = "0123456789abcdef";
    options.attempts_max = attempts_max_;
    options.runs_max = runs_max_;
    options.allot = [slot = slot_] { return SlotRef{1, (*slot)++}; };
    return options;
}

void EngineBench::apply(Event const& event) {
    engine->apply(event, now);
    turn();
}

void EngineBench::turn() {
    Decided const decided = engine->take(now);
    if (!decided.batch.rows.empty()) {
        CHECK(decided.batch.number == batch_ + 1);
        batch_ = decided.batch.number;
    }
    for (Row const& row : decided.batch.rows) keep(row);
    std::vector<LoadPlan> wanted;
    for (Effect const& effect : decided.effects) {
        if (auto const* launch = std::get_if<Launch>(&effect)) said_.push_back("launch " + name_of_attempt(launch->attempt));
        else if (auto const* stop = std::get_if<StopAttempt>(&effect)) said_.push_back("stop " + name_of_attempt(stop->attempt) + (stop->now ? " now" : ""));
        else if (auto const* adopt = std::get_if<AdoptAttempt>(&effect)) said_.push_back("adopt " + name_of_attempt(adopt->attempt));
        else if (auto const* sweep = std::get_if<SweepAttempt>(&effect)) said_.push_back("sweep " + name_of_attempt(sweep->attempt));
        else if (auto const* reply = std::get_if<Reply>(&effect)) status_ = reply->status, answer = reply->body;
        else if (auto const* plan = std::get_if<LoadPlan>(&effect)) wanted.push_back(*plan);
    }
    for (LoadPlan const& plan : wanted) load(plan);
}

/// At once, in a turn of its own.
void EngineBench::load(LoadPlan const& wanted) {
    PlanLoaded loaded;
    loaded.version = versions_.at(wanted.version);
    loaded.former_id = wanted.former;
    loaded.plan = plans_.at(loaded.version.hash);
    for (auto const& [name, row] : workflows_)
        if (row.id == loaded.version.workflow) loaded.workflow = name;
    if (wanted.former) loaded.former = std::make_shared<StoredRun const>(runs_.at(wanted.former));
    apply(loaded);
}

void EngineBench::keep(Row const& row) {
    if (auto const* run = std::get_if<RunRow>(&row)) {
        StoredRun& stored = runs_[run->id];
        CHECK(run->version == stored.run.version + 1);
        CHECK_FALSE(is_final(stored.run.state));
        stored.run = *run;
    } else if (auto const* data = std::get_if<RunDataRow>(&row)) {
        runs_.at(data->run).data = *data;
    } else if (auto const* step = std::get_if<StepRow>(&row)) {
        std::vector<StepRow>& steps = runs_.at(step->run).steps;
        if (steps.size() <= step->step) steps.resize(step->step + 1u);
        StepRow& stored = steps[step->step];
        std::string const spec = step->spec.empty() ? stored.spec : step->spec;
        CHECK_FALSE((is_final(stored.state) && stored.state != step->state));
        stored = *step;
        stored.spec = spec;
    } else if (auto const* attempt = std::get_if<AttemptRow>(&row)) {
        attempts_[attempt->id] = *attempt;
        std::vector<AttemptRow>& live_ones = runs_.at(attempt->run).attempts;
        std::erase_if(live_ones, [&](AttemptRow const& other) { return other.id == attempt->id; });
        if (lives(*attempt)) live_ones.push_back(*attempt);
    } else if (auto const* audit = std::get_if<AuditRow>(&row)) {
        audited_.push_back(audit->action + " " + audit->object + " " + audit->outcome);
    } else if (auto const* version = std::get_if<VersionRow>(&row)) {
        versions_[version->id] = *version;
    } else if (auto const* workflow = std::get_if<WorkflowRow>(&row)) {
        workflows_[workflow->name] = *workflow;
    } else if (auto const* answer_row = std::get_if<AnswerRow>(&row)) {
        answers_.push_back(*answer_row);
    } else if (auto const* journal = std::get_if<JournalRow>(&row)) {
        CHECK(journal->seq <= runs_.at(journal->run).run.journal);
    }
}

int EngineBench::command(CommandBody body, std::string key, std::string request) {
    status_ = 0;
    Command command;
    command.reply_to = 1;
    command.who = Identity{1000, 1000, 42};
    command.idempotency_key = std::move(key);
    command.request_hash = std::move(request);
    command.body = std::move(body);
    if (auto const* deployment = std::get_if<Deploy>(&command.body))
        for (flow::LoadedFile const& file : deployment->files)
            for (flow::LoadedWorkflow const& workflow : file.workflows) plans_[workflow.hash] = workflow.plan;
    apply(command);
    return status_;
}

void EngineBench::deploy(std::string const& text, bool dry_run) {
    flow::LoadedFile file = loaded(text);
    Deploy deployment;
    deployment.files.push_back(std::move(file));
    deployment.root = "/srv/project";
    deployment.dry_run = dry_run;
    REQUIRE(command(std::move(deployment)) == 200);
}

int EngineBench::start(std::string const& workflow, std::string_view inputs, std::string key, std::string request) {
    StartRun start;
    start.workflow = workflow;
    start.inputs = json(inputs);
    std::optional<VersionRow> const version = engine->active_version(workflow);
    start.plan = plans_.begin()->second;  // of a workflow that is unknown, only the name counts
    if (version) {
        start.version = version->id;
        start.number = version->number;
        start.root = version->root;
        start.plan = plans_.at(version->hash);
    }
    return command(std::move(start), std::move(key), std::move(request));
}

RetryRun EngineBench::retry_of(std::int64_t run, std::string from) const {
    RetryRun retry;
    retry.run = RunId{run};
    retry.from = std::move(from);
    StoredRun const& stored = runs_.at(RunId{run});
    VersionRow const& version = versions_.at(stored.run.workflow_version);
    retry.version = version.id;
    retry.number = version.number;
    retry.plan = plans_.at(version.hash);
    retry.root = version.root;
    if (is_final(stored.run.state)) retry.ended = std::make_shared<StoredRun const>(stored);
    return retry;
}

std::string EngineBench::name_of_attempt(AttemptId id) const {
    AttemptRow const& row = attempts_.at(id);
    return std::to_string(row.run.value) + "." + runs_.at(row.run).steps.at(row.step).id + "#" + std::to_string(row.number);
}

AttemptId EngineBench::live(std::string_view step) const {
    for (auto const& [id, row] : attempts_)
        if (lives(row) && name_of_attempt(id).starts_with(std::string(step) + "#")) return id;
    INFO("no live attempt of " << step);
    REQUIRE(false);
    return {};
}

void EngineBench::ends(std::string_view step, AttemptEnd const& end) { apply(AttemptEnded{live(step), end}); }

void EngineBench::passes(Duration duration) {
    now += duration;
    apply(TimePassed{});
}

std::string EngineBench::said() { return joined(said_); }
std::string EngineBench::audited() { return joined(audited_); }

std::string EngineBench::state(std::int64_t run) const {
    RunRow const& row = runs_.at(RunId{run}).run;
    return shown(name_of(row.state), row.reason);
}

StepRow const& EngineBench::row(std::string_view step) const {
    std::size_t const dot = step.find('.');
    std::vector<StepRow> const& steps = runs_.at(RunId{std::stoll(std::string(step.substr(0, dot)))}).steps;
    auto const found = std::ranges::find(steps, step.substr(dot + 1), &StepRow::id);
    REQUIRE(found != steps.end());
    return *found;
}

std::string EngineBench::step(std::string_view step) const { return shown(name_of(row(step).state), row(step).reason); }

void EngineBench::restarts(std::map<std::string, Verdict> const& verdicts) {
    EngineState state;
    state.last_workflow = static_cast<std::int64_t>(workflows_.size());
    state.last_version = versions_.empty() ? 0 : versions_.rbegin()->first.value;
    state.last_run = runs_.empty() ? 0 : runs_.rbegin()->first.value;
    state.last_attempt = attempts_.empty() ? 0 : attempts_.rbegin()->first.value;
    state.batch = batch_;
    for (auto const& [name, row] : workflows_) {
        state.workflows.push_back(row);
        if (row.active) state.active_versions.push_back(versions_.at(row.active));
    }
    state.answers = answers_;
    engine = std::make_unique<Engine>(options(), std::move(state));
    for (auto const& [id, stored] : runs_) {
        if (is_final(stored.run.state)) continue;
        VersionRow const& version = versions_.at(stored.run.workflow_version);
        std::string name;
        for (auto const& [key, row] : workflows_)
            if (row.id == stored.run.workflow) name = key;
        engine->restore(stored, plans_.at(version.hash), version, name);
    }
    for (AttemptRow const& attempt : engine->live_attempts()) {
        std::string const name = name_of_attempt(attempt.id);
        INFO("no verdict for " << name);
        REQUIRE(verdicts.contains(name));
        engine->recover(attempt.id, verdicts.at(name), now);
    }
    engine->resume(now);
    turn();
}

}  // namespace pawl::test
