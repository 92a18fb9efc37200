// Every folder and file is opened from the first folder on, by openat2: what was looked at a moment ago may be something else now.
#include "daemon/io/file_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "common/base/error_codes.h"
#include "common/base/path_glob.h"
#include "common/base/text.h"

namespace pawl {
namespace {

constexpr std::size_t entries_max = 1'000'000;
constexpr std::size_t left_out_max = 10;

struct CloseDir {
    void operator()(DIR* dir) const { closedir(dir); }
};

using States = std::vector<PathGlob::State>;

struct Pending {
    std::string path;  ///< "" for the first folder, else with '/' at its end
    States states;
};

unsigned char type_of(int folder, dirent const& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type;
    struct stat status{};
    if (fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
    return S_ISREG(status.st_mode) ? DT_REG : S_ISDIR(status.st_mode) ? DT_DIR : DT_LNK;
}

class Walk {
public:
    Walk(int folder, std::vector<std::string> const& globs, std::size_t files_max) : folder_(folder), texts_(globs), files_max_(files_max), matched_(globs.size()) {
        for (std::string const& glob : globs) globs_.emplace_back(glob);
    }

    Result<FilesFound> run() {
        States first;
        for (PathGlob const& glob : globs_) first.push_back(glob.begin());
        open_.push_back({"", std::move(first)});
        while (!open_.empty()) {
            Pending const next = std::move(open_.back());
            open_.pop_back();
            if (Status read = read_folder(next); !read) return read.error();
        }
        std::ranges::sort(found_.paths);
        for (std::size_t i = 0; i < globs_.size(); ++i)
            if (!matched_[i]) found_.unmatched.push_back(texts_[i]);
        return std::move(found_);
    }

private:
    Status read_folder(Pending const& folder) {
        UniqueFd fd = open_below(folder_, folder.path.empty() ? "." : folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK);
        if (!fd) return Done{};  // gone, or not ours to read: nothing in it matches
        std::unique_ptr<DIR, CloseDir> const dir(fdopendir(fd.get()));
        if (!dir) return Done{};
        int const number = fd.release();  // closedir closes it
        while (dirent const* entry = readdir(dir.get())) {
            std::string_view const name = entry->d_name;
            if (name == "." || name == "..") continue;
            if (++entries_ > entries_max) return too_many("folders with more than 1,000,000 entries were looked through");
            if (Status taken = take(folder, number, *entry, name); !taken) return taken;
        }
        return Done{};
    }

    Status take(Pending const& folder, int number, dirent const& entry, std::string_view name) {
        States states;
        bool hit = false, goes_on = false;
        for (std::size_t i = 0; i < globs_.size(); ++i) {
            bool const whole = globs_[i].may_name_a_folder() && globs_[i].accepts(folder.states[i]);
            states.push_back(whole ? folder.states[i] : globs_[i].enter(folder.states[i], name));
            bool const accepted = globs_[i].accepts(states[i]);
            hit = hit || accepted;
            goes_on = goes_on || globs_[i].may_go_on(states[i]) || (accepted && globs_[i].may_name_a_folder());
        }
        if (!hit && !goes_on) return Done{};
        std::string path = folder.path + std::string(name);
        unsigned char const type = type_of(number, entry);
        if (type == DT_DIR && goes_on) open_.push_back({path + "/", std::move(states)});
        else if (type == DT_REG && hit && find_invalid_utf8(path) == std::string::npos) return add(std::move(path), states);
        else if (type != DT_DIR && hit && found_.left_out.size() < left_out_max) found_.left_out.push_back(std::move(path));
        return Done{};
    }

    Status add(std::string path, States const& states) {
        for (std::size_t i = 0; i < globs_.size(); ++i) matched_[i] = matched_[i] || globs_[i].accepts(states[i]);
        if (found_.paths.size() >= files_max_) return too_many("more than " + std::to_string(files_max_) + " files match");
        found_.paths.push_back(std::move(path));
        return Done{};
    }

    static Error too_many(std::string message) {
        return Error{.code = code::limit_exceeded, .message = std::move(message), .where = {}, .hint = "write a narrower glob, or pack them into one file"};
    }

    int folder_;
    std::vector<std::string> const& texts_;
    std::size_t files_max_;
    std::vector<PathGlob> globs_;
    std::vector<bool> matched_;
    std::vector<Pending> open_;
    std::size_t entries_ = 0;
    FilesFound found_;
};

}  // namespace

Result<FilesFound> find_files(int folder, std::vector<std::string> const& globs, std::size_t files_max) { return Walk(folder, globs, files_max).run(); }

UniqueFd open_folder(std::string const& path) { return UniqueFd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

UniqueFd open_regular(int folder, std::string const& path, struct stat& status) {
    // Without waiting: what was a file a moment ago may be a FIFO now.
    UniqueFd file = open_below(folder, path.c_str(), O_RDONLY | O_NONBLOCK);
    if (!file) return file;
    if (fstat(file.get(), &status) != 0) return UniqueFd();
    if (S_ISREG(status.st_mode)) return file;
    errno = EINVAL;
    return UniqueFd();
}

UniqueFd open_below(int folder, char const* path, int flags, mode_t mode) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY));
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return UniqueFd(static_cast<int>(syscall(SYS_openat2, folder, path, &how, sizeof how)));
}

}  // namespace pawl
