package bilingual

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
)

// Side is a text in a language.
type Side struct{ Language, Text string }

// Sample is one text in two languages: a title, a heading, a table's header, a
// step, a paragraph.
type Sample struct{ A, B Side }

// The bounds of what is learnt from.
const (
	maxWords   = 80        // of one side; longer texts align nothing
	maxPairs   = 4_000_000 // pairs of words that occur together, of two languages
	iterations = 5
	short      = 2 // words of a side in which one occurrence together is enough
	candidates = 3 // translations kept of a word
)

const (
	// leastScore is how sure a translation must be: the geometric mean of both
	// directions' probabilities.
	leastScore = 0.1
	// nothing is the weight of a word's being there without one that it
	// translates, as a share of a word's.
	nothing = 0.5
)

// Learn finds what passages, in the order of their documents, hold in two
// languages: which of them say the same, and which words translate each other. It
// returns early, with ctx's error, when ctx ends.
func Learn(ctx context.Context, passages iter.Seq2[index.Passage, error]) (*Lexicon, error) {
	samples, same, err := parallels(ctx, passages)
	if err != nil {
		return nil, err
	}
	l, err := Words(ctx, samples)
	if err != nil {
		return nil, err
	}
	l.same = same
	return l, nil
}

// Words finds, for all pairs of languages of the samples, which words translate
// each other: IBM's model 1 (Brown et al., The mathematics of statistical
// machine translation, Computational Linguistics 19, 1993) in both directions,
// on stems. It returns early, with ctx's error, when ctx ends.
func Words(ctx context.Context, samples []Sample) (*Lexicon, error) {
	by := map[pair][]Sample{}
	for _, s := range samples {
		if s.A.Language == s.B.Language || s.A.Language == "" || s.B.Language == "" {
			continue
		}
		if s.A.Language > s.B.Language {
			s.A, s.B = s.B, s.A
		}
		p := pair{s.A.Language, s.B.Language}
		by[p] = append(by[p], s)
	}
	l := &Lexicon{terms: map[pair]map[string][]Term{}}
	for _, p := range slices.SortedFunc(maps.Keys(by), func(a, b pair) int { return cmp.Compare(a.String(), b.String()) }) {
		m := newModel(p, by[p])
		for range iterations {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			m.step(m.forth, false)
			m.step(m.back, true)
		}
		m.terms(l)
	}
	return l, nil
}

// words is one language's side of a model.
type words struct {
	language string
	number   map[string]uint32
	stems    []string
	surface  []map[string]int // how a stem is written, and how often
}

func newWords(language string) *words { return &words{language: language, number: map[string]uint32{}} }

// read is the distinct words on the matter of a text, in order.
func (w *words) read(text string) []uint32 {
	var out []uint32
	end := -1
	for _, t := range index.Analyze(w.language, text) {
		if t.Identifier {
			end = max(end, t.End)
			continue
		}
		if t.Stop || t.Term == "" || t.Start < end {
			continue
		}
		n, ok := w.number[t.Term]
		if !ok {
			n = uint32(len(w.stems)) //nolint:gosec // as many as there are words
			w.number[t.Term] = n
			w.stems = append(w.stems, t.Term)
			w.surface = append(w.surface, map[string]int{})
		}
		w.surface[n][strings.ToLower(text[t.Start:t.End])]++
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
		if len(out) > maxWords {
			return nil
		}
	}
	return out
}

// written is how a stem is written most often.
func (w *words) written(n uint32) string {
	best, most := "", 0
	for _, s := range slices.Sorted(maps.Keys(w.surface[n])) {
		if c := w.surface[n][s]; c > most {
			best, most = s, c
		}
	}
	return best
}

type line struct{ a, b []uint32 }

// model is what is known of two languages.
type model struct {
	pair  pair
	a, b  *words
	lines []line
	place map[uint64]int32 // by two words that occur together, in what follows

	together    []int32   // lines in which they occur; short ones count double
	forth, back []float64 // the probability of b's given a's, and of a's given b's
	counts      []float64 // room
}

