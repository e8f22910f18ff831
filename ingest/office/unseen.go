package office

import (
	"fmt"
	"strings"
)

// UnseenText is the text that nobody who looks at the slides sees, as is put
// there to slip instructions to machines into a presentation. All but the
// doubtful is left out. The zero value is ready for use.
type UnseenText struct{ Outside, Hidden, Tiny, Pale, Doubtful Spots }

// Spots are the slides on which something was found, and of how many words.
type Spots struct {
	slides Places
	words  int
}

// Add takes a text of a slide, none with a lower number than the last.
func (s *Spots) Add(slide int, text string) {
	if n := len(strings.Fields(text)); n > 0 {
		s.slides.Add(slide)
		s.words += n
	}
}

// Warnings say what was found and what became of it.
func (u *UnseenText) Warnings() []string {
	var out []string
	for _, w := range []struct {
		what   string
		advice string
		found  Spots
	}{
		{"text outside the slide, which nobody sees, was left out", "", u.Outside},
		{"text of hidden shapes, which nobody sees, was left out", "", u.Hidden},
		{"text of at most 2 points, which nobody sees, was left out", "", u.Tiny},
		{"transparent text or text in the colour of what it stands on, which nobody sees, was left out", "", u.Pale},
		{"text that may not be seen, as it stands on a picture or moves, was read", ": look at it before it is used", u.Doubtful},
	} {
		if w.found.words > 0 {
			out = append(out, fmt.Sprintf("%s, %d words on slide %v%s", w.what, w.found.words, w.found.slides, w.advice))
		}
	}
	return out
}
