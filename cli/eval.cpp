// pawl eval: one CEL expression, over values from the command line.
#include <algorithm>
#include <istream>
#include <map>
#include <ostream>

#include "cli/commands.h"
#include "cli/eval_typed.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/calendar/zones.h"
#include "common/cel/program.h"
#include "common/cel/trace.h"
#include "common/yaml/render.h"

namespace pawl::cli {
namespace {

struct EvalOptions {
    std::string expression, vars;
    bool batch = false, typed = false, explain = false;
};

class MapActivation final : public cel::Activation {
public:
    MapActivation(JsonMap const& values, Json now) : values_(values), now_(std::move(now)) {}
    Json const* variable(std::string_view name) const override {
        auto const* value = values_.find(name);
        return value == nullptr && name == "now" ? &now_ : value;
    }

private:
    JsonMap const& values_;
    Json now_;
};

Result<Json> variables(std::string const& text, std::string const& what) {
    auto json = parse_json(text, {.bytes_max = 64u << 20, .depth_max = 64});
    if (!json) {
        auto error = json.error();
        error.message = what + " is not JSON: " + error.message;
        error.where.reset();
        return error;
    }
    if (!json->is_map()) return make_error(code::usage, what + " is not a JSON object", "for example --vars '{\"a\": 2}'");
    return json;
}

/// A scalar is declared as what it is; lists and maps may hold anything.
cel::Type type_of(Json const& value) {
    switch (value.kind()) {
    case Json::Kind::boolean: return cel::Type::Kind::boolean;
    case Json::Kind::integer: return cel::Type::Kind::integer;
    case Json::Kind::unsigned_integer: return cel::Type::Kind::unsigned_integer;
    case Json::Kind::real: return cel::Type::Kind::real;
    case Json::Kind::string: return cel::Type::Kind::string;
    case Json::Kind::null:
    case Json::Kind::list:
    case Json::Kind::map: return cel::Type::Kind::dyn;
    }
    return cel::Type::Kind::dyn;
}

cel::Compiled compiled(std::string const& expression, JsonMap const& values) {
    static calendar::Zones const zones;
    cel::Environment environment;
    environment.zones(zones);
    for (auto const& [name, value] : values) environment.variable(name, type_of(value));
    if (values.find("now") == nullptr) environment.variable("now", cel::Type(cel::Type::Kind::timestamp));
    return cel::compile({.text = expression, .place = {}}, environment);
}

int refuse(Context& context, Diagnostics diagnostics, std::string const& expression) {
    for (auto& diagnostic : diagnostics) {
        if (diagnostic.where && diagnostic.where->file.empty()) diagnostic.where->file = "expression";
    }
    context.err() << yaml::render_all(diagnostics, [&](std::string_view) { return &expression; }, context.err_look().width) << std::flush;
    return exit_failed;
}

Json to_json(cel::Trace::Part const& part, std::string const& text) {
    Json json;
    json.set("text", text.substr(part.begin, part.end - part.begin)).set("offset", part.begin).set("value", part.value);
    return json.set("times", part.times).set("failed", part.failed).set("decided", part.decided);
}

/// The expression with the value under each part, then its conditions, and which of them decided.
int explain(Context& context, cel::Program const& program, cel::Activation const& values, std::string const& expression) {
    cel::Budget budget;
    cel::Trace trace;
    auto const value = program.eval(values, budget, trace);
    if (context.format() == OutputFormat::json) {
        Json json, parts{JsonList()};
        for (auto const& part : trace.parts) parts.as_list().push_back(to_json(part, trace.text));
        if (value) json.set("value", *value);
        else json.set("error", value.error().message);
        context.out() << dump_json_pretty(json.set("parts", std::move(parts))) << '\n';
        return value ? exit_done : exit_failed;
    }
    context.out() << cel::diagram(trace) << '\n' << cel::conditions(trace) << std::flush;
    return value ? exit_done : refuse(context, {value.error()}, expression);
}

int eval_one(Context& context, EvalOptions const& options) {
    auto const text = options.vars.empty() ? Result<std::string>("{}") : read_data(context, options.vars);
    if (!text) return context.fail(text.error());
    auto const values = variables(*text, "--vars");
    if (!values) return context.fail(values.error());
    auto const compilation = compiled(options.expression, values->as_map());
    if (!compilation.program) return refuse(context, compilation.diagnostics, options.expression);
    MapActivation const activation(values->as_map(), Json(format_utc(context.now())));
    if (options.explain) return explain(context, *compilation.program, activation, options.expression);
    auto const value = compilation.program->eval(activation);
    if (!value) return refuse(context, {value.error()}, options.expression);
    context.out() << (context.format() == OutputFormat::json ? dump_json_pretty(*value) : dump_json(*value)) << '\n';
    return exit_done;
}

std::string declarations_of(JsonMap const& values) {
    std::string key;
    for (auto const& [name, value] : values) key += name + ":" + std::to_string(static_cast<int>(value.kind())) + "\n";
    return key;
}

bool is_syntax(Diagnostics const& diagnostics) {
    return std::any_of(diagnostics.begin(), diagnostics.end(), [](Error const& one) { return one.code == code::expression_syntax; });
}

/// One JSON object a line in, one value a line out; a line that fails gives {"error": …, "line": n} and the exit code 1.
int eval_batch(Context& context, EvalOptions const& options) {
    std::map<std::string, cel::Program> programs;  // by the names and types a line declares
    auto const now = Json(format_utc(context.now()));
    int code = exit_done;
    std::string line;
    std::size_t number = 0;
    auto const fail_line = [&](std::string const& message) {
        Json failure;
        failure.set("error", message);
        failure.set("line", number);
        context.out() << dump_json(failure) << '\n';
        code = exit_failed;
    };
    while (std::getline(context.world().in, line)) {
        auto const values = variables(line, "line " + std::to_string(++number));
        if (!values) {
            fail_line(values.error().message);
            continue;
        }
        auto const key = declarations_of(values->as_map());
        auto found = programs.find(key);
        if (found == programs.end()) {
            auto compilation = compiled(options.expression, values->as_map());
            // Bad syntax is bad for every line; whether names and types fit is a matter of each.
            if (!compilation.program && is_syntax(compilation.diagnostics)) return refuse(context, compilation.diagnostics, options.expression);
            if (!compilation.program) {
                fail_line(compilation.diagnostics.front().message);
                continue;
            }
            found = programs.emplace(key, *compilation.program).first;
        }
        auto value = found->second.eval(MapActivation(values->as_map(), now));
        if (value) context.out() << dump_json(*value) << '\n';
        else fail_line(value.error().message);
    }
    return code;
}

/// Expressions and typed values, a line each: cli/eval_typed.h.
int eval_typed(Context& context) {
    int code = exit_done;
    for (std::string line; std::getline(context.world().in, line);) {
        if (line.empty()) continue;
        auto const value = eval_typed_line(line);
        Json failure;
        context.out() << dump_json(value ? *value : failure.set("error", value.error().message)) << '\n';
        if (!value) code = exit_failed;
    }
    return code;
}

int eval(Context& context, EvalOptions const& options) {
    if (options.typed && (!options.batch || !options.expression.empty())) {
        return context.misuse("--typed reads its expressions from standard input", "pawl eval --batch --typed < lines.jsonl");
    }
    if (options.typed) return eval_typed(context);
    if (options.expression.empty()) return context.misuse("the expression is missing", "pawl eval '1 + 2'");
    if (options.batch && options.explain) return context.misuse("--batch and --explain exclude each other", "explain one expression at a time");
    if (!options.batch) return eval_one(context, options);
    if (!options.vars.empty()) return context.misuse("--vars and --batch exclude each other", "with --batch each line of standard input has the values");
    return eval_batch(context, options);
}

}  // namespace

Command eval_command() {
    auto const options = std::make_shared<EvalOptions>();
    return {
        .path = "eval",
        .summary = "Evaluate one CEL expression",
        .arguments = {{.name = "EXPR", .doc = "the expression", .into = &options->expression, .required = false}},
        .options = {{.names = "--vars", .value = "JSON", .doc = "values by name: JSON, @FILE or -", .into = &options->vars},
                    {.names = "--batch", .doc = "read one JSON object a line from standard input, print one value a line", .into = &options->batch},
                    {.names = "--explain", .doc = "print the value of every part of the expression", .into = &options->explain},
                    {.names = "--typed", .doc = "with --batch: lines with expr, bindings, container, type_env", .into = &options->typed}},
        .examples = {{"pawl eval 'a > 1' --vars '{\"a\": 2}'", "true"}, {"pawl eval 'size(name)' --batch < rows.jsonl", ""}, {"pawl eval --explain 'a > 1 && b' --vars '{\"a\": 2, \"b\": false}'", ""}},
        .run = [options](Context& context) { return eval(context, *options); },
    };
}

}  // namespace pawl::cli
