package docx_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/docx"
	"github.com/sufflor/sufflor/ingest/office/officetest"
)

func r(text string) string { return `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r>` }

func rp(properties, text string) string {
	return `<w:r><w:rPr>` + properties + `</w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
}

func pp(properties, content string) string {
	return `<w:p><w:pPr>` + properties + `</w:pPr>` + content + `</w:p>`
}

func fld(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }

func code(text string) string {
	return `<w:r><w:instrText xml:space="preserve">` + text + `</w:instrText></w:r>`
}

// drawn is a drawing with a description and what it shows.
func drawn(descr, graphic string) string {
	return `<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Bilde 1" descr="` + descr + `"/><a:graphic><a:graphicData>` + graphic + `</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>`
}

func row(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }

// features are those of the probe document, in its order.
var features = []officetest.Feature{
	{Name: "heading by a built-in style", Body: styled("Heading1", "Hodekapittel"), Keep: []string{"Hodekapittel"}},
	{Name: "heading by a localised style on which another is based", Body: styled("Firma2", "Arvetoverskrift"), Keep: []string{"Arvetoverskrift"}},
	{Name: "heading by an outline level of its own", Body: pp(`<w:outlineLvl w:val="2"/>`, r("Omrissnivå")), Keep: []string{"Omrissnivå"}},
	{Name: "heading numbered by its style", Body: styled("Num1", "Nummeroverskrift") + styled("Num2", "Undernummer"), Keep: []string{"Nummeroverskrift", "Undernummer"}, Text: []string{"1 Nummeroverskrift", "1.1 Undernummer"}},
	{Name: "plain paragraph in several runs", Body: `<w:p>` + r("Sammen") + r("satt ord") + `</w:p>`, Keep: []string{"Sammensatt"}},
	{Name: "tab", Body: `<w:p><w:r><w:t>tabfør</w:t><w:tab/><w:t>tabetter</w:t></w:r></w:p>`, Keep: []string{"tabfør", "tabetter"}},
	{Name: "line break", Body: `<w:p><w:r><w:t>linjeen</w:t><w:br/><w:t>linjeto</w:t></w:r></w:p>`, Keep: []string{"linjeen", "linjeto"}},
	{Name: "no-break and soft hyphens", Body: `<w:p><w:r><w:t>hard</w:t><w:noBreakHyphen/><w:t>bindestrek myk</w:t><w:softHyphen/><w:t>strek tegn` + "\u00AD" + `vis</w:t></w:r></w:p>`, Keep: []string{"hard-bindestrek", "mykstrek", "tegnvis"}},
	{Name: "symbols of symbol fonts", Body: `<w:p>` + r("symbolord ") + `<w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>` + rp(`<w:rFonts w:ascii="Wingdings"/>`, "\uF0FC") + `</w:p>`, Keep: []string{"symbolord"}, Text: []string{"symbolord α→✓"}},
	{Name: "bulleted list", Body: numbered("2", "0", "kulepunkt"), Keep: []string{"kulepunkt"}, Text: []string{"• kulepunkt"}},
	{Name: "numbered list of several levels", Body: numbered("1", "0", "trinnen") + numbered("1", "1", "trinnto"), Keep: []string{"trinnen", "trinnto"}, Text: []string{"1. trinnen", "1.a) trinnto"}},
	{Name: "table with a header", Body: `<w:tbl>` + row(tc("", p("kolonneen")), tc("", p("kolonneto"))) + row(tc("", p("celleen")), tc("", p("17"))) + row(tc("", p("celleto")), tc("", p("18"))) + `</w:tbl>`, Keep: []string{"kolonneen", "kolonneto", "celleen", "celleto"}},
	{Name: "nested table", Body: `<w:tbl>` + row(tc("", p("ytreen")), tc("", p("ytreto"))) + row(tc("", p("ytretre")), tc("", `<w:tbl>`+row(tc("", p("indreen")), tc("", p("indreto")))+`</w:tbl>`+p(""))) + `</w:tbl>`, Keep: []string{"ytreen", "ytreto", "ytretre", "indreen", "indreto"}},
	{Name: "footnote", Body: `<w:p>` + r("fotnoteanker") + `<w:r><w:footnoteReference w:id="2"/></w:r></w:p>`, Keep: []string{"fotnoteanker", "fotnotetekst"}, Gone: []string{"skillestrek"}},
	{Name: "endnote", Body: `<w:p>` + r("sluttnoteanker") + `<w:r><w:endnoteReference w:id="2"/></w:r></w:p>`, Keep: []string{"sluttnoteanker", "sluttnotetekst"}},
	{Name: "comment", Body: `<w:p><w:commentRangeStart w:id="0"/>` + r("kommentert") + `<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>`, Keep: []string{"kommentert"}, Gone: []string{"kommentartekst"}},
	{Name: "header and footer", Body: "", Keep: []string{"topptekst", "bunntekst", "førstetopptekst"}, Gone: []string{"partallstekst", "991", "992"}},
	{Name: "text box with its older form", Body: `<w:p>` + r("bokssanker") + `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx><w:txbxContent>` + p("tekstboks") + `</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>` + p("tekstboks reserveform") + `</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`, Keep: []string{"bokssanker", "tekstboks"}, Gone: []string{"reserveform"}},
	{Name: "text box in VML alone", Body: `<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>` + p("vmlboks") + `</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>`, Keep: []string{"vmlboks"}},
	{Name: "simple field", Body: `<w:p><w:fldSimple w:instr=" AUTHOR enkelkode ">` + r("enkeltfelt") + `</w:fldSimple></w:p>`, Keep: []string{"enkeltfelt"}, Gone: []string{"enkelkode", "AUTHOR"}},
	{Name: "complex field", Body: `<w:p>` + fld("begin") + code(` REF feltkode \h `) + fld("separate") + r("feltresultat") + fld("end") + `</w:p>`, Keep: []string{"feltresultat"}, Gone: []string{"feltkode"}},
	{Name: "field inside another's code", Body: `<w:p>` + fld("begin") + code(` IF `) + fld("begin") + code(` DOCPROPERTY x `) + fld("separate") + r("indreverdi") + fld("end") + code(` = "1" "janei" `) + fld("separate") + r("ytreresultat") + fld("end") + `</w:p>`, Keep: []string{"ytreresultat"}, Gone: []string{"indreverdi", "janei", "DOCPROPERTY"}},
	{Name: "form fields", Body: `<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="valgfeil"/><w:listEntry w:val="valgrett"/></w:ddList></w:ffData></w:fldChar></w:r>` + code(" FORMDROPDOWN ") + fld("end") + `</w:p>`, Keep: []string{"valgrett"}, Gone: []string{"valgfeil", "FORMDROPDOWN"}},
	{Name: "table of contents", Body: pp("", fld("begin")+code(` TOC \o "1-3" `)+fld("separate")+r("innholdslinje 3")) + p("innholdslinjeto 4") + `<w:p>` + fld("end") + `</w:p>`, Gone: []string{"innholdslinje", "innholdslinjeto"}},
	{Name: "hyperlink", Body: `<w:p><w:hyperlink r:id="link">` + r("lenketekst") + `</w:hyperlink></w:p>`, Keep: []string{"lenketekst"}, Gone: []string{"example"}},
	{Name: "inserted text", Body: `<w:p><w:ins w:id="1">` + r("innsatt") + `</w:ins></w:p>`, Keep: []string{"innsatt"}},
	{Name: "deleted text", Body: `<w:p>` + r("beholdt ") + `<w:del w:id="2"><w:r><w:delText>slettet</w:delText></w:r></w:del></w:p>`, Keep: []string{"beholdt"}, Gone: []string{"slettet"}},
	{Name: "moved text", Body: `<w:p><w:moveFrom w:id="3">` + r("flyttetbort") + `</w:moveFrom></w:p><w:p><w:moveTo w:id="4">` + r("flyttethit") + `</w:moveTo></w:p>`, Keep: []string{"flyttethit"}, Gone: []string{"flyttetbort"}},
	{Name: "deleted paragraph mark", Body: pp(`<w:rPr><w:del w:id="5"/></w:rPr>`, r("skjøtførst ")) + p("skjøtsist"), Keep: []string{"skjøtførst", "skjøtsist"}, Text: []string{"skjøtførst skjøtsist"}},
	{Name: "deleted table row and cell", Body: `<w:tbl>` + row(tc("", p("radhodeen")), tc("", p("radhodeto"))) + row(`<w:trPr><w:del w:id="6"/></w:trPr>`, tc("", p("radslettet")), tc("", p("x"))) + row(tc("", p("radbeholdt")), tc("", p("y")), tc(`<w:cellDel w:id="7"/>`, p("celleslettet"))) + `</w:tbl>`, Keep: []string{"radhodeen", "radhodeto", "radbeholdt"}, Gone: []string{"radslettet", "celleslettet"}},
	{Name: "hidden run", Body: `<w:p>` + rp(`<w:vanish/>`, "skjultdirekte") + r("synligrest") + `</w:p>`, Keep: []string{"synligrest"}, Gone: []string{"skjultdirekte"}},
	{Name: "text hidden by styles", Body: `<w:p>` + rp(`<w:rStyle w:val="Skjult"/>`, "skjulttegnstil") + rp(`<w:rStyle w:val="SkjultArv"/>`, "skjultarv") + `</w:p>` + styled("SkjultAvsnitt", "skjultavsnitt") + pp(`<w:pStyle w:val="SkjultAvsnitt"/>`, rp(`<w:vanish w:val="0"/>`, "vistigjen")), Keep: []string{"vistigjen"}, Gone: []string{"skjulttegnstil", "skjultarv", "skjultavsnitt"}},
	{Name: "text hidden on the web", Body: `<w:p>` + rp(`<w:webHidden/>`, "skjultnett") + r("nettsynlig") + `</w:p>`, Keep: []string{"nettsynlig"}, Gone: []string{"skjultnett"}},
	{Name: "description of a picture", Body: `<w:p>` + drawn("Bildebeskrivelse av pumpen", `<pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="pumpe.png" descr="Bildebeskrivelse av pumpen"/></pic:nvPicPr></pic:pic>`) + `</w:p>`, Keep: []string{"Bildebeskrivelse"}, Gone: []string{"pumpe.png"}},
	{Name: "chart", Body: `<w:p>` + drawn("", `<c:chart r:id="kart"/>`) + `</w:p>`, Keep: []string{"Diagramtittel", "Serienavn", "Kategorinavn", "Aksenavn"}, Text: []string{"Kategorinavn 12.5"}},
	{Name: "SmartArt", Body: `<w:p>` + drawn("", `<dgm:relIds r:dm="art" r:lo="x"/>`) + `</w:p>`, Keep: []string{"Diagrampunkt", "Diagramunder"}, Gone: []string{"Overgangspunkt"}},
	{Name: "content controls inside one another", Body: `<w:sdt><w:sdtPr><w:alias w:val="kontrollnavn"/></w:sdtPr><w:sdtContent>` + p("kontrollblokk") + `<w:sdt><w:sdtContent><w:p><w:sdt><w:sdtContent>` + r("kontrollinni") + `</w:sdtContent></w:sdt></w:p></w:sdtContent></w:sdt></w:sdtContent></w:sdt>`, Keep: []string{"kontrollblokk", "kontrollinni"}, Gone: []string{"kontrollnavn"}},
	{Name: "content controls around rows and cells", Body: `<w:tbl>` + row(tc("", p("sdthodeen")), tc("", p("sdthodeto"))) + `<w:sdt><w:sdtContent>` + row(tc("", p("sdtrad")), `<w:sdt><w:sdtContent>`+tc("", p("sdtcelle"))+`</w:sdtContent></w:sdt>`) + `</w:sdtContent></w:sdt></w:tbl>`, Keep: []string{"sdthodeen", "sdthodeto", "sdtrad", "sdtcelle"}},
	{Name: "smart tag and custom XML", Body: `<w:customXml><w:customXmlPr><w:attr w:val="xmlattributt"/></w:customXmlPr><w:p><w:smartTag><w:smartTagPr/>` + r("smartord ") + `</w:smartTag><w:customXml>` + r("xmlord") + `</w:customXml></w:p></w:customXml>`, Keep: []string{"smartord", "xmlord"}, Gone: []string{"xmlattributt"}},
	{Name: "formula", Body: `<w:p>` + r("formelord ") + `<m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>c</m:t></m:r></m:den></m:f><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></w:p>`, Keep: []string{"formelord"}, Text: []string{"formelord (a+b)/cx^2"}},
	{Name: "ruby text", Body: `<w:p><w:r><w:ruby><w:rt>` + r("rubytekst") + `</w:rt><w:rubyBase>` + r("rubybasis") + `</w:rubyBase></w:ruby></w:r></w:p>`, Keep: []string{"rubybasis"}, Gone: []string{"rubytekst"}},
	{Name: "web page inside the document", Body: `<w:altChunk r:id="html"/>`, Keep: []string{"nettsidetekst"}, Gone: []string{"nettskript"}},
	{Name: "text file inside the document", Body: `<w:altChunk r:id="txt"/>`, Keep: []string{"tekstfilinnhold"}},
	{Name: "archived web page inside the document", Body: `<w:altChunk r:id="mht"/>`, Keep: []string{"arkivsidetekst"}, Gone: []string{"arkivdel"}},
	{Name: "rich text inside the document", Body: `<w:altChunk r:id="rtf"/>`, Keep: []string{"rtfinnhold"}},
	{Name: "Word document inside the document", Body: `<w:altChunk r:id="docx"/><w:altChunk r:id="docx"/>`, Keep: []string{"indredokument"}},
	{Name: "drop cap", Body: pp(`<w:framePr w:dropCap="drop"/>`, r("A")) + p("nfangsord her"), Keep: []string{"Anfangsord"}},
	{Name: "white text", Body: `<w:p>` + rp(`<w:color w:val="FFFFFF"/>`, "hvittekst") + r("hvitnabo") + `</w:p>`, Keep: []string{"hvitnabo"}, Gone: []string{"hvittekst"}},
}

