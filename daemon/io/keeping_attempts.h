// What stands around an attempt: before it, a look whether its result is remembered; after it, files that are kept. Works on threads of its own, and
// tells the end of an attempt only when that is done. Until then the exit record lies in its slot, so a restarted daemon does it again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/base/error.h"
#include "daemon/core/attempts.h"
#include "daemon/io/artifacts.h"
#include "daemon/io/job_thread.h"
#include "daemon/io/loop.h"
#include "daemon/io/step_cache.h"
#include "daemon/io/timer.h"

namespace pawl {

struct KeepingOptions {
    int state_folder = -1;                                             ///< borrowed for open()
    std::function<bool(AttemptId, AttemptEnd const&)> succeeds = {};   ///< the engine's judgement, before it is decided
    ArtifactLimits artifacts = {};
    CacheLimits cache = {};
};

/// Loop's thread. Hears what the inner Attempts tell, and tells the rest.
class KeepingAttempts final : public Attempts, public AttemptEvents {
public:
    /// `loop` and `told` must outlive it.
    static Result<std::unique_ptr<KeepingAttempts>> open(Loop& loop, AttemptEvents& told, KeepingOptions options);
    ~KeepingAttempts() override;
    /// Who executes: its events go to us. Before the first call.
    void use(Attempts& inner) { inner_ = &inner; }

    SlotRef allot() override { return inner_->allot(); }
    void prepare(AttemptId attempt, RunId run, LaunchSpec const& spec) override;
    void remember(AttemptId attempt, RunId run, LaunchSpec const& spec) override;
    void launch(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) override;
    void stop(AttemptId attempt, SlotRef slot, bool now = false) override;
    Verdict classify(AttemptId attempt, RunId run, SlotRef slot) override;
    void adopt(AttemptId attempt, RunId run, SlotRef slot) override { inner_->adopt(attempt, run, slot); }
    void sweep(AttemptId attempt, SlotRef slot, std::string const& cookie) override { inner_->sweep(attempt, slot, cookie); }

    void ended(AttemptId attempt, AttemptEnd const& end) override;
    void swept(AttemptId attempt) override { told_.swept(attempt); }

    Artifacts const& artifacts() const;
    StepCache const& cache() const;

private:
    struct Shelves;
    struct Kept;
    KeepingAttempts(Loop& loop, AttemptEvents& told, KeepingOptions options, std::shared_ptr<Shelves> shelves);
    void looked(AttemptId attempt, StepCache::Found found);
    void keep(AttemptId attempt, Kept& kept, AttemptEnd end, bool succeeded);
    void tell(AttemptId attempt, AttemptEnd const& end);
    template <class Work, class Then>
    void do_on(JobThread& thread, Work work, Then then);

    Loop& loop_;
    AttemptEvents& told_;
    KeepingOptions const options_;
    Attempts* inner_ = nullptr;
    std::shared_ptr<Shelves> shelves_;
    std::unordered_map<AttemptId, Kept> kept_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    RepeatingTimer cleaning_;
    JobThread looking_, keeping_;  // last: their jobs end before the rest goes
};

}  // namespace pawl
