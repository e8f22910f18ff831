-- +goose Up
-- What language models cost: one row for a workspace and a month of UTC,
-- written 2026-01. Months are kept for good; there are few.

CREATE TABLE spend (
    workspace  TEXT    NOT NULL,
    month      TEXT    NOT NULL,
    calls      INTEGER NOT NULL,
    estimated  INTEGER NOT NULL, -- of the calls, those whose tokens the server did not tell
    tokens_in  INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL,
    micros     INTEGER NOT NULL, -- millionths of the currency that prices were in
    PRIMARY KEY (workspace, month)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE spend;
