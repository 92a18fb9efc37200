// Writing JSON. By hand, because every reply and every journal row passes here: no tree is copied, numbers go through to_chars.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/base/json.h"
#include "common/base/text.h"

namespace pawl {

namespace {

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits;
    auto const [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    ASSERT(error == std::errc{});
    out.append(digits.data(), end);
}

/// The shortest spelling that reads back as the same double, and as a double: 3 is "3.0".
void append_double(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    std::size_t const start = out.size();
    append_number(out, number);
    if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
}

enum class Layout : std::uint8_t { line, pretty, canonical };

class Writer {
public:
    Writer(std::string& out, Layout layout) : out_(out), layout_(layout) {}

    void write(Json const& value) {
        switch (value.kind()) {
        case Json::Kind::null: out_ += "null"; return;
        case Json::Kind::boolean: out_ += value.as_bool() ? "true" : "false"; return;
        case Json::Kind::integer: append_number(out_, value.as_int()); return;
        case Json::Kind::unsigned_integer: append_number(out_, value.as_uint()); return;
        case Json::Kind::real: append_double(out_, value.as_double()); return;
        case Json::Kind::string: append_json_string(out_, value.as_string()); return;
        case Json::Kind::list: write_list(value.as_list()); return;
        case Json::Kind::map: write_map(value.as_map()); return;
        }
    }

private:
    void write_list(JsonList const& list) {
        out_ += '[';
        ++depth_;
        for (std::size_t i = 0; i < list.size(); ++i) {
            separate(i == 0);
            write(list[i]);
        }
        close(list.empty(), ']');
    }

    void write_map(JsonMap const& map) {
        out_ += '{';
        ++depth_;
        if (layout_ == Layout::canonical) {
            write_sorted(map);
        } else {
            bool first = true;
            for (auto const& member : map) {
                separate(std::exchange(first, false));
                write_member(member);
            }
        }
        close(map.empty(), '}');
    }

    void write_sorted(JsonMap const& map) {
        std::vector<JsonMap::Member const*> members;
        members.reserve(map.size());
        for (auto const& member : map) members.push_back(&member);
        std::ranges::sort(members, {}, [](JsonMap::Member const* member) -> std::string_view { return member->first; });
        bool first = true;
        for (JsonMap::Member const* member : members) {
            separate(std::exchange(first, false));
            write_member(*member);
        }
    }

    void write_member(JsonMap::Member const& member) {
        append_json_string(out_, member.first);
        out_ += layout_ == Layout::pretty ? ": " : ":";
        write(member.second);
    }

    void separate(bool first) {
        if (!first) out_ += ',';
        if (layout_ == Layout::pretty) new_line();
    }

    void close(bool empty, char bracket) {
        --depth_;
        if (!empty && layout_ == Layout::pretty) new_line();
        out_ += bracket;
    }

    void new_line() {
        out_ += '\n';
        out_.append(2 * depth_, ' ');
    }

    std::string& out_;
    Layout layout_;
    std::size_t depth_ = 0;
};

std::string dumped(Json const& value, Layout layout) {
    std::string out;
    Writer{out, layout}.write(value);
    return out;
}

/// ASCII that stands for itself inside a JSON string.
bool is_plain(char letter) {
    return static_cast<unsigned char>(letter) - 0x20u < 0x60u && letter != '"' && letter != '\\';
}

void append_escape(std::string& out, char letter) {
    static constexpr char hex[] = "0123456789abcdef";
    switch (letter) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: {
        auto const byte = static_cast<unsigned char>(letter);
        out += "\\u00";
        out += hex[byte >> 4];
        out += hex[byte & 15];
    }
    }
}

}  // namespace

std::string dump_json(Json const& value) { return dumped(value, Layout::line); }
std::string dump_json_pretty(Json const& value) { return dumped(value, Layout::pretty); }
std::string dump_json_canonical(Json const& value) { return dumped(value, Layout::canonical); }

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t bad = std::string_view::npos;
    bool utf8_checked = false;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t run = i;
        while (run < text.size() && is_plain(text[run])) ++run;
        out.append(text, i, run - i);
        i = run;
        if (i == text.size()) break;
        if (static_cast<unsigned char>(text[i]) < 0x80) {
            append_escape(out, text[i++]);
            continue;
        }
        if (!utf8_checked) {
            std::size_t const found = find_invalid_utf8(text.substr(i));
            bad = found == std::string_view::npos ? text.size() : i + found;
            utf8_checked = true;
        }
        if (i == bad) {
            out += "\xEF\xBF\xBD";  // U+FFFD, one for each byte that is no part of a character
            ++i;
            utf8_checked = false;
            continue;
        }
        while (i < bad && static_cast<unsigned char>(text[i]) >= 0x80) out += text[i++];
    }
    out += '"';
}

}  // namespace pawl
