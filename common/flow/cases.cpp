#include "common/flow/cases.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/text.h"

namespace pawl::flow {
namespace {

using cel::Constant;
using cel::Instant;

constexpr std::size_t places_max = 60;  ///< with more nothing can be told from a thousand cases
constexpr double whole_max = 9e15;  ///< doubles below are exact integers, and their neighbours are too

void add_integers(std::vector<Json>& out, Json const& constant) {
    if (constant.is_int()) {
        std::int64_t const value = constant.as_int();
        out.emplace_back(value);
        if (value > std::numeric_limits<std::int64_t>::min()) out.emplace_back(value - 1);
        if (value < std::numeric_limits<std::int64_t>::max()) out.emplace_back(value + 1);
    } else if (constant.is_double() && std::abs(constant.as_double()) < whole_max) {
        auto const below = static_cast<std::int64_t>(std::floor(constant.as_double()));
        for (std::int64_t const offset : {-1, 0, 1, 2}) out.emplace_back(below + offset);
    }
}

double as_real(Json const& number) {
    return number.is_int() ? static_cast<double>(number.as_int()) : number.is_uint() ? static_cast<double>(number.as_uint()) : number.as_double();
}

/// The constants, a value between each two, and one on either side.
void add_reals(std::vector<Json>& out, std::vector<Json> const& constants) {
    std::vector<double> at;
    for (Json const& constant : constants) at.push_back(as_real(constant));
    if (at.empty()) at.push_back(0);
    std::ranges::sort(at);
    out.emplace_back(at.front() - 1);
    for (std::size_t i = 0; i < at.size(); ++i) {
        out.emplace_back(at[i]);
        out.emplace_back(i + 1 < at.size() ? at[i] + (at[i + 1] - at[i]) / 2 : at[i] + 1);
    }
}

std::vector<Json> numbers_in(std::vector<Constant> const& constants, Declaration const* declaration) {
    std::vector<Json> numbers;
    for (Constant const& constant : constants)
        if (constant.json.is_number()) numbers.push_back(constant.json);
    bool const bounds_count = declaration != nullptr && (declaration->type == ValueType::integer || declaration->type == ValueType::number);
    if (bounds_count && declaration->min) numbers.emplace_back(*declaration->min);
    if (bounds_count && declaration->max) numbers.emplace_back(*declaration->max);
    return numbers;
}

/// Neighbours of large numbers cannot be told apart by doubles: then not all cases are at hand.
bool are_small(std::vector<Json> const& numbers) {
    return std::ranges::all_of(numbers, [](Json const& number) { return number.is_int() || std::abs(as_real(number)) < whole_max; });
}

void add_texts(std::vector<Json>& out, std::vector<Constant> const& constants) {
    std::string other = "other";
    for (Constant const& constant : constants) {
        if (!constant.json.is_string()) continue;
        out.push_back(constant.json);
        while (constant.json.as_string() == other) other += "1";
    }
    for (Constant const& constant : constants)
        if (constant.json == Json(other)) other += "2";
    out.emplace_back(other);
    out.emplace_back("");
}

/// A second on either side; with more than a second between any two there is one of them in every gap.
void add_instants(std::vector<Json>& out, std::vector<Constant> const& constants, Constant::Kind kind, bool& all) {
    std::vector<Instant> at;
    for (Constant const& constant : constants)
        if (constant.kind == kind) at.push_back(constant.instant);
    std::ranges::sort(at);
    auto const add = [&](Instant instant) {
        bool const is_timestamp = kind == Constant::Kind::timestamp;
        if (is_timestamp ? !cel::is_timestamp(instant) : !cel::is_duration(instant)) return;
        out.emplace_back(is_timestamp ? cel::format_timestamp(instant) : cel::format_span(instant));
    };
    for (std::size_t i = 0; i < at.size(); ++i) {
        if (i > 0 && cel::subtract(at[i], at[i - 1]) <= Instant{1, 0}) all = false;
        for (std::int64_t const offset : {-1, 0, 1}) add(cel::add(at[i], Instant{offset, 0}));
    }
    if (at.empty()) add(kind == Constant::Kind::timestamp ? Instant{1'700'000'000, 0} : Instant{1, 0});
}

/// Every hour of a Monday, and noon of a Saturday and a Sunday: for what asks for the clock.
void add_clock_times(std::vector<Json>& out) {
    constexpr std::int64_t monday = 1'790'553'600;  // 2026-09-28T00:00:00Z
    for (std::int64_t hour = 0; hour < 24; ++hour) out.emplace_back(cel::format_timestamp({monday + hour * 3600, 0}));
    for (std::int64_t const day : {5, 6}) out.emplace_back(cel::format_timestamp({monday + day * 86'400 + 43'200, 0}));
}

/// Values of all kinds.
void add_any(std::vector<Json>& out, std::vector<Constant> const& constants, bool& all) {
    auto const numbers = numbers_in(constants, nullptr);
    all = all && are_small(numbers);
    for (Json const& number : numbers) add_integers(out, number);
    add_reals(out, numbers);
    add_texts(out, constants);
    for (Constant::Kind const kind : {Constant::Kind::timestamp, Constant::Kind::duration}) add_instants(out, constants, kind, all);
    out.emplace_back(nullptr);
    out.emplace_back(true);
    out.emplace_back(false);
    out.emplace_back(JsonList{});
    out.emplace_back(JsonMap{});
}

void add_declared(std::vector<Json>& out, std::vector<Constant> const& constants, Declaration const& declaration, bool& all) {
    auto const numbers = numbers_in(constants, &declaration);
    switch (declaration.type) {
    case ValueType::boolean:
        out.emplace_back(true);
        out.emplace_back(false);
        return;
    case ValueType::integer:
        all = all && are_small(numbers);
        for (Json const& number : numbers) add_integers(out, number);
        if (numbers.empty()) out.emplace_back(1);
        return;
    case ValueType::number:
        all = all && are_small(numbers);
        return add_reals(out, numbers);
    case ValueType::string:
    case ValueType::path: return add_texts(out, constants);
    case ValueType::duration: return add_instants(out, constants, Constant::Kind::duration, all);
    case ValueType::timestamp: return add_instants(out, constants, Constant::Kind::timestamp, all);
    case ValueType::list: out.emplace_back(JsonList{}); return;
    case ValueType::map: out.emplace_back(JsonMap{}); return;
    case ValueType::any: return add_any(out, constants, all);
    }
}

std::vector<Json> values_for(std::vector<Constant> const& constants, Domain const& domain, bool& all) {
    std::vector<Json> values;
    if (domain.declaration != nullptr && !domain.declaration->allowed.empty()) {
        values = domain.declaration->allowed;
    } else if (domain.is_now) {
        add_instants(values, constants, Constant::Kind::timestamp, all);
        add_clock_times(values);
    } else if (domain.declaration != nullptr) {
        add_declared(values, constants, *domain.declaration, all);
    } else {
        add_any(values, constants, all);
    }
    std::vector<Json> unique;
    for (Json& value : values)
        if (std::ranges::find(unique, value) == unique.end()) unique.push_back(std::move(value));
    return unique;
}

void set_path(JsonMap& map, std::string_view path, Json const* value) {
    std::size_t const dot = path.find('.');
    std::string key(path.substr(0, dot));
    if (dot == std::string_view::npos) {
        if (value != nullptr) map.set(std::move(key), *value);
        return;
    }
    if (map.find(key) == nullptr) map.set(key, Json(JsonMap{}));
    set_path(map.find(key)->as_map(), path.substr(dot + 1), value);
}

bool is_above(std::string const& path, std::string const& other) { return other.size() > path.size() && other.starts_with(path) && other[path.size()] == '.'; }

}  // namespace

bool Case::status(std::string_view name) const { return name == "always" || std::ranges::find(statuses_, name) != statuses_.end(); }

std::string Case::text(std::vector<cel::Program const*> const& programs) const {
    std::vector<std::string> parts;
    for (auto const& [path, value] : values_) {
        bool const is_read = std::ranges::any_of(programs, [&path = path](cel::Program const* program) { return std::ranges::find(program->reads(), path) != program->reads().end(); });
        if (is_read) parts.push_back(path + " = " + dump_json(value));
    }
    return printable(join(parts, ", "));
}

Cases::Place Cases::make_place(cel::ComparedPath const& compared, Domain const& domain, bool& all) {
    Place place{.path = compared.path, .choices = {}};
    for (Json& value : values_for(compared.constants, domain, all)) {
        bool const fits = domain.declaration == nullptr || static_cast<bool>(conform(*domain.declaration, value));
        // A number that cannot be is no case. Other values may stand for some that can: a text that breaks the pattern for one that does not.
        bool const is_number = domain.declaration != nullptr && (domain.declaration->type == ValueType::integer || domain.declaration->type == ValueType::number);
        if (!fits && is_number) continue;
        place.choices.push_back({.value = std::move(value), .missing = false, .plausible = domain.is_free && fits});
    }
    if (domain.may_miss) place.choices.push_back({.value = {}, .missing = true, .plausible = false});
    return place;
}

Cases::Cases(std::vector<cel::Program const*> const& programs, DomainOf const& domain_of, std::size_t cases_max) : cases_max_(cases_max) {
    std::vector<cel::ComparedPath> paths;
    std::vector<std::string> statuses;
    for (cel::Program const* program : programs) {
        cel::Comparisons const found = cel::comparisons_of(*program);
        for (cel::ComparedPath const& one : found.paths) {
            auto known = std::ranges::find(paths, one.path, &cel::ComparedPath::path);
            if (known == paths.end()) known = paths.insert(paths.end(), {one.path, {}});
            known->constants.insert(known->constants.end(), one.constants.begin(), one.constants.end());
        }
        for (std::string const& status : found.statuses)
            if (status != "always" && std::ranges::find(statuses, status) == statuses.end()) statuses.push_back(status);
    }
    double product = 1;
    for (cel::ComparedPath const& one : paths) {
        // A map and its own field: their values would have to agree.
        if (std::ranges::any_of(paths, [&](cel::ComparedPath const& other) { return is_above(one.path, other.path); })) all_ = false;
        else places_.push_back(make_place(one, domain_of(one.path), all_));
    }
    if (places_.size() > places_max) {
        places_.clear();
        cases_max_ = 0;
        all_ = false;
        return;
    }
    for (std::string const& status : statuses)
        places_.push_back({.path = status, .is_status = true, .choices = {{.value = true, .plausible = status == "success"}, {.value = false, .plausible = status != "success"}}});
    for (Place const& place : places_) product *= static_cast<double>(place.choices.size());
    sampled_ = product > static_cast<double>(cases_max);
    all_ = all_ && !sampled_ && product > 0;
}

Case Cases::make_case(std::vector<std::size_t> const& chosen) const {
    Case made;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        Place const& place = places_[i];
        Choice const& choice = place.choices[chosen[i]];
        made.plausible_ = made.plausible_ && choice.plausible;
        if (place.is_status) {
            if (choice.value == Json(true)) made.statuses_.push_back(place.path);
            continue;
        }
        set_path(made.variables_, place.path, choice.missing ? nullptr : &choice.value);
        if (!choice.missing) made.values_.emplace_back(place.path, choice.value);
    }
    return made;
}

void Cases::visit(std::function<bool(Case const&)> const& visitor) const {
    if (std::ranges::any_of(places_, [](Place const& place) { return place.choices.empty(); })) return;
    std::vector<std::size_t> chosen(places_.size());
    std::uint64_t state = 1;  // the same cases each time
    for (std::size_t count = 0; count < cases_max_; ++count) {
        if (sampled_) {
            for (std::size_t i = 0; i < places_.size(); ++i) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                chosen[i] = static_cast<std::size_t>(state >> 33) % places_[i].choices.size();
            }
        }
        if (!visitor(make_case(chosen))) return;
        if (sampled_) continue;
        std::size_t place = 0;
        while (place < places_.size() && ++chosen[place] == places_[place].choices.size()) chosen[place++] = 0;
        if (place == places_.size()) return;
    }
}

}  // namespace pawl::flow
