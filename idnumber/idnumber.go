// Package idnumber checks the numbers that persons are known by: national
// identity numbers of the countries we serve, travel documents, payment cards,
// bank accounts and wallets.
//
// It knows their rules and nothing of the text they stand in, and imports
// nothing from this module, so that both the reading of solved cases and the
// masking of messages can use it. All functions take a number without spaces
// and separators, but for [Finnish], and are safe for concurrent use. None
// panics on any text.
package idnumber

import "strings"

// Digits is the decimal digits of s.
func Digits(s string) string {
	all := true
	for i := range len(s) {
		if !digit(s[i]) {
			all = false
			break
		}
	}
	if all {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if digit(s[i]) {
			out = append(out, s[i])
		}
	}
	return string(out)
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// figures reports whether d is n digits.
func figures(d string, n int) bool {
	if len(d) != n {
		return false
	}
	for i := range len(d) {
		if !digit(d[i]) {
			return false
		}
	}
	return true
}

// number is the value of a few digits.
func number(d string) int {
	n := 0
	for i := range len(d) {
		n = n*10 + int(d[i]-'0')
	}
	return n
}

// date reports whether a day, month and year exist. A year below 100 counts as
// a leap year when any century makes it one.
func date(day, month, year int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	last := 31
	switch month {
	case 4, 6, 9, 11:
		last = 30
	case 2:
		last = 28
		if year%4 == 0 && (year < 100 || year%100 != 0 || year%400 == 0) {
			last = 29
		}
	}
	return day <= last
}

// weighted is the sum of the digits of d, each times its weight.
func weighted(d string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * int(d[i]-'0')
	}
	return sum
}

// Luhn reports whether the last digit checks the others (ISO/IEC 7812-1).
func Luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		c := d[len(d)-1-i]
		if !digit(c) {
			return false
		}
		n := int(c - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return d != "" && sum%10 == 0
}

// Norway says which control digits a Norwegian number must have.
type Norway int

const (
	// Today is the rule of now: two control digits by 11.
	Today Norway = iota
	// From2032 lets the first control digit leave a remainder of 0 to 3, as
	// the Norwegian Tax Administration announced for numbers given out from
	// 2032 on. Today's numbers are among them.
	From2032
)

