#include "daemon/store/filter.h"

#include <cstdio>

#include "common/base/error_codes.h"
#include "common/cel/parser.h"
#include "daemon/store/filter_sql.h"

namespace pawl {
namespace {

cel::Type type_of(FilterField::As as) {
    using Kind = cel::Type::Kind;
    switch (as) {
    case FilterField::As::text: case FilterField::As::run_state: case FilterField::As::reason: case FilterField::As::workflow:
        return Kind::string;
    case FilterField::As::number: return Kind::integer;
    case FilterField::As::boolean: return Kind::boolean;
    case FilterField::As::instant: return Kind::timestamp;
    case FilterField::As::span: return Kind::duration;
    case FilterField::As::map: return cel::Type::map(Kind::string, Kind::string);
    }
    return Kind::dyn;
}

Error refused(Error error) {
    error.code = code::invalid_request;
    error.message = "filter: " + error.message;
    return error;
}

/// `now` and what the row knows.
class WithNow final : public cel::Activation {
public:
    WithNow(cel::Activation const& row, Json const& now) : row_(row), now_(now) {}
    Json const* variable(std::string_view name) const override { return name == "now" ? &now_ : row_.variable(name); }

private:
    cel::Activation const& row_;
    Json const& now_;
};

}  // namespace

Result<Filter> Filter::compile(std::string const& text, std::span<FilterField const> fields, UtcTime now) {
    Filter filter;
    if (text.empty()) return filter;
    cel::Environment environment;
    for (FilterField const& field : fields) environment.variable(std::string(field.name), type_of(field.as));
    environment.variable("now", cel::Type::Kind::timestamp).expect(cel::Type::Kind::boolean);
    cel::Source const source{.text = text, .place = {}};
    cel::Compiled compiled = cel::compile(source, environment);
    for (Error const& found : compiled.diagnostics)
        if (found.severity == Severity::error) return refused(found);
    ASSERT(compiled.program);

    cel::Reporter silent{cel::Placer(source)};
    SqlPart part = sql_part(cel::parse(text, silent), fields, now);
    if (part.mistake) return refused(*part.mistake);
    filter.condition_ = std::move(part.condition);
    if (!part.whole) filter.program_ = std::move(compiled.program);
    filter.now_ = exact_instant(now);
    return filter;
}

Result<bool> Filter::matches(cel::Activation const& row) const {
    auto answer = program_->eval_bool(WithNow(row, now_));
    if (answer) return *answer;
    if (answer.error().code == code::limit_exceeded) return refused(answer.error());
    return false;
}

std::string exact_instant(UtcTime time) {
    std::string text = format_utc(time);
    auto const rest = (time.time_since_epoch().count() % 1000 + 1000) % 1000;
    char digits[8];
    std::snprintf(digits, sizeof digits, "%03dZ", static_cast<int>(rest));
    text.replace(text.size() - 1, 1, digits);
    return text;
}

}  // namespace pawl
