// Hashes of files that were read before, so that a tree that has not changed is not read again. Trusted only when the kernel's time of the last change
// (ctime, which nobody can set) is the same, and was some time ago when the file was read: within one tick of its clock two changes look like one.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pawl {

/// For any thread.
class HashMemo {
public:
    /// Empty when it has to be read.
    std::string find(struct stat const& status) const;
    /// `status` was the same before and after it was read.
    void keep(struct stat const& status, std::string sha256);

private:
    struct File {
        dev_t device = 0;
        ino_t number = 0;
        bool operator==(File const&) const = default;
    };
    struct FileHash {
        std::size_t operator()(File const& file) const { return std::hash<std::uint64_t>()(file.number * 31 + file.device); }
    };
    struct Known {
        off_t bytes = 0;
        struct timespec changed{}, modified{};
        std::string sha256;
    };
    static constexpr std::size_t files_max = 200'000;

    mutable std::mutex mutex_;
    std::unordered_map<File, Known, FileHash> known_;  // guarded by mutex_; emptied when it grows: it only saves time
};

/// Nothing about the file has changed between the two.
bool is_unchanged(struct stat const& a, struct stat const& b);

}  // namespace pawl
