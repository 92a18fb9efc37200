// What the tests of the workers share: files in memory, a folder that goes with the test, a server of one answer on a thread.
#pragma once

#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/io/log_file.h"
#include "daemon/work/work_log.h"
#include "tests/catch.h"

namespace pawl::test {

inline UniqueFd memory_file() { return UniqueFd(memfd_create("test", MFD_CLOEXEC)); }

inline std::string contents(int fd) {
    std::string text(static_cast<std::size_t>(std::max<off_t>(lseek(fd, 0, SEEK_END), 0)), '\0');
    REQUIRE(pread(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return text;
}

/// A log, and what it says so far.
struct LogBench {
    UniqueFd bytes = memory_file(), marks = memory_file();
    WorkLog log{UniqueFd(dup(bytes.get())), UniqueFd(dup(marks.get()))};
    std::string said() const { return contents(bytes.get()); }
};

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "pawl-work-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(Folder&&) = delete;
    std::string file(std::string const& name) const { return (path_ / name).string(); }
    std::string write(std::string const& name, std::string const& text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
        return file(name);
    }

private:
    std::filesystem::path path_;
};

/// Reads the header of each request, and answers with what it is told: a connection has a thread.
class Server {
public:
    /// `answers`: for each request in turn; an empty one, or none left: the connection is closed without an answer.
    explicit Server(std::vector<std::string> answers) : answers_(std::move(answers)) {
        listener_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(listen(listener_.get(), 16) == 0);
        REQUIRE(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { accept_all(); });
    }
    ~Server() {
        shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
        for (UniqueFd const& peer : peers_) shutdown(peer.get(), SHUT_RDWR);
        for (std::thread& one : threads_) one.join();
    }
    Server(Server&&) = delete;
    std::string url(std::string const& rest = "/") const { return "http://" + place() + rest; }
    std::string place() const { return "127.0.0.1:" + std::to_string(port_); }
    /// The headers that came.
    std::vector<std::string> seen() const {
        std::lock_guard const lock(mutex_);
        return seen_;
    }

private:
    void accept_all() {
        for (;;) {
            UniqueFd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!peer) return;
            threads_.emplace_back([this, fd = peer.get()] { serve(fd); });
            peers_.push_back(std::move(peer));
        }
    }

    void serve(int peer) {
        std::string request;
        std::array<char, 4096> piece{};
        for (;;) {
            while (request.find("\r\n\r\n") == std::string::npos) {
                ssize_t const got = recv(peer, piece.data(), piece.size(), 0);
                if (got <= 0) return;
                request.append(piece.data(), static_cast<std::size_t>(got));
            }
            std::string const answer = answer_to(std::move(request));
            request.clear();
            if (answer.empty() || send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) <= 0) {
                shutdown(peer, SHUT_RDWR);
                return;
            }
        }
    }

    std::string answer_to(std::string request) {
        std::lock_guard const lock(mutex_);
        seen_.push_back(std::move(request));
        return seen_.size() <= answers_.size() ? answers_[seen_.size() - 1] : "";
    }

    mutable std::mutex mutex_;
    std::vector<std::string> answers_, seen_;  // guarded by mutex_
    UniqueFd listener_;
    int port_ = 0;
    std::vector<UniqueFd> peers_;         // of the thread that accepts, until it has ended
    std::vector<std::thread> threads_;    // likewise
    std::thread thread_;
};

}  // namespace pawl::test
