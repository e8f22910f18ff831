// Package extract writes drafts without a language model: it quotes the
// sentences, steps and table rows that answer each question and frames them
// in the customer's language. What it says is right because it is quoted.
package extract

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// Version changes whenever the same evidence could give another draft.
const version = "extract-2"

// Bounds of what is quoted for one question.
const (
	maxHits        = 60   // passages looked at
	maxSentences   = 5    // of running text
	maxWords       = 110  // of running text; lists of steps are never cut
	maxList        = 2400 // bytes of a list that is quoted whole
	shortList      = 8    // items of a list that is quoted whole
	maxItems       = 4    // items under a heading inside a list
	shortSentences = 4
	shortPassage   = 60  // words of running text that are quoted whole
	maxBehind      = 1.4 // how far behind the best unit, in score, a further one may be
	sameUnit       = 0.9 // two units that share this much say the same
)

// Writer is safe for concurrent use.
type Writer struct{ ranking *Ranking }

// New is a writer with the shipped ranking.
func New() *Writer { return NewWith(DefaultRanking()) }

// NewWith is a writer with another ranking.
func NewWith(r *Ranking) *Writer { return &Writer{ranking: r} }

// Version implements [suggest.Writer].
func (w *Writer) Version() string { return version + "/" + w.ranking.Version }

// Ranking weighs the features of what could be quoted.
type Ranking struct {
	Version string             `json:"version"`
	Trained string             `json:"trained"` // on what, with which command
	Weights map[string]float64 `json:"weights"`
}

//go:embed ranking.json
var rankingJSON []byte

// DefaultRanking is the one that ships with the binary.
var DefaultRanking = sync.OnceValue(func() *Ranking {
	var r Ranking
	if err := json.Unmarshal(rankingJSON, &r); err != nil {
		panic("ranking.json: " + err.Error()) // embedded; a test loads it
	}
	return &r
})

// score is the weighted sum, added up in one order so that it is the same
// each time.
func (r *Ranking) score(features map[string]float64) float64 {
	sum := 0.0
	for _, name := range Features {
		sum += r.Weights[name] * features[name]
	}
	return sum
}

// Features are what the ranking looks at; all are 0 to 1 but length, to 1.5.
var Features = []string{
	"relevance",            // how near the passage's score is to the best one's
	"rank",                 // 1/place in the search
	"unit",                 // coverage of the question and its context by the quoted words alone
	"around",               // the same with headings, title and question of the passage
	"own",                  // coverage of the question's own words with those
	"exact",                // the same, rare words as they are
	"exact_all",            // and with its context
	"bm25", "grams", "kin", // the search's parts as shares of the best ones
	"question",  // likeness to the question of a FAQ entry or case, both ways
	"kind_fits", // money for a price, a time for a when, steps for a how-to
	"kind_fails",
	"code",                       // share of the codes asked for that are there
	"no_code",                    // none of them is
	"wrong_code",                 // only other codes of that shape are
	"same",                       // in the customer's language
	"close",                      // or in one the customer can read
	"row", "list", "faq", "case", // kinds of passages
	"money_row",                                          // a table row with money for a price
	"short",                                              // fewer than four words say little
	"elsewhere",                                          // only points to another place: "see section 5.1"
	"index",                                              // coverage by the index's own terms
	"ideal",                                              // score as a share of a perfect passage's
	"own_unit",                                           // coverage of the question's own words by the quoted words alone
	"words",                                              // the same with headings, without codes
	"heading",                                            // by the headings alone
	"rarest",                                             // how well the question's rarest word is there
	"focus",                                              // share of the label that the question speaks of
	"length",                                             // words of the quote
	"best_own", "best_around", "best_unit", "best_words", // as shares of the best unit's
	"extra_code", // a row's name holds a code nobody asked for
	"label_code", // or one that was asked for
	"list_whole", // more than one item of a list
}

// Candidate is a unit as the ranking sees it, for training.
type Candidate struct {
	Passage  index.Passage
	Text     string
	Features map[string]float64
	Score    float64
}

