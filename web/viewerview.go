package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

// Bounds of what is shown around a cited place, in passages on each side.
const (
	nearText = 8
	nearRows = 12
)

// maxPages is how many pages of a PDF are shown of a passage that spans more.
const maxPages = 3

// placeView is the viewer's page.
type placeView struct {
	Title, Path, Where, File string
	Internal                 bool
	Notice                   string // why it is not the present document, in words
	Moved                    string // address of the same words in the present version
	Mended                   string // who corrected it, in words
	Failed                   bool   // the latest bytes could not be read

	Position             string // "2 of 5", "" without a draft
	Back, Previous, Next string
	Original             string // address of the bytes, "" when they are not kept
	NotKept              bool   // they could be, and are not

	PDF   *pdfView   // nil: not a PDF, or not kept
	Parts []partView // the text that was read
}

// pdfView is what the script needs to show the pages of a PDF.
type pdfView struct {
	Label string
	Data  string // JSON
}

// partView is a passage, or the rows of one table, in the flow of its
// document.
type partView struct {
	Heading    string
	Label      string // of a slide
	Here       bool   // it is the cited one
	Question   string
	Case       bool // question and answer are messages
	Paragraphs [][]segment
	Table      *tableView
	Language   string
}

// tableView is a part of a table.
type tableView struct {
	Caption   string
	Letters   []string // of a sheet's columns; empty elsewhere
	HeaderRow string   // number of the header's row, or rows
	Header    []string // empty: the columns have no names
	Numbered  bool     // the rows have numbers
	Rows      []rowView
}

type rowView struct {
	Number string
	Here   bool
	Cells  []cellView
}

type cellView struct {
	Text string
	Mark bool
}

func (p *pages) opened(x place) placeView {
	at := x.passage
	v := placeView{
		Title: at.Title, Path: strings.Join(at.Headings, " › "), Where: p.where(x), File: fileName(at.Source), Internal: x.internal(),
		Failed: x.state == placeCurrent && x.document.State == "failed",
		Back:   link("workspace", x.workspace),
	}
	v.Mended = p.corrected(at)
	switch {
	case x.fix != nil && x.fix.Action == store.FixExclude:
		v.Notice = p.word("doc_place_excluded", x.fix.Author, x.fix.At.UTC().Format("2006-01-02"))
	case x.fix != nil:
		v.Notice = p.word("doc_place_corrected", x.fix.Author, x.fix.At.UTC().Format("2006-01-02"))
	case x.state == placeGone:
		v.Notice = p.word("view_gone")
	case x.state == placeChanged && x.version.Number > 0:
		v.Notice = p.word("view_changed", x.version.Ingested.Format("2006-01-02"))
	case x.state == placeChanged:
		v.Notice = p.word("view_changed_lost")
	}
	if x.moved != "" {
		v.Moved = viewerAddress(x.workspace, "", 0, x.moved)
	}
	if x.suggestion != "" {
		n := strconv.Itoa(x.n)
		v.Back = link("workspace", x.workspace, "suggestion", x.suggestion, "source", n) + "#source-" + n
		v.Position = p.word("view_position", x.at, x.of)
		if c := x.previous; c != nil {
			v.Previous = viewerAddress(x.workspace, x.suggestion, c.n, c.passage)
		}
		if c := x.next; c != nil {
			v.Next = viewerAddress(x.workspace, x.suggestion, c.n, c.passage)
		}
	}
	v.NotKept = x.version.Number > 0 && x.version.Original == ""
	v.Parts = p.parts(x)
	return v
}

// where is the locator in words of the page's language.
func (p *pages) where(x place) string {
	l := x.passage.Locator
	switch {
	case x.slides() && l.Page > 0:
		return p.word("view_slide", l.Page)
	case l.Case == "" && l.Sheet == "" && l.Page > 0 && l.PageEnd <= l.Page:
		return p.word("view_page", l.Page)
	}
	return l.String()
}

func (x place) slides() bool {
	return slices.Contains([]string{"pptx", "ppt", "odp", "ppsx", "pps", "potx", "pptm"}, x.document.Type)
}

// pdfPlace reports whether a passage stands on a page of a PDF: only there
// locators have a box.
func pdfPlace(x place) bool {
	l := x.passage.Locator
	return l.Page > 0 && l.Case == "" && (x.document.Type == "pdf" || l.Box != [4]float64{})
}

