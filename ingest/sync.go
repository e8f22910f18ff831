package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// readingVersion is part of a document's hash: raise it when readers or
// passages change, and every document is read anew on the next run.
const readingVersion = "1"

// Records is what Sync needs of the store.
type Records interface {
	Documents(ctx context.Context, workspace string, f store.DocumentFilter) ([]store.Document, error)
	PutDocument(ctx context.Context, d store.Document, passages []index.Passage) (old []string, err error)
	FailDocument(ctx context.Context, d store.Document) error
	DeleteDocument(ctx context.Context, workspace, id string) (old []string, err error)
	PendingIndex(ctx context.Context, limit int) ([]store.Pending, error)
	Indexed(ctx context.Context, p store.Pending) error
}

// Index is what Sync needs of the search index.
type Index interface {
	Apply(ctx context.Context, b index.Batch) error
}

// Sync keeps store and index in step with files. The store learns first, in
// one transaction a document, and remembers what the index has yet to learn;
// so a run that is killed anywhere is made good by the next one.
type Sync struct {
	Files   FileReader
	Store   Records
	Index   Index
	Mask    Masker           // for solved cases
	MaxSize int64            // bytes of a file; 0 means 256 MB
	Workers int              // files read at a time; 0 means 2
	Now     func() time.Time // nil means time.Now
}

// Options say what to bring into step.
type Options struct {
	Workspace  string
	Collection string
	Audience   index.Audience
	Paths      []string    // files and folders
	Progress   func(Event) // called from one goroutine; may be nil
}

// EventKind is what became of a file.
type EventKind string

// The kinds of events of a run.
const (
	Found     EventKind = "found" // the files are counted; Path is empty
	Added     EventKind = "added"
	Changed   EventKind = "changed"
	Unchanged EventKind = "unchanged"
	Deleted   EventKind = "deleted"
	Failed    EventKind = "failed"
)

// Event is the progress of a run.
type Event struct {
	Kind     EventKind `json:"kind"`
	Path     string    `json:"path,omitempty"`
	Done     int       `json:"done"`  // files
	Total    int       `json:"total"` // files
	Bytes    int64     `json:"bytes"`
	Size     int64     `json:"size"`               // of Total
	Passages int       `json:"passages,omitempty"` // of this document
	Warnings []string  `json:"warnings,omitempty"`
	Failure  *Failure  `json:"failure,omitempty"` // of Failed
}

// Failure is a file that could not be read, in words for people.
type Failure struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"` // what to do; may be empty
	Kept   bool   `json:"kept,omitempty"` // the last good version stays in use
}

// Summary is what a run did.
type Summary struct {
	Added     int           `json:"added"`
	Changed   int           `json:"changed"`
	Unchanged int           `json:"unchanged"`
	Deleted   int           `json:"deleted"`
	Failed    []Failure     `json:"failed,omitempty"`
	Passages  int           `json:"passages"` // of documents added and changed
	Bytes     int64         `json:"bytes"`    // of all files found
	Took      time.Duration `json:"took_ns"`
}

// Run brings store and index into step with the files of o.Paths. It first
// applies what an earlier run left for the index. A path that does not exist
// or cannot be read is an error before anything changes, and never deletes; a
// file that cannot be read is counted in the summary, and its last good
// version stays. The summary is valid also with an error.
func (s Sync) Run(ctx context.Context, o Options) (sum Summary, err error) {
	now := s.Now
	if now == nil {
		now = time.Now
	}
	began := now()
	defer func() { sum.Took = now().Sub(began) }()
	if err := o.validate(); err != nil {
		return sum, err
	}
	if err := s.Settle(ctx); err != nil {
		return sum, err
	}
	tree, err := walk(ctx, o.Paths)
	if err != nil {
		return sum, err
	}
	known, err := s.known(ctx, o.Workspace, tree.roots)
	if err != nil {
		return sum, err
	}
	r := run{Sync: s, o: o, now: now, known: known, sum: &sum, total: len(tree.files)}
	for _, f := range tree.files {
		sum.Bytes += f.size
	}
	r.tell(Event{Kind: Found})
	for _, f := range tree.unreadable {
		sum.Failed = append(sum.Failed, f)
		r.tell(Event{Kind: Failed, Path: f.Path, Failure: &f})
	}
	if err := r.files(ctx, tree.files); err != nil {
		return sum, err
	}
	return sum, r.deletions(ctx, tree)
}

func (o Options) validate() error {
	var errs []error
	if o.Workspace == "" {
		errs = append(errs, errors.New("sync: workspace: required"))
	}
	if o.Collection == "" {
		errs = append(errs, errors.New("sync: collection: required"))
	}
	if o.Audience != index.Public && o.Audience != index.Internal {
		errs = append(errs, fmt.Errorf("sync: audience %q: must be %q or %q", o.Audience, index.Public, index.Internal))
	}
	if len(o.Paths) == 0 {
		errs = append(errs, errors.New("sync: no files or folders were named"))
	}
	return errors.Join(errs...)
}

