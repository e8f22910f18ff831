// Package review is how people judge drafts: which ones they look at, how a
// draft differs from what was sent, and how far two people agree.
//
// It holds rules and sums only; it stores nothing and knows no page.
package review

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Reason is why a draft is in a sample.
type Reason string

// The reasons, in the order in which a sample is read.
const (
	Rejected Reason = "rejected" // it was flagged high, and an agent rejected it
	Heavy    Reason = "heavy"    // much was changed before it was sent
	Topic    Reason = "topic"    // nobody asked for the like in the weeks before
	Random   Reason = "random"   // picked by its id
	Named    Reason = "named"    // by agent, language or flag alone
)

// Rules say which drafts are looked at: all that one of Rejected, Heavy, Topics
// and Random picks; and all, when none of the four is set. Agent, Language and
// Flag narrow what is picked.
type Rules struct {
	Rejected bool    // all that were flagged high and rejected
	Heavy    float64 // share of words that were changed, 0 to 1; 0: not by this
	Topics   int     // weeks in which nobody asked for the like; 0: not by this
	Random   float64 // share of all drafts, 0 to 1

	Agent, Language, Flag string

	// Second is the share of drafts that two people rate, 0 to 1. It is one
	// number for all who review: else the one would be done with a draft that
	// the other waits for.
	Second float64
}

// UsualSecond is the share of drafts that two people rate where nobody says
// otherwise.
const UsualSecond = 0.2

// Candidate is a draft that may be looked at.
type Candidate struct {
	Suggestion store.Suggestion
	Outcomes   []store.Outcome
	// Changed is the share of words that differ between the draft and the
	// reply that was sent, -1 when that is not known.
	Changed float64
	// Fresh says that nobody asked for the like in the weeks of the rules.
	Fresh bool
}

// Pick tells why a draft is in the sample; no reasons: it is not.
func (r Rules) Pick(c Candidate) []Reason {
	s := c.Suggestion
	if r.Language != "" && s.Language != r.Language || r.Flag != "" && s.Flag != r.Flag || r.Agent != "" && !by(c.Outcomes, r.Agent) {
		return nil
	}
	var why []Reason
	if r.Rejected && s.Flag == string(suggest.High) && IsRejected(c.Outcomes) {
		why = append(why, Rejected)
	}
	if r.Heavy > 0 && c.Changed >= r.Heavy {
		why = append(why, Heavy)
	}
	if r.Topics > 0 && c.Fresh {
		why = append(why, Topic)
	}
	if r.Random > 0 && share("random", s) < r.Random {
		why = append(why, Random)
	}
	if !r.Rejected && r.Heavy == 0 && r.Topics == 0 && r.Random == 0 {
		why = append(why, Named)
	}
	return why
}

// Readers is how many people rate a draft: two of those that Second picks.
func (r Rules) Readers(s store.Suggestion) int {
	if share("second", s) < r.Second {
		return 2
	}
	return 1
}

// share places a draft in [0, 1), always at the same spot: who raises a share
// keeps what was picked before. The purpose keeps two samples independent.
func share(purpose string, s store.Suggestion) float64 {
	sum := sha256.Sum256([]byte(purpose + "\x00" + s.Workspace + "\x00" + s.ID))
	return float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53)
}

func by(outcomes []store.Outcome, agent string) bool {
	return slices.ContainsFunc(outcomes, func(o store.Outcome) bool { return strings.EqualFold(o.Agent, agent) })
}

// IsRejected reports whether an agent would not have the draft: it was
// rejected, or the last thumb is down.
func IsRejected(outcomes []store.Outcome) bool {
	down := false
	for _, o := range outcomes {
		switch o.Action {
		case store.ActionRejected:
			return true
		case store.ActionDown:
			down = true
		case store.ActionUp:
			down = false
		}
	}
	return down
}

// Sent is the reply that the customer really got, or as far as we know would
// get: the last one sent, else the last edited. ok is false when there is none.
func Sent(outcomes []store.Outcome) (o store.Outcome, ok bool) {
	for _, action := range []string{store.ActionSent, store.ActionEdited} {
		for _, o := range slices.Backward(outcomes) {
			if o.Action == action && strings.TrimSpace(o.Text) != "" {
				return o, true
			}
		}
	}
	return store.Outcome{}, false
}

// Changed is the share of words that differ between a draft and what was sent,
// see [suggest.EditDistance]; -1 when nothing was sent.
func Changed(draft string, outcomes []store.Outcome) float64 {
	o, ok := Sent(outcomes)
	if !ok {
		return -1
	}
	return suggest.EditDistance(draft, o.Text)
}
