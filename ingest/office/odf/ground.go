package odf

import (
	"slices"

	"github.com/sufflor/sufflor/ingest/office"
)

// Fill is what something is filled with. The zero value is nothing.
type Fill struct {
	colors  []string // one, or several of which parts have this and parts that
	opacity int      // of 255
}

// Picture is a fill that may have any colour.
func Picture() Fill { return Fill{colors: []string{unknown}, opacity: whole} }

// None reports whether there is nothing.
func (f Fill) None() bool { return len(f.colors) == 0 || f.opacity <= 0 }

// Ground is what a text may stand on. The zero value is of no colour, on which
// all text is seen.
type Ground struct {
	colors []string // it is one of these, or of several
	open   bool     // or something that lies there and is not looked at
	most   []string // what lies under a good part of it
	parts  []string // what lies under a small part of it
}

// Paper is white.
func Paper() Ground { return Ground{colors: []string{"FFFFFF"}} }

// On is the ground when something is painted over it.
func (g Ground) On(f Fill) Ground {
	switch {
	case f.None():
		return g
	case f.opacity >= whole:
		return Ground{colors: f.colors}
	}
	out := Ground{open: g.open, most: g.most, parts: g.parts}
	for _, above := range f.colors {
		for _, below := range g.colors {
			out.colors = add(out.colors, blend(above, below, f.opacity))
		}
	}
	return out
}

func blend(above, below string, share int) string {
	if c := office.Blend(above, below, share); c != "" {
		return c
	}
	return unknown
}

// Or is the ground when it may also be another.
func (g Ground) Or(other Ground) Ground {
	g.colors, g.most, g.parts = add(g.colors, other.colors...), add(g.most, other.most...), add(g.parts, other.parts...)
	g.open = g.open || other.open
	return g
}

// Partly is the ground when something else lies under a share of it, from 0
// to 1, that does not surely hold all of the text.
func (g Ground) Partly(f Fill, share float64) Ground {
	switch {
	case f.None():
	case share < goodPart:
		g.parts = add(g.parts, f.colors...)
	default:
		g.most = add(g.most, f.colors...)
	}
	return g
}

// goodPart is the share of the box of a text from which what lies under it
// shows the text.
const goodPart = 0.25

// Open is the ground when things may lie on it that are not looked at.
func (g Ground) Open() Ground {
	g.open = true
	return g
}

const maxColors = 100 // of a ground

// add is a list of colours with more, each once; too many may be any.
func add(colors []string, more ...string) []string {
	for _, c := range more {
		if slices.Contains(colors, c) {
			continue
		}
		if len(colors) >= maxColors {
			return []string{unknown}
		}
		colors = append(slices.Clip(colors), c)
	}
	return colors
}

// Sight is whether people see a text.
type Sight int

// The ways in which a text is seen, or not.
const (
	Seen     Sight = iota
	Doubtful       // it may have the colour of what it stands on
	Pale           // it is transparent or has the colour of what it stands on
	Tiny           // nobody can read it for its size
)

// Sight judges a text that stands on g.
func (g Ground) Sight(l Look, text string) Sight {
	if l.tiny(text) {
		return Tiny
	}
	if l.ink == "" || l.ink == automatic || l.ink == unknown || len(g.colors) == 0 {
		return Seen
	}
	if l.clear {
		if l.effect {
			return Doubtful
		}
		return Pale
	}
	if l.back != "" && l.back != nothing {
		g = g.On(Fill{colors: []string{l.back}, opacity: whole})
	}
	near, far, other := compare(l.ink, g.colors)
	_, farMost, otherMost := compare(l.ink, g.most)
	_, farPart, otherPart := compare(l.ink, g.parts)
	switch {
	case far && !near && !other, farMost, (other || otherMost) && !office.NearWhite(l.ink):
		return Seen
	case far, other, otherMost, farPart, otherPart, g.open, l.effect:
		return Doubtful
	}
	return Pale
}

// compare tells which kinds of colours are among some: near to the ink, far
// from it, and not known.
func compare(ink string, colors []string) (near, far, other bool) {
	for _, c := range colors {
		switch {
		case c == unknown:
			other = true
		case office.Near(ink, c):
			near = true
		default:
			far = true
		}
	}
	return near, far, other
}
