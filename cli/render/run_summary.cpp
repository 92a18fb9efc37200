// The face of a failure: what ended it, where it is written, why it was not tried again, what did not run, the last words, the next commands.
#include "cli/render/run_summary.h"

#include <algorithm>

#include "cli/output.h"
#include "cli/render/log_text.h"
#include "cli/render/run_view.h"
#include "cli/render/shell_word.h"
#include "cli/render/when.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::size_t names_shown = 5;

std::optional<int> exit_code_in(Json const& step) {
    auto const* code = step.find("exit_code");
    return code != nullptr && code->is_int() ? std::optional(static_cast<int>(code->as_int())) : std::nullopt;
}

JsonList const& steps_of(Json const& run) {
    static JsonList const none;
    auto const* steps = run.find("steps");
    return steps != nullptr && steps->is_list() ? steps->as_list() : none;
}

std::string labelled(Look const& look, std::string_view label, std::string const& text) {
    return "  " + painted(look, Paint::dim, pad_right(label, 5)) + "  " + text + "\n";
}

std::string listed(std::vector<std::string> const& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), names_shown); ++i) text += (i > 0 ? ", " : "") + names[i];
    if (names.size() > names_shown) text += " and " + std::to_string(names.size() - names_shown) + " more";
    return text;
}

bool ended_badly(Json const& step) {
    auto const status = step.text("status");
    return status == "failed" || status == "lost" || status == "cancelled" || status == "skipped";
}

/// "upload (needs compress)": a step that was skipped, with the needs that kept it from running.
std::string not_run_text(Json const& run, Json const& step) {
    std::string needs;
    if (auto const* list = step.find("needs"); list != nullptr && list->is_list()) {
        for (auto const& need : list->as_list()) {
            auto const* other = need.is_string() ? step_of(run, need.as_string()) : nullptr;
            if (other != nullptr && ended_badly(*other)) needs += (needs.empty() ? "" : ", ") + need.as_string();
        }
    }
    return step.text("id") + (needs.empty() ? "" : " (needs " + needs + ")");
}

std::string not_run_line(Look const& look, Json const& run) {
    std::vector<std::string> not_run, ran;
    for (auto const& step : steps_of(run)) {
        auto const status = step.text("status");
        auto const section = step.text("section", "steps");
        bool const idle = status == "skipped" || status == "pending";
        if (!step.text("item_of").empty()) continue;
        if (section == "steps" && idle && step.text("reason") != "condition") not_run.push_back(not_run_text(run, step));
        if (section != "steps" && !idle) ran.push_back(section + " " + step.text("id") + (ended_badly(step) ? " (" + status + ")" : ""));
    }
    std::string line;
    if (!not_run.empty()) line += painted(look, Paint::dim, "not run:") + " " + printable(listed(not_run));
    if (!ran.empty()) line += (line.empty() ? "" : "            ") + painted(look, Paint::dim, "ran:") + " " + printable(listed(ran));
    return line.empty() ? "" : "  " + line + "\n";
}

std::string where_text(Json const& run, FailureFacts const& facts) {
    auto text = facts.where;
    if (!facts.has_file) {
        auto const* only = failed_step_of(run);
        auto const tried = only == nullptr ? 0 : only->number("attempts");
        return tried > 1 ? "attempt " + std::to_string(tried) + " of " + std::to_string(facts.attempts_max) : "";
    }
    if (text.empty() && !run.text("file").empty()) {
        text = run.text("file") + (run.number("line") > 0 ? ":" + std::to_string(run.number("line")) : "");
    }
    if (run.number("version") > 0) text += (text.empty() ? "version " : ", version ") + std::to_string(run.number("version"));
    auto const* step = failed_step_of(run);
    auto const attempts = step == nullptr ? 0 : step->number("attempts");
    if (attempts > 0 && facts.attempts_max > 0) {
        text += ", attempt " + std::to_string(attempts) + " of " + std::to_string(facts.attempts_max);
    } else if (attempts > 1) {
        text += ", attempt " + std::to_string(attempts);
    }
    return printable(text);
}

