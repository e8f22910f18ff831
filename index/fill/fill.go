// Package fill keeps vectors in step with passages, in the background: it has
// those made that are missing and deletes those whose passage is gone. Nothing
// waits for it; a search finds by vectors what has them by then.
package fill

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/vector"
)

// Passages is where texts come from.
type Passages interface {
	// IDs are the ids of all passages there are, each once.
	IDs(ctx context.Context) iter.Seq2[string, error]

	// Texts are what is to be turned into vectors, by id. A passage that is
	// gone meanwhile is left out.
	Texts(ctx context.Context, ids []string) (map[string]string, error)
}

// vectors is what is filled: a [vector.Store].
type vectors interface {
	Use(model string, dim int) (emptied bool, err error)
	Has(id string) bool
	IDs() iter.Seq[string]
	Apply(ctx context.Context, put []vector.Item, del []string) error
}

// Options are how a [Filler] works. Zero fields mean the defaults.
type Options struct {
	Batch  int           // passages at a time; 32, as many as one request takes by default
	Rate   float64       // passages a second at most; 0: as fast as they come
	Every  time.Duration // how often everything is compared without a [Filler.Wake]; 15 min
	Log    *slog.Logger  // required
	Random maphash.Seed  // of the hashes of ids; the zero value draws one
}

const (
	// retry and maxRetry are the waits while the embedder is down: the first,
	// and what doubling leads to.
	retry    = 5 * time.Second
	maxRetry = 5 * time.Minute
	// hopeless is how many texts in a row are refused one by one, with none
	// taken, before the settings are to blame.
	hopeless = 5
	// deletes is how many vectors are deleted at a time.
	deletes = 1000
)

// State is what a [Filler] is doing.
type State string

// The states.
const (
	Idle    State = "idle"    // vectors are as passages were
	Filling State = "filling" // passages get vectors
	Waiting State = "waiting" // the embedder, or the disk, does not do; Progress.Err says why
)

// Progress is how far a [Filler] has come.
type Progress struct {
	State  State
	Done   int       // passages that have a vector
	Total  int       // passages there are
	Failed int       // passages that the embedder cannot take; found by their words only
	Err    string    // why it waits
	Until  time.Time // until when
}

// Filler does the work. Make one with [New].
type Filler struct {
	embedder embed.Embedder
	vectors  vectors
	passages Passages
	o        Options
	bell     chan struct{}
	failed   map[string]struct{} // ids, of the model in use
	model    embed.Model
	refused  int // texts in a row
	next     time.Time

	mu       sync.Mutex
	progress Progress
}

// New makes a filler; it works in [Filler.Run].
func New(e embed.Embedder, v *vector.Store, p Passages, o Options) *Filler {
	return newFiller(e, v, p, o)
}

func newFiller(e embed.Embedder, v vectors, p Passages, o Options) *Filler {
	if o.Batch <= 0 {
		o.Batch = 32
	}
	if o.Every <= 0 {
		o.Every = 15 * time.Minute
	}
	if o.Random == (maphash.Seed{}) {
		o.Random = maphash.MakeSeed()
	}
	return &Filler{embedder: e, vectors: v, passages: p, o: o, bell: make(chan struct{}, 1), failed: map[string]struct{}{}, progress: Progress{State: Idle}}
}

// Wake says that passages have changed. It never waits.
func (f *Filler) Wake() {
	select {
	case f.bell <- struct{}{}:
	default:
	}
}

// Progress is how far it has come. It never waits for the work.
func (f *Filler) Progress() Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.progress
}

func (f *Filler) note(change func(p *Progress)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.progress)
}

