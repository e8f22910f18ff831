package web

import (
	"math"
	"strconv"

	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/suggest/measure/svg"
)

func (p *pages) insightPlots(r insight.Report) []*svg.Plot {
	return []*svg.Plot{
		p.outcomesPlot(r.Whole), p.weeksPlot(r.Weeks), p.precisionPlot(r.Flags), p.reliabilityPlot(r.Calibration),
		p.histogram("distances", r.Distances, insight.Percent), p.histogram("latencies", r.Latencies, insight.Millis), p.histogram("replies", r.Replies, insight.Hours),
	}
}

func (p *pages) plot(key string) (*svg.Plot, svg.Frame) {
	v, f := svg.Square(p.word("insight_plot_"+key), p.word("insight_plot_"+key+"_about"))
	v.Figures = p.word("insight_figures")
	return v, f
}

// percentAxes draws a grid of shares, in percent.
func (p *pages) percentAxes(v *svg.Plot, f svg.Frame, both bool) {
	for i := range 5 {
		share := float64(i) / 4
		words := p.value(insight.Number(share), insight.Percent)
		v.Line("grid", f.Left, f.Y(share), f.Left+f.Width, f.Y(share))
		v.Text("tick", "end", f.Left-6, f.Y(share)+4, words)
		if both {
			v.Text("tick", "middle", f.X(share), f.Top+f.Height+16, words)
		}
	}
}

// lane is a horizontal bar with what it is called.
type lane struct {
	name, about, class string
	share              insight.Share
	interval           bool
}

const laneHeight = 44

// lanes draws bars of shares below each other.
func (p *pages) lanes(v *svg.Plot, list []lane) {
	v.Height = 12 + laneHeight*len(list) + 24
	f := svg.Frame{Left: 104, Top: 8, Width: svg.Width - 104 - 22, Height: float64(laneHeight * len(list)), MaxX: 1, MaxY: 1}
	for i := range 5 {
		share := float64(i) / 4
		v.Line("grid", f.X(share), f.Top, f.X(share), f.Top+f.Height)
		v.Text("tick", "middle", f.X(share), f.Top+f.Height+16, p.value(insight.Number(share), insight.Percent))
	}
	for i, l := range list {
		y := f.Top + float64(i*laneHeight)
		v.Text("name", "end", f.Left-8, y+20, clip(l.name, 18))
		if l.share.N > 0 {
			v.Bar(l.class, f.Left, y+6, f.X(float64(l.share.Value))-f.Left, 18, l.about)
			if l.interval {
				v.Line("whisker", f.X(float64(l.share.Low)), y+15, f.X(float64(l.share.High)), y+15)
			}
		}
		v.Text("tick", "start", f.Left+2, y+37, l.about)
	}
}

// outcomesPlot is what became of drafts.
func (p *pages) outcomesPlot(f insight.Figures) *svg.Plot {
	v, _ := p.plot("outcomes")
	n := f.Used + f.Edited + f.Rejected + f.Ignored + f.Open
	if n == 0 {
		v.Empty = p.word("insight_no_rows")
		return v
	}
	var list []lane
	v.Table = &svg.Table{Head: []string{p.word("draft"), p.column("suggestions"), "%"}}
	for _, x := range []struct {
		key string
		n   int
	}{{"used", f.Used}, {"edited", f.Edited}, {"rejected", f.Rejected}, {"ignored", f.Ignored}, {"open", f.Open}} {
		share := insight.Share{K: x.n, N: n, Value: insight.Number(float64(x.n) / float64(n))}
		about := strconv.Itoa(x.n) + " (" + p.value(share.Value, insight.Percent) + ")"
		list = append(list, lane{name: p.column(x.key), about: about, class: "count", share: share})
		v.Table.Rows = append(v.Table.Rows, []string{p.column(x.key), strconv.Itoa(x.n), p.value(share.Value, insight.Percent)})
	}
	p.lanes(v, list)
	return v
}

// weeksPlot is acceptance and coverage by week.
func (p *pages) weeksPlot(weeks []insight.Group) *svg.Plot {
	v, f := p.plot("weeks")
	v.Table = &svg.Table{Head: []string{p.column("week"), p.column("suggestions"), p.column("acceptance"), p.column("coverage")}}
	x := func(i int) float64 { return f.Left + f.Width*(float64(i)+0.5)/float64(len(weeks)) }
	p.percentAxes(v, f, false)
	var xs, ys, cx, cy []float64
	for i, w := range weeks {
		v.Table.Rows = append(v.Table.Rows, []string{w.Name, strconv.Itoa(w.Suggestions), p.value(w.Acceptance.Value, insight.Percent), p.value(w.Coverage.Value, insight.Percent)})
		if w.Coverage.Value.Known() {
			cx, cy = append(cx, x(i)), append(cy, f.Y(float64(w.Coverage.Value)))
		}
		if w.Acceptance.Value.Known() {
			v.Line("whisker", x(i), f.Y(float64(w.Acceptance.Low)), x(i), f.Y(float64(w.Acceptance.High)))
			xs, ys = append(xs, x(i)), append(ys, f.Y(float64(w.Acceptance.Value)))
		}
	}
	if len(xs)+len(cx) == 0 {
		v.Empty, v.Shapes, v.Table = p.word("insight_no_rows"), nil, nil
		return v
	}
	v.Path("ideal", cx, cy)
	v.Path("curve", xs, ys)
	at := 0
	for _, w := range weeks {
		if w.Acceptance.Value.Known() {
			v.Dot(xs[at], ys[at], 4, w.Name+": "+p.shareDetail(w.Acceptance))
			at++
		}
	}
	v.Text("tick", "start", f.Left, f.Top+f.Height+16, weeks[0].Name)
	if len(weeks) > 1 {
		v.Text("tick", "end", f.Left+f.Width, f.Top+f.Height+16, weeks[len(weeks)-1].Name)
	}
	return v
}

