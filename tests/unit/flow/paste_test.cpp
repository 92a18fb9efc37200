// The rewrite of `${{ }}` in scripts: right where it is offered, and not offered where it would not be.
#include <array>
#include <cstdio>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/shell_text.h"
#include "common/yaml/render.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using pawl::flow::test::mistakes;

namespace {

std::string workflow(std::string const& step) {
    return "kind: workflow\nname: w\ninputs: {title: string, ref: {type: string, default: main}}\nsteps:\n" + step;
}

/// The file after its fix; the text as it was when there is none.
std::string fixed(std::string const& step) {
    std::string const text = workflow(step);
    LoadedFile const file = load_file("flow.yaml", text);
    REQUIRE(file.diagnostics.size() == 1);
    CHECK(file.diagnostics[0].code == code::expression_in_run);
    if (file.diagnostics[0].fixes.empty()) return "no fix";
    std::string const better = yaml::apply_fixes(text, file.diagnostics[0].fixes);
    INFO(better);
    CHECK(mistakes(better) == "");
    return better.substr(workflow("").size());
}

std::string answers(std::string const& script) {
    std::vector<Span> spans;
    for (std::size_t at = script.find("${{"); at != std::string::npos; at = script.find("${{", at + 1)) spans.push_back({at, script.find("}}", at) + 2});
    std::string text;
    for (Quoting const quoting : quoting_of(script, spans)) text += quoting == Quoting::word ? 'w' : quoting == Quoting::double_quotes ? 'q' : '-';
    return text;
}

/// What a script prints when it is run by sh with one variable.
std::string printed(std::string const& script, std::string const& name, std::string const& value) {
    setenv(name.c_str(), value.c_str(), 1);
    setenv("PAWL_TEST_SCRIPT", script.c_str(), 1);
    std::FILE* pipe = popen("exec sh -e -c \"$PAWL_TEST_SCRIPT\"", "r");
    REQUIRE(pipe);
    std::string text;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), got);
    pclose(pipe);
    unsetenv(name.c_str());
    return text;
}

}  // namespace

TEST_CASE("the rewrite follows the style of the YAML around it", "[flow][paste]") {
    CHECK(fixed("  - id: a\n    run: echo ${{ inputs.title }} done\n") ==
          "  - id: a\n    env: {TITLE: \"${{ inputs.title }}\"}\n    run: echo \"$TITLE\" done\n");
    CHECK(fixed("  - run: echo ${{ inputs.title }}\n    id: a\n") ==
          "  - env: {TITLE: \"${{ inputs.title }}\"}\n    run: echo \"$TITLE\"\n    id: a\n");
    CHECK(fixed("  - {id: a, run: \"echo ${{ inputs.title }}\"}\n") == "  - {id: a, run: \"echo \\\"$TITLE\\\"\", env: {TITLE: \"${{ inputs.title }}\"}}\n");
    CHECK(fixed("  - {id: a, run: 'echo ${{ inputs.title }}', needs: []}\n") ==
          "  - {id: a, run: 'echo \"$TITLE\"', env: {TITLE: \"${{ inputs.title }}\"}, needs: []}\n");
    CHECK(fixed("  - id: a\n    run: |\n      set -u\n      echo \"title: ${{ inputs.title }}!\"\n      echo ${{inputs.ref}} ${{ inputs.title }}\n") ==
          "  - id: a\n    env: {TITLE: \"${{ inputs.title }}\", REF: \"${{ inputs.ref }}\"}\n    run: |\n      set -u\n      echo \"title: ${TITLE}!\"\n      echo \"$REF\" \"$TITLE\"\n");
    CHECK(fixed("  - id: a\n    run: >-\n      echo\n      ${{ inputs.title }}\n") == "  - id: a\n    env: {TITLE: \"${{ inputs.title }}\"}\n    run: >-\n      echo\n      \"$TITLE\"\n");
    CHECK(fixed("  - id: a\n    run: \"echo \\\"${{ inputs.title + 'ü' }}\\\"\"\n") ==
          "  - id: a\n    env: {VALUE: \"${{ inputs.title + 'ü' }}\"}\n    run: \"echo \\\"${VALUE}\\\"\"\n");
    CHECK(fixed("  - id: a\n    run: 'echo ${{ inputs.title + \"''\" }}'\n") == "  - id: a\n    env: {VALUE: \"${{ inputs.title + \\\"'\\\" }}\"}\n    run: 'echo \"$VALUE\"'\n");
}

