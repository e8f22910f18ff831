package ingest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// Masker takes personal data out of solved cases before they become passages:
// e-mail addresses, phone numbers, and order, customer, account and national
// identity numbers. It leaves article numbers, serial numbers, error codes and
// prices alone. The zero value masks everything it knows.
type Masker struct {
	// Own are the company's own domains ("fjordvik.example") and phone
	// numbers ("+47 70 55 01 00"), which stay: they are part of the answer.
	Own []string
}

var (
	mailAddress = pattern.Lazy(`[\pL\d][\pL\d._%+-]*@[\pL\d][\pL\d-]*(?:\.[\pL\d-]+)+`)

	// Phone numbers as written in our countries. Each pattern is followed by
	// a count of digits, so that prices and article numbers stay.
	phoneNumber = pattern.Lazy(`(?i)` +
		`(?:\+|\b00)[1-9][\d \x{a0}\x{202f}()./-]{5,20}\d` + // international
		`|\(?\b0\d{1,4}\)?[ \x{a0}/-]{1,3}\d[\d \x{a0}-]{3,12}\d\b` + // national, with a leading zero
		`|\b\d{2} \d{2} \d{2} \d{2}\b` + // Norway and Denmark
		`|\b\d{3} \d{2} \d{3}\b` + // Norway, mobile
		`|\b(?:tlf|telefon|telephone|tel|phone|mobil|mobile|mob|puh|puhelin|gsm|handy|cell)\b[.:]*[ \x{a0}]*(?:nr|no|nummer|number)?[.:]*[ \x{a0}]*\d[\d \x{a0}-]{5,13}\d`)
	dateLike  = pattern.Lazy(`^\d{1,2}[ ./-]\d{1,2}[ ./-]\d{4}$|^\d{4}-\d{2}-\d{2}`)
	phoneCue  = pattern.Lazy(`(?i)^[\pL.: \x{a0}]+`)
	moneyNext = pattern.Lazy(`(?i)^[ \x{a0}]?(?:kr|nok|sek|dkk|eur|€|,-)`)

	numberCue = pattern.Lazy(`(?i)\b(ordre-?(?:nummer|nr)|order (?:number|no|nr)|order-?(?:nummer|nr)|order ?#|ordre ?#|beställningsnummer|tilaus(?:numero|nro)|auftrags-?(?:nummer|nr)|` +
		`kunde?-?(?:nummer|nr)|kunden-?(?:nummer|nr)|customer (?:number|no|id)|asiakas(?:numero|nro)|faktura-?(?:nummer|nr)|invoice (?:number|no)|rechnungs-?(?:nummer|nr)|laskun numero)` +
		`([.:#]*[ \x{a0}]*)([\pL\d][\pL\d/-]*)`)

	account  = pattern.Lazy(`\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b`)
	card     = pattern.Lazy(`\b\d(?:[ -]?\d){11,18}\b`)
	identity = pattern.Lazy(`\b\d{11}\b|` + // Norway; Germany
		`\b\d{6}[ -]\d{5}\b|` + // Norway
		`\b(?:19|20)?\d{6}[-+]\d{4}\b|\b\d{12}\b|\b\d{10}\b|` + // Sweden, Denmark, Iceland
		`\b\d{6}[-+A-FU-Ya-fu-y]\d{3}[\dA-Ya-y]\b|` + // Finland
		`\b\d{2} \d{3} \d{3} \d{3}\b`) // Germany
	identityCue = pattern.Lazy(`(?i)(?:født|fødd|född|fødselsn|fødselsdato|personn|personbeteckning|person(?:al)? ?(?:id|number|nr)|samordningsn|cpr|hetu|henkilötunnus|syntymäaika|kennitala|steuer-?id|\bid-?nr|steueridentifikation|identifikationsnummer|geburtsdatum|geboren|date of birth|social security|national id)[^\d\n]{0,25}$`)
	otherCue    = pattern.Lazy(`(?i)(?:ordre|order|sporing|spårning|tracking|faktura|invoice|rechnung|lasku|tilaus|auftrag|bestell|beställning|serienr|serienummer|serial|sarjanumero|artikkel|artikel|vare|tuote|produkt|product|part|sendung|paket|pakke|lähetys|kolli|referanse|reference|ref|sn|kunde|kund|customer|asiakas|case|sak|ärende|sag|ticket)[\pL-]*[.:#]*[ \x{a0}]*(?:nr|no|number|nummer|numero)?[.:#]*[ \x{a0}]*$`)

	greeted = pattern.Lazy(`(?m)^([ \t]*(?i:hei|heisann|hallo|hej|hejsan|hi|hello|dear|kjære|kära|kære|moi|hyvä|guten tag|liebe|lieber|god dag|goddag|good (?:morning|afternoon|evening)|guten morgen|sehr geehrter? (?:herr|frau))[ \t]+)(\p{Lu}[\pL'’-]+(?:[ \t]+\p{Lu}[\pL'’-]+){0,2})([ \t]*[,!]|[ \t]*$)`)
	signed  = pattern.Lazy(`(?m)^([ \t]*(?i:mvh|vh|med vennlig hilsen|vennlig hilsen|beste hilsen|hilsen|med venleg helsing|helsing|med vänliga hälsningar|vänliga hälsningar|med vänlig hälsning|vänlig hälsning|hälsningar|med venlig hilsen|venlig hilsen|bedste hilsner|ystävällisin terveisin|ystävällisesti|terveisin|mit freundlichen grüßen|freundliche grüße|viele grüße|liebe grüße|beste grüße|best regards|kind regards|regards|sincerely|yours sincerely|best wishes|cheers)[ \t]*[,.!]?(?:[ \t]*\n[ \t]*|[ \t]+))(\p{Lu}[\pL'’-]+(?:[ \t]+\p{Lu}\.)?(?:[ \t]+\p{Lu}[\pL'’-]+){0,2})[ \t]*$`)
)

