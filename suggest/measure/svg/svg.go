// Package svg draws plots for pages that run no scripts: shapes and the figures
// behind them, which plot.html writes.
//
// It knows nothing of what is plotted. Colours are the page's: a shape has a
// class, never a style. Text is data and is escaped by html/template.
package svg

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
)

// HTML defines the templates "plot", of a [Plot], and "table", of a [Table].
//
//go:embed plot.html
var HTML string

// Plot is a picture with its figures. Empty says why there is none.
type Plot struct {
	Title, Note string
	Empty       string
	Width       int // in SVG units
	Height      int
	Shapes      []Shape
	Figures     string // what the table below is called, such as "Figures"
	Table       *Table // its figures, or nil
}

// Shape is a line, rect, circle, path or text, its places as SVG has them.
type Shape struct {
	Kind, Class  string
	X, Y, X2, Y2 string // a line's ends; a circle's centre
	W, H         string // of a rect
	Radius       string
	Path         string
	Text, Anchor string
	Title        string // shown by browsers over the shape
}

// Table is figures as text. Caption may be empty.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// Frame is the part of a plot that data is drawn in, in SVG units.
type Frame struct {
	Left, Top, Width, Height float64
	MaxX, MaxY               float64 // data that are at the right and at the top; the left and the bottom are 0
}

// X is where a value lies from left to right.
func (f Frame) X(v float64) float64 {
	return f.Left + f.Width*min(max(v/f.MaxX, 0), 1)
}

// Y is where a value lies from top to bottom.
func (f Frame) Y(v float64) float64 {
	return f.Top + f.Height*(1-min(max(v/f.MaxY, 0), 1))
}

func at(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

func (p *Plot) add(s Shape) { p.Shapes = append(p.Shapes, s) }

// Line draws a straight line.
func (p *Plot) Line(class string, x, y, x2, y2 float64) {
	p.add(Shape{Kind: "line", Class: class, X: at(x), Y: at(y), X2: at(x2), Y2: at(y2)})
}

// Text writes at a place; anchor is start, middle or end.
func (p *Plot) Text(class, anchor string, x, y float64, text string) {
	p.add(Shape{Kind: "text", Class: class, Anchor: anchor, X: at(x), Y: at(y), Text: text})
}

// Bar draws a rectangle from its upper left corner.
func (p *Plot) Bar(class string, x, y, w, h float64, title string) {
	p.add(Shape{Kind: "rect", Class: class, X: at(x), Y: at(y), W: at(max(w, 0)), H: at(max(h, 0)), Title: title})
}

// Dot draws a point.
func (p *Plot) Dot(x, y, radius float64, title string) {
	p.add(Shape{Kind: "circle", Class: "dot", X: at(x), Y: at(y), Radius: at(radius), Title: title})
}

// Path is a line through points.
func (p *Plot) Path(class string, xs, ys []float64) {
	var b strings.Builder
	for i := range xs {
		if i == 0 {
			b.WriteString("M" + at(xs[i]) + " " + at(ys[i]))
			continue
		}
		b.WriteString("L" + at(xs[i]) + " " + at(ys[i]))
	}
	p.add(Shape{Kind: "path", Class: class, Path: b.String()})
}

// Axes draws a grid with five values from 0 below and to the left.
func (p *Plot) Axes(f Frame, below, left string) {
	for i := range 5 {
		v := float64(i) / 4
		y := f.Y(v * f.MaxY)
		p.Line("grid", f.Left, y, f.Left+f.Width, y)
		p.Text("tick", "end", f.Left-6, y+4, Label(v*f.MaxY))
		p.Text("tick", "middle", f.X(v*f.MaxX), f.Top+f.Height+16, Label(v*f.MaxX))
	}
	p.Text("name", "middle", f.Left+f.Width/2, f.Top+f.Height+32, below)
	p.Text("name", "start", 2, f.Top-12, left)
}

// Label is a number for an axis, with at most three decimals.
func Label(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// The size of plots, in SVG units: as wide as a narrow screen.
const (
	Width  = 340
	Height = 270
)

// Square is an empty plot of that size, with its frame for shares.
func Square(title, note string) (*Plot, Frame) {
	return &Plot{Title: title, Note: note, Width: Width, Height: Height},
		Frame{Left: 40, Top: 24, Width: Width - 40 - 14, Height: Height - 24 - 44, MaxX: 1, MaxY: 1}
}

// Nice is the next larger number of 1, 2, 4, 5 or 8 times a power of ten.
func Nice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 5, 8} {
		if v <= m*power {
			return m * power
		}
	}
	return 10 * power
}
