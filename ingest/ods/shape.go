package ods

import (
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
)

// shapes reads all shapes in the element just begun.
func (t *table) shapes(s *markup.Scanner, at sheet.Range, hidden bool) error {
	for depth := s.Depth(); s.Depth() >= depth; {
		k, err := s.Next()
		if err != nil {
			return err
		}
		if k != markup.Start {
			continue
		}
		if err := t.shape(s, at, hidden); err != nil {
			return err
		}
	}
	return nil
}

// shape reads the shape just begun, over a cell or in one that is hidden:
// OpenDocument 1.3 part 3, 10.3 and 10.4. Of a frame's contents the text box
// counts; pictures and objects inside say nothing that is shown as text, and
// what is no shape is passed over.
func (t *table) shape(s *markup.Scanner, at sheet.Range, hidden bool) error {
	display := string(s.Attr("display"))
	hidden = hidden || display == "none" || display == "printer"
	switch string(s.Name()) {
	case "g", "a": // groups, and links around shapes
		return t.shapes(s, at, hidden)
	case "frame", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon", "regular-polygon", "path", "connector", "caption", "measure":
	default:
		return s.Skip()
	}
	text, err := t.box(s)
	if err != nil {
		return err
	}
	switch {
	case text == "" || len(t.drawn) >= maxShapes:
	case hidden && !t.w.hidden:
		t.unseen++
	default:
		t.drawn = append(t.drawn, shape{at, text})
	}
	return nil
}
