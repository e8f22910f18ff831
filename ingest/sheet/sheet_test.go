package sheet_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet"
)

// rows reads a drawing: a line a row, cells between bars, an empty one where
// there is none. Figures are numbers, months are dates.
func rows(drawing string) []sheet.Row {
	var out []sheet.Row
	for i, line := range strings.Split(strings.Trim(drawing, "\n"), "\n") {
		r := sheet.Row{Number: i + 1, Line: i + 1, LineEnd: i + 1}
		for j, text := range strings.Split(line, "|") {
			text, note, _ := strings.Cut(strings.TrimSpace(text), "^")
			c := sheet.Cell{Col: j + 1, Text: text, Note: note}
			if _, err := strconv.ParseFloat(text, 64); err == nil {
				c.Kind = sheet.Number
			}
			if len(text) == 7 && text[4] == '-' {
				c.Kind = sheet.Date
			}
			if c.Text != "" || c.Note != "" {
				r.Cells = append(r.Cells, c)
			}
		}
		out = append(out, r)
	}
	return out
}

func push(b *sheet.Book, l sheet.Layout, rows []sheet.Row) {
	s := b.Sheet(l)
	if s == nil {
		return
	}
	for _, r := range rows {
		if !s.Row(r) {
			break
		}
	}
	s.Close()
}

// show gives the blocks in a line each.
func show(doc ingest.Document) []string {
	var out []string
	for _, b := range doc.Blocks {
		switch {
		case b.Table != nil:
			out = append(out, strings.TrimSpace(fmt.Sprintf("table %s %s<%s> %s", b.Locator.Cells, b.Table.Caption, strings.Join(b.Table.Header, ";"), b.Locator.Header)))
			for _, r := range b.Table.Rows {
				out = append(out, fmt.Sprintf("  %s [%s] %s", r.Locator.Cells, r.Group, strings.Join(r.Cells, ";")))
			}
		case b.Case != nil:
			out = append(out, fmt.Sprintf("case %s %s: %s -> %s", b.Locator.Cells, b.Case.ID, b.Case.Question, b.Case.Answer))
		default:
			out = append(out, fmt.Sprintf("%s %s %s", b.Kind, b.Locator.Cells, b.Text))
		}
	}
	return out
}

