package markup

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

var (
	adocTitle     = pattern.Lazy(`^(={1,6}|#{1,6}) +(\S.*)$`)
	adocAttribute = pattern.Lazy(`^:(!?[\w-]+!?):(?: +(.*))?$`)
	adocAnchor    = pattern.Lazy(`^\[\[([^\],]+)(?:,[^\]]*)?\]\]$`)
	adocBlockID   = pattern.Lazy(`#([\w-]+)`)
	adocList      = pattern.Lazy(`^ *(\*{1,5}|-|\.{1,5}|\d{1,3}\.|[a-zA-Z]\.|<(?:\d{1,2}|\.)>) +(?:\[[ x*]\] +)?(\S.*)$`)
	adocTerm      = pattern.Lazy(`^ *(\S.*?)(:{2,4}|;;)(?: +(\S.*))?$`)
	adocNote      = pattern.Lazy(`^(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION): +(\S.*)$`)
	adocDirective = pattern.Lazy(`^(?:ifdef|ifndef|ifeval|endif|include|toc|tag|end)::.*\]$`)
	adocImage     = pattern.Lazy(`^(?:image|video|audio)::[^\[]*\[([^\]]*)\]$`)
	adocCell      = pattern.Lazy(`(?:^|\s)((?:\d+|\d*\.\d+)?[+*]?[<^>]{0,2}(?:\.[<^>])?[adehlmsv]?)\|`)
)

// fences are the lines around blocks, by what is done with what they hold.
var fences = map[string]string{
	"----": "code", "....": "code", "```": "code", "====": "blocks", "****": "blocks", "____": "blocks", "--": "blocks", "++++": "skip", "////": "skip", "~~~~": "blocks",
}

// fenceOf is the kind of block that a line opens, "" for none. Fences may be
// longer than four signs.
func fenceOf(line string) string {
	if strings.HasPrefix(line, "```") {
		return fences["```"]
	}
	if kind, ok := fences[line]; ok {
		return kind
	}
	if len(line) > 4 && strings.Trim(line, line[:1]) == "" {
		return fences[line[:4]]
	}
	return ""
}

// adoc reads the lines of AsciiDoc; first is the number of the first.
func adoc(d *doc, lines []string, first, depth int) {
	if depth > maxDepth {
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: verbatim(lines)}, first, first+len(lines))
		return
	}
	header := depth == 0
	caption := ""
	options := ""
	for i := 0; i < len(lines) && !d.done(); {
		line := lines[i]
		titled := adocTitle().FindStringSubmatch(line)
		switch {
		case line == "":
			header = false
			options = ""
			i++
		case strings.HasPrefix(line, "//") && fenceOf(line) == "", adocDirective().MatchString(line):
			i++
		case adocAttribute().MatchString(line):
			m := adocAttribute().FindStringSubmatch(line)
			d.attribute(m[1], m[2])
			i++
		case titled != nil && (depth == 0 || strings.Contains(options, "discrete")):
			i = d.adocSection(lines, i, first, titled)
			header = header && len(titled[1]) == 1
			if header {
				// Author and revision stand right under the document's title.
				for i < len(lines) && lines[i] != "" && !adocAttribute().MatchString(lines[i]) && !strings.HasPrefix(lines[i], "//") {
					i++
				}
			}
		case adocAnchor().MatchString(line):
			d.next = adocAnchor().FindStringSubmatch(line)[1]
			i++
		case line[0] == '[' && strings.HasSuffix(line, "]") && !strings.Contains(line, "]["):
			options = line
			if m := adocBlockID().FindStringSubmatch(line); m != nil {
				d.next = m[1]
			}
			i++
		case line[0] == '.' && len(line) > 1 && line[1] != '.' && line[1] != ' ':
			caption = d.adocInline(line[1:])
			i++
		case strings.HasPrefix(line, "|===") || strings.HasPrefix(line, ",===") || line == "!===":
			i = d.adocTable(lines, i, first, options, caption)
			caption, options = "", ""
		case fenceOf(line) != "":
			i = d.fenced(lines, i, first, depth, caption)
			caption, options = "", ""
		case line == "+" || line == "'''" || line == "---" || line == "***" || line == "<<<":
			i++
		case adocImage().MatchString(line):
			alt, _, _ := strings.Cut(adocImage().FindStringSubmatch(line)[1], ",")
			text := strings.Trim(alt, `"`)
			if caption != "" && caption != text {
				text = strings.TrimSpace(caption + "\n" + text)
			}
			d.add(ingest.Block{Kind: ingest.Paragraph, Text: text}, first+i, first+i+1)
			caption = ""
			i++
		default:
			if caption != "" {
				d.add(ingest.Block{Kind: ingest.Paragraph, Text: caption}, first+i-1, first+i)
				caption = ""
			}
			i = d.adocText(lines, i, first, depth)
		}
	}
}

