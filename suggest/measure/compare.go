package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"text/tabwriter"

	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// SetComparison is how two systems differ on the items of a set that both have.
type SetComparison struct {
	Set   string `json:"set"`
	This  string `json:"this"`
	Other string `json:"other"`
	Items int    `json:"items"` // that both have
	// OnlyThis and OnlyOther are how many items the other one lacks; they do not
	// count.
	OnlyThis  int                   `json:"only_this"`
	OnlyOther int                   `json:"only_other"`
	Measures  map[string]Difference `json:"measures"`
}

// Difference is a measure of two systems on the same items.
type Difference struct {
	This       Number `json:"this"`
	Other      Number `json:"other"`
	Difference Number `json:"difference"` // this less other
	Low        Number `json:"low"`        // 95 % interval of it, paired bootstrap
	High       Number `json:"high"`
	// P is that of a paired randomization test over groups, Holm corrected for
	// the number of measures of the set.
	P    Number `json:"p"`
	Holm Number `json:"p_holm"`
	// Effect is the mean difference in standard deviations of the differences
	// (Cohen's d_z); null for figures that are no means.
	Effect Number `json:"effect"`
	N      int    `json:"n"` // pairs
}

// CompareWith adds to f how its sets differ from those of the same name in
// other. Sets that other lacks are left out; when it has none of them, that is
// an error.
func (f *Findings) CompareWith(other *Findings) error {
	graders := slices.Clone(f.Setup.Graders)
	measures := Measures(slices.DeleteFunc(graders, func(g string) bool { return !slices.Contains(other.Setup.Graders, g) }))
	this, that := f.Setup.Name, other.Setup.Name
	if this == that {
		this, that = "this", "that"
	}
	for _, s := range f.Sets {
		at := slices.IndexFunc(other.Sets, func(o SetFindings) bool { return o.Name == s.Name && o.Split == s.Split })
		if at < 0 {
			continue
		}
		c := compare(s.Outcomes, other.Sets[at].Outcomes, measures)
		if c.Items == 0 {
			return fmt.Errorf("set %s: %s and %s have no item in common; were they made of the same data?", s.Name, this, that)
		}
		c.Set, c.This, c.Other = s.Name, this, that
		f.Compare = append(f.Compare, c)
	}
	if len(f.Compare) == 0 {
		return fmt.Errorf("%s and %s have no set in common, by name and split", this, that)
	}
	return nil
}

func compare(ours, theirs []*Outcome, measures []Measure) SetComparison {
	byID := make(map[string]*Outcome, len(theirs))
	for _, o := range theirs {
		byID[o.ID] = o
	}
	var a, b []*Outcome
	for _, o := range ours {
		if t := byID[o.ID]; t != nil {
			a, b = append(a, o), append(b, t)
		}
	}
	c := SetComparison{Items: len(a), OnlyThis: len(ours) - len(a), OnlyOther: len(theirs) - len(a), Measures: map[string]Difference{}}
	var keys []string
	var p []float64
	for _, m := range measures {
		d, ok := m.difference(a, b)
		if !ok {
			continue
		}
		c.Measures[m.Key] = d
		keys, p = append(keys, m.Key), append(p, float64(d.P))
	}
	for i, v := range stats.Holm(p) {
		d := c.Measures[keys[i]]
		d.Holm = Number(v)
		c.Measures[keys[i]] = d
	}
	return c
}

// difference compares the same items in two runs. A mean is compared on the
// items that have it in both.
func (m Measure) difference(a, b []*Outcome) (d Difference, ok bool) {
	if m.of == nil && m.share == nil {
		var x, y []float64
		var both []*Outcome
		for i := range a {
			v, here := a[i].Scores[m.Key]
			w, there := b[i].Scores[m.Key]
			if here && there {
				x, y, both = append(x, v), append(y, w), append(both, a[i])
			}
		}
		if len(both) == 0 {
			return d, false
		}
		p := stats.Pair(x, y, groups(both))
		d = Difference{Difference: Number(p.Difference), Low: Number(p.Low), High: Number(p.High), P: Number(p.P), Effect: Number(p.Effect), N: p.N}
		for i := range x {
			d.This += Number(x[i] / float64(len(x)))
			d.Other += Number(y[i] / float64(len(y)))
		}
		return d, true
	}
	n := 0
	for i := range a {
		if m.counts(a[i]) && m.counts(b[i]) {
			n++
		}
	}
	if !slices.ContainsFunc(a, m.counts) || !slices.ContainsFunc(b, m.counts) {
		return d, false
	}
	of := m.Value
	d = Difference{This: Number(of(a)), Other: Number(of(b)), Effect: Number(math.NaN()), N: n}
	d.Difference = d.This - d.Other
	g := groups(a)
	var x, y []*Outcome
	low, high := stats.Interval(g, func(places []int) float64 {
		x, y = x[:0], y[:0]
		for _, i := range places {
			x, y = append(x, a[i]), append(y, b[i])
		}
		return of(x) - of(y)
	})
	d.Low, d.High, d.P = Number(low), Number(high), Number(stats.Swap(a, b, g, of))
	return d, true
}

