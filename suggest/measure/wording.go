package measure

import (
	"slices"
	"strings"
	"unicode"
)

// maxWords bounds the words of a text that are compared: ROUGE-L takes time in
// proportion to the product of both lengths.
const maxWords = 4000

// Words are the words of text in lower case as ROUGE counts them: runs of
// letters, their marks and digits, not stemmed. On ASCII these are those of the
// package rouge-score (Google Research) without its stemmer, which knows no
// letters beyond a to z.
func Words(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	})
	return words[:min(len(words), maxWords)]
}

// articles are left out of what [TokenF1] counts: of English as SQuAD's script
// does, of the others their words in the same place, as MLQA's script does for
// German. Finnish has none.
var articles = map[string][]string{
	"en": {"a", "an", "the"},
	"de": {"ein", "eine", "einen", "einem", "eines", "einer", "der", "die", "das", "den", "dem", "des"},
	"nb": {"en", "ei", "et", "den", "det", "de"},
	"sv": {"en", "ett", "den", "det", "de"},
	"da": {"en", "et", "den", "det", "de"},
}

// squadWords are the words of text as SQuAD's evaluation script takes them: in
// lower case, punctuation taken out without a gap ("38,900" is 38900), parted at
// white space, without articles.
func squadWords(language, text string) []string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPunct(r) || strings.ContainsRune("$+<=>^`|~", r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
	words := slices.DeleteFunc(strings.Fields(text), func(w string) bool { return slices.Contains(articles[language], w) })
	return words[:min(len(words), maxWords)]
}

// Match is how much a text and a reference have in common, each 0 to 1.
type Match struct{ Precision, Recall, F float64 }

func matched(common, said, wanted int) Match {
	if common == 0 {
		return Match{}
	}
	p, r := float64(common)/float64(said), float64(common)/float64(wanted)
	return Match{p, r, 2 * p * r / (p + r)}
}

// ROUGEL is ROUGE-L (Lin, Text Summarization Branches Out, 2004, section 3): the
// longest common subsequence of words as a share of the text (precision) and
// of the reference (recall), F with beta 1. Words are those of [Words]. Of
// several references that with the best F counts. Without words on either side
// it is 0.
func ROUGEL(text string, references ...string) Match {
	said := Words(text)
	return best(references, func(ref string) Match {
		wanted := Words(ref)
		return matched(subsequence(said, wanted), len(said), len(wanted))
	})
}

// TokenF1 is the overlap of words without regard to their order, each counted
// as often as both have it (Rajpurkar et al., SQuAD, EMNLP 2016, section 6.1). As
// SQuAD's script has it, a text and a reference that both have no words match,
// and of several references that with the best F counts. Language decides which
// articles do not count; "" counts all words.
func TokenF1(language, text string, references ...string) Match {
	said := squadWords(language, text)
	return best(references, func(ref string) Match {
		wanted := squadWords(language, ref)
		if len(said) == 0 && len(wanted) == 0 {
			return Match{1, 1, 1}
		}
		left := map[string]int{}
		for _, w := range wanted {
			left[w]++
		}
		common := 0
		for _, w := range said {
			if left[w] > 0 {
				left[w]--
				common++
			}
		}
		return matched(common, len(said), len(wanted))
	})
}

func best(references []string, of func(string) Match) (m Match) {
	for _, ref := range references {
		if x := of(ref); x.F > m.F {
			m = x
		}
	}
	return m
}

// subsequence is the length of the longest common subsequence.
func subsequence(a, b []string) int {
	if len(a) < len(b) {
		a, b = b, a
	}
	row := make([]int, len(b)+1)
	for _, w := range a {
		diagonal := 0
		for j, v := range b {
			above := row[j+1]
			if w == v {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// Grader says how probable it is that a response to a question says something
// that its context does not support, 0 to 1.
type Grader interface {
	Score(question string, context []string, response string) float64
}

// Overlap is the simplest grader, to compare others with: the share of the
// response's different words of more than three letters, or with digits, that
// neither the context nor the question has. It is blind to order, negation and
// meaning. A response without such words scores 0.
type Overlap struct{}

// Score implements [Grader].
func (Overlap) Score(question string, context []string, response string) float64 {
	known := map[string]bool{}
	for _, text := range append([]string{question}, context...) {
		for _, w := range Words(text) {
			known[w] = true
		}
	}
	seen := map[string]bool{}
	novel := 0
	for _, w := range Words(response) {
		if seen[w] || len([]rune(w)) <= 3 && !strings.ContainsFunc(w, unicode.IsDigit) {
			continue
		}
		seen[w] = true
		novel += b2i(!known[w])
	}
	return rate(novel, len(seen))
}
