package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	panel "github.com/sufflor/sufflor/web"
)

// runReport is what is kept of a run.
type runReport struct {
	ingest.Summary
	Done  int   `json:"done"` // files
	Total int   `json:"total"`
	Size  int64 `json:"size_bytes"`
}

// errPaused means that somebody told a source to rest.
var errPaused = errors.New("is paused")

// ingest runs what q names, one after the other, and adds up. A source that
// cannot be read does not keep the others from it.
func (a *app) ingest(ctx context.Context, w config.Workspace, q panel.IngestRequest, progress func(ingest.Event)) (total ingest.Summary, err error) {
	if q.DryRun {
		return dryRun(ctx, a.cfg, w, q, a.store, progress)
	}
	if w, err = overlaid(ctx, a.store, w); err != nil {
		return total, err
	}
	list, err := targets(w, q)
	if err != nil {
		return total, err
	}
	all := len(q.Sources)+len(q.Paths) == 0
	var errs []error
	for _, t := range list {
		sum, err := a.run(ctx, w, t, q, progress)
		total.Add(sum)
		if errors.Is(err, errPaused) && all {
			f := ingest.Failure{Path: t.Name, Reason: "the source is paused"}
			total.Add(ingest.Summary{Skipped: 1, Left: []ingest.Failure{f}})
			progress(ingest.Event{Kind: ingest.Left, Path: t.Name, Failure: &f})
			continue
		}
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return total, errors.Join(errs...)
}

// run brings one target into step. Runs do not overlap: each waits for the one
// before.
func (a *app) run(ctx context.Context, w config.Workspace, t target, q panel.IngestRequest, progress func(ingest.Event)) (sum ingest.Summary, err error) {
	done, err := a.alone(ctx, func() { progress(ingest.Event{Kind: ingest.Waiting, Path: t.Name}) })
	if err != nil {
		return sum, err
	}
	defer done()
	for {
		part, err := a.once(ctx, w, t, q, progress)
		took := sum.Took + part.Took
		sum.Add(part)
		sum.Took = took
		if !errors.Is(err, store.ErrAudience) || ctx.Err() != nil {
			return sum, err
		}
	}
}

// once is a run with what people set of the source when it begins. When they
// set its audience meanwhile, it ends with [store.ErrAudience].
func (a *app) once(ctx context.Context, w config.Workspace, t target, q panel.IngestRequest, progress func(ingest.Event)) (sum ingest.Summary, err error) {
	if !t.stray {
		now, err := overlaid(ctx, a.store, w)
		if err != nil {
			return sum, err
		}
		if s, ok := now.Source(t.Name); ok {
			t.Source = s
		}
	}
	list, closing, err := parts(a.cfg, t)
	if err != nil {
		return sum, fmt.Errorf("source %s: %w", t.Name, err)
	}
	defer func() { err = errors.Join(err, closing()) }()
	var state store.Source
	if !t.stray {
		if state, err = a.known(ctx, w, t.Source, list); err != nil {
			return sum, err
		}
		if state.Paused {
			return sum, fmt.Errorf("source %s %w; resume it with: sufflor ingest resume %s", t.Name, errPaused, t.Name)
		}
	}
	s, closeWorkers, err := a.syncer(w, t.Source)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, closeWorkers()) }()
	return a.recorded(ctx, w, t, state, s, t.options(w, q, list, progress))
}

// options are those of a run of t over its places.
func (t target) options(w config.Workspace, q panel.IngestRequest, list []ingest.Source, progress func(ingest.Event)) ingest.Options {
	return ingest.Options{
		Workspace: w.ID, Collection: t.Collection, SourceName: t.Name, Product: t.Product, Audience: index.Audience(t.Audience), Language: t.Language, Sources: list, Below: t.below,
		Only: t.only, Retry: q.Retry, DryRun: q.DryRun, Progress: progress,
	}
}

// dryRun says what a run would do. It needs nothing but a store to look at.
func dryRun(ctx context.Context, cfg config.Config, w config.Workspace, q panel.IngestRequest, s records, progress func(ingest.Event)) (total ingest.Summary, err error) {
	if w, err = overlaid(ctx, s, w); err != nil {
		return total, err
	}
	list, err := targets(w, q)
	if err != nil {
		return total, err
	}
	y := ingest.Sync{Store: lookOnly{records: s}, MaxSize: cfg.Ingest.MaxFileBytes, Workers: cfg.Ingest.Workers}
	var errs []error
	for _, t := range list {
		places, closing, err := parts(cfg, t)
		if err == nil {
			var sum ingest.Summary
			sum, err = y.Run(ctx, t.options(w, q, places, progress))
			total.Add(sum)
		}
		errs = append(errs, err, closing())
	}
	return total, errors.Join(errs...)
}

// lookOnly is a store for a dry run. What it does not look up, a dry run does
// not ask for.
type lookOnly struct {
	ingest.Records
	records records
}

