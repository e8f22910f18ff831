package formats

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/doc"
	"github.com/sufflor/sufflor/ingest/ole"
	"github.com/sufflor/sufflor/ingest/pattern"
	"github.com/sufflor/sufflor/ingest/tnef"
	"github.com/sufflor/sufflor/ingest/xls"
)

// looked is how much of a file is looked at to tell its format.
const looked = 32 << 10

// Detect tells the format of in by its content, and only where content cannot
// tell (text of one sort or another) by its extension. What is none of them is
// an error wrapping [ingest.ErrUnsupported] that says what it is.
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
		return compound(in, kind)
	}
	if i := bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-")); i >= 0 {
		return PDF, nil
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return inZip(in)
	}
	if likeXML(head) {
		f := inXML(head)
		if err := noBomb(in, head, f != ""); err != nil {
			return "", err
		}
		if f != "" {
			return f, nil
		}
	}
	if xls.Bare(head) {
		return XLS, nil
	}
	if doc.Older(head) {
		return DOC, nil
	}
	if tnef.Is(head) {
		return EML, nil
	}
	mime := mimetype.Detect(head)
	switch {
	case mime.Is("application/pdf"):
		return PDF, nil
	case mime.Is("text/rtf"), bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff \r\n\t"), []byte(`{\rtf`)):
		return RTF, nil
	case mime.Is("image/svg+xml"):
		return "", unsupported(in.Name, "a drawing (SVG)", "save it as PDF")
	case picture(mime), strings.HasPrefix(mime.String(), "image/") && !looksText(head):
		return Image, nil
	case strings.HasPrefix(mime.String(), "audio/"), strings.HasPrefix(mime.String(), "video/"):
		return "", unsupported(in.Name, "a recording ("+mime.String()+")", "save a transcript as text")
	}
	if isText(mime) || looksText(head) {
		if s, _ := ingest.DecodeText(head); ingest.Garbled(s) { // a byte order mark alone makes no text
			return "", unsupported(in.Name, "not text: much of it is control characters or fits no charset", "save it again as UTF-8 text, or as PDF")
		}
		return textFormat(in.Name, head, mime), nil
	}
	if packed(mime) {
		return "", unsupported(in.Name, "a compressed file ("+mime.String()+")", "unpack it and add what is in it")
	}
	kind := mime.String()
	if mime.Is("application/octet-stream") {
		kind = "of no kind that is known here, or encrypted (" + kind + ")"
	}
	return "", unsupported(in.Name, kind, "save it as PDF, .docx, .xlsx, .csv, .html, .md or .txt")
}

func unsupported(name, found, advice string) error {
	return fmt.Errorf("%s is %s; %s: %w", name, found, advice, ingest.ErrUnsupported)
}

// compound tells what an OLE container is by the streams of its root: what is
// embedded in it has the same streams further down. kind is what the names of
// all streams say, for containers too damaged to open.
func compound(in ingest.Input, kind string) (Format, error) {
	f, err := ole.Open(in)
	if err == nil {
		has := func(names ...string) bool {
			for _, n := range names {
				if f.Has(n) {
					return true
				}
			}
			return false
		}
		switch {
		case has("EncryptedPackage"):
			kind = "encrypted"
		case has("__properties_version1.0"):
			kind = "msg"
		case has("WordDocument"):
			kind = "doc"
		case has("PowerPoint Document", "PP40"): // the latter of PowerPoint 4
			kind = "ppt"
		case has("Workbook", "Book"):
			kind = "xls"
		}
	}
	switch kind {
	case "encrypted":
		// Excel's own password, which only keeps sheets from being changed,
		// is for its reader to try.
		if strings.HasPrefix(strings.ToLower(filepath.Ext(in.Name)), ".xls") {
			return XLSX, nil
		}
		return "", fmt.Errorf("%s is protected by a password; save it without one: %w", in.Name, ingest.ErrEncrypted)
	case "doc":
		return DOC, nil
	case "xls":
		return XLS, nil
	case "ppt":
		return PPT, nil
	case "msg":
		return MSG, nil
	}
	if err != nil {
		return "", err //nolint:wrapcheck // names the file
	}
	return "", unsupported(in.Name, "an unknown Office file", "save it as PDF")
}

// inZip looks inside a zip container: its content types say what it is.
func inZip(in ingest.Input) (Format, error) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return "", err //nolint:wrapcheck // names the file
	}
	f := byParts(arc)
	if f == "" {
		return "", unsupported(in.Name, "a zip archive", "unpack it and add the files in it")
	}
	if f == book {
		return "", unsupported(in.Name, "an e-book (EPUB)", "save it as PDF")
	}
	if err := plainParts(in, arc); err != nil {
		return "", err
	}
	return f, nil
}

// book is a format that is known and not read.
const book Format = "epub"

