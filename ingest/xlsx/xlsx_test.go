package xlsx_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/xlsx"
)

// book makes a workbook and gives it as input.
func book(tb testing.TB, build func(f *excelize.File)) ingest.Input {
	tb.Helper()
	f := excelize.NewFile()
	build(f)
	var buf bytes.Buffer
	require.NoError(tb, f.Write(&buf))
	require.NoError(tb, f.Close())
	return input(buf.Bytes())
}

func input(data []byte) ingest.Input {
	return ingest.Input{Name: "test.xlsx", Path: "test.xlsx", Data: bytes.NewReader(data), Size: int64(len(data))}
}

func fill(tb testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	tb.Helper()
	for i, r := range rows {
		if len(r) > 0 {
			require.NoError(tb, f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &r))
		}
	}
}

func format(tb testing.TB, f *excelize.File, sheet, cell, code string) {
	tb.Helper()
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	require.NoError(tb, err)
	require.NoError(tb, f.SetCellStyle(sheet, cell, cell, style))
}

// read gives the blocks in one line each.
func read(tb testing.TB, in ingest.Input) (ingest.Document, []string) {
	tb.Helper()
	doc, err := xlsx.Reader{}.Read(context.Background(), in)
	require.NoError(tb, err)
	var lines []string
	for _, b := range doc.Blocks {
		line := fmt.Sprintf("%s %s| %s", b.Kind, b.Locator.Cells, b.Text)
		if b.Case != nil {
			line += b.Case.ID + ": " + b.Case.Question + " -> " + b.Case.Answer
		}
		lines = append(lines, line)
		if b.Table != nil {
			lines[len(lines)-1] += strings.TrimSpace(b.Table.Caption + " <" + strings.Join(b.Table.Header, ";") + "> " + b.Locator.Header)
			for _, r := range b.Table.Rows {
				lines = append(lines, fmt.Sprintf("  %s [%s] %s", r.Locator.Cells, r.Group, strings.Join(r.Cells, ";")))
			}
		}
	}
	return doc, lines
}

func TestAnUntidyPriceList(t *testing.T) {
	in := book(t, func(f *excelize.File) {
		fill(t, f, "Sheet1",
			[]any{"Prisliste for vannkokere 2026"},
			[]any{"Mva-sats", 0.25},
			nil,
			[]any{"Art.nr.", "Vare", "Pris 2026", "", "Merknad"},
			[]any{"", "", "uten mva.", "med mva.", ""},
			[]any{"Vannkokere"},
			[]any{"10-100", "Kjele, liten", 490, 612.5, ""},
			[]any{"10-200", "Kjele, stor", 1290, 1612.5, "Leveringstid to uker"},
			[]any{"Deler"},
			[]any{"10-900", "Lokk", 49, 61.25, "Passer til alle"},
			nil,
			[]any{"Alle priser er uten merverdiavgift."},
			[]any{"Gjelder hele året."},
		)
		for _, m := range [][2]string{{"A1", "E1"}, {"A4", "A5"}, {"B4", "B5"}, {"C4", "D4"}, {"E4", "E5"}, {"A6", "E6"}, {"A12", "E12"}} {
			require.NoError(t, f.MergeCell("Sheet1", m[0], m[1]))
		}
		for _, row := range []int{7, 8, 10} {
			format(t, f, "Sheet1", fmt.Sprintf("C%d", row), `# ##0 "kr"`)
			format(t, f, "Sheet1", fmt.Sprintf("D%d", row), `#,##0.00 "kr"`)
		}
		format(t, f, "Sheet1", "B2", "0 %")
	})
	doc, lines := read(t, in)
	require.Equal(t, []string{
		"heading A1:E1| Prisliste for vannkokere 2026",
		"paragraph A2:B2| Mva-sats 25 %",
		"table A6:E10| Prisliste for vannkokere 2026 <Art.nr.;Vare;Pris 2026 / uten mva.;Pris 2026 / med mva.;Merknad> A4:E5",
		"  A7:E7 [Vannkokere] 10-100;Kjele, liten;490 kr;612,50 kr;",
		"  A8:E8 [Vannkokere] 10-200;Kjele, stor;1 290 kr;1\u00a0612,50 kr;Leveringstid to uker",
		"  A10:E10 [Deler] 10-900;Lokk;49 kr;61,25 kr;Passer til alle",
		"paragraph A12:E12| Alle priser er uten merverdiavgift.",
		"paragraph A13| Gjelder hele året.",
	}, lines)
	require.Equal(t, []string{"A7", "B7", "C7", "D7", "E7"}, doc.Blocks[2].Table.Rows[0].Refs)
	require.True(t, doc.Blocks[2].Table.Sheet)
	require.Empty(t, doc.Warnings)
}

