package suggest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/index"
)

//go:embed model.json
var modelJSON []byte

// Model turns features into the probability that an answer is right. It is a
// logistic regression; sufflor eval --fit trains it on the dev split.
type Model struct {
	Version string             `json:"version"`
	Trained string             `json:"trained"` // on what, with which command
	Bias    float64            `json:"bias"`
	Weights map[string]float64 `json:"weights"`
	// Thresholds of the probability for the flags; below Low an ask counts as
	// unanswered.
	High   float64 `json:"high"`
	Medium float64 `json:"medium"`
	Low    float64 `json:"low"`
}

// AnswerFeatures are features of an answer, beside those of its best quote,
// that tell whether it is right; all are 0 to 1.
var AnswerFeatures = []string{
	"content",     // words of the question on the matter
	"found",       // of them there
	"lost",        // of them not there
	"lost_weight", // the rarity of the rarest that is not there
	"unheard",     // words that no document holds
	"unheard_any", // whether there are any
	"own_found",   // the coverage of the question times how much there is to cover
	"score_own",   // and times the ranking's score
	"yesno",       // whether the question wants a yes or a no
	"unit_words",  // length of the best quote
}

// DefaultModel is the one that ships with the binary.
var DefaultModel = sync.OnceValue(func() *Model {
	m, err := ParseModel(modelJSON)
	if err != nil {
		panic("model.json: " + err.Error()) // embedded; a test loads it
	}
	return m
})

// ParseModel reads a model and checks it.
func ParseModel(data []byte) (*Model, error) {
	var m Model
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	if !(0 < m.Low && m.Low < m.Medium && m.Medium < m.High && m.High < 1) {
		return nil, fmt.Errorf("thresholds %g, %g, %g: want 0 < low < medium < high < 1", m.Low, m.Medium, m.High)
	}
	return &m, nil
}

// Probability is the model's word on features, 0 to 1. No features: 0.
func (m *Model) Probability(features map[string]float64) float64 {
	if len(features) == 0 {
		return 0
	}
	z := m.Bias
	for _, name := range slices.Sorted(keys(m.Weights)) { // sums in one order: deterministic
		z += m.Weights[name] * features[name]
	}
	return 1 / (1 + math.Exp(-z))
}