func key(a, b uint32) uint64 { return uint64(a)<<32 | uint64(b) }

func newModel(p pair, samples []Sample) *model {
	m := &model{pair: p, a: newWords(p.from), b: newWords(p.to), place: map[uint64]int32{}}
	slices.SortStableFunc(samples, func(x, y Sample) int { return len(x.A.Text) + len(x.B.Text) - len(y.A.Text) - len(y.B.Text) })
	seen := map[Sample]bool{}
	for _, s := range samples {
		if seen[s] {
			continue // a footer on each page is one witness
		}
		seen[s] = true
		l := line{m.a.read(s.A.Text), m.b.read(s.B.Text)}
		if len(l.a) == 0 || len(l.b) == 0 {
			continue
		}
		if len(m.place) > maxPairs {
			break // the shortest, which say most, came first
		}
		m.lines = append(m.lines, l)
		by := int32(1)
		if len(l.a) <= short && len(l.b) <= short {
			by = 2
		}
		for _, a := range l.a {
			for _, b := range l.b {
				at, ok := m.place[key(a, b)]
				if !ok {
					at = int32(len(m.together)) //nolint:gosec // little more than maxPairs
					m.place[key(a, b)] = at
					m.together = append(m.together, 0)
				}
				m.together[at] += by
			}
		}
	}
	n := len(m.together)
	m.forth, m.back, m.counts = slices.Repeat([]float64{1}, n), slices.Repeat([]float64{1}, n), make([]float64, n)
	return m
}

// step is one round of expectation and maximisation of t, which is forth, or
// with back the words of b are given.
func (m *model) step(t []float64, back bool) {
	clear(m.counts)
	total := make([]float64, max(len(m.a.stems), len(m.b.stems)))
	places := make([]int32, 0, maxWords)
	for _, l := range m.lines {
		given, said := l.a, l.b
		if back {
			given, said = l.b, l.a
		}
		for _, w := range said {
			sum := 0.0
			places = places[:0]
			for _, g := range given {
				k := key(g, w)
				if back {
					k = key(w, g)
				}
				at := m.place[k]
				places = append(places, at)
				sum += t[at]
			}
			if sum == 0 {
				continue
			}
			sum *= 1 + nothing/float64(len(given))
			for i, g := range given {
				c := t[places[i]] / sum
				m.counts[places[i]] += c
				total[g] += c
			}
		}
	}
	for k, at := range m.place {
		given := uint32(k >> 32)
		if back {
			given = uint32(k) //nolint:gosec // the other of its two halves
		}
		if c := m.counts[at]; c > 0 {
			t[at] = c / total[given]
		}
	}
}

// terms adds what the model is sure of to l, in both directions.
func (m *model) terms(l *Lexicon) {
	forth, back := map[string][]Term{}, map[string][]Term{}
	for k, at := range m.place {
		a, b := uint32(k>>32), uint32(k) //nolint:gosec // its two halves
		score := math.Sqrt(m.forth[at] * m.back[at])
		if score < leastScore || m.together[at] < 2 {
			continue
		}
		score = math.Round(score*1000) / 1000
		forth[m.a.stems[a]] = append(forth[m.a.stems[a]], Term{m.b.written(b), score})
		back[m.b.stems[b]] = append(back[m.b.stems[b]], Term{m.a.written(a), score})
	}
	for _, d := range []struct {
		p     pair
		terms map[string][]Term
	}{{m.pair, forth}, {pair{m.pair.to, m.pair.from}, back}} {
		if len(d.terms) == 0 {
			continue
		}
		for stem, t := range d.terms {
			slices.SortFunc(t, bySurety)
			d.terms[stem] = t[:min(len(t), candidates)]
		}
		l.terms[d.p] = d.terms
	}
}
