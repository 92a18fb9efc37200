// pawl daemon install --user: systemd units of a user's own daemon. The socket unit starts it when somebody connects.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>

#include "cli/commands.h"
#include "cli/local_daemon.h"
#include "common/base/error_codes.h"

namespace pawl::cli {
namespace {

struct InstallOptions {
    bool print = false;
};

// A test compares these with packaging/systemd/user/; only the program's path differs.
constexpr std::string_view service_unit = R"(# A user's own daemon. `loginctl enable-linger` lets it, and the steps it started, outlive the last session.
[Unit]
Description=pawl automation engine
Documentation=man:pawld(8)
Requires=pawld.socket
After=pawld.socket

[Service]
Type=notify
ExecStart=/usr/bin/pawld --user
RuntimeDirectory=pawl
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
UMask=0077
# Running steps survive stop, restart, crash and upgrade of the daemon: only the daemon itself is ever signalled.
KillMode=process
Restart=always
RestartSec=1
OOMPolicy=continue
TasksMax=infinity
LimitNOFILE=65536
NoNewPrivileges=yes

[Install]
WantedBy=default.target
)";
constexpr std::string_view socket_unit = R"(# Connecting starts the daemon.
[Unit]
Description=Socket of the pawl automation engine
Documentation=man:pawld(8)

[Socket]
ListenStream=%t/pawl/pawl.sock
SocketMode=0600
DirectoryMode=0700

[Install]
WantedBy=sockets.target
)";

/// systemd reads '%' as a specifier and splits at spaces.
std::string unit_word(std::string const& path) {
    std::string word;
    for (char const c : path) word += c == '%' ? "%%" : std::string(1, c);
    return word.find(' ') == std::string::npos ? word : "\"" + word + "\"";
}

std::string service_with(std::string const& pawld) {
    std::string text(service_unit);
    std::string_view const standard = "/usr/bin/pawld";
    text.replace(text.find(standard), standard.size(), unit_word(pawld));
    return text;
}

Status write_unit(std::string const& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text << std::flush;
    return file ? Status(Done{}) : Status(make_error(code::io, "cannot write '" + path + "'"));
}

int install(Context& context, InstallOptions const& options) {
    if (context.globals.system) return context.misuse("the system's daemon is installed by its package", "systemctl enable --now pawld.socket");
    if (!context.globals.user) return context.misuse("'pawl daemon install' needs --user", "pawl daemon install --user");
    auto const pawld = find_pawld(context);
    if (!pawld) return context.fail(pawld.error());
    if (options.print) {
        context.out() << service_with(*pawld) << "\n" << socket_unit;
        return exit_done;
    }
    auto const home = context.env("XDG_CONFIG_HOME");
    auto const base = home && !home->empty() ? *home : context.env("HOME").value_or("") + "/.config";
    auto const folder = base + "/systemd/user";
    if (auto const made = make_folders(folder); !made) return context.fail(made.error());
    if (auto const written = write_unit(folder + "/pawld.service", service_with(*pawld)); !written) return context.fail(written.error());
    if (auto const written = write_unit(folder + "/pawld.socket", socket_unit); !written) return context.fail(written.error());
    context.say("written: " + folder + "/pawld.service and pawld.socket");
    context.say("now:");
    context.out() << "systemctl --user daemon-reload\nsystemctl --user enable --now pawld.socket\nloginctl enable-linger\n" << std::flush;
    context.say("Without enable-linger the daemon, and with it the start of new steps, ends with your last login session.");
    return exit_done;
}

}  // namespace

Command daemon_install_command() {
    auto const options = std::make_shared<InstallOptions>();
    return {
        .path = "daemon install",
        .summary = "Write the systemd units of a daemon of your own",
        .text = "It needs --user. Connecting to the socket then starts the daemon. Prints the commands that enable it.",
        .options = {{.names = "--print", .doc = "print the units and write nothing", .into = &options->print}},
        .examples = {{"pawl daemon install --user", ""}},
        .run = [options](Context& context) { return install(context, *options); },
    };
}

}  // namespace pawl::cli
