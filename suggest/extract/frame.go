package extract

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/guard"
)

// maxEcho is how much of a question is repeated when it stays open, in runes.
const maxEcho = 90

// Frame implements [suggest.Framer].
func (w *Writer) Frame(b suggest.Brief, answers []suggest.Answer, answered []bool) []suggest.Sentence {
	words := b.Profile.Guidelines.Or(suggest.Guidelines{Signature: b.Profile.Signatures}).Words(b.Language, b.Profile.Name)
	var out []suggest.Sentence
	add := func(kind suggest.SentenceKind, ask int, sep, text string) {
		out = append(out, suggest.Sentence{Text: text, Kind: kind, Ask: ask, Break: sep})
	}
	if b.Customer != "" {
		add(suggest.Frame, -1, "", strings.ReplaceAll(words["greeting_name"], "{name}", b.Customer))
	} else {
		add(suggest.Frame, -1, "", words["greeting"])
	}
	if b.Upset {
		add(suggest.Frame, -1, "\n\n", words["sorry"])
	} else {
		add(suggest.Frame, -1, "\n\n", words["thanks"])
	}
	said := map[string]bool{}
	for i, a := range answers {
		if !answered[i] {
			continue
		}
		sep := "\n\n"
		for j, q := range a.Sentences {
			key := normal(q.Text)
			if said[key] {
				continue // two questions, one answer
			}
			said[key] = true
			if q.Foreign && (j == 0 || !a.Sentences[j-1].Foreign) {
				add(suggest.Frame, i, sep, fmt.Sprintf(words["foreign"], suggest.PhrasesIn(b.Language).Languages[q.Language]))
				sep = "\n"
			}
			s := suggest.Sentence{Text: q.Text, Kind: suggest.Fact, Ask: i, Break: sep}
			if sep == "" && q.Break != "" {
				s.Break = q.Break
			}
			s.Citations = []suggest.Citation{{Passage: q.Passage, Start: q.Start, End: q.End}}
			out = append(out, s)
			sep = ""
		}
	}
	plain := false
	for i := range answers {
		if answered[i] {
			continue
		}
		// Words that could steer a reader are not repeated in our name.
		switch text := b.Asks[i].Question.Text; {
		case guard.Quotable(b.Language, b.Said, text):
			add(suggest.Open, i, "\n\n", fmt.Sprintf(words["open"], echo(text)))
		case !plain:
			plain = true
			add(suggest.Open, i, "\n\n", words["open_plain"])
		}
	}
	if words["must_say"] != "" {
		add(suggest.Closes, -1, "\n\n", words["must_say"])
	}
	add(suggest.Closes, -1, "\n\n", words["closing"])
	add(suggest.Closes, -1, "\n\n", words["signature"])
	return out
}

func normal(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// echo is a question in one short line.
func echo(s string) string {
	s = strings.TrimRightFunc(oneLine(s), func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
	if utf8.RuneCountInString(s) <= maxEcho {
		return s
	}
	r := []rune(s)[:maxEcho]
	cut := strings.LastIndexByte(string(r), ' ')
	if cut < 0 {
		cut = len(string(r))
	}
	return string(r)[:cut] + " …"
}
