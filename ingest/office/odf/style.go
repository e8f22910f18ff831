// Package odf knows whether people see a text by its OpenDocument styles: its
// colour against what it stands on, and its size (OpenDocument 1.3 part 3,
// chapters 16, 17 and 20).
package odf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/office"
)

const (
	automatic = "auto"        // black or white, whichever can be read
	nothing   = "transparent" // behind a text
	unknown   = "?"           // a picture, or what is not worked out here
	maxBased  = 20            // how far parent styles are followed
	whole     = 255           // an opacity
)

// Attr is the value of an attribute by its local name, "" without one.
type Attr func(name string) string

// Style is what one style says about how text is seen.
type Style struct {
	Parent string
	Text   Text
	Paint  Paint
}

// Read is the Style of a style:style, a style:default-style or another element
// that holds properties.
func Read(n *office.Node) Style {
	out := Style{Parent: n.Attr("parent-style-name")}
	for _, k := range n.Kids {
		switch {
		case k.Name == "text-properties":
			out.Text = ReadText(k.Attr)
		case strings.HasSuffix(k.Name, "-properties"):
			out.Paint.Read(k.Attr)
			if i := k.At("background-image"); i != nil && (i.Attr("href") != "" || i.At("binary-data") != nil) {
				out.Paint.Image()
			}
		}
	}
	return out
}

// Chain is a style and those that it is based on, the nearest first.
type Chain []Style

// Follow is the chain of a style; find looks one up by its name.
func Follow(name string, find func(name string) (Style, bool)) Chain {
	var c Chain
	for len(c) < maxBased && name != "" {
		s, ok := find(name)
		if !ok {
			break
		}
		c = append(c, s)
		name = s.Parent
	}
	return c
}

// Look is how text looks by the chain where it would have the look below
// otherwise.
func (c Chain) Look(below Look) Look {
	for _, s := range slices.Backward(c) {
		below = below.With(s.Text)
	}
	return below
}

// Paint is what the chain says of how something is filled.
func (c Chain) Paint() Paint {
	var out Paint
	for _, s := range c {
		out = out.Over(s.Paint)
	}
	return out
}

// Text is what a style:text-properties says about whether its text is seen.
type Text struct {
	ink    string // six hexadecimal digits, automatic, unknown, or "" where nothing is said
	clear  bool   // the ink shows what is behind it
	back   string // behind the characters, as ink or nothing
	sizes  [3]size
	scale  float64 // of raised and lowered characters, 0 where nothing is said
	effect bool    // an outline, a shadow or the like, which may show the text
}

// size is a font size: in points, or as a part of the one below or a
// difference from it.
type size struct {
	points, share, more float64
}

func (s size) over(below float64) float64 {
	switch {
	case s.points > 0:
		return s.points
	case s.share > 0:
		return below * s.share
	case s.more != 0 && below > 0:
		return max(below+s.more, 0.1)
	}
	return below
}

// ReadText is the Text of a style:text-properties with these attributes.
func ReadText(attr Attr) Text {
	t := Text{ink: color(attr("color")), back: color(attr("background-color"))}
	switch {
	case attr("use-window-font-color") == "true":
		t.ink = automatic
	case t.ink != "":
		t.clear = opacity(attr("opacity"), true) <= faint
	}
	for i, script := range []string{"", "-asian", "-complex"} {
		v := attr("font-size" + script)
		if p, ok := percent(v); ok {
			t.sizes[i].share = p
		} else if n, ok := Length(v); ok {
			t.sizes[i].points = n
		} else if n, ok := Length(attr("font-size-rel" + script)); ok {
			t.sizes[i].more = n
		}
	}
	if words := strings.Fields(attr("text-position")); len(words) > 1 {
		t.scale, _ = percent(words[1])
	} else if len(words) == 1 {
		t.scale = usualScale
	}
	for _, name := range []string{"text-outline", "text-shadow", "font-relief"} {
		v := attr(name)
		t.effect = t.effect || v != "" && v != "none" && v != "false"
	}
	return t
}

const (
	usualScale = 0.58 // of raised characters that do not say theirs
	faint      = 12   // the opacity, of 255, up to which an ink is as good as none
	tiny       = 2    // points; nobody reads a text of this size
)

// color is a colour as it is compared here.
func color(v string) string {
	switch v = strings.TrimSpace(v); v {
	case "", nothing:
		return v
	}
	hex := strings.TrimPrefix(v, "#")
	if !office.Near(hex, hex) {
		return unknown
	}
	return strings.ToUpper(hex)
}

// opacity is that of 255 parts, the whole when it is none; some attributes say
// how transparent something is instead.
func opacity(v string, opaque bool) int {
	p, ok := percent(v)
	switch {
	case !ok || p > 1:
		return whole
	case !opaque:
		p = 1 - p
	}
	return int(p*whole + 0.5)
}

// percent is a share such as "58%".
func percent(v string) (float64, bool) {
	digits, ok := strings.CutSuffix(strings.TrimSpace(v), "%")
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	return f / 100, err == nil && f >= 0 && f <= 10_000
}

// units are lengths in points.
var units = []struct {
	name   string
	points float64
}{{"inch", 72}, {"in", 72}, {"cm", 72 / 2.54}, {"mm", 72 / 25.4}, {"pt", 1}, {"pc", 12}, {"px", 0.75}}

