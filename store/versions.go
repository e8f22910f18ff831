package store

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/index"
)

// maxCopy is how long copying one file can take.
const maxCopy = time.Hour

// Version is one state of a document as it was read.
type Version struct {
	Number             int // of a failure, that of the version that stayed in use
	Hash, Tag          string
	Size               int64
	Modified, Ingested time.Time
	State              string // as of a document
	Code, Error        string
	Pages, Words       int
	Passages           int
	Seconds            float64
	Original           string // see [Store.Original]
	Current            bool   // its passages are those in use
}

type versionRow struct {
	bun.BaseModel `bun:"table:versions,alias:v"`

	Seq       int64 `bun:",pk,autoincrement"`
	Workspace string
	Document  string
	Version   int
	Hash      string
	Tag       string
	Size      int64
	Modified  int64
	Ingested  int64
	State     string
	Code      string
	Error     string
	Pages     int
	Words     int
	Passages  int
	Seconds   float64
	Original  string
	Body      []byte
}

// addVersion notes what became of a document and forgets the oldest beyond
// keep, good and failed ones apart. It returns originals that may now be
// unused.
func (t *tx) addVersion(ctx context.Context, d *documentRow, keep int) (unused []string, err error) {
	row := versionRow{
		Workspace: d.Workspace, Document: d.ID, Version: d.Version, Hash: d.Hash, Tag: d.Tag, Size: d.Size, Modified: d.Modified,
		Ingested: d.Ingested, State: d.State, Code: d.Code, Error: d.Error, Pages: d.Pages, Words: d.Words, Passages: d.Passages,
		Seconds: d.Seconds, Original: d.Original,
	}
	if d.State != DocumentOK { // the document names that of the version in use
		row.Original = ""
	}
	if _, err := t.NewInsert().Model(&row).ExcludeColumn("seq").Returning("NULL").Exec(ctx); err != nil {
		return nil, fmt.Errorf("note the version: %w", err)
	}
	var old []versionRow
	err = t.NewSelect().Model(&old).Column("seq", "original").
		Where("workspace = ?", d.Workspace).Where("document = ?", d.ID).Where("state = ?", d.State).
		Order("seq DESC").Limit(1000).Offset(int64(keep)).Scan(ctx)
	if err != nil || len(old) == 0 {
		return nil, err
	}
	seqs := make([]int64, len(old))
	for i, r := range old {
		seqs[i] = r.Seq
		if r.Original != "" {
			unused = append(unused, r.Original)
		}
	}
	if _, err := t.NewDelete().Model((*versionRow)(nil)).Where("seq IN ?", bun.Tuple(seqs)).Exec(ctx); err != nil {
		return nil, fmt.Errorf("forget old versions: %w", err)
	}
	return unused, nil
}

// archive packs the passages in use into the row of their version.
func (t *tx) archive(ctx context.Context, d documentRow) error {
	var rows []passageRow
	err := t.NewSelect().Model(&rows).
		Where("workspace = ?", d.Workspace).Where("document = ?", d.ID).Order("ordinal", "id").Scan(ctx)
	if err != nil {
		return fmt.Errorf("list the passages: %w", err)
	}
	aside, err := asideOf(ctx, t, d.Workspace, d.ID)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	zip := gzip.NewWriter(&body)
	enc := json.NewEncoder(zip)
	for _, r := range rows {
		if err := enc.Encode(json.RawMessage(r.Body)); err != nil {
			return fmt.Errorf("pack passage %q: %w", r.ID, err)
		}
	}
	for _, p := range aside {
		if err := enc.Encode(p); err != nil {
			return fmt.Errorf("pack passage %q: %w", p.ID, err)
		}
	}
	if err := zip.Close(); err != nil {
		return fmt.Errorf("pack the passages: %w", err)
	}
	_, err = t.NewUpdate().Model((*versionRow)(nil)).Set("body = ?", body.Bytes()).
		Where("workspace = ?", d.Workspace).Where("document = ?", d.ID).Where("version = ?", d.Version).Where("state = ?", DocumentOK).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep the version: %w", err)
	}
	return nil
}

