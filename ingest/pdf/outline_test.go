package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

// headings are the headings of a document: "1 Title".
func headings(doc ingest.Document) []string {
	var out []string
	for _, b := range doc.Blocks {
		if b.Kind == ingest.Heading {
			out = append(out, fmt.Sprintf("%d %s", b.Level, b.Text))
		}
	}
	return out
}

func TestReadTakesHeadingsFromTheOutline(t *testing.T) {
	page := content(
		text{50, 770, 20, "F2", "Pump P-20"},
		text{50, 740, 11, "", "1 Safety"}, text{400, 740, 11, "", "2"},
		text{50, 700, 11, "", "1 Safety"}) + body(680, 3) + content(
		text{50, 600, 11, "", "1.1 Gloves"}) + body(580, 3) + content(
		text{50, 500, 11, "", "2 Service"}) + body(480, 3)
	w := new(writer).pages("", "", page)
	entry := func(title, more string) int { return w.add("<</Title(" + title + ")" + more + ">>") }
	gloves := entry("Gloves", "")
	service := entry("2. Service", "")
	safety := entry("1. Safety", fmt.Sprintf("/First %d 0 R/Next %d 0 R", gloves, service))
	w.objects[w.root-1] = strings.Replace(w.objects[w.root-1], "/Catalog", fmt.Sprintf("/Catalog/Outlines<</First %d 0 R>>", safety), 1)
	require.Equal(t, []string{"1 Pump P-20", "2 1 Safety", "3 1.1 Gloves", "2 2 Service"}, headings(read(t, w)))

	t.Run("an outline that goes in circles ends", func(t *testing.T) {
		w.objects[service-1] = fmt.Sprintf("<</Title(2. Service)/Next %d 0 R/First %d 0 R>>", safety, safety)
		require.Len(t, headings(read(t, w)), 4)
	})
}

func TestReadRanksHeadingsByTheOutline(t *testing.T) {
	w := new(writer).pages("", "", content(text{50, 770, 20, "F2", "Pump P-20"},
		text{50, 740, 14, "F2", "Safety"})+body(720, 3)+content(text{50, 640, 12.5, "F2", "Gloves"})+body(620, 3)+
		content(text{50, 540, 12.5, "", "Boots"})+body(520, 3))
	boots := w.add("<</Title(Boots)>>")
	gloves := w.add(fmt.Sprintf("<</Title(Gloves)/Next %d 0 R>>", boots))
	safety := w.add(fmt.Sprintf("<</Title(Safety)/First %d 0 R>>", gloves))
	w.objects[w.root-1] = strings.Replace(w.objects[w.root-1], "/Catalog", fmt.Sprintf("/Catalog/Outlines<</First %d 0 R>>", safety), 1)
	require.Equal(t, []string{"1 Pump P-20", "2 Safety", "3 Gloves", "3 Boots"}, headings(read(t, w)))
}

func TestReadJoinsParagraphsPastFootnotes(t *testing.T) {
	first := body(700, 2) + content(text{50, 672, 11, "", "The pump stops when the pressure in the pipe to the tank becomes higher than"}) +
		"BT /F1 6 Tf 50 104 Td (1) Tj /F1 8 Tf 5 -3 Td (As measured at the valve.) Tj ET "
	second := content(text{50, 700, 11, "", "the limit that was set, and starts again by itself."}) + body(600, 2)
	doc := read(t, new(writer).pages("", "", first, second))
	var texts []string
	for _, b := range doc.Blocks {
		texts = append(texts, b.Text)
	}
	require.Contains(t, strings.Join(texts, "|"), "becomes higher than the limit that was set")
	require.Contains(t, texts, "¹ As measured at the valve.")
}

func TestReadLeavesOutRunningHeadersOfChapters(t *testing.T) {
	var pages []string
	for i := range 12 {
		header := text{50, 770, 9, "", fmt.Sprintf("Chapter %c", 'A'+i/3)}
		if i%2 == 1 {
			header.x = 450 // on left and right pages in turn
		}
		pages = append(pages, content(header)+body(700, 4))
	}
	for _, b := range read(t, new(writer).pages("", "", pages...)).Blocks {
		require.NotContains(t, b.Text, "Chapter")
	}
}
