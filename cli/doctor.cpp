// pawl doctor: looks at everything that commonly goes wrong, and names the next command for each finding.
#include <sys/stat.h>

#include <filesystem>
#include <ostream>

#include "cli/commands.h"
#include "cli/local_daemon.h"
#include "cli/output.h"
#include "cli/sources.h"
#include "common/base/error_codes.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

enum class Health { well, warning, ill };
struct Finding {
    std::string name, message, next;
    Health health = Health::well;
};

Finding look_for_pawld(Context& context) {
    auto const pawld = find_pawld(context);
    if (pawld) return {.name = "program", .message = "pawld is " + *pawld, .next = {}};
    return {.name = "program", .message = pawld.error().message, .next = "set PAWLD=/path/to/pawld", .health = Health::ill};
}

Finding look_at_socket(Context& context) {
    auto const path = context.socket_path();
    struct stat facts {};
    if (::stat(path->c_str(), &facts) != 0) return {.name = "socket", .message = "there is no socket at " + *path, .next = "pawl daemon start", .health = Health::ill};
    if (!S_ISSOCK(facts.st_mode)) return {.name = "socket", .message = *path + " is no socket", .next = "pawl --socket PATH doctor", .health = Health::ill};
    return {.name = "socket", .message = *path, .next = {}};
}

void look_at_daemon(Context& context, std::vector<Finding>& findings) {
    auto const daemon = context.daemon();
    if (!daemon) {
        findings.push_back({.name = "daemon", .message = daemon.error().message, .next = "pawl daemon start", .health = Health::ill});
        return;
    }
    auto const status = (*daemon)->get("/v1/status");
    if (!status) {
        findings.push_back({.name = "daemon", .message = status.error().message, .next = "pawl ping", .health = Health::ill});
        return;
    }
    auto const state = status->text("state");
    if (state == "ready") findings.push_back({.name = "daemon", .message = "ready, pid " + std::to_string(status->number("pid")), .next = {}});
    else if (state == "draining") findings.push_back({.name = "daemon", .message = "it starts nothing new", .next = "pawl daemon drain --off", .health = Health::warning});
    else findings.push_back({.name = "daemon", .message = state + ": " + status->text("reason"), .next = "df -h " + status->text("state_dir"), .health = Health::ill});
    if (status->text("version") != PAWL_VERSION) {
        findings.push_back({.name = "version", .message = "pawld is " + status->text("version") + ", pawl is " PAWL_VERSION, .next = "pawl daemon stop && pawl daemon start", .health = Health::warning});
    }
    auto const* attempts = status->find("attempts");
    if (attempts != nullptr && attempts->number("queued") > 0 && attempts->number("live") >= attempts->number("max")) {
        findings.push_back({.name = "slots", .message = std::to_string(attempts->number("queued")) + " attempts wait: all " + std::to_string(attempts->number("max")) + " slots are taken", .next = "pawl ps", .health = Health::warning});
    }
    auto const* workflows = status->find("workflows");
    if (workflows != nullptr && workflows->is_int() && workflows->as_int() == 0) findings.push_back({.name = "workflows", .message = "nothing is deployed yet", .next = "pawl deploy FILE", .health = Health::warning});
}

/// A user's daemon ends with the last login session unless the user lingers.
std::optional<Finding> look_at_lingering(Context& context) {
    auto const path = context.socket_path();
    bool const user_daemon = path && path->find("/run/user/") != std::string::npos;
    std::error_code error;
    if (!user_daemon || !std::filesystem::exists("/run/systemd/system", error)) return std::nullopt;
    // Not getpwuid: in a static program it would load shared libraries.
    auto const user = context.env("USER").value_or(context.env("LOGNAME").value_or(""));
    if (user.empty()) return std::nullopt;
    if (std::filesystem::exists("/var/lib/systemd/linger/" + user, error)) return Finding{.name = "lingering", .message = "the daemon outlives your login", .next = {}};
    return Finding{.name = "lingering", .message = "the daemon ends with your last login session", .next = "loginctl enable-linger " + user, .health = Health::warning};
}

std::optional<Finding> look_at_locale(Context& context) {
    if (!context.out_look().ascii || context.globals.ascii) return std::nullopt;
    return Finding{.name = "locale", .message = "it is not UTF-8, so symbols are written in ASCII", .next = "export LC_ALL=C.UTF-8", .health = Health::warning};
}

int doctor(Context& context) {
    std::vector<Finding> findings{look_for_pawld(context), look_at_socket(context)};
    look_at_daemon(context, findings);
    if (auto finding = look_at_lingering(context)) findings.push_back(std::move(*finding));
    if (auto finding = look_at_locale(context)) findings.push_back(std::move(*finding));

    bool ill = false;
    JsonList items;
    for (auto const& finding : findings) {
        ill = ill || finding.health == Health::ill;
        Json item;
        item.set("check", finding.name);
        item.set("status", finding.health == Health::well ? "ok" : finding.health == Health::warning ? "warning" : "error");
        item.set("message", finding.message);
        if (!finding.next.empty()) item.set("next", finding.next);
        items.push_back(std::move(item));
    }
    if (context.machine_readable()) {
        Json list;
        list.set("schema_version", 1);
        list.set("items", std::move(items));
        print_list(context, list, {}, "check", "");
        return ill ? exit_failed : exit_done;
    }
    auto const& look = context.out_look();
    for (auto const& finding : findings) {
        bool const well = finding.health == Health::well;
        auto const paint = well ? Paint::green : finding.health == Health::warning ? Paint::yellow : Paint::red;
        std::string const sign = look.ascii ? (well ? "[ok]  " : finding.health == Health::warning ? "[warn]" : "[FAIL]") : (well ? "✓" : finding.health == Health::warning ? "!" : "✗");
        context.out() << painted(look, paint, sign) << " " << pad_right(finding.name, 10) << " " << printable(finding.message) << "\n";
        if (!finding.next.empty()) context.out() << "             " << painted(look, Paint::dim, "next") << "  " << printable(finding.next) << "\n";
    }
    return ill ? exit_failed : exit_done;
}

}  // namespace

Command doctor_command() {
    return {.path = "doctor",
            .summary = "Look for what commonly goes wrong",
            .text = "Each finding names the next command. Exit code 1 when something is ill.",
            .examples = {{"pawl doctor", ""}},
            .run = doctor};
}

}  // namespace pawl::cli
