//go:build unix

package vector_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/vector"
)

var (
	measureN     = flag.Int("vectors", 0, "measure with this many vectors; 0 skips")
	measureDim   = flag.Int("dim", 384, "dimensions")
	measureText  = flag.String("texts", "", "make vectors of the texts of BEIR folders below this one, instead of drawing them")
	measureGraph = flag.Bool("graph", true, "build the graph too")
	measureAsked = flag.Int("questions", 500, "questions asked")
)

// projected is a text as a vector: each word leads in a random direction of
// its own. Texts that share no word are nearly at right angles, which is
// harder for a graph than what models make.
func projected(text string, dim int, directions map[string][]float32) []float32 {
	out := make([]float32, dim)
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		d := directions[w]
		if d == nil {
			h := fnv.New64a()
			h.Write([]byte(w))
			rnd := rand.New(rand.NewPCG(h.Sum64(), 0))
			d = make([]float32, dim)
			for i := range d {
				d[i] = float32(rnd.NormFloat64())
			}
			directions[w] = d
		}
		weight := float32(min(len(w), 10)) // long words are rare ones
		for i, x := range d {
			out[i] += weight * x
		}
	}
	return out
}

func textVectors(t *testing.T, root string, dim, n int) [][]float32 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "*", "corpus.jsonl"))
	require.NoError(t, err)
	directions := map[string][]float32{}
	var out [][]float32
	for _, path := range files {
		f, err := os.Open(path)
		require.NoError(t, err)
		for sc := bufio.NewScanner(f); sc.Scan() && len(out) < n; {
			var doc struct{ Title, Text string }
			if json.Unmarshal(sc.Bytes(), &doc) == nil && len(doc.Text) > 20 {
				out = append(out, projected(doc.Title+" "+doc.Text, dim, directions))
			}
		}
		require.NoError(t, f.Close())
	}
	return out
}

// cpuTime is what this process has used of all processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestMeasure prints what docs/measurements/vectors.md shows.
func TestMeasure(t *testing.T) {
	if *measureN == 0 {
		t.Skip("-vectors is not given")
	}
	ctx, dir := t.Context(), t.TempDir()
	c := newCloud(1, *measureDim, 32, 2000)
	var texts [][]float32
	draw := c.draw
	if *measureText != "" {
		texts = textVectors(t, *measureText, *measureDim, *measureN+*measureAsked)
		c.rnd.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		draw = func() []float32 {
			v := texts[len(texts)-1]
			texts = texts[:len(texts)-1]
			return v
		}
		*measureN = min(*measureN, len(texts)-*measureAsked)
	}
	queries := make([][]float32, *measureAsked)
	for i := range queries {
		queries[i] = draw()
	}
	exact := vector.Options{Model: model, Dim: *measureDim, Exact: *measureN}
	s, _, err := vector.Open(ctx, dir, exact)
	require.NoError(t, err)
	var took time.Duration
	var all []vector.Item
	for from := 0; from < *measureN; from += 1000 {
		items := make([]vector.Item, min(1000, *measureN-from))
		for i := range items {
			items[i] = vector.Item{ID: itemID(from + i), Vector: draw()}
		}
		if *measureN <= 100_000 {
			all = append(all, items...)
		}
		began := time.Now()
		require.NoError(t, s.Apply(ctx, items, nil))
		took += time.Since(began)
	}
	t.Logf("%d × %d written in %v, %d MB on disk", *measureN, *measureDim, took.Round(time.Millisecond), s.State().Disk>>20)

	want := make([][]vector.Hit, len(queries))
	ask := func(name string, allow func(string) bool, k int, note func(i int, got []vector.Hit)) {
		var times []time.Duration
		for i, q := range queries {
			began := time.Now()
			got, err := s.Search(ctx, q, k, allow)
			require.NoError(t, err)
			times = append(times, time.Since(began))
			note(i, got)
		}
		slices.Sort(times)
		t.Logf("%s: p50 %v, p95 %v", name, times[len(times)/2].Round(time.Microsecond), times[len(times)*95/100].Round(time.Microsecond))
	}
	ask("exact, k 10", nil, 10, func(i int, got []vector.Hit) { want[i] = got })
	if len(all) > 0 {
		mean := 0.0
		for i, q := range queries[:50] {
			mean += recall(want[i], nearest(all, q, 10, nil)) / 50
		}
		t.Logf("recall@10 of bytes against floats: %.3f", mean)
	}
	require.NoError(t, s.Close())
	began := time.Now()
	s, _, err = vector.Open(ctx, dir, exact)
	require.NoError(t, err)
	t.Logf("opened in %v", time.Since(began).Round(time.Millisecond))
	require.NoError(t, s.Close())
	if !*measureGraph {
		return
	}

	began = time.Now()
	used := cpuTime()
	graph := vector.Options{Model: model, Dim: *measureDim, Exact: 1}
	s, _, err = vector.Open(ctx, dir, graph)
	require.NoError(t, err)
	require.NoError(t, s.Settle(ctx))
	t.Logf("graph built in %v, %v of processor time", time.Since(began).Round(time.Millisecond), (cpuTime() - used).Round(time.Millisecond))
	mean, full := 0.0, make([][]vector.Hit, len(queries))
	ask("graph, k 10", nil, 10, func(i int, got []vector.Hit) { mean += recall(got, want[i]) / float64(len(queries)) })
	t.Logf("recall@10 of the graph: %.4f", mean)
	ask("graph, k 100", nil, 100, func(i int, got []vector.Hit) { full[i] = got })
	third := func(id string) bool { return id[len(id)-1]%3 == 0 }
	filtered := make([][]vector.Hit, len(queries))
	ask("graph, k 10, a third allowed", third, 10, func(i int, got []vector.Hit) { filtered[i] = got })
	require.NoError(t, s.Close())
	began = time.Now()
	s, _, err = vector.Open(ctx, dir, graph)
	require.NoError(t, err)
	t.Logf("opened with its graph in %v", time.Since(began).Round(time.Millisecond))
	require.NoError(t, s.Close())

	s, _, err = vector.Open(ctx, dir, exact)
	require.NoError(t, err)
	mean = 0
	queries = queries[:min(100, len(queries))]
	ask("exact, k 100", nil, 100, func(i int, got []vector.Hit) { mean += recall(full[i], got) / float64(len(queries)) })
	t.Logf("recall@100 of the graph: %.4f", mean)
	mean = 0
	ask("exact, k 10, a third allowed", third, 10, func(i int, got []vector.Hit) { mean += recall(filtered[i], got) / float64(len(queries)) })
	t.Logf("recall@10 of the graph with a third allowed: %.4f", mean)
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			if strings.HasPrefix(line, "VmHWM") || strings.HasPrefix(line, "VmRSS") {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
	require.NoError(t, s.Close())
}
