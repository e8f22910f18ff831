package office_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/officetest"
)

func TestSymbols(t *testing.T) {
	tests := []struct {
		name, font string
		code       rune
		want       string
	}{
		{name: "Greek of Symbol", font: "Symbol", code: 0xF062, want: "β"},
		{name: "the same without its offset", font: "Symbol", code: 0x62, want: "β"},
		{name: "a sign of Symbol", font: "Symbol", code: 0xF0B3, want: "≥"},
		{name: "a tick of Wingdings", font: "Wingdings", code: 0xF0FC, want: "✓"},
		{name: "an arrow of Wingdings", font: "wingdings", code: 0xF0E0, want: "→"},
		{name: "a crossed box of Wingdings 2", font: "Wingdings 2", code: 0xF051, want: "☒"},
		{name: "an unknown font with the offset", font: "Odd", code: 0xF0B1, want: "±"},
		{name: "an unknown font's own character", font: "Arial", code: 0xA9, want: "©"},
		{name: "a font of pictures", font: "Webdings", code: 0xF041, want: ""},
		{name: "a code beyond the table", font: "Symbol", code: 0xE123, want: ""},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, office.Symbol(tt.font, tt.code), tt.name)
	}
	require.Equal(t, "a\u2265b", office.Plain("a\uF0B3\u00AD\uE001b", ""))
}

func TestFormulas(t *testing.T) {
	r := func(s string) string { return `<m:r><m:t>` + s + `</m:t></m:r>` }
	e := func(s string) string { return `<m:e>` + s + `</m:e>` }
	tests := []struct{ name, xml, want string }{
		{name: "fraction", xml: `<m:f><m:num>` + r("1") + `</m:num><m:den>` + r("2x") + `</m:den></m:f>`, want: "1/2x"},
		{name: "fraction of sums", xml: `<m:f><m:num>` + r("a+b") + `</m:num><m:den>` + r("c−d") + `</m:den></m:f>`, want: "(a+b)/(c−d)"},
		{name: "roots", xml: `<m:rad><m:deg/>` + e(r("x")) + `</m:rad><m:rad><m:deg>` + r("3") + `</m:deg>` + e(r("y")) + `</m:rad>`, want: "√(x)√(3&y)"},
		{name: "raised and lowered", xml: `<m:sSubSup>` + e(r("x")) + `<m:sub>` + r("i") + `</m:sub><m:sup>` + r("n+1") + `</m:sup></m:sSubSup>`, want: "x_i^(n+1)"},
		{name: "sum", xml: `<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>` + r("i=1") + `</m:sub><m:sup>` + r("n") + `</m:sup>` + e(r("i")) + `</m:nary>`, want: "∑_(i=1)^n i"},
		{name: "brackets", xml: `<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr>` + e(r("a")) + e(r("b")) + `</m:d>`, want: "[a|b]"},
		{name: "matrix", xml: `<m:m><m:mr>` + e(r("1")) + e(r("0")) + `</m:mr><m:mr>` + e(r("0")) + e(r("1")) + `</m:mr></m:m>`, want: "(1, 0; 0, 1)"},
		{name: "function", xml: `<m:func><m:fName>` + r("sin") + `</m:fName>` + e(r("x")) + `</m:func>`, want: "sin x"},
		{name: "what was deleted is left out", xml: r("a") + `<w:del>` + r("b") + `</w:del>`, want: "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := office.Parse([]byte(`<m:oMath>` + tt.xml + `</m:oMath>`))
			require.NoError(t, err)
			require.Equal(t, tt.want, office.Math(n))
		})
	}
}

func TestCharts(t *testing.T) {
	points := func(element, cache string, values ...string) string {
		var b strings.Builder
		for i, v := range values {
			b.WriteString(`<c:pt idx="` + string(rune('0'+i)) + `"><c:v>` + v + `</c:v></c:pt>`)
		}
		return `<c:` + element + `><c:x><c:` + cache + `>` + b.String() + `</c:` + cache + `></c:x></c:` + element + `>`
	}
	series := func(name string, parts ...string) string {
		return `<c:ser><c:tx><c:v>` + name + `</c:v></c:tx>` + strings.Join(parts, "") + `</c:ser>`
	}
	tests := []struct {
		name, plot string
		want       []string
	}{
		{name: "series by category", plot: `<c:barChart>` + series("2024", points("cat", "strCache", "Oslo", "Bergen"), points("val", "numCache", "0.30000000000000004", "2")) + series("2025", points("cat", "strCache", "Oslo", "Bergen"), points("val", "numCache", "3", "4")) + `</c:barChart>`, want: []string{"table| <;2024;2025> [] Oslo;0.3;3 [] Bergen;2;4"}},
		{name: "points of a scatter chart", plot: `<c:scatterChart>` + series("A", points("xVal", "numCache", "1", "2"), points("yVal", "numCache", "5", "6")) + series("B", points("xVal", "numCache", "7"), points("yVal", "numCache", "8")) + `</c:scatterChart>`, want: []string{"table| <;;> [] 1;A;5 [] 2;A;6 [] 7;B;8"}},
		{name: "dates as categories", plot: `<c:lineChart>` + series("A", `<c:cat><c:numRef><c:numCache><c:formatCode>dd.mm.yyyy</c:formatCode><c:pt idx="0"><c:v>45658</c:v></c:pt></c:numCache></c:numRef></c:cat>`, points("val", "numCache", "1")) + `</c:lineChart>`, want: []string{"table| <;A> [] 2025-01-01;1"}},
		{name: "levels of categories", plot: `<c:barChart>` + series("A", `<c:cat><c:multiLvlStrRef><c:multiLvlStrCache><c:lvl><c:pt idx="0"><c:v>vår</c:v></c:pt><c:pt idx="1"><c:v>høst</c:v></c:pt></c:lvl><c:lvl><c:pt idx="0"><c:v>2025</c:v></c:pt></c:lvl></c:multiLvlStrCache></c:multiLvlStrRef></c:cat>`, points("val", "numCache", "1", "2")) + `</c:barChart>`, want: []string{"table| <;A> [] 2025 / vår;1 [] 2025 / høst;2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			blocks, err := office.Chart([]byte(`<c:chartSpace><c:chart><c:plotArea>`+tt.plot+`</c:plotArea></c:chart></c:chartSpace>`), &office.Budget{})
			require.NoError(t, err)
			require.Equal(t, tt.want, officetest.Lines(ingest.Document{Blocks: blocks}))
		})
	}
}

