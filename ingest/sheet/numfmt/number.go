package numfmt

import (
	"math"
	"strconv"
	"strings"
)

// pattern is what a section says about digits.
type pattern struct {
	before, after []token // literals and places for digits, in order; before and after the point
	whole         int     // least digits before the point
	least, most   int     // digits after it
	point         bool
	group         string // "," for the locale's separator, a literal between groups of three, or ""
	scale         float64
	exponent      []token // places of the exponent, nil without one
	plus          bool    // a positive exponent has a sign
	fraction      *fraction
}

// fraction is "# ??/??" or "# ?/8".
type fraction struct {
	whole       bool // a whole number stands before it
	digits      int  // places of the denominator
	denominator int  // 0 when it is free
	prefix      string
	suffix      string
}

// compile takes the section's tokens apart.
func (s *section) compile() {
	p := pattern{scale: 1}
	if s.fraction(&p) {
		s.pattern = p
		return
	}
	lastDigit := -1
	for i, t := range s.tokens {
		if t.kind == '0' || t.kind == '#' || t.kind == '?' {
			lastDigit = i
		}
		if t.kind == 'E' {
			break
		}
	}
	seen := false
	s.plain = true
	for i, t := range s.tokens {
		if t.kind == 'l' || t.kind == '%' || t.kind == '.' || t.kind == 'E' || t.kind == '/' {
			s.plain = false
		}
		switch t.kind {
		case '%':
			p.scale *= 100
			t = token{kind: 'l', text: "%"}
		case '/':
			t = token{kind: 'l', text: "/"}
		case ',':
			s.plain = false
			switch {
			case !seen:
				t = token{kind: 'l', text: ","}
			case i > lastDigit:
				p.scale /= 1000
				continue
			default:
				if !p.point {
					p.group = ","
				}
				continue
			}
		case '.':
			if p.point {
				t = token{kind: 'l', text: "."}
				break
			}
			p.point = true
			if !seen && i > lastDigit {
				p.point = false
				t = token{kind: 'l', text: "."}
				break
			}
			continue
		case 'E':
			p.exponent = append([]token{}, s.tokens[i+1:]...)
			p.plus = t.text == "+"
			if len(p.exponent) == 0 {
				p.exponent = []token{{kind: '0', n: 1}}
			}
		case '0', '#', '?':
			seen = true
			if p.point {
				p.most++
				if t.kind == '0' {
					p.least = p.most
				}
			} else if t.kind == '0' {
				p.whole++
			}
		}
		if t.kind == 'E' {
			break
		}
		if p.point {
			p.after = append(p.after, t)
		} else {
			p.before = append(p.before, t)
		}
	}
	p.most = min(p.most, 30)
	p.least = min(p.least, 30)
	// "0" fills with zeros from where the first one stands: "0##" has three.
	places, firstZero := 0, -1
	for _, t := range p.before {
		if t.kind == '0' || t.kind == '#' || t.kind == '?' {
			if t.kind == '0' && firstZero < 0 {
				firstZero = places
			}
			places++
		}
	}
	if firstZero >= 0 {
		p.whole = places - firstZero
	}
	if p.group == "" {
		p.spaceGroups()
	}
	s.pattern = p
}

// spaceGroups finds "# ##0": a space between groups of three places parts all
// groups of three, as writers mean it. Other literals between digits stand
// where they are ("00 00 00 00", "000-0000").
func (p *pattern) spaceGroups() {
	var sep string
	run, groups := 0, 0
	var kept []token
	for i, t := range p.before {
		switch t.kind {
		case '0', '#', '?':
			run++
		case 'l':
			between := run > 0 && i+1 < len(p.before) && p.before[i+1].kind != 'l'
			if between && (t.text == " " || t.text == "\u00a0" || t.text == "\u202f" || t.text == "'") && (groups == 0 || run == 3) && (sep == "" || sep == t.text) {
				sep, run = t.text, 0
				groups++
				continue
			}
			if between {
				return
			}
		}
		kept = append(kept, t)
	}
	if groups > 0 && run == 3 {
		p.group, p.before = sep, kept
	}
}

