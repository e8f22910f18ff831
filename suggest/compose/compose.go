// Package compose writes drafts with a language model, and takes nothing that
// it says on trust.
//
// A model proposes sentences and sources. What stands is decided here, per
// sentence: whose words they are, whether a passage says so, and which part
// of it. What cannot be checked is left out; what is not a draft at all is an
// error, and the caller has quotations to fall back on.
package compose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
	"github.com/sufflor/sufflor/suggest/prompt"
)

// maxTokens of an answer: twelve sentences with their JSON around them.
const maxTokens = 900

// Request is what a model is asked.
type Request struct {
	Workspace    string
	System, User string
	Schema       string // JSON schema of the answer
	MaxTokens    int
}

// Reply is what it answered.
type Reply struct {
	Text  string
	Model string // as the server names it
}

// Model is a language model. An answer that was cut off is an error.
type Model interface {
	Generate(ctx context.Context, r Request, watch func(piece string)) (Reply, error)
	Name() string
}

// Masker puts placeholders in the place of personal data, the same ones
// through one conversation, and back.
type Masker interface {
	Mask(text string) string
	// Restore gives an error for a placeholder that it did not make.
	Restore(text string) (string, error)
}

// Filter refuses sentences that must not reach an agent, whoever wrote them.
// Check gives the reason in a few words, or "". System is what the model was
// told, of which no sentence may repeat much.
type Filter interface {
	Check(language, system, sentence string, cited []index.Passage) string
}

// Composer implements [suggest.Composer]. Model is required. It is safe for
// concurrent use when its parts are.
type Composer struct {
	// Model is the workspace's, or nil when it has none that may be asked.
	Model func(workspace string) Model
	// Cause tells why a model's error came about; nil: slow or down.
	Cause func(error) suggest.Cause
	// Aligner finds what supports a sentence; nil: shared words.
	Aligner Aligner
	// Doubtful is the score of the aligner from which a sentence does not
	// stand; 0: 0.5.
	Doubtful float64
	// Masker is the one of a conversation; nil, or one that is nil: what is
	// sent is not masked, as for models that run in the house.
	Masker func(suggest.Material) Masker
	Filter Filter // nil: none
}

// Ready implements [suggest.Composer].
func (c *Composer) Ready(workspace string) bool { return c.Model(workspace) != nil }

// Compose implements [suggest.Composer].
func (c *Composer) Compose(ctx context.Context, m suggest.Material, watch func(suggest.Sentence)) (suggest.Composition, error) {
	model := c.Model(m.Workspace)
	if model == nil {
		return suggest.Composition{}, &suggest.ComposeError{Cause: suggest.CauseDown, Err: errors.New("no model for the workspace")}
	}
	w := c.newWriting(m)
	p, err := w.prompt(prompt.NewNonce())
	if err != nil {
		return suggest.Composition{}, fail(suggest.CauseGarbage, fmt.Errorf("make the prompt: %w", err))
	}
	w.system = p.System
	var preview func(string)
	if watch != nil {
		preview = w.preview(p.Order, watch)
	}
	reply, err := model.Generate(ctx, Request{
		Workspace: m.Workspace, System: p.System, User: p.User, Schema: prompt.Schema, MaxTokens: maxTokens,
	}, preview)
	if err == nil {
		err = ctx.Err() // a stream cut by a deadline may look like an answer
	}
	if err != nil {
		return suggest.Composition{}, fail(c.cause(ctx, err), err)
	}
	a, err := prompt.Parse(m.Brief.Language, reply.Text)
	if err != nil {
		return suggest.Composition{}, fail(suggest.CauseGarbage, err)
	}
	out := suggest.Composition{Model: reply.Model, Prompt: prompt.Version}
	if out.Model == "" {
		out.Model = model.Name()
	}
	if err := w.restoreAll(a); err != nil {
		return suggest.Composition{}, err
	}
	if l := w.foreign(a.Sentences); l != "" {
		return suggest.Composition{}, fail(suggest.CauseLanguage, fmt.Errorf("answered in %q, asked for %q", l, m.Brief.Language))
	}
	w.take(&out, a, p.Order)
	return out, nil
}

