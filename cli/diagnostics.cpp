// Text for people, JSON for scripts, workflow commands for GitHub, SARIF 2.1.0 for code scanning.
#include "cli/diagnostics.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/context.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

std::string_view word_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

/// Workflow commands of GitHub: '%', CR and LF are escaped in messages, ':' and ',' also in properties.
std::string github_escaped(std::string_view text, bool property) {
    std::string out;
    for (char const c : text) {
        if (c == '%') out += "%25";
        else if (c == '\r') out += "%0D";
        else if (c == '\n') out += "%0A";
        else if (property && c == ':') out += "%3A";
        else if (property && c == ',') out += "%2C";
        else out += c;
    }
    return out;
}

std::string github_line(Error const& error) {
    std::string line = "::" + std::string(word_of(error.severity)) + " ";
    if (error.where) {
        line += "file=" + github_escaped(error.where->file, true);
        if (error.where->line > 0) {
            line += ",line=" + std::to_string(error.where->line) + ",col=" + std::to_string(error.where->column);
            line += ",endColumn=" + std::to_string(error.where->column + error.where->length);
        }
        line += ",";
    }
    line += "title=" + github_escaped(error.code.name, true) + "::" + github_escaped(error.message, false);
    if (!error.hint.empty()) line += github_escaped("\nhint: " + error.hint, false);
    return line + "\n";
}

Json json_report(Diagnostics const& diagnostics) {
    JsonList items;
    for (auto const& diagnostic : diagnostics) items.push_back(yaml::to_json(diagnostic));
    Json report;
    report.set("schema_version", 1);
    report.set("items", std::move(items));
    return report;
}

Json sarif_location(SourcePos const& where) {
    Json artifact;
    artifact.set("uri", where.file.text());
    Json physical;
    physical.set("artifactLocation", std::move(artifact));
    if (where.line > 0) {
        Json region;
        region.set("startLine", where.line);
        region.set("startColumn", where.column);
        region.set("endColumn", where.column + where.length);
        physical.set("region", std::move(region));
    }
    Json location;
    location.set("physicalLocation", std::move(physical));
    return location;
}

Json sarif_text(std::string text) {
    Json message;
    message.set("text", std::move(text));
    return message;
}

Json sarif_result(Error const& error) {
    Json result;
    result.set("ruleId", error.code.name);
    result.set("level", word_of(error.severity));
    result.set("message", sarif_text(error.message + (error.hint.empty() ? "" : ". " + error.hint)));
    if (error.where) result.set("locations", JsonList{sarif_location(*error.where)});
    return result;
}

Json sarif_report(Diagnostics const& diagnostics) {
    std::vector<std::string_view> codes;
    JsonList results;
    for (auto const& diagnostic : diagnostics) {
        if (std::find(codes.begin(), codes.end(), diagnostic.code.name) == codes.end()) codes.push_back(diagnostic.code.name);
        results.push_back(sarif_result(diagnostic));
    }
    JsonList rules;
    for (auto const code : codes) {
        Json rule;
        rule.set("id", code);
        rules.push_back(std::move(rule));
    }
    Json driver;
    driver.set("name", "pawl");
    driver.set("version", PAWL_VERSION);
    driver.set("rules", std::move(rules));
    Json tool;
    tool.set("driver", std::move(driver));
    Json run;
    run.set("tool", std::move(tool));
    run.set("columnKind", "unicodeCodePoints");
    run.set("results", std::move(results));
    Json report;
    report.set("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    report.set("version", "2.1.0");
    report.set("runs", JsonList{std::move(run)});
    return report;
}

}  // namespace

TextIndex::TextIndex(std::vector<flow::LoadedFile> const& files) {
    for (auto const& file : files) texts_.emplace_back(file.name, &file.text);
}

TextIndex::TextIndex(std::vector<flow::SourceFile> const& files) {
    for (auto const& file : files) texts_.emplace_back(file.name, &file.text);
}

yaml::TextOf TextIndex::text_of() const {
    return [this](std::string_view file) -> std::string const* {
        for (auto const& [name, text] : texts_) {
            if (name == file) return text;
        }
        return nullptr;
    };
}

std::string render_diagnostics(Look const& look, std::string_view format, Diagnostics const& diagnostics, TextIndex const& texts) {
    if (format == "json") return dump_json_pretty(json_report(diagnostics)) + "\n";
    if (format == "sarif") return dump_json_pretty(sarif_report(diagnostics)) + "\n";
    if (format == "github") {
        std::string lines;
        for (auto const& diagnostic : diagnostics) lines += github_line(diagnostic);
        return lines;
    }
    return yaml::render_all(diagnostics, texts.text_of(), look.cut ? look.width : 120);
}

std::string yaml_text(Look const& look, Diagnostics const& diagnostics, std::vector<flow::SourceFile> const& sources) {
    return render_diagnostics(look, "text", diagnostics, TextIndex(sources));
}

Status replace_file(std::string const& path, std::string const& text) {
    auto const failed = [&](char const* what) { return make_error(code::io, std::string(what) + " '" + path + "': " + std::strerror(errno)); };
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return failed("cannot read");
    auto temporary = path + ".XXXXXX";
    int const fd = ::mkstemp(temporary.data());
    if (fd < 0) return failed("cannot write beside");
    std::size_t written = 0;
    while (written < text.size()) {
        auto const count = ::write(fd, text.data() + written, text.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        written += static_cast<std::size_t>(count);
    }
    bool const whole = written == text.size() && ::fchmod(fd, facts.st_mode & 07777) == 0 && ::fsync(fd) == 0;
    bool const closed = ::close(fd) == 0;
    if (whole && closed && ::rename(temporary.c_str(), path.c_str()) == 0) return Done{};
    auto error = failed("cannot write");
    ::unlink(temporary.c_str());
    return error;
}

}  // namespace pawl::cli
