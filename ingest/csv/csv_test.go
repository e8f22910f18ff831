package csv_test

import (
	"context"
	"fmt"
	"io"
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
		{name: "old line ends", data: "Item;Price\rKettle;490\r", header: "Item|Price", rows: []string{"Kettle|490"}, lines: []int{2}},
		{name: "inches are no quotation", data: "Item;Price\n\"Alpha\" kettle;490\n5\" pipe;49\n\"5\"\" valve\";59\n", header: "Item|Price", rows: []string{"\"Alpha\" kettle|490", "5\" pipe|49", "5\" valve|59"}, lines: []int{2, 3, 4}},
		{name: "a quotation mark that never closes", data: "Item;Price\n\"Kettle;490\nLid;49\n", header: "Item|Price", rows: []string{"\"Kettle|490", "Lid|49"}, lines: []int{2, 3}},
		{name: "told by Excel in quotes", data: "\"sep=,\"\r\nItem,Price\r\nA;B,490\r\n", header: "Item|Price", rows: []string{"A;B|490"}, lines: []int{3}},
		{name: "one bad byte in UTF-8", data: "Vare;Pris\nStøysett på lager\xff;490\nKjøkken på hjul, grått, blått, rødt og brunt;49\n", header: "Vare|Pris", rows: []string{"Støysett på lager\ufffd|490", "Kjøkken på hjul, grått, blått, rødt og brunt|49"}, lines: []int{2, 3}},
		{name: "decimal commas without a header", data: "A;1,5;2,5\nB;3,5;4,5\n", rows: []string{"A|1,5|2,5", "B|3,5|4,5"}, lines: []int{1, 2}},
		{name: "error values", data: "Item;Price;Days\nKettle;#REF!;2\nLid;#I/T;3\nRack;9;4\n", header: "Item|Price|Days", rows: []string{"Kettle||2", "Lid||3", "Rack|9|4"}, lines: []int{2, 3, 4}},
		{name: "zero bytes", data: "Item;Price\nKet\x00tle;490\n", header: "Item|Price", rows: []string{"Kettle|490"}, lines: []int{2}},
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

func TestLinesAboveTheHeaderAndTablesBelow(t *testing.T) {
	doc, err := read(t, "Stock report of 7 March\r\nWarehouse;Oslo\r\n\r\nItem;Price;Days\r\nKettle;490;2\r\nLid;49;5\r\n\r\nCountry;Freight\r\nNorway;195\r\nSweden;245\r\n")
	require.NoError(t, err)
	var lines []string
	for _, b := range doc.Blocks {
		line := fmt.Sprintf("%s %d-%d %s", b.Kind, b.Locator.Line, b.Locator.LineEnd, b.Text)
		if b.Table != nil {
			line += b.Table.Caption + "<" + strings.Join(b.Table.Header, ";") + ">"
			for _, r := range b.Table.Rows {
				line += fmt.Sprintf(" %d:%s", r.Locator.Line, strings.Join(r.Cells, ";"))
			}
		}
		lines = append(lines, line)
	}
	require.Equal(t, []string{
		"heading 1-0 Stock report of 7 March", "table 2-0 Stock report of 7 March<> 2:Warehouse;Oslo",
		"table 5-6 Stock report of 7 March<Item;Price;Days> 5:Kettle;490;2 6:Lid;49;5",
		"table 9-10 Stock report of 7 March<Country;Freight> 9:Norway;195 10:Sweden;245",
	}, lines)
	require.Empty(t, doc.Warnings)
}

// endless is a file of any size that no memory holds.
type endless struct{ size int64 }

const endlessRow = "Kettle for offices;490,50;7;yes;0123456789012345678901234567890123456789\n"

func (e endless) ReadAt(b []byte, off int64) (int, error) {
	for i := range b {
		at := off + int64(i)
		if at >= e.size {
			return i, io.EOF
		}
		b[i] = endlessRow[at%int64(len(endlessRow))]
	}
	return len(b), nil
}

func TestALargeFileIsReadInPart(t *testing.T) {
	doc, err := csv.Reader{}.Read(t.Context(), ingest.Input{Name: "a.csv", Data: endless{300 << 20}, Size: 300 << 20})
	require.NoError(t, err)
	require.Equal(t, []string{"the file was read up to line 200000: the limit of a file is 200000 rows, 2000000 cells (4000000 with the empty ones) and 64 MB of text; split it to have all of it read"}, doc.Warnings)
	_, err = csv.Reader{}.Read(t.Context(), ingest.Input{Name: "a.csv", Data: endless{2 << 30}, Size: 2 << 30})
	require.ErrorIs(t, err, ingest.ErrTooLarge)
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
			doc, err := read(t, tt.header+"\n77;2025-03-01;\"Tett?\nHelt?\";\"Ja.\nDen er tett.\nHilsen oss\"\n78;2025-03-02;Tung?;\n")
			require.NoError(t, err)
			require.Len(t, doc.Blocks, 1)
			require.Equal(t, index.Locator{Case: "77", Line: 2, LineEnd: 5}, doc.Blocks[0].Locator)
			require.Equal(t, ingest.Case{ID: "77", Question: "Tett?\nHelt?", Answer: "Ja.\nDen er tett.", At: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)}, *doc.Blocks[0].Case)
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
	doc, err = read(t, "a;b\n1;"+strings.Repeat("x", 2<<20)+"\n")
	require.NoError(t, err)
	require.Equal(t, []string{"1 lines are longer than 1 MB, what is behind that was left out"}, doc.Warnings)
	doc, err = read(t, strings.Repeat("\"a;1\n", 3000))
	require.NoError(t, err)
	require.Equal(t, []string{"line 1: a quotation mark that begins a cell is never closed; it and 19 more were taken as characters"}, doc.Warnings)
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
