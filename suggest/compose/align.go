package compose

import (
	"slices"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
	"github.com/sufflor/sufflor/suggest/prompt"
)

// Bounds of citations.
const (
	maxCites    = 2   // of a sentence
	unsupported = 0.5 // a score above it does not support
)

// Verdict is how well passages support a sentence.
type Verdict struct {
	Score      float64 // probability that something in it is unsupported, 0 to 1
	Passage    int     // that supports it best, an index; -1 for none
	Start, End int     // bytes of that passage's text; both 0: all of it
	Reason     string  // what is wrong, "" for nothing
	Cited      []bool  // of each proposed citation, whether it supports the sentence
}

// Aligner finds what supports a sentence that answers question. Cited are the
// indices of the passages that somebody proposed.
type Aligner interface {
	Support(language, question, sentence string, cited []int, passages []index.Passage) Verdict
}

// cite is what supports a sentence. The model's citations are proposals: one
// is kept only when it supports the sentence, and the passage that supports
// it best joins them.
func (w *writing) cite(s prompt.Sentence, order []int) (out []suggest.Citation, why string) {
	var proposed []int
	for _, n := range s.Cites {
		if n >= 1 && n <= len(order) && !slices.Contains(proposed, order[n-1]) { // else there is no such passage
			proposed = append(proposed, order[n-1])
		}
	}
	support := func(cited []int, passages []index.Passage) Verdict {
		return w.aligner.Support(w.Brief.Language, w.asked, s.Text, cited, passages)
	}
	v := support(proposed, w.Passages)
	if v.Score > w.doubtful && len(proposed) > 0 {
		// The wrong source does not make a sentence wrong.
		proposed = nil
		v = support(nil, w.Passages)
	}
	if v.Score > w.doubtful {
		return nil, v.Reason
	}
	add := func(at int, v Verdict) {
		p := w.Passages[at]
		if len(out) < maxCites && !slices.ContainsFunc(out, func(c suggest.Citation) bool { return c.Passage == p.ID }) {
			start, end := span(p, v)
			out = append(out, suggest.Citation{Passage: p.ID, Start: start, End: end})
		}
	}
	best := v.Passage >= 0 && v.Passage < len(w.Passages)
	kept := 0
	for i, at := range proposed {
		if i >= len(v.Cited) || !v.Cited[i] {
			continue
		}
		kept++
		if best && at == v.Passage {
			add(at, v)
		} else {
			add(at, support(nil, w.Passages[at:at+1]))
		}
	}
	if kept == 0 && best {
		add(v.Passage, v)
	}
	return out, v.Reason
}

// span is where in p's text v points, when it is a place there.
func span(p index.Passage, v Verdict) (start, end int) {
	if p.Kind == index.KindRow || v.Start < 0 || v.End <= v.Start || v.End > len(p.Text) {
		return 0, 0
	}
	return v.Start, v.End
}

// shared is an [Aligner] by shared words: what a sentence states must be in a
// passage, and nearly all its words. It is for one draft, and not safe for
// concurrent use.
type shared struct{ read map[string]*reading }

// reading is a passage taken apart.
type reading struct {
	text      string
	anchors   []message.Anchor
	words     overlap.Text
	sentences []message.Span
	spoken    []overlap.Text // the sentences' words
}

// maxNovelty is the share of a sentence's words that its source may lack.
const maxNovelty = 0.15

func (a shared) reading(p index.Passage) *reading {
	if r, ok := a.read[p.ID]; ok {
		return r
	}
	r := &reading{text: suggest.Said(p)}
	r.anchors, r.words = message.Anchors(r.text), overlap.Analyze(p.Language, r.text)
	r.sentences = message.Sentences(p.Language, p.Text)
	for _, s := range r.sentences {
		r.spoken = append(r.spoken, overlap.Analyze(p.Language, p.Text[s.Start:s.End]))
	}
	a.read[p.ID] = r
	return r
}

// Support implements [Aligner].
func (a shared) Support(_, _, sentence string, cited []int, passages []index.Passage) Verdict {
	v := Verdict{Score: 1, Passage: -1, Cited: make([]bool, len(cited))}
	stated := message.Anchors(sentence)
	spoken := map[string]overlap.Text{} // by language
	novel := func(language string, sources ...*reading) float64 {
		if _, ok := spoken[language]; !ok {
			spoken[language] = overlap.Analyze(language, sentence)
		}
		var have []message.Anchor
		var words []overlap.Text
		for _, r := range sources {
			have, words = append(have, r.anchors...), append(words, r.words)
		}
		for _, x := range stated {
			if !slices.ContainsFunc(have, func(y message.Anchor) bool { return message.Same(x, y) }) {
				return 1
			}
		}
		return min(1, unsupported*overlap.Novelty(spoken[language], nil, 1, words...)/maxNovelty)
	}
	scores := make([]float64, len(passages))
	for i, p := range passages {
		scores[i] = novel(p.Language, a.reading(p))
		if scores[i] < v.Score {
			v.Score, v.Passage = scores[i], i
		}
	}
	for i, at := range cited {
		v.Cited[i] = scores[at] <= unsupported
	}
	if v.Score > unsupported && len(cited) == maxCites {
		// Two passages may say it together.
		first, second := passages[cited[0]], passages[cited[1]]
		if both := novel(first.Language, a.reading(first), a.reading(second)); both <= unsupported {
			v.Score, v.Cited[0], v.Cited[1] = both, true, true
		}
	}
	if v.Score > unsupported {
		v.Reason = "no passage says it"
	} else if v.Passage >= 0 {
		p := passages[v.Passage]
		v.Start, v.End = a.reading(p).nearest(overlap.Weigh(spoken[p.Language], nil, 1))
	}
	return v
}

// nearest is the sentence that holds most of a query's words.
func (r *reading) nearest(q overlap.Query) (start, end int) {
	best := 0.0
	for i, s := range r.sentences {
		if c := q.Coverage(r.spoken[i]); c > best+1e-9 {
			best, start, end = c, s.Start, s.End
		}
	}
	return start, end
}
