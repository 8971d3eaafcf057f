-- +goose Up
-- The transparency log. A leaf is written with its event into log_waiting, and
-- moved into log_entry by the one worker that gives places; so the transaction
-- of an event adds one row that nobody else touches. Places are of the whole
-- log, so that these tables are not keyed by district.
CREATE TABLE log_waiting (
    case_id TEXT COLLATE "C" NOT NULL,
    n       BIGINT NOT NULL,
    leaf    BYTEA NOT NULL,
    opening BYTEA NOT NULL,
    PRIMARY KEY (case_id, n)
);

CREATE TABLE log_entry (
    case_id TEXT COLLATE "C" NOT NULL,
    n       BIGINT NOT NULL,
    leaf    BYTEA NOT NULL,
    opening BYTEA NOT NULL,
    pos     BIGINT NOT NULL,
    PRIMARY KEY (case_id, n)
);
CREATE UNIQUE INDEX log_entry_pos ON log_entry (pos);

-- The tree's hashes, 256 a row; a row at the tree's edge has fewer and grows.
CREATE TABLE log_tile (
    level  BIGINT NOT NULL,
    idx    BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, idx)
);

CREATE TABLE log_checkpoint (
    n    BIGINT PRIMARY KEY,
    size BIGINT NOT NULL,
    at   BIGINT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX log_checkpoint_size ON log_checkpoint (size, n);
