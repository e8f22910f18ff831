package index_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// TestARebuildMissesNothing rebuilds from what a store would hold while that
// changes and is searched, three times so that both folders are used.
func TestARebuildMissesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x, err := index.Open(t.Context(), dir, index.Options{})
	require.NoError(t, err)
	var mu sync.Mutex // whose turn it is
	kept := map[string]index.Passage{}
	change := func(r *rand.Rand) {
		mu.Lock()
		defer mu.Unlock()
		var b index.Batch
		for range 1 + r.IntN(8) {
			p := passage(fmt.Sprintf("p%03d", r.IntN(400)), fmt.Sprintf("bolt ord%d", r.IntN(1000)))
			if r.IntN(4) == 0 {
				b.Delete = append(b.Delete, p.ID)
				delete(kept, p.ID)
				continue
			}
			b.Put = append(b.Put, p)
		}
		for _, p := range b.Put {
			kept[p.ID] = p
		}
		if err := x.Apply(t.Context(), b); err != nil {
			t.Error(err)
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		change(r)
	}
	ids(t, x, index.Query{Text: "bolt"}) // so that its words are read
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		r := rand.New(rand.NewPCG(5, 6))
		for {
			select {
			case <-done:
				return
			default:
				change(r)
				time.Sleep(5 * time.Millisecond) // let the others have their turn
			}
		}
	})
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: "bolt ord7", Limit: 500})
			if err != nil || len(res.Hits) < 100 || len(res.Degraded) > 0 {
				t.Errorf("the old one answers meanwhile: %d hits, %v, %v", len(res.Hits), res.Degraded, err)
				return
			}
		}
	})
	for range 3 {
		require.NoError(t, x.Rebuild(t.Context(), func(put func(context.Context, index.Batch) error) error {
			require.ErrorIs(t, x.Rebuild(t.Context(), nil), index.ErrRebuilding)
			for n := 0; n < 400; n += 100 {
				mu.Lock()
				var page []index.Passage
				for i := n; i < n+100; i++ {
					if p, ok := kept[fmt.Sprintf("p%03d", i)]; ok {
						page = append(page, p)
					}
				}
				err := put(t.Context(), index.Batch{Put: page})
				mu.Unlock()
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	close(done)
	wg.Wait()
	check := func(x *index.Local) {
		all, err := x.IDs(t.Context(), "w")
		require.NoError(t, err)
		require.Len(t, all, len(kept))
		for _, id := range all {
			word := strings.TrimPrefix(kept[id].Text, "bolt ")
			require.Contains(t, ids(t, x, index.Query{Text: word, Limit: 400}), id)
		}
		st, err := x.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, len(kept), st.Passages)
	}
	check(x)
	require.NoError(t, x.Close())
	left, err := filepath.Glob(filepath.Join(dir, "bleve*"))
	require.NoError(t, err)
	require.Len(t, left, 1, "the old ones are gone")
	check(open(t, dir))
}

// TestARebuildForgetsWhatWasKept rebuilds, and resets, what numbers its
// segments and documents as before and holds something else.
func TestARebuildForgetsWhatWasKept(t *testing.T) {
	t.Parallel()
	var before, after index.Batch
	for i := range 400 {
		id := fmt.Sprintf("p%03d", i)
		before.Put = append(before.Put, filed(id, "bolt skrue", "", "", "x", ""))
		word, product := "bolt", ""
		if i >= 200 {
			word = "mutter"
		}
		if i >= 150 {
			product = "x"
		}
		after.Put = append(after.Put, filed(id, word, "", "", product, ""))
	}
	find := func(x *index.Local) []string {
		q := index.Query{Text: "bolt", Limit: 500}
		ids(t, x, q)
		q.Filter.Products = []string{"x"}
		return ids(t, x, q)
	}
	x := fill(t, before.Put...)
	require.Len(t, find(x), 400)
	require.NoError(t, x.Rebuild(t.Context(), func(put func(context.Context, index.Batch) error) error { return put(t.Context(), after) }))
	require.Len(t, find(x), 50)
	require.NoError(t, x.Reset(t.Context()))
	require.NoError(t, x.Apply(t.Context(), before))
	require.Len(t, find(x), 400)
}

func TestARebuildThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x, err := index.Open(t.Context(), dir, index.Options{})
	require.NoError(t, err)
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("a", "bolt")}}))
	wrong := errors.New("the store is away")
	require.ErrorIs(t, x.Rebuild(t.Context(), func(put func(context.Context, index.Batch) error) error {
		require.NoError(t, put(t.Context(), index.Batch{Put: []index.Passage{passage("b", "bolt")}}))
		return wrong
	}), wrong)
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, x.Rebuild(ctx, func(func(context.Context, index.Batch) error) error { cancel(); return nil }), context.Canceled)
	require.Equal(t, []string{"a"}, ids(t, x, index.Query{Text: "bolt"}))
	left, err := filepath.Glob(filepath.Join(dir, "bleve*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.ErrorIs(t, x.Rebuild(t.Context(), func(put func(context.Context, index.Batch) error) error {
		require.NoError(t, x.Close())
		return put(t.Context(), index.Batch{Put: []index.Passage{passage("b", "bolt")}})
	}), index.ErrClosed)
	require.ErrorIs(t, x.Rebuild(t.Context(), nil), index.ErrClosed)
	require.Equal(t, []string{"a"}, ids(t, open(t, dir), index.Query{Text: "bolt"}))
}

