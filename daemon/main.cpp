// pawld: parses the command line, starts the daemon, turns errors into exit codes.
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
    try {
        return serve(std::move(*options));
    } catch (std::exception const& failure) {
        // The store throws while it opens and recovers; afterwards its thread catches.
        std::fprintf(stderr, "pawld: error: %s\n", failure.what());
        return exit_failed;
    }
}
