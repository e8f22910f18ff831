package text_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/text"
)

func read(tb testing.TB, s string) (ingest.Document, error) {
	tb.Helper()
	return text.Reader{}.Read(context.Background(), ingest.Input{Name: "test.txt", Path: "test.txt", Data: strings.NewReader(s), Size: int64(len(s))})
}

func lines(doc ingest.Document) []string {
	var out []string
	for _, b := range doc.Blocks {
		line := fmt.Sprintf("%d", b.Locator.Line)
		if b.Locator.LineEnd > 0 {
			line += fmt.Sprintf("-%d", b.Locator.LineEnd)
		}
		line += " " + string(b.Kind)
		if b.Level > 0 {
			line += fmt.Sprint(b.Level)
		}
		out = append(out, line+"| "+strings.TrimSpace(b.Marker+" "+b.Text))
	}
	return out
}

func TestBlocks(t *testing.T) {
	long := "Dette er en linje som er så lang at den er brutt av redigeringsprogrammet"
	tests := []struct {
		name, text string
		want       []string
	}{
		{name: "underlined headings", text: "Garanti\n=======\n\ntekst\n\nDeler\n-----\nmer\n", want: []string{"1-2 heading1| Garanti", "4 paragraph| tekst", "6-7 heading2| Deler", "8 paragraph| mer"}},
		{name: "capitals", text: "VILKÅR\n\ntekst\n\nGARANTI\nmer\n", want: []string{"1 heading1| VILKÅR", "3 paragraph| tekst", "5 heading2| GARANTI", "6 paragraph| mer"}},
		{name: "numbers", text: "tekst\n\n1.2 Garanti på deler\n\nmer\n\n2.1.1 Kalk\n\nslutt\n", want: []string{"1 paragraph| tekst", "3 heading3| 1.2 Garanti på deler", "5 paragraph| mer", "7 heading4| 2.1.1 Kalk", "9 paragraph| slutt"}},
		{name: "a loose list is not headings", text: "1. Slå av\n\n2. Slå på\n\n3. Vent\n", want: []string{"1 item1| 1. Slå av", "3 item1| 2. Slå på", "5 item1| 3. Vent"}},
		{name: "wrapped lines are joined, short ones kept", text: long + "\nog går videre her.\n\nTimepris: 950 kr\nOppmøte: 450 kr\n", want: []string{"1-2 paragraph| " + long + " og går videre her.", "4-5 paragraph| Timepris: 950 kr\nOppmøte: 450 kr"}},
		{name: "lists with indents and wrapped items", text: "Ta med:\n- saks\n  * liten\n- " + long + "\n  og lim\n\nslutt\n", want: []string{"1 paragraph| Ta med:", "2 item1| • saks", "3 item2| • liten", "4-5 item1| • " + long + " og lim", "7 paragraph| slutt"}},
		{name: "questions and answers", text: "Spørsmål: Er den tett?\nSvar: Ja.\n\nSpørsmål: Tung?\nSvar: Nei.\n", want: []string{"1 heading6| Er den tett?", "2 paragraph| Ja.", "4 heading6| Tung?", "5 paragraph| Nei."}},
		{name: "questions over their answers", text: "Er den tett?\nJa.\n\nEr den tung?\nNei, 540 kg.\n", want: []string{"1 heading3| Er den tett?", "2 paragraph| Ja.", "4 heading3| Er den tung?", "5 paragraph| Nei, 540 kg."}},
		{name: "the name of a list", text: "Basic\n- kontroll\n- rabatt\n\nPlus\n- alt\n", want: []string{"1 heading4| Basic", "2 item1| • kontroll", "3 item1| • rabatt", "5 heading4| Plus", "6 item1| • alt"}},
		{name: "ruling lines are nothing", text: "a\n\n-----\n\nb\n", want: []string{"1 paragraph| a", "5 paragraph| b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, lines(doc))
		})
	}
}

func TestTitleAndCharset(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().String("STØY PÅ VERKSTED\n\nHold avstand på ti meter.\n")
	require.NoError(t, err)
	doc, err := read(t, latin)
	require.NoError(t, err)
	require.Equal(t, "STØY PÅ VERKSTED", doc.Title)
	require.Equal(t, "Hold avstand på ti meter.", doc.Blocks[1].Text)
}

func TestFaults(t *testing.T) {
	_, err := read(t, " \n\t\n---\n")
	require.ErrorIs(t, err, ingest.ErrNoText)
	_, err = text.Reader{}.Read(t.Context(), ingest.Input{Name: "a.txt", Data: strings.NewReader("a"), Size: 1 << 30})
	require.ErrorIs(t, err, ingest.ErrTooLarge)
}

func TestRandomBytesAreNoText(t *testing.T) {
	random := make([]byte, 20_000)
	rand.NewChaCha8([32]byte{}).Read(random)
	for name, mark := range map[string]string{"UTF-8": "\xef\xbb\xbf", "UTF-16": "\xff\xfe", "big-endian UTF-16": "\xfe\xff"} {
		_, err := read(t, mark+string(random))
		require.ErrorIs(t, err, ingest.ErrDamaged, name)
		require.ErrorContains(t, err, "test.txt is not text", name)
	}
	for name, s := range map[string]string{
		"a letter lost on the way": "\ufeffK\ufffdri", "colours of a terminal": strings.Repeat("\x1b[31mFEIL\x1b[0m\n", 50),
		"letters struck twice": strings.Repeat("F\bFE\bEI\bIL\bL\n", 50), "signs of a symbol font": strings.Repeat("\uf0b7 Slå av\n", 50),
	} {
		_, err := read(t, s)
		require.NoError(t, err, name)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"A\n=\n", "1. a\n\n2. b", "- a\n\n  b", "Q: a?\nA: b", "\t- a", "===\n===\n", "?\n?\n", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := read(t, s)
		if err != nil {
			return
		}
		last := strings.Count(s, "\n") + strings.Count(s, "\r") + 1
		at := 0
		for _, b := range doc.Blocks {
			if b.Locator.Line <= at || b.Locator.Line > last || b.Locator.LineEnd > last {
				t.Fatalf("%+v after line %d of %d", b, at, last)
			}
			at = max(b.Locator.Line, b.Locator.LineEnd)
		}
	})
}
