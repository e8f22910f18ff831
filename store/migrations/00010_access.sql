-- +goose Up
-- Who may do what, and who did what.

CREATE TABLE people (
    id       TEXT    PRIMARY KEY,
    login    TEXT    NOT NULL UNIQUE, -- in lower case
    name     TEXT    NOT NULL,
    password TEXT    NOT NULL, -- a hash; '' until the person has set one
    disabled INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    seen     INTEGER NOT NULL -- the last sign-in, 0: never
) STRICT;

CREATE TABLE people_roles (
    person    TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    workspace TEXT NOT NULL,
    role      TEXT NOT NULL,
    PRIMARY KEY (person, workspace)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id      TEXT    PRIMARY KEY, -- a hash of what the browser holds
    person  TEXT    NOT NULL,    -- '': who had the panel's token
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_person ON sessions (person);

-- Links that let somebody set a password, once.
CREATE TABLE access_links (
    hash    TEXT    PRIMARY KEY,
    person  TEXT    NOT NULL, -- '': the first person of all
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    id        TEXT    PRIMARY KEY,
    hash      TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,
    workspace TEXT    NOT NULL, -- '*': every one
    scopes    TEXT    NOT NULL, -- separated by spaces
    author    TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    used      INTEGER NOT NULL, -- 0: never
    revoked   INTEGER NOT NULL  -- 0: in use
) STRICT;

-- No text of customers or documents: ids, names of actions, and who.
CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    workspace TEXT    NOT NULL, -- '': the installation
    kind      TEXT    NOT NULL, -- of the actor
    actor     TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    object    TEXT    NOT NULL,
    detail    TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_actor ON audit (actor, seq);
CREATE INDEX audit_object ON audit (object, seq);

-- +goose StatementBegin
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit;
DROP TABLE api_keys;
DROP TABLE access_links;
DROP TABLE sessions;
DROP TABLE people_roles;
DROP TABLE people;
