package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/index"
)

// What can be done to a passage.
const (
	FixExclude = "exclude" // nothing finds or quotes it
	FixCorrect = "correct" // its text is another
	FixRestore = "restore" // it is as the document has it
)

// How a fix stands.
const (
	FixApplies = "applies"
	FixLost    = "lost"   // the document has no such passage any more, or several
	FixGone    = "gone"   // the document is gone; it applies again when that comes back
	FixUndone  = "undone" // restored
)

// Bounds of a fix, in bytes.
const (
	MaxFixText   = 32 << 10
	MaxFixReason = 1000
)

// ErrFixed means that somebody else has changed a passage in the meantime.
var ErrFixed = errors.New("the passage was changed in the meantime")

// Fix is one thing that was done to a passage. Fixes hold over every reading
// of the document: a passage is known again by its kind, headings, question
// and text, wherever it stands, and where several say that, by its place.
type Fix struct {
	Seq       int64 // set by the store
	Thread    int64 // Seq of the first fix of this passage; set by the store
	Workspace string
	Document  string // set by the store
	Passage   string // required: its id as it was read, or as it is in use
	Action    string // required
	Text      string // of a correction
	Reason    string // required, except when restoring
	Author    string // required
	At        time.Time
	Was       index.Passage // as the document had it; set by the store

	// Seen is Seq of the newest fix that the author knew of: -1 for whatever
	// there is.
	Seen int64
}

// FixState is the newest fix of a passage, and how it stands.
type FixState struct {
	Fix
	State string
	Live  string // id of the corrected passage, "" when there is none
}

type fixRow struct {
	bun.BaseModel `bun:"table:fixes,alias:f"`

	Seq       int64 `bun:",pk,autoincrement"`
	Thread    int64
	Workspace string
	Document  string
	Mark      string
	Passage   string
	Action    string
	Was       string
	Text      string
	Reason    string
	Author    string
	At        int64
}

type asideRow struct {
	bun.BaseModel `bun:"table:passages_aside,alias:a"`

	ID        string `bun:",pk"`
	Workspace string
	Document  string
	Ordinal   int
	Body      string
	Fix       int64
	Live      string
}

func (r fixRow) fix() (Fix, error) {
	f := Fix{
		Seq: r.Seq, Thread: r.Thread, Workspace: r.Workspace, Document: r.Document, Passage: r.Passage, Action: r.Action,
		Text: r.Text, Reason: r.Reason, Author: r.Author, At: fromMicros(r.At), Seen: r.Seq,
	}
	if err := json.Unmarshal([]byte(r.Was), &f.Was); err != nil {
		return f, fmt.Errorf("decode fix %d: %w", r.Seq, err)
	}
	return f, nil
}

