// A table by device and inode.
#include "daemon/io/hash_memo.h"

#include <time.h>

#include <utility>

namespace pawl {
namespace {

constexpr time_t settled_after_s = 2;

bool same(struct timespec const& a, struct timespec const& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

bool is_unchanged(struct stat const& a, struct stat const& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && same(a.st_mtim, b.st_mtim) && same(a.st_ctim, b.st_ctim);
}

std::string HashMemo::find(struct stat const& status) const {
    std::lock_guard const lock(mutex_);
    auto const found = known_.find({status.st_dev, status.st_ino});
    if (found == known_.end()) return {};
    Known const& known = found->second;
    bool const fits = known.bytes == status.st_size && same(known.changed, status.st_ctim) && same(known.modified, status.st_mtim);
    return fits ? known.sha256 : std::string();
}

void HashMemo::keep(struct stat const& status, std::string sha256) {
    struct timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (status.st_ctim.tv_sec + settled_after_s >= now.tv_sec) return;
    std::lock_guard const lock(mutex_);
    if (known_.size() >= files_max) known_.clear();
    known_[{status.st_dev, status.st_ino}] = {status.st_size, status.st_ctim, status.st_mtim, std::move(sha256)};
}

}  // namespace pawl
