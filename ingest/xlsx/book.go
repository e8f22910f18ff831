package xlsx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

// book is what the workbook's own parts say: its sheets, texts and number
// formats.
type book struct {
	sheets   []sheetRef
	texts    texts
	colors   colors
	styles   []cellStyle
	date1904 bool
	title    string
	damage   []error // of parts that were read as far as they go
}

// part notes what reading a part of the workbook's own came to.
func (b *book) part(err error) {
	if err != nil {
		b.damage = append(b.damage, err)
	}
}

// cellStyle is what a cell's style says about how its value looks.
type cellStyle struct {
	format *numfmt.Format
	tiny   bool // nobody can read the text for its size
	like   bool // the text has the colour of what is behind it
	inked  bool // the format may give it another
	paper  bool // what is behind it is white
	blank  bool // the format shows no number and no text
}

type sheetRef struct {
	name, part string
	hidden     bool
}

const (
	maxSheetRefs = 10_000
	maxStyles    = 100_000
	maxNotes     = 50_000 // comments of a sheet
	maxTables    = 10_000 // of a sheet
	maxHidden    = 10_000 // ranges of hidden columns
)

func (b *book) visible(hidden bool) int {
	n := 0
	for _, s := range b.sheets {
		if hidden || !s.hidden {
			n++
		}
	}
	return n
}

// relation is what one part says about another.
type relation struct{ kind, target string }

// relations of a part by id. Targets are names of parts. What is lost of them
// is told by what cannot be found then.
func relations(arc *ingest.Archive, part string) map[string]relation {
	out := map[string]relation{}
	dir, file := path.Split(part)
	_ = each(arc, path.Join(dir, "_rels", file+".rels"), func(s *markup.Scanner) {
		if string(s.Name()) != "Relationship" || s.String("TargetMode") == "External" || len(out) > maxSheetRefs {
			return
		}
		target := s.String("Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		kind := s.String("Type")
		out[s.String("Id")] = relation{kind[strings.LastIndexByte(kind, '/')+1:], strings.TrimPrefix(target, "/")}
	})
	return out
}

// each calls f for every element of a part; one that is damaged gives what
// could be read, and the error. A part that is missing has no elements.
func each(arc *ingest.Archive, part string, f func(*markup.Scanner)) error {
	r, err := arc.Open(part)
	if errors.Is(err, ingest.ErrNoPart) {
		return nil
	}
	if err != nil {
		return err //nolint:wrapcheck // names the part
	}
	defer r.Close() //nolint:errcheck // reading
	s := markup.New(r)
	for {
		k, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		if k == markup.Start {
			f(s)
		}
	}
}

func openBook(ctx context.Context, arc *ingest.Archive) (*book, error) {
	main := "xl/workbook.xml"
	for _, r := range relations(arc, "") {
		if r.kind == "officeDocument" {
			main = r.target
		}
	}
	if !arc.Has(main) {
		return nil, fmt.Errorf("no workbook inside the zip container: %w", ingest.ErrDamaged)
	}
	b := &book{}
	rels := relations(arc, main)
	b.part(each(arc, main, func(s *markup.Scanner) {
		switch string(s.Name()) {
		case "workbookPr":
			b.date1904 = yes(s.Attr("date1904"))
		case "sheet":
			if len(b.sheets) < maxSheetRefs {
				state := s.String("state")
				b.sheets = append(b.sheets, sheetRef{name: s.String("name"), part: rels[sheetID(s)].target, hidden: state == "hidden" || state == "veryHidden"})
			}
		}
	}))
	if len(b.sheets) == 0 {
		return nil, fmt.Errorf("the workbook lists no sheets: %w", ingest.ErrDamaged)
	}
	dir := path.Dir(main)
	if len(rels) == 0 { // lost; parts are named by number
		for i := range b.sheets {
			b.sheets[i].part = path.Join(dir, "worksheets", fmt.Sprintf("sheet%d.xml", i+1))
		}
	}
	texts, styles, theme := path.Join(dir, "sharedStrings.xml"), path.Join(dir, "styles.xml"), path.Join(dir, "theme", "theme1.xml")
	for _, r := range rels {
		switch r.kind {
		case "sharedStrings":
			texts = r.target
		case "styles":
			styles = r.target
		case "theme":
			theme = r.target
		}
	}
	b.colors.theme = themeOf(arc, theme)
	b.readStyles(arc, styles)
	b.title = title(arc)
	return b, b.texts.read(ctx, arc, texts, &b.colors)
}

// sheetID is the id of the relation to a sheet's part: "id" in the namespace
// of relations, not the sheet's own sheetId.
func sheetID(s *markup.Scanner) string { return s.String("id") }

func yes(b []byte) bool { return string(b) == "1" || string(b) == "true" }

// none reports whether a width or a height is written down as nothing, which
// hides like the attribute that says so.
func none(s string) bool {
	n, err := strconv.ParseFloat(s, 64)
	return err == nil && n <= 0
}

// title is what the file's properties call it.
func title(arc *ingest.Archive) string {
	r, err := arc.Open("docProps/core.xml")
	if err != nil {
		return ""
	}
	defer r.Close() //nolint:errcheck // reading
	return markup.Find(r, "title")
}

// texts are the workbook's shared strings, held in one piece.
type texts struct {
	all  string
	ends []uint32
	rich map[int]rich // of those that have looks of their own
}

func (t *texts) at(i int) (string, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", false
	}
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.all[from:t.ends[i]], true
}

