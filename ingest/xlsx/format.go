package xlsx

import (
	"math"
	"strconv"
	"strings"
)

// locale is how numbers are written where a sheet is read.
type locale struct{ thousands, decimal string }

var (
	english = locale{",", "."}
	nordic  = locale{"\u00a0", ","}
	german  = locale{".", ","}
)

// localeOf is the way of the people who read a language.
func localeOf(language string) locale {
	switch language {
	case "nb", "sv", "fi":
		return nordic
	case "da", "de":
		return german
	}
	return english
}

// localeByID is the way of a Windows language id, as in [$€-407].
func localeByID(id int64) (locale, bool) {
	switch id & 0xFFFF {
	case 0x414, 0x814, 0x41D, 0x40B, 0x81D: // nb, nn, sv, fi, sv-FI
		return nordic, true
	case 0x406, 0x407, 0xC07: // da, de, de-AT
		return german, true
	case 0x409, 0x809, 0x1809: // en-US, en-GB, en-IE
		return english, true
	}
	return locale{}, false
}

// format shows a number as Excel does in the given place. It reports false for
// formats it leaves to excelize: dates, fractions, exponents, conditions.
//
// excelize gives "38900 kr" for `# ##0 "kr"` and English separators for every
// currency; a German reader sees "3.390,00 €".
func format(v float64, code string, loc locale) (string, bool) {
	if code == "" || strings.EqualFold(code, "General") {
		return general(v, loc), true
	}
	sections, ok := splitSections(code)
	if !ok {
		return "", false
	}
	section, negative := sections[0], v < 0
	switch {
	case v < 0 && len(sections) > 1:
		section, negative = sections[1], false // it writes its own sign
	case v == 0 && len(sections) > 2:
		section = sections[2]
	}
	p, ok := parsePattern(section)
	if !ok {
		return "", false
	}
	if p.locale != nil {
		loc = *p.locale
	}
	out := p.write(math.Abs(v), loc)
	if negative && strings.ContainsAny(out, "123456789") {
		out = "-" + out
	}
	return out, true
}

// splitSections cuts a format code at semicolons outside quotes and brackets.
func splitSections(code string) ([]string, bool) {
	var out []string
	start, quoted, bracket := 0, false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '\\' && !quoted:
			i++
		case c == '"' && !bracket:
			quoted = !quoted
		case quoted:
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case c == ';' && !bracket:
			out = append(out, code[start:i])
			start = i + 1
		}
	}
	if quoted || bracket {
		return nil, false
	}
	return append(out, code[start:]), true
}

// pattern is a parsed section of a number format.
type pattern struct {
	before, after string // literal text
	whole         int    // least digits before the decimal point
	least, most   int    // digits after it
	group         string // "," for the locale's separator, else a literal between groups of three
	scale         float64
	digits        bool // it shows the number at all
	locale        *locale
}

func parsePattern(s string) (pattern, bool) {
	p := pattern{scale: 1}
	var pendingGroup string // a separator seen after digits, not yet followed by more
	point, commas := false, 0
	literal := func(t string) {
		if p.digits {
			p.after += t
		} else {
			p.before += t
		}
	}
	rs := []rune(s)
	for i := 0; i < len(rs); i++ {
		switch r := rs[i]; r {
		case '0', '#', '?':
			if p.after != "" && strings.TrimSpace(p.after) != "" {
				return pattern{}, false // digits in several places: phone numbers and the like
			}
			switch {
			case p.after != "": // "# ##0": a space between digits groups them
				if point {
					return pattern{}, false
				}
				p.group, p.after = p.after, ""
			case pendingGroup != "":
				p.group, pendingGroup, commas = pendingGroup, "", 0
			}
			p.digits = true
			switch {
			case point:
				p.most++
				if r == '0' {
					p.least = p.most
				}
			case r == '0':
				p.whole++
			}
		case ',':
			if !p.digits {
				literal(",")
			} else if point {
				commas++
			} else {
				pendingGroup = ","
				commas++
			}
		case '.':
			if point {
				literal(".")
				continue
			}
			point, p.digits = true, true
		case '%':
			p.scale *= 100
			literal("%")
		case '"':
			end := i + 1
			for end < len(rs) && rs[end] != '"' {
				end++
			}
			literal(string(rs[i+1 : min(end, len(rs))]))
			i = end
		case '\\':
			if i++; i < len(rs) {
				literal(string(rs[i]))
			}
		case '_': // room as wide as the next character
			i++
			literal(" ")
		case '*': // fills the cell with the next character
			i++
		case '[':
			end := i
			for end < len(rs) && rs[end] != ']' {
				end++
			}
			if !p.bracket(string(rs[i+1:min(end, len(rs))]), literal) {
				return pattern{}, false
			}
			i = end
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S', 'E', 'e', '/', '@', 'G', 'g', 'b', 'B':
			return pattern{}, false
		default:
			literal(string(r))
		}
	}
	p.scale /= math.Pow(1000, float64(commas))
	return p, true
}

// bracket reads [$€-407], [$kr] and colours; conditions and elapsed time are
// not for us.
func (p *pattern) bracket(s string, literal func(string)) bool {
	if t, ok := strings.CutPrefix(s, "$"); ok {
		symbol, id, found := strings.Cut(t, "-")
		literal(symbol)
		if found {
			if n, err := strconv.ParseInt(id, 16, 64); err == nil {
				if loc, ok := localeByID(n); ok {
					p.locale = &loc
				}
			}
		}
		return true
	}
	switch lower := strings.ToLower(s); {
	case lower == "red" || lower == "blue" || lower == "green" || lower == "black" || lower == "white" || lower == "yellow" || lower == "cyan" || lower == "magenta" || strings.HasPrefix(lower, "color"):
		return true
	}
	return false
}

func (p pattern) write(v float64, loc locale) string {
	if !p.digits {
		return strings.TrimSpace(p.before + p.after)
	}
	whole, fraction, _ := strings.Cut(round(v*p.scale, p.most), ".")
	for len(fraction) > p.least && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	if whole == "0" && p.whole == 0 && fraction != "" {
		whole = ""
	}
	for len(whole) < p.whole {
		whole = "0" + whole
	}
	switch p.group {
	case "":
	case ",":
		whole = grouped(whole, loc.thousands)
	default:
		whole = grouped(whole, p.group)
	}
	if fraction != "" {
		whole += loc.decimal + fraction
	}
	return strings.TrimSpace(p.before + whole + p.after)
}

// grouped puts sep between groups of three digits.
func grouped(digits, sep string) string {
	var b strings.Builder
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}

// round writes v with the given decimals, half away from zero on the 15
// significant digits that Excel knows: 2.675 is 2.68.
func round(v float64, decimals int) string {
	decimals = min(decimals, 30)
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

// general is a number without a format: whole numbers in full, since they may
// be article numbers, others with the digits that fit a cell.
func general(v float64, loc locale) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e18 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'g', 11, 64)
	if n, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(n) >= 1e-5 && math.Abs(n) < 1e15 {
		s = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strings.Replace(s, ".", loc.decimal, 1)
}
