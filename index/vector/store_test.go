package vector_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/vector"
)

const model = "test-model"

func open(tb testing.TB, dir string, o vector.Options) (*vector.Store, vector.Opened) {
	tb.Helper()
	o.Model = cmp.Or(o.Model, model)
	s, found, err := vector.Open(tb.Context(), dir, o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s, found
}

// cloud draws vectors as models make them: many numbers that lie near a
// surface of few dimensions, in clusters.
type cloud struct {
	rnd     *rand.Rand
	dim     int
	base    [][]float32
	centres [][]float32
}

func newCloud(seed uint64, dim, inner, clusters int) *cloud {
	c := &cloud{rnd: rand.New(rand.NewPCG(seed, 1)), dim: dim}
	for range inner {
		c.base = append(c.base, c.normal(dim, 1))
	}
	for range clusters {
		c.centres = append(c.centres, c.normal(inner, 1))
	}
	return c
}

func (c *cloud) normal(n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(c.rnd.NormFloat64() * scale)
	}
	return v
}

func (c *cloud) draw() []float32 {
	out := c.normal(c.dim, 0.3)
	centre, off := c.centres[c.rnd.IntN(len(c.centres))], c.normal(len(c.base), 0.7)
	for j, b := range c.base {
		w := centre[j] + off[j]
		for i := range out {
			out[i] += w * b[i]
		}
	}
	return out
}

func (c *cloud) items(n int) []vector.Item {
	out := make([]vector.Item, n)
	for i := range out {
		out[i] = vector.Item{ID: itemID(i), Vector: c.draw()}
	}
	return out
}

func itemID(i int) string { return fmt.Sprintf("p%06d", i) }

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// nearest is what a search must find, from the numbers as they were put.
func nearest(items []vector.Item, q []float32, k int, allow func(string) bool) []vector.Hit {
	var hits []vector.Hit
	for _, it := range items {
		if allow == nil || allow(it.ID) {
			hits = append(hits, vector.Hit{ID: it.ID, Cosine: cosine(q, it.Vector)})
		}
	}
	slices.SortFunc(hits, func(a, b vector.Hit) int { return cmp.Or(cmp.Compare(b.Cosine, a.Cosine), cmp.Compare(a.ID, b.ID)) })
	return hits[:min(k, len(hits))]
}

func ids(hits []vector.Hit) []string {
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = h.ID
	}
	return out
}

// recall is the share of want's ids that got has.
func recall(got, want []vector.Hit) float64 {
	n := 0
	for _, id := range ids(want) {
		if slices.Contains(ids(got), id) {
			n++
		}
	}
	return float64(n) / float64(max(1, len(want)))
}

func TestSearchFindsTheNearest(t *testing.T) {
	for _, dim := range []int{1, 3, 15, 16, 17, 64, 100, 384} {
		t.Run(fmt.Sprintf("%d dimensions", dim), func(t *testing.T) {
			c := newCloud(uint64(dim), dim, min(dim, 16), 20)
			items := c.items(3000)
			s, _ := open(t, t.TempDir(), vector.Options{Dim: dim})
			require.NoError(t, s.Apply(t.Context(), items, nil))
			mean := 0.0
			for range 30 {
				q := c.draw()
				got, err := s.Search(t.Context(), q, 10, nil)
				require.NoError(t, err)
				require.Len(t, got, 10)
				want := nearest(items, q, 10, nil)
				mean += recall(got, want) / 30
				for i, h := range got {
					require.InDelta(t, want[i].Cosine, h.Cosine, 0.02)
					require.True(t, i == 0 || got[i-1].Cosine >= h.Cosine)
				}
			}
			if dim >= 64 {
				require.Greater(t, mean, 0.95, "bytes instead of floats cost hardly anything")
			}
		})
	}
}

func TestCosineIsExactForWhatIsAskedBack(t *testing.T) {
	c := newCloud(5, 384, 24, 50)
	items := c.items(500)
	s, _ := open(t, t.TempDir(), vector.Options{})
	require.NoError(t, s.Apply(t.Context(), items, nil))
	for _, it := range items[:50] {
		got, err := s.Search(t.Context(), it.Vector, 1, nil)
		require.NoError(t, err)
		require.Equal(t, it.ID, got[0].ID)
		require.InDelta(t, 1, got[0].Cosine, 0.001)
	}
}

func TestTiesAreBrokenByID(t *testing.T) {
	s, _ := open(t, t.TempDir(), vector.Options{})
	var items []vector.Item
	for _, id := range []string{"d", "a", "c", "b", "e"} {
		items = append(items, vector.Item{ID: id, Vector: []float32{1, 2, 3}})
	}
	require.NoError(t, s.Apply(t.Context(), items, nil))
	got, err := s.Search(t.Context(), []float32{2, 4, 6}, 3, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, ids(got))
}

