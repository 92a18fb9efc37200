// What stands around an attempt, with an executor that does what the test says: launches come late or never, ends come twice, the daemon is another one.
#include "daemon/io/keeping_attempts.h"

#include <map>

#include "common/base/text.h"
#include "tests/unit/io/files_bench.h"

using namespace pawl;
using namespace pawl::test;
namespace fs = std::filesystem;

namespace {

/// Records what it is asked, and tells what it is told to.
class Executor final : public Attempts {
public:
    SlotRef allot() override { return {1, ++slots}; }
    void launch(AttemptId attempt, RunId, SlotRef, LaunchSpec const&) override { said += "launch " + std::to_string(attempt.value) + " "; }
    void stop(AttemptId attempt, SlotRef, bool) override { said += "stop " + std::to_string(attempt.value) + " "; }
    Verdict classify(AttemptId, RunId, SlotRef) override { return verdict; }
    void adopt(AttemptId attempt, RunId, SlotRef) override { said += "adopt " + std::to_string(attempt.value) + " "; }
    void sweep(AttemptId, SlotRef, std::string const&) override {}
    std::string heard() { return std::exchange(said, {}); }
    Verdict verdict;
    std::string said;
    std::uint32_t slots = 0;
};

struct Ears final : AttemptEvents {
    void ended(AttemptId attempt, AttemptEnd const& end) override {
        ends[attempt] = end;
        ++told;
    }
    void swept(AttemptId) override {}
    std::map<AttemptId, AttemptEnd> ends;
    int told = 0;
};

AttemptEnd exit_with(int code, std::string outputs = {}) {
    AttemptEnd end;
    end.kind = EndKind::exited;
    end.exit_code = code;
    end.outputs = std::move(outputs);
    return end;
}

/// One life of a daemon on a state folder.
struct Life {
    explicit Life(Folder const& state) {
        auto opened = KeepingAttempts::open(loop, ears, {.state_folder = state.fd(), .succeeds = [](AttemptId, AttemptEnd const& end) { return end.kind == EndKind::exited && end.exit_code == 0; }});
        keeper = std::move(*opened);
        keeper->use(executor);
    }
    /// Runs the loop until this attempt's end is told.
    AttemptEnd const& end_of(std::int64_t attempt) {
        while (!ears.ends.contains(AttemptId{attempt})) loop.run_once();
        return ears.ends.at(AttemptId{attempt});
    }
    void until_said() {
        while (executor.said.empty()) loop.run_once();
    }
    Loop loop;
    Ears ears;
    Executor executor;
    std::unique_ptr<KeepingAttempts> keeper;
};

struct Bench {
    Folder state, work;
    LaunchSpec spec = launch();

    LaunchSpec launch() const {
        LaunchSpec made;
        made.argv = {"make"};
        made.dir = work.path();
        made.keep.step = "build";
        made.keep.artifacts = ArtifactsOrder{.paths = {"out"}, .keep = {}};
        made.keep.cache = CacheOrder{.workflow = "w", .files = {"src"}, .produces = {"out"}, .parts = {}, .max_age = {}};
        return made;
    }
    static void run(Life& life, LaunchSpec const& spec, std::int64_t attempt) { life.keeper->launch(AttemptId{attempt}, RunId{attempt}, {1, 1}, spec); }
};

}  // namespace

TEST_CASE("an attempt with nothing to keep passes through", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    bench.spec.keep = {};
    Bench::run(life, bench.spec, 1);
    CHECK(life.executor.heard() == "launch 1 ");
    life.keeper->ended(AttemptId{1}, exit_with(3));
    CHECK(life.ears.told == 1);
}

TEST_CASE("the first time the program runs, the second time nothing does, and both leave the file and the outputs", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    bench.work.write("src", "1");
    Bench::run(life, bench.spec, 1);
    life.until_said();
    CHECK(life.executor.heard() == "launch 1 ");
    bench.work.write("out", "made");
    life.keeper->ended(AttemptId{1}, exit_with(0, "size=4\n"));
    CHECK(life.ears.told == 0);  // not before the file is kept
    CHECK(life.end_of(1).cache.find("why") != nullptr);
    CHECK(life.keeper->artifacts().of_attempt(RunId{1}, AttemptId{1}));

    Bench::run(life, bench.spec, 2);
    AttemptEnd const& end = life.end_of(2);
    CHECK(life.executor.heard().empty());
    CHECK(end.kind == EndKind::exited);
    CHECK(end.outputs == "size=4\n");
    CHECK(end.cache.flag("hit"));
    CHECK(end.note == "cached: as in run 1");
    CHECK(life.keeper->artifacts().of_attempt(RunId{2}, AttemptId{2}));
    CHECK_FALSE(fs::exists(bench.state.at("runs/2/cache-2.json")));
}

