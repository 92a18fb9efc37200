/* Claims a slot and keeps its record. Closing any descriptor of the table would drop the lock: this process has exactly one, the one of
 * the launch, and only pread and pwrite use it, because its offset is shared with the daemon. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/shim/crash.h"
#include "daemon/shim/shim.h"

static int lock_slot(int table, off_t offset) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = PAWL_SLOT_SIZE};
    return fcntl(table, F_SETLK, &lock);
}

static int is_empty(int table, off_t offset) {
    static char const zeros[PAWL_SLOT_SIZE];
    char bytes[PAWL_SLOT_SIZE];
    return pread(table, bytes, sizeof bytes, offset) == (ssize_t)sizeof bytes && memcmp(bytes, zeros, sizeof bytes) == 0;
}

int slot_claim(struct claim* claim, int table, uint32_t slot, uint64_t attempt) {
    claim->table = -1;
    if (slot == 0 || slot >= PAWL_TABLE_SLOTS) return -1;
    off_t const offset = (off_t)slot * PAWL_SLOT_SIZE;
    if (!MUTANT("no_lock_check")) {
        if (lock_slot(table, offset) != 0) return -1;
        CRASH_POINT("shim.locked");
        if (!is_empty(table, offset)) return -1; /* the caller closes the table, which unlocks */
    }
    claim->table = table;
    claim->offset = offset;
    claim->record = (struct pawl_slot){.magic = PAWL_SLOT_MAGIC, .version = PAWL_SLOT_VERSION, .attempt = attempt,
                                       .shim = getpid(), .claimed = now_ns(CLOCK_REALTIME)};
    slot_write(claim, PAWL_CLAIMED);
    return 0;
}

void slot_write(struct claim* claim, uint8_t state) {
    claim->record.state = state;
    claim->record.crc = crc32_of(&claim->record, offsetof(struct pawl_slot, crc));
    struct timespec const pause = {.tv_nsec = 200 * NS_PER_MS};
    while (pwrite(claim->table, &claim->record, sizeof claim->record, claim->offset) != (ssize_t)sizeof claim->record)
        nanosleep(&pause, NULL); /* disk full or failing: alive, never lost */
}

void slot_release(struct claim* claim) {
    close(claim->table);
    claim->table = -1;
}
