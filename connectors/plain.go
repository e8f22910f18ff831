package connectors

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText is the text of a message that a desk gives as HTML: blocks on
// lines of their own, list items with a dash, quotations behind ">", nothing
// of what is not shown. It never fails: what is no HTML is text.
func PlainText(markup string) string {
	p := plain{}
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end; a string has no other error
			return p.text()
		case html.TextToken:
			if p.hidden == "" {
				p.write(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			p.open(string(name))
		case html.EndTagToken:
			name, _ := z.TagName()
			p.close(string(name))
		}
	}
}

// plain collects lines.
type plain struct {
	lines  []string
	line   strings.Builder
	space  bool   // owed before the next word
	pre    int    // within this many preformatted blocks
	quoted int    // within this many quotations
	hidden string // the tag within which nothing is shown
}

const maxQuoted = 8

func (p *plain) open(name string) {
	if p.hidden != "" {
		return
	}
	switch atom.Lookup([]byte(name)) {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript:
		p.hidden = name
	case atom.Br:
		p.lines = append(p.lines, p.take())
	case atom.Li:
		p.end()
		p.line.WriteString("- ")
	case atom.Td, atom.Th:
		p.space = true
	case atom.Blockquote:
		p.end()
		p.quoted = min(p.quoted+1, maxQuoted)
	case atom.Pre:
		p.end()
		p.pre++
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		p.gap()
	case atom.Div, atom.Tr, atom.Ul, atom.Ol, atom.Table, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Hr:
		p.end()
	}
}

func (p *plain) close(name string) {
	if p.hidden != "" {
		if name == p.hidden {
			p.hidden = ""
		}
		return
	}
	switch atom.Lookup([]byte(name)) {
	case atom.Blockquote:
		p.end()
		p.quoted = max(0, p.quoted-1)
	case atom.Pre:
		p.end()
		p.pre = max(0, p.pre-1)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		p.gap()
	case atom.Div, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.Table, atom.Section, atom.Article, atom.Header, atom.Footer:
		p.end()
	}
}

func (p *plain) write(text string) {
	if p.pre > 0 {
		for i, l := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
			if i > 0 {
				p.lines = append(p.lines, p.take())
			}
			p.line.WriteString(l)
		}
		return
	}
	text = strings.ReplaceAll(text, "\u00a0", " ")
	words := strings.Fields(text)
	if len(words) == 0 {
		p.space = p.space || text != ""
		return
	}
	if (p.space || strings.ContainsAny(text[:1], " \t\r\n\f")) && p.line.Len() > 0 && !strings.HasSuffix(p.line.String(), " ") {
		p.line.WriteByte(' ')
	}
	p.line.WriteString(strings.Join(words, " "))
	p.space = strings.ContainsAny(text[len(text)-1:], " \t\r\n\f")
}

// take is the line so far.
func (p *plain) take() string {
	l := strings.TrimRight(p.line.String(), " ")
	p.line.Reset()
	p.space = false
	if p.quoted > 0 && l != "" {
		l = strings.Repeat(">", p.quoted) + " " + l
	}
	return l
}

// end ends the line unless nothing stands on it.
func (p *plain) end() {
	if l := p.take(); l != "" {
		p.lines = append(p.lines, l)
	}
}

// gap ends the line and leaves an empty one.
func (p *plain) gap() {
	p.end()
	if n := len(p.lines); n > 0 && p.lines[n-1] != "" {
		p.lines = append(p.lines, "")
	}
}

func (p *plain) text() string {
	p.end()
	var out []string
	empty := 0
	for _, l := range p.lines {
		if l == "" {
			if empty++; empty > 1 {
				continue
			}
		} else {
			empty = 0
		}
		out = append(out, l)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