func (s *section) number(v float64, loc locale) string {
	p := &s.pattern
	if p.fraction != nil {
		return p.fraction.show(v)
	}
	v *= p.scale
	exponent := ""
	if p.exponent != nil {
		v, exponent = p.scientific(v)
	}
	whole, decimals, _ := strings.Cut(round(v, p.most), ".")
	for len(decimals) > p.least && strings.HasSuffix(decimals, "0") {
		decimals = decimals[:len(decimals)-1]
	}
	if whole == "0" && p.whole == 0 {
		whole = ""
	}
	for len(whole) < p.whole {
		whole = "0" + whole
	}
	var b strings.Builder
	places := 0
	for _, t := range p.before {
		if t.kind != 'l' {
			places++
		}
	}
	sep := p.group
	if sep == "," {
		sep = loc.thousands
	}
	put := func(from, to int) { // digits with their separators
		for i := from; i < to; i++ {
			if left := len(whole) - i; i > 0 && sep != "" && left%3 == 0 {
				b.WriteString(sep)
			}
			b.WriteByte(whole[i])
		}
	}
	done := 0
	for _, t := range p.before {
		if t.kind == 'l' {
			b.WriteString(t.text)
			continue
		}
		places--
		// The digit of this place, and for the first one all before it.
		if end := len(whole) - places; end > done {
			put(done, end)
			done = end
		}
	}
	put(done, len(whole))
	if decimals != "" {
		b.WriteString(loc.decimal)
	}
	at := 0
	for _, t := range p.after {
		if t.kind == 'l' {
			b.WriteString(t.text)
		} else if at < len(decimals) {
			b.WriteByte(decimals[at])
			at++
		}
	}
	b.WriteString(exponent)
	return b.String()
}

// scientific scales v to the places before the point and gives the exponent
// with the words after it.
func (p *pattern) scientific(v float64) (float64, string) {
	exp := 0
	places := 0
	for _, t := range p.before {
		if t.kind != 'l' {
			places++
		}
	}
	if v != 0 {
		exp = int(math.Floor(math.Log10(v)))
		step := max(places, 1)
		if p.whole == places { // "0.00E+00", "00.0E+0": all places are filled
			exp -= step - 1
		} else {
			exp = int(math.Floor(float64(exp)/float64(step))) * step
		}
		scaled := v / math.Pow(10, float64(exp))
		if top := math.Pow(10, float64(step)); mustFloat(round(scaled, p.most)) >= top {
			scaled, exp = scaled/top*math.Pow(10, float64(step-1)), exp+1 // 9.999 is 1.00E+1
			if p.whole != places {
				scaled, exp = v/math.Pow(10, float64(exp-1+step)), exp-1+step
			}
		}
		v = scaled
	}
	var b strings.Builder
	b.WriteByte('E')
	if exp < 0 {
		b.WriteByte('-')
	} else if p.plus {
		b.WriteByte('+')
	}
	digits := strconv.Itoa(max(exp, -exp))
	n := 0
	for _, t := range p.exponent {
		if t.kind == '0' || t.kind == '#' || t.kind == '?' {
			n++
		}
	}
	for len(digits) < n {
		digits = "0" + digits
	}
	b.WriteString(digits)
	for _, t := range p.exponent {
		if t.kind == 'l' {
			b.WriteString(t.text)
		}
	}
	return v, b.String()
}

func mustFloat(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return v
}

// fraction reads a section that shows fractions.
func (s *section) fraction(p *pattern) bool {
	slash := -1
	for i, t := range s.tokens {
		if t.kind == '/' {
			slash = i
			break
		}
	}
	if slash < 1 || slash == len(s.tokens)-1 {
		return false
	}
	isPlace := func(t token) bool { return t.kind == '0' || t.kind == '#' || t.kind == '?' }
	f := &fraction{}
	at := slash - 1
	for at >= 0 && isPlace(s.tokens[at]) {
		at--
	}
	if at == slash-1 {
		return false
	}
	for ; at >= 0; at-- {
		switch t := s.tokens[at]; {
		case isPlace(t):
			f.whole = true
		case t.kind == 'l' && !f.whole && at > 0 && strings.TrimSpace(t.text) == "":
		case t.kind == 'l':
			f.prefix = t.text + f.prefix
		}
	}
	end := slash + 1
	fixed := ""
	for end < len(s.tokens) {
		t := s.tokens[end]
		if t.kind == 'l' && (f.digits == 0 || fixed != "") && strings.Trim(t.text, "0123456789") == "" {
			fixed += t.text
		} else if t.kind == '0' && fixed != "" { // the zeros of "?/100"
			fixed += "0"
		} else if isPlace(t) {
			f.digits++
		} else {
			break
		}
		end++
	}
	if n, err := strconv.Atoi(fixed); err == nil && n > 0 && n < 1_000_000 {
		f.denominator = n
	}
	if f.digits == 0 && f.denominator == 0 {
		return false
	}
	for ; end < len(s.tokens); end++ {
		if s.tokens[end].kind == 'l' {
			f.suffix += s.tokens[end].text
		}
	}
	f.digits = min(f.digits, 4)
	p.fraction = f
	return true
}

