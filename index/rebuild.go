package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	bleve "github.com/blevesearch/bleve_index_api"
)

// ErrRebuilding means that an index is being built anew already.
var ErrRebuilding = errors.New("index is being rebuilt")

// Filling says that x has yet to learn much of what there is: each result says
// so until [Local.Filled]. percent is how much it has learned, 0 to 100.
func (x *Local) Filling(percent int) { x.filling.Store(int64(min(max(percent, 0), 100)) + 1) }

// Filled says that x has learned all there is.
func (x *Local) Filled() { x.filling.Store(0) }

// Lacks is what results lack while x is being filled, in words; "" when it is
// whole.
func (x *Local) Lacks() string {
	if n := x.filling.Load(); n > 0 {
		return fmt.Sprintf("part of the documents: the search index is being rebuilt, %d %% done", n-1)
	}
	return ""
}

// building is an index that will take the place of another.
type building struct {
	engine bleve.Index
	queue  *bleve.AnalysisQueue
	folder string
	err    error // of a change that did not reach it
}

// Rebuild builds the index anew beside the present one, which answers
// meanwhile. fill puts in what there is; what is applied meanwhile reaches
// both. When fill returns nil the new index takes the place of the old one, at
// once and for good; before that nothing has changed, also after a crash.
//
// What fill reads somewhere and puts must not be older than what is applied
// before the put: the caller sees to it that its reading and putting, and those
// of others, take turns.
func (x *Local) Rebuild(ctx context.Context, fill func(put func(context.Context, Batch) error) error) (err error) {
	if err := x.begin(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.abandon()) }()
	if err := fill(x.put); err != nil {
		return err
	}
	return x.take(ctx)
}

// begin makes an empty index in another folder.
func (x *Local) begin() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	switch {
	case x.engine == nil:
		return ErrClosed
	case x.next != nil:
		return ErrRebuilding
	}
	b := &building{folder: engineFolder}
	if x.folder == engineFolder {
		b.folder = otherFolder
	}
	path := filepath.Join(x.dir, b.folder)
	err := os.RemoveAll(path)
	if err == nil {
		b.engine, b.queue, err = newEngine(path, x.workers)
	}
	if err != nil {
		return fmt.Errorf("build index %s anew: %w", x.dir, err)
	}
	x.next = b
	return nil
}

// put adds to the index being built only.
func (x *Local) put(ctx context.Context, b Batch) error {
	_, ready, err := x.prepare(ctx, b.Put)
	if err != nil {
		return err
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.next == nil {
		return ErrClosed
	}
	_, err = change(ctx, x.next.engine, b.Delete, ready)
	return err
}

// follow brings a change that was applied also into the index being built, if
// there is one. It is analysed again, for scorch changes what it is given. An
// index that misses a change will not be used.
func (x *Local) follow(ctx context.Context, deleted []string, put []Passage) {
	if x.next == nil || x.next.err != nil {
		return
	}
	ctx = context.WithoutCancel(ctx) // the other index has it
	ready, err := x.analyseAll(ctx, put)
	if err == nil {
		_, err = change(ctx, x.next.engine, deleted, ready)
	}
	x.next.err = err
}

// take puts the new index in the place of the old one.
func (x *Local) take(ctx context.Context) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.next == nil {
		return ErrClosed
	}
	if err := errors.Join(x.next.err, ctx.Err()); err != nil {
		return fmt.Errorf("build index %s anew: %w", x.dir, err)
	}
	words, err := x.wordsOf(x.next.engine)
	if err != nil {
		return err
	}
	x.held.Lock() // whoever copies the old one comes to an end first
	defer x.held.Unlock()
	m := current
	m.Engine = x.next.folder
	if err := writeManifest(x.dir, m); err != nil {
		return err
	}
	x.mu.Lock()
	old := building{engine: x.engine, queue: x.queue, folder: x.folder}
	x.engine, x.queue, x.folder, x.next = x.next.engine, x.next.queue, x.next.folder, nil
	x.filters.forget()
	x.runs = newRunCache() // another engine numbers its segments anew
	x.vocabularies.Lock()
	x.vocabularies.of = words
	x.vocabularies.Unlock()
	x.mu.Unlock()
	_ = old.remove(x.dir) // nobody needs it; the next start tries again
	return nil
}

// wordsOf reads the vocabularies that are in use from another engine, so that
// nobody waits for them after the change.
func (x *Local) wordsOf(engine bleve.Index) (out map[string]*vocabulary, err error) {
	out = map[string]*vocabulary{}
	x.vocabularies.Lock()
	var keys []string
	for key := range x.vocabularies.of {
		keys = append(keys, key)
	}
	x.vocabularies.Unlock()
	r, err := engine.Reader()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	ready := make(chan struct{})
	close(ready)
	for _, key := range keys {
		name, workspace, _ := strings.Cut(key, "\x00")
		v := &vocabulary{ready: ready}
		if err := v.read(r, name, workspace); err != nil {
			return nil, fmt.Errorf("words of workspace %q: %w", workspace, err)
		}
		out[key] = v
	}
	return out, nil
}

// abandon removes what was begun and did not take its place.
func (x *Local) abandon() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.next == nil {
		return nil
	}
	b := x.next
	x.next = nil
	return b.remove(x.dir)
}

func (b *building) remove(dir string) error {
	return errors.Join(closeEngine(b.engine, b.queue), os.RemoveAll(filepath.Join(dir, b.folder)))
}

// newEngine creates an engine whose root file is on disk.
func newEngine(path string, workers int) (bleve.Index, *bleve.AnalysisQueue, error) {
	engine, queue, err := openEngine(path, workers)
	if err != nil {
		return nil, nil, err
	}
	// Scorch writes its root file with the first batch.
	if err := engine.SetInternal([]byte("created"), []byte{formatVersion}); err != nil {
		return nil, nil, errors.Join(err, closeEngine(engine, queue))
	}
	return engine, queue, nil
}
