package suggest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/sufflor/sufflor/store"
)

// What is known of passages beside their words. The weights are set, not
// trained: nobody has such data before the first year of use. They decide
// between passages that say nearly the same: together they change the search's
// odds by a factor of 2.3 at most.
const (
	voteWeight = 0.3 // of the logarithm of good over bad votes
	voteDoubt  = 2   // votes of each kind that every passage begins with
	voteMost   = 0.6 // what votes count at most, either way
	ageWeight  = 0.08
	ageMost    = 3 // years older than the newest passage found; older ones are as bad
	year       = 365.25 * 24 * time.Hour
)

// experienced are hits in the order of their scores times what votes and age
// say of them. A passage without a date counts as the newest.
func experienced(hits []Scored, votes map[string]store.Votes) []Scored {
	var newest time.Time
	for _, h := range hits {
		if h.Passage.Modified.After(newest) {
			newest = h.Passage.Modified
		}
	}
	for i := range hits {
		hits[i].Votes = votes[hits[i].Passage.ID]
		hits[i].Hit.Score *= math.Exp(approval(votes[hits[i].Passage.ID]) - ageWeight*age(hits[i].Passage.Modified, newest))
	}
	slices.SortStableFunc(hits, func(a, b Scored) int { return cmp.Compare(b.Hit.Score, a.Hit.Score) })
	return hits
}

// approval is a smoothed log ratio of good to bad votes, times its weight.
func approval(v store.Votes) float64 {
	ratio := math.Log(float64(v.Good+voteDoubt) / float64(v.Bad+voteDoubt))
	return max(-voteMost, min(voteWeight*ratio, voteMost))
}

// age in years, 0 to ageMost.
func age(modified, newest time.Time) float64 {
	if modified.IsZero() {
		return 0
	}
	return min(float64(newest.Sub(modified))/float64(year), ageMost)
}
