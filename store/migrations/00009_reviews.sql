-- +goose Up
-- What quality assurance thinks of drafts, what becomes of the bad ones, and
-- the same questions asked again.

CREATE TABLE reviews (
    suggestion TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    reviewer   TEXT    NOT NULL,
    workspace  TEXT    NOT NULL,
    correct    INTEGER NOT NULL CHECK (correct BETWEEN 0 AND 5), -- 1 to 5; 0: could not be judged
    complete   INTEGER NOT NULL CHECK (complete BETWEEN 0 AND 5),
    tone       INTEGER NOT NULL CHECK (tone BETWEEN 0 AND 5),
    citation   INTEGER NOT NULL CHECK (citation BETWEEN 0 AND 5),
    comment    TEXT    NOT NULL,
    corrected  TEXT    NOT NULL, -- how the answer should have been
    seconds    REAL    NOT NULL, -- from opening the draft to saving; 0: not known
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    PRIMARY KEY (suggestion, reviewer)
) STRICT, WITHOUT ROWID;
CREATE INDEX reviews_newest ON reviews (workspace, created, suggestion, reviewer);

CREATE TABLE triage (
    suggestion TEXT    PRIMARY KEY REFERENCES suggestions (id) ON DELETE CASCADE,
    workspace  TEXT    NOT NULL,
    cause      TEXT    NOT NULL CHECK (cause IN ('missing', 'not_retrieved', 'badly_written', 'outdated', 'conflicting', 'wrong_audience')),
    document   TEXT    NOT NULL, -- id of the one to mend, '' for none; it may have gone since
    title      TEXT    NOT NULL, -- of the document, as it was
    owner      TEXT    NOT NULL, -- who is to mend it, '' for nobody yet
    note       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('open', 'fixed', 'closed')),
    author     TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX triage_newest ON triage (workspace, updated, suggestion);

CREATE TABLE reruns (
    id          TEXT    PRIMARY KEY, -- a ULID: its order is that of time
    suggestion  TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    workspace   TEXT    NOT NULL,
    language    TEXT    NOT NULL,
    flag        TEXT    NOT NULL,
    probability REAL    NOT NULL,
    body        TEXT    NOT NULL,
    author      TEXT    NOT NULL,
    created     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reruns_suggestion ON reruns (suggestion, id);

-- Who deletes a message takes back all that was written about it.
-- +goose StatementBegin
CREATE TRIGGER reviews_withdrawn AFTER UPDATE OF state ON suggestions WHEN new.state = 'withdrawn'
BEGIN
    UPDATE reviews SET comment = '', corrected = '' WHERE suggestion = new.id;
    UPDATE triage SET note = '' WHERE suggestion = new.id;
    DELETE FROM reruns WHERE suggestion = new.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER reviews_withdrawn;
DROP TABLE reruns;
DROP TABLE triage;
DROP TABLE reviews;
