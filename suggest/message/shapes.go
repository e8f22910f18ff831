package message

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// number reads at most limit digits at i.
func (s scanner) number(i, limit int) (n, end int) {
	end = i
	for end < len(s.text) && isDigit(s.text[end]) && end-i < limit {
		n = n*10 + int(s.text[end]-'0')
		end++
	}
	return n, end
}

func (s scanner) digitAt(i int) bool { return i < len(s.text) && isDigit(s.text[i]) }

// date reads a date that begins with a digit at i: "2024-03-01", "1.3.2024",
// "1/3/24" (day first, unless that is no month), "1. mars 2024", "1st of March".
func (s scanner) date(i int) (Anchor, int) {
	first, j := s.number(i, 5)
	if j-i == 5 || j >= len(s.text) {
		return Anchor{}, 0
	}
	sep := s.text[j]
	if (sep == '-' || sep == '.' || sep == '/') && s.digitAt(j+1) {
		second, k := s.number(j+1, 3)
		if k < len(s.text) && s.text[k] == sep && s.digitAt(k+1) && k-j <= 3 {
			third, end := s.number(k+1, 5)
			switch size := end - k - 1; {
			case j-i == 4 && size <= 2 && !s.digitAt(end):
				if a := dateOf(first, second, third); a.Kind != "" {
					return a, end
				}
			case j-i <= 2 && size == 4, j-i <= 2 && size == 2 && sep != '-':
				if size == 2 {
					third = century(third)
				}
				if second > 12 && first <= 12 {
					first, second = second, first
				}
				if a := dateOf(third, second, first); a.Kind != "" {
					return a, end
				}
			}
		}
	}
	if j-i > 2 || first < 1 || first > 31 {
		return Anchor{}, 0
	}
	k := j
	rest := s.text[k:]
	switch {
	case rest[0] == '.':
		k++
	case hasWord(rest, "st"), hasWord(rest, "nd"), hasWord(rest, "rd"), hasWord(rest, "th"):
		k += 2
	}
	k += spaces(s.text[k:], 2)
	if hasWord(s.text[k:], "of") {
		k += 2
		k += spaces(s.text[k:], 2)
	}
	n, month := monthAt(s.text[k:])
	if n == 0 {
		return Anchor{}, 0
	}
	year, end := s.year(k + n)
	return dateOf(year, month, first), end
}

// century is the year that two digits mean.
func century(y int) int {
	if y < 70 {
		return 2000 + y
	}
	return 1900 + y
}

// monthFirst reads "March 1, 2024" and "March 1st".
func (s scanner) monthFirst(i int) (Anchor, int) {
	n, month := monthAt(s.text[i:])
	if n == 0 || !unicode.IsUpper(rune(s.text[i])) {
		return Anchor{}, 0
	}
	j := i + n
	gap := spaces(s.text[j:], 2)
	day, end := s.number(j+gap, 3)
	if gap == 0 || end == j+gap || end-j-gap > 2 || day < 1 || day > 31 {
		return Anchor{}, 0
	}
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		if hasWord(s.text[end:], suffix) {
			end += 2
			break
		}
	}
	if wordAfter(s.text, end) || end < len(s.text) && (s.text[end] == '.' || s.text[end] == ':') && s.digitAt(end+1) {
		return Anchor{}, 0
	}
	year, end := s.year(end)
	return dateOf(year, month, day), end
}

// year reads a space or comma and four digits, or nothing.
func (s scanner) year(i int) (year, end int) {
	j := i
	if j < len(s.text) && s.text[j] == ',' {
		j++
	}
	gap := spaces(s.text[j:], 2)
	y, end := s.number(j+gap, 5)
	if gap == 0 || end-j-gap != 4 || y < 1900 || y > 2199 || wordAfter(s.text, end) {
		return 0, i
	}
	return y, end
}

func dateOf(year, month, day int) Anchor {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return Anchor{}
	}
	if year == 0 {
		return Anchor{Kind: Date, Norm: fmt.Sprintf("--%02d-%02d", month, day)}
	}
	return Anchor{Kind: Date, Norm: fmt.Sprintf("%04d-%02d-%02d", year, month, day)}
}

// hasWord reports whether s begins with the whole word w.
func hasWord(s, w string) bool {
	return strings.HasPrefix(s, w) && !wordAfter(s, len(w))
}