// restoreAll puts personal data back into an answer.
func (w *writing) restoreAll(a prompt.Answer) (err error) {
	for i, s := range a.Sentences {
		if a.Sentences[i].Text, err = w.restore(s.Text); err != nil {
			return fail(suggest.CausePrivate, err)
		}
	}
	return nil
}

// take judges an answer's sentences, each once.
func (w *writing) take(out *suggest.Composition, a prompt.Answer, order []int) {
	told := map[string]bool{}
	for _, s := range a.Sentences {
		if told[s.Text] {
			continue // two questions, one answer
		}
		told[s.Text] = true
		x, code, detail := w.judge(s, order)
		if code != "" {
			out.Struck = append(out.Struck, suggest.Struck{Text: s.Text, Code: code, Detail: detail})
			continue
		}
		if n := len(out.Sentences); s.Kind == prompt.Step && n > 0 && out.Sentences[n-1].Kind == suggest.Fact {
			x.Break = "\n"
		}
		out.Sentences = append(out.Sentences, x)
	}
	w.follow(out.Sentences)
}

// CauseNamed is the cause for one of package llm's.
func CauseNamed(name string) suggest.Cause {
	switch name {
	case "deadline", "slow_start", "stalled", "cancelled":
		return suggest.CauseSlow
	case "rate_limited", "busy":
		return suggest.CauseLimited
	case "budget":
		return suggest.CauseBudget
	case "truncated", "filtered", "empty", "broken", "too_long":
		return suggest.CauseGarbage
	}
	return suggest.CauseDown
}

func fail(cause suggest.Cause, err error) error {
	return &suggest.ComposeError{Cause: cause, Err: err}
}

func (c *Composer) cause(ctx context.Context, err error) suggest.Cause {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded):
		return suggest.CauseSlow
	case c.Cause != nil:
		return c.Cause(err)
	}
	return suggest.CauseDown
}

// writing is one draft in the making.
type writing struct {
	suggest.Material

	masker  Masker // nil: none
	aligner Aligner
	filter  Filter
	// doubtful is the score above which a sentence does not stand.
	doubtful float64
	system   string // what the model is told
	asked    string // all questions
	queries  []overlap.Query
	known    []message.Anchor // what the customer and the passages say
	matter   overlap.Query    // the words the questions are on
	source   string           // all passages, to tell a placeholder of theirs
	own      string           // an agent's text that is worded anew
}

func (c *Composer) newWriting(m suggest.Material) *writing {
	w := &writing{Material: m, aligner: c.Aligner, filter: c.Filter, doubtful: cmp.Or(c.Doubtful, unsupported)}
	if c.Masker != nil {
		w.masker = c.Masker(m)
	}
	if w.aligner == nil {
		w.aligner = shared{map[string]*reading{}}
	}
	var asked []string
	for _, a := range m.Brief.Asks {
		asked = append(asked, a.Question.Text)
		w.queries = append(w.queries, overlap.Weigh(overlap.Analyze(m.Brief.Language, a.Question.Text), a.IDF, a.Unknown))
	}
	w.asked = strings.Join(asked, "\n")
	w.matter = overlap.Weigh(overlap.Analyze(m.Brief.Language, overlap.Content(overlap.Analyze(m.Brief.Language, w.asked))), nil, 1)
	var all strings.Builder
	for _, p := range w.Passages {
		all.WriteString(suggest.Said(p))
	}
	w.source = all.String()
	w.known = message.Anchors(m.Message + "\n" + w.source)
	return w
}

func (w *writing) mask(text string) string {
	if w.masker == nil {
		return text
	}
	return w.masker.Mask(text)
}

