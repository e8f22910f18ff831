package ground

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/suggest/message"
)

// The reasons of a [Verdict] and a [SentenceScore].
const (
	Supported   = ""             // nothing speaks against it
	Number      = "number"       // a number that no source states
	Price       = "price"        // an amount of money that no source states
	Date        = "date"         // a date, month or time that no source states
	Measure     = "unit"         // a number with its unit that no source states
	Percentage  = "percent"      // a percentage that no source states
	Code        = "code"         // a product, error, case or version number that no source states
	Link        = "link"         // a web address that no source states
	Address     = "email"        // a mail address that no source states
	Phone       = "phone"        // a telephone number that no source states
	Account     = "iban"         // an account number that no source states
	NumConflict = "num_conflict" // the sources state another number for the same thing
	Novel       = "novel"        // words that no source holds
	Recombined  = "recombined"   // its words stand apart in the sources
	Negated     = "negation"     // one of sentence and source negates, the other does not
	Unsupported = "unsupported"  // too little of it stands in the sources
	NoSource    = "no_source"    // there is nothing that could support it
)

// kind is what a fact is.
type kind uint8

const (
	number kind = iota
	money
	percent
	date
	month
	clock
	unit
	code
	link
	email
	phone
	iban
	interval // two numbers joined by a dash: both stand beside it, too
)

var reasons = [...]string{
	number: Number, money: Price, percent: Percentage, date: Date, month: Date, clock: Date, unit: Measure, code: Code,
	link: Link, email: Address, phone: Phone, iban: Account, interval: Number,
}

// fact is something a text states exactly.
type fact struct {
	kind       kind
	value      string // canonical: number, date, address
	of         string // unit or currency
	country    string // ISO code of a currency that names its own
	text       string
	start, end int
	word       bool // a number written as a word
}

// facts are what text states exactly, in order.
func facts(language, text string) []fact {
	var out []fact
	covered := 0
	accounts := ibans(text)
	add := func(f fact) {
		for len(accounts) > 0 && accounts[0].end <= f.start {
			out = append(out, accounts[0])
			accounts = accounts[1:]
		}
		if len(accounts) > 0 && accounts[0].start < f.end {
			return
		}
		out = append(out, f)
	}
	between := func(from, to int) {
		for _, f := range written(language, text, from, to) {
			add(f)
		}
	}
	for _, a := range message.Anchors(text) {
		between(covered, a.Start)
		covered = a.End
		f := fact{text: a.Text, start: a.Start, end: a.End, value: a.Norm}
		switch a.Kind {
		case message.Money:
			f.kind, f.country = money, a.Currency
			f.value, f.of, _ = strings.Cut(a.Norm, " ")
		case message.Percent:
			f.kind = percent
			f.value = strings.TrimSuffix(a.Norm, " %")
		case message.Unit:
			f.kind = unit
			f.value, f.of, _ = strings.Cut(a.Norm, " ")
			glued(&f)
		case message.Date:
			f.kind = date
		case message.Code:
			if strings.HasSuffix(a.Norm, "/M2") || strings.HasSuffix(a.Norm, "/M3") {
				continue // the rest of a unit: kg/m2
			}
			f.kind = code
		case message.URL:
			f.kind = link
		case message.Email:
			f.kind = email
		case message.Phone:
			f.kind = phone
		case message.Number:
			f.kind = number
			switch {
			case strings.Contains(a.Norm, ":"):
				f.kind = clock
			case len(a.Text) > 2 && a.Text[0] == '0' && strings.Trim(a.Text, "0123456789") == "":
				f.kind, f.value = code, a.Text // its zeros count: "0010"
			}
		}
		if f.kind == number {
			f, covered = scaled(text, f)
			if out == nil && listMark(text, f) {
				continue
			}
		}
		add(f)
	}
	between(covered, len(text))
	out = append(out, accounts...)
	return append(out, intervals(text, out)...)
}

// joins are what stands between the two numbers of an interval in words.
var joins = map[string]bool{
	"to": true, "til": true, "till": true, "bis": true, "and": true, "og": true, "och": true, "und": true, "ja": true, "tai": true, "or": true, "eller": true, "oder": true,
}

