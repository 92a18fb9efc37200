// One test document: its target, and its cases judged against what the target declares.
#include "common/flow/tests.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/expressions.h"
#include "common/flow/fan_out.h"
#include "common/flow/labels.h"
#include "common/flow/scope.h"
#include "common/flow/state_words.h"
#include "common/flow/step.h"

namespace pawl::flow {
namespace {

using yaml::Member;
using yaml::Node;
using Kind = cel::Type::Kind;

constexpr std::size_t cases_max = 1000;
constexpr std::size_t expectations_max = 1000;

/// The workflows and conditions that tests may name.
class Targets {
public:
    Targets(std::vector<LoadedFile> const& files, std::vector<LoadedFile> const& others) {
        for (auto const* list : {&others, &files}) {
            for (LoadedFile const& file : *list) {
                for (LoadedWorkflow const& workflow : file.workflows) workflows_.insert_or_assign(workflow.name, workflow.plan);
                for (auto const& condition : file.conditions) conditions_.add(condition);
            }
        }
    }
    Conditions const& conditions() const { return conditions_; }
    std::shared_ptr<Plan const> const* workflow(std::string_view name) const {
        auto const found = workflows_.find(name);
        return found == workflows_.end() ? nullptr : &found->second;
    }
    std::shared_ptr<Condition const> condition(std::string_view name) const {
        auto const found = conditions_.all().find(name);
        return found == conditions_.all().end() ? nullptr : found->second;
    }
    std::string hint_for(std::string_view kind, std::string_view name) const {
        std::vector<std::string_view> names = kind == "condition" ? conditions_.names() : std::vector<std::string_view>();
        if (kind == "workflow")
            for (auto const& [known, plan] : workflows_) names.push_back(known);
        std::string_view const near = nearest(name, names);
        return near.empty() ? "a test finds what is in its project, or in the files given with it" : "did you mean '" + std::string(kind) + "/" + std::string(near) + "'?";
    }

private:
    std::map<std::string, std::shared_ptr<Plan const>, std::less<>> workflows_;  ///< null: it has mistakes
    Conditions conditions_;
};

cel::Environment environment_of(Plan const& plan) {
    Scope scope(plan);
    for (NamedTemplate const& var : plan.vars) scope.add_var(var.name, type_of(var.value), false);
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        scope.set_items(static_cast<StepIndex>(i), items_of(plan.steps[i]));
        if (auto type = outputs_type(plan.steps[i])) scope.set_outputs(static_cast<StepIndex>(i), *std::move(type));
    }
    return scope.expectations();
}

cel::Environment environment_of(Condition const& condition) {
    std::vector<cel::Type::Field> inputs;
    inputs.reserve(condition.params.size());
    for (Declaration const& param : condition.params) inputs.push_back({param.name, param.cel_type()});
    cel::Environment environment;
    environment.variable("result", Kind::boolean).variable("inputs", cel::Type::object("inputs", std::move(inputs))).zones(zones());
    return environment;
}

/// Can a value of that type ever be what is expected? Null is what an absent exit code is.
bool may_be(cel::Type const& type, Json const& value) {
    if (value.is_null()) return true;
    switch (type.kind()) {
    case Kind::boolean: return value.is_bool();
    case Kind::integer: case Kind::unsigned_integer: return value.is_int() || value.is_uint();
    case Kind::real: return value.is_number();
    case Kind::string: case Kind::bytes: return value.is_string();
    case Kind::timestamp: return value.is_string() && parse_utc(value.as_string()).has_value();
    case Kind::duration: return value.is_string() && static_cast<bool>(parse_duration(value.as_string()));
    case Kind::list: return value.is_list();
    case Kind::map: case Kind::object: return value.is_map();
    default: return true;
    }
}

std::string example_for(cel::Type const& type) {
    switch (type.kind()) {
    case Kind::timestamp: return "write it like \"2026-10-05T07:30:00Z\"";
    case Kind::duration: return "write it like 90s, 1h30m or 500ms";
    case Kind::string: return "write it in quotes";
    case Kind::boolean: return "true or false";
    case Kind::integer: case Kind::unsigned_integer: return "a whole number, such as 1";
    case Kind::real: return "a number, such as 1.5";
    case Kind::list: return "write it as [a, b]";
    default: return "write it as {name: value}";
    }
}

/// The member that the message speaks of, else the map.
SourcePos place_of(Node const& map, std::string const& message) {
    for (Member const& member : map.members)
        if (message.find("'" + member.key.text + "'") != std::string::npos) return member.key.where;
    return map.where;
}

class TestReader {
public:
    TestReader(Reader& reader, Node const& root, Targets const& targets) : reader_(reader), targets_(targets), fields_(reader.read_map(root, Place::test, title_of(root))) {}

