package index_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// TestASnapshotIsWhatWasThere copies again and again while batches are
// applied: each copy opens, and holds whole batches and all that was applied
// before it was begun.
func TestASnapshotIsWhatWasThere(t *testing.T) {
	t.Parallel()
	x := fill(t, passage("first", "bolt"))
	var mu sync.Mutex
	applied := 0
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			b := index.Batch{Put: []index.Passage{passage(fmt.Sprint("a", i), "bolt"), passage(fmt.Sprint("b", i), "bolt")}}
			if i > 40 { // so that segments are merged and removed meanwhile
				b.Delete = []string{fmt.Sprint("a", i-40), fmt.Sprint("b", i-40)}
			}
			if err := x.Apply(t.Context(), b); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			applied = i
			mu.Unlock()
		}
	})
	for range 8 {
		mu.Lock()
		before := applied
		mu.Unlock()
		dir := filepath.Join(t.TempDir(), "copy")
		require.NoError(t, x.Snapshot(t.Context(), dir))
		mu.Lock()
		after := applied + 1
		mu.Unlock()
		y, err := index.Open(t.Context(), dir, index.Options{})
		require.NoError(t, err)
		all, err := y.IDs(t.Context(), "w")
		require.NoError(t, err)
		have := map[string]bool{}
		for _, id := range all {
			have[id] = true
		}
		require.True(t, have["first"])
		last := 0
		for i := range after + 1 {
			require.Equal(t, have[fmt.Sprint("a", i)], have[fmt.Sprint("b", i)], "half of batch %d", i)
			if have[fmt.Sprint("a", i)] {
				last = i
			}
		}
		require.GreaterOrEqual(t, last, before, "what was applied before is there")
		require.Len(t, all, 1+2*min(last, 40))
		require.Len(t, ids(t, y, index.Query{Text: "bolt", Limit: 1000}), len(all), "and is found")
		require.NoError(t, y.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("more", "bolt")}}), "and can be added to")
		require.NoError(t, y.Close())
	}
	close(done)
	wg.Wait()
}

func TestASnapshotThatCannotBe(t *testing.T) {
	t.Parallel()
	x := fill(t, passage("a", "bolt"))
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "x"), nil, 0o600))
	require.ErrorContains(t, x.Snapshot(t.Context(), full), "not empty")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cut := filepath.Join(t.TempDir(), "cut")
	require.ErrorIs(t, x.Snapshot(ctx, cut), context.Canceled)
	_, err := index.Open(t.Context(), cut, index.Options{})
	require.ErrorIs(t, err, index.ErrCorrupt, "half a copy is no index")

	require.NoError(t, x.Close())
	require.ErrorIs(t, x.Snapshot(t.Context(), filepath.Join(t.TempDir(), "late")), index.ErrClosed)
}

func TestWhatIsHeldStaysWhileTheIndexCloses(t *testing.T) {
	t.Parallel()
	x, err := index.Open(t.Context(), t.TempDir(), index.Options{})
	require.NoError(t, err)
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("a", "bolt")}}))
	h, err := x.Hold()
	require.NoError(t, err)
	closed := make(chan error)
	go func() { closed <- x.Close() }()
	dir := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, h.CopyTo(t.Context(), dir))
	require.NoError(t, h.Close())
	require.NoError(t, h.Close(), "a second time does nothing")
	require.NoError(t, <-closed)
	require.Equal(t, []string{"a"}, ids(t, open(t, dir), index.Query{Text: "bolt"}))
}
