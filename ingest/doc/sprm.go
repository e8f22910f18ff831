package doc

import (
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/ole"
)

// The single property modifiers that matter, [MS-DOC] 2.6.
const (
	sprmDeleted    = 0x0800 // sprmCFRMarkDel
	sprmHidden     = 0x083C // sprmCFVanish
	sprmFieldHide  = 0x0802 // sprmCFFldVanish
	sprmSymbol     = 0x6A09 // sprmCSymbol
	sprmCharStyle  = 0x4A30 // sprmCIstd
	sprmFont       = 0x4A4F // sprmCRgFtc0
	sprmStyle      = 0x4600 // sprmPIstd
	sprmInTable    = 0x2416
	sprmRowEnd     = 0x2417 // sprmPFTtp
	sprmDepth      = 0x6649 // sprmPItap
	sprmInnerCell  = 0x244B
	sprmInnerRow   = 0x244C
	sprmListLevel  = 0x260A // sprmPIlvl
	sprmList       = 0x460B // sprmPIlfo
	sprmOutline    = 0x2640 // sprmPOutLvl
	sprmTable      = 0xD608 // sprmTDefTable
	sprmTabs       = 0xC615 // sprmPChgTabs
	sprmRepeat     = 0x3404 // sprmTTableHeader
	sprmHuge       = 0x6646 // sprmPHugePapx
	sprmHugeOlder  = 0x6645
	sprmMergeCells = 0x5624 // sprmTMerge

	sprmPlain      = 0x2A33 // sprmCPlain
	sprmIco        = 0x2A42 // sprmCIco
	sprmColor      = 0x6870 // sprmCCv
	sprmHighlight  = 0x2A0C // sprmCHighlight
	sprmCharShd80  = 0x4866
	sprmCharShd    = 0xCA71
	sprmSize       = 0x4A43 // sprmCHps
	sprmOutlined   = 0x0838
	sprmShadowed   = 0x0839
	sprmImprinted  = 0x0854
	sprmEmbossed   = 0x0858
	sprmParaShd80  = 0x442D
	sprmParaShd    = 0xC64D
	sprmCellShds80 = 0xD609 // sprmTDefTableShd80
	sprmCellShds   = 0xD612 // sprmTDefTableShd, of cells 1 to 22
	sprmCellShds2  = 0xD616 // of 23 to 44
	sprmCellShds3  = 0xD60C // of 45 to 63
	sprmCellRaw    = 0xD670 // sprmTDefTableShdRaw and the two like it
	sprmCellRaw2   = 0xD671
	sprmCellRaw3   = 0xD672
	sprmSetShd80   = 0x7627 // sprmTSetShd80
	sprmSetOdd80   = 0x7628
	sprmSetShd     = 0xD62D // sprmTSetShd
	sprmSetOdd     = 0xD62E
	sprmTableShd   = 0xD660 // sprmTSetShdTable
	sprmTableStyle = 0x563A // sprmTIstd
	sprmInsert     = 0x7621 // sprmTInsert
	sprmDelete     = 0x5622 // sprmTDelete
	sprmTop        = 0x9023 // sprmSDyaTop
	sprmStrange    = 0xFFFF // stands for what is not known of characters
)

// old are the modifiers of Word 6 and 95 that matter; they have one byte.
var old = struct {
	deleted, hidden, symbol, charStyle, font, style, inTable, rowEnd, repeat, table byte
	plain, outlined, shadowed, ico, size, paraShd, cellShds                         byte
}{
	deleted: 65, hidden: 92, symbol: 74, charStyle: 80, font: 93, style: 2, inTable: 24, rowEnd: 25, repeat: 186, table: 190,
	plain: 83, outlined: 88, shadowed: 89, ico: 98, size: 99, paraShd: 47, cellShds: 191,
}

// renamed are the modifiers of today for those of Word 6 and 95.
func renamed(op byte) uint16 {
	switch op {
	case old.deleted:
		return sprmDeleted
	case old.hidden:
		return sprmHidden
	case old.symbol:
		return sprmSymbol
	case old.font:
		return sprmFont
	case old.charStyle:
		return sprmCharStyle
	case old.style:
		return sprmStyle
	case old.inTable:
		return sprmInTable
	case old.rowEnd:
		return sprmRowEnd
	case old.repeat:
		return sprmRepeat
	case old.table:
		return sprmTable
	case old.plain:
		return sprmPlain
	case old.outlined:
		return sprmOutlined
	case old.shadowed:
		return sprmShadowed
	case old.ico:
		return sprmIco
	case old.size:
		return sprmSize
	case old.paraShd:
		return sprmParaShd80
	case old.cellShds:
		return sprmCellShds80
	case 76, 77, 78, 79, 119: // not of Word 6; with one of them Word 95 marks text
		return sprmStrange
	}
	return 0
}

