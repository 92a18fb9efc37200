#include "daemon/store/filter_sql.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "daemon/core/records.h"
#include "daemon/store/columns.h"

namespace pawl {
namespace {

using cel::Ast;
using cel::Node;
using cel::NodeId;
using cel::Operator;
using As = FilterField::As;
using Condition = std::optional<SqlCondition>;

std::string_view sql_of(Operator op) {
    switch (op) {
    case Operator::equal: return " = ";
    case Operator::not_equal: return " <> ";
    case Operator::less: return " < ";
    case Operator::less_equal: return " <= ";
    case Operator::greater: return " > ";
    case Operator::greater_equal: return " >= ";
    default: return {};
    }
}

/// `5 < id` is `id > 5`.
Operator mirrored(Operator op) {
    switch (op) {
    case Operator::less: return Operator::greater;
    case Operator::less_equal: return Operator::greater_equal;
    case Operator::greater: return Operator::less;
    case Operator::greater_equal: return Operator::less_equal;
    default: return op;
    }
}

bool is_equality(Operator op) { return op == Operator::equal || op == Operator::not_equal; }

/// Rows hold microseconds. A finer literal is left to CEL.
bool is_microseconds(std::string_view text) {
    auto const dot = text.find('.');
    if (dot == std::string_view::npos) return text.find("ns") == std::string_view::npos;
    auto const digits = std::ranges::find_if_not(text.substr(dot + 1), [](char c) { return c >= '0' && c <= '9'; });
    return digits - text.substr(dot + 1).begin() <= 6 && text.find("us") == std::string_view::npos && text.find("ns") == std::string_view::npos;
}

std::optional<Reason> reason_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(Reason::limit); ++i)
        if (name_of(static_cast<Reason>(i)) == name) return static_cast<Reason>(i);
    return std::nullopt;
}

std::string spell_states() {
    std::string text;
    for (int i = 0; i <= static_cast<int>(RunState::skipped); ++i)
        text += (i == 0 ? "" : ", ") + std::string(name_of(static_cast<RunState>(i)));
    return text;
}

/// Each function yields an empty condition for what SQL cannot decide exactly as CEL would.
class Translator {
public:
    Translator(Ast const& tree, std::span<FilterField const> fields, UtcTime now) : tree_(tree), fields_(fields), now_(now) {}

    SqlPart run() {
        SqlPart part;
        Node const& root = tree_[tree_.root];
        part.condition = condition(tree_.root);
        part.whole = part.condition.has_value();
        // Every part of a conjunction has to hold, so those that SQL knows may be asked first.
        if (!part.whole && root.kind == Node::Kind::operation && root.op == Operator::logical_and)
            for (NodeId child : root.children)
                if (Condition known = condition(child)) part.condition = part.condition ? both(*part.condition, " AND ", *known) : known;
        part.mistake = mistake_;
        return part;
    }

private:
    static SqlCondition both(SqlCondition left, std::string_view word, SqlCondition const& right) {
        left.sql = "(" + left.sql + std::string(word) + right.sql + ")";
        left.values.insert(left.values.end(), right.values.begin(), right.values.end());
        return left;
    }

    Condition condition(NodeId id) {
        Node const& node = tree_[id];
        if (node.kind == Node::Kind::name) return flag(node);
        if (node.kind != Node::Kind::operation) return std::nullopt;
        switch (node.op) {
        case Operator::logical_and: return chain(node, " AND ");
        case Operator::logical_or: return chain(node, " OR ");
        case Operator::logical_not: {
            Condition inner = condition(node.children[0]);
            if (inner) inner->sql = "(NOT " + inner->sql + ")";
            return inner;
        }
        case Operator::in: return membership(node);
        case Operator::equal: case Operator::not_equal: case Operator::less: case Operator::less_equal: case Operator::greater:
        case Operator::greater_equal: return comparison(node);
        default: return std::nullopt;
        }
    }

    Condition chain(Node const& node, std::string_view word) {
        Condition all;
        for (NodeId child : node.children) {
            Condition one = condition(child);
            if (!one) return std::nullopt;
            all = all ? both(*all, word, *one) : *one;
        }
        return all;
    }

    Condition flag(Node const& node) {
        FilterField const* field = field_of(node);
        if (field == nullptr || field->as != As::boolean) return std::nullopt;
        return SqlCondition{"(" + std::string(field->sql) + " = 1)", {}};
    }

    Condition comparison(Node const& node) {
        FilterField const* field = field_of(tree_[node.children[0]]);
        if (field != nullptr) return compare(*field, node.op, node.children[1]);
        field = field_of(tree_[node.children[1]]);
        return field == nullptr ? std::nullopt : compare(*field, mirrored(node.op), node.children[0]);
    }

    Condition compare(FilterField const& field, Operator op, NodeId literal) {
        std::optional<SqlValue> value = value_for(field, literal);
        if (!value) return std::nullopt;
        bool const ordered = field.as == As::text || field.as == As::number || field.as == As::instant || field.as == As::span;
        if (!ordered && !is_equality(op)) return std::nullopt;
        if (field.as == As::run_state && op == Operator::equal) return in_states({std::get<std::int64_t>(*value)});
        return SqlCondition{"(" + std::string(field.sql) + std::string(sql_of(op)) + place(field) + ")", {*value}};
    }

