/* The parts of pawl-shim. One attempt at a time, one thread, no allocation but for its spec and its log's tail. */
#ifndef PAWL_SHIM_H
#define PAWL_SHIM_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "daemon/shim/protocol.h"

#define NS_PER_MS 1000000
#define UNKILLABLE_AFTER_MS 10000 /* what lives so long after KILL sleeps uninterruptibly */
#define DRAIN_MS_MAX 2000         /* how long a stranger who holds our pipe can keep us after the end */

int64_t now_ns(clockid_t clock);
int64_t boot_ms(void); /* CLOCK_BOOTTIME: goes on while the machine sleeps */
uint32_t crc32_of(void const* bytes, size_t size);

/* spec.c: the launch as the daemon wrote it, checked. */
struct spec {
    struct pawl_spec head;
    char const* dir;
    char** argv; /* NULL-terminated, pointing into `bytes` */
    char** env;
    char* bytes;
};
int spec_read(struct spec* spec, int fd, uint64_t attempt); /* 0, or -1: not a whole spec for this attempt */
void spec_free(struct spec* spec);

/* slot.c: the record on disk. */
struct claim {
    int table; /* -1: none */
    off_t offset;
    struct pawl_slot record;
};
int slot_claim(struct claim* claim, int table, uint32_t slot, uint64_t attempt); /* 0, or -1: busy or used */
void slot_write(struct claim* claim, uint8_t state); /* returns only when the record is written: holding the lock means alive */
void slot_release(struct claim* claim);

/* child.c: from vfork to execve. */
struct failure {
    int call; /* enum pawl_call; 0: none */
    int error;
};
/* The pid, or -1 with `failure` filled. `cgroup` may be -1. */
pid_t child_start(struct spec const* spec, int out, int err, int cgroup, struct failure* failure);
void child_learn_oom_score(void); /* once, at the start */

/* pump.c: two pipes into one log with a cap, and its index. */
struct tail_mark {
    uint64_t at; /* in bytes said, not in bytes kept */
    uint32_t ms;
    uint8_t stream;
};
struct pump {
    int log, index; /* -1: none */
    int pipe[2];    /* read ends of stdout and stderr; -1: at its end */
    int64_t claimed_ms;
    uint64_t head_max, tail_max;
    uint64_t said;    /* bytes the child said in all */
    uint64_t written; /* bytes in the log */
    uint64_t records; /* in the index */
    uint32_t last_ms;
    uint8_t last_stream;
    char* ring;
    uint64_t ring_said; /* bytes that went to the ring, now overwritten or not */
    struct tail_mark* marks;
    uint64_t marks_made;
    int lost; /* the log refused some bytes */
    int cut;
};
void pump_open(struct pump* pump, struct spec const* spec, int log, int index, int64_t claimed_ms);
void pump_read(struct pump* pump, int which); /* after poll said so: one read, one write */
void pump_drain(struct pump* pump);           /* to the end of both pipes, at most DRAIN_MS_MAX */
void pump_finish(struct pump* pump);          /* writes the ring, closes everything */

/* descendants.c: what the child left behind. */
struct usage {
    uint64_t cpu_us;
    uint32_t maxrss_kib;
    int leftovers; /* some had to be killed */
};
void usage_add(struct usage* usage, struct rusage const* rusage);
int end_descendants(struct usage* usage, int cgroup, int signals); /* 0: none is left; -1: something survives KILL */

#endif
