// Package numfmt shows numbers as spreadsheet programs do, by the number format
// codes of xlsx and xls files: ECMA-376 part 1, 18.8.30 and 18.8.31.
//
// It differs from them where a passage must stand alone: a date whose month is
// written in digits is always yyyy-mm-dd, and what only aligns a column is left
// out. excelize renders formats too, but gives "38900 kr" for `# ##0 "kr"` and
// English separators for every currency; a German reader sees "3.390,00 €".
package numfmt

import (
	"math"
	"strconv"
	"strings"
)

// Place is where a sheet is read. The zero value is an English sheet with dates
// counted from 1900.
type Place struct {
	Language string // "nb", "de" …; decides separators and the names of months
	Date1904 bool   // dates count from 1904, as the workbook says
}

// Format is a parsed number format. It is safe for concurrent use.
type Format struct {
	sections []section
	text     int  // index of the section for texts, -1 when there is none
	chosen   bool // sections have conditions of their own
}

// maxCode is the longest format code; programs allow 255 characters.
const maxCode = 4096

// Parse reads a number format code. It never fails: what it cannot read shows
// numbers as they are.
func Parse(code string) *Format {
	f := &Format{text: -1}
	if strings.TrimSpace(code) == "" || len(code) > maxCode {
		code = "General"
	}
	parts := split(code)
	for i, part := range parts {
		if len(f.sections) == 4 {
			break
		}
		s := parse(part)
		if s.kind == textual && (i == len(parts)-1 || i == 3) {
			f.text = len(f.sections)
		}
		f.chosen = f.chosen || s.condition.op != ""
		f.sections = append(f.sections, s)
	}
	if len(f.sections) == 4 && f.text < 0 {
		f.text = 3
	}
	return f
}

// Builtin is the code of a number format that files refer to by number alone,
// and "" for one that no program agrees on. Dates are those of ISO 8601.
func Builtin(id int) string {
	switch id {
	case 0:
		return "General"
	case 1:
		return "0"
	case 2:
		return "0.00"
	case 3:
		return "#,##0"
	case 4:
		return "#,##0.00"
	case 5, 6:
		return `"$"#,##0;\-"$"#,##0`
	case 7, 8:
		return `"$"#,##0.00;\-"$"#,##0.00`
	case 9:
		return "0%"
	case 10:
		return "0.00%"
	case 11:
		return "0.00E+00"
	case 12:
		return "# ?/?"
	case 13:
		return "# ??/??"
	case 14, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58:
		return "yyyy-mm-dd"
	case 15:
		return "d-mmm-yy"
	case 16:
		return "d-mmm"
	case 17:
		return "mmm-yy"
	case 18:
		return "h:mm AM/PM"
	case 19:
		return "h:mm:ss AM/PM"
	case 20, 32, 34, 55:
		return "h:mm"
	case 21, 33, 35, 56:
		return "h:mm:ss"
	case 22:
		return "yyyy-mm-dd h:mm"
	case 37, 38:
		return "#,##0;-#,##0"
	case 39, 40:
		return "#,##0.00;-#,##0.00"
	case 41:
		return `_(* #,##0_);_(* \-#,##0_);_(* "-"_);_(@_)`
	case 42:
		return `_("$"* #,##0_);_("$"* \-#,##0_);_("$"* "-"_);_(@_)`
	case 43:
		return `_(* #,##0.00_);_(* \-#,##0.00_);_(* "-"??_);_(@_)`
	case 44:
		return `_("$"* #,##0.00_);_("$"* \-#,##0.00_);_("$"* "-"??_);_(@_)`
	case 45:
		return "mm:ss"
	case 46:
		return "[h]:mm:ss"
	case 47:
		return "mm:ss.0"
	case 48:
		return "##0.0E+0"
	case 49:
		return "@"
	}
	return ""
}

// Date reports whether the format shows numbers as dates, times or durations.
func (f *Format) Date() bool {
	return len(f.sections) > 0 && f.sections[0].kind == dated
}

