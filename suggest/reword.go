package suggest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/suggest/message"
)

// Style is what an agent wants of a text.
type Style string

// The styles.
const (
	Shorter    Style = "shorter"
	Longer     Style = "longer"
	Friendlier Style = "friendlier"
	MoreFormal Style = "formal"
	Translated Style = "translate"
)

// Styles are all of them.
var Styles = []Style{Shorter, Longer, Friendlier, MoreFormal, Translated}

// MaxRewording bounds a text that is worded anew, in bytes.
const MaxRewording = 8 << 10

// Wording is a text of an agent's and what it shall become.
type Wording struct {
	Text     string
	Style    Style
	Language string   // that a translation is into
	Quoted   []string // ids of passages that the agent quoted by hand
}

// Rewording is what a model gets beside its material: the text's sentences
// without greeting and closing.
type Rewording struct {
	Style     Style
	Sentences []string
	Into      string // of a translation
}

// Reworder is a [Composer] that words texts anew. Package compose has it.
type Reworder interface {
	Composer
	// Reword is like Compose. Material.Brief.Language is the text's. A
	// translation's sentences come as they were, for the checks that follow,
	// and Composition.Words has what they became.
	Reword(ctx context.Context, m Material, r Rewording) (Composition, error)
}

// Rewords reports whether texts of a workspace can be worded anew now.
func (p *Pipeline) Rewords(workspace string) bool {
	r, ok := p.Composer.(Reworder)
	return ok && r.Ready(workspace)
}

// Reword has a model word a text anew and checks what it wrote as any draft:
// each sentence is tied to the passages that support it or struck, and the
// flag is found anew. Without a model, in time or at all, or when nothing of
// it stands, the error is a *[ComposeError] and the agent keeps the old text.
func (p *Pipeline) Reword(ctx context.Context, r Request, w Wording) (Suggestion, error) {
	model, ok := p.Composer.(Reworder)
	if !ok || !model.Ready(r.Workspace) {
		return Suggestion{}, &ComposeError{CauseDown, errors.New("no model may be asked now")}
	}
	limit := p.ComposeIn
	if limit <= 0 {
		limit = composeIn
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := p.Now()
	f, err := p.find(ctx, r)
	if err == nil && len(f.brief.Asks) == 0 {
		// Nothing was asked, and the text says what it is about.
		r.Hint = w.Text
		f, err = p.find(ctx, r)
	}
	if err != nil {
		return Suggestion{}, err
	}
	if len(f.brief.Asks) == 0 {
		return Suggestion{}, &ComposeError{CauseUnsupported, errors.New("there is nothing to compare the text with")}
	}
	if err := p.quoted(ctx, &f, w.Quoted); err != nil {
		return Suggestion{}, err
	}
	t := f.apart(w.Text)
	if len(t.body) == 0 {
		return Suggestion{}, &ComposeError{CauseUnsupported, errors.New("nothing but greeting and closing")}
	}
	f.brief.Language = lang.DetectWith(t.said(), map[string]float64{f.message.language: 1}).Language
	if !slices.Contains(lang.Supported(), f.brief.Language) {
		f.brief.Language = f.message.language
	}
	asks := make([]int, len(f.brief.Asks))
	for i := range asks {
		asks[i] = i
	}
	m := f.material(asks)
	m.Brief.Language = f.brief.Language
	m.Brief.Profile.Guidelines = m.Brief.Profile.Guidelines.In(cmp.Or(w.Language, m.Brief.Language))
	switch w.Style {
	case Friendlier:
		m.Brief.Profile.Guidelines.Tone = Friendly
	case MoreFormal:
		m.Brief.Profile.Guidelines.Tone = Formal
	}
	c, err := model.Reword(ctx, m, Rewording{Style: w.Style, Sentences: t.body, Into: w.Language})
	if err != nil {
		return Suggestion{}, err
	}
	s, err := p.reworded(f, w, t, c)
	if err != nil {
		return s, err
	}
	if live, err := p.live(ctx, r.Workspace, s); err != nil || !live {
		return Suggestion{}, errors.Join(err, &ComposeError{CauseUnsupported, errors.New("a source changed meanwhile")})
	}
	s.Timings = f.quoted.Timings
	s.Timings.Model = ms(p.Now().Sub(start)) - s.Timings.Total
	s.Timings.Total = ms(p.Now().Sub(start))
	return s, nil
}

// quoted adds passages that an agent chose to those that were found.
func (p *Pipeline) quoted(ctx context.Context, f *finding, ids []string) error {
	known := f.passages()
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := known[id]; return ok })
	if len(ids) == 0 {
		return nil
	}
	texts, err := p.Library.Passages(ctx, f.request.Workspace, ids)
	if err != nil {
		return fmt.Errorf("read %d passages: %w", len(ids), err)
	}
	var chosen []Scored
	for _, id := range ids {
		if t, ok := texts[id]; ok {
			clean, planted := p.Innocent.clean(t)
			chosen = append(chosen, Scored{Hit: index.Hit{ID: id}, Passage: clean, Planted: planted})
		}
	}
	f.found = slices.Clone(f.found)
	f.found[0] = append(chosen, f.found[0]...) // a model sees the first ones
	return nil
}

