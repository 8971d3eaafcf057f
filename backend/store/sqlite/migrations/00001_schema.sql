-- +goose Up
-- Documents and ids are short, so most tables are clustered by their key. On a
-- single file nothing is ever partitioned: keys are the ids alone, which rise
-- with time (UUIDv7) and so append at one end of the tree.

-- The narrow, changing part of a case. Its text lies in case_body, so that an
-- escalation rewrites a few hundred bytes.
CREATE TABLE cases (
    id          TEXT NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL,
    code        TEXT NOT NULL,
    district    TEXT NOT NULL,
    category    TEXT NOT NULL,
    citizen     TEXT NOT NULL,
    status      TEXT NOT NULL,
    level       INTEGER NOT NULL,
    office      TEXT NOT NULL,
    officer     TEXT NOT NULL,
    desks       TEXT NOT NULL,
    lodged_at   INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    more        TEXT NOT NULL,
    escalate_at INTEGER,
    silence_at  INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX cases_code ON cases (code);
CREATE INDEX cases_citizen ON cases (citizen, lodged_at, id);
CREATE INDEX cases_escalate ON cases (escalate_at, id) WHERE escalate_at IS NOT NULL;
CREATE INDEX cases_silence ON cases (silence_at, id) WHERE silence_at IS NOT NULL;

CREATE TABLE case_body (
    district TEXT NOT NULL,
    id       TEXT NOT NULL PRIMARY KEY,
    doc      BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE case_event (
    district TEXT NOT NULL,
    case_id  TEXT NOT NULL,
    n        INTEGER NOT NULL,
    doc      TEXT NOT NULL,
    PRIMARY KEY (case_id, n)
) WITHOUT ROWID;

-- Which offices' desks show a case; open repeats whether it is, for the list
-- that is asked for most.
CREATE TABLE desk (
    office    TEXT NOT NULL,
    case_id   TEXT NOT NULL,
    district  TEXT NOT NULL,
    lodged_at INTEGER NOT NULL,
    open      INTEGER NOT NULL,
    PRIMARY KEY (office, case_id)
) WITHOUT ROWID;
CREATE INDEX desk_newest ON desk (office, open, lodged_at, case_id);

CREATE TABLE operation (
    op     TEXT NOT NULL PRIMARY KEY,
    device TEXT NOT NULL,
    n      INTEGER NOT NULL,
    hash   TEXT NOT NULL,
    result BLOB NOT NULL,
    at     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX operation_device ON operation (device, n) WHERE device <> '';

CREATE TABLE feed_head (
    feed   TEXT NOT NULL PRIMARY KEY,
    n      INTEGER NOT NULL,
    oldest INTEGER NOT NULL,
    sum    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE feed_entry (
    feed    TEXT NOT NULL,
    n       INTEGER NOT NULL,
    type    TEXT NOT NULL,
    case_id TEXT NOT NULL,
    event   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (feed, n)
) WITHOUT ROWID;

CREATE TABLE counter (
    metric   TEXT NOT NULL,
    district TEXT NOT NULL,
    key      TEXT NOT NULL,
    day      TEXT NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (metric, district, key, day)
) WITHOUT ROWID;

CREATE TABLE record (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    by_key     TEXT NOT NULL,
    doc        BLOB NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX record_by ON record (kind, by_key, id) WHERE by_key <> '';
CREATE INDEX record_expires ON record (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE audit (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL
);
