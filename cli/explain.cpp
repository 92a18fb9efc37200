// pawl explain: what an error code means, what a key of a file does.
#include <array>
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
    CodeText{code::unknown_kind, "The document's kind is none of this version.", "kind: workflow, kind: project."},
    CodeText{code::conflicting_keys, "Two keys exclude each other, as run and argv do.", "Keep one of them."},
    CodeText{code::cycle, "Steps need each other in a circle, so none could ever start.", "Remove one of the needs."},
    CodeText{code::expression_in_run, "A value would be pasted into text that is executed: whoever controls the value would control the program.", "Give it by env and write \"$NAME\"; pawl check --fix does that."},
    CodeText{code::unsafe_crash_policy, "The step is retried, but nothing says whether running it twice is safe after a crash.", "Say idempotent: true, or choose on_crash."},
    CodeText{code::limit_exceeded, "A limit was reached; the message names it.", "See pawl.yaml(5), LIMITS."},
    CodeText{code::expression_syntax, "The expression is not CEL.", "Try it with pawl eval."},
    CodeText{code::expression_type, "The expression cannot work, whatever its values: types do not fit.", "Convert: int(x), string(x), size(x)."},
    CodeText{code::expression_error, "The expression met a value it cannot work with, when it was evaluated.", "Use .? and orValue() for what may be missing; see pawl why RUN STEP."},
    CodeText{code::usage, "The command line cannot be understood.", "See pawl help COMMAND."},
    CodeText{code::not_found, "There is no such run, workflow, step or file.", "See pawl run ls, pawl workflow ls."},
    CodeText{code::conflict, "It cannot be done as things stand: the run has ended, is still alive, or another one is active.", "See pawl ps."},
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

flow::Key const* key_at(std::vector<std::string_view> const& path, flow::Place& place) {
    place = flow::Place::workflow;
    flow::Key const* key = nullptr;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (i == 0 && path[i] == "workflow") continue;
        key = flow::find_key(place, path[i]);
        if (key == nullptr) return nullptr;
        place = key->shape == flow::Shape::steps ? flow::Place::step : key->shape == flow::Shape::declarations || key->shape == flow::Shape::declaration ? flow::Place::declaration : key->inner;
    }
    return key;
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
        if (key->required) pairs.emplace_back("required", "yes");
        if (!key->standard.empty()) pairs.emplace_back("default", std::string(key->standard));
        if (!key->choices.empty()) pairs.emplace_back("values", std::string(key->choices));
        context.out() << render_pairs(look, pairs);
    }
    if (place != flow::Place::none && (key == nullptr || !flow::keys_of(place).empty())) {
        context.out() << "\n";
        print_keys(context, place);
    }
}

int explain(Context& context, ExplainOptions const& options) {
    for (auto const& text : code_texts) {
        if (text.code.name != options.subject) continue;
        context.out() << painted(context.out_look(), Paint::bold, text.code.name) << "  (exit code " << exit_code_of(text.code) << ")\n" << text.meaning << "\n" << text.cure << "\n";
        return exit_done;
    }
    auto const path = split(options.subject, '.');
    flow::Place place = flow::Place::workflow;
    bool const whole = path.size() == 1 && path.front() == "workflow";
    auto const* key = whole ? nullptr : key_at(path, place);
    if (whole || key != nullptr) {
        print_key(context, options.subject, key, place);
        return exit_done;
    }
    std::vector<std::string_view> candidates;
    for (auto const& text : code_texts) candidates.push_back(text.code.name);
    for (auto const& known : flow::keys_of(flow::Place::workflow)) candidates.push_back(known.name);
    auto const near = nearest(options.subject, candidates);
    return context.fail(make_error(code::not_found, "'" + options.subject + "' is neither an error code nor a key", near.empty() ? "for example unknown_key, or workflow.steps.retry" : "did you mean '" + std::string(near) + "'?"));
}

}  // namespace

Command explain_command() {
    auto const options = std::make_shared<ExplainOptions>();
    return {
        .path = "explain",
        .summary = "Explain an error code, or a key of a file",
        .arguments = {{.name = "CODE", .doc = "a code in brackets, or a path of keys", .into = &options->subject}},
        .examples = {{"pawl explain expression_in_run", ""}, {"pawl explain workflow.steps.retry", ""}},
        .run = [options](Context& context) { return explain(context, *options); },
    };
}

}  // namespace pawl::cli
