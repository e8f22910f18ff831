// Package markdown reads Markdown with tables, definition lists and front
// matter, and tells the lines and anchors of what it read.
package markdown

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	gtext "github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/html"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// Reader reads Markdown. The zero value is ready for use, also by several
// goroutines.
type Reader struct{}

const (
	maxSize  = 16 << 20 // bytes; goldmark keeps a multiple of it in memory
	maxDepth = 100      // nested quotes and lists

	// An item stands at least two columns inside the one around it.
	maxColumns = 2 * (maxDepth - 2) // of indent and markers before a line's text
)

var (
	front = pattern.Lazy(`(?s)^---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)`)
	toml  = pattern.Lazy(`(?s)^\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|$)`)
	alert = pattern.Lazy(`^\[!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION|INFO)\]\s*`)
	// tomlText are the lines of a TOML head that we use.
	tomlText = pattern.Lazy(`(?m)^(title|language|lang|languageCode)\s*=\s*["']([^"'\n]*)["']\s*$`)
)

// Read returns the document's blocks with their lines and anchors.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	if in.Size > maxSize {
		return ingest.Document{}, fmt.Errorf("%s has %d MB, Markdown may have %d: %w", in.Name, in.Size>>20, maxSize>>20, ingest.ErrTooLarge)
	}
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err
	}
	content, _ := ingest.DecodeText(data)
	content, deep := shallow(content)
	w := walker{lines: ingest.NewLines(content), slugs: map[string]int{}}
	if deep > 0 {
		w.doc.Warnings = append(w.doc.Warnings, fmt.Sprintf("%d lines nest in more than %d lists or quotes; they were read as if they stood less deep", deep, maxDepth))
	}
	w.frontMatter(content)
	w.source = []byte(content)
	at := front().FindStringIndex(content)
	if at == nil {
		at = toml().FindStringIndex(content)
	}
	if at != nil {
		for i := range at[1] { // blank it out, so that lines stay
			if w.source[i] != '\n' {
				w.source[i] = ' '
			}
		}
	}
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.DefinitionList, extension.Strikethrough, extension.Footnote), goldmark.WithParserOptions(parser.WithAttribute()))
	root := md.Parser().Parse(gtext.NewReader(w.source))
	w.children(ctx, root, 0)
	if ctx.Err() != nil {
		return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
	}
	if len(w.doc.Blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s holds no text: %w", in.Name, ingest.ErrNoText)
	}
	w.titleFromHeading()
	return w.doc, nil
}

// nests is what may stand before a line's text, piece is one sign of it.
var (
	nests = pattern.Lazy(`^(?:[ \t>]|(?:[-*+:]|\d{1,9}[.)])[ \t])*`)
	piece = pattern.Lazy(`[ \t>]|(?:[-*+:]|\d{1,9}[.)])[ \t]`)
)

// shallow cuts what lines have of indent, quote marks and list markers beyond
// any text's, and tells how many lost marks: goldmark needs cubic time for
// what nests.
func shallow(content string) (text string, deep int) {
	var out strings.Builder
	for line := range strings.SplitAfterSeq(content, "\n") {
		prefix := nests().FindString(line)
		keep := len(prefix)
		// A tab is four columns at most.
		if len(prefix)*4 > maxColumns {
			column, quotes := 0, 0
			for _, at := range piece().FindAllStringIndex(prefix, maxColumns+1) {
				switch prefix[at[0]] {
				case '\t':
					column += 4 - column%4
				case '>':
					column++
					quotes++
				default:
					column += at[1] - at[0]
				}
				if column > maxColumns || quotes > maxDepth {
					keep = at[0]
					break
				}
			}
		}
		if strings.Trim(prefix[keep:], " \t") != "" {
			deep++
		}
		out.WriteString(line[:keep])
		out.WriteString(line[len(prefix):])
	}
	return out.String(), deep
}

type walker struct {
	source []byte
	lines  ingest.Lines
	slugs  map[string]int
	anchor string
	doc    ingest.Document
}

// frontMatter takes title and language from a YAML head. A head that is no
// YAML is only reported: the text below it is what matters.
func (w *walker) frontMatter(content string) {
	if m := toml().FindStringSubmatch(content); m != nil {
		for _, line := range tomlText().FindAllStringSubmatch(m[1], -1) {
			if line[1] == "title" {
				w.doc.Title = line[2]
			} else {
				w.doc.Language = line[2]
			}
		}
		return
	}
	m := front().FindStringSubmatch(content)
	if m == nil || len(m[1]) > 64<<10 {
		return
	}
	var head struct {
		Title    string `yaml:"title"`
		Lang     string `yaml:"lang"`
		Language string `yaml:"language"`
	}
	if err := yaml.Unmarshal([]byte(m[1]), &head); err != nil {
		w.doc.Warnings = append(w.doc.Warnings, fmt.Sprintf("the front matter is not YAML and was skipped: %v", err))
		return
	}
	w.doc.Title, w.doc.Language = head.Title, head.Lang
	if w.doc.Language == "" {
		w.doc.Language = head.Language
	}
}

