package docx_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/docx"
)

// feature is one thing that Word documents do. keep are words that must be
// read exactly once, gone are words that must not be read, text is a piece
// that must stand in a block as it is.
type feature struct {
	name string
	body string
	keep []string
	gone []string
	text []string
}

func r(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }

func rp(properties, text string) string {
	return `<w:r><w:rPr>` + properties + `</w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
}

func pp(properties, content string) string {
	return `<w:p><w:pPr>` + properties + `</w:pPr>` + content + `</w:p>`
}

func fld(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }

func code(text string) string { return `<w:r><w:instrText xml:space="preserve">` + text + `</w:instrText></w:r>` }

// drawn is a drawing with a description and what it shows.
func drawn(descr, graphic string) string {
	return `<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Bilde 1" descr="` + descr + `"/><a:graphic><a:graphicData>` + graphic + `</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>`
}

func row(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }

// features are those of the probe document, in its order.
var features = []feature{
	{name: "heading by a built-in style", body: styled("Heading1", "Hodekapittel"), keep: []string{"Hodekapittel"}},
	{name: "heading by a localised style on which another is based", body: styled("Firma2", "Arvetoverskrift"), keep: []string{"Arvetoverskrift"}},
	{name: "heading by an outline level of its own", body: pp(`<w:outlineLvl w:val="2"/>`, r("Omrissnivå")), keep: []string{"Omrissnivå"}},
	{name: "heading numbered by its style", body: styled("Num1", "Nummeroverskrift") + styled("Num2", "Undernummer"), keep: []string{"Nummeroverskrift", "Undernummer"}, text: []string{"1 Nummeroverskrift", "1.1 Undernummer"}},
	{name: "plain paragraph in several runs", body: `<w:p>` + r("Sammen") + r("satt ord") + `</w:p>`, keep: []string{"Sammensatt"}},
	{name: "tab", body: `<w:p><w:r><w:t>tabfør</w:t><w:tab/><w:t>tabetter</w:t></w:r></w:p>`, keep: []string{"tabfør", "tabetter"}},
	{name: "line break", body: `<w:p><w:r><w:t>linjeen</w:t><w:br/><w:t>linjeto</w:t></w:r></w:p>`, keep: []string{"linjeen", "linjeto"}},
	{name: "no-break and soft hyphens", body: `<w:p><w:r><w:t>hard</w:t><w:noBreakHyphen/><w:t>bindestrek myk</w:t><w:softHyphen/><w:t>strek tegn` + "\u00AD" + `vis</w:t></w:r></w:p>`, keep: []string{"hard-bindestrek", "mykstrek", "tegnvis"}},
	{name: "symbols of symbol fonts", body: `<w:p>` + r("symbolord ") + `<w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>` + rp(`<w:rFonts w:ascii="Wingdings"/>`, "\uF0FC") + `</w:p>`, keep: []string{"symbolord"}, text: []string{"symbolord α→✓"}},
	{name: "bulleted list", body: numbered("2", "0", "kulepunkt"), keep: []string{"kulepunkt"}, text: []string{"• kulepunkt"}},
	{name: "numbered list of several levels", body: numbered("1", "0", "trinnen") + numbered("1", "1", "trinnto"), keep: []string{"trinnen", "trinnto"}, text: []string{"1. trinnen", "1.a) trinnto"}},
	{name: "table with a header", body: `<w:tbl>` + row(tc("", p("kolonneen")), tc("", p("kolonneto"))) + row(tc("", p("celleen")), tc("", p("17"))) + row(tc("", p("celleto")), tc("", p("18"))) + `</w:tbl>`, keep: []string{"kolonneen", "kolonneto", "celleen", "celleto"}},
	{name: "nested table", body: `<w:tbl>` + row(tc("", p("ytreen")), tc("", p("ytreto"))) + row(tc("", p("ytretre")), tc("", `<w:tbl>`+row(tc("", p("indreen")), tc("", p("indreto")))+`</w:tbl>`+p(""))) + `</w:tbl>`, keep: []string{"ytreen", "ytreto", "ytretre", "indreen", "indreto"}},
	{name: "footnote", body: `<w:p>` + r("fotnoteanker") + `<w:r><w:footnoteReference w:id="2"/></w:r></w:p>`, keep: []string{"fotnoteanker", "fotnotetekst"}, gone: []string{"skillestrek"}},
	{name: "endnote", body: `<w:p>` + r("sluttnoteanker") + `<w:r><w:endnoteReference w:id="2"/></w:r></w:p>`, keep: []string{"sluttnoteanker", "sluttnotetekst"}},
	{name: "comment", body: `<w:p><w:commentRangeStart w:id="0"/>` + r("kommentert") + `<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>`, keep: []string{"kommentert"}, gone: []string{"kommentartekst"}},
	{name: "header and footer", body: "", keep: []string{"topptekst", "bunntekst", "førstetopptekst"}, gone: []string{"partallstekst", "991", "992"}},
	{name: "text box with its older form", body: `<w:p>` + r("bokssanker") + `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx><w:txbxContent>` + p("tekstboks") + `</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>` + p("tekstboks reserveform") + `</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`, keep: []string{"bokssanker", "tekstboks"}, gone: []string{"reserveform"}},
	{name: "text box in VML alone", body: `<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>` + p("vmlboks") + `</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>`, keep: []string{"vmlboks"}},
	{name: "simple field", body: `<w:p><w:fldSimple w:instr=" AUTHOR enkelkode ">` + r("enkeltfelt") + `</w:fldSimple></w:p>`, keep: []string{"enkeltfelt"}, gone: []string{"enkelkode", "AUTHOR"}},
	{name: "complex field", body: `<w:p>` + fld("begin") + code(` REF feltkode \h `) + fld("separate") + r("feltresultat") + fld("end") + `</w:p>`, keep: []string{"feltresultat"}, gone: []string{"feltkode"}},
	{name: "field inside another's code", body: `<w:p>` + fld("begin") + code(` IF `) + fld("begin") + code(` DOCPROPERTY x `) + fld("separate") + r("indreverdi") + fld("end") + code(` = "1" "janei" `) + fld("separate") + r("ytreresultat") + fld("end") + `</w:p>`, keep: []string{"ytreresultat"}, gone: []string{"indreverdi", "janei", "DOCPROPERTY"}},
	{name: "form fields", body: `<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="valgfeil"/><w:listEntry w:val="valgrett"/></w:ddList></w:ffData></w:fldChar></w:r>` + code(" FORMDROPDOWN ") + fld("end") + `</w:p>`, keep: []string{"valgrett"}, gone: []string{"valgfeil", "FORMDROPDOWN"}},
	{name: "table of contents", body: pp("", fld("begin")+code(` TOC \o "1-3" `)+fld("separate")+r("innholdslinje 3")) + p("innholdslinjeto 4") + `<w:p>` + fld("end") + `</w:p>`, gone: []string{"innholdslinje", "innholdslinjeto"}},
	{name: "hyperlink", body: `<w:p><w:hyperlink r:id="link">` + r("lenketekst") + `</w:hyperlink></w:p>`, keep: []string{"lenketekst"}, gone: []string{"example"}},
	{name: "inserted text", body: `<w:p><w:ins w:id="1">` + r("innsatt") + `</w:ins></w:p>`, keep: []string{"innsatt"}},
	{name: "deleted text", body: `<w:p>` + r("beholdt ") + `<w:del w:id="2"><w:r><w:delText>slettet</w:delText></w:r></w:del></w:p>`, keep: []string{"beholdt"}, gone: []string{"slettet"}},
	{name: "moved text", body: `<w:p><w:moveFrom w:id="3">` + r("flyttetbort") + `</w:moveFrom></w:p><w:p><w:moveTo w:id="4">` + r("flyttethit") + `</w:moveTo></w:p>`, keep: []string{"flyttethit"}, gone: []string{"flyttetbort"}},
	{name: "deleted paragraph mark", body: pp(`<w:rPr><w:del w:id="5"/></w:rPr>`, r("skjøtførst ")) + p("skjøtsist"), keep: []string{"skjøtførst", "skjøtsist"}, text: []string{"skjøtførst skjøtsist"}},
	{name: "deleted table row and cell", body: `<w:tbl>` + row(tc("", p("radhodeen")), tc("", p("radhodeto"))) + row(`<w:trPr><w:del w:id="6"/></w:trPr>`, tc("", p("radslettet")), tc("", p("x"))) + row(tc("", p("radbeholdt")), tc("", p("y")), tc(`<w:cellDel w:id="7"/>`, p("celleslettet"))) + `</w:tbl>`, keep: []string{"radhodeen", "radhodeto", "radbeholdt"}, gone: []string{"radslettet", "celleslettet"}},
	{name: "hidden run", body: `<w:p>` + rp(`<w:vanish/>`, "skjultdirekte") + r("synligrest") + `</w:p>`, keep: []string{"synligrest"}, gone: []string{"skjultdirekte"}},
	{name: "text hidden by styles", body: `<w:p>` + rp(`<w:rStyle w:val="Skjult"/>`, "skjulttegnstil") + rp(`<w:rStyle w:val="SkjultArv"/>`, "skjultarv") + `</w:p>` + styled("SkjultAvsnitt", "skjultavsnitt") + pp(`<w:pStyle w:val="SkjultAvsnitt"/>`, rp(`<w:vanish w:val="0"/>`, "vistigjen")), keep: []string{"vistigjen"}, gone: []string{"skjulttegnstil", "skjultarv", "skjultavsnitt"}},
	{name: "text hidden on the web", body: `<w:p>` + rp(`<w:webHidden/>`, "skjultnett") + r("nettsynlig") + `</w:p>`, keep: []string{"nettsynlig"}, gone: []string{"skjultnett"}},
	{name: "description of a picture", body: `<w:p>` + drawn("Bildebeskrivelse av pumpen", `<pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="pumpe.png" descr="Bildebeskrivelse av pumpen"/></pic:nvPicPr></pic:pic>`) + `</w:p>`, keep: []string{"Bildebeskrivelse"}, gone: []string{"pumpe.png"}},
	{name: "chart", body: `<w:p>` + drawn("", `<c:chart r:id="kart"/>`) + `</w:p>`, keep: []string{"Diagramtittel", "Serienavn", "Kategorinavn", "Aksenavn"}, text: []string{"Kategorinavn 12.5"}},
	{name: "SmartArt", body: `<w:p>` + drawn("", `<dgm:relIds r:dm="art" r:lo="x"/>`) + `</w:p>`, keep: []string{"Diagrampunkt", "Diagramunder"}, gone: []string{"Overgangspunkt"}},
	{name: "content controls inside one another", body: `<w:sdt><w:sdtPr><w:alias w:val="kontrollnavn"/></w:sdtPr><w:sdtContent>` + p("kontrollblokk") + `<w:sdt><w:sdtContent><w:p><w:sdt><w:sdtContent>` + r("kontrollinni") + `</w:sdtContent></w:sdt></w:p></w:sdtContent></w:sdt></w:sdtContent></w:sdt>`, keep: []string{"kontrollblokk", "kontrollinni"}, gone: []string{"kontrollnavn"}},
	{name: "content controls around rows and cells", body: `<w:tbl>` + row(tc("", p("sdthodeen")), tc("", p("sdthodeto"))) + `<w:sdt><w:sdtContent>` + row(tc("", p("sdtrad")), `<w:sdt><w:sdtContent>`+tc("", p("sdtcelle"))+`</w:sdtContent></w:sdt>`) + `</w:sdtContent></w:sdt></w:tbl>`, keep: []string{"sdthodeen", "sdthodeto", "sdtrad", "sdtcelle"}},
	{name: "smart tag and custom XML", body: `<w:customXml><w:customXmlPr><w:attr w:val="xmlattributt"/></w:customXmlPr><w:p><w:smartTag><w:smartTagPr/>` + r("smartord ") + `</w:smartTag><w:customXml>` + r("xmlord") + `</w:customXml></w:p></w:customXml>`, keep: []string{"smartord", "xmlord"}, gone: []string{"xmlattributt"}},
	{name: "formula", body: `<w:p>` + r("formelord ") + `<m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>c</m:t></m:r></m:den></m:f><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></w:p>`, keep: []string{"formelord"}, text: []string{"formelord (a+b)/cx^2"}},
	{name: "ruby text", body: `<w:p><w:r><w:ruby><w:rt>` + r("rubytekst") + `</w:rt><w:rubyBase>` + r("rubybasis") + `</w:rubyBase></w:ruby></w:r></w:p>`, keep: []string{"rubybasis"}, gone: []string{"rubytekst"}},
	{name: "web page inside the document", body: `<w:altChunk r:id="html"/>`, keep: []string{"nettsidetekst"}, gone: []string{"nettskript"}},
	{name: "text file inside the document", body: `<w:altChunk r:id="txt"/>`, keep: []string{"tekstfilinnhold"}},
	{name: "drop cap", body: pp(`<w:framePr w:dropCap="drop"/>`, r("A")) + p("nfangsord her"), keep: []string{"Anfangsord"}},
	{name: "white text", body: `<w:p>` + rp(`<w:color w:val="FFFFFF"/>`, "hvittekst") + `</w:p>`, keep: []string{"hvittekst"}},
}