std::string next_line(Look const& look, Json const& run, FailureFacts const& facts) {
    if (facts.next) return facts.next->empty() ? "" : labelled(look, "next", printable(*facts.next));
    auto const id = std::to_string(run.number("id"));
    std::string const gap = "    ";
    auto const* step = failed_step_of(run);
    if (step == nullptr) return labelled(look, "next", "pawl inspect " + id + gap + "pawl why " + id + gap + "pawl retry " + id);
    auto const name = shell_word(step->text("id"));
    if (step->text("status") == "lost") {
        return labelled(look, "next", "pawl logs " + id + " " + name + gap + "pawl resolve " + id + " " + name + " --as success|failed|retry");
    }
    std::string logs = step->number("attempts") > 0 ? "pawl logs " + id + " " + name + gap : "";
    return labelled(look, "next", logs + "pawl why " + id + " " + name + gap + "pawl retry " + id);
}

std::string headline(Look const& look, Json const& run, std::string_view status, UtcTime now) {
    std::string text = std::string(trim(symbol_of(look, status))) + " run " + std::to_string(run.number("id")) + " " + printable(run.text("workflow")) + " " + std::string(status);
    if (status == "skipped" || (status == "cancelled" && run.text("started_at").empty())) {
        if (!run.text("reason").empty() && run.text("reason") != status) text += " (" + run.text("reason") + ")";
    } else if (auto const lasted = lasted_text(run, now); !lasted.empty()) {
        text += " after " + lasted;
    }
    if (status == "failed") text += ": " + printable(failure_text(run));
    return painted(look, paint_of(status), text) + "\n";
}

}  // namespace

Json const* step_of(Json const& run, std::string_view id) {
    for (auto const& step : steps_of(run)) {
        if (step.text("id") == id) return &step;
    }
    return nullptr;
}

Json const* failed_step_of(Json const& run) {
    auto const name = run.text("failed_step");
    if (name.empty()) return nullptr;
    for (auto const& step : steps_of(run))
        if (step.text("item_of") == name && (step.text("status") == "failed" || step.text("status") == "lost")) return &step;
    return step_of(run, name);
}

bool step_timed_out(Json const& run) {
    auto const* step = failed_step_of(run);
    return step != nullptr && step->text("reason") == "timeout";
}

std::string failure_text(Json const& run) {
    auto const* step = failed_step_of(run);
    if (step != nullptr) {
        return step->text("id") + " " + how_it_ended(step->text("status"), step->text("reason"), exit_code_in(*step), static_cast<int>(step->number("signal")), step->text("message"));
    }
    if (run.text("reason") == "timeout") return "the run's timeout has passed";
    if (run.text("reason") == "concurrency") return "another run of its group was active";
    if (!run.text("message").empty()) return run.text("message");
    if (!run.text("failed_step").empty()) return run.text("failed_step") + " failed";
    return run.text("reason").empty() ? "no reason was recorded" : run.text("reason");
}

std::string run_summary(Look const& look, Json const& run, FailureFacts const& facts, UtcTime now) {
    auto const status = run.text("status");
    auto out = headline(look, run, status, now);
    if (status == "skipped") {
        if (!run.text("message").empty()) out += labelled(look, "why", printable(run.text("message")));
        return facts.next ? out : out + labelled(look, "next", "pawl why " + std::to_string(run.number("id")));
    }
    if (status == "cancelled") return facts.next ? out + next_line(look, run, facts) : out + labelled(look, "next", "pawl retry " + std::to_string(run.number("id")));
    if (status != "failed") return out;
    if (auto const where = where_text(run, facts); !where.empty()) out += labelled(look, "where", where);
    if (!facts.why.empty()) out += labelled(look, "why", printable(facts.why));
    out += not_run_line(look, run);
    for (auto const& line : facts.log_lines) {
        auto const text = painted(look, Paint::dim, look.ascii ? "| " : "│ ") + log_text(look, line);
        out += "  " + (look.cut && look.width > 4 ? cut_end(look, text, look.width - 2) : text) + "\n";
    }
    return out + next_line(look, run, facts);
}

}  // namespace pawl::cli
