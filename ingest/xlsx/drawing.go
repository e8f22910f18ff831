package xlsx

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
)

// shape is a text that is drawn over the cells.
type shape struct {
	at     sheet.Range
	hidden bool
	text   string
	cut    bool // it is longer than maxShape
}

const (
	maxShapes = 20_000  // of a sheet
	maxShape  = 1 << 20 // bytes of the text of one
)

// drawing reads the shapes of a part: ECMA-376 part 1, 20.5.2.
type drawing struct {
	s      *markup.Scanner
	shapes []shape
	frames []frame
	at     sheet.Range // of the anchor under way
	hidden int         // depth of the group that is not shown, 0 for none
}

// readDrawing lists the shapes and charts with a text. One that is damaged gives what
// could be read, and the error.
func readDrawing(arc *ingest.Archive, part string) ([]shape, error) {
	r, err := arc.Open(part)
	if errors.Is(err, ingest.ErrNoPart) {
		return nil, nil
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // names the part
	}
	defer r.Close() //nolint:errcheck // reading
	d := &drawing{s: markup.New(r)}
	if err = d.read(); errors.Is(err, io.EOF) {
		err = nil
	} else {
		err = fmt.Errorf("%s: %w", part, err)
	}
	err = errors.Join(err, d.charts(arc, part))
	return d.shapes, err
}

// read goes on to the end of the part, [io.EOF], or to a fault.
func (d *drawing) read() error {
	group := 0 // depth of the group whose name follows
	for {
		k, err := d.s.Next()
		if err != nil {
			return err
		}
		if d.hidden > d.s.Depth() {
			d.hidden = 0
		}
		if k != markup.Start {
			continue
		}
		switch string(d.s.Name()) {
		case "twoCellAnchor", "oneCellAnchor", "absoluteAnchor":
			d.at = sheet.Range{}
		case "from":
			err = d.corner(&d.at.Col1, &d.at.Row1)
			d.at.Col2, d.at.Row2 = d.at.Col1, d.at.Row1
		case "to":
			err = d.corner(&d.at.Col2, &d.at.Row2)
		case "grpSp":
			group = d.s.Depth()
		case "cNvPr": // of a group; shapes read their own
			if group > 0 && d.hidden == 0 && yes(d.s.Attr("hidden")) {
				d.hidden = group
			}
			group = 0
		case "sp", "cxnSp":
			group = 0
			err = d.shape()
		case "graphicFrame":
			group = 0
			err = d.frame()
		case "Fallback": // says the same as the choice before it
			err = d.s.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// corner reads the cell under a corner; the file counts from 0.
func (d *drawing) corner(col, row *int) error {
	for depth := d.s.Depth(); d.s.Depth() >= depth; {
		k, err := d.s.Next()
		if err != nil {
			return err
		}
		if k != markup.Start {
			continue
		}
		to := col
		switch string(d.s.Name()) {
		case "row":
			to = row
		case "col":
		default:
			continue
		}
		text, err := d.s.Content()
		if err != nil {
			return err
		}
		if n, err := strconv.Atoi(string(text)); err == nil && n >= 0 && n < lastRow {
			*to = n + 1
		}
	}
	return nil
}

// shape reads the shape just begun: a line of text for each paragraph.
func (d *drawing) shape() error {
	var text []byte
	hidden, in, paragraphs := d.hidden > 0, false, 0
	for depth := d.s.Depth(); d.s.Depth() >= depth; {
		k, err := d.s.Next()
		if err != nil {
			return err
		}
		switch {
		case len(text) > maxShape:
		case k == markup.Text && in:
			text = d.s.AppendText(text)
		case k == markup.End:
			in = false
		case k == markup.Start:
			switch string(d.s.Name()) {
			case "cNvPr":
				hidden = hidden || yes(d.s.Attr("hidden"))
			case "p":
				if paragraphs++; paragraphs > 1 {
					text = append(text, '\n')
				}
			case "br":
				text = append(text, '\n')
			case "t":
				in = true
			}
		}
	}
	cut := len(text) > maxShape
	if text = text[:min(len(text), maxShape)]; len(text) > 0 && len(d.shapes) < maxShapes {
		d.shapes = append(d.shapes, shape{d.at, hidden, clean(text), cut})
	}
	return nil
}

// draw pushes the texts of the sheet's shapes.
func (p *page) draw() {
	unseen, cut := 0, 0
	for _, d := range p.facts.shapes {
		if (d.hidden || p.under(d.at)) && !p.w.hidden {
			unseen++
			continue
		}
		if d.cut {
			cut++
		}
		p.out.Draw(d.at, d.text)
	}
	if unseen > 0 {
		p.w.out.Warn("sheet %q: texts of %d shapes that are hidden, or over hidden rows, were left out", p.name, unseen)
	}
	if cut > 0 {
		p.w.out.Warn("sheet %q: %d shapes have more than %d MB of text, what is behind that was left out", p.name, cut, maxShape>>20)
	}
}

// under reports whether all rows that a shape lies over are hidden.
func (p *page) under(at sheet.Range) bool {
	for row := at.Row1; row <= at.Row2; row++ {
		if !p.concealed[row] {
			return false
		}
	}
	return at.Row1 > 0 && at.Row2 >= at.Row1
}
