// Package vector keeps one vector a passage on disk and finds those nearest to
// a question's.
//
// It knows ids and numbers, nothing of texts, of workspaces (each has a store
// of its own) or of the models that make vectors. Few vectors are compared one by one; above that a navigable graph
// (HNSW) is kept beside them. A vector takes, in memory and for its place:
// one byte a dimension, about 90 bytes for id and bookkeeping, and 140 for
// the graph; at 384 dimensions 1,000,000 vectors need 0.6 GB. On disk it takes
// a byte a dimension, its id, and 80 bytes of graph.
package vector

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/gofrs/flock"
)

var (
	// ErrLocked means that another process has the store open.
	ErrLocked = errors.New("vectors are in use by another process")
	// ErrCorrupt means that the files do not hold together; vectors are
	// derived: [Remove] them and have them made again.
	ErrCorrupt = errors.New("vectors are damaged")
	// ErrVersion means that another version of sufflor wrote the files.
	ErrVersion = errors.New("vectors have another format version")
	// ErrClosed means that the store was closed before it was asked.
	ErrClosed = errors.New("vectors are closed")
	// ErrDimension means that a vector has not as many numbers as the store's.
	ErrDimension = errors.New("vector has another dimension")
	// ErrInvalid means that a vector or an id cannot be kept or asked for;
	// trying again will not help.
	ErrInvalid = errors.New("vector is not valid")
)

const (
	// MaxDim is how many numbers a vector may have.
	MaxDim = 8192
	// MaxID is how many bytes an id may have.
	MaxID = 512
	// maxName is how many bytes a model's name may have.
	maxName = 1024
	// MaxHits is the most that a search returns.
	MaxHits = 10_000
	// DefaultExact is up to how many vectors each is compared with the question.
	DefaultExact = 100_000
)

// Options are how a [Store] works.
type Options struct {
	// Model is what the vectors are made by; required. Vectors of different
	// models cannot be compared.
	Model string
	// Dim is how many numbers a vector has. 0 takes that of the files, or,
	// when there are none, that of the first vector.
	Dim int
	// Exact is up to how many vectors each of them is compared; 0 means
	// [DefaultExact].
	Exact int
	// Workers is how many goroutines compare and link; 0 means one a processor.
	Workers int
}

// Opened says what was found when a store was opened, for people. Empty
// fields mean that there is nothing to say.
type Opened struct {
	Fresh string // why the store begins empty
	Cut   int64  // bytes of a batch that was never finished, cut off
	Graph string // why the graph is built again; searches are exact until it is
}

// Item is a vector and whose it is.
type Item struct {
	ID     string
	Vector []float32 // any length but zero: only its direction is kept
}

// Hit is a found vector.
type Hit struct {
	ID     string
	Cosine float64 // -1 to 1, exact to about 0.002
}

// Store is the vectors in a folder. It is safe for concurrent use: searches go
// on while it is written, and may or may not see what is being written.
type Store struct {
	dir     string
	exact   int
	workers int
	lock    *flock.Flock

	writing sync.Mutex // held to change log or table; before mu
	log     *log       // nil while the dimension is unknown

	mu     sync.RWMutex // held for reading while vectors or links are, for writing to change them
	model  string
	table  *table // nil while the dimension is unknown
	graph  *graph // nil when there is none
	closed bool

	scratch sync.Pool // of *scratch
	keeper  keeper
}

const (
	logFile   = "vectors"
	graphFile = "graph"
	lockFile  = "lock"
	newSuffix = ".new"
)