func keys(m map[string]float64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// finish decides which asks are answered, composes, checks and flags.
func (p *Pipeline) finish(s *Suggestion, u understood, b Brief, answers []Answer, found [][]Scored, profile Profile) {
	agents := profile.Language
	answered := make([]bool, len(answers))
	for i, a := range answers {
		a.Features = Signals(b, i, a)
		answers[i].Features = a.Features
		prob := p.Model.Probability(a.Features)
		answered[i] = len(a.Sentences) > 0 && prob >= p.Model.Low && !besides(a.Features)
		s.Asks = append(s.Asks, Ask{
			Text: b.Asks[i].Question.Text, Kind: string(b.Asks[i].Question.Kind), Query: b.Asks[i].Focus,
			Answered: answered[i], Score: prob, Features: a.Features, Missing: a.Missing,
		})
	}
	passages := map[string]index.Passage{}
	for _, hits := range found {
		for _, h := range hits {
			passages[h.Passage.ID] = h.Passage
		}
	}
	var struck []Reason
	s.Sentences, struck, s.Checks = strike(p.Framer.Frame(b, answers, answered), passages, agents)
	for i := range answered {
		if answered[i] && len(struck) > 0 && !slices.ContainsFunc(s.Sentences, func(x Sentence) bool { return x.Ask == i && x.Kind == Fact }) && !sharesFacts(answers, i) {
			answered[i], s.Asks[i].Answered = false, false
		}
	}
	open := 0
	for i, ok := range answered {
		if !ok {
			open++
			s.Missing = append(s.Missing, s.Asks[i].Text)
		}
	}
	for _, q := range u.dropped {
		open++
		s.Missing = append(s.Missing, q)
	}
	s.Checks = append(s.Checks, Check{Name: "answered", Passed: open == 0, Detail: strings.Join(s.Missing, "; ")})
	foreign := foreignLanguage(s.Sentences, passages, u.language)
	s.Checks = append(s.Checks, Check{Name: "language", Passed: foreign == "", Detail: foreign})

	s.Probability, s.Flag = p.flag(s, answered, len(u.dropped), foreign != "" || u.uncertain, len(struck) > 0)
	if s.Flag == None {
		s.Sentences = []Sentence{}
	}
	s.Evidence = evidence(s.Sentences, found)
	s.Reasons = append(p.reasons(s, u, foreign, open, agents), struck...)
	s.Reasons = append(s.Reasons, hints(u, agents)...)
	for _, d := range s.Degraded {
		s.Reasons = append(s.Reasons, reason(agents, "degraded", d))
	}
}

// besides reports whether an answer holds none of several words that the
// question is on: whatever the model makes of codes and context, it answers
// something else.
func besides(features map[string]float64) bool {
	return features["found"] == 0 && features["lost"] >= 0.75
}

// sharesFacts reports whether ask i's sentences were left out because another
// ask's answer says the same.
func sharesFacts(answers []Answer, i int) bool {
	for j := range answers {
		if j == i {
			continue
		}
		for _, q := range answers[i].Sentences {
			if slices.ContainsFunc(answers[j].Sentences, func(o Quote) bool { return o.Text == q.Text }) {
				return true
			}
		}
	}
	return false
}

// flag is the draft's probability and flag: as good as its weakest answer,
// never high with a question open, a sentence struck or words untranslated.
func (p *Pipeline) flag(s *Suggestion, answered []bool, dropped int, foreign, struck bool) (float64, Flag) {
	prob, n := 1.0, 0
	for i, ok := range answered {
		if ok {
			prob = min(prob, s.Asks[i].Score)
			n++
		}
	}
	if n == 0 {
		best := 0.0
		for _, a := range s.Asks {
			best = max(best, a.Score)
		}
		return best, None
	}
	complete := n == len(answered) && dropped == 0
	switch {
	case foreign:
		return min(prob, p.Model.Medium), Low
	case prob >= p.Model.High && complete && !struck && len(s.Degraded) == 0:
		return prob, High
	case prob >= p.Model.Medium && !struck:
		return prob, Medium
	}
	return prob, Low
}

// foreignLanguage is the language of the first cited passage that is not the
// customer's, or "".
func foreignLanguage(sentences []Sentence, passages map[string]index.Passage, language string) string {
	for _, s := range sentences {
		for _, c := range s.Citations {
			if l := passages[c.Passage].Language; l != "" && l != language {
				return l
			}
		}
	}
	return ""
}

// evidence numbers the cited passages in order of appearance and adds what
// else was found.
func evidence(sentences []Sentence, found [][]Scored) []Evidence {
	byID := map[string]Scored{}
	var order []string
	for rank := range maxEvidence {
		for _, hits := range found { // best of each ask, then second best …
			if rank < len(hits) {
				if _, ok := byID[hits[rank].Passage.ID]; !ok {
					order = append(order, hits[rank].Passage.ID)
				}
			}
			if rank < len(hits) {
				byID[hits[rank].Passage.ID] = hits[rank]
			}
		}
	}
	for _, hits := range found {
		for _, h := range hits {
			if _, ok := byID[h.Passage.ID]; !ok {
				byID[h.Passage.ID] = h
			}
		}
	}
	f := newFolder()
	number := map[string]int{}
	for i := range sentences {
		for j := range sentences[i].Citations {
			c := &sentences[i].Citations[j]
			if number[c.Passage] == 0 {
				f.keep(byID[c.Passage])
				number[c.Passage] = len(f.hits)
			}
			c.Number = number[c.Passage]
		}
	}
	cited := len(f.hits)
	for _, id := range order {
		if number[id] > 0 {
			continue
		}
		h := byID[id]
		if at, ok := f.find(h); ok { // two questions may have kept another one each
			f.hits[at] = f.hits[at].said(h)
		} else if len(f.hits) < maxEvidence {
			f.keep(h)
		}
	}
	out := make([]Evidence, len(f.hits))
	for i, h := range f.hits {
		out[i] = Evidence{Passage: h.Passage, Score: h.Hit.Score, Parts: h.Hit.Parts, Cited: i < cited, Elsewhere: len(h.Elsewhere)}
	}
	return out
}

// reasons are the flag's reasons in words.
func (p *Pipeline) reasons(s *Suggestion, u understood, foreign string, open int, agents string) []Reason {
	var out []Reason
	switch {
	case s.Flag == None:
		out = append(out, reason(agents, "nothing"))
		if len(s.Evidence) > 0 {
			out = append(out, reason(agents, "nearest"))
		}
		if slices.ContainsFunc(s.Evidence, func(e Evidence) bool { return e.Passage.Audience == index.Internal }) {
			out = append(out, reason(agents, "internal"))
		}
	case open > 0:
		out = append(out, reason(agents, "partly", open, len(s.Asks)+len(u.dropped)))
	case s.Flag == High:
		out = append(out, reason(agents, "all"))
	case s.Flag == Medium:
		out = append(out, reason(agents, "likely"))
	default:
		out = append(out, reason(agents, "weak"))
	}
	if foreign != "" && s.Flag != None {
		out = append(out, reason(agents, "foreign", PhrasesIn(agents).Languages[foreign]))
	}
	if s.Flag != High {
		var words []string
		for _, a := range s.Asks {
			for _, w := range a.Missing {
				if len(words) < 4 && !slices.Contains(words, w) {
					words = append(words, w)
				}
			}
		}
		if len(words) > 0 {
			out = append(out, reason(agents, "missing", strings.Join(words, ", ")))
		}
	}
	return out
}

// Text is the draft as plain text, without marks.
func (s Suggestion) Text() string { return s.render(false) }

// Marked is Text with the numbers of its sources: "It takes 4 hours. [1]".
func (s Suggestion) Marked() string { return s.render(true) }

func (s Suggestion) render(marks bool) string {
	var b strings.Builder
	for i, x := range s.Sentences {
		switch {
		case i == 0:
		case x.Break != "":
			b.WriteString(x.Break)
		default:
			b.WriteByte(' ')
		}
		b.WriteString(x.Text)
		for _, c := range x.Citations {
			if marks {
				fmt.Fprintf(&b, " [%d]", c.Number)
			}
		}
	}
	return b.String()
}
