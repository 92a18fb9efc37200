// From scalars to programs. Values that are lists or maps become one CEL expression whose parts remember where they came from.
#include "common/flow/expressions.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/state_words.h"

namespace pawl::flow {
namespace {

using yaml::Node;

/// Programs look their places up while they are compiled, so borrowing the tree is enough.
cel::Source source_of(Node const& scalar, Reader const& reader) {
    return {scalar.text, [&reader, &scalar](std::size_t offset, std::size_t length) { return reader.place_in(scalar, offset, length); }};
}

/// A CEL expression made of a tree of values.
class ValueText {
public:
    void add(Node const& node) {
        switch (node.kind) {
        case yaml::Kind::empty: text_ += "null"; return;
        case yaml::Kind::scalar: add_scalar(node); return;
        case yaml::Kind::list: add_list(node); return;
        case yaml::Kind::map: add_map(node); return;
        }
    }

    /// Borrows the tree. `root` is to blame for what belongs to no scalar.
    cel::Source source(Reader const& reader, Node const& root) && {
        return {std::move(text_), [&reader, &root, pieces = std::move(pieces_)](std::size_t offset, std::size_t length) {
                    auto const after = std::ranges::upper_bound(pieces, offset, {}, &Piece::at);
                    if (after == pieces.begin()) return root.where;
                    Piece const& piece = *std::prev(after);
                    std::size_t const inside = std::min(piece.from + (offset - piece.at), piece.node->text.size());
                    return reader.place_in(*piece.node, inside, length);
                }};
    }

private:
    struct Piece {
        std::size_t at;    ///< in the expression
        std::size_t from;  ///< in the value of the scalar
        Node const* node;  ///< a scalar
    };

    void add_list(Node const& node) {
        text_ += '[';
        for (Node const& item : node.items) {
            if (&item != &node.items.front()) text_ += ", ";
            add(item);
        }
        text_ += ']';
    }

    void add_map(Node const& node) {
        text_ += '{';
        for (yaml::Member const& member : node.members) {
            if (&member != &node.members.front()) text_ += ", ";
            pieces_.push_back({text_.size(), 0, &member.key});
            append_json_string(text_, member.key.text);
            text_ += ": ";
            add(member.value);
        }
        text_ += '}';
    }

    void add_scalar(Node const& node) {
        if (node.text.find("${{") == std::string::npos) {
            pieces_.push_back({text_.size(), 0, &node});
            Json const value = yaml::scalar_to_json(node);
            if (value.is_string()) append_json_string(text_, value.as_string());
            else text_ += dump_json(value);
            return;
        }
        add_parts(node);
    }

    /// "a${{ x }}b" → "a" + string(x) + "b". The line ends close a comment in the expression.
    void add_parts(Node const& node) {
        std::string_view const text = node.text;
        std::size_t at = 0;
        bool first = true;
        auto const join = [&] {
            if (!first) text_ += " + ";
            first = false;
        };
        auto const add_literal = [&](std::size_t begin, std::size_t end) {
            if (begin == end) return;
            join();
            pieces_.push_back({text_.size(), begin, &node});
            append_json_string(text_, text.substr(begin, end - begin));
        };
        while (at < text.size()) {
            std::size_t const open = text.find("${{", at);
            auto const close = open == std::string_view::npos ? std::nullopt : cel::find_template_end(text, open + 3);
            if (!close) break;
            add_literal(at, open);
            join();
            bool const whole = open == 0 && *close + 2 == text.size();
            text_ += whole ? "(" : "string(";
            pieces_.push_back({text_.size(), open + 3, &node});
            text_ += text.substr(open + 3, *close - open - 3);
            text_ += "\n)";
            at = *close + 2;
        }
        add_literal(at, text.size());
        if (first) text_ += "''";
    }

