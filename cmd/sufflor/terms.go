package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/bilingual"
	"github.com/sufflor/sufflor/store"
)

// settledTime is how long documents must have been left alone before terms are
// learnt again: all of them are read for it.
const settledTime = 30 * time.Second

// terms is the words of every workspace in the other languages of its
// documents. They are derived: a file that is lost or damaged is learnt again.
type terms struct {
	dir        string
	workspaces []string
	store      *store.Store
	index      *index.Local
	log        *slog.Logger
	known      map[string]*atomic.Pointer[bilingual.Lexicon] // by workspace

	mu   sync.Mutex
	bell *time.Timer
	wake chan struct{}
}

// openTerms reads what was learnt before.
func openTerms(ctx context.Context, cfg config.Config, s *store.Store, x *index.Local, log *slog.Logger) *terms {
	t := &terms{
		dir: filepath.Join(cfg.Data, "terms"), store: s, index: x, log: log,
		known: map[string]*atomic.Pointer[bilingual.Lexicon]{}, wake: make(chan struct{}, 1),
	}
	for _, w := range cfg.Workspaces {
		t.workspaces = append(t.workspaces, w.ID)
		t.known[w.ID] = new(atomic.Pointer[bilingual.Lexicon])
		l, _, err := t.read(w.ID)
		if err != nil {
			log.WarnContext(ctx, "terms are learnt again", "workspace", w.ID, "reason", err)
		}
		t.known[w.ID].Store(l)
	}
	return t
}

// of is the terms of a workspace, nil when there are none.
func (t *terms) of(workspace string) *bilingual.Lexicon {
	if p := t.known[workspace]; p != nil {
		return p.Load()
	}
	return nil
}

func (t *terms) file(workspace string) string { return filepath.Join(t.dir, workspace+".json") }

// read is what the file of a workspace holds, nothing when there is none.
func (t *terms) read(workspace string) (*bilingual.Lexicon, string, error) {
	data, err := os.ReadFile(t.file(workspace))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	l, of, err := bilingual.Decode(data)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", t.file(workspace), err)
	}
	return l, of, nil
}

// Close stops waiting for documents to settle.
func (t *terms) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bell != nil {
		t.bell.Stop()
	}
	return nil
}

// changed says that passages have come or gone.
func (t *terms) changed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bell != nil {
		t.bell.Stop()
	}
	t.bell = time.AfterFunc(settledTime, func() {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	})
}

// run keeps terms in step with documents until ctx ends.
func (t *terms) run(ctx context.Context) {
	for {
		for _, w := range t.workspaces {
			if err := t.learn(ctx, w); err != nil && ctx.Err() == nil {
				t.log.WarnContext(ctx, "terms were not learnt; questions find passages in other languages by shared words alone", "workspace", w, "err", err)
			}
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
			return
		}
	}
}

// learn learns the terms of a workspace when its passages are others than those
// that were learnt from.
func (t *terms) learn(ctx context.Context, workspace string) error {
	held, err := t.index.Languages(ctx, workspace)
	if err != nil {
		return err
	}
	delete(held, "")
	if len(held) < 2 && t.of(workspace) == nil {
		return nil // nothing to translate into
	}
	of, err := t.passages(ctx, workspace)
	if err != nil {
		return err
	}
	if _, learnt, err := t.read(workspace); err == nil && learnt == of {
		return nil
	}
	l, err := bilingual.Learn(ctx, t.store.AllPassages(ctx, workspace))
	if err != nil {
		return err
	}
	data, err := l.Encode(of)
	if err != nil {
		return err
	}
	t.known[workspace].Store(l)
	t.log.InfoContext(ctx, "terms learnt", "workspace", workspace, "words", l.Size())
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return err
	}
	return writeWhole(t.file(workspace), data)
}

// passages names the passages of a workspace: their ids change with their text.
func (t *terms) passages(ctx context.Context, workspace string) (string, error) {
	sum := sha256.New()
	for id, err := range t.store.PassageIDs(ctx, workspace) {
		if err != nil {
			return "", err
		}
		sum.Write([]byte(id + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// writeWhole replaces a file by data, or leaves it as it was.
func writeWhole(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