// pdf is what the script has to know to show the page.
func (p *pages) pdf(x place, original string, a assets) (*pdfView, error) {
	words := map[string]string{}
	for _, k := range []string{"view_page_of", "view_not_shown", "view_not_found", "view_framed", "view_loading"} {
		words[k] = p.word(k)
	}
	l := x.passage.Locator
	data, err := json.Marshal(map[string]any{
		"url": original, "page": l.Page, "end": min(max(l.Page, l.PageEnd), l.Page+maxPages-1), "box": l.Box, "quotes": quotes(x),
		"library": a.urls["pdfjs.js"], "worker": a.urls["pdfjs-worker.js"], "decoders": decoders, "texts": words,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the viewer's data: %w", err)
	}
	return &pdfView{Label: p.word("view_page", l.Page), Data: string(data)}, nil
}

// quotes are the cited words, in pieces that stand together on the page.
func quotes(x place) []string {
	at := x.passage
	out := []string{}
	if marks := citedCells(at, x.spans); at.Kind == index.KindRow && len(at.Cells) > 0 {
		for i, c := range at.Cells {
			if marks[i] {
				out = append(out, c.Value)
			}
		}
		return out
	}
	for _, s := range segments(at.Text, x.wanted()) {
		if !s.Mark {
			continue
		}
		for line := range strings.SplitSeq(s.Text, "\n") {
			if at.Kind == index.KindTable {
				out = append(out, strings.Split(line, " | ")...)
			} else if strings.TrimSpace(line) != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

// wanted is what is to be marked: the cited spans, or all.
func (x place) wanted() [][2]int {
	if len(x.spans) == 0 {
		return [][2]int{{0, len(x.passage.Text)}}
	}
	return x.spans
}

// parts are the passages to be shown, in the order of the document.
func (p *pages) parts(x place) []partView {
	list := x.window()
	var out []partView
	heading, slide := []string(nil), 0
	for i := 0; i < len(list); {
		q := list[i]
		n := 1
		if q.Kind == index.KindRow && len(q.Cells) > 0 {
			n = run(list[i:])
		}
		v := partView{Language: q.Language, Here: slices.ContainsFunc(list[i:i+n], x.is)}
		if !slices.Equal(q.Headings, heading) && len(q.Headings) > 0 {
			v.Heading = q.Headings[len(q.Headings)-1]
		}
		heading = q.Headings
		if x.slides() && q.Locator.Page != slide {
			slide = q.Locator.Page
			v.Label = p.word("view_slide", slide)
		}
		switch {
		case n > 1 || q.Kind == index.KindRow && len(q.Cells) > 0:
			v.Table = table(x, list[i:i+n])
		case q.Kind == index.KindTable && !x.is(q) && i+1 < len(list) && list[i+1].Kind == index.KindRow && slices.Equal(list[i+1].Headings, q.Headings):
			i++ // its rows follow
			heading = nil
			continue
		case x.is(q):
			v.Question, v.Case, v.Paragraphs = q.Question, q.Kind == index.KindCase, apart(segments(q.Text, x.wanted()))
		default:
			v.Question, v.Case, v.Paragraphs = q.Question, q.Kind == index.KindCase, apart([]segment{{Text: q.Text}})
		}
		out = append(out, v)
		i += n
	}
	return out
}

func (x place) is(p index.Passage) bool { return p.ID == x.passage.ID }

// window is the part of the document that is shown: the case, the slides, the
// rows or the text around.
func (x place) window() []index.Passage {
	at := slices.IndexFunc(x.around, x.is)
	if at < 0 {
		return []index.Passage{x.passage}
	}
	l := x.passage.Locator
	most := nearText
	belongs := func(index.Passage) bool { return true }
	switch {
	case x.passage.Kind == index.KindCase:
		most = nearby
		belongs = func(q index.Passage) bool {
			return q.Kind == index.KindCase && q.Locator == l && q.Question == x.passage.Question || x.is(q)
		}
	case x.slides() && l.Page > 0:
		most = nearby
		belongs = func(q index.Passage) bool { return q.Locator.Page >= l.Page-1 && q.Locator.Page <= l.Page+1 }
	case x.passage.Kind == index.KindRow:
		most = nearRows
		belongs = func(q index.Passage) bool { return q.Locator.Sheet == l.Sheet }
	case l.Sheet != "":
		belongs = func(q index.Passage) bool { return q.Locator.Sheet == l.Sheet }
	}
	from, to := at, at+1
	for from > 0 && at-from < most && belongs(x.around[from-1]) {
		from--
	}
	for to < len(x.around) && to-at-1 < most && belongs(x.around[to]) {
		to++
	}
	return x.around[from:to]
}

// run is how many passages from the first on are rows of one table.
func run(list []index.Passage) int {
	n := 1
	for n < len(list) && list[n].Kind == index.KindRow && len(list[n].Cells) > 0 &&
		slices.Equal(list[n].Headings, list[0].Headings) && list[n].Locator.Sheet == list[0].Locator.Sheet && list[n].Locator.Header == list[0].Locator.Header {
		n++
	}
	return n
}

// apart cuts segments at the ends of paragraphs.
func apart(list []segment) [][]segment {
	var out [][]segment
	var now []segment
	for _, s := range list {
		for i, piece := range strings.Split(s.Text, "\n\n") {
			if i > 0 && len(now) > 0 {
				out, now = append(out, now), nil
			}
			if piece != "" {
				now = append(now, segment{Text: piece, Mark: s.Mark})
			}
		}
	}
	if len(now) > 0 {
		out = append(out, now)
	}
	return out
}

// citedCells tells which cells of a row the spans of its text touch. The text
// of a row ends with a line for each cell; where it does not, or nothing is
// said, the whole row is cited.
func citedCells(p index.Passage, spans [][2]int) []bool {
	marks := make([]bool, len(p.Cells))
	all := func() []bool {
		for i := range marks {
			marks[i] = true
		}
		return marks
	}
	lines := strings.Split(p.Text, "\n")
	first := len(lines) - len(p.Cells)
	if len(spans) == 0 || first < 0 {
		return all()
	}
	at := 0
	touched := false
	for i, line := range lines {
		if c := i - first; c >= 0 {
			if !strings.HasSuffix(line, p.Cells[c].Value) {
				return all()
			}
			for _, s := range spans {
				if s[0] < at+len(line) && s[1] > at {
					marks[c], touched = true, true
				}
			}
		}
		at += len(line) + 1
	}
	if !touched {
		return all()
	}
	return marks
}

// column is one of a table that is shown: of a sheet by its letters, elsewhere
// by its name and how often the row had that name before.
type column struct {
	letters string
	header  string
	nth     int
}

// table puts the rows of one table under each other.
func table(x place, list []index.Passage) *tableView {
	t := &tableView{}
	var columns []column
	type placed struct {
		row   *rowView
		cells map[column]cellView
	}
	var rows []*placed
	for _, q := range list {
		marks := make([]bool, len(q.Cells))
		if x.is(q) {
			marks = citedCells(q, x.spans)
		}
		number := rowNumber(q)
		var r *placed
		if n := len(rows); n > 0 && number != "" && rows[n-1].row.Number == number {
			r = rows[n-1] // a long row in two passages
		} else {
			r = &placed{row: &rowView{Number: number}, cells: map[column]cellView{}}
			rows = append(rows, r)
		}
		r.row.Here = r.row.Here || x.is(q)
		seen, last := map[string]int{}, -1
		for i, c := range q.Cells {
			col := column{header: c.Header, nth: seen[c.Header]}
			seen[c.Header]++
			if letters := strings.TrimRightFunc(c.Ref, unicode.IsDigit); letters != "" {
				col = column{letters: letters}
			}
			last = behind(&columns, col, last)
			old := r.cells[col]
			r.cells[col] = cellView{Text: strings.TrimSpace(old.Text + " " + c.Value), Mark: old.Mark || marks[i]}
			if t.Caption == "" {
				t.Caption = q.Locator.Sheet
			}
		}
		t.Numbered = t.Numbered || number != ""
	}
	slices.SortStableFunc(columns, func(a, b column) int {
		return cmp.Or(cmp.Compare(len(a.letters), len(b.letters)), cmp.Compare(a.letters, b.letters))
	})
	t.head(columns, list)
	for _, r := range rows {
		for _, c := range columns {
			r.row.Cells = append(r.row.Cells, r.cells[c])
		}
		t.Rows = append(t.Rows, *r.row)
	}
	return t
}

// behind puts a column behind the one before it in its row, unless it is
// there, and tells where it stands.
func behind(columns *[]column, c column, last int) int {
	if at := slices.Index(*columns, c); at >= 0 {
		return at
	}
	*columns = slices.Insert(*columns, last+1, c)
	return last + 1
}

// head names the columns.
func (t *tableView) head(columns []column, list []index.Passage) {
	for _, c := range columns {
		name := c.header
		if c.letters != "" {
			t.Letters = append(t.Letters, c.letters)
			for _, q := range list {
				at := slices.IndexFunc(q.Cells, func(x index.Cell) bool {
					return x.Header != "" && strings.TrimRightFunc(x.Ref, unicode.IsDigit) == c.letters
				})
				if at >= 0 {
					name = q.Cells[at].Header
					break
				}
			}
		}
		t.Header = append(t.Header, name)
	}
	if len(t.Letters) != len(columns) {
		t.Letters = nil
	}
	if !slices.ContainsFunc(t.Header, func(h string) bool { return h != "" }) {
		t.Header = nil
	}
	if from, to, ok := strings.Cut(list[0].Locator.Header, ":"); ok || from != "" {
		digits := func(ref string) string {
			return strings.TrimLeftFunc(ref, func(r rune) bool { return !unicode.IsDigit(r) })
		}
		t.HeaderRow = digits(from)
		if end := digits(to); end != "" && end != t.HeaderRow {
			t.HeaderRow += "–" + end
		}
	}
}

// rowNumber is the number of a sheet's row, or the line of a text file's; "" for
// a table in a text.
func rowNumber(p index.Passage) string {
	for _, c := range p.Cells {
		if n := strings.TrimLeftFunc(c.Ref, unicode.IsLetter); c.Ref != "" && n != "" {
			return n
		}
	}
	if p.Locator.Line > 0 {
		return strconv.Itoa(p.Locator.Line)
	}
	return ""
}
