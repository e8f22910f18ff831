-- +goose Up
-- What agents have typed on a draft and not yet used.

CREATE TABLE edits (
    suggestion TEXT    NOT NULL REFERENCES suggestions (id) ON DELETE CASCADE,
    agent      TEXT    NOT NULL,
    workspace  TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    quotes     TEXT    NOT NULL, -- JSON: what was quoted by hand, '' for nothing
    tab        TEXT    NOT NULL, -- that saved it last
    version    INTEGER NOT NULL, -- from 1
    updated    INTEGER NOT NULL,
    PRIMARY KEY (suggestion, agent)
) STRICT, WITHOUT ROWID;

-- A message that the customer took back leaves nothing behind.
-- +goose StatementBegin
CREATE TRIGGER edits_withdrawn AFTER UPDATE OF state ON suggestions WHEN NEW.state = 'withdrawn'
BEGIN DELETE FROM edits WHERE suggestion = NEW.id; END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER edits_withdrawn;
DROP TABLE edits;
