package fill_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/fill"
	"github.com/sufflor/sufflor/index/vector"
)

// library is passages in memory.
type library struct {
	mu    sync.Mutex
	texts map[string]string
	err   error // after half of the ids
}

func (l *library) IDs(context.Context) iter.Seq2[string, error] {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []string
	for id := range l.texts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	err := l.err
	return func(yield func(string, error) bool) {
		for i, id := range ids {
			if err != nil && i == len(ids)/2 {
				yield("", err)
				return
			}
			if !yield(id, nil) {
				return
			}
		}
	}
}

func (l *library) Texts(_ context.Context, ids []string) (map[string]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]string{}
	for _, id := range ids {
		if text, ok := l.texts[id]; ok {
			out[id] = text
		}
	}
	return out, nil
}

func (l *library) set(id, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts[id] = text
}

func library100() *library {
	l := &library{texts: map[string]string{}}
	for i := range 100 {
		l.texts[fmt.Sprintf("p%03d", i)] = fmt.Sprintf("text %d", i)
	}
	return l
}

// embedder counts what it is asked and fails as told.
type embedder struct {
	mu    sync.Mutex
	model embed.Model
	fail  func(texts []string) error
	asked int
	texts []string
}

func (e *embedder) Model(context.Context) (embed.Model, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.model, e.failure(nil)
}

func (e *embedder) failure(texts []string) error {
	if e.fail == nil {
		return nil
	}
	return e.fail(texts)
}

func (e *embedder) Documents(_ context.Context, texts []string) ([][]float32, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked++
	if err := e.failure(texts); err != nil {
		return nil, err
	}
	e.texts = append(e.texts, texts...)
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = make([]float32, e.model.Dim)
		out[i][0], out[i][1] = 1, float32(len(text))
	}
	return out, nil
}

func (e *embedder) Query(context.Context, string) ([]float32, error) { panic("not asked by a filler") }

func (e *embedder) set(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f()
}

func newEmbedder() *embedder { return &embedder{model: embed.Model{Name: "m", Dim: 3}} }

func store(tb testing.TB, dir string) *vector.Store {
	tb.Helper()
	s, _, err := vector.Open(tb.Context(), dir, vector.Options{Model: "m"})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func quiet(o fill.Options) fill.Options {
	o.Log = slog.New(slog.DiscardHandler)
	return o
}

func TestAPassBringsVectorsInStep(t *testing.T) {
	s, l, e := store(t, t.TempDir()), library100(), newEmbedder()
	f := fill.New(e, s, l, quiet(fill.Options{Batch: 7}))
	require.Equal(t, fill.Progress{State: fill.Idle}, f.Progress())
	require.NoError(t, f.Pass(t.Context()))
	require.Equal(t, fill.Progress{State: fill.Idle, Done: 100, Total: 100}, f.Progress())
	require.Equal(t, 100, s.Len())
	require.Equal(t, 15, e.asked)

	require.NoError(t, f.Pass(t.Context()))
	require.Len(t, e.texts, 100, "what has a vector is not asked again")

	l.set("new", "a new one")
	delete(l.texts, "p007")
	require.NoError(t, f.Pass(t.Context()))
	require.Equal(t, []string{"a new one"}, e.texts[100:])
	require.False(t, s.Has("p007"))
	require.Equal(t, fill.Progress{State: fill.Idle, Done: 100, Total: 100}, f.Progress())

	e.model = embed.Model{Name: "m", Dim: 4}
	require.NoError(t, f.Pass(t.Context()))
	require.Len(t, e.texts, 201, "another model, and all are made anew")
	require.Equal(t, 4, s.State().Dim)
}

func TestAListThatBreaksOffDeletesNothing(t *testing.T) {
	s, l, e := store(t, t.TempDir()), library100(), newEmbedder()
	f := fill.New(e, s, l, quiet(fill.Options{}))
	require.NoError(t, f.Pass(t.Context()))
	broken := errors.New("broken")
	l.err = broken
	require.ErrorIs(t, f.Pass(t.Context()), broken)
	require.Equal(t, 100, s.Len())
}

func TestItGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	l, e := library100(), newEmbedder()
	ctx, cancel := context.WithCancel(t.Context())
	e.fail = func(texts []string) error {
		if slices.Contains(texts, "text 50") {
			cancel()
			return ctx.Err()
		}
		return nil
	}
	s := store(t, dir)
	require.ErrorIs(t, fill.New(e, s, l, quiet(fill.Options{Batch: 10})).Pass(ctx), context.Canceled)
	require.Equal(t, 50, s.Len())
	require.NoError(t, s.Close())
	e.fail = nil
	s = store(t, dir)
	require.NoError(t, fill.New(e, s, l, quiet(fill.Options{Batch: 10})).Pass(t.Context()))
	require.Equal(t, 100, s.Len())
	require.Len(t, e.texts, 100, "none is made twice")
}

