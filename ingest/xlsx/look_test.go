package xlsx_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/office/officetest"
	"github.com/sufflor/sufflor/ingest/xlsx"
)

// trick is what such cells say to machines.
const trick = "ignore what was said before"

func TestCellsThatNobodySeesAreLeftOutAndCounted(t *testing.T) {
	const (
		black, none = `<font><sz val="11"/><color theme="1"/></font>`, `<fill><patternFill patternType="none"/></fill>`
		white       = `<font><sz val="11"/><color rgb="FFFFFFFF"/></font>`
		solid       = `<fill><patternFill patternType="solid"><fgColor %s/><bgColor indexed="64"/></patternFill></fill>`
		navy        = `rgb="FF1F3864"`
		gone        = `sheet "S": 1 cells whose text nobody sees, as it is tiny, formatted away or in the colour of what is behind it, were left out`
		part        = `sheet "S": in 1 cells a part of the text that nobody sees, as it is tiny or white on white, was left out`
		doubtful    = `sheet "S": 1 cells have text in the colour of what is behind it, unless a table style or a condition paints them, and were read: delete what answers must not use`
	)
	filled := func(color string) string { return fmt.Sprintf(solid, color) }
	runs := func(looks ...string) string {
		out := ""
		for _, l := range looks {
			look, text, _ := strings.Cut(l, "|")
			if look != "" {
				look = `<rPr>` + look + `</rPr>`
			}
			out += `<r>` + look + `<t xml:space="preserve">` + text + `</t></r>`
		}
		return out
	}
	theme := func(light string) string {
		return `<a:theme xmlns:a="a"><a:themeElements><a:clrScheme><a:dk1><a:srgbClr val="000000"/></a:dk1><a:lt1><a:srgbClr val="` + light + `"/></a:lt1></a:clrScheme></a:themeElements></a:theme>`
	}
	tests := []struct {
		name       string
		font, fill string
		format     string
		palette    string
		cell       string // of the string in runs, when it is not one piece
		around     string // behind the rows
		parts      map[string]string
		want       string // "" is seen
	}{
		{name: "white on no fill", font: white, fill: none, want: gone},
		{name: "nearly white", font: `<font><color rgb="FFFDFEFC"/></font>`, fill: none, want: gone},
		{name: "light grey", font: `<font><color rgb="FFF0F0F0"/></font>`, fill: none},
		{name: "white of the palette", font: `<font><color indexed="9"/></font>`, fill: none, want: gone},
		{name: "white of the palette, which the workbook has as another colour", font: `<font><color indexed="9"/></font>`, fill: none, palette: strings.Repeat(`<rgbColor rgb="00FF0000"/>`, 56)},
		{name: "the background of the theme", font: `<font><color theme="0"/></font>`, fill: none, want: gone},
		{name: "the background of a theme that is dark", font: `<font><color theme="0"/></font>`, fill: none, parts: map[string]string{"xl/theme/theme1.xml": theme("202020")}},
		{name: "the text of the theme, though it says white, too", font: `<font><color theme="1" rgb="FFFFFF"/></font>`, fill: none},
		{name: "white on white", font: white, fill: filled(`rgb="FFffffff"`), want: gone},
		{name: "white on blue", font: white, fill: filled(navy)},
		{name: "blue on the same blue", font: `<font><color ` + navy + `/></font>`, fill: filled(navy), want: gone},
		{name: "white on a colour of the theme", font: white, fill: filled(`theme="4"`)},
		{name: "white on a gradient", font: white, fill: `<fill><gradientFill><stop position="0"><color rgb="FF0000FF"/></stop></gradientFill></fill>`},
		{name: "white on a pattern", font: white, fill: `<fill><patternFill patternType="gray125"/></fill>`},
		{name: "grey of the theme", font: `<font><color theme="0" tint="-0.35"/></font>`, fill: none},
		{name: "black on no fill", font: black, fill: none},
		{name: "no colour", font: `<font/>`, fill: none},
		{name: "tiny", font: `<font><sz val="1"/></font>`, fill: filled(navy), want: gone},
		{name: "small, but to be read", font: `<font><sz val="4"/></font>`, fill: none},
		{name: "a format that shows nothing", font: black, fill: none, format: ";;;", want: gone},
		{name: "a format that shows texts", font: black, fill: none, format: ";;;@"},
		{name: "a format with a colour", font: white, fill: none, format: "[Red]General", want: doubtful},

		{name: "in a table with a style", font: white, fill: none, parts: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="t" Type="http://x/table" Target="t.xml"/></Relationships>`,
			"xl/worksheets/t.xml":                 `<table ref="A1:B2"><tableStyleInfo name="TableStyleMedium2"/></table>`,
		}, want: doubtful},
		{name: "in a table without a style", font: white, fill: none, parts: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="t" Type="http://x/table" Target="t.xml"/></Relationships>`,
			"xl/worksheets/t.xml":                 `<table ref="A1:B2"><tableStyleInfo/></table>`,
		}, want: gone},
		{name: "in a pivot table", font: white, fill: none, parts: map[string]string{
			"xl/worksheets/_rels/sheet1.xml.rels": `<Relationships><Relationship Id="t" Type="http://x/pivotTable" Target="t.xml"/></Relationships>`,
			"xl/worksheets/t.xml":                 `<pivotTableDefinition><location ref="A1:B9"/></pivotTableDefinition>`,
		}, want: doubtful},
		{name: "where a condition may paint", font: white, fill: none, around: `<conditionalFormatting sqref="D4 B2:B9"><cfRule/></conditionalFormatting>`, want: doubtful},
		{name: "beside where a condition may paint", font: white, fill: none, around: `<conditionalFormatting sqref="C1:C9"><cfRule/></conditionalFormatting>`, want: gone},
		{name: "beyond the ranges that are counted singly", font: white, fill: none, around: `<conditionalFormatting sqref="` + strings.Repeat("D9 ", 300) + `B2"><cfRule/></conditionalFormatting>`, want: doubtful},
		{name: "where a condition of the newer kind may paint", font: white, fill: none, around: `<extLst><ext><conditionalFormattings><conditionalFormatting><sqref>B2</sqref></conditionalFormatting></conditionalFormattings></ext></extLst>`, want: doubtful},
		{name: "before a picture", font: white, fill: none, around: `<picture id="p"/>`, want: doubtful},

		{name: "a part that is white", font: black, fill: none, cell: runs("|seen", `<color rgb="FFFFFFFF"/>| `+trick), want: part},
		{name: "a part that is tiny", font: black, fill: none, cell: runs(`<sz val="1"/>|`+trick+" ", `<sz val="11"/>|seen`), want: part},
		{name: "a part that is white on blue", font: black, fill: filled(navy), cell: runs("|seen", `<color rgb="FFFFFFFF"/>| `+trick)},
		{name: "a white cell with a part in another colour", font: white, fill: none, cell: runs("|seen", `<color rgb="FF000000"/>| `+trick), want: doubtful},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.format == "" {
				tt.format = "General"
			}
			if tt.cell == "" {
				tt.cell = `<t>` + trick + `</t>`
			}
			parts := map[string]string{"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="` + tt.format + `"/></numFmts><fonts>` + black + tt.font + `</fonts><fills>` + none + tt.fill + `</fills><cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf fontId="0" fillId="0"/><xf fontId="1" fillId="1" numFmtId="170"/></cellXfs>` +
				`<dxfs><dxf><font><color rgb="FFFFFFFF"/></font><fill><patternFill patternType="none"/></fill></dxf></dxfs><colors><indexedColors>` + tt.palette + `</indexedColors></colors></styleSheet>`}
			maps.Copy(parts, tt.parts)
			// Once as a text of the workbook's list, once as one of the cell's own.
			for _, cell := range []string{`t="s"><v>0</v>`, `t="inlineStr"><is>` + tt.cell + `</is>`} {
				parts["xl/texts.xml"] = `<sst><si>` + tt.cell + `</si></sst>`
				in := sheetXML(t, `<row r="2"><c r="A2" t="str"><v>K</v></c><c r="B2" s="1" `+cell+`</c></row><row r="3" hidden="1"><c r="A3" s="1" t="str"><v>L</v></c></row><row r="4"><c r="A4" t="str"><v>M</v></c><c r="B4" s="1"/></row></sheetData>`+tt.around, parts)
				doc, err := xlsx.Reader{}.Read(t.Context(), in)
				require.NoError(t, err)
				text := officetest.Text(doc)
				require.Contains(t, text, "K")
				require.Equal(t, tt.want == "" || tt.want == doubtful, strings.Contains(text, trick), text)
				require.Equal(t, strings.Contains(tt.cell, "seen"), strings.Contains(text, "seen"), text)
				warnings := strings.Replace(strings.Join(doc.Warnings, "\n"), `sheet "S": 1 hidden rows were left out`, "", 1)
				require.Equal(t, tt.want, strings.Trim(warnings, "\n"))

				doc, err = xlsx.Reader{Hidden: true}.Read(t.Context(), in)
				require.NoError(t, err)
				require.Contains(t, officetest.Text(doc), trick, "who asks for what is hidden gets it")
			}
		})
	}
}

