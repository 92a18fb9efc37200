/* pawl-shim: owns one attempt at a time for pawld: its process, its log, its timeout and its exit record. It outlives the daemon: when its
 * socket closes it finishes the attempt, records the end and is gone. Started by the daemon only; descriptor 3 is the socket. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/shim/crash.h"
#include "daemon/shim/crc32.h"
#include "daemon/shim/shim.h"

#define SOFT_FILES_MAX 1024 /* programs that use select() fail above; the daemon's own limit is far higher */

struct shim {
    int socket; /* -1: the daemon is gone */
    int signals;
    int timer; /* CLOCK_BOOTTIME; armed only when something is due */
    int stuck; /* something unkillable is left: no further attempt */
};

enum stage { RUNNING, ENDING, KILLING }; /* ENDING: the stop signal was sent, the grace runs */

struct attempt {
    uint64_t id;
    uint32_t epoch, slot;
    struct spec spec;
    struct claim claim;
    struct pump pump;
    struct usage usage;
    int cgroup;
    pid_t child;
    enum stage stage;
    int spare_table; /* of a launch that came while this attempt runs; -1: none */
    int ended;       /* the child is a zombie, or was given up */
};

struct launch {
    struct pawl_message message;
    int fds[PAWL_FD_COUNT];
};

int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

int64_t boot_ms(void) { return now_ns(CLOCK_BOOTTIME) / NS_PER_MS; }

uint32_t crc32_of(void const* bytes, size_t size) {
    static uint32_t table[256];
    if (table[1] == 0) pawl_crc32_fill(table);
    return pawl_crc32(table, bytes, size);
}

/* ---- messages ---- */

static void close_all(int const* fds) {
    for (int i = 0; i < PAWL_FD_COUNT; ++i)
        if (fds[i] >= 0) close(fds[i]);
}

static void take_descriptors(struct msghdr* header, int* fds) {
    for (int i = 0; i < PAWL_FD_COUNT; ++i) fds[i] = -1;
    struct cmsghdr const* const control = CMSG_FIRSTHDR(header);
    if (control == NULL || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) return;
    size_t const count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(control), (count < PAWL_FD_COUNT ? count : PAWL_FD_COUNT) * sizeof(int));
}

/* 1: a message, 0: the daemon is gone, -1: nothing of use. */
static int receive(int socket, struct launch* launch) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * PAWL_FD_COUNT)];
    } control;
    struct iovec part = {.iov_base = &launch->message, .iov_len = sizeof launch->message};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t const got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (got < 0) return -1; /* ECONNRESET comes once, before what is still queued, when the daemon left a DONE unread */
    if (got == 0) return 0;
    take_descriptors(&header, launch->fds);
    if (got == (ssize_t)sizeof launch->message) return 1;
    close_all(launch->fds);
    return -1;
}

static void say_done(struct shim* shim, uint64_t attempt, uint32_t slot, uint32_t epoch, uint32_t code) {
    struct pawl_message const done = {.kind = PAWL_DONE, .epoch = epoch, .slot = slot, .code = code, .attempt = attempt};
    if (shim->socket >= 0 && send(shim->socket, &done, sizeof done, MSG_NOSIGNAL) < 0) return; /* a wake-up only: the record stands */
}

/* ---- stop, grace, kill ---- */

static void arm(struct shim* shim, uint64_t ms) {
    uint64_t const longest = (uint64_t)INT32_MAX * 1000;
    if (ms > longest) ms = longest;
    struct itimerspec const due = {.it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * NS_PER_MS + (ms == 0)}};
    timerfd_settime(shim->timer, 0, &due, NULL);
}

static void disarm(struct shim* shim) {
    struct itimerspec const never = {.it_value = {0}};
    timerfd_settime(shim->timer, 0, &never, NULL);
}

/* The leader is not reaped yet, so neither number can belong to somebody else. */
static void signal_attempt(struct attempt const* attempt, int signal) {
    if (kill(-attempt->child, signal) != 0) kill(attempt->child, signal); /* it may have joined another group */
}

static void kill_attempt(struct shim* shim, struct attempt* attempt) {
    attempt->stage = KILLING;
    attempt->claim.record.flags |= PAWL_KILLED;
    signal_attempt(attempt, SIGKILL);
    kill(attempt->child, SIGKILL);
    arm(shim, UNKILLABLE_AFTER_MS);
}

