// The whole of a file: triggers, inputs, environment, concurrency and defaults; and the values that all places share.
#include "cli/import/github_actions.h"

#include "cli/import/github_import.h"

#include <algorithm>

#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {

using yaml::Member;
using yaml::Node;

namespace {

bool is_given(Node const* node) { return node != nullptr && !node->is_empty(); }
std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

Imported GithubImport::run() {
    Imported result;
    if (auto refused = read()) result.refused = std::move(refused);
    else result.files.push_back({name_ + ".yaml", write_document(document_)});
    result.report = report_.take();
    return result;
}

std::optional<Error> GithubImport::refusal(Node const& node, std::string message, std::string hint) const {
    return Error{.code = code::invalid_value, .message = std::move(message), .where = node.where, .hint = std::move(hint)};
}

std::optional<Error> GithubImport::read() {
    Node const& root = file_.documents.front()->root;
    Node const* jobs = at(root, "jobs");
    if (jobs == nullptr || !jobs->is_map() || root.find("on") == nullptr)
        return refusal(root, "this is no workflow of GitHub Actions: it has no " + in_quotes(root.find("on") == nullptr ? "on" : "jobs"), "name a file of .github/workflows");
    auto const title = text_at(root, "name");
    name_ = object_name_from(title.empty() ? stem_of(file_.name) : title, "workflow");
    document_.set("kind", "workflow");
    document_.set("name", name_);
    if (!title.empty() && title != name_) document_.set("description", title);
    read_triggers(*at(root, "on"), root.find("on")->key);
    if (!inputs_.empty()) document_.set("inputs", inputs_);
    find_jobs(*jobs);
    JsonMap env;
    if (auto const* node = at(root, "env")) read_env(*node, scope_, env);
    if (jobs_.size() == 1 && jobs_.front().node->find("strategy") == nullptr) read_env_of_job(jobs_.front(), scope_, env);
    if (!env.empty()) document_.set("env", env);
    for (auto const& [name, text] : scope_.variables) workflow_variables_.insert(name);
    read_concurrency(root);
    read_defaults(root);
    for (auto const& member : root.members) report_.add_other(member, {"name", "on", "env", "concurrency", "defaults", "jobs"}, "");
    if (auto cycle = read_jobs()) return cycle;
    if (steps_.empty()) return refusal(*jobs, "nothing of this workflow can be translated: no job has a step with 'run'", "write the commands that its actions run: pawl new workflow " + name_);
    document_.set("steps", std::move(steps_));
    return {};
}

void GithubImport::read_triggers(Node const& on, Node const& key) {
    if (on.is_scalar()) trigger(on, on.text, nullptr);
    for (auto const& item : on.items) trigger(item, item.text, nullptr);
    for (auto const& member : on.members) trigger(member.key, member.key.text, &member.value);
    if (on.is_empty()) report_.add(key, Level::not_translated, "'on' is empty");
}

void GithubImport::trigger(Node const& place, std::string const& name, Node const* details) {
    bool const by_hand = name == "workflow_dispatch";
    if (name == "schedule" && details != nullptr && details->is_list()) {
        for (auto const& item : details->items) report_.add(item, Level::not_translated, "trigger schedule: cron " + in_quotes(text_at(item, "cron")) + "; start it with cron or a systemd timer: pawl run " + name_);
        return;
    }
    if (by_hand) report_.add(place, Level::translated, "trigger workflow_dispatch: pawl run " + name_);
    else report_.add(place, Level::not_translated, "trigger " + name);
    if (details == nullptr || (!by_hand && name != "workflow_call")) return;
    if (auto const* inputs = at(*details, "inputs"))
        for (auto const& member : inputs->members) read_input(member);
    for (auto const& member : details->members) report_.add_other(member, {"inputs"}, " of " + name);
}

void GithubImport::read_input(Member const& member) {
    auto const& theirs = member.key.text;
    if (scope_.inputs.contains(theirs)) return;  // workflow_dispatch and workflow_call often have the same
    auto const ours = unique_name(input_names_, identifier_from(theirs, "input"), '_');
    auto const type = text_at(member.value, "type");
    JsonList choices;
    for (auto const& text : texts_of(type == "choice" ? at(member.value, "options") : nullptr)) choices.emplace_back(text);
    bool const choice = !choices.empty();
    GithubType const kind = type == "boolean" ? GithubType::boolean : type == "number" ? GithubType::number : GithubType::text;
    JsonMap declaration;
    declaration.set("type", kind == GithubType::boolean ? "bool" : kind == GithubType::number ? "number" : "string");
    auto const description = text_at(member.value, "description");
    if (!description.empty()) declaration.set("description", description);
    if (choice) declaration.set("enum", choices);
    auto const standard = default_of(member, kind, choices);
    if (!standard.is_null()) declaration.set("default", standard);
    inputs_.set(ours, std::move(declaration));
    scope_.inputs[theirs] = {"inputs." + ours, kind};
    bool const exact = ours == theirs && (type.empty() || type == "string" || type == "boolean" || type == "number" || choice);
    report_.add(member.key, exact ? Level::translated : Level::approximated,
                "input " + in_quotes(theirs) + (ours != theirs ? " is named " + ours : "") + (type == "environment" ? " is a plain text" : ""));
    for (auto const& detail : member.value.members) report_.add_other(detail, {"type", "description", "options", "default", "required"}, " of the input " + in_quotes(theirs));
}

Json GithubImport::default_of(Member const& member, GithubType kind, JsonList const& choices) {
    Node const* node = at(member.value, "default");
    bool const given = is_given(node) && node->is_scalar();
    if (!given && text_at(member.value, "required") == "true") return {};
    if (kind == GithubType::boolean) return given && node->text == "true";
    if (kind == GithubType::text && choices.empty()) return given ? node->text : "";
    if (kind == GithubType::text && given && std::ranges::find(choices, Json(node->text)) != choices.end()) return node->text;
    if (kind == GithubType::number && given) {
        auto const number = parse_json(node->text);
        if (number && number->is_number()) return *number;
    }
    Json first = kind == GithubType::number ? Json(0) : choices.front();
    report_.add(member.key, Level::approximated, "the default of " + in_quotes(member.key.text) + " is " + (first.is_string() ? first.as_string() : "0"));
    return first;
}

void GithubImport::read_concurrency(Node const& root) {
    auto const* member = root.find("concurrency");
    if (member == nullptr) return;
    bool const short_form = member->value.is_scalar();
    auto const group = short_form ? std::optional(member->value.text) : std::optional(text_at(member->value, "group"));
    auto const text = template_text(*group, scope_);
    auto const replace = short_form ? "false" : text_at(member->value, "cancel-in-progress");
    if (!text || text->empty() || (replace != "true" && replace != "false" && !replace.empty())) {
        report_.add(member->key, Level::not_translated, "concurrency: " + in_quotes(text ? "cancel-in-progress: " + replace : *group));
        return;
    }
    JsonMap concurrency;
    concurrency.set("group", *text);
    concurrency.set("limit", 1);
    concurrency.set("on_conflict", replace == "true" ? "replace" : "queue");
    if (replace != "true") {  // of the waiting runs GitHub keeps the newest alone
        concurrency.set("max_queued", 1);
        concurrency.set("on_full", "latest");
    }
    document_.set("concurrency", std::move(concurrency));
    report_.add(member->key, Level::translated, "concurrency");
}

void GithubImport::read_defaults(Node const& root) {
    JsonMap defaults;
    defaults.set("shell", JsonList{"bash", "-e", "-c"});  // what GitHub takes when nothing is said
    if (auto const* node = at(root, "defaults")) {
        if (Node const* run = at(*node, "run")) {
            auto const shell = read_shell(*run);
            if (shell && !shell->is_null()) defaults.set("shell", *shell);
            auto const dir = read_dir(*run, scope_);
            if (!dir.is_null()) defaults.set("dir", dir);
        }
    }
    default_shell_ = *defaults.find("shell");
    document_.set("defaults", std::move(defaults));
}

std::optional<std::string> GithubImport::template_text(std::string_view text, GithubScope const& scope) {
    std::string result;
    std::size_t from = 0;
    for (auto const& one : expressions_in(text)) {
        auto const value = scope.pasted(one.text);
        if (!value) return {};
        result += std::string(text.substr(from, one.span.begin - from)) + *value;
        from = one.span.end;
    }
    return result + std::string(text.substr(from));
}

void GithubImport::read_env(Node const& map, GithubScope& scope, JsonMap& env) {
    for (auto const& member : map.members) {
        auto const name = variable_from(member.key.text);
        if (name != member.key.text) report_.add(member.key, Level::approximated, "the variable " + member.key.text + " is named " + name + ", also for scripts that read it");
        auto const text = member.value.is_scalar() || member.value.is_empty() ? template_text(member.value.text, scope) : std::nullopt;
        bool const steers = text && text->find("${{") != std::string::npos && is_special_variable(name);
        if (!text || steers) {
            report_.add(member.key, Level::not_translated, "env " + name + ": " + first_line(member.value.text));
            scope.variables.erase(name);
            scope.missing_variables.insert(name);
            continue;
        }
        env.set(name, *text);
        scope.variables[name] = *text;
        scope.missing_variables.erase(name);
    }
}

void GithubImport::read_env_of_job(GithubJob const& job, GithubScope& scope, JsonMap& env) {
    if (auto const* node = at(*job.node, "env")) read_env(*node, scope, env);
}

std::optional<Json> GithubImport::read_shell(Node const& map) {
    auto const* member = map.find("shell");
    if (member == nullptr) return Json();
    auto const& text = member->value.text;
    if (text == "bash" || text == "sh") return Json(text);
    std::optional<Json> shell;
    std::vector<std::string> parts;
    for (auto const part : split(text, ' '))
        if (!part.empty()) parts.emplace_back(part);
    bool const own_command = parts.size() > 1 && parts.back() == "{0}" && (parts[0] == "bash" || parts[0] == "sh" || parts[0] == "zsh");
    if (text == "python") shell = JsonList{"python3", "-c"};
    if (text == "pwsh") shell = JsonList{"pwsh", "-Command"};
    if (own_command) {
        parts.back() = "-c";
        shell = JsonList(parts.begin(), parts.end());
    }
    if (shell) report_.add(member->key, Level::approximated, "shell " + in_quotes(text) + ": the script is an argument, no file");
    else report_.add(member->key, Level::not_translated, "shell " + in_quotes(text));
    return shell;
}

Json GithubImport::read_dir(Node const& map, GithubScope const& scope) {
    auto const* member = map.find("working-directory");
    if (member == nullptr) return {};
    auto const text = template_text(member->value.text, scope);
    if (text && !text->empty()) return *text;
    report_.add(member->key, Level::not_translated, "working-directory " + in_quotes(member->value.text));
    return {};
}

Json GithubImport::read_timeout(Node const& map) {
    auto const* member = map.find("timeout-minutes");
    if (member == nullptr) return {};
    auto const value = yaml::scalar_to_json(member->value);
    if (value.is_int() && value.as_int() > 0 && value.as_int() < 1000000) return std::to_string(value.as_int()) + "m";
    report_.add(member->key, Level::not_translated, "timeout-minutes: " + member->value.text);
    return {};
}

Imported import_github_actions(yaml::File const& file) { return GithubImport(file).run(); }

}  // namespace pawl::cli
