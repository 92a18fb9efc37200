// The journal of a run as it grows. Each piece is what was committed behind the last row told, so that no row is lost or told twice, whatever
// pokes come, and whenever a client comes back with its Last-Event-ID.
#include <string>
#include <utility>

#include "common/wire/sse.h"
#include "daemon/api/decode.h"
#include "daemon/api/routes.h"
#include "daemon/api/stream.h"
#include "daemon/core/run_json.h"

namespace pawl::api {
namespace {

/// The journal row that ends a run: run.succeeded and its like.
bool ends_run(JournalRow const& row) {
    if (!row.kind.starts_with("run.")) return false;
    auto const state = run_state_named(std::string_view(row.kind).substr(4));
    return state && is_final(*state);
}

class RunStream final : public Stream {
public:
    RunStream(Core& core, std::shared_ptr<Exchange> exchange, RunId run, std::int64_t after, bool follow, bool lines)
        : Stream(core, std::move(exchange), lines ? ndjson_type : sse_type), run_(run), after_(after), follow_(follow), lines_(lines) {}

private:
    struct Piece {
        std::string text;
        std::int64_t last = 0;  ///< newest row in it; 0: none
        bool full = false;      ///< there may be more at once
        bool run_over = false;  ///< nothing can follow this piece
    };
    static constexpr int rows_max = 500;

    static void append(std::string& out, JournalRow const& row, bool lines) {
        std::string const data = dump_json(journal_json(row));
        if (lines) out += data + "\n";
        else wire::append_sse_event(out, std::to_string(row.seq), row.kind, data);
    }

    static Result<Piece> read_piece(Reader& reader, RunId run, std::int64_t after, bool lines, bool first) {
        Piece piece;
        if (first) {
            // Read before the rows: when the run has ended by now, the rows below are all it will ever have.
            auto const shown = reader.run(run);
            if (!shown) return shown.error();
            auto const state = run_state_named(shown->text("status"));
            piece.run_over = state && is_final(*state);
        }
        auto const rows = reader.journal(run, after, rows_max);
        if (!rows) return rows.error();
        for (JournalRow const& row : *rows) {
            append(piece.text, row, lines);
            piece.last = row.seq;
            if (ends_run(row)) piece.run_over = true;
        }
        piece.full = static_cast<int>(rows->size()) == rows_max;
        return piece;
    }

    void fetch() override {
        bool const over_before = has_run_ended();
        core().read<Piece>(
            [run = run_, after = after_, lines = lines_, first = !std::exchange(begun_, true)](Reader& reader) {
                return read_piece(reader, run, after, lines, first);
            },
            [self = weak_from_this(), over_before](Core&, Result<Piece> piece) {
                if (auto const stream = std::static_pointer_cast<RunStream>(self.lock())) stream->take(std::move(piece), over_before);
            });
    }

    void take(Result<Piece> piece, bool over_before) {
        if (!piece) return fail(piece.error());
        if (piece->last > 0) after_ = piece->last;
        over_ = over_ || piece->run_over || over_before;
        Next next = Next::wait;
        if (piece->full) next = Next::fetch;
        else if (over_ || !follow_) next = Next::end;
        deliver(std::move(piece->text), next);
    }

    RunId run_;
    std::int64_t after_;
    bool follow_, lines_;
    bool begun_ = false, over_ = false;
};

}  // namespace

Result<Decoded> run_events(Asked const& asked) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    auto const follow = decode_flag(asked.http.query, "follow");
    if (!follow) return follow.error();
    Query places = asked.http.query;
    if (std::string const last = asked.header("last-event-id"); !last.empty()) places["after"] = last;
    auto const after = decode_number(places, "after", 0, INT64_MAX);
    if (!after) return after.error();
    bool const lines = asked.accepts(ndjson_type);
    return Decoded{"run/" + asked.parts[0], [id = *id, after = *after, follow = *follow, lines](Core& core, Ticket ticket) {
        auto const stream = std::make_shared<RunStream>(core, core.take(ticket), id, after, follow, lines);
        core.add_stream(id, stream);  // before the first read: a change during it is a poke
        stream->begin();
    }};
}

}  // namespace pawl::api
