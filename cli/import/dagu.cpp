// First the names, as steps may wait for later ones; then step by step. Dagu puts variables into texts itself; here the shell does that in
// scripts, and an expression elsewhere.
#include "cli/import/dagu.h"

#include <functional>
#include <map>
#include <set>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

using yaml::Member;
using yaml::Node;

struct Step {
    std::string name;  ///< Dagu's
    std::string id;    ///< ours; empty: left out
    Node const* node = nullptr;
    std::vector<std::string> depends;
    std::string output, captured_by;  ///< its variable in capitals, and our output
};


bool is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// Calls `use` for each `$NAME` and `${NAME}`: with its place, its length and its name.
void each_variable(std::string_view text, std::function<void(std::size_t, std::size_t, std::string)> const& use) {
    for (auto from = text.find('$'); from != std::string_view::npos; from = text.find('$', from + 1)) {
        bool const braces = text.substr(from + 1).starts_with('{');
        std::size_t const begin = from + (braces ? 2 : 1);
        std::size_t end = begin;
        while (end < text.size() && is_word(text[end])) ++end;
        if (end == begin) continue;
        bool const closed = braces && end < text.size() && text[end] == '}';
        use(from, (closed ? end + 1 : end) - from, std::string(text.substr(begin, end - begin)));
    }
}

std::string quoted_for_shell(std::string const& word) {
    bool const plain = !word.empty() && std::ranges::all_of(word, [](char c) { return is_word(c) || c == '-' || c == '.' || c == '/' || c == '=' || c == ':' || c == ','; });
    if (plain) return word;
    char const quote = word.find('$') != std::string::npos ? '"' : '\'';  // a variable is still put in
    std::string out(1, quote);
    for (char const c : word) {
        if (quote == '\'' && c == '\'') out += "'\\'";
        if (quote == '"' && (c == '"' || c == '\\')) out += '\\';
        out += c;
    }
    return out + quote;
}

class DaguImport {
public:
    explicit DaguImport(yaml::File const& file) : file_(file), report_(file.name) {}

