/* The slot table on disk: what a shim and the daemon know of an attempt, and nothing else. Little-endian, version 1; shared by C and C++.
 * A table is 16,384 slots of 64 bytes. Slot 0 is the header; every other slot is written for one attempt and never used twice.
 * While an attempt lives, its shim holds an fcntl write lock on the 64 bytes of its slot: lock and record together tell all. */
#ifndef PAWL_SLOT_H
#define PAWL_SLOT_H

#include <stddef.h>
#include <stdint.h>

#define PAWL_SLOT_SIZE 64
#define PAWL_TABLE_SLOTS 16384
#define PAWL_TABLE_BYTES (PAWL_TABLE_SLOTS * PAWL_SLOT_SIZE)
#define PAWL_TABLE_MAGIC "PAWLTAB1"
#define PAWL_TABLE_VERSION 1
#define PAWL_SLOT_MAGIC 0x4C574150u /* the bytes "PAWL" */
#define PAWL_SLOT_VERSION 1

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the slot table is little-endian, and this code does not swap bytes"
#endif

enum pawl_slot_state {
    PAWL_CLAIMED = 1,  /* locked by a shim; the command may or may not have been exec'd */
    PAWL_STARTED = 2,  /* the command was exec'd */
    PAWL_EXITED = 3,   /* ended; `result` is the wait status */
    PAWL_EXECFAIL = 4, /* never exec'd; `result` is errno, flags 12 to 15 tell the call */
    PAWL_VOID = 5      /* the daemon revoked the launch: it never started and never will */
};

enum pawl_slot_flag {
    PAWL_TIMEOUT = 1,    /* the step's own timeout struck */
    PAWL_KILLED = 2,     /* the grace ran out */
    PAWL_TERM = 4,       /* the shim was asked to end the attempt */
    PAWL_LOG_CUT = 8,    /* bytes were dropped between head and tail */
    PAWL_LOG_ERROR = 16, /* bytes were lost because the log could not be written */
    PAWL_LEFTOVERS = 32, /* descendants had to be killed */
    PAWL_STUCK = 64,     /* something survived KILL for 10 s */
    PAWL_WORK = 128      /* no process: a worker of the daemon did it, and the file of outputs holds its report */
};
#define PAWL_FAILED_CALL_SHIFT 12

/* The set-up calls of the child, in their order; 0 is none. Stored: never renumber. */
enum pawl_call {
    PAWL_CALL_SETPGID = 1,
    PAWL_CALL_CGROUP = 2,
    PAWL_CALL_OOM = 3,
    PAWL_CALL_DUP2 = 4,
    PAWL_CALL_LIMITS = 5,
    PAWL_CALL_IDS = 6,
    PAWL_CALL_NO_NEW_PRIVS = 7,
    PAWL_CALL_DEATHSIG = 8,
    PAWL_CALL_CHDIR = 9,
    PAWL_CALL_SIGNALS = 10,
    PAWL_CALL_EXECVE = 11,
    PAWL_CALL_VFORK = 12,
    PAWL_CALL_PIPE = 13
};

struct pawl_slot {
    uint32_t magic;
    uint8_t version;
    uint8_t state;
    uint16_t flags;
    uint64_t attempt;
    int32_t shim;  /* pids, for people: never signalled */
    int32_t child;
    int32_t result;
    uint32_t maxrss;    /* KiB */
    int64_t claimed;    /* ns since 1970 */
    int64_t ended;      /* ns since 1970 */
    uint64_t cpu;       /* µs, user and system */
    uint32_t ran;       /* ms on CLOCK_BOOTTIME, saturating */
    uint32_t crc;       /* CRC-32 of the 60 bytes before it */
};

struct pawl_table_header {
    char magic[8];
    uint16_t version;
    uint16_t slot_size;
    uint32_t slots;
    uint8_t instance[16];
    uint8_t boot[16];
    int64_t created; /* ns since 1970 */
    uint32_t epoch;
    uint32_t crc;
};

#ifdef __cplusplus
#define PAWL_STATIC_ASSERT static_assert
#else
#define PAWL_STATIC_ASSERT _Static_assert
#endif
PAWL_STATIC_ASSERT(sizeof(struct pawl_slot) == PAWL_SLOT_SIZE, "a slot is 64 bytes");
PAWL_STATIC_ASSERT(offsetof(struct pawl_slot, state) == 5 && offsetof(struct pawl_slot, flags) == 6, "fixed on disk");
PAWL_STATIC_ASSERT(offsetof(struct pawl_slot, attempt) == 8 && offsetof(struct pawl_slot, shim) == 16, "fixed on disk");
PAWL_STATIC_ASSERT(offsetof(struct pawl_slot, child) == 20 && offsetof(struct pawl_slot, result) == 24, "fixed on disk");
PAWL_STATIC_ASSERT(offsetof(struct pawl_slot, maxrss) == 28 && offsetof(struct pawl_slot, claimed) == 32, "fixed on disk");
PAWL_STATIC_ASSERT(offsetof(struct pawl_slot, ended) == 40 && offsetof(struct pawl_slot, cpu) == 48, "fixed on disk");
PAWL_STATIC_ASSERT(offsetof(struct pawl_slot, ran) == 56 && offsetof(struct pawl_slot, crc) == 60, "fixed on disk");
PAWL_STATIC_ASSERT(sizeof(struct pawl_table_header) == PAWL_SLOT_SIZE, "the header is slot 0");
PAWL_STATIC_ASSERT(offsetof(struct pawl_table_header, instance) == 16 && offsetof(struct pawl_table_header, boot) == 32, "fixed on disk");
PAWL_STATIC_ASSERT(offsetof(struct pawl_table_header, created) == 48 && offsetof(struct pawl_table_header, crc) == 60, "fixed on disk");

#endif
