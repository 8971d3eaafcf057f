-- +goose Up
-- The transparency log. A leaf is written with its event into log_waiting, and
-- moved into log_entry by the one worker that gives places; so the transaction
-- of an event adds one row that nobody else touches.
CREATE TABLE log_waiting (
    case_id TEXT NOT NULL,
    n       INTEGER NOT NULL,
    leaf    BLOB NOT NULL,
    opening BLOB NOT NULL,
    PRIMARY KEY (case_id, n)
) WITHOUT ROWID;

CREATE TABLE log_entry (
    case_id TEXT NOT NULL,
    n       INTEGER NOT NULL,
    leaf    BLOB NOT NULL,
    opening BLOB NOT NULL,
    pos     INTEGER NOT NULL,
    PRIMARY KEY (case_id, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX log_entry_pos ON log_entry (pos);

-- The tree's hashes, 256 a row; a row at the tree's edge has fewer and grows.
CREATE TABLE log_tile (
    level  INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, idx)
);

CREATE TABLE log_checkpoint (
    n    INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX log_checkpoint_size ON log_checkpoint (size, n);
