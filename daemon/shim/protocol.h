/* What the daemon and a shim say to each other: messages over a SOCK_SEQPACKET socket, the spec of a launch in a sealed memfd, and the
 * log's index. Daemon and shim come from one build, so only the slot table (slot.h) and the index have to be read by later versions. */
#ifndef PAWL_PROTOCOL_H
#define PAWL_PROTOCOL_H

#include <stdint.h>

#include "daemon/shim/slot.h"

#define PAWL_SHIM_SOCKET 3 /* the descriptor a shim finds its socket at */

enum pawl_message_kind {
    PAWL_LAUNCH = 1, /* to the shim, with descriptors: spec, slot table, log, index, and the cgroup's folder if there is one */
    PAWL_STOP = 2,   /* to the shim: ignored unless `attempt` is the one that runs */
    PAWL_DONE = 3    /* from the shim: a wake-up with a code; the truth is in the slot */
};
enum pawl_stop_code { PAWL_STOP_GENTLY = 0, PAWL_STOP_NOW = 1 }; /* stop signal, grace, KILL; or KILL at once */
enum pawl_done_code { PAWL_DONE_RECORDED = 0, PAWL_DONE_BAD_SPEC = 64, PAWL_DONE_REFUSED = 75 };
enum pawl_launch_descriptor { PAWL_FD_SPEC, PAWL_FD_TABLE, PAWL_FD_LOG, PAWL_FD_INDEX, PAWL_FD_CGROUP, PAWL_FD_COUNT };

struct pawl_message {
    uint32_t kind;
    uint32_t epoch; /* for people who read a trace */
    uint32_t slot;
    uint32_t code;
    uint64_t attempt;
};

#define PAWL_SPEC_MAGIC "PAWLSPC1"
#define PAWL_SPEC_BYTES_MAX (8u << 20)
#define PAWL_NO_TIMEOUT UINT64_MAX
enum pawl_spec_flag { PAWL_SPEC_NO_NEW_PRIVS = 1 };

/* Followed by NUL-terminated texts: the folder, argc arguments, envc NAME=value. */
struct pawl_spec {
    char magic[8];
    uint32_t size; /* of header and texts */
    uint32_t crc;  /* of everything, with this field 0 */
    uint64_t attempt;
    uint32_t argc;
    uint32_t envc;
    uint32_t flags;
    int32_t stop_signal;
    uint64_t timeout_ms; /* PAWL_NO_TIMEOUT: none */
    uint64_t grace_ms;
    uint64_t log_head_max;
    uint64_t log_tail_max;
};

enum pawl_log_stream { PAWL_STREAM_MARK = 0, PAWL_STREAM_OUT = 1, PAWL_STREAM_ERR = 2 };

/* From `offset` on the log holds what `stream` said `ms` after the claim. A record is written when stream or millisecond change. */
struct pawl_index_record {
    uint64_t offset;
    uint32_t ms;
    uint8_t stream;
    uint8_t zero;
    uint16_t check; /* low half of the CRC-32 of the 14 bytes before it */
};
#define PAWL_INDEX_RECORD_SIZE 16
#define PAWL_INDEX_RECORDS_MAX (1u << 20) /* 16 MiB: beyond, the last record stands for the rest of the head */

PAWL_STATIC_ASSERT(sizeof(struct pawl_index_record) == PAWL_INDEX_RECORD_SIZE, "fixed on disk");
PAWL_STATIC_ASSERT(sizeof(struct pawl_message) == 24, "no padding on the wire");
PAWL_STATIC_ASSERT(sizeof(struct pawl_spec) == 72, "no padding in the spec");

#endif