// Norwegian checks a fødselsnummer, a D-number (day + 40), a number of a
// help register or a synthetic one (month + 40, + 65, + 80): eleven digits.
func Norwegian(d string, rule Norway) bool {
	if !figures(d, 11) {
		return false
	}
	day, month := number(d[:2]), number(d[2:4])
	if day > 40 {
		day -= 40
	}
	for _, plus := range []int{80, 65, 40} {
		if month > plus {
			month -= plus
			break
		}
	}
	if !date(day, month, number(d[4:6])) {
		return false
	}
	first := weighted(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1) % 11
	if first != 0 && (rule != From2032 || first > 3) {
		return false
	}
	return weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// NorwegianAccount checks a Norwegian bank account: eleven digits, the last by
// 11 with the weights 5 4 3 2 7 6 5 4 3 2.
func NorwegianAccount(d string) bool {
	return figures(d, 11) && weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// Swedish checks a personnummer or samordningsnummer (day + 60) of ten digits,
// or of twelve with its century. Companies have numbers of the same length
// whose third digit is at least 2; those have no month and do not pass.
func Swedish(d string) bool {
	year := 0
	switch {
	case figures(d, 12):
		year = number(d[:4])
		if year < 1800 || year > 2099 {
			return false
		}
		d = d[2:]
	case figures(d, 10):
		year = number(d[:2])
	default:
		return false
	}
	day := number(d[4:6])
	if day > 60 {
		day -= 60
	}
	return date(day, number(d[2:4]), year) && Luhn(d)
}

// Danish checks the date in a CPR number of ten digits. Since 2007 there need
// be no check digit, so that one number in 27 passes.
func Danish(d string) bool {
	return figures(d, 10) && date(number(d[:2]), number(d[2:4]), number(d[4:6]))
}

// DanishChecked asks for the check digit by 11 as well, which all numbers had
// until 2007.
func DanishChecked(d string) bool {
	return Danish(d) && weighted(d, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// Icelandic checks a kennitala of ten digits: a date, a check digit by 11, and
// 8, 9 or 0 for the century. Companies add 40 to the day and do not pass.
func Icelandic(d string) bool {
	return figures(d, 10) && date(number(d[:2]), number(d[2:4]), number(d[4:6])) &&
		(d[9] == '0' || d[9] >= '8') && weighted(d, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// Finnish checks a henkilötunnus as it is written, eleven characters: a date,
// a sign for the century (those added in 2023, too), three digits and a
// character by 31.
func Finnish(s string) bool {
	if len(s) != 11 || !figures(s[:6], 6) || !figures(s[7:10], 3) {
		return false
	}
	century := 0
	switch s[6] {
	case '+':
		century = 1800
	case '-', 'Y', 'X', 'W', 'V', 'U', 'y', 'x', 'w', 'v', 'u':
		century = 1900
	case 'A', 'B', 'C', 'D', 'E', 'F', 'a', 'b', 'c', 'd', 'e', 'f':
		century = 2000
	default:
		return false
	}
	n := number(s[:6])*1000 + number(s[7:10])
	c := s[10]
	if c >= 'a' {
		c &^= 0x20
	}
	return date(number(s[:2]), number(s[2:4]), century+number(s[4:6])) && "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31] == c
}

// GermanTax checks a Steuer-ID of eleven digits: ISO 7064 MOD 11,10, no 0 in
// front, and of the first ten digits one occurs twice or three times and the
// others at most once.
func GermanTax(d string) bool {
	repeated, ok := germanTax(d)
	return ok && repeated == 1
}

// GermanTaxExample reports whether a Steuer-ID is right but for its first ten
// digits, which are all different: such are not given out, but stand in
// examples (one of 30,000 numbers by chance).
func GermanTaxExample(d string) bool {
	repeated, ok := germanTax(d)
	return ok && repeated == 0
}

// germanTax counts the digits that occur more than once among the first ten.
func germanTax(d string) (repeated int, ok bool) {
	if !figures(d, 11) || d[0] == '0' {
		return 0, false
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
	for _, n := range count {
		if n > 3 {
			return 0, false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated, (11-product)%10 == int(d[10]-'0')
}

// GermanDocument checks the number of a German passport or identity card: nine
// characters and a check digit by the weights 7 3 1 (ICAO Doc 9303, part 3).
// The nine begin with a letter and have no vowels; the check digit is the
// ninth of them when it is printed as one, or the tenth.
func GermanDocument(s string) bool {
	if len(s) != 9 && len(s) != 10 {
		return false
	}
	s = strings.ToUpper(s)
	if !strings.Contains("CFGHJKLMNPRTVWXYZ", s[:1]) || !digit(s[len(s)-1]) {
		return false
	}
	sum := 0
	for i := range len(s) - 1 {
		v := 0
		switch c := s[i]; {
		case digit(c):
			v = int(c - '0')
		case strings.IndexByte("CFGHJKLMNPRTVWXYZ", c) >= 0:
			v = int(c-'A') + 10
		default:
			return false
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return sum%10 == int(s[len(s)-1]-'0')
}

// GermanHealth checks a Krankenversichertennummer: a letter and nine digits,
// the last by Luhn's rule with weights from the left (1 2 1 2 …), the letter
// counted as two digits (A = 01).
func GermanHealth(s string) bool {
	if len(s) != 10 || !letter(s[0]) || !figures(s[1:], 9) {
		return false
	}
	d := place(s[0]) + s[1:9]
	return crossSum(d, 1, 2)%10 == int(s[9]-'0')
}

// GermanPension checks a Rentenversicherungsnummer: area, date of birth, a
// letter, two digits and a check digit (weights 2 1 2 5 7 1 2 1 2 1 2 1).
func GermanPension(s string) bool {
	if len(s) != 12 || !figures(s[:8], 8) || !letter(s[8]) || !figures(s[9:], 3) {
		return false
	}
	day := number(s[2:4])
	if day > 50 { // given out after the combinations of a day were used up
		day -= 50
	}
	if number(s[:2]) < 2 || !date(day, number(s[4:6]), number(s[6:8])) {
		return false
	}
	d := s[:8] + place(s[8]) + s[9:11]
	return crossSum(d, 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)%10 == int(s[11]-'0')
}

// GermanDoctor checks a lebenslange Arztnummer of nine digits: the seventh
// checks the six before it (weights 4 9).
func GermanDoctor(d string) bool {
	if !figures(d, 9) {
		return false
	}
	sum := weighted(d, 4, 9, 4, 9, 4, 9)
	return (10-sum%10)%10 == int(d[6]-'0')
}

// place is a letter's place in the alphabet, in two digits.
func place(letter byte) string {
	n := letter | 0x20 - 'a' + 1
	return string([]byte{'0' + n/10, '0' + n%10})
}

// crossSum adds up the digits of each digit of d times its weight; the weights
// repeat.
func crossSum(d string, weights ...int) int {
	sum := 0
	for i := range len(d) {
		v := int(d[i]-'0') * weights[i%len(weights)]
		sum += v/10 + v%10
	}
	return sum
}

func letter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }

// Card checks the number of a payment card: a known issuer, its length (13 to
// 19 digits) and the check digit. Chance passes one in 34 numbers of sixteen
// digits.
func Card(d string) bool {
	n := len(d)
	if n < 13 || n > 19 || !Luhn(d) {
		return false
	}
	four := d[:4]
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
		return true
	}
	return four[0] == '1' && n == 15
}

// accountLength is the length of an IBAN by country, from the SWIFT registry.
const accountLength = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28" +
	"IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22" +
	"SA24SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20"

// AccountLength is the number of characters of an IBAN of a country ("NO"), or
// 0 when it has none.
func AccountLength(country string) int {
	if len(country) != 2 {
		return 0
	}
	for i := 0; i < len(accountLength); i += 4 {
		if accountLength[i:i+2] == country {
			return number(accountLength[i+2 : i+4])
		}
	}
	return 0
}

// IBAN checks an account number (ISO 13616): the length of its country, and a
// remainder of 1 by 97. Letters may be of either case.
func IBAN(s string) bool {
	return len(s) > 4 && AccountLength(strings.ToUpper(s[:2])) == len(s) && Remainder97(s) == 1
}

// Remainder97 is the remainder by 97 of an account number as ISO 7064 reads
// it, or -1 when it holds anything but letters and digits or is shorter than
// four.
func Remainder97(s string) int {
	if len(s) < 4 {
		return -1
	}
	rest := 0
	for i := range len(s) {
		switch c := s[(i+4)%len(s)]; {
		case digit(c):
			rest = (rest*10 + int(c-'0')) % 97
		case letter(c):
			rest = (rest*100 + int(c|0x20-'a') + 10) % 97
		default:
			return -1
		}
	}
	return rest
}