func (d *doc) attribute(name, value string) {
	switch {
	case strings.Contains(name, "!"):
		delete(d.names, strings.Trim(name, "!"))
		return
	case name == "lang":
		d.out.Language = value
	case name == "doctitle" && d.out.Title == "":
		d.out.Title = value
	}
	d.names[name] = d.adocInline(value)
}

func (d *doc) adocSection(lines []string, i, first int, titled []string) int {
	text := d.adocInline(strings.TrimRight(strings.TrimSuffix(titled[2], titled[1]), " "))
	if d.next == "" {
		d.next = "_" + strings.ReplaceAll(anchorOf(text), "-", "_")
	}
	d.add(ingest.Block{Kind: ingest.Heading, Level: len(titled[1]), Text: text}, first+i, first+i+1)
	if len(titled[1]) == 1 && d.out.Title == "" {
		d.out.Title = text
	}
	return min(i+1, len(lines))
}

// fenced reads a block between two lines that are alike.
func (d *doc) fenced(lines []string, i, first, depth int, caption string) int {
	fence := lines[i]
	if strings.HasPrefix(fence, "```") {
		fence = "```"
	}
	end := i + 1
	for end < len(lines) && lines[end] != fence {
		end++
	}
	inside := lines[i+1 : end]
	kind := fenceOf(lines[i])
	if kind != "skip" && caption != "" {
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: caption}, first+i-1, first+i)
	}
	switch kind {
	case "code":
		text := verbatim(inside)
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: callout().ReplaceAllString(text, "")}, first+i, first+min(end+1, len(lines)))
	case "blocks":
		adoc(d, inside, first+i+1, depth+1)
	}
	return min(end+1, len(lines))
}

var callout = pattern.Lazy(`(?m)[ \t]*(?://|#|;;)?[ \t]*<\d{1,2}>[ \t]*$`)

// adocText reads a paragraph, a list item or a term with its meaning.
func (d *doc) adocText(lines []string, i, first, depth int) int {
	line := lines[i]
	if m := adocList().FindStringSubmatch(line); m != nil {
		level, marker := 1, m[1]
		switch {
		case strings.Trim(marker, "*") == "":
			level, marker = len(marker), "•"
		case marker == "-":
			marker = "•"
		case strings.Trim(marker, ".") == "":
			level = len(marker)
			marker = strconv.Itoa(d.count(level)) + "."
		case strings.HasPrefix(marker, "<"):
			marker = strings.Trim(marker, "<>") + "."
		}
		end, text := d.wrapped(lines, i+1, m[2])
		at := len(d.out.Blocks)
		d.add(ingest.Block{Kind: ingest.ListItem, Level: min(level, 6), Marker: marker, Text: text}, first+i, first+end)
		return d.continued(lines, end, first, depth, at)
	}
	if m := adocTerm().FindStringSubmatch(line); m != nil && !strings.Contains(m[1], "://") {
		term := d.adocInline(m[1])
		at := i + 1
		text := m[3]
		if text == "" {
			for at < len(lines) && lines[at] == "" {
				at++
			}
			if at < len(lines) && adocList().FindString(lines[at]) == "" && adocTerm().FindString(lines[at]) == "" && fenceOf(lines[at]) == "" && adocTitle().FindString(lines[at]) == "" && lines[at] != "+" {
				text = strings.TrimSpace(lines[at])
				at++
			}
		}
		end, text := d.wrapped(lines, at, text)
		place := len(d.out.Blocks)
		if strings.HasSuffix(term, "?") {
			d.add(ingest.Block{Kind: ingest.Heading, Level: 6, Text: term}, first+i, first+i+1)
			place++
			d.add(ingest.Block{Kind: ingest.Paragraph, Text: text}, first+i, first+end)
		} else {
			d.add(ingest.Block{Kind: ingest.ListItem, Level: 1, Text: strings.TrimSuffix(term+": "+text, ": ")}, first+i, first+end)
		}
		return d.continued(lines, end, first, depth, place)
	}
	if line[0] == ' ' {
		end := i
		for end < len(lines) && strings.HasPrefix(lines[end], " ") {
			end++
		}
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: verbatim(lines[i:end])}, first+i, first+end)
		return end
	}
	if m := adocNote().FindStringSubmatch(line); m != nil {
		line = m[1]
	}
	end, text := d.wrapped(lines, i+1, line)
	d.add(ingest.Block{Kind: ingest.Paragraph, Text: text}, first+i, first+end)
	return end
}

