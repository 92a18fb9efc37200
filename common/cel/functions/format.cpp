// text.format(list): %s %d %f %e %b %o %x %X and %%, as the strings extension of CEL defines them.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "common/base/text.h"
#include "common/cel/evaluation.h"
#include "common/cel/functions/library.h"

namespace pawl::cel {
namespace {

using VK = Value::Kind;

constexpr int precision_default = 6;
constexpr int precision_max = 100;
constexpr std::size_t nesting_max = 64;

struct Clause {
    char kind = 's';
    std::optional<int> precision;
};

class Formatting {
public:
    Formatting(Evaluation& in, std::string_view pattern, Value const& arguments) : in_(in), pattern_(pattern), arguments_(arguments) {}

    Value run() {
        while (at_ < pattern_.size()) {
            std::size_t const percent = std::min(pattern_.find('%', at_), pattern_.size());
            out_.append(pattern_.substr(at_, percent - at_));
            at_ = percent + 1;
            if (percent == pattern_.size()) break;
            if (at_ < pattern_.size() && pattern_[at_] == '%') {
                out_ += '%';
                ++at_;
            } else if (auto problem = substitute()) {
                return *problem;
            }
            if (!in_.charge(1 + out_.size() / 4096) || out_.size() > in_.budget().bytes_left) return in_.exhausted();
        }
        return in_.string(out_);
    }

private:
    Value mistake(std::string const& what) { return in_.error("format(): " + what); }

    std::optional<Value> substitute() {
        Clause clause;
        if (at_ < pattern_.size() && pattern_[at_] == '.') {
            std::size_t const begin = ++at_;
            while (at_ < pattern_.size() && pattern_[at_] >= '0' && pattern_[at_] <= '9') ++at_;
            int precision = 0;
            auto const parsed = std::from_chars(pattern_.data() + begin, pattern_.data() + at_, precision);
            if (parsed.ec != std::errc{} || precision > precision_max) return mistake("a precision is a number from 0 to " + std::to_string(precision_max));
            clause.precision = precision;
        }
        if (at_ >= pattern_.size()) return mistake("the text ends within a '%'; a percent sign is written %%");
        clause.kind = pattern_[at_++];
        if (std::string_view("sdfebxXo").find(clause.kind) == std::string_view::npos) {
            return mistake("unknown '%" + printable({&clause.kind, 1}) + "'; there are %s %d %f %e %b %o %x %X");
        }
        if (next_ >= arguments_.size()) return mistake("there are only " + std::to_string(arguments_.size()) + " values for the '%' of the text");
        Value const value = arguments_.item(next_++);
        bool const fits = append(clause, value);
        if (in_.is_exhausted()) return in_.exhausted();
        if (!fits) return mistake("%" + std::string(1, clause.kind) + " cannot show " + describe(value));
        return std::nullopt;
    }

    bool append(Clause const& clause, Value const& value) {
        switch (clause.kind) {
        case 's': return text(value, 0);
        case 'd': return value.is(VK::real) ? special(value.as_real()) : whole(value, 10);
        case 'f': return real(value, std::chars_format::fixed, clause.precision.value_or(precision_default));
        case 'e': return real(value, std::chars_format::scientific, clause.precision.value_or(precision_default));
        case 'b': return value.is(VK::boolean) ? plain(value.as_bool() ? "1" : "0") : whole(value, 2);
        case 'o': return whole(value, 8);
        default: return hexadecimal(value, clause.kind == 'X');
        }
    }

    bool plain(std::string_view text) {
        out_.append(text);
        return true;
    }

    bool whole(Value const& value, int base) {
        if (!value.is(VK::integer) && !value.is(VK::unsigned_integer)) return false;
        std::array<char, 72> digits{};
        char* const end = digits.data() + digits.size();
        auto const made = value.is(VK::integer) ? std::to_chars(digits.data(), end, value.as_int(), base) : std::to_chars(digits.data(), end, value.as_uint(), base);
        return plain({digits.data(), made.ptr});
    }

