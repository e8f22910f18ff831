package conflict

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/overlap"
)

// said is what a passage states.
type said struct {
	passage    index.Passage
	statements []statement // each with one value
	sentences  []statement // each whole, for yes and no
	quantities []quantity  // all of the passage
	denies     bool        // one of the sentences does
	codes      []string    // of headings and question, else of the title
	dated      []string    // years of those
	heading    string      // the innermost one, of running text
}

// statement is a sentence, or a cell with its row and column, and a value.
type statement struct {
	text     string // as written
	words    string // without values
	extra    string // what the passage adds: the innermost heading, the question
	span     message.Span
	quantity quantity
	bucket   string         // kinds of values that can be compared
	count    int            // place among the values of the bucket in its sentence, from 0
	exact    string         // the sentence without values when only the same one compares
	place    message.Anchor // of the value in text
	header   string         // of the value's column
	manner   *manner        // see how
	denies   bool
	values   string // norms of all values
	codes    []string
	dated    []string

	analysed bool
	query    overlap.Query
	own      []bool // of query's terms: the sentence's, not what the passage adds
	loose    []bool // of query's terms: may be missing elsewhere
	around   overlap.Text
	terms    map[string]bool
}

// quantity is a value in its base unit, or a range of them.
type quantity struct {
	kind      message.AnchorKind
	low, high float64
	unit      string // as written
	norm      string // of what is no number
	text      string
	currency  string
}

// dimensions are units that measure the same thing, as so many of the first.
var dimensions = map[string]struct {
	name   string
	factor float64
}{
	"s": {"time", 1}, "min": {"time", 60}, "h": {"time", 3600}, "d": {"time", 86400}, "workday": {"time", 86400}, "week": {"time", 7 * 86400},
	"month": {"time", 365.25 / 12 * 86400}, "year": {"time", 365.25 * 86400}, "ms": {"time", 0.001},
	"mm": {"length", 1}, "cm": {"length", 10}, "dm": {"length", 100}, "m": {"length", 1000}, "km": {"length", 1e6},
	"mg": {"mass", 1e-6}, "g": {"mass", 0.001}, "kg": {"mass", 1}, "t": {"mass", 1000},
	"ml": {"volume", 0.001}, "cl": {"volume", 0.01}, "dl": {"volume", 0.1}, "l": {"volume", 1},
	"W": {"power", 1}, "kW": {"power", 1000}, "MW": {"power", 1e6}, "bar": {"pressure", 1}, "mbar": {"pressure", 0.001}, "kPa": {"pressure", 0.01}, "MPa": {"pressure", 10},
	"kB": {"bytes", 1e3}, "MB": {"bytes", 1e6}, "GB": {"bytes", 1e9}, "TB": {"bytes", 1e12},
}

// quantityOf is what an anchor states, and its bucket; "" when it states no
// value.
func quantityOf(a message.Anchor) (q quantity, bucket string) {
	q = quantity{kind: a.Kind, text: a.Text, norm: a.Norm, currency: a.Currency}
	number, unit, _ := strings.Cut(a.Norm, " ")
	n, err := strconv.ParseFloat(number, 64)
	q.low, q.high, q.unit = n, n, unit
	switch a.Kind {
	case message.Money, message.Percent:
		if err != nil {
			return q, ""
		}
		return q, string(a.Kind) + " " + unit
	case message.Unit:
		if err != nil {
			return q, ""
		}
		if d, ok := dimensions[unit]; ok {
			q.low, q.high = n*d.factor, n*d.factor
			return q, d.name
		}
		return q, "unit " + unit
	case message.Number:
		if strings.Contains(number, ":") {
			q.low, q.high = 0, 0
			return q, "clock"
		}
		if err != nil {
			return q, ""
		}
		return q, "number"
	case message.Date, message.Phone, message.Email:
		q.low, q.high = 0, 0
		return q, string(a.Kind)
	}
	return q, ""
}

// roundedTo is how far two values in different units may be apart: four weeks
// are a month.
const roundedTo = 0.12

