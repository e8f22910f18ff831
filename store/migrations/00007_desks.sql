-- +goose Up
-- What desks need besides their events: where polling stands, how each is, the
-- text of customers' files, and what conversations are routed by.

ALTER TABLE outcomes ADD COLUMN detail TEXT NOT NULL DEFAULT ''; -- JSON, or '' for none; holds no text

ALTER TABLE outcomes ADD COLUMN event TEXT NOT NULL DEFAULT ''; -- key of the reply's event: its text goes with it

-- Of what an event said when it came, to notice a key that is used again for
-- something else; '' once the message is deleted.
ALTER TABLE events ADD COLUMN digest TEXT NOT NULL DEFAULT '';

ALTER TABLE conversations ADD COLUMN tags     TEXT NOT NULL DEFAULT ''; -- JSON list, or '' for none
ALTER TABLE conversations ADD COLUMN team     TEXT NOT NULL DEFAULT ''; -- the desk's group
ALTER TABLE conversations ADD COLUMN brand    TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN assignee TEXT NOT NULL DEFAULT '';

CREATE TABLE desks (
    desk     TEXT    PRIMARY KEY,
    received INTEGER NOT NULL, -- the last delivery in
    noted    INTEGER NOT NULL, -- the last note out
    polled   INTEGER NOT NULL,
    failed   INTEGER NOT NULL, -- when error happened
    error    TEXT    NOT NULL, -- the last one
    lost     INTEGER NOT NULL, -- since when access is withdrawn; 0 while it is not
    reason   TEXT    NOT NULL, -- of that, with what to do
    cursor   TEXT    NOT NULL, -- where polling goes on
    since    INTEGER NOT NULL  -- where it began
) STRICT, WITHOUT ROWID;

CREATE TABLE attachments (
    desk         TEXT    NOT NULL,
    event        TEXT    NOT NULL, -- key
    number       INTEGER NOT NULL, -- in the event, from 0
    workspace    TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    message      TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('read', 'failed', 'skipped')),
    error        TEXT    NOT NULL,
    passages     TEXT    NOT NULL, -- JSON list of index.Passage
    at           INTEGER NOT NULL,
    PRIMARY KEY (desk, event, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_conversation ON attachments (workspace, desk, conversation, message);

-- +goose Down
DROP TABLE attachments;
DROP TABLE desks;
ALTER TABLE conversations DROP COLUMN assignee;
ALTER TABLE conversations DROP COLUMN brand;
ALTER TABLE conversations DROP COLUMN team;
ALTER TABLE conversations DROP COLUMN tags;
ALTER TABLE events DROP COLUMN digest;
ALTER TABLE outcomes DROP COLUMN event;
ALTER TABLE outcomes DROP COLUMN detail;
