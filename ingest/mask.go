package ingest

import (
	"regexp"
	"strings"

	"github.com/sufflor/sufflor/idnumber"
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
		if len(idnumber.Digits(part[3])) < 4 {
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
		n := len(idnumber.Digits(number))
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
	d := strings.TrimLeft(idnumber.Digits(number), "0")
	for _, own := range m.Own {
		o := strings.TrimLeft(idnumber.Digits(own), "0")
		if len(o) >= 7 && len(d) >= 7 && (o == d || strings.HasSuffix(o, d)) {
			return true
		}
	}
	return false
}

// payment reports whether a number is that of a payment card. Groups, where
// there are any, are as printed.
func payment(s string) bool {
	groups := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' })
	return idnumber.Card(idnumber.Digits(s)) && (len(groups) == 1 || len(groups[0]) == 4 && len(groups) <= 5)
}

// person reports whether a number is the identity number of a person in
// Norway, Sweden, Denmark, Finland, Iceland or Germany. coded says that the
// words before it name another sort of number; then a date is not enough.
func person(s string, coded bool) bool {
	d := idnumber.Digits(s)
	switch {
	case idnumber.Finnish(s):
		return true
	case len(d) == 11:
		return idnumber.Norwegian(d, idnumber.Today) || !strings.Contains(s, "-") && idnumber.GermanTax(d)
	case len(d) == 12:
		return idnumber.Swedish(d[2:])
	case len(d) == 10:
		return idnumber.Swedish(d) || idnumber.Icelandic(d) || idnumber.DanishChecked(d) || !coded && idnumber.Danish(d)
	}
	return false
}

// iban checks an account number of any country; in solved cases one of a
// wrong length is masked as well.
func iban(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	return len(s) >= 15 && len(s) <= 34 && idnumber.Remainder97(s) == 1
}
