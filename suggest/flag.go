package suggest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/index"
)

//go:embed model.json
var modelJSON []byte

// Model turns features into the probability that an answer is right, and those
// into the probability that a draft is used as it is. It is a logistic
// regression; sufflor eval answerable --fit trains it.
type Model struct {
	Version string  `json:"version"`
	Trained string  `json:"trained"` // on what, with which command
	Bias    float64 `json:"bias"`
	// Weights of features, and of products of two: "a*b".
	Weights map[string]float64 `json:"weights"`
	// Draft weighs what is known of a draft beside its answers, in the same
	// unit. These are set, not trained.
	Draft map[string]float64 `json:"draft,omitempty"`
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
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the model")
	}
	if !(0 < m.Low && m.Low < m.Medium && m.Medium < m.High && m.High < 1) {
		return nil, fmt.Errorf("thresholds %g, %g, %g: want 0 < low < medium < high < 1", m.Low, m.Medium, m.High)
	}
	if len(m.Weights) == 0 {
		return nil, errors.New("weights: there are none")
	}
	for _, name := range slices.Sorted(keys(m.Weights)) {
		if a, b, product := strings.Cut(name, "*"); a == "" || product && (b == "" || strings.Contains(b, "*")) {
			return nil, fmt.Errorf("weights: %q is neither a feature nor a product of two", name)
		}
	}
	for _, name := range slices.Sorted(keys(m.Draft)) {
		if !slices.Contains(DraftFeatures, name) {
			return nil, fmt.Errorf("draft: %q is none of %s", name, strings.Join(DraftFeatures, ", "))
		}
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
		z += m.Weights[name] * Value(features, name)
	}
	return 1 / (1 + math.Exp(-z))
}

// Value is a feature, or the product of two when name is "a*b".
func Value(features map[string]float64, name string) float64 {
	if a, b, ok := strings.Cut(name, "*"); ok {
		return features[a] * features[b]
	}
	return features[name]
}

