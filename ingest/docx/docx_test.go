package docx_test

import (
	"archive/zip"
	"context"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/docx"
	"github.com/sufflor/sufflor/ingest/office/officetest"
)

const namespaces = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` +
	`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" ` +
	`xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" ` +
	`xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"`

// file makes a docx of parts; body is what stands inside w:body.
func file(tb testing.TB, body string, parts map[string]string) ingest.Input {
	tb.Helper()
	all := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":         `<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   `<w:document ` + namespaces + `><w:body>` + body + `</w:body></w:document>`,
	}
	maps.Copy(all, parts)
	return officetest.Pack(tb, "test.docx", all)
}

// unpack reads the parts of a zip container.
func unpack(tb testing.TB, r io.ReaderAt, size int64) map[string]string {
	tb.Helper()
	zr, err := zip.NewReader(r, size)
	require.NoError(tb, err)
	parts := map[string]string{}
	for _, f := range zr.File {
		rc, err := f.Open()
		require.NoError(tb, err)
		data, err := io.ReadAll(rc)
		require.NoError(tb, err)
		parts[f.Name] = string(data)
	}
	return parts
}

func input(data []byte) ingest.Input { return officetest.Input("test.docx", data) }

func p(text string) string {
	return `<w:p><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func styled(style, text string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func numbered(id, level, text string) string {
	return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + id + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

// read gives the blocks in one line each.
func read(tb testing.TB, in ingest.Input) (ingest.Document, []string) {
	tb.Helper()
	doc, err := docx.Reader{}.Read(context.Background(), in)
	require.NoError(tb, err)
	return doc, officetest.Lines(doc)
}

func TestText(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{name: "runs are joined, tabs and breaks kept", body: `<w:p><w:r><w:t>Kjør </w:t></w:r><w:r><w:t>langsomt</w:t><w:tab/><w:t>nå</w:t><w:br/><w:t>takk</w:t></w:r></w:p>`, want: []string{"paragraph| Kjør langsomt\tnå\ntakk"}},
		{name: "insertions stay, deletions and moves go", body: `<w:p><w:ins><w:r><w:t>nytt </w:t></w:r></w:ins><w:del><w:r><w:delText>gammelt </w:delText></w:r></w:del><w:moveFrom><w:r><w:t>borte </w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>her</w:t></w:r></w:moveTo></w:p>`, want: []string{"paragraph| nytt her"}},
		{name: "hidden text goes, text that is shown again stays", body: `<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>skjult</w:t></w:r><w:r><w:rPr><w:vanish w:val="false"/></w:rPr><w:t>synlig</w:t></w:r></w:p>`, want: []string{"paragraph| synlig"}},
		{name: "field codes go, results stay", body: `<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGEREF _Toc1</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>12</w:t></w:r><w:fldSimple w:instr="DATE"><w:r><w:t> mai</w:t></w:r></w:fldSimple></w:p>`, want: []string{"paragraph| 12 mai"}},
		{name: "links, smart tags and content controls keep their text", body: `<w:p><w:hyperlink r:id="rId9"><w:r><w:t>portalen</w:t></w:r></w:hyperlink><w:smartTag><w:r><w:t> nå</w:t></w:r></w:smartTag></w:p><w:sdt><w:sdtPr><w:alias w:val="x"/></w:sdtPr><w:sdtContent>` + p("felt") + `</w:sdtContent></w:sdt>`, want: []string{"paragraph| portalen nå", "paragraph| felt"}},
		{name: "alternate content is read once", body: `<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>` + p("boks") + `</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>` + p("boks") + `</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>anker</w:t></w:r></w:p>`, want: []string{"paragraph| anker", "paragraph| boks"}},
		{name: "no-break hyphens, symbols and formulas", body: `<w:p><w:r><w:t>XY</w:t><w:noBreakHyphen/><w:t>2000 </w:t><w:sym w:font="Symbol" w:char="F0B1"/><w:softHyphen/></w:r><m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath></w:p>`, want: []string{"paragraph| XY-2000 ±a+b"}},
		{name: "a table of contents is left out", body: styled("TOC1", "Garanti 3") + p("tekst"), want: []string{"paragraph| tekst"}},
		{name: "headings in the style of a table of contents stay", body: styled("TOC1", "Garanti\t3") + styled("TOC1", "Retur.....iv") + styled("TOCHeading", "Innhold") + styled("TOC1", "Bestilling:"), want: []string{"paragraph| Bestilling:"}},
		{name: "empty paragraphs are nothing", body: p("") + p("a"), want: []string{"paragraph| a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, lines := read(t, file(t, tt.body, nil))
			require.Equal(t, tt.want, lines)
		})
	}
}

func TestHeadingsAndTitle(t *testing.T) {
	styles := `<w:styles ` + namespaces + `><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="nb-NO"/></w:rPr></w:rPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:styleId="Overskrift1"><w:name w:val="heading 1"/></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Otsikko2"><w:name w:val="Otsikko 2"/></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Firma"><w:name w:val="Firmaoverskrift"/><w:basedOn w:val="Overskrift1"/></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Kapittel"><w:name w:val="Kapittel"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Tittel"><w:name w:val="Title"/></w:style>` +
		`<w:style w:type="paragraph" w:styleId="Kretsløp"><w:name w:val="a"/><w:basedOn w:val="Kretsløp"/></w:style></w:styles>`
	body := styled("Tittel", "Håndbok") + styled("Overskrift1", "Norsk") + styled("Otsikko2", "Suomi") + styled("Firma", "Arvet") + styled("Kapittel", "Nivå") + styled("berschrift4", "Deutsch") +
		`<w:p><w:pPr><w:outlineLvl w:val="4"/></w:pPr><w:r><w:t>Direkte</w:t></w:r></w:p>` + `<w:p><w:pPr><w:pStyle w:val="Overskrift1"/><w:outlineLvl w:val="9"/></w:pPr><w:r><w:t>Fortsatt</w:t></w:r></w:p>` + styled("Kretsløp", "Tekst")
	doc, lines := read(t, file(t, body, map[string]string{"word/styles.xml": styles}))
	require.Equal(t, "Håndbok", doc.Title)
	require.Equal(t, "nb-NO", doc.Language)
	require.Equal(t, []string{"heading1| Håndbok", "heading1| Norsk", "heading2| Suomi", "heading1| Arvet", "heading3| Nivå", "heading4| Deutsch", "heading5| Direkte", "heading1| Fortsatt", "paragraph| Tekst"}, lines)
	require.Equal(t, index.Locator{Paragraph: 2}, doc.Blocks[1].Locator)
}

const numbering = `<w:numbering ` + namespaces + `>` +
	`<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl></w:abstractNum>` +
	`<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1"/></w:lvl></w:abstractNum>` +
	`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num><w:num w:numId="4"><w:abstractNumId w:val="2"/></w:num></w:numbering>`

func TestNumbersCountAsInWord(t *testing.T) {
	body := numbered("1", "0", "a") + numbered("1", "1", "b") + numbered("1", "1", "c") + numbered("1", "0", "d") + numbered("1", "1", "e") + p("mellom") + numbered("1", "0", "f") +
		numbered("3", "0", "ny") + numbered("3", "0", "neste") + numbered("2", "0", "punkt") + numbered("4", "0", "romersk") + numbered("4", "0", "neste") + numbered("0", "0", "ingen") + numbered("99", "0", "ukjent")
	_, lines := read(t, file(t, body, map[string]string{"word/numbering.xml": numbering}))
	require.Equal(t, []string{
		"item1 1.| a", "item2 1.a)| b", "item2 1.b)| c", "item1 2.| d", "item2 2.a)| e", "paragraph| mellom", "item1 3.| f",
		"item1 1.| ny", "item1 2.| neste", "item1 •| punkt", "item1 III| romersk", "item1 IV| neste", "paragraph| ingen", "paragraph| ukjent",
	}, lines)
}

func tc(properties, content string) string {
	return `<w:tc><w:tcPr>` + properties + `</w:tcPr>` + content + `</w:tc>`
}

func TestTables(t *testing.T) {
	header := `<w:trPr><w:tblHeader/></w:trPr>`
	tests := []struct {
		name, body string
		want       []string
	}{
		{
			name: "header in two lines, spans and a section row",
			body: styled("Caption", "Tabell 1: Vekt") + `<w:tbl><w:tr>` + header + tc(`<w:vMerge w:val="restart"/>`, p("Modell")) + tc(`<w:gridSpan w:val="2"/>`, p("Vekt")) + `</w:tr>` +
				`<w:tr>` + header + tc(`<w:vMerge/>`, p("")) + tc("", p("tom")) + tc("", p("full")) + `</w:tr>` +
				`<w:tr>` + tc(`<w:gridSpan w:val="3"/>`, p("Serie K")) + `</w:tr>` +
				`<w:tr>` + tc(`<w:vMerge w:val="restart"/>`, p("K-100")) + tc("", p("1 kg")) + tc("", p("2 kg")) + `</w:tr>` +
				`<w:tr>` + tc(`<w:vMerge w:val="continue"/>`, p("")) + tc("", p("3 kg")) + tc("", p("4 kg")+p("med lokk")) + `</w:tr></w:tbl>`,
			want: []string{"table| Tabell 1: Vekt<Modell;Vekt / tom;Vekt / full> [Serie K] K-100;1 kg;2 kg [Serie K] K-100;3 kg;4 kg\nmed lokk"},
		},
		{
			name: "a nested table stays in its cell",
			body: `<w:tbl><w:tr>` + tc("", p("Kode")) + tc("", p("Tiltak")) + `</w:tr><w:tr>` + tc("", p("K-07")) + tc("", p("se:")+`<w:tbl><w:tr>`+tc("", p("a"))+tc("", p("1"))+`</w:tr></w:tbl>`+p("")) + `</w:tr></w:tbl>`,
			want: []string{"table| <Kode;Tiltak> [] K-07;se:\na 1"},
		},
		{
			name: "one cell alone is a frame around text",
			body: `<w:tbl><w:tr>` + tc("", styled("Heading2", "Advarsel")+p("Hold avstand.")) + `</w:tr></w:tbl>`,
			want: []string{"heading2| Advarsel", "paragraph| Hold avstand."},
		},
		{
			name: "deleted rows go, inserted and wrapped rows stay",
			body: `<w:tbl><w:tr>` + tc("", p("Kode")) + tc("", p("Tiltak")) + `</w:tr><w:tr><w:trPr><w:del/></w:trPr>` + tc("", p("K-01")) + tc("", p("x")) + `</w:tr><w:sdt><w:sdtContent><w:tr>` + tc("", p("K-02")) + tc("", p("y")) + `</w:tr></w:sdtContent></w:sdt></w:tbl>`,
			want: []string{"table| <Kode;Tiltak> [] K-02;y"},
		},
		{
			name: "properties as they were before a tracked change do not count",
			body: `<w:tbl><w:tr>` + tc("", p("Kode")) + tc("", p("Tiltak")) + `</w:tr><w:tr><w:trPr><w:trPrChange w:id="1"><w:trPr><w:hidden/></w:trPr></w:trPrChange></w:trPr>` +
				tc(`<w:tcPrChange w:id="2"><w:tcPr><w:gridSpan w:val="2"/></w:tcPr></w:tcPrChange>`, p("K-03")) + tc("", p("z")) + `</w:tr></w:tbl>`,
			want: []string{"table| <Kode;Tiltak> [] K-03;z"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, lines := read(t, file(t, tt.body, nil))
			require.Equal(t, tt.want, lines)
		})
	}
}

func TestRowsKnowTheirParagraph(t *testing.T) {
	doc, _ := read(t, file(t, p("før")+`<w:tbl><w:tr>`+tc("", p("Kode"))+tc("", p("Tiltak"))+`</w:tr><w:tr>`+tc("", p("K-01"))+tc("", p("fyll vann"))+`</w:tr></w:tbl>`+p("etter"), nil))
	require.Equal(t, 2, doc.Blocks[1].Locator.Paragraph)
	require.Equal(t, 4, doc.Blocks[1].Table.Rows[0].Locator.Paragraph)
	require.Equal(t, 6, doc.Blocks[2].Locator.Paragraph)
}

func TestNotesAndEdges(t *testing.T) {
	parts := map[string]string{
		"word/footnotes.xml": `<w:footnotes ` + namespaces + `><w:footnote w:type="separator" w:id="-1">` + p("strek") + `</w:footnote><w:footnote w:id="2">` + p("Gjelder ikke kalk.") + `</w:footnote></w:footnotes>`,
		"word/header1.xml":   `<w:hdr ` + namespaces + `>` + p("Brisk AS håndbok") + `</w:hdr>`,
		"word/header2.xml":   `<w:hdr ` + namespaces + `>` + p("Brisk AS håndbok") + `</w:hdr>`,
		"word/footer1.xml":   `<w:ftr ` + namespaces + `>` + p("Side 3") + `</w:ftr>`,
	}
	_, lines := read(t, file(t, `<w:p><w:r><w:t>Garanti 24 måneder.</w:t><w:footnoteReference w:id="2"/></w:r></w:p>`+p("Neste."), parts))
	require.Equal(t, []string{"paragraph| Garanti 24 måneder.", "paragraph| Gjelder ikke kalk.", "paragraph| Neste.", "heading1| ", "paragraph| Brisk AS håndbok"}, lines)
}

func TestFaults(t *testing.T) {
	encrypted := append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 2*512-8)...)
	for i, c := range "EncryptedPackage" {
		encrypted[512+2*i] = byte(c)
	}
	encrypted[512+64] = 2 * (16 + 1)
	tests := []struct {
		name string
		in   ingest.Input
		want error
		says string
	}{
		{name: "no zip", in: input([]byte("plain text")), want: ingest.ErrDamaged, says: "test.docx"},
		{name: "an encrypted file", in: input(encrypted), want: ingest.ErrEncrypted, says: "encrypted"},
		{name: "no text", in: file(t, p(""), nil), want: ingest.ErrNoText, says: "no text"},
		{name: "a chart that is damaged and nothing else", in: file(t, `<w:p>`+drawn("", `<c:chart r:id="kart"/>`)+`</w:p>`, map[string]string{"word/_rels/document.xml.rels": `<Relationships><Relationship Id="kart" Type="http://x/chart" Target="c.xml"/></Relationships>`, "word/c.xml": `<c:chartSpace><c:chart>`}), want: ingest.ErrDamaged, says: "word/c.xml was read in part"},
		{name: "no body", in: file(t, "", map[string]string{"word/document.xml": "<w:document/>"}), want: ingest.ErrDamaged, says: "no document body"},
		{name: "nested without end", in: file(t, strings.Repeat("<w:sdt>", 100_000), nil), want: ingest.ErrDamaged, says: "256"},
		{name: "a part that unpacks to too much", in: file(t, p("a"), map[string]string{"word/document.xml": `<w:document ` + namespaces + `><w:body>` + strings.Repeat(p("bombe"), 1_000_000)}), want: ingest.ErrTooLarge, says: "64 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := docx.Reader{}.Read(t.Context(), tt.in)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestAllBodiesAreRead(t *testing.T) {
	_, lines := read(t, file(t, p("første")+`</w:body><w:body>`+p("andre"), nil))
	require.Equal(t, []string{"paragraph| første", "paragraph| andre"}, lines)
}

func TestADamagedEndCostsOnlyTheEnd(t *testing.T) {
	in := file(t, "", map[string]string{"word/document.xml": `<w:document ` + namespaces + `><w:body>` + p("først") + p("så") + `<w:p><w:r><w:t>halv`})
	doc, lines := read(t, in)
	require.Equal(t, []string{"paragraph| først", "paragraph| så"}, lines)
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "after paragraph 3")
}

func TestReadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := docx.Reader{}.Read(ctx, file(t, p("a"), nil))
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzRead(f *testing.F) {
	for _, body := range []string{
		p("a"), styled("Heading1", "b") + numbered("1", "0", "c"), `<w:tbl><w:tr>` + tc(`<w:gridSpan w:val="999999"/><w:vMerge/>`, p("d")) + `</w:tr></w:tbl>`, "<w:p><w:r>", "<w:tbl><w:tr><w:tc><w:tbl>",
		`<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>`, `<mc:AlternateContent><mc:Choice>` + p("e"), `<w:p>` + fld("begin") + code(`EQ \f(1;\r(2,x)`) + fld("end") + `</w:p>`,
		`<w:sdt><w:sdtPr><w:dataBinding w:xpath="/a/@b" w:storeItemID="c"/><w:text/></w:sdtPr><w:sdtContent>` + p("f") + `</w:sdtContent></w:sdt>`,
	} {
		f.Add(body, numbering)
	}
	f.Fuzz(func(t *testing.T, body, numbers string) {
		doc, err := docx.Reader{}.Read(context.Background(), file(t, body, map[string]string{"word/numbering.xml": numbers, "word/styles.xml": numbers}))
		if err == nil {
			ingest.Passages(doc, ingest.Origin{Source: "f.docx"})
		}
	})
}