static void begin_ending(struct shim* shim, struct attempt* attempt, uint16_t flag) {
    attempt->claim.record.flags |= flag;
    if (attempt->stage != RUNNING) return;
    attempt->stage = ENDING;
    signal_attempt(attempt, attempt->spec.head.stop_signal);
    signal_attempt(attempt, SIGCONT); /* a stopped process would never see it */
    arm(shim, attempt->spec.head.grace_ms);
}

/* Asked by the daemon, or by whoever shuts the machine down. */
static void asked_to_stop(struct shim* shim, struct attempt* attempt, int now) {
    if (attempt->ended) return;
    begin_ending(shim, attempt, PAWL_TERM);
    if (now && attempt->stage != KILLING) kill_attempt(shim, attempt);
}

static void timer_fired(struct shim* shim, struct attempt* attempt) {
    uint64_t times;
    if (read(shim->timer, &times, sizeof times) != (ssize_t)sizeof times) return;
    switch (attempt->stage) {
    case RUNNING: begin_ending(shim, attempt, PAWL_TIMEOUT); return;
    case ENDING: kill_attempt(shim, attempt); return;
    case KILLING: attempt->ended = shim->stuck = 1; return;
    }
}

/* ---- while it runs ---- */

/* Reaps orphans that ended; the child itself stays a zombie until its group is killed. */
static void look_for_the_end(struct attempt* attempt) {
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
        if (info.si_pid == attempt->child) {
            attempt->ended = 1;
            return;
        }
        struct rusage rusage;
        if (wait4(info.si_pid, NULL, WNOHANG, &rusage) == info.si_pid) usage_add(&attempt->usage, &rusage);
    }
}

static void take_signals(struct shim* shim, struct attempt* attempt) {
    struct signalfd_siginfo seen[8];
    ssize_t const got = read(shim->signals, seen, sizeof seen);
    for (ssize_t i = 0; i < got / (ssize_t)sizeof seen[0]; ++i) {
        if (seen[i].ssi_signo == SIGCHLD) look_for_the_end(attempt);
        else asked_to_stop(shim, attempt, seen[i].ssi_signo == SIGUSR1);
    }
}

/* One more descriptor of the table, closed now, would drop the lock of the attempt that runs. */
static void keep_until_the_end(struct attempt* attempt, int* fds) {
    if (attempt->spare_table < 0) attempt->spare_table = fds[PAWL_FD_TABLE];
    fds[PAWL_FD_TABLE] = -1; /* a daemon that does this twice costs a descriptor */
    close_all(fds);
}

static void take_message(struct shim* shim, struct attempt* attempt) {
    struct launch launch;
    int const got = receive(shim->socket, &launch);
    if (got < 0) return;
    if (got == 0) {
        if (MUTANT("orphan_unrecorded")) _exit(0);
        close(shim->socket);
        shim->socket = -1;
        return;
    }
    struct pawl_message const message = launch.message;
    if (message.kind == PAWL_LAUNCH) keep_until_the_end(attempt, launch.fds);
    else close_all(launch.fds);
    if (message.kind == PAWL_STOP && message.attempt == attempt->id) asked_to_stop(shim, attempt, message.code == PAWL_STOP_NOW);
    if (message.kind == PAWL_LAUNCH) say_done(shim, message.attempt, message.slot, message.epoch, PAWL_DONE_REFUSED); /* one at a time */
}

static void run_until_the_child_ends(struct shim* shim, struct attempt* attempt) {
    enum { SOCKET, SIGNALS, TIMER, OUT, ERR, COUNT };
    while (!attempt->ended) {
        struct pollfd waits[COUNT] = {
            [SOCKET] = {.fd = shim->socket, .events = POLLIN},       [SIGNALS] = {.fd = shim->signals, .events = POLLIN},
            [TIMER] = {.fd = shim->timer, .events = POLLIN},         [OUT] = {.fd = attempt->pump.pipe[0], .events = POLLIN},
            [ERR] = {.fd = attempt->pump.pipe[1], .events = POLLIN},
        };
        if (poll(waits, COUNT, -1) < 0) continue;
        if (waits[SIGNALS].revents != 0) take_signals(shim, attempt);
        if (waits[OUT].revents != 0) pump_read(&attempt->pump, 0);
        if (waits[ERR].revents != 0) pump_read(&attempt->pump, 1);
        if (waits[SOCKET].revents != 0) take_message(shim, attempt);
        if (waits[TIMER].revents != 0 && !attempt->ended) timer_fired(shim, attempt);
    }
}

