package flow_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/flow/flowtest"
)

func p(text string) flow.Paragraph { return flow.Paragraph{Text: text} }

func c(text string) flow.Paragraph {
	return flow.Paragraph{Text: text, Depth: 1, Ends: flow.OfCell}
}

func row(edges ...int) flow.Paragraph {
	return flow.Paragraph{Depth: 1, Ends: flow.OfRow, Row: flow.Row{Edges: edges}}
}

func TestBlocks(t *testing.T) {
	nested := []flow.Paragraph{
		c("a"),
		{Text: "before", Depth: 1},
		{Text: "x", Depth: 2, Ends: flow.OfCell},
		{Text: "y", Depth: 2, Ends: flow.OfCell},
		{Depth: 2, Ends: flow.OfRow},
		c("after"), row(),
		c("b"), c("c"), row(),
	}
	header := row(0, 100, 200)
	header.Row.Header = true
	up := row(0, 100, 200)
	up.Row.Merge = []flow.Merge{{Up: true}, {}}
	left := row(0, 100, 200)
	left.Row.Merge = []flow.Merge{{}, {Left: true}}
	tests := []struct {
		name string
		in   []flow.Paragraph
		want []string
	}{
		{name: "nothing", in: nil, want: nil},
		{name: "headings, items and paragraphs", in: []flow.Paragraph{{Text: "A", Outline: 2}, {Text: "B", Outline: 9, Marker: "1.2"}, {Text: "C", Marker: "a)", Level: 2}, p(" "), p("D")}, want: []string{"heading2| A", "heading6| 1.2 B", "item2 a)| C", "paragraph| D"}},
		{name: "a table of contents is left out", in: []flow.Paragraph{{Text: "Garanti 3", Contents: true}, p("a")}, want: []string{"paragraph| a"}},
		{name: "also with dots and Roman numbers", in: []flow.Paragraph{{Text: "Forord......iv", Contents: true}, {Text: "Feil\tA-12", Contents: true}, p("a")}, want: []string{"paragraph| a"}},
		{name: "headings in a style of a table of contents stay", in: []flow.Paragraph{{Text: "2.1\tGaranti", Contents: true}, {Text: "Levering", Contents: true, Outline: 2}}, want: []string{"paragraph| 2.1\tGaranti", "heading2| Levering"}},
		{name: "numbered titles are headings", in: []flow.Paragraph{{Text: "A", Title: true, Marker: "1."}, {Text: "B", Title: true, Marker: flow.Bullet}, {Text: "C", Title: true, Marker: "2."}}, want: []string{"heading1| 1. A", "heading1| 2. C"}},
		{name: "a second title is a heading", in: []flow.Paragraph{{Text: "A", Title: true}, {Text: "B", Title: true}}, want: []string{"heading1| B"}},
		{name: "rows with edges that are a little off", in: []flow.Paragraph{c("a"), c("b"), row(0, 1000, 2000), c("1"), c("2"), row(10, 1020, 1990)}, want: []string{"table| <a;b> [] 1;2"}},
		{name: "a cell across two columns repeats", in: []flow.Paragraph{c("a"), c("b"), row(0, 100, 200), c("x"), c("y"), c("z"), row(0, 100, 200, 300)}, want: []string{"table| <> [] a;b [] x;y;z"}},
		{name: "a wide cell covers the columns of others", in: []flow.Paragraph{c("wide"), c("b"), row(0, 2000, 3000), c("x"), c("y"), c("z"), row(0, 1000, 2000, 3000)}, want: []string{"table| <> [] wide;wide;b [] x;y;z"}},
		{name: "rows without edges are as long as they are", in: []flow.Paragraph{c("a"), c("b"), row(), c("c"), row()}, want: []string{"table| <> [] a;b [] c"}},
		{name: "merged cells repeat their value", in: []flow.Paragraph{c("a"), c("1"), row(0, 100, 200), c(""), c("2"), up, c("b"), c(""), left}, want: []string{"table| <> [] a;1 [] a;2 [] b;b"}},
		{name: "rows that repeat on each page are headers", in: []flow.Paragraph{c("12"), c("13"), header, c("a"), c("b"), row(0, 100, 200)}, want: []string{"table| <12;13> [] a;b"}},
		{name: "a cell across the table names the rows below", in: []flow.Paragraph{c("Parts"), row(0, 200), c("a"), c("b"), row(0, 100, 200), c("last"), row(0, 200)}, want: []string{"table| <> [Parts] a;b [Parts] last;last"}},
		{name: "one cell a row is a frame", in: []flow.Paragraph{c("a"), row(), c("b"), row()}, want: []string{"paragraph| a", "paragraph| b"}},
		{name: "a merged cell of a table in a cell shows once", in: []flow.Paragraph{
			{Text: "x", Depth: 2, Ends: flow.OfCell},
			{Depth: 2, Ends: flow.OfCell},
			{Depth: 2, Ends: flow.OfRow, Row: flow.Row{Edges: []int{0, 100, 200}, Merge: []flow.Merge{{}, {Left: true}}}},
			{Text: "y", Depth: 2, Ends: flow.OfCell},
			{Text: "z", Depth: 2, Ends: flow.OfCell},
			{Depth: 2, Ends: flow.OfRow, Row: flow.Row{Edges: []int{0, 100, 200}}},
			c("after"), c("b"), row(),
		}, want: []string{"table| <> [] x\ny z\nafter;b"}},
		{name: "rows that name others in a table in a cell", in: []flow.Paragraph{
			{Text: "Frakt", Depth: 2, Ends: flow.OfCell},
			{Depth: 2, Ends: flow.OfRow, Row: flow.Row{Edges: []int{0, 200}}},
			{Text: "y", Depth: 2, Ends: flow.OfCell},
			{Text: "z", Depth: 2, Ends: flow.OfCell},
			{Depth: 2, Ends: flow.OfRow, Row: flow.Row{Edges: []int{0, 100, 200}}},
			c("after"), c("b"), row(),
		}, want: []string{"table| <> [] Frakt\ny z\nafter;b"}},
		{name: "a table in a cell", in: nested, want: []string{"table| <> [] a;before\nx y\nafter [] b;c"}},
		{name: "a row that is not ended", in: []flow.Paragraph{c("a"), c("b"), row(), c("c"), {Text: "d", Depth: 1}, p("e")}, want: []string{"table| <> [] a;b [] c;d", "paragraph| e"}},
		{name: "a caption goes with the table below", in: []flow.Paragraph{{Text: "Table 1", Caption: true}, c("a"), c("b"), row(), c("c"), c("d"), row()}, want: []string{"table| Table 1<> [] a;b [] c;d"}},
		{name: "a caption without one is a paragraph", in: []flow.Paragraph{{Text: "Figure 1", Caption: true}, p("a"), {Text: "Figure 2", Caption: true}}, want: []string{"paragraph| Figure 1", "paragraph| a", "paragraph| Figure 2"}},
		{name: "what hangs on a paragraph follows it", in: []flow.Paragraph{{Text: "a", After: []ingest.Block{{Kind: ingest.Paragraph, Text: "note"}}}, p("b")}, want: []string{"paragraph| a", "paragraph| note", "paragraph| b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := flow.Blocks(tt.in)
			require.NoError(t, err)
			require.Equal(t, tt.want, flowtest.Lines(ingest.Document{Blocks: got.Blocks}))
		})
	}
}

