// Help texts: synopsis, description, arguments, options, examples, always in this order.
#include "cli/help.h"

#include <algorithm>
#include <array>

#include "cli/parse.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct Row {
    std::string left, right;
};

std::string rows_text(Look const& look, std::vector<Row> const& rows) {
    std::size_t width = 0;
    for (auto const& row : rows) width = std::max(width, display_width(row.left));
    width = std::min<std::size_t>(width, 30);
    std::string out;
    for (auto const& row : rows) {
        if (display_width(row.left) > width) out += "  " + row.left + "\n  " + std::string(width, ' ') + "  " + row.right + "\n";
        else out += "  " + painted(look, Paint::cyan, pad_right(row.left, width)) + "  " + row.right + "\n";
    }
    return out;
}

std::string title(Look const& look, std::string_view text) { return painted(look, Paint::bold, text) + "\n"; }

bool is_list(Target const& into) { return std::holds_alternative<std::vector<std::string>*>(into); }

std::vector<Row> option_rows(std::vector<Option> const& options) {
    std::vector<Row> rows;
    for (auto const& option : options) {
        std::string left;
        for (auto const name : split(option.names, ',')) left += (left.empty() ? "" : ", ") + std::string(name);
        if (left.starts_with("--")) left.insert(0, "    ");
        if (!option.value.empty()) left += " " + option.value;
        auto right = option.doc;
        if (!option.choices.empty()) right += ": " + join(option.choices, " ");
        rows.push_back({std::move(left), std::move(right)});
    }
    return rows;
}

struct Group {
    std::string_view name;
    std::array<std::string_view, 14> commands;
};
constexpr std::array<Group, 6> groups{{
    {"Files", {"init", "new", "check", "fmt", "eval", "graph", "schema", "explain", "test", "condition", "import"}},
    {"Projects", {"plan", "deploy", "diff", "rollback"}},
    {"Runs", {"run", "exec", "ps", "logs", "inspect", "why", "retry", "cancel", "resolve", "approve", "reject", "artifacts", "cache"}},
    {"What is deployed", {"workflow", "audit"}},
    {"The daemon", {"daemon", "status", "ping", "doctor", "api"}},
    {"pawl itself", {"completion", "version", "help"}},
}};

std::string_view summary_of(std::string_view name) {
    if (auto const* noun = noun_named(name)) return noun->summary;
    for (auto const& entry : command_entries()) {
        if (entry.path == name) return entry.summary;
    }
    return "";
}

}  // namespace

std::string synopsis(Command const& command) {
    std::string text = "pawl " + command.path;
    if (!command.options.empty()) text += " [OPTIONS]";
    for (auto const& argument : command.arguments) {
        auto const name = argument.name + (is_list(argument.into) ? "..." : "");
        text += argument.required ? " " + name : " [" + name + "]";
    }
    if (command.rest != nullptr) text += " -- " + command.rest_name;
    return text;
}

std::string render_help(Look const& look, Command const& command) {
    std::string out = command.summary + ".\n\n" + title(look, "Usage") + "  " + synopsis(command) + "\n";
    if (!command.text.empty()) out += "\n" + command.text + "\n";
    if (!command.arguments.empty()) {
        std::vector<Row> rows;
        for (auto const& argument : command.arguments) {
            auto right = argument.doc;
            if (!argument.choices.empty()) right += ": " + join(argument.choices, " ");
            rows.push_back({argument.name, std::move(right)});
        }
        out += "\n" + title(look, "Arguments") + rows_text(look, rows);
    }
    if (!command.options.empty()) out += "\n" + title(look, "Options") + rows_text(look, option_rows(command.options));
    out += "\n" + title(look, command.examples.size() == 1 ? "Example" : "Examples");
    std::vector<Row> rows;
    rows.reserve(command.examples.size());
    for (auto const& example : command.examples) rows.push_back({example.line, example.does});
    for (auto const& row : rows) out += "  " + painted(look, Paint::cyan, row.left) + (row.right.empty() ? "" : "\n      " + row.right) + "\n";
    out += "\nOptions of every command: pawl help options. Exit codes: pawl help exit-codes.\n";
    return out;
}

std::string render_overview(Look const& look, std::string_view noun) {
    std::string out;
    if (noun == "options") {
        GlobalOptions ignored;
        return title(look, "Options of every command") + rows_text(look, option_rows(global_options(ignored)));
    }
    if (noun == "exit-codes") {
        return title(look, "Exit codes") + rows_text(look, {{"0", "done; the run succeeded; clean"},
                                                            {"1", "the work failed: a run, a check"},
                                                            {"2", "wrong usage"},
                                                            {"3", "not found"},
                                                            {"4", "daemon not reachable, or of another protocol version"},
                                                            {"5", "not permitted"},
                                                            {"6", "conflict: a stale plan, a name taken, already running, already ended"},
                                                            {"7", "timed out: --wait-timeout, or the run's own"},
                                                            {"8", "run cancelled"},
                                                            {"9", "run skipped by its `if`, with --strict-skip"},
                                                            {"10", "changes: fmt --check; plan and diff with --exit-code"},
                                                            {"130, 143", "interrupted; the run goes on"}});
    }
    if (!noun.empty()) {
        out = std::string(summary_of(noun)) + ".\n\n" + title(look, "Commands");
        std::vector<Row> rows;
        for (auto const& entry : command_entries()) {
            if (entry.path.starts_with(std::string(noun) + " ")) rows.push_back({"pawl " + std::string(entry.path), std::string(entry.summary)});
        }
        out += rows_text(look, rows) + "\nMore: pawl help " + std::string(noun) + " VERB\n";
        return out;
    }
    out = "pawl runs workflows that do not slip back.\n\n" + title(look, "Usage") + "  pawl COMMAND [OPTIONS]\n";
    for (auto const& group : groups) {
        std::vector<Row> rows;
        for (auto const name : group.commands) {
            if (!name.empty()) rows.push_back({std::string(name), std::string(summary_of(name))});
        }
        out += "\n" + title(look, group.name) + rows_text(look, rows);
    }
    out += "\nMore: pawl help COMMAND, pawl help options, pawl help exit-codes, man pawl\n";
    return out;
}

}  // namespace pawl::cli
