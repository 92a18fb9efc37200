// Files that attempts leave behind: found without following anything, kept whole, told again after a crash.
#include "daemon/io/artifacts.h"

#include <unistd.h>

#include <atomic>
#include <thread>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "daemon/io/file_walk.h"
#include "tests/unit/io/files_bench.h"

using namespace pawl;
using namespace pawl::test;
namespace fs = std::filesystem;

namespace {

UtcTime const noon = *parse_utc("2026-11-25T12:00:00Z");

struct Bench {
    Folder state, work;
    Artifacts artifacts = *Artifacts::open(state.fd());

    Artifacts::Collected collect(std::vector<std::string> globs, bool succeeded = true, ArtifactsOrder::Missing missing = ArtifactsOrder::Missing::fail,
                                 std::int64_t attempt = 7, std::optional<Duration> keep = {}) {
        return artifacts.collect({.run = RunId{3}, .attempt = AttemptId{attempt}, .step = "build", .number = 1, .dir = work.path(), .succeeded = succeeded},
                                 {.paths = std::move(globs), .keep = keep, .if_missing = missing}, noon);
    }
    /// "a.txt=5 b/c=1"
    std::string kept(std::int64_t attempt = 7) const {
        std::string text;
        auto const manifest = artifacts.of_attempt(RunId{3}, AttemptId{attempt});
        if (!manifest) return "none";
        for (Artifact const& file : manifest->files) text += (text.empty() ? "" : " ") + file.path + "=" + std::to_string(file.bytes);
        return text;
    }
};

}  // namespace

TEST_CASE("what globs match is kept with its content, its hash and its permissions", "[io][artifacts]") {
    Bench bench;
    bench.work.write("dist/app", "program");
    bench.work.write("dist/sub/notes.txt", "text");
    bench.work.write("other", "no");
    fs::permissions(bench.work.at("dist/app"), fs::perms(0755));
    CHECK(bench.collect({"dist/**"}).problem.empty());
    REQUIRE(bench.kept() == "dist/app=7 dist/sub/notes.txt=4");
    auto const manifest = bench.artifacts.of_run(RunId{3}).at(0);
    CHECK(manifest.step == "build");
    CHECK(manifest.files[0].sha256 == sha256_hex("program"));
    CHECK(manifest.files[0].mode == 0755);
    bench.work.write("dist/app", "changed later");
    CHECK(text_of(bench.artifacts.open_bytes(RunId{3}, AttemptId{7}, 0).get()) == "program");
}

TEST_CASE("a folder that is named plainly is kept with all below it, one that a star matches is not", "[io][artifacts]") {
    Bench bench;
    for (std::string const name : {"dist/a", "dist/b/c", "other/d/e"}) bench.work.write(name);
    CHECK(bench.collect({"dist/"}, false, ArtifactsOrder::Missing::fail, 1).problem.empty());
    CHECK(bench.kept(1) == "dist/a=1 dist/b/c=1");
    (void)bench.collect({"**/d"}, false, ArtifactsOrder::Missing::fail, 2);
    CHECK(bench.kept(2) == "other/d/e=1");
    (void)bench.collect({"dist/*", "*"}, false, ArtifactsOrder::Missing::fail, 3);
    CHECK(bench.kept(3) == "dist/a=1");
}

TEST_CASE("a glob that matches nothing fails a success, unless it may", "[io][artifacts]") {
    Bench bench;
    bench.work.write("a.log");
    auto const failed = bench.collect({"*.log", "*.tar"});
    CHECK(failed.problem == "no file matches '*.tar' of its artifacts");
    CHECK(bench.kept() == "a.log=1");
    auto const warned = bench.collect({"*.tar"}, true, ArtifactsOrder::Missing::warn, 8);
    CHECK(warned.problem.empty());
    CHECK(warned.note == "no file matches '*.tar' of its artifacts");
    CHECK(bench.collect({"*.tar"}, true, ArtifactsOrder::Missing::ignore, 9).note.empty());
    auto const red = bench.collect({"*.log", "*.tar"}, false, ArtifactsOrder::Missing::fail, 10);
    CHECK(red.problem.empty());
    CHECK(bench.kept(10) == "a.log=1");
}

TEST_CASE("links, FIFOs and folders are no artifacts, and nothing leads out of the folder", "[io][artifacts]") {
    Bench bench;
    Folder outside;
    outside.write("secret", "secret");
    fs::create_directory(bench.work.at("out"));
    fs::create_symlink(outside.at("secret"), bench.work.at("out/link"));
    fs::create_directory_symlink(outside.path(), bench.work.at("out/folder"));
    REQUIRE(mkfifo(bench.work.at("out/fifo").c_str(), 0600) == 0);
    auto const collected = bench.collect({"out/**"});
    CHECK(collected.problem.starts_with("no file matches 'out/**' of its artifacts; 'out/"));
    CHECK(collected.problem.ends_with("is no regular file"));
    CHECK(bench.collect({"out/folder/secret"}).problem.starts_with("no file matches"));
    CHECK(bench.kept() == "none");
    struct stat status{};
    CHECK_FALSE(open_regular(bench.work.fd(), "out/link", status));
    CHECK_FALSE(open_regular(bench.work.fd(), "out/folder/secret", status));
    CHECK_FALSE(open_regular(bench.work.fd(), "../" + fs::path(outside.path()).filename().string() + "/secret", status));
    CHECK_FALSE(open_regular(bench.work.fd(), "out/fifo", status));
}

