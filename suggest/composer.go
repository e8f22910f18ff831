package suggest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// Bounds of the model's part.
const (
	composeIn   = 12 * time.Second
	leastTime   = 500 * time.Millisecond // with less left no model is asked
	maxMaterial = 8                      // passages that a model sees
	maxPolite   = 2                      // sentences that are not on the matter
	maxAsking   = 2                      // questions to the customer
	leakWords   = 6                      // so many words in a row are somebody's wording
)

// Composer writes a draft with a language model. Package compose has it.
type Composer interface {
	// Ready reports whether the workspace has a model that may be asked now.
	Ready(workspace string) bool
	// Compose writes to the material. Sentences of kind Fact come with
	// citations that support them; what it wrote and does not stand is named.
	// Errors are a *[ComposeError]. A nil watch is fine; it is called in the
	// caller's goroutine.
	Compose(ctx context.Context, m Material, watch func(Sentence)) (Composition, error)
}

// Material is what a composer gets: questions that passages answer, and the
// passages. Nothing in it is internal, and what of a passage tries to instruct
// is blanked.
type Material struct {
	Workspace string
	Customer  string // the full name as the desk knows it, to be masked; never part of a prompt
	Message   string // in the customer's own words, without quotes and signature
	History   []Turn // oldest first
	Brief     Brief
	Answers   []Answer // the quotations that answer, as many as the brief has questions
	Passages  []index.Passage
}

// Said is all that a passage says, with what stands around it.
func Said(p index.Passage) string {
	parts := append([]string{p.Title, p.Question, p.Text, p.Locator.Sheet}, p.Headings...)
	for _, c := range p.Cells {
		parts = append(parts, c.Header, c.Value)
	}
	return strings.Join(parts, "\n") + "\n"
}

// Composition is what a model wrote, checked sentence by sentence.
type Composition struct {
	Sentences []Sentence // Ask is an index into Material.Brief.Asks, or -1
	Struck    []Struck
	Model     string
	Prompt    string
	Words     map[string]string // of a translation: what each sentence became
}

// Struck is a sentence that was left out, and why.
type Struck struct {
	Text   string
	Code   string // of the reason: unsupported, chatter, filtered, promise …
	Detail string
}

// Cause is why a model's draft was not used.
type Cause string

// The causes. They are part of logs and reasons.
const (
	CauseSlow        Cause = "slow"        // it, or the time left, was not enough
	CauseDown        Cause = "down"        // unreachable, refusing, or broken
	CauseLimited     Cause = "limited"     // rate limit, or too many at once
	CauseBudget      Cause = "budget"      // tokens or money used up
	CauseGarbage     Cause = "garbage"     // an answer that is none
	CauseLanguage    Cause = "language"    // another language than the customer's
	CausePrivate     Cause = "private"     // a placeholder that is not of this conversation
	CauseUnsupported Cause = "unsupported" // nothing of it stood up to the checks
)

// ComposeError says why there is no draft of the model's.
type ComposeError struct {
	Cause Cause
	Err   error
}

func (e *ComposeError) Error() string { return fmt.Sprintf("model draft (%s): %v", e.Cause, e.Err) }

// Unwrap gives what happened.
func (e *ComposeError) Unwrap() error { return e.Err }

// causeOf is the cause of an error of a composer.
func causeOf(err error) Cause {
	if c, ok := errors.AsType[*ComposeError](err); ok {
		return c.Cause
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return CauseSlow
	}
	return CauseDown
}

// writable are the questions of f that a model may answer: those that passed
// the gate, with sources in the customer's language. A translation is nothing
// that our checks could follow.
func (p *Pipeline) writable(f finding) []int {
	if p.Composer == nil || !p.Composer.Ready(f.request.Workspace) || f.quoted.Flag == None {
		return nil
	}
	var out []int
	for i, a := range f.answers {
		if i < len(f.quoted.Asks) && f.quoted.Asks[i].Answered && !slices.ContainsFunc(a.Sentences, func(q Quote) bool { return q.Foreign }) {
			out = append(out, i)
		}
	}
	return out
}

// rewrite puts the model's draft in the place of the quoted one, or says why
// it does not.
func (p *Pipeline) rewrite(ctx context.Context, f finding, watch func(Sentence)) Suggestion {
	asks := p.writable(f)
	if len(asks) == 0 {
		return f.quoted
	}
	limit := p.ComposeIn
	if limit <= 0 {
		limit = composeIn
	}
	start := p.Now()
	mctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < leastTime {
		return p.without(ctx, f, &ComposeError{CauseSlow, context.DeadlineExceeded}, start)
	}
	m := f.material(asks)
	c, err := p.Composer.Compose(mctx, m, watched(f, watch))
	if err != nil {
		return p.without(ctx, f, err, start)
	}
	s, err := p.composed(f, asks, m, c)
	if err != nil {
		return p.without(ctx, f, err, start)
	}
	took := ms(p.Now().Sub(start))
	s.Timings = f.quoted.Timings
	s.Timings.Model, s.Timings.Total = took, s.Timings.Total+took
	return s
}

