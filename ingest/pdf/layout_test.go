package pdf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

// TestReadGolden reads what LibreOffice made of the .fodt files beside the PDFs.
func TestReadGolden(t *testing.T) {
	for _, name := range []string{"handbook", "columns", "prices"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name+".pdf"))
			require.NoError(t, err)
			doc, err := pdf.Reader{}.Read(t.Context(), input(name+".pdf", data))
			require.NoError(t, err)
			golden(t, name+".golden", render(doc))
		})
	}
}

// golden compares with a file, or writes it when UPDATE_GOLDEN is set.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run UPDATE_GOLDEN=1 go test ./ingest/pdf and read the diff")
	require.Empty(t, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")))
}

// render is a document for people who compare.
func render(doc ingest.Document) string {
	var out strings.Builder
	fmt.Fprintf(&out, "title %q, language %q\n", doc.Title, doc.Language)
	for _, w := range doc.Warnings {
		fmt.Fprintf(&out, "warning %s\n", w)
	}
	for _, b := range doc.Blocks {
		fmt.Fprintf(&out, "\n%s", b.Kind)
		if b.Level > 0 {
			fmt.Fprintf(&out, " %d", b.Level)
		}
		fmt.Fprintf(&out, " [%s %v]\n", b.Locator, b.Locator.Box)
		if b.Marker != "" {
			fmt.Fprintf(&out, "%s ", b.Marker)
		}
		if b.Table == nil {
			fmt.Fprintln(&out, b.Text)
			continue
		}
		if b.Table.Caption != "" {
			fmt.Fprintf(&out, "caption: %s\n", b.Table.Caption)
		}
		fmt.Fprintf(&out, "header: %s\n", strings.Join(b.Table.Header, " | "))
		for _, r := range b.Table.Rows {
			fmt.Fprintf(&out, "  [%s %v] %s", r.Locator, r.Locator.Box, strings.Join(r.Cells, " | "))
			if r.Group != "" {
				fmt.Fprintf(&out, " (%s)", r.Group)
			}
			fmt.Fprintln(&out)
		}
	}
	return out.String()
}

func read(t *testing.T, w *writer) ingest.Document {
	t.Helper()
	doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", w.bytes()))
	require.NoError(t, err)
	return doc
}

// body is lines of running text, 14 points apart, below y.
func body(y float64, n int) string {
	var lines []text
	for i := range n {
		lines = append(lines, text{50, y - 14*float64(i), 11, "", "The press stops when the light curtain is broken, and a person has to start it again."})
	}
	return content(lines...)
}

func TestReadTellsHeadingsByTheirLooks(t *testing.T) {
	doc := read(t, new(writer).pages("", "",
		content(text{50, 760, 22, "F2", "Baler"}, text{50, 720, 16, "F2", "1 Safety"})+body(690, 3)+
			content(text{50, 630, 11, "F2", "Emergency stop"})+body(610, 3)+
			content(text{50, 540, 16, "F2", "2 A heading of so many words that somebody had to break it"}, text{50, 521, 16, "F2", "over two lines"})+body(490, 3)+
			content(text{50, 430, 11, "F2", "Bold text that ends with a full stop is a sentence."})+body(410, 2)))
	var got []string
	for _, b := range doc.Blocks {
		if b.Kind == ingest.Heading {
			got = append(got, fmt.Sprintf("%d %s", b.Level, b.Text))
		}
	}
	require.Equal(t, []string{
		"1 Baler", "2 1 Safety", "3 Emergency stop", "2 2 A heading of so many words that somebody had to break it over two lines",
	}, got)
	require.Equal(t, "Baler", doc.Title)
}

func TestReadKeepsASubtitleOutOfTheHeadings(t *testing.T) {
	tests := []struct {
		name  string
		x     float64 // of the line below the title
		kind  ingest.BlockKind
		level int // of the heading below it
	}{
		{"centred below the title", 228, ingest.Paragraph, 2},
		{"at the left it is a heading", 50, ingest.Heading, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := read(t, new(writer).pages("", "",
				content(text{213, 760, 22, "F2", "Baler BP-500 XL"}, text{tt.x, 730, 15, "F2", "Issue 6, from 2026"},
					text{50, 690, 13, "F2", "Safety"})+body(665, 3)))
			require.Equal(t, "Issue 6, from 2026", doc.Blocks[1].Text)
			require.Equal(t, tt.kind, doc.Blocks[1].Kind)
			require.Equal(t, tt.level, doc.Blocks[2].Level)
		})
	}
}

