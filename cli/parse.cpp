// The wrapper around CLI11, the only file that includes it. It sees one command at a time, never the whole tree: nested CLI11 subcommands
// take a workflow called `watch` for a verb, and building them all would cost start-up time.
#include "cli/parse.h"

#include <CLI/CLI.hpp>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

template <class... Visitors>
struct overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
overloaded(Visitors...) -> overloaded<Visitors...>;

Error usage_error(std::string message, std::string hint = "") {
    return Error{.code = code::usage, .message = std::move(message), .where = {}, .hint = std::move(hint), .severity = Severity::error, .notes = {}, .fixes = {}};
}

bool takes_value(Option const& option) { return !option.value.empty(); }

/// Does `word` spell this option, and is its value the next word?
bool eats_next_word(std::vector<Option> const& options, std::string_view word) {
    for (auto const& option : options) {
        if (!takes_value(option)) continue;
        for (auto const name : split(option.names, ',')) {
            if (word == name) return true;
        }
    }
    return false;
}

/// Indices of the words before `--` that are neither options nor values of `options`.
std::vector<std::size_t> plain_words(std::vector<std::string> const& words, std::vector<Option> const& options) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        if (eats_next_word(options, words[i])) ++i;
        else if (words[i].size() < 2 || words[i].front() != '-') found.push_back(i);
    }
    return found;
}

CommandEntry const* entry_named(std::string_view path) {
    for (auto const& entry : command_entries()) {
        if (entry.path == path) return &entry;
    }
    return nullptr;
}

CLI::Option* add(CLI::App& app, std::string const& names, std::string const& doc, Target const& into) {
    return std::visit(
        overloaded{
            [&](bool* flag) { return app.add_flag(names, *flag, doc); },
            [&](std::string* text) { return app.add_option(names, *text, doc); },
            [&](std::optional<std::string>* text) {
                return app.add_option_function<std::string>(names, [text](std::string const& value) { *text = value; }, doc);
            },
            [&](std::optional<std::int64_t>* number) {
                return app.add_option_function<std::int64_t>(names, [number](std::int64_t value) { *number = value; }, doc);
            },
            [&](std::vector<std::string>* list) {
                // Without these two a list option eats the words behind it.
                return app.add_option(names, *list, doc)->take_all()->allow_extra_args(false);
            },
        },
        into);
}

void add_options(CLI::App& app, std::vector<Option> const& options) {
    for (auto const& option : options) {
        auto* added = add(app, option.names, option.doc, option.into);
        if (!takes_value(option)) continue;
        if (!std::holds_alternative<std::vector<std::string>*>(option.into)) added->take_last();
        if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
    }
}

void add_arguments(CLI::App& app, std::vector<Argument> const& arguments) {
    for (auto const& argument : arguments) {
        auto* added = add(app, argument.name, argument.doc, argument.into);
        if (std::holds_alternative<std::vector<std::string>*>(argument.into)) added->expected(argument.required ? 1 : 0, 1'000'000)->allow_extra_args(true);
        if (argument.required) added->required();
        if (!argument.choices.empty()) added->check(CLI::IsMember(argument.choices));
    }
}

std::vector<std::string_view> all_names(Command const& command, std::vector<Option> const& globals) {
    std::vector<std::string_view> names{"--help", "--version"};
    for (auto const* options : {&command.options, &globals}) {
        for (auto const& option : *options) {
            for (auto const name : split(option.names, ',')) names.push_back(name);
        }
    }
    return names;
}

