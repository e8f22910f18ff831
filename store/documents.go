package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/index"
)

// The states of a document.
const (
	DocumentOK     = "ok"
	DocumentFailed = "failed" // Error and Hint say why; the last good passages stay in use
)

// Document is a source file or case as we last read it.
type Document struct {
	ID, Workspace        string // required
	Collection, Audience string
	Root, Path           string // where it was found
	Source, Product      string // the name of the source it came from, and what that is about
	Title, Language      string
	Hash, Type           string // of the bytes last read, whether they were good or not
	Tag                  string // of the source, such as an ETag
	Size                 int64
	Modified, Ingested   time.Time // Ingested zero: now
	Pages, Words         int
	Seconds              float64 // that reading took
	Original             string  // from [Store.KeepOriginal], "" when the bytes are not kept
	Passages             int     // set by the store
	State                string  // set by the store
	Code                 string  // of a failure: no_text, encrypted …
	Error, Hint          string
	Warnings             []string
	Version              int    // set by the store: 1, and one more with each PutDocument
	Shelved              string // set by [Store.Shelve]: people took it out of search
}

// DocumentFilter narrows a list of documents. Zero fields do not.
type DocumentFilter struct {
	Root, Collection, State string
	Shelved                 bool // those that are out of search too
}

// Pending is a change that the search index has yet to learn: delete the
// passages of Delete, put those of Put, then call [Store.Indexed].
type Pending struct {
	Workspace, Document string
	Put                 []index.Passage
	Delete              []string // never also in Put
	Token               int64
}

// How many rows go into one statement.
const batch = 200

type documentRow struct {
	bun.BaseModel `bun:"table:documents,alias:d"`

	Workspace  string `bun:",pk"`
	ID         string `bun:",pk"`
	Collection string
	Audience   string
	Root       string
	Path       string
	Title      string
	Language   string
	Hash       string
	Type       string
	Size       int64
	Modified   int64
	Ingested   int64
	Passages   int
	State      string
	Error      string
	Hint       string
	Warnings   string
	Version    int
	Tag        string
	Pages      int
	Words      int
	Seconds    float64
	Code       string
	Original   string
	Source     string
	Product    string
	Shelved    string
}

type passageRow struct {
	bun.BaseModel `bun:"table:passages,alias:p"`

	ID        string `bun:",pk"`
	Workspace string
	Document  string
	Ordinal   int
	Body      string
}

type pendingRow struct {
	bun.BaseModel `bun:"table:pending,alias:w"`

	Token     int64 `bun:",pk,autoincrement"`
	Workspace string
	Document  string
}

type removalRow struct {
	bun.BaseModel `bun:"table:removals,alias:x"`

	Workspace string `bun:",pk"`
	Document  string `bun:",pk"`
	Passage   string `bun:",pk"`
}

// Documents lists the documents of a workspace by root and path.
func (s *Store) Documents(ctx context.Context, workspace string, f DocumentFilter) ([]Document, error) {
	var list []Document
	for d, err := range s.EachDocument(ctx, workspace, f) {
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// EachDocument is [Store.Documents] for who does not want to hold them all.
// They are read a page at a time, so documents may be changed and deleted
// between two of them.
func (s *Store) EachDocument(ctx context.Context, workspace string, f DocumentFilter) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		var last *documentRow
		for {
			var rows []documentRow
			q := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace)
			for _, by := range []struct{ column, value string }{
				{"root", f.Root}, {"collection", f.Collection}, {"state", f.State},
			} {
				if by.value != "" {
					q = q.Where("? = ?", bun.Ident(by.column), by.value)
				}
			}
			if !f.Shelved {
				q = q.Where("shelved = ''")
			}
			if last != nil {
				q = q.Where("(root, path, id) > (?, ?, ?)", last.Root, last.Path, last.ID)
			}
			if err := q.Order("root", "path", "id").Limit(batch).Scan(ctx); err != nil {
				yield(Document{}, fmt.Errorf("documents of workspace %q: %w", workspace, err))
				return
			}
			for i := range rows {
				d, err := rows[i].document()
				if !yield(d, err) || err != nil {
					return
				}
			}
			if len(rows) < batch {
				return
			}
			last = &rows[len(rows)-1]
		}
	}
}

