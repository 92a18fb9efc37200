/* Dies at the crash point the test asked for. Only one name is ever asked for, so one counter is enough. */
#define _GNU_SOURCE
#include "daemon/shim/crash.h"

#ifdef PAWL_CRASH_POINTS
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every passage is traced, not the first only: C has no table to remember in, and the reader drops what is doubled. */
static void append_to_trace(char const* name) {
    char const* const file = getenv("PAWL_CRASH_TRACE");
    if (file == NULL) return;
    char line[64];
    size_t const length = strlen(name);
    if (length + 1 > sizeof line) return;
    memcpy(line, name, length);
    line[length] = '\n';
    int const fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return;
    if (write(fd, line, length + 1) < 0) { /* a trace is a convenience */
    }
    close(fd);
}

void pass_crash_point(char const* name) {
    static long passages;
    append_to_trace(name);
    char const* const at = getenv("PAWL_CRASH_AT");
    size_t const length = strlen(name);
    if (at == NULL || strncmp(at, name, length) != 0 || (at[length] != '\0' && at[length] != ':')) return;
    long const wanted = at[length] == ':' ? strtol(at + length + 1, NULL, 10) : 1;
    if (++passages == wanted) kill(getpid(), SIGKILL);
}

int mutant_active(char const* name) {
    char const* const mutant = getenv("PAWL_MUTANT");
    return mutant != NULL && strcmp(mutant, name) == 0;
}
#else
typedef int no_crash_points_in_this_build;
#endif