// markOf is what a passage is known again by when it is read anew: its kind,
// headings, question and text. Where it stands is not part of it, for a page
// or a row put in before it moves it.
func markOf(p index.Passage) string {
	h := sha256.New()
	for _, part := range append([]string{string(p.Kind), p.Question, p.Text}, p.Headings...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// corrected is a passage with other words. They make it another passage: what
// an index, a vector or a draft knows of the old words is not true of it.
func corrected(p index.Passage, f fixRow) index.Passage {
	sum := sha256.Sum256([]byte(p.ID + "\x00" + f.Text))
	out := p
	out.ID, out.Text = "p"+hex.EncodeToString(sum[:12]), f.Text
	out.Corrected = index.Corrected{By: f.Author, At: fromMicros(f.At), Passage: p.ID}
	if len(p.Cells) > 0 {
		if out.Cells = cellsOf(p, f.Text); out.Cells == nil && p.Kind == index.KindRow {
			out.Kind = index.KindText
		}
	}
	return out
}

// cellsOf are a row's cells with the values that a corrected text gives them,
// or nil when that is not the row's lines with other values.
func cellsOf(p index.Passage, text string) []index.Cell {
	was, now := strings.Split(p.Text, "\n"), strings.Split(text, "\n")
	first := len(was) - len(p.Cells)
	if first < 0 || len(was) != len(now) {
		return nil
	}
	cells := slices.Clone(p.Cells)
	for i := range cells {
		before, ok := strings.CutSuffix(was[first+i], cells[i].Value)
		if !ok {
			return nil
		}
		if cells[i].Value, ok = strings.CutPrefix(now[first+i], before); !ok {
			return nil
		}
	}
	return cells
}

// threads are the newest fixes of each passage of a document, oldest thread
// first.
func threads(ctx context.Context, db bun.IDB, workspace, document string) ([]fixRow, error) {
	var rows []fixRow
	err := db.NewSelect().Model(&rows).Where("workspace = ?", workspace).Where("document = ?", document).
		Where("seq IN (SELECT max(seq) FROM fixes WHERE workspace = ? AND document = ? GROUP BY thread)", workspace, document).
		Order("thread").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("fixes of document %q: %w", document, err)
	}
	return rows, nil
}

// mend applies the fixes of a document to passages as they were read: rows are
// those in use, aside those that a fix took out.
func (t *tx) mend(ctx context.Context, d *documentRow, read []passageRow) (rows []passageRow, aside []asideRow, err error) {
	list, err := threads(ctx, t, d.Workspace, d.ID)
	list = slices.DeleteFunc(list, func(f fixRow) bool { return f.Action == FixRestore })
	if err != nil || len(list) == 0 {
		return read, nil, err
	}
	passages, err := decode(read)
	if err != nil {
		return nil, nil, err
	}
	for i, f := range match(passages, list) {
		if f == nil {
			rows = append(rows, read[i])
			continue
		}
		row, out, err := apply(read[i], passages[i], *f)
		if err != nil {
			return nil, nil, err
		}
		aside = append(aside, out)
		if row != nil {
			rows = append(rows, *row)
		}
	}
	return rows, aside, nil
}

// apply is a passage as a fix makes it, nil when it is excluded, and as it was.
func apply(read passageRow, p index.Passage, f fixRow) (*passageRow, asideRow, error) {
	out := asideRow{ID: read.ID, Workspace: read.Workspace, Document: read.Document, Ordinal: read.Ordinal, Body: read.Body, Fix: f.Seq}
	if f.Action == FixExclude {
		return nil, out, nil
	}
	p = corrected(p, f)
	body, err := json.Marshal(p)
	if err != nil {
		return nil, out, fmt.Errorf("encode passage %q: %w", p.ID, err)
	}
	out.Live = p.ID
	return &passageRow{ID: p.ID, Workspace: read.Workspace, Document: read.Document, Ordinal: read.Ordinal, Body: string(body)}, out, nil
}

// match finds the fix of each passage, nil for none. First come those that
// stand where they stood. A passage that moved is known again when it is the
// only one that says that, and no two fixes claim it: a fix is lost rather than
// applied to the wrong one of two.
func match(passages []index.Passage, list []fixRow) []*fixRow {
	out := make([]*fixRow, len(passages))
	wanted := map[string][]*fixRow{} // by mark
	for i := range list {
		wanted[list[i].Mark] = append(wanted[list[i].Mark], &list[i])
	}
	free := map[string][]int{} // places of passages, by mark
	for i, p := range passages {
		mark := markOf(p)
		at := slices.IndexFunc(wanted[mark], func(f *fixRow) bool { return f.Passage == p.ID })
		if at >= 0 {
			out[i] = wanted[mark][at]
			wanted[mark] = slices.Delete(wanted[mark], at, at+1)
			continue
		}
		free[mark] = append(free[mark], i)
	}
	for mark, fixes := range wanted {
		if len(fixes) == 1 && len(free[mark]) == 1 {
			out[free[mark][0]] = fixes[0]
		}
	}
	return out
}

func (t *tx) replaceAside(ctx context.Context, d *documentRow, aside []asideRow) error {
	_, err := t.NewDelete().Model((*asideRow)(nil)).Where("workspace = ?", d.Workspace).Where("document = ?", d.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget what was set aside: %w", err)
	}
	for chunk := range slices.Chunk(aside, batch) {
		if _, err := t.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return fmt.Errorf("set passages aside: %w", err)
		}
	}
	return nil
}