// agrees reports whether two values of one bucket can both be right.
func (q quantity) agrees(o quantity) bool {
	if q.kind != o.kind {
		return true // nothing to compare
	}
	if q.currency != "" && o.currency != "" && q.currency != o.currency {
		return true // prices of two countries
	}
	if q.low == 0 && q.high == 0 && o.low == 0 && o.high == 0 {
		return q.norm == o.norm || q.kind == message.Phone && len(q.norm) != len(o.norm) || q.kind == message.Date && !sameShape(q.norm, o.norm)
	}
	if q.low <= o.high && o.low <= q.high {
		return true
	}
	if q.unit != o.unit {
		if q.unit == "workday" || o.unit == "workday" {
			return true
		}
		return q.low <= o.high*(1+roundedTo) && o.low <= q.high*(1+roundedTo)
	}
	return false
}

// sameShape reports whether two dates say the same parts of a date.
func sameShape(a, b string) bool { return len(a) == len(b) && (a[0] == '-') == (b[0] == '-') }

// among reports whether a passage also states the value.
func (q quantity) among(s *said) bool {
	for _, o := range s.quantities {
		if o.kind == q.kind && o.norm == q.norm {
			return true
		}
	}
	return false
}

// read takes a passage apart.
func read(p index.Passage) said {
	if len(p.Text) > maxText {
		p.Text = strings.ToValidUTF8(p.Text[:maxText], "")
	}
	s := said{passage: p}
	codes, years := map[string]bool{}, map[string]bool{}
	look := func(text string) {
		for c := range message.Codes(text) {
			codes[c] = true
		}
		yearsOf(text, years)
	}
	for _, h := range p.Headings {
		look(h)
	}
	look(p.Question)
	if len(codes) == 0 {
		look(p.Title)
	} else {
		yearsOf(p.Title, years)
	}
	s.codes, s.dated = sorted(codes), sorted(years)
	if p.Kind != index.KindFAQ && p.Kind != index.KindCase && p.Kind != index.KindRow && len(p.Headings) > 0 {
		s.heading = p.Headings[len(p.Headings)-1]
	}
	if p.Kind == index.KindRow && len(p.Cells) > 1 {
		s.row()
	} else if p.Kind != index.KindTable {
		s.prose()
	}
	return s
}

// prose reads running text, sentence by sentence.
func (s *said) prose() {
	extra := s.heading
	if s.passage.Kind == index.KindFAQ {
		extra = s.passage.Question
	}
	for i, span := range message.Sentences(s.passage.Language, s.passage.Text) {
		if i == maxStatements {
			break
		}
		s.add(s.passage.Text[span.Start:span.End], extra, span)
	}
}

// add reads a sentence with what its passage adds to it.
func (s *said) add(text, extra string, span message.Span) {
	anchors := possessives(text, message.Anchors(text))
	base := statement{text: text, words: blank(text, anchors), extra: extra, span: span}
	codes, years := map[string]bool{}, map[string]bool{}
	yearsOf(text, years)
	var values strings.Builder
	type found struct {
		q      quantity
		bucket string
		at     int
	}
	var all []found
	for i, a := range anchors {
		if a.Kind == message.Code {
			codes[a.Norm] = true
			continue
		}
		values.WriteString(a.Norm + ";")
		q, bucket := quantityOf(a)
		if bucket == "" || a.Kind == message.Number && years[a.Norm] || a.Kind == message.Number && marker(text, a) {
			continue
		}
		if k := len(all) - 1; k >= 0 && i > 0 && all[k].at == i-1 && ranges(text[anchors[i-1].End:a.Start]) && (all[k].bucket == "number" || all[k].bucket == bucket) {
			all[k] = found{span2(anchors[i-1], a, all[k].q, q), bucket, i}
			continue
		}
		all = append(all, found{q, bucket, i})
	}
	base.values, base.codes, base.dated = values.String(), sorted(codes), sorted(years)
	base.denies = denies(s.passage.Language, text)
	counts := map[string]int{}
	for _, f := range all {
		counts[f.bucket]++
		s.quantities = append(s.quantities, f.q)
	}
	nth := map[string]int{}
	for _, f := range all {
		st := base
		st.quantity, st.bucket, st.count = f.q, f.bucket, nth[f.bucket]
		nth[f.bucket]++
		if counts[f.bucket] > 1 || base.denies {
			// Which of them is meant, and is it? The same sentence with other
			// values is another version of it.
			st.exact = strings.Join(strings.Fields(strings.ToLower(base.words)), " ")
		}
		st.place = anchors[f.at]
		s.statements = append(s.statements, st)
	}
	s.denies = s.denies || base.denies
	base.manner = &manner{}
	s.sentences = append(s.sentences, base)
}

