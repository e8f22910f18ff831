package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// order is something to read: a source as a whole, or items of it.
type order struct {
	workspace string
	source    string // its name, or the path that was read on command
	retry     bool
	items     map[string]bool // nil: all
}

// reader reads in the background what people ask for in the document room,
// one order after the other. What they ask for meanwhile is added to what
// waits, so that thousands of files make a few runs.
type reader struct {
	app  *app
	wake chan struct{}

	mu      sync.Mutex
	waiting []order
	now     *order
	keeping map[*order]bool   // what is on its way to the disk
	failed  map[string]string // why the last order for a source ended, by workspace and source
}

func newReader(a *app) *reader {
	return &reader{app: a, wake: make(chan struct{}, 1), keeping: map[*order]bool{}, failed: map[string]string{}}
}

// most is how many items one order may have; the next has its turn then.
const most = 500

// add puts an order into the queue.
func (r *reader) add(o order) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}()
	delete(r.failed, key(o.workspace, o.source))
	for _, w := range r.waiting {
		if w.workspace != o.workspace || w.source != o.source || w.retry != o.retry {
			continue
		}
		switch {
		case w.items == nil:
			return
		case o.items != nil && len(w.items) < most:
			for name := range o.items {
				w.items[name] = true
			}
			return
		}
	}
	r.waiting = append(r.waiting, o)
}

// keep says that an order is about to be given; done, that it was or will not
// be.
func (r *reader) keep(o order) (done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keeping[&o] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.keeping, &o)
	}
}

// run works until ctx is done.
func (r *reader) run(ctx context.Context) {
	r.begin(ctx)
	for ctx.Err() == nil {
		o, ok := r.next()
		if !ok {
			select {
			case <-ctx.Done():
			case <-r.wake:
			}
			continue
		}
		err := r.app.obey(ctx, o)
		r.mu.Lock()
		r.now = nil
		if err != nil {
			r.failed[key(o.workspace, o.source)] = err.Error()
		}
		r.mu.Unlock()
		if err != nil && ctx.Err() == nil {
			r.app.log.WarnContext(ctx, "source not read", "workspace", o.workspace, "source", o.source, "err", err)
		}
	}
}

// begin takes up what a stopped server left: halves of uploads go, and what
// was kept and not yet read is read.
func (r *reader) begin(ctx context.Context) {
	for _, w := range r.app.cfg.Workspaces {
		now, err := overlaid(ctx, r.app.store, w)
		if err != nil {
			r.app.log.WarnContext(ctx, "what people set of sources is not known", "workspace", w.ID, "err", err)
		}
		for _, s := range now.NamedSources() {
			root, err := inbox(w, s.Name)
			if err != nil {
				continue // it takes no uploads
			}
			if err := sweepUploads(root); err != nil {
				r.app.log.WarnContext(ctx, "halves of uploads not removed", "workspace", w.ID, "source", s.Name, "err", err)
			}
			if _, err := os.Stat(root); err == nil && s.Schedule.IsZero() && !s.Watch {
				r.add(order{workspace: w.ID, source: s.Name})
			}
		}
	}
}

func (r *reader) next() (order, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		return order{}, false
	}
	o := r.waiting[0]
	r.waiting = slices.Delete(r.waiting, 0, 1)
	r.now = &o
	return o, true
}

// expects is a function that tells whether an item of a source is about to be
// read, "" whether anything of it is, and why its last order failed.
func (r *reader) expects(workspace, source string) (is func(item string) bool, failed string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var mine []order
	orders := slices.Clone(r.waiting)
	for o := range r.keeping {
		orders = append(orders, *o)
	}
	if r.now != nil {
		orders = append(orders, *r.now)
	}
	for _, o := range orders {
		if o.workspace == workspace && o.source == source {
			o.items = maps.Clone(o.items) // what waits still grows
			mine = append(mine, o)
		}
	}
	return func(item string) bool {
		return slices.ContainsFunc(mine, func(o order) bool { return o.items == nil || item == "" || o.items[item] })
	}, r.failed[key(workspace, source)]
}

// obey reads what an order names.
func (a *app) obey(ctx context.Context, o order) error {
	w, err := a.cfg.Workspace(o.workspace)
	if err != nil {
		return err
	}
	t := target{workspace: w.ID}
	if s, ok := w.Source(o.source); ok {
		t.Source = s
	} else if t, err = a.strayTarget(ctx, w, o.source); err != nil {
		return err
	}
	t.only = o.items
	_, err = a.run(ctx, w, t, web.IngestRequest{Workspace: w.ID, Retry: o.retry}, func(ingest.Event) {})
	return err
}

