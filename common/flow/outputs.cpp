// What a step wrote to $PAWL_OUTPUT: lines `name=value` and `name<<WORD` … `WORD`.
#include <string_view>
#include <unordered_map>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/declaration.h"

namespace pawl::flow {
namespace {

constexpr std::size_t outputs_bytes_max = 64 * 1024;

struct Entry {
    std::string_view name;
    std::string value;
};

Error bad_output(std::string message, std::string hint = {}) {
    return {.code = code::invalid_value, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}

/// Hands out the lines of a text and counts them.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}
    bool next(std::string_view& line) {
        if (rest_.empty()) return false;
        std::size_t const end = std::min(rest_.find('\n'), rest_.size());
        line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        ++number_;
        return true;
    }
    std::string place() const { return "line " + std::to_string(number_) + " of the outputs"; }

private:
    std::string_view rest_;
    int number_ = 0;
};

Result<std::string> read_block(Lines& lines, std::string_view name, std::string_view word) {
    std::string const start = lines.place();
    std::string value;
    std::string_view line;
    bool first = true;
    while (lines.next(line)) {
        if (line == word) return value;
        if (!first) value += '\n';
        first = false;
        value += line;
    }
    return bad_output("output '" + std::string(name) + "' has no closing line '" + printable(take_characters(word, 40)) + "'",
                      "it began in " + start);
}

/// In the order of first appearance; a later value replaces an earlier one.
Result<std::vector<Entry>> read_entries(std::string_view text) {
    std::vector<Entry> entries;
    std::unordered_map<std::string_view, std::size_t> positions;
    Lines lines(text);
    std::string_view line;
    while (lines.next(line)) {
        if (trim(line).empty()) continue;
        std::size_t const end = line.find_first_of("=<");
        bool const block = end != std::string_view::npos && line.substr(end).starts_with("<<");
        bool const simple = end != std::string_view::npos && line[end] == '=';
        std::string_view const name = line.substr(0, end);
        if (!block && !simple)
            return bad_output(lines.place() + " is neither name=value nor name<<WORD: '" + printable(take_characters(line, 40)) + "'");
        if (!is_identifier(name))
            return bad_output("'" + printable(take_characters(name, 40)) + "' in " + lines.place() + " is no name for an output",
                              "names have lower-case letters, digits and '_'");
        std::string value;
        if (block) {
            std::string_view const word = line.substr(end + 2);
            if (trim(word).empty()) return bad_output(lines.place() + " names no closing word", "write name<<END, the text, and a line END");
            Result<std::string> read = read_block(lines, name, word);
            if (!read) return read.error();
            value = *std::move(read);
        } else {
            value = line.substr(end + 1);
        }
        auto const [position, fresh] = positions.emplace(name, entries.size());
        if (fresh) entries.push_back({name, std::move(value)});
        else entries[position->second].value = std::move(value);
    }
    return entries;
}

Error as_output_error(Error error) {
    error.code = code::invalid_value;
    error.message = "output " + error.message;
    return error;
}

std::string hint_for(std::string_view name, std::vector<Declaration> const& declarations) {
    std::vector<std::string_view> names;
    for (Declaration const& declaration : declarations) names.push_back(declaration.name);
    std::string_view const near = nearest(name, names);
    return near.empty() ? "declare it in the step's `outputs`" : "did you mean '" + std::string(near) + "'?";
}

Result<Json> typed(std::vector<Entry> const& entries, std::vector<Declaration> const& declarations) {
    std::unordered_map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < declarations.size(); ++i) known.emplace(declarations[i].name, i);
    std::vector<Entry const*> given(declarations.size(), nullptr);
    for (Entry const& entry : entries) {
        auto const found = known.find(entry.name);
        if (found == known.end())
            return bad_output("output '" + std::string(entry.name) + "' is not declared", hint_for(entry.name, declarations));
        given[found->second] = &entry;
    }
    JsonMap values;
    for (std::size_t i = 0; i < declarations.size(); ++i) {
        Declaration const& declaration = declarations[i];
        if (given[i]) {
            Result<Json> value = conform_text(declaration, given[i]->value);
            if (!value) return as_output_error(value.error());
            values.append(declaration.name, *std::move(value));
        } else if (declaration.default_value) {
            values.append(declaration.name, *declaration.default_value);
        } else if (!declaration.optional) {
            return bad_output("output '" + declaration.name + "' is missing",
                              "write " + declaration.name + "=… to $PAWL_OUTPUT, or declare it optional");
        }
    }
    return Json(std::move(values));
}

}  // namespace

Result<Json> parse_outputs(std::string_view text, std::vector<Declaration> const& declarations) {
    if (text.size() > outputs_bytes_max) return bad_output("the outputs are larger than 64 KiB", "write large results to a file");
    if (find_invalid_utf8(text) != std::string_view::npos) return bad_output("the outputs are not valid UTF-8");
    if (text.find('\0') != std::string_view::npos) return bad_output("the outputs contain a NUL character");
    Result<std::vector<Entry>> entries = read_entries(text);
    if (!entries) return entries.error();
    if (!declarations.empty()) return typed(*entries, declarations);
    JsonMap values;
    for (Entry& entry : *entries) values.append(std::string(entry.name), Json(std::move(entry.value)));
    return Json(std::move(values));
}

}  // namespace pawl::flow
