package pptx_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office/officetest"
	"github.com/sufflor/sufflor/ingest/pptx"
)

const namespaces = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ` +
	`xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` +
	`xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"`

func rel(id, kind, target string) string {
	return `<Relationship Id="` + id + `" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"/>`
}

func rels(links ...string) string {
	return `<Relationships>` + strings.Join(links, "") + `</Relationships>`
}

// file makes a presentation of slides, which are what stands in their shape
// trees; the list shows them in the order of their numbers from 1. The layout
// and master give bullets to bodies and a place to titles.
func file(tb testing.TB, slides []string, parts map[string]string) ingest.Input {
	tb.Helper()
	all := map[string]string{
		"_rels/.rels":                                  rels(rel("x", "officeDocument", "ppt/presentation.xml")),
		"ppt/slideLayouts/slideLayout1.xml":            `<p:sldLayout ` + namespaces + `><p:cSld><p:spTree>` + sp(ph("title", ""), `<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9000" cy="1000"/></a:xfrm></p:spPr>`, para("", "Klikk for tittel")) + sp(ph("subTitle", "2"), "", `<a:lstStyle><a:lvl1pPr><a:buNone/></a:lvl1pPr></a:lstStyle>`) + sp(ph("", "1"), "", "") + `</p:spTree></p:cSld></p:sldLayout>`,
		"ppt/slideLayouts/_rels/slideLayout1.xml.rels": rels(rel("m", "slideMaster", "../slideMasters/slideMaster1.xml")),
		"ppt/slideMasters/slideMaster1.xml":            `<p:sldMaster ` + namespaces + `><p:cSld><p:spTree>` + sp("", "", para("", "mastertekst")) + sp(ph("body", "1"), "", "") + `</p:spTree></p:cSld><p:txStyles><p:bodyStyle><a:lvl1pPr><a:buChar char="•"/></a:lvl1pPr><a:lvl2pPr><a:buAutoNum type="alphaLcParenR"/></a:lvl2pPr></p:bodyStyle></p:txStyles></p:sldMaster>`,
	}
	var list, links string
	for i, s := range slides {
		// Names and relations run against the order in which slides are shown.
		name := fmt.Sprintf("slide%d.xml", len(slides)-i)
		list += fmt.Sprintf(`<p:sldId id="%d" r:id="s%d"/>`, 256+i, i)
		links = rel(fmt.Sprintf("s%d", i), "slide", "slides/"+name) + links
		if !strings.HasPrefix(s, "<p:sld ") {
			s = `<p:sld ` + namespaces + `><p:cSld><p:spTree>` + s + `</p:spTree></p:cSld></p:sld>`
		}
		all["ppt/slides/"+name] = s
		all["ppt/slides/_rels/"+name+".rels"] = rels(rel("l", "slideLayout", "../slideLayouts/slideLayout1.xml"), rel("n", "notesSlide", fmt.Sprintf("../notesSlides/n%d.xml", i+1)),
			rel("kart", "chart", "../charts/k.xml"), rel("art", "diagramData", "/ppt/diagrams/a.xml"), rel("prat", "comments", "../comments/c.xml"))
	}
	all["ppt/presentation.xml"] = `<p:presentation ` + namespaces + `><p:sldIdLst>` + list + `</p:sldIdLst></p:presentation>`
	all["ppt/_rels/presentation.xml.rels"] = rels(links)
	maps.Copy(all, parts)
	return officetest.Pack(tb, "test.pptx", all)
}

// ph is a placeholder of a type and index.
func ph(kind, index string) string {
	out := `<p:ph`
	if kind != "" {
		out += ` type="` + kind + `"`
	}
	if index != "" {
		out += ` idx="` + index + `"`
	}
	return out + `/>`
}

// sp is a shape: what it is placeholder for, its properties, its text.
func sp(placeholder, properties, text string) string {
	return `<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:cNvSpPr/><p:nvPr>` + placeholder + `</p:nvPr></p:nvSpPr>` + properties + `<p:txBody><a:bodyPr/>` + text + `</p:txBody></p:sp>`
}