// without is the quoted draft, marked as made without the model.
func (p *Pipeline) without(ctx context.Context, f finding, err error, start time.Time) Suggestion {
	cause := causeOf(err)
	took := ms(p.Now().Sub(start))
	if p.Log != nil {
		p.Log.WarnContext(ctx, "model draft not used", "workspace", f.request.Workspace, "cause", string(cause), "took_ms", took, "err", err)
	}
	s := f.quoted
	s.Degraded = append(slices.Clone(s.Degraded), "model ("+string(cause)+")")
	s.Reasons = append(slices.Clone(s.Reasons), reason(f.profile.Language, "model_"+string(cause)))
	s.Timings.Model, s.Timings.Total = took, s.Timings.Total+took
	return s
}

// material is what a model gets for some of f's questions. The passages that
// the quotations are from come first, then the best of each question in turn.
func (f finding) material(asks []int) Material {
	m := Material{Workspace: f.request.Workspace, Customer: f.request.Customer, Message: f.message.body, Brief: f.brief}
	for _, t := range f.request.History {
		m.History = append(m.History, Turn{Agent: t.Agent, Text: message.Clean(t.Text).Body})
	}
	m.Brief.Asks = nil
	seen := map[string]bool{}
	add := func(p index.Passage) {
		if p.Audience == index.Public && !seen[p.ID] && len(m.Passages) < maxMaterial {
			seen[p.ID] = true
			m.Passages = append(m.Passages, p)
		}
	}
	for _, i := range asks {
		m.Brief.Asks = append(m.Brief.Asks, f.brief.Asks[i])
		m.Answers = append(m.Answers, f.answers[i])
		for _, q := range f.answers[i].Sentences {
			for _, h := range f.brief.Asks[i].Hits {
				if h.Passage.ID == q.Passage {
					add(h.Passage)
				}
			}
		}
	}
	for rank := range maxMaterial {
		for _, i := range asks {
			if rank < min(len(f.found[i]), maxEvidence) {
				add(f.found[i][rank].Passage)
			}
		}
	}
	return m
}

// passages are those found, by id.
func (f finding) passages() map[string]index.Passage {
	out := map[string]index.Passage{}
	for _, hits := range f.found {
		for _, h := range hits {
			out[h.Passage.ID] = h.Passage
		}
	}
	return out
}

// watched tells watch of sentences that stand by themselves.
func watched(f finding, watch func(Sentence)) func(Sentence) {
	if watch == nil {
		return nil
	}
	passages := f.passages()
	return func(s Sentence) {
		stand, _, _ := f.standing([]Sentence{s}, passages)
		for _, s := range stand {
			watch(s)
		}
	}
}

// standing are the sentences that pass the checks of their own: what they
// cite, what the guidelines want, and whose words they are.
func (f finding) standing(sentences []Sentence, passages map[string]index.Passage) (kept []Sentence, struck []Reason, checks []Check) {
	agents := f.profile.Language
	kept, struck, checks = strike(sentences, passages, agents)
	guidelines := Check{Name: "guidelines", Passed: true}
	secret := f.secrets(passages)
	kept = slices.DeleteFunc(kept, func(s Sentence) bool {
		var text strings.Builder
		for _, c := range s.Citations {
			text.WriteString(Said(passages[c.Passage]))
		}
		sources := text.String()
		for _, fault := range f.profile.Guidelines.Faults(f.message.language, s.Text, sources) {
			guidelines.Passed, guidelines.Detail = false, fault.Detail
			struck = append(struck, faultReason(agents, fault, s.Text))
			return true
		}
		if s.Kind == Fact && secret(s.Text, sources) {
			struck = append(struck, reason(agents, "internal"))
			checks = append(checks, Check{Name: "audience", Detail: clip(s.Text)})
			return true
		}
		return false
	})
	return kept, struck, append(checks, guidelines)
}

func faultReason(agents string, f Fault, text string) Reason {
	switch f.Rule {
	case "forbidden":
		return reason(agents, "forbidden", f.Detail)
	case "promise":
		return reason(agents, "promise", clip(text), f.Detail)
	}
	return reason(agents, "tone", f.Detail)
}