// oldSize is the size of an operand of Word 6 and 95 and where it starts,
// from the list in the file format description of Word 6.
func oldSize(op byte, b []byte) (skip, size int, ok bool) {
	variable := func() (int, int, bool) {
		if len(b) < 1 {
			return 0, 0, false
		}
		return 1, int(b[0]), true
	}
	switch {
	case op == 3, op == 12, op == 15, op == 23, op == 52, op == 68, op == 74, op == 81, op == 82, op == 103, op == 105, op == 106, op == 108, op == 191:
		return variable()
	case op == 188, op == 190:
		return 2, max(int(ole.U16(b, 0))-1, 0), len(b) >= 2
	case op == 83, op == 0:
		return 0, 0, true
	case op == 187:
		return 0, 12, true
	case op == 193, op == 199:
		return 0, 5, true
	case op == 73, op == 95:
		return 0, 3, true
	case op == 20, op == 70, op == 192, op == 194, op == 196, op == 200:
		return 0, 4, true
	case op == 2, op >= 16 && op <= 19, op == 21, op == 22, op >= 26 && op <= 28, op >= 30 && op <= 35, op >= 38 && op <= 43, op >= 45 && op <= 49,
		op == 69, op == 72, op == 80, op == 93, op == 96, op == 97, op == 99, op == 101, op == 107, op == 109, op == 110,
		op >= 182 && op <= 184, op == 189, op == 195, op == 197, op == 198, op >= 120 && op <= 123, op == 140, op == 141, op == 144, op == 145, op == 148, op == 149, op >= 154 && op <= 157, op >= 160 && op <= 161, op >= 164 && op <= 171:
		return 0, 2, true
	case op <= 52, op >= 64 && op <= 119, op >= 131 && op <= 171, op >= 182 && op <= 200:
		return 0, 1, true
	}
	return 0, 0, false
}

// each calls see for every modifier of a list; it stops at one that is cut or
// unknown.
func (d *document) each(b []byte, see func(op uint16, operand []byte)) {
	if d.old {
		for len(b) > 1 {
			op := b[0]
			skip, size, ok := oldSize(op, b[1:])
			if !ok || 1+skip+size > len(b) {
				return
			}
			if name := renamed(op); name != 0 {
				see(name, b[1+skip:1+skip+size])
			}
			b = b[1+skip+size:]
		}
		return
	}
	for len(b) > 2 {
		op := ole.U16(b, 0)
		skip, size := operand(op, b[2:])
		if 2+skip+size > len(b) {
			return
		}
		see(op, b[2+skip:2+skip+size])
		b = b[2+skip+size:]
	}
}

// operand is the size of a modifier's operand and of the count before it,
// [MS-DOC] 2.6.1.
func operand(op uint16, b []byte) (skip, size int) {
	switch op >> 13 {
	case 0, 1:
		return 0, 1
	case 2, 4, 5:
		return 0, 2
	case 3:
		return 0, 4
	case 7:
		return 0, 3
	}
	switch {
	case op == sprmTable || op == 0xD606:
		return 2, max(int(ole.U16(b, 0))-1, 0)
	case len(b) == 0:
		return 0, 1
	case op == sprmTabs && b[0] == 255 && len(b) > 1: // longer than a byte can say
		deleted := int(b[1])
		if at := 2 + 4*deleted; at < len(b) {
			return 0, at + 1 + 3*int(b[at])
		}
		return 0, len(b) + 1
	}
	return 1, int(b[0])
}

// char is how a run of characters is shown.
type char struct {
	deleted bool
	hidden  toggle
	symbol  rune // 0 for none
	style   int
	font    int // of Word 6 and 95, unsaid where nothing is said
	look    uint16
}

// plain is a run of characters of which nothing is said.
func plain() char { return char{hidden: unset, font: unsaid} }

// toggle is a property that a style may have, too: 0 and 1 are no and yes,
// 0x80 as the style, 0x81 not as it; unset means nothing is said.
type toggle int16

