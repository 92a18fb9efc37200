// Diagnostics as JSON: in problem+json, and what `check --format json` prints.
#include <algorithm>
#include <limits>

#include "common/base/error_codes.h"
#include "common/yaml/render.h"

namespace pawl::yaml {

namespace {

void set_place(Json& json, SourcePos const& where) {
    json.set("file", where.file.text());
    json.set("line", where.line);
    json.set("column", where.column);
    json.set("length", where.length);
}

SourcePos place_from(Json const& json) {
    auto const count = [&json](std::string_view key, std::int64_t fallback) {
        std::int64_t const number = json.number(key, fallback);
        bool const fits = number >= 0 && number <= std::numeric_limits<std::uint32_t>::max();
        return static_cast<std::uint32_t>(fits ? number : fallback);
    };
    return {.file = json.text("file"), .line = count("line", 0), .column = count("column", 0), .length = count("length", 1)};
}

}  // namespace

Json to_json(Error const& error) {
    Json json;
    json.set("code", error.code.name);
    json.set("message", error.message);
    json.set("severity", error.severity == Severity::warning ? "warning" : "error");
    if (error.where) set_place(json, *error.where);
    if (!error.hint.empty()) json.set("hint", error.hint);
    if (!error.notes.empty()) {
        JsonList notes;
        for (Note const& note : error.notes) {
            Json entry;
            entry.set("message", note.message);
            set_place(entry, note.where);
            notes.push_back(std::move(entry));
        }
        json.set("notes", std::move(notes));
    }
    json.set("fixable", !error.fixes.empty());
    return json;
}

Error error_from_json(Json const& json) {
    // ErrorCode borrows its name from static storage, so a name that came by wire is looked up.
    std::string const name = json.text("code");
    auto const known = std::ranges::find(code::all, std::string_view(name), &ErrorCode::name);
    Error error{.code = known != code::all.end() ? *known : code::protocol, .message = json.text("message")};
    error.severity = json.text("severity") == "warning" ? Severity::warning : Severity::error;
    if (json.find("line") != nullptr || json.find("file") != nullptr) error.where = place_from(json);
    error.hint = json.text("hint");
    if (Json const* notes = json.find("notes"); notes != nullptr && notes->is_list()) {
        for (Json const& note : notes->as_list()) error.notes.push_back({.where = place_from(note), .message = note.text("message")});
    }
    return error;
}

}  // namespace pawl::yaml
