#include "common/flow/state_words.h"

#include <algorithm>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/parser.h"

namespace pawl::flow {
namespace {

constexpr std::string_view step_states = "pending queued running waiting stopping succeeded failed lost cancelled skipped";
constexpr std::string_view run_states = "queued running waiting stopping finishing succeeded failed cancelled skipped";

struct Alias {
    std::string_view word, state;
};
constexpr Alias aliases[] = {{"success", "succeeded"}, {"successful", "succeeded"}, {"ok", "succeeded"},   {"done", "succeeded"},
                             {"completed", "succeeded"}, {"passed", "succeeded"},   {"failure", "failed"}, {"error", "failed"},
                             {"errored", "failed"},    {"aborted", "cancelled"},    {"canceled", "cancelled"}, {"skip", "skipped"}};

/// The states of what a path names: a step's, the run's, or none when it is no status.
std::string_view states_of(std::string_view path) {
    if (path == "run.status") return run_states;
    return path.starts_with("steps.") && path.ends_with(".status") && std::ranges::count(path, '.') == 2 ? step_states : std::string_view();
}

std::string hint_for_state(std::string_view word, std::string_view states) {
    std::string lower;
    for (char const c : word) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (Alias const& alias : aliases)
        if (alias.word == lower) return "did you mean '" + std::string(alias.state) + "'?";
    return hint_for_choice(states, lower);
}

class Walk {
public:
    Walk(cel::Ast const& ast, cel::Reporter& found) : ast_(ast), found_(found) {}

    void look_at(cel::Node const& node) {
        if (node.kind != cel::Node::Kind::operation || node.children.size() != 2) return;
        bool const compares = node.op == cel::Operator::equal || node.op == cel::Operator::not_equal;
        if (!compares && node.op != cel::Operator::in) return;
        compare(node.children[0], node.children[1]);
        if (compares) compare(node.children[1], node.children[0]);
    }

private:
    void compare(cel::NodeId status, cel::NodeId with) {
        std::string const path = ast_.dotted_name(status);
        std::string_view const states = states_of(path);
        if (states.empty()) return;
        cel::Node const& other = ast_[with];
        check_word(other, path, states);
        if (other.kind == cel::Node::Kind::list)
            for (cel::NodeId const item : other.children) check_word(ast_[item], path, states);
    }

    void check_word(cel::Node const& node, std::string const& path, std::string_view states) {
        auto const* word = node.kind == cel::Node::Kind::literal ? std::get_if<std::string>(&node.value) : nullptr;
        if (word == nullptr) return;
        std::vector<std::string_view> const known = words(states);
        if (std::ranges::find(known, *word) != known.end()) return;
        found_.warning(code::invalid_value, node.at, path + " is never " + quotation(*word), hint_for_state(*word, states));
    }

    cel::Ast const& ast_;
    cel::Reporter& found_;
};

}  // namespace

void warn_of_unknown_states(Reader& reader, cel::Source const& source) {
    if (source.text.find(".status") == std::string::npos) return;
    cel::Reporter found{cel::Placer(source)};
    cel::Ast const ast = cel::parse(source.text, found);
    if (found.failed()) return;
    Walk walk(ast, found);
    for (cel::Node const& node : ast.nodes) walk.look_at(node);
    reader.add(found.take());
}

void warn_of_unknown_state(Reader& reader, std::string_view path, yaml::Node const& word) {
    std::string_view const states = path == "status" ? run_states : states_of(path);
    if (states.empty() || !word.is_scalar() || is_nothing(word)) return;
    std::vector<std::string_view> const known = words(states);
    if (std::ranges::find(known, word.text) != known.end()) return;
    reader.warning(code::invalid_value, word.where, std::string(path) + " is never " + quotation(word.text), hint_for_state(word.text, states));
}

}  // namespace pawl::flow
