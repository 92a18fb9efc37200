// The map under `mock`: which steps take one, and what may be said of each.
#include <algorithm>
#include <span>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/flow/interface.h"
#include "common/flow/mocks_work.h"
#include "common/flow/tests.h"

namespace pawl::flow {
namespace {

using yaml::Member;
using yaml::Node;

constexpr std::size_t attempts_max = 1000;

/// One mock of one step. Lives while it is read.
class MockReader {
public:
    MockReader(Reader& reader, StepPlan const& step, std::string title) : reader_(reader), step_(step), title_(std::move(title)) {}

    MockedAttempt read(Node const& node) {
        MockedAttempt attempt;
        if (!node.is_map()) {
            reader_.error(code::wrong_type, node.where, title_ + " is a map, or a list with one for each attempt; not " + describe_kind(node), example());
            return attempt;
        }
        Fields const fields = reader_.read_map(node, Place::mock, title_);
        attempt.takes = fields.duration("takes").value_or(Duration{});
        attempt.timed_out = fields.boolean("timed_out").value_or(false);
        if (std::holds_alternative<ApproveAction>(step_.action)) {
            refuse(fields, approval_refuses, "an approval");
            read_answer(fields, attempt);
        } else if (step_.is_work()) {
            refuse(fields, work_refuses, "a request or a query");
            read_end(fields, attempt);
        } else if (std::holds_alternative<WorkflowAction>(step_.action)) {
            refuse(fields, process_refuses, "a step that starts a run");
            refuse(fields, workflow_refuses, "a step that starts a run: it succeeds or fails");
            read_end(fields, attempt);
        } else {
            refuse(fields, process_refuses, "a step that runs a program");
            read_end(fields, attempt);
        }
        return attempt;
    }

    std::string example() const {
        if (std::holds_alternative<HttpAction>(step_.action)) return step_.id + ": {outputs: {status: 200}}";
        if (std::holds_alternative<SqlAction>(step_.action)) return step_.id + ": {outputs: {rows: []}}";
        return step_.id + (std::holds_alternative<ApproveAction>(step_.action) ? ": {approved: true}" : ": {exit_code: 0}");
    }

private:
    static constexpr std::string_view approval_refuses[] = {"exit_code", "signal", "lost", "error", "cached", "outputs"};
    static constexpr std::string_view work_refuses[] = {"exit_code", "signal", "cached", "approved", "by", "comment"};
    static constexpr std::string_view process_refuses[] = {"approved", "by", "comment", "error"};
    static constexpr std::string_view workflow_refuses[] = {"signal", "lost", "cached"};

    void refuse(Fields const& fields, std::span<std::string_view const> keys, std::string const& what) {
        for (std::string_view const key : keys)
            if (Member const* member = fields.member(key))
                reader_.error(code::conflicting_keys, member->key.where, "'" + std::string(key) + "' has no meaning in " + title_ + ", which is " + what, example());
    }

    void read_answer(Fields const& fields, MockedAttempt& attempt) {
        auto const& plan = std::get<ApproveAction>(step_.action);
        attempt.approved = fields.boolean("approved").value_or(false);
        attempt.by = fields.has("by") ? fields.text("by") : plan.by.empty() ? "tester" : plan.by.front();
        attempt.comment = fields.text("comment");
        if (attempt.timed_out) {
            need_timeout(fields, plan.timeout.has_value());
            for (std::string_view const key : {"approved", "by", "comment", "takes"})
                if (Member const* member = fields.member(key))
                    reader_.error(code::conflicting_keys, member->key.where, "'" + std::string(key) + "' has no meaning when nobody answers");
        } else if (!fields.map().find("approved")) {
            reader_.error(code::missing_key, fields.map().where, "'approved' is missing in " + title_, example());
        }
    }

