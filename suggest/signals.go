package suggest

import (
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// SignalFeatures tell, beside [AnswerFeatures] and those of the best quote,
// whether the passages answer a question; all are 0 to 1. They are named with
// a dot so that no writer's feature is mistaken for one.
var SignalFeatures = []string{
	"top.ideal",      // the best first-look score as a share of a perfect passage's: top1 / sum of IDF
	"top.gap",        // how far that is above the best of another document
	"top.ratio",      // the same as a share of it
	"top.lead",       // by how many orders of magnitude the first hit is before the first of another document, of 4
	"top.share",      // the first hit's part of the first ten's scores
	"top.coverage",   // the best share of the query's IDF found in one passage
	"top.agree",      // share of stems, spelling, n-grams and, when there are vectors, meaning that put the quoted passage among their first three
	"top.quoted",     // the quoted passage's first-look score as a share of the best one's
	"look.text",      // the second look at the quoted passage: stems
	"look.question",  // the question of a FAQ or case
	"look.kin",       // spelling
	"look.grams",     // n-grams
	"look.alike",     // most like words
	"look.near",      // the best eight words in a row
	"look.window",    // equal words of the best 25 in a row
	"look.title",     // title and headings
	"look.aim",       // how much of the title is asked for
	"near.meaning",   // nearness of the quoted passage in meaning, 0 without vectors
	"cover.two",      // the question's own words in the best two sentences in a row of any passage
	"cover.exact",    // the same by equal stems
	"cover.quote",    // in what is quoted alone
	"cover.all",      // in all of the best eight passages together
	"cover.spread",   // what more these hold than the best two sentences
	"cover.pairs",    // share of neighbouring words of the question that stand in one quoted sentence
	"cover.mass",     // weight of the words that the quote and what stands about it hold, of six unknown words
	"lost.mass",      // weight of the words they do not hold, of three
	"lost.rarest",    // how badly the rarest word of the question is held
	"names.share",    // share of the question's words on the matter that are names, numbers or codes
	"names.lost",     // share of them that the quoted passage does not hold
	"names.any",      // whether there are any
	"ask.length",     // words of the question, of 25
	"ask.parts",      // further questions of the message, of 4
	"ask.when",       // kinds of questions
	"ask.howto",      //
	"ask.which",      //
	"ask.where",      //
	"quote.age",      // years that the quoted passage is older than the newest found, of 3
	"quote.approved", // what agents made of drafts that cite it: above a half when they used them
	"quote.copies",   // other documents that say the same, of 3
}

// DraftFeatures tell, beside the probability of its answers, whether a draft
// is used as it is; all are 0 to 1.
var DraftFeatures = []string{
	"open",     // share of the customer's questions without an answer
	"struck",   // share of factual sentences that a check struck
	"uncited",  // share of factual sentences without a source
	"model",    // a language model wrote it
	"repaired", // and its output had to be repaired
	"doubt",    // how little the worst sentence is supported by what it cites
	"conflict", // its sources contradict each other
	"foreign",  // its sources are in another language than the customer's
	"degraded", // a part of the work was lost
}

// Bounds of what signals look at.
const (
	signalPassages  = 8
	signalSentences = 60 // of a passage
)

// Signals is the features of ask i of b with those that tell whether its
// answer is right. It does not change a, and takes what is there already: the
// gate before a model call and the flag after it see the same.
func Signals(b Brief, i int, a Answer) map[string]float64 {
	if len(a.Features) == 0 || i >= len(b.Asks) {
		return a.Features
	}
	if _, ok := a.Features[SignalFeatures[0]]; ok {
		return a.Features
	}
	f := maps.Clone(a.Features)
	ask := b.Asks[i]
	quoted := map[string]bool{}
	for _, q := range a.Sentences {
		quoted[q.Passage] = true
	}
	best := slices.IndexFunc(ask.Hits, func(h Scored) bool { return len(a.Sentences) > 0 && h.Passage.ID == a.Sentences[0].Passage })
	searched(f, ask.Hits, best)
	covered(f, b.Language, ask, a, best)
	f["ask.length"] = unitOf(float64(len(strings.Fields(ask.Question.Text))) / 25)
	f["ask.parts"] = unitOf(float64(len(b.Asks)-1) / 4)
	for kind, name := range map[message.Kind]string{message.When: "ask.when", message.HowTo: "ask.howto", message.Which: "ask.which", message.Where: "ask.where"} {
		f[name] = truth(ask.Question.Kind == kind)
	}
	if best >= 0 {
		known(f, ask.Hits, best)
	}
	return f
}

// searched is how the search's scores lie, and where the quoted hit stands.
func searched(f map[string]float64, hits []Scored, quoted int) {
	if len(hits) == 0 {
		return
	}
	var top, coverage float64
	first := 0
	for i, h := range hits {
		coverage = max(coverage, h.Hit.Parts.Coverage)
		if h.Hit.Parts.Ideal > top {
			top, first = h.Hit.Parts.Ideal, i
		}
	}
	second, behind := 0.0, 0.0
	for _, h := range hits {
		if h.Passage.Document != hits[first].Passage.Document {
			second = max(second, h.Hit.Parts.Ideal)
		}
		if h.Passage.Document != hits[0].Passage.Document {
			behind = max(behind, h.Hit.Score)
		}
	}
	f["top.ideal"], f["top.coverage"] = unitOf(top), unitOf(coverage)
	f["top.gap"] = unitOf(top - second)
	if top > 0 {
		f["top.ratio"] = unitOf(1 - second/top)
	}
	f["top.lead"] = 1
	if behind > 0 {
		f["top.lead"] = unitOf(math.Log10(max(hits[0].Hit.Score/behind, 1)) / 4)
	}
	sum := 0.0
	for _, h := range hits[:min(10, len(hits))] {
		sum += h.Hit.Score
	}
	if sum > 0 {
		f["top.share"] = unitOf(hits[0].Hit.Score / sum)
	}
	if quoted < 0 {
		return
	}
	p := hits[quoted].Hit.Parts
	if top > 0 {
		f["top.quoted"] = unitOf(p.Ideal / top)
	}
	f["top.agree"] = agreement(hits, quoted)
	f["near.meaning"] = unitOf(p.Near)
	l := p.Features
	f["look.text"], f["look.question"], f["look.kin"], f["look.grams"] = unitOf(l.Text/2), unitOf(l.Question/2), unitOf(l.Kin/2), unitOf(l.Grams/2)
	f["look.alike"], f["look.near"], f["look.window"] = unitOf(l.Alike), unitOf(l.Near), unitOf(l.Window)
	f["look.title"], f["look.aim"] = unitOf(l.Title), unitOf(l.Aim)
}

// agreement is the share of the search's witnesses that have the quoted hit
// among their first three.
func agreement(hits []Scored, quoted int) float64 {
	witnesses := []func(index.Parts) float64{
		func(p index.Parts) float64 { return p.BM25 },
		func(p index.Parts) float64 { return p.Kin },
		func(p index.Parts) float64 { return p.Grams },
	}
	near := func(p index.Parts) float64 { return p.Near }
	if slices.ContainsFunc(hits, func(h Scored) bool { return h.Hit.Parts.Near > 0 }) {
		witnesses = append(witnesses, near)
	}
	agree := 0
	for _, of := range witnesses {
		better := 0
		for _, h := range hits {
			if of(h.Hit.Parts) > of(hits[quoted].Hit.Parts) {
				better++
			}
		}
		if better < 3 {
			agree++
		}
	}
	return float64(agree) / float64(len(witnesses))
}

// covered is how much of the question's own words stands together.
func covered(f map[string]float64, language string, ask BriefAsk, a Answer, quoted int) {
	queries := map[string]overlap.Query{}
	in := func(language string) overlap.Query {
		q, ok := queries[language]
		if !ok {
			q = overlap.Weigh(overlap.Analyze(language, ask.Question.Text), ask.IDF, ask.Unknown)
			queries[language] = q
		}
		return q
	}
	var two, exact float64
	union := map[string][]float64{}
	for _, h := range ask.Hits[:min(signalPassages, len(ask.Hits))] {
		q := in(h.Passage.Language)
		var before []float64
		all := slices.Clone(union[h.Passage.Language])
		if all == nil {
			all = make([]float64, len(q.Terms))
		}
		spans := message.Sentences(h.Passage.Language, h.Passage.Text)
		around := q.Matches(overlap.Analyze(h.Passage.Language, strings.Join(append([]string{h.Passage.Title, h.Passage.Question}, h.Passage.Headings...), "\n")))
		for _, s := range spans[:min(signalSentences, len(spans))] {
			m := q.Matches(overlap.Analyze(h.Passage.Language, h.Passage.Text[s.Start:s.End]))
			both := most(m, before)
			two, exact = max(two, weighed(q, both, false)), max(exact, weighed(q, both, true))
			all, before = most(all, m), m
		}
		union[h.Passage.Language] = most(all, around)
	}
	f["cover.two"], f["cover.exact"] = two, exact
	for _, l := range slices.Sorted(maps.Keys(union)) {
		f["cover.all"] = max(f["cover.all"], weighed(in(l), union[l], false))
	}
	f["cover.spread"] = unitOf(f["cover.all"] - two)
	if quoted < 0 {
		return
	}
	p := ask.Hits[quoted].Passage
	q := in(p.Language)
	said := make([]float64, len(q.Terms))
	pairs, together := max(len(q.Terms)-1, 0), make([]bool, len(q.Terms))
	for _, s := range a.Sentences {
		if s.Passage != p.ID {
			continue
		}
		m := q.Matches(overlap.Analyze(p.Language, s.Text))
		said = most(said, m)
		for k := range pairs {
			together[k] = together[k] || m[k] > 0.5 && m[k+1] > 0.5
		}
	}
	f["cover.quote"] = weighed(q, said, false)
	n := 0
	for _, ok := range together {
		n += int(truth(ok))
	}
	if pairs > 0 {
		f["cover.pairs"] = float64(n) / float64(pairs)
	}
	held := most(said, q.Matches(overlap.Analyze(p.Language, strings.Join(append([]string{p.Title, p.Question, p.Locator.Sheet}, p.Headings...), "\n"))))
	whole := most(held, q.Matches(overlap.Analyze(p.Language, p.Text)))
	lost(f, language, ask, q, held, whole)
}

// lost weighs what the quote holds and what it does not, names by themselves.
func lost(f map[string]float64, language string, ask BriefAsk, q overlap.Query, held, whole []float64) {
	if ask.Unknown <= 0 {
		return
	}
	first, _, _ := strings.Cut(strings.TrimLeftFunc(ask.Question.Text, func(r rune) bool { return !unicode.IsLetter(r) }), " ")
	var mass, gone, rarest float64
	content, named, missed := 0, 0, 0
	for i, t := range q.Terms {
		w := t.Weight / ask.Unknown
		mass += w * held[i]
		gone += w * (1 - held[i])
		if w > rarest {
			rarest, f["lost.rarest"] = w, 1-held[i]
		}
		if w < 0.3 {
			continue
		}
		content++
		if t.Identifier || name(language, t.Surface) && !strings.HasPrefix(first, t.Surface) {
			named++
			missed += int(truth(whole[i] < 0.5))
		}
	}
	f["cover.mass"], f["lost.mass"] = unitOf(mass/6), unitOf(gone/3)
	if named > 0 {
		f["names.any"], f["names.lost"], f["names.share"] = 1, float64(missed)/float64(named), float64(named)/float64(max(content, 1))
	}
}

// name reports whether a word looks like a name or a number. German writes all
// nouns with a capital letter, so there it takes two.
func name(language, word string) bool {
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return true
	}
	r, size := utf8.DecodeRuneInString(word)
	if language == "de" {
		return strings.ContainsFunc(word[size:], unicode.IsUpper)
	}
	return unicode.IsUpper(r)
}

