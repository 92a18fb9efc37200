// pawl graph: the steps of a workflow, a file or a run as a picture.
#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/render/graph.h"
#include "cli/render/run_view.h"
#include "cli/sources.h"
#include "cli/targets.h"
#include "common/base/error_codes.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

struct GraphOptions {
    std::string target, workflow, format;
};

std::string_view section_name(flow::Section section) {
    switch (section) {
    case flow::Section::steps: return "steps";
    case flow::Section::undo: return "undo";
    case flow::Section::on_success: return "on_success";
    case flow::Section::on_failure: return "on_failure";
    case flow::Section::on_cancel: return "on_cancel";
    case flow::Section::finally: return "finally";
    }
    return "steps";
}

Graph graph_of_plan(flow::Plan const& plan) {
    Graph graph;
    for (auto const& step : plan.steps) {
        GraphNode node;
        node.id = step.id;
        node.section = section_name(step.section);
        for (auto const need : step.needs) node.needs.push_back(plan.steps[need].id);
        graph.push_back(std::move(node));
    }
    return graph;
}

Graph graph_of_run(Json const& run, UtcTime now) {
    Graph graph;
    auto const view = run_view(run, false);
    auto const* steps = run.find("steps");
    for (std::size_t i = 0; i < view.steps.size(); ++i) {
        auto const& step = view.steps[i];
        if (!step.item_of.empty()) continue;
        GraphNode node;
        node.id = step.id;
        node.section = step.section;
        node.needs = step.needs;
        node.status = step.status;
        bool const bad = step.status == "failed" || step.status == "lost";
        node.note = bad ? how_it_ended(step.status, step.reason, step.exit_code, step.signal, "") : lasted_text(steps->as_list()[i], now);
        graph.push_back(std::move(node));
    }
    return graph;
}

void draw(Context& context, std::string const& format, std::string const& name, Graph const& graph) {
    auto const& look = context.out_look();
    auto& out = context.out();
    if (format == "json" || (format.empty() && context.format() == OutputFormat::json)) out << dump_json_pretty(graph_json(name, graph)) << '\n';
    else if (format == "dot") out << render_dot(name, graph);
    else if (format == "mermaid") out << render_mermaid(graph);
    else if (format == "tree") out << render_tree(look, graph);
    else if (format == "box") out << render_boxes(look, graph);
    else out << (boxes_width(look, graph) > look.width ? render_tree(look, graph) : render_boxes(look, graph));
}

int draw_file(Context& context, GraphOptions const& options, flow::LoadedFile const& file) {
    if (has_errors(file.diagnostics)) {
        context.err() << yaml_text(context.err_look(), file.diagnostics, {{file.name, file.text}}) << std::flush;
        return exit_failed;
    }
    bool drawn = false;
    for (auto const& workflow : file.workflows) {
        if (!workflow.plan || (!options.workflow.empty() && workflow.name != options.workflow)) continue;
        if (file.workflows.size() > 1 && options.workflow.empty() && !context.machine_readable()) context.say((drawn ? "\n" : "") + workflow.name + ":");
        draw(context, options.format, workflow.name, graph_of_plan(*workflow.plan));
        context.out() << std::flush;
        drawn = true;
    }
    if (!drawn) return context.fail(make_error(code::not_found, "there is no workflow" + (options.workflow.empty() ? "" : " '" + options.workflow + "'") + " in '" + file.name + "'"));
    return exit_done;
}

int graph(Context& context, GraphOptions options) {
    if (names_a_file(options.target)) {
        auto sources = read_sources(context, {options.target});
        if (!sources) return context.fail(sources.error());
        auto const file = load_target(context, std::move(sources->front()));
        return file ? draw_file(context, options, *file) : context.fail(file.error());
    }
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    if (run_segment(options.target)) {
        auto const run = find_run(**daemon, options.target);
        if (!run) return context.fail(run.error());
        draw(context, options.format, run->text("workflow"), graph_of_run(*run, context.now()));
        return exit_done;
    }
    auto const named = parse_workflow(options.target);
    if (!named) return context.fail(named.error());
    auto path = "/v1/workflows/" + wire::percent_encode(named->name);
    if (named->version > 0) add_query(path, "version", std::to_string(named->version));
    auto const workflow = (*daemon)->get(path);
    if (!workflow) return context.fail(with_workflow_suggestion(**daemon, workflow.error(), named->name));
    if (workflow->find("source") == nullptr) return context.fail(make_error(code::protocol, "the daemon sent no source of '" + named->name + "'"));
    options.workflow = named->name;
    return draw_file(context, options, load_version(*workflow));
}

}  // namespace

Command graph_command() {
    auto const options = std::make_shared<GraphOptions>();
    return {
        .path = "graph",
        .summary = "Draw the steps of a workflow, a file or a run",
        .text = "A run is drawn with the states of its steps. What is too wide for the terminal is drawn as a tree.",
        .arguments = {{.name = "TARGET", .doc = "a workflow, workflow@version, run, last, or file", .into = &options->target, .completes = Completes::workflows},
                      {.name = "WORKFLOW", .doc = "which workflow of the file", .into = &options->workflow, .required = false}},
        .options = {{.names = "--format", .value = "FORMAT", .doc = "form of the picture", .into = &options->format, .choices = {"box", "tree", "dot", "mermaid", "json"}, .completes = Completes::choices}},
        .examples = {{"pawl graph backup.yaml", ""}, {"pawl graph 812", "with states"}, {"pawl graph nightly-backup --format dot | dot -Tsvg > graph.svg", ""}},
        .run = [options](Context& context) { return graph(context, *options); },
    };
}

}  // namespace pawl::cli
