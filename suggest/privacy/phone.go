package privacy

import (
	"slices"
	"strings"

	"github.com/sufflor/sufflor/idnumber"
)

// phones looks for telephone numbers: with their country; with a leading zero
// or in groups as they are printed in our countries; and after a word that
// announces one.
func (f *finder) phones() {
	for i := 0; i < len(f.text); {
		c := f.text[i]
		if c != '+' && c != '(' && !isDigit(c) {
			i++
			continue
		}
		end := f.phoneAt(i)
		if end == 0 {
			// Past this number: it does not begin in its middle.
			i++
			for isDigit(c) && i < len(f.text) && isDigit(f.text[i]) {
				i++
			}
			continue
		}
		i = end
	}
}

// knownPhone reads a number that the desk knows, however it is written.
func (f *finder) knownPhone(i int, d dial) int {
	if len(f.opts.Known) == 0 {
		return 0
	}
	for n := len(d.groups); n > 0; n-- {
		end := d.groups[n-1].to
		if d.cutAt(f.text, n) {
			continue
		}
		digits := idnumber.Digits(f.text[i:end])
		for _, p := range f.opts.Known {
			if p.Phone != "" && sameNumber(idnumber.Digits(p.Phone), digits) {
				return f.phone(i, end, "phone_known", .99)
			}
		}
	}
	return 0
}

// dial is a number as it is written: its groups, and whether the first ones
// are a country or in parentheses.
type dial struct {
	plus   bool
	paren  bool
	groups []group
	digits int
}

// dialAt reads at most 17 digits at i, with what stands between them in
// telephone numbers.
func (f *finder) dialAt(i int, space []group) dial {
	d := dial{groups: space[:0]}
	text := f.text
	depth := 0
	if text[i] == '(' {
		d.paren = true
		depth++
		i++
	}
	if i < len(text) && text[i] == '+' {
		d.plus = true
		i++
	}
	for i < len(text) && len(d.groups) < 9 {
		if text[i] == '(' && depth == 0 {
			depth++
			i++
		}
		g := group{from: i}
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		g.to = i
		if g.to == g.from || d.digits+g.to-g.from > 17 {
			break
		}
		d.digits += g.to - g.from
		if depth > 0 && i < len(text) && text[i] == ')' {
			depth--
			i++
			g.to = i
		}
		sep, n := separator(text, i)
		if n > 0 && sep != '+' {
			g.joined = sep
			i += n
		} else if i < len(text) && (text[i] == '(' || text[i-1] == ')') {
			g.joined = ')'
		} else {
			d.groups = append(d.groups, g)
			break
		}
		d.groups = append(d.groups, g)
	}
	return d
}

// phoneAt reads the number at i, and is where it ends, or 0.
func (f *finder) phoneAt(i int) int {
	if r := f.before(i); wordRune(r) && (r < 'a' || r > 'z') || r == '-' || r == '/' || r == '.' || r == '_' || r == '+' || r == '#' || r == ',' || r == '=' {
		return 0
	}
	var space [9]group
	d := f.dialAt(i, space[:])
	if len(d.groups) == 0 || d.digits < 6 {
		return 0
	}
	if wordRune(f.before(i)) && !d.plus && !nanp(d.groups) {
		return 0 // "one is415-555-0132" is a typing error, "sn12 34 56 78" is not
	}
	if d.plus || d.digits >= 9 && strings.HasPrefix(f.text[i:], "00") && isDigit(f.text[i+2]) && f.text[i+2] != '0' && !f.digitBefore(i) {
		return f.abroad(i, d)
	}
	if end := f.knownPhone(i, d); end > 0 {
		return end
	}
	said := f.cue(i)
	if said == other || said == version || said == plateCue {
		return 0
	}
	if end := f.printed(i, d, said); end > 0 {
		return end
	}
	if said == callCue || said == meCue {
		return f.announced(i, d, said)
	}
	return 0
}

// abroad reads a number with its country.
func (f *finder) abroad(i int, d dial) int {
	for n := len(d.groups); n > 0; n-- {
		end := d.groups[n-1].to
		digits := idnumber.Digits(f.text[i:end])
		if len(digits) < 8 || d.cutAt(f.text, n) {
			continue
		}
		valid, possible := international(strings.TrimPrefix(digits, "00"))
		if valid || possible && n == len(d.groups) {
			confidence := .99
			if !valid {
				confidence = .85
			}
			from := i
			if d.paren && !strings.Contains(f.text[i:end], ")") {
				from++
			}
			return f.phone(from, end, "phone_international", confidence)
		}
	}
	return 0
}

// cutAt reports whether the number cannot end after n groups, because what
// follows goes on without a space.
func (d dial) cutAt(text string, n int) bool {
	g := d.groups[n-1]
	if n == len(d.groups) || g.joined == ' ' || g.joined == ')' {
		end := g.to
		return end < len(text) && (isDigit(text[end]) || isLetter(text[end]))
	}
	return true
}

// sizesOf is the lengths of groups without parentheses.
func sizesOf(text string, groups []group) []int {
	out := make([]int, 0, 9)
	for _, g := range groups {
		out = append(out, len(idnumber.Digits(text[g.from:g.to])))
	}
	return out
}

func nanp(groups []group) bool {
	return len(groups) == 3 && groups[0].joined == groups[1].joined && groups[0].joined == '-' &&
		groups[0].to-groups[0].from == 3 && groups[1].to-groups[1].from == 3 && groups[2].to-groups[2].from == 4
}

