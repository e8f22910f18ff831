package message

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Kind is what a question asks for.
type Kind string

// The kinds of questions.
const (
	Price   Kind = "price"   // what something costs
	YesNo   Kind = "yesno"   // whether something is so
	HowTo   Kind = "howto"   // the way to do something
	When    Kind = "when"    // a time or a duration
	Where   Kind = "where"   // a place
	HowMuch Kind = "howmuch" // an amount that is no price
	Which   Kind = "which"   // one of several
	Problem Kind = "problem" // something does not work; what to do is not asked
	Open    Kind = "other"   // anything else
)

// Question is one thing the customer wants.
type Question struct {
	Text       string // as written
	Start, End int    // of Text in the body
	Kind       Kind
	// Refers means that the question cannot be understood without what was
	// said before: "And what does it cost?".
	Refers bool
	// Context is the statements around it, in their order, such as "Vi har en
	// XY-2000 fra 2021.".
	Context []string
}

// The reasons a sentence is taken for a question, weakest last.
type sign int

const (
	none   sign = iota
	asked       // question mark, or opens like a question
	wished      // "I need", "send me"
	broken      // says that something does not work
)

// contextBefore and contextAfter bound the statements that go with a question.
const (
	contextBefore = 4
	contextAfter  = 2
)

// Questions splits a cleaned body into what the customer wants, in the order
// written. Sentences with a question mark count, those that open like a
// question, and wishes. When there are none, or only questions beside the
// matter, a description of something that does not work counts as one.
func Questions(language, body string) []Question {
	return newReading(language, body).questions()
}

// piece is a sentence, or a half of one that joins two questions.
type piece struct {
	Span
	folded string
	sign   sign
}

// reading is a body taken apart once for everything that is asked of it.
type reading struct {
	v      *vocabulary
	body   string
	pieces []piece
}

func newReading(language, body string) reading {
	r := reading{v: vocabularyOf(language), body: clip(body, maxBody)}
	asking := false // inside a list whose lead-in announces questions
	for _, s := range r.sentences(language) {
		text := r.body[s.Start:s.End]
		item := listMarker(text)
		s.Start += item
		s = trim(r.body, s)
		folded := fold(r.body[s.Start:s.End])
		got := r.sign(folded)
		switch {
		case item > 0 && asking && got != asked:
			got = wished
		case item == 0:
			asking = strings.HasSuffix(folded, ":") && r.v.asks.in(folded)
			if asking && got == wished {
				got = none // "I need the following:"
			}
		}
		for _, p := range r.split(piece{s, folded, got}) {
			if p.Start < p.End {
				r.pieces = append(r.pieces, p)
			}
		}
	}
	return r
}

// sentences is the sentences of the body, with a list that begins inside one
// ("Two questions: 1) …") taken off its lead-in.
func (r reading) sentences(language string) []Span {
	var out []Span
	for _, s := range Sentences(language, r.body) {
		text := r.body[s.Start:s.End]
		if i := strings.Index(text, ": "); i > 0 && i+2 < len(text) && listMarker(text[i+2:]) > 0 && text[i+2] != '-' {
			out = append(out, Span{s.Start, s.Start + i + 1})
			s.Start += i + 2
		}
		out = append(out, s)
	}
	return out
}

func (r reading) questions() []Question {
	var out []Question
	first, last := -1, -1 // of the problem statements
	for i, p := range r.pieces {
		switch p.sign {
		case asked, wished:
			out = append(out, r.question(p.Span, r.kind(p), i, i))
		case broken:
			if first < 0 {
				first = i
			}
			last = i
		case none:
		}
	}
	if first < 0 || slices.ContainsFunc(out, func(q Question) bool { return q.Refers || !beside(q.Kind) }) {
		return out
	}
	// One problem however many sentences describe it, as long as no question
	// stands between them.
	for i := first; i <= last; i++ {
		if s := r.pieces[i].sign; s == asked || s == wished {
			last = i - 1
		}
	}
	for last > first && r.pieces[last].sign != broken {
		last--
	}
	q := r.question(Span{r.pieces[first].Start, r.pieces[last].End}, Problem, first, last)
	q.Refers = false
	at, _ := slices.BinarySearchFunc(out, q.Start, func(o Question, start int) int { return o.Start - start })
	return slices.Insert(out, at, q)
}

