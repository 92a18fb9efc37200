// Judges pawl's CEL by the public suite and prints every failure. Exclusions cannot grow in silence: the numbers are asserted.
// usage: cel_conformance CONFORMANCE.json PARSING.json NOT-APPLICABLE.txt
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/conformance/parsing.h"
#include "tests/conformance/verdict.h"

namespace {

using namespace pawl;
using namespace pawl::conformance;

constexpr std::size_t passed_wanted = 1'622, not_applicable_wanted = 722, total_wanted = 2'344;
constexpr std::size_t trees_wanted = 1'500, types_wanted = 1'400;  // of 1,579 and 1,438; the aim is all
constexpr std::size_t parsed_wanted = 108, refused_wanted = 86, refused_by_pawl_wanted = 59;

std::string read_file(char const* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Json read_json(char const* path) {
    auto json = parse_json(read_file(path), {.bytes_max = 64u << 20, .depth_max = 128});
    if (json) return std::move(*json);
    std::cerr << path << ": " << json.error().message << '\n';
    std::exit(2);
}

bool require(bool holds, std::string const& what) {
    if (!holds) std::cout << "FAILED: " << what << '\n';
    return holds;
}

void print_misses(std::string const& what, Tally const& tally) {
    for (std::string const& miss : tally.misses) std::cout << what << " differs: " << miss << '\n';
}

/// Three tests only name types of protobuf: the reference then speaks of messages.
bool names_protobuf(Test const& test) {
    Json const* const declarations = test.original->find("typeEnv");
    return (test.original->text("expr") + (declarations != nullptr ? dump_json(*declarations) : "")).find("google.protobuf") != std::string::npos;
}

bool check_tests(Json const& document, std::map<std::string, std::string> const& not_applicable) {
    std::size_t passed = 0, excluded = 0;
    Tally trees, types;
    auto const tests = flatten(document);
    for (Test const& test : tests) {
        if (not_applicable.count(test.id()) != 0) {
            ++excluded;
            continue;
        }
        std::string const expression = test.original->text("expr");
        std::string const wrong = verdict(test);
        if (wrong.empty()) ++passed;
        else std::cout << test.id() << ": " << expression << "\n    " << wrong << '\n';
        if (names_protobuf(test)) continue;
        std::string const tree = test.data->text("ast"), type = test.data->text("type");
        if (!tree.empty()) trees.compare(test.id() + ": " + expression, parsed_text(expression), tree);
        if (type.empty()) continue;
        std::string const found = deduced_type(test);
        types.compare(test.id() + ": " + expression + ": " + found + " instead of " + type, found, type);
    }
    print_misses("tree", trees);
    print_misses("type", types);
    std::cout << "trees equal " << trees.equal << " of " << trees.total << ", types equal " << types.equal << " of " << types.total << '\n';
    std::cout << "passed " << passed << ", not applicable " << excluded << ", total " << tests.size() << '\n';
    bool ok = require(trees.equal >= trees_wanted, "fewer trees are equal than 1,500");
    ok &= require(types.equal >= types_wanted, "fewer types are equal than 1,400");
    ok &= require(passed == passed_wanted && excluded == not_applicable_wanted && tests.size() == total_wanted, "the numbers must be passed 1622, not applicable 722, total 2344");
    ok &= require(not_applicable.size() == not_applicable_wanted, "a line of not-applicable.txt names no test");
    return ok;
}

bool check_parser(Json const& document) {
    Parsing const parsing = check_parsing(document);
    print_misses("parsing: tree", parsing.trees);
    print_misses("parsing: verdict", parsing.refused);
    std::cout << "parsing: trees equal " << parsing.trees.equal << " of " << parsing.trees.total << ", refused " << parsing.refused.equal << " of "
              << parsing.refused.total << "; with pawl's own switches refused " << parsing.refused_by_pawl << '\n';
    bool ok = require(parsing.trees.equal == parsed_wanted && parsing.trees.total == parsed_wanted, "all 108 trees must be equal");
    ok &= require(parsing.refused.equal == refused_wanted && parsing.refused.total == refused_wanted, "all 86 must be refused");
    ok &= require(parsing.refused_by_pawl == refused_by_pawl_wanted, "with pawl's own switches 59 must be refused");
    return ok;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: cel_conformance CONFORMANCE.json PARSING.json NOT-APPLICABLE.txt\n";
        return 2;
    }
    bool const tests = check_tests(read_json(argv[1]), read_not_applicable(read_file(argv[3])));
    bool const parser = check_parser(read_json(argv[2]));
    return tests && parser ? 0 : 1;
}
