// Package html reads web pages: their main content with headings, anchors,
// lists, tables and questions with answers, without what surrounds it.
package html

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

// Reader reads HTML. The zero value is ready for use, also by several
// goroutines.
type Reader struct{}

const (
	maxSize  = 32 << 20 // bytes; the tree takes a multiple of it
	maxDepth = 512      // elements; the parser refuses more, too
)

// Read returns the blocks of the page's main content. With an error wrapping
// [ingest.ErrNoText] the document's headings and warnings are valid.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	if in.Size > maxSize {
		return ingest.Document{}, fmt.Errorf("%s has %d MB, a web page may have %d: %w", in.Name, in.Size>>20, maxSize>>20, ingest.ErrTooLarge)
	}
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err
	}
	text := xhtml(decode(data))
	w := &walker{ctx: ctx}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		w.doc.Warnings = append(w.doc.Warnings, "elements are nested too deeply for structure; the text was read without tables")
		w.tokens(text)
	} else {
		w.page(root)
	}
	if ctx.Err() != nil {
		return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
	}
	if !w.some() {
		return w.doc, fmt.Errorf("%s holds no text; a page that is built by scripts must be saved from the browser: %w", in.Name, ingest.ErrNoText)
	}
	return w.doc, nil
}

// decode goes by the content first: pages often declare a charset they are
// not in.
func decode(data []byte) string {
	text, name := ingest.DecodeText(data)
	if name == "utf-8" || strings.HasPrefix(name, "utf-16") {
		return text
	}
	enc, declared, sure := charset.DetermineEncoding(data, "")
	if declared == "utf-8" || (!sure && declared == "windows-1252") {
		return text
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return text
	}
	return string(out)
}

type walker struct {
	ctx    context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	doc    ingest.Document
	anchor string
	level  int  // of the heading above
	asks   bool // that heading is a question
	blocks int  // so far, which is where a passage stands when there is no anchor
	h1     string
	h1s    int
	inline strings.Builder
}

func (w *walker) some() bool {
	for _, b := range w.doc.Blocks {
		if b.Kind != ingest.Heading {
			return true
		}
	}
	return false
}

// page walks the main content, or everything when that leaves nothing.
func (w *walker) page(root *html.Node) {
	title := ""
	var main *html.Node
	articles := 0
	var article *html.Node
	walk(root, func(n *html.Node) bool {
		switch {
		case n.DataAtom == atom.Html:
			w.doc.Language = attr(n, "lang")
		case n.DataAtom == atom.Title && title == "" && n.Namespace == "":
			title = strings.TrimSpace(content(n))
		case main == nil && (n.DataAtom == atom.Main || attr(n, "role") == "main"):
			main = n
		case n.DataAtom == atom.Article:
			article = n
			articles++
			return false
		}
		return true
	})
	start := root
	switch {
	case main != nil:
		start = main
	case articles == 1:
		start = article
	}
	about := prepare(root)
	w.from(start)
	if n := w.size(); n < little && start != root {
		other := w.again()
		other.from(root)
		if other.size() > 4*n {
			*w = *other
		}
	}
	if n := w.size(); n < little {
		other := w.again()
		loosen(root)
		other.from(root)
		if other.size() > 4*n {
			*w = *other
		}
	}
	w.faq(about.faq)
	w.secrets(about.hidden, about.unseen)
	w.doc.Title = title
	if w.h1s == 1 || title == "" {
		w.doc.Title = w.h1
	}
}

// little is how many characters make a page's main part doubtful.
const little = 200

// again is a walker that begins anew.
func (w *walker) again() *walker {
	return &walker{ctx: w.ctx, doc: ingest.Document{Language: w.doc.Language}}
}

func (w *walker) from(n *html.Node) {
	w.children(n, 0)
	w.endParagraph()
}

// size counts the characters of what was read.
func (w *walker) size() int {
	n := 0
	for _, b := range w.doc.Blocks {
		if b.Kind != ingest.Heading {
			n += utf8.RuneCountInString(b.Text)
		}
		if b.Table != nil {
			for _, r := range b.Table.Rows {
				n += utf8.RuneCountInString(strings.Join(r.Cells, ""))
			}
		}
	}
	return n
}

