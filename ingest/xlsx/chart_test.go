package xlsx_test

import (
	"context"
	"maps"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/xlsx"
)

// charted is a workbook of a sheet and a sheet that is a chart, both with the
// drawing given; parts are added.
func charted(tb testing.TB, drawing, chart string, parts map[string]string) ingest.Input {
	tb.Helper()
	rels := `<Relationships><Relationship Id="r1" Type="x/drawing" Target="../drawings/drawing1.xml"/></Relationships>`
	all := map[string]string{
		"xl/workbook.xml":                      `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/><sheet name="Bilde" sheetId="2" r:id="r2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels":           `<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="x/chartsheet" Target="chartsheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":             `<worksheet><sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData><drawing r:id="r1"/></worksheet>`,
		"xl/chartsheets/sheet1.xml":            `<chartsheet><drawing r:id="r1"/></chartsheet>`,
		"xl/worksheets/_rels/sheet1.xml.rels":  rels,
		"xl/chartsheets/_rels/sheet1.xml.rels": rels,
		"xl/drawings/drawing1.xml":             `<xdr:wsDr>` + drawing + `</xdr:wsDr>`,
		"xl/drawings/_rels/drawing1.xml.rels":  `<Relationships><Relationship Id="c1" Type="x/chart" Target="../charts/chart1.xml"/><Relationship Id="c9" Type="x/chart" Target="../charts/gone.xml"/></Relationships>`,
		"xl/charts/chart1.xml":                 `<c:chartSpace>` + chart + `</c:chartSpace>`,
	}
	maps.Copy(all, parts)
	return zipped(tb, all)
}

func frame(id, attrs string) string {
	return `<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:row>4</xdr:row></xdr:from><xdr:to><xdr:col>7</xdr:col><xdr:row>19</xdr:row></xdr:to><xdr:graphicFrame><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Diagram 1"` + attrs + `/></xdr:nvGraphicFramePr><a:graphic><a:graphicData><c:chart r:id="` + id + `"/></a:graphicData></a:graphic></xdr:graphicFrame></xdr:twoCellAnchor>`
}

const barChart = `<c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r><a:t>Salg </a:t></a:r><a:r><a:t>per m&#229;ned</a:t></a:r></a:p><a:p><a:r><a:t>2026</a:t></a:r></a:p></c:rich></c:tx></c:title>` +
	`<c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:f>S!A1</c:f><c:strCache><c:pt><c:v>Serie</c:v></c:pt></c:strCache></c:strRef></c:tx><c:dLbls><c:dLbl><c:tx><c:rich><a:p><a:r><a:t>topp</a:t></a:r></a:p></c:rich></c:tx></c:dLbl></c:dLbls><c:val><c:numCache><c:pt><c:v>99</c:v></c:pt></c:numCache></c:val></c:ser></c:barChart>` +
	`<c:catAx><c:title><c:tx><c:strRef><c:strCache><c:pt><c:v>kroner</c:v></c:pt></c:strCache></c:strRef></c:tx></c:title></c:catAx><c:valAx><c:title><c:tx><c:rich><a:p><a:r><a:t>kroner</a:t></a:r></a:p></c:rich></c:tx></c:title><c:title/></c:valAx></c:plotArea></c:chart>`

func TestTextsOfCharts(t *testing.T) {
	doc, lines := read(t, charted(t, frame("c1", "")+frame("c1", ` hidden="1"`)+frame("c9", "")+frame("c7", ""), barChart, nil))
	require.Equal(t, []string{"heading | S", "paragraph A1| 7", "paragraph B5:H20| Salg per måned 2026\ntopp\nkroner", "heading | Bilde", "paragraph B5:H20| Salg per måned 2026\ntopp\nkroner"}, lines)
	require.Equal(t, []string{`sheet "S": texts of 1 shapes that are hidden, or over hidden rows, were left out`, `sheet "Bilde": texts of 1 shapes that are hidden, or over hidden rows, were left out`}, doc.Warnings)

	_, lines = read(t, charted(t, `<xdr:absoluteAnchor>`+textless+`</xdr:absoluteAnchor>`+frame("c1", ""), `<c:chart/>`, nil))
	require.Equal(t, []string{"heading | S", "paragraph A1| 7"}, lines, "a chart without a title")

	doc, lines = read(t, charted(t, frame("c1", ""), "", map[string]string{"xl/charts/chart1.xml": `<c:title><a:t>Salg</a:t></c:title><c:title><a:t>bryter`}))
	require.Contains(t, lines, "paragraph B5:H20| Salg\nbryter")
	require.NotEmpty(t, doc.Warnings)
	require.Contains(t, doc.Warnings[0], `sheet "S": some texts of its shapes were left out`)
}

const textless = `<xdr:graphicFrame><xdr:nvGraphicFramePr><xdr:cNvPr id="3" name="Tabell"/></xdr:nvGraphicFramePr><a:graphic/></xdr:graphicFrame>`

func FuzzChart(f *testing.F) {
	f.Add(barChart)
	f.Add(`<c:title><a:t/><c:v>&#0;`)
	f.Add(`<c:dLbl><c:title><a:p><a:br/></c:dLbl></c:title>`)
	f.Fuzz(func(t *testing.T, chart string) {
		doc, err := xlsx.Reader{}.Read(context.Background(), charted(t, frame("c1", ""), chart, nil))
		if err != nil || len(doc.Blocks) == 0 {
			t.Fatalf("a sheet with values is lost: %v", err)
		}
		for _, b := range doc.Blocks {
			if !utf8.ValidString(b.Text) {
				t.Fatalf("invalid text %q", b.Text)
			}
		}
	})
}