// Run works until ctx ends, which is no error. Stopped at any point, it goes on
// from there the next time.
func (f *Filler) Run(ctx context.Context) error {
	wait := retry
	for ctx.Err() == nil {
		err := f.Pass(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			f.o.Log.WarnContext(ctx, "vectors could not be brought up to date", "err", err)
			f.pause(ctx, err, wait)
			wait = min(2*wait, maxRetry)
			continue
		}
		wait = retry
		timer := time.NewTimer(f.o.Every)
		select {
		case <-ctx.Done():
		case <-f.bell:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil //nolint:nilerr // a context that ends is how a filler stops
}

// pause waits, and says why.
func (f *Filler) pause(ctx context.Context, why error, d time.Duration) {
	f.note(func(p *Progress) { p.State, p.Err, p.Until = Waiting, why.Error(), time.Now().Add(d) })
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Pass compares all passages with the vectors once, deletes and fills. While
// the embedder is down it waits. Its errors are those of passages and vectors,
// and the context's.
func (f *Filler) Pass(ctx context.Context) error {
	if err := f.useModel(ctx); err != nil {
		return err
	}
	missing, total, err := f.compare(ctx)
	if err != nil {
		return err
	}
	f.note(func(p *Progress) {
		*p = Progress{State: Filling, Total: total, Done: total - len(missing) - len(f.failed), Failed: len(f.failed)}
	})
	if len(missing) > 0 {
		f.o.Log.InfoContext(ctx, "passages get vectors", "missing", len(missing), "passages", total)
	}
	began := time.Now()
	for from := 0; from < len(missing); from += f.o.Batch {
		if err := f.fill(ctx, missing[from:min(from+f.o.Batch, len(missing))]); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		f.o.Log.InfoContext(ctx, "passages have vectors", "made", len(missing), "failed", len(f.failed), "took", time.Since(began).Round(time.Second))
	}
	f.note(func(p *Progress) { p.State, p.Err, p.Until = Idle, "", time.Time{} })
	return nil
}

// useModel makes the store the model's.
func (f *Filler) useModel(ctx context.Context) error {
	var m embed.Model
	err := f.insist(ctx, func() (err error) {
		m, err = f.embedder.Model(ctx)
		return err
	})
	if err != nil {
		return err
	}
	emptied, err := f.vectors.Use(m.Name, m.Dim)
	if err != nil {
		return fmt.Errorf("use vectors of %s: %w", m.Name, err)
	}
	if emptied {
		f.o.Log.InfoContext(ctx, "all vectors are made anew: the model has changed", "model", m.Name, "dimensions", m.Dim)
	}
	if m != f.model {
		clear(f.failed)
		f.model, f.refused = m, 0
	}
	return nil
}

// compare deletes the vectors of passages that are gone and returns the
// passages without vectors. Ids are kept as hashes: two of a million that
// collide, with one of them gone, would leave a vector behind that no passage
// is found for.
func (f *Filler) compare(ctx context.Context) (missing []string, total int, err error) {
	there := map[uint64]struct{}{}
	for id, err := range f.passages.IDs(ctx) {
		if err != nil {
			return nil, 0, fmt.Errorf("list passages: %w", err) // and delete nothing
		}
		total++
		there[maphash.String(f.o.Random, id)] = struct{}{}
		if _, bad := f.failed[id]; !bad && !f.vectors.Has(id) {
			missing = append(missing, id)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	for id := range f.failed {
		if _, ok := there[maphash.String(f.o.Random, id)]; !ok {
			delete(f.failed, id)
		}
	}
	var gone []string
	for id := range f.vectors.IDs() {
		if _, ok := there[maphash.String(f.o.Random, id)]; !ok {
			gone = append(gone, id)
		}
	}
	for ; len(gone) > 0; gone = gone[min(deletes, len(gone)):] {
		if err := f.vectors.Apply(ctx, nil, gone[:min(deletes, len(gone))]); err != nil {
			return nil, 0, fmt.Errorf("delete vectors: %w", err)
		}
	}
	return missing, total, nil
}

// fill gives passages their vectors.
func (f *Filler) fill(ctx context.Context, ids []string) error {
	if err := f.pace(ctx, len(ids)); err != nil {
		return err
	}
	found, err := f.passages.Texts(ctx, ids)
	if err != nil {
		return fmt.Errorf("read passages: %w", err)
	}
	var known, texts []string
	for _, id := range ids {
		if text, ok := found[id]; ok {
			known, texts = append(known, id), append(texts, text)
		}
	}
	f.note(func(p *Progress) { p.Total -= len(ids) - len(known) })
	return f.make(ctx, known, texts)
}

// make gives texts their vectors. One that the embedder cannot take is looked
// for by halves, so that it does not cost the others theirs.
func (f *Filler) make(ctx context.Context, ids, texts []string) error {
	if len(ids) == 0 {
		return nil
	}
	var made [][]float32
	err := f.insist(ctx, func() (err error) {
		made, err = f.embedder.Documents(ctx, texts)
		if errors.Is(err, embed.ErrText) && len(ids) == 1 && f.refused >= hopeless {
			return &embed.MakeError{Kind: embed.ErrRefused, Reason: fmt.Sprintf("it takes no text at all; check embedder.model and embedder.dimensions (%v)", err)}
		}
		return err
	})
	switch {
	case errors.Is(err, embed.ErrText) && len(ids) == 1:
		f.refused++
		f.failed[ids[0]] = struct{}{}
		f.o.Log.WarnContext(ctx, "a passage has no vector", "passage", ids[0], "err", err)
		f.note(func(p *Progress) { p.Failed++ })
		return nil
	case errors.Is(err, embed.ErrText):
		half := len(ids) / 2
		if err := f.make(ctx, ids[:half], texts[:half]); err != nil {
			return err
		}
		return f.make(ctx, ids[half:], texts[half:])
	case err != nil:
		return err
	}
	f.refused = 0
	items := make([]vector.Item, len(ids))
	for i, id := range ids {
		items[i] = vector.Item{ID: id, Vector: made[i]}
	}
	if err := f.vectors.Apply(ctx, items, nil); err != nil {
		return fmt.Errorf("keep vectors: %w", err)
	}
	f.note(func(p *Progress) { p.State, p.Err, p.Until, p.Done = Filling, "", time.Time{}, p.Done+len(ids) })
	return nil
}

// insist asks until there is an answer, a text to blame, or ctx ends. The log
// hears of an outage once.
func (f *Filler) insist(ctx context.Context, ask func() error) error {
	for wait, said := retry, false; ; wait = min(2*wait, maxRetry) {
		err := ask()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil, errors.Is(err, embed.ErrText):
			if said {
				f.o.Log.InfoContext(ctx, "the embedder answers again")
			}
			return err
		}
		if !said {
			f.o.Log.WarnContext(ctx, "passages wait for their vectors; search goes on by words", "err", err)
			said = true
		}
		pause := wait
		if failure, ok := errors.AsType[*embed.MakeError](err); ok {
			pause = max(pause, failure.After)
		}
		if errors.Is(err, embed.ErrRefused) {
			pause = maxRetry
		}
		f.pause(ctx, err, pause)
	}
}

// pace waits until n more passages are due.
func (f *Filler) pace(ctx context.Context, n int) error {
	if f.o.Rate <= 0 {
		return ctx.Err()
	}
	now := time.Now()
	if f.next.Before(now) {
		f.next = now
	}
	wait := f.next.Sub(now)
	f.next = f.next.Add(time.Duration(float64(n) / f.o.Rate * float64(time.Second)))
	select {
	case <-time.After(wait):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
