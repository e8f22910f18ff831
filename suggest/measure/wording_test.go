package measure_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/measure"
)

func TestROUGEL(t *testing.T) {
	for _, tt := range []struct {
		name, text   string
		references   []string
		p, recall, f float64
	}{
		// Lin 2004: reference "police killed the gunman", "police kill the gunman" has
		// 3 of 4 words in order, "the gunman kill police" 2.
		{"Lin's first candidate", "police kill the gunman", []string{"police killed the gunman"}, .75, .75, .75},
		{"Lin's second candidate", "the gunman kill police", []string{"police killed the gunman"}, .5, .5, .5},
		{"longer than the reference", "It costs 3.240 € today.", []string{"3.240 €"}, 2. / 5, 1, 2 * .4 / 1.4},
		{"case and punctuation do not count", "«Åpne LOKKET!»", []string{"åpne lokket"}, 1, 1, 1},
		{"the best of several", "a b", []string{"c", "b a", "a b c d"}, 1, .5, 2. / 3},
		{"nothing in common", "a", []string{"b"}, 0, 0, 0},
		{"nothing said", "", []string{"b"}, 0, 0, 0},
		{"no words on either side", "…", []string{"!"}, 0, 0, 0},
		{"no reference", "a", nil, 0, 0, 0},
		{"letters beyond a to z", "käynnistä kone", []string{"Käynnistä kone uudelleen"}, 1, 2. / 3, .8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := measure.ROUGEL(tt.text, tt.references...)
			require.InDelta(t, tt.p, m.Precision, 1e-9)
			require.InDelta(t, tt.recall, m.Recall, 1e-9)
			require.InDelta(t, tt.f, m.F, 1e-9)
		})
	}
}

func TestTokenF1(t *testing.T) {
	for _, tt := range []struct {
		name, language, text string
		references           []string
		f                    float64
	}{
		{"articles, case and punctuation do not count", "en", "The Apollo 11!", []string{"apollo 11"}, 1},
		{"order does not count, number does", "en", "b b x", []string{"b y b b"}, 2 * (2. / 3) * .5 / (2./3 + .5)},
		{"punctuation leaves no gap", "en", "38,900", []string{"38900"}, 1},
		{"German articles", "de", "Der Schlauch", []string{"ein Schlauch"}, 1},
		{"Norwegian articles", "nb", "et filter", []string{"den filter"}, 1},
		{"Swedish articles", "sv", "ett filter", []string{"en filter"}, 1},
		{"Danish articles", "da", "et filter", []string{"det filter"}, 1},
		{"Finnish has none", "fi", "se on suodatin", []string{"suodatin"}, .5},
		{"no language, no articles", "", "the filter", []string{"filter"}, 2. / 3},
		{"both empty", "en", "the", []string{"."}, 1},
		{"one empty", "en", "", []string{"x"}, 0},
		{"the best of several", "en", "x", []string{"y", "x z"}, 2. / 3},
		{"no reference", "en", "x", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.InDelta(t, tt.f, measure.TokenF1(tt.language, tt.text, tt.references...).F, 1e-9)
		})
	}
}

// The subsequence in one row against the definition by recursion.
func TestROUGELAgainstItsDefinition(t *testing.T) {
	var lcs func(a, b []string) int
	lcs = func(a, b []string) int {
		switch {
		case len(a) == 0 || len(b) == 0:
			return 0
		case a[0] == b[0]:
			return 1 + lcs(a[1:], b[1:])
		}
		return max(lcs(a[1:], b), lcs(a, b[1:]))
	}
	r := rand.New(rand.NewPCG(1, 1))
	words := func() (out []string) {
		for range r.IntN(8) {
			out = append(out, string(rune('a'+r.IntN(4))))
		}
		return out
	}
	for range 500 {
		a, b := words(), words()
		m := measure.ROUGEL(strings.Join(a, " "), strings.Join(b, " "))
		n := lcs(a, b)
		if n == 0 {
			require.Zero(t, m)
			continue
		}
		require.InDelta(t, float64(n)/float64(len(a)), m.Precision, 1e-12)
		require.InDelta(t, float64(n)/float64(len(b)), m.Recall, 1e-12)
	}
}

func TestLongTextsEnd(t *testing.T) {
	long := strings.Repeat("ord ", 1_000_000)
	require.InDelta(t, 1, measure.ROUGEL(long, long).F, 1e-9)
}

func TestOverlap(t *testing.T) {
	var g measure.Grader = measure.Overlap{}
	context := []string{"The pump holds 38 litres.", "Oil is changed yearly."}
	require.Zero(t, g.Score("", context, "The pump holds 38 litres of oil"))
	require.InDelta(t, .25, g.Score("", context, "pump holds 39 litres"), 1e-12)
	require.Zero(t, g.Score("39?", context, "39 litres"), "the question's words are known, too")
	require.InDelta(t, 1, g.Score("", nil, "invented entirely"), 1e-12)
	require.Zero(t, g.Score("", nil, "a b c"), "nothing to check")
	require.Zero(t, g.Score("", nil, ""))
}
