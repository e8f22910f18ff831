package web

import (
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/review"
)

// Bounds of a comparison.
const (
	maxChanges    = 200 // that are shown
	maxCandidates = 40  // passages that one is compared with
	alikeChanged  = 0.4 // share of words in common from which on a passage is another version of one, not a new one
)

// DocumentChanges is how one version of a document differs from another.
type DocumentChanges struct {
	From    int              `json:"from"`
	To      int              `json:"to"`
	Same    int              `json:"same"`  // passages that say the same
	Moved   int              `json:"moved"` // of these, passages that stand elsewhere now
	Changed int              `json:"changed"`
	Added   int              `json:"added"`
	Removed int              `json:"removed"`
	Changes []DocumentChange `json:"changes"` // in the order of the document, the first 200
}

// DocumentChange is a passage that one of two versions lacks, or that they
// have in different words.
type DocumentChange struct {
	What   string         `json:"what"` // changed, added or removed
	Before *index.Passage `json:"before,omitempty"`
	After  *index.Passage `json:"after,omitempty"`
	Pieces []review.Piece `json:"pieces,omitempty"` // of a changed one: what went, came and stayed
}

// compare finds what differs between two versions, passage by passage: those
// that say the same are found first, wherever they stand, then of what lies
// between the same neighbours what is most alike.
func compare(before, after []index.Passage) DocumentChanges {
	was := partners(before, after)
	out := DocumentChanges{Changes: []DocumentChange{}}
	taken := make([]bool, len(before))
	for j, i := range was {
		if i >= 0 {
			taken[i] = true
			out.Same++
			if before[i].Locator.String() != after[j].Locator.String() {
				out.Moved++
			}
		}
	}
	done := 0 // of before, that were told when gone
	gone := func(until int) {
		for ; done < until; done++ {
			if !taken[done] {
				out.Removed++
				out.add(DocumentChange{What: "removed", Before: &before[done]})
			}
		}
	}
	pairs := pair(before, after, was, taken)
	for j := range after {
		switch i := pairs[j]; {
		case was[j] >= 0:
			gone(was[j])
		case i >= 0:
			gone(i)
			out.Changed++
			out.add(DocumentChange{What: "changed", Before: &before[i], After: &after[j], Pieces: review.Diff(said(before[i]), said(after[j]))})
		default:
			out.Added++
			out.add(DocumentChange{What: "added", After: &after[j]})
		}
	}
	gone(len(before))
	return out
}

func (d *DocumentChanges) add(c DocumentChange) {
	if len(d.Changes) < maxChanges {
		d.Changes = append(d.Changes, c)
	}
}

func said(p index.Passage) string { return strings.TrimSpace(p.Question + "\n" + p.Text) }

// partners is for each passage the place of the one before that says the
// same, -1 for none. Of several the first that is left counts.
func partners(before, after []index.Passage) []int {
	key := func(p index.Passage) string { return string(p.Kind) + "\x00" + p.Question + "\x00" + p.Text }
	places := map[string][]int{}
	for i, p := range before {
		places[key(p)] = append(places[key(p)], i)
	}
	out := make([]int, len(after))
	for j, p := range after {
		out[j] = -1
		if left := places[key(p)]; len(left) > 0 {
			out[j], places[key(p)] = left[0], left[1:]
		}
	}
	return out
}

// pair finds for each passage without a partner the one before that it most
// likely was, among those without one between the same neighbours. It marks
// these as taken.
func pair(before, after []index.Passage, was []int, taken []bool) []int {
	out := make([]int, len(after))
	words := map[int]map[string]bool{}
	next := make([]int, len(after)) // partner of the next one that has one
	for j := len(after) - 1; j >= 0; j-- {
		switch {
		case was[j] >= 0:
			next[j] = was[j]
		case j+1 < len(after):
			next[j] = next[j+1]
		default:
			next[j] = len(before)
		}
	}
	low := -1
	for j := range after {
		out[j] = -1
		if was[j] >= 0 {
			low = was[j]
			continue
		}
		high := len(before)
		if next[j] > low {
			high = next[j]
		}
		best, own := alikeChanged, wordSet(said(after[j]))
		for i, looked := low+1, 0; i < high && looked < maxCandidates; i++ {
			if taken[i] {
				continue
			}
			looked++
			if words[i] == nil {
				words[i] = wordSet(said(before[i]))
			}
			if share := common(own, words[i]); share >= best && (out[j] < 0 || share > best) {
				best, out[j] = share, i
			}
		}
		if out[j] >= 0 {
			taken[out[j]], low = true, out[j]
		}
	}
	return out
}

func wordSet(text string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(strings.ToLower(text)) {
		out[w] = true
	}
	return out
}

// common is the share of two sets that both have (Jaccard).
func common(a, b map[string]bool) float64 {
	n := 0
	for w := range a {
		if b[w] {
			n++
		}
	}
	if all := len(a) + len(b) - n; all > 0 {
		return float64(n) / float64(all)
	}
	return 0
}
