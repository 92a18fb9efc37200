/* The limit for everything that must be durable: SQLite in WAL mode with synchronous=FULL, one row a transaction.
   usage: commit_loop FILE COUNT      Prints: "per_second N". The file must not exist; it is left behind. */
#define _POSIX_C_SOURCE 200809L
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void must(int code, sqlite3* db) {
    if (code == SQLITE_OK || code == SQLITE_DONE) return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    int const count = atoi(argv[2]);
    sqlite3* db = NULL;
    must(sqlite3_open(argv[1], &db), db);
    must(sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)", NULL, NULL,
                      NULL), db);
    sqlite3_stmt* insert = NULL;
    must(sqlite3_prepare_v3(db, "INSERT INTO t(text) VALUES('a row of about the size of a journal row, with a few words in it')", -1,
                            SQLITE_PREPARE_PERSISTENT, &insert, NULL), db);
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < count; i++) {
        must(sqlite3_step(insert), db);
        must(sqlite3_reset(insert), db);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("per_second %.0f\n", count / ((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9));
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return 0;
}
