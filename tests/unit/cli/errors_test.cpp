// Errors: what, where, why, next; exit codes; problem+json.
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;

TEST_CASE("without a daemon the exit code is 4 and three next commands are named", "[cli][errors]") {
    CliBench bench;
    bench.reachable = false;
    CHECK(bench.run({"ps"}) == exit_unreachable);
    CHECK(approved("no_daemon.txt", bench.err));
    CHECK(bench.run({"ps", "-o", "json"}) == exit_unreachable);
    auto const problem = parse_json(bench.err);
    REQUIRE(problem);
    CHECK(problem->text("code") == "unavailable");
    CHECK(problem->number("exit_code") == 4);
    CHECK(problem->find("next")->as_list().size() == 3);
}

TEST_CASE("wrong inputs are told once each, in one style", "[cli][errors]") {
    CliBench bench;
    bench.daemon.problems["POST /v1/runs"] = R"({"title":"input 'n' lies between 1 and 5, not 9","code":"invalid_input","diagnostics":[
        {"code":"invalid_input","severity":"error","message":"input 'n' lies between 1 and 5, not 9"},
        {"code":"invalid_input","severity":"error","message":"input 'who' is required","hint":"-i who=VALUE"}]})";
    CHECK(bench.run({"run", "greet"}) == exit_usage);
    CHECK(bench.err == "error: input 'who' is required [invalid_input]\n  hint   -i who=VALUE\nerror: input 'n' lies between 1 and 5, not 9 [invalid_input]\n");
}

TEST_CASE("exec counts attempts in all; the daemon further ones", "[cli][errors]") {
    CliBench bench;
    (void)bench.run({"exec", "--retry", "3", "-d", "--", "true"});
    CHECK(bench.daemon.asked.back().find("\"retry\":2") != std::string::npos);
    CHECK(bench.run({"exec", "--retry", "0", "--", "true"}) == exit_usage);
}

TEST_CASE("an unknown workflow gets the nearest name", "[cli][errors]") {
    CliBench bench;
    bench.daemon.ok["GET /v1/workflows?limit=1000"] = R"({"items":[{"name":"nightly-backup"},{"name":"ci"}]})";
    CHECK(bench.run({"run", "nightly-bakup"}) == exit_not_found);
    CHECK(bench.err.find("did you mean 'nightly-backup'?") != std::string::npos);
}

TEST_CASE("an unknown step gets the nearest name", "[cli][errors]") {
    CliBench bench;
    bench.daemon.ok["GET /v1/runs/812"] = failed_run_json();
    CHECK(bench.run({"logs", "812", "compres"}) == exit_not_found);
    CHECK(bench.err.find("did you mean 'compress'?") != std::string::npos);
    CHECK(bench.run({"inspect", "812", "compress#2"}) == exit_not_found);
}

TEST_CASE("the codes of the daemon become the exit codes of the table", "[cli][errors]") {
    for (auto const& [name, exit] : std::map<std::string, int>{{"not_found", 3}, {"denied", 5}, {"conflict", 6}, {"queue_full", 6}, {"invalid_input", 2}, {"degraded", 1}, {"timed_out", 7}, {"protocol", 4}, {"no_such_code_yet", 1}}) {
        CliBench bench;
        bench.daemon.problems["GET /v1/ping"] = R"({"title":"no","code":")" + name + "\"}";
        INFO(name);
        CHECK(bench.run({"ping"}) == exit);
    }
    CHECK(exit_code_of_run("succeeded", "") == 0);
    CHECK(exit_code_of_run("failed", "exit") == 1);
    CHECK(exit_code_of_run("failed", "timeout") == 7);
    CHECK(exit_code_of_run("failed", "timeout", false, true) == 1);
    CHECK(exit_code_of_run("cancelled", "") == 8);
    CHECK(exit_code_of_run("skipped", "condition") == 0);
    CHECK(exit_code_of_run("skipped", "condition", true) == 9);
}

TEST_CASE("a question without a terminal is an error", "[cli][errors]") {
    CliBench bench;
    CHECK(bench.run({"workflow", "rm", "ci"}) == exit_usage);
    CHECK(bench.err.find("say --yes") != std::string::npos);
    bench.daemon.ok["DELETE /v1/workflows/ci"] = R"({"name":"ci","removed":true})";
    CHECK(bench.run({"workflow", "rm", "ci", "--yes"}) == exit_done);
}

TEST_CASE("a target that can be no run is refused before the daemon is asked", "[cli][errors]") {
    CliBench bench;
    CHECK(bench.run({"retry", "nightly"}) == exit_usage);
    CHECK(bench.run({"resolve", "0", "a", "--as", "success"}) == exit_usage);
    CHECK(bench.run({"cancel", "812", "x5"}) == exit_usage);
    CHECK(bench.daemon.asked.empty());
}

TEST_CASE("an explicit progress mode is obeyed or refused, never replaced", "[cli][errors]") {
    CliBench bench;
    CHECK(bench.run({"run", "ci", "--progress", "tty"}) == exit_usage);
    CHECK(bench.err.find("needs a terminal") != std::string::npos);
}

TEST_CASE("control characters of the daemon's words never reach the terminal", "[cli][errors]") {
    CliBench bench;
    bench.daemon.problems["GET /v1/ping"] = R"({"title":"\u001b]0;title\u0007","code":"io"})";
    bench.run({"ping"});
    CHECK(bench.err.find('\x1b') == std::string::npos);
    CHECK(bench.err.find("\\x1b") != std::string::npos);
}
