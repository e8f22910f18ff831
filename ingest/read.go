package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// read is a file and what reading it gave.
type read struct {
	src       Source
	item      Item
	place     error // a *Gap or *Skipped instead of an item
	record    store.Document
	before    store.Document
	known     bool
	passages  []index.Passage
	unchanged bool
	shelved   bool     // people took it out of search
	touched   bool     // unchanged, but the source's marks are new
	size      int64    // bytes of the file
	fetched   int64    // bytes that were read
	err       error    // of the file
	fatal     error    // of the run
	failure   *Failure // known from before: nothing was read
	release   func()
	done      chan struct{}
}

// read fills job; it changes nothing but the originals.
func (r *run) read(ctx context.Context, job *read) {
	it := job.item
	job.record = store.Document{
		ID: job.record.ID, Workspace: r.o.Workspace, Collection: r.o.Collection, Audience: string(r.o.Audience), Root: job.src.Root(), Path: it.Path,
		Source: r.o.SourceName, Product: r.o.Product, Size: max(it.Size, 0), Modified: it.Modified, Tag: it.Tag, Type: extension(it.Path), Ingested: r.now(),
	}
	job.size = max(it.Size, 0)
	var err error
	if job.before, err = r.Store.Document(ctx, r.o.Workspace, job.record.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		job.fatal = err
		return
	}
	job.known = err == nil
	if job.before.Shelved != "" {
		job.shelved = true
		return
	}
	if same, good := job.same(r.o); same && marked(it, job.before) {
		job.asBefore(good)
		return
	}
	if it.Size > r.MaxSize {
		job.err = tooLarge(path.Base(it.Path), it.Size, r.MaxSize)
		return
	}
	began := time.Now() // not r.now: it measures, it dates nothing
	job.err = r.content(ctx, job)
	job.record.Seconds = time.Since(began).Seconds()
}

// shelved is why a document is not read that people took out.
const shelved = "it was taken out of search by hand; put it back in the document room, and it is read again"

// same reports whether the same bytes would be read as they were, and whether
// that was good.
func (job *read) same(o Options) (same, good bool) {
	b := job.before
	switch {
	case !job.known || !strings.HasPrefix(b.Hash, o.reading()):
		return false, false
	case b.State == store.DocumentOK:
		return b.Collection == o.Collection && b.Audience == string(o.Audience) && b.Source == o.SourceName && b.Product == o.Product, true
	}
	return !o.Retry, false
}

// marked reports whether the source itself says that an item is as it was.
func marked(it Item, before store.Document) bool {
	if it.Tag != "" || before.Tag != "" {
		return it.Tag == before.Tag
	}
	return it.Size >= 0 && !it.Modified.IsZero() && it.Size == before.Size && before.Modified.Equal(it.Modified.UTC().Truncate(time.Microsecond))
}

// asBefore leaves a document as it was, good or not.
func (job *read) asBefore(good bool) {
	b := job.before
	if good {
		job.unchanged = true
		return
	}
	job.failure = &Failure{Path: b.Path, Code: b.Code, Reason: b.Error, Hint: b.Hint, Kept: b.Passages > 0}
}

