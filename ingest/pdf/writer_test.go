package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

// writer makes small PDF files: objects in the order they are added, numbered
// from 1, then a cross-reference table.
type writer struct {
	header  string
	objects []string
	trailer string // further entries of it
	root    int
	info    int
}

func (w *writer) add(body string) int {
	w.objects = append(w.objects, body)
	return len(w.objects)
}

func (w *writer) stream(dict, data string) int {
	return w.add(fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data))
}

// fonts are Helvetica as F1 and Helvetica-Bold as F2, without widths.
const fonts = "/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>" +
	"/F2<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>>>"

// pages adds a catalog with a page for each content stream. resources come on
// top of the fonts, more are further entries of the page.
func (w *writer) pages(resources, more string, contents ...string) *writer {
	kids, tree := "", len(w.objects)+2*len(contents)+1
	for _, c := range contents {
		content := w.stream("", c)
		kids += fmt.Sprintf(" %d 0 R", w.add(fmt.Sprintf(
			"<</Type/Page/Parent %d 0 R/Contents %d 0 R/Resources<<%s%s>>/MediaBox[0 0 600 800]%s>>",
			tree, content, fonts, resources, more)))
	}
	w.add(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(contents), kids))
	w.root = w.add(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree))
	return w
}

func (w *writer) bytes() []byte {
	var out bytes.Buffer
	header := w.header
	if header == "" {
		header = "%PDF-1.4\n"
	}
	out.WriteString(header)
	start := strings.Index(header, "%PDF")
	offsets := make([]int, len(w.objects))
	for i, body := range w.objects {
		offsets[i] = out.Len() - start
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	at := out.Len() - start
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(w.objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	info := ""
	if w.info > 0 {
		info = fmt.Sprintf("/Info %d 0 R", w.info)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root %d 0 R%s%s>>\nstartxref\n%d\n%%%%EOF\n",
		len(w.objects)+1, w.root, info, w.trailer, at)
	return out.Bytes()
}

// simple is a file of pages with these content streams.
func simple(contents ...string) []byte { return new(writer).pages("", "", contents...).bytes() }

// text is a content stream with a line of text at each place.
type text struct {
	x, y, size float64
	font       string
	s          string
}

func content(lines ...text) string {
	var out strings.Builder
	for _, l := range lines {
		font := l.font
		if font == "" {
			font = "F1"
		}
		fmt.Fprintf(&out, "BT /%s %g Tf %g %g Td (%s) Tj ET\n", font, l.size, l.x, l.y, l.s)
	}
	return out.String()
}

func deflate(s string) string {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write([]byte(s))
	w.Close()
	return out.String()
}

func input(name string, data []byte) ingest.Input {
	return ingest.Input{Name: name, Path: name, Data: bytes.NewReader(data), Size: int64(len(data))}
}
