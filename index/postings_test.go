package index_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// TestPostingsAreThoseOfBleve: however they are read, with passages deleted
// and replaced in segments that had them decoded.
func TestPostingsAreThoseOfBleve(t *testing.T) {
	x := open(t, t.TempDir())
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"pumpe", "filter", "slange", "ventil", "kniv"}
	put := func(from, to int) {
		t.Helper()
		var batch index.Batch
		for i := from; i < to; i++ {
			var text []string
			for range 1 + random.IntN(12) {
				text = append(text, words[min(random.IntN(len(words)), random.IntN(len(words)))])
			}
			if i%20 == 0 {
				text = append(text, strings.Repeat(words[0]+" ", 14+i%40)) // more than four bits hold
			}
			batch.Put = append(batch.Put, index.Passage{ID: fmt.Sprintf("p%04d", i), Workspace: "w", Audience: index.Public, Document: "d", Language: "nb", Kind: index.KindText, Text: strings.Join(text, " ")})
		}
		require.NoError(t, x.Apply(t.Context(), batch))
	}
	check := func() {
		t.Helper()
		for _, stem := range append(words, "fraværende") {
			for _, limits := range [][2]int{{1, 1 << 20}, {1, 300}, {1 << 20, 1}} {
				got, err := x.Holders(t.Context(), "w", "nb", index.Analyze("nb", stem)[0].Term, limits[0], limits[1])
				require.NoError(t, err)
				for _, round := range []string{"first", "second", "third"} {
					require.Equal(t, got["bleve"], got["each, "+round], "%s %v", stem, limits)
					require.Equal(t, got["bleve"], got["straight, "+round], "%s %v", stem, limits)
					require.Equal(t, got["few"], got["few, "+round], "%s %v", stem, limits)
					require.Equal(t, got["thirds"], got["thirds, "+round], "%s %v", stem, limits)
				}
				require.Equal(t, stem != "fraværende", len(got["bleve"]) > 0)
			}
		}
	}
	for i := range 6 {
		put(i*150, (i+1)*150)
	}
	check()
	put(100, 420) // replaces what older segments hold
	var gone index.Batch
	for i := 0; i < 900; i += 7 {
		gone.Delete = append(gone.Delete, fmt.Sprintf("p%04d", i))
	}
	require.NoError(t, x.Apply(t.Context(), gone))
	check()
}

// TestWordsAreReadSideBySide: while passages are deleted that segments hold.
func TestWordsAreReadSideBySide(t *testing.T) {
	x := open(t, t.TempDir())
	const n, stems = 400, 32
	names, want := make([]string, stems), make([]int, stems)
	var put, gone index.Batch
	for i := range n {
		text := ""
		for j := range stems {
			names[j] = fmt.Sprintf("q%cx%cz", 'a'+j%26, 'a'+j/26)
			if i%(j+1) == 0 {
				text += names[j] + " "
				if i%10 != 0 {
					want[j]++
				}
			}
		}
		id := fmt.Sprintf("p%04d", i)
		put.Put = append(put.Put, index.Passage{ID: id, Workspace: "w", Audience: index.Public, Document: "d", Language: "nb", Kind: index.KindText, Text: text})
		if i%10 == 0 {
			gone.Delete = append(gone.Delete, id)
		}
	}
	require.NoError(t, x.Apply(t.Context(), put))
	require.NoError(t, x.Apply(t.Context(), gone))
	for range 20 {
		got, err := x.SideBySide(t.Context(), "w", "nb", names)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