// intervals are the pairs of numbers that stand as one: "2–3 days", and with
// words between them "2 to 3 days".
func intervals(text string, fs []fact) []fact {
	var out []fact
	for i := 1; i < len(fs); i++ {
		a, b := fs[i-1], fs[i]
		if a.kind > clock || b.kind > unit || a.value == "" || b.value == "" || b.start < a.end || b.start-a.end > 8 || a.kind == date || a.kind == month || b.kind == date || b.kind == month {
			continue
		}
		between := strings.TrimSpace(text[a.end:b.start])
		dash := between == "-" || between == "–" || between == "—"
		if !dash && !joins[strings.ToLower(between)] {
			continue
		}
		out = append(out, fact{kind: interval, value: a.value + "–" + b.value, text: text[a.start:b.end], start: a.start, end: b.end, word: !dash})
	}
	return out
}

// glued reads again what a letter straight after a number makes a unit: "1st",
// "1980s" and "3D" are none.
func glued(f *fact) {
	rest := strings.TrimLeft(f.text, "0123456789")
	switch {
	case rest == "st", rest == "s" && len(f.text) == 5, rest == "d":
		f.kind, f.of = number, ""
	}
}

// listMark reports whether a number only numbers the line it begins.
func listMark(text string, f fact) bool {
	if strings.TrimSpace(text[:f.start]) != "" || f.end+1 >= len(text) || f.end-f.start > 2 {
		return false
	}
	return (text[f.end] == '.' || text[f.end] == ')') && text[f.end+1] == ' '
}

// scales are the words that multiply the number before them.
var scales = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for n, list := range map[int]string{
		3: "tusen tusind tuhatta tausend thousand",
		6: "million millioner mill miljon miljoner milj miljoonaa millionen millions mio",
		9: "milliard milliarder miljard miljarder miljardia milliarden billion billions",
	} {
		for w := range strings.FieldsSeq(list) {
			m[w] = n
		}
	}
	return m
})

// scaled is f with the "million" after it, and the currency after that.
func scaled(text string, f fact) (fact, int) {
	w, from, end := wordAt(text, f.end)
	n, ok := scales()[strings.ToLower(w)]
	if !ok || from == f.end {
		return f, f.end
	}
	f.value = shift(f.value, n)
	f.end = end
	if strings.HasPrefix(text[end:], ".") && strings.HasPrefix(strings.ToLower(w), "mi") && len(w) < 6 {
		end++
	}
	if c, from, stop := wordAt(text, end); from > end || c != "" {
		if name, iso := message.CurrencyName(c); name != "" {
			f.kind, f.of, f.country, f.end = money, name, iso, stop
		}
	}
	f.text = text[f.start:f.end]
	return f, f.end
}

// shift moves the decimal point of a number n digits to the right.
func shift(value string, n int) string {
	whole, decimals, _ := strings.Cut(value, ".")
	for len(decimals) < n {
		decimals += "0"
	}
	whole = strings.TrimLeft(whole+decimals[:n], "0")
	if rest := strings.TrimRight(decimals[n:], "0"); rest != "" {
		return whole + "." + rest
	}
	return whole
}

// wordAt is the word, or currency sign, after at most one space at i.
func wordAt(text string, i int) (w string, from, end int) {
	from = i
	if r, size := utf8.DecodeRuneInString(text[i:]); r != '\n' && unicode.IsSpace(r) {
		from += size
	}
	for end = from; end < len(text); {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !unicode.IsLetter(r) && (end > from || !strings.ContainsRune("€$£", r)) {
			break
		}
		end += size
		if strings.ContainsRune("€$£", r) {
			break
		}
	}
	return text[from:end], from, end
}

