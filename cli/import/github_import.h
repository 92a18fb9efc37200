// The import of GitHub Actions at work: one object reads one file, section by section. Top to bottom: triggers and inputs, environment,
// then job by job in the order of `needs`. A job is a chain of steps; where a job may be skipped as a whole, a step without a program
// stands before it, which the others ask.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/import/github_scope.h"
#include "cli/import/imported.h"
#include "cli/import/script.h"
#include "common/base/json.h"

namespace pawl::cli {

struct GithubJob {
    std::string id;
    yaml::Node const* node = nullptr;
    std::vector<std::string> needs;
    GithubScope scope;
    JsonMap env;
    Json shell, dir, timeout;
    std::string gate;               ///< the step that decides whether the job runs; empty: none
    bool conditional = false;       ///< the gate may say no although nothing failed
    std::vector<std::string> ends;  ///< what a step waits for that comes next
    std::map<std::string, GithubValue> outputs;
    JsonMap items;                  ///< of a matrix: what each step says about it
    bool done = false;
};

Json as_condition(std::string const& cel);

class GithubImport {
public:
    explicit GithubImport(yaml::File const& file) : file_(file), report_(file.name) {}
    Imported run();

private:
    // ---- the workflow
    std::optional<Error> refusal(yaml::Node const& node, std::string message, std::string hint) const;
    std::optional<Error> read();
    void read_triggers(yaml::Node const& on, yaml::Node const& key);
    void trigger(yaml::Node const& place, std::string const& name, yaml::Node const* details);
    void read_input(yaml::Member const& member);
    /// The default, or what GitHub takes without one; null when a value must be given.
    Json default_of(yaml::Member const& member, GithubType kind, JsonList const& choices);
    void read_concurrency(yaml::Node const& root);
    void read_defaults(yaml::Node const& root);

    // ---- values
    /// The text with our expressions; nothing when one of them has no translation.
    static std::optional<std::string> template_text(std::string_view text, GithubScope const& scope);
    void read_env(yaml::Node const& map, GithubScope& scope, JsonMap& env);
    void read_env_of_job(GithubJob const& job, GithubScope& scope, JsonMap& env);
    /// Null: nothing is said. Nothing: a shell that has no translation.
    std::optional<Json> read_shell(yaml::Node const& map);
    Json read_dir(yaml::Node const& map, GithubScope const& scope);
    Json read_timeout(yaml::Node const& map);

    // ---- jobs
    void find_jobs(yaml::Node const& jobs);
    GithubJob* job_named(std::string_view id);
    /// Those first whose needs are done, else in the order of the file.
    std::optional<Error> read_jobs();
    void read_job(GithubJob& job, yaml::Node const& key);
    /// What a job says for all its steps.
    void read_frame(GithubJob& job);
    /// A job with a condition, or one that waits for others and has steps that also run after a failure, must know whether it began.
    void make_gate(GithubJob& job);
    static std::string did_run(GithubJob const& job);
    static bool has_status_steps(GithubJob const& job);
    void set_needs(JsonMap& step, std::vector<std::string> const& needs) const;
    void read_outputs(GithubJob& job);

    // ---- a matrix
    void read_strategy(GithubJob& job);
    bool read_combinations(GithubJob& job, yaml::Node const& matrix);
    bool read_axes(yaml::Node const& matrix, JsonMap& axes);
    std::optional<std::vector<JsonMap>> matrix_entries(yaml::Node const* list);
    std::optional<JsonMap> matrix_entry(yaml::Node const& map);
    std::string matrix_name(yaml::Node const& key);

    // ---- steps
    void read_step(GithubJob& job, yaml::Node const& node, std::size_t number);
    void finish_step(GithubJob& job, std::string const& id, std::string const& ours, bool has_status, JsonMap step);
    void read_action(yaml::Node const& node, std::string const& shown);
    /// Whether the step says itself what happens after a failure.
    bool read_condition(GithubJob const& job, yaml::Node const& node, std::string const& shown, JsonMap& step, std::string& comment);
    void read_limits(GithubJob const& job, yaml::Node const& node, JsonMap& step);

    // ---- scripts
    std::string read_script(yaml::Member const& run, GithubScope const& scope, JsonMap& env, bool posix);
    Replacement variable_for(yaml::Member const& run, Expression const& one, GithubScope const& scope, JsonMap& env);
    /// Both files have the same form.
    std::string with_our_outputs(yaml::Member const& run, std::string script);
    /// Variables and commands that only a runner of GitHub knows.
    void report_foreign_words(yaml::Member const& run, std::string const& script, GithubScope const& scope);

    yaml::File const& file_;
    Reporter report_;
    std::string name_;
    JsonMap document_, inputs_;
    GithubScope scope_;
    std::set<std::string> input_names_, step_names_, workflow_variables_;
    std::vector<GithubJob> jobs_;
    std::vector<yaml::Node const*> job_keys_;
    JsonList steps_;
    Json default_shell_;
    std::string last_step_;  ///< the one above in the list
};

}  // namespace pawl::cli