TEST_CASE("a name whose folder is swapped for a link meanwhile never yields what is outside", "[io][artifacts]") {
    Bench bench;
    Folder outside;
    outside.write("f", "outside");
    bench.work.write("d/f", "inside!");
    bench.work.write("d2/keep");
    std::atomic<bool> over = false;
    std::thread swapper([&] {
        fs::create_directory_symlink(outside.path(), bench.work.at("l"));
        while (!over) {
            renameat2(AT_FDCWD, bench.work.at("d").c_str(), AT_FDCWD, bench.work.at("l").c_str(), RENAME_EXCHANGE);
        }
    });
    for (std::int64_t attempt = 1; attempt <= 200; ++attempt) {
        (void)bench.collect({"d/*"}, false, ArtifactsOrder::Missing::ignore, attempt);
        auto const manifest = bench.artifacts.of_attempt(RunId{3}, AttemptId{attempt});
        if (!manifest) continue;
        for (Artifact const& file : manifest->files) REQUIRE(file.sha256 == sha256_hex("inside!"));
    }
    over = true;
    swapper.join();
}

TEST_CASE("what was kept before a crash is not collected anew, and half of it counts for nothing", "[io][artifacts]") {
    Bench bench;
    bench.work.write("a", "first");
    CHECK(bench.collect({"a"}).problem.empty());
    bench.work.write("a", "second, later");
    CHECK(bench.collect({"a", "missing"}).problem.empty());
    CHECK(bench.kept() == "a=5");
    bench.state.write("runs/3/artifacts-8/0", "half a file of an earlier try");
    bench.state.write("runs/3/artifacts-8/5", "and another");
    CHECK(bench.kept(8) == "none");
    CHECK(bench.collect({"a"}, true, ArtifactsOrder::Missing::fail, 8).problem.empty());
    CHECK(bench.kept(8) == "a=13");
    CHECK_FALSE(fs::exists(bench.state.at("runs/3/artifacts-8/5")));
}

TEST_CASE("too many files, and too many bytes of a run, are told and leave nothing behind", "[io][artifacts]") {
    Folder state, work;
    Artifacts artifacts = *Artifacts::open(state.fd(), {.files_max = 100, .run_bytes_max = 1000});
    auto const collect = [&](std::string const& glob, std::int64_t attempt) {
        return artifacts.collect({.run = RunId{1}, .attempt = AttemptId{attempt}, .step = "s", .number = 1, .dir = work.path(), .succeeded = true}, {.paths = {glob}, .keep = {}}, noon).problem;
    };
    for (int i = 0; i < 101; ++i) work.write("many/" + std::to_string(i));
    CHECK(collect("many/*", 1) == "its artifacts are not kept: more than 100 files match");
    work.write("six", std::string(600, 'x'));
    CHECK(collect("six", 2).empty());
    CHECK(collect("six", 3) == "its artifacts are not kept: 'six' does not fit: those of a run have at most 1000 bytes");
    CHECK(artifacts.of_run(RunId{1}).size() == 1);
    CHECK_FALSE(fs::exists(state.at("runs/1/artifacts-3")));
    Artifacts restarted = *Artifacts::open(state.fd(), {.files_max = 100, .run_bytes_max = 1000});
    CHECK_FALSE(restarted.collect({.run = RunId{1}, .attempt = AttemptId{4}, .step = "s", .number = 1, .dir = work.path(), .succeeded = true}, {.paths = {"six"}, .keep = {}}, noon).problem.empty());
}

TEST_CASE("what is kept for a time is removed after it, and nothing else", "[io][artifacts]") {
    Bench bench;
    bench.work.write("a");
    (void)bench.collect({"a"}, true, ArtifactsOrder::Missing::fail, 1, std::chrono::hours(1));
    (void)bench.collect({"a"}, true, ArtifactsOrder::Missing::fail, 2, std::chrono::hours(3));
    (void)bench.collect({"a"}, true, ArtifactsOrder::Missing::fail, 3);
    bench.artifacts.remove_expired(noon + std::chrono::hours(2));
    CHECK(bench.kept(1) == "none");
    CHECK_FALSE(fs::exists(bench.state.at("runs/3/artifacts-1")));
    CHECK(bench.kept(2) == "a=1");
    CHECK(bench.kept(3) == "a=1");
    bench.state.write("expiring/nonsense");
    bench.state.write("expiring/1-x-../..");
    bench.artifacts.remove_expired(noon + std::chrono::hours(9));
    CHECK(bench.kept(2) == "none");
    CHECK(bench.kept(3) == "a=1");
}

TEST_CASE("a folder that is gone is told", "[io][artifacts]") {
    Bench bench;
    fs::remove_all(bench.work.path());
    CHECK(bench.collect({"a"}).problem.starts_with("cannot look for artifacts in '"));
    fs::create_directory(bench.work.path());
}

TEST_CASE("names that are no text are left out, others are kept as they are", "[io][artifacts]") {
    Bench bench;
    bench.work.write("ok é \n name", "1");
    bench.work.write("bad\xff", "2");
    CHECK(bench.collect({"*"}).problem.empty());
    CHECK(bench.kept() == "ok é \n name=1");
}
