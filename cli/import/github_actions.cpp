// Top to bottom: triggers and inputs, environment, then job by job in the order of `needs`. A job is a chain of steps; where a job may be
// skipped as a whole, a step without a program stands before it, which the others ask.
#include "cli/import/github_actions.h"

#include "cli/import/github_scope.h"
#include "cli/import/names.h"
#include "cli/import/nodes.h"
#include "cli/import/script.h"
#include "cli/import/writer.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

using yaml::Member;
using yaml::Node;

struct Job {
    std::string id;
    Node const* node = nullptr;
    std::vector<std::string> needs;
    GithubScope scope;
    JsonMap env;
    Json shell, dir, timeout;
    std::string gate;               ///< the step that decides whether the job runs; empty: none
    bool conditional = false;       ///< the gate may say no although nothing failed
    std::vector<std::string> ends;  ///< what a step waits for that comes next
    std::map<std::string, GithubValue> outputs;
    bool done = false;
};

bool is_given(Node const* node) { return node != nullptr && !node->is_empty(); }
std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

Json as_condition(std::string const& cel) {
    if (cel == "false") return false;
    return cel;
}

class GithubImport {
public:
    explicit GithubImport(yaml::File const& file) : file_(file), report_(file.name) {}

    Imported run() {
        Imported result;
        if (auto refused = read()) result.refused = std::move(refused);
        else result.files.push_back({name_ + ".yaml", write_document(document_)});
        result.report = report_.take();
        return result;
    }

private:
    // ---- the workflow

    std::optional<Error> refusal(Node const& node, std::string message, std::string hint) const {
        return Error{.code = code::invalid_value, .message = std::move(message), .where = node.where, .hint = std::move(hint)};
    }

