package doc

import (
	"context"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office/sight"
	"github.com/sufflor/sufflor/ingest/ole"
)

// Flags of the file information block, [MS-DOC] 2.5.2.
const (
	flagEncrypted = 1 << 8
	flagTable1    = 1 << 9
	flagWide      = 1 << 12 // characters of two bytes
)

// Indexes of the lists that the file information block points to, [MS-DOC]
// 2.5.6; those below 40 are the same in Word 6 and 95.
const (
	plcStyles       = 1
	plcFootnoteRefs = 2
	plcFootnotes    = 3
	plcSections     = 6
	plcHeaders      = 11
	plcChars        = 12
	plcParagraphs   = 13
	plcFonts        = 15
	plcPieces       = 33
	plcShapes       = 40
	plcHeaderShapes = 41
	plcEndnoteRefs  = 46
	plcEndnotes     = 47
	plcDrawings     = 50
	plcBoxes        = 56
	plcLists        = 73
	plcOverrides    = 74
)

// The stories of a document in the order they are stored.
const (
	storyMain = iota
	storyFootnotes
	storyHeaders
	storyMacros
	storyComments
	storyEndnotes
	storyBoxes
	storyHeaderBoxes
	stories
)

const (
	word97   = 193     // nFib of the first version with Unicode; below are Word 6 and 95
	maxChars = 8 << 20 // characters of a story
)

// document is what was read of a file.
type document struct {
	ctx   context.Context //nolint:containedctx // the walk of one Read, whose end it must notice
	main  []byte          // the WordDocument stream
	table []byte          // the table stream; of Word 6 and 95 main itself
	data  []byte          // the Data stream, may be nil
	flags uint16
	old   bool // Word 6 or 95
	page  int  // code page of the text of Word 6 and 95

	runs     []piece
	prcs     [][]byte // property changes that pieces refer to
	styles   []style
	lists    flow.Lists
	looks    looks
	paper    sight.Ground // that the text of the body stands on
	shapes   map[uint32]shape
	found    sight.Hidden
	formulas []string       // that fields show instead of a result
	symbols  map[int]string // names of fonts whose characters are symbols
	fontPage map[int]int    // code pages of the fonts of Word 6 and 95
	asian    int            // code page of their characters of two bytes
	chars    []charRun
	paras    []paraRun
	notes    map[int][]ingest.Block // what hangs on a character of the main text
	aside    int                    // characters of notes, boxes and headers still to be read
	warnings []string
}

// header reads what the file information block says at once.
func (d *document) header() error {
	const least = 0x58 // bytes up to the first list of Word 6
	if len(d.main) < least {
		return fmt.Errorf("the Word document inside has %d bytes: %w", len(d.main), ingest.ErrDamaged)
	}
	d.flags = ole.U16(d.main, 10)
	d.old = ole.U16(d.main, 2) < word97
	if d.flags&flagEncrypted != 0 {
		return fmt.Errorf("it asks for a password; save it without one: %w", ingest.ErrEncrypted)
	}
	d.page = codepage.Western
	if d.old {
		d.page = codePage(ole.U16(d.main, 6), ole.U16(d.main, 20))
	}
	return nil
}

// codePage is the code page of the text of Word 6 and 95 in fonts without one
// of their own, which their languages tell.
func codePage(language, charset uint16) int {
	if charset == 256 {
		return codepage.Macintosh
	}
	switch language & 0x3FF {
	case 0x05, 0x0E, 0x15, 0x18, 0x1B, 0x1C, 0x24: // cs hu pl ro sk sq sl
		return 1250
	case 0x1A: // hr, and sr in Cyrillic
		if language != 0x0C1A {
			return 1250
		}
		return 1251
	case 0x02, 0x19, 0x22, 0x23, 0x2F: // bg ru uk be mk
		return 1251
	case 0x08:
		return 1253
	case 0x1F:
		return 1254
	case 0x0D:
		return 1255
	case 0x01:
		return 1256
	case 0x25, 0x26, 0x27: // et lv lt
		return 1257
	case 0x11:
		return 932
	case 0x12:
		return 949
	case 0x04:
		if language == 0x0404 || language == 0x0C04 {
			return 950
		}
		return 936
	}
	return codepage.Western
}

// list is the part of the table stream that an entry of the file information
// block points to; nil when there is none or it is not within the stream.
func (d *document) list(index int) []byte {
	first := 154 // fibRgFcLcbBlob
	if d.old {
		if first = 0x58; index > 40 {
			return endnotes6(d, index)
		}
	}
	return d.at(first + 8*index)
}

// endnotes6 are the lists of Word 6 and 95 that stand elsewhere than later.
func endnotes6(d *document, index int) []byte {
	switch index {
	case plcEndnoteRefs:
		return d.at(0x1D2)
	case plcEndnotes:
		return d.at(0x1DA)
	}
	return nil
}

func (d *document) at(entry int) []byte {
	from, size := int64(ole.U32(d.main, entry)), int64(ole.U32(d.main, entry+4))
	if size == 0 || from+size > int64(len(d.table)) {
		return nil
	}
	return d.table[from : from+size]
}

// plc reads a list of character positions with the records of the given size
// that stand between them, [MS-DOC] 2.2.2.
func (d *document) plc(index, size int) (at []int, records [][]byte) {
	b := d.list(index)
	n := (len(b) - 4) / (4 + size)
	if n < 1 {
		return nil, nil
	}
	for i := range n + 1 {
		at = append(at, int(int32(ole.U32(b, 4*i)))) //nolint:gosec // negative ones are out of every story
	}
	if size > 0 {
		for i := range n {
			from := 4*(n+1) + i*size
			records = append(records, b[from:from+size])
		}
	}
	return at, records
}

// span is a range of character positions.
type span struct{ from, to int }

// part is the range between two positions counted from the span's start.
func (s span) part(from, to int) span {
	from, to = max(from, 0), max(to, 0)
	return span{min(s.from+from, s.to), min(s.from+to, s.to)}
}

// stories are the ranges of the stories. A document whose counts make no sense
// is all main text.
func (d *document) stories() [stories]span {
	var out [stories]span
	last := 0
	if n := len(d.runs); n > 0 {
		last = d.runs[n-1].to
	}
	first := 76 // ccpText
	if d.old {
		first = 0x34
	}
	from := 0
	for i := range out {
		n := int(int32(ole.U32(d.main, first+4*i))) //nolint:gosec // checked below
		if n < 0 || from+n > last {
			n = last - from
		}
		out[i] = span{from, from + n}
		from += n
	}
	if out[storyMain].to == 0 {
		return [stories]span{{0, last}}
	}
	return out
}
