package xlsx

import (
	"errors"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
)

const (
	maxCharts     = 500 // of a sheet
	maxChartTexts = 200
)

// frame is where a chart is drawn.
type frame struct {
	at     sheet.Range
	hidden bool
	id     string // of its part, in the drawing's relations
}

// frame reads the frame just begun, which holds a chart or something else.
func (d *drawing) frame() error {
	f := frame{at: d.at, hidden: d.hidden > 0}
	for depth := d.s.Depth(); d.s.Depth() >= depth; {
		k, err := d.s.Next()
		if err != nil {
			return err
		}
		if k != markup.Start {
			continue
		}
		switch string(d.s.Name()) {
		case "cNvPr":
			f.hidden = f.hidden || yes(d.s.Attr("hidden"))
		case "chart":
			if f.id = d.s.String("id"); len(d.frames) < maxCharts {
				d.frames = append(d.frames, f)
			}
		}
	}
	return nil
}

// charts adds what is written on the drawing's charts to its shapes.
func (d *drawing) charts(arc *ingest.Archive, part string) error {
	if len(d.frames) == 0 {
		return nil
	}
	var errs []error
	rels, known := relations(arc, part), map[string]string{}
	for _, f := range d.frames {
		name := rels[f.id].target
		text, ok := known[name]
		if !ok && name != "" {
			lines, err := readChart(arc, name)
			errs = append(errs, err)
			text = strings.Join(lines, "\n")
			known[name] = text
		}
		if text != "" && len(d.shapes) < maxShapes {
			d.shapes = append(d.shapes, shape{at: f.at, hidden: f.hidden, text: text})
		}
	}
	return errors.Join(errs...)
}

// readChart lists what is written on a chart (ECMA-376 part 1, 21.2): its
// title, the titles of its axes and labels, each once. Names of series and
// values are those of cells, and left out.
func readChart(arc *ingest.Archive, part string) (lines []string, err error) {
	err = each(arc, part, func(s *markup.Scanner) {
		if name := string(s.Name()); name != "title" && name != "dLbl" {
			return
		}
		text, _ := label(s) // a fault ends the part
		if text = strings.TrimSpace(text); text != "" && len(lines) < maxChartTexts && !slices.Contains(lines, text) {
			lines = append(lines, text)
		}
	})
	return lines, err
}

// label is the text of the title or label just begun, that of a cell as well.
func label(s *markup.Scanner) (string, error) {
	var text []byte
	in, paragraphs := false, 0
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return clean(text), err
		}
		switch {
		case len(text) > maxShape:
		case k == markup.Text && in:
			text = s.AppendText(text)
		case k == markup.End:
			in = false
		case k == markup.Start:
			switch string(s.Name()) {
			case "p":
				if paragraphs++; paragraphs > 1 {
					text = append(text, ' ')
				}
			case "br":
				text = append(text, ' ')
			case "t", "v":
				in = true
			}
		}
	}
	return clean(text[:min(len(text), maxShape)]), nil
}
