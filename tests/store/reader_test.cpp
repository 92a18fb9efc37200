// Lists, details and pages, as the API shows them.
#include "daemon/store/reader.h"

#include <condition_variable>
#include <mutex>

#include "common/base/error_codes.h"
#include "tests/catch.h"
#include "tests/store/bench.h"

using namespace pawl;
using namespace pawl::test;

namespace {

std::string ids(Json const& list) {
    std::string text;
    for (Json const& item : list.find("items")->as_list()) {
        Json const* id = item.find("id");
        text += (text.empty() ? "" : " ") + (id != nullptr ? std::to_string(id->as_int()) : item.text("name"));
    }
    return text;
}

std::string runs_of(StoreBench& bench, ListQuery const& query) {
    auto const list = bench.reader().list_runs(query);
    if (!list) return std::string(list.error().code.name) + ": " + list.error().message;
    return ids(*list);
}

std::string filtered(StoreBench& bench, std::string const& filter) { return runs_of(bench, {.filter = filter}); }

/// 1 failed, 2 succeeded, 3 running, 4 queued (of another workflow), 5 cancelled.
void add_five_runs(StoreBench& bench) {
    bench.deploy(1, "nightly", "ops");
    bench.deploy(2, "weekly", "dev");
    for (std::int64_t id = 1; id <= 5; ++id) {
        RunRow run = queued_run(id, id == 4 ? 2 : 1);
        run.priority = static_cast<int>(id) * 10;
        run.uid = id == 5 ? 1000 : 0;
        bench.commit({run});
        if (id == 4) continue;
        RunRow next = moved(run, RunState::running);
        bench.commit({next});
        if (id == 3) continue;
        next = moved(next, id == 1 ? RunState::failed : id == 2 ? RunState::succeeded : RunState::cancelled);
        if (id == 1) {
            next.reason = Reason::exit;
            next.failed_step = "build";
            next.message = "build exited with 3";
            next.ended_at = *next.started_at + 10min;
        }
        bench.commit({next});
    }
}

}  // namespace

TEST_CASE("runs are listed newest first, in pages by key", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    CHECK(runs_of(bench, {}) == "5 4 3 2 1");
    CHECK(runs_of(bench, {.oldest_first = true}) == "1 2 3 4 5");
    CHECK(runs_of(bench, {.live = true}) == "4 3");
    CHECK(runs_of(bench, {.workflow = "weekly"}) == "4");
    auto const page = *bench.reader().list_runs({.limit = 2});
    CHECK(ids(page) == "5 4");
    CHECK(page.number("schema_version") == 1);
    CHECK(page.text("next") == "4");
    auto const second = *bench.reader().list_runs({.limit = 2, .after = "4"});
    CHECK(ids(second) == "3 2");
    auto const last = *bench.reader().list_runs({.limit = 2, .after = second.text("next")});
    CHECK(ids(last) == "1");
    CHECK(last.find("next") == nullptr);
    CHECK(runs_of(bench, {.limit = 3, .after = "2", .oldest_first = true}) == "3 4 5");
    auto const exact = *bench.reader().list_runs({.limit = 5});
    CHECK(exact.find("next") == nullptr);
}

TEST_CASE("queries that make no sense are refused", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    CHECK(runs_of(bench, {.limit = 0}).find("invalid_request") == 0);
    CHECK(runs_of(bench, {.limit = 1001}).find("invalid_request") == 0);
    CHECK(runs_of(bench, {.after = "4x"}).find("invalid_request") == 0);
    auto const unknown = bench.reader().list_runs({.workflow = "nigthly"});
    CHECK(unknown.error().code == code::not_found);
    CHECK(unknown.error().hint.find("nightly") != std::string::npos);
}

TEST_CASE("filters compare the fields of a run", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    CHECK(filtered(bench, "status == 'failed'") == "1");
    CHECK(filtered(bench, "status != 'failed'") == "5 4 3 2");
    CHECK(filtered(bench, "status in ['failed', 'cancelled']") == "5 1");
    CHECK(filtered(bench, "status in ['failed', 'running']") == "3 1");
    CHECK(filtered(bench, "workflow == 'nightly' && uid == 1000") == "5");
    CHECK(filtered(bench, "workflow == 'unheard-of'") == "");
    CHECK(filtered(bench, "30 < priority || id == 1") == "5 4 1");
    CHECK(filtered(bench, "!(priority > 10)") == "1");
    CHECK(filtered(bench, "reason == 'exit'") == "1");
    CHECK(filtered(bench, "reason == ''") == "5 4 3 2");
    CHECK(filtered(bench, "failed_step >= 'a'") == "1");
    CHECK(filtered(bench, "!cancel_requested && version == 1 && attempt == 1 && retry_of == 0 && id > 3") == "5 4");
    CHECK(filtered(bench, "priority > -1 && id in [2, 4]") == "4 2");
}

