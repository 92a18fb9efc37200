// pawl __complete -- WORDS…: candidates for the last word, one a line, with a description behind a tab. Asks a daemon for at most 50 ms.
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/sources.h"
#include "common/base/text.h"
#include "common/flow/tests.h"

namespace pawl::cli {
namespace {

constexpr auto patience = std::chrono::milliseconds(50);
constexpr std::size_t files_looked_at = 50;

struct CompleteOptions {
    std::vector<std::string> words;
};

class Completer {
public:
    Completer(Context& context, std::vector<std::string> words) : context_(context), words_(std::move(words)) {
        if (words_.empty()) words_.emplace_back();
        last_ = words_.back();
        words_.pop_back();
    }

    void run() {
        if (std::find(words_.begin(), words_.end(), "--") != words_.end()) return files();
        auto const located = locate(words_);
        GlobalOptions globals;
        auto options = global_options(globals);
        if (located.entry == nullptr && located.noun == nullptr) {
            if (value_of_option(options)) return;
            if (last_.starts_with("-")) return option_names(options);
            return commands();
        }
        Command command;
        if (located.entry != nullptr) command = located.entry->make();
        options.insert(options.begin(), command.options.begin(), command.options.end());
        if (value_of_option(options)) return;
        if (last_.starts_with("-") && last_ != "-") return option_names(options);
        bool const verb_may_follow = located.noun != nullptr && located.name_words.size() < 2;
        if (verb_may_follow && plain_count(options) <= 1) verbs(located.noun->name);
        if (located.entry != nullptr) argument(command, plain_count(options) - located.name_words.size());
    }

private:
    void offer(std::string_view candidate, std::string_view description = "") {
        if (!candidate.starts_with(last_)) return;
        context_.out() << joined_ << candidate;
        if (!description.empty()) context_.out() << '\t' << description;
        context_.out() << '\n';
    }
    void files() { context_.out() << ":files\n"; }

    void commands() {
        for (auto const& noun : nouns()) offer(noun.name, noun.summary);
        for (auto const& entry : command_entries()) {
            if (!entry.hidden && entry.path.find(' ') == std::string_view::npos) offer(entry.path, entry.summary);
        }
    }
    void verbs(std::string_view noun) {
        auto const prefix = std::string(noun) + " ";
        for (auto const& entry : command_entries()) {
            if (entry.path.starts_with(prefix)) offer(entry.path.substr(prefix.size()), entry.summary);
        }
    }
    void option_names(std::vector<Option> const& options) {
        for (auto const& option : options) {
            auto const names = split(option.names, ',');
            // A single dash offers long names: they explain themselves.
            for (auto const name : names) {
                if (name.starts_with("--") || last_.size() == 2) offer(name, option.doc);
            }
        }
        offer("--help", "show help");
    }
    void value(Completes completes, std::vector<std::string> const& choices) {
        for (auto const& choice : choices) offer(choice);
        switch (completes) {
        case Completes::files: return files();
        case Completes::workflows: return workflows();
        case Completes::runs: return runs();
        case Completes::steps: return steps();
        case Completes::live_runs: return runs(true);
        case Completes::tests: return tests();
        case Completes::conditions: return conditions();
        case Completes::choices:
        case Completes::nothing: return;
        }
    }
    /// Of an option that waits for its value: `--output j`, or `--output=j`.
    bool value_of_option(std::vector<Option> const& options) {
        auto const equals = last_.find('=');
        if (last_.starts_with("--") && equals != std::string::npos) {
            for (auto const& option : options) {
                for (auto const name : split(option.names, ',')) {
                    if (option.value.empty() || name != last_.substr(0, equals)) continue;
                    joined_ = last_.substr(0, equals + 1);
                    last_.erase(0, equals + 1);
                    count_plain(options);
                    value(option.completes, option.choices);
                    return true;
                }
            }
        }
        if (words_.empty()) return false;
        for (auto const& option : options) {
            if (option.value.empty()) continue;
            for (auto const name : split(option.names, ',')) {
                if (words_.back() != name) continue;
                count_plain(options);
                value(option.completes, option.choices);
                return true;
            }
        }
        return false;
    }
    void count_plain(std::vector<Option> const& options) { (void)plain_count(options); }
    /// Words that are neither options nor their values, the command's own name included.
    std::size_t plain_count(std::vector<Option> const& options) {
        plain_.clear();
        for (std::size_t i = 0; i < words_.size(); ++i) {
            bool eats = false;
            for (auto const& option : options) {
                for (auto const name : split(option.names, ',')) eats = eats || (!option.value.empty() && words_[i] == name);
            }
            if (eats) ++i;
            else if (!words_[i].starts_with("-")) plain_.push_back(words_[i]);
        }
        return plain_.size();
    }
    void argument(Command const& command, std::size_t index) {
        if (command.arguments.empty()) return;
        bool const repeats = std::holds_alternative<std::vector<std::string>*>(command.arguments.back().into);
        if (index >= command.arguments.size() && !repeats) return;
        auto const& wanted = command.arguments[std::min(index, command.arguments.size() - 1)];
        value(wanted.completes, wanted.choices);
        if (wanted.completes == Completes::workflows && (command.path == "run start" || command.path == "graph")) files();
        if (command.path == "inspect" && index == 0) workflows();
    }

