package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

func TestWordsStandWhereTheyArePainted(t *testing.T) {
	page := content(text{50, 700, 12, "", "Oil level"}, text{300, 40, 9, "", "Page 7"}) +
		"BT /F1 12 Tf 50 650 Td (XY) Tj /F2 12 Tf (-2000) Tj ET BT /F1 12 Tf 0 1 -1 0 20 300 Tm (stamp) Tj ET"
	tests := []struct {
		name          string
		more          string // of the page
		width, height float64
		oil           [4]float64
	}{
		{"on the page as it is", "", 600, 800, [4]float64{50, 697.36, 64.66, 709}},
		{"from the corner of the crop box", "/CropBox[10 20 600 800]", 590, 780, [4]float64{40, 677.36, 54.66, 689}},
		{"on a page that is shown turned", "/Rotate 90", 800, 600, [4]float64{697.36, 535.34, 709, 550}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pdf.Words(t.Context(), input("a.pdf", new(writer).pages("", tt.more, body(790, 1), page).bytes()))
			require.NoError(t, err)
			require.Len(t, got, 2)
			p := got[1]
			require.Equal(t, 2, p.Page)
			require.InDelta(t, tt.width, p.Width, 0.01)
			require.InDelta(t, tt.height, p.Height, 0.01)
			var texts []string
			for _, w := range p.Words {
				texts = append(texts, w.Text)
				if w.Text == "Oil" {
					require.InDeltaSlice(t, tt.oil[:], w.Box[:], 0.01)
				}
				require.Less(t, w.Box[0], w.Box[2])
				require.Less(t, w.Box[1], w.Box[3])
			}
			require.Equal(t, []string{"Oil", "level", "XY-2000", "Page", "7", "stamp"}, texts)
		})
	}
	t.Run("errors are those of Read", func(t *testing.T) {
		_, err := pdf.Words(t.Context(), input("a.pdf", simple("")))
		require.ErrorIs(t, err, ingest.ErrNoText)
	})
}

func TestPagesJoinsSpreadLetters(t *testing.T) {
	spread := func(gap, space int, s string) string { // in thousandths of an em
		var out strings.Builder
		for _, r := range s {
			if r == ' ' {
				fmt.Fprintf(&out, " %d ", -space)
				continue
			}
			fmt.Fprintf(&out, "(%c) %d ", r, -gap)
		}
		return "BT /F1 12 Tf 50 700 Td [" + out.String() + "] TJ ET"
	}
	tests := []struct{ name, page, want string }{
		{"letters apart, words further apart", spread(250, 400, "WARRANTY FORM"), "WARRANTY FORM"},
		{"spaces painted between letters", "BT /F1 12 Tf 50 700 Td (S A L E S   R E P O R T) Tj ET", "SALES REPORT"},
		{"character spacing", "BT /F1 12 Tf 4 Tc 50 700 Td (Warranty) Tj ET", "Warranty"},
		{"the letters of an alphabet stay apart", "BT /F1 12 Tf 50 700 Td (A B C D E F) Tj ET", "A B C D E F"},
		{"small letters of a formula stay apart", "BT /F1 12 Tf 50 700 Td (a x b y are known) Tj ET", "a x b y are known"},
		{
			"kerning that takes character spacing back leaves words apart",
			"BT /F1 12 Tf 4 Tc 50 700 Td [(o) 333 (ft) 333 (h) 333 (e)] TJ ET", "of the",
		},
		{"raised digits within a line belong to what follows at once", "BT /F1 12 Tf 50 700 Td (exposed to) Tj /F1 7 Tf 62.5 4 Td (131) Tj /F1 12 Tf 11.7 -4 Td (I fallout) Tj ET", "exposed to ¹³¹I fallout"},
		{"the mark of a footnote stands before its text", "BT /F1 7 Tf 50 704 Td (1) Tj /F1 12 Tf 4 -4 Td (Without oil.) Tj ET", "¹ Without oil."},
		{"a space that is squeezed to nothing", "BT /F1 12 Tf 1 0 0 1 50 700 Tm (Butto) Tj 0 0 0 1 77.4 700 Tm ( ) Tj 1 0 0 1 78 700 Tm (n) Tj ET", "Button"},
		{"letters that dance", "BT /F1 12 Tf 50 700 Td (T) Tj 7 -2.6 Td (E) Tj 7.8 2.6 Td (X) Tj ET", "TEX"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pdf.Pages(t.Context(), input("a.pdf", simple(tt.page)))
			require.NoError(t, err)
			require.Equal(t, []string{tt.want}, got)
		})
	}
}

