package sheet

// maxAreas bounds the ranges that are looked through for a cell; what is
// beyond is taken together.
const maxAreas = 200

// Areas are ranges of cells that something may paint beside the cell itself:
// table styles, conditions, a picture behind the sheet. The zero value is ready
// for use.
type Areas []Range

// Add takes a range.
func (a *Areas) Add(r Range) {
	if len(*a) < maxAreas {
		*a = append(*a, r)
		return
	}
	last := &(*a)[maxAreas-1]
	last.Col1, last.Row1 = min(last.Col1, r.Col1), min(last.Row1, r.Row1)
	last.Col2, last.Row2 = max(last.Col2, r.Col2), max(last.Row2, r.Row2)
}

// Hold reports whether a cell is within one of the ranges.
func (a Areas) Hold(row, col int) bool {
	for _, r := range a {
		if r.Row1 <= row && row <= r.Row2 && r.Col1 <= col && col <= r.Col2 {
			return true
		}
	}
	return false
}
