// Following a run: progress, Ctrl-C, restarts, the end.
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;

namespace {

std::string const started = R"({"id":812,"workflow":"nightly-backup","version":12,"status":"queued","steps":[
{"id":"dump","status":"pending","attempts":0,"section":"steps","needs":[]},{"id":"compress","status":"pending","attempts":0,"section":"steps","needs":["dump"]},
{"id":"upload","status":"pending","attempts":0,"section":"steps","needs":["compress"]},{"id":"page","status":"pending","attempts":0,"section":"on_failure","needs":[]},
{"id":"clean","status":"pending","attempts":0,"section":"finally","needs":[]}]})";
std::string const events_path = "/v1/runs/812/events?follow=true";
std::string const logs_path = "/v1/runs/812/logs?follow=true";

void fill_failing_run(CliBench& bench) {
    bench.daemon.ok["POST /v1/runs"] = started;
    bench.daemon.ok["GET /v1/runs/812"] = failed_run_json();
    Json source;
    source.set("file", "flows/backup.yaml");
    source.set("text", nightly_yaml());
    Json workflow;
    workflow.set("name", "nightly-backup");
    workflow.set("version", 12);
    workflow.set("source", std::move(source));
    bench.daemon.ok["GET /v1/workflows/nightly-backup?version=12"] = dump_json(workflow);
    bench.daemon.streams[events_path] = {row(1, 0, "run.queued"), row(2, 0, "run.started"), row(3, 0, "step.queued", "dump"), row(4, 0, "attempt.launched", "dump", 1), row(5, 0, "step.started", "dump"),
                                         row(6, 130, "attempt.ended", "dump", 1, R"({"exit_code":0})"), row(7, 130, "step.succeeded", "dump"), row(8, 130, "attempt.launched", "compress", 1),
                                         row(9, 250, "attempt.ended", "compress", 1, R"({"reason":"exit","exit_code":70})"), row(10, 250, "step.failed", "compress", 0, R"({"reason":"exit","exit_code":70})"),
                                         row(11, 250, "step.skipped", "upload", 0, R"({"reason":"upstream"})"), row(12, 252, "run.failed", "", 0, R"({"reason":"exit","failed_step":"compress"})")};
    bench.daemon.streams[logs_path] = {log("dump", "dumping\n"), log("compress", "zstd: "), log("compress", "\x1b[31merror 70\x1b[0m \x1b]0;x\x07\nrest")};
    bench.daemon.streams["/v1/runs/812/logs?step=compress&tail=20"] = {log("compress", "zstd: error 70 : Write error : No space left on device\n")};
}

}  // namespace

TEST_CASE("a failed run ends with where, why, what did not run, the last words and the next commands", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    CHECK(bench.run({"run", "nightly-backup"}) == exit_failed);
    CHECK(approved("run_failed_plain.txt", bench.err));
    CHECK(bench.out.empty());
}

TEST_CASE("with -q a run that fails says only why, and one that succeeds nothing", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    CHECK(bench.run({"run", "nightly-backup", "-q"}) == exit_failed);
    CHECK(bench.err.starts_with("✗ run 812"));
    bench.daemon.ok["GET /v1/runs/812"] = R"({"id":812,"workflow":"nightly-backup","status":"succeeded","steps":[]})";
    CHECK(bench.run({"run", "nightly-backup", "-q"}) == exit_done);
    CHECK(bench.err.empty());
}

TEST_CASE("with -o json stdout has the finished run alone", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    CHECK(bench.run({"run", "nightly-backup", "-o", "json", "--progress", "json"}) == exit_failed);
    auto const run = parse_json(bench.out);
    REQUIRE(run);
    CHECK(run->text("status") == "failed");
    CHECK(approved("run_failed_progress.jsonl", bench.err));
}

TEST_CASE("--passthrough exits with the failed step's own code", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    CHECK(bench.run({"run", "nightly-backup", "--passthrough"}) == 70);
}

TEST_CASE("--detach prints the id and asks no more", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    CHECK(bench.run({"run", "nightly-backup@12", "-d"}) == exit_done);
    CHECK(bench.out == "812\n");
    CHECK(bench.err == "run 812 nightly-backup is queued; follow it with: pawl run watch 812\n");
    CHECK(bench.daemon.asked == std::vector<std::string>{R"(POST /v1/runs {"workflow":"nightly-backup","version":12,"inputs":{}})"});
}

TEST_CASE("inputs are typed by the workflow's declarations; what does not fit is the daemon's to refuse", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    bench.daemon.ok["GET /v1/workflows/nightly-backup"] = bench.daemon.ok["GET /v1/workflows/nightly-backup?version=12"];
    CHECK(bench.run({"run", "nightly-backup", "-d", "-i", "dry=true", "-i", "database=-"}) == exit_done);
    CHECK(bench.daemon.asked.back() == R"(POST /v1/runs {"workflow":"nightly-backup","inputs":{"dry":true,"database":""}})");
    CHECK(bench.run({"run", "nightly-backup", "-d", "-i", "dry=yes"}) == exit_done);
    CHECK(bench.daemon.asked.back() == R"(POST /v1/runs {"workflow":"nightly-backup","inputs":{"dry":"yes"}})");
    CHECK(bench.run({"run", "nightly-backup", "-d", "-i", "dry=7"}) == exit_done);
    CHECK(bench.daemon.asked.back() == R"(POST /v1/runs {"workflow":"nightly-backup","inputs":{"dry":7}})");  // a number is no text
    CHECK(bench.run({"run", "nightly-backup", "-d", "-i", "dry"}) == exit_usage);
}

