// Reads the logs of a run piece by piece, on the read worker: what lies behind the places told so far, as events or as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "daemon/api/log_positions.h"
#include "daemon/io/run_files.h"
#include "daemon/store/reader.h"

namespace pawl::api {

/// Which logs, and from where.
struct LogWish {
    RunId run;
    std::string step;                    ///< empty: all
    int number = 0;                      ///< attempt within the step; 0: all, for `raw` the last one
    std::uint64_t offset = 0;            ///< of the single attempt that is named
    std::uint64_t tail = 0;              ///< only the last lines; 0: all
    bool raw = false;                    ///< bytes, not events
    std::optional<ResumePoint> resume;
};

struct LogPiece {
    std::string text;
    std::vector<LogPlace> places;        ///< after this piece
    bool more = false;                   ///< there is more to read at once
    bool run_over = false;               ///< the run has ended (told when the attempts were listed)
};

/// `places`: as after the last piece. `list`: looks for new attempts and ended ones first; needed for the first piece.
Result<LogPiece> read_log_piece(Reader& reader, RunFiles const& files, LogWish const& wish, std::vector<LogPlace> places, bool list);

std::string base64(std::string_view bytes);

}  // namespace pawl::api
