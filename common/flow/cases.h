// Values at which expressions may turn out differently: one for each way in which what they read compares with their constants. Trying
// them all decides what holds always or never; a single one that was tried proves that it can happen.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cel/comparisons.h"
#include "common/flow/declaration.h"

namespace pawl::flow {

/// What may stand at a path.
struct Domain {
    Declaration const* declaration = nullptr;  ///< none: any JSON value
    bool is_now = false;
    bool is_free = false;    ///< whoever starts a run, or a program, can put any such value there
    bool may_miss = true;
};
using DomainOf = std::function<Domain(std::string const& path)>;

/// One set of values.
class Case final : public cel::Activation {
public:
    Json const* variable(std::string_view name) const override { return variables_.find(name); }
    bool status(std::string_view name) const override;

    /// It can come about: made of free values that fit their declarations.
    bool is_plausible() const { return plausible_; }
    /// "inputs.n = 5, inputs.region = \"eu\"", for paths of these programs.
    std::string text(std::vector<cel::Program const*> const& programs) const;

private:
    friend class Cases;
    JsonMap variables_;
    std::vector<std::string> statuses_;  ///< those that are true
    std::vector<std::pair<std::string, Json>> values_;
    bool plausible_ = true;
};

class Cases {
public:
    Cases(std::vector<cel::Program const*> const& programs, DomainOf const& domain_of, std::size_t cases_max);

    /// They stand for all values there are, as far as exact programs can tell.
    bool are_all() const { return all_; }
    /// Until the visitor has seen enough and says false.
    void visit(std::function<bool(Case const&)> const& visitor) const;

private:
    struct Choice {
        Json value;
        bool missing = false, plausible = false;
    };
    struct Place {
        std::string path;
        bool is_status = false;
        std::vector<Choice> choices;
    };
    static Place make_place(cel::ComparedPath const& compared, Domain const& domain, bool& all);
    Case make_case(std::vector<std::size_t> const& chosen) const;

    std::vector<Place> places_;
    std::size_t cases_max_;
    bool all_ = true;
    bool sampled_ = false;
};

}  // namespace pawl::flow
