// Package tnef reads the files, usually named winmail.dat, in which Outlook
// and Exchange send messages (MS-OXTNEF).
package tnef

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/mail"
	"github.com/sufflor/sufflor/ingest/mapi"
)

// Limits of what is accepted from outside.
const (
	maxNested      = 3      // messages in messages
	maxAttributes  = 10_000 // of a message
	maxProperties  = 10_000 // of a message or an attachment
	maxAttachments = 51     // looked for; one more than is read
)

// signature begins every file.
const signature = 0x223E9F78

// Attributes that are used (section 2.1.3.2), with their types.
const (
	messageClass = 0x00078008
	from         = 0x00008000
	subject      = 0x00018004
	sent         = 0x00038005
	received     = 0x00038006
	body         = 0x0002800C
	attachData   = 0x0006800F
	attachTitle  = 0x00018010
	codePage     = 0x00069007
	attachBegins = 0x00069002
	messageProps = 0x00069003
	attachProps  = 0x00069005
)

// Levels of attributes.
const (
	ofMessage    = 1
	ofAttachment = 2
)

// Is reports whether data is such a file.
func Is(data []byte) bool {
	return len(data) >= 6 && binary.LittleEndian.Uint32(data) == signature
}

// Message is what such a file holds.
type Message struct {
	mail.Message
	Signed   []byte   // the message in the form of a mail, when it is signed with S/MIME
	Warnings []string // what was left out of it
}

// Read reads the message in data. What is cut short gives what there is, and
// says so; what is none is an error wrapping [ingest.ErrDamaged], what only its
// receiver can read one wrapping [ingest.ErrEncrypted].
func Read(ctx context.Context, data []byte) (Message, error) { return read(ctx, data, 0) }

func read(ctx context.Context, data []byte, nested int) (Message, error) {
	if !Is(data) {
		return Message{}, fmt.Errorf("it does not begin as files in Outlook's own format do: %w", ingest.ErrDamaged)
	}
	p := parser{ctx: ctx, nested: nested}
	p.attributes(data[6:]) // a key of the sender's follows the signature
	if ctx.Err() != nil {
		return Message{}, fmt.Errorf("read attributes: %w", ctx.Err())
	}
	return p.message()
}

type parser struct {
	ctx      context.Context //nolint:containedctx // a parse of one Read, whose end it must notice
	nested   int
	attrs    map[uint32][]byte // of the message
	props    properties
	attached []attachment
	full     bool // what is attached from here on is not read
	cut      bool
	warnings []string
}

type attachment struct {
	title []byte
	data  []byte
	props properties
}

