// The API with a real store and read worker, and exchanges that only remember.
#include "daemon/api/api.h"

#include <fcntl.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/yaml/document.h"
#include "daemon/api/log_positions.h"
#include "daemon/api/openapi.h"
#include "daemon/api/routes.h"
#include "daemon/store/store.h"
#include "tests/catch.h"

using namespace pawl;

namespace {

struct Remembered : Exchange {
    int status = 0;
    std::string type, body;
    bool started = false, ended = false;
    void reply(int status_, std::string_view type_, std::string text) override {
        if (ended) return;
        status = status_, type = type_, body = std::move(text), ended = true;
    }
    void start(int status_, std::string_view type_) override { status = status_, type = type_, started = true; }
    bool write(std::string_view chunk) override { return body += chunk, true; }
    void end() override { ended = true; }
    bool closed() const override { return ended; }
    void set_header(std::string_view, std::string_view) override {}
};

struct Folder {
    Folder() {
        char name[] = "/tmp/pawl-api-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

char const* const flow_text = "kind: workflow\nname: hello\nsteps:\n  - {id: a, argv: [\"true\"]}\n";

struct ApiBench {
    ApiBench() {
        auto opened = Store::open({.path = folder.path + "/db", .vfs = "", .full_sync = false});
        REQUIRE(opened);
        store = std::move(*opened);
        VersionRow version;
        version.id = {1}, version.workflow = {1}, version.number = 1, version.hash = "h", version.model = "{}", version.source_hash = "s", version.root = "/srv";
        commit({SourceRow{"s", "hello.yaml", flow_text}, WorkflowRow{{1}, "hello", {1}, 1, UtcTime{}}, version});
        int const state = ::open(folder.path.c_str(), O_DIRECTORY | O_RDONLY);
        auto made = RunFiles::open(state, folder.path);
        ::close(state);
        REQUIRE(made);
        files = std::make_unique<RunFiles>(std::move(*made));
        reads = std::make_unique<ReadWorker>(folder.path + "/db");
        api = std::make_unique<Api>(ApiContext{
            loop, inbox, *reads,
            [version](std::string_view name, int) { return name == "hello" ? std::optional(version) : std::nullopt; },
            [] { return DaemonStatus{}; }, [this] { stopped = true; }, *files, 1000, "0.1.0", 15'000});
    }
    ~ApiBench() {
        api->close();
        reads.reset();
    }
    void commit(std::vector<Row> rows) { store->commit({Batch{++batches, std::move(rows), flow::Durability::normal}}); }
    std::shared_ptr<Remembered> ask(std::string method, std::string path, std::string body = "", std::map<std::string, std::string> query = {},
                                    std::map<std::string, std::string> headers = {}, std::uint32_t uid = 1000) {
        if (!body.empty()) headers.emplace("content-type", "application/json");
        auto exchange = std::make_shared<Remembered>();
        api->handle({std::move(method), std::move(path), std::move(query), std::move(headers), std::move(body), {uid, uid, 1}}, exchange);
        return exchange;
    }
    /// Turns the loop until something is so.
    template <class Condition>
    void await(Condition condition) {
        for (int i = 0; i < 1000 && !condition(); ++i) loop.run_once();
        REQUIRE(condition());
    }
    Command command() {
        await([&] { return inbox.waiting() > 0; });
        auto events = inbox.take(10);
        REQUIRE(events.size() == 1);
        REQUIRE(std::holds_alternative<Command>(events[0]));
        return std::get<Command>(events[0]);
    }
    Folder folder;
    std::uint64_t batches = 0;
    std::unique_ptr<Store> store;
    Loop loop;
    Inbox inbox{loop.raw(), [] {}};
    std::unique_ptr<RunFiles> files;
    std::unique_ptr<ReadWorker> reads;
    std::unique_ptr<Api> api;
    bool stopped = false;
};

/// What argv is evaluated with here.
struct NoVariables : cel::Activation {
    Json const* variable(std::string_view) const override { return nullptr; }
};

RunRow run_row(std::int64_t version, RunState state, std::int64_t journal) {
    RunRow run;
    run.id = {1}, run.version = version, run.journal = journal, run.workflow = {1}, run.workflow_version = {1}, run.state = state;
    return run;
}

JournalRow journal_row(std::int64_t seq, std::string kind) { return {{1}, seq, UtcTime{}, std::move(kind), "", 0, {}}; }

}  // namespace

TEST_CASE("openapi.yaml and the route table name the same requests", "[api]") {
    std::vector<std::string> described, routed;
    yaml::File const file = yaml::parse("openapi.yaml", std::string(api::openapi_yaml));
    REQUIRE(file.diagnostics.empty());
    auto const* paths = file.documents[0]->root.find("paths");
    REQUIRE(paths);
    for (auto const& path : paths->value.members)
        for (auto const& method : path.value.members) {
            std::string name = method.key.text;
            for (char& c : name) c = static_cast<char>(std::toupper(c));
            auto const* summary = method.value.find("summary");
            described.push_back(name + " " + path.key.text + " " + (summary != nullptr ? summary->value.text : ""));
        }
    for (api::Route const& route : api::routes()) routed.push_back(std::string(route.method) + " " + std::string(route.pattern) + " " + std::string(route.doc));
    std::ranges::sort(described);
    std::ranges::sort(routed);
    CHECK(described == routed);
}

TEST_CASE("a foreign user is refused on every route, with one audit event each", "[api]") {
    for (api::Route const& route : api::routes()) {
        INFO(route.method << " " << route.pattern);
        ApiBench bench;
        std::string path(route.pattern);
        if (auto const at = path.find("{id}"); at != std::string::npos) path.replace(at, 4, "1");
        auto const answer = bench.ask(std::string(route.method), path, route.method == "POST" ? "{}" : "", {}, {}, 4711);
        CHECK(answer->status == 403);
        auto const events = bench.inbox.take(10);
        REQUIRE(events.size() == 1);
        REQUIRE(std::holds_alternative<Refused>(events[0]));
        CHECK(std::get<Refused>(events[0]).who.uid == 4711);
        CHECK(std::get<Refused>(events[0]).action == route.action);
    }
}

TEST_CASE("what is not asked for properly is told so", "[api]") {
    ApiBench bench;
    CHECK(bench.ask("GET", "/v1/nothing")->status == 404);
    CHECK(bench.ask("DELETE", "/v1/runs")->status == 405);
    CHECK(bench.ask("GET", "/v1/runs", "", {{"limt", "5"}})->status == 400);
    CHECK(bench.ask("GET", "/v1/runs/abc")->status == 400);
    CHECK(bench.ask("POST", "/v1/runs", "{\"workflow\":\"hello\",\"x\":1}")->status == 400);
    CHECK(bench.ask("POST", "/v1/runs", "{}")->status == 400);
    CHECK(bench.ask("POST", "/v1/runs", "{\"workflow\":\"hello\"}", {}, {{"content-type", "text/plain"}})->status == 400);
    CHECK(bench.inbox.waiting() == 0);
}

TEST_CASE("ping and status answer from memory", "[api]") {
    ApiBench bench;
    CHECK(bench.ask("GET", "/v1/ping")->status == 200);
    CHECK(bench.ask("GET", "/v1/status")->body.find("\"state\":\"ready\"") != std::string::npos);
}

TEST_CASE("a stop goes through the audited turn, and the daemon ends after it was answered", "[api]") {
    for (int const status : {202, 507}) {
        ApiBench bench;
        auto const answer = bench.ask("POST", "/v1/daemon/stop", "{}");
        Command const command = bench.command();
        CHECK(std::holds_alternative<Stop>(command.body));
        CHECK_FALSE(bench.stopped);
        bench.api->perform(Reply{command.reply_to, status, JsonMap{}});
        CHECK(answer->status == status);
        CHECK(bench.stopped == (status < 400));
    }
}

TEST_CASE("a run is started with the plan of its stored version, and answered after the commit", "[api]") {
    ApiBench bench;
    for (int round = 0; round < 2; ++round) {  // the second time from the cache of plans
        auto const answer = bench.ask("POST", "/v1/runs", "{\"workflow\":\"hello\",\"inputs\":{}}", {}, {{"idempotency-key", "k"}});
        Command const command = bench.command();
        REQUIRE(std::holds_alternative<StartRun>(command.body));
        auto const& start = std::get<StartRun>(command.body);
        CHECK(start.version == VersionId{1});
        CHECK(start.number == 1);
        CHECK(start.root == "/srv");
        REQUIRE(start.plan);
        CHECK(start.plan->name == "hello");
        CHECK(command.idempotency_key == "k");
        CHECK(command.request_hash.size() == 64);
        CHECK(answer->status == 0);
        bench.api->perform(Reply{command.reply_to, 201, JsonMap{{"id", 1}}});
        CHECK(answer->status == 201);
    }
}

TEST_CASE("files are checked before anything is deployed", "[api]") {
    ApiBench bench;
    auto const bad = bench.ask("POST", "/v1/deploy", "{\"root\":\"/srv\",\"files\":[{\"name\":\"a.yaml\",\"text\":\"kind: nonsense\"}]}");
    bench.await([&] { return bad->ended; });
    CHECK(bad->status == 422);
    CHECK(bad->body.find("diagnostics") != std::string::npos);
    auto const text = dump_json(JsonMap{{"root", "/srv"}, {"files", JsonList{JsonMap{{"name", "a.yaml"}, {"text", flow_text}}}}});
    auto const good = bench.ask("POST", "/v1/deploy", text);
    Command const command = bench.command();
    REQUIRE(std::holds_alternative<Deploy>(command.body));
    CHECK(std::get<Deploy>(command.body).files[0].workflows[0].name == "hello");
}

TEST_CASE("a dry run loads only what differs from the active versions, and a deploy loads all", "[api][deploy]") {
    ApiBench bench;
    std::string const other = "kind: workflow\nname: other\nsteps:\n  - {id: a, argv: [\"true\"]}\n";
    std::string const two = "kind: workflow\nname: one\nsteps: [{id: a, run: x}]\n---\nkind: workflow\nname: two\nsteps: [{id: a, run: x}]\n";
    std::int64_t id = 1;
    std::vector<Row> rows;
    for (auto const& [name, text] : {std::pair{"hello", std::string(flow_text)}, std::pair{"one", two}}) {
        VersionRow version;
        version.id = {++id}, version.workflow = {id}, version.number = 1, version.hash = "stored", version.model = "{}", version.source_hash = sha256_hex(text), version.root = "/srv";
        if (std::string_view(name) == "hello") version.workflow = {1}, version.number = 2;
        rows.insert(rows.end(), {SourceRow{version.source_hash, "f.yaml", text}, WorkflowRow{version.workflow, name, version.id, version.number, UtcTime{}}, version});
    }
    bench.commit(rows);
    auto const loaded = [&](bool dry_run, std::vector<std::string> const& texts) {
        JsonList files;
        for (auto const& text : texts) files.push_back(JsonMap{{"name", "f" + std::to_string(files.size()) + ".yaml"}, {"text", text}});
        auto const answer = bench.ask("POST", "/v1/deploy", dump_json(JsonMap{{"root", "/srv"}, {"dry_run", dry_run}, {"files", std::move(files)}}));
        bench.await([&] { return answer->ended || bench.inbox.waiting() > 0; });
        std::string found;
        if (answer->ended) return std::to_string(answer->status);
        Command const command = bench.command();
        for (auto const& file : std::get<Deploy>(command.body).files)
            for (auto const& workflow : file.workflows) found += file.name + " " + workflow.name + (workflow.hash == "stored" ? " known, " : " loaded, ");
        return found;
    };
    CHECK(loaded(true, {other, flow_text}) == "f0.yaml other loaded, f1.yaml hello known, ");
    CHECK(loaded(false, {other, flow_text}) == "f0.yaml other loaded, f1.yaml hello loaded, ");
    CHECK(loaded(true, {std::string("# changed\n") + flow_text}) == "f0.yaml hello loaded, ");
    CHECK(loaded(true, {two}) == "f0.yaml one loaded, f0.yaml two loaded, ");  // of several documents, others may be active elsewhere
    CHECK(loaded(true, {flow_text, flow_text}) == "422");
    CHECK(loaded(true, {flow_text, std::string("# again\n") + flow_text}) == "422");
}

TEST_CASE("a command becomes a workflow whose texts mean themselves", "[api]") {
    ApiBench bench;
    auto const answer = bench.ask("POST", "/v1/exec", "{\"argv\":[\"echo\",\"${{ 1 }}\",\"a: b\",\"12\"],\"dir\":\"/tmp\",\"env\":{\"A\":\"#x\"},\"retry\":2}");
    Command const command = bench.command();
    REQUIRE(std::holds_alternative<StartRun>(command.body));
    auto const& start = std::get<StartRun>(command.body);
    REQUIRE(start.transient);
    auto const& action = std::get<flow::CommandAction>(start.plan->steps[0].action);
    REQUIRE(action.argv.size() == 4);
    NoVariables const nothing;
    CHECK(*action.argv[1].eval_text(nothing) == "${{ 1 }}");
    CHECK(*action.argv[2].eval_text(nothing) == "a: b");
    CHECK(*action.argv[3].eval_text(nothing) == "12");
    CHECK(start.plan->steps[0].retry.max_attempts == 3);
}

TEST_CASE("a stream of events resumes behind the last one seen, and ends with the run", "[api]") {
    ApiBench bench;
    RunDataRow data;
    data.run = {1};
    bench.commit({run_row(1, RunState::running, 3), data, journal_row(1, "run.queued"), journal_row(2, "run.started"), journal_row(3, "run.running")});
    auto const stream = bench.ask("GET", "/v1/runs/1/events", "", {{"follow", "true"}}, {{"last-event-id", "1"}});
    bench.await([&] { return stream->body.find("id: 3\n") != std::string::npos; });
    CHECK(stream->type == "text/event-stream");
    CHECK(stream->body.find("id: 1\n") == std::string::npos);
    CHECK_FALSE(stream->ended);
    bench.commit({run_row(2, RunState::succeeded, 4), journal_row(4, "run.succeeded")});
    for (int i = 0; i < 3; ++i) bench.api->run_changed({RunId{1}, true});
    bench.await([&] { return stream->ended; });
    std::string ids;
    for (auto at = stream->body.find("id: "); at != std::string::npos; at = stream->body.find("id: ", at + 1)) ids += stream->body[at + 4];
    CHECK(ids == "234");
    SECTION("and of a run that has ended it ends at once, even behind its last row") {
        auto const late = bench.ask("GET", "/v1/runs/1/events", "", {{"follow", "true"}, {"after", "4"}});
        bench.await([&] { return late->ended; });
        CHECK(late->status == 200);
        CHECK(late->body.empty());
    }
}

TEST_CASE("a run that is not there has no streams", "[api]") {
    ApiBench bench;
    for (char const* path : {"/v1/runs/99/events", "/v1/runs/99/logs", "/v1/runs/99"}) {
        auto const answer = bench.ask("GET", path);
        bench.await([&] { return answer->ended; });
        CHECK(answer->status == 404);
    }
}

TEST_CASE("only the daemon's user may send a large body", "[api]") {
    ApiBench bench;
    CHECK(bench.api->body_max({1000, 1000, 1}, "POST", "/v1/deploy") == 64u << 20);
    CHECK(bench.api->body_max({4711, 1000, 1}, "POST", "/v1/deploy") == 1u << 20);
    CHECK(bench.api->body_max({1000, 1000, 1}, "POST", "/v1/runs") == 1u << 20);
}

TEST_CASE("places in logs are taken up again by what an event id says", "[api][logs]") {
    std::vector<api::LogPlace> places{{{1}, "a", 1, 0, true, 10, true}, {{2}, "b", 1, 0, false, 5, false}, {{3}, "c", 1, 0, false, 7, false}, {{4}, "d", 1, 0, false, 0, false}};
    CHECK(api::format_places(places) == "2:5,3:7");
    auto const resume = api::ResumePoint::parse("2:5,3:7");
    REQUIRE(resume);
    for (auto& place : places) place.offset = 0, place.done = false, resume->apply(place);
    CHECK(places[0].done);
    CHECK(places[1].offset == 5);
    CHECK(places[2].offset == 7);
    CHECK((places[3].offset == 0 && !places[3].done));
    CHECK_FALSE(api::ResumePoint::parse("x"));
}
