// Named, reusable, tested expressions (`kind: condition`). A use is replaced by the text of the condition before it is compiled, so that
// types, folding and the trace of an evaluation see through it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/time.h"
#include "common/cel/program.h"
#include "common/flow/declaration.h"
#include "common/flow/reader.h"

namespace pawl::flow {

/// A place where an expression names a condition.
struct ConditionUse {
    std::string name;
    SourcePos where;
    bool operator==(ConditionUse const&) const = default;
};

struct ConditionTest {
    SourcePos where;
    UtcTime at{};                ///< what `now` is; the epoch when the test does not say
    Json params;                 ///< all of them, defaults filled in
    bool expect = true;
};

struct Condition {
    /// A piece of its expression: text as it is, or the value of a parameter.
    struct Piece {
        std::string text;
        std::optional<std::size_t> param;
    };
    std::string name;
    SourcePos where;             ///< of the name
    std::string description, owner;
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<Declaration> params;
    std::string expr;            ///< as written
    std::vector<Piece> pieces;   ///< of the expression with the conditions it uses already put in
    std::vector<ConditionUse> uses;     ///< of other conditions
    std::vector<ConditionTest> tests;
    std::optional<cel::Program> program;  ///< over `params` and `now`; absent when something about it is wrong
};

/// Evaluates a condition alone. `params` are bound (bind_params).
class ConditionValues final : public cel::Activation {
public:
    ConditionValues(Json params, UtcTime now) : params_(std::move(params)), now_(format_utc(now)) {}
    Json const* variable(std::string_view name) const override { return name == "params" ? &params_ : name == "now" ? &now_ : nullptr; }

private:
    Json params_, now_;
};

/// The conditions of a project, by name. Those with mistakes are in it too, so that their uses find them.
class Conditions {
public:
    Condition const* find(std::string_view name) const;
    /// Its mistakes are among the diagnostics at hand, so a use of it is no further one.
    bool is_judged(std::string_view name) const { return judged_.contains(name); }
    std::vector<std::string_view> names() const;
    std::map<std::string, std::shared_ptr<Condition const>, std::less<>> const& all() const { return by_name_; }
    void add(std::shared_ptr<Condition const> condition);
    void add_judged(std::shared_ptr<Condition const> condition);

    /// These and all that they use, as a workflow's model keeps them: name → {params, expr}.
    Json model_of(std::vector<ConditionUse> const& uses) const;
    Json model_of_all() const;
    /// From such a model.
    static Conditions from_model(Json const& model);

private:
    void collect(std::string const& name, JsonMap& models) const;
    std::map<std::string, std::shared_ptr<Condition const>, std::less<>> by_name_;
    std::set<std::string, std::less<>> judged_;
};

/// Reads the conditions of all files, then puts them in the order of their uses. Readers and nodes are borrowed until finish().
class ConditionReader {
public:
    /// `others`: known before, and hidden by conditions of the same name.
    explicit ConditionReader(Conditions others = {}) : conditions_(std::move(others)) {}
    void read(Reader& reader, yaml::Node const& root);
    /// Resolves uses, compiles, runs the tests. Says all that is wrong with them.
    Conditions finish();

private:
    struct Draft {
        Reader* reader;
        yaml::Node const* root;
        std::shared_ptr<Condition> condition;
        yaml::Node const* expr = nullptr;
        enum class State { fresh, open, done } state = State::fresh;
    };
    void resolve(Draft& draft, std::vector<Draft*>& open);
    void compile(Draft& draft);
    void run_tests(Draft& draft);

    std::vector<Draft> drafts_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
    Conditions conditions_;  ///< those of the drafts too, before they are compiled
};

/// What a use of a condition is given; unknown names, wrong types and missing values are told in `diagnostics` without places.
Bound bind_params(Condition const& condition, Json const& given);

}  // namespace pawl::flow
