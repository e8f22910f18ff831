package lang

import (
	"math"
	"slices"
)

// nynorsk is how likely it is, compared with bokmål, before a word is read.
const nynorsk = 0.2

// Among is the likeliest of the table's classes among names, for measuring on
// sets of other candidates than ours; "" when there is nothing to read.
// Bokmål and nynorsk are told apart last.
func Among(text string, names ...string) string {
	e := load()
	scores, words := e.scores(text)
	if words == 0 {
		return ""
	}
	p := map[string]float64{}
	top := slices.Max(scores[:])
	for i, c := range e.table.Classes {
		if slices.Contains(names, c) {
			p[groups[c]] += math.Exp(scores[i] - top)
		}
	}
	best, most := "", -1.0
	for _, c := range e.table.Classes {
		if g := groups[c]; slices.Contains(names, c) && p[g] > most {
			best, most = c, p[g]
		}
	}
	nb, nn := slices.Index(e.table.Classes, "nb"), slices.Index(e.table.Classes, "nn")
	if groups[best] == "nb" && slices.Contains(names, "nn") && scores[nn]+math.Log(nynorsk) > scores[nb] {
		return "nn"
	}
	return best
}
