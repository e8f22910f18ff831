// Package formats knows every format that can be read, and tells by a file's
// content which one it is; its name is asked last.
package formats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/cases"
	"github.com/sufflor/sufflor/ingest/csv"
	"github.com/sufflor/sufflor/ingest/docx"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/markdown"
	"github.com/sufflor/sufflor/ingest/pdf"
	"github.com/sufflor/sufflor/ingest/text"
	"github.com/sufflor/sufflor/ingest/xlsx"
)

// Format is a kind of file.
type Format string

// The formats that are read.
const (
	PDF      Format = "pdf"
	DOCX     Format = "docx"
	XLSX     Format = "xlsx"
	CSV      Format = "csv"
	HTML     Format = "html"
	Markdown Format = "md"
	Text     Format = "txt"
	Cases    Format = "json"
)

// Options are what readers can be told.
type Options struct {
	TempDir string // for sheets too big for memory; empty for the system's
}

// Registry reads files of every format. It implements [ingest.Reader] and is
// safe for concurrent use.
type Registry struct{ readers map[Format]ingest.Reader }

// All is the registry of every format that we can read.
func All(o Options) Registry {
	return Registry{map[Format]ingest.Reader{
		PDF: pdf.Reader{}, DOCX: docx.Reader{}, XLSX: xlsx.Reader{TempDir: o.TempDir}, CSV: csv.Reader{}, HTML: html.Reader{}, Markdown: markdown.Reader{},
		Text: text.Reader{}, Cases: cases.Reader{},
	}}
}

// Formats lists the formats that are read, in alphabetical order.
func (r Registry) Formats() []Format {
	var out []Format
	for f := range r.readers {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

// Read finds out what in is and reads it. What we cannot read is an error
// wrapping [ingest.ErrUnsupported] that names the format found and what to do.
func (r Registry) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	f, err := Detect(in)
	if err != nil {
		return ingest.Document{}, err
	}
	reader, ok := r.readers[f]
	if !ok {
		return ingest.Document{}, fmt.Errorf("%s is %s, which is not read here: %w", in.Name, f, ingest.ErrUnsupported)
	}
	return reader.Read(ctx, in) //nolint:wrapcheck // readers name the file
}

// looked is how much of a file is looked at to tell its format.
const looked = 32 << 10

// Detect tells the format of in by its content, and only where content cannot
// tell (text of one sort or another) by its extension.
func Detect(in ingest.Input) (Format, error) {
	head := make([]byte, min(max(in.Size, 0), looked))
	n, err := in.Data.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read %s: %w", in.Name, err)
	}
	head = head[:n]
	if len(bytes.TrimSpace(head)) == 0 && in.Size <= looked {
		return "", fmt.Errorf("%s is empty: %w", in.Name, ingest.ErrNoText)
	}
	if kind := ingest.CompoundKind(in); kind != "" {
		return "", compound(in.Name, kind)
	}
	if i := bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-")); i >= 0 {
		return PDF, nil
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return inZip(in)
	}
	mime := mimetype.Detect(head)
	switch {
	case mime.Is("application/pdf"):
		return PDF, nil
	case mime.Is("text/rtf"):
		return "", unsupported(in.Name, "rich text (RTF)", "save it as .docx or PDF")
	case mime.Is("message/rfc822"), mime.Is("application/vnd.ms-outlook"):
		return "", unsupported(in.Name, "an e-mail", "export solved cases as CSV or JSON")
	case strings.HasPrefix(mime.String(), "image/") && !mime.Is("image/svg+xml"):
		return "", unsupported(in.Name, "an image ("+mime.String()+")", "it needs text recognition (OCR): save it as a PDF with a text layer")
	case strings.HasPrefix(mime.String(), "audio/"), strings.HasPrefix(mime.String(), "video/"):
		return "", unsupported(in.Name, "a recording ("+mime.String()+")", "save a transcript as text")
	}
	if isText(mime) || looksText(head) {
		return textFormat(in.Name, head, mime), nil
	}
	return "", unsupported(in.Name, mime.String(), "save it as PDF, .docx, .xlsx, .csv, .html, .md or .txt")
}

func unsupported(name, found, advice string) error {
	return fmt.Errorf("%s is %s; %s: %w", name, found, advice, ingest.ErrUnsupported)
}