// Settle tells the index what the store knows and it does not. It is the only
// way into the index, after each document and after a crash alike.
func (s Sync) Settle(ctx context.Context) error {
	for {
		pending, err := s.Store.PendingIndex(ctx, 20)
		if err != nil {
			return fmt.Errorf("ask what the index has yet to learn: %w", err)
		}
		if len(pending) == 0 {
			return nil
		}
		for _, p := range pending {
			if err := s.Index.Apply(ctx, index.Batch{Put: p.Put, Delete: p.Delete}); err != nil {
				return fmt.Errorf("index document %s: %w", p.Document, err)
			}
			if err := s.Store.Indexed(ctx, p); err != nil {
				return fmt.Errorf("note document %s as indexed: %w", p.Document, err)
			}
		}
	}
}

// known are the documents of the roots by id.
func (s Sync) known(ctx context.Context, workspace string, roots []string) (map[string]store.Document, error) {
	known := map[string]store.Document{}
	for _, root := range roots {
		docs, err := s.Store.Documents(ctx, workspace, store.DocumentFilter{Root: root})
		if err != nil {
			return nil, fmt.Errorf("list the documents of %s: %w", root, err)
		}
		for _, d := range docs {
			known[d.ID] = d
		}
	}
	return known, nil
}

// documentID is stable for a file of a root: a new version is the same
// document.
func documentID(workspace, root, path string) string {
	sum := sha256.Sum256([]byte(workspace + "\x00" + root + "\x00" + path))
	return "d" + hex.EncodeToString(sum[:12])
}

// run is one call of Run.
type run struct {
	Sync
	o     Options
	now   func() time.Time
	known map[string]store.Document
	sum   *Summary
	total int
	done  int
	bytes int64
}

func (r *run) tell(e Event) {
	if r.o.Progress != nil {
		e.Done, e.Total, e.Bytes, e.Size = r.done, r.total, r.bytes, r.sum.Bytes
		r.o.Progress(e)
	}
}

// read is a file and what reading it gave.
type read struct {
	file      file
	record    store.Document
	passages  []index.Passage
	unchanged bool
	err       error
	done      chan struct{}
}

