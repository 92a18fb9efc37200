// How far a reader of a run's logs has come, in all attempts at once: the id of a log event, and what a client that comes back sends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"

namespace pawl::api {

/// One attempt whose log is told.
struct LogPlace {
    AttemptId attempt;
    std::string step;
    int number = 0;               ///< of the attempt, within its step
    std::int64_t launched_us = 0; ///< since 1970
    bool over = false;            ///< the attempt has ended: its log grows no more
    std::uint64_t offset = 0;     ///< told so far
    bool done = false;            ///< over, and told to its end
};

/// "17:1024" or, while several attempts talk at once, "17:1024,18:300": the places of all attempts up to the newest that has said something, but
/// those that are done. `places` by attempt, upwards.
std::string format_places(std::vector<LogPlace> const& places);

/// What such an id says about attempts: named ones go on at their offset, others are done when a newer one is named, else untouched.
class ResumePoint {
public:
    static std::optional<ResumePoint> parse(std::string_view id);
    void apply(LogPlace& place) const;

private:
    struct Entry {
        AttemptId attempt;
        std::uint64_t offset = 0;
    };
    std::vector<Entry> entries_;
};

}  // namespace pawl::api
