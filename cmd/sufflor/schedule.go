package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// How the scheduler looks around.
const (
	lookAgain = time.Minute     // pauses and clocks change while it waits
	retryAt   = time.Minute     // least time between two runs of a source that it starts itself
	quiet     = 2 * time.Second // a folder must be still before it is read
	restless  = 30 * time.Second
	maxWatch  = 8192 // folders; each takes memory of the kernel
)

// planned is a source that runs by itself, or that people may let.
type planned struct {
	workspace config.Workspace
	source    config.Source
	looked    time.Time // when it was last begun here
}

// scheduler runs sources when they are due or changed, one at a time.
type scheduler struct {
	app   *app
	began time.Time
	wake  chan struct{}

	mu      sync.Mutex
	changed map[string]bool // by workspace and source
}

func newScheduler(a *app) *scheduler {
	return &scheduler{app: a, began: time.Now(), wake: make(chan struct{}, 1), changed: map[string]bool{}}
}

func key(workspace, source string) string { return workspace + "\x00" + source }

// touch says that a source has changed.
func (s *scheduler) touch(workspace, source string) {
	s.mu.Lock()
	s.changed[key(workspace, source)] = true
	s.mu.Unlock()
	s.poke()
}

// poke makes the scheduler look again.
func (s *scheduler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run works until ctx is done.
func (s *scheduler) run(ctx context.Context) {
	var plan []*planned
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, w := range s.app.cfg.Workspaces {
		for _, src := range w.NamedSources() {
			plan = append(plan, &planned{workspace: w, source: src})
			if src.Watch {
				wg.Go(func() { s.watch(ctx, w, src) })
			}
		}
	}
	if len(plan) == 0 {
		return
	}
	for ctx.Err() == nil {
		p, at, err := s.next(ctx, plan)
		if err != nil {
			s.app.log.ErrorContext(ctx, "schedule not looked up", "err", err)
			at = time.Now().Add(lookAgain)
		}
		if p != nil && !at.After(time.Now()) {
			s.start(ctx, p)
			continue
		}
		wait := lookAgain
		if p != nil {
			wait = min(wait, time.Until(at))
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-time.After(wait):
		}
	}
}

// next is the source that is due first, or nil.
func (s *scheduler) next(ctx context.Context, plan []*planned) (first *planned, at time.Time, err error) {
	now := time.Now()
	for _, p := range plan {
		states, err := s.app.store.Sources(ctx, p.workspace.ID)
		if err != nil {
			return nil, now, err
		}
		w, err := overlaid(ctx, s.app.store, p.workspace)
		if err != nil {
			return nil, now, err
		}
		src, _ := w.Source(p.source.Name)
		var st store.Source
		if i := slices.IndexFunc(states, func(o store.Source) bool { return o.Name == p.source.Name }); i >= 0 {
			st = states[i]
		}
		when := s.when(p, src.Schedule, st, now)
		if st.Paused || when.IsZero() || first != nil && !when.Before(at) {
			continue
		}
		first, at = p, when
	}
	return first, at, nil
}

// when is the time at which a source is to run.
func (s *scheduler) when(p *planned, schedule config.Schedule, st store.Source, now time.Time) time.Time {
	when := due(schedule, st, s.began)
	if least := p.looked.Add(retryAt); !p.looked.IsZero() && !when.IsZero() && when.Before(least) {
		when = least
	}
	if !p.source.Watch {
		return when
	}
	again := p.looked.Add(s.app.cfg.Ingest.Rescan)
	if p.looked.IsZero() || s.isChanged(p) {
		again = now
	}
	if when.IsZero() || again.Before(when) {
		when = again
	}
	return when
}

func (s *scheduler) isChanged(p *planned) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed[key(p.workspace.ID, p.source.Name)]
}