// Candidates are all units that could answer ask, best first.
func (w *Writer) Candidates(language string, ask suggest.BriefAsk) []Candidate {
	var out []Candidate
	for _, u := range w.ranked(newQuery(language, ask)) {
		out = append(out, Candidate{Passage: u.scored.Passage, Text: u.quoted(), Features: u.features, Score: u.score})
	}
	return out
}

// unit is something that could be quoted.
type unit struct {
	scored   suggest.Scored
	quotes   []suggest.Quote
	text     string
	score    float64
	features map[string]float64
	analysed overlap.Text
}

// quoted is everything the unit says.
func (u *unit) quoted() string {
	texts := make([]string, 0, len(u.quotes))
	for _, q := range u.quotes {
		texts = append(texts, q.Text)
	}
	return strings.Join(texts, " ")
}

// label is what a quote is about, rather than what it says on it: the name of
// a table row, else its first words.
func (u *unit) label() overlap.Text {
	text := u.text
	if u.scored.Passage.Kind == index.KindRow {
		if name, _, ok := strings.Cut(text, ": "); ok {
			text = name
		}
	}
	return overlap.Analyze(u.scored.Passage.Language, text)
}

// Write implements [suggest.Writer].
func (w *Writer) Write(ctx context.Context, b suggest.Brief) ([]suggest.Answer, error) {
	out := make([]suggest.Answer, len(b.Asks))
	for i, ask := range b.Asks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = w.answer(b.Language, ask)
	}
	return out, nil
}

func (w *Writer) answer(language string, ask suggest.BriefAsk) suggest.Answer {
	q := newQuery(language, ask)
	units := w.ranked(q)
	if len(units) == 0 {
		return suggest.Answer{Order: order(nil, ask.Hits)}
	}
	a := w.compose(q, units)
	a.Order = order(units, ask.Hits)
	return a
}

// ranked are the units of the ask's passages, best first.
func (w *Writer) ranked(q query) []unit {
	var units []unit
	best, top := 0.0, index.Parts{}
	for _, s := range q.ask.Hits {
		best = max(best, s.Hit.Score)
		top.BM25 = max(top.BM25, s.Hit.Parts.BM25)
		top.Grams = max(top.Grams, s.Hit.Parts.Grams)
		top.Kin = max(top.Kin, s.Hit.Parts.Kin)
	}
	for i, s := range q.ask.Hits {
		if i == maxHits {
			break
		}
		around := q.in(s.Passage.Language).near(q.around(s.Passage))
		for _, u := range w.units(q, s) {
			w.rate(q, &u, around, i, best, top)
			units = append(units, u)
		}
	}
	w.compare(units)
	units = q.priced(units)
	slices.SortStableFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.scored.Passage.ID, b.scored.Passage.ID))
	})
	return units
}

// compare adds to features that are measured against the question what they
// are as shares of the best unit's, and scores.
func (w *Writer) compare(units []unit) {
	for _, name := range compared {
		most := 0.0
		for _, u := range units {
			most = max(most, u.features[name])
		}
		for _, u := range units {
			u.features["best_"+name] = share(u.features[name], most)
		}
	}
	for i := range units {
		units[i].score = w.ranking.score(units[i].features)
	}
}

// compared are the features that [Writer.compare] takes.
var compared = []string{"own", "around", "unit", "words"}

// priced keeps, for the question what something costs, the units that state a
// price when there are any: whatever else is said on the matter is no answer.
func (q query) priced(units []unit) []unit {
	if q.ask.Question.Kind != message.Price {
		return units
	}
	answers := func(u unit) bool { return u.features["question"] >= 0.7 }
	money := func(u unit) bool { return u.features["kind_fits"] > 0 }
	stated := slices.DeleteFunc(slices.Clone(units), func(u unit) bool { return q.kindFails(u) && !answers(u) })
	if slices.ContainsFunc(stated, func(u unit) bool { return money(u) && u.features["label_code"] > 0 && u.features["same"] == 1 }) {
		return slices.DeleteFunc(stated, func(u unit) bool { return !money(u) && !answers(u) })
	}
	if slices.ContainsFunc(stated, func(u unit) bool { return !q.kindFails(u) && u.features["same"] == 1 }) {
		return stated
	}
	return units
}

