// What /proc says of this process.
#include "daemon/api/process_figures.h"

#include <dirent.h>
#include <unistd.h>

#include <fstream>

namespace pawl::api {
namespace {

constexpr std::uint64_t kept_ms = 200;

std::int64_t resident_kib() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t all_pages = 0, resident_pages = 0;
    statm >> all_pages >> resident_pages;
    return resident_pages * (::sysconf(_SC_PAGESIZE) / 1024);
}

int open_descriptors() {
    DIR* const folder = ::opendir("/proc/self/fd");
    if (folder == nullptr) return 0;
    int count = 0;
    while (dirent const* entry = ::readdir(folder)) count += entry->d_name[0] == '.' ? 0 : 1;
    ::closedir(folder);
    return count - 1;  // not the one of this listing
}

}  // namespace

ProcessFigures const& ProcessMeter::at(std::uint64_t now_ms) {
    if (!read_ || now_ms - read_at_ms_ >= kept_ms) {
        figures_ = {resident_kib(), open_descriptors()};
        read_at_ms_ = now_ms;
        read_ = true;
    }
    return figures_;
}

}  // namespace pawl::api
