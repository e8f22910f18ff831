package xls

import "github.com/sufflor/sufflor/ingest/sheet"

// shape is a text box or another shape that is drawn over the cells.
type shape struct {
	at     sheet.Range
	hidden bool
	text   string
}

// Records of drawings, [MS-ODRAW] 2.2 and [MS-XLS] 2.5.193.
const (
	drawShape      = 0xF004 // a container that begins a shape
	drawProperties = 0xF00B
	drawAnchor     = 0xF010 // of a shape on a sheet; those in a group have another
)

const maxDrawing = 1 << 20 // bytes of a drawing's records between two objects

// read takes what the records before a shape's object say about it. A shape
// in a group keeps the place of the group.
func (s *shape) read(t *text) {
	for left := maxDrawing; left > 0; {
		head := t.take(8)
		if len(head) < 8 {
			return
		}
		left -= 8
		if kind := u16(head, 2); head[0]&0xF == 0xF { // what it contains follows
			if kind == drawShape {
				s.hidden = false
			}
			continue
		} else if n := int(min(u32(head, 4), maxDrawing)); kind == drawAnchor {
			s.anchor(t.take(n))
			left -= n
		} else if kind == drawProperties {
			s.properties(t.take(n), u16(head, 0)>>4)
			left -= n
		} else {
			t.skip(n)
			left -= n
		}
	}
}

// anchor reads the cells under the shape's corners.
func (s *shape) anchor(b []byte) {
	if len(b) < 18 {
		return
	}
	s.at = sheet.Range{Col1: u16(b, 2) + 1, Row1: u16(b, 6) + 1, Col2: u16(b, 10) + 1, Row2: u16(b, 14) + 1}
}

// properties reads those of groups of yes and no: [MS-ODRAW] 2.3.4.44.
func (s *shape) properties(b []byte, n int) {
	const group, hidden, counts = 0x03BF, 1 << 1, 1 << 17
	for i := 0; i < n && 6*i+6 <= len(b); i++ {
		if u16(b, 6*i)&0x3FFF == group {
			v := u32(b, 6*i+2)
			s.hidden = v&counts != 0 && v&hidden != 0
		}
	}
}

// under reports whether all rows that the shape lies over are hidden.
func (s *shape) under(hidden map[int]bool) bool {
	if s.at.Row1 == 0 {
		return false
	}
	for row := s.at.Row1; row <= max(s.at.Row1, s.at.Row2); row++ {
		if !hidden[row] {
			return false
		}
	}
	return true
}
