// Package msg reads messages as Outlook saves them: property streams in an OLE
// container (MS-OXMSG).
package msg

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/eml"
	"github.com/sufflor/sufflor/ingest/mail"
	"github.com/sufflor/sufflor/ingest/ole"
	"github.com/sufflor/sufflor/ingest/rtf"
)

// Reader reads Outlook messages. It is safe for concurrent use when
// Attachments is. The zero value leaves attached files unread and says so.
type Reader struct {
	Attachments ingest.Reader // reads attached files by their content; may be nil
}

// Limits of what is accepted from outside.
const (
	maxNested      = 3  // messages in messages
	maxAttachments = 51 // looked for; one more than is read
)

// Properties that are used (MS-OXPROPS).
const (
	subject       = 0x0037
	class         = 0x001A
	submitted     = 0x0039
	representing  = 0x0042
	senderName    = 0x0C1A
	senderAddress = 0x0C1F
	delivered     = 0x0E06
	body          = 0x1000
	bodyRTF       = 0x1009
	bodyHTML      = 0x1013
	attachData    = 0x3701
	attachName    = 0x3704
	attachMethod  = 0x3705
	attachLong    = 0x3707
	attachMIME    = 0x370E
	attachID      = 0x3712
	displayName   = 0x3001
	codepage      = 0x3FDE
	ansiCodepage  = 0x3FFD
)

// Types of properties (MS-OXCDATA section 2.11.1).
const (
	typeInt    = 0x0003
	typeString = 0x001E // in the message's code page
	typeTime   = 0x0040
	typeWide   = 0x001F
	typeBinary = 0x0102
	typeObject = 0x000D
)

// Read returns the message's newest words, then what is attached and what is
// quoted. The title is the subject.
func (r Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	file, err := ole.Open(in)
	if err != nil {
		return ingest.Document{}, err //nolint:wrapcheck // it names the file
	}
	p := parser{ctx: ctx, file: file}
	if len(file.List()) == 0 || !p.exists() {
		return ingest.Document{}, fmt.Errorf("%s is an OLE container without a message: %w", in.Name, ingest.ErrUnsupported)
	}
	m, signed, err := p.message(0)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	var doc ingest.Document
	if signed != nil {
		in.Data, in.Size = bytes.NewReader(signed), int64(len(signed))
		doc, err = eml.Reader(r).Read(ctx, in)
		if doc.Title == "" {
			doc.Title = mail.Topic(m.Subject)
		}
	} else {
		doc, err = mail.Read(ctx, in, []mail.Message{m}, r.Attachments)
	}
	doc.Warnings = append(p.warnings, doc.Warnings...)
	return doc, err //nolint:wrapcheck // it names the file
}

// parser reads the properties of one message.
type parser struct {
	ctx      context.Context //nolint:containedctx // a parse of one Read, whose end it must notice
	file     *ole.File
	path     []string // of the message's storage
	fixed    map[uint32]uint64
	warnings []string
}

// stream is the content of a stream below the message's storage, nil for none.
func (p *parser) stream(path ...string) []byte {
	data, err := p.file.Stream(append(append([]string{}, p.path...), path...)...)
	if err != nil && !errors.Is(err, ole.ErrNoStream) {
		p.warnings = append(p.warnings, err.Error())
	}
	return data
}

func (p *parser) exists() bool {
	return p.file.Has("__properties_version1.0") || p.file.Has(name(subject, typeWide)) || p.file.Has(name(subject, typeString)) || p.file.Has(name(body, typeWide)) || p.file.Has(name(body, typeString))
}

func name(id, kind int) string { return fmt.Sprintf("__substg1.0_%04X%04X", id, kind) }

// message reads the message in p.path. signed is its content in the form of a
// mail, when it is a message signed with S/MIME.
func (p *parser) message(nested int) (m mail.Message, signed []byte, err error) {
	head := 32
	if nested > 0 {
		head = 24
	}
	p.fixed = fixed(p.stream("__properties_version1.0"), head)
	m = mail.Message{Subject: p.text(subject), From: first(p.text(representing), p.text(senderName), p.text(senderAddress)), Date: p.time(submitted)}
	if m.Date.IsZero() {
		m.Date = p.time(delivered)
	}
	kind := strings.ToLower(p.text(class))
	m.Text = strings.TrimSpace(p.text(body))
	m.HTML = p.html()
	if m.Text == "" && m.HTML == "" {
		m.Text, err = p.fromRTF()
		if err != nil {
			p.warnings = append(p.warnings, fmt.Sprintf("the message's rich text was left out: %v", err))
		}
	}
	m.Attachments, signed = p.attachments(nested)
	smime := strings.Contains(kind, ".smime")
	switch {
	case smime && strings.Contains(kind, "multipartsigned") && signed != nil && m.Text == "" && m.HTML == "":
		return m, signed, nil
	case smime && !strings.Contains(kind, "multipartsigned"), len(m.Attachments) == 1 && strings.HasSuffix(strings.ToLower(m.Attachments[0].Name), ".rpmsg"):
		return m, nil, fmt.Errorf("the message is encrypted: open it in Outlook and save it without protection: %w", ingest.ErrEncrypted)
	}
	return m, nil, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// fixed are the values of at most eight bytes in a property stream, by tag
// (MS-OXMSG section 2.4).
func fixed(data []byte, head int) map[uint32]uint64 {
	values := map[uint32]uint64{}
	for i := head; i+16 <= len(data) && len(values) < 10_000; i += 16 {
		values[binary.LittleEndian.Uint32(data[i:])] = binary.LittleEndian.Uint64(data[i+8:])
	}
	return values
}

// text is a property of text, Unicode before the code page.
func (p *parser) text(id int, storage ...string) string {
	if data := p.stream(append(append([]string{}, storage...), name(id, typeWide))...); len(data) > 1 {
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
		return tidy(string(utf16.Decode(units)))
	}
	if data := p.stream(append(append([]string{}, storage...), name(id, typeString))...); len(data) > 0 {
		text, _ := ingest.DecodeAs(data, p.charset(ansiCodepage))
		return tidy(text)
	}
	return ""
}

func tidy(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s)
}

