package ingest

import (
	"regexp"
	"strings"
	"unicode"
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
	mailAddress = regexp.MustCompile(`[\pL\d][\pL\d._%+-]*@[\pL\d][\pL\d-]*(?:\.[\pL\d-]+)+`)

	// Phone numbers as written in our countries. Each pattern is followed by
	// a count of digits, so that prices and article numbers stay.
	phoneNumber = regexp.MustCompile(`(?i)` +
		`(?:\+|\b00)[1-9][\d \x{a0}\x{202f}()./-]{5,20}\d` + // international
		`|\(?\b0\d{1,4}\)?[ \x{a0}/-]{1,3}\d[\d \x{a0}-]{3,12}\d\b` + // national, with a leading zero
		`|\b\d{2} \d{2} \d{2} \d{2}\b` + // Norway and Denmark
		`|\b\d{3} \d{2} \d{3}\b` + // Norway, mobile
		`|\b(?:tlf|telefon|telephone|tel|phone|mobil|mobile|mob|puh|puhelin|gsm|handy|cell)\b[.:]*[ \x{a0}]*(?:nr|no|nummer|number)?[.:]*[ \x{a0}]*\d[\d \x{a0}-]{5,13}\d`)
	dateLike  = regexp.MustCompile(`^\d{1,2}[ ./-]\d{1,2}[ ./-]\d{4}$|^\d{4}-\d{2}-\d{2}`)
	phoneCue  = regexp.MustCompile(`(?i)^[\pL.: \x{a0}]+`)
	moneyNext = regexp.MustCompile(`(?i)^[ \x{a0}]?(?:kr|nok|sek|dkk|eur|€|,-)`)

	numberCue = regexp.MustCompile(`(?i)\b(ordre-?(?:nummer|nr)|order (?:number|no|nr)|order-?(?:nummer|nr)|order ?#|ordre ?#|beställningsnummer|tilaus(?:numero|nro)|auftrags-?(?:nummer|nr)|` +
		`kunde?-?(?:nummer|nr)|kunden-?(?:nummer|nr)|customer (?:number|no|id)|asiakas(?:numero|nro)|faktura-?(?:nummer|nr)|invoice (?:number|no)|rechnungs-?(?:nummer|nr)|laskun numero)` +
		`([.:#]*[ \x{a0}]*)([\pL\d][\pL\d/-]*)`)

	account  = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b`)
	card     = regexp.MustCompile(`\b(?:\d[ -]?){12,18}\d\b`)
	identity = regexp.MustCompile(`\b(?:[0-3]\d[01]\d\d{2}(?:[ -]?\d{5}|-\d{4}|[-+A-FU-Y]\d{3}[\dA-Y])|(?:19|20)?\d{2}[01]\d[0-3]\d[-+]\d{4})\b`)
)

// Mask is text with its personal data replaced by "[e-mail]", "[phone]",
// "[number]", "[account]", "[card]" and "[id]".
func (m Masker) Mask(text string) string {
	text = mailAddress.ReplaceAllStringFunc(text, func(s string) string {
		if m.ownDomain(s[strings.LastIndexByte(s, '@')+1:]) {
			return s
		}
		return "[e-mail]"
	})
	text = account.ReplaceAllStringFunc(text, func(s string) string {
		if iban(s) {
			return "[account]"
		}
		return s
	})
	text = card.ReplaceAllStringFunc(text, func(s string) string {
		if luhn(digits(s)) {
			return "[card]"
		}
		return s
	})
	text = numberCue.ReplaceAllStringFunc(text, func(s string) string {
		part := numberCue.FindStringSubmatch(s)
		if len(digits(part[3])) < 4 {
			return s
		}
		return part[1] + part[2] + "[number]"
	})
	text = m.phones(text)
	return identity.ReplaceAllString(text, "[id]")
}

func (m Masker) phones(text string) string {
	var out strings.Builder
	last := 0
	for _, at := range phoneNumber.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		cue := phoneCue.FindString(found)
		number := found[len(cue):]
		n := len(digits(number))
		if n < 7 || n > 15 || dateLike.MatchString(number) || moneyNext.MatchString(text[at[1]:]) || m.ownNumber(number) || partOfCode(text, at[0]) {
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
	if len(d) < 13 || len(d) > 19 {
		return false
	}
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
	return sum%10 == 0
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
