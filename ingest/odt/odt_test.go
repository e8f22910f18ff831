package odt_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/odt"
	"github.com/sufflor/sufflor/ingest/office/officetest"
)

const namespaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
	`xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" ` +
	`xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0" xmlns:math="http://www.w3.org/1998/Math/MathML" ` +
	`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"`

// styles are those of the documents of these tests.
const styles = `<style:default-style style:family="paragraph"><style:text-properties fo:language="nb" fo:country="NO"/></style:default-style>` +
	`<style:style style:family="paragraph" style:name="Skjult"><style:text-properties text:display="none"/></style:style><style:style style:family="text" style:name="SkjultTegn"><style:text-properties text:display="none"/></style:style>` +
	`<style:style style:family="paragraph" style:name="Kapittel" style:default-outline-level="2"/><style:style style:family="paragraph" style:name="P9" style:parent-style-name="Kapittel"/>` +
	`<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" text:display-levels="2"/></text:list-style>` +
	`<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1" text:bullet-char="-"/></text:list-style>` +
	`<text:list-style style:name="L3"><text:list-level-style-number text:level="1" style:num-format="I" loext:num-list-format="Del %1%:" text:start-value="4"/></text:list-style>` +
	`<text:outline-style style:name="Outline"><text:outline-level-style text:level="1" style:num-format="1"/><text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/><text:outline-level-style text:level="3" style:num-format=""/></text:outline-style>`

const masters = `<style:master-page style:name="Standard"><style:header><text:p>topptekst</text:p></style:header><style:footer><text:p>bunntekst</text:p><text:p>Side <text:page-number>77</text:page-number> av <text:page-count>78</text:page-count></text:p></style:footer><style:footer-left style:display="false"><text:p>ubruktbunn</text:p></style:footer-left></style:master-page>` +
	`<style:master-page style:name="Neste"><style:header><text:p>topptekst</text:p></style:header></style:master-page>`

// file makes a zipped document; body is what stands in office:text.
func file(tb testing.TB, body string, parts map[string]string) ingest.Input {
	tb.Helper()
	all := map[string]string{
		"mimetype":    "application/vnd.oasis.opendocument.text",
		"styles.xml":  `<office:document-styles ` + namespaces + `><office:styles>` + styles + `</office:styles><office:master-styles>` + masters + `</office:master-styles></office:document-styles>`,
		"content.xml": `<office:document-content ` + namespaces + `><office:body><office:text>` + body + `</office:text></office:body></office:document-content>`,
	}
	maps.Copy(all, parts)
	return officetest.Pack(tb, "test.odt", all)
}

func flat(body string) ingest.Input {
	return officetest.Input("test.fodt", []byte(`<?xml version="1.0"?><office:document `+namespaces+`><office:styles>`+styles+`</office:styles><office:master-styles>`+masters+`</office:master-styles><office:body><office:text>`+body+`</office:text></office:body></office:document>`))
}

func read(tb testing.TB, in ingest.Input) ingest.Document {
	tb.Helper()
	doc, err := odt.Reader{}.Read(context.Background(), in)
	require.NoError(tb, err)
	return doc
}

func p(text string) string { return `<text:p>` + text + `</text:p>` }

func cell(attributes, text string) string {
	return `<table:table-cell` + attributes + `>` + p(text) + `</table:table-cell>`
}

func row(cells ...string) string {
	return `<table:table-row>` + strings.Join(cells, "") + `</table:table-row>`
}

const covered = `<table:covered-table-cell/>`

func list(style, attributes string, items ...string) string {
	var b strings.Builder
	b.WriteString(`<text:list text:style-name="` + style + `"` + attributes + `>`)
	for _, i := range items {
		b.WriteString(`<text:list-item>` + i + `</text:list-item>`)
	}
	return b.String() + `</text:list>`
}