// strayTarget is what was read on command and lies in no source, in the
// collection and for the people for whom it was read.
func (a *app) strayTarget(ctx context.Context, w config.Workspace, path string) (target, error) {
	if !filepath.IsAbs(path) {
		return target{}, fmt.Errorf("source %s is not configured any more; configure it again, or remove it", path)
	}
	for d, err := range a.store.EachDocument(ctx, w.ID, store.DocumentFilter{Root: path}) {
		if err != nil {
			return target{}, err
		}
		return pathTarget(w, path, d.Collection, d.Audience)
	}
	return pathTarget(w, path, "", "")
}

// room does for the pages below /documents what the sub-commands of ingest do.
type room struct{ *server }

func (o room) space(workspace string) (config.Workspace, error) {
	return o.app.cfg.Workspace(workspace)
}

// Sources implements [web.Room].
func (o room) Sources(ctx context.Context, workspace string) ([]web.RoomSource, error) {
	w, err := o.space(workspace)
	if err != nil {
		return nil, err
	}
	st, err := statusOf(ctx, o.app.cfg, w, o.app.store)
	if err != nil {
		return nil, err
	}
	set, err := o.app.store.SourceSettings(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	list := make([]web.RoomSource, len(st.Sources))
	for i, one := range st.Sources {
		list[i] = web.RoomSource{
			Name: one.Name, Kind: one.Kind, Collection: one.Collection, Audience: one.Audience, Places: one.Roots, Configured: one.Configured,
			Schedule: one.Schedule, Watch: one.Watch, Paused: one.Paused, NextRead: one.NextRun, OK: one.OK, Failed: one.Failed, Empty: one.Empty, Passages: one.Passages,
		}
		if s, ok := w.Source(one.Name); ok {
			list[i].Language, list[i].Product, list[i].Uploads = s.Language, s.Product, s.Uploads
			list[i].Settings = roomSettings(set, s)
			for _, one := range list[i].Settings {
				if one.Setting == store.SettingLanguage {
					list[i].Language = one.Value
				}
			}
			if list[i].Config, err = configLines(w, s); err != nil {
				return nil, err
			}
		}
		if r := one.Running; r != nil {
			list[i].Running = &web.RoomProgress{Done: r.Report.Done, Total: r.Report.Total, Started: r.Started}
		}
		expects, failed := o.reader.expects(workspace, one.Name)
		list[i].Waiting = one.Running == nil && expects("")
		if failed != "" && !one.Paused {
			list[i].Problems = append(list[i].Problems, web.RoomProblem{Place: one.Name, Reason: failed})
		}
		if r := one.LastRun; r != nil {
			list[i].LastRead, list[i].LastState = r.Ended, r.State
			places, err := o.problems(ctx, w, one, failed)
			if err != nil {
				return nil, err
			}
			list[i].Problems = append(list[i].Problems, places...)
		}
	}
	return list, nil
}

// problems are the places that a source's last run could not look at.
func (o room) problems(ctx context.Context, w config.Workspace, one sourceStatus, told string) (list []web.RoomProblem, err error) {
	r := one.LastRun
	if r.State == store.RunFailed && r.Error != told {
		list = append(list, web.RoomProblem{Place: one.Name, Reason: r.Error, Since: r.Ended})
	}
	for _, f := range r.Report.Failures {
		if !f.Kept { // what could not be listed keeps what was known of it
			continue
		}
		var ids []string
		for _, root := range one.Roots {
			ids = append(ids, ingest.DocumentID(w.ID, root, f.Path))
		}
		known, err := o.app.store.KnownDocuments(ctx, w.ID, ids)
		if err != nil {
			return nil, err
		}
		if len(known) == 0 { // no document: a folder, an address, or all of the source
			list = append(list, web.RoomProblem{Place: cmp.Or(f.Path, one.Name), Reason: f.Reason, Hint: f.Hint, Since: r.Ended})
		}
	}
	return list, nil
}

// configLines are the lines of the configuration that say who may read a
// source's documents and when they are read. Its places, with their keys, are
// left out.
func configLines(w config.Workspace, s config.Source) (string, error) {
	type lines struct {
		Name       string          `yaml:"name"`
		Collection string          `yaml:"collection"`
		Audience   string          `yaml:"audience"`
		Language   string          `yaml:"language"`
		Schedule   config.Schedule `yaml:"schedule"`
		Watch      bool            `yaml:"watch,omitempty"`
		Uploads    bool            `yaml:"uploads,omitempty"`
		Product    string          `yaml:"product,omitempty"`
	}
	text, err := yaml.Marshal(map[string]any{"workspaces": []any{map[string]any{"id": w.ID, "sources": []lines{{
		s.Name, s.Collection, s.Audience, s.Language, s.Schedule, s.Watch, s.Uploads, s.Product,
	}}}}})
	if err != nil {
		return "", fmt.Errorf("source %s: %w", s.Name, err)
	}
	return string(text), nil
}

// Read implements [web.Room].
func (o room) Read(ctx context.Context, workspace string, q web.RoomRead) error {
	w, err := o.space(workspace)
	if err != nil {
		return err
	}
	st, err := statusOf(ctx, o.app.cfg, w, o.app.store)
	if err != nil {
		return err
	}
	if len(q.Documents) > 0 {
		return o.readDocuments(ctx, w, st, q)
	}
	found := false
	for _, one := range st.Sources {
		if q.Source != "" && one.Name != q.Source {
			continue
		}
		found = true
		switch {
		case one.Paused && q.Source != "":
			return fmt.Errorf("source %s %w; resume it first", one.Name, errPaused)
		case q.Source == "" && (one.Paused || q.Retry && one.Failed+one.Empty == 0 || !one.Configured && !filepath.IsAbs(one.Name)):
			continue
		}
		o.reader.add(order{workspace: w.ID, source: one.Name, retry: q.Retry})
	}
	if !found {
		return fmt.Errorf("workspace %s has no source %q: %w", w.ID, q.Source, store.ErrNotFound)
	}
	return nil
}

func (o room) readDocuments(ctx context.Context, w config.Workspace, st status, q web.RoomRead) error {
	known, err := o.app.store.KnownDocuments(ctx, w.ID, q.Documents)
	if err != nil {
		return err
	}
	for _, id := range q.Documents {
		d, ok := known[id]
		if !ok {
			return fmt.Errorf("document %s: %w", id, store.ErrNotFound)
		}
		i := slices.IndexFunc(st.Sources, func(one sourceStatus) bool { return slices.Contains(one.Roots, d.Root) })
		switch {
		case i < 0:
			return fmt.Errorf("%s is in no source any more; remove it, or configure its source again", d.Path)
		case st.Sources[i].Paused:
			return fmt.Errorf("source %s %w; resume it first", st.Sources[i].Name, errPaused)
		}
		o.reader.add(order{workspace: w.ID, source: st.Sources[i].Name, retry: q.Retry, items: map[string]bool{d.Path: true}})
	}
	return nil
}

// Keep implements [web.Room].
func (o room) Keep(ctx context.Context, workspace, source, author string, f web.RoomFile, body io.Reader) error {
	w, err := o.space(workspace)
	if err != nil {
		return err
	}
	root, err := inbox(w, source)
	if err != nil {
		return err
	}
	one := order{workspace: w.ID, source: source, items: map[string]bool{f.Name: true}}
	defer o.reader.keep(one)()
	if err := keepUpload(root, f.Name, f.When(time.Now()), body); err != nil {
		return err
	}
	// It is there now, so it is read, also when nobody waits for the answer.
	// Who sends a file again that was taken out of search wants it back.
	_, err = o.app.store.UnshelveDocument(context.WithoutCancel(ctx), w.ID, ingest.DocumentID(w.ID, root, f.Name), author)
	o.reader.add(one)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it is new
	}
	return err
}

