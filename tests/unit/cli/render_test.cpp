// Renderers: tables, records, the live picture, graphs, formats.
#include <algorithm>
#include <sstream>

#include "cli/render/formats.h"
#include "cli/render/graph.h"
#include "cli/render/log_text.h"
#include "cli/render/progress.h"
#include "cli/render/table.h"
#include "cli/render/when.h"
#include "common/base/text.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;
using namespace std::chrono_literals;

namespace {

UtcTime const noon = *parse_utc("2026-11-24T12:00:00Z");

Table fruit() {
    return {.columns = {{.title = "RUN", .right = true, .may_shrink = false}, {.title = "WORKFLOW"}, {.title = "NOTE"}},
            .rows = {{{"7"}, {"日本語のワークフロー"}, {"a note that is rather long and says much"}}, {{"812"}, {"nightly-backup"}, {"line\nbreak"}}}};
}

RunView nightly() {
    RunView run;
    run.id = 812;
    run.workflow = "nightly-backup";
    run.status = "running";
    auto const step = [&](std::string id, std::string status, std::vector<std::string> needs) -> StepView& {
        auto& view = run.steps.emplace_back();
        view.id = std::move(id);
        view.status = std::move(status);
        view.needs = std::move(needs);
        return view;
    };
    auto& dump = step("dump", "succeeded", {});
    dump.started = noon - 161s;
    dump.ended = noon - 31s;
    dump.attempt = 1;
    auto& compress = step("compress", "running", {"dump"});
    compress.started = noon - 31s;
    compress.attempt = 1;
    compress.attempts_max = 3;
    compress.usual = 48s;
    compress.tail = {"one", "two", "three", "zstd: /data/shop.sql : 64.1%"};
    auto& upload = step("upload", "pending", {"compress"});
    upload.usual = 53s;
    step("page", "pending", {}).section = "on_failure";
    return run;
}

std::string joined(std::vector<std::string> const& lines) { return join(lines, "\n") + "\n"; }

Graph diamond(bool with_states) {
    Graph graph(6);
    graph[0].id = "fetch";
    graph[1].id = "build", graph[1].needs = {"fetch"};
    graph[2].id = "lint", graph[2].needs = {"fetch"};
    graph[3].id = "test", graph[3].needs = {"build"};
    graph[4].id = "publish", graph[4].needs = {"test", "lint", "fetch"};
    graph[5].id = "clean", graph[5].section = "finally";
    if (with_states) {
        for (auto& node : graph) node.status = "succeeded";
        graph[3].status = "failed";
        graph[3].note = "exited with 2";
        graph[4].status = "skipped";
    }
    return graph;
}

}  // namespace

TEST_CASE("a table is aligned by display width and whole when it is piped", "[cli][table]") {
    CHECK(approved("table_piped.txt", render_table({.width = 40}, fruit())));
}

TEST_CASE("on a terminal cells are cut in the middle so that no line is longer than the screen", "[cli][table]") {
    auto const text = render_table({.cut = true, .width = 62}, fruit());
    CHECK(approved("table_cut.txt", text));
    for (auto const line : split(text, '\n')) CHECK(display_width(line) <= 62);
}

TEST_CASE("below sixty columns rows become records", "[cli][table]") { CHECK(approved("table_stacked.txt", render_table({.ascii = true, .cut = true, .width = 40}, fruit()))); }

TEST_CASE("cutting keeps both ends and never splits a wide character", "[cli][look]") {
    Look const look{.width = 80};
    CHECK(cut_middle(look, "abcdefghij", 5) == "ab…ij");
    CHECK(cut_middle(look, "日本語のワーク", 6) == "日…ク");
    CHECK(cut_middle({.ascii = true}, "abcdefghij", 7) == "ab...ij");
    CHECK(cut_end(look, "\x1b[31mabcdefghij\x1b[0m", 5) == "\x1b[31mabcd…\x1b[0m");
    CHECK(visible_width("\x1b[1;31m日本\x1b[0m") == 4);
}

