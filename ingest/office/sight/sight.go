// Package sight tells whether people see a text of a page, by its colour, its
// size and what it stands on. Readers of documents made of paragraphs share it.
package sight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest/office"
)

// What stands for a colour that is not one of six hexadecimal digits. "" is one
// of which nothing is said.
const (
	Auto    = "auto" // black or white, whichever can be read; behind a text, nothing
	Unknown = "?"    // a pattern, a picture, or what is not worked out
	Paper   = "FFFFFF"
)

// tinyText is the size in half-points up to which nobody reads a text.
const tinyText = 4

// Look is how characters look, as far as that decides whether they are seen.
type Look struct {
	Ink    string
	Fill   string    // behind the text
	Mark   string    // over that, as by a marker pen
	Behind [2]string // fills that the text may stand on besides, where neither is
	Size   int       // half-points, 0 where nothing is said
	Effect bool      // an outline, a shadow or the like, which may show the text
	Loose  bool      // a program may show it in another way
}

// Over is a look with what it does not say taken from the one below.
func (l Look) Over(below Look) Look {
	l.Ink, l.Size = cmp.Or(l.Ink, below.Ink), cmp.Or(l.Size, below.Size)
	l.Fill, l.Mark = cmp.Or(l.Fill, below.Fill), cmp.Or(l.Mark, below.Mark)
	for i := range l.Behind {
		l.Behind[i] = cmp.Or(l.Behind[i], below.Behind[i])
	}
	l.Effect, l.Loose = l.Effect || below.Effect, l.Loose || below.Loose
	return l
}

// Tiny reports whether nobody can read the characters for their size.
func (l Look) Tiny() bool { return l.Size > 0 && l.Size <= tinyText }

// MayHide reports whether there is a ground on which the characters are not
// seen.
func (l Look) MayHide() bool { return l.Tiny() || office.Near(l.Ink, l.Ink) }

// Ground is what a text may stand on.
type Ground struct {
	Colors []string // one of these; Unknown is among them when it may be anything
	Open   bool     // or on something that lies there and is not looked at
}

// Painted is the ground when something says what lies over it.
func (g Ground) Painted(fill string) Ground {
	if fill == "" || fill == Auto {
		return g
	}
	return Ground{Colors: []string{fill}}
}

// Or is the ground when it may also be one of others.
func (g Ground) Or(fills ...string) Ground {
	out := Ground{Colors: slices.Clip(g.Colors), Open: g.Open}
	for _, f := range fills {
		if f != "" && f != Auto {
			out.Colors = append(out.Colors, f)
		}
	}
	return out
}

// hides reports whether nobody can tell a colour from the ground.
func (g Ground) hides(ink string) bool {
	for _, c := range g.Colors {
		if !office.Near(ink, c) {
			return false
		}
	}
	return len(g.Colors) > 0
}

// On judges characters that stand on g.
func (l Look) On(g Ground) office.Sight {
	if !l.Tiny() {
		g = g.Or(l.Behind[:]...).Painted(l.Fill).Painted(l.Mark)
		switch {
		case !g.hides(l.Ink):
			return office.Seen
		case g.Open || l.Effect:
			return office.Doubtful
		}
	}
	if l.Loose {
		return office.Doubtful
	}
	return office.Unseen
}

// Hidden is text of a document that people do not see, as is put there to slip
// instructions to machines into it. The zero value is ready for use.
type Hidden struct {
	Unseen   Spots // left out
	Doubtful Spots // read, as something may lie behind it
}

// Warn reports what was found.
func (h *Hidden) Warn(w *office.Warnings) {
	h.Unseen.Report(w, "text that nobody sees on the page, as it is tiny or has the colour of what it stands on, was left out", "")
	h.Doubtful.Report(w, "text that may have the colour of what it stands on was read", ": a picture or a shape may lie behind it; look at it before it is used")
}

// Spots are where something was found: in paragraphs of the body, and apart
// from them in a note, a text box, a header or a footer.
type Spots struct {
	At    office.Places
	Apart bool
	Words int
}

// Add takes the words of a text in a paragraph of the body, 0 for one apart
// from it.
func (s *Spots) Add(paragraph int, text string) {
	words := len(strings.Fields(text))
	if words == 0 {
		return
	}
	s.Words += words
	if paragraph > 0 {
		s.At.Add(paragraph)
	} else {
		s.Apart = true
	}
}

// Report warns of what was found, if anything was.
func (s *Spots) Report(w *office.Warnings, what, advice string) {
	var places []string
	if len(s.At) > 0 {
		places = append(places, "in paragraph "+s.At.String())
	}
	if s.Apart {
		places = append(places, "in a note, a text box, a header or a footer")
	}
	if len(places) > 0 {
		w.Report("%s, %d words %s%s", what, s.Words, strings.Join(places, " and "), advice)
	}
}

// Hex is a colour of red, green and blue in six hexadecimal digits.
func Hex(red, green, blue byte) string { return fmt.Sprintf("%02X%02X%02X", red, green, blue) }