// merged are cells that show in several columns or rows.
const merged = `<w:tbl><w:tr>` + `<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr><w:p><w:r><w:t>loddrett</w:t></w:r></w:p></w:tc><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>vannrett</w:t></w:r></w:p></w:tc></w:tr>` +
	`<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>enkeltcelle</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>sistecelle</w:t></w:r></w:p></w:tc></w:tr></w:tbl>`

// probe is a document with all features. Its parts have names and relation
// ids that no program would give them.
func probe(tb testing.TB) ingest.Input {
	tb.Helper()
	body := officetest.Bodies(features) + merged + `<w:sectPr><w:headerReference w:type="default" r:id="topp"/><w:headerReference w:type="first" r:id="toppen"/><w:headerReference w:type="even" r:id="partall"/><w:footerReference w:type="default" r:id="bunn"/><w:titlePg/></w:sectPr>`
	inside := file(tb, p("indredokument"), nil)
	var inner strings.Builder
	_, err := io.Copy(&inner, io.NewSectionReader(inside.Data, 0, inside.Size))
	require.NoError(tb, err)
	rel := func(id, kind, target string) string {
		return `<Relationship Id="` + id + `" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"/>`
	}
	page := func(instr, result string) string {
		return fld("begin") + code(instr) + fld("separate") + r(result) + fld("end")
	}
	return officetest.Pack(tb, "test.docx", map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":         `<Relationships>` + rel("x", "officeDocument", "/innhold/Hoved.xml") + `</Relationships>`,
		"innhold/hoved.XML":   `<w:document ` + namespaces + `><w:body>` + body + `</w:body></w:document>`,
		"innhold/_rels/Hoved.xml.rels": `<Relationships>` + rel("s", "styles", "stil.xml") + rel("n", "numbering", "tall.xml") + rel("f", "footnotes", "fot.xml") + rel("e", "endnotes", "slutt.xml") + rel("k", "comments", "prat.xml") +
			rel("topp", "header", "t1.xml") + rel("toppen", "header", "t2.xml") + rel("partall", "header", "t3.xml") + rel("bunn", "footer", "b1.xml") + rel("kart", "chart", "../diagram/k.xml") + rel("art", "diagramData", "/diagram/a.xml") +
			rel("html", "aFChunk", "side.html") + rel("txt", "aFChunk", "notat.txt") + rel("rtf", "aFChunk", "rik.rtf") + rel("mht", "aFChunk", "arkiv.mht") + rel("docx", "aFChunk", "indre.docx") + `<Relationship Id="link" Type="http://x/hyperlink" Target="https://example.com" TargetMode="External"/></Relationships>`,
		"innhold/stil.xml": `<w:styles ` + namespaces + `><w:style w:type="paragraph" w:styleId="O1"><w:name w:val="Overskrift 2"/></w:style><w:style w:type="paragraph" w:styleId="Firma2"><w:name w:val="Firma"/><w:basedOn w:val="O1"/></w:style>` +
			`<w:style w:type="paragraph" w:styleId="Num1"><w:name w:val="Kapittel"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Num2"><w:name w:val="Delkapittel"/><w:basedOn w:val="Num1"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>` +
			`<w:style w:type="character" w:styleId="Skjult"><w:name w:val="skjult"/><w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="character" w:styleId="SkjultArv"><w:name w:val="arv"/><w:basedOn w:val="Skjult"/></w:style><w:style w:type="paragraph" w:styleId="SkjultAvsnitt"><w:name w:val="skjulta"/><w:rPr><w:vanish/></w:rPr></w:style></w:styles>`,
		"innhold/tall.xml":  strings.Replace(numbering, "</w:numbering>", `<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Num1"/><w:lvlText w:val="%1"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Num2"/><w:lvlText w:val="%1.%2"/></w:lvl></w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="7"/></w:num></w:numbering>`, 1),
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
		"innhold/side.html":  `<html><body><script>nettskript</script><p>nettsidetekst</p></body></html>`,
		"innhold/notat.txt":  "tekstfilinnhold\n",
		"innhold/indre.docx": inner.String(),
		"innhold/rik.rtf":    `{\rtf1\ansi rtfinnhold\par}`,
		"innhold/arkiv.mht": "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=grense\r\n\r\n--grense\r\nContent-Type: text/css\r\n\r\narkivdel\r\n" +
			"--grense\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body><p>arkivside=\r\ntekst</p></body></html>\r\n--grense--\r\n",
	})
}

func TestProbe(t *testing.T) {
	doc, err := docx.Reader{}.Read(context.Background(), probe(t))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(features), 37)
	officetest.Check(t, doc, features)
	all := officetest.Text(doc)
	t.Run("merged cells show wherever they reach", func(t *testing.T) {
		require.Contains(t, all, "loddrett vannrett vannrett\n")
		require.Contains(t, all, "loddrett enkeltcelle sistecelle\n")
	})
	t.Run("what nobody sees is reported", func(t *testing.T) {
		require.Len(t, doc.Warnings, 2)
		require.Contains(t, doc.Warnings[0], "text that nobody sees on the page")
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
	return officetest.Pack(tb, "test.docx", parts)
}