TEST_CASE("the rewrite adds to an environment that is there", "[flow][paste]") {
    CHECK(fixed("  - id: a\n    env: {A: b}\n    run: echo ${{ inputs.title }}\n") == "  - id: a\n    env: {TITLE: \"${{ inputs.title }}\", A: b}\n    run: echo \"$TITLE\"\n");
    CHECK(fixed("  - id: a\n    env: {}\n    run: echo ${{ inputs.title }}\n") == "  - id: a\n    env: {TITLE: \"${{ inputs.title }}\"}\n    run: echo \"$TITLE\"\n");
    CHECK(fixed("  - id: a\n    run: echo ${{ inputs.title }} ${{ inputs.ref }}\n    env:\n      A: b\n") ==
          "  - id: a\n    run: echo \"$TITLE\" \"$REF\"\n    env:\n      TITLE: \"${{ inputs.title }}\"\n      REF: \"${{ inputs.ref }}\"\n      A: b\n");
}

TEST_CASE("the rewrite takes a name that nobody uses", "[flow][paste]") {
    CHECK(fixed("  - id: a\n    env: {TITLE: b}\n    run: echo ${{ inputs.title }}\n") ==
          "  - id: a\n    env: {INPUTS_TITLE: \"${{ inputs.title }}\", TITLE: b}\n    run: echo \"$INPUTS_TITLE\"\n");
    CHECK(fixed("  - id: a\n    run: TITLE=1; INPUTS_TITLE=2; echo ${{ inputs.title }}\n") ==
          "  - id: a\n    env: {INPUTS_TITLE_2: \"${{ inputs.title }}\"}\n    run: TITLE=1; INPUTS_TITLE=2; echo \"$INPUTS_TITLE_2\"\n");
    CHECK(fixed("  - id: a\n    run: echo ${{ event.data.path }}\n") == "  - id: a\n    env: {DATA_PATH: \"${{ event.data.path }}\"}\n    run: echo \"$DATA_PATH\"\n");
}

TEST_CASE("there is no rewrite where it might change the meaning", "[flow][paste]") {
    CHECK(fixed("  - id: a\n    run: echo '${{ inputs.title }}'\n") == "no fix");
    CHECK(fixed("  - id: a\n    run: ${{ inputs.title }} x\n") == "no fix");
    CHECK(fixed("  - {id: a, shell: [python3, -c], run: \"print(${{ inputs.title }})\"}\n") == "no fix");
    CHECK(fixed("  - id: a\n    run: &script echo ${{ inputs.title }}\n    env: &env {A: b}\n") != "");
    CHECK(fixed("  - {id: a, run: \"echo \\x24{{ inputs.title }}\"}\n") == "no fix");
}

TEST_CASE("there is no rewrite of what an alias shares", "[flow][paste]") {
    CHECK(fixed("  - {id: a, run: &s 'echo ${{ inputs.title }}'}\n") == "no fix");
    CHECK(fixed("  - id: a\n    run: &s |\n      echo ${{ inputs.title }}\n") == "no fix");
    CHECK(fixed("  - id: a\n    env: &e {A: x}\n    run: echo ${{ inputs.title }}\n") == "no fix");
}