func (f Fix) validate() error {
	switch {
	case f.Workspace == "" || f.Passage == "" || f.Author == "":
		return fmt.Errorf("workspace, passage and author are required: %w", ErrInvalid)
	case f.Action != FixExclude && f.Action != FixCorrect && f.Action != FixRestore:
		return fmt.Errorf("action: %q is none of %s, %s, %s: %w", f.Action, FixExclude, FixCorrect, FixRestore, ErrInvalid)
	case f.Reason == "" && f.Action != FixRestore:
		return fmt.Errorf("reason: required: %w", ErrInvalid)
	case len(f.Reason) > MaxFixReason:
		return fmt.Errorf("reason: longer than %d bytes: %w", MaxFixReason, ErrInvalid)
	case f.Action == FixCorrect && f.Text == "":
		return fmt.Errorf("text: required; exclude the passage when it should say nothing: %w", ErrInvalid)
	case len(f.Text) > MaxFixText:
		return fmt.Errorf("text: longer than %d bytes: %w", MaxFixText, ErrInvalid)
	case !utf8.ValidString(f.Text + f.Reason + f.Author):
		return fmt.Errorf("text: not UTF-8: %w", ErrInvalid)
	}
	return nil
}

// tidy is a corrected text as passages have theirs.
func tidy(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	return strings.Trim(text, " \t\n")
}

// FixPassage excludes a passage from search, gives it another text, or undoes
// either. It holds from now on, over every reading of the document, until it
// is undone. Suggestions that cite the passage are marked stale. What the
// index has to learn of it is the second result; it is empty when the document
// was pending already, and all of it is left to [Store.PendingIndex].
//
// The error wraps [ErrNotFound] when there is no such passage, [ErrFixed] when
// f.Seen is not the newest fix, and [ErrInvalid] when f lacks something.
func (s *Store) FixPassage(ctx context.Context, f Fix) (FixState, []Pending, error) {
	f.Text, f.Reason, f.Author = tidy(f.Text), strings.TrimSpace(f.Reason), strings.TrimSpace(f.Author)
	if f.Action != FixCorrect {
		f.Text = ""
	}
	var st FixState
	var todo []Pending
	err := f.validate()
	if err == nil {
		err = s.write(ctx, func(ctx context.Context, tx *tx) (err error) {
			st, todo, err = tx.fixPassage(ctx, f)
			return err
		})
	}
	if err != nil {
		return FixState{}, nil, fmt.Errorf("%s passage %q: %w", cmp.Or(f.Action, "fix"), f.Passage, err)
	}
	return st, todo, nil
}

// fixable is a passage as it was read, and what is known of it.
type fixable struct {
	read passageRow // Body "" when the document has it no more
	live string     // id in use, "" when it is excluded
	last *fixRow    // nil: it was never fixed
}

// fixable finds a passage by the id it has in use, had when it was read, or
// had when it was fixed.
func (t *tx) fixable(ctx context.Context, workspace, id string) (x fixable, err error) {
	var a asideRow
	err = missing(t.NewSelect().Model(&a).Where("workspace = ?", workspace).
		Where("id = ? OR live = ?", id, id).Limit(1).Scan(ctx))
	if err == nil {
		x.read, x.live = passageRow{ID: a.ID, Workspace: a.Workspace, Document: a.Document, Ordinal: a.Ordinal, Body: a.Body}, a.Live
		x.last = &fixRow{Seq: a.Fix}
		err := t.NewSelect().Model(x.last).WherePK().Scan(ctx)
		return x, missing(err)
	}
	if !errors.Is(err, ErrNotFound) {
		return x, err
	}
	var last fixRow
	err = missing(t.NewSelect().Model(&last).Where("workspace = ?", workspace).Where("passage = ?", id).Order("seq DESC").Limit(1).Scan(ctx))
	if err == nil {
		err = t.NewSelect().Model(&last).Where("thread = ?", last.Thread).Order("seq DESC").Limit(1).Scan(ctx)
		x.last = &last
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return x, err
	}
	err = missing(t.NewSelect().Model(&x.read).Where("workspace = ?", workspace).Where("id = ?", id).Scan(ctx))
	switch {
	case err == nil:
		x.live = id
		return x, nil
	case errors.Is(err, ErrNotFound) && x.last != nil:
		x.read = passageRow{ID: id, Workspace: workspace, Document: x.last.Document}
		return x, nil
	}
	return x, err
}

