// What the tests of expressions share: a small world of names and values, and one-line questions to it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/error_codes.h"
#include "common/base/json.h"
#include "common/cel/program.h"

namespace pawl::cel::test {

/// Values by name, given as JSON text.
class Values : public Activation {
public:
    Values& set(std::string const& name, std::string const& json) {
        auto parsed = parse_json(json);
        ASSERT(parsed);
        values_[name] = *parsed;
        return *this;
    }
    Values& succeeded(bool value) {
        success_ = value;
        return *this;
    }
    Json const* variable(std::string_view name) const override {
        asked_.emplace_back(name);
        auto const found = values_.find(std::string(name));
        return found != values_.end() ? &found->second : nullptr;
    }
    bool status(std::string_view name) const override { return name == "success" ? success_ : name == "always"; }
    std::vector<std::string> const& asked() const { return asked_; }

private:
    std::map<std::string, Json> values_;
    bool success_ = true;
    mutable std::vector<std::string> asked_;
};

/// inputs (declared), steps.dump (declared), event (open), secrets, now; the status functions.
inline Environment environment() {
    using K = Type::Kind;
    Type const outputs = Type::object("steps.dump.outputs", {{"name", K::string}, {"size", K::integer}, {"note", K::string, true}});
    Type const dump = Type::object("steps.dump", {{"outputs", outputs}, {"started_at", K::timestamp}, {"duration", K::duration}, {"status", K::string}});
    Environment made;
    made.variable("inputs", Type::object("inputs", {{"dry", K::boolean}, {"amount", K::real}, {"count", K::integer}, {"name", K::string},
                                                    {"tags", Type::list(K::string)}, {"due", K::timestamp}}), true);
    made.variable("steps", Type::object("steps", {{"dump", dump}}), true);
    made.variable("event", Type(), true);
    made.variable("vars", Type::map(K::string, Type()));
    made.variable("secrets", Type::object("secrets", {{"TOKEN", K::secret}}));
    made.variable("now", K::timestamp);
    made.status_function("success").status_function("failure").status_function("always");
    return made;
}

inline Values values() {
    Values made;
    made.set("inputs", R"({"dry": false, "amount": 10.0, "count": 3, "name": "orders", "tags": ["a", "b"], "due": "2026-01-02T03:04:05Z"})");
    made.set("steps", R"({"dump": {"outputs": {"name": "x.zst", "size": 10}, "started_at": "2026-01-01T10:00:00Z", "duration": "1h30m", "status": "succeeded"}})");
    made.set("event", R"({"type": "order.created", "data": {"total": "12", "amount": 7, "items": [1, 2, 3], "user": {"id": "u1"}, "none": null, "my-key": 5}})");
    made.set("vars", R"({"a": 1, "b": 2})");
    made.set("secrets", R"({"TOKEN": "s3cr3t"})");
    made.set("now", R"("2026-11-24T17:20:12.5Z")");
    return made;
}

inline Compiled compile_text(std::string const& text) { return compile(Source{text, {}}, environment()); }

/// "1:5 message | hint; …" of all diagnostics; "" when there are none.
inline std::string diagnostics_text(Diagnostics const& diagnostics) {
    std::string out;
    for (Error const& error : diagnostics) {
        if (!out.empty()) out += "; ";
        out += std::to_string(error.where->line) + ":" + std::to_string(error.where->column) + (error.severity == Severity::warning ? " warning: " : " ") + error.message;
        if (!error.hint.empty()) out += " | " + error.hint;
    }
    return out;
}

/// What checking says.
inline std::string check_text(std::string const& text) { return diagnostics_text(compile_text(text).diagnostics); }

/// The value as one line of JSON; "error 1:5 message | hint" when there is none.
inline std::string eval_text(std::string const& text, Values const& given = values(), Budget budget = {}) {
    Compiled const compiled = compile_text(text);
    if (!compiled.program) return "check " + diagnostics_text(compiled.diagnostics);
    auto const result = compiled.program->eval(given, budget);
    return result ? dump_json(*result) : "error " + diagnostics_text({result.error()});
}

inline bool contains(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace pawl::cel::test
