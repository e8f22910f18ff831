package bilingual_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/bilingual"
)

// words is what a shop's two manuals say, line by line.
var words = []struct{ nb, en, code string }{
	{"Bytt filteret hvert halvår", "Replace the filter every six months", "F-101"},
	{"Filteret koster 340 kr", "The filter costs 340 kr", "F-102"},
	{"Pumpen lager støy", "The pump makes noise", "P-201"},
	{"Smør pumpen med fett", "Lubricate the pump with grease", "P-202"},
	{"Garantien gjelder ikke støy", "The warranty does not cover noise", "G-301"},
	{"Garantien dekker pumpen", "The warranty covers the pump", "G-302"},
	{"Slangen lekker vann", "The hose leaks water", "S-401"},
	{"Skift slangen når den lekker", "Replace the hose when it leaks", "S-402"},
}

func manual(language, source string, from int, line func(i int) string) []index.Passage {
	var out []index.Passage
	for i := from; i < len(words); i++ {
		out = append(out, index.Passage{
			ID: fmt.Sprintf("%s-%d", language, i), Workspace: "w", Collection: "c", Audience: index.Public, Document: source, Source: source,
			Title: source, Kind: index.KindText, Language: language, Ordinal: i, Text: line(i),
		})
	}
	return out
}

func norwegian(i int) string { return words[i].code + ": " + words[i].nb + "." }
func english(i int) string   { return words[i].code + ": " + words[i].en + "." }

func each(passages []index.Passage) iter.Seq2[index.Passage, error] {
	return func(yield func(index.Passage, error) bool) {
		for _, p := range passages {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func learn(t *testing.T, passages ...[]index.Passage) *bilingual.Lexicon {
	t.Helper()
	l, err := bilingual.Learn(t.Context(), each(slices.Concat(passages...)))
	require.NoError(t, err)
	return l
}

func TestWordsAreLearntFromDocumentsWithTheSameCodes(t *testing.T) {
	l := learn(t, manual("nb", "haandbok.pdf", 0, norwegian), manual("en", "manual.pdf", 0, english))
	require.Equal(t, "pump", l.Terms("nb", "en", "pumpen")[0].Word)
	require.Equal(t, "filteret", l.Terms("en", "nb", "filters")[0].Word, "by its stem")
	require.Equal(t, "hose", l.Terms("nb", "en", "slangen")[0].Word)
	require.Empty(t, l.Terms("nb", "sv", "pumpen"))

	text, share := l.Translate("en", "nb", "Does the warranty, honestly, say noise of P-201?")
	require.Equal(t, "garantien honestly say støy P-201", text)
	require.InDelta(t, 0.5, share, 1e-9)
}

func TestDocumentsBelongTogetherByTheirPaths(t *testing.T) {
	bare := func(pick func(i int) string) func(int) string {
		return func(i int) string { return pick(i)[len("F-101: "):] }
	}
	l := learn(t, manual("nb", "hjelp/no/bruk.md", 0, bare(norwegian)), manual("en", "hjelp/en/bruk.md", 0, bare(english)))
	require.Equal(t, "pump", l.Terms("nb", "en", "pumpen")[0].Word)
	l = learn(t, manual("nb", "hjelp/bruk.md", 0, bare(norwegian)), manual("en", "help/use.md", 0, bare(english)))
	require.Zero(t, l.Size(), "nothing says that these are the same: %v", l.Pairs())
}

func TestOneLongDocumentLeavesRoomForTheOthers(t *testing.T) {
	long := make([]index.Passage, 600)
	for i := range long {
		long[i] = index.Passage{ID: fmt.Sprint("long-", i), Document: "a long list", Kind: index.KindText, Language: "nb", Ordinal: i, Text: "vare"}
		if i >= 500 { // which are not compared any more
			long[i].Text = strings.Repeat("vare ", 200_000)
		}
	}
	l := learn(t, long, manual("nb", "haandbok.pdf", 0, norwegian), manual("en", "manual.pdf", 0, english))
	require.NotZero(t, l.Size())
}

func TestWhatIsSaidOnceIsNotLearnt(t *testing.T) {
	l := learn(t, manual("nb", "haandbok.pdf", 0, norwegian), manual("en", "manual.pdf", 0, english))
	require.Empty(t, l.Terms("nb", "en", "smør"), "one line says it")
}

func TestLearningTwiceGivesTheSame(t *testing.T) {
	a := learn(t, manual("nb", "a.pdf", 0, norwegian), manual("en", "b.pdf", 0, english))
	b := learn(t, manual("en", "b.pdf", 0, english), manual("nb", "a.pdf", 0, norwegian))
	first, err := a.Encode("x")
	require.NoError(t, err)
	second, err := b.Encode("x")
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))

	again, of, err := bilingual.Decode(first)
	require.NoError(t, err)
	require.Equal(t, "x", of)
	require.Equal(t, a.Pairs(), again.Pairs())
	require.Equal(t, a.Terms("nb", "en", "pumpen"), again.Terms("nb", "en", "pumpen"))

	_, _, err = bilingual.Decode([]byte(`{"format":0}`))
	require.ErrorIs(t, err, bilingual.ErrFormat)
	_, _, err = bilingual.Decode(append(slices.Clone(first[:len(first)/2]), first[len(first)/2+1:]...))
	require.ErrorIs(t, err, bilingual.ErrFormat)
}

func TestLearningEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := bilingual.Learn(ctx, each(manual("nb", "a.pdf", 0, norwegian)))
	require.ErrorIs(t, err, context.Canceled)
	broken := errors.New("disk")
	_, err = bilingual.Learn(t.Context(), func(yield func(index.Passage, error) bool) { yield(index.Passage{}, broken) })
	require.ErrorIs(t, err, broken)
}

