// Plain scalars become booleans and numbers only where no other reader of YAML would read something else.
#include <charconv>
#include <cmath>

#include "common/yaml/document.h"

namespace pawl::yaml {

namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

template <class Number>
bool read(std::string_view text, Number& number) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

/// JSON's grammar of numbers, which every YAML version shares. Text when it does not fit 64 bits: better refused later than rounded now.
Json number_or_text(std::string_view text) {
    std::size_t const first = text.starts_with('-') ? 1 : 0;
    std::size_t at = skip_digits(text, first);
    bool const leading_zero = at > first + 1 && text[first] == '0';
    if (at == first || leading_zero) return text;
    if (at == text.size()) {
        std::int64_t number = 0;
        std::uint64_t large = 0;
        if (read(text, number)) return number;
        return read(text, large) ? Json{large} : Json{text};
    }
    if (text[at] == '.') {
        std::size_t const fraction = at + 1;
        at = skip_digits(text, fraction);
        if (at == fraction) return text;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        std::size_t exponent = at + 1;
        if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
        at = skip_digits(text, exponent);
        if (at == exponent) return text;
    }
    double number = 0;
    return at == text.size() && read(text, number) && std::isfinite(number) ? Json{number} : Json{text};
}

}  // namespace

Json scalar_to_json(Node const& scalar) {
    if (!scalar.is_scalar()) return nullptr;
    std::string_view const text = scalar.text;
    if (scalar.quoted || text.empty()) return text;
    if (text == "true") return true;
    if (text == "false") return false;
    if (text == "null" || text == "~") return nullptr;
    return number_or_text(text);
}

Json to_json(Node const& node) {
    switch (node.kind) {
    case Kind::empty: return nullptr;
    case Kind::scalar: return scalar_to_json(node);
    case Kind::list: {
        JsonList list;
        list.reserve(node.items.size());
        for (Node const& item : node.items) list.push_back(to_json(item));
        return list;
    }
    case Kind::map: {
        JsonMap map;
        for (Member const& member : node.members) map.append(member.key.text, to_json(member.value));
        return map;
    }
    }
    return nullptr;
}

}  // namespace pawl::yaml