// Kept implements [web.Room].
func (o room) Kept(ctx context.Context, workspace, source string, files []web.RoomFile) ([]web.RoomKept, error) {
	w, err := o.space(workspace)
	if err != nil {
		return nil, err
	}
	folder, err := inbox(w, source)
	if err != nil {
		return nil, err
	}
	// First what is expected, then what is known: what was read in between is
	// both.
	expects, failed := o.reader.expects(workspace, source)
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = ingest.DocumentID(w.ID, folder, f.Name)
	}
	known, err := o.app.store.KnownDocuments(ctx, w.ID, ids)
	if err != nil {
		return nil, err
	}
	states, err := o.app.store.Sources(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	paused := slices.ContainsFunc(states, func(s store.Source) bool { return s.Name == source && s.Paused })
	out := make([]web.RoomKept, len(files))
	for i, f := range files {
		out[i] = web.RoomKept{Name: f.Name, State: web.KeptMissing}
		d, ok := known[ids[i]]
		if ok {
			out[i].Document = d.ID
		}
		if err := uploadName(f.Name); err != nil {
			out[i].State, out[i].Reason = web.KeptLeft, err.Error()
			continue
		}
		info, err := os.Lstat(filepath.Join(folder, filepath.FromSlash(f.Name)))
		when := f.When(time.Now())
		if err != nil || !info.Mode().IsRegular() || info.Size() != f.Size || !when.IsZero() && !info.ModTime().Equal(when) {
			continue
		}
		current := ok && d.Size == info.Size() && d.Modified.Equal(info.ModTime().UTC().Truncate(time.Microsecond))
		switch {
		case current && d.State == store.DocumentOK && d.Shelved == "":
			out[i].State, out[i].Passages, out[i].Warnings = web.KeptIndexed, d.Passages, d.Warnings
			if d.Pending {
				out[i].State = web.KeptReading
			}
		case expects(f.Name):
			out[i].State = web.KeptReading
			if paused {
				out[i].State, out[i].Reason = web.KeptLeft, "the source is paused"
			}
		case current && d.Shelved == "":
			out[i].State, out[i].Code, out[i].Reason, out[i].Hint = web.KeptFailed, d.Code, d.Error, d.Hint
		case ok && d.Shelved != "":
			out[i].State, out[i].Reason = web.KeptLeft, "it was taken out of search by hand; put it back among what was removed"
		case paused:
			out[i].State, out[i].Reason = web.KeptLeft, "it is kept, but the source is paused; resume the source, and it is read"
		case failed != "":
			out[i].State, out[i].Reason = web.KeptFailed, failed
		default:
			out[i].State, out[i].Reason = web.KeptLeft, "it is kept, but not read: "+ingest.IgnoreFile+" in the folder names it"
		}
	}
	return out, nil
}

