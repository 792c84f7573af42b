-- Version 1, for MariaDB and MySQL. `swaparoo db sync` runs this file. Keep it in step with postgres.sql.
-- Each table has a primary key, by which Galera certifies. Text is compared byte by byte.
CREATE TABLE IF NOT EXISTS settings (
    name  VARCHAR(500) PRIMARY KEY,
    value LONGTEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Processes that run tasks; a new id at each start.
CREATE TABLE IF NOT EXISTS runners (
    id    VARCHAR(36) PRIMARY KEY,
    name  VARCHAR(255) NOT NULL,
    url   VARCHAR(500) NOT NULL,      -- where other runners reach it; empty: nowhere
    beat  BIGINT NOT NULL,            -- counts up once a second; it is no time
    probed BIGINT NOT NULL,           -- counts up to see that it can be written
    state VARCHAR(16) NOT NULL,       -- alive, stopped or dead
    taken BIGINT NOT NULL             -- how many of its tasks others have taken
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tasks (
    id         VARCHAR(64) PRIMARY KEY,
    number     BIGINT NOT NULL UNIQUE, -- the order of opening: milliseconds since 2020 * 2^22 + something random
    key_hash   VARCHAR(64) UNIQUE, -- SHA-256 of the caller's idempotency key
    state      VARCHAR(16) NOT NULL,
    phase      VARCHAR(16) NOT NULL,   -- queued (it has no locks), running or waiting (for its caller)
    outcome    VARCHAR(190), -- the outcome's kind or the failure's code
    entries    BIGINT NOT NULL,        -- how many there must be in `entries`
    owner      VARCHAR(36) NOT NULL, -- the runner that may append; empty: none
    epoch      BIGINT NOT NULL,        -- counts the owners
    created_at BIGINT NOT NULL,        -- all times in milliseconds since 1970
    updated_at BIGINT NOT NULL,
    INDEX tasks_by_state (state, number),
    INDEX tasks_by_end (updated_at),
    INDEX tasks_by_owner (owner, state)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS consumers (
    consumer VARCHAR(64) NOT NULL,
    task     VARCHAR(64) NOT NULL,
    PRIMARY KEY (consumer, task),
    INDEX consumers_by_task (task)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A consumer is in at most one running task: the one that has its row here.
CREATE TABLE IF NOT EXISTS locks (
    consumer VARCHAR(64) PRIMARY KEY,
    task     VARCHAR(64) NOT NULL,
    INDEX locks_by_task (task)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS entries (
    task   VARCHAR(64) NOT NULL,
    number BIGINT NOT NULL,
    owner  VARCHAR(36) NOT NULL,
    epoch  BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    event  LONGTEXT NOT NULL, -- JSON
    PRIMARY KEY (task, number)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS policies (
    digest    VARCHAR(64) PRIMARY KEY,
    name      LONGTEXT NOT NULL,
    version   LONGTEXT NOT NULL,
    signature LONGTEXT,
    added_at  BIGINT NOT NULL,
    component LONGBLOB NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO settings (name, value) VALUES ('schema', '1'), ('schema.oldest', '1'), ('roles', ''), ('failures', '');
