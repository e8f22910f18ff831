package message_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

var anchorCases = []struct {
	name, text string
	want       string // "kind norm" of each, joined by "; "
}{
	{"a plain number", "Vi har 3 igjen.", "number 3"},
	{"Nordic grouping and decimals", "1 000,50", "number 1000.5"},
	{"German grouping and decimals", "1.000,50", "number 1000.5"},
	{"English grouping and decimals", "1,000.50", "number 1000.5"},
	{"Swiss grouping", "1'000.50", "number 1000.5"},
	{"no-break and narrow spaces group", "38\u00a0900 und 38\u202f900", "number 38900; number 38900"},
	{"millions", "1.000.000 og 1 000 000", "number 1000000; number 1000000"},
	{"three digits after one separator are thousands", "38,900 und 38.900", "number 38900; number 38900"},
	{"after a zero they are decimals", "0,125", "number 0.125"},
	{"zeros at the end say nothing", "12,50 og 12.5", "number 12.5; number 12.5"},
	{"a year is a number", "fra 2021", "number 2021"},
	{"a list of numbers is no number", "1,2,3", "number 1.2; number 3"},
	{"numbers apart by a space stay apart", "24 7", "number 24; number 7"},
	{"half", "2½ og ½", "number 2.5; number 0.5"},
	{"a minus is part of the number", "ned til -20 °C", "unit -20 °C"},
	{"a real minus too", "ned til −20 °C", "unit -20 °C"},
	{"a range is two numbers", "10-15 mm", "number 10; unit 15 mm"},
	{"a range with a long dash", "10–15 mm", "number 10; unit 15 mm"},

	{"crowns after", "38 900 kr", "money 38900 kr"},
	{"crowns before", "kr 38 900,-", "money 38900 kr"},
	{"crowns by code", "NOK 38,900", "money 38900 kr"},
	{"crowns by dash", "38.900,-", "money 38900 kr"},
	{"crowns by Swedish dash", "500:-", "money 500 kr"},
	{"crowns in words", "500 kronor, 500 kroner", "money 500 kr; money 500 kr"},
	{"crowns without a space", "kr500 og 500kr", "money 500 kr; money 500 kr"},
	{"euro every way", "€ 25, 25 €, 25,00 EUR, 25 euroa", "money 25 EUR; money 25 EUR; money 25 EUR; money 25 EUR"},
	{"dollars and pounds", "$1,299.99 or £999", "money 1299.99 USD; money 999 GBP"},
	{"a price ends a sentence", "Prisen er 1 499 kr.", "money 1499 kr"},

	{"per cent every way", "25 %, 25%, 25 prosent, 25 Prozent, 25 percent", "percent 25 %; percent 25 %; percent 25 %; percent 25 %; percent 25 %"},

	{"units", "10 m, 55 kW, 230V, 2,5 mm², 16A", "unit 10 m; unit 55 kW; unit 230 V; unit 2.5 mm²; unit 16 A"},
	{"units in words of six languages", "14 dager, 14 dagar, 14 dage, 14 päivää, 14 Tage, 14 days", strings.TrimSuffix(strings.Repeat("unit 14 d; ", 6), "; ")},
	{"hours and minutes", "2 timer og 30 minutter", "unit 2 h; unit 30 min"},
	{"square metres", "50 m2 = 50 kvm", "unit 50 m²; unit 50 m²"},
	{"sizes", "30x40 cm", "number 30; unit 40 cm"},
	{"a word after a number is no unit", "3 modeller", "number 3"},
	{"a compound counts as its number", "en 3-fase motor, 10-årig garanti", "number 3; number 10"},
	{"ordinals are numbers", "2nd floor", "number 2"},

	{"an error code", "feil E-4419 vises", "code E4419"},
	{"a code without its hyphen", "E4419", "code E4419"},
	{"a code with grammar behind", "E-4419-feilen, XY-2000:een, XY-2000-modellen", "code E4419; code XY2000; code XY2000"},
	{"a code behind a word", "modell-XY2000", "code XY2000"},
	{"a case number", "sak 2024/1208", "code 2024/1208"},
	{"an order number", "123-456-789", "code 123456789"},
	{"a version", "versjon 1.2.3 eller v2.0", "code 1.2.3; code V2.0"},
	{"an IP address", "192.168.1.1", "code 192.168.1.1"},
	{"two codes with a slash", "XY-2000/XY-3000", "code XY2000; code XY3000"},
	{"a fraction is no code", "24/7", "number 24; number 7"},
	{"a word is no code", "USB-C og HDMI", ""},
	{"case does not matter", "xy-2000", "code XY2000"},

	{"an ISO date", "2024-03-01", "date 2024-03-01"},
	{"Nordic dates", "1.3.2024, 01.03.24, 1/3/2024", "date 2024-03-01; date 2024-03-01; date 2024-03-01"},
	{"month names of six languages", "1. mars 2024, den 1 mars 2024, 1. marts 2024, 1. maaliskuuta 2024, 1. März 2024, 1 March 2024", strings.TrimSuffix(strings.Repeat("date 2024-03-01; ", 6), "; ")},
	{"American dates", "March 1, 2024", "date 2024-03-01"},
	{"American numbers when they can be nothing else", "3/25/2024", "date 2024-03-25"},
	{"what only looks like a date is still stated", "2004-03-71", "code 20040371"},
	{"a date without a year", "25. Mai", "date --05-25"},
	{"a date is not its sentence", "Kom 1. mars. I 2024 var det fullt.", "date --03-01; number 2024"},
	{"des is no month before a noun", "am 3. des Monats", "number 3"},
	{"times", "kl. 10.30, klo 10.30, 10.30 Uhr, 10:30", "number 10:30; number 10:30; number 10:30; number 10:30"},
	{"times of half days", "2:30 pm", "number 14:30"},

	{"a link", "se https://www.sufflor.example/hjelp/.", "url sufflor.example/hjelp"},
	{"a link without its scheme", "sufflor.no/hjelp", "url sufflor.no/hjelp"},
	{"a link in brackets", "(https://sufflor.example/a_(b))", "url sufflor.example/a_(b)"},
	{"an address", "Skriv til Post@Sufflor.example.", "email post@sufflor.example"},
	{"an abbreviation is no link", "bl.a. dette og art.no 12", "number 12"},

	{"a Norwegian telephone", "22 33 44 55, 900 12 345, +47 22 33 44 55, 0047 22334455", "phone 22334455; phone 90012345; phone 22334455; phone 22334455"},
	{"a Swedish telephone", "070-123 45 67, +46 70 123 45 67, +46 (0)70 123 45 67", "phone 701234567; phone 701234567; phone 701234567"},
	{"a Finnish telephone", "040 123 4567 tai +358 40 123 4567", "phone 401234567; phone 401234567"},
	{"a German telephone", "030/1234567 oder +49 30 1234567", "phone 301234567; phone 301234567"},
	{"nothing", "", ""},
	{"bytes that are no text", "\xff\xfe 12 \x00", "number 12"},
}

