package markup

import (
	"encoding/csv"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

var (
	restItem      = pattern.Lazy(`^( *)([-*+•]|(?:\d{1,3}|[a-zA-Z]|#)[.)]|\((?:\d{1,3}|[a-zA-Z]|#)\))( +)(\S.*)$`)
	restDirective = pattern.Lazy(`^\.\. (?:\|([^|]+)\| )?([\w:+-]+)::(?: (.*))?$`)
	restTarget    = pattern.Lazy("^\\.\\. _(`?[^:`]+`?):")
	restNote      = pattern.Lazy(`^\.\. \[([^\]]+)\] (.*)$`)
	restOption    = pattern.Lazy(`^:([\w -]+):(?: +(.*))?$`)
	simpleRule    = pattern.Lazy(`^=+(?: +=+)+$`)
	gridRule      = pattern.Lazy(`^\+(?:[-=]+\+)+$`)
)

// underline is the sign that a line repeats, 0 when it is not such a line.
func underline(line string) byte {
	if len(line) < 3 || strings.IndexByte("=-`:.'\"~^_*+#<>", line[0]) < 0 || strings.Trim(line, line[:1]) != "" {
		return 0
	}
	return line[0]
}

// rest reads the lines of reStructuredText; first is the number of the first.
func rest(d *doc, lines []string, first, depth int) {
	if depth > maxDepth {
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: verbatim(lines)}, first, first+len(lines))
		return
	}
	for i := 0; i < len(lines) && !d.done(); {
		line := lines[i]
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		switch {
		case line == "":
			i++
		case depth == 0 && i+2 < len(lines) && underline(line) != 0 && next != "" && lines[i+2] == line:
			d.section("over"+line[:1], next, first+i, first+i+3)
			i += 3
		case depth == 0 && underline(next) != 0 && indent(line) == 0 && underline(line) == 0 && utf8.RuneCountInString(next)+2 >= utf8.RuneCountInString(line) && !restItem().MatchString(line):
			d.section(next[:1], line, first+i, first+i+2)
			i += 2
		case strings.HasPrefix(line, ".. ") || line == "..":
			i = d.explicit(lines, i, first, depth)
		case gridRule().MatchString(line):
			i = d.grid(lines, i, first)
		case simpleRule().MatchString(line):
			i = d.simple(lines, i, first)
		case underline(line) != 0:
			i++ // a transition
		case restItem().MatchString(line):
			i = d.item(lines, i, first, depth)
		case restOption().MatchString(line):
			m := restOption().FindStringSubmatch(line)
			end := body(lines, i+1, indent(line))
			text := d.inline(strings.Join(append([]string{m[2]}, dedent(lines[i+1:end])...), " "))
			if depth > 0 || len(d.out.Blocks) > 0 {
				d.add(ingest.Block{Kind: ingest.ListItem, Level: 1, Text: strings.TrimSuffix(m[1]+": "+text, ": ")}, first+i, first+end)
			}
			i = end
		case strings.HasPrefix(line, "| "):
			end := i
			var text []string
			for end < len(lines) && strings.HasPrefix(lines[end], "|") {
				text = append(text, d.inline(strings.TrimPrefix(lines[end], "|")))
				end++
			}
			d.add(ingest.Block{Kind: ingest.Paragraph, Text: strings.Join(text, "\n")}, first+i, first+end)
			i = end
		default:
			i = d.paragraph(lines, i, first, depth)
		}
	}
}

// section adds a title; its level is the order in which its style first came.
func (d *doc) section(style, text string, from, to int) {
	level := slices.Index(d.styles, style)
	if level < 0 {
		d.styles = append(d.styles, style)
		level = len(d.styles) - 1
	}
	text = d.inline(text)
	if d.next == "" {
		d.next = anchorOf(text)
	}
	d.add(ingest.Block{Kind: ingest.Heading, Level: min(level+1, 6), Text: text}, from, to)
}

