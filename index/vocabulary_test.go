package index_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

func TestWordsSpelledAlikeAreFound(t *testing.T) {
	t.Parallel()
	x := fill(t,
		in("nb", passage("a", "Tilbakestilling av passord")), in("nb", passage("b", "passordtilbakestilling")),
		in("nb", passage("c", "Passordet er feil, E-4419 og passord2")), in("sv", passage("d", "lösenord passord")),
	)
	kin, err := x.Kin(t.Context(), "w", "nb", "passord")
	require.NoError(t, err)
	require.Equal(t, []string{"passord 2 1.000", "passordtilbakestilling 1 1.000"}, kin, "codes are not words")

	// What is deleted is gone at once, and what comes is there at once.
	require.NoError(t, x.Apply(t.Context(), index.Batch{
		Put: []index.Passage{in("nb", passage("e", "passordene"))}, Delete: []string{"b"},
	}))
	kin, err = x.Kin(t.Context(), "w", "nb", "passord")
	require.NoError(t, err)
	require.Equal(t, []string{"passord 3 1.000"}, kin)
	require.NoError(t, x.Reset(t.Context()))
	kin, err = x.Kin(t.Context(), "w", "nb", "passord")
	require.NoError(t, err)
	require.Empty(t, kin)
}

// TestWordsThatOccurOnceDoNotHideTheOthers counts words from disk that come
// after one that a single passage holds once, which is stored in a way of its own.
func TestWordsThatOccurOnceDoNotHideTheOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := open(t, dir)
	const n = 200 // enough for segments to be merged: only then are words stored so
	for i := range n {
		require.NoError(t, x.Apply(t.Context(), index.Batch{Put: []index.Passage{
			in("nb", passage(fmt.Sprintf("p%03d", i), fmt.Sprintf("%s passord", strings.Repeat("a", 1+i%3)+strings.Repeat("b", 1+i)))),
		}}))
	}
	require.NoError(t, x.Close())
	kin, err := open(t, dir).Kin(t.Context(), "w", "nb", "passord")
	require.NoError(t, err)
	require.Equal(t, []string{"passord 200 1.000"}, kin)
}

// TestTheVocabularyIsTheIndexs compares the words that were kept up to date with
// those read anew from disk, after many changes.
func TestTheVocabularyIsTheIndexs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := open(t, dir)
	r := rand.New(rand.NewPCG(7, 7))
	words := func(x *index.Local) (out [][]string) {
		for _, w := range []string{"maskin", "bolten", "garanti", "flens", "mutter", "hydraulikk"} {
			kin, err := x.Kin(t.Context(), "w", "nb", w)
			require.NoError(t, err)
			out = append(out, kin)
		}
		return out
	}
	for round := range 30 {
		var b index.Batch
		for range 8 {
			b.Put = append(b.Put, in("nb", passage(fmt.Sprintf("p%02d", r.IntN(40)), sentence(r, 12))))
		}
		b.Delete = append(b.Delete, fmt.Sprintf("p%02d", 40-r.IntN(40)))
		require.NoError(t, x.Apply(t.Context(), b))
		if round%10 == 0 {
			words(x)
		}
	}
	kept := words(x)
	require.NoError(t, x.Close())
	require.Equal(t, kept, words(open(t, dir)))
}

// TestCommonWordsAreLookedUpNotRead wants the same best passages whether the
// postings of common words are read or only looked up for the candidates.
func TestCommonWordsAreLookedUpNotRead(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir())
	r := rand.New(rand.NewPCG(9, 9))
	var b index.Batch
	for i := range 6000 {
		text := fmt.Sprintf("maskinen ring%d", i%1500)
		for range r.IntN(6) {
			text += " maskinen"
		}
		if r.IntN(2) == 0 {
			text += " stopper alltid"
		}
		b.Put = append(b.Put, in("nb", passage(fmt.Sprintf("p%04d", i), text)))
	}
	require.NoError(t, x.Apply(t.Context(), b))
	search := func(postings int, text string) []index.Hit {
		r := index.Standard()
		r.Second, r.Kin, r.Postings = 0, 0, postings
		x.Cook(r)
		res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: text, Language: "nb", Limit: 4})
		require.NoError(t, err)
		return res.Hits
	}
	for _, text := range []string{"maskinen stopper ring7", "stopper maskinen", "ring7 ring8 maskinen alltid stopper"} {
		whole, some := search(1_000_000, text), search(2000, text)
		require.Len(t, some, 4)
		require.Equal(t, whole[0], some[0], text)
	}
}

// TestLanguagesAreReadEachForItself wants candidates of one language not to
// stand in for those of another.
func TestLanguagesAreReadEachForItself(t *testing.T) {
	t.Parallel()
	x := open(t, t.TempDir())
	var b index.Batch
	for i := range 3000 {
		b.Put = append(b.Put,
			in("da", passage(fmt.Sprintf("d%04d", i), "klokke maskinen")),
			in("nb", passage(fmt.Sprintf("n%04d", i), map[bool]string{true: "klokke", false: "maskinen"}[i < 4])))
	}
	require.NoError(t, x.Apply(t.Context(), b))
	r := index.Standard()
	r.Second, r.Kin, r.Postings = 0, 0, 2000
	x.Cook(r)
	res, err := x.Search(t.Context(), index.Query{Workspace: "w", Text: "klokke maskinen", Language: "nb", Limit: 6000})
	require.NoError(t, err)
	found := map[string]int{}
	for _, h := range res.Hits {
		found[h.Language]++
	}
	require.Equal(t, map[string]int{"da": 3000, "nb": 3000}, found)
}
