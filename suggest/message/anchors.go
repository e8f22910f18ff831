package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// AnchorKind is what a stated fact is.
type AnchorKind string

// The kinds of anchors.
const (
	Number  AnchorKind = "number"
	Money   AnchorKind = "money"
	Percent AnchorKind = "percent"
	Date    AnchorKind = "date"
	Unit    AnchorKind = "unit" // a number with its unit
	Code    AnchorKind = "code" // product, error, case and order numbers
	URL     AnchorKind = "url"
	Email   AnchorKind = "email"
	Phone   AnchorKind = "phone"
)

// Anchor is something a text states that must not differ between a draft and
// its source: a number, an amount, a date, a code or an address.
type Anchor struct {
	Kind AnchorKind
	Text string // as written
	// Norm is the same for every spelling of the same thing: "1 000,50",
	// "1.000,50" and "1,000.50" are all "1000.5"; "14 dager" and "14 days"
	// are both "14 d". Amounts in crowns compare equal whether the country is
	// named or not; see [Same].
	Norm string
	// Currency is the ISO 4217 code of money that names its own, or "" where
	// only "kr" or ",-" says so.
	Currency   string
	Start, End int
}

// Same reports whether a and b state the same. Kinds may differ where spelling
// decides them; crowns of two named countries are never the same.
func Same(a, b Anchor) bool {
	return a.Norm == b.Norm && (a.Currency == b.Currency || a.Currency == "" || b.Currency == "")
}

// Anchors finds what text states, in order and without overlap. It takes
// linear time and accepts any bytes.
func Anchors(text string) []Anchor {
	var out []Anchor
	s := scanner{text: text}
	for i := 0; i < len(text); {
		a, end := s.at(i)
		if end <= i {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		if a.Kind != "" {
			a.Start, a.End = i, end
			a.Text = text[i:end]
			out = append(out, a)
		}
		i = end
	}
	return out
}

type scanner struct{ text string }

// at reads what begins at i. An end without a kind is a word to be skipped.
func (s scanner) at(i int) (a Anchor, end int) {
	c := s.text[i]
	r, size := utf8.DecodeRuneInString(s.text[i:])
	fresh := !wordBefore(s.text, i)
	switch {
	case fresh && (unicode.IsLetter(r) || isDigit(c) || c == '+' || c == '('):
		if n := address(s.text[i:]); n > 0 {
			return Anchor{Kind: URL, Norm: normURL(s.text[i : i+n])}, i + n
		}
		if n := mail(s.text[i:]); n > 0 && (i == 0 || s.text[i-1] != '@') {
			return Anchor{Kind: Email, Norm: strings.ToLower(s.text[i : i+n])}, i + n
		}
		if n := domain(s.text[i:]); n > 0 && (i == 0 || s.text[i-1] != '@') {
			return Anchor{Kind: URL, Norm: normURL(s.text[i : i+n])}, i + n
		}
	}
	switch {
	case c == '+' || c == '(' && fresh || isDigit(c) && fresh:
		if a, end := s.phone(i); end > i {
			return a, end
		}
		if isDigit(c) {
			return s.digits(i)
		}
	case isDigit(c):
		return s.digits(i)
	case (c == '-' || r == '−') && s.signs(i, size):
		a, end := s.quantity(i+size, "-")
		return a, end
	case strings.ContainsRune("€$£", r):
		return s.prefixed(i+size, string(r))
	case strings.ContainsRune("½¼¾", r):
		return s.finish(i+size, fractions[r])
	case unicode.IsLetter(r) && fresh:
		return s.word(i)
	}
	return Anchor{}, 0
}

var fractions = map[rune]string{'½': "0.5", '¼': "0.25", '¾': "0.75"}

// signs reports whether the minus at i is one, and no hyphen or range.
func (s scanner) signs(i, size int) bool {
	if i+size >= len(s.text) || !isDigit(s.text[i+size]) {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(s.text[:i])
	return i == 0 || unicode.IsSpace(r) && !s.spacedRange(i) || strings.ContainsRune("(:=", r)
}

// spacedRange reports whether a number stands before "10 -15".
func (s scanner) spacedRange(i int) bool {
	before := strings.TrimRight(s.text[max(0, i-8):i], " \t")
	return before != "" && isDigit(before[len(before)-1])
}

// word reads a word: a currency with its amount, a month with its day, a code,
// or nothing.
func (s scanner) word(i int) (Anchor, int) {
	end := i
	for end < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.text[end:])
		if !unicode.IsLetter(r) {
			break
		}
		end += size
	}
	w := s.text[i:end]
	if len(w) <= 12 {
		if _, ok := currencies[fold(w)]; ok {
			if a, stop := s.prefixed(end, w); stop > i {
				return a, stop
			}
		}
		if a, stop := s.monthFirst(i); stop > i {
			return a, stop
		}
	}
	if a, stop := s.code(i); stop > i {
		return a, stop
	}
	return Anchor{}, end
}

