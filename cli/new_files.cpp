// Every file is created with O_EXCL; a list of what was made allows to take it back.
#include "cli/new_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/context.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

/// What this call has made. Destroying it takes all back, the newest first, unless it was kept.
class Made {
public:
    Made() = default;
    Made(Made const&) = delete;
    Made& operator=(Made const&) = delete;
    ~Made() {
        for (auto at = paths_.rbegin(); !kept_ && at != paths_.rend(); ++at) (void)::remove(at->c_str());
    }
    void add(std::string path) { paths_.push_back(std::move(path)); }
    void keep() { kept_ = true; }

private:
    std::vector<std::string> paths_;
    bool kept_ = false;
};

Error failed(std::string const& what, std::string const& path) {
    int const reason = errno;
    return make_error(reason == EEXIST ? code::conflict : code::io, reason == EEXIST ? "'" + path + "' exists already" : what + " '" + path + "': " + std::strerror(reason));
}

Status make_folder(Made& made, fs::path const& folder) {
    if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return Done{};
    if (auto const parent = make_folder(made, folder.parent_path()); !parent) return parent;
    if (::mkdir(folder.c_str(), 0777) != 0) return failed("cannot make the folder", folder.string());
    made.add(folder.string());
    return Done{};
}

Status write_new(Made& made, std::string const& path, std::string const& text) {
    int const fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return failed("cannot write", path);
    made.add(path);
    std::size_t written = 0;
    while (written < text.size()) {
        auto const count = ::write(fd, text.data() + written, text.size() - written);
        if (count > 0) written += static_cast<std::size_t>(count);
        else if (count == 0 || errno != EINTR) break;
    }
    if (written < text.size()) {
        auto const error = failed("cannot write", path);
        ::close(fd);
        return error;
    }
    return ::close(fd) == 0 ? Status(Done{}) : failed("cannot write", path);
}

}  // namespace

Status write_new_files(std::string const& folder, std::vector<flow::SourceFile> const& files) {
    auto const path_of = [&](flow::SourceFile const& file) { return folder.empty() || folder == "." ? file.name : (fs::path(folder) / file.name).string(); };
    for (auto const& file : files) {
        struct stat facts {};
        if (::lstat(path_of(file).c_str(), &facts) == 0)
            return make_error(code::conflict, "'" + path_of(file) + "' exists already, so nothing was written", "choose another folder, or move it away");
    }
    Made made;
    for (auto const& file : files) {
        auto const path = path_of(file);
        if (auto const folders = make_folder(made, fs::path(path).parent_path()); !folders) return folders;
        if (auto const written = write_new(made, path, file.text); !written) return written;
    }
    made.keep();
    return Done{};
}

}  // namespace pawl::cli
