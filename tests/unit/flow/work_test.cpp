// The texts of requests and queries: urls, parameters, and what certainly only reads.
#include "common/flow/sql_text.h"
#include "common/flow/url.h"
#include "tests/unit/flow/flow_bench.h"

using namespace pawl;
using namespace pawl::flow;

namespace {

std::string names_in(std::string_view query) {
    std::string names;
    for (SqlParameter const& parameter : sql_parameters(query)) names += (names.empty() ? "" : " ") + (parameter.name.empty() ? "?" : std::string(parameter.name));
    return names;
}

std::string parts(std::string_view text) {
    Result<Url> const url = parse_url(text);
    return url ? url->scheme + "|" + url->host + "|" + url->port + "|" + url->rest : "refused";
}

}  // namespace

TEST_CASE("a url is read by its parts, and an unusual one is refused", "[flow][url]") {
    CHECK(parts("https://Example.org") == "https|example.org||");
    CHECK(parts("HTTP://example.org:8080/a/b?c=d#e") == "http|example.org|8080|/a/b?c=d");
    CHECK(parts("http://[::1]:80/") == "http|[::1]|80|/");
    for (char const* bad : {"", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "http:///x", "http://a:b@c/", "http://a@c/", "http://a b/", "http://a/\n",
                            "http://a:0/", "http://a:65536/", "http://a:x/", "http://a:/", "http://[::1/", "http://a\\b/", "http://ex%41mple.org/", "http://é.org/", "javascript:alert(1)"})
        CHECK(parts(bad) == "refused");
    CHECK(parts("http://a/" + std::string(9000, 'x')) == "refused");
}

TEST_CASE("a text names its whole host when nothing that follows can change it", "[flow][url]") {
    CHECK(names_whole_host("https://example.org/"));
    CHECK(names_whole_host("https://example.org:"));
    CHECK(names_whole_host("https://[::1]"));
    for (char const* open : {"", "https://", "https://example.org", "https://example.", "https://[::1"}) CHECK_FALSE(names_whole_host(open));
}

TEST_CASE("values of a query are encoded, whatever they hold", "[flow][url]") {
    std::string url = "http://a/b";
    append_query(url, "q", "a b&c=d");
    append_query(url, "é", "#?/");
    CHECK(url == "http://a/b?q=a%20b%26c%3Dd&%C3%A9=%23%3F%2F");
    CHECK(shown_url(url) == "http://a/b?…");
}

TEST_CASE("parameters are found where SQLite finds them", "[flow][sql]") {
    CHECK(names_in("SELECT :a, @b, $c, ?, ?1") == "a b c ? ?");
    CHECK(names_in("SELECT ':a', \":b\", [:c], `:d` -- :e\n, /* :f */ :g") == "g");
    CHECK(names_in("SELECT 'it''s :a', :b") == "b");
    CHECK(names_in("SELECT a::b, x:y").empty() == false);
    CHECK(names_in("SELECT '") == "");
}

TEST_CASE("a query only reads when that is certain", "[flow][sql]") {
    for (char const* reads : {"SELECT 1", " select\n1;", "-- what\nSELECT 1", "/* x */ VALUES (1)", "SELECT ';'", "SELECT 1; -- the end", "WITH a AS (SELECT 1) SELECT 'insert' FROM a"})
        CHECK(only_reads(reads));
    for (char const* writes : {"", "INSERT INTO t VALUES (1)", "SELECT 1; DELETE FROM t", "WITH a AS (SELECT 1) DELETE FROM t", "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
                               "PRAGMA user_version", "selection", "EXPLAIN SELECT 1"})
        CHECK_FALSE(only_reads(writes));
}