// secrets reports of a text whether it has wording of an internal passage that
// what it cites does not have.
func (f finding) secrets(passages map[string]index.Passage) func(text, sources string) bool {
	runs := func(text string) map[string]bool {
		out := map[string]bool{}
		w := strings.Fields(words(text))
		for i := 0; i+leakWords <= len(w); i++ {
			out[strings.Join(w[i:i+leakWords], " ")] = true
		}
		return out
	}
	internal := map[string]bool{}
	for _, p := range passages {
		if p.Audience != index.Public {
			maps.Copy(internal, runs(p.Text))
		}
	}
	return func(text, sources string) bool {
		if len(internal) == 0 {
			return false
		}
		public := runs(sources)
		for run := range runs(text) {
			if internal[run] && !public[run] {
				return true
			}
		}
		return false
	}
}

// composed makes a suggestion of what a model wrote.
func (p *Pipeline) composed(f finding, asks []int, m Material, c Composition) (Suggestion, error) {
	agents := f.profile.Language
	passages := f.passages()
	stand, struck, failed := f.standing(c.Sentences, passages)
	for _, x := range c.Struck {
		struck = append(struck, struckReason(agents, x))
	}
	stand = limited(stand)
	if !slices.ContainsFunc(stand, func(s Sentence) bool { return s.Kind == Fact }) {
		return Suggestion{}, &ComposeError{CauseUnsupported, fmt.Errorf("none of %d sentences stands", len(c.Sentences)+len(c.Struck))}
	}
	text, filled := complete(m, stand, passages)
	if len(filled) == len(asks) {
		return Suggestion{}, &ComposeError{CauseUnsupported, errors.New("answers none of the questions in full")}
	}

	s := Suggestion{Mode: Written, Language: f.quoted.Language, Kind: f.quoted.Kind, Urgent: f.quoted.Urgent, Angry: f.quoted.Angry}
	s.Versions, s.Degraded = f.quoted.Versions, slices.Clone(f.quoted.Degraded)
	s.Versions.Model, s.Versions.Prompt = c.Model, c.Prompt
	q := *p
	q.Framer = letter{p.Framer, asks, text, filled}
	q.finish(f.request.Workspace, &s, f.message, f.brief, f.answers, f.found, f.profile)
	if s.Flag == None {
		return Suggestion{}, &ComposeError{CauseUnsupported, errors.New("nothing is left of it")}
	}
	for _, c := range failed {
		if !c.Passed {
			s.Checks = slices.DeleteFunc(s.Checks, func(o Check) bool { return o.Name == c.Name && o.Passed })
			s.Checks = append(s.Checks, c)
		}
	}
	s.Reasons = append(s.Reasons, reason(agents, "model"))
	for _, i := range filled {
		s.Reasons = append(s.Reasons, reason(agents, "filled", clip(m.Brief.Asks[i].Question.Text)))
	}
	s.Reasons = append(s.Reasons, distinctReasons(struck)...)
	// A model that had to be corrected, or asks back, is to be read.
	asking := slices.ContainsFunc(s.Sentences, func(x Sentence) bool { return x.Kind == Asks })
	if s.Flag == High && (len(struck) > 0 || len(filled) > 0 || asking) {
		s.Flag = Medium
	}
	keep(&s, f.profile)
	return s, nil
}

func struckReason(agents string, x Struck) Reason {
	switch x.Code {
	case "unsupported", "chatter":
		return reason(agents, x.Code, clip(x.Text))
	case "anchors", "promise", "filtered":
		return reason(agents, x.Code, clip(x.Text), clip(x.Detail))
	}
	return reason(agents, "filtered", clip(x.Text), clip(x.Detail))
}