func TestTables(t *testing.T) {
	tests := []struct {
		name  string
		rows  [][]any
		merge [][2]string
		want  []string
	}{
		{
			name: "one table after another",
			rows: [][]any{{"Model", "Weight"}, {"K-100", 1.5}, nil, {"Destination", "Days", "Price"}, {"Norway", 2, 195}},
			want: []string{"table A2:B2| <Model;Weight> A1:B1", "  A2:B2 [] K-100;1.5", "table A5:C5| <Destination;Days;Price> A4:C4", "  A5:C5 [] Norway;2;195"},
		},
		{
			name: "a table goes on after an empty row",
			rows: [][]any{{"Model", "Weight"}, {"K-100", 1.5}, nil, {"Large ones"}, {"K-200", 2.5}},
			want: []string{"table A2:B2| <Model;Weight> A1:B1", "  A2:B2 [] K-100;1.5", "table A4:B5| <Model;Weight> A1:B1", "  A5:B5 [Large ones] K-200;2.5"},
		},
		{
			name: "years head columns",
			rows: [][]any{{"Model", 2025, 2026}, {"K-100", 450, 490}},
			want: []string{"table A2:C2| <Model;2025;2026> A1:C1", "  A2:C2 [] K-100;450;490"},
		},
		{
			name: "a row without figures is not header",
			rows: [][]any{{"Service", "Price", "Remark"}, {"Advice", "free", "by phone"}, {"Repair", 950, "per hour"}},
			want: []string{"table A2:C3| <Service;Price;Remark> A1:C1", "  A2:C2 [] Advice;free;by phone", "  A3:C3 [] Repair;950;per hour"},
		},
		{
			name: "nothing but words",
			rows: [][]any{{"Code", "Meaning", "What to do"}, {"no water", "empty", "fill it"}},
			want: []string{"table A2:C2| <Code;Meaning;What to do> A1:C1", "  A2:C2 [] no water;empty;fill it"},
		},
		{
			name:  "merged cells are filled down and right",
			rows:  [][]any{{"Model", "Size", "Price"}, {"K", "small", 490}, {"", "large", 790}},
			merge: [][2]string{{"A2", "A3"}},
			want:  []string{"table A2:C3| <Model;Size;Price> A1:C1", "  A2:C2 [] K;small;490", "  A3:C3 [] K;large;790"},
		},
		{
			name: "the header again is left out",
			rows: [][]any{{"Model", "Price"}, {"K", 490}, {"Model", "Price"}, {"L", 590}},
			want: []string{"table A2:B4| <Model;Price> A1:B1", "  A2:B2 [] K;490", "  A4:B4 [] L;590"},
		},
		{
			name: "questions and answers are cases",
			rows: [][]any{{"Nr", "Fråga", "Svar"}, {17, "Är den tät?", "Ja."}, {18, "Hur tung?", ""}},
			want: []string{"case A2:C2| 17: Är den tät? -> Ja."},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, lines := read(t, book(t, func(f *excelize.File) {
				fill(t, f, "Sheet1", tt.rows...)
				for _, m := range tt.merge {
					require.NoError(t, f.MergeCell("Sheet1", m[0], m[1]))
				}
			}))
			require.Equal(t, tt.want, lines)
		})
	}
}

