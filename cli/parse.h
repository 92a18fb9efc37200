// From words to a filled command: finds the command, parses its options (CLI11 does, hidden in parse.cpp), suggests on mistakes.
#pragma once

#include <string>
#include <vector>

#include "cli/grammar.h"
#include "common/base/error.h"

namespace pawl::cli {

/// Options that every command takes; they may stand before or behind it.
struct GlobalOptions {
    std::string output;                  ///< -o; empty: table
    std::string filter;
    bool quiet = false, verbose = false;
    std::string color;                   ///< auto always never
    bool no_color = false;
    bool ascii = false;
    std::string progress;                ///< auto tty plain json
    std::string socket;
    bool user = false, system = false;
    std::string timeout;                 ///< as typed: a duration
    bool yes = false;
};
/// The rows of GlobalOptions, bound to `globals`.
std::vector<Option> global_options(GlobalOptions& globals);

/// What was typed, resolved.
struct Parsed {
    Command command;
    bool help = false;     ///< --help: show it instead of running
    bool version = false;  ///< --version
};
/// Finds and fills the command. Errors are code::usage with a hint; `failed_in` becomes the path of the command they belong to.
Result<Parsed> parse_words(std::vector<std::string> const& words, GlobalOptions& globals, std::string& failed_in);

/// Which command the words name, without parsing them: its path ("" for none) and the index of the words that name it.
struct Located {
    CommandEntry const* entry = nullptr;
    Noun const* noun = nullptr;             ///< a noun without a (known) verb
    std::vector<std::size_t> name_words;
    std::string unknown;                    ///< the word that is neither
};
Located locate(std::vector<std::string> const& words);

}  // namespace pawl::cli
