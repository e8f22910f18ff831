package suggest

import (
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// maxNovelty is the share of a factual sentence's words that may be missing
// from what it cites. Quotes have none; the room is for a row's connecting
// words.
const maxNovelty = 0.15

// strike checks factual sentences against what they cite, whoever wrote them,
// and returns those that stand and why the others do not.
func strike(sentences []Sentence, passages map[string]index.Passage, agents string) (kept []Sentence, struck []Reason, checks []Check) {
	anchored, supported := Check{Name: "anchors", Passed: true}, Check{Name: "supported", Passed: true}
	audience := Check{Name: "audience", Passed: true}
	for _, s := range sentences {
		if s.Kind != Fact {
			kept = append(kept, s)
			continue
		}
		sources, language, public := cited(s, passages)
		missing := loose(s.Text, sources)
		switch {
		case !public:
			audience.Passed = false
			audience.Detail = "a sentence cites what customers may not read"
			struck = append(struck, reason(agents, "internal"))
		case len(missing) > 0:
			anchored.Passed = false
			anchored.Detail = strings.Join(missing, ", ")
			struck = append(struck, reason(agents, "anchors", clip(s.Text), strings.Join(missing, ", ")))
		case sources == "" || overlap.Novelty(overlap.Analyze(language, s.Text), nil, 1, overlap.Analyze(language, sources)) > maxNovelty:
			supported.Passed = false
			supported.Detail = clip(s.Text)
			struck = append(struck, reason(agents, "unsupported", clip(s.Text)))
		default:
			kept = append(kept, s)
		}
	}
	return kept, struck, []Check{supported, anchored, audience}
}

// cited is all a sentence's citations say, in one text.
func cited(s Sentence, passages map[string]index.Passage) (text, language string, public bool) {
	var b strings.Builder
	public = true
	for _, c := range s.Citations {
		p, ok := passages[c.Passage]
		if !ok {
			continue
		}
		public = public && p.Audience == index.Public
		language = p.Language
		for _, part := range append([]string{p.Title, p.Question, p.Text, p.Locator.Sheet}, p.Headings...) {
			b.WriteString(part)
			b.WriteByte('\n')
		}
		for _, cell := range p.Cells {
			b.WriteString(cell.Header + "\n" + cell.Value + "\n")
		}
	}
	return b.String(), language, public
}

// loose are the anchors of text that sources do not hold: numbers, prices,
// units, codes, links and addresses that nobody's document says.
func loose(text, sources string) []string {
	have := message.Anchors(sources)
	var out []string
	for _, a := range message.Anchors(text) {
		same := func(b message.Anchor) bool { return message.Same(a, b) }
		if !slices.ContainsFunc(have, same) && !slices.Contains(out, a.Text) {
			out = append(out, a.Text)
		}
	}
	return out
}

// clip is a sentence short enough for a reason.
func clip(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= 60 {
		return string(r)
	}
	return string(r[:59]) + "…"
}