// Totals are the documents of one root, counted.
type Totals struct {
	Root                   string
	OK, Failed, Empty      int // Empty are failures with [CodeNoText]
	Passages, Pages, Words int
	Bytes                  int64
}

// CodeNoText is the code of a failure of a file that holds no text.
const CodeNoText = "no_text"

// Totals counts the documents of a workspace by root.
func (s *Store) Totals(ctx context.Context, workspace string) ([]Totals, error) {
	var list []Totals
	err := s.r.NewSelect().Model((*documentRow)(nil)).
		ColumnExpr("root").
		ColumnExpr("coalesce(sum(CASE WHEN state = ? THEN 1 ELSE 0 END), 0) AS ok", DocumentOK).
		ColumnExpr("coalesce(sum(CASE WHEN state = ? AND code <> ? THEN 1 ELSE 0 END), 0) AS failed", DocumentFailed, CodeNoText).
		ColumnExpr("coalesce(sum(CASE WHEN state = ? AND code = ? THEN 1 ELSE 0 END), 0) AS empty", DocumentFailed, CodeNoText).
		ColumnExpr("sum(passages) AS passages").ColumnExpr("sum(pages) AS pages").ColumnExpr("sum(words) AS words").ColumnExpr("sum(size) AS bytes").
		Where("workspace = ?", workspace).Where("shelved = ''").Group("root").Order("root").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("count the documents of workspace %q: %w", workspace, err)
	}
	return list, nil
}

// Document is the document with the given id, or [ErrNotFound].
func (s *Store) Document(ctx context.Context, workspace, id string) (Document, error) {
	row := documentRow{Workspace: workspace, ID: id}
	if err := s.r.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
		return Document{}, fmt.Errorf("document %q: %w", id, missing(err))
	}
	return row.document()
}

// PutDocument replaces a document and its passages, and marks both pending
// for the index. Passages that editors excluded or corrected, see
// [Store.FixPassage], come into use as these say. What the document said
// before is kept as an earlier version,
// and suggestions that cite what is no more are marked stale; all that in one
// transaction. It returns the ids of passages that are no more. Passages
// without workspace or document get those of d. One that was read for another
// audience than people set of its source meanwhile is [ErrAudience].
func (s *Store) PutDocument(ctx context.Context, d Document, passages []index.Passage) (old []string, err error) {
	rows, err := newPassageRows(d, passages)
	if err != nil {
		return nil, fmt.Errorf("put document %q (%s): %w", d.ID, d.Path, err)
	}
	var unused []string
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		rows, aside, err := tx.mend(ctx, &documentRow{Workspace: d.Workspace, ID: d.ID}, rows)
		if err != nil {
			return err
		}
		d.State, d.Error, d.Hint, d.Code, d.Passages = DocumentOK, "", "", "", len(rows)
		row, err := newDocumentRow(d, tx.at)
		if err != nil {
			return err
		}
		if err := tx.meant(ctx, row); err != nil {
			return err
		}
		before, known, err := tx.document(ctx, d.Workspace, d.ID)
		if err != nil {
			return err
		}
		row.Version = before.Version + 1
		if err := tx.putDocument(ctx, row); err != nil {
			return err
		}
		if known && before.Version > 0 {
			if err := tx.archive(ctx, before); err != nil {
				return err
			}
		}
		had, err := tx.replacePassages(ctx, row, rows)
		if err != nil {
			return err
		}
		if err := tx.replaceAside(ctx, row, aside); err != nil {
			return err
		}
		old = withoutRows(had, rows)
		if unused, err = tx.addVersion(ctx, row, s.versions); err != nil {
			return err
		}
		affected := old
		if known && before.Audience != row.Audience {
			affected = had // who may read them is part of what they are
		}
		if err := tx.stale(ctx, row.Workspace, affected); err != nil {
			return err
		}
		return tx.pend(ctx, row.Workspace, row.ID, old)
	})
	if err != nil {
		return nil, fmt.Errorf("put document %q (%s): %w", d.ID, d.Path, err)
	}
	s.dropOriginals(context.WithoutCancel(ctx), unused)
	return old, nil
}

