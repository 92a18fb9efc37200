#include "daemon/state_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "common/base/error_codes.h"
#include "daemon/io/slot_table.h"

namespace pawl {
namespace {

Error failure(std::string message, std::string hint = {}, ErrorCode error_code = code::io) {
    return Error{.code = error_code, .message = std::move(message), .where = {}, .hint = std::move(hint)};
}
Error failed_call(std::string const& what, std::string const& path) { return failure(what + " " + path + ": " + std::strerror(errno)); }

Status check_owner(int folder, std::string const& path) {
    struct stat info {};
    if (fstat(folder, &info) != 0) return failed_call("stat", path);
    if (info.st_uid != geteuid())
        return failure("the state folder " + path + " belongs to uid " + std::to_string(info.st_uid) + ", not to us",
                       "choose another one with --state-dir", code::denied);
    if ((info.st_mode & 0022) != 0)
        return failure("the state folder " + path + " can be written by others", "chmod go-w " + path, code::denied);
    return Done{};
}

bool is_ours(std::string_view name) {
    return name.starts_with("pawl.db") || name == "pawld.lock" || name == "reserve.bin" || (name.starts_with("shim-") && name.ends_with(".tab"));
}

/// A file that others may write, or that is also another file, is not ours to trust.
Status check_private_file(int folder, std::string const& path, char const* name) {
    struct stat info {};
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? Status(Done{}) : failed_call("stat", path + "/" + name);
    std::string wrong;
    if (!S_ISREG(info.st_mode)) wrong = "is no regular file";
    else if (info.st_uid != geteuid()) wrong = "belongs to uid " + std::to_string(info.st_uid) + ", not to us";
    else if (info.st_nlink != 1) wrong = "has a second name (a hard link)";
    if (!wrong.empty())
        return failure(path + "/" + name + " " + wrong, "look who put it there; pawld starts when it is gone or was put right", code::denied);
    if ((info.st_mode & 0077) != 0 && fchmodat(folder, name, 0600, 0) != 0) return failed_call("chmod", path + "/" + name);
    return Done{};
}

Status check_files(int folder, std::string const& path) {
    std::unique_ptr<DIR, int (*)(DIR*)> const entries(opendir(path.c_str()), closedir);
    if (!entries) return failed_call("open", path);
    while (dirent const* entry = readdir(entries.get())) {
        if (!is_ours(entry->d_name)) continue;
        if (Status good = check_private_file(folder, path, entry->d_name); !good) return good.error();
    }
    return Done{};
}

/// The pid of the holder, or 0 when we have the lock now.
Result<pid_t> take_lock(int lock, std::string const& path) {
    struct flock wanted {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    if (fcntl(lock, F_SETLK, &wanted) == 0) return pid_t{0};
    if (errno != EACCES && errno != EAGAIN) return failed_call("lock", path);
    struct flock holder = wanted;
    if (fcntl(lock, F_GETLK, &holder) != 0) return failed_call("lock", path);
    return holder.l_type == F_UNLCK ? take_lock(lock, path) : Result<pid_t>(holder.l_pid);
}

}  // namespace

Status make_folders_for(std::string const& file) {
    for (std::size_t slash = file.find('/', 1); slash != std::string::npos; slash = file.find('/', slash + 1)) {
        std::string const folder = file.substr(0, slash);
        if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed_call("mkdir", folder);
    }
    return Done{};
}

Result<StateFolder> StateFolder::open(std::string path) {
    if (Status made = make_folders_for(path + "/"); !made) return made.error();
    UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder.get() < 0) {
        if (errno == ENOTDIR || errno == ELOOP) return failure(path + " is no folder, or a symbolic link", "name the folder itself", code::denied);
        return failed_call("open", path);
    }
    if (Status owned = check_owner(folder.get(), path); !owned) return owned.error();
    if (Status trusted = check_locks_work(folder.get()); !trusted) return trusted.error();
    if (Status good = check_files(folder.get(), path); !good) return good.error();
    UniqueFd lock(openat(folder.get(), "pawld.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (lock.get() < 0) return failed_call("open", path + "/pawld.lock");
    Result<pid_t> const holder = take_lock(lock.get(), path + "/pawld.lock");
    if (!holder) return holder.error();
    if (*holder != 0)
        return failure("another pawld (pid " + std::to_string(*holder) + ") uses " + path,
                       "stop it with pawl daemon stop, or choose another --state-dir", code::conflict);
    return StateFolder(std::move(path), std::move(folder), std::move(lock));
}

}  // namespace pawl
