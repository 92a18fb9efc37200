// pawl artifacts and pawl cache: lists, and files that come from a daemon which nobody has to trust.
#include <sys/stat.h>

#include <filesystem>

#include "cli/artifacts.h"
#include "cli/download.h"
#include "common/base/text.h"
#include "tests/catch.h"
#include "tests/unit/cli/bench.h"
#include "tests/unit/cli/folder.h"

using namespace pawl;
using namespace pawl::cli;
using namespace pawl::cli::test;
namespace fs = std::filesystem;

namespace {

std::string item(std::string const& step, std::string const& path, std::string const& content, std::string const& hash_of = "") {
    return R"({"step":")" + step + R"(","attempt":1,"attempt_id":4,"path":")" + path + R"(","bytes":)" + std::to_string(content.size()) + R"(,"sha256":")" +
           sha256_hex(hash_of.empty() ? content : hash_of) + R"(","mode":493,"at":"2026-11-24T02:00:00Z"})";
}

/// A daemon whose run 7 has these files of one step.
CliBench bench_with(std::string const& items) {
    CliBench bench;
    bench.daemon.ok["GET /v1/runs/7/artifacts"] = R"({"items":[)" + items + "]}";
    bench.daemon.ok["GET /v1/runs/7/artifacts?step=build"] = R"({"items":[)" + items + "]}";
    return bench;
}

Source bytes(std::string const& text) {
    return [text](std::function<Status(std::string_view)> const& piece) -> Status { return piece(text); };
}

}  // namespace

TEST_CASE("files are listed with their step and size", "[cli][artifacts]") {
    CliBench bench = bench_with(item("build[eu]", "dist/app", std::string(1536, 'x')) + "," + item("test", "report.xml", "red"));
    REQUIRE(bench.run({"artifacts", "7"}) == 0);
    CHECK(bench.out.find("build[eu]  dist/app") != std::string::npos);
    CHECK(bench.out.find("1.5KiB") != std::string::npos);
    CHECK(bench.out.find("3B") != std::string::npos);
    REQUIRE(bench.run({"artifacts", "ls", "7", "-o", "name"}) == 0);
    CHECK(bench.out == "dist/app\nreport.xml\n");
    CHECK(bench.run({"artifacts", "nonsense"}) == exit_usage);
}

TEST_CASE("files are fetched whole, with their permissions, below a folder", "[cli][artifacts]") {
    Folder place;
    CliBench bench = bench_with(item("build", "dist/app", "program") + "," + item("build", "notes.txt", "text"));
    bench.daemon.ok["GET /v1/runs/7/artifacts/file?step=build&attempt=1&path=dist%2Fapp"] = "program";
    bench.daemon.ok["GET /v1/runs/7/artifacts/file?step=build&attempt=1&path=notes.txt"] = "text";
    INFO(bench.err);
    REQUIRE(bench.run({"artifacts", "get", "7", "build", "--to", place.path + "/new"}) == 0);
    CHECK(place.read("new/dist/app") == "program");
    CHECK(place.read("new/notes.txt") == "text");
    struct stat status{};
    REQUIRE(stat((place.path + "/new/dist/app").c_str(), &status) == 0);
    CHECK((status.st_mode & 0100) != 0);
    CHECK(bench.run({"artifacts", "get", "7", "build", "--to", place.path + "/new"}) == exit_conflict);
    CHECK(bench.run({"artifacts", "get", "7", "build/notes.txt", "--to", place.path + "/new", "--force"}) == 0);
    CHECK(bench.run({"artifacts", "get", "7", "build/dist", "--to", "-"}) == 0);
    CHECK(bench.out == "program");
    CHECK(bench.run({"artifacts", "get", "7", "build/no*", "--to", "-"}) == 0);
    CHECK(bench.out == "text");
    CHECK(bench.run({"artifacts", "get", "7", "build/missing"}) == exit_not_found);
}

TEST_CASE("of several items each gets a folder", "[cli][artifacts]") {
    Folder place;
    CliBench bench = bench_with(item("build[a/b]", "x", "1") + "," + item("build[c]", "x", "2"));
    bench.daemon.ok["GET /v1/runs/7/artifacts/file?step=build%5Ba%2Fb%5D&attempt=1&path=x"] = "1";
    bench.daemon.ok["GET /v1/runs/7/artifacts/file?step=build%5Bc%5D&attempt=1&path=x"] = "2";
    REQUIRE(bench.run({"artifacts", "get", "7", "build", "--to", place.path}) == 0);
    CHECK(place.read("build[a_b]/x") == "1");
    CHECK(place.read("build[c]/x") == "2");
}

TEST_CASE("names that lead out of the folder are refused, whoever sends them", "[cli][artifacts]") {
    Folder place;
    for (std::string const name : {"../up", "/etc/cron.d/x", "a/../../b", "a//b", "./a", ""}) {
        INFO(name);
        CHECK_FALSE(fault_of_name(name).empty());
        Status const done = download(place.path + "/in", {.path = name, .sha256 = sha256_hex("x"), .bytes = 1}, true, bytes("x"));
        REQUIRE_FALSE(done);
        CHECK(done.error().code == code::protocol);
    }
    CHECK(fault_of_name("a/b..c/...").empty());
    CHECK_FALSE(fs::exists(place.path + "/up"));
}

