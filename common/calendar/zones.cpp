// Names become paths below the folder and nothing else: they may come from data.
#include "common/calendar/zones.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace pawl::calendar {
namespace {

constexpr std::size_t name_bytes_max = 64;

/// Europe/Berlin, Etc/GMT+5: words of letters, digits and _ + -, so that no dot leads out of the folder.
bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > name_bytes_max || name.front() == '/' || name.back() == '/') return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
    });
}

std::optional<Zone> read(std::string const& path) {
    std::error_code no_such_file;
    if (!std::filesystem::is_regular_file(path, no_such_file)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string const bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return Zone::parse(bytes);
}

}  // namespace

Zone const* Zones::find(std::string_view name) const {
    if (!is_zone_name(name)) return nullptr;
    std::lock_guard const lock(mutex_);
    auto known = zones_.find(name);
    if (known == zones_.end()) {
        auto zone = read(folder_ + "/" + std::string(name));
        if (!zone) return nullptr;  // not remembered: names from data must not fill the memory
        known = zones_.emplace(name, std::move(*zone)).first;
    }
    return &known->second;
}

std::optional<int> Zones::utc_offset_seconds(std::string_view zone, std::int64_t unix_seconds) const {
    Zone const* const found = find(zone);
    return found != nullptr ? std::optional(found->utc_offset_seconds(unix_seconds)) : std::nullopt;
}

}  // namespace pawl::calendar
