// Package msg reads messages as Outlook saves them: property streams in an OLE
// container (MS-OXMSG).
package msg

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/eml"
	"github.com/sufflor/sufflor/ingest/mail"
	"github.com/sufflor/sufflor/ingest/mapi"
	"github.com/sufflor/sufflor/ingest/ole"
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

// Read returns the message's newest words, then what is attached and what is
// quoted. The title is the subject.
func (r Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	file, err := ole.Open(in)
	if err != nil {
		return ingest.Document{}, err //nolint:wrapcheck // it names the file
	}
	p := parser{ctx: ctx, file: file, warnings: file.Warnings()}
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
	charset  string
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
	for _, n := range []string{"__properties_version1.0", name(mapi.Subject, mapi.Wide), name(mapi.Subject, mapi.String), name(mapi.Body, mapi.Wide), name(mapi.Body, mapi.String)} {
		if p.file.Has(n) {
			return true
		}
	}
	return false
}

func name(id, kind int) string { return fmt.Sprintf("__substg1.0_%04X%04X", id, kind) }

// properties are those of the storage of a message or of what is attached.
type properties struct {
	parser  *parser
	storage []string // below the message's
	fixed   map[uint32]uint64
}

func (p *parser) properties(head int, storage ...string) properties {
	return properties{p, storage, fixed(p.stream(append(slices.Clone(storage), "__properties_version1.0")...), head)}
}

// Bytes implements [mapi.Properties].
func (p properties) Bytes(id, kind int) []byte {
	return p.parser.stream(append(slices.Clone(p.storage), name(id, kind))...)
}

// Value implements [mapi.Properties].
func (p properties) Value(id, kind int) uint64 { return p.fixed[uint32(id)<<16|uint32(kind)] } //nolint:gosec // both have 16 bits

// message reads the message in p.path. signed is its content in the form of a
// mail, when it is a message signed with S/MIME.
func (p *parser) message(nested int) (m mail.Message, signed []byte, err error) {
	head := 32
	if nested > 0 {
		head = 24
	}
	props := p.properties(head)
	p.charset = mapi.Charset(props, 0)
	m, warnings := mapi.Message(p.ctx, props, p.charset)
	files := p.attachments(nested)
	signed, err = files.Finish(&m, props, p.charset)
	p.warnings = append(append(p.warnings, warnings...), files.Warnings...)
	return m, signed, err //nolint:wrapcheck // callers say of what
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

// attachments are the files and messages that came with a message.
func (p *parser) attachments(nested int) (files mapi.Files) {
	n := 0
	for _, e := range p.file.List(p.path...) {
		if !e.Storage || !strings.HasPrefix(strings.ToLower(e.Name), "__attach_version1.0_#") {
			continue
		}
		if n++; n > maxAttachments || p.ctx.Err() != nil {
			break
		}
		props := p.properties(8, e.Name)
		part, title := mapi.Attached(props, p.charset, "")
		if part == mapi.Embedded || p.file.Has(append(slices.Clone(p.path), e.Name, name(mapi.AttachData, mapi.Object), "__properties_version1.0")...) {
			p.embedded(&files, e.Name, title, nested)
			continue
		}
		files.Add(part, title, props.Bytes(mapi.AttachData, mapi.Binary))
	}
	return files
}

// embedded reads a message that was attached.
func (p *parser) embedded(files *mapi.Files, storage, title string, nested int) {
	if nested+1 > maxNested {
		p.warnings = append(p.warnings, fmt.Sprintf("messages that are nested more than %d deep were left out", maxNested))
		return
	}
	inner := parser{ctx: p.ctx, file: p.file, path: append(slices.Clone(p.path), storage, name(mapi.AttachData, mapi.Object))}
	m, signed, err := inner.message(nested + 1)
	p.warnings = append(p.warnings, inner.warnings...)
	if err != nil {
		p.warnings = append(p.warnings, fmt.Sprintf("an attached message was left out: %v", err))
		return
	}
	files.Message(&m, signed, title)
}
