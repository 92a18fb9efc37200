#include "daemon/systemd.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "daemon/io/unique_fd.h"

namespace pawl::systemd {

void notify(std::string_view state) {
    char const* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
    sockaddr_un address{};
    std::size_t const length = std::strlen(path);
    if (length >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // abstract
    UniqueFd const socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) return;
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    (void)sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr const*>(&address), size);
}

int listening_socket() {
    constexpr int first = 3;  // SD_LISTEN_FDS_START
    char const* pid = std::getenv("LISTEN_PID");
    char const* count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr || std::atol(pid) != getpid() || std::atoi(count) < 1) return -1;
    return fcntl(first, F_SETFD, FD_CLOEXEC) == 0 ? first : -1;
}

}  // namespace pawl::systemd
