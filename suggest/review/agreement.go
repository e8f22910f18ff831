package review

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Weight is how much two ratings disagree; 0 for equal ones.
type Weight func(a, b int) float64

// Unweighted counts each disagreement alike: Cohen, "A coefficient of agreement
// for nominal scales", Educational and Psychological Measurement 20, 1960.
func Unweighted(a, b int) float64 {
	if a == b {
		return 0
	}
	return 1
}

// Quadratic counts a disagreement by the square of its size: Fleiss and Cohen,
// "The equivalence of weighted kappa and the intraclass correlation coefficient
// as measures of reliability", ibid. 33, 1973.
func Quadratic(a, b int) float64 { return float64((a - b) * (a - b)) }

// Kappa is Cohen's weighted kappa of two people's ratings of the same things,
// in disagreement weights: 1 - sum(w·observed) / sum(w·expected), where what is
// expected comes from each one's own shares. Cohen, "Weighted kappa",
// Psychological Bulletin 70, 1968. 1 is full agreement, 0 what chance gives.
//
// ok is false when it is not defined: without a pair, or when chance alone
// would make both say the same.
func Kappa(pairs [][2]int, w Weight) (kappa float64, ok bool) {
	first, second := map[int]int{}, map[int]int{}
	observed := 0.0
	for _, p := range pairs {
		first[p[0]]++
		second[p[1]]++
		observed += w(p[0], p[1])
	}
	n := float64(len(pairs))
	expected := 0.0
	for _, a := range slices.Sorted(maps.Keys(first)) { // in order: the sum is the same each time
		for _, b := range slices.Sorted(maps.Keys(second)) {
			expected += w(a, b) * float64(first[a]) * float64(second[b])
		}
	}
	if expected == 0 {
		return 0, false
	}
	return 1 - n*observed/expected, true
}

// Alpha is Krippendorff's alpha for ordinal ratings: 1 - observed / expected
// disagreement over the coincidences of all ratings of one thing. Each unit
// holds the ratings that one thing got, by however many people; units with
// fewer than two do not count. Krippendorff, "Computing Krippendorff's
// Alpha-Reliability", University of Pennsylvania, 2011, sections C and D, and
// Content Analysis, 4th edition, chapter 12.
//
// ok is false when it is not defined: without two ratings of one thing, or
// when all ratings are the same.
func Alpha(units [][]int) (alpha float64, ok bool) {
	coincidence := map[[2]int]float64{}
	total := map[int]float64{} // n_c: how often a value was given
	n := 0.0
	for _, u := range units {
		if len(u) < 2 {
			continue
		}
		for i, a := range u {
			for j, b := range u {
				if i != j {
					coincidence[[2]int{a, b}] += 1 / float64(len(u)-1)
				}
			}
			total[a]++
		}
		n += float64(len(u))
	}
	values := slices.Sorted(maps.Keys(total))
	observed, expected := 0.0, 0.0
	for _, a := range values {
		for _, b := range values {
			d := ordinal(values, total, a, b)
			observed += d * coincidence[[2]int{a, b}]
			expected += d * total[a] * total[b]
		}
	}
	if expected == 0 {
		return 0, false
	}
	return 1 - (n-1)*observed/expected, true
}

// ordinal is the square of how many ratings lie between two values, with half
// of those at the ends.
func ordinal(values []int, total map[int]float64, a, b int) float64 {
	low, high := min(a, b), max(a, b)
	between := -(total[low] + total[high]) / 2
	for _, v := range values {
		if low <= v && v <= high {
			between += total[v]
		}
	}
	if a == b {
		return 0
	}
	return between * between
}

// Scale is one thing that is rated, from 1 to 5.
type Scale string

// The scales.
const (
	Correct  Scale = "correct"  // what it says is so
	Complete Scale = "complete" // all that was asked is answered
	Tone     Scale = "tone"     // as the company speaks
	Citation Scale = "citation" // the marked passages say what the sentences say
)

// Scales are all of them, in the order in which they are rated.
func Scales() []Scale { return []Scale{Correct, Complete, Tone, Citation} }

// Rating is what one person said about one draft; a scale that could not be
// judged is missing.
type Rating struct {
	Draft    string
	Reviewer string
	Given    map[Scale]int
}

// Agreement is how far reviewers agree on one scale.
type Agreement struct {
	Scale Scale    `json:"scale"`
	Units int      `json:"drafts"`  // rated by at least two
	Alpha *float64 `json:"alpha"`   // nil: not defined, see [Alpha]
	Pairs []Pair   `json:"pairs"`   // of reviewers, by name
	Mean  *float64 `json:"mean"`    // of all ratings; nil without any
	Count int      `json:"ratings"` // of one or more people
}

// Pair is how far two reviewers agree on one scale.
type Pair struct {
	First  string   `json:"first"`
	Second string   `json:"second"`
	Units  int      `json:"drafts"`
	Kappa  *float64 `json:"kappa"` // with [Quadratic] weights; nil: not defined, see [Kappa]
	Equal  float64  `json:"equal"` // share of drafts with the same rating, 0 to 1
}

// Agree tells for each scale how far the reviewers agree.
func Agree(ratings []Rating) []Agreement {
	ratings = slices.Clone(ratings)
	slices.SortFunc(ratings, func(a, b Rating) int {
		return cmp.Or(cmp.Compare(a.Draft, b.Draft), cmp.Compare(a.Reviewer, b.Reviewer))
	})
	var out []Agreement
	for _, s := range Scales() {
		out = append(out, agree(s, ratings))
	}
	return out
}

// agree is [Agree] for one scale; ratings of one draft stand together.
func agree(s Scale, ratings []Rating) Agreement {
	a := Agreement{Scale: s}
	var units [][]int
	pairs := map[[2]string][][2]int{}
	sum := 0
	for start := 0; start < len(ratings); {
		end := start
		var unit []int
		var who []string
		for ; end < len(ratings) && ratings[end].Draft == ratings[start].Draft; end++ {
			if v, ok := ratings[end].Given[s]; ok {
				for i, w := range who {
					key := [2]string{w, ratings[end].Reviewer}
					pairs[key] = append(pairs[key], [2]int{unit[i], v})
				}
				unit, who = append(unit, v), append(who, ratings[end].Reviewer)
				a.Count++
				sum += v
			}
		}
		start = end
		if len(unit) > 1 {
			units = append(units, unit)
		}
	}
	a.Units = len(units)
	a.Alpha = defined(Alpha(units))
	if a.Count > 0 {
		a.Mean = defined(float64(sum)/float64(a.Count), true)
	}
	keys := slices.SortedFunc(maps.Keys(pairs), func(x, y [2]string) int { return slices.Compare(x[:], y[:]) })
	for _, key := range keys {
		list := pairs[key]
		same := 0
		for _, p := range list {
			if p[0] == p[1] {
				same++
			}
		}
		a.Pairs = append(a.Pairs, Pair{
			First: key[0], Second: key[1], Units: len(list), Kappa: defined(Kappa(list, Quadratic)), Equal: float64(same) / float64(len(list)),
		})
	}
	return a
}

func defined(v float64, ok bool) *float64 {
	if !ok || math.IsNaN(v) {
		return nil
	}
	return &v
}