// nobody are words that stand where names do.
var nobody = map[string]bool{
	"alle": true, "all": true, "alla": true, "kaikki": true, "team": true, "support": true, "kundeservice": true, "kundtjänst": true, "kundservice": true, "asiakaspalvelu": true, "kundendienst": true, "kundensupport": true, "customer": true, "service": true, "sir": true, "madam": true, "dere": true, "du": true, "deg": true,
	"as": true, "asa": true, "ab": true, "oy": true, "oyj": true, "aps": true, "a/s": true, "gmbh": true, "ltd": true, "inc": true, "ag": true, "kg": true, "damen": true, "herren": true, "damer": true, "herrer": true, "kunde": true, "kund": true, "asiakas": true, "everyone": true, "there": true, "igjen": true, "på": true, "takk": true, "tack": true, "tak": true, "kiitos": true, "danke": true, "thanks": true, "thank": true, "fra": true, "teamet": true, "avdeling": true,
}

// Mask is text with its personal data replaced by "[e-mail]", "[phone]",
// "[number]", "[account]", "[card]", "[id]" and "[name]". Identity numbers,
// accounts and cards are known by their check digits or by the words before
// them, names only behind a greeting or closing words.
func (m Masker) Mask(text string) string {
	text = mailAddress().ReplaceAllStringFunc(text, func(s string) string {
		if m.ownDomain(s[strings.LastIndexByte(s, '@')+1:]) {
			return s
		}
		return "[e-mail]"
	})
	text = account().ReplaceAllStringFunc(text, func(s string) string {
		if iban(s) {
			return "[account]"
		}
		return s
	})
	text = replaceAt(text, card(), func(found string, from, to int) string {
		if alone(text, from, to) && payment(found) {
			return "[card]"
		}
		return found
	})
	text = replaceAt(text, identity(), func(found string, from, _ int) string {
		before := text[max(0, from-60):from]
		if from > 0 && (text[from-1] == '-' || text[from-1] == '/') || !person(found, otherCue().MatchString(before)) && !identityCue().MatchString(before) {
			return found
		}
		return "[id]"
	})
	text = numberCue().ReplaceAllStringFunc(text, func(s string) string {
		part := numberCue().FindStringSubmatch(s)
		if len(digits(part[3])) < 4 {
			return s
		}
		return part[1] + part[2] + "[number]"
	})
	return m.names(m.phones(text))
}

