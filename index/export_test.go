package index

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Recipe is [recipe] for measurements.
type Recipe struct {
	Question, Kin, KinLeast, Common, Bound       float64
	Terms, Second, KinMax, Postings, KinPostings int
	Ranking                                      Ranking
}

// Standard is what searches use.
func Standard() Recipe {
	s := standard
	return Recipe{s.question, s.kin, s.kinLeast, s.common, s.bound, s.terms, s.second, s.kinMax, s.postings, s.kinRead, trainedRanking()}
}

// Saturation and InverseDocumentFrequency are the two factors of BM25.
var (
	Saturation               = saturation
	InverseDocumentFrequency = idf
)

// Cook makes x search by r. Not safe while searches run.
func (x *Local) Cook(r Recipe) {
	x.recipe = recipe{
		question: r.Question, kin: r.Kin, kinLeast: r.KinLeast, common: r.Common,
		terms: r.Terms, second: r.Second, kinMax: r.KinMax, postings: r.Postings, kinRead: r.KinPostings, bound: r.Bound, ranking: r.Ranking,
	}
}

// RequireTracesComeBack wants the words of a text unchanged by how they are
// stored.
func RequireTracesComeBack(tb testing.TB, language, text string) {
	tb.Helper()
	words := traced(analyze(language, text))
	if len(words) == 0 {
		words = nil
	}
	want := traces{words, nil, words}
	got, err := decodeTraces(string(want.encode()))
	require.NoError(tb, err, "%q in %q", text, language)
	require.Equal(tb, want, got, "%q in %q", text, language)
}

// DecodeTraces is whether stored words can be read.
func DecodeTraces(raw string) error {
	_, err := decodeTraces(raw)
	return err
}

// Kin is the words of the index that are spelled like word.
func (x *Local) Kin(ctx context.Context, workspace, language, word string) ([]string, error) {
	v, err := x.words(ctx, workspace, language)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, k := range v.kin(v.spelling(word), &tally{}, standard.kinLeast, standard.kinMax) {
		out = append(out, fmt.Sprintf("%s %d %.3f", k.term, k.df, k.likeness))
	}
	return out, nil
}