TEST_CASE("filters know instants and durations to the microsecond", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    CHECK(filtered(bench, "status == 'failed' && duration > duration('5m')") == "1");
    CHECK(filtered(bench, "duration_ms == 90000") == "5 2");
    CHECK(filtered(bench, "created_at == timestamp('2026-03-01T12:00:02.123456Z')") == "2");
    CHECK(filtered(bench, "created_at >= timestamp('2026-03-01T12:00:04.123457Z')") == "5");
    CHECK(filtered(bench, "created_at > now - duration('1h')") == "");
    CHECK(filtered(bench, "created_at < now + duration('1h') && id == 1") == "1");
    // The same, evaluated row by row: size() is none of SQL's business.
    CHECK(filtered(bench, "created_at == timestamp('2026-03-01T12:00:02.123456Z') && size(workflow) == 7") == "2");
    CHECK(filtered(bench, "size(workflow) == 7 && duration == duration('10m') && now > created_at") == "1");
}

TEST_CASE("what a run lacks lets no comparison through, in SQL as in CEL", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    for (std::string const rest : {"", " && size(status) > 0"}) {
        CHECK(filtered(bench, "ended_at > timestamp('2020-01-01T00:00:00Z')" + rest) == "5 2 1");
        CHECK(filtered(bench, "!(ended_at > timestamp('2020-01-01T00:00:00Z'))" + rest) == "");
        CHECK(filtered(bench, "(started_at > timestamp('2020-01-01T00:00:00Z') || id == 4)" + rest) == "5 4 3 2 1");
    }
}

TEST_CASE("what SQL cannot compare is evaluated", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    CHECK(filtered(bench, "message.contains('exited')") == "1");
    CHECK(filtered(bench, "labels.team == 'dev'") == "4");
    CHECK(filtered(bench, "status.startsWith('s') || workflow.matches('^week')") == "4 2");
    CHECK(filtered(bench, "status == 'failed' || message.contains('x')") == "1");
    auto const page = *bench.reader().list_runs({.filter = "workflow.startsWith('n')", .limit = 2});
    CHECK(ids(page) == "5 3");
    CHECK(ids(*bench.reader().list_runs({.filter = "workflow.startsWith('n')", .limit = 2, .after = page.text("next")})) == "2 1");
}

TEST_CASE("a wrong filter is refused with its place", "[store][reader]") {
    StoreBench bench;
    auto const refused = [&](std::string const& filter) { return bench.reader().list_runs({.filter = filter}); };
    CHECK(refused("statsu == 'failed'").error().code == code::invalid_request);
    CHECK(refused("status == ").error().where.has_value());
    CHECK(refused("id").error().code == code::invalid_request);
    CHECK(refused("id == 'one'").error().code == code::invalid_request);
    auto const slip = refused("status == 'faild'");
    CHECK(slip.error().code == code::invalid_request);
    CHECK(slip.error().hint.find("failed") != std::string::npos);
    CHECK(refused("message == \"'; DROP TABLE run; --\""));
    CHECK(refused("true"));
}

