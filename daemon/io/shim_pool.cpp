// Starts shims with posix_spawn, never uv_spawn: libuv 1.44 forks the whole process, and walks all children at each SIGCHLD.
#include "daemon/io/shim_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/base/assert.h"
#include "common/base/crash_point.h"

namespace pawl {
namespace {

/// What posix_spawn has to be told; released at the end of the scope.
class SpawnPlan {
public:
    explicit SpawnPlan(int socket) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDWR, 0);
        posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, STDERR_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, socket, PAWL_SHIM_SOCKET);
        sigset_t signals;
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes_, &signals);
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    }
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(SpawnPlan const&) = delete;
    SpawnPlan& operator=(SpawnPlan const&) = delete;
    posix_spawn_file_actions_t const* actions() const { return &actions_; }
    posix_spawnattr_t const* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

/// A shim gets no environment, but for the wishes of a fault test.
std::vector<std::string> shim_environment() {
    std::vector<std::string> environment;
#ifdef PAWL_CRASH_POINTS
    for (char const* const name : {"PAWL_CRASH_AT", "PAWL_CRASH_TRACE", "PAWL_MUTANT"})
        if (char const* const value = std::getenv(name)) environment.push_back(std::string(name) + '=' + value);
#endif
    return environment;
}

UniqueFd open_pidfd(pid_t pid) { return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

/// One LAUNCH with its descriptors. 0, or errno.
int send_launch(int socket, pawl_message message, std::span<int const> descriptors) {
    ASSERT(!descriptors.empty() && descriptors.size() <= PAWL_FD_COUNT);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * PAWL_FD_COUNT)> control{};
    iovec part{&message, sizeof message};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    return sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

}  // namespace

struct ShimPool::Shim {
    ShimPool* pool = nullptr;
    pid_t pid = 0;
    AttemptId attempt;  ///< none: idle, or leaving
    bool leaving = false;
    std::uint64_t idle_since_ms = 0;
    UniqueFd socket, pidfd;
    UvHandle<uv_poll_t> socket_poll, end_poll;  // after their descriptors: members die in reverse, and a polled fd must not be closed
};

ShimPool::ShimPool(uv_loop_t& loop, Options options, ShimPoolEvents& events)
    : loop_(loop), options_(std::move(options)), events_(events), idle_timer_(new uv_timer_t) {
    uv_timer_init(&loop_, idle_timer_.get());
    idle_timer_->data = this;
    auto const period = static_cast<std::uint64_t>(std::max<std::int64_t>(options_.idle_time.count() / 4, 1));
    uv_timer_start(
        idle_timer_.get(),
        [](uv_timer_t* timer) {
            if (timer->data != nullptr) static_cast<ShimPool*>(timer->data)->end_idle();
        },
        period, period);
    uv_unref(reinterpret_cast<uv_handle_t*>(idle_timer_.get()));
}

ShimPool::~ShimPool() = default;

int ShimPool::start() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return errno;
    UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    // dup2 of a descriptor onto itself would keep its close-on-exec flag
    if (theirs.get() == PAWL_SHIM_SOCKET) theirs.reset(fcntl(theirs.get(), F_DUPFD_CLOEXEC, PAWL_SHIM_SOCKET + 1));
    SpawnPlan const plan(theirs.get());
    std::vector<std::string> environment = shim_environment();
    std::vector<char*> env;
    for (std::string& variable : environment) env.push_back(variable.data());
    env.push_back(nullptr);
    std::string name = "pawl-shim";
    std::array<char*, 2> argv{name.data(), nullptr};
    pid_t pid = 0;
    int const error = posix_spawn(&pid, options_.shim_path.c_str(), plan.actions(), plan.attributes(), argv.data(), env.data());
    if (error != 0) return error;
    PAWL_CRASH_POINT("attempts.spawned");
    auto shim = std::make_unique<Shim>();
    shim->pool = this;
    shim->pid = pid;
    shim->socket = std::move(ours);
    shim->pidfd = open_pidfd(pid);
    auto const watch = [&](UniqueFd const& fd, uv_poll_cb callback) {
        auto poll = std::make_unique<uv_poll_t>();
        if (!fd || uv_poll_init(&loop_, poll.get(), fd.get()) != 0) return UvHandle<uv_poll_t>();
        UvHandle<uv_poll_t> handle(poll.release());
        handle->data = shim.get();
        uv_poll_start(handle.get(), UV_READABLE, callback);
        return handle;
    };
    shim->end_poll = watch(shim->pidfd, &ShimPool::on_end);
    shim->socket_poll = watch(shim->socket, &ShimPool::on_socket);
    if (!shim->end_poll || !shim->socket_poll) {  // no descriptors left
        kill(pid, SIGKILL);                       // it has no attempt yet
        waitpid(pid, nullptr, 0);
        return EMFILE;
    }
    shim->idle_since_ms = uv_now(&loop_);
    idle_.push_back(shim.get());
    shims_.push_back(std::move(shim));
    return 0;
}