// faq adds the questions with answers that are written for search engines and
// do not show on the page.
func (w *walker) faq(questions []ingest.Case) {
	if len(questions) == 0 {
		return
	}
	var seen strings.Builder
	for _, b := range w.doc.Blocks {
		seen.WriteString(letters(b.Text))
	}
	for i := range questions {
		q := &questions[i]
		if answer := letters(q.Answer); strings.Contains(seen.String(), answer[:min(len(answer), 60)]) {
			continue
		}
		w.blocks++
		w.doc.Blocks = append(w.doc.Blocks, ingest.Block{Kind: ingest.CaseBlock, Case: q, Locator: index.Locator{Anchor: w.anchor, Paragraph: w.blocks}})
	}
}

// letters is text without spaces and signs, for comparing.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// secrets warns of text that readers of the page do not see, or may not.
func (w *walker) secrets(hidden, unseen tally) {
	if hidden.n > 0 {
		w.doc.Warnings = append(w.doc.Warnings, fmt.Sprintf("%d hidden texts were left out, %d words, the first: %q", hidden.n, hidden.words, opening(hidden.first)))
	}
	if unseen.n > 0 {
		w.doc.Warnings = append(w.doc.Warnings, fmt.Sprintf("%d texts of %d words are of no size, or may have the colour of what is behind them: look at them before they are used, the first: %q", unseen.n, unseen.words, opening(unseen.first)))
	}
}

// opening is the beginning of a text, for a warning.
func opening(s string) string {
	if len(s) <= 80 {
		return s
	}
	return strings.ToValidUTF8(s[:80], "") + " …"
}

// walk visits nodes from the top; f reports whether to go inside.
func walk(n *html.Node, f func(*html.Node) bool) {
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode && f(c) {
			walk(c, f)
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// aside reports whether a node is not part of what the page says.
func aside(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Nav, atom.Aside, atom.Footer, atom.Iframe, atom.Svg, atom.Head, atom.Button, atom.Select, atom.Textarea, atom.Input, atom.Object,
		atom.Dialog, atom.Canvas, atom.Audio, atom.Video, atom.Math:
		return n.DataAtom != atom.Math
	case atom.Header:
		return !holdsHeading(n) || n.Parent == nil || n.Parent.DataAtom == atom.Body
	}
	switch attr(n, "role") {
	case "navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "complementary", "menu", "menubar":
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "class", "id":
			if n.DataAtom != atom.Body && n.DataAtom != atom.Html && n.DataAtom != atom.Main && surroundings(a.Val) {
				return true
			}
		}
	}
	return false
}

// surroundings knows what navigation and consent banners are called.
func surroundings(names string) bool {
	for name := range strings.FieldsSeq(strings.ToLower(names)) {
		for _, part := range []string{"cookie", "consent", "gdpr", "breadcrumb", "skip-link", "skiplink", "newsletter", "social-share", "share-buttons", "sharebuttons", "sharing", "addtoany", "addthis", "screen-reader", "sr-only", "visually-hidden", "skip-to", "skipnav"} {
			if strings.Contains(name, part) {
				return true
			}
		}
		switch name {
		case "nav", "navbar", "navigation", "menu", "sidebar", "footer", "site-header", "site-footer", "toc", "pagination", "pager", "advert", "ads", "related":
			return true
		}
	}
	return false
}

func holdsHeading(n *html.Node) bool {
	found := false
	walk(n, func(c *html.Node) bool {
		if headingLevel(c) > 0 {
			found = true
		}
		return !found
	})
	return found
}

func headingLevel(n *html.Node) int {
	switch n.DataAtom {
	case atom.H1:
		return 1
	case atom.H2:
		return 2
	case atom.H3:
		return 3
	case atom.H4:
		return 4
	case atom.H5:
		return 5
	case atom.H6:
		return 6
	}
	if attr(n, "role") == "heading" {
		if level, err := strconv.Atoi(attr(n, "aria-level")); err == nil && level >= 1 && level <= 6 {
			return level
		}
		return 2
	}
	return 0
}

