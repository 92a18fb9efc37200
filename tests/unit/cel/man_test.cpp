// pawl-cel(7) tells the truth: every example in it is evaluated, and every function of the library is in it.
#include "tests/catch.h"

#include <fstream>
#include <string>

#include "common/calendar/zones.h"
#include "common/cel/functions/library.h"
#include "tests/unit/cel/bench.h"

using namespace pawl;
using namespace pawl::cel;
using namespace pawl::cel::test;

namespace {

void replace_all(std::string& text, std::string_view old, std::string_view with) {
    for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + with.size())) text.replace(at, old.size(), with);
}

/// A line of the source as it is printed.
std::string printed(std::string line) {
    for (auto const& [escape, text] : {std::pair{"\\&", ""}, {"\\e", "\\"}, {"\\-", "-"}, {"\\(dq", "\""}}) replace_all(line, escape, text);
    return line;
}

struct Page {
    std::string all;
    std::map<std::string, std::string> names;                    ///< "NAME := JSON", gone on with "NAME + JSON"
    std::vector<std::pair<std::string, std::string>> examples;   ///< "EXPRESSION  =>  VALUE"
};

Page read_page() {
    Page page;
    std::ifstream file(std::string(PAWL_SOURCE_DIR) + "/man/pawl-cel.7");
    for (std::string source; std::getline(file, source);) {
        if (source.starts_with(".\\\"")) continue;
        page.all += source + "\n";
        std::string const line = printed(source);
        std::string const name = line.substr(0, line.find(' '));
        if (std::size_t const arrow = line.find("  =>  "); arrow != std::string::npos) {
            std::string expression = line.substr(0, arrow);
            expression.resize(expression.find_last_not_of(' ') + 1);
            page.examples.emplace_back(expression, line.substr(arrow + 6));
        } else if (std::size_t const begins = line.find(" := "); begins != std::string::npos) {
            page.names[name] = line.substr(begins + 4);
        } else if (page.names.count(name) != 0 && line.find("  +  ") != std::string::npos) {
            page.names[name] += line.substr(line.find("  +  ") + 5);
        }
    }
    return page;
}

/// The place of the examples: `event` is open, `inputs` is declared.
Environment place() {
    using K = Type::Kind;
    static calendar::Zones const zones;
    Environment made;
    made.variable("event", Type()).variable("now", K::timestamp).zones(zones);
    made.variable("inputs", Type::object("inputs", {{"count", K::integer}, {"amount", K::real}, {"name", K::string}, {"tags", Type::list(K::string)}}));
    return made;
}

}  // namespace

TEST_CASE("every example of pawl-cel(7) gives the value that it shows", "[cel][man]") {
    Page const page = read_page();
    REQUIRE(page.examples.size() > 100);
    Values given;
    for (auto const& [name, json] : page.names) given.set(name, json);
    Environment const environment = place();
    for (auto const& [expression, shown] : page.examples) {
        INFO(expression);
        Compiled const compiled = compile(Source{expression, {}}, environment);
        Result<Json> const value = compiled.program ? compiled.program->eval(given) : Result<Json>(compiled.diagnostics.at(0));
        CHECK((value ? dump_json(*value) : "error") == shown);
    }
}

TEST_CASE("every function stands in pawl-cel(7)", "[cel][man]") {
    std::string const page = read_page().all;
    for (std::string_view const name : standard_library().names()) {
        INFO(name);
        CHECK((contains(page, std::string(name) + "(") || contains(page, "Ic " + std::string(name)) || contains(page, ", " + std::string(name))));
    }
}
