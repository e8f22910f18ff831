package overlap

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/index"
)

// chattyWeight is what is left of the weight of words around the matter.
const chattyWeight = 0.15

// synonymMatch is how far a word stands for another of its group.
const synonymMatch = 0.75

// headMatch is the same where only the head of a compound is in the group:
// "serviceavtale" is some agreement.
const headMatch = 0.45

// minHead is the shortest head of a compound, in runes.
const minHead = 4

//go:embed chatty.yaml
var chattyYAML []byte

//go:embed synonyms.yaml
var synonymsYAML []byte

//go:embed related.yaml
var relatedYAML []byte

// chattyWords are the words of chatty.yaml by language.
var chattyWords = sync.OnceValue(func() map[string]map[string]bool {
	var lists map[string]string
	if err := yaml.Unmarshal(chattyYAML, &lists); err != nil {
		panic("chatty.yaml: " + err.Error()) // embedded; a test loads it
	}
	out := map[string]map[string]bool{}
	for language, list := range lists {
		out[language] = map[string]bool{}
		for w := range strings.FieldsSeq(list) {
			out[language][w] = true
		}
	}
	return out
})

// chatty reports whether a word says nothing about the matter.
func chatty(language, word string) bool {
	return chattyWords()[language][strings.ToLower(word)]
}

// thesaurus is a file of groups of words, in one language.
type thesaurus struct {
	groups map[string][]int // by stem
	words  [][]string       // of each group
}

// of is the groups of a stem, and when it has none itself those of the longest
// stem that it ends with: compounds end with their head.
func (th thesaurus) of(stem string) (groups, parts []int) {
	if g := th.groups[stem]; len(g) > 0 {
		return g, nil
	}
	runes := utf8.RuneCountInString(stem)
	for i := range stem {
		if runes < minHead {
			break
		}
		if g := th.groups[stem[i:]]; i > 0 && len(g) > 0 {
			return nil, g
		}
		runes--
	}
	return nil, nil
}

// thesauri are the synonyms by language; they count as partial matches.
var thesauri = sync.OnceValue(func() map[string]thesaurus { return readGroups("synonyms.yaml", synonymsYAML) })

// relations are looser; they widen a search and nothing else.
var relations = sync.OnceValue(func() map[string]thesaurus { return readGroups("related.yaml", relatedYAML) })

func readGroups(name string, data []byte) map[string]thesaurus {
	var groups []map[string]any
	if err := yaml.Unmarshal(data, &groups); err != nil {
		panic(name + ": " + err.Error()) // embedded; a test loads it
	}
	out := map[string]thesaurus{}
	for n, g := range groups {
		for language, list := range g {
			words, ok := list.([]any)
			if !ok {
				continue // the gloss
			}
			t, ok := out[language]
			if !ok {
				t = thesaurus{groups: map[string][]int{}, words: make([][]string, len(groups))}
			}
			for _, w := range words {
				word := fmt.Sprint(w)
				if chatty(language, word) {
					continue // says nothing about the matter, whatever stands beside it
				}
				t.words[n] = append(t.words[n], word)
				for _, tok := range index.Analyze(language, word) {
					if !tok.Stop && !tok.Identifier && tok.End-tok.Start == len(word) && !slices.Contains(t.groups[tok.Term], n) {
						t.groups[tok.Term] = append(t.groups[tok.Term], n)
					}
				}
			}
			out[language] = t
		}
	}
	return out
}

// Expand is the words that stand beside those of text in the thesaurus of its
// language, for a search that should find documents' words by customers'.
func Expand(t Text) string {
	var out []string
	for _, th := range []thesaurus{thesauri()[t.Language], relations()[t.Language]} {
		for _, tok := range t.Tokens {
			if tok.Stop || tok.Identifier || chatty(t.Language, surface(t.Source, tok)) {
				continue
			}
			for _, n := range th.groups[tok.Term] {
				for _, w := range th.words[n] {
					if !slices.Contains(out, w) {
						out = append(out, w)
					}
				}
			}
		}
	}
	return strings.Join(out, " ")
}

// Content is text without the words that say nothing about the matter, or all
// of it when nothing would be left.
func Content(t Text) string {
	var b strings.Builder
	at, left := 0, false
	for _, tok := range t.Tokens {
		if tok.Start < at {
			continue // a part of an identifier
		}
		word := surface(t.Source, tok)
		if tok.Identifier || !chatty(t.Language, word) {
			b.WriteString(word)
			left = left || !tok.Stop
			b.WriteByte(' ')
		}
		at = tok.End
	}
	if !left {
		return t.Source
	}
	return b.String()
}