// anchorOf is the id that docutils makes of a title.
func anchorOf(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		} else if s := b.String(); s != "" && !strings.HasSuffix(s, "-") {
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// paragraph reads text up to an empty line; an indented one under a single
// line is what that line means, and "::" announces code.
func (d *doc) paragraph(lines []string, i, first, depth int) int {
	by := indent(lines[i])
	if i+1 < len(lines) && lines[i+1] != "" && indent(lines[i+1]) > by {
		end := body(lines, i+1, by)
		term := d.inline(lines[i])
		if strings.HasSuffix(term, "?") {
			d.add(ingest.Block{Kind: ingest.Heading, Level: 6, Text: term}, first+i, first+i+1)
			rest(d, dedent(lines[i+1:end]), first+i+1, depth+1)
			return end
		}
		before := len(d.out.Blocks)
		rest(d, dedent(lines[i+1:end]), first+i+1, depth+1)
		if len(d.out.Blocks) > before && d.out.Blocks[before].Kind == ingest.Paragraph {
			b := &d.out.Blocks[before]
			b.Kind, b.Level, b.Text, b.Locator.Line = ingest.ListItem, 1, strings.TrimSuffix(term, ":")+": "+b.Text, first+i+1
			b.Locator.LineEnd = max(b.Locator.LineEnd, first+i+2)
		}
		return end
	}
	end := i
	for end < len(lines) && lines[end] != "" && (end == i || !strings.HasPrefix(lines[end], ".. ")) {
		end++
	}
	if strings.HasPrefix(strings.TrimSpace(lines[i]), ">>> ") { // a session with an interpreter
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: verbatim(lines[i:end])}, first+i, first+end)
		return end
	}
	text := strings.Join(dedent(lines[i:end]), " ")
	code := strings.HasSuffix(text, "::")
	if code {
		text = strings.TrimSpace(strings.TrimSuffix(text, ":"))
		text = strings.TrimSuffix(text, " :")
		if text == ":" {
			text = ""
		}
	}
	d.add(ingest.Block{Kind: ingest.Paragraph, Text: d.inline(text)}, first+i, first+end)
	if code {
		at := end
		for at < len(lines) && lines[at] == "" {
			at++
		}
		stop := body(lines, at, by)
		if stop > at {
			d.add(ingest.Block{Kind: ingest.Paragraph, Text: verbatim(lines[at:stop])}, first+at, first+stop)
			return stop
		}
	}
	return end
}

// item reads a list item with what is indented under it.
func (d *doc) item(lines []string, i, first, depth int) int {
	m := restItem().FindStringSubmatch(lines[i])
	by := len(m[1])
	end := body(lines, i+1, by)
	inner := append([]string{m[4]}, lines[i+1:end]...)
	rested := dedent(inner[1:])
	before := len(d.out.Blocks)
	rest(d, append([]string{m[4]}, rested...), first+i, depth+1)
	marker := m[2]
	if strings.ContainsAny(marker, "-*+•") {
		marker = "•"
	}
	if len(d.out.Blocks) > before && d.out.Blocks[before].Kind == ingest.Paragraph {
		b := &d.out.Blocks[before]
		b.Kind, b.Marker, b.Level = ingest.ListItem, marker, 1
	}
	for k := before + 1; k < len(d.out.Blocks); k++ {
		if d.out.Blocks[k].Kind == ingest.ListItem {
			d.out.Blocks[k].Level = min(d.out.Blocks[k].Level+1, 6)
		}
	}
	return max(end, i+1)
}

// explicit reads what begins with "..": directives, targets, notes, comments.
func (d *doc) explicit(lines []string, i, first, depth int) int {
	end := body(lines, i+1, indent(lines[i]))
	inside := dedent(lines[i+1 : end])
	line := lines[i]
	if m := restTarget().FindStringSubmatch(line); m != nil {
		d.next = anchorOf(strings.Trim(m[1], "`"))
		return i + 1
	}
	if m := restNote().FindStringSubmatch(line); m != nil {
		d.add(ingest.Block{Kind: ingest.ListItem, Level: 1, Marker: strings.Trim(m[1], "#*") + ".", Text: d.inline(strings.Join(append([]string{m[2]}, inside...), " "))}, first+i, first+end)
		return max(end, i+1)
	}
	m := restDirective().FindStringSubmatch(line)
	if m == nil {
		return max(end, i+1) // a comment
	}
	options := map[string]string{}
	at := 0
	for at < len(inside) {
		o := restOption().FindStringSubmatch(inside[at])
		if o == nil {
			break
		}
		options[o[1]] = o[2]
		at++
	}
	d.directive(m[1], m[2], d.inline(m[3]), options, inside[at:], first+i, first+i+1+at, depth)
	return max(end, i+1)
}

