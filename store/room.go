package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"
	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/index"
)

// The states by which lists of documents are narrowed, beside those of a
// document.
const (
	ListProblems = "problems" // failed or empty
	ListEmpty    = "empty"    // failed with [CodeNoText]
	ListShelved  = "shelved"  // out of search
)

// MinName is how many characters of a name it takes to find documents by it.
const MinName = 3

// ListFilter narrows a list of documents. Zero fields do not.
type ListFilter struct {
	Name                               string // parts of title or path, each word of it; one of them needs [MinName] characters
	Source, Collection, Type, Language string
	State                              string // see [ListProblems]; "" is all but the shelved
	Shelving                           string // only the documents of one
}

// ErrShortName means that a name is too short to be looked for.
var ErrShortName = errors.New("too few characters of a name")

// ListDocuments is a page of the documents of a workspace, at most limit (0:
// 50; never more than 200), and where the next begins, "" when there is none.
// They come by path, those found by name the newest first. A page costs as
// much as it shows, however many documents there are and wherever it begins.
func (s *Store) ListDocuments(ctx context.Context, workspace string, f ListFilter, after string, limit int) (list []Document, next string, err error) {
	n := page(limit, 50, batch)
	var rows []listedRow
	q, err := s.listed(s.r.NewSelect().Model(&rows), workspace, f, after)
	if err != nil {
		return nil, "", fmt.Errorf("list documents of workspace %q: %w", workspace, err)
	}
	if err := q.Limit(n + 1).Scan(ctx); err != nil {
		return nil, "", fmt.Errorf("list documents of workspace %q: %w", workspace, err)
	}
	if int64(len(rows)) > n {
		rows = rows[:n]
		last := rows[n-1]
		if next = last.ID + " " + last.Path; last.Seq > 0 {
			next = strconv.FormatInt(last.Seq, 10)
		}
	}
	for i := range rows {
		d, err := rows[i].document()
		if err != nil {
			return nil, "", err
		}
		list = append(list, d)
	}
	return list, next, nil
}

type listedRow struct {
	documentRow `bun:",extend"`

	Seq int64 `bun:",scanonly"`
}

// listed is the query of a page without its end.
func (s *Store) listed(q *bun.SelectQuery, workspace string, f ListFilter, after string) (*bun.SelectQuery, error) {
	q, err := f.narrow(q.ModelTableExpr("documents AS d").ColumnExpr("d.*").Where("d.workspace = ?", workspace))
	switch {
	case err != nil:
		return nil, err
	case strings.TrimSpace(f.Name) != "":
		return byName(q, f.Name, after, s.pg != nil)
	}
	return byPath(q, s.sql, after)
}

// narrow adds what a filter says beside the name.
func (f ListFilter) narrow(q *bun.SelectQuery) (*bun.SelectQuery, error) {
	for _, by := range []struct{ column, value string }{
		{"source", f.Source}, {"collection", f.Collection}, {"type", f.Type}, {"language", f.Language}, {"shelved", f.Shelving},
	} {
		if by.value != "" {
			q = q.Where("d.? = ?", bun.Ident(by.column), by.value)
		}
	}
	if f.State == ListShelved || f.Shelving != "" {
		return q.Where("d.shelved <> ''"), nil
	}
	q = q.Where("d.shelved = ''")
	switch f.State {
	case "":
	case DocumentOK, ListProblems, DocumentFailed, ListEmpty:
		state := DocumentFailed
		if f.State == DocumentOK {
			state = DocumentOK
		}
		q = q.Where("d.state = ?", state)
		if f.State == ListEmpty {
			q = q.Where("d.code = ?", CodeNoText)
		}
		if f.State == DocumentFailed {
			q = q.Where("d.code <> ?", CodeNoText)
		}
	default:
		return nil, fmt.Errorf("state %q: %w", f.State, ErrInvalid)
	}
	return q, nil
}

