package web

// What the tests of this package look at from outside.
var (
	Segments = func(text string, spans [][2]int) (texts []string, marks []bool) {
		for _, s := range segments(text, spans) {
			texts, marks = append(texts, s.Text), append(marks, s.Mark)
		}
		return texts, marks
	}
	Clip     = clip
	ClipLeft = clipLeft
	Texts    = texts
)
