package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/suggest/measure/svg"
)

// dash stands for what is not known.
const dash = "–"

// insightView is a page of a report, or all of them in one file.
type insightView struct {
	Title      string
	Name       string // of the workspace
	Workspaces []workspaceView
	Nav        []workspaceView
	Rooms      []roomView
	Action     string // of the form
	Workspace  string // id
	From, To   string // days
	Period     string
	Rate       string
	Currency   string
	Notes      []string
	Sections   []insightSection
	Version    string
	Style      template.CSS // of a file
}

// insightSection is a part of a page.
type insightSection struct {
	ID, Title string
	About     []string
	Tiles     []insightTile
	Plots     []*svg.Plot
	Tables    []insightTable
	Gaps      []gapView
	Asks      bool // for what an hour costs
}

// insightTile is a figure in large letters.
type insightTile struct{ Label, Value, Detail string }

// insightTable is a table as it is shown. The first cell of a row names it.
type insightTable struct {
	ID, Title string
	Head      []insightCell
	Rows      []insightRow
	CSV       string // address, "" in a file
	Empty     string
}

type insightRow struct {
	Name  string
	Cells []insightCell
}

// insightCell is a figure, or words.
type insightCell struct {
	Text  string
	Words bool
}

// gapView is a question that the documents do not answer.
type gapView struct {
	insight.Gap
	ID           string
	LanguageName string
	Asked        string // how often and when, in words
	Examples     []gapExample
}

type gapExample struct {
	Text, Href string
	Day        string
}

// insight is the page of that name, or all when it is "".
func (p *pages) insight(w insightWanted, r insight.Report, name string) insightView {
	v := insightView{
		Name: w.ws.title(), Workspace: w.ws.ID, From: w.query.From.Format(time.DateOnly),
		To: w.last.Format(time.DateOnly), Currency: w.currency,
	}
	v.Period = p.word("insight_period", v.From, v.To)
	v.Title = p.word("insight") + " – " + v.Name
	if w.query.Rate > 0 {
		v.Rate = strconv.FormatFloat(w.query.Rate, 'f', -1, 64)
	}
	if r.Uncounted > 0 {
		v.Notes = append(v.Notes, p.word("insight_counting", r.Uncounted))
	}
	if r.Truncated {
		v.Notes = append(v.Notes, p.word("insight_truncated", store.MaxCounted))
	}
	if r.Whole.Suggestions == 0 {
		v.Notes = append(v.Notes, p.word("insight_nothing")+" "+p.word("insight_nothing_next"))
	}
	for _, page := range insightPages {
		address := "/insight/" + page.name
		if page.name == name {
			v.Action = address
		}
		v.Nav = append(v.Nav, workspaceView{Name: p.word("insight_" + page.name), Href: w.address(address), Current: page.name == name})
		if name == "" || page.name == name {
			v.Sections = append(v.Sections, p.insightSection(w, r, page.name))
		}
	}
	for i := range v.Sections {
		for j := range v.Sections[i].Tables {
			if t := &v.Sections[i].Tables[j]; name != "" {
				t.CSV = w.address("/api/insight/csv", "table", t.ID)
			}
		}
	}
	return v
}

func (p *pages) insightSection(w insightWanted, r insight.Report, name string) insightSection {
	v := insightSection{ID: name, Title: p.word("insight_" + name)}
	tables := map[string]insight.Table{}
	for _, t := range r.Tables() {
		tables[t.Key] = t
	}
	table := func(keys ...string) {
		for _, key := range keys {
			v.Tables = append(v.Tables, p.insightTable(tables[key]))
		}
	}
	switch name {
	case "overview":
		v.About = []string{p.word("insight_about_overview")}
		v.Tiles, v.Plots = p.insightTiles(r), p.insightPlots(r)
		table("weeks", "flags", "reliability")
	case "parts":
		v.About = []string{p.word("insight_about_parts")}
		table("desks", "languages", "kinds", "weeks")
	case "gaps":
		v.About = []string{p.word("insight_about_gaps"), p.word("insight_gaps_read", r.Gaps.Read, r.Gaps.Suggestions)}
		if r.Gaps.Left > 0 {
			v.About = append(v.About, p.word("insight_gaps_left", r.Gaps.Left))
		}
		p.articles(&r)
		for i, g := range r.Gaps.Gaps {
			v.Gaps = append(v.Gaps, p.gap(w, g, i))
		}
		table("gaps")
	case "documents":
		v.About = []string{p.word("insight_about_documents")}
		table("documents")
	case "money":
		v.About, v.Asks = p.moneyWords(r.Money), true
		v.Tiles = p.moneyTiles(r.Money, w.currency)
		v.Plots = []*svg.Plot{p.histogram("replies", r.Replies, insight.Hours)}
		table("money")
	}
	return v
}

