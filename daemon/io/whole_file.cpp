// Plain reads and writes.
#include "daemon/io/whole_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <vector>

#include "common/base/error_codes.h"
#include "common/base/sha256.h"
#include "daemon/io/file_walk.h"

namespace pawl {
namespace {

constexpr std::size_t piece_bytes = 256u << 10;

int write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t const done = write(file, bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return done < 0 ? errno : ENOSPC;
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return 0;
}

Error refused(std::string_view what, int error) {
    return Error{.code = code::io, .message = "cannot write " + std::string(what) + ": " + std::strerror(error), .where = {}, .hint = {}};
}

}  // namespace

std::optional<std::string> read_whole(int file, std::size_t bytes_max) {
    struct stat status{};
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > bytes_max) return std::nullopt;
    std::string content(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t have = 0;
    while (have < content.size()) {
        ssize_t const got = pread(file, content.data() + have, content.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::nullopt;
        have += static_cast<std::size_t>(got);
    }
    return content;
}

Status write_whole(int folder, std::string const& name, std::string_view content, std::string_view what) {
    std::string const draft = name + ".new";
    UniqueFd const file = open_below(folder, draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!file) return refused(what, errno);
    if (int const error = write_all(file.get(), content); error != 0) return refused(what, error);
    if (fsync(file.get()) != 0) return refused(what, errno);
    if (renameat(folder, draft.c_str(), folder, name.c_str()) != 0) return refused(what, errno);
    std::size_t const slash = name.rfind('/');
    UniqueFd const around = open_below(folder, slash == std::string::npos ? "." : name.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY);
    if (!around || fsync(around.get()) != 0) return refused(what, errno);
    return Done{};
}

int copy_content(int from, int to, std::uint64_t bytes_max, Content& content) {
    bool const shared = to >= 0 && ioctl(to, FICLONE, from) == 0;
    int const source = shared ? to : from;  // what is hashed is what is kept
    int const target = shared ? -1 : to;
    std::vector<char> piece(piece_bytes);
    Sha256 hash;
    content = {};
    for (;;) {
        ssize_t const got = pread(source, piece.data(), piece.size(), static_cast<off_t>(content.bytes));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) break;
        std::string_view const bytes(piece.data(), static_cast<std::size_t>(got));
        if (content.bytes + bytes.size() > bytes_max) return EFBIG;
        if (int const error = target >= 0 ? write_all(target, bytes) : 0; error != 0) return error;
        hash.add(bytes);
        content.bytes += bytes.size();
    }
    content.sha256 = hash.hex();
    return 0;
}

std::int64_t number_of(std::string_view digits) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() && number > 0 ? number : 0;
}

}  // namespace pawl
