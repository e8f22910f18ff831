package measure

import (
	"fmt"
	"math"
	"slices"

	"github.com/sufflor/sufflor/suggest/measure/stats"
	"github.com/sufflor/sufflor/suggest/measure/svg"
)

// reliability is what probabilities said against what came of it, with a strip
// of how many there are of each.
func reliability(s SetFindings) *svg.Plot {
	p, f := svg.Square("Reliability", "Share that was right against the probability that was said, ten bins of equal mass with 95 % intervals. On the dashed line the probability means what it says. Below: how many drafts have which probability.")
	const strip = 44
	p.Height += strip + 12
	p.Table = &svg.Table{Head: []string{"probability", "n", "mean", "right"}}
	var xs, ys []float64
	p.Axes(f, "probability", "share right")
	p.Line("ideal", f.X(0), f.Y(0), f.X(1), f.Y(1))
	for _, b := range s.Reliability {
		if b.N == 0 || !b.Mean.Known() || !b.Rate.Known() {
			continue
		}
		x, y := f.X(float64(b.Mean)), f.Y(float64(b.Rate))
		low, high := stats.Wilson(int(math.Round(float64(b.Rate)*float64(b.N))), b.N)
		p.Line("whisker", x, f.Y(low), x, f.Y(high))
		xs, ys = append(xs, x), append(ys, y)
		p.Table.Rows = append(p.Table.Rows, []string{decimals(b.Low) + " – " + decimals(b.High), fmt.Sprint(b.N), decimals(b.Mean), decimals(b.Rate)})
	}
	if len(xs) == 0 {
		p.Empty, p.Shapes = "No draft has a known outcome.", nil
		return p
	}
	p.Path("curve", xs, ys)
	for i := range xs {
		row := p.Table.Rows[i]
		p.Dot(xs[i], ys[i], 4, fmt.Sprintf("%s drafts, mean probability %s, right %s", row[1], row[2], row[3]))
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
		w := f.Width / cells
		p.Bar("count", f.Left+float64(i)*w+1, bottom-h, w-2, h, fmt.Sprintf("%d drafts with %.2f to %.2f", n, float64(i)/cells, float64(i+1)/cells))
	}
	p.Line("grid", f.Left, bottom, f.Left+f.Width, bottom)
	p.Text("tick", "end", f.Left-6, bottom-strip*0.8+8, fmt.Sprint(most))
	p.Text("tick", "end", f.Left-6, bottom, "0")
	return p
}

