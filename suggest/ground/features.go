package ground

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Features are what a model is given about a piece of a response, in the
// order of featureNames.
type Features []float64

// featureNames are in the order in which measure fills them.
var featureNames = []string{
	"len", "content_len", "content_share", // log words, log content words
	"cov_all", "cov_asked", "novel_mass", "novel_soft", "novel_max", "novel_run", "novel_common", "novel_rare", "novel_names", "novel_fact",
	"cov_passage", "cov_window", "cov_sentence", "recombined", "recombined_passages",
	"bigrams", "trigrams", "fourgrams", "lcs", "lcs_sentence", "longest_copy", "copied", "pairs_apart", "pairs_turned",
	"facts", "facts_missing", "facts_conflict", "facts_outside",
	"negation", "source_covered",
	"question", "first", "second", "opinion", "hedge", "answer", "courtesy", "refers", "most", "begins_answer", "begins_refers", "begins_first",
	"novel_stop", "only_common", "exclaims", "asked_only",
	"novel_first_half", "novel_second_half",
	"first_content_known", "repeats", "facts_left", "name_share", "odd_bigrams", "polite",
}

// found is what a measurement knows beside its features.
type found struct {
	features         Features
	sentence, window match
	missing          []fact
	conflict         string // "6 hours ≠ 4 hours"
	conflicting      bool
	negated          bool
	novel            []string
}

// commonWeight parts words that everybody uses from those of a matter.
const commonWeight = 4.5

