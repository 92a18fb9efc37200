// An engine on a bench: deploys texts, gives commands, takes a turn after each event and keeps the rows as a store would. Every batch is
// checked: a run's version grows by one, its journal has no gap, and what was final stays as it was.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/engine.h"
#include "tests/unit/core/run_bench.h"

namespace pawl::test {

class EngineBench {
public:
    explicit EngineBench(int attempts_max = 64, std::size_t runs_max = 20'000);

    /// Deploys and expects success.
    void deploy(std::string const& text, bool dry_run = false);
    /// Any command: the HTTP status of its answer, whose body is in `answer`.
    int command(CommandBody body, std::string key = "", std::string request = "");
    int start(std::string const& workflow, std::string_view inputs = "{}", std::string key = "", std::string request = "");
    int cancel(std::int64_t run, bool now_ = false) { return command(CancelRun{RunId{run}, now_}); }
    RetryRun retry_of(std::int64_t run, std::string from = "") const;
    int retry(std::int64_t run, std::string from = "") { return command(retry_of(run, std::move(from))); }
    int resolve(std::int64_t run, std::string step, ResolveStep::As as, std::string comment = "") {
        return command(ResolveStep{retry_of(run), std::move(step), as, std::move(comment)});
    }
    /// "1.a": the live attempt of step a in run 1 ends.
    void ends(std::string_view step, AttemptEnd const& end);
    void ends(std::string_view step, int exit_code) { ends(step, exited(exit_code)); }
    void lost(std::string_view step) { ends(step, ended_by(EndKind::lost)); }
    void swept(std::string_view step) { apply(AttemptSwept{live(step)}); }
    void passes(Duration duration);
    void apply(Event const& event);

    /// What the engine asked of the world since the last look: "launch 1.a#1, stop 1.a#1".
    std::string said();
    std::string state(std::int64_t run) const;
    std::string step(std::string_view step) const;  ///< "1.a"
    StepRow const& row(std::string_view step) const;
    bool knows(std::int64_t run) const { return runs_.contains(RunId{run}); }
    /// Actions and outcomes of the audit rows since the last look: "run.start accepted workflow…".
    std::string audited();
    /// A new engine from the rows, as after a crash; live attempts get their verdicts by name.
    void restarts(std::map<std::string, Verdict> const& verdicts);

    std::unique_ptr<Engine> engine;
    UtcTime now = start_of_tests;
    Json answer;
    std::map<RunId, StoredRun> rows() const { return runs_; }

private:
    void turn();
    void load(LoadPlan const& wanted);
    void keep(Row const& row);
    std::string name_of_attempt(AttemptId id) const;
    AttemptId live(std::string_view step) const;
    EngineOptions options() const;

    int attempts_max_;
    std::size_t runs_max_;
    flow::LoadedFile deployed_;
    std::map<std::string, std::shared_ptr<flow::Plan const>> plans_;  ///< by hash of the model
    std::map<VersionId, VersionRow> versions_;
    std::map<std::string, WorkflowRow> workflows_;
    std::map<RunId, StoredRun> runs_;
    std::map<AttemptId, AttemptRow> attempts_;
    std::vector<AnswerRow> answers_;
    std::vector<std::string> said_, audited_;
    std::uint64_t batch_ = 0;
    int status_ = 0;
    std::shared_ptr<std::uint32_t> slot_ = std::make_shared<std::uint32_t>(0);
};

}  // namespace pawl::test