func TestValuesLookAsInExcel(t *testing.T) {
	words := map[string]string{
		"nb": "Støysett til flishoggere og montering på verksted, pris uten merverdiavgift", "de": "Lärmminderungssatz für Holzhacker und Einbau in der Werkstatt, Preis ohne Mehrwertsteuer",
		"da": "Støjsæt til flishuggere og montering på værksted, pris uden moms og fragt, hvis ikke andet er nævnt", "en": "Noise reduction kit for wood chippers and fitting in the workshop, price without tax",
		"fi": "Melunvaimennussarja hakettimiin ja asennus korjaamolla, hinta ilman arvonlisäveroa", "sv": "Bullersats till flishuggar och montering på verkstad, pris utan mervärdesskatt",
	}
	tests := []struct {
		name, language, code string
		value                any
		want                 string
	}{
		{name: "crowns with a space between digits", language: "nb", code: `# ##0 "kr"`, value: 38900, want: "38 900 kr"},
		{name: "a small number has no stray space", language: "nb", code: `# ##0 "kr"`, value: 690, want: "690 kr"},
		{name: "millions are grouped throughout", language: "nb", code: `# ##0`, value: 1234567, want: "1 234 567"},
		{name: "Norwegian separators", language: "nb", code: `#,##0.00`, value: 1234.5, want: "1\u00a0234,50"},
		{name: "Finnish euros", language: "fi", code: `#,##0.00 "€"`, value: 3390, want: "3\u00a0390,00 €"},
		{name: "Swedish crowns by language id", language: "en", code: `#,##0 [$kr-41D]`, value: 37900, want: "37\u00a0900 kr"},
		{name: "Danish crowns", language: "da", code: `#,##0 "kr."`, value: 25300, want: "25.300 kr."},
		{name: "German euros by language id", language: "nb", code: `#,##0.00 [$€-407]`, value: 3390, want: "3.390,00 €"},
		{name: "German euros by the sheet's language", language: "de", code: `#,##0.00 "€"`, value: 59.5, want: "59,50 €"},
		{name: "English euros in front", language: "en", code: `"EUR" #,##0`, value: 42300, want: "EUR 42,300"},
		{name: "a fraction as it is", language: "nb", code: "General", value: 59.5, want: "59,5"},
		{name: "English fractions", language: "en", code: "General", value: 0.1 + 0.2, want: "0.3"},
		{name: "percent", language: "de", code: "0.0%", value: 0.255, want: "25,5%"},
		{name: "leading zeros", language: "en", code: "00000", value: 412, want: "00412"},
		{name: "optional decimals", language: "en", code: "0.##", value: 2.5, want: "2.5"},
		{name: "half is rounded up as in Excel", language: "en", code: "0.00", value: 2.675, want: "2.68"},
		{name: "a negative number", language: "de", code: "#,##0.00", value: -1234.5, want: "-1.234,50"},
		{name: "a negative section of its own", language: "en", code: `0;"minus "0`, value: -3, want: "minus 3"},
		{name: "zero in words", language: "en", code: `0;-0;"free"`, value: 0, want: "free"},
		{name: "thousands", language: "en", code: `#,##0,`, value: 1250000, want: "1,250"},
		{name: "accounting", language: "nb", code: `_-* #,##0 "kr"_-;-* #,##0 "kr"_-`, value: 4290, want: "4\u00a0290 kr"},
		{name: "a colour is not text", language: "en", code: `[Red]0`, value: 5, want: "5"},
		{name: "a long article number", language: "en", code: "General", value: 7041234567890, want: "7041234567890"},
		{name: "a date", language: "nb", code: "yyyy-mm-dd", value: time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), want: "2026-03-07"},
		{name: "a date in words", language: "nb", code: `d". mars "yyyy`, value: time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), want: "7. mars 2026"},
		{name: "a duration", language: "en", code: "[h]:mm", value: 1.5, want: "36:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, _ := read(t, book(t, func(f *excelize.File) {
				fill(t, f, "Sheet1", []any{"aa", "bb", "cc"}, []any{words[tt.language], "12", tt.value})
				format(t, f, "Sheet1", "C2", tt.code)
			}))
			require.Equal(t, tt.want, doc.Blocks[len(doc.Blocks)-1].Table.Rows[0].Cells[2])
		})
	}
}

func TestHiddenPartsAreAskedFor(t *testing.T) {
	in := book(t, func(f *excelize.File) {
		fill(t, f, "Sheet1", []any{"Model", "Cost", "Price"}, []any{"K", 111, 490}, []any{"L", 222, 590})
		require.NoError(t, f.SetColVisible("Sheet1", "B", false))
		require.NoError(t, f.SetRowVisible("Sheet1", 3, false))
		require.NoError(t, f.SetCellValue("Sheet1", "A4", 333))
		require.NoError(t, f.SetRowHeight("Sheet1", 4, 0))
		_, err := f.NewSheet("Secret")
		require.NoError(t, err)
		fill(t, f, "Secret", []any{"Model", "Margin"}, []any{"K", 0.5})
		require.NoError(t, f.SetSheetVisible("Secret", false))
	})
	doc, lines := read(t, in)
	all := strings.Join(lines, "\n")
	for _, secret := range []string{"111", "222", "590", "333", "Cost", "Margin"} {
		require.NotContains(t, all, secret)
	}
	require.Contains(t, all, "490")
	require.Equal(t, []string{`sheet "Sheet1": 2 hidden rows were left out`, `sheet "Sheet1": hidden columns were left out`, `hidden sheet "Secret" was left out`}, doc.Warnings)

	doc, err := xlsx.Reader{Hidden: true}.Read(t.Context(), in)
	require.NoError(t, err)
	require.Empty(t, doc.Warnings)
	require.Equal(t, 2, doc.Pages)
	require.Equal(t, []string{"Model", "Cost", "Price"}, doc.Blocks[1].Table.Header)
	require.Equal(t, []string{"L", "222", "590"}, doc.Blocks[1].Table.Rows[1].Cells)
	require.Equal(t, []string{"K", "0.5"}, doc.Blocks[3].Table.Rows[0].Cells)
}

func TestSeveralSheetsAreHeadings(t *testing.T) {
	_, lines := read(t, book(t, func(f *excelize.File) {
		fill(t, f, "Sheet1", []any{"Model", "Price"}, []any{"K", 490})
		_, err := f.NewSheet("Norge")
		require.NoError(t, err)
		fill(t, f, "Norge", []any{"Modell", "Pris"}, []any{"K", 5900})
	}))
	require.Equal(t, []string{"heading | Sheet1", "table A2:B2| <Model;Price> A1:B1", "  A2:B2 [] K;490", "heading | Norge", "table A2:B2| Norge <Modell;Pris> A1:B1", "  A2:B2 [] K;5900"}, lines, "a name that Excel gave is no caption")
}

