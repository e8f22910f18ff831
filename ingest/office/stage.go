package office

import "slices"

// maxCompared bounds how often a text and what is behind it are compared on
// one slide; texts beyond are read and reported.
const maxCompared = 2_000_000

// Sight is whether people see a text.
type Sight int

// What may be said of it. A doubtful text is read, and reported.
const (
	Seen Sight = iota
	Doubtful
	Unseen
)

// Paint is what something is filled with, as far as it matters here.
type Paint struct {
	Kind PaintKind
	Hex  string // of [SolidPaint], six hexadecimal digits
	Thin bool   // what is behind shines through
}

// PaintKind is what is known of a paint.
type PaintKind int

// The kinds of paints.
const (
	NoPaint      PaintKind = iota // nothing, or as good
	SolidPaint                    // in a colour that is known
	PicturePaint                  // which may have any colour
	OtherPaint                    // a colour that is worked out no further, and not white
)

// Solid is a paint in a colour of six hexadecimal digits.
func Solid(hex string) Paint { return Paint{Kind: SolidPaint, Hex: hex} }

// IsWhite reports whether a paint cannot be told from white by eye.
func (p Paint) IsWhite() bool { return p.Kind == SolidPaint && NearWhite(p.Hex) }

// Shows says how an ink is seen on p.
func (p Paint) Shows(ink Paint) Sight {
	switch {
	case p.Kind == SolidPaint && Near(p.Hex, ink.Hex):
		return Unseen
	case p.Kind == PicturePaint && ink.IsWhite():
		return Doubtful
	}
	return Seen
}

// Rect is a box on a slide, groups and turns counted in.
type Rect struct{ Left, Top, Right, Bottom float64 }

// Shared is how much of text lies on r, as an area.
func (r Rect) Shared(text Rect) float64 {
	wide := min(r.Right, text.Right) - max(r.Left, text.Left)
	high := min(r.Bottom, text.Bottom) - max(r.Top, text.Top)
	return max(wide, 0) * max(high, 0)
}

// Area is that of the box.
func (r Rect) Area() float64 { return (r.Right - r.Left) * (r.Bottom - r.Top) }

// Place is where a text stands, when that is known.
type Place struct {
	Rect
	Known bool
}

// Layer is something painted that texts may stand on.
type Layer struct {
	Rect
	Paint
	Full bool // it fills its rectangle
}

// Stage is a slide as far as it is painted. It is not safe for concurrent use.
type Stage struct {
	Back   Paint   // of the slide
	Layers []Layer // what was painted so far, the lowest first
	Moving bool    // something on the slide changes its place or colour

	compared int
}

// Judge says whether a text in ink is seen, whose own shape may have one of
// these fills.
func (s *Stage) Judge(ink Paint, own []Paint, at Place) Sight {
	switch ink.Kind {
	case NoPaint:
		return Unseen
	case SolidPaint:
	default:
		return Seen
	}
	through := false // to what is behind the shape
	for _, p := range own {
		switch sight := p.Shows(ink); {
		case p.Kind == NoPaint || sight == Unseen && p.Thin:
			through = true
		case sight != Unseen:
			return sight
		}
	}
	if !through && len(own) > 0 {
		return Unseen
	}
	return s.behind(ink, at)
}

// behind goes down the layers under a text.
func (s *Stage) behind(ink Paint, at Place) Sight {
	partly := false
	for _, l := range slices.Backward(s.Layers) {
		if s.compared++; s.compared > maxCompared {
			return Doubtful
		}
		shared := l.Shared(at.Rect)
		if at.Known && shared <= 0 {
			continue
		}
		sight := l.Shows(ink)
		switch {
		case sight == Unseen && at.Known && l.Full && !l.Thin && shared >= at.Area():
			return s.sure(partly)
		case sight == Unseen:
		case at.Known && shared >= at.Area()/4:
			return sight
		default:
			partly = true
		}
	}
	if sight := s.Back.Shows(ink); sight != Unseen {
		return sight
	}
	return s.sure(partly)
}

// sure is the sight of a text in the colour of what it stands on.
func (s *Stage) sure(partly bool) Sight {
	if partly || s.Moving {
		return Doubtful
	}
	return Unseen
}
