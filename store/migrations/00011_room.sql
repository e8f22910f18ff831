-- +goose Up
-- The document room: lists of many documents, found by name, and documents
-- that people took out of search and can put back.

-- Documents that were taken out together. Their rows and versions stay; the
-- passages that were in use are packed into the row of their version.
CREATE TABLE shelvings (
    id        TEXT    PRIMARY KEY, -- a ULID: its order is that of time
    workspace TEXT    NOT NULL,
    name      TEXT    NOT NULL,    -- of the document or source
    source    INTEGER NOT NULL,    -- 1: a source as a whole
    author    TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    passages  INTEGER NOT NULL,
    ended     INTEGER NOT NULL,    -- when they were put back or erased; 0: they are out
    ending    TEXT    NOT NULL CHECK (ending IN ('', 'restored', 'erased')),
    ender     TEXT    NOT NULL
) STRICT;
CREATE INDEX shelvings_newest ON shelvings (workspace, id);

ALTER TABLE documents ADD COLUMN shelved TEXT NOT NULL DEFAULT ''; -- a shelving; '': in use

-- A list is in the order of paths whatever it is narrowed to.
CREATE INDEX documents_path ON documents (workspace, path COLLATE NOCASE, id);
CREATE INDEX documents_source ON documents (workspace, source, path COLLATE NOCASE, id);
CREATE INDEX documents_collection ON documents (workspace, collection, path COLLATE NOCASE, id);
CREATE INDEX documents_state ON documents (workspace, state, path COLLATE NOCASE, id);
CREATE INDEX documents_type ON documents (workspace, type, path COLLATE NOCASE, id);
CREATE INDEX documents_language ON documents (workspace, language, path COLLATE NOCASE, id);
CREATE INDEX documents_shelved ON documents (workspace, shelved, path COLLATE NOCASE, id) WHERE shelved <> '';
-- What is counted stands in the index, so that counting reads nothing else.
CREATE INDEX documents_counted ON documents (workspace, shelved, source, collection, audience, language, type, state, code, passages);

-- Names, for finding a part of one.
CREATE TABLE document_names (
    seq       INTEGER PRIMARY KEY,
    workspace TEXT    NOT NULL,
    document  TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    UNIQUE (workspace, document)
) STRICT;
CREATE VIRTUAL TABLE document_parts USING fts5 (name, content='document_names', content_rowid='seq', tokenize='trigram', detail='full');
INSERT INTO document_parts (document_parts, rank) VALUES ('secure-delete', 1);

-- +goose StatementBegin
CREATE TRIGGER document_names_in AFTER INSERT ON document_names BEGIN
    INSERT INTO document_parts (rowid, name) VALUES (new.seq, new.name);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER document_names_out AFTER DELETE ON document_names BEGIN
    INSERT INTO document_parts (document_parts, rowid, name) VALUES ('delete', old.seq, old.name);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER document_names_new AFTER UPDATE OF name ON document_names BEGIN
    INSERT INTO document_parts (document_parts, rowid, name) VALUES ('delete', old.seq, old.name);
    INSERT INTO document_parts (rowid, name) VALUES (new.seq, new.name);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER documents_in AFTER INSERT ON documents BEGIN
    INSERT INTO document_names (workspace, document, name) VALUES (new.workspace, new.id, new.title || char(10) || new.path);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER documents_out AFTER DELETE ON documents BEGIN
    DELETE FROM document_names WHERE workspace = old.workspace AND document = old.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER documents_new AFTER UPDATE OF title, path ON documents WHEN old.title <> new.title OR old.path <> new.path BEGIN
    UPDATE document_names SET name = new.title || char(10) || new.path WHERE workspace = new.workspace AND document = new.id;
END;
-- +goose StatementEnd

INSERT INTO document_names (workspace, document, name) SELECT workspace, id, title || char(10) || path FROM documents ORDER BY workspace, id;

-- +goose Down
DROP TRIGGER documents_new;
DROP TRIGGER documents_out;
DROP TRIGGER documents_in;
DROP TABLE document_parts;
DROP TABLE document_names;
DROP INDEX documents_counted;
DROP INDEX documents_shelved;
DROP INDEX documents_language;
DROP INDEX documents_type;
DROP INDEX documents_state;
DROP INDEX documents_collection;
DROP INDEX documents_source;
DROP INDEX documents_path;
ALTER TABLE documents DROP COLUMN shelved;
DROP TABLE shelvings;