    bool hexadecimal(Value const& value, bool upper) {
        std::size_t const begin = out_.size();
        if (value.is(VK::string) || value.is(VK::bytes)) {
            if (!in_.charge_bytes_seen(value.size() * 2) || value.size() * 2 > in_.budget().bytes_left) return in_.exhausted(), false;
            constexpr std::string_view digits = "0123456789abcdef";
            for (char const c : value.as_text()) {
                auto const byte = static_cast<unsigned char>(c);
                (out_ += digits[byte >> 4]) += digits[byte & 0xF];
            }
        } else if (!whole(value, 16)) {
            return false;
        }
        if (upper) std::transform(out_.begin() + static_cast<std::ptrdiff_t>(begin), out_.end(), out_.begin() + static_cast<std::ptrdiff_t>(begin), [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
        return true;
    }

    /// NaN and the infinities have names; other doubles are no integers.
    bool special(double value) { return !std::isfinite(value) && plain(format_double(value)); }

    bool real(Value const& value, std::chars_format format, int precision) {
        if (!value.is_number()) return false;
        double const number = value.is(VK::real) ? value.as_real() : value.is(VK::integer) ? static_cast<double>(value.as_int()) : static_cast<double>(value.as_uint());
        if (special(number)) return true;
        std::array<char, 512> digits{};  // 309 before the point, 100 behind it
        auto const made = std::to_chars(digits.data(), digits.data() + digits.size(), number, format, precision);
        return plain({digits.data(), made.ptr});
    }

    bool text(Value const& value, std::size_t depth) {
        if (depth > nesting_max || !in_.charge(1) || out_.size() > in_.budget().bytes_left) return in_.exhausted(), false;
        switch (value.kind()) {
        case VK::null: return plain("null");
        case VK::boolean: return plain(value.as_bool() ? "true" : "false");
        case VK::integer:
        case VK::unsigned_integer: return whole(value, 10);
        case VK::real: return plain(format_double(value.as_real()));
        case VK::string:
        case VK::type: return in_.charge_bytes_seen(value.size()) && plain(value.as_text());
        case VK::bytes: return in_.charge_bytes_seen(value.size()) && find_invalid_utf8(value.as_text()) == std::string_view::npos && plain(value.as_text());
        case VK::timestamp: return plain(format_timestamp(value.as_instant()));
        case VK::duration: return plain(format_span(value.as_instant()));
        case VK::list: return list(value, depth);
        case VK::map: return map(value, depth);
        default: return false;
        }
    }

    bool list(Value const& value, std::size_t depth) {
        out_ += '[';
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (i > 0) out_ += ", ";
            if (!text(value.item(i), depth + 1)) return false;
        }
        out_ += ']';
        return true;
    }

    /// By the text of their keys, so that equal maps look equal.
    bool map(Value const& value, std::size_t depth) {
        std::vector<std::pair<std::string, std::size_t>> keys;
        for (std::size_t i = 0; i < value.size(); ++i) {
            std::size_t const begin = out_.size();
            if (!text(value.entry(i).key, depth + 1)) return false;
            keys.emplace_back(out_.substr(begin), i);
            out_.resize(begin);
        }
        std::sort(keys.begin(), keys.end());
        out_ += '{';
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (i > 0) out_ += ", ";
            (out_ += keys[i].first) += ": ";
            if (!text(value.entry(keys[i].second).value, depth + 1)) return false;
        }
        out_ += '}';
        return true;
    }

    Evaluation& in_;
    std::string_view pattern_;
    Value const& arguments_;
    std::size_t at_ = 0, next_ = 0;
    std::string out_;
};

Value format(Evaluation& in, std::span<Value const> a) { return Formatting(in, a[0].as_text(), a[1]).run(); }

}  // namespace

void add_format(Library& library) { library.member("format", {Type::Kind::string, Type::list(Type())}, Type::Kind::string, format); }

}  // namespace pawl::cel
