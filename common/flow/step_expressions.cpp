// The expressions of a step, compiled when the types of the steps before it are known.
#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/keep.h"
#include "common/flow/step.h"
#include "common/flow/step_work.h"
#include "common/flow/sub_workflow.h"

namespace pawl::flow {
namespace {

using yaml::Node;

bool may_hold_text(cel::Type const& type) {
    using Kind = cel::Type::Kind;
    switch (type.kind()) {
    case Kind::dyn: case Kind::string: case Kind::bytes: case Kind::list: case Kind::map: case Kind::object: case Kind::optional: return true;
    default: return false;
    }
}

/// A value from outside that becomes a whole argument, or its beginning, could be read as an option.
bool may_be_an_option(cel::Template const& argument) {
    if (argument.is_literal() || argument.parts.empty()) return false;
    cel::Template::Part const& first = argument.parts.front();
    return first.program && first.program->tainted() && may_hold_text(first.program->result());
}

/// `[bash, -c, SCRIPT]`: the argument behind -c is executed.
bool is_script(Node const& list, std::size_t index) {
    static constexpr std::string_view shells[] = {"sh", "bash", "dash", "zsh", "ksh", "ash"};
    if (index < 2 || !list.items[index - 1].is_scalar()) return false;
    std::string_view const program = std::string_view(list.items[0].text).substr(list.items[0].text.rfind('/') + 1);
    std::string_view const option = list.items[index - 1].text;
    bool const takes_script = option.size() > 1 && option[0] == '-' && option[1] != '-' && option.back() == 'c';
    return takes_script && std::ranges::find(shells, program) != std::ranges::end(shells);
}

void compile_arguments(Reader& reader, Expressions& expressions, Node const& list, Sight& sight, CommandAction& command) {
    bool options_ended = false;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        Node const& item = list.items[i];
        if (!item.is_scalar()) continue;
        if (is_script(list, i) && holds_expression(item)) {
            reader.error(code::expression_in_run, item.where, "a value cannot be pasted into a script, where it would be executed",
                         "pass it by env: {NAME: \"${{ … }}\"} and use \"$NAME\" in the script");
            continue;
        }
        bool const is_program = &item == &list.items.front();
        cel::Template argument = is_program ? literal(item.text) : expressions.pasted(item, sight);
        if (!is_program && !options_ended && may_be_an_option(argument))
            reader.warning(code::unsafe_argument, item.where, "this argument comes from outside and may begin with '-'",
                           "put \"--\" before it, or join it to its option: \"--name=${{ … }}\"");
        options_ended = options_ended || item.text == "--" || is_script(list, i);  // behind a script stand its own arguments
        command.argv.push_back(std::move(argument));
    }
}

void compile_command(Reader& reader, Expressions& expressions, StepDraft const& draft, Sight& sight, CommandAction& command) {
    Fields const& fields = draft.fields;
    if (Node const* argv = fields.find("argv")) compile_arguments(reader, expressions, *argv, sight, command);
    if (Node const* dir = fields.find("dir")) command.dir = expressions.pasted(*dir, sight);
    if (Node const* env = fields.find("env")) command.env = read_environment(reader, expressions, *env, sight, "env");
    if (Node const* files = fields.find("files")) {
        command.files = read_environment(reader, expressions, *files, sight, "files");
        for (NamedTemplate const& file : command.files) {
            if (std::ranges::find(command.env, file.name, &NamedTemplate::name) == command.env.end()) continue;
            reader.error(code::conflicting_keys, files->find(file.name)->key.where, "'" + file.name + "' is in both 'env' and 'files'");
        }
    }
}

void compile_set(Reader& reader, Expressions& expressions, Node const& with, Sight& sight, SetAction& set) {
    for (yaml::Member const& member : with.members) {
        if (is_identifier(member.key.text)) {
            set.values.push_back({member.key.text, expressions.value(member.value, sight)});
        } else if (!reader.refuse_expression(member.key, "a key")) {
            reader.error(code::invalid_name, member.key.where, quotation(member.key.text) + " is no name for an output",
                         "names have lower-case letters, digits and '_', and begin with a letter");
        }
    }
}

bool may_be(cel::Type const& type, cel::Type::Kind wanted) {
    return type.is_dyn() || type.kind() == cel::Type::Kind::string || type.kind() == wanted;
}

void compile_wait(Reader& reader, Expressions& expressions, Fields const& with, Sight& sight, WaitAction& wait) {
    if (Node const* node = with.find("for")) {
        if (!holds_expression(*node)) reader.duration(*node, "for");
        wait.for_duration = expressions.pasted(*node, sight);
        if (wait.for_duration->is_whole() && !may_be(type_of(*wait.for_duration), cel::Type::Kind::duration))
            reader.error(code::expression_type, node->where, "'for' is a duration, not " + type_of(*wait.for_duration).to_string());
    }
    if (Node const* node = with.find("until")) {
        if (!holds_expression(*node) && !parse_utc(node->text))
            reader.error(code::wrong_type, node->where, quotation(node->text) + " is not a timestamp", "write it like 2026-11-24T17:20:00Z");
        wait.until = expressions.pasted(*node, sight);
        if (wait.until->is_whole() && !may_be(type_of(*wait.until), cel::Type::Kind::timestamp))
            reader.error(code::expression_type, node->where, "'until' is a timestamp, not " + type_of(*wait.until).to_string());
    }
}

void compile_arms(Expressions& expressions, std::vector<Fields> const& arms, Sight& sight, SwitchAction& action) {
    for (std::size_t i = 0; i < arms.size(); ++i)
        if (Node const* when = arms[i].find("when")) action.arms[i].when = expressions.bare(*when, sight, "when");
}

/// What an answered approval leaves behind.
std::vector<cel::Type::Field> approval_fields() {
    return {{"approved", cel::Type::Kind::boolean}, {"by", cel::Type::Kind::string}, {"comment", cel::Type::Kind::string}};
}

}  // namespace

