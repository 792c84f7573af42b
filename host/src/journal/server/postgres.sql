-- Version 1, for PostgreSQL. `swaparoo db sync` runs this file. Keep it in step with mysql.sql.
CREATE TABLE IF NOT EXISTS settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Processes that run tasks; a new id at each start.
CREATE TABLE IF NOT EXISTS runners (
    id    VARCHAR(36) PRIMARY KEY,
    name  VARCHAR(255) NOT NULL,
    url   VARCHAR(500) NOT NULL,      -- where other runners reach it; empty: nowhere
    beat  BIGINT NOT NULL,            -- counts up once a second; it is no time
    probed BIGINT NOT NULL,           -- counts up to see that it can be written
    state VARCHAR(16) NOT NULL,       -- alive, stopped or dead
    taken BIGINT NOT NULL             -- how many of its tasks others have taken
);

CREATE TABLE IF NOT EXISTS tasks (
    id         VARCHAR(64) COLLATE "C" PRIMARY KEY,
    number     BIGINT NOT NULL UNIQUE, -- the order of opening: milliseconds since 2020 * 2^22 + something random
    key_hash   VARCHAR(64) UNIQUE,     -- SHA-256 of the caller's idempotency key, in hexadecimal
    state      VARCHAR(16) NOT NULL,
    phase      VARCHAR(16) NOT NULL,   -- queued (it has no locks), running or waiting (for its caller)
    outcome    VARCHAR(190) COLLATE "C", -- the outcome's kind or the failure's code
    entries    BIGINT NOT NULL,        -- how many there must be in `entries`
    owner      VARCHAR(36) NOT NULL,   -- the runner that may append; empty: none
    epoch      BIGINT NOT NULL,        -- counts the owners
    created_at BIGINT NOT NULL,        -- all times in milliseconds since 1970
    updated_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS tasks_by_state ON tasks (state, number);
CREATE INDEX IF NOT EXISTS tasks_by_end ON tasks (updated_at);
CREATE INDEX IF NOT EXISTS tasks_by_owner ON tasks (owner, state);

CREATE TABLE IF NOT EXISTS consumers (
    consumer VARCHAR(64) COLLATE "C" NOT NULL,
    task     VARCHAR(64) COLLATE "C" NOT NULL,
    PRIMARY KEY (consumer, task)
);
CREATE INDEX IF NOT EXISTS consumers_by_task ON consumers (task);

-- A consumer is in at most one running task: the one that has its row here.
CREATE TABLE IF NOT EXISTS locks (
    consumer VARCHAR(64) COLLATE "C" PRIMARY KEY,
    task     VARCHAR(64) COLLATE "C" NOT NULL
);
CREATE INDEX IF NOT EXISTS locks_by_task ON locks (task);

CREATE TABLE IF NOT EXISTS entries (
    task   VARCHAR(64) COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    owner  VARCHAR(36) NOT NULL,
    epoch  BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    event  TEXT NOT NULL, -- JSON
    PRIMARY KEY (task, number)
);

CREATE TABLE IF NOT EXISTS policies (
    digest    VARCHAR(64) PRIMARY KEY,
    name      TEXT NOT NULL,
    version   TEXT NOT NULL,
    signature TEXT,
    added_at  BIGINT NOT NULL,
    component BYTEA NOT NULL
);

INSERT INTO settings (name, value) VALUES ('schema', '1'), ('schema.oldest', '1'), ('roles', ''), ('failures', '') ON CONFLICT DO NOTHING;
