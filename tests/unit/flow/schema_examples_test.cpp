// The JSON Schema against real files: every example and template fits it, and files with mistakes of shape do not. The validator knows
// what our schema uses, and fails on a keyword that it does not know.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "common/flow/schema.h"
#include "common/yaml/document.h"
#include "tests/catch.h"

using namespace pawl;

namespace {

class Validator {
public:
    explicit Validator(Json schema) : schema_(std::move(schema)) {}
    /// What does not fit, as one line each; empty: all is well.
    std::vector<std::string> judge(Json const& value) {
        found_.clear();
        check(value, schema_, "");
        return found_;
    }

private:
    bool fits(Json const& value, Json const& schema) {
        auto const before = found_;
        found_.clear();
        check(value, schema, "");
        bool const fine = found_.empty();
        found_ = before;
        return fine;
    }
    void wrong(std::string const& path, std::string const& what) { found_.push_back((path.empty() ? "." : path) + ": " + what); }

    static bool has_type(Json const& value, std::string_view type) {
        if (type == "object") return value.is_map();
        if (type == "array") return value.is_list();
        if (type == "string") return value.is_string();
        if (type == "boolean") return value.is_bool();
        if (type == "integer") return value.is_int();
        if (type == "number") return value.is_number();
        return false;
    }

    void check(Json const& value, Json const& schema, std::string const& path) {
        for (auto const& [keyword, rule] : schema.as_map()) {
            if (keyword == "$schema" || keyword == "title" || keyword == "description" || keyword == "definitions" || keyword == "then" || keyword == "else" || keyword == "additionalProperties") continue;
            if (keyword == "$ref") check(value, *schema_.find("definitions")->find(rule.as_string().substr(14)), path);
            else if (keyword == "type") check_type(value, rule, path);
            else if (keyword == "const") check_is(value == rule, path, "is not " + dump_json(rule));
            else if (keyword == "enum") check_is(std::ranges::find(rule.as_list(), value) != rule.as_list().end(), path, dump_json(value) + " is no choice");
            else if (keyword == "pattern") check_is(!value.is_string() || std::regex_search(value.as_string(), std::regex(rule.as_string())), path, "does not match");
            else if (keyword == "minimum") check_is(!value.is_int() || value.as_int() >= rule.as_int(), path, "is too small");
            else if (keyword == "maximum") check_is(!value.is_int() || value.as_int() <= rule.as_int(), path, "is too large");
            else if (keyword == "minItems") check_is(!value.is_list() || value.as_list().size() >= static_cast<std::size_t>(rule.as_int()), path, "has too few items");
            else if (keyword == "required") for (auto const& name : rule.as_list()) check_is(!value.is_map() || value.find(name.as_string()) != nullptr, path, "lacks " + name.as_string());
            else if (keyword == "items") for (std::size_t i = 0; value.is_list() && i < value.as_list().size(); ++i) check(value.as_list()[i], rule, path + "[" + std::to_string(i) + "]");
            else if (keyword == "properties" || keyword == "patternProperties") continue;
            else if (keyword == "allOf") for (auto const& part : rule.as_list()) check(value, part, path);
            else if (keyword == "anyOf") check_is(std::ranges::any_of(rule.as_list(), [&](Json const& part) { return fits(value, part); }), path, "fits none of the forms");
            else if (keyword == "if") check(value, *schema.find(fits(value, rule) ? "then" : "else"), path);
            else wrong(path, "the schema has a keyword that this test does not know: " + keyword);
        }
        if (value.is_map()) check_members(value, schema, path);
    }
    void check_is(bool fine, std::string const& path, std::string const& what) {
        if (!fine) wrong(path, what);
    }
    void check_type(Json const& value, Json const& rule, std::string const& path) {
        bool const fine = rule.is_string() ? has_type(value, rule.as_string()) : std::ranges::any_of(rule.as_list(), [&](Json const& type) { return has_type(value, type.as_string()); });
        check_is(fine, path, dump_json(value) + " is no " + dump_json(rule));
    }
    void check_members(Json const& value, Json const& schema, std::string const& path) {
        auto const* properties = schema.find("properties");
        auto const* patterns = schema.find("patternProperties");
        auto const* others = schema.find("additionalProperties");
        for (auto const& [name, member] : value.as_map()) {
            bool known = false;
            if (auto const* rule = properties == nullptr ? nullptr : properties->find(name)) {
                check(member, *rule, path + "." + name);
                known = true;
            }
            if (patterns != nullptr) {
                for (auto const& [pattern, rule] : patterns->as_map()) {
                    if (!std::regex_search(name, std::regex(pattern))) continue;
                    check(member, rule, path + "." + name);
                    known = true;
                }
            }
            if (known || others == nullptr) continue;
            if (others->is_bool()) check_is(others->as_bool(), path, "has the unknown member " + name);
            else check(member, *others, path + "." + name);
        }
    }

    Json schema_;
    std::vector<std::string> found_;
};

std::string joined(std::vector<std::string> const& lines) {
    std::string text;
    for (auto const& line : lines) text += line + "\n";
    return text;
}

std::string read(std::filesystem::path const& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string judged(Json const& schema, std::string const& text) {
    Validator validator(schema);
    std::string found;
    for (auto const& document : yaml::parse("f.yaml", text).documents) found += joined(validator.judge(yaml::to_json(document->root)));
    return found;
}

}  // namespace

TEST_CASE("every example fits the schema", "[flow][schema]") {
    std::size_t files = 0;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(std::string(PAWL_SOURCE_DIR) + "/workflows-examples")) {
        if (entry.path().extension() != ".yaml") continue;
        INFO(entry.path().string());
        CHECK(judged(flow::workflow_schema(), read(entry.path())) == "");
        ++files;
    }
    CHECK(files >= 13);
    CHECK(judged(flow::project_schema(), "kind: project\nname: p\nlanguage: 1\nexclude: [a]\n") == "");
}

TEST_CASE("the schema refuses wrong shapes, unknown keys and missing ones", "[flow][schema]") {
    auto const schema = flow::workflow_schema();
    std::string const good = "kind: workflow\nname: w\nsteps:\n  - {id: a, run: make}\n";
    CHECK(judged(schema, good) == "");
    CHECK(judged(schema, "kind: workflow\nname: w\n") == ".: lacks steps\n");
    CHECK(judged(schema, "kind: workflow\nname: w\nsteps: []\n") == ".steps: has too few items\n");
    CHECK(judged(schema, good + "timeout: 30\n").starts_with(".timeout: 30 is no \"string\""));
    CHECK(judged(schema, good + "timeout: 7d\n") == ".timeout: does not match\n");
    CHECK(judged(schema, good + "colour: red\n") == ".: has the unknown member colour\n");
    CHECK(judged(schema, "kind: workflow\nname: w\nsteps:\n  - {id: a, run: make, retry: {max_attempts: 0}}\n") == ".steps[0].retry.max_attempts: is too small\n");
    CHECK(judged(schema, "kind: workflow\nname: w\ninputs: {n: integer}\nsteps:\n  - {id: a, run: make}\n") == ".inputs.n: fits none of the forms\n");
    CHECK(judged(schema, "kind: project\nname: p\nsteps: []\n") == ".: has the unknown member steps\n");
    CHECK(judged(flow::project_schema(), "kind: project\nname: p\nlanguage: 2\n") == ".language: is too large\n");
}
