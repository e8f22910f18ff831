package index

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"
	"github.com/gofrs/flock"
)

var (
	// ErrClosed means that the index was closed before it was asked.
	ErrClosed = errors.New("index is closed")
	// ErrInvalid means that a passage cannot be indexed; trying again will
	// not help.
	ErrInvalid = errors.New("passage is not valid")
)

// Options are how a [Local] works. The zero value is good.
type Options struct {
	Workers int // goroutines that analyse passages; 0 means one a processor
}

// Local is an index in a folder of this machine. It is safe for concurrent
// use: searches see the last finished [Local.Apply] while the next one runs.
//
// We use Bleve's index engine (scorch) without the layer above it: its
// analysis and its scoring are not ours, and its "bm25" is not BM25.
type Local struct {
	dir     string
	workers int
	recipe  recipe
	lock    *flock.Flock

	writing sync.Mutex   // one Apply at a time: it adds to the statistics it reads
	held    sync.RWMutex // held for reading while the engine's files are copied; taken before mu
	mu      sync.RWMutex // held for reading while engine is used, for writing to replace it
	engine  bleve.Index  // nil when closed
	queue   *bleve.AnalysisQueue
	folder  string       // of the engine, in dir
	next    *building    // under writing; nil unless one is built
	filling atomic.Int64 // percent that it knows of all there is, plus one; 0 when it is whole

	scratch   sync.Pool // of *scratch
	gathering sync.Pool // of *gathering
	adding    sync.Pool // of *adding
	filters   filters
	runs      *runCache

	vocabularies struct {
		sync.Mutex
		of map[string]*vocabulary // by field and workspace
	}
}

// formatVersion changes whenever fields, stored details or statistics do.
const formatVersion = 3

// The files in an index folder.
const (
	manifestFile = "sufflor-index.json"
	lockFile     = "lock"
	engineFolder = "bleve"
	otherFolder  = "bleve-2" // every second rebuilding
	rootFile     = "root.bolt"
)

// manifest says what wrote an index.
type manifest struct {
	Format   int  `json:"format"`
	Analysis int  `json:"analysis"`
	Ready    bool `json:"ready"` // false until the first write is safe on disk
	// Engine is the folder in use; "" is "bleve".
	Engine string `json:"engine,omitempty"`
}

var current = manifest{Format: formatVersion, Analysis: analysisVersion, Ready: true}

// Open opens the index in dir and creates it when there is none. It returns an
// error wrapping [ErrLocked] at once when another process has it open,
// [ErrVersion] when another version of sufflor wrote it, and [ErrCorrupt] when
// its files do not hold together: every segment's checksum is read, about a
// second a gigabyte.
func Open(ctx context.Context, dir string, o Options) (*Local, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	x := &Local{dir: dir, lock: lock, workers: o.Workers, recipe: standard}
	x.recipe.ranking = trainedRanking()
	if x.workers <= 0 {
		x.workers = runtime.GOMAXPROCS(0)
	}
	x.scratch.New = func() any { return &scratch{} }
	x.gathering.New = func() any { return &gathering{} }
	x.adding.New = func() any { return &adding{} }
	x.runs = newRunCache()
	x.forgetVocabularies()
	if err := x.open(ctx); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return x, nil
}

// Remove deletes the index in dir, whatever its state, so that [Open] creates
// an empty one. It returns an error wrapping [ErrLocked] when a process has the
// index open, and leaves files it does not know.
func Remove(dir string) error {
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	return errors.Join(wipe(dir), lock.Unlock())
}

func lockFolder(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("index folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock index %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w; stop the other sufflor first", dir, ErrLocked)
	}
	return lock, nil
}

