// Steps of a job, and their scripts: what is pasted into one becomes a variable of it.
#include "cli/import/github_import.h"

#include <algorithm>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {

using yaml::Member;
using yaml::Node;

void GithubImport::read_step(GithubJob& job, Node const& node, std::size_t number) {
    auto const* run = node.find("run");
    auto const name = text_at(node, "name");
    std::string const shown = "step " + (name.empty() ? std::to_string(number) : in_quotes(name)) + " of job " + job.id;
    if (run == nullptr || trim(run->value.text).empty()) return read_action(node, shown);
    for (auto const& member : node.members) report_.add_other(member, {"id", "name", "if", "run", "shell", "working-directory", "env", "continue-on-error", "timeout-minutes"}, " of " + shown);
    auto const shell = read_shell(node);
    auto const used_shell = !shell ? Json() : !shell->is_null() ? *shell : !job.shell.is_null() ? job.shell : default_shell_;
    bool const posix = used_shell.is_string() || (used_shell.is_list() && (used_shell.as_list()[0] == Json("bash") || used_shell.as_list()[0] == Json("sh") || used_shell.as_list()[0] == Json("zsh")));
    if (!shell || (!posix && !expressions_in(run->value.text).empty())) {
        report_.add(run->key, Level::not_translated, shown + (shell ? ": values pasted into a script that is none of a shell" : ""));
        return;
    }
    auto const id = text_at(node, "id");
    auto const word = !id.empty() ? id : name.find("${{") == std::string::npos && !name.empty() ? name : std::to_string(number);
    auto const ours = unique_name(step_names_, identifier_from(job.id + "_" + word, "job"), '_');
    JsonMap step;
    std::string comment = name;
    step.set("id", ours);
    set_needs(step, job.ends);
    bool const has_status = read_condition(job, node, shown, step, comment);
    if (!comment.empty()) step.set(std::string(comment_key), comment);
    for (auto const& [key, value] : job.items) step.set(key, value);
    if (!shell->is_null() || !job.shell.is_null()) step.set("shell", used_shell);
    auto scope = job.scope;
    auto env = job.env;
    if (auto const* map = at(node, "env")) read_env(*map, scope, env);
    auto const dir = read_dir(node, scope);
    if (!dir.is_null() || !job.dir.is_null()) step.set("dir", dir.is_null() ? job.dir : dir);
    auto const script = read_script(*run, scope, env, posix);
    if (!env.empty()) step.set("env", env);
    step.set("run", script);
    read_limits(job, node, step);
    report_.add(node, Level::translated, shown + " is the step " + ours);
    finish_step(job, id, ours, has_status, std::move(step));
}

void GithubImport::finish_step(GithubJob& job, std::string const& id, std::string const& ours, bool has_status, JsonMap step) {
    steps_.emplace_back(std::move(step));
    last_step_ = ours;
    if (!id.empty()) job.scope.step_ids[id] = ours;
    // A step that runs after a failure hides it from those behind: they wait for what was before it, too.
    if (!has_status) job.ends.clear();
    job.ends.push_back(ours);
}

void GithubImport::read_action(Node const& node, std::string const& shown) {
    auto const* uses = node.find("uses");
    if (uses == nullptr) return report_.add(node, Level::error, shown + " has neither 'run' nor 'uses'");
    bool const checkout = uses->value.text.starts_with("actions/checkout@");
    report_.add(uses->key, checkout ? Level::approximated : Level::not_translated,
                shown + ": uses " + uses->value.text + (checkout ? "; steps run in the project's folder as it is" : ""));
}

bool GithubImport::read_condition(GithubJob const& job, Node const& node, std::string const& shown, JsonMap& step, std::string& comment) {
    auto const* member = node.find("if");
    std::optional<GithubCondition> condition = GithubCondition{};
    if (member != nullptr) {
        auto scope = job.scope;
        if (!job.items.empty()) {  // decided once, before there are items
            scope.matrix.clear();
            scope.step_ids.clear();
        }
        condition = scope.condition(member->value.text);
        if (condition) {
            bool const compares = condition->cel.find("== '") != std::string::npos || condition->cel.find("!= '") != std::string::npos;
            report_.add(member->key, compares ? Level::approximated : Level::translated, "if of " + shown + (compares ? ": texts are compared with regard to capital letters" : ""));
        } else {
            report_.add(member->key, Level::not_translated, "if of " + shown + ": " + member->value.text + "; the step is switched off until you write the condition");
            comment += std::string(comment.empty() ? "" : "\n") + "Not translated: if: " + std::string(trim(member->value.text));
            condition = GithubCondition{"false", false};
        }
    }
    bool const guarded = !job.gate.empty() && condition->cel != "false" && (job.conditional || condition->has_status);
    auto cel = condition->cel;
    if (guarded) cel += (cel.empty() ? "" : " && ") + did_run(job);
    if (!cel.empty()) step.set("if", as_condition(cel));
    return condition->has_status;
}

