package suggest

import (
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/ground"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// maxNovelty is the share of a factual sentence's words that may be missing
// from what it cites whatever else is thought of it. Quotes have none; the room
// is for a row's connecting words.
const maxNovelty = 0.15

// Finding is the verdict on one factual sentence.
type Finding struct {
	Sentence string  `json:"sentence"`
	Struck   bool    `json:"struck"`
	Score    float64 `json:"score"`            // probability that it says something unsupported, 0 to 1
	Reason   string  `json:"reason,omitempty"` // a reason of package ground, or "internal"
	Detail   string  `json:"detail,omitempty"`
}

// strike checks factual sentences against what they cite, whoever wrote them,
// and returns those that stand and why the others do not. Each check holds the
// findings that it is about; "supported" holds also those that stand.
func strike(sentences []Sentence, passages map[string]index.Passage, agents string) (kept []Sentence, struck []Reason, checks []Check) {
	anchored, supported := Check{Name: "anchors", Passed: true}, Check{Name: "supported", Passed: true}
	audience := Check{Name: "audience", Passed: true}
	checker := ground.New()
	fail := func(c *Check, f Finding, detail string, why Reason) {
		f.Struck = true
		c.Passed, c.Detail = false, detail
		c.Findings = append(c.Findings, f)
		struck = append(struck, why)
	}
	for _, s := range sentences {
		if s.Kind != Fact {
			kept = append(kept, s)
			continue
		}
		sources, language, public := cited(s, passages)
		v := checker.Support(language, "", s.Text, every(sources), sources)
		f := Finding{Sentence: clip(s.Text), Score: v.Score, Reason: v.Reason, Detail: v.Detail}
		switch {
		case !public:
			f.Reason, f.Detail = "internal", ""
			fail(&audience, f, "a sentence cites what customers may not read", reason(agents, "internal"))
		case ground.Hard(v.Reason) && v.Reason != ground.NoSource:
			fail(&anchored, f, v.Detail, reason(agents, "anchors", clip(s.Text), v.Detail))
		case len(sources) == 0 || v.Score >= ground.Doubtful && novelty(language, s.Text, sources) > maxNovelty:
			fail(&supported, f, clip(s.Text), reason(agents, "unsupported", clip(s.Text)))
		default:
			f.Reason, f.Detail = "", ""
			supported.Findings = append(supported.Findings, f)
			kept = append(kept, s)
		}
	}
	return kept, struck, []Check{supported, anchored, audience}
}

// cited are the sources that a sentence cites, with all that stands around
// them, and whether customers may read every one.
func cited(s Sentence, passages map[string]index.Passage) (sources []ground.Source, language string, public bool) {
	public = true
	for _, c := range s.Citations {
		p, ok := passages[c.Passage]
		if !ok {
			continue
		}
		public = public && p.Audience == index.Public
		language = p.Language
		sources = append(sources, Source(p))
	}
	return sources, language, public
}

// Source is a passage as the checks compare with it.
func Source(p index.Passage) ground.Source {
	out := ground.Source{Title: p.Title, Language: p.Language, Text: p.Text}
	out.More = append(out.More, p.Question, p.Locator.Sheet)
	out.More = append(out.More, p.Headings...)
	for _, cell := range p.Cells {
		out.More = append(out.More, cell.Header+"\n"+cell.Value)
	}
	return out
}

// every is the indices of all sources.
func every(sources []ground.Source) []int {
	out := make([]int, len(sources))
	for i := range out {
		out[i] = i
	}
	return out
}

// novelty is the share of a sentence's words that its sources do not hold.
func novelty(language, sentence string, sources []ground.Source) float64 {
	var b strings.Builder
	for _, s := range sources {
		for _, part := range append([]string{s.Title, s.Text}, s.More...) {
			b.WriteString(part)
			b.WriteByte('\n')
		}
	}
	return overlap.Novelty(overlap.Analyze(language, sentence), nil, 1, overlap.Analyze(language, b.String()))
}

// clip is a sentence short enough for a reason.
func clip(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= 60 {
		return string(r)
	}
	return string(r[:59]) + "…"
}