    Test read() {
        test_.name = fields_.text("name");
        test_.where = fields_.has("name") ? fields_.find("name")->where : fields_.map().where;
        if (Node const* name = fields_.find("name"); name && !is_object_name(name->text) && !reader_.refuse_expression(*name, "name"))
            reader_.error(code::invalid_name, name->where, quotation(name->text) + " is no name for a test",
                          "names have lower-case letters, digits and '-', begin with a letter, and have at most 64 characters");
        test_.description = fields_.text("description");
        test_.labels = read_labels(reader_, fields_);
        if (Node const* target = fields_.find("target")) find_target(*target);
        if (Node const* cases = fields_.find("cases")) read_cases(*cases);
        return std::move(test_);
    }

private:
    static std::string title_of(Node const& root) {
        Member const* name = root.find("name");
        bool const named = name && name->value.is_scalar() && is_object_name(name->value.text);
        return named ? "test '" + name->value.text + "'" : "test";
    }

    void find_target(Node const& node) {
        if (reader_.refuse_expression(node, "target")) return;
        std::size_t const slash = node.text.find('/');
        std::string const kind = node.text.substr(0, slash), name = slash == std::string::npos ? node.text : node.text.substr(slash + 1);
        test_.target = node.text;
        if (slash == std::string::npos) {
            bool const is_condition = targets_.condition(name) && !targets_.workflow(name);
            reader_.error(code::invalid_value, node.where, "'target' is a kind and a name", "target: " + std::string(is_condition ? "condition/" : "workflow/") + printable(take_characters(name, 64)));
        } else if (kind == "workflow") {
            if (auto const* plan = targets_.workflow(name)) test_.plan = *plan;  // null: what is wrong is told there
            else unknown(node, kind, name);
        } else if (kind == "condition") {
            auto condition = targets_.condition(name);
            if (!condition) unknown(node, kind, name);
            else if (condition->program) test_.condition = std::move(condition);
        } else if (comes_later(Where::kind, kind)) {
            reader_.error(code::invalid_value, node.where, "this version of pawl does not have 'kind: " + kind + "', and so no test of one", "workflow/NAME or condition/NAME");
        } else {
            reader_.error(code::invalid_value, node.where, quotation(kind) + " is no kind that can be tested", hint_for_choice("workflow condition", kind));
        }
    }

    void unknown(Node const& node, std::string const& kind, std::string const& name) {
        reader_.error(code::unknown_name, node.where, "there is no " + kind + " " + quotation(name), targets_.hint_for(kind, name));
    }

    void read_cases(Node const& list) {
        if (list.items.empty()) reader_.error(code::invalid_value, list.where, "'cases' is empty");
        if (!reader_.within(list.items.size(), cases_max, list, "cases")) return;
        Sight sight([this] { return test_.plan ? environment_of(*test_.plan) : environment_of(*test_.condition); }, [this](Error& error) { explain(error); });
        std::unordered_map<std::string, SourcePos> names;
        for (Node const& node : list.items) {
            if (!node.is_map()) {
                reader_.error(code::wrong_type, node.where, "a case is a map, not " + describe_kind(node), "- {name: …, mock: {…}, expect: {status: succeeded}}");
                continue;
            }
            std::size_t const errors_before = reader_.error_count();
            TestCase one = read_case(node, sight);
            auto const [first, fresh] = names.emplace(one.name, one.where);
            if (!fresh && !one.name.empty())
                reader_.error(code::duplicate_name, one.where, "two cases have the name " + quotation(one.name)).notes.push_back({first->second, "first defined here"});
            if (reader_.error_count() == errors_before && knows_target()) test_.cases.push_back(std::move(one));
        }
    }

