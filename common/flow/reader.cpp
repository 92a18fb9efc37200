// Shapes and scalars: the messages of pawl.yaml(5) "Diagnostics" for values that do not fit.
#include "common/flow/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

using yaml::Node;

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

enum class Form : std::uint8_t { scalar, list, map, scalar_or_list, list_or_map, any };

Form form_of(Shape shape) {
    switch (shape) {
    case Shape::text: case Shape::script: case Shape::choice: case Shape::integer: case Shape::number: case Shape::boolean:
    case Shape::duration: case Shape::expression: case Shape::pasted: return Form::scalar;
    case Shape::text_list: case Shape::pasted_list: case Shape::value_list: case Shape::steps: case Shape::arms: case Shape::tests: case Shape::cases: return Form::list;
    case Shape::text_map: case Shape::pasted_map: case Shape::value_map: case Shape::declarations: case Shape::map: case Shape::mocks:
    case Shape::expectations: return Form::map;
    case Shape::shell: return Form::scalar_or_list;
    case Shape::globs_or_map: return Form::list_or_map;
    case Shape::value: case Shape::declaration: return Form::any;
    }
    return Form::any;
}

std::string_view noun_of(Shape shape) {
    switch (form_of(shape)) {
    case Form::scalar: break;
    case Form::list: return "a list";
    case Form::map: return "a map";
    case Form::scalar_or_list: return "text or a list";
    case Form::list_or_map: return "a list or a map";
    case Form::any: return "a value";
    }
    switch (shape) {
    case Shape::integer: return "an integer";
    case Shape::number: return "a number";
    case Shape::boolean: return "true or false";
    case Shape::duration: return "a duration";
    case Shape::expression: return "an expression";
    default: return "text";
    }
}

/// `[eu, us]` as an expression, in the quotes that YAML needs around it.
std::string list_expression(Node const& list) {
    std::string text;
    for (Node const& item : list.items) {
        bool const simple = item.is_scalar() && item.text.find_first_of("'\"\\\n") == std::string::npos;
        if (!simple || text.size() > 60) return "foreach: \"['eu', 'us']\"";
        Json const value = yaml::scalar_to_json(item);
        text += (text.empty() ? "" : ", ") + (value.is_string() ? "'" + printable(item.text) + "'" : dump_json(value));
    }
    return "it is an expression: foreach: \"[" + text + "]\"";
}

/// How the value could have been written; only for scalars that are short enough to repeat.
std::string example_for(Node const& node, Key const& key) {
    std::string const name(key.name);
    bool const repeatable = node.is_scalar() && node.text.size() <= 30 && is_identifier(node.text);
    if (key.name == "run" && node.is_list()) return "run is text for a shell; a list of arguments is argv: [program, argument]";
    if (key.name == "argv") return repeatable ? "argv: [" + node.text + "]" : "argv: [program, argument]; text for a shell is run";
    if (key.shape == Shape::steps) return "each step is a map behind a '-': - {id: name, run: command}";
    if (key.shape == Shape::tests) return "each test is a map behind a '-': - {params: {…}, expect: true}";
    if (key.shape == Shape::cases) return "each case is a map behind a '-': - {name: …, mock: {…}, expect: {status: succeeded}}";
    if (key.shape == Shape::mocks) return "mock: {step: {exit_code: 0}}";
    if (key.shape == Shape::expectations) return "expect: {status: succeeded}";
    if (key.name == "foreach" && node.is_list()) return list_expression(node);
    if (form_of(key.shape) == Form::list && repeatable) return name + ": [" + node.text + "]";
    if (key.shape == Shape::text_list && node.is_scalar() && node.text.size() <= 30) return name + ": [" + dump_json(Json(node.text)) + "]";
    if (key.shape == Shape::arms) return "each arm is a map behind a '-': {when: CEL, steps: [a]}, the last one {else: [b]}";
    switch (key.inner) {
    case Place::retry: return "retry: {max_attempts: 3}";
    case Place::stop: return "stop: {signal: TERM, grace: 10s}";
    case Place::concurrency: return "concurrency: {group: name}";
    case Place::artifacts: return repeatable ? "artifacts: [" + node.text + "]" : "artifacts: [\"dist/*.tar\"]";
    case Place::cache: return "cache: {files: [\"src/**\"], produces: [out]}";
    default: break;
    }
    if (key.name == "undo") return "undo: {run: command}";
    if (key.shape == Shape::pasted_map) return name + ": {NAME: value}";
    if (form_of(key.shape) == Form::map) return name + ": {name: value}";
    return {};
}

}  // namespace

