package review_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/review"
)

// written shows a diff with marks: [-gone-] {+come+}.
func written(pieces []review.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		switch p.Op {
		case review.Delete:
			b.WriteString("[-" + p.Text + "-]")
		case review.Insert:
			b.WriteString("{+" + p.Text + "+}")
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestDiffOfWords(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"nothing differs", "The tank holds 38 litres.", "The tank holds 38 litres.", "The tank holds 38 litres."},
		{"both are empty", "", "", ""},
		{"all is new", "", "Hi Kari,", "{+Hi Kari,+}"},
		{"all is gone", "Hi Kari,", "", "[-Hi Kari,-]"},
		{"a number is corrected", "The tank holds 83 litres.", "The tank holds 38 litres.", "The tank holds [-83 -]{+38 +}litres."},
		{"a decimal number is one word", "It costs EUR 64.00.", "It costs EUR 64.50.", "It costs EUR [-64.00-]{+64.50+}."},
		{"a sign is a word", "Yes, today.", "Yes today!", "Yes [-, -]today[-.-]{+!+}"},
		{"white space does not count", "Hi Kari,\n\nUse  it.", "Hi Kari,\nUse it. ", "Hi Kari,\nUse it. "},
		{"a sentence is added", "Hi. Bye.", "Hi. All is well. Bye.", "Hi. {+All is well. +}Bye."},
		{"words that were moved", "a b c d", "c d a b", "[-a b -]c d {+a b+}"},
		{"the example of Myers", "A B C A B B A", "C B A B A C", "[-A B -]C {+B +}A B [-B -]A {+C+}"},
		{"bytes that are no text", "a \xff b", "a \xfe b", "a [-\xff -]{+\xfe +}b"},
		{"words in other scripts", "שלום עולם", "שלום לך", "שלום [-עולם-]{+לך+}"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, written(review.Diff(c.a, c.b))) })
	}
}

// whole is one side of a diff, without white space.
func whole(pieces []review.Piece, without review.Op) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.Op != without {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func bare(s string) string { return strings.Join(strings.Fields(s), "") }

// shortest is the number of words in the shortest script, by the textbook's
// table of the longest common subsequence.
func shortest(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			up := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(up, row[j])
			}
			diagonal = up
		}
	}
	return len(a) + len(b) - 2*row[len(b)]
}

func TestDiffIsTheShortestScript(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var side [2][]string
		for i := range side {
			for range r.IntN(14) {
				side[i] = append(side[i], string(rune('a'+r.IntN(4))))
			}
		}
		a, b := strings.Join(side[0], " "), strings.Join(side[1], " ")
		got := review.Diff(a, b)
		n := 0
		for _, p := range got {
			if p.Op != review.Same {
				n += len(strings.Fields(p.Text))
			}
		}
		require.Equal(t, shortest(side[0], side[1]), n, "%q %q %s", a, b, written(got))
		require.Equal(t, bare(b), bare(whole(got, review.Delete)))
		require.Equal(t, bare(a), bare(whole(got, review.Insert)))
	}
}

func TestDiffOfTextsThatHaveNothingInCommonIsBounded(t *testing.T) {
	a, b := strings.Repeat("draft ", 20_000), strings.Repeat("reply ", 20_000)
	got := review.Diff("Hi Kari, "+a+"end", "Hi Kari, "+b+"end")
	require.Len(t, got, 4)
	require.Equal(t, []review.Op{review.Same, review.Delete, review.Insert, review.Same}, []review.Op{got[0].Op, got[1].Op, got[2].Op, got[3].Op})
}

func FuzzDiff(f *testing.F) {
	f.Add("The tank holds 83 litres.", "The tank holds 38 litres.")
	f.Add(" \n a-b", "a- b")
	f.Add("\xff\x00", "\u2028 x")
	f.Fuzz(func(t *testing.T, a, b string) {
		got := review.Diff(a, b)
		require.Equal(t, b, whole(got, review.Delete), "what is not deleted is the second text, to the byte")
		first := ""
		for _, p := range got {
			switch p.Op {
			case review.Same:
				first += p.Was
			case review.Delete:
				first += p.Text
			}
		}
		require.Equal(t, a, first, "and what is not inserted the first")
		if a == b {
			require.LessOrEqual(t, len(got), 1)
		}
	})
}

// table turns a table of counts into pairs.
func table(rows [][]int) [][2]int {
	var out [][2]int
	for i, r := range rows {
		for j, n := range r {
			for range n {
				out = append(out, [2]int{i, j})
			}
		}
	}
	return out
}