func TestReadTellsListItemsFromDates(t *testing.T) {
	doc := read(t, new(writer).pages("", "", content(
		text{50, 700, 11, "", "1. Open the lid and take the filter out. Then rinse it with lukewarm water"},
		text{50, 686, 11, "", "2. Close the lid."},
		text{50, 640, 11, "", "The rule applies to all machines that have been placed on the market since"},
		text{50, 626, 11, "", "22. mai 2025, and to those that were built before but have been sold later."},
		text{50, 580, 11, "", "\x95 Gloves"},
		text{70, 566, 11, "", "\x95 of leather"},
		text{50, 552, 11, "", "\x95 Goggles"},
	)))
	var got []string
	for _, b := range doc.Blocks {
		got = append(got, fmt.Sprintf("%s %d %s %s", b.Kind, b.Level, b.Marker, b.Text))
	}
	require.Equal(t, []string{
		"item 1 1. Open the lid and take the filter out. Then rinse it with lukewarm water",
		"item 1 2. Close the lid.",
		"paragraph 0  The rule applies to all machines that have been placed on the market since " +
			"22. mai 2025, and to those that were built before but have been sold later.",
		"item 1 • Gloves", "item 2 • of leather", "item 1 • Goggles",
	}, got)
}

func TestReadLeavesOutWhatRepeats(t *testing.T) {
	pages := func(n int, header, footer string) []string {
		var out []string
		for i := range n {
			out = append(out, content(text{50, 770, 9, "", header}, text{50, 30, 9, "", fmt.Sprintf(footer, i+1, n)},
				text{50, 700, 11, "", fmt.Sprintf("What only page %c says.", 'A'+i)}))
		}
		return out
	}
	tests := []struct {
		name  string
		pages []string
		want  string // of page A
	}{
		{"header and page numbers of four pages", pages(4, "Baler BP-500", "Page %d of %d"), "What only page A says."},
		{"and of two", pages(2, "Baler BP-500", "Page %d of %d"), "What only page A says."},
		{"a single page keeps its own", pages(1, "Baler BP-500", "Page %d of %d"), "Baler BP-500|What only page A says.|Page 1 of 1"},
		{
			"numbers at the same place that are not the page's stay on two pages",
			pages(2, "Baler BP-500", "Article 9%d0 of %d"), "What only page A says.|Article 910 of 2",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := read(t, new(writer).pages("", "", tt.pages...))
			var got []string
			for _, b := range doc.Blocks {
				if b.Locator.Page == 1 {
					got = append(got, b.Text)
				}
			}
			require.Equal(t, tt.want, strings.Join(got, "|"))
		})
	}
}

// grid rules a table: columns at xs, rows at ys from the top.
func grid(xs, ys []float64) string {
	var out strings.Builder
	for _, y := range ys {
		fmt.Fprintf(&out, "%g %g m %g %g l S ", xs[0], y, xs[len(xs)-1], y)
	}
	for _, x := range xs {
		fmt.Fprintf(&out, "%g %g m %g %g l S ", x, ys[0], x, ys[len(ys)-1])
	}
	return out.String()
}

