// Package mail turns messages, as the readers of mail formats find them, into
// documents: the newest words first, then what is attached, then the history
// that is quoted, without signatures and legal notices.
//
// It knows nothing of how mails are stored.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/pattern"
	"github.com/sufflor/sufflor/ingest/reply"
	"github.com/sufflor/sufflor/ingest/text"
)

// Message is one mail.
type Message struct {
	Subject     string
	From        string // name, or address where there is none
	Date        time.Time
	Language    string // declared, may be empty
	Text        string // plain text; used unless HTML says clearly more
	HTML        string
	Attachments []Attachment
}

// Attachment is a file or a mail that came with a message.
type Attachment struct {
	Name    string
	Data    []byte
	Message *Message // instead of Data
}

// Limits of what is read of one file.
const (
	maxAttachments = 50 // of one message
	maxHistory     = 20 // quoted messages of one message
	maxText        = 4 << 20
	maxHTML        = 32 << 20 // more than readers of HTML take
)

// Read makes a document of messages, oldest first. Attachments are read
// through attached, which may be nil; what cannot be read of them is a warning.
func Read(ctx context.Context, in ingest.Input, messages []Message, attached ingest.Reader) (ingest.Document, error) {
	b := builder{in: in, attached: attached, seen: map[string]bool{}}
	for i := range messages {
		if ctx.Err() != nil {
			return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
		}
		m := &messages[i]
		if len(messages) > 1 {
			b.head(m)
		}
		b.message(ctx, m)
	}
	if ctx.Err() != nil {
		return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
	}
	if len(messages) > 0 {
		b.doc.Title, b.doc.Language = Topic(messages[0].Subject), messages[0].Language
	}
	for _, block := range b.doc.Blocks {
		if block.Kind != ingest.Heading {
			return b.doc, nil
		}
	}
	return b.doc, fmt.Errorf("%s holds no text%s: %w", in.Name, because(b.doc.Warnings), ingest.ErrNoText)
}

func because(warnings []string) string {
	if len(warnings) == 0 {
		return ""
	}
	return " (" + strings.Join(warnings[:min(len(warnings), 3)], "; ") + ")"
}

var prefix = pattern.Lazy(`(?i)^\s*(?:(?:re|sv|vs|aw|antw|ref|fw|fwd|vb|vl|wg|tr|rv|i|videresendt|vidarebefordrat)(?:\[\d+\])?\s*:\s*)+`)

// Topic is a subject without "Re:", "SV:" and the like.
func Topic(subject string) string {
	subject = strings.Join(strings.Fields(subject), " ")
	if topic := prefix().ReplaceAllString(subject, ""); topic != "" {
		return topic
	}
	return subject
}

