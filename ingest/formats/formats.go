// Package formats knows every format that can be read, and tells by a file's
// content which one it is; its name is asked last.
package formats

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/cases"
	"github.com/sufflor/sufflor/ingest/convert"
	"github.com/sufflor/sufflor/ingest/csv"
	"github.com/sufflor/sufflor/ingest/doc"
	"github.com/sufflor/sufflor/ingest/docx"
	"github.com/sufflor/sufflor/ingest/eml"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/markdown"
	"github.com/sufflor/sufflor/ingest/markup"
	"github.com/sufflor/sufflor/ingest/msg"
	"github.com/sufflor/sufflor/ingest/ocr"
	"github.com/sufflor/sufflor/ingest/odp"
	"github.com/sufflor/sufflor/ingest/ods"
	"github.com/sufflor/sufflor/ingest/odt"
	"github.com/sufflor/sufflor/ingest/pdf"
	"github.com/sufflor/sufflor/ingest/ppt"
	"github.com/sufflor/sufflor/ingest/pptx"
	"github.com/sufflor/sufflor/ingest/rtf"
	"github.com/sufflor/sufflor/ingest/text"
	"github.com/sufflor/sufflor/ingest/tool"
	"github.com/sufflor/sufflor/ingest/xls"
	"github.com/sufflor/sufflor/ingest/xlsx"
)

// Format is a kind of file, named by its usual extension.
type Format string

// The formats that are told apart.
const (
	PDF      Format = "pdf"
	DOCX     Format = "docx" // and .docm, .dotx, .dotm
	DOC      Format = "doc"
	RTF      Format = "rtf"
	ODT      Format = "odt" // and .fodt, .ott
	XLSX     Format = "xlsx"
	XLSB     Format = "xlsb"
	XLS      Format = "xls"
	ODS      Format = "ods"
	CSV      Format = "csv" // and .tsv
	PPTX     Format = "pptx"
	PPT      Format = "ppt"
	ODP      Format = "odp"
	HTML     Format = "html"
	MHTML    Format = "mhtml"
	Markdown Format = "md"
	Adoc     Format = "adoc" // AsciiDoc
	RST      Format = "rst"
	Text     Format = "txt"
	Cases    Format = "json" // exports of solved cases, also as JSON lines
	EML      Format = "eml"  // and mbox
	MSG      Format = "msg"
	Image    Format = "image"
)

// mimes are the media types that are registered with IANA or in common use.
var mimes = map[Format]string{
	PDF: "application/pdf", RTF: "application/rtf", HTML: "text/html", MHTML: "multipart/related", Markdown: "text/markdown", Adoc: "text/asciidoc",
	RST: "text/x-rst", Text: "text/plain", CSV: "text/csv", Cases: "application/json", EML: "message/rfc822", MSG: "application/vnd.ms-outlook",
	DOC: "application/msword", XLS: "application/vnd.ms-excel", PPT: "application/vnd.ms-powerpoint",
	DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	XLSB: "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
	ODT:  "application/vnd.oasis.opendocument.text", ODS: "application/vnd.oasis.opendocument.spreadsheet", ODP: "application/vnd.oasis.opendocument.presentation",
	Image: "image/*",
}

// MIME is the format's media type.
func (f Format) MIME() string { return mimes[f] }

// Options are what readers can be told.
type Options struct {
	TempDir   string   `json:"temp_dir,omitempty"`  // for what is too big for memory; empty for the system's
	Hidden    bool     `json:"hidden,omitempty"`    // read hidden sheets, rows and columns, too
	Languages []string `json:"languages,omitempty"` // that pictures are recognised in, ours, the likeliest first; empty for all
	Tools     []string `json:"tools,omitempty"`     // folders where programs of others are looked for; nil for the system's
}

// Registry reads files of every format. It implements [ingest.Reader] and is
// safe for concurrent use.
type Registry struct{ readers map[Format]ingest.Reader }

