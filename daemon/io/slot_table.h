// The daemon's side of a slot table: makes it, reads records, asks who holds a slot, revokes a launch. The format is daemon/shim/slot.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/error.h"
#include "daemon/io/boot_id.h"
#include "daemon/io/unique_fd.h"
#include "daemon/shim/slot.h"

namespace pawl {

inline constexpr std::uint32_t last_slot = PAWL_TABLE_SLOTS - 1;  ///< slots count from 1: slot 0 is the header

using SlotBytes = std::array<std::uint8_t, PAWL_SLOT_SIZE>;

/// What 64 bytes of a slot say. `damaged`: bad CRC, unknown version or state.
enum class SlotContent : std::uint8_t { empty, record, damaged };
struct SlotReading {
    SlotContent content = SlotContent::empty;
    pawl_slot record{};  ///< of `record`
};
SlotReading decode_slot(SlotBytes const& bytes);
SlotBytes encode_slot(pawl_slot record);  ///< fills in magic, version and CRC
/// Empty when the bytes are no header of this version.
std::optional<pawl_table_header> decode_table_header(SlotBytes const& bytes);

/// "shim-7.tab"
std::string table_name(std::uint32_t epoch);
/// The epochs of all tables in the state folder, ascending.
std::vector<std::uint32_t> list_tables(int state_folder);

/// May this folder hold slot tables? No: a network or FUSE file system, or locks of another pid namespace. The error tells what to do.
Status check_locks_work(int state_folder);

/// One open table. There is exactly one in a process for each epoch: closing any descriptor of the file would drop the process's locks on it.
class SlotTable {
public:
    /// A new table, whole on disk (fsync) before this returns. Fails when the epoch has one already.
    static Result<SlotTable> create(int state_folder, std::uint32_t epoch, Uuid const& instance, Uuid const& boot);
    static Result<SlotTable> open(int state_folder, std::uint32_t epoch, Uuid const& instance);

    int fd() const { return fd_.get(); }
    Uuid const& boot() const { return boot_; }

    SlotReading read(std::uint32_t slot) const;
    /// The process that holds the slot; 0: nobody; -1: it cannot be told.
    pid_t holder(std::uint32_t slot) const;
    bool anyone_holds() const;

    enum class Revoked : std::uint8_t { yes, held, used, failed };
    /// Writes VOID into an empty slot, under its lock. `used`: there is a record already, perhaps this very VOID.
    Revoked revoke(std::uint32_t slot, std::uint64_t attempt) const;

    /// Writes a record without a lock: of an attempt that the daemon's own workers have. False: it could not be written.
    bool write(std::uint32_t slot, pawl_slot const& record) const;

private:
    SlotTable(UniqueFd fd, Uuid const& boot) : fd_(std::move(fd)), boot_(boot) {}
    UniqueFd fd_;
    Uuid boot_;
};

}  // namespace pawl
