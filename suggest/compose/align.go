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

// Overlap is an [Aligner] by shared words: what a sentence states must be in a
// passage, and nearly all its words. The zero value is ready.
type Overlap struct{}

// maxNovelty is the share of a sentence's words that its source may lack.
const maxNovelty = 0.15

// Support implements [Aligner].
func (Overlap) Support(_, _, sentence string, cited []int, passages []index.Passage) Verdict {
	v := Verdict{Score: 1, Passage: -1, Cited: make([]bool, len(cited))}
	analysed, texts := make([]overlap.Text, len(passages)), make([]string, len(passages))
	scores := make([]float64, len(passages))
	for i, p := range passages {
		texts[i] = said(p)
		analysed[i] = overlap.Analyze(p.Language, texts[i])
		scores[i] = novel(sentence, p.Language, texts[i], analysed[i])
		if scores[i] < v.Score {
			v.Score, v.Passage = scores[i], i
		}
	}
	for i, at := range cited {
		v.Cited[i] = scores[at] <= unsupported
	}
	if v.Score > unsupported && len(cited) == maxCites {
		// Two passages may say it together.
		a, b := cited[0], cited[1]
		if both := novel(sentence, passages[a].Language, texts[a]+texts[b], analysed[a], analysed[b]); both <= unsupported {
			v.Score, v.Cited[0], v.Cited[1] = both, true, true
		}
	}
	if v.Passage >= 0 {
		v.Start, v.End = nearest(sentence, passages[v.Passage])
	}
	if v.Score > unsupported {
		v.Reason = "no passage says it"
	}
	return v
}

// novel is 0 to 1: how much of a sentence texts do not say; 0.5 is as much as
// may be. An anchor they lack makes it 1.
func novel(sentence, language, texts string, analysed ...overlap.Text) float64 {
	have := message.Anchors(texts)
	for _, a := range message.Anchors(sentence) {
		if !slices.ContainsFunc(have, func(b message.Anchor) bool { return message.Same(a, b) }) {
			return 1
		}
	}
	return min(1, unsupported*overlap.Novelty(overlap.Analyze(language, sentence), nil, 1, analysed...)/maxNovelty)
}

// nearest is the sentence of p that shares most words with a sentence.
func nearest(sentence string, p index.Passage) (start, end int) {
	q := overlap.Weigh(overlap.Analyze(p.Language, sentence), nil, 1)
	best := 0.0
	for _, s := range message.Sentences(p.Language, p.Text) {
		if c := q.Coverage(overlap.Analyze(p.Language, p.Text[s.Start:s.End])); c > best+1e-9 {
			best, start, end = c, s.Start, s.End
		}
	}
	return start, end
}
