package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// readingVersion is part of a document's hash: raise it when readers or
// passages change, and every document is read anew on the next run.
const readingVersion = "2"

// reading is what a document's hash begins with: the same bytes are read anew
// when it is another. The language is that of texts too short to tell theirs.
func (o Options) reading() string {
	if o.Language == "" {
		return readingVersion + ":"
	}
	return readingVersion + "/" + o.Language + ":"
}

// Records is what Sync needs of the store.
type Records interface {
	Document(ctx context.Context, workspace, id string) (store.Document, error)
	EachDocument(ctx context.Context, workspace string, f store.DocumentFilter) iter.Seq2[store.Document, error]
	KeepOriginal(ctx context.Context, path string) (hash string, release func(), err error)
	PutDocument(ctx context.Context, d store.Document, passages []index.Passage) (old []string, err error)
	TouchDocument(ctx context.Context, d store.Document) error
	FailDocument(ctx context.Context, d store.Document) error
	DeleteDocument(ctx context.Context, workspace, id string) (old []string, err error)
	PendingIndex(ctx context.Context, limit int) ([]store.Pending, error)
	Indexed(ctx context.Context, list ...store.Pending) error
}

// Index is what Sync needs of the search index.
type Index interface {
	Apply(ctx context.Context, b index.Batch) error
}

// Sync keeps store and index in step with sources. The store learns first, in
// one transaction a document, and remembers what the index has yet to learn;
// so a run that is killed anywhere is made good by the next one, which reads
// nothing twice that was stored.
//
// What a document no longer says is out of every search with its transaction,
// for searches read through the store; the index learns of several documents
// at a time. It knows all before Run returns, and of a deletion before that is
// reported.
type Sync struct {
	Files     FileReader
	Store     Records
	Index     Index
	Turn      Turn             // shared by all who settle the same store and index; nil when nobody else does
	Mask      Masker           // for solved cases
	MaxSize   int64            // bytes of a file; 0 means 256 MB
	Workers   int              // files read at a time; 0 means 2
	Cutting   time.Duration    // that it may take to cut what was read of a file into passages; 0 means 5 minutes
	Originals bool             // keep the bytes of what was read
	Now       func() time.Time // nil means time.Now
}

// Options say what to bring into step.
type Options struct {
	Workspace  string
	Collection string
	Audience   index.Audience
	SourceName string // of the configured source that Sources are the places of; may be empty
	Product    string // that it is about; may be empty
	Language   string // of documents that do not say; may be empty
	Sources    []Source
	// Below narrows the run to an item, or to those below a folder of it;
	// empty is all.
	Below string
	// Retry reads what failed before, and only that, however it looks.
	Retry bool
	// Only narrows the run to the items of these paths, and deletes nothing;
	// nil is all.
	Only map[string]bool
	// DryRun reports what a run would do and changes nothing. What changed
	// is told by size, time, tag and, of a local file, its bytes.
	DryRun   bool
	Progress func(Event) // called from one goroutine; may be nil
}

// counter is a source that knows what it holds before it is read.
type counter interface {
	Count(ctx context.Context) (files int, bytes int64, err error)
}

// Run brings store and index into step with o.Sources. It first applies what
// an earlier run left for the index. A source that does not exist or cannot be
// listed is an error before anything changes, and never deletes; a file that
// cannot be read is counted in the summary, and its last good version stays.
// The summary is valid also with an error.
func (s Sync) Run(ctx context.Context, o Options) (sum Summary, err error) {
	now := s.Now
	if now == nil {
		now = time.Now
	}
	began := now()
	sum.DryRun = o.DryRun
	defer func() { sum.Took = now().Sub(began) }()
	if err := o.validate(); err != nil {
		return sum, err
	}
	if s.MaxSize <= 0 {
		s.MaxSize = 256 << 20
	}
	if s.Cutting <= 0 {
		s.Cutting = 5 * time.Minute
	}
	r := run{Sync: s, o: o, now: now, sum: &sum, settled: began}
	if !o.DryRun {
		if err := s.Settle(ctx); err != nil {
			return sum, err
		}
		defer func() {
			// What was stored is found even when somebody stopped us.
			settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			err = errors.Join(err, s.Settle(settle))
		}()
	}
	if err := r.count(ctx); err != nil {
		return sum, err
	}
	r.tell(Event{Kind: Found})
	for _, src := range o.Sources {
		if err := r.source(ctx, src); err != nil {
			return sum, err
		}
	}
	return sum, nil
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
	if len(o.Sources) == 0 {
		errs = append(errs, errors.New("sync: no files or folders were named"))
	}
	return errors.Join(errs...)
}

