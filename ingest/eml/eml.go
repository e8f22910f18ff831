// Package eml reads mails as mail programs store them: single messages (RFC
// 5322 with MIME), mailboxes of several (mbox), and web pages saved as one file
// (MHTML).
package eml

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
	page "golang.org/x/net/html"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/html"
	conversation "github.com/sufflor/sufflor/ingest/mail"
	"github.com/sufflor/sufflor/ingest/pattern"
	"github.com/sufflor/sufflor/ingest/tnef"
)

// Reader reads mails. It is safe for concurrent use when Attachments is. The
// zero value leaves attached files unread and says so.
type Reader struct {
	Attachments ingest.Reader // reads attached files by their content; may be nil
}

// Limits of what is accepted from outside.
const (
	maxMessages = 2000 // of a mailbox
	maxParts    = 1000 // of a message
	maxLevels   = 30   // multiparts in multiparts
	maxNested   = 3    // mails in mails
	maxWork     = 2e9  // bytes times boundaries
)

// Read returns the newest words of each message, then what is attached and
// what is quoted. The title is the subject.
func (r Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return ingest.Document{}, fmt.Errorf("%s is empty: %w", in.Name, ingest.ErrNoText)
	}
	if tnef.Is(data) {
		return r.winmail(ctx, in, data)
	}
	data = plain(data)
	var messages []conversation.Message
	var warnings []string
	boxes, cut := mailbox(data)
	if cut {
		warnings = append(warnings, fmt.Sprintf("only the first %d messages of the mailbox were read", maxMessages))
	}
	var failed error
	for i, box := range boxes {
		if ctx.Err() != nil {
			return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
		}
		p := parser{ctx: ctx, alone: len(boxes) == 1}
		m, page, err := p.message(box, 0)
		warnings = append(warnings, p.warnings...)
		if err != nil {
			failed = err
			warnings = append(warnings, fmt.Sprintf("message %d was left out: %v", i+1, err))
			continue
		}
		if page != nil {
			return r.page(ctx, in, page)
		}
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, failed)
	}
	doc, err := conversation.Read(ctx, in, messages, r.Attachments)
	doc.Warnings = append(warnings, doc.Warnings...)
	return doc, err //nolint:wrapcheck // it names the file
}

// winmail reads a file that a mail program left unread and saved.
func (r Reader) winmail(ctx context.Context, in ingest.Input, data []byte) (ingest.Document, error) {
	p := parser{ctx: ctx}
	if err := p.outlook(data); err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	p.merge()
	doc, err := conversation.Read(ctx, in, []conversation.Message{p.m}, r.Attachments)
	doc.Warnings = append(p.warnings, doc.Warnings...)
	return doc, err //nolint:wrapcheck // it names the file
}

// page reads the main part of a web page saved as one file.
func (r Reader) page(ctx context.Context, in ingest.Input, page []byte) (ingest.Document, error) {
	in.Data, in.Size = bytes.NewReader(page), int64(len(page))
	return html.Reader{}.Read(ctx, in) //nolint:wrapcheck // it names the file
}

// plain repairs what files went through before they came here: UTF-16, a byte
// order mark, empty lines above the header.
func plain(data []byte) []byte {
	head := data[:min(len(data), 512)]
	if bytes.HasPrefix(head, []byte{0xFF, 0xFE}) || bytes.HasPrefix(head, []byte{0xFE, 0xFF}) || bytes.IndexByte(head, 0) >= 0 {
		if text, name := ingest.DecodeText(data); strings.HasPrefix(name, "utf-16") {
			data = []byte(text)
		}
	}
	data = bytes.TrimPrefix(data, []byte{0xEF, 0xBB, 0xBF})
	return bytes.TrimLeft(data, " \t\r\n")
}

// postmark is the line that begins a message of a mailbox (RFC 4155).
var postmark = pattern.Lazy(`(?m)^>?From [^\r\n]*\r?\n`)

var headLine = pattern.Lazy(`^[!-9;-~]{1,76}[ \t]*:`)

// mailbox parts a mailbox into its messages, and tells whether there were more
// than are read. A single mail comes out as one.
func mailbox(data []byte) (messages [][]byte, cut bool) {
	if !bytes.HasPrefix(data, []byte("From ")) && !bytes.HasPrefix(data, []byte(">From ")) {
		return [][]byte{data}, false
	}
	var starts [][]int
	for _, at := range postmark().FindAllIndex(data, -1) {
		// "From here on" may begin a line of a message: a header must follow,
		// and an empty line stand above.
		if at[0] > 0 && !bytes.HasSuffix(data[:at[0]], []byte("\n\n")) && !bytes.HasSuffix(data[:at[0]], []byte("\n\r\n")) {
			continue
		}
		if at[0] > 0 && (data[at[0]] == '>' || !headLine().Match(data[at[1]:min(len(data), at[1]+100)])) {
			continue
		}
		if len(starts) == maxMessages {
			cut = true
			break
		}
		starts = append(starts, at)
	}
	for i, at := range starts {
		end := len(data)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		box := data[at[1]:end]
		if len(starts) > 1 {
			box = bytes.ReplaceAll(box, []byte("\n>From "), []byte("\nFrom "))
		}
		messages = append(messages, bytes.TrimLeft(box, " \t\r\n"))
	}
	if len(messages) == 0 {
		return [][]byte{data}, false
	}
	return messages, cut
}