// order ranks passages by their best unit; those without one keep their place
// behind them.
func order(units []unit, hits []suggest.Scored) []string {
	var out []string
	seen := map[string]bool{}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, u := range units {
		add(u.scored.Passage.ID)
	}
	for _, h := range hits {
		add(h.Passage.ID)
	}
	return out
}

// compose takes the best unit and what it leaves open from the next ones.
func (w *Writer) compose(q query, units []unit) suggest.Answer {
	best := units[0]
	a := suggest.Answer{Features: maps.Clone(best.features), Sentences: slices.Clone(best.quotes)}
	a.Features["score"] = best.score / 10
	a.Features["gap"] = best.score / 10
	q.judge(best, a.Features)
	for _, u := range units[1:] {
		if u.scored.Passage.ID != best.scored.Passage.ID {
			a.Features["gap"] = (best.score - u.score) / 10
			break
		}
	}
	chosen := []overlap.Text{best.analysed}
	covered := q.all.Coverage(append(chosen, q.around(best.scored.Passage))...)
	words := len(strings.Fields(best.text))
	added := 0
	for _, u := range units[1:] {
		if added == q.extra() || u.score < best.score-maxBehind || u.scored.Passage.Language != best.scored.Passage.Language {
			break
		}
		if words+len(strings.Fields(u.text)) > maxWords || q.kindFails(u) || u.features["wrong_code"] > 0 {
			continue
		}
		with := q.all.Coverage(append(slices.Clone(chosen), u.analysed, q.around(best.scored.Passage))...)
		if with < covered+0.2 && !(q.wantsMore && u.score > 0.8*best.score) && !q.belongs(best, u) && !q.decides(best, u) {
			continue
		}
		if said(a.Sentences, u) || slices.ContainsFunc(chosen, func(t overlap.Text) bool { return alike(t, u.analysed) }) {
			continue
		}
		quotes := slices.Clone(u.quotes)
		quotes[0].Break = "\n"
		if q.decides(best, u) && !polar(a.Sentences[0]) {
			// Whether it is so comes before how.
			quotes[0].Break, a.Sentences[0].Break = "", "\n"
			a.Sentences = append(quotes, a.Sentences...)
		} else {
			a.Sentences = append(a.Sentences, quotes...)
		}
		chosen, covered, words = append(chosen, u.analysed), with, words+len(strings.Fields(u.text))
		added++
	}
	for _, t := range q.own.Missing(append(chosen, q.around(best.scored.Passage))...) {
		if t.Weight < 0.3*q.ask.Unknown {
			break // words around the matter
		}
		a.Missing = append(a.Missing, t.Surface)
	}
	return a
}

// judge adds what tells a right answer from the best of wrong ones: the words
// on the matter that are not there.
func (q query) judge(best unit, f map[string]float64) {
	texts := []overlap.Text{best.analysed, q.around(best.scored.Passage)}
	var heaviest float64
	var content, lost, unheard int
	for _, t := range q.in(best.scored.Passage.Language).own.Terms {
		if t.Weight < 0.3*q.ask.Unknown {
			continue
		}
		content++
		if (overlap.Query{Terms: []overlap.Term{t}, Total: 1}).Coverage(texts...) > 0.4*t.Weight {
			continue
		}
		lost++
		heaviest = max(heaviest, share(t.Weight, q.ask.Unknown))
		if t.Weight >= 0.99*q.ask.Unknown {
			unheard++
		}
	}
	f["content"] = min(float64(content)/6, 1)
	f["lost"] = min(float64(lost)/4, 1)
	f["lost_weight"] = heaviest
	f["unheard"] = min(float64(unheard)/3, 1)
	f["unheard_any"] = b2f(unheard > 0)
	f["found"] = min(float64(content-lost)/4, 1)
	f["own_found"] = f["own"] * f["found"]
	f["score_own"] = f["score"] * f["own"]
	f["yesno"] = b2f(q.ask.Question.Kind == message.YesNo)
	f["unit_words"] = min(float64(len(strings.Fields(best.text)))/100, 1)
}