// digits reads what begins with a digit.
func (s scanner) digits(i int) (Anchor, int) {
	if a, end := s.date(i); end > i {
		return a, end
	}
	if a, end := s.clock(i); end > i {
		return a, end
	}
	if a, end := s.code(i); end > i {
		return a, end
	}
	return s.quantity(i, "")
}

// prefixed reads the amount after a currency that ends at j: "kr 38 900,-".
func (s scanner) prefixed(j int, currency string) (Anchor, int) {
	k := j
	if k < len(s.text) && s.text[k] == '.' {
		k++
	}
	k += spaces(s.text[k:], 2)
	sign := ""
	if k+1 < len(s.text) && s.text[k] == '-' && isDigit(s.text[k+1]) {
		sign = "-"
		k++
	}
	if k >= len(s.text) || !isDigit(s.text[k]) {
		return Anchor{}, 0
	}
	norm, end := amount(s.text, k)
	if end == k {
		return Anchor{}, 0
	}
	if end < len(s.text) && wordAfter(s.text, end) {
		return Anchor{}, 0
	}
	end += dash(s.text[end:])
	return money(sign+norm, currency), end
}

func money(norm, currency string) Anchor {
	c := currencies[fold(currency)]
	a := Anchor{Kind: Money, Norm: norm + " " + c.norm, Currency: c.iso}
	return a
}

// currencyName is how a currency compares and what it is.
type currencyName struct{ norm, iso string }

var currencies = map[string]currencyName{
	"kr": {"kr", ""}, "kroner": {"kr", ""}, "kronor": {"kr", ""}, "krone": {"kr", ""}, "krona": {"kr", ""}, "kruunua": {"kr", ""}, "kronen": {"kr", ""},
	"nok": {"kr", "NOK"}, "sek": {"kr", "SEK"}, "dkk": {"kr", "DKK"}, "isk": {"kr", "ISK"},
	"eur": {"EUR", "EUR"}, "euro": {"EUR", "EUR"}, "euros": {"EUR", "EUR"}, "euroa": {"EUR", "EUR"}, "€": {"EUR", "EUR"},
	"usd": {"USD", "USD"}, "$": {"USD", "USD"}, "dollar": {"USD", "USD"}, "dollars": {"USD", "USD"},
	"gbp": {"GBP", "GBP"}, "£": {"GBP", "GBP"}, "pounds": {"GBP", "GBP"}, "chf": {"CHF", "CHF"},
}

// dash is the length of ",-" or ":-" after an amount.
func dash(s string) int {
	for _, d := range []string{",-", ",–", ",—", ".-", ".–", ":-"} {
		if strings.HasPrefix(s, d) && !wordAfter(s, len(d)) {
			return len(d)
		}
	}
	return 0
}

// quantity reads a number from its first digit and what it counts.
func (s scanner) quantity(i int, sign string) (Anchor, int) {
	norm, end := amount(s.text, i)
	if end == i {
		return Anchor{}, 0
	}
	if r, size := utf8.DecodeRuneInString(s.text[end:]); fractions[r] != "" && strings.Trim(norm, "0123456789") == "" {
		norm += strings.TrimPrefix(fractions[r], "0")
		end += size
	}
	return s.finish(end, sign+norm)
}

// finish adds to a number the unit, currency or per cent after it.
func (s scanner) finish(end int, norm string) (Anchor, int) {
	if n := dash(s.text[end:]); n > 0 {
		stop := end + n
		if m, c := s.currencyAfter(stop); m > 0 {
			return money(norm, c), stop + m
		}
		return money(norm, "kr"), stop
	}
	gap := spaces(s.text[end:], 1)
	rest := s.text[end+gap:]
	if strings.HasPrefix(rest, "%") {
		return Anchor{Kind: Percent, Norm: norm + " %"}, end + gap + 1
	}
	if n, c := s.currencyAfter(end); n > 0 {
		return money(norm, c), end + n
	}
	w := unitWord(rest)
	if w == "" {
		return Anchor{Kind: Number, Norm: norm}, end
	}
	if u, ok := unitOf(w); ok {
		if u == "%" {
			return Anchor{Kind: Percent, Norm: norm + " %"}, end + gap + len(w)
		}
		return Anchor{Kind: Unit, Norm: norm + " " + u}, end + gap + len(w)
	}
	return Anchor{Kind: Number, Norm: norm}, end
}

