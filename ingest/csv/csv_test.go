package csv_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/csv"
)

func read(tb testing.TB, data string) (ingest.Document, error) {
	tb.Helper()
	return csv.Reader{}.Read(context.Background(), ingest.Input{Name: "test.csv", Path: "test.csv", Data: strings.NewReader(data), Size: int64(len(data))})
}

func TestTables(t *testing.T) {
	tests := []struct {
		name, data string
		header     string
		rows       []string
		lines      []int
	}{
		{name: "semicolons with decimal commas", data: "Vare;Pris\nKjele;490,50\nLokk, stort;49,00\n", header: "Vare|Pris", rows: []string{"Kjele|490,50", "Lokk, stort|49,00"}, lines: []int{2, 3}},
		{name: "commas", data: "Item,Price\n\"Kettle, small\",490\n", header: "Item|Price", rows: []string{"Kettle, small|490"}, lines: []int{2}},
		{name: "tabs", data: "Item\tPrice\nKettle; small\t490\n", header: "Item|Price", rows: []string{"Kettle; small|490"}, lines: []int{2}},
		{name: "line ends and quotes inside quotes", data: "Vare;Pris\r\n\"Kjele\r\n\"\"stor\"\"\";490\r\nLokk;49\r\n", header: "Vare|Pris", rows: []string{"Kjele\n\"stor\"|490", "Lokk|49"}, lines: []int{2, 4}},
		{name: "no header", data: "Kjele;490\nLokk;49\n", rows: []string{"Kjele|490", "Lokk|49"}, lines: []int{1, 2}},
		{name: "told by Excel", data: "sep=|\nItem|Price\nA;B|490\n", header: "Item|Price", rows: []string{"A;B|490"}, lines: []int{3}},
		{name: "empty lines", data: "Item;Price\n\n;\nKettle;490\n", header: "Item|Price", rows: []string{"Kettle|490"}, lines: []int{4}},
		{name: "rows of any length", data: "Item;Price;Days\nKettle;490\nLid;49;2;x\n", header: "Item|Price|Days", rows: []string{"Kettle|490", "Lid|49|2|x"}, lines: []int{2, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, tt.data)
			require.NoError(t, err)
			require.Len(t, doc.Blocks, 1)
			table := doc.Blocks[0].Table
			require.Equal(t, tt.header, strings.Join(table.Header, "|"))
			require.True(t, table.Sheet)
			for i, r := range table.Rows {
				require.Equal(t, tt.rows[i], strings.Join(r.Cells, "|"))
				require.Equal(t, tt.lines[i], r.Locator.Line)
			}
			require.Len(t, table.Rows, len(tt.rows))
		})
	}
}

func TestSolvedCases(t *testing.T) {
	tests := []struct{ language, header string }{
		{"nb", "Saksnr;Dato;Spørsmål;Svar"},
		{"sv", "Ärendenr;Datum;Fråga;Svar"},
		{"da", "Sagsnr;Dato;Spørgsmål;Løsning"},
		{"fi", "Tapausnumero;Päivämäärä;Kysymys;Vastaus"},
		{"de", "Fallnummer;Datum;Frage;Antwort"},
		{"en", "Ticket ID;created_at;Customer question;Accepted answer"},
	}
	for _, tt := range tests {
		t.Run(tt.language, func(t *testing.T) {
			doc, err := read(t, tt.header+"\n77;2025-03-01;\"Tett?\nHelt?\";\"Ja.\nHilsen oss\"\n78;2025-03-02;Tung?;\n")
			require.NoError(t, err)
			require.Len(t, doc.Blocks, 1)
			require.Equal(t, index.Locator{Case: "77", Line: 2, LineEnd: 4}, doc.Blocks[0].Locator)
			require.Equal(t, ingest.Case{ID: "77", Question: "Tett?\nHelt?", Answer: "Ja.\nHilsen oss", At: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)}, *doc.Blocks[0].Case)
			require.Equal(t, []string{"1 rows without question or answer were left out"}, doc.Warnings)
		})
	}
}

func TestUnhelpfulAnswersAreNoModel(t *testing.T) {
	doc, err := read(t, "question;answer;rating\na?;b;5\nc?;d;1\ne?;f;\n")
	require.NoError(t, err)
	require.Len(t, doc.Blocks, 2)
	require.Equal(t, []string{"1 cases rated as unhelpful were left out"}, doc.Warnings)
}

func TestCharsets(t *testing.T) {
	text := "Vare;Pris\nStøysett på lager;38 900 kr\n"
	windows, err := charmap.Windows1252.NewEncoder().String(text)
	require.NoError(t, err)
	dos, err := charmap.CodePage850.NewEncoder().String(text)
	require.NoError(t, err)
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	require.NoError(t, err)
	for name, data := range map[string]string{"UTF-8 with mark": "\ufeff" + text, "Windows": windows, "DOS": dos, "UTF-16": wide} {
		doc, err := read(t, data)
		require.NoError(t, err, name)
		require.Equal(t, []string{"Vare", "Pris"}, doc.Blocks[0].Table.Header, name)
		require.Equal(t, []string{"Støysett på lager", "38 900 kr"}, doc.Blocks[0].Table.Rows[0].Cells, name)
	}
}

func TestFaults(t *testing.T) {
	for name, data := range map[string]string{"an empty file": "", "only empty lines": ";;\n;;\n", "a header of cases only": "question;answer\n"} {
		_, err := read(t, data)
		require.ErrorIs(t, err, ingest.ErrNoText, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := csv.Reader{}.Read(ctx, ingest.Input{Name: "a.csv", Data: strings.NewReader("a;b"), Size: 3})
	require.ErrorIs(t, err, context.Canceled)
}

func TestCapsAreNeverSilent(t *testing.T) {
	doc, err := read(t, "a;b\n"+strings.Repeat(";1", 1500)+"\n")
	require.NoError(t, err)
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "first 1000 columns")
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"a;b\n1;2", "\"", "\"a\nb\";c\n", "sep=\n", "sep=;\n", "question,answer\n\"a\"\"\",b", "\xff\xfea\x00;\x00", "a\tb|c,d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := read(t, s)
		if err != nil {
			return
		}
		last := strings.Count(s, "\n") + strings.Count(s, "\r") + 1
		for _, p := range ingest.Passages(doc, ingest.Origin{Source: "f.csv"}) {
			if p.Locator.Line < 1 || p.Locator.Line > last || p.Locator.LineEnd > last {
				t.Fatalf("%q stands at %s of %d lines", p.Text, p.Locator, last)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data := "Vare;Pris;Dager\n"
	for i := range 5000 {
		data += fmt.Sprintf("Kjele nummer %d;%d,50;%d\n", i, i*10, i%7)
	}
	for b.Loop() {
		_, err := read(b, data)
		require.NoError(b, err)
	}
}
