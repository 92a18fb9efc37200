#include "cli/import/nodes.h"

namespace pawl::cli {

using yaml::Node;

Node const* at(Node const& map, std::string_view key) {
    auto const* member = map.find(key);
    return member == nullptr ? nullptr : &member->value;
}

std::string text_at(Node const& map, std::string_view key) {
    auto const* node = at(map, key);
    return node != nullptr && node->is_scalar() ? node->text : std::string();
}

std::vector<std::string> texts_of(Node const* node) {
    std::vector<std::string> texts;
    if (node != nullptr && node->is_scalar()) texts.push_back(node->text);
    if (node != nullptr)
        for (auto const& item : node->items) texts.push_back(item.text);
    return texts;
}

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace pawl::cli