void explain_attempt_field(Error& error) {
    for (std::string_view const field : {"exit_code", "signal", "timed_out", "attempt", "reason", "status"})
        if (error.message == "unknown name '" + std::string(field) + "'") error.hint = "did you mean step." + std::string(field) + "?";
}

void compile_step(Reader& reader, Expressions& expressions, StepDraft const& draft, StepSight& sight, StepPlan& step) {
    Fields const& fields = draft.fields;
    if (Node const* condition = fields.find("if")) step.condition = expressions.bare(*condition, sight.condition, "if");
    if (draft.retry) {
        if (Node const* condition = draft.retry->find("if")) step.retry.condition = expressions.bare(*condition, sight.retry, "if");
    }
    if (auto* command = std::get_if<CommandAction>(&step.action)) {
        compile_command(reader, expressions, draft, sight.values, *command);
        compile_keep(expressions, draft, sight.values, step);
    } else if (auto* set = std::get_if<SetAction>(&step.action)) {
        if (Node const* with = fields.find("with")) compile_set(reader, expressions, *with, sight.values, *set);
    } else if (auto* wait = std::get_if<WaitAction>(&step.action)) {
        if (draft.with) compile_wait(reader, expressions, *draft.with, sight.values, *wait);
    } else if (auto* approve = std::get_if<ApproveAction>(&step.action)) {
        Node const* prompt = draft.with ? draft.with->find("prompt") : nullptr;
        if (prompt) approve->prompt = expressions.pasted(*prompt, sight.values);
    } else if (auto* http = std::get_if<HttpAction>(&step.action)) {
        if (draft.with) compile_http(reader, expressions, *draft.with, sight.values, *http);
    } else if (auto* sql = std::get_if<SqlAction>(&step.action)) {
        if (draft.with) compile_sql(reader, expressions, *draft.with, sight.values, *sql);
    } else if (auto* choice = std::get_if<SwitchAction>(&step.action)) {
        compile_arms(expressions, draft.arms, sight.arm, *choice);
    } else if (auto* workflow = std::get_if<WorkflowAction>(&step.action)) {
        compile_sub_workflow(reader, expressions, draft, sight.values, *workflow);
    }
}

std::optional<cel::Type> outputs_type(StepPlan const& step) {
    std::vector<cel::Type::Field> fields;
    if (auto const* set = std::get_if<SetAction>(&step.action)) {
        for (NamedTemplate const& value : set->values) fields.push_back({value.name, type_of(value.value)});
    } else if (std::holds_alternative<WaitAction>(step.action)) {
        return cel::Type::object("steps." + step.id + ".outputs", {});
    } else if (std::holds_alternative<ApproveAction>(step.action)) {
        fields = approval_fields();
    } else if (std::holds_alternative<SwitchAction>(step.action)) {
        fields.push_back({"arm", cel::Type::Kind::integer});
    } else if (auto const* workflow = std::get_if<WorkflowAction>(&step.action)) {
        return outputs_of(*workflow, step.id);
    } else if (std::holds_alternative<HttpAction>(step.action)) {
        fields = http_outputs();
    } else if (std::holds_alternative<SqlAction>(step.action)) {
        fields = sql_outputs();
    } else {
        for (Declaration const& output : step.outputs)
            fields.push_back({output.name, output.cel_type(), output.optional && !output.default_value});
    }
    if (fields.empty()) return {};
    return cel::Type::object("steps." + step.id + ".outputs", std::move(fields));
}

}  // namespace pawl::flow
