package ground

import (
	_ "embed"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/suggest/message"
)

// Passage is a text that examples are made from; Document tells which belong
// together.
type Passage struct{ Document, Language, Text string }

// Corrupt makes labelled responses from passages: drafts that quote one to
// four sentences of a passage, or what is left when some words are cut, and
// the same with one thing spoilt: a statement swapped, a negation put in or
// taken out, a name of another passage, a sentence of another document, words
// that join what stands apart. Both kinds look alike but for what was spoilt.
func Corrupt(passages []Passage, seed uint64) Set {
	pick := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // examples, no secrets
	out := Set{Name: "planted", Made: true}
	byLanguage := map[string][]Passage{}
	for _, p := range passages {
		byLanguage[p.Language] = append(byLanguage[p.Language], p)
	}
	for n, p := range passages {
		all := sentencesOf(p)
		if len(all) < 2 {
			continue
		}
		others := byLanguage[p.Language]
		for round := range 2 {
			size := min(1+pick.IntN(4), len(all))
			from := pick.IntN(len(all) - size + 1)
			quote := slices.Clone(all[from : from+size])
			if pick.IntN(3) == 0 && size > 1 {
				pick.Shuffle(size, func(i, j int) { quote[i], quote[j] = quote[j], quote[i] })
			}
			for i := range quote {
				if pick.IntN(3) == 0 {
					quote[i] = shortened(quote[i], pick)
				}
			}
			context := Texts{p.Text}
			for range pick.IntN(4) {
				context = append(context, others[pick.IntN(len(others))].Text)
			}
			pick.Shuffle(len(context), func(i, j int) { context[i], context[j] = context[j], context[i] })
			add := func(sentences []string, label int) {
				text := strings.Join(sentences, " ")
				id, _ := json.Marshal("planted-" + strconv.Itoa(n) + "-" + strconv.Itoa(round) + "-" + strconv.Itoa(label))
				out.Rows = append(out.Rows, Row{ID: id, Context: context, Response: &text, Label: &label, Language: p.Language, group: p.Document})
			}
			add(quote, 0)
			if spoilt := spoil(p, quote, others, pick); spoilt != nil {
				add(spoilt, 1)
			}
		}
	}
	return out
}

func sentencesOf(p Passage) []string {
	var out []string
	for _, s := range message.Sentences(p.Language, p.Text) {
		t := strings.Join(strings.Fields(p.Text[s.Start:s.End]), " ")
		if n := len(strings.Fields(t)); n >= 4 && n <= 60 {
			out = append(out, t)
		}
	}
	return out
}

// shortened is a sentence without one or two of its inner words.
func shortened(s string, pick *rand.Rand) string {
	w := strings.Fields(s)
	for range 1 + pick.IntN(2) {
		if len(w) > 6 {
			i := 1 + pick.IntN(len(w)-2)
			if strings.ContainsAny(w[i], "0123456789") {
				continue
			}
			w = slices.Delete(w, i, i+1)
		}
	}
	return strings.Join(w, " ")
}

// spoil is quote with one thing wrong, or nil when nothing could be done.
func spoil(p Passage, quote []string, others []Passage, pick *rand.Rand) []string {
	at := pick.IntN(len(quote))
	out := slices.Clone(quote)
	foreign := func() string {
		for range 8 {
			o := others[pick.IntN(len(others))]
			if o.Document == p.Document {
				continue
			}
			if s := sentencesOf(o); len(s) > 0 {
				t := s[pick.IntN(len(s))]
				if !strings.Contains(p.Text, t) {
					return t
				}
			}
		}
		return ""
	}
	switch pick.IntN(6) {
	case 0, 1:
		if s := Swaps(p.Language, quote[at], pick); len(s) > 0 {
			out[at] = s[pick.IntN(len(s))].Text
			return out
		}
	case 2:
		if s := negate(p.Language, quote[at]); s != "" {
			out[at] = s
			return out
		}
	case 3:
		if f := foreign(); f != "" {
			// The end of another sentence.
			a, b := strings.Fields(quote[at]), strings.Fields(f)
			out[at] = strings.Join(slices.Concat(a[:len(a)/2], b[len(b)/2:]), " ")
			return out
		}
	case 4:
		if f := foreign(); f != "" {
			if s := renamed(quote[at], f, pick); s != "" {
				out[at] = s
				return out
			}
		}
	}
	if f := foreign(); f != "" {
		if len(out) > 1 && pick.IntN(2) == 0 {
			out[at] = f
			return out
		}
		return slices.Insert(out, at, f)
	}
	return nil
}