func BenchmarkRead(b *testing.B) {
	in := file(b, strings.Repeat(styled("Heading1", "Kapittel")+p("Maskinen skal stå på et plant underlag.")+numbered("1", "0", "Løsne bolten."), 1000), map[string]string{"word/numbering.xml": numbering})
	for b.Loop() {
		_, err := docx.Reader{}.Read(context.Background(), in)
		require.NoError(b, err)
	}
}

// lists is a numbering part of one abstract list with the levels and one
// instance, 1; more is put behind.
func lists(levels, more string) map[string]string {
	return map[string]string{"word/numbering.xml": `<w:numbering ` + namespaces + `><w:abstractNum w:abstractNumId="0">` + levels + `</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>` + more + `</w:numbering>`}
}

func lvl(level, format, text, more string) string {
	return `<w:lvl w:ilvl="` + level + `"><w:start w:val="1"/>` + more + `<w:numFmt w:val="` + format + `"/><w:lvlText w:val="` + text + `"/></w:lvl>`
}

func TestRulesOfNumbering(t *testing.T) {
	tests := []struct {
		name, body string
		parts      map[string]string
		want       []string
	}{
		{name: "a level that never starts anew", body: numbered("1", "0", "a") + numbered("1", "1", "b") + numbered("1", "0", "c") + numbered("1", "1", "d"), parts: lists(lvl("0", "decimal", "%1.", "")+lvl("1", "lowerLetter", "%2)", `<w:lvlRestart w:val="0"/>`), ""), want: []string{"item1 1.| a", "item2 a)| b", "item1 2.| c", "item2 b)| d"}},
		{name: "legal numbers are digits on every level", body: numbered("1", "0", "a") + numbered("1", "1", "b"), parts: lists(lvl("0", "upperRoman", "Art. %1", "")+lvl("1", "decimal", "%1.%2", `<w:isLgl/>`), ""), want: []string{"item1 Art. I| a", "item2 1.1| b"}},
		{name: "three levels in one number", body: numbered("1", "0", "a") + numbered("1", "1", "b") + numbered("1", "2", "c") + numbered("1", "2", "d"), parts: lists(lvl("0", "decimal", "%1", "")+lvl("1", "decimal", "%1.%2", "")+lvl("2", "decimal", "%1.%2.%3", ""), ""), want: []string{"item1 1| a", "item2 1.1| b", "item3 1.1.1| c", "item3 1.1.2| d"}},
		{name: "a level that is passed over counts as begun", body: numbered("1", "1", "a") + numbered("1", "0", "b"), parts: lists(lvl("0", "decimal", "%1.", "")+lvl("1", "decimal", "%1.%2", ""), ""), want: []string{"item2 1.1| a", "item1 2.| b"}},
		{name: "an empty paragraph counts", body: numbered("1", "0", "a") + numbered("1", "0", "") + numbered("1", "0", "c"), parts: lists(lvl("0", "decimal", "%1.", ""), ""), want: []string{"item1 1.| a", "item1 3.| c"}},
		{name: "numbers of several digits", body: numbered("1", "0", "a"), parts: lists(`<w:lvl w:ilvl="0"><w:numFmt w:val="custom" w:format="001, 002, 003, ..."/><w:lvlText w:val="T%1"/></w:lvl>`, ""), want: []string{"item1 T001| a"}},
		{name: "a level of another form in one instance", body: numbered("2", "0", "a"), parts: lists(lvl("0", "decimal", "%1.", ""), `<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">`+lvl("0", "lowerRoman", "(%1)", "")+`</w:lvlOverride></w:num>`), want: []string{"item1 (i)| a"}},
		{name: "words for a bullet stay", body: numbered("1", "0", "a"), parts: lists(lvl("0", "bullet", "Merk:", ""), ""), want: []string{"item1 Merk:| a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, lines := read(t, file(t, tt.body, tt.parts))
			require.Equal(t, tt.want, lines)
		})
	}
}

