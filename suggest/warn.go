package suggest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/conflict"
	"github.com/sufflor/sufflor/suggest/guard"
	"github.com/sufflor/sufflor/suggest/message"
)

// Conflict is two passages that say different things about what a draft rests
// on. The agent decides; the draft is medium at best.
type Conflict struct {
	What   string `json:"what"` // the words that both are on
	A      string `json:"a"`    // passage ids
	B      string `json:"b"`
	ValueA string `json:"value_a"`
	ValueB string `json:"value_b"`
	Newer  string `json:"newer,omitempty"` // the id of the newer one, when dates tell
}

// compared is how many of an ask's best passages are compared with each other.
const compared = 8

// conflicts are those between a passage that the draft cites and another that
// was found for the same question.
func conflicts(s *Suggestion, b Brief, found [][]Scored) []Conflict {
	cited := map[string]bool{}
	for _, x := range s.Sentences {
		for _, c := range x.Citations {
			cited[c.Passage] = true
		}
	}
	var out []Conflict
	for i, hits := range found {
		if i >= len(b.Asks) || !s.Asks[i].Answered {
			continue
		}
		var passages []index.Passage
		for _, h := range hits {
			if len(passages) < compared && h.Passage.Audience == index.Public {
				passages = append(passages, h.Passage)
			}
		}
		for _, c := range conflict.Find(b.Language, b.Asks[i].Question.Text, passages) {
			x, y := passages[c.A], passages[c.B]
			if !cited[x.ID] && !cited[y.ID] {
				continue
			}
			n := Conflict{What: c.What, A: x.ID, B: y.ID, ValueA: c.ValueA, ValueB: c.ValueB}
			if c.Newer >= 0 {
				n.Newer = passages[c.Newer].ID
			}
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// undisputed leaves of two sources that disagree, and are both cited, what the
// newer one says, or the one that is cited first when dates do not tell. A
// draft that states both would be no answer.
func undisputed(sentences []Sentence, all []Conflict, agents string) (kept []Sentence, dropped []Reason) {
	first := map[string]int{}
	for i, s := range sentences {
		for _, c := range s.Citations {
			if _, ok := first[c.Passage]; !ok {
				first[c.Passage] = i
			}
		}
	}
	disputed := func(s Sentence) bool {
		for _, c := range all {
			a, citedA := first[c.A]
			b, citedB := first[c.B]
			if !citedA || !citedB {
				continue
			}
			loser, value := c.B, c.ValueB
			if c.Newer == c.B || c.Newer == "" && b < a {
				loser, value = c.A, c.ValueA
			}
			if slices.ContainsFunc(s.Citations, func(x Citation) bool { return x.Passage == loser }) && states(s.Text, value) {
				return true
			}
		}
		return false
	}
	for _, s := range sentences {
		if s.Kind == Fact && disputed(s) {
			dropped = append(dropped, reason(agents, "disputed", clip(s.Text)))
			continue
		}
		kept = append(kept, s)
	}
	return kept, dropped
}

// states reports whether a sentence holds a value, however it is spelled.
func states(sentence, value string) bool {
	wanted := message.Anchors(value)
	for _, a := range message.Anchors(sentence) {
		if slices.ContainsFunc(wanted, func(b message.Anchor) bool { return message.Same(a, b) }) {
			return true
		}
	}
	return len(wanted) == 0 && strings.Contains(strings.ToLower(sentence), strings.ToLower(value))
}

// disagreement is the check of a draft's conflicts.
func disagreement(all []Conflict, passages map[string]index.Passage) Check {
	c := Check{Name: "conflict", Passed: len(all) == 0}
	if len(all) > 0 {
		n := all[0]
		c.Detail = fmt.Sprintf("%s: %s (%s), %s (%s)", clip(n.What), clip(n.ValueA), document(passages[n.A]), clip(n.ValueB), document(passages[n.B]))
	}
	return c
}

// instructions is the check of texts that try to steer the draft: the
// customer's, and those of passages that the agent is shown.
func instructions(evidence []Evidence, found [][]Scored, steered bool, agents string) (Check, []Reason) {
	planted := map[string]bool{}
	for _, hits := range found {
		for _, h := range hits {
			planted[h.Passage.ID] = planted[h.Passage.ID] || h.Planted
		}
	}
	c := Check{Name: "instructions", Passed: !steered}
	var why []Reason
	for _, e := range evidence {
		if planted[e.Passage.ID] {
			c.Passed, c.Detail = false, document(e.Passage)
			why = append(why, reason(agents, "planted", document(e.Passage)))
		}
	}
	return c, distinctReasons(why)
}

// guarded drops sentences that no draft may hold, whoever wrote them and
// whatever they cite. What the workspace itself says around them is not looked at.
func guarded(sentences []Sentence, passages map[string]index.Passage, profile Profile) (kept []Sentence, struck []Reason, c Check) {
	c = Check{Name: "guard", Passed: true}
	for _, s := range sentences {
		if s.Kind == Frame || s.Kind == Closes {
			kept = append(kept, s)
			continue
		}
		allowed := guard.Allowed{Trusted: profile.Trusted, OnlyTrusted: len(profile.Trusted) > 0}
		for _, x := range s.Citations {
			p := passages[x.Passage]
			allowed.Language, allowed.Sources = p.Language, append(allowed.Sources, Said(p))
		}
		hits := guard.Output(s.Text, allowed)
		if len(hits) == 0 {
			kept = append(kept, s)
			continue
		}
		c.Passed, c.Detail = false, string(hits[0].Rule)
		c.Findings = append(c.Findings, Finding{Sentence: clip(s.Text), Struck: true, Score: 1, Reason: string(hits[0].Rule)})
		struck = append(struck, reason(profile.Language, "guard", clip(s.Text), string(hits[0].Rule)))
	}
	return kept, struck, c
}

// marksOf are the rules that a message meets.
func marksOf(marks []message.Mark) []string {
	var out []string
	for _, m := range marks {
		if !slices.Contains(out, string(m.Rule)) {
			out = append(out, string(m.Rule))
		}
	}
	return out
}