func TestPagesKeepsColumnsApart(t *testing.T) {
	column := func(x float64, name string) string {
		var out strings.Builder
		for i := range 6 {
			out.WriteString(content(text{x, 700 - 14*float64(i), 10, "", fmt.Sprintf("%s line %d of the text", name, i+1)}))
		}
		return out.String()
	}
	t.Run("painted one after the other, close to each other", func(t *testing.T) {
		got, err := pdf.Pages(t.Context(), input("a.pdf", simple(column(50, "left")+column(156, "middle")+column(270, "right"))))
		require.NoError(t, err)
		at := -1
		for _, name := range []string{"left", "middle", "right"} {
			for i := range 6 {
				next := strings.Index(got[0], fmt.Sprintf("%s line %d", name, i+1))
				require.Greater(t, next, at, "%s %d", name, i+1)
				at = next
			}
		}
	})
	t.Run("the columns of a table are not columns of text", func(t *testing.T) {
		var page strings.Builder
		for _, c := range []struct {
			x float64
			s string
		}{{50, "Part"}, {200, "Stock"}, {300, "Price"}} {
			for i := range 6 {
				page.WriteString(content(text{c.x, 700 - 14*float64(i), 10, "", fmt.Sprintf("%s %d", c.s, i)}))
			}
		}
		got, err := pdf.Pages(t.Context(), input("a.pdf", simple(page.String())))
		require.NoError(t, err)
		require.Contains(t, got[0], "Part 3\tStock 3\tPrice 3")
	})
}

func TestGapsPartWordsLessWhereSpacesArePainted(t *testing.T) {
	const gap, wide = " -150 ", " -250 " // thousandths of an em
	lines := func(space string) string {
		var out strings.Builder
		for i := range 12 {
			fmt.Fprintf(&out, "BT /F1 12 Tf 50 %d Td [(Turn)%s(the)%s(lower)%s(valve)%s(to)%s(the)%s(right)] TJ ET\n", 700-14*i, space, space, space, space, space, space)
		}
		return out.String()
	}
	label := func(gap string) string { return "BT /F1 12 Tf 50 400 Td [(Lev)" + gap + "(elPriority)] TJ ET" }
	tests := []struct {
		name, before, label, want string
	}{
		{"a gap is a space where none is painted", lines(wide), label(gap), "Lev elPriority"},
		{"and in a file that paints few", "", label(gap), "Lev elPriority"},
		{"it is not where they are painted", lines("( )"), label(gap), "LevelPriority"},
		{"a wide one is, wherever it is", lines("( )"), label(wide), "Lev elPriority"},
		{"a capital begins a word", lines("( )"), "BT /F1 12 Tf 50 400 Td [(Level)" + gap + "(Priority)] TJ ET", "Level Priority"},
		{"and so does a number", lines("( )"), "BT /F1 12 Tf 50 400 Td [(Level)" + gap + "(12)] TJ ET", "Level 12"},
		{"where as many gaps are left as spaces painted, each of them is a space", lines("( )") + strings.ReplaceAll(lines(gap), "Tf 50", "Tf 300"), label(gap), "Lev elPriority"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pages, err := pdf.Pages(t.Context(), input("a.pdf", simple(tt.before+tt.label)))
			require.NoError(t, err)
			require.Contains(t, pages[0], tt.want)
		})
	}
}
