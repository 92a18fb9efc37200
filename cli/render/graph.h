// The steps of a workflow as a picture: boxes and lines on a terminal, a tree, or text for other programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/render/look.h"
#include "common/base/json.h"

namespace pawl::cli {

struct GraphNode {
    std::string id;
    std::string section = "steps";
    std::vector<std::string> needs;
    std::string status;   ///< of a run's step; empty for a workflow
    std::string note;     ///< "0:31", "exited with 70"
};
using Graph = std::vector<GraphNode>;

/// Lines of the boxes, layer below layer; handlers follow as a list. Pure; never cut.
std::string render_boxes(Look const& look, Graph const& graph);
/// Columns the boxes need.
std::size_t boxes_width(Look const& look, Graph const& graph);
/// Each step under the last of its needs; further needs are named.
std::string render_tree(Look const& look, Graph const& graph);
std::string render_dot(std::string_view name, Graph const& graph);
std::string render_mermaid(Graph const& graph);
Json graph_json(std::string_view name, Graph const& graph);

/// Layer of each node of section `steps`: one more than the deepest of its needs. Other nodes get npos.
std::vector<std::size_t> graph_layers(Graph const& graph);

}  // namespace pawl::cli