// FileName is an attachment's name on one line and without a path.
func FileName(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

type builder struct {
	in       ingest.Input
	attached ingest.Reader
	doc      ingest.Document
	seen     map[string]bool // texts of messages that were read, since history repeats them
	count    int             // paragraphs so far
}

func (b *builder) warn(format string, args ...any) {
	b.doc.Warnings = append(b.doc.Warnings, fmt.Sprintf(format, args...))
}

func (b *builder) add(blocks ...ingest.Block) {
	for _, block := range blocks {
		if block.Text != "" || block.Kind == ingest.TableBody {
			b.count++
		}
		block.Locator = index.Locator{Paragraph: b.count}
		if block.Table != nil {
			for i := range block.Table.Rows {
				block.Table.Rows[i].Locator = block.Locator
			}
		}
		b.doc.Blocks = append(b.doc.Blocks, block)
	}
}

// head says where one of several messages begins, and who wrote when.
func (b *builder) head(m *Message) {
	topic := Topic(m.Subject)
	if topic == "" {
		topic = m.From
	}
	b.add(ingest.Block{Kind: ingest.Heading, Level: 1, Text: topic})
	line := m.From
	if !m.Date.IsZero() {
		line = strings.TrimPrefix(line+", "+m.Date.Format("2006-01-02"), ", ")
	}
	if line != "" {
		b.add(ingest.Block{Kind: ingest.Paragraph, Text: line})
	}
}

// message adds a message's words, what is attached to it and its history.
func (b *builder) message(ctx context.Context, m *Message) {
	body := b.body(ctx, m)
	switch {
	case len(body.own) > 0:
	case strings.TrimSpace(body.history) != "":
		// A forward without a word: then the history is what it says.
		body.own, body.history = b.earlier(ctx, body.history, true), ""
	case len(body.rest) > 0:
		body.own = body.rest // nothing but a signature
	}
	if len(body.own) == 0 && len(m.Attachments) == 0 && m.Subject != "" {
		body.own = []ingest.Block{{Kind: ingest.Paragraph, Text: Topic(m.Subject)}}
	}
	body.own = unsigned(body.own, m.From)
	b.seen[key(body.own)] = true
	b.add(body.own...)
	before := len(b.doc.Blocks)
	b.attachments(ctx, m)
	if len(b.doc.Blocks) == 0 && m.Subject != "" {
		b.add(ingest.Block{Kind: ingest.Paragraph, Text: Topic(m.Subject)})
	}
	if history := b.earlier(ctx, body.history, false); len(history) > 0 {
		if len(b.doc.Blocks) > before {
			b.add(ingest.Block{Kind: ingest.Heading, Level: 2}) // ends the last attachment's section
		}
		b.add(history...)
	}
}

// unsigned drops a last line that is nothing but the sender's name.
func unsigned(blocks []ingest.Block, sender string) []ingest.Block {
	names := strings.Fields(strings.ToLower(strings.NewReplacer(",", " ", "\"", " ").Replace(sender)))
	for len(blocks) > 1 && len(names) > 0 {
		last := &blocks[len(blocks)-1]
		if last.Kind != ingest.Paragraph {
			break
		}
		above, line := cutLast(last.Text)
		words := strings.Fields(strings.ToLower(strings.Trim(line, " -–—/~.,*")))
		if len(words) == 0 || len(words) > len(names) || !within(words, names) {
			break
		}
		if above != "" {
			last.Text = above
			break
		}
		blocks = blocks[:len(blocks)-1]
	}
	return blocks
}

// cutLast cuts text before its last line.
func cutLast(text string) (above, line string) {
	i := strings.LastIndexByte(text, '\n')
	if i < 0 {
		return "", text
	}
	return strings.TrimSpace(text[:i]), text[i+1:]
}

func within(words, names []string) bool {
	for _, w := range words {
		if !slices.Contains(names, w) {
			return false
		}
	}
	return true
}

// body is a message taken apart.
type body struct {
	own     []ingest.Block
	rest    []ingest.Block // signature and notices
	history string
}

func (b *builder) body(ctx context.Context, m *Message) body {
	plain := strings.TrimSpace(m.Text)
	if m.HTML != "" && (plain == "" || stub(plain, m.HTML)) {
		if got, ok := b.fromHTML(ctx, m.HTML); ok {
			return got
		}
	}
	if len(plain) > maxText {
		b.warn("the message was read up to %d MB only", maxText>>20)
		plain = strings.ToValidUTF8(plain[:maxText], "")
	}
	parts := reply.Split(plain)
	return body{own: b.paragraphs(ctx, parts.Reply), rest: b.paragraphs(ctx, strings.TrimSpace(parts.Signature+"\n\n"+parts.Disclaimer)), history: parts.Quoted}
}

// stub reports whether a plain text only says that the message is HTML.
func stub(plain, page string) bool {
	return len(plain) < 300 && len(page) > 2000 && strings.Contains(strings.ToLower(plain), "html") && !strings.Contains(strings.ToLower(plain), "<html")
}

// paragraphs reads plain text. Mails have no headings; a line that looks like
// one is a short sentence.
func (b *builder) paragraphs(ctx context.Context, s string) []ingest.Block {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	doc, err := text.Reader{}.Read(ctx, ingest.Input{Name: "mail", Data: strings.NewReader(s), Size: int64(len(s))})
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, ingest.ErrNoText) { // else a text of nothing but rules
			b.warn("a text of the message was left out: %v", err)
		}
		return nil
	}
	for i, block := range doc.Blocks {
		if block.Kind == ingest.Heading {
			doc.Blocks[i].Kind, doc.Blocks[i].Level = ingest.Paragraph, 0
		}
	}
	return doc.Blocks
}