var features = []officetest.Feature{
	{Name: "headings with the numbers of the outline", Body: `<text:h text:outline-level="1">Hovedkapittel</text:h><text:h text:outline-level="2">Delkapittel</text:h><text:h text:outline-level="3">Underkapittel</text:h>`, Text: []string{"1 Hovedkapittel\n", "1.1 Delkapittel\n", "\nUnderkapittel\n"}},
	{Name: "heading that has no number", Body: `<text:h text:outline-level="1" text:is-list-header="true">Utennummer</text:h>`, Text: []string{"\nUtennummer\n"}},
	{Name: "white space as the format counts it", Body: "<text:p>  mellom\n   rom<text:s text:c=\"2\"/>to<text:tab/>tab<text:line-break/>linje</text:p>", Text: []string{"mellom rom  to\ttab\nlinje\n"}},
	{Name: "numbered list of two levels", Body: list("L1", "", p("trinnen")+list("", "", p("trinna"), p("trinnb")), p("trinnto")+p("avsnittipunkt")), Text: []string{"1. trinnen\n", "1.a) trinna\n", "1.b) trinnb\n", "2. trinnto\n", "\navsnittipunkt\n"}},
	{Name: "list that goes on", Body: p("imellom") + list("L1", ` text:continue-numbering="true"`, p("trinntre")), Text: []string{"3. trinntre\n"}},
	{Name: "bulleted list", Body: list("L2", "", p("kulepunkt")), Text: []string{"• kulepunkt\n"}},
	{Name: "number with words around it and a start", Body: list("L3", "", p("deleiv")), Text: []string{"Del IV: deleiv\n"}},
	{Name: "item with a number of its own", Body: `<text:list text:style-name="L1"><text:list-item text:start-value="7"><text:p>sjuende</text:p></text:list-item></text:list>`, Text: []string{"7. sjuende\n"}},
	{
		Name: "table with repeated and merged cells", Body: `<table:table><table:table-column table:number-columns-repeated="3"/><table:table-header-rows>` + row(cell("", "hodeen"), cell("", "hodeto"), cell("", "hodetre")) + `</table:table-header-rows>` +
			row(cell(` table:number-rows-spanned="2"`, "loddrett"), cell(` table:number-columns-spanned="2"`, "vannrett"), covered) + row(covered, `<table:table-cell table:number-columns-repeated="2">`+p("gjentatt")+`</table:table-cell>`) + `</table:table>`,
		Text: []string{"hodeen hodeto hodetre\n", "loddrett vannrett vannrett\n", "loddrett gjentatt gjentatt\n"},
	},
	{Name: "nested table", Body: `<table:table>` + row(cell("", "ytreen"), cell("", "ytreto")) + row(cell("", "ytretre"), `<table:table-cell><table:table table:is-sub-table="true">`+row(cell("", "indreen"), cell("", "indreto"))+`</table:table></table:table-cell>`) + `</table:table>`, Keep: []string{"ytreen", "ytreto", "ytretre", "indreen", "indreto"}},
	{Name: "hidden table row", Body: `<table:table>` + row(cell("", "radhode"), cell("", "radhodeto")) + `<table:table-row table:visibility="collapse">` + cell("", "skjultrad") + cell("", "x") + `</table:table-row>` + row(cell("", "vistrad"), cell("", "y")) + `</table:table>`, Keep: []string{"vistrad"}, Gone: []string{"skjultrad"}},
	{Name: "footnote and endnote", Body: p(`noteanker<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>fotnotetekst</text:p></text:note-body></text:note>`) + p(`sluttanker<text:note text:note-class="endnote"><text:note-citation>i</text:note-citation><text:note-body><text:p>sluttnotetekst</text:p></text:note-body></text:note>`), Text: []string{"noteanker\nfotnotetekst\n", "sluttanker\nsluttnotetekst\n"}},
	{Name: "deleted text", Body: `<text:tracked-changes><text:changed-region><text:deletion><text:p>slettettekst</text:p></text:deletion></text:changed-region><text:changed-region><text:insertion/></text:changed-region></text:tracked-changes>` + p(`beholdt<text:change text:change-id="a"/><text:change-start text:change-id="b"/>innsatt<text:change-end text:change-id="b"/>`), Keep: []string{"beholdtinnsatt"}, Gone: []string{"slettettekst"}},
	{Name: "hidden text", Body: p(`<text:span text:style-name="SkjultTegn">skjulttegn</text:span><text:hidden-text text:is-hidden="true" text:string-value="skjultfelt">skjultfelt</text:hidden-text><text:span>synlig</text:span>`) + `<text:p text:style-name="Skjult">skjultavsnitt</text:p>` + p(`<text:hidden-paragraph text:is-hidden="true"/>skjultbetinget`), Keep: []string{"synlig"}, Gone: []string{"skjulttegn", "skjultfelt", "skjultavsnitt", "skjultbetinget"}},
	{Name: "hidden section", Body: `<text:section text:display="none">` + p("skjultseksjon") + `</text:section><text:section text:display="condition" text:is-hidden="true">` + p("skjultvilkår") + `</text:section><text:section>` + p("synligseksjon") + `</text:section>`, Keep: []string{"synligseksjon"}, Gone: []string{"skjultseksjon", "skjultvilkår"}},
	{Name: "text box and description", Body: p(`anker<draw:frame><draw:text-box>` + p("rammetekst") + `</draw:text-box><svg:title>Rammetittel</svg:title><svg:desc>Rammebeskrivelse</svg:desc></draw:frame>`), Text: []string{"anker\nrammetekst\nRammetittel\nRammebeskrivelse\n"}},
	{Name: "shapes in groups", Body: `<draw:g><draw:custom-shape><text:p>formtekst</text:p><draw:enhanced-geometry/></draw:custom-shape></draw:g>`, Keep: []string{"formtekst"}},
	{Name: "picture", Body: p(`<draw:frame><draw:image xlink:href="a.png"><office:binary-data>binærdata</office:binary-data></draw:image><svg:desc>Bildebeskrivelse</svg:desc></draw:frame>`), Keep: []string{"Bildebeskrivelse"}, Gone: []string{"binærdata", "a.png"}},
	{Name: "words on a picture", Body: p(`<draw:frame><draw:image xlink:href="b.png"><text:p>bildeord</text:p></draw:image></draw:frame>`), Keep: []string{"bildeord"}},
	{Name: "fields", Body: p(`<text:date>feltdato</text:date> <text:sequence text:formula="ooow:Table+1">feltnummer</text:sequence> <text:variable-set text:display="none">feltskjult</text:variable-set><text:a xlink:href="https://example.com">lenketekst</text:a>`), Keep: []string{"feltdato", "feltnummer", "lenketekst"}, Gone: []string{"feltskjult", "example.com", "ooow"}},
	{Name: "annotation", Body: p(`<office:annotation><dc:creator>kommentator</dc:creator><text:p>kommentartekst</text:p></office:annotation>kommentert<office:annotation-end/>`), Keep: []string{"kommentert"}, Gone: []string{"kommentator", "kommentartekst"}},
	{Name: "table of contents", Body: `<text:table-of-content><text:table-of-content-source><text:index-title-template>innholdsmal</text:index-title-template></text:table-of-content-source><text:index-body>` + p("innholdslinje 1") + `</text:index-body></text:table-of-content>`, Gone: []string{"innholdsmal", "innholdslinje"}},
	{Name: "index and bibliography", Body: `<text:bibliography><text:bibliography-source><text:index-title-template>litteraturmal</text:index-title-template></text:bibliography-source><text:index-body><text:index-title>` + p("litteraturtittel") + `</text:index-title>` + p("litteraturlinje") + `</text:index-body></text:bibliography>`, Keep: []string{"litteraturtittel", "litteraturlinje"}, Gone: []string{"litteraturmal"}},
	{Name: "ruby text", Body: p(`<text:ruby><text:ruby-base>rubybasis</text:ruby-base><text:ruby-text>rubytekst</text:ruby-text></text:ruby>`), Keep: []string{"rubybasis"}, Gone: []string{"rubytekst"}},
	{Name: "headers and footers", Keep: []string{"topptekst", "bunntekst"}, Gone: []string{"ubruktbunn", "77", "78"}},
	{Name: "formula in its line", Body: p(`formelord <draw:frame><draw:object><math:math><math:mfrac><math:mrow><math:mi>a</math:mi><math:mo>+</math:mo><math:mi>b</math:mi></math:mrow><math:mi>c</math:mi></math:mfrac></math:math></draw:object></draw:frame> etter`), Text: []string{"formelord (a+b)/c etter\n"}},
}

