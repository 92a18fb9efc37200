// Approved texts and the run that most tests show.
#include "tests/unit/cli/bench.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace pawl::cli::test {

bool approved(std::string const& name, std::string const& text) {
    auto const path = std::string(PAWL_SOURCE_DIR) + "/tests/unit/cli/approved/" + name;
    if (std::getenv("PAWL_APPROVE") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
        return true;
    }
    std::ifstream file(path, std::ios::binary);
    std::string const expected(std::istreambuf_iterator<char>(file), {});
    if (expected == text) return true;
    std::cerr << "--- " << name << " is approved as\n" << expected << "--- and is now\n" << text << "--- (PAWL_APPROVE=1 accepts it)\n";
    return false;
}

std::string failed_run_json() {
    return R"({"id":812,"workflow":"nightly-backup","version":12,"status":"failed","reason":"exit","created_at":"2026-11-24T02:31:07.000Z",
"started_at":"2026-11-24T02:31:07.000Z","ended_at":"2026-11-24T02:35:19.000Z","duration_ms":252000,"priority":0,"attempt":1,"uid":1000,"failed_step":"compress",
"cancel_requested":false,"inputs":{},"vars":{},"outputs":{},"event":null,"journal_seq":12,"file":"flows/backup.yaml","line":1,"steps":[
{"id":"dump","status":"succeeded","attempts":1,"carried":false,"section":"steps","needs":[],"outputs":null,"started_at":"2026-11-24T02:31:07.000Z","ended_at":"2026-11-24T02:33:17.000Z","duration_ms":130000,
 "tries":[{"id":1,"number":1,"status":"succeeded","exit_code":0,"launched_at":"2026-11-24T02:31:07.000Z","ended_at":"2026-11-24T02:33:17.000Z","ran_ms":130000,"cpu_ms":90000,"max_rss_kib":20480,"log_cut":false,"resumed":false}]},
{"id":"compress","status":"failed","reason":"exit","exit_code":70,"attempts":1,"carried":false,"section":"steps","needs":["dump"],"outputs":null,"started_at":"2026-11-24T02:33:17.000Z","ended_at":"2026-11-24T02:35:17.000Z","duration_ms":120000,
 "explain":{"retry.if":{"step.exit_code":70}},"tries":[{"id":2,"number":1,"status":"failed","reason":"exit","exit_code":70,"launched_at":"2026-11-24T02:33:17.000Z","ended_at":"2026-11-24T02:35:17.000Z","ran_ms":120000,"cpu_ms":110000,"max_rss_kib":51200,"log_cut":false,"resumed":false}]},
{"id":"upload","status":"skipped","reason":"upstream","attempts":0,"carried":false,"section":"steps","needs":["compress"],"outputs":null,"tries":[]},
{"id":"page","status":"succeeded","attempts":1,"carried":false,"section":"on_failure","needs":[],"outputs":null,"duration_ms":400,"tries":[]},
{"id":"clean","status":"succeeded","attempts":1,"carried":false,"section":"finally","needs":[],"outputs":null,"duration_ms":100,"tries":[]}]})";
}

std::string nightly_yaml() {
    return R"(kind: workflow
name: nightly-backup
inputs: {database: {type: string, default: orders}, dry: {type: bool, default: false}}
steps:
  - id: dump
    run: pg_dump orders > dump
  - id: compress
    run: zstd dump
    idempotent: true
    retry: {max_attempts: 3, if: "step.exit_code in [1, 75]"}
  - id: upload
    run: upload dump.zst
on_failure: [{id: page, run: page me}]
finally: [{id: clean, run: rm -f dump}]
)";
}

}  // namespace pawl::cli::test
