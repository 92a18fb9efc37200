// What can be typed: commands, their options and arguments, as plain tables. The parser, --help, completion and the man page's test read
// the same rows, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pawl::cli {

class Context;

/// Where a parsed value goes. The storage belongs to the command's own options, which its `run` keeps alive.
using Target = std::variant<bool*, std::string*, std::optional<std::string>*, std::optional<std::int64_t>*, std::vector<std::string>*>;

/// What completion offers for a value.
enum class Completes : std::uint8_t { nothing, files, workflows, runs, live_runs, steps, tests, conditions, choices };

struct Option {
    std::string names = {};  ///< "-d,--detach"
    std::string value = {};  ///< what stands for the value in help; empty: a flag
    std::string doc = {};    ///< one line, no full stop
    Target into = static_cast<bool*>(nullptr);
    std::vector<std::string> choices = {};
    Completes completes = Completes::nothing;
};

struct Argument {
    std::string name = {};  ///< "RUN", as in help
    std::string doc = {};
    Target into = static_cast<bool*>(nullptr);
    bool required = true;
    Completes completes = Completes::nothing;
    std::vector<std::string> choices = {};
};

struct Example {
    std::string line = {};
    std::string does = {};
};

struct Command {
    std::string path = {};  ///< "run cancel", as typed behind `pawl`
    std::string summary = {};
    std::string text = {};  ///< more help, wrapped by hand; may be empty
    std::vector<Argument> arguments = {};
    std::vector<Option> options = {};
    std::vector<std::string>* rest = nullptr;  ///< takes the words behind `--`
    std::string rest_name = {};
    std::vector<Example> examples = {};
    std::function<int(Context&)> run = {};
};

/// A row of the list of commands. `make` is called only for the command that was typed: start-up is a feature.
struct CommandEntry {
    std::string_view path;
    std::string_view summary;
    Command (*make)();
    bool hidden = false;
};
std::vector<CommandEntry> const& command_entries();
/// Nouns, with the verb that `pawl NOUN X` means when X is no verb of it ("run" → "start"); empty: none.
struct Noun {
    std::string_view name;
    std::string_view summary;
    std::string_view default_verb;
};
std::vector<Noun> const& nouns();
Noun const* noun_named(std::string_view name);

}  // namespace pawl::cli