    Daemon* quick_daemon() {
        if (!asked_) {
            asked_ = true;
            auto const path = context_.socket_path();
            if (!path) return nullptr;
            auto connected = context_.world().connect(*path, patience);
            if (connected) daemon_ = std::move(*connected);
        }
        return daemon_.get();
    }
    Result<Json> ask(std::string const& path) {
        auto* const daemon = quick_daemon();
        return daemon == nullptr ? Result<Json>(Error{.code = ErrorCode{"unavailable"}, .message = "no daemon", .where = {}, .hint = {}}) : daemon->get(path);
    }
    void workflows() {
        if (auto const list = ask("/v1/workflows?limit=200")) {
            auto const* items = list->find("items");
            if (items == nullptr || !items->is_list()) return;
            for (auto const& item : items->as_list()) offer(item.text("name"), printable(item.text("description")));
            return;
        }
        std::error_code error;
        std::size_t count = 0;
        for (auto const& entry : std::filesystem::directory_iterator(".", error)) {
            if (entry.path().extension() != ".yaml" || ++count > files_looked_at) continue;
            auto const text = read_file(entry.path().string());
            if (!text) continue;
            for (auto const& workflow : flow::load_file(entry.path().string(), *text).workflows) offer(workflow.name, entry.path().filename().string());
        }
    }
    /// The names in the files of this project, as far as they can be read.
    std::optional<flow::LoadedProject> project_here() {
        auto sources = read_sources(context_, {project_root(".")});
        if (!sources || sources->size() > files_looked_at) return std::nullopt;
        return flow::load_project(std::move(*sources));
    }
    void tests() {
        auto const project = project_here();
        if (!project) return;
        std::set<std::string> told;
        for (auto const& test : flow::load_tests(project->files).tests) {
            if (told.insert(test.name).second) offer(test.name, printable(test.target));
            for (auto const& one : test.cases)
                if (told.insert(one.name).second) offer(one.name, printable(test.name));
        }
    }
    void conditions() {
        auto const project = project_here();
        if (!project) return;
        for (auto const& file : project->files)
            for (auto const& condition : file.conditions) offer(condition->name, printable(condition->description));
    }
    void runs(bool live = false) {
        if (!live) offer("last", "the newest run that no step started");
        auto const list = ask(live ? "/v1/runs?live=true&limit=30" : "/v1/runs?limit=30");
        auto const* items = list ? list->find("items") : nullptr;
        if (items == nullptr || !items->is_list()) return;
        for (auto const& item : items->as_list()) offer(std::to_string(item.number("id")), item.text("workflow") + " " + item.text("status"));
    }
    void steps() {
        std::string run = "last";
        for (auto const& word : plain_) {
            if (!word.empty() && word.find_first_not_of("0123456789") == std::string::npos) run = word;
        }
        auto const detail = ask("/v1/runs/" + run);
        auto const* items = detail ? detail->find("steps") : nullptr;
        if (items == nullptr || !items->is_list()) return;
        for (auto const& item : items->as_list()) offer(item.text("id"), item.text("status"));
    }

    Context& context_;
    std::vector<std::string> words_, plain_;
    std::string last_, joined_;  ///< the word to complete; what stands before it in the same word: "--output="
    std::unique_ptr<Daemon> daemon_;
    bool asked_ = false;
};

}  // namespace

Command complete_command() {
    auto const options = std::make_shared<CompleteOptions>();
    return {
        .path = "__complete",
        .summary = "Offer candidates for the last word",
        .rest = &options->words,
        .rest_name = "[WORD...]",
        .examples = {{"pawl __complete -- run ni", ""}},
        .run = [options](Context& context) {
            Completer(context, options->words).run();
            return exit_done;
        },
    };
}

}  // namespace pawl::cli