func (b *builder) fromHTML(ctx context.Context, page string) (body, bool) {
	if len(page) > maxHTML {
		b.warn("the message's HTML has %d MB and was left out: at most %d are read", len(page)>>20, maxHTML>>20)
		return body{}, false
	}
	main, quoted := cut(page)
	doc, ok := b.readHTML(ctx, main)
	if !ok && quoted == "" {
		return body{}, false
	}
	var got body
	var history []string
	lines, at := flatten(doc.Blocks)
	kinds := reply.Lines(lines)
	for i, block := range doc.Blocks {
		if block.Kind == ingest.TableBody {
			switch kinds[at[i]] {
			case reply.Own:
				got.own = append(got.own, block)
			case reply.Quoted:
				history = append(history, tableText(block))
			}
			continue
		}
		parts := map[reply.Kind][]string{}
		for n := at[i]; n < at[i]+strings.Count(block.Text, "\n")+1; n++ {
			parts[kinds[n]] = append(parts[kinds[n]], lines[n])
		}
		if own := strings.TrimSpace(strings.Join(parts[reply.Own], "\n")); own != "" || block.Kind == ingest.Heading && block.Text == "" {
			block.Text = own
			got.own = append(got.own, block)
		}
		if rest := strings.TrimSpace(strings.Join(append(parts[reply.Signature], parts[reply.Disclaimer]...), "\n")); rest != "" {
			got.rest = append(got.rest, ingest.Block{Kind: ingest.Paragraph, Text: rest})
		}
		history = append(history, parts[reply.Quoted]...)
	}
	for len(got.own) > 0 && got.own[len(got.own)-1].Kind == ingest.Heading {
		got.own = got.own[:len(got.own)-1]
	}
	if quoted != "" {
		if doc, ok := b.readHTML(ctx, quoted); ok {
			lines, _ := flatten(doc.Blocks)
			history = append(history, lines...)
		}
	}
	got.history = strings.Join(history, "\n")
	return got, len(got.own)+len(got.rest)+len(history) > 0
}

// readHTML reads a page and keeps what its reader has to say of it.
func (b *builder) readHTML(ctx context.Context, page string) (doc ingest.Document, ok bool) {
	doc, err := html.Reader{}.Read(ctx, ingest.Input{Name: "mail", Data: strings.NewReader(page), Size: int64(len(page))})
	for _, w := range doc.Warnings {
		if !slices.Contains(b.doc.Warnings, w) {
			b.doc.Warnings = append(b.doc.Warnings, w)
		}
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, ingest.ErrNoText) {
		b.warn("HTML of the message was left out: %v", err)
	}
	return doc, err == nil
}

// flatten writes blocks as the lines of a plain text and tells at which line
// each begins. Short paragraphs follow each other without an empty line, since
// mail programs make one of every line.
func flatten(blocks []ingest.Block) (lines []string, at []int) {
	for i, block := range blocks {
		short := block.Kind == ingest.Paragraph && len(block.Text) < 80 && !strings.Contains(block.Text, "\n")
		if i > 0 && (!short || blocks[i-1].Kind != ingest.Paragraph || len(blocks[i-1].Text) >= 80) {
			lines = append(lines, "")
		}
		at = append(at, len(lines))
		if block.Kind == ingest.TableBody {
			lines = append(lines, tableText(block))
			continue
		}
		lines = append(lines, strings.Split(block.Text, "\n")...)
	}
	return lines, at
}