/* ---- start and end of an attempt ---- */

static int open_pipes(struct pump* pump, int* write_ends) {
    int out[2];
    int err[2];
    if (pipe2(out, O_CLOEXEC) != 0) return -1;
    if (pipe2(err, O_CLOEXEC) != 0) {
        int const error = errno;
        close(out[0]);
        close(out[1]);
        errno = error;
        return -1;
    }
    pump->pipe[0] = out[0];
    pump->pipe[1] = err[0];
    write_ends[0] = out[1];
    write_ends[1] = err[1];
    return 0;
}

static struct failure start_child(struct attempt* attempt) {
    struct failure failure = {0};
    int write_ends[2];
    if (open_pipes(&attempt->pump, write_ends) != 0) return (struct failure){.call = PAWL_CALL_PIPE, .error = errno};
    attempt->child = child_start(&attempt->spec, write_ends[0], write_ends[1], attempt->cgroup, &failure);
    CRASH_POINT("shim.forked");
    close(write_ends[0]);
    close(write_ends[1]);
    return failure;
}

/* The order is the point: once the leader is reaped its number may be somebody else's. */
static void kill_group_then_reap(struct shim* shim, struct attempt* attempt) {
    int status = SIGKILL; /* of one that cannot even be killed */
    struct rusage rusage;
    if (MUTANT("reap_before_kill") && wait4(attempt->child, &status, WNOHANG, &rusage) == attempt->child)
        usage_add(&attempt->usage, &rusage);
    kill(-attempt->child, SIGKILL);
    CRASH_POINT("shim.group_killed");
    if (wait4(attempt->child, &status, WNOHANG, &rusage) == attempt->child) usage_add(&attempt->usage, &rusage);
    CRASH_POINT("shim.reaped");
    attempt->claim.record.result = status;
    if (end_descendants(&attempt->usage, attempt->cgroup, shim->signals) != 0) shim->stuck = 1;
}

static void fill_end(struct shim const* shim, struct attempt* attempt) {
    struct pawl_slot* const record = &attempt->claim.record;
    int64_t const ran = boot_ms() - attempt->pump.claimed_ms;
    record->ended = now_ns(CLOCK_REALTIME);
    record->ran = ran > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)ran;
    record->cpu = attempt->usage.cpu_us;
    record->maxrss = attempt->usage.maxrss_kib;
    if (attempt->usage.leftovers) record->flags |= PAWL_LEFTOVERS;
    if (attempt->pump.cut) record->flags |= PAWL_LOG_CUT;
    if (attempt->pump.lost) record->flags |= PAWL_LOG_ERROR;
    if (shim->stuck) record->flags |= PAWL_STUCK;
}

static void supervise(struct shim* shim, struct attempt* attempt) {
    attempt->claim.record.child = attempt->child;
    slot_write(&attempt->claim, PAWL_STARTED);
    CRASH_POINT("shim.started");
    if (attempt->spec.head.timeout_ms != PAWL_NO_TIMEOUT) arm(shim, attempt->spec.head.timeout_ms);
    run_until_the_child_ends(shim, attempt);
    CRASH_POINT("shim.child_ended");
    if (attempt->stage != RUNNING || attempt->spec.head.timeout_ms != PAWL_NO_TIMEOUT) disarm(shim);
    kill_group_then_reap(shim, attempt);
    pump_drain(&attempt->pump);
    pump_finish(&attempt->pump);
    fill_end(shim, attempt);
    CRASH_POINT("shim.before_exit");
    slot_write(&attempt->claim, PAWL_EXITED);
    CRASH_POINT("shim.after_exit");
}

static void record_failed_start(struct shim* shim, struct attempt* attempt, struct failure failure) {
    if (attempt->child > 0) wait4(attempt->child, NULL, 0, NULL);
    pump_finish(&attempt->pump);
    fill_end(shim, attempt);
    attempt->claim.record.result = failure.error;
    attempt->claim.record.flags |= (uint16_t)(failure.call << PAWL_FAILED_CALL_SHIFT);
    slot_write(&attempt->claim, PAWL_EXECFAIL);
}

