package office

import gomath "math" // math is here what is written on a page as such

// maxLength is beyond any slide in any unit, and far from overflow.
const maxLength = 1 << 40

// Group is how the shapes in a group are placed on a slide: they are scaled,
// then moved.
type Group struct {
	scaleX, scaleY, moveX, moveY float64

	all *Rect // stands for each shape's own box when the group is turned
}

// Ungrouped places shapes where they say.
func Ungrouped() Group { return Group{scaleX: 1, scaleY: 1} }

// Turned reports whether the group, or one around it, is turned, so that a shape
// may lie anywhere in its box.
func (g Group) Turned() bool { return g.all != nil }

// OnSlide is where a box within the group stands on the slide; turned says that
// it is so by some angle.
func (g Group) OnSlide(r Rect, turned bool) Rect {
	if g.all != nil {
		return *g.all
	}
	x, y := bounded(r.Left*g.scaleX+g.moveX), bounded(r.Top*g.scaleY+g.moveY)
	wide, high := bounded(gomath.Abs((r.Right-r.Left)*g.scaleX)), bounded(gomath.Abs((r.Bottom-r.Top)*g.scaleY))
	if turned { // whichever way, it stays within this circle
		radius := gomath.Hypot(wide, high) / 2
		x, y = x+wide/2, y+high/2
		return Rect{x - radius, y - radius, x + radius, y + radius}
	}
	return Rect{x, y, x + wide, y + high}
}

// Within is how shapes inside a group are placed that stands at a box, and whose
// shapes count from the corner of inner in a measure in which inner is as large
// as the box.
func (g Group) Within(box, inner Rect, turned bool) Group {
	if turned || g.all != nil {
		r := g.OnSlide(box, turned)
		g.all = &r
		return g
	}
	scale := func(outer, in float64) float64 {
		if in != 0 {
			return outer / in
		}
		return 1
	}
	x, y := scale(box.Right-box.Left, inner.Right-inner.Left), scale(box.Bottom-box.Top, inner.Bottom-inner.Top)
	g.moveX = bounded(g.moveX + g.scaleX*(box.Left-x*inner.Left))
	g.moveY = bounded(g.moveY + g.scaleY*(box.Top-y*inner.Top))
	g.scaleX, g.scaleY = bounded(g.scaleX*x), bounded(g.scaleY*y)
	return g
}

// bounded keeps scaled lengths far from overflow.
func bounded(f float64) float64 { return min(max(f, -maxLength), maxLength) }