// below reports whether an item is one that the run is about.
func (o Options) below(name string) bool {
	if o.Only != nil && !o.Only[name] {
		return false
	}
	return o.Below == "" || name == o.Below || strings.HasPrefix(name, strings.TrimSuffix(o.Below, "/")+"/")
}

// How much the index may lag behind the store during a run.
const (
	settleDocuments = 200
	settlePassages  = 4000
	settleAfter     = 3 * time.Second
)

// Settle tells the index what the store knows and it does not. It is the only
// way into the index, during a run and after a crash alike.
func (s Sync) Settle(ctx context.Context) error {
	for {
		if more, err := s.step(ctx); err != nil || !more {
			return err
		}
	}
}

// step tells the index of some documents, and reports whether there may be more.
func (s Sync) step(ctx context.Context) (bool, error) {
	done, err := s.Turn.Take(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	pending, err := s.Store.PendingIndex(ctx, settleDocuments)
	if err != nil {
		return false, fmt.Errorf("ask what the index has yet to learn: %w", err)
	}
	if len(pending) == 0 {
		return false, nil
	}
	var b index.Batch
	for _, p := range pending {
		b.Put, b.Delete = append(b.Put, p.Put...), append(b.Delete, p.Delete...)
	}
	if err := s.Index.Apply(ctx, b); err != nil {
		return false, fmt.Errorf("index %d documents, the first %s: %w", len(pending), pending[0].Document, err)
	}
	return true, s.Store.Indexed(ctx, pending...)
}

// Turn is whose turn it is to move what the store knows into the index. What
// was read of the store must be in the index before somebody else reads: else
// an older state of a document could follow a newer one.
type Turn chan struct{}

// NewTurn is a turn that nobody has.
func NewTurn() Turn { return make(Turn, 1) }

// Take waits for the turn; the returned function gives it back. A nil Turn is
// everybody's.
func (t Turn) Take(ctx context.Context) (done func(), err error) {
	if t == nil {
		return func() {}, nil
	}
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the turn to change the index: %w", ctx.Err())
	}
}

// DocumentID is stable for a file of a root: a new version is the same
// document.
func DocumentID(workspace, root, path string) string {
	sum := sha256.Sum256([]byte(workspace + "\x00" + root + "\x00" + path))
	return "d" + hex.EncodeToString(sum[:12])
}

// run is one call of Run.
type run struct {
	Sync
	o     Options
	now   func() time.Time
	sum   *Summary
	total int
	size  int64
	done  int
	bytes int64

	// What the index has yet to learn, and when it last knew all.
	documents, passages int
	settled             time.Time
}

func (r *run) tell(e Event) {
	if r.o.Progress == nil {
		return
	}
	e.Done, e.Total, e.Bytes, e.Size = r.done, r.total, r.bytes, r.size
	if e.Total > 0 { // more may have come since they were counted
		e.Total, e.Size = max(e.Total, e.Done), max(e.Size, e.Bytes)
	}
	r.o.Progress(e)
}

// count finds out what there is, as far as it can be known beforehand, and
// whether it can be listed at all.
func (r *run) count(ctx context.Context) error {
	if r.o.Retry {
		for _, src := range r.o.Sources {
			for it, err := range r.failed(ctx, src) {
				if err != nil {
					return err
				}
				r.total++
				r.size += it.Size
			}
		}
		return nil
	}
	for _, src := range r.o.Sources {
		c, ok := src.(counter)
		if !ok {
			r.total, r.size = 0, 0
			continue
		}
		files, bytes, err := c.Count(ctx)
		if err != nil {
			return err
		}
		r.total += files
		r.size += bytes
	}
	if r.o.Below != "" || r.o.Only != nil {
		r.total, r.size = len(r.o.Only), 0
	}
	return nil
}

// failed lists the items of a source that could not be read before.
func (r *run) failed(ctx context.Context, src Source) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for d, err := range r.Store.EachDocument(ctx, r.o.Workspace, store.DocumentFilter{Root: src.Root(), State: store.DocumentFailed}) {
			if err != nil {
				yield(Item{}, err)
				return
			}
			if r.o.below(d.Path) && !yield(Item{Path: d.Path, Size: d.Size, Modified: d.Modified, Tag: d.Tag}, nil) {
				return
			}
		}
	}
}

// id is a document's id without its first letter: a million of them fit into
// some 40 MB.
type id [12]byte

func compact(document string) (out id) {
	if len(document) != 1+2*len(out) { // somebody else made it
		sum := sha256.Sum256([]byte(document))
		copy(out[:], sum[:])
		return out
	}
	_, _ = hex.Decode(out[:], []byte(document[1:]))
	return out
}

// listed is what a source holds.
type listed struct {
	items map[id]struct{}
	gaps  []string // paths
	err   error    // listing did not come to its end
}

