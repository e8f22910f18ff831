package ppt

import (
	"encoding/binary"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/ole"
)

// The records that matter: [MS-PPT] 2.13.24 and [MS-ODRAW] 2.2.
const (
	recDocument     = 0x03E8
	recDocumentAtom = 0x03E9
	recSlide        = 0x03EE
	recSlideAtom    = 0x03EF
	recNotes        = 0x03F0
	recSlidePersist = 0x03F3
	recEnvironment  = 0x03F2
	recMaster       = 0x03F8
	recSlideShow    = 0x03F9
	recDrawingGroup = 0x040B
	recDrawing      = 0x040C
	recScheme       = 0x07F0
	recPlaceholder  = 0x0BC3
	recTextRef      = 0x0F9E // of text that the document keeps
	recTextHeader   = 0x0F9F
	recTextChars    = 0x0FA0
	recTextStyle    = 0x0FA1
	recMasterStyle  = 0x0FA3
	recUsualLook    = 0x0FA4
	recTextBytes    = 0x0FA8
	recTextLink     = 0x0FDF
	recSlideList    = 0x0FF0
	recUserEdit     = 0x0FF5
	recTagData      = 0x138B // contains records, though it does not say so
	recDirectory    = 0x1772
	recDrawings     = 0xF000
	recDrawingParts = 0xF002
	recGroup        = 0xF003
	recShape        = 0xF004
	recGroupInside  = 0xF009
	recShapeHead    = 0xF00A
	recOptions      = 0xF00B
	recTextbox      = 0xF00D
	recChildAnchor  = 0xF00F
	recAnchor       = 0xF010
	recClientData   = 0xF011
	recOptions2     = 0xF121
	recMoreOptions  = 0xF122
	recColorChange  = 0xF12C
	recMotion       = 0xF12E
	recScaling      = 0xF130
)

func u16(b []byte, at int) int { return int(ole.U16(b, at)) }

func u32(b []byte, at int) uint32 { return ole.U32(b, at) }

// record is a record with what is in it.
type record struct {
	kind, instance int
	container      bool
	data           []byte
}

// recordAt is the record that begins at a byte; a cut one is as long as there
// is data.
func recordAt(b []byte, at int64) (record, bool) {
	const header = 8
	if at < 0 || at+header > int64(len(b)) {
		return record{}, false
	}
	b = b[at:]
	head := u16(b, 0)
	size := min(int64(u32(b, 4)), int64(len(b)-header))
	return record{kind: u16(b, 2), instance: head >> 4, container: head&0xF == 0xF, data: b[header : header+size]}, true
}

const maxChildren = 200_000 // records of a container

// children are the records within a container.
func (r record) children() []record {
	if !r.container {
		return nil
	}
	var out []record
	for at := int64(0); ; {
		c, ok := recordAt(r.data, at)
		if !ok || len(out) >= maxChildren {
			return out
		}
		out = append(out, c)
		at += 8 + int64(len(c.data))
	}
}

// child is the first record of a kind within a container.
func (r record) child(kind int) (record, bool) {
	for _, c := range r.children() {
		if c.kind == kind {
			return c, true
		}
	}
	return record{}, false
}

func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// latin is text of one byte a character, the low ones of UTF-16.
func latin(b []byte) string {
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return string(out)
}
