// Compiles the expressions of a document, each in the environment of its place, and puts their diagnostics where they stand.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/cel/program.h"
#include "common/flow/condition_uses.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// What the expressions of one place may name. The environment is made when the first expression asks for it: most steps have none.
class Sight {
public:
    using Make = std::function<cel::Environment()>;
    using Explain = std::function<void(Error&)>;
    explicit Sight(Make make, Explain explain = {}) : make_(std::move(make)), explain_(std::move(explain)) {}
    cel::Environment const& environment() {
        if (!made_) made_ = make_();
        return *made_;
    }
    /// Improves the hint of a diagnostic with what only this place knows.
    void explain(Error& error) const {
        if (explain_) explain_(error);
    }

private:
    Make make_;
    Explain explain_;
    std::optional<cel::Environment> made_;
};

bool holds_expression(yaml::Node const& node);  ///< "${{" anywhere in it

class Expressions {
public:
    Expressions(Reader& reader, Conditions const& conditions) : reader_(reader), uses_(conditions, reader) {}

    /// Bare CEL. The sight says what it must be.
    std::optional<cel::Program> bare(yaml::Node const& scalar, Sight& sight, std::string_view key);
    /// Text with `${{ }}`.
    cel::Template pasted(yaml::Node const& scalar, Sight& sight);
    /// Any value: text with `${{ }}`, or numbers, lists and maps with such texts in them.
    cel::Template value(yaml::Node const& node, Sight& sight);

    std::vector<ConditionUse> const& conditions() const { return uses_.found(); }

private:
    std::optional<cel::Program> take(cel::Compiled compiled, Sight const& sight);
    void report(Diagnostics found, Sight const& sight);

    Reader& reader_;
    ConditionUses uses_;
};

/// A text without expressions.
cel::Template literal(std::string text);
/// What the value of a template is.
cel::Type type_of(cel::Template const& value);

}  // namespace pawl::flow
