package ground

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/suggest/message"
)

// Planted is a sentence in which one thing was changed.
type Planted struct {
	Text   string
	Kind   string // what was done: digit, transposed, decimal, month, currency, letter, domain, unit, reformatted …
	Before string
	After  string
}

// Swaps are all ways in which one exact statement of a sentence is swapped for
// a near one, one change each: digits changed, turned and moved, another
// month, currency, letter, domain or unit. Pick decides among equals.
func Swaps(language, sentence string, pick *rand.Rand) []Planted {
	var out []Planted
	for _, f := range facts(language, sentence) {
		if f.value == "" || f.word || f.kind == interval {
			continue
		}
		add := func(kind, after string) {
			if after == f.text || after == "" {
				return
			}
			text := sentence[:f.start] + after + sentence[f.end:]
			if states(language, text, f) {
				return // another spelling of the same, or said twice
			}
			out = append(out, Planted{Text: text, Kind: kind, Before: f.text, After: after})
		}
		switch f.kind {
		case link, email:
			add("domain", otherDomain(f.text))
		case date:
			add("month", otherMonth(language, f.text))
			add("digit", otherDigit(f.text, pick))
		case code:
			add("letter", otherLetter(f.text, pick))
			add("digit", otherDigit(f.text, pick))
			add("transposed", turned(f.text, pick))
		case money:
			add("digit", otherDigit(f.text, pick))
			add("transposed", turned(f.text, pick))
			add("decimal", moved(f.text))
			add("currency", otherCurrency(f))
		case unit:
			add("digit", otherDigit(f.text, pick))
			add("transposed", turned(f.text, pick))
			add("decimal", moved(f.text))
		default:
			add("digit", otherDigit(f.text, pick))
			add("transposed", turned(f.text, pick))
			if f.kind == number || f.kind == percent {
				add("decimal", moved(f.text))
			}
		}
	}
	return out
}

// states reports whether text still states f somewhere.
func states(language, text string, f fact) bool {
	return slices.ContainsFunc(facts(language, text), func(h fact) bool { return h.value != "" && same(f, h) })
}

func digitsAt(s string) []int {
	var at []int
	for i := range len(s) {
		if digit(s[i]) {
			at = append(at, i)
		}
	}
	return at
}

func otherDigit(s string, pick *rand.Rand) string {
	at := digitsAt(s)
	if len(at) == 0 {
		return ""
	}
	i := at[pick.IntN(len(at))]
	d := "0123456789"[(int(s[i]-'0')+1+pick.IntN(8))%10]
	if i == at[0] && d == '0' {
		d = '5'
	}
	return s[:i] + string(d) + s[i+1:]
}

func turned(s string, pick *rand.Rand) string {
	var at [][2]int
	ds := digitsAt(s)
	for k := 1; k < len(ds); k++ {
		if s[ds[k]] != s[ds[k-1]] && (k > 1 || s[ds[k]] != '0') {
			at = append(at, [2]int{ds[k-1], ds[k]})
		}
	}
	if len(at) == 0 {
		return ""
	}
	p := at[pick.IntN(len(at))]
	b := []byte(s)
	b[p[0]], b[p[1]] = b[p[1]], b[p[0]]
	return string(b)
}

// moved is a number whose decimal point stands elsewhere: 12,50 becomes 1,25
// and 300 becomes 30 or 3000.
func moved(s string) string {
	ds := digitsAt(s)
	if len(ds) == 0 {
		return ""
	}
	for i := 1; i+1 < len(s); i++ {
		if (s[i] == ',' || s[i] == '.') && digit(s[i-1]) && len(digitsAt(s[i:])) < 3 && digit(s[i+1]) {
			return s[:i-1] + s[i:i+1] + s[i-1:i] + s[i+1:i+2]
		}
	}
	last := ds[len(ds)-1] + 1
	if len(ds) > 1 && s[last-1] == '0' && digit(s[last-2]) {
		return s[:last-1] + s[last:]
	}
	return s[:last] + "0" + s[last:]
}

var monthNames = map[string][]string{
	"nb": {"januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"},
	"sv": {"januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"},
	"da": {"januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"},
	"fi": {"tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesäkuuta", "heinäkuuta", "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta"},
	"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

func otherMonth(language, s string) string {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) {
			i += size
			continue
		}
		end := lettersEnd(s, i)
		if m := message.Month(s[i:end]); m > 0 && monthNames[language] != nil {
			return s[:i] + monthNames[language][m%12] + s[end:]
		}
		i = end
	}
	return ""
}

func otherLetter(s string, pick *rand.Rand) string {
	var at []int
	for i := range len(s) {
		if upper(s[i]) {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return ""
	}
	i := at[pick.IntN(len(at))]
	return s[:i] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(int(s[i]-'A')+1+pick.IntN(24))%26]) + s[i+1:]
}