// possessives gives numbers the units of "24 måneders garanti".
func possessives(text string, anchors []message.Anchor) []message.Anchor {
	for i, a := range anchors {
		if a.Kind != message.Number {
			continue
		}
		rest := strings.TrimLeft(text[a.End:], " -\u00a0")
		end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
		if end < 0 {
			end = len(rest)
		}
		w, ok := strings.CutSuffix(rest[:end], "s")
		if !ok || w == "" {
			continue
		}
		if m := message.Anchors(a.Text + " " + w); len(m) == 1 && m[0].Kind == message.Unit {
			m[0].Start, m[0].End = a.Start, len(text)-len(rest)+end
			m[0].Text = text[m[0].Start:m[0].End]
			anchors[i] = m[0]
		}
	}
	return anchors
}

// marker reports whether a number is that of a list's item.
func marker(text string, a message.Anchor) bool {
	return strings.TrimSpace(text[:a.Start]) == "" && a.End < len(text) && (text[a.End] == '.' || text[a.End] == ')')
}

// span2 is the range from one value to the next, in the latter's unit.
func span2(first, last message.Anchor, a, b quantity) quantity {
	n, _, _ := strings.Cut(first.Norm, " ")
	low, err := strconv.ParseFloat(n, 64)
	if err != nil {
		return b
	}
	if d, ok := dimensions[b.unit]; ok && a.kind == message.Number {
		low *= d.factor
	} else if a.kind != message.Number {
		low = a.low
	}
	b.low, b.high = min(low, b.low), max(low, b.high)
	b.text = first.Text + "–" + last.Text
	b.norm = first.Norm + "–" + last.Norm
	return b
}

// ranges reports whether two numbers with between between them are a range.
func ranges(between string) bool {
	switch strings.TrimSpace(strings.ToLower(between)) {
	case "-", "–", "—", "‑", "til", "till", "to", "bis", "og", "and", "und", "och", "ja", "viiva":
		return true
	}
	return false
}

// row reads a table row: each value with its column's and its row's name.
func (s *said) row() {
	p := s.passage
	label := p.Cells[0].Value
	values := p.Cells[1:]
	if len(p.Cells) > 2 && !strings.Contains(label, " ") && strings.ContainsAny(label, "0123456789") {
		label, values = p.Cells[1].Value, p.Cells[2:] // an article number, then its name
	}
	codes := sorted(message.Codes(p.Cells[0].Value + "\n" + label))
	at := 0
	for i, c := range values {
		if i == maxStatements {
			break
		}
		span := message.Span{}
		if k := strings.Index(p.Text[at:], c.Value); k >= 0 && c.Value != "" {
			span = message.Span{Start: at + k, End: at + k + len(c.Value)}
			at = span.End
		}
		var all []quantity
		var bucket string
		var place message.Anchor
		anchors := message.Anchors(c.Value)
		for j, a := range anchors {
			q, b := quantityOf(a)
			if b == "" {
				continue
			}
			if j > 0 && len(all) == 1 && ranges(c.Value[anchors[j-1].End:a.Start]) {
				all[0], bucket, place = span2(anchors[j-1], a, all[0], q), b, a
				continue
			}
			all, bucket, place = append(all, q), b, a
		}
		s.quantities = append(s.quantities, all...)
		if len(all) != 1 {
			continue
		}
		q := all[0]
		if q.kind == message.Number {
			bucket = s.measured(c.Header, &q)
		}
		st := statement{
			text: c.Value, words: label + "\n" + unitless(c.Header), span: span, quantity: q, bucket: bucket,
			place: place, header: c.Header, codes: codes,
		}
		years := map[string]bool{}
		yearsOf(c.Header+"\n"+label, years)
		st.dated = sorted(years)
		s.statements = append(s.statements, st)
	}
}

// measured gives a bare number the unit or currency of its column's name, and
// the bucket that comes of it: "Weight (kg)", "Price (NOK)".
func (s *said) measured(header string, q *quantity) string {
	for _, w := range strings.FieldsFunc(header, func(r rune) bool {
		return !unicode.IsLetter(r) && r != '°' && r != '%' && r != '³' && r != '²' && r != '/'
	}) {
		for _, a := range message.Anchors(q.text + " " + w) {
			if o, bucket := quantityOf(a); a.Kind != message.Number && bucket != "" {
				o.text = q.text + " " + w
				*q = o
				return bucket
			}
		}
	}
	return "number"
}

