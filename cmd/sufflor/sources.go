package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch/s3"
	"github.com/sufflor/sufflor/ingest/fetch/web"
	"github.com/sufflor/sufflor/ingest/fetch/webdav"
	"github.com/sufflor/sufflor/store"
	panel "github.com/sufflor/sufflor/web"
)

// target is what one run is about: a configured source, a part of one, or a
// path that no source has.
type target struct {
	config.Source
	root  string // of the part; "" is every root of the source
	below string // an item or folder of the root
	stray bool   // no configured source has it
}

// targets finds out what a request names. Paths must be absolute.
func targets(w config.Workspace, q panel.IngestRequest) (out []target, err error) {
	for _, name := range q.Sources {
		s, ok := w.Source(name)
		if !ok {
			return nil, usage(fmt.Errorf("workspace %s has no source %q; it has: %s", w.ID, name, sourceNames(w)))
		}
		out = append(out, target{Source: s})
	}
	for _, p := range q.Paths {
		t, err := pathTarget(w, p, q.Collection, q.Audience)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	if len(q.Sources)+len(q.Paths) == 0 {
		for _, s := range w.NamedSources() {
			out = append(out, target{Source: s})
		}
	}
	if len(out) == 0 {
		return nil, usage(fmt.Errorf("workspace %s has no sources; name files or folders: sufflor ingest PATH…", w.ID))
	}
	return out, nil
}

func sourceNames(w config.Workspace) string {
	var names []string
	for _, s := range w.NamedSources() {
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// pathTarget is the part of a configured source that a path is. What lies in
// none is internal unless somebody says otherwise: the safe side.
func pathTarget(w config.Workspace, p, collection, audience string) (target, error) {
	t := target{stray: true, Source: config.Source{Name: p, Collection: "documents", Audience: string(index.Internal), Paths: []string{p}}}
	for _, s := range w.NamedSources() {
		for _, name := range s.Paths {
			root, err := filepath.Abs(name)
			if err != nil || !ingest.Inside(p, root) || len(root) < len(t.root) {
				continue
			}
			below, err := filepath.Rel(root, p)
			if err != nil {
				continue
			}
			if below = filepath.ToSlash(below); below == "." {
				below = ""
			}
			t = target{Source: s, root: root, below: below}
		}
	}
	if !t.stray {
		if collection != "" && collection != t.Collection || audience != "" && audience != t.Audience {
			return t, usage(fmt.Errorf("%s lies in the source %s (collection %s, audience %s); change it there, or leave the flags out", p, t.Name, t.Collection, t.Audience))
		}
		return t, nil
	}
	if collection != "" {
		t.Collection = collection
	}
	if audience != "" {
		t.Audience = audience
	}
	return t, nil
}

// parts are the places of a target. Whoever gets them calls closing.
func parts(cfg config.Config, t target) (out []ingest.Source, closing func() error, err error) {
	none := func() error { return nil }
	switch t.Kind() {
	case config.KindWeb:
		c := t.Web
		s, err := web.New(web.Config{
			Start: c.Start, Sitemaps: c.Sitemaps, RobotsSitemaps: c.RobotsSitemaps, Allow: c.Allow, Deny: c.Deny, Depth: c.Depth,
			MaxPages: c.MaxPages, Rate: c.Rate, Concurrency: c.Concurrency, Contact: c.Contact, AllowPrivate: c.AllowPrivate,
		}, web.Options{Version: version, CacheDir: filepath.Join(cfg.Data, "cache", t.Name), MaxFile: cfg.Ingest.MaxFileBytes})
		if err != nil {
			return nil, none, err
		}
		return []ingest.Source{s}, s.Close, nil
	case config.KindS3:
		c := t.S3
		s, err := s3.New(s3.Config{
			Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix, PathStyle: c.PathStyle, Anonymous: c.Anonymous,
			AccessKey: c.AccessKey, AllowPrivate: c.AllowPrivate,
		}, s3.Options{SecretKey: c.SecretKey.Reveal(), SessionToken: c.SessionToken.Reveal(), Version: version})
		if err != nil {
			return nil, none, err
		}
		return []ingest.Source{s}, s.Close, nil
	case config.KindWebDAV:
		c := t.WebDAV
		s, err := webdav.New(webdav.Config{URL: c.URL, User: c.User, AllowPrivate: c.AllowPrivate},
			webdav.Options{Password: c.Password.Reveal(), Token: c.Token.Reveal(), Version: version})
		if err != nil {
			return nil, none, err
		}
		return []ingest.Source{s}, s.Close, nil
	}
	folders, err := ingest.Folders(t.Paths...)
	if err != nil {
		return nil, none, err
	}
	for _, f := range folders {
		if t.root != "" && f.Root() != t.root {
			continue
		}
		f.FollowLinks = t.FollowLinks
		if f.Except, err = others(cfg, f.Root()); err != nil {
			return nil, none, err
		}
		out = append(out, f)
	}
	if len(out) == 0 { // the part lies in a root that is itself part of another
		f, err := ingest.NewFolder(t.root)
		if err != nil {
			return nil, none, err
		}
		out = append(out, f)
	}
	return out, none, nil
}

// others are the places inside root that are somebody else's: other sources'
// folders, of whatever audience, and our own data.
func others(cfg config.Config, root string) (out []string, err error) {
	names := []string{cfg.Data}
	for _, w := range cfg.Workspaces {
		for _, s := range w.Sources {
			names = append(names, s.Paths...)
		}
	}
	for _, name := range names {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		if abs != root && ingest.Inside(abs, root) {
			out = append(out, abs)
		}
	}
	return out, nil
}

// roots are the roots of a configured source.
func roots(cfg config.Config, s config.Source) ([]string, error) {
	if s.Kind() == config.KindWeb { // whoever only asks leaves no cache behind
		tmp, err := os.MkdirTemp("", "sufflor-*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp) //nolint:errcheck // an empty folder in the system's place for such
		cfg.Data = tmp
	}
	list, closing, err := parts(cfg, target{Source: s})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range list {
		out = append(out, p.Root())
	}
	return out, closing()
}

// checkSources reports what is wrong with the configured sources.
func checkSources(cfg config.Config) error {
	var errs []error
	for i, w := range cfg.Workspaces {
		owner := map[string]string{}
		for j, s := range w.NamedSources() {
			at := fmt.Sprintf("workspaces[%d].sources[%d] (%s)", i, j, s.Name)
			list, err := roots(cfg, s)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", at, err))
			}
			for _, root := range list {
				if other, ok := owner[root]; ok {
					errs = append(errs, fmt.Errorf("%s: %s is also of source %s; a place belongs to one source", at, root, other))
				}
				owner[root] = s.Name
			}
		}
	}
	return errors.Join(errs...)
}

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
	s, closeWorkers, err := a.syncer(w)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, closeWorkers()) }()
	return a.recorded(ctx, w, t, state, s, t.options(w, q, list, progress))
}