func (p *parser) warn(format string, args ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

// attributes reads the attributes one after the other. Their checksums are
// not looked at: a wrong one would not make the text wrong.
func (p *parser) attributes(data []byte) {
	p.attrs, p.props = map[uint32][]byte{}, properties{bytes: map[uint32][]byte{}}
	r := reader{data: data}
	for n := 0; len(bytes.TrimLeft(r.data, "\r\n\x00")) > 0; n++ { // gateways add line ends
		if n == maxAttributes || n%256 == 0 && p.ctx.Err() != nil {
			p.cut = true
			break
		}
		level, id := r.byte(), r.uint32()
		value := r.take(int64(r.uint32()))
		r.take(2)
		switch level {
		case ofAttachment:
			p.attachment(id, value)
		case ofMessage:
			p.attrs[id] = value
		default:
			r.cut = true
		}
		if r.cut {
			p.cut = true
			break
		}
	}
	if value, ok := p.attrs[messageProps]; ok {
		p.props = p.list(value)
	}
}

// attachment takes an attribute of an attachment, which the first of them
// begins.
func (p *parser) attachment(id uint32, value []byte) {
	if id == attachBegins {
		if p.full = len(p.attached) == maxAttachments; !p.full {
			p.attached = append(p.attached, attachment{})
		}
		return
	}
	if len(p.attached) == 0 || p.full {
		return
	}
	a := &p.attached[len(p.attached)-1]
	switch id {
	case attachTitle:
		a.title = value
	case attachData:
		a.data = value
	case attachProps:
		a.props = p.list(value)
	}
}

func (p *parser) list(value []byte) properties {
	props, whole := list(value)
	if !whole {
		p.cut = true
	}
	return props
}

// message makes a message of what was read. The attributes are what Microsoft
// Mail knew; properties say the same and more, if they are there.
func (p *parser) message() (Message, error) {
	page := 0
	if value := p.attrs[codePage]; len(value) >= 4 {
		page = int(binary.LittleEndian.Uint32(value))
	}
	charset := mapi.Charset(p.props, page)
	m, warnings := mapi.Message(p.ctx, p.props, charset)
	p.warnings = append(p.warnings, warnings...)
	if m.Subject == "" {
		m.Subject = mapi.Decode(p.attrs[subject], charset)
	}
	if m.From == "" {
		m.From = mapi.Decode(sender(p.attrs[from]), charset)
	}
	if m.Date.IsZero() {
		m.Date = date(p.attrs[sent])
	}
	if m.Date.IsZero() {
		m.Date = date(p.attrs[received])
	}
	if m.Text == "" && m.HTML == "" {
		m.Text = mapi.Decode(p.attrs[body], charset)
	}
	if mapi.Text(p.props, mapi.Class, charset) == "" {
		p.props.bytes[tag(mapi.Class, mapi.String)] = p.attrs[messageClass]
	}
	files := p.files(charset)
	signed, err := files.Finish(&m, p.props, charset)
	p.warnings = append(p.warnings, files.Warnings...)
	if p.cut {
		p.warn("the message in Outlook's own format is cut short or damaged; what is there was read")
	}
	return Message{Message: m, Signed: signed, Warnings: p.warnings}, err //nolint:wrapcheck // callers say of what
}

// files reads what is attached.
func (p *parser) files(charset string) (files mapi.Files) {
	for _, a := range p.attached {
		part, name := mapi.Attached(a.props, charset, mapi.Decode(a.title, charset))
		data := a.data
		if len(data) == 0 {
			data = a.props.Bytes(mapi.AttachData, mapi.Binary)
		}
		object := a.props.Bytes(mapi.AttachData, mapi.Object)
		if len(object) > len(iidMessage) { // an interface's id stands before the object
			inner := object[len(iidMessage):]
			if part == mapi.Embedded || bytes.HasPrefix(object, iidMessage) && Is(inner) {
				p.embedded(&files, inner, name)
				continue
			}
			if len(data) == 0 {
				data = inner
			}
		}
		if part == mapi.Embedded {
			p.embedded(&files, data, name)
			continue
		}
		files.Add(part, name, data)
	}
	return files
}

// iidMessage is the id of IMessage: what follows is a file of this format.
var iidMessage = []byte("\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46")

// embedded reads a message that was attached.
func (p *parser) embedded(files *mapi.Files, data []byte, title string) {
	if p.nested >= maxNested {
		p.warn("messages that are nested more than %d deep were left out", maxNested)
		return
	}
	m, err := read(p.ctx, data, p.nested+1)
	p.warnings = append(p.warnings, m.Warnings...)
	if err != nil {
		p.warn("an attached message was left out: %v", err)
		return
	}
	files.Message(&m.Message, m.Signed, title)
}

// sender is the name in a structure of type TRIPLES (section 2.1.3.3.4): its
// length stands at byte 4, the name at byte 8.
func sender(data []byte) []byte {
	if len(data) < 8 {
		return nil
	}
	n := int(binary.LittleEndian.Uint16(data[4:]))
	name, _, _ := bytes.Cut(data[8:min(8+n, len(data))], []byte{0})
	return name
}

// date is a structure of type DTR (section 2.1.3.3.6), the zero time for none.
func date(data []byte) time.Time {
	if len(data) < 12 {
		return time.Time{}
	}
	var n [6]int
	for i := range n {
		n[i] = int(binary.LittleEndian.Uint16(data[2*i:]))
	}
	if n[0] < 1980 || n[0] > 2200 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 31 {
		return time.Time{}
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC)
}
