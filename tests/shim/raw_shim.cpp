// Starts pawl-shim and talks to it.
#include "tests/shim/raw_shim.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstring>
#include <thread>

#include "tests/shim/world.h"

extern char** environ;

namespace pawl::harness {

RawShim::RawShim() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) give_up("socketpair");
    socket_.reset(ends[0]);
    UniqueFd const theirs(fcntl(ends[1], F_DUPFD_CLOEXEC, 10));
    close(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), PAWL_SHIM_SOCKET);
    std::string name = "pawl-shim";
    std::array<char*, 2> argv{name.data(), nullptr};
    if (posix_spawn(&pid_, PAWL_SHIM_PATH, &actions, nullptr, argv.data(), environ) != 0) give_up("cannot start the shim");
    posix_spawn_file_actions_destroy(&actions);
}

RawShim::~RawShim() {
    socket_.reset();
    if (pid_ != 0) waitpid(pid_, nullptr, 0);
}

void RawShim::send(pawl_message const& message, std::vector<int> const& descriptors) const {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 16)> control{};
    pawl_message copy = message;
    iovec part{&copy, sizeof copy};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!descriptors.empty()) {
        std::size_t const size = descriptors.size() * sizeof(int);
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(size);
        cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(rights), descriptors.data(), size);
    }
    if (sendmsg(socket_.get(), &header, MSG_NOSIGNAL) < 0) give_up("send to the shim");
}

void RawShim::send_bytes(void const* bytes, std::size_t size) const {
    if (::send(socket_.get(), bytes, size, MSG_NOSIGNAL) < 0) give_up("send to the shim");
}

std::optional<pawl_message> RawShim::receive(int ms_max) const {
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    pawl_message message{};
    if (poll(&wait, 1, ms_max) <= 0) return std::nullopt;
    if (recv(socket_.get(), &message, sizeof message, 0) != static_cast<ssize_t>(sizeof message)) return std::nullopt;
    return message;
}

bool RawShim::ends(int ms_max) {
    std::int64_t const deadline = now_ms() + ms_max;
    while (now_ms() < deadline) {
        if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = 0;
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

}  // namespace pawl::harness
