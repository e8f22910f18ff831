package odp_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/odp"
	"github.com/sufflor/sufflor/ingest/office/officetest"
)

const namespaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
	`xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" ` +
	`xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"`

func file(tb testing.TB, body string) ingest.Input {
	tb.Helper()
	return officetest.Pack(tb, "test.odp", map[string]string{
		"content.xml": `<office:document-content ` + namespaces + `><office:automatic-styles><style:style style:name="dp2" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style></office:automatic-styles>` +
			`<office:body><office:presentation><presentation:footer-decl>bunntekst</presentation:footer-decl>` + body + `</office:presentation></office:body></office:document-content>`,
		"styles.xml": `<office:document-styles ` + namespaces + `><office:master-styles><style:master-page><draw:frame presentation:class="title"><draw:text-box><text:p>mastertekst</text:p></draw:text-box></draw:frame></style:master-page></office:master-styles></office:document-styles>`,
	})
}

func box(class, content string) string {
	return `<draw:frame presentation:class="` + class + `"><draw:text-box>` + content + `</draw:text-box></draw:frame>`
}

func p(text string) string { return `<text:p>` + text + `</text:p>` }

func TestSlides(t *testing.T) {
	in := file(t, `<draw:page draw:name="page1">`+box("outline", `<text:list><text:list-item>`+p("punkt")+`<text:list><text:list-item>`+p("under")+`</text:list-item></text:list></text:list-item></text:list>`)+
		box("title", p("Tittel"))+`<draw:custom-shape>`+p("form")+`</draw:custom-shape>`+box("footer", p("bunn"))+box("page-number", p("7"))+box("date-time", p("dato"))+
		`<draw:frame><table:table><table:table-row><table:table-cell>`+p("Kode")+`</table:table-cell><table:table-cell>`+p("Vekt")+`</table:table-cell></table:table-row><table:table-row><table:table-cell>`+p("K-1")+`</table:table-cell><table:table-cell>`+p("2 kg")+`</table:table-cell></table:table-row></table:table></draw:frame>`+
		`<presentation:notes>`+box("notes", p("notat"))+box("page-number", p("8"))+`<draw:page-thumbnail/></presentation:notes></draw:page>`+
		`<draw:page draw:style-name="dp2">`+box("title", p("skjult"))+`</draw:page><draw:page>`+box("subtitle", p("sist"))+`</draw:page>`)
	doc, err := odp.Reader{}.Read(context.Background(), in)
	require.NoError(t, err)
	require.Equal(t, []string{
		"heading1| Tittel", "item1 •| punkt", "item2 •| under", "paragraph| form", "table| <Kode;Vekt> [] K-1;2 kg", "heading2| Speaker notes", "paragraph| notat", "heading1| ", "paragraph| sist",
	}, officetest.Lines(doc))
	require.Equal(t, "Tittel", doc.Title)
	require.Equal(t, 3, doc.Pages)
	require.Equal(t, index.Locator{Page: 1}, doc.Blocks[6].Locator)
	require.Equal(t, index.Locator{Page: 3}, doc.Blocks[8].Locator)
	require.Equal(t, []string{"slide 2 is hidden and was left out"}, doc.Warnings)
}

func TestFaults(t *testing.T) {
	_, err := odp.Reader{}.Read(t.Context(), officetest.Input("test.odp", []byte("plain text")))
	require.ErrorIs(t, err, ingest.ErrDamaged)
	_, err = odp.Reader{}.Read(t.Context(), file(t, `<draw:page/>`))
	require.ErrorIs(t, err, ingest.ErrNoText)
}

func FuzzRead(f *testing.F) {
	f.Add(`<draw:page>` + box("title", p("a")) + `<presentation:notes>` + box("notes", p("b")) + `</presentation:notes></draw:page>`)
	f.Add(`<draw:page><draw:page><draw:g><draw:frame>`)
	f.Fuzz(func(t *testing.T, body string) {
		doc, err := odp.Reader{}.Read(context.Background(), file(t, body))
		if err == nil {
			ingest.Passages(doc, ingest.Origin{Source: "f.odp"})
		}
	})
}