// TouchDocument notes that a document is as it was, though its source dates
// or tags it anew.
func (s *Store) TouchDocument(ctx context.Context, d Document) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewUpdate().Model((*documentRow)(nil)).
			Set("tag = ?", d.Tag).Set("size = ?", d.Size).Set("modified = ?", micros(d.Modified)).
			Where("workspace = ?", d.Workspace).Where("id = ?", d.ID).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("note document %q (%s) as unchanged: %w", d.ID, d.Path, err)
	}
	return nil
}

// FailDocument records that a document could not be read: d says what is
// known of it, with Code, Error and Hint. Its last good passages stay in use.
func (s *Store) FailDocument(ctx context.Context, d Document) error {
	if d.ID == "" || d.Workspace == "" {
		return fmt.Errorf("fail document %q of workspace %q: both are required: %w", d.ID, d.Workspace, ErrInvalid)
	}
	var unused []string
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		before, known, err := tx.document(ctx, d.Workspace, d.ID)
		if err != nil {
			return err
		}
		if known { // what the passages in use say
			d.Title, d.Language, d.Collection, d.Audience, d.Original = before.Title, before.Language, before.Collection, before.Audience, before.Original
			d.Source, d.Product = before.Source, before.Product
		}
		d.State, d.Passages = DocumentFailed, before.Passages
		row, err := newDocumentRow(d, tx.at)
		if err != nil {
			return err
		}
		row.Version = before.Version
		if err := tx.putDocument(ctx, row); err != nil {
			return err
		}
		// The same failure again is no news.
		if !known || before.State != DocumentFailed || before.Hash != row.Hash || before.Error != row.Error {
			if unused, err = tx.addVersion(ctx, row, s.versions); err != nil {
				return err
			}
		}
		return tx.feed(ctx, d.Workspace, FeedDocuments, d.ID)
	})
	if err != nil {
		return fmt.Errorf("record the failure of document %q (%s): %w", d.ID, d.Path, err)
	}
	s.dropOriginals(context.WithoutCancel(ctx), unused)
	return nil
}

// DeleteDocument removes a document with its passages, versions and originals
// at once, leaves the passages pending for the index, and marks suggestions
// that cite them stale. It returns the ids of the passages, and [ErrNotFound]
// when there is no such document.
func (s *Store) DeleteDocument(ctx context.Context, workspace, id string) (old []string, err error) {
	var unused []string
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		row, known, err := tx.document(ctx, workspace, id)
		if err != nil {
			return err
		}
		if !known {
			return ErrNotFound
		}
		if old, err = tx.replacePassages(ctx, &row, nil); err != nil {
			return err
		}
		err = tx.NewSelect().Model((*versionRow)(nil)).Distinct().Column("original").
			Where("workspace = ?", workspace).Where("document = ?", id).Where("original <> ''").Scan(ctx, &unused)
		if err != nil {
			return fmt.Errorf("list the originals: %w", err)
		}
		if _, err := tx.NewDelete().Model(&row).WherePK().Exec(ctx); err != nil {
			return err
		}
		if err := tx.stale(ctx, workspace, old); err != nil {
			return err
		}
		return tx.pend(ctx, workspace, id, old)
	})
	if err != nil {
		return nil, fmt.Errorf("delete document %q: %w", id, err)
	}
	s.dropOriginals(context.WithoutCancel(ctx), unused)
	return old, nil
}

// withoutRows are the ids that are not among rows.
func withoutRows(ids []string, rows []passageRow) []string {
	live := make(map[string]struct{}, len(rows))
	for _, r := range rows {
		live[r.ID] = struct{}{}
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := live[id]; return ok })
}

func (t *tx) document(ctx context.Context, workspace, id string) (row documentRow, known bool, err error) {
	row = documentRow{Workspace: workspace, ID: id}
	err = missing(t.NewSelect().Model(&row).WherePK().Scan(ctx))
	if errors.Is(err, ErrNotFound) {
		return documentRow{}, false, nil
	}
	return row, err == nil, err
}

