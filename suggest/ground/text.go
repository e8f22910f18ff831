package ground

import (
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
)

// The bounds of what is compared. What lies beyond them is not looked at, so
// that a text from outside costs bounded time.
const (
	maxText          = 2 << 20 // bytes of a passage
	maxPassageWords  = 200_000 // of one passage, and of all
	maxPassages      = 1000
	maxFacts         = 20_000 // of one passage
	maxStated        = 200    // facts of a response or sentence that are looked up
	maxPlaced        = 2_000  // facts of all passages among which another value is looked for
	maxWhere         = 500    // sentences in which a pair of words is looked for
	maxResponseWords = 2000
	maxUnits         = 120 // sentences of a response
)

// class is what a word says about the kind of its sentence.
type class uint16

const (
	first class = 1 << iota
	second
	opinion
	hedge
	answer
	negation
	courtesy
	refers
	most
)

var classNames = map[string]class{
	"first": first, "second": second, "opinion": opinion, "hedge": hedge, "answer": answer, "not": negation,
	"courtesy": courtesy, "refer": refers, "most": most,
}

//go:embed lexicon.txt
var lexiconText string

// lexicon is the classes of words by language.
var lexicon = sync.OnceValue(func() map[string]map[string]class {
	out := map[string]map[string]class{}
	for line := range strings.Lines(lexiconText) {
		head, words, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		language, name, _ := strings.Cut(head, " ")
		if out[language] == nil {
			out[language] = map[string]class{}
		}
		for w := range strings.FieldsSeq(words) {
			out[language][w] |= classNames[name]
		}
	}
	return out
})

// word is a word of a text.
type word struct {
	term       string // stem
	start, end int
	stop       bool // says little by itself
	ident      bool // holds a digit, or is an address
	name       bool // capitalised inside a sentence
	class      class
	weight     float64 // rarity in the language, about 0.5 to 9
}

// words are the words of text, without overlap and at most limit of them.
func words(language, text string, limit int) []word {
	tokens := index.Analyze(language, text)
	out := make([]word, 0, min(len(tokens), limit))
	lex := lexicon()[language]
	end, fresh := 0, true
	for _, t := range tokens {
		if t.Start < end {
			continue // a part or another spelling of an identifier
		}
		if len(out) == limit {
			break
		}
		surface := text[t.Start:t.End]
		fresh = fresh || strings.ContainsAny(text[end:t.Start], ".!?:\n•")
		w := word{term: t.Term, start: t.Start, end: t.End, stop: t.Stop, ident: t.Identifier}
		lower := strings.ToLower(surface)
		if strings.Contains(lower, "’") {
			lower = strings.ReplaceAll(lower, "’", "'")
		}
		w.class = lex[lower]
		r, _ := utf8.DecodeRuneInString(surface)
		w.name = !fresh && unicode.IsUpper(r) && !w.stop && len(surface) > 1
		switch {
		case utf8.RuneCountInString(surface) == 1 && !w.ident:
			w.stop = true // what is left of "don ' t"
		case w.class&(answer|refers|first|second) != 0:
			w.stop = true
		}
		w.weight = rarity(language, w.term)
		if w.class&courtesy != 0 {
			w.weight = min(w.weight, politeWeight)
		}
		if w.ident {
			w.weight = max(w.weight, identWeight)
		}
		out = append(out, w)
		end, fresh = t.End, false
	}
	return out
}

// politeWeight is the most that a word of greetings and thanks weighs.
const politeWeight = 1.5

// identWeight is the least that a number or code weighs.
const identWeight = 5

//go:embed common.txt
var commonText string

// common is what common words weigh, by language.
var common = sync.OnceValue(func() map[string]map[string]float64 {
	out := map[string]map[string]float64{}
	for line := range strings.Lines(commonText) {
		head, rest, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		language, level, _ := strings.Cut(head, " ")
		n := 0
		for _, c := range []byte(level) {
			if c >= '0' && c <= '9' {
				n = n*10 + int(c-'0')
			}
		}
		if out[language] == nil {
			out[language] = map[string]float64{}
		}
		for w := range strings.FieldsSeq(rest) {
			out[language][w] = float64(n) / 4
		}
	}
	return out
})

// rareWeight is what a word weighs that the table does not hold.
const rareWeight = 8

// rarity says how much a word tells: about the logarithm of one over the share
// of texts that hold it. Words that the table of common ones does not hold are
// taken to be rare.
func rarity(language, term string) float64 {
	table, ok := common()[language]
	if !ok {
		return rareWeight / 2
	}
	if w, ok := table[term]; ok {
		return w
	}
	return rareWeight
}

// passage is an analysed source. It is shared and never changed once made.
type passage struct {
	text      string
	words     []word
	sentences []span
	body      int // bytes of text that are the source's Text and can be highlighted; headings follow
	facts     []fact
}

type span struct{ start, end int } // words

// analyse reads a passage; more is what stands around it.
func analyse(language, text string, more []string) *passage {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	p := &passage{body: len(text)}
	var b strings.Builder
	b.WriteString(text)
	for _, m := range more {
		if m != "" {
			b.WriteString("\n\n")
			b.WriteString(m)
		}
	}
	p.text = b.String()
	p.words = words(language, p.text, maxPassageWords)
	p.facts = facts(language, p.text)
	p.facts = p.facts[:min(len(p.facts), maxFacts)]
	at := 0
	for _, s := range message.Sentences(language, p.text) {
		from := at
		for at < len(p.words) && p.words[at].start < s.End {
			at++
		}
		if at > from {
			p.sentences = append(p.sentences, span{from, at})
		}
	}
	return p
}

// grams are the distinct letter trigrams of a word, sorted.
func grams(term string) []uint64 {
	rs := []rune("^" + term + "$")
	if len(rs) < 3 {
		return nil
	}
	out := make([]uint64, 0, len(rs)-2)
	for i := range len(rs) - 2 {
		out = append(out, uint64(rs[i])<<42|uint64(rs[i+1])<<21|uint64(rs[i+2]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func log1p(x float64) float64 { return math.Log1p(max(0, x)) }