// Remove implements [web.Room].
func (o room) Remove(ctx context.Context, workspace string, q web.RoomRemoval) (web.RoomRemoved, error) {
	w, err := o.space(workspace)
	if err != nil {
		return web.RoomRemoved{}, err
	}
	if !q.DryRun { // a run under way could put them back
		done, err := o.app.alone(ctx, func() {})
		if err != nil {
			return web.RoomRemoved{}, err
		}
		defer done()
	}
	r, ids, err := o.removal(ctx, w, q)
	if err != nil || q.DryRun {
		return r, err
	}
	if r.Pauses {
		if err := o.app.pause(ctx, w, q.Source, true); err != nil {
			return r, err
		}
		o.plan.poke()
	}
	h, err := o.app.store.Shelve(ctx, store.Shelving{Workspace: w.ID, Name: r.Name, Source: r.Source, Author: q.Author}, ids)
	if errors.Is(err, store.ErrNotFound) && r.Source { // an empty source is only paused
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.ID, r.Documents, r.Passages = h.ID, h.Documents, h.Passages
	return r, o.app.settle(ctx)
}

// removal finds out what would go.
func (o room) removal(ctx context.Context, w config.Workspace, q web.RoomRemoval) (r web.RoomRemoved, ids []string, err error) {
	add := func(d store.Document) {
		ids = append(ids, d.ID)
		r.Documents++
		r.Passages += d.Passages
		r.Bytes += d.Size
		if len(r.Examples) < 5 {
			r.Examples = append(r.Examples, lies(d))
		}
	}
	if q.Source == "" {
		known, err := o.app.store.KnownDocuments(ctx, w.ID, q.Documents)
		if err != nil {
			return r, nil, err
		}
		for _, id := range q.Documents {
			d, ok := known[id]
			if !ok {
				return r, nil, fmt.Errorf("document %s: %w", id, store.ErrNotFound)
			}
			if r.Name == "" {
				r.Name = d.Path
			}
			add(d.Document)
		}
		return r, ids, nil
	}
	st, err := statusOf(ctx, o.app.cfg, w, o.app.store)
	if err != nil {
		return r, nil, err
	}
	i := slices.IndexFunc(st.Sources, func(one sourceStatus) bool { return one.Name == q.Source })
	if i < 0 {
		return r, nil, fmt.Errorf("workspace %s has no source %q: %w", w.ID, q.Source, store.ErrNotFound)
	}
	one := st.Sources[i]
	r.Name, r.Source, r.Pauses = one.Name, true, one.Configured
	for _, root := range one.Roots {
		for d, err := range o.app.store.EachDocument(ctx, w.ID, store.DocumentFilter{Root: root}) {
			if err != nil {
				return r, nil, err
			}
			add(d)
		}
	}
	return r, ids, nil
}

// Restore implements [web.Room].
func (o room) Restore(ctx context.Context, workspace, removal, author string) (store.Shelving, error) {
	return o.ended(ctx, func() (store.Shelving, error) { return o.app.store.Unshelve(ctx, workspace, removal, author) })
}

// Erase implements [web.Room].
func (o room) Erase(ctx context.Context, workspace, removal, author string) (store.Shelving, error) {
	return o.ended(ctx, func() (store.Shelving, error) { return o.app.store.EraseShelving(ctx, workspace, removal, author) })
}

func (o room) ended(ctx context.Context, do func() (store.Shelving, error)) (store.Shelving, error) {
	done, err := o.app.alone(ctx, func() {})
	if err != nil {
		return store.Shelving{}, err
	}
	defer done()
	h, err := do()
	return h, errors.Join(err, o.app.settle(ctx))
}