func TestReadFindsTables(t *testing.T) {
	xs := []float64{50, 120, 300, 550}
	cells := content(
		text{55, 705, 10, "F2", "Code"}, text{125, 705, 10, "F2", "Meaning"}, text{305, 705, 10, "F2", "Remedy"},
		text{55, 685, 10, "", "E-1"}, text{125, 685, 10, "", "hood open"}, text{305, 685, 10, "", "close it and acknowledge"},
		text{305, 673, 10, "", "on the panel"},
		text{55, 655, 10, "", "E-2"}, text{125, 655, 10, "", "oil low"}, text{305, 655, 10, "", "fill up"},
	)
	header := []string{"Code", "Meaning", "Remedy"}
	rows := [][]string{{"E-1", "hood open", "close it and acknowledge on the panel"}, {"E-2", "oil low", "fill up"}}
	tests := []struct {
		name    string
		content string
	}{
		{"ruled all around", cells + grid(xs, []float64{720, 700, 668, 648})},
		{"of thin filled bars", cells + "50 720 500 .5 re 50 700 500 .5 re 50 668 500 .5 re 50 648 500 .5 re f 50 648 .5 72 re 120 648 .5 72 re 300 648 .5 72 re 550 648 .5 72 re f"},
		{"of a rectangle for each cell", cells + func() string {
			out, ys := "", []float64{720, 700, 668, 648}
			for r := range 3 {
				for c := range 3 {
					out += fmt.Sprintf("%g %g %g %g re S ", xs[c], ys[r+1], xs[c+1]-xs[c], ys[r]-ys[r+1])
				}
			}
			return out
		}()},
		{"with columns only", cells},
		{"with a rule below the header", cells + "50 700 m 550 700 l S"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := read(t, new(writer).pages("", "", body(790, 3)+tt.content+body(600, 3)))
			require.Len(t, doc.Blocks, 3)
			table := doc.Blocks[1].Table
			require.NotNil(t, table)
			require.Equal(t, header, table.Header)
			var got [][]string
			for _, r := range table.Rows {
				got = append(got, r.Cells)
				require.Equal(t, 1, r.Locator.Page)
			}
			require.Equal(t, rows, got)
			first, second := table.Rows[0].Locator.Box, table.Rows[1].Locator.Box
			require.LessOrEqual(t, first[1], 673.0, "the row's box holds its second line")
			require.GreaterOrEqual(t, first[3], 685.0)
			require.GreaterOrEqual(t, second[3], 655.0)
			require.Less(t, second[3], 673.0)
		})
	}
	t.Run("a merged cell repeats its text", func(t *testing.T) {
		doc := read(t, new(writer).pages("", "", content(
			text{55, 705, 10, "F2", "When"}, text{125, 705, 10, "F2", "What"},
			text{55, 675, 10, "", "Daily"}, text{125, 685, 10, "", "wipe"}, text{125, 665, 10, "", "empty"})+
			grid([]float64{50, 120, 300}, []float64{720, 700, 660})+"120 680 m 300 680 l S"))
		require.Len(t, doc.Blocks, 1)
		require.Equal(t, []string{"Daily", "wipe"}, doc.Blocks[0].Table.Rows[0].Cells)
		require.Equal(t, []string{"Daily", "empty"}, doc.Blocks[0].Table.Rows[1].Cells)
	})
	t.Run("a frame around text is no table", func(t *testing.T) {
		doc := read(t, new(writer).pages("", "", body(700, 3)+"40 640 500 80 re S"))
		require.Len(t, doc.Blocks, 1)
		require.Equal(t, ingest.Paragraph, doc.Blocks[0].Kind)
	})
	t.Run("a table goes on over the page's end without its header again", func(t *testing.T) {
		head := content(text{55, 705, 10, "F2", "Code"}, text{125, 705, 10, "F2", "Meaning"})
		page := func(code, meaning string) string {
			return head + content(text{55, 685, 10, "", code}, text{125, 685, 10, "", meaning}) +
				grid([]float64{50, 120, 300}, []float64{720, 700, 680})
		}
		doc := read(t, new(writer).pages("", "", page("E-1", "hood open"), page("E-2", "oil low")))
		require.Len(t, doc.Blocks, 1)
		require.Equal(t, index.Locator{Page: 1, PageEnd: 2, Box: [4]float64{50, 680, 300, 720}}, doc.Blocks[0].Locator)
		require.Len(t, doc.Blocks[0].Table.Rows, 2)
		require.Equal(t, []string{"E-2", "oil low"}, doc.Blocks[0].Table.Rows[1].Cells)
		require.Equal(t, 2, doc.Blocks[0].Table.Rows[1].Locator.Page)
	})
}

