package ground

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// evidence is what a text is compared with: passages and the question.
type evidence struct {
	passages []*passage
	ids      map[string]int32 // of all passages' terms
	runs     [][]int32        // per passage, the ids of its words
	any      [4]map[uint64]bool
	asked    map[string]bool
	cites    []bool // passages that facts may stand in; nil: all
	letters  map[uint64][]int32
	sizes    []int // trigrams of each id
	close    map[string]float64
	where    map[int32][]int32 // sentences, counted over all passages, that hold an id
	places   []place
	placed   int // facts of all passages
}

// place is a sentence of a passage.
type place struct{ passage, sentence int }

// gather prepares passages for comparison.
func gather(language, question string, passages []*passage) *evidence {
	e := &evidence{
		passages: passages, ids: map[string]int32{}, asked: map[string]bool{}, close: map[string]float64{},
		where: map[int32][]int32{},
	}
	for n := 2; n <= 4; n++ {
		e.any[n-1] = map[uint64]bool{}
	}
	for _, q := range words(language, question, maxResponseWords) {
		e.asked[q.term] = true
	}
	for n, p := range passages {
		run := make([]int32, len(p.words))
		for i, w := range p.words {
			id, ok := e.ids[w.term]
			if !ok {
				id = int32(len(e.ids)) //nolint:gosec // bounded by maxPassages*maxPassageWords
				e.ids[w.term] = id
			}
			run[i] = id
		}
		e.runs = append(e.runs, run)
		e.placed += len(p.facts)
		for size := 2; size <= 4; size++ {
			for i := range len(run) - size + 1 {
				e.any[size-1][key(run[i:i+size])] = true
			}
		}
		for s, sp := range p.sentences {
			at := int32(len(e.places)) //nolint:gosec // as above
			e.places = append(e.places, place{n, s})
			for _, id := range run[sp.start:sp.end] {
				if l := e.where[id]; len(l) == 0 || l[len(l)-1] != at {
					e.where[id] = append(l, at)
				}
			}
		}
	}
	return e
}

// key is one number for up to four ids; ids are below 2^19 and collide only
// beyond three words, where a hash is good enough.
func key(ids []int32) uint64 {
	k := uint64(len(ids))
	for _, id := range ids {
		k = k*0x9E3779B97F4A7C15 + uint64(id) + 1 //nolint:gosec // ids are not negative
	}
	return k
}

// softness is how close the nearest word of the passages is to term, by its
// letter trigrams: 0 to 1. Compounds and inflections are close.
func (e *evidence) softness(term string) float64 {
	if v, ok := e.close[term]; ok {
		return v
	}
	if e.letters == nil {
		e.letters = map[uint64][]int32{}
		e.sizes = make([]int, len(e.ids))
		terms := make([]string, len(e.ids))
		for t, id := range e.ids {
			terms[id] = t
		}
		for id, t := range terms {
			g := grams(t)
			e.sizes[id] = len(g)
			for _, x := range g {
				e.letters[x] = append(e.letters[x], int32(id))
			}
		}
	}
	best := 0.0
	if utf8.RuneCountInString(term) > 2 {
		own := grams(term)
		hits := map[int32]int{}
		for _, g := range own {
			for _, id := range e.letters[g] {
				hits[id]++
			}
		}
		for id, n := range hits {
			small, large := min(len(own), e.sizes[id]), max(len(own), e.sizes[id])
			dice := 2 * float64(n) / float64(len(own)+e.sizes[id])
			inside := 0.0
			if small >= 4 {
				// A compound's part has all but one of its trigrams inside.
				inside = 0.85 * max(0, float64(n-small+2)) / 2 * math.Sqrt(float64(small)/float64(large))
			}
			best = max(best, dice, min(inside, 0.9))
		}
	}
	e.close[term] = best
	return best
}

// piece is a part of a response with what was found for it.
type piece struct {
	words []word
	ids   []int32 // -1 where no passage holds the word
}

