// pawl status and pawl ping: does the daemon answer, and how is it.
#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/render/when.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

std::string counts(Json const& status, std::string_view group, std::vector<std::pair<std::string_view, std::string_view>> const& members) {
    auto const* object = status.find(group);
    std::string text;
    if (object == nullptr) return text;
    for (auto const& [key, word] : members) {
        if (object->find(key) != nullptr) text += (text.empty() ? "" : ", ") + std::to_string(object->number(key)) + " " + std::string(word);
    }
    return text;
}

int show_status(Context& context) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const status = (*daemon)->get("/v1/status");
    if (!status) return context.fail(status.error());
    if (print_object(context, *status, "state")) return exit_done;
    auto const& look = context.out_look();
    auto const state = status->text("state");
    bool const well = state == "ready";
    std::vector<std::pair<std::string, std::string>> pairs;
    auto const reason = status->text("reason");
    pairs.emplace_back("daemon", painted(look, well ? Paint::green : Paint::yellow, (look.ascii ? (well ? "[ok] " : "[!!] ") : (well ? "✓ " : "! ")) + state) +
                                     (reason.empty() ? "" : ": " + printable(reason)) + ", version " + status->text("version") + ", pid " + std::to_string(status->number("pid")) +
                                     ", up " + span_text_ms(status->number("uptime_ms")));
    pairs.emplace_back("runs", counts(*status, "runs", {{"live", "live"}, {"running", "running"}, {"waiting", "waiting"}, {"queued", "queued"}}));
    pairs.emplace_back("attempts", counts(*status, "attempts", {{"live", "live"}, {"max", "at most"}, {"queued", "queued"}}));
    pairs.emplace_back("workflows", std::to_string(status->number("workflows")));
    if (status->number("memory_kib") > 0) pairs.emplace_back("memory", std::to_string(status->number("memory_kib") / 1024) + "MiB, " + std::to_string(status->number("fds")) + " files open, " + std::to_string(status->number("connections")) + " connections");
    pairs.emplace_back("socket", printable(status->text("socket")));
    pairs.emplace_back("state", printable(status->text("state_dir")));
    context.out() << render_pairs(look, pairs) << std::flush;
    if (state == "draining") context.say("it starts nothing new; take that back with: pawl daemon drain --off");
    if (state == "degraded") context.say("see: pawl doctor");
    return exit_done;
}

int ping(Context& context) {
    auto const daemon = context.daemon();
    if (!daemon) return context.fail(daemon.error());
    auto const pong = (*daemon)->get("/v1/ping");
    if (!pong) return context.fail(pong.error());
    if (!print_object(context, *pong, "version")) context.out() << "pawld " << pong->text("version") << " answers, pid " << pong->number("pid") << '\n';
    return exit_done;
}

}  // namespace

Command status_command() {
    return {.path = "status", .summary = "Show how the daemon is", .examples = {{"pawl status", ""}, {"pawl status -o json", ""}}, .run = show_status};
}

Command ping_command() { return {.path = "ping", .summary = "Ask whether the daemon answers", .examples = {{"pawl ping", ""}}, .run = ping}; }

}  // namespace pawl::cli
