package ods_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/ods"
)

const (
	before = `<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0">` +
		`<office:automatic-styles><style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>`
	after = `</office:spreadsheet></office:body></office:document-content>`
)

// zipped makes a spreadsheet of its tables.
func zipped(tb testing.TB, tables string) ingest.Input {
	tb.Helper()
	return container(tb, map[string]string{
		"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": before + tables + after,
		"meta.xml": `<office:document-meta xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Prices &amp; terms</dc:title></office:document-meta>`,
	})
}

func container(tb testing.TB, parts map[string]string) ingest.Input {
	tb.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for name, text := range parts {
		w, err := zw.Create(name)
		require.NoError(tb, err)
		_, err = w.Write([]byte(text))
		require.NoError(tb, err)
	}
	require.NoError(tb, zw.Close())
	return input("test.ods", buf.Bytes())
}

func input(name string, data []byte) ingest.Input {
	return ingest.Input{Name: name, Path: name, Data: bytes.NewReader(data), Size: int64(len(data))}
}

// row makes cells of words; a figure is a number.
func row(texts ...string) string {
	var b strings.Builder
	b.WriteString("<table:table-row>")
	for _, t := range texts {
		switch {
		case t == "":
			b.WriteString("<table:table-cell/>")
		case strings.Trim(t, "0123456789.") == "":
			fmt.Fprintf(&b, `<table:table-cell office:value-type="float" office:value="%s"><text:p>%s</text:p></table:table-cell>`, t, t)
		default:
			fmt.Fprintf(&b, `<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>`, t)
		}
	}
	return b.String() + "</table:table-row>"
}

func table(name string, rows ...string) string {
	return `<table:table table:name="` + name + `" table:style-name="ta1">` + strings.Join(rows, "") + `</table:table>`
}

// read gives the blocks in a line each.
func read(tb testing.TB, r ods.Reader, in ingest.Input) (ingest.Document, []string) {
	tb.Helper()
	doc, err := r.Read(context.Background(), in)
	require.NoError(tb, err)
	var lines []string
	for _, b := range doc.Blocks {
		if b.Table == nil {
			lines = append(lines, fmt.Sprintf("%s %s %s", b.Kind, b.Locator.Cells, b.Text))
			continue
		}
		lines = append(lines, fmt.Sprintf("table %s<%s>", b.Locator.Sheet, strings.Join(b.Table.Header, ";")))
		for _, r := range b.Table.Rows {
			lines = append(lines, fmt.Sprintf("  %s [%s] %s", r.Locator.Cells, r.Group, strings.Join(r.Cells, ";")))
		}
	}
	return doc, lines
}

