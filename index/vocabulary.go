package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bleve "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// gramSize is the length of character n-grams, in runes.
const gramSize = 4

// vocabulary is the words of one workspace in one language, found by the
// character n-grams they share: compounds, inflections and typing errors that
// stemming misses. It is read from the index's own dictionary when it is first
// needed and kept up to date by [Local.Apply]; nothing of it is on disk.
type vocabulary struct {
	ready chan struct{} // closed when it was read
	err   error         // valid once ready is closed

	mu      sync.RWMutex
	pending map[string]int // changes that came before it was read
	at      map[string]uint32
	terms   []lexeme
	held    int // terms that passages hold
	grams   map[string]*gram
}

// lexeme is a term and the number of passages that hold it.
type lexeme struct {
	term string
	df   int
}

// gram is the terms that have an n-gram, those that no passage holds any more
// among them.
type gram struct {
	terms []uint32
	held  int
}

// kin is a term that is like a word of the question.
type kin struct {
	lexeme
	likeness float64 // share of the word's n-grams, by rarity, that the term has: above 0, at most 1
}

// eachGram calls fn with the n-grams of folded. A word that is no longer than
// one n-gram is its own.
func eachGram(folded string, fn func(string)) {
	starts := make([]int, 0, 64)
	for i := range folded {
		starts = append(starts, i)
	}
	starts = append(starts, len(folded))
	if len(starts)-1 <= gramSize {
		fn(folded)
		return
	}
	for i := 0; i+gramSize < len(starts); i++ {
		fn(folded[starts[i]:starts[i+gramSize]])
	}
}

// gramsOf is the different n-grams of folded.
func gramsOf(folded string) []string {
	var out []string
	eachGram(folded, func(g string) {
		if !slices.Contains(out, g) {
			out = append(out, g)
		}
	})
	return out
}

// spelled reports whether a term is a word whose spelling may vary; a code or
// a number either is the same or another one.
func spelled(term string) bool {
	return utf8.ValidString(term) && !strings.ContainsAny(term, "0123456789@/")
}

// add counts by passages more that hold term. v is locked.
func (v *vocabulary) add(term string, by int) {
	i, ok := v.at[term]
	if !ok {
		if by <= 0 || !spelled(term) {
			return
		}
		i = uint32(len(v.terms)) //nolint:gosec // Bleve itself numbers in 32 bits
		term = strings.Clone(term)
		v.terms = append(v.terms, lexeme{term: term})
		v.at[term] = i
		for _, g := range gramsOf(term) {
			if v.grams[g] == nil {
				v.grams[g] = &gram{}
			}
			v.grams[g].terms = append(v.grams[g].terms, i)
		}
	}
	before := v.terms[i].df
	v.terms[i].df += by
	turn := 0
	switch {
	case before <= 0 && v.terms[i].df > 0:
		turn = 1
	case before > 0 && v.terms[i].df <= 0:
		turn = -1
	default:
		return
	}
	v.held += turn
	for _, g := range gramsOf(v.terms[i].term) {
		v.grams[g].held += turn
	}
}

// change counts passages that came and went.
func (v *vocabulary) change(by map[string]int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.at == nil {
		for term, n := range by {
			v.pending[term] += n
		}
		return
	}
	for term, n := range by {
		v.add(term, n)
	}
}

// weight is what sharing an n-gram tells, by how few terms have it.
func (v *vocabulary) weight(g *gram) float64 {
	return math.Log(1 + float64(v.held)/(1+float64(g.held)))
}

// commonGram is the share of the terms above which an n-gram tells too little
// to be followed, and followed the number of terms that always are.
const (
	commonGram = 0.01
	followed   = 500
)

// spelling is a word's different n-grams that tell something, each with its
// share of the whole.
func (v *vocabulary) spelling(folded string) map[string]float64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	limit := max(int(commonGram*float64(v.held)), followed)
	total := 0.0
	shares := map[string]float64{}
	for _, g := range gramsOf(folded) {
		found := v.grams[g]
		if found == nil {
			found = &gram{}
		}
		if found.held <= limit {
			shares[g] = v.weight(found)
			total += shares[g]
		}
	}
	for g := range shares {
		shares[g] /= total
	}
	return shares
}

// tally is the likenesses being added up, by term.
type tally struct {
	likeness []float64
	touched  []uint32
}

