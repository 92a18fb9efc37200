// What is said about conditions that decide nothing, and about switches: only what was found by evaluating.
#include <chrono>

#include "common/flow/conflicts.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::test;

namespace {

/// A workflow with such inputs and arms; what the arms lead to stands behind.
std::string choosing(std::string const& inputs, std::string const& arms, std::string const& more = "") {
    return "kind: workflow\nname: w\ninputs: " + inputs + "\n" + more + "steps:\n  - id: way\n    switch: " + arms +
           "\n  - {id: a, needs: [way], run: x}\n  - {id: b, needs: [way], run: x}\n  - {id: c, needs: [way], run: x}\n";
}

bool holds(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

std::string full(std::string const& text) {
    LoadedWorkflow const workflow = good(text);
    std::string lines;
    for (Conflict const& one : conflicts_in(*workflow.plan, Depth::full))
        lines += std::string(name_of(one.kind)) + ": " + one.message + (one.witness.empty() ? "" : " [" + one.witness + "]") + "\n";
    return lines;
}

}  // namespace

TEST_CASE("a switch without else is told of values for which it takes no arm", "[flow][conflicts]") {
    CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n > 5, steps: [b]}]")), "5:9 switch_gap: switch 'way' takes no arm when inputs.n = 5"));
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n >= 5, steps: [b]}]")) == "");
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {else: []}]")) == "");
    CHECK(holds(mistakes(choosing("{s: string}", "[{when: inputs.s == 'eu', steps: [a]}, {when: \"inputs.s in ['us', 'other']\", steps: [b]}]")), "takes no arm when inputs.s = \"other1\""));
    CHECK(holds(mistakes(choosing("{x: number}", "[{when: inputs.x < 1.0, steps: [a]}, {when: inputs.x > 1.5, steps: [b]}]")), "takes no arm when inputs.x = 1.0"));
    CHECK(holds(mistakes(choosing("{d: duration}", "[{when: \"inputs.d < duration('1h')\", steps: [a]}, {when: \"inputs.d > duration('1h')\", steps: [b]}]")), "takes no arm when inputs.d = \"3600s\""));
}

TEST_CASE("declared bounds are taken at their word", "[flow][conflicts]") {
    std::string const arms = "[{when: \"inputs.s == 'eu'\", steps: [a]}, {when: \"inputs.s == 'us'\", steps: [b]}]";
    CHECK(mistakes(choosing("{s: {type: string, enum: [eu, us]}}", arms)) == "");
    CHECK(holds(mistakes(choosing("{s: {type: string, enum: [eu, us, ap]}}", arms)), "inputs.s = \"ap\""));
    CHECK(mistakes(choosing("{n: {type: int, min: 1, max: 9}}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n < 10, steps: [b]}]")) == "");
    CHECK(mistakes(choosing("{f: bool}", "[{when: inputs.f, steps: [a]}, {when: \"!inputs.f\", steps: [b]}]")) == "");
    CHECK(holds(mistakes(choosing("{n: {type: int, min: 1}}", "[{when: inputs.n >= 1, steps: [a]}, {else: [b]}]", "if: inputs.n > 0\n")), "4:5 constant_condition: the workflow's 'if' is always true"));
}

TEST_CASE("an arm that the arms above it leave nothing for is never taken", "[flow][conflicts]") {
    CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n > 5, steps: [a]}, {when: inputs.n > 7, steps: [b]}, {else: [c]}]")), "never_taken: arm 2 of switch 'way' is never taken"));
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n > 7, steps: [a]}, {when: inputs.n > 5, steps: [b]}, {else: [c]}]")) == "");
    CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n > 5 && inputs.n < 5, steps: [a]}, {else: [c]}]")), "its condition is always false"));
    SECTION("also for several that together cover it") {
        CHECK(holds(mistakes(choosing("{n: int}", "[{when: inputs.n < 5, steps: [a]}, {when: inputs.n > 3, steps: [b]}, {when: inputs.n == 4, steps: [c]}]")), "arm 3 of switch"));
    }
    SECTION("not when a part of it could be anything") {
        CHECK(mistakes(choosing("{n: int, s: string}", "[{when: size(inputs.s) > 5, steps: [a]}, {when: size(inputs.s) > 7, steps: [b]}, {else: [c]}]")) == "");
    }
    SECTION("not when an arm above may fail for it, which would be told by a run") {
        CHECK(mistakes(choosing("{n: int}", "[{when: 10 / inputs.n > 0 || inputs.n > 0, steps: [a]}, {when: inputs.n < 0, steps: [b]}, {else: [c]}]")) == "");
    }
}

