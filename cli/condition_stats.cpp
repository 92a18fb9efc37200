// pawl condition stats: how often conditions held in recorded runs, and what they cost.
#include <algorithm>
#include <map>
#include <ostream>

#include "cli/commands.h"
#include "cli/condition_history.h"
#include "cli/output.h"
#include "cli/project.h"
#include "cli/render/when.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/wire/url.h"

namespace pawl::cli {
namespace {

constexpr std::int64_t runs_default = 1000;
constexpr std::int64_t page_runs = 500;

struct StatsOptions {
    std::string name, workflow, since;
    std::optional<std::int64_t> runs;
};

/// What was looked at.
struct Looked {
    ConditionHistory history;
    std::int64_t runs = 0;           ///< listed
    std::int64_t read = 0;           ///< of workflows that use a condition
    std::string oldest;              ///< when the oldest of them was made
    bool more = false;               ///< there are older ones
};

Status learn_version(Daemon& daemon, ConditionHistory& history, std::string const& workflow, std::int64_t version) {
    if (history.knows(workflow, version)) return Done{};
    std::string path = "/v1/workflows/" + wire::percent_encode(workflow);
    add_query(path, "version", std::to_string(version));
    auto const answer = daemon.get(path);
    // A workflow that was removed, or made for one run: what it was is not told.
    if (!answer && answer.error().code != code::not_found) return answer.error();
    Json const* model = answer ? answer->find("model") : nullptr;
    history.add_version(workflow, version, model == nullptr ? Json(JsonMap()) : *model);
    return Done{};
}

Status look_at(Daemon& daemon, Json const& run, Looked& looked) {
    ++looked.runs;
    looked.oldest = run.text("created_at");
    auto const workflow = run.text("workflow");
    auto const version = run.number("version");
    if (auto const known = learn_version(daemon, looked.history, workflow, version); !known) return known.error();
    if (!looked.history.uses_conditions(workflow, version)) return Done{};
    auto const detail = daemon.get("/v1/runs/" + std::to_string(run.number("id")));
    if (!detail) return detail.error();
    ++looked.read;
    looked.history.add_run(*detail);
    return Done{};
}

Result<Looked> look_back(Daemon& daemon, StatsOptions const& options, std::string const& filter) {
    Looked looked;
    std::int64_t const runs_max = options.runs.value_or(runs_default);
    std::string after;
    while (looked.runs < runs_max) {
        std::string path = "/v1/runs";
        add_query(path, "workflow", options.workflow);
        add_query(path, "filter", filter);
        add_query(path, "limit", std::to_string(std::min(page_runs, runs_max - looked.runs)));
        add_query(path, "after", after);
        auto const page = daemon.get(path);
        if (!page) return page.error();
        for (Json const& run : list_in(*page, "items"))
            if (auto const done = look_at(daemon, run, looked); !done) return done.error();
        after = page->text("next");
        if (after.empty()) return looked;
    }
    looked.more = true;
    return looked;
}

/// The value below which this share of the sorted values lies.
std::uint64_t quantile(std::vector<std::uint64_t> const& sorted, double share) {
    if (sorted.empty()) return 0;
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

Json to_json(ConditionFigures figures) {
    std::ranges::sort(figures.costs);
    Json json;
    json.set("condition", figures.condition).set("hash", figures.hash).set("workflow", figures.workflow);
    json.set("first_version", figures.first_version).set("last_version", figures.last_version);
    json.set("place", figures.place).set("via", figures.via);
    json.set("seen", figures.seen()).set("true", figures.yes).set("false", figures.no).set("error", figures.error).set("unknown", figures.unknown);
    json.set("cost_p50", static_cast<std::int64_t>(quantile(figures.costs, 0.5))).set("cost_p95", static_cast<std::int64_t>(quantile(figures.costs, 0.95)));
    return json.set("last_true", figures.last_true ? Json(format_utc(*figures.last_true)) : Json());
}

std::string share_text(std::int64_t part, std::int64_t whole) {
    if (whole == 0 || part == 0) return std::to_string(part);
    std::int64_t const percent = (part * 100 + whole / 2) / whole;
    return std::to_string(part) + " (" + (percent == 0 ? "<1" : percent == 100 && part < whole ? ">99" : std::to_string(percent)) + "%)";
}

std::vector<ListColumn> columns_of(Context const& context) {
    auto const share = [](std::string title, std::string key) {
        return ListColumn{.column = {.title = std::move(title), .right = true, .may_shrink = false}, .cell = [key](Json const& item) { return Cell{share_text(item.number(key), item.number("seen"))}; }};
    };
    ListColumn place{.column = {.title = "PLACE"}, .cell = [](Json const& item) {
                         return Cell{item.text("workflow") + " " + item.text("place") + (item.text("via").empty() ? "" : " in " + item.text("via"))};
                     }};
    ListColumn versions{.column = {.title = "V", .may_shrink = false}, .cell = [](Json const& item) {
                            auto const first = item.number("first_version"), last = item.number("last_version");
                            return Cell{std::to_string(first) + (first == last ? "" : "-" + std::to_string(last))};
                        }};
    ListColumn cost{.column = {.title = "STEPS P50/P95", .right = true, .may_shrink = false}, .cell = [](Json const& item) {
                        if (item.number("seen") == 0) return Cell{"-"};
                        return Cell{std::to_string(item.number("cost_p50")) + "/" + std::to_string(item.number("cost_p95"))};
                    }};
    return {plain_column("CONDITION", "condition"), std::move(place), std::move(versions), plain_column("SEEN", "seen", true), share("TRUE", "true"), share("FALSE", "false"),
            share("ERROR", "error"), plain_column("UNKNOWN", "unknown", true), std::move(cost), time_column(context, "LAST TRUE", "last_true"), plain_column("HASH", "hash", false, true)};
}

/// What the figures say about a condition as a whole.
void say_advice(Context& context, std::vector<ConditionFigures> const& all) {
    std::map<std::string, ConditionFigures> sums;
    for (auto const& figures : all) {
        ConditionFigures& sum = sums[figures.condition];
        sum.yes += figures.yes;
        sum.no += figures.no;
        sum.error += figures.error;
    }
    for (auto const& [name, sum] : sums) {
        if (sum.seen() < 20) continue;  // too few to mean anything
        std::string const often = " in " + std::to_string(sum.seen()) + " decisions";
        if (sum.yes == 0) context.say(printable(name) + ": never true" + often);
        if (sum.no == 0 && sum.error == 0) context.say(printable(name) + ": never false" + often);
        if (sum.error > 0) context.say(printable(name) + ": an error in " + std::to_string(sum.error) + " of " + std::to_string(sum.seen()) + " decisions; pawl why RUN STEP tells it");
    }
}

void say_what_was_looked_at(Context& context, Looked const& looked, StatsOptions const& options, std::optional<UtcTime> since) {
    std::string text = "looked at " + std::to_string(looked.runs) + (looked.runs == 1 ? " run" : " runs");
    if (!options.workflow.empty()) text += " of " + printable(options.workflow);
    if (since) text += " since " + local_text(format_utc(*since), context.now());
    else if (!looked.oldest.empty()) text += " back to " + local_text(looked.oldest, context.now());
    text += ", " + std::to_string(looked.read) + " of workflows that use conditions";
    context.say(text + (looked.more ? "; there may be older ones: -n N" : ""));
    auto const& places = looked.history.unrecorded();
    if (!places.empty()) context.say("not counted, as values are recorded for if, retry.if and when of steps only: " + printable(join({places.begin(), places.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(places.size(), 5))}, "; ")) + (places.size() > 5 ? " …" : ""));
}

int show_stats(Context& context, StatsOptions const& options) {
    std::optional<UtcTime> since;
    if (!options.since.empty()) {
        since = parse_since(options.since, context.now());
        if (!since) return context.misuse("--since " + options.since + " is no time and no span", "for example 90m, 7d or 2026-11-24");
    }
    if (options.runs && *options.runs < 1) return context.misuse("-n is at least 1");
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const looked = look_back(**daemon, options, since ? "created_at >= timestamp('" + format_utc(*since) + "')" : "");
    if (!looked) return context.fail(looked.error());
    auto all = looked->history.figures();
    std::vector<std::string> names;
    for (auto const& figures : all) names.push_back(figures.condition);
    if (!options.name.empty()) std::erase_if(all, [&](ConditionFigures const& figures) { return figures.condition != options.name; });
    Json answer;
    JsonList items, unrecorded;
    for (auto const& figures : all) items.push_back(to_json(figures));
    for (auto const& place : looked->history.unrecorded()) unrecorded.emplace_back(place);
    answer.set("items", std::move(items)).set("runs", looked->runs).set("runs_read", looked->read).set("more", looked->more);
    answer.set("since", since ? Json(format_utc(*since)) : looked->oldest.empty() ? Json() : Json(looked->oldest)).set("unrecorded", std::move(unrecorded));
    auto const near = nearest(options.name, {names.begin(), names.end()});
    std::string const hint = near.empty() ? "" : "; did you mean '" + std::string(near) + "'?";
    print_list(context, answer, columns_of(context), "condition", options.name.empty() ? "no recorded decision used a condition" : "no recorded decision used '" + options.name + "'" + hint);
    if (context.machine_readable()) return exit_done;
    context.out() << std::flush;
    say_advice(context, all);
    say_what_was_looked_at(context, *looked, options, since);
    return exit_done;
}

}  // namespace

Command condition_stats_command() {
    auto const options = std::make_shared<StatsOptions>();
    return {
        .path = "condition stats",
        .summary = "Tell how often conditions held in past runs, and what they cost",
        .text = "The values recorded with each decision are put into the conditions of that version again. A decision counts whether the condition "
                "was needed for it or not. Costs are steps of the evaluator; 100,000 are the most that an expression may take.",
        .arguments = {{.name = "NAME", .doc = "a condition (default: all)", .into = &options->name, .required = false, .completes = Completes::conditions}},
        .options = {{.names = "--workflow", .value = "NAME", .doc = "only runs of this workflow", .into = &options->workflow, .completes = Completes::workflows},
                    {.names = "--since", .value = "TIME", .doc = "runs made since then: 90m, 7d, a date or a timestamp", .into = &options->since},
                    {.names = "-n,--runs", .value = "N", .doc = "look at the newest N runs (1000)", .into = &options->runs}},
        .examples = {{"pawl condition stats", ""}, {"pawl condition stats office_hours --since 7d -o json", ""}},
        .run = [options](Context& context) { return show_stats(context, *options); },
    };
}

}  // namespace pawl::cli
