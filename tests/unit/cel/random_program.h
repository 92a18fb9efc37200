// Random well-typed programs over the names of the bench: for tests that compare two ways of evaluating one text.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace pawl::cel::test {

class RandomPrograms {
public:
    explicit RandomPrograms(std::uint64_t seed) : random_(seed) {}
    std::string next() {
        locals_ = 0;
        return of(static_cast<Kind>(below(5)), 4);
    }

private:
    enum class Kind { boolean, integer, real, string, list };  // lists hold integers

    std::size_t below(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
    template <class... Texts>
    std::string pick(Texts const&... texts) {
        std::string const all[] = {texts...};
        return all[below(sizeof...(texts))];
    }

    std::string of(Kind kind, int depth) {
        if (depth <= 0) return leaf(kind);
        if (below(12) == 0) return "(" + boolean(depth - 1) + " ? " + of(kind, depth - 1) + " : " + of(kind, depth - 1) + ")";
        switch (kind) {
        case Kind::boolean: return boolean(depth);
        case Kind::integer: return integer(depth - 1);
        case Kind::real: return real(depth - 1);
        case Kind::string: return string(depth - 1);
        case Kind::list: return list(depth - 1);
        }
        return "";
    }

    std::string leaf(Kind kind) {
        switch (kind) {
        case Kind::boolean: return pick("true", "false", "inputs.dry", "has(event.data.none)", "has(event.data.nothing)");
        case Kind::integer:
            if (locals_ > 0 && below(2) == 0) return "v" + std::to_string(below(locals_));
            return pick("0", "1", "2", "-3", "9223372036854775807", "inputs.count", "vars.a", "int(event.data.amount)", "event.data.missing");
        case Kind::real: return pick("0.0", "1.5", "-2.25", "inputs.amount", "double(inputs.count)");
        case Kind::string: return pick("''", "'a'", "'Straße'", "inputs.name", "event.type", "event.data.total", "event.data.user.id");
        case Kind::list: return pick("[]", "[1]", "[3, 1, 2]", "event.data.items");
        }
        return "";
    }

    std::string boolean(int depth) {
        if (depth <= 0) return leaf(Kind::boolean);
        Kind const kind = static_cast<Kind>(below(4) + 1);
        switch (below(9)) {
        case 0: return "(" + boolean(depth - 1) + " && " + boolean(depth - 1) + ")";
        case 1: return "(" + boolean(depth - 1) + " || " + boolean(depth - 1) + " || " + boolean(depth - 1) + ")";
        case 2: return "!" + boolean(depth - 1);
        case 3: return "(" + of(kind, depth - 1) + pick(" == ", " != ") + of(kind, depth - 1) + ")";
        case 4: return "(" + of(Kind::integer, depth - 1) + pick(" < ", " >= ") + of(pick("i", "r") == "i" ? Kind::integer : Kind::real, depth - 1) + ")";
        case 5: return "(" + of(Kind::integer, depth - 1) + " in " + of(Kind::list, depth - 1) + ")";
        case 6: return of(Kind::string, depth - 1) + pick(".startsWith(", ".contains(") + of(Kind::string, depth - 1) + ")";
        case 7: return fold(pick("all", "exists", "exists_one"), depth);
        default: return leaf(Kind::boolean);
        }
    }

    std::string integer(int depth) {
        switch (below(7)) {
        case 0: return "(" + of(Kind::integer, depth) + pick(" + ", " - ", " * ") + of(Kind::integer, depth) + ")";
        case 1: return "(" + of(Kind::integer, depth) + pick(" / ", " % ") + of(Kind::integer, depth) + ")";
        case 2: return "size(" + of(pick("s", "l") == "s" ? Kind::string : Kind::list, depth) + ")";
        case 3: return of(Kind::list, depth) + "[" + pick("0", "1", "7") + "]";
        case 4: return "math.greatest(" + of(Kind::integer, depth) + ", " + of(Kind::integer, depth) + ")";
        case 5: {
            std::string const bound = "v" + std::to_string(locals_), value = of(Kind::integer, depth);
            ++locals_;
            std::string const body = of(Kind::integer, depth);
            --locals_;
            return "cel.bind(" + bound + ", " + value + ", " + body + ")";
        }
        default: return leaf(Kind::integer);
        }
    }

    std::string real(int depth) {
        switch (below(4)) {
        case 0: return "(" + of(Kind::real, depth) + pick(" + ", " - ", " * ", " / ") + of(Kind::real, depth) + ")";
        case 1: return "double(" + of(Kind::integer, depth) + ")";
        case 2: return "math.floor(" + of(Kind::real, depth) + ")";
        default: return leaf(Kind::real);
        }
    }

    std::string string(int depth) {
        switch (below(6)) {
        case 0: return "(" + of(Kind::string, depth) + " + " + of(Kind::string, depth) + ")";
        case 1: return "string(" + of(Kind::integer, depth) + ")";
        case 2: return of(Kind::string, depth) + ".upperAscii()";
        case 3: return of(Kind::string, depth) + ".substring(" + pick("0", "1", "9") + ")";
        case 4: return "'%s-%d'.format([" + of(Kind::string, depth) + ", " + of(Kind::integer, depth) + "])";
        default: return leaf(Kind::string);
        }
    }

    std::string list(int depth) {
        switch (below(5)) {
        case 0: return "[" + of(Kind::integer, depth) + ", " + of(Kind::integer, depth) + "]";
        case 1: return "(" + of(Kind::list, depth) + " + " + of(Kind::list, depth) + ")";
        case 2: return fold("filter", depth + 1);
        case 3: {
            std::string const range = of(Kind::list, depth), variable = "v" + std::to_string(locals_);
            ++locals_;
            std::string const body = of(Kind::integer, depth);
            --locals_;
            return range + ".map(" + variable + ", " + body + ")";
        }
        default: return leaf(Kind::list);
        }
    }

    std::string fold(std::string const& macro, int depth) {
        std::string const range = of(Kind::list, depth - 1), variable = "v" + std::to_string(locals_);
        ++locals_;
        std::string const predicate = boolean(depth - 1);
        --locals_;
        return range + "." + macro + "(" + variable + ", " + predicate + ")";
    }

    std::mt19937_64 random_;
    std::size_t locals_ = 0;
};

}  // namespace pawl::cel::test