// kin is the terms that have at least least of the n-grams of a word, most
// alike first, at most most. The word itself is among them when passages hold
// it.
func (v *vocabulary) kin(shares map[string]float64, t *tally, least float64, most int) []kin {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if len(t.likeness) < len(v.terms) {
		t.likeness = make([]float64, len(v.terms))
	}
	for _, g := range slices.Sorted(maps.Keys(shares)) {
		if v.grams[g] == nil {
			continue
		}
		for _, i := range v.grams[g].terms {
			if t.likeness[i] == 0 {
				t.touched = append(t.touched, i)
			}
			t.likeness[i] += shares[g]
		}
	}
	out := make([]kin, 0, min(most, len(t.touched))+1)
	for _, i := range t.touched {
		k := kin{v.terms[i], t.likeness[i]}
		t.likeness[i] = 0
		if k.df <= 0 || k.likeness < least || len(out) == most && compareKin(k, out[most-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(out, k, compareKin)
		out = slices.Insert(out, at, k)
		out = out[:min(len(out), most)]
	}
	t.touched = t.touched[:0]
	return out
}

func compareKin(a, b kin) int {
	return cmp.Or(cmp.Compare(b.likeness, a.likeness), cmp.Compare(b.df, a.df), cmp.Compare(a.term, b.term))
}

// df is how many passages hold term.
func (v *vocabulary) df(term string) int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if i, ok := v.at[term]; ok {
		return max(v.terms[i].df, 0)
	}
	return 0
}

// holders is how many passages hold the n-gram g, at most: one that holds two
// of its words is counted twice.
func (v *vocabulary) holders(g string) int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	found := v.grams[g]
	if found == nil {
		return 0
	}
	sum := 0
	for _, t := range found.terms {
		sum += v.terms[t].df
	}
	return sum
}

func vocabularyKey(workspace, language string) string {
	return field(legText, language) + "\x00" + workspace
}

// words is the vocabulary of a workspace in one language; it waits until it is
// read, or ctx ends.
func (x *Local) words(ctx context.Context, workspace, language string) (*vocabulary, error) {
	key := vocabularyKey(workspace, language)
	x.vocabularies.Lock()
	v := x.vocabularies.of[key]
	if v == nil {
		v = &vocabulary{ready: make(chan struct{}), pending: map[string]int{}}
		x.vocabularies.of[key] = v
		go x.readVocabulary(v, key, workspace, language)
	}
	x.vocabularies.Unlock()
	select {
	case <-v.ready:
		return v, v.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readVocabulary fills v. One that failed is forgotten, so that the next search
// tries again.
func (x *Local) readVocabulary(v *vocabulary, key, workspace, language string) {
	defer close(v.ready)
	// The snapshot is taken between two changes: those after it are pending.
	x.writing.Lock()
	v.mu.Lock()
	clear(v.pending)
	v.mu.Unlock()
	x.mu.RLock()
	var r bleve.IndexReader
	v.err = ErrClosed
	if x.engine != nil {
		r, v.err = x.engine.Reader()
	}
	x.writing.Unlock()
	if v.err == nil {
		v.err = errors.Join(guard(func() error { return v.read(r, field(legText, language), workspace) }), r.Close())
	}
	x.mu.RUnlock()
	if v.err != nil {
		v.err = fmt.Errorf("words of workspace %q: %w", workspace, v.err)
		x.vocabularies.Lock()
		delete(x.vocabularies.of, key)
		x.vocabularies.Unlock()
	}
}

// read takes the terms of a field from the dictionaries of r, without the
// passages that were deleted.
func (v *vocabulary) read(r bleve.IndexReader, name, workspace string) error {
	snapshot, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return fmt.Errorf("a reader of type %T has no segments", r)
	}
	counts := map[string]int{}
	start, end := []byte(scoped(workspace, "")), []byte(workspace+"\x01")
	for _, s := range snapshot.Segments() {
		dictionary, err := s.Segment().Dictionary(name)
		if err != nil {
			return err
		}
		deleted := s.Deleted()
		terms := dictionary.AutomatonIterator(nil, start, end)
		var list segment.PostingsList
		for {
			e, err := terms.Next()
			if err != nil {
				return err
			}
			if e == nil {
				break
			}
			// What the iterator counts is 1 for all terms after the first that
			// one passage holds once.
			if list, err = dictionary.PostingsList([]byte(e.Term), deleted, list); err != nil {
				return err
			}
			n := int(list.Count()) //nolint:gosec // a count of passages
			if term := e.Term[len(start):]; n > 0 && spelled(term) {
				counts[term] += n
			}
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.at = make(map[string]uint32, len(counts))
	v.terms = make([]lexeme, 0, len(counts))
	v.grams = map[string]*gram{}
	for term, n := range counts {
		v.add(term, n)
	}
	for term, n := range v.pending {
		v.add(term, n)
	}
	v.pending = nil
	return nil
}

// forget drops what is known of all vocabularies.
func (x *Local) forgetVocabularies() {
	x.vocabularies.Lock()
	defer x.vocabularies.Unlock()
	x.vocabularies.of = map[string]*vocabulary{}
}

// recount tells the vocabularies that are read what a batch changed: terms by
// field and workspace.
func (x *Local) recount(changed map[string]map[string]int) {
	x.vocabularies.Lock()
	defer x.vocabularies.Unlock()
	for key, by := range changed {
		if v := x.vocabularies.of[key]; v != nil {
			v.change(by)
		}
	}
}
