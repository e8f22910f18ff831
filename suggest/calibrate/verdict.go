package calibrate

import "github.com/sufflor/sufflor/store"

// Verdict is what outcomes, oldest first, say of a draft: 1 used as it is, 0.5
// after changes, 0 not. ignored says that nobody said so, the reply was just
// another. ok is false when they say nothing of what the draft says.
func Verdict(draft string, outcomes []store.Outcome) (y float64, ignored, ok bool) {
	return verdict(draft, outcomes)
}

// Distance is the share of a draft's words that an outcome's text has otherwise.
func Distance(draft string, o store.Outcome) float64 { return changed(draft, o) }
