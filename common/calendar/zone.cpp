// RFC 8536, section 3: a header, a block with 32-bit times that is skipped, the same with 64-bit times, and a line with the rule for later.
#include "common/calendar/zone.h"

#include <algorithm>
#include <cstddef>

namespace pawl::calendar {
namespace {

constexpr std::size_t header_bytes = 44;

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (char const c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

struct Counts {
    std::size_t universal, standard, leaps, times, types, characters;

    std::size_t block_bytes(std::size_t time_bytes) const {
        return times * (time_bytes + 1) + types * 6 + characters + leaps * (time_bytes + 4) + standard + universal;
    }
};

std::optional<Counts> read_header(std::string_view bytes) {
    if (bytes.size() < header_bytes || !bytes.starts_with("TZif") || bytes[4] < '2') return std::nullopt;
    auto const count = [&](std::size_t index) { return static_cast<std::size_t>(big_endian(bytes.substr(20 + index * 4, 4))); };
    Counts const counts{count(0), count(1), count(2), count(3), count(4), count(5)};
    constexpr std::size_t sane = 100'000;
    bool const wrong = counts.times > sane || counts.types > 256 || counts.types == 0 || counts.characters > sane || counts.leaps > sane || counts.standard > 256 || counts.universal > 256;
    return wrong ? std::nullopt : std::optional(counts);
}

}  // namespace

std::optional<Zone> Zone::parse(std::string_view tzif) {
    auto const old = read_header(tzif);
    if (!old || tzif.size() < header_bytes + old->block_bytes(4)) return std::nullopt;
    tzif.remove_prefix(header_bytes + old->block_bytes(4));
    auto const counts = read_header(tzif);
    if (!counts || counts->leaps > 0 || tzif.size() < header_bytes + counts->block_bytes(8)) return std::nullopt;
    tzif.remove_prefix(header_bytes);

    std::string_view const times = tzif.substr(0, counts->times * 8);
    std::string_view const indices = tzif.substr(times.size(), counts->times);
    std::string_view const types = tzif.substr(times.size() + indices.size(), counts->types * 6);
    auto const offset_of = [&](std::size_t type) { return static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4))); };
    Zone zone;
    zone.first_offset_ = offset_of(0);
    for (std::size_t i = 0; i < counts->times; ++i) {
        auto const type = static_cast<unsigned char>(indices[i]);
        if (type >= counts->types) return std::nullopt;
        zone.changes_.push_back({static_cast<std::int64_t>(big_endian(times.substr(i * 8, 8))), offset_of(type)});
        if (i > 0 && zone.changes_[i].at <= zone.changes_[i - 1].at) return std::nullopt;
    }
    std::string_view footer = tzif.substr(counts->block_bytes(8));
    if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return std::nullopt;
    footer = footer.substr(1, footer.size() - 2);
    if (footer.empty()) return zone;
    zone.rule_ = YearlyRule::parse(footer);
    return zone.rule_ ? std::optional(std::move(zone)) : std::nullopt;
}

int Zone::utc_offset_seconds(std::int64_t unix_seconds) const {
    bool const beyond = changes_.empty() || unix_seconds >= changes_.back().at;
    if (beyond && rule_) return rule_->utc_offset_seconds(unix_seconds);
    auto const next = std::upper_bound(changes_.begin(), changes_.end(), unix_seconds, [](std::int64_t at, Change const& change) { return at < change.at; });
    return next == changes_.begin() ? first_offset_ : std::prev(next)->offset;
}

}  // namespace pawl::calendar