// riskCoverage is the risk of answering only the more probable.
func riskCoverage(s SetFindings) *svg.Plot {
	p, f := svg.Square("Risk and coverage", "Share of wrong drafts when only the most probable ones are used. Dashed: all right ones first, the best there can be.")
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
	f.MaxY = max(math.Ceil(highest*5-1e-9)/5, 0.2)
	for _, r := range s.RiskCoverage {
		if r.Coverage.Known() && r.Risk.Known() {
			xs, ys = append(xs, f.X(float64(r.Coverage))), append(ys, f.Y(float64(r.Risk)))
		}
	}
	if len(xs) == 0 {
		p.Empty = "No draft has a known outcome."
		return p
	}
	p.Axes(f, "coverage", "risk")
	if all > 0 {
		var bx, by []float64
		for k := 0; k <= 40; k++ {
			c := float64(k) / 40
			n := c * float64(all)
			risk := 0.0
			if n > 0 {
				risk = max(n-float64(all-wrong), 0) / n
			}
			bx, by = append(bx, f.X(c)), append(by, f.Y(risk))
		}
		p.Path("ideal", bx, by)
	}
	p.Path("curve", xs, ys)
	if len(xs) == 1 {
		p.Dot(xs[0], ys[0], 4, "all have the same probability")
	}
	p.Table = &svg.Table{Head: []string{"coverage", "risk", "probability from"}}
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
func precision(s SetFindings) *svg.Plot {
	const row = 44
	p := &svg.Plot{
		Title: "Precision per flag", Width: svg.Width, Height: 30 + row*len(s.Flags) + 12,
		Note: "Drafts of each flag that are right, with 95 % intervals; of none, those that would have been.",
	}
	if len(s.Flags) == 0 {
		p.Empty = "No draft has a known outcome."
		return p
	}
	f := svg.Frame{Left: 66, Top: 8, Width: svg.Width - 66 - 14, Height: float64(row * len(s.Flags)), MaxX: 1, MaxY: 1}
	for i := range 5 {
		v := float64(i) / 4
		p.Line("grid", f.X(v), f.Top, f.X(v), f.Top+f.Height)
		p.Text("tick", "middle", f.X(v), f.Top+f.Height+16, svg.Label(v))
	}
	for i, r := range s.Flags {
		y := f.Top + float64(i*row)
		p.Text("name", "end", f.Left-8, y+20, r.Flag)
		about := fmt.Sprintf("%d of %d, coverage %s", r.Right, r.N, decimals(r.Coverage))
		if r.N > 0 && r.Precision.Known() {
			p.Bar("flag-"+r.Flag, f.Left, y+6, f.X(float64(r.Precision))-f.Left, 18, about)
			p.Line("whisker", f.X(float64(r.Low)), y+15, f.X(float64(r.High)), y+15)
		}
		p.Text("tick", "start", f.Left+2, y+37, about)
	}
	return p
}

// latency is the times of whole suggestions.
func latency(s SetFindings) *svg.Plot {
	p, f := svg.Square("Time to a draft", "")
	f.Top, f.Height = f.Top+14, f.Height-14
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
	f.MaxX = svg.Nice(max(p99, 1e-3))
	var counts [cells]int
	for _, ms := range times {
		counts[min(max(int(ms/f.MaxX*cells), 0), cells-1)]++
	}
	f.MaxY = float64(slices.Max(counts[:]))
	for i := range 5 {
		v := f.MaxX * float64(i) / 4
		p.Text("tick", "middle", f.X(v), f.Top+f.Height+16, svg.Label(v))
	}
	for i := range 3 {
		v := math.Round(f.MaxY * float64(i) / 2)
		p.Line("grid", f.Left, f.Y(v), f.Left+f.Width, f.Y(v))
		p.Text("tick", "end", f.Left-6, f.Y(v)+4, svg.Label(v))
	}
	w := f.Width / cells
	for i, n := range counts {
		p.Bar("count", f.Left+float64(i)*w+1, f.Y(float64(n)), w-2, f.Y(0)-f.Y(float64(n)), fmt.Sprintf("%d drafts in %s to %s ms", n, svg.Label(f.MaxX*float64(i)/cells), svg.Label(f.MaxX*float64(i+1)/cells)))
	}
	lift := 0.0
	if f.X(p95)-f.X(p50) < 28 {
		lift = 12
	}
	p.Line("mark", f.X(p50), f.Top-3, f.X(p50), f.Top+f.Height)
	p.Text("tick", "middle", f.X(p50), f.Top-6, "p50")
	p.Line("mark", f.X(p95), f.Top-3-lift, f.X(p95), f.Top+f.Height)
	p.Text("tick", "middle", f.X(p95), f.Top-6-lift, "p95")
	p.Text("name", "middle", f.Left+f.Width/2, f.Top+f.Height+32, "milliseconds")
	p.Text("name", "start", 2, 12, "drafts")
	p.Table = &svg.Table{Head: []string{"step", "p50", "p95", "p99"}}
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

// grades is how a grader scores supported and unsupported responses.
func grades(grader string, s SetFindings) *svg.Plot {
	p, f := svg.Square("Groundedness by "+grader, "Share of the supported (left bars) and of the unsupported responses (right bars) by score: the further apart, the better.")
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
			f.MaxY = max(f.MaxY, float64(n)/float64(max(of[which], 1)))
		}
	}
	p.Axes(f, "score", "share")
	w := f.Width / cells / 2
	for which, class := range []string{"supported", "unsupported"} {
		for i, n := range counts[which] {
			v := float64(n) / float64(max(of[which], 1))
			p.Bar(class, f.Left+float64(2*i+which)*w+float64(1-which), f.Y(v), w-1, f.Y(0)-f.Y(v), fmt.Sprintf("%d %s with %.1f to %.1f", n, class, float64(i)/cells, float64(i+1)/cells))
		}
	}
	p.Table = &svg.Table{Head: []string{"score", "supported", "unsupported"}}
	for i := range cells {
		p.Table.Rows = append(p.Table.Rows, []string{fmt.Sprintf("%.1f – %.1f", float64(i)/cells, float64(i+1)/cells), fmt.Sprint(counts[0][i]), fmt.Sprint(counts[1][i])})
	}
	return p
}