    void read_end(Fields const& fields, MockedAttempt& attempt) {
        attempt.exit_code = static_cast<int>(fields.integer("exit_code").value_or(0));
        attempt.signal = static_cast<int>(fields.integer("signal").value_or(0));
        attempt.lost = fields.boolean("lost").value_or(false);
        attempt.error = fields.text("error");
        attempt.cached = fields.boolean("cached").value_or(false);
        if (Member const* cached = fields.member("cached"); cached && !step_.cache)
            reader_.error(code::conflicting_keys, cached->key.where, "step '" + step_.id + "' has no cache", "give the step one, or the mock another end");
        if (attempt.timed_out) need_timeout(fields, step_.timeout.has_value());
        Member const* first = nullptr;
        for (std::string_view const key : {"exit_code", "signal", "timed_out", "lost", "error", "cached"}) {
            Member const* member = fields.member(key);
            if (!member || member->value.text == "false") continue;
            if (first) reader_.error(code::conflicting_keys, member->key.where, "an attempt ends in one way: '" + first->key.text + "' and '" + member->key.text + "' exclude each other", "keep one of them");
            else first = member;
        }
        if (Member const* takes = fields.member("takes"); takes && attempt.timed_out)
            reader_.error(code::conflicting_keys, takes->key.where, "'takes' has no meaning beside 'timed_out'", "it takes as long as the step's timeout");
        if (attempt.timed_out && step_.timeout) attempt.takes = *step_.timeout;
        bool const succeeds = attempt.exit_code == 0 && attempt.signal == 0 && !attempt.timed_out && !attempt.lost && !outlasts(attempt);
        attempt.outputs = read_outputs(fields, succeeds);
    }

    bool outlasts(MockedAttempt const& attempt) const { return step_.timeout && attempt.takes > *step_.timeout; }

    void need_timeout(Fields const& fields, bool has_one) {
        if (has_one) return;
        Member const* member = fields.member("timed_out");
        reader_.error(code::conflicting_keys, member->key.where, "step '" + step_.id + "' has no timeout to run into", "give the step a timeout, or the mock another end");
    }

    Json read_outputs(Fields const& fields, bool succeeds) {
        Member const* member = fields.member("outputs");
        if (member && !member->value.is_map()) {
            reader_.error(code::wrong_type, member->value.where, "'outputs' is a map, not " + describe_kind(member->value), "outputs: {name: value}");
            return {};
        }
        if (step_.is_work()) return read_work_outputs(reader_, member ? &member->value : nullptr, step_, title_);
        JsonMap outputs;
        if (member)
            for (Member const& output : member->value.members) add_output(output, outputs);
        if (!succeeds) return Json(std::move(outputs));
        for (Declaration const& declared : declared_outputs(step_)) {
            if (!declared.required() || (member && member->value.find(declared.name))) continue;
            reader_.error(code::missing_key, member ? member->key.where : fields.map().where,
                          title_ + " does not give '" + declared.name + "', which the step declares",
                          "outputs: {" + declared.name + ": …} of type " + std::string(name_of(declared.type)));
        }
        return Json(std::move(outputs));
    }

    void add_output(Member const& output, JsonMap& outputs) {
        std::string const& name = output.key.text;
        Json value = yaml::to_json(output.value);
        std::vector<Declaration> const& known = declared_outputs(step_);
        bool const is_declared = !known.empty() || std::holds_alternative<WorkflowAction>(step_.action);
        auto const declared = std::ranges::find(known, name, &Declaration::name);
        if (!is_identifier(name)) {
            reader_.error(code::invalid_name, output.key.where, quotation(name) + " is no name for an output");
        } else if (!is_declared) {
            if (output.value.is_scalar()) outputs.append(name, value.is_string() ? value : Json(dump_json(value)));
            else reader_.error(code::wrong_type, output.value.where, "output '" + name + "' is text, as step '" + step_.id + "' declares no outputs", "declare it: outputs: {" + name + ": list}");
        } else if (declared == known.end()) {
            std::vector<std::string_view> names;
            names.reserve(known.size());
            for (Declaration const& one : known) names.push_back(one.name);
            std::string_view const near = nearest(name, names);
            reader_.error(code::unknown_name, output.key.where, "step '" + step_.id + "' declares no output " + quotation(name),
                          near.empty() ? "it declares: " + join(std::vector<std::string>(names.begin(), names.end()), ", ") : "did you mean '" + std::string(near) + "'?");
        } else if (Result<Json> fitted = conform(*declared, value)) {
            outputs.append(name, *std::move(fitted));
        } else {
            reader_.error(code::wrong_type, output.value.where, "output " + fitted.error().message,
                          fitted.error().hint.empty() ? "the step declares it as " + std::string(name_of(declared->type)) : fitted.error().hint);
        }
    }