// merged are cells that show in several columns or rows.
const merged = `<w:tbl><w:tr>` + `<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr><w:p><w:r><w:t>loddrett</w:t></w:r></w:p></w:tc><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>vannrett</w:t></w:r></w:p></w:tc></w:tr>` +
	`<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>enkeltcelle</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>sistecelle</w:t></w:r></w:p></w:tc></w:tr></w:tbl>`

// probe is a document with all features. Its parts have names and relation
// ids that no program would give them.
func probe(tb testing.TB) ingest.Input {
	tb.Helper()
	var body strings.Builder
	for _, f := range features {
		body.WriteString(f.body)
	}
	body.WriteString(merged + `<w:sectPr><w:headerReference w:type="default" r:id="topp"/><w:headerReference w:type="first" r:id="toppen"/><w:headerReference w:type="even" r:id="partall"/><w:footerReference w:type="default" r:id="bunn"/><w:titlePg/></w:sectPr>`)
	rel := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"/>`
	}
	page := func(instr, result string) string {
		return fld("begin") + code(instr) + fld("separate") + r(result) + fld("end")
	}
	return pack(tb, map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":         `<Relationships>` + rel("x", "officeDocument", "/innhold/Hoved.xml") + `</Relationships>`,
		"innhold/hoved.XML":   `<w:document ` + namespaces + `><w:body>` + body.String() + `</w:body></w:document>`,
		"innhold/_rels/Hoved.xml.rels": `<Relationships>` + rel("s", "styles", "stil.xml") + rel("n", "numbering", "tall.xml") + rel("f", "footnotes", "fot.xml") + rel("e", "endnotes", "slutt.xml") + rel("k", "comments", "prat.xml") +
			rel("topp", "header", "t1.xml") + rel("toppen", "header", "t2.xml") + rel("partall", "header", "t3.xml") + rel("bunn", "footer", "b1.xml") + rel("kart", "chart", "../diagram/k.xml") + rel("art", "diagramData", "/diagram/a.xml") +
			rel("html", "aFChunk", "side.html") + rel("txt", "aFChunk", "notat.txt") + `<Relationship Id="link" Type="http://x/hyperlink" Target="https://example.com" TargetMode="External"/></Relationships>`,
		"innhold/stil.xml": `<w:styles ` + namespaces + `><w:style w:type="paragraph" w:styleId="O1"><w:name w:val="Overskrift 2"/></w:style><w:style w:type="paragraph" w:styleId="Firma2"><w:name w:val="Firma"/><w:basedOn w:val="O1"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Num1"><w:name w:val="Kapittel"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Num2"><w:name w:val="Delkapittel"/><w:basedOn w:val="Num1"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>` +
			`<w:style w:type="character" w:styleId="Skjult"><w:name w:val="skjult"/><w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="character" w:styleId="SkjultArv"><w:name w:val="arv"/><w:basedOn w:val="Skjult"/></w:style><w:style w:type="paragraph" w:styleId="SkjultAvsnitt"><w:name w:val="skjulta"/><w:rPr><w:vanish/></w:rPr></w:style></w:styles>`,
		"innhold/tall.xml": strings.Replace(numbering, "</w:numbering>", `<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Num1"/><w:lvlText w:val="%1"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Num2"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="7"/></w:num></w:numbering>`, 1),
		"innhold/fot.xml":   `<w:footnotes ` + namespaces + `><w:footnote w:type="separator" w:id="0">` + p("skillestrek") + `</w:footnote><w:footnote w:id="2">` + p("fotnotetekst") + `</w:footnote></w:footnotes>`,
		"innhold/slutt.xml": `<w:endnotes ` + namespaces + `><w:endnote w:id="2">` + p("sluttnotetekst") + `</w:endnote></w:endnotes>`,
		"innhold/prat.xml":  `<w:comments ` + namespaces + `><w:comment w:id="0">` + p("kommentartekst") + `</w:comment></w:comments>`,
		"innhold/t1.xml":    `<w:hdr ` + namespaces + `>` + p("topptekst") + `<w:p>` + r("Side ") + page("PAGE", "991") + r(" av ") + page("NUMPAGES", "992") + `</w:p></w:hdr>`,
		"innhold/t2.xml":    `<w:hdr ` + namespaces + `>` + p("førstetopptekst") + p("topptekst") + `</w:hdr>`,
		"innhold/t3.xml":    `<w:hdr ` + namespaces + `>` + p("partallstekst") + `</w:hdr>`,
		"innhold/b1.xml":    `<w:ftr ` + namespaces + `>` + p("bunntekst") + `</w:ftr>`,
		"diagram/k.xml": `<c:chartSpace ` + namespaces + `><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Diagramtittel</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>Serienavn</c:v></c:pt></c:strCache></c:strRef></c:tx>` +
			`<c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>Kategorinavn</c:v></c:pt></c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>General</c:formatCode><c:pt idx="0"><c:v>12.5</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart><c:catAx><c:title><c:tx><c:rich><a:p><a:r><a:t>Aksenavn</a:t></a:r></a:p></c:rich></c:tx></c:title></c:catAx></c:plotArea></c:chart></c:chartSpace>`,
		"diagram/a.xml": `<dgm:dataModel ` + namespaces + `><dgm:ptLst><dgm:pt modelId="0" type="doc"/><dgm:pt modelId="2"><dgm:t><a:p><a:r><a:t>Diagramunder</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt modelId="1"><dgm:t><a:p><a:r><a:t>Diagrampunkt</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt modelId="3" type="sibTrans"><dgm:t><a:p><a:r><a:t>Overgangspunkt</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst>` +
			`<dgm:cxnLst><dgm:cxn srcId="0" destId="1" srcOrd="0"/><dgm:cxn srcId="1" destId="2" srcOrd="0"/></dgm:cxnLst></dgm:dataModel>`,
		"innhold/side.html": `<html><body><script>nettskript</script><p>nettsidetekst</p></body></html>`,
		"innhold/notat.txt": "tekstfilinnhold\n",
	})
}

