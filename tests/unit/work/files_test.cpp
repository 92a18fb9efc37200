// Which files may be opened, when, and how a report and a log come to the disk.
#include "daemon/work/open_files.h"
#include "daemon/work/report.h"
#include "tests/unit/work/work_bench.h"

using namespace pawl;
using namespace pawl::test;

TEST_CASE("a file is open for queries or for transfers, never for both", "[work]") {
    Folder const folder;
    std::string const path = folder.write("a.db", "12345");
    std::filesystem::create_directory(folder.file("state"));
    OpenFiles files(folder.file("state"));
    auto query = files.take(path, OpenFiles::Use::query);
    CHECK(query.failure == "");
    CHECK(query.bytes == 5);
    std::filesystem::create_hard_link(path, folder.file("b.db"));
    CHECK(files.take(folder.file("b.db"), OpenFiles::Use::transfer).failure.find("is in use by a query") != std::string::npos);
    CHECK(files.take(path, OpenFiles::Use::query).failure == "");
    query.hold.release();
    auto const transfer = files.take(path, OpenFiles::Use::transfer);
    CHECK(transfer.failure == "");
    CHECK(files.take(path, OpenFiles::Use::query).failure.find("is being sent by a request") != std::string::npos);
}

TEST_CASE("pawl's own files are opened by nobody else, whatever they are called", "[work]") {
    Folder const folder;
    std::filesystem::create_directory(folder.file("state"));
    std::string const store = folder.write("state/pawl.db", "x");
    folder.write("state/reserve.bin", "x");
    std::filesystem::create_hard_link(store, folder.file("hard.db"));
    std::filesystem::create_symlink(folder.file("state"), folder.file("link"));
    OpenFiles files(folder.file("link"));
    for (char const* name : {"state/pawl.db", "state/reserve.bin", "link/pawl.db", "hard.db", "state/../state/pawl.db"}) {
        INFO(name);
        CHECK(files.take(folder.file(name), OpenFiles::Use::query).failure.find("belongs to pawl itself") != std::string::npos);
    }
    folder.write("state-of-mine.db", "x");
    CHECK(files.take(folder.file("state-of-mine.db"), OpenFiles::Use::query).failure == "");
}

TEST_CASE("what is no regular file is not opened", "[work]") {
    Folder const folder;
    OpenFiles files(folder.file("state"));
    CHECK(files.take(folder.file("nosuch"), OpenFiles::Use::query).failure.ends_with("No such file or directory; an empty file is an empty database"));
    CHECK(files.take(folder.file("nosuch"), OpenFiles::Use::transfer).failure.ends_with("No such file or directory"));
    CHECK(files.take("/dev/zero", OpenFiles::Use::transfer).failure == "'/dev/zero' is no regular file");
}

TEST_CASE("a report is one line of JSON", "[work]") {
    UniqueFd const file = memory_file();
    REQUIRE(write_report(file, {.outputs = {{"n", 1}}}));
    CHECK(contents(file.get()) == "{\"outputs\":{\"n\":1}}\n");
    UniqueFd const other = memory_file();
    REQUIRE(write_report(other, failed_report("sql", "no")));
    CHECK(contents(other.get()) == "{\"reason\":\"sql\",\"message\":\"no\",\"outputs\":{}}\n");
    CHECK_FALSE(write_report(UniqueFd(), {}));
}

TEST_CASE("the log of a worker is read like that of a shim", "[work]") {
    LogBench bench;
    bench.log.say("one");
    bench.log.complain("two");
    LogFile const log(UniqueFd(dup(bench.bytes.get())), UniqueFd(dup(bench.marks.get())));
    auto const chunks = log.read(0, 100);
    REQUIRE(chunks.size() == 2);
    CHECK(chunks[0].bytes == "one\n");
    CHECK(chunks[0].stream == LogStream::out);
    CHECK(chunks[1].stream == LogStream::err);
    CHECK(shown_size(1) == "1 byte");
    CHECK(shown_size(512'000) == "500.0 KiB");
}
