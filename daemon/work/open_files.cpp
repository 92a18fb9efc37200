// Tells files apart by device and inode, never by opening them.
#include "daemon/work/open_files.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "common/base/text.h"

namespace pawl {
namespace {

std::string real_path(std::string const& path) {
    char* const found = realpath(path.c_str(), nullptr);
    std::string text = found != nullptr ? found : path;
    std::free(found);
    return text;
}

}  // namespace

OpenFiles::Hold& OpenFiles::Hold::operator=(Hold&& other) noexcept {
    release();
    owner_ = std::exchange(other.owner_, nullptr);
    inode_ = other.inode_;
    kind_ = other.kind_;
    return *this;
}

void OpenFiles::Hold::release() {
    if (owner_ == nullptr) return;
    std::lock_guard const lock(owner_->mutex_);
    int& users = owner_->used_[inode_];
    users -= kind_;
    if (users == 0) owner_->used_.erase(inode_);
    owner_ = nullptr;
}

OpenFiles::OpenFiles(std::string const& own_folder) : own_folder_(real_path(own_folder)) {}

OpenFiles::Taken OpenFiles::take(std::string const& path, Use use) {
    std::string const shown = "'" + printable(take_characters(path, 200)) + "'";
    struct stat status {}, own {};
    if (stat(path.c_str(), &status) != 0) {
        bool const may_be_made = errno == ENOENT && use == Use::query;
        return {.failure = "the file " + shown + ": " + std::strerror(errno) + (may_be_made ? "; an empty file is an empty database" : "")};
    }
    if (!S_ISREG(status.st_mode)) return {.failure = shown + " is no regular file"};
    bool const is_store = stat((own_folder_ + "/pawl.db").c_str(), &own) == 0 && own.st_dev == status.st_dev && own.st_ino == status.st_ino;
    if (is_store || (real_path(path) + "/").starts_with(own_folder_ + "/")) return {.failure = shown + " belongs to pawl itself, and is not for steps"};
    Inode const inode{status.st_dev, status.st_ino};
    std::lock_guard const lock(mutex_);
    int& users = used_[inode];
    bool const is_other = use == Use::query ? users < 0 : users > 0;
    if (is_other) return {.failure = shown + (use == Use::query ? " is being sent by a request of another step" : " is in use by a query of another step")};
    users += static_cast<int>(use);
    return {.failure = {}, .hold = Hold(*this, inode, static_cast<int>(use)), .bytes = static_cast<std::uint64_t>(status.st_size)};
}

}  // namespace pawl