// prompt puts the material into words, masked. The message comes first: a
// masker numbers what it meets.
func (w *writing) prompt(nonce string) (prompt.Prompt, error) {
	return prompt.Render(w.input(nonce))
}

func (w *writing) input(nonce string) prompt.Input {
	g := w.Brief.Profile.Guidelines.Or(suggest.Guidelines{}).In(w.Brief.Language)
	in := prompt.Input{
		Company: w.Brief.Profile.Name, Language: w.Brief.Language, Tone: string(g.Tone), Forbidden: g.Forbidden, Guidelines: g.Version, Nonce: nonce,
	}
	newest := prompt.Turn{Text: w.mask(w.Message)}
	for _, t := range w.History {
		in.Turns = append(in.Turns, prompt.Turn{Agent: t.Agent, Text: w.mask(t.Text)})
	}
	in.Turns = append(in.Turns, newest)
	for _, a := range w.Brief.Asks {
		in.Asks = append(in.Asks, w.mask(a.Question.Text))
	}
	for _, p := range w.Passages {
		text := p.Text
		if p.Question != "" {
			text = p.Question + "\n" + text
		}
		in.Passages = append(in.Passages, prompt.Passage{Title: w.mask(p.Breadcrumb()), Kind: string(p.Kind), Modified: p.Modified, Text: w.mask(text)})
	}
	return in
}

// placeholder matches what stands for personal data.
var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[<\[]\s*\p{Lu}{2,}(?:\\?_\p{Lu}+)*\\?_\d+\s*[>\]]`)
})

// restore puts personal data back. A placeholder that is nobody's, or
// somebody else's, is an error: the draft is of another conversation.
func (w *writing) restore(text string) (string, error) {
	if w.masker != nil {
		restored, err := w.masker.Restore(text)
		if err != nil {
			return "", fmt.Errorf("restore what was masked: %w", err)
		}
		text = restored
	}
	for _, p := range placeholder().FindAllString(text, -1) {
		if !strings.Contains(w.source, p) && !strings.Contains(w.Message, p) && !strings.Contains(w.own, p) {
			return "", errors.New("a placeholder that stands for nothing")
		}
	}
	return text, nil
}

// Language of the reply; see [writing.foreign].
const (
	sureOfAll = 0.6 // of the whole reply
	sureOfOne = 0.9 // of one sentence
	longOne   = 6   // words from which one sentence is looked at
)

// foreign is the language of an answer, or of a sentence of it, that is not
// the customer's; "" when all is well.
func (w *writing) foreign(sentences []prompt.Sentence) string {
	prior := map[string]float64{w.Brief.Language: 1}
	other := func(text string, sure float64) string {
		g := lang.DetectWith(text, prior)
		switch {
		case g.Language == "" && g.Other != "":
			return g.Other
		case g.Language != "" && g.Language != w.Brief.Language && g.Confidence >= sure:
			return g.Language
		}
		return ""
	}
	var all []string
	for _, s := range sentences {
		all = append(all, s.Text)
		if len(strings.Fields(s.Text)) >= longOne {
			if l := other(s.Text, sureOfOne); l != "" && !w.quoted(s.Text) {
				return l
			}
		}
	}
	text := strings.Join(all, " ")
	if w.quoted(text) {
		return ""
	}
	return other(text, sureOfAll)
}

// quoted reports whether a passage in the customer's language says text word
// for word: a row of product names has no language of its own.
func (w *writing) quoted(text string) bool {
	return slices.ContainsFunc(w.Passages, func(p index.Passage) bool {
		return p.Language == w.Brief.Language && strings.Contains(strings.Join(strings.Fields(suggest.Said(p)), " "), text)
	})
}

// masked matches what stands in solved cases for somebody's personal data. To
// another customer it says nothing.
var masked = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[(?:e-mail|phone|number|account|card|id|name)\]`)
})

// longPolite is how many words a sentence that says nothing may have.
const longPolite = 25