// Open opens the vectors in dir and makes the folder when there is none. When
// they were made by another model, or have another dimension, the store begins
// empty and Opened.Fresh says so. The error wraps [ErrLocked], [ErrVersion] or
// [ErrCorrupt]; every checksum is read, about a second a gigabyte.
func Open(ctx context.Context, dir string, o Options) (*Store, Opened, error) {
	var found Opened
	switch {
	case o.Model == "" || len(o.Model) > maxName:
		return nil, found, fmt.Errorf("open vectors: model: 1 to %d bytes: %w", maxName, ErrInvalid)
	case o.Dim < 0 || o.Dim > MaxDim:
		return nil, found, fmt.Errorf("open vectors: %d dimensions; at most %d: %w", o.Dim, MaxDim, ErrDimension)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, found, err
	}
	s := &Store{dir: dir, exact: o.Exact, workers: o.Workers, lock: lock, model: o.Model}
	if s.exact <= 0 {
		s.exact = DefaultExact
	}
	if s.workers <= 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	s.scratch.New = func() any { return &scratch{} }
	if err := s.load(ctx, o, &found); err != nil {
		return nil, found, errors.Join(err, s.forget(), lock.Unlock())
	}
	s.keeper.start(s)
	return s, found, nil
}

// Remove deletes the vectors in dir, whatever their state.
func Remove(dir string) error {
	lock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	return errors.Join(wipe(dir), lock.Unlock())
}

func lockFolder(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("vector folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock vectors %s: %w", dir, err)
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w; stop the other sufflor first", dir, ErrLocked)
	}
	return lock, nil
}

func wipe(dir string) error {
	for _, name := range []string{graphFile, graphFile + newSuffix, logFile + newSuffix, logFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove vectors: %w", err)
		}
	}
	return nil
}

// load reads what is in the folder, or begins anew.
func (s *Store) load(ctx context.Context, o Options, found *Opened) error {
	for _, name := range []string{logFile, graphFile} { // left by a crash
		if err := os.Remove(filepath.Join(s.dir, name+newSuffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("open vectors: %w", err)
		}
	}
	path := filepath.Join(s.dir, logFile)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		found.Fresh = "there were none yet"
		return s.fresh(o.Dim)
	}
	if err != nil {
		return fmt.Errorf("open vectors: %w", err)
	}
	head, err := readHeader(f)
	if err != nil {
		return errors.Join(s.damaged(err), f.Close())
	}
	switch {
	case head.model != o.Model:
		found.Fresh = fmt.Sprintf("they were made by the model %q, and now it is %q", head.model, o.Model)
	case o.Dim != 0 && head.dim != o.Dim:
		found.Fresh = fmt.Sprintf("they have %d dimensions, and now there are %d", head.dim, o.Dim)
	}
	if found.Fresh != "" {
		if err := errors.Join(f.Close(), wipe(s.dir)); err != nil {
			return err
		}
		return s.fresh(o.Dim)
	}
	linked, graphErr := readGraphHeader(filepath.Join(s.dir, graphFile))
	s.log, s.table = &log{file: f, header: head}, newTable(head.dim)
	if info, err := f.Stat(); err == nil {
		s.table.expect(int(info.Size() / int64(head.dim+typicalEntry)))
	}
	late, err := s.log.replay(ctx, s.table, linked.seq)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return s.damaged(err)
	}
	found.Cut = s.log.cut
	s.table.freeAll()
	s.loadGraph(linked, graphErr, late, found)
	return nil
}

// loadGraph reads the graph of the vectors in the table, when there is one
// that belongs to them.
func (s *Store) loadGraph(head graphHeader, err error, late bits, found *Opened) {
	if errors.Is(err, fs.ErrNotExist) {
		return // it is built when there are enough vectors
	}
	if err == nil && (head.seq < s.log.base || head.seq > s.log.seq) {
		err = errors.New("it belongs to other vectors")
	}
	if err == nil {
		s.graph, err = readGraph(filepath.Join(s.dir, graphFile), s.table, late)
	}
	if err != nil {
		s.graph, found.Graph = nil, err.Error()
		return
	}
	s.table.free = slices.DeleteFunc(s.table.free, s.graph.has)
}

// fresh begins an empty store of dim dimensions, or one that does not know yet.
func (s *Store) fresh(dim int) error {
	if dim == 0 {
		return nil
	}
	l, err := createLog(s.dir, header{dim: dim, model: s.model})
	if err != nil {
		return err
	}
	s.log = l
	s.mu.Lock()
	s.table = newTable(dim)
	s.mu.Unlock()
	return nil
}