func TestLocatorsCountParagraphs(t *testing.T) {
	got, err := flow.Blocks([]flow.Paragraph{p("a"), c("b"), c("c"), row(), c("d"), c("e"), row(), p("f")})
	require.NoError(t, err)
	require.Equal(t, 1, got.Blocks[0].Locator.Paragraph)
	require.Equal(t, 2, got.Blocks[1].Locator.Paragraph)
	require.Equal(t, 4, got.Blocks[1].Table.Rows[1].Locator.Paragraph)
	require.Equal(t, 6, got.Blocks[2].Locator.Paragraph)
}

func TestLimits(t *testing.T) {
	long := p(strings.Repeat("x", 1<<20))
	many := make([]flow.Paragraph, 65)
	for i := range many {
		many[i] = long
	}
	_, err := flow.Blocks(many)
	require.ErrorIs(t, err, ingest.ErrTooLarge)

	// A merged cell repeats its value: that counts, too.
	var edges []int
	for i := range 150 {
		edges = append(edges, 100*i)
	}
	var rows []flow.Paragraph
	for range 4 {
		rows = append(rows, c(strings.Repeat("x", 1<<20)), row(0, 14900))
	}
	for range 149 {
		rows = append(rows, c("y"))
	}
	_, err = flow.Blocks(append(rows, row(edges...)))
	require.ErrorIs(t, err, ingest.ErrTooLarge)
}