// read keeps what comes before a fault: cells whose text is missing are
// counted when they are met.
func (t *texts) read(ctx context.Context, arc *ingest.Archive, part string, colors *colors) error {
	r, err := arc.Open(part)
	if err != nil {
		return nil // a workbook of nothing but numbers has none
	}
	defer r.Close() //nolint:errcheck // reading
	s := markup.New(r)
	var all strings.Builder
	var item []byte
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return fmt.Errorf("read texts: %w", ctx.Err())
		}
		k, err := s.Next()
		if err != nil {
			break
		}
		if k != markup.Start || string(s.Name()) != "si" {
			continue
		}
		var looks rich
		if item, looks, err = richText(s, item[:0], colors); err != nil {
			break
		}
		if looks != (rich{}) {
			if t.rich == nil {
				t.rich = map[int]rich{}
			}
			t.rich[len(t.ends)] = looks
		}
		all.WriteString(clean(item))
		t.ends = append(t.ends, uint32(all.Len())) //nolint:gosec // a part has 64 MB at most
	}
	t.all = all.String()
	return nil
}

// richText is the text of the element just begun, of all its runs; how Japanese
// is read aloud (rPh) is left out.
func richText(s *markup.Scanner, text []byte, colors *colors) ([]byte, rich, error) {
	in := false
	var looks rich
	var seen []byte // the text without its runs that are pale
	pale, first := false, len(text)
	for depth := s.Depth(); ; {
		k, err := s.Next()
		if err != nil {
			return text, looks, err
		}
		switch k {
		case markup.Start:
			switch string(s.Name()) {
			case "t":
				in = true
			case "r":
				pale = false
			case "color":
				looks.inked = true
				pale = pale || office.NearWhite(colors.of(s))
			case "sz":
				looks.inked = true
				pale = pale || isTiny(s)
			case "rPh":
				if err := s.Skip(); err != nil {
					return text, looks, err
				}
			}
		case markup.Text:
			if !in {
				continue
			}
			if pale && !looks.pale {
				looks.pale = true
				seen = append(seen, text[first:]...)
			}
			from := len(text)
			text = s.AppendText(text)
			if looks.pale && !pale {
				seen = append(seen, text[from:]...)
			}
		case markup.End:
			in = false
		}
		if s.Depth() < depth {
			looks.seen = clean(seen)
			return text, looks, nil
		}
	}
}

// place is a cell's row and column, from 1.
type place struct{ row, col int }

// facts is what is known of a sheet before its rows are read.
type facts struct {
	notes    map[place]string
	shapes   []shape
	language string
	painted  areas
}

