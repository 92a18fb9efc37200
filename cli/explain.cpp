// pawl explain: what an error code means, what a key of a file does.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/render/table.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/keys.h"

namespace pawl::cli {
namespace {

struct CodeText {
    ErrorCode code;
    std::string_view meaning, cure;
};

constexpr std::array code_texts{
    CodeText{code::invalid_yaml, "The text is not YAML, or uses something pawl refuses because readers disagree about it: tags, merge keys, tabs, several documents without ---.", "Quote the value, or write it out."},
    CodeText{code::duplicate_key, "A key stands twice in one map. YAML readers keep the first or the last; pawl keeps neither.", "Remove one of them."},
    CodeText{code::unknown_key, "No such key exists at this place.", "See pawl explain workflow.steps for the keys of a step."},
    CodeText{code::missing_key, "A key that must be there is not.", "Add it; the message names it."},
    CodeText{code::wrong_type, "The value has another type than its key takes: 'yes' is no boolean, 30 is no duration.", "Write true, 30s, or quotes around text."},
    CodeText{code::invalid_value, "The value has the right type and is still not allowed.", "The message names the rule it breaks."},
    CodeText{code::invalid_name, "A name has characters that names of its kind cannot have.", "Steps and inputs: a-z, 0-9, _; workflows: a-z, 0-9, -. At most 64."},
    CodeText{code::duplicate_name, "Two things that must be told apart have one name.", "Rename one."},
    CodeText{code::unknown_name, "The text names a step, input or other thing that does not exist.", "Mind the hint; a step can only see the steps it needs."},
    CodeText{code::unknown_kind, "The document's kind is none of this version.", "kind: workflow, kind: condition, kind: test, kind: project."},
    CodeText{code::conflicting_keys, "Two keys exclude each other, as run and argv do.", "Keep one of them."},
    CodeText{code::cycle, "Steps need each other, conditions use each other, or workflows start each other in a circle, so none could ever begin.", "Remove one of the needs or uses; the message names the way."},
    CodeText{code::expression_in_run, "A value would be pasted into text that is executed: whoever controls the value would control the program.", "Give it by env and write \"$NAME\"; pawl check --fix does that."},
    CodeText{code::unsafe_crash_policy, "The step is retried, but nothing says whether running it twice is safe after a crash.", "Say idempotent: true, or choose on_crash."},
    CodeText{code::unsafe_argument, "An argument that comes from outside may begin with '-', and the program would take it for an option.", "Put -- before it, if the program knows that; or hand it over by env."},
    CodeText{code::unsafe_cache, "The step has cache, but nothing in it says which files decide its result: it would be taken for done when they have changed.", "Name them under cache.files, or bound the age of results by max_age."},
    CodeText{code::constant_condition, "A condition is true, or false, for all values that its names can have: it decides nothing.", "Look at its bounds; types, enum, min and max of inputs and params are taken at their word."},
    CodeText{code::never_taken, "An arm of a switch is never taken: it never holds, or the arms above it take all that it would.", "The first arm that holds is taken: put the narrower one above the wider one."},
    CodeText{code::switch_gap, "There are values for which a switch takes no arm, and nothing says that this is meant.", "Add {else: [STEP]} as the last arm, or {else: []} for nothing."},
    CodeText{code::limit_exceeded, "A limit was reached; the message names it.", "See pawl.yaml(5), LIMITS."},
    CodeText{code::test_failed, "A test that stands beside a condition gives another value than it expects; files with red tests are not deployed.", "The message shows which part decided; try pawl condition eval NAME --explain."},
    CodeText{code::expression_syntax, "The expression is not CEL.", "Try it with pawl eval."},
    CodeText{code::expression_type, "The expression cannot work, whatever its values: types do not fit.", "Convert: int(x), string(x), size(x)."},
    CodeText{code::expression_error, "The expression met a value it cannot work with, when it was evaluated.", "Use .? and orValue() for what may be missing; see pawl why RUN STEP."},
    CodeText{code::usage, "The command line cannot be understood.", "See pawl help COMMAND."},
    CodeText{code::not_found, "There is no such run, workflow, step or file.", "See pawl run ls, pawl workflow ls."},
    CodeText{code::conflict, "It cannot be done as things stand: the run has ended, is still alive, or another one is active.", "See pawl ps."},
    CodeText{code::plan_stale, "Files or deployed versions have changed since the plan was made, so it would do something else than it says.", "Make a new one: pawl plan -o FILE"},
    CodeText{code::denied, "This user may not do that.", "See pawl doctor."},
    CodeText{code::invalid_request, "The daemon does not understand the request; pawl and pawld may be of different versions.", "See pawl doctor."},
    CodeText{code::invalid_input, "Inputs of the run do not fit what the workflow declares.", "See pawl workflow inspect NAME."},
    CodeText{code::key_reused, "One Idempotency-Key came with two different requests.", "Use a new key for a new request."},
    CodeText{code::queue_full, "As many runs wait as may wait.", "Wait, or raise max_queued; see pawl ps."},
    CodeText{code::degraded, "The daemon starts nothing new, because its disk is full or failing. What runs, runs on.", "See pawl status, pawl doctor."},
    CodeText{code::draining, "The daemon was asked to start nothing new.", "pawl daemon drain --off"},
    CodeText{code::unavailable, "No daemon answers there.", "pawl daemon install --user, pawl daemon start, or pawl run --local FILE"},
    CodeText{code::timed_out, "It took longer than allowed.", "Raise --timeout or --wait-timeout; the run goes on."},
    CodeText{code::protocol, "What came back is no answer of pawld.", "Check --socket; see pawl doctor."},
    CodeText{code::io, "The operating system refused; the message has its words.", "See what it names."},
    CodeText{code::corrupt, "Stored data is damaged.", "Keep a copy of the state folder before anything else."},
};

struct ExplainOptions {
    std::string subject;
};

/// What `with` may hold, besides that of a wait, which stands for all of them.
constexpr flow::Place places_of_with[] = {flow::Place::approve, flow::Place::http, flow::Place::sql};

/// The map that a key holds, when its keys are in the table.
flow::Place place_within(flow::Place place, flow::Key const& key) {
    if (place == flow::Place::condition_test) return flow::Place::none;
    if (key.shape == flow::Shape::steps) return flow::Place::step;
    if (key.shape == flow::Shape::declarations || key.shape == flow::Shape::declaration) return flow::Place::declaration;
    if (key.shape == flow::Shape::arms) return flow::Place::arm;
    if (place == flow::Place::step && key.name == "with") return flow::Place::wait;
    return key.inner;
}

/// The document of that kind; nothing for other words.
std::optional<flow::Place> document_named(std::string_view kind) {
    if (kind == "workflow") return flow::Place::workflow;
    if (kind == "condition") return flow::Place::condition;
    if (kind == "test") return flow::Place::test;
    if (kind == "project") return flow::Place::project;
    return std::nullopt;
}

/// Follows a path such as workflow.steps.retry; the word workflow may be left out. `place` becomes the map within the key.
flow::Key const* key_at(std::vector<std::string_view> const& path, flow::Place& place) {
    auto const document = document_named(path.front());
    place = document.value_or(flow::Place::workflow);
    flow::Key const* key = nullptr;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (i == 0 && document) continue;
        key = flow::find_key(place, path[i]);
        for (std::size_t n = 0; key == nullptr && place == flow::Place::wait && n < std::size(places_of_with); ++n) key = flow::find_key(places_of_with[n], path[i]);
        if (key == nullptr) return nullptr;
        place = place_within(place, *key);
    }
    return key;
}

std::string_view words_for(flow::Shape shape) {
    using enum flow::Shape;
    switch (shape) {
    case text: return "text";
    case script: return "text that is executed; never with ${{ }}";
    case choice: return "one of the values below";
    case integer: return "an integer";
    case number: return "a number";
    case boolean: return "true or false";
    case duration: return "a duration, such as 90s or 1h30m";
    case expression: return "an expression, see pawl-cel(7)";
    case pasted: return "text, with ${{ }} for expressions";
    case value: return "any value";
    case text_list: return "a list of texts";
    case pasted_list: return "a list of texts, with ${{ }} for expressions";
    case value_list: return "a list of values";
    case shell: return "one of the values below, or a list: a program and its arguments";
    case text_map: return "a map of names to texts";
    case pasted_map: return "a map of environment variables to texts, with ${{ }} for expressions";
    case value_map: return "a map of names to values, with ${{ }} for expressions";
    case declarations: return "a map of names to types, or to the keys below";
    case declaration: return "a type, or a map of the keys below";
    case map: return "a map of the keys below";
    case globs_or_map: return "a list of globs, or a map of the keys below";
    case steps:
    case arms:
    case tests:
    case cases: return "a list of maps of the keys below";
    case mocks: return "a map of step ids to the keys below, or to lists of them";
    case expectations: return "a map of expressions to values, see pawl-cel(7)";
    }
    return "";
}

std::string bounds_of(flow::Key const& key) {
    auto const shown = [](double value) { return dump_json(static_cast<std::int64_t>(value)); };
    if (!std::isfinite(key.min) && !std::isfinite(key.max)) return "";
    if (!std::isfinite(key.max)) return "at least " + shown(key.min);
    return shown(key.min) + " to " + shown(key.max);
}

void print_keys(Context& context, flow::Place place) {
    Table table;
    table.columns = {{.title = "KEY", .may_shrink = false}, {.title = "DEFAULT"}, {.title = "MEANING"}};
    for (auto const& key : flow::keys_of(place)) table.rows.push_back({{std::string(key.name), Paint::cyan}, {std::string(key.required ? "required" : key.standard)}, {std::string(key.doc)}});
    context.out() << render_table(context.out_look(), table);
}

void print_key(Context& context, std::string const& path, flow::Key const* key, flow::Place place) {
    auto const& look = context.out_look();
    context.out() << painted(look, Paint::bold, path) << "\n";
    if (key != nullptr) {
        std::vector<std::pair<std::string, std::string>> pairs{{"meaning", std::string(key->doc)}};
        pairs.emplace_back("value", words_for(key->shape));
        if (auto const bounds = bounds_of(*key); !bounds.empty()) pairs.emplace_back("bounds", bounds);
        if (key->required) pairs.emplace_back("required", "yes");
        if (!key->standard.empty()) pairs.emplace_back("default", std::string(key->standard));
        if (!key->choices.empty()) pairs.emplace_back("values", std::string(key->choices));
        context.out() << render_pairs(look, pairs);
    }
    if (place != flow::Place::none && (key == nullptr || !flow::keys_of(place).empty())) {
        context.out() << "\n";
        print_keys(context, place);
        for (std::size_t n = 0; place == flow::Place::wait && n < std::size(places_of_with); ++n) print_keys(context, places_of_with[n]);
    }
}

/// A path of which only the last word is wrong: with the nearest key of its place. Empty when there is none.
std::string nearest_path(std::vector<std::string_view> const& path) {
    std::vector<std::string_view> const parent(path.begin(), path.end() - 1);
    flow::Place place = flow::Place::workflow;
    if (parent.empty()) return "";
    if (key_at(parent, place) == nullptr && parent.size() > 1) return "";
    std::vector<std::string_view> names;
    for (auto const& key : flow::keys_of(place)) names.push_back(key.name);
    auto const near = nearest(path.back(), names);
    if (near.empty()) return "";
    std::string text;
    for (auto const word : parent) text += std::string(word) + ".";
    return text + std::string(near);
}

/// A place with keys, and the way to it: "workflow.steps".
struct Way {
    std::string path;
    flow::Place place;
};

/// Every place of a file once, by the shortest way.
std::vector<Way> all_places() {
    std::vector<Way> ways;
    for (char const* kind : {"workflow", "condition", "test", "project"}) ways.push_back({kind, *document_named(kind)});
    for (std::size_t i = 0; i < ways.size(); ++i) {
        Way const from = ways[i];
        for (auto const& key : flow::keys_of(from.place)) {
            flow::Place const within = place_within(from.place, key);
            if (within == flow::Place::none || std::ranges::find(ways, within, &Way::place) != ways.end()) continue;
            ways.push_back({from.path + "." + std::string(key.name), within});
            if (within == flow::Place::wait) ways.push_back({from.path + "." + std::string(key.name), flow::Place::approve});
        }
    }
    return ways;
}

/// A key alone, wherever it stands. False: nowhere.
bool explain_everywhere(Context& context, std::string const& name) {
    bool found = false;
    for (Way const& way : all_places()) {
        auto const* key = flow::find_key(way.place, name);
        if (key == nullptr) continue;
        if (found) context.out() << "\n";
        print_key(context, way.path + "." + name, key, place_within(way.place, *key));
        found = true;
    }
    return found;
}

int explain(Context& context, ExplainOptions const& options) {
    for (auto const& text : code_texts) {
        if (text.code.name != options.subject) continue;
        context.out() << painted(context.out_look(), Paint::bold, text.code.name) << "  (exit code " << exit_code_of(text.code) << ")\n" << text.meaning << "\n" << text.cure << "\n";
        return exit_done;
    }
    auto const path = split(options.subject, '.');
    auto const document = document_named(options.subject);
    flow::Place place = document.value_or(flow::Place::workflow);
    bool const whole = document.has_value();
    auto const* key = whole ? nullptr : key_at(path, place);
    if (whole || key != nullptr) {
        print_key(context, options.subject, key, place);
        return exit_done;
    }
    if (path.size() == 1 && explain_everywhere(context, options.subject)) return exit_done;
    std::vector<std::string_view> candidates;
    for (Way const& way : all_places())
        for (auto const& known : flow::keys_of(way.place)) candidates.push_back(known.name);
    for (auto const& text : code_texts) candidates.push_back(text.code.name);
    auto near = std::string(nearest(options.subject, candidates));
    if (near.empty()) near = nearest_path(path);
    return context.fail(make_error(code::not_found, "'" + options.subject + "' is neither an error code nor a key", near.empty() ? "for example unknown_key, or workflow.steps.retry" : "did you mean '" + near + "'?"));
}

}  // namespace

Command explain_command() {
    auto const options = std::make_shared<ExplainOptions>();
    return {
        .path = "explain",
        .summary = "Explain an error code, or a key of a file",
        .arguments = {{.name = "CODE", .doc = "a code in brackets, a path of keys, or a key alone", .into = &options->subject}},
        .examples = {{"pawl explain expression_in_run", ""}, {"pawl explain workflow.steps.retry", ""}},
        .run = [options](Context& context) { return explain(context, *options); },
    };
}

}  // namespace pawl::cli
