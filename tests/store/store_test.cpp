// Rows go in and come out as they were; a commit is all or nothing; what does not follow is refused.
#include "daemon/store/store.h"

#include <sys/stat.h>

#include "tests/catch.h"
#include "tests/store/bench.h"

using namespace pawl;
using namespace pawl::test;

namespace {

RunRow full_run() {
    RunRow run = queued_run(7, 3);
    run.journal = 4;
    run.workflow_version = VersionId{9};
    run.state = RunState::finishing;
    run.reason = Reason::timeout;
    run.outcome = RunState::failed;
    run.failed_step = "dump";
    run.message = "it said: \xe2\x82\xac \"no\"";
    run.priority = -3;
    run.group = "backup-orders";
    run.cancel_requested = true;
    run.stop_handlers = true;
    run.started_at = start + 1us;
    run.deadline = start + 1h;
    run.number_of_try = 2;
    run.retry_of = RunId{5};
    run.uid = 4'000'000'000u;
    run.durability = flow::Durability::normal;
    return run;
}

StepRow full_step(RunId run, flow::StepIndex index) {
    StepRow step;
    step.run = run;
    step.step = index;
    step.id = "dump";
    step.state = StepState::waiting;
    step.reason = Reason::exit;
    step.message = "exit 3";
    step.exit_code = 3;
    step.signal = 9;
    step.attempts = 2;
    step.losses = 1;
    step.carried = true;
    step.outputs = JsonMap{{"size", 12}, {"ratio", 3.0}, {"big", std::uint64_t{18446744073709551615u}}};
    step.explain = JsonMap{{"if", JsonMap{{"inputs.dry", false}}}};
    step.spec = std::string("{\"argv\":[]}\0tail", 16);
    step.queued_at = start;
    step.started_at = start + 2s;
    step.due = start + 3s;
    return step;
}

AttemptRow full_attempt(RunId run) {
    AttemptRow attempt;
    attempt.id = AttemptId{31};
    attempt.run = run;
    attempt.step = 1;
    attempt.number = 2;
    attempt.state = AttemptState::stopping;
    attempt.reason = Reason::cancelled;
    attempt.slot = {3, 16'000};
    attempt.fence = 12;
    attempt.resumed = true;
    attempt.stop_requested = true;
    attempt.cookie = "c0ffee";
    attempt.exit_code = 0;
    attempt.signal = 15;
    attempt.message = "stopped";
    attempt.launched_at = start;
    attempt.ended_at = start + 5s;
    attempt.ran = 5s;
    attempt.cpu = 1234us;
    attempt.max_rss_kib = 4096;
    attempt.log_cut = true;
    return attempt;
}

}  // namespace

TEST_CASE("a live run is loaded as it was stored, with data, steps and live attempts", "[store]") {
    StoreBench bench;
    RunRow const run = full_run();
    RunDataRow const data{run.id, JsonMap{{"database", "orders"}}, JsonMap{{"n", 1}}, JsonMap{{"type", "manual"}}, nullptr};
    StepRow const step = full_step(run.id, 1);
    AttemptRow const attempt = full_attempt(run.id);
    AttemptRow ended = attempt;
    ended.id = AttemptId{30};
    ended.state = AttemptState::failed;
    bench.commit({run, data, full_step(run.id, 0), step, ended, attempt});
    bench.reopen();

    StoredState const state = bench.store().load();
    REQUIRE(state.runs.size() == 1);
    StoredRun const& loaded = state.runs[0];
    RunRow const& got = loaded.run;
    CHECK((got.id == run.id && got.version == 1 && got.journal == 4 && got.workflow == run.workflow && got.workflow_version == run.workflow_version));
    CHECK((got.state == run.state && got.reason == run.reason && got.outcome == run.outcome));
    CHECK((got.failed_step == run.failed_step && got.message == run.message && got.priority == -3 && got.group == run.group));
    CHECK((got.cancel_requested && got.stop_handlers && got.created_at == run.created_at && got.started_at == run.started_at));
    CHECK((!got.ended_at && got.deadline == run.deadline && got.number_of_try == 2 && got.retry_of == run.retry_of));
    CHECK((got.uid == run.uid && got.durability == run.durability));
    CHECK((loaded.data.inputs == data.inputs && loaded.data.vars == data.vars && loaded.data.event == data.event && loaded.data.outputs.is_null()));

    REQUIRE(loaded.steps.size() == 2);
    StepRow const& second = loaded.steps[1];
    CHECK((second.run == run.id && second.step == 1 && second.id == "dump" && second.state == step.state && second.reason == step.reason));
    CHECK((second.message == step.message && second.exit_code == 3 && second.signal == 9 && second.attempts == 2 && second.losses == 1));
    CHECK((second.carried && second.outputs == step.outputs && second.explain == step.explain && second.spec == step.spec));
    CHECK((second.queued_at == step.queued_at && second.started_at == step.started_at && !second.ended_at && second.due == step.due));

    REQUIRE(loaded.attempts.size() == 1);
    AttemptRow const& live = loaded.attempts[0];
    CHECK((live.id == attempt.id && live.run == run.id && live.step == 1 && live.number == 2 && live.state == attempt.state));
    CHECK((live.reason == attempt.reason && live.slot == attempt.slot && live.fence == 12 && live.resumed && live.stop_requested));
    CHECK((!live.sweep_due && live.cookie == "c0ffee" && live.exit_code == 0 && live.signal == 15 && live.message == "stopped"));
    CHECK((live.launched_at == start && live.ended_at == attempt.ended_at && live.ran == attempt.ran && live.cpu == attempt.cpu));
    CHECK((live.max_rss_kib == 4096 && live.log_cut));
}

TEST_CASE("workflows, active versions, answers and numbers are loaded", "[store]") {
    StoreBench bench;
    bench.deploy(1, "nightly");
    AnswerRow const answer{"key", 1000, "hash", 201, "{\"id\":1}", start};
    bench.commit({WorkflowRow{WorkflowId{2}, "removed", VersionId{}, 4, start}, answer, MetaRow{"fence", 8}, MetaRow{"epoch", 3}, MetaRow{"last_run", 55},
                  queued_run(12), AuditRow{start, 1000, 100, 42, "socket", "run.start", "run/12", "accepted"}});
    bench.reopen();
    StoredState const state = bench.store().load();
    REQUIRE(state.workflows.size() == 2);
    CHECK((state.workflows[1].name == "removed" && !state.workflows[1].active && state.workflows[1].last_number == 4));
    REQUIRE(state.active_versions.size() == 1);
    VersionRow const& version = state.active_versions[0];
    CHECK((version.id == VersionId{1} && version.number == 1 && version.hash == "model-nightly" && version.root == "/srv" && version.uid == 1000));
    CHECK(version.model.empty());
    REQUIRE(state.answers.size() == 1);
    CHECK((state.answers[0].key == "key" && state.answers[0].uid == 1000 && state.answers[0].request_hash == "hash"));
    CHECK((state.answers[0].status == 201 && state.answers[0].body == answer.body && state.answers[0].at == start));
    CHECK((state.fence == 8 && state.epoch == 3 && state.batch == 2 && state.last_workflow == 2 && state.last_version == 1 && state.last_attempt == 0));
    CHECK(state.last_run == 55);  // the larger of the number kept and the rows there are
    CHECK(state.instance_id.size() == 32);
}

TEST_CASE("a store tells whether it was closed", "[store]") {
    StoreBench bench;
    CHECK(bench.store().load().was_clean);
    std::string const instance = bench.store().load().instance_id;
    bench.reopen();
    CHECK_FALSE(bench.store().load().was_clean);
    bench.close();
    bench.reopen();
    CHECK(bench.store().load().was_clean);
    CHECK(bench.store().load().instance_id == instance);
}

TEST_CASE("the file belongs to its owner alone", "[store]") {
    StoreBench bench;
    struct stat status {};
    REQUIRE(stat(bench.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a run moves on by compare-and-set", "[store]") {
    StoreBench bench;
    RunRow const run = queued_run(1);
    bench.commit({run});
    bench.commit({moved(run, RunState::running)});
    CHECK(bench.store().load().runs[0].run.state == RunState::running);

    SECTION("a version that was there before is refused") { CHECK_THROWS_AS(bench.commit({moved(run, RunState::waiting)}), FenceLost); }
    SECTION("a version that leaves one out is refused") {
        RunRow ahead = run;
        ahead.version = 4;
        CHECK_THROWS_AS(bench.commit({ahead}), FenceLost);
    }
    SECTION("a run that is there already is refused") { CHECK_THROWS_AS(bench.commit({run}), FenceLost); }
    SECTION("a run that is not there is refused") { CHECK_THROWS_AS(bench.commit({moved(queued_run(2), RunState::running)}), FenceLost); }
}

TEST_CASE("a lost fence takes back everything of its transaction", "[store]") {
    StoreBench bench;
    RunRow const run = queued_run(1);
    bench.commit({run, journal_row(run, 1)});
    std::vector<Batch> batches{Batch{.number = 2, .rows = {queued_run(2), MetaRow{"fence", 99}}},
                               Batch{.number = 3, .rows = {journal_row(run, 2), journal_row(run, 1)}}};
    CHECK_THROWS_AS(bench.store().commit(batches), FenceLost);
    CHECK(bench.store().committed_batch() == 1);
    CHECK(bench.store().load().runs.size() == 1);
    CHECK(bench.store().load().fence == 0);
    CHECK(bench.reader().journal(RunId{1}, 0, 10)->size() == 1);
    batches[1].rows.pop_back();
    bench.store().commit(batches);  // the store still works
    CHECK(bench.store().committed_batch() == 3);
}

TEST_CASE("a journal row is written once", "[store]") {
    StoreBench bench;
    RunRow const run = queued_run(1);
    bench.commit({run, journal_row(run, 1)});
    CHECK_THROWS_AS(bench.commit({journal_row(run, 1)}), FenceLost);
}

TEST_CASE("batches are numbered without a gap, also over a restart", "[store]") {
    StoreBench bench;
    bench.commit({queued_run(1)});
    CHECK_THROWS_AS(bench.store().commit({Batch{.number = 3, .rows = {}}}), FenceLost);
    CHECK_THROWS_AS(bench.store().commit({Batch{.number = 1, .rows = {}}}), FenceLost);
    bench.reopen();
    bench.store().commit({Batch{.number = 2, .rows = {}}, Batch{.number = 3, .rows = {}}});
    CHECK(bench.store().committed_batch() == 3);
}

TEST_CASE("a later row of a step replaces it, but not its frozen specification", "[store]") {
    StoreBench bench;
    RunRow const run = moved(queued_run(1), RunState::running);
    RunRow first = run;
    first.version = 1;
    StepRow step = full_step(run.id, 65535);
    bench.commit({first, step});
    StepRow later = step;
    later.spec.clear();
    later.state = StepState::running;
    later.outputs = nullptr;
    later.exit_code.reset();
    bench.commit({run, later});
    StepRow const stored = bench.store().load().runs[0].steps[0];
    CHECK((stored.step == 65535 && stored.state == StepState::running && stored.outputs.is_null() && !stored.exit_code));
    CHECK(stored.spec == step.spec);
}

TEST_CASE("an ended run is loaded only while something of it must be swept", "[store]") {
    StoreBench bench;
    RunRow const run = queued_run(1);
    AttemptRow lost;
    lost.id = AttemptId{1};
    lost.run = run.id;
    lost.state = AttemptState::lost;
    lost.sweep_due = true;
    bench.commit({run, lost});
    RunRow const failed = moved(run, RunState::failed);
    bench.commit({failed});
    REQUIRE(bench.store().load().runs.size() == 1);
    CHECK(bench.store().load().runs[0].attempts.size() == 1);
    lost.sweep_due = false;
    RunRow same = failed;
    ++same.version;
    bench.commit({same, lost});
    CHECK(bench.store().load().runs.empty());
}

TEST_CASE("answers are kept for a day, the newest ten thousand, one for each key and user", "[store]") {
    StoreBench bench;
    auto const answer = [](int n, UtcTime at, std::uint32_t uid = 1) { return AnswerRow{"key-" + std::to_string(n), uid, "h", 200, "{}", at}; };
    SECTION("by age") {
        bench.commit({answer(1, start), answer(2, start + 1h), answer(3, start + 24h + 1us)});
        auto const answers = bench.store().load().answers;
        REQUIRE(answers.size() == 2);
        CHECK(answers[0].key == "key-2");
    }
    SECTION("by number") {
        std::vector<Row> rows;
        for (int n = 1; n <= 10'050; ++n) rows.push_back(answer(n, start));
        bench.commit(std::move(rows));
        auto const answers = bench.store().load().answers;
        REQUIRE(answers.size() == 10'000);
        CHECK(answers[0].key == "key-51");
    }
    SECTION("a key belongs to its user") {
        AnswerRow other = answer(1, start, 2);
        other.status = 409;
        bench.commit({answer(1, start), other, answer(1, start + 1s)});
        auto const answers = bench.store().load().answers;
        REQUIRE(answers.size() == 2);
        CHECK((answers[0].uid == 2 && answers[0].status == 409 && answers[1].at == start + 1s));
    }
}

TEST_CASE("a database in memory commits, refuses and goes on", "[store]") {
    auto store = *Store::open({.path = ":memory:"});
    store->commit({Batch{.number = 1, .rows = {queued_run(1)}}});
    CHECK_THROWS_AS(store->commit({Batch{.number = 2, .rows = {queued_run(1)}}}), FenceLost);
    store->commit({Batch{.number = 2, .rows = {queued_run(2)}}});
    CHECK(store->load().runs.size() == 2);
    CHECK(store->load().last_run == 2);
}

TEST_CASE("the same model and the same text are stored once", "[store]") {
    StoreBench bench;
    bench.deploy(1, "nightly");
    VersionRow again;
    again.id = VersionId{2};
    again.workflow = WorkflowId{1};
    again.number = 2;
    again.hash = "model-nightly";
    again.model = "{\"other\":1}";  // would be the same text in earnest
    again.source_hash = "text-nightly";
    bench.commit({SourceRow{"text-nightly", "renamed.yaml", "name: nightly\n"}, again, WorkflowRow{WorkflowId{1}, "nightly", VersionId{2}, 2, start}});
    auto const source = bench.reader().source(VersionId{2});
    REQUIRE(source);
    CHECK((source->file == "nightly.yaml" && source->text == "name: nightly\n" && source->workflow == "nightly" && source->version.number == 2));
    CHECK(parse_json(source->version.model)->text("name") == "nightly");
}