func TestFormulas(t *testing.T) {
	doc, lines := read(t, book(t, func(f *excelize.File) {
		fill(t, f, "Sheet1", []any{"Model", "Price", "With tax"}, []any{"K", 400, nil}, []any{"L", 500, nil})
		require.NoError(t, f.SetCellFormula("Sheet1", "C2", "B2*1.25"))
		require.NoError(t, f.SetCellFormula("Sheet1", "C3", "NOSUCHFUNCTION(B3)"))
		format(t, f, "Sheet1", "C2", `#,##0.00 "kr"`)
	}))
	require.Equal(t, "  A2:C2 [] K;400;500.00 kr", lines[1])
	require.Equal(t, "  A3:C3 [] L;500;", lines[2])
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], `sheet "Sheet1", cell C3`)
	require.Contains(t, doc.Warnings[0], "open the file in Excel and save it")
}

func TestChainsOfFormulasAreNotFollowed(t *testing.T) {
	var rows strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d"><v>1</v></c><c r="B%d"><f>B%d+1</f></c></row>`, i+2, i+2, i+2, i+3)
	}
	doc, err := xlsx.Reader{}.Read(t.Context(), sheetXML(t, rows.String()+`</sheetData>`, nil))
	require.NoError(t, err)
	require.Len(t, doc.Warnings, 6)
	require.Contains(t, doc.Warnings[0], `cell B2`)
	require.Contains(t, doc.Warnings[0], "more than 10000 formulas")
	require.Contains(t, doc.Warnings[5], "9996 more formulas")
}

func TestCapsAreNeverSilent(t *testing.T) {
	doc, lines := read(t, book(t, func(f *excelize.File) {
		fill(t, f, "Sheet1", []any{"Model", "Price"}, []any{"K", 490})
		require.NoError(t, f.SetCellValue("Sheet1", "XFD2", "far right"))
		require.NoError(t, f.SetCellValue("Sheet1", "A9000", "far below"))
	}))
	all := strings.Join(lines, "\n")
	require.NotContains(t, all, "far")
	require.Contains(t, all, "490")
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "first 1000 columns")
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "5000 empty rows follow")
}

// sheetXML makes a workbook of a sheet's own XML and of further parts.
func sheetXML(tb testing.TB, rows string, parts map[string]string) ingest.Input {
	tb.Helper()
	all := map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook><sheets><sheet name="S" sheetId="7" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://x/sharedStrings" Target="texts.xml"/><Relationship Id="r3" Type="http://x/styles" Target="styles.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Item</t></is></c><c r="B1" t="inlineStr"><is><t>Value</t></is></c></row>` + rows + `</worksheet>`,
	}
	maps.Copy(all, parts)
	return zipped(tb, all)
}

func TestValuesInOddFiles(t *testing.T) {
	parts := map[string]string{
		"xl/texts.xml":  `<sst><si><t>plain</t></si><si><r><rPr><b/></rPr><t xml:space="preserve">rich </t></r><r><t>text</t></r><rPh sb="0" eb="1"><t>reading</t></rPh></si><si><t>a_x000D_&#10;b_x005F_x0041_</t></si></sst>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="&quot;Nr. &quot;@"/><numFmt numFmtId="165" formatCode="dd/mm/yyyy\ hh:mm;@"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/><xf numFmtId="1"/></cellXfs><dxfs><dxf><numFmt numFmtId="165" formatCode="0"/></dxf></dxfs></styleSheet>`,
	}
	tests := []struct{ name, cell, want string }{
		{"a shared text", `<c r="B2" t="s"><v>0</v></c>`, "plain"},
		{"runs of rich text without how it is read", `<c r="B2" t="s"><v>1</v></c>`, "rich text"},
		{"escaped characters", `<c r="B2" t="s"><v>2</v></c>`, "a\nb_x0041_"},
		{"a text with a format", `<c r="B2" s="1" t="s"><v>0</v></c>`, "Nr. plain"},
		{"the text of a formula", `<c r="B2" t="str"><f>A1</f><v>done &amp; dusted</v></c>`, "done & dusted"},
		{"a truth", `<c r="B2" t="b"><v>1</v></c>`, "TRUE"},
		{"an untruth", `<c r="B2" t="b"><v>0</v></c>`, "FALSE"},
		{"a date of ISO 8601", `<c r="B2" t="d"><v>2026-03-07T00:00:00Z</v></c>`, "2026-03-07"},
		{"a date that others misread", `<c r="B2" s="2"><v>46088.5</v></c>`, "2026-03-07 12:00"},
		{"a built-in date", `<c r="B2" s="3"><v>46088</v></c>`, "2026-03-07"},
		{"more digits than a float holds", `<c r="B2"><v>12345678901234567</v></c>`, "12345678901234567"},
		{"and with an exponent", `<c r="B2" s="4"><v>1.2345678901234567E+16</v></c>`, "12345678901234567"},
		{"a number that is none", `<c r="B2"><v>12 pieces</v></c>`, "12 pieces"},
		{"no place", `<c><v>1</v></c><c><v>2</v></c>`, "2"},
		{"CDATA and namespaces", `<x:c r="B2" t="str"><x:v><![CDATA[<b>]]></x:v></x:c>`, "<b>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := `<row r="2"><c r="A2" t="inlineStr"><is><t>K</t></is></c>` + tt.cell + `</row>`
			if strings.HasPrefix(tt.cell, "<c>") {
				rows = `<row>` + tt.cell + `</row>`
			}
			doc, err := xlsx.Reader{}.Read(t.Context(), sheetXML(t, rows+`<row r="3"><c r="A3"><v>1</v></c><c r="B3"><v>2</v></c></row></sheetData>`, parts))
			require.NoError(t, err)
			require.Empty(t, doc.Warnings)
			require.Equal(t, tt.want, doc.Blocks[0].Table.Rows[0].Cells[1])
		})
	}
}