// decides reports whether u says yes or no to a question of that kind, where
// the best unit, hardly better, does not.
func (q query) decides(best, u unit) bool {
	return q.ask.Question.Kind == message.YesNo && polar(u.quotes[0]) && !polar(best.quotes[0]) && u.score >= 0.9*best.score
}

// polar reports whether a quote begins with a yes or a no.
func polar(q suggest.Quote) bool {
	first, _, _ := strings.Cut(q.Text, " ")
	return slices.Contains(polarity[q.Language], strings.ToLower(strings.TrimRightFunc(first, unicode.IsPunct)))
}

// polarity are the words that answer whether something is so.
var polarity = map[string][]string{
	"nb": {"ja", "jo", "nei"}, "da": {"ja", "jo", "nej"}, "sv": {"ja", "jo", "nej"},
	"fi": {"kyllä", "joo", "ei", "eivät"}, "de": {"ja", "doch", "nein"}, "en": {"yes", "no"},
}

// said reports whether one of the sentences is quoted already.
func said(sentences []suggest.Quote, u unit) bool {
	return slices.ContainsFunc(sentences, func(q suggest.Quote) bool {
		return slices.ContainsFunc(u.quotes, func(o suggest.Quote) bool { return o.Passage == q.Passage && o.Text == q.Text })
	})
}

// belongs reports whether two prices are of one thing: an upgrade costs the
// kit and its fitting.
func (q query) belongs(best, u unit) bool {
	if q.ask.Question.Kind != message.Price || u.score < 0.9*best.score || q.kindFails(u) {
		return false
	}
	mine := message.Codes(best.label().Source)
	for c := range message.Codes(u.label().Source) {
		if mine[c] && !q.codes[c] {
			return true
		}
	}
	return false
}

// alike reports whether two texts say nearly the same.
func alike(a, b overlap.Text) bool {
	ta, tb := a.Terms(), b.Terms()
	if len(ta) > len(tb) {
		a, b, ta = b, a, tb
	}
	n := 0
	for _, t := range ta {
		if b.Has(t) {
			n++
		}
	}
	return len(ta) > 0 && float64(n) >= sameUnit*float64(len(ta))
}

// units are what could be quoted of one passage.
func (w *Writer) units(q query, s suggest.Scored) []unit {
	p := s.Passage
	foreign := q.language != "" && p.Language != "" && p.Language != q.language
	whole := func(text string) suggest.Quote {
		return suggest.Quote{Text: text, Passage: p.ID, Language: p.Language, Foreign: foreign}
	}
	switch p.Kind {
	case index.KindRow:
		text := Row(p)
		if text == "" {
			return nil
		}
		return []unit{{scored: s, text: text, quotes: []suggest.Quote{whole(text)}}}
	case index.KindTable:
		return nil // its rows are passages too and say which one it is
	case index.KindList:
		if len(p.Text) <= maxList {
			return q.items(s, lines(p, foreign))
		}
	}
	spans := w.sentences(p)
	if len(spans) == 0 {
		return nil
	}
	if p.Kind == index.KindFAQ || p.Kind == index.KindCase {
		return []unit{w.window(q, s, spans, 0, foreign)}
	}
	out := make([]unit, 0, len(spans))
	for i := range spans {
		if unresolved(p.Language, p.Text[spans[i].Start:spans[i].End]) && i > 0 {
			continue // comes along with the sentence before it
		}
		out = append(out, w.window(q, s, spans, i, foreign))
	}
	return out
}

// items are the units of a list: all of it where its order matters or where
// it is short, each item, and items that are headings with what follows them.
func (q query) items(s suggest.Scored, all []suggest.Quote) []unit {
	var out []unit
	if q.steps() || len(all) <= shortList {
		out = append(out, unit{scored: s, text: s.Passage.Text, quotes: all})
	}
	if q.steps() {
		return out // never three of seven steps
	}
	for i := 0; i < len(all); i++ {
		group := slices.Clone(all[i : i+1])
		group[0].Break = ""
		for i+1 < len(all) && titled(group[len(group)-1].Text) && len(group) < maxItems {
			i++
			group = append(group, all[i])
		}
		u := unit{scored: s, quotes: group}
		u.text = u.quoted()
		out = append(out, u)
	}
	return out
}

