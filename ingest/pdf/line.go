package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// line is words on one baseline, from left to right, or a table.
type line struct {
	rect
	words []*word
	base  float64
	size  float64 // of most of its characters
	bold  bool    // all of it
	table *table
}

// lines groups words by their baselines, from top to bottom.
func lines(words []*word) []*line {
	sorted := slices.Clone(words)
	slices.SortFunc(sorted, func(a, b *word) int {
		return cmp.Or(cmp.Compare(b.base, a.base), cmp.Compare(a.x0, b.x0), cmp.Compare(a.seq, b.seq))
	})
	var all []*line
	for _, w := range sorted {
		if n := len(all); n > 0 && w.table == nil && all[n-1].table == nil && all[n-1].takes(w) {
			l := all[n-1]
			l.words = append(l.words, w)
			if w.size > l.size {
				l.base, l.size = w.base, w.size
			}
			continue
		}
		all = append(all, &line{words: []*word{w}, base: w.base, size: w.size, table: w.table})
	}
	for _, l := range all {
		l.finish()
	}
	return all
}

// takes reports whether w stands on the line: on its baseline, or raised or
// lowered as small print.
func (l *line) takes(w *word) bool {
	off := math.Abs(l.base - w.base)
	if off < 0.25*min(l.size, w.size) {
		return true
	}
	return min(l.size, w.size) < 0.8*max(l.size, w.size) && off < 0.45*max(l.size, w.size)
}

// finish sorts the words and sums them up.
func (l *line) finish() {
	slices.SortStableFunc(l.words, func(a, b *word) int { return cmp.Compare(a.x0, b.x0) })
	l.rect = l.words[0].rect
	l.bold = true
	type share struct {
		size  float64 // to a quarter of a point
		first *word   // of this size
		n     int     // bytes
	}
	var few [4]share
	shares := few[:0]
	for _, w := range l.words {
		l.rect = l.union(w.rect)
		l.bold = l.bold && w.bold
		size := math.Round(w.size*4) / 4
		i := slices.IndexFunc(shares, func(s share) bool { return s.size == size })
		if i < 0 {
			i, shares = len(shares), append(shares, share{size: size, first: w})
		}
		shares[i].n += len(w.text)
	}
	best := 0
	for _, s := range shares {
		if s.n > best {
			best, l.size, l.base = s.n, s.first.size, s.first.base
		}
	}
	for _, w := range l.words { // the mark before the text of a footnote
		if raised(w.base-l.base, w.size, l.size) {
			w.text = superscript(w.text)
		}
	}
}

// raised reports whether small print of size em stands so far above the
// baseline that it is an exponent or the mark of a footnote.
func raised(above, em, size float64) bool { return em < 0.85*size && above > 0.15*size }

// superscript writes the digits of a text that is nothing else as exponents.
func superscript(s string) string {
	if strings.Trim(s, "0123456789") != "" {
		return s
	}
	return exponents.Replace(s)
}

var exponents = strings.NewReplacer(
	"0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹",
)

// text is the line's words with a space between them, unless two parts of a
// word were only painted one after the other.
func (l *line) text() string { return joinWords(l.words) }

func joinWords(words []*word) string {
	var out strings.Builder
	rtl := false
	spread := spreadLetters(words)
	for i, w := range words {
		if i > 0 && spread[i] != within && (spread[i] == between || parted(words[i-1], w)) {
			out.WriteByte(' ')
		}
		out.WriteString(w.text)
		rtl = rtl || hasRTL(w.text)
	}
	if rtl {
		return norm.NFC.String(logical(out.String(), mostlyRTL(out.String())))
	}
	return out.String()
}

// parted reports whether there is a space between two words of a line.
func parted(a, b *word) bool {
	gap := b.x0 - a.x1
	return a.spaceAfter || gap > maxGap*max(a.size, b.size) || gap < -0.5*b.size
}

// spreading is where a word stands in a text whose letters are spread.
type spreading int

const (
	within  spreading = iota + 1 // a word, not at its beginning
	between                      // at the beginning of a further word
)