// TestARebuildThatIsKilled kills a process again and again while it rebuilds:
// the index is always whole, the old or the new one.
func TestARebuildThatIsKilled(t *testing.T) {
	if dir := os.Getenv("SUFFLOR_INDEX_REBUILD"); dir != "" {
		x, err := index.Open(t.Context(), dir, index.Options{})
		require.NoError(t, err)
		fmt.Println("ready")
		for {
			require.NoError(t, x.Rebuild(t.Context(), func(put func(context.Context, index.Batch) error) error {
				for i := range 5 {
					var b index.Batch
					for j := range 40 {
						b.Put = append(b.Put, passage(fmt.Sprintf("p%02d-%d", i, j), "bolt"))
					}
					if err := put(t.Context(), b); err != nil {
						return err
					}
				}
				return nil
			}))
			fmt.Println("rebuilt")
		}
	}
	t.Parallel()
	dir := t.TempDir()
	x, err := index.Open(t.Context(), dir, index.Options{})
	require.NoError(t, err)
	var b index.Batch
	for i := range 5 {
		for j := range 40 {
			b.Put = append(b.Put, passage(fmt.Sprintf("p%02d-%d", i, j), "bolt"))
		}
	}
	require.NoError(t, x.Apply(t.Context(), b))
	want, err := x.IDs(t.Context(), "w")
	require.NoError(t, err)
	require.NoError(t, x.Close())
	for life := range 6 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestARebuildThatIsKilled$")
		cmd.Env = append(os.Environ(), "SUFFLOR_INDEX_REBUILD="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 0; n <= life && lines.Scan(); n++ { // "ready", then how often it was rebuilt
			require.Contains(t, lines.Text(), "re")
		}
		for range rand.IntN(2_000_000) { // a moment, not the same each time
		}
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		x, err := index.Open(t.Context(), dir, index.Options{})
		require.NoError(t, err)
		got, err := x.IDs(t.Context(), "w")
		require.NoError(t, err)
		require.True(t, slices.Equal(want, got), "%d of %d", len(got), len(want))
		require.NoError(t, x.Close())
	}
}

func TestAnIndexThatIsBeingFilledSaysSo(t *testing.T) {
	t.Parallel()
	x := fill(t, passage("a", "bolt"))
	x.Filling(40)
	res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: "bolt"})
	require.NoError(t, err)
	require.Len(t, res.Hits, 1)
	require.Equal(t, []string{"part of the documents: the search index is being rebuilt, 40 % done"}, res.Degraded)
	res, err = x.Search(t.Context(), index.Query{Workspace: "nobody", Text: "nothing"})
	require.NoError(t, err)
	require.Len(t, res.Degraded, 1, "also when nothing is found")
	x.Filled()
	require.Equal(t, []string{"a"}, ids(t, x, index.Query{Text: "bolt"}))
}

func TestAManifestThatLeadsElsewhereIsDamage(t *testing.T) {
	t.Parallel()
	dir := filled(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sufflor-index.json"), []byte(`{"format":3,"analysis":1,"ready":true,"engine":"../other"}`), 0o600))
	_, err := index.Open(t.Context(), dir, index.Options{})
	require.ErrorIs(t, err, index.ErrCorrupt)
}