TEST_CASE("the shell text around an expression decides", "[flow][paste]") {
    CHECK(answers("echo ${{ x }}") == "w");
    CHECK(answers("echo a${{ x }}b \"c${{ x }}d\"") == "wq");
    CHECK(answers("echo '${{ x }}' ${{ x }}") == "-w");
    CHECK(answers("echo it\\'s ${{ x }}") == "w");
    CHECK(answers("echo \"it's ${{ x }}\"") == "q");
    CHECK(answers("echo \"a\\\" ${{ x }}\"") == "q");
    CHECK(answers("# it's ${{ x }}\necho ${{ x }}") == "qw");
    CHECK(answers("echo a#'${{ x }}'") == "-");
    CHECK(answers("X=${{ x }} cmd") == "w");
    CHECK(answers("if test ${{ x }} = a; then echo ${{ x }}; fi") == "ww");
    CHECK(answers("cat < ${{ x }} > ${{ x }}") == "ww");
    CHECK(answers("echo $(date) ${{ x }}") == "w");
    CHECK(answers("echo ${HOME} ${{ x }}") == "w");
}

TEST_CASE("substitutions, here-documents and arithmetic are left alone", "[flow][paste]") {
    CHECK(answers("echo $(cmd ${{ x }})") == "-");
    CHECK(answers("echo \"$(cmd ${{ x }})\" ${{ x }}") == "-w");
    CHECK(answers("echo `cmd ${{ x }}`") == "-");
    CHECK(answers("echo $((1 + ${{ x }}))") == "-");
    CHECK(answers("echo ${Y:-${{ x }}}") == "-");
    CHECK(answers("cat <<'E'\n${{ x }}\nE") == "-");
    CHECK(answers("echo $'${{ x }}'") == "-");
    CHECK(answers("(( a = ${{ x }} ))") == "-");
    CHECK(answers("[[ ${{ x }} -eq 1 ]]") == "-");
}

TEST_CASE("a value is neither a program nor code for another interpreter", "[flow][paste]") {
    CHECK(answers("${{ x }} a") == "-");
    CHECK(answers("\"${{ x }}\" a") == "-");
    CHECK(answers("true && ${{ x }}") == "-");
    CHECK(answers("A=1 ${{ x }}") == "-");
    CHECK(answers("for i in ${{ x }}; do echo ${{ x }}; done") == "-w");
    CHECK(answers("eval \"echo ${{ x }}\"") == "-");
    CHECK(answers("sh -c \"echo ${{ x }}\"") == "-");
    CHECK(answers("/usr/bin/ssh host \"ls ${{ x }}\"") == "-");
    CHECK(answers("awk \"/${{ x }}/\" file") == "-");
    CHECK(answers("find . -exec rm ${{ x }} \\;") == "-");
}

TEST_CASE("a rewritten script treats hostile values as data", "[flow][paste]") {
    for (std::string const value : {"plain", "two words", "it's", "\"quoted\"", "$(touch canary)", "`id`", "; rm -rf x", "a\nb", "-n", "*", "\\", "${HOME}"}) {
        INFO(value);
        CHECK(printed("printf '%s|' a\"$TITLE\"b \"c${TITLE}d\"", "TITLE", value) == "a" + value + "b|c" + value + "d|");
    }
}

TEST_CASE("every disguise of an expression in run is found and placed", "[flow][paste]") {
    CHECK(mistakes(workflow("  - id: a\n    run: |\n      true\n      echo ${{ inputs.title }}\n")).starts_with("8:12 expression_in_run"));
    CHECK(mistakes(workflow("  - {id: a, run: \"true\\n echo \\\"${{ inputs.title }}\\\"\"}\n")).find("expression_in_run") != std::string::npos);
    CHECK(mistakes(workflow("  - id: a\r\n    run: echo ${{ inputs.title }}\r\n")).starts_with("6:15 expression_in_run"));
    CHECK(mistakes(workflow("  - {id: a, run: \"echo \\u0024{{ inputs.title }}\"}\n")).find("expression_in_run") != std::string::npos);
    CHECK(mistakes(workflow("  - id: a\n    run: &x echo ${{ inputs.title }}\n  - id: b\n    run: *x\n")).find("8:10 expression_in_run") != std::string::npos);
}
