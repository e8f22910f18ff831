package conflict_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/conflict"
)

type side struct {
	Text, Title, Heading, Faq, Product string
	Cells                              []string
}

type pair struct {
	Lang, Question, Conflict string
	A, B                     side
}

func (s side) passage(language, id string, day int) index.Passage {
	p := index.Passage{
		ID: id, Document: id, Language: language, Text: s.Text, Title: s.Title, Product: s.Product, Kind: index.KindText,
		Modified: time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC),
	}
	if s.Heading != "" {
		p.Headings = []string{s.Heading}
	}
	if s.Faq != "" {
		p.Kind, p.Question = index.KindFAQ, s.Faq
	}
	for _, c := range s.Cells {
		header, value, _ := strings.Cut(c, "=")
		p.Kind = index.KindRow
		p.Cells = append(p.Cells, index.Cell{Header: header, Value: value})
		p.Text += header + ": " + value + "\n"
	}
	return p
}

// TestPairs prints precision and recall on our own pairs, those that the rules
// were written with and those that they were not.
func TestPairs(t *testing.T) {
	found, right, real := pairs(t, "pairs.yaml")
	require.GreaterOrEqual(t, float64(right), 0.95*float64(found), "precision")
	require.GreaterOrEqual(t, float64(right), 0.9*float64(real), "recall")
	found, right, _ = pairs(t, "unseen.yaml")
	require.GreaterOrEqual(t, float64(right), 0.9*float64(found), "precision")
}

func pairs(t *testing.T, name string) (found, right, real int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	var all []pair
	require.NoError(t, yaml.Unmarshal(data, &all))
	type tally struct{ pairs, found, right, real int }
	tallies := map[string]*tally{"all": {}}
	for _, p := range all {
		passages := []index.Passage{p.A.passage(p.Lang, "a", 1), p.B.passage(p.Lang, "b", 2)}
		got := conflict.Find(p.Lang, p.Question, passages)
		back := conflict.Find(p.Lang, p.Question, []index.Passage{passages[1], passages[0]})
		require.Len(t, back, len(got), "order decides: %+v", p)
		ok := len(got) > 0 && p.Conflict == string(got[0].Kind)
		if tallies[p.Lang] == nil {
			tallies[p.Lang] = &tally{}
		}
		for _, c := range []*tally{tallies[p.Lang], tallies["all"]} {
			c.pairs++
			if p.Conflict != "" {
				c.real++
			}
			if len(got) > 0 {
				c.found++
			}
			if ok {
				c.right++
			}
		}
		switch {
		case len(got) > 0 && !ok:
			t.Logf("false: %s %q: %q, %q", p.Lang, got[0].What, got[0].ValueA, got[0].ValueB)
		case len(got) == 0 && p.Conflict != "":
			t.Logf("missed: %s %q, %q", p.Lang, passages[0].Text, passages[1].Text)
		case ok:
			c := got[0]
			require.Equal(t, 1, c.Newer)
			require.NotEmpty(t, c.What)
			require.NotEmpty(t, passages[0].Text[c.SpanA.Start:c.SpanA.End])
			require.Contains(t, passages[1].Text[c.SpanB.Start:c.SpanB.End], strings.Fields(strings.Split(c.ValueB, "–")[0])[0])
		}
	}
	for _, l := range slices.Sorted(maps.Keys(tallies)) {
		c := tallies[l]
		t.Logf("%s %-4s %2d pairs, %2d real, %2d found, %2d right: precision %.3f, recall %.3f", name, l, c.pairs, c.real, c.found, c.right,
			float64(c.right)/float64(max(c.found, 1)), float64(c.right)/float64(max(c.real, 1)))
	}
	c := tallies["all"]
	return c.found, c.right, c.real
}

func TestRowsOfOneTableAgree(t *testing.T) {
	a := side{Cells: []string{"Vare=Kniv", "Pris (NOK)=4 290"}}.passage("nb", "a", 1)
	b := side{Cells: []string{"Vare=Kniv", "Pris (NOK)=4 990"}}.passage("nb", "b", 1)
	require.Len(t, conflict.Find("nb", "Hva koster kniven?", []index.Passage{a, b}), 1)
	b.Document = "a"
	require.Empty(t, conflict.Find("nb", "Hva koster kniven?", []index.Passage{a, b}))
}

func TestOffTheQuestionIsNoConflict(t *testing.T) {
	a := side{Text: "Garantien er 24 måneder."}.passage("nb", "a", 1)
	b := side{Text: "Garantien er 36 måneder."}.passage("nb", "b", 1)
	require.Empty(t, conflict.Find("nb", "Hva koster frakten?", []index.Passage{a, b}))
	require.Len(t, conflict.Find("nb", "", []index.Passage{a, b}), 1)
	require.Equal(t, -1, conflict.Find("nb", "", []index.Passage{a, b})[0].Newer)
}

func FuzzFind(f *testing.F) {
	f.Add("nb", "Hvor lang er garantien?", "Garantien er 24 måneder.", "Garantien er ikke 36–40 måneder, 3 % og +47 70 55 01 00.")
	f.Add("de", "", "Preis\t4.050 €\n1. x", "\xff2026-01-02 12:00")
	f.Fuzz(func(t *testing.T, language, question, x, y string) {
		passages := []index.Passage{
			{ID: "1", Document: "1", Language: language, Kind: index.KindText, Text: x, Headings: []string{y}},
			{ID: "2", Document: "2", Language: language, Kind: index.KindFAQ, Question: x, Text: y},
			{ID: "3", Document: "3", Language: language, Kind: index.KindRow, Text: y, Cells: []index.Cell{{Header: x, Value: y}, {Header: y, Value: x}}},
		}
		for _, c := range conflict.Find(language, question, passages) {
			_, _ = passages[c.A].Text[c.SpanA.Start:c.SpanA.End], passages[c.B].Text[c.SpanB.Start:c.SpanB.End]
		}
	})
}

func BenchmarkFind(b *testing.B) {
	var passages []index.Passage
	for i := range 8 {
		text := strings.Repeat(fmt.Sprintf("Garantien på maskiner er %d måneder. Frakten koster 195 kr, og levering tar 4–6 uker. Knivene vendes etter 50 timer. Oljen skiftes hvert år av et verksted. ", 20+i), 2)
		passages = append(passages, side{Text: text}.passage("nb", string(rune('a'+i)), 1))
	}
	for b.Loop() {
		conflict.Find("nb", "Hvor lang er garantien på maskiner?", passages)
	}
}
