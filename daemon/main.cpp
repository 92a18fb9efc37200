// pawld: parses the command line, starts the daemon, turns errors into exit codes.
#include <malloc.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "common/base/error_codes.h"
#include "common/base/version.h"
#include "daemon/daemon.h"
#include "daemon/options.h"

namespace {

// Exit codes of sysexits(3) that pawld(8) promises.
constexpr int exit_usage = 2;
constexpr int exit_failed = 1;
constexpr int exit_second_daemon = 75;

int report(pawl::Error const& error) {
    std::fprintf(stderr, "pawld: error: %s [%s]\n", error.message.c_str(), std::string(error.code.name).c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
    if (error.code == pawl::code::usage) return exit_usage;
    return error.code == pawl::code::conflict ? exit_second_daemon : exit_failed;
}

/// One heap for all threads, in larger steps: what the workers freed serves the loop, and a deploy of a thousand files
/// grows the heap a few hundred times less often. Only one thread of the daemon is busy at a time, so nobody waits for the heap's lock.
void set_up_heap() {
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_TOP_PAD, 1 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 2 << 20);
}

int serve(pawl::DaemonOptions options) {
    pawl::Result<std::unique_ptr<pawl::Daemon>> daemon = pawl::Daemon::start(std::move(options));
    return daemon ? (*daemon)->run() : report(daemon.error());
}

}  // namespace

int main(int count, char** arguments) {
    pawl::Result<pawl::DaemonOptions> options = pawl::parse_options(std::vector<std::string>(arguments + 1, arguments + count));
    if (!options) return report(options.error());
    switch (options->action) {
    case pawl::DaemonOptions::Action::help: std::fputs(pawl::usage_text().c_str(), stdout); return 0;
    case pawl::DaemonOptions::Action::version: std::printf("pawld %s\n", pawl::release); return 0;
    case pawl::DaemonOptions::Action::serve: break;
    }
    set_up_heap();
    try {
        return serve(std::move(*options));
    } catch (std::exception const& failure) {
        // The store throws while it opens and recovers; afterwards its thread catches.
        std::fprintf(stderr, "pawld: error: %s\n", failure.what());
        return exit_failed;
    }
}