func TestDeepTables(t *testing.T) {
	got, err := flow.Blocks([]flow.Paragraph{{Text: "deep", Depth: 1 << 30}, p("a")})
	require.NoError(t, err)
	require.Equal(t, []string{"paragraph| deep", "paragraph| a"}, flowtest.Lines(ingest.Document{Blocks: got.Blocks}))
}

func TestEdgesAndName(t *testing.T) {
	got, err := flow.Blocks([]flow.Paragraph{{Text: "Only one", Outline: 1}, p("a")})
	require.NoError(t, err)
	got.Name("from properties")
	require.Equal(t, "Only one", got.Title)
	got.Edges([]string{"Brisk Support", "Brisk Support", "Page 3", "Only one", "Internal use"})
	require.Equal(t, []string{"heading1| Only one", "paragraph| a", "heading1| ", "paragraph| Brisk Support", "paragraph| Internal use"}, flowtest.Lines(ingest.Document{Blocks: got.Blocks}))
}

func TestNumbers(t *testing.T) {
	require.Equal(t, "xiv", strings.ToLower(flow.Roman(14)))
	require.Equal(t, "4000", flow.Roman(4000))
	require.Equal(t, "bb", flow.Letters(28))
	require.Empty(t, flow.Letters(0))
}

func TestSymbol(t *testing.T) {
	require.Equal(t, '±', flow.Symbol(0xF0B1, "Symbol"))
	require.Equal(t, 'α', flow.Symbol('a', "Symbol"))
	require.Equal(t, '•', flow.Symbol(0xF0FC, "Wingdings"))
	require.Equal(t, 'Ж', flow.Symbol('Ж', "Wingdings"))
}

func TestIsContents(t *testing.T) {
	for name, want := range map[string]bool{"toc 1": true, "TOC 9,Innhold": true, "TOC Level 1": false, "TOC Heading": true, "toc": false, "Tock": false, "": false} {
		require.Equal(t, want, flow.IsContents(name), name)
	}
}

func TestHeadingLevel(t *testing.T) {
	for name, want := range map[string]int{"heading 1": 1, "Überschrift 3": 3, "Overskrift2": 2, "Otsikko 9": 9, "heading 10": 0, "Normal": 0, "": 0, "subheading 1": 0} {
		require.Equal(t, want, flow.HeadingLevel(name), name)
	}
}