func TestAnchors(t *testing.T) {
	for _, c := range anchorCases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, a := range message.Anchors(c.text) {
				require.Equal(t, a.Text, c.text[a.Start:a.End])
				got = append(got, string(a.Kind)+" "+a.Norm)
			}
			require.Equal(t, c.want, strings.Join(got, "; "))
		})
	}
}

func TestSameKeepsCountriesApart(t *testing.T) {
	one := func(text string) message.Anchor {
		as := message.Anchors(text)
		require.Len(t, as, 1, text)
		return as[0]
	}
	require.True(t, message.Same(one("38 900 kr"), one("NOK 38,900")))
	require.True(t, message.Same(one("38.900 SEK"), one("38 900,-")))
	require.False(t, message.Same(one("NOK 500"), one("SEK 500")))
	require.False(t, message.Same(one("500 kr"), one("€500")))
	require.False(t, message.Same(one("E-4419"), one("E-4418")))
}

func FuzzAnchors(f *testing.F) {
	for _, c := range anchorCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, a := range message.Anchors(text) {
			require.GreaterOrEqual(t, a.Start, end, "in order and apart")
			require.Greater(t, a.End, a.Start)
			require.LessOrEqual(t, a.End, len(text))
			require.Equal(t, text[a.Start:a.End], a.Text)
			require.NotEmpty(t, a.Norm)
			end = a.End
		}
		// Every digit belongs to something stated.
		rest := []byte(text)
		for _, a := range message.Anchors(text) {
			for i := a.Start; i < a.End; i++ {
				rest[i] = ' '
			}
		}
		require.False(t, bytes.ContainsAny(rest, "0123456789"), "%q leaves %q", text, rest)
	})
}

func BenchmarkAnchors(b *testing.B) {
	const text = "XY-2000 koster 38 900 kr (kr 38 900,-) fra 1. mars 2024, 55 kW, se https://sufflor.example/pris eller ring 22 33 44 55."
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		message.Anchors(text)
	}
}
