/* The limit for everything that starts processes: vfork, exec, wait, and nothing else, `concurrency` at a time.
   usage: spawn_loop COUNT CONCURRENCY PROGRAM [ARGUMENT…]
   Prints: "per_second N  cpu_us N  p50_us N": processes a second, CPU of ours and theirs for one, median from start to reaped. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_us(void) {
    double sum = 0;
    int who[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    for (int i = 0; i < 2; i++) {
        struct rusage u;
        getrusage(who[i], &u);
        sum += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    }
    return sum;
}

static int by_value(void const* a, void const* b) {
    double x = *(double const*)a, y = *(double const*)b;
    return (x > y) - (x < y);
}

struct Live {
    pid_t pid;
    double started;
};

static void start(struct Live* live, char** argv) {
    live->started = now_us();
    live->pid = vfork();
    if (live->pid == 0) {
        execve(argv[0], argv, environ);
        _exit(127);
    }
    if (live->pid < 0) {
        perror("vfork");
        exit(1);
    }
}

/* Reaps one child and returns its place in `live`. */
static int reap(struct Live const* live, int concurrency) {
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "the program failed\n");
        exit(1);
    }
    for (int i = 0; i < concurrency; i++) {
        if (live[i].pid == pid) return i;
    }
    exit(1);
}

static void silence(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDERR_FILENO) < 0) exit(1);
    int keep = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    if (keep < 0 || dup2(null, STDOUT_FILENO) < 0) exit(1);
    stdout = fdopen(keep, "w");
}

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    int const count = atoi(argv[1]);
    int const wanted = atoi(argv[2]);
    int const concurrency = wanted < count ? wanted : count;
    double* took = calloc((size_t)count, sizeof(double));
    struct Live* live = calloc((size_t)concurrency, sizeof(struct Live));
    if (count <= 0 || concurrency <= 0 || !took || !live) return 2;
    silence();
    double const begin = now_us(), cpu_begin = cpu_us();
    int started = 0;
    for (; started < concurrency; started++) start(&live[started], argv + 3);
    for (int ended = 0; ended < count; ended++) {
        int const place = reap(live, concurrency);
        took[ended] = now_us() - live[place].started;
        if (started < count) {
            start(&live[place], argv + 3);
            started++;
        }
    }
    double const wall = now_us() - begin, cpu = cpu_us() - cpu_begin;
    qsort(took, (size_t)count, sizeof(double), by_value);
    fprintf(stdout, "per_second %.0f  cpu_us %.1f  p50_us %.0f\n", count * 1e6 / wall, cpu / count, took[count / 2]);
    fclose(stdout);
    free(took);
    free(live);
    return 0;
}