TEST_CASE("a page looks at a bounded number of rows and tells where to go on", "[store][reader]") {
    StoreBench bench;
    std::vector<Row> rows;
    for (std::int64_t id = 1; id <= 10'500; ++id) rows.push_back(queued_run(id));
    bench.commit(std::move(rows));
    auto const page = *bench.reader().list_runs({.filter = "id < 3 && size(message) == 0 || id + 0 == 2"});
    CHECK(ids(page) == "");
    REQUIRE(page.text("next") == "501");
    CHECK(ids(*bench.reader().list_runs({.filter = "id < 3 && size(message) == 0 || id + 0 == 2", .after = "501"})) == "2 1");
}

TEST_CASE("a run is shown with its steps, their place in the model, and all attempts", "[store][reader]") {
    StoreBench bench;
    bench.deploy(1, "nightly");
    RunRow run = queued_run(8);
    run.journal = 3;
    StepRow build, test, clean;
    build.run = test.run = clean.run = run.id;
    build.id = "build";
    test.id = "test";
    test.step = 1;
    clean.id = "clean";
    clean.step = 2;
    AttemptRow first, second;
    first.run = second.run = run.id;
    first.id = AttemptId{4};
    first.state = AttemptState::failed;
    first.reason = Reason::exit;
    first.exit_code = 3;
    second.id = AttemptId{6};
    second.number = 2;
    bench.commit({run, RunDataRow{run.id, JsonMap{{"a", 1}}, nullptr, JsonMap{{"type", "manual"}}, nullptr}, build, test, clean, first, second});

    auto const shown = bench.reader().run(run.id);
    REQUIRE(shown);
    CHECK((shown->number("id") == 8 && shown->text("workflow") == "nightly" && shown->number("version") == 1 && shown->text("status") == "queued"));
    CHECK((shown->number("journal_seq") == 3 && shown->text("file") == "nightly.yaml"));
    CHECK(shown->find("labels")->text("team") == "ops");
    CHECK(shown->find("inputs")->number("a") == 1);
    CHECK(shown->find("event")->text("type") == "manual");
    JsonList const& steps = shown->find("steps")->as_list();
    REQUIRE(steps.size() == 3);
    CHECK((steps[0].text("section") == "steps" && steps[0].find("needs")->as_list().empty()));
    CHECK(*steps[1].find("needs") == Json(JsonList{"build"}));
    CHECK((steps[2].text("section") == "finally" && steps[2].find("needs")->as_list().empty()));
    JsonList const& tries = steps[0].find("tries")->as_list();
    REQUIRE(tries.size() == 2);
    CHECK((tries[0].number("id") == 4 && tries[0].number("exit_code") == 3 && tries[0].text("reason") == "exit" && tries[1].number("number") == 2));
    CHECK(bench.reader().last_run()->value == 8);
    CHECK(bench.reader().run(RunId{9}).error().code == code::not_found);
    CHECK(bench.reader().stored_run(run.id)->steps.size() == 3);
    CHECK(bench.reader().stored_run(RunId{9}).error().code == code::not_found);
}

TEST_CASE("the run that settled a lost step by hand is found by the first row of its journal", "[store][reader]") {
    StoreBench bench;
    RunRow lost = queued_run(1), retried = queued_run(2), settled = queued_run(3);
    retried.retry_of = settled.retry_of = lost.id;
    JsonMap resolved;
    resolved.append("resolved", JsonMap{{"step", "b"}, {"as", "retry"}});
    JournalRow const plain{retried.id, 1, retried.created_at, "run.queued", "", 0, JsonMap{{"version", 1}}};
    JournalRow const by_hand{settled.id, 1, settled.created_at, "run.queued", "", 0, std::move(resolved)};
    bench.commit({lost, retried, plain});
    CHECK(bench.reader().stored_run(lost.id)->settled_in == RunId{});
    bench.commit({settled, by_hand});
    CHECK(bench.reader().stored_run(lost.id)->settled_in == settled.id);
}

TEST_CASE("a journal is read from where the reader stands", "[store][reader]") {
    StoreBench bench;
    RunRow const run = queued_run(1);
    JournalRow second = journal_row(run, 2, "step.started");
    second.step = "build";
    second.attempt = 1;
    second.data = JsonMap{{"exit_code", 3}};
    bench.commit({run, journal_row(run, 1), second, journal_row(run, 3, "run.dreaming"), queued_run(2), journal_row(queued_run(2), 1)});
    auto const rows = *bench.reader().journal(run.id, 1, 10);
    REQUIRE(rows.size() == 2);
    CHECK((rows[0].run == run.id && rows[0].seq == 2 && rows[0].at == start && rows[0].kind == "step.started" && rows[0].step == "build"));
    CHECK((rows[0].attempt == 1 && rows[0].data == second.data && rows[1].data.is_null()));
    CHECK(rows[1].kind == "run.dreaming");
    CHECK(bench.reader().journal(run.id, 0, 1)->size() == 1);
    CHECK(bench.reader().journal(run.id, 3, 10)->empty());
}

TEST_CASE("workflows are listed by name with their last run", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    bench.commit({WorkflowRow{WorkflowId{3}, "abandoned", VersionId{}, 1, start}});
    auto const list = *bench.reader().list_workflows({});
    CHECK(ids(list) == "nightly weekly");
    Json const& nightly = list.find("items")->as_list()[0];
    CHECK((nightly.number("version") == 1 && nightly.number("steps") == 3 && nightly.text("description") == "does nightly"));
    CHECK((nightly.find("runs")->number("live") == 1 && nightly.find("last_run")->number("id") == 5));
    CHECK((nightly.find("last_run")->text("status") == "cancelled" && nightly.find("last_run")->find("ended_at") != nullptr));
    CHECK(ids(*bench.reader().list_workflows({.limit = 1, .after = "nightly"})) == "weekly");
    CHECK(bench.reader().list_workflows({.limit = 1})->text("next") == "nightly");
    CHECK(ids(*bench.reader().list_workflows({.filter = "labels.team == 'dev' || name == 'x'"})) == "weekly");
    CHECK(ids(*bench.reader().list_workflows({.filter = "name > 'nightly'"})) == "weekly");

    auto const one = bench.reader().workflow("nightly", 0);
    REQUIRE(one);
    CHECK((one->flag("active") && one->find("source")->text("text") == "name: nightly\n" && one->find("model")->text("name") == "nightly"));
    CHECK(bench.reader().workflow("nightly", 2).error().code == code::not_found);
    CHECK(bench.reader().workflow("abandoned", 0).error().code == code::not_found);
    CHECK(bench.reader().workflow("nightyl", 0).error().hint.find("nightly") != std::string::npos);
    auto const versions = *bench.reader().list_versions("nightly", {});
    REQUIRE(versions.find("items")->as_list().size() == 1);
    CHECK((versions.find("items")->as_list()[0].flag("active") && versions.find("items")->as_list()[0].text("file") == "nightly.yaml"));
    CHECK(bench.reader().source_of("nightly", 1)->version.id == VersionId{1});
    CHECK(bench.reader().source_of("nightly", 7).error().code == code::not_found);
    CHECK(bench.reader().source_of("abandoned", 1).error().code == code::not_found);
}

TEST_CASE("the audit is listed and filtered", "[store][reader]") {
    StoreBench bench;
    for (std::uint32_t i = 1; i <= 4; ++i)
        bench.commit({AuditRow{start + std::chrono::seconds(i), i, i, 7, "socket", i % 2 ? "deploy" : "run.start", "run/" + std::to_string(i), "accepted"}});
    auto const seqs = [&](ListQuery const& query) {
        std::string text;
        auto const list = *bench.reader().list_audit(query);
        for (Json const& item : list.find("items")->as_list()) text += std::to_string(item.number("seq"));
        return text;
    };
    CHECK(seqs({}) == "4321");
    CHECK(seqs({.filter = "action == 'deploy' && uid > 1"}) == "3");
    CHECK(seqs({.filter = "at > timestamp('2026-03-01T12:00:02.123456Z') && size(via) == 6"}) == "43");
    CHECK(seqs({.limit = 2, .after = "3"}) == "21");
}

TEST_CASE("runs are counted by state", "[store][reader]") {
    StoreBench bench;
    add_five_runs(bench);
    auto const counts = *bench.reader().counts();
    CHECK(counts.number("workflows") == 2);
    CHECK((counts.find("runs")->number("failed") == 1 && counts.find("runs")->number("queued") == 1 && counts.find("runs")->number("running") == 1));
}

TEST_CASE("the read worker runs jobs in order, and reports a missing store to each", "[store][reader]") {
    Folder folder;
    std::mutex mutex;
    std::condition_variable changed;
    std::string order;
    {
        ReadWorker worker(folder.path("missing.db"));
        for (char const name : {'a', 'b', 'c'}) {
            worker.run([&, name](Reader& reader) {
                std::lock_guard const lock(mutex);
                order += reader.last_run() ? '?' : name;
                changed.notify_all();
            });
        }
        std::unique_lock lock(mutex);
        changed.wait_for(lock, 20s, [&] { return order.size() == 3; });
    }
    CHECK(order == "abc");
    CHECK_FALSE(Reader::open(folder.path("missing.db")));
}