func (p *pages) precisionPlot(flags []insight.Flag) *svg.Plot {
	v, _ := p.plot("precision")
	v.Table = &svg.Table{Head: []string{p.column("flag"), p.column("suggestions"), p.column("known"), p.column("precision")}}
	var list []lane
	for _, x := range flags {
		word := p.flag(x.Flag).Word
		about := p.word("insight_unknown")
		if x.Precision.N > 0 {
			about = p.value(x.Precision.Value, insight.Percent) + ", " + p.word("insight_of", x.Precision.K, x.Precision.N)
		}
		v.Table.Rows = append(v.Table.Rows, []string{word, strconv.Itoa(x.N), strconv.Itoa(x.Precision.N), p.value(x.Precision.Value, insight.Percent)})
		if x.Flag != "none" { // what was not drafted was not judged
			list = append(list, lane{name: word, about: about, class: "flag-" + x.Flag, share: x.Precision, interval: true})
		}
	}
	p.lanes(v, list)
	return v
}

func (p *pages) reliabilityPlot(c insight.Calibration) *svg.Plot {
	v, f := p.plot("reliability")
	if c.N == 0 {
		v.Empty = p.word("insight_no_rows")
		return v
	}
	v.Note += " " + p.word("insight_calibration", c.N, p.value(c.AUROC, insight.Ratio), p.value(c.ECE, insight.Ratio), p.value(c.Brier, insight.Ratio))
	p.percentAxes(v, f, true)
	v.Line("ideal", f.X(0), f.Y(0), f.X(1), f.Y(1))
	v.Table = &svg.Table{Head: []string{p.column("probability_mean"), p.column("known"), p.column("right")}}
	var xs, ys []float64
	for _, b := range c.Bins {
		x := f.X(float64(b.Mean))
		v.Line("whisker", x, f.Y(float64(b.Rate.Low)), x, f.Y(float64(b.Rate.High)))
		xs, ys = append(xs, x), append(ys, f.Y(float64(b.Rate.Value)))
		v.Table.Rows = append(v.Table.Rows, []string{p.value(b.Mean, insight.Percent), strconv.Itoa(b.Rate.N), p.value(b.Rate.Value, insight.Percent)})
	}
	v.Path("curve", xs, ys)
	for i, b := range c.Bins {
		v.Dot(xs[i], ys[i], 4, p.value(b.Mean, insight.Percent)+": "+p.shareDetail(b.Rate))
	}
	v.Text("name", "middle", f.Left+f.Width/2, f.Top+f.Height+32, p.column("probability_mean"))
	v.Text("name", "start", 2, f.Top-12, p.column("right"))
	return v
}

// histogram is how values lie.
func (p *pages) histogram(key string, bars []insight.Bar, unit insight.Unit) *svg.Plot {
	v, f := p.plot(key)
	if len(bars) == 0 {
		v.Empty = p.word("insight_no_rows")
		return v
	}
	most := 1
	for _, b := range bars {
		most = max(most, b.N)
	}
	f.MaxX, f.MaxY = float64(bars[len(bars)-1].To), float64(most)
	for i := range 5 {
		x := f.MaxX * float64(i) / 4
		v.Text("tick", "middle", f.X(x), f.Top+f.Height+16, p.value(insight.Number(x), unit))
	}
	last := -1.0
	for i := range 3 {
		if y := math.Round(f.MaxY * float64(i) / 2); y > last {
			v.Line("grid", f.Left, f.Y(y), f.Left+f.Width, f.Y(y))
			v.Text("tick", "end", f.Left-6, f.Y(y)+4, svg.Label(y))
			last = y
		}
	}
	w := f.Width / float64(len(bars))
	v.Table = &svg.Table{Head: []string{p.column("from"), p.column("to"), p.column("suggestions")}}
	for i, b := range bars {
		from, to := p.value(b.From, unit), p.value(b.To, unit)
		if i == len(bars)-1 && unit != insight.Percent {
			to = p.word("insight_and_more")
		}
		y := f.Y(float64(b.N))
		v.Bar("count", f.Left+float64(i)*w+1, y, w-2, f.Y(0)-y, from+" "+dash+" "+to+": "+strconv.Itoa(b.N))
		v.Table.Rows = append(v.Table.Rows, []string{from, to, strconv.Itoa(b.N)})
	}
	v.Text("name", "start", 2, f.Top-12, p.column("suggestions"))
	return v
}
