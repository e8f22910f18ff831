package flow

import (
	"slices"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
)

// Span is a part of a paragraph's text, in bytes, whose look may hide it.
type Span struct {
	From, To int
	Look     *sight.Look
}

// Looks gives equal looks one place in memory. The zero value is ready for use.
type Looks map[sight.Look]*sight.Look

// maxLooks bounds the looks of a document; further ones count as seen.
const maxLooks = 50_000

// Of is the place of a look, nil for one that hides no text.
func (l *Looks) Of(look sight.Look) *sight.Look {
	if !look.MayHide() {
		return nil
	}
	if at, ok := (*l)[look]; ok || len(*l) >= maxLooks {
		return at
	}
	if *l == nil {
		*l = Looks{}
	}
	(*l)[look] = &look
	return &look
}

// inRow is a cell of a row that a paragraph stands in.
type inRow struct {
	row  *Row
	cell int // from 0, anyCell where it cannot be told which has which colour
}

const anyCell = -1

// on is what lies behind the cell of a row that stands on g.
func (c inRow) on(g sight.Ground) sight.Ground {
	g = g.Or(c.row.Under...)
	g.Open = g.Open || c.row.Open
	if c.cell == anyCell {
		return g.Or(c.row.Fills...)
	}
	return g.Painted(c.row.Fills[c.cell])
}

// rows finds the cells in which the paragraphs with spans stand, the innermost
// first.
func rows(paragraphs []Paragraph) map[int][]inRow {
	out := map[int][]inRow{}
	var starts [maxDepth + 1]int // of the rows being read, by their depth
	for i := range paragraphs {
		p := &paragraphs[i]
		depth := min(p.Depth, maxDepth)
		for d := depth + 1; d <= maxDepth; d++ {
			starts[d] = i + 1
		}
		if p.Ends != OfRow || depth == 0 {
			continue
		}
		row := paragraphs[starts[depth]:i]
		count, cell := 0, 0
		ends := func(q *Paragraph) bool { return q.Ends == OfCell && min(q.Depth, maxDepth) == depth }
		for j := range row {
			if ends(&row[j]) {
				count++
			}
		}
		for j := range row {
			if len(row[j].Spans) > 0 {
				in := inRow{&p.Row, anyCell}
				if count == len(p.Row.Fills) && cell < count {
					in.cell = cell
				}
				out[starts[depth]+j] = append(out[starts[depth]+j], in)
			}
			if ends(&row[j]) {
				cell++
			}
		}
		starts[depth] = i + 1
	}
	return out
}

// TakeOut takes out the text of paragraphs that nobody sees, as they stand on
// g, and notes it in found; body tells whether they are those of the body.
func TakeOut(paragraphs []Paragraph, g sight.Ground, found *sight.Hidden, body bool) {
	any := false
	for i := range paragraphs {
		any = any || len(paragraphs[i].Spans) > 0
	}
	if !any {
		return
	}
	cells, number := rows(paragraphs), 0
	var last []inRow // the cells that under is about
	under := g
	for i := range paragraphs {
		p := &paragraphs[i]
		if p.Ends != OfRow && body {
			number++
		}
		if len(p.Spans) == 0 {
			continue
		}
		if around := cells[i]; !slices.Equal(around, last) {
			last, under = around, g
			for _, c := range slices.Backward(around) {
				under = c.on(under)
			}
		}
		ground := under
		ground.Open = ground.Open || len(last) < min(p.Depth, maxDepth) // a row has no end
		p.takeOut(ground.Or(p.Under).Painted(p.Shade), found, number)
	}
}

func (p *Paragraph) takeOut(g sight.Ground, found *sight.Hidden, number int) {
	var out strings.Builder
	read := 0
	for _, s := range p.Spans {
		text := p.Text[s.From:s.To]
		if strings.TrimSpace(text) == "" {
			continue
		}
		seen := s.Look.On(g)
		if seen == office.Unseen && s.Look.Tiny() && strings.ContainsFunc(text, rightToLeft) {
			seen = office.Doubtful // these letters have a size of their own
		}
		switch seen {
		case office.Doubtful:
			found.Doubtful.Add(number, text)
		case office.Unseen:
			found.Unseen.Add(number, text)
			out.WriteString(p.Text[read:s.From])
			if !s.Look.Tiny() {
				out.WriteString(" ") // the gap that people see
			}
			read = s.To
		case office.Seen:
		}
	}
	p.Text, p.Spans = out.String()+p.Text[read:], nil
}

func rightToLeft(r rune) bool { return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac) }