const (
	spreadRun  = 4   // letters that stand alone at least
	spreadWord = 1.4 // of the smallest gap, for a gap between words
)

// spreadLetters finds the words of texts like "H E A D I N G", by the index of
// their letters: nil when there are none. The gaps within a word are the same;
// those between words are larger.
func spreadLetters(words []*word) map[int]spreading {
	var found map[int]spreading
	for start := 0; start < len(words); {
		end := start
		for end < len(words) && isLetter(words[end].text) && words[end].size == words[start].size {
			end++
		}
		if run := words[start:end]; len(run) >= spreadRun && (len(run) == len(words) || allUpper(run)) && !alphabet(run) {
			gap := math.Inf(1)
			for i := 1; i < len(run); i++ {
				gap = min(gap, run[i].x0-run[i-1].x1)
			}
			inside, painted := 0, 0
			told := true // by the painted spaces, where the words end
			for i := 1; i < len(run); i++ {
				wide := run[i].x0-run[i-1].x1 > spreadWord*gap
				if run[i-1].spaceAfter {
					painted++
				}
				if !wide {
					inside++
				}
				told = told && wide == run[i-1].spaceAfter
			}
			if gap > maxGap*run[0].size && gap < 0.5*run[0].size && inside*2 > len(run)-1 &&
				(painted == 0 || told || len(run) == len(words) && allUpper(run)) {
				if found == nil {
					found = map[int]spreading{}
				}
				for i := 1; i < len(run); i++ {
					found[start+i] = within
					if run[i].x0-run[i-1].x1 > spreadWord*gap {
						found[start+i] = between
					}
				}
			}
		}
		start = max(end, start+1)
	}
	return found
}

// alphabet reports whether most letters follow each other, or repeat, as in a
// table of them.
func alphabet(words []*word) bool {
	next := 0
	for i := 1; i < len(words); i++ {
		a, _ := utf8.DecodeRuneInString(words[i-1].text)
		b, _ := utf8.DecodeRuneInString(words[i].text)
		if b == a+1 || b == a {
			next++
		}
	}
	return next*2 > len(words)-1
}

