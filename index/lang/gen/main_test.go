package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/lang/internal/table"
)

func key(s string) table.Key {
	var k table.Key
	for _, r := range s {
		if r == '$' {
			k = k.Push(table.Boundary)
			continue
		}
		k = k.Push(table.Symbol(r))
	}
	return k
}

// TestBoundariesAreFoundAgain counts grams inside words, as lingua does, and
// expects the counts of word beginnings, ends and whole words.
func TestBoundariesAreFoundAgain(t *testing.T) {
	inner := map[table.Key]float64{}
	for _, w := range []string{"og", "og", "og", "ogs", "bog", "logg", "i", "i", "is"} {
		for i := range w {
			for n := 1; n <= table.MaxGram && i+n <= len(w); n++ {
				inner[key(w[i:i+n])]++
			}
		}
	}
	all := bounded(inner)
	for gram, want := range map[string]float64{
		"$": 9, "$og": 4, "og$": 4, "$og$": 3, "$i$": 2, "$is": 1, "$ogs$": 1, "$bog$": 1, "logg$": 1, "$logg": 1, "ogg$": 1, "$l": 1,
	} {
		require.InDelta(t, want, all[key(gram)], 0, gram)
	}
	require.NotContains(t, all, key("$ogg"))
	require.NotContains(t, all, key("$gg$"))
}

func TestFieldsRefusesWhatIsNoMessage(t *testing.T) {
	ignore := func(uint64, float64, []byte) error { return nil }
	for _, b := range [][]byte{{0x80}, {0x08}, {0x09, 1, 2}, {0x12, 5, 1}, {0x0b}} {
		require.ErrorIs(t, fields(b, ignore), errWire, "%x", b)
	}
	require.NoError(t, fields([]byte{0x08, 1, 0x12, 1, 'a'}, ignore))
}

func TestRunSaysWhereTheModelsAre(t *testing.T) {
	require.ErrorContains(t, run("", "", 1), "-models: required")
	require.ErrorContains(t, run(t.TempDir(), "", 1), "class nb")
}