TEST_CASE("a state is symbol and word, in ASCII too", "[cli][look]") {
    CHECK(state_text({}, "failed", "exit") == "✗ failed (exit)");
    CHECK(state_text({.ascii = true}, "succeeded") == "[ok] succeeded");
    CHECK(state_text({.colour = true}, "lost") == "\x1b[35m? lost\x1b[0m");
}

TEST_CASE("spans are short and grow with their size", "[cli][when]") {
    CHECK(span_text(400ms) == "0.4s");
    CHECK(span_text(9999ms) == "9.9s");
    CHECK(span_text(31s) == "0:31");
    CHECK(span_text(130s) == "2:10");
    CHECK(span_text(3723s) == "1:02:03");
    CHECK(span_text(75h + 5min) == "3d 03:05");
    CHECK(parse_since("7d", noon) == noon - 168h);
    CHECK(parse_since("90m", noon) == noon - 90min);
    CHECK(parse_since("2026-11-24", noon) == noon - 12h);
    CHECK(!parse_since("soon", noon));
}

TEST_CASE("the live picture has a line a step, the last three log lines and a summary", "[cli][progress]") {
    CHECK(approved("progress.txt", joined(progress_frame({.width = 100}, nightly(), noon, 40))));
    CHECK(approved("progress_ascii.txt", joined(progress_frame({.ascii = true, .width = 100}, nightly(), noon, 40))));
}

TEST_CASE("the live picture tells what a waiting step waits for", "[cli][progress]") {
    auto run = nightly();
    auto* const compress = run.find("compress");
    compress->status = "waiting";
    compress->reason = "exit";
    compress->exit_code = 75;
    compress->due = noon + 8s;
    run.find("upload")->status = "queued";
    CHECK(approved("progress_waiting.txt", joined(progress_frame({.width = 100}, run, noon, 40))));
}

TEST_CASE("a picture that is too high hides what is done first, then what is to come", "[cli][progress]") {
    RunView run = nightly();
    run.steps.clear();
    for (int i = 0; i < 60; ++i) {
        auto& step = run.steps.emplace_back();
        step.id = "step" + std::to_string(i);
        step.status = i < 30 ? "succeeded" : i == 30 ? "running" : "pending";
        if (i == 30) step.started = noon - 1s;
    }
    auto const lines = progress_frame({.width = 60}, run, noon, 10);
    CHECK(lines.size() <= 10);
    auto const text = joined(lines);
    CHECK(text.find("step30") != std::string::npos);
    CHECK(text.find("30 more done") != std::string::npos);
    CHECK(text.find("more to come") != std::string::npos);
}

TEST_CASE("the terminal is drawn at most ten times a second, only on change, and gets its cursor back", "[cli][progress]") {
    std::ostringstream out;
    auto run = nightly();
    for (auto& step : run.steps) step.usual.reset();
    auto progress = tty_progress(out, {.width = 100}, {.columns = [] { return std::size_t{100}; }, .rows = [] { return std::size_t{24}; }});
    progress->tick(run, noon);
    CHECK(out.str().empty());  // the first tenth of a second is not shown
    progress->tick(run, noon + 100ms);
    auto const first = out.str();
    CHECK(first.starts_with("\x1b[?2026h\x1b[?25l"));
    CHECK(first.ends_with("\x1b[?2026l"));
    CHECK(first.find("\x1b[2J") == std::string::npos);
    progress->tick(run, noon + 150ms);
    progress->tick(run, noon + 205ms);  // nothing but tenths of a second, which are not shown beyond ten seconds
    CHECK(out.str() == first);
    progress->tick(run, noon + 1100ms);
    CHECK(out.str().size() > first.size());
    progress->finish(run, noon + 2s);
    CHECK(out.str().ends_with("\x1b[?25h"));
}

TEST_CASE("a picture that is left without an end gives the cursor back too", "[cli][progress]") {
    std::ostringstream out;
    {
        auto progress = tty_progress(out, {.width = 100}, {.columns = [] { return std::size_t{100}; }, .rows = [] { return std::size_t{24}; }});
        progress->tick(nightly(), noon);
        progress->tick(nightly(), noon + 100ms);
    }
    CHECK(out.str().ends_with("\x1b[?25h"));
}