    Condition membership(Node const& node) {
        FilterField const* field = field_of(tree_[node.children[0]]);
        Node const& list = tree_[node.children[1]];
        bool const is_plain = list.kind == Node::Kind::list && std::ranges::find(list.marks, 1) == list.marks.end();
        if (field == nullptr || !is_plain || list.children.empty() || list.children.size() > 1000) return std::nullopt;
        SqlCondition result;
        std::vector<std::int64_t> states;
        for (NodeId child : list.children) {
            std::optional<SqlValue> value = value_for(*field, child);
            if (!value) return std::nullopt;
            if (field->as == As::run_state) states.push_back(std::get<std::int64_t>(*value));
            result.sql += (result.values.empty() ? "" : ", ") + place(*field);
            result.values.push_back(*std::move(value));
        }
        if (!states.empty()) return in_states(states);
        result.sql = "(" + std::string(field->sql) + " IN (" + result.sql + "))";
        return result;
    }

    /// With the condition of the partial index that holds these states, so that it can be used.
    static SqlCondition in_states(std::vector<std::int64_t> const& states) {
        SqlCondition result{states.size() == 1 ? "(state = ?" : "(state IN (?", {states.front()}};
        for (std::size_t i = 1; i < states.size(); ++i) {
            result.sql += ", ?";
            result.values.emplace_back(states[i]);
        }
        if (states.size() > 1) result.sql += ")";
        auto const [least, most] = std::ranges::minmax(states);
        std::string const border = std::to_string(columns::first_final_run_state);
        if (least >= columns::first_final_run_state) result.sql += " AND state >= " + border;
        else if (most < columns::first_final_run_state) result.sql += " AND state < " + border;
        result.sql += ")";
        return result;
    }

    static std::string place(FilterField const& field) {
        return field.as == As::workflow ? "(SELECT id FROM workflow WHERE name = ?)" : "?";
    }

    FilterField const* field_of(Node const& node) const {
        if (node.kind != Node::Kind::name) return nullptr;
        auto const field = std::ranges::find(fields_, node.text, &FilterField::name);
        return field == fields_.end() || field->sql.empty() ? nullptr : &*field;
    }

    template <class T>
    T const* literal(NodeId id) const {
        return tree_[id].kind == Node::Kind::literal ? std::get_if<T>(&tree_[id].value) : nullptr;
    }

    std::optional<SqlValue> value_for(FilterField const& field, NodeId id) {
        switch (field.as) {
        case As::text: case As::workflow:
            if (auto const* text = literal<std::string>(id)) return *text;
            return std::nullopt;
        case As::number: return number(id);
        case As::boolean:
            if (auto const* value = literal<bool>(id)) return std::int64_t{*value ? 1 : 0};
            return std::nullopt;
        case As::instant:
            if (auto time = instant(id)) return std::int64_t{time->time_since_epoch().count()};
            return std::nullopt;
        case As::span:
            if (auto length = span(id)) return std::int64_t{length->count()};
            return std::nullopt;
        case As::run_state: return state(id);
        case As::reason:
            if (auto const* text = literal<std::string>(id))
                if (auto reason = reason_named(*text)) return std::int64_t{static_cast<int>(*reason)};
            return std::nullopt;
        case As::map: return std::nullopt;
        }
        return std::nullopt;
    }

    std::optional<SqlValue> number(NodeId id) const {
        Node const& node = tree_[id];
        if (auto const* value = literal<std::int64_t>(id)) return *value;
        if (node.kind == Node::Kind::operation && node.op == Operator::negate)
            if (auto const* value = literal<std::int64_t>(node.children[0])) return -*value;
        return std::nullopt;
    }

    /// A state that does not exist would silently match nothing: it is a slip of the pen.
    std::optional<SqlValue> state(NodeId id) {
        auto const* text = literal<std::string>(id);
        if (text == nullptr) return std::nullopt;
        if (auto known = run_state_named(*text)) return std::int64_t{static_cast<int>(*known)};
        mistake_ = Error{.code = code::invalid_request, .message = "no run has the status '" + printable(*text) + "'",
                         .hint = "there are " + spell_states()};
        return std::nullopt;
    }

    std::string const* argument_of(NodeId id, std::string_view function) const {
        Node const& node = tree_[id];
        if (node.kind != Node::Kind::call || node.member || node.text != function || node.children.size() != 1) return nullptr;
        auto const* text = literal<std::string>(node.children[0]);
        return text != nullptr && is_microseconds(*text) ? text : nullptr;
    }

    std::optional<Duration> span(NodeId id) const {
        std::string const* text = argument_of(id, "duration");
        if (text == nullptr) return std::nullopt;
        auto parsed = parse_duration(*text);
        return parsed ? std::optional(*parsed) : std::nullopt;
    }

    /// timestamp('…'), now, and one of them plus or minus spans.
    std::optional<UtcTime> instant(NodeId id) const {
        Node const& node = tree_[id];
        if (node.kind == Node::Kind::name && node.text == "now") return now_;
        if (std::string const* text = argument_of(id, "timestamp")) return parse_utc(*text);
        bool const moves = node.kind == Node::Kind::operation && (node.op == Operator::add || node.op == Operator::subtract);
        if (!moves) return std::nullopt;
        auto const from = instant(node.children[0]);
        auto const by = span(node.children[1]);
        if (!from || !by) return std::nullopt;
        return node.op == Operator::add ? *from + *by : *from - *by;
    }

    Ast const& tree_;
    std::span<FilterField const> fields_;
    UtcTime now_;
    std::optional<Error> mistake_;
};

}  // namespace

SqlPart sql_part(Ast const& tree, std::span<FilterField const> fields, UtcTime now) { return Translator(tree, fields, now).run(); }

}  // namespace pawl