// directive adds what a directive holds. from is its line, first that of its
// content.
func (d *doc) directive(name, kind, arg string, options map[string]string, inside []string, from, first, depth int) {
	end := first + len(inside)
	switch kind {
	case "replace":
		d.names[name] = oneLine(arg + " " + strings.Join(inside, " "))
	case "toctree", "contents", "include", "raw", "meta", "index", "highlight", "default-role", "role", "literalinclude", "sectnum", "only::", "currentmodule", "module", "tabularcolumns", "unicode", "header", "footer":
	case "image", "figure":
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: d.inline(options["alt"])}, from, first)
		rest(d, inside, first, depth+1)
	case "code", "code-block", "sourcecode", "parsed-literal", "highlights", "math", "productionlist", "graphviz", "mermaid":
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: verbatim(inside)}, from, end)
	case "csv-table":
		r := csv.NewReader(strings.NewReader(options["header"] + "\n" + strings.Join(inside, "\n")))
		r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = -1, true, true
		var rows [][]string
		for n := 0; n < maxCells; {
			row, err := r.Read()
			if err != nil {
				break
			}
			for k := range row {
				row[k] = d.inline(row[k])
			}
			n += len(row)
			rows = append(rows, row)
		}
		if len(rows) > 0 {
			heads := 0
			if options["header"] != "" || options["header-rows"] == "1" {
				heads = 1
			}
			d.addTable(table(rows, heads, arg), from, end)
		}
	case "list-table":
		d.listTable(inside, options, arg, from, end)
	case "table":
		before := len(d.out.Blocks)
		rest(d, inside, first, depth+1)
		if len(d.out.Blocks) > before && d.out.Blocks[before].Table != nil {
			d.out.Blocks[before].Table.Caption = arg
		}
	case "rubric", "topic", "sidebar", "admonition", "centered", "dropdown", "tab-item", "tab":
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: arg}, from, first)
		rest(d, inside, first, depth+1)
	default:
		// Notes and warnings, and whatever extensions call their boxes: their
		// first words may stand behind the name.
		if arg != "" && !strings.Contains(kind, ":") {
			inside = append([]string{arg}, inside...)
			first--
		}
		rest(d, inside, first, depth+1)
	}
}

// listTable reads a table that is written as a list of lists.
func (d *doc) listTable(inside []string, options map[string]string, caption string, from, end int) {
	var rows [][]string
	cells := 0
	for _, line := range inside {
		text := strings.TrimLeft(line, " ")
		switch {
		case text == "":
		case indent(line) == 0 && (strings.HasPrefix(text, "* -") || strings.HasPrefix(text, "- -") || strings.HasPrefix(text, "- *") || strings.HasPrefix(text, "* *")):
			rows = append(rows, []string{d.inline(text[3:])})
			cells++
		case len(rows) > 0 && (strings.HasPrefix(text, "- ") || text == "-" || strings.HasPrefix(text, "* ")) && indent(line) <= 3:
			rows[len(rows)-1] = append(rows[len(rows)-1], d.inline(text[1:]))
			cells++
		case len(rows) > 0:
			r := rows[len(rows)-1]
			r[len(r)-1] = strings.TrimSpace(r[len(r)-1] + " " + d.inline(text))
		}
		if cells > maxCells {
			break
		}
	}
	if len(rows) == 0 {
		return
	}
	heads := 0
	if options["header-rows"] == "1" {
		heads = 1
	}
	d.addTable(table(rows, heads, caption), from, end)
}

