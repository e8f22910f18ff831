// Package ground tells how far a text is supported by the passages it is said
// to rest on, sentence by sentence and as a whole.
//
// Two things are asked. Hard rules want every number, price, date, unit, code,
// link and address of a sentence to stand in a passage, however it is spelled
// there. A score, learned from labelled answers, weighs how much of what is
// said the passages do not say. Neither knows what is true: a sentence that
// joins the passages' own words to something they do not say can pass.
//
// The package reads no files and asks no model. All of it is safe for
// concurrent use and deterministic.
package ground

import (
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/suggest/message"
)

// Source is a passage that a text may rest on.
type Source struct {
	Title    string
	Language string // "" or unknown: compared without stemming
	Text     string
	More     []string // what stands around Text: headings, the question of an answer, cells, the sheet
}

// Verdict says how far a sentence is supported.
type Verdict struct {
	// Score is the probability that something in the sentence is unsupported,
	// 0 to 1. It is 1 when a hard rule was broken.
	Score float64
	// Passage is the index of the source that supports the sentence best, -1
	// when none has anything to do with it.
	Passage int
	// Start and End are the supporting bytes of that source's Text; both are 0
	// when the support stands in its title, headings or cells.
	Start, End int
	Reason     string // one of the reasons of this package, "" when supported
	Detail     string // what the reason is about, such as the number
	// Cited says of each proposed citation, in order, whether it is one that
	// supports the sentence.
	Cited []bool
}

// SentenceScore is a sentence of a response. Start and End are its bytes.
type SentenceScore struct {
	Start, End int
	Score      float64
	Reason     string
	Detail     string
}

// Checker compares texts with passages.
type Checker struct {
	model *Model
	mu    sync.Mutex
	cache map[cacheKey]*passage
	order []cacheKey // oldest first
	held  int        // bytes of the keys
}

type cacheKey struct{ language, text string }

// The bounds of the analysed passages that a checker keeps, in bytes of text.
const (
	maxHeld   = 2 << 20
	maxCached = 64 << 10 // of one
)

// New is a checker with the shipped model.
func New() *Checker { return NewWith(Shipped()) }

// NewWith is a checker with another model; without one it only measures.
func NewWith(m *Model) *Checker { return &Checker{model: m, cache: map[cacheKey]*passage{}} }

// passage analyses a source, or remembers it: the sentences of a draft are
// compared with the same ones.
func (c *Checker) passage(language string, s Source) *passage {
	if s.Language != "" {
		language = s.Language
	}
	more := make([]string, 0, len(s.More)+1)
	more = append(more, s.Title)
	more = append(more, s.More...)
	key := cacheKey{language, s.Text + "\x00" + strings.Join(more, "\x00")}
	if len(key.text) > maxCached {
		return analyse(language, s.Text, more)
	}
	c.mu.Lock()
	p, ok := c.cache[key]
	c.mu.Unlock()
	if ok {
		return p
	}
	p = analyse(language, s.Text, more)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.cache[key]; !ok {
		for c.held+len(key.text) > maxHeld {
			c.held -= len(c.order[0].text)
			delete(c.cache, c.order[0])
			c.order = slices.Delete(c.order, 0, 1)
		}
		c.cache[key] = p
		c.order = append(c.order, key)
		c.held += len(key.text)
	}
	return p
}

// evidence gathers sources for a comparison.
func (c *Checker) evidence(language, question string, sources []Source) *evidence {
	var ps []*passage
	left := maxPassageWords
	for _, s := range sources[:min(len(sources), maxPassages)] {
		p := c.passage(language, s)
		if left -= len(p.words); left < 0 && len(ps) > 0 {
			break
		}
		ps = append(ps, p)
	}
	return gather(language, question, ps)
}

// Support says how far the sources support a sentence, and which of them does
// best. Cited are the indices of those that somebody proposed: a proposal is
// kept when that source holds about as much of the sentence as the best one.
// With proposals, what the sentence states exactly must stand in a kept one or
// in the best; without any, in one of the sources. Indices that lead nowhere
// are ignored.
func (c *Checker) Support(language, question, sentence string, cited []int, sources []Source) Verdict {
	return c.supportIn(c.evidence(language, question, sources), language, sentence, cited)
}

// Supports is [Checker.Support] for the sentences of one draft.
func (c *Checker) Supports(language, question string, sentences []string, cited [][]int, sources []Source) []Verdict {
	e := c.evidence(language, question, sources)
	out := make([]Verdict, len(sentences))
	for i, s := range sentences {
		var cites []int
		if i < len(cited) {
			cites = cited[i]
		}
		out[i] = c.supportIn(e, language, s, cites)
	}
	return out
}

// keepGap is how much less than the best source a cited one may hold of a
// sentence and still be its citation.
const keepGap = 0.2