func open(t *testing.T, passages ...[]index.Passage) *index.Local {
	t.Helper()
	x, err := index.Open(t.Context(), t.TempDir(), index.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: slices.Concat(passages...)}))
	return x
}

func TestAQuestionFindsWhatOnlyAnotherLanguageSays(t *testing.T) {
	nb, en := manual("nb", "a.pdf", 0, norwegian), manual("en", "b.pdf", 0, english)
	l := learn(t, nb, en)
	more := []index.Passage{
		{ID: "new", Workspace: "w", Collection: "c", Audience: index.Public, Document: "d", Source: "d", Title: "Nytt", Kind: index.KindText, Language: "nb", Text: "Slangen er løs: stram klemmen."},
		{ID: "other", Workspace: "w", Collection: "c", Audience: index.Public, Document: "d", Source: "d", Title: "Nytt", Kind: index.KindText, Language: "nb", Text: "Kontoret er stengt i juli."},
		{ID: "third", Workspace: "w", Collection: "c", Audience: index.Public, Document: "d", Source: "d", Title: "Nytt", Kind: index.KindText, Language: "nb", Text: "Vi holder til i Skien."},
	}
	x := open(t, more)
	q := index.Query{Workspace: "w", Language: "en", Text: "hose"}
	before, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	require.Empty(t, before.Hits, "no word is shared")
	terms := bilingual.Index{Searcher: x, Terms: func(string) *bilingual.Lexicon { return l }}
	after, err := terms.Search(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, "new", after.Hits[0].ID)

	asked := ""
	model := bilingual.Index{Searcher: x, Translate: func(_ context.Context, _, from string, to []string, text string) (map[string]string, error) {
		asked = fmt.Sprint(from, ">", to, ": ", text)
		return map[string]string{"nb": "slange løs"}, nil
	}}
	q.Sentence = "Why does the hose come off?"
	after, err = model.Search(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, "new", after.Hits[0].ID)
	require.Equal(t, "en>[nb]: Why does the hose come off?", asked)

	down := bilingual.Index{
		Searcher: x, Terms: terms.Terms,
		Translate: func(context.Context, string, string, []string, string) (map[string]string, error) {
			return nil, errors.New("down")
		},
	}
	after, err = down.Search(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, "new", after.Hits[0].ID, "the list of terms serves")
	require.Len(t, after.Degraded, 1)
}

