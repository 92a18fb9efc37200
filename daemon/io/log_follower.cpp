// Follows logs by inotify in a uv_poll_t: uv_fs_event hides overflows and takes an instance of its own for each loop.
#include "daemon/io/log_follower.h"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace pawl {

LogFollower::Subscription& LogFollower::Subscription::operator=(Subscription&& other) noexcept {
    if (this != &other) {
        end();
        listener_ = std::move(other.listener_);
    }
    return *this;
}

void LogFollower::Subscription::end() {
    if (listener_ != nullptr && listener_->owner != nullptr) listener_->owner->forget(*listener_);
    listener_.reset();
}

LogFollower::LogFollower(uv_loop_t& loop) : inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    auto poll = std::make_unique<uv_poll_t>();
    if (!inotify_ || uv_poll_init(&loop, poll.get(), inotify_.get()) != 0) return;
    poll_.reset(poll.release());
    poll_->data = this;
    uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* handle, int, int) {
        if (handle->data != nullptr) static_cast<LogFollower*>(handle->data)->read_events();
    });
}

LogFollower::~LogFollower() {
    for (auto& [watch, listeners] : watches_)
        for (auto const& listener : listeners) listener->owner = nullptr;
}

LogFollower::Subscription LogFollower::follow(int log, std::function<void()> grew) {
    if (!poll_) return Subscription();
    std::string const path = "/proc/self/fd/" + std::to_string(log);  // the file itself, whatever became of its name
    int const watch = inotify_add_watch(inotify_.get(), path.c_str(), IN_MODIFY);
    if (watch < 0) return Subscription();
    auto listener = std::make_shared<Listener>(Listener{.owner = this, .watch = watch, .grew = std::move(grew)});
    watches_[watch].push_back(listener);
    return Subscription(std::move(listener));
}

void LogFollower::forget(Listener& listener) {
    listener.owner = nullptr;
    auto const found = watches_.find(listener.watch);
    if (found == watches_.end()) return;
    std::erase_if(found->second, [&](auto const& other) { return other.get() == &listener; });
    if (!found->second.empty()) return;
    watches_.erase(found);
    inotify_rm_watch(inotify_.get(), listener.watch);
}

/// By value: a listener may end itself or others.
void LogFollower::tell(std::vector<std::shared_ptr<Listener>> listeners) {
    for (auto const& listener : listeners)
        if (listener->owner != nullptr) listener->grew();
}

void LogFollower::read_events() {
    alignas(inotify_event) std::array<char, 16 * 1024> bytes;
    ssize_t const got = read(inotify_.get(), bytes.data(), bytes.size());
    std::vector<int> grown;
    bool overflowed = false;
    for (std::size_t at = 0; got > 0 && at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
        inotify_event event;
        std::memcpy(&event, bytes.data() + at, sizeof event);
        at += sizeof event + event.len;
        if ((event.mask & IN_Q_OVERFLOW) != 0) overflowed = true;
        else if ((event.mask & IN_MODIFY) != 0) grown.push_back(event.wd);
    }
    if (overflowed) {  // whose news was lost is unknown: everybody looks
        grown.clear();
        for (auto const& [watch, listeners] : watches_) grown.push_back(watch);
    }
    std::ranges::sort(grown);
    grown.erase(std::unique(grown.begin(), grown.end()), grown.end());
    for (int const watch : grown)
        if (auto const found = watches_.find(watch); found != watches_.end()) tell(found->second);
}

}  // namespace pawl