func (t *tx) putDocument(ctx context.Context, row *documentRow) error {
	// Not REPLACE, which would take the passages along.
	_, err := t.NewInsert().Model(row).On("CONFLICT (workspace, id) DO UPDATE").
		Set("collection = excluded.collection").Set("audience = excluded.audience").
		Set("root = excluded.root").Set("path = excluded.path").
		Set("title = excluded.title").Set("language = excluded.language").
		Set("hash = excluded.hash").Set("type = excluded.type").Set("size = excluded.size").
		Set("modified = excluded.modified").Set("ingested = excluded.ingested").
		Set("passages = excluded.passages").Set("state = excluded.state").
		Set("error = excluded.error").Set("hint = excluded.hint").
		Set("warnings = excluded.warnings").Set("version = excluded.version").
		Set("tag = excluded.tag").Set("pages = excluded.pages").Set("words = excluded.words").
		Set("seconds = excluded.seconds").Set("code = excluded.code").Set("original = excluded.original").
		Set("source = excluded.source").Set("product = excluded.product").Exec(ctx)
	return err
}

// replacePassages returns the ids of the passages that were there before.
func (t *tx) replacePassages(ctx context.Context, d *documentRow, rows []passageRow) (had []string, err error) {
	err = t.NewSelect().Model((*passageRow)(nil)).Column("id").
		Where("workspace = ?", d.Workspace).Where("document = ?", d.ID).Order("ordinal", "id").Scan(ctx, &had)
	if err != nil {
		return nil, fmt.Errorf("list the passages: %w", err)
	}
	_, err = t.NewDelete().Model((*passageRow)(nil)).
		Where("workspace = ?", d.Workspace).Where("document = ?", d.ID).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("remove the passages: %w", err)
	}
	for chunk := range slices.Chunk(rows, batch) {
		ids := make([]string, len(chunk))
		for i, r := range chunk {
			ids[i] = r.ID
		}
		var foreign passageRow
		err := t.NewSelect().Model(&foreign).Where("id IN ?", bun.Tuple(ids)).Order("id").Limit(1).Scan(ctx)
		if err == nil {
			return nil, fmt.Errorf("passage id %q: already in document %q of workspace %q; ids must be unique in the store: %w",
				foreign.ID, foreign.Document, foreign.Workspace, ErrInvalid)
		}
		if err := missing(err); !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("look for passage ids: %w", err)
		}
		if _, err := t.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return nil, fmt.Errorf("insert passages: %w", err)
		}
		// What left once and is back must not be removed behind its return.
		_, err = t.NewDelete().Model((*removalRow)(nil)).
			Where("workspace = ?", d.Workspace).Where("document = ?", d.ID).Where("passage IN ?", bun.Tuple(ids)).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("keep passages: %w", err)
		}
	}
	return had, nil
}

// pend notes that the index must look at a document again.
func (t *tx) pend(ctx context.Context, workspace, document string, old []string) error {
	for chunk := range slices.Chunk(old, batch) {
		rows := make([]removalRow, len(chunk))
		for i, id := range chunk {
			rows[i] = removalRow{Workspace: workspace, Document: document, Passage: id}
		}
		_, err := t.NewInsert().Model(&rows).On("CONFLICT (workspace, document, passage) DO NOTHING").Exec(ctx)
		if err != nil {
			return fmt.Errorf("note removals: %w", err)
		}
	}
	_, err := t.NewDelete().Model((*pendingRow)(nil)).
		Where("workspace = ?", workspace).Where("document = ?", document).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note as pending: %w", err)
	}
	_, err = t.NewInsert().Model(&pendingRow{Workspace: workspace, Document: document}).Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("note as pending: %w", err)
	}
	return t.feed(ctx, workspace, FeedDocuments, document)
}

// pendingPassages is after how many passages [Store.PendingIndex] stops.
const pendingPassages = 5000