    bool knows_target() const { return test_.plan || test_.condition; }

    TestCase read_case(Node const& node, Sight& sight) {
        Member const* named = node.find("name");
        Fields const fields = reader_.read_map(node, Place::test_case, named && named->value.is_scalar() ? "case " + quotation(named->value.text) : "");
        TestCase one;
        one.name = trim(fields.text("name"));
        one.where = fields.has("name") ? fields.find("name")->where : node.where;
        if (fields.has("name") && one.name.empty()) reader_.error(code::invalid_value, one.where, "'name' is empty");
        if (Node const* at = fields.find("at")) one.at = read_time(*at);
        Node const* inputs = fields.find("inputs");
        if (inputs && !inputs->is_map()) reader_.error(code::wrong_type, inputs->where, "'inputs' is a map, not " + describe_kind(*inputs), "inputs: {name: value}");
        else if (knows_target()) one.inputs = bind(inputs, one.where);
        if (Member const* mock = fields.member("mock"); mock && test_.condition)
            reader_.error(code::conflicting_keys, mock->key.where, "a condition has no steps to mock", "remove 'mock'");
        else if (mock && test_.plan) one.mocks = read_mocks(reader_, mock->value, *test_.plan);
        if (Node const* expect = fields.find("expect")) read_expectations(*expect, sight, one);
        return one;
    }

    UtcTime read_time(Node const& node) {
        auto const time = parse_utc(node.text);
        if (!time && !reader_.refuse_expression(node, "at"))
            reader_.error(code::wrong_type, node.where, quotation(node.text) + " is no timestamp", "write it like \"2026-10-05T07:30:00Z\"");
        return time.value_or(UtcTime{});
    }

    Json bind(Node const* inputs, SourcePos const& otherwise) {
        Json const given = inputs ? yaml::to_json(*inputs) : Json(JsonMap());
        Bound bound = test_.plan ? bind_inputs(test_.plan->inputs, given) : bind_params(*test_.condition, given);
        for (Error& error : bound.diagnostics) {
            if (is_misspelt(error, bound.diagnostics)) continue;
            if (error.hint.starts_with("-i ")) error.hint = "inputs: {" + error.hint.substr(3, error.hint.find('=') - 3) + ": …}";
            reader_.error(code::invalid_input, inputs ? place_of(*inputs, error.message) : otherwise, std::move(error.message), std::move(error.hint));
        }
        return std::move(bound.values);
    }

    /// A misspelt input is one mistake, and not a missing one too.
    static bool is_misspelt(Error const& missing, Diagnostics const& all) {
        return missing.message.ends_with(" is required") && std::ranges::any_of(all, [&](Error const& other) {
            return other.hint.starts_with("did you mean") && missing.message == "input " + other.hint.substr(13, other.hint.size() - 14) + " is required";
        });
    }

    void read_expectations(Node const& map, Sight& sight, TestCase& one) {
        if (map.members.empty()) reader_.error(code::invalid_value, map.where, "'expect' expects nothing", "expect: {status: succeeded}");
        if (!knows_target() || !reader_.within(map.members.size(), expectations_max, map, "expect")) return;
        Expressions expressions(reader_, targets_.conditions());
        for (Member const& member : map.members) {
            auto program = expressions.bare(member.key, sight, "expect");
            if (!program || holds_expression(member.value)) {
                if (program) refuse_values(member.value);
                continue;
            }
            Json value = yaml::to_json(member.value);
            if (!may_be(program->result(), value)) {
                reader_.error(code::wrong_type, member.value.where, quotation(member.key.text) + " is of type " + program->result().to_string() + ", and never " + printable(take_characters(dump_json(value), 60)), example_for(program->result()));
                continue;
            }
            warn_of_unknown_state(reader_, member.key.text, member.value);
            one.expect.push_back({.text = std::string(trim(member.key.text)), .where = member.key.where, .value_where = member.value.where, .program = *std::move(program), .value = std::move(value)});
        }
    }