// byParts tells by the parts of a container what it is, "" when by none.
func byParts(arc *ingest.Archive) Format {
	types, err := arc.Part("[Content_Types].xml")
	if err != nil && !errors.Is(err, ingest.ErrNoPart) {
		types = nil // damaged; its parts tell as well
	}
	has := func(s ...string) bool {
		for _, s := range s {
			if bytes.Contains(types, []byte(s)) {
				return true
			}
		}
		return false
	}
	switch {
	case has("ms-excel.sheet.binary.macroEnabled.main"): // without "main" it is one inside another document
		return XLSB
	case has("wordprocessingml.document.main", "wordprocessingml.template.main", "ms-word.document.macroEnabled.main", "ms-word.template.macroEnabled"):
		return DOCX
	case has("spreadsheetml.sheet.main", "spreadsheetml.template.main", "ms-excel.sheet.macroEnabled.main", "ms-excel.template.macroEnabled", "ms-excel.addin.macroEnabled"):
		return XLSX
	case has("presentationml.presentation.main", "presentationml.slideshow.main", "presentationml.template.main", "ms-powerpoint."):
		return PPTX
	case arc.Has("word/document.xml"):
		return DOCX
	case arc.Has("xl/workbook.xml"):
		return XLSX
	case arc.Has("xl/workbook.bin"):
		return XLSB
	case arc.Has("ppt/presentation.xml"):
		return PPTX
	}
	if mime, err := arc.Part("mimetype"); err == nil {
		m := strings.TrimSpace(string(mime))
		switch strings.TrimSuffix(m, "-template") {
		case "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text-master", "application/vnd.sun.xml.writer":
			return ODT
		case "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.sun.xml.calc":
			return ODS
		case "application/vnd.oasis.opendocument.presentation", "application/vnd.sun.xml.impress":
			return ODP
		case "application/epub+zip":
			return book
		}
	}
	if content, err := arc.Part("content.xml"); err == nil {
		return openDocument(content)
	}
	return ""
}

func openDocument(head []byte) Format {
	for f, sign := range map[Format]string{ODT: "office:text", ODS: "office:spreadsheet", ODP: "office:presentation"} {
		if bytes.Contains(head, []byte("<"+sign)) {
			return f
		}
	}
	return ""
}

// inXML knows documents that are one XML file by their root element.
func inXML(head []byte) Format {
	x := ingest.NewXML(head)
	for {
		tok, err := x.Token()
		if err != nil {
			return ""
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "document" || !strings.Contains(start.Name.Space, "opendocument") {
			return ""
		}
		for _, a := range start.Attr {
			if a.Name.Local != "mimetype" {
				continue
			}
			switch {
			case strings.Contains(a.Value, "spreadsheet"):
				return ODS
			case strings.Contains(a.Value, "presentation"):
				return ODP
			}
		}
		return ODT
	}
}

func isText(m *mimetype.MIME) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is("text/plain") {
			return true
		}
	}
	return false
}

// picture reports whether a file is a picture by a signature that no text
// begins with; a picture of one colour has few bytes that text has not.
func picture(m *mimetype.MIME) bool {
	return slices.ContainsFunc([]string{"image/png", "image/jpeg", "image/gif", "image/tiff", "image/webp"}, m.Is)
}

// packed reports whether a file is a compressed one, or an archive, that is no
// zip: whatever is in it has to be taken out first.
func packed(m *mimetype.MIME) bool {
	return slices.ContainsFunc([]string{"application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd", "application/lzip", "application/x-7z-compressed", "application/vnd.rar", "application/x-tar"}, m.Is)
}

// looksText knows text that mimetype takes for data: UTF-16 without a byte
// order mark, and code pages of DOS. Zero bytes at the end are a file that was
// not written to its end, those inside are data.
func looksText(head []byte) bool {
	s, charset := ingest.DecodeText(head)
	control, n := 0, 0
	if !strings.HasPrefix(charset, "utf-16") {
		control = bytes.Count(bytes.TrimRight(head, "\x00"), []byte{0})
		n = control
	}
	for _, r := range s {
		n++
		if r < ' ' && r != '\n' && r != '\t' && r != '\f' || r == '\uFFFD' {
			control++
		}
	}
	return n > 0 && control*100 <= n
}

var (
	headerLine = pattern.Lazy(`^[A-Za-z][A-Za-z0-9-]{1,40}:[ \t]?\S?`)
	// Header lines that only mail has (RFC 5322, 3.6), and that begin one.
	mailOnly = pattern.Lazy(`(?mi)^(?:received|return-path|message-id|mime-version|delivered-to|x-mailer|dkim-signature|content-type|content-transfer-encoding|x-original-to|x-received|arc-seal):`)
	mailMain = pattern.Lazy(`(?mi)^(?:from|to|subject|date|sender|reply-to|cc):`)
	mboxFrom = pattern.Lazy(`^From \S+ .{0,60}\d{4}`)
)

// isMail reports whether a text begins with the header lines of a message.
func isMail(s string, ext string) bool {
	if mboxFrom().MatchString(s) {
		return true
	}
	head, _, _ := strings.Cut(s, "\n\n")
	lines, headers := 0, 0
	for line := range strings.SplitSeq(head, "\n") {
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			continue // folded
		}
		if lines++; headerLine().MatchString(line) {
			headers++
		}
	}
	if lines == 0 || headers*10 < lines*9 {
		return false
	}
	main, only := len(mailMain().FindAllString(head, -1)), len(mailOnly().FindAllString(head, -1))
	switch ext {
	case ".eml", ".mht", ".mhtml", ".mbox", ".mbx", ".msg":
		return main+only > 0
	}
	return only > 0 && main > 0 || only > 1 || main > 3
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
	case ".adoc", ".asciidoc", ".asc":
		if !strings.HasPrefix(trimmed, "-----BEGIN") {
			return Adoc
		}
	case ".rst", ".rest":
		return RST
	case ".csv", ".tsv", ".tab":
		return CSV
	case ".json", ".jsonl", ".ndjson":
		return Cases
	}
	if isMail(trimmed, ext) { // mimetype takes any "From:" for one
		if strings.Contains(lower, "multipart/related") && (ext == ".mht" || ext == ".mhtml" || strings.Contains(lower, "snapshot-content-location")) {
			return MHTML
		}
		return EML
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
