// Globs over paths, and hashes that grow piece by piece.
#include "common/base/path_glob.h"

#include "common/base/sha256.h"
#include "common/base/text.h"
#include "tests/catch.h"

using namespace pawl;

TEST_CASE("a star stays within a name, two of them cross folders", "[base][glob]") {
    CHECK(PathGlob("dist/*.tar").matches("dist/app.tar"));
    CHECK_FALSE(PathGlob("dist/*.tar").matches("dist/old/app.tar"));
    CHECK(PathGlob("dist/**/*.tar").matches("dist/app.tar"));
    CHECK(PathGlob("dist/**/*.tar").matches("dist/a/b/app.tar"));
    CHECK(PathGlob("**").matches("a/b/c"));
    CHECK(PathGlob("src/**").matches("src/a.c"));
    CHECK_FALSE(PathGlob("src/**").matches("srcs/a.c"));
    CHECK(PathGlob("./a?.txt").matches("aé.txt"));
    CHECK_FALSE(PathGlob("a").matches("a/b"));
    CHECK(PathGlob("a").matches_or_holds("a/b"));
}

TEST_CASE("a glob of many stars costs no more than its length times that of the path", "[base][glob]") {
    std::string glob, path;
    for (int i = 0; i < 100; ++i) {
        glob += "**/a*";
        glob += "a*b/";
        path += std::string(100, 'a') + "/";
    }
    CHECK_FALSE(PathGlob(glob + "x").matches(path + "y"));
}

TEST_CASE("a walk is told where nothing can match any more", "[base][glob]") {
    PathGlob const glob("src/*/x");
    auto const src = glob.enter(glob.begin(), "src");
    CHECK(glob.may_go_on(src));
    CHECK_FALSE(glob.accepts(src));
    CHECK_FALSE(glob.may_go_on(glob.enter(glob.begin(), "lib")));
    auto const found = glob.enter(glob.enter(src, "any"), "x");
    CHECK(glob.accepts(found));
    CHECK_FALSE(glob.may_go_on(found));
}

TEST_CASE("a hash is the same, whatever the pieces", "[base][sha256]") {
    Sha256 hash;
    hash.add("ab");
    hash.add("");
    hash.add("c");
    CHECK(hash.hex() == sha256_hex("abc"));
    CHECK(hash.hex() == sha256_hex(""));
}
