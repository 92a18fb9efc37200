// The import of Dagu at work: one object reads one file. First the names, as steps may wait for later ones; then step by step. Dagu puts
// variables into texts itself; here the shell does that in scripts, and an expression elsewhere.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/import/imported.h"
#include "common/base/json.h"

namespace pawl::cli {

struct DaguStep {
    std::string name;  ///< Dagu's
    std::string id;    ///< ours; empty: left out
    yaml::Node const* node = nullptr;
    std::vector<std::string> depends;
    std::string output, captured_by;  ///< its variable in capitals, and our output
};

bool is_word(char c);  ///< of the name of a variable
/// Calls `use` for each `$NAME` and `${NAME}`: with its place, its length and its name.
void each_variable(std::string_view text, std::function<void(std::size_t, std::size_t, std::string)> const& use);
std::string quoted_for_shell(std::string const& word);

class DaguImport {
public:
    using Variables = std::map<std::string, std::string>;  ///< name → text with `${{ }}`
    explicit DaguImport(yaml::File const& file) : file_(file), report_(file.name) {}
    Imported run();

private:
    std::optional<Error> read();

    // ---- the whole
    void read_params(yaml::Member const& params);
    /// At spaces, which double quotes keep together.
    static std::vector<std::string> words_of(std::string_view text);
    void param(yaml::Node const& place, std::string const& text);
    void named_param(yaml::Node const& place, std::string const& theirs, std::string const& standard);
    void read_frame(yaml::Node const& root);

    // ---- values
    /// The text with the values of its variables; nothing when one is unknown, or a command is to be run for it.
    std::optional<std::string> with_values(std::string_view text, Variables const& variables) const;
    std::string our_variable(std::string const& theirs) const;
    void read_env(yaml::Node const& node, Variables& variables, JsonMap& env);
    void set_variable(yaml::Node const& place, std::string const& theirs, std::string const& text, Variables& variables, JsonMap& env);
    Json seconds_at(yaml::Node const& map, std::string_view key);
    Json dir_of(yaml::Node const& map, std::string_view key, Variables const& variables);
    Json shell_of(yaml::Node const& map, std::string_view key);
    static yaml::Member const* precondition_of(yaml::Node const& map);
    /// Comparisons of a param with a text; nothing for commands.
    std::optional<std::string> condition_of(yaml::Member const& member);

    // ---- steps
    void find_steps(yaml::Node const& steps, yaml::Node const& key);
    void find_step(yaml::Node const& node, std::string const& name);
    /// Commands and scripts; what needs one of Dagu's own executors is left out.
    bool can_be_run(yaml::Node const& node, std::string const& shown);
    DaguStep const* step_named(std::string_view name) const;
    /// What stands for a step that is left out: what it waits for.
    void add_needs(DaguStep const& step, std::vector<std::string>& needs, std::set<std::string>& seen) const;
    /// All steps that have ended before this one begins.
    void add_earlier(DaguStep const& step, std::set<std::string>& earlier) const;
    JsonMap read_step(DaguStep const& step, bool first);
    /// What is common to steps and handlers.
    void read_work(yaml::Node const& node, DaguStep const& step, std::set<std::string> const& earlier, JsonMap& made);
    static std::string command_of(yaml::Node const& node);
    std::string our_names(std::string_view text) const;
    /// Variables that an earlier step set by `output`.
    void add_captured(std::string const& run, std::set<std::string> const& earlier, JsonMap& env) const;
    /// A variable without a translation ends the step: empty it could do harm.
    std::string guards(std::string const& run, Variables const& variables, JsonMap const& env) const;
    static std::string capturing(std::string run, std::string const& output);
    void read_limits(yaml::Node const& node, JsonMap& made);
    void read_continue(yaml::Member const& member, JsonMap& made);
    void read_retry(yaml::Member const& member, JsonMap& made);
    void read_handlers(yaml::Node const& handlers);

    yaml::File const& file_;
    Reporter report_;
    std::string name_, last_step_;
    JsonMap document_, inputs_, input_variables_;
    Variables variables_;  ///< name → text with `${{ }}`
    std::map<std::string, std::string> renamed_, inputs_by_variable_;
    std::set<std::string> input_names_, step_names_, missing_;
    std::vector<DaguStep> steps_;
    std::size_t positions_ = 0;
    bool chain_ = true;
};

}  // namespace pawl::cli