/// CLI11 tells what it did not understand as a list of words; the first option among them is the one to explain.
Error explain_extras(std::vector<std::string> const& extras, Command const& command, std::vector<Option> const& globals) {
    for (auto const& word : extras) {
        if (word.size() < 2 || word.front() != '-') continue;
        auto const name = word.substr(0, word.find('='));
        if (command.rest != nullptr) {
            return usage_error("unknown option '" + name + "' of 'pawl " + command.path + "'", "put -- before the command that is to be executed");
        }
        auto const near = nearest(name, all_names(command, globals));
        return usage_error("unknown option '" + name + "' of 'pawl " + command.path + "'", near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
    }
    auto const word = extras.empty() ? std::string() : extras.front();
    if (command.rest != nullptr) return usage_error("unexpected argument '" + word + "'", "put -- before the command that is to be executed");
    return usage_error("unexpected argument '" + word + "' of 'pawl " + command.path + "'");
}

std::string name_of_choice_error(std::string const& text) {
    // CLI11: "--format: xml not in {text,json}".
    auto const colon = text.find(": ");
    auto const not_in = text.find(" not in {");
    if (colon == std::string::npos || not_in == std::string::npos || not_in < colon) return "";
    auto const option = text.substr(0, colon);
    auto const value = text.substr(colon + 2, not_in - colon - 2);
    return "'" + value + "' is no value of " + option;
}

std::string_view nearest_by_one(std::string_view word, std::vector<std::string_view> const& candidates) {
    for (auto const candidate : candidates) {
        std::size_t same_start = 0, same_end = 0;
        std::size_t const shorter = std::min(word.size(), candidate.size());
        while (same_start < shorter && word[same_start] == candidate[same_start]) ++same_start;
        while (same_end < shorter - same_start && word[word.size() - 1 - same_end] == candidate[candidate.size() - 1 - same_end]) ++same_end;
        if (same_start + same_end + 1 >= std::max(word.size(), candidate.size())) return candidate;
    }
    return "";
}

Error choice_error(std::string const& text) {
    auto const message = name_of_choice_error(text);
    if (message.empty()) return usage_error(text);
    auto const open = text.find('{');
    auto const close = text.rfind('}');
    auto const list = std::string_view(text).substr(open + 1, close - open - 1);
    auto const choices = split(list, ',');
    auto const value = std::string_view(text).substr(text.find(": ") + 2, text.find(" not in {") - text.find(": ") - 2);
    // Of two short words like bash and tcsh, two letters are no likeness: half of the word has to be right.
    auto const near = value.size() < 6 ? nearest_by_one(value, choices) : nearest(value, choices);
    if (!near.empty()) return usage_error(message, "did you mean '" + std::string(near) + "'?");
    std::string all;
    for (auto const choice : choices) all += (all.empty() ? "" : ", ") + std::string(choice);
    return usage_error(message, "one of: " + all);
}

/// CLI11: "Could not convert: --limit = abc".
Error number_error(std::string const& text) {
    auto const colon = text.find(": "), equals = text.find(" = ");
    if (colon == std::string::npos || equals == std::string::npos || equals < colon) return usage_error("a number is needed: " + text);
    return usage_error("'" + text.substr(equals + 3) + "' is no value of " + text.substr(colon + 2, equals - colon - 2), "it is a whole number, like 50");
}

Error missing_argument(Command const& command, std::string const& text) {
    for (auto const& argument : command.arguments) {
        if (text.find(argument.name) != std::string::npos) {
            return usage_error("'pawl " + command.path + "' needs " + argument.name + ": " + argument.doc);
        }
    }
    return usage_error(text);
}

enum class Outcome { filled, help, version };

/// A name that the command uses itself (`-o FILE` of plan) is not the global one there; its long form still is.
std::vector<Option> without_names_of(Command const& command, std::vector<Option> shared) {
    auto const taken = [&](std::string_view name) {
        return std::any_of(command.options.begin(), command.options.end(), [&](Option const& own) {
            auto const names = split(own.names, ',');
            return std::find(names.begin(), names.end(), name) != names.end();
        });
    };
    for (auto& option : shared) {
        std::vector<std::string> left;
        for (auto const name : split(option.names, ',')) {
            if (!taken(name)) left.emplace_back(name);
        }
        option.names = join(left, ",");
    }
    return shared;
}

Result<Outcome> fill(Command& command, std::vector<std::string> words, GlobalOptions& globals) {
    auto const shared = without_names_of(command, global_options(globals));
    CLI::App app;
    app.set_help_flag("-h,--help");
    bool version = false;
    app.add_flag("--version", version);
    add_options(app, command.options);
    add_options(app, shared);
    add_arguments(app, command.arguments);
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    try {
        app.parse(std::move(words));
    } catch (CLI::CallForHelp const&) {
        return Outcome::help;
    } catch (CLI::ExtrasError const&) {
        if (version) return Outcome::version;
        return explain_extras(app.remaining(), command, shared);
    } catch (CLI::ValidationError const& error) {
        return choice_error(error.what());
    } catch (CLI::RequiredError const& error) {
        if (version) return Outcome::version;
        return missing_argument(command, error.what());
    } catch (CLI::ArgumentMismatch const& error) {
        std::string const text = error.what();
        return usage_error("option " + text.substr(0, text.find(':')) + " needs a value");
    } catch (CLI::ConversionError const& error) {
        return number_error(error.what());
    } catch (CLI::Error const& error) {
        return usage_error(error.what());
    }
    return version ? Outcome::version : Outcome::filled;
}

/// What other tools call it.
std::string_view known_elsewhere(std::string_view word) {
    if (word == "list" || word == "ls") return "pawl run ls lists runs, pawl workflow ls workflows, pawl ps what runs now";
    if (word == "stop") return "pawl cancel RUN stops a run, pawl daemon stop the daemon";
    if (word == "kill") return "pawl cancel RUN --now kills a run at once";
    if (word == "start") return "pawl run NAME starts a run, pawl daemon start the daemon";
    if (word == "log") return "pawl logs RUN";
    if (word == "show") return "pawl inspect RUN, or pawl inspect NAME";
    if (word == "validate" || word == "lint") return "pawl check [PATH...]";
    if (word == "apply") return "pawl deploy PATH...";
    return "";
}

Error unknown_command(Located const& located) {
    std::vector<std::string_view> names;
    std::string prefix;
    if (located.noun != nullptr) {
        prefix = std::string(located.noun->name) + " ";
        for (auto const& entry : command_entries()) {
            if (entry.path.starts_with(prefix)) names.push_back(entry.path.substr(prefix.size()));
        }
    } else {
        for (auto const& entry : command_entries()) {
            if (!entry.hidden && entry.path.find(' ') == std::string_view::npos) names.push_back(entry.path);
        }
        for (auto const& noun : nouns()) names.push_back(noun.name);
    }
    if (prefix.empty()) {
        if (auto const ours = known_elsewhere(located.unknown); !ours.empty()) return usage_error("unknown command '" + located.unknown + "'", std::string(ours));
    }
    auto const near = nearest(located.unknown, names);
    return usage_error("unknown command '" + prefix + located.unknown + "'", near.empty() ? "" : "did you mean 'pawl " + prefix + std::string(near) + "'?");
}

}  // namespace

