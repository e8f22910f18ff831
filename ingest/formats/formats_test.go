package formats_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
)

func input(name, data string) ingest.Input {
	return ingest.Input{Name: name, Path: name, Data: strings.NewReader(data), Size: int64(len(data))}
}

func zipped(tb testing.TB, parts ...string) string {
	tb.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for i := 0; i < len(parts); i += 2 {
		w, err := zw.Create(parts[i])
		require.NoError(tb, err)
		_, err = w.Write([]byte(parts[i+1]))
		require.NoError(tb, err)
	}
	require.NoError(tb, zw.Close())
	return buf.String()
}

// compound is an OLE file with one stream of the given name.
func compound(name string) string {
	b := append([]byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, make([]byte, 2*512-8)...)
	for i, c := range []byte(name) {
		b[512+2*i] = c
	}
	b[512+64] = byte(2 * (len(name) + 1))
	return string(b)
}

const rootOf = `<Types><Override ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/></Types>`

func ooxml(tb testing.TB, kind string) string {
	tb.Helper()
	return zipped(tb, "[Content_Types].xml", fmt.Sprintf(rootOf, kind))
}

func TestDetectGoesByContentFirst(t *testing.T) {
	mail := "Received: from a by b; Mon, 2 Mar 2026 10:00:00 +0100\nFrom: a@example.com\nSubject: Hei\n\nHei!\n"
	tests := []struct {
		name, file, data string
		want             formats.Format
	}{
		{name: "a PDF under another name", file: "a.txt", data: "%PDF-1.7\n", want: formats.PDF},
		{name: "a PDF after some junk", file: "a", data: "junk\n%PDF-2.0\n", want: formats.PDF},
		{name: "Word under another name", file: "a.zip", data: ooxml(t, "wordprocessingml.document"), want: formats.DOCX},
		{name: "Excel under another name", file: "a.docx", data: ooxml(t, "spreadsheetml.sheet"), want: formats.XLSX},
		{name: "PowerPoint", file: "a", data: ooxml(t, "presentationml.presentation"), want: formats.PPTX},
		{name: "a slide show", file: "a", data: ooxml(t, "presentationml.slideshow"), want: formats.PPTX},
		{name: "a binary workbook", file: "a.xlsb", data: zipped(t, "[Content_Types].xml", "application/vnd.ms-excel.sheet.binary.macroEnabled.main"), want: formats.XLSB},
		{
			name: "Word with a binary workbook inside", file: "a.docx",
			data: zipped(t, "[Content_Types].xml", `<Default Extension="xlsb" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.12"/>`+fmt.Sprintf(rootOf, "wordprocessingml.document")), want: formats.DOCX,
		},
		{name: "Word without content types", file: "a", data: zipped(t, "word/document.xml", "<a/>"), want: formats.DOCX},
		{name: "PowerPoint without content types", file: "a", data: zipped(t, "ppt/presentation.xml", "<a/>"), want: formats.PPTX},
		{name: "OpenDocument text", file: "a.zip", data: zipped(t, "mimetype", "application/vnd.oasis.opendocument.text"), want: formats.ODT},
		{name: "an OpenDocument template", file: "a", data: zipped(t, "mimetype", "application/vnd.oasis.opendocument.text-template"), want: formats.ODT},
		{name: "OpenDocument spreadsheet", file: "a", data: zipped(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet"), want: formats.ODS},
		{name: "OpenDocument without its type", file: "a", data: zipped(t, "content.xml", `<office:document-content><office:body><office:presentation/>`), want: formats.ODP},
		{name: "flat OpenDocument", file: "a.xml", data: `<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">`, want: formats.ODS},
		{name: "old Word", file: "a.bin", data: compound("WordDocument"), want: formats.DOC},
		{name: "old Excel", file: "a.doc", data: compound("Workbook"), want: formats.XLS},
		{name: "older Excel", file: "a", data: compound("BOOK"), want: formats.XLS},
		{name: "Excel of before compound files", file: "a", data: "\x09\x04\x06\x00\x00\x00\x10\x00", want: formats.XLS},
		{name: "old PowerPoint", file: "a", data: compound("PowerPoint Document"), want: formats.PPT},
		{name: "Outlook", file: "a", data: compound("__properties_version1.0"), want: formats.MSG},
		{name: "an encrypted workbook, whose reader tries Excel's own password", file: "a.xlsx", data: compound("EncryptedPackage"), want: formats.XLSX},
		{name: "rich text called Word", file: "a.doc", data: `{\rtf1\ansi a}`, want: formats.RTF},
		{name: "HTML called Word", file: "a.doc", data: "<html><head></head><body>a", want: formats.HTML},
		{name: "HTML without extension", file: "a", data: "<!DOCTYPE html><p>a", want: formats.HTML},
		{name: "HTML saved as text", file: "a.txt", data: "\n<html><head></head><p>a", want: formats.HTML},
		{name: "Markdown", file: "a.md", data: "# a\n", want: formats.Markdown},
		{name: "AsciiDoc", file: "a.adoc", data: "= a\n", want: formats.Adoc},
		{name: "reStructuredText", file: "a.rst", data: "a\n=\n", want: formats.RST},
		{name: "CSV", file: "a.CSV", data: "a;b\n1;2\n", want: formats.CSV},
		{name: "JSON without extension", file: "a", data: `[{"a":1}]`, want: formats.Cases},
		{name: "JSON lines", file: "a.jsonl", data: "{}\n{}\n", want: formats.Cases},
		{name: "a mail", file: "a.txt", data: mail, want: formats.EML},
		{name: "a mail with few headers, by its name", file: "a.eml", data: "From: a@example.com\n\nHei", want: formats.EML},
		{name: "notes that look like headers", file: "a.txt", data: "From: Oslo\nTo: Bergen\n\nTake the train.", want: formats.Text},
		{name: "a mailbox", file: "inbox", data: "From a@example.com Mon Mar  2 10:00:00 2026\n" + mail, want: formats.EML},
		{name: "a winmail.dat", file: "winmail.dat", data: "\x78\x9f\x3e\x22\x01\x00\x01\x06\x90\x08\x00\x04\x00\x00\x00\x00\x00\x01\x00\x01\x00", want: formats.EML},
		{name: "a saved web page", file: "a.mht", data: "From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related;\n\tboundary=x\n\n--x\n", want: formats.MHTML},
		{name: "a picture", file: "a.pdf", data: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", want: formats.Image},
		{name: "a picture of one colour", file: "a.png", data: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + strings.Repeat("U", 4000), want: formats.Image},
		{name: "text that was not written to its end", file: "a.log", data: "Les dette først.\n" + strings.Repeat("\x00", 400), want: formats.Text},
		{name: "text", file: "a.txt", data: "a, b\nc, d\n", want: formats.Text},
		{name: "text without extension", file: "README", data: "Les dette først.\n", want: formats.Text},
		{name: "text of DOS", file: "a.txt", data: "St\x9by p\x86 verksted\n", want: formats.Text},
		{name: "UTF-16 text without a mark", file: "a.txt", data: "S\x00t\x00\xf8\x00y\x00\n\x00", want: formats.Text},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := formats.Detect(input(tt.file, tt.data))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.NotEmpty(t, got.MIME())
		})
	}
}

func TestWhatCannotBeReadSaysWhatToDo(t *testing.T) {
	tests := []struct {
		name, data string
		want       error
		says       string
	}{
		{name: "an encrypted Office file", data: compound("EncryptedPackage"), want: ingest.ErrEncrypted, says: "save it without one"},
		{name: "an unknown compound file", data: string(oletest.Build(map[string][]byte{"Something": []byte("a")})), want: ingest.ErrUnsupported, says: "an unknown Office file; save it as PDF"},
		{name: "a damaged compound file", data: compound("Something")[:600] + strings.Repeat("\xff", 424), want: ingest.ErrDamaged, says: "not a readable OLE container"},
		{name: "PowerPoint 4", data: string(oletest.Build(map[string][]byte{"PP40": []byte("a")})), want: ingest.ErrUnsupported, says: "made with PowerPoint 4"},
		{name: "Word 2", data: "\xdb\xa5\x2d\x00" + strings.Repeat("\x00", 400), want: ingest.ErrUnsupported, says: "a Word of before 1993; save it as .docx"},
		{name: "Word of DOS", data: "\x31\xbe\x00\x00\x00\xab" + strings.Repeat("\x00", 400), want: ingest.ErrUnsupported, says: "a Word of before 1993; save it as .docx"},
		{name: "a binary workbook", data: zipped(t, "xl/workbook.bin", "a"), want: ingest.ErrUnsupported, says: "install LibreOffice"},
		{name: "an archive", data: zipped(t, "a.txt", "a"), want: ingest.ErrUnsupported, says: "unpack it"},
		{name: "a workbook under gzip", data: "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + compound("Workbook"), want: ingest.ErrUnsupported, says: "a compressed file (application/gzip); unpack it"},
		{name: "another archive", data: "7z\xbc\xaf\x27\x1c\x00\x04", want: ingest.ErrUnsupported, says: "unpack it"},
		{name: "an e-book", data: zipped(t, "mimetype", "application/epub+zip"), want: ingest.ErrUnsupported, says: "save it as PDF"},
		{name: "a drawing", data: `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`, want: ingest.ErrUnsupported, says: "save it as PDF"},
		{name: "a recording", data: "RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00", want: ingest.ErrUnsupported, says: "transcript"},
		{name: "a picture that is cut off", data: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", want: ingest.ErrDamaged, says: "header"},
		{name: "bytes", data: "\x00\x01\x02\x03\xfe\xff\x80\x81", want: ingest.ErrUnsupported, says: "application/octet-stream"},
		{name: "bytes that are mostly zero", data: strings.Repeat("\x00\x00\x00a", 40), want: ingest.ErrUnsupported, says: "application/octet-stream"},
		{name: "bytes behind a byte order mark", data: "\xff\xfe" + strings.Repeat("\x01\x02\x00\xe3\x03\x00\xff\xdc\x07\xd8", 40), want: ingest.ErrUnsupported, says: "is not text"},
		{name: "an empty file", data: " \n", want: ingest.ErrNoText, says: "is empty"},
		{name: "a damaged zip", data: "PK\x03\x04", want: ingest.ErrDamaged, says: "zip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := formats.All(formats.Options{Tools: []string{t.TempDir()}}).Read(t.Context(), input("a.bin", tt.data))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "a.bin")
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestEveryFormatThatIsToldApartIsRead(t *testing.T) {
	require.Equal(t, []formats.Format{
		"adoc", "csv", "doc", "docx", "eml", "html", "image", "json", "md", "mhtml", "msg", "odp", "ods", "odt", "pdf", "ppt", "pptx", "rst", "rtf", "txt", "xls", "xlsb", "xlsx",
	}, formats.All(formats.Options{}).Formats())
}

// TestKnowledgeBase reads our own documents and requires what agents will be
// asked most: a price, an error code, a step, an answer, a case.
func TestKnowledgeBase(t *testing.T) {
	const kb = "../../testdata/kb"
	if _, err := os.Stat(kb); err != nil {
		t.Skip("the knowledge base is not here:", err)
	}
	registry := formats.All(formats.Options{})
	passages := map[string][]index.Passage{}
	ids := map[string]bool{}
	require.NoError(t, filepath.WalkDir(kb, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		source, err := filepath.Rel(kb, path)
		require.NoError(t, err)
		source = filepath.ToSlash(source)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		doc, err := registry.Read(t.Context(), ingest.Input{Name: e.Name(), Path: path, Data: bytes.NewReader(data), Size: int64(len(data))})
		require.NoError(t, err)
		passages[source] = ingest.Passages(doc, ingest.Origin{Document: source, Source: source, Mask: ingest.Masker{Own: []string{"fjordvik.example"}}})
		for _, p := range passages[source] {
			require.False(t, ids[p.ID], "%s: id twice", source)
			ids[p.ID] = true
			require.NotContains(t, p.Text, "Innkjøpspris", "the hidden sheet of costs")
			if language, _, _ := strings.Cut(source, "/"); len(language) == 2 {
				require.Equal(t, language, p.Language, "%s: %s", source, p.Text)
			}
		}
		return nil
	}))

	tests := []struct {
		name, source, text string
		kind               index.Kind
		at                 string
	}{
		{name: "a price in Norway", source: "prices/fjordvik-prices-2026.xlsx", kind: index.KindRow, at: "Norge!A15:F15", text: "Artikkelnr.: 740-2051\nVare: Støysett XY-NK20 for XY-2000\nPasser til: XY-2000\nPris 2026 (NOK) / ekskl. mva.: 38 900 kr\n"},
		{name: "a price in Germany", source: "prices/fjordvik-prices-2026.xlsx", kind: index.KindRow, at: "Deutschland!A15:F15", text: "Preis 2026 (EUR) / zzgl. MwSt.: 3.390 €\nPreis 2026 (EUR) / inkl. MwSt.: 4.034,10 €"},
		{name: "an answer", source: "nb/vanlige-sporsmal.html", kind: index.KindFAQ, text: "Nei, til XY-1200 finnes det ikke noe sett."},
		{name: "an error code", source: "nb/brukerhandbok-xy-2000.pdf", kind: index.KindRow, at: "p. 2", text: "Kode: E-4420\nBetydning: feil på no-stress-sensoren"},
		{name: "steps", source: "nb/brukerhandbok-xy-2000.pdf", kind: index.KindList, at: "p. 2", text: "1. Ved E-4419: trykk revers i 3 sekunder.\n2. "},
		{name: "a case", source: "nb/loste-saker.csv", kind: index.KindCase, at: "#S-10231", text: "trykksensor B12"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, p := range passages[tt.source] {
				if p.Kind == tt.kind && strings.Contains(p.Text, tt.text) {
					if tt.at != "" {
						require.Equal(t, tt.at, p.Locator.String())
					}
					return
				}
			}
			t.Fatalf("no %s of %s has %q", tt.kind, tt.source, tt.text)
		})
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{"", "PK\x03\x04", "%PDF-", compound("Workbook"), "<html", "{}", "a;b"} {
		f.Add("a.txt", s)
	}
	f.Fuzz(func(t *testing.T, name, data string) {
		if got, err := formats.Detect(input(name, data)); err == nil && got == "" {
			t.Fatalf("%q is nothing", data)
		}
	})
}