func (t *tx) fixPassage(ctx context.Context, f Fix) (st FixState, todo []Pending, err error) {
	x, err := t.fixable(ctx, f.Workspace, f.Passage)
	if err != nil {
		return st, nil, err
	}
	var seen int64
	fixed := false // by what counts now
	if x.last != nil {
		seen, fixed = x.last.Seq, x.last.Action != FixRestore
	}
	switch {
	case f.Seen >= 0 && f.Seen != seen:
		return st, nil, ErrFixed
	case f.Action == FixRestore && !fixed:
		return st, nil, fmt.Errorf("it is as the document has it; there is nothing to undo: %w", ErrInvalid)
	case f.Action != FixRestore && x.read.Body == "":
		return st, nil, fmt.Errorf("the document does not have it any more: %w", ErrNotFound)
	}
	row := fixRow{
		Workspace: f.Workspace, Document: x.read.Document, Passage: x.read.ID, Action: f.Action, Was: x.read.Body,
		Text: f.Text, Reason: f.Reason, Author: f.Author, At: micros(t.at),
	}
	if x.last != nil {
		row.Thread = x.last.Thread
	}
	var was index.Passage
	if x.read.Body == "" {
		row.Passage, row.Was, row.Mark = x.last.Passage, x.last.Was, x.last.Mark
	} else {
		list, err := decode([]passageRow{x.read})
		if err != nil {
			return st, nil, err
		}
		was = list[0]
		row.Mark = markOf(was)
		if f.Action == FixCorrect && f.Text == was.Text {
			return st, nil, fmt.Errorf("text: the passage says that already: %w", ErrInvalid)
		}
	}
	if err := t.addFix(ctx, &row); err != nil {
		return st, nil, err
	}
	if x.read.Body != "" {
		if todo, st.Live, err = t.use(ctx, x, was, row); err != nil {
			return st, nil, err
		}
	}
	if st.Fix, err = row.fix(); err != nil {
		return st, nil, err
	}
	st.State = FixApplies
	switch {
	case row.Action == FixRestore:
		st.State = FixUndone
	case x.read.Body == "":
		st.State = FixLost
	}
	return st, todo, nil
}

func (t *tx) addFix(ctx context.Context, row *fixRow) error {
	if _, err := t.NewInsert().Model(row).Exec(ctx); err != nil {
		return fmt.Errorf("note the fix: %w", err)
	}
	if row.Thread != 0 {
		return nil
	}
	row.Thread = row.Seq
	if _, err := t.NewUpdate().Model(row).Column("thread").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("note the fix: %w", err)
	}
	return nil
}