// printed reads a national number that is grouped as they are printed.
func (f *finder) printed(i int, d dial, said cue) int {
	text := f.text
	last := d.groups[len(d.groups)-1]
	if f.figure(last.to) || f.dotted(d.groups) && said != callCue && said != meCue {
		return 0
	}
	first := idnumber.Digits(text[i:d.groups[0].to])
	sizes := sizesOf(text, d.groups)
	switch {
	case len(d.groups) == 1 && first[0] == '0':
		// A mobile number in one.
		nordic := len(first) == 10 && (first[1] == '7' || first[1] == '4' || first[:3] == "050")
		british := len(first) == 11 && first[:2] == "07"
		german := len(first) == 11 && first[:3] >= "015" && first[:3] <= "017"
		if !nordic && !british && !german {
			return 0
		}
		return f.national(i, d, .8)
	case first[0] == '0' && first != "00" && len(first) >= 2 && len(first) <= 6 && len(d.groups) > 1:
		if datelike(text[i:last.to]) || f.digitBefore(i) {
			return 0
		}
		return f.national(i, d, .9)
	case d.paren && len(first) == 3 && slices.Equal(sizes, []int{3, 3, 4}),
		nanp(d.groups), len(d.groups) == 3 && slices.Equal(sizes, []int{3, 3, 4}) && said != silent:
		return f.national(i, d, .85)
	case slices.Equal(sizes, []int{2, 2, 2, 2}) || slices.Equal(sizes, []int{3, 2, 3}):
		if d.paren || uniform(d.groups) != ' ' || f.digitBefore(i) {
			return 0
		}
		return f.national(i, d, .9)
	}
	return 0
}

// digitBefore reports whether a short group of digits stands before i, a space
// between: then a number does not begin here.
func (f *finder) digitBefore(i int) bool {
	end := i
	for _, space := range []string{" ", "\u00a0", "\u202f"} {
		end = min(end, len(strings.TrimSuffix(f.text[:i], space)))
	}
	if end == i || end == 0 || !isDigit(f.text[end-1]) {
		return false
	}
	start := end
	for start > 0 && end-start < 6 && (isDigit(f.text[start-1]) || isLetter(f.text[start-1])) {
		start--
	}
	return end-start < 6
}

func (f *finder) dotted(groups []group) bool {
	return slices.ContainsFunc(groups, func(g group) bool { return g.joined == '.' })
}

// datelike reports whether digits and what joins them are a date, such as
// "01-02-2026" or "2026-01-02".
func datelike(s string) bool {
	switch len(s) {
	case 8, 9, 10:
	default:
		return false
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) != 3 {
		return false
	}
	slices.SortFunc(parts, func(a, b string) int { return len(b) - len(a) })
	return (len(parts[0]) == 4 || len(parts[0]) == 2) && len(parts[1]) <= 2 && len(parts[2]) <= 2
}

// figure reports whether what stands behind a number makes it an amount or a
// piece of a code.
func (f *finder) figure(to int) bool {
	rest := f.text[to:min(len(f.text), to+8)]
	rest = strings.ToLower(strings.TrimLeft(rest, " \u00a0\u202f"))
	for _, unit := range []string{"kr", "nok", "sek", "dkk", "isk", "eur", "usd", "gbp", "€", "$", "£", ",-", ":-", "%", "euro", "stk", "mm", "kg", "kwh", "st ", "x "} {
		if strings.HasPrefix(rest, unit) {
			return true
		}
	}
	r := f.after(to)
	next := f.after(to + 1)
	return (r == ',' || r == ':') && '0' <= next && next <= '9' || wordRune(r) || (r == '-' || r == '/' || r == '_') && wordRune(next)
}

// national reads a number of one of our countries, leaving out groups at its
// end that are no part of it.
func (f *finder) national(i int, d dial, confidence float64) int {
	_, ours := plans()
	for n := len(d.groups); n > 0; n-- {
		end := d.groups[n-1].to
		digits := idnumber.Digits(f.text[i:end])
		if len(digits) < 7 || n < 2 && len(d.groups) > 1 || d.cutAt(f.text, n) {
			continue
		}
		for _, p := range ours {
			if p.hasWritten(digits) {
				return f.phone(i, end, "phone_"+strings.ToLower(p.region), confidence)
			}
		}
	}
	return 0
}

// announced reads what a word says is a telephone number.
func (f *finder) announced(i int, d dial, said cue) int {
	for n := len(d.groups); n > 0; n-- {
		end := d.groups[n-1].to
		digits := len(idnumber.Digits(f.text[i:end]))
		if digits > 15 {
			continue
		}
		if digits < 7 || d.cutAt(f.text, n) || datelike(f.text[i:end]) || f.figure(end) {
			return 0
		}
		confidence := .75
		if said == callCue {
			confidence = .9
		}
		return f.phone(i, end, "phone_announced", confidence)
	}
	return 0
}

// phone reports a number, unless it is the company's own.
func (f *finder) phone(from, to int, rule string, confidence float64) int {
	written := strings.Replace(f.text[from:to], "(0)", "", 1)
	digits := idnumber.Digits(written)
	own := slices.ContainsFunc(f.opts.Keep, func(k string) bool {
		k = idnumber.Digits(k)
		return len(k) >= 7 && sameNumber(k, digits)
	})
	if !own {
		f.add(Finding{Kind: Phone, Rule: rule, Start: from, End: to, Confidence: confidence, norm: strings.TrimLeft(digits, "0")})
	}
	return to
}

// sameNumber compares digits: a national number is the end of the
// international one.
func sameNumber(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) < len(b) {
		a, b = b, a
	}
	return len(b) >= 7 && len(a)-len(b) <= 3 && strings.HasSuffix(a, b)
}