func (f *fraction) show(v float64) string {
	if v > 1e12 {
		return f.prefix + generalNumber(v, english) + f.suffix
	}
	whole := 0.0
	if f.whole {
		whole = math.Floor(v)
		v -= whole
	}
	num, den := 0, f.denominator
	if den > 0 {
		num = int(math.Round(v * float64(den)))
	} else {
		num, den = nearest(v, int(math.Pow10(f.digits))-1)
	}
	if f.whole && num == den && den > 0 {
		whole, num = whole+1, 0
	}
	text := f.prefix
	switch {
	case f.whole && num == 0:
		text += strconv.FormatFloat(whole, 'f', 0, 64)
	case f.whole && whole > 0:
		text += strconv.FormatFloat(whole, 'f', 0, 64) + " " + strconv.Itoa(num) + "/" + strconv.Itoa(den)
	default:
		text += strconv.Itoa(num) + "/" + strconv.Itoa(den)
	}
	return text + f.suffix
}

// nearest is the fraction nearest to v with a denominator up to most: the best
// of all, since there are at most 9,999.
func nearest(v float64, most int) (num, den int) {
	num, den = int(math.Round(v)), 1
	best := math.Abs(v - float64(num))
	for d := 2; d <= most && best > 1e-12; d++ {
		n := math.Round(v * float64(d))
		if e := math.Abs(v - n/float64(d)); e < best-1e-15 {
			num, den, best = int(n), d, e
		}
	}
	return num, den
}

// round writes v with the given decimals, half away from zero on the 15
// significant digits that Excel knows: 2.675 is 2.68.
func round(v float64, decimals int) string {
	decimals = min(decimals, 30)
	if decimals == 0 && v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatInt(int64(v), 10)
	}
	exact := strconv.FormatFloat(v, 'e', 14, 64)
	mantissa, exponent, _ := strings.Cut(exact, "e")
	exp, err := strconv.Atoi(exponent)
	if err != nil || exp > 300 || exp < -300 {
		return strconv.FormatFloat(v, 'f', decimals, 64)
	}
	digits := strings.Replace(mantissa, ".", "", 1)
	// The number is 0.digits × 10^(exp+1); keep exp+1+decimals digits.
	keep := exp + 1 + decimals
	if keep < 0 {
		return strconv.FormatFloat(0, 'f', decimals, 64)
	}
	up := keep < len(digits) && digits[keep] >= '5'
	if keep < len(digits) {
		digits = digits[:keep]
	} else {
		digits += strings.Repeat("0", keep-len(digits))
	}
	if up {
		digits = increment(digits)
	}
	for len(digits) <= decimals {
		digits = "0" + digits
	}
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if decimals == 0 {
		return whole
	}
	return whole + "." + fraction
}

// increment adds one to a decimal number.
func increment(digits string) string {
	b := []byte(digits)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < '9' {
			b[i]++
			return string(b)
		}
		b[i] = '0'
	}
	return "1" + string(b)
}

// generalNumber is a number without a format: whole numbers in full, since they
// may be article numbers, others with the 15 digits that programs calculate
// with.
func generalNumber(v float64, loc locale) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e18 {
		return strconv.FormatInt(int64(v), 10)
	}
	s := strconv.FormatFloat(v, 'g', 15, 64)
	if n, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(n) >= 1e-5 && math.Abs(n) < 1e15 {
		s = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strings.Replace(s, ".", loc.decimal, 1)
}
