// pawl condition: named expressions in files – what there is, who uses it, whether its tests pass, what it gives. Needs no daemon.
#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <utility>

#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/project.h"
#include "cli/render/table.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/cel/trace.h"
#include "common/yaml/render.h"

namespace pawl::cli {
namespace {

struct ConditionOptions {
    std::string name, path = ".", params, at;
    bool explain = false;
};

/// A use of a condition: by a workflow, or by another condition.
struct Use {
    std::string kind, by;
    SourcePos where;
};

/// The files of a folder, loaded. Broken files are told, and the rest is shown all the same.
struct Shelf {
    flow::LoadedProject project;
    flow::Conditions conditions;

    std::vector<Use> uses_of(std::string const& name) const {
        std::vector<Use> uses;
        auto const collect = [&](std::string const& kind, std::string const& by, std::vector<flow::ConditionUse> const& found) {
            for (auto const& use : found)
                if (use.name == name) uses.push_back({kind, by, use.where});
        };
        for (auto const& file : project.files) {
            for (auto const& condition : file.conditions) collect("condition", condition->name, condition->uses);
            for (auto const& workflow : file.workflows) collect("workflow", workflow.name, workflow.conditions);
        }
        std::ranges::stable_sort(uses, {}, &Use::where);
        return uses;
    }

