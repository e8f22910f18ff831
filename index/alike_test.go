package index_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// clause is long enough that one word of it may differ.
const clause = "Goods that were bought online may be sent back unused. Ask for a return number first, put the slip into the box and write the " +
	"number on it; the customer pays for the way back, and the money is on the account as soon as the store has looked the goods over. " +
	"Parts that were made to measure, mounted or cut stay with the customer, and so do spare parts whose seal is broken or missing."

func TestWhatSaysTheSame(t *testing.T) {
	original := index.Passage{
		Audience: index.Public, Kind: index.KindText, Language: "en", Document: "a", Title: "Terms", Headings: []string{"Shop", "Returns"}, Text: clause,
	}
	with := func(old, new string) func(*index.Passage) {
		return func(p *index.Passage) {
			if !strings.Contains(p.Text, old) {
				panic(old)
			}
			p.Text = strings.Replace(p.Text, old, new, 1)
		}
	}
	tests := []struct {
		name                           string
		base, change                   func(*index.Passage)
		withinDocument, acrossDocument bool
	}{
		{name: "nothing differs", withinDocument: true, acrossDocument: true},
		{name: "capitals and punctuation", change: func(p *index.Passage) { p.Text = strings.ToUpper(strings.ReplaceAll(p.Text, ",", " –")) }, withinDocument: true, acrossDocument: true},
		{name: "one word", change: with("box", "bag"), withinDocument: true, acrossDocument: true},
		{name: "many words", change: func(p *index.Passage) { p.Text = strings.ReplaceAll(p.Text, "the ", "our ") }},
		{name: "a figure", change: with("unused", "unused for 30 days")},
		{name: "a numeral", base: with("unused", "within thirty days"), change: with("within thirty days", "within fourteen days")},
		{name: "the opposite", change: with("may be", "may not be")},
		{name: "a sign", base: with("unused", "below 5 °C"), change: with("below 5", "below -5")},
		{name: "a currency", base: with("unused", "for 5 €"), change: with("for 5 €", "for 5 $")},
		{name: "a hyphen that is no sign", base: with("unused", "as HK-75 for 10-20 days"), change: with("HK-75 for 10-20", "HK 75 for 10–20"), withinDocument: true, acrossDocument: true},
		{name: "another title", change: func(p *index.Passage) { p.Title = "Questions" }, withinDocument: true, acrossDocument: true},
		{name: "a title with another year", change: func(p *index.Passage) { p.Title = "Terms 2025" }, withinDocument: true},
		{name: "a title with the day of the export", change: func(p *index.Passage) { p.Title = "Terms 2025-11-03 (2)" }, withinDocument: true, acrossDocument: true},
		{name: "another heading above", change: func(p *index.Passage) { p.Headings = []string{"Returns"} }, acrossDocument: true},
		{name: "another product above", change: func(p *index.Passage) { p.Headings = []string{"Pump HK-75", "Returns"} }},
		{name: "another nearest heading", change: func(p *index.Passage) { p.Headings = []string{"Shop", "Complaints"} }},
		{name: "a numbered heading", change: func(p *index.Passage) { p.Headings = []string{"2. Shop", "§ 4 Returns:"} }, acrossDocument: true},
		{name: "other readers", change: func(p *index.Passage) { p.Audience = index.Internal }, withinDocument: true},
		{name: "another guess of the language", change: func(p *index.Passage) { p.Language = "" }, withinDocument: true, acrossDocument: true},
		{name: "another question", change: func(p *index.Passage) { p.Question = "May I return a pump?" }},
		{name: "a question in capitals", base: func(p *index.Passage) { p.Question = "May I?" }, change: func(p *index.Passage) { p.Question = "MAY I" }, acrossDocument: true},
		{name: "few words", base: func(p *index.Passage) { p.Text = "Yes, within reason." }, change: func(p *index.Passage) { p.Text = "Yes – within reason" }, withinDocument: true, acrossDocument: true},
		{
			name: "few words below another heading", base: func(p *index.Passage) { p.Text = "Yes, within reason." },
			change: func(p *index.Passage) { p.Headings = []string{"Workshop", "Returns"} },
		},
		{name: "a word of a table", base: func(p *index.Passage) { p.Kind = index.KindTable }, change: with("slip", "note")},
		{name: "a row, to the letter", base: func(p *index.Passage) { p.Kind, p.Text = index.KindRow, "Part: A-1\nPrice: 390" }, withinDocument: true, acrossDocument: true},
		{
			name: "a row, other punctuation", base: func(p *index.Passage) { p.Kind, p.Text = index.KindRow, "Part: A-1\nPrice: 390" },
			change: func(p *index.Passage) { p.Text = "Part: A-1\nPrice: -390" },
		},
		{
			name: "a case with another number", base: func(p *index.Passage) { p.Kind, p.Locator.Case = index.KindCase, "17" },
			change: func(p *index.Passage) { p.Locator.Case = "18" }, withinDocument: true,
		},
		{
			name: "a case exported twice", base: func(p *index.Passage) { p.Kind, p.Locator.Case = index.KindCase, "17" },
			withinDocument: true, acrossDocument: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := original
			if tt.base != nil {
				tt.base(&p)
			}
			q := p
			if tt.change != nil {
				tt.change(&q)
			}
			for scope, want := range map[index.Scope]bool{index.WithinDocument: tt.withinDocument, index.AcrossDocuments: tt.acrossDocument} {
				for _, pair := range [][2]index.Passage{{p, q}, {q, p}} {
					a := index.NewAlike()
					a.Add(0, index.NewSketch(pair[0], scope))
					_, same := a.Find(index.NewSketch(pair[1], scope), func() bool { return false })
					require.Equal(t, want, same, "scope %d", scope)
				}
			}
		})
	}
}

// BenchmarkAlike is what folding the candidates of a question costs: fifty long
// passages, each below its own heading, every tenth of which is there twice.
func BenchmarkAlike(b *testing.B) {
	passages := corpus(50)
	for i := range passages {
		passages[i].Text = strings.Repeat(passages[i].Text+" ", 1+200/len(strings.Fields(passages[i].Text)))
		passages[i].Headings = []string{"Chapter", "Section " + passages[i].ID}
		if i%10 == 9 {
			passages[i].Headings, passages[i].Text = passages[i-1].Headings, passages[i-1].Text+" once"
		}
	}
	for b.Loop() {
		a := index.NewAlike()
		for i, p := range passages {
			s := index.NewSketch(p, index.AcrossDocuments)
			if _, ok := a.Find(s, func() bool { return false }); !ok {
				a.Add(i, s)
			}
		}
	}
}