std::vector<Option> global_options(GlobalOptions& globals) {
    return {
        {.names = "-o,--output", .value = "FORMAT", .doc = "how data is printed", .into = &globals.output,
         .choices = {"table", "wide", "json", "jsonl", "yaml", "csv", "name"}, .completes = Completes::choices},
        {.names = "--filter", .value = "CEL", .doc = "only items for which the expression is true, in lists", .into = &globals.filter},
        {.names = "-q,--quiet", .doc = "no talk, only data and errors", .into = &globals.quiet},
        {.names = "-v,--verbose", .doc = "say more", .into = &globals.verbose},
        {.names = "--color", .value = "WHEN", .doc = "colours", .into = &globals.color, .choices = {"auto", "always", "never"}, .completes = Completes::choices},
        {.names = "--no-color", .doc = "as --color never", .into = &globals.no_color},
        {.names = "--ascii", .doc = "no symbols outside ASCII", .into = &globals.ascii},
        {.names = "--progress", .value = "MODE", .doc = "how a run is followed", .into = &globals.progress,
         .choices = {"auto", "tty", "plain", "json"}, .completes = Completes::choices},
        {.names = "--socket", .value = "PATH", .doc = "the daemon's socket", .into = &globals.socket, .completes = Completes::files},
        {.names = "--user", .doc = "the daemon of this user", .into = &globals.user},
        {.names = "--system", .doc = "the daemon of the system", .into = &globals.system},
        {.names = "--timeout", .value = "SPAN", .doc = "how long to wait for an answer of the daemon (10s)", .into = &globals.timeout},
        {.names = "--yes", .doc = "answer every question with yes", .into = &globals.yes},
    };
}