func TestProbe(t *testing.T) {
	body := officetest.Bodies(features)
	doc := read(t, file(t, body, nil))
	officetest.Check(t, doc, features)
	require.Empty(t, doc.Warnings)
	require.Equal(t, "nb-NO", doc.Language)
	require.Equal(t, doc, read(t, flat(body)), "the flat form reads the same")
}

func TestHeadingsTitleAndPlaces(t *testing.T) {
	doc := read(t, file(t, `<text:p text:style-name="Title">Håndbok</text:p><text:h text:outline-level="1">En</text:h><text:p text:style-name="P9">Stilkapittel</text:p><table:table>`+row(cell("", "a"), cell("", "1"))+row(cell("", "b"), cell("", "2"))+`</table:table>`+p("sist"), nil))
	require.Equal(t, "Håndbok", doc.Title)
	require.Equal(t, []string{"heading1| Håndbok", "heading1| 1 En", "heading2| 1.1 Stilkapittel", "table| <> [] a;1 [] b;2", "paragraph| sist", "heading1| ", "paragraph| topptekst", "paragraph| bunntekst"}, officetest.Lines(doc))
	require.Equal(t, index.Locator{Paragraph: 2}, doc.Blocks[1].Locator)
	require.Equal(t, index.Locator{Paragraph: 6}, doc.Blocks[3].Table.Rows[1].Locator)
	require.Equal(t, index.Locator{Paragraph: 8}, doc.Blocks[4].Locator)
}