// numerals are the words for numbers by language. One is left out: it is an
// article everywhere but in Finnish.
var numerals = sync.OnceValue(func() map[string]map[string]string {
	return map[string]map[string]string{
		"nb": numeralTable("to=2 tre=3 fire=4 fem=5 seks=6 sju=7 syv=7 åtte=8 ni=9 ti=10 elleve=11 tolv=12 tretten=13 fjorten=14 femten=15 seksten=16 sytten=17 atten=18 nitten=19 tjue=20 tyve=20 tretti=30 tredve=30 førti=40 femti=50 seksti=60 sytti=70 åtti=80 nitti=90 hundre=100 halvannen=1.5 halvannet=1.5 halvanna=1.5"),
		"sv": numeralTable("två=2 tvenne=2 tre=3 fyra=4 fem=5 sex=6 sju=7 åtta=8 nio=9 tio=10 elva=11 tolv=12 tretton=13 fjorton=14 femton=15 sexton=16 sjutton=17 arton=18 nitton=19 tjugo=20 trettio=30 fyrtio=40 femtio=50 sextio=60 sjuttio=70 åttio=80 nittio=90 hundra=100 anderthalv=1.5 halvannan=1.5 halvtannat=1.5"),
		"da": numeralTable("to=2 tre=3 fire=4 fem=5 seks=6 syv=7 otte=8 ni=9 ti=10 elleve=11 tolv=12 tretten=13 fjorten=14 femten=15 seksten=16 sytten=17 atten=18 nitten=19 tyve=20 tredive=30 fyrre=40 halvtreds=50 tres=60 halvfjerds=70 firs=80 halvfems=90 hundrede=100 halvanden=1.5 halvandet=1.5"),
		"fi": numeralTable("kaksi=2 kahden=2 kahta=2 kahdessa=2 kolme=3 kolmen=3 kolmea=3 kolmessa=3 neljä=4 neljän=4 neljää=4 viisi=5 viiden=5 viittä=5 kuusi=6 kuuden=6 kuutta=6 seitsemän=7 seitsemää=7 kahdeksan=8 kahdeksaa=8 yhdeksän=9 yhdeksää=9 kymmenen=10 kymmentä=10 yksitoista=11 kaksitoista=12 kahdentoista=12 kolmetoista=13 neljätoista=14 neljäntoista=14 viisitoista=15 kuusitoista=16 kaksikymmentä=20 kahdenkymmenen=20 kolmekymmentä=30 kolmenkymmenen=30 neljäkymmentä=40 viisikymmentä=50 kuusikymmentä=60 sata=100 sadan=100 puolitoista=1.5 puolentoista=1.5"),
		"de": numeralTable("zwei=2 zwo=2 drei=3 vier=4 fünf=5 sechs=6 sieben=7 acht=8 neun=9 zehn=10 elf=11 zwölf=12 dreizehn=13 vierzehn=14 fünfzehn=15 sechzehn=16 siebzehn=17 achtzehn=18 neunzehn=19 zwanzig=20 dreißig=30 dreissig=30 vierzig=40 fünfzig=50 sechzig=60 siebzig=70 achtzig=80 neunzig=90 hundert=100 anderthalb=1.5 eineinhalb=1.5"),
		"en": numeralTable("two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 hundred=100"),
	}
})

// ordinals are numbers in words that count as numbers where a source uses them.
var ordinals = sync.OnceValue(func() map[string]map[string]string {
	return map[string]map[string]string{
		"nb": numeralTable("andre=2 tredje=3 fjerde=4 femte=5 sjette=6 sjuende=7 syvende=7 åttende=8 niende=9 tiende=10 ellevte=11 tolvte=12 tjuende=20"),
		"sv": numeralTable("andra=2 tredje=3 fjärde=4 femte=5 sjätte=6 sjunde=7 åttonde=8 nionde=9 tionde=10 elfte=11 tolfte=12 tjugonde=20"),
		"da": numeralTable("anden=2 andet=2 tredje=3 fjerde=4 femte=5 sjette=6 syvende=7 ottende=8 niende=9 tiende=10 ellevte=11 tolvte=12 tyvende=20"),
		"fi": numeralTable("toinen=2 toisen=2 kolmas=3 kolmannen=3 neljäs=4 neljännen=4 viides=5 viidennen=5 kuudes=6 seitsemäs=7 kahdeksas=8 yhdeksäs=9 kymmenes=10"),
		"de": numeralTable("zweite=2 zweiten=2 dritte=3 dritten=3 vierte=4 vierten=4 fünfte=5 fünften=5 sechste=6 sechsten=6 siebte=7 siebten=7 achte=8 achten=8 neunte=9 neunten=9 zehnte=10 zehnten=10"),
		"en": numeralTable("second=2 third=3 fourth=4 fifth=5 sixth=6 seventh=7 eighth=8 ninth=9 tenth=10 eleventh=11 twelfth=12 thirteenth=13 fourteenth=14 fifteenth=15 sixteenth=16 seventeenth=17 eighteenth=18 nineteenth=19 twentieth=20 twice=2"),
	}
})

func numeralTable(list string) map[string]string {
	m := map[string]string{}
	for entry := range strings.FieldsSeq(list) {
		name, value, _ := strings.Cut(entry, "=")
		m[name] = value
	}
	return m
}