// PendingIndex is what the index has yet to learn, oldest change first, at
// most limit documents (0: 20; never more than 500) and no more once they have
// several thousand passages together.
func (s *Store) PendingIndex(ctx context.Context, limit int) ([]Pending, error) {
	// One snapshot: a token must not be paired with passages older than it.
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("pending documents: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	var rows []pendingRow
	if err := tx.NewSelect().Model(&rows).Order("token").Limit(page(limit, 20, 500)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("pending documents: %w", err)
	}
	list := make([]Pending, 0, len(rows))
	passages := 0
	for _, r := range rows {
		p := Pending{Workspace: r.Workspace, Document: r.Document, Token: r.Token}
		var put []passageRow
		err := tx.NewSelect().Model(&put).
			Where("workspace = ?", r.Workspace).Where("document = ?", r.Document).Order("ordinal", "id").Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("passages of document %q: %w", r.Document, err)
		}
		if p.Put, err = decode(put); err != nil {
			return nil, err
		}
		err = tx.NewSelect().Model((*removalRow)(nil)).Column("passage").
			Where("workspace = ?", r.Workspace).Where("document = ?", r.Document).Order("passage").Scan(ctx, &p.Delete)
		if err != nil {
			return nil, fmt.Errorf("removals of document %q: %w", r.Document, err)
		}
		list = append(list, p)
		if passages += len(p.Put) + len(p.Delete); passages >= pendingPassages {
			break
		}
	}
	return list, nil
}

// PendingCount is how many documents the index has yet to learn.
func (s *Store) PendingCount(ctx context.Context) (int, error) {
	n, err := s.r.NewSelect().Model((*pendingRow)(nil)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("pending documents: %w", err)
	}
	return int(n), nil
}

// Indexed says that the index has learned all of list. What changed since one
// was read stays pending.
func (s *Store) Indexed(ctx context.Context, list ...Pending) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		for _, p := range list {
			res, err := tx.NewDelete().Model((*pendingRow)(nil)).Where("token = ?", p.Token).Exec(ctx)
			if err != nil {
				return fmt.Errorf("document %q: %w", p.Document, err)
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				if err != nil {
					return fmt.Errorf("document %q: %w", p.Document, err)
				}
				continue
			}
			_, err = tx.NewDelete().Model((*removalRow)(nil)).
				Where("workspace = ?", p.Workspace).Where("document = ?", p.Document).Exec(ctx)
			if err != nil {
				return fmt.Errorf("document %q: %w", p.Document, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note %d documents as indexed: %w", len(list), err)
	}
	return nil
}

// MarkAllPending makes every document pending, for an index built anew.
func (s *Store) MarkAllPending(ctx context.Context) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewRaw("DELETE FROM pending WHERE EXISTS (SELECT 1 FROM documents AS d WHERE d.workspace = pending.workspace AND d.id = pending.document)").Exec(ctx)
		if err == nil { // each with a new token
			_, err = tx.NewRaw("INSERT INTO pending (workspace, document) SELECT workspace, id FROM documents ORDER BY workspace, id").Exec(ctx)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("mark all documents as pending: %w", err)
	}
	return nil
}

// Passages are the live passages among ids, by id. An index that lags behind
// may name passages that are no more; they are left out.
func (s *Store) Passages(ctx context.Context, workspace string, ids []string) (map[string]index.Passage, error) {
	found := make(map[string]index.Passage, len(ids))
	for chunk := range slices.Chunk(ids, batch) {
		var rows []passageRow
		err := s.r.NewSelect().Model(&rows).
			Where("workspace = ?", workspace).Where("id IN ?", bun.Tuple(chunk)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("passages of workspace %q: %w", workspace, err)
		}
		passages, err := decode(rows)
		if err != nil {
			return nil, err
		}
		for _, p := range passages {
			found[p.ID] = p
		}
	}
	return found, nil
}

