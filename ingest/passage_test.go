package ingest_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

func paragraph(text string, line int) ingest.Block {
	return ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: index.Locator{Line: line}}
}

func item(marker, text string, line int) ingest.Block {
	return ingest.Block{Kind: ingest.ListItem, Level: 1, Marker: marker, Text: text, Locator: index.Locator{Line: line}}
}

func title(level int, text string) ingest.Block {
	return ingest.Block{Kind: ingest.Heading, Level: level, Text: text}
}

func cut(blocks ...ingest.Block) []index.Passage {
	return ingest.Passages(ingest.Document{Title: "Doc", Blocks: blocks}, origin("doc.md"))
}

var said int

// sentencesOf makes a text of n sentences of 50 characters, none of them said
// before: what is said twice is folded.
func sentencesOf(n int) string {
	var b strings.Builder
	for range n {
		said++
		fmt.Fprintf(&b, "The kettle boils %04d litres in under two minutes. ", said)
	}
	return strings.TrimSpace(b.String())
}

func TestParagraphsAreJoinedUpToAThought(t *testing.T) {
	tests := []struct {
		name  string
		sizes []int // sentences a paragraph
		want  []int // paragraphs a passage
	}{
		{name: "short ones become one passage", sizes: []int{2, 3, 4}, want: []int{3}},
		{name: "a full passage ends", sizes: []int{15, 10, 5}, want: []int{2, 1}},
		{name: "a short beginning does not stand alone", sizes: []int{1, 20}, want: []int{2}},
		{name: "two long ones are two", sizes: []int{20, 20}, want: []int{1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var blocks []ingest.Block
			for i, n := range tt.sizes {
				blocks = append(blocks, paragraph(sentencesOf(n), i+1))
			}
			var got []int
			for _, p := range cut(blocks...) {
				got = append(got, strings.Count(p.Text, "\n\n")+1)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestALongParagraphIsSplitAtSentenceEnds(t *testing.T) {
	text := "Der Preis beträgt ca. 3.390,00 € zzgl. MwSt. ab dem 1. Mai. " + sentencesOf(60)
	passages := cut(paragraph(text, 7))
	require.Greater(t, len(passages), 1)
	joined, last := "", ""
	for _, p := range passages {
		require.LessOrEqual(t, utf8.RuneCountInString(p.Text), 1600)
		require.True(t, strings.HasSuffix(p.Text, "."), "%q", p.Text[len(p.Text)-20:])
		require.Equal(t, 7, p.Locator.Line)
		own, ok := strings.CutPrefix(p.Text, last)
		require.True(t, ok, "the last sentence of the piece before is repeated")
		joined += own + " "
		last = p.Text[strings.LastIndex(strings.TrimSuffix(p.Text, "."), ". ")+2:] + " "
	}
	require.Equal(t, text, strings.TrimSpace(joined), "nothing is lost or added")
}

func TestTextWithoutSentencesIsStillBounded(t *testing.T) {
	word := ""
	for i := range 2500 {
		word += string(rune('a'+i%26)) + string(rune('à'+i/26%64))
	}
	passages := cut(paragraph(word, 1))
	require.Len(t, passages, 4)
	joined := ""
	for _, p := range passages {
		require.True(t, utf8.ValidString(p.Text))
		joined += p.Text
	}
	require.Equal(t, word, joined)
}

func TestWhatIsRepeatedIsBounded(t *testing.T) {
	long := strings.Repeat("Alt om pumpen og ventilen. ", 4000) // 100 KB
	rows := make([]ingest.Row, 400)
	for i := range rows {
		rows[i] = ingest.Row{Cells: []string{fmt.Sprint("verdi ", i)}, Group: long}
	}
	var answers []ingest.Block
	for i := range 400 {
		answers = append(answers, ingest.Block{Kind: ingest.Paragraph, Text: fmt.Sprintf("Avsnitt %d. %s", i, strings.Repeat("Mer om det. ", 80))})
	}
	tests := []struct {
		name string
		doc  ingest.Document
	}{
		{name: "a title", doc: ingest.Document{Title: long, Blocks: answers}},
		{name: "a heading", doc: ingest.Document{Blocks: append([]ingest.Block{{Kind: ingest.Heading, Level: 1, Text: long}}, answers...)}},
		{name: "a caption", doc: ingest.Document{Blocks: []ingest.Block{{Kind: ingest.TableBody, Table: &ingest.Table{Caption: long, Rows: rows}}}}},
		{name: "the header of a column", doc: ingest.Document{Blocks: []ingest.Block{{Kind: ingest.TableBody, Table: &ingest.Table{Header: []string{long}, Rows: rows}}}}},
		{name: "a list item", doc: ingest.Document{Blocks: []ingest.Block{{Kind: ingest.ListItem, Level: 1, Marker: "•", Text: long}}}},
		{name: "the question of a case", doc: ingest.Document{Blocks: []ingest.Block{{Kind: ingest.CaseBlock, Case: &ingest.Case{ID: "1", Question: long, Answer: strings.Repeat(long, 8)}}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			total, all := 0, strings.Builder{}
			for _, p := range ingest.Passages(tt.doc, ingest.Origin{Workspace: "w", Document: "d"}) {
				if p.Kind != index.KindCase {
					require.LessOrEqual(t, len(p.Text), 3000)
				}
				total += len(p.Title) + len(p.Question) + len(p.Text) + len(strings.Join(p.Headings, ""))
				all.WriteString(p.Title + p.Question + p.Text)
			}
			require.Less(t, total, 1_800_000, "nothing long is told with every passage")
			require.Contains(t, all.String(), "Alt om pumpen og ventilen. Alt om")
		})
	}
}

func TestOneWordOfManyMegabytesIsCutInTimeThatGrowsWithIt(t *testing.T) {
	doc := ingest.Document{Blocks: []ingest.Block{{Kind: ingest.Paragraph, Text: strings.Repeat("å", 8<<20)}}}
	passages := ingest.Passages(doc, ingest.Origin{Workspace: "w", Document: "d"})
	require.NotEmpty(t, passages)
	require.LessOrEqual(t, utf8.RuneCountInString(passages[0].Text), 1600)
}

func TestAListStaysWithWhatIntroducesIt(t *testing.T) {
	passages := cut(paragraph(sentencesOf(26), 1), paragraph("Do this:", 2), item("1.", "Open the lid.", 3), item("2.", "Fill in water.", 4))
	require.Len(t, passages, 2)
	require.Equal(t, index.KindText, passages[0].Kind)
	require.NotContains(t, passages[0].Text, "Do this:")
	require.Equal(t, index.KindList, passages[1].Kind)
	require.Equal(t, "Do this:\n\n1. Open the lid.\n2. Fill in water.", passages[1].Text)
	require.Equal(t, index.Locator{Line: 2, LineEnd: 4}, passages[1].Locator)
}

func TestALongListIsSplitBetweenItemsAndRepeatsItsLeadIn(t *testing.T) {
	blocks := []ingest.Block{paragraph("Parts of the kettle:", 1)}
	for i := range 80 {
		blocks = append(blocks, item("•", sentencesOf(1), i+2))
	}
	passages := cut(blocks...)
	require.Len(t, passages, 2)
	items := 0
	for _, p := range passages {
		require.True(t, strings.HasPrefix(p.Text, "Parts of the kettle:\n\n• "))
		require.LessOrEqual(t, utf8.RuneCountInString(p.Text), 2500)
		items += strings.Count(p.Text, "• ")
	}
	require.Equal(t, 80, items)
}

func TestNumberedStepsHoldTogetherAcrossARemark(t *testing.T) {
	passages := cut(item("1.", "Stop the engine.", 1), paragraph("Wait until it stands still.", 2), item("2.", "Open the hood.", 3))
	require.Len(t, passages, 1)
	require.Equal(t, "1. Stop the engine.\nWait until it stands still.\n2. Open the hood.", passages[0].Text)
}

func TestHeadingsMakeThePath(t *testing.T) {
	passages := cut(title(1, "Doc"), title(2, "Use"), title(3, "Cold"), paragraph("Use arctic oil.", 1), title(2, "Care"), paragraph("Grease it.", 2), title(2, ""), paragraph("The company.", 3))
	require.Equal(t, []string{"Use", "Cold"}, passages[0].Headings, "the title is not repeated")
	require.Equal(t, []string{"Care"}, passages[1].Headings)
	require.Empty(t, passages[2].Headings, "a heading without text ends the section")
}

func TestQuestionsAndAnswers(t *testing.T) {
	tests := []struct {
		name    string
		heading string
		asks    bool
	}{
		{name: "a question mark", heading: "Is it waterproof?", asks: true},
		{name: "Norwegian without one", heading: "Hvordan bytter jeg kniver", asks: true},
		{name: "German without one", heading: "Wie bestelle ich Teile", asks: true},
		{name: "Finnish without one", heading: "Miten vaihdan terät", asks: true},
		{name: "Swedish without one", heading: "Hur beställer jag delar", asks: true},
		{name: "a condition is none", heading: "When the machine stops", asks: false},
		{name: "a topic is none", heading: "Warranty", asks: false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := cut(title(2, "FAQ"), title(3, tt.heading), paragraph("Read the manual.", 1))[0]
			if tt.asks {
				require.Equal(t, index.KindFAQ, p.Kind)
				require.Equal(t, tt.heading, p.Question)
				require.Equal(t, []string{"FAQ"}, p.Headings)
			} else {
				require.Equal(t, index.KindText, p.Kind)
				require.Empty(t, p.Question)
			}
		})
	}
}

func TestAHeadingAmongQuestionsIsOne(t *testing.T) {
	passages := cut(
		title(3, "Is it loud?"), paragraph("No.", 1), title(3, "Is it hot?"), paragraph("Yes.", 2),
		title(3, "My kettle shows K-07"), paragraph("Let it cool.", 3), title(3, "Is it heavy?"), paragraph("No, light.", 4),
	)
	require.Equal(t, "My kettle shows K-07", passages[2].Question)
}

func TestQuestionsTypedAsParagraphs(t *testing.T) {
	passages := cut(paragraph("Good to know.", 1), paragraph("Is it loud?", 2), paragraph("No, 40 dB.", 3), paragraph("Is it hot?", 4), paragraph("Yes.", 5), paragraph("Very.", 6))
	require.Len(t, passages, 3)
	require.Equal(t, "Is it hot?", passages[2].Question)
	require.Equal(t, "Yes.\n\nVery.", passages[2].Text)

	alone := cut(paragraph("Is it loud?", 1), paragraph("No, 40 dB.", 2))
	require.Len(t, alone, 1, "one question may be rhetoric")
	require.Empty(t, alone[0].Question)
}

func TestTables(t *testing.T) {
	rows := func(n int) []ingest.Row {
		var out []ingest.Row
		for i := range n {
			out = append(out, ingest.Row{Cells: []string{"K-0" + string(rune('a'+i)), "", "3,5\nkW"}, Group: "Series K", Locator: index.Locator{Page: 2, Box: [4]float64{10, float64(100 - i), 90, float64(101 - i)}}})
		}
		return out
	}
	table := func(n int) ingest.Block {
		return ingest.Block{Kind: ingest.TableBody, Locator: index.Locator{Page: 2}, Table: &ingest.Table{Header: []string{"Model", "Colour", "Power:"}, Rows: rows(n)}}
	}
	passages := cut(paragraph("These models are sold:", 1), table(2))
	require.Len(t, passages, 3)
	require.Equal(t, index.KindTable, passages[0].Kind)
	require.Equal(t, "These models are sold:\nModel | Colour | Power:\nSeries K\nK-0a |  | 3,5 kW\nK-0b |  | 3,5 kW", passages[0].Text)
	require.Equal(t, "These models are sold:\nSeries K\nModel: K-0a\nPower: 3,5 kW", passages[1].Text)
	require.Equal(t, []index.Cell{{Header: "Model", Value: "K-0a"}, {Header: "Power", Value: "3,5 kW"}}, passages[1].Cells)
	require.Equal(t, [4]float64{10, 100, 90, 101}, passages[1].Locator.Box)

	require.Len(t, cut(table(13)), 13, "a long table is rows only")
}

func TestALongRowIsCutAndNothingOfItIsLost(t *testing.T) {
	row := func(cells ...string) []index.Passage {
		refs := []string{"A2", "B2", "C2", "D2"}[:len(cells)]
		return cut(ingest.Block{Kind: ingest.TableBody, Table: &ingest.Table{Sheet: true, Header: []string{"Model", "Notes", "Price", "Stock"}[:len(cells)], Rows: []ingest.Row{{Cells: cells, Refs: refs, Locator: index.Locator{Sheet: "S", Cells: "A2:D2"}}}}})
	}
	long := sentencesOf(10_000) // 500 KB
	var word strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&word, "å%d", i)
	}
	tests := []struct {
		name  string
		cells []string
	}{
		{name: "a long cell among short ones", cells: []string{"K-0a", long, "490", "7"}},
		{name: "the first cell", cells: []string{long, "490"}},
		{name: "a word without end", cells: []string{"K-0a", word.String(), "490"}},
		{name: "many cells that are not too long each", cells: []string{"K-0a", sentencesOf(40), sentencesOf(40), sentencesOf(40)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			passages := row(tt.cells...)
			require.Greater(t, len(passages), 1)
			said := map[string]string{}
			for i, p := range passages {
				require.Equal(t, index.KindRow, p.Kind)
				require.Equal(t, "A2:D2", p.Locator.Cells)
				require.LessOrEqual(t, utf8.RuneCountInString(p.Text), 4800)
				require.True(t, strings.HasPrefix(p.Text, "Model: "+tt.cells[0][:4]), "what the row is about")
				for j, c := range p.Cells {
					if i == 0 || j > 0 {
						said[c.Ref] += " " + c.Value
					}
				}
			}
			for i, ref := range []string{"A2", "B2", "C2", "D2"}[:len(tt.cells)] {
				require.Equal(t, strings.ReplaceAll(tt.cells[i], " ", ""), strings.ReplaceAll(said[ref], " ", ""))
			}
		})
	}
	require.Len(t, row("K-0a", sentencesOf(80), "490"), 1, "what a person can read stays whole")
}

func TestASectionOfATableThatIsNoLabelIsSaidOnce(t *testing.T) {
	long := sentencesOf(20)
	passages := cut(ingest.Block{Kind: ingest.TableBody, Table: &ingest.Table{Sheet: true, Header: []string{"Model"}, Rows: []ingest.Row{
		{Cells: []string{"K-0a"}, Group: long}, {Cells: []string{"K-0b"}, Group: long},
	}}})
	require.Len(t, passages, 3)
	require.Equal(t, long, passages[0].Text)
	require.True(t, strings.HasSuffix(passages[2].Text, "…\nModel: K-0b"))
}

func TestLocatorsCoverExactlyTheirBlocks(t *testing.T) {
	on := func(page int, box [4]float64) ingest.Block {
		return ingest.Block{Kind: ingest.Paragraph, Text: "Text.", Locator: index.Locator{Page: page, Box: box}}
	}
	tests := []struct {
		name   string
		blocks []ingest.Block
		want   index.Locator
	}{
		{name: "boxes on one page are joined", blocks: []ingest.Block{on(1, [4]float64{10, 50, 60, 80}), on(1, [4]float64{5, 20, 40, 45})}, want: index.Locator{Page: 1, Box: [4]float64{5, 20, 60, 80}}},
		{name: "two pages have no box", blocks: []ingest.Block{on(1, [4]float64{10, 50, 60, 80}), on(2, [4]float64{5, 20, 40, 45})}, want: index.Locator{Page: 1, PageEnd: 2}},
		{name: "an unknown box leaves none", blocks: []ingest.Block{on(3, [4]float64{10, 50, 60, 80}), on(3, [4]float64{})}, want: index.Locator{Page: 3}},
		{name: "cells from the first to the last", blocks: []ingest.Block{
			{Kind: ingest.Paragraph, Text: "a", Locator: index.Locator{Sheet: "S", Cells: "A3:F3"}}, {Kind: ingest.Paragraph, Text: "b", Locator: index.Locator{Sheet: "S", Cells: "A5"}},
		}, want: index.Locator{Sheet: "S", Cells: "A3:A5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			passages := cut(tt.blocks...)
			require.Len(t, passages, 1)
			require.Equal(t, tt.want, passages[0].Locator)
		})
	}
}

func TestIDsAreStableAndUnique(t *testing.T) {
	same := paragraph("The same words.", 1)
	before := cut(title(2, "A"), same, title(2, "B"), same) // alike, but said of two things
	require.NotEqual(t, before[0].ID, before[1].ID, "the same words twice in one place")
	after := cut(title(2, "A"), same, title(2, "B"), paragraph("Other words.", 1))
	require.Equal(t, before[0].ID, after[0].ID)
	other := origin("doc.md")
	other.Document = "d2"
	require.NotEqual(t, before[0].ID, ingest.Passages(ingest.Document{Title: "Doc", Blocks: []ingest.Block{title(2, "A"), same}}, other)[0].ID)
}

func TestLanguages(t *testing.T) {
	norwegian := "Maskinen skal stå på et plant underlag når den ikke er i bruk, og nøkkelen skal tas ut."
	german := "Die Maschine muss auf ebenem Boden stehen, wenn sie nicht benutzt wird, und der Schlüssel ist abzuziehen. Das gilt auch bei kurzen Pausen und in der Werkstatt, solange niemand daran arbeitet."
	doc := ingest.Document{Title: "x", Blocks: []ingest.Block{
		title(2, "A"), paragraph(norwegian, 1), title(2, "B"), paragraph("55 kW", 2), title(2, "C"), paragraph(german, 3), title(2, "D"), paragraph(strings.Repeat(norwegian+" ", 4), 4),
		{Kind: ingest.CaseBlock, Case: &ingest.Case{ID: "1", Question: "Ok?", Answer: "Yes.", Language: "sv-SE"}},
	}}
	var got []string
	for _, p := range ingest.Passages(doc, origin("x.md")) {
		got = append(got, p.Language)
	}
	require.Equal(t, []string{"nb", "nb", "de", "nb", "sv"}, got)
}

func TestSheetsHaveTheirOwnLanguage(t *testing.T) {
	sheet := func(name string, texts ...string) []ingest.Block {
		tab := &ingest.Table{Sheet: true, Header: []string{"a", "b"}}
		for _, s := range texts {
			tab.Rows = append(tab.Rows, ingest.Row{Cells: []string{s, "12"}, Locator: index.Locator{Sheet: name, Cells: "A1:B1"}})
		}
		return []ingest.Block{title(1, name), {Kind: ingest.TableBody, Table: tab}}
	}
	doc := ingest.Document{Title: "x", Blocks: append(
		sheet("Norge", "Støysett til flishogger, med montering på verksted", "Knivsett"),
		sheet("Suomi", "Melunvaimennussarja hakettimeen, asennus korjaamolla", "Teräsarja")...)}
	var got []string
	for _, p := range ingest.Passages(doc, origin("x.xlsx")) {
		got = append(got, p.Language)
	}
	require.Equal(t, []string{"nb", "nb", "fi", "fi"}, got)
}

func TestTitlesAreNeverEmpty(t *testing.T) {
	for source, want := range map[string]string{"a/b/price_list 2026.xlsx": "price list 2026", "": "Untitled", ".md": "Untitled"} {
		p := ingest.Passages(ingest.Document{Blocks: []ingest.Block{paragraph("x y z", 1)}}, origin(source))
		require.Equal(t, want, p[0].Title, source)
	}
}

func FuzzPassages(f *testing.F) {
	f.Add("Is it loud?", "• No.\n\n", 3, "K-07: 38 900 kr")
	f.Add(strings.Repeat("x. ", 900), "\x00\u00ad\u200b", -1, "\xff\xfe")
	f.Fuzz(func(t *testing.T, a, b string, level int, c string) {
		doc := ingest.Document{Title: c, Blocks: []ingest.Block{
			{Kind: ingest.Heading, Level: level, Text: a},
			{Kind: ingest.Paragraph, Text: b},
			{Kind: ingest.ListItem, Level: level, Marker: c, Text: a},
			{Kind: ingest.Paragraph, Text: c},
			{Kind: ingest.TableBody, Table: &ingest.Table{Caption: a, Header: []string{b}, Rows: []ingest.Row{{Cells: []string{a, c}, Group: b}}}},
			{Kind: ingest.TableBody},
			{Kind: ingest.CaseBlock},
			{Kind: ingest.CaseBlock, Case: &ingest.Case{ID: c, Question: a, Answer: b}},
		}}
		seen := map[string]bool{}
		for i, p := range ingest.Passages(doc, origin("f.md")) {
			if p.Text == "" || p.Title == "" || p.Ordinal != i || seen[p.ID] || !utf8.ValidString(p.Text) {
				t.Fatalf("passage %d: %+v", i, p)
			}
			seen[p.ID] = true
		}
	})
}

func BenchmarkPassages(b *testing.B) {
	var blocks []ingest.Block
	for i := range 200 {
		blocks = append(blocks, title(2, "Section"), paragraph(sentencesOf(8), i), item("1.", sentencesOf(1), i), item("2.", sentencesOf(1), i))
	}
	doc := ingest.Document{Title: "Doc", Blocks: blocks}
	for b.Loop() {
		ingest.Passages(doc, origin("doc.md"))
	}
}

func TestCuttingIsBounded(t *testing.T) {
	tab := &ingest.Table{Sheet: true}
	row := ingest.Row{}
	for i := range 100 {
		tab.Header, row.Cells = append(tab.Header, strings.Repeat("long ", 50)+strconv.Itoa(i)), append(row.Cells, "1")
	}
	for range 100 {
		tab.Rows = append(tab.Rows, row)
	}
	doc := ingest.Document{Blocks: []ingest.Block{title(1, "Prices"), paragraph(pump, 1), {Kind: ingest.TableBody, Table: tab}}}
	whole := ingest.Passages(doc, origin("a.xlsx"))
	within, err := ingest.Cut(t.Context(), doc, origin("a.xlsx"))
	require.NoError(t, err)
	require.Equal(t, whole, within)

	_, err = ingest.CutWithin(t.Context(), doc, origin("prices/a.xlsx"), 1<<20) // it has 20 KB of text
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	require.ErrorContains(t, err, "a.xlsx take more than 1 MB")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ingest.Cut(ctx, doc, origin("a.xlsx"))
	require.ErrorIs(t, err, context.Canceled)
}
