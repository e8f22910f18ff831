package index_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// naive is BM25 as the textbook has it, over passages in a map: nothing is
// shared with the index but the analysis.
type naive map[string][]string // id to terms

func (n naive) scores(query []string) map[string]float64 {
	const k1, b = 1.2, 0.75
	total := 0
	for _, terms := range n {
		total += len(terms)
	}
	average := float64(total) / float64(len(n))
	out := map[string]float64{}
	for _, q := range query { // a term asked for twice counts twice
		df := 0.0
		for _, terms := range n {
			if slices.Contains(terms, q) {
				df++
			}
		}
		idf := math.Log(1 + (float64(len(n))-df+0.5)/(df+0.5))
		for id, terms := range n {
			tf := 0.0
			for _, term := range terms {
				if term == q {
					tf++
				}
			}
			if tf > 0 {
				out[id] += idf * tf / (tf + k1*(1-b+b*float64(len(terms))/average))
			}
		}
	}
	return out
}

// vocabulary has no word that stems, splits or is a function word.
var vocabulary = strings.Fields("anker bolt dyse flens gir hette jekk kile lager mutter nagle olje pakning ring skrue tank vifte")

func sentence(r *rand.Rand, most int) string {
	words := make([]string, 1+r.IntN(most))
	for i := range words {
		// Squared, so that some words are common and some rare.
		f := r.Float64()
		words[i] = vocabulary[int(f*f*float64(len(vocabulary)))]
	}
	return strings.Join(words, " ")
}

func TestScoresEqualNaiveBM25(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("corpus %d", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			x := open(t, t.TempDir())
			only := index.Standard()
			only.Question, only.Kin, only.Second, only.Terms = 0, 0, 0, 512
			x.Cook(only)
			want := naive{}
			for round := range 6 {
				var b index.Batch
				for range 15 {
					id := fmt.Sprintf("p%02d", r.IntN(60))
					text := sentence(r, 40)
					want[id] = strings.Fields(text)
					b.Put = append(b.Put, passage(id, text))
				}
				if round > 0 {
					for range 5 {
						id := fmt.Sprintf("p%02d", r.IntN(60))
						if !slices.ContainsFunc(b.Put, func(p index.Passage) bool { return p.ID == id }) {
							b.Delete = append(b.Delete, id)
							delete(want, id)
						}
					}
				}
				// Another workspace must not change a score.
				b.Put = append(b.Put, elsewhere(fmt.Sprintf("other%d", round), sentence(r, 10)))
				require.NoError(t, x.Apply(t.Context(), b))

				for range 5 {
					query := sentence(r, 8)
					res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: query, Language: "", Limit: 1000})
					require.NoError(t, err)
					scores := want.scores(strings.Fields(query))
					require.Len(t, res.Hits, len(scores), "round %d, query %q", round, query)
					for _, h := range res.Hits {
						require.InDelta(t, scores[h.ID], h.Score, 1e-6, "round %d, query %q, passage %s", round, query, h.ID)
					}
				}
			}
		})
	}
}

func TestTermFrequencyAndContextWeigh(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir())
	only := index.Standard()
	only.Question, only.Kin, only.Second = 0, 0, 0
	x.Cook(only)
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{passage("a", "bolt"), passage("b", "flens")}}))
	score := func(q index.Query) map[string]float64 {
		q.Workspace = "w"
		res, err := x.Search(t.Context(), q)
		require.NoError(t, err)
		out := map[string]float64{}
		for _, h := range res.Hits {
			out[h.ID] = h.Score
		}
		return out
	}
	once := score(index.Query{Text: "bolt"})["a"]
	require.InDelta(t, math.Log(2)/2.2, once, 1e-9, "idf of one in two, one of one term")
	require.InDelta(t, 2*once, score(index.Query{Text: "bolt bolt"})["a"], 1e-9)
	got := score(index.Query{Text: "bolt", Context: []index.Weighted{{Text: "flens", Weight: 0.3}, {Text: "flens", Weight: -5}}})
	require.InDelta(t, once, got["a"], 1e-9)
	require.InDelta(t, 0.3*once, got["b"], 1e-9)
}

// FuzzSaturation holds BM25's promises: more of a term is never worse, more
// text around it never better, and no term gives more than its IDF.
func FuzzSaturation(f *testing.F) {
	f.Add(uint16(1), uint16(1), uint16(10), uint16(3))
	f.Add(uint16(9), uint16(500), uint16(1), uint16(0))
	f.Fuzz(func(t *testing.T, tf, length, n, df uint16) {
		if tf == 0 || length < tf || df > n {
			t.Skip()
		}
		s := index.Saturation(float64(tf), float64(length), 100)
		if s <= 0 || s >= 1 || s > index.Saturation(float64(tf)+1, float64(length), 100) || s < index.Saturation(float64(tf), float64(length)+1, 100) {
			t.Fatalf("tf %d, length %d: %v", tf, length, s)
		}
		if w := index.InverseDocumentFrequency(int(n), int(df)); w < 0 || math.IsNaN(w) {
			t.Fatalf("n %d, df %d: %v", n, df, w)
		}
	})
}