// titled reports whether a line of a list rather names what follows it.
func titled(line string) bool {
	last, _ := utf8.DecodeLastRuneInString(line)
	return len(strings.Fields(line)) <= 6 && !unicode.IsPunct(last) && !strings.ContainsFunc(strings.TrimLeft(line, "0123456789.) "), unicode.IsDigit) &&
		!strings.HasPrefix(line, "•") && !strings.HasPrefix(line, "-") || strings.HasSuffix(line, ":")
}

// masked matches what was put in the place of personal data when a solved case
// was read. To another customer it says nothing.
var masked = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[(?:e-mail|phone|number|account|card|id|name)\]`)
})

// sentences are a passage's sentences; of a solved case without greeting and
// closing, and without those that are on its customer's name or order.
func (w *Writer) sentences(p index.Passage) []message.Span {
	spans := message.Sentences(p.Language, p.Text)
	if p.Kind != index.KindCase {
		return spans
	}
	spans = slices.DeleteFunc(spans, func(s message.Span) bool { return masked().MatchString(p.Text[s.Start:s.End]) })
	body := message.Clean(p.Text).Body
	at := strings.Index(p.Text, body)
	if body == "" || at < 0 {
		return spans
	}
	return slices.DeleteFunc(spans, func(s message.Span) bool { return s.Start < at || s.End > at+len(body) })
}

// window quotes spans from i on while they go on with the same matter.
func (w *Writer) window(q query, s suggest.Scored, spans []message.Span, i int, foreign bool) unit {
	p := s.Passage
	u := unit{scored: s}
	limit := 3
	whole := len(spans) <= shortSentences && len(strings.Fields(p.Text)) <= shortPassage
	if p.Kind == index.KindFAQ || p.Kind == index.KindCase || len(spans) <= 3 || whole {
		limit = maxSentences
	}
	words := 0
	for j := i; j < len(spans) && j-i < limit; j++ {
		text := strings.TrimSpace(p.Text[spans[j].Start:spans[j].End])
		n := len(strings.Fields(text))
		if j > i && words+n > maxWords {
			break
		}
		if j > i && p.Kind == index.KindText && limit == 3 && !unresolved(p.Language, text) &&
			q.own.Coverage(overlap.Analyze(p.Language, text)) < 0.2 {
			break
		}
		quote := suggest.Quote{Text: text, Passage: p.ID, Start: spans[j].Start, End: spans[j].End, Language: p.Language, Foreign: foreign}
		if j > i && strings.Contains(p.Text[spans[j-1].End:spans[j].Start], "\n") {
			quote.Break = "\n"
		}
		u.quotes = append(u.quotes, quote)
		words += n
	}
	var texts []string
	for _, quote := range u.quotes {
		texts = append(texts, quote.Text)
	}
	u.text = strings.Join(texts, " ")
	if i > 0 && whole && p.Kind == index.KindText {
		// A short passage is one thought: the right sentence of it finds it,
		// and all of it is said.
		u.quotes = w.window(q, s, spans, 0, foreign).quotes
	}
	return u
}

// lines quotes a list whole, an item a line.
func lines(p index.Passage, foreign bool) []suggest.Quote {
	var out []suggest.Quote
	at := 0
	for line := range strings.SplitSeq(p.Text, "\n") {
		start := at
		at += len(line) + 1
		text := strings.TrimSpace(line)
		if text == "" {
			continue
		}
		q := suggest.Quote{Text: text, Passage: p.ID, Start: start, End: start + len(line), Language: p.Language, Foreign: foreign}
		if len(out) > 0 {
			q.Break = "\n"
		}
		out = append(out, q)
	}
	return out
}

// relevance is 1 for the best score, less by the logarithm of how much lower
// another is: the search's scores are odds, which fall by orders of magnitude.
func relevance(score, best float64) float64 {
	if score <= 0 {
		return 0
	}
	return 1 / (1 + math.Log(max(best/score, 1)))
}

// rate fills in the features of a unit whose passage stands at place i
// of the search.
func (w *Writer) rate(q query, u *unit, around nearby, i int, best float64, top index.Parts) {
	p := u.scored.Passage
	u.analysed = overlap.Analyze(p.Language, u.text)
	own := q.in(p.Language)
	words := len(strings.Fields(u.text))
	here := own.all.Matches(u.analysed)
	with := slices.Clone(here)
	for j, m := range around.matches {
		with[j] = max(with[j], m)
	}
	f := map[string]float64{
		"rank":      1 / float64(i+1),
		"unit":      covered(own.all, here, 1),
		"around":    covered(own.all, with, 1),
		"own":       covered(own.own, with, 1),
		"own_unit":  covered(own.own, here, 1),
		"words":     covered(own.words(), with, 1),
		"heading":   covered(own.own, around.matches, 1),
		"rarest":    own.rarest(with),
		"exact":     covered(own.own, with, 2),
		"exact_all": covered(own.all, with, 2),
		"focus":     own.all.Known(u.label()),
		"bm25":      share(u.scored.Hit.Parts.BM25, top.BM25),
		"grams":     share(u.scored.Hit.Parts.Grams, top.Grams),
		"kin":       share(u.scored.Hit.Parts.Kin, top.Kin),
		"relevance": relevance(u.scored.Hit.Score, best),
		"index":     u.scored.Hit.Parts.Coverage,
		"ideal":     u.scored.Hit.Parts.Ideal,
		"same":      b2f(q.language == "" || p.Language == q.language),
		"close":     b2f(p.Language == q.language || lang.Close(p.Language, q.language)),
		"row":       b2f(p.Kind == index.KindRow),
		"list":      b2f(p.Kind == index.KindList),
		"faq":       b2f(p.Kind == index.KindFAQ),
		"case":      b2f(p.Kind == index.KindCase),
		"short":     b2f(words < 4),
		"length":    min(float64(words)/100, 1.5),
		"elsewhere": b2f(elsewhere().MatchString(u.text) && words < 25),
	}
	if p.Question != "" {
		asked := overlap.Analyze(p.Language, p.Question)
		f["question"] = math.Sqrt(own.own.Coverage(asked, around.text) * overlap.Weigh(asked, q.ask.IDF, q.ask.Unknown).Coverage(q.focus))
	}
	if want := q.expects(); want != nil {
		fits := slices.ContainsFunc(message.Anchors(u.text), want)
		if !fits && (q.ask.Question.Kind == message.When || q.often) {
			fits = timed().MatchString(u.text)
		}
		price := q.ask.Question.Kind == message.Price
		// A fee may be a percentage, but so is how much biodiesel an engine takes.
		f["kind_fails"] = b2f(!fits)
		fits = fits && (!price || slices.ContainsFunc(message.Anchors(u.text), isMoney))
		f["kind_fits"] = b2f(fits)
		f["money_row"] = b2f(fits && price && p.Kind == index.KindRow)
	}
	if q.steps() && (p.Kind == index.KindList || p.Kind == index.KindFAQ || p.Kind == index.KindCase || p.Kind == index.KindRow) {
		f["kind_fits"] = 1
	}
	f["price"] = b2f(q.ask.Question.Kind == message.Price)
	f["open"] = b2f(q.ask.Question.Kind == message.Open)
	q.rateCodes(p, u.text, f)
	if p.Kind == index.KindRow {
		label := u.label().Source
		f["extra_code"] = b2f(q.extraCode(label))
		f["label_code"] = b2f(overlaps(message.Codes(label), q.codes))
	}
	u.features = f
}

// nearby is what stands about a passage, compared with the question once for
// all units of the passage.
type nearby struct {
	text    overlap.Text
	matches []float64 // of the query's terms, those of its context too
}

func (q query) near(t overlap.Text) nearby { return nearby{t, q.all.Matches(t)} }

// covered is the share of o's weight that is matched. With power 2 only the
// very words count, and the rare ones more. The matches may be those of a
// longer query that begins with o's terms.
func covered(o overlap.Query, matches []float64, power int) float64 {
	var sum, total float64
	for i, t := range o.Terms {
		w, m := t.Weight, matches[i]
		if power == 2 {
			w *= w
			m = b2f(m == 1)
		}
		sum += w * m
		total += w
	}
	if total == 0 {
		return 1
	}
	return sum / total
}

// words is the question's own words without identifiers, at their places.
func (q query) words() overlap.Query {
	o := overlap.Query{Terms: slices.Clone(q.own.Terms)}
	for i, t := range o.Terms {
		if t.Identifier {
			o.Terms[i].Weight = 0
		}
	}
	return o
}

// rarest is how well the heaviest of the question's own words is matched.
func (q query) rarest(matches []float64) float64 {
	best, at := 0.0, -1
	for i, t := range q.own.Terms {
		if !t.Identifier && t.Weight > best {
			best, at = t.Weight, i
		}
	}
	if at < 0 {
		return 1
	}
	return matches[at]
}

// rateCodes compares the codes that were asked for with those that are there.
func (q query) rateCodes(p index.Passage, text string, f map[string]float64) {
	if len(q.codes) == 0 {
		return
	}
	inText := message.Codes(text + "\n" + p.Question)
	have := message.Codes(strings.Join(p.Headings, "\n") + "\n" + p.Title)
	for c := range inText {
		have[c] = true
	}
	hits := 0
	for c := range q.codes {
		hits += int(b2f(have[c]))
	}
	f["code"] = float64(hits) / float64(len(q.codes))
	f["no_code"] = b2f(hits == 0)
	f["wrong_code"] = b2f(len(inText) > 0 && !overlaps(q.codes, inText) && (hits == 0 || p.Kind == index.KindRow))
}

// extraCode reports whether a row's name holds a product code that neither
// the customer named nor led us there. Article numbers stand in every row.
func (q query) extraCode(name string) bool {
	name, _, _ = strings.Cut(name, " (")
	for c := range message.Codes(name) {
		if strings.ContainsFunc(c, unicode.IsLetter) && !q.codes[c] && !q.known[c] {
			return true
		}
	}
	return false
}

func share(x, of float64) float64 {
	if of <= 0 {
		return 0
	}
	return x / of
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func overlaps(a, b map[string]bool) bool {
	for k := range a {
		if b[k] {
			return true
		}
	}
	return false
}

// elsewhere matches words that send the reader to another place.
var elsewhere = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:se|see|siehe|ks\.?|katso)\s+(?:også\s+|även\s+|also\s+|auch\s+|myös\s+)?(?:avsnitt|kapit\p{L}*|afsnit|section|chapter|abschnitt|kap\.?|luku\p{L}*|kohta\p{L}*|kohda\p{L}*|pkt\.?|punkt\p{L}*|§)`)
})

