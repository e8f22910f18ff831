-- +goose Up
-- What people set of a source in the browser or with a command, in place of
-- what its configuration says.
CREATE TABLE source_settings (
    workspace  TEXT   NOT NULL,
    source     TEXT   NOT NULL,
    setting    TEXT   NOT NULL CHECK (setting IN ('audience', 'language', 'schedule')),
    value      TEXT   NOT NULL,
    configured TEXT   NOT NULL, -- what the configuration said then
    author     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (workspace, source, setting)
);

-- +goose Down
DROP TABLE source_settings;