func TestDatesFrom1904(t *testing.T) {
	doc, err := xlsx.Reader{}.Read(t.Context(), sheetXML(t, `<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="0"><v>44626</v></c></row></sheetData>`, map[string]string{
		"xl/workbook.xml": `<workbook><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="7" r:id="r1"/></sheets></workbook>`,
		"xl/styles.xml":   `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`,
	}))
	require.NoError(t, err)
	require.Equal(t, "2026-03-07", doc.Blocks[0].Table.Rows[0].Cells[1])
}

func TestErrorValuesAreCounted(t *testing.T) {
	doc, err := xlsx.Reader{}.Read(t.Context(), sheetXML(t, `<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="b"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c><c r="B3" t="e"><v>#DIV/0!</v></c></row><row r="4"><c r="A4" t="e"><f>1/0</f><v>#N/A</v></c><c r="B4" t="s"><v>99</v></c></row></sheetData>`, nil))
	require.NoError(t, err)
	require.Equal(t, []string{"1", ""}, doc.Blocks[0].Table.Rows[1].Cells)
	require.Equal(t, []string{
		`sheet "S": 2 cells that show an error (#DIV/0!, #N/A) were left out`,
		`sheet "S": 1 cells were left out, the workbook's list of texts does not hold theirs; open the file in Excel and save it again`,
	}, doc.Warnings)
}

func TestComments(t *testing.T) {
	doc, lines := read(t, book(t, func(f *excelize.File) {
		fill(t, f, "Sheet1", []any{"Model", "Price"}, []any{"K", 490}, []any{"L", 590})
		require.NoError(t, f.AddComment("Sheet1", excelize.Comment{Cell: "B2", Author: "Kari", Paragraph: []excelize.RichTextRun{{Text: "Kari:\n"}, {Text: "until June"}}}))
		require.NoError(t, f.AddComment("Sheet1", excelize.Comment{Cell: "D9", Author: "Kari", Text: "ask Per"}))
	}))
	require.Equal(t, []string{"table A2:B3| <Model;Price> A1:B1", "  A2:B2 [] K;490;until June", "  A3:B3 [] L;590", "paragraph D9| ask Per"}, lines)
	require.Equal(t, []string{"A2", "B2", "B2"}, doc.Blocks[0].Table.Rows[0].Refs)
}

// drawn is a workbook with shapes over its one sheet.
func drawn(tb testing.TB, around, rows, shapes string) ingest.Input {
	tb.Helper()
	return zipped(tb, map[string]string{
		"xl/workbook.xml":                     `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels":          `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":            `<worksheet>` + around + `<sheetData>` + rows + `</sheetData><drawing r:id="r1"/></worksheet>`,
		"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="r1" Type="x/drawing" Target="../drawings/drawing1.xml"/></Relationships>`,
		"xl/drawings/drawing1.xml":            `<xdr:wsDr>` + shapes,
	})
}

// textBox is one over cells, whose columns and rows count from 0.
func textBox(col1, row1, col2, row2 int, attrs string, paragraphs ...string) string {
	text := ""
	for _, p := range paragraphs {
		text += `<a:p><a:pPr/><a:r><a:rPr/><a:t>` + p + `</a:t></a:r></a:p>`
	}
	return fmt.Sprintf(`<xdr:twoCellAnchor><xdr:from><xdr:col>%d</xdr:col><xdr:colOff>5</xdr:colOff><xdr:row>%d</xdr:row></xdr:from><xdr:to><xdr:col>%d</xdr:col><xdr:row>%d</xdr:row></xdr:to>`, col1, row1, col2, row2) +
		`<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" name="Navn"` + attrs + `/></xdr:nvSpPr><xdr:txBody>` + text + `</xdr:txBody></xdr:sp></xdr:twoCellAnchor>`
}