func (e *evidence) piece(ws []word) piece {
	u := piece{words: ws, ids: make([]int32, len(ws))}
	for i, w := range ws {
		id, ok := e.ids[w.term]
		if !ok {
			id = -1
		}
		u.ids[i] = id
	}
	return u
}

// match is how well a stretch of the passages holds a unit.
type match struct {
	passage    int
	from, to   int // sentences of the passage
	coverage   float64
	start, end int // bytes
}

// best finds the sentence and the window of three sentences that hold most of
// the unit's weight, and the same of passages. Ties go to what comes first.
func (e *evidence) best(u piece) (sentence, window, whole match) {
	sentence.passage, window.passage, whole.passage = -1, -1, -1
	total := 0.0
	weight := map[int32]float64{}
	for i, w := range u.words {
		g := w.gravity()
		total += g
		if u.ids[i] >= 0 {
			weight[u.ids[i]] = max(weight[u.ids[i]], 0) + g
		}
	}
	if total == 0 || len(weight) == 0 {
		return sentence, window, whole
	}
	ids := make([]int32, 0, len(weight))
	for id := range weight {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	single := make([]float64, len(e.places))
	triple := make([]float64, len(e.places)) // window that begins here
	passages := make([]float64, len(e.passages))
	for _, id := range ids {
		w := weight[id]
		lastPassage := -1
		covered := int32(-1) // windows up to here already hold id
		for _, at := range e.where[id] {
			single[at] += w
			p := e.places[at].passage
			if p != lastPassage {
				passages[p] += w
				lastPassage = p
			}
			for b := max(at-2, covered+1, 0); b <= at; b++ {
				if e.places[b].passage == p {
					triple[b] += w
				}
			}
			covered = at
		}
	}
	for i := range single {
		pl := e.places[i]
		if single[i] > sentence.coverage {
			sentence = match{passage: pl.passage, from: pl.sentence, to: pl.sentence + 1, coverage: single[i]}
		}
		if triple[i] > window.coverage {
			window = match{passage: pl.passage, from: pl.sentence, to: min(pl.sentence+3, len(e.passages[pl.passage].sentences)), coverage: triple[i]}
		}
	}
	for i, c := range passages {
		if c > whole.coverage {
			whole = match{passage: i, from: 0, to: len(e.passages[i].sentences), coverage: c}
		}
	}
	for _, m := range []*match{&sentence, &window, &whole} {
		m.coverage /= total
		e.locate(m)
	}
	return sentence, window, whole
}

// locate fills in the bytes of a match.
func (e *evidence) locate(m *match) {
	if m.passage < 0 || m.to <= m.from {
		return
	}
	p := e.passages[m.passage]
	m.start = p.words[p.sentences[m.from].start].start
	m.end = p.words[p.sentences[m.to-1].end-1].end
	// Closing punctuation belongs to the sentence.
	for m.end < len(p.text) && strings.IndexByte(".!?)%\"", p.text[m.end]) >= 0 {
		m.end++
	}
}

// gravity is a word's weight in a comparison: function words count a little.
func (w word) gravity() float64 {
	if w.stop {
		return 0.3
	}
	return w.weight
}

// span is the ids of a match.
func (e *evidence) span(m match) []int32 {
	if m.passage < 0 {
		return nil
	}
	p := e.passages[m.passage]
	return e.runs[m.passage][p.sentences[m.from].start:p.sentences[m.to-1].end]
}

// longestCommon is the length of the longest common subsequence; -1 matches
// nothing. Both are bounded, so that the product is.
func longestCommon(a, b []int32) int {
	a, b = a[:min(len(a), 400)], b[:min(len(b), 400)]
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			up := row[j+1]
			switch {
			case x == y && x >= 0:
				row[j+1] = diagonal + 1
			case row[j] > up:
				row[j+1] = row[j]
			}
			diagonal = up
		}
	}
	return row[len(b)]
}
