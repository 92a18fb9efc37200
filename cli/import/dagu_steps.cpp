// Steps of a DAG: their names first, then what each does and waits for, and the handlers.
#include "cli/import/dagu_import.h"

#include <algorithm>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {

using yaml::Member;
using yaml::Node;

void DaguImport::find_steps(Node const& steps, Node const& key) {
    report_.add(key, Level::approximated, "commands and scripts that name no shell are run by sh -e");
    std::size_t number = 0;
    for (auto const& item : steps.items) {
        auto const name = text_at(item, "name");
        find_step(item, name.empty() ? "step_" + std::to_string(++number) : name);
    }
    for (auto const& member : steps.members) find_step(member.value, member.key.text);
    bool const any_depends = std::ranges::any_of(steps_, [](DaguStep const& step) { return step.node->find("depends") != nullptr; });
    for (std::size_t i = 1; chain_ && i < steps_.size(); ++i) {
        if (steps_[i].node->find("depends") != nullptr) continue;
        steps_[i].depends = {steps_[i - 1].name};
        if (any_depends) report_.add(*steps_[i].node, Level::approximated, "step " + steps_[i].name + " without 'depends' waits for the one above; older versions of Dagu start it at once: needs: []");
    }
}

void DaguImport::find_step(Node const& node, std::string const& name) {
    DaguStep step;
    step.name = name;
    step.node = &node;
    step.depends = texts_of(at(node, "depends"));
    if (can_be_run(node, "step " + name)) step.id = unique_name(step_names_, identifier_from(name, "step"), '_');
    step.output = variable_from(text_at(node, "output"));
    if (node.find("output") != nullptr && !text_at(node, "output").empty()) step.captured_by = identifier_from(text_at(node, "output"), "output");
    steps_.push_back(std::move(step));
}

bool DaguImport::can_be_run(Node const& node, std::string const& shown) {
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

DaguStep const* DaguImport::step_named(std::string_view name) const {
    auto const found = std::ranges::find(steps_, name, &DaguStep::name);
    return found == steps_.end() ? nullptr : &*found;
}

void DaguImport::add_needs(DaguStep const& step, std::vector<std::string>& needs, std::set<std::string>& seen) const {
    for (auto const& name : step.depends) {
        auto const* other = step_named(name);
        if (other == nullptr || !seen.insert(name).second) continue;
        if (!other->id.empty()) needs.push_back(other->id);
        else add_needs(*other, needs, seen);
    }
}

void DaguImport::add_earlier(DaguStep const& step, std::set<std::string>& earlier) const {
    for (auto const& name : step.depends) {
        auto const* other = step_named(name);
        if (other != nullptr && earlier.insert(name).second) add_earlier(*other, earlier);
    }
}

JsonMap DaguImport::read_step(DaguStep const& step, bool first) {
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

void DaguImport::read_work(Node const& node, DaguStep const& step, std::set<std::string> const& earlier, JsonMap& made) {
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

std::string DaguImport::command_of(Node const& node) {
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

std::string DaguImport::our_names(std::string_view text) const {
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

void DaguImport::add_captured(std::string const& run, std::set<std::string> const& earlier, JsonMap& env) const {
    for (auto const& step : steps_) {
        bool const used = !step.id.empty() && !step.captured_by.empty() && earlier.contains(step.name) && holds_word(run, step.output);
        if (used) env.set(step.output, "${{ steps." + step.id + ".outputs.?" + step.captured_by + ".orValue('') }}");
    }
}

std::string DaguImport::guards(std::string const& run, Variables const& variables, JsonMap const& env) const {
    std::string lines;
    for (auto const& name : missing_)
        if (holds_word(run, name) && !variables.contains(name) && env.find(name) == nullptr) lines += ": \"${" + name + ":?not translated}\"\n";
    return lines;
}

std::string DaguImport::capturing(std::string run, std::string const& output) {
    if (!run.ends_with('\n')) run += '\n';
    return "output=$(\n" + run + ")\nprintf '%s\\n' \"$output\"\nprintf '" + output + "<<END_OF_OUTPUT\\n%s\\nEND_OF_OUTPUT\\n' \"$output\" >> \"$PAWL_OUTPUT\"\n";
}

void DaguImport::read_limits(Node const& node, JsonMap& made) {
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

void DaguImport::read_continue(Member const& member, JsonMap& made) {
    auto const words = texts_of(&member.value);
    bool const failure = text_at(member.value, "failure") == "true" || std::ranges::find(words, "failed") != words.end() || std::ranges::find(words, "failure") != words.end();
    if (failure) made.set("continue_on_error", true);
    if (failure) report_.add(member.key, Level::translated, "continueOn failure");
    for (auto const& part : member.value.members) report_.add_other(part, {"failure", "skipped"}, " of continueOn");
}

void DaguImport::read_retry(Member const& member, JsonMap& made) {
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

void DaguImport::read_handlers(Node const& handlers) {
    constexpr std::pair<std::string_view, std::string_view> lists[] = {{"success", "on_success"}, {"failure", "on_failure"}, {"cancel", "on_cancel"}, {"exit", "finally"}};
    for (auto const& member : handlers.members) report_.add_other(member, {"success", "failure", "cancel", "exit"}, " of handlerOn");
    for (auto const& [theirs, ours] : lists) {
        auto const* member = handlers.find(theirs);
        if (member == nullptr || !can_be_run(member->value, "handler " + std::string(theirs))) continue;
        DaguStep step;
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

}  // namespace pawl::cli