TEST_CASE("what leads to a switch counts: a value that never comes there is no gap", "[flow][conflicts]") {
    std::string const arms = "[{when: inputs.n > 10, steps: [a]}, {when: inputs.n <= 10, steps: [b]}]";
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n > 10, steps: [a]}, {when: inputs.n < 10, steps: [b]}]", "if: inputs.n != 10\n")) == "");
    CHECK(mistakes(choosing("{n: int}", "[{when: inputs.n > 10, steps: [a]}, {when: inputs.n > 20, steps: [b]}, {else: [c]}]\n    if: inputs.n < 15")).find("never_taken") != std::string::npos);
    CHECK(mistakes("kind: workflow\nname: w\ninputs: {n: int}\nsteps:\n  - id: first\n    switch: [{when: inputs.n > 0, steps: [way]}, {else: []}]\n"
                   "  - id: way\n    needs: [first]\n    switch: [{when: inputs.n > 10, steps: [a]}, {when: inputs.n > 0, steps: [b]}]\n"
                   "  - {id: a, needs: [way], run: x}\n  - {id: b, needs: [way], run: x}\n") == "");
}

TEST_CASE("nothing is claimed about values that are computed", "[flow][conflicts]") {
    CHECK(mistakes(choosing("{f: bool}", "[{when: \"vars.kind == 'a'\", steps: [a]}, {when: \"vars.kind == 'b'\", steps: [b]}]", "vars: {kind: \"${{ inputs.f ? 'a' : 'b' }}\"}\n")) == "");
    std::string const behind = "kind: workflow\nname: w\nsteps:\n  - {id: p, run: x, outputs: {n: int}}\n  - {id: s, needs: [], uses: set, with: {n: 7}}\n";
    CHECK(mistakes(behind + "  - {id: way, needs: [s], switch: [{when: steps.s.outputs.n == 7, steps: [a]}]}\n  - {id: a, needs: [way], run: x}\n") == "");
    CHECK(holds(mistakes(behind + "  - {id: way, needs: [p], switch: [{when: steps.p.outputs.n == 7, steps: [a]}]}\n  - {id: a, needs: [way], run: x}\n"), "takes no arm when steps.p.outputs.n = 6"));
}

TEST_CASE("an if that is the same for all values is told, unless it is written so", "[flow][conflicts]") {
    auto const with_if = [](std::string const& text) { return mistakes("kind: workflow\nname: w\ninputs: {n: {type: int, min: 0, max: 9}, s: {type: string, default: x}, o: {type: string, optional: true}}\nsteps:\n  - {id: a, run: x, if: \"" + text + "\"}\n"); };
    CHECK(holds(with_if("inputs.n < 10"), "constant_condition: 'if' of step 'a' is always true"));
    CHECK(holds(with_if("inputs.n > 5 && inputs.n < 3"), "'if' of step 'a' is always false"));
    CHECK(holds(with_if("inputs.s == 'a' && inputs.s == 'b'"), "always false"));
    CHECK(holds(with_if("failure() && inputs.n > 20"), "always false"));
    for (char const* sane : {"inputs.n < 9", "false", "always()", "always() || inputs.n > 3", "inputs.s == 'a' || inputs.s != 'b'", "inputs.s.startsWith('a') && inputs.s.startsWith('b')", "success()"}) {
        INFO(sane);
        CHECK(with_if(sane) == "");
    }
}

TEST_CASE("a condition with a name is judged by its params", "[flow][conflicts]") {
    auto const condition = [](std::string const& params, std::string const& expr) { return mistakes("kind: condition\nname: c\nparams: " + params + "\nexpr: " + expr + "\n"); };
    CHECK(holds(condition("{n: {type: int, max: 5}}", "params.n > 5"), "condition 'c' is always false"));
    CHECK(condition("{n: int}", "params.n > 5") == "");
    CHECK(condition("{n: int}", "now.getHours('UTC') < 12 || params.n > 5") == "");
    CHECK(holds(condition("{n: int}", "now < timestamp('2026-01-01T00:00:00Z') && now > timestamp('2026-02-01T00:00:00Z')"), "always false"));
}

TEST_CASE("overlaps, and steps side by side, are told to who asks", "[flow][conflicts]") {
    CHECK(full(choosing("{n: int}", "[{when: inputs.n > 7, steps: [a]}, {when: inputs.n > 5, steps: [b]}, {else: [c]}]")) ==
          "overlap: arm 1 and arm 2 of switch 'way' both hold; arm 1 is taken [inputs.n = 8]\n");
    std::string const beside = "kind: workflow\nname: w\ninputs: {n: int}\nsteps:\n  - {id: a, needs: [], run: x, if: inputs.n > 3}\n  - {id: b, needs: [], run: x, if: inputs.n > 5}\n";
    CHECK(full(beside) == "gap: none of the steps 'a', 'b' runs [inputs.n = 3]\noverlap: steps 'a' and 'b' both run [inputs.n = 6]\n");
}

TEST_CASE("many names are no trouble: then nothing is claimed for all values, and some are tried", "[flow][conflicts]") {
    std::string inputs = "{", all = "true";
    for (int i = 0; i < 30; ++i) {
        inputs += (i == 0 ? "" : ", ") + ("i" + std::to_string(i)) + ": int";
        all += " && inputs.i" + std::to_string(i) + " > 0";
    }
    CHECK(holds(mistakes(choosing(inputs + "}", "[{when: \"" + all + "\", steps: [a]}]")), "switch_gap"));
    CHECK(mistakes(choosing(inputs + "}", "[{when: \"" + all + "\", steps: [a]}, {when: \"" + all + "\", steps: [b]}, {else: [c]}]")) == "");
}