func (w *walker) add(b ingest.Block) {
	b.Text = strings.TrimSpace(b.Text)
	if b.Text == "" && b.Table == nil {
		return
	}
	w.blocks++
	b.Locator = index.Locator{Anchor: w.anchor, Paragraph: w.blocks}
	w.doc.Blocks = append(w.doc.Blocks, b)
}

// endParagraph makes a block of the inline text collected so far.
func (w *walker) endParagraph() {
	text := collapse(w.inline.String())
	w.inline.Reset()
	w.add(ingest.Block{Kind: ingest.Paragraph, Text: text})
}

func (w *walker) children(n *html.Node, depth int) {
	for c := range n.ChildNodes() {
		if w.ctx.Err() != nil || depth > maxDepth {
			return
		}
		w.node(c, depth+1)
	}
}

func (w *walker) node(n *html.Node, depth int) {
	if n.Type == html.TextNode {
		w.inline.WriteString(n.Data)
		return
	}
	if n.Type != html.ElementNode || aside(n) {
		return
	}
	if level := headingLevel(n); level > 0 {
		w.endParagraph()
		w.heading(n, level)
		return
	}
	switch n.DataAtom {
	case atom.Br:
		w.inline.WriteByte(brk)
	case atom.Ul, atom.Ol, atom.Menu:
		w.endParagraph()
		w.list(n, 1, depth)
	case atom.Table:
		w.endParagraph()
		w.table(n, depth)
	case atom.Dl:
		w.endParagraph()
		w.terms(n, depth)
	case atom.Details:
		w.endParagraph()
		w.details(n, depth)
	case atom.Pre:
		w.endParagraph()
		w.add(ingest.Block{Kind: ingest.Paragraph, Text: raw(n)})
	default:
		if !block(n) {
			w.children(n, depth)
			return
		}
		w.endParagraph()
		if id := attr(n, "id"); id != "" && (n.DataAtom == atom.Section || n.DataAtom == atom.Article) {
			w.anchor = id
		}
		w.children(n, depth)
		w.endParagraph()
	}
}

// brk stands for a <br> until white space is collapsed.
const brk = '\x01'

func block(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Body, atom.Html, atom.Blockquote, atom.Figure, atom.Figcaption, atom.Address, atom.Form, atom.Fieldset, atom.Hr, atom.Header,
		atom.Footer, atom.Li, atom.Dt, atom.Dd, atom.Tr, atom.Td, atom.Th, atom.Caption, atom.Summary, atom.Center, atom.Hgroup, atom.Legend, atom.Option, atom.Label:
		return n.DataAtom != atom.Label
	}
	return false
}

func (w *walker) heading(n *html.Node, level int) {
	text := collapse(content(n))
	if text == "" {
		return
	}
	if id := anchorOf(n); id != "" {
		w.anchor = id
	} else if w.level > 0 && level <= w.level {
		w.anchor = "" // the anchor above belongs to another section
	}
	w.level, w.asks = level, strings.HasSuffix(text, "?")
	if level == 1 {
		if w.h1s++; w.h1s == 1 {
			w.h1 = text
		}
	}
	w.add(ingest.Block{Kind: ingest.Heading, Level: level, Text: text})
}

// anchorOf is the id a heading can be linked by: its own, that of an <a> in
// it, or that of the section it opens.
func anchorOf(n *html.Node) string {
	if id := attr(n, "id"); id != "" {
		return id
	}
	id := ""
	walk(n, func(c *html.Node) bool {
		if id == "" {
			if id = attr(c, "id"); id == "" && c.DataAtom == atom.A {
				id = attr(c, "name")
			}
		}
		return id == ""
	})
	if p := n.Parent; id == "" && p != nil && (p.DataAtom == atom.Section || p.DataAtom == atom.Article || p.DataAtom == atom.Div) {
		for c := range p.ChildNodes() {
			if c == n {
				return attr(p, "id")
			}
			if c.Type == html.ElementNode {
				break
			}
		}
	}
	return id
}