// Plain reports whether the format shows whole numbers digit by digit and
// nothing else, so that one with more digits than a float holds can be shown
// from its text.
func (f *Format) Plain() bool {
	if len(f.sections) == 0 || f.chosen {
		return true
	}
	s := f.sections[0]
	return (s.kind == general || s.kind == textual) && len(s.tokens) <= 1 || s.kind == numeric && s.plain
}

// Number shows v, and reports whether as a date, time or duration.
func (f *Format) Number(v float64, at Place) (text string, date bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "", false
	}
	s, absolute, ok := f.choose(v)
	if !ok {
		return generalNumber(v, localeOf(at.Language)), false
	}
	loc := localeOf(at.Language)
	if s.locale != nil {
		loc = *s.locale
	}
	switch s.kind {
	case dated:
		if out, ok := s.date(v, loc, at.Date1904); ok {
			return strings.TrimSpace(out), true
		}
		return generalNumber(v, loc), false
	case textual:
		return strings.TrimSpace(s.words(generalNumber(v, loc))), false
	case general:
		if len(s.tokens) == 1 && !absolute {
			return generalNumber(v, loc), false
		}
		out := s.words(generalNumber(math.Abs(v), loc))
		if v < 0 && !absolute {
			out = "-" + out
		}
		return strings.TrimSpace(out), false
	case literal:
		return strings.TrimSpace(s.words("")), false
	}
	out := s.number(math.Abs(v), loc)
	if v < 0 && !absolute && strings.ContainsAny(out, "123456789") {
		out = "-" + out
	}
	return strings.TrimSpace(out), false
}

// choose finds the section for a number, and whether that writes the sign of
// negative ones itself.
func (f *Format) choose(v float64) (s *section, absolute, ok bool) {
	n := len(f.sections)
	if f.text == n-1 && n > 1 {
		n--
	}
	if n == 0 {
		return nil, false, false
	}
	if f.chosen {
		return f.conditional(v, n)
	}
	switch {
	case v < 0 && n > 1:
		return &f.sections[1], true, true
	case v == 0 && n > 2:
		return &f.sections[2], false, true
	}
	return &f.sections[0], false, true
}

// conditional chooses among n sections of which some have conditions; those
// without stand for what they would without any.
func (f *Format) conditional(v float64, n int) (s *section, absolute, ok bool) {
	rest := false // only negative numbers come this far
	for i := range n {
		s := &f.sections[i]
		holds := s.condition.holds(v)
		if s.condition.op == "" {
			switch {
			case i == 0 && n == 2:
				holds = v >= 0
			case i == 0 && n > 2:
				holds = v > 0
			case i == 1 && n > 2:
				holds = v < 0
			}
		}
		if holds {
			return s, s.condition.negative() || rest || s.condition.op == "" && i == 1 && n > 2, true
		}
		rest = rest || strings.HasPrefix(s.condition.op, ">") && s.condition.value <= 0
	}
	return nil, false, false
}

// Text shows a text, to which a format may add words of its own.
func (f *Format) Text(s string) string {
	if f.text < 0 {
		return s
	}
	return f.sections[f.text].words(s)
}

// Exact is the whole number in s, which may have an exponent, digit by digit:
// a float holds no more than 15 to 17 of them. It reports false for others.
func Exact(s string) (string, bool) {
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	mantissa, exponent, found := strings.Cut(strings.ToLower(s), "e")
	exp := 0
	if found {
		n, err := strconv.Atoi(strings.TrimPrefix(exponent, "+"))
		if err != nil || n < 0 || n > 30 {
			return "", false
		}
		exp = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > exp {
		return "", false
	}
	digits := strings.TrimLeft(whole+fraction+strings.Repeat("0", exp-len(fraction)), "0")
	if digits == "" || len(digits) > 40 || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return sign + digits, true
}
