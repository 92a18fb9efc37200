// Following logs: growth is told, also to several listeners, and not after the subscription ended.
#include "daemon/io/log_follower.h"

#include <fcntl.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/catch.h"

using namespace pawl;

TEST_CASE("everybody who follows a log hears that it grew, until he ends it", "[log]") {
    std::string path = (std::filesystem::temp_directory_path() / "pawl-follow-XXXXXX").string();
    UniqueFd const log(mkstemp(path.data()));
    REQUIRE(log);
    uv_loop_t loop;
    uv_loop_init(&loop);
    {
        LogFollower follower(loop);
        int first = 0;
        int second = 0;
        auto one = follower.follow(log.get(), [&] { ++first; });
        auto two = follower.follow(log.get(), [&] { ++second; });
        REQUIRE(one);
        REQUIRE(two);
        CHECK(write(log.get(), "a", 1) == 1);
        uv_run(&loop, UV_RUN_ONCE);
        CHECK(first == 1);
        CHECK(second == 1);
        one = LogFollower::Subscription();
        CHECK(write(log.get(), "b", 1) == 1);
        uv_run(&loop, UV_RUN_ONCE);
        CHECK(first == 1);
        CHECK(second == 2);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    std::filesystem::remove(path);
}