func at(x, y, wide, high int) string {
	return fmt.Sprintf(`<p:spPr><a:xfrm><a:off x="%d" y="%d"/><a:ext cx="%d" cy="%d"/></a:xfrm></p:spPr>`, x, y, wide, high)
}

func para(properties, text string) string {
	return `<a:p>` + properties + `<a:r><a:t>` + text + `</a:t></a:r></a:p>`
}

func frame(data string) string {
	return `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="y"/><p:nvPr/></p:nvGraphicFramePr><a:graphic><a:graphicData>` + data + `</a:graphicData></a:graphic></p:graphicFrame>`
}

func tc(attributes, text string) string {
	return `<a:tc` + attributes + `><a:txBody>` + para("", text) + `</a:txBody></a:tc>`
}

func read(tb testing.TB, in ingest.Input) ingest.Document {
	tb.Helper()
	doc, err := pptx.Reader{}.Read(context.Background(), in)
	require.NoError(tb, err)
	return doc
}

func TestProbe(t *testing.T) {
	features := []officetest.Feature{
		{Name: "title as heading", Body: sp(ph("title", ""), "", para("", "Tittelord")), Text: []string{"Tittelord\n"}},
		{Name: "body with levels by the master", Body: sp(ph("", "1"), "", para("", "kulepunkt")+para(`<a:pPr lvl="1"/>`, "underpunkt")+para(`<a:pPr><a:buNone/></a:pPr>`, "utenkule")), Text: []string{"• kulepunkt\n", "a) underpunkt\n", "\nutenkule\n"}},
		{Name: "subtitle without bullets by the layout", Body: sp(ph("subTitle", "2"), "", para("", "undertittel")), Text: []string{"\nundertittel\n"}},
		{Name: "text box", Body: sp("", "", para("", "tekstboks")), Text: []string{"\ntekstboks\n"}},
		{Name: "numbers of their own", Body: sp("", "", para(`<a:pPr><a:buAutoNum type="romanUcPeriod" startAt="3"/></a:pPr>`, "tredje")+para(`<a:pPr><a:buAutoNum type="romanUcPeriod" startAt="3"/></a:pPr>`, "fjerde")), Text: []string{"III. tredje\n", "IV. fjerde\n"}},
		{Name: "line break and field", Body: sp("", "", `<a:p><a:r><a:t>linjeen</a:t></a:r><a:br/><a:fld type="datetime1"><a:t>feltdato</a:t></a:fld></a:p>`), Keep: []string{"linjeen", "feltdato"}},
		{Name: "slide number, date and footer", Body: sp(ph("sldNum", "4"), "", `<a:p><a:fld type="slidenum"><a:t>77</a:t></a:fld></a:p>`) + sp(ph("ftr", "5"), "", para("", "bunntekst")) + sp(ph("dt", "6"), "", para("", "datofelt")), Gone: []string{"77", "bunntekst", "datofelt"}},
		{Name: "groups inside one another", Body: `<p:grpSp><p:nvGrpSpPr><p:cNvPr id="2" name="g"/><p:nvPr/></p:nvGrpSpPr><p:grpSp>` + sp("", "", para("", "gruppeord")) + `</p:grpSp></p:grpSp>`, Keep: []string{"gruppeord"}},
		{Name: "hidden shape", Body: strings.Replace(sp("", "", para("", "skjultform")), `name="x"`, `name="x" hidden="1"`, 1), Gone: []string{"skjultform"}},
		{
			Name: "table with merged cells", Body: frame(`<a:tbl><a:tblPr firstRow="1"/><a:tr>` + tc("", "tabellhode") + tc("", "tabellhodeto") + tc("", "tabellhodetre") + `</a:tr><a:tr>` + tc(` rowSpan="2"`, "loddrett") + tc(` gridSpan="2"`, "vannrett") + tc(` hMerge="1"`, "") + `</a:tr><a:tr>` + tc(` vMerge="1"`, "") + tc("", "celle") + tc("", "celleto") + `</a:tr></a:tbl>`),
			Text: []string{"tabellhode tabellhodeto tabellhodetre\n", "loddrett vannrett vannrett\n", "loddrett celle celleto\n"},
		},
		{Name: "chart", Body: frame(`<c:chart r:id="kart"/>`), Keep: []string{"Diagramtittel", "Serienavn"}, Text: []string{"Kategorinavn 25%\n"}},
		{Name: "SmartArt", Body: frame(`<dgm:relIds r:dm="art"/>`), Text: []string{"• Diagrampunkt\n"}},
		{Name: "description of a picture", Body: `<p:pic><p:nvPicPr><p:cNvPr id="3" name="bilde.png" descr="Bildebeskrivelse"/><p:nvPr/></p:nvPicPr></p:pic>`, Keep: []string{"Bildebeskrivelse"}, Gone: []string{"bilde.png"}},
		{Name: "description that a program made up", Body: `<p:pic><p:nvPicPr><p:cNvPr id="3" name="x" descr="IMG_0001.JPG"/><p:nvPr/></p:nvPicPr></p:pic>`, Gone: []string{"IMG_0001"}},
		{Name: "formula with its picture", Body: `<mc:AlternateContent><mc:Choice Requires="a14">` + sp("", "", `<a:p><a14:m><m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></a14:m></a:p>`) + `</mc:Choice><mc:Fallback>` + sp("", "", para("", "reserveform")) + `</mc:Fallback></mc:AlternateContent>`, Text: []string{"\nx^2\n"}, Gone: []string{"reserveform"}},
		{Name: "speaker's notes", Keep: []string{"notattekst"}, Gone: []string{"notathode", "88"}, Text: []string{"Speaker notes\nnotattekst\n"}},
		{Name: "comments", Gone: []string{"kommentartekst"}},
		{Name: "texts of the master", Gone: []string{"mastertekst", "Klikk"}},
		{Name: "hidden slide", Gone: []string{"skjultlysbilde"}},
	}
	in := file(t, []string{officetest.Bodies(features), `<p:sld show="0" ` + namespaces + `><p:cSld><p:spTree>` + sp("", "", para("", "skjultlysbilde")) + `</p:spTree></p:cSld></p:sld>`, sp("", "", para("", "siste"))}, map[string]string{
		"ppt/notesSlides/n1.xml": `<p:notes ` + namespaces + `><p:cSld><p:spTree>` + sp(ph("body", "1"), "", para("", "notattekst")) + sp(ph("hdr", "2"), "", para("", "notathode")) + sp(ph("sldNum", "3"), "", para("", "88")) + `</p:spTree></p:cSld></p:notes>`,
		"ppt/charts/k.xml": `<c:chartSpace ` + namespaces + `><c:chart><c:title><c:tx><c:rich>` + para("", "Diagramtittel") + `</c:rich></c:tx></c:title><c:plotArea><c:pieChart><c:ser><c:tx><c:v>Serienavn</c:v></c:tx><c:cat><c:strLit><c:pt idx="0"><c:v>Kategorinavn</c:v></c:pt></c:strLit></c:cat>` +
			`<c:val><c:numRef><c:numCache><c:formatCode>0%</c:formatCode><c:pt idx="0"><c:v>0.25</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:pieChart></c:plotArea></c:chart></c:chartSpace>`,
		"ppt/diagrams/a.xml": `<dgm:dataModel ` + namespaces + `><dgm:ptLst><dgm:pt modelId="1"><dgm:t>` + para("", "Diagrampunkt") + `</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>`,
		"ppt/comments/c.xml": `<p:cmLst ` + namespaces + `><p:cm><p:text>kommentartekst</p:text></p:cm></p:cmLst>`,
	})
	doc := read(t, in)
	officetest.Check(t, doc, features)
	require.Equal(t, "Tittelord", doc.Title)
	require.Equal(t, ingest.Block{Kind: ingest.Heading, Level: 1, Text: "Tittelord", Locator: index.Locator{Page: 1}}, doc.Blocks[0])
	require.Equal(t, 3, doc.Pages)
	require.Equal(t, []string{"slide 2 is hidden and was left out", "text of hidden shapes, which nobody sees, was left out, 1 words on slide 1"}, doc.Warnings)
	last := doc.Blocks[len(doc.Blocks)-1]
	require.Equal(t, "siste", last.Text)
	require.Equal(t, 3, last.Locator.Page)
}