func compound(name, kind string) error {
	switch kind {
	case "encrypted":
		return fmt.Errorf("%s is protected by a password; save it without one: %w", name, ingest.ErrEncrypted)
	case "doc":
		return unsupported(name, "a Word document of before 2007 (.doc)", "save it as .docx")
	case "xls":
		return unsupported(name, "an Excel workbook of before 2007 (.xls)", "save it as .xlsx")
	case "ppt":
		return unsupported(name, "a PowerPoint file of before 2007 (.ppt)", "save it as PDF")
	case "msg":
		return unsupported(name, "an Outlook message (.msg)", "export solved cases as CSV or JSON")
	}
	return unsupported(name, "an unknown Office file", "save it as PDF")
}

// inZip looks inside a zip container: its content types say what it is.
func inZip(in ingest.Input) (Format, error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return "", err //nolint:wrapcheck // names the file
	}
	types, err := arc.Part("[Content_Types].xml")
	if err != nil && !errors.Is(err, ingest.ErrNoPart) {
		return "", fmt.Errorf("%s: %w", in.Name, err)
	}
	has := func(s string) bool { return bytes.Contains(types, []byte(s)) }
	switch {
	case has("wordprocessingml.document.main"), has("wordprocessingml.template.main"), has("ms-word.document.macroEnabled.main"), has("ms-word.template.macroEnabled"), err != nil && arc.Has("word/document.xml"):
		return DOCX, nil
	case has("spreadsheetml.sheet.main"), has("spreadsheetml.template.main"), has("ms-excel.sheet.macroEnabled.main"), has("ms-excel.template.macroEnabled"), err != nil && arc.Has("xl/workbook.xml"):
		return XLSX, nil
	case has("ms-excel.sheet.binary"):
		return "", unsupported(in.Name, "a binary Excel workbook (.xlsb)", "save it as .xlsx")
	case has("presentationml"):
		return "", unsupported(in.Name, "a PowerPoint presentation (.pptx)", "save it as PDF")
	case arc.Has("word/document.xml"):
		return DOCX, nil
	case arc.Has("xl/workbook.xml"):
		return XLSX, nil
	}
	if mime, err := arc.Part("mimetype"); err == nil {
		switch m := string(bytes.TrimSpace(mime)); m {
		case "application/vnd.oasis.opendocument.text":
			return "", unsupported(in.Name, "an OpenDocument text (.odt)", "save it as .docx or PDF")
		case "application/vnd.oasis.opendocument.spreadsheet":
			return "", unsupported(in.Name, "an OpenDocument spreadsheet (.ods)", "save it as .xlsx")
		case "application/epub+zip":
			return "", unsupported(in.Name, "an e-book (EPUB)", "save it as PDF")
		}
	}
	return "", unsupported(in.Name, "a zip archive", "unpack it and add the files in it")
}

func isText(m *mimetype.MIME) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is("text/plain") {
			return true
		}
	}
	return false
}

// looksText knows text that mimetype takes for data: UTF-16 without a byte
// order mark, and code pages of DOS.
func looksText(head []byte) bool {
	s, _ := ingest.DecodeText(head)
	control, n := 0, 0
	for _, r := range s {
		n++
		if r < ' ' && r != '\n' && r != '\t' && r != '\f' || r == '\uFFFD' {
			control++
		}
	}
	return n > 0 && control*100 <= n
}

// textFormat tells text formats apart: by what they hold when that is plain to
// see, else by the extension.
func textFormat(name string, head []byte, mime *mimetype.MIME) Format {
	s, _ := ingest.DecodeText(head)
	trimmed := strings.TrimSpace(s)
	ext := strings.ToLower(filepath.Ext(name))
	lower := strings.ToLower(trimmed[:min(len(trimmed), 1024)])
	switch ext {
	case ".md", ".markdown", ".mdown", ".mkd":
		return Markdown
	case ".csv", ".tsv", ".tab":
		return CSV
	case ".json", ".jsonl", ".ndjson":
		return Cases
	}
	switch {
	case mime.Is("text/html"), strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"), strings.Contains(lower, "<html") && strings.Contains(lower, "<head"),
		(ext == ".html" || ext == ".htm" || ext == ".xhtml") && strings.Contains(s, "<"):
		return HTML
	case ext == ".txt" || ext == ".text" || ext == ".log":
		return Text
	case mime.Is("application/json"), mime.Is("application/x-ndjson"):
		return Cases
	case mime.Is("text/csv"), mime.Is("text/tab-separated-values"):
		return CSV
	}
	return Text
}