// simple reads a table whose columns stand under rows of "=".
func (d *doc) simple(lines []string, i, first int) int {
	var from []int
	for k := 0; k < len(lines[i]); {
		end := k
		for end < len(lines[i]) && lines[i][end] == '=' {
			end++
		}
		from = append(from, k)
		for k = end; k < len(lines[i]) && lines[i][k] == ' '; k++ {
		}
	}
	rules := 1
	var rows [][]string
	heads := 0
	end := i + 1
	for ; end < len(lines) && len(rows)*len(from) < maxCells; end++ {
		line := lines[end]
		if simpleRule().MatchString(line) {
			rules++
			blank := end+1 >= len(lines) || lines[end+1] == ""
			if rules == 2 && !blank {
				heads = len(rows)
				continue
			}
			end++
			break
		}
		if line == "" || strings.Trim(line, "- ") == "" {
			continue
		}
		row := make([]string, len(from))
		for c := range from {
			stop := len(line)
			if c+1 < len(from) {
				stop = from[c+1]
			}
			row[c] = d.inline(strings.TrimSpace(cutRunes(line, from[c], stop)))
		}
		if row[0] == "" && len(rows) > heads { // goes on from the row above
			above := rows[len(rows)-1]
			for c := range row {
				above[c] = strings.TrimSpace(above[c] + " " + row[c])
			}
			continue
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		d.addTable(table(rows, heads, ""), first+i, first+end)
	}
	return end
}

// cutRunes is the part of s from one column to another.
func cutRunes(s string, from, to int) string {
	r := []rune(s)
	return string(r[min(from, len(r)):min(max(from, to), len(r))])
}

// grid reads a table drawn with "+", "-" and "|". Cells that cover several
// columns repeat.
func (d *doc) grid(lines []string, i, first int) int {
	end := i
	for end < len(lines) && (strings.HasPrefix(lines[end], "+") || strings.HasPrefix(lines[end], "|")) {
		end++
	}
	var edges []int
	for k := range lines[i] {
		if lines[i][k] == '+' {
			edges = append(edges, k)
		}
	}
	var rows [][]string
	heads := 0
	cols := len(edges) - 1
	cur := make([]string, max(cols, 0))
	flush := func() {
		if strings.Join(cur, "") != "" {
			row := make([]string, cols)
			for c := range cur {
				row[c] = d.inline(cur[c])
			}
			rows = append(rows, row)
		}
		cur = make([]string, cols)
	}
	for _, line := range lines[i:end] {
		if strings.HasPrefix(line, "+") {
			flush()
			if strings.Contains(line, "=") && heads == 0 {
				heads = len(rows)
			}
			continue
		}
		if len(rows)*cols > maxCells {
			break
		}
		r := []rune(line)
		for c := 0; c < cols; {
			stop := c + 1
			for stop < cols && (edges[stop] >= len(r) || r[edges[stop]] != '|' && r[edges[stop]] != '+') {
				stop++ // the cell covers the next column, too
			}
			text := strings.Trim(cutRunes(line, edges[c]+1, edges[stop]), " |")
			for k := c; k < stop; k++ {
				cur[k] = strings.TrimSpace(cur[k] + " " + text)
			}
			c = stop
		}
	}
	flush()
	if len(rows) > 0 {
		d.addTable(table(rows, heads, ""), first+i, first+end)
	}
	return max(end, i+1)
}

var (
	restLiteral = pattern.Lazy("``([^`]+)``")
	restRole    = pattern.Lazy("(?::[\\w:+.-]+:)?`([^`]+)`(?:_{1,2}|:[\\w:+.-]+:)?")
	restLink    = pattern.Lazy(`^(.+?)\s*<[^<>]*>$`)
	restStrong  = pattern.Lazy(`\*\*([^*\s](?:[^*]*[^*\s])?)\*\*`)
	restEm      = pattern.Lazy(`(^|[\s("'\[{<-])\*([^*\s](?:[^*]*[^*\s])?)\*`)
	restRef     = pattern.Lazy(`\b([\pL\d][\pL\d.+-]*)_{1,2}(\W|$)`)
	restCite    = pattern.Lazy(`\s?\[(?:#[\w-]*|\*|\d+)\]_`)
	restSub     = pattern.Lazy(`\|([^|\s](?:[^|]*[^|\s])?)\|_{0,2}`)
)

// inline resolves the markup inside a text.
func (d *doc) inline(s string) string {
	if !strings.ContainsAny(s, "`*_|\\") {
		return strings.TrimSpace(s)
	}
	var literals []string
	s = restLiteral().ReplaceAllStringFunc(s, func(m string) string {
		literals = append(literals, m[2:len(m)-2])
		return "\x00"
	})
	s = restRole().ReplaceAllStringFunc(s, func(m string) string {
		text := restRole().FindStringSubmatch(m)[1]
		if l := restLink().FindStringSubmatch(text); l != nil {
			return l[1]
		}
		return strings.TrimPrefix(strings.TrimPrefix(text, "~"), "!")
	})
	s = restCite().ReplaceAllString(s, "")
	s = restStrong().ReplaceAllString(s, "$1")
	s = restEm().ReplaceAllString(s, "$1$2")
	s = restRef().ReplaceAllString(s, "$1$2")
	s = restSub().ReplaceAllStringFunc(s, func(m string) string {
		if text, ok := d.names[strings.Trim(m, "|_")]; ok {
			return text
		}
		return m
	})
	s = strings.ReplaceAll(s, `\ `, "")
	s = strings.ReplaceAll(s, `\`, "")
	var b strings.Builder
	for _, r := range s {
		if r == 0 && len(literals) > 0 {
			b.WriteString(literals[0])
			literals = literals[1:]
			continue
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
