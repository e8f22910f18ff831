package index

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner cuts text into words and identifiers.
type scanner struct {
	text  string
	words []word
	norms []span // "EN", "ISO" … right before the current position
}

// span is a piece of the text.
type span struct {
	start, end int
	folded     string
}

// scan fills words.
func (s *scanner) scan() {
	for pos := 0; pos < len(s.text); {
		r, size := utf8.DecodeRuneInString(s.text[pos:])
		if !wordRune(r) || invisible(r) {
			if !unicode.IsSpace(r) && r != '/' && r != '-' {
				s.norms = s.norms[:0]
			}
			pos += size
			continue
		}
		end := s.link(pos)
		if end == 0 {
			end = s.word(pos, s.run(pos))
		}
		pos = end
	}
	// The whole before its parts; "iso3744" begins where "ISO" does, which was
	// emitted long before.
	slices.SortStableFunc(s.words, func(a, b word) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
}

// run is where the word that begins at pos ends: letters and digits, and
// single joiners between them.
func (s *scanner) run(pos int) int {
	end := pos
	for end < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[end:])
		if wordRune(r) {
			end += size
			continue
		}
		if !joiner(r) {
			break
		}
		next, _ := utf8.DecodeRuneInString(s.text[end+size:])
		if !wordRune(next) || invisible(next) {
			break
		}
		// "07:00" and "3744:2010" hang together, "EU:n" and "SE:n" do not;
		// a comma and a plus only between digits, "+" also in addresses.
		last, _ := utf8.DecodeLastRuneInString(s.text[pos:end])
		if (r == ':' || r == ',') && (!unicode.IsDigit(last) || !unicode.IsDigit(next)) {
			break
		}
		end += size
	}
	return end
}

// link emits the e-mail address or link that begins at pos and is where it
// ends, or 0.
func (s *scanner) link(pos int) int {
	rest := s.text[pos:]
	head := strings.ToLower(rest[:min(len(rest), len("https://"))])
	if !strings.HasPrefix(head, "http://") && head != "https://" && !strings.HasPrefix(head, "www.") {
		return 0
	}
	n := strings.IndexFunc(rest, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError || strings.ContainsRune(`<>"'()[]{}|\^`, r)
	})
	if n < 0 {
		n = len(rest)
	}
	rest = strings.TrimRight(rest[:n], ".,;:!?*_~-/")
	_, after, ok := strings.Cut(rest, "://")
	if !ok {
		after = rest
	}
	if !strings.ContainsRune(after, '.') && !ok || after == "" {
		return 0
	}
	end := pos + len(rest)
	s.emit(pos, end, strings.TrimPrefix(fold(after), "www."), code, true)
	from := pos + len(rest) - len(after)
	s.pieces(from, end)
	return end
}

// pieces emits the letters-and-digits runs of a link or an address.
func (s *scanner) pieces(from, end int) {
	for _, p := range split(s.text, from, end) {
		switch {
		case p.folded == "www" || p.folded == "mailto":
		case hasDigit(p.folded):
			if utf8.RuneCountInString(p.folded) > 1 {
				s.emit(p.start, p.end, p.folded, part, true)
			}
		default:
			s.emit(p.start, p.end, p.folded, plain, false)
		}
	}
}

// word emits what s.text[start:end], a run, stands for, and is where that ends:
// a number may go on after a blank.
func (s *scanner) word(start, end int) int {
	raw := s.text[start:end]
	if at := strings.IndexByte(raw, '@'); at > 0 && strings.IndexByte(raw[at:], '.') > 0 {
		s.emit(start, end, fold(raw), code, true)
		s.pieces(start, end)
		return end
	}
	if !strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsDigit(r) || unicode.Is(unicode.No, r) }) {
		s.letters(start, end)
		return end
	}
	norms := s.norms
	s.norms = s.norms[:0]
	if value, ok := number(raw); ok {
		return s.number(start, end, value, norms)
	}
	s.identifier(start, end, norms)
	return end
}

// letters emits a run without digits: one word, or several joined ones.
func (s *scanner) letters(start, end int) {
	ps := splitWords(s.text, start, end)
	for i, p := range ps {
		if normBody(s.text[p.start:p.end]) {
			// "NS-EN ISO/IEC" is as long as a chain of bodies gets.
			s.norms = append(s.norms[max(0, len(s.norms)-3):], p)
		} else {
			s.norms = s.norms[:0]
		}
		// "e-post" and "epost", "T-Shirt" and "Tshirt" are one word.
		if i == 0 && len(ps) > 1 && utf8.RuneCountInString(p.folded) == 1 && s.text[p.end] == '-' {
			s.emit(start, ps[1].end, p.folded+ps[1].folded, plain, false)
			continue
		}
		s.emit(p.start, p.end, p.folded, plain, false)
	}
}