func TestTextsOfShapes(t *testing.T) {
	shapes := textBox(1, 5, 2, 6, "", "Prisene gjelder", "fra &amp; med mars") +
		textBox(0, 3, 1, 4, "", "Les dette først") +
		textBox(0, 3, 1, 4, ` hidden="1"`, "skjult form") +
		textBox(3, 0, 4, 1, "", "over skjulte kolonner") +
		textBox(0, 8, 1, 9, "", "over skjulte rader") +
		`<xdr:absoluteAnchor><xdr:grpSp><xdr:nvGrpSpPr><xdr:cNvPr hidden="1"/></xdr:nvGrpSpPr><xdr:sp><xdr:txBody><a:p><a:r><a:t>i en skjult gruppe</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:grpSp></xdr:absoluteAnchor>` +
		`<mc:AlternateContent><mc:Choice><xdr:absoluteAnchor><xdr:sp><xdr:txBody><a:p><a:r><a:t>uten</a:t></a:r><a:br/><a:fld><a:t>sted</a:t></a:fld></a:p></xdr:txBody></xdr:sp></xdr:absoluteAnchor></mc:Choice><mc:Fallback><xdr:sp><xdr:txBody><a:p><a:r><a:t>uten sted</a:t></a:r></a:p></xdr:txBody></xdr:sp></mc:Fallback></mc:AlternateContent></xdr:wsDr>`
	in := drawn(t, `<cols><col min="4" max="5" hidden="1"/></cols>`, `<row r="1"><c r="A1"><v>7</v></c></row><row r="9" hidden="1"/><row r="10" hidden="1"/>`, shapes)
	doc, lines := read(t, in)
	require.Equal(t, []string{"paragraph A1| 7", "paragraph | uten\nsted", "paragraph A4:B5| Les dette først", "paragraph B6:C7| Prisene gjelder\nfra & med mars"}, lines)
	require.Equal(t, []string{`sheet "S": texts of 3 shapes that are hidden, or over hidden rows, were left out`, `sheet "S": hidden columns were left out`}, doc.Warnings)

	doc, err := xlsx.Reader{Hidden: true}.Read(t.Context(), in)
	require.NoError(t, err)
	require.Empty(t, doc.Warnings)
	require.Len(t, doc.Blocks, 8)
}

func TestShapesAlone(t *testing.T) {
	doc, lines := read(t, drawn(t, "", "", textBox(0, 0, 1, 1, "", "Ring 22 33 44 55")))
	require.Equal(t, []string{"paragraph A1:B2| Ring 22 33 44 55"}, lines)
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], `sheet "S": some texts of its shapes were left out`, "the part breaks off")
}

func FuzzDrawing(f *testing.F) {
	f.Add(textBox(0, 0, 1, 1, "", "a", "b") + `</xdr:wsDr>`)
	f.Add(textBox(-1, 999999999, 1<<40, 0, ` hidden="true"`, "&#0;&x;"))
	f.Add(`<xdr:grpSp><xdr:cNvPr hidden="1"/><xdr:sp><a:t/><a:p><a:br/></xdr:grpSp></xdr:sp><mc:Fallback>`)
	f.Fuzz(func(t *testing.T, shapes string) {
		doc, err := xlsx.Reader{}.Read(context.Background(), drawn(t, `<cols><col min="2" max="2" hidden="1"/></cols>`, `<row r="1"><c r="A1"><v>7</v></c></row><row r="2" hidden="1"/>`, shapes))
		if err != nil || len(doc.Blocks) == 0 {
			t.Fatalf("a sheet with values is lost: %v", err)
		}
		for _, b := range doc.Blocks {
			if !utf8.ValidString(b.Text) {
				t.Fatalf("invalid text %q", b.Text)
			}
		}
		ingest.Passages(doc, ingest.Origin{Source: "f.xlsx"})
	})
}

func TestTheFilesOwnTables(t *testing.T) {
	_, lines := read(t, book(t, func(f *excelize.File) {
		fill(t, f, "Sheet1", []any{"Contact", "Kari"}, []any{"2024", "2025"}, []any{"Oslo", "Bergen"}, []any{"Paris", "Lyon"})
		require.NoError(t, f.AddTable("Sheet1", &excelize.Table{Range: "A2:B4", Name: "T"}))
	}))
	require.Equal(t, []string{"paragraph A1:B1| Contact Kari", "table A3:B4| <2024;2025> A2:B2", "  A3:B3 [] Oslo;Bergen", "  A4:B4 [] Paris;Lyon"}, lines)
}