// content fetches and reads a file.
func (r *run) content(ctx context.Context, job *read) (err error) {
	d := &job.record
	if _, local := job.src.(*Folder); r.o.DryRun && !local {
		return nil // what its source does not tell would have to be fetched
	}
	name, release, err := job.src.Fetch(ctx, job.item, r.MaxSize)
	if err != nil {
		return err
	}
	defer release()
	at, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	job.size = at.Size()
	if job.item.Size < 0 {
		d.Size = at.Size()
	}
	if ext := extension(name); ext != "" {
		d.Type = ext
	}
	hash, err := hashFile(ctx, name)
	if err != nil {
		return err
	}
	d.Hash = r.o.reading() + hash
	if same, good := job.same(r.o); same && job.before.Hash == d.Hash {
		job.touched = true
		job.asBefore(good)
		return nil
	}
	if r.o.DryRun {
		return nil
	}
	job.fetched = at.Size()
	doc, err := r.Files.ReadFile(ctx, name)
	d.Pages, d.Warnings = doc.Pages, doc.Warnings
	if len(doc.Scans) > 0 {
		d.Warnings = append(d.Warnings, "needs OCR: "+PageList(doc.Scans))
	}
	if err != nil {
		return err
	}
	if doc.Language == "" {
		doc.Language = r.o.Language
	}
	job.passages, err = r.cut(ctx, doc, Origin{
		Workspace: r.o.Workspace, Collection: r.o.Collection, Audience: r.o.Audience, Document: d.ID, Source: d.Path, SourceName: d.Source, Product: d.Product,
		Modified: d.Modified, Mask: r.Mask,
	})
	if err != nil {
		return err
	}
	if len(job.passages) == 0 {
		return fmt.Errorf("%s gives no passages: %w", path.Base(d.Path), ErrNoText)
	}
	d.Title, d.Language, d.Words = titleOf(doc, d.Path), mostly(job.passages), words(doc)
	if r.Originals {
		var kept string
		if kept, job.release, err = r.Store.KeepOriginal(ctx, name); err != nil {
			return err
		}
		if kept != hash {
			return errBusy
		}
		d.Original = kept
	}
	if now, err := os.Stat(name); err != nil || now.Size() != at.Size() || !now.ModTime().Equal(at.ModTime()) {
		return errBusy
	}
	return nil
}

// cut is [Cut] within a time of its own. A fault of ours that a document brings
// to light costs that document and not the run.
func (r *run) cut(ctx context.Context, doc Document, from Origin) (passages []index.Passage, err error) {
	name := path.Base(from.Source)
	defer func() {
		if p := recover(); p != nil {
			passages, err = nil, fmt.Errorf("%s could not be cut into passages (%v), which is our fault; send us the file: %w", name, p, ErrDamaged)
		}
	}()
	within, cancel := context.WithTimeout(ctx, r.Cutting)
	defer cancel()
	passages, err = Cut(within, doc, from)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%s was not cut into passages within %v: %w", name, r.Cutting, ErrDamaged)
	}
	return passages, err
}

// extension is what a file calls itself, in lower case without the dot. Of an
// address only the path counts.
func extension(name string) string {
	if scheme, rest, ok := strings.Cut(name, "://"); ok && scheme != "" {
		rest, _, _ = strings.Cut(rest, "?")
		rest, _, _ = strings.Cut(rest, "#")
		_, rest, ok := strings.Cut(rest, "/")
		if !ok {
			return ""
		}
		name = rest
	}
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
}

// words counts the words of a document as it was read.
func words(doc Document) (n int) {
	count := func(texts ...string) {
		for _, t := range texts {
			for range strings.FieldsSeq(t) {
				n++
			}
		}
	}
	for _, b := range doc.Blocks {
		count(b.Text)
		if b.Case != nil {
			count(b.Case.Question, b.Case.Answer)
		}
		if b.Table != nil {
			count(b.Table.Caption)
			count(b.Table.Header...)
			for _, row := range b.Table.Rows {
				count(row.Cells...)
			}
		}
	}
	return n
}

// errBusy means that a file was written to while it was read.
var errBusy = errors.New("it was changed while it was read")

// mostly is the language of most passages.
func mostly(passages []index.Passage) string {
	counts := map[string]int{}
	best := ""
	for _, p := range passages {
		if p.Language == "" {
			continue
		}
		counts[p.Language]++
		if n := counts[p.Language]; n > counts[best] || n == counts[best] && p.Language < best {
			best = p.Language
		}
	}
	return best
}

func hashFile(ctx context.Context, path string) (_ string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, stopping{ctx, f}); err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// stopping is a reader that ends with its context.
type stopping struct {
	ctx context.Context //nolint:containedctx // it lives for one copy
	r   io.Reader
}

func (s stopping) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
