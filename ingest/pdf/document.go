package pdf

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// wordID is a word of a document: where it was painted on which page.
type wordID struct {
	page int
	seq  int32
}

// furniture finds what repeats on the pages of a document: running headers,
// footers and page numbers.
func furniture(pages []*page) map[wordID]bool {
	type place struct {
		text string // digits as "#"
		top  bool
	}
	type hit struct {
		y    float64
		text string
		page int
	}
	hits := map[place][]hit{}
	for i, p := range pages {
		for _, top := range []bool{true, false} {
			for _, l := range p.edge(top) {
				text := l.text()
				key := place{digits().ReplaceAllString(text, "#"), top}
				hits[key] = append(hits[key], hit{p.fromEdge(l, top), text, i})
			}
		}
	}
	// Running headers change with the chapter: what counts is that most pages
	// have one at this height that others have, too.
	running := func(y float64, top bool) bool {
		on := map[int]bool{}
		for key, same := range hits {
			if key.top != top || len(same) < 2 {
				continue
			}
			for _, h := range same {
				if math.Abs(h.y-y) <= 4 {
					on[h.page] = true
				}
			}
		}
		return len(on) > 4 && len(on)*10 >= len(pages)*7
	}
	heights := map[bool]map[float64]bool{true: {}, false: {}}
	isRunning := func(y float64, top bool) bool {
		y = math.Round(y)
		found, ok := heights[top][y]
		if !ok {
			found = running(y, top)
			heights[top][y] = found
		}
		return found
	}
	// A header stands on each of thousands of pages: it is judged once.
	type spot struct {
		place
		y float64
	}
	known := map[spot]bool{}
	repeats := func(p *page, l *line, top bool) (result bool) {
		text, y := l.text(), p.fromEdge(l, top)
		at := spot{place{digits().ReplaceAllString(text, "#"), top}, y}
		if result, ok := known[at]; ok {
			return result
		}
		on := map[int]bool{}
		identical := map[int]bool{}
		defer func() {
			if len(on) >= 3 { // then it does not depend on the numbers
				known[at] = result
			}
		}()
		for _, h := range hits[at.place] {
			if math.Abs(h.y-y) <= 4 {
				on[h.page] = true
				if h.text == text || numbersPage(h.text, pages[h.page].number) && numbersPage(text, p.number) {
					identical[h.page] = true
				}
			}
		}
		if len(on) < 3 {
			return len(identical) == 2 && len(pages) <= 4 || len(identical) == 2 && isRunning(y, top)
		}
		return len(on)*2 >= len(pages)-1 || isRunning(y, top)
	}
	drop := map[wordID]bool{}
	for _, p := range pages {
		for _, top := range []bool{true, false} {
			for _, l := range p.edge(top) { // from the edge inwards: body text ends it
				if !repeats(p, l, top) {
					break
				}
				for _, w := range l.words {
					drop[wordID{p.number, w.seq}] = true
				}
			}
		}
	}
	return drop
}

var digits = pattern.Lazy(`\d+`)

// numbersPage reports whether one of the numbers in text is the page's.
func numbersPage(text string, number int) bool {
	return slices.Contains(digits().FindAllString(text, -1), strconv.Itoa(number))
}

const (
	margin    = 0.15 // of the page's height, where headers and footers stand
	edgeLines = 6
)

// edge is the lines in the margin at the top or the bottom, from the edge
// inwards, without those of a table.
func (p *page) edge(top bool) []*line {
	if p.angle != 0 {
		return nil
	}
	var words []packed
	for i := range p.packed {
		if base := float64(p.packed[i].base); top && p.height-base < margin*p.height || !top && base < margin*p.height {
			words = append(words, p.packed[i])
		}
	}
	all := lines(unpack(words))
	if !top {
		slices.Reverse(all)
	}
	for i, l := range all {
		if i == edgeLines || p.inFrame(l) || i+1 < len(all) && tabular(l, nil) && tabular(all[i+1], nil) &&
			math.Abs(l.base-all[i+1].base) < 2*l.size {
			return all[:i]
		}
	}
	return all
}

