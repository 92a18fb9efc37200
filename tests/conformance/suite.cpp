// Reading the suite and the list of what is not applicable.
#include "tests/conformance/suite.h"

#include <sstream>

namespace pawl::conformance {
namespace {

void collect(Json const& suite, std::vector<std::string>& path, std::vector<Test>& out) {
    if (Json const* const tests = suite.find("tests")) {
        std::map<std::string, int> seen;
        for (Json const& test : tests->as_list()) {
            Json const* const original = test.find("original");
            std::string const name = original->text("name");
            out.push_back({path.size() > 1 ? path[1] : "", path.size() > 2 ? path[2] : "", name, ++seen[name], &test, original});
        }
    }
    if (Json const* const suites = suite.find("suites")) {
        for (Json const& inner : suites->as_list()) {
            path.push_back(inner.text("name"));
            collect(inner, path, out);
            path.pop_back();
        }
    }
}

}  // namespace

std::vector<Test> flatten(Json const& document) {
    std::vector<std::string> path{document.text("name")};
    std::vector<Test> tests;
    collect(document, path, tests);
    return tests;
}

std::map<std::string, std::string> read_not_applicable(std::string const& text) {
    std::map<std::string, std::string> reasons;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream fields(line);
        std::string file, section, name, ordinal, reason;
        for (std::string* const field : {&file, &section, &name, &ordinal, &reason}) std::getline(fields, *field, '\t');
        Test test{file, section, name, ordinal.empty() ? 1 : std::stoi(ordinal), nullptr, nullptr};
        reasons[test.id()] = reason;
    }
    return reasons;
}

void Tally::compare(std::string const& what, std::string const& got, std::string const& wanted) {
    ++total;
    if (got == wanted) ++equal;
    else misses.push_back(what);
}

}  // namespace pawl::conformance