// replaceAt replaces what a pattern finds by what f makes of it and its place.
func replaceAt(text string, pattern *regexp.Regexp, f func(found string, from, to int) string) string {
	var out strings.Builder
	last := 0
	for _, at := range pattern.FindAllStringIndex(text, -1) {
		out.WriteString(text[last:at[0]])
		out.WriteString(f(text[at[0]:at[1]], at[0], at[1]))
		last = at[1]
	}
	out.WriteString(text[last:])
	return out.String()
}

// alone reports whether no further group of figures stands beside a number:
// then it is not a piece of a longer one.
func alone(text string, from, to int) bool {
	if from > 1 && (text[from-1] == ' ' || text[from-1] == '-') && isDigit(text[from-2]) {
		return false
	}
	return to+1 >= len(text) || text[to] != ' ' && text[to] != '-' || !isDigit(text[to+1])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// names masks who is greeted and who signs.
func (m Masker) names(text string) string {
	mask := func(pattern *regexp.Regexp, text string) string {
		return pattern.ReplaceAllStringFunc(text, func(s string) string {
			part := pattern.FindStringSubmatch(s)
			for w := range strings.FieldsSeq(strings.ToLower(part[2])) {
				if nobody[w] || m.ownWord(w) {
					return s
				}
			}
			tail := ""
			if len(part) > 3 {
				tail = part[3]
			}
			return part[1] + "[name]" + tail
		})
	}
	return mask(signed(), mask(greeted(), text))
}

// ownWord reports whether a word is the name of one of our domains.
func (m Masker) ownWord(word string) bool {
	for _, own := range m.Own {
		for label := range strings.SplitSeq(strings.ToLower(strings.TrimPrefix(own, "@")), ".") {
			if len(label) > 2 && label == word {
				return true
			}
		}
	}
	return false
}

func (m Masker) phones(text string) string {
	var out strings.Builder
	last := 0
	for _, at := range phoneNumber().FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		cue := phoneCue().FindString(found)
		number := found[len(cue):]
		n := len(digits(number))
		if n < 7 || n > 15 || dateLike().MatchString(number) || moneyNext().MatchString(text[at[1]:]) || m.ownNumber(number) || partOfCode(text, at[0]) ||
			cue == "" && number[0] != '+' && !alone(text, at[0], at[1]) {
			continue
		}
		out.WriteString(text[last:at[0]])
		out.WriteString(cue)
		out.WriteString("[phone]")
		last = at[1]
	}
	out.WriteString(text[last:])
	return out.String()
}

// partOfCode reports whether what starts at i goes on from a letter, digit or
// hyphen: then it belongs to a code such as "XY-2000".
func partOfCode(text string, i int) bool {
	if i == 0 {
		return false
	}
	c := text[i-1]
	return c == '-' || c == '/' || c == '.' || c >= '0' && c <= '9'
}

func (m Masker) ownDomain(domain string) bool {
	domain = strings.ToLower(strings.Trim(domain, "."))
	for _, own := range m.Own {
		own = strings.ToLower(strings.TrimPrefix(own, "@"))
		if own != "" && (domain == own || strings.HasSuffix(domain, "."+own)) {
			return true
		}
	}
	return false
}

// ownNumber compares by digits; the national form of an international number
// is its tail.
func (m Masker) ownNumber(number string) bool {
	d := strings.TrimLeft(digits(number), "0")
	for _, own := range m.Own {
		o := strings.TrimLeft(digits(own), "0")
		if len(o) >= 7 && len(d) >= 7 && (o == d || strings.HasSuffix(o, d)) {
			return true
		}
	}
	return false
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) && r < 0x80 {
			return r
		}
		return -1
	}, s)
}

// luhn checks a payment card number (ISO/IEC 7812-1).
func luhn(d string) bool {
	return len(d) >= 13 && len(d) <= 19 && luhnSum(d)%10 == 0
}

func luhnSum(d string) int {
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum
}

