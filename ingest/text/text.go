// Package text reads plain text files: it finds headings by their underline,
// capitals or numbers, lists by their markers, and joins wrapped lines.
package text

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// Reader reads plain text. The zero value is ready for use, also by several
// goroutines.
type Reader struct{}

var (
	bullet   = pattern.Lazy(`^(\s*)([-*•·–◦▪‣]|\d{1,3}[.)]|[a-zA-Z][.)]|\(\d{1,3}\)|\([a-z]\))[ \t]+(\S.*)$`)
	numbered = pattern.Lazy(`^(\d{1,2}(?:\.\d{1,2}){0,4})\.?[ \t]+(\pL.*)$`)
	chapter  = pattern.Lazy(`^§ ?\d+`)
	asked    = pattern.Lazy(`^(?i:q|question|spørsmål|spm|fråga|spørgsmål|kysymys|k|frage|f)[ \t]*\d{0,3}[.):][ \t]+(\S.*\?)$`)
	answered = pattern.Lazy(`^(?i:a|answer|svar|vastaus|v|antwort)[ \t]*\d{0,3}[.):][ \t]+(\S.*)$`)
)

// wrapped is the length from which a line that is followed by another counts
// as wrapped rather than ended: editors wrap at 60 to 100 characters.
const wrapped = 50

// Read returns the text's headings, paragraphs and list items with their lines.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err
	}
	content, _ := ingest.DecodeText(data)
	if ingest.Garbled(content) {
		return ingest.Document{}, fmt.Errorf("%s is not text: much of it is control characters or fits no charset; save it again as UTF-8 text, or as PDF: %w", in.Name, ingest.ErrDamaged)
	}
	p := parser{lines: strings.Split(content, "\n")}
	for p.at < len(p.lines) {
		if ctx.Err() != nil {
			return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
		}
		p.step()
	}
	if len(p.blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s is empty: %w", in.Name, ingest.ErrNoText)
	}
	return ingest.Document{Title: p.title(), Blocks: p.blocks}, nil
}

type parser struct {
	lines  []string
	at     int
	blocks []ingest.Block
}

// title is the first heading when nothing but it opens the file.
func (p *parser) title() string {
	if b := p.blocks[0]; b.Kind == ingest.Heading {
		return b.Text
	}
	return ""
}

func (p *parser) line(i int) string {
	if i < 0 || i >= len(p.lines) {
		return ""
	}
	return strings.TrimRight(p.lines[i], " \t\u00a0")
}

// step reads one block at p.at.
func (p *parser) step() {
	line := p.line(p.at)
	if strings.TrimSpace(line) == "" || rule(line) != 0 {
		p.at++
		return
	}
	if m := asked().FindStringSubmatch(strings.TrimSpace(line)); m != nil {
		p.add(ingest.Block{Kind: ingest.Heading, Level: 6, Text: m[1]}, 1)
		return
	}
	if level, lines := p.heading(); lines > 0 {
		p.add(ingest.Block{Kind: ingest.Heading, Level: level, Text: strings.TrimSpace(line)}, lines)
		return
	}
	if m := bullet().FindStringSubmatch(line); m != nil {
		p.item(m)
		return
	}
	p.paragraph()
}

func (p *parser) add(b ingest.Block, lines int) {
	b.Locator = index.Locator{Line: p.at + 1, LineEnd: p.at + lines}
	if lines == 1 {
		b.Locator.LineEnd = 0
	}
	p.blocks = append(p.blocks, b)
	p.at += lines
}

// heading reports the level of a heading at p.at and the lines it takes.
func (p *parser) heading() (level, lines int) {
	line := strings.TrimSpace(p.line(p.at))
	length := utf8.RuneCountInString(line)
	if length > 120 {
		return 0, 0
	}
	if r := rule(p.line(p.at + 1)); r != 0 && bullet().FindString(line) == "" {
		under := utf8.RuneCountInString(strings.TrimSpace(p.line(p.at + 1)))
		if under >= 3 && under*2 >= length {
			if r == '=' || r == '#' || r == '*' {
				return 1, 2
			}
			return 2, 2
		}
	}
	alone := strings.TrimSpace(p.line(p.at-1)) == "" && strings.TrimSpace(p.line(p.at+1)) == ""
	above := strings.TrimSpace(p.line(p.at-1)) == ""
	switch {
	case above && capitals(line) && length >= 4 && length <= 80 && !strings.HasSuffix(line, "."):
		if len(p.blocks) == 0 {
			return 1, 1
		}
		return 2, 1
	case alone && length <= 80 && !endsSentence(line):
		if m := numbered().FindStringSubmatch(line); m != nil && unicode.IsUpper(firstRune(m[2])) && !p.listAround() {
			return min(2+strings.Count(m[1], "."), 6), 1
		}
		if chapter().MatchString(line) {
			return 2, 1
		}
	case above && length <= 40 && !endsSentence(line) && unicode.IsUpper(firstRune(line)) && bullet().FindString(line) == "" && bullet().FindString(p.line(p.at+1)) != "":
		return 4, 1 // the name of a list
	case above && strings.HasSuffix(line, "?") && length <= 120 && strings.TrimSpace(p.line(p.at+1)) != "" && bullet().FindString(line) == "" && p.questions() >= 2:
		return 3, 1
	}
	if alone && strings.HasSuffix(line, "?") && length <= 120 && bullet().FindString(line) == "" {
		return 3, 1
	}
	return 0, 0
}

