package ingest

import (
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/index"
)

// How alike two passages must be to be one. Figures must be the same in any
// case: two price lists may differ in nothing else.
const (
	sameWords  = 0.9 // Jaccard similarity of their word triples
	foldWords  = 12  // passages with fewer words must be the same to the letter
	sketchSize = 16  // minimum hashes of a passage, after Broder, "On the resemblance and containment of documents", 1997
	bandSize   = 4   // of which agree in one band for two passages to be compared
)

// fold leaves out passages that say the same as an earlier one and counts them
// there. It does not change the order. Rows must be the same to the letter, for
// being alike is their nature; cases are never folded, for each is a witness.
// It stops when ended says so.
func fold(passages []index.Passage, ended func() bool) []index.Passage {
	type band struct {
		at   int
		hash uint64
	}
	exact := map[string]int{}
	bands := map[band][]int{} // places in out
	sketches := map[int]sketch{}
	out := passages[:0]
	for _, p := range passages {
		if ended() {
			return nil
		}
		if p.Kind == index.KindCase {
			out = append(out, p)
			continue
		}
		words := plainWords(p.Text)
		key := contextOf(p) + "\x00" + strings.Join(words, " ")
		if at, ok := exact[key]; ok {
			out[at].Copies++
			continue
		}
		exact[key] = len(out)
		if p.Kind == index.KindRow || len(words) < foldWords {
			out = append(out, p)
			continue
		}
		s := newSketch(p, words)
		twin := -1
		var places [sketchSize / bandSize]band
		for i := range places {
			places[i] = band{i, s.band(i)}
			for _, at := range bands[places[i]] {
				if twin >= 0 || ended() {
					break
				}
				if s.same(sketches[at]) {
					twin = at
				}
			}
		}
		if twin >= 0 {
			exact[key] = twin
			out[twin].Copies++
			continue
		}
		for _, b := range places {
			bands[b] = append(bands[b], len(out))
		}
		sketches[len(out)] = s
		out = append(out, p)
	}
	for i := range out {
		out[i].Ordinal = i
	}
	return out
}

// contextOf is what gives equal words another meaning: under the heading of
// another product they are not the same.
func contextOf(p index.Passage) string {
	return strings.Join(append([]string{string(p.Kind), p.Question}, p.Headings...), "\x00")
}

// plainWords are the words of text in lower case, without their punctuation.
func plainWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// sketch is what two passages are compared by.
type sketch struct {
	context string
	figures string // words with digits, in order
	apart   uint64 // of context and figures: what differs there is never compared
	triples map[uint64]bool
	least   [sketchSize]uint64
}

func newSketch(p index.Passage, words []string) sketch {
	s := sketch{context: contextOf(p), triples: make(map[uint64]bool, len(words))}
	figures := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !strings.ContainsFunc(w, unicode.IsDigit) })
	s.figures = strings.Join(figures, " ")
	s.apart = hash(s.context + "\x00" + s.figures)
	for i := range s.least {
		s.least[i] = math.MaxUint64
	}
	for i := range len(words) - 2 {
		h := hash(strings.Join(words[i:i+3], " "))
		s.triples[h] = true
		salt := uint64(0)
		for j := range s.least {
			s.least[j] = min(s.least[j], mix(h^salt))
			salt += 0x9E3779B97F4A7C15
		}
	}
	return s
}

// hash is the same in each run, so that the same document gives the same
// passages.
func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// mix spreads the bits of a hash (the finalizer of SplitMix64, Steele et al. 2014).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

func (s sketch) band(i int) uint64 {
	h := s.apart
	for _, least := range s.least[i*bandSize : (i+1)*bandSize] {
		h = mix(h ^ least)
	}
	return h
}

func (s sketch) same(o sketch) bool {
	if s.context != o.context || s.figures != o.figures {
		return false
	}
	both := 0
	for h := range s.triples {
		if o.triples[h] {
			both++
		}
	}
	return float64(both) >= sameWords*float64(len(s.triples)+len(o.triples)-both)
}