// tableText is a table on one line.
func tableText(block ingest.Block) string {
	var rows []string
	if block.Table.Header != nil {
		rows = append(rows, strings.Join(block.Table.Header, " | "))
	}
	for _, r := range block.Table.Rows {
		rows = append(rows, strings.Join(r.Cells, " | "))
	}
	return strings.ReplaceAll(strings.Join(rows, " / "), "\n", " ")
}

// earlier are the messages of a quoted history, newest first, each without its
// signature and only if it was not read before.
func (b *builder) earlier(ctx context.Context, history string, all bool) []ingest.Block {
	if len(history) > maxText {
		b.warn("the quoted history was read up to %d MB only", maxText>>20)
		history = strings.ToValidUTF8(history[:maxText], "")
	}
	var out []ingest.Block
	for range maxHistory {
		if strings.TrimSpace(history) == "" {
			break
		}
		parts := reply.Split(reply.Unquote(history))
		blocks := b.paragraphs(ctx, parts.Reply)
		if len(blocks) == 0 && parts.Quoted == "" && all {
			blocks = b.paragraphs(ctx, parts.Signature)
		}
		if k := key(blocks); k != "" && !b.seen[k] {
			b.seen[k] = true
			out = append(out, blocks...)
		}
		history = parts.Quoted
	}
	if strings.TrimSpace(history) != "" {
		b.warn("only the first %d of the quoted messages were read", maxHistory)
	}
	return out
}

// key is what a message says, without spaces and signs.
func key(blocks []ingest.Block) string {
	var k strings.Builder
	for _, b := range blocks {
		for _, r := range b.Text {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				k.WriteRune(unicode.ToLower(r))
			}
		}
		if k.Len() > 4000 {
			break
		}
	}
	return k.String()
}

// attachments reads what came with a message, each under its name.
func (b *builder) attachments(ctx context.Context, m *Message) {
	files := m.Attachments
	if len(files) > maxAttachments {
		b.warn("only the first %d of %d attachments were read", maxAttachments, len(files))
		files = files[:maxAttachments]
	}
	var unread []string
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		if f.Message == nil && b.attached == nil {
			unread = append(unread, f.Name)
			continue
		}
		doc, err := b.attachment(ctx, f)
		switch {
		case err != nil && ctx.Err() != nil:
			return
		case errors.Is(err, ingest.ErrNeedsOCR):
			b.warn("attachment %s holds pictures of text only: save it as a file of its own to have it recognised", f.Name)
		case err != nil:
			b.warn("attachment %s was left out: %v", f.Name, err)
		default:
			b.add(ingest.Block{Kind: ingest.Heading, Level: 2, Text: f.Name})
			b.nested(doc)
		}
	}
	if len(unread) > 0 {
		b.warn("%d attachments were not read: %s", len(unread), strings.Join(unread[:min(len(unread), 5)], ", "))
	}
}

func (b *builder) attachment(ctx context.Context, f Attachment) (ingest.Document, error) {
	ctx, ok := ingest.Nest(ctx)
	if !ok {
		return ingest.Document{}, fmt.Errorf("files are nested too deeply: %w", ingest.ErrTooLarge)
	}
	in := ingest.Input{Name: f.Name, Path: b.in.Path, Data: bytes.NewReader(f.Data), Size: int64(len(f.Data)), Modified: b.in.Modified}
	if f.Message != nil {
		return Read(ctx, in, []Message{*f.Message}, b.attached)
	}
	return b.attached.Read(ctx, in) //nolint:wrapcheck // becomes a warning that names it
}

// nested adds an attachment's blocks under its heading. Their places are those
// in the attachment.
func (b *builder) nested(doc ingest.Document) {
	for _, block := range doc.Blocks {
		if block.Kind == ingest.Heading {
			block.Level = min(max(block.Level, 1)+2, 6)
		}
		b.doc.Blocks = append(b.doc.Blocks, block)
	}
	b.doc.Warnings = append(b.doc.Warnings, doc.Warnings...)
}
