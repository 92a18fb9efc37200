// One line of the batch: declare, bind, compile, evaluate. Names that are bound but not declared may be anything.
#include "cli/eval_typed.h"

#include "common/base/error_codes.h"
#include "common/calendar/zones.h"
#include "common/cel/typed.h"

namespace pawl::cli {
namespace {

constexpr std::size_t line_bytes_max = 1u << 20;

Error misuse(std::string message) {
    return Error{code::usage, std::move(message), std::nullopt, "for example {\"expr\": \"x + 1\", \"bindings\": {\"x\": {\"int64Value\": \"1\"}}}", Severity::error, {}, {}};
}

}  // namespace

Result<Json> eval_typed_line(std::string const& line) {
    static calendar::Zones const zones;
    auto const request = parse_json(line, {.bytes_max = line_bytes_max, .depth_max = 128});
    if (!request) return misuse("the line is not JSON: " + request.error().message);
    Json const* const expression = request->find("expr");
    if (expression == nullptr || !expression->is_string()) return misuse("\"expr\" is missing");

    cel::Environment environment;
    // what pawl asks for beyond the language is off: a suite knows nothing of it
    environment.zones(zones).strictness({.types = !request->flag("unchecked"), .division = false}).container(request->text("container"));
    cel::TypedValues values;
    if (Json const* const bindings = request->find("bindings")) {
        auto read = cel::TypedValues::from(*bindings);
        if (!read) return read.error();
        values = std::move(*read);
        for (auto const& [name, value] : values.names()) environment.variable(name, cel::Type());
    }
    cel::Library functions;
    if (Json const* const declarations = request->find("type_env")) {
        auto const declared = cel::declare(*declarations, environment, functions);
        if (!declared) return declared.error();
    }
    auto const compiled = cel::compile({.text = expression->as_string(), .place = {}}, environment);
    if (!compiled.program) return compiled.diagnostics.front();
    cel::Budget budget{.steps_left = 1'000'000, .bytes_left = 8u << 20};
    return cel::eval_typed(*compiled.program, values, budget);
}

}  // namespace pawl::cli