func wipe(dir string) error {
	if err := os.Remove(filepath.Join(dir, manifestFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("empty index: %w", err)
	}
	for _, folder := range []string{engineFolder, otherFolder} {
		if err := os.RemoveAll(filepath.Join(dir, folder)); err != nil {
			return fmt.Errorf("empty index: %w", err)
		}
	}
	return nil
}

// open opens or creates the files; x is locked and has no engine.
func (x *Local) open(ctx context.Context) error {
	m, err := readManifest(x.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(x.dir, engineFolder)); err == nil {
			return x.damaged(fmt.Errorf("%s is missing", manifestFile))
		}
		return x.create()
	case err != nil:
		return x.damaged(err)
	case m.Format != current.Format || m.Analysis != current.Analysis:
		return fmt.Errorf("%s: %w: has format %d and analysis %d, this sufflor needs %d and %d; run `sufflor reindex`",
			x.dir, ErrVersion, m.Format, m.Analysis, current.Format, current.Analysis)
	case !m.Ready: // a crash while it was created: nothing was acknowledged
		if err := wipe(x.dir); err != nil {
			return err
		}
		return x.create()
	}
	x.folder = cmp.Or(m.Engine, engineFolder)
	path := filepath.Join(x.dir, x.folder)
	if err := verify(ctx, path); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return x.damaged(err)
	}
	engine, queue, err := openEngine(path, x.workers)
	if err != nil {
		return x.damaged(err)
	}
	x.engine, x.queue = engine, queue
	for _, folder := range []string{engineFolder, otherFolder} {
		if folder != x.folder { // of a rebuilding that was killed
			_ = os.RemoveAll(filepath.Join(x.dir, folder))
		}
	}
	return nil
}

// create writes an empty index. The manifest goes first and is marked ready
// last, so that a crash in between is told from damage.
func (x *Local) create() error {
	m := current
	m.Ready = false
	if err := writeManifest(x.dir, m); err != nil {
		return err
	}
	x.folder = engineFolder
	engine, queue, err := newEngine(filepath.Join(x.dir, x.folder), x.workers)
	if err != nil {
		return fmt.Errorf("create index %s: %w", x.dir, err)
	}
	if err := writeManifest(x.dir, current); err != nil {
		return errors.Join(err, closeEngine(engine, queue))
	}
	x.engine, x.queue = engine, queue
	return nil
}

func (x *Local) damaged(cause error) error {
	return fmt.Errorf("%s: %w: %w; run `sufflor reindex` to build it again from the store", x.dir, ErrCorrupt, cause)
}

func readManifest(dir string) (manifest, error) {
	raw, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return manifest{}, err
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return manifest{}, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if m.Engine != "" && m.Engine != engineFolder && m.Engine != otherFolder {
		return manifest{}, fmt.Errorf("%s: no index lies in %q", manifestFile, m.Engine)
	}
	if m.Format <= 0 || m.Analysis <= 0 {
		return manifest{}, fmt.Errorf("%s: format and analysis are missing", manifestFile)
	}
	return m, nil
}

// writeManifest replaces the manifest whole or not at all.
func writeManifest(dir string, m manifest) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, manifestFile+".*")
	if err != nil {
		return fmt.Errorf("write index manifest: %w", err)
	}
	_, err = f.Write(append(raw, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, manifestFile))
	}
	if err != nil {
		return fmt.Errorf("write index manifest: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func openEngine(path string, workers int) (bleve.Index, *bleve.AnalysisQueue, error) {
	queue := bleve.NewAnalysisQueue(workers)
	engine, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": path,
		// The lock file has kept others out; this is for a stranger who
		// holds the root file itself.
		"bolt_timeout": "2s",
	}, queue)
	if err != nil {
		queue.Close()
		return nil, nil, err
	}
	if err := guard(engine.Open); err != nil {
		queue.Close()
		return nil, nil, err
	}
	return engine, queue, nil
}

func closeEngine(engine bleve.Index, queue *bleve.AnalysisQueue) error {
	err := engine.Close()
	queue.Close()
	return err
}

// Close waits for what is running and closes the files. A second Close does
// nothing.
func (x *Local) Close() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.held.Lock()
	defer x.held.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.engine == nil {
		return nil
	}
	err := closeEngine(x.engine, x.queue)
	x.engine, x.queue = nil, nil
	if x.next != nil {
		err = errors.Join(err, x.next.remove(x.dir))
		x.next = nil
	}
	if err := errors.Join(err, x.lock.Unlock()); err != nil {
		return fmt.Errorf("close index %s: %w", x.dir, err)
	}
	return nil
}

// Reset empties the index, for all workspaces.
func (x *Local) Reset(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	x.held.Lock()
	defer x.held.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.engine == nil {
		return ErrClosed
	}
	if x.next != nil {
		return ErrRebuilding
	}
	err := closeEngine(x.engine, x.queue)
	x.engine, x.queue = nil, nil
	x.forgetVocabularies()
	x.filters.forget()
	x.runs = newRunCache() // another engine numbers its segments anew
	if err == nil {
		err = wipe(x.dir)
	}
	if err == nil {
		err = x.create()
	}
	if err != nil { // closed for good: let the next process try
		return fmt.Errorf("reset index %s: %w", x.dir, errors.Join(err, x.lock.Unlock()))
	}
	return nil
}

