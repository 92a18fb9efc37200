// Results that are remembered: a hit needs the same parts, the same files, and what was made; a miss says what differs.
#include "daemon/io/step_cache.h"

#include "common/base/text.h"
#include "tests/unit/io/files_bench.h"

using namespace pawl;
using namespace pawl::test;
namespace fs = std::filesystem;

namespace {

UtcTime const noon = *parse_utc("2026-11-25T12:00:00Z");

struct Bench {
    Folder state, work;
    StepCache cache = *StepCache::open(state.fd());
    KeepOrder order{.step = "build", .artifacts = {}, .cache = CacheOrder{.workflow = "w", .files = {"src/**"}, .produces = {"out"}, .parts = {{"run", sha256_hex("make")}, {"env.CC", sha256_hex("gcc")}}, .max_age = {}}};
    std::int64_t runs = 0;
    UtcTime now = noon;

    StepCache::Found look() { return cache.look(order, work.path(), now); }
    /// As the daemon does: look, run when it must, remember. "hit 1", or the reasons.
    std::string run(std::string const& output = "made", std::string const& outputs = "size=4\n") {
        StepCache::Found const found = look();
        ++runs;
        if (found.entry) return "hit " + std::to_string(found.entry->run.value);
        if (!output.empty()) work.write("out", output);
        std::string why;
        for (Json const& one : found.explain.find("why")->as_list()) why += (why.empty() ? "" : "; ") + one.as_string();
        std::string const problem = cache.remember(order, {.run = RunId{runs}, .attempt = 1, .dir = work.path(), .key = found.key, .files = found.files, .outputs = outputs}, now);
        return problem.empty() ? why : why + " | " + problem;
    }
};

}  // namespace

TEST_CASE("the second time nothing has changed, and the outputs are those of the first", "[io][cache]") {
    Bench bench;
    bench.work.write("src/a.c", "1");
    CHECK(bench.run() == "no result of it is remembered yet");
    auto const found = bench.look();
    REQUIRE(found.entry);
    CHECK(found.entry->outputs == "size=4\n");
    CHECK(found.explain.flag("hit"));
    CHECK(found.explain.number("run") == 1);
    CHECK(bench.run() == "hit 1");
}

TEST_CASE("a miss names what changed", "[io][cache]") {
    Bench bench;
    bench.work.write("src/a.c", "1");
    bench.work.write("src/b.c", "1");
    (void)bench.run();
    SECTION("files") {
        bench.work.write("src/a.c", "2");
        fs::remove(bench.work.at("src/b.c"));
        bench.work.write("src/c.c");
        CHECK(bench.run() == "file src/a.c changed; file src/b.c is gone; file src/c.c is new");
        CHECK(bench.run() == "hit 2");
    }
    SECTION("values") {
        bench.order.cache->parts = {{"run", sha256_hex("make all")}, {"env.CFLAGS", sha256_hex("-O2")}};
        CHECK(bench.run() == "the command changed; env.CFLAGS is new; env.CC is gone");
    }
    SECTION("a time stamp alone changes nothing") {
        bench.work.write("src/a.c", "1");
        CHECK(bench.run() == "hit 1");
    }
    SECTION("what it made is gone, or no longer as it was") {
        fs::remove(bench.work.at("out"));
        CHECK(bench.run() == "'out', which it made, is gone");
        bench.work.write("out", "touched");
        CHECK(bench.run() == "'out', which it made, has changed");
        CHECK(bench.run() == "hit 3");
    }
    SECTION("its age") {
        bench.order.cache->max_age = std::chrono::hours(1);
        bench.now += std::chrono::minutes(59);
        CHECK(bench.run() == "hit 1");
        bench.now += std::chrono::minutes(2);
        CHECK(bench.run() == "its result is older than 1h");
    }
    SECTION("somebody wants it done anyhow") {
        bench.order.cache->look = false;
        CHECK(bench.run() == "the run was told to use no cache");
    }
    SECTION("another step, and another workflow, have results of their own") {
        bench.order.step = "build[eu]";
        CHECK(bench.run() == "no result of it is remembered yet");
        bench.order.cache->workflow = "v";
        CHECK(bench.run() == "no result of it is remembered yet");
    }
}

TEST_CASE("an older state of the files is still known", "[io][cache]") {
    Bench bench;
    bench.order.cache->produces.clear();
    bench.work.write("src/a.c", "1");
    (void)bench.run("");
    bench.work.write("src/a.c", "2");
    (void)bench.run("");
    bench.work.write("src/a.c", "1");
    CHECK(bench.run("") == "hit 1");
}

TEST_CASE("what changed while the step ran, or was never made, is not remembered", "[io][cache]") {
    Bench bench;
    bench.work.write("src/a.c", "1");
    CHECK(bench.run("") == "no result of it is remembered yet | its result is not remembered: no file matches 'out' of what it produces");
    StepCache::Found const found = bench.look();
    bench.work.write("src/a.c", "2");
    bench.work.write("out");
    CHECK(bench.cache.remember(bench.order, {.run = RunId{9}, .attempt = 1, .dir = bench.work.path(), .key = found.key, .files = found.files, .outputs = ""}, noon) ==
          "its result is not remembered: file src/a.c changed while it ran");
    CHECK_FALSE(bench.look().entry);
}