// list reads items. Blocks inside an item after its first text stay with it.
func (w *walker) list(n *html.Node, level, depth int) {
	number := 1
	if s, err := strconv.Atoi(attr(n, "start")); err == nil {
		number = s
	}
	for c := range n.ChildNodes() {
		if c.Type != html.ElementNode || depth > maxDepth || w.ctx.Err() != nil || aside(c) {
			continue
		}
		if c.DataAtom == atom.Ul || c.DataAtom == atom.Ol { // not allowed, but common
			w.list(c, level+1, depth+1)
			continue
		}
		marker := "•"
		if n.DataAtom == atom.Ol {
			if v, err := strconv.Atoi(attr(c, "value")); err == nil {
				number = v
			}
			marker = ordinal(attr(n, "type"), number)
			number++
		}
		w.item(c, level, marker, depth)
	}
}

func (w *walker) item(n *html.Node, level int, marker string, depth int) {
	sub := walker{ctx: w.ctx, anchor: w.anchor, blocks: w.blocks}
	var lists []*html.Node
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode && (c.DataAtom == atom.Ul || c.DataAtom == atom.Ol) {
			lists = append(lists, c)
			continue
		}
		sub.node(c, depth+1)
	}
	sub.endParagraph()
	w.doc.Warnings = append(w.doc.Warnings, sub.doc.Warnings...)
	var text []string
	for _, b := range sub.doc.Blocks {
		if b.Table == nil {
			text = append(text, strings.TrimSpace(b.Marker+" "+b.Text))
		}
	}
	if len(text) > 0 {
		w.add(ingest.Block{Kind: ingest.ListItem, Level: level, Marker: marker, Text: strings.Join(text, "\n")})
	}
	for _, b := range sub.doc.Blocks {
		if b.Table != nil {
			w.doc.Blocks = append(w.doc.Blocks, b)
		}
	}
	for _, l := range lists {
		w.list(l, level+1, depth+1)
	}
}

func ordinal(kind string, n int) string {
	switch {
	case (kind == "a" || kind == "A") && n >= 1 && n <= 26:
		return string(rune(kind[0])+rune(n-1)) + "."
	case (kind == "i" || kind == "I") && n >= 1 && n < 40:
		r := strings.Repeat("x", n/10) + []string{"", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"}[n%10]
		if kind == "I" {
			r = strings.ToUpper(r)
		}
		return r + "."
	}
	return strconv.Itoa(n) + "."
}

// terms reads a <dl>: a term that asks is a heading, others stand before what
// they mean.
func (w *walker) terms(n *html.Node, depth int) {
	term := ""
	asked := false
	walk(n, func(c *html.Node) bool {
		switch c.DataAtom {
		case atom.Dt:
			term = collapse(content(c))
			if asked = strings.HasSuffix(term, "?"); asked {
				if id := anchorOf(c); id != "" {
					w.anchor = id
				}
				w.add(ingest.Block{Kind: ingest.Heading, Level: w.below(), Text: term})
			}
		case atom.Dd:
			if asked {
				w.children(c, depth+1)
				w.endParagraph()
				return false
			}
			w.add(ingest.Block{Kind: ingest.ListItem, Level: 1, Text: strings.TrimPrefix(strings.TrimSuffix(term, ":")+": ", ": ") + collapse(content(c))})
		default:
			return c.DataAtom == atom.Div
		}
		return false
	})
	if asked {
		w.endSection()
	}
}

// details reads a fold-out: its summary is a heading over the rest.
func (w *walker) details(n *html.Node, depth int) {
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode && c.DataAtom == atom.Summary {
			if id := attr(n, "id"); id != "" {
				w.anchor = id
			} else if id := anchorOf(c); id != "" {
				w.anchor = id
			}
			w.add(ingest.Block{Kind: ingest.Heading, Level: w.below(), Text: collapse(content(c))})
			continue
		}
		w.node(c, depth+1)
	}
	w.endParagraph()
	w.endSection()
}

