// Queries on real SQLite files.
#include <sqlite3.h>

#include "daemon/work/sql_query.h"
#include "tests/unit/work/work_bench.h"

using namespace pawl;
using namespace pawl::test;

namespace {

class Bench {
public:
    Bench() { with("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO t(name) VALUES ('a'), ('b')"); }

    /// As another program would.
    void with(std::string const& sql) const {
        sqlite3* db = nullptr;
        REQUIRE(sqlite3_open(folder.file("t.db").c_str(), &db) == SQLITE_OK);
        char* message = nullptr;
        int const code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message);
        INFO((message != nullptr ? message : ""));
        sqlite3_free(message);
        sqlite3_close(db);
        REQUIRE(code == SQLITE_OK);
    }

    WorkReport query(std::string const& text, JsonMap params = {}) {
        LogBench bench;
        WorkReport report = run_query({.db = folder.file("t.db"), .query = text, .params = std::move(params)}, give_up, bench.log);
        said = bench.said();
        return report;
    }
    /// The rows, or the message of a failure.
    std::string rows(std::string const& text, JsonMap params = {}) {
        WorkReport const report = query(text, std::move(params));
        return report.reason.empty() ? dump_json(*report.outputs.find("rows")) : report.message;
    }
    std::int64_t count() { return query("SELECT count(*) AS n FROM t").outputs.find("rows")->as_list().at(0).number("n"); }

    Folder folder;
    GiveUp give_up = [](bool) { return false; };
    std::string said;
};

}  // namespace

TEST_CASE("rows are maps of JSON values", "[work][sql]") {
    Bench bench;
    CHECK(bench.rows("SELECT id, name FROM t ORDER BY id") == R"([{"id":1,"name":"a"},{"id":2,"name":"b"}])");
    CHECK(bench.rows("SELECT 1.0 AS r, NULL AS n, x'00ff' AS b, 9223372036854775807 AS i, '' AS t") == R"([{"r":1.0,"n":null,"b":"AP8=","i":9223372036854775807,"t":""}])");
    CHECK(bench.rows("SELECT 1 AS a, 2 AS a") == "two columns are called 'a': name one of them with AS");
    CHECK(bench.rows("SELECT 9e999 AS a") == "column 'a' is infinite, which JSON cannot say");
    CHECK(bench.rows("SELECT CAST(x'ff' AS TEXT) AS a") == "column 'a' holds text that is not UTF-8: select hex(…) of it");
}

TEST_CASE("values are bound, whatever they are", "[work][sql]") {
    Bench bench;
    JsonMap const params{{"s", "'; DROP TABLE t; --"}, {"i", 7}, {"r", 0.5}, {"b", true}, {"n", Json()}, {"l", Json(JsonList{1, "x"})}};
    CHECK(bench.rows("SELECT :s AS s, @i AS i, $r AS r, :b AS b, :n AS n, :l AS l, typeof(:i) AS t", params) ==
          R"([{"s":"'; DROP TABLE t; --","i":7,"r":0.5,"b":1,"n":null,"l":"[1,\"x\"]","t":"integer"}])");
    CHECK(bench.count() == 2);
}

TEST_CASE("statements are one transaction", "[work][sql]") {
    Bench bench;
    WorkReport const done = bench.query("INSERT INTO t(name) VALUES ('c'); UPDATE t SET name = name || '!'");
    CHECK(done.outputs == JsonMap{{"rows", JsonList{}}, {"count", 4}});
    CHECK(bench.query("DELETE FROM t; INSERT INTO t(name) VALUES ('x'), ('x')").message == "statement 2: UNIQUE constraint failed: t.name");
    CHECK(bench.said.find("nothing was changed\n") != std::string::npos);
    CHECK(bench.count() == 3);
    CHECK(bench.query("-- nothing\n;;INSERT INTO t(name) VALUES ('y');-- the end").outputs.find("count")->as_int() == 1);
}

TEST_CASE("a query that reads cannot write", "[work][sql]") {
    Bench bench;
    CHECK(bench.query("SELECT 1").reason == "");
    CHECK(bench.said.find(", to read\n") != std::string::npos);
    SECTION("nor into a file of a change that was not finished") {
        bench.with("PRAGMA journal_mode = WAL");
        CHECK(bench.count() == 2);
    }
}

TEST_CASE("what leaves the file, the transaction or the rules is refused", "[work][sql]") {
    Bench bench;
    std::pair<char const*, char const*> const refused[] = {
        {"ATTACH 'x.db' AS x", "ATTACH"}, {"DETACH main", "DETACH"}, {"VACUUM INTO 'x.db'", "VACUUM"}, {"BEGIN", "one transaction"}, {"COMMIT", "one transaction"}, {"ROLLBACK", "one transaction"},
        {"PRAGMA journal_mode = DELETE", "journal_mode is refused"}, {"PRAGMA writable_schema = ON", "writable_schema is refused"}, {"PRAGMA temp_store_directory = '/'", "is refused"},
        {"SELECT load_extension('x')", "load_extension"}, {"UPDATE sqlite_schema SET sql = ''", "may not be modified"}, {"SELECT \"nothing\" FROM t", "no such column"}};
    for (auto const& [text, message] : refused) {
        INFO(text);
        WorkReport const report = bench.query(text);
        CHECK(report.reason == "sql");
        CHECK(report.message.find(message) != std::string::npos);
    }
    CHECK_FALSE(std::filesystem::exists("x.db"));
    CHECK(bench.rows("PRAGMA user_version") == R"([{"user_version":0}])");
    CHECK(bench.rows("PRAGMA table_info(t)").find("\"name\":\"id\"") != std::string::npos);
}

TEST_CASE("declared foreign keys hold", "[work][sql]") {
    Bench bench;
    bench.with("CREATE TABLE u(t REFERENCES t(id))");
    CHECK(bench.query("INSERT INTO u VALUES (99)").message == "FOREIGN KEY constraint failed");
}

TEST_CASE("rows beyond the limit are an error, and change nothing", "[work][sql]") {
    Bench bench;
    std::string const many = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 100000) ";
    CHECK(bench.query(many + "SELECT x FROM r").message.starts_with("the rows are larger than 64 KiB after "));
    CHECK(bench.query(many + "INSERT INTO t(name) SELECT x FROM r RETURNING name").reason == "bad_output");
    CHECK(bench.count() == 2);
    CHECK(bench.query("SELECT zeroblob(20000000) AS z").message.find("too big") != std::string::npos);
}

TEST_CASE("a query is given up while it works and while it waits", "[work][sql]") {
    Bench bench;
    int asked = 0;
    bench.give_up = [&](bool) { return ++asked > 3; };
    SECTION("in the middle") {
        WorkReport const report = bench.query("INSERT INTO t(name) WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r");
        CHECK(report.message == "interrupted");
        CHECK(asked == 4);
    }
    SECTION("for a lock") {
        sqlite3* other = nullptr;
        REQUIRE(sqlite3_open(bench.folder.file("t.db").c_str(), &other) == SQLITE_OK);
        REQUIRE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
        CHECK(bench.query("INSERT INTO t(name) VALUES ('c')").message == "database is locked");
        sqlite3_close(other);
    }
    bench.give_up = [](bool) { return false; };
    CHECK(bench.count() == 2);
}

TEST_CASE("a file that is no database is called so", "[work][sql]") {
    Bench bench;
    bench.folder.write("t.db", std::string(5000, 'x'));
    CHECK(bench.query("SELECT 1").message == "file is not a database");
    bench.folder.write("t.db", "");
    CHECK(bench.rows("CREATE TABLE t(x); SELECT 1 AS a") == R"([{"a":1}])");
}
