// Package officetest makes office documents for tests and checks what was read
// of them, feature by feature.
package officetest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

// Input is a file of the name that holds data.
func Input(name string, data []byte) ingest.Input {
	return ingest.Input{Name: name, Path: name, Data: bytes.NewReader(data), Size: int64(len(data))}
}

// Pack makes a zip container of parts by name.
func Pack(tb testing.TB, name string, parts map[string]string) ingest.Input {
	tb.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		w, err := zw.Create(part)
		require.NoError(tb, err)
		_, err = w.Write([]byte(parts[part]))
		require.NoError(tb, err)
	}
	require.NoError(tb, zw.Close())
	return Input(name, buf.Bytes())
}

// Workbook is an Excel workbook that shows the range of its only sheet inside
// another document.
func Workbook(tb testing.TB, shown string, rows ...[]string) string {
	tb.Helper()
	const namespaces = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	link := func(kind, target string) string {
		return `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"/></Relationships>`
	}
	in := Pack(tb, "a.xlsx", map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels":                link("officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml":            `<workbook ` + namespaces + `><sheets><sheet name="Pris" sheetId="1" r:id="r1"/></sheets><oleSize ref="` + shown + `"/></workbook>`,
		"xl/_rels/workbook.xml.rels": link("worksheet", "worksheets/a.xml"),
		"xl/worksheets/a.xml":        Sheet(rows...),
	})
	data, err := io.ReadAll(io.NewSectionReader(in.Data, 0, in.Size))
	require.NoError(tb, err)
	return string(data)
}

// Sheet is a worksheet with texts in its cells.
func Sheet(rows ...[]string) string {
	var b strings.Builder
	for i, cells := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for k, text := range cells {
			fmt.Fprintf(&b, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+k, i+1, text)
		}
		b.WriteString(`</row>`)
	}
	return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + b.String() + `</sheetData></worksheet>`
}

// Feature is one thing that documents of a format do, and what must be read of
// it.
type Feature struct {
	Name string
	Body string   // how the format writes it
	Keep []string // words that are read exactly once
	Gone []string // what must not be read
	Text []string // pieces that stand in one line as they are
}

// Bodies joins what features write.
func Bodies(features []Feature) string {
	var b strings.Builder
	for _, f := range features {
		b.WriteString(f.Body)
	}
	return b.String()
}

// Check tests each feature under its name.
func Check(t *testing.T, doc ingest.Document, features []Feature) {
	t.Helper()
	all := Text(doc)
	count := map[string]int{}
	for word := range strings.FieldsSeq(all) {
		count[word]++
	}
	for _, f := range features {
		t.Run(f.Name, func(t *testing.T) {
			for _, word := range f.Keep {
				require.Equal(t, 1, count[word], "%q in\n%s", word, all)
			}
			for _, word := range f.Gone {
				require.NotContains(t, all, word)
			}
			for _, text := range f.Text {
				require.Contains(t, all, text)
			}
		})
	}
}

// Text is everything that a document says, a line for each block or row.
func Text(doc ingest.Document) string {
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

// Lines shows each block of a document in one line: its kind and level, the
// marker of an item, its text and its table.
func Lines(doc ingest.Document) []string {
	var lines []string
	for _, b := range doc.Blocks {
		line := string(b.Kind)
		if b.Level > 0 {
			line += fmt.Sprint(b.Level)
		}
		if b.Kind == ingest.ListItem {
			line += " " + b.Marker
		}
		line += "| " + b.Text
		if b.Table != nil {
			line += table(b.Table)
		}
		lines = append(lines, line)
	}
	return lines
}

func table(t *ingest.Table) string {
	var b strings.Builder
	b.WriteString(t.Caption + "<" + strings.Join(t.Header, ";") + ">")
	for _, r := range t.Rows {
		b.WriteString(" [" + r.Group + "] " + strings.Join(r.Cells, ";"))
	}
	return b.String()
}