// written are the numbers in words and the names of months in text[from:to].
func written(language, text string, from, to int) []fact {
	var out []fact
	table := numerals()[language]
	for i := from; i < to; {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) {
			switch r {
			case '%':
				out = append(out, fact{kind: percent, start: i, end: i + size, text: "%", word: true})
			case '€', '$', '£':
				name, iso := message.CurrencyName(string(r))
				out = append(out, fact{kind: money, of: name, country: iso, start: i, end: i + size, text: string(r), word: true})
			}
			i += size
			continue
		}
		end := lettersEnd(text, i)
		w := strings.ToLower(text[i:end])
		if len(w) < 32 {
			out = append(out, writtenWord(language, table, text, w, i, end)...)
		}
		i = end
	}
	return out
}

// lettersEnd is where the letters end that begin at i.
func lettersEnd(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) {
			break
		}
		i += size
	}
	return i
}

// writtenWord is what the word w at text[i:end] states, in at most one fact.
func writtenWord(language string, table map[string]string, text, w string, i, end int) []fact {
	f := fact{text: text[i:end], start: i, end: end, word: true}
	if v, ok := table[w]; ok {
		f.kind, f.value = number, v
		if f, _ = scaled(text, f); f.kind == money {
			return []fact{f}
		}
		if next, from, stop := wordAt(text, f.end); from > f.end {
			u := message.UnitName(next)
			name, iso := message.CurrencyName(next)
			switch {
			case name != "":
				f.kind, f.of, f.country, f.end = money, name, iso, stop
			case u == "%":
				f.kind, f.end = percent, stop
			case u != "" && len(next) > 1:
				f.kind, f.of, f.end = unit, u, stop
			}
			f.text = text[i:f.end]
		}
		return []fact{f}
	}
	if v, ok := ordinals()[language][w]; ok {
		f.kind, f.value = number, v
		return []fact{f}
	}
	if name, iso := message.CurrencyName(w); name != "" {
		f.kind, f.of, f.country = money, name, iso // of a header: "Price (NOK)"
		return []fact{f}
	}
	// "mai", "may" and "mars" are other words too; what stands with a day is
	// a date already.
	if m := message.Month(w); m > 0 && utf8.RuneCountInString(w) > 3 && (unicode.IsUpper([]rune(f.text)[0]) || language != "en" && language != "de") {
		f.kind, f.value = month, strconv.Itoa(m)
		return []fact{f}
	}
	return nil
}

// ibans are the account numbers of text: two letters, two digits and groups of
// four. Their check digits are not computed: a wrong one must be found, too.
func ibans(text string) []fact {
	var out []fact
	for i := 0; i+15 < len(text); i++ {
		if !upper(text[i]) || !upper(text[i+1]) || !digit(text[i+2]) || !digit(text[i+3]) {
			continue
		}
		if r, _ := utf8.DecodeLastRuneInString(text[:i]); i > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			continue
		}
		var b strings.Builder
		b.WriteString(text[i : i+4])
		j, end, group := i+4, i+4, 0
	scan:
		for j < len(text) && b.Len() < 34 {
			c := text[j]
			switch {
			case digit(c) || upper(c):
				b.WriteByte(c)
				group++
				j++
				end = j
			case c == ' ' && group != 0 && group%4 != 0:
				break scan
			case c == ' ' && j+1 < len(text) && (digit(text[j+1]) || upper(text[j+1])):
				j++
				group = 0
			default:
				break scan
			}
		}
		digits := 0
		for _, c := range []byte(b.String()) {
			if digit(c) {
				digits++
			}
		}
		if b.Len() < 15 || digits < 10 {
			continue
		}
		out = append(out, fact{kind: iban, value: b.String(), text: text[i:end], start: i, end: end})
		i = end
	}
	return out
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }

// stated reports whether the facts of a source, whose text says what currency
// or unit stands in a header, state f.
func stated(f fact, have []fact) bool {
	for _, h := range have {
		if same(f, h) {
			return true
		}
	}
	switch f.kind {
	case money, percent:
		// A cell holds the number, its header the currency or the sign.
		return slices.ContainsFunc(have, func(h fact) bool { return h.kind == number && h.value == f.value }) && named(f, have)
	case date:
		return datedApart(f, have)
	case interval:
		return f.word || besides(f, have)
	}
	return false
}

