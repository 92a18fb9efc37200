/* The child between vfork and execve: it shares the shim's memory, so it only makes system calls and writes `trouble`. The order of the
 * calls matters, and their numbers are recorded when one fails: a missing folder and a missing program are both ENOENT. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/shim/shim.h"

static volatile struct failure trouble; /* written by the child, read by the shim, which sleeps meanwhile */
static int oom_score_is_zero;

void child_learn_oom_score(void) {
    char text[8] = "";
    int const fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    oom_score_is_zero = read(fd, text, sizeof text - 1) == 2 && strcmp(text, "0\n") == 0;
    close(fd);
}

static _Noreturn void fail(int call) {
    trouble.error = errno;
    trouble.call = call;
    _exit(127);
}

static int write_to(int folder, char const* name, char const* text) {
    int const fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t const written = write(fd, text, strlen(text));
    close(fd);
    return written < 0 ? -1 : 0;
}

/* The program is looked up in the PATH of the step. As in a shell, "not allowed" wins over "not there". */
static void exec_by_path(char const* name, char* const* argv, char* const* env) {
    char const* path = "/usr/local/bin:/usr/bin:/bin";
    for (char* const* entry = env; *entry != NULL; ++entry)
        if (strncmp(*entry, "PATH=", 5) == 0) path = *entry + 5;
    size_t const name_size = strlen(name) + 1;
    int error = ENOENT;
    for (char const* part = path;; ++part) {
        char program[PATH_MAX];
        size_t const length = strcspn(part, ":");
        if (length + 1 + name_size <= sizeof program) {
            memcpy(program, part, length);
            program[length] = '/';
            memcpy(program + length + (length != 0), name, name_size); /* an empty part is the current folder */
            execve(program, argv, env);
            if (errno == EACCES) error = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR) return;
        }
        part += length;
        if (*part == '\0') break;
    }
    errno = error;
}

static _Noreturn void become_the_command(struct spec const* spec, int out, int err, int cgroup, pid_t shim) {
    if (setpgid(0, 0) != 0) fail(PAWL_CALL_SETPGID);
    if (cgroup >= 0 && write_to(cgroup, "cgroup.procs", "0") != 0) fail(PAWL_CALL_CGROUP);
    if (!oom_score_is_zero && write_to(AT_FDCWD, "/proc/self/oom_score_adj", "0") != 0) fail(PAWL_CALL_OOM);
    /* 0 is /dev/null since the shim started; limits and umask are the shim's own, set once (shim.c) */
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) fail(PAWL_CALL_DUP2);
    if ((spec->head.flags & PAWL_SPEC_NO_NEW_PRIVS) != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(PAWL_CALL_NO_NEW_PRIVS);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(PAWL_CALL_DEATHSIG);
    if (getppid() != shim) kill(getpid(), SIGKILL); /* it died before the request was in force */
    if (chdir(spec->dir) != 0) fail(PAWL_CALL_CHDIR);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) fail(PAWL_CALL_SIGNALS); /* the shim leaves all signals at their default */
    if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0) fail(PAWL_CALL_EXECVE);
    if (strchr(spec->argv[0], '/') != NULL) execve(spec->argv[0], spec->argv, spec->env);
    else exec_by_path(spec->argv[0], spec->argv, spec->env);
    fail(PAWL_CALL_EXECVE);
}

pid_t child_start(struct spec const* spec, int out, int err, int cgroup, struct failure* failure) {
    trouble.call = 0;
    trouble.error = 0;
    pid_t const shim = getpid();
    pid_t const child = vfork();
    if (child == 0) become_the_command(spec, out, err, cgroup, shim);
    failure->call = child < 0 ? PAWL_CALL_VFORK : trouble.call;
    failure->error = child < 0 ? errno : trouble.error;
    return child;
}