var months = func() map[string]int {
	m := map[string]int{}
	for i, names := range []string{
		"januar januari january jan jänner tammikuu", "februar februari february feb febr helmikuu", "mars march märz marts mar mrz maaliskuu",
		"april apr huhtikuu", "mai maj may toukokuu", "juni june jun kesäkuu", "juli july jul heinäkuu", "august augusti aug elokuu",
		"september sept sep syyskuu", "oktober october okt oct lokakuu", "november nov marraskuu", "desember december dezember des dec dez joulukuu",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = i + 1
			if strings.HasSuffix(name, "kuu") {
				for _, ending := range []string{"ta", "n", "ssa", "hun", "sta"} {
					m[name+ending] = i + 1
				}
			}
		}
	}
	return m
}()

// monthAt is the length of the month name that s begins with, with the full
// stop of an abbreviation, and its number.
func monthAt(s string) (n, month int) {
	w := letters(s)
	if w == "" || len(w) > 16 {
		return 0, 0
	}
	f := fold(w)
	month = months[f]
	if month == 0 {
		return 0, 0
	}
	rest := s[len(w):]
	if len(f) <= 4 && strings.HasPrefix(rest, ".") {
		return len(w) + 1, month
	}
	// "des", "may" and "mar" are words of their own.
	if f == "des" || f == "may" || f == "mar" {
		next := strings.TrimLeft(rest, " ,")
		if rest != "" && (next == "" || !isDigit(next[0])) && (f != "may" || !unicode.IsUpper(rune(w[0]))) {
			return 0, 0
		}
	}
	return len(w), month
}

// clock reads a time of day: "08:00", "2:30 pm", and with a word beside it
// "kl. 10.30" and "10.30 Uhr".
func (s scanner) clock(i int) (Anchor, int) {
	hour, j := s.number(i, 3)
	if j-i > 2 || hour > 24 || j >= len(s.text) || s.text[j] != ':' && s.text[j] != '.' {
		return Anchor{}, 0
	}
	minute, end := s.number(j+1, 3)
	if end-j != 3 || minute > 59 {
		return Anchor{}, 0
	}
	gap := spaces(s.text[end:], 1)
	rest := s.text[end+gap:]
	if s.text[j] == '.' {
		before := fold(strings.TrimRight(s.text[max(0, i-10):i], " .\u00a0\u202f"))
		timed := hasWord(rest, "Uhr")
		for _, w := range []string{"kl", "klo", "klockan", "klokken", "klokka", "klok", "kello"} {
			timed = timed || strings.HasSuffix(before, w) && !wordBefore(before, len(before)-len(w))
		}
		if !timed || end < len(s.text) && s.text[end] == '.' && s.digitAt(end+1) {
			return Anchor{}, 0
		}
	} else if end < len(s.text) && s.text[end] == ':' {
		if _, k := s.number(end+1, 3); k-end == 3 {
			return Anchor{Kind: Number, Norm: strconv.Itoa(hour) + s.text[j:k]}, k
		}
	}
	for _, w := range []string{"am", "AM", "a.m.", "pm", "PM", "p.m."} {
		if strings.HasPrefix(rest, w) && !wordAfter(rest, len(w)) && hour <= 12 {
			hour %= 12
			if w[0] == 'p' || w[0] == 'P' {
				hour += 12
			}
			end += gap + len(w)
			break
		}
	}
	if wordAfter(s.text, end) && s.text[end] != 'T' && s.text[end] != 'Z' {
		return Anchor{}, 0
	}
	return Anchor{Kind: Number, Norm: fmt.Sprintf("%d:%02d", hour, minute)}, end
}

// maxCode bounds a code.
const maxCode = 64

// code reads a product, error, case or version number at i: letters and digits
// in one token, or digits joined in a way that is no number.
func (s scanner) code(i int) (Anchor, int) {
	if wordBefore(s.text, i) {
		return Anchor{}, 0
	}
	end := s.token(i)
	token := s.text[i:end]
	// "XY-2000:een", "E-4419-feilen": what the grammar adds is no code.
	if k := strings.IndexByte(token, ':'); k >= 0 {
		token = token[:k]
	}
	for {
		k := strings.LastIndexAny(token, "-")
		if k <= 0 || !lowerWord(token[k+1:]) {
			break
		}
		token = token[:k]
	}
	if k := strings.IndexByte(token, '-'); k > 2 && lowerWord(token[:k]) && strings.ContainsAny(token[k:], "0123456789") {
		return Anchor{}, i + k // "modell-XY2000": go on at the hyphen
	}
	end = i + len(token)
	digits, others := 0, 0
	for _, r := range token {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsLetter(r):
			others++
		}
	}
	if digits == 0 || others == 0 && !joined(token) || others > 0 && measured(token) {
		return Anchor{}, 0
	}
	return Anchor{Kind: Code, Norm: normCode(token)}, end
}