func (p *page) inFrame(l *line) bool {
	y := (l.y0 + l.y1) / 2
	for _, d := range p.down {
		if d.y0 <= y && d.y1 >= y {
			return true
		}
	}
	return false
}

func (p *page) fromEdge(l *line, top bool) float64 {
	if top {
		return p.height - l.base
	}
	return l.base
}

// bodySize is the size of most characters of a document.
func bodySize(pages []*page) float64 {
	weight := map[float64]int{}
	for _, p := range pages {
		for _, w := range p.packed {
			weight[math.Round(float64(w.size)*2)/2] += len(w.text)
		}
	}
	best, most := 0.0, 0
	for size, n := range weight {
		if n > most || n == most && size < best {
			best, most = size, n
		}
	}
	return best
}

const (
	headingSize  = 1.12 // of the body's, at least
	headingLines = 4
	headingText  = 200
	boldText     = 110 // of a heading that is only bold
)

// style is how a heading looks.
type style struct {
	size float64
	bold bool
}

// setHeadings tells headings from paragraphs by size and weight, and ranks
// their looks from level 1 to 6.
//
// What the file's outline names is a heading, too; where the outline names the
// most of them, their levels are those of the outline.
func setHeadings(blocks []block, body float64, outline map[string]int) {
	bold, total := 0, 0
	for _, b := range blocks {
		if total += len(b.text); b.bold {
			bold += len(b.text)
		}
	}
	looks := map[style]bool{}
	is := make([]bool, len(blocks))
	for i, b := range blocks {
		next := ingest.BlockKind("")
		if i+1 < len(blocks) {
			next = blocks[i+1].kind
		}
		is[i] = b.heading(body, bold*2 < total && next != "")
	}
	for i := 0; i < len(blocks); { // lines in bold one after the other are an address or a warning
		end := i
		for end < len(blocks) && is[end] && blocks[end].look() == blocks[i].look() && blocks[end].size < headingSize*body {
			end++
		}
		if end-i > 2 {
			for j := i; j < end; j++ {
				is[j] = false
			}
		}
		i = max(end, i+1)
	}
	if len(is) > 2 && is[0] && is[1] && isSubtitle(blocks) {
		is[1] = false
	}
	depths := outlined(blocks, outline)
	for i := range depths {
		is[i] = true
	}
	for i, b := range blocks {
		if is[i] {
			looks[b.look()] = true
		}
	}
	ranked := make([]style, 0, len(looks))
	for s := range looks {
		ranked = append(ranked, s)
	}
	slices.SortFunc(ranked, func(a, b style) int {
		if a.bold != b.bold && a.size == b.size {
			if a.bold {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.size, a.size)
	})
	levels := levelsOf(blocks, is, depths, ranked)
	for i := range blocks {
		if b := &blocks[i]; is[i] {
			if b.kind == ingest.ListItem { // "1." belongs to the heading
				b.text, b.marker = b.marker+" "+b.text, ""
			}
			b.kind, b.level = ingest.Heading, min(levels[i], 6)
		}
	}
}

// isSubtitle reports whether the second block is the line below the title:
// centred like it, smaller, and like nothing else. As a heading it would stand
// over the whole document and push the real ones a level down.
func isSubtitle(blocks []block) bool {
	title, sub := blocks[0], blocks[1]
	if sub.page != title.page || sub.size >= title.size || math.Abs((title.x0+title.x1)-(sub.x0+sub.x1)) > sub.size {
		return false
	}
	left := math.Inf(1)
	for _, b := range blocks[2:] {
		if left = min(left, b.x0); b.look() == sub.look() {
			return false
		}
	}
	return title.x0 > left+sub.size && sub.x0 > left+1
}

func (b block) look() style { return style{math.Round(b.size*2) / 2, b.bold} }

// heading reports whether a block looks like one.
func (b block) heading(body float64, boldCounts bool) bool {
	n := utf8.RuneCountInString(b.text)
	if b.turned || b.kind != ingest.Paragraph && b.kind != ingest.ListItem || b.lines > headingLines || n > headingText ||
		!strings.ContainsFunc(b.text, unicode.IsLetter) || isBullet(b.marker) {
		return false
	}
	if b.size >= headingSize*body {
		return true
	}
	ends := strings.HasSuffix(b.text, ".") || strings.HasSuffix(b.text, ",") || strings.HasSuffix(b.text, ";") || strings.HasSuffix(b.text, ":")
	return b.bold && boldCounts && n <= boldText && !ends && b.lines <= 2 && b.size >= 0.97*body && b.marker == ""
}

// assemble joins what goes on over a page's end, past the footnotes there.
func assemble(pages [][]block, h *hyphens, body float64) []block {
	var all []block
	for _, blocks := range pages {
		last := len(all) - 1
		for last >= 0 && all[last].isFootnote(body) {
			last--
		}
		if last >= 0 && len(blocks) > 0 && all[last].goOn(&blocks[0], h) {
			blocks = blocks[1:]
		}
		all = append(all, blocks...)
	}
	return all
}

// isFootnote reports whether a block is small print behind a raised mark.
func (b *block) isFootnote(body float64) bool {
	first, _ := utf8.DecodeRuneInString(b.marker + b.text)
	return b.table == nil && b.size < 0.95*body && strings.ContainsRune("⁰¹²³⁴⁵⁶⁷⁸⁹*†‡", first)
}

// goOn adds next, the first block of the following page, when it is the rest
// of b.
func (b *block) goOn(next *block, h *hyphens) bool {
	if b.turned || next.turned {
		return false
	}
	if b.table != nil && next.table != nil && b.page < next.page {
		return b.joinTable(next, h)
	}
	if b.table != nil || next.table != nil || next.kind != ingest.Paragraph || b.kind == ingest.Heading ||
		math.Abs(b.size-next.size) > 0.05*b.size || b.bold != next.bold {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(b.text)
	hyphen := last == '-' || last == '\u00AD'
	if !startsLower(next.text) || strings.ContainsRune(".!?:;", last) || !hyphen && !unicode.IsLetter(last) && !unicode.IsDigit(last) && last != ',' {
		return false
	}
	b.text = h.join(b.text, next.text)
	if b.end = next.page; next.page == b.page {
		b.rect = b.union(next.rect)
	}
	return true
}

// joinTable adds the rows of a table that goes on over the page's end, without
// the header that is repeated.
func (b *block) joinTable(next *block, h *hyphens) bool {
	t, more := b.table, next.table
	if len(t.columns) != len(more.columns) || more.caption != "" {
		return false
	}
	for i := range t.columns {
		if math.Abs(t.columns[i]-more.columns[i]) > 6 {
			return false
		}
	}
	rows := more.rows
	repeated := t.header > 0 && len(rows) > t.header
	for i := 0; repeated && i < t.header; i++ {
		repeated = t.rows[i].same(rows[i])
	}
	switch {
	case repeated:
		rows = rows[t.header:]
	case more.header > 0 && t.header > 0 && more.rows[0].bold():
		return false // a table of its own
	}
	if len(rows) > 0 && rows[0].cells[0].text == "" && startsLower(rows[0].firstText()) {
		last := &t.rows[len(t.rows)-1] // a row that is split
		for i := range last.cells {
			last.cells[i].text = h.join(last.cells[i].text, rows[0].cells[i].text)
		}
		last.end = next.page
		rows = rows[1:]
	}
	t.rows = append(t.rows, rows...)
	b.end = next.page
	return true
}

func (r tableRow) firstText() string {
	for _, c := range r.cells {
		if c.text != "" {
			return c.text
		}
	}
	return ""
}

// export is a block for the outside.
func (b block) export() ingest.Block {
	out := ingest.Block{Kind: b.kind, Level: b.level, Marker: b.marker, Text: b.text, Locator: locator(b.page, b.end, b.rect)}
	if b.table != nil {
		out.Table = b.table.export()
	}
	return out
}

func locator(page, end int, r rect) index.Locator {
	l := index.Locator{Page: page}
	if end > page {
		l.PageEnd = end
	}
	for i, v := range []float64{r.x0, r.y0, r.x1, r.y1} {
		l.Box[i] = math.Round(v*100) / 100
	}
	return l
}

func (t *table) export() *ingest.Table {
	out := &ingest.Table{Caption: t.caption}
	if t.header > 0 {
		out.Header = make([]string, len(t.columns))
		for c := range t.columns {
			var levels []string
			for _, r := range t.rows[:t.header] {
				if text := r.cells[c].text; text != "" && !slices.Contains(levels, text) {
					levels = append(levels, text)
				}
			}
			out.Header[c] = strings.Join(levels, " / ")
		}
	}
	group := ""
	for _, r := range t.rows[t.header:] {
		if name, ok := r.group(); ok {
			group = name
			continue
		}
		row := ingest.Row{Group: group, Locator: locator(r.page, r.end, r.rect)}
		for _, c := range r.cells {
			row.Cells = append(row.Cells, c.text)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// group is the text of a row that is one merged cell: the name of the rows
// below it.
func (r tableRow) group() (string, bool) {
	if len(r.cells) < 2 || r.cells[0].text == "" || r.cells[0].merged {
		return "", false
	}
	for _, c := range r.cells[1:] {
		if !c.merged || c.text != r.cells[0].text {
			return "", false
		}
	}
	return r.cells[0].text, true
}

// title is the document's title: the file's own unless it is a file name, or
// the first heading of the highest rank.
func title(info string, blocks []block) string {
	info = strings.Join(strings.Fields(info), " ")
	info = strings.TrimSpace(strings.TrimPrefix(info, "Microsoft Word - "))
	lower := strings.ToLower(info)
	useless := lower == "untitled" || lower == "title" || lower == "(anonymous)" || strings.HasPrefix(lower, "untitled-") || strings.Contains(info, "\uFFFD")
	for _, ending := range []string{".doc", ".docx", ".odt", ".rtf", ".indd", ".dvi", ".tex", ".pdf", ".xls", ".xlsx", ".ppt", ".pptx"} {
		useless = useless || strings.HasSuffix(lower, ending)
	}
	if info != "" && !useless {
		return info
	}
	best := block{level: 7}
	for _, b := range blocks {
		if b.kind == ingest.Heading && b.level < best.level {
			best = b
		}
	}
	return best.text
}

// warnings is what a person should know of pages that are not all there.
func warnings(f *file, pages []*page) []string {
	var out []string
	glyphs, unreadable := 0, 0
	for _, p := range pages {
		glyphs, unreadable = glyphs+p.glyphs, unreadable+p.unreadable
		if p.problem != "" {
			out = append(out, fmt.Sprintf("page %d: %s", p.number, p.problem))
		}
	}
	var hidden []int
	for _, p := range pages {
		if p.hidden > 0 {
			hidden = append(hidden, p.number)
		}
	}
	if len(hidden) > 0 {
		out = append(out, "hidden text was left out on "+ingest.PageList(hidden))
	}
	if unreadable*20 > glyphs {
		out = append(out, fmt.Sprintf("%d of %d characters have no text in the file: it needs OCR", unreadable, glyphs))
	}
	if f.entries <= 0 {
		out = append(out, fmt.Sprintf("its fonts have tables of more than %d entries, the rest is left out: text may be wrong", maxEntries))
	}
	if n := f.broken(); n > 0 {
		out = append(out, fmt.Sprintf("damaged: %d objects could not be read", n))
	}
	return out
}

// count is the number of words on a page.
func (p *page) count() int {
	n := len(p.packed)
	for _, t := range p.turned {
		n += len(t.packed)
	}
	return n
}