// besides reports whether a source states both ends of an interval in turn and
// close by, whatever stands between them.
func besides(f fact, have []fact) bool {
	const near = 60 // bytes
	low, high, _ := strings.Cut(f.value, "–")
	if low == high {
		return false
	}
	for _, h := range have {
		if l, r, _ := strings.Cut(h.value, "–"); h.kind == interval && (l == low || r == high) {
			return false // the interval has another end
		}
	}
	for i, h := range have {
		if h.value != low {
			continue
		}
		for _, k := range have[i+1:] {
			if k.start-h.end > near || k.kind == interval {
				break
			}
			if k.value == high {
				return true
			}
		}
	}
	return false
}

// named reports whether a source names f's currency or percentages anywhere
// else, or no currency at all.
func named(f fact, have []fact) bool {
	any := false
	for _, h := range have {
		if h.kind != f.kind {
			continue
		}
		any = true
		if h.of == f.of && (h.country == f.country || h.country == "" || f.country == "") {
			return true
		}
	}
	return !any
}

// same reports whether h states what f does.
func same(f, h fact) bool {
	if f.kind == h.kind {
		switch f.kind {
		case money:
			return f.value == h.value && f.of == h.of && (f.country == h.country || f.country == "" || h.country == "")
		case date:
			return f.value == h.value || sameDay(f, h)
		default:
			return f.value == h.value && f.of == h.of
		}
	}
	switch f.kind {
	case number:
		switch h.kind {
		case money, percent, unit:
			return f.value == h.value
		case date:
			// A year, or the day of a date whose month was not recognised.
			return len(f.value) == 4 && strings.HasPrefix(h.value, f.value+"-") || len(f.value) < 3 && strings.TrimLeft(h.value[len(h.value)-2:], "0") == f.value
		case clock:
			return f.value+":00" == h.value
		}
	case unit:
		// "2" of "2–3 hours", and a column that names its unit above.
		return h.kind == number && f.value == h.value && (!h.word || f.word)
	case clock:
		return h.kind == number && (h.value+":00" == f.value || strings.Replace(f.value, ":", ".", 1) == h.value || trimmedClock(f.value) == h.value)
	case month:
		return h.kind == date && monthOf(h.value) == f.value
	case code:
		// An order or article number may be grouped as a number is.
		return (h.kind == number || h.kind == phone) && strings.Map(digitsOnly, f.value) == h.value && len(h.value) == len(f.value)
	case phone:
		return (h.kind == code || h.kind == number) && f.value == strings.Map(digitsOnly, h.value)
	}
	return false
}

// partly reports whether two dates agree but for a year that one lacks.
func partly(a, b fact) bool {
	return a.kind == date && b.kind == date && a.value[len(a.value)-5:] == b.value[len(b.value)-5:] && (a.value[0] == '-' || b.value[0] == '-')
}

func digitsOnly(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// trimmedClock is "10.3" for "10:30": how a time without its word is read.
func trimmedClock(v string) string {
	return strings.TrimRight(strings.TrimRight(strings.Replace(v, ":", ".", 1), "0"), ".")
}

// monthOf is the month of "2026-03-01" or "--03-01", without its zero.
func monthOf(v string) string {
	if len(v) < 5 {
		return ""
	}
	return strings.TrimLeft(v[len(v)-5:len(v)-3], "0")
}

// sameDay compares dates of which one may lack its year, or may have day and
// month the American way.
func sameDay(a, b fact) bool {
	if strings.HasPrefix(a.value, "--") && strings.TrimPrefix(a.value, "--") == b.value[len(b.value)-5:] {
		return true
	}
	if len(a.value) != 10 || len(b.value) != 10 || a.value[:4] != b.value[:4] {
		return false
	}
	swapped := b.value[:4] + b.value[7:10] + b.value[4:7]
	return a.value == swapped && strings.Contains(a.text, "/") != strings.Contains(b.text, "/")
}

// datedApart reports whether a source gives the day without its year, and the
// year by itself.
func datedApart(f fact, have []fact) bool {
	if len(f.value) != 10 {
		return false
	}
	day, year := false, false
	for _, h := range have {
		day = day || h.kind == date && h.value == "--"+f.value[5:]
		year = year || h.kind == number && h.value == f.value[:4] || h.kind == date && strings.HasPrefix(h.value, f.value[:4])
	}
	return day && year
}

// strict reports whether f must be stated by a source. Numbers in words count
// the reader's own things as often as the source's ("these two"), unless a
// unit, a currency or per cent follows.
func (f fact) strict() bool {
	return !f.word || f.kind == unit || f.kind == month || f.kind == money || f.kind == percent
}