// Versions are the states a document was read in, newest first.
func (s *Store) Versions(ctx context.Context, workspace, document string) ([]Version, error) {
	d, err := s.Document(ctx, workspace, document)
	if err != nil {
		return nil, err
	}
	var rows []versionRow
	err = s.r.NewSelect().Model(&rows).ExcludeColumn("body").
		Where("workspace = ?", workspace).Where("document = ?", document).Order("seq DESC").Limit(1000).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("versions of document %q: %w", document, err)
	}
	list := make([]Version, len(rows))
	for i, r := range rows {
		list[i] = Version{
			Number: r.Version, Hash: r.Hash, Tag: r.Tag, Size: r.Size, Modified: fromMicros(r.Modified), Ingested: fromMicros(r.Ingested),
			State: r.State, Code: r.Code, Error: r.Error, Pages: r.Pages, Words: r.Words, Passages: r.Passages, Seconds: r.Seconds,
			Original: r.Original, Current: r.State == DocumentOK && r.Version == d.Version && d.Passages > 0,
		}
	}
	return list, nil
}

// VersionPassages are the passages of one version of a document as they were
// in use, also of one that is in use no more, or [ErrNotFound].
func (s *Store) VersionPassages(ctx context.Context, workspace, document string, version int) ([]index.Passage, error) {
	return s.versionPassages(ctx, workspace, document, version, func(p archived) bool { return !p.Aside })
}

// asideOf are the passages that fixes took out of a document.
func asideOf(ctx context.Context, db bun.IDB, workspace, document string) ([]archived, error) {
	var rows []asideRow
	err := db.NewSelect().Model(&rows).Where("workspace = ?", workspace).Where("document = ?", document).Order("ordinal", "id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list what was set aside: %w", err)
	}
	list := make([]archived, len(rows))
	for i, r := range rows {
		list[i].Aside = true
		if err := json.Unmarshal([]byte(r.Body), &list[i].Passage); err != nil {
			return nil, fmt.Errorf("decode passage %q: %w", r.ID, err)
		}
		list[i].ID = r.ID
	}
	return list, nil
}

// versionPassages are the passages of one version that are wanted, in order.
func (s *Store) versionPassages(ctx context.Context, workspace, document string, version int, wanted func(archived) bool) ([]index.Passage, error) {
	tx, err := s.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("version %d of document %q: %w", version, document, err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	d := documentRow{Workspace: workspace, ID: document}
	if err := tx.NewSelect().Model(&d).WherePK().Scan(ctx); err != nil {
		return nil, fmt.Errorf("document %q: %w", document, missing(err))
	}
	if version == d.Version && d.Shelved == "" {
		var rows []passageRow
		err := tx.NewSelect().Model(&rows).
			Where("workspace = ?", workspace).Where("document = ?", document).Order("ordinal", "id").Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("passages of document %q: %w", document, err)
		}
		live, err := decode(rows)
		if err != nil {
			return nil, err
		}
		aside, err := asideOf(ctx, tx, workspace, document)
		for _, p := range live {
			aside = append(aside, archived{Passage: p})
		}
		return picked(aside, wanted), err
	}
	var row versionRow
	err = tx.NewSelect().Model(&row).Where("workspace = ?", workspace).Where("document = ?", document).
		Where("version = ?", version).Where("state = ?", DocumentOK).Limit(1).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("version %d of document %q: %w", version, document, missing(err))
	}
	passages, err := unpack(row.Body)
	if err != nil {
		return nil, fmt.Errorf("version %d of document %q: %w", version, document, err)
	}
	return picked(passages, wanted), nil
}

// picked are the passages that are wanted, in order.
func picked(list []archived, wanted func(archived) bool) []index.Passage {
	var out []index.Passage
	for _, p := range list {
		if wanted(p) {
			out = append(out, p.Passage)
		}
	}
	slices.SortStableFunc(out, func(a, b index.Passage) int {
		return cmp.Or(cmp.Compare(a.Ordinal, b.Ordinal), cmp.Compare(a.ID, b.ID))
	})
	return slices.Clip(out)
}

func unpack(body []byte) ([]archived, error) {
	if len(body) == 0 {
		return nil, nil
	}
	zip, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	var list []archived
	for dec := json.NewDecoder(zip); ; {
		var p archived
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
}