// hides reports whether a document lies where we could not look.
func (l *listed) hides(name string) bool {
	for _, g := range l.gaps {
		if g == "" || name == g || strings.HasPrefix(name, strings.TrimSuffix(g, "/")+"/") {
			return true
		}
	}
	return false
}

// source reads with a few workers and writes alone, in the order of the list.
// No more than two files a worker are in memory.
func (r *run) source(ctx context.Context, src Source) error {
	all := listed{items: map[id]struct{}{}}
	if err := r.files(ctx, src, &all); err != nil {
		return err
	}
	if all.err != nil {
		return all.err
	}
	if r.o.Retry || r.o.Only != nil {
		return nil
	}
	return r.deletions(ctx, src, &all)
}

func (r *run) files(ctx context.Context, src Source, all *listed) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	workers := r.Workers
	if workers <= 0 {
		workers = 2
	}
	jobs, order := make(chan *read), make(chan *read, workers)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { // what was read and will not be written
		cancel()
		for job := range order {
			<-job.done
			job.release()
		}
	}()
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
		r.list(ctx, src, all, jobs, order)
	})
	for job := range order {
		<-job.done
		if err := ctx.Err(); err != nil {
			job.release()
			return r.stopped(err)
		}
		err := r.write(ctx, job)
		job.release()
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return r.stopped(err)
	}
	return nil
}

func (r *run) stopped(err error) error {
	return fmt.Errorf("sync stopped after %d of %d files: %w", r.done, max(r.total, r.done), err)
}

// list hands out the items of a source, and notes what it holds.
func (r *run) list(ctx context.Context, src Source, all *listed, jobs, order chan<- *read) {
	items := src.List(ctx)
	if r.o.Retry {
		items = r.failed(ctx, src)
	}
	for it, err := range items {
		job := &read{src: src, item: it, release: func() {}, done: make(chan struct{})}
		var gap *Gap
		switch {
		case errors.As(err, &gap):
			all.gaps = append(all.gaps, gap.Path)
			job.place = err
		case err != nil && passing(err):
			job.place = err
		case err != nil:
			all.err = err
			return
		case !r.o.below(it.Path):
			continue
		default:
			job.record.ID = DocumentID(r.o.Workspace, src.Root(), it.Path)
			all.items[compact(job.record.ID)] = struct{}{}
		}
		select {
		case order <- job:
		case <-ctx.Done():
			return
		}
		if job.place != nil {
			close(job.done)
			continue
		}
		select {
		case jobs <- job:
		case <-ctx.Done():
			job.fatal = ctx.Err()
			close(job.done)
			return
		}
	}
}

// write brings the store into step with one file.
func (r *run) write(ctx context.Context, job *read) error {
	if job.fatal != nil {
		return job.fatal
	}
	if job.place != nil {
		r.notePlace(job)
		return nil //nolint:nilerr // it is told, and the rest is read
	}
	d := job.record
	e := Event{
		Root: d.Root, Path: d.Path, File: job.size, Warnings: d.Warnings, Pages: d.Pages, Words: d.Words, Passages: len(job.passages), Seconds: d.Seconds,
	}
	r.done++
	r.bytes += job.size
	r.sum.Bytes += job.size
	r.sum.Read += job.fetched
	switch {
	case job.shelved:
		f := Failure{Path: d.Path, Reason: shelved}
		r.sum.Skipped++
		r.sum.Left = remember(r.sum.Left, f)
		e = Event{Kind: Left, Root: d.Root, Path: d.Path, File: job.size, Failure: &f}
	case errors.Is(job.err, ErrNoWorker):
		return job.err
	case job.err != nil && ctx.Err() != nil: // it was stopped, it did not fail
		return r.stopped(ctx.Err())
	case job.err != nil:
		if err := r.fail(ctx, job); err != nil {
			return err
		}
		e.Passages, e.Kind, e.Failure = 0, job.kind(), job.failure
	case job.failure != nil, job.unchanged:
		if job.touched && !r.o.DryRun {
			if err := r.Store.TouchDocument(ctx, d); err != nil {
				return err
			}
		}
		if e = (Event{Kind: Unchanged, Root: d.Root, Path: d.Path, File: job.size}); job.failure != nil {
			e.Kind, e.Failure = job.kind(), job.failure
			r.failing(job)
		} else {
			r.sum.Unchanged++
		}
	default:
		if err := r.put(ctx, job); err != nil {
			return err
		}
		if e.Kind = Added; job.known && job.before.Passages > 0 {
			e.Kind = Changed
			r.sum.Changed++
		} else {
			r.sum.Added++
		}
	}
	job.passages = nil
	r.tell(e)
	return nil
}

