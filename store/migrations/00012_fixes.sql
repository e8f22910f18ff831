-- +goose Up
-- What editors have mended in documents: passages left out of search, and
-- passages with other words. Lines are only added; those of one thread follow
-- one passage through the versions of its document, and the newest counts.

CREATE TABLE fixes (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    thread    INTEGER NOT NULL, -- seq of its first line
    workspace TEXT    NOT NULL,
    document  TEXT    NOT NULL, -- it may have gone since, and come back
    mark      TEXT    NOT NULL, -- what the passage said and under which headings, hashed
    passage   TEXT    NOT NULL, -- its id as it was read when this was done
    action    TEXT    NOT NULL CHECK (action IN ('exclude', 'correct', 'restore')),
    was       TEXT    NOT NULL, -- JSON of index.Passage, as it was read
    text      TEXT    NOT NULL, -- of a correction
    reason    TEXT    NOT NULL,
    author    TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX fixes_document ON fixes (workspace, document, seq);
CREATE INDEX fixes_passage ON fixes (passage, seq);

-- Passages as they were read that a fix took out of passages.
CREATE TABLE passages_aside (
    id        TEXT    PRIMARY KEY,
    workspace TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    ordinal   INTEGER NOT NULL,
    body      TEXT    NOT NULL, -- JSON of index.Passage
    fix       INTEGER NOT NULL, -- fixes.seq
    live      TEXT    NOT NULL, -- id of the corrected passage, '' when it is excluded
    FOREIGN KEY (workspace, document) REFERENCES documents (workspace, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX passages_aside_document ON passages_aside (document, workspace, ordinal, id);
CREATE INDEX passages_aside_live ON passages_aside (live);

-- +goose Down
DROP TABLE passages_aside;
DROP TABLE fixes;
