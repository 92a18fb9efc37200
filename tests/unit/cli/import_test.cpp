// pawl import: files of other tools beside what was made of them, the report included. PAWL_APPROVE=1 writes that anew.
#include <algorithm>
#include <filesystem>

#include "cli/import/names.h"
#include "cli/import/script.h"
#include "cli/import/writer.h"
#include "common/base/json.h"
#include "common/base/text.h"
#include "common/flow/load.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"
#include "tests/unit/cli/folder.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;
namespace fs = std::filesystem;

namespace {

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

std::string read_text(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string folder_of(std::string const& what) { return std::string(PAWL_SOURCE_DIR) + "/tests/unit/cli/import/" + what; }

std::vector<std::string> files_of(std::string const& what) {
    std::vector<std::string> files;
    for (auto const& entry : fs::directory_iterator(folder_of(what)))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
}

/// Without the folder of the sources, which is another one everywhere.
std::string without_folder(std::string text, std::string const& folder) {
    for (auto at = text.find(folder + "/"); at != std::string::npos; at = text.find(folder + "/")) text.erase(at, folder.size() + 1);
    return text;
}

void check_approved(std::string const& path, std::string const& now) {
    if (std::getenv("PAWL_APPROVE") != nullptr) std::ofstream(path, std::ios::binary) << now;
    CHECK(read_text(path) == now);
}

void check_files(std::string const& what) {
    auto const files = files_of(what);
    CHECK(files.size() >= 10);
    for (auto const& file : files) {
        INFO(file);
        CliBench bench;
        REQUIRE(bench.run({"import", what, file}) == exit_done);
        check_approved(file.substr(0, file.size() - 5) + ".out", bench.out + "--- report\n" + without_folder(bench.err, folder_of(what)));
        auto const loaded = flow::load_file("made.yaml", bench.out);
        CHECK_FALSE(has_errors(loaded.diagnostics));
        CHECK(loaded.workflows.size() == 1);
        Folder const folder;
        auto const made = folder.write("made.yaml", bench.out);
        CHECK(bench.run({"check", made}) == exit_done);
        CHECK(bench.run({"fmt", "--check", made}) == exit_done);
    }
}

std::string rewritten(std::string const& script, std::string const& missing = "") {
    std::vector<Replacement> replacements;
    for (auto const& one : expressions_in(script)) replacements.push_back({one.span, "X", missing});
    return with_variables(script, replacements).script;
}

std::string const small = "on: workflow_dispatch\njobs:\n  a:\n    steps:\n      - run: make\n";

}  // namespace

TEST_CASE("workflows of GitHub Actions", "[cli][import]") { check_files("github-actions"); }

TEST_CASE("DAGs of Dagu", "[cli][import]") { check_files("dagu"); }

TEST_CASE("an expression of a script becomes a variable, quoted as its place wants it", "[cli][import]") {
    CHECK(rewritten("echo ${{ a }}") == "echo \"$X\"");
    CHECK(rewritten("echo \"a ${{ a }}b\"") == "echo \"a ${X}b\"");
    CHECK(rewritten("echo 'a ${{ a }}'") == "echo 'a '\"${X}\"''");
    CHECK(rewritten("echo \"it's ${{ a }}\"") == "echo \"it's ${X}\"");
    CHECK(rewritten("echo \"$(cat ${{ a }})\" ${{ b }}") == "echo \"$(cat \"$X\")\" \"$X\"");
    CHECK(rewritten("cat <<E\n${{ a }}\nE\necho ${{ a }}") == "cat <<E\n${X}\nE\necho \"$X\"");
    CHECK(rewritten("cat <<-'E' # it's\n'\n\tE\necho ${{ a }}") == "cat <<-'E' # it's\n'\n\tE\necho \"$X\"");
    CHECK(rewritten("# it's ${{ a }}\necho ${{ a }}") == "# it's ${X}\necho \"$X\"");
    CHECK(rewritten("echo $((1<<2)) ${{ a }}\necho ${{ a }}") == "echo $((1<<2)) \"$X\"\necho \"$X\"");
    CHECK(rewritten("echo \\\"${{ a }}") == "echo \\\"\"$X\"");
    CHECK(rewritten("a${{ '}}' }}b${{ unclosed") == "a\"$X\"b\"$X\"");
    CHECK(rewritten("rm -r ${{ a }}/x", "not translated") == "rm -r \"${X:?not translated}\"/x");
    CHECK(rewritten("cat <<<${{ a }}") == "cat <<<\"$X\"");
    CHECK(rewritten("") == "");
    CHECK(with_variables("cat <<'E'\n${{ a }}\nE\n", {{{10, 18}, "X"}}).lost == std::vector<bool>{true});
}

TEST_CASE("names of others become names of ours", "[cli][import]") {
    CHECK(object_name_from("Build & Test (v2)", "x") == "build-test-v2");
    CHECK(object_name_from("2nd", "workflow") == "workflow-2nd");
    CHECK(object_name_from("日本", "workflow") == "workflow");
    CHECK(identifier_from("logLevel", "x") == "log_level");
    CHECK(identifier_from("in", "x") == "in_value");
    CHECK(variable_from("node-version") == "NODE_VERSION");
    CHECK(variable_from("pawl_output") == "X_PAWL_OUTPUT");
    CHECK(is_object_name(object_name_from(std::string(500, 'a'), "x")));
    CHECK(is_identifier(identifier_from("_9lives", "x")));
    CHECK(stem_of("a.b/.github/ci.main.yml") == "ci");
    std::set<std::string> taken;
    CHECK(unique_name(taken, "a", '_') == "a");
    CHECK(unique_name(taken, "a", '_') == "a_2");
}

TEST_CASE("what the writer writes is read as the same", "[cli][import]") {
    for (std::string const text : {"", "a", "on", "No", "null", "~", "5", "5m", "-", "-e", "a: b", "a #b", "a:", " a", "a ", "- a", "{a}", "a, b", "a\nb", "a\nb\n", "a\n\n", "\na\n", " a\nb\n", "a\n  \nb\n",
                                   "a\tb", "\ta\nb\n", "a\r\nb\n", "\x01", "'", "\"", "\\", "!a", "&a", "*a", "%a", "@a", "ä\nü\n", "a\n---\nb\n", "# a\nb\n", "|", "./a", "1e3", "0x1f", "?", "${{ a }}"}) {
        INFO(text);
        JsonMap inner, document;
        inner.set("text", text);
        inner.set("list", JsonList{text, "z"});
        document.set("items", JsonList{inner});
        auto const written = write_document(document);
        INFO(written);
        auto const file = yaml::parse("a.yaml", written);
        REQUIRE_FALSE(has_errors(file.diagnostics));
        auto const& item = file.documents.front()->root.find("items")->value.items.front();
        CHECK(item.find("text")->value.text == text);
        CHECK(yaml::scalar_to_json(item.find("text")->value) == Json(text));
        CHECK(yaml::scalar_to_json(item.find("list")->value.items.front()) == Json(text));
    }
}

TEST_CASE("import writes new files only, and gives each its own name", "[cli][import]") {
    Folder const folder;
    auto const one = folder.write("x/on.yml", small), two = folder.write("y/on.yml", small);
    CliBench bench;
    CHECK(bench.run({"import", "github-actions", one, two, "--out", folder.path + "/flows"}) == exit_done);
    CHECK(bench.out == folder.path + "/flows/on.yaml\n" + folder.path + "/flows/on-2.yaml\n");
    CHECK(holds(folder.read("flows/on-2.yaml"), "\nname: on-2\n"));
    CHECK(bench.run({"check", folder.path + "/flows"}) == exit_done);
    CHECK(bench.run({"import", "github-actions", one, "--out", folder.path + "/flows"}) == exit_conflict);
    CHECK(holds(bench.err, "exists already"));
    CHECK(bench.run({"import", "github-actions", one, two}) == exit_done);
    CHECK(flow::load_file("both.yaml", bench.out).workflows.size() == 2);
}

TEST_CASE("import reads standard input and answers in JSON", "[cli][import]") {
    CliBench bench;
    bench.input = small;
    CHECK(bench.run({"import", "github-actions", "-", "-o", "json"}) == exit_done);
    auto const answer = parse_json(bench.out);
    REQUIRE(answer);
    REQUIRE(answer->find("files")->as_list().size() == 1);
    CHECK(answer->find("files")->as_list().front().text("name") == "stdin.yaml");
    CHECK(answer->find("files")->as_list().front().text("text").starts_with("kind: workflow\nname: stdin\n"));
    auto const& line = answer->find("report")->as_list().back();
    CHECK(line.text("file") == "stdin");
    CHECK(line.number("line") == 5);
    CHECK(line.text("level") == "translated");
    CHECK(bench.err.empty());
}

TEST_CASE("import says what is wrong with a file, and translates the others", "[cli][import]") {
    Folder const folder;
    CliBench bench;
    auto const fails = [&](std::string const& text, std::string const& part) {
        INFO(text);
        auto const file = folder.write("bad.yml", text);
        CHECK(bench.run({"import", "github-actions", file}) == exit_failed);
        CHECK(bench.out.empty());
        INFO(bench.err);
        CHECK(holds(bench.err, "bad.yml:"));
        CHECK(holds(bench.err, ": error: "));
        CHECK(holds(bench.err, part));
    };
    fails("steps: []\n", ":1: error: this is no workflow of GitHub Actions: it has no 'on' (name a file of .github/workflows)");
    fails("on: push\njobs: 3\n", "it has no 'jobs'");
    fails("on: push\njobs: {a: {steps: [{uses: x}]}}\n", ":2: error: nothing of this workflow can be translated");
    fails("on: push\njobs: {a: {needs: b, steps: [{run: x}]}, b: {needs: a, steps: [{run: x}]}}\n", "the jobs wait for each other");
    fails("on: push\nx: &x {a: 1}\nenv:\n  <<: *x\njobs: {}\n", ":4: error: merge keys are not supported; the file was not translated");
    fails("", ":1: error: the file holds no document; the file was not translated (name a workflow file)");
    fails("on: push\njobs: [\n", ": error: ");
    fails("on: push\njobs: {}\n---\non: push\n", ":1: error: the file has 2 documents instead of one");
    auto const good = folder.write("good.yml", small);
    CHECK(bench.run({"import", "github-actions", folder.path + "/bad.yml", good}) == exit_failed);
    CHECK(holds(bench.out, "name: good"));
    CHECK(bench.run({"import", "github-actions", folder.path + "/none.yml"}) == exit_not_found);
    CHECK(bench.run({"import", "jenkins", good}) == exit_usage);
    CHECK(bench.run({"import", "github-actions"}) == exit_usage);
}

TEST_CASE("odd shapes of a DAG end in a report, never in a crash", "[cli][import]") {
    CliBench bench;
    for (std::string const dag : {"steps: 3", "steps: []", "steps: [{command: \"${{ x }}\"}, {command: y}]\nenv: {A: \"${{ x }}\"}\nparams: [B: \"${{ x }}\"]\nworkingDir: \"${{ x }}\"", "steps: {}", "steps: [[], 3, {}, {command: }, {command: {}, script: []}]", "steps: {a: , b: 3, c: {script: x, depends: [zz, [], c2]}, c2: {command: []}}",
                                  "steps: [{command: x, env: 3, continueOn: [], retryPolicy: 3, preconditions: , output: [], signalOnStop: 9, timeoutSec: x, shell: [], dir: {}}]\nparams: [[], 3, a=, =b]\nschedule: {start: [[]]}\nmaxActiveRuns: x",
                                  "steps: [a]\nparams: '\"'\nenv: [3, a, {b: [c]}, =]\nhandlerOn: {exit: 3, failure: , success: {}, init: x}\npreconditions: [3]\nworkingDir: []\nshell: "}) {
        INFO(dag);
        bench.input = dag + "\n";
        auto const code = bench.run({"import", "dagu", "-"});
        CHECK((code == exit_done || code == exit_failed));
        INFO(bench.err);
        CHECK_FALSE(holds(bench.err, "does not check"));
    }
    bench.input = "jobs: {}\n";
    CHECK(bench.run({"import", "dagu", "-"}) == exit_failed);
    CHECK(holds(bench.err, "stdin:1: error: this is no DAG of Dagu: it has no list 'steps' (name a file with 'steps:')"));
    bench.input = "type: graph\nsteps: [{name: a, command: x, depends: b}, {name: b, command: x, depends: a}]\n";
    CHECK(bench.run({"import", "dagu", "-"}) == exit_failed);
    CHECK(holds(bench.err, "step 'a' waits for itself"));
}

TEST_CASE("odd shapes of a workflow end in a report, never in a crash", "[cli][import]") {
    CliBench bench;
    for (std::string const jobs : {"{a: 3}", "{a: [1]}", "{a: {steps: 3}}", "{a: {steps: [3, [], {}, {run: []}, {run: \"\"}]}}", "{a: {needs: {b: c}, if: [], env: [1], steps: [{run: x, env: 3, if: {}, shell: [], timeout-minutes: []}]}}",
                                   "{a: {needs: zz, outputs: 3, defaults: 3, strategy: , runs-on: , timeout-minutes: -1, steps: [{run: }, {run: x, name: [], id: {}, working-directory: {}}]}}"}) {
        INFO(jobs);
        bench.input = "on: {schedule: [3], workflow_dispatch: {inputs: {a: 3, b: {type: choice}, c: {type: choice, options: []}, d: {default: [1]}, e: {type: number, default: x}}}}\nenv: 3\nconcurrency: []\ndefaults: {run: 3}\njobs: " +
                      jobs + "\n";
        auto const code = bench.run({"import", "github-actions", "-"});
        CHECK((code == exit_done || code == exit_failed));
        CHECK_FALSE(holds(bench.err, "does not check"));
    }
}
