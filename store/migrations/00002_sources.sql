-- +goose Up
-- Where documents come from, what each run of a source did, the versions of a
-- document, and which suggestions rest on which passages.

ALTER TABLE documents ADD COLUMN tag      TEXT    NOT NULL DEFAULT ''; -- of the source, an ETag
ALTER TABLE documents ADD COLUMN pages    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN words    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN seconds  REAL    NOT NULL DEFAULT 0;  -- that reading took
ALTER TABLE documents ADD COLUMN code     TEXT    NOT NULL DEFAULT ''; -- of a failure: no_text, encrypted …
ALTER TABLE documents ADD COLUMN original TEXT    NOT NULL DEFAULT ''; -- file in originals, '' when not kept

-- One row for each time that a document was read into something new, good or
-- not. The passages in use stand in passages; those of an earlier version are
-- packed into its row.
CREATE TABLE versions (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    version   INTEGER NOT NULL, -- of a failure, the version that stayed in use
    hash      TEXT    NOT NULL,
    tag       TEXT    NOT NULL,
    size      INTEGER NOT NULL,
    modified  INTEGER NOT NULL,
    ingested  INTEGER NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('ok', 'failed')),
    code      TEXT    NOT NULL,
    error     TEXT    NOT NULL,
    pages     INTEGER NOT NULL,
    words     INTEGER NOT NULL,
    passages  INTEGER NOT NULL,
    seconds   REAL    NOT NULL,
    original  TEXT    NOT NULL,
    body      BLOB,             -- gzip of a JSON list of index.Passage
    FOREIGN KEY (workspace, document) REFERENCES documents (workspace, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX versions_document ON versions (document, workspace, version);
CREATE INDEX versions_original ON versions (original);

INSERT INTO versions (workspace, document, version, hash, tag, size, modified, ingested, state, code, error, pages, words, passages, seconds, original)
SELECT workspace, id, version, hash, '', size, modified, ingested, 'ok', '', '', 0, 0, passages, 0, ''
FROM documents WHERE passages > 0 AND state = 'ok' ORDER BY workspace, id;

CREATE TABLE sources (
    workspace   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    roots       TEXT    NOT NULL, -- JSON list
    paused      INTEGER NOT NULL,
    last_run    INTEGER NOT NULL, -- when the last run ended
    last_result TEXT    NOT NULL,
    next_run    INTEGER NOT NULL, -- 0: only on command
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id        TEXT    PRIMARY KEY, -- a ULID: its order is that of time
    workspace TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('running', 'ok', 'partial', 'failed', 'stopped', 'interrupted')),
    started   INTEGER NOT NULL,
    ended     INTEGER NOT NULL,
    error     TEXT    NOT NULL,
    report    TEXT    NOT NULL  -- JSON of the counts and of what could not be looked at
) STRICT;
CREATE INDEX runs_source ON runs (workspace, source, id);

ALTER TABLE suggestions ADD COLUMN stale INTEGER NOT NULL DEFAULT 0; -- when a passage that it cites changed or went

CREATE TABLE cites (
    suggestion TEXT NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    passage    TEXT NOT NULL,
    PRIMARY KEY (suggestion, passage)
) STRICT, WITHOUT ROWID;
CREATE INDEX cites_passage ON cites (passage, suggestion);

INSERT OR IGNORE INTO cites (suggestion, passage)
SELECT s.id, json_extract(e.value, '$.passage.id')
FROM suggestions AS s, json_each(s.body, '$.evidence') AS e
WHERE json_extract(e.value, '$.cited') AND json_extract(e.value, '$.passage.id') IS NOT NULL;

-- +goose Down
DROP TABLE cites;
ALTER TABLE suggestions DROP COLUMN stale;
DROP TABLE runs;
DROP TABLE sources;
DROP TABLE versions;
ALTER TABLE documents DROP COLUMN original;
ALTER TABLE documents DROP COLUMN code;
ALTER TABLE documents DROP COLUMN seconds;
ALTER TABLE documents DROP COLUMN words;
ALTER TABLE documents DROP COLUMN pages;
ALTER TABLE documents DROP COLUMN tag;