// titleFromHeading takes the only heading of the first level.
func (w *walker) titleFromHeading() {
	if w.doc.Title != "" {
		return
	}
	title, n := "", 0
	for _, b := range w.doc.Blocks {
		if b.Kind == ingest.Heading && b.Level == 1 {
			title, n = b.Text, n+1
		}
	}
	if n == 1 {
		w.doc.Title = title
	}
}

func (w *walker) children(ctx context.Context, n ast.Node, depth int) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if ctx.Err() != nil || depth > 4*maxDepth {
			return
		}
		w.block(ctx, c, depth)
	}
}

func (w *walker) block(ctx context.Context, n ast.Node, depth int) {
	switch n := n.(type) {
	case *ast.Heading:
		text := w.inline(n)
		w.anchor = w.slug(n, text)
		w.add(ingest.Block{Kind: ingest.Heading, Level: n.Level, Text: text}, n)
	case *ast.Paragraph, *ast.TextBlock:
		w.add(ingest.Block{Kind: ingest.Paragraph, Text: alert().ReplaceAllString(w.inline(n), "")}, n)
	case *ast.List:
		w.list(ctx, n, 1)
	case *east.FootnoteList:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if f, ok := c.(*east.Footnote); ok {
				w.add(ingest.Block{Kind: ingest.ListItem, Level: 1, Marker: strconv.Itoa(f.Index) + ".", Text: w.inlineAll(f)}, f)
			}
		}
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		w.add(ingest.Block{Kind: ingest.Paragraph, Text: strings.TrimRight(string(n.Lines().Value(w.source)), "\n")}, n)
	case *ast.HTMLBlock:
		w.page(ctx, string(n.Lines().Value(w.source)), n)
	case *east.Table:
		w.table(n)
	case *east.DefinitionList:
		w.definitions(n)
	case *ast.ThematicBreak:
	default:
		w.children(ctx, n, depth+1)
	}
}

// page reads HTML between Markdown. A fold-out's question may stand alone,
// with its answer in Markdown below.
func (w *walker) page(ctx context.Context, s string, n ast.Node) {
	if strings.Contains(s, "<table") || strings.Contains(s, "<summary") || strings.Contains(s, "<dl") || strings.Contains(s, "<h") || strings.Contains(s, "<li") {
		doc, err := html.Reader{}.Read(ctx, ingest.Input{Name: "HTML", Data: strings.NewReader(s), Size: int64(len(s))})
		if err == nil || len(doc.Warnings) > 0 {
			w.doc.Warnings = append(w.doc.Warnings, doc.Warnings...)
			at := w.place(n)
			for _, b := range doc.Blocks {
				b.Locator = at
				if b.Table != nil {
					for i := range b.Table.Rows {
						b.Table.Rows[i].Locator = at
					}
				}
				w.doc.Blocks = append(w.doc.Blocks, b)
			}
			return
		}
	}
	if m := summary().FindStringSubmatch(s); m != nil {
		w.add(ingest.Block{Kind: ingest.Heading, Level: 6, Text: untag(m[1])}, n)
		s = strings.Replace(s, m[0], "", 1)
	}
	if text := untag(s); text != "" {
		w.add(ingest.Block{Kind: ingest.Paragraph, Text: text}, n)
	}
}

var summary = pattern.Lazy(`(?is)<summary[^>]*>(.*?)</summary>`)

func (w *walker) add(b ingest.Block, n ast.Node) {
	if strings.TrimSpace(b.Text) == "" {
		return
	}
	b.Locator = w.place(n)
	w.doc.Blocks = append(w.doc.Blocks, b)
}

// place is where a node's source lines stand.
func (w *walker) place(n ast.Node) index.Locator {
	from, to := w.extent(n)
	at := index.Locator{Anchor: w.anchor}
	if from < 0 {
		return at
	}
	at.Line = w.lines.At(from)
	if end := w.lines.At(max(from, to-1)); end > at.Line {
		at.LineEnd = end
	}
	return at
}

// extent are the first and last offsets of a node and what it holds; -1 for
// none.
func (w *walker) extent(n ast.Node) (from, to int) {
	from, to = -1, -1
	grow := func(a, b int) {
		if a >= 0 && (from < 0 || a < from) {
			from = a
		}
		to = max(to, b)
	}
	if n.Type() != ast.TypeInline {
		if l := n.Lines(); l != nil && l.Len() > 0 {
			grow(l.At(0).Start, l.At(l.Len()-1).Stop)
		}
		if f, ok := n.(*ast.FencedCodeBlock); ok && from < 0 && f.Info != nil {
			grow(f.Info.Segment.Start, f.Info.Segment.Stop)
		}
	}
	if t, ok := n.(*ast.Text); ok {
		grow(t.Segment.Start, t.Segment.Stop)
	}
	if from < 0 {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			grow(w.extent(c))
		}
	}
	return from, to
}