    std::optional<Error> read() {
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
        if (jobs_.size() == 1) read_env_of_job(jobs_.front(), scope_, env);
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

    void read_triggers(Node const& on, Node const& key) {
        if (on.is_scalar()) trigger(on, on.text, nullptr);
        for (auto const& item : on.items) trigger(item, item.text, nullptr);
        for (auto const& member : on.members) trigger(member.key, member.key.text, &member.value);
        if (on.is_empty()) report_.add(key, Level::not_translated, "'on' is empty");
    }

    void trigger(Node const& place, std::string const& name, Node const* details) {
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

    void read_input(Member const& member) {
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

    /// The default, or what GitHub takes without one; null when a value must be given.
    Json default_of(Member const& member, GithubType kind, JsonList const& choices) {
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

    void read_concurrency(Node const& root) {
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

    void read_defaults(Node const& root) {
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

    // ---- values

    /// The text with our expressions; nothing when one of them has no translation.
    static std::optional<std::string> template_text(std::string_view text, GithubScope const& scope) {
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

    void read_env(Node const& map, GithubScope& scope, JsonMap& env) {
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

    void read_env_of_job(Job const& job, GithubScope& scope, JsonMap& env) {
        if (auto const* node = at(*job.node, "env")) read_env(*node, scope, env);
    }

    /// Null: nothing is said. Nothing: a shell that has no translation.
    std::optional<Json> read_shell(Node const& map) {
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

    Json read_dir(Node const& map, GithubScope const& scope) {
        auto const* member = map.find("working-directory");
        if (member == nullptr) return {};
        auto const text = template_text(member->value.text, scope);
        if (text && !text->empty()) return *text;
        report_.add(member->key, Level::not_translated, "working-directory " + in_quotes(member->value.text));
        return {};
    }

    Json read_timeout(Node const& map) {
        auto const* member = map.find("timeout-minutes");
        if (member == nullptr) return {};
        auto const value = yaml::scalar_to_json(member->value);
        if (value.is_int() && value.as_int() > 0 && value.as_int() < 1000000) return std::to_string(value.as_int()) + "m";
        report_.add(member->key, Level::not_translated, "timeout-minutes: " + member->value.text);
        return {};
    }

    // ---- jobs

    void find_jobs(Node const& jobs) {
        for (auto const& member : jobs.members) {
            Job job;
            job.id = member.key.text;
            job.node = &member.value;
            job.needs = texts_of(at(member.value, "needs"));
            jobs_.push_back(std::move(job));
            job_keys_.push_back(&member.key);
        }
    }

    Job* job_named(std::string_view id) {
        auto const found = std::ranges::find(jobs_, id, &Job::id);
        return found == jobs_.end() ? nullptr : &*found;
    }

    /// Those first whose needs are done, else in the order of the file.
    std::optional<Error> read_jobs() {
        auto const is_ready = [&](Job const& job) {
            return !job.done && std::ranges::all_of(job.needs, [&](auto const& need) { return job_named(need) == nullptr || job_named(need)->done; });
        };
        for (std::size_t count = 0; count < jobs_.size(); ++count) {
            auto const next = std::ranges::find_if(jobs_, is_ready);
            if (next == jobs_.end()) return refusal(*job_keys_.front(), "the jobs wait for each other", "break the circle of their 'needs'");
            read_job(*next, *job_keys_[static_cast<std::size_t>(next - jobs_.begin())]);
            next->done = true;
        }
        return {};
    }

    void read_job(Job& job, Node const& key) {
        job.scope = scope_;
        std::vector<std::string> waits_for;
        for (auto const& need : job.needs) {
            auto const* other = job_named(need);
            if (other == nullptr) {
                report_.add(key, Level::error, "job " + job.id + " needs " + in_quotes(need) + ", which is no job");
                continue;
            }
            for (auto const& end : other->ends)
                if (std::ranges::find(waits_for, end) == waits_for.end()) waits_for.push_back(end);
            for (auto const& [name, value] : other->outputs) job.scope.needs[need + "." + name] = value;
        }
        job.ends = waits_for;
        for (auto const& member : job.node->members)
            report_.add_other(member, {"name", "needs", "if", "env", "steps", "outputs", "runs-on", "timeout-minutes", "defaults", "strategy", "uses", "with", "secrets"}, " of job " + job.id);
        if (auto const* member = job.node->find("uses")) {
            report_.add(member->key, Level::not_translated, "job " + job.id + " uses " + member->value.text + ": it has no steps here");
            return;
        }
        read_frame(job);
        make_gate(job);
        if (auto const* steps = at(*job.node, "steps"))
            for (std::size_t i = 0; i < steps->items.size(); ++i) read_step(job, steps->items[i], i + 1);
        read_outputs(job);
    }

    /// What a job says for all its steps.
    void read_frame(Job& job) {
        if (jobs_.size() > 1) read_env_of_job(job, job.scope, job.env);
        if (auto const* member = job.node->find("runs-on")) report_.add(member->key, Level::approximated, "runs-on of job " + job.id + ": all steps run on the machine of the daemon");
        if (auto const* member = job.node->find("strategy")) report_.add(member->key, Level::not_translated, "strategy of job " + job.id + ": its steps run once");
        job.timeout = read_timeout(*job.node);
        if (!job.timeout.is_null()) report_.add(job.node->find("timeout-minutes")->key, Level::approximated, "timeout-minutes of job " + job.id + " holds for each of its steps");
        auto const* defaults = at(*job.node, "defaults");
        auto const* run = defaults == nullptr ? nullptr : at(*defaults, "run");
        if (run == nullptr) return;
        job.shell = read_shell(*run).value_or(Json());
        job.dir = read_dir(*run, job.scope);
    }

    /// A job with a condition, or one that waits for others and has steps that also run after a failure, must know whether it began.
    void make_gate(Job& job) {
        auto const* member = job.node->find("if");
        std::string condition;
        if (member != nullptr) {
            auto const found = job.scope.condition(member->value.text);
            condition = found ? found->cel : "false";
            if (!found) report_.add(member->key, Level::not_translated, "if of job " + job.id + ": " + member->value.text + "; the job is switched off until you write the condition");
            else if (!condition.empty()) report_.add(member->key, Level::translated, "if of job " + job.id);
            job.conditional = !condition.empty();
        }
        bool const runs_anyway = condition.find("always()") != std::string::npos;
        for (auto const& need : job.needs) {
            auto const* other = job_named(need);
            if (other == nullptr || other->gate.empty() || !other->conditional || runs_anyway) continue;
            condition += (condition.empty() ? "" : " && ") + did_run(*other);
            job.conditional = true;
        }
        if (!job.conditional && (job.ends.empty() || !has_status_steps(job))) return;
        JsonMap step, with;
        with.set("began", true);
        if (member != nullptr && condition == "false") step.set(std::string(comment_key), "Not translated: if: " + member->value.text);
        job.gate = unique_name(step_names_, identifier_from(job.id, "job"), '_');
        step.set("id", job.gate);
        set_needs(step, job.ends);
        if (!condition.empty()) step.set("if", as_condition(condition));
        step.set("uses", "set");
        step.set("with", std::move(with));
        steps_.emplace_back(std::move(step));
        last_step_ = job.gate;
        job.ends = {job.gate};
    }

    static std::string did_run(Job const& job) { return "steps." + job.gate + ".status != 'skipped'"; }

    static bool has_status_steps(Job const& job) {
        auto const* steps = at(*job.node, "steps");
        return steps != nullptr && std::ranges::any_of(steps->items, [](Node const& step) {
            auto const text = text_at(step, "if");
            return text.find("always()") != std::string::npos || text.find("failure()") != std::string::npos || text.find("cancelled()") != std::string::npos;
        });
    }

    void set_needs(JsonMap& step, std::vector<std::string> const& needs) const {
        if (needs.size() == 1 && needs.front() == last_step_) return;  // the default
        step.set("needs", JsonList(needs.begin(), needs.end()));
    }

    void read_outputs(Job& job) {
        auto const* outputs = at(*job.node, "outputs");
        if (outputs == nullptr) return;
        for (auto const& member : outputs->members) {
            auto const found = expressions_in(member.value.text);
            bool const whole = found.size() == 1 && found.front().span.end - found.front().span.begin == trim(member.value.text).size();
            auto const value = whole ? job.scope.value(found.front().text) : std::nullopt;
            report_.add(member.key, value ? Level::translated : Level::not_translated, "output " + member.key.text + " of job " + job.id);
            if (value) job.outputs[member.key.text] = *value;
        }
    }

    // ---- steps

    void read_step(Job& job, Node const& node, std::size_t number) {
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

    void finish_step(Job& job, std::string const& id, std::string const& ours, bool has_status, JsonMap step) {
        steps_.emplace_back(std::move(step));
        last_step_ = ours;
        if (!id.empty()) job.scope.step_ids[id] = ours;
        // A step that runs after a failure hides it from those behind: they wait for what was before it, too.
        if (!has_status) job.ends.clear();
        job.ends.push_back(ours);
    }

    void read_action(Node const& node, std::string const& shown) {
        auto const* uses = node.find("uses");
        if (uses == nullptr) return report_.add(node, Level::error, shown + " has neither 'run' nor 'uses'");
        bool const checkout = uses->value.text.starts_with("actions/checkout@");
        report_.add(uses->key, checkout ? Level::approximated : Level::not_translated,
                    shown + ": uses " + uses->value.text + (checkout ? "; steps run in the project's folder as it is" : ""));
    }

    /// Whether the step says itself what happens after a failure.
    bool read_condition(Job const& job, Node const& node, std::string const& shown, JsonMap& step, std::string& comment) {
        auto const* member = node.find("if");
        std::optional<GithubCondition> condition = GithubCondition{};
        if (member != nullptr) {
            condition = job.scope.condition(member->value.text);
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

    void read_limits(Job const& job, Node const& node, JsonMap& step) {
        if (auto const* member = node.find("continue-on-error")) {
            auto const& text = member->value.text;
            if (text == "true") step.set("continue_on_error", true);
            else if (text != "false") report_.add(member->key, Level::not_translated, "continue-on-error: " + text);
        }
        auto const timeout = read_timeout(node);
        if (!timeout.is_null() || !job.timeout.is_null()) step.set("timeout", timeout.is_null() ? job.timeout : timeout);
    }

    // ---- scripts

    std::string read_script(Member const& run, GithubScope const& scope, JsonMap& env, bool posix) {
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

    Replacement variable_for(Member const& run, Expression const& one, GithubScope const& scope, JsonMap& env) {
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

    /// Both files have the same form.
    std::string with_our_outputs(Member const& run, std::string script) {
        constexpr std::string_view theirs = "GITHUB_OUTPUT", ours = "PAWL_OUTPUT";
        if (!holds_word(script, theirs)) return script;
        for (auto at = script.find(theirs); at != std::string::npos; at = script.find(theirs, at + ours.size())) script.replace(at, theirs.size(), ours);
        report_.add(run.key, Level::translated, "GITHUB_OUTPUT is PAWL_OUTPUT");
        return script;
    }

    /// Variables and commands that only a runner of GitHub knows.
    void report_foreign_words(Member const& run, std::string const& script, GithubScope const& scope) {
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

    yaml::File const& file_;
    Reporter report_;
    std::string name_;
    JsonMap document_, inputs_;
    GithubScope scope_;
    std::set<std::string> input_names_, step_names_, workflow_variables_;
    std::vector<Job> jobs_;
    std::vector<Node const*> job_keys_;
    JsonList steps_;
    Json default_shell_;
    std::string last_step_;  ///< the one above in the list
};

}  // namespace

Imported import_github_actions(yaml::File const& file) { return GithubImport(file).run(); }

}  // namespace pawl::cli