// payment reports whether a number is that of a payment card: a known issuer,
// its length and the check digit. Groups, where there are any, are as printed.
func payment(s string) bool {
	d := digits(s)
	if !luhn(d) {
		return false
	}
	if groups := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' }); len(groups) > 1 && (len(groups[0]) != 4 || len(groups) > 5) {
		return false
	}
	four, n := d[:4], len(d)
	switch {
	case four[0] == '4':
		return n == 13 || n == 16 || n == 19
	case four >= "5100" && four <= "5599", four >= "2221" && four <= "2720", four >= "3528" && four <= "3589":
		return n == 16
	case four[:2] == "34", four[:2] == "37":
		return n == 15
	case four[:2] == "36", four[:2] == "38", four[:2] == "39", four >= "3000" && four <= "3059":
		return n == 14
	case four == "6011", four[:2] == "65", four >= "6440" && four <= "6499", four[:2] == "62":
		return n >= 16
	case four[:2] == "50", four >= "5600" && four <= "5899", four[:2] == "63", four[:2] == "67":
		return n >= 13
	}
	return four[0] == '1' && n == 15
}

// person reports whether a number is the identity number of a person in
// Norway, Sweden, Denmark, Finland, Iceland or Germany. coded says that the
// words before it name another sort of number; then a date is not enough.
func person(s string, coded bool) bool {
	d := digits(s)
	switch {
	case len(s) == 11 && finnish(s):
		return true
	case len(d) == 11:
		return norwegian(d) || !strings.Contains(s, "-") && german(d)
	case len(d) == 12:
		return swedish(d[2:]) && date(d[6:8], d[4:6], d[:4], 60)
	case len(d) == 10:
		return swedish(d) || icelandic(d) || danish(d, coded)
	}
	return false
}

// date reports whether day, month and year are a date; some numbers add to the
// day.
func date(day, month, year string, added ...int) bool {
	n := func(s string) int {
		v := 0
		for i := range len(s) {
			v = v*10 + int(s[i]-'0')
		}
		return v
	}
	y := n(year)
	if len(year) == 2 {
		y += 2000 // a leap year whichever century it is, but for 1900
	}
	for _, plus := range append([]int{0}, added...) {
		t := time.Date(y, time.Month(n(month)), n(day)-plus, 0, 0, 0, 0, time.UTC)
		if t.Day() == n(day)-plus && int(t.Month()) == n(month) {
			return true
		}
	}
	return false
}

// weighted is the sum of digits by their weights.
func weighted(d string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * int(d[i]-'0')
	}
	return sum
}

// norwegian checks a fødselsnummer or D-number (two check digits by 11).
func norwegian(d string) bool {
	// Other registers and test persons add to the month.
	month, _ := strconv.Atoi(d[2:4])
	for _, plus := range []int{80, 65, 40} {
		if month > plus {
			month -= plus
			break
		}
	}
	if !date(d[:2], fmt.Sprintf("%02d", month), d[4:6], 40) {
		return false
	}
	return weighted(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// swedish checks a personnummer or samordningsnummer (Luhn).
func swedish(d string) bool {
	return date(d[4:6], d[2:4], d[:2], 60) && luhnSum(d)%10 == 0
}

// danish checks a CPR number. Since 2007 not all have a check digit.
func danish(d string, strict bool) bool {
	if !date(d[:2], d[2:4], d[4:6]) {
		return false
	}
	return !strict || weighted(d, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// icelandic checks a kennitala.
func icelandic(d string) bool {
	return date(d[:2], d[2:4], d[4:6]) && strings.IndexByte("089", d[9]) >= 0 && weighted(d, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// finnish checks a henkilötunnus (a letter by 31).
func finnish(s string) bool {
	if len(s) != 11 || isDigit(s[6]) || !date(s[:2], s[2:4], s[4:6]) {
		return false
	}
	n := 0
	for _, c := range []byte(s[:6] + s[7:10]) {
		if !isDigit(c) {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31] == strings.ToUpper(s)[10]
}

// german checks a Steuer-ID (ISO 7064 MOD 11,10; of the first ten digits one
// occurs two or three times and the others at most once).
func german(d string) bool {
	if d[0] == '0' {
		return false
	}
	var count [10]int
	product := 10
	for i := range 10 {
		v := int(d[i] - '0')
		count[v]++
		sum := (v + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1 && (11-product)%10 == int(d[10]-'0')
}

// iban checks an account number (ISO 13616): the remainder by 97 is 1.
func iban(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for _, r := range s[4:] + s[:4] {
		switch {
		case r >= '0' && r <= '9':
			rest = (rest*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}
