// Package markup reads reStructuredText and AsciiDoc: headings, paragraphs,
// lists, tables and what directives hold, with their lines and anchors.
//
// It reads what writers of manuals use, and everything else as plain text.
package markup

import (
	"context"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// ReST reads reStructuredText. The zero value is ready for use, also by
// several goroutines.
type ReST struct{}

// Adoc reads AsciiDoc. The zero value is ready for use, also by several
// goroutines.
type Adoc struct{}

// Limits of what is accepted from outside.
const (
	maxSize  = 16 << 20 // bytes of a file
	maxDepth = 20       // blocks in blocks
	maxCells = 200_000  // of one table
)

// Read returns the document's blocks with their lines and anchors.
func (ReST) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return read(ctx, in, func(d *doc, lines []string) { rest(d, lines, 0, 0) })
}

// Read returns the document's blocks with their lines and anchors.
func (Adoc) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return read(ctx, in, func(d *doc, lines []string) { adoc(d, lines, 0, 0) })
}

func read(ctx context.Context, in ingest.Input, parse func(*doc, []string)) (ingest.Document, error) {
	if in.Size > maxSize {
		return ingest.Document{}, fmt.Errorf("%s has %d MB, a manual's source may have %d: %w", in.Name, in.Size>>20, maxSize>>20, ingest.ErrTooLarge)
	}
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err //nolint:wrapcheck // it names the file
	}
	text, _ := ingest.DecodeText(data)
	d := &doc{ctx: ctx, names: map[string]string{}}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(strings.ReplaceAll(l, "\t", "        "), " \u00a0")
	}
	parse(d, lines)
	if ctx.Err() != nil {
		return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
	}
	if len(d.out.Blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s holds no text: %w", in.Name, ingest.ErrNoText)
	}
	d.title()
	return d.out, nil
}

// doc collects the blocks of a file.
type doc struct {
	ctx    context.Context //nolint:containedctx // a parse of one Read, whose end it must notice
	out    ingest.Document
	anchor string            // of the section
	next   string            // anchor of the block to come
	names  map[string]string // substitutions and attributes
	styles []string          // of titles in reStructuredText, by level
}

func (d *doc) done() bool { return d.ctx.Err() != nil }

// add adds a block that stands in the lines from and to, counted from 0, the
// second not included.
func (d *doc) add(b ingest.Block, from, to int) {
	b.Text = strings.TrimSpace(b.Text)
	if b.Text == "" && b.Table == nil {
		return
	}
	if b.Kind == ingest.Heading {
		d.anchor, d.next = d.next, ""
	} else if d.next != "" {
		d.anchor, d.next = d.next, ""
	}
	b.Locator = index.Locator{Line: from + 1, Anchor: d.anchor}
	if to > from+1 {
		b.Locator.LineEnd = to
	}
	d.out.Blocks = append(d.out.Blocks, b)
}

// title is the only heading of the first level, or the one that opens the file.
func (d *doc) title() {
	if d.out.Title != "" {
		return
	}
	n, text := 0, ""
	for _, b := range d.out.Blocks {
		if b.Kind == ingest.Heading && b.Level == 1 {
			if n++; n == 1 {
				text = b.Text
			}
		}
	}
	if n == 1 {
		d.out.Title = text
	}
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// body are the lines from at on that are indented more than by, with the empty
// ones between them.
func body(lines []string, at, by int) (end int) {
	end = at
	for i := at; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		if indent(lines[i]) <= by {
			break
		}
		end = i + 1
	}
	return end
}

// dedent takes the smallest indent away.
func dedent(lines []string) []string {
	least := -1
	for _, l := range lines {
		if l != "" && (least < 0 || indent(l) < least) {
			least = indent(l)
		}
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l[min(max(least, 0), len(l)):]
	}
	return out
}

// verbatim is text that keeps its lines.
func verbatim(lines []string) string {
	return strings.Trim(strings.Join(dedent(lines), "\n"), "\n")
}

// table makes a table of rows; the first heads of them name the columns.
func table(rows [][]string, heads int, caption string) *ingest.Table {
	t := &ingest.Table{Caption: caption}
	if heads == 0 && ingest.IsHeader(rows[:min(len(rows), 20)]) {
		heads = 1
	}
	if heads >= len(rows) {
		heads = 0
	}
	t.Header = ingest.JoinHeader(rows[:heads])
	for _, r := range rows[heads:] {
		t.Rows = append(t.Rows, ingest.Row{Cells: r})
	}
	return t
}

// addTable adds a table whose rows all stand in the same lines.
func (d *doc) addTable(t *ingest.Table, from, to int) {
	if len(t.Rows) == 0 {
		return
	}
	d.add(ingest.Block{Kind: ingest.TableBody, Table: t}, from, to)
	at := d.out.Blocks[len(d.out.Blocks)-1].Locator
	for i := range t.Rows {
		t.Rows[i].Locator = at
	}
}

var spaces = pattern.Lazy(`\s+`)

func oneLine(s string) string { return strings.TrimSpace(spaces().ReplaceAllString(s, " ")) }
