package pdf

import "math"

// color is a fill colour as a key: colours that are the same have the same key.
type color uint32

const (
	paper color = 0 // white
	black color = 1<<24 | 1
)

// colorModel is what the numbers of a colour mean.
type colorModel int

const (
	other       colorModel = iota // patterns, indexed colours: never taken for white
	additive                      // of light: all ones are white
	subtractive                   // of ink: all zeros are white
)

// setFill takes the operands of an operator that sets the fill colour.
func (s *state) setFill(args []operand) {
	s.fill = 1
	white := len(args) > 0
	for _, a := range args {
		switch {
		case a.kind != numberKind || s.model == other:
			white = false
		case s.model == additive:
			white = white && a.num > 0.98
		default:
			white = white && a.num < 0.02
		}
		key := color(max(0, min(a.num, 1)) * 255)
		for i := range min(len(a.str), 64) {
			key = key*31 + color(a.str[i])
		}
		s.fill = s.fill*257 + key
	}
	switch {
	case white:
		s.fill = paper
	case s.fill == paper:
		s.fill = black
	}
}

// model is how the colours of a named colour space mix.
func (sc *scope) model(name string) colorModel {
	if m, ok := sc.models[name]; ok {
		return m
	}
	m := modelOf(name)
	if m == other {
		space := sc.resources.Key("ColorSpace").Key(name)
		if m = modelOf(space.Text()); space.Kind() == arrayKind {
			m = modelOf(space.Index(0).Text())
		}
		if n := space.Index(1).Key("N").Number(); space.Index(0).Text() == "ICCBased" {
			m = additive
			if n == 4 {
				m = subtractive
			}
		}
	}
	if sc.models == nil {
		sc.models = map[string]colorModel{}
	}
	sc.models[name] = m
	return m
}

func modelOf(family string) colorModel {
	switch family {
	case "DeviceGray", "DeviceRGB", "CalGray", "CalRGB":
		return additive
	case "DeviceCMYK", "Separation", "DeviceN":
		return subtractive
	}
	return other
}

// everything is a clip that cuts nothing off.
var everything = rect{math.Inf(-1), math.Inf(-1), math.Inf(1), math.Inf(1)}

// cut is what two rectangles share; it may be empty.
func (r rect) cut(o rect) rect {
	return rect{max(r.x0, o.x0), max(r.y0, o.y0), min(r.x1, o.x1), min(r.y1, o.y1)}
}

// box is the upright rectangle around a rectangle that is transformed.
func (m matrix) box(r rect) rect {
	out := rect{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, c := range [][2]float64{{r.x0, r.y0}, {r.x0, r.y1}, {r.x1, r.y0}, {r.x1, r.y1}} {
		x, y := m.apply(c[0], c[1])
		out = out.union(rect{x, y, x, y})
	}
	return out
}

func pathBox(path []point) rect {
	r := rect{path[0].x, path[0].y, path[0].x, path[0].y}
	for _, p := range path[1:] {
		r = rect{min(r.x0, p.x), min(r.y0, p.y), max(r.x1, p.x), max(r.y1, p.y)}
	}
	return r
}

// image notes an image in the unit square.
func (in *interpreter) image() {
	if in.hidden > 0 {
		return
	}
	in.page.images++
	r := in.state.ctm.box(rect{0, 0, 1, 1}).cut(in.state.clip)
	if in.area(r); len(in.images) < maxRules {
		in.images = append(in.images, r)
	}
}

// area notes where something is painted that white text shows on.
func (in *interpreter) area(r rect) {
	if r = r.cut(in.state.clip); r.x0 <= r.x1 && r.y0 <= r.y1 && len(in.areas) < maxRules {
		in.areas = append(in.areas, r)
	}
}

// visible leaves out the words that nobody sees, a known trick against those
// who read with machines, and counts them: a warning says so. The text of a
// scan is not seen either, but what it stands on is.
func (in *interpreter) visible(words []*word, angle int) []*word {
	kept := words[:0]
	for _, w := range words {
		hidden := false
		switch w.look {
		case unseen, offPage:
			hidden = true
		case white:
			hidden = !in.covered(w, angle, in.areas)
		case ghost:
			hidden = in.page.images == 0 && in.outline < 50 && !in.covered(w, angle, in.areas)
		case seeThrough:
			hidden = !in.covered(w, angle, in.images)
		}
		if hidden {
			in.page.hidden++
			continue
		}
		kept = append(kept, w)
	}
	return kept
}

// maxLooks bounds how many areas a page's words are compared with.
const maxLooks = 50_000_000

// covered reports whether one of the areas is where a word stands.
func (in *interpreter) covered(w *word, angle int, areas []rect) bool {
	if in.looked += len(areas); len(areas) >= maxRules || in.looked > maxLooks {
		return true // there was more than we remember, or than it is worth
	}
	// White letters that stick out of a dark box do not hide the others.
	x, y := turn((w.x0+w.x1)/2, w.base+0.3*w.size, angle)
	ax, ay := turn(w.x0+0.3*w.size, w.base+0.3*w.size, angle)
	bx, by := turn(w.x1-0.3*w.size, w.base+0.3*w.size, angle)
	for _, a := range areas {
		if a.holds(x, y) || a.holds(ax, ay) || a.holds(bx, by) {
			return true
		}
	}
	return false
}

// switchedOff reports whether optional content is not shown (ISO 32000-1,
// 8.11): a group that is off, or a membership of groups whose policy says so.
func (f *file) switchedOff(oc object) bool {
	if oc.Kind() != dictKind {
		return false
	}
	if oc.Key("Type").Text() != "OCMD" {
		return f.off[oc.ID()]
	}
	groups := []object{oc.Key("OCGs")}
	if list := groups[0]; list.Kind() == arrayKind {
		groups = groups[:0]
		for i := range min(list.Len(), 256) {
			groups = append(groups, list.Index(i))
		}
	}
	on, off := 0, 0
	for _, g := range groups {
		switch {
		case g.Kind() != dictKind:
		case f.off[g.ID()]:
			off++
		default:
			on++
		}
	}
	if on+off == 0 {
		return false
	}
	switch oc.Key("P").Text() {
	case "AllOn":
		return off > 0
	case "AnyOff":
		return off == 0
	case "AllOff":
		return on > 0
	}
	return on == 0
}