TEST_CASE("Ctrl-C says that the run goes on, and leaves after two seconds", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    auto& events = bench.daemon.streams[events_path];
    events.insert(events.begin() + 5, stream_event("pause", "100"));
    bench.interrupts = {0, 0, 1};
    auto const began = bench.now;
    CHECK(bench.run({"run", "nightly-backup"}) == exit_interrupted);
    CHECK(bench.err.find("run 812 goes on; Ctrl-C again within 2 s cancels it") != std::string::npos);
    CHECK(bench.now - began >= std::chrono::seconds(2));
    CHECK(bench.now - began < std::chrono::seconds(3));
    CHECK(bench.daemon.asked.size() == 1);
}

TEST_CASE("the second Ctrl-C cancels and waits for the stop", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    bench.daemon.ok["POST /v1/runs/812/cancel"] = R"({"id":812,"status":"stopping"})";
    auto& events = bench.daemon.streams[events_path];
    events.insert(events.begin() + 5, stream_event("pause", "60"));
    bench.interrupts = {0, 0, 1, 2};
    CHECK(bench.run({"run", "nightly-backup"}) == exit_failed);
    CHECK(std::count(bench.daemon.asked.begin(), bench.daemon.asked.end(), R"(POST /v1/runs/812/cancel {"now":false})") == 1);
}

TEST_CASE("--cancel-on-interrupt cancels at the first Ctrl-C", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    bench.daemon.ok["POST /v1/runs/812/cancel"] = R"({"id":812,"status":"stopping"})";
    auto& events = bench.daemon.streams[events_path];
    events.insert(events.begin() + 5, stream_event("pause", "3"));
    bench.interrupts = {0, 0, 1};
    CHECK(bench.run({"run", "nightly-backup", "--cancel-on-interrupt"}) == exit_failed);
    CHECK(bench.err.find("cancelling run 812") != std::string::npos);
}

TEST_CASE("--wait-timeout leaves with 7 and the run goes on", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    auto& events = bench.daemon.streams[events_path];
    events.insert(events.begin() + 5, stream_event("pause", "1000"));
    CHECK(bench.run({"run", "nightly-backup", "--wait-timeout", "10s"}) == exit_timed_out);
    CHECK(bench.err.find("run 812 has not ended within 10s [timed_out]") != std::string::npos);
    CHECK(bench.err.find("pawl run watch 812") != std::string::npos);
}

TEST_CASE("plain progress gives a sign of life every thirty seconds", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    auto& events = bench.daemon.streams[events_path];
    events.insert(events.begin() + 5, stream_event("pause", "1300"));  // 65 s in looks of 50 ms
    bench.run({"run", "nightly-backup"});
    CHECK(bench.err.find("02:31:37 run 812 goes on: 0/3 done, dump 0:30") != std::string::npos);
    CHECK(bench.err.find("02:32:07 run 812 goes on: 0/3 done, dump 1:00") != std::string::npos);
}

TEST_CASE("a lost connection is told once, and the run is followed to its end", "[cli][follow]") {
    CliBench bench;
    fill_failing_run(bench);
    auto& events = bench.daemon.streams[events_path];
    FeedItem lost;
    lost.kind = FeedItem::Kind::lost;
    events.insert(events.begin() + 5, lost);
    events.insert(events.begin() + 5, lost);
    CHECK(bench.run({"run", "nightly-backup"}) == exit_failed);
    auto const first = bench.err.find("the daemon does not answer; the run goes on");
    CHECK(first != std::string::npos);
    CHECK(bench.err.find("the daemon does not answer", first + 1) == std::string::npos);
}

TEST_CASE("logs take control characters out, keep colours only for terminals, and end with -f as the run does", "[cli][logs]") {
    CliBench bench;
    fill_failing_run(bench);
    bench.daemon.streams["/v1/runs/812/logs?step=compress"] = bench.daemon.streams[logs_path];
    bench.daemon.streams["/v1/runs/812/logs?step=compress&follow=true"] = bench.daemon.streams[logs_path];
    CHECK(bench.run({"logs", "812", "compress"}) == exit_done);
    CHECK(bench.out == "dumping\nzstd: error 70 \\x1b]0;x\\x07\nrest\n");
    CHECK(bench.run({"logs", "812", "compress", "-f"}) == exit_failed);
    CHECK(bench.run({"logs", "812", "compress", "--color", "always"}) == exit_done);
    CHECK(bench.out.find("\x1b[31merror 70\x1b[0m") != std::string::npos);
    CHECK(bench.out.find("\x1b]") == std::string::npos);
    CHECK(bench.run({"logs", "812", "compress", "--grep", "^zstd"}) == exit_done);
    CHECK(bench.out == "zstd: error 70 \\x1b]0;x\\x07\n");
    CHECK(bench.run({"logs", "812", "compress", "--grep", "("}) == exit_usage);
    CHECK(bench.run({"logs", "812", "compress", "--stream", "stderr"}) == exit_done);
    CHECK(bench.out.empty());
}

TEST_CASE("inspect and why show a run, a step, an attempt", "[cli][inspect]") {
    CliBench bench;
    fill_failing_run(bench);
    CHECK(bench.run({"inspect", "812"}) == exit_done);
    CHECK(approved("inspect_run.txt", bench.out));
    CHECK(bench.run({"inspect", "812", "compress"}) == exit_done);
    CHECK(approved("inspect_step.txt", bench.out));
    CHECK(bench.run({"inspect", "812", "compress#1"}) == exit_done);
    CHECK(approved("inspect_attempt.txt", bench.out));
    CHECK(bench.run({"why", "812"}) == exit_done);
    CHECK(approved("why.txt", bench.out));
    CHECK(bench.run({"graph", "812"}) == exit_done);
    CHECK(approved("graph_run.txt", bench.out));
}