// charset is the name of a code page, the other property's when there is none.
func (p *parser) charset(id int) string {
	for _, id := range []int{id, codepage, ansiCodepage} {
		page := int(uint32(p.fixed[uint32(id)<<16|typeInt])) //nolint:gosec // ids have 16 bits
		switch {
		case page == 65001:
			return "utf-8"
		case page >= 1250 && page <= 1258:
			return "windows-" + strconv.Itoa(page)
		case page >= 28591 && page <= 28606:
			return "iso-8859-" + strconv.Itoa(page-28590)
		case page == 932:
			return "shift_jis"
		case page == 936 || page == 54936:
			return "gb18030"
		case page == 949 || page == 51949:
			return "euc-kr"
		case page == 950:
			return "big5"
		case page >= 50220 && page <= 50222:
			return "iso-2022-jp"
		case page == 51932:
			return "euc-jp"
		case page == 20866:
			return "koi8-r"
		}
	}
	return ""
}

// time is a property of time, in units of 100 ns since 1601.
func (p *parser) time(id int) time.Time {
	const epoch = 116_444_736_000_000_000 // 1970
	v := p.fixed[uint32(id)<<16|typeTime] //nolint:gosec // ids have 16 bits
	if v < epoch || v > epoch*3 {
		return time.Time{}
	}
	return time.Unix(int64((v-epoch)/10_000_000), 0).UTC()
}

func (p *parser) html() string {
	if data := p.stream(name(bodyHTML, typeBinary)); len(data) > 0 {
		text, _ := ingest.DecodeAs(data, p.charset(codepage))
		return text
	}
	return p.text(bodyHTML)
}

// fromRTF is the text of a message that has only rich text.
func (p *parser) fromRTF() (string, error) {
	data := p.stream(name(bodyRTF, typeBinary))
	if len(data) == 0 {
		return "", nil
	}
	rich, err := decompress(data)
	if err != nil {
		return "", err
	}
	doc, err := rtf.Reader{}.Read(p.ctx, ingest.Input{Name: "the message's text", Data: bytes.NewReader(rich), Size: int64(len(rich))})
	if err != nil {
		return "", err //nolint:wrapcheck // becomes a warning
	}
	var out []string
	for _, b := range doc.Blocks {
		switch {
		case b.Table != nil:
			for _, r := range b.Table.Rows {
				out = append(out, strings.Join(r.Cells, " | "))
			}
		case b.Marker != "":
			out = append(out, b.Marker+" "+b.Text)
		default:
			out = append(out, b.Text)
		}
	}
	return strings.Join(out, "\n\n"), nil
}

// attachments are the files and messages that came with a message, without
// the pictures of its layout. signed is a file that holds the message itself.
func (p *parser) attachments(nested int) (files []mail.Attachment, signed []byte) {
	n := 0
	for _, e := range p.file.List(p.path...) {
		if !e.Storage || !strings.HasPrefix(strings.ToLower(e.Name), "__attach_version1.0_#") {
			continue
		}
		if n++; n > maxAttachments || p.ctx.Err() != nil {
			break
		}
		file := mail.Attachment{Name: mail.FileName(first(p.text(attachLong, e.Name), p.text(attachName, e.Name), p.text(displayName, e.Name), "attachment"))}
		values := fixed(p.stream(e.Name, "__properties_version1.0"), 8)
		if values[attachMethod<<16|typeInt] == 5 || p.file.Has(append(append([]string{}, p.path...), e.Name, name(attachData, typeObject), "__properties_version1.0")...) {
			if m := p.embedded(e.Name, nested); m != nil {
				file.Message = m
				file.Name = first(mail.Topic(m.Subject), file.Name)
				files = append(files, file)
			}
			continue
		}
		file.Data = p.stream(e.Name, name(attachData, typeBinary))
		kind := strings.ToLower(p.text(attachMIME, e.Name))
		switch {
		case len(file.Data) == 0, strings.HasPrefix(kind, "image/") && p.text(attachID, e.Name) != "":
		case kind == "multipart/signed" || strings.EqualFold(file.Name, "smime.p7m"):
			signed = file.Data
		default:
			files = append(files, file)
		}
	}
	return files, signed
}

// embedded is a message that was attached, nil when it cannot be read.
func (p *parser) embedded(storage string, nested int) *mail.Message {
	if nested+1 > maxNested {
		p.warnings = append(p.warnings, fmt.Sprintf("messages that are nested more than %d deep were left out", maxNested))
		return nil
	}
	inner := parser{ctx: p.ctx, file: p.file, path: append(append([]string{}, p.path...), storage, name(attachData, typeObject))}
	m, _, err := inner.message(nested + 1)
	p.warnings = append(p.warnings, inner.warnings...)
	if err != nil {
		p.warnings = append(p.warnings, fmt.Sprintf("an attached message was left out: %v", err))
		return nil
	}
	return &m
}
