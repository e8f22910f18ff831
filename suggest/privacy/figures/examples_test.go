package figures_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maker makes examples by the rules of the numbers, written here a second time
// so that a mistake in the rules under test shows. All persons are invented.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 5))} }

func (m maker) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(m.IntN(10))
	}
	if n > 0 && b[0] == '0' {
		b[0] = '1' + byte(m.IntN(9))
	}
	return string(b)
}

func (m maker) pick(list ...string) string { return list[m.IntN(len(list))] }

// birth is a day between 1930 and 2012; all days exist in every month.
func (m maker) birth() (day, month, year int) {
	return 1 + m.IntN(28), 1 + m.IntN(12), 1930 + m.IntN(83)
}

func sum(d string, weights ...int) int {
	n := 0
	for i, w := range weights {
		n += int(d[i]-'0') * w
	}
	return n
}

func (m maker) norwegian(addDay, addMonth int) string {
	for {
		day, month, year := m.birth()
		d := fmt.Sprintf("%02d%02d%02d%03d", day+addDay, month+addMonth, year%100, m.IntN(1000))
		k1 := (11 - sum(d, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
		if k1 == 10 {
			continue
		}
		d += strconv.Itoa(k1)
		k2 := (11 - sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
		if k2 == 10 {
			continue
		}
		d += strconv.Itoa(k2)
		return m.pick(d, d, d[:6]+" "+d[6:])
	}
}

// luhn appends the check digit of ISO/IEC 7812-1.
func luhn(d string) string {
	n := 0
	for i := len(d) - 1; i >= 0; i -= 2 {
		v := 2 * int(d[i]-'0')
		n += v/10 + v%10
		if i > 0 {
			n += int(d[i-1] - '0')
		}
	}
	return d + strconv.Itoa((10-n%10)%10)
}

func (m maker) swedish(addDay int) string {
	day, month, year := m.birth()
	d := luhn(fmt.Sprintf("%02d%02d%02d%03d", year%100, month, day+addDay, m.IntN(1000)))
	century := m.pick("", strconv.Itoa(year/100))
	return century + d[:6] + m.pick("-", "", "-") + d[6:]
}

func (m maker) finnish() string {
	day, month, year := m.birth()
	sign := m.pick("-", "-", "-", "Y", "X", "W", "V", "U")
	if year >= 2000 {
		sign = m.pick("A", "A", "A", "B", "C", "D", "E", "F")
	}
	date, number := fmt.Sprintf("%02d%02d%02d", day, month, year%100), fmt.Sprintf("%03d", 2+m.IntN(898))
	n, _ := strconv.Atoi(date + number)
	return date + sign + number + "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31:n%31+1]
}

func (m maker) danish() string {
	day, month, year := m.birth()
	return fmt.Sprintf("%02d%02d%02d-%04d", day, month, year%100, m.IntN(10000))
}

func (m maker) icelandic() string {
	for {
		day, month, year := m.birth()
		d := fmt.Sprintf("%02d%02d%02d%02d", day, month, year%100, 20+m.IntN(80))
		check := (11 - sum(d, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
		if check == 10 {
			continue
		}
		century := "9"
		if year >= 2000 {
			century = "0"
		}
		return d[:6] + m.pick("-", "") + d[6:] + strconv.Itoa(check) + century
	}
}

func (m maker) german() string {
	order := m.Perm(10)
	double := order[9]
	body := []int{double, double}
	body = append(body, order[:8]...)
	m.Shuffle(len(body), func(i, k int) { body[i], body[k] = body[k], body[i] })
	if body[0] == 0 {
		body[0], body[9] = body[9], body[0]
		if body[0] == 0 {
			return m.german()
		}
	}
	product, d := 10, ""
	for _, v := range body {
		s := (v + product) % 10
		if s == 0 {
			s = 10
		}
		product = 2 * s % 11
		d += strconv.Itoa(v)
	}
	d += strconv.Itoa((11 - product) % 10)
	return m.pick(d, d[:2]+" "+d[2:5]+" "+d[5:8]+" "+d[8:])
}

func fours(s string) string {
	var parts []string
	for len(s) > 4 {
		parts, s = append(parts, s[:4]), s[4:]
	}
	return strings.Join(append(parts, s), " ")
}

func (m maker) iban() string {
	country := m.pick("NO11", "SE20", "FI14", "DK14", "DE18", "IS22")
	n, _ := strconv.Atoi(country[2:])
	body := m.digits(n)
	rest := 0
	for _, c := range body + fmt.Sprint(int(country[0])-55) + fmt.Sprint(int(country[1])-55) + "00" {
		rest = (rest*10 + int(c-'0')) % 97
	}
	s := fmt.Sprintf("%s%02d%s", country[:2], 98-rest, body)
	return m.pick(s, fours(s))
}

func (m maker) card() string {
	s := luhn(m.pick("4"+m.digits(14), "51"+m.digits(13), "55"+m.digits(13), "2221"+m.digits(11), "37"+m.digits(12), "6011"+m.digits(11), "36"+m.digits(11)))
	if len(s) != 16 {
		return s
	}
	return m.pick(s, fours(s), strings.ReplaceAll(fours(s), " ", "-"))
}

func (m maker) account() string {
	for {
		d := m.digits(10)
		k := (11 - sum(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
		if k < 10 {
			return d[:4] + "." + d[4:6] + "." + d[6:] + strconv.Itoa(k)
		}
	}
}

func (m maker) phoneNumber() string {
	n := func(k int) string { return m.digits(k) }
	return m.pick("+47 9"+n(1)+" "+n(2)+" "+n(2)+" "+n(2), "+4791"+n(6), "+46 70-"+n(3)+" "+n(2)+" "+n(2), "070-"+n(3)+" "+n(2)+" "+n(2), "+45 2"+n(1)+" "+n(2)+" "+n(2)+" "+n(2),
		"+358 40 "+n(3)+" "+n(4), "+354 6"+n(2)+" "+n(4), "+49 151 "+n(8), "0151 "+n(8), "+44 7700 900"+n(3))
}

func (m maker) email() string {
	return m.pick("kari", "bjørn", "anna-lena", "mikko", "jürgen", "s.o") + m.pick(".", "_") + m.pick("nordmann", "virtanen", "ek", "o'hara") + "@" + m.pick("kunde.example", "firma.example.se", "example.com")
}

// spoilt changes one digit, so that no rule holds.
func (m maker) spoilt(s string) string {
	b := []byte(s)
	for i := len(b) - 2; i > 0; i-- {
		if b[i] >= '0' && b[i] <= '9' {
			b[i] = '0' + (b[i]-'0'+1+byte(m.IntN(8)))%10
			return string(b)
		}
	}
	return s
}

type entity struct {
	Type  string `json:"type"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

type line struct {
	Text     string   `json:"text"`
	Shape    string   `json:"shape,omitempty"`
	Entities []entity `json:"entities"`
}

// vectors are n numbers of each kind in sentences of six languages.
func vectors(seed uint64, n int) []line {
	m := newMaker(seed)
	frames := []string{
		"Fødselsnummeret mitt er %s, kan dere sjekke saken?", "Hei, det er %s som er riktig.", "Bruk %s til refusjonen, takk.", "Jag har %s och väntar på svar.", "Mitt nummer är %s och paketet har inte kommit.",
		"Det rigtige er %s, tak.", "Numeroni on %s ja pumppu on rikki.", "Tässä on %s, kiitos.", "Hier ist %s, wie gewünscht.", "Meine Angaben: %s", "Please note %s for me.", "%s",
	}
	var out []line
	for _, kind := range []struct {
		name string
		make func() string
	}{
		{"NO_FNR", func() string { return m.norwegian(0, 0) }},
		{"NO_DNR", func() string { return m.norwegian(40, 0) }},
		{"NO_HNR", func() string { return m.norwegian(0, 40+40*m.IntN(2)) }},
		{"SE_PNR", func() string { return m.swedish(0) }},
		{"SE_SAMORD", func() string { return m.swedish(60) }},
		{"FI_HETU", m.finnish},
		{"DK_CPR", m.danish},
		{"IS_KT", m.icelandic},
		{"DE_TAX_ID", m.german},
		{"IBAN", m.iban},
		{"CARD", m.card},
		{"NO_KONTO", m.account},
		{"PHONE", m.phoneNumber},
		{"EMAIL", m.email},
	} {
		for range n {
			v, frame := kind.make(), frames[m.IntN(len(frames))]
			start := utf8.RuneCountInString(frame[:strings.Index(frame, "%s")])
			out = append(out, line{Text: fmt.Sprintf(frame, v), Entities: []entity{{kind.name, start, start + utf8.RuneCountInString(v)}}})
		}
	}
	return out
}

// lookalikes are numbers that are nobody's, n of each shape: in sentences that
// say what they are, and in sentences that do not.
func lookalikes(seed uint64, n int) []line {
	m := newMaker(seed)
	named := []string{
		"Ordrenummer %s mangler.", "Faktura %s er betalt to ganger.", "Serienummeret er %s på pumpen.", "Sporingsnummer %s viser ingen bevegelse.", "Ordrenr: %s", "Bestilling nr. %s kom ikke.", "Varenummer %s er utsolgt.",
		"Beställning %s har inte kommit.", "Fakturanummer %s är fel.", "Artikelnr %s passar inte.", "Kollinummer %s saknas.", "Ordre %s er ikke leveret.", "Reservedel %s er for stor.", "Kundenummer %s, tak.",
		"Tilausnumero %s puuttuu.", "Lasku %s on maksettu.", "Sarjanumero %s laitteessa.", "Lähetys %s ei liiku.", "Bestellnummer %s fehlt.", "Rechnung %s wurde bezahlt.", "Seriennummer: %s", "Sendung %s steht still.",
		"Order %s has not arrived.", "Invoice no. %s was paid twice.", "Serial number %s on the router.", "Tracking number %s does not move.", "The part number is %s.", "Order #%s please.", "My order number is %s.", "RMA %s was closed.",
	}
	silent := []string{
		"Hva skjer med %s?", "%s er ikke kommet frem ennå.", "Jeg venter på %s fra dere.", "Var är %s?", "Vi väntar på %s sedan i måndags.", "Hvor bliver %s af?", "Missä %s on?", "Odotamme %s vielä.", "Wo bleibt %s?", "Ich warte auf %s seit Montag.", "What about %s?", "%s has not arrived.",
	}
	shapes := []struct {
		name string
		make func() string
	}{
		{"two groups 4-4", func() string { return m.digits(4) + "-" + m.digits(4) }},
		{"two groups 3-4", func() string { return m.digits(3) + "-" + m.digits(4) }},
		{"two groups 5-5", func() string { return m.digits(5) + "-" + m.digits(5) }},
		{"two groups 4-6", func() string { return m.digits(4) + "-" + m.digits(6) }},
		{"two groups 6-4", func() string { return m.digits(6) + "-" + m.digits(4) }},
		{"three groups 3-3-3", func() string { return m.digits(3) + "-" + m.digits(3) + "-" + m.digits(3) }},
		{"three groups 2-5-2", func() string { return m.digits(2) + "-" + m.digits(5) + "-" + m.digits(2) }},
		{"year and number", func() string { return fmt.Sprintf("20%02d%s%s", 20+m.IntN(7), m.pick("-", "/", ""), m.digits(5)) }},
		{"date and number", func() string {
			return fmt.Sprintf("20%02d%02d%02d-%s", 20+m.IntN(7), 1+m.IntN(12), 1+m.IntN(28), m.digits(3))
		}},
		{"letters and digits", func() string { return m.pick("XY", "SN", "PO-", "INV-", "E-", "ART", "WO") + m.digits(4+m.IntN(8)) }},
		{"letter and eight digits", func() string { return m.pick("A", "B", "C", "K", "L", "T", "X") + m.digits(8) }},
		{"letter and nine digits", func() string { return m.pick("A", "B", "C", "K", "L", "T", "X") + m.digits(9) }},
		{"blocks of letters and digits", func() string { return m.pick("B7K2", "QX19", "AA7Z") + "-" + m.digits(2) + "XA-" + m.digits(4) }},
		{"postal item", func() string { return "RR" + m.digits(9) + m.pick("NO", "SE", "DE") }},
		{"parcel of twenty", func() string { return "3707" + m.digits(16) }},
		{"bar code", func() string { return m.pick("70", "73", "57", "64", "40") + m.digits(11) }},
		{"date", func() string {
			return m.pick(fmt.Sprintf("%d.%d.2026", 1+m.IntN(28), 1+m.IntN(12)), fmt.Sprintf("%02d-%02d-2025", 1+m.IntN(28), 1+m.IntN(12)), fmt.Sprintf("2026-%02d-%02d", 1+m.IntN(12), 1+m.IntN(28)), fmt.Sprintf("%02d/%02d/26", 1+m.IntN(28), 1+m.IntN(12)))
		}},
		{"price", func() string {
			return m.pick(m.digits(2)+" "+m.digits(3)+",50 kr", "1."+m.digits(3)+",00 €", "kr "+m.digits(5)+",-", m.digits(2)+","+m.digits(3)+".95", "€ "+m.digits(4), m.digits(1)+" "+m.digits(3)+" "+m.digits(3)+" kr")
		}},
		{"version", func() string { return fmt.Sprintf("v%d.%d.%d.%d", m.IntN(12), m.IntN(30), m.IntN(9), 100+m.IntN(99)) }},
		{"company", func() string {
			return m.pick(m.digits(3)+" "+m.digits(3)+" "+m.digits(3)+" MVA", luhn("55"+m.pick("6", "9")+m.digits(6)), "DE"+m.digits(9), m.digits(7)+"-"+m.digits(1))
		}},
		{"card with a wrong digit", func() string { return m.spoilt(luhn("4" + m.digits(14))) }},
		{"fødselsnummer with a wrong digit", func() string { return m.spoilt(strings.ReplaceAll(m.norwegian(0, 0), " ", "")) }},
		{"hetu with a wrong digit", func() string { return m.spoilt(m.finnish()) }},
		{"IBAN with a wrong digit", func() string { return m.spoilt(m.iban()) }},
	}
	for k := 6; k <= 16; k++ {
		shapes = append(shapes, struct {
			name string
			make func() string
		}{fmt.Sprintf("%d digits", k), func() string { return m.digits(k) }})
	}
	var out []line
	for _, s := range shapes {
		for i := range n {
			frames, said := named, ", named"
			if i%2 == 1 {
				frames, said = silent, ", unnamed"
			}
			out = append(out, line{Text: fmt.Sprintf(frames[m.IntN(len(frames))], s.make()), Shape: s.name + said, Entities: []entity{}})
		}
	}
	return out
}

func encode(lines []line) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, l := range lines {
		_ = enc.Encode(l)
	}
	return b.Bytes()
}