func (p *pages) insightTiles(r insight.Report) []insightTile {
	f := r.Whole
	return []insightTile{
		p.shareTile("acceptance", f.Acceptance),
		p.shareTile("unedited", f.Unedited),
		p.shareTile("coverage", f.Coverage),
		p.shareTile("precision", f.Precision),
		{p.column("distance_p50"), p.value(f.Distance.P50, insight.Percent), p.word("insight_n", f.Distance.N)},
		{p.column("reply_p50"), p.value(f.Reply.P50, insight.Seconds), p.word("insight_n", f.Reply.N)},
		{p.column("latency_p50"), p.value(f.Latency.P50, insight.Millis), p.word("insight_n", f.Latency.N)},
		{p.column("latency_p95"), p.value(f.Latency.P95, insight.Millis), p.word("insight_n", f.Latency.N)},
	}
}

func (p *pages) shareTile(key string, s insight.Share) insightTile {
	t := insightTile{Label: p.column(key), Value: p.value(s.Value, insight.Percent), Detail: p.word("insight_unknown")}
	if s.N > 0 {
		t.Detail = p.shareDetail(s)
	}
	return t
}

func (p *pages) shareDetail(s insight.Share) string {
	return p.word("insight_of", s.K, s.N) + ", " + p.word("insight_interval", p.value(s.Low, insight.Percent), p.value(s.High, insight.Percent))
}

// moneyWords say what the figures on time mean, and why they may be unknown.
func (p *pages) moneyWords(m insight.Money) []string {
	out := []string{p.word("insight_about_money")}
	switch m.Why {
	case "with":
		out = append(out, p.word("insight_why_with"))
	case "without":
		out = append(out, p.word("insight_why_without"))
	case "few":
		out = append(out, p.word("insight_why_few"))
	default:
		if m.Low <= 0 && m.High >= 0 {
			out = append(out, p.word("insight_by_chance"))
		}
	}
	return out
}

func (p *pages) moneyTiles(m insight.Money, currency string) []insightTile {
	hours := insightTile{Label: p.column("saved"), Value: p.value(m.Hours, insight.Hours), Detail: p.word("insight_unknown")}
	worth := insightTile{Label: p.word("insight_worth"), Value: dash, Detail: p.word("insight_unknown")}
	if m.Hours.Known() {
		hours.Detail = p.word("insight_n", m.Replies) + ", " + p.word("insight_interval", p.value(m.Low, insight.Hours), p.value(m.High, insight.Hours))
		worth.Detail = p.word("insight_no_rate")
	}
	if m.Worth.Known() {
		worth.Value = strings.TrimSpace(strconv.FormatFloat(math.Round(float64(m.Worth)), 'f', -1, 64) + " " + currency)
		worth.Detail = p.word("insight_at_rate", strings.TrimSpace(p.decimal(strconv.FormatFloat(float64(m.Rate), 'f', -1, 64))+" "+currency))
	}
	return []insightTile{
		hours, worth,
		{p.column("with_p50"), p.value(m.With.P50, insight.Seconds), p.word("insight_n", m.With.N)},
		{p.column("without_p50"), p.value(m.Without.P50, insight.Seconds), p.word("insight_n", m.Without.N)},
	}
}

// column is what a column is called.
func (p *pages) column(key string) string { return p.word("insight_" + key) }