func TestSheets(t *testing.T) {
	tests := []struct {
		name, tables string
		want         []string
	}{
		{
			name:   "a table",
			tables: table("Prices", row("Item", "Price"), row("Kettle", "490"), row("Lid", "49")),
			want:   []string{"table Prices<Item;Price>", "  A2:B2 [] Kettle;490", "  A3:B3 [] Lid;49"},
		},
		{
			name:   "several sheets",
			tables: table("Norge", row("Vare", "Pris"), row("Kjele", "490")) + table("Sverige", row("Vara", "Pris"), row("Kittel", "520")),
			want:   []string{"heading  Norge", "table Norge<Vare;Pris>", "  A2:B2 [] Kjele;490", "heading  Sverige", "table Sverige<Vara;Pris>", "  A2:B2 [] Kittel;520"},
		},
		{
			name: "repeated cells and rows",
			tables: table("S", row("Item", "Price", "Tax"), `<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string"><text:p>K</text:p></table:table-cell><table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="5"><text:p>5</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16381"/></table:table-row>`,
				`<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`),
			want: []string{"table S<Item;Price;Tax>", "  A2:C2 [] K;5;5", "  A3:C3 [] K;5;5"},
		},
		{
			name: "merged cells fill, covered ones are not shown",
			tables: table("S", row("Item", "Size", "Price"),
				`<table:table-row><table:table-cell table:number-rows-spanned="2" table:number-columns-spanned="1" office:value-type="string"><text:p>K</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>small</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>`,
				`<table:table-row><table:covered-table-cell office:value-type="string"><text:p>old</text:p></table:covered-table-cell><table:table-cell office:value-type="string"><text:p>large</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell></table:table-row>`),
			want: []string{"table S<Item;Size;Price>", "  A2:C2 [] K;small;1", "  A3:C3 [] K;large;2"},
		},
		{
			name:   "spaces, line ends, links and runs",
			tables: table("S", row("Item", "Text"), row("10", `a<text:s text:c="2"/>b<text:line-break/>c</text:p><text:p><text:a>d</text:a><text:span>e</text:span>`)),
			want:   []string{"table S<Item;Text>", "  A2:B2 [] 10;a  b\nc\nde"},
		},
		{
			name: "what is no cell is left out",
			tables: `<table:tracked-changes><table:table-cell><text:p>deleted</text:p></table:table-cell></table:tracked-changes>` +
				table("S", `<table:shapes><text:p>shape</text:p></table:shapes><office:forms/><table:table-columns><table:table-column/></table:table-columns>`, `<table:table-header-rows>`+row("Item", "Price")+`</table:table-header-rows>`, `<table:table-row-group>`+row("K", "1")+`</table:table-row-group>`),
			want: []string{"table S<Item;Price>", "  A2:B2 [] K;1"},
		},
		{
			name:   "a comment stands with its row",
			tables: table("S", row("Item", "Price"), `<table:table-row><table:table-cell office:value-type="string"><office:annotation><dc:creator>Kari</dc:creator><dc:date>2026-01-01</dc:date><text:p>on sale</text:p></office:annotation><text:p>K</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>`),
			want:   []string{"table S<Item;Price>", "  A2:B2 [] K;1;on sale"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, lines := read(t, ods.Reader{}, zipped(t, tt.tables))
			require.Equal(t, tt.want, lines)
			require.Equal(t, "Prices & terms", doc.Title)
			require.Empty(t, doc.Warnings)
			_, lines = read(t, ods.Reader{}, input("test.fods", []byte(before+tt.tables+after)))
			require.Equal(t, tt.want, lines, "flat")
		})
	}
}

func TestValues(t *testing.T) {
	tests := []struct{ name, attrs, text, want string }{
		{"as displayed", `office:value-type="currency" office:value="1234.5"`, "1 234,50 kr", "1 234,50 kr"},
		{"a date in digits", `office:value-type="date" office:date-value="2026-03-07"`, "03/07/26", "2026-03-07"},
		{"a Norwegian date", `office:value-type="date" office:date-value="2026-03-07"`, "07.03.2026", "2026-03-07"},
		{"a date with a time", `office:value-type="date" office:date-value="2026-03-07T14:05:00"`, "03/07/26 02:05 PM", "2026-03-07 02:05 PM"},
		{"a weekday before it", `office:value-type="date" office:date-value="2026-03-07"`, "lørdag 07.03.26", "lørdag 2026-03-07"},
		{"a month in words", `office:value-type="date" office:date-value="2026-03-07"`, "7. mars 2026", "7. mars 2026"},
		{"a month in words and a time", `office:value-type="date" office:date-value="2026-03-07T14:05:00"`, "7. mars 14.05", "7. mars 14.05"},
		{"a month and a year", `office:value-type="date" office:date-value="2026-03-07"`, "03/2026", "2026-03"},
		{"a year", `office:value-type="date" office:date-value="2026-03-07"`, "2026", "2026"},
		{"a time", `office:value-type="time" office:time-value="PT14H05M00S"`, "14:05", "14:05"},
		{"a number without text", `office:value-type="float" office:value="12.5"`, "", "12.5"},
		{"a date without text", `office:value-type="date" office:date-value="2026-03-07T00:00:00"`, "", "2026-03-07"},
		{"a text in an attribute", `office:value-type="string" office:string-value="abc"`, "", "abc"},
		{"a truth", `office:value-type="boolean" office:boolean-value="true"`, "TRUE", "TRUE"},
		{"a long number", `office:value-type="float" office:value="12345678901234567"`, "1.23456789012346E+16", "12345678901234567"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cell := `<table:table-row><table:table-cell office:value-type="string"><text:p>K</text:p></table:table-cell><table:table-cell ` + tt.attrs + `>` + `<text:p>` + tt.text + `</text:p></table:table-cell><table:table-cell/></table:table-row>`
			doc, _ := read(t, ods.Reader{}, zipped(t, table("S", row("Item", "Value"), cell)))
			if table := doc.Blocks[0].Table; table != nil {
				require.Equal(t, tt.want, table.Rows[len(table.Rows)-1].Cells[1])
				return
			}
			require.Equal(t, "K "+tt.want, doc.Blocks[len(doc.Blocks)-1].Text)
		})
	}
}

