// Package reply parts the text of a mail: what its sender wrote, the messages
// it answers, the signature, and legal notices.
//
// It works on lines and on all languages at once, since mail programs and
// their users do not agree on one. It knows nothing of headers and encodings.
package reply

import "strings"

// Kind is what a line belongs to.
type Kind uint8

// The kinds of lines.
const (
	Own        Kind = iota // written by the sender, with quotes that an answer stands under
	Quoted                 // earlier messages, and what introduces them
	Signature              // from the closing words on, and notes of mail programs
	Disclaimer             // legal notices and warnings of mail gateways
)

// Parts are the parts of a mail, each as it stood, without the empty lines
// around it.
type Parts struct {
	Reply      string
	Quoted     string
	Signature  string
	Disclaimer string
}

// Split parts a mail's text in linear time. Reply is empty when the sender
// added nothing to what is quoted or forwarded.
func Split(text string) Parts {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	lines := unsign(unjoin(strings.Split(text, "\n")))
	var parts [4][]string
	for i, k := range Lines(lines) {
		parts[k] = append(parts[k], lines[i])
	}
	return Parts{Reply: block(parts[Own]), Quoted: block(parts[Quoted]), Signature: block(parts[Signature]), Disclaimer: block(parts[Disclaimer])}
}

// block joins lines; the first keeps its indent.
func block(lines []string) string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	return strings.TrimRight(strings.Join(lines, "\n"), " \t\n\u00a0")
}

// Lines tells for each line what it belongs to. Empty lines go with the line
// before them.
func Lines(lines []string) []Kind {
	m := marker{lines: lines, kinds: make([]Kind, len(lines)), code: map[int]int{}}
	m.quotes()
	for _, s := range m.segments() {
		m.signature(s)
	}
	m.inline()
	return m.kinds
}

type marker struct {
	lines []string
	kinds []Kind
	runs  []run
	code  map[int]int // line after each fenced block by its first; nothing is looked for inside
	open  bool        // the last fence has no end
}

// run is a stretch of lines marked with ">", with what introduces it.
type run struct {
	from, to   int
	introduced bool // by "On … wrote:"
}

// span are lines from one to before another.
type span struct{ from, to int }

func (m *marker) set(from, to int, k Kind) {
	for i := from; i < to; i++ {
		m.kinds[i] = k
	}
}

func empty(line string) bool { return strings.Trim(line, " \t\u00a0") == "" }

// quotes marks quoted lines, and all that follows a header without ">".
func (m *marker) quotes() {
	for i := 0; i < len(m.lines); {
		line := m.lines[i]
		if strings.HasPrefix(strings.TrimLeft(line, " "), "```") {
			if end := m.fenceEnd(i + 1); end > 0 {
				m.code[i] = end
				i = end
			} else {
				i++
			}
			continue
		}
		if empty(line) {
			i++
			continue
		}
		if m.quoted(i) {
			i = m.run(i, i, false)
			continue
		}
		if n := wrote(m.lines[i:]); n > 0 {
			next := m.skipEmpty(i + n)
			if next < len(m.lines) && m.quoted(next) {
				i = m.run(i, next, true)
				continue
			}
			m.tail(i)
			return
		}
		if separates(m.lines[i:]) || headers(m.lines[i:]) {
			m.tail(i)
			return
		}
		i++
	}
}

// fenceEnd is the line after a block of code, or 0 for one without an end.
func (m *marker) fenceEnd(i int) int {
	if m.open {
		return 0
	}
	for ; i < len(m.lines); i++ {
		if strings.HasPrefix(strings.TrimLeft(m.lines[i], " "), "```") {
			return i + 1
		}
	}
	m.open = true
	return 0
}

func (m *marker) skipEmpty(i int) int {
	for i < len(m.lines) && empty(m.lines[i]) {
		i++
	}
	return i
}

// quoted reports whether a line is marked as a quote. A ">" that closes the
// "<" of the line above ends a link.
func (m *marker) quoted(i int) bool {
	line := strings.TrimLeft(m.lines[i], " ")
	if !strings.HasPrefix(line, ">") {
		return false
	}
	if i > 0 {
		above := m.lines[i-1]
		if open := strings.LastIndexByte(above, '<'); open >= 0 && strings.IndexByte(above[open:], '>') < 0 && !strings.HasPrefix(strings.TrimLeft(above, " "), ">") && strings.Contains(above[open:], "://") {
			return false
		}
	}
	return true
}