// known is what is known of the quoted passage beside its words.
func known(f map[string]float64, hits []Scored, quoted int) {
	newest := hits[quoted].Passage.Modified
	for _, h := range hits {
		if h.Passage.Modified.After(newest) {
			newest = h.Passage.Modified
		}
	}
	f["quote.age"] = unitOf(age(hits[quoted].Passage.Modified, newest) / ageMost)
	f["quote.approved"] = approved(hits[quoted].Votes)
	f["quote.copies"] = unitOf(float64(len(hits[quoted].Elsewhere)) / 3)
}

// approved is the share of good votes, begun with two of each; a half when
// nobody voted.
func approved(v store.Votes) float64 {
	return float64(v.Good+voteDoubt) / float64(v.Good+v.Bad+2*voteDoubt)
}

// weighed is the share of q's weight that is matched; exact counts only the
// very terms.
func weighed(q overlap.Query, matches []float64, exact bool) float64 {
	if q.Total == 0 {
		return 0
	}
	sum := 0.0
	for i, t := range q.Terms {
		if m := matches[i]; !exact || m == 1 {
			sum += t.Weight * m
		}
	}
	return unitOf(sum / q.Total)
}

// most is the greater of each two; b may be shorter.
func most(a, b []float64) []float64 {
	out := slices.Clone(a)
	for i := range b {
		out[i] = max(out[i], b[i])
	}
	return out
}

func unitOf(x float64) float64 { return max(0, min(x, 1)) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
