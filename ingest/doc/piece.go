package doc

import (
	"fmt"
	"slices"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/ole"
)

// piece is a run of characters that is stored in one place: [MS-DOC] 2.9.177.
type piece struct {
	from, to int   // character positions
	at       int64 // where it starts in the main stream
	wide     bool  // UTF-16 or, of Word 6 and 95, two bytes of a code page; else one byte a character
	change   []byte
}

// size is the bytes of a character.
func (p piece) size() int64 {
	if p.wide {
		return 2
	}
	return 1
}

// pieces reads the piece table, [MS-DOC] 2.9.38. A document without one is
// stored in one piece.
func (d *document) pieces() error {
	clx := d.list(plcPieces)
	for len(clx) >= 3 && clx[0] == 1 {
		n := int(ole.U16(clx, 1))
		if 3+n > len(clx) {
			clx = nil
			break
		}
		d.prcs = append(d.prcs, clx[3:3+n])
		clx = clx[3+n:]
	}
	if len(clx) > 5 && clx[0] == 2 {
		d.pieceTable(clx[5:min(5+int64(ole.U32(clx, 1)), int64(len(clx)))])
	}
	if len(d.runs) > 0 {
		return nil
	}
	from, to := int64(ole.U32(d.main, 24)), int64(ole.U32(d.main, 28))
	if to = min(to, int64(len(d.main))); from >= to {
		return fmt.Errorf("the Word document inside does not say where its text is: %w", ingest.ErrDamaged)
	}
	p := piece{at: from, wide: d.flags&flagWide != 0 && (d.old || d.looksWide(from, to))}
	p.to = int((to - from) / p.size())
	d.runs = []piece{p}
	return nil
}

// looksWide guesses from zero bytes whether text without a piece table is
// UTF-16.
func (d *document) looksWide(from, to int64) bool {
	sample, zeros := d.main[from:min(to, from+4096)], 0
	for _, b := range sample {
		if b == 0 {
			zeros++
		}
	}
	return zeros*4 > len(sample)
}

// pieceTable reads the pieces. Each character stands somewhere, so that more
// of them than bytes are a fault or a bomb.
func (d *document) pieceTable(b []byte) {
	n := (len(b) - 4) / 12
	last, missing := 0, 0
	defer func() {
		if missing > 0 {
			d.warnings = append(d.warnings, fmt.Sprintf("the document is damaged: %d of its characters are not in the file", missing))
		}
	}()
	for i := range max(n, 0) {
		from, to := int(ole.U32(b, 4*i)), int(ole.U32(b, 4*i+4))
		if from == to {
			continue // nothing
		}
		// What stands behind a fault has no place in the text.
		if from < last || to < from || to > 2*len(d.main) {
			d.warnings = append(d.warnings, fmt.Sprintf("the document is damaged after %d characters and was read up to there", last))
			return
		}
		last = to
		pcd := b[4*(n+1)+8*i:]
		fc := ole.U32(pcd, 2)
		p := piece{from: from, to: to, at: int64(fc & 0x3FFFFFFF), wide: fc&(1<<30) == 0, change: d.prm(ole.U16(pcd, 6))}
		switch {
		case d.old:
			p.at, p.wide = int64(fc), d.flags&flagWide != 0
		case !p.wide:
			p.at /= 2
		}
		if p.to = min(p.to, p.from+int(max((int64(len(d.main))-p.at)/p.size(), 0))); p.to < to {
			missing += to - p.to
		}
		if p.to > p.from {
			d.runs = append(d.runs, p)
		}
	}
}

// prm is the change of properties of a piece, [MS-DOC] 2.9.214 and 2.9.216.
func (d *document) prm(prm uint16) []byte {
	if prm&1 != 0 {
		if i := int(prm >> 1); i < len(d.prcs) {
			return d.prcs[i]
		}
		return nil
	}
	// Of the changes that fit in two bytes these matter: 2.9.215.
	value := byte(prm >> 8)
	if d.old {
		switch op := byte(prm >> 1 & 0x7F); op {
		case old.deleted, old.hidden, old.outlined, old.shadowed, old.ico:
			return []byte{op, value}
		}
		return nil
	}
	switch prm >> 1 & 0x7F {
	case 0x41:
		return []byte{0x00, 0x08, value} // sprmCFRMarkDel
	case 0x5C:
		return []byte{0x3C, 0x08, value} // sprmCFVanish
	case 0x18:
		return []byte{0x16, 0x24, value} // sprmPFInTable
	case 0x19:
		return []byte{0x17, 0x24, value} // sprmPFTtp
	case 0x4D:
		return []byte{0x0C, 0x2A, value} // sprmCHighlight
	case 0x4E:
		return []byte{0x58, 0x08, value} // sprmCFEmboss
	case 0x53:
		return []byte{0x33, 0x2A, value} // sprmCPlain
	case 0x58:
		return []byte{0x38, 0x08, value} // sprmCFOutline
	case 0x59:
		return []byte{0x39, 0x08, value} // sprmCFShadow
	case 0x62:
		return []byte{0x42, 0x2A, value} // sprmCIco
	case 0x74:
		return []byte{0x54, 0x08, value} // sprmCFImprint
	}
	return nil
}

// pieceAt is the index of the piece that holds a character position, or that
// of the next.
func (d *document) pieceAt(cp int) int {
	i, _ := slices.BinarySearchFunc(d.runs, cp, func(p piece, cp int) int {
		if p.to <= cp {
			return -1
		}
		return 1
	})
	return i
}