    Reader& reader_;
    StepPlan const& step_;
    std::string title_;
};

/// What a step does without a program; empty for those that take a mock.
std::string_view computed_as(StepPlan const& step) {
    if (std::holds_alternative<SetAction>(step.action)) return "uses: set";
    if (std::holds_alternative<WaitAction>(step.action)) return "uses: wait";
    if (std::holds_alternative<SwitchAction>(step.action)) return "switch";
    return {};
}

StepPlan const* mocked_step(Reader& reader, Node const& key, Plan const& plan) {
    std::string_view const id = step_of_row(key.text);
    if (std::size_t const end = key.text.rfind(']'); id.size() < key.text.size() && end != key.text.size() - 1) {
        std::string_view const behind = end == std::string::npos ? "" : std::string_view(key.text).substr(end + 1);
        std::string right;
        if (behind == ".undo") right = "write " + std::string(id) + ".undo" + key.text.substr(id.size(), end + 1 - id.size());
        reader.error(code::unknown_name, key.where, "there is no step or item " + quotation(key.text), right.empty() ? "an item is STEP[ITEM]" : printable(right));
        return nullptr;
    }
    auto const index = plan.find(id);
    if (!index) {
        std::vector<std::string_view> ids;
        ids.reserve(plan.steps.size());
        for (StepPlan const& step : plan.steps) ids.push_back(step.id);
        std::string_view const near = nearest(id, ids);
        reader.error(code::unknown_name, key.where, "workflow '" + plan.name + "' has no step " + quotation(key.text), near.empty() ? "" : "did you mean '" + std::string(near) + "'?");
        return nullptr;
    }
    StepPlan const& step = plan.steps[*index];
    bool const has_items = step.fan_out || (step.undoes && plan.steps[*step.undoes].fan_out);
    if (id.size() != key.text.size() && !has_items) {
        reader.error(code::unknown_name, key.where, "step '" + step.id + "' has no items, so " + quotation(key.text) + " never runs", "write " + step.id);
        return nullptr;
    }
    std::string_view const computed = computed_as(step);
    if (computed.empty()) return &step;
    reader.error(code::conflicting_keys, key.where, "step '" + step.id + "' takes no mock: '" + std::string(computed) + "' is evaluated as in a real run", "remove it");
    return nullptr;
}

}  // namespace

std::string_view step_of_row(std::string_view row) { return row.substr(0, std::min(row.find('['), row.size())); }

Mock const* find_mock(std::vector<Mock> const& mocks, std::string_view row) {
    for (std::string_view const id : {row, step_of_row(row)}) {
        auto const found = std::ranges::find(mocks, id, &Mock::step);
        if (found != mocks.end()) return &*found;
    }
    return nullptr;
}

std::vector<Mock> read_mocks(Reader& reader, Node const& map, Plan const& plan) {
    std::vector<Mock> mocks;
    for (Member const& member : map.members) {
        StepPlan const* step = mocked_step(reader, member.key, plan);
        if (!step) continue;
        Mock mock{.step = member.key.text, .where = member.key.where, .attempts = {}};
        MockReader one(reader, *step, "mock of step '" + printable(take_characters(member.key.text, 64)) + "'");
        Node const& value = member.value;
        if (value.is_list() && std::holds_alternative<ApproveAction>(step->action)) {
            reader.error(code::wrong_type, value.where, "step '" + step->id + "' is answered once: its mock is no list", one.example());
        } else if (value.is_list() && value.items.empty()) {
            reader.error(code::invalid_value, value.where, "the mock of step '" + step->id + "' has no attempt", one.example());
        } else if (value.is_list() && reader.within(value.items.size(), attempts_max, value, member.key.text)) {
            for (Node const& attempt : value.items) mock.attempts.push_back(one.read(attempt));
        } else if (!value.is_list()) {
            mock.attempts.push_back(one.read(value));
        }
        if (!mock.attempts.empty()) mocks.push_back(std::move(mock));
    }
    return mocks;
}

}  // namespace pawl::flow