func TestEmbeddedObjects(t *testing.T) {
	object := func(more string) string {
		return frame(`<mc:AlternateContent><mc:Choice Requires="v"><p:oleObj progId="Excel.Sheet.12" r:id="ark"` + more + `><p:embed/></p:oleObj></mc:Choice><mc:Fallback><p:oleObj r:id="ark"><p:pic/></p:oleObj></mc:Fallback></mc:AlternateContent>`)
	}
	parts := map[string]string{
		"ppt/slides/_rels/slide1.xml.rels": rels(rel("ark", "package", "../embeddings/a.xlsx")),
		"ppt/embeddings/a.xlsx":            officetest.Workbook(t, "A1:B2", []string{"Vare", "Pris"}, []string{"K-100", "100"}, []string{"K-200", "200"}),
	}
	doc := read(t, file(t, []string{object("")}, parts))
	require.Equal(t, []string{"heading1| ", "table| <Vare;Pris> [] K-100;100"}, officetest.Lines(doc))
	require.Empty(t, doc.Warnings)
	require.Equal(t, index.Locator{Page: 1}, doc.Blocks[1].Table.Rows[0].Locator)

	word, err := io.ReadAll(officetest.Pack(t, "b.docx", map[string]string{"word/document.xml": `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Brevtekst.</w:t></w:r></w:p></w:body></w:document>`}).Data.(io.Reader))
	require.NoError(t, err)
	doc = read(t, file(t, []string{object("")}, map[string]string{"ppt/slides/_rels/slide1.xml.rels": rels(rel("ark", "package", "../embeddings/b.docx")), "ppt/embeddings/b.docx": string(word)}))
	require.Equal(t, []string{"heading1| ", "paragraph| Brevtekst."}, officetest.Lines(doc))

	doc = read(t, file(t, []string{object(` showAsIcon="1"`) + sp("", "", para("", "tekst"))}, parts))
	require.Equal(t, []string{"heading1| ", "paragraph| tekst"}, officetest.Lines(doc))
	require.Equal(t, []string{"slide 1: an embedded object (Excel.Sheet.12), of which only a picture shows, was left out"}, doc.Warnings)
}

