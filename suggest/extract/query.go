package extract

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// contextWeight is what a word of the surrounding statements counts beside a
// word of the question; identifiers there count in full: "We have an XY-2000" says of what.
const contextWeight = 0.35

// bridgeWeight is what a code counts that was not asked for but found on the way.
const bridgeWeight = 0.3

// query is a question made ready to be compared with passages.
type query struct {
	ask       suggest.BriefAsk
	language  string
	focus     overlap.Text
	own, all  overlap.Query   // the question's words; with those of its context
	codes     map[string]bool // asked for
	known     map[string]bool // in the question's context, or found on the way
	wantsMore bool            // asks for a list of things
	often     bool            // asks for an interval
	mass      bool            // asks how much of something, which a bare number does not say
	other     map[string]*query
}

func newQuery(language string, ask suggest.BriefAsk) query {
	q := analyse(language, ask)
	q.other = map[string]*query{}
	return q
}

func analyse(language string, ask suggest.BriefAsk) query {
	q := query{ask: ask, language: language, wantsMore: ask.Question.Kind == message.Which}
	q.mass = mass().MatchString(ask.Question.Text)
	q.often = ask.Question.Kind == message.HowMuch && often().MatchString(ask.Question.Text)
	q.focus = overlap.Analyze(language, ask.Question.Text)
	q.own = overlap.Weigh(q.focus, ask.IDF, ask.Unknown)
	// What kind of answer is wanted is judged by its type, not by its words:
	// a price list never says "cost".
	cues := cueStems(language, string(ask.Question.Kind))
	damp := func(o overlap.Query) (damped overlap.Query, left int) {
		for i, t := range o.Terms {
			if slices.ContainsFunc(cues, func(c string) bool { return strings.HasPrefix(strings.ToLower(t.Surface), c) }) {
				o.Total -= 0.85 * t.Weight
				o.Terms[i].Weight *= 0.15
			} else if t.Weight > 0.3*ask.Unknown {
				left++
			}
		}
		return o, left
	}
	left := 0
	q.own, left = damp(q.own)
	around, _ := damp(overlap.Weigh(overlap.Analyze(language, ask.Focus), ask.IDF, ask.Unknown))
	factor := contextWeight
	if ask.Question.Refers || left <= 1 {
		factor = 0.8
	}
	q.all = q.own.Add(around, factor)
	for i, t := range q.all.Terms {
		if full := slices.IndexFunc(around.Terms, func(o overlap.Term) bool { return o.Term == t.Term }); full >= 0 && t.Identifier {
			q.all.Total += around.Terms[full].Weight - t.Weight
			q.all.Terms[i].Weight = around.Terms[full].Weight
		}
	}
	if len(ask.Bridge) > 0 {
		bridge := overlap.Weigh(overlap.Analyze(language, strings.Join(ask.Bridge, " ")), ask.IDF, ask.Unknown)
		q.all = q.all.Add(bridge, bridgeWeight)
	}
	q.codes = message.Codes(overlap.Plain(ask.Question.Text))
	if len(q.codes) == 0 {
		q.codes = message.Codes(overlap.Plain(ask.Focus))
	}
	q.known = message.Codes(overlap.Plain(ask.Focus + "\n" + strings.Join(ask.Bridge, "\n")))
	return q
}

// mass matches words that ask how much, not how many.
var mass = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:hvor mye|hvor meget|hur mycket|kuinka paljon|paljonko|wie ?viel|how much)\b`)
})

// often matches words that ask for an interval.
var often = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:ofte|tit|often|oft|usein|regelmessig|regelmäßig)\b`)
})

// in is the query analysed for passages of another language: stems differ.
func (q query) in(language string) *query {
	if language == q.language || language == "" || q.other == nil {
		return &q
	}
	if o, ok := q.other[language]; ok {
		return o
	}
	o := analyse(language, q.ask)
	q.other[language] = &o
	return &o
}

// around is what stands about a passage and tells what it is on.
func (q query) around(p index.Passage) overlap.Text {
	parts := append([]string{p.Title, p.Question}, p.Headings...)
	return overlap.Analyze(p.Language, strings.Join(append(parts, p.Locator.Sheet), "\n"))
}

// extra is how many further units may be quoted beside the best one.
func (q query) extra() int {
	if q.ask.Question.Kind == message.Price && !q.wantsMore {
		return 1
	}
	return 2
}

// steps reports whether the answer may be a sequence that must stay whole.
func (q query) steps() bool {
	return q.ask.Question.Kind == message.HowTo || q.ask.Question.Kind == message.Problem
}

func (q query) kindFails(u unit) bool { return u.features["kind_fails"] > 0 }

// cueStems are beginnings of words that say which kind of answer is wanted.
func cueStems(language, kind string) []string {
	byKind := cues[language]
	if byKind == nil {
		return nil
	}
	return append(slices.Clone(byKind[kind]), byKind["any"]...)
}

var cues = map[string]map[string][]string{
	"nb": {"price": {"kost", "pris", "dyr", "betal", "tilbud"}, "when": {"når", "tid", "lenge"}, "howmuch": {"mange", "mye", "hvor"}, "howto": {"hvordan", "gjør", "gjøre"}, "any": {"lur", "spør", "vite", "info", "trenger", "ønsk", "gjelder", "finnes", "mulig"}},
	"da": {"price": {"kost", "pris", "dyr", "betal", "tilbud"}, "when": {"hvornår", "tid", "længe"}, "howmuch": {"mange", "meget", "hvor"}, "howto": {"hvordan", "gør", "gøre"}, "any": {"spør", "vide", "info", "brug", "ønsk", "gælder", "findes", "muligt"}},
	"sv": {"price": {"kost", "pris", "dyr", "betal", "offert"}, "when": {"när", "tid", "länge"}, "howmuch": {"många", "mycket", "hur"}, "howto": {"hur", "gör", "göra"}, "any": {"undrar", "fråg", "veta", "info", "behöv", "önsk", "gäller", "finns", "möjligt"}},
	"fi": {"price": {"maks", "hin", "paljon", "kust", "tarjou"}, "when": {"milloin", "koska", "kauan", "aika"}, "howmuch": {"monta", "paljon", "kuinka"}, "howto": {"miten", "kuinka", "tehdä"}, "any": {"kysy", "tietä", "info", "tarvits", "halua", "koske", "onko", "mahdollis"}},
	"de": {"price": {"kost", "preis", "teuer", "bezahl", "angebot"}, "when": {"wann", "zeit", "lange", "dauer"}, "howmuch": {"viele", "viel", "hoch", "groß"}, "howto": {"wie", "mache", "tun"}, "any": {"frag", "wissen", "info", "brauch", "möcht", "gilt", "gibt", "möglich"}},
	"en": {"price": {"cost", "price", "pric", "expensive", "pay", "much", "quote"}, "when": {"when", "time", "long", "soon"}, "howmuch": {"many", "much", "how"}, "howto": {"how", "do"}, "any": {"wonder", "question", "know", "info", "need", "like", "possible", "please"}},
}
