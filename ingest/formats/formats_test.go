package formats_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/formats"
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

func TestDetectGoesByContentFirst(t *testing.T) {
	docx := zipped(t, "[Content_Types].xml", `<Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>`)
	xlsx := zipped(t, "[Content_Types].xml", `<Override ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>`)
	tests := []struct {
		name, file, data string
		want             formats.Format
	}{
		{name: "a PDF under another name", file: "a.txt", data: "%PDF-1.7\n", want: formats.PDF},
		{name: "a PDF after some junk", file: "a", data: "junk\n%PDF-2.0\n", want: formats.PDF},
		{name: "Word under another name", file: "a.zip", data: docx, want: formats.DOCX},
		{name: "Excel under another name", file: "a.docx", data: xlsx, want: formats.XLSX},
		{name: "Word without content types", file: "a", data: zipped(t, "word/document.xml", "<a/>"), want: formats.DOCX},
		{name: "HTML without extension", file: "a", data: "<!DOCTYPE html><p>a", want: formats.HTML},
		{name: "HTML saved as text", file: "a.txt", data: "\n<html><head></head><p>a", want: formats.HTML},
		{name: "Markdown", file: "a.md", data: "# a\n", want: formats.Markdown},
		{name: "CSV", file: "a.CSV", data: "a;b\n1;2\n", want: formats.CSV},
		{name: "JSON without extension", file: "a", data: `[{"a":1}]`, want: formats.Cases},
		{name: "JSON lines", file: "a.jsonl", data: "{}\n{}\n", want: formats.Cases},
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
		{name: "old Word", data: compound("WordDocument"), want: ingest.ErrUnsupported, says: "save it as .docx"},
		{name: "old Excel", data: compound("Workbook"), want: ingest.ErrUnsupported, says: "save it as .xlsx"},
		{name: "PowerPoint", data: zipped(t, "[Content_Types].xml", "presentationml.presentation.main"), want: ingest.ErrUnsupported, says: "save it as PDF"},
		{name: "OpenDocument", data: zipped(t, "mimetype", "application/vnd.oasis.opendocument.text"), want: ingest.ErrUnsupported, says: "(.odt)"},
		{name: "an archive", data: zipped(t, "a.txt", "a"), want: ingest.ErrUnsupported, says: "unpack it"},
		{name: "rich text", data: `{\rtf1\ansi a}`, want: ingest.ErrUnsupported, says: "save it as .docx"},
		{name: "an image", data: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", want: ingest.ErrUnsupported, says: "image/png"},
		{name: "bytes", data: "\x00\x01\x02\x03\xfe\xff\x80\x81", want: ingest.ErrUnsupported, says: "application/octet-stream"},
		{name: "an empty file", data: " \n", want: ingest.ErrNoText, says: "is empty"},
		{name: "a damaged zip", data: "PK\x03\x04", want: ingest.ErrDamaged, says: "zip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := formats.All(formats.Options{}).Read(t.Context(), input("a.bin", tt.data))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "a.bin")
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestFormatsAreListed(t *testing.T) {
	require.Equal(t, []formats.Format{"csv", "docx", "html", "json", "md", "pdf", "txt", "xlsx"}, formats.All(formats.Options{}).Formats())
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