// forget lets go of file and memory.
func (s *Store) forget() error {
	s.mu.Lock()
	if s.table != nil {
		s.table.release()
	}
	s.table, s.graph = nil, nil
	s.mu.Unlock()
	l := s.log
	s.log = nil
	if l == nil {
		return nil
	}
	return l.file.Close()
}

func (s *Store) damaged(cause error) error {
	if errors.Is(cause, ErrVersion) {
		return fmt.Errorf("%s: %w", s.dir, cause)
	}
	return fmt.Errorf("%s: %w: %w; they have to be made again", s.dir, ErrCorrupt, cause)
}

// Close ends what goes on in the background, saves the graph and closes the
// files. A second call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.keeper.stop()
	s.writing.Lock()
	defer s.writing.Unlock()
	return errors.Join(s.checkpoint(), s.forget(), s.lock.Unlock())
}

// Use makes the store one of the given model and dimension. It reports whether
// the vectors had to go because they were another's.
func (s *Store) Use(model string, dim int) (emptied bool, err error) {
	switch {
	case model == "" || len(model) > maxName:
		return false, fmt.Errorf("use vectors: model: 1 to %d bytes: %w", maxName, ErrInvalid)
	case dim <= 0 || dim > MaxDim:
		return false, fmt.Errorf("use vectors: %d dimensions; 1 to %d: %w", dim, MaxDim, ErrDimension)
	}
	s.keeper.pause()
	defer s.keeper.resume()
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.RLock()
	closed, same, empty := s.closed, s.model == model, s.table == nil
	s.mu.RUnlock()
	if closed {
		return false, ErrClosed
	}
	if same && !empty && s.log.dim == dim {
		return false, nil
	}
	if err := errors.Join(s.forget(), wipe(s.dir)); err != nil {
		return false, err
	}
	s.mu.Lock()
	s.model = model
	s.mu.Unlock()
	return !empty, s.fresh(dim)
}

// Apply puts and deletes vectors. It returns when the disk has them; they are
// then visible all at once, or, above 16 MiB, in parts. An id that is put
// again gets the new vector; deleting what is not there is no error.
func (s *Store) Apply(ctx context.Context, put []Item, del []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(put) > 0 {
		if err := s.prepare(len(put[0].Vector)); err != nil {
			return err
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.isClosed() {
		return ErrClosed
	}
	if s.log == nil {
		return nil // there is nothing that could be deleted
	}
	vectors, err := s.quantised(put)
	if err != nil {
		return err
	}
	var freed []uint32
	for _, b := range s.plan(put, vectors, del) {
		if err = s.log.append(b); err != nil {
			err = fmt.Errorf("write vectors: %w", err)
			break
		}
		s.mu.Lock()
		freed = append(freed, s.table.apply(b, s.graph)...)
		s.mu.Unlock()
	}
	// Not before: the parts were planned with the slots that were free then.
	s.table.free = append(s.table.free, freed...)
	s.keeper.wake()
	return err
}

// prepare gives the store its dimension when it has none.
func (s *Store) prepare(dim int) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	switch {
	case s.isClosed():
		return ErrClosed
	case s.log != nil:
		return nil
	case dim == 0 || dim > MaxDim:
		return fmt.Errorf("%d dimensions; 1 to %d: %w", dim, MaxDim, ErrDimension)
	}
	return s.fresh(dim)
}

func (s *Store) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// quantised checks all before anything is written.
func (s *Store) quantised(put []Item) ([][]byte, error) {
	seen := make(map[string]bool, len(put))
	out := make([][]byte, len(put))
	for i, it := range put {
		switch {
		case it.ID == "" || len(it.ID) > MaxID:
			return nil, fmt.Errorf("put vector: id %.40q: 1 to %d bytes: %w", it.ID, MaxID, ErrInvalid)
		case seen[it.ID]:
			return nil, fmt.Errorf("put vector: id %q is there twice: %w", it.ID, ErrInvalid)
		case len(it.Vector) != s.log.dim:
			return nil, fmt.Errorf("put vector %q: %d dimensions, the store has %d: %w", it.ID, len(it.Vector), s.log.dim, ErrDimension)
		}
		seen[it.ID] = true
		v, err := quantise(it.Vector)
		if err != nil {
			return nil, fmt.Errorf("put vector %q: %w", it.ID, err)
		}
		out[i] = v
	}
	return out, nil
}

// plan gives each vector a slot. Only the holder of writing changes the table,
// so it may be read.
func (s *Store) plan(put []Item, vectors [][]byte, del []string) []batch {
	t := s.table
	var out []batch
	var b batch
	next, free := t.end(), len(t.free)
	add := func(e entry) {
		if b.size+e.size() > maxRecord {
			out, b = append(out, b), batch{}
		}
		b.add(e)
	}
	gone := make(map[string]bool, len(del))
	for _, it := range put {
		gone[it.ID] = true // replaced, so that del need not delete it
	}
	for _, id := range del {
		if slot, ok := t.slot[id]; ok && !gone[id] {
			gone[id] = true
			add(entry{op: opDelete, slot: slot})
		}
	}
	for i, it := range put {
		if slot, ok := t.slot[it.ID]; ok {
			add(entry{op: opDelete, slot: slot})
		}
		slot := next
		if free > 0 {
			free--
			slot = t.free[free]
		} else {
			next++
		}
		add(entry{op: opPut, slot: slot, id: it.ID, vector: vectors[i]})
	}
	if len(b.entries) > 0 {
		out = append(out, b)
	}
	return out
}

// Has reports whether there is a vector of id.
func (s *Store) Has(id string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.table == nil {
		return false
	}
	_, ok := s.table.slot[id]
	return ok
}

// Len is the number of vectors.
func (s *Store) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.table == nil {
		return 0
	}
	return len(s.table.slot)
}