// use puts a passage into use as a fix makes it.
func (t *tx) use(ctx context.Context, x fixable, was index.Passage, f fixRow) (todo []Pending, live string, err error) {
	d := documentRow{Workspace: f.Workspace, ID: f.Document}
	if err := t.NewSelect().Model(&d).WherePK().Scan(ctx); err != nil {
		return nil, "", missing(err)
	}
	row, aside, err := &x.read, asideRow{}, error(nil)
	if f.Action != FixRestore {
		row, aside, err = apply(x.read, was, f)
	}
	if err != nil {
		return nil, "", err
	}
	for _, q := range []*bun.DeleteQuery{
		t.NewDelete().Model((*asideRow)(nil)).Where("id = ?", x.read.ID),
		t.NewDelete().Model((*passageRow)(nil)).Where("id = ?", x.live).Where("workspace = ?", f.Workspace),
	} {
		if _, err := q.Exec(ctx); err != nil {
			return nil, "", fmt.Errorf("take the passage out: %w", err)
		}
	}
	if aside.ID != "" {
		if _, err := t.NewInsert().Model(&aside).Exec(ctx); err != nil {
			return nil, "", fmt.Errorf("set the passage aside: %w", err)
		}
	}
	change := Pending{Workspace: f.Workspace, Document: f.Document}
	if row != nil {
		live = row.ID
		if _, err := t.NewInsert().Model(row).Exec(ctx); err != nil {
			return nil, "", fmt.Errorf("put the passage into use: %w", err)
		}
		if change.Put, err = decode([]passageRow{*row}); err != nil {
			return nil, "", err
		}
		_, err := t.NewDelete().Model((*removalRow)(nil)).Where("workspace = ?", f.Workspace).Where("document = ?", f.Document).Where("passage = ?", live).Exec(ctx)
		if err != nil {
			return nil, "", fmt.Errorf("keep the passage: %w", err)
		}
	}
	if x.live != "" && x.live != live {
		change.Delete = []string{x.live}
	}
	if err := t.stale(ctx, f.Workspace, change.Delete); err != nil {
		return nil, "", err
	}
	_, err = t.NewUpdate().Model((*documentRow)(nil)).
		Set("passages = (SELECT count(*) FROM passages WHERE workspace = ? AND document = ?)", f.Workspace, f.Document).
		Where("workspace = ?", f.Workspace).Where("id = ?", f.Document).Exec(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("count the passages: %w", err)
	}
	// A document that was pending before has more to tell than this.
	before, err := t.NewSelect().Model((*pendingRow)(nil)).Where("workspace = ?", f.Workspace).Where("document = ?", f.Document).Exists(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("look for what is pending: %w", err)
	}
	if err := t.pend(ctx, f.Workspace, f.Document, change.Delete); err != nil {
		return nil, "", err
	}
	if before {
		return nil, live, nil
	}
	err = t.NewSelect().Model((*pendingRow)(nil)).Column("token").Where("workspace = ?", f.Workspace).Where("document = ?", f.Document).Scan(ctx, &change.Token)
	if err != nil {
		return nil, "", fmt.Errorf("look for what is pending: %w", err)
	}
	return []Pending{change}, live, nil
}

// Fixes are what was done to the passages of a document, also of one that is
// gone, newest first: each line of it, and per passage how the newest stands,
// oldest passage first.
func (s *Store) Fixes(ctx context.Context, workspace, document string) (history []Fix, now []FixState, err error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("fixes of document %q: %w", document, err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	var rows []fixRow
	err = tx.NewSelect().Model(&rows).Where("workspace = ?", workspace).Where("document = ?", document).Order("seq DESC").Limit(1000).Scan(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("fixes of document %q: %w", document, err)
	}
	for _, r := range rows {
		f, err := r.fix()
		if err != nil {
			return nil, nil, err
		}
		history = append(history, f)
	}
	newest, err := threads(ctx, tx, workspace, document)
	if err == nil {
		now, err = standing(ctx, tx, newest)
	}
	return history, now, err
}

// AllFixes are the newest fixes of the passages of a workspace, the latest
// first, at most limit (0: 100, never more than 1000). With state, only those
// that stand so.
func (s *Store) AllFixes(ctx context.Context, workspace, state string, limit int) ([]FixState, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("fixes of workspace %q: %w", workspace, err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	most := int(page(limit, 100, 1000))
	var out []FixState
	for last := int64(1<<62 - 1); len(out) < most; {
		var rows []fixRow
		err := tx.NewSelect().Model(&rows).Where("workspace = ?", workspace).Where("seq < ?", last).
			Where("seq = (SELECT max(seq) FROM fixes AS n WHERE n.workspace = f.workspace AND n.document = f.document AND n.thread = f.thread)").
			Order("seq DESC").Limit(batch).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("fixes of workspace %q: %w", workspace, err)
		}
		if len(rows) == 0 {
			break
		}
		last = rows[len(rows)-1].Seq
		list, err := standing(ctx, tx, rows)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			if state == "" || f.State == state {
				out = append(out, f)
			}
		}
	}
	return out[:min(len(out), most)], nil
}