// Apply makes b visible as a whole once it is safe on disk. Deletions come
// first: a passage both deleted and put is put. A put replaces the passage of
// the same id, the last one wins, and deleting what is not there is no error,
// so a batch may be applied again. Errors wrap [ErrInvalid] when a passage can
// never be indexed; nothing of its batch is applied.
func (x *Local) Apply(ctx context.Context, b Batch) error {
	put, ready, err := x.prepare(ctx, b.Put)
	if err != nil {
		return err
	}

	x.writing.Lock()
	defer x.writing.Unlock()
	err = x.read(func(bleve.IndexReader) error {
		terms, err := change(ctx, x.engine, b.Delete, ready)
		if err == nil {
			x.recount(terms)
		}
		return err
	})
	if err == nil {
		x.follow(ctx, b.Delete, put)
	}
	return err
}

// prepare is passages with the last of each id, and these analysed.
func (x *Local) prepare(ctx context.Context, passages []Passage) (put []Passage, ready []analysed, err error) {
	if put, err = distinct(passages); err != nil {
		return nil, nil, err
	}
	ready, err = x.analyseAll(ctx, put)
	return put, ready, err
}

// change deletes and puts in one batch. It returns how many passages more, or
// fewer, hold a term, by vocabulary.
func change(ctx context.Context, engine bleve.Index, deleted []string, ready []analysed) (terms map[string]map[string]int, err error) {
	r, err := engine.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	batch := bleve.NewBatch()
	changed := map[string]*statistics{}
	of := func(workspace string) (*statistics, error) {
		if s := changed[workspace]; s != nil {
			return s, nil
		}
		s, err := readStatistics(r, workspace)
		changed[workspace] = &s
		return &s, err
	}
	terms = map[string]map[string]int{}
	count := func(d details, words traces, by int) {
		key := vocabularyKey(d.Workspace, d.Language)
		if terms[key] == nil {
			terms[key] = map[string]int{}
		}
		for term := range words.distinct() {
			terms[key][term] += by
		}
	}
	gone := map[string]bool{}
	forget := func(id string) error {
		if gone[id] {
			return nil
		}
		gone[id] = true
		old, words, ok, err := readStored(r, id)
		if err != nil || !ok {
			return err
		}
		s, err := of(old.Workspace)
		if err != nil {
			return err
		}
		s.count(old, -1)
		count(old, words, -1)
		return nil
	}
	for _, id := range deleted {
		if id == "" {
			continue
		}
		if err := errors.Join(ctx.Err(), forget(id)); err != nil {
			return nil, err
		}
		batch.Delete(id)
	}
	for _, a := range ready {
		if err := errors.Join(ctx.Err(), forget(a.doc.ID())); err != nil {
			return nil, err
		}
		s, err := of(a.details.Workspace)
		if err != nil {
			return nil, err
		}
		s.count(a.details, 1)
		count(a.details, a.words, 1)
		batch.Update(a.doc)
	}
	if len(batch.IndexOps) == 0 {
		return nil, nil
	}
	for workspace, s := range changed {
		if s.Passages == 0 {
			batch.DeleteInternal(statisticsKey(workspace))
			continue
		}
		raw, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("statistics of workspace %q: %w", workspace, err)
		}
		batch.SetInternal(statisticsKey(workspace), raw)
	}
	if err := engine.Batch(batch); err != nil {
		return nil, fmt.Errorf("index %d passages, delete %d: %w", len(ready), len(deleted), err)
	}
	return terms, nil
}