TEST_CASE("a hostile workflow costs no more than others", "[flow][conflicts]") {
    std::string list = "0";
    for (int i = 1; i < 500; ++i) list += "," + std::to_string(i);
    std::string arms = "[";
    for (int i = 0; i < 300; ++i) arms += std::string(i == 0 ? "" : ", ") + "{when: \"inputs.n == " + std::to_string(i) + "\", steps: [a]}";
    std::string const loop = "[1, 2, 3, 4, 5, 6, 7, 8, 9].all(x, [1, 2, 3, 4, 5, 6, 7, 8, 9].all(y, [1, 2, 3, 4, 5, 6, 7, 8, 9].all(z, [1, 2, 3, 4, 5, 6, 7, 8, 9].all(v, inputs.n > x + y + z + v - 99))))";
    auto const begin = std::chrono::steady_clock::now();
    CHECK(holds(mistakes(choosing("{n: int}", "[{when: \"inputs.n in [" + list + "]\", steps: [a]}]")), "switch_gap"));
    CHECK(holds(mistakes(choosing("{n: int}", arms + "]")), "switch_gap"));
    CHECK(mistakes(choosing("{n: int}", "[{when: \"" + loop + "\", steps: [a]}, {when: inputs.n > 5, steps: [b]}, {when: inputs.n > 6, steps: [c]}]")) == "");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

namespace {

/// Random conditions over a number, a text and a truth value; the same each time.
class RandomArms {
public:
    explicit RandomArms(std::uint64_t seed) : state_(seed) {}
    std::string condition(int depth = 2) {
        if (depth > 0 && below(3) > 0) return "(" + condition(depth - 1) + (below(2) == 0 ? " && " : " || ") + condition(depth - 1) + ")";
        static constexpr char const* orders[] = {"<", "<=", ">", ">=", "==", "!="};
        switch (below(5)) {
        case 0: return "inputs.f";
        case 1: return "!inputs.f";
        case 2: return std::string("inputs.s ") + (below(2) == 0 ? "==" : "!=") + " '" + static_cast<char>('a' + below(3)) + "'";
        case 3: return std::string("inputs.s in ['a', '") + static_cast<char>('b' + below(2)) + "']";
        default: return std::string("inputs.n ") + orders[below(6)] + " " + std::to_string(below(5));
        }
    }
    std::uint64_t below(std::uint64_t bound) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return (state_ >> 33) % bound;
    }

private:
    std::uint64_t state_;
};

class Values final : public cel::Activation {
public:
    Values(std::int64_t n, std::string const& s, bool f) : inputs_(JsonMap{{"n", n}, {"s", s}, {"f", f}}) {}
    Json const* variable(std::string_view name) const override { return name == "inputs" ? &inputs_ : nullptr; }

private:
    Json inputs_;
};

/// What is the case, by trying all that the constants can tell apart.
std::string by_brute_force(Plan const& plan) {
    auto const& arms = std::get<SwitchAction>(plan.steps[0].action).arms;
    std::vector<bool> taken(arms.size());
    bool gap = false;
    for (std::int64_t n = -2; n < 8; ++n)
        for (char const* s : {"a", "b", "c", "d"})
            for (bool const f : {true, false}) {
                std::size_t i = 0;
                while (i < arms.size() && !*arms[i].when->eval_bool(Values(n, s, f))) ++i;
                if (i == arms.size()) gap = true;
                else taken[i] = true;
            }
    std::string text;
    for (std::size_t i = 0; i < arms.size(); ++i)
        if (!taken[i] && !arms[i].when->constant()) text += "arm " + std::to_string(i + 1) + " ";
    return text + (gap ? "gap" : "");
}

}  // namespace

TEST_CASE("what is found is what there is, on 500 random switches", "[flow][conflicts]") {
    int with_dead_arm = 0, with_gap = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        RandomArms random(seed);
        std::string arms = "[";
        for (int i = 0; i < 3; ++i) arms += std::string(i == 0 ? "" : ", ") + "{when: \"" + random.condition() + "\", steps: [a]}";
        INFO("seed " << seed << ": " << arms);
        LoadedWorkflow const workflow = good(choosing("{n: int, s: string, f: bool}", arms + "]"));
        std::string found;
        for (Conflict const& one : conflicts_in(*workflow.plan, Depth::check))
            found += one.kind == Conflict::Kind::gap ? "gap" : one.kind == Conflict::Kind::never_taken ? one.message.substr(0, 6) : "";
        std::string const wanted = by_brute_force(*workflow.plan);
        CHECK(found == wanted);
        with_dead_arm += wanted.find("arm") != std::string::npos ? 1 : 0;
        with_gap += wanted.find("gap") != std::string::npos ? 1 : 0;
    }
    CHECK(with_dead_arm > 50);
    CHECK(with_gap > 50);
}
