package index

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	bleve "github.com/blevesearch/bleve_index_api"
)

// Features are what a passage is ranked by in the second look. They are shares
// of what the query holds, so that queries of any length weigh alike; Length
// apart, all are 0 or more and seldom above 1.
type Features struct {
	Text     float64 `json:"text"`     // BM25 of the stems over their IDF
	Question float64 `json:"question"` // the same in the question of a FAQ or a case
	Kin      float64 `json:"kin"`      // BM25 of words that are spelled like those asked for
	Grams    float64 `json:"grams"`    // BM25 of character n-grams over their IDF
	Alike    float64 `json:"alike"`    // IDF of the query's words, each times its likeness to the most like word of the passage
	Lead     float64 `json:"lead"`     // Alike in the first words of the question or the text
	Near     float64 `json:"near"`     // the best Alike of any 8 words in a row
	Window   float64 `json:"window"`   // the best coverage by equal words of any 25 in a row
	Title    float64 `json:"title"`    // Alike in title and headings
	Aim      float64 `json:"aim"`      // share of the title's own IDF that the query asks for
	Length   float64 `json:"length"`   // natural logarithm of 1 + number of terms
}

const (
	leadWords   = 20
	nearWords   = 8
	windowWords = 25
)

// Rounded is f to three decimals.
func (f Features) Rounded() Features {
	v := f.List()
	for i := range v {
		v[i] = math.Round(v[i]*1000) / 1000
	}
	return FeaturesOf(v)
}

// Ranking is the weight of each feature, learned by `sufflor eval retrieval --fit-ranking`.
type Ranking struct {
	Weights Features `json:"weights"`
	Trained string   `json:"trained"` // on what
}

//go:embed ranking.json
var rankingJSON []byte

// trainedRanking is what the binary carries.
var trainedRanking = sync.OnceValue(func() Ranking {
	var r Ranking
	if err := json.Unmarshal(rankingJSON, &r); err != nil {
		panic("index: ranking.json does not parse: " + err.Error()) // compiled in; every test would fail
	}
	return r
})

// FeatureCount is the number of features.
const FeatureCount = 11

// List is the features in the order of their declaration.
func (f Features) List() [FeatureCount]float64 {
	return [...]float64{f.Text, f.Question, f.Kin, f.Grams, f.Alike, f.Lead, f.Near, f.Window, f.Title, f.Aim, f.Length}
}

// FeaturesOf is the opposite of [Features.List].
func FeaturesOf(v [FeatureCount]float64) Features {
	return Features{
		Text: v[0], Question: v[1], Kin: v[2], Grams: v[3], Alike: v[4], Lead: v[5],
		Near: v[6], Window: v[7], Title: v[8], Aim: v[9], Length: v[10],
	}
}

// Score is the logarithm of how much better a passage is than one that has nothing.
func (r Ranking) Score(f Features) float64 {
	sum := 0.0
	weights := r.Weights.List()
	for i, v := range f.List() {
		sum += weights[i] * v
	}
	return sum
}

// asked is a query in one language, prepared for the second look.
type asked struct {
	words    map[string]int // place in idf, of each different term
	idf      []float64      // times the term's weight in the query
	weights  []float64
	total    float64 // sum of idf
	gramIDF  []float64
	mass     float64 // sum of gramIDF
	average  float64 // terms of a passage
	passages int

	spelling   map[string]string // of each term, before stemming
	grams      map[string]asks   // by n-gram
	vocabulary *vocabulary
	seen       map[string]*lexis // words of passages, as they are stored

	// Room for one passage at a time.
	sum, row, alike, counted []float64
	found                    []*lexis
}

// asks is what the query asks of an n-gram.
type asks struct {
	words []match // what part of which words it is
	gram  int     // place in gramIDF plus one; 0 when it is too common
}

// match is a word of the query and how much another is like it.
type match struct {
	word     int
	likeness float64 // 0 to 1
	exact    bool    // the same term
}

// lexis is a word of a passage, seen from the query.
type lexis struct {
	term    string
	matches []match // words of the query that it is or is like
	grams   []int   // places in gramIDF of its n-grams that are asked for
	exact   bool    // one of the matches is
}

// look is what the second look saw.
type look struct {
	grams    float64
	features Features
}

// second looks at candidates, given by their places, for all that their words
// tell.
func (s *search) second(ctx context.Context, places []int) error {
	for n, i := range places {
		if n&15 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		c := &s.found[i]
		words := ""
		err := s.segments.visit(uint64(c.doc), func(name string, value []byte) {
			if name == fieldTraces {
				words = string(value)
			}
		})
		if err == nil {
			v := s.view(c)
			v.look, err = v.looked(c, s.asked[c.language], words)
		}
		if err != nil {
			id, _ := s.reader.ExternalID(bleve.NewIndexInternalID(nil, uint64(c.doc)))
			return fmt.Errorf("passage %q: %w: %w; run `sufflor reindex`", id, ErrCorrupt, err)
		}
	}
	return nil
}

