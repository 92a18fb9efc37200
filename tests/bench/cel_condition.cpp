// One condition of three comparisons over a small JSON fact: pawl's CEL, and the same conjunction written by hand in C++ over the same JSON.
// usage: bench_cel_condition [ROUNDS]     prints "cel_p50_ns N  naive_p50_ns N  true N": nanoseconds an evaluation, in the median batch
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/cel/program.h"

namespace {

using namespace pawl;

constexpr std::size_t facts_count = 256;
constexpr std::size_t batch = 1'000;  // evaluations between two looks at the clock

class Fact final : public cel::Activation {
public:
    explicit Fact(Json const& event) : event_(event) {}
    Json const* variable(std::string_view name) const override { return name == "event" ? &event_ : nullptr; }

private:
    Json const& event_;
};

/// Events that differ, so that no branch is predicted for ever; about a quarter fulfils the condition.
std::vector<Json> facts() {
    std::vector<Json> made;
    for (std::size_t i = 0; i < facts_count; ++i) {
        std::string const text = R"({"type": "order.created", "data": {"id": "o-)" + std::to_string(i) + R"(", "total": )" + std::to_string(i * 97 % 20'000) + R"(.5, "country": ")" +
                                 (i % 3 == 0 ? "FR" : "DE") + R"(", "vip": )" + (i % 7 == 0 ? "true" : "false") + R"(, "items": [1, 2, 3]}})";
        auto fact = parse_json(text);
        ASSERT(fact);
        made.push_back(std::move(*fact));
    }
    return made;
}

bool naive(Json const& event) {
    Json const* const data = event.find("data");
    if (data == nullptr) return false;
    Json const *total = data->find("total"), *country = data->find("country"), *vip = data->find("vip");
    return total != nullptr && total->is_double() && total->as_double() > 10'000.0 && country != nullptr && country->is_string() && country->as_string() == "DE" && vip != nullptr &&
           vip->is_bool() && !vip->as_bool();
}

/// Nanoseconds an evaluation, in the median batch.
template <class Evaluate>
double median_ns(std::vector<Json> const& events, std::size_t rounds, std::size_t& hits, Evaluate evaluate) {
    std::vector<double> times;
    hits = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto const begin = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < batch; ++i) hits += evaluate(events[i % facts_count]) ? 1 : 0;
        times.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / batch);
    }
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t const rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000;
    auto const events = facts();
    cel::Environment environment;
    environment.variable("event", cel::Type(), true);
    auto const compiled = cel::compile({.text = "event.data.total > 10000.0 && event.data.country == 'DE' && !event.data.vip", .place = {}}, environment);
    ASSERT(compiled.program);
    cel::Program const& condition = *compiled.program;
    std::size_t cel_hits = 0, naive_hits = 0;
    double const cel_ns = median_ns(events, rounds, cel_hits, [&](Json const& event) {
        auto const value = condition.eval_bool(Fact(event));
        return value && *value;
    });
    double const naive_ns = median_ns(events, rounds, naive_hits, naive);
    std::printf("cel_p50_ns %.1f  naive_p50_ns %.1f  true %zu\n", cel_ns, naive_ns, cel_hits);
    return cel_hits == naive_hits ? 0 : 1;  // both must say the same
}