func distinctReasons(in []Reason) (out []Reason) {
	for _, r := range in {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// limited keeps the first few sentences that state nothing.
func limited(in []Sentence) (out []Sentence) {
	n := map[SentenceKind]int{}
	for _, s := range in {
		n[s.Kind]++
		if s.Kind == Polite && n[Polite] > maxPolite || s.Kind == Asks && n[Asks] > maxAsking {
			continue
		}
		out = append(out, s)
	}
	return out
}

// letter frames what a model wrote: greeting and closing are the templates',
// and the questions it did not answer are answered by quotations.
type letter struct {
	Framer

	asks   []int // of the brief's questions, those the model was given
	text   []Sentence
	filled []int // indexes into asks
}

// Frame implements [Framer].
func (l letter) Frame(b Brief, answers []Answer, answered []bool) []Sentence {
	quoted := slices.Clone(answers)
	for i, at := range l.asks {
		if !slices.Contains(l.filled, i) {
			quoted[at].Sentences = nil // the model says it
		}
	}
	frame := slices.DeleteFunc(l.Framer.Frame(b, quoted, answered), func(s Sentence) bool {
		return s.Kind == Fact && slices.ContainsFunc(l.text, func(t Sentence) bool { return t.Text == s.Text }) // said already
	})
	at := slices.IndexFunc(frame, func(s Sentence) bool { return s.Kind != Frame || s.Ask >= 0 })
	if at < 0 {
		at = len(frame)
	}
	body := slices.Clone(l.text)
	last := -2
	for i, s := range body {
		switch {
		case i == 0:
			body[i].Break = "\n\n"
		case s.Break != "":
		case s.Kind == Asks && body[i-1].Kind != Asks, s.Ask >= 0 && last >= 0 && s.Ask != last:
			body[i].Break = "\n\n"
		}
		if s.Ask >= 0 {
			last = s.Ask
			body[i].Ask = l.asks[s.Ask]
		}
	}
	return slices.Insert(frame, at, body...)
}

// complete leaves out what a model wrote on questions that it did not answer
// in full; the quotations take their place.
func complete(m Material, sentences []Sentence, passages map[string]index.Passage) (kept []Sentence, filled []int) {
	for i, ask := range m.Brief.Asks {
		if !answers(m.Brief.Language, i, ask, m.Answers[i], sentences, passages) {
			filled = append(filled, i)
		}
	}
	for _, s := range sentences {
		if s.Ask < 0 || !slices.Contains(filled, s.Ask) {
			kept = append(kept, s)
		}
	}
	return kept, filled
}

// Completeness; see [answers].
const (
	leastCovered = 0.25 // of a question's words, by what is said and where it was found
	quoteSaid    = 0.5  // of a quotation's words
	wholeList    = 3    // lines that make a list
)

// answers reports whether sentences answer ask, the i-th, as fully as the
// quotations do: on its words or with those of the first quotation, with the
// kind of thing that it asks for, and with all steps. A sentence on another
// question counts when it rests on this one's sources: two questions may have
// one answer.
func answers(language string, i int, ask BriefAsk, quoted Answer, sentences []Sentence, passages map[string]index.Passage) bool {
	var spoken, around []overlap.Text
	var said strings.Builder
	own := false
	for _, s := range sentences {
		shared := slices.ContainsFunc(s.Citations, func(c Citation) bool {
			return slices.ContainsFunc(quoted.Sentences, func(q Quote) bool { return q.Passage == c.Passage })
		})
		if s.Kind != Fact || s.Ask != i && !shared {
			continue
		}
		own = own || s.Ask == i
		said.WriteString(s.Text + "\n")
		spoken = append(spoken, overlap.Analyze(language, s.Text))
		for _, c := range s.Citations {
			p := passages[c.Passage]
			around = append(around, overlap.Analyze(language, strings.Join(append([]string{p.Title, p.Question}, p.Headings...), "\n")))
		}
	}
	says := func(text string, least float64, texts ...overlap.Text) bool {
		words := overlap.Analyze(language, text)
		return overlap.ContentWords(words) == 0 || overlap.Weigh(words, ask.IDF, ask.Unknown).Coverage(texts...) >= least
	}
	if len(spoken) == 0 || len(quoted.Sentences) == 0 {
		return false
	}
	if !says(quoted.Sentences[0].Text, quoteSaid, spoken...) && !(own && says(ask.Question.Text, leastCovered, append(around, spoken...)...)) {
		return false
	}
	for _, kind := range wanted(ask.Question.Kind) {
		is := func(a message.Anchor) bool { return a.Kind == kind }
		quotes := func(q Quote) bool { return slices.ContainsFunc(message.Anchors(q.Text), is) }
		if slices.ContainsFunc(quoted.Sentences, quotes) && !slices.ContainsFunc(message.Anchors(said.String()), is) {
			return false
		}
	}
	steps := 0
	for _, q := range quoted.Sentences {
		if q.Break == "\n" {
			steps++
		}
	}
	if steps+1 < wholeList {
		return true
	}
	return !slices.ContainsFunc(quoted.Sentences, func(q Quote) bool { // never three of seven steps
		return !says(q.Text, quoteSaid, spoken...)
	})
}

// wanted are the kinds of anchors that answer a kind of question.
func wanted(k message.Kind) []message.AnchorKind {
	switch k {
	case message.Price:
		return []message.AnchorKind{message.Money, message.Percent}
	case message.When:
		return []message.AnchorKind{message.Date, message.Unit}
	case message.HowMuch:
		return []message.AnchorKind{message.Unit}
	}
	return nil
}

// keep marks what a draft says against the guidelines. Quotations are not
// changed: the agent decides.
func keep(s *Suggestion, profile Profile) {
	if len(s.Sentences) == 0 || slices.ContainsFunc(s.Checks, func(c Check) bool { return c.Name == "guidelines" }) {
		return
	}
	c := Check{Name: "guidelines", Passed: true}
	for _, x := range s.Sentences {
		if f := profile.Guidelines.forbidden(s.Language, x.Text); f != "" && c.Passed {
			c.Passed, c.Detail = false, f
			s.Reasons = append(s.Reasons, reason(profile.Language, "forbidden", f))
			if s.Flag == High {
				s.Flag = Medium
			}
		}
	}
	s.Checks = append(s.Checks, c)
}