func TestSheets(t *testing.T) {
	tests := []struct {
		name    string
		layout  sheet.Layout
		drawing string
		want    []string
	}{
		{
			name: "a title, a header, sections and notes",
			drawing: `
Price list 2026
Item | Price | Days
Kettles
Small | 490 | 2
Large | 790 | 3
Parts
Lid | 49 | 5
All prices without tax
`,
			want: []string{
				"heading A1 Price list 2026", "table A3:C7 Price list 2026<Item;Price;Days> A2:C2",
				"  A4:C4 [Kettles] Small;490;2", "  A5:C5 [Kettles] Large;790;3", "  A7:C7 [Parts] Lid;49;5",
				"paragraph A8 All prices without tax",
			},
		},
		{
			name: "sections below sections are both kept",
			drawing: `
Item | Price | Days
Kettles
Of steel
Small | 490 | 2
`,
			want: []string{"table A2:C4 <Item;Price;Days> A1:C1", "  A4:C4 [Kettles / Of steel] Small;490;2"},
		},
		{
			name: "tables with the same header side by side",
			drawing: `
Item | Price | | Item | Price
Small | 490 | | Lid | 49
Large | 790 | | Plug | 19
`,
			want: []string{
				"table A2:B3 <Item;Price> A1:B1", "  A2:B2 [] Small;490", "  A3:B3 [] Large;790",
				"table D2:E3 <Item;Price> D1:E1", "  D2:E2 [] Lid;49", "  D3:E3 [] Plug;19",
			},
		},
		{
			name: "tables of other length side by side",
			drawing: `
Item | Price | | Country | Freight
Small | 490 | | Norway | 195
Large | 790 | | Sweden | 245
Huge | 990 | | |
Giant | 1990
`,
			want: []string{
				"table A2:B5 <Item;Price> A1:B1", "  A2:B2 [] Small;490", "  A3:B3 [] Large;790", "  A4:B4 [] Huge;990", "  A5:B5 [] Giant;1990",
				"table D2:E3 <Country;Freight> D1:E1", "  D2:E2 [] Norway;195", "  D3:E3 [] Sweden;245",
			},
		},
		{
			name: "an empty column alone makes room",
			drawing: `
Item | Days | | Price | With tax
Small | 4 | | 490 | 612
Large | 7 | | 790 | 987
`,
			want: []string{"table A2:E3 <Item;Days;;Price;With tax> A1:E1", "  A2:E2 [] Small;4;;490;612", "  A3:E3 [] Large;7;;790;987"},
		},
		{
			name:   "the file's own tables say where headers are",
			layout: sheet.Layout{Tables: []sheet.Table{{Range: sheet.Range{Col1: 1, Row1: 2, Col2: 2, Row2: 4}, HeaderRows: 1}}},
			drawing: `
Owner | Kari
2024 | 2025
Small | Large
Oslo | Bergen
`,
			want: []string{"paragraph A1:B1 Owner Kari", "table A3:B4 <2024;2025> A2:B2", "  A3:B3 [] Small;Large", "  A4:B4 [] Oslo;Bergen"},
		},
		{
			name:   "merged cells fill a table and not a title",
			layout: sheet.Layout{Merged: []sheet.Range{{Col1: 1, Row1: 1, Col2: 3, Row2: 1}, {Col1: 1, Row1: 3, Col2: 1, Row2: 4}}},
			drawing: `
Prices
Item | Size | Price
Kettle | small | 490
 | large | 790
`,
			want: []string{"heading A1:C1 Prices", "table A3:C4 Prices<Item;Size;Price> A2:C2", "  A3:C3 [] Kettle;small;490", "  A4:C4 [] Kettle;large;790"},
		},
		{
			name: "comments stand with their row",
			drawing: `
Item | Price^without tax
Small^on sale | 490
Large | 790
^nobody knows
`,
			want: []string{"paragraph B1 Price: without tax", "table A2:B3 <Item;Price> A1:B1", "  A2:B2 [] Small;490;on sale", "  A3:B3 [] Large;790", "paragraph A4 nobody knows"},
		},
		{
			name: "a column that comes late keeps its values",
			drawing: "| Item | Price\n" + strings.Repeat("| Small | 490\n", 300) +
				"x | Large | 790 | late",
			want: nil,
		},
		{
			name: "months head columns",
			drawing: `
Item | 2026-01 | 2026-02
Small | 490 | 495
Large | 790 | 795
`,
			want: []string{"table A2:C3 <Item;2026-01;2026-02> A1:C1", "  A2:C2 [] Small;490;495", "  A3:C3 [] Large;790;795"},
		},
		{
			name: "numbered weeks head columns",
			drawing: `
Item | 1 | 2 | 3
Small | 490 | 495 | 5
`,
			want: []string{"table A2:D2 <Item;1;2;3> A1:D1", "  A2:D2 [] Small;490;495;5"},
		},
		{
			name: "rows of dates are data",
			drawing: `
Small | 2026-01 | 2026-02
Large | 2026-03 | 2026-04
`,
			want: []string{"table A1:C2 <>", "  A1:C1 [] Small;2026-01;2026-02", "  A2:C2 [] Large;2026-03;2026-04"},
		},
		{
			name: "rows that count are data",
			drawing: `
Small | 1 | 2 | 3
Large | 4 | 5 | 6
`,
			want: []string{"table A1:D2 <>", "  A1:D1 [] Small;1;2;3", "  A2:D2 [] Large;4;5;6"},
		},
		{
			name:    "figures are no titles",
			drawing: "3\n4\n\n5\nItem | Price\nLid | 49",
			want:    []string{"paragraph A1 3", "paragraph A2 4", "paragraph A4 5", "table A6:B6 <Item;Price> A5:B5", "  A6:B6 [] Lid;49"},
		},
		{
			name: "totals are rows",
			drawing: `
Item | Price | Days
Small | 490 | 2
Sum | 490 |
`,
			want: []string{"table A2:C3 <Item;Price;Days> A1:C1", "  A2:C2 [] Small;490;2", "  A3:C3 [] Sum;490;"},
		},
		{
			name:    "a header without rows is not lost",
			layout:  sheet.Layout{Tables: []sheet.Table{{Range: sheet.Range{Col1: 1, Row1: 1, Col2: 3, Row2: 2}, HeaderRows: 1}}},
			drawing: `Name | Order | Fault`,
			want:    []string{"paragraph A1:C1 Name Order Fault"},
		},
		{
			name: "questions and answers are cases",
			drawing: `
Question | Answer
Is it tight? | Yes.
How heavy? |
`,
			want: []string{"case A2:B2 Answers!A2: Is it tight? -> Yes."},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.layout.Name = "Sheet1"
			if strings.Contains(tt.name, "cases") {
				tt.layout.Name = "Answers"
			}
			book := sheet.NewBook(sheet.Options{Sheets: 1})
			push(book, tt.layout, rows(tt.drawing))
			got := show(book.Document())
			if tt.want == nil {
				require.Equal(t, "table B2:C301 <Item;Price> B1:C1", got[0])
				require.Equal(t, []string{"table A302:D302 <;Item;Price> B1:C1", "  A302:D302 [] x;Large;790;late"}, got[len(got)-2:])
				return
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestHiddenPartsAreAskedFor(t *testing.T) {
	drawing := rows("Item | Cost | Price\nSmall | 111 | 490\nLarge | 222 | 790")
	drawing[2].Hidden = true
	layout := sheet.Layout{Name: "Prices", HiddenColumns: [][2]int{{2, 2}}}
	for _, hidden := range []bool{false, true} {
		book := sheet.NewBook(sheet.Options{Sheets: 1, Hidden: hidden})
		push(book, layout, drawing)
		push(book, sheet.Layout{Name: "Margins", Hidden: true}, rows("Item | Margin\nSmall | 50"))
		text := strings.Join(show(book.Document()), "\n")
		for _, secret := range []string{"111", "222", "790", "Cost", "Margin"} {
			require.Equal(t, hidden, strings.Contains(text, secret), secret)
		}
		if hidden {
			require.Empty(t, book.Document().Warnings)
			continue
		}
		require.Equal(t, []string{`sheet "Prices": 1 hidden rows were left out`, `sheet "Prices": hidden columns were left out`, `hidden sheet "Margins" was left out`}, book.Document().Warnings)
	}
}

func TestLongTablesGoOnInTheNextBlock(t *testing.T) {
	book := sheet.NewBook(sheet.Options{Sheets: 1})
	s := book.Sheet(sheet.Layout{Name: "Long"})
	require.True(t, s.Row(sheet.Row{Number: 1, Cells: []sheet.Cell{{Col: 1, Text: "Item"}, {Col: 2, Text: "Price"}}}))
	for i := range 5000 {
		require.True(t, s.Row(sheet.Row{Number: i + 2, Cells: []sheet.Cell{{Col: 1, Text: "Small"}, {Col: 2, Text: strconv.Itoa(i), Kind: sheet.Number}}}))
	}
	s.Close()
	doc := book.Document()
	require.Equal(t, 1, doc.Pages)
	n := 0
	for _, b := range doc.Blocks {
		require.Equal(t, []string{"Item", "Price"}, b.Table.Header)
		require.Equal(t, "A1:B1", b.Locator.Header)
		for _, r := range b.Table.Rows {
			require.Equal(t, []string{"Small", strconv.Itoa(n)}, r.Cells)
			require.Equal(t, []string{fmt.Sprintf("A%d", n+2), fmt.Sprintf("B%d", n+2)}, r.Refs)
			n++
		}
	}
	require.Equal(t, 5000, n)
	require.Greater(t, len(doc.Blocks), 1)
}

func TestLimitsAreNeverSilent(t *testing.T) {
	row := func(n int) sheet.Row {
		return sheet.Row{Number: n, Cells: []sheet.Cell{{Col: 1, Text: "a"}, {Col: 2, Text: "1", Kind: sheet.Number}}}
	}
	t.Run("rows", func(t *testing.T) {
		emitted := 0
		book := sheet.NewBook(sheet.Options{Sheets: 2, Emit: func(b ingest.Block) {
			if b.Table != nil {
				emitted += len(b.Table.Rows)
			}
		}})
		s := book.Sheet(sheet.Layout{Name: "Long"})
		n := 1
		for s.Row(row(n)) {
			n++
		}
		s.Close()
		require.Nil(t, book.Sheet(sheet.Layout{Name: "Next"}))
		require.Equal(t, sheet.MaxRows+1, n)
		require.Equal(t, sheet.MaxRows, emitted)
		require.True(t, book.Full())
		require.Len(t, book.Document().Warnings, 2)
		require.Contains(t, book.Document().Warnings[0], "up to row 200000")
		require.Contains(t, book.Document().Warnings[1], `sheet "Next" was left out`)
	})
	t.Run("columns and empty rows", func(t *testing.T) {
		book := sheet.NewBook(sheet.Options{Sheets: 1})
		s := book.Sheet(sheet.Layout{Name: "Wide"})
		r := row(1)
		r.Cells = append(r.Cells, sheet.Cell{Col: 16384, Text: "far"})
		require.True(t, s.Row(r))
		require.True(t, s.Row(row(5001)))
		require.False(t, s.Row(row(10003)))
		s.Close()
		require.Equal(t, []string{`sheet "Wide": only the first 1000 columns were read`, `sheet "Wide" was read up to row 5001: 5000 empty rows follow`}, book.Document().Warnings)
	})
	t.Run("a header that stands with every row", func(t *testing.T) {
		book := sheet.NewBook(sheet.Options{Sheets: 1})
		s := book.Sheet(sheet.Layout{Name: strings.Repeat("n", 1000)})
		var head, first, cells []sheet.Cell
		for col := range 900 {
			head = append(head, sheet.Cell{Col: col + 1, Text: strings.Repeat("h", 400)})
			first = append(first, sheet.Cell{Col: col + 1, Text: "1", Kind: sheet.Number})
		}
		cells = append(cells, sheet.Cell{Col: 1, Text: "1", Kind: sheet.Number}, sheet.Cell{Col: 2, Text: "2", Kind: sheet.Number})
		require.True(t, s.Row(sheet.Row{Number: 1, Cells: head}))
		require.True(t, s.Row(sheet.Row{Number: 2, Cells: first}))
		n := 4
		for s.Row(sheet.Row{Number: n, Cells: cells}) {
			n += 2 // a block each
		}
		s.Close()
		require.Less(t, n, 1000)
		require.Contains(t, book.Document().Warnings[0], "64 MB of text")
		require.Len(t, book.Document().Blocks[1].Locator.Sheet, 255)
	})
	t.Run("empty cells", func(t *testing.T) {
		book := sheet.NewBook(sheet.Options{Sheets: 1})
		s := book.Sheet(sheet.Layout{Name: "Sparse"})
		n := 1
		for ; s.Row(sheet.Row{Number: n, Cells: []sheet.Cell{{Col: 1, Text: "1"}, {Col: sheet.MaxColumns, Text: "2"}}}); n++ {
		}
		s.Close()
		require.Less(t, n, 5000)
		require.Contains(t, book.Document().Warnings[0], "4000000 with the empty ones")
	})
	t.Run("comments", func(t *testing.T) {
		note := strings.Repeat("n", 1<<20)
		for _, text := range []string{"", "a"} {
			book := sheet.NewBook(sheet.Options{Sheets: 1})
			s := book.Sheet(sheet.Layout{Name: "Notes"})
			n := 1
			for ; n < 1000 && s.Row(sheet.Row{Number: n, Cells: []sheet.Cell{{Col: 1, Text: text, Note: note}}}); n++ {
			}
			s.Close()
			require.Less(t, n, 100, "a format may repeat a row with its comment")
			require.Contains(t, book.Document().Warnings[0], "64 MB of text")
		}
	})
	t.Run("merged ranges over everything", func(t *testing.T) {
		book := sheet.NewBook(sheet.Options{Sheets: 1})
		layout := sheet.Layout{Name: "Merged"}
		for range 40 {
			layout.Merged = append(layout.Merged, sheet.Range{Col1: 1, Row1: 1, Col2: 16384, Row2: 1048576})
		}
		s := book.Sheet(layout)
		for n := 1; s.Row(row(n)); n++ {
		}
		s.Close()
		require.NotEmpty(t, book.Document().Warnings)
	})
	t.Run("warnings", func(t *testing.T) {
		book := sheet.NewBook(sheet.Options{})
		for i := range 1000 {
			book.Warn("cell %d", i%200)
		}
		require.Len(t, book.Document().Warnings, 101)
	})
}

// plain reports whether a text is one word that nothing tidies.
func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) < 0
}

func FuzzRows(f *testing.F) {
	f.Add("a|b\n1|2", 1, 1, 2, 2)
	f.Add("a||b|c\n1||2|\n\n|x", 2, 1, 2, 3)
	f.Add("t\nq^n|a\n|||\nx", -1, 0, 16384, 1048576)
	f.Fuzz(func(t *testing.T, drawing string, c1, r1, c2, r2 int) {
		book := sheet.NewBook(sheet.Options{Sheets: 2})
		rg := sheet.Range{Col1: c1, Row1: r1, Col2: c2, Row2: r2}
		push(book, sheet.Layout{Name: "F", Merged: []sheet.Range{rg}, Tables: []sheet.Table{{Range: rg, HeaderRows: 1}}}, rows(drawing))
		text := strings.Join(show(book.Document()), "\n")
		for _, r := range rows(drawing) {
			for _, c := range r.Cells {
				if r1 < 1 && len(book.Document().Warnings) == 0 && !strings.Contains(text, "case ") && c.Col <= sheet.MaxColumns && plain(c.Text) && !strings.Contains(text, c.Text) {
					t.Fatalf("lost %q of %q", c.Text, drawing)
				}
			}
		}
		for _, b := range book.Document().Blocks {
			if b.Table == nil {
				continue
			}
			for _, r := range b.Table.Rows {
				if len(r.Cells) != len(r.Refs) {
					t.Fatalf("%d cells with %d names", len(r.Cells), len(r.Refs))
				}
			}
		}
	})
}

func TestShapesAreBounded(t *testing.T) {
	b := sheet.NewBook(sheet.Options{Sheets: 1})
	s := b.Sheet(sheet.Layout{Name: "S", HiddenColumns: [][2]int{{1, 2}}})
	s.Draw(sheet.Range{Col1: 1, Row1: 1, Col2: 2, Row2: 1}, "over hidden columns")
	s.Draw(sheet.Range{Col1: 2, Row1: 1, Col2: 3, Row2: 1}, "over a column that is shown")
	s.Draw(sheet.Range{Col1: 1, Row1: 1, Col2: 1 << 40, Row2: 1 << 40}, "wider than any sheet")
	for range 10_001 {
		s.Draw(sheet.Range{}, " x ")
	}
	s.Draw(sheet.Range{Col1: -1, Row1: -1}, strings.Repeat("long", 1<<24))
	s.Close()
	doc := b.Document()
	require.Len(t, doc.Blocks, 10_000)
	require.Equal(t, "x", doc.Blocks[0].Text)
	require.Equal(t, "over a column that is shown", doc.Blocks[9999].Text)
	require.Equal(t, []string{`sheet "S": only the texts of the first 10000 shapes were read`, `sheet "S": hidden columns were left out`}, doc.Warnings)
}

func TestErrorValuesAreLeftOutAndCounted(t *testing.T) {
	fault := func(col int, text string) sheet.Cell { return sheet.Cell{Col: col, Text: text, Kind: sheet.Fault} }
	cells := func() []sheet.Row {
		return []sheet.Row{
			{Number: 1, Cells: []sheet.Cell{{Col: 1, Text: "Model"}, {Col: 2, Text: "Price"}}},
			{Number: 2, Cells: []sheet.Cell{{Col: 1, Text: "K"}, fault(2, "#REF!")}},
			{Number: 3, Cells: []sheet.Cell{{Col: 1, Text: "L"}, {Col: 2, Text: "#N/A", Kind: sheet.Fault, Note: "ask Kari"}}},
			{Number: 4, Hidden: true, Cells: []sheet.Cell{{Col: 1, Text: "M"}, fault(2, "#NUM!")}},
			{Number: 5, Cells: []sheet.Cell{{Col: 1, Text: "N"}, {Col: 2, Text: "490", Kind: sheet.Number}, fault(3, "#REF!")}},
			{Number: 6, Cells: []sheet.Cell{fault(1, "#REF!")}},
		}
	}
	b := sheet.NewBook(sheet.Options{})
	push(b, sheet.Layout{Name: "S", HiddenColumns: [][2]int{{3, 3}}, Merged: []sheet.Range{{Col1: 1, Row1: 6, Col2: 2, Row2: 6}}}, cells())
	lines := show(b.Document())
	require.NotContains(t, strings.Join(lines, "\n"), "#")
	require.Contains(t, strings.Join(lines, "\n"), "ask Kari")
	require.Equal(t, []string{`sheet "S": 3 cells that show an error (#N/A, #REF!) were left out`, `sheet "S": 1 hidden rows were left out`}, b.Document().Warnings)

	many := sheet.Row{Number: 1}
	for i := range 9 {
		many.Cells = append(many.Cells, fault(i+1, fmt.Sprintf("#%d!", i)))
	}
	b = sheet.NewBook(sheet.Options{})
	push(b, sheet.Layout{}, []sheet.Row{many})
	require.Equal(t, []string{`9 cells that show an error (#0!, #1!, #2!, #3!, #4!, …) were left out`}, b.Document().Warnings)
}

func TestIsFault(t *testing.T) {
	for _, text := range []string{"#REF!", " #N/A ", "#DIV/0!", "#I/T", "#SAKNAS!", "#VÆRDI!", "#NV", "#PUUTTUU", "Err:502"} {
		require.True(t, sheet.IsFault(text), text)
	}
	for _, text := range []string{"", "#", "#1", "#REF! means that a cell is gone", "Err: 502", "#tag", "Error"} {
		require.False(t, sheet.IsFault(text), text)
	}
}