// lowered is in lower case as far as lists are ordered without regard to it.
func lowered(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func byPath(q *bun.SelectQuery, sql expressions, after string) (*bun.SelectQuery, error) {
	if after != "" {
		id, path, ok := strings.Cut(after, " ")
		if !ok {
			return nil, fmt.Errorf("place %q: %w", after, ErrInvalid)
		}
		q = q.Where("("+sql.path+", d.id) > (?, ?)", lowered(path), id)
	}
	return q.OrderExpr(sql.path + ", d.id"), nil
}

// byName finds parts of names. What SQLite's trigrams do not find, because it
// is shorter than one, has to be in what they do. PostgreSQL takes the patterns
// as they are, with an index of trigrams where it has one.
func byName(q *bun.SelectQuery, name, after string, postgres bool) (*bun.SelectQuery, error) {
	var long []string
	like, from, seq := "LIKE", "document_parts AS f CROSS JOIN document_names AS n ON n.seq = f.rowid CROSS JOIN documents AS d ON d.workspace = n.workspace AND d.id = n.document", "f.rowid"
	if postgres {
		like, from, seq = "ILIKE", "document_names AS n JOIN documents AS d ON d.workspace = n.workspace AND d.id = n.document", "n.seq"
	}
	for word := range strings.FieldsSeq(name) {
		if utf8.RuneCountInString(word) >= MinName {
			long = append(long, `"`+strings.ReplaceAll(word, `"`, `""`)+`"`)
			if !postgres {
				continue
			}
		}
		word = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)
		q = q.Where("n.name "+like+` ? ESCAPE '\'`, "%"+word+"%")
	}
	if len(long) == 0 {
		return nil, ErrShortName
	}
	q = q.ColumnExpr("n.seq").ModelTableExpr(from)
	if !postgres {
		q = q.Where("document_parts MATCH ?", strings.Join(long, " AND "))
	}
	if after != "" {
		last, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("place %q: %w", after, ErrInvalid)
		}
		q = q.Where(seq+" < ?", last)
	}
	return q.OrderExpr(seq + " DESC"), nil
}

// Tally is documents that are alike, and how many.
type Tally struct {
	Source, Collection, Audience, Language, Type string
	State                                        string // of a document, or [ListEmpty]
	Documents, Passages                          int
}

// Counts counts the documents of a workspace that are in use or could not be
// read, in no order.
func (s *Store) Counts(ctx context.Context, workspace string) ([]Tally, error) {
	var list []Tally
	err := s.r.NewSelect().Table("documents").Column("source", "collection", "audience", "language", "type").
		ColumnExpr("CASE WHEN state = ? AND code = ? THEN ? ELSE state END AS state", DocumentFailed, CodeNoText, ListEmpty).
		ColumnExpr("count(*) AS documents").ColumnExpr("sum(passages) AS passages").
		Where("workspace = ?", workspace).Where("shelved = ''").GroupExpr("1, 2, 3, 4, 5, 6").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("count the documents of workspace %q: %w", workspace, err)
	}
	return list, nil
}

// Known is a document, and whether the index has yet to learn what it says.
type Known struct {
	Document
	Pending bool
}

// KnownDocuments are those of ids that there are, by id.
func (s *Store) KnownDocuments(ctx context.Context, workspace string, ids []string) (map[string]Known, error) {
	out := make(map[string]Known, len(ids))
	for chunk := range slices.Chunk(ids, batch) {
		var rows []struct {
			documentRow `bun:",extend"`

			Pending bool
		}
		err := s.r.NewSelect().Model(&rows).ModelTableExpr("documents AS d").ColumnExpr("d.*").
			ColumnExpr("EXISTS (SELECT 1 FROM pending AS p WHERE p.workspace = d.workspace AND p.document = d.id) AS pending").
			Where("d.workspace = ?", workspace).Where("d.id IN ?", bun.Tuple(chunk)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("documents of workspace %q: %w", workspace, err)
		}
		for i := range rows {
			d, err := rows[i].document()
			if err != nil {
				return nil, err
			}
			out[d.ID] = Known{d, rows[i].Pending}
		}
	}
	return out, nil
}

// The ways in which a shelving ends.
const (
	ShelvingRestored = "restored"
	ShelvingErased   = "erased"
)

// Shelving is documents that people took out of search together. They can be
// put back as long as it has not ended.
type Shelving struct {
	ID, Workspace       string
	Name                string // of the document or source
	Source              bool   // a source as a whole
	Author              string
	Created             time.Time
	Documents, Passages int
	Ended               time.Time // zero: they are out
	Ending, Ender       string    // how, and who
}