std::string quotation(std::string_view text) {
    std::string_view const line = text.substr(0, std::min(text.find('\n'), text.size()));
    std::string_view const start = take_characters(line, 40);
    return "'" + printable(start) + (start.size() < text.size() ? "…" : "") + "'";
}

std::string describe_kind(Node const& node) {
    switch (node.kind) {
    case yaml::Kind::scalar: return "text";
    case yaml::Kind::list: return "a list";
    case yaml::Kind::map: return "a map";
    case yaml::Kind::empty: break;
    }
    return "empty";
}

// ---- Fields

Fields::Field const* Fields::field(std::string_view key) const {
    for (Field const& field : fields_)
        if (field.key->name == key) return &field;
    return nullptr;
}

yaml::Member const* Fields::member(std::string_view key) const {
    Field const* found = field(key);
    return found ? found->member : nullptr;
}

Node const* Fields::find(std::string_view key) const {
    Field const* found = field(key);
    return found ? &found->member->value : nullptr;
}

std::string Fields::text(std::string_view key) const {
    Node const* node = find(key);
    return node && node->is_scalar() ? node->text : std::string();
}

std::optional<std::int64_t> Fields::integer(std::string_view key) const {
    Field const* found = field(key);
    if (!found) return {};
    Node const& node = found->member->value;
    auto const value = reader_->integer(node, key);
    if (!value) return {};
    double const approximate = static_cast<double>(*value);
    return within_bounds(*found, approximate) ? value : std::nullopt;
}

std::optional<double> Fields::number(std::string_view key) const {
    Field const* found = field(key);
    if (!found) return {};
    Node const& node = found->member->value;
    auto const value = reader_->number(node, key);
    if (!value) return {};
    return within_bounds(*found, *value) ? value : std::nullopt;
}

bool Fields::within_bounds(Field const& field, double value) const {
    Key const& key = *field.key;
    if (value >= key.min && value <= key.max) return true;
    auto const least = static_cast<std::int64_t>(key.min), greatest = static_cast<std::int64_t>(key.max);
    std::string const range = least == greatest ? "can only be " + std::to_string(least)
                                                : "lies between " + std::to_string(least) + " and " + std::to_string(greatest);
    reader_->error(code::invalid_value, field.member->value.where, "'" + std::string(key.name) + "' " + range);
    return false;
}

std::optional<bool> Fields::boolean(std::string_view key) const {
    Node const* node = find(key);
    return node ? reader_->boolean(*node, key) : std::nullopt;
}

std::optional<Duration> Fields::duration(std::string_view key) const {
    Node const* node = find(key);
    return node ? reader_->duration(*node, key) : std::nullopt;
}

std::optional<std::size_t> Fields::choice(std::string_view key) const {
    Field const* found = field(key);
    if (!found) return {};
    Node const& node = found->member->value;
    std::vector<std::string_view> const choices = words(found->key->choices);
    for (std::size_t i = 0; i < choices.size(); ++i)
        if (choices[i] == node.text) return i;
    if (reader_->refuse_expression(node, key)) return {};
    std::string const prefix(found->key->prefix);
    reader_->error(code::invalid_value, node.where, quotation(node.text) + " is no value of '" + std::string(key) + "'",
                   hint_for_choice(std::string(found->key->choices) + (prefix.empty() ? "" : " " + prefix + "NAME"), node.text));
    return {};
}

// ---- Reader

Error& Reader::error(ErrorCode code, SourcePos where, std::string message, std::string hint) {
    Error made{.code = code, .message = std::move(message), .where = std::move(where), .hint = std::move(hint)};
    if (++error_count_ > mistakes_max) return surplus_ = std::move(made);
    return diagnostics_.emplace_back(std::move(made));
}

Error& Reader::warning(ErrorCode code, SourcePos where, std::string message, std::string hint) {
    return diagnostics_.emplace_back(Error{.code = code, .message = std::move(message), .where = std::move(where), .hint = std::move(hint),
                                           .severity = Severity::warning});
}