func TestPutDeleteReplace(t *testing.T) {
	dir := t.TempDir()
	s, found := open(t, dir, vector.Options{})
	require.Equal(t, "there were none yet", found.Fresh)
	got, err := s.Search(t.Context(), []float32{1, 0}, 5, nil)
	require.NoError(t, err)
	require.Empty(t, got, "an empty store gives no hit")
	require.NoError(t, s.Apply(t.Context(), nil, []string{"nobody"}))

	put := func(id string, v ...float32) vector.Item { return vector.Item{ID: id, Vector: v} }
	require.NoError(t, s.Apply(t.Context(), []vector.Item{put("a", 1, 0), put("b", 0, 1), put("c", 1, 1)}, nil))
	require.NoError(t, s.Apply(t.Context(), []vector.Item{put("a", 0, -1)}, []string{"b", "b", "nobody"}))
	require.NoError(t, s.Apply(t.Context(), []vector.Item{put("d", 1, -1), put("c", -1, 0)}, []string{"c"}))
	check := func(s *vector.Store) {
		require.Equal(t, 3, s.Len())
		require.True(t, s.Has("a"))
		require.False(t, s.Has("b"))
		require.Equal(t, []string{"a", "c", "d"}, slices.Sorted(s.IDs()))
		got, err := s.Search(t.Context(), []float32{0, -1}, 9, nil)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "d", "c"}, ids(got))
	}
	check(s)
	require.NoError(t, s.Close())
	s, found = open(t, dir, vector.Options{})
	require.Equal(t, vector.Opened{}, found)
	check(s)
}

func TestWhatCannotBeKeptIsRefusedWhole(t *testing.T) {
	s, _ := open(t, t.TempDir(), vector.Options{Dim: 2})
	good := vector.Item{ID: "good", Vector: []float32{1, 2}}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tt := range []struct {
		name string
		item vector.Item
		want error
	}{
		{"another dimension", vector.Item{ID: "x", Vector: []float32{1, 2, 3}}, vector.ErrDimension},
		{"no number", vector.Item{ID: "x", Vector: []float32{1, nan}}, vector.ErrInvalid},
		{"infinite", vector.Item{ID: "x", Vector: []float32{inf, 1}}, vector.ErrInvalid},
		{"no direction", vector.Item{ID: "x", Vector: []float32{0, 0}}, vector.ErrInvalid},
		{"no id", vector.Item{Vector: []float32{1, 2}}, vector.ErrInvalid},
		{"a long id", vector.Item{ID: strings.Repeat("x", vector.MaxID+1), Vector: []float32{1, 2}}, vector.ErrInvalid},
		{"an id twice", vector.Item{ID: "good", Vector: []float32{1, 2}}, vector.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.ErrorIs(t, s.Apply(t.Context(), []vector.Item{good, tt.item}, nil), tt.want)
			require.Zero(t, s.Len(), "nothing of it is there")
		})
	}
	require.NoError(t, s.Apply(t.Context(), []vector.Item{good}, nil))
	for _, q := range [][]float32{{1}, {1, 2, 3}, nil} {
		_, err := s.Search(t.Context(), q, 1, nil)
		require.ErrorIs(t, err, vector.ErrDimension)
	}
	for _, q := range [][]float32{{nan, 1}, {0, 0}, {inf, 0}} {
		_, err := s.Search(t.Context(), q, 1, nil)
		require.ErrorIs(t, err, vector.ErrInvalid)
	}
	got, err := s.Search(t.Context(), []float32{math.MaxFloat32, math.SmallestNonzeroFloat32}, 1, nil)
	require.NoError(t, err)
	require.InDelta(t, 1/math.Sqrt(5), got[0].Cosine, 0.01)
	got, err = s.Search(t.Context(), []float32{1, 2}, 0, nil)
	require.NoError(t, err)
	require.Empty(t, got)
	_, _, err = vector.Open(t.Context(), t.TempDir(), vector.Options{})
	require.ErrorIs(t, err, vector.ErrInvalid)
	_, _, err = vector.Open(t.Context(), t.TempDir(), vector.Options{Model: "m", Dim: vector.MaxDim + 1})
	require.ErrorIs(t, err, vector.ErrDimension)
}

func TestAnotherModelOrDimensionBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	fill := func(o vector.Options, dim int) string {
		s, found := open(t, dir, o)
		v := make([]float32, dim)
		v[0] = 1
		if s.Len() == 0 {
			require.NoError(t, s.Apply(t.Context(), []vector.Item{{ID: "a", Vector: v}}, nil))
		}
		require.NoError(t, s.Close())
		return found.Fresh
	}
	require.Contains(t, fill(vector.Options{}, 4), "none yet")
	require.Empty(t, fill(vector.Options{}, 4))
	require.Empty(t, fill(vector.Options{Dim: 4}, 4))
	require.Contains(t, fill(vector.Options{Dim: 5}, 5), "4 dimensions")
	require.Contains(t, fill(vector.Options{Model: "other"}, 5), `"test-model"`)
	require.Contains(t, fill(vector.Options{}, 5), `"other"`)

	s, _ := open(t, dir, vector.Options{})
	emptied, err := s.Use(model, 5)
	require.NoError(t, err)
	require.False(t, emptied)
	require.Equal(t, 1, s.Len())
	emptied, err = s.Use(model, 6)
	require.NoError(t, err)
	require.True(t, emptied)
	require.Zero(t, s.Len())
	require.Equal(t, vector.State{Model: model, Dim: 6, Disk: s.State().Disk}, s.State())
	require.NoError(t, s.Apply(t.Context(), []vector.Item{{ID: "a", Vector: make6()}}, nil))
	emptied, err = s.Use("new", 6)
	require.NoError(t, err)
	require.True(t, emptied)
	_, err = s.Use("", 6)
	require.ErrorIs(t, err, vector.ErrInvalid)
	_, err = s.Use("new", 0)
	require.ErrorIs(t, err, vector.ErrDimension)
}

func make6() []float32 { return []float32{1, 2, 3, 4, 5, 6} }

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, vector.Options{Dim: 2})
	_, _, err := vector.Open(t.Context(), dir, vector.Options{Model: model})
	require.ErrorIs(t, err, vector.ErrLocked)
	require.ErrorIs(t, vector.Remove(dir), vector.ErrLocked)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "a second time does nothing")
	_, err = s.Search(t.Context(), []float32{1, 2}, 1, nil)
	require.ErrorIs(t, err, vector.ErrClosed)
	require.ErrorIs(t, s.Apply(t.Context(), nil, []string{"x"}), vector.ErrClosed)
	_, err = s.Use("x", 3)
	require.ErrorIs(t, err, vector.ErrClosed)
	require.Zero(t, s.Len())
	require.False(t, s.Has("a"))
	require.Empty(t, slices.Collect(s.IDs()))
}

func TestFilterActsInside(t *testing.T) {
	c := newCloud(9, 32, 12, 10)
	items := c.items(2000)
	s, _ := open(t, t.TempDir(), vector.Options{})
	require.NoError(t, s.Apply(t.Context(), items, nil))
	q := c.draw()
	for _, tt := range []struct {
		name  string
		allow func(string) bool
		n     int
	}{
		{"a tenth is allowed", func(id string) bool { return strings.HasSuffix(id, "7") }, 10},
		{"three are allowed", func(id string) bool { return id == "p000003" || id == "p001003" || id == "p001999" }, 3},
		{"none is allowed", func(string) bool { return false }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := s.Search(t.Context(), q, 10, tt.allow)
			require.NoError(t, err)
			require.Len(t, got, tt.n)
			require.GreaterOrEqual(t, recall(got, nearest(items, q, 10, tt.allow)), 0.9*float64(min(1, tt.n)))
			for _, h := range got {
				require.True(t, tt.allow(h.ID))
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	s, _ := open(t, t.TempDir(), vector.Options{Dim: 2})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Apply(ctx, []vector.Item{{ID: "a", Vector: []float32{1, 2}}}, nil), context.Canceled)
	_, err := s.Search(ctx, []float32{1, 2}, 1, nil)
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = vector.Open(ctx, filepath.Join(t.TempDir(), "new"), vector.Options{Model: model, Dim: 2})
	require.True(t, err == nil || ctx.Err() != nil)
}

// TestAgainstAMap does thousands of changes to a store and to a map, opens it
// again now and then, with and without a graph, and compares.
func TestAgainstAMap(t *testing.T) {
	for _, exact := range []int{0, 100} {
		t.Run(fmt.Sprintf("exact up to %d", exact), func(t *testing.T) {
			dir, c := t.TempDir(), newCloud(11, 24, 8, 6)
			o := vector.Options{Exact: exact}
			s, _ := open(t, dir, o)
			want := map[string][]float32{}
			for round := range 120 {
				var put []vector.Item
				var del []string
				used := map[string]bool{}
				for range c.rnd.IntN(20) {
					if id := fmt.Sprint(c.rnd.IntN(600)); !used[id] {
						used[id] = true
						put = append(put, vector.Item{ID: id, Vector: c.draw()})
					}
				}
				for range c.rnd.IntN(10) {
					if id := fmt.Sprint(c.rnd.IntN(600)); !used[id] {
						del = append(del, id)
					}
				}
				require.NoError(t, s.Apply(t.Context(), put, del))
				for _, it := range put {
					want[it.ID] = it.Vector
				}
				for _, id := range del {
					delete(want, id)
				}
				if round%17 == 0 {
					require.NoError(t, s.Settle(t.Context()))
				}
				if round%23 == 0 {
					require.NoError(t, s.Close())
					var found vector.Opened
					s, found = open(t, dir, o)
					if round > 0 {
						require.Equal(t, vector.Opened{}, found)
					}
				}
				require.Equal(t, len(want), s.Len())
			}
			require.NoError(t, s.Settle(t.Context()))
			var items []vector.Item
			for id, v := range want {
				require.True(t, s.Has(id))
				items = append(items, vector.Item{ID: id, Vector: v})
			}
			require.Equal(t, exact > 0, s.State().Linked > 0)
			mean := 0.0
			for range 40 {
				q := c.draw()
				got, err := s.Search(t.Context(), q, 5, nil)
				require.NoError(t, err)
				mean += recall(got, nearest(items, q, 5, nil)) / 40
			}
			require.Greater(t, mean, 0.93)
		})
	}
}

func TestSearchesAndWritesGoOnTogether(t *testing.T) {
	c := newCloud(21, 32, 8, 10)
	items := c.items(1500)
	s, _ := open(t, t.TempDir(), vector.Options{Exact: 300})
	require.NoError(t, s.Apply(t.Context(), items[:100], nil))
	queries := make([][]float32, 20)
	for i := range queries {
		queries[i] = c.draw()
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := w; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				hits, err := s.Search(context.Background(), queries[i%len(queries)], 10, func(id string) bool { return w > 0 || id[6] != '3' })
				if err != nil || len(hits) == 0 {
					t.Errorf("%d hits, %v", len(hits), err)
					return
				}
				s.Has(hits[0].ID)
				s.Len()
			}
		})
	}
	for i := 100; i < len(items); i += 50 {
		require.NoError(t, s.Apply(t.Context(), items[i:i+50], []string{items[i-60].ID, items[i-70].ID, items[i-80].ID}))
	}
	for i := 0; i < 1000; i += 100 {
		var del []string
		for _, it := range items[i : i+100] {
			del = append(del, it.ID)
		}
		require.NoError(t, s.Apply(t.Context(), nil, del))
	}
	require.NoError(t, s.Settle(t.Context()))
	close(stop)
	wg.Wait()
	require.Zero(t, s.State().Vectors-s.Len())
}

