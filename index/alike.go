package index

import (
	"iter"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// How alike two passages must be to be one. Figures must be the same in any
// case: two price lists may differ in nothing else.
const (
	sameWords  = 0.9 // Jaccard similarity of their word triples
	foldWords  = 12  // passages with fewer words must have the same ones
	sketchSize = 18  // minimum hashes of a passage, after Broder, "On the resemblance and containment of documents", 1997
	bandSize   = 3   // of which agree in one band for two passages to be compared; of those just alike enough .04 % never are
)

// Scope says what two passages must have in common besides their words.
type Scope int

// The scopes.
const (
	// WithinDocument wants kind, question and headings to be the same: under the
	// heading of another product equal words say something else.
	WithinDocument Scope = iota
	// AcrossDocuments is for what companies keep more than once: exports, and
	// terms in several places. Audience, kind, question and the nearest heading
	// must be the same, the last two but for capitals and punctuation. Of the title and
	// the headings above, which each export makes in its own way, only the
	// figures must be: "HK-75" and "HK-80", "2025" and "2026" are other things.
	// A product whose name has no figure may be told from another by its title
	// alone, so a caller keeps the passage that fits the question best.
	// Languages need not be the same: equal words are of one language, and that
	// of a short passage is guessed from the rest of its document.
	AcrossDocuments
)

// Sketch is what two passages are compared by.
type Sketch struct {
	key     string   // context and words
	exact   bool     // only the same key will do
	apart   string   // context and the words that decide: what differs there is never compared
	words   []string // until they are hashed
	triples []uint64 // hashes of three words each, sorted
	least   [sketchSize]uint64
}

// NewSketch is the sketch of p. Rows, tables and cases must be the same to the
// letter, for being alike is their nature.
func NewSketch(p Passage, scope Scope) *Sketch {
	s := &Sketch{}
	switch p.Kind {
	case KindRow, KindTable, KindCase:
		s.words, s.exact = strings.Fields(p.Text), true
	case KindText, KindList, KindFAQ:
		s.words = plainWords(p.Text)
		s.exact = len(s.words) < foldWords
	}
	if scope == WithinDocument {
		s.within(append([]string{string(p.Kind), p.Question}, p.Headings...))
		return s
	}
	parts := []string{string(p.Audience), string(p.Kind), bare(p.Question), figures(plainWords(undated(p.Title))), p.Locator.Case}
	if s.exact { // so few words live on what they stand below
		for _, h := range p.Headings {
			parts = append(parts, bare(unnumbered(h)))
		}
	} else if n := len(p.Headings); n > 0 {
		var above []string
		for _, h := range p.Headings[:n-1] {
			above = append(above, plainWords(unnumbered(h))...)
		}
		parts = append(parts, figures(above), bare(unnumbered(p.Headings[n-1])))
	}
	s.within(parts)
	return s
}

func (s *Sketch) within(context []string) {
	s.apart = strings.Join(context, "\x00")
	s.key = s.apart + "\x00" + strings.Join(s.words, " ")
	if !s.exact {
		s.apart += "\x00" + figures(s.words)
	}
}

// hash prepares s for being compared with others that are nearly the same.
func (s *Sketch) hash() {
	if s.triples != nil {
		return
	}
	for i := range s.least {
		s.least[i] = math.MaxUint64
	}
	s.triples = make([]uint64, 0, len(s.words))
	var last, before uint64
	for i, w := range s.words {
		h := hash(w)
		if i > 1 {
			triple := mix(mix(before)+last) ^ h
			s.triples = append(s.triples, triple)
			salt := uint64(0)
			for j := range s.least {
				s.least[j] = min(s.least[j], mix(triple^salt))
				salt += 0x9E3779B97F4A7C15
			}
		}
		last, before = h, last
	}
	slices.Sort(s.triples)
	s.triples = slices.Compact(s.triples)
	s.words = nil
}

func (s *Sketch) same(o *Sketch) bool {
	both := 0
	for i, j := 0, 0; i < len(s.triples) && j < len(o.triples); {
		switch a, b := s.triples[i], o.triples[j]; {
		case a < b:
			i++
		case a > b:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	return float64(both) >= sameWords*float64(len(s.triples)+len(o.triples)-both)
}

// Alike finds passages that say the same as one it has. Its results do not
// depend on chance. It is not safe for concurrent use.
type Alike struct {
	exact  map[string]int
	groups map[string]*group // of sketches that are not apart
}

// group is hashed only when it gets a second member: most never do.
type group struct {
	first *Sketch
	at    int
	bands map[band][]int // places
	all   map[int]*Sketch
}

// band is some of a sketch's minimum hashes and which.
type band struct {
	at   int
	hash uint64
}

// NewAlike is one without passages.
func NewAlike() *Alike { return &Alike{exact: map[string]int{}, groups: map[string]*group{}} }

// Add puts a passage at a place of its own.
func (a *Alike) Add(at int, s *Sketch) {
	a.exact[s.key] = at
	if s.exact {
		return
	}
	g := a.groups[s.apart]
	if g == nil {
		a.groups[s.apart] = &group{first: s, at: at}
		return
	}
	g.add(at, s)
}

// open makes g ready for comparisons.
func (g *group) open() {
	if g.all == nil {
		g.bands, g.all = map[band][]int{}, map[int]*Sketch{}
		g.add(g.at, g.first)
	}
}

func (g *group) add(at int, s *Sketch) {
	g.open()
	s.hash()
	g.all[at] = s
	for b := range s.bands() {
		g.bands[b] = append(g.bands[b], at)
	}
}

func (s *Sketch) bands() iter.Seq[band] {
	return func(yield func(band) bool) {
		i := 0
		for least := range slices.Chunk(s.least[:], bandSize) {
			h := uint64(0)
			for _, l := range least {
				h = mix(h ^ l)
			}
			if !yield(band{i, h}) {
				return
			}
			i++
		}
	}
}

// Find is the place of a passage that says the same as s, of the first added if
// there are several that only nearly do. From then on s, too, is known to be
// there, to the letter. It gives up when ended says so.
func (a *Alike) Find(s *Sketch, ended func() bool) (at int, ok bool) {
	if at, ok = a.exact[s.key]; ok || s.exact {
		return at, ok
	}
	g := a.groups[s.apart]
	if g == nil {
		return 0, false
	}
	g.open()
	s.hash()
	for b := range s.bands() {
		for _, at := range g.bands[b] {
			if ended() {
				return 0, false
			}
			if s.same(g.all[at]) {
				a.exact[s.key] = at
				return at, true
			}
		}
	}
	return 0, false
}

// hash is FNV-1a, the same in each run, so that the same document gives the same
// passages.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// mix spreads the bits of a hash (the finalizer of SplitMix64, Steele et al. 2014).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// plainWords are the words of text in lower case. Of what stands between them
// only that is kept which changes a figure: its sign, its unit.
func plainWords(text string) []string {
	text = strings.ToLower(text)
	words := make([]string, 0, len(text)/5)
	start, last := -1, ' '
	for i, r := range text {
		word := 'a' <= r && r <= 'z' || unicode.IsLetter(r) || unicode.IsDigit(r)
		switch {
		case word && start < 0:
			start = i
		case !word && start >= 0:
			words = append(words, text[start:i])
			start = -1
		}
		if !word && r != ' ' && (unicode.Is(unicode.Sc, r) || strings.ContainsRune("%‰", r) || signs(text[i:], r, last)) {
			words = append(words, sign(r))
		}
		last = r
	}
	if start >= 0 {
		words = append(words, text[start:])
	}
	return words
}

// signs reports whether r, with which text begins and which comes after last,
// is the sign of a figure: the hyphen of "10-20" and "HK-75" is not.
func signs(text string, r, last rune) bool {
	if !strings.ContainsRune("+-−–<>≤≥±", r) || unicode.IsLetter(last) || unicode.IsDigit(last) {
		return false
	}
	rest := text[utf8.RuneLen(r):]
	if strings.ContainsRune("<>≤≥±", r) {
		rest = strings.TrimLeft(rest, " \u00a0")
	}
	next, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsDigit(next)
}

// sign is r, the minus in one spelling.
func sign(r rune) string {
	if r == '−' || r == '–' {
		return "-"
	}
	return string(r)
}

func bare(text string) string { return strings.Join(plainWords(text), " ") }

// figures are the words that make a passage another one: those with digits,
// signs, units and numerals, and those that turn its sense round.
func figures(words []string) string {
	var out []string
	for _, w := range words {
		if decisive()[w] || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }) {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// decisive are words of nb, sv, da, fi, de and en without which a passage says
// the opposite or another number.
var decisive = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(`
		ikke ikkje ingen intet inkje inga ingenting aldri uten utan verken hverken to tre fire fem seks sju syv åtte ni ti tolv fjorten tjue tretti seksti nitti hundre
		inte ej inget aldrig varken två fyra sex åtta nio tio fjorton tjugo trettio sextio nittio hundra
		uden otte tyve tredive tres halvfems hundrede
		ei eivät emme ettei eikä älä älkää ilman kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen neljätoista kolmekymmentä
		kahden kolmen neljän viiden kuuden neljäntoista kolmenkymmenen
		nicht kein keine keinen keinem keiner keines nie niemals ohne weder zwei drei vier fünf sechs sieben acht neun zehn zwölf vierzehn zwanzig dreißig sechzig neunzig hundert
		no not t cannot never none neither nor without two three four five six seven eight nine ten twelve fourteen twenty thirty sixty ninety hundred`) {
		words[w] = true
	}
	return words
})

// undated is a title without what tells one export of a document from the next:
// a whole date, or the number that browsers add to a second copy.
func undated(title string) string {
	if !strings.ContainsAny(title, digits) {
		return title
	}
	return exported().ReplaceAllString(title, " ")
}

const digits = "0123456789"

var exported = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(19|20)\d\d[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])\b|\b\d{1,2}[./]\d{1,2}[./](19|20)\d\d\b|\(\d{1,2}\)$`)
})

// unnumbered is a heading without its number, which counts its neighbours. One
// with a point in the middle stays, for it may be a measure.
func unnumbered(heading string) string {
	if !strings.ContainsAny(heading, digits) {
		return heading
	}
	return numbered().ReplaceAllString(heading, "")
}

var numbered = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*(§ ?\d+|\d{1,2}[.)])\s+`)
})