type shelvingRow struct {
	bun.BaseModel `bun:"table:shelvings,alias:h"`

	ID        string `bun:",pk"`
	Workspace string
	Name      string
	Source    bool
	Author    string
	Created   int64
	Documents int
	Passages  int
	Ended     int64
	Ending    string
	Ender     string
}

func (r shelvingRow) shelving() Shelving {
	return Shelving{
		ID: r.ID, Workspace: r.Workspace, Name: r.Name, Source: r.Source, Author: r.Author, Created: fromMicros(r.Created),
		Documents: r.Documents, Passages: r.Passages, Ended: fromMicros(r.Ended), Ending: r.Ending, Ender: r.Ender,
	}
}

// shelfBatch is how many documents are taken out or put back in a transaction.
const shelfBatch = 50

// Shelve takes documents out of search: their passages leave use, what was
// said of them stays, and ingestion passes them over. Those that there are not
// or that are out already are left as they are; when none is left to take, it
// is [ErrNotFound]. A shelving that ends half-way holds what it took so far.
func (s *Store) Shelve(ctx context.Context, h Shelving, ids []string) (Shelving, error) {
	h.ID, h.Ended, h.Ending, h.Ender, h.Documents, h.Passages = ulid.Make().String(), time.Time{}, "", "", 0, 0
	for chunk := range slices.Chunk(ids, shelfBatch) {
		now := h
		err := s.write(ctx, func(ctx context.Context, tx *tx) error {
			now = h // a transaction may be tried again
			for _, id := range chunk {
				if err := tx.shelve(ctx, &now, id); err != nil {
					return fmt.Errorf("document %q: %w", id, err)
				}
			}
			if now.Documents == 0 {
				return nil
			}
			if now.Created.IsZero() {
				now.Created = fromMicros(micros(tx.at))
			}
			_, err := tx.NewInsert().Model(&shelvingRow{
				ID: now.ID, Workspace: now.Workspace, Name: now.Name, Source: now.Source, Author: now.Author, Created: micros(now.Created),
				Documents: now.Documents, Passages: now.Passages,
			}).On("CONFLICT (id) DO UPDATE").Set("documents = excluded.documents").Set("passages = excluded.passages").Exec(ctx)
			return err
		})
		if err != nil {
			return h, fmt.Errorf("take documents out of search: %w", err)
		}
		h = now
	}
	if h.Documents == 0 {
		return h, fmt.Errorf("take documents out of search: %w", ErrNotFound)
	}
	return h, nil
}

func (t *tx) shelve(ctx context.Context, h *Shelving, id string) error {
	d, known, err := t.document(ctx, h.Workspace, id)
	if err != nil || !known || d.Shelved != "" {
		return err
	}
	if err := t.archive(ctx, d); err != nil {
		return err
	}
	had, err := t.replacePassages(ctx, &d, nil)
	if err != nil {
		return err
	}
	if err := t.replaceAside(ctx, &d, nil); err != nil {
		return err
	}
	_, err = t.NewUpdate().Model((*documentRow)(nil)).Set("shelved = ?", h.ID).Set("passages = 0").
		Where("workspace = ?", h.Workspace).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return err
	}
	h.Documents++
	h.Passages += len(had)
	if err := t.stale(ctx, h.Workspace, had); err != nil {
		return err
	}
	return t.pend(ctx, h.Workspace, id, had)
}

// Shelvings are the newest shelvings of a workspace, at most limit (0: 50;
// never more than 200), those before the one with the id before.
func (s *Store) Shelvings(ctx context.Context, workspace, before string, limit int) ([]Shelving, error) {
	var rows []shelvingRow
	q := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("id DESC").Limit(page(limit, 50, batch))
	if before != "" {
		q = q.Where("id < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("removals of workspace %q: %w", workspace, err)
	}
	list := make([]Shelving, len(rows))
	for i, r := range rows {
		list[i] = r.shelving()
	}
	return list, nil
}

// Unshelve puts the documents of a shelving back into search as they were, or
// gives [ErrNotFound] when there is none that has not ended.
func (s *Store) Unshelve(ctx context.Context, workspace, id, author string) (Shelving, error) {
	return s.endShelving(ctx, workspace, id, author, ShelvingRestored, func(ctx context.Context, documents []string) error {
		return s.write(ctx, func(ctx context.Context, tx *tx) error {
			for _, d := range documents {
				if err := tx.unshelve(ctx, workspace, d); err != nil {
					return fmt.Errorf("document %q: %w", d, err)
				}
			}
			return nil
		})
	})
}

// UnshelveDocument puts one document back, and tells of which shelving it was;
// "" when it is not out.
func (s *Store) UnshelveDocument(ctx context.Context, workspace, id, author string) (shelving string, err error) {
	var last bool
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		d, known, err := tx.document(ctx, workspace, id)
		if err != nil {
			return err
		}
		if !known {
			return ErrNotFound
		}
		if shelving = d.Shelved; shelving == "" {
			return nil
		}
		if err := tx.unshelve(ctx, workspace, id); err != nil {
			return err
		}
		n, err := tx.NewSelect().Model((*documentRow)(nil)).Where("workspace = ?", workspace).Where("shelved = ?", shelving).Count(ctx)
		last = n == 0
		return err
	})
	if err == nil && last && shelving != "" {
		_, err = s.Unshelve(ctx, workspace, shelving, author)
	}
	if err != nil {
		return "", fmt.Errorf("put document %q back: %w", id, err)
	}
	return shelving, nil
}

