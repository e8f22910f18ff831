package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	bleve "github.com/blevesearch/bleve_index_api"
)

// Held is an index as it was at one moment. Its files stay while it is held,
// whatever is written meanwhile. Whoever gets one closes it.
type Held struct {
	reader bleve.CopyReader
	done   func() error
}

// Hold keeps the index as it is now, for [Held.CopyTo]. Searches and
// [Local.Apply] go on; [Local.Close] and [Local.Reset] wait until what is held
// is closed.
func (x *Local) Hold() (*Held, error) {
	x.held.RLock()
	x.mu.RLock()
	defer x.mu.RUnlock()
	engine, ok := x.engine.(interface{ CopyReader() bleve.CopyReader })
	if !ok { // nil when closed
		x.held.RUnlock()
		return nil, ErrClosed
	}
	h := &Held{reader: engine.CopyReader()}
	h.done = sync.OnceValue(func() error {
		defer x.held.RUnlock()
		return h.reader.CloseCopyReader()
	})
	return h, nil
}

// Close lets the files go. A second call does nothing.
func (h *Held) Close() error { return h.done() }

// CopyTo writes what is held to dir, which must be new or empty, and reads it
// again: a copy that is whole can be opened. One that was cut off cannot.
func (h *Held) CopyTo(ctx context.Context, dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("copy index to %s: it is not empty", dir)
	}
	path := filepath.Join(dir, engineFolder)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("copy index: %w", err)
	}
	to := &folder{ctx: ctx, path: path}
	err := errors.Join(h.reader.CopyTo(to), to.err, ctx.Err())
	if err == nil {
		err = verify(ctx, path)
	}
	if err == nil {
		err = writeManifest(dir, current)
	}
	if err != nil {
		return fmt.Errorf("copy index to %s: %w", dir, err)
	}
	return nil
}

// Snapshot writes the index as it is now to dir, which must be new or empty,
// while searches and changes go on. The copy can be opened like any index.
func (x *Local) Snapshot(ctx context.Context, dir string) error {
	h, err := x.Hold()
	if err != nil {
		return err
	}
	return errors.Join(h.CopyTo(ctx, dir), h.Close())
}

// folder is a [bleve.Directory] that notes the errors of closing, which scorch
// does not look at.
type folder struct {
	ctx  context.Context //nolint:containedctx // it lives for one copy
	path string
	err  error
}

// GetWriter implements [bleve.Directory]. Scorch puts its files into "store".
func (f *folder) GetWriter(name string) (io.WriteCloser, error) {
	out, err := os.OpenFile(filepath.Join(f.path, filepath.Base(name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if filepath.Base(name) == rootFile {
		return out, nil // scorch wants the file itself
	}
	return &writing{f, out}, nil
}

// writing is one file of a copy.
type writing struct {
	to   *folder
	file *os.File
}

// Write ends with the context of the copy.
func (w *writing) Write(p []byte) (int, error) {
	if err := w.to.ctx.Err(); err != nil {
		return 0, err
	}
	return w.file.Write(p)
}

// Close waits until the file is on disk.
func (w *writing) Close() error {
	err := errors.Join(w.file.Sync(), w.file.Close())
	w.to.err = errors.Join(w.to.err, err)
	return err
}
