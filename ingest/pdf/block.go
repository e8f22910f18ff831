package pdf

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// block is a piece of a page on its way to an [ingest.Block].
type block struct {
	rect
	kind   ingest.BlockKind
	text   string
	marker string
	level  int
	size   float64
	bold   bool
	lines  int
	page   int
	end    int // page where it ends
	table  *table
	turned bool // text of another direction
}

// layout makes blocks of a page.
func (p *page) layout(h *hyphens, keep func(*word) bool) []block {
	shown := *p
	shown.words = nil
	for _, w := range p.words {
		if keep == nil || keep(w) {
			shown.words = append(shown.words, w)
		}
	}
	tables, words := ruledTables(&shown, h)
	for _, t := range tables {
		words = append(words, &word{rect: t.rect, base: t.y1, size: 10, seq: t.seq(), table: t})
	}
	var blocks []block
	for _, stream := range streams(words) {
		more := blocksOf(alignedTables(stream, &shown, h), h)
		if n := len(blocks); n > 0 && len(more) > 0 && blocks[n-1].goOn(&more[0], h) {
			more = more[1:] // a paragraph that goes on in the next column
		}
		blocks = append(blocks, more...)
	}
	for i := range blocks {
		blocks[i].rect = p.locate(blocks[i].rect, p.angle)
		if t := blocks[i].table; t != nil {
			for r := range t.rows {
				t.rows[r].rect, t.rows[r].page = p.locate(t.rows[r].rect, p.angle), p.number
			}
		}
	}
	for _, t := range p.turned {
		for _, b := range blocksOf(lines(t.words), h) {
			b.rect, b.turned = p.locate(b.rect, t.angle), true
			blocks = append(blocks, b)
		}
	}
	for i := range blocks {
		blocks[i].page = p.number
	}
	return blocks
}

// locate turns a rectangle of text that runs at an angle back to the page.
func (p *page) locate(r rect, angle int) rect {
	out := rect{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, c := range [][2]float64{{r.x0, r.y0}, {r.x0, r.y1}, {r.x1, r.y0}, {r.x1, r.y1}} {
		x, y := turn(c[0], c[1], angle)
		out = out.union(rect{x, y, x, y})
	}
	out.x0, out.y0 = max(out.x0, 0), max(out.y0, 0)
	out.x1, out.y1 = min(out.x1, p.width), min(out.y1, p.height)
	return out
}

// blocksOf makes blocks of lines in reading order.
func blocksOf(all []*line, h *hyphens) []block {
	var blocks []block
	pitch := linePitch(all)
	for i := 0; i < len(all); {
		if t := all[i].table; t != nil {
			b := block{rect: t.rect, kind: ingest.TableBody, table: t}
			if n := len(blocks); n > 0 && isCaption(blocks[n-1].text) && blocks[n-1].y0-t.y1 < 30 {
				t.caption = blocks[n-1].text
				b.rect = b.union(blocks[n-1].rect)
				blocks = blocks[:n-1]
			}
			blocks = append(blocks, b)
			i++
			continue
		}
		last := lastItem(blocks)
		end := i + 1
		for end < len(all) && !breaks(all[i:end], all[end], pitch, last) {
			end++
		}
		for _, group := range forcedBreaks(all[i:end]) {
			blocks = append(blocks, newBlock(group, h, last))
		}
		i = end
	}
	return blocks
}

func lastItem(blocks []block) string {
	for _, b := range slices.Backward(blocks) {
		if b.kind == ingest.ListItem {
			return b.marker
		}
		if b.size > 0 && b.kind != ingest.Paragraph {
			break
		}
	}
	return ""
}

// linePitch is the distance of the baselines in a paragraph, in em: the
// smallest that is frequent.
func linePitch(all []*line) float64 {
	counts := map[int]int{}
	total := 0
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if a.table != nil || b.table != nil || math.Abs(a.size-b.size) > 0.05*a.size || a.overlapX(b.rect) <= 0 {
			continue
		}
		if pitch := (a.base - b.base) / a.size; pitch > 0.9 && pitch < 2.4 {
			counts[int(math.Round(pitch*20))]++
			total++
		}
	}
	for pitch := 18; pitch <= 48; pitch++ {
		if counts[pitch]*5 >= total && counts[pitch] > 0 && (total >= 4 || pitch <= 30) {
			return float64(pitch) / 20
		}
	}
	return 1.25
}

const maxPitch = 0.22 // that a paragraph's lines may be further apart than usual, in em

// breaks reports whether line b begins a new block after group.
func breaks(group []*line, b *line, pitch float64, last string) bool {
	a := group[len(group)-1]
	if b.table != nil {
		return true
	}
	size := max(a.size, b.size)
	if min(a.size, b.size) < 0.92*size {
		return true
	}
	gap := a.base - b.base
	if gap > (pitch+maxPitch)*size || gap < 0.3*size {
		return true
	}
	if a.bold != b.bold && !startsLower(b.text()) {
		return true
	}
	if _, ok := b.item(previousMarker(group, last)); ok {
		return true
	}
	if a.overlapX(b.rect) <= 0 {
		return true
	}
	if centred(a, b) {
		return false
	}
	left := a.x0
	if _, ok := group[0].item(last); ok && len(group) == 1 {
		// The second line of an item begins below its text.
		return b.x0 < group[0].x0-0.5*size || b.x0 > textStart(group[0])+1.5*size
	}
	if len(group) == 1 {
		return b.x0 > left+0.7*size || b.x0 < left-4*size // the first line may be indented
	}
	return math.Abs(b.x0-left) > 0.7*size
}

