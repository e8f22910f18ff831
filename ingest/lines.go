package ingest

import "slices"

// Lines finds the line of a byte offset in a text.
type Lines struct{ starts []int }

// NewLines indexes the lines of text.
func NewLines(text string) Lines {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return Lines{starts}
}

// At is the line of an offset, from 1.
func (l Lines) At(offset int) int {
	i, found := slices.BinarySearch(l.starts, offset)
	if found {
		i++
	}
	return max(i, 1)
}
