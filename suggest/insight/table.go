package insight

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Unit says what the values of a column are.
type Unit string

// The units.
const (
	Text    Unit = "text"
	Count   Unit = "count"
	Percent Unit = "percent" // a share, 0 to 1
	Ratio   Unit = "ratio"   // 0 to 1, not a share of things
	Seconds Unit = "seconds"
	Millis  Unit = "millis"
	Hours   Unit = "hours"
	Day     Unit = "day"
)

// Column of a table. Its key is the same in every language.
type Column struct {
	Key  string
	Unit Unit
}

// Table is figures as rows. A value is a string, an int, a [Number] or a
// [time.Time].
type Table struct {
	Key     string
	Columns []Column
	Rows    [][]any
}

// figureColumns are those of a [Figures].
var figureColumns = []Column{
	{"suggestions", Count},
	{"asked", Count},
	{"coverage", Percent},
	{"used", Count},
	{"edited", Count},
	{"rejected", Count},
	{"ignored", Count},
	{"open", Count},
	{"sent", Count},
	{"acceptance", Percent},
	{"acceptance_low", Percent},
	{"acceptance_high", Percent},
	{"unedited", Percent},
	{"distance_p50", Ratio},
	{"reply_p50", Seconds},
	{"latency_p50", Millis},
	{"latency_p95", Millis},
	{"precision", Percent},
}

func (f Figures) row(name string) []any {
	return []any{
		name, f.Suggestions, f.Asked, f.Coverage.Value, f.Used, f.Edited, f.Rejected, f.Ignored, f.Open, f.Sent, f.Acceptance.Value, f.Acceptance.Low,
		f.Acceptance.High, f.Unedited.Value, f.Distance.P50, f.Reply.P50, f.Latency.P50, f.Latency.P95, f.Precision.Value,
	}
}

// Tables are all tables of a report, in the order in which it is read.
func (r Report) Tables() []Table {
	out := []Table{{Key: "whole", Columns: append([]Column{{"part", Text}}, figureColumns...), Rows: [][]any{r.Whole.row("")}}}
	for _, part := range []struct {
		key    string
		column string
		groups []Group
	}{{"weeks", "week", r.Weeks}, {"desks", "desk", r.Desks}, {"languages", "language", r.Languages}, {"kinds", "kind", r.Kinds}} {
		t := Table{Key: part.key, Columns: append([]Column{{part.column, Text}}, figureColumns...)}
		for _, g := range part.groups {
			t.Rows = append(t.Rows, g.row(g.Name))
		}
		out = append(out, t)
	}
	t := Table{Key: "flags", Columns: []Column{{"flag", Text}, {"suggestions", Count}, {"known", Count}, {"right", Count}, {"precision", Percent}, {"low", Percent}, {"high", Percent}}}
	for _, f := range r.Flags {
		t.Rows = append(t.Rows, []any{f.Flag, f.N, f.Precision.N, f.Precision.K, f.Precision.Value, f.Precision.Low, f.Precision.High})
	}
	out = append(out, t)
	t = Table{Key: "reliability", Columns: []Column{{"probability_low", Ratio}, {"probability_high", Ratio}, {"probability_mean", Ratio}, {"known", Count}, {"right", Percent}, {"low", Percent}, {"high", Percent}}}
	for _, b := range r.Calibration.Bins {
		t.Rows = append(t.Rows, []any{b.Low, b.High, b.Mean, b.Rate.N, b.Rate.Value, b.Rate.Low, b.Rate.High})
	}
	out = append(out, t, barTable("distances", Ratio, r.Distances), barTable("latencies", Millis, r.Latencies), barTable("replies", Hours, r.Replies))
	t = Table{Key: "gaps", Columns: []Column{{"question", Text}, {"language", Text}, {"asked", Count}, {"rejected", Count}, {"first", Day}, {"last", Day}, {"wordings", Text}}}
	for _, g := range r.Gaps.Gaps {
		words := make([]string, len(g.Examples))
		for i, e := range g.Examples {
			words[i] = e.Text
		}
		t.Rows = append(t.Rows, []any{g.Question, g.Language, g.Count, g.Rejected, g.First, g.Last, strings.Join(words, " | ")})
	}
	out = append(out, t)
	t = Table{Key: "documents", Columns: []Column{
		{"document", Text},
		{"path", Text},
		{"modified", Day},
		{"cited", Count},
		{"used", Count},
		{"edited", Count},
		{"rejected", Count},
		{"ignored", Count},
		{"usefulness", Percent},
		{"disputed", Count},
		{"outdated", Count},
	}}
	for _, d := range r.Documents {
		t.Rows = append(t.Rows, []any{d.Title, d.Path, d.Modified, d.Cited, d.Used, d.Edited, d.Rejected, d.Ignored, d.Usefulness.Value, d.Disputed, d.Outdated})
	}
	out = append(out, t)
	t = Table{Key: "money", Columns: []Column{{"kind", Text}, {"with", Count}, {"with_p50", Seconds}, {"without", Count}, {"without_p50", Seconds}, {"saved", Hours}}}
	for _, k := range r.Money.Kinds {
		t.Rows = append(t.Rows, []any{k.Kind, k.With.N, k.With.P50, k.Without.N, k.Without.P50, k.Hours})
	}
	return append(out, t)
}

func barTable(key string, unit Unit, bars []Bar) Table {
	t := Table{Key: key, Columns: []Column{{"from", unit}, {"to", unit}, {"suggestions", Count}}}
	for _, b := range bars {
		t.Rows = append(t.Rows, []any{b.From, b.To, b.N})
	}
	return t
}

// WriteCSV writes a table with a line of keys first. Unknown figures are
// empty, times are RFC 3339. Text that a spreadsheet would take for a formula
// gets an apostrophe in front.
func (t Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	cells := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = c.Key
	}
	if err := out.Write(cells); err != nil {
		return fmt.Errorf("write table %s: %w", t.Key, err)
	}
	for _, row := range t.Rows {
		for i, v := range row {
			cells[i] = cell(v)
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("write table %s: %w", t.Key, err)
		}
	}
	out.Flush()
	return out.Error()
}

func cell(v any) string {
	switch v := v.(type) {
	case string:
		return harmless(v)
	case int:
		return strconv.Itoa(v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339)
	case Number:
		if !v.Known() {
			return ""
		}
		return strconv.FormatFloat(float64(v), 'f', -1, 64)
	}
	return harmless(fmt.Sprint(v))
}

// harmless keeps spreadsheets from running what a customer wrote: a cell that
// begins with one of these signs, in their narrow or wide form and behind
// blanks, is a formula to some of them (OWASP, CSV Injection).
func harmless(text string) string {
	if s := strings.TrimLeft(text, " \u00a0"); s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + text
	}
	return text
}
