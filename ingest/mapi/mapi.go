// Package mapi makes messages of the properties that Outlook and Exchange keep
// of them (MS-OXPROPS, MS-OXCMSG), in whatever container they came.
package mapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/mail"
	"github.com/sufflor/sufflor/ingest/rtf"
)

// Properties that are used (MS-OXPROPS).
const (
	Class         = 0x001A
	Subject       = 0x0037
	submitted     = 0x0039
	representing  = 0x0042
	senderName    = 0x0C1A
	senderAddress = 0x0C1F
	delivered     = 0x0E06
	Body          = 0x1000
	bodyRTF       = 0x1009
	bodyHTML      = 0x1013
	displayName   = 0x3001
	AttachData    = 0x3701
	attachName    = 0x3704
	attachMethod  = 0x3705
	attachLong    = 0x3707
	attachPath    = 0x370D
	attachMIME    = 0x370E
	attachID      = 0x3712
	attachFlags   = 0x3714
	internetPage  = 0x3FDE
	messagePage   = 0x3FFD
	attachHidden  = 0x7FFE
)

// Types of properties (MS-OXCDATA section 2.11.1).
const (
	Int    = 0x0003
	Bool   = 0x000B
	Object = 0x000D
	String = 0x001E // in the message's code page
	Wide   = 0x001F // UTF-16
	Time   = 0x0040
	Binary = 0x0102
)

// Properties are what is kept of a message or of a file attached to one.
type Properties interface {
	// Bytes is a property of any length as it is kept, nil for none.
	Bytes(id, kind int) []byte

	// Value is a property of at most eight bytes, 0 for none.
	Value(id, kind int) uint64
}

// Charset is the name of the charset of a message's texts that are not in
// Unicode, "" when it is not said. Page is the code page that its container
// names, 0 for none.
func Charset(p Properties, page int) string {
	for _, page := range []int{page, number(p, messagePage), number(p, internetPage)} {
		if name := pageName(page); name != "" {
			return name
		}
	}
	return ""
}

func number(p Properties, id int) int { return int(int32(p.Value(id, Int))) } //nolint:gosec // the property has 32 bits

// pageName is what the Internet calls a code page.
func pageName(page int) string {
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
	return ""
}

// Text is a property of text, Unicode before the charset that is named.
func Text(p Properties, id int, charset string) string {
	if data := p.Bytes(id, Wide); len(data) > 1 {
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
		return Tidy(string(utf16.Decode(units)))
	}
	if data := p.Bytes(id, String); len(data) > 0 {
		return Decode(data, charset)
	}
	return ""
}

// Decode is text that is not in Unicode, with "\n" line ends.
func Decode(data []byte, charset string) string {
	text, _ := ingest.DecodeAs(bytes.TrimRight(data, "\x00"), charset)
	return Tidy(text)
}

// Tidy is text with "\n" line ends and without the zero that ends it.
func Tidy(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s)
}

// date is a property of time, in units of 100 ns since 1601.
func date(p Properties, id int) time.Time {
	const epoch = 116_444_736_000_000_000 // 1970
	v := p.Value(id, Time)
	if v < epoch || v > epoch*3 {
		return time.Time{}
	}
	return time.Unix(int64((v-epoch)/10_000_000), 0).UTC()
}

// Message is a message without what is attached to it, and what was left out
// of it.
func Message(ctx context.Context, p Properties, charset string) (m mail.Message, warnings []string) {
	m.Subject = Text(p, Subject, charset)
	m.From = cmp.Or(Text(p, representing, charset), Text(p, senderName, charset), Text(p, senderAddress, charset))
	m.Date = date(p, submitted)
	if m.Date.IsZero() {
		m.Date = date(p, delivered)
	}
	m.Text = strings.TrimSpace(Text(p, Body, charset))
	m.HTML = page(p, charset)
	if m.Text == "" && m.HTML == "" {
		var err error
		if m.Text, m.HTML, warnings, err = fromRTF(ctx, p.Bytes(bodyRTF, Binary)); err != nil {
			warnings = append(warnings, fmt.Sprintf("the message's rich text was left out: %v", err))
		}
	}
	return m, warnings
}

func page(p Properties, charset string) string {
	data := p.Bytes(bodyHTML, Binary)
	if len(data) == 0 {
		return Text(p, bodyHTML, charset)
	}
	text, _ := ingest.DecodeAs(data, cmp.Or(pageName(number(p, internetPage)), charset))
	return text
}

