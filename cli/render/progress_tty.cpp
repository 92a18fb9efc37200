// Draws the picture in place: at most ten frames a second, only on change, lines that stayed the same are not written again.
#include <algorithm>
#include <chrono>
#include <ostream>

#include "cli/render/progress.h"

namespace pawl::cli {
namespace {

constexpr auto frame_gap = std::chrono::milliseconds(100);
constexpr std::string_view begin_synchronized = "\x1b[?2026h", end_synchronized = "\x1b[?2026l";
constexpr std::string_view hide_cursor = "\x1b[?25l", show_cursor = "\x1b[?25h";
constexpr std::string_view erase_line_end = "\x1b[K", erase_below = "\x1b[J";

class TtyProgress final : public Progress {
public:
    TtyProgress(std::ostream& out, Look look, Screen screen) : out_(out), look_(look), screen_(std::move(screen)) {}
    ~TtyProgress() override {
        if (!hidden_) return;
        out_ << show_cursor << std::flush;
    }
    TtyProgress(TtyProgress&&) = delete;

    void event(RunView const&, JournalEvent const&) override {}
    void line(RunView const&, LogLine const&) override {}

    void tick(RunView const& run, UtcTime now) override {
        if (was_continued()) drawn_at_ = UtcTime{};
        if (!drawn_at_) drawn_at_ = now;  // a run that ends within one frame is shown by its end alone
        if (now - *drawn_at_ < frame_gap && now >= *drawn_at_) return;
        draw(run, now);
    }

    void note(std::string_view text) override {
        (void)was_continued();
        std::string update = to_top();
        update += std::string(text) + std::string(erase_line_end) + "\n" + std::string(erase_below);
        out_ << update << std::flush;
        lines_.clear();
        drawn_at_ = UtcTime{};
    }

    void finish(RunView const& run, UtcTime now) override {
        (void)was_continued();
        std::string update = to_top() + std::string(erase_below);
        Look narrow = look_;
        narrow.width = screen_.columns();
        for (auto const& line : progress_result(narrow, run, now)) update += line + "\n";
        if (hidden_) update += show_cursor;
        out_ << update << std::flush;
        hidden_ = false;
        lines_.clear();
    }

private:
    /// After a stop the cursor stands below what the shell printed: a fresh picture begins there, the old one is left alone.
    bool was_continued() {
        int const continues = screen_.continues();
        if (continues == continues_seen_) return false;
        continues_seen_ = continues;
        hidden_ = false;  // whoever stopped us has given the cursor back
        lines_.clear();
        return true;
    }

    /// A narrower terminal has broken the lines that were drawn for the old width, a shorter one has scrolled the first of them away.
    std::size_t rows_drawn() const {
        std::size_t const columns = std::max<std::size_t>(screen_.columns(), 1);
        std::size_t rows = 0;
        for (auto const& line : lines_) rows += std::max<std::size_t>((visible_width(line) + columns - 1) / columns, 1);
        std::size_t const there = screen_.rows();
        return there > 1 ? std::min(rows, there - 1) : rows;
    }

    std::string to_top() const { return lines_.empty() ? "\r" : "\x1b[" + std::to_string(rows_drawn()) + "A\r"; }

    void draw(RunView const& run, UtcTime now) {
        look_.width = screen_.columns();
        auto const rows = screen_.rows();
        bool const resized = look_.width != width_drawn_ || rows != rows_seen_;
        // The last column stays free: a full line would make some terminals wrap.
        Look narrow = look_;
        narrow.width = look_.width > 1 ? look_.width - 1 : 1;
        auto lines = progress_frame(narrow, run, now, rows > 2 ? rows - 1 : 1);
        drawn_at_ = now;
        if (lines == lines_ && !resized) return;
        std::string update(begin_synchronized);
        if (!hidden_) update += hide_cursor;
        hidden_ = true;
        update += to_top();
        if (resized) update += erase_below;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            bool const same = !resized && i < lines_.size() && lines_[i] == lines[i];
            if (!same) update += lines[i] + std::string(erase_line_end);
            update += "\n";
        }
        if (lines.size() < lines_.size()) update += erase_below;
        update += end_synchronized;
        out_ << update << std::flush;
        lines_ = std::move(lines);
        width_drawn_ = look_.width;
        rows_seen_ = rows;
    }

    std::ostream& out_;
    Look look_;
    Screen screen_;
    std::vector<std::string> lines_;  ///< on the screen, the cursor is below the last
    std::optional<UtcTime> drawn_at_;
    std::size_t width_drawn_ = 0, rows_seen_ = 0;
    int continues_seen_ = 0;
    bool hidden_ = false;
};

}  // namespace

std::unique_ptr<Progress> tty_progress(std::ostream& out, Look look, Screen screen) {
    return std::make_unique<TtyProgress>(out, look, std::move(screen));
}

}  // namespace pawl::cli