func TestHiddenPartsAreAskedFor(t *testing.T) {
	tables := `<table:table table:name="Prices" table:style-name="ta1"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-column table:number-columns-repeated="100"/>` +
		row("Item", "Cost", "Price") + row("K", "111", "490") + strings.Replace(row("L", "222", "790"), "<table:table-row>", `<table:table-row table:visibility="filter">`, 1) + `</table:table>` +
		strings.Replace(table("Margins", row("Item", "Margin"), row("K", "50")), "ta1", "ta2", 1)
	doc, lines := read(t, ods.Reader{}, zipped(t, tables))
	require.Equal(t, []string{"table Prices<Item;Price>", "  A2:B2 [] K;490"}, onlyVisible(lines))
	require.Equal(t, []string{`sheet "Prices": 1 hidden rows were left out`, `sheet "Prices": hidden columns were left out`, `hidden sheet "Margins" was left out`}, doc.Warnings)
	doc, lines = read(t, ods.Reader{Hidden: true}, zipped(t, tables))
	require.Empty(t, doc.Warnings)
	require.Equal(t, []string{"heading  Prices", "table Prices<Item;Cost;Price>", "  A2:C2 [] K;111;490", "  A3:C3 [] L;222;790", "heading  Margins", "table Margins<Item;Margin>", "  A2:B2 [] K;50"}, lines)
}

func TestTextsOfShapes(t *testing.T) {
	box := func(attrs, text string) string {
		return `<draw:frame draw:z-index="0"` + attrs + `><draw:text-box>` + text + `</draw:text-box><svg:title>tittel</svg:title></draw:frame>`
	}
	at := func(row, cell, shape string) string {
		return strings.Replace(row, "<text:p>"+cell+"</text:p>", shape+"<text:p>"+cell+"</text:p>", 1)
	}
	sheet := `<table:table table:name="S"><table:shapes><draw:g><draw:custom-shape><text:p>uten sted</text:p><draw:enhanced-geometry/></draw:custom-shape></draw:g></table:shapes>` +
		`<table:table-column/><table:table-column/><table:table-column table:visibility="collapse"/>` +
		row("Item", "Price") +
		at(row("Kettle", "490"), "Kettle", box("", "<text:p>Prisene gjelder</text:p><text:list><text:list-item><text:p>fra mars</text:p></text:list-item></text:list>")+
			box(` draw:display="none"`, "<text:p>skjult form</text:p>")+`<draw:frame><draw:object><text:p>i et objekt</text:p></draw:object><draw:image/></draw:frame>`) +
		at(row("Lid", "49", "9"), "9", box("", "<text:p>over en skjult kolonne</text:p>")) +
		strings.Replace(at(row("Pan", "99"), "Pan", `<draw:a>`+box("", "<text:p>over en skjult rad</text:p>")+`</draw:a>`), "<table:table-row>", `<table:table-row table:visibility="collapse">`, 1) +
		`</table:table>`
	doc, lines := read(t, ods.Reader{}, zipped(t, sheet))
	require.Equal(t, []string{"table S<Item;Price>", "  A2:B2 [] Kettle;490", "  A3:B3 [] Lid;49", "paragraph  uten sted", "paragraph A2 Prisene gjelder\nfra mars"}, lines)
	require.Equal(t, []string{`sheet "S": texts of 2 shapes that are hidden, or over hidden rows, were left out`, `sheet "S": 1 hidden rows were left out`, `sheet "S": hidden columns were left out`}, doc.Warnings)

	_, lines = read(t, ods.Reader{Hidden: true}, zipped(t, sheet))
	all := strings.Join(lines, "\n")
	for _, word := range []string{"skjult form", "over en skjult kolonne", "over en skjult rad"} {
		require.Contains(t, all, word)
	}
	require.NotContains(t, all, "i et objekt")
	require.NotContains(t, all, "tittel")
}

