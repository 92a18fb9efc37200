// The live picture of a run: one line a step, the newest log lines under those that run, a summary line at the end.
#include <algorithm>
#include <cstdio>

#include "cli/render/log_text.h"
#include "cli/render/progress.h"
#include "cli/render/when.h"
#include "common/base/text.h"

namespace pawl::cli {
namespace {

constexpr std::size_t tail_shown = 3;
constexpr std::size_t bar_cells = 10;

std::string label_of(StepView const& step) {
    if (!step.item_of.empty()) return "  " + step.id.substr(step.item_of.size());
    return step.section == "steps" ? step.id : step.section + " " + step.id;
}

constexpr std::size_t items_shown_max = 8;  ///< of more, only what is busy or went wrong

/// Handlers are no news before they begin.
bool is_shown(RunView const& run, StepView const& step) {
    bool const idle = step.status == "pending" || step.status == "skipped";
    if (step.item_of.empty()) return step.section == "steps" || !idle;
    bool const is_news = is_busy(step) || step.status == "waiting" || step.status == "failed" || step.status == "lost";
    return is_news || (!idle && items_of(run, step.item_of).all <= items_shown_max);
}

std::string items_text(RunView const& run, StepView const& step) {
    auto const counts = items_of(run, step.id);
    auto const all = std::max(step.items, counts.all);
    if (all == 0) return "";
    return std::to_string(counts.done) + "/" + std::to_string(all) + " items" + (counts.bad > 0 ? ", " + std::to_string(counts.bad) + " failed" : "");
}

std::string bar_text(Look const& look, StepView const& step, Duration ran) {
    if (!step.usual || step.usual->count() <= 0) return "";
    auto const share = std::min(0.99, static_cast<double>(ran.count()) / static_cast<double>(step.usual->count()));
    auto const full = static_cast<std::size_t>(share * static_cast<double>(bar_cells) + 0.5);
    std::string bar;
    for (std::size_t i = 0; i < bar_cells; ++i) bar += look.ascii ? (i < full ? "#" : "-") : (i < full ? "█" : "░");
    return bar + " ~" + std::to_string(static_cast<int>(share * 100)) + "%  (p50 " + span_text(*step.usual) + ")";
}

std::string attempt_text(StepView const& step) {
    if (step.attempts_max > 1) return "   attempt " + std::to_string(step.attempt) + "/" + std::to_string(step.attempts_max);
    return step.attempt > 1 ? "   attempt " + std::to_string(step.attempt) : "";
}

std::string needs_text(RunView const& run, StepView const& step) {
    std::string open;
    for (auto const& need : step.needs) {
        auto const* other = run.find(need);
        if (other != nullptr && !is_final_status(other->status)) open += (open.empty() ? "" : ", ") + need;
    }
    return open.empty() ? "" : "waiting for " + open;
}

std::string waiting_text(StepView const& step, UtcTime now) {
    if (step.reason == "approval") return "waiting for approval: " + step.message + (step.due ? ", " + span_text(*step.due - now) + " left" : "");
    if (step.reason == "child") return step.run == 0 ? "starting a run" : "waiting for run " + std::to_string(step.run);
    bool const after_failure = step.attempt > 0 && (step.exit_code || step.signal != 0 || !step.reason.empty());
    if (!step.due) return after_failure ? "waiting to try again" : "waiting" + (step.message.empty() ? "" : ": " + step.message);
    auto const left = span_text(*step.due - now);
    if (!after_failure) return "waiting, " + left + " left";
    return "try " + std::to_string(step.attempt + 1) + " in " + left + ": attempt " + std::to_string(step.attempt) + " " +
           how_it_ended("failed", step.reason, step.exit_code, step.signal, step.message);
}

std::string time_column_text(StepView const& step, UtcTime now) {
    if (!step.started || step.status == "skipped") return "";
    if (step.carried) return "";
    return span_text(step.ended.value_or(now) - *step.started);
}

std::string state_note(Look const& look, RunView const& run, StepView const& step, UtcTime now) {
    if (step.carried) return "done before, in the run this one retries";
    if (auto const items = items_text(run, step); !items.empty() && (step.status == "running" || step.status == "succeeded")) return items;
    if (step.status == "running") return bar_text(look, step, step.started ? now - *step.started : Duration{}) + attempt_text(step);
    if (step.status == "stopping") return "stopping";
    if (step.status == "waiting") return waiting_text(step, now);
    if (step.status == "queued") return "waiting for a free slot";
    if (step.status == "pending") return needs_text(run, step);
    if (step.status == "skipped") return "skipped" + (step.reason.empty() ? "" : " (" + step.reason + ")");
    if (step.status == "cancelled") return "cancelled";
    if (step.status == "succeeded") return step.attempt > 1 ? "at attempt " + std::to_string(step.attempt) : step.message;
    return how_it_ended(step.status, step.reason, step.exit_code, step.signal, step.message);
}

struct Block {
    std::vector<std::string> lines;
    bool busy = false;
    bool done = false;
};

Block block_of(Look const& look, RunView const& run, StepView const& step, std::size_t label_width, UtcTime now) {
    Block block;
    block.busy = is_busy(step) || step.status == "waiting" || step.status == "queued";
    block.done = is_final_status(step.status);
    auto const paint = paint_of(step.status);
    auto const time = time_column_text(step, now);
    auto const note = state_note(look, run, step, now);
    std::string line = painted(look, paint, symbol_of(look, step.status)) + " " + pad_right(printable(label_of(step)), label_width) + "  ";
    // States without a time of their own put their note where the time would stand.
    if (time.empty()) line += printable(note);
    else line += pad_right(time, 4) + "  " + printable(trim(note));
    while (line.ends_with(' ')) line.pop_back();
    block.lines.push_back(cut_end(look, line, look.width));
    if (step.status != "running" && step.status != "stopping") return block;
    auto const first = step.tail.size() > tail_shown ? step.tail.size() - tail_shown : 0;
    for (std::size_t i = first; i < step.tail.size(); ++i) {
        std::string const edge(look.ascii ? "|   " : "│   ");
        block.lines.push_back(cut_end(look, painted(look, Paint::dim, edge) + log_text(look, step.tail[i]), look.width));
    }
    return block;
}

std::vector<Block> blocks_of(Look const& look, RunView const& run, UtcTime now) {
    std::size_t label_width = 8;
    for (auto const& step : run.steps) {
        if (is_shown(run, step)) label_width = std::max(label_width, std::min<std::size_t>(display_width(label_of(step)), 40));
    }
    std::vector<Block> blocks;
    for (auto const& step : run.steps) {
        if (is_shown(run, step)) blocks.push_back(block_of(look, run, step, label_width, now));
    }
    return blocks;
}

/// Longest chain of what is left, by the usual times; empty when one of them is unknown.
std::optional<Duration> time_left(RunView const& run, UtcTime now) {
    std::map<std::string, Duration> ready;
    Duration longest{};
    for (auto const& step : run.steps) {  // needs stand before their dependents or are unknown: a second look is not worth it
        if (step.section != "steps" || !step.item_of.empty() || is_final_status(step.status)) continue;
        if (!step.usual) return std::nullopt;
        Duration left = *step.usual;
        if (step.started) left = std::max(Duration{}, left - (now - *step.started));
        Duration from{};
        for (auto const& need : step.needs) {
            if (auto const found = ready.find(need); found != ready.end()) from = std::max(from, found->second);
        }
        ready[step.id] = from + left;
        longest = std::max(longest, from + left);
    }
    return longest;
}

std::string footer(Look const& look, RunView const& run, UtcTime now) {
    std::size_t done = 0, running = 0, failed = 0, total = 0;
    for (auto const& step : run.steps) {
        if (step.section != "steps" || !step.item_of.empty()) continue;
        ++total;
        if (is_final_status(step.status)) ++done;
        if (is_busy(step)) ++running;
        if (step.status == "failed" || step.status == "lost") ++failed;
    }
    std::string const dot = look.ascii ? " - " : " · ";
    std::string rule;
    for (int i = 0; i < 8; ++i) rule += look.ascii ? "-" : "─";
    std::string text = std::to_string(done) + "/" + std::to_string(total) + " done" + dot + std::to_string(running) + " running" + dot;
    text += painted(look, failed > 0 ? Paint::red : Paint::plain, std::to_string(failed) + " failed");
    if (auto const left = time_left(run, now); left && left->count() > 0) text += dot + "eta ~" + span_text(*left);
    if (run.status == "queued") text += dot + "queued" + (run.message.empty() ? "" : ": " + printable(run.message));
    if (run.status == "stopping") text += dot + painted(look, Paint::yellow, "stopping");
    if (run.status == "finishing") text += dot + "finishing";
    text += dot + "run " + std::to_string(run.id);
    if (!run.connected) text += dot + painted(look, Paint::yellow, "the daemon does not answer; the run goes on, waiting for it");
    return cut_end(look, painted(look, Paint::dim, rule) + " " + text, look.width);
}

std::size_t lines_of(std::vector<Block> const& blocks) {
    std::size_t count = 0;
    for (auto const& block : blocks) count += block.lines.size();
    return count;
}

/// Makes the picture fit: first finished steps give way to one line, then those not begun, then log lines.
std::vector<std::string> squeezed(Look const& look, std::vector<Block> blocks, std::size_t room) {
    std::size_t hidden_done = 0, hidden_later = 0;
    auto const notes = [&] { return static_cast<std::size_t>(hidden_done > 0) + static_cast<std::size_t>(hidden_later > 0); };
    auto const hide = [&](bool done, std::size_t& counter, bool from_back) {
        while (lines_of(blocks) + notes() + (counter == 0 ? 1 : 0) > room) {
            auto const fits = [&](Block const& block) { return !block.busy && block.done == done; };
            if (from_back) {
                auto const found = std::find_if(blocks.rbegin(), blocks.rend(), fits);
                if (found == blocks.rend()) return;
                blocks.erase(std::next(found).base());
            } else {
                auto const found = std::find_if(blocks.begin(), blocks.end(), fits);
                if (found == blocks.end()) return;
                blocks.erase(found);
            }
            ++counter;
        }
    };
    if (lines_of(blocks) > room) hide(true, hidden_done, false);
    if (lines_of(blocks) + notes() > room) hide(false, hidden_later, true);
    for (auto block = blocks.rbegin(); block != blocks.rend() && lines_of(blocks) + notes() > room; ++block) block->lines.resize(1);
    std::string const dots = look.ascii ? "..." : "…";
    std::vector<std::string> lines;
    if (hidden_done > 0) lines.push_back(painted(look, Paint::dim, dots + " " + std::to_string(hidden_done) + " more done"));
    for (auto const& block : blocks) lines.insert(lines.end(), block.lines.begin(), block.lines.end());
    if (hidden_later > 0) lines.push_back(painted(look, Paint::dim, dots + " " + std::to_string(hidden_later) + " more to come"));
    if (lines.size() > room) lines.resize(room);
    return lines;
}

}  // namespace

std::vector<std::string> progress_result(Look const& look, RunView const& run, UtcTime now) {
    std::vector<std::string> lines;
    for (auto& block : blocks_of(look, run, now)) lines.push_back(std::move(block.lines.front()));
    return lines;
}

std::vector<std::string> progress_frame(Look const& look, RunView const& run, UtcTime now, std::size_t rows_max) {
    auto lines = squeezed(look, blocks_of(look, run, now), rows_max > 1 ? rows_max - 1 : 0);
    lines.push_back(footer(look, run, now));
    return lines;
}

}  // namespace pawl::cli