func TestCloseWhileSearching(t *testing.T) {
	c := newCloud(3, 64, 8, 10)
	s, _ := open(t, t.TempDir(), vector.Options{Exact: 500})
	require.NoError(t, s.Apply(t.Context(), c.items(3000), nil))
	q := c.draw()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				if _, err := s.Search(context.Background(), q, 10, nil); err != nil {
					if !strings.Contains(err.Error(), vector.ErrClosed.Error()) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	require.NoError(t, s.Close())
	wg.Wait()
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Size()
}

func TestTheFileShrinksWhenMuchIsDeleted(t *testing.T) {
	dir, c := t.TempDir(), newCloud(7, 256, 8, 10)
	items := c.items(6000)
	s, _ := open(t, dir, vector.Options{Exact: 500})
	for i := 0; i < len(items); i += 1000 {
		require.NoError(t, s.Apply(t.Context(), items[i:i+1000], nil))
	}
	require.NoError(t, s.Settle(t.Context()))
	before := size(t, filepath.Join(dir, "vectors"))
	var del []string
	for _, it := range items[:4500] {
		del = append(del, it.ID)
	}
	require.NoError(t, s.Apply(t.Context(), nil, del))
	require.NoError(t, s.Settle(t.Context()))
	require.Less(t, size(t, filepath.Join(dir, "vectors")), before/2)
	require.Equal(t, 1500, s.State().Linked, "the deleted are out of the graph")

	check := func(items []vector.Item) {
		mean := 0.0
		for range 30 {
			q := c.draw()
			got, err := s.Search(t.Context(), q, 10, nil)
			require.NoError(t, err)
			mean += recall(got, nearest(items, q, 10, nil)) / 30
		}
		require.Greater(t, mean, 0.95)
	}
	check(items[4500:])
	more := c.items(7000)[6000:]
	require.NoError(t, s.Apply(t.Context(), more, nil))
	require.NoError(t, s.Close())
	var found vector.Opened
	s, found = open(t, dir, vector.Options{Exact: 500})
	require.Equal(t, vector.Opened{}, found)
	require.NoError(t, s.Settle(t.Context()))
	check(slices.Concat(items[4500:], more))
	require.Equal(t, 2500, s.State().Linked, "slots of the deleted are used again")

	del = nil
	for id := range s.IDs() {
		del = append(del, id)
	}
	require.NoError(t, s.Apply(t.Context(), nil, del[:2400]))
	require.NoError(t, s.Settle(t.Context()))
	require.Zero(t, s.State().Linked, "a hundred are compared one by one")
	require.Equal(t, 100, s.Len())
}