func TestTablesWithATitleOrARemarkOverTheWholeWidth(t *testing.T) {
	row := func(texts ...string) office.Row {
		r := office.Row{}
		for _, s := range texts {
			r.Cells = append(r.Cells, office.Cell{Text: s, Left: s == "<"})
		}
		return r
	}
	g := office.Grid{Rows: []office.Row{row("Vekt 2026", "<", "<"), row("Kode", "Tom", "Full"), row("Små", "<", "<"), row("Lette", "<", "<"), row("K-1", "1 kg", "2 kg"), row("Uten emballasje", "<", "<")}}
	blocks, warning := g.Block(&office.Budget{})
	require.Empty(t, warning)
	require.Equal(t, []string{"table| Vekt 2026<Kode;Tom;Full> [Små / Lette] K-1;1 kg;2 kg", "paragraph| Uten emballasje"}, officetest.Lines(ingest.Document{Blocks: blocks}))
}

func TestDescriptions(t *testing.T) {
	require.Empty(t, office.AltText("C:\\bilder\\IMG_01.jpeg"))
	require.Empty(t, office.AltText("MPj01234560000[1]"))
	require.Equal(t, "K1234567", office.AltText("K1234567"))
	require.Equal(t, "En pumpe på et gulv", office.AltText("En pumpe på et gulv\n\nAutomatisk generert beskrivelse"))
	require.Equal(t, "Description generated by hand, then checked by two people", office.AltText("Description generated by hand, then checked by two people"))
}

func TestEdges(t *testing.T) {
	e := office.Edges{}
	e.Add([]ingest.Block{{Text: "Side 3 av 9"}, {Text: "Page of"}, {Text: "– 4 –"}, {Text: "Brisk AS\tSide 3"}, {Text: "Avdeling 7\tBergen"}, {Text: "Brisk AS"}, {Text: "Brisk AS"}, {Text: "Håndbok"}, {Table: &ingest.Table{Header: []string{"Utgave 3", "12"}}}})
	doc := ingest.Document{Title: "Håndbok"}
	e.Append(&doc)
	require.Equal(t, []string{"heading1| ", "paragraph| Brisk AS", "paragraph| Avdeling 7\tBergen", "paragraph| Utgave 3"}, officetest.Lines(doc))
}

func TestAnElementOfTooManyPiecesIsRefused(t *testing.T) {
	_, err := office.Parse([]byte(`<a>` + strings.Repeat(`<b/>`, 600_000) + `</a>`))
	require.ErrorIs(t, err, ingest.ErrTooLarge)
}

func TestNearWhite(t *testing.T) {
	for hex, want := range map[string]bool{"FFFFFF": true, "fafbfc": true, "F9FFFF": false, "FFF9FF": false, "FFFFF9": false, "000000": false, "FFFFF": false, "0FFFFFF": false, "auto": false, "": false} {
		require.Equal(t, want, office.NearWhite(hex), hex)
	}
}

func TestNamesOfGroupsOverOneAnother(t *testing.T) {
	const names = 100_000
	g := office.Grid{Rows: []office.Row{{Header: true, Cells: []office.Cell{{Text: "A"}, {Text: "B"}}}}}
	for range names {
		g.Rows = append(g.Rows, office.Row{Cells: []office.Cell{{Text: strings.Repeat("navn ", 40)}, {Left: true}}})
	}
	g.Rows = append(g.Rows, office.Row{Cells: []office.Cell{{Text: "a"}, {Text: "b"}}})
	blocks, _ := g.Block(&office.Budget{})
	require.Len(t, blocks, 1)
	found := 0
	for _, r := range blocks[0].Table.Rows {
		require.Less(t, len(r.Group), 1100)
		found += strings.Count(r.Group+" "+strings.Join(r.Cells, " "), "navn")
	}
	require.Equal(t, 40*names, found)
}

func TestARowOfBoxesToTickIsNoHeader(t *testing.T) {
	g := office.Grid{Styled: true}
	for _, name := range []string{"Leveringsvilkår", "Betalingsvilkår", "Garantivilkår"} {
		g.Rows = append(g.Rows, office.Row{Cells: []office.Cell{{Text: "☒"}, {Text: name}, {Text: "Utgave 2026"}}})
	}
	blocks, _ := g.Block(&office.Budget{})
	require.Len(t, blocks, 1)
	require.Empty(t, blocks[0].Table.Header)
	require.Len(t, blocks[0].Table.Rows, 3)
}