func TestProtectedWorkbooks(t *testing.T) {
	for password, want := range map[string]error{"VelvetSweatshop": nil, "secret": ingest.ErrEncrypted} {
		f := excelize.NewFile()
		fill(t, f, "Sheet1", []any{"Model", "Price"}, []any{"K", 490})
		var buf bytes.Buffer
		require.NoError(t, f.Write(&buf, excelize.Options{Password: password}))
		require.NoError(t, f.Close())
		doc, err := xlsx.Reader{}.Read(t.Context(), input(buf.Bytes()))
		require.ErrorIs(t, err, want)
		if want == nil {
			require.Equal(t, []string{"K", "490"}, doc.Blocks[0].Table.Rows[0].Cells, "nobody is asked for this password")
		}
	}
}

func TestWhatComesBeforeDamageIsKept(t *testing.T) {
	row := `<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>`
	whole := sheetXML(t, row+`</sheetData>`, nil)
	data, err := io.ReadAll(io.NewSectionReader(whole.Data, 0, whole.Size))
	require.NoError(t, err)
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	for _, f := range zr.File {
		if f.Name != "xl/worksheets/sheet1.xml" {
			continue
		}
		sum := binary.LittleEndian.AppendUint32(nil, f.CRC32)
		require.Equal(t, 2, bytes.Count(data, sum), "in front of the directory, and in it")
		data = bytes.ReplaceAll(data, sum, []byte{1, 2, 3, 4})
	}
	for name, in := range map[string]ingest.Input{"cut off": sheetXML(t, row+`<row r="3"><c r="A3"`, nil), "a wrong checksum": input(data)} {
		doc, err := xlsx.Reader{}.Read(t.Context(), in)
		require.NoError(t, err, name)
		require.Equal(t, []string{"1", "2"}, doc.Blocks[0].Table.Rows[0].Cells, name)
		require.Len(t, doc.Warnings, 1, name)
		require.Contains(t, doc.Warnings[0], `sheet "S" is damaged and was read up to row 2`, name)
	}
}

func TestDamageAroundTheSheetsIsSaid(t *testing.T) {
	parts := func(more map[string]string) ingest.Input {
		all := map[string]string{
			"xl/workbook.xml":                     `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels":          `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/worksheets/sheet1.xml":            `<worksheet><sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData></worksheet>`,
			"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="r1" Type="x/comments" Target="../comments1.xml"/></Relationships>`,
		}
		maps.Copy(all, more)
		return zipped(t, all)
	}
	tests := []struct {
		name string
		more map[string]string
		want string
	}{
		{name: "nothing", want: ""},
		{name: "a sheet that is not there", more: map[string]string{"xl/workbook.xml": `<workbook><sheets><sheet name="S" r:id="r1"/><sheet name="T" r:id="r2"/></sheets></workbook>`}, want: `sheet "T" was left out`},
		{name: "a workbook that breaks off", more: map[string]string{"xl/workbook.xml": `<workbook><sheets><sheet name="S" r:id="r1"/><sheet name=`}, want: "xl/workbook.xml: XML ends within an element"},
		{name: "styles that break off", more: map[string]string{"xl/styles.xml": `<styleSheet><cellXfs><xf/>`}, want: "xl/styles.xml: XML ends within an element"},
		{name: "comments that break off", more: map[string]string{"xl/comments1.xml": `<comments><comment ref="A1"><text><t>ask Per</t></text></comment><comment`}, want: `sheet "S": some of its comments were left out`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := xlsx.Reader{}.Read(t.Context(), parts(tt.more))
			require.NoError(t, err)
			if tt.want == "" {
				require.Empty(t, doc.Warnings)
				return
			}
			require.Len(t, doc.Warnings, 1)
			require.Contains(t, doc.Warnings[0], tt.want)
		})
	}
}

func TestStreamGivesTheSameBlocks(t *testing.T) {
	in := book(t, func(f *excelize.File) {
		for _, name := range []string{"Sheet1", "Other"} {
			_, err := f.NewSheet(name)
			require.NoError(t, err)
			fill(t, f, name, []any{"Model", "Price"}, []any{"K", 490})
		}
	})
	want, err := xlsx.Reader{}.Read(t.Context(), in)
	require.NoError(t, err)
	var got []ingest.Block
	doc, err := xlsx.Reader{}.Stream(t.Context(), in, func(b ingest.Block) { got = append(got, b) })
	require.NoError(t, err)
	require.Equal(t, want.Blocks, got)
	require.Empty(t, doc.Blocks)
}

