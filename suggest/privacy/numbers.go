package privacy

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sufflor/sufflor/idnumber"
)

// group is digits without anything between them, and how it is joined to the
// next group: a space, "-", ".", "/" or "+", or 0 at the end.
type group struct {
	from, to int
	joined   byte
}

// separator is how two groups at i are joined, and its width.
func separator(text string, i int) (byte, int) {
	if n := spaceAt(text, i); n > 0 {
		return ' ', n
	}
	if i >= len(text) {
		return 0, 0
	}
	switch c := text[i]; c {
	case '-', '.', '/', '+':
		return c, 1
	}
	for _, hyphen := range []string{"\u2010", "\u2011", "\u2013"} {
		if strings.HasPrefix(text[i:], hyphen) {
			return '-', len(hyphen)
		}
	}
	return 0, 0
}

// groupsAt reads the groups at i into groups, and is where they end.
func groupsAt(text string, i int, groups []group) ([]group, int) {
	for {
		g := group{from: i}
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		g.to = i
		sep, n := separator(text, i)
		if n == 0 || i+n >= len(text) || !isDigit(text[i+n]) {
			return append(groups, g), i
		}
		g.joined = sep
		groups = append(groups, g)
		i += n
	}
}

// numbers looks at everything written in digits.
func (f *finder) numbers() {
	var groups []group
	for i := 0; i < len(f.text); {
		if !isDigit(f.text[i]) {
			i++
			continue
		}
		groups, i = groupsAt(f.text, i, groups[:0])
		for start := 0; start < len(groups); {
			end := segment(groups, start)
			f.digits(groups[start:end], start > 0, end < len(groups))
			start = end
		}
	}
}

// segment is the end of the groups from start that are one number: short ones
// with spaces between, or all that are joined otherwise.
func segment(groups []group, start int) int {
	simple := func(i int) bool {
		g := groups[i]
		return g.to-g.from <= 8 && (g.joined == ' ' || g.joined == 0) && (i == 0 || groups[i-1].joined == ' ')
	}
	end := start
	if simple(start) {
		for end < len(groups) && simple(end) {
			end++
		}
		return end
	}
	for end < len(groups)-1 && groups[end].joined != ' ' {
		end++
	}
	return end + 1
}

// shape is the lengths of groups, such as "4-6-5".
func shape(groups []group) string {
	if len(groups) > 6 {
		return ""
	}
	var b [24]byte
	out := b[:0]
	for i, g := range groups {
		if i > 0 {
			out = append(out, '-')
		}
		out = strconv.AppendInt(out, int64(g.to-g.from), 10)
	}
	return string(out)
}

// uniform is how all groups are joined, or 0 when not alike.
func uniform(groups []group) byte {
	for _, g := range groups[:len(groups)-1] {
		if g.joined != groups[0].joined {
			return 0
		}
	}
	if len(groups) == 1 {
		return 'n' // nothing to join
	}
	return groups[0].joined
}

