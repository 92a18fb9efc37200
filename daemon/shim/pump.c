/* Everything the child says goes through here: head, then a ring of the last bytes, which joins the log at the end after a line that tells
 * how many bytes were dropped. It keeps reading past the cap and past a failing disk: a full pipe would stop the child. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/shim/crash.h"
#include "daemon/shim/shim.h"

#define MARKS_MAX 4096u
#define STREAM_UNKNOWN 3 /* older than the ring's marks reach back */

static char chunk[64 * 1024]; /* as much as a pipe holds */

void pump_open(struct pump* pump, struct spec const* spec, int log, int index, int64_t claimed_ms) {
    *pump = (struct pump){.log = log, .index = index, .pipe = {-1, -1}, .claimed_ms = claimed_ms};
    pump->head_max = MUTANT("no_cap") ? UINT64_MAX : spec->head.log_head_max;
    pump->tail_max = spec->head.log_tail_max;
}

static void add_record(struct pump* pump, uint32_t ms, uint8_t stream) {
    int const same = pump->records != 0 && pump->last_ms == ms && pump->last_stream == stream;
    if (same || pump->records >= PAWL_INDEX_RECORDS_MAX) return;
    struct pawl_index_record record = {.offset = pump->written, .ms = ms, .stream = stream};
    record.check = (uint16_t)crc32_of(&record, offsetof(struct pawl_index_record, check));
    /* Readers take the index for a hint: when it cannot be written, only times and streams are missing. */
    if (pwrite(pump->index, &record, sizeof record, (off_t)(pump->records * sizeof record)) != (ssize_t)sizeof record) return;
    ++pump->records;
    pump->last_ms = ms;
    pump->last_stream = stream;
}

static void append(struct pump* pump, char const* bytes, size_t size) {
    while (size != 0) {
        ssize_t const done = pwrite(pump->log, bytes, size, (off_t)pump->written);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) {
            pump->lost = 1;
            return;
        }
        pump->written += (uint64_t)done;
        bytes += done;
        size -= (size_t)done;
    }
}

static int have_ring(struct pump* pump) {
    if (pump->ring != NULL) return 1;
    if (pump->tail_max == 0) return 0;
    pump->ring = malloc(pump->tail_max);
    pump->marks = malloc(MARKS_MAX * sizeof *pump->marks);
    if (pump->ring != NULL && pump->marks != NULL) return 1;
    free(pump->ring);
    free(pump->marks);
    pump->ring = NULL;
    pump->marks = NULL;
    pump->tail_max = 0; /* no memory for a tail: the head stays whole, the rest is counted as dropped */
    return 0;
}

static void mark_ring(struct pump* pump, uint32_t ms, uint8_t stream) {
    if (pump->marks_made != 0) {
        struct tail_mark const* const last = &pump->marks[(pump->marks_made - 1) % MARKS_MAX];
        if (last->ms == ms && last->stream == stream) return;
    }
    pump->marks[pump->marks_made++ % MARKS_MAX] = (struct tail_mark){.at = pump->ring_said, .ms = ms, .stream = stream};
}

static void keep_in_ring(struct pump* pump, char const* bytes, size_t size, uint32_t ms, uint8_t stream) {
    if (!have_ring(pump)) {
        pump->ring_said += size;
        return;
    }
    mark_ring(pump, ms, stream);
    if (size > pump->tail_max) { /* only its end can stay */
        size_t const skipped = size - (size_t)pump->tail_max;
        pump->ring_said += skipped;
        bytes += skipped;
        size -= skipped;
    }
    size_t const at = (size_t)(pump->ring_said % pump->tail_max);
    size_t const first = size < pump->tail_max - at ? size : (size_t)(pump->tail_max - at);
    memcpy(pump->ring + at, bytes, first);
    memcpy(pump->ring, bytes + first, size - first);
    pump->ring_said += size;
}