TEST_CASE("a terminal that gets smaller is drawn anew from the first row of the old picture", "[cli][progress]") {
    std::ostringstream out;
    std::size_t columns = 110, rows = 30;
    int continues = 0;
    auto progress = tty_progress(out, {.width = 110}, {.columns = [&] { return columns; }, .rows = [&] { return rows; }, .continues = [&] { return continues; }});
    auto const run = nightly();
    auto const drawn_at = [&](int tenths) {
        out.str("");
        progress->tick(run, noon + 100ms * tenths);
        return out.str();
    };
    auto const lines_in = [](std::string const& text) { return std::count(text.begin(), text.end(), '\n'); };
    (void)drawn_at(0);
    auto const whole = drawn_at(1);
    SECTION("shorter: no more lines than it has rows, and it goes up no further than its top") {
        rows = 4;
        auto const cut = drawn_at(3);
        CHECK(lines_in(cut) == 3);
        CHECK(cut.find("\x1b[3A\r\x1b[J") != std::string::npos);
    }
    SECTION("narrower: the old lines were broken and take more rows") {
        columns = 20;
        auto const up = drawn_at(3);
        auto const at = up.find("\x1b[", up.find("\x1b[?2026h") + 8);
        CHECK(std::stol(up.substr(at + 2)) > lines_in(whole));
    }
    SECTION("after a stop it begins below what the shell printed") {
        ++continues;
        auto const fresh = drawn_at(2);
        CHECK(fresh.find("A\r") == std::string::npos);
        CHECK(lines_in(fresh) == lines_in(whole));
    }
}

TEST_CASE("log text keeps colours when asked, the last state of a line, and no other control character", "[cli][log]") {
    CHECK(log_text({.colour = true}, "\x1b[31mred") == "\x1b[31mred\x1b[0m");
    CHECK(log_text({}, "\x1b[31mred\x1b[0m") == "red");
    CHECK(log_text({}, " 10%\r 20%\r") == " 20%");
    CHECK(log_text({}, "a\tb") == "a       b");
    CHECK(log_text({}, "\x1b[2Jx") == "\\x1b[2Jx");
    CHECK(log_text({}, "\xff") == "\xEF\xBF\xBD");
}

TEST_CASE("graphs are drawn as boxes, tree, dot and mermaid", "[cli][graph]") {
    CHECK(approved("graph_boxes.txt", render_boxes({}, diamond(false))));
    CHECK(approved("graph_boxes_ascii.txt", render_boxes({.ascii = true}, diamond(false))));
    CHECK(approved("graph_states.txt", render_boxes({}, diamond(true))));
    CHECK(approved("graph_tree.txt", render_tree({}, diamond(true))));
    CHECK(approved("graph.dot", render_dot("ci", diamond(true))));
    CHECK(approved("graph.mermaid", render_mermaid(diamond(false))));
    CHECK(boxes_width({}, diamond(false)) < 60);
}

TEST_CASE("YAML output quotes what could be read as something else", "[cli][formats]") {
    auto const value = *parse_json(R"({"a":"yes","b":"1","c":"plain text","d":[1,{"x":null,"y":[]}],"e":{},"f":"a: b","g":1.5,"h":"null","i":"No"})");
    CHECK(dump_yaml(value) == "a: \"yes\"\nb: \"1\"\nc: plain text\nd:\n  - 1\n  - x: null\n    \"y\": []\ne: {}\nf: \"a: b\"\ng: 1.5\nh: \"null\"\ni: \"No\"\n");
}

TEST_CASE("CSV output quotes commas, quotes and line ends", "[cli][formats]") {
    auto const items = parse_json(R"([{"a":"x,y","b":"say \"hi\""},{"a":null,"c":[1]}])")->as_list();
    CHECK(dump_csv(fields_of(items), items) == "a,b,c\n\"x,y\",\"say \"\"hi\"\"\",\n,,[1]\n");
}
