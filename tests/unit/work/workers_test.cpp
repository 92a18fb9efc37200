// The workers as the daemon has them: orders from the loop's thread, ends back to it, whatever is under way when they go.
#include "daemon/work/workers.h"

#include <sqlite3.h>

#include <map>

#include "common/base/json.h"
#include "tests/unit/work/work_bench.h"

using namespace pawl;
using namespace pawl::test;
using namespace std::chrono_literals;

namespace {

constexpr char const* endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r";

class WorkersBench {
public:
    void begin(std::int64_t attempt, Json const& request, std::optional<Duration> timeout = {}) {
        reports_[attempt] = memory_file();
        logs_[attempt] = memory_file();
        workers->begin({.attempt = AttemptId{attempt}, .request = dump_json(request), .timeout = timeout, .log = UniqueFd(dup(logs_[attempt].get())), .index = memory_file(),
                        .report = UniqueFd(dup(reports_[attempt].get()))});
    }
    void query(std::int64_t attempt, std::string const& text, std::optional<Duration> timeout = {}) {
        begin(attempt, JsonMap{{"sql", JsonMap{{"db", folder.file("t.db")}, {"query", text}, {"params", JsonMap{}}}}}, timeout);
    }
    void get(std::int64_t attempt, std::string const& url, std::optional<Duration> timeout = {}) {
        begin(attempt, JsonMap{{"http", JsonMap{{"method", "GET"}, {"url", url}, {"private", true}, {"headers", JsonList{}}, {"expect", JsonList{}}}}}, timeout);
    }
    /// Runs the loop until an attempt has ended.
    WorkEnd::Kind end_of(std::int64_t attempt) {
        while (!ends_.contains(attempt)) loop.run();
        return ends_.at(attempt).kind;
    }
    Json report(std::int64_t attempt) const { return *parse_json(contents(reports_.at(attempt).get())); }
    std::string log(std::int64_t attempt) const { return contents(logs_.at(attempt).get()); }

    Folder folder;
    Loop loop;

private:
    std::map<std::int64_t, WorkEnd> ends_;
    std::map<std::int64_t, UniqueFd> reports_, logs_;

public:
    std::string db = folder.write("t.db", "");
    std::unique_ptr<DaemonWorkers> workers = std::make_unique<DaemonWorkers>(loop, folder.file("state"), [this](AttemptId attempt, WorkEnd const& end) {
        ends_[attempt.value] = end;
        loop.stop();
    });
};

}  // namespace

TEST_CASE("requests and queries end with a report that is on disk when it is told", "[work]") {
    WorkersBench bench;
    Server const server({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"});
    bench.get(1, server.url());
    bench.query(2, "SELECT 7 AS n");
    CHECK(bench.workers->under_way() == 2);
    CHECK(bench.end_of(1) == WorkEnd::Kind::ended);
    CHECK(bench.end_of(2) == WorkEnd::Kind::ended);
    CHECK(bench.report(1).find("outputs")->text("body") == "hi");
    CHECK(bench.report(2).find("outputs")->number("count") == 1);
    CHECK(bench.workers->under_way() == 0);
}

TEST_CASE("what takes too long is ended, and what is cancelled too", "[work]") {
    WorkersBench bench;
    Server const server({});
    UniqueFd const silent(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));  // accepts and never answers
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(silent.get(), 8) == 0);
    REQUIRE(getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    std::string const url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
    SECTION("by their timeouts") {
        bench.get(1, url, 30ms);
        bench.query(2, endless, 30ms);
        CHECK(bench.end_of(1) == WorkEnd::Kind::timed_out);
        CHECK(bench.end_of(2) == WorkEnd::Kind::timed_out);
        CHECK(bench.log(1).ends_with("no answer within 30ms\n"));
        CHECK(bench.log(2).ends_with("did not end within 30ms\n"));
    }
    SECTION("by somebody") {
        bench.get(1, url);
        for (std::int64_t query = 2; query <= 8; ++query) bench.query(query, endless);  // more than there are threads
        for (std::int64_t attempt = 8; attempt >= 1; --attempt) {
            bench.workers->cancel(AttemptId{attempt});
            CHECK(bench.end_of(attempt) == WorkEnd::Kind::stopped);
        }
        bench.workers->cancel(AttemptId{1});
        bench.query(9, "SELECT 1 AS n");
        CHECK(bench.end_of(9) == WorkEnd::Kind::ended);
    }
    SECTION("nobody hears of what is under way when the daemon ends") {
        bench.get(1, url);
        bench.query(2, endless);
        bench.query(3, "CREATE TABLE t(x); " + std::string(endless));
        bench.workers.reset();
        CHECK(bench.log(1).find("answered") == std::string::npos);
    }
}

TEST_CASE("a lock of another program is waited for", "[work]") {
    WorkersBench bench;
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(bench.db.c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "CREATE TABLE t(x); BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
    bench.query(1, "INSERT INTO t VALUES (1)", 50ms);
    CHECK(bench.end_of(1) == WorkEnd::Kind::timed_out);
    CHECK(bench.log(1).find("waits: another program has locked the file\n") != std::string::npos);
    bench.query(2, "INSERT INTO t VALUES (2)");
    REQUIRE(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(bench.end_of(2) == WorkEnd::Kind::ended);
    bench.query(3, "SELECT x FROM t");
    CHECK(bench.end_of(3) == WorkEnd::Kind::ended);
    CHECK(dump_json(*bench.report(3).find("outputs")->find("rows")) == R"([{"x":2}])");
    sqlite3_close(other);
}

TEST_CASE("a file that cannot be sent fails the request", "[work]") {
    WorkersBench bench;
    bench.begin(1, JsonMap{{"http", JsonMap{{"method", "PUT"}, {"url", "http://127.0.0.1:1/"}, {"private", true}, {"headers", JsonList{}}, {"expect", JsonList{}}, {"file", bench.folder.file("none")}}}});
    CHECK(bench.end_of(1) == WorkEnd::Kind::ended);
    CHECK(bench.report(1).text("reason") == "http");
    CHECK(bench.report(1).text("message").ends_with("No such file or directory"));
}
