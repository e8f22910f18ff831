package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

// removal is what a removal takes away, or took.
type removal struct {
	Target    string   `json:"target"`
	Source    bool     `json:"source"` // a source as a whole
	Documents int      `json:"documents"`
	Passages  int      `json:"passages"`
	Bytes     int64    `json:"bytes"` // of the files read
	Paused    bool     `json:"paused,omitempty"`
	Examples  []string `json:"examples,omitempty"`
	Done      bool     `json:"done"`
	Next      string   `json:"next,omitempty"` // what to know about the next run
}

// removalOf finds out what would go.
func removalOf(ctx context.Context, cfg config.Config, w config.Workspace, s records, name string) (removal, []string, error) {
	r := removal{Target: name}
	if strings.TrimSpace(name) == "" {
		return r, nil, usage(errors.New("name a source, a path or an address to remove"))
	}
	st, err := statusOf(ctx, cfg, w, s)
	if err != nil {
		return r, nil, err
	}
	mine := func(d store.Document) bool {
		at := lies(d)
		return at == name || ingest.Inside(at, name) || ingest.Inside(d.Root, name) || strings.HasPrefix(at, strings.TrimSuffix(name, "/")+"/")
	}
	if i := slices.IndexFunc(st.Sources, func(o sourceStatus) bool { return o.Name == name }); i >= 0 {
		list := st.Sources[i].Roots
		mine = func(d store.Document) bool { return slices.Contains(list, d.Root) }
		r.Source, r.Paused = st.Sources[i].Configured, st.Sources[i].Configured
	}
	var ids []string
	for d, err := range s.EachDocument(ctx, w.ID, store.DocumentFilter{Shelved: true}) {
		if err != nil {
			return r, nil, err
		}
		if !mine(d) {
			continue
		}
		ids = append(ids, d.ID)
		r.Documents++
		r.Passages += d.Passages
		r.Bytes += d.Size
		if len(r.Examples) < 5 {
			r.Examples = append(r.Examples, lies(d))
		}
	}
	switch {
	case r.Source:
		r.Next = fmt.Sprintf("the source is configured, so it is paused: take it out of the configuration, or read it again with: sufflor ingest resume %s && sufflor ingest %s", name, name)
	case r.Documents > 0:
		r.Next = "what is still in a configured source comes back with its next run: delete it there, or name it in " + ingest.IgnoreFile
	}
	return r, ids, nil
}

// remove takes documents out of store and index, with passages, versions and
// originals. A configured source is paused first, so that nothing comes back.
func (a *app) remove(ctx context.Context, w config.Workspace, name string, dry bool) (removal, error) {
	if dry {
		r, _, err := removalOf(ctx, a.cfg, w, a.store, name)
		return r, err
	}
	done, err := a.alone(ctx, func() {})
	if err != nil {
		return removal{}, err
	}
	defer done()
	r, ids, err := removalOf(ctx, a.cfg, w, a.store, name)
	if err != nil {
		return r, err
	}
	if r.Documents == 0 && !r.Source {
		return r, fmt.Errorf("nothing in workspace %s is called %s; sufflor ingest status lists what there is", w.ID, name)
	}
	if r.Source {
		if err := a.pause(ctx, w, name, true); err != nil {
			return r, err
		}
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return r, errors.Join(fmt.Errorf("removal stopped: %w", err), a.settle(context.WithoutCancel(ctx)))
		}
		if _, err := a.store.DeleteDocument(ctx, w.ID, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return r, err
		}
	}
	if err := a.settle(ctx); err != nil {
		return r, err
	}
	if r.Source || !filepath.IsAbs(name) && !strings.ContainsAny(name, `:/\`) {
		if err := os.RemoveAll(cacheOf(a.cfg, w.ID, name)); err != nil {
			return r, fmt.Errorf("remove the pages kept of source %s: %w", name, err)
		}
	}
	if _, configured := w.Source(name); !configured {
		if err := a.store.RemoveSource(ctx, w.ID, name); err != nil {
			return r, err
		}
	}
	r.Done = true
	return r, nil
}

// pause pauses or resumes a configured source. A run that is under way ends by
// itself.
func (a *app) pause(ctx context.Context, w config.Workspace, name string, paused bool) error {
	s, ok := w.Source(name)
	if !ok {
		return usage(fmt.Errorf("workspace %s has no source %q; it has: %s", w.ID, name, sourceNames(w)))
	}
	list, closing, err := parts(a.cfg, target{Source: s, workspace: w.ID})
	if err != nil {
		return fmt.Errorf("source %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, closing()) }()
	if _, err := a.known(ctx, w, s, list); err != nil {
		return err
	}
	return a.store.PauseSource(ctx, w.ID, name, paused)
}