func (l lookOnly) Document(ctx context.Context, workspace, id string) (store.Document, error) {
	return l.records.Document(ctx, workspace, id)
}

func (l lookOnly) EachDocument(ctx context.Context, workspace string, f store.DocumentFilter) iter.Seq2[store.Document, error] {
	return l.records.EachDocument(ctx, workspace, f)
}

// unread is a store before anything was read into it.
type unread struct{}

func (unread) Sources(context.Context, string) ([]store.Source, error) { return nil, nil }

func (unread) SourceSettings(context.Context, string) ([]store.SourceSetting, error) { return nil, nil }

func (unread) Runs(context.Context, string, string, int) ([]store.Run, error) { return nil, nil }

func (unread) Totals(context.Context, string) ([]store.Totals, error) { return nil, nil }

func (unread) PendingCount(context.Context) (int, error) { return 0, nil }

func (unread) Versions(context.Context, string, string) ([]store.Version, error) { return nil, nil }

func (unread) Document(context.Context, string, string) (store.Document, error) {
	return store.Document{}, store.ErrNotFound
}

func (unread) EachDocument(context.Context, string, store.DocumentFilter) iter.Seq2[store.Document, error] {
	return func(func(store.Document, error) bool) {}
}

func (unread) VersionPassages(context.Context, string, string, int) ([]index.Passage, error) {
	return nil, store.ErrNotFound
}

// alone waits until no other run is under way; the returned function ends ours.
func (a *app) alone(ctx context.Context, waiting func()) (done func(), err error) {
	select {
	case a.busy <- struct{}{}:
		return func() { <-a.busy }, nil
	default:
		waiting()
	}
	select {
	case a.busy <- struct{}{}:
		return func() { <-a.busy }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another run to end: %w", ctx.Err())
	}
}

// known notes a source at the store, and gives what is known of it.
func (a *app) known(ctx context.Context, w config.Workspace, s config.Source, list []ingest.Source) (store.Source, error) {
	states, err := a.store.Sources(ctx, w.ID)
	if err != nil {
		return store.Source{}, err
	}
	now := store.Source{Workspace: w.ID, Name: s.Name, Kind: s.Kind()}
	for _, p := range list {
		now.Roots = append(now.Roots, p.Root())
	}
	i := slices.IndexFunc(states, func(o store.Source) bool { return o.Name == s.Name })
	if i >= 0 {
		before := states[i]
		now.Paused, now.LastRun, now.LastResult, now.NextRun = before.Paused, before.LastRun, before.LastResult, before.NextRun
		if before.Kind == now.Kind && containsAll(before.Roots, now.Roots) {
			return before, nil
		}
	}
	return now, a.store.SaveSource(ctx, now)
}

func containsAll(list, of []string) bool {
	return !slices.ContainsFunc(of, func(s string) bool { return !slices.Contains(list, s) })
}

// recorded runs s and keeps what it does, while it does it.
func (a *app) recorded(ctx context.Context, w config.Workspace, t target, state store.Source, s ingest.Sync, o ingest.Options) (ingest.Summary, error) {
	r, err := a.store.SaveRun(ctx, store.Run{Workspace: w.ID, Source: t.Name, State: store.RunRunning, Started: a.now()})
	if err != nil {
		return ingest.Summary{}, err
	}
	var report runReport
	told := time.Now()
	show := o.Progress
	o.Progress = func(e ingest.Event) {
		report.Done, report.Total, report.Bytes, report.Size = e.Done, e.Total, e.Bytes, e.Size
		if time.Since(told) > 2*time.Second {
			told = time.Now()
			r.Report, _ = json.Marshal(report) // counts always encode
			if _, err := a.store.SaveRun(ctx, r); err != nil {
				a.log.WarnContext(ctx, "progress not noted", "source", t.Name, "err", err)
			}
		}
		show(e)
	}
	sum, err := s.Run(ctx, o)
	report.Summary = sum
	r.Report, _ = json.Marshal(report)
	r.Ended, r.State = a.now(), store.RunOK
	switch {
	case ctx.Err() != nil:
		r.State, r.Error = store.RunStopped, "it was stopped; the next run goes on where it ended"
	case err != nil:
		r.State, r.Error = store.RunFailed, err.Error()
	case sum.Failed+sum.Empty > 0:
		r.State = store.RunPartial
	}
	ctx = context.WithoutCancel(ctx)
	_, saveErr := a.store.SaveRun(ctx, r)
	if !t.stray {
		state.NextRun = t.Schedule.Next(r.Ended)
		if states, err := a.store.Sources(ctx, w.ID); err == nil { // it may have been paused meanwhile
			if i := slices.IndexFunc(states, func(o store.Source) bool { return o.Name == t.Name }); i >= 0 {
				state.Roots, state.Kind = states[i].Roots, states[i].Kind
			}
		}
		saveErr = errors.Join(saveErr, a.store.SaveSource(ctx, state))
	}
	return sum, errors.Join(err, saveErr)
}
