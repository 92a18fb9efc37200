// Zones against the C library, which reads the same tzdata by its own code; and what no zone file may do to us.
#include "tests/catch.h"

#include <cstdlib>
#include <ctime>
#include <random>
#include <string>

#include "common/calendar/zones.h"
#include "common/cel/instant.h"

using namespace pawl;
using namespace pawl::calendar;

namespace {

/// What glibc says, for the zone of the whole process.
int c_library_offset(std::int64_t unix_seconds) {
    std::time_t const time = unix_seconds;
    std::tm local{};
    localtime_r(&time, &local);
    return static_cast<int>(local.tm_gmtoff);
}

std::int64_t utc(std::string const& text) { return cel::parse_timestamp(text)->seconds; }

}  // namespace

TEST_CASE("offsets agree with the C library from 1900 to 2150", "[calendar][zones]") {
    Zones const zones;
    std::mt19937_64 random(20261125);
    std::uniform_int_distribution<std::int64_t> when(utc("1900-01-01T00:00:00Z"), utc("2150-01-01T00:00:00Z"));
    for (std::string const name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "America/Sao_Paulo",
                                   "Pacific/Apia", "Europe/Dublin", "Asia/Tehran", "America/Nuuk", "Etc/GMT+5", "UTC"}) {
        setenv("TZ", name.c_str(), 1);
        tzset();
        for (int i = 0; i < 2'000; ++i) {
            std::int64_t const at = when(random);
            auto const offset = zones.utc_offset_seconds(name, at);
            if (offset != c_library_offset(at)) FAIL(name << " at " << at << ": " << offset.value_or(-1) << " instead of " << c_library_offset(at));
        }
    }
    unsetenv("TZ");
    tzset();
}

TEST_CASE("a change happens at its second, not one before", "[calendar][zones]") {
    Zones const zones;
    auto const berlin = [&](std::string const& at) { return zones.utc_offset_seconds("Europe/Berlin", utc(at)).value_or(-1); };
    CHECK(berlin("2026-03-29T00:59:59Z") == 3600);
    CHECK(berlin("2026-03-29T01:00:00Z") == 7200);
    CHECK(berlin("2026-10-25T00:59:59Z") == 7200);
    CHECK(berlin("2026-10-25T01:00:00Z") == 3600);
    CHECK(berlin("2099-07-01T00:00:00Z") == 7200);  // by the yearly rule
    CHECK(zones.utc_offset_seconds("America/Santiago", utc("2099-01-01T00:00:00Z")) == -3 * 3600);  // summer over the new year
}

TEST_CASE("names that are no zones find nothing, and no file outside of the folder", "[calendar][zones]") {
    Zones const zones;
    for (std::string const name : {"", "Nowhere/City", "../../../etc/passwd", "/etc/passwd", "Europe", "Europe/../UTC", "zone.tab", "Europe/Berlin/", "tzdata.zi"}) {
        CHECK_FALSE(zones.utc_offset_seconds(name, 0).has_value());
    }
    CHECK_FALSE(zones.utc_offset_seconds(std::string(1000, 'A'), 0).has_value());
    CHECK_FALSE(zones.utc_offset_seconds(std::string("UTC\0x", 5), 0).has_value());
}

TEST_CASE("a damaged zone file is refused, not read past its end", "[calendar][zones]") {
    std::string const header = std::string("TZif2") + std::string(15, '\0');
    CHECK_FALSE(Zone::parse("").has_value());
    CHECK_FALSE(Zone::parse(header).has_value());
    std::string const counts("\0\0\0\0\0\0\0\0\0\0\0\0\x7F\xFF\xFF\xFF\0\0\0\1\0\0\0\4", 24);
    CHECK_FALSE(Zone::parse(header + counts).has_value());
}

TEST_CASE("yearly rules of POSIX are read in all their forms", "[calendar][zones]") {
    auto const offset = [](std::string const& rule, std::string const& at) {
        auto const parsed = YearlyRule::parse(rule);
        return parsed ? parsed->utc_offset_seconds(utc(at)) : -1;
    };
    CHECK(offset("UTC0", "2026-07-01T00:00:00Z") == 0);
    CHECK(offset("<+0530>-5:30", "2026-07-01T00:00:00Z") == 19'800);
    CHECK(offset("EST5EDT,M3.2.0,M11.1.0", "2026-07-01T00:00:00Z") == -4 * 3600);
    CHECK(offset("AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z") == 3600);   // the 60th day is 1 March in every year
    CHECK(offset("AAA0BBB,J60/0,J300/0", "2028-02-29T23:59:59Z") == 0);
    CHECK(offset("AAA0BBB,59/0,300/0", "2028-02-29T00:00:00Z") == 3600);     // counted from 0, with 29 February
    CHECK(offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-07-01T00:00:00Z") == -3600);
    for (std::string const wrong : {"", "X", "EST", "EST5EDT,M13.1.0,M11.1.0", "EST5EDT,M3.2.0", "EST5EDT,M3.2.0,M11.1.0x", "EST999", "<+05-5"}) CHECK_FALSE(YearlyRule::parse(wrong).has_value());
}