// currencyAfter is the length of a space and a currency at j, and its name.
func (s scanner) currencyAfter(j int) (n int, currency string) {
	gap := spaces(s.text[j:], 1)
	rest := s.text[j+gap:]
	for _, sym := range []string{"€", "$", "£"} {
		if strings.HasPrefix(rest, sym) {
			return gap + len(sym), sym
		}
	}
	w := letters(rest)
	if w == "" || len(w) > 8 {
		return 0, ""
	}
	if _, ok := currencies[fold(w)]; !ok {
		return 0, ""
	}
	return gap + len(w), w
}

// letters is the run of letters that s begins with.
func letters(s string) string {
	end := strings.IndexFunc(clip(s, 32), func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(clip(s, 32))
	}
	return s[:end]
}

// unitWord is what may be a unit at the beginning of s.
func unitWord(s string) string {
	s = clip(s, 24)
	if strings.HasPrefix(s, "°C") || strings.HasPrefix(s, "°F") {
		return s[:3]
	}
	if strings.HasPrefix(s, "°") {
		return s[:2]
	}
	w := letters(s)
	rest := s[len(w):]
	for _, t := range []string{"²", "³", "2", "3", "/min", "/h", "/s", "/t"} {
		if w != "" && strings.HasPrefix(rest, t) && !wordAfter(s, len(w)+len(t)) {
			if _, ok := unitOf(w + t); ok {
				return w + t
			}
		}
	}
	if wordAfter(s, len(w)) {
		return ""
	}
	return w
}

// unitOf is the canonical name of a unit. Symbols mind their case, words do
// not.
func unitOf(w string) (string, bool) {
	if u, ok := unitSymbols[w]; ok {
		return u, true
	}
	u, ok := unitWords[fold(w)]
	return u, ok
}

var unitSymbols = table(`
mm=mm|cm=cm|dm=dm|m=m|km=km|µm=µm|mm2 mm²=mm²|cm2 cm²=cm²|m2 m²=m²|m3 m³=m³|cm3 cm³=cm³|m3/h m³/h=m³/h|l/min=l/min|m/s=m/s|km/h km/t=km/h
mg=mg|g=g|kg KG Kg=kg|ml mL=ml|cl=cl|dl=dl|l L=l
W=W|kW KW=kW|MW=MW|Wh=Wh|kWh KWh kwh=kWh|MWh=MWh|V=V|mV=mV|kV=kV|A=A|mA=mA|mAh=mAh|Ah=Ah|VA=VA|kVA=kVA|Ω=Ω|Hz=Hz|kHz=kHz|MHz=MHz|GHz=GHz
kB KB=kB|MB=MB|GB=GB|TB=TB|Mbit=Mbit|Gbit=Gbit|Mbps Mb=Mbit/s|Gbps Gb=Gbit/s|dpi DPI=dpi|px=px
N=N|Nm=Nm|kN=kN|Pa=Pa|kPa=kPa|MPa=MPa|hPa=hPa|mbar=mbar|bar=bar|psi=psi|°C=°C|°F=°F|K=K|dB dBA=dB|lm=lm|lx=lx|rpm=rpm
s=s|ms=ms|h=h|min=min|d=d
`)

var unitWords = table(`
millimeter millimetre millimetriä=mm|centimeter centimetre senttimetriä sentti=cm|meter metre meters metres metriä metrin metern=m|kilometer kilometre kilometers kilometriä kilometern=km
kvm kvadratmeter neliömetriä quadratmeter neliötä=m²|kubikmeter kuutiometriä=m³
gram gramm grammaa=g|kilo kilogram kilogramm kilogrammaa kiloa kilos=kg|tonn tonnes tonne tonnia tonnen=t|liter litre liters litres litraa litran litern=l|desiliter=dl
watt wattia=W|kilowatt kilowattia=kW|kilowattimer kilowattime kilowattimmar kilowattstunden=kWh|volt volttia=V|ampere ampeeria amp amps=A|hertz=Hz
gigabyte gigabytes gigatavua=GB|megabyte megabytes=MB|terabyte=TB
bar baaria=bar|grader grad astetta degrees=°|rpm o/min r/min=rpm
sek sekund sekunder sekunda sekundin sekuntia sekunti sekunde sekunden second seconds sec secs=s
minutt minutter minuttar minut minuter minuutti minuuttia minuutin minute minuten minutes mins=min
time timer timar timme timmar tunti tuntia tunnin stunde stunden std hour hours hrs=h
dag dager dagar dage døgn dygn päivä päivää päivän vuorokautta tag tage tagen day days=d
virkedag virkedager virkedagar arbetsdag arbetsdagar vardagar hverdag hverdager hverdage arkipäivä arkipäivää arkipäivän werktag werktage werktagen arbeitstage arbeitstagen arbejdsdag arbejdsdage=workday
uke uker veke veker vecka veckor uge uger viikko viikkoa viikon woche wochen week weeks=week
måned måneder månad månader månadar mnd kuukausi kuukautta kuukauden kk monat monate monaten month months=month
år årig vuosi vuotta vuoden jahr jahre jahren year years yr yrs=year
stk stykk styk stykker st stycken kpl kappaletta stück pcs pieces piece=pcs
prosent procent prosenttia prosentti prozent percent pct=%
`)