    /// The workflows that a change of the condition reaches, through other conditions too.
    std::set<std::string> reached_from(std::string const& name) const {
        std::set<std::string> workflows, seen{name};
        std::vector<std::string> open{name};
        while (!open.empty()) {
            auto const next = open.back();
            open.pop_back();
            for (auto const& use : uses_of(next)) {
                if (use.kind == "workflow") workflows.insert(use.by);
                else if (seen.insert(use.by).second) open.push_back(use.by);
            }
        }
        return workflows;
    }
};

Result<Shelf> load_shelf(Context& context, std::string const& path) {
    auto sources = read_sources(context, {path});
    if (!sources) return sources.error();
    auto const others = others_elsewhere(context, *sources, path);
    if (!others) return others.error();
    Shelf shelf{flow::load_project(std::move(*sources), flow::Keep::models, *others), {}};
    shelf.conditions = conditions_in(shelf.project);
    return shelf;
}

/// What is wrong with the files, where people read it; true when something is. `name`: only what is wrong with that condition.
bool tell_mistakes(Context& context, Shelf const& shelf, std::string const& name = "") {
    Diagnostics mistakes = shelf.project.diagnostics;
    if (!name.empty()) std::erase_if(mistakes, [&](Error const& one) { return one.message.find("condition '" + name + "'") == std::string::npos; });
    if (!has_errors(mistakes)) return false;
    TextIndex const texts(shelf.project.files);
    context.err() << render_diagnostics(context.err_look(), "text", mistakes, texts) << std::flush;
    return true;
}

Result<flow::Condition const*> find_condition(Shelf const& shelf, std::string const& name, std::string const& path) {
    if (auto const* condition = shelf.conditions.find(name)) return condition;
    auto const near = nearest(name, shelf.conditions.names());
    return make_error(code::not_found, "there is no condition '" + name + "' in '" + path + "'", near.empty() ? "see pawl condition ls" : "did you mean '" + std::string(near) + "'?");
}

std::string place_text(SourcePos const& where) {
    return std::string(where.file.text()) + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

std::string params_text(flow::Condition const& condition) {
    std::string text;
    for (auto const& param : condition.params)
        text += (text.empty() ? "" : ", ") + param.name + (param.default_value ? " = " + dump_json(*param.default_value) : "");
    return text;
}

Json test_json(flow::ConditionTest const& test) {
    return Json(JsonMap{{"line", test.where.line}, {"at", format_utc(test.at)}, {"params", test.params}, {"expect", test.expect}});
}

Json to_json(Shelf const& shelf, flow::Condition const& condition) {
    Json json;
    json.set("name", condition.name).set("file", std::string(condition.where.file.text())).set("line", condition.where.line);
    json.set("description", condition.description).set("owner", condition.owner).set("expr", condition.expr);
    JsonMap labels, params;
    for (auto const& [key, value] : condition.labels) labels.append(key, value);
    for (auto const& param : condition.params) params.append(param.name, JsonMap{{"type", name_of(param.type)}, {"default", param.default_value.value_or(Json())}});
    JsonList uses, tests, reaches;
    for (auto const& use : shelf.uses_of(condition.name)) uses.push_back(JsonMap{{"kind", use.kind}, {"name", use.by}, {"where", place_text(use.where)}});
    for (auto const& test : condition.tests) tests.push_back(test_json(test));
    for (auto const& workflow : shelf.reached_from(condition.name)) reaches.emplace_back(workflow);
    json.set("labels", std::move(labels)).set("params", std::move(params)).set("tests", std::move(tests));
    return json.set("uses", std::move(uses)).set("reaches", std::move(reaches));
}

int list_conditions(Context& context, ConditionOptions const& options) {
    auto const shelf = load_shelf(context, options.path);
    if (!shelf) return context.fail(shelf.error());
    bool const wrong = tell_mistakes(context, *shelf);
    JsonList items;
    for (auto const& [name, condition] : shelf->conditions.all()) items.push_back(to_json(*shelf, *condition));
    Json answer;
    answer.set("items", std::move(items));
    auto const count_of = [](std::string title, std::string key) {
        return ListColumn{.column = {.title = std::move(title), .right = true}, .cell = [key](Json const& item) { return Cell{std::to_string(list_in(item, key).size())}; }};
    };
    ListColumn params{.column = {.title = "PARAMS"}, .cell = [&](Json const& item) {
                          auto const* condition = shelf->conditions.find(item.text("name"));
                          return Cell{condition == nullptr ? "" : params_text(*condition)};
                      }};
    print_list(context, answer, {plain_column("NAME", "name"), std::move(params), count_of("TESTS", "tests"), count_of("USES", "uses"), plain_column("FILE", "file"), plain_column("OWNER", "owner", false, true), plain_column("DESCRIPTION", "description")},
               "name", "there are no conditions here: pawl new condition NAME");
    return wrong ? exit_failed : exit_done;
}

int inspect_condition(Context& context, ConditionOptions const& options) {
    auto const shelf = load_shelf(context, options.path);
    if (!shelf) return context.fail(shelf.error());
    auto const found = find_condition(*shelf, options.name, options.path);
    if (!found) return context.fail(found.error());
    flow::Condition const& condition = **found;
    if (print_object(context, to_json(*shelf, condition), "name")) return exit_done;
    std::vector<std::pair<std::string, std::string>> pairs{{"condition", condition.name}, {"defined", printable(place_text(condition.where))}};
    if (!condition.description.empty()) pairs.emplace_back("description", printable(condition.description));
    if (!condition.owner.empty()) pairs.emplace_back("owner", printable(condition.owner));
    for (auto const& [key, value] : condition.labels) pairs.emplace_back("label", printable(key + ": " + value));
    if (!condition.params.empty()) pairs.emplace_back("params", printable(params_text(condition)));
    pairs.emplace_back("expr", printable(condition.expr));
    pairs.emplace_back("tests", std::to_string(condition.tests.size()));
    for (auto const& use : shelf->uses_of(condition.name)) pairs.emplace_back("used by", printable(use.kind + " " + use.by + "  " + place_text(use.where)));
    for (auto const& workflow : shelf->reached_from(condition.name)) pairs.emplace_back("reaches", printable("workflow " + workflow));
    context.out() << render_pairs(context.out_look(), pairs) << std::flush;
    return exit_done;
}

int list_usages(Context& context, ConditionOptions const& options) {
    auto const shelf = load_shelf(context, options.path);
    if (!shelf) return context.fail(shelf.error());
    auto const found = find_condition(*shelf, options.name, options.path);
    if (!found) return context.fail(found.error());
    JsonList items;
    for (auto const& use : shelf->uses_of(options.name)) items.push_back(JsonMap{{"where", place_text(use.where)}, {"kind", use.kind}, {"name", use.by}});
    Json answer;
    answer.set("items", std::move(items));
    print_list(context, answer, {plain_column("WHERE", "where"), plain_column("KIND", "kind"), plain_column("NAME", "name")}, "where", "nothing uses '" + options.name + "'");
    return exit_done;
}

/// Which parts of the expression the tests have seen true, and which false.
class Coverage {
public:
    void add(cel::Trace const& trace) {
        for (auto const& part : trace.parts) {
            std::string const text = trace.text.substr(part.begin, part.end - part.begin);
            if (!part.condition || text == "true" || text == "false") continue;
            Seen& seen = parts_[{part.begin, part.end}];
            seen.text = text;
            seen.yes = seen.yes || part.value == "true";
            seen.no = seen.no || part.value == "false";
        }
    }
    std::int64_t wanted() const { return static_cast<std::int64_t>(parts_.size()) * 2; }
    std::int64_t seen() const {
        std::int64_t count = 0;
        for (auto const& [at, part] : parts_) count += (part.yes ? 1 : 0) + (part.no ? 1 : 0);
        return count;
    }
    std::vector<std::string> missing() const {
        std::vector<std::string> lines;
        for (auto const& [at, part] : parts_) {
            if (!part.yes) lines.push_back("never true: " + printable(part.text));
            if (!part.no) lines.push_back("never false: " + printable(part.text));
        }
        return lines;
    }

private:
    struct Seen {
        std::string text;
        bool yes = false, no = false;
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, Seen> parts_;
};

struct Judged {
    std::int64_t passed = 0, failed = 0;
    Coverage coverage;
};

Judged run_tests(flow::Condition const& condition) {
    Judged judged;
    for (auto const& test : condition.tests) {
        cel::Budget budget;
        cel::Trace trace;
        auto const value = condition.program->eval(flow::ConditionValues(test.params, test.at), budget, trace);
        ++(value && *value == Json(test.expect) ? judged.passed : judged.failed);
        judged.coverage.add(trace);
    }
    return judged;
}

int test_conditions(Context& context, ConditionOptions options) {
    bool const is_path = names_a_file(options.name) || options.name.find('/') != std::string::npos;
    if (is_path && options.path == ".") options.path = std::exchange(options.name, "");  // a path alone
    auto const shelf = load_shelf(context, options.path);
    if (!shelf) return context.fail(shelf.error());
    if (!options.name.empty()) {
        auto const found = find_condition(*shelf, options.name, options.path);
        if (!found) return context.fail(found.error());
    }
    bool const wrong = tell_mistakes(context, *shelf, options.name);  // red tests are among them
    JsonList items;
    bool red = false;
    for (auto const& [name, condition] : shelf->conditions.all()) {
        if (!condition->program || (!options.name.empty() && name != options.name)) continue;
        Judged const judged = run_tests(*condition);
        red = red || judged.failed > 0;
        JsonList missing;
        for (auto& line : judged.coverage.missing()) missing.emplace_back(std::move(line));
        items.push_back(JsonMap{{"name", name}, {"passed", judged.passed}, {"failed", judged.failed},
                                {"covered", judged.coverage.seen()}, {"coverable", judged.coverage.wanted()}, {"missing", std::move(missing)}});
    }
    Json answer;
    answer.set("items", std::move(items));
    auto const number = [](std::string title, std::string key) {
        return ListColumn{.column = {.title = std::move(title), .right = true}, .cell = [key](Json const& item) { return Cell{std::to_string(item.number(key))}; }};
    };
    ListColumn coverage{.column = {.title = "COVERAGE"}, .cell = [](Json const& item) {
                            return Cell{item.number("coverable") == 0 ? "none" : std::to_string(item.number("covered")) + " of " + std::to_string(item.number("coverable"))};
                        }};
    ListColumn missing{.column = {.title = "NOT SEEN"}, .cell = [](Json const& item) {
                           std::string text;
                           for (auto const& line : list_in(item, "missing")) text += (text.empty() ? "" : "; ") + line.as_string();
                           return Cell{text};
                       }};
    print_list(context, answer, {plain_column("NAME", "name"), number("PASSED", "passed"), number("FAILED", "failed"), std::move(coverage), std::move(missing)}, "name", "there are no conditions here");
    return wrong || red ? exit_failed : exit_done;
}

Result<Json> given_params(Context& context, ConditionOptions const& options) {
    if (options.params.empty()) return Json(JsonMap());
    auto const text = read_data(context, options.params);
    if (!text) return text.error();
    auto json = parse_json(*text);
    if (json && json->is_map()) return json;
    return make_error(code::usage, "--params is not a JSON object" + (json ? "" : ": " + json.error().message), "for example --params '{\"tz\": \"UTC\"}'");
}

int eval_condition(Context& context, ConditionOptions const& options) {
    auto const shelf = load_shelf(context, options.path);
    if (!shelf) return context.fail(shelf.error());
    auto const found = find_condition(*shelf, options.name, options.path);
    if (!found) return context.fail(found.error());
    flow::Condition const& condition = **found;
    if (!condition.program) {
        tell_mistakes(context, *shelf);
        return exit_failed;
    }
    auto const at = options.at.empty() ? std::optional(context.now()) : parse_utc(options.at);
    if (!at) return context.misuse("--at " + options.at + " is no timestamp", "write it like 2026-10-05T07:30:00Z");
    auto const params = given_params(context, options);
    if (!params) return context.fail(params.error());
    auto bound = flow::bind_params(condition, *params);
    if (!bound.diagnostics.empty()) {
        Error& first = bound.diagnostics.front();
        if (first.hint.empty()) first.hint = "give them as --params '{\"name\": value}'; see pawl condition inspect " + condition.name;
        return context.fail(first);
    }
    cel::Budget budget;
    cel::Trace trace;
    auto const value = condition.program->eval(flow::ConditionValues(std::move(bound.values), *at), budget, trace);
    if (options.explain) context.out() << cel::diagram(trace) << '\n' << cel::conditions(trace) << std::flush;
    if (!value) return context.fail(value.error());
    if (!options.explain) context.out() << dump_json(*value) << '\n' << std::flush;
    return exit_done;
}

Argument name_argument(ConditionOptions& options, bool required = true) {
    return {.name = "NAME", .doc = "a condition", .into = &options.name, .required = required, .completes = Completes::conditions};
}
Argument path_argument(ConditionOptions& options) {
    return {.name = "PATH", .doc = "file or folder (default: this folder)", .into = &options.path, .required = false, .completes = Completes::files};
}

}  // namespace

Command condition_ls_command() {
    auto const options = std::make_shared<ConditionOptions>();
    return {
        .path = "condition ls",
        .summary = "List the conditions of files, with their tests and uses",
        .arguments = {path_argument(*options)},
        .examples = {{"pawl condition ls flows/", ""}},
        .run = [options](Context& context) { return list_conditions(context, *options); },
    };
}

Command condition_inspect_command() {
    auto const options = std::make_shared<ConditionOptions>();
    return {
        .path = "condition inspect",
        .summary = "Show all about a condition, and what a change of it reaches",
        .arguments = {name_argument(*options), path_argument(*options)},
        .examples = {{"pawl condition inspect office_hours", ""}},
        .run = [options](Context& context) { return inspect_condition(context, *options); },
    };
}

Command condition_usages_command() {
    auto const options = std::make_shared<ConditionOptions>();
    return {
        .path = "condition usages",
        .summary = "List the places that use a condition",
        .arguments = {name_argument(*options), path_argument(*options)},
        .examples = {{"pawl condition usages office_hours", "file:line:column of each"}},
        .run = [options](Context& context) { return list_usages(context, *options); },
    };
}

Command condition_test_command() {
    auto const options = std::make_shared<ConditionOptions>();
    return {
        .path = "condition test",
        .summary = "Run the tests beside conditions, and show what they never saw",
        .text = "Coverage counts, for each part between && and ||, whether a test saw it true and whether one saw it false.",
        .arguments = {name_argument(*options, false), path_argument(*options)},
        .examples = {{"pawl condition test", "all of this folder"}, {"pawl condition test office_hours flows/", ""}},
        .run = [options](Context& context) { return test_conditions(context, *options); },
    };
}

Command condition_eval_command() {
    auto const options = std::make_shared<ConditionOptions>();
    return {
        .path = "condition eval",
        .summary = "Evaluate a condition, now or at another time",
        .arguments = {name_argument(*options), path_argument(*options)},
        .options = {{.names = "--params", .value = "JSON", .doc = "values of its parameters: JSON, @FILE or -", .into = &options->params},
                    {.names = "--at", .value = "TIME", .doc = "what now is, as 2026-10-05T07:30:00Z", .into = &options->at},
                    {.names = "--explain", .doc = "print the value of every part", .into = &options->explain}},
        .examples = {{"pawl condition eval office_hours --at 2026-10-05T07:30:00Z --explain", ""}, {"pawl condition eval office_hours --params '{\"tz\": \"UTC\"}'", ""}},
        .run = [options](Context& context) { return eval_condition(context, *options); },
    };
}

}  // namespace pawl::cli
