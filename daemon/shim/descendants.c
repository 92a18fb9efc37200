/* Ends what the child left behind. The shim is the subreaper of its attempt, so every orphan becomes its child; an unreaped child keeps its
 * pid, so killing by number hits nobody else. */
#define _GNU_SOURCE
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/shim/crash.h"
#include "daemon/shim/shim.h"

void usage_add(struct usage* usage, struct rusage const* rusage) {
    usage->cpu_us += (uint64_t)(rusage->ru_utime.tv_sec + rusage->ru_stime.tv_sec) * 1000000u +
                     (uint64_t)(rusage->ru_utime.tv_usec + rusage->ru_stime.tv_usec);
    if ((uint64_t)rusage->ru_maxrss > usage->maxrss_kib) usage->maxrss_kib = (uint32_t)rusage->ru_maxrss;
}

/* 1: all are reaped, 0: some live. */
static int reap_all(struct usage* usage) {
    for (;;) {
        int status = 0;
        struct rusage rusage;
        pid_t const pid = wait4(-1, &status, WNOHANG, &rusage);
        if (pid == 0) return 0;
        if (pid < 0) return errno == ECHILD;
        usage_add(usage, &rusage);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) usage->leftovers = 1;
    }
}

/* Without CONFIG_PROC_CHILDREN: every process whose parent we are. */
static void kill_children_by_stat(void) {
    DIR* const proc = opendir("/proc");
    if (proc == NULL) return;
    for (struct dirent* entry; (entry = readdir(proc)) != NULL;) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        char path[300];
        char text[512];
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        int const fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        ssize_t const got = read(fd, text, sizeof text - 1);
        close(fd);
        if (got <= 0) continue;
        text[got] = '\0';
        char const* const name_end = strrchr(text, ')'); /* a name may hold anything, also ')' */
        int parent = 0;
        if (name_end != NULL && sscanf(name_end + 1, " %*c %d", &parent) == 1 && parent == getpid())
            kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
    }
    closedir(proc);
}

static void kill_children(void) {
    FILE* const children = fopen("/proc/thread-self/children", "re");
    if (children == NULL) {
        kill_children_by_stat();
        return;
    }
    for (int pid; fscanf(children, "%d", &pid) == 1;) kill(pid, SIGKILL);
    fclose(children);
}

static void kill_cgroup(int cgroup) {
    int const fd = openat(cgroup, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return; /* before Linux 5.14: the children are found one by one */
    if (write(fd, "1", 1) < 0) { /* likewise */
    }
    close(fd);
}

static void await_a_death(int signals, int ms_max) {
    struct pollfd wait = {.fd = signals, .events = POLLIN};
    struct signalfd_siginfo seen[8];
    if (poll(&wait, 1, ms_max) > 0 && read(signals, seen, sizeof seen) < 0) return;
}

int end_descendants(struct usage* usage, int cgroup, int signals) {
    int64_t const deadline = boot_ms() + UNKILLABLE_AFTER_MS;
    if (cgroup >= 0) kill_cgroup(cgroup);
    while (!reap_all(usage)) {
        if (MUTANT("no_descendants")) return 0;
        if (boot_ms() >= deadline) return -1;
        kill_children();
        usage->leftovers = 1;
        await_a_death(signals, 50);
    }
    return 0;
}
