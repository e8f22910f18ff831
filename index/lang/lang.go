// Package lang tells in which language a short text is written.
//
// Customers write three words and an error code, in languages that share most
// of their words. So letters are weighed with their neighbours and with where
// words begin and end (see gen), function words count extra, and a caller who
// knows the conversation can say so with a prior. What is written in a
// language that Sufflør does not support is undetermined, never the nearest
// one that it does.
package lang

import (
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/sufflor/sufflor/index/lang/internal/table"
)

//go:generate go run ./gen -models $LINGUA_MODELS -out grams.bin

// Guess is the likeliest language of a text.
type Guess struct {
	// Language is "nb" (also nynorsk), "sv", "da", "fi", "de" or "en", or ""
	// when the text has too few words to tell or is in another language.
	Language string
	// Confidence is the probability that Language is right, 0 to 1.
	Confidence float64
	// Other is the likeliest of the languages that are only recognised to be
	// told apart ("fr", "es", "nl", "pl", "et", "is"), or "" when it is none.
	Other string
}

// The bounds of what is looked at. A few sentences decide every text.
const (
	maxBytes = 1500 // of a text
	maxWord  = 40   // runes of a word
)

// The numbers below were set by hand on messages of our own and on the public
// test sentences of lingua; TestAccuracy checks them on messages that were
// written afterwards.
const (
	// damp makes one of several dependent observations of a word.
	damp = 0.62
	// wordBonus is what a function word adds for the languages that have it.
	wordBonus = 3
	// name is what a capitalised word inside a text counts: it may name a
	// product, and those are English everywhere.
	name = 0.3
	// quoted is what a word counts that the writer copied from a screen, when
	// there are words of the writer's own.
	quoted = 0.1
	// letterMark is what a letter adds that one half of Scandinavia spells
	// differently.
	letterMark = 1.5
	// rare is how likely a language is that we do not support, compared with
	// one that we do, before a word is read.
	rare = 0.2
	// enough is the smallest probability that is worth an answer.
	enough = 0.34
)

// group is where a class of the table counts.
var groups = map[string]string{
	"nb": "nb", "nn": "nb", "sv": "sv", "da": "da", "fi": "fi", "de": "de", "en": "en",
}

var supported = []string{"nb", "sv", "da", "fi", "de", "en"}

// Supported is the languages that [Detect] can answer, in a fixed order.
func Supported() []string { return slices.Clone(supported) }

// Close reports whether readers of language a mostly understand b: Norwegian,
// Swedish and Danish among each other, and every language itself.
func Close(a, b string) bool {
	if a == b {
		return a != ""
	}
	return scandinavian(a) && scandinavian(b)
}

func scandinavian(l string) bool { return l == "nb" || l == "sv" || l == "da" }

// Detect tells the language of text. It is safe for concurrent use; the first
// call unpacks the table.
func Detect(text string) Guess { return DetectWith(text, nil) }

// DetectWith is [Detect] for somebody who knows which languages to expect, such
// as a conversation's language so far or a workspace's markets. The prior
// gives weights that need not add up to one; supported languages that it does
// not name keep a small chance. A nil prior expects all alike.
func DetectWith(text string, prior map[string]float64) Guess {
	e := load()
	scores, words := e.scores(text)
	if words == 0 {
		return Guess{}
	}
	return e.decide(scores, prior)
}

// engine is the unpacked table and word list.
type engine struct {
	table *table.Table
	words map[string]table.Levels4 // level 1 for the classes that have the word
}

//go:embed grams.bin
var grams []byte

//go:embed words.txt
var wordList string

var load = sync.OnceValue(func() *engine {
	t, err := table.Read(grams)
	if err != nil {
		// The table is part of the binary: a build that has a damaged one
		// does not pass its tests.
		panic(err)
	}
	return &engine{table: t, words: readWords(wordList, t.Classes)}
})

// readWords reads lines such as "nb nn: jeg ikke": words and the classes they
// are function words of. Lines add up. "nb+" says that a word is written in
// none of its neighbours. A word is also found without its accents, as people
// write it who have no key for them, unless that is a word, too.
func readWords(list string, classes []string) map[string]table.Levels4 {
	m := map[string]table.Levels4{}
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		names, words, _ := strings.Cut(line, ":")
		for name := range strings.FieldsSeq(names) {
			name, only := strings.CutSuffix(name, "+")
			c := slices.Index(classes, name)
			if c < 0 {
				continue
			}
			level := uint8(1)
			if only {
				level = 2
			}
			for w := range strings.FieldsSeq(words) {
				m[w] = m[w].With(c, max(level, m[w].Of(c)))
			}
		}
	}
	plain := map[string]table.Levels4{}
	for w, levels := range m {
		for _, r := range bare {
			if b := r.Replace(w); b != w {
				for c := range classes {
					if levels.Of(c) > 0 {
						plain[b] = plain[b].With(c, 1)
					}
				}
			}
		}
	}
	for w, levels := range plain {
		if _, ok := m[w]; !ok {
			m[w] = levels
		}
	}
	return m
}