// Around is the passage with the given id, with up to n before and after it
// in the same document (at most 50), in order. It is [ErrNotFound] when the
// passage is no more.
func (s *Store) Around(ctx context.Context, workspace, id string, n int) ([]index.Passage, error) {
	n = max(0, min(n, 50))
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("passages around %q: %w", id, err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	var at passageRow
	if err := tx.NewSelect().Model(&at).Where("workspace = ?", workspace).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, fmt.Errorf("passage %q: %w", id, missing(err))
	}
	var before, after []passageRow
	for _, side := range []struct {
		rows      *[]passageRow
		op, order string
	}{{&before, "<", "DESC"}, {&after, ">", "ASC"}} {
		err := tx.NewSelect().Model(side.rows).
			Where("workspace = ?", workspace).Where("document = ?", at.Document).
			Where("(ordinal, id) ? (?, ?)", bun.Safe(side.op), at.Ordinal, at.ID).
			OrderExpr("ordinal ?, id ?", bun.Safe(side.order), bun.Safe(side.order)).Limit(int64(n)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("passages around %q: %w", id, err)
		}
		if n == 0 { // bun takes a limit of 0 for none
			*side.rows = nil
		}
	}
	slices.Reverse(before)
	return decode(slices.Concat(before, []passageRow{at}, after))
}

// PassageIDs are the ids of all live passages of a workspace.
func (s *Store) PassageIDs(ctx context.Context, workspace string) iter.Seq2[string, error] {
	const many = 2000
	return func(yield func(string, error) bool) {
		last := passageRow{Ordinal: -1}
		for {
			var rows []passageRow
			err := s.r.NewSelect().Model(&rows).Column("document", "ordinal", "id").Where("workspace = ?", workspace).
				Where("(document, ordinal, id) > (?, ?, ?)", last.Document, last.Ordinal, last.ID).
				Order("document", "ordinal", "id").Limit(many).Scan(ctx)
			if err != nil {
				yield("", fmt.Errorf("passages of workspace %q: %w", workspace, err))
				return
			}
			for _, r := range rows {
				if !yield(r.ID, nil) {
					return
				}
			}
			if len(rows) < many {
				return
			}
			last = rows[len(rows)-1]
		}
	}
}

// AllPassages are all live passages of a workspace, by document and ordinal.
// They are read a page at a time, so a slow consumer holds nothing open.
func (s *Store) AllPassages(ctx context.Context, workspace string) iter.Seq2[index.Passage, error] {
	return func(yield func(index.Passage, error) bool) {
		last := passageRow{Ordinal: -1}
		for {
			var rows []passageRow
			err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).
				Where("(document, ordinal, id) > (?, ?, ?)", last.Document, last.Ordinal, last.ID).
				Order("document", "ordinal", "id").Limit(batch).Scan(ctx)
			if err != nil {
				yield(index.Passage{}, fmt.Errorf("passages of workspace %q: %w", workspace, err))
				return
			}
			if len(rows) == 0 {
				return
			}
			last = rows[len(rows)-1]
			passages, err := decode(rows)
			if err != nil {
				yield(index.Passage{}, err)
				return
			}
			for _, p := range passages {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// PassagesAfter are the live passages of all workspaces whose ids come after
// one, by id, at most limit (0: 1000).
func (s *Store) PassagesAfter(ctx context.Context, id string, limit int) ([]index.Passage, error) {
	var rows []passageRow
	err := s.r.NewSelect().Model(&rows).Where("id > ?", id).Order("id").Limit(page(limit, 1000, pendingPassages)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("passages after %q: %w", id, err)
	}
	return decode(rows)
}

// Extent is how much the store holds of all workspaces.
type Extent struct {
	Documents, Passages int
}

// Extent counts documents and passages.
func (s *Store) Extent(ctx context.Context) (e Extent, err error) {
	err = s.r.NewSelect().Model((*documentRow)(nil)).ColumnExpr("count(*) AS documents").ColumnExpr("coalesce(sum(passages), 0) AS passages").
		Scan(ctx, &e)
	if err != nil {
		return e, fmt.Errorf("count documents: %w", err)
	}
	return e, nil
}

// Backlog counts what the index has yet to learn: documents, and the passages
// that they have now.
func (s *Store) Backlog(ctx context.Context) (e Extent, err error) {
	err = s.r.NewSelect().Model((*pendingRow)(nil)).ColumnExpr("count(*) AS documents").ColumnExpr("coalesce(sum(d.passages), 0) AS passages").
		Join("LEFT JOIN documents AS d ON d.workspace = w.workspace AND d.id = w.document").Scan(ctx, &e)
	if err != nil {
		return e, fmt.Errorf("pending documents: %w", err)
	}
	return e, nil
}

func newPassageRows(d Document, passages []index.Passage) ([]passageRow, error) {
	if d.ID == "" || d.Workspace == "" {
		return nil, fmt.Errorf("id %q, workspace %q: both are required: %w", d.ID, d.Workspace, ErrInvalid)
	}
	rows := make([]passageRow, 0, len(passages))
	seen := make(map[string]int, len(passages))
	for i, p := range passages {
		if p.Workspace == "" {
			p.Workspace = d.Workspace
		}
		if p.Document == "" {
			p.Document = d.ID
		}
		first, twice := seen[p.ID]
		switch {
		case p.ID == "":
			return nil, fmt.Errorf("passages[%d].id: required: %w", i, ErrInvalid)
		case twice:
			return nil, fmt.Errorf("passages[%d].id: %q is also that of passages[%d]: %w", i, p.ID, first, ErrInvalid)
		case p.Workspace != d.Workspace || p.Document != d.ID:
			return nil, fmt.Errorf("passages[%d]: of document %q in workspace %q, not of this one: %w", i, p.Document, p.Workspace, ErrInvalid)
		case p.Ordinal < 0:
			return nil, fmt.Errorf("passages[%d].ordinal: %d is negative: %w", i, p.Ordinal, ErrInvalid)
		}
		seen[p.ID] = i
		body, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("passages[%d]: encode: %w", i, err)
		}
		rows = append(rows, passageRow{ID: p.ID, Workspace: p.Workspace, Document: p.Document, Ordinal: p.Ordinal, Body: string(body)})
	}
	return rows, nil
}

func decode(rows []passageRow) ([]index.Passage, error) {
	passages := make([]index.Passage, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Body), &passages[i]); err != nil {
			return nil, fmt.Errorf("decode passage %q: %w", r.ID, err)
		}
		passages[i].ID = r.ID
	}
	return passages, nil
}