func (c *Checker) supportIn(e *evidence, language, sentence string, cited []int) Verdict {
	v := Verdict{Passage: -1, Cited: make([]bool, len(cited))}
	if len(e.passages) == 0 {
		v.Score, v.Reason = 1, NoSource
		return v
	}
	ws := words(language, sentence, maxResponseWords)
	u := e.piece(ws)
	m, window, _ := e.best(u)
	if window.coverage > m.coverage+0.15 {
		m = window
	}
	e.cites = nil
	for i, n := range cited {
		if n < 0 || n >= len(e.passages) || m.passage < 0 {
			continue
		}
		if e.cites == nil {
			e.cites = make([]bool, len(e.passages))
			e.cites[m.passage] = true
		}
		if n == m.passage || e.holds(u, n) >= m.coverage-keepGap {
			v.Cited[i], e.cites[n] = true, true
		}
	}
	got := e.measure(sentence, ws, facts(language, sentence))
	v.Score = c.model.Sentence(got.features)
	v.Reason, v.Detail = reasonOf(got, v.Score)
	if Hard(v.Reason) {
		v.Score = 1
	}
	if m.passage >= 0 {
		v.Passage = m.passage
		if p := e.passages[m.passage]; m.end <= p.body {
			v.Start, v.End = m.start, m.end
		} else if m.start < p.body {
			v.Start, v.End = m.start, p.body
		}
	}
	return v
}

// holds is how much of u the best window of passage n holds.
func (e *evidence) holds(u piece, n int) float64 {
	window := 0.0
	weight, total := map[int32]float64{}, 0.0
	for i, w := range u.words {
		total += w.gravity()
		if u.ids[i] >= 0 {
			weight[u.ids[i]] += w.gravity()
		}
	}
	p := e.passages[n]
	for s := range p.sentences {
		last := min(s+3, len(p.sentences)) - 1
		seen, sum := map[int32]bool{}, 0.0
		for _, id := range e.runs[n][p.sentences[s].start:p.sentences[last].end] {
			if !seen[id] {
				seen[id] = true
				sum += weight[id]
			}
		}
		window = max(window, sum)
	}
	return ratio64(window, total)
}

// Hard reports whether a reason is a broken rule rather than an estimate.
func Hard(reason string) bool {
	switch reason {
	case Supported, Novel, Recombined, Negated, Unsupported:
		return false
	}
	return true
}

// Doubtful is the score from which a sentence is called unsupported.
const Doubtful = 0.5

// reasonOf names what speaks most against a text.
func reasonOf(f found, score float64) (reason, detail string) {
	switch {
	case len(f.missing) > 0:
		return reasons[f.missing[0].kind], f.missing[0].text
	case f.conflicting:
		return NumConflict, f.conflict
	case score < Doubtful:
		return Supported, ""
	case f.negated:
		return Negated, ""
	case len(f.novel) > 0:
		return Novel, strings.Join(f.novel[:min(3, len(f.novel))], ", ")
	case f.window.coverage-f.sentence.coverage > 0.2:
		return Recombined, ""
	}
	return Unsupported, ""
}

// Response scores a whole text against its passages: the probability that
// something in it is unsupported, and each sentence's. A text without words
// claims nothing.
func (c *Checker) Response(language, question string, context []string, response string) (score float64, sentences []SentenceScore) {
	m := c.Measure(language, question, context, response)
	for i, s := range m.Sentences {
		p := c.model.Sentence(s.Features)
		reason, detail := reasonOf(m.found[i], p)
		if Hard(reason) {
			p = max(p, hardScore)
		}
		sentences = append(sentences, SentenceScore{Start: s.Start, End: s.End, Score: p, Reason: reason, Detail: detail})
	}
	return c.model.Response(m), sentences
}

// hardScore is what a sentence of a free text scores at least when it states
// what no passage does. It is not certain as in a draft of ours: such texts
// count, round and reckon.
const hardScore = 0.9

// Measured is a response with its features.
type Measured struct {
	Whole     Features
	Sentences []MeasuredSentence
	found     []found
}

// MeasuredSentence is a sentence with its features; Start and End are bytes of
// the response.
type MeasuredSentence struct {
	Start, End int
	Features   Features
}

// Measure computes the features of a response and its sentences.
func (c *Checker) Measure(language, question string, context []string, response string) Measured {
	sources := make([]Source, len(context))
	for i, t := range context {
		sources[i].Text = t
	}
	e := c.evidence(language, question, sources)
	ws := words(language, response, maxResponseWords)
	out := Measured{Whole: e.measure(response, ws, facts(language, response)).features}
	for _, s := range message.Sentences(language, response) {
		if len(out.Sentences) == maxUnits {
			break
		}
		text := response[s.Start:s.End]
		ws := words(language, text, maxResponseWords)
		if len(ws) == 0 {
			continue
		}
		f := e.measure(text, ws, facts(language, text))
		out.Sentences = append(out.Sentences, MeasuredSentence{s.Start, s.End, f.features})
		out.found = append(out.found, f)
	}
	return out
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
