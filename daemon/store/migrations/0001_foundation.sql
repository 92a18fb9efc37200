R"sql( --
-- Schema 1: workflows and their versions, runs, journal, audit, answers.
-- Times and spans are microseconds, times since 1970 in UTC. States, reasons and kinds are the numbers of daemon/core/records.h.
-- JSON is text, NULL where there is none. Texts that are absent are empty.

-- Numbers of the daemon: batch, fence, epoch, last_run, …; clean: 1 when the last daemon closed the store; instance: its identity.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('batch', 0), ('clean', 1), ('instance', lower(hex(randomblob(16))));

CREATE TABLE workflow (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    active      INTEGER NOT NULL,        -- version; 0: removed
    last_number INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE model (                     -- the canonical JSON of versions, once by its hash
    hash TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE source (                    -- deployed files, once by the hash of their text
    hash TEXT NOT NULL UNIQUE,
    file TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE version (                   -- immutable
    id          INTEGER PRIMARY KEY,
    workflow    INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    hash        TEXT NOT NULL,           -- of the model
    source_hash TEXT NOT NULL,
    document    INTEGER NOT NULL,
    root        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    transient   INTEGER NOT NULL,        -- 1: made for one run, not listed
    UNIQUE (workflow, number)
) STRICT;

CREATE TABLE run (
    id               INTEGER PRIMARY KEY,
    version          INTEGER NOT NULL,   -- compare-and-set
    workflow         INTEGER NOT NULL,
    workflow_version INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    retry_of         INTEGER NOT NULL,
    number_of_try    INTEGER NOT NULL,
    uid              INTEGER NOT NULL,
    journal          INTEGER NOT NULL,   -- seq of its newest journal row
    state            INTEGER NOT NULL,
    reason           INTEGER NOT NULL,
    outcome          INTEGER NOT NULL,
    failed_step      TEXT NOT NULL,
    message          TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    concurrency      TEXT NOT NULL,      -- the group
    cancel_requested INTEGER NOT NULL,
    stop_handlers    INTEGER NOT NULL,
    started_at       INTEGER,
    ended_at         INTEGER,
    deadline         INTEGER,
    durability       INTEGER NOT NULL
) STRICT;
CREATE INDEX run_by_workflow ON run (workflow, id);
CREATE INDEX run_live ON run (id) WHERE state < 5;       -- all that a start has to read
CREATE INDEX run_ended ON run (state, id) WHERE state >= 5;  -- lists of the failed among many that succeeded

CREATE TABLE run_data (                  -- the larger values of a run
    run     INTEGER PRIMARY KEY,
    inputs  TEXT,
    vars    TEXT,
    event   TEXT,
    outputs TEXT
) STRICT;

CREATE TABLE step (
    key        INTEGER PRIMARY KEY,      -- run * 65536 + step: the steps of a run lie together, and no index is needed
    run        INTEGER NOT NULL AS (key >> 16),
    step       INTEGER NOT NULL AS (key & 65535),
    id         TEXT NOT NULL,
    state      INTEGER NOT NULL,
    reason     INTEGER NOT NULL,
    message    TEXT NOT NULL,
    exit_code  INTEGER,
    signal     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,
    losses     INTEGER NOT NULL,
    carried    INTEGER NOT NULL,
    outputs    TEXT,
    explain    TEXT,
    spec       TEXT NOT NULL,            -- frozen launch specification, written once
    queued_at  INTEGER,
    started_at INTEGER,
    ended_at   INTEGER,
    due        INTEGER
) STRICT;

CREATE TABLE attempt (                   -- the attempts of a run lie together; an id is unique over all runs
    id             INTEGER NOT NULL,
    run            INTEGER NOT NULL,
    step           INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    state          INTEGER NOT NULL,
    reason         INTEGER NOT NULL,
    epoch          INTEGER NOT NULL,
    slot           INTEGER NOT NULL,
    fence          INTEGER NOT NULL,     -- lease of the daemon that launched it
    resumed        INTEGER NOT NULL,
    stop_requested INTEGER NOT NULL,
    sweep_due      INTEGER NOT NULL,
    cookie         TEXT NOT NULL,
    exit_code      INTEGER,
    signal         INTEGER NOT NULL,
    message        TEXT NOT NULL,
    launched_at    INTEGER NOT NULL,
    ended_at       INTEGER,
    ran            INTEGER NOT NULL,
    cpu            INTEGER NOT NULL,
    max_rss_kib    INTEGER NOT NULL,
    log_cut        INTEGER NOT NULL,
    PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_live ON attempt (run, id) WHERE state < 2 OR sweep_due = 1;

CREATE TABLE journal (
    run     INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    kind    ANY NOT NULL,                -- place in the table of rows.cpp; a text when it is not there
    step    TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    data    TEXT,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    uid     INTEGER NOT NULL,
    gid     INTEGER NOT NULL,
    pid     INTEGER NOT NULL,
    via     TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;

CREATE TABLE answer (                    -- by Idempotency-Key
    seq          INTEGER PRIMARY KEY,    -- age
    key          TEXT NOT NULL,
    uid          INTEGER NOT NULL,
    request_hash TEXT NOT NULL,
    status       INTEGER NOT NULL,
    body         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    UNIQUE (key, uid)
) STRICT;
-- )sql"