// table reads "name name=canonical" entries separated by "|" or line breaks.
func table(s string) map[string]string {
	m := map[string]string{}
	for entry := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '|' || r == '\n' }) {
		names, canonical, _ := strings.Cut(entry, "=")
		for name := range strings.FieldsSeq(names) {
			m[name] = canonical
		}
	}
	return m
}

// spaces is the length of at most limit spaces at the beginning of s, of any
// width but no line break.
func spaces(s string, limit int) int {
	n := 0
	for range limit {
		r, size := utf8.DecodeRuneInString(s[n:])
		if r == '\n' || r == '\r' || !unicode.IsSpace(r) {
			break
		}
		n += size
	}
	return n
}

// maxDigits bounds one number; longer runs of digits are no amounts.
const maxDigits = 40

// amount reads a number in whatever way it is grouped, from a digit at i, and
// writes it with a decimal point, without grouping and without zeros that say
// nothing.
func amount(text string, i int) (norm string, end int) {
	var groups []string // runs of digits
	var seps []rune     // before each of them
	var ends []int
	end = i
	var sep rune
	for {
		from := end
		for end < len(text) && isDigit(text[end]) && end-from < maxDigits {
			end++
		}
		groups, seps, ends = append(groups, text[from:end]), append(seps, sep), append(ends, end)
		r, size := utf8.DecodeRuneInString(text[end:])
		if len(groups) > 6 || end+size >= len(text) || !isDigit(text[end+size]) || !separates(r) {
			break
		}
		sep = r
		end += size
	}
	for n := len(groups); ; n-- {
		whole, decimals, ok := arrange(groups[:n], seps[:n])
		if !ok && n > 1 {
			continue // fewer groups belong to this number
		}
		whole = strings.TrimLeft(whole, "0")
		if whole == "" {
			whole = "0"
		}
		if decimals = strings.TrimRight(decimals, "0"); decimals != "" {
			whole += "." + decimals
		}
		return whole, ends[n-1]
	}
}

func separates(r rune) bool {
	return r == '.' || r == ',' || thousandsOnly(r)
}

// thousandsOnly reports whether r groups thousands and never is a decimal
// point: an apostrophe or a space of any width.
func thousandsOnly(r rune) bool {
	switch r {
	case '\'', '’', ' ', '\u00a0', '\u202f', '\u2009', '\u2007':
		return true
	}
	return false
}

// arrange tells the whole digits from the decimals. The last separator is the
// decimal one when it differs from those before it; a single one in front of
// three digits groups thousands, as in "38,900", unless a zero stands before
// it. It is not ok when the groups are no number at all.
func arrange(groups []string, seps []rune) (whole, decimals string, ok bool) {
	n := len(groups)
	if n == 1 {
		return groups[0], "", true
	}
	final := seps[n-1]
	point := !thousandsOnly(final)
	if n > 2 && seps[n-2] == final {
		point = false
	}
	if n == 2 && len(groups[1]) == 3 && len(groups[0]) <= 3 && groups[0] != "0" {
		point = false
	}
	if point {
		decimals = groups[n-1]
		groups, seps = groups[:n-1], seps[:n-1]
	}
	for i := 1; i < len(groups); i++ {
		if len(groups[i]) != 3 || seps[i] != seps[1] {
			return "", "", false
		}
	}
	if len(groups) > 1 && len(groups[0]) > 3 {
		return "", "", false
	}
	return strings.Join(groups, ""), decimals, true
}

// Codes are the product, error and article codes of a text, by their Norm.
func Codes(text string) map[string]bool {
	out := map[string]bool{}
	for _, a := range Anchors(text) {
		if a.Kind == Code {
			out[a.Norm] = true
		}
	}
	return out
}

// Month is the number of a month's name, 1 to 12, in any of the six languages,
// or 0.
func Month(word string) int { return months[fold(word)] }

// UnitName is the canonical name of a unit, "d" for "dager" and "days", or "".
func UnitName(word string) string {
	u, _ := unitOf(word)
	return u
}

// CurrencyName is how amounts in a currency end their Norm, "kr" for "NOK" and
// "kroner", and its ISO 4217 code when it names its country; or "".
func CurrencyName(word string) (name, iso string) {
	c := currencies[fold(word)]
	return c.norm, c.iso
}
