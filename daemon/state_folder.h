// The state folder: ours alone, on a local file system, held by one daemon at a time.
#pragma once

#include <string>

#include "common/base/error.h"
#include "daemon/io/unique_fd.h"

namespace pawl {

class StateFolder {
public:
    /// Makes the folder (0700) when it is missing, checks owner, mode and file system, and takes `pawld.lock`. Errors: denied (foreign or
    /// writable by others, a symbolic link), io (network file system), conflict (another daemon; the message names its pid).
    static Result<StateFolder> open(std::string path);

    std::string const& path() const { return path_; }
    int fd() const { return folder_.get(); }
    std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

private:
    StateFolder(std::string path, UniqueFd folder, UniqueFd lock)
        : path_(std::move(path)), folder_(std::move(folder)), lock_(std::move(lock)) {}
    std::string path_;
    UniqueFd folder_, lock_;  // the lock is fcntl's: no other descriptor of the file may be opened and closed in this process
};

/// Makes the folders above a file, 0700. For the socket in user mode.
Status make_folders_for(std::string const& file);

}  // namespace pawl