func TestEmbeddedObjects(t *testing.T) {
	chart := `<office:document-content ` + namespaces + `><office:body><office:chart><chart:chart><chart:title>` + p("Diagramtittel") + `</chart:title><chart:plot-area><chart:axis><chart:title>` + p("Aksetittel") + `</chart:title></chart:axis></chart:plot-area><table:table table:name="local-table"><table:table-header-rows>` +
		row(`<table:table-cell/>`, cell("", "Serie")) + `</table:table-header-rows><table:table-rows>` + row(cell("", "Kategori"), cell("", "12.5")) + `</table:table-rows></table:table></chart:chart></office:chart></office:body></office:document-content>`
	doc := read(t, file(t, p(`før<draw:frame><draw:object xlink:href="./Object 1"/><draw:image xlink:href="./ObjectReplacements/Object 1"/></draw:frame>`), map[string]string{"Object 1/content.xml": chart}))
	require.Equal(t, []string{"paragraph| før", "table| Diagramtittel<;Serie> [] Kategori;12.5", "paragraph| Aksetittel"}, officetest.Lines(doc)[:3])
}

func TestEmbeddedDrawingAndText(t *testing.T) {
	object := func(body string) string {
		doc := read(t, file(t, p(`før<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>`), map[string]string{"Object 1/content.xml": `<office:document-content ` + namespaces + `><office:body>` + body + `</office:body></office:document-content>`}))
		return officetest.Text(doc)
	}
	require.Contains(t, object(`<office:drawing><draw:page><draw:g><draw:custom-shape>`+p("tegning")+`</draw:custom-shape></draw:g></draw:page></office:drawing>`), "før\ntegning\n")
	text := object(`<office:text><text:tracked-changes><text:changed-region><text:deletion>` + p("slettet") + `</text:deletion></text:changed-region></text:tracked-changes><text:section text:display="none">` + p("skjult") + `</text:section><table:table>` + row(cell("", "celle"), cell("", "celleto")) + `</table:table>` + p("etter") + `</office:text>`)
	require.Contains(t, text, "\ncelle celleto\netter\n")
	require.NotContains(t, text, "slettet")
	require.NotContains(t, text, "skjult")
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		in   ingest.Input
		want error
		says string
	}{
		{name: "no zip and no XML", in: officetest.Input("test.odt", []byte("plain text")), want: ingest.ErrDamaged, says: "test.odt"},
		{name: "an encrypted file", in: file(t, p("a"), map[string]string{"META-INF/manifest.xml": `<manifest:manifest><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`, "content.xml": "\x01\x02"}), want: ingest.ErrEncrypted, says: "password"},
		{name: "no text", in: file(t, p(" "), map[string]string{"styles.xml": "<a/>"}), want: ingest.ErrNoText, says: "no text"},
		{name: "an embedded chart that is damaged and nothing else", in: file(t, p(`<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>`), map[string]string{"styles.xml": "<a/>", "Object 1/content.xml": `<office:document-content><office:body>`}), want: ingest.ErrDamaged, says: "read in part"},
		{name: "another kind of document", in: file(t, "", map[string]string{"content.xml": `<office:document-content ` + namespaces + `><office:body><office:drawing/></office:body></office:document-content>`}), want: ingest.ErrDamaged, says: "no OpenDocument text"},
		{name: "nested without end", in: file(t, strings.Repeat("<text:section>", 100_000), nil), want: ingest.ErrDamaged, says: "256"},
		{name: "a part that unpacks to too much", in: file(t, strings.Repeat(p("bombe"), 4_000_000), nil), want: ingest.ErrTooLarge, says: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := odt.Reader{}.Read(t.Context(), tt.in)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestRepetitionIsBounded(t *testing.T) {
	var rows strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&rows, `<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="1000000">%s</table:table-cell></table:table-row>`, p(fmt.Sprint("celle", i)))
	}
	doc := read(t, file(t, `<table:table>`+rows.String()+`</table:table>`+p("etter"), nil))
	require.NotEmpty(t, doc.Warnings)
	cells := 0
	for _, b := range doc.Blocks {
		if b.Table != nil {
			for _, r := range b.Table.Rows {
				cells += len(r.Cells)
			}
		}
	}
	require.LessOrEqual(t, cells, 500_000)
	require.Contains(t, officetest.Text(doc), "etter")
}

func TestADamagedEndCostsOnlyTheEnd(t *testing.T) {
	doc := read(t, file(t, "", map[string]string{"content.xml": `<office:document-content ` + namespaces + `><office:body><office:text>` + p("først") + `<text:p>halv`}))
	require.Equal(t, "paragraph| først", officetest.Lines(doc)[0])
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "after paragraph 2")
}

func TestReadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := odt.Reader{}.Read(ctx, file(t, p("a"), nil))
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzRead(f *testing.F) {
	for _, feature := range features {
		f.Add(feature.Body, styles)
	}
	for _, l := range looks {
		f.Add(l.body, l.common+l.own)
	}
	f.Add(`<text:list><text:list-item><text:list>`, `<style:style style:family="paragraph" style:name="a" style:parent-style-name="a"/>`)
	f.Fuzz(func(t *testing.T, body, styles string) {
		in := officetest.Input("f.fodt", []byte(`<office:document `+namespaces+`><office:styles>`+styles+`</office:styles><office:body><office:text>`+body+`</office:text></office:body></office:document>`))
		doc, err := odt.Reader{}.Read(context.Background(), in)
		if err == nil {
			ingest.Passages(doc, ingest.Origin{Source: "f.fodt"})
		}
	})
}