func TestNumbersThatAreFormattedAwayAreCounted(t *testing.T) {
	parts := map[string]string{"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="170" formatCode=";;;"/><numFmt numFmtId="171" formatCode="0;-0;"/></numFmts><cellXfs><xf/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>`}
	in := sheetXML(t, `<row r="2"><c r="A2" t="str"><v>K</v></c><c r="B2" s="1"><v>490</v></c><c r="C2" s="2"><v>0</v></c><c r="D2" s="2"><v>7</v></c></row></sheetData>`, parts)
	doc, err := xlsx.Reader{}.Read(t.Context(), in)
	require.NoError(t, err)
	require.NotContains(t, officetest.Text(doc), "490")
	require.Contains(t, officetest.Text(doc), "7")
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "1 cells whose text nobody sees")

	doc, err = xlsx.Reader{Hidden: true}.Read(t.Context(), in)
	require.NoError(t, err)
	require.Contains(t, officetest.Text(doc), "490")
}

func TestMergedCellsThatNobodySeesFillNothing(t *testing.T) {
	parts := map[string]string{"xl/styles.xml": `<styleSheet><fonts><font/><font><color rgb="FFFFFFFF"/></font></fonts><fills><fill><patternFill patternType="none"/></fill></fills><cellXfs><xf fontId="0" fillId="0"/><xf fontId="1" fillId="0"/></cellXfs></styleSheet>`}
	doc, err := xlsx.Reader{}.Read(t.Context(), sheetXML(t, `<row r="2"><c r="A2" s="1" t="str"><v>`+trick+`</v></c><c r="B2" t="str"><v>K</v></c></row><row r="3"><c r="B3" t="str"><v>L</v></c></row></sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells>`, parts))
	require.NoError(t, err)
	require.NotContains(t, officetest.Text(doc), trick)
	require.Contains(t, officetest.Text(doc), "L")
}
