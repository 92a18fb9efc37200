// The grammar: what is understood, and how mistakes are told.
#include "cli/parse.h"

#include "tests/catch.h"
#include "tests/unit/cli/bench.h"

using namespace pawl::cli;
using namespace pawl::cli::test;

TEST_CASE("a mistyped command is answered with the nearest one", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"depoly", "x.yaml"}) == exit_usage);
    CHECK(bench.err.find("error: unknown command 'depoly' [usage]") != std::string::npos);
    CHECK(bench.err.find("did you mean 'pawl deploy'?") != std::string::npos);
    CHECK(bench.run({"workflow", "sl"}) == exit_usage);
    CHECK(bench.err.find("did you mean 'pawl workflow ls'?") != std::string::npos);
}

TEST_CASE("a mistyped option is answered with the nearest one and the command's help", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"check", "--formt", "json"}) == exit_usage);
    CHECK(bench.err.find("unknown option '--formt' of 'pawl check'") != std::string::npos);
    CHECK(bench.err.find("did you mean '--format'?") != std::string::npos);
    CHECK(bench.err.find("pawl help check") != std::string::npos);
}

TEST_CASE("a value that is no choice is answered with the choices", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"check", "--format", "jsn"}) == exit_usage);
    CHECK(bench.err.find("did you mean 'json'?") != std::string::npos);
    CHECK(bench.run({"-o", "xml", "ps"}) == exit_usage);
    CHECK(bench.err.find("'xml' is no value of --output") != std::string::npos);
}

TEST_CASE("likeness needs more than two letters, and numbers are asked for in our words", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"completion", "tcsh"}) == exit_usage);
    CHECK(bench.err.find("one of: bash, zsh, fish") != std::string::npos);
    CHECK(bench.run({"audit", "ls", "--limit", "abc"}) == exit_usage);
    CHECK(bench.err.find("'abc' is no value of --limit") != std::string::npos);
}

TEST_CASE("words of other tools lead to ours", "[cli][parse]") {
    CliBench bench;
    for (auto const& [word, ours] : {std::pair{"list", "pawl run ls"}, {"stop", "pawl cancel RUN"}, {"kill", "pawl cancel RUN --now"}, {"start", "pawl run NAME"}}) {
        CHECK(bench.run({word}) == exit_usage);
        CHECK(bench.err.find(ours) != std::string::npos);
    }
    CHECK(bench.run({"run", "lst"}) == exit_not_found);
    CHECK(bench.err.find("did you mean 'pawl run ls'?") != std::string::npos);
}

TEST_CASE("a missing argument is named", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"retry"}) == exit_usage);
    CHECK(bench.err.find("'pawl retry' needs RUN") != std::string::npos);
}

TEST_CASE("verbs of run win, and run NAME is run start NAME", "[cli][parse]") {
    auto const path_of = [](std::vector<std::string> const& words) {
        auto const located = locate(words);
        return located.entry == nullptr ? std::string() : std::string(located.entry->path);
    };
    CHECK(path_of({"run", "nightly-backup"}) == "run start");
    CHECK(path_of({"run", "watch"}) == "run watch");
    CHECK(path_of({"run", "start", "watch"}) == "run start");
    CHECK(path_of({"-o", "json", "run", "-i", "ls=1", "nightly"}) == "run start");
    CHECK(path_of({"run", "-i", "a=b", "ls"}) == "run ls");
    CHECK(path_of({"run", "--", "ls"}) == "run start");
}

TEST_CASE("a workflow and a further word are not taken for a verb", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"run", "nightly", "watch", "3"}) == exit_usage);
    CHECK(bench.err.find("unexpected argument '3'") != std::string::npos);
}

TEST_CASE("a list option takes one word, and global options stand anywhere", "[cli][parse]") {
    CliBench bench;
    bench.daemon.ok["POST /v1/runs"] = R"({"id":812,"workflow":"nightly","status":"queued"})";
    bench.daemon.ok["GET /v1/workflows/nightly"] = R"({"name":"nightly","version":1})";
    CHECK(bench.run({"run", "-i", "a=b", "nightly", "-d", "-o", "name"}) == exit_done);
    CHECK(bench.out == "812\n");
    CHECK(bench.daemon.asked.back() == R"(POST /v1/runs {"workflow":"nightly","inputs":{"a":"b"}})");
}

TEST_CASE("exec without -- says what is missing", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"exec", "rsync", "-a", "a/"}) == exit_usage);
    CHECK(bench.err.find("put -- before the command") != std::string::npos);
    bench.daemon.ok["POST /v1/exec"] = R"({"id":5,"workflow":"exec","status":"queued"})";
    CHECK(bench.run({"exec", "-d", "--dir", "/", "--retry", "3", "--", "rsync", "-a", "--", "x"}) == exit_done);
    CHECK(bench.daemon.asked.back() == R"(POST /v1/exec {"argv":["rsync","-a","--","x"],"dir":"/","env":{},"retry":2})");
}

TEST_CASE("version and help work everywhere", "[cli][parse]") {
    CliBench bench;
    CHECK(bench.run({"--version"}) == exit_done);
    CHECK(bench.out.starts_with("pawl "));
    CHECK(bench.run({"retry", "--version"}) == exit_done);
    CHECK(bench.run({}) == exit_usage);
    CHECK(bench.run({"run", "start", "--help"}) == exit_done);
    CHECK(approved("help_run_start.txt", bench.out));
    CHECK(bench.run({"help"}) == exit_done);
    CHECK(approved("help.txt", bench.out));
    CHECK(bench.run({"workflow", "--help"}) == exit_done);
    CHECK(bench.out.find("pawl workflow rm") != std::string::npos);
}

TEST_CASE("the first page names every command", "[cli][help]") {
    CliBench bench;
    CHECK(bench.run({"help"}) == exit_done);
    std::string const page = bench.out;
    for (auto const& entry : command_entries()) {
        std::string const first(entry.path.substr(0, entry.path.find(' ')));
        if (first.starts_with("__")) continue;  // for completion scripts, not for people
        INFO(first);
        CHECK(page.find("\n  " + first + " ") != std::string::npos);
    }
}

TEST_CASE("every command has a summary, an example and its own name in it", "[cli][parse]") {
    for (auto const& entry : command_entries()) {
        INFO(entry.path);
        auto const command = entry.make();
        CHECK(command.path == entry.path);
        CHECK(command.summary == entry.summary);
        REQUIRE(!command.examples.empty());
        CHECK(command.run);
        for (auto const& option : command.options) CHECK(!option.doc.ends_with("."));
    }
}