func TestReadingOrder(t *testing.T) {
	title := sp(ph("title", ""), "", para("", "Tittel"))
	tests := []struct {
		name, slide string
		want        []string
	}{
		{name: "the title comes first wherever it stands", slide: sp("", at(0, 2000, 500, 500), para("", "tekst")) + title, want: []string{"heading1| Tittel", "paragraph| tekst"}},
		{name: "what lies wholly below another comes behind it", slide: sp("", at(0, 3000, 500, 500), para("", "nederst")) + sp("", at(0, 1000, 500, 500), para("", "øverst")), want: []string{"heading1| ", "paragraph| øverst", "paragraph| nederst"}},
		{
			name: "columns are read one by one", slide: sp("", at(0, 1000, 400, 100), para("", "venstre")) + sp("", at(0, 1100, 400, 900), para("", "venstre under")) + sp("", at(500, 1000, 400, 100), para("", "høyre")) + sp("", at(500, 1100, 400, 900), para("", "høyre under")),
			want: []string{"heading1| ", "paragraph| venstre", "paragraph| venstre under", "paragraph| høyre", "paragraph| høyre under"},
		},
		{name: "shapes that say no place stay", slide: sp("", "", para("", "a")) + sp("", "", para("", "b")), want: []string{"heading1| ", "paragraph| a", "paragraph| b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, officetest.Lines(read(t, file(t, []string{tt.slide}, nil))))
		})
	}
}