// apart is a text taken apart: greeting, what is said to be open, and closing
// are left as they are.
type apart struct{ head, body, open, tail []string }

func (t apart) said() string { return strings.Join(t.body, " ") }

// apart tells the lines at the ends of a text that come from our templates.
func (f finding) apart(text string) (t apart) {
	frame, open := map[string]bool{}, map[string]bool{}
	words := f.profile.Guidelines.Or(Guidelines{}).Words(f.message.language, f.profile.Name)
	for _, w := range words {
		for line := range strings.Lines(strings.ReplaceAll(w, "{name}", f.message.customer)) {
			frame[strings.TrimSpace(line)] = true
		}
	}
	for _, s := range f.quoted.Sentences {
		switch s.Kind {
		case Frame, Closes:
			frame[strings.TrimSpace(s.Text)] = true
		case Open:
			open[strings.TrimSpace(s.Text)] = true
		}
	}
	delete(frame, "")
	var parts []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if open[line] {
			t.open = append(t.open, line)
			continue
		}
		if line == "" || frame[line] {
			parts = append(parts, line)
			continue
		}
		for _, span := range message.Sentences(f.message.language, line) {
			parts = append(parts, strings.TrimSpace(line[span.Start:span.End]))
		}
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	from, to := 0, len(parts)
	for from < to && frame[parts[from]] {
		from++
	}
	for to > from && frame[parts[to-1]] {
		to--
	}
	t.head, t.body, t.tail = parts[:from], parts[from:to], parts[to:]
	return t
}

// letterOf is a text with what frames it.
type letterOf struct{ sentences []Sentence }

// Frame implements [Framer].
func (l letterOf) Frame(Brief, []Answer, []bool) []Sentence { return slices.Clone(l.sentences) }

// reworded makes a suggestion of what a model wrote.
func (p *Pipeline) reworded(f finding, w Wording, t apart, c Composition) (Suggestion, error) {
	agents := f.profile.Language
	passages := f.passages()
	stand, struck, failed := f.standing(c.Sentences, passages)
	for _, x := range c.Struck {
		struck = append(struck, struckReason(agents, x))
	}
	if len(stand) == 0 {
		return Suggestion{}, &ComposeError{CauseUnsupported, fmt.Errorf("none of %d sentences stands", len(c.Sentences)+len(c.Struck))}
	}
	f.answers = slices.Clone(f.answers)
	for i := range f.answers {
		if !slices.ContainsFunc(stand, func(s Sentence) bool { return s.Kind == Fact && s.Ask == i }) && !sharesFacts(f.answers, i) {
			f.answers[i].Sentences = nil // the text does not answer it
		}
	}
	letter := t.around(stand)
	s := Suggestion{Mode: Written, Language: f.brief.Language, Kind: f.quoted.Kind, Urgent: f.quoted.Urgent, Angry: f.quoted.Angry}
	s.Versions, s.Degraded = f.quoted.Versions, slices.Clone(f.quoted.Degraded)
	s.Versions.Model, s.Versions.Prompt = c.Model, c.Prompt
	u := f.message
	u.language = f.brief.Language
	q := *p
	q.Framer = letterOf{letter}
	q.finish(f.request.Workspace, &s, u, f.brief, f.answers, f.found, f.profile)
	if s.Flag == None { // the agent quoted what we did not find, or says no more than a greeting
		kept, dropped, guarding := guarded(letter, passages, f.profile)
		var more []Reason
		s.Sentences, more, s.Checks = strike(kept, passages, agents)
		s.Checks, struck = append(s.Checks, guarding), append(append(struck, dropped...), more...)
		s.Flag, s.Evidence = Low, evidence(s.Sentences, f.found)
	}
	if !slices.ContainsFunc(s.Sentences, func(x Sentence) bool { return x.Kind != Frame && x.Kind != Closes }) {
		return Suggestion{}, &ComposeError{CauseUnsupported, errors.New("nothing is left of it")}
	}
	for _, c := range failed {
		if !c.Passed {
			s.Checks = slices.DeleteFunc(s.Checks, func(o Check) bool { return o.Name == c.Name && o.Passed })
			s.Checks = append(s.Checks, c)
		}
	}
	s.Reasons = append(append(s.Reasons, reason(agents, "model")), distinctReasons(struck)...)
	if s.Flag == High && len(struck) > 0 {
		s.Flag = Medium
	}
	if w.Style == Translated {
		p.translated(&s, f, w.Language, t, c.Words)
	}
	keep(&s, f.profile)
	return s, nil
}