func previousMarker(group []*line, last string) string {
	if m, ok := group[0].item(last); ok {
		return m
	}
	return last
}

func textStart(l *line) float64 {
	if len(l.words) > 1 {
		return l.words[1].x0
	}
	return l.x0
}

func centred(a, b *line) bool {
	return math.Abs((a.x0+a.x1)-(b.x0+b.x1)) < 1.2*a.size && math.Abs(a.x0-b.x0) > 0.7*a.size
}

func startsLower(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLower(r)
}

// forcedBreaks parts lines where the first word of the next line would have
// fitted on the line: somebody wanted a new line there.
func forcedBreaks(group []*line) [][]*line {
	right := group[0].x1
	for _, l := range group {
		right = max(right, l.x1)
	}
	var out [][]*line
	start := 0
	for i := 1; i < len(group); i++ {
		a, b := group[i-1], group[i]
		room := right - a.x1 - b.words[0].width() - 0.3*b.size
		if room > 0.8*b.size && !centred(a, b) && !strings.HasSuffix(a.text(), "-") {
			out = append(out, group[start:i])
			start = i
		}
	}
	return append(out, group[start:])
}

func newBlock(group []*line, h *hyphens, last string) block {
	b := block{kind: ingest.Paragraph, rect: group[0].rect, size: group[0].size, bold: true, lines: len(group)}
	weight := map[float64]int{}
	for i, l := range group {
		b.rect = b.union(l.rect)
		b.bold = b.bold && l.bold
		text := l.text()
		if weight[l.size] += len(text); weight[l.size] > weight[b.size] {
			b.size = l.size
		}
		if i == 0 {
			if m, ok := l.item(last); ok {
				b.kind, b.marker = ingest.ListItem, m
				text = joinWords(l.words[1:])
			}
		}
		b.text = h.join(b.text, text)
	}
	if b.kind == ingest.ListItem && b.marker != "" && isBullet(b.marker) {
		b.marker = "•"
	}
	return b
}

var (
	numberMarker = pattern.Lazy(`^(?:\(?(\d{1,3})[.)]|\.\d{1,2}|\(?([a-zA-Z])[.)]|\(?([ivx]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+[.)])$`)
	caption      = pattern.Lazy(`^(?i:table|tabell|tabel|tabelle|taulukko)\s+[\dA-Z][\d.]*\b`)
)

func isCaption(text string) bool { return len(text) < 200 && caption().MatchString(text) }

const bullets = "•◦▪‣●○■□◆◇►▸➢➤➔→✓✔❖❑❍◻*·–—-\u2043\u2212"

func isBullet(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	if size != len(word) {
		return false
	}
	return strings.ContainsRune(bullets, r) || r == 'o' || unicode.Is(unicode.Co, r)
}

// markerGap is how much white follows the marker of an item, in em; a space in
// running text is less.
const markerGap = 0.5

// item is the marker of a line that begins a list item. "22. mai 2025" begins
// many a line too, so that a number counts only with white space behind it as
// a list has it, or as the one that is next after last.
func (l *line) item(last string) (string, bool) {
	if l.table != nil || len(l.words) < 2 {
		return "", false
	}
	m := l.words[0].text
	wide := l.words[1].x0-l.words[0].x1 > markerGap*l.size
	if isBullet(m) {
		plain := strings.ContainsAny(m, "*-o") || m == "–" || m == "—" || m == "\u2212"
		if !plain || wide {
			return m, true
		}
		return m, m != "o" && (last == "" || isBullet(last)) && m != "—"
	}
	found := numberMarker().FindStringSubmatch(m)
	if found == nil {
		return "", false
	}
	return m, wide || follows(found, last)
}

// follows reports whether a marker is the first of its kind or the next after
// the one before.
func follows(found []string, last string) bool {
	before := numberMarker().FindStringSubmatch(last)
	switch {
	case found[1] != "":
		n, _ := strconv.Atoi(found[1])
		if before == nil || before[1] == "" {
			return n == 1
		}
		b, _ := strconv.Atoi(before[1])
		return n == b+1 || n == 1
	case found[2] != "":
		c := found[2][0]
		return c == 'a' || before != nil && before[2] != "" && before[2][0]+1 == c
	}
	return false
}

// setLevels gives list items their depth, by how far their markers stand in.
func setLevels(blocks []block) {
	var stack []float64
	for i := range blocks {
		b := &blocks[i]
		if b.kind != ingest.ListItem {
			if len(stack) > 0 && b.x0 < stack[0]+2 {
				stack = nil
			}
			continue
		}
		for len(stack) > 0 && b.x0 < stack[len(stack)-1]-2 {
			stack = stack[:len(stack)-1]
		}
		if len(stack) == 0 || b.x0 > stack[len(stack)-1]+4 {
			stack = append(stack, b.x0)
		}
		b.level = len(stack)
	}
}

// plain is a block as text.
func (b block) plain() string {
	switch b.kind {
	case ingest.ListItem:
		return b.marker + " " + b.text
	case ingest.TableBody:
		var out strings.Builder
		if b.table.caption != "" {
			out.WriteString(b.table.caption + "\n")
		}
		for i, r := range b.table.rows {
			if i > 0 {
				out.WriteByte('\n')
			}
			for c, cell := range r.cells {
				if c > 0 {
					out.WriteByte('\t')
				}
				if !cell.merged {
					out.WriteString(cell.text)
				}
			}
		}
		return out.String()
	}
	return b.text
}