const unset toggle = -1

func (t toggle) over(style bool) bool {
	switch t {
	case 0:
		return false
	case unset, 0x80:
		return style
	case 0x81:
		return !style
	}
	return true
}

func (c *char) apply(d *document, list []byte) {
	look := d.looks.all[c.look]
	defer func() {
		if look != d.looks.all[c.look] {
			c.look = d.looks.of(look)
		}
	}()
	d.each(list, func(op uint16, b []byte) {
		switch op {
		case sprmDeleted:
			c.deleted = b[0] != 0
		case sprmHidden:
			c.hidden = toggle(b[0])
		case sprmFont:
			if d.old { // later versions need no font to know a letter
				c.font = int(ole.U16(b, 0))
			}
		case sprmCharStyle:
			c.style = int(ole.U16(b, 0))
		case sprmSymbol:
			c.symbol = rune(ole.U16(b, 2))
			if d.old {
				c.symbol = 0
				if len(b) > 2 {
					c.symbol = 0xF000 | rune(b[2])
				}
			}
			if c.symbol >= 0xF000 {
				c.symbol = flow.Symbol(c.symbol, d.symbols[int(ole.U16(b, 0))])
			}
		default:
			changeLook(&look, op, b)
		}
	})
}

// para is how a paragraph is shown.
type para struct {
	style     int
	depth     int // tables around
	inTable   bool
	rowEnd    bool
	innerCell bool
	innerRow  bool
	list      int // from 1, 0 for none
	hasList   bool
	level     int
	hasLevel  bool
	outline   int // 1 to 9, 0 for none
	hasLine   bool
	edges     []int
	merges    []uint16
	header    bool
	spans     [][2]int // cells merged afterwards

	shade      string   // colour behind the paragraph
	fills      []string // behind the cells
	under      []string // behind the table
	tableStyle int
	open       bool // which cell has which colour cannot be told
}

const maxCells = 64 // of a row; Word allows 63

func (p *para) apply(d *document, list []byte, depth int) {
	huge := depth > 0 // the Data stream holds one list of a paragraph's
	d.each(list, func(op uint16, b []byte) {
		switch op {
		case sprmStyle:
			p.style = int(ole.U16(b, 0))
		case sprmInTable:
			p.inTable = b[0] != 0
		case sprmRowEnd:
			p.rowEnd = b[0] != 0
		case sprmDepth:
			p.depth = int(int32(ole.U32(b, 0))) //nolint:gosec // bounded where it is used
		case sprmInnerCell:
			p.innerCell = b[0] != 0
		case sprmInnerRow:
			p.innerRow = b[0] != 0
		case sprmListLevel:
			p.level, p.hasLevel = min(int(b[0]), flow.Levels-1), true
		case sprmList:
			p.list, p.hasList = 0, true
			if n := int(ole.U16(b, 0)); n < 0x7FF {
				p.list = n
			}
		case sprmOutline:
			p.outline, p.hasLine = 0, true
			if b[0] < 9 {
				p.outline = int(b[0]) + 1
			}
		case sprmRepeat:
			p.header = b[0] != 0
		case sprmTable:
			p.cells(b, d.old)
		case sprmMergeCells:
			p.spans = append(p.spans, [2]int{int(b[0]), int(b[1])})
		case sprmHuge, sprmHugeOlder:
			at := int64(ole.U32(b, 0))
			if n := int64(ole.U16(d.data, int(at))); !huge && at+2+n <= int64(len(d.data)) {
				huge = true
				p.apply(d, d.data[at+2:at+2+n], depth+1)
			}
		default:
			p.changeShade(op, b)
		}
	})
}

// cells reads where the cells of a row are and which are merged, [MS-DOC]
// 2.9.321.
func (p *para) cells(b []byte, old bool) {
	if len(b) < 1 {
		return
	}
	size := 20 // of a TC80
	if old {
		size = 10
	}
	n := min(int(b[0]), maxCells)
	p.edges, p.merges, p.spans = nil, nil, nil
	if 1+2*(n+1) > len(b) {
		return
	}
	for i := range n + 1 {
		p.edges = append(p.edges, int(int16(ole.U16(b, 1+2*i)))) //nolint:gosec // signed in the file
	}
	for i := range n {
		p.merges = append(p.merges, ole.U16(b, 1+2*(n+1)+size*i))
	}
}