// count numbers the items of a list by the items right before.
func (d *doc) count(level int) int {
	for _, b := range slices.Backward(d.out.Blocks) {
		if b.Kind != ingest.ListItem || b.Level < level {
			break
		}
		if b.Level == level {
			n, err := strconv.Atoi(strings.TrimSuffix(b.Marker, "."))
			if err != nil {
				break
			}
			return n + 1
		}
	}
	return 1
}

// wrapped joins the lines of a paragraph from at on to its first.
func (d *doc) wrapped(lines []string, at int, text string) (end int, joined string) {
	var b strings.Builder
	add := func(line string) {
		if rest, ok := strings.CutSuffix(line, " +"); ok {
			b.WriteString(strings.TrimSpace(rest) + "\n")
			return
		}
		b.WriteString(strings.TrimSpace(line) + " ")
	}
	add(text)
	for at < len(lines) {
		l := lines[at]
		if l == "" || l == "+" || fenceOf(l) != "" || adocList().MatchString(l) || strings.HasPrefix(l, "|===") || l[0] == '[' && strings.HasSuffix(l, "]") || strings.HasPrefix(l, "//") || adocDirective().MatchString(l) || adocTerm().MatchString(l) && !strings.Contains(l, "://") {
			break
		}
		add(l)
		at++
	}
	return at, d.adocInline(b.String())
}

// continued reads what a "+" ties to the item at a place of the blocks.
func (d *doc) continued(lines []string, at, first, depth, item int) int {
	for at+1 < len(lines) && lines[at] == "+" {
		from := at + 1
		end := from
		if fenceOf(lines[from]) != "" || strings.HasPrefix(lines[from], "[") || strings.HasPrefix(lines[from], ".") {
			for end < len(lines) && lines[end] != "" && fenceOf(lines[end]) == "" {
				end++
			}
			if end < len(lines) && fenceOf(lines[end]) != "" {
				fence := lines[end]
				for end++; end < len(lines) && lines[end] != fence; end++ {
				}
				end = min(end+1, len(lines))
			}
			adoc(d, lines[from:end], first+from, depth+1)
		} else {
			text := ""
			end, text = d.wrapped(lines, from+1, lines[from])
			if m := adocNote().FindStringSubmatch(text); m != nil {
				text = m[1]
			}
			if item < len(d.out.Blocks) {
				b := &d.out.Blocks[item]
				b.Text += "\n" + text
				b.Locator.LineEnd = max(b.Locator.LineEnd, first+end)
			}
		}
		at = max(end, from+1)
	}
	return at
}

// adocTable reads a table between two lines of "|===".
func (d *doc) adocTable(lines []string, i, first int, options, caption string) int {
	end := i + 1
	for end < len(lines) && lines[end] != lines[i] {
		end++
	}
	columns := columnsOf(options)
	var cells []string
	heads := 0
	if strings.Contains(options, "header") {
		heads = 1
	}
	for k := i + 1; k < end && len(cells) < maxCells; k++ {
		line := lines[k]
		if strings.HasPrefix(line, "//") {
			continue
		}
		places := adocCell().FindAllStringSubmatchIndex(line, -1)
		if len(places) == 0 {
			if line != "" && len(cells) > 0 {
				cells[len(cells)-1] = strings.TrimSpace(cells[len(cells)-1] + " " + line)
			}
			if line == "" && columns > 0 && len(cells) == columns && heads == 0 && k > i+1 && k == i+2 {
				heads = 1
			}
			continue
		}
		if text := strings.TrimSpace(line[:places[0][0]]); text != "" && len(cells) > 0 {
			cells[len(cells)-1] += " " + text
		}
		before := len(cells)
		for n, p := range places {
			stop := len(line)
			if n+1 < len(places) {
				stop = places[n+1][0]
			}
			text := strings.TrimSpace(line[p[1]:stop])
			for range repeats(line[p[2]:p[3]]) {
				cells = append(cells, text)
			}
		}
		if columns == 0 && before == 0 {
			columns = len(cells)
			if k+1 < end && lines[k+1] == "" && heads == 0 {
				heads = 1
			}
		}
	}
	if columns > 0 {
		var rows [][]string
		for at := 0; at < len(cells); at += columns {
			row := make([]string, columns)
			for c := range row {
				if at+c < len(cells) {
					row[c] = d.adocInline(cells[at+c])
				}
			}
			rows = append(rows, row)
		}
		if len(rows) > 0 {
			d.addTable(table(rows, heads, caption), first+i, first+min(end+1, len(lines)))
		}
	}
	return min(end+1, len(lines))
}

