-- +goose Up
-- What figures are made of: one row for each suggestion with what became of it,
-- so that a page over a hundred thousand of them reads no drafts. All of it can
-- be made again from suggestions, outcomes and events, and holds no text.

CREATE TABLE counted (
    workspace   TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    suggestion  TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
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
CREATE UNIQUE INDEX counted_suggestion ON counted (suggestion);

CREATE TABLE counted_documents (
    workspace  TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    suggestion TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    document   TEXT    NOT NULL,
    cited      INTEGER NOT NULL,
    disputed   INTEGER NOT NULL, -- another source says otherwise
    outdated   INTEGER NOT NULL, -- an agent, or a later change, says that it is not so any more
    action     TEXT    NOT NULL, -- what became of the suggestion
    PRIMARY KEY (workspace, created, suggestion, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_documents_suggestion ON counted_documents (suggestion);

-- Suggestions that are yet to be counted, or counted again. A token is given
-- once: who clears by token cannot clear a later change.
CREATE TABLE uncounted (
    token      INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace  TEXT    NOT NULL,
    suggestion TEXT    NOT NULL UNIQUE REFERENCES suggestions (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX uncounted_workspace ON uncounted (workspace, token);

INSERT INTO uncounted (workspace, suggestion) SELECT workspace, id FROM suggestions ORDER BY workspace, created, id;

-- Triggers, so that no way to change a suggestion can forget it. A later
-- migration that makes suggestions anew has to make these anew, too.

-- +goose StatementBegin
CREATE TRIGGER uncount_new AFTER INSERT ON suggestions BEGIN
    INSERT INTO uncounted (workspace, suggestion) VALUES (NEW.workspace, NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER uncount_changed AFTER UPDATE OF state, body, flag, stale ON suggestions BEGIN
    DELETE FROM uncounted WHERE suggestion = NEW.id;
    INSERT INTO uncounted (workspace, suggestion) VALUES (NEW.workspace, NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER uncount_outcome AFTER INSERT ON outcomes BEGIN
    DELETE FROM uncounted WHERE suggestion = NEW.suggestion;
    INSERT INTO uncounted (workspace, suggestion) VALUES (NEW.workspace, NEW.suggestion);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER uncount_reply AFTER INSERT ON events WHEN NEW.kind = 'message' AND NEW.conversation <> '' AND NEW.body ->> '$.role' = 'agent' BEGIN
    DELETE FROM uncounted WHERE suggestion IN (SELECT id FROM suggestions WHERE workspace = NEW.workspace AND conversation = NEW.conversation AND desk = NEW.desk);
    INSERT INTO uncounted (workspace, suggestion)
    SELECT workspace, id FROM suggestions WHERE workspace = NEW.workspace AND conversation = NEW.conversation AND desk = NEW.desk;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER uncount_reply;
DROP TRIGGER uncount_outcome;
DROP TRIGGER uncount_changed;
DROP TRIGGER uncount_new;
DROP TABLE uncounted;
DROP TABLE counted_documents;
DROP TABLE counted;