// token is the end of the run at i of letters, digits and what joins them.
func (s scanner) token(i int) int {
	end := i
	letter, digit := false, false
	for end < len(s.text) && end-i < maxCode {
		r, size := utf8.DecodeRuneInString(s.text[end:])
		switch {
		case r >= '0' && r <= '9':
			digit = true
		case unicode.IsLetter(r):
			letter = true
		default:
			next, _ := utf8.DecodeRuneInString(s.text[end+size:])
			prev, _ := utf8.DecodeLastRuneInString(s.text[:end])
			inner := end+size < len(s.text) && isWord(next) && isWord(prev) && end > i
			switch r {
			case '-', '_', '\u2010', '\u2011':
			case '/':
				// "XY-2000/XY-3000" are two.
				inner = inner && (!letter || !digit || next >= '0' && next <= '9')
			case '.':
				inner = inner && next >= '0' && next <= '9' && prev >= '0' && prev <= '9'
			case ':':
				inner = inner && unicode.IsLower(next)
			default:
				inner = false
			}
			if !inner {
				return end
			}
		}
		end += size
	}
	return end
}

// lowerWord reports whether s is a word in lower case, of two letters or more.
func lowerWord(s string) bool {
	if len(s) < 2 {
		return false
	}
	for _, r := range s {
		if !unicode.IsLower(r) {
			return false
		}
	}
	return true
}

// joined reports whether a token of digits is a code rather than a number or a
// range: "2024/1208", "123-456-789", "192.168.1.1".
func joined(token string) bool {
	switch {
	case strings.Contains(token, "/"):
		for part := range strings.SplitSeq(token, "/") {
			if len(part) > 2 {
				return true
			}
		}
		return false
	case strings.ContainsAny(token, "-_\u2010\u2011"):
		parts := strings.FieldsFunc(token, notDigit)
		return len(parts) > 2 || len(parts) == 2 && (len(parts[0]) > 4 || len(parts[1]) > 4)
	case strings.Count(token, ".") > 1:
		_, end := amount(token, 0)
		return end < len(token)
	}
	return false
}

// measured reports whether a token is a number with something that counts:
// "10m", "500kr", "2nd", "3x4".
func measured(token string) bool {
	end := strings.IndexFunc(token, func(r rune) bool { return notDigit(r) && r != '.' })
	if end <= 0 {
		return false
	}
	rest := token[end:]
	if _, ok := unitOf(rest); ok {
		return true
	}
	if k := strings.IndexAny(rest, "-/"); k > 0 {
		if _, ok := unitOf(rest[:k]); ok {
			return true
		}
	}
	switch rest {
	case "st", "nd", "rd", "th", "x", "pm", "am", "h", "t":
		return true
	}
	if _, ok := currencies[fold(rest)]; ok {
		return true
	}
	return (rest[0] == 'x' || rest[0] == 'X') && len(rest) > 1 && isDigit(rest[1])
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

func normCode(token string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', '\u2010', '\u2011':
			return -1
		}
		return r
	}, token))
}

// phone reads a telephone number: with its country, with a leading zero, or
// grouped as Norwegian and Danish ones are.
func (s scanner) phone(i int) (Anchor, int) {
	if a, end := s.date(i); end > i && a.Kind != "" {
		return Anchor{}, 0
	}
	const separators = " \u00a0\u202f-()/"
	var digits []byte
	var groups []int
	country := false
	gap, group, end := 0, 0, i
	seps := 0
scan:
	for j := i; j < len(s.text) && len(digits) <= 16; {
		r, size := utf8.DecodeRuneInString(s.text[j:])
		switch {
		case r >= '0' && r <= '9':
			if gap > 0 && group > 0 {
				groups = append(groups, group)
				group = 0
				seps++
			}
			gap = 0
			group++
			digits = append(digits, byte(r))
			end = j + size
		case r == '+' && len(digits) == 0 && !country:
			country = true
		case strings.ContainsRune(separators, r) && gap < 3 && (len(digits) > 0 || r == '('):
			gap++
		default:
			break scan
		}
		j += size
	}
	groups = append(groups, group)
	if wordAfter(s.text, end) || s.text[i] == '(' && !country && seps == 0 {
		return Anchor{}, 0
	}
	n := string(digits)
	switch {
	case country && len(n) >= 8 && len(n) <= 15:
		return Anchor{Kind: Phone, Norm: national(n)}, end
	case country || s.text[i] == '(' && !strings.HasPrefix(n, "0"):
		return Anchor{}, 0
	case strings.HasPrefix(n, "00") && len(n) >= 10 && len(n) <= 17:
		return Anchor{Kind: Phone, Norm: national(n[2:])}, end
	case strings.HasPrefix(n, "0") && len(n) >= 8 && len(n) <= 12 && seps > 0 && groups[0] >= 2:
		return Anchor{Kind: Phone, Norm: n[1:]}, end
	case grouped(groups, 2, 2, 2, 2) && seps == 3, grouped(groups, 3, 2, 3) && seps == 2:
		if strings.ContainsAny(s.text[i:end], "()/") {
			return Anchor{}, 0
		}
		return Anchor{Kind: Phone, Norm: n}, end
	}
	return Anchor{}, 0
}

func grouped(groups []int, want ...int) bool {
	if len(groups) != len(want) {
		return false
	}
	for i := range want {
		if groups[i] != want[i] {
			return false
		}
	}
	return true
}

// national is an international number without the country codes of our
// markets and the zero that is dialled inside a country.
func national(digits string) string {
	for _, code := range []string{"47", "46", "45", "358", "49", "43", "41", "44"} {
		if rest, ok := strings.CutPrefix(digits, code); ok {
			return strings.TrimPrefix(rest, "0")
		}
	}
	return digits
}

// mail is the length of the mail address that s begins with, or 0.
func mail(s string) int {
	local := 0
	for local < len(s) && local < 64 && (isAlnum(s[local]) || strings.IndexByte("._%+-'", s[local]) >= 0) {
		local++
	}
	if local == 0 || local >= len(s) || s[local] != '@' {
		return 0
	}
	n := hostname(s[local+1:])
	if n == 0 {
		return 0
	}
	return local + 1 + n
}

// hostname is the length of a dotted host name that s begins with, or 0.
func hostname(s string) int {
	end, dot := 0, 0
	for end < len(s) && end < 253 {
		c := s[end]
		if c == '.' && end+1 < len(s) && isAlnum(s[end+1]) && end > 0 {
			dot = end
		} else if !isAlnum(c) && (c != '-' || end == 0 || end+1 >= len(s) || !isAlnum(s[end+1])) {
			break
		}
		end++
	}
	if dot == 0 || end-dot < 3 || wordAfter(s, end) {
		return 0
	}
	return end
}

// topDomains are the ones that make a word with a full stop an address.
const topDomains = " com org net io eu no se dk fi de uk at ch nl fr is info app dev ai cloud shop example "

// domain is the length of an address without its scheme, "sufflor.no/hjelp".
func domain(s string) int {
	n := hostname(s)
	if n == 0 {
		return 0
	}
	dot := strings.LastIndexByte(s[:n], '.')
	label := s[strings.LastIndexByte(s[:dot], '.')+1 : dot]
	if len(label) < 2 || !strings.Contains(topDomains, " "+s[dot+1:n]+" ") || label == "art" || label == "Art" || strings.Trim(label, "0123456789") == "" {
		return 0
	}
	if n < len(s) && s[n] == '/' {
		path := strings.IndexFunc(clip(s[n:], maxAddress), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>\"", r) })
		if path < 0 {
			path = len(clip(s[n:], maxAddress))
		}
		n += len(strings.TrimRight(s[n:n+path], ".,;:!?'”»)]*_"))
	}
	return n
}

func isAlnum(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// normURL is an address without what does not change where it leads.
func normURL(u string) string {
	for _, scheme := range []string{"https://", "http://"} {
		if len(u) >= len(scheme) && strings.EqualFold(u[:len(scheme)], scheme) {
			u = u[len(scheme):]
			break
		}
	}
	host, path, _ := strings.Cut(u, "/")
	host = strings.TrimPrefix(strings.ToLower(host), "www.")
	path = strings.TrimRight(path, "/")
	if path == "" {
		return host
	}
	return host + "/" + path
}
