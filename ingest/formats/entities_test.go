package formats_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
)

// laughs is a document type of n entities, each ten of the one before.
func laughs(n int) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE r [\n<!ENTITY e0 \"ha\">\n")
	for i := range n {
		fmt.Fprintf(&b, "<!ENTITY e%d %q>\n", i+1, strings.Repeat(fmt.Sprintf("&e%d;", i), 10))
	}
	b.WriteString("]>\n")
	return b.String()
}

func wide(s string) string {
	out := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

func TestXMLBombsAreRefused(t *testing.T) {
	const xml = `<?xml version="1.0"?>` + "\n"
	for name, data := range map[string]string{
		"billion laughs":             xml + laughs(9) + "<r>&e9;</r>",
		"few of them, but deep":      xml + laughs(4) + "<r>&e4;</r>",
		"behind a comment":           xml + "<!-- <r> -->\n" + laughs(9) + "<r/>",
		"behind a long one":          xml + "<!--" + strings.Repeat(" no ", 20_000) + "-->" + laughs(9) + "<r/>",
		"in two bytes a letter":      wide(xml + laughs(9) + "<r>&e9;</r>"),
		"without its root":           laughs(9),
		"a wide one":                 xml + `<!DOCTYPE r [<!ENTITY a "` + strings.Repeat("x", 1000) + `"><!ENTITY b "` + strings.Repeat("&a;", 1000) + `">]><r>&b;</r>`,
		"one that leads to itself":   xml + `<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]><r>&a;</r>`,
		"of parameter entities":      xml + `<!DOCTYPE r [<!ENTITY % a "x"><!ENTITY % b "&#37;a;&#37;a;"><!ENTITY % c "&#37;b;"><!ENTITY % d "&#37;c;"><!ENTITY % e "&#x25;d;"> %e;]><r/>`,
		"declared within another":    xml + `<!DOCTYPE r [<!ENTITY % all "<!ENTITY a '&#38;b;'><!ENTITY b '&#38;a;'>"> %all;]><r>&a;</r>`,
		"with quotes and comments":   xml + `<!DOCTYPE r SYSTEM "a[>.dtd" [<!-- ]> ' --><!ELEMENT r (#PCDATA)><!ATTLIST r x CDATA "]>"><!ENTITY a '&b;"]>'><!ENTITY b "&a;">]><r/>`,
		"a drawing, whatever is one": xml + strings.Replace(laughs(9), "DOCTYPE r", "DOCTYPE svg", 1) + `<svg xmlns="http://www.w3.org/2000/svg"><text>&e9;</text></svg>`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := formats.Detect(input("laughs.xml", data))
			require.ErrorIs(t, err, ingest.ErrUnsupported)
			require.ErrorContains(t, err, "laughs.xml is an XML bomb")
		})
	}
}

func TestDocumentTypesThatAreNoBombAreRead(t *testing.T) {
	for name, data := range map[string]string{
		"without entities":          `<!DOCTYPE book PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "docbookx.dtd"><book>`,
		"with some":                 `<?xml version="1.0"?><!DOCTYPE book [<!ENTITY product "XY-2000"><!ENTITY legal SYSTEM "legal.xml">]><book>&product;`,
		"with one made of others":   `<?xml version="1.0"?><!DOCTYPE book [<!ENTITY major "2"><!ENTITY minor "1"><!ENTITY version "&major;.&minor;"><!ENTITY amp "&#38;#38;">]><book>&version;`,
		"with a long one":           `<?xml version="1.0"?><!DOCTYPE book [<!ENTITY legal "` + strings.Repeat("no warranty, ", 10_000) + `">]><book>&legal;`,
		"of a web page":             `<!DOCTYPE html><html><head><title>Hei</title></head><body>Hei</body></html>`,
		"of an old web page":        `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN><html><body>Hei</body></html>`,
		"that a page writes about":  `<!DOCTYPE html><html><body><pre>` + strings.ReplaceAll(laughs(9), "<", "&lt;") + `</pre></body></html>`,
		"that a text only quotes":   "A bomb looks like this:\n\n" + laughs(9),
		"that a page quotes rawly":  `<html><body>` + laughs(9) + `</body></html>`,
		"that never ends":           `<!DOCTYPE book [<!ENTITY a "x"`,
		"with marks that are names": `<!DOCTYPE r [<!ENTITY a "` + strings.Repeat("&", 400_000) + `;">]><r/>`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := formats.Detect(input("a.xml", data))
			require.NoError(t, err)
		})
	}
}

func TestOfficeFilesThatDeclareEntitiesAreRefused(t *testing.T) {
	declares := `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY secret SYSTEM "file:///etc/passwd">]>`
	office := func(part, data string, more ...string) string {
		return zipped(t, append([]string{"[Content_Types].xml", fmt.Sprintf(rootOf, "wordprocessingml.document"), part, data}, more...)...)
	}
	for _, tt := range []struct{ name, file, data, part string }{
		{name: "in the text", file: "a.docx", data: office("word/document.xml", declares+"<document/>"), part: "part word/document.xml"},
		{name: "that are a bomb", file: "a.docx", data: office("word/document.xml", "<a/>", "word/footnotes.xml", laughs(9)+"<a>&e9;</a>"), part: "part word/footnotes.xml"},
		{name: "in what links parts", file: "a.docx", data: office("word/_rels/document.xml.rels", declares+"<a/>"), part: "part word/_rels/document.xml.rels"},
		{name: "behind 100 KB", file: "a.docx", data: office("word/document.xml", "<!--"+strings.Repeat("-", 100_000)+" -->"+declares+"<a/>"), part: "part word/document.xml"},
		{name: "in two bytes a letter", file: "a.docx", data: office("word/document.xml", wide(declares+"<a/>")), part: "part word/document.xml"},
		{name: "in a sheet", file: "a.xlsx", data: zipped(t, "xl/workbook.xml", "<a/>", "xl/sharedStrings.xml", declares+"<sst/>"), part: "part xl/sharedStrings.xml"},
		{name: "in OpenDocument", file: "a.odt", data: zipped(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", declares+"<a/>"), part: "part content.xml"},
		{
			name: "in flat OpenDocument", file: "a.fodt", part: "a.fodt declares",
			data: declares + `<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:mimetype="application/vnd.oasis.opendocument.text">`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := formats.Detect(input(tt.file, tt.data))
			require.ErrorIs(t, err, ingest.ErrDamaged)
			require.ErrorContains(t, err, tt.file)
			require.ErrorContains(t, err, tt.part)
			require.ErrorContains(t, err, "declares entities in a document type, as XML bombs do")
		})
	}
}

func TestOfficeFilesMayHaveDocumentTypes(t *testing.T) {
	for name, data := range map[string]string{
		"of OpenOffice 1": zipped(t, "mimetype", "application/vnd.sun.xml.writer",
			"content.xml", `<?xml version="1.0"?><!DOCTYPE office:document-content PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "office.dtd"><a/>`),
		"in a drawing inside": zipped(t, "word/document.xml", "<a/>",
			"word/media/a.svg", `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd" [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]><svg/>`),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := formats.Detect(input("a", data))
			require.NoError(t, err)
		})
	}
}

func TestAnOfficePartOfNothingButCommentsIsRefused(t *testing.T) {
	endless := zipped(t, "word/document.xml", strings.Repeat("<!-- a -->", 200_000)+"<a/>")
	_, err := formats.Detect(input("a.docx", endless))
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	require.ErrorContains(t, err, "a.docx: part word/document.xml has nothing but declarations in its first 1 MB")
}
