package index_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// written is an identifier as a document has it, and the ways customers write
// it.
type written struct {
	document string
	asked    []string
}

// identifiers are n of each kind: article and model numbers, error codes,
// norms, amounts of money, each once.
func identifiers(r *rand.Rand, n int) []written {
	seen := map[string]bool{}
	letters := func(n int) string {
		var s strings.Builder
		for range n {
			s.WriteByte("ABCDEFGHKLMNPRSTVXZ"[r.IntN(19)])
		}
		return s.String()
	}
	var out []written
	for _, kind := range []func() written{
		func() written { // an error code
			a, b := letters(1), 1000+r.IntN(9000)
			return written{fmt.Sprintf("%s-%d", a, b), []string{
				fmt.Sprintf("%s-%d", a, b), strings.ToLower(fmt.Sprintf("%s-%d", a, b)), fmt.Sprintf("%s%d", a, b), strings.ToLower(fmt.Sprintf("%s %d", a, b)),
			}}
		},
		func() written { // a model
			a, b := letters(2), 100+r.IntN(9900)
			return written{fmt.Sprintf("%s-%d", a, b), []string{
				strings.ToLower(fmt.Sprintf("%s-%d", a, b)), fmt.Sprintf("%s%d", a, b), fmt.Sprintf("%s %d", a, b),
			}}
		},
		func() written { // an article number
			a, b := 100+r.IntN(900), 1000+r.IntN(9000)
			return written{fmt.Sprintf("%d-%d", a, b), []string{fmt.Sprintf("%d-%d", a, b), fmt.Sprintf("%d%d", a, b)}}
		},
		func() written { // a norm
			a := 1000 + r.IntN(90_000)
			return written{fmt.Sprintf("EN ISO %d", a), []string{fmt.Sprintf("EN ISO %d", a), fmt.Sprintf("iso %d", a), fmt.Sprintf("ISO%d", a)}}
		},
		func() written { // a price
			a, b := 10+r.IntN(900), r.IntN(1000)
			return written{fmt.Sprintf("%d %03d kr", a, b), []string{fmt.Sprintf("%d %03d kr", a, b), fmt.Sprintf("%d%03d kr", a, b), fmt.Sprintf("%d.%03d,- kr", a, b)}}
		},
	} {
		for made := 0; made < n; {
			w := kind()
			if !seen[w.document] {
				seen[w.document] = true
				out = append(out, w)
				made++
			}
		}
	}
	return out
}

// TestIdentifiersAreFoundHoweverTheyAreWritten asks for each identifier among
// passages that are alike but for it.
func TestIdentifiersAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	all := identifiers(r, 80)
	var b index.Batch
	for i, w := range all {
		b.Put = append(b.Put, in("nb", passage(fmt.Sprintf("p%03d", i), "Maskinen har betegnelsen "+w.document+" og leveres med filter, slange og håndbok.")))
	}
	x := fill(t, b.Put...)
	asked, right := 0, 0
	var missed []string
	for i, w := range all {
		for _, variant := range w.asked {
			asked++
			found := ids(t, x, index.Query{Text: "Hva er " + variant + " på maskinen, og hva leveres den med?", Language: "nb", Limit: 1})
			if len(found) > 0 && found[0] == fmt.Sprintf("p%03d", i) {
				right++
			} else {
				missed = append(missed, w.document+" asked as "+variant)
			}
		}
	}
	require.GreaterOrEqual(t, asked, 1000)
	require.GreaterOrEqual(t, float64(right)/float64(asked), 0.99, "%d of %d; missed: %s", right, asked, strings.Join(missed[:min(len(missed), 30)], "; "))
}
