package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

func TestReadTakesShadedCellsForColumns(t *testing.T) {
	// A browser's price list: cells are shaded one by one, there are no rules,
	// and long names leave little white before the next column.
	var out strings.Builder
	row := func(y float64, shade string, cells ...string) {
		for i, c := range cells {
			x := 50 + 120*float64(i)
			if shade != "" {
				fmt.Fprintf(&out, "%s rg %g %g 120 16 re f ", shade, x, y-4)
			}
			fill := "0 g "
			if shade == "0 0 .5" {
				fill = "1 g "
			}
			out.WriteString(fill + content(text{x + 2, y, 10, "", c}))
		}
	}
	row(700, "0 0 .5", "Number of article A", "Name of the goods", "Price")
	row(684, "", "A-100 in two boxes 5x", "Pump", "10.00")
	row(668, ".9 .9 .9", "A-200", "Pump with its own ho", "20.00")
	row(652, "", "A-300", "Hose", "30.00")
	doc := read(t, new(writer).pages("", "", out.String()))
	require.Len(t, doc.Blocks, 1)
	table := doc.Blocks[0].Table
	require.NotNil(t, table)
	require.Equal(t, []string{"Number of article A", "Name of the goods", "Price"}, table.Header)
	require.Len(t, table.Rows, 3)
	require.Equal(t, []string{"A-100 in two boxes 5x", "Pump", "10.00"}, table.Rows[0].Cells)
	require.Equal(t, []string{"A-200", "Pump with its own ho", "20.00"}, table.Rows[1].Cells)
	require.Empty(t, doc.Warnings)
}

func TestReadPutsCentredNamesOverTheirColumns(t *testing.T) {
	page := content(
		text{50, 700, 10, "F2", "Item"}, text{220, 700, 10, "F2", "Name"}, text{400, 700, 10, "F2", "Price"},
		text{50, 686, 10, "", "A-1"}, text{130, 686, 10, "", "Pump"}, text{400, 686, 10, "", "10.00"},
		text{50, 672, 10, "", "A-2"}, text{130, 672, 10, "", "A hose of two metres, green, with a tap"}, text{400, 672, 10, "", "20.00"},
		text{50, 658, 10, "", "A-3"}, text{130, 658, 10, "", "Valve"}, text{400, 658, 10, "", "30.00"},
	)
	short := strings.Replace(page, "A hose of two metres, green, with a tap", "Hose", 1)
	for name, page := range map[string]string{"a long cell reaches below both": page, "all cells are short": short} {
		t.Run(name, func(t *testing.T) {
			doc := read(t, new(writer).pages("", "", page))
			require.Len(t, doc.Blocks, 1)
			require.NotNil(t, doc.Blocks[0].Table)
			require.Equal(t, []string{"Item", "Name", "Price"}, doc.Blocks[0].Table.Header)
			require.Len(t, doc.Blocks[0].Table.Rows, 3)
			require.Equal(t, []string{"A-3", "Valve", "30.00"}, doc.Blocks[0].Table.Rows[2].Cells)
		})
	}
}

func TestPagesReadsCardsOneAfterTheOther(t *testing.T) {
	var cards string
	for _, x := range []float64{50, 230, 410} {
		for i, line := range []string{"We send", "each part with", "a note in the box", "so you see", "what it is", "and who made it"} {
			cards += content(text{x, 700 - 14*float64(i), 10, "", line})
		}
	}
	got, err := pdf.Pages(t.Context(), input("a.pdf", simple(cards)))
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(strings.ReplaceAll(got[0], "\n", " "), "so you see what it is"), got[0])
}

func TestPagesJoinsSpreadAndPartedWords(t *testing.T) {
	var letters strings.Builder
	x := 50.0
	for _, r := range "vid avstand her" {
		fmt.Fprintf(&letters, "BT /F1 10 Tf %g 700 Td (%c) Tj ET ", x, r)
		if r == ' ' {
			x += 2.78 + 3
			continue
		}
		x += widthOf[r]*10 + 3
	}
	tests := []struct{ name, content, want string }{
		{"letters that are spread, with spaces between the words", letters.String(), "vid avstand her"},
		{
			"soft hyphens that are not shown",
			"BT /F1 10 Tf 50 700 Td (Gara) Tj /Span<</ActualText<FEFF00AD>>>BDC 0 Tz ( ) Tj 100 Tz EMC (ntien) Tj ET", "Garantien",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pdf.Pages(t.Context(), input("a.pdf", simple(tt.content)))
			require.NoError(t, err)
			require.Equal(t, []string{tt.want}, got)
		})
	}
}

// widthOf is the width of some letters of Helvetica in em.
var widthOf = map[rune]float64{
	'v': .5, 'i': .222, 'd': .556, 'a': .556, 's': .5, 't': .278, 'n': .556, 'h': .556, 'e': .556, 'r': .333,
}

func TestReadKeepsWhatIsSeenInPart(t *testing.T) {
	tests := []struct{ name, content string }{
		{"a word that runs over the edge of the page", content(text{560, 600, 30, "", "Bestillingsnummer"})},
		{"a word that begins before the page", content(text{-200, 600, 30, "", "Bestillingsnummer"})},
		{"a word in a cell that is too narrow for it", "q 50 590 20 30 re W n " + content(text{50, 600, 10, "", "Bestillingsnummer"}) + "Q"},
		{"a row that is a hair too low", "q 50 605 200 30 re W n " + content(text{50, 600, 20, "", "Bestillingsnummer"}) + "Q"},
		{"white over the edge of a dark box", "0 g 40 590 40 30 re f 1 g " + content(text{50, 600, 12, "", "Bestillingsnummer"})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", simple(hello+" "+tt.content)))
			require.NoError(t, err)
			require.Empty(t, doc.Warnings)
			require.True(t, contains(doc, "Bestillingsnummer"))
		})
	}
}

func contains(doc ingest.Document, s string) bool {
	for _, b := range doc.Blocks {
		if strings.Contains(b.Text, s) {
			return true
		}
	}
	return false
}