// measure computes the features of one piece of text; text is what ws were
// read from and facts are those between the piece's ends.
func (e *evidence) measure(text string, ws []word, fs []fact) found {
	u := e.piece(ws)
	sentence, window, whole := e.best(u)
	out := found{sentence: sentence, window: window}
	var total, known, asked, novel, soft, highest, commonNovel, rareNovel, nameNovel, askedOnly float64
	var content, polite, novelStops, stops, rare, askedCount int
	var run, longestRun float64
	halves := [2]float64{}
	classes := map[class]int{}
	for i, w := range ws {
		for c := first; c <= most; c <<= 1 {
			if w.class&c != 0 {
				classes[c]++
			}
		}
		if w.stop {
			stops++
			if u.ids[i] < 0 {
				novelStops++
			}
			continue
		}
		content++
		if w.class&courtesy != 0 {
			polite++
		}
		g := w.weight
		total += g
		if w.weight >= commonWeight {
			rare++
		}
		if u.ids[i] >= 0 {
			known += g
			asked += g
			longestRun = max(longestRun, run)
			run = 0
			continue
		}
		s := 0.0
		if !w.ident {
			s = e.softness(w.term)
		}
		if s < 0.35 {
			s = 0
		}
		rest := g * (1 - s)
		if e.asked[w.term] {
			asked += g
			askedOnly += g
			askedCount++
			rest *= 0.5
		}
		novel += g
		soft += rest
		highest = max(highest, rest)
		run += rest
		if w.weight < commonWeight {
			commonNovel += rest
		} else {
			rareNovel += rest
		}
		if w.name {
			nameNovel += rest
		}
		halves[min(1, 2*i/max(1, len(ws)))] += rest
		if s < 0.5 {
			out.novel = append(out.novel, text[w.start:w.end])
		}
	}
	longestRun = max(longestRun, run)
	share := func(x float64) float64 {
		if total == 0 {
			return 0
		}
		return x / total
	}
	covAll, covAsked := 1.0, 1.0
	if total > 0 {
		covAll, covAsked = known/total, asked/total
	}
	factN, missing, conflicts, outside := e.check(&out, ws, fs, window)
	hits := [4]float64{}
	for n := 2; n <= 4; n++ {
		all, hit := 0, 0
		for i := range len(u.ids) - n + 1 {
			all++
			if known := allKnown(u.ids[i : i+n]); known && e.any[n-1][key(u.ids[i:i+n])] {
				hit++
			}
		}
		hits[n-1] = ratio(hit, all)
	}
	windowIDs, sentenceIDs := e.span(window), e.span(sentence)
	copyRun, copied := e.copies(u)
	apart, turned := e.pairs(u)
	out.negated = e.negated(ws, sentence)
	begins := class(0)
	if len(ws) > 0 {
		begins = ws[0].class
	}
	lead := strings.TrimSpace(text)
	f := Features{
		log1p(float64(len(ws))), log1p(float64(content)), ratio(content, len(ws)),
		covAll, covAsked, log1p(novel), log1p(soft), log1p(highest), log1p(longestRun), log1p(commonNovel), log1p(rareNovel), log1p(nameNovel), log1p(missing),
		whole.coverage, window.coverage, sentence.coverage, max(0, whole.coverage-window.coverage), max(0, covAll-whole.coverage),
		hits[1], hits[2], hits[3], ratio(longestCommon(u.ids, windowIDs), len(ws)), ratio(longestCommon(u.ids, sentenceIDs), len(ws)), ratio(copyRun, len(ws)), ratio(copied, len(ws)), apart, turned,
		log1p(factN), ratio64(missing, factN), ratio64(conflicts, factN), ratio64(outside, factN),
		bit(out.negated), coveredBy(sentenceIDs, u.ids),
		bit(strings.Contains(lead, "?")), count(classes[first]), count(classes[second]), count(classes[opinion]), count(classes[hedge]), count(classes[answer]), count(classes[courtesy]), count(classes[refers]), count(classes[most]),
		bit(begins&answer != 0), bit(begins&refers != 0), bit(begins&first != 0),
		ratio(novelStops, stops), bit(rare == 0), bit(strings.Contains(lead, "!")), share(askedOnly),
		log1p(halves[0]), log1p(halves[1]),
		firstKnown(u), repeats(ws), e.left(u, sentence), share(nameNovel), e.odd(u), ratio(polite, content),
	}
	out.features = f
	return out
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func count(n int) float64 { return math.Log1p(float64(n)) }

func ratio(a, b int) float64 { return ratio64(float64(a), float64(b)) }

func ratio64(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}

func allKnown(ids []int32) bool {
	for _, id := range ids {
		if id < 0 {
			return false
		}
	}
	return true
}

// firstKnown is how much of the way into the text the first content word that
// the passages hold stands, 1 when none does.
func firstKnown(u piece) float64 {
	for i, w := range u.words {
		if !w.stop && u.ids[i] >= 0 {
			return float64(i) / float64(len(u.words))
		}
	}
	return 1
}

// repeats is the share of content words that were said before: weak writers
// fill a sentence with the words it has.
func repeats(ws []word) float64 {
	seen := map[string]bool{}
	n, all := 0, 0
	for _, w := range ws {
		if w.stop {
			continue
		}
		all++
		if seen[w.term] {
			n++
		}
		seen[w.term] = true
	}
	return ratio(n, all)
}

// left is the share of the best sentence's numbers and names that the text
// leaves out.
func (e *evidence) left(u piece, m match) float64 {
	if m.passage < 0 {
		return 0
	}
	have := map[int32]bool{}
	for _, id := range u.ids {
		have[id] = true
	}
	p := e.passages[m.passage]
	sp := p.sentences[m.from]
	all, gone := 0, 0
	for i := sp.start; i < sp.end; i++ {
		if w := p.words[i]; w.ident || w.name {
			all++
			if !have[e.runs[m.passage][i]] {
				gone++
			}
		}
	}
	return ratio(gone, all)
}

// odd is the share of neighbouring words, both of them the passages', that no
// passage has side by side.
func (e *evidence) odd(u piece) float64 {
	all, odd := 0, 0
	for i := 1; i < len(u.ids); i++ {
		if allKnown(u.ids[i-1 : i+1]) {
			all++
			if !e.any[1][key(u.ids[i-1:i+1])] {
				odd++
			}
		}
	}
	return ratio(odd, all)
}

// coveredBy is the share of a source sentence's words that the unit repeats.
func coveredBy(source, own []int32) float64 {
	if len(source) == 0 {
		return 0
	}
	have := make(map[int32]bool, len(own))
	for _, id := range own {
		have[id] = true
	}
	n := 0
	for _, id := range source {
		if have[id] {
			n++
		}
	}
	return ratio(n, len(source))
}

// copies is the longest run of words that stands in a passage as it is, and
// the number of words in runs of three or more.
func (e *evidence) copies(u piece) (longest, copied int) {
	for i := 0; i < len(u.ids); {
		n := 1
		if u.ids[i] < 0 {
			i++
			continue
		}
		for i+n < len(u.ids) && u.ids[i+n] >= 0 && e.any[1][key(u.ids[i+n-1:i+n+1])] &&
			(n < 2 || e.any[2][key(u.ids[i+n-2:i+n+1])]) && (n < 3 || e.any[3][key(u.ids[i+n-3:i+n+1])]) {
			n++
		}
		longest = max(longest, n)
		if n >= 3 {
			copied += n
		}
		i += n
	}
	return longest, copied
}

// pairs looks at neighbouring content words that the passages hold: the share
// that no sentence holds together, and of those held together the share that
// stands in the other order only.
func (e *evidence) pairs(u piece) (apart, turned float64) {
	last := int32(-1)
	all, away, together, other := 0, 0, 0, 0
	for i, w := range u.words {
		if w.stop {
			continue
		}
		id := u.ids[i]
		if id >= 0 && last >= 0 && id != last {
			all++
			switch near, forward := e.together(last, id); {
			case !near:
				away++
			default:
				together++
				if !forward {
					other++
				}
			}
		}
		last = id
	}
	return ratio(away, all), ratio(other, together)
}

// together reports whether a sentence holds both ids, and one of them a
// before b.
func (e *evidence) together(a, b int32) (near, forward bool) {
	x, y := e.where[a], e.where[b]
	x, y = x[:min(len(x), maxWhere)], y[:min(len(y), maxWhere)]
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] < y[j]:
			i++
		case x[i] > y[j]:
			j++
		default:
			near = true
			pl := e.places[x[i]]
			sp := e.passages[pl.passage].sentences[pl.sentence]
			seen := false
			for _, id := range e.runs[pl.passage][sp.start:sp.end] {
				if id == a {
					seen = true
				}
				if id == b && seen {
					return true, true
				}
			}
			i++
			j++
		}
	}
	return near, false
}