void GithubImport::read_limits(GithubJob const& job, Node const& node, JsonMap& step) {
    if (auto const* member = node.find("continue-on-error")) {
        auto const& text = member->value.text;
        if (text == "true") step.set("continue_on_error", true);
        else if (text != "false") report_.add(member->key, Level::not_translated, "continue-on-error: " + text);
    }
    auto const timeout = read_timeout(node);
    if (!timeout.is_null() || !job.timeout.is_null()) step.set("timeout", timeout.is_null() ? job.timeout : timeout);
}

std::string GithubImport::read_script(Member const& run, GithubScope const& scope, JsonMap& env, bool posix) {
    auto const& text = run.value.text;
    std::vector<Replacement> replacements;
    auto const found = expressions_in(text);
    replacements.reserve(found.size());
    for (auto const& one : found) replacements.push_back(variable_for(run, one, scope, env));
    auto rewritten = with_variables(text, replacements);
    for (std::size_t i = 0; i < found.size(); ++i) {
        auto const shown = "'${{ " + found[i].text + " }}'";
        if (rewritten.lost[i]) report_.add(run.key, Level::error, shown + " stands in a here-document that expands no variables: take the quotes off its first word");
        else if (!rewritten.sure[i] && replacements[i].missing.empty()) report_.add(run.key, Level::approximated, shown + " was a part of the script and is now the value of one variable: read this script");
    }
    auto script = with_our_outputs(run, std::move(rewritten.script));
    report_foreign_words(run, script, scope);
    if (!posix) return script;
    std::string guards;
    for (auto const& name : scope.missing_variables)
        if (holds_word(text, name)) guards += ": \"${" + name + ":?not translated}\"\n";
    return guards + script;
}

Replacement GithubImport::variable_for(Member const& run, Expression const& one, GithubScope const& scope, JsonMap& env) {
    auto const value = scope.pasted(one.text);
    if (one.text.starts_with("env.")) {
        auto const name = variable_from(one.text.substr(4));
        if (value) return {one.span, name};
        if (!scope.missing_variables.contains(name)) report_.add(run.key, Level::not_translated, "'${{ " + one.text + " }}' in a script");
        return {one.span, name, "not translated"};
    }
    auto const words = identifier_from(one.text, "value");
    if (!value) {
        report_.add(run.key, Level::not_translated, "'${{ " + one.text + " }}' in a script");
        return {one.span, variable_from(words), "not translated"};
    }
    auto const dot = one.text.rfind('.');
    auto const short_name = variable_from(identifier_from(dot == std::string::npos ? words : one.text.substr(dot + 1), "value"));
    for (std::string const& name : {short_name, variable_from(words), variable_from(words) + "_VALUE"}) {
        auto const* present = env.find(name);
        bool const same = present != nullptr && *present == Json(*value);
        bool const taken = present != nullptr || workflow_variables_.contains(name) || scope.missing_variables.contains(name) || is_special_variable(name) || holds_word(run.value.text, name);
        if (!same && taken) continue;
        env.set(name, *value);
        return {one.span, name};
    }
    report_.add(run.key, Level::not_translated, "'${{ " + one.text + " }}' in a script: no name for a variable is free");
    return {one.span, variable_from(words) + "_MISSING", "not translated"};
}

std::string GithubImport::with_our_outputs(Member const& run, std::string script) {
    constexpr std::string_view theirs = "GITHUB_OUTPUT", ours = "PAWL_OUTPUT";
    if (!holds_word(script, theirs)) return script;
    for (auto at = script.find(theirs); at != std::string::npos; at = script.find(theirs, at + ours.size())) script.replace(at, theirs.size(), ours);
    report_.add(run.key, Level::translated, "GITHUB_OUTPUT is PAWL_OUTPUT");
    return script;
}

void GithubImport::report_foreign_words(Member const& run, std::string const& script, GithubScope const& scope) {
    std::set<std::string> told;
    for (std::string_view const prefix : {"$GITHUB_", "${GITHUB_", "$RUNNER_", "${RUNNER_"}) {
        for (auto at = script.find(prefix); at != std::string::npos; at = script.find(prefix, at + 1)) {
            std::size_t const begin = script.find_first_not_of("${", at);
            std::string const name = script.substr(begin, script.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", begin) - begin);
            bool const known = scope.variables.contains(name) || scope.missing_variables.contains(name) || script.find(name + ":?not translated") != std::string::npos;
            if (!known && told.insert(name).second) report_.add(run.key, Level::not_translated, "the script reads " + name + ", which pawl does not set");
        }
    }
    for (std::string_view const command : {"::set-output", "::set-env", "::add-path", "::add-mask"})
        if (script.find(command) != std::string::npos) report_.add(run.key, Level::not_translated, "the script prints " + std::string(command) + ", which is only text here");
}

}  // namespace pawl::cli