// expects is the anchor an answer to such a question must hold; nil for any.
func (q query) expects() func(message.Anchor) bool {
	is := func(kinds ...message.AnchorKind) func(message.Anchor) bool {
		return func(a message.Anchor) bool { return slices.Contains(kinds, a.Kind) }
	}
	kind := q.ask.Question.Kind
	switch {
	case kind == message.Price:
		return is(message.Money, message.Percent)
	case kind == message.When || q.often:
		return func(a message.Anchor) bool {
			_, unit, _ := strings.Cut(a.Norm, " ")
			return a.Kind == message.Date || a.Kind == message.Unit && slices.Contains(timeUnits, unit) || strings.Contains(a.Text, ":")
		}
	case kind == message.HowMuch:
		// "how much oil" wants litres: a time is an answer to another question.
		return func(a message.Anchor) bool {
			_, unit, _ := strings.Cut(a.Norm, " ")
			return a.Kind == message.Unit && !slices.Contains(timeUnits, unit) || is(message.Money, message.Percent)(a) ||
				a.Kind == message.Number && !q.mass
		}
	}
	return nil
}

// timed matches times that are no anchors: "every 50th hour", "kl. 13".
var timed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b\d(?:[\d .]*\d)?(?:\.|:e|:a|st|nd|rd|th)?\s?(?:h|t|std|time|timer|timme|timmar|tunti\p{L}*|stunden?|hours?|dag\p{L}*|day|days|tage?n?|uke\p{L}*|uge\p{L}*|veck\p{L}*|viiko\p{L}*|woche\p{L}*|weeks?|år|jahre?n?|vuo\p{L}*|years?)\b|\b(?:working|business) days?\b|\b(?:kl|klo|klokken|klockan)\.? ?\d|\b\d+(?:\.\d\d)? uhr\b|\b(?:årlig\p{L}*|årligen|jährlich\p{L}*|annual\p{L}*|yearly|vuosittain|daglig\p{L}*|täglich\p{L}*|daily|päivittäin)`)
})

// timeUnits are durations as [message.Anchor.Norm] writes them.
var timeUnits = []string{"s", "min", "h", "d", "workday", "week", "month", "year"}

// unresolved reports whether a sentence leans on the one before it.
func unresolved(language, sentence string) bool {
	first, _, _ := strings.Cut(sentence, " ")
	return slices.Contains(leaning[language], strings.ToLower(strings.TrimRightFunc(first, unicode.IsPunct)))
}

// leaning are first words that refer to what was said before.
var leaning = map[string][]string{
	"nb": {"det", "den", "dette", "denne", "de", "disse", "da", "deretter", "dermed", "men", "også", "ellers"},
	"da": {"det", "den", "dette", "denne", "de", "disse", "da", "derefter", "dermed", "men", "også", "ellers"},
	"sv": {"det", "den", "detta", "denna", "de", "dessa", "då", "därefter", "därmed", "men", "även", "annars"},
	"fi": {"se", "tämä", "ne", "nämä", "tällöin", "silloin", "sen", "tämän", "lisäksi", "mutta", "muuten"},
	"de": {"das", "dies", "diese", "dieser", "dieses", "es", "sie", "er", "dann", "danach", "damit", "aber", "auch", "sonst"},
	"en": {"it", "this", "that", "these", "those", "they", "then", "but", "also", "otherwise", "thus"},
}

// Row is a table row in words: "Kit XY-NK20 (Article no. 740-2051): Price (NOK) excl. VAT: 38 900 kr".
// Cells without a value are left out; it is "" when nothing is left.
func Row(p index.Passage) string {
	cells := slices.DeleteFunc(slices.Clone(p.Cells), func(c index.Cell) bool {
		return strings.Trim(c.Value, " -–—") == ""
	})
	if len(cells) == 0 {
		return strings.TrimSpace(strings.ReplaceAll(p.Text, "\n", "; "))
	}
	label, rest := 0, cells[1:]
	var aside string
	if len(cells) > 1 && bareCode(cells[0].Value) && wordy(cells[1].Value) && utf8.RuneCountInString(cells[1].Value) <= 80 && len(cells) > 2 {
		label, rest = 1, cells[2:]
		aside = " (" + named(cells[0]) + ")"
	}
	var b strings.Builder
	b.WriteString(oneLine(cells[label].Value))
	b.WriteString(aside)
	for i, c := range rest {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(named(c))
	}
	s := b.String()
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "!") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

func named(c index.Cell) string {
	value := strings.TrimSuffix(oneLine(c.Value), ".")
	if c.Header == "" {
		return value
	}
	return strings.ReplaceAll(oneLine(c.Header), " / ", " ") + ": " + value
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// bareCode reports whether a cell is an article number or code alone.
func bareCode(s string) bool {
	return !strings.Contains(strings.TrimSpace(s), " ") && strings.ContainsFunc(s, unicode.IsDigit) && utf8.RuneCountInString(s) <= 16
}

func wordy(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n >= 4
}

func isMoney(a message.Anchor) bool { return a.Kind == message.Money }
