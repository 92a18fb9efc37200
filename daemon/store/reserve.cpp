#include "daemon/store/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace pawl {

bool Reserve::lies_there() const {
    struct stat status {};
    return lstat(path_.c_str(), &status) == 0 && S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) >= bytes_;
}

bool Reserve::has_room() const {
    if (path_.empty() || lies_there()) return true;
    struct statvfs disk {};
    std::string const folder = path_.substr(0, path_.find_last_of('/') + 1);
    if (statvfs(folder.empty() ? "." : folder.c_str(), &disk) != 0) return false;
    return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize >= 2 * bytes_;
}

bool Reserve::make() const {
    if (path_.empty() || lies_there()) return true;
    unlink(path_.c_str());  // too small, or no file: made anew
    int const fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool const made = posix_fallocate(fd, 0, static_cast<off_t>(bytes_)) == 0;
    ::close(fd);
    if (!made) unlink(path_.c_str());
    return made;
}

void Reserve::give_free() const {
    if (!path_.empty()) unlink(path_.c_str());
}

}  // namespace pawl