// allText is everything that a document says, a line a block or row.
func allText(doc ingest.Document) string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.TrimSpace(strings.Join(parts, " ")) + "\n") }
	line(doc.Title)
	for _, bl := range doc.Blocks {
		if bl.Kind == ingest.ListItem {
			line(bl.Marker, bl.Text)
		} else {
			line(bl.Text)
		}
		if t := bl.Table; t != nil {
			line(t.Caption)
			line(t.Header...)
			for _, r := range t.Rows {
				line(r.Group)
				line(r.Cells...)
			}
		}
	}
	return b.String()
}

func TestProbe(t *testing.T) {
	doc, err := docx.Reader{}.Read(context.Background(), probe(t))
	require.NoError(t, err)
	all := allText(doc)
	count := map[string]int{}
	for word := range strings.FieldsSeq(all) {
		count[word]++
	}
	require.GreaterOrEqual(t, len(features)+1, 37)
	for _, f := range features {
		t.Run(f.name, func(t *testing.T) {
			for _, word := range f.keep {
				require.Equal(t, 1, count[word], "%q in\n%s", word, all)
			}
			for _, word := range f.gone {
				require.NotContains(t, all, word)
			}
			for _, text := range f.text {
				require.Contains(t, all, text)
			}
		})
	}
	t.Run("merged cells show wherever they reach", func(t *testing.T) {
		require.Contains(t, all, "loddrett vannrett vannrett\n")
		require.Contains(t, all, "loddrett enkeltcelle sistecelle\n")
	})
	t.Run("what nobody sees is reported", func(t *testing.T) {
		require.Len(t, doc.Warnings, 2)
		require.Contains(t, doc.Warnings[0], "white or tiny text")
		require.Contains(t, doc.Warnings[1], "hidden on the web")
	})
	t.Run("the strict form of the format reads the same", func(t *testing.T) {
		data := make([]byte, probe(t).Size)
		_, err := probe(t).Data.ReadAt(data, 0)
		require.NoError(t, err)
		strict := repack(t, data, func(s string) string {
			return strings.NewReplacer("http://schemas.openxmlformats.org/officeDocument/2006/relationships/", "http://purl.oclc.org/ooxml/officeDocument/relationships/",
				"http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main").Replace(s)
		})
		again, err := docx.Reader{}.Read(context.Background(), strict)
		require.NoError(t, err)
		require.Equal(t, doc, again)
	})
}

// repack changes the parts of a package.
func repack(tb testing.TB, data []byte, change func(string) string) ingest.Input {
	tb.Helper()
	parts := map[string]string{}
	for name, text := range unpack(tb, bytes.NewReader(data), int64(len(data))) {
		parts[name] = change(text)
	}
	return pack(tb, parts)
}