func isLetter(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == len(s) && unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

func allUpper(words []*word) bool {
	for _, w := range words {
		if w.text != strings.ToUpper(w.text) {
			return false
		}
	}
	return true
}

// segments are the parts of a line with at least gap em or one of the cuts
// between them.
func (l *line) segments(gap float64, cuts ...float64) [][]*word {
	var segments [][]*word
	start := 0
	for i := 1; i < len(l.words); i++ {
		if a, b := l.words[i-1].x1, l.words[i].x0; b-a > gap*l.size || parts(cuts, a, b) {
			segments = append(segments, l.words[start:i])
			start = i
		}
	}
	return append(segments, l.words[start:])
}

// parts reports whether one of the cuts lies between a and b.
func parts(cuts []float64, a, b float64) bool {
	return slices.ContainsFunc(cuts, func(cut float64) bool { return cut >= a-0.5 && cut <= b+0.5 && b > a })
}

func boxOf(words []*word) rect {
	r := words[0].rect
	for _, w := range words[1:] {
		r = r.union(w.rect)
	}
	return r
}

const (
	riverWidth   = 0.8 // of the white space between two columns, in em
	riverLines   = 5   // it runs past at least, on both sides
	maxSplits    = 6   // columns in columns
	minColumn    = 0.2 // of the region's width, for a column of text
	wordsPerLine = 2.5 // of a column of text; tables have fewer in their cells
)

// streams puts the lines of a page in reading order. Columns that were painted
// one after the other are told by that; others by the white space between them.
func streams(words []*word) [][]*line {
	var out [][]*line
	for _, part := range columns(words) {
		out = append(out, byRivers(part, 0)...)
	}
	return out
}

// byRivers puts columns of text one after the other, and around them what spans
// the page.
func byRivers(words []*word, depth int) [][]*line {
	all := lines(words)
	if len(all) == 0 {
		return nil
	}
	r, ok := findRiver(all)
	if !ok || depth >= maxSplits {
		return [][]*line{all}
	}
	var above, left, right, below []*word
	for i, l := range all {
		for _, w := range l.words {
			switch {
			case i < r.first:
				above = append(above, w)
			case i > r.last:
				below = append(below, w)
			case w.x1 <= r.x:
				left = append(left, w)
			default:
				right = append(right, w)
			}
		}
	}
	var out [][]*line
	for _, part := range [][]*word{above, left, right, below} {
		out = append(out, byRivers(part, depth+1)...)
	}
	return out
}

// river is white space that runs down between two columns of text.
type river struct {
	x           float64
	first, last int // lines
	score       int
}

// findRiver looks for the longest river. Candidates are the places left of
// words that begin a column: those where many lines have a word begin.
func findRiver(all []*line) (river, bool) {
	starts := map[int]int{}
	for _, l := range all {
		for i, w := range l.words {
			if i == 0 || w.x0-l.words[i-1].x1 > 0.6*l.size {
				starts[int(math.Round(w.x0))]++
			}
		}
	}
	var candidates []int
	for x, n := range starts {
		if n+starts[x-1]+starts[x+1] >= riverLines {
			candidates = append(candidates, x)
		}
	}
	slices.SortFunc(candidates, func(a, b int) int { return cmp.Or(cmp.Compare(starts[b], starts[a]), cmp.Compare(a, b)) })
	var best river
	for _, x := range candidates[:min(len(candidates), 12)] {
		if r, ok := riverAt(all, float64(x)-1); ok && r.score > best.score {
			best = r
		}
	}
	return best, best.score > 0
}

// riverAt measures the river whose right bank is x.
func riverAt(all []*line, x float64) (river, bool) {
	var best river
	for start := 0; start < len(all); {
		end := start
		for end < len(all) && !crosses(all[end], x) {
			end++
		}
		if r, ok := bank(all, start, end, x); ok && r.score > best.score {
			best = r
		}
		start = end + 1
	}
	return best, best.score > 0
}

func crosses(l *line, x float64) bool {
	if l.table != nil {
		return l.x0 < x && l.x1 > x-riverWidth*8
	}
	for _, w := range l.words {
		if w.x0 < x && w.x1 > x-riverWidth*l.size {
			return true
		}
	}
	return false
}

// bank decides whether the lines from start to end, none of which crosses x,
// are two columns of text.
func bank(all []*line, start, end int, x float64) (river, bool) {
	type side struct {
		lines, words int
		rect         rect
		last         int
	}
	var left, right side
	first, both, tabulars := -1, 0, 0
	add := func(s *side, i int, words []*word) {
		if len(words) == 0 {
			return
		}
		if s.lines == 0 {
			s.rect = boxOf(words)
		}
		s.rect = s.rect.union(boxOf(words))
		s.lines, s.words, s.last = s.lines+1, s.words+len(words), i
	}
	for i := start; i < end; i++ {
		l := all[i]
		at := len(l.words)
		for j, w := range l.words {
			if w.x0 >= x {
				at = j
				break
			}
		}
		if first < 0 && at == len(l.words) {
			continue // nothing on the right yet: still above the columns
		}
		if first < 0 {
			first = i
		}
		add(&left, i, l.words[:at])
		add(&right, i, l.words[at:])
		if at > 0 && at < len(l.words) {
			both++
			if len(l.segments(columnGap)) > 2 {
				tabulars++
			}
		}
	}
	if tabulars*2 > both { // white space on other places too: the columns of a table
		return river{}, false
	}
	if left.lines < riverLines || right.lines < riverLines {
		return river{}, false
	}
	last := right.last // and the left column goes on as long as its lines are close
	for i := last + 1; i < end && all[i-1].base-all[i].base < 2*all[i].size && all[i].table == nil; i++ {
		last = i
	}
	last = max(last, min(left.last, right.last))
	whole := left.rect.union(right.rect).width()
	if left.rect.width() < minColumn*whole || right.rect.width() < minColumn*whole {
		return river{}, false
	}
	if float64(left.words) < wordsPerLine*float64(left.lines) || float64(right.words) < wordsPerLine*float64(right.lines) {
		return river{}, false
	}
	return river{x: x, first: first, last: last, score: min(left.lines, right.lines)}, true
}

// hyphens decides what becomes of a hyphen at a line's end. It knows the words
// of the whole document: "kjøle-skap" is "kjøleskap" where that occurs.
type hyphens struct {
	words   map[string]int
	asShown bool // lines stay as they are on the page, and so do their hyphens
}

// learn counts the words of a text.
func (h *hyphens) learn(text string) {
	if h.words == nil {
		h.words = map[string]int{}
	}
	for w := range strings.FieldsSeq(text) {
		w = bareWord(w)
		if n, ok := h.words[w]; ok {
			h.words[w] = n + 1
		} else if len(h.words) < maxVocabulary {
			h.words[strings.Clone(w)] = 1 // not the line that it is part of
		}
	}
}

// unspaced reports whether a character is of a script that has no spaces
// between its words: Chinese and Japanese, with their punctuation.
func unspaced(r rune) bool {
	return r >= 0x2E80 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r < 0x3040 || r >= 0xFF00 && r < 0xFF60)
}