// best is the places of the n best candidates of the first look, and of those
// that lie near in meaning, in order of their documents.
func (s *search) best(n int) []int {
	bound := lowestOf{limit: n, bound: math.Inf(-1)}
	for _, i := range s.contenders() {
		bound.add(s.score(&s.found[i]))
	}
	least := bound.value()
	var places []int
	for _, i := range s.contenders() {
		c := &s.found[i]
		if score := s.score(c); score >= least && score > 0 || c.more > 0 && s.views[c.more-1].meant {
			places = append(places, i)
		}
	}
	return s.inOrder(places)
}

// looked is what the second look sees in a candidate whose words are given as
// they are stored.
func (v *view) looked(c *candidate, q *asked, words string) (*look, error) {
	seen := &look{}
	f := &seen.features
	length := 0
	clear(q.counted)
	clear(q.alike)
	for part := range len(traces{}) {
		own, rest, _ := strings.Cut(words, partEnd)
		words = rest
		if own == "" {
			continue
		}
		q.found = q.found[:0]
		for own != "" {
			word, rest, _ := strings.Cut(own, wordEnd)
			own = rest
			l, err := q.lexis(word)
			if err != nil {
				return nil, err
			}
			q.found = append(q.found, l)
			for _, g := range l.grams {
				q.counted[g]++
			}
		}
		length += len(q.found)
		best(q.alike, q.found)
		if part == inTitle {
			f.Title, f.Aim = q.share(q.found), q.aim(q.found)
		} else {
			f.Lead = max(f.Lead, q.share(q.found[:min(leadWords, len(q.found))]))
		}
		near, window := q.windows(q.found)
		f.Near, f.Window = max(f.Near, near), max(f.Window, window)
	}
	f.Alike = q.weigh(q.alike)
	grams := 0.0
	for i, n := range q.counted {
		if n > 0 {
			grams += q.gramIDF[i] * saturation(n, float64(length), q.average)
		}
	}
	seen.grams = grams
	if q.mass > 0 {
		f.Grams = grams / q.mass
	}
	if q.total > 0 {
		f.Text, f.Question, f.Kin = c.text/q.total, v.question/q.total, v.kin/q.total
	}
	f.Length = math.Log1p(float64(length))
	return seen, nil
}

// lexis is a word of a passage, given as it is stored.
func (q *asked) lexis(stored string) (*lexis, error) {
	if l, ok := q.seen[stored]; ok {
		return l, nil
	}
	w, err := decodeTrace(stored)
	if err != nil {
		return nil, err
	}
	l := &lexis{term: w.term}
	same, exact := q.words[w.term]
	if w.folded != "" {
		eachGram(w.folded, func(g string) {
			if at := q.grams[g].gram; at > 0 {
				l.grams = append(l.grams, at-1)
			}
		})
		l.matches = q.like(w.term)
		if exact {
			l.matches = slices.DeleteFunc(l.matches, func(m match) bool { return m.word == same })
		}
	}
	if exact {
		l.exact = true
		l.matches = append(l.matches, match{same, 1, true})
	}
	q.seen[stored] = l
	return l, nil
}

// like is the words of the query that term is spelled like.
func (q *asked) like(term string) []match {
	if !spelled(term) {
		return nil
	}
	clear(q.sum)
	some := false
	eachGram(term, func(g string) {
		for _, m := range q.grams[g].words {
			q.sum[m.word] += m.likeness
			some = true
		}
	})
	if !some {
		return nil
	}
	var out []match
	for i, likeness := range q.sum {
		if likeness >= alikeLeast {
			out = append(out, match{i, min(likeness, 1), false})
		}
	}
	return out
}

// best raises likeness to the best of words, word by word of the query.
func best(likeness []float64, words []*lexis) {
	for _, l := range words {
		for _, m := range l.matches {
			likeness[m.word] = max(likeness[m.word], m.likeness)
		}
	}
}

// share is the best likeness of each word of the query, weighted by IDF, over
// all there is.
func (q *asked) share(words []*lexis) float64 {
	clear(q.row)
	best(q.row, words)
	return q.weigh(q.row)
}

func (q *asked) weigh(likeness []float64) float64 {
	if q.total == 0 {
		return 0
	}
	sum := 0.0
	for i, l := range likeness {
		sum += l * q.idf[i]
	}
	return sum / q.total
}

// aim is the share of the title that the query asks for, by IDF.
func (q *asked) aim(title []*lexis) float64 {
	all, hit := 0.0, 0.0
	for i, l := range title {
		weight := idf(q.passages, min(q.vocabulary.df(l.term), q.passages))
		all += weight
		if l.exact && !slices.Contains(title[:i], l) {
			hit += weight
		}
	}
	if all == 0 {
		return 0
	}
	return hit / all
}

// windows is the best [Features.Near] and [Features.Window] of one part. The
// best row of words begins with a match.
func (q *asked) windows(words []*lexis) (near, window float64) {
	if q.total == 0 {
		return 0, 0
	}
	for i, l := range words {
		if len(l.matches) == 0 {
			continue
		}
		near = max(near, q.share(words[i:min(i+nearWords, len(words))]))
		if !l.exact {
			continue
		}
		sum := 0.0
		clear(q.row)
		for _, l := range words[i:min(i+windowWords, len(words))] {
			for _, m := range l.matches {
				if m.exact && q.row[m.word] == 0 {
					q.row[m.word] = 1
					sum += q.idf[m.word]
				}
			}
		}
		window = max(window, sum/q.total)
	}
	return near, window
}
