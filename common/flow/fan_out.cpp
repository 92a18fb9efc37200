#include "common/flow/fan_out.h"

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::flow {
namespace {

using yaml::Node;
using Kind = cel::Type::Kind;

constexpr std::size_t axes_max = 10;

void refuse_without_items(Reader& reader, Fields const& fields) {
    for (std::string_view const key : {"max_parallel", "fail_fast"})
        if (yaml::Member const* member = fields.member(key))
            reader.error(code::conflicting_keys, member->key.where, "'" + std::string(key) + "' has no meaning without 'foreach' or 'matrix'");
}

void check_axes(Reader& reader, Node const& matrix) {
    if (matrix.members.empty()) reader.error(code::invalid_value, matrix.where, "'matrix' has no list", "matrix: {os: [linux, bsd]}");
    if (!reader.within(matrix.members.size(), axes_max, matrix, "matrix")) return;
    std::size_t product = 1;
    for (yaml::Member const& axis : matrix.members) {
        Node const& values = axis.value;
        if (!is_identifier(axis.key.text) && !reader.refuse_expression(axis.key, "a key"))
            reader.error(code::invalid_name, axis.key.where, quotation(axis.key.text) + " is no name in a matrix",
                         "names have lower-case letters, digits and '_', and begin with a letter");
        if (values.is_list() && values.items.empty())
            reader.error(code::invalid_value, values.where, "'" + axis.key.text + "' is empty, so the step would run for nothing", "remove it, or give it a value");
        else if (!values.is_list() && !(values.is_scalar() && holds_expression(values)))
            reader.error(code::wrong_type, values.where, "'" + printable(axis.key.text) + "' of 'matrix' is a list, not " + describe_kind(values),
                         axis.key.text + ": [" + (values.is_scalar() ? values.text : "…") + "]");
        if (values.is_list()) product *= std::max<std::size_t>(1, values.items.size());
        product = std::min(product, items_max + 1);
    }
    if (product > items_max)
        reader.error(code::limit_exceeded, matrix.where, "this matrix has more than 10,000 combinations", "split the step, or leave combinations out with 'foreach'");
}

cel::Type element_of(cel::Type const& list) { return list.kind() == Kind::list ? list.element() : cel::Type(Kind::dyn); }

bool may_be_list(cel::Type const& type) { return type.is_dyn() || type.kind() == Kind::list; }

}  // namespace

void read_fan_out(Reader& reader, StepDraft const& draft, StepPlan& step) {
    Fields const& fields = draft.fields;
    yaml::Member const* const foreach = fields.member("foreach");
    yaml::Member const* const matrix = fields.member("matrix");
    if (!foreach && !matrix) return refuse_without_items(reader, fields);
    if (foreach && matrix)
        reader.error(code::conflicting_keys, matrix->key.where, draft.title + " has both 'foreach' and 'matrix'", "keep one of them");
    if (yaml::Member const* choice = fields.member("switch")) {
        yaml::Member const& said = foreach ? *foreach : *matrix;
        reader.error(code::conflicting_keys, choice->key.where, "a switch is not taken once an item", "remove '" + said.key.text + "'");
    }
    FanOutPlan& plan = step.fan_out.emplace();
    if (auto const most = fields.integer("max_parallel")) plan.max_parallel = static_cast<int>(*most);
    plan.fail_fast = fields.boolean("fail_fast").value_or(false);
    if (matrix) check_axes(reader, matrix->value);
}

void compile_fan_out(Reader& reader, Expressions& expressions, StepDraft const& draft, Sight& sight, StepPlan& step) {
    if (!step.fan_out) return;
    if (Node const* node = draft.fields.find("foreach")) {
        std::optional<cel::Program>& list = step.fan_out->foreach = expressions.bare(*node, sight, "foreach");
        if (!list || may_be_list(list->result())) return;
        bool const is_map = list->result().kind() == Kind::map || list->result().kind() == Kind::object;
        reader.error(code::expression_type, node->where, "'foreach' is a list, not " + list->result().to_string(),
                     is_map ? "for the keys of a map: " + printable(take_characters(node->text, 60)) + ".map(k, k)" : "");
        return;
    }
    Node const* const matrix = draft.fields.find("matrix");
    if (!matrix) return;
    for (yaml::Member const& axis : matrix->members) {
        cel::Template value = expressions.value(axis.value, sight);
        if (holds_expression(axis.value) && !may_be_list(type_of(value)))  // without one it was told as a wrong shape
            reader.error(code::expression_type, axis.value.where, "'" + printable(axis.key.text) + "' of 'matrix' is a list, not " + type_of(value).to_string());
        step.fan_out->matrix.push_back({axis.key.text, std::move(value)});
    }
}

ItemTypes items_of(StepPlan const& step) {
    ItemTypes types;
    if (!step.fan_out) return types;
    if (step.fan_out->foreach) {
        types.item = element_of(step.fan_out->foreach->result());
        types.tainted = step.fan_out->foreach->tainted();
        return types;
    }
    std::vector<cel::Type::Field> fields;
    for (NamedTemplate const& axis : step.fan_out->matrix) {
        fields.push_back({axis.name, element_of(type_of(axis.value))});
        types.tainted = types.tainted || axis.value.tainted();
    }
    if (fields.empty()) types.item = cel::Type(Kind::dyn);  // a foreach with mistakes: whatever it gives
    else types.matrix = cel::Type::object("matrix", std::move(fields));
    return types;
}

}  // namespace pawl::flow