// standing tells how fixes stand.
func standing(ctx context.Context, db bun.IDB, rows []fixRow) ([]FixState, error) {
	out := make([]FixState, 0, len(rows))
	for chunk := range slices.Chunk(rows, batch) {
		seqs, ids := make([]int64, len(chunk)), make([]string, len(chunk))
		for i, r := range chunk {
			seqs[i], ids[i] = r.Seq, r.Document
		}
		var aside []asideRow
		if err := db.NewSelect().Model(&aside).Column("fix", "live", "id").Where("fix IN ?", bun.Tuple(seqs)).Scan(ctx); err != nil {
			return nil, fmt.Errorf("look for what fixes set aside: %w", err)
		}
		var there []string
		err := db.NewSelect().Model((*documentRow)(nil)).Column("id").Where("workspace = ?", chunk[0].Workspace).Where("id IN ?", bun.Tuple(distinct(ids))).Scan(ctx, &there)
		if err != nil {
			return nil, fmt.Errorf("look for documents that were fixed: %w", err)
		}
		for _, r := range chunk {
			f, err := r.fix()
			if err != nil {
				return nil, err
			}
			st := FixState{Fix: f, State: FixLost}
			at := slices.IndexFunc(aside, func(a asideRow) bool { return a.Fix == r.Seq })
			switch {
			case r.Action == FixRestore:
				st.State = FixUndone
			case at >= 0:
				st.State, st.Live, st.Passage = FixApplies, aside[at].Live, aside[at].ID
			case !slices.Contains(there, r.Document):
				st.State = FixGone
			}
			out = append(out, st)
		}
	}
	return out, nil
}

// FixOf is the newest fix of a passage, by the id it has in use, had when it
// was read, or had when it was fixed; [ErrNotFound] when there is none.
func (s *Store) FixOf(ctx context.Context, workspace, passage string) (FixState, error) {
	var row fixRow
	err := s.r.NewSelect().Model(&row).Where("workspace = ?", workspace).
		Where("thread IN (SELECT thread FROM fixes WHERE passage = ? UNION SELECT g.thread FROM passages_aside AS a JOIN fixes AS g ON g.seq = a.fix WHERE a.id = ? OR a.live = ?)",
			passage, passage, passage).
		Order("seq DESC").Limit(1).Scan(ctx)
	if err != nil {
		return FixState{}, fmt.Errorf("fix of passage %q: %w", passage, missing(err))
	}
	list, err := standing(ctx, s.r, []fixRow{row})
	if err != nil {
		return FixState{}, err
	}
	return list[0], nil
}

// ForgetFixes erases what was done to the passages of a document, with the
// texts. Deleting a document alone keeps it, for the day the file is back.
func (s *Store) ForgetFixes(ctx context.Context, workspace, document string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewDelete().Model((*fixRow)(nil)).Where("workspace = ?", workspace).Where("document = ?", document).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget the fixes of document %q: %w", document, err)
	}
	return nil
}

// archived is a passage of an earlier version as it is packed.
type archived struct {
	index.Passage
	Aside bool `json:"aside,omitempty"` // a fix took it out
}

// ReadPassages are the passages of one version of a document as they were
// read, whatever was excluded or corrected then, or [ErrNotFound].
func (s *Store) ReadPassages(ctx context.Context, workspace, document string, version int) ([]index.Passage, error) {
	return s.versionPassages(ctx, workspace, document, version, asRead)
}

// asRead reports whether a packed passage is one that was read, and not what
// an editor made of it.
func asRead(p archived) bool { return p.Corrected == index.Corrected{} }