// EraseShelving deletes the documents of a shelving for good.
func (s *Store) EraseShelving(ctx context.Context, workspace, id, author string) (Shelving, error) {
	return s.endShelving(ctx, workspace, id, author, ShelvingErased, func(ctx context.Context, documents []string) error {
		for _, d := range documents {
			if _, err := s.DeleteDocument(ctx, workspace, d); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

func (s *Store) endShelving(ctx context.Context, workspace, id, author, ending string, each func(context.Context, []string) error) (Shelving, error) {
	row := shelvingRow{ID: id}
	err := s.r.NewSelect().Model(&row).WherePK().Where("workspace = ?", workspace).Where("ended = 0").Scan(ctx)
	if err != nil {
		return Shelving{}, fmt.Errorf("removal %q: %w", id, missing(err))
	}
	for {
		var documents []string
		err := s.r.NewSelect().Model((*documentRow)(nil)).Column("id").Where("workspace = ?", workspace).Where("shelved = ?", id).
			Order("id").Limit(shelfBatch).Scan(ctx, &documents)
		if err != nil {
			return Shelving{}, fmt.Errorf("documents of removal %q: %w", id, err)
		}
		if len(documents) == 0 {
			break
		}
		if err := each(ctx, documents); err != nil {
			return Shelving{}, fmt.Errorf("removal %q: %w", id, err)
		}
	}
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		row.Ended, row.Ending, row.Ender = micros(tx.at), ending, author
		_, err := tx.NewUpdate().Model(&row).Column("ended", "ending", "ender").WherePK().Exec(ctx)
		return err
	})
	if err != nil {
		return Shelving{}, fmt.Errorf("removal %q: %w", id, err)
	}
	return row.shelving(), nil
}

func (t *tx) unshelve(ctx context.Context, workspace, id string) error {
	d, known, err := t.document(ctx, workspace, id)
	if err != nil || !known || d.Shelved == "" {
		return err
	}
	var kept versionRow
	err = missing(t.NewSelect().Model(&kept).Where("workspace = ?", workspace).Where("document = ?", id).
		Where("version = ?", d.Version).Where("state = ?", DocumentOK).Order("seq DESC").Limit(1).Scan(ctx))
	if err != nil && !errors.Is(err, ErrNotFound) { // one that was never read has none
		return err
	}
	passages, err := unpack(kept.Body)
	if err != nil {
		return fmt.Errorf("unpack version %d: %w", d.Version, err)
	}
	read := picked(passages, asRead)
	for i := range read { // it may have been given to others while it was out
		read[i].Audience = index.Audience(d.Audience)
	}
	rows, err := newPassageRows(Document{ID: id, Workspace: workspace}, read)
	if err != nil {
		return err
	}
	rows, aside, err := t.mend(ctx, &d, rows)
	if err != nil {
		return err
	}
	if _, err := t.replacePassages(ctx, &d, rows); err != nil {
		return err
	}
	if err := t.replaceAside(ctx, &d, aside); err != nil {
		return err
	}
	_, err = t.NewUpdate().Model((*documentRow)(nil)).Set("shelved = ''").Set("passages = ?", len(rows)).
		Where("workspace = ?", workspace).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return err
	}
	return t.pend(ctx, workspace, id, nil)
}
