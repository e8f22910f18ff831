-- +goose Up
-- What people set of a source in the browser or with a command, in place of
-- what its configuration says.
CREATE TABLE source_settings (
    workspace  TEXT COLLATE "C" NOT NULL,
    source     TEXT COLLATE "C" NOT NULL,
    setting    TEXT COLLATE "C" NOT NULL CHECK (setting IN ('audience', 'language', 'schedule')),
    value      TEXT COLLATE "C" NOT NULL,
    configured TEXT COLLATE "C" NOT NULL, -- what the configuration said then
    author     TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (workspace, source, setting)
);

-- +goose Down
DROP TABLE source_settings;
