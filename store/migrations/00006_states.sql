-- +goose NO TRANSACTION
-- +goose Up
-- Suggestions whose conversation has moved on, and notes that were taken back
-- or have to be replaced. SQLite cannot change a CHECK, so both tables are made
-- anew; with foreign keys on, dropping one would empty those that refer to it.
-- Killed between here and the note of goose that it is done, it runs again and
-- comes to the same end.

PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE suggestions_new (
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
    state        TEXT    NOT NULL CHECK (state IN ('active', 'superseded', 'withdrawn', 'overtaken', 'answered', 'closed')),
    body         TEXT    NOT NULL,
    created      INTEGER NOT NULL,
    customer     TEXT    NOT NULL,
    question     TEXT    NOT NULL,
    stale        INTEGER NOT NULL DEFAULT 0, -- when a passage that it cites changed or went
    pending      INTEGER NOT NULL DEFAULT 0,
    asked        INTEGER NOT NULL DEFAULT 0, -- when the event happened at the desk
    asks         INTEGER NOT NULL DEFAULT 0, -- how many things the customer wants
    revision     INTEGER NOT NULL DEFAULT 0, -- counts what changed the text that agents see
    round        INTEGER NOT NULL DEFAULT 0, -- counts what has to be drafted again, such as for a file that came later
    shadow       INTEGER NOT NULL DEFAULT 0, -- measured only, shown to nobody
    UNIQUE (desk, event_key)
) STRICT;
INSERT INTO suggestions_new (id, workspace, desk, event_key, event_at, event_seq, conversation, message, language, flag, probability,
    state, body, created, customer, question, stale, pending, asked, asks)
SELECT id, workspace, desk, event_key, event_at, event_seq, conversation, message, language, flag, probability,
    state, body, created, customer, question, stale, pending,
    coalesce((SELECT e.at FROM events AS e WHERE e.desk = s.desk AND e.key = s.event_key), created),
    coalesce(json_array_length(body, '$.asks'), 0)
FROM suggestions AS s;
DROP TABLE suggestions;
ALTER TABLE suggestions_new RENAME TO suggestions;
CREATE INDEX suggestions_newest ON suggestions (workspace, created, id);
CREATE INDEX suggestions_conversation ON suggestions (workspace, conversation, created, id);
CREATE INDEX suggestions_message ON suggestions (workspace, desk, conversation, message);

CREATE TABLE deliveries_new (
    suggestion TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    desk       TEXT    NOT NULL,
    workspace  TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'gone', 'withdrawn')),
    external   TEXT    NOT NULL,
    error      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    revision   INTEGER NOT NULL DEFAULT 0, -- of the suggestion, that the note shows
    unsure     INTEGER NOT NULL DEFAULT 0, -- an attempt began whose end is not known: the note may be there
    PRIMARY KEY (suggestion, desk)
) STRICT, WITHOUT ROWID;
INSERT INTO deliveries_new (suggestion, desk, workspace, state, external, error, attempts, updated)
SELECT suggestion, desk, workspace, state, external, error, attempts, updated FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_new RENAME TO deliveries;
COMMIT;
PRAGMA foreign_keys = ON;

-- +goose Down
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE suggestions_old (
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
    stale        INTEGER NOT NULL DEFAULT 0,
    pending      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (desk, event_key)
) STRICT;
INSERT INTO suggestions_old SELECT id, workspace, desk, event_key, event_at, event_seq, conversation, message, language, flag, probability,
    CASE WHEN state IN ('overtaken', 'answered', 'closed') THEN 'superseded' ELSE state END,
    body, created, customer, question, stale, pending FROM suggestions;
DROP TABLE suggestions;
ALTER TABLE suggestions_old RENAME TO suggestions;
CREATE INDEX suggestions_newest ON suggestions (workspace, created, id);
CREATE INDEX suggestions_conversation ON suggestions (workspace, conversation, created, id);
CREATE INDEX suggestions_message ON suggestions (workspace, desk, conversation, message);
CREATE TABLE deliveries_old (
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
INSERT INTO deliveries_old SELECT suggestion, desk, workspace, CASE WHEN state = 'withdrawn' THEN 'delivered' ELSE state END,
    external, error, attempts, updated FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_old RENAME TO deliveries;
COMMIT;
PRAGMA foreign_keys = ON;
