// From launch to look to launch, and from end to keeping to end.
#include "daemon/io/keeping_attempts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"
#include "daemon/io/file_walk.h"
#include "daemon/io/whole_file.h"

namespace pawl {
namespace {

constexpr std::uint64_t cleaning_ms = 10 * 60 * 1000;
constexpr std::size_t seen_bytes_max = 32u << 20;

UtcTime now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

/// "PAWL_ATTEMPT_NUMBER=2" → 2
int number_in(LaunchSpec const& spec) {
    constexpr std::string_view name = "PAWL_ATTEMPT_NUMBER=";
    for (std::string const& entry : spec.env)
        if (entry.starts_with(name)) return static_cast<int>(number_of(std::string_view(entry).substr(name.size())));
    return 1;
}

bool leaves_something(EndKind kind) { return kind == EndKind::exited || kind == EndKind::signalled || kind == EndKind::timed_out; }

}  // namespace

/// What the threads work on.
struct KeepingAttempts::Shelves {
    Artifacts artifacts;
    StepCache cache;
    UniqueFd runs;

    /// What was seen before the program ran, for the time after it: a daemon that starts meanwhile must know it too.
    void save(RunId run, AttemptId attempt, StepCache::Found const& found) const {
        JsonList files;
        for (CachedFile const& file : found.files) files.emplace_back(JsonList{Json(file.path), Json(file.sha256)});
        std::string const text = dump_json(JsonMap{{"key", found.key}, {"files", std::move(files)}, {"explain", found.explain}});
        mkdirat(runs.get(), std::to_string(run.value).c_str(), 0700);
        UniqueFd const file = open_below(runs.get(), path_of(run, attempt).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        // Not whole: it cannot be read as JSON, and then nothing is remembered.
        if (file) (void)!write(file.get(), text.data(), text.size());
    }
    StepCache::Found load(RunId run, AttemptId attempt) const {
        UniqueFd const file = open_below(runs.get(), path_of(run, attempt).c_str(), O_RDONLY | O_NONBLOCK);
        std::optional<std::string> const text = file ? read_whole(file.get(), seen_bytes_max) : std::nullopt;
        Result<Json> const json = text ? parse_json(*text, {.bytes_max = seen_bytes_max, .depth_max = 8}) : Result<Json>(Json());
        StepCache::Found found;
        if (!json || !json->is_map()) return found;
        found.key = json->text("key");
        if (Json const* explain = json->find("explain")) found.explain = *explain;
        if (Json const* files = json->find("files"); files != nullptr && files->is_list())
            for (Json const& one : files->as_list())
                if (one.is_list() && one.as_list().size() == 2) found.files.push_back({one.as_list()[0].as_string(), one.as_list()[1].as_string()});
        return found;
    }
    /// A result that is remembered, but whose artifacts are not there: the program runs after all.
    void settle_hit(Artifacts::Origin const& origin, AttemptEnd const& end) const {
        if (end.not_kept.empty()) return forget(origin.run, origin.attempt);
        StepCache::Found seen = load(origin.run, origin.attempt);
        seen.explain = JsonMap{{"hit", false}, {"why", JsonList{Json(end.not_kept)}}};
        save(origin.run, origin.attempt, seen);
    }
    void forget(RunId run, AttemptId attempt) const { unlinkat(runs.get(), path_of(run, attempt).c_str(), 0); }
    static std::string path_of(RunId run, AttemptId attempt) { return std::to_string(run.value) + "/cache-" + std::to_string(attempt.value) + ".json"; }
};

struct KeepingAttempts::Kept {
    enum class Phase : std::uint8_t { looking, running, keeping };
    RunId run;
    SlotRef slot;
    LaunchSpec spec;
    Phase phase = Phase::running;
    bool stop_asked = false, kill_now = false;
};

Result<std::unique_ptr<KeepingAttempts>> KeepingAttempts::open(Loop& loop, AttemptEvents& told, KeepingOptions options) {
    Result<Artifacts> artifacts = Artifacts::open(options.state_folder, options.artifacts);
    if (!artifacts) return artifacts.error();
    Result<StepCache> cache = StepCache::open(options.state_folder, options.cache);
    if (!cache) return cache.error();
    UniqueFd runs = open_below(options.state_folder, "runs", O_RDONLY | O_DIRECTORY);
    if (!runs) return Error{.code = code::io, .message = std::string("cannot open the folder of runs: ") + std::strerror(errno), .where = {}, .hint = {}};
    auto shelves = std::make_shared<Shelves>(Shelves{std::move(*artifacts), std::move(*cache), std::move(runs)});
    return std::unique_ptr<KeepingAttempts>(new KeepingAttempts(loop, told, std::move(options), std::move(shelves)));
}

KeepingAttempts::KeepingAttempts(Loop& loop, AttemptEvents& told, KeepingOptions options, std::shared_ptr<Shelves> shelves)
    : loop_(loop), told_(told), options_(std::move(options)), shelves_(std::move(shelves)), cleaning_(loop.raw(), cleaning_ms, [this] {
          keeping_.run([shelves = shelves_] { shelves->artifacts.remove_expired(now()); });
      }) {
    keeping_.run([shelves = shelves_] { shelves->artifacts.remove_expired(now()); });
}

KeepingAttempts::~KeepingAttempts() = default;

Artifacts const& KeepingAttempts::artifacts() const { return shelves_->artifacts; }
StepCache const& KeepingAttempts::cache() const { return shelves_->cache; }

/// `work` on the thread, then `then` with its result on the loop, unless we are gone.
template <class Work, class Then>
void KeepingAttempts::do_on(JobThread& thread, Work work, Then then) {
    thread.run([loop = &loop_, alive = std::weak_ptr<bool>(alive_), work = std::move(work), then = std::move(then)]() mutable {
        auto result = std::make_shared<decltype(work())>(work());
        loop->post([alive, result, then] {
            if (!alive.expired()) then(std::move(*result));
        });
    });
}

// ---- before

/// Of a step with cache nobody knows yet whether it will be launched.
void KeepingAttempts::prepare(AttemptId attempt, RunId run, LaunchSpec const& spec) {
    if (!spec.keep.cache) inner_->prepare(attempt, run, spec);
}

void KeepingAttempts::launch(AttemptId attempt, RunId run, SlotRef slot, LaunchSpec const& spec) {
    if (spec.keep.empty()) return inner_->launch(attempt, run, slot, spec);
    Kept& kept = kept_[attempt] = Kept{.run = run, .slot = slot, .spec = spec};
    if (!spec.keep.cache) return inner_->launch(attempt, run, slot, spec);
    kept.phase = Kept::Phase::looking;
    do_on(looking_, [shelves = shelves_, order = spec.keep, dir = spec.dir, run, attempt] {
        StepCache::Found found = shelves->cache.look(order, dir, now());
        shelves->save(run, attempt, found);
        return found;
    }, [this, attempt](StepCache::Found found) { looked(attempt, std::move(found)); });
}

void KeepingAttempts::looked(AttemptId attempt, StepCache::Found found) {
    auto const entry = kept_.find(attempt);
    if (entry == kept_.end() || entry->second.phase != Kept::Phase::looking) return;
    Kept& kept = entry->second;
    kept.phase = Kept::Phase::running;
    if (kept.stop_asked) return inner_->stop(attempt, kept.slot, kept.kill_now);  // its slot is revoked: it never starts
    if (!found.entry) return inner_->launch(attempt, kept.run, kept.slot, LaunchSpec(kept.spec));
    AttemptEnd end;
    end.kind = EndKind::exited;
    end.ended_at = now();
    end.outputs = found.entry->outputs;
    end.note = "cached: as in run " + std::to_string(found.entry->run.value);
    end.cache = std::move(found.explain);
    keep(attempt, kept, std::move(end), true);
}

void KeepingAttempts::stop(AttemptId attempt, SlotRef slot, bool now) {
    auto const entry = kept_.find(attempt);
    Kept* const kept = entry == kept_.end() ? nullptr : &entry->second;
    if (kept == nullptr || kept->phase == Kept::Phase::running) return inner_->stop(attempt, slot, now);
    kept->stop_asked = true;  // while its files are kept it has ended already
    kept->kill_now = kept->kill_now || now;
}

// ---- after

void KeepingAttempts::ended(AttemptId attempt, AttemptEnd const& end) {
    auto const entry = kept_.find(attempt);
    if (entry == kept_.end()) return told_.ended(attempt, end);
    if (entry->second.phase == Kept::Phase::keeping) return;  // told once more
    if (!leaves_something(end.kind)) return tell(attempt, end);
    keep(attempt, entry->second, end, options_.succeeds && options_.succeeds(attempt, end));
}

void KeepingAttempts::keep(AttemptId attempt, Kept& kept, AttemptEnd end, bool succeeded) {
    kept.phase = Kept::Phase::keeping;
    bool const is_hit = !end.cache.is_null();
    Artifacts::Origin origin{.run = kept.run, .attempt = attempt, .step = kept.spec.keep.step, .number = number_in(kept.spec), .dir = kept.spec.dir, .succeeded = succeeded};
    do_on(keeping_, [shelves = shelves_, order = kept.spec.keep, origin = std::move(origin), end = std::move(end), is_hit]() mutable {
        Artifacts::Collected collected;
        if (order.artifacts) collected = shelves->artifacts.collect(origin, *order.artifacts, now());
        if (!collected.note.empty()) end.note += (end.note.empty() ? "" : "; ") + collected.note;
        end.not_kept = std::move(collected.problem);
        if (is_hit) shelves->settle_hit(origin, end);
        if (!order.cache || is_hit) return std::move(end);
        StepCache::Found seen = shelves->load(origin.run, origin.attempt);
        end.cache = std::move(seen.explain);
        std::string why_not;
        bool const can_be_remembered = origin.succeeded && end.not_kept.empty() && !seen.key.empty();
        if (can_be_remembered)
            why_not = shelves->cache.remember(order, {.run = origin.run, .attempt = origin.number, .dir = origin.dir, .key = std::move(seen.key),
                                                      .files = std::move(seen.files), .outputs = end.outputs}, now());
        if (!why_not.empty()) end.note += (end.note.empty() ? "" : "; ") + why_not;
        shelves->forget(origin.run, origin.attempt);
        return std::move(end);
    }, [this, attempt, is_hit](AttemptEnd done) {
        auto const entry = kept_.find(attempt);
        if (entry == kept_.end()) return;
        bool const runs_after_all = is_hit && !done.not_kept.empty() && !entry->second.stop_asked;
        if (!runs_after_all) return tell(attempt, done);
        entry->second.phase = Kept::Phase::running;
        inner_->launch(attempt, entry->second.run, entry->second.slot, LaunchSpec(entry->second.spec));
    });
}

void KeepingAttempts::tell(AttemptId attempt, AttemptEnd const& end) {
    kept_.erase(attempt);
    PAWL_CRASH_POINT("keep.told");
    told_.ended(attempt, end);
}

// ---- after a restart

void KeepingAttempts::remember(AttemptId attempt, RunId run, LaunchSpec const& spec) { kept_[attempt] = Kept{.run = run, .slot = {}, .spec = spec}; }

/// One that has ended, and whose files are not kept yet, is taken for alive: who adopts it hears of its end when they are.
Verdict KeepingAttempts::classify(AttemptId attempt, RunId run, SlotRef slot) {
    Verdict verdict = inner_->classify(attempt, run, slot);
    bool const has_more = kept_.contains(attempt) && verdict.kind == VerdictKind::ended && leaves_something(verdict.end.kind) && !PAWL_MUTANT("kept_forgotten");
    if (has_more) verdict.kind = VerdictKind::alive;
    else if (verdict.kind == VerdictKind::ended || verdict.kind == VerdictKind::lost) kept_.erase(attempt);
    return verdict;
}

}  // namespace pawl
