// Folder by folder, then a draft, then its name.
#include "cli/download.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/base/error_codes.h"
#include "common/base/sha256.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) close(fd_);
    }
    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }

private:
    int fd_;
};

Error refused(std::string const& what, int error) { return Error{.code = code::io, .message = printable(what) + ": " + std::strerror(error), .where = {}, .hint = {}}; }

Status write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t const done = write(file, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return refused("cannot write", errno);
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return Done{};
}

/// The folder that will hold the last name of `path`; what is missing is made.
Result<Descriptor> open_parent(std::string const& folder, std::string_view path) {
    if (mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return refused("cannot make the folder '" + folder + "'", errno);
    Descriptor at(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // the user's own words: links in it are his
    if (!at) return refused("cannot open the folder '" + folder + "'", errno);
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
        std::string const name(path.substr(0, slash));
        path.remove_prefix(slash + 1);
        if (mkdirat(at.get(), name.c_str(), 0777) != 0 && errno != EEXIST) return refused("cannot make the folder '" + name + "'", errno);
        Descriptor next(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!next) return refused("cannot open the folder '" + name + "' below '" + folder + "'", errno);
        at = std::move(next);
    }
    return at;
}

Status receive(int file, Download const& wanted, Source const& source) {
    Sha256 hash;
    std::uint64_t bytes = 0;
    Status received = source([&](std::string_view piece) -> Status {
        bytes += piece.size();
        if (bytes > wanted.bytes) return Error{.code = code::corrupt, .message = "more bytes came than it has", .where = {}, .hint = {}};
        hash.add(piece);
        return write_all(file, piece);
    });
    if (!received) return received;
    if (bytes != wanted.bytes || hash.hex() != wanted.sha256)
        return Error{.code = code::corrupt, .message = "what came of '" + printable(wanted.path) + "' is not what was kept", .where = {}, .hint = "try again; if it stays so, the daemon's disk is damaged"};
    return Done{};
}

Status put_in_place(int folder, std::string const& draft, std::string const& name, Download const& file, bool replace) {
    unsigned const flags = replace ? 0u : 1u;  // RENAME_NOREPLACE
    if (syscall(SYS_renameat2, folder, draft.c_str(), folder, name.c_str(), flags) == 0) return Done{};
    if (errno == EEXIST) return Error{.code = code::conflict, .message = "'" + printable(file.path) + "' is there already", .where = {}, .hint = "--force replaces it"};
    return refused("cannot place '" + file.path + "'", errno);
}

}  // namespace

std::string_view fault_of_name(std::string_view path) {
    if (path.empty() || path.front() == '/') return "is no path below a folder";
    if (path.find('\0') != std::string_view::npos) return "contains a NUL character";
    for (std::string_view const name : split(path, '/'))
        if (name.empty() || name == "." || name == "..") return "leads out of its folder";
    return {};
}

Status download(std::string const& folder, Download const& file, bool replace, Source const& source) {
    if (std::string_view const fault = fault_of_name(file.path); !fault.empty())
        return Error{.code = code::protocol, .message = "the name '" + printable(file.path) + "' " + std::string(fault), .where = {}, .hint = {}};
    Result<Descriptor> const parent = open_parent(folder, file.path);
    if (!parent) return parent.error();
    std::string const name = file.path.substr(file.path.rfind('/') + 1);  // npos + 1 is 0
    std::string const draft = ".pawl-" + std::to_string(getpid()) + ".part";
    unlinkat(parent->get(), draft.c_str(), 0);
    Descriptor const target(openat(parent->get(), draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!target) return refused("cannot write into '" + folder + "'", errno);
    mode_t const mask = umask(0);
    umask(mask);
    Status done = receive(target.get(), file, source);
    if (done && fchmod(target.get(), file.mode & 0777 & ~mask) != 0) done = refused("cannot set permissions", errno);
    if (done) done = put_in_place(parent->get(), draft, name, file, replace);
    if (!done) unlinkat(parent->get(), draft.c_str(), 0);
    return done;
}

}  // namespace pawl::cli