// list reads the items of a list. What follows an item's first paragraph and
// is no list belongs to the item.
func (w *walker) list(ctx context.Context, l *ast.List, level int) {
	number := l.Start
	for c := l.FirstChild(); c != nil && ctx.Err() == nil && level < maxDepth; c = c.NextSibling() {
		b := ingest.Block{Kind: ingest.ListItem, Level: level, Marker: "•"}
		if l.IsOrdered() {
			b.Marker = strconv.Itoa(number) + string(rune(l.Marker))
			number++
		}
		var own []ast.Node
		var inner []ast.Node
		for g := c.FirstChild(); g != nil; g = g.NextSibling() {
			switch g.(type) {
			case *ast.Paragraph, *ast.TextBlock:
				if len(inner) == 0 {
					own = append(own, g)
					continue
				}
			}
			inner = append(inner, g)
		}
		for i, g := range own {
			at := w.place(g)
			if i == 0 {
				b.Text, b.Locator = w.inline(g), at
				continue
			}
			b.Text += "\n" + w.inline(g)
			b.Locator.LineEnd = max(at.Line, at.LineEnd)
		}
		if b.Text != "" {
			w.doc.Blocks = append(w.doc.Blocks, b)
		}
		for _, g := range inner {
			if sub, ok := g.(*ast.List); ok {
				w.list(ctx, sub, level+1)
				continue
			}
			w.block(ctx, g, level)
		}
	}
}

func (w *walker) table(n *east.Table) {
	t := &ingest.Table{}
	for r := n.FirstChild(); r != nil; r = r.NextSibling() {
		var cells []string
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			cells = append(cells, w.inline(c))
		}
		if r.Kind() == east.KindTableHeader {
			t.Header = cells
			continue
		}
		t.Rows = append(t.Rows, ingest.Row{Cells: cells, Locator: w.place(r)})
	}
	if strings.Join(t.Header, "") == "" {
		t.Header = nil
	}
	if len(t.Rows) == 0 {
		return
	}
	w.doc.Blocks = append(w.doc.Blocks, ingest.Block{Kind: ingest.TableBody, Table: t, Locator: w.place(n)})
}

// definitions reads a definition list: a term that asks is a heading, others
// stand on a line with what they mean.
func (w *walker) definitions(n *east.DefinitionList) {
	term := ""
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		text := w.inlineAll(c)
		if c.Kind() == east.KindDefinitionTerm {
			term = text
			continue
		}
		if strings.HasSuffix(term, "?") {
			w.add(ingest.Block{Kind: ingest.Heading, Level: 6, Text: term}, c)
			w.add(ingest.Block{Kind: ingest.Paragraph, Text: text}, c)
			continue
		}
		w.add(ingest.Block{Kind: ingest.ListItem, Level: 1, Text: strings.TrimPrefix(term+": ", ": ") + text}, c)
	}
}

func (w *walker) inlineAll(n ast.Node) string {
	var parts []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Type() == ast.TypeInline {
			return w.inline(n)
		}
		parts = append(parts, w.inline(c))
	}
	return strings.Join(parts, "\n")
}

// inline is the text of a block's inline nodes.
func (w *walker) inline(n ast.Node) string {
	var b strings.Builder
	w.write(&b, n, 0)
	return strings.TrimSpace(b.String())
}

func (w *walker) write(b *strings.Builder, n ast.Node, depth int) {
	if depth > 4*maxDepth {
		return
	}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.Write(unescape(c.Segment.Value(w.source)))
			switch {
			case c.HardLineBreak():
				b.WriteByte('\n')
			case c.SoftLineBreak():
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(c.Value)
		case *ast.CodeSpan:
			for t := c.FirstChild(); t != nil; t = t.NextSibling() {
				if s, ok := t.(*ast.Text); ok {
					b.Write(bytes.ReplaceAll(s.Segment.Value(w.source), []byte("\n"), []byte(" ")))
				}
			}
		case *east.FootnoteLink, *east.FootnoteBacklink:
		case *ast.AutoLink:
			b.Write(c.URL(w.source))
		case *ast.RawHTML:
			if tag := strings.ToLower(string(c.Segments.Value(w.source))); strings.HasPrefix(tag, "<br") {
				b.WriteByte('\n')
			}
		case *ast.Paragraph, *ast.TextBlock:
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			w.write(b, c, depth+1)
		default:
			w.write(b, c, depth+1)
		}
	}
}

// slug is a heading's anchor: its {#id}, else as GitHub makes it.
func (w *walker) slug(n *ast.Heading, text string) string {
	if id, ok := n.AttributeString("id"); ok {
		if b, ok := id.([]byte); ok {
			return string(b)
		}
	}
	s := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-':
			return unicode.ToLower(r)
		case unicode.IsSpace(r):
			return '-'
		}
		return -1
	}, text)
	n0 := w.slugs[s]
	w.slugs[s]++
	if n0 > 0 {
		return s + "-" + strconv.Itoa(n0)
	}
	return s
}