func TestOfTwoLanguagesTheQuestionsOwnIsShown(t *testing.T) {
	nb, en := manual("nb", "a.pdf", 0, norwegian), manual("en", "b.pdf", 0, english)
	l := learn(t, nb, en)
	x := bilingual.Index{Searcher: open(t, nb, en), Terms: func(string) *bilingual.Lexicon { return l }}
	res, err := x.Search(t.Context(), index.Query{Workspace: "w", Language: "en", Text: "pump noise P-201", Limit: 5})
	require.NoError(t, err)
	require.Equal(t, "en-2", res.Hits[0].ID)
	require.LessOrEqual(t, len(res.Hits), 5)
	for _, h := range res.Hits {
		require.NotEqual(t, "nb-2", h.ID, "it says what en-2 says")
	}
	res, err = x.Search(t.Context(), index.Query{Workspace: "w", Language: "nb", Text: "pumpen støy P-201"})
	require.NoError(t, err)
	require.Equal(t, "nb-2", res.Hits[0].ID)
}

func TestOtherNumbersAreNotTheSame(t *testing.T) {
	cheaper := func(i int) string {
		if i == 1 {
			return "F-102: The filter costs 290 kr."
		}
		return english(i)
	}
	nb, en := manual("nb", "a.pdf", 0, norwegian), manual("en", "b.pdf", 0, cheaper)
	l := learn(t, nb, en)
	x := bilingual.Index{Searcher: open(t, nb, en), Terms: func(string) *bilingual.Lexicon { return l }}
	res, err := x.Search(t.Context(), index.Query{Workspace: "w", Language: "en", Text: "filter costs F-102"})
	require.NoError(t, err)
	var ids []string
	for _, h := range res.Hits {
		ids = append(ids, h.ID)
	}
	require.Contains(t, ids, "en-1")
	require.Contains(t, ids, "nb-1", "another country's price")
}

func TestNothingLearntChangesNothing(t *testing.T) {
	var none *bilingual.Lexicon
	text, share := none.Translate("nb", "en", "pumpen")
	require.Equal(t, "pumpen", text)
	require.Zero(t, share)
	x := open(t, manual("nb", "a.pdf", 0, norwegian))
	q := index.Query{Workspace: "w", Language: "nb", Text: "pumpen støy"}
	want, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	got, err := bilingual.Index{Searcher: x, Terms: func(string) *bilingual.Lexicon { return nil }}.Search(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, want.Hits, got.Hits)
}

func FuzzDecode(f *testing.F) {
	l, err := bilingual.Words(context.Background(), []bilingual.Sample{
		{A: bilingual.Side{Language: "nb", Text: "filter"}, B: bilingual.Side{Language: "en", Text: "filter"}},
	})
	if err != nil {
		f.Fatal(err)
	}
	data, err := l.Encode("seed")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":1,"learnt":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, _, err := bilingual.Decode(data)
		if err != nil {
			require.ErrorIs(t, err, bilingual.ErrFormat)
			return
		}
		_, _ = l.Translate("nb", "en", "filteret lekker")
	})
}

func FuzzLearn(f *testing.F) {
	f.Add("F-101 bytt filteret\nP-201 støy", "F-101 replace the filter\nP-201 noise", "A. B: c")
	f.Fuzz(func(t *testing.T, a, b, question string) {
		passage := func(language, text string) index.Passage {
			return index.Passage{ID: language, Document: language, Source: language + "/x.md", Title: text, Kind: index.KindText, Language: language, Text: text, Question: text, Headings: []string{text}}
		}
		l, err := bilingual.Learn(t.Context(), each([]index.Passage{passage("nb", a), passage("en", b)}))
		require.NoError(t, err)
		_, share := l.Translate("nb", "en", question)
		require.True(t, share >= 0 && share <= 1)
	})
}
