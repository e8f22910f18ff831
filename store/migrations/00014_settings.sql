-- +goose Up
-- What the pages of those who run it need: the language of a person's pages,
-- what was erased so that it does not come back, and when upkeep was done.

ALTER TABLE people ADD COLUMN language TEXT NOT NULL DEFAULT ''; -- '': the workspace's

-- Digests of what was erased. A desk that is asked again, or that repeats a
-- delivery, would bring it back.
CREATE TABLE erased (
    workspace TEXT    NOT NULL,
    digest    TEXT    NOT NULL,
    at        INTEGER NOT NULL, -- of a conversation: what happened later is new
    PRIMARY KEY (workspace, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE upkeep (
    kind      TEXT    NOT NULL, -- backup, retention
    workspace TEXT    NOT NULL, -- '': the installation
    at        INTEGER NOT NULL,
    report    TEXT    NOT NULL, -- JSON of counts
    PRIMARY KEY (kind, workspace)
) STRICT, WITHOUT ROWID;

-- Figures outlive the suggestions that they were counted from: they hold no
-- text, and erasing a customer must not rewrite last year's report.
CREATE TABLE counted_new (
    workspace   TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    suggestion  TEXT    NOT NULL,
    desk        TEXT    NOT NULL,
    language    TEXT    NOT NULL,
    kind        TEXT    NOT NULL, -- of question
    flag        TEXT    NOT NULL,
    probability REAL    NOT NULL,
    asks        INTEGER NOT NULL,
    action      TEXT    NOT NULL, -- what became of it
    sent        INTEGER NOT NULL, -- whether the reply that was sent is known
    good        INTEGER NOT NULL, -- -1 unknown
    distance    REAL    NOT NULL, -- -1 unknown
    waited      INTEGER NOT NULL, -- microseconds from its event to it, -1 unknown
    replied     INTEGER NOT NULL, -- microseconds from its event to an agent's reply, -1 unknown
    gap         TEXT    NOT NULL, -- why it shows that something is missing, '' for not
    stale       INTEGER NOT NULL, -- whether a source changed since
    shadow      INTEGER NOT NULL, -- measured only, shown to nobody
    PRIMARY KEY (workspace, created, suggestion)
) STRICT, WITHOUT ROWID;
INSERT INTO counted_new SELECT workspace, created, suggestion, desk, language, kind, flag, probability, asks, action, sent, good, distance,
    waited, replied, gap, stale, shadow FROM counted;
DROP TABLE counted;
ALTER TABLE counted_new RENAME TO counted;
CREATE UNIQUE INDEX counted_suggestion ON counted (suggestion);

CREATE TABLE counted_documents_new (
    workspace  TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    suggestion TEXT    NOT NULL,
    document   TEXT    NOT NULL,
    cited      INTEGER NOT NULL,
    disputed   INTEGER NOT NULL, -- another source says otherwise
    outdated   INTEGER NOT NULL, -- an agent, or a later change, says that it is not so any more
    action     TEXT    NOT NULL, -- what became of the suggestion
    PRIMARY KEY (workspace, created, suggestion, document)
) STRICT, WITHOUT ROWID;
INSERT INTO counted_documents_new SELECT workspace, created, suggestion, document, cited, disputed, outdated, action FROM counted_documents;
DROP TABLE counted_documents;
ALTER TABLE counted_documents_new RENAME TO counted_documents;
CREATE INDEX counted_documents_suggestion ON counted_documents (suggestion);

-- +goose Down
DROP TABLE upkeep;
DROP TABLE erased;
ALTER TABLE people DROP COLUMN language;