// repeats is how many columns a cell covers: "2+" or "3*".
func repeats(spec string) int {
	n := strings.TrimLeftFunc(spec, unicode.IsSpace)
	at := strings.IndexAny(n, "+*")
	if at <= 0 {
		return 1
	}
	n, _, _ = strings.Cut(n[:at], ".")
	v, err := strconv.Atoi(n)
	if err != nil || v < 1 {
		return 1
	}
	return min(v, 100)
}

var adocCols = pattern.Lazy(`cols="?([^"\]]+)"?`)

// columnsOf is the number of columns that a table's options say, 0 for none.
func columnsOf(options string) int {
	m := adocCols().FindStringSubmatch(options)
	if m == nil {
		return 0
	}
	n := 0
	for c := range strings.SplitSeq(strings.TrimRight(m[1], ", "), ",") {
		n += repeats(c)
	}
	return min(n, 1000)
}

var (
	adocFootnote = pattern.Lazy(`footnote(?:ref)?:[\w-]*\[([^\]]*)\]`)
	adocXref     = pattern.Lazy(`<<([^>,]+)(?:,\s*([^>]+))?>>`)
	adocMacro    = pattern.Lazy(`\b(?:link|xref|mailto|image|icon|kbd|btn|pass|stem|latexmath|indexterm2|anchor):([^\s\[:]*)\[([^\]]*)\]`)
	adocMenu     = pattern.Lazy(`\bmenu:([^\[]+)\[([^\]]*)\]`)
	adocURL      = pattern.Lazy(`(https?://[^\s\[\]<>]+)\[([^\]]*)\]`)
	adocInlineID = pattern.Lazy(`\[\[[^\]]+\]\]|\(\(\([^)]*\)\)\)`)
	adocDouble   = pattern.Lazy("\\*\\*(.+?)\\*\\*|__(.+?)__|``(.+?)``|##(.+?)##|\\+\\+(.+?)\\+\\+")
	adocSingle   = pattern.Lazy("(^|[\\s(\"'>:;,./-])(?:\\[[^\\]]*\\])?(?:\\*(\\S|\\S.*?\\S)\\*|_(\\S|\\S.*?\\S)_|`(\\S|\\S.*?\\S)`|#(\\S|\\S.*?\\S)#|\\+(\\S|\\S.*?\\S)\\+)")
	adocName     = pattern.Lazy(`\{([\w-]+)\}`)
)

// signs are the attributes that every document has.
var signs = map[string]string{"nbsp": "\u00a0", "zwsp": "", "empty": "", "sp": " ", "plus": "+", "amp": "&", "lt": "<", "gt": ">", "apos": "'", "quot": `"`, "deg": "°", "startsb": "[", "endsb": "]", "vbar": "|", "asterisk": "*", "tilde": "~", "backtick": "`", "backslash": `\`, "two-colons": "::", "cpp": "C++"}

// adocInline resolves the markup inside a text.
func (d *doc) adocInline(s string) string {
	if strings.ContainsAny(s, "{") {
		s = adocName().ReplaceAllStringFunc(s, func(m string) string {
			if v, ok := d.names[m[1:len(m)-1]]; ok {
				return v
			}
			if v, ok := signs[m[1:len(m)-1]]; ok {
				return v
			}
			return m
		})
	}
	if strings.ContainsAny(s, "[<(") {
		s = adocFootnote().ReplaceAllString(s, " ($1)")
		s = adocMenu().ReplaceAllString(s, "$1 > $2")
		s = adocMacro().ReplaceAllStringFunc(s, func(m string) string {
			p := adocMacro().FindStringSubmatch(m)
			text, _, _ := strings.Cut(p[2], ",")
			if text = strings.Trim(text, `"^`); text != "" {
				return text
			}
			return p[1]
		})
		s = adocURL().ReplaceAllStringFunc(s, func(m string) string {
			p := adocURL().FindStringSubmatch(m)
			text, _, _ := strings.Cut(p[2], ",")
			if text = strings.Trim(text, `"^`); text != "" {
				return text
			}
			return p[1]
		})
		s = adocXref().ReplaceAllStringFunc(s, func(m string) string {
			p := adocXref().FindStringSubmatch(m)
			if p[2] != "" {
				return p[2]
			}
			return p[1]
		})
		s = adocInlineID().ReplaceAllString(s, "")
	}
	if strings.ContainsAny(s, "*_`#+") {
		s = adocDouble().ReplaceAllString(s, "$1$2$3$4$5")
		s = adocSingle().ReplaceAllString(s, "$1$2$3$4$5$6")
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = oneLine(l)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
