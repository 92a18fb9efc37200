// The thread that commits: what arrives while one transaction is written forms the next.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/store/store.h"

namespace pawl {

/// What the writer has to tell. Sent from its thread; the receiver only posts.
struct StoreReport {
    enum class Kind : std::uint8_t { committed, degraded, resumed, fatal };
    Kind kind = Kind::committed;
    std::uint64_t through = 0;  ///< committed: every batch up to this number is durable
    std::string reason;         ///< degraded, fatal: for people ("the disk is full: database or disk is full")
};

/// Tests shorten them; nobody else has a reason to.
struct WriterLimits {
    std::chrono::milliseconds retry_delay{200};
    std::chrono::milliseconds fatal_after{60'000};    ///< of I/O errors without a success between them
    std::chrono::milliseconds last_wait{5'000};       ///< for a refusing disk, at the end
    std::chrono::milliseconds idle_before_checkpoint{1'000};
    std::size_t rows_max = 2'000;                     ///< a transaction; a batch is never split
    std::uint64_t reserve_bytes = 16u << 20;
};

/// Owns the store and its thread. A batch is never dropped: on a full disk it gives the reserve file free, reports `degraded`, and
/// repeats until the batch is stored (every 200 ms, or when another one arrives); I/O errors for 60 s, or a lost fence, are `fatal`.
class Writer {
public:
    /// `reserve`: path of the 16 MiB reserve file; empty: none (tests).
    Writer(std::unique_ptr<Store> store, std::string reserve, std::function<void(StoreReport)> report, WriterLimits limits = {});
    ~Writer();  ///< commits what waits (at most 5 s on a refusing disk), checkpoints, closes clean, joins
    Writer(Writer&&) = delete;

    /// Numbers must follow each other. Never blocks.
    void submit(Batch batch);
    /// Batches handed over and not yet committed.
    std::size_t waiting() const;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace pawl
