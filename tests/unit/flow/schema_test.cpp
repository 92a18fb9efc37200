// The table of keys, the JSON Schema and the manual page say the same.
// PAWL_APPROVE=1 writes packaging/schema/workflow.schema.json anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/flow/keys.h"
#include "common/flow/schema.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;

namespace {

std::filesystem::path const root = PAWL_SOURCE_DIR;

std::string contents(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

constexpr Place all_places[] = {Place::workflow, Place::defaults, Place::concurrency, Place::step, Place::retry, Place::stop, Place::wait, Place::approve, Place::arm, Place::artifacts, Place::cache, Place::undo, Place::declaration, Place::project, Place::condition, Place::condition_test, Place::test, Place::test_case, Place::mock, Place::http, Place::sql};

}  // namespace

TEST_CASE("the schema in the packaging folder is that of the table", "[flow][schema]") {
    std::filesystem::path const path = root / "packaging/schema/workflow.schema.json";
    std::string const now = dump_json_pretty(workflow_schema()) + "\n";
    if (std::getenv("PAWL_APPROVE")) std::ofstream(path, std::ios::binary) << now;
    CHECK(contents(path) == now);
    CHECK(parse_json(now));
}

TEST_CASE("every key has a sentence, and shapes with choices have choices", "[flow][schema]") {
    for (Place const place : all_places) {
        REQUIRE_FALSE(keys_of(place).empty());
        for (Key const& key : keys_of(place)) {
            INFO(key.name);
            CHECK(key.doc.ends_with("."));
            CHECK((key.shape != Shape::choice || !key.choices.empty()));
            CHECK((key.shape != Shape::map || key.inner != Place::none));
        }
    }
}

TEST_CASE("the manual page explains every key, in the order of the table", "[flow][schema]") {
    std::string const page = contents(root / "man/pawl.yaml.5");
    std::size_t at = 0;
    for (Place const place : all_places) {
        std::string const mark = ".\\\" keys of " + std::string(title_of(place));
        std::size_t const section = page.find(mark);
        INFO(mark);
        REQUIRE(section != std::string::npos);
        at = section;
        for (Key const& key : keys_of(place)) {
            INFO(key.name);
            std::size_t const item = page.find("\n.It Ic " + std::string(key.name) + "\n", at);
            std::size_t const item_with_type = page.find("\n.It Ic " + std::string(key.name) + " ", at);
            std::size_t const found = std::min(item, item_with_type);
            REQUIRE(found != std::string::npos);
            at = found;
        }
    }
}

TEST_CASE("the manual page explains every error code", "[flow][schema]") {
    std::string const page = contents(root / "man/pawl.yaml.5");
    std::string const codes = contents(root / "common/base/error_codes.h");
    std::size_t count = 0;
    for (std::size_t at = codes.find("{\""); at != std::string::npos; at = codes.find("{\"", at + 1), ++count) {
        std::string const name = codes.substr(at + 2, codes.find('"', at + 2) - at - 2);
        INFO(name);
        CHECK(page.find("\n.It Er " + name + "\n") != std::string::npos);
    }
    CHECK(count >= 30);
}

TEST_CASE("the example at the head of the manual page is a workflow without mistakes", "[flow][schema]") {
    std::string const page = contents(root / "man/pawl.yaml.5");
    std::string example;
    std::size_t at = page.find(".Dl kind: workflow");
    REQUIRE(at != std::string::npos);
    for (; page.compare(at, 4, ".Dl ") == 0; at = page.find('\n', at) + 1) {
        std::string line = page.substr(at + 4, page.find('\n', at) - at - 4);
        for (auto const& [spelled, meant] : {std::pair<std::string, std::string>{"\\ ", " "}, {"\\(dq", "\""}})
            for (std::size_t found = line.find(spelled); found != std::string::npos; found = line.find(spelled)) line.replace(found, spelled.size(), meant);
        example += line + "\n";
    }
    INFO(example);
    CHECK(flow::test::mistakes(example) == "");
}