// put stores a document, and tells the index when enough have come together.
func (r *run) put(ctx context.Context, job *read) error {
	if r.o.DryRun {
		return nil
	}
	if _, err := r.Store.PutDocument(ctx, job.record, job.passages); err != nil {
		return fmt.Errorf("store %s: %w", job.record.Path, err)
	}
	r.sum.Pages += job.record.Pages
	r.sum.Words += job.record.Words
	r.sum.Passages += len(job.passages)
	r.documents++
	r.passages += len(job.passages)
	if r.documents < settleDocuments && r.passages < settlePassages && r.now().Sub(r.settled) < settleAfter {
		return nil
	}
	return r.settle(ctx)
}

func (r *run) settle(ctx context.Context) error {
	err := r.Settle(ctx)
	r.documents, r.passages, r.settled = 0, 0, r.now()
	return err
}

// notePlace reports a place without an item.
func (r *run) notePlace(job *read) {
	if skipped, ok := errors.AsType[*Skipped](job.place); ok {
		f := Failure{Path: skipped.Path, Reason: skipped.Reason}
		r.sum.Skipped++
		r.sum.Left = remember(r.sum.Left, f)
		r.tell(Event{Kind: Left, Root: job.src.Root(), Path: f.Path, Failure: &f})
		return
	}
	var gap *Gap
	errors.As(job.place, &gap)
	job.failure = &Failure{Path: gap.Path, Code: codeOf(gap.Err), Reason: reason(gap.Err), Hint: Hint(gap.Err), Kept: true}
	r.failing(job)
	r.tell(Event{Kind: Failed, Root: job.src.Root(), Path: gap.Path, Failure: job.failure})
}

// failing counts a failure.
func (r *run) failing(job *read) {
	if job.kind() == Empty {
		r.sum.Empty++
	} else {
		r.sum.Failed++
	}
	r.sum.Failures = remember(r.sum.Failures, *job.failure)
}

// fail records a file that could not be read. What lies in its bytes is not
// tried again until they change or somebody asks for it; what may pass, such
// as a share that is away, is tried on each run.
func (r *run) fail(ctx context.Context, job *read) error {
	job.failure = &Failure{
		Path: job.item.Path, Code: codeOf(job.err), Reason: job.err.Error(), Hint: Hint(job.err), Kept: job.known && job.before.Passages > 0,
	}
	r.failing(job)
	if r.o.DryRun {
		return nil
	}
	d := job.record
	d.Code, d.Error, d.Hint, d.Original = job.failure.Code, job.failure.Reason, job.failure.Hint, ""
	if !lasting(job.err) {
		d.Hash = ""
	}
	if err := r.Store.FailDocument(ctx, d); err != nil {
		return fmt.Errorf("note %s as failed: %w", d.Path, err)
	}
	return nil
}

// fewToDoubt is how many documents a source must have had to make us doubt
// that all of them are gone at once.
const fewToDoubt = 10

// deletions removes documents whose file is gone. What lies in a place that
// could not be looked at is not gone.
func (r *run) deletions(ctx context.Context, src Source, all *listed) error {
	filter := store.DocumentFilter{Root: src.Root()}
	if len(all.items) == 0 && r.o.Below == "" {
		n := 0
		for _, err := range r.Store.EachDocument(ctx, r.o.Workspace, filter) {
			if err != nil {
				return err
			}
			n++
		}
		if n >= fewToDoubt { // the mount point of a share that is away looks like this
			job := &read{src: src, place: &Gap{Err: fmt.Errorf(
				"it lists no file at all, but %d documents are known from it; nothing was deleted. If it is empty on purpose: sufflor ingest remove %s", n, src.Root())}}
			r.notePlace(job)
			return nil
		}
	}
	var gone []store.Document
	flush := func() error {
		if len(gone) > 0 && !r.o.DryRun {
			if err := r.settle(ctx); err != nil {
				return fmt.Errorf("delete %s: %w", gone[0].Path, err)
			}
		}
		for _, d := range gone {
			r.sum.Deleted++
			r.tell(Event{Kind: Deleted, Root: d.Root, Path: d.Path})
		}
		gone = gone[:0]
		return nil
	}
	for d, err := range r.Store.EachDocument(ctx, r.o.Workspace, filter) {
		if err != nil {
			return err
		}
		if _, there := all.items[compact(d.ID)]; there || !r.o.below(d.Path) || all.hides(d.Path) {
			continue
		}
		if !r.o.DryRun {
			if _, err := r.Store.DeleteDocument(ctx, r.o.Workspace, d.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("delete %s: %w", d.Path, errors.Join(err, flush()))
			}
		}
		if gone = append(gone, d); len(gone) >= settleDocuments {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
