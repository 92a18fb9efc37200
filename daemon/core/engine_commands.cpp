// What people ask of the engine: deploy, start, cancel, retry, resolve. Each accepted command has its audit row and its answer in the
// batch of its effects.
#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "daemon/core/approval.h"
#include "daemon/core/carry.h"
#include "daemon/core/engine.h"
#include "daemon/core/keep.h"
#include "daemon/core/problem.h"
#include "daemon/core/run_json.h"

namespace pawl {
namespace {

constexpr std::size_t answers_max = 10'000;

struct ActionName {
    std::string_view operator()(Deploy const& deploy) const { return deploy.dry_run ? "deploy.dry_run" : "deploy"; }
    std::string_view operator()(RemoveWorkflow const&) const { return "workflow.rm"; }
    std::string_view operator()(RollBack const&) const { return "workflow.rollback"; }
    std::string_view operator()(StartRun const& start) const { return start.exec ? "run.exec" : "run.start"; }
    std::string_view operator()(CancelRun const&) const { return "run.cancel"; }
    std::string_view operator()(RetryRun const&) const { return "run.retry"; }
    std::string_view operator()(ResolveStep const&) const { return "run.resolve"; }
    std::string_view operator()(AnswerApproval const& answer) const { return answer.approved ? "run.approve" : "run.reject"; }
    std::string_view operator()(Drain const& drain) const { return drain.on ? "daemon.drain" : "daemon.undrain"; }
    std::string_view operator()(Stop const&) const { return "daemon.stop"; }
    std::string_view operator()(Forgotten const&) const { return "cache.rm"; }
    std::string_view operator()(Unprepared const&) const { return "unprepared"; }  // is not audited
};

std::string_view name_of(ResolveStep::As as) {
    return as == ResolveStep::As::success ? "success" : as == ResolveStep::As::failed ? "failed" : "retry";
}

std::string run_object(RunId id) { return "run/" + std::to_string(id.value); }

Error error(ErrorCode error_code, std::string message, std::string hint) {
    return Error{.code = error_code, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

/// The CloudEvent behind a run that a person started.
Json manual_event(RunId run, Json const& given, UtcTime now) {
    if (given.is_map()) return given;
    JsonMap map;
    map.append("specversion", "1.0");
    map.append("id", "run-" + std::to_string(run.value));
    map.append("source", "pawl");
    map.append("type", "manual");
    map.append("time", format_utc(now));
    map.append("data", JsonMap{});
    return map;
}

}  // namespace

void Engine::on(Command const& command) {
    if (answer_again(command)) return;
    Outcome outcome;
    if (std::optional<Error> refused = refusal(command.body)) outcome.refused = std::move(refused);
    else outcome = std::visit([&](auto const& body) { return perform(body, command.who); }, command.body);
    answer(command, outcome);
}

/// A repeated request gets the answer it got before; it has no second effect.
bool Engine::answer_again(Command const& command) {
    if (command.idempotency_key.empty()) return false;
    auto const found = answers_.find(std::to_string(command.who.uid) + "/" + command.idempotency_key);
    if (found == answers_.end()) return false;
    AnswerRow const& row = found->second;
    if (row.request_hash != command.request_hash) {
        effects_.emplace_back(Reply{command.reply_to, http_status(code::key_reused),
                                    problem(error(code::key_reused, "the Idempotency-Key was used for another request", "use a new key"))});
        return true;
    }
    Result<Json> body = parse_json(row.body, {.bytes_max = 64u << 20, .depth_max = 128});
    effects_.emplace_back(Reply{command.reply_to, row.status, body ? std::move(*body) : Json()});
    return true;
}

void Engine::answer(Command const& command, Outcome const& outcome) {
    Json body = outcome.refused ? problem(*outcome.refused, outcome.diagnostics) : outcome.body;
    int const status = outcome.refused ? http_status(outcome.refused->code) : outcome.status;
    bool const stops_degraded = degraded_ && std::holds_alternative<Stop>(command.body);  // a full disk must not keep the daemon alive
    if (stops_degraded || std::holds_alternative<Unprepared>(command.body) || (outcome.refused && outcome.refused->code == code::degraded)) {
        // Nothing can be written now: an audit row would hold the refusal back until there is nothing to refuse any more.
        effects_.emplace_back(Reply{command.reply_to, status, std::move(body), true});
        return;
    }
    rows_.emplace_back(AuditRow{.at = now_, .uid = command.who.uid, .gid = command.who.gid, .pid = command.who.pid, .via = command.via,
                                .action = std::string(std::visit(ActionName{}, command.body)), .object = outcome.object,
                                .outcome = outcome.refused ? std::string(outcome.refused->code.name) : "accepted"});
    bool const keep = !outcome.refused && !command.idempotency_key.empty();
    if (keep) {
        AnswerRow row{.key = command.idempotency_key, .uid = command.who.uid, .request_hash = command.request_hash, .status = status,
                      .body = dump_json(body), .at = now_};
        std::string key = std::to_string(row.uid) + "/" + row.key;
        rows_.emplace_back(row);
        answers_[key] = std::move(row);
        answer_order_.push_back(std::move(key));
        if (answers_.size() > answers_max) answers_.erase(answer_order_[answer_first_++]);
        if (answer_first_ > answers_max) {
            answer_order_.erase(answer_order_.begin(), answer_order_.begin() + static_cast<std::ptrdiff_t>(answer_first_));
            answer_first_ = 0;
        }
    }
    effects_.emplace_back(Reply{command.reply_to, status, std::move(body)});
}

std::optional<Error> Engine::refusal(CommandBody const& body) const {
    bool const starts = std::holds_alternative<StartRun>(body) || std::holds_alternative<RetryRun>(body) ||
                        std::holds_alternative<ResolveStep>(body);
    if (degraded_ && (starts || std::holds_alternative<Deploy>(body) || std::holds_alternative<RollBack>(body)))
        return error(code::degraded, "nothing new is started: " + degraded_reason_, "free some space; it goes on by itself");
    if (draining_ && starts)
        return error(code::draining, "the daemon is draining: it starts nothing new", "pawl daemon drain --off lets it go on");
    if (starts && runs_.size() >= options_.runs_max)
        return error(code::queue_full, "there are " + std::to_string(runs_.size()) + " live runs, which is the limit",
                     "wait until some have ended");
    return std::nullopt;
}

// ---- deploy

VersionRow Engine::store_version(WorkflowId workflow, int number, flow::LoadedWorkflow const& loaded, std::string const& file,
                                 std::string const& text, std::string const& root, Identity const& who, bool transient) {
    VersionRow version{.id = VersionId{++last_version_}, .workflow = workflow, .number = number, .hash = loaded.hash,
                       .model = loaded.model, .source_hash = sha256_hex(text),
                       .document = static_cast<int>(loaded.document), .root = root, .created_at = now_, .uid = who.uid,
                       .transient = transient, .uses = join(loaded.uses, " ")};
    rows_.emplace_back(SourceRow{version.source_hash, file, text});
    rows_.emplace_back(version);
    version.model.clear();  // the store has it; thousands of workflows must fit into memory
    return version;
}

JsonMap Engine::deploy_workflow(flow::LoadedFile const& file, flow::LoadedWorkflow const& loaded, Deploy const& deploy,
                                Identity const& who) {
    auto const found = workflows_.find(loaded.name);
    bool const known = found != workflows_.end();
    bool const active = known && found->second.row.active;
    bool const same = active && found->second.active.hash == loaded.hash && found->second.active.root == deploy.root;
    int const number = same ? found->second.active.number : (known ? found->second.row.last_number : 0) + 1;
    JsonMap change;
    change.append("kind", "workflow");
    change.append("name", loaded.name);
    change.append("action", same ? "unchanged" : active ? "changed" : known ? "reactivated" : "added");
    change.append("version", number);
    change.append("was", active ? found->second.active.number : 0);
    change.append("hash", loaded.hash);
    change.append("file", file.name);
    JsonList details;
    if (auto const sentences = deploy.details.find(loaded.name); sentences != deploy.details.end() && active && !same)
        for (std::string const& sentence : sentences->second) details.emplace_back(sentence);
    if (active && !same && found->second.active.root != deploy.root) details.emplace_back("its folder is now " + deploy.root);
    if (active && !same && found->second.active.number < found->second.row.last_number)
        details.emplace_back("this undoes the rollback to version " + std::to_string(found->second.active.number));
    change.append("details", std::move(details));
    if (same || deploy.dry_run) return change;

    Catalogued& entry = workflows_[loaded.name];
    if (!entry.row.id) entry.row.id = WorkflowId{++last_workflow_};
    entry.row.name = loaded.name;
    entry.active = store_version(entry.row.id, number, loaded, file.name, file.text, deploy.root, who, false);
    entry.row.active = entry.active.id;
    entry.row.last_number = number;
    entry.row.updated_at = now_;
    rows_.emplace_back(entry.row);
    return change;
}

Engine::Outcome Engine::perform(Deploy const& deploy, Identity const& who) {
    JsonList changes;
    std::string object;
    auto const name_in_audit = [&object](std::string const& name) {
        if (object.size() < 200) object += (object.empty() ? "workflow/" : " workflow/") + name;
    };
    if (auto stale = staleness(deploy)) return {.body = {}, .object = "project", .refused = std::move(stale), .diagnostics = {}};
    if (auto needed = still_needed(deploy)) return {.body = {}, .object = "project", .refused = std::move(needed), .diagnostics = {}};
    for (flow::LoadedFile const& file : deploy.files) {
        for (flow::LoadedWorkflow const& loaded : file.workflows) {
            changes.emplace_back(deploy_workflow(file, loaded, deploy, who));
            name_in_audit(loaded.name);
        }
    }
    for (std::string const& name : gone_from(deploy)) {
        changes.emplace_back(retire(name, deploy.dry_run));
        name_in_audit(name);
    }
    JsonMap body;
    body.append("dry_run", deploy.dry_run);
    body.append("changes", std::move(changes));
    Diagnostics all;
    for (flow::LoadedFile const& file : deploy.files) all.insert(all.end(), file.diagnostics.begin(), file.diagnostics.end());
    Json const rendered = problem(error(code::usage, "", ""), all);
    Json const* list = rendered.find("diagnostics");
    body.append("warnings", list != nullptr ? *list : Json(JsonList{}));
    return {.status = 200, .body = std::move(body), .object = std::move(object), .refused = {}, .diagnostics = {}};
}

Engine::Outcome Engine::perform(RemoveWorkflow const& removal, Identity const&) {
    std::string object = "workflow/" + removal.name;
    auto const found = workflows_.find(removal.name);
    if (found == workflows_.end() || !found->second.row.active)
        return {.body = {}, .object = std::move(object),
                .refused = error(code::not_found, "there is no workflow '" + removal.name + "'", "pawl workflow ls lists them"),
                .diagnostics = {}};
    if (auto const left = first_left_alone({removal.name}, {}))
        return {.body = {}, .object = std::move(object),
                .refused = error(code::conflict, "workflow '" + left->first + "' uses '" + removal.name + "'", "remove '" + left->first + "' first, or deploy a version of it that does not"),
                .diagnostics = {}};
    found->second.row.active = VersionId{};
    found->second.row.updated_at = now_;
    found->second.active = {};
    rows_.emplace_back(found->second.row);
    JsonMap body;
    body.append("name", removal.name);
    body.append("removed", true);
    return {.status = 200, .body = std::move(body), .object = std::move(object), .refused = {}, .diagnostics = {}};
}

// ---- runs

Engine::Entry& Engine::new_run(std::shared_ptr<flow::Plan const> plan, VersionRow const& version, std::string workflow,
                               Identity const& who) {
    auto made = std::make_unique<Entry>();
    Run& run = made->run;
    run.row = RunRow{.id = RunId{++last_run_}, .workflow = version.workflow, .workflow_version = version.id, .priority = plan->priority,
                     .created_at = now_, .uid = who.uid, .durability = plan->durability};
    run.data.run = run.row.id;
    run.workflow = std::move(workflow);
    run.version_number = version.number;
    run.root = version.root;
    run.plan = std::move(plan);
    for (std::size_t i = 0; i < run.plan->steps.size(); ++i)
        run.steps.push_back(StepRow{.run = run.row.id, .step = static_cast<flow::StepIndex>(i), .id = run.plan->steps[i].id});
    Entry& entry = *made;
    runs_[run.row.id] = std::move(made);
    return entry;
}

/// All rows of a new run are to be stored.
void Engine::insert(Entry& entry) {
    Run& run = entry.run;
    run.changes.row = run.changes.data = true;
    for (std::size_t i = 0; i < run.steps.size(); ++i) run.changes.steps.push_back(static_cast<flow::StepIndex>(i));
    JsonMap data;
    data.append("workflow", run.workflow);
    data.append("version", run.version_number);
    if (run.row.retry_of) data.append("retry_of", run.row.retry_of.value);
    if (!run.resolved.is_null()) data.append("resolved", std::move(run.resolved));
    record(run, now_, "run.queued", "", 0, Json(std::move(data)));
    changed_.insert(run.row.id);
}

std::optional<Error> Engine::admit(Entry& entry) {
    Run& run = entry.run;
    std::optional<flow::ConcurrencyPlan> const& plan = run.plan->concurrency;
    if (!plan || run.row.group.empty()) {
        insert(entry);
        tell(entry, RunAdmitted{});
        return std::nullopt;
    }
    std::string const name = run.row.group;
    GroupQueue::Group& group = groups_.group(name);
    bool const free = group.begun.size() < static_cast<std::size_t>(plan->limit) && group.queued.empty();
    if (free) {
        insert(entry);
        group.begun.insert(run.row.id);
        tell(entry, RunAdmitted{});
        return std::nullopt;
    }
    switch (plan->on_conflict) {
    case flow::OnConflict::skip:
        return error(code::conflict, "group '" + name + "' is busy, and on_conflict is skip",
                     "pawl ps shows the runs of the group; the new one was not made");
    case flow::OnConflict::fail:
        insert(entry);
        tell(entry, RunRefused{Reason::concurrency, "group '" + name + "' is busy"});
        return std::nullopt;
    case flow::OnConflict::replace: {
        insert(entry);
        std::vector<RunId> others;  // those that wait first: the end of a live one must not let them in
        for (GroupQueue::Entry const& queued : group.queued) others.push_back(queued.run);
        others.insert(others.end(), group.begun.begin(), group.begun.end());
        group.queued.insert(group_entry(run));
        for (RunId other : others)
            if (auto const found = runs_.find(other); found != runs_.end()) tell(*found->second, RunCancel{false, Reason::superseded});
        return std::nullopt;
    }
    case flow::OnConflict::queue: break;
    }
    if (group.queued.size() >= static_cast<std::size_t>(plan->max_queued)) {
        if (plan->on_full == flow::OnFull::reject || group.queued.empty())
            return error(code::queue_full, std::to_string(group.queued.size()) + " runs wait in group '" + name + "', which is its max_queued",
                         "wait until some have begun, or raise max_queued");
        RunId const oldest = group.queued.begin()->run;
        tell(*runs_.at(oldest), RunCancel{false, Reason::superseded});
    }
    insert(entry);
    groups_.enqueue(name, group_entry(run));
    return std::nullopt;
}

Engine::Outcome Engine::summary(RunId id, int status) const {
    Run const& run = entry_of(id).run;
    return {.status = status, .body = run_summary(run.row, run.workflow, run.version_number, now_), .object = run_object(run.row.id),
            .refused = {}, .diagnostics = {}};
}

VersionRow Engine::store_transient(flow::LoadedWorkflow const& loaded, StartRun::Transient const& from, std::string const& root, Identity const& who) {
    auto found = workflows_.find(loaded.name);
    bool const known = found != workflows_.end();
    WorkflowRow row = known ? found->second.row : WorkflowRow{.id = WorkflowId{++last_workflow_}, .name = loaded.name};
    ++row.last_number;
    row.updated_at = now_;
    VersionRow version = store_version(row.id, row.last_number, loaded, from.file, from.text, root, who, true);
    rows_.emplace_back(row);
    if (known) found->second.row = row;
    else workflows_[loaded.name] = Catalogued{row, {}};
    return version;
}

Engine::Outcome Engine::perform(StartRun const& start, Identity const& who) {
    std::string object = "workflow/" + start.workflow;
    flow::Bound bound = flow::bind_inputs(start.plan->inputs, start.inputs.is_null() ? Json(JsonMap{}) : start.inputs);
    if (has_errors(bound.diagnostics)) {
        Error first = bound.diagnostics.front();
        first.code = code::invalid_input;
        return {.body = {}, .object = std::move(object), .refused = std::move(first), .diagnostics = std::move(bound.diagnostics)};
    }
    VersionRow version;
    std::map<std::string, VersionRow> own;
    if (start.transient) {
        version = store_transient(start.transient->workflow, *start.transient, start.root, who);
        for (flow::LoadedWorkflow const& used : start.transient->used) own[used.name] = store_transient(used, *start.transient, start.root, who);
    } else {
        auto const found = workflows_.find(start.workflow);
        if (found == workflows_.end() || (!found->second.row.active && !start.from_file))
            return {.body = {}, .object = std::move(object),
                    .refused = error(code::not_found, "there is no workflow '" + start.workflow + "'", "pawl workflow ls lists them"),
                    .diagnostics = {}};
        version.id = start.version;
        version.workflow = found->second.row.id;
        version.root = start.root;
        version.number = start.number;
    }
    Entry& entry = new_run(start.plan, version, start.workflow, who);
    RunId const id = entry.run.row.id;
    entry.run.data.inputs = std::move(bound.values);
    entry.run.data.pinned = pin(*start.plan, own);
    entry.run.data.event = manual_event(id, start.event, now_);
    if (start.no_cache) entry.run.data.event.set(std::string(no_cache_attribute), true);
    (void)prepare_new_run(entry.run, now_);  // a failure is in the run's message and ends it when it is admitted
    if (std::optional<Error> refused = admit(entry)) {
        runs_.erase(id);
        --last_run_;
        return {.body = {}, .object = std::move(object), .refused = std::move(refused), .diagnostics = {}};
    }
    return summary(id, 201);
}

Error Engine::not_live(RunId id) const {
    bool const existed = id.value > 0 && id.value <= last_run_;
    std::string const name = "run " + std::to_string(id.value);
    return existed ? error(code::conflict, name + " has ended already", "pawl inspect " + std::to_string(id.value))
                   : error(code::not_found, "there is no " + name, "pawl run ls lists the runs");
}

Engine::Outcome Engine::perform(CancelRun const& cancel, Identity const&) {
    std::string object = run_object(cancel.run);
    auto const found = runs_.find(cancel.run);
    if (found == runs_.end()) return {.body = {}, .object = std::move(object), .refused = not_live(cancel.run), .diagnostics = {}};
    tell(*found->second, RunCancel{cancel.now, Reason::cancelled});
    return summary(cancel.run, 202);
}

Engine::Outcome Engine::start_again(RetryRun const& retry, Identity const& who, std::function<Status(Run&)> const& carry) {
    std::string object = run_object(retry.run);
    if (!retry.ended || !is_final(retry.ended->run.state))
        return {.body = {}, .object = std::move(object),
                .refused = error(code::conflict, "run " + std::to_string(retry.run.value) + " has not ended",
                                 "pawl run watch " + std::to_string(retry.run.value) + " follows it"),
                .diagnostics = {}};
    std::string name;
    for (auto const& [key, entry] : workflows_)
        if (entry.row.id == retry.ended->run.workflow) name = key;
    VersionRow version{.id = retry.version, .workflow = retry.ended->run.workflow, .number = retry.number, .root = retry.root};
    Entry& entry = new_run(retry.plan, version, std::move(name), who);
    RunId const id = entry.run.row.id;
    Status const carried = carry(entry.run);
    bool const vars_known = entry.run.data.vars.is_map() && entry.run.data.vars.as_map().size() == entry.run.plan->vars.size();
    if (carried && !vars_known) (void)prepare_new_run(entry.run, now_);  // they failed the ended run: never begin without them
    std::optional<Error> refused;
    if (!carried) refused = carried.error();
    else refused = admit(entry);
    if (refused) {
        runs_.erase(id);
        --last_run_;
        return {.body = {}, .object = std::move(object), .refused = std::move(refused), .diagnostics = {}};
    }
    Outcome made = summary(id, 201);
    made.object = std::move(object);  // the audit row names what was retried; the new run names it too, as retry_of
    return made;
}

Engine::Outcome Engine::perform(RetryRun const& retry, Identity const& who) {
    return start_again(retry, who, [&](Run& fresh) { return carry_over(fresh, *retry.ended, retry.from); });
}

Engine::Outcome Engine::perform(ResolveStep const& resolve, Identity const& who) {
    RunId const ended = resolve.run.run;
    auto const known = settled_.find(ended);
    RunId const settled_in = known != settled_.end() ? known->second : resolve.run.ended ? resolve.run.ended->settled_in : RunId{};
    Outcome outcome;
    RunId fresh_run;
    if (settled_in) {
        std::string const id = std::to_string(settled_in.value);
        outcome.refused = error(code::conflict, "run " + std::to_string(ended.value) + " was already settled in run " + id,
                                "that one goes on from here: pawl inspect " + id);
    } else {
        outcome = start_again(resolve.run, who, [&](Run& fresh) {
            fresh_run = fresh.row.id;
            fresh.resolved = JsonMap{{"step", resolve.step}, {"as", name_of(resolve.as)}, {"comment", resolve.comment}};
            return carry_over_resolved(fresh, *resolve.run.ended, resolve.step, resolve.as, resolve.comment);
        });
        if (!outcome.refused) settled_[ended] = fresh_run;
    }
    outcome.object = run_object(ended) + "/" + resolve.step + " as " + std::string(name_of(resolve.as));
    if (!resolve.comment.empty()) outcome.object += ": " + resolve.comment;
    return outcome;
}

Engine::Outcome Engine::perform(AnswerApproval const& answer, Identity const& who) {
    std::string object = run_object(answer.run);
    auto const refuse = [&](Error why) { return Outcome{.body = {}, .object = object, .refused = std::move(why), .diagnostics = {}}; };
    auto const found = runs_.find(answer.run);
    if (found == runs_.end()) return refuse(not_live(answer.run));
    Run const& run = found->second->run;
    Result<flow::StepIndex> const index = awaited_step(run, answer.step);
    if (!index) return refuse(index.error());
    object += "/" + run.steps[*index].id;
    if (Status const allowed = may_answer(run, *index, answer, who); !allowed) return refuse(allowed.error());
    tell(*found->second, RunApproval{*index, answer.approved, answer.name, answer.comment});
    Outcome outcome = summary(answer.run, 200);
    outcome.object = std::move(object);
    return outcome;
}

Engine::Outcome Engine::perform(Drain const& drain, Identity const&) {
    draining_ = drain.on;
    JsonMap body;
    body.append("draining", draining_);
    body.append("live_attempts", live_.size());
    return {.status = 200, .body = std::move(body), .object = "daemon", .refused = {}, .diagnostics = {}};
}

Engine::Outcome Engine::perform(Stop const&, Identity const&) {
    return {.status = 202, .body = JsonMap{{"stopping", true}}, .object = "daemon", .refused = {}, .diagnostics = {}};
}

Engine::Outcome Engine::perform(Forgotten const& forgotten, Identity const&) {
    return {.status = 200, .body = JsonMap{{"removed", forgotten.count}}, .object = forgotten.object, .refused = {}, .diagnostics = {}};
}

Engine::Outcome Engine::perform(Unprepared const& unprepared, Identity const&) {
    return {.body = {}, .object = {}, .refused = unprepared.why, .diagnostics = unprepared.diagnostics};
}

}  // namespace pawl
