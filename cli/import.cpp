// pawl import: files of other tools become ours, with a report of what could not be said in our words. What is made is checked first.
#include <ostream>
#include <set>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/import/dagu.h"
#include "cli/import/github_actions.h"
#include "cli/import/imported.h"
#include "cli/new_files.h"
#include "cli/output.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

struct ImportOptions {
    std::string what, folder;
    std::vector<std::string> paths;
};

/// Why a file makes no workflow. The place is part of the error, and its line shown.
Imported refused(Error error) {
    Imported result;
    result.refused = std::move(error);
    return result;
}

Imported import_file(std::string const& what, flow::SourceFile const& source) {
    auto const file = yaml::parse(source.name, source.text);
    if (has_errors(file.diagnostics)) {
        auto error = file.diagnostics.front();
        error.message += "; the file was not translated";
        if (file.documents.empty() && trim(source.text).empty()) error.hint = "name a workflow file";  // not: write one of ours
        return refused(std::move(error));
    }
    if (file.documents.size() != 1)
        return refused({.code = code::invalid_yaml, .message = "the file has " + std::to_string(file.documents.size()) + " documents instead of one", .where = file.documents.front()->root.where, .hint = "make a file of each"});
    auto result = what == "dagu" ? import_dagu(file) : import_github_actions(file);
    for (auto const& made : result.files) {
        auto const loaded = flow::load_file(made.name, made.text);
        if (!has_errors(loaded.diagnostics)) continue;
        auto const wrong = std::ranges::find(loaded.diagnostics, Severity::error, &Error::severity);
        result.refused = make_error(code::invalid_value, "what was made of '" + source.name + "' does not check: " + wrong->message, "if the file is right, please report it");
    }
    return result;
}

void give_own_names(std::vector<flow::SourceFile>& files) {
    std::set<std::string> taken;
    for (auto& file : files) {
        auto const stem = file.name.substr(0, file.name.size() - std::string_view(".yaml").size());
        std::string name = stem;
        for (int number = 2; !taken.insert(name).second; ++number) name = stem + "-" + std::to_string(number);
        if (name == stem) continue;
        auto const line = file.text.find("\nname: ") + 1;  // the second line of each document that is made here
        file.text.replace(line, file.text.find('\n', line) - line, "name: " + name);
        file.name = name + ".yaml";
    }
}

Json as_json(std::vector<flow::SourceFile> const& files, std::vector<ReportLine> const& report) {
    JsonList made, lines;
    for (auto const& file : files) {
        Json item;
        item.set("name", file.name);
        item.set("text", file.text);
        made.push_back(std::move(item));
    }
    for (auto const& line : report) {
        Json item;
        item.set("file", line.file);
        item.set("line", line.line);
        item.set("level", name_of(line.level));
        item.set("message", line.message);
        lines.push_back(std::move(item));
    }
    Json answer;
    answer.set("files", std::move(made));
    answer.set("report", std::move(lines));
    return answer;
}

void print_files(Context& context, ImportOptions const& options, std::vector<flow::SourceFile> const& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!options.folder.empty()) context.out() << printable(options.folder + (options.folder.ends_with('/') ? "" : "/") + files[i].name) << "\n";
        else context.out() << (i > 0 ? "---\n" : "") << files[i].text;
    }
    context.out() << std::flush;
}

int import_files(Context& context, ImportOptions const& options) {
    auto const sources = read_sources(context, options.paths);
    if (!sources) return context.fail(sources.error());
    std::vector<flow::SourceFile> files;
    std::vector<ReportLine> report;
    Diagnostics refusals;
    for (auto const& source : *sources) {
        auto imported = import_file(options.what, source);
        report.insert(report.end(), imported.report.begin(), imported.report.end());
        if (!imported.refused) {
            files.insert(files.end(), imported.files.begin(), imported.files.end());
            continue;
        }
        auto const& error = *imported.refused;
        report.push_back({source.name, error.where ? error.where->line : 0, Level::error, error.message + (error.hint.empty() ? "" : " (" + error.hint + ")")});
        refusals.push_back(error);
    }
    give_own_names(files);
    if (!options.folder.empty() && !files.empty())
        if (auto const written = write_new_files(options.folder, files); !written) return context.fail(written.error());
    if (!print_object(context, as_json(files, report), "files")) {
        print_files(context, options, files);
        for (auto const& line : report)
            if (line.level == Level::error || !context.globals.quiet) context.err() << printable(line.file) << ":" << line.line << ": " << name_of(line.level) << ": " << line.message << "\n";
        context.err() << std::flush;
    }
    return refusals.empty() ? exit_done : exit_failed;
}

}  // namespace

Command import_command() {
    auto const options = std::make_shared<ImportOptions>();
    return {
        .path = "import",
        .summary = "Translate workflows of another tool, and tell what has no translation",
        .text = "Prints a workflow a file, and on stderr a line for each construct: translated, approximated or not translated.\n"
                "What is made passes pawl check. A condition without a translation switches its step off; a value without one ends the step that needs it.",
        .arguments = {{.name = "WHAT", .doc = "the tool", .into = &options->what, .completes = Completes::choices, .choices = {"dagu", "github-actions"}},
                      {.name = "FILE", .doc = "its files; - is standard input", .into = &options->paths, .completes = Completes::files}},
        .options = {{.names = "--out", .value = "DIR", .doc = "write into this folder; a file that exists is never touched", .into = &options->folder, .completes = Completes::files}},
        .examples = {{"pawl import github-actions .github/workflows/deploy.yml", ""}, {"pawl import github-actions .github/workflows/*.yml --out flows", ""}},
        .run = [options](Context& context) { return import_files(context, *options); },
    };
}

}  // namespace pawl::cli