func (p *pages) insightTable(t insight.Table) insightTable {
	v := insightTable{ID: t.Key, Title: p.word("insight_table_" + t.Key), Empty: p.word("insight_no_rows")}
	for _, c := range t.Columns {
		v.Head = append(v.Head, insightCell{p.column(c.Key), c.Unit == insight.Text})
	}
	for _, row := range t.Rows {
		var r insightRow
		for i, x := range row {
			text := p.cell(t.Columns[i], x)
			if i == 0 {
				r.Name = text
				continue
			}
			r.Cells = append(r.Cells, insightCell{text, t.Columns[i].Unit == insight.Text})
		}
		v.Rows = append(v.Rows, r)
	}
	return v
}

func (p *pages) cell(c insight.Column, x any) string {
	switch x := x.(type) {
	case string:
		switch c.Key {
		case "kind":
			if word, ok := p.texts["insight_kind_"+x]; ok {
				return word
			}
		case "flag":
			return p.flag(x).Word
		case "language":
			return p.languageName(x)
		}
		return clip(x, 200)
	case int:
		return strconv.Itoa(x)
	case insight.Number:
		return p.value(x, c.Unit)
	case time.Time:
		if x.IsZero() {
			return dash
		}
		return x.Format(time.DateOnly)
	}
	return fmt.Sprint(x)
}

// languageName is a language's own code where its name is not known.
func (p *pages) languageName(code string) string {
	if name, ok := suggest.PhrasesIn(p.language).Languages[code]; ok {
		return name
	}
	return code
}

// value writes a figure with its unit.
func (p *pages) value(n insight.Number, unit insight.Unit) string {
	if !n.Known() {
		return dash
	}
	v := float64(n)
	short := func(v float64, unit string) string {
		digits := 1
		if math.Abs(v) >= 20 || v == math.Trunc(v) {
			digits = 0
		}
		return p.decimal(strconv.FormatFloat(v, 'f', digits, 64)) + " " + unit
	}
	switch unit {
	case insight.Percent:
		return p.word("percent", int(math.Round(100*v)))
	case insight.Millis:
		if v >= 1000 {
			return short(v/1000, "s")
		}
		return short(v, "ms")
	case insight.Seconds:
		switch {
		case v >= 2*24*3600:
			return short(v/(24*3600), p.word("insight_days"))
		case v >= 2*3600:
			return short(v/3600, p.word("insight_hours"))
		case v >= 120:
			return short(v/60, "min")
		}
		return short(v, "s")
	case insight.Hours:
		return short(v, p.word("insight_hours"))
	}
	return p.decimal(strconv.FormatFloat(v, 'f', 2, 64))
}

func (p *pages) gap(w insightWanted, g insight.Gap, i int) gapView {
	v := gapView{
		Gap: g, ID: "gap-" + strconv.Itoa(i+1), LanguageName: p.languageName(g.Language),
		Asked: p.word("insight_gap_asked", g.Count, g.First.Format(time.DateOnly), g.Last.Format(time.DateOnly)),
	}
	if g.Rejected > 0 {
		v.Asked += " " + p.word("insight_gap_rejected", g.Rejected)
	}
	for _, e := range g.Examples {
		v.Examples = append(v.Examples, gapExample{Text: e.Text, Href: link("workspace", w.ws.ID, "suggestion", e.Suggestion), Day: e.Asked.Format(time.DateOnly)})
	}
	return v
}

// articles gives each gap the beginning of an article that would close it. A
// customer's "<" must not become markup where the article is pasted.
func (p *pages) articles(r *insight.Report) {
	plain := strings.NewReplacer("<", "&lt;", "\n", " ")
	for i, g := range r.Gaps.Gaps {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n\n%s\n\n## %s\n\n%s\n\n## %s\n\n", plain.Replace(g.Question), p.word("insight_gap_asked", g.Count, g.First.Format(time.DateOnly), g.Last.Format(time.DateOnly)),
			p.word("insight_answer"), p.word("insight_answer_hint"), p.word("insight_wordings"))
		for _, e := range g.Examples {
			b.WriteString("- " + plain.Replace(e.Text) + "\n")
		}
		r.Gaps.Gaps[i].Article = b.String()
	}
}
