package numfmt

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	lastSerial = 2_958_466 // 10000-01-01, which no program shows
	dayMillis  = 24 * 60 * 60 * 1000
)

// minutes tells minutes from months: m is a minute after an hour or before a
// second.
func (s *section) minutes() {
	last, lastM := byte(0), -1
	for i := range s.tokens {
		t := &s.tokens[i]
		switch t.kind {
		case 'm':
			if t.n <= 2 && (last == 'h' || last == 'H') {
				t.kind = 'M'
			}
			lastM = i
		case 's', 'S':
			if lastM >= 0 && s.tokens[lastM].kind == 'm' && s.tokens[lastM].n <= 2 && last == 'm' {
				s.tokens[lastM].kind = 'M'
			}
		case 'y', 'd', 'h', 'H', 'N':
		default:
			continue
		}
		last = t.kind
	}
}

// iso writes a date whose month is in digits in the one order that nobody
// misreads, as ISO 8601 has it. A month that the code itself names stays
// (`m"月"`), so does what has no month.
func (s *section) iso() {
	first, last := -1, -1
	year, month, day := false, -1, false
	for i, t := range s.tokens {
		switch {
		case t.kind == 'y' || t.kind == 'b':
			year = true
		case t.kind == 'm':
			if t.n > 2 {
				return
			}
			month = i
		case t.kind == 'd' && t.n <= 2:
			day = true
		default:
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	if month < 0 || !year && !day {
		return
	}
	if n := month + 1; n < len(s.tokens) && s.tokens[n].kind == 'l' && strings.ContainsAny(s.tokens[n].text, "月월") {
		return
	}
	date := []token{{kind: 'y', n: 4}, {kind: 'l', text: "-"}, {kind: 'm', n: 2}}
	if day {
		date = append(date, token{kind: 'l', text: "-"}, token{kind: 'd', n: 2})
	}
	var rest []token // a time among the parts of the date
	for _, t := range s.tokens[first : last+1] {
		switch t.kind {
		case 'h', 'M', 's', 'a', 'H', 'N', 'S', 'f', 'd':
			if t.kind == 'd' && t.n <= 2 {
				continue
			}
			if len(rest) == 0 {
				rest = append(rest, token{kind: 'l', text: " "})
			}
			rest = append(rest, t)
		case 'l', '.', ':':
			if len(rest) > 0 && strings.TrimSpace(t.text) == ":" {
				rest = append(rest, t)
			}
		}
	}
	tail := s.tokens[last+1:]
	if len(tail) > 0 && (tail[0].kind == '.' || tail[0].kind == '/' || tail[0].kind == 'l' && strings.TrimSpace(tail[0].text) == ".") {
		tail = tail[1:] // the stop of "d.m."
		if len(tail) > 0 && tail[0].kind != 'l' {
			rest = append(rest, token{kind: 'l', text: " "})
		}
	}
	s.tokens = append(append(append(append([]token{}, s.tokens[:first]...), date...), rest...), tail...)
}

// date shows a serial number. It reports false for what is no date: negative
// numbers and years above 9999.
func (s *section) date(v float64, loc locale, date1904 bool) (string, bool) {
	elapsed, decimals := false, -1
	for _, t := range s.tokens {
		switch t.kind {
		case 'H', 'N', 'S':
			elapsed = true
		case 's':
			decimals = max(decimals, 0)
		case 'f':
			decimals = max(decimals, min(t.n, 3))
		}
		if t.kind == 'S' {
			decimals = max(decimals, 0)
		}
	}
	sign := ""
	if v < 0 && elapsed {
		sign, v = "-", -v
	}
	if v < 0 || v >= lastSerial {
		return "", false
	}
	// Rounded to what is shown, so that 12:59:59.9996 is not 12:59.
	unit := int64(1)
	switch decimals {
	case 0:
		unit = 1000
	case 1:
		unit = 100
	case 2:
		unit = 10
	}
	millis := int64(math.Round(v*dayMillis/float64(unit))) * unit
	days := int(millis / dayMillis)
	in := millis % dayMillis
	year, month, day, weekday := civil(days, date1904)
	hour, minute, second := in/3_600_000, in/60_000%60, in/1000%60
	half := false
	for _, t := range s.tokens {
		half = half || t.kind == 'a'
	}
	var b strings.Builder
	b.WriteString(sign)
	for _, t := range s.tokens {
		switch t.kind {
		case 'l', '.', ',', '/', '%', '0', '#', '?':
			b.WriteString(t.text)
		case 'y':
			if t.n <= 2 {
				pad(&b, int64(year%100), 2)
			} else {
				pad(&b, int64(year), 4)
			}
		case 'b':
			if t.n <= 2 {
				pad(&b, int64((year+543)%100), 2)
			} else {
				pad(&b, int64(year+543), 4)
			}
		case 'm':
			switch {
			case t.n <= 2:
				pad(&b, int64(month), t.n)
			case month < 1:
			case t.n == 3:
				b.WriteString(loc.names().short[month-1])
			case t.n == 5:
				b.WriteString(string([]rune(loc.names().months[month-1])[:1]))
			default:
				b.WriteString(loc.names().months[month-1])
				if loc.language == "fi" && s.has('d') {
					b.WriteString("ta") // "7. maaliskuuta"
				}
			}
		case 'd':
			switch {
			case t.n <= 2:
				pad(&b, int64(day), t.n)
			case t.n == 3:
				b.WriteString(loc.names().shortDays[weekday])
			default:
				b.WriteString(loc.names().days[weekday])
			}
		case 'h':
			h := hour
			if half {
				if h %= 12; h == 0 {
					h = 12
				}
			}
			pad(&b, h, t.n)
		case 'M':
			pad(&b, minute, t.n)
		case 's':
			pad(&b, second, t.n)
		case 'f':
			text := strconv.FormatInt(in%1000+1000, 10)[1:]
			for len(text) < t.n && len(text) < 9 {
				text += "0"
			}
			b.WriteString(loc.decimal + text[:min(t.n, len(text))])
		case 'H':
			pad(&b, millis/3_600_000, t.n)
		case 'N':
			pad(&b, millis/60_000, t.n)
		case 'S':
			pad(&b, millis/1000, t.n)
		case 'a':
			switch {
			case t.n == 3 && hour < 12:
				b.WriteString("A")
			case t.n == 3:
				b.WriteString("P")
			case hour < 12:
				b.WriteString("AM")
			default:
				b.WriteString("PM")
			}
		}
	}
	return b.String(), true
}

func (s *section) has(kind byte) bool {
	for _, t := range s.tokens {
		if t.kind == kind && t.n <= 2 {
			return true
		}
	}
	return false
}

func pad(b *strings.Builder, v int64, n int) {
	text := strconv.FormatInt(v, 10)
	for range min(n, 10) - len(text) {
		b.WriteByte('0')
	}
	b.WriteString(text)
}

// civil is the date of a serial number. 1900 counts as a leap year, as Lotus
// 1-2-3 had it and everybody after it, and day 0 is 1900-01-00.
func civil(days int, date1904 bool) (year, month, day int, weekday time.Weekday) {
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days == 0:
		return 1900, 1, 0, time.Saturday
	case days == 60:
		return 1900, 2, 29, time.Wednesday
	case days < 60:
		epoch = epoch.AddDate(0, 0, 1)
	}
	t := epoch.AddDate(0, 0, days)
	return t.Year(), int(t.Month()), t.Day(), t.Weekday()
}
