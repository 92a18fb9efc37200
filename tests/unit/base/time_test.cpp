// Instants and spans as text, there and back.
#include "common/base/time.h"

#include "tests/catch.h"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

Duration span(std::string_view text) {
    auto const duration = parse_duration(text);
    REQUIRE(duration);
    return *duration;
}

std::string refused(std::string_view text) {
    auto const duration = parse_duration(text);
    REQUIRE(!duration);
    return duration.error().message + " | " + duration.error().hint;
}

}  // namespace

TEST_CASE("an instant is written in UTC with milliseconds", "[base][time]") {
    CHECK(format_utc(UtcTime{}) == "1970-01-01T00:00:00.000Z");
    CHECK(format_utc(UtcTime{-1us}) == "1969-12-31T23:59:59.999Z");
    CHECK(format_utc(*parse_utc("2026-11-24T17:20:12.123999Z")) == "2026-11-24T17:20:12.123Z");
}

TEST_CASE("an instant is read with any offset and any fraction", "[base][time]") {
    CHECK(parse_utc("2026-11-24T18:20:12+01:00") == parse_utc("2026-11-24T17:20:12Z"));
    CHECK(parse_utc("2026-11-24t17:20:12.5z") == *parse_utc("2026-11-24T17:20:12Z") + 500ms);
    CHECK(parse_utc("2026-11-24T17:20:12.1234567899-00:30") == *parse_utc("2026-11-24T17:50:12Z") + 123456us);
    CHECK(parse_utc("2024-02-29T00:00:00Z"));
    CHECK(parse_utc("0001-01-01T00:00:00Z"));
    for (std::string_view wrong : {"", "2026-11-24", "2026-11-24T17:20:12", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
                                   "2026-11-24T24:00:00Z", "2026-11-24T17:60:00Z", "2026-11-24T17:20:12.Z", "2026-11-24T17:20:12+0100",
                                   "2026-11-24T17:20:12Z ", "26-11-24T17:20:12Z", "2026-11-24T23:59:60Z"}) {
        CHECK_FALSE(parse_utc(wrong));
    }
}

TEST_CASE("a duration is a sum of numbers with units", "[base][time]") {
    CHECK(span("90s") == 90s);
    CHECK(span("1h30m") == 90min);
    CHECK(span("1.5s") == 1500ms);
    CHECK(span(".5h") == 30min);
    CHECK(span("1.s") == 1s);
    CHECK(span("-1m") == -60s);
    CHECK(span("+1m2s3ms4us5ns") == 62003004us);
    CHECK(span("1ns") == 0us);
    CHECK(span("0.3s") == 300ms);
    CHECK(span("0.000001h") == 3600us);
    CHECK(span("0.1234567891234567891234567891s") == 123456us);
    CHECK(span("315576000000s") == std::chrono::seconds{315'576'000'000});
}

TEST_CASE("a duration without a unit, with days, or beyond 10,000 years is refused with advice", "[base][time]") {
    CHECK(refused("30") == "a duration needs a unit | write '30s' for seconds");
    CHECK(refused("7d") == "a duration has no unit 'd' | write '168h': a day is not always 24 hours");
    CHECK(refused("1h7d").find("no unit 'd'") != std::string::npos);
    CHECK(refused("1y").find("no unit 'y'") != std::string::npos);
    CHECK(refused("315576000000.1s").find("beyond 10,000 years") != std::string::npos);
    CHECK(refused("315576000001s").find("beyond 10,000 years") != std::string::npos);
    CHECK(refused("99999999999999999999999h").find("beyond 10,000 years") != std::string::npos);
    CHECK(refused("-315576000001s").find("beyond 10,000 years") != std::string::npos);
    for (std::string_view wrong : {"", "-", "s", "1h 2m", "soon", "1h-2m", ".s", "1H"}) CHECK_FALSE(parse_duration(wrong));
}

TEST_CASE("a duration is written in a form that reads back", "[base][time]") {
    CHECK(format_duration(90min) == "1h30m");
    CHECK(format_duration(120500ms) == "2m0.5s");
    CHECK(format_duration(0s) == "0s");
    CHECK(format_duration(-90s) == "-1m30s");
    CHECK(format_duration(250us) == "250us");
    CHECK(format_duration(1500us) == "1.5ms");
    CHECK(format_duration(500ms) == "500ms");
    CHECK(format_duration(1000001us) == "1.000001s");
    CHECK(format_duration(Duration::min()).starts_with("-"));
    for (Duration duration : {Duration{1}, Duration{999'999}, Duration{-61'000'001}, Duration{3'600'000'000}, Duration{86'399'999'999}}) {
        CHECK(span(format_duration(duration)) == duration);
    }
}
