#include "daemon/options.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdlib>

#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl {
namespace {

std::string environment(char const* name) {
    char const* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

Error usage(std::string message) {
    return Error{.code = code::usage, .message = std::move(message), .where = {}, .hint = "pawld --help lists the options"};
}

/// Beside our own program: where a build and a package put pawl-shim.
std::string shim_beside_us() {
    char path[PATH_MAX];
    ssize_t const length = readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0) return "/usr/lib/pawl/pawl-shim";
    std::string const self(path, static_cast<std::size_t>(length));
    std::string const beside = self.substr(0, self.rfind('/')) + "/pawl-shim";
    return access(beside.c_str(), X_OK) == 0 ? beside : "/usr/lib/pawl/pawl-shim";
}

std::string absolute(std::string const& path) {
    if (path.starts_with('/')) return path;
    char folder[PATH_MAX];
    return getcwd(folder, sizeof folder) == nullptr ? path : std::string(folder) + "/" + path;
}

Status fill_defaults(DaemonOptions& options) {
    if (options.shim_path.empty()) options.shim_path = shim_beside_us();
    if (options.system_mode) {
        if (options.state_dir.empty()) options.state_dir = "/var/lib/pawl";
        if (options.socket_path.empty()) options.socket_path = "/run/pawl/pawl.sock";
        return Done{};
    }
    if (options.state_dir.empty()) {
        std::string base = environment("XDG_STATE_HOME");
        if (base.empty() && !environment("HOME").empty()) base = environment("HOME") + "/.local/state";
        if (base.empty()) return usage("neither XDG_STATE_HOME nor HOME is set: name the state folder with --state-dir");
        options.state_dir = base + "/pawl";
    }
    if (options.socket_path.empty()) {
        std::string const base = environment("XDG_RUNTIME_DIR");
        if (base.empty()) return usage("XDG_RUNTIME_DIR is not set: name the socket with --socket");
        options.socket_path = base + "/pawl/pawl.sock";
    }
    return Done{};
}

}  // namespace

Result<DaemonOptions> parse_options(std::vector<std::string> const& arguments) {
    static std::vector<std::string_view> const names{"--help",      "--version", "--foreground", "--user",         "--system",   "--local",
                                                     "--state-dir", "--socket",  "--shim",       "--max-attempts", "--log-level"};
    DaemonOptions options;
    if (geteuid() == 0 && environment("XDG_RUNTIME_DIR").empty()) options.system_mode = true;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string name = arguments[i];
        std::optional<std::string> value;
        if (std::size_t const equals = name.find('='); equals != std::string::npos && name.starts_with("--")) {
            value = name.substr(equals + 1);
            name.resize(equals);
        }
        if (name == "--help" || name == "-h") options.action = DaemonOptions::Action::help;
        else if (name == "--version") options.action = DaemonOptions::Action::version;
        else if (name == "--foreground") continue;  // the only way there is; accepted so that scripts can say it
        else if (name == "--user") options.system_mode = false;
        else if (name == "--system") options.system_mode = true;
        else if (name == "--local") options.local = true;
        else {
            bool const known = std::ranges::find(names, name) != names.end();
            if (!known) {
                std::string_view const near = nearest(name, names);
                Error error = usage("unknown option '" + name + "'");
                if (!near.empty()) error.hint = "did you mean '" + std::string(near) + "'?";
                return error;
            }
            if (!value && i + 1 < arguments.size()) value = arguments[++i];
            if (!value || value->empty()) return usage("'" + name + "' needs a value");
            if (name == "--state-dir") options.state_dir = absolute(*value);
            else if (name == "--socket") options.socket_path = absolute(*value);
            else if (name == "--shim") options.shim_path = absolute(*value);
            else if (name == "--log-level") options.log_level = *value;
            else {
                auto const [end, failed] = std::from_chars(value->data(), value->data() + value->size(), options.attempts_max);
                bool const good = failed == std::errc{} && end == value->data() + value->size();
                if (!good || options.attempts_max < 1 || options.attempts_max > 10'000)
                    return usage("'--max-attempts' is a number from 1 to 10000, not '" + *value + "'");
            }
        }
    }
    if (options.action != DaemonOptions::Action::serve) return options;
    if (Status filled = fill_defaults(options); !filled) return filled.error();
    if (options.socket_path.size() > 107)
        return usage("the socket path has " + std::to_string(options.socket_path.size()) + " bytes, and the kernel takes 107");
    return options;
}

std::string usage_text() {
    return "usage: pawld [options]\n"
           "The daemon of pawl: runs workflows from a store that survives kill -9 and power loss.\n\n"
           "  --state-dir DIR     where the store and the logs live (default $XDG_STATE_HOME/pawl, /var/lib/pawl)\n"
           "  --socket PATH       the Unix socket to listen on (default $XDG_RUNTIME_DIR/pawl/pawl.sock, /run/pawl/pawl.sock)\n"
           "  --user, --system    which of these defaults hold\n"
           "  --max-attempts N    attempts that run at once (default 64)\n"
           "  --local             private to one `pawl run --local`: ends with its parent\n"
           "  --shim PATH         the program pawl-shim (default: beside pawld)\n"
           "  --log-level LEVEL   debug, info, warning or error (default info)\n"
           "  --foreground        accepted; pawld never goes into the background by itself\n"
           "  --help, --version\n\n"
           "example: pawld --state-dir /srv/pawl --socket /run/pawl/pawl.sock\n"
           "pawld(8) tells the rest; `pawl daemon start` starts one in the background.\n";
}

}  // namespace pawl