func newDocumentRow(d Document, now time.Time) (*documentRow, error) {
	if d.Ingested.IsZero() {
		d.Ingested = now
	}
	warnings, err := json.Marshal(d.Warnings)
	if err != nil {
		return nil, fmt.Errorf("encode warnings: %w", err)
	}
	return &documentRow{
		Workspace: d.Workspace, ID: d.ID, Collection: d.Collection, Audience: d.Audience,
		Root: d.Root, Path: d.Path, Title: d.Title, Language: d.Language, Hash: d.Hash, Type: d.Type,
		Size: d.Size, Modified: micros(d.Modified), Ingested: micros(d.Ingested), Passages: d.Passages,
		State: d.State, Error: d.Error, Hint: d.Hint, Warnings: string(warnings),
		Tag: d.Tag, Pages: d.Pages, Words: d.Words, Seconds: d.Seconds, Code: d.Code, Original: d.Original, Source: d.Source, Product: d.Product,
	}, nil
}

func (r *documentRow) document() (Document, error) {
	d := Document{
		ID: r.ID, Workspace: r.Workspace, Collection: r.Collection, Audience: r.Audience,
		Root: r.Root, Path: r.Path, Title: r.Title, Language: r.Language, Hash: r.Hash, Type: r.Type,
		Size: r.Size, Modified: fromMicros(r.Modified), Ingested: fromMicros(r.Ingested), Passages: r.Passages,
		State: r.State, Error: r.Error, Hint: r.Hint, Version: r.Version,
		Tag: r.Tag, Pages: r.Pages, Words: r.Words, Seconds: r.Seconds, Code: r.Code, Original: r.Original, Source: r.Source, Product: r.Product,
		Shelved: r.Shelved,
	}
	if err := json.Unmarshal([]byte(r.Warnings), &d.Warnings); err != nil {
		return Document{}, fmt.Errorf("decode warnings of document %q: %w", r.ID, err)
	}
	return d, nil
}