func TestKappaOfPublishedExamples(t *testing.T) {
	// Cohen, Psychological Bulletin 70, 1968, table 1: two psychiatrists,
	// diagnoses of 200 patients, disagreement weights 1, 3 and 6.
	cohen := table([][]int{{88, 14, 18}, {10, 40, 10}, {2, 6, 12}})
	for _, c := range []struct {
		name  string
		pairs [][2]int
		w     review.Weight
		want  float64
	}{
		// Observed .70; by chance .6*.5 + .3*.3 + .1*.2 = .41; (.70-.41)/(1-.41).
		{"unweighted, Cohen 1968", cohen, review.Unweighted, 0.4915},
		// Observed 1*.12 + 3*.10 + 6*.08 = .90; by chance 1*.33 + 3*.17 + 6*.09 = 1.38.
		{"weighted, Cohen 1968", cohen, func(a, b int) float64 {
			return [][]float64{{0, 1, 3}, {1, 0, 6}, {3, 6, 0}}[a][b]
		}, 0.3478},
		// Observed 35/50; by chance .6*.5 + .4*.5 = .5.
		{"two readers of fifty applications", table([][]int{{20, 5}, {10, 15}}), review.Unweighted, 0.4},
		// By hand, on our scale: pairs 1-1 2-3 3-3 5-4 4-4. Squares 0 1 0 1 0, so
		// n*sum = 10. All 25 products of (1 2 3 5 4) and (1 3 3 4 4): 0+4+4+9+9,
		// 1+1+1+4+4, 4+0+0+1+1, 16+4+4+1+1, 9+1+1+0+0 = 80. 1 - 10/80.
		{"quadratic, by hand", [][2]int{{1, 1}, {2, 3}, {3, 3}, {5, 4}, {4, 4}}, review.Quadratic, 0.875},
		{"full agreement", [][2]int{{1, 1}, {5, 5}}, review.Quadratic, 1},
		{"the opposite each time", [][2]int{{1, 5}, {5, 1}}, review.Quadratic, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := review.Kappa(c.pairs, c.w)
			require.True(t, ok)
			require.InDelta(t, c.want, got, 0.00005)
		})
	}
	for name, pairs := range map[string][][2]int{"no pair": nil, "all the same": {{4, 4}, {4, 4}}} {
		_, ok := review.Kappa(pairs, review.Quadratic)
		require.False(t, ok, name)
	}
}

// krippendorff is the reliability data of Krippendorff 2011, section C: four
// observers, twelve units, values 1 to 5, 0 for missing.
var krippendorff = [][]int{
	{1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0},
	{1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3},
	{0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0},
	{1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0},
}

func TestAlphaOfPublishedExamples(t *testing.T) {
	var units [][]int
	for u := range krippendorff[0] {
		var unit []int
		for _, observer := range krippendorff {
			if observer[u] > 0 {
				unit = append(unit, observer[u])
			}
		}
		units = append(units, unit)
	}
	got, ok := review.Alpha(units)
	require.True(t, ok)
	require.InDelta(t, 0.815, got, 0.0005, "published as ordinal alpha = 0.815")

	// By hand: units 1-1, 1-2, 2-2. Values 1 and 2 three times each, n = 6; the
	// squared distance of 1 and 2 is (3+3-3)^2 = 9. Observed 2*9 = 18, expected
	// 2*3*3*9 = 162: 1 - 5*18/162.
	got, ok = review.Alpha([][]int{{1, 1}, {1, 2}, {2, 2}})
	require.True(t, ok)
	require.InDelta(t, 4./9, got, 1e-12)

	for name, units := range map[string][][]int{"none": nil, "one rating each": {{1}, {2}}, "all the same": {{3, 3}, {3, 3, 3}}} {
		_, ok := review.Alpha(units)
		require.False(t, ok, name)
	}
}

func TestAgreementOfReviewers(t *testing.T) {
	give := func(draft, who string, correct, citation int) review.Rating {
		g := map[review.Scale]int{review.Correct: correct}
		if citation > 0 {
			g[review.Citation] = citation
		}
		return review.Rating{Draft: draft, Reviewer: who, Given: g}
	}
	got := review.Agree([]review.Rating{
		give("d2", "Ola", 3, 0), give("d1", "Kari", 1, 4), give("d1", "Ola", 1, 0), give("d2", "Kari", 2, 5), give("d3", "Kari", 3, 5), give("d3", "Ola", 3, 5),
		give("d4", "Kari", 5, 1), give("d4", "Ola", 4, 0), give("d5", "Kari", 4, 0), give("d5", "Ola", 4, 0), give("d6", "Eva", 5, 5),
	})
	require.Len(t, got, 4)
	correct, tone, citation := got[0], got[2], got[3]
	require.Equal(t, 5, correct.Units)
	require.Equal(t, 11, correct.Count)
	require.Len(t, correct.Pairs, 1)
	pair := correct.Pairs[0]
	require.Equal(t, "Kari", pair.First)
	require.Equal(t, 5, pair.Units)
	require.InDelta(t, 0.875, *pair.Kappa, 1e-12, "the example by hand above")
	require.InDelta(t, 0.6, pair.Equal, 1e-12)
	require.InDelta(t, 35./11, *correct.Mean, 1e-12)
	require.Nil(t, tone.Alpha)
	require.Nil(t, tone.Mean)
	require.Equal(t, 1, citation.Units, "only d3 has two")
	require.Nil(t, citation.Alpha, "two equal ratings say nothing")
	require.Equal(t, 6, citation.Count)
}