// beside reports whether a question of kind k can stand beside a problem
// without being about it.
func beside(k Kind) bool { return k == Price || k == When || k == Where || k == HowMuch }

// question makes a question of the pieces first to last.
func (r reading) question(s Span, k Kind, first, last int) Question {
	q := Question{Text: r.body[s.Start:s.End], Start: s.Start, End: s.End, Kind: k}
	q.Refers = r.refers(fold(q.Text))
	for i := first - 1; i >= 0 && len(q.Context) < contextBefore; i-- {
		if r.statement(r.pieces[i]) {
			q.Context = append(q.Context, r.body[r.pieces[i].Start:r.pieces[i].End])
		}
	}
	slices.Reverse(q.Context)
	for i := last + 1; i < len(r.pieces) && i <= last+contextAfter; i++ {
		if !r.statement(r.pieces[i]) {
			break
		}
		q.Context = append(q.Context, r.body[r.pieces[i].Start:r.pieces[i].End])
	}
	return q
}

// statement reports whether a piece says something that may help to answer.
func (r reading) statement(p piece) bool {
	if p.sign == asked || p.sign == wished {
		return false
	}
	return !r.courtesy(p.folded)
}

// courtesy reports whether a sentence is thanks or a greeting and no more.
func (r reading) courtesy(folded string) bool {
	at, _ := r.v.thanks.find(folded)
	n := r.v.greeting.starts(folded)
	words := len(wordSpans(folded))
	return at >= 0 && at < 24 && words <= 6 || n > 0 && words <= 3
}

// sign is why a folded sentence is a question.
func (r reading) sign(folded string) sign {
	if r.v.present.in(folded) && wordCount(folded) <= 7 {
		return none
	}
	if strings.Contains(tail(folded), "?") {
		return asked
	}
	open := r.skipFiller(folded)
	if r.opens(open) && !r.inverted(folded, open) {
		return asked
	}
	if r.courtesy(folded) {
		return none
	}
	if at, phrase := r.v.wish.find(folded); at >= 0 {
		rest := strings.TrimLeft(folded[at+len(phrase):], " ")
		if r.v.not.starts(rest) == 0 && rest != "" {
			return wished
		}
	}
	if r.v.problem.in(folded) {
		return broken
	}
	return none
}

// inverted reports whether open, which is the end of folded, has its verb first
// only because of the word before it: "takk, så er det på plass".
func (r reading) inverted(folded, open string) bool {
	if r.questionWord(open) > 0 || r.suffixed(open) {
		return false
	}
	words := wordSpans(folded[:len(folded)-len(open)])
	if len(words) == 0 {
		return false
	}
	w := words[len(words)-1]
	return slices.Contains(r.v.inverts, folded[w.Start:w.End])
}

// tail is the closing punctuation of a sentence.
func tail(s string) string {
	return s[len(strings.TrimRight(s, ".!?…\"'”’»)] ")):]
}

// skipFiller cuts words such as "and", "but" and "hello" from the beginning.
func (r reading) skipFiller(folded string) string {
	for range 4 {
		n := r.v.filler.starts(folded)
		if n == 0 {
			return folded
		}
		rest := strings.TrimLeft(folded[n:], " ,.!-–:")
		if rest == "" {
			return folded
		}
		folded = rest
	}
	return folded
}

