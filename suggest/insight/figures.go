package insight

import (
	"math"
	"slices"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure/stats"
	"github.com/sufflor/sufflor/suggest/measure/svg"
)

// What became of a suggestion.
const (
	Used     = "used"     // as drafted, or with at most a tenth of the words changed
	Edited   = "edited"   // after changes
	Rejected = "rejected" // somebody said that it is no good
	Ignored  = "ignored"  // the reply that was sent has little of it
	Open     = ""         // nothing is known yet
)

// Figures are what became of some suggestions. Acceptance and what follows are
// over the drafts of which something is known.
type Figures struct {
	Suggestions int   `json:"suggestions"`
	Asked       int   `json:"asked"`    // with something to answer
	Coverage    Share `json:"coverage"` // of these, those with a draft

	Used     int `json:"used"`
	Edited   int `json:"edited"`
	Rejected int `json:"rejected"`
	Ignored  int `json:"ignored"`
	Open     int `json:"open"` // drafts of which nothing is known
	Sent     int `json:"sent"` // drafts whose message has a known reply

	Acceptance Share  `json:"acceptance"` // used or edited
	Unedited   Share  `json:"unedited"`   // of the accepted, those used as they were
	Distance   Spread `json:"distance"`   // share of words changed
	Reply      Spread `json:"reply_s"`    // seconds from the message to the agent's reply
	Latency    Spread `json:"latency_ms"` // milliseconds from the message to the suggestion
	Precision  Share  `json:"precision"`  // of the drafts flagged high, those that were of use
}

func drafted(c store.Counted) bool { return c.Flag != string(suggest.None) && c.Flag != "" }

// shown reports whether an agent could have used a draft.
func shown(c store.Counted) bool { return drafted(c) && !c.Shadow }

func figures(list []store.Counted) Figures {
	f := Figures{Suggestions: len(list)}
	var covered, right, judged int
	var distances, replies, latencies []float64
	for _, c := range list {
		if c.Asks > 0 {
			f.Asked++
			if drafted(c) {
				covered++
			}
			if c.Replied >= 0 {
				replies = append(replies, c.Replied.Seconds())
			}
		}
		if c.Waited >= 0 {
			latencies = append(latencies, float64(c.Waited.Microseconds())/1000)
		}
		if !shown(c) {
			continue
		}
		switch c.Action {
		case Used:
			f.Used++
		case Edited:
			f.Edited++
		case Rejected:
			f.Rejected++
		case Ignored:
			f.Ignored++
		default:
			f.Open++
		}
		if c.Sent {
			f.Sent++
		}
		if c.Distance >= 0 {
			distances = append(distances, c.Distance)
		}
		if c.Good >= 0 && c.Flag == string(suggest.High) {
			judged++
			right += c.Good
		}
	}
	accepted := f.Used + f.Edited
	f.Coverage, f.Acceptance, f.Unedited = share(covered, f.Asked), share(accepted, accepted+f.Rejected+f.Ignored), share(f.Used, accepted)
	f.Distance, f.Reply, f.Latency, f.Precision = spread(distances), spread(replies), spread(latencies), share(right, judged)
	return f
}

// Flag is the drafts of one flag.
type Flag struct {
	Flag      string `json:"flag"`
	N         int    `json:"n"`         // suggestions
	Precision Share  `json:"precision"` // of those of which it is known, the ones that were of use
}

func flags(list []store.Counted) []Flag {
	var out []Flag
	for _, f := range []suggest.Flag{suggest.High, suggest.Medium, suggest.Low, suggest.None} {
		row := Flag{Flag: string(f)}
		var right, judged int
		for _, c := range list {
			if c.Flag != row.Flag {
				continue
			}
			row.N++
			if c.Good >= 0 && shown(c) {
				judged++
				right += c.Good
			}
		}
		row.Precision = share(right, judged)
		out = append(out, row)
	}
	return out
}

// Calibration is how far the probabilities that agents saw can be believed. A
// draft that was of use counts as right.
type Calibration struct {
	N     int    `json:"n"`
	AUROC Number `json:"auroc"`
	ECE   Number `json:"ece"`   // expected calibration error, ten bins of equal mass
	Brier Number `json:"brier"` // mean squared error
	Bins  []Bin  `json:"bins"`
}

// Bin is a bin of the reliability diagram.
type Bin struct {
	Low  Number `json:"low"` // smallest and largest probability
	High Number `json:"high"`
	Mean Number `json:"mean"` // of the probabilities
	Rate Share  `json:"rate"` // that were right
}

