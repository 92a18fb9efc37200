// Tree, dot, mermaid, JSON: the forms of a graph without a layout of their own.
#include <algorithm>
#include <map>

#include "cli/render/graph.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

std::string node_line(Look const& look, GraphNode const& node, std::string const& also) {
    std::string line;
    if (!node.status.empty()) line += painted(look, paint_of(node.status), trim(symbol_of(look, node.status))) + " ";
    line += printable(node.id);
    if (!node.status.empty()) line += "  " + painted(look, paint_of(node.status), node.status);
    if (!node.note.empty()) line += "  " + printable(node.note);
    if (!also.empty()) line += "  " + painted(look, Paint::dim, "also needs " + printable(also));
    return line;
}

std::string quotation(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string_view dot_colour(std::string_view status) {
    if (status == "succeeded") return "palegreen";
    if (status == "failed" || status == "lost") return "lightcoral";
    if (status == "running") return "lightblue";
    if (status == "skipped" || status == "cancelled") return "lightgrey";
    return "white";
}

class TreeWriter {
public:
    TreeWriter(Look const& look, Graph const& graph) : look_(look), graph_(graph), layers_(graph_layers(graph)) {
        for (std::size_t i = 0; i < graph.size(); ++i) {
            if (graph[i].section != "steps") continue;
            auto const parent = parent_of(graph[i]);
            children_[parent].push_back(i);
        }
    }
    std::string text() {
        for (auto const root : children_[""]) out_ += node_line(look_, graph_[root], also(graph_[root])) + "\n", write_children(graph_[root].id, "");
        return out_;
    }

private:
    /// The need that ends last decides where a step hangs: the one of the deepest layer, the first of them.
    std::string parent_of(GraphNode const& node) const {
        std::string parent;
        std::size_t deepest = 0;
        for (auto const& need : node.needs) {
            for (std::size_t i = 0; i < graph_.size(); ++i) {
                if (graph_[i].id != need || layers_[i] == std::string::npos) continue;
                if (parent.empty() || layers_[i] > deepest) {
                    parent = need;
                    deepest = layers_[i];
                }
            }
        }
        return parent;
    }
    std::string also(GraphNode const& node) const {
        auto const parent = parent_of(node);
        std::string text;
        for (auto const& need : node.needs) {
            if (need != parent) text += (text.empty() ? "" : ", ") + need;
        }
        return text;
    }
    void write_children(std::string const& parent, std::string const& indent) {
        auto const found = children_.find(parent);
        if (found == children_.end()) return;
        auto const& list = found->second;
        for (std::size_t i = 0; i < list.size(); ++i) {
            bool const last = i + 1 == list.size();
            std::string const branch = look_.ascii ? (last ? "`- " : "|- ") : (last ? "└─ " : "├─ ");
            std::string const below = last ? "   " : (look_.ascii ? "|  " : "│  ");
            out_ += painted(look_, Paint::dim, indent + branch) + node_line(look_, graph_[list[i]], also(graph_[list[i]])) + "\n";
            write_children(graph_[list[i]].id, indent + below);
        }
    }

    Look const& look_;
    Graph const& graph_;
    std::vector<std::size_t> layers_;
    std::map<std::string, std::vector<std::size_t>> children_;
    std::string out_;
};

}  // namespace

std::vector<std::size_t> graph_layers(Graph const& graph) {
    std::vector<std::size_t> layers(graph.size(), std::string::npos);
    std::map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < graph.size(); ++i) {
        if (graph[i].section == "steps") index[graph[i].id] = i, layers[i] = 0;
    }
    // Needs may stand below the steps that name them: repeat until nothing moves, at most once a node (there are no cycles).
    for (std::size_t round = 0; round < graph.size(); ++round) {
        bool moved = false;
        for (std::size_t i = 0; i < graph.size(); ++i) {
            if (layers[i] == std::string::npos) continue;
            for (auto const& need : graph[i].needs) {
                auto const found = index.find(need);
                if (found == index.end() || layers[i] > layers[found->second]) continue;
                layers[i] = layers[found->second] + 1;
                moved = true;
            }
        }
        if (!moved) break;
    }
    return layers;
}

std::string render_tree(Look const& look, Graph const& graph) {
    auto out = TreeWriter(look, graph).text();
    std::string section;
    for (auto const& node : graph) {
        if (node.section == "steps") continue;
        if (node.section != section) out += painted(look, Paint::bold, node.section) + "\n";
        section = node.section;
        out += "   " + node_line(look, node, "") + "\n";
    }
    return out;
}

std::string render_dot(std::string_view name, Graph const& graph) {
    std::string out = "digraph " + quotation(name) + " {\n  rankdir=TB;\n  node [shape=box, style=\"rounded,filled\", fillcolor=white];\n";
    for (auto const& node : graph) {
        auto label = node.id + (node.status.empty() ? "" : "\n" + node.status) + (node.note.empty() ? "" : "\n" + node.note);
        if (node.section != "steps") label.insert(0, node.section + ": ");
        out += "  " + quotation(node.id) + " [label=" + quotation(label) + ", fillcolor=" + std::string(dot_colour(node.status)) + "];\n";
    }
    for (auto const& node : graph) {
        for (auto const& need : node.needs) out += "  " + quotation(need) + " -> " + quotation(node.id) + ";\n";
    }
    return out + "}\n";
}

std::string render_mermaid(Graph const& graph) {
    std::string out = "flowchart TD\n";
    for (auto const& node : graph) {
        auto label = node.id + (node.status.empty() ? "" : ": " + node.status);
        if (node.section != "steps") label.insert(0, node.section + ": ");
        out += "  " + node.id + "[\"" + label + "\"]\n";
    }
    for (auto const& node : graph) {
        for (auto const& need : node.needs) out += "  " + need + " --> " + node.id + "\n";
    }
    return out;
}

Json graph_json(std::string_view name, Graph const& graph) {
    JsonList nodes;
    for (auto const& node : graph) {
        Json item;
        item.set("id", node.id);
        item.set("section", node.section);
        JsonList needs;
        for (auto const& need : node.needs) needs.emplace_back(need);
        item.set("needs", std::move(needs));
        if (!node.status.empty()) item.set("status", node.status);
        nodes.push_back(std::move(item));
    }
    Json json;
    json.set("schema_version", 1);
    json.set("name", name);
    json.set("items", std::move(nodes));
    return json;
}

}  // namespace pawl::cli