// opens reports whether folded begins like a question: a question word with a
// verb after it, or a verb with its subject.
func (r reading) opens(folded string) bool {
	if r.priceWord(folded) > 0 {
		return true
	}
	n := r.questionWord(folded)
	if n > 0 {
		rest := strings.TrimLeft(folded[n:], " ")
		// "When I press start, it stops." asks nothing; "when do I" does.
		return rest != "" && isLetterAt(rest) && r.v.subjects.starts(rest) == 0 || rest == ""
	}
	if r.suffixed(folded) {
		return true
	}
	n = r.v.verbs.starts(folded)
	return n > 0 && n < len(folded) && r.v.subjects.starts(strings.TrimLeft(folded[n:], " ")) > 0
}

func isLetterAt(s string) bool {
	c, _ := utf8.DecodeRuneInString(s)
	return isWord(c)
}

// questionWord is the length of the question word that folded begins with.
func (r reading) questionWord(folded string) int {
	n := 0
	for _, ps := range []phrases{r.v.when, r.v.where, r.v.howto, r.v.howmuch, r.v.which, r.v.why, r.v.what} {
		n = max(n, ps.starts(folded))
	}
	return max(n, r.priceWord(folded))
}

// priceWord is the length of a price question that folded begins with, such as
// "was kostet": of the price words only those that are questions open one.
func (r reading) priceWord(folded string) int {
	n := r.v.price.starts(folded)
	if n > 0 && strings.Contains(folded[:n], " ") && r.v.questionStart(folded[:n]) {
		return n
	}
	return 0
}

// questionStart reports whether a phrase begins with a question word.
func (v *vocabulary) questionStart(p string) bool {
	for _, ps := range []phrases{v.what, v.howto, v.where, v.when, v.howmuch} {
		if ps.starts(p) > 0 {
			return true
		}
	}
	return false
}

// suffixed reports whether the first word carries a question suffix, as in
// Finnish "toimiiko".
func (r reading) suffixed(folded string) bool {
	word := folded
	if i := strings.IndexFunc(folded, func(c rune) bool { return !isWord(c) }); i >= 0 {
		word = folded[:i]
	}
	if len(word) < 4 || slices.Contains([]string{"koko", "joko", "pakko", "verkko", "lauko", "seikko", "jokos"}, word) {
		return false
	}
	if word == folded { // a word alone is no question without its mark
		return false
	}
	for _, s := range r.v.suffixes {
		if strings.HasSuffix(word, s) && r.v.finnishVerb(word) {
			return true
		}
	}
	return false
}

