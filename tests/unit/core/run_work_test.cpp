// Steps that the daemon does itself: what they are frozen into, how their reports are judged, what a loss means.
#include "daemon/core/retry.h"
#include "tests/unit/core/run_bench.h"

namespace pawl::test {
namespace {

AttemptEnd reported(std::string const& report) { return exited(0, report + "\n"); }

Json work_of(RunBench const& bench, std::string_view attempt) { return json(bench.launched(attempt).spec.work); }

}  // namespace

TEST_CASE("a request is frozen with all its values", "[core][work]") {
    RunBench bench{with_steps("  - {id: a, uses: http, with: {url: \"https://example.org/${{ inputs.x }}\", params: {q: \"${{ inputs.x }}\"}, headers: {X-A: \"${{ inputs.x }}\"}, "
                              "method: POST, json: {n: \"${{ 1 + 1 }}\"}, expect: [2xx, 409]}}\n", "inputs: {x: string}\n"), R"({"x": "a&b"})"};
    bench.admit();
    CHECK(bench.said() == "launch a#1");
    CHECK(work_of(bench, "a#1") == json(R"({"http": {"method": "POST", "url": "https://example.org/a&b?q=a%26b", "private": true, "headers": [["X-A", "a&b"]],
                                            "body": "{\"n\":2}", "type": "application/json", "expect": [[200, 299], [409, 409]]}})"));
}

TEST_CASE("a value that decides about the host closes private networks", "[core][work]") {
    auto const is_private = [](std::string const& url) {
        RunBench bench{with_steps("  - {id: a, uses: http, with: {url: \"" + url + "\"}}\n", "inputs: {x: string}\n"), R"({"x": "example.org"})"};
        bench.admit();
        return work_of(bench, "a#1").find("http")->flag("private");
    };
    CHECK_FALSE(is_private("https://${{ inputs.x }}/"));
    CHECK_FALSE(is_private("${{ 'https://' + inputs.x }}"));
    CHECK(is_private("https://localhost/${{ inputs.x }}"));
}

TEST_CASE("what a value makes of a request is refused before it is sent", "[core][work]") {
    auto const message = [](std::string const& with, std::string const& value) {
        RunBench bench{with_steps("  - {id: a, uses: http, with: {" + with + "}}\n", "inputs: {x: string}\n"), dump_json(JsonMap{{"x", value}})};
        bench.admit();
        CHECK(bench.step("a") == "failed (expression_error)");
        return bench.row("a").message;
    };
    CHECK(message("url: \"http://${{ inputs.x }}/\"", "a@b").find("has a user in it") != std::string::npos);
    CHECK(message("url: \"http://h/${{ inputs.x }}\"", "a b").find("must be percent-encoded") != std::string::npos);
    for (char const* const up : {"../x", "a/../x", "%2e%2E/x", "a/.%2e"})
        CHECK(message("url: \"http://h/${{ inputs.x }}\"", up).find("'..' in a path that is made of values") != std::string::npos);
    CHECK(message("url: \"http://h/${{ inputs.x }}/edit\"", "a?b").find("a value in 'url' has '?'") != std::string::npos);
    CHECK(message("url: \"http://h/x?name=${{ inputs.x }}\"", "a&admin=yes").find("a value in 'url' has '&'") != std::string::npos);
    CHECK(message("url: \"http://h/\", headers: {A: \"${{ inputs.x }}\"}", "b\r\nC: d").find("more than one line") != std::string::npos);
    CHECK(message("url: \"http://h/\", method: PUT, file: \"${{ inputs.x }}\"", "../x").find("leads out of the project's folder") != std::string::npos);
    CHECK(message("url: \"http://h/\", method: PUT, file: \"/data/${{ inputs.x }}\"", "../x").find("'..' in a path that is made of values") != std::string::npos);
}

TEST_CASE("a query keeps its text, and gets its values beside it", "[core][work]") {
    RunBench bench{with_steps("  - {id: a, uses: sql, with: {db: shop.db, query: \"SELECT :x, :n\", params: {x: \"${{ inputs.x }}\", n: \"${{ [1] }}\"}}}\n", "inputs: {x: string}\n"), R"({"x": "'; --"})"};
    bench.admit();
    CHECK(work_of(bench, "a#1").find("sql")->text("query") == "SELECT :x, :n");
    CHECK(*work_of(bench, "a#1").find("sql")->find("params") == json(R"({"x": "'; --", "n": [1]})"));
}

TEST_CASE("a report decides, and its outputs stay after a failure", "[core][work]") {
    RunBench bench{with_steps("  - {id: a, uses: http, with: {url: \"http://h/\"}, retry: {max_attempts: 2, delay: 0s, if: step.status == 503}}\n")};
    bench.admit();
    bench.said();
    SECTION("a success") {
        bench.ends("a", reported(R"({"outputs": {"status": 200}})"));
        CHECK(bench.step("a") == "succeeded");
        CHECK(bench.row("a").outputs == json(R"({"status": 200})"));
        CHECK_FALSE(bench.row("a").exit_code);
    }
    SECTION("retry.if sees the status") {
        bench.ends("a", reported(R"({"reason": "http", "message": "busy", "outputs": {"status": 503}})"));
        CHECK(bench.step("a") == "waiting (http)");
        bench.passes(1ms);
        bench.ends("a", reported(R"({"reason": "http", "message": "wrong", "outputs": {"status": 500}})"));
        CHECK(bench.step("a") == "failed (http)");
        CHECK(bench.row("a").message == "wrong");
        CHECK(bench.row("a").outputs == json(R"({"status": 500})"));
    }
    SECTION("a timeout") {
        bench.ends("a", ended_by(EndKind::timed_out));
        CHECK(bench.step("a") == "failed (timeout)");
        CHECK(bench.row("a").message == "did not end within 30s");
    }
    SECTION("no report that can be read") {
        bench.ends("a", exited(0, "{\"out\n"));
        CHECK(bench.step("a") == "failed (bad_output)");
    }
}

TEST_CASE("a lost request is sent again only when it may be", "[core][work]") {
    auto const after_loss = [](std::string const& more) {
        RunBench bench{with_steps("  - {id: a, " + more + "}\n")};
        bench.admit();
        bench.lost("a");
        bench.swept("a");
        return bench.step("a");
    };
    CHECK(after_loss("uses: http, with: {url: \"http://h/\"}") == "running");
    CHECK(after_loss("uses: http, with: {url: \"http://h/\", method: HEAD}") == "running");
    CHECK(after_loss("uses: http, with: {url: \"http://h/\", method: POST}") == "lost (lost)");
    CHECK(after_loss("uses: http, idempotent: true, with: {url: \"http://h/\", method: PUT}") == "running");
    CHECK(after_loss("uses: http, idempotent: false, with: {url: \"http://h/\"}") == "lost (lost)");
    CHECK(after_loss("uses: sql, with: {db: a.db, query: SELECT 1}") == "running");
    CHECK(after_loss("uses: sql, with: {db: a.db, query: DELETE FROM t}") == "lost (lost)");
}

TEST_CASE("each item of a request has its own", "[core][work]") {
    RunBench bench{with_steps("  - {id: a, foreach: \"['x', 'y']\", uses: http, with: {url: \"http://h/${{ item }}\"}}\n")};
    bench.admit();
    CHECK(work_of(bench, "a[x]#1").find("http")->text("url") == "http://h/x");
    CHECK(work_of(bench, "a[y]#1").find("http")->text("url") == "http://h/y");
}

}  // namespace pawl::test