/* Owns what it is given; closes all of it. Returns the code to tell. */
static uint32_t run_attempt(struct shim* shim, struct launch* launch) {
    struct pawl_message const* const message = &launch->message;
    int* const fds = launch->fds;
    struct attempt attempt = {.id = message->attempt, .epoch = message->epoch, .slot = message->slot, .cgroup = fds[PAWL_FD_CGROUP], .spare_table = -1};
    int const whole = fds[PAWL_FD_SPEC] >= 0 && fds[PAWL_FD_TABLE] >= 0 && fds[PAWL_FD_LOG] >= 0 && fds[PAWL_FD_INDEX] >= 0;
    if (!whole || spec_read(&attempt.spec, fds[PAWL_FD_SPEC], attempt.id) != 0) {
        close_all(fds);
        return PAWL_DONE_BAD_SPEC;
    }
    CRASH_POINT("shim.spec_read");
    if (slot_claim(&attempt.claim, fds[PAWL_FD_TABLE], attempt.slot, attempt.id) != 0) {
        spec_free(&attempt.spec);
        close_all(fds);
        return PAWL_DONE_REFUSED;
    }
    CRASH_POINT("shim.claimed");
    close(fds[PAWL_FD_SPEC]);
    pump_open(&attempt.pump, &attempt.spec, fds[PAWL_FD_LOG], fds[PAWL_FD_INDEX], boot_ms());
    struct failure const failure = start_child(&attempt);
    if (failure.call == 0) supervise(shim, &attempt);
    else record_failed_start(shim, &attempt, failure);
    slot_release(&attempt.claim);
    if (attempt.spare_table >= 0) close(attempt.spare_table);
    CRASH_POINT("shim.unlocked");
    if (attempt.cgroup >= 0) close(attempt.cgroup);
    spec_free(&attempt.spec);
    return PAWL_DONE_RECORDED;
}

/* ---- life ---- */

/* 1: a launch is in hand. 0: nothing will come any more. */
static int await_launch(struct shim* shim, struct launch* launch) {
    while (shim->socket >= 0) {
        struct pollfd waits[2] = {{.fd = shim->socket, .events = POLLIN}, {.fd = shim->signals, .events = POLLIN}};
        if (poll(waits, 2, -1) < 0) continue;
        if (waits[1].revents != 0) {
            struct signalfd_siginfo seen;
            if (read(shim->signals, &seen, sizeof seen) == (ssize_t)sizeof seen && seen.ssi_signo != SIGCHLD) return 0; /* told to go */
            continue;
        }
        int const got = receive(shim->socket, launch);
        if (got == 0) return 0;
        if (got < 0) continue;
        if (launch->message.kind == PAWL_LAUNCH) return 1;
        close_all(launch->fds); /* a STOP that came too late */
    }
    return 0;
}

/* What every child inherits is set here, once: working folder, umask, the soft limit of open files, default signals. */
static int prepare(struct shim* shim) {
    *shim = (struct shim){.socket = PAWL_SHIM_SOCKET};
    syscall(SYS_close_range, (unsigned)PAWL_SHIM_SOCKET + 1, ~0u, 0);
    fcntl(shim->socket, F_SETFD, FD_CLOEXEC);
    umask(022);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > SOFT_FILES_MAX) {
        files.rlim_cur = SOFT_FILES_MAX;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    child_learn_oom_score();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1); /* from a later daemon: TERM without grace */
    shim->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    sigaddset(&set, SIGHUP); /* blocked and never read: no terminal ends an attempt */
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGXFSZ); /* a log past the file size limit is an error, not our end */
    sigprocmask(SIG_SETMASK, &set, NULL);
    shim->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    return shim->signals >= 0 && shim->timer >= 0 && chdir("/") == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : -1;
}

int main(void) {
    struct shim shim;
    if (prepare(&shim) != 0) return 71; /* EX_OSERR */
    struct launch launch;
    while (!shim.stuck && await_launch(&shim, &launch)) {
        uint32_t const code = run_attempt(&shim, &launch);
        say_done(&shim, launch.message.attempt, launch.message.slot, launch.message.epoch, code);
    }
    return 0;
}
