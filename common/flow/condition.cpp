// Conditions of all files first, then what uses them: drafts, the order of their uses, their programs, their tests.
#include "common/flow/condition.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/held.h"
#include "common/cel/trace.h"
#include "common/flow/condition_uses.h"
#include "common/flow/conflicts.h"
#include "common/flow/declare.h"
#include "common/flow/labels.h"
#include "common/flow/scope.h"

namespace pawl::flow {
namespace {

using yaml::Node;

constexpr std::size_t tests_max = 1000;

std::string title_of_document(Node const& root) {
    yaml::Member const* name = root.find("name");
    bool const named = name && name->value.is_scalar() && is_identifier(name->value.text);
    return named ? "condition '" + name->value.text + "'" : "condition";
}

cel::Source source_of(Node const& scalar, Reader const& reader) {
    return {scalar.text, [&reader, &scalar](std::size_t offset, std::size_t length) { return reader.place_in(scalar, offset, length); }};
}

void check_params(Reader& reader, std::vector<Declaration> const& params) {
    for (Declaration const& param : params)
        if (param.optional && !param.default_value)
            reader.error(code::conflicting_keys, param.where, "parameter '" + param.name + "' is optional and has no default",
                         "give it a default; an expression cannot be told that a value is missing");
}

/// A parameter is put in by its value, so nothing may ask for all of them.
void explain_params(Error& error) {
    if (error.message == "unknown name 'inputs'" || error.message == "unknown name 'vars'" || error.message == "unknown name 'steps'" || error.message == "unknown name 'event'")
        error.hint = "a condition sees only params and now, so that it can be tested alone: declare a parameter, and give it where the condition is used";
}

/// bind_inputs() speaks of inputs, and of the command line.
std::string name_params(std::string message) {
    for (std::string_view const word : {"unknown input", "input"})
        if (message.starts_with(word)) return (word == "input" ? "parameter" : "unknown parameter") + message.substr(word.size());
    return message;
}

cel::Environment condition_environment(Condition const& condition) {
    std::vector<cel::Type::Field> fields;
    for (Declaration const& param : condition.params) fields.push_back({param.name, param.cel_type()});
    cel::Environment environment;
    environment.variable("params", cel::Type::object("params", std::move(fields)), true)
        .variable("now", cel::Type::Kind::timestamp)
        .zones(zones())
        .library(cel::held_library())
        .expect(cel::Type::Kind::boolean);
    return environment;
}

/// Of the member that the message speaks of, else of the map.
SourcePos place_of_param(Node const& params, std::string const& message) {
    for (yaml::Member const& member : params.members)
        if (message.find("'" + member.key.text + "'") != std::string::npos) return member.key.where;
    return params.where;
}

/// "params.a > 1 is false": the parts from which the result follows.
std::string deciding_parts(cel::Trace const& trace) {
    std::vector<std::string> parts;
    for (cel::Trace::Part const& part : trace.parts)
        if (part.condition && part.decided) parts.push_back(trace.text.substr(part.begin, part.end - part.begin) + " is " + part.value);
    return printable(take_characters(join(parts, "; "), 300));
}

/// Runs one test, and says why when it is red.
void judge(Reader& reader, Condition const& condition, ConditionTest const& test) {
    cel::Budget budget;
    cel::Trace trace;
    auto const value = condition.program->eval(ConditionValues(test.params, test.at), budget, trace);
    std::string const expected = test.expect ? "true" : "false";
    if (!value) {
        reader.error(code::test_failed, test.where, "this test of condition '" + condition.name + "' expects " + expected + ", and there is an error: " + value.error().message, value.error().hint);
    } else if (value->as_bool() != test.expect) {
        reader.error(code::test_failed, test.where, "this test of condition '" + condition.name + "' expects " + expected + ", and it is " + dump_json(*value), deciding_parts(trace));
    }
}

}  // namespace

Bound bind_params(Condition const& condition, Json const& given) {
    Bound bound = bind_inputs(condition.params, given);
    for (Error& error : bound.diagnostics) {
        error.message = name_params(std::move(error.message));
        if (error.hint.starts_with("-i ")) error.hint.clear();
    }
    // A misspelt parameter is one mistake, and not a missing one too.
    for (Declaration const& param : condition.params) {
        std::string const suggestion = "did you mean '" + param.name + "'?";
        if (std::ranges::find(bound.diagnostics, suggestion, &Error::hint) == bound.diagnostics.end()) continue;
        std::erase_if(bound.diagnostics, [&](Error const& error) { return error.message == "parameter '" + param.name + "' is required"; });
    }
    return bound;
}

Condition const* Conditions::find(std::string_view name) const {
    auto const found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
}

std::vector<std::string_view> Conditions::names() const {
    std::vector<std::string_view> names;
    names.reserve(by_name_.size());
    for (auto const& [name, condition] : by_name_) names.emplace_back(name);
    return names;
}

void Conditions::add(std::shared_ptr<Condition const> condition) {
    std::string name = condition->name;
    by_name_.insert_or_assign(std::move(name), std::move(condition));
}

void Conditions::add_judged(std::shared_ptr<Condition const> condition) {
    judged_.insert(condition->name);
    add(std::move(condition));
}

void Conditions::collect(std::string const& name, JsonMap& models) const {
    Condition const* condition = find(name);
    if (!condition || models.find(name)) return;
    JsonMap model;
    if (!condition->params.empty()) model.append("params", flow::model_of(condition->params));
    model.append("expr", condition->expr);
    models.append(name, Json(std::move(model)));
    for (ConditionUse const& use : condition->uses) collect(use.name, models);
}

Json Conditions::model_of(std::vector<ConditionUse> const& uses) const {
    JsonMap models;
    for (ConditionUse const& use : uses) collect(use.name, models);
    return Json(std::move(models));
}

Json Conditions::model_of_all() const {
    JsonMap models;
    for (auto const& [name, condition] : by_name_) collect(name, models);
    return Json(std::move(models));
}

Conditions Conditions::from_model(Json const& model) {
    if (!model.is_map()) return {};
    std::string text;
    for (auto const& [name, condition] : model.as_map()) {
        text += "---\nkind: condition\nname: " + dump_json(Json(name)) + "\n";
        if (Json const* params = condition.find("params")) text += "params: " + dump_json(*params) + "\n";
        text += "expr: " + dump_json(Json(condition.text("expr"))) + "\n";
    }
    yaml::File const file = yaml::parse("conditions", std::move(text));
    Diagnostics ignored;
    Reader reader(file, ignored);
    ConditionReader conditions;
    for (auto const& document : file.documents) conditions.read(reader, document->root);
    Conditions const read = conditions.finish();
    Conditions stored;
    for (auto const& [name, condition] : read.all()) stored.add(condition);  // nobody has seen the diagnostics
    return stored;
}

void ConditionReader::read(Reader& reader, Node const& root) {
    Fields const fields = reader.read_map(root, Place::condition, title_of_document(root));
    auto condition = std::make_shared<Condition>();
    condition->name = fields.text("name");
    condition->where = fields.has("name") ? fields.find("name")->where : root.where;
    Draft draft{&reader, &root, condition, fields.find("expr")};
    if (Node const* name = fields.find("name"); name && !is_identifier(name->text) && !reader.refuse_expression(*name, "name"))
        reader.error(code::invalid_name, name->where, quotation(name->text) + " is no name for a condition",
                     "expressions use it: names have lower-case letters, digits and '_', begin with a letter, and have at most 64 characters");
    condition->description = fields.text("description");
    condition->owner = fields.text("owner");
    condition->labels = read_labels(reader, fields);
    if (Node const* params = fields.find("params")) condition->params = read_declarations(reader, *params, "parameter");
    check_params(reader, condition->params);
    if (draft.expr) condition->expr = trim(draft.expr->text);
    if (!is_identifier(condition->name)) return;
    auto const [first, fresh] = by_name_.emplace(condition->name, drafts_.size());
    if (!fresh) {
        Error& error = reader.error(code::duplicate_name, condition->where, "condition '" + condition->name + "' is defined twice");
        error.notes.push_back({drafts_[first->second].condition->where, "first defined here"});
        return;
    }
    drafts_.push_back(std::move(draft));
}

Conditions ConditionReader::finish() {
    for (Draft const& draft : drafts_) conditions_.add_judged(draft.condition);
    std::vector<Draft*> open;
    for (Draft& draft : drafts_) resolve(draft, open);
    for (Draft& draft : drafts_) run_tests(draft);
    return std::move(conditions_);
}

/// What a condition uses is compiled before it. `open`: those that wait for this one.
void ConditionReader::resolve(Draft& draft, std::vector<Draft*>& open) {
    if (draft.state == Draft::State::done) return;
    if (draft.state == Draft::State::open) {
        auto const first = std::ranges::find(open, &draft);
        std::string path;
        for (auto at = first; at != open.end(); ++at) path += (*at)->condition->name + " → ";
        draft.reader->error(code::cycle, draft.condition->where, "conditions use each other in a circle: " + path + draft.condition->name,
                            "one of them must do without");
        return;
    }
    draft.state = Draft::State::open;
    open.push_back(&draft);
    if (draft.expr) {
        Diagnostics ignored;  // what is wrong with the uses is told when the expression is compiled
        Reader silent(draft.reader->file(), ignored);
        ConditionUses uses(conditions_, silent);
        (void)uses.in_expression(source_of(*draft.expr, *draft.reader));
        for (ConditionUse const& use : uses.found())
            if (auto const used = by_name_.find(use.name); used != by_name_.end()) resolve(drafts_[used->second], open);
    }
    open.pop_back();
    compile(draft);
    draft.state = Draft::State::done;
}

void ConditionReader::compile(Draft& draft) {
    if (!draft.expr) return;
    Reader& reader = *draft.reader;
    Condition& condition = *draft.condition;
    std::size_t const errors_before = reader.error_count();
    if (condition.expr.starts_with("${{")) {
        std::string_view inside = std::string_view(condition.expr).substr(3);
        if (inside.ends_with("}}")) inside.remove_suffix(2);
        reader.error(code::expression_syntax, draft.expr->where, "'expr' is an expression without ${{ }}", "write expr: " + printable(take_characters(trim(inside), 80)));
        return;
    }
    ConditionUses uses(conditions_, reader);
    cel::Source const source = uses.in_expression(source_of(*draft.expr, reader));
    condition.uses = uses.found();
    for (ConditionUse const& use : condition.uses)
        if (!conditions_.find(use.name)->program) return;  // what is wrong is told there
    cel::Compiled compiled = cel::compile(source, condition_environment(condition));
    for (Error& error : compiled.diagnostics) {
        explain_params(error);
        uses.explain(error);
    }
    ConditionUses::tell_once(compiled.diagnostics);
    reader.add(std::move(compiled.diagnostics));
    condition.pieces = split_at_params(source.text, condition.params);
    bool const asks_for_all = std::ranges::any_of(condition.pieces, [](Condition::Piece const& piece) { return names_variable(piece.text, "params"); });
    if (asks_for_all && reader.error_count() == errors_before)
        reader.error(code::expression_type, draft.expr->where, "params are read one by one", "write params.NAME");
    if (reader.error_count() != errors_before || !compiled.program) return;
    condition.program = std::move(compiled.program);
    if (auto const always = condition.program->constant(); always && always->is_bool() && condition.expr != "true" && condition.expr != "false")
        reader.warning(code::constant_condition, draft.expr->where, "condition '" + condition.name + "' is always " + (always->as_bool() ? "true" : "false"));
    for (Conflict const& conflict : conflicts_in(condition, Depth::check)) reader.add({as_warning(conflict)});
}

void ConditionReader::run_tests(Draft& draft) {
    yaml::Member const* tests = draft.root->find("tests");
    if (!tests || !tests->value.is_list() || !draft.reader->within(tests->value.items.size(), tests_max, tests->value, "tests")) return;
    Reader& reader = *draft.reader;
    Condition& condition = *draft.condition;
    for (Node const& node : tests->value.items) {
        if (!node.is_map()) {
            reader.error(code::wrong_type, node.where, "a test is a map, not " + describe_kind(node), "- {params: {…}, at: \"2026-10-05T07:30:00Z\", expect: true}");
            continue;
        }
        std::size_t const errors_before = reader.error_count();
        Fields const fields = reader.read_map(node, Place::condition_test);
        ConditionTest test;
        test.where = node.where;
        test.expect = fields.boolean("expect").value_or(true);
        if (Node const* at = fields.find("at")) {
            auto const time = parse_utc(at->text);
            if (!time) reader.error(code::wrong_type, at->where, quotation(at->text) + " is no timestamp", "write it like \"2026-10-05T07:30:00Z\"");
            test.at = time.value_or(UtcTime{});
        }
        Node const* params = fields.find("params");
        Bound bound = bind_params(condition, params ? yaml::to_json(*params) : Json(JsonMap()));
        for (Error& error : bound.diagnostics) {
            SourcePos const where = place_of_param(params ? *params : node, error.message);
            reader.error(code::invalid_input, where, std::move(error.message), std::move(error.hint));
        }
        test.params = std::move(bound.values);
        if (reader.error_count() != errors_before || !condition.program) continue;
        judge(reader, condition, test);
        condition.tests.push_back(std::move(test));
    }
}

}  // namespace pawl::flow