// unitless is a column's name without units, currencies and tax: they are
// compared apart.
func unitless(header string) string {
	return strings.Join(strings.FieldsFunc(header, func(r rune) bool { return strings.ContainsRune(" /()[],.:;", r) }), " ")
}

// blank is text with blanks in the place of values and codes.
func blank(text string, anchors []message.Anchor) string {
	b := []byte(text)
	for _, a := range anchors {
		for i := a.Start; i < a.End; i++ {
			b[i] = ' '
		}
	}
	return string(b)
}

// yearsOf adds the years that text names: of validity rather than of number.
func yearsOf(text string, to map[string]bool) {
	for i := 0; i+4 <= len(text); i++ {
		if (text[i] != '1' || text[i+1] != '9') && (text[i] != '2' || text[i+1] != '0') || i > 0 && (digit(text[i-1]) || text[i-1] == '-' || text[i-1] == '.' || text[i-1] == '/') {
			continue
		}
		if digit(text[i+2]) && digit(text[i+3]) && (i+4 == len(text) || !digit(text[i+4])) {
			rest := strings.TrimLeft(text[i+4:], " \u00a0")
			r, _ := utf8.DecodeRuneInString(rest)
			if !unicode.IsLetter(r) || !measuredBy(rest) {
				to[text[i:i+4]] = true
			}
		}
	}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// measuredBy reports whether a unit or a currency follows: "2000 kg".
func measuredBy(rest string) bool {
	word, _, _ := strings.Cut(rest, " ")
	for _, a := range message.Anchors("7 " + strings.Trim(word, ".,;:!?")) {
		return a.Kind != message.Number
	}
	return false
}

// scope is the codes that a statement is on: its own, else its passage's.
func (s *said) scope(x *statement) []string {
	if len(x.codes) > 0 {
		return x.codes
	}
	return s.codes
}

func (s *said) years(x *statement) []string {
	if len(x.dated) > 0 {
		return x.dated
	}
	return s.dated
}

// how is how the value is meant.
func (x *statement) how() manner {
	if x.manner == nil {
		m := mannerOf(x.text, x.place).with(x.header)
		x.manner = &m
	}
	return *x.manner
}

// analyse prepares the words for comparing, once.
func (x *statement) analyse(s *said) {
	if x.analysed {
		return
	}
	x.analysed = true
	language := s.passage.Language
	fill := fillersOf(language)
	own := overlap.Analyze(language, x.words)
	whole := own
	if x.extra != "" {
		whole = overlap.Analyze(language, x.words+"\n"+blank(x.extra, message.Anchors(x.extra)))
	}
	x.terms = map[string]bool{}
	q := overlap.Weigh(whole, nil, 1)
	for _, t := range q.Terms {
		word := strings.ToLower(t.Surface)
		if t.Identifier || t.Weight < 1 || utf8.RuneCountInString(word) < 3 || fill[word] || fill[t.Term] || strings.Trim(word, "0123456789") == "" {
			continue
		}
		x.query.Terms = append(x.query.Terms, t)
		x.query.Total++
		mine := own.Has(t.Term)
		x.own = append(x.own, mine || s.passage.Kind == index.KindFAQ)
		x.loose = append(x.loose, universal(x.words, t.Surface))
		x.terms[t.Term] = true
	}
	x.around = whole
}

// matches is how well y holds each of x's words. A compound with another first
// part is another thing: express freight is no freight.
func (x *statement) matches(y *statement) []float64 {
	out := x.query.Matches(y.around)
	for i, t := range x.query.Terms {
		if out[i] == 1 || out[i] < alike {
			continue
		}
		for _, o := range y.query.Terms {
			if strings.HasSuffix(o.Term, t.Term) || strings.HasSuffix(t.Term, o.Term) {
				out[i] = 0
			}
		}
	}
	return out
}

// said reports whether t, or a word like it, is among the statement's own.
func (x *statement) said(t overlap.Term) bool {
	for _, o := range x.query.Terms {
		if o.Term == t.Term || overlap.Similar(o.Term, t.Term) >= alike {
			return true
		}
	}
	m := overlap.Query{Terms: []overlap.Term{t}, Total: 1}.Matches(x.around)
	return m[0] >= alike
}

// slack reports whether x says more than y in words that could be left out of
// a price, but not out of a yes or a no.
func (x *statement) slack(y *statement) bool {
	for i, m := range x.matches(y) {
		if m < alike && x.own[i] {
			return true
		}
	}
	return false
}