func TestFaults(t *testing.T) {
	good := book(t, func(f *excelize.File) { fill(t, f, "Sheet1", []any{"Model", "Price"}, []any{"K", 490}) })
	data, err := io.ReadAll(io.NewSectionReader(good.Data, 0, good.Size))
	require.NoError(t, err)
	tests := []struct {
		name string
		in   ingest.Input
		want error
	}{
		{name: "no zip", in: input([]byte("Model;Price")), want: ingest.ErrDamaged},
		{name: "an empty workbook", in: book(t, func(*excelize.File) {}), want: ingest.ErrNoText},
		{name: "a zip of something else", in: zipped(t, map[string]string{"a.txt": "a"}), want: ingest.ErrDamaged},
		{name: "cut off", in: input(data[:len(data)/2]), want: ingest.ErrDamaged},
		{name: "a relation to nowhere", in: zipped(t, map[string]string{"xl/workbook.xml": `<workbook><sheets><sheet name="S" r:id="r9"/></sheets></workbook>`}), want: ingest.ErrNoText},
		{name: "a sheet that is no XML", in: zipped(t, map[string]string{
			"xl/workbook.xml":            `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/worksheets/sheet1.xml":   `<worksheet><sheetData><row`,
		}), want: ingest.ErrDamaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := xlsx.Reader{}.Read(t.Context(), tt.in)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "test.xlsx")
		})
	}
}

func zipped(tb testing.TB, parts map[string]string) ingest.Input {
	tb.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, err := zw.Create(name)
		require.NoError(tb, err)
		_, err = w.Write([]byte(parts[name]))
		require.NoError(tb, err)
	}
	require.NoError(tb, zw.Close())
	return input(buf.Bytes())
}

// FuzzSheet reads sheets of any XML.
func FuzzSheet(f *testing.F) {
	for _, s := range []string{
		`<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1"><v>2</v></c></row>`, `<row r="9999999"><c r="ZZZZ1"><v>1e999</v></c></row>`,
		`<row><c><f>A1</f></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells><sheetData>`, `<cols><col min="1" max="16384" hidden="1"/></cols>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sheet string) {
		in := zipped(t, map[string]string{
			"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
			"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/worksheets/sheet1.xml":   `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + sheet + `</sheetData></worksheet>`,
		})
		doc, err := xlsx.Reader{}.Read(context.Background(), in)
		if err == nil {
			ingest.Passages(doc, ingest.Origin{Source: "f.xlsx"})
		}
	})
}

// FuzzParts reads the parts around a sheet.
func FuzzParts(f *testing.F) {
	f.Add(`<sst><si><t>a</t></si></sst>`, `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0.0"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs></styleSheet>`, `<comments><authors><author>K</author></authors><comment ref="A1" authorId="0"><text><t>K: x</t></text></comment></comments>`, `<table ref="A1:B2" headerRowCount="1"/>`)
	f.Add(`<sst><si><r><t>_x0041_`, `<cellXfs><xf numFmtId="99999999999"/>`, `<comment ref="ZZZZ99999999" authorId="-1">`, `<table ref="B2:A1" headerRowCount="99999"/>`)
	f.Fuzz(func(t *testing.T, texts, styles, comments, table string) {
		in := sheetXML(t, `<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" s="0"><v>45000.5</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>`, map[string]string{
			"xl/texts.xml": texts, "xl/styles.xml": styles, "xl/comments1.xml": comments, "xl/tables/t.xml": table,
			"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="r1" Type="x/comments" Target="../comments1.xml"/><Relationship Id="r2" Type="x/table" Target="../tables/t.xml"/></Relationships>`,
		})
		doc, err := xlsx.Reader{}.Read(context.Background(), in)
		if err != nil {
			t.Fatalf("a sheet with values is lost: %v", err)
		}
		ingest.Passages(doc, ingest.Origin{Source: "f.xlsx"})
	})
}

// BenchmarkStream reads a million cells.
func BenchmarkStream(b *testing.B) {
	f := excelize.NewFile()
	sw, err := f.NewStreamWriter("Sheet1")
	require.NoError(b, err)
	for i := range 100_000 {
		row := []any{fmt.Sprintf("K-%d", i), "Kettle for offices and canteens", 490 + i, i % 7, 1.5 * float64(i), fmt.Sprintf("L-%d", i), "a", i, i, i}
		if i == 0 {
			row = []any{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
		}
		require.NoError(b, sw.SetRow(fmt.Sprintf("A%d", i+1), row))
	}
	require.NoError(b, sw.Flush())
	var buf bytes.Buffer
	require.NoError(b, f.Write(&buf))
	in := input(buf.Bytes())
	b.ReportAllocs()
	for b.Loop() {
		rows := 0
		_, err := xlsx.Reader{}.Stream(context.Background(), in, func(b ingest.Block) {
			if b.Table != nil {
				rows += len(b.Table.Rows)
			}
		})
		require.NoError(b, err)
		require.Equal(b, 99_999, rows)
	}
}

func BenchmarkRead(b *testing.B) {
	in := book(b, func(f *excelize.File) {
		rows := [][]any{{"Model", "Text", "Price", "Days", "Weight"}}
		for i := range 5000 {
			rows = append(rows, []any{fmt.Sprintf("K-%d", i), "Kettle for offices and canteens", 490 + i, i % 7, 1.5})
		}
		fill(b, f, "Sheet1", rows...)
	})
	for b.Loop() {
		_, err := xlsx.Reader{}.Read(context.Background(), in)
		require.NoError(b, err)
	}
}