var day = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

func candidate(id, flag string, changed float64, outcomes ...store.Outcome) review.Candidate {
	return review.Candidate{Suggestion: store.Suggestion{ID: id, Workspace: "a", Flag: flag, Language: "nb", Created: day}, Outcomes: outcomes, Changed: changed}
}

func TestRulesOfTheSample(t *testing.T) {
	down := store.Outcome{Action: store.ActionDown, Agent: "Kari"}
	up := store.Outcome{Action: store.ActionUp, Agent: "Kari"}
	rejected := store.Outcome{Action: store.ActionRejected, Agent: "Kari"}
	for _, c := range []struct {
		name  string
		rules review.Rules
		given review.Candidate
		want  []review.Reason
	}{
		{"a high one that was rejected", review.Rules{Rejected: true}, candidate("x", "high", -1, rejected), []review.Reason{review.Rejected}},
		{"a thumb down rejects", review.Rules{Rejected: true}, candidate("x", "high", -1, down), []review.Reason{review.Rejected}},
		{"a thumb that was turned up does not", review.Rules{Rejected: true}, candidate("x", "high", -1, down, up), nil},
		{"a medium one is no surprise", review.Rules{Rejected: true}, candidate("x", "medium", -1, rejected), nil},
		{"a heavy edit", review.Rules{Heavy: 0.5}, candidate("x", "high", 0.5), []review.Reason{review.Heavy}},
		{"a light edit", review.Rules{Heavy: 0.5}, candidate("x", "high", 0.49), nil},
		{"an edit that is not known", review.Rules{Heavy: 0.01}, candidate("x", "high", -1), nil},
		{"all at random", review.Rules{Random: 1}, candidate("x", "none", -1), []review.Reason{review.Random}},
		{"two reasons", review.Rules{Rejected: true, Random: 1}, candidate("x", "high", -1, rejected), []review.Reason{review.Rejected, review.Random}},
		{"one agent", review.Rules{Agent: "kari"}, candidate("x", "low", -1, up), []review.Reason{review.Named}},
		{"another agent", review.Rules{Agent: "ola", Random: 1}, candidate("x", "low", -1, up), nil},
		{"one language", review.Rules{Language: "nb"}, candidate("x", "low", -1), []review.Reason{review.Named}},
		{"another language", review.Rules{Language: "sv", Random: 1}, candidate("x", "low", -1), nil},
		{"another flag", review.Rules{Flag: "high"}, candidate("x", "low", -1), nil},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.rules.Pick(c.given)) })
	}
}

func TestTheRandomShareIsStableAndGrows(t *testing.T) {
	var ten, twenty, second, both int
	for i := range 10_000 {
		c := candidate(fmt.Sprint("sg_", i), "high", -1)
		a := len(review.Rules{Random: 0.1}.Pick(c)) > 0
		b := len(review.Rules{Random: 0.2}.Pick(c)) > 0
		require.Equal(t, a, len(review.Rules{Random: 0.1}.Pick(c)) > 0)
		require.True(t, !a || b, "who raises the share keeps what was picked")
		two := review.Rules{Second: 0.2}.Readers(c.Suggestion) == 2
		for n, yes := range map[*int]bool{&ten: a, &twenty: b, &second: two, &both: a && two} {
			if yes {
				*n++
			}
		}
	}
	require.InDelta(t, 1000, ten, 100)
	require.InDelta(t, 2000, twenty, 130)
	require.InDelta(t, 2000, second, 130)
	require.InDelta(t, 200, both, 60, "the two samples are independent")
}

func TestWhatWasSent(t *testing.T) {
	edited := store.Outcome{Action: store.ActionEdited, Text: "edited"}
	sent := store.Outcome{Action: store.ActionSent, Text: "the tank holds 38"}
	o, ok := review.Sent([]store.Outcome{sent, edited})
	require.True(t, ok)
	require.Equal(t, "the tank holds 38", o.Text, "what was sent counts more than what was edited")
	o, ok = review.Sent([]store.Outcome{edited})
	require.True(t, ok)
	require.Equal(t, "edited", o.Text)
	_, ok = review.Sent([]store.Outcome{{Action: store.ActionUsed}, {Action: store.ActionSent, Text: " "}})
	require.False(t, ok)
	require.InDelta(t, 0.25, review.Changed("the tank holds 83", []store.Outcome{sent}), 1e-12)
	require.InDelta(t, -1, review.Changed("x", nil), 0)
}
