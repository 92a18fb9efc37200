// Which files the store takes, and which it leaves alone.
#include <fstream>
#include <iterator>

#include "common/base/error_codes.h"
#include "daemon/store/database.h"
#include "daemon/store/migrations.h"
#include "tests/catch.h"
#include "tests/store/bench.h"

using namespace pawl;
using namespace pawl::test;

namespace {

std::string bytes_of(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(std::string const& path, std::string const& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

}  // namespace

TEST_CASE("a second migration changes nothing", "[store][migrations]") {
    Folder folder;
    Database database(folder.path("a.db"), "", Database::Access::write);
    REQUIRE(migrate(database));
    std::string const instance = database.word("SELECT value FROM meta WHERE name = 'instance'");
    REQUIRE(migrate(database));
    CHECK(database.word("SELECT value FROM meta WHERE name = 'instance'") == instance);
    CHECK(database.number("PRAGMA user_version") == schema_version);
    CHECK(database.word("PRAGMA journal_mode") == "wal");
}

TEST_CASE("an empty file is a new store", "[store][migrations]") {
    Folder folder;
    write_bytes(folder.path("a.db"), "");
    CHECK(Store::open({.path = folder.path("a.db")}));
}

TEST_CASE("a file of a newer pawl is refused and stays as it is", "[store][migrations]") {
    Folder folder;
    std::string const path = folder.path("a.db");
    (*Store::open({.path = path}))->close();
    { Database(path, "", Database::Access::write).run("PRAGMA user_version = " + std::to_string(schema_version + 1)); }
    std::string const before = bytes_of(path);
    auto const refused = Store::open({.path = path});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == code::conflict);
    CHECK_FALSE(refused.error().hint.empty());
    CHECK(bytes_of(path) == before);
}

TEST_CASE("somebody else's database is refused and stays as it is", "[store][migrations]") {
    Folder folder;
    std::string const path = folder.path("a.db");
    { Database(path, "", Database::Access::write).run("CREATE TABLE song (title TEXT)"); }
    std::string const before = bytes_of(path);
    auto const refused = Store::open({.path = path});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == code::conflict);
    CHECK(bytes_of(path) == before);
}

TEST_CASE("what is no database, or a damaged one, is refused as corrupt and kept", "[store][migrations]") {
    Folder folder;
    std::string const path = folder.path("a.db");
    SECTION("text") { write_bytes(path, std::string(5000, 'x')); }
    SECTION("a damaged first page") {
        (*Store::open({.path = path}))->close();
        std::string bytes = bytes_of(path);
        bytes.replace(100, 200, 200, '\x7f');
        write_bytes(path, bytes);
    }
    std::string const before = bytes_of(path);
    auto const refused = Store::open({.path = path});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == code::corrupt);
    CHECK(bytes_of(path) == before);
}

TEST_CASE("a damaged page behind the first is found by the check", "[store][migrations]") {
    StoreBench bench;
    for (int i = 1; i <= 50; ++i) bench.commit({queued_run(i), journal_row(queued_run(i), 1)});
    CHECK(bench.reader().check());
    bench.close();
    std::string bytes = bytes_of(bench.path());
    bytes.replace(bytes.size() / 2, bytes.size() / 2, bytes.size() / 2, '\x7f');
    write_bytes(bench.path(), bytes);
    auto const checked = (*Reader::open(bench.path()))->check();
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == code::corrupt);
}

TEST_CASE("a path that cannot be opened is an error of io", "[store][migrations]") {
    Folder folder;
    auto const refused = Store::open({.path = folder.path("missing/a.db")});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == code::io);
    std::filesystem::create_symlink(folder.path("elsewhere.db"), folder.path("link.db"));
    CHECK_FALSE(Store::open({.path = folder.path("link.db")}));
    CHECK_FALSE(std::filesystem::exists(folder.path("elsewhere.db")));
}