TEST_CASE("links that lie in the folder are neither followed nor written through", "[cli][artifacts]") {
    Folder place;
    fs::create_directories(place.path + "/outside");
    fs::create_directories(place.path + "/in");
    fs::create_directory_symlink(place.path + "/outside", place.path + "/in/dist");
    fs::create_symlink(place.path + "/outside/victim", place.path + "/in/file");
    CHECK_FALSE(download(place.path + "/in", {.path = "dist/app", .sha256 = sha256_hex("x"), .bytes = 1}, true, bytes("x")));
    CHECK(download(place.path + "/in", {.path = "file", .sha256 = sha256_hex("x"), .bytes = 1}, true, bytes("x")));
    CHECK_FALSE(fs::is_symlink(place.path + "/in/file"));
    CHECK(fs::is_empty(place.path + "/outside"));
}

TEST_CASE("other bytes than were kept leave no file", "[cli][artifacts]") {
    Folder place;
    Download const wanted{.path = "a", .sha256 = sha256_hex("right"), .bytes = 5};
    for (std::string const sent : {"wrong", "rig", "right and more"}) CHECK(download(place.path, wanted, false, bytes(sent)).error().code == code::corrupt);
    CHECK(fs::is_empty(place.path));
    CHECK(download(place.path, wanted, false, bytes("right")));
}

TEST_CASE("sizes are short", "[cli][artifacts]") {
    CHECK(size_text(0) == "0B");
    CHECK(size_text(1023) == "1023B");
    CHECK(size_text(1024) == "1KiB");
    CHECK(size_text(1536) == "1.5KiB");
    CHECK(size_text(250 << 20) == "250MiB");
    CHECK(size_text(std::int64_t{3} << 30) == "3GiB");
}

TEST_CASE("results are listed and forgotten, but never all of them by mistake", "[cli][cache]") {
    CliBench bench;
    bench.daemon.ok["GET /v1/cache?workflow=build"] = R"({"items":[{"workflow":"build","step":"make","key":"0123456789abcdef0123","run":4,"attempt":1,"at":"2026-11-24T02:00:00Z","used_at":"2026-11-24T02:10:00Z","hits":3,"bytes":900,"files":2,"produces":1}]})";
    REQUIRE(bench.run({"cache", "ls", "build"}) == 0);
    CHECK(bench.out.find("make") != std::string::npos);
    CHECK(bench.out.find("0123456789ab ") != std::string::npos);
    CHECK(bench.run({"cache", "rm"}) == exit_usage);
    bench.daemon.ok["DELETE /v1/cache?all=true"] = R"({"removed":2})";
    REQUIRE(bench.run({"cache", "rm", "--all"}) == 0);
    CHECK(bench.out == "2 results are forgotten\n");
}

TEST_CASE("why tells since when a step is cached, or what has changed", "[cli][cache]") {
    CliBench bench;
    std::string const head = R"({"id":7,"workflow":"w","version":1,"status":"succeeded","steps":[{"id":"a","status":"succeeded","attempts":1,)";
    bench.daemon.ok["GET /v1/runs/7"] = head + R"("cached":true,"message":"cached: as in run 4","explain":{"cache":{"hit":true,"run":4,"attempt":1,"at":"2026-11-24T02:00:00Z","key":"k"}}}]})";
    REQUIRE(bench.run({"why", "7", "a"}) == 0);
    CHECK(bench.out.find("it is cached since run 4, attempt 1") != std::string::npos);
    bench.daemon.ok["GET /v1/runs/7"] = head + R"("cached":false,"explain":{"cache":{"hit":false,"why":["file src/a.c changed"],"compared_with":4}}}]})";
    REQUIRE(bench.run({"why", "7", "a"}) == 0);
    CHECK(bench.out.find("not used, compared with run 4\n      file src/a.c changed\n") != std::string::npos);
}

TEST_CASE("a test says that a step is cached, and dry runs tell what is kept", "[cli][cache]") {
    Folder project;
    project.write("pawl.yaml", "kind: project\nname: p\n");
    std::string const flow = project.write("w.yaml", "kind: workflow\nname: w\nsteps:\n  - {id: a, run: make, artifacts: [out], cache: {files: [\"src/**\"]}}\n  - {id: b, if: \"!steps.a.cached\", run: x}\n");
    std::string const head = "kind: test\nname: t\ntarget: workflow/w\ncases:\n";
    project.write("t.yaml", head + "  - {name: one, mock: {a: {cached: true}}, expect: {status: succeeded, steps.b.status: skipped}}\n");
    CliBench bench;
    CHECK(bench.run({"test", project.path}) == exit_done);
    INFO(bench.out << bench.err);
    project.write("t.yaml", head + "  - {name: one, mock: {a: {}, b: {cached: true}}, expect: {status: succeeded}}\n");
    CHECK(bench.run({"test", project.path}) != exit_done);
    CHECK((bench.out + bench.err).find("step 'b' has no cache") != std::string::npos);
    REQUIRE(bench.run({"run", "--dry", flow}) == exit_done);
    CHECK(bench.out.find("      keeps out\n") != std::string::npos);
    CHECK(bench.out.find("would not run while its values and src/** are as they were") != std::string::npos);
}
