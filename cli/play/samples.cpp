#include "cli/play/samples.h"

#include "common/flow/interface.h"

namespace pawl::cli {

Json sample_of(flow::Declaration const& declaration) {
    if (declaration.default_value) return *declaration.default_value;
    if (!declaration.allowed.empty()) return declaration.allowed.front();
    switch (declaration.type) {
    case flow::ValueType::integer: return static_cast<std::int64_t>(declaration.min.value_or(1));
    case flow::ValueType::number: return declaration.min.value_or(1);
    case flow::ValueType::boolean: return true;
    case flow::ValueType::duration: return "1s";
    case flow::ValueType::timestamp: return "2000-01-01T00:00:00Z";
    case flow::ValueType::list: return JsonList{};
    case flow::ValueType::map: return JsonMap{};
    case flow::ValueType::string: case flow::ValueType::path: case flow::ValueType::any: break;
    }
    return "<" + declaration.name + ">";
}

JsonMap sample_outputs(flow::StepPlan const& step) {
    if (auto const* http = std::get_if<flow::HttpAction>(&step.action)) return {{"status", http->expect.empty() ? 200 : http->expect.front().first}, {"headers", JsonMap{}}, {"body", ""}, {"json", Json()}};
    if (std::holds_alternative<flow::SqlAction>(step.action)) return {{"rows", JsonList{}}, {"count", 0}};
    JsonMap outputs;
    for (flow::Declaration const& output : flow::declared_outputs(step))
        if (output.required()) outputs.append(output.name, sample_of(output));
    return outputs;
}

}  // namespace pawl::cli