// IDs are the ids of all vectors, in no order. Those that come or go
// meanwhile may be missing.
func (s *Store) IDs() iter.Seq[string] {
	return func(yield func(string) bool) {
		var ids []string
		for from := uint32(0); ; from += chunkLen {
			s.mu.RLock()
			if s.table == nil || from >= s.table.end() {
				s.mu.RUnlock()
				return
			}
			ids = ids[:0]
			for slot := from; slot < min(from+chunkLen, s.table.end()); slot++ {
				if s.table.live.has(slot) {
					ids = append(ids, s.table.ids[slot])
				}
			}
			s.mu.RUnlock()
			for _, id := range ids {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// State is what a store holds, for people.
type State struct {
	Model   string
	Dim     int // 0 when not known yet
	Vectors int
	Linked  int   // places in the graph, those of deleted vectors included; 0 when each is compared
	Disk    int64 // bytes of vectors on disk, without the graph
}

// State is what the store holds now.
func (s *Store) State() State {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := State{Model: s.model}
	if s.table != nil {
		st.Dim, st.Vectors = s.table.dim, len(s.table.slot)
	}
	if s.graph != nil {
		st.Linked = s.graph.size
	}
	if s.log != nil {
		st.Disk = s.log.size
	}
	return st
}

// quantise is v as bytes: int8 numbers of which the greatest is 127.
func quantise(v []float32) ([]byte, error) {
	top, err := greatest(v)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(v))
	for i, x := range v {
		out[i] = byte(int8(math.Round(float64(x) / top * 127))) //nolint:gosec // see signed
	}
	return out, nil
}

// greatest is the greatest absolute number of v.
func greatest(v []float32) (float64, error) {
	var top float64
	for _, x := range v {
		a := math.Abs(float64(x))
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return 0, fmt.Errorf("holds a number that is none: %w", ErrInvalid)
		}
		top = max(top, a)
	}
	if top == 0 {
		return 0, fmt.Errorf("is all zero, which has no direction: %w", ErrInvalid)
	}
	return top, nil
}
