package index_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
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
	bm25.Heading, bm25.Question, bm25.Grams, bm25.Bigrams, bm25.Terms = 0, 0, 0, 0, 512
	grams := bm25
	grams.Grams = index.Standard().Grams
	both := grams
	both.Bigrams = index.Standard().Bigrams
	return []struct {
		name string
		index.Recipe
	}{{"bm25", bm25}, {"grams", grams}, {"grams+bigrams", both}, {"standard", index.Standard()}}
}

// TestBEIR measures ranking on sets of questions with known answers and writes
// runs for an independent scorer. See docs/measurements/retrieval.md.
func TestBEIR(t *testing.T) {
	if *beir == "" {
		t.Skip("no -beir folder given")
	}
	dirs, err := filepath.Glob(filepath.Join(*beir, *sets))
	require.NoError(t, err)
	x := open(t, t.TempDir())
	fmt.Printf("%-18s", "nDCG@10")
	for _, r := range recipes() {
		fmt.Printf(" %14s", r.name)
	}
	fmt.Println()
	sums, n := make([]float64, len(recipes())), 0
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "corpus.jsonl")); err != nil {
			continue
		}
		name := filepath.Base(dir)
		documents, questions := languagesOf(name)
		put(t, x, name, documents, filepath.Join(dir, "corpus.jsonl"))
		queries := lines(t, filepath.Join(dir, "queries.jsonl"))
		judged := judgements(t, filepath.Join(dir, "qrels", "test.tsv"))
		fmt.Printf("%-18s", name)
		for i, r := range recipes() {
			x.Cook(r.Recipe)
			var run bytes.Buffer
			total, count := 0.0, 0
			for _, q := range queries {
				res, err := x.Search(t.Context(), index.Query{Workspace: name, Text: q.Text, Language: questions, Limit: 100})
				require.NoError(t, err)
				for rank, h := range res.Hits {
					fmt.Fprintf(&run, "%s\tQ0\t%s\t%d\t%.9f\t%s\n", q.ID, strings.TrimPrefix(h.ID, name+"/"), rank+1, h.Score, r.name)
				}
				if rels := judged[q.ID]; len(rels) > 0 {
					total += ndcg(rels, name, res.Hits)
					count++
				}
			}
			fmt.Printf(" %14.4f", total/float64(count))
			sums[i] += total / float64(count)
			if *runsDir != "" {
				require.NoError(t, os.MkdirAll(filepath.Join(*runsDir, r.name), 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(*runsDir, r.name, name+".run"), run.Bytes(), 0o644))
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

// languagesOf reads the languages of documents and questions from a set's
// name: "swefaq_sv", "xquad_x_en_de"; sets without one are English.
func languagesOf(set string) (documents, questions string) {
	parts := strings.Split(set, "_")
	known := []string{"nb", "sv", "da", "fi", "de", "en"}
	last := parts[len(parts)-1]
	if !slices.Contains(known, last) {
		return "en", "en"
	}
	if len(parts) > 2 && slices.Contains(known, parts[len(parts)-2]) {
		return last, parts[len(parts)-2]
	}
	return last, last
}

type line struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

func lines(t *testing.T, path string) []line {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	var out []line
	d := json.NewDecoder(bufio.NewReader(f))
	for d.More() {
		var l line
		require.NoError(t, d.Decode(&l))
		out = append(out, l)
	}
	return out
}

func put(t *testing.T, x *index.Local, workspace, language, path string) {
	t.Helper()
	var b index.Batch
	for _, l := range lines(t, path) {
		b.Put = append(b.Put, index.Passage{
			ID: workspace + "/" + l.ID, Workspace: workspace, Audience: index.Public, Document: l.ID,
			Title: l.Title, Text: l.Text, Language: language, Kind: index.KindText,
		})
	}
	for part := range slices.Chunk(b.Put, 1000) {
		require.NoError(t, x.Apply(t.Context(), index.Batch{Put: part}))
	}
}

func judgements(t *testing.T, path string) map[string]map[string]float64 {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	out := map[string]map[string]float64{}
	for l := range strings.Lines(string(raw)) {
		p := strings.Split(strings.TrimSpace(l), "\t")
		if len(p) != 3 {
			continue
		}
		rel, err := strconv.ParseFloat(p[2], 64)
		if err != nil || rel < 1 {
			continue
		}
		if out[p[0]] == nil {
			out[p[0]] = map[string]float64{}
		}
		out[p[0]][p[1]] = rel
	}
	return out
}

func ndcg(rels map[string]float64, set string, hits []index.Hit) float64 {
	got, best := 0.0, 0.0
	for i, h := range hits[:min(len(hits), 10)] {
		got += rels[strings.TrimPrefix(h.ID, set+"/")] / math.Log2(float64(i)+2)
	}
	gains := make([]float64, 0, len(rels))
	for _, g := range rels {
		gains = append(gains, g)
	}
	slices.Sort(gains)
	slices.Reverse(gains)
	for i, g := range gains[:min(len(gains), 10)] {
		best += g / math.Log2(float64(i)+2)
	}
	return got / best
}