// number emits a number, with the groups of three digits that follow it after
// a blank: "38 900" is one number, "70 55 01 00" are four. It is where they end.
func (s *scanner) number(start, end int, value string, norms []span) int {
	groups := []string{value}
	if groupHead(s.text[start:end]) && !s.digitsBefore(start) {
		for {
			next, group, ok := s.group(end)
			if !ok {
				break
			}
			groups = append(groups, group)
			end = next
			if strings.Contains(group, ".") {
				break
			}
		}
	}
	whole := strings.Join(groups, "")
	r := part
	if whole != value || len(whole) >= 5 && !strings.Contains(whole, ".") {
		r = code
	}
	s.emit(start, end, whole, r, true)
	if whole != value { // the pieces too: it may have been two numbers
		for _, p := range split(s.text, start, end) {
			s.emit(p.start, p.end, p.folded, part, true)
		}
	}
	for _, n := range norms {
		s.emit(n.start, end, n.folded+value, code, true)
	}
	return end
}

// identifier emits a run that holds digits and more, whole and split.
func (s *scanner) identifier(start, end int, norms []span) {
	raw := s.text[start:end]
	written := fold(raw)
	ps := split(s.text, start, end)
	var joined strings.Builder
	for _, p := range ps {
		joined.WriteString(p.folded)
	}
	r := part
	if particular(written, ps) {
		r = code
	}
	whole := joined.String()
	s.emit(start, end, whole, r, true)
	if written != whole {
		s.emit(start, end, written, part, true)
	}
	for i, p := range ps {
		if len(ps) > 1 && utf8.RuneCountInString(p.folded) > 1 {
			s.emit(p.start, p.end, p.folded, part, hasDigit(p.folded))
		}
		sub := splitDigits(s.text, p)
		for _, q := range sub {
			if len(sub) > 1 && utf8.RuneCountInString(q.folded) > 1 {
				s.emit(q.start, q.end, q.folded, part, hasDigit(q.folded))
			}
		}
		// "2006/42/EF", "…/EC" and "…/EG" are one directive.
		if len(ps) > 2 && i > 0 && allDigits(ps[i-1].folded) && allDigits(p.folded) && s.text[p.start-1] == '/' {
			s.emit(ps[i-1].start, p.end, ps[i-1].folded+p.folded, code, true)
		}
	}
	for _, n := range norms { // "ISO 3744:2010" is ISO 3744 first
		if allDigits(ps[0].folded) {
			s.emit(n.start, end, n.folded+ps[0].folded, code, true)
		}
	}
}

func (s *scanner) emit(start, end int, term string, r role, identifier bool) {
	if term = bounded(term); term == "" {
		return
	}
	s.words = append(s.words, word{
		Token: Token{Term: term, Start: start, End: end, Identifier: identifier},
		role:  r,
	})
}

// group is the three digits that continue a number after one blank, with the
// decimals that may end it, and where they end.
func (s *scanner) group(end int) (next int, digits string, ok bool) {
	r, size := utf8.DecodeRuneInString(s.text[end:])
	switch r {
	case ' ', '\u00a0', '\u2009', '\u202f', '\'', '’':
	default:
		return 0, "", false
	}
	from := end + size
	next = s.run(from)
	raw := s.text[from:next]
	if len(raw) < 3 || !allDigits(raw[:3]) {
		return 0, "", false
	}
	if len(raw) == 3 {
		return next, raw, true
	}
	decimals := raw[4:]
	if raw[3] != ',' && raw[3] != '.' || len(decimals) > 2 || !allDigits(decimals) {
		return 0, "", false
	}
	if decimals = strings.TrimRight(decimals, "0"); decimals != "" {
		return next, raw[:3] + "." + decimals, true
	}
	return next, raw[:3], true
}

// digitsBefore reports whether a digit stands before the blank before start:
// then the number is a later part of something like a phone number.
func (s *scanner) digitsBefore(start int) bool {
	before := strings.TrimRight(s.text[:start], " \u00a0\u2009\u202f")
	r, _ := utf8.DecodeLastRuneInString(before)
	return len(before) < start && unicode.IsDigit(r)
}

// groupHead reports whether raw may begin a number grouped in threes.
func groupHead(raw string) bool {
	return len(raw) <= 3 && allDigits(raw) && raw[0] != '0'
}

// number is the value of raw in digits, with "." before decimals that are not
// zero. It reads "3.390,00", "3,390.00", "3'390", "38900" and "59.50"; three
// digits after the only separator are a group, not decimals.
func number(raw string) (string, bool) {
	raw = strings.ReplaceAll(raw, "’", "'")
	if allDigits(raw) {
		return raw, true
	}
	var seps []byte
	parts := strings.FieldsFunc(raw, func(r rune) bool {
		if r == '.' || r == ',' || r == '\'' {
			seps = append(seps, byte(r))
			return true
		}
		return false
	})
	if len(parts) != len(seps)+1 || slices.ContainsFunc(parts, func(p string) bool { return !allDigits(p) }) {
		return "", false
	}
	n := len(seps)
	last := parts[n]
	grouped := func(ps []string) bool { // after a head of one to three digits
		return len(ps[0]) <= 3 && ps[0][0] != '0' && !slices.ContainsFunc(ps[1:], func(p string) bool { return len(p) != 3 })
	}
	same := !slices.ContainsFunc(seps, func(c byte) bool { return c != seps[0] })
	if same && grouped(parts) {
		return strings.Join(parts, ""), true
	}
	if seps[n-1] == '\'' || n > 1 && seps[n-1] == seps[0] || !grouped(parts[:n]) && n > 1 {
		return "", false // a date, a version, a section
	}
	if slices.ContainsFunc(seps[:n-1], func(c byte) bool { return c != seps[0] }) {
		return "", false
	}
	if last = strings.TrimRight(last, "0"); last != "" {
		last = "." + last
	}
	return strings.Join(parts[:n], "") + last, true
}

