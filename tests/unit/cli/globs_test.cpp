// Globs of a project's `exclude`: relative to its folder, and a folder takes all below it along.
#include "cli/globs.h"
#include "tests/catch.h"

namespace pawl::cli::test {

TEST_CASE("a star stays within one name, two stars cross folders", "[cli][globs]") {
    CHECK(glob_matches("*.yaml", "a.yaml"));
    CHECK_FALSE(glob_matches("*.yaml", "sub/a.yaml"));
    CHECK(glob_matches("sub/*.yaml", "sub/a.yaml"));
    CHECK(glob_matches("**/a.yaml", "a.yaml"));
    CHECK(glob_matches("**/a.yaml", "x/y/a.yaml"));
    CHECK(glob_matches("x/**/a.yaml", "x/a.yaml"));
    CHECK(glob_matches("x/**", "x/y/z.yaml"));
    CHECK_FALSE(glob_matches("x/**", "y/x/z.yaml"));
    CHECK(glob_matches("a*b*c.yaml", "a1b2b3c.yaml"));
    CHECK_FALSE(glob_matches("a*b*c.yaml", "a1c.yaml"));
    CHECK(glob_matches("./draft-*.yaml", "draft-1.yaml"));
}

TEST_CASE("a question mark is one character, however many bytes it has", "[cli][globs]") {
    CHECK(glob_matches("a?.yaml", "ab.yaml"));
    CHECK(glob_matches("a?.yaml", "aö.yaml"));
    CHECK_FALSE(glob_matches("a?.yaml", "a.yaml"));
    CHECK_FALSE(glob_matches("a?b", "a/b"));
}

TEST_CASE("a glob that matches a folder takes away all below it", "[cli][globs]") {
    CHECK(is_excluded({"vendor"}, "vendor/x/y.yaml"));
    CHECK(is_excluded({"vendor/"}, "vendor/x.yaml"));
    CHECK(is_excluded({"**/fixtures"}, "a/fixtures/b.yaml"));
    CHECK_FALSE(is_excluded({"vendor"}, "my/vendor/x.yaml"));
    CHECK_FALSE(is_excluded({}, "a.yaml"));
}

TEST_CASE("many stars cost no more than their number times the length", "[cli][globs]") {
    std::string glob;
    for (int i = 0; i < 2000; ++i) glob += "*a";
    CHECK_FALSE(glob_matches(glob + "b", std::string(2000, 'a')));
    std::string folders, path;
    for (int i = 0; i < 500; ++i) {
        folders += "**/a/";
        path += "a/";
    }
    CHECK_FALSE(glob_matches(folders + "b", path + "c"));
}

}  // namespace pawl::cli::test