func TestAListMayBeDefinedByAStyle(t *testing.T) {
	parts := lists(`<w:numStyleLink w:val="Firmaliste"/>`, `<w:abstractNum w:abstractNumId="5">`+lvl("0", "upperLetter", "%1)", "")+`</w:abstractNum><w:num w:numId="5"><w:abstractNumId w:val="5"/></w:num>`)
	parts["word/styles.xml"] = `<w:styles ` + namespaces + `><w:style w:type="numbering" w:styleId="Firmaliste"><w:name w:val="Firmaliste"/><w:pPr><w:numPr><w:numId w:val="5"/></w:numPr></w:pPr></w:style></w:styles>`
	_, lines := read(t, file(t, numbered("1", "0", "a")+numbered("1", "0", "b"), parts))
	require.Equal(t, []string{"item1 A)| a", "item1 B)| b"}, lines)
}

func TestFields(t *testing.T) {
	tests := []struct {
		name, body string
		want       []string
	}{
		{name: "a field that never ends costs its paragraph at most", body: `<w:p>` + r("før ") + fld("begin") + code(" REF a ") + `</w:p>` + p("etter"), want: []string{"paragraph| før", "paragraph| etter"}},
		{name: "an end without a beginning", body: `<w:p>` + fld("end") + r("tekst") + `</w:p>`, want: []string{"paragraph| tekst"}},
		{name: "a result over several paragraphs", body: `<w:p>` + fld("begin") + code(" INCLUDETEXT a ") + fld("separate") + r("en") + `</w:p>` + p("to") + `<w:p>` + r("tre") + fld("end") + `</w:p>`, want: []string{"paragraph| en", "paragraph| to", "paragraph| tre"}},
		{name: "a field whose beginning was deleted", body: `<w:p><w:del>` + fld("begin") + code(" REF a ") + fld("separate") + `<w:r><w:delText>borte</w:delText></w:r>` + fld("end") + `</w:del>` + r("igjen") + `</w:p>`, want: []string{"paragraph| igjen"}},
		{name: "a check box", body: `<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>` + code(" FORMCHECKBOX ") + fld("end") + r(" ja") + `</w:p>`, want: []string{"paragraph| ☒ ja"}},
		{name: "a symbol and a button", body: `<w:p>` + fld("begin") + code(` SYMBOL 0xB1 \f "Symbol" `) + fld("end") + r(" ") + fld("begin") + code(` MACROBUTTON NoMacro Trykk her `) + fld("end") + `</w:p>`, want: []string{"paragraph| ± Trykk her"}},
		{name: "the table of contents in its content control", body: `<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>` + p("Innhold") + `</w:sdtContent></w:sdt>` + p("tekst"), want: []string{"paragraph| tekst"}},
		{name: "what was written below the table of contents in its content control", body: `<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>` + p("Innhold") + `<w:p>` + fld("begin") + code(` TOC \o "1-3" `) + fld("separate") + r("Garanti 3") + `</w:p><w:p>` + r("Retur 4") + `</w:p><w:p>` + fld("end") + `</w:p>` + p("Les dette først.") + `</w:sdtContent></w:sdt>` + p("tekst"), want: []string{"paragraph| Les dette først.", "paragraph| tekst"}},
		{name: "the same at the beginning of a document", body: `<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>` + styled("TOCHeading", "Innhold") + styled("TOC1", "Garanti\t3") + p("Les dette først.") + `</w:sdtContent></w:sdt>`, want: []string{"paragraph| Les dette først."}},
		{name: "a fraction", body: `<w:p>` + r("10 ") + fld("begin") + code(` EQ \f(1;2) \* MERGEFORMAT `) + fld("end") + r(" tomme") + `</w:p>`, want: []string{"paragraph| 10 1/2 tomme"}},
		{name: "a formula in a field", body: `<w:p>` + fld("begin") + code(`eq \r(3;x) + \f(a+b,\r(c)) = \b(\s\up8(n)) \(1\) \o(\s\up 12(E),\s\do 4(x))`) + fld("end") + `</w:p>`, want: []string{"paragraph| √(3&x) + (a+b)/(√(c)) = (n) (1) Ex"}},
		{name: "a formula that ends early", body: `<w:p>` + fld("begin") + code(`EQ \f(((1;\`) + fld("end") + r("!") + `</w:p>`, want: []string{"paragraph| ((1,))!"}},
		{name: "what a field stores and does not show", body: `<w:p>` + fld("begin") + code(` SET navn "skjult" `) + fld("separate") + r("skjult") + fld("end") + r("Hei ") + fld("begin") + code(" REF navn ") + fld("separate") + r("Kari") + fld("end") + `<w:fldSimple w:instr=" ASK svar Hvem? ">` + r("spurt") + `</w:fldSimple></w:p>`, want: []string{"paragraph| Hei Kari"}},
		{name: "a list to choose from whose result is empty", body: `<w:p>` + r("Pris: ") + `<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="100"/><w:listEntry w:val="200"/></w:ddList></w:ffData></w:fldChar></w:r>` + code(" FORMDROPDOWN ") + fld("separate") + `<w:r/>` + fld("end") + `</w:p>`, want: []string{"paragraph| Pris: 200"}},
		{name: "a list to choose from whose result is written", body: `<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:listEntry w:val="100"/></w:ddList></w:ffData></w:fldChar></w:r>` + code(" FORMDROPDOWN ") + fld("separate") + r("100 kr") + fld("end") + `</w:p>`, want: []string{"paragraph| 100 kr"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, lines := read(t, file(t, tt.body, nil))
			require.Equal(t, tt.want, lines)
		})
	}
}

func TestATableThatLaysOutAPageIsText(t *testing.T) {
	_, lines := read(t, file(t, `<w:tbl>`+row(tc("", styled("Heading2", "Garanti")+p("To år.")+p("Ta vare på kvitteringen.")), tc("", p("Bilde")))+`</w:tbl>`, nil))
	require.Equal(t, []string{"heading2| Garanti", "paragraph| To år.", "paragraph| Ta vare på kvitteringen.", "paragraph| Bilde"}, lines)
}

func TestWhatRepeatsIsBounded(t *testing.T) {
	chart := `<c:chartSpace ` + namespaces + `><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Diagram</a:t></a:r></a:p></c:rich></c:tx></c:title></c:chart></c:chartSpace>`
	rels := map[string]string{"word/charts/c.xml": chart, "word/_rels/document.xml.rels": `<Relationships><Relationship Id="kart" Type="http://x/chart" Target="charts/c.xml"/></Relationships>`}
	tests := []struct {
		name, body string
		parts      map[string]string
		want       int // blocks
	}{
		{name: "empty cells", body: p("før") + `<w:tbl>` + strings.Repeat(row(strings.Repeat(`<w:tc/>`, 60)), 6000) + `</w:tbl>`, want: 1},
		{name: "one chart many times", body: p("før") + strings.Repeat(`<w:p>`+drawn("", `<c:chart r:id="kart"/>`)+`</w:p>`, 5000), parts: rels, want: 2},
		{name: "paragraphs whose marks are all deleted", body: strings.Repeat(pp(`<w:rPr><w:del/></w:rPr>`, r("ord ")), 50_000), want: 1},
		{name: "tables in tables", body: strings.Repeat(`<w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc>`, 40) + p("innerst") + strings.Repeat(`</w:tc></w:tr></w:tbl>`, 40), want: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := docx.Reader{}.Read(t.Context(), file(t, tt.body, tt.parts))
			require.NoError(t, err)
			require.Len(t, doc.Blocks, tt.want)
		})
	}
}

func TestEmbeddedObjects(t *testing.T) {
	object := func(id, kind, aspect string) string {
		return `<w:p>` + r("før") + `<w:r><w:object><v:shape><v:imagedata r:id="bilde"/></v:shape><o:OLEObject Type="Embed" ProgID="` + kind + `" DrawAspect="` + aspect + `" r:id="` + id + `"/></w:object></w:r></w:p>`
	}
	parts := map[string]string{
		"word/_rels/document.xml.rels": `<Relationships><Relationship Id="ark" Type="http://x/package" Target="embeddings/a.xlsx"/><Relationship Id="brev" Type="http://x/package" Target="embeddings/b.docx"/><Relationship Id="ole" Type="http://x/oleObject" Target="embeddings/c.bin"/></Relationships>`,
		"word/embeddings/a.xlsx":       officetest.Workbook(t, "A1:B2", []string{"Vare", "Pris"}, []string{"K-100", "100"}, []string{"K-200", "200"}),
		"word/embeddings/b.docx":       packed(t, file(t, p("Brevtekst."), nil)),
		"word/embeddings/c.bin":        "?",
	}
	tests := []struct {
		name, body string
		want       []string
		warned     string
	}{
		{name: "what a workbook shows", body: object("ark", "Excel.Sheet.12", "Content"), want: []string{"paragraph| før", "table| <Vare;Pris> [] K-100;100"}},
		{name: "a document", body: object("brev", "Word.Document.12", "Content"), want: []string{"paragraph| før", "paragraph| Brevtekst."}},
		{name: "a workbook behind an icon", body: object("ark", "Excel.Sheet.12", "Icon"), want: []string{"paragraph| før"}, warned: "Excel.Sheet.12"},
		{name: "a formula of the older kind", body: object("ole", "Equation.3", "Content"), want: []string{"paragraph| før"}, warned: "Equation.3"},
		{name: "a deleted workbook", body: `<w:p><w:del>` + strings.TrimSuffix(strings.TrimPrefix(object("ark", "Excel.Sheet.12", "Content"), "<w:p>"), "</w:p>") + `</w:del></w:p>` + p("etter"), want: []string{"paragraph| etter"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, lines := read(t, file(t, tt.body, parts))
			require.Equal(t, tt.want, lines)
			require.Equal(t, tt.warned != "", len(doc.Warnings) > 0, doc.Warnings)
			require.Contains(t, strings.Join(doc.Warnings, ""), tt.warned)
			for _, b := range doc.Blocks {
				require.Positive(t, b.Locator.Paragraph)
				for i := 0; b.Table != nil && i < len(b.Table.Rows); i++ {
					require.Equal(t, b.Locator, b.Table.Rows[i].Locator)
				}
			}
		})
	}
}

// packed is a file as a part of another.
func packed(tb testing.TB, in ingest.Input) string {
	tb.Helper()
	data, err := io.ReadAll(io.NewSectionReader(in.Data, 0, in.Size))
	require.NoError(tb, err)
	return string(data)
}

func TestControlsShowWhatTheyAreBoundTo(t *testing.T) {
	const item = "{12345678-ABCD-4E3E-A5EB-62B41D839F10}"
	control := func(kind, store, path, content string) string {
		return `<w:sdt><w:sdtPr><w:dataBinding w:prefixMappings="xmlns:ns0='x'" w:xpath="` + path + `" w:storeItemID="` + store + `"/><w:` + kind + `/></w:sdtPr><w:sdtContent>` + content + `</w:sdtContent></w:sdt>`
	}
	parts := map[string]string{
		"docProps/core.xml":              `<cp:coreProperties xmlns:cp="a" xmlns:dc="b"><dc:title>Avtale 7</dc:title></cp:coreProperties>`,
		"customXml/item1.xml":            `<k:kunde xmlns:k="x"><k:navn>Brisk AS</k:navn><k:navn nr="42">Nord AS</k:navn><k:tom/></k:kunde>`,
		"customXml/itemProps1.xml":       `<ds:datastoreItem xmlns:ds="y" ds:itemID="` + strings.ToLower(item) + `"/>`,
		"customXml/_rels/item1.xml.rels": `<Relationships><Relationship Id="r" Type="http://x/customXmlProps" Target="itemProps1.xml"/></Relationships>`,
		"word/_rels/document.xml.rels":   `<Relationships><Relationship Id="r" Type="http://x/customXml" Target="../customXml/item1.xml"/></Relationships>`,
	}
	tests := []struct{ name, body, want string }{
		{name: "a value in the line", body: `<w:p>` + r("Kunde: ") + control("text", item, "/ns0:kunde[1]/ns0:navn[1]", r("gam")+r("mel")) + r(".") + `</w:p>`, want: "Kunde: Brisk AS."},
		{name: "a control around a paragraph", body: control("text", item, "/ns0:kunde/ns0:navn[2]", p("gammel")), want: "Nord AS"},
		{name: "an attribute", body: control("text", item, "/ns0:kunde/ns0:navn[2]/@nr", p("gammel")), want: "42"},
		{name: "a property of the document", body: control("text", "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}", "/ns1:coreProperties[1]/ns0:title[1]", p("gammel")), want: "Avtale 7"},
		{name: "a value that is empty", body: control("text", item, "/ns0:kunde/ns0:tom", p("gammel")), want: "gammel"},
		{name: "a path that leads nowhere", body: control("text", item, "/ns0:kunde/ns0:navn[3]", p("gammel")), want: "gammel"},
		{name: "a path that is more than names", body: control("text", item, "/*[name()='k:kunde']/*", p("gammel")), want: "gammel"},
		{name: "a store that is not there", body: control("text", "{0}", "/ns0:kunde/ns0:navn", p("gammel")), want: "gammel"},
		{name: "a date, which is stored otherwise than it shows", body: control("date", item, "/ns0:kunde/ns0:navn", p("gammel")), want: "gammel"},
		{name: "hidden content", body: p("synlig") + control("text", item, "/ns0:kunde/ns0:navn", `<w:p>`+rp(`<w:vanish/>`, "skjult")+`</w:p>`), want: "synlig"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, lines := read(t, file(t, tt.body, parts))
			require.Equal(t, []string{"paragraph| " + tt.want}, lines)
		})
	}
	long := maps.Clone(parts)
	long["customXml/item1.xml"] = `<kunde><navn>` + strings.Repeat("a", 100_000) + `</navn></kunde>`
	doc, err := docx.Reader{}.Read(t.Context(), file(t, `<w:p>`+strings.Repeat(control("text", item, "/kunde/navn", r("b")), 3000)+`</w:p>`, long))
	require.NoError(t, err)
	require.Less(t, len(doc.Blocks[0].Text), 2<<20)
}
