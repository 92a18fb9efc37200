// One run on a bench: its plan, its rows, a clock and what it asked for. Slots are granted at once unless a test holds them back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/flow/load.h"
#include "daemon/core/run.h"
#include "tests/catch.h"

namespace pawl::test {

using namespace std::chrono_literals;

inline constexpr UtcTime start_of_tests{std::chrono::seconds(1'800'000'000)};  ///< 2027-01-15T08:00:00Z

/// The first workflow of a text that has no errors.
flow::LoadedFile loaded(std::string const& text);
/// A workflow with these steps, which are indented by two spaces.
std::string with_steps(std::string const& steps, std::string const& head = "");
Json json(std::string_view text);
AttemptEnd exited(int code, std::string outputs = "");
AttemptEnd ended_by(EndKind kind);
/// "failed (exit)", "succeeded".
std::string shown(std::string_view state, Reason reason);

class RunBench {
public:
    explicit RunBench(std::string const& workflow, std::string_view inputs = "{}");

    void admit() { tell(RunAdmitted{}); }
    /// Admits the run; the usual first line of a test is `RunBench bench{...}; bench.admit();`.
    void tell(RunEvent const& event);
    /// The live attempt of a step ends.
    void ends(std::string_view step, AttemptEnd const& end);
    void ends(std::string_view step, int exit_code) { ends(step, exited(exit_code)); }
    void lost(std::string_view step) { ends(step, ended_by(EndKind::lost)); }
    void swept(std::string_view step);
    void cancel(bool at_once = false) { tell(RunCancel{at_once, Reason::cancelled}); }
    /// Moves the clock, and tells the run the time if it waits for it.
    void passes(Duration duration);

    /// What the run asked for since the last look: "launch build#1, stop build#1 now, sweep build#1, ended".
    std::string said();
    std::string state() const { return shown(name_of(run.row.state), run.row.reason); }
    std::string step(std::string_view id) const;
    StepRow const& row(std::string_view id) const;
    Launch const& launched(std::string_view attempt) const;  ///< "build#2"
    std::string journal() const;  ///< kinds, in order

    Run run;
    UtcTime now = start_of_tests;
    bool hold_slots = false;  ///< `want build` is said instead of a launch

private:
    AttemptRow const* live(std::string_view step) const;

    Surroundings surroundings_{.env = {"PATH=/bin"}, .instance = "0123456789abcdef", .fence = 7};
    std::vector<std::string> said_;
    std::vector<std::pair<std::string, Launch>> launches_;
    std::vector<std::string> journal_;
    std::int64_t last_attempt_ = 0;
};

}  // namespace pawl::test