// digits decides on one number. left and right say that more digits stand
// beside it, a space between.
func (f *finder) digits(groups []group, left, right bool) {
	from, to := groups[0].from, groups[len(groups)-1].to
	joined := uniform(groups)
	if joined == 0 || to-from < 8 || to-from > 40 {
		return
	}
	sh := shape(groups)
	d := idnumber.Digits(f.text[from:to])
	if len(d) < 9 || len(d) > 19 {
		return
	}
	if len(d) == 19 && sh == "4-4-4-4-3" && !idnumber.Card(d) {
		// The three digits on the back of a card.
		to, d, sh = groups[3].to, d[:16], "4-4-4-4"
	}
	glued, ok := f.glued(from, to)
	if !ok {
		return
	}
	var c cue = -1
	said := func() cue {
		if c < 0 {
			c = f.cue(from)
		}
		return c
	}
	hyphen := joined == '-' || joined == '+'
	report := func(kind Kind, rule, norm string, confidence float64) {
		if norm == "" {
			norm = d
		}
		f.add(Finding{Kind: kind, Rule: rule, Start: from, End: to, Confidence: confidence, norm: norm})
	}
	swedish := func() bool {
		if !idnumber.Swedish(d) || joined == ' ' && (left || right) || joined == '.' || joined == '/' || glued && len(d) != 12 {
			return false
		}
		if (!hyphen || len(d) == 12 && joined == 'n') && said() == other {
			return false
		}
		report(ID, "se_personnummer", d[len(d)-10:], .97)
		return true
	}
	switch sh {
	case "11", "6-5":
		switch {
		case glued || joined == '.' || joined == '/' || joined == ' ' && (left || right):
		case idnumber.Norwegian(d, f.opts.Norway):
			report(ID, "no_fodselsnummer", "", .99)
		case sh == "11" && (idnumber.GermanTax(d) || idnumber.GermanTaxExample(d)) && said() != other:
			report(ID, "de_steuer_id", "", .95)
		case sh == "11" && idnumber.NorwegianAccount(d) && said() == bankCue:
			report(Account, "no_konto", "", .95)
		case said() == identity && datedNorwegian(d):
			// Somebody says that it is one and mistyped it.
			report(ID, "no_fodselsnummer", "", .6)
		}
	case "4-2-5":
		if !glued && (joined == '.' || joined == ' ' && said() == bankCue) && idnumber.NorwegianAccount(d) && said() != other {
			report(Account, "no_konto", "", .95)
		}
	case "2-3-3-3":
		if !glued && joined == ' ' && idnumber.GermanTax(d) && said() != other {
			report(ID, "de_steuer_id", "", .95)
		}
	case "12", "8-4":
		swedish()
	case "10", "6-4":
		switch {
		case joined == '.' || joined == '/' || joined == ' ' && (left || right):
		case swedish(), glued:
		case joined == '+':
		case idnumber.Icelandic(d) && (hyphen || said() != other):
			report(ID, "is_kennitala", "", .97)
		case idnumber.Danish(d) && f.danish(joined, said(), to):
			report(ID, "dk_cpr", "", .85)
		}
	case "9":
		if said() == identity && idnumber.GermanDoctor(d) && !glued {
			report(ID, "de_lanr", "", .8)
		}
	case "3-2-4":
		if joined == '-' && said() == identity && !glued {
			report(ID, "us_ssn", "", .9)
		}
	}
	if len(d) >= 13 && !glued && joined != '.' && joined != '/' && joined != '+' && f.card(d, sh, said) {
		report(Card, "card", "", .95)
	}
	if len(d) == 12 && sh == "12" && !glued && said() == cardCue && idnumber.Luhn(d) {
		report(Card, "card", "", .8) // Maestro numbers may be this short
	}
}

// danish decides on a date and four digits, for which there is no checksum: by
// the hyphen, or by what the words say.
func (f *finder) danish(joined byte, said cue, to int) bool {
	switch said {
	case other, bankCue, version:
		return false
	case identity, meCue, payCue:
		return true
	}
	return joined == '-' || f.cueAfter(to) == payCue
}

// datedNorwegian reports whether eleven digits begin with a date.
func datedNorwegian(d string) bool { return idnumber.Danish(d[:10]) }

// card reports whether digits are a payment card, in groups as printed. Short
// numbers and those of rare issuers are believed when something says so.
func (f *finder) card(d, sh string, said func() cue) bool {
	switch sh {
	case "13", "14", "15", "16", "17", "18", "19", "4-4-4-4", "4-4-4-4-3", "4-6-5", "4-6-4", "4-4-4-3", "4-4-4-2":
	default:
		return false
	}
	if !idnumber.Luhn(d) || said() == other {
		return false
	}
	// Thirteen digits are mostly bar codes; and issuers come and go.
	if said() == cardCue {
		return true
	}
	if len(d) == 15 && d[0] == '1' && len(d) != len(strings.Trim(f.text, " \t\r\n.")) {
		return false
	}
	if (d[0] == '5' || d[0] == '6') && len(d) != 16 && len(d) != 19 {
		return false // Maestro allows every length, and hardly uses it
	}
	return len(d) > 13 && idnumber.Card(d)
}

// glued reports whether a number goes on from small letters ("is199003052397")
// and, as ok, whether it can be a number of its own at all: not a piece of a
// code or of a number with decimals.
func (f *finder) glued(from, to int) (glued, ok bool) {
	switch r := f.before(from); {
	case r == '-' || r == '/' || r == '.' || r == '_' || r == '+' || r == '\u2011' || r == '=':
		if from > 1 {
			if b := f.before(from - utf8.RuneLen(r)); wordRune(b) && r != '=' {
				return false, false
			}
		}
	case wordRune(r):
		if r < 'a' || r > 'z' || !wordRune(f.before(from-1)) {
			return false, false
		}
		glued = true
	}
	if to < len(f.text) {
		r := f.after(to)
		if wordRune(r) || r == '%' || r == '€' || r == '_' {
			return glued, false
		}
		next := f.after(to + utf8.RuneLen(r))
		if (r == ',' || r == ':') && '0' <= next && next <= '9' || (r == '-' || r == '/') && wordRune(next) {
			return glued, false
		}
	}
	return glued, true
}

