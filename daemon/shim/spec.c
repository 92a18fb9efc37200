/* Reads the spec of a launch out of its memfd and checks it before anything is claimed. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/shim/shim.h"

static int read_whole(char* to, size_t size, int fd) {
    size_t have = 0;
    while (have < size) {
        ssize_t const got = pread(fd, to + have, size - have, (off_t)have);
        if (got <= 0) return -1;
        have += (size_t)got;
    }
    return 0;
}

static int head_is_sound(struct pawl_spec const* head, size_t size, uint64_t attempt) {
    return memcmp(head->magic, PAWL_SPEC_MAGIC, sizeof head->magic) == 0 && head->size == size && head->attempt == attempt &&
           head->argc >= 1 && head->argc < size && head->envc < size && head->stop_signal > 0 && head->stop_signal < NSIG;
}

static int crc_is_right(char* bytes, size_t size) {
    struct pawl_spec* const head = (struct pawl_spec*)bytes;
    uint32_t const told = head->crc;
    head->crc = 0;
    return crc32_of(bytes, size) == told;
}

/* Points at `count` texts from *next on. 0, or -1 when the bytes end before them. */
static int point_at_texts(char** texts, uint32_t count, char** next, char const* end) {
    for (uint32_t i = 0; i < count; ++i) {
        char* const nul = memchr(*next, '\0', (size_t)(end - *next));
        if (nul == NULL) return -1;
        texts[i] = *next;
        *next = nul + 1;
    }
    return 0;
}

static int split_texts(struct spec* spec) {
    size_t const pointers = (size_t)spec->head.argc + spec->head.envc + 2;
    spec->argv = calloc(pointers, sizeof(char*));
    if (spec->argv == NULL) return -1;
    spec->env = spec->argv + spec->head.argc + 1;
    char* next = spec->bytes + sizeof spec->head;
    char const* const end = spec->bytes + spec->head.size;
    char* dir = NULL;
    if (point_at_texts(&dir, 1, &next, end) != 0) return -1;
    spec->dir = dir;
    if (point_at_texts(spec->argv, spec->head.argc, &next, end) != 0) return -1;
    return point_at_texts(spec->env, spec->head.envc, &next, end);
}

int spec_read(struct spec* spec, int fd, uint64_t attempt) {
    memset(spec, 0, sizeof *spec);
    struct stat status;
    if (fstat(fd, &status) != 0 || status.st_size < (off_t)sizeof spec->head || status.st_size > (off_t)PAWL_SPEC_BYTES_MAX) return -1;
    size_t const size = (size_t)status.st_size;
    spec->bytes = malloc(size);
    if (spec->bytes == NULL) return -1;
    if (read_whole(spec->bytes, size, fd) == 0 && crc_is_right(spec->bytes, size)) {
        memcpy(&spec->head, spec->bytes, sizeof spec->head);
        if (head_is_sound(&spec->head, size, attempt) && split_texts(spec) == 0) return 0;
    }
    spec_free(spec);
    return -1;
}

void spec_free(struct spec* spec) {
    free(spec->argv);
    free(spec->bytes);
    memset(spec, 0, sizeof *spec);
}