// bare is how people write without the letters of their language.
var bare = []*strings.Replacer{
	strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "ø", "o", "æ", "ae", "ü", "u", "ß", "ss", "é", "e"),
	strings.NewReplacer("å", "aa", "ä", "ae", "ö", "oe", "ø", "oe", "æ", "ae", "ü", "ue", "ß", "ss"),
}

// scores is the log likelihood of each class and the number of words seen.
func (e *engine) scores(text string) (scores [table.MaxClasses]float64, words int) {
	text = prepare(text)
	var latin, foreign, own int
	var pasted [table.MaxClasses]float64
	before := ""
	for word, theirs := range tokens(text) {
		if word == "" { // a word in another script
			foreign++
			continue
		}
		latin++
		into := &scores
		if theirs {
			into = &pasted
		} else {
			own++
		}
		weight := damp
		if before != "" && isName(word) {
			weight *= name
		}
		lower := strings.ToLower(word)
		e.add(into, lower, weight)
		e.addMarks(into, before, word, lower)
		before = word
	}
	if foreign > latin {
		return scores, 0
	}
	share := 1.0
	if own > 0 {
		share = quoted
	}
	for i := range scores {
		scores[i] += share * pasted[i]
	}
	return scores, latin
}

// isName reports whether word is written like a name: "Teams", not "TEAMS".
func isName(word string) bool {
	first, size := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(first) && strings.ToUpper(word[size:]) != word[size:]
}

// add adds what a word in lower case says.
func (e *engine) add(scores *[table.MaxClasses]float64, word string, weight float64) {
	var sum table.Sum
	k := table.Boundary
	push := func(s table.Key) {
		k = k.Push(s)
		if l, ok := e.table.Longest(k); ok {
			sum.Add(l)
		}
	}
	for _, r := range longest(word) {
		push(table.Symbol(r))
	}
	push(table.Boundary)
	sums := sum.All()
	bonus, listed := e.words[word]
	if listed {
		// Newspapers say "jeg" more often in Danish than in Norwegian, and
		// customers do not: a word on the list says the same for all of its
		// languages.
		best := math.MaxInt
		for i := range e.table.Classes {
			if bonus.Of(i) > 0 {
				best = min(best, sums[i])
			}
		}
		for i := range e.table.Classes {
			if bonus.Of(i) > 0 {
				sums[i] = best
			}
		}
	}
	for i := range e.table.Classes {
		scores[i] += weight * (float64(bonus.Of(i))*wordBonus - table.Step*float64(sums[i]))
	}
}

// addMarks adds what spelling and two words in a row say about Norwegian,
// Danish and Swedish, which often share every word: "bestillingen min" is
// Norwegian where Danish has "min bestilling", and "har I" with a capital is
// Danish for "har dere".
func (e *engine) addMarks(scores *[table.MaxClasses]float64, before, word, lower string) {
	switch lower {
	case "min", "mi", "mine", "din", "di", "dine":
		noun := strings.ToLower(before)
		if len(noun) > 5 && (strings.HasSuffix(noun, "en") || strings.HasSuffix(noun, "et") || strings.HasSuffix(noun, "ene")) {
			e.mark(scores, wordBonus, "nb")
		}
	case "i":
		if word == "I" && before != "" && strings.ToUpper(before) != before {
			e.mark(scores, wordBonus, "da")
		}
	}
	for _, r := range lower {
		switch r {
		case 'ä', 'ö', 'æ', 'ø':
			if isName(word) {
				return // of a town or a person, spelt alike everywhere
			}
			if r == 'ä' || r == 'ö' {
				e.mark(scores, letterMark, "sv", "fi", "de")
			} else {
				e.mark(scores, letterMark, "nb", "da")
			}
			return
		}
	}
}

func (e *engine) mark(scores *[table.MaxClasses]float64, bonus float64, languages ...string) {
	for i, c := range e.table.Classes {
		if slices.Contains(languages, groups[c]) {
			scores[i] += damp * bonus
		}
	}
}

// longest is the part of word that its letters are judged by. The corpora
// behind the table had no apostrophes: there, "can't" would be a "t", which is
// a Dutch word.
func longest(word string) string {
	best := ""
	for part := range strings.SplitSeq(word, "'") {
		if len(part) > len(best) {
			best = part
		}
	}
	return best
}

// decide turns scores into a guess.
func (e *engine) decide(scores [table.MaxClasses]float64, prior map[string]float64) Guess {
	total := 0.0
	for _, l := range supported {
		total += share(prior[l])
	}
	top := math.Inf(-1)
	for i, c := range e.table.Classes {
		g, ok := groups[c]
		switch {
		case !ok:
			scores[i] += math.Log(rare)
		case total > 0:
			// A tenth is shared by what the prior does not expect.
			expect := .9*share(prior[g])/total + .1/float64(len(supported))
			scores[i] += math.Log(expect * float64(len(supported)))
		}
		top = max(top, scores[i])
	}
	sum := 0.0
	p := map[string]float64{}
	other, otherTop := "", math.Inf(-1)
	for i, c := range e.table.Classes {
		x := math.Exp(scores[i] - top)
		sum += x
		p[groups[c]] += x
		if groups[c] == "" && scores[i] > otherTop {
			otherTop, other = scores[i], c
		}
	}
	best := ""
	for _, l := range supported {
		if p[l] > p[best] || best == "" && p[l] == p[best] {
			best = l
		}
	}
	g := Guess{Language: best, Confidence: p[best] / sum}
	if best != "" && g.Confidence < enough {
		return Guess{Confidence: 1 - g.Confidence}
	}
	if best == "" && !strings.HasPrefix(other, "x") {
		g.Other = other
	}
	return g
}