func TestNumberFormats(t *testing.T) {
	tests := []struct {
		format string
		n      int
		want   string
	}{
		{"decimal", 12, "12"},
		{"decimalZero", 3, "03"},
		{"lowerLetter", 28, "bb"},
		{"upperLetter", 0, ""},
		{"lowerRoman", 14, "xiv"},
		{"upperRoman", 4000, "4000"},
		{"ordinal", 2, "2."},
		{"chicago", 6, "††"},
		{"decimalEnclosedCircle", 20, "⑳"},
		{"decimalEnclosedCircle", 21, "21"},
		{"chineseCounting", 35, "三十五"},
		{"russianLower", 3, "в"},
		{"iroha", 2, "ロ"},
		{"chosung", 14, "ㅎ"},
		{"thaiNumbers", 10, "๑๐"},
		{"none", 5, ""},
		{"noSuchFormat", 5, "5"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, flow.Number(tt.format, tt.n), "%s %d", tt.format, tt.n)
	}
}

func TestEquation(t *testing.T) {
	tests := []struct{ name, code, want string }{
		{"a fraction", ` EQ \f(1;2) \* MERGEFORMAT `, "1/2"},
		{"a root and a power", `eq \r(3,x)\s\up(2)`, "√(3&x)2"},
		{"how the result is formatted comes first", `EQ \* MERGEFORMAT \f(1,2)`, "1/2"},
		{"the reading of a character", `EQ \* jc2 \* "Font:MS Mincho" \* hps10 \o\ad(\s\up 9(ほうがく),方角)`, "方角"},
		{"a bracket of another kind", `EQ \b\lc\{(x;y)`, "(x,y)"},
		{"characters one over the other", `EQ \o(a,/)`, "a/"},
		{"a quotation that never ends", `EQ \* "Font`, ""},
	}
	for _, tt := range tests {
		got, ok := flow.Equation(tt.code)
		require.True(t, ok, tt.name)
		require.Equal(t, tt.want, got, tt.name)
	}
	for _, code := range []string{"", "EQ", " PAGE ", "EQUATION 1", "E"} {
		_, ok := flow.Equation(code)
		require.False(t, ok, code)
	}
}

func TestLists(t *testing.T) {
	level := func(format int, text string) flow.Level { return flow.Level{Start: 1, Format: format, Text: text} }
	lists := func() flow.Lists {
		return flow.Lists{
			ByID: map[uint32]*[flow.Levels]flow.Level{
				7: {level(1, "Art. \x00"), {Start: 1, Text: "\x00.\x01", Legal: true}, level(4, "\x02)"), level(23, "x")},
				8: {level(30, "\x00、"), level(255, "\x01")},
			},
			Overrides: map[int]flow.Override{
				1: {List: 7},
				2: {List: 7, Starts: map[int]int{0: 5}, Levels: map[int]flow.Level{1: level(2, "(\x01)")}},
				3: {List: 8},
				4: {List: 9},
			},
		}
	}
	tests := []struct {
		name  string
		items [][2]int // instance and level
		want  []string
	}{
		{"levels start anew below the one above", [][2]int{{1, 0}, {1, 1}, {1, 1}, {1, 2}, {1, 0}, {1, 1}}, []string{"Art. I", "1.1", "1.2", "a)", "Art. II", "2.1"}},
		{"instances of a list count on", [][2]int{{1, 0}, {2, 0}, {2, 0}, {1, 0}}, []string{"Art. I", "Art. V", "Art. VI", "Art. VII"}},
		{"an instance's own level", [][2]int{{2, 0}, {2, 1}}, []string{"Art. V", "(i)"}},
		{"bullets, signs and levels without a number", [][2]int{{1, 3}, {3, 0}, {3, 0}, {3, 1}}, []string{flow.Bullet, "甲、", "乙、", ""}},
		{"what is not there", [][2]int{{0, 0}, {4, 0}, {5, 0}, {1, -1}, {1, 9}}, []string{"", "", "", "", ""}},
	}
	for _, tt := range tests {
		l := lists()
		var got []string
		for _, item := range tt.items {
			got = append(got, l.Next(item[0], item[1]))
		}
		require.Equal(t, tt.want, got, tt.name)
	}
	var none flow.Lists
	require.Empty(t, none.Next(1, 0))
}