TEST_CASE("a hash is known again only while nothing about the file has changed, and not when it was just written", "[io][cache]") {
    Folder folder;
    folder.write("a", "1");
    struct stat status{};
    REQUIRE(stat(folder.at("a").c_str(), &status) == 0);
    HashMemo memo;
    memo.keep(status, "hash");
    CHECK(memo.find(status).empty());  // two changes within a tick of the clock look like one
    struct stat old = status;
    old.st_ctim.tv_sec -= 10;
    memo.keep(old, "hash");
    CHECK(memo.find(old) == "hash");
    CHECK(memo.find(status).empty());
    old.st_size += 1;
    CHECK(memo.find(old).empty());
}

TEST_CASE("what a step makes is not what it reads, though a glob matches both", "[io][cache]") {
    Bench bench;
    bench.order.cache->files = {"**"};
    bench.order.cache->produces = {"out", "gen"};
    bench.work.write("src/a.c", "1");
    bench.work.write("gen/b", "1");
    CHECK(bench.run() == "no result of it is remembered yet");
    CHECK(bench.look().files.size() == 1);
    CHECK(bench.run() == "hit 1");
}

TEST_CASE("a damaged entry is no entry", "[io][cache]") {
    Bench bench;
    bench.work.write("src/a.c", "1");
    (void)bench.run();
    for (auto const& file : fs::recursive_directory_iterator(bench.state.at("cache")))
        if (file.path().extension() == ".json") fs::resize_file(file.path(), 20);
    CHECK(bench.run() == "no result of it is remembered yet");
    CHECK(bench.run() == "hit 2");
}

TEST_CASE("links among the files are not followed, neither those it reads nor those it made", "[io][cache]") {
    Bench bench;
    Folder outside;
    outside.write("secret", "1");
    fs::create_directory(bench.work.at("src"));
    fs::create_symlink(outside.at("secret"), bench.work.at("src/link"));
    (void)bench.run();
    CHECK(bench.look().files.empty());
    fs::rename(bench.work.at("out"), bench.work.at("out2"));
    fs::create_symlink("out2", bench.work.at("out"));
    CHECK(bench.run("") == "'out', which it made, is gone; mind that no file matches 'src/**' of its cache | its result is not remembered: no file matches 'out' of what it produces");
}

TEST_CASE("entries are listed with their use, and forgotten by workflow, step and key", "[io][cache]") {
    Bench bench;
    bench.work.write("src/a.c", "1");
    (void)bench.run();
    (void)bench.run();
    bench.order.step = "build[eu]";
    (void)bench.run();
    bench.order.cache->workflow = "v";
    bench.order.step = "test";
    (void)bench.run();
    auto const of_build = bench.cache.list({.workflow = "w", .step = "build", .key = {}});
    REQUIRE(of_build.size() == 2);
    CHECK(bench.cache.list({}).size() == 3);
    std::int64_t hits = 0;
    for (CacheEntry const& entry : of_build) hits += entry.hits;
    CHECK(hits == 1);
    CHECK(bench.cache.remove({.workflow = "w", .step = "build[eu]", .key = {}}) == 1);
    CHECK(bench.cache.remove({.workflow = "v", .step = {}, .key = {}}) == 1);
    CHECK(bench.cache.remove({.workflow = {}, .step = {}, .key = of_build[0].key}) + bench.cache.remove({}) == 1);
    CHECK(bench.cache.list({}).empty());
}

TEST_CASE("when there are too many, those go that were not used for longest", "[io][cache]") {
    Folder state, work;
    StepCache cache = *StepCache::open(state.fd(), {.files_max = 10, .entries_max = 100});
    for (int i = 0; i < 200; ++i) {
        KeepOrder const order{.step = "s", .artifacts = {}, .cache = CacheOrder{.workflow = "w", .files = {}, .produces = {}, .parts = {{"key", std::to_string(i)}}, .max_age = {}}};
        StepCache::Found const found = cache.look(order, work.path(), noon);
        REQUIRE(cache.remember(order, {.run = RunId{i + 1}, .attempt = 1, .dir = work.path(), .key = found.key, .files = {}, .outputs = ""}, noon).empty());
    }
    auto const left = cache.list({});
    CHECK(left.size() <= 164);
    CHECK(left.size() >= 90);
    auto const has = [&](std::int64_t run) { return std::ranges::any_of(left, [run](CacheEntry const& entry) { return entry.run == RunId{run}; }); };
    CHECK(has(200));
    CHECK_FALSE(has(1));
}

TEST_CASE("more files than a step may read are a reason to run it, and to remember nothing", "[io][cache]") {
    Folder state, work;
    StepCache const cache = *StepCache::open(state.fd(), {.files_max = 3});
    for (int i = 0; i < 4; ++i) work.write("f" + std::to_string(i));
    KeepOrder const order{.step = "s", .artifacts = {}, .cache = CacheOrder{.workflow = "w", .files = {"*"}, .produces = {}, .parts = {}, .max_age = {}}};
    StepCache::Found const found = cache.look(order, work.path(), noon);
    CHECK_FALSE(found.entry);
    CHECK(found.key.empty());
    CHECK(found.explain.find("why")->as_list().front().as_string() == "its files cannot be compared: more than 3 files match");
}