// share is a usable weight of a prior, between 0 and a million.
func share(w float64) float64 {
	if w > 0 { // not NaN
		return min(w, 1e6)
	}
	return 0
}

// prepare is text as it is looked at: cut, with letters and their accents in
// one piece and one kind of apostrophe.
func prepare(text string) string {
	if len(text) > maxBytes {
		cut := maxBytes
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return strings.ReplaceAll(norm.NFC.String(text), "’", "'")
}

// tokens yields the words of text, without addresses, codes and numbers, and
// "" for each word that is not in the Latin script. Theirs says that the
// writer seems to have copied the word: it stands in quotation marks, or in a
// sentence after a word such as "ERROR:".
func tokens(text string) func(yield func(word string, theirs bool) bool) {
	return func(yield func(string, bool) bool) {
		var q quotes
		for field := range strings.FieldsSeq(text) {
			theirs := q.next(field)
			if skip(field) {
				continue
			}
			for part := range strings.FieldsFuncSeq(field, notLetter) {
				if w, ok := wordIn(part); ok && !yield(w, theirs) {
					return
				}
			}
		}
	}
}

// quotes follows quotation marks and error messages from field to field.
type quotes struct {
	closing string // closing marks of the quotation that we are in
	left    int    // words that a quotation may still have
	failure bool   // in a sentence after "ERROR:"
}

// maxQuoted is the longest quotation, in words: a mark that is never closed is
// an inch or a slip.
const maxQuoted = 30

// closing is what closes a quotation that the mark r opens, or "". Scandinavian
// writers close with the mark they open with, German ones begin low.
func closing(r rune) string {
	switch r {
	case '"', '`', '”':
		return string(r)
	case '“':
		return "”“"
	case '„':
		return "“”\""
	case '«':
		return "»"
	case '»':
		return "«»"
	case '‘':
		return "'"
	}
	return ""
}

// next reports whether field is copied, and follows the marks in it.
func (q *quotes) next(field string) bool {
	if q.closing == "" {
		if field[0] == '(' || field[0] == '[' {
			field = field[1:]
		}
		if field == "" {
			return q.failure
		}
		if !isLetter(field[0]) { // most begin with one
			r, size := utf8.DecodeRuneInString(field)
			if end := closing(r); end != "" && size < len(field) {
				if !strings.ContainsAny(field[size:], end) {
					q.closing, q.left = end, maxQuoted
				}
				return true
			}
		}
	} else {
		q.left--
		if strings.ContainsAny(field, q.closing) || q.left == 0 {
			q.closing = ""
		}
		return true
	}
	if q.failure {
		last := field[len(field)-1]
		q.failure = last != '.' && last != '!' && last != '?'
		return true
	}
	q.failure = field[len(field)-1] == ':' && isFailure(strings.ToLower(strings.Trim(field, ":[(")))
	return q.failure
}

// isFailure reports whether programs begin messages with word.
func isFailure(word string) bool {
	for _, w := range []string{"error", "warning", "exception", "failure", "fatal", "err", "critical", "alert"} {
		if word == w || len(word) > len(w)+3 && strings.HasSuffix(word, w) { // "TypeError"
			return true
		}
	}
	return false
}

// wordIn is a run of letters, cut to a sensible length: "" when it is not in
// the Latin script, and not ok when only apostrophes are left.
func wordIn(part string) (word string, ok bool) {
	n := 0
	for i, r := range part {
		if r >= utf8.RuneSelf && !unicode.Is(unicode.Latin, r) {
			return "", true
		}
		if n++; n > maxWord {
			part = part[:i]
			break
		}
	}
	part = strings.Trim(part, "'")
	return part, part != ""
}

func notLetter(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\''
}

// skip reports whether a field is an address, a path, a code or a number:
// nothing that its writer's language decides.
func skip(field string) bool {
	if strings.ContainsAny(field, "@\\_") || strings.Contains(field, "://") || strings.HasPrefix(field, "www.") {
		return true
	}
	digits, upper, letters := 0, 0, 0
	for i, r := range field {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		case r == '.' && i > 0 && i+1 < len(field) && isLetter(field[i+1]) && isLetter(field[i-1]):
			// A host or file name: "sufflor.example", "faktura.pdf". A missing
			// space after a full stop is rarer and costs two words.
			if !unicode.IsUpper(rune(field[i+1])) {
				return true
			}
		}
	}
	return digits > 0 || letters == 0
}

func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }
