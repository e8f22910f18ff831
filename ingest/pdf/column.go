package pdf

import (
	"cmp"
	"math"
	"slices"
)

const (
	jumpUp        = 2.5 // em that the next line is higher, when a column ends
	columnLines   = 3   // of a column at least, beside the one before
	columnWords   = 2.2 // of a line on average
	columnWidth   = 0.15
	maxJumps      = 200    // on a page
	maxPainted    = 20_000 // words of a page that is looked at for columns
	columnRows    = 0.8    // of the lines on one height and fewer words than tableWords: a table
	tableWords    = 3.2
	longColumn    = 6 // lines of a column that is none of a table with fewer words
	longWords     = 2.8
	columnPadding = 0.3 // em between columns at least
)

// columns parts the words of a page where the writer went back up and on
// beside what was painted so far: that is where a column of text ends. Rows of
// a table are painted one after the other and have no such place.
func columns(words []*word) [][]*word {
	if len(words) > maxPainted {
		return [][]*word{words}
	}
	sorted := slices.Clone(words)
	slices.SortStableFunc(sorted, func(a, b *word) int { return cmp.Compare(a.seq, b.seq) })
	jumps := jumpsOf(sorted)
	if len(jumps) == 0 || len(jumps) > maxJumps {
		return [][]*word{words}
	}
	var parts [][]*word
	start := 0
	for i, at := range jumps {
		end := len(sorted)
		if i+1 < len(jumps) {
			end = jumps[i+1]
		}
		if beside(sorted[start:at], sorted[at:end]) {
			parts = append(parts, sorted[start:at])
			start = at
		}
	}
	return append(parts, sorted[start:])
}

// jumpsOf are the words before which the writer went back up.
func jumpsOf(words []*word) []int {
	var jumps []int
	for i := 1; i < len(words); i++ {
		a, b := words[i-1], words[i]
		low := a.base
		if a.table != nil {
			low = a.y0
		}
		if b.base-low > jumpUp*max(a.size, b.size) {
			jumps = append(jumps, i)
		}
	}
	return jumps
}

// beside reports whether b is a column of text beside one in a.
func beside(a, b []*word) bool {
	heights := func(words []*word) (low, high float64) {
		low, high = math.Inf(1), math.Inf(-1)
		for _, w := range words {
			low, high = min(low, w.y0), max(high, w.y1)
		}
		return low, high
	}
	lowA, highA := heights(a)
	lowB, highB := heights(b)
	low, high := max(lowA, lowB), min(highA, highB)
	left, right := inBand(a, low, high), inBand(b, low, high)
	if len(left) == 0 || len(right) == 0 {
		return false
	}
	boxA, boxB := boxOf(left), boxOf(right)
	gap := max(boxB.x0-boxA.x1, boxA.x0-boxB.x1)
	whole := boxA.union(boxB).width()
	if gap < columnPadding*right[0].size || min(boxA.width(), boxB.width()) < columnWidth*whole {
		return false
	}
	linesA, linesB := lines(left), lines(right)
	if min(len(linesA), len(linesB)) < columnLines {
		return false
	}
	perA, perB := float64(len(left))/float64(len(linesA)), float64(len(right))/float64(len(linesB))
	if min(perA, perB) < columnWords {
		return false
	}
	level := 0
	for _, l := range linesB {
		if slices.ContainsFunc(linesA, func(o *line) bool { return math.Abs(o.base-l.base) < 0.1*l.size }) {
			level++
		}
	}
	needed := tableWords
	if min(len(linesA), len(linesB)) >= longColumn {
		needed = longWords
	}
	return float64(level) < columnRows*float64(len(linesB)) || min(perA, perB) >= needed
}

// inBand are the words between two heights.
func inBand(words []*word, low, high float64) []*word {
	var out []*word
	for _, w := range words {
		if y := (w.y0 + w.y1) / 2; y >= low && y <= high {
			out = append(out, w)
		}
	}
	return out
}
