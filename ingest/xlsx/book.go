package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/sufflor/sufflor/ingest"
)

// book is what the workbook's own parts say: its sheets and number formats.
type book struct {
	sheets  []sheetRef
	formats []string // number format code by cell style
}

type sheetRef struct {
	name, part string
	hidden     bool
}

func openBook(arc *ingest.Archive) (book, error) {
	const main = "xl/workbook.xml"
	data, err := arc.Part(main)
	if errors.Is(err, ingest.ErrNoPart) {
		return book{}, fmt.Errorf("no workbook inside the zip container (%w): %w", err, ingest.ErrDamaged)
	}
	if err != nil {
		return book{}, err
	}
	targets := map[string]string{}
	if rels, err := arc.Part("xl/_rels/workbook.xml.rels"); err == nil {
		each(rels, func(e xml.StartElement) {
			if e.Name.Local != "Relationship" {
				return
			}
			target := attr(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("xl", target)
			}
			targets[attr(e, "Id")] = strings.TrimPrefix(target, "/")
		})
	}
	var b book
	each(data, func(e xml.StartElement) {
		if e.Name.Local != "sheet" {
			return
		}
		state := attr(e, "state")
		s := sheetRef{name: attr(e, "name"), hidden: state == "hidden" || state == "veryHidden"}
		for _, a := range e.Attr {
			if a.Name.Local == "id" {
				s.part = targets[a.Value]
			}
		}
		b.sheets = append(b.sheets, s)
	})
	if len(b.sheets) == 0 {
		return book{}, fmt.Errorf("the workbook lists no sheets: %w", ingest.ErrDamaged)
	}
	if data, err := arc.Part("xl/styles.xml"); err == nil {
		b.formats = readFormats(data)
	}
	return b, nil
}

func (b book) visible() int {
	n := 0
	for _, s := range b.sheets {
		if !s.hidden {
			n++
		}
	}
	return n
}

// each calls f for every element; a damaged part gives what could be read.
func each(data []byte, f func(xml.StartElement)) {
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return
		}
		if e, ok := tok.(xml.StartElement); ok {
			f(e)
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// builtin are the number formats that files refer to by number alone (ECMA-376
// part 1, 18.8.30). Dates are left to excelize.
func builtin(id int) string {
	switch id {
	case 0:
		return "General"
	case 1:
		return "0"
	case 2:
		return "0.00"
	case 3:
		return "#,##0"
	case 4:
		return "#,##0.00"
	case 9:
		return "0%"
	case 10:
		return "0.00%"
	case 37, 38:
		return "#,##0;-#,##0"
	case 39, 40:
		return "#,##0.00;-#,##0.00"
	}
	return ""
}

// readFormats lists the number format of each cell style.
func readFormats(data []byte) []string {
	custom := map[int]string{}
	var formats []string
	x := ingest.NewXML(data)
	inside := false
	for {
		tok, err := x.Token()
		if err != nil {
			return formats
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "numFmt":
				if id, err := strconv.Atoi(attr(e, "numFmtId")); err == nil && !inside {
					custom[id] = attr(e, "formatCode")
				}
			case "cellXfs":
				inside = true
			case "xf":
				if !inside || len(formats) > 100_000 {
					continue
				}
				id, _ := strconv.Atoi(attr(e, "numFmtId"))
				code, ok := custom[id]
				if !ok {
					code = builtin(id)
				}
				formats = append(formats, code)
			}
		case xml.EndElement:
			if e.Name.Local == "cellXfs" {
				return formats
			}
		}
	}
}

// place is a cell's row and column, from 1.
type place struct{ row, col int }

// numeric is a stored number and the style it is shown in.
type numeric struct {
	value float64
	style int
}

// rect is a merged range.
type rect struct{ col1, row1, col2, row2 int }

// columns is a set of column ranges.
type columns [][2]int

func (c columns) has(col int) bool {
	for _, r := range c {
		if col >= r[0] && col <= r[1] {
			return true
		}
	}
	return false
}

// facts is what a sheet's XML says beside its values.
type facts struct {
	numbers       map[place]numeric
	styles        map[place]int // of formulas without a value
	empties       map[int][]int // columns of formulas without a value, by row
	merges        []rect
	hiddenRows    map[int]bool
	hiddenColumns columns
}

const maxMerges = 50_000

// scan reads a sheet's XML once from beginning to end, which also finds a
// damaged part before excelize trips over it.
func (w *workbook) scan(part string) (_ *facts, err error) {
	r, err := w.arc.Open(part)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	f := &facts{numbers: map[place]numeric{}, styles: map[place]int{}, empties: map[int][]int{}, hiddenRows: map[int]bool{}}
	x := ingest.NewXMLReader(r)
	var at place
	style, kind, formula, value, text := 0, "", false, "", false
	for n := 0; ; n++ {
		if n%4096 == 0 && w.ctx.Err() != nil {
			return nil, fmt.Errorf("scan sheet: %w", w.ctx.Err())
		}
		tok, err := x.Token()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "col":
				if hidden := attr(e, "hidden"); hidden == "1" || hidden == "true" {
					lo, err1 := strconv.Atoi(attr(e, "min"))
					hi, err2 := strconv.Atoi(attr(e, "max"))
					if err1 == nil && err2 == nil && len(f.hiddenColumns) < maxColumns {
						f.hiddenColumns = append(f.hiddenColumns, [2]int{lo, hi})
					}
				}
			case "row":
				at.row++
				if n, err := strconv.Atoi(attr(e, "r")); err == nil && n > 0 {
					at.row = n
				}
				at.col = 0
				if hidden := attr(e, "hidden"); (hidden == "1" || hidden == "true") && len(f.hiddenRows) < 2*maxRows {
					f.hiddenRows[at.row] = true
				}
			case "c":
				at.col++
				if col, _, err := excelize.CellNameToCoordinates(attr(e, "r")); err == nil {
					at.col = col
				}
				style, _ = strconv.Atoi(attr(e, "s"))
				kind, formula, value = attr(e, "t"), false, ""
			case "f":
				formula = true
			case "v":
				text = true
			case "mergeCell":
				if m, ok := parseRange(attr(e, "ref")); ok && len(f.merges) < maxMerges {
					f.merges = append(f.merges, m)
				}
			}
		case xml.CharData:
			if text {
				value += string(e)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "v":
				text = false
			case "c":
				if at.row > 2*maxRows || at.col > maxColumns || len(f.numbers) > maxCells {
					continue
				}
				if n, ok := parseNumber(value); ok && (kind == "" || kind == "n") {
					f.numbers[at] = numeric{n, style}
				} else if formula && value == "" {
					f.empties[at.row] = append(f.empties[at.row], at.col)
					f.styles[at] = style
				}
			}
		}
	}
}

func parseNumber(s string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return n, err == nil && s != "" && n-n == 0 // neither infinite nor NaN
}

// parseRange reads "A1:F1".
func parseRange(ref string) (rect, bool) {
	a, b, ok := strings.Cut(ref, ":")
	if !ok {
		return rect{}, false
	}
	c1, r1, err1 := excelize.CellNameToCoordinates(a)
	c2, r2, err2 := excelize.CellNameToCoordinates(b)
	if err1 != nil || err2 != nil {
		return rect{}, false
	}
	return rect{min(c1, c2), min(r1, r2), max(c1, c2), max(r1, r2)}, true
}
