package embedded_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office/embedded"
	"github.com/sufflor/sufflor/ingest/office/officetest"
)

const namespaces = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// workbook has the sheets "Kalkyle" and "Pris"; more stands behind them in its
// list of sheets.
func workbook(tb testing.TB, views, more string, parts map[string]string) ingest.Input {
	tb.Helper()
	link := func(id int, kind, target string) string {
		return fmt.Sprintf(`<Relationship Id="r%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`, id, kind, target)
	}
	all := map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                `<Relationships>` + link(1, "officeDocument", "xl/workbook.xml") + `</Relationships>`,
		"xl/workbook.xml":            `<workbook ` + namespaces + `>` + views + `<sheets><sheet name="Kalkyle" sheetId="1" r:id="r1"/><sheet name="Pris" sheetId="2" r:id="r2"/></sheets>` + more + `</workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships>` + link(1, "worksheet", "worksheets/a.xml") + link(2, "worksheet", "worksheets/b.xml") + `</Relationships>`,
		"xl/worksheets/a.xml":        officetest.Sheet([]string{"Innkjøp", "Margin"}, []string{"70", "30"}, []string{"80", "40"}),
		"xl/worksheets/b.xml":        officetest.Sheet([]string{"Vare", "Pris", "Intern"}, []string{"K-100", "100", "9"}, []string{"K-200", "200", "8"}, []string{"K-300", "300", "7"}),
	}
	maps.Copy(all, parts)
	return officetest.Pack(tb, "pris.xlsx", all)
}

const second = `<bookViews><workbookView activeTab="1"/></bookViews>`

func TestOnlyWhatTheDocumentShowsIsRead(t *testing.T) {
	tests := []struct {
		name, views, more string
		want              []string
	}{
		{name: "rows and columns outside the window are left out", views: second, more: `<oleSize ref="A1:B3"/>`, want: []string{"table| <Vare;Pris> [] K-100;100 [] K-200;200"}},
		{name: "the header is above the window", views: second, more: `<oleSize ref="A3:B4"/>`, want: []string{"table| <> [] K-200;200 [] K-300;300"}},
		{name: "the first column is left of the window", views: second, more: `<oleSize ref="B1:C4"/>`, want: []string{"table| <Pris;Intern> [] 100;9 [] 200;8 [] 300;7"}},
		{name: "a single cell", views: second, more: `<oleSize ref="A3"/>`, want: []string{"table| <> [] K-200"}},
		{name: "the first sheet when none is active", more: `<oleSize ref="A1:B2"/>`, want: []string{"table| <Innkjøp;Margin> [] 70;30"}},
		{name: "a window without text", views: second, more: `<oleSize ref="F20:H30"/>`, want: nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			blocks, err := embedded.Workbook(t.Context(), workbook(t, tt.views, tt.more, nil))
			require.NoError(t, err)
			require.Equal(t, tt.want, officetest.Lines(ingest.Document{Blocks: blocks}))
			for _, b := range blocks {
				require.Zero(t, b.Locator)
				require.False(t, b.Table.Sheet)
			}
		})
	}
}

func TestNotesOnCellsAreNotShown(t *testing.T) {
	in := workbook(t, second, `<oleSize ref="A1:C4"/>`, map[string]string{
		"xl/worksheets/_rels/b.xml.rels": `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments" Target="../comments1.xml"/></Relationships>`,
		"xl/comments1.xml":               `<comments ` + namespaces + `><authors><author/></authors><commentList><comment ref="A2" authorId="0"><text><t>fortrolig</t></text></comment></commentList></comments>`,
	})
	blocks, err := embedded.Workbook(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, []string{"table| <Vare;Pris;Intern> [] K-100;100;9 [] K-200;200;8 [] K-300;300;7"}, officetest.Lines(ingest.Document{Blocks: blocks}))
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		in   ingest.Input
		want error
	}{
		{name: "no zip", in: officetest.Input("pris.xlsx", []byte("plain text")), want: ingest.ErrDamaged},
		{name: "a workbook that does not say what is shown", in: workbook(t, second, "", nil), want: ingest.ErrUnsupported},
		{name: "a window that is none", in: workbook(t, second, `<oleSize ref="1A:$"/>`, nil), want: ingest.ErrUnsupported},
		{name: "an active sheet that is not there", in: workbook(t, `<bookViews><workbookView activeTab="9"/></bookViews>`, `<oleSize ref="A1"/>`, nil), want: ingest.ErrDamaged},
		{name: "a workbook that ends early", in: workbook(t, "", "", map[string]string{"xl/workbook.xml": `<workbook><sheets>`}), want: ingest.ErrDamaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			blocks, err := embedded.Workbook(t.Context(), tt.in)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "pris.xlsx")
			require.Empty(t, blocks)
		})
	}
}

func FuzzWorkbook(f *testing.F) {
	f.Add("A1:B3", `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>`)
	f.Add("ZZZZZZZZZ99999999999999999999:A0", `<row><c r="A1"/>`)
	f.Add("B2", `<row r="2"><c r="B2"><v>1</v></c><c r="B2"><v>2</v></c></row>`)
	f.Fuzz(func(t *testing.T, ref, rows string) {
		in := workbook(t, "", `<oleSize ref="`+ref+`"/>`, map[string]string{"xl/worksheets/a.xml": `<worksheet ` + namespaces + `><sheetData>` + rows + `</sheetData></worksheet>`})
		blocks, err := embedded.Workbook(t.Context(), in)
		if err == nil {
			ingest.Passages(ingest.Document{Blocks: blocks}, ingest.Origin{Source: "f.docx"})
		}
	})
}