// endsWord reports whether the last character belongs to a word.
func endsWord(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func bareWord(w string) string {
	return strings.ToLower(strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
}

// conjunctions follow a hyphen that stands for the rest of a word: "papp- og
// plastavfall".
var conjunctions = map[string]bool{
	"og": true, "och": true, "eller": true, "samt": true, "ja": true, "tai": true, "sekä": true, "und": true,
	"oder": true, "sowie": true, "bzw": true, "and": true, "or": true, "to": true, "til": true, "till": true, "bis": true,
}

// joinCell puts two lines of a table's cell together. Where lines stay as they
// are, a row stays on one as far as no hyphen speaks against it.
func (h *hyphens) joinCell(a, b string) string {
	if last, _ := utf8.DecodeLastRuneInString(a); h.asShown && a != "" && b != "" && !strings.ContainsRune("-\u00AD\u2010", last) {
		return a + " " + b
	}
	return h.join(a, b)
}

// join puts two lines of a paragraph together.
func (h *hyphens) join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	case h.asShown:
		return a + "\n" + b
	}
	if strings.HasSuffix(a, "\u00AD") {
		return strings.TrimRight(a, "\u00AD") + b
	}
	if cut, ok := strings.CutSuffix(a, "–"); ok && endsWord(cut) && endsWord(b[:min(1, len(b))]) {
		return a + b // a range: "20-0001–" "20-4099"
	}
	if last, _ := utf8.DecodeLastRuneInString(a); unspaced(last) {
		if first, _ := utf8.DecodeRuneInString(b); unspaced(first) {
			return a + b
		}
	}
	cut, ok := strings.CutSuffix(a, "-")
	if !ok {
		if cut, ok = strings.CutSuffix(a, "\u2010"); !ok {
			return a + " " + b
		}
	}
	before, _ := utf8.DecodeLastRuneInString(cut)
	after, _ := utf8.DecodeRuneInString(b)
	left := cut[strings.LastIndexByte(cut, ' ')+1:]
	right, _, _ := strings.Cut(b, " ")
	switch {
	case before == utf8.RuneError || before == ' ' || left == "":
		return a + " " + b // a dash
	case !endsWord(cut):
		return a + " " + b
	case conjunctions[bareWord(right)]:
		return a + " " + b
	case unicode.IsDigit(before) || unicode.IsUpper(before) || !unicode.IsLower(after):
		return a + b // "720-" "4420", "CEE-" "plugg"
	case h.words[bareWord(left+"-"+right)] > 0:
		return a + b
	case h.words[bareWord(left+right)] > 0:
		return cut + b
	case strings.ContainsAny(left, "-/") || utf8.RuneCountInString(left) < 2:
		return a + b // "no-stress-" "sensor", "e-" "læring"
	}
	return cut + b
}