void Reader::add(Diagnostics found) {
    for (Error& one : found) {
        bool const is_error = one.severity == Severity::error;
        if (is_error && ++error_count_ > mistakes_max) continue;
        diagnostics_.push_back(std::move(one));
    }
}

SourcePos Reader::place_in(Node const& scalar, std::size_t byte_in_value, std::size_t length) const {
    constexpr std::uint32_t column_max = 1000;
    return scalar.where.column > column_max ? scalar.where : file_.place_in(scalar, byte_in_value, length);
}

Fields Reader::read_map(Node const& node, Place place, std::string_view owner) {
    Fields fields(*this, &node, place);
    std::string_view const title = owner.empty() ? title_of(place) : owner;
    fields.fields_.reserve(node.members.size());
    for (yaml::Member const& member : node.members) {
        Key const* key = find_key(place, member.key.text);
        if (!key) {
            unknown_key(member.key, place, title);
        } else if (has_shape(member.value, *key)) {
            fields.fields_.push_back({key, &member});
        }
    }
    for (Key const& key : keys_of(place)) {
        if (!key.required || node.find(key.name) || is_misspelt(node, place, key.name)) continue;
        error(code::missing_key, node.where, "'" + std::string(key.name) + "' is missing in " + std::string(title));
    }
    return fields;
}

bool Reader::is_misspelt(Node const& map, Place place, std::string_view key) const {
    if (!may_suggest()) return false;
    std::string const suggestion = "did you mean '" + std::string(key) + "'?";
    return std::ranges::any_of(map.members, [&](yaml::Member const& member) {
        return !find_key(place, member.key.text) && hint_for_unknown(place, member.key.text) == suggestion;
    });
}

void Reader::unknown_key(Node const& key, Place place, std::string_view owner) {
    if (refuse_expression(key, "a key")) return;
    if (comes_later(place, key.text)) {
        error(code::unknown_key, key.where, "this version of pawl does not have '" + key.text + "'", std::string(hint_for_later));
        return;
    }
    error(code::unknown_key, key.where, "unknown key " + quotation(key.text) + " in " + std::string(owner),
          may_suggest() ? hint_for_unknown(place, key.text) : std::string());
}

bool is_nothing(Node const& node) { return node.is_empty() || (node.is_scalar() && !node.quoted && (node.text == "null" || node.text == "~")); }

bool Reader::has_shape(Node const& node, Key const& key) {
    if (is_nothing(node)) {
        if (key.shape == Shape::value) return true;
        error(code::wrong_type, node.where, "'" + std::string(key.name) + "' has no value",
              "give it " + std::string(noun_of(key.shape)) + ", or remove the key");
        return false;
    }
    switch (form_of(key.shape)) {
    case Form::scalar: return node.is_scalar() || wrong_shape(node, key);
    case Form::list: return node.is_list() || wrong_shape(node, key);
    case Form::map: return node.is_map() || wrong_shape(node, key);
    case Form::scalar_or_list: return !node.is_map() || wrong_shape(node, key);
    case Form::list_or_map: return !node.is_scalar() || wrong_shape(node, key);
    case Form::any: break;
    }
    return true;
}

bool Reader::wrong_shape(Node const& node, Key const& key) {
    std::string message = "'" + std::string(key.name) + "' is " + std::string(noun_of(key.shape));
    if (!node.is_scalar()) message += ", not " + describe_kind(node);
    error(code::wrong_type, node.where, std::move(message), example_for(node, key));
    return false;
}

std::optional<std::int64_t> Reader::integer(Node const& node, std::string_view what) {
    if (!node.is_scalar()) {
        error(code::wrong_type, node.where, "'" + std::string(what) + "' is an integer, not " + describe_kind(node));
        return {};
    }
    Json const value = yaml::scalar_to_json(node);
    if (value.is_int()) return value.as_int();
    if (refuse_expression(node, what)) return {};
    std::string_view digits = node.text;
    std::string hint;
    if (node.quoted && all_digits(digits)) {
        hint = "write it without quotes: " + std::string(digits);
    } else if (all_digits(digits) && digits.front() == '0') {
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
        hint = "write " + std::string(digits);
    } else if (value.is_double() && value.as_double() == std::trunc(value.as_double()) && std::abs(value.as_double()) < 1e15) {
        hint = "write " + std::to_string(static_cast<std::int64_t>(value.as_double()));
    }
    error(code::wrong_type, node.where, quotation(node.text) + " is not an integer", std::move(hint));
    return {};
}