func TestReadTellsTheLinesOfCellsByTheOrderOfPainting(t *testing.T) {
	columns := [][]text{
		{
			{55, 700, 10, "", "Area"},
			{55, 680, 10, "", "Value of the"},
			{55, 668, 10, "", "pumps"},
			{55, 644, 10, "", "Changes over"},
			{55, 632, 10, "", "time"},
			{55, 620, 10, "", "Sold"},
			{55, 608, 10, "", "at once"},
			{55, 596, 10, "", "and ever"},
		},
		{
			{200, 700, 10, "", "What for"},
			{200, 680, 10, "", "Follow the value"},
			{200, 668, 10, "", "of all pumps"},
			{200, 656, 10, "", "and of one"},
			{200, 644, 10, "", "Follow them"},
			{200, 620, 10, "", "Count them"},
		},
		{{350, 712, 10, "", "Open this"}, {350, 700, 10, "", "page"}, {350, 680, 10, "", "Ledger"}, {350, 644, 10, "", "Ledger"}, {350, 620, 10, "", "Orders"}},
	}
	byCell := ""
	for _, row := range [][2]float64{{720, 690}, {690, 650}, {650, 625}, {625, 590}} {
		for _, column := range columns {
			for _, line := range column {
				if line.y < row[0] && line.y > row[1] {
					byCell += content(line)
				}
			}
		}
	}
	rules := "50 692 m 500 692 l S"
	rows := func(doc ingest.Document) (out [][]string) {
		for _, b := range doc.Blocks {
			if b.Table != nil {
				out = append(out, b.Table.Header)
				for _, r := range b.Table.Rows {
					out = append(out, r.Cells)
				}
			}
		}
		return out
	}
	require.Equal(t, [][]string{
		{"Area", "What for", "Open this page"},
		{"Value of the pumps", "Follow the value of all pumps and of one", "Ledger"},
		{"Changes over time", "Follow them", "Ledger"},
		{"Sold at once and ever", "Count them", "Orders"},
	}, rows(read(t, new(writer).pages("", "", body(790, 3)+byCell+body(560, 3)+rules))))

	// Painted column by column, the order tells nothing.
	byColumn := content(slices.Concat(columns...)...)
	require.Contains(t, rows(read(t, new(writer).pages("", "", body(790, 3)+byColumn+body(560, 3)+rules))), []string{"Changes over", "Follow them", "Ledger"})
}

func TestReadJoinsWhatHyphensPart(t *testing.T) {
	doc := read(t, simple2(content(
		text{50, 700, 12, "", "The controller stops at once and the com-"},
		text{50, 686, 12, "", "pressor cools down, see article 720-"},
		text{50, 672, 12, "", "4420 in the list of every compressor sold."})))
	require.Equal(t, "The controller stops at once and the compressor cools down, see article 720-4420 in the list of every compressor sold.", doc.Blocks[0].Text,
		"a hyphen goes when the word is whole elsewhere, and stays in codes")
}

func TestReadLocatesBlocks(t *testing.T) {
	tests := []struct {
		name string
		more string // of the page
		want [4]float64
	}{
		{"on the page as it is", "", [4]float64{50, 697.36, 64.66, 709}},
		{"from the corner of the crop box", "/CropBox[40 100 600 800]", [4]float64{10, 597.36, 24.66, 609}},
		{"on a page that is shown turned", "/Rotate 90", [4]float64{697.36, 535.34, 709, 550}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := read(t, new(writer).pages("", tt.more, content(text{50, 700, 12, "", "Oil"}, text{51, 300, 12, "", "a b c d e"})))
			got := doc.Blocks[0]
			if got.Text != "Oil" {
				got = doc.Blocks[1]
			}
			require.Equal(t, "Oil", got.Text)
			require.InDeltaSlice(t, tt.want[:], got.Locator.Box[:], 0.01)
			require.Equal(t, 1, got.Locator.Page)
			require.Less(t, got.Locator.Box[0], got.Locator.Box[2])
			require.Less(t, got.Locator.Box[1], got.Locator.Box[3])
		})
	}
}

func TestReadTakesTitleAndLanguage(t *testing.T) {
	tests := []struct{ name, info, want string }{
		{"UTF-16 title", "<FEFF004B006A00F8006C>", "Kjøl"},
		{"PDFDocEncoding", "(H\xe5ndbok \x85 2)", "Håndbok – 2"},
		{"a file name is no title", "(Microsoft Word - manual_v3.docx)", "Baler"},
		{"no title", "()", "Baler"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := new(writer).pages("", "", content(text{50, 760, 22, "F2", "Baler"})+body(700, 3))
			w.info = w.add("<</Title" + tt.info + ">>")
			w.objects[w.root-1] = strings.Replace(w.objects[w.root-1], "/Catalog", "/Catalog/Lang(nb-NO)", 1)
			doc := read(t, w)
			require.Equal(t, tt.want, doc.Title)
			require.Equal(t, "nb-NO", doc.Language)
		})
	}
}

func TestReadWarns(t *testing.T) {
	w := &writer{}
	w.stream("/Type/XObject/Subtype/Image/Width 1/Height 1/Filter/DCTDecode", "x")
	w.pages("/XObject<</I 1 0 R>>", "", body(700, 3), "/I Do")
	doc := read(t, w)
	require.Equal(t, []int{2}, doc.Scans)
	require.Empty(t, doc.Warnings)
}

// TestReadIsDeterministic: maps must not decide anything.
func TestReadIsDeterministic(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "handbook.pdf"))
	require.NoError(t, err)
	var first string
	for i := range 5 {
		doc, err := pdf.Reader{}.Read(t.Context(), input("handbook.pdf", data))
		require.NoError(t, err)
		if i == 0 {
			first = render(doc)
		}
		require.Equal(t, first, render(doc))
	}
}