// below is the level of a heading that has none of its own: under the heading
// above, or beside it when both are questions.
func (w *walker) below() int {
	if w.asks {
		return w.level
	}
	return min(w.level+1, 6)
}

// endSection says that what follows does not belong to the answer above: a
// heading without text ends its level.
func (w *walker) endSection() {
	w.doc.Blocks = append(w.doc.Blocks, ingest.Block{Kind: ingest.Heading, Level: w.below(), Locator: index.Locator{Anchor: w.anchor}})
}

// content is the text of a node, without what is aside.
func content(n *html.Node) string {
	var b strings.Builder
	var visit func(n *html.Node, depth int)
	visit = func(n *html.Node, depth int) {
		for c := range n.ChildNodes() {
			switch {
			case depth > maxDepth:
				return
			case c.Type == html.TextNode:
				b.WriteString(c.Data)
			case c.Type != html.ElementNode || aside(c):
			case c.DataAtom == atom.Br:
				b.WriteByte(brk)
			case block(c):
				b.WriteByte(brk)
				visit(c, depth+1)
				b.WriteByte(brk)
			default:
				visit(c, depth+1)
			}
		}
	}
	visit(n, 0)
	return b.String()
}

// raw is the text of a node as it stands.
func raw(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Trim(b.String(), "\n")
}

// collapse does what a browser does with white space.
func collapse(s string) string {
	lines := strings.Split(s, string(brk))
	out := lines[:0]
	for _, l := range lines {
		l = strings.Join(strings.FieldsFunc(l, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }), " ")
		if l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// tokens reads a page whose elements nest too deeply for a tree: headings,
// items and paragraphs by their tags alone.
func (w *walker) tokens(text string) {
	z := html.NewTokenizer(strings.NewReader(text))
	kind, level, skip := ingest.Paragraph, 0, ""
	var b strings.Builder
	end := func() {
		t := collapse(b.String())
		b.Reset()
		if kind == ingest.Heading && level == 1 && w.h1 == "" {
			w.h1 = t
		}
		block := ingest.Block{Kind: kind, Text: t, Level: level}
		if kind == ingest.ListItem {
			block.Level, block.Marker = 1, "•"
		}
		w.add(block)
		kind, level = ingest.Paragraph, 0
	}
	for n := 0; ; n++ {
		token := z.Next()
		if token == html.ErrorToken || (n%1024 == 0 && w.ctx.Err() != nil) {
			end()
			w.doc.Title = w.h1
			if err := z.Err(); err != nil && !errors.Is(err, errEOF) {
				w.doc.Warnings = append(w.doc.Warnings, fmt.Sprintf("the rest of the page cannot be read: %v", err))
			}
			return
		}
		if token == html.TextToken {
			if skip == "" {
				b.Write(z.Text())
			}
			continue
		}
		if token != html.StartTagToken && token != html.EndTagToken && token != html.SelfClosingTagToken {
			continue
		}
		name, _ := z.TagName()
		tag := atom.Lookup(name)
		switch {
		case skip != "":
			if token == html.EndTagToken && skip == string(name) {
				skip = ""
			}
		case token == html.StartTagToken && (tag == atom.Script || tag == atom.Style || tag == atom.Nav || tag == atom.Footer || tag == atom.Aside || tag == atom.Template):
			skip = string(name)
		case tag == atom.Br:
			b.WriteByte(brk)
		case tag == atom.Td || tag == atom.Th:
			b.WriteByte(' ')
		default:
			node := html.Node{Type: html.ElementNode, DataAtom: tag}
			if h := headingLevel(&node); h > 0 || block(&node) {
				end()
				switch {
				case token != html.StartTagToken:
				case h > 0:
					kind, level = ingest.Heading, h
				case tag == atom.Li:
					kind = ingest.ListItem
				}
			}
		}
	}
}
