-- Version 2. Changing this file needs a new version, and an upgrade from the version before (see version_2.sql).
PRAGMA application_id = 1398227279; -- "SWAO"
PRAGMA user_version = 2;

CREATE TABLE tasks (
    number     INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of opening; a clock may be set back, this may not
    id         TEXT NOT NULL UNIQUE,
    key        TEXT UNIQUE,                       -- the caller's idempotency key
    state      TEXT NOT NULL,
    entries    INTEGER NOT NULL,                  -- how many there must be in `entries`
    created_at INTEGER NOT NULL,                  -- all times in milliseconds since 1970
    updated_at INTEGER NOT NULL
);
CREATE INDEX tasks_by_state ON tasks (state, number);
CREATE INDEX tasks_by_end ON tasks (updated_at) WHERE state IN ('finished', 'failed');

CREATE TABLE consumers (
    consumer TEXT NOT NULL,
    task     TEXT NOT NULL,
    PRIMARY KEY (consumer, task)
) WITHOUT ROWID;
CREATE INDEX consumers_by_task ON consumers (task);

CREATE TABLE entries (
    task   TEXT NOT NULL,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    event  TEXT NOT NULL, -- JSON
    PRIMARY KEY (task, number)
) WITHOUT ROWID;

CREATE TABLE policies (
    digest    TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    version   TEXT NOT NULL,
    signature TEXT,
    added_at  INTEGER NOT NULL,
    component BLOB NOT NULL
);

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
