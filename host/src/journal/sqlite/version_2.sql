-- From version 1 to version 2: indexes, so that no statement scans a whole table.
CREATE INDEX consumers_by_task ON consumers (task);
CREATE INDEX tasks_by_end ON tasks (updated_at) WHERE state IN ('finished', 'failed');
PRAGMA user_version = 2;