// sampleSize is how much text the language of a sheet is told from.
const sampleSize = 4000

// facts reads what stands around a sheet's rows: merged ranges come after them
// in the file, and comments and tables in parts of their own.
func (w *workbook) facts(ref sheetRef, l *sheet.Layout) *facts {
	f := &facts{notes: map[place]string{}}
	arc := w.around
	rels := relations(arc, ref.part)
	for _, rel := range rels {
		switch rel.kind {
		case "comments":
			w.comments(ref, readComments(arc, rel.target, f.notes))
		case "pivotTable":
			_ = each(arc, rel.target, func(s *markup.Scanner) {
				if string(s.Name()) == "location" {
					f.painted.add(s.Attr("ref"))
				}
			})
		case "table":
			var at []byte
			_ = each(arc, rel.target, func(s *markup.Scanner) {
				if string(s.Name()) == "tableStyleInfo" && len(s.Attr("name")) > 0 {
					f.painted.add(at)
				}
				if string(s.Name()) != "table" || len(l.Tables) >= maxTables {
					return
				}
				at = append(at[:0], s.Attr("ref")...)
				if r, ok := parseRange(s.Attr("ref")); ok {
					t := sheet.Table{Range: r, HeaderRows: 1}
					if n, err := strconv.Atoi(s.String("headerRowCount")); err == nil && n >= 0 && n < 100 {
						t.HeaderRows = n
					}
					l.Tables = append(l.Tables, t)
				}
			})
		}
	}
	slices.SortFunc(l.Tables, func(a, b sheet.Table) int { return cmp.Or(cmp.Compare(a.Row1, b.Row1), cmp.Compare(a.Col1, b.Col1)) })
	for _, rel := range rels { // they say the same better
		if rel.kind == "threadedComment" {
			w.comments(ref, readThreads(arc, rel.target, f.notes))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(rels)) {
		if rels[id].kind != "drawing" {
			continue
		}
		shapes, err := readDrawing(arc, rels[id].target)
		if f.shapes = append(f.shapes, shapes...); err != nil {
			w.out.Warn("sheet %q: some texts of its shapes were left out (%v); open the file in Excel and save it again", ref.name, err)
		}
	}
	r, err := arc.Open(ref.part)
	if err != nil {
		return f // reading the rows will meet it, too
	}
	defer r.Close() //nolint:errcheck // reading
	w.readAround(markup.New(r), f, l)
	return f
}

// comments warns of those that a damaged part has lost.
func (w *workbook) comments(ref sheetRef, err error) {
	if err != nil {
		w.out.Warn("sheet %q: some of its comments were left out (%v); open the file in Excel and save it again", ref.name, err)
	}
}

// sure is how likely a language must be for numbers to be written its way; a
// handful of words is too few, and then the workbook's first texts count.
const sure = 0.75

func (b *book) languageOf(sample string) string {
	if g := lang.Detect(sample); g.Confidence >= sure {
		return g.Language
	}
	var all strings.Builder
	for i := 0; all.Len() < sampleSize; i++ {
		t, ok := b.texts.at(i)
		if !ok {
			break
		}
		all.WriteString(t + "\n")
	}
	if g := lang.Detect(all.String()); g.Confidence >= sure {
		return g.Language
	}
	return ""
}

// readAround reads the elements before and after the rows, and of the rows as much
// as tells the language. It goes as far as the part can be read.
func (w *workbook) readAround(s *markup.Scanner, f *facts, l *sheet.Layout) {
	for {
		k, err := s.Next()
		if err != nil {
			return
		}
		if k != markup.Start {
			continue
		}
		switch string(s.Name()) {
		case "col":
			lo, err1 := strconv.Atoi(s.String("min"))
			hi, err2 := strconv.Atoi(s.String("max"))
			if (yes(s.Attr("hidden")) || none(s.String("width"))) && err1 == nil && err2 == nil && len(l.HiddenColumns) < maxHidden {
				l.HiddenColumns = append(l.HiddenColumns, [2]int{lo, hi})
			}
		case "sheetData":
			sample, err := w.sample(s)
			f.language = w.book.languageOf(sample)
			if err != nil {
				return
			}
		case "conditionalFormatting":
			f.painted.add(s.Attr("sqref"))
		case "sqref": // of conditions that Excel 2010 brought
			ranges, err := s.Content()
			if err != nil {
				return
			}
			f.painted.add(ranges)
		case "picture": // behind the whole sheet
			f.painted.add([]byte("A1:XFD1048576"))
		case "mergeCell":
			if m, ok := parseRange(s.Attr("ref")); ok && len(l.Merged) <= sheet.MaxMerged {
				l.Merged = append(l.Merged, m)
			}
		}
	}
}

// parseRange reads "A1:F1".
func parseRange(ref []byte) (sheet.Range, bool) {
	a, b, ok := strings.Cut(string(ref), ":")
	if !ok {
		b = a
	}
	c1, r1 := parseCell([]byte(a))
	c2, r2 := parseCell([]byte(b))
	if c1 == 0 || r1 == 0 || c2 == 0 || r2 == 0 {
		return sheet.Range{}, false
	}
	return sheet.Range{Col1: min(c1, c2), Row1: min(r1, r2), Col2: max(c1, c2), Row2: max(r1, r2)}, true
}

const (
	lastColumn = 16_384
	lastRow    = 1_048_576
)

// parseCell reads "C14" and "$C$14"; what is missing or beyond a sheet is 0.
func parseCell(ref []byte) (col, row int) {
	for _, c := range ref {
		switch {
		case c == '$':
		case c >= 'A' && c <= 'Z' && row == 0:
			col = col*26 + int(c-'A') + 1
		case c >= 'a' && c <= 'z' && row == 0:
			col = col*26 + int(c-'a') + 1
		case c >= '0' && c <= '9':
			row = row*10 + int(c-'0')
		default:
			return 0, 0
		}
		if col > lastColumn || row > lastRow {
			return 0, 0
		}
	}
	return col, row
}

// readComments reads the comments of a sheet, without the name of the author
// that Excel writes before each.
func readComments(arc *ingest.Archive, part string, notes map[place]string) error {
	var authors []string
	var text []byte
	return each(arc, part, func(s *markup.Scanner) {
		switch string(s.Name()) {
		case "author":
			if len(authors) < maxNotes {
				name, _ := s.Content() // a fault ends the part
				authors = append(authors, strings.TrimSpace(clean(name)))
			}
		case "comment":
			col, row := parseCell(s.Attr("ref"))
			id, err := strconv.Atoi(s.String("authorId"))
			text, _, _ = richText(s, text[:0], &colors{})
			if col == 0 || row == 0 || len(notes) >= maxNotes {
				return
			}
			note := strings.TrimSpace(clean(text))
			if err == nil && id >= 0 && id < len(authors) && authors[id] != "" {
				note = strings.TrimSpace(strings.TrimPrefix(note, authors[id]+":"))
			}
			if strings.HasPrefix(note, "[Threaded comment]") {
				if _, own, ok := strings.Cut(note, "Comment:\n"); ok {
					note = strings.TrimSpace(own)
				}
			}
			if note != "" {
				notes[place{row, col}] = note
			}
		}
	})
}

// readThreads reads the comments that people answer to, with the answers.
func readThreads(arc *ingest.Archive, part string, notes map[place]string) error {
	own := map[place]bool{}
	var at place
	return each(arc, part, func(s *markup.Scanner) {
		switch string(s.Name()) {
		case "threadedComment":
			at.col, at.row = parseCell(s.Attr("ref"))
		case "text":
			text, _ := s.Content() // a fault ends the part
			note := strings.TrimSpace(clean(text))
			if note == "" || at.col == 0 || at.row == 0 || len(notes) >= maxNotes {
				return
			}
			if own[at] {
				note = notes[at] + "\n" + note
			}
			own[at], notes[at] = true, note
		}
	})
}
