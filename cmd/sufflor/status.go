package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

// records is what the commands that only look need of the store.
type records interface {
	Sources(ctx context.Context, workspace string) ([]store.Source, error)
	SourceSettings(ctx context.Context, workspace string) ([]store.SourceSetting, error)
	Runs(ctx context.Context, workspace, source string, limit int) ([]store.Run, error)
	Totals(ctx context.Context, workspace string) ([]store.Totals, error)
	PendingCount(ctx context.Context) (int, error)
	Document(ctx context.Context, workspace, id string) (store.Document, error)
	EachDocument(ctx context.Context, workspace string, f store.DocumentFilter) iter.Seq2[store.Document, error]
	Versions(ctx context.Context, workspace, document string) ([]store.Version, error)
	VersionPassages(ctx context.Context, workspace, document string, version int) ([]index.Passage, error)
}

// runStatus is a run as it is shown.
type runStatus struct {
	State   string    `json:"state"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Error   string    `json:"error,omitempty"`
	Report  runReport `json:"report"`
}

// sourceStatus is a source as it is shown.
type sourceStatus struct {
	Name       string     `json:"name"`
	Kind       string     `json:"kind,omitempty"`
	Collection string     `json:"collection,omitempty"`
	Audience   string     `json:"audience,omitempty"`
	Roots      []string   `json:"roots"`
	Configured bool       `json:"configured"`
	Schedule   string     `json:"schedule,omitempty"`
	Watch      bool       `json:"watch,omitempty"`
	Paused     bool       `json:"paused,omitempty"`
	NextRun    time.Time  `json:"next_run,omitzero"`
	Running    *runStatus `json:"running,omitempty"`
	LastRun    *runStatus `json:"last_run,omitempty"`
	OK         int        `json:"ok"` // documents
	Failed     int        `json:"failed"`
	Empty      int        `json:"empty"`
	Pages      int        `json:"pages"`
	Words      int        `json:"words"`
	Passages   int        `json:"passages"`
	Bytes      int64      `json:"bytes"`
}

// status is how a workspace's sources are.
type status struct {
	Workspace string         `json:"workspace"`
	Sources   []sourceStatus `json:"sources"`
	Pending   int            `json:"pending"` // documents that the index has yet to learn
	Vectors   *vectorStatus  `json:"vectors,omitempty"`
}

// statusOf looks at every source, those that are configured first, then those
// that once were, then roots that were read on command only.
func statusOf(ctx context.Context, cfg config.Config, w config.Workspace, s records) (status, error) {
	out := status{Workspace: w.ID, Sources: []sourceStatus{}}
	w, err := overlaid(ctx, s, w)
	if err != nil {
		return out, err
	}
	states, err := s.Sources(ctx, w.ID)
	if err != nil {
		return out, err
	}
	totals, err := s.Totals(ctx, w.ID)
	if err != nil {
		return out, err
	}
	if out.Pending, err = s.PendingCount(ctx); err != nil {
		return out, err
	}
	byName, byRoot := map[string]store.Source{}, map[string]store.Totals{}
	for _, st := range states {
		byName[st.Name] = st
	}
	for _, t := range totals {
		byRoot[t.Root] = t
	}
	add := func(one sourceStatus, st store.Source) error {
		one.Paused = st.Paused
		for _, root := range one.Roots {
			t := byRoot[root]
			one.OK, one.Failed, one.Empty = one.OK+t.OK, one.Failed+t.Failed, one.Empty+t.Empty
			one.Pages, one.Words, one.Passages, one.Bytes = one.Pages+t.Pages, one.Words+t.Words, one.Passages+t.Passages, one.Bytes+t.Bytes
			delete(byRoot, root)
		}
		runs, err := s.Runs(ctx, w.ID, one.Name, 2)
		for _, r := range runs {
			rs := &runStatus{State: r.State, Started: r.Started, Ended: r.Ended, Error: r.Error}
			if err := json.Unmarshal(r.Report, &rs.Report); err != nil {
				return fmt.Errorf("run %s: %w", r.ID, err)
			}
			if r.State == store.RunRunning {
				one.Running = rs
			} else if one.LastRun == nil {
				one.LastRun = rs
			}
		}
		out.Sources = append(out.Sources, one)
		return err
	}
	for _, c := range w.NamedSources() {
		one := sourceStatus{
			Name: c.Name, Kind: c.Kind(), Collection: c.Collection, Audience: c.Audience, Configured: true, Schedule: c.Schedule.String(), Watch: c.Watch,
		}
		if one.Roots, err = roots(cfg, c); err != nil {
			return out, fmt.Errorf("source %s: %w", c.Name, err)
		}
		st := byName[c.Name]
		if !st.Paused {
			one.NextRun = due(c.Schedule, st, time.Now())
		}
		if err := add(one, st); err != nil {
			return out, err
		}
		delete(byName, c.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		st := byName[name]
		var left []string
		for _, root := range st.Roots {
			if _, ok := byRoot[root]; ok {
				left = append(left, root)
			}
		}
		if len(left) > 0 {
			if err := add(sourceStatus{Name: name, Kind: st.Kind, Roots: left}, st); err != nil {
				return out, err
			}
		}
	}
	for _, root := range slices.Sorted(maps.Keys(byRoot)) {
		if err := add(sourceStatus{Name: root, Roots: []string{root}}, store.Source{}); err != nil {
			return out, err
		}
	}
	return out, nil
}

// due is when a source is to run by itself, or zero for never. One that never
// ran is due at once when it runs every so often, and at its hour when it has
// one; one whose hour passed while nobody was there is due now.
func due(s config.Schedule, st store.Source, now time.Time) time.Time {
	switch {
	case s.IsZero():
		return time.Time{}
	case st.LastRun.IsZero() && s.Every > 0:
		return now
	case st.LastRun.IsZero():
		return s.Next(now)
	}
	return s.Next(st.LastRun.Local())
}

// failure is a file that could not be read, and since when.
type failure struct {
	ingest.Failure
	Root  string    `json:"root"`
	Since time.Time `json:"since,omitzero"`
}

// failuresOf lists what could not be read in a workspace: documents, and
// places that the last run could not look at.
func failuresOf(ctx context.Context, cfg config.Config, w config.Workspace, s records, source string) ([]failure, error) {
	st, err := statusOf(ctx, cfg, w, s)
	if err != nil {
		return nil, err
	}
	if source != "" && !slices.ContainsFunc(st.Sources, func(o sourceStatus) bool { return o.Name == source }) {
		return nil, usage(fmt.Errorf("workspace %s has no source %q; it has: %s", w.ID, source, sourceNames(w)))
	}
	out := []failure{}
	for _, one := range st.Sources {
		if source != "" && one.Name != source {
			continue
		}
		seen := map[string]bool{}
		for _, root := range one.Roots {
			for d, err := range s.EachDocument(ctx, w.ID, store.DocumentFilter{Root: root, State: store.DocumentFailed}) {
				if err != nil {
					return nil, err
				}
				seen[d.Path] = true
				out = append(out, failure{Root: root, Since: d.Ingested, Failure: ingest.Failure{
					Path: d.Path, Code: d.Code, Reason: d.Error, Hint: d.Hint, Kept: d.Passages > 0,
				}})
			}
		}
		if one.LastRun == nil {
			continue
		}
		for _, f := range one.LastRun.Report.Failures {
			if !seen[f.Path] && f.Kept { // a place, not a document
				f.Kept = one.OK > 0
				out = append(out, failure{Failure: f, Root: one.Name, Since: one.LastRun.Ended})
			}
		}
		if one.LastRun.State == store.RunFailed {
			out = append(out, failure{Root: one.Name, Since: one.LastRun.Ended, Failure: ingest.Failure{Code: "source", Reason: one.LastRun.Error, Kept: one.OK > 0}})
		}
	}
	return out, nil
}

// lies is where a document is, as people write it.
func lies(d store.Document) string {
	switch {
	case strings.Contains(d.Path, "://"):
		return d.Path
	case !filepath.IsAbs(d.Root):
		return d.Root + "/" + d.Path
	case filepath.Base(d.Root) == d.Path: // a source that is one file
		return d.Root
	}
	return filepath.Join(d.Root, filepath.FromSlash(d.Path))
}

// history is a document and the states it was read in.
type history struct {
	ID       string          `json:"id"`
	Place    string          `json:"place"`
	Versions []versionStatus `json:"versions"`
	Passages []index.Passage `json:"passages,omitempty"` // of the version asked for
}

type versionStatus struct {
	Number   int       `json:"version"`
	State    string    `json:"state"`
	Current  bool      `json:"current,omitempty"`
	Ingested time.Time `json:"ingested"`
	Modified time.Time `json:"modified,omitzero"`
	Size     int64     `json:"size"`
	Hash     string    `json:"hash"`
	Tag      string    `json:"tag,omitempty"`
	Pages    int       `json:"pages"`
	Words    int       `json:"words"`
	Passages int       `json:"passages"`
	Seconds  float64   `json:"seconds"`
	Original string    `json:"original,omitempty"`
	Code     string    `json:"code,omitempty"`
	Error    string    `json:"error,omitempty"`
}

// historyOf finds a document by id, path or address.
func historyOf(ctx context.Context, w config.Workspace, s records, name string, version int) (history, error) {
	d, err := findDocument(ctx, w, s, name)
	if err != nil {
		return history{}, err
	}
	h := history{ID: d.ID, Place: lies(d)}
	list, err := s.Versions(ctx, w.ID, d.ID)
	if err != nil {
		return h, err
	}
	for _, v := range list {
		h.Versions = append(h.Versions, versionStatus{
			Number: v.Number, State: v.State, Current: v.Current, Ingested: v.Ingested, Modified: v.Modified, Size: v.Size, Hash: v.Hash, Tag: v.Tag,
			Pages: v.Pages, Words: v.Words, Passages: v.Passages, Seconds: v.Seconds, Original: v.Original, Code: v.Code, Error: v.Error,
		})
	}
	if version > 0 {
		h.Passages, err = s.VersionPassages(ctx, w.ID, d.ID, version)
	}
	return h, err
}

func findDocument(ctx context.Context, w config.Workspace, s records, name string) (store.Document, error) {
	abs, _ := filepath.Abs(name) // a name that is no path matches none
	var found []store.Document
	for d, err := range s.EachDocument(ctx, w.ID, store.DocumentFilter{Shelved: true}) {
		if err != nil {
			return store.Document{}, err
		}
		if at := lies(d); d.ID == name || at == name || at == abs {
			return d, nil
		}
		if d.Path == name || strings.HasSuffix(d.Path, "/"+name) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return store.Document{}, fmt.Errorf("no document %q in workspace %s; name its path, its address or its id", name, w.ID)
	case 1:
		return found[0], nil
	}
	var names []string
	for _, d := range found[:min(len(found), 10)] {
		names = append(names, lies(d))
	}
	return store.Document{}, usage(fmt.Errorf("%q are %d documents; name one of them: %s", name, len(found), strings.Join(names, ", ")))
}