func TestATextThatCannotBeTakenDoesNotCostTheOthersTheirs(t *testing.T) {
	s, l, e := store(t, t.TempDir()), library100(), newEmbedder()
	e.fail = func(texts []string) error {
		for _, text := range texts {
			if strings.HasSuffix(text, "3") && text < "text 4" {
				return &embed.MakeError{Kind: embed.ErrText, Reason: "HTTP 400"}
			}
		}
		return nil
	}
	f := fill.New(e, s, l, quiet(fill.Options{}))
	for range 2 {
		require.NoError(t, f.Pass(t.Context()))
		require.Equal(t, fill.Progress{State: fill.Idle, Done: 96, Total: 100, Failed: 4}, f.Progress())
		require.Equal(t, 96, s.Len())
		require.False(t, s.Has("p003"))
	}
	asked := e.asked
	require.NoError(t, f.Pass(t.Context()))
	require.Equal(t, asked, e.asked, "nor is it asked for them again and again")
	delete(l.texts, "p003")
	require.NoError(t, f.Pass(t.Context()))
	require.Equal(t, fill.Progress{State: fill.Idle, Done: 96, Total: 99, Failed: 3}, f.Progress())
}

// running runs f until the test's bubble is done with it.
func running(t *testing.T, f *fill.Filler, during func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { require.NoError(t, f.Run(ctx)) })
	during()
	cancel()
	wg.Wait()
}

func TestItWaitsWhileTheEmbedderIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, e, s := library100(), newEmbedder(), &memory{}
		down := func([]string) error { return &embed.MakeError{Kind: embed.ErrDown, Reason: "connection refused"} }
		f := fill.NewWith(e, s, l, quiet(fill.Options{Batch: 10}))
		e.fail = down
		running(t, f, func() {
			time.Sleep(time.Second)
			p := f.Progress()
			require.Equal(t, fill.Waiting, p.State)
			require.Contains(t, p.Err, "connection refused")
			require.Equal(t, 5*time.Second, p.Until.Sub(time.Now().Add(-time.Second)))
			e.set(func() {
				e.fail = func(texts []string) error {
					if slices.Contains(texts, "text 70") {
						return down(texts)
					}
					return nil
				}
			})
			time.Sleep(5 * time.Second)
			require.Equal(t, 70, f.Progress().Done, "what could be made is there")
			time.Sleep(time.Hour)
			e.set(func() {
				require.Less(t, e.asked, 30, "asked every five minutes at most")
				e.fail = nil
			})
			time.Sleep(5 * time.Minute)
			require.Equal(t, fill.Progress{State: fill.Idle, Done: 100, Total: 100}, f.Progress())
		})
	})
}

func TestItWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, e, s := library100(), newEmbedder(), &memory{}
		f := fill.NewWith(e, s, l, quiet(fill.Options{}))
		running(t, f, func() {
			synctest.Wait()
			require.Equal(t, 100, f.Progress().Done)
			l.set("a", "x")
			time.Sleep(time.Minute)
			require.Equal(t, 100, f.Progress().Done)
			for range 9 {
				f.Wake()
			}
			synctest.Wait()
			require.Equal(t, 101, f.Progress().Done)
			l.set("b", "x")
			time.Sleep(16 * time.Minute)
			require.Equal(t, 102, f.Progress().Done, "a wake that was lost costs a while")
		})
	})
}

func TestTheRateIsABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEmbedder()
		f := fill.NewWith(e, &memory{}, library100(), quiet(fill.Options{Batch: 10, Rate: 5}))
		began := time.Now()
		require.NoError(t, f.Pass(t.Context()))
		require.Equal(t, 18*time.Second, time.Since(began), "ten at once, then five a second")
	})
}

func TestOneThatTakesNoTextAtAllIsNotAskedForEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEmbedder()
		e.fail = func(texts []string) error {
			if texts == nil {
				return nil // it knows its model
			}
			return &embed.MakeError{Kind: embed.ErrText, Reason: "HTTP 400"}
		}
		f := fill.NewWith(e, &memory{}, library100(), quiet(fill.Options{}))
		running(t, f, func() {
			time.Sleep(time.Minute)
			p := f.Progress()
			require.Equal(t, fill.Waiting, p.State)
			require.Contains(t, p.Err, "takes no text at all")
			require.Less(t, e.asked, 30)
		})
	})
}

func TestADiskThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s := newEmbedder(), &memory{fail: errors.New("no space left")}
		f := fill.NewWith(e, s, library100(), quiet(fill.Options{}))
		running(t, f, func() {
			time.Sleep(time.Second)
			require.Contains(t, f.Progress().Err, "no space left")
			s.set(nil)
			time.Sleep(time.Minute)
			require.Equal(t, fill.Progress{State: fill.Idle, Done: 100, Total: 100}, f.Progress())
		})
	})
}

// memory is vectors without a disk, whose waits a pretended clock cannot see.
type memory struct {
	mu    sync.Mutex
	items map[string]bool
	fail  error
}

func (m *memory) set(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *memory) Use(string, int) (bool, error) { return false, nil }

func (m *memory) Has(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.items[id]
}

func (m *memory) IDs() iter.Seq[string] { return func(func(string) bool) {} }

func (m *memory) Apply(_ context.Context, put []vector.Item, _ []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.items == nil {
		m.items = map[string]bool{}
	}
	if m.fail == nil {
		for _, it := range put {
			m.items[it.ID] = true
		}
	}
	return m.fail
}
