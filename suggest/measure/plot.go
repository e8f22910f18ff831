package measure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// plot is a picture in our own SVG. Empty says why there is none.
type plot struct {
	Title, Note string
	Empty       string
	Width       int
	Height      int
	Shapes      []shape
	Table       *table // its figures
}

// shape is a line, rect, circle, path or text, its places as SVG has them.
type shape struct {
	Kind, Class  string
	X, Y, X2, Y2 string // a line's ends; a circle's centre
	W, H         string // of a rect
	Radius       string
	Path         string
	Text, Anchor string
	Title        string // shown by browsers over the shape
}

// table is figures as text.
type table struct {
	Head []string
	Rows [][]string
}

// frame is the part of a plot that data is drawn in, in SVG units.
type frame struct {
	left, top, width, height float64
	maxX, maxY               float64 // data that are at the right and at the top; the left and the bottom are 0
}

func (f frame) x(v float64) float64 {
	return f.left + f.width*min(max(v/f.maxX, 0), 1)
}

func (f frame) y(v float64) float64 {
	return f.top + f.height*(1-min(max(v/f.maxY, 0), 1))
}

func at(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

func (p *plot) add(s shape) { p.Shapes = append(p.Shapes, s) }

func (p *plot) line(class string, x, y, x2, y2 float64) {
	p.add(shape{Kind: "line", Class: class, X: at(x), Y: at(y), X2: at(x2), Y2: at(y2)})
}

func (p *plot) text(class, anchor string, x, y float64, text string) {
	p.add(shape{Kind: "text", Class: class, Anchor: anchor, X: at(x), Y: at(y), Text: text})
}

func (p *plot) bar(class string, x, y, w, h float64, title string) {
	p.add(shape{Kind: "rect", Class: class, X: at(x), Y: at(y), W: at(max(w, 0)), H: at(max(h, 0)), Title: title})
}

func (p *plot) dot(x, y, radius float64, title string) {
	p.add(shape{Kind: "circle", Class: "dot", X: at(x), Y: at(y), Radius: at(radius), Title: title})
}

// path is a line through points.
func (p *plot) path(class string, xs, ys []float64) {
	var b strings.Builder
	for i := range xs {
		if i == 0 {
			b.WriteString("M" + at(xs[i]) + " " + at(ys[i]))
			continue
		}
		b.WriteString("L" + at(xs[i]) + " " + at(ys[i]))
	}
	p.add(shape{Kind: "path", Class: class, Path: b.String()})
}

// axes draws a grid with shares from 0 to 1 below and to the left.
func (p *plot) axes(f frame, below, left string) {
	for i := range 5 {
		v := float64(i) / 4
		y := f.y(v * f.maxY)
		p.line("grid", f.left, y, f.left+f.width, y)
		p.text("tick", "end", f.left-6, y+4, label(v*f.maxY))
		p.text("tick", "middle", f.x(v*f.maxX), f.top+f.height+16, label(v*f.maxX))
	}
	p.text("name", "middle", f.left+f.width/2, f.top+f.height+32, below)
	p.text("name", "start", 2, f.top-12, left)
}

func label(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// The size of plots, in SVG units: as wide as a narrow screen.
const (
	plotWidth  = 340
	plotHeight = 270
)

func square(title, note string) (*plot, frame) {
	return &plot{Title: title, Note: note, Width: plotWidth, Height: plotHeight},
		frame{left: 40, top: 24, width: plotWidth - 40 - 14, height: plotHeight - 24 - 44, maxX: 1, maxY: 1}
}

// reliability is what probabilities said against what came of it, with a strip
// of how many there are of each.
func reliability(s SetFindings) *plot {
	p, f := square("Reliability", "Share that was right against the probability that was said, ten bins of equal mass with 95 % intervals. On the dashed line the probability means what it says. Below: how many drafts have which probability.")
	const strip = 44
	p.Height += strip + 12
	p.Table = &table{Head: []string{"probability", "n", "mean", "right"}}
	var xs, ys []float64
	p.axes(f, "probability", "share right")
	p.line("ideal", f.x(0), f.y(0), f.x(1), f.y(1))
	for _, b := range s.Reliability {
		if b.N == 0 || !b.Mean.Known() || !b.Rate.Known() {
			continue
		}
		x, y := f.x(float64(b.Mean)), f.y(float64(b.Rate))
		low, high := stats.Wilson(int(math.Round(float64(b.Rate)*float64(b.N))), b.N)
		p.line("whisker", x, f.y(low), x, f.y(high))
		xs, ys = append(xs, x), append(ys, y)
		p.Table.Rows = append(p.Table.Rows, []string{decimals(b.Low) + " – " + decimals(b.High), fmt.Sprint(b.N), decimals(b.Mean), decimals(b.Rate)})
	}
	if len(xs) == 0 {
		p.Empty, p.Shapes = "No draft has a known outcome.", nil
		return p
	}
	p.path("curve", xs, ys)
	for i := range xs {
		row := p.Table.Rows[i]
		p.dot(xs[i], ys[i], 4, fmt.Sprintf("%s drafts, mean probability %s, right %s", row[1], row[2], row[3]))
	}
	const cells = 20
	var counts [cells]int
	most := 0
	for _, o := range s.Outcomes {
		if judged(o) {
			i := min(max(int(float64(o.Probability)*cells), 0), cells-1)
			counts[i]++
			most = max(most, counts[i])
		}
	}
	bottom := float64(p.Height - 4)
	for i, n := range counts {
		h := strip * 0.8 * float64(n) / float64(max(most, 1))
		if n > 0 {
			h = max(h, 1)
		}
		w := f.width / cells
		p.bar("count", f.left+float64(i)*w+1, bottom-h, w-2, h, fmt.Sprintf("%d drafts with %.2f to %.2f", n, float64(i)/cells, float64(i+1)/cells))
	}
	p.line("grid", f.left, bottom, f.left+f.width, bottom)
	p.text("tick", "end", f.left-6, bottom-strip*0.8+8, fmt.Sprint(most))
	p.text("tick", "end", f.left-6, bottom, "0")
	return p
}

// riskCoverage is the risk of answering only the more probable.
func riskCoverage(s SetFindings) *plot {
	p, f := square("Risk and coverage", "Share of wrong drafts when only the most probable ones are used. Dashed: all right ones first, the best there can be.")
	var xs, ys []float64
	var wrong, all int
	for _, o := range s.Outcomes {
		if judged(o) {
			all++
			wrong += b2i(!*o.Right)
		}
	}
	highest := 0.0
	for _, r := range s.RiskCoverage {
		if r.Coverage.Known() && r.Risk.Known() {
			highest = max(highest, float64(r.Risk))
		}
	}
	f.maxY = max(math.Ceil(highest*5-1e-9)/5, 0.2)
	for _, r := range s.RiskCoverage {
		if r.Coverage.Known() && r.Risk.Known() {
			xs, ys = append(xs, f.x(float64(r.Coverage))), append(ys, f.y(float64(r.Risk)))
		}
	}
	if len(xs) == 0 {
		p.Empty = "No draft has a known outcome."
		return p
	}
	p.axes(f, "coverage", "risk")
	if all > 0 {
		var bx, by []float64
		for k := 0; k <= 40; k++ {
			c := float64(k) / 40
			n := c * float64(all)
			risk := 0.0
			if n > 0 {
				risk = max(n-float64(all-wrong), 0) / n
			}
			bx, by = append(bx, f.x(c)), append(by, f.y(risk))
		}
		p.path("ideal", bx, by)
	}
	p.path("curve", xs, ys)
	if len(xs) == 1 {
		p.dot(xs[0], ys[0], 4, "all have the same probability")
	}
	p.Table = &table{Head: []string{"coverage", "risk", "probability from"}}
	next := 0.1
	for i, r := range s.RiskCoverage {
		if float64(r.Coverage) >= next-1e-9 || i == len(s.RiskCoverage)-1 {
			p.Table.Rows = append(p.Table.Rows, []string{decimals(r.Coverage), decimals(r.Risk), decimals(r.Threshold)})
			next = math.Floor(float64(r.Coverage)*10+1e-9)/10 + 0.1
		}
	}
	return p
}

// precision is that of each flag.
func precision(s SetFindings) *plot {
	const row = 44
	p := &plot{
		Title: "Precision per flag", Width: plotWidth, Height: 30 + row*len(s.Flags) + 12,
		Note: "Drafts of each flag that are right, with 95 % intervals; of none, those that would have been.",
	}
	if len(s.Flags) == 0 {
		p.Empty = "No draft has a known outcome."
		return p
	}
	f := frame{left: 66, top: 8, width: plotWidth - 66 - 14, height: float64(row * len(s.Flags)), maxX: 1, maxY: 1}
	for i := range 5 {
		v := float64(i) / 4
		p.line("grid", f.x(v), f.top, f.x(v), f.top+f.height)
		p.text("tick", "middle", f.x(v), f.top+f.height+16, label(v))
	}
	for i, r := range s.Flags {
		y := f.top + float64(i*row)
		p.text("name", "end", f.left-8, y+20, r.Flag)
		about := fmt.Sprintf("%d of %d, coverage %s", r.Right, r.N, decimals(r.Coverage))
		if r.N > 0 && r.Precision.Known() {
			p.bar("flag-"+r.Flag, f.left, y+6, f.x(float64(r.Precision))-f.left, 18, about)
			p.line("whisker", f.x(float64(r.Low)), y+15, f.x(float64(r.High)), y+15)
		}
		p.text("tick", "start", f.left+2, y+37, about)
	}
	return p
}

// latency is the times of whole suggestions.
func latency(s SetFindings) *plot {
	p, f := square("Time to a draft", "")
	f.top, f.height = f.top+14, f.height-14
	var times []float64
	for _, o := range s.Outcomes {
		if ms, ok := o.Steps["total"]; ok && !math.IsNaN(ms) && !math.IsInf(ms, 0) {
			times = append(times, ms)
		}
	}
	if len(times) == 0 {
		p.Empty = "No draft was made."
		return p
	}
	p50, p95, p99 := stats.Percentile(times, .5), stats.Percentile(times, .95), stats.Percentile(times, .99)
	longest := slices.Max(times)
	p.Note = fmt.Sprintf("Message to draft, in milliseconds; what took longer than the 99th percentile is in the last bar. p50 %.1f, p95 %.1f, p99 %.1f, longest %.1f.", p50, p95, p99, longest)
	const cells = 24
	f.maxX = nice(max(p99, 1e-3))
	var counts [cells]int
	for _, ms := range times {
		counts[min(max(int(ms/f.maxX*cells), 0), cells-1)]++
	}
	f.maxY = float64(slices.Max(counts[:]))
	for i := range 5 {
		v := f.maxX * float64(i) / 4
		p.text("tick", "middle", f.x(v), f.top+f.height+16, label(v))
	}
	for i := range 3 {
		v := math.Round(f.maxY * float64(i) / 2)
		p.line("grid", f.left, f.y(v), f.left+f.width, f.y(v))
		p.text("tick", "end", f.left-6, f.y(v)+4, label(v))
	}
	w := f.width / cells
	for i, n := range counts {
		p.bar("count", f.left+float64(i)*w+1, f.y(float64(n)), w-2, f.y(0)-f.y(float64(n)), fmt.Sprintf("%d drafts in %s to %s ms", n, label(f.maxX*float64(i)/cells), label(f.maxX*float64(i+1)/cells)))
	}
	lift := 0.0
	if f.x(p95)-f.x(p50) < 28 {
		lift = 12
	}
	p.line("mark", f.x(p50), f.top-3, f.x(p50), f.top+f.height)
	p.text("tick", "middle", f.x(p50), f.top-6, "p50")
	p.line("mark", f.x(p95), f.top-3-lift, f.x(p95), f.top+f.height)
	p.text("tick", "middle", f.x(p95), f.top-6-lift, "p95")
	p.text("name", "middle", f.left+f.width/2, f.top+f.height+32, "milliseconds")
	p.text("name", "start", 2, 12, "drafts")
	p.Table = &table{Head: []string{"step", "p50", "p95", "p99"}}
	for _, step := range s.steps() {
		l := s.Latency[step]
		p.Table.Rows = append(p.Table.Rows, []string{step, ms(l.P50), ms(l.P95), ms(l.P99)})
	}
	return p
}

func ms(n Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(n))
}

// nice is the next larger number of 1, 2, 4, 5 or 8 times a power of ten.
func nice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 5, 8} {
		if v <= m*power {
			return m * power
		}
	}
	return 10 * power
}

