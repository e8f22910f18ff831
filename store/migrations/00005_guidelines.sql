-- +goose Up
-- How a workspace wants its drafts to sound, each version for ever, and which
-- suggestions a language model is still writing.

CREATE TABLE guidelines (
    workspace TEXT    NOT NULL,
    version   INTEGER NOT NULL, -- from 1
    author    TEXT    NOT NULL,
    note      TEXT    NOT NULL,
    body      TEXT    NOT NULL, -- YAML
    created   INTEGER NOT NULL,
    PRIMARY KEY (workspace, version)
) STRICT, WITHOUT ROWID;

ALTER TABLE suggestions ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE suggestions DROP COLUMN pending;
DROP TABLE guidelines;