// renamed is s with its longest words replaced by those of another sentence.
func renamed(s, other string, pick *rand.Rand) string {
	a, b := strings.Fields(s), strings.Fields(other)
	var from []string
	for _, w := range b {
		if utf8.RuneCountInString(w) > 6 && !strings.ContainsAny(w, ".,:;()") {
			from = append(from, w)
		}
	}
	var to []int
	for i, w := range a {
		if utf8.RuneCountInString(w) > 6 && !strings.ContainsAny(w, ".,:;()") {
			to = append(to, i)
		}
	}
	if len(from) == 0 || len(to) == 0 {
		return ""
	}
	for range 1 + pick.IntN(2) {
		a[to[pick.IntN(len(to))]] = from[pick.IntN(len(from))]
	}
	return strings.Join(a, " ")
}

var auxiliaries = map[string]string{
	"nb": "er har kan skal må vil bør får blir", "sv": "är har kan ska måste vill bör får blir", "da": "er har kan skal må vil bør får bliver",
	"fi": "", "de": "ist sind hat haben kann können muss müssen soll sollte wird werden darf", "en": "is are was has have can should must will may would",
}

var notWords = map[string]string{"nb": "ikke", "sv": "inte", "da": "ikke", "fi": "ei", "de": "nicht", "en": "not"}

// negate puts a negation into a sentence or takes one out, or is "".
func negate(language, s string) string {
	w := strings.Fields(s)
	not := notWords[language]
	for i, x := range w {
		if strings.TrimFunc(strings.ToLower(x), func(r rune) bool { return !unicode.IsLetter(r) }) == not && i > 0 {
			return strings.Join(slices.Delete(w, i, i+1), " ")
		}
	}
	for i, x := range w {
		for aux := range strings.FieldsSeq(auxiliaries[language]) {
			if x == aux && i+1 < len(w) {
				return strings.Join(slices.Insert(w, i+1, not), " ")
			}
		}
	}
	return ""
}

//go:embed phrases.txt
var phrasesText string

// phrases are sentences of a language that no passage supports: with label 0
// those that need no support.
func phrases() map[string][2][]string {
	out := map[string][2][]string{}
	for line := range strings.Lines(phrasesText) {
		head, rest, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		language, label, _ := strings.Cut(head, " ")
		lists := out[language]
		for s := range strings.SplitSeq(rest, " | ") {
			n := 0
			if label == "1" {
				n = 1
			}
			lists[n] = append(lists[n], strings.TrimSpace(s))
		}
		out[language] = lists
	}
	return out
}

const phrasesName = "phrases"

// Phrases makes labelled responses of sentences that no passage supports, by
// themselves and around a quotation.
func Phrases(passages []Passage, seed uint64) Set {
	pick := rand.New(rand.NewPCG(seed, 11)) //nolint:gosec // examples, no secrets
	out := Set{Name: phrasesName, Made: true}
	all := phrases()
	for n, p := range passages {
		lists := all[p.Language]
		sentences := sentencesOf(p)
		if len(sentences) < 2 || len(lists[0]) == 0 {
			continue
		}
		for label := range 2 {
			s := lists[label][pick.IntN(len(lists[label]))]
			text := []string{s}
			switch pick.IntN(4) {
			case 0:
				text = []string{s, sentences[pick.IntN(len(sentences))]}
			case 1:
				text = []string{sentences[pick.IntN(len(sentences))], s}
			case 2:
				text = []string{lists[0][pick.IntN(len(lists[0]))], s}
			}
			joined := strings.Join(text, " ")
			id, _ := json.Marshal("phrases-" + strconv.Itoa(n) + "-" + strconv.Itoa(label))
			out.Rows = append(out.Rows, Row{ID: id, Context: Texts{p.Text}, Response: &joined, Label: &label, Language: p.Language, group: s})
		}
	}
	return out
}

// Spoil makes labelled responses of a set's supported ones: each as it is, and
// with one thing wrong.
func Spoil(s Set, seed uint64) Set {
	pick := rand.New(rand.NewPCG(seed, 13)) //nolint:gosec // examples, no secrets
	out := Set{Name: s.Name + "+spoilt", Made: true}
	var others []Passage
	for i, r := range s.Rows {
		others = append(others, Passage{Document: strconv.Itoa(i), Language: LanguageOf(r), Text: *r.Response})
	}
	for i, r := range s.Rows {
		if *r.Label != 0 {
			continue
		}
		out.Rows = append(out.Rows, r)
		p := Passage{Document: strconv.Itoa(i), Language: others[i].Language, Text: strings.Join(r.Context, "\n")}
		own := sentencesOf(others[i])
		if len(own) == 0 {
			continue
		}
		if bad := spoil(p, own, others, pick); bad != nil {
			text, one := strings.Join(bad, " "), 1
			r.Response, r.Label = &text, &one
			out.Rows = append(out.Rows, r)
		}
	}
	return out
}