func TestShapesAlone(t *testing.T) {
	_, lines := read(t, ods.Reader{}, zipped(t, `<table:table table:name="S"><table:table-row><table:table-cell><draw:rect><text:p>Ring 22 33 44 55</text:p></draw:rect></table:table-cell></table:table-row></table:table>`))
	require.Equal(t, []string{"paragraph A1 Ring 22 33 44 55"}, lines)
}

func TestCopiesOfOtherFilesAreNoSheets(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		doc, lines := read(t, ods.Reader{Hidden: hidden}, zipped(t, table("Prices", row("Item", "Price"), row("K", "1"))+table(`&apos;file:///home/kari/lager.ods&apos;#$Ark1`, row("Item", "Cost"), row("K", "7"))))
		require.Equal(t, []string{"table Prices<Item;Price>", "  A2:B2 [] K;1"}, lines)
		require.Empty(t, doc.Warnings)
	}
}

// onlyVisible drops the empty place of a hidden column.
func onlyVisible(lines []string) []string {
	for i, l := range lines {
		lines[i] = strings.Replace(strings.Replace(l, "A2:C2", "A2:B2", 1), ";;", ";", 1)
	}
	return lines
}

func TestFaults(t *testing.T) {
	whole := before + table("S", row("Item", "Price"), row("K", "1")) + after
	for name, tt := range map[string]struct {
		in   ingest.Input
		want error
	}{
		"encrypted":         {container(t, map[string]string{"META-INF/manifest.xml": `<manifest:encryption-data/>`, "content.xml": "\x01\x02"}), ingest.ErrEncrypted},
		"encrypted whole":   {container(t, map[string]string{"encrypted-package": "\x01\x02"}), ingest.ErrEncrypted},
		"no content":        {container(t, map[string]string{"a.txt": "a"}), ingest.ErrDamaged},
		"no spreadsheet":    {input("test.fods", []byte("<html>abc</html>")), ingest.ErrDamaged},
		"nothing at all":    {input("test.fods", nil), ingest.ErrDamaged},
		"empty":             {zipped(t, table("S")), ingest.ErrNoText},
		"cut before a cell": {input("test.fods", []byte(whole[:len(before)+20])), ingest.ErrDamaged},
	} {
		_, err := ods.Reader{}.Read(t.Context(), tt.in)
		require.ErrorIs(t, err, tt.want, name)
		require.ErrorContains(t, err, "test.", name)
	}
	doc, lines := read(t, ods.Reader{}, input("test.fods", []byte(whole[:len(whole)-len(after)-10])))
	require.Equal(t, []string{"table S<Item;Price>", "  A2:B2 [] K;1"}, lines, "what comes before the damage is kept")
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], `sheet "S" is damaged`)
}