// options are those of a run of t over its places.
func (t target) options(w config.Workspace, q panel.IngestRequest, list []ingest.Source, progress func(ingest.Event)) ingest.Options {
	return ingest.Options{
		Workspace: w.ID, Collection: t.Collection, Audience: index.Audience(t.Audience), Language: t.Language, Sources: list, Below: t.below,
		Retry: q.Retry, DryRun: q.DryRun, Progress: progress,
	}
}

// dryRun says what a run would do. It needs nothing but a store to look at.
func dryRun(ctx context.Context, cfg config.Config, w config.Workspace, q panel.IngestRequest, s records, progress func(ingest.Event)) (total ingest.Summary, err error) {
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

func (unread) Sources(context.Context, string) ([]store.Source, error)           { return nil, nil }
func (unread) Runs(context.Context, string, string, int) ([]store.Run, error)    { return nil, nil }
func (unread) Totals(context.Context, string) ([]store.Totals, error)            { return nil, nil }
func (unread) PendingCount(context.Context) (int, error)                         { return 0, nil }
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
	r, err := a.store.SaveRun(ctx, store.Run{Workspace: w.ID, Source: t.Name, State: store.RunRunning, Started: time.Now()})
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
	r.Ended, r.State = time.Now(), store.RunOK
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

// records is what the commands that only look need of the store.
type records interface {
	Sources(ctx context.Context, workspace string) ([]store.Source, error)
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
}

// statusOf looks at every source, those that are configured first, then those
// that once were, then roots that were read on command only.
func statusOf(ctx context.Context, cfg config.Config, w config.Workspace, s records) (status, error) {
	out := status{Workspace: w.ID, Sources: []sourceStatus{}}
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
				out = append(out, failure{Failure: f, Root: one.Name, Since: one.LastRun.Ended})
			}
		}
		if one.LastRun.State == store.RunFailed {
			out = append(out, failure{Root: one.Name, Since: one.LastRun.Ended, Failure: ingest.Failure{Code: "source", Reason: one.LastRun.Error, Kept: true}})
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
	for d, err := range s.EachDocument(ctx, w.ID, store.DocumentFilter{}) {
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
	for d, err := range s.EachDocument(ctx, w.ID, store.DocumentFilter{}) {
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
			return r, errors.Join(fmt.Errorf("removal stopped: %w", err), ingest.Sync{Store: a.store, Index: a.index}.Settle(context.WithoutCancel(ctx)))
		}
		if _, err := a.store.DeleteDocument(ctx, w.ID, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return r, err
		}
	}
	if err := (ingest.Sync{Store: a.store, Index: a.index}).Settle(ctx); err != nil {
		return r, err
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
	list, closing, err := parts(a.cfg, target{Source: s})
	if err != nil {
		return fmt.Errorf("source %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, closing()) }()
	if _, err := a.known(ctx, w, s, list); err != nil {
		return err
	}
	return a.store.PauseSource(ctx, w.ID, name, paused)
}