func calibration(list []store.Counted) Calibration {
	var p []float64
	var right []bool
	for _, c := range list {
		if shown(c) && c.Good >= 0 && c.Probability > 0 {
			p, right = append(p, c.Probability), append(right, c.Good == 1)
		}
	}
	out := Calibration{N: len(p), AUROC: Number(stats.AUROC(p, right)), ECE: Number(stats.ECE(p, right, 10)), Brier: Number(stats.Brier(p, right)), Bins: []Bin{}}
	for _, b := range stats.Bins(p, right, 10) {
		out.Bins = append(out.Bins, Bin{Low: Number(b.Low), High: Number(b.High), Mean: Number(b.Mean), Rate: share(int(math.Round(b.Rate*float64(b.N))), b.N)})
	}
	return out
}

// bars parts values from 0 to most, or to their 95th percentile when most is 0.
func bars(values []float64, most float64) []Bar {
	const n = 20
	if len(values) == 0 {
		return []Bar{}
	}
	if most == 0 {
		slices.Sort(values)
		most = svg.Nice(max(stats.Percentile(values, .95), 0.1))
	}
	out := make([]Bar, n)
	for i := range out {
		out[i].From, out[i].To = Number(most*float64(i)/n), Number(most*float64(i+1)/n)
	}
	for _, v := range values {
		out[min(max(int(v/most*n), 0), n-1)].N++
	}
	return out
}

// leastReplies is how many replies a kind of question must have with and
// without a draft to be compared.
const leastReplies = 10

// Money is what drafts save, by the times that were measured. Replies to
// questions of the same kind are compared, for those without a draft are not
// alike on the whole.
type Money struct {
	With    Spread `json:"with_s"` // seconds from message to reply, where there was a draft
	Without Spread `json:"without_s"`

	// Why the rest cannot be known: "with" or "without" when there are no such
	// replies, "few" when no kind of question has enough of both. "" when known.
	Why   string `json:"why,omitempty"`
	Kinds []Kind `json:"kinds"` // that could be compared

	Replies int    `json:"replies"` // with a draft, to questions of these kinds
	Hours   Number `json:"hours"`   // that these came earlier in all
	Low     Number `json:"hours_low"`
	High    Number `json:"hours_high"`
	Rate    Number `json:"rate"` // what an hour costs; NaN when nobody said so
	Worth   Number `json:"worth"`
}

// Kind is the replies to one kind of question.
type Kind struct {
	Kind    string `json:"kind"`
	With    Spread `json:"with_s"`
	Without Spread `json:"without_s"`
	Hours   Number `json:"hours"` // by the difference of the medians
}

func money(list []store.Counted, rate float64) Money {
	nan := Number(math.NaN())
	m := Money{Hours: nan, Low: nan, High: nan, Rate: nan, Worth: nan, Kinds: []Kind{}}
	if rate > 0 {
		m.Rate = Number(rate)
	}
	type times struct{ with, without []float64 }
	by := map[string]*times{}
	var whole times
	for _, c := range list {
		if c.Asks == 0 || c.Replied < 0 {
			continue
		}
		t := by[c.Kind]
		if t == nil {
			t = &times{}
			by[c.Kind] = t
		}
		s := c.Replied.Seconds()
		if shown(c) {
			t.with, whole.with = append(t.with, s), append(whole.with, s)
		} else {
			t.without, whole.without = append(t.without, s), append(whole.without, s)
		}
	}
	m.With, m.Without = spread(whole.with), spread(whole.without)
	var hours, variance float64
	for _, kind := range sortedKeys(by) {
		t := by[kind]
		if len(t.with) < leastReplies || len(t.without) < leastReplies {
			continue
		}
		n := float64(len(t.with))
		a, errA := stats.Median(t.with)
		b, errB := stats.Median(t.without)
		k := Kind{Kind: kind, With: spread(t.with), Without: spread(t.without), Hours: Number(n * (b - a) / 3600)}
		m.Kinds = append(m.Kinds, k)
		m.Replies += len(t.with)
		hours += float64(k.Hours)
		variance += n * n * (errA*errA + errB*errB) / (3600 * 3600)
	}
	switch {
	case len(whole.with) == 0:
		m.Why = "with"
	case len(whole.without) == 0:
		m.Why = "without"
	case len(m.Kinds) == 0:
		m.Why = "few"
	default:
		reach := 1.959963984540054 * math.Sqrt(variance)
		m.Hours, m.Low, m.High = Number(hours), Number(hours-reach), Number(hours+reach)
		m.Worth = m.Hours * m.Rate
	}
	return m
}
