// pawl: fills a World from the real process and runs one command line.
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <cstdlib>
#include <iostream>
#include <streambuf>

#include "cli/context.h"

namespace {

// What signal handlers may touch; nothing else is global.
volatile std::sig_atomic_t interrupts_seen = 0;
volatile std::sig_atomic_t terminated_seen = 0;
volatile std::sig_atomic_t continues_seen = 0;
volatile std::sig_atomic_t err_is_terminal = 0;

void on_interrupt(int) { interrupts_seen = interrupts_seen + 1; }
void on_terminate(int) { terminated_seen = 1; }

/// Ctrl-Z while a picture is drawn: the shell gets its cursor back, and we stop as anybody does. The next frame hides it again.
void on_stop(int) {
    int const saved = errno;
    if (err_is_terminal != 0) (void)!::write(2, "\x1b[?25h", 6);
    ::signal(SIGTSTP, SIG_DFL);
    ::raise(SIGTSTP);
    errno = saved;
}
void on_continue(int) {
    ::signal(SIGTSTP, on_stop);
    continues_seen = continues_seen + 1;
}

void install(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    if (signal == SIGTSTP) action.sa_flags = SA_NODEFER;  // so that the raise within the handler stops us at once
    ::sigaction(signal, &action, nullptr);
}

/// Buffered writing to a descriptor, which remembers why it failed: a closed pipe is no error, a full disk is.
class FdBuffer final : public std::streambuf {
public:
    explicit FdBuffer(int fd) : fd_(fd) { setp(buffer_.data(), buffer_.data() + buffer_.size()); }
    int failure() const { return failure_; }

protected:
    int_type overflow(int_type letter) override {
        if (!write_out()) return traits_type::eof();
        if (!traits_type::eq_int_type(letter, traits_type::eof())) {
            *pptr() = traits_type::to_char_type(letter);
            pbump(1);
        }
        return traits_type::not_eof(letter);
    }
    int sync() override { return write_out() ? 0 : -1; }

private:
    bool write_out() {
        char const* at = pbase();
        while (failure_ == 0 && at < pptr()) {
            auto const count = ::write(fd_, at, static_cast<std::size_t>(pptr() - at));
            if (count >= 0) at += count;
            else if (errno != EINTR) failure_ = errno;
        }
        setp(buffer_.data(), buffer_.data() + buffer_.size());
        return failure_ == 0;
    }

    int fd_;
    int failure_ = 0;
    std::array<char, 16384> buffer_{};
};

winsize window_size() {
    winsize size{};
    for (int const fd : {2, 1, 0}) {
        if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size;
    }
    return winsize{.ws_row = 24, .ws_col = 0, .ws_xpixel = 0, .ws_ypixel = 0};
}

std::size_t columns() {
    if (auto const size = window_size(); size.ws_col > 0) return size.ws_col;
    char const* named = std::getenv("COLUMNS");
    int const number = named == nullptr ? 0 : std::atoi(named);
    return number > 0 ? static_cast<std::size_t>(number) : 80;
}

pawl::UtcTime clock_now() { return std::chrono::time_point_cast<pawl::Duration>(std::chrono::system_clock::now()); }

}  // namespace

int main(int argc, char** argv) {
    using namespace pawl::cli;
    std::signal(SIGPIPE, SIG_IGN);
    install(SIGINT, on_interrupt);
    install(SIGTERM, on_terminate);
    err_is_terminal = ::isatty(2);
    if (err_is_terminal != 0) {
        install(SIGTSTP, on_stop);
        install(SIGCONT, on_continue);
    }
    FdBuffer out_buffer(1), err_buffer(2);
    std::ostream out(&out_buffer), err(&err_buffer);

    World world{.in = std::cin,
                .out = out,
                .err = err,
                .in_is_tty = ::isatty(0) != 0,
                .out_is_tty = ::isatty(1) != 0,
                .err_is_tty = err_is_terminal != 0,
                .columns = columns(),
                .rows = window_size().ws_row,
                .env = [](std::string_view name) -> std::optional<std::string> {
                    char const* value = std::getenv(std::string(name).c_str());
                    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
                },
                .now = clock_now,
                .connect = connect_to_daemon,
                .interrupts = [] { return static_cast<int>(interrupts_seen); },
                .terminated = [] { return terminated_seen != 0; },
                .current_columns = columns,
                .current_rows = [] { return static_cast<std::size_t>(window_size().ws_row); },
                .continues = [] { return static_cast<int>(continues_seen); }};
    Context context(std::move(world));
    int const code = run_pawl(context, {argv + 1, argv + argc});
    out.flush();
    err.flush();
    if (out_buffer.failure() == 0 || out_buffer.failure() == EPIPE) return code;
    std::string const message = std::string("pawl: cannot write to standard output: ") + std::strerror(out_buffer.failure()) + "\n";
    (void)!::write(2, message.data(), message.size());
    return code == exit_done ? static_cast<int>(exit_failed) : code;
}