Located locate(std::vector<std::string> const& words) {
    GlobalOptions ignored;
    auto const globals = global_options(ignored);
    Located found;
    auto const plain = plain_words(words, globals);
    if (plain.empty()) return found;
    auto const first = plain.front();
    found.noun = noun_named(words[first]);
    if (found.noun == nullptr) {
        found.entry = entry_named(words[first]);
        if (found.entry == nullptr) found.unknown = words[first];
        else found.name_words = {first};
        return found;
    }
    // Options of the default verb may stand before the word that could be another verb: `run -i a=b ls` starts a workflow called ls? No:
    // verbs win, and a workflow called ls is started by `run start ls`.
    std::vector<Option> options = globals;
    Command fallback;
    if (!found.noun->default_verb.empty()) {
        auto const* entry = entry_named(std::string(found.noun->name) + " " + std::string(found.noun->default_verb));
        fallback = entry->make();
        options.insert(options.end(), fallback.options.begin(), fallback.options.end());
    }
    auto const candidates = plain_words(words, options);
    auto const second = std::find_if(candidates.begin(), candidates.end(), [&](std::size_t i) { return i > first; });
    if (second != candidates.end()) {
        if (auto const* entry = entry_named(std::string(found.noun->name) + " " + words[*second])) {
            found.entry = entry;
            found.name_words = {first, *second};
            return found;
        }
        if (found.noun->default_verb.empty()) found.unknown = words[*second];
    }
    if (!found.noun->default_verb.empty()) {
        found.entry = entry_named(fallback.path);
        found.name_words = {first};
    }
    return found;
}

Result<Parsed> parse_words(std::vector<std::string> const& words, GlobalOptions& globals, std::string& failed_in) {
    auto const located = locate(words);
    Parsed parsed;
    if (located.entry == nullptr) {
        auto const asks = [&](std::string_view name) { return std::find(words.begin(), words.end(), name) != words.end(); };
        if (!located.unknown.empty()) {
            if (located.noun != nullptr) failed_in = located.noun->name;
            return unknown_command(located);
        }
        if (asks("--version") && located.noun == nullptr) {
            parsed.version = true;
            return parsed;
        }
        parsed.help = true;
        if (located.noun != nullptr) parsed.command.path = std::string(located.noun->name);
        if (words.empty() || asks("--help") || asks("-h")) return parsed;
        if (located.noun != nullptr) return usage_error("'pawl " + parsed.command.path + "' needs a verb", "see pawl help " + parsed.command.path);
        auto filled = fill(parsed.command, words, globals);
        if (!filled) return filled.error();
        return usage_error("no command given");
    }
    parsed.command = located.entry->make();
    failed_in = parsed.command.path;
    std::vector<std::string> left;
    bool behind_dashes = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (behind_dashes && parsed.command.rest != nullptr) {
            parsed.command.rest->push_back(words[i]);
            continue;
        }
        if (words[i] == "--" && !behind_dashes) {
            behind_dashes = true;
            if (parsed.command.rest != nullptr) continue;
        }
        if (std::find(located.name_words.begin(), located.name_words.end(), i) == located.name_words.end()) left.push_back(words[i]);
    }
    auto const outcome = fill(parsed.command, std::move(left), globals);
    if (!outcome) return outcome.error();
    parsed.help = *outcome == Outcome::help;
    parsed.version = *outcome == Outcome::version;
    return parsed;
}

}  // namespace pawl::cli
