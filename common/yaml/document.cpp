// The loader's front door: limits, bytes that are no text, then the parser; and the questions that are asked of a tree later.
#include "common/yaml/document.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/yaml/positions.h"
#include "common/yaml/reader.h"
#include "common/yaml/spelling.h"
#include "common/yaml/syntax.h"
#include "common/yaml/tree_builder.h"

namespace pawl::yaml {

namespace {

constexpr std::size_t bad_bytes_max = 20;  // more make the file binary, and a list of them no use

/// A character that no text file of ours may hold: what it is called and how many bytes it has. Empty: the character is fine.
struct BadCharacter {
    std::string what;
    std::size_t length = 1;
};

BadCharacter bad_character_at(std::string_view text, std::size_t at) {
    std::size_t const length = utf8::sequence_length(text, at);
    if (length == 0) return {.what = "not UTF-8", .length = 1};
    char32_t const letter = utf8::decode(text, at, length);
    if (letter == 0) return {.what = "NUL character", .length = 1};
    if (letter == '\r') {
        bool const ends_line = at + 1 < text.size() && text[at + 1] == '\n';
        return {.what = ends_line ? "" : "carriage return inside a line", .length = 1};
    }
    if (letter == '\t' || letter == '\n') return {.what = "", .length = 1};
    // yaml-cpp takes 0x04 for the end of the file, a lone CR for a break that starts no line, and reads UTF-16 after an early NUL.
    bool const control = letter < 0x20 || (letter >= 0x7f && letter < 0xa0 && letter != 0x85);
    if (control) return {.what = "control character '" + printable(text.substr(at, length)) + "'", .length = length};
    if (letter == 0xfeff) return {.what = "byte order mark inside the text", .length = length};
    return {.what = "", .length = length};
}

/// The next byte that may start a bad character: anything but printable ASCII, tabs and line feeds.
std::size_t next_suspect(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        auto const byte = static_cast<unsigned char>(text[at]);
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte >= 0x7f) break;
        ++at;
    }
    return at;
}

/// Reports the bad characters of `file.text`; `cleaned` is the text with '_' in their place, empty when there are none. False: too many.
bool check_characters(File& file, Positions const& positions, std::string& cleaned) {
    std::string_view const text = file.text;
    std::size_t bad = 0;
    std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while ((at = next_suspect(text, at)) < text.size()) {
        auto const [what, length] = bad_character_at(text, at);
        if (!what.empty()) {
            bool const utf16 = at < 4 && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"));
            Error& error = file.diagnostics.emplace_back(
                Error{.code = code::invalid_yaml, .message = what, .where = positions.at(at), .hint = utf16 ? "save the file as UTF-8" : ""});
            if (++bad == bad_bytes_max || utf16) {
                add_stop_note(error);
                return false;
            }
            if (cleaned.empty()) cleaned = text;
            cleaned.replace(at, length, length, text[at] == '\r' ? '\n' : '_');  // as its author saw it
        }
        at += length;
    }
    return true;
}

void report_empty(File& file) {
    bool const nothing = file.documents.empty() && file.diagnostics.empty();
    if (!nothing) return;
    file.diagnostics.push_back({.code = code::invalid_yaml,
                                .message = "the file holds no document",
                                .where = SourcePos{.file = file.name, .line = 1, .column = 1},
                                .hint = "a document starts with 'kind:' and 'name:'"});
}

}  // namespace

Member const* Node::find(std::string_view key) const {
    auto const found = std::ranges::find_if(members, [key](Member const& member) { return member.key.text == key; });
    return found == members.end() ? nullptr : &*found;
}

File parse(std::string name, std::string text) {
    File file;
    file.name = std::move(name);
    file.text = std::move(text);
    if (file.text.size() > file_bytes_max) {
        file.diagnostics.push_back({.code = code::limit_exceeded,
                                    .message = "the file has " + std::to_string(file.text.size()) + " bytes, more than 1 MiB",
                                    .where = SourcePos{.file = file.name}});
        return file;
    }
    Positions const positions{file.name, file.text};
    std::string cleaned;
    if (check_characters(file, positions, cleaned)) {
        read_documents(file, cleaned.empty() ? std::string_view(file.text) : std::string_view(cleaned), positions);
        report_empty(file);
    }
    sort_by_place(file.diagnostics);
    return file;
}

SourcePos File::place_in(Node const& scalar, std::size_t byte_in_value, std::size_t length) const {
    std::string_view const whole = text;
    std::size_t const start = scalar.offset;
    if (start >= whole.size() || whole[start] == '*') return scalar.where;  // an alias: its text stands elsewhere
    Style const style = scalar.quoted ? style_of(whole, start) : Style::plain;
    auto const spelled = spelled_at(whole, start, style, scalar.text, byte_in_value);
    if (!spelled) return scalar.where;
    std::string_view const between = whole.substr(start, *spelled - start);
    SourcePos place = scalar.where;
    if (auto const last_break = between.rfind('\n'); last_break != std::string_view::npos) {
        place.line += static_cast<std::uint32_t>(std::ranges::count(between, '\n'));
        place.column = 1 + static_cast<std::uint32_t>(count_characters(between.substr(last_break + 1)));
    } else {
        place.column += static_cast<std::uint32_t>(count_characters(between));
    }
    std::size_t const left = count_characters(whole.substr(*spelled, end_of_line(whole, *spelled) - *spelled));
    place.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min(length, left)));
    return place;
}

}  // namespace pawl::yaml