// Length is a length such as "2.5cm" in points, at most a hundred million.
func Length(v string) (points float64, ok bool) {
	v = strings.TrimSpace(v)
	for _, u := range units {
		if digits, found := strings.CutSuffix(v, u.name); found {
			f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
			f *= u.points
			return f, err == nil && f > -1e8 && f < 1e8
		}
	}
	return 0, false
}

// Look is how characters look in their place. The zero value is text of which
// nothing is known.
type Look struct {
	ink, back string
	clear     bool
	sizes     [3]float64 // points, 0 where nothing is said
	scale     float64
	effect    bool
}

// With is the look of text to which a style is applied.
func (l Look) With(t Text) Look {
	if t.ink != "" {
		l.ink, l.clear = t.ink, t.clear
	}
	l.back = cmp.Or(t.back, l.back)
	for i, s := range t.sizes {
		l.sizes[i] = s.over(l.sizes[i])
	}
	l.scale = cmp.Or(t.scale, l.scale)
	l.effect = l.effect || t.effect
	return l
}

// Inked is the look in a colour that is not worked out, such as that of links.
func (l Look) Inked() Look {
	l.ink, l.clear = unknown, false
	return l
}

// Says reports whether something gives the text a colour.
func (l Look) Says() bool { return l.ink != "" }

// tiny reports whether nobody can read a text for its size. Asian and complex
// scripts have sizes of their own.
func (l Look) tiny(text string) bool {
	small := func(points float64) bool { return points > 0 && points*cmp.Or(l.scale, 1) <= tiny }
	if !small(l.sizes[0]) {
		return false
	}
	for _, r := range text {
		if r >= 0x0590 && r < 0x1E00 || r >= 0x2E80 {
			return small(l.sizes[1]) && small(l.sizes[2])
		}
	}
	return true
}

// Paint is what properties say of how something is filled, by draw:fill or by
// fo:background-color.
type Paint struct {
	kind, color, gradient, opacity string
	back, clear                    string
	image                          bool
}

// Read takes what another element of the style says.
func (p *Paint) Read(attr Attr) {
	p.kind, p.color = cmp.Or(p.kind, attr("fill")), cmp.Or(p.color, color(attr("fill-color")))
	p.gradient, p.opacity = cmp.Or(p.gradient, attr("fill-gradient-name")), cmp.Or(p.opacity, attr("opacity"))
	if attr("opacity-name") != "" { // it becomes transparent by and by
		p.kind = unknown
	}
	p.back, p.clear = cmp.Or(p.back, color(attr("background-color"))), cmp.Or(p.clear, attr("background-transparency"))
}

// Image says that there is a picture.
func (p *Paint) Image() { p.image = true }

// decided reports whether something says how it is filled, if only not at all.
func (p Paint) decided() bool { return p.kind != "" || p.back != "" || p.image }

// Over is p with what it does not say taken from below.
func (p Paint) Over(below Paint) Paint {
	if !p.decided() {
		p.kind, p.back, p.image = below.kind, below.back, below.image
	}
	p.color, p.gradient = cmp.Or(p.color, below.color), cmp.Or(p.gradient, below.gradient)
	p.opacity, p.clear = cmp.Or(p.opacity, below.opacity), cmp.Or(p.clear, below.clear)
	return p
}

// Fill is what the paint comes to; gradients are the colours of those that the
// document names. ok is false when nothing is said.
func (p Paint) Fill(gradients map[string][]string) (f Fill, ok bool) {
	thick := opacity(p.opacity, true)
	switch {
	case p.image:
		return Fill{colors: []string{unknown}, opacity: whole}, true
	case p.kind == "solid":
		c := cmp.Or(p.color, p.back)
		if c == "" || c == nothing {
			c = unknown
		}
		return Fill{colors: []string{c}, opacity: thick}, true
	case p.kind == "gradient":
		colors := gradients[p.gradient]
		if len(colors) == 0 {
			colors = []string{unknown}
		}
		return Fill{colors: colors, opacity: thick}, true
	case p.kind == "none" && (p.back == "" || p.back == nothing):
		return Fill{}, true
	case p.kind != "": // a pattern, a picture, or a colour by another word
		return Fill{colors: []string{unknown}, opacity: whole}, true
	case p.back == nothing:
		return Fill{}, true
	case p.back != "":
		return Fill{colors: []string{p.back}, opacity: opacity(p.clear, false)}, true
	}
	return Fill{}, false
}

// Usual is the fill of a shape that does not say whether it has one: its
// colour, or one that is left to the program.
func (p Paint) Usual() Fill {
	return Fill{colors: []string{cmp.Or(p.color, unknown)}, opacity: opacity(p.opacity, true)}
}

// Gradient are the colours of a draw:gradient.
func Gradient(n *office.Node) []string {
	colors := []string{cmp.Or(color(n.Attr("start-color")), unknown), cmp.Or(color(n.Attr("end-color")), unknown)}
	for s := range n.Each("gradient-stop") {
		if len(colors) < maxStops {
			colors = append(colors, cmp.Or(color(s.Attr("color-value")), unknown))
		}
	}
	return colors
}

const maxStops = 100 // of a gradient