    std::string text_;
    std::vector<Piece> pieces_;
};

}  // namespace

namespace {

void name_what_comes_later(Error& error) {
    constexpr std::string_view start = "unknown name '";
    if (!error.message.starts_with(start) || !error.message.ends_with('\'')) return;
    std::string_view const name = std::string_view(error.message).substr(start.size(), error.message.size() - start.size() - 1);
    if (name == "condition") error.hint = "did you mean conditions.NAME?";
    for (std::string_view const yes : {"yes", "on", "Yes", "On", "YES", "TRUE"})
        if (name == yes) error.hint = "write true";
    for (std::string_view const no : {"no", "off", "No", "Off", "NO", "FALSE"})
        if (name == no) error.hint = "write false";
    if (comes_later(Where::variable, name)) error.hint = "this version of pawl does not have '" + std::string(name) + "'";
}

}  // namespace

namespace {

/// `{{ inputs.x }}`, as other tools write it: here it is text. Their own names, as `{{ .Names }}` of a program's option, are not ours.
void warn_of_other_braces(Reader& reader, Node const& scalar) {
    static constexpr std::string_view ours[] = {"inputs.", "vars.", "steps.", "env.", "run.", "event.", "matrix.", "item."};
    std::string_view const text = scalar.text;
    for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at + 2)) {
        std::string_view const inside = trim(text.substr(at + 2));
        bool const is_ours = std::ranges::any_of(ours, [&](std::string_view name) { return inside.starts_with(name); });
        if (is_ours) {
            reader.warning(code::expression_syntax, reader.place_in(scalar, at, 2), "this is text, no expression", "an expression is ${{ " + printable(take_characters(trim(inside.substr(0, inside.find("}}"))), 60)) + " }}");
            return;
        }
    }
}

}  // namespace

bool holds_expression(Node const& node) {
    if (node.is_scalar()) return node.text.find("${{") != std::string::npos;
    for (Node const& item : node.items)
        if (holds_expression(item)) return true;
    for (yaml::Member const& member : node.members)
        if (holds_expression(member.value)) return true;
    return false;
}

cel::Template literal(std::string text) {
    cel::Template made;
    made.parts.push_back({std::move(text), std::nullopt});
    return made;
}

cel::Type type_of(cel::Template const& value) {
    return value.is_whole() ? value.parts.front().program->result() : cel::Type(cel::Type::Kind::string);
}

void Expressions::report(Diagnostics found, Sight const& sight) {
    for (Error& one : found) {
        if (one.code == code::unknown_name) name_what_comes_later(one);
        sight.explain(one);
        uses_.explain(one);
    }
    ConditionUses::tell_once(found);
    reader_.add(std::move(found));
}

std::optional<cel::Program> Expressions::take(cel::Compiled compiled, Sight const& sight) {
    if (!compiled.diagnostics.empty()) report(std::move(compiled.diagnostics), sight);
    return std::move(compiled.program);
}

std::optional<cel::Program> Expressions::bare(Node const& scalar, Sight& sight, std::string_view key) {
    if (reader_.is_full()) return {};
    std::string_view const text = trim(scalar.text);
    if (text.starts_with("${{")) {
        std::string_view inside = text.substr(3);
        if (inside.ends_with("}}")) inside.remove_suffix(2);
        reader_.error(code::expression_syntax, scalar.where, "'" + std::string(key) + "' is an expression without ${{ }}",
                      "write " + std::string(key) + ": " + printable(take_characters(trim(inside), 80)));
        return {};
    }
    auto program = take(cel::compile(uses_.in_expression(source_of(scalar, reader_)), sight.environment()), sight);
    if (program) warn_of_unknown_states(reader_, source_of(scalar, reader_));
    return program;
}

cel::Template Expressions::pasted(Node const& scalar, Sight& sight) {
    if (scalar.text.find("${{") == std::string::npos || reader_.is_full()) {
        warn_of_other_braces(reader_, scalar);
        return literal(scalar.text);
    }
    cel::CompiledTemplate compiled = cel::compile_template(uses_.in_template(source_of(scalar, reader_)), sight.environment());
    if (!compiled.diagnostics.empty()) report(std::move(compiled.diagnostics), sight);
    return compiled.value ? *std::move(compiled.value) : literal({});
}

cel::Template Expressions::value(Node const& node, Sight& sight) {
    if (node.is_scalar() && (holds_expression(node) || yaml::scalar_to_json(node).is_string())) return pasted(node, sight);
    if (reader_.is_full()) return literal({});
    ValueText text;
    text.add(node);
    auto program = take(cel::compile(uses_.in_expression(std::move(text).source(reader_, node)), sight.environment()), sight);
    cel::Template made;
    made.parts.push_back({{}, std::move(program)});
    return made;
}

}  // namespace pawl::flow
