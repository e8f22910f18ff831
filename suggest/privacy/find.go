package privacy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// finder looks through one text. Each of its passes reads the text once, and
// looks at a bounded piece beside what it meets.
type finder struct {
	text  string
	opts  *Options
	names *names
	found []Finding

	words  []word
	taught map[string]bool // names learned from this text
}

// word is a run of letters, with apostrophes and hyphens inside.
type word struct {
	from, to int
	capital  bool // begins with a capital letter
	lower    string
}

// find is everything of the kinds wanted in a text, in order and without
// overlaps, and what looks like a placeholder.
func find(text string, opts *Options, names *names) []Finding {
	f := &finder{text: text, opts: opts, names: names}
	for _, m := range placeholders(text) {
		f.add(Finding{Kind: Text, Rule: "placeholder", Start: m.from, End: m.to, Confidence: 1})
	}
	f.internet()
	f.tokens()
	f.numbers()
	f.phones()
	f.words = words(text)
	f.addresses()
	f.people()
	return f.resolve()
}

func (f *finder) add(found Finding) { f.found = append(f.found, found) }

// resolve drops what is not wanted, and of two findings that overlap the one
// of the weaker kind.
func (f *finder) resolve() []Finding {
	order := map[Kind]int{Text: 0}
	for i, k := range Kinds() {
		order[k] = i + 1
	}
	slices.SortStableFunc(f.found, func(a, b Finding) int {
		switch {
		case a.Kind != b.Kind:
			return order[a.Kind] - order[b.Kind]
		case a.Confidence != b.Confidence && a.Confidence > b.Confidence:
			return -1
		case a.Confidence != b.Confidence:
			return 1
		case a.End-a.Start != b.End-b.Start:
			return b.End - b.Start - a.End + a.Start
		}
		return a.Start - b.Start
	})
	taken := make([]bool, len(f.text))
	kept := f.found[:0]
	for _, c := range f.found {
		if c.Kind != Text && len(f.opts.Kinds) > 0 && !slices.Contains(f.opts.Kinds, c.Kind) {
			continue
		}
		if slices.Contains(taken[c.Start:c.End], true) {
			continue
		}
		for i := c.Start; i < c.End; i++ {
			taken[i] = true
		}
		kept = append(kept, c)
	}
	slices.SortFunc(kept, func(a, b Finding) int { return a.Start - b.Start })
	return kept
}

// words splits a text; digits part words.
func words(text string) []word {
	out := make([]word, 0, len(text)/8+1)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) {
			i += size
			continue
		}
		w := word{from: i, capital: unicode.IsUpper(r)}
		for i < len(text) {
			r, size = utf8.DecodeRuneInString(text[i:])
			if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) {
				if r != '\'' && r != '’' && r != '-' && r != '\u2011' {
					break
				}
				next, _ := utf8.DecodeRuneInString(text[i+size:])
				if !unicode.IsLetter(next) {
					break
				}
			}
			i += size
		}
		w.to = i
		w.lower = strings.ToLower(text[w.from:i])
		out = append(out, w)
	}
	return out
}

// before is the rune that ends at i, or 0.
func (f *finder) before(i int) rune {
	if i <= 0 {
		return 0
	}
	r, _ := utf8.DecodeLastRuneInString(f.text[:i])
	return r
}

// after is the rune at i, or 0.
func (f *finder) after(i int) rune {
	if i >= len(f.text) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(f.text[i:])
	return r
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// alone reports whether nothing but the text from i to j stands on its line.
func (f *finder) alone(from, to int) bool {
	left, right := f.text[max(0, from-maxLine):from], f.text[to:min(len(f.text), to+maxLine)]
	left = left[strings.LastIndexByte(left, '\n')+1:]
	if i := strings.IndexByte(right, '\n'); i >= 0 {
		right = right[:i]
	}
	return strings.Trim(left, " \t\r>*-") == "" && strings.Trim(right, " \t\r.") == ""
}

// maxLine bounds how far we look for the ends of a line.
const maxLine = 120

// spaceAt is the width of a space or a space that does not break at i, or 0.
func spaceAt(text string, i int) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == ' ':
		return 1
	case strings.HasPrefix(text[i:], "\u00a0"):
		return 2
	case strings.HasPrefix(text[i:], "\u202f"):
		return 3
	}
	return 0
}