// fromRTF is the text of a message that has only rich text, or the HTML that
// Exchange made it of, and what is to be said of that text.
func fromRTF(ctx context.Context, data []byte) (text, page string, warnings []string, err error) {
	if len(data) == 0 {
		return "", "", nil, nil
	}
	rich, err := decompress(data)
	if err != nil {
		return "", "", nil, err
	}
	if page, ok := unwrap(rich); ok {
		return "", page, nil, nil
	}
	doc, err := rtf.Reader{}.Read(ctx, ingest.Input{Name: "the message's text", Data: bytes.NewReader(rich), Size: int64(len(rich))})
	if err != nil {
		return "", "", nil, err //nolint:wrapcheck // becomes a warning
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
	for _, w := range doc.Warnings {
		warnings = append(warnings, "the message's text: "+w)
	}
	return strings.Join(out, "\n\n"), "", warnings, nil
}

// Part is what a thing attached to a message is to its reader.
type Part int

// The parts of a message.
const (
	File      Part = iota
	Layout         // a picture that belongs to the text
	Elsewhere      // a link to a file that is not in the message
	Embedded       // a message
	Foreign        // an object of another program within the text
	Signed         // the message itself in the form of a mail
)

// Attached says what is attached, and the name under which it is shown.
func Attached(p Properties, charset, title string) (part Part, name string) {
	long := Text(p, attachLong, charset)
	name = mail.FileName(cmp.Or(long, title, Text(p, attachName, charset), Text(p, displayName, charset), "attachment"))
	kind := strings.ToLower(Text(p, attachMIME, charset))
	const inText = 4 // attachFlags: HTML refers to it
	switch method := number(p, attachMethod); {
	case kind == "multipart/signed" || strings.EqualFold(name, "smime.p7m"):
		return Signed, name
	case method == 5:
		return Embedded, name
	case method == 6:
		return Foreign, name
	case method == 2, method == 3, method == 4, method == 7:
		return Elsewhere, cmp.Or(Text(p, attachPath, charset), name)
	case strings.HasPrefix(kind, "image/") && (Text(p, attachID, charset) != "" || number(p, attachFlags)&inText != 0 || p.Value(attachHidden, Bool)&1 != 0):
		return Layout, name
	}
	return File, name
}

// Files are what is attached to a message.
type Files struct {
	Warnings []string // of what was left out
	list     []mail.Attachment
	signed   []byte
	name     string // of what is signed
}

// Add adds what is attached, without the pictures of the message's layout.
func (f *Files) Add(part Part, name string, data []byte) {
	switch {
	case part == Layout:
	case part == Elsewhere:
		f.warn("attachment %s is a link to a file that is not in the message: add that file", name)
	case part == Foreign && len(data) == 0:
		f.warn("attachment %s is an object of another program within the text and was left out", name)
	case len(data) == 0:
		f.warn("attachment %s is empty", name)
	case part == Signed:
		f.signed, f.name = data, name
	default:
		f.list = append(f.list, mail.Attachment{Name: name, Data: data})
	}
}

// Message adds an attached message. signed is what it is in the form of a
// mail, if it is signed.
func (f *Files) Message(m *mail.Message, signed []byte, title string) {
	name := cmp.Or(mail.Topic(m.Subject), title)
	if signed != nil {
		f.list = append(f.list, mail.Attachment{Name: name, Data: signed})
		return
	}
	f.list = append(f.list, mail.Attachment{Name: name, Message: m})
}

func (f *Files) warn(format string, args ...any) {
	f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...))
}

// Finish hands a message what is attached. signed is the message in the form
// of a mail when it is signed and says nothing else. The error wraps
// [ingest.ErrEncrypted] when only its receiver can read it.
func (f *Files) Finish(m *mail.Message, p Properties, charset string) (signed []byte, err error) {
	kind := strings.ToLower(Text(p, Class, charset))
	smime := strings.Contains(kind, ".smime")
	if f.signed != nil && !smime {
		f.list = append(f.list, mail.Attachment{Name: f.name, Data: f.signed})
	}
	m.Attachments = f.list
	switch {
	case smime && strings.Contains(kind, "multipartsigned"):
		if m.Text == "" && m.HTML == "" {
			return f.signed, nil
		}
		return nil, nil
	case smime, len(f.list) == 1 && strings.HasSuffix(strings.ToLower(f.list[0].Name), ".rpmsg"):
		return nil, fmt.Errorf("the message is encrypted: open it in Outlook and save it without protection: %w", ingest.ErrEncrypted)
	}
	return nil, nil
}