func BenchmarkRead(b *testing.B) {
	data, err := os.ReadFile(filepath.Join("testdata", "handbook.pdf"))
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		_, err := pdf.Reader{}.Read(b.Context(), input("handbook.pdf", data))
		require.NoError(b, err)
	}
}

func TestReadPartsRowsThatAreNotRuled(t *testing.T) {
	xs := []float64{50, 80, 300, 350, 410, 500}
	header := content(
		text{55, 705, 9, "F2", "No"}, text{85, 705, 9, "F2", "Item"}, text{305, 705, 9, "F2", "Unit"}, text{355, 705, 9, "F2", "Price"}, text{415, 705, 9, "F2", "Sum"},
	)
	bill := func(gap float64) string {
		var out []text
		y := 685.0
		for i, item := range [][]string{{"Sanding and painting of", "the chimney"}, {"Cleaning"}, {"Scaffolds, put up, taken", "down again and", "taken away"}} {
			out = append(out, text{55, y, 9, "", fmt.Sprint(i + 1)}, text{305, y, 9, "", "pcs"}, text{355, y, 9, "", fmt.Sprintf("%d.50", i+7)}, text{415, y, 9, "", fmt.Sprintf("%d1.00 kr", i+2)})
			for _, l := range item {
				out = append(out, text{85, y, 9, "", l})
				y -= 11
			}
			y -= gap
		}
		return content(out...)
	}
	rows := [][]string{
		{"1", "Sanding and painting of the chimney", "pcs", "7.50", "21.00 kr"},
		{"2", "Cleaning", "pcs", "8.50", "31.00 kr"},
		{"3", "Scaffolds, put up, taken down again and taken away", "pcs", "9.50", "41.00 kr"},
	}
	prose := content(
		text{85, 685, 9, "", "A text of several"}, text{85, 674, 9, "", "lines that stand"}, text{85, 663, 9, "", "beside others."},
		text{305, 685, 9, "", "Others"}, text{305, 674, 9, "", "of a few"}, text{305, 663, 9, "", "words"}, text{305, 652, 9, "", "each"},
		text{355, 685, 9, "", "1"}, text{355, 674, 9, "", "2"}, text{355, 663, 9, "", "3"},
	)
	tests := []struct {
		name, page string
		want       [][]string
	}{
		{"a bill with white space between its rows", header + bill(6), rows},
		{"a bill without", header + bill(0), rows},
		{
			"a heading between its rows", header + bill(20) + content(text{85, 652, 9, "F2", "Further work"}),
			[][]string{rows[0], {"", "Further work", "", "", ""}, rows[1], rows[2]},
		},
		{
			"text of one row", header + prose,
			[][]string{{"", "A text of several lines that stand beside others.", "Others of a few words each", "1 2 3", ""}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := read(t, simple2(tt.page+grid(xs, []float64{720, 700, 560})))
			require.Len(t, doc.Blocks, 1)
			require.NotNil(t, doc.Blocks[0].Table)
			var got [][]string
			for _, r := range doc.Blocks[0].Table.Rows {
				got = append(got, r.Cells)
			}
			require.Equal(t, []string{"No", "Item", "Unit", "Price", "Sum"}, doc.Blocks[0].Table.Header)
			require.Equal(t, tt.want, got)
		})
	}
	t.Run("a cell beside several rows stays whole", func(t *testing.T) {
		column := func(x, y float64, s string) string {
			return content(text{x, y, 9, "", s + "1"}, text{x, y - 11, 9, "", s + "2"}, text{x, y - 22, 9, "", s + "3"}, text{x, y - 33, 9, "", s + "4"})
		}
		// The last two columns go past the rule at 680.
		page := column(205, 690, "1") + column(305, 690, "2") + content(text{55, 690, 9, "", "Upper"}, text{55, 660, 9, "", "Lower"}, text{105, 690, 9, "", "a"}, text{105, 660, 9, "", "b"})
		rules := "50 680 m 200 680 l S "
		doc := read(t, simple2(page+rules+grid([]float64{50, 100, 200, 300, 400}, []float64{700, 640})))
		require.Len(t, doc.Blocks[0].Table.Rows, 2)
		require.Contains(t, doc.Blocks[0].Table.Rows[0].Cells[2], "11 12 13 14")
	})
}