// parser collects what a message holds.
type parser struct {
	ctx      context.Context //nolint:containedctx // a parse of one Read, whose end it must notice
	m        conversation.Message
	text     []string
	html     []string
	calendar []string
	rich     []conversation.Message // in Outlook's own format
	warnings []string
	parts    int
	nested   int
	alone    bool // the message is the whole file, which may be a web page
}

// message reads one message; page is the main part when the file is a saved
// web page. It keeps what a library panics over from the caller.
func (p *parser) message(data []byte, nested int) (m conversation.Message, page []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the message cannot be taken apart (%v): %w", r, ingest.ErrDamaged)
		}
	}()
	p.nested = nested
	if parts(data) > maxParts {
		return m, nil, fmt.Errorf("the message has more than %d parts, or more than %d levels of them: %w", maxParts, maxLevels, ingest.ErrTooLarge)
	}
	root, err := enmime.NewParser(
		enmime.SkipMalformedParts(true), enmime.MultipartWOBoundaryAsSinglePart(true), enmime.RawContent(true), enmime.MaxStoredPartErrors(20),
		enmime.StripMediaTypeInvalidCharacters(true), enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }),
	).ReadParts(bytes.NewReader(data))
	if err != nil || root == nil {
		return p.bare(data)
	}
	p.m.Subject = decodeHeader(root.Header.Get("Subject"))
	p.m.From = sender(root.Header.Get("From"))
	p.m.Date, _ = mail.ParseDate(root.Header.Get("Date"))
	if p.m.Date.Year() < 1980 {
		p.m.Date = time.Time{}
	}
	p.m.Language, _, _ = strings.Cut(root.Header.Get("Content-Language"), ",")
	if p.alone {
		if page := saved(root); page != nil {
			return m, page, nil
		}
	}
	if err := p.part(root, 0); err != nil {
		return m, nil, err
	}
	p.m.Text, p.m.HTML = strings.TrimSpace(strings.Join(p.text, "\n\n")), strings.Join(p.html, "\n")
	p.merge()
	if sealed().MatchString(p.m.Text) {
		return m, nil, fmt.Errorf("the message is encrypted (PGP): decrypt it in the mail program and save it again: %w", ingest.ErrEncrypted)
	}
	if len(p.calendar) > 0 {
		p.m.Text = strings.TrimSpace(p.m.Text + "\n\n" + strings.Join(p.calendar, "\n\n"))
	}
	return p.m, nil, nil
}

var boundary = pattern.Lazy(`(?i)boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s";]{1,200}))`)

// parts counts the lines that may begin a part, before a library needs more
// than linear time for them. Too many levels count as too many parts.
func parts(data []byte) int {
	marks := map[string]bool{}
	for _, m := range boundary().FindAllSubmatch(data, maxParts+1) {
		marks[string(m[1])+string(m[2])] = true
	}
	// Each level of multiparts goes through the bytes again.
	if len(marks) > maxLevels && len(marks)*len(data) > maxWork {
		return maxParts + 1
	}
	n := 0
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		if rest, ok := bytes.CutPrefix(line, []byte("--")); ok && marks[string(bytes.TrimRight(rest, " \t\r"))] {
			n++
		}
	}
	return n
}

var sealed = pattern.Lazy(`\A\s*-----BEGIN PGP MESSAGE-----`)

// bare reads what is no MIME as a header, an empty line and text.
func (p *parser) bare(data []byte) (conversation.Message, []byte, error) {
	text, _ := ingest.DecodeText(data)
	if head, body, ok := strings.Cut(text, "\n\n"); ok && headLine().MatchString(head) {
		text = body
		if msg, err := mail.ReadMessage(strings.NewReader(head + "\n\n")); err == nil {
			p.m.Subject, p.m.From = decodeHeader(msg.Header.Get("Subject")), sender(msg.Header.Get("From"))
		}
	}
	p.m.Text = text
	p.warnings = append(p.warnings, "the message is not well formed and was read as plain text")
	return p.m, nil, nil
}