// grades is how a grader scores supported and unsupported responses.
func grades(grader string, s SetFindings) *plot {
	p, f := square("Groundedness by "+grader, "Share of the supported (left bars) and of the unsupported responses (right bars) by score: the further apart, the better.")
	scores, unsupported := labels(grader, s.Outcomes)
	const cells = 10
	var counts [2][cells]int
	var of [2]int
	for i, v := range scores {
		if math.IsNaN(v) {
			continue
		}
		which := b2i(unsupported[i])
		counts[which][min(max(int(v*cells), 0), cells-1)]++
		of[which]++
	}
	if of[0]+of[1] == 0 {
		p.Empty = "No response has a label."
		return p
	}
	for which := range counts {
		for _, n := range counts[which] {
			f.maxY = max(f.maxY, float64(n)/float64(max(of[which], 1)))
		}
	}
	p.axes(f, "score", "share")
	w := f.width / cells / 2
	for which, class := range []string{"supported", "unsupported"} {
		for i, n := range counts[which] {
			v := float64(n) / float64(max(of[which], 1))
			p.bar(class, f.left+float64(2*i+which)*w+float64(1-which), f.y(v), w-1, f.y(0)-f.y(v), fmt.Sprintf("%d %s with %.1f to %.1f", n, class, float64(i)/cells, float64(i+1)/cells))
		}
	}
	p.Table = &table{Head: []string{"score", "supported", "unsupported"}}
	for i := range cells {
		p.Table.Rows = append(p.Table.Rows, []string{fmt.Sprintf("%.1f – %.1f", float64(i)/cells, float64(i+1)/cells), fmt.Sprint(counts[0][i]), fmt.Sprint(counts[1][i])})
	}
	return p
}