    Imported run() {
        Imported result;
        if (auto refused = read()) result.refused = std::move(refused);
        else result.files.push_back({name_ + ".yaml", write_document(document_)});
        result.report = report_.take();
        return result;
    }

private:
    std::optional<Error> read() {
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

    // ---- the whole

    void read_params(Member const& params) {
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

    /// At spaces, which double quotes keep together.
    static std::vector<std::string> words_of(std::string_view text) {
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

    void param(Node const& place, std::string const& text) {
        auto const sign = text.find('=');
        bool const named = sign != std::string::npos && sign > 0 && std::ranges::all_of(std::string_view(text).substr(0, sign), is_word);
        if (named) return named_param(place, text.substr(0, sign), text.substr(sign + 1));
        auto const number = std::to_string(++positions_);
        named_param(place, "param_" + number, text);
        renamed_[number] = "PARAM_" + number;
    }

    void named_param(Node const& place, std::string const& theirs, std::string const& standard) {
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

    void read_frame(Node const& root) {
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

    // ---- values

    using Variables = std::map<std::string, std::string>;

    /// The text with the values of its variables; nothing when one is unknown, or a command is to be run for it.
    std::optional<std::string> with_values(std::string_view text, Variables const& variables) const {
        if (text.find('`') != std::string_view::npos || text.find("$(") != std::string_view::npos || text.find("${{") != std::string_view::npos) return {};
        std::string result;
        std::size_t copied = 0;
        bool known = true;
        each_variable(text, [&](std::size_t from, std::size_t length, std::string const& name) {
            auto const found = variables.find(our_variable(name));
            known = known && found != variables.end() && length != name.size() + 2;  // no `${NAME:-…`
            if (!known) return;
            result += std::string(text.substr(copied, from - copied)) + found->second;
            copied = from + length;
        });
        result += text.substr(copied);
        return known ? std::optional(result) : std::nullopt;
    }

    std::string our_variable(std::string const& theirs) const {
        auto const found = renamed_.find(theirs);
        return found == renamed_.end() ? theirs : found->second;
    }

    void read_env(Node const& node, Variables& variables, JsonMap& env) {
        for (auto const& item : node.items) {
            if (item.is_map()) read_env(item, variables, env);
            else if (auto const sign = item.text.find('='); sign != std::string::npos) set_variable(item, item.text.substr(0, sign), item.text.substr(sign + 1), variables, env);
        }
        for (auto const& member : node.members) set_variable(member.key, member.key.text, member.value.text, variables, env);
    }

    void set_variable(Node const& place, std::string const& theirs, std::string const& text, Variables& variables, JsonMap& env) {
        auto const name = variable_from(theirs);
        if (name != theirs) {
            renamed_[theirs] = name;
            report_.add(place, Level::approximated, "the variable " + theirs + " is named " + name);
        }
        auto const value = with_values(text, variables);
        bool const steers = value && value->find("${{") != std::string::npos && is_special_variable(name);
        if (!value || steers) {
            report_.add(place, Level::not_translated, "env " + name + ": " + text);
            variables.erase(name);
            missing_.insert(name);
            return;
        }
        variables[name] = *value;
        env.set(name, *value);
    }

    Json seconds_at(Node const& map, std::string_view key) {
        auto const* member = map.find(key);
        if (member == nullptr) return {};
        auto const value = yaml::scalar_to_json(member->value);
        if (value.is_int() && value.as_int() > 0 && value.as_int() < 100000000) return std::to_string(value.as_int()) + "s";
        report_.add(member->key, Level::not_translated, std::string(key) + ": " + member->value.text);
        return {};
    }

    Json dir_of(Node const& map, std::string_view key, Variables const& variables) {
        auto const* member = map.find(key);
        if (member == nullptr) return {};
        auto const text = with_values(member->value.text, variables);
        if (text && !text->empty() && !text->starts_with('~')) return *text;
        report_.add(member->key, Level::not_translated, std::string(key) + " " + in_quotes(member->value.text));
        return {};
    }

    Json shell_of(Node const& map, std::string_view key) {
        auto const* member = map.find(key);
        if (member == nullptr) return {};
        auto words = member->value.is_list() ? texts_of(&member->value) : words_of(member->value.text);
        auto const program = words.empty() ? std::string() : words.front().substr(words.front().rfind('/') + 1);
        bool const known = program == "bash" || program == "sh" || program == "zsh" || program.starts_with("python") || program == "perl" || program == "node" || program == "ruby";
        if (!known) {
            report_.add(member->key, Level::not_translated, std::string(key) + " " + in_quotes(member->value.text));
            return {};
        }
        if (words.size() == 1 && (program == "sh" || program == "bash")) return program;
        bool const evaluates = program == "perl" || program == "node" || program == "ruby";
        if (words.back() != "-c") words.emplace_back(evaluates ? "-e" : "-c");
        return JsonList(words.begin(), words.end());
    }

    static Member const* precondition_of(Node const& map) {
        auto const* member = map.find("preconditions");
        return member == nullptr ? map.find("precondition") : member;
    }

    /// Comparisons of a param with a text; nothing for commands.
    std::optional<std::string> condition_of(Member const& member) {
        std::vector<Node const*> items;
        items.reserve(member.value.items.size() + 1);
        for (auto const& item : member.value.items) items.push_back(&item);
        if (!member.value.is_list()) items.push_back(&member.value);
        std::string cel;
        for (auto const* item : items) {
            auto const condition = text_at(*item, "condition"), expected = text_at(*item, "expected");
            std::string variable;
            each_variable(condition, [&](std::size_t from, std::size_t length, std::string const& name) {
                if (from == 0 && length == condition.size()) variable = our_variable(name);
            });
            auto const input = inputs_by_variable_.find(variable);
            bool const plain = expected.find_first_of("'\\`$\n") == std::string::npos && !expected.starts_with("re:");
            if (input == inputs_by_variable_.end() || !plain || item->find("expected") == nullptr || item->find("negate") != nullptr) return {};
            cel += (cel.empty() ? "" : " && ") + ("inputs." + input->second) + " == '" + expected + "'";
        }
        if (cel.empty()) return {};
        report_.add(member.key, Level::translated, "preconditions");
        return cel;
    }

    // ---- steps

    void find_steps(Node const& steps, Node const& key) {
        report_.add(key, Level::approximated, "commands and scripts that name no shell are run by sh -e");
        std::size_t number = 0;
        for (auto const& item : steps.items) {
            auto const name = text_at(item, "name");
            find_step(item, name.empty() ? "step_" + std::to_string(++number) : name);
        }
        for (auto const& member : steps.members) find_step(member.value, member.key.text);
        bool const any_depends = std::ranges::any_of(steps_, [](Step const& step) { return step.node->find("depends") != nullptr; });
        for (std::size_t i = 1; chain_ && i < steps_.size(); ++i) {
            if (steps_[i].node->find("depends") != nullptr) continue;
            steps_[i].depends = {steps_[i - 1].name};
            if (any_depends) report_.add(*steps_[i].node, Level::approximated, "step " + steps_[i].name + " without 'depends' waits for the one above; older versions of Dagu start it at once: needs: []");
        }
    }

    void find_step(Node const& node, std::string const& name) {
        Step step;
        step.name = name;
        step.node = &node;
        step.depends = texts_of(at(node, "depends"));
        if (can_be_run(node, "step " + name)) step.id = unique_name(step_names_, identifier_from(name, "step"), '_');
        step.output = variable_from(text_at(node, "output"));
        if (node.find("output") != nullptr && !text_at(node, "output").empty()) step.captured_by = identifier_from(text_at(node, "output"), "output");
        steps_.push_back(std::move(step));
    }

    /// Commands and scripts; what needs one of Dagu's own executors is left out.
    bool can_be_run(Node const& node, std::string const& shown) {
        auto const* script = at(node, "script");
        auto const text = script != nullptr ? script->text : command_of(node);
        if (text.find("${{") != std::string::npos) {
            report_.add(node, Level::not_translated, shown + ": '${{' in a script, which is no shell's; there is no step for it");
            return false;
        }
        if (node.is_scalar() && !trim(node.text).empty()) return true;
        for (std::string_view const key : {"executor", "run", "call", "parallel", "container"}) {
            auto const* member = node.find(key);
            if (member == nullptr) continue;
            report_.add(member->key, Level::not_translated, shown + ": " + std::string(key) + (member->value.is_scalar() ? " " + member->value.text : "") + "; there is no step for it");
            return false;
        }
        std::string_view const shell = script != nullptr && node.find("command") != nullptr ? "command" : "shell";
        if (node.find(shell) != nullptr && shell_of(node, shell).is_null()) {
            report_.add(node, Level::not_translated, shown + ": its script is of another language; there is no step for it");
            return false;
        }
        if (!trim(text).empty()) return true;
        report_.add(node, Level::not_translated, shown + " has neither 'command' nor 'script'");
        return false;
    }

    Step const* step_named(std::string_view name) const {
        auto const found = std::ranges::find(steps_, name, &Step::name);
        return found == steps_.end() ? nullptr : &*found;
    }

    /// What stands for a step that is left out: what it waits for.
    void add_needs(Step const& step, std::vector<std::string>& needs, std::set<std::string>& seen) const {
        for (auto const& name : step.depends) {
            auto const* other = step_named(name);
            if (other == nullptr || !seen.insert(name).second) continue;
            if (!other->id.empty()) needs.push_back(other->id);
            else add_needs(*other, needs, seen);
        }
    }

    /// All steps that have ended before this one begins.
    void add_earlier(Step const& step, std::set<std::string>& earlier) const {
        for (auto const& name : step.depends) {
            auto const* other = step_named(name);
            if (other != nullptr && earlier.insert(name).second) add_earlier(*other, earlier);
        }
    }

    JsonMap read_step(Step const& step, bool first) {
        Node const& node = *step.node;
        JsonMap made;
        std::string comment = text_at(node, "description");
        made.set("id", step.id);
        std::vector<std::string> needs;
        std::set<std::string> seen, earlier;
        for (auto const& name : step.depends)
            if (step_named(name) == nullptr) report_.add(node, Level::error, "step " + step.name + " depends on " + in_quotes(name) + ", which is no step");
        add_needs(step, needs, seen);
        if (first || needs.size() != 1 || needs.front() != last_step_) made.set("needs", JsonList(needs.begin(), needs.end()));
        last_step_ = step.id;
        if (auto const* member = precondition_of(node)) {
            auto const condition = condition_of(*member);
            if (condition) report_.add(member->key, Level::approximated, "step " + step.name + ": when it is skipped, steps that wait for it run");
            else report_.add(member->key, Level::not_translated, "preconditions of step " + step.name + "; the step is switched off until you write its 'if'");
            made.set("if", condition ? Json(*condition) : Json(false));
            if (!condition) comment += std::string(comment.empty() ? "" : "\n") + "Not translated: preconditions";
        }
        if (!trim(comment).empty()) made.set(std::string(comment_key), std::string(trim(comment)));
        add_earlier(step, earlier);
        read_work(node, step, earlier, made);
        report_.add(node, Level::translated, "step " + step.name + (step.name == step.id ? "" : " is the step " + step.id));
        return made;
    }

    /// What is common to steps and handlers.
    void read_work(Node const& node, Step const& step, std::set<std::string> const& earlier, JsonMap& made) {
        for (auto const& member : node.members)
            report_.add_other(member, {"name", "description", "depends", "command", "args", "script", "shell", "dir", "workingDir", "env", "output", "continueOn", "retryPolicy", "preconditions", "precondition", "timeoutSec", "signalOnStop"}, " of step " + step.name);
        auto const* script = node.find("script");
        auto const shell = script != nullptr && node.find("command") != nullptr ? shell_of(node, "command") : shell_of(node, "shell");
        if (!shell.is_null()) made.set("shell", shell);
        auto variables = variables_;
        JsonMap env;
        if (auto const* map = at(node, "env")) read_env(*map, variables, env);
        for (std::string_view const key : {"dir", "workingDir"}) {
            auto const dir = dir_of(node, key, variables);
            if (!dir.is_null()) made.set("dir", dir);
        }
        auto run = our_names(script != nullptr ? script->value.text : command_of(node));
        add_captured(run, earlier, env);
        bool const posix = shell.is_null() || shell.is_string() || shell.as_list()[0] == Json("bash") || shell.as_list()[0] == Json("sh");
        if (posix) run = guards(run, variables, env) + run;
        if (!step.captured_by.empty()) {
            if (posix) run = capturing(run, step.captured_by);
            report_.add(node.find("output")->key, posix ? Level::approximated : Level::not_translated, "output " + step.output + " of step " + step.name + (posix ? " is the output " + step.captured_by + ", at most 64 KiB" : ""));
        }
        if (!env.empty()) made.set("env", env);
        made.set("run", run);
        read_limits(node, made);
    }

    static std::string command_of(Node const& node) {
        if (node.is_scalar()) return node.text;
        auto const* command = at(node, "command");
        std::string text = command != nullptr && command->is_scalar() ? command->text : std::string();
        auto words = command != nullptr && command->is_list() ? texts_of(command) : std::vector<std::string>();
        if (auto const* args = at(node, "args")) {
            if (args->is_scalar()) text += " " + args->text;
            for (auto const& item : args->items) words.push_back(item.text);
        }
        for (auto const& word : words) text += (text.empty() ? "" : " ") + quoted_for_shell(word);
        return text;
    }

    std::string our_names(std::string_view text) const {
        std::string result;
        std::size_t copied = 0;
        each_variable(text, [&](std::size_t from, std::size_t length, std::string const& name) {
            auto const ours = our_variable(name);
            if (ours == name) return;
            bool const goes_on = length == name.size() + 2;  // `${NAME:-…`
            result += std::string(text.substr(copied, from - copied)) + "${" + ours + (goes_on ? "" : "}");
            copied = from + length;
        });
        return result + std::string(text.substr(copied));
    }

    /// Variables that an earlier step set by `output`.
    void add_captured(std::string const& run, std::set<std::string> const& earlier, JsonMap& env) const {
        for (auto const& step : steps_) {
            bool const used = !step.id.empty() && !step.captured_by.empty() && earlier.contains(step.name) && holds_word(run, step.output);
            if (used) env.set(step.output, "${{ steps." + step.id + ".outputs.?" + step.captured_by + ".orValue('') }}");
        }
    }

    /// A variable without a translation ends the step: empty it could do harm.
    std::string guards(std::string const& run, Variables const& variables, JsonMap const& env) const {
        std::string lines;
        for (auto const& name : missing_)
            if (holds_word(run, name) && !variables.contains(name) && env.find(name) == nullptr) lines += ": \"${" + name + ":?not translated}\"\n";
        return lines;
    }

    static std::string capturing(std::string run, std::string const& output) {
        if (!run.ends_with('\n')) run += '\n';
        return "output=$(\n" + run + ")\nprintf '%s\\n' \"$output\"\nprintf '" + output + "<<END_OF_OUTPUT\\n%s\\nEND_OF_OUTPUT\\n' \"$output\" >> \"$PAWL_OUTPUT\"\n";
    }

    void read_limits(Node const& node, JsonMap& made) {
        if (auto const* member = node.find("continueOn")) read_continue(*member, made);
        if (auto const* member = node.find("retryPolicy")) read_retry(*member, made);
        auto const timeout = seconds_at(node, "timeoutSec");
        if (!timeout.is_null()) made.set("timeout", timeout);
        auto const* signal = node.find("signalOnStop");
        if (signal == nullptr) return;
        auto const word = signal->value.text.starts_with("SIG") ? signal->value.text.substr(3) : signal->value.text;
        bool const known = word == "TERM" || word == "INT" || word == "HUP" || word == "QUIT" || word == "USR1" || word == "USR2" || word == "KILL";
        if (!known) return report_.add(signal->key, Level::not_translated, "signalOnStop: " + signal->value.text);
        JsonMap stop;
        stop.set("signal", word);
        made.set("stop", std::move(stop));
    }

    void read_continue(Member const& member, JsonMap& made) {
        auto const words = texts_of(&member.value);
        bool const failure = text_at(member.value, "failure") == "true" || std::ranges::find(words, "failed") != words.end() || std::ranges::find(words, "failure") != words.end();
        if (failure) made.set("continue_on_error", true);
        if (failure) report_.add(member.key, Level::translated, "continueOn failure");
        for (auto const& part : member.value.members) report_.add_other(part, {"failure", "skipped"}, " of continueOn");
    }

    void read_retry(Member const& member, JsonMap& made) {
        auto const* limit = at(member.value, "limit");
        auto const count = limit == nullptr ? Json() : yaml::scalar_to_json(*limit);
        if (!count.is_int() || count.as_int() < 1 || count.as_int() > 999) return report_.add(member.key, Level::not_translated, "retryPolicy without a number as limit");
        JsonMap retry;
        retry.set("max_attempts", count.as_int() + 1);
        auto const delay = seconds_at(member.value, "intervalSec");
        retry.set("delay", delay.is_null() ? Json("0s") : delay);
        auto const factor = at(member.value, "backoff") == nullptr ? Json() : yaml::scalar_to_json(*at(member.value, "backoff"));
        retry.set("backoff", factor == Json(true) ? Json(2) : factor.is_number() ? factor : Json(1));
        auto const longest = seconds_at(member.value, "maxIntervalSec");
        if (!longest.is_null()) retry.set("max_delay", longest);
        made.set("retry", std::move(retry));
        made.set("on_crash", "fail");  // said, so that nobody must wonder
        report_.add(member.key, Level::translated, "retryPolicy");
        for (auto const& part : member.value.members) report_.add_other(part, {"limit", "intervalSec", "backoff", "maxIntervalSec"}, " of retryPolicy");
    }

    void read_handlers(Node const& handlers) {
        constexpr std::pair<std::string_view, std::string_view> lists[] = {{"success", "on_success"}, {"failure", "on_failure"}, {"cancel", "on_cancel"}, {"exit", "finally"}};
        for (auto const& member : handlers.members) report_.add_other(member, {"success", "failure", "cancel", "exit"}, " of handlerOn");
        for (auto const& [theirs, ours] : lists) {
            auto const* member = handlers.find(theirs);
            if (member == nullptr || !can_be_run(member->value, "handler " + std::string(theirs))) continue;
            Step step;
            step.name = "handler " + std::string(theirs);
            step.id = unique_name(step_names_, theirs == "exit" ? "at_exit" : std::string(ours), '_');
            std::set<std::string> all;
            for (auto const& one : steps_) all.insert(one.name);
            JsonMap made;
            made.set("id", step.id);
            read_work(member->value, step, all, made);
            document_.set(std::string(ours), JsonList{std::move(made)});
            report_.add(member->key, Level::translated, step.name + " is " + std::string(ours));
        }
    }

    yaml::File const& file_;
    Reporter report_;
    std::string name_, last_step_;
    JsonMap document_, inputs_, input_variables_;
    Variables variables_;  ///< name → text with `${{ }}`
    std::map<std::string, std::string> renamed_, inputs_by_variable_;
    std::set<std::string> input_names_, step_names_, missing_;
    std::vector<Step> steps_;
    std::size_t positions_ = 0;
    bool chain_ = true;
};

}  // namespace

Imported import_dagu(yaml::File const& file) { return DaguImport(file).run(); }

}  // namespace pawl::cli