func otherCurrency(f fact) string {
	for _, c := range [][2]string{
		{"kroner", "euro"},
		{"kronor", "euro"},
		{"kruunua", "euroa"},
		{"Kronen", "Euro"},
		{"euroa", "dollaria"},
		{"euros", "dollars"},
		{"euro", "dollar"},
		{"Euro", "Dollar"},
		{"dollars", "euros"},
		{"dollar", "euro"},
		{"Dollar", "Euro"},
		{"NOK", "SEK"},
		{"SEK", "DKK"},
		{"DKK", "NOK"},
		{"EUR", "USD"},
		{"USD", "EUR"},
		{"kr", "EUR"},
		{"€", "$"},
		{"$", "€"},
		{"£", "€"},
	} {
		if i := strings.Index(f.text, c[0]); i >= 0 {
			after := strings.TrimLeft(f.text[i+len(c[0]):], ".")
			return f.text[:i] + c[1] + after
		}
	}
	return ""
}

func otherDomain(s string) string {
	from := 0
	if i := strings.Index(s, "://"); i >= 0 {
		from = i + 3
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		from = i + 1
	}
	i := strings.IndexByte(s[from:], '.')
	if i < 2 {
		return ""
	}
	at := from + i - 1
	c := byte('x')
	if s[at] == 'x' {
		c = 'z'
	}
	return s[:at] + string(c) + s[at+1:]
}

// Respelled are the ways in which an exact statement of a sentence is written
// otherwise without saying anything else: a price with other separators, a
// date in another form, a number in words.
func Respelled(language, sentence string) []Planted {
	var out []Planted
	for _, f := range facts(language, sentence) {
		add := func(after string) {
			if after != "" && after != f.text {
				out = append(out, Planted{Text: sentence[:f.start] + after + sentence[f.end:], Kind: "respelled", Before: f.text, After: after})
			}
		}
		if f.value == "" {
			continue
		}
		switch f.kind {
		case money:
			if f.word {
				continue
			}
			for _, n := range grouped(f.value) {
				switch {
				case f.of == "EUR":
					add(n + " €")
					add("EUR " + n)
				case f.country != "":
					add(f.country + " " + n)
					add(n + " " + f.country)
				case f.of == "kr":
					add("kr " + n)
					add(n + " kr")
				}
			}
		case percent:
			if f.word && f.text[0] != '%' {
				add(f.value + " %")
				continue
			}
			add(f.value + "%")
			add(strings.ReplaceAll(f.value, ".", ",") + " %")
		case date:
			if len(f.value) == 10 {
				year, _ := strconv.Atoi(f.value[:4])
				m, _ := strconv.Atoi(f.value[5:7])
				d, _ := strconv.Atoi(f.value[8:])
				add(f.value)
				add(fmt.Sprintf("%02d.%02d.%d", d, m, year))
				if names := monthNames[language]; names != nil {
					if language == "en" || language == "sv" {
						add(fmt.Sprintf("%d %s %d", d, names[m-1], year))
					} else {
						add(fmt.Sprintf("%d. %s %d", d, names[m-1], year))
					}
				}
			}
		case number, unit:
			if f.word {
				after := f.value
				if f.kind == unit {
					_, u, _ := strings.Cut(f.text, " ")
					after += " " + u
				}
				if language == "en" {
					add(after)
				} else {
					add(strings.Replace(after, ".", ",", 1))
				}
				continue
			}
			for w, v := range numerals()[language] {
				if v == f.value && !strings.Contains(v, ".") && f.text[:numberEnd(f)] == f.value && numberEnd(f) == digitsEnd(f) && nominative(language, w) && (f.kind == number || f.text[digitsEnd(f)] == ' ') {
					add(w + f.text[digitsEnd(f):])
				}
			}
			if f.kind == unit && len(f.value) > 3 && !strings.Contains(f.value, ".") {
				for _, n := range grouped(f.value) {
					add(n + f.text[numberEnd(f):])
				}
			}
		case code:
			if strings.Contains(f.text, "-") && unicode.IsLetter(rune(f.text[0])) {
				add(strings.ReplaceAll(f.text, "-", ""))
			}
		case phone:
			add(strings.NewReplacer(" ", "\u00a0").Replace(f.text))
		case iban:
			add(strings.ReplaceAll(f.text, " ", ""))
		}
	}
	slices.SortFunc(out, func(a, b Planted) int { return strings.Compare(a.Text, b.Text) })
	return out
}

// nominative leaves out the cases that Finnish numbers have beside the first.
func nominative(language, w string) bool {
	if language != "fi" {
		return true
	}
	switch w {
	case "kaksi", "kolme", "neljä", "viisi", "kuusi", "seitsemän", "kahdeksan", "yhdeksän", "kymmenen":
		return true
	}
	return false
}

