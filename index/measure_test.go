package index_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/index/measure"
)

var (
	beir    = flag.String("beir", "", "folder of retrieval sets in BEIR form; TestBEIR is skipped without it")
	runsDir = flag.String("runs", "", "folder TestBEIR writes TREC runs to, <recipe>/<set>.run")
	sets    = flag.String("sets", "*", "pattern of the sets TestBEIR measures")
)

// recipes are what TestBEIR compares, the one in use last.
func recipes() []struct {
	name string
	index.Recipe
} {
	bm25 := index.Standard()
	bm25.Question, bm25.Kin, bm25.Second, bm25.Terms = 0, 0, 0, 512
	first := index.Standard()
	first.Second = 0
	return []struct {
		name string
		index.Recipe
	}{{"bm25", bm25}, {"first look", first}, {"standard", index.Standard()}}
}

// TestBEIR measures ranking on sets of questions with known answers and writes
// runs for an independent scorer. See docs/measurements/retrieval.md.
func TestBEIR(t *testing.T) {
	if *beir == "" {
		t.Skip("no -beir folder given")
	}
	dirs, _, err := measure.Find(*beir)
	require.NoError(t, err)
	x := open(t, t.TempDir())
	bench := measure.Bench{Index: x, Limit: 100}
	ndcg := measure.Metrics(10)[:1]
	fmt.Printf("%-18s", ndcg[0].Name)
	for _, r := range recipes() {
		fmt.Printf(" %14s", r.name)
	}
	fmt.Println()
	sums, n := make([]float64, len(recipes())), 0
	for _, dir := range dirs {
		if ok, err := filepath.Match(*sets, filepath.Base(dir)); err != nil || !ok {
			require.NoError(t, err)
			continue
		}
		s, err := measure.Open(t.Context(), dir, languagesOf(dir))
		require.NoError(t, err)
		_, _, err = bench.Fill(t.Context(), s)
		require.NoError(t, err)
		fmt.Printf("%-18s", s.Name)
		for i, r := range recipes() {
			x.Cook(r.Recipe)
			a, err := bench.Ask(t.Context(), s)
			require.NoError(t, err)
			mean := s.Mean(a.Run, ndcg)[ndcg[0].Name]
			fmt.Printf(" %14.4f", mean)
			sums[i] += mean
			if *runsDir != "" {
				require.NoError(t, os.MkdirAll(filepath.Join(*runsDir, r.name), 0o755))
				require.NoError(t, a.Run.WriteFile(filepath.Join(*runsDir, r.name, s.Name+".run"), r.name))
			}
		}
		n++
		fmt.Println()
	}
	require.Positive(t, n, "no sets in %s", *beir)
	fmt.Printf("%-18s", "mean")
	for _, s := range sums {
		fmt.Printf(" %14.4f", s/float64(n))
	}
	fmt.Println()
}

// languagesOf makes sets without a language in their name English, as they
// were when the published figures were taken.
func languagesOf(dir string) measure.Options {
	name := filepath.Base(dir)
	for _, l := range lang.Supported() {
		if strings.HasSuffix(name, "_"+l) {
			return measure.Options{}
		}
	}
	return measure.Options{Language: "en", QueryLanguage: "en"}
}
