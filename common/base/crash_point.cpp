// Counts passages of crash points and dies at the one the test asked for.
#include "common/base/crash_point.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>

namespace pawl {
namespace {

/// What the environment of this process asks for; read once.
struct Wish {
    std::size_t point = crash_points.size();  ///< at which to die; the table's size: nowhere
    int passage = 1;
    std::string trace_file;
    std::string mutant;
};

std::string variable(char const* name) {
    char const* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

Wish read_wish() {
    Wish wish{.trace_file = variable("PAWL_CRASH_TRACE"), .mutant = variable("PAWL_MUTANT")};
    std::string const at = variable("PAWL_CRASH_AT");
    std::size_t const colon = at.find(':');
    std::string_view const name = std::string_view(at).substr(0, colon);
    if (colon != std::string::npos) std::from_chars(at.data() + colon + 1, at.data() + at.size(), wish.passage);
    for (std::size_t i = 0; i < crash_points.size(); ++i)
        if (crash_points[i] == name) wish.point = i;
    return wish;
}

Wish const& wish() {
    static Wish const read_once = read_wish();
    return read_once;
}

std::array<std::atomic<int>, crash_points.size()> passages{};

void append_to_trace(std::string const& file, std::string_view name) {
    std::string const line = std::string(name) + '\n';
    int const fd = open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    [[maybe_unused]] ssize_t const written = write(fd, line.data(), line.size());
    close(fd);
}

}  // namespace

void pass_crash_point(std::size_t index) noexcept {
    int const passage = passages[index].fetch_add(1, std::memory_order_relaxed) + 1;
    if (passage == 1 && !wish().trace_file.empty()) append_to_trace(wish().trace_file, crash_points[index]);
    if (index == wish().point && passage == wish().passage) kill(getpid(), SIGKILL);
}

bool crash_point_is_next(std::size_t index) noexcept {
    return index == wish().point && passages[index].load(std::memory_order_relaxed) + 1 == wish().passage;
}

bool mutant_active(std::string_view name) noexcept { return wish().mutant == name; }

}  // namespace pawl