// questions counts lines that open a paragraph and end in a question mark: two
// of them make a list of questions and answers. It looks no further than that.
func (p *parser) questions() int {
	n := 0
	for i := range min(len(p.lines), 5000) {
		if line := strings.TrimSpace(p.line(i)); strings.HasSuffix(line, "?") && len(line) <= 120 && strings.TrimSpace(p.line(i-1)) == "" {
			if n++; n == 2 {
				break
			}
		}
	}
	return n
}

// listAround reports whether the numbered line at p.at has neighbours two
// lines away that are numbered alike: then it is an item of a loose list.
func (p *parser) listAround() bool {
	single := func(i int) bool {
		m := numbered().FindStringSubmatch(strings.TrimSpace(p.line(i)))
		return m != nil && !strings.Contains(m[1], ".")
	}
	return single(p.at) && (single(p.at-2) || single(p.at+2))
}

// rule is the sign a line consists of when it is a ruling line, else 0.
func rule(line string) rune {
	line = strings.TrimSpace(line)
	if len(line) < 3 {
		return 0
	}
	r := rune(line[0])
	if !strings.ContainsRune("=-~_*#", r) || strings.Trim(line, string(r)) != "" {
		return 0
	}
	return r
}

func capitals(line string) bool {
	n := 0
	for _, r := range line {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n >= 4
}

func endsSentence(line string) bool {
	return strings.HasSuffix(line, ".") || strings.HasSuffix(line, "!") || strings.HasSuffix(line, ";") || strings.HasSuffix(line, ",") || strings.HasSuffix(line, ":")
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// item reads a list item and the lines that belong to it.
func (p *parser) item(m []string) {
	indent := width(m[1])
	var text strings.Builder
	text.WriteString(m[3])
	lines := 1
	for {
		next := p.line(p.at + lines)
		if strings.TrimSpace(next) == "" || bullet().FindString(next) != "" || rule(next) != 0 {
			break
		}
		if width(next) <= indent && utf8.RuneCountInString(p.line(p.at+lines-1)) < wrapped {
			break
		}
		text.WriteString(" " + strings.TrimSpace(next))
		lines++
	}
	marker := m[2]
	if strings.ContainsAny(marker, "-*•·–◦▪‣") {
		marker = "•"
	}
	p.add(ingest.Block{Kind: ingest.ListItem, Level: min(1+indent/2, 6), Marker: marker, Text: text.String()}, lines)
}

// width is the indent of a line in columns.
func width(line string) int {
	n := 0
	for _, r := range line {
		switch r {
		case ' ':
			n++
		case '\t':
			n += 4
		default:
			return n
		}
	}
	return n
}

// paragraph reads up to the next empty line, list or heading.
func (p *parser) paragraph() {
	first, lines := strings.TrimSpace(p.line(p.at)), 1
	if m := answered().FindStringSubmatch(first); m != nil && len(p.blocks) > 0 && p.blocks[len(p.blocks)-1].Kind == ingest.Heading {
		first = m[1]
	}
	var text strings.Builder
	text.WriteString(first)
	last := first
	for {
		next := p.line(p.at + lines)
		if strings.TrimSpace(next) == "" || bullet().FindString(next) != "" || rule(next) != 0 || rule(p.line(p.at+lines+1)) != 0 || asked().MatchString(next) {
			break
		}
		joint := byte('\n')
		if utf8.RuneCountInString(p.line(p.at+lines-1)) >= wrapped && !strings.HasSuffix(last, ":") {
			joint = ' '
		}
		last = strings.TrimSpace(next)
		text.WriteByte(joint)
		text.WriteString(last)
		lines++
	}
	p.add(ingest.Block{Kind: ingest.Paragraph, Text: text.String()}, lines)
}
