-- +goose Up
-- Times are microseconds since 1970 in UTC; 0 is "unknown". Text that must be
-- forgotten on demand stands in columns of its own, never inside body.

CREATE TABLE events (
    seq          INTEGER PRIMARY KEY, -- order of arrival
    desk         TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    workspace    TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    message      TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    attachments  TEXT    NOT NULL, -- JSON, or '' for none
    body         TEXT    NOT NULL, -- JSON of what the desk said, without text and attachments
    deleted      INTEGER NOT NULL,
    at           INTEGER NOT NULL, -- at the desk, or received where the desk does not say
    received     INTEGER NOT NULL,
    UNIQUE (desk, key)
) STRICT;
CREATE INDEX events_history ON events (workspace, desk, conversation, at, seq);
CREATE INDEX events_message ON events (workspace, desk, conversation, message);

-- What became of messages that were edited or deleted. It outlives the order
-- of arrival: a message that comes after its deletion finds its fate here.
CREATE TABLE revisions (
    workspace    TEXT    NOT NULL,
    desk         TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    message      TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    deleted      INTEGER NOT NULL,
    PRIMARY KEY (workspace, desk, conversation, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
    workspace    TEXT    NOT NULL,
    desk         TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    customer     TEXT    NOT NULL,
    channel      TEXT    NOT NULL,
    opened       INTEGER NOT NULL,
    active       INTEGER NOT NULL,
    closed       INTEGER NOT NULL,
    PRIMARY KEY (workspace, desk, conversation)
) STRICT, WITHOUT ROWID;

CREATE TABLE suggestions (
    id           TEXT    PRIMARY KEY,
    workspace    TEXT    NOT NULL,
    desk         TEXT    NOT NULL,
    event_key    TEXT    NOT NULL,
    event_at     INTEGER NOT NULL,
    event_seq    INTEGER NOT NULL,
    conversation TEXT    NOT NULL,
    message      TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    flag         TEXT    NOT NULL,
    probability  REAL    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('active', 'superseded', 'withdrawn')),
    body         TEXT    NOT NULL,
    created      INTEGER NOT NULL,
    customer     TEXT    NOT NULL,
    question     TEXT    NOT NULL,
    UNIQUE (desk, event_key)
) STRICT;
CREATE INDEX suggestions_newest ON suggestions (workspace, created, id);
CREATE INDEX suggestions_conversation ON suggestions (workspace, conversation, created, id);
CREATE INDEX suggestions_message ON suggestions (workspace, desk, conversation, message);

CREATE TABLE outcomes (
    id         TEXT    PRIMARY KEY,
    workspace  TEXT    NOT NULL,
    suggestion TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    action     TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    agent      TEXT    NOT NULL,
    created    INTEGER NOT NULL
) STRICT;
CREATE INDEX outcomes_suggestion ON outcomes (suggestion, created, id);

CREATE TABLE deliveries (
    suggestion TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    desk       TEXT    NOT NULL,
    workspace  TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'gone')),
    external   TEXT    NOT NULL,
    error      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    PRIMARY KEY (suggestion, desk)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: a sequence number that a panel has seen is never given again.
CREATE TABLE feed (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    ref       TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_workspace ON feed (workspace, seq);

CREATE TABLE documents (
    workspace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    collection TEXT    NOT NULL,
    audience   TEXT    NOT NULL,
    root       TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    type       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    modified   INTEGER NOT NULL,
    ingested   INTEGER NOT NULL,
    passages   INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('ok', 'failed')),
    error      TEXT    NOT NULL,
    hint       TEXT    NOT NULL,
    warnings   TEXT    NOT NULL, -- JSON list
    version    INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX documents_root ON documents (workspace, root, path);

CREATE TABLE passages (
    id        TEXT    PRIMARY KEY,
    workspace TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    ordinal   INTEGER NOT NULL,
    body      TEXT    NOT NULL, -- JSON of index.Passage
    FOREIGN KEY (workspace, document) REFERENCES documents (workspace, id) ON DELETE CASCADE
) STRICT;
-- The document comes first: an index that began with the workspace would
-- tempt SQLite to read all of it when it is asked for a few ids.
CREATE INDEX passages_document ON passages (document, workspace, ordinal, id);

-- Documents whose passages the search index does not yet know. A token is
-- given once: who clears by token cannot clear a later change.
CREATE TABLE pending (
    token     INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    UNIQUE (workspace, document)
) STRICT;

-- Passages that must leave the search index.
CREATE TABLE removals (
    workspace TEXT NOT NULL,
    document  TEXT NOT NULL,
    passage   TEXT NOT NULL,
    PRIMARY KEY (workspace, document, passage)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE removals;
DROP TABLE pending;
DROP TABLE passages;
DROP TABLE documents;
DROP TABLE feed;
DROP TABLE deliveries;
DROP TABLE outcomes;
DROP TABLE suggestions;
DROP TABLE conversations;
DROP TABLE revisions;
DROP TABLE events;
