// The whole of a DAG: parameters, environment, limits.
#include "cli/import/dagu.h"

#include "cli/import/dagu_import.h"

#include <algorithm>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {

using yaml::Member;
using yaml::Node;

Imported DaguImport::run() {
    Imported result;
    if (auto refused = read()) result.refused = std::move(refused);
    else result.files.push_back({name_ + ".yaml", write_document(document_)});
    result.report = report_.take();
    return result;
}

std::optional<Error> DaguImport::read() {
    Node const& root = file_.documents.front()->root;
    auto const* steps = root.find("steps");
    if (steps == nullptr || (!steps->value.is_list() && !steps->value.is_map()))
        return Error{.code = code::invalid_value, .message = "this is no DAG of Dagu: it has no list 'steps'", .where = root.where, .hint = "name a file with 'steps:'"};
    auto const title = text_at(root, "name");
    name_ = object_name_from(title.empty() ? stem_of(file_.name) : title, "workflow");
    document_.set("kind", "workflow");
    document_.set("name", name_);
    auto const description = text_at(root, "description");
    if (!description.empty() || (!title.empty() && title != name_)) document_.set("description", description.empty() ? title : description);
    if (auto const* params = root.find("params")) read_params(*params);
    if (!inputs_.empty()) document_.set("inputs", inputs_);
    JsonMap env = input_variables_;
    if (auto const* map = root.find("env")) read_env(map->value, variables_, env);
    if (!env.empty()) document_.set("env", env);
    read_frame(root);
    for (auto const& member : root.members) report_.add_other(member, {"name", "description", "params", "env", "steps", "schedule", "preconditions", "precondition", "timeoutSec", "maxActiveRuns", "workingDir", "shell", "handlerOn", "type"}, "");
    chain_ = text_at(root, "type") != "graph";
    find_steps(steps->value, steps->key);
    for (auto const& step : steps_) {
        std::set<std::string> earlier;
        add_earlier(step, earlier);
        if (earlier.contains(step.name)) return Error{.code = code::cycle, .message = "step " + in_quotes(step.name) + " waits for itself", .where = step.node->where, .hint = "break the circle of 'depends'"};
    }
    JsonList made;
    for (std::size_t i = 0; i < steps_.size(); ++i)
        if (!steps_[i].id.empty()) made.push_back(read_step(steps_[i], made.empty()));
    if (made.empty()) return Error{.code = code::invalid_value, .message = "nothing of this DAG can be translated: no step has a command or script", .where = steps->key.where, .hint = "write the commands: pawl new workflow " + name_};
    document_.set("steps", std::move(made));
    if (auto const* handlers = root.find("handlerOn")) read_handlers(handlers->value);
    return {};
}

void DaguImport::read_params(Member const& params) {
    Node const& node = params.value;
    if (node.is_scalar()) {
        for (auto const& word : words_of(node.text)) param(node, word);
        return;
    }
    for (auto const& item : node.items) {
        if (item.is_scalar()) param(item, item.text);
        for (auto const& member : item.members) named_param(member.key, member.key.text, member.value.text);
    }
    for (auto const& member : node.members) named_param(member.key, member.key.text, member.value.text);
}

std::vector<std::string> DaguImport::words_of(std::string_view text) {
    std::vector<std::string> words(1);
    bool quoted = false;
    for (char const c : text) {
        if (c == '"') quoted = !quoted;
        else if (!quoted && (c == ' ' || c == '\n' || c == '\t')) words.emplace_back();
        else words.back() += c;
    }
    std::erase(words, "");
    return words;
}

void DaguImport::param(Node const& place, std::string const& text) {
    auto const sign = text.find('=');
    bool const named = sign != std::string::npos && sign > 0 && std::ranges::all_of(std::string_view(text).substr(0, sign), is_word);
    if (named) return named_param(place, text.substr(0, sign), text.substr(sign + 1));
    auto const number = std::to_string(++positions_);
    named_param(place, "param_" + number, text);
    renamed_[number] = "PARAM_" + number;
}

void DaguImport::named_param(Node const& place, std::string const& theirs, std::string const& standard) {
    auto const ours = unique_name(input_names_, identifier_from(theirs, "param"), '_');
    auto variable = variable_from(theirs);
    if (is_special_variable(variable)) variable = "INPUT_" + variable;
    bool const computed = standard.find_first_of("`$") != std::string::npos;
    JsonMap declaration;
    declaration.set("type", "string");
    if (!computed) declaration.set("default", standard);
    inputs_.set(ours, std::move(declaration));
    auto const value = "${{ inputs." + ours + " }}";
    input_variables_.set(variable, value);
    variables_[variable] = value;
    inputs_by_variable_[variable] = ours;
    if (variable != theirs) renamed_[theirs] = variable;
    if (computed) report_.add(place, Level::not_translated, "the default of the param " + theirs + ": " + standard + "; the input " + ours + " must be given");
    else report_.add(place, ours == theirs || variable == theirs ? Level::translated : Level::approximated, "param " + theirs + " is the input " + ours + " and the variable " + variable);
}

void DaguImport::read_frame(Node const& root) {
    if (auto const* member = root.find("schedule")) {
        Node const& node = member->value;
        for (auto const& text : texts_of(&node)) report_.add(member->key, Level::not_translated, "schedule " + in_quotes(text) + "; start it with cron or a systemd timer: pawl run " + name_);
        for (auto const& part : node.members)
            for (auto const& text : texts_of(&part.value)) report_.add(part.key, Level::not_translated, "schedule " + part.key.text + " " + in_quotes(text));
    }
    if (auto const* member = precondition_of(root)) {
        auto const condition = condition_of(*member);
        if (!condition) report_.add(member->key, Level::not_translated, "preconditions: the workflow is switched off until you write its 'if'");
        document_.set("if", condition ? Json(*condition) : Json(false));
    }
    auto const timeout = seconds_at(root, "timeoutSec");
    if (!timeout.is_null()) document_.set("timeout", timeout);
    if (auto const* member = root.find("maxActiveRuns")) {
        auto const count = yaml::scalar_to_json(member->value);
        if (count.is_int() && count.as_int() > 0) {
            JsonMap concurrency;
            concurrency.set("group", name_);
            concurrency.set("limit", count);
            document_.set("concurrency", std::move(concurrency));
            report_.add(member->key, Level::translated, "maxActiveRuns");
        } else {
            report_.add(member->key, Level::not_translated, "maxActiveRuns: " + member->value.text);
        }
    }
    JsonMap defaults;
    auto const dir = dir_of(root, "workingDir", variables_);
    if (!dir.is_null()) defaults.set("dir", dir);
    auto const shell = shell_of(root, "shell");
    if (!shell.is_null()) defaults.set("shell", shell);
    if (!defaults.empty()) document_.set("defaults", std::move(defaults));
}

Imported import_dagu(yaml::File const& file) { return DaguImport(file).run(); }

}  // namespace pawl::cli