// longLine is the length from which a quoted line may have been wrapped
// without a ">" for the rest.
const longLine = 60

// run marks a quote and returns where it ends.
func (m *marker) run(start, i int, introduced bool) int {
	end := i
	for i < len(m.lines) {
		switch {
		case m.quoted(i):
			i++
			end = i
			continue
		case empty(m.lines[i]):
			next := m.skipEmpty(i)
			if next < len(m.lines) && m.quoted(next) {
				i = next
				continue
			}
		case i == end && (len(m.lines[i-1]) >= longLine || linked(m.lines[i-1], m.lines[i])) && m.wrapped(i):
			for !m.quoted(i) {
				i++
			}
			continue
		}
		break
	}
	m.set(start, end, Quoted)
	m.runs = append(m.runs, run{start, end, introduced})
	return end
}

// linked reports whether a line goes on with a link of the line above, or is
// one.
func linked(above, line string) bool {
	line = strings.TrimLeft(line, " (<[")
	if strings.HasPrefix(line, "http://") || strings.HasPrefix(line, "https://") {
		return true
	}
	at := strings.LastIndexAny(above, "(<")
	return at >= 0 && strings.Contains(above[at:], "://") && !strings.ContainsAny(above[at:], ")>")
}

// wrapped reports whether up to two lines at i stand right between quoted ones.
func (m *marker) wrapped(i int) bool {
	for n := i; n < min(i+3, len(m.lines)); n++ {
		if empty(m.lines[n]) {
			return false
		}
		if m.quoted(n) {
			return n > i
		}
	}
	return false
}

// tail marks everything from i on, and the rules above it, as quoted.
func (m *marker) tail(i int) {
	m.set(i, len(m.lines), Quoted)
	for i--; i >= 0 && m.kinds[i] == Own && ruled(m.lines[i]); i-- {
		m.kinds[i] = Quoted
	}
}

// ruled reports whether a line is empty or only draws a line.
func ruled(line string) bool { return strings.Trim(line, " _-=*–—\t\u00a0") == "" }

// segments are the stretches of the sender's own lines.
func (m *marker) segments() []span {
	var out []span
	for i := 0; i < len(m.lines); {
		if m.kinds[i] != Own {
			i++
			continue
		}
		from := i
		for i < len(m.lines) && m.kinds[i] == Own {
			i++
		}
		out = append(out, span{from, i})
	}
	return out
}

// inline gives quotes back that the sender answered one by one, or quoted
// without a mail program's help. A single quote under its header is history,
// wherever the answer stands.
func (m *marker) inline() {
	answered := make([]bool, len(m.runs))
	n, last := 0, -1
	for k, r := range m.runs {
		to := len(m.lines)
		if k+1 < len(m.runs) {
			to = m.runs[k+1].from
		}
		for i := r.to; i < to; i++ {
			if m.kinds[i] == Own && !empty(m.lines[i]) {
				answered[k] = true
				n, last = n+1, k
				break
			}
		}
	}
	if n == 0 || n == 1 && m.runs[last].introduced {
		return
	}
	for _, r := range m.runs[:last+1] {
		m.set(r.from, r.to, Own)
	}
}

// Unquote is what a quoted part says: without what introduces it and without
// one level of ">".
func Unquote(quoted string) string {
	lines := strings.Split(quoted, "\n")
	for len(lines) > 0 {
		switch n := wrote(lines); {
		case ruled(lines[0]):
			lines = lines[1:]
			continue
		case n > 0:
			return unmark(lines[n:])
		case headers(lines):
			return unmark(afterHead(lines))
		case separates(lines):
			lines = lines[1:]
			continue
		}
		break
	}
	return unmark(lines)
}

// afterHead drops the head of an earlier mail, with its wrapped lines.
func afterHead(lines []string) []string {
	for i, line := range lines {
		if empty(line) || i > 0 && fieldOf(line) == 0 && fieldOf(lines[i-1]) == subject {
			return lines[i:]
		}
	}
	return nil
}

// unmark drops a ">" from each line, when the first has one.
func unmark(lines []string) string {
	if !strings.HasPrefix(strings.TrimLeft(firstFull(lines), " "), ">") {
		return block(lines)
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		if rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), ">"); ok {
			line = strings.TrimPrefix(rest, " ")
		}
		out[i] = line
	}
	return block(out)
}