    void refuse_values(Node const& node) {
        if (node.is_scalar()) reader_.refuse_expression(node, "expect");
        for (Node const& item : node.items) refuse_values(item);
        for (Member const& member : node.members) refuse_values(member.value);
    }

    void explain(Error& error) const {
        if (test_.condition && error.message.starts_with("unknown name")) error.hint = "a test of a condition expects something of 'result' and 'inputs'";
        else if (test_.plan && error.message.starts_with("unknown name") && error.hint.empty()) error.hint = "expected are expressions over status reason outputs steps run inputs vars notifications";
    }

    Reader& reader_;
    Targets const& targets_;
    Fields fields_;
    Test test_;
};

}  // namespace

bool is_expected(cel::Type const& type, Json const& found, Json const& expected) {
    if (found.is_number() && expected.is_number()) {
        auto const real = [](Json const& value) { return value.is_int() ? static_cast<double>(value.as_int()) : value.is_uint() ? static_cast<double>(value.as_uint()) : value.as_double(); };
        return found == expected || ((found.is_double() || expected.is_double() || found.is_uint() || expected.is_uint()) && real(found) == real(expected));
    }
    if (found.is_string() && expected.is_string() && type.kind() == Kind::timestamp) return parse_utc(found.as_string()) == parse_utc(expected.as_string());
    if (found.is_string() && expected.is_string() && type.kind() == Kind::duration) {
        auto const one = parse_duration(found.as_string()), other = parse_duration(expected.as_string());
        return one && other && *one == *other;
    }
    if (found.is_list() && expected.is_list()) {
        cel::Type const element = type.kind() == Kind::list ? type.element() : cel::Type();
        return std::ranges::equal(found.as_list(), expected.as_list(), [&](Json const& a, Json const& b) { return is_expected(element, a, b); });
    }
    if (found.is_map() && expected.is_map()) {
        if (found.as_map().size() != expected.as_map().size()) return false;
        return std::ranges::all_of(found.as_map(), [&](auto const& member) {
            Json const* other = expected.find(member.first);
            return other && is_expected(cel::Type(), member.second, *other);
        });
    }
    return found == expected;
}

bool may_hold_tests(std::string_view text) {
    for (std::size_t at = text.find("kind"); at != std::string_view::npos; at = text.find("kind", at + 1)) {
        std::size_t const value = text.find_first_not_of("\"' \t:", at + 4);
        if (value != std::string_view::npos && text.substr(value).starts_with("test")) return true;
    }
    return false;
}

LoadedTests load_tests(std::vector<LoadedFile> const& files, std::vector<LoadedFile> const& others) {
    LoadedTests loaded;
    Targets const targets(files, others);
    std::unordered_map<std::string, SourcePos> first;
    for (LoadedFile const& source : files) {
        if (!may_hold_tests(source.text)) continue;
        yaml::File const file = yaml::parse(source.name, source.text);
        if (has_errors(file.diagnostics)) continue;  // told when the file was loaded
        Reader reader(file, loaded.diagnostics);
        for (auto const& document : file.documents) {
            Member const* kind = document->root.is_map() ? document->root.find("kind") : nullptr;
            if (!kind || kind->value.text != "test") continue;
            Test test = TestReader(reader, document->root, targets).read();
            auto const [original, fresh] = first.emplace(test.name, test.where);
            if (!fresh && !test.name.empty())
                reader.error(code::duplicate_name, test.where, "test '" + printable(take_characters(test.name, 64)) + "' is defined twice").notes.push_back({original->second, "first defined here"});
            else if (test.plan || test.condition) loaded.tests.push_back(std::move(test));
        }
    }
    sort_by_place(loaded.diagnostics);
    return loaded;
}

}  // namespace pawl::flow