// distinct is passages with the last of each id, or what is wrong with them.
func distinct(passages []Passage) ([]Passage, error) {
	at := make(map[string]int, len(passages))
	out := make([]Passage, 0, len(passages))
	var errs []error
	for i, p := range passages {
		if err := valid(p); err != nil {
			errs = append(errs, fmt.Errorf("put[%d] %q: %w: %w", i, p.ID, ErrInvalid, err))
			continue
		}
		if j, ok := at[p.ID]; ok {
			out[j] = p
			continue
		}
		at[p.ID] = len(out)
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

func valid(p Passage) error {
	switch {
	case p.ID == "":
		return errors.New("id: required")
	case p.Workspace == "":
		return errors.New("workspace: required")
	case strings.ContainsRune(p.Workspace, 0):
		return errors.New("workspace: must not hold a zero byte")
	case p.Audience != Public && p.Audience != Internal:
		return fmt.Errorf("audience: %q is neither %q nor %q", p.Audience, Public, Internal)
	}
	return nil
}

// analyseAll analyses passages side by side; it is most of the work of Apply.
func (x *Local) analyseAll(ctx context.Context, passages []Passage) ([]analysed, error) {
	out := make([]analysed, len(passages))
	errs := make([]error, len(passages))
	var wg sync.WaitGroup
	share := (len(passages) + x.workers - 1) / x.workers
	for from := 0; from < len(passages); from += share {
		wg.Go(func() {
			for i := from; i < min(from+share, len(passages)); i++ {
				if errs[i] = ctx.Err(); errs[i] != nil {
					return
				}
				out[i], errs[i] = analysePassage(passages[i])
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, errors.Join(errs...)
}

// read runs fn on the index as it is now.
func (x *Local) read(fn func(bleve.IndexReader) error) error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.engine == nil {
		return ErrClosed
	}
	r, err := x.engine.Reader()
	if err != nil {
		return fmt.Errorf("read index %s: %w", x.dir, err)
	}
	return errors.Join(fn(r), r.Close())
}

// readStored is what is stored of the passage id.
func readStored(r bleve.IndexReader, id string) (d details, words traces, ok bool, err error) {
	internal, err := r.InternalID(id)
	if err != nil || internal == nil {
		return d, words, false, err
	}
	s, err := segmentsOf(r)
	if err != nil {
		return d, words, false, err
	}
	d, raw, err := s.details(internal.Value())
	if err == nil {
		words, err = decodeTraces(raw)
	}
	if err != nil {
		return d, words, false, fmt.Errorf("passage %q: %w: %w; run `sufflor reindex`", id, ErrCorrupt, err)
	}
	return d, words, true, nil
}

// Contains reports whether the passage id is indexed.
func (x *Local) Contains(ctx context.Context, id string) (bool, error) {
	found := false
	err := x.read(func(r bleve.IndexReader) error {
		internal, err := r.InternalID(id)
		found = internal != nil
		return errors.Join(ctx.Err(), err)
	})
	return found && err == nil, err
}

// IDs is the ids of all passages of workspace, sorted; of every workspace when
// it is "".
func (x *Local) IDs(ctx context.Context, workspace string) ([]string, error) {
	var ids []string
	err := x.read(func(r bleve.IndexReader) error {
		collect := func(internal bleve.IndexInternalID) error {
			id, err := r.ExternalID(internal)
			ids = append(ids, id)
			return errors.Join(ctx.Err(), err)
		}
		if workspace != "" {
			for _, a := range []Audience{Public, Internal} {
				if err := postings(ctx, r, fieldAccess, scoped(workspace, string(a)), func(doc *bleve.TermFieldDoc) error {
					return collect(doc.ID)
				}); err != nil {
					return err
				}
			}
			return nil
		}
		all, err := r.DocIDReaderAll()
		if err != nil {
			return err
		}
		for {
			internal, err := all.Next()
			if err != nil || internal == nil {
				return errors.Join(err, all.Close())
			}
			if err := collect(internal); err != nil {
				return errors.Join(err, all.Close())
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list passages of index %s: %w", x.dir, err)
	}
	slices.Sort(ids)
	return ids, nil
}

// Stats is how much an index holds.
type Stats struct {
	Passages   int
	ByLanguage map[string]int // "" are passages of unknown language
	Bytes      int64          // on disk
}

// Stats counts what is indexed, over all workspaces.
func (x *Local) Stats(ctx context.Context) (Stats, error) {
	out := Stats{ByLanguage: map[string]int{}}
	err := x.read(func(r bleve.IndexReader) error {
		all, err := allStatistics(r)
		if err != nil {
			return err
		}
		for _, s := range all {
			out.Passages += s.Passages
			for language, n := range s.Languages {
				out.ByLanguage[language] += n
			}
		}
		return filepath.WalkDir(x.dir, func(_ string, e fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil || e.IsDir() {
				return ignoreGone(err)
			}
			info, err := e.Info()
			if err == nil {
				out.Bytes += info.Size()
			}
			return ignoreGone(err)
		})
	})
	if err != nil {
		return Stats{}, fmt.Errorf("count index %s: %w", x.dir, err)
	}
	return out, nil
}

// ignoreGone drops the error of a file that a merge removed under our eyes.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