// negated reports whether just one of the text and its best sentence negates.
func (e *evidence) negated(ws []word, m match) bool {
	if m.passage < 0 || m.coverage < 0.3 {
		return false
	}
	p := e.passages[m.passage]
	source := p.words[p.sentences[m.from].start:p.sentences[m.to-1].end]
	return negations(ws)%2 != negations(source)%2
}

func negations(ws []word) int {
	n := 0
	for i, w := range ws {
		// A "no" that opens an answer negates nothing that follows.
		if w.class&negation != 0 && (i > 0 || w.class&answer == 0) {
			n++
		}
	}
	return n
}

// check looks the facts up: how many there are, how many no passage states,
// how many contradict, and how many stand outside the best window.
func (e *evidence) check(out *found, ws []word, fs []fact, window match) (n, missing, conflicts, outside float64) {
	for _, f := range fs[:min(len(fs), maxStated)] {
		if f.value == "" {
			continue
		}
		n++
		if !e.stated(f) {
			if f.word {
				missing += 0.5
			} else {
				missing++
			}
			if f.strict() {
				out.missing = append(out.missing, f)
			}
			continue
		}
		if window.passage >= 0 && !e.inWindow(f, window) {
			outside++
		}
		if other, ok := e.contradicts(ws, f, fs); ok {
			conflicts++
			if !out.conflicting {
				out.conflict, out.conflicting = f.text+" ≠ "+other.text, true
			}
		}
	}
	return n, missing, conflicts, outside
}

// may reports whether passage n may be used: it is cited, or none is.
func (e *evidence) may(n int) bool { return e.cites == nil || e.cites[n] }

func (e *evidence) stated(f fact) bool {
	for i, p := range e.passages {
		if e.may(i) && stated(f, p.facts) {
			return true
		}
	}
	return false
}

// inWindow reports whether the best window states f.
func (e *evidence) inWindow(f fact, m match) bool {
	for _, h := range e.passages[m.passage].facts {
		if h.start >= m.start && h.end <= m.end && same(f, h) {
			return true
		}
	}
	return false
}

// The shares of a fact's neighbouring words, from which another value is in its
// place, and up to which its own value stands elsewhere.
const (
	inPlace   = 0.75
	elsewhere = 0.45
)

// contradicts reports whether the passages state another value where f stands,
// between the same words, and f's own only in other places. A value that the
// text states too, among fs, was not replaced by f.
func (e *evidence) contradicts(ws []word, f fact, fs []fact) (fact, bool) {
	if f.kind == month || f.kind == interval || f.word || e.placed > maxPlaced {
		return fact{}, false
	}
	left, right := nearby(ws, f)
	if len(left)+len(right) < 2 {
		return fact{}, false
	}
	own, best, other := 0.0, 0.0, fact{}
	for i, p := range e.passages {
		if !e.may(i) {
			continue
		}
		for _, h := range p.facts {
			if h.value == "" || h.word && !same(f, h) {
				continue
			}
			switch equal := same(f, h) || partly(f, h); {
			case equal || h.kind == f.kind && h.of == f.of:
				l, r := nearby(p.words, h)
				v := ratio(inBoth(left, l)+inBoth(right, r), len(left)+len(right))
				if equal {
					own = max(own, v)
				} else if v > best && !slices.ContainsFunc(fs, func(g fact) bool { return g.value != "" && same(g, h) }) {
					best, other = v, h
				}
			}
		}
	}
	return other, best >= inPlace && own <= elsewhere*best/inPlace && own < best
}

// reach is how many words on each side of a fact tell its place.
const reach = 4

// nearby are the words on both sides of a fact.
func nearby(ws []word, f fact) (left, right []word) {
	i, _ := slices.BinarySearchFunc(ws, f.start, func(w word, at int) int { return cmp.Compare(w.end, at+1) })
	j := i
	for j < len(ws) && ws[j].start < f.end {
		j++
	}
	return ws[max(0, i-reach):i], ws[j:min(len(ws), j+reach)]
}

func inBoth(a, b []word) int {
	n := 0
	for _, x := range a {
		if slices.ContainsFunc(b, func(y word) bool { return x.term == y.term }) {
			n++
		}
	}
	return n
}
