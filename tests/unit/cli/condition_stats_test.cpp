// pawl condition stats: recorded values, put into the conditions of their version again.
#include "common/base/json.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;

namespace {

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

constexpr char const* version = R"J({"name":"w","version":2,"model":{"kind":"workflow","name":"w","if":"conditions.small",
  "conditions":{"small":{"params":{"n":{"type":"int","default":3}},"expr":"params.n / params.n == 1 && params.n < 10"},
                "morning":{"expr":"now.getHours('UTC') < 12 && conditions.small({'n': 4})"}},
  "steps":[{"id":"a","if":"conditions.morning || conditions.small({'n': inputs.n})","env":{"X":"${{ conditions.small }}"},"run":"true"},
           {"id":"way","switch":[{"when":"conditions.small({'n': size(inputs.s)})","steps":["a"]}]}]}})J";

std::string run(int id, std::string const& if_values, std::string const& when_values) {
    return "{\"id\":" + std::to_string(id) + R"(,"workflow":"w","version":2,"created_at":"2026-11-23T10:00:00Z","steps":[
        {"id":"a","queued_at":"2026-11-23T10:00:01Z","explain":{"if":)" + if_values + R"(}},
        {"id":"way","started_at":"2026-11-23T10:00:02Z","explain":{"when":)" + when_values + "}}]}";
}

/// Three runs: mornings and an evening, small, large and zero.
CliBench three_runs() {
    CliBench bench;
    bench.daemon.ok["GET /v1/runs?limit=500"] = R"({"items":[{"id":3,"workflow":"w","version":2,"created_at":"2026-11-23T12:00:00Z"},
        {"id":2,"workflow":"w","version":2,"created_at":"2026-11-23T11:00:00Z"},{"id":1,"workflow":"w","version":2,"created_at":"2026-11-23T10:00:00Z"}],"next":""})";
    bench.daemon.ok["GET /v1/workflows/w?version=2"] = version;
    bench.daemon.ok["GET /v1/runs/1"] = run(1, R"({"now":"2026-11-23T10:00:00Z","inputs.n":5})", R"({"inputs.s":"abc"})");
    bench.daemon.ok["GET /v1/runs/2"] = run(2, R"({"now":"2026-11-23T20:00:00Z","inputs.n":50})", R"({"inputs.s":"abcabcabcabc"})");
    std::string const long_text(200, 'x');
    bench.daemon.ok["GET /v1/runs/3"] = run(3, R"({"now":"2026-11-23T11:00:00Z","inputs.n":0})", "{\"inputs.s\":\"" + long_text + "…\"}");
    return bench;
}

Json const& item_at(Json const& answer, std::string const& condition, std::string const& place, std::string const& via = "") {
    for (Json const& item : answer.find("items")->as_list())
        if (item.text("condition") == condition && item.text("place") == place && item.text("via") == via) return item;
    FAIL("no figures of " << condition << " at " << place);
    return answer;
}

std::string counts(Json const& item) {
    std::string text;
    for (char const* key : {"seen", "true", "false", "error", "unknown"}) text += (text.empty() ? "" : " ") + std::to_string(item.number(key));
    return text;
}

}  // namespace

TEST_CASE("stats count what each use of a condition gave in recorded decisions", "[cli][condition][stats]") {
    CliBench bench = three_runs();
    REQUIRE(bench.run({"condition", "stats", "-o", "json"}) == exit_done);
    Json const answer = *parse_json(bench.out);
    CHECK(answer.number("runs") == 3);
    CHECK(answer.number("runs_read") == 3);
    CHECK(counts(item_at(answer, "morning", "a.if")) == "3 2 1 0 0");
    CHECK(counts(item_at(answer, "small", "a.if")) == "3 1 1 1 0");  // 0 / 0 is an error, which || absorbs
    CHECK(item_at(answer, "small", "a.if").text("last_true") == "2026-11-23T10:00:01.000Z");
    CHECK(item_at(answer, "small", "a.if").number("cost_p95") > 0);
    CHECK(item_at(answer, "small", "a.if").text("hash").size() == 12);

    SECTION("what a condition uses counts at the place that uses it") { CHECK(counts(item_at(answer, "small", "a.if", "morning")) == "3 3 0 0 0"); }
    SECTION("a value that was too long to be kept makes the decision unknown, not false") { CHECK(counts(item_at(answer, "small", "way.switch[0].when")) == "2 1 1 0 1"); }
    SECTION("places without a record are named, not counted") { CHECK(dump_json(*answer.find("unrecorded")) == R"(["w: a.env.X","w: if"])"); }
}

TEST_CASE("stats of one condition say what was looked at", "[cli][condition][stats]") {
    CliBench bench = three_runs();
    bench.columns = 200;
    CHECK(bench.run({"condition", "stats", "morning"}) == exit_done);
    CHECK(holds(bench.out, "2 (67%)"));
    CHECK_FALSE(holds(bench.out, "small"));
    CHECK(holds(bench.err, "looked at 3 runs back to 11-23 10:00, 3 of workflows that use conditions"));
    CHECK(bench.run({"condition", "stats", "mornin"}) == exit_done);
    CHECK(holds(bench.err, "did you mean 'morning'?"));
    CHECK(bench.run({"condition", "stats", "--since", "yesterday"}) == exit_usage);
    bench.daemon.ok["GET /v1/runs?filter=created_at%20%3E%3D%20timestamp%28%272026-11-23T02%3A31%3A07.000Z%27%29&limit=500"] = R"({"items":[],"next":""})";
    CHECK(bench.run({"condition", "stats", "--since", "1d"}) == exit_done);
    CHECK(holds(bench.err, "no recorded decision used a condition"));
}
