package ingest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

func TestMask(t *testing.T) {
	own := ingest.Masker{Own: []string{"fjordvik.example", "+47 70 55 01 00"}}
	tests := []struct{ name, text, want string }{
		{name: "a customer's address", text: "Skriv til kari.nordmann@kunde.example, takk", want: "Skriv til [e-mail], takk"},
		{name: "our own address", text: "Skriv til support@fjordvik.example", want: "Skriv til support@fjordvik.example"},
		{name: "our own subdomain", text: "a@post.fjordvik.example", want: "a@post.fjordvik.example"},
		{name: "a look-alike of our domain", text: "a@notfjordvik.example", want: "[e-mail]"},
		{name: "an international number", text: "Ring +47 918 22 333.", want: "Ring [phone]."},
		{name: "our own number", text: "Ring +47 70 55 01 00.", want: "Ring +47 70 55 01 00."},
		{name: "our own number as written at home", text: "Ring 70 55 01 00.", want: "Ring 70 55 01 00."},
		{name: "a Norwegian number", text: "Nummeret er 91 82 23 33", want: "Nummeret er [phone]"},
		{name: "a Norwegian mobile", text: "Nummeret er 918 22 333", want: "Nummeret er [phone]"},
		{name: "a Swedish number", text: "Nå mig på 070-123 45 67 efter lunch", want: "Nå mig på [phone] efter lunch"},
		{name: "a Finnish number", text: "Soita 040 123 4567", want: "Soita [phone]"},
		{name: "a German number", text: "Rufen Sie 0431 5550199 an", want: "Rufen Sie [phone] an"},
		{name: "a number after its cue", text: "Tlf: 91822333", want: "Tlf: [phone]"},
		{name: "an order number", text: "Ordrenummer 4711-22812 mangler", want: "Ordrenummer [number] mangler"},
		{name: "a customer number", text: "Kundennr. 100233", want: "Kundennr. [number]"},
		{name: "an account", text: "IBAN DE89 3704 0044 0532 0130 00 bitte", want: "IBAN [account] bitte"},
		{name: "a payment card", text: "Kort 4111 1111 1111 1111", want: "Kort [card]"},
		{name: "a Norwegian identity number", text: "født 010190 12345", want: "født [id]"},
		{name: "a Finnish identity number", text: "hetu 131052-308T", want: "hetu [id]"},
		{name: "a D-number", text: "D-nummeret er 41018212345, nei 45094647138", want: "D-nummeret er 41018212345, nei [id]"},
		{name: "eleven figures that check for nobody", text: "Sporingsnummer 01019012345 står stille", want: "Sporingsnummer 01019012345 står stille"},
		{name: "a Swedish number with and without a century", text: "Jag är 811228-9874 eller 198112289874", want: "Jag är [id] eller [id]"},
		{name: "a Swedish company", text: "Org.nr 556036-0793", want: "Org.nr 556036-0793"},
		{name: "a Danish number", text: "Mit nummer er 070761-4285", want: "Mit nummer er [id]"},
		{name: "ten figures after another cue", text: "Serienummer 0707614281", want: "Serienummer 0707614281"},
		{name: "a Finnish number with a wrong letter", text: "sarja 131052-308U", want: "sarja 131052-308U"},
		{name: "a Finnish number of this century", text: "hetu 020504A902E", want: "hetu [id]"},
		{name: "an Icelandic number", text: "Kennitala mín er 120174-3399", want: "Kennitala mín er [id]"},
		{name: "a German number", text: "Steuer-ID 86 095 742 719", want: "Steuer-ID [id]"},
		{name: "a card with a wrong figure", text: "Kort 4111 1111 1111 1112", want: "Kort 4111 1111 1111 1112"},
		{name: "a piece of a longer number", text: "Nr. 1234 4111 1111 1111 1111 00", want: "Nr. 1234 4111 1111 1111 1111 00"},
		{name: "an account with a wrong figure", text: "NO93 8601 1117 948", want: "NO93 8601 1117 948"},
		{name: "a greeting", text: "Hei Kari,\nden er tett.", want: "Hei [name],\nden er tett."},
		{name: "a greeting to nobody", text: "Hei alle,\nHej Team!\nHi there", want: "Hei alle,\nHej Team!\nHi there"},
		{name: "a sentence that begins like a greeting", text: "Kjære Kari kjøpte en pumpe.", want: "Kjære Kari kjøpte en pumpe."},
		{name: "who signs", text: "Den er tett.\n\nMed vennlig hilsen\nKari Nordmann", want: "Den er tett.\n\nMed vennlig hilsen\n[name]"},
		{name: "our firm signs", text: "Mvh Fjordvik Support", want: "Mvh Fjordvik Support"},
		{name: "prices, codes, serial and article numbers stay", text: "Sett 740-2051 koster 38 900 kr (eller 12 34 56 78 kr), serienr. 20-4100, E-4419, (EU) 2024/1208, 1.1.2026, 01.02.2026, 2026-01-02, 0,85 EUR, 118 dB", want: "Sett 740-2051 koster 38 900 kr (eller 12 34 56 78 kr), serienr. 20-4100, E-4419, (EU) 2024/1208, 1.1.2026, 01.02.2026, 2026-01-02, 0,85 EUR, 118 dB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, own.Mask(tt.text)) })
	}
}

func FuzzMask(f *testing.F) {
	f.Add("Ring +47 918 22 333 eller skriv til kari@kunde.example")
	f.Add("@@..\x00 070-- 0 0 0 0 0")
	f.Fuzz(func(t *testing.T, text string) {
		once := ingest.Masker{}.Mask(text)
		if strings.Contains(once, "kari@kunde.example") {
			t.Fatalf("%q keeps the address", once)
		}
	})
}