// tokens looks at runs of letters and digits: accounts, documents, wallets and
// Finnish identity codes.
func (f *finder) tokens() {
	text := f.text
	for i := 0; i < len(text); {
		c := text[i]
		if !isDigit(c) && !isLetter(c) {
			i++
			continue
		}
		from, digits, letters := i, 0, 0
		for i < len(text) && (isDigit(text[i]) || isLetter(text[i])) {
			if isDigit(text[i]) {
				digits++
			} else {
				letters++
			}
			i++
		}
		if digits > 0 {
			f.finnish(from, i)
		}
		if wordRune(f.before(from)) || wordRune(f.after(i)) || f.before(from) == '_' || f.after(i) == '_' {
			continue
		}
		if digits == 0 && letters > 2 {
			continue
		}
		switch token := text[from:i]; {
		case len(token) >= 26 && idnumber.Wallet(token):
			f.add(Finding{Kind: Wallet, Rule: "bitcoin", Start: from, End: i, Confidence: .99})
		case letters >= 2 && isLetter(token[0]) && len(token) >= 4 && isLetter(token[1]) && isDigit(token[2]) && isDigit(token[3]):
			if end, ok := f.iban(from); ok {
				f.add(Finding{Kind: IBAN, Rule: "iban", Start: from, End: end, Confidence: .99, norm: compact(text[from:end])})
				i = max(i, end)
			} else if letters == 3 || letters == 2 {
				f.document(token, from, i)
			}
		case digits > 0 && letters > 0:
			f.document(token, from, i)
		}
	}
}

// iban reads an account number at i: in one, or in groups of four.
func (f *finder) iban(i int) (end int, ok bool) {
	size := idnumber.AccountLength(strings.ToUpper(f.text[i : i+2]))
	if size == 0 {
		return 0, false
	}
	var raw [34]byte
	n := 0
	for n < size {
		if i >= len(f.text) {
			return 0, false
		}
		if c := f.text[i]; isDigit(c) || isLetter(c) {
			raw[n] = c
			n++
			i++
			continue
		}
		sep, width := separator(f.text, i)
		if n%4 != 0 || sep != ' ' && sep != '-' {
			return 0, false
		}
		i += width
	}
	if wordRune(f.after(i)) || f.after(i) == '_' {
		return 0, false
	}
	return i, idnumber.IBAN(string(raw[:n]))
}

// compact is a number in capitals without what parts it.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9', 'A' <= r && r <= 'Z':
			return r
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, s)
}

// finnish looks for an identity code at the first digit of a token that ends
// at end: "030594W903B", and across a sign that is no letter "131052-308T".
func (f *finder) finnish(from, end int) {
	start := from
	for start < end && !isDigit(f.text[start]) {
		start++
	}
	if start > from && (f.text[start-1] < 'a' || start-from < 2) || start+11 > len(f.text) {
		return // "SN030594W903B"; but "is030594W903B" is a typing error
	}
	s := f.text[start : start+11]
	if !idnumber.Finnish(s) || wordRune(f.after(start+11)) || f.after(start+11) == '_' || start == from && wordRune(f.before(start)) {
		return
	}
	if r := f.after(start + 11); r == '-' && wordRune(f.after(start+12)) {
		return
	}
	f.add(Finding{Kind: ID, Rule: "fi_hetu", Start: start, End: start + 11, Confidence: .99, norm: strings.ToUpper(s)})
}

// document looks at a token of letters and digits for German documents. Their
// checks let one serial number in ten pass, so that what is around must agree.
func (f *finder) document(token string, from, to int) {
	if r := f.before(from); r == '-' || r == '/' || r == '.' || r == '#' {
		return
	}
	if r := f.after(to); r == '-' && wordRune(f.after(to+1)) {
		return
	}
	rule, strong := "", false
	switch {
	case len(token) == 12 && idnumber.GermanPension(token):
		rule, strong = "de_rvnr", true
	case len(token) == 10 && idnumber.GermanHealth(token):
		rule = "de_kvnr"
	case (len(token) == 9 || len(token) == 10) && idnumber.GermanDocument(token):
		rule = "de_ausweis"
	case len(token) == 11 && isLetter(token[0]) && isLetter(token[1]) && len(idnumber.Digits(token[2:10])) == 8:
		if f.cue(from) == identity || f.cueAfter(to) == identity {
			f.add(Finding{Kind: ID, Rule: "de_fuehrerschein", Start: from, End: to, Confidence: .8, norm: strings.ToUpper(token)})
		}
		return
	default:
		return
	}
	said := f.cue(from)
	if said == other || !strong && said != identity && f.cueAfter(to) != identity && !f.alone(from, to) {
		return
	}
	f.add(Finding{Kind: ID, Rule: rule, Start: from, End: to, Confidence: .9, norm: strings.ToUpper(token)})
}
