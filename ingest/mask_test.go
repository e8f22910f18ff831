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
