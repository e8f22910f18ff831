-- +goose Up
-- What searches are filtered by: the source that a document came from, and the
-- product that the source is about.

ALTER TABLE documents ADD COLUMN source  TEXT NOT NULL DEFAULT ''; -- its name, or the path that was read on command
ALTER TABLE documents ADD COLUMN product TEXT NOT NULL DEFAULT '';

UPDATE documents SET source = coalesce((
    SELECT s.name FROM sources AS s, json_each(s.roots) AS r
    WHERE s.workspace = documents.workspace AND r.value = documents.root ORDER BY s.name LIMIT 1
), root);

UPDATE passages SET body = json_set(body, '$.source_name', (
    SELECT d.source FROM documents AS d WHERE d.workspace = passages.workspace AND d.id = passages.document
));

-- +goose Down
ALTER TABLE documents DROP COLUMN product;
ALTER TABLE documents DROP COLUMN source;