// All is the registry of every format that we can read.
func All(o Options) Registry {
	kit := tool.Kit{Folders: o.Tools, Temp: o.TempDir}
	engine := ocr.Engine{Kit: kit, Languages: o.Languages}
	workbook := xlsx.Reader{TempDir: o.TempDir, Hidden: o.Hidden}
	r := Registry{map[Format]ingest.Reader{
		PDF: ocr.PDF{Reader: pdf.Reader{}, Engine: engine}, Image: ocr.Image{Engine: engine},
		DOCX: docx.Reader{}, ODT: odt.Reader{}, RTF: rtf.Reader{}, PPTX: pptx.Reader{}, ODP: odp.Reader{},
		XLSX: workbook, ODS: ods.Reader{Hidden: o.Hidden}, CSV: csv.Reader{},
		HTML: html.Reader{}, Markdown: markdown.Reader{}, Adoc: markup.Adoc{}, RST: markup.ReST{}, Text: text.Reader{}, Cases: cases.Reader{},
	}}
	// Old formats and odd ones: where our own readers fail, programs of others
	// may help.
	for f, c := range map[Format]convert.Reader{
		DOC:  {Own: doc.Reader{}, To: "docx", Then: docx.Reader{}, Text: "catdoc", Next: "save it as .docx"},
		XLS:  {Own: xls.Reader{Hidden: o.Hidden}, To: "xlsx", Then: workbook, Next: "save it as .xlsx"},
		XLSB: {To: "xlsx", Then: workbook, Next: "save it as .xlsx"},
		PPT:  {Own: ppt.Reader{}, To: "pptx", Then: pptx.Reader{}, Text: "catppt", Next: "save it as .pptx"},
	} {
		c.Kit, c.Ext = kit, "."+string(f)
		r.readers[f] = c
	}
	// What is attached to a mail is read like any file, mails in mails too.
	letter := eml.Reader{Attachments: r}
	r.readers[EML], r.readers[MHTML], r.readers[MSG] = letter, letter, msg.Reader{Attachments: r}
	return r
}

// Formats lists the formats that are read, in alphabetical order.
func (r Registry) Formats() []Format { return slices.Sorted(maps.Keys(r.readers)) }

// Read finds out what in is and reads it. What we cannot read is an error
// wrapping [ingest.ErrUnsupported] that names the format found and what to do.
func (r Registry) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	reader, f, err := r.find(in)
	if err != nil {
		return ingest.Document{}, err
	}
	doc, err := reader.Read(ctx, in)
	doc.Warnings = append(doc.Warnings, misnamed(in.Name, f)...)
	return doc, err //nolint:wrapcheck // readers name the file
}

// Stream is [Registry.Read] for a caller who takes the blocks one by one. Only
// formats that can be large give them before they have read all.
func (r Registry) Stream(ctx context.Context, in ingest.Input, emit func(ingest.Block)) (ingest.Document, error) {
	reader, f, err := r.find(in)
	if err != nil {
		return ingest.Document{}, err
	}
	if s, ok := reader.(ingest.Streamer); ok {
		doc, err := s.Stream(ctx, in, emit)
		doc.Warnings = append(doc.Warnings, misnamed(in.Name, f)...)
		return doc, err //nolint:wrapcheck // readers name the file
	}
	doc, err := reader.Read(ctx, in)
	doc.Warnings = append(doc.Warnings, misnamed(in.Name, f)...)
	if err != nil {
		return doc, err //nolint:wrapcheck // readers name the file
	}
	for _, b := range doc.Blocks {
		emit(b)
	}
	doc.Blocks = nil
	return doc, nil
}

func (r Registry) find(in ingest.Input) (ingest.Reader, Format, error) {
	f, err := Detect(in)
	if err != nil {
		return nil, f, err
	}
	reader, ok := r.readers[f]
	if !ok {
		return nil, f, fmt.Errorf("%s is %s, which is not read here: %w", in.Name, f, ingest.ErrUnsupported)
	}
	return reader, f, nil
}

// misnamed says that a file is not what its name says, where that is clear.
func misnamed(name string, found Format) []string {
	switch said := Format(strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")); said {
	case PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP:
		if said != found {
			return []string{fmt.Sprintf("it is named .%s, but is %s (%s), and was read as that", said, found, found.MIME())}
		}
	}
	return nil
}