// around puts greeting and closing of the old text around what is new.
func (t apart) around(body []Sentence) (out []Sentence) {
	for i, line := range t.head {
		out = append(out, Sentence{Text: line, Kind: Frame, Ask: -1, Break: paragraph(i > 0)})
	}
	last := -1
	for i, s := range body {
		if s.Break == "" && (i == 0 && len(t.head) > 0 || s.Ask >= 0 && last >= 0 && s.Ask != last) {
			s.Break = "\n\n"
		}
		if s.Ask >= 0 {
			last = s.Ask
		}
		out = append(out, s)
	}
	for _, line := range t.open {
		out = append(out, Sentence{Text: line, Kind: Open, Ask: -1, Break: "\n\n"})
	}
	for i, line := range t.tail {
		s := Sentence{Text: line, Kind: Closes, Ask: -1, Break: "\n\n"}
		if i > 1 || i == 1 && len(t.tail) == 2 {
			s.Break = "\n" // the name below the regards
		}
		out = append(out, s)
	}
	return out
}

func paragraph(second bool) string {
	if second {
		return "\n\n"
	}
	return ""
}

// translated puts the translations in the place of the sentences that were
// checked. Words of another language are nothing that our checks can follow,
// so the draft is low.
func (p *Pipeline) translated(s *Suggestion, f finding, into string, t apart, words map[string]string) {
	agents := f.profile.Language
	frame := f.framed(p.Framer, into)
	var out []Sentence
	guidelines := Check{Name: "guidelines", Passed: true}
	for _, x := range s.Sentences {
		if x.Kind == Frame || x.Kind == Closes {
			continue
		}
		if x.Kind == Open {
			x.Text = PhrasesIn(into).Frame["open_plain"]
			out = append(out, x)
			continue
		}
		text, ok := words[x.Text]
		if !ok {
			continue
		}
		x.Text = text
		if faults := f.profile.Guidelines.Faults(into, text, ""); len(faults) > 0 {
			guidelines.Passed, guidelines.Detail = false, faults[0].Detail
			s.Reasons = append(s.Reasons, faultReason(agents, faults[0], text))
			continue
		}
		out = append(out, x)
	}
	var head, tail []Sentence
	for _, x := range frame {
		if x.Kind == Closes {
			tail = append(tail, x)
		} else {
			head = append(head, x)
		}
	}
	if len(t.head) > 0 {
		if len(out) > 0 {
			out[0].Break = "\n\n"
		}
		out = append(head, out...)
	}
	if len(t.tail) > 0 {
		out = append(out, tail...)
	}
	s.Sentences, s.Language, s.Flag = out, into, Low
	s.Probability = min(s.Probability, p.Model.Medium)
	s.Checks = append(slices.DeleteFunc(s.Checks, func(c Check) bool { return c.Name == "guidelines" }), guidelines)
	s.Reasons = append([]Reason{reason(agents, "translated", PhrasesIn(agents).Languages[into])}, s.Reasons...)
}

// framed is greeting and closing in a language.
func (f finding) framed(framer Framer, language string) []Sentence {
	b := f.brief
	b.Language, b.Asks = language, b.Asks[:1]
	all := framer.Frame(b, []Answer{{Sentences: []Quote{{Text: "…"}}}}, []bool{true})
	return slices.DeleteFunc(all, func(s Sentence) bool { return s.Kind != Frame && s.Kind != Closes || s.Ask >= 0 })
}