// saved is the page of a web page saved as one file, as browsers and Word mark
// it; nil for a mail.
func saved(root *enmime.Part) []byte {
	h := root.Header
	if !strings.HasPrefix(root.ContentType, "multipart/related") && root.ContentType != "text/html" || h.Get("To") != "" || h.Get("Received") != "" {
		return nil
	}
	from := strings.ToLower(h.Get("From"))
	if h.Get("Snapshot-Content-Location") == "" && !strings.Contains(from, "saved by") && h.Get("From") != "" {
		return nil
	}
	page := root
	if root.FirstChild != nil {
		page = root.BreadthMatchFirst(func(p *enmime.Part) bool { return p.ContentType == "text/html" })
	}
	if page == nil {
		return nil
	}
	text, _ := ingest.DecodeAs(transfer(page), page.Charset)
	return []byte(text)
}

var errTooMany = errors.New("too many parts")

// part collects a part and what is in it.
func (p *parser) part(n *enmime.Part, level int) error {
	if p.parts++; p.parts > maxParts || level > maxLevels {
		return fmt.Errorf("the message has more than %d parts or %d levels (%w): %w", maxParts, maxLevels, errTooMany, ingest.ErrTooLarge)
	}
	kind := strings.ToLower(n.ContentType)
	smime := strings.Contains(strings.ToLower(n.Header.Get("Content-Type")), "signed-data")
	switch {
	case kind == "multipart/encrypted", kind == "application/pgp-encrypted",
		(kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime") && !smime:
		return fmt.Errorf("the message is encrypted (%s): decrypt it in the mail program and save it again: %w", kind, ingest.ErrEncrypted)
	case kind == "multipart/alternative" && n.FirstChild != nil:
		return p.alternative(n, level)
	case n.FirstChild != nil:
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if err := p.part(c, level+1); err != nil {
				return err
			}
		}
		return nil
	}
	if outlooks(n) {
		return p.outlook(transfer(n))
	}
	p.leaf(n, kind)
	return nil
}

// alternative takes the plain text, else the richest form.
func (p *parser) alternative(n *enmime.Part, level int) error {
	var rich *enmime.Part
	plain := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.ContentType {
		case "text/plain":
			before := len(p.text)
			p.leaf(c, "text/plain")
			plain = plain || len(p.text) > before
		case "text/html":
			p.leaf(c, "text/html")
		case "text/calendar":
			p.leaf(c, "text/calendar")
		default:
			if outlooks(c) {
				if err := p.outlook(transfer(c)); err != nil {
					return err
				}
				continue
			}
			if c.FirstChild == nil && !strings.HasPrefix(c.ContentType, "text/") {
				p.leaf(c, strings.ToLower(c.ContentType)) // a file beside the text
				continue
			}
			rich = c
		}
	}
	if rich != nil {
		// The other form of the text with its pictures, or a part that was
		// put here by mistake.
		texts := len(p.text)
		err := p.part(rich, level+1)
		if plain {
			p.text = p.text[:min(texts, len(p.text))]
		}
		return err
	}
	return nil
}

// leaf collects a part without parts.
func (p *parser) leaf(n *enmime.Part, kind string) {
	attached := n.Disposition == "attachment" || n.FileName != "" && n.Disposition != "inline"
	if kind == "" && n.FileName == "" {
		kind = "text/plain"
	}
	data := transfer(n)
	switch {
	case kind == "text/calendar":
		text, _ := ingest.DecodeAs(data, n.Charset)
		said, events := calendar(text)
		if said != "" {
			p.calendar = append(p.calendar, said)
		}
		if events > maxEvents {
			p.warnings = append(p.warnings, fmt.Sprintf("only the first %d of %d events of a calendar were read", maxEvents, events))
		}
	case strings.HasPrefix(kind, "text/rfc822-headers"), kind == "message/delivery-status", kind == "message/disposition-notification", strings.HasSuffix(kind, "-signature"), strings.HasSuffix(kind, "pgp-keys"), strings.HasSuffix(strings.ToLower(n.FileName), ".p7s"):
	case kind == "message/rfc822" || kind == "message/global":
		p.mail(n, data)
	case strings.HasPrefix(kind, "text/") && !attached && n.FileName == "", kind == "text/plain" && !attached, kind == "text" && !attached, strings.HasPrefix(kind, "multipart/"):
		text, _ := ingest.DecodeAs(data, charsetOf(n))
		if strings.TrimSpace(text) == "" {
			return
		}
		if kind == "text/html" || kind != "text/plain" && looksHTML(text) {
			p.html = append(p.html, text)
			return
		}
		if strings.Contains(strings.ToLower(n.Header.Get("Content-Type")), "format=flowed") || strings.Contains(strings.ToLower(n.Header.Get("Content-Type")), `format="flowed"`) {
			text = unflow(text)
		}
		p.text = append(p.text, text)
	case strings.HasPrefix(kind, "image/") && (n.Disposition != "attachment" || n.ContentID != ""):
		// Part of the layout.
	case kind == "application/ms-tnef" || strings.EqualFold(n.FileName, "winmail.dat"):
		p.warnings = append(p.warnings, "winmail.dat should hold the message in Outlook's own format, but holds something else: save the message as .msg in Outlook")
	case len(data) > 0:
		name := n.FileName
		if name == "" {
			name = "attachment (" + kind + ")"
		}
		p.m.Attachments = append(p.m.Attachments, conversation.Attachment{Name: conversation.FileName(decodeHeader(name)), Data: data})
	}
}