func (c SetComparison) write(w io.Writer, measures []Measure) error {
	fmt.Fprintf(w, "%s: %s less %s, %d items in both", c.Set, c.This, c.Other, c.Items)
	if c.OnlyThis+c.OnlyOther > 0 {
		fmt.Fprintf(w, ", left out: %d only in %s, %d only in %s", c.OnlyThis, c.This, c.OnlyOther, c.Other)
	}
	fmt.Fprint(w, "\n\n")
	t := markdown{tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)}
	t.head("compared", c.This, c.Other, "difference", "95 % interval", "p", "p (Holm)", "effect", "n")
	for _, m := range measures {
		d, ok := c.Measures[m.Key]
		if !ok {
			continue
		}
		t.row(m.Label, m.format(d.This), m.format(d.Other), signed(d.Difference), interval(signed(d.Low), signed(d.High)), four(d.P), four(d.Holm), signed(d.Effect), fmt.Sprint(d.N))
	}
	return t.Flush()
}

func signed(n Number) string {
	if s := decimals(n); s == "–" || s == "0.000" || float64(n) < 0 {
		return s
	}
	return "+" + decimals(n)
}

func four(n Number) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.4f", float64(n))
}

// maxSaved bounds a saved report or run.
const maxSaved = 1 << 30

// ReadSaved reads what was measured before: a report in JSON, or a run.
func ReadSaved(ctx context.Context, path string) (*Findings, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("saved run: %w", err)
	}
	if info.IsDir() || info.Size() > maxSaved {
		return nil, fmt.Errorf("saved run: %s is no file of at most %d MB", path, maxSaved>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("saved run: %w", err)
	}
	var head runHeader
	first := json.NewDecoder(bytes.NewReader(data))
	if err := first.Decode(&head); err != nil || head.Format != reportFormat && head.Format != runFormat {
		return nil, fmt.Errorf("%s: not a saved run; make one with sufflor eval drafts --run FILE, or with --json", path)
	}
	if head.Version != formatVersion {
		return nil, fmt.Errorf("%s: version %d of the format, and this program reads %d; measure again", path, head.Version, formatVersion)
	}
	var f Findings
	if head.Format == reportFormat {
		if err := json.Unmarshal(data, &f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		f.Compare = nil
	} else if f, err = readRun(ctx, path, head, data); err != nil {
		return nil, err
	}
	return &f, f.check(path)
}

func readRun(ctx context.Context, path string, head runHeader, data []byte) (Findings, error) {
	f := Findings{Format: reportFormat, Version: formatVersion, Setup: head.Setup}
	started := false
	err := retrieval.Lines(ctx, path, bytes.NewReader(data), func(_ int, raw []byte) error {
		if !started {
			started = true
			return nil
		}
		var l runLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return err
		}
		at := slices.IndexFunc(f.Sets, func(s SetFindings) bool { return s.Name == l.Set && s.Split == l.Split })
		if at < 0 {
			at = len(f.Sets)
			f.Sets = append(f.Sets, SetFindings{Name: l.Set, Form: l.Form, Split: l.Split})
		}
		f.Sets[at].Outcomes = append(f.Sets[at].Outcomes, &l.Outcome)
		return nil
	})
	return f, err
}

// check is that the outcomes can be compared.
func (f *Findings) check(path string) error {
	for _, s := range f.Sets {
		seen := map[string]bool{}
		for _, o := range s.Outcomes {
			switch {
			case o == nil || o.ID == "":
				return fmt.Errorf("%s: set %s: an item has no id", path, s.Name)
			case seen[o.ID]:
				return fmt.Errorf("%s: set %s: item %q is there twice", path, s.Name, o.ID)
			}
			seen[o.ID] = true
			if o.Group == "" {
				o.Group = o.ID
			}
		}
	}
	if len(f.Sets) == 0 {
		return fmt.Errorf("%s: no items", path)
	}
	return nil
}

// Again makes the figures of what was saved once more, so that it can be shown
// like what was just measured.
func (f *Findings) Again() {
	sets := f.Sets
	f.Sets = nil
	for _, s := range sets {
		notes := slices.DeleteFunc(s.Notes, func(n string) bool { return n == rightness[s.Form] }) // said anew
		f.Add(&Dataset{Name: s.Name, Split: s.Split, Form: s.Form, Notes: notes}, s.Passages, s.Outcomes)
	}
}
