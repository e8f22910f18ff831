package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

const pump = "Open the valve slowly before the pump is started, wait until the pressure has settled, and close it again when the lamp goes out; " +
	"never leave the pump running dry, for the seal needs the water to stay cool and will leak within minutes when it does not get any."

func TestPassagesThatSayTheSameAreFolded(t *testing.T) {
	other := strings.Replace(pump, "slowly", "carefully", 1)
	longer := strings.Repeat(pump+" ", 4)
	tests := []struct {
		name   string
		blocks []ingest.Block
		copies []int // of each passage that is left
	}{
		{name: "the same words", blocks: []ingest.Block{title(2, "A"), paragraph(pump, 1), title(2, "A"), paragraph(strings.ToUpper(pump), 9)}, copies: []int{1}},
		{name: "one word in a long text", blocks: []ingest.Block{title(2, "A"), paragraph(longer+other, 1), title(2, "A"), paragraph(longer+pump, 9)}, copies: []int{1}},
		{name: "another figure", blocks: []ingest.Block{title(2, "A"), paragraph(longer+"It costs 390 kr.", 1), title(2, "A"), paragraph(longer+"It costs 490 kr.", 9)}, copies: []int{0, 0}},
		{name: "another heading", blocks: []ingest.Block{title(2, "A"), paragraph(pump, 1), title(2, "B"), paragraph(pump, 9)}, copies: []int{0, 0}},
		{name: "other words", blocks: []ingest.Block{title(2, "A"), paragraph(pump, 1), title(2, "A"), paragraph("The pump is serviced once a year by a fitter, who changes the seal and checks the bearings for play.", 9)}, copies: []int{0, 0}},
		{name: "the same as what was folded into another", blocks: []ingest.Block{
			title(2, "A"), paragraph(longer+other, 1), title(2, "A"), paragraph(longer+pump, 2), title(2, "A"), paragraph(longer+pump, 3),
		}, copies: []int{2}},
		{name: "three times", blocks: []ingest.Block{title(2, "A"), paragraph(pump, 1), title(2, "A"), paragraph(pump, 2), title(2, "A"), paragraph(pump, 3)}, copies: []int{2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var copies []int
			for i, p := range cut(tt.blocks...) {
				copies = append(copies, p.Copies)
				require.Equal(t, i, p.Ordinal)
			}
			require.Equal(t, tt.copies, copies)
		})
	}
}

func TestRowsAreFoldedOnlyWhenTheyAreTheSame(t *testing.T) {
	tab := &ingest.Table{Sheet: true, Header: []string{"Part", "Price"}}
	for _, r := range [][]string{{"Filter 12-A", "390"}, {"Filter 12-B", "390"}, {"Filter 12-A", "390"}} {
		tab.Rows = append(tab.Rows, ingest.Row{Cells: r})
	}
	passages := cut(ingest.Block{Kind: ingest.TableBody, Table: tab})
	require.Len(t, passages, 2)
	require.Equal(t, 1, passages[0].Copies)
}

func TestCasesAreNeverFolded(t *testing.T) {
	solved := func(id string) ingest.Block {
		return ingest.Block{Kind: ingest.CaseBlock, Case: &ingest.Case{ID: id, Question: "Does it leak?", Answer: pump}}
	}
	require.Len(t, cut(solved("1"), solved("2")), 2)
}

func TestWhatIsFoldedIsTheSameEachTime(t *testing.T) {
	var blocks []ingest.Block
	for i := range 200 {
		heading := title(2, strings.Repeat("A", i+1))
		words := make([]string, 60)
		for j := range words {
			words[j] = fmt.Sprintf("%c%c%c", 'a'+j%26, 'a'+j/26, 'a'+i%26)
		}
		first := strings.Join(words, " ")
		words[30] = "other" // 55 of 61 triples stay: just alike enough
		blocks = append(blocks, heading, paragraph(first, 1), heading, paragraph(strings.Join(words, " "), 2))
	}
	once := cut(blocks...)
	for range 3 {
		require.Equal(t, once, cut(blocks...))
	}
}