// outlooks reports whether a part is in Outlook's own format, whatever its
// header calls it.
func outlooks(n *enmime.Part) bool {
	if n.FirstChild != nil || strings.HasPrefix(n.ContentType, "text/") {
		return false
	}
	head := enmime.Part{Header: n.Header, Content: n.Content[:min(len(n.Content), 100)]}
	return tnef.Is(transfer(&head))
}

// outlook reads a part in which Outlook keeps the message once more, with what
// is attached to it.
func (p *parser) outlook(data []byte) error {
	m, err := tnef.Read(p.ctx, data)
	p.warnings = append(p.warnings, m.Warnings...)
	switch {
	case errors.Is(err, ingest.ErrEncrypted):
		return err //nolint:wrapcheck // Read names the file
	case err != nil:
		p.warnings = append(p.warnings, fmt.Sprintf("winmail.dat was left out: %v", err))
		return nil
	}
	if m.Signed != nil && p.nested < maxNested {
		inner := parser{ctx: p.ctx}
		signed, _, err := inner.message(plain(m.Signed), p.nested+1)
		p.warnings = append(p.warnings, inner.warnings...)
		if err != nil {
			return err
		}
		m.Text, m.HTML = signed.Text, signed.HTML
		m.Attachments = append(m.Attachments, signed.Attachments...)
	}
	p.m.Attachments = append(p.m.Attachments, m.Attachments...)
	m.Attachments = nil
	p.rich = append(p.rich, m.Message)
	return nil
}

// merge takes from Outlook's form of the message what the mail itself does not
// say. Gateways leave an excerpt there, or no text at all.
func (p *parser) merge() {
	for _, m := range p.rich {
		p.m.Subject, p.m.From = cmp.Or(p.m.Subject, m.Subject), cmp.Or(p.m.From, m.From)
		if p.m.Date.IsZero() {
			p.m.Date = m.Date
		}
		switch {
		case p.m.Text == "" && p.m.HTML == "":
			p.m.Text, p.m.HTML = m.Text, m.HTML
		case p.m.HTML == "" && len(m.Text) > 2*len(p.m.Text):
			p.m.Text += "\n\n" + m.Text
		case p.m.HTML == "" && m.HTML != "" && strings.TrimSpace(m.Text) == "" && shown(m.HTML) > 2*len(p.m.Text):
			p.m.Text, p.m.HTML = "", "<pre>"+page.EscapeString(p.m.Text)+"</pre>"+m.HTML
		}
	}
}

// shown counts the bytes of a page's text.
func shown(markup string) int {
	n := 0
	tokens := page.NewTokenizer(strings.NewReader(markup))
	for kind, style := tokens.Next(), false; kind != page.ErrorToken; kind = tokens.Next() {
		if kind == page.TextToken && !style {
			n += len(bytes.TrimSpace(tokens.Raw()))
		}
		name, _ := tokens.TagName()
		style = kind == page.StartTagToken && (string(name) == "style" || string(name) == "script")
	}
	return n
}

// mail reads a message in a message.
func (p *parser) mail(n *enmime.Part, data []byte) {
	if p.nested >= maxNested {
		p.warnings = append(p.warnings, fmt.Sprintf("mails that are nested more than %d deep were left out", maxNested))
		return
	}
	inner := parser{ctx: p.ctx}
	m, _, err := inner.message(plain(data), p.nested+1)
	p.warnings = append(p.warnings, inner.warnings...)
	if err != nil {
		p.warnings = append(p.warnings, fmt.Sprintf("an attached message was left out: %v", err))
		return
	}
	name := conversation.Topic(m.Subject)
	if name == "" {
		name = conversation.FileName(decodeHeader(n.FileName))
	}
	p.m.Attachments = append(p.m.Attachments, conversation.Attachment{Name: name, Message: &m})
}

func looksHTML(text string) bool {
	head := strings.ToLower(text[:min(len(text), 1024)])
	return strings.Contains(head, "<html") || strings.Contains(head, "<body") || strings.Contains(head, "<!doctype html")
}

// charsetOf is the charset a part declares, also in the ways programs get it
// wrong.
func charsetOf(n *enmime.Part) string {
	name := strings.ToLower(strings.Trim(n.Charset, " \"'"))
	name = strings.TrimPrefix(name, "charset=")
	return strings.TrimPrefix(name, "3d")
}