// digitsEnd is where the digits end that a fact's text begins with.
func digitsEnd(f fact) int {
	n := 0
	for n < len(f.text) && digit(f.text[n]) {
		n++
	}
	return n
}

// numberEnd is where the number ends that a fact's text begins with, with its
// separators.
func numberEnd(f fact) int {
	end := 0
	for i, r := range f.text {
		if r >= '0' && r <= '9' {
			end = i + 1
		} else if !strings.ContainsRune(" .,'\u00a0\u202f’", r) {
			break
		}
	}
	return end
}

// grouped are the ways to write a number.
func grouped(value string) []string {
	whole, decimals, _ := strings.Cut(value, ".")
	if strings.HasPrefix(value, "-") {
		return nil
	}
	for decimals != "" && len(decimals) < 2 {
		decimals += "0"
	}
	var out []string
	for _, s := range [][2]string{{" ", ","}, {".", ","}, {",", "."}, {"\u00a0", ","}, {"", ","}} {
		if len(whole) > 3 && s[0] == "" && decimals == "" {
			out = append(out, whole)
			continue
		}
		var b strings.Builder
		for i, c := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteString(s[0])
			}
			b.WriteRune(c)
		}
		d := decimals
		if d == "" && len(whole) <= 3 || d == "" && s[0] == "," {
			out = append(out, b.String())
			continue
		}
		if d == "" {
			d = "00"
		}
		out = append(out, b.String()+s[1]+d)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// PlantResult is how the hard rules fared on one kind of change in one
// language: Found of N were objected to.
type PlantResult struct {
	Language, Kind string
	N, Found       int
	Wrong          []string // some that were missed, or were false alarms
}

// The kinds of sentences in which nothing was swapped.
const (
	untouched = "(as it is)"
	respelled = "(respelled)"
	doubted   = "(as it is, by score)"
	foreign   = "of another document, by score"
)

// Plant measures the hard rules, see `sufflor check plant`. Swaps count as
// found when the sentence is objected to for a broken rule; so do false alarms.
func (c *Checker) Plant(passages []Passage, seed uint64) []PlantResult {
	pick := rand.New(rand.NewPCG(seed, 17)) //nolint:gosec // examples, no secrets
	type key struct{ language, kind string }
	got := map[key]*PlantResult{}
	note := func(p Passage, kind, text, what string, alarm bool) {
		for _, language := range []string{p.Language, "all"} {
			k := key{language, kind}
			if got[k] == nil {
				got[k] = &PlantResult{Language: language, Kind: kind}
			}
			r := got[k]
			r.N++
			if alarm {
				r.Found++
			}
			if alarm == strings.HasPrefix(kind, "(") && len(r.Wrong) < 12 && language != "all" {
				r.Wrong = append(r.Wrong, what+" in "+strconv.Quote(text))
			}
		}
	}
	byLanguage := map[string][]Passage{}
	for _, p := range passages {
		byLanguage[p.Language] = append(byLanguage[p.Language], p)
	}
	for _, p := range passages {
		sources := []Source{{Language: p.Language, Text: p.Text}}
		sentences := sentencesOf(p)
		others := byLanguage[p.Language]
		for _, s := range sentences {
			v := c.Support(p.Language, "", s, []int{0}, sources)
			note(p, doubted, s, "score", !Hard(v.Reason) && v.Score >= Doubtful)
			if o := others[pick.IntN(len(others))]; o.Document != p.Document {
				if f := sentencesOf(o); len(f) > 0 && !strings.Contains(p.Text, f[0]) {
					v := c.Support(p.Language, "", f[0], []int{0}, sources)
					note(p, foreign, f[0], "score", v.Score >= Doubtful)
				}
			}
			swaps := Swaps(p.Language, s, pick)
			if len(swaps) == 0 {
				continue
			}
			broken := func(text string) (string, bool) {
				v := c.Support(p.Language, "", text, []int{0}, sources)
				return v.Reason + " " + v.Detail, Hard(v.Reason)
			}
			why, alarm := broken(s)
			note(p, untouched, s, why, alarm)
			for _, w := range swaps {
				_, alarm := broken(w.Text)
				note(p, w.Kind, w.Text, w.Before+" → "+w.After, alarm)
				note(p, "every swap", w.Text, w.Before+" → "+w.After, alarm)
			}
			for _, w := range Respelled(p.Language, s) {
				why, alarm := broken(w.Text)
				note(p, respelled, w.Text, w.Before+" → "+w.After+" "+why, alarm)
			}
		}
	}
	var out []PlantResult
	for _, r := range got {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b PlantResult) int {
		return cmp.Or(strings.Compare(a.Language, b.Language), strings.Compare(a.Kind, b.Kind))
	})
	return out
}
