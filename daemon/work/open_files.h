// Which files of users the daemon has open itself. Closing any descriptor of a file drops all locks of the process on it (POSIX), those of
// SQLite too: so a file that a query uses is not sent by a request at the same time, and pawl's own files are used by neither.
#pragma once

#include <sys/stat.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "daemon/io/unique_fd.h"

namespace pawl {

/// For all threads.
class OpenFiles {
public:
    using Inode = std::pair<dev_t, ino_t>;
    /// A file that is in use until this goes. Moves; must not outlive its OpenFiles.
    class Hold {
    public:
        Hold() = default;
        Hold(OpenFiles& owner, Inode inode, int kind) : owner_(&owner), inode_(inode), kind_(kind) {}
        Hold(Hold&& other) noexcept { *this = std::move(other); }
        Hold& operator=(Hold&& other) noexcept;
        ~Hold() { release(); }
        void release();

    private:
        OpenFiles* owner_ = nullptr;
        Inode inode_{};
        int kind_ = 0;
    };
    enum class Use : int { query = 1, transfer = -1 };  ///< many of one kind at once, but never of both

    /// `own_folder`: absolute, of pawl; nothing below it is opened.
    explicit OpenFiles(std::string const& own_folder);

    /// Whether the file may be opened for this use, and what is to be held until it is closed. A failure is one sentence about `path`.
    struct Taken {
        std::string failure{};
        Hold hold{};
        std::uint64_t bytes = 0;
    };
    Taken take(std::string const& path, Use use);

private:
    std::string own_folder_;
    std::mutex mutex_;
    std::map<Inode, int> used_;  ///< guarded by mutex_; positive: queries, negative: transfers
};

}  // namespace pawl