int ShimPool::launch(AttemptId attempt, std::uint32_t epoch, std::uint32_t slot, std::span<int const> descriptors) {
    pawl_message message{};
    message.kind = PAWL_LAUNCH;
    message.epoch = epoch;
    message.slot = slot;
    message.attempt = static_cast<std::uint64_t>(attempt.value);
    for (;;) {
        if (idle_.empty())
            if (int const error = start(); error != 0) return error;
        Shim& shim = *idle_.back();
        idle_.pop_back();
        if (int const error = send_launch(shim.socket.get(), message, descriptors); error == 0) {
            shim.attempt = attempt;
            PAWL_CRASH_POINT("attempts.sent");
            return 0;
        } else if (error != EPIPE && error != ECONNRESET) {
            idle_.push_back(&shim);
            return error;
        }
        shim.leaving = true;  // it died: its pidfd will say so
    }
}

ShimPool::Shim* ShimPool::of(AttemptId attempt) const {
    auto const found = std::ranges::find_if(shims_, [&](auto const& shim) { return shim->attempt == attempt; });
    return found == shims_.end() ? nullptr : found->get();
}

void ShimPool::stop(AttemptId attempt, bool now) {
    Shim const* const shim = of(attempt);
    if (shim == nullptr) return;
    pawl_message message{};
    message.kind = PAWL_STOP;
    message.code = now ? PAWL_STOP_NOW : PAWL_STOP_GENTLY;
    message.attempt = static_cast<std::uint64_t>(attempt.value);
    // Refused: the shim is gone, which its pidfd tells; or its queue is full of the same message.
    [[maybe_unused]] ssize_t const sent = send(shim->socket.get(), &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

pid_t ShimPool::pid_of(AttemptId attempt) const {
    Shim const* const shim = of(attempt);
    return shim == nullptr ? 0 : shim->pid;
}

void ShimPool::on_socket(uv_poll_t* poll, int /*status*/, int /*events*/) {
    auto* const shim = static_cast<Shim*>(poll->data);
    if (shim != nullptr) shim->pool->hear(*shim);
}

void ShimPool::hear(Shim& shim) {
    pawl_message message{};
    ssize_t const got = recv(shim.socket.get(), &message, sizeof message, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got != static_cast<ssize_t>(sizeof message)) {  // its end, or soon: the pidfd judges
        uv_poll_stop(shim.socket_poll.get());
        return;
    }
    AttemptId const attempt{static_cast<std::int64_t>(message.attempt)};
    if (message.kind != PAWL_DONE || attempt != shim.attempt) return;
    PAWL_CRASH_POINT("attempts.done_read");
    shim.attempt = AttemptId{};
    shim.idle_since_ms = uv_now(&loop_);
    idle_.push_back(&shim);
    events_.shim_done(attempt, message.code);
}

void ShimPool::on_end(uv_poll_t* poll, int /*status*/, int /*events*/) {
    auto* const shim = static_cast<Shim*>(poll->data);
    if (shim != nullptr) shim->pool->bury(*shim);
}

void ShimPool::bury(Shim& shim) {
    waitpid(shim.pid, nullptr, WNOHANG);
    AttemptId const attempt = shim.attempt;
    std::erase(idle_, &shim);
    std::erase_if(shims_, [&](auto const& other) { return other.get() == &shim; });
    if (attempt) events_.shim_died(attempt);
}

void ShimPool::end_idle() {
    auto const limit = static_cast<std::uint64_t>(options_.idle_time.count());
    // The longest idle ones are in front.
    while (idle_.size() > options_.idle_kept && uv_now(&loop_) - idle_.front()->idle_since_ms >= limit) {
        Shim& shim = *idle_.front();
        idle_.erase(idle_.begin());
        shim.leaving = true;
        shutdown(shim.socket.get(), SHUT_RDWR);  // it reads the end and leaves; its pidfd tells when
    }
}

}  // namespace pawl
