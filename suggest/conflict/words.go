package conflict

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
)

//go:embed fillers.yaml
var fillersYAML []byte

// fillersOf are a language's fillers, as written and as stems.
func fillersOf(language string) map[string]bool { return fillerSets()[language] }

var fillerSets = sync.OnceValue(func() map[string]map[string]bool {
	var lists map[string]string
	if err := yaml.Unmarshal(fillersYAML, &lists); err != nil {
		panic("fillers.yaml: " + err.Error()) // embedded; a test loads it
	}
	out := map[string]map[string]bool{}
	for language, list := range lists {
		set := map[string]bool{}
		for w := range strings.FieldsSeq(list) {
			set[w] = true
		}
		for _, t := range index.Analyze(language, list) {
			set[t.Term] = true
		}
		out[language] = set
	}
	return out
})

// all are words after which a noun limits nothing: "on all machines".
const all = " alle samtlige samtliga alla all any every each kaikki kaikilla kaikille kaikissa kaikkien jokaisen jokaisella allen sämtliche sämtlichen jede jeder jedes jedem vår våre vårt våra vores our unsere unseren unser "

// universal reports whether noun stands behind such a word in text.
func universal(text, noun string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	noun = strings.ToLower(noun)
	for i, w := range words {
		if w == noun && i > 0 && strings.Contains(all, " "+words[i-1]+" ") {
			return true
		}
	}
	return false
}

// manner is how a value is meant: values of two manners are no conflict.
type manner struct {
	bound  string // least, most
	rate   string // what it is per
	more   bool   // further, extra, from the second on
	past   bool   // what was
	first  bool   // the first time
	before string // before, after
	tax    string // with, without
}

func (m manner) same(o manner) bool {
	if m.past || o.past {
		return false
	}
	if m.tax != "" && o.tax != "" && m.tax != o.tax {
		return false
	}
	m.tax, o.tax = "", ""
	return m == o
}

// The words that say so, in the six languages.
const (
	least  = " minst minimum minimal mindestens vähintään minimi mindst least over yli över mer mere more über mehr min fra från ab from alkaen größer större større suurempi "
	most   = " inntil opptil opp upp op up bis maks maksimalt max maximum maximal maximalt høyst höchstens enintään maksimi maksimissaan högst højst most under alle below less unter weniger mindre korkeintaan hintil indtil "
	rates  = " per pr pro je par hver hvert varje jede jeden jedes every each "
	extra  = " ekstra tillegg utover ytterligere extra tillägg utöver ytterligare tillæg yderligere lisä lisämaksu ylimääräinen zusätzlich zuzüglich weitere aufpreis additional further surcharge plus deretter därefter derefter sitten danach thereafter then forlenges forlengelse forlenget förlängas förlängning förlängd forlængelse forlænges pidennys pidentää pidennetty verlängern verlängerung verlängerte extended extension extend "
	past   = " tidligere forrige tidigare förra aiemmin entinen früher bisher vorher previously formerly earlier former was were used var oli war "
	first  = " første først första först ensimmäinen ensimmäisen ensimmäisellä erste ersten erster erstmals first initial "
	before = " før før inden före innan ennen vor bevor before "
	after  = " etter efter jälkeen nach after asennuksen "
	with   = " inkl inklusive inkludert inkluderet inklusive sis sisältää sisältäen inklusiv einschließlich including incl inc with "
	none   = " ekskl eksklusive eks uten exkl exklusive utan uden ilman veroton exklusiv ausschließlich ohne zzgl excluding excl ex without plus "
	tax    = " mva moms merverdiavgift avgift alv arvonlisävero arvonlisäveroa mwst mehrwertsteuer ust steuer vat tax "
)

// near is how many words before and after a value tell its manner.
const (
	nearBefore = 4
	nearAfter  = 4
)

// mannerOf reads the words around a value.
func mannerOf(text string, a message.Anchor) (m manner) {
	start, end := min(a.Start, len(text)), min(a.End, len(text))
	words := wordsOf(text[:start])
	for i := max(0, len(words)-nearBefore); i < len(words); i++ {
		w := " " + words[i] + " "
		if i >= len(words)-2 {
			switch {
			case strings.Contains(least, w):
				m.bound = "least"
			case strings.Contains(most, w):
				m.bound = "most"
			}
		}
		if strings.Contains(rates, w) && i >= len(words)-2 {
			m.rate = "each"
		}
	}
	following := wordsOf(text[end:])
	for i := 0; i < min(nearAfter, len(following)); i++ {
		w := " " + following[i] + " "
		if i < 2 && strings.Contains(rates, w) && i+1 < len(following) && m.rate == "" {
			m.rate = stemOf(following[i+1])
		}
		if i == 0 && strings.Contains(" maks max alkaen minimum maximum ", w) {
			m.bound = map[bool]string{true: "least", false: "most"}[following[i] == "alkaen" || following[i] == "minimum"]
		}
	}
	if rest := strings.TrimLeft(text[end:], " \u00a0"); strings.HasPrefix(rest, "/") {
		if w := wordsOf(rest); len(w) > 0 {
			m.rate = stemOf(w[0])
		}
	}
	every := append(words, following...)
	for i, w := range every {
		p := " " + w + " "
		m.more = m.more || strings.Contains(extra, p)
		m.past = m.past || strings.Contains(past, p)
		m.first = m.first || strings.Contains(first, p)
		switch {
		case strings.Contains(before, p):
			m.before += "<"
		case strings.Contains(after, p):
			m.before += ">"
		}
		if i+1 < len(every) && (strings.Contains(tax, " "+every[i+1]+" ") || i+2 < len(every) && strings.Contains(tax, " "+every[i+2]+" ")) {
			switch {
			case strings.Contains(with, p):
				m.tax = "with"
			case strings.Contains(none, p):
				m.tax = "without"
			}
		}
	}
	return m
}

// with adds what a column's name says.
func (m manner) with(header string) manner {
	if header == "" {
		return m
	}
	o := mannerOf(header, message.Anchor{Start: len(header), End: len(header)})
	if o.tax != "" {
		m.tax = o.tax
	}
	m.more, m.past, m.first = m.more || o.more, m.past || o.past, m.first || o.first
	m.before += o.before
	if m.bound == "" {
		m.bound = o.bound
	}
	return m
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// stemOf is the first letters of what a value is per: Stunde, Stunden.
func stemOf(w string) string {
	r := []rune(w)
	return string(r[:min(3, len(r))])
}

// negations are words that turn a sentence round.
var negations = map[string]string{
	"nb": " ikke ingen intet aldri ikkje ",
	"da": " ikke ingen intet aldrig ej ",
	"sv": " inte ingen inga inget aldrig ej icke ",
	"fi": " ei eivät en emme ette et älä älkää eikä ",
	"de": " nicht kein keine keinen keinem keiner nie niemals ",
	"en": " not no never cannot can't don't doesn't isn't aren't won't neither nor ",
}

// denies reports whether a sentence says that something is not so.
func denies(language, text string) bool {
	list, ok := negations[language]
	if !ok {
		return false
	}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
		if strings.Contains(list, " "+strings.ReplaceAll(w, "’", "'")+" ") {
			return true
		}
	}
	return false
}