func TestLimitsAreNeverSilent(t *testing.T) {
	repeated := strings.Replace(row("K", "1"), "<table:table-row>", `<table:table-row table:number-rows-repeated="99999999">`, 1)
	doc, _ := read(t, ods.Reader{}, zipped(t, table("S", row("Item", "Price"), repeated)))
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "was read up to row 200000")
	wide := strings.Replace(row("K"), "<table:table-cell ", `<table:table-cell table:number-columns-repeated="99999999" `, 1)
	doc, _ = read(t, ods.Reader{}, zipped(t, table("S", row("Item", "Price"), wide)))
	require.Equal(t, []string{`sheet "S": only the first 1000 columns were read`}, doc.Warnings)
	doc, lines := read(t, ods.Reader{}, zipped(t, table("S", row("Item", "Price"), row("K", "1"), row(strings.Repeat("å", 1<<20)+"end", "2"))))
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], `sheet "S": 1 cells, comments or shapes have a text longer than 1 MB`)
	require.Equal(t, "  A3:B3 [] "+strings.Repeat("å", 1<<19)+";2", lines[len(lines)-1])
	errors := `<table:table-row><table:table-cell calcext:value-type="error" office:value-type="string" office:string-value=""><text:p>#DIV/0!</text:p></table:table-cell></table:table-row>`
	doc, _ = read(t, ods.Reader{}, zipped(t, table("S", row("Item", "Price"), row("K", "1"), errors)))
	require.Equal(t, []string{`sheet "S": 1 cells that show an error (#DIV/0!) were left out`}, doc.Warnings)
	older := `<table:table-row><table:table-cell><text:p>#REF!</text:p></table:table-cell><table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0"><text:p>Err:503</text:p></table:table-cell></table:table-row>`
	doc, lines = read(t, ods.Reader{}, zipped(t, table("S", row("Item", "Price"), row("K", "1"), older)))
	require.Contains(t, lines[len(lines)-1], "#REF!", "a text that nobody computed")
	require.Equal(t, []string{`sheet "S": 1 cells that show an error (Err:503) were left out`}, doc.Warnings)
}

func FuzzTables(f *testing.F) {
	f.Add(table("S", row("Item", "Price"), row("K", "1")), "")
	f.Add(`<table:table><table:table-row table:number-rows-repeated="9"><table:table-cell table:number-columns-repeated="3" table:number-rows-spanned="99999999"><text:p>a</text:p></table:table-cell>`, "")
	f.Add(`<table:table><table:table-cell office:value-type="date" office:date-value="x"><text:p>1/2/3</text:p></table:table-cell></table:table></table:table>`, "")
	f.Add(`<table:table><table:shapes><draw:g><draw:a><draw:frame><draw:text-box><text:p>a</text:p></draw:g></table:shapes><table:table-row><table:table-cell><draw:rect><text:h>b<draw:rect/>`, "")
	for _, l := range looks {
		f.Add(`<table:table>`+l.rows+l.around+`</table:table>`, l.common+l.own)
	}
	f.Fuzz(func(t *testing.T, tables, styles string) {
		if strings.Count(tables, "repeated") > 2 {
			return // allowed, but slow by its nature
		}
		doc, err := ods.Reader{}.Read(context.Background(), input("f.fods", []byte(strings.Replace(before, `<office:automatic-styles>`, `<office:automatic-styles>`+styles, 1)+tables+after)))
		if err == nil && len(doc.Blocks) < 1000 {
			ingest.Passages(doc, ingest.Origin{Source: "f.fods"})
		}
	})
}

func BenchmarkRead(b *testing.B) {
	rows := []string{row("Model", "Text", "Price", "Days")}
	for i := range 25_000 {
		rows = append(rows, row(fmt.Sprintf("K-%d", i), "Kettle for offices", fmt.Sprint(490+i), fmt.Sprint(i%7)))
	}
	in := zipped(b, table("S", rows...))
	for b.Loop() {
		_, err := ods.Reader{}.Read(context.Background(), in)
		require.NoError(b, err)
	}
}