// judge is a sentence that may stand, or why it may not.
func (w *writing) judge(s prompt.Sentence, order []int) (out suggest.Sentence, code, detail string) {
	out = suggest.Sentence{Text: s.Text, Ask: -1, Kind: suggest.Fact}
	kind := s.Kind
	if kind == prompt.Courtesy && w.matter.Known(overlap.Analyze(w.Brief.Language, s.Text)) > 0 {
		kind = prompt.Fact // it speaks of the matter, whatever it calls itself
	}
	switch kind {
	case prompt.Courtesy:
		out.Kind = suggest.Polite
		if len(message.Anchors(s.Text)) > 0 || len(strings.Fields(s.Text)) > longPolite {
			return out, "chatter", ""
		}
	case prompt.Question:
		out.Kind = suggest.Asks
		if !strings.HasSuffix(s.Text, "?") || len(strings.Fields(s.Text)) > longPolite || w.invents(s.Text) {
			return out, "chatter", ""
		}
	default:
		if out.Citations, detail = w.cite(s, order); len(out.Citations) == 0 {
			return out, "unsupported", detail
		}
		out.Ask = w.askOf(out)
	}
	if m := masked().FindString(s.Text); m != "" {
		return out, "filtered", m
	}
	if w.filter != nil {
		if why := w.filter.Check(w.Brief.Language, w.system, s.Text, w.cited(out)); why != "" {
			return out, "filtered", why
		}
	}
	return out, "", ""
}

// invents reports whether text states what neither customer nor passages do.
func (w *writing) invents(text string) bool {
	return slices.ContainsFunc(message.Anchors(text), func(a message.Anchor) bool {
		return !slices.ContainsFunc(w.known, func(b message.Anchor) bool { return message.Same(a, b) })
	})
}

func (w *writing) cited(s suggest.Sentence) (out []index.Passage) {
	for _, c := range s.Citations {
		for _, p := range w.Passages {
			if p.ID == c.Passage {
				out = append(out, p)
			}
		}
	}
	return out
}

// askOf is the question that a sentence answers best, -1 when none.
func (w *writing) askOf(s suggest.Sentence) int {
	texts := []overlap.Text{overlap.Analyze(w.Brief.Language, s.Text)}
	for _, p := range w.cited(s) {
		texts = append(texts, overlap.Analyze(w.Brief.Language, strings.Join(append([]string{p.Title, p.Question}, p.Headings...), "\n")))
	}
	best, at := 0.0, -1
	for i, q := range w.queries {
		score := q.Coverage(texts...)
		if slices.ContainsFunc(w.Answers[i].Sentences, func(x suggest.Quote) bool {
			return slices.ContainsFunc(s.Citations, func(c suggest.Citation) bool { return c.Passage == x.Passage })
		}) {
			score += 0.5 // from where the quotations to it are
		}
		if score > best+1e-9 {
			best, at = score, i
		}
	}
	return at
}

// follow gives a sentence without a question of its own that of the one
// before it.
func (w *writing) follow(sentences []suggest.Sentence) {
	last := 0
	for i, s := range sentences {
		if s.Kind != suggest.Fact {
			continue
		}
		if s.Ask < 0 {
			sentences[i].Ask = last
		}
		last = sentences[i].Ask
	}
}

// preview tells watch of sentences as they are completed.
func (w *writing) preview(order []int, watch func(suggest.Sentence)) func(string) {
	var stream prompt.Stream
	return func(piece string) {
		for _, s := range stream.Feed(piece) {
			text, err := w.restore(s.Text)
			if err != nil || w.foreign([]prompt.Sentence{{Text: text}}) != "" {
				continue
			}
			s.Text = text
			x, code, _ := w.judge(s, order)
			if code != "" {
				continue
			}
			if s.Kind == prompt.Step {
				x.Break = "\n"
			}
			watch(x)
		}
	}
}