std::optional<double> Reader::number(Node const& node, std::string_view what) {
    if (node.is_scalar()) {
        Json const value = yaml::scalar_to_json(node);
        if (value.is_int()) return static_cast<double>(value.as_int());
        if (value.is_uint()) return static_cast<double>(value.as_uint());
        if (value.is_double() && std::isfinite(value.as_double())) return value.as_double();
        if (refuse_expression(node, what)) return {};
        auto const unquoted = node.quoted ? parse_json(node.text) : Result<Json>(Json());
        error(code::wrong_type, node.where, quotation(node.text) + " is not a number", unquoted && unquoted->is_number() ? "write it without quotes: " + node.text : "");
        return {};
    }
    error(code::wrong_type, node.where, "'" + std::string(what) + "' is a number, not " + describe_kind(node));
    return {};
}

std::optional<bool> Reader::boolean(Node const& node, std::string_view what) {
    if (node.is_scalar() && !node.quoted) {
        if (node.text == "true") return true;
        if (node.text == "false") return false;
    }
    if (!node.is_scalar()) {
        error(code::wrong_type, node.where, "'" + std::string(what) + "' is true or false, not " + describe_kind(node));
        return {};
    }
    if (refuse_expression(node, what)) return {};
    static constexpr std::string_view yes[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "1", "y"};
    bool const positive = std::ranges::find(yes, std::string_view(node.text)) != std::ranges::end(yes);
    error(code::wrong_type, node.where, quotation(node.text) + " is not a boolean", positive ? "true" : "true or false");
    return {};
}

std::optional<Duration> Reader::duration(Node const& node, std::string_view what) {
    if (!node.is_scalar()) {
        error(code::wrong_type, node.where, "'" + std::string(what) + "' is a duration, not " + describe_kind(node));
        return {};
    }
    if (refuse_expression(node, what)) return {};
    std::string_view const text = node.text;
    Result<Duration> const value = parse_duration(text);
    if (value && *value >= Duration::zero()) return *value;
    if (value) {
        error(code::invalid_value, node.where, "'" + std::string(what) + "' cannot be negative");
    } else if (all_digits(text)) {
        error(code::wrong_type, node.where, "a duration needs a unit", std::string(text) + "s");
    } else if (text.ends_with('d') && all_digits(text.substr(0, text.size() - 1)) && text.size() <= 6) {
        int days = 0;
        std::from_chars(text.data(), text.data() + text.size() - 1, days);
        error(code::wrong_type, node.where, "a duration has no days, as not every day has 24 hours", std::to_string(days * 24) + "h");
    } else {
        error(code::wrong_type, node.where, quotation(text) + " is not a duration", "write it like 90s, 1h30m or 500ms");
    }
    return {};
}

bool Reader::refuse_expression(Node const& node, std::string_view what) {
    std::size_t const at = node.text.find("${{");
    if (at == std::string::npos) return false;
    std::string const name = what.starts_with("a ") ? std::string(what) : "'" + std::string(what) + "'";
    error(code::expression_in_run, place_in(node, at, 3), "a value cannot be pasted into " + name, "write it out");
    return true;
}

std::vector<Node const*> Reader::texts(Node const& list, std::string_view what) {
    std::vector<Node const*> found;
    found.reserve(list.items.size());
    for (Node const& item : list.items) {
        if (is_nothing(item)) {
            error(code::wrong_type, item.where, "an item of '" + std::string(what) + "' has no value");
        } else if (!item.is_scalar()) {
            error(code::wrong_type, item.where, "an item of '" + std::string(what) + "' is text, not " + describe_kind(item));
        } else if (!refuse_expression(item, what)) {
            found.push_back(&item);
        }
    }
    return found;
}

bool Reader::within(std::size_t count, std::size_t max, Node const& node, std::string_view what) {
    if (count <= max) return true;
    error(code::limit_exceeded, node.where,
          "'" + std::string(what) + "' has " + std::to_string(count) + " entries; at most " + std::to_string(max) + " are allowed");
    return false;
}

}  // namespace pawl::flow