// finnishVerb reports whether what a question suffix stands on can be a verb:
// one of the listed ones, or a form that ends like a person's.
func (v *vocabulary) finnishVerb(word string) bool {
	if slices.Contains(v.verbs, word) {
		return true
	}
	for _, end := range []string{"nko", "nkö", "tteko", "ttekö", "mmeko", "mmekö", "iiko", "iikö", "aako", "ääkö", "eeko", "eekö", "uuko", "yykö", "atko", "ätkö", "isiko", "isikö"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

// maxSplit is the longest sentence that is looked at for a second question.
const maxSplit = 1000

// split parts a sentence where it joins questions that each have an
// interrogative: "Is it compatible and what does it cost?".
func (r reading) split(p piece) []piece {
	if p.sign != asked && p.sign != wished || len(p.folded) > maxSplit {
		return []piece{p}
	}
	var out []piece
	for from := 0; ; {
		at, skip := r.joint(p.folded, from, p.sign)
		if at < 0 {
			break
		}
		left := piece{Span{p.Start, p.Start + at}, p.folded[:at], p.sign}
		left.Span = trim(r.body, left.Span)
		left.folded = strings.TrimRight(strings.TrimSpace(left.folded), ",;")
		left.End = left.Start + len(left.folded)
		out = append(out, left)
		rest := piece{Span{p.Start + at + skip, p.End}, p.folded[at+skip:], asked}
		p = rest
		from = 0
	}
	return append(out, p)
}

// joint is where in folded, after from, a second question begins, and how long
// what joins the two is.
func (r reading) joint(folded string, from int, s sign) (at, skip int) {
	for i := from; i < len(folded); {
		c := folded[i]
		if c != ' ' && c != ',' {
			i++
			continue
		}
		rest := strings.TrimLeft(folded[i:], " ,;")
		start := len(folded) - len(rest)
		joined := r.v.and.starts(rest)
		if joined > 0 {
			rest = strings.TrimLeft(rest[joined:], " ")
			start = len(folded) - len(rest)
		}
		left := folded[:i]
		if (joined > 0 || c == ',') && len(wordSpans(left)) >= 2 && len(wordSpans(clip(rest, 80))) >= 2 && r.asks(left, s) {
			word := r.questionWord(rest)
			// After a mere comma most question words open a subordinate clause;
			// in Finnish all of them may.
			comma := joined == 0 && word > 0 && len(r.v.suffixes) == 0 && r.opens(rest) && r.opens(r.skipFiller(announced(left))) &&
				!r.subordinate(r.skipFiller(announced(left))) && !r.reports(left) && !r.relative(rest[:word])
			if joined > 0 && (word > 0 || r.opens(rest)) || comma {
				return i, start - i
			}
		}
		i = max(i+1, start)
	}
	return -1, 0
}

// asks reports whether the left half of a sentence is a question by itself.
func (r reading) asks(left string, s sign) bool {
	open := r.skipFiller(announced(left))
	return r.opens(open) || r.questionWord(open) > 0 || r.v.verbs.starts(open) > 0 || r.suffixed(open) ||
		s == wished || r.v.wish.in(left) || s == asked && r.anyWord(left)
}

// announced is what follows the colon of "For our records: is it certified".
func announced(clause string) string {
	if i := strings.LastIndex(clause, ": "); i >= 0 {
		return strings.TrimLeft(clause[i+2:], " ")
	}
	return clause
}

// anyWord reports whether a question word occurs anywhere.
func (r reading) anyWord(s string) bool {
	for _, ps := range []phrases{r.v.where, r.v.howto, r.v.howmuch, r.v.which, r.v.why, r.v.what} {
		if ps.in(s) {
			return true
		}
	}
	return false
}

// reports reports whether left announces the question that follows its comma:
// "Können Sie mir sagen, was das kostet?".
func (r reading) reports(left string) bool {
	words := wordSpans(left)
	if len(words) == 0 {
		return false
	}
	w := words[len(words)-1]
	last := left[w.Start:w.End]
	return slices.Contains([]string{
		"sagen", "wissen", "mir", "mitteilen", "fragen", "erklären", "ob", "prüfen", "meg", "si", "vite", "forklare", "mig", "säga", "veta",
		"förklara", "sige", "vide", "fortælle", "oplyse", "tietää", "kertoa", "sanoa", "minulle", "know", "me", "us", "tell", "explain", "uns", "oss", "os",
		"lurer", "undrar", "tietääkö", "tiedättekö", "vet", "ved", "bitte", "please", "gern", "gerne",
	}, last)
}

// subordinate reports whether a clause depends on the one after it: it opens
// with a conjunction and no verb follows, as one would in a question.
func (r reading) subordinate(clause string) bool {
	first, rest, _ := strings.Cut(clause, " ")
	return slices.Contains([]string{"når", "när", "when", "hvis", "om", "wenn", "falls", "if", "kun", "jos", "da", "mens", "medan", "while", "als", "ved", "vid", "etter", "efter", "after", "nach"}, first) &&
		rest != "" && r.v.verbs.starts(rest) == 0
}

// relative reports whether a question word after a mere comma rather opens a
// subordinate clause: "when the lamp blinks, what do I do" has the other order.
func (r reading) relative(word string) bool {
	return slices.Contains([]string{"når", "när", "when", "where", "which", "who", "hvor", "wo", "welche", "welcher", "welches", "die", "kun", "mikä", "mitkä", "minkä", "wie", "koska", "var", "how", "was"}, word)
}

// kind decides what a question asks for by its earliest question word.
func (r reading) kind(p piece) Kind {
	s := p.folded
	if i := strings.IndexByte(s, ','); i > 0 && r.subordinate(r.skipFiller(s[:i])) {
		s = strings.TrimLeft(s[i+1:], " ") // "When I attach a file, how do I …?"
	}
	switch {
	case r.v.price.in(s):
		return Price
	case r.v.when.open().in(s): // "how long is the lead time"
		return When
	}
	best, size, k := len(s)+1, 0, Open
	try := func(ps phrases, kind Kind) {
		at, phrase := ps.find(s)
		if at < 0 || at > best || at == best && len(phrase) <= size {
			return
		}
		best, size, k = at, len(phrase), kind
	}
	try(r.v.when, When)
	try(r.v.howmuch, HowMuch)
	try(r.v.where, Where)
	try(r.v.howto, HowTo)
	try(r.v.which, Which)
	try(r.v.why, Open)
	try(r.v.what, Open)
	open := r.skipFiller(s)
	verb := r.suffixed(open) || r.v.verbs.starts(open) > 0
	lead := len(s) - len(open)
	switch {
	case verb && best > lead && (best > len(s) || r.v.wish.starts(open) == 0):
		return YesNo // "Kann ich … wenn": the verb comes first
	case r.v.whether.in(s):
		return YesNo
	case best <= len(s) && k != Open:
		return k
	case best <= len(s): // why and what
		if r.v.problem.in(s) {
			return Problem
		}
		return Open
	case p.sign == asked && len(wordSpans(s)) >= 3:
		return YesNo
	}
	return Open
}

// refers reports whether a folded question leans on what was said before: it
// has a pronoun, and names nothing itself.
func (r reading) refers(folded string) bool {
	if n := r.v.follow.starts(folded); n > 0 {
		return true
	}
	if len(Anchors(folded)) > 0 {
		return false
	}
	rest := folded
	for _, p := range r.v.there {
		if i := index(rest, p); i >= 0 && (i == 0 || wordCount(rest[:i]) <= 3) {
			rest = rest[:i] + strings.Repeat(" ", len(p)) + rest[i+len(p):]
		}
	}
	pronoun := r.v.pronoun.in(rest)
	also := r.v.also.in(rest)
	content := 0
	for _, w := range wordSpans(rest) {
		if word := rest[w.Start:w.End]; !r.hollow(word) {
			content++
		}
	}
	joined := r.joined(folded)
	words := wordCount(folded)
	switch content {
	case 0:
		return pronoun || joined || words <= 4 && (r.anyWord(folded) || r.v.when.in(folded))
	case 1:
		// "And the freight?" is as short as that.
		return pronoun && (also || joined || r.subject(rest)) || words <= 3 && joined
	}
	return false
}

// joined reports whether a folded question begins with "and", maybe after a
// word such as "ok".
func (r reading) joined(folded string) bool {
	for range 2 {
		if r.v.and.starts(folded) > 0 {
			return true
		}
		n := r.v.filler.starts(folded)
		if n == 0 {
			return false
		}
		folded = strings.TrimLeft(folded[n:], " ,.!-–:")
	}
	return false
}

// subject reports whether a pronoun follows the first verb: "does it fit".
func (r reading) subject(folded string) bool {
	words := wordSpans(folded)
	for i, w := range words {
		if i > 3 {
			return false
		}
		word := folded[w.Start:w.End]
		if i > 0 && slices.Contains(r.v.pronoun, word) {
			return true
		}
	}
	return false
}

// hollow reports whether a word names no thing.
func (r reading) hollow(word string) bool {
	if slices.Contains(r.v.empty, word) || slices.Contains(r.v.pronoun, word) || slices.Contains(r.v.also, word) || utf8.RuneCountInString(word) < 2 {
		return true
	}
	for _, ps := range []phrases{r.v.price, r.v.when, r.v.where, r.v.howto, r.v.howmuch, r.v.which, r.v.why, r.v.what, r.v.verbs} {
		if ps.starts(word) == len(word) {
			return true
		}
	}
	return false
}

func wordCount(s string) int { return len(wordSpans(s)) }