TEST_CASE("a failure keeps its files, and is not remembered", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    bench.work.write("src", "1");
    Bench::run(life, bench.spec, 1);
    life.until_said();
    (void)life.executor.heard();
    bench.work.write("out", "report");
    life.keeper->ended(AttemptId{1}, exit_with(1));
    (void)life.end_of(1);
    CHECK(life.keeper->artifacts().of_attempt(RunId{1}, AttemptId{1}));
    Bench::run(life, bench.spec, 2);
    life.until_said();
    CHECK(life.executor.heard() == "launch 2 ");
}

TEST_CASE("a promise that was not kept is told with the end, and not remembered", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    bench.spec.keep.cache->produces.clear();
    Bench::run(life, bench.spec, 1);
    life.until_said();
    life.keeper->ended(AttemptId{1}, exit_with(0));
    CHECK(life.end_of(1).not_kept == "no file matches 'out' of its artifacts");
    CHECK(life.keeper->cache().list({}).empty());
}

TEST_CASE("a hit whose artifacts are not there runs after all", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    bench.spec.keep.cache->produces.clear();
    bench.work.write("out");
    Bench::run(life, bench.spec, 1);
    life.until_said();
    (void)life.executor.heard();
    life.keeper->ended(AttemptId{1}, exit_with(0));
    (void)life.end_of(1);
    fs::remove(bench.work.at("out"));
    Bench::run(life, bench.spec, 2);
    life.until_said();
    CHECK(life.executor.heard() == "launch 2 ");
    bench.work.write("out");
    life.keeper->ended(AttemptId{2}, exit_with(0));
    AttemptEnd const& end = life.end_of(2);
    CHECK_FALSE(end.cache.flag("hit"));
    CHECK(end.not_kept.empty());
    CHECK(end.cache.find("why")->as_list().front().as_string() == "no file matches 'out' of its artifacts");
}

TEST_CASE("what is stopped while the cache is looked at is never launched", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    Bench::run(life, bench.spec, 1);
    life.keeper->stop(AttemptId{1}, {1, 1}, false);
    life.until_said();
    CHECK(life.executor.heard() == "stop 1 ");
    AttemptEnd stopped;
    stopped.kind = EndKind::stopped;
    life.keeper->ended(AttemptId{1}, stopped);
    CHECK(life.end_of(1).kind == EndKind::stopped);
}

TEST_CASE("an end that is told twice while files are kept is told once", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    bench.work.write("out");
    bench.spec.keep.cache.reset();
    Bench::run(life, bench.spec, 1);
    life.keeper->ended(AttemptId{1}, exit_with(0));
    life.keeper->stop(AttemptId{1}, {1, 1}, true);
    life.keeper->ended(AttemptId{1}, exit_with(0));
    (void)life.end_of(1);
    CHECK(life.ears.told == 1);
    CHECK(life.executor.heard() == "launch 1 ");
}

TEST_CASE("a daemon that starts between the exit and the commit keeps the files, and remembers what was seen before", "[io][keep]") {
    Bench bench;
    bench.work.write("src", "1");
    {
        Life first(bench.state);
        Bench::run(first, bench.spec, 1);
        first.until_said();
    }  // killed; the program goes on
    bench.work.write("out", "made");
    Life second(bench.state);
    second.executor.verdict = {.kind = VerdictKind::ended, .end = exit_with(0, "size=4\n")};
    second.keeper->remember(AttemptId{1}, RunId{1}, bench.spec);
    CHECK(second.keeper->classify(AttemptId{1}, RunId{1}, {1, 1}).kind == VerdictKind::alive);  // so that it is adopted
    second.keeper->adopt(AttemptId{1}, RunId{1}, {1, 1});
    CHECK(second.executor.heard() == "adopt 1 ");
    second.keeper->ended(AttemptId{1}, exit_with(0, "size=4\n"));
    CHECK(second.end_of(1).cache.find("why") != nullptr);
    CHECK(second.keeper->artifacts().of_attempt(RunId{1}, AttemptId{1}));
    CHECK(second.keeper->cache().list({}).size() == 1);
    Bench::run(second, bench.spec, 2);
    CHECK(second.end_of(2).cache.flag("hit"));
}

TEST_CASE("what is lost stays lost, and an end without files is told as it is", "[io][keep]") {
    Bench bench;
    Life life(bench.state);
    life.keeper->remember(AttemptId{1}, RunId{1}, bench.spec);
    life.executor.verdict.kind = VerdictKind::lost;
    CHECK(life.keeper->classify(AttemptId{1}, RunId{1}, {1, 1}).kind == VerdictKind::lost);
    life.keeper->remember(AttemptId{2}, RunId{1}, bench.spec);
    life.executor.verdict = {.kind = VerdictKind::ended, .end = {}};
    life.executor.verdict.end.kind = EndKind::stopped;
    CHECK(life.keeper->classify(AttemptId{2}, RunId{1}, {1, 2}).kind == VerdictKind::ended);
}
