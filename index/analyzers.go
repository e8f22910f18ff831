package index

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/da"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/fi"
	"github.com/blevesearch/bleve/v2/analysis/lang/no"
	"github.com/blevesearch/bleve/v2/analysis/lang/sv"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/swedish"
	"golang.org/x/text/unicode/norm"
)

// analysisVersion changes whenever the same text gives other terms: an index
// written by another version would silently miss what it holds.
const analysisVersion = 1

const (
	// maxTerm bounds a term in bytes; longer runs are base64, not words.
	maxTerm = 120
	// maxStem bounds what is given to a stemmer, in bytes.
	maxStem = 60
)

// analyzer is what is particular to one language.
type analyzer struct {
	stop map[string]bool
	stem func(*snowballstem.Env) bool // nil leaves words as they are
}

// neutral is the language of text whose language is unknown.
const neutral = ""

// analyzers holds one analyzer a language. Norwegian covers nynorsk too: the
// stop list has both, and the stemmer treats them alike.
var analyzers = sync.OnceValue(func() map[string]analyzer {
	return map[string]analyzer{
		"nb":    {stopWords(no.NorwegianStopWords), norwegian.Stem},
		"sv":    {stopWords(sv.SwedishStopWords), swedish.Stem},
		"da":    {stopWords(da.DanishStopWords), danish.Stem},
		"fi":    {stopWords(fi.FinnishStopWords), finnish.Stem},
		"de":    {stopWords(de.GermanStopWords), german.Stem},
		"en":    {stopWords(en.EnglishStopWords), english.Stem},
		neutral: {},
	}
})

// stopWords reads a list in Snowball's format: "|" starts a comment.
func stopWords(list []byte) map[string]bool {
	words := analysis.NewTokenMap()
	if err := words.LoadBytes(list); err != nil {
		panic("index: stop word list does not parse: " + err.Error()) // compiled in; every test would fail
	}
	return words
}

// known is language when it has an analyzer of its own, else neutral.
func known(language string) string {
	if _, ok := analyzers()[language]; ok {
		return language
	}
	return neutral
}

// Analyze is the terms of text in language ("nb", "sv", "da", "fi", "de",
// "en"; anything else is analysed without stop words and stemming), ordered by
// where they begin, longer ones first.
//
// Words are composed (NFKC), lower-cased and stemmed. Identifiers are kept
// whole and split, so several tokens may cover the same bytes: "E-4419" gives
// e4419, e-4419 and 4419. Numbers lose their grouping: "38 900" and "3.390,00"
// give 38900 and 3390. Every token that holds a digit, is an e-mail address or
// a link is an Identifier.
//
// Invalid UTF-8 separates words. Analyze is safe for concurrent use.
func Analyze(language, text string) []Token {
	words := analyze(language, text)
	tokens := make([]Token, len(words))
	for i, w := range words {
		tokens[i] = w.Token
	}
	return tokens
}

// role is what a word counts for beyond its term.
type role uint8

const (
	plain role = iota // a word: has grams and takes part in bigrams
	code              // an identifier so particular that an exact match decides
	part              // a piece of an identifier, or a second way to write one
)

// word is a token with what only the index needs to know.
type word struct {
	Token
	role   role
	folded string // before stemming; grams are cut from it
}

func analyze(language, text string) []word {
	a := analyzers()[known(language)]
	s := scanner{text: text, words: make([]word, 0, len(text)/6+1)}
	s.scan()
	for i := range s.words {
		w := &s.words[i]
		if w.Identifier || w.Term == "" {
			continue
		}
		if language == "en" {
			w.Term = strings.TrimSuffix(w.Term, "'s")
		}
		w.folded = w.Term
		w.Stop = a.stop[w.Term]
		if a.stem != nil && !w.Stop {
			w.Term = stem(a, w.Term)
		}
	}
	return s.words
}

func stem(a analyzer, term string) string {
	if len(term) > maxStem {
		return term
	}
	env := snowballstem.NewEnv(term)
	a.stem(env)
	if env.Current() == "" {
		return term
	}
	return env.Current()
}

// fold composes and lower-cases a word and drops what cannot be seen: soft
// hyphens and zero-width characters that PDF and HTML leave inside words.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if !ascii {
		s = norm.NFKC.String(strings.Map(func(r rune) rune {
			switch {
			case invisible(r):
				return -1
			case r == '’' || r == 'ʼ':
				return '\''
			case r == '‐' || r == '‑':
				return '-'
			}
			return r
		}, s))
	}
	return bounded(strings.ToLower(s))
}

// bounded cuts a term that is too long at the end of a letter.
func bounded(term string) string {
	if len(term) <= maxTerm {
		return term
	}
	end := maxTerm
	for end > 0 && !utf8.RuneStart(term[end]) {
		end--
	}
	return term[:end]
}

func invisible(r rune) bool {
	return r == '\u00ad' || r >= '\u200b' && r <= '\u200d' || r == '\u2060' || r == '\ufeff'
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || unicode.Is(unicode.No, r) || invisible(r))
}

// joiner reports whether r may hold two pieces of one word together.
func joiner(r rune) bool {
	switch r {
	case '-', '‐', '‑', '/', '.', ',', '_', '\'', '’', 'ʼ', ':', '@', '+':
		return true
	}
	return false
}