// particular reports whether an exact match of the identifier decides: letters
// and digits that are no measure, or enough digits that are no date.
func particular(written string, ps []span) bool {
	digits, letters := 0, 0
	for _, r := range written {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	if letters > 0 {
		return digits > 0 && digits+letters >= 3 && letters <= 40 && !measure(written)
	}
	return digits >= 5 && strings.ContainsAny(written, "-/") && !strings.ContainsAny(written, ".,:'+") && !date(ps)
}

// date reports whether ps are year, month and day in some order.
func date(ps []span) bool {
	if len(ps) != 3 {
		return false
	}
	a, b, c := len(ps[0].folded), len(ps[1].folded), len(ps[2].folded)
	return b <= 2 && (a == 4 && c <= 2 || a <= 2 && (c == 4 || c == 2))
}

// measure reports whether s is a number with its unit, such as "200mm".
func measure(s string) bool {
	unit := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsDigit(r) || r == '.' || r == ',' })
	switch unit {
	case "m", "mm", "cm", "dm", "km", "m2", "m3", "g", "kg", "mg", "t", "l", "ml", "cl", "dl",
		"v", "kv", "a", "ma", "ah", "mah", "w", "kw", "mw", "kwh", "wh", "hk", "hp", "ps", "va", "kva", "hz", "khz", "mhz", "ghz",
		"n", "nm", "kn", "pa", "kpa", "mpa", "bar", "mbar", "psi", "db", "dba", "c", "k", "f", "rpm",
		"s", "ms", "min", "h", "d", "t/min", "m/s", "km/h", "l/min", "m3/h", "m3/min", "m²", "m³",
		"kb", "mb", "gb", "tb", "x", "px", "dpi", "st", "stk", "kr", "eur", "usd", "nok", "sek", "dkk":
		return true
	}
	return false
}

// normBody reports whether raw names a body of standards. In lower case only
// those that are no everyday word of our languages ("din" is Norwegian).
func normBody(raw string) bool {
	switch raw {
	case "EN", "ISO", "IEC", "DIN", "NS", "SS", "SFS", "DS", "BS", "CEN", "ANSI", "VDE", "VDI", "UL", "NEK", "iso", "iec", "Iso":
		return true
	}
	return false
}

// split is the runs of letters and digits of text[start:end], folded. A
// decimal comma or point also splits.
func split(text string, start, end int) []span {
	var ps []span
	for from := start; from < end; {
		r, size := utf8.DecodeRuneInString(text[from:end])
		if !wordRune(r) {
			from += size
			continue
		}
		to := from
		for to < end {
			r, size := utf8.DecodeRuneInString(text[to:end])
			if !wordRune(r) {
				break
			}
			to += size
		}
		if f := fold(text[from:to]); f != "" {
			ps = append(ps, span{from, to, f})
		}
		from = to
	}
	return ps
}

// splitWords is split for words: an apostrophe stays inside.
func splitWords(text string, start, end int) []span {
	var ps []span
	from := start
	for i, r := range text[start:end] {
		if !wordRune(r) && r != '\'' && r != '’' && r != 'ʼ' {
			if f := fold(text[from : start+i]); f != "" {
				ps = append(ps, span{from, start + i, f})
			}
			from = start + i + utf8.RuneLen(r)
		}
	}
	if f := fold(text[from:end]); f != "" {
		ps = append(ps, span{from, end, f})
	}
	return ps
}

// splitDigits splits "hvlp46" into hvlp and 46. Where folding moved bytes, the
// pieces keep the offsets of p as a whole.
func splitDigits(text string, p span) []span {
	raw := text[p.start:p.end]
	var out []span
	from := 0
	cut := func(to int) {
		q := span{p.start, p.end, p.folded[from:to]}
		if to <= len(raw) && fold(raw[:from]) == p.folded[:from] && fold(raw[from:to]) == q.folded {
			q.start, q.end = p.start+from, p.start+to
		}
		out = append(out, q)
		from = to
	}
	digit := false
	for i, r := range p.folded {
		if d := unicode.IsDigit(r); d != digit {
			if i > from {
				cut(i)
			}
			digit = d
		}
	}
	if from < len(p.folded) {
		cut(len(p.folded))
	}
	return out
}

func hasDigit(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }

// allDigits reports whether s is ASCII digits only, at least one.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