// start runs a source to its end.
func (s *scheduler) start(ctx context.Context, p *planned) {
	s.mu.Lock()
	delete(s.changed, key(p.workspace.ID, p.source.Name)) // what changes from here on is a change again
	s.mu.Unlock()
	p.looked = time.Now()
	log := s.app.log.With("workspace", p.workspace.ID, "source", p.source.Name)
	sum, err := s.app.run(ctx, p.workspace, target{Source: p.source, workspace: p.workspace.ID}, web.IngestRequest{}, func(ingest.Event) {})
	level := slog.LevelInfo
	switch {
	case errors.Is(err, errPaused) || ctx.Err() != nil:
		return
	case err != nil:
		log.ErrorContext(ctx, "source not read", "err", err)
		return
	case sum.Failed > 0:
		level = slog.LevelWarn
	case sum.Added+sum.Changed+sum.Deleted == 0:
		level = slog.LevelDebug
	}
	log.Log(ctx, level, "source read", "added", sum.Added, "changed", sum.Changed, "deleted", sum.Deleted, "unchanged", sum.Unchanged,
		"failed", sum.Failed, "empty", sum.Empty, "took", sum.Took)
}

// watch tells the scheduler when something in a source's folders changes.
// Whatever it misses, the rescan finds.
func (s *scheduler) watch(ctx context.Context, w config.Workspace, src config.Source) {
	log := s.app.log.With("workspace", w.ID, "source", src.Name)
	fw, err := fsnotify.NewWatcher()
	if err != nil {
		log.WarnContext(ctx, "folders are not watched; they are looked at now and then instead", "every", s.app.cfg.Ingest.Rescan, "err", err)
		return
	}
	defer fw.Close() //nolint:errcheck // the process ends or nobody watches any more
	v := view{watcher: fw, log: log, folders: map[string]bool{}, files: map[string]bool{}}
	look := func() {
		for _, name := range src.Paths {
			if root, err := filepath.Abs(name); err == nil {
				v.add(ctx, root)
			}
		}
	}
	look()
	again := time.NewTicker(s.app.cfg.Ingest.Rescan) // folders that came while nobody told us
	defer again.Stop()
	var since time.Time // of the first change not yet told
	still := time.NewTimer(time.Hour)
	still.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			look()
		case err, ok := <-fw.Errors:
			if !ok {
				return
			}
			log.WarnContext(ctx, "some changes may have been missed; the folders are looked at", "err", err)
			s.touch(w.ID, src.Name)
		case e, ok := <-fw.Events:
			if !ok {
				return
			}
			if e.Op == fsnotify.Chmod || !v.concerns(e.Name) {
				continue
			}
			if e.Has(fsnotify.Create) {
				v.add(ctx, e.Name)
			}
			now := time.Now()
			if since.IsZero() {
				since = now
			}
			still.Reset(max(0, min(quiet, time.Until(since.Add(restless)))))
		case <-still.C:
			since = time.Time{}
			s.touch(w.ID, src.Name)
		}
	}
}

// view is what is watched of a source.
type view struct {
	watcher *fsnotify.Watcher
	log     *slog.Logger
	folders map[string]bool
	files   map[string]bool // watched through the folder they lie in, for programs replace files
	full    bool
}

// concerns reports whether a change is one of the source.
func (v *view) concerns(name string) bool {
	if base := filepath.Base(name); strings.HasPrefix(base, "~$") || strings.HasPrefix(base, ".") && base != ingest.IgnoreFile {
		return false
	}
	return v.files[name] || v.folders[name] || v.folders[filepath.Dir(name)]
}

// add watches a folder and those in it, or a single file.
func (v *view) add(ctx context.Context, name string) {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return // it may come
	}
	_ = filepath.WalkDir(real, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil: // what cannot be looked at is told by the run
			return nil //nolint:nilerr // see above
		case !e.IsDir() && name == real && !v.folders[filepath.Dir(name)]:
			v.files[name] = true
			v.watch(ctx, filepath.Dir(name))
		case !e.IsDir():
		case name != real && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case ctx.Err() != nil || !v.watch(ctx, name):
			return fs.SkipAll
		default:
			v.folders[name] = true
		}
		return nil
	})
}

// watch watches one folder; it returns false when there are too many.
func (v *view) watch(ctx context.Context, dir string) bool {
	var err error
	if len(v.folders) < maxWatch {
		err = v.watcher.Add(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return true
		}
	}
	if !v.full {
		v.full = true
		v.log.WarnContext(ctx, "too many folders to watch them all; the rest is looked at now and then", "folder", dir, "err", err)
	}
	return false
}