static void take(struct pump* pump, char const* bytes, size_t size, uint8_t stream) {
    uint32_t const ms = (uint32_t)(boot_ms() - pump->claimed_ms);
    pump->said += size;
    uint64_t const room = pump->ring_said == 0 && pump->head_max > pump->written ? pump->head_max - pump->written : 0;
    size_t const to_head = size < room ? size : (size_t)room;
    if (to_head != 0) {
        add_record(pump, ms, stream);
        append(pump, bytes, to_head);
    }
    if (size > to_head) keep_in_ring(pump, bytes + to_head, size - to_head, ms, stream);
}

void pump_read(struct pump* pump, int which) {
    ssize_t const got = read(pump->pipe[which], chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) return;
    if (got > 0) {
        take(pump, chunk, (size_t)got, which == 0 ? PAWL_STREAM_OUT : PAWL_STREAM_ERR);
        return;
    }
    close(pump->pipe[which]);
    pump->pipe[which] = -1;
}

void pump_drain(struct pump* pump) {
    int64_t const deadline = boot_ms() + DRAIN_MS_MAX;
    while (pump->pipe[0] >= 0 || pump->pipe[1] >= 0) {
        struct pollfd waits[2] = {{.fd = pump->pipe[0], .events = POLLIN}, {.fd = pump->pipe[1], .events = POLLIN}};
        int64_t const left = deadline - boot_ms();
        if (left <= 0 || poll(waits, 2, (int)left) == 0) return; /* a process outside our tree holds the pipe */
        for (int which = 0; which < 2; ++which)
            if (waits[which].revents != 0) pump_read(pump, which);
    }
}

static void append_cut_mark(struct pump* pump, uint64_t dropped) {
    char line[80];
    int const length = snprintf(line, sizeof line, "\n[pawl: %llu bytes dropped]\n", (unsigned long long)dropped);
    add_record(pump, (uint32_t)(boot_ms() - pump->claimed_ms), PAWL_STREAM_MARK);
    append(pump, line, (size_t)length);
    pump->cut = 1;
}

/* Bytes [from, to) as the ring counts them. */
static void append_from_ring(struct pump* pump, uint64_t from, uint64_t to) {
    size_t const at = (size_t)(from % pump->tail_max);
    size_t const size = (size_t)(to - from);
    size_t const first = size < pump->tail_max - at ? size : (size_t)(pump->tail_max - at);
    append(pump, pump->ring + at, first);
    append(pump, pump->ring, size - first);
}

static void append_ring(struct pump* pump) {
    uint64_t at = pump->ring_said > pump->tail_max ? pump->ring_said - pump->tail_max : 0;
    uint64_t const oldest = pump->marks_made > MARKS_MAX ? pump->marks_made - MARKS_MAX : 0;
    if (at != 0) append_cut_mark(pump, at);
    if (pump->marks[oldest % MARKS_MAX].at > at) add_record(pump, 0, STREAM_UNKNOWN);
    for (uint64_t i = oldest; i < pump->marks_made; ++i) {
        struct tail_mark const mark = pump->marks[i % MARKS_MAX];
        uint64_t const end = i + 1 < pump->marks_made ? pump->marks[(i + 1) % MARKS_MAX].at : pump->ring_said;
        if (end <= at) continue;
        if (mark.at > at) append_from_ring(pump, at, mark.at);
        if (mark.at > at) at = mark.at;
        add_record(pump, mark.ms, mark.stream);
        append_from_ring(pump, at, end);
        at = end;
    }
}

void pump_finish(struct pump* pump) {
    if (pump->ring != NULL) append_ring(pump);
    else if (pump->ring_said != 0) append_cut_mark(pump, pump->ring_said);
    free(pump->ring);
    free(pump->marks);
    for (int which = 0; which < 2; ++which)
        if (pump->pipe[which] >= 0) close(pump->pipe[which]);
    close(pump->log);
    close(pump->index);
}