// files reads with a few workers and writes alone, in the order of the walk.
// No more than two files a worker are in memory.
func (r *run) files(ctx context.Context, files []file) error {
	ctx, cancel := context.WithCancel(ctx)
	workers := r.Workers
	if workers <= 0 {
		workers = 2
	}
	jobs, order := make(chan *read), make(chan *read, workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range workers {
		wg.Go(func() {
			for job := range jobs {
				r.read(ctx, job)
				close(job.done)
			}
		})
	}
	wg.Go(func() {
		defer close(order)
		defer close(jobs)
		for _, f := range files {
			job := &read{file: f, done: make(chan struct{})}
			select {
			case order <- job:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- job:
			case <-ctx.Done():
				return
			}
		}
	})
	for job := range order {
		select {
		case <-job.done:
		case <-ctx.Done():
			return fmt.Errorf("sync stopped after %d of %d files: %w", r.done, r.total, ctx.Err())
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("sync stopped after %d of %d files: %w", r.done, r.total, err)
		}
		if err := r.write(ctx, job); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sync stopped after %d of %d files: %w", r.done, r.total, err)
	}
	return nil
}

// read fills job; it does not touch store or index.
func (r *run) read(ctx context.Context, job *read) {
	f := job.file
	d := store.Document{
		ID: documentID(r.o.Workspace, f.root, f.path), Workspace: r.o.Workspace, Collection: r.o.Collection, Audience: string(r.o.Audience),
		Root: f.root, Path: f.path, Size: f.size, Modified: f.modified, Type: strings.TrimPrefix(strings.ToLower(filepath.Ext(f.path)), "."), Ingested: r.now(),
	}
	before, known := r.known[d.ID]
	same := known && before.State == store.DocumentOK && before.Collection == d.Collection && before.Audience == d.Audience && strings.HasPrefix(before.Hash, readingVersion+":")
	if same && before.Size == f.size && before.Modified.Equal(f.modified) {
		job.record, job.unchanged = before, true
		return
	}
	job.record = d
	limit := r.MaxSize
	if limit <= 0 {
		limit = 256 << 20
	}
	if f.size > limit {
		job.err = fmt.Errorf("%s has %d MB, the limit is %d: %w", filepath.Base(f.path), f.size>>20, limit>>20, ErrTooLarge)
		return
	}
	hash, err := hashFile(ctx, f.absolute)
	if err != nil {
		job.err = err
		return
	}
	job.record.Hash = readingVersion + ":" + hash
	if same && before.Hash == job.record.Hash {
		job.unchanged = true
		return
	}
	doc, err := r.Files.ReadFile(ctx, f.absolute)
	if err != nil {
		job.err = err
		return
	}
	if info, err := os.Stat(f.absolute); err != nil || info.Size() != f.size || !info.ModTime().Equal(f.modified) {
		job.err = errBusy
		return
	}
	job.passages = Passages(doc, Origin{
		Workspace: r.o.Workspace, Collection: r.o.Collection, Audience: r.o.Audience, Document: d.ID, Source: f.path, Modified: f.modified, Mask: r.Mask,
	})
	if len(job.passages) == 0 {
		job.err = fmt.Errorf("%s gives no passages: %w", filepath.Base(f.path), ErrNoText)
		return
	}
	job.record.Title = titleOf(doc, f.path)
	job.record.Language = mostly(job.passages)
	job.record.Warnings = doc.Warnings
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

// write brings store and index into step with one file.
func (r *run) write(ctx context.Context, job *read) error {
	d := job.record
	before, known := r.known[d.ID]
	e := Event{Path: job.file.path, Warnings: d.Warnings, Passages: len(job.passages)}
	switch {
	case errors.Is(job.err, ErrNoWorker):
		return job.err
	case job.err != nil:
		if err := r.fail(ctx, job, known && before.Passages > 0); err != nil {
			return err
		}
		e.Kind, e.Failure = Failed, &r.sum.Failed[len(r.sum.Failed)-1]
	case job.unchanged:
		r.sum.Unchanged++
		e.Kind = Unchanged
	default:
		if _, err := r.Store.PutDocument(ctx, d, job.passages); err != nil {
			return fmt.Errorf("store %s: %w", d.Path, err)
		}
		if err := r.Settle(ctx); err != nil {
			return fmt.Errorf("%s: %w", d.Path, err)
		}
		r.sum.Passages += len(job.passages)
		if e.Kind = Added; known && before.Passages > 0 {
			e.Kind = Changed
			r.sum.Changed++
		} else {
			r.sum.Added++
		}
	}
	job.passages = nil
	r.done++
	r.bytes += job.file.size
	r.tell(e)
	return nil
}

// fail records a file that could not be read. It is tried again on each run:
// a reader may have learned, a share may be back.
func (r *run) fail(ctx context.Context, job *read, kept bool) error {
	f := Failure{Path: job.file.path, Reason: job.err.Error(), Hint: Hint(job.err), Kept: kept}
	d := job.record
	d.Error, d.Hint = f.Reason, f.Hint
	if err := r.Store.FailDocument(ctx, d); err != nil {
		return fmt.Errorf("note %s as failed: %w", d.Path, err)
	}
	r.sum.Failed = append(r.sum.Failed, f)
	return nil
}

// Hint is what a person can do about a file that could not be read, "" when
// the reason says it all.
func Hint(err error) string {
	switch {
	case errors.Is(err, ErrEncrypted):
		return "remove the password in the program it was made with, and save it again"
	case errors.Is(err, ErrNeedsOCR):
		return "install tesseract-ocr and poppler-utils on the machine that runs sufflor, or save it as a PDF with a text layer; then run again"
	case errors.Is(err, ErrNoText):
		return "if it is a scan, run text recognition (OCR) over it first; an empty file can be deleted"
	case errors.Is(err, ErrTooLarge):
		return "split it into smaller files"
	case errors.Is(err, ErrUnsupported):
		return "save it as PDF, .docx, .xlsx, .csv, .html, .md or .txt"
	case errors.Is(err, ErrDamaged):
		return "open it in the program it was made with and save it again; if it opens there, send us the file"
	case errors.Is(err, errBusy):
		return "wait until nobody writes to it, and run again"
	case errors.Is(err, fs.ErrPermission):
		return "give the user that runs sufflor the right to read it"
	case errors.Is(err, fs.ErrNotExist):
		return "it was deleted meanwhile; run again"
	}
	return ""
}

// deletions removes documents whose file is gone. What lies in a folder that
// could not be read is not gone.
func (r *run) deletions(ctx context.Context, t tree) error {
	present := make(map[string]bool, len(t.files))
	for _, f := range t.files {
		present[documentID(r.o.Workspace, f.root, f.path)] = true
	}
	for _, d := range sortedDocuments(r.known) {
		if present[d.ID] || t.hides(d.Root, d.Path) {
			continue
		}
		if _, err := r.Store.DeleteDocument(ctx, r.o.Workspace, d.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("delete %s: %w", d.Path, err)
		}
		if err := r.Settle(ctx); err != nil {
			return fmt.Errorf("delete %s: %w", d.Path, err)
		}
		r.sum.Deleted++
		r.tell(Event{Kind: Deleted, Path: d.Path})
	}
	return nil
}