func TestASlideThatIsMissingCostsOnlyItself(t *testing.T) {
	doc := read(t, file(t, []string{sp("", "", para("", "først")), "<p:sld ", sp("", "", para("", "sist"))}, nil))
	require.Equal(t, []string{"heading1| ", "paragraph| først", "heading1| ", "heading1| ", "paragraph| sist"}, officetest.Lines(doc))
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "slide 2")
}

func TestWhatStandsInTooManyGroupsIsReported(t *testing.T) {
	doc := read(t, file(t, []string{sp("", "", para("", "først")) + strings.Repeat(`<p:grpSp>`, 45) + sp("", "", para("", "innerst")) + strings.Repeat(`</p:grpSp>`, 45)}, nil))
	require.Equal(t, []string{"heading1| ", "paragraph| først"}, officetest.Lines(doc))
	require.Equal(t, []string{"slide 1: shapes in more than 40 groups inside one another were left out"}, doc.Warnings)
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name string
		in   ingest.Input
		want error
		says string
	}{
		{name: "no zip", in: officetest.Input("test.pptx", []byte("plain text")), want: ingest.ErrDamaged, says: "test.pptx"},
		{name: "no presentation", in: officetest.Pack(t, "test.pptx", map[string]string{"a.xml": "<a/>"}), want: ingest.ErrDamaged, says: "no presentation"},
		{name: "no text", in: file(t, []string{sp("", "", para("", " "))}, nil), want: ingest.ErrNoText, says: "no text"},
		{name: "a slide that is damaged and no other", in: file(t, []string{`<p:sld `}, nil), want: ingest.ErrDamaged, says: "slide 1"},
		{name: "a hidden slide and no other", in: file(t, []string{`<p:sld show="0" ` + namespaces + `><p:cSld><p:spTree>` + sp("", "", para("", "a")) + `</p:spTree></p:cSld></p:sld>`}, nil), want: ingest.ErrNoText, says: "slide 1 is hidden"},
		{name: "a slide that unpacks to too much", in: file(t, []string{strings.Repeat(sp("", "", para("", "bombe")), 500_000)}, nil), want: ingest.ErrTooLarge, says: "64 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := pptx.Reader{}.Read(t.Context(), tt.in)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestReadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := pptx.Reader{}.Read(ctx, file(t, []string{sp("", "", para("", "a"))}, nil))
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzRead(f *testing.F) {
	chart := `<c:chartSpace><c:chart><c:plotArea><c:barChart><c:ser><c:val><c:numLit><c:pt idx="99999999"><c:v>1e300</c:v></c:pt></c:numLit></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>`
	for _, slide := range []string{
		sp(ph("title", ""), "", para("", "a")), sp(ph("body", "1"), at(1, 2, 3, 4), para(`<a:pPr lvl="99"/>`, "b")), frame(`<a:tbl><a:tr>` + tc(` hMerge="1" vMerge="1"`, "c") + `</a:tr></a:tbl>`),
		frame(`<c:chart r:id="kart"/>`), frame(`<dgm:relIds r:dm="art"/>`), "<p:grpSp><p:sp>", `<p:grpSp><p:grpSpPr><a:xfrm rot="1"><a:off x="1" y="2"/><a:ext cx="9" cy="9"/><a:chExt cx="1" cy="1"/></a:xfrm></p:grpSpPr>` + sp("", at(1, 2, 3, 4), inked(solid(rgb("FFFFFF")))) + `</p:grpSp>`, `<mc:AlternateContent><mc:Choice>`,
	} {
		f.Add(slide, chart)
	}
	f.Fuzz(func(t *testing.T, slide, other string) {
		in := file(t, []string{slide, `<p:sld `}, map[string]string{"ppt/charts/k.xml": other, "ppt/diagrams/a.xml": other, "ppt/notesSlides/n1.xml": other, "ppt/slideMasters/slideMaster1.xml": slide})
		doc, err := pptx.Reader{}.Read(context.Background(), in)
		if err == nil {
			ingest.Passages(doc, ingest.Origin{Source: "f.pptx"})
		}
	})
}
