package web

import "github.com/sufflor/sufflor/index"

// What the tests of this package look at from outside.
var (
	Segments = func(text string, spans [][2]int) (texts []string, marks []bool) {
		for _, s := range segments(text, spans) {
			texts, marks = append(texts, s.Text), append(marks, s.Mark)
		}
		return texts, marks
	}
	FileName   = fileName
	CitedCells = citedCells
	TableOf    = func(at index.Passage, list []index.Passage) (header []string, rows [][]string) {
		t := table(place{passage: at}, list)
		for _, r := range t.Rows {
			var row []string
			for _, c := range r.Cells {
				row = append(row, c.Text)
			}
			rows = append(rows, row)
		}
		return t.Header, rows
	}
	Clip     = clip
	ClipLeft = clipLeft
	Texts    = texts
)
