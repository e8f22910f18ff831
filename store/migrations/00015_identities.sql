-- +goose Up
-- Who a sign-on provider says somebody is. The subject is the provider's own
-- name for them and never changes, as mail addresses do.

CREATE TABLE people_identities (
    issuer  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    person  TEXT    NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    linked  INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (person, issuer)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE people_identities;
