package doc

import (
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/ole"
)

const maxMarker = 100 // characters of a marker, with the numbers yet to come

// readLists reads PlfLst and PlfLfo, [MS-DOC] 2.9.192 and 2.9.191; the levels
// of the first stand behind it.
func (d *document) readLists() {
	d.lists = flow.Lists{ByID: map[uint32]*[flow.Levels]flow.Level{}, Overrides: map[int]flow.Override{}}
	const size = 28 // of an LSTF
	b := d.list(plcLists)
	if d.old || len(b) < 2 {
		return
	}
	n := min(int(ole.U16(b, 0)), flow.MaxLists, (len(b)-2)/size)
	end := int64(ole.U32(d.main, 154+8*plcLists)) + 2 + int64(n)*size
	rest := d.table[min(end, int64(len(d.table))):]
	for i := range n {
		lstf := b[2+i*size:]
		count := flow.Levels
		if lstf[26]&1 != 0 { // fSimpleList
			count = 1
		}
		list := &[flow.Levels]flow.Level{}
		for j := range count {
			var ok bool
			if list[j], rest, ok = readLevel(rest); !ok {
				return
			}
		}
		d.lists.ByID[ole.U32(lstf, 0)] = list
	}
	d.readOverrides()
}

func readLevel(b []byte) (l flow.Level, rest []byte, ok bool) {
	const size = 28 // of an LVLF
	if len(b) < size {
		return l, nil, false
	}
	l = flow.Level{Start: min(int(ole.U32(b, 0)&0x7FFFFFFF), flow.MaxNumber), Format: int(b[4]), Legal: b[5]&4 != 0}
	at := size + int(b[24]) + int(b[25])
	n := 2 * int(ole.U16(b, at))
	if at+2+n > len(b) {
		return l, nil, false
	}
	l.Text = utf16Text(b[at+2 : at+2+min(n, 2*maxMarker)])
	return l, b[at+2+n:], true
}

func (d *document) readOverrides() {
	const size = 16 // of an LFO
	b := d.list(plcOverrides)
	if len(b) < 4 {
		return
	}
	n := min(int(ole.U32(b, 0)), flow.MaxLists, (len(b)-4)/size)
	rest := b[4+n*size:]
	for i := range n {
		lfo := b[4+i*size:]
		d.lists.Overrides[i+1] = flow.Override{List: ole.U32(lfo, 0), Starts: map[int]int{}, Levels: map[int]flow.Level{}}
	}
	for i := range n {
		count := int(b[4+i*size+12])
		rest = rest[min(4, len(rest)):] // cp
		for range count {
			if len(rest) < 8 {
				return
			}
			start, flags := int(ole.U32(rest, 0)&0x7FFFFFFF), ole.U32(rest, 4)
			rest = rest[8:]
			at := int(flags & 0xF)
			if flags&0x20 != 0 { // fFormatting
				var l flow.Level
				var ok bool
				if l, rest, ok = readLevel(rest); !ok {
					return
				}
				start = l.Start
				d.lists.Overrides[i+1].Levels[at] = l
			}
			if flags&0x10 != 0 { // fStartAt
				d.lists.Overrides[i+1].Starts[at] = min(start, flow.MaxNumber)
			}
		}
	}
}
