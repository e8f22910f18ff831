package doc

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/ole"
)

const (
	levels    = 9
	maxLists  = 4096
	maxNumber = 30_000
	maxMarker = 100 // bytes after which a marker is cut off
)

// level is how one level of a list is numbered, [MS-DOC] 2.9.150.
type level struct {
	start  int
	format byte   // nfc
	text   []byte // UTF-16 in which characters below 9 stand for the numbers of levels
	legal  bool   // all numbers decimal
}

// numberFormats of [MS-OSHARED] 2.2.1.3 that are not written as decimals.
const (
	upperRoman  = 1
	lowerRoman  = 2
	upperLetter = 3
	lowerLetter = 4
	twoDigits   = 22
	bullets     = 23
	noNumber    = 255
)

// override is an instance of a list that may start anew or look otherwise.
type override struct {
	list   uint32
	starts map[int]int
	levels map[int]level
}

// lists counts lists as Word does: instances of one list count on, unless an
// override starts them anew.
type lists struct {
	byID      map[uint32]*[levels]level
	overrides []override
	counters  map[uint32]*[levels]int
	begun     map[int]bool
}

// readLists reads PlfLst and PlfLfo, [MS-DOC] 2.9.192 and 2.9.191; the levels
// of the first stand behind it.
func (d *document) readLists() {
	d.lists = lists{byID: map[uint32]*[levels]level{}, counters: map[uint32]*[levels]int{}, begun: map[int]bool{}}
	const size = 28 // of an LSTF
	b := d.list(plcLists)
	if d.old || len(b) < 2 {
		return
	}
	n := min(int(ole.U16(b, 0)), maxLists, (len(b)-2)/size)
	end := int64(ole.U32(d.main, 154+8*plcLists)) + 2 + int64(n)*size
	rest := d.table[min(end, int64(len(d.table))):]
	for i := range n {
		lstf := b[2+i*size:]
		count := levels
		if lstf[26]&1 != 0 { // fSimpleList
			count = 1
		}
		list := &[levels]level{}
		for j := range count {
			var ok bool
			if list[j], rest, ok = readLevel(rest); !ok {
				return
			}
		}
		d.lists.byID[ole.U32(lstf, 0)] = list
	}
	d.readOverrides()
}

func readLevel(b []byte) (l level, rest []byte, ok bool) {
	const size = 28 // of an LVLF
	if len(b) < size {
		return l, nil, false
	}
	l = level{start: min(int(ole.U32(b, 0)&0x7FFFFFFF), maxNumber), format: b[4], legal: b[5]&4 != 0}
	at := size + int(b[24]) + int(b[25])
	n := 2 * int(ole.U16(b, at))
	if at+2+n > len(b) {
		return l, nil, false
	}
	l.text = b[at+2 : at+2+min(n, 2*maxMarker)]
	return l, b[at+2+n:], true
}

func (d *document) readOverrides() {
	const size = 16 // of an LFO
	b := d.list(plcOverrides)
	if len(b) < 4 {
		return
	}
	n := min(int(ole.U32(b, 0)), maxLists, (len(b)-4)/size)
	rest := b[4+n*size:]
	for i := range n {
		lfo := b[4+i*size:]
		o := override{list: ole.U32(lfo, 0), starts: map[int]int{}, levels: map[int]level{}}
		d.lists.overrides = append(d.lists.overrides, o)
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
				var l level
				var ok bool
				if l, rest, ok = readLevel(rest); !ok {
					return
				}
				start = l.start
				d.lists.overrides[i].levels[at] = l
			}
			if flags&0x10 != 0 { // fStartAt
				d.lists.overrides[i].starts[at] = min(start, maxNumber)
			}
		}
	}
}

// next counts one item of an instance, from 1, and returns its marker, "" for
// a list that shows none.
func (l *lists) next(instance, at int) string {
	if instance < 1 || instance > len(l.overrides) || at < 0 || at >= levels {
		return ""
	}
	o := l.overrides[instance-1]
	list := l.byID[o.list]
	if list == nil {
		return ""
	}
	def := func(i int) level {
		if own, ok := o.levels[i]; ok {
			return own
		}
		return list[i]
	}
	count := l.counters[o.list]
	if count == nil {
		count = &[levels]int{}
		for i := range count {
			count[i] = -1
		}
		l.counters[o.list] = count
	}
	if !l.begun[instance] {
		l.begun[instance] = true
		for i := range o.starts {
			if i < levels {
				count[i] = -1
			}
		}
	}
	for i := at + 1; i < levels; i++ {
		count[i] = -1
	}
	for i := 0; i <= at; i++ {
		switch {
		case count[i] < 0:
			count[i] = def(i).start
			if s, ok := o.starts[i]; ok {
				count[i] = s
			}
		case i == at && count[i] < maxNumber:
			count[i]++
		}
	}
	lv := def(at)
	if lv.format == bullets {
		return flow.Bullet
	}
	var b strings.Builder
	for _, r := range utf16Text(lv.text) {
		if b.Len() >= maxMarker {
			break
		}
		if r >= levels {
			b.WriteRune(r)
			continue
		}
		format := def(int(r)).format
		if lv.legal {
			format = 0
		}
		b.WriteString(write(format, max(count[r], 0)))
	}
	return strings.TrimSpace(b.String())
}

func write(format byte, n int) string {
	switch format {
	case upperRoman:
		return flow.Roman(n)
	case lowerRoman:
		return strings.ToLower(flow.Roman(n))
	case upperLetter:
		return strings.ToUpper(flow.Letters(n))
	case lowerLetter:
		return flow.Letters(n)
	case twoDigits:
		return fmt.Sprintf("%02d", n)
	case noNumber, bullets:
		return ""
	}
	return strconv.Itoa(n)
}
