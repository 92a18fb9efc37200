#include "daemon/api/log_pieces.h"

#include <algorithm>
#include <utility>

#include "common/base/error_codes.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/wire/sse.h"
#include "daemon/api/decode.h"
#include "daemon/io/log_file.h"

namespace pawl::api {
namespace {

constexpr std::size_t piece_bytes_max = 128u << 10;

/// Attempts that the wish means, by id upwards.
std::vector<LogPlace> places_of(Json const& run, LogWish const& wish) {
    std::vector<LogPlace> places;
    Json const* steps = run.find("steps");
    if (steps == nullptr || !steps->is_list()) return places;
    for (Json const& step : steps->as_list()) {
        std::string const id = step.text("id");
        Json const* tries = step.find("tries");
        bool const is_wished = wish.step.empty() || wish.step == id || (wish.step == step.text("item_of") && !wish.raw && wish.number == 0);
        if (!is_wished || tries == nullptr || !tries->is_list()) continue;
        for (Json const& attempt : tries->as_list()) {
            auto const number = static_cast<int>(attempt.number("number"));
            if (wish.number != 0 && number != wish.number) continue;
            auto const launched = parse_utc(attempt.text("launched_at"));
            places.push_back({AttemptId{attempt.number("id")}, id, number, launched ? launched->time_since_epoch().count() : 0,
                              attempt.find("ended_at") != nullptr, 0, false});
        }
    }
    std::ranges::sort(places, {}, &LogPlace::attempt);
    return places;
}

bool has_step(Json const& run, std::string const& id) {
    Json const* steps = run.find("steps");
    return steps != nullptr && steps->is_list() && std::ranges::any_of(steps->as_list(), [&](Json const& step) { return step.text("id") == id; });
}

std::uint64_t count_lines(LogFile const& log) {
    std::uint64_t lines = 0;
    bool open_line = false;
    for (std::uint64_t offset = 0;;) {
        auto const chunks = log.read(offset, piece_bytes_max);
        if (chunks.empty()) return lines + (open_line ? 1 : 0);
        for (LogChunk const& chunk : chunks) {
            lines += static_cast<std::uint64_t>(std::ranges::count(chunk.bytes, '\n'));
            open_line = chunk.bytes.back() != '\n';
            offset = chunk.offset + chunk.bytes.size();
        }
    }
}

/// Moves the places so that the last `wish.tail` lines of all logs together are left.
Status skip_to_tail(RunFiles const& files, LogWish const& wish, std::vector<LogPlace>& places) {
    std::uint64_t left = wish.tail;
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
        auto const log = LogFile::open(files, place->attempt, wish.run);
        if (!log) return log.error();
        place->offset = left == 0 ? log->size() : log->tail_offset(left);
        if (left > 0) left = place->offset > 0 ? 0 : left - std::min(left, count_lines(*log));
    }
    return Done{};
}

/// Takes over new attempts and ends of attempts. The first list also decides where to begin.
Status update(RunFiles const& files, LogWish const& wish, Json const& run, std::vector<LogPlace>& places, bool first) {
    if (!wish.step.empty() && !has_step(run, wish.step))
        return Error{code::not_found, "run " + std::to_string(wish.run.value) + " has no step '" + printable(wish.step) + "'", std::nullopt, "", Severity::error, {}, {}};
    auto found = places_of(run, wish);
    if (wish.raw && found.size() > 1) found.erase(found.begin(), found.end() - 1);
    if (wish.number != 0 && found.empty())
        return Error{code::not_found, "'" + printable(wish.step) + "' has no attempt " + std::to_string(wish.number), std::nullopt, "", Severity::error, {}, {}};
    if (wish.raw && !first && !places.empty()) {
        // Bytes of one attempt: a newer one is another stream.
        std::erase_if(found, [&](LogPlace const& place) { return place.attempt != places[0].attempt; });
        if (found.empty()) places[0].over = true;
    }
    for (LogPlace& place : found) {
        auto const known = std::ranges::find(places, place.attempt, &LogPlace::attempt);
        if (known != places.end()) {
            known->over = place.over;
            continue;
        }
        if (wish.resume) wish.resume->apply(place);
        else if (first) place.offset = wish.offset;
        places.push_back(std::move(place));
    }
    if (first && wish.tail > 0 && !wish.resume) return skip_to_tail(files, wish, places);
    return Done{};
}

std::string_view name_of(LogStream stream) { return stream == LogStream::err ? "stderr" : "stdout"; }

/// How much of `bytes` ends at a whole character; an unfinished one at the end is left for the next piece.
std::size_t whole_characters(std::string_view bytes) {
    std::size_t const bad = find_invalid_utf8(bytes);
    bool const unfinished = bad != std::string_view::npos && bytes.size() - bad < 4 && (static_cast<unsigned char>(bytes[bad]) & 0xc0) == 0xc0;
    return unfinished && bad > 0 ? bad : bytes.size();
}

void append_event(std::string& out, std::vector<LogPlace> const& places, LogPlace const& place, LogChunk const& chunk, std::string_view bytes) {
    JsonMap data{{"step", place.step}, {"attempt", place.number}};
    if (chunk.stream != LogStream::mark) data.append("stream", name_of(chunk.stream));
    auto const at = UtcTime(Duration(place.launched_us)) + std::chrono::milliseconds(chunk.ms.value_or(0));
    if (chunk.ms) data.append("at", format_utc(at));
    data.append("text", bytes);
    data.append("offset", chunk.offset);
    if (find_invalid_utf8(bytes) != std::string_view::npos) data.append("base64", base64(bytes));
    wire::append_sse_event(out, format_places(places), chunk.stream == LogStream::mark ? "cut" : "log", dump_json(data));
}

/// Appends what is new of one attempt. False: the piece is full.
Result<bool> read_place(RunFiles const& files, LogWish const& wish, LogPiece& piece, LogPlace& place, std::size_t& left) {
    auto const log = LogFile::open(files, place.attempt, wish.run);
    if (!log) return log.error();
    while (left > 0) {
        auto const chunks = log->read(place.offset, left);
        std::uint64_t read_to = place.offset;
        for (LogChunk const& chunk : chunks) {
            bool const last = &chunk == &chunks.back();
            std::string_view bytes = chunk.bytes;
            if (last && !wish.raw && !(place.over && chunk.offset + bytes.size() >= log->size())) bytes = bytes.substr(0, whole_characters(bytes));
            place.offset = chunk.offset + bytes.size();
            read_to = chunk.offset + chunk.bytes.size();
            left -= std::min(left, chunk.bytes.size());
            if (wish.raw) piece.text += bytes;
            else append_event(piece.text, piece.places, place, chunk, bytes);
        }
        if (read_to < log->size() && !chunks.empty()) continue;
        place.done = place.over && place.offset >= read_to;  // else half a character waits for its rest
        return true;
    }
    return false;
}

}  // namespace

Result<LogPiece> read_log_piece(Reader& reader, RunFiles const& files, LogWish const& wish, std::vector<LogPlace> places, bool list) {
    LogPiece piece;
    if (list) {
        // Before the bytes are read: an attempt that has ended by now has written all it will ever write.
        auto const run = reader.run(wish.run);
        if (!run) return run.error();
        auto const state = run_state_named(run->text("status"));
        piece.run_over = state && is_final(*state);
        bool const first = places.empty();
        if (auto updated = update(files, wish, *run, places, first); !updated) return updated.error();
    }
    piece.places = std::move(places);
    std::size_t left = piece_bytes_max;
    for (LogPlace& place : piece.places) {
        if (place.done) continue;
        auto const read = read_place(files, wish, piece, place, left);
        if (!read) return read.error();
        piece.more = !*read;
        if (piece.more) break;
    }
    return piece;
}

std::string base64(std::string_view bytes) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::size_t const count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) out += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

}  // namespace pawl::api