// Gate says, before anything is written, whether the documents answer a
// question with such features (see [Signals]), and how sure that is.
func (m *Model) Gate(features map[string]float64) (answer bool, p float64) {
	p = m.Probability(features)
	return p >= m.Low && !besides(features), p
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
func (p *Pipeline) finish(workspace string, s *Suggestion, u understood, b Brief, answers []Answer, found [][]Scored, profile Profile) {
	agents := profile.Language
	answered := make([]bool, len(answers))
	for i, a := range answers {
		a.Features = Signals(b, i, a)
		answers[i].Features = a.Features
		ok, prob := p.Model.Gate(a.Features)
		answered[i] = ok && len(a.Sentences) > 0
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
	kept, dropped, guarding := guarded(p.Framer.Frame(b, answers, answered), passages, profile)
	s.Sentences, struck, s.Checks = strike(kept, passages, agents)
	struck, s.Checks = append(dropped, struck...), append(s.Checks, guarding)
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

	s.Escalate, s.Conflicts = marksOf(u.marks), conflicts(s, b, found)
	var disputed []Reason
	s.Sentences, disputed = undisputed(s.Sentences, s.Conflicts, agents)
	steering, warnings := instructions(evidence(s.Sentences, found), found, u.steered, agents)
	s.Checks = append(s.Checks, disagreement(s.Conflicts, passages), steering)

	proven := p.judge(workspace, s, tallyOf(s, struck), open, foreign != "" || u.uncertain)
	if s.Flag == None {
		s.Sentences, s.Conflicts = []Sentence{}, nil
	}
	s.Evidence = evidence(s.Sentences, found)
	s.Reasons = append(append(p.reasons(s, u, foreign, open, agents), struck...), append(disputed, warnings...)...)
	if !proven {
		s.Reasons = append(s.Reasons, reason(agents, "unproven"))
	}
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

// Thresholds are the least probabilities of the flags. High above 1 says that
// no draft is: none was proven good enough.
type Thresholds struct {
	High   float64 `json:"high"`
	Medium float64 `json:"medium"`
	Low    float64 `json:"low"`
}

// Calibration turns the shipped model's probability of a draft into that of a
// workspace and language, as learned from what became of its drafts.
type Calibration interface {
	Calibrate(workspace, language string, p float64) (float64, Thresholds)
}

// Thresholds are those that ship with the model.
func (m *Model) Thresholds() Thresholds { return Thresholds{m.High, m.Medium, m.Low} }

// DraftProbability is the shipped model's word on s, from the features it
// carries: as good as its weakest answer, less what is known against the draft.
// It is 0 when nothing is answered.
func (m *Model) DraftProbability(s Suggestion) float64 {
	weakest, answered := 1.0, false
	for _, a := range s.Asks {
		if a.Answered {
			weakest, answered = min(weakest, m.Probability(a.Features)), true
		}
	}
	if !answered || weakest == 0 {
		return 0
	}
	z := 0.0
	for _, name := range slices.Sorted(keys(m.Draft)) {
		z += m.Draft[name] * s.Features[name]
	}
	return 1 / (1 + (1-weakest)/weakest*math.Exp(-z))
}

// tally counts a draft's factual sentences.
type tally struct {
	struck  int // by a check
	facts   int // that stand
	uncited int // of them without a source
}

func tallyOf(s *Suggestion, struck []Reason) tally {
	out := tally{struck: len(struck)}
	for _, x := range s.Sentences {
		if x.Kind == Fact {
			out.facts++
			out.uncited += int(truth(len(x.Citations) == 0))
		}
	}
	return out
}

// judge sets a draft's features, probability and flag. High takes every
// question answered, every fact cited, every check passed and nothing lost on
// the way; sources that contradict each other, or a sentence without one, are
// medium at best; struck sentences and foreign words are low. It is not proven
// when nothing stood against high but that outcomes have proven no threshold.
func (p *Pipeline) judge(workspace string, s *Suggestion, facts tally, open int, foreign bool) (proven bool) {
	failed := func(name string) bool {
		return slices.ContainsFunc(s.Checks, func(c Check) bool { return c.Name == name && !c.Passed })
	}
	asked := max(len(s.Asks)+open-unansweredOf(s.Asks), 1)
	if s.Features == nil {
		s.Features = map[string]float64{}
	}
	s.Features["open"] = float64(open) / float64(asked)
	s.Features["struck"] = float64(facts.struck) / float64(max(facts.struck+facts.facts, 1))
	s.Features["uncited"] = float64(facts.uncited) / float64(max(facts.facts, 1))
	s.Features["conflict"], s.Features["foreign"], s.Features["degraded"] = truth(failed("conflict")), truth(foreign), truth(len(s.Degraded) > 0)

	if unansweredOf(s.Asks) == len(s.Asks) {
		s.Flag = None
		for _, a := range s.Asks {
			s.Probability = max(s.Probability, a.Score)
		}
		return true
	}
	s.Probability = p.Model.DraftProbability(*s)
	t := p.Model.Thresholds()
	if p.Calibration != nil {
		s.Probability, t = p.Calibration.Calibrate(workspace, s.Language, s.Probability)
	}
	hard := slices.ContainsFunc(s.Checks, func(c Check) bool { return !c.Passed })
	clean := open == 0 && !hard && facts.struck == 0 && facts.uncited == 0 && len(s.Degraded) == 0
	switch {
	case foreign:
		s.Probability, s.Flag = min(s.Probability, t.Medium), Low
	case s.Probability >= t.High && clean:
		s.Flag = High
	case s.Probability >= t.Medium && facts.struck == 0:
		s.Flag = Medium
	default:
		s.Flag = Low
	}
	return !clean || t.High <= 1 || s.Probability < p.Model.High
}

// unansweredOf is how many asks have no answer.
func unansweredOf(asks []Ask) (n int) {
	for _, a := range asks {
		n += int(truth(!a.Answered))
	}
	return n
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

// reasons are the flag's reasons in words: a summary, then what each answer
// rests on, what is open and what speaks against it, each with its place.
func (p *Pipeline) reasons(s *Suggestion, u understood, foreign string, open int, agents string) []Reason {
	var out []Reason
	switch {
	case s.Flag == None:
		out = append(out, reason(agents, "nothing"))
	case open > 0:
		out = append(out, reason(agents, "partly", open, len(s.Asks)+len(u.dropped)))
	case s.Flag == High:
		out = append(out, reason(agents, "all"))
	case s.Flag == Medium:
		out = append(out, reason(agents, "likely"))
	default:
		out = append(out, reason(agents, "weak"))
	}
	out = append(out, s.rests(agents)...)
	out = append(out, s.unanswered(agents)...)
	if s.Flag == None {
		for _, e := range s.Evidence {
			if e.Passage.Audience == index.Internal {
				out = append(out, reason(agents, "internal_at", Place(agents, e.Passage)))
				break
			}
		}
		if len(s.Evidence) > 0 && s.Evidence[0].Passage.Audience != index.Internal {
			out = append(out, reason(agents, "nearest_at", Place(agents, s.Evidence[0].Passage)))
		}
	}
	if foreign != "" && s.Flag != None {
		for _, e := range s.Evidence {
			if e.Cited && e.Passage.Language == foreign {
				out = append(out, reason(agents, "foreign_at", document(e.Passage), PhrasesIn(agents).Languages[foreign]))
				break
			}
		}
	}
	for _, c := range s.Checks {
		if c.Name == "conflict" && !c.Passed {
			out = append(out, reason(agents, "conflict", c.Detail))
		}
	}
	out = append(out, s.aged(agents)...)
	if s.Flag != High {
		out = append(out, s.lacking(agents)...)
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
