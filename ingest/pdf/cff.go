package pdf

import (
	_ "embed" // for cffnames.txt
	"math"
	"strings"
	"sync"
)

//go:embed cffnames.txt
var cffNameList string

// cffNames are the standard strings of appendix A of Adobe's Technical Note
// 5176, The Compact Font Format Specification.
var cffNames = sync.OnceValue(func() []string { return strings.Fields(cffNameList) })

// cffFont is what a Compact Font Format program tells about its glyphs.
type cffFont struct {
	names    []string        // of the glyphs, when they have names
	cids     []int           // of the glyphs, when they have CIDs
	encoding map[byte]string // names by code, nil for StandardEncoding
}

// maxName is the bytes of a glyph's name at most (Technical Note 5176, section
// 10).
const maxName = 127

// parseCFF reads the names and the encoding of a program's first font. It is
// nil when the program is too damaged for that.
func parseCFF(data []byte) *cffFont {
	if len(data) < 4 || data[0] != 1 {
		return nil
	}
	_, at := cffIndex(data, int(data[2]))
	dicts, at := cffIndex(data, at)
	texts, _ := cffIndex(data, at)
	if len(dicts) == 0 {
		return nil
	}
	top := cffDict(dicts[0])
	glyphs, _ := cffIndex(data, int(top.number(17, 0)))
	n := min(len(glyphs), math.MaxUint16)
	if n == 0 {
		return nil
	}
	_, isCID := top[cffROS]
	sids := cffCharset(data, int(top.number(15, 0)), n, isCID)
	f := &cffFont{}
	if isCID {
		f.cids = sids
		return f
	}
	f.names = make([]string, n)
	for g, sid := range sids {
		switch standard := cffNames(); {
		case sid < len(standard):
			f.names[g] = standard[sid]
		case sid-len(standard) < len(texts):
			if own := texts[sid-len(standard)]; len(own) <= maxName {
				f.names[g] = string(own)
			}
		}
	}
	if offset := int(top.number(16, 0)); offset > 1 {
		f.encoding = f.readEncoding(data, offset)
	}
	return f
}

// cffIndex reads the INDEX at an offset and says where it ends.
func cffIndex(data []byte, at int) ([][]byte, int) {
	n := int(u16(data, at))
	if at <= 0 || n == 0 || at+3 > len(data) {
		return nil, at + 2
	}
	size := int(data[at+2])
	offset := func(i int) int {
		v := 0
		for j := range size {
			if p := at + 3 + i*size + j; p < len(data) {
				v = v<<8 | int(data[p])
			}
		}
		return v
	}
	if size < 1 || size > 4 || at+3+(n+1)*size > len(data) {
		return nil, len(data)
	}
	base := at + 2 + (n+1)*size
	items := make([][]byte, n)
	for i := range items {
		if lo, hi := base+offset(i), base+offset(i+1); lo >= base && lo <= hi && hi <= len(data) {
			items[i] = data[lo:hi]
		}
	}
	return items, base + offset(n)
}

// cffROS is the operator of a Top DICT that makes a font CID-keyed.
const cffROS = 12<<8 | 30

// operands of a DICT by operator; the second byte of an operator of two is the
// low one.
type cffOperands map[int][]float64

func (d cffOperands) number(operator int, other float64) float64 {
	if v := d[operator]; len(v) > 0 {
		return v[0]
	}
	return other
}

func cffDict(data []byte) cffOperands {
	d := cffOperands{}
	var stack []float64
	for i := 0; i < len(data) && len(stack) < 64; i++ {
		switch b := int(data[i]); {
		case b <= 21:
			if b == 12 && i+1 < len(data) {
				i++
				b = b<<8 | int(data[i])
			}
			d[b] = stack
			stack = nil
		case b == 28:
			stack = append(stack, float64(int16(u16(data, i+1)&0xFFFF))) //nolint:gosec // it is signed
			i += 2
		case b == 29:
			stack = append(stack, float64(int32(u32(data, i+1)))) //nolint:gosec // it is signed
			i += 4
		case b == 30: // a real number; none that we need is one
			for i++; i < len(data) && data[i]&0xF != 0xF; i++ {
			}
			stack = append(stack, 0)
		case b >= 32 && b <= 246:
			stack = append(stack, float64(b-139))
		case b >= 247 && b <= 254:
			low := 0
			if i+1 < len(data) {
				low = int(data[i+1])
			}
			if b < 251 {
				stack = append(stack, float64((b-247)*256+low+108))
			} else {
				stack = append(stack, float64(-(b-251)*256-low-108))
			}
			i++
		}
	}
	return d
}

// cffCharset is the string number or the CID of each glyph.
func cffCharset(data []byte, offset, n int, isCID bool) []int {
	sids := make([]int, n)
	if offset <= 2 { // predefined; the expert ones are not worth their tables
		for g := range sids {
			if isCID || g <= 228 {
				sids[g] = g
			}
		}
		return sids
	}
	if offset >= len(data) {
		return sids
	}
	format, at := data[offset], offset+1
	if format == 0 {
		for g := 1; g < n; g++ {
			sids[g] = int(u16(data, at))
			at += 2
		}
		return sids
	}
	for g := 1; g < n && at < len(data); {
		first, left := int(u16(data, at)), 0
		if format == 1 && at+2 < len(data) {
			left = int(data[at+2])
			at += 3
		} else {
			left = int(u16(data, at+2))
			at += 4
		}
		for i := 0; i <= left && g < n; i++ {
			sids[g] = first + i
			g++
		}
	}
	return sids
}

func (f *cffFont) readEncoding(data []byte, at int) map[byte]string {
	codes := map[byte]string{}
	if at+2 > len(data) {
		return codes
	}
	format, n := data[at], int(data[at+1])
	at += 2
	glyph := 1
	add := func(c int) {
		if glyph < len(f.names) && c < 256 {
			codes[byte(c&0xFF)] = f.names[glyph]
		}
		glyph++
	}
	for range n {
		switch {
		case format&0x7F == 0 && at < len(data):
			add(int(data[at]))
			at++
		case format&0x7F == 1 && at+1 < len(data):
			for i := range int(data[at+1]) + 1 {
				add(int(data[at]) + i)
			}
			at += 2
		}
	}
	if format&0x80 != 0 && at < len(data) { // more codes for the same glyphs
		n = int(data[at])
		for i := range n {
			sid := int(u16(data, at+2+3*i))
			if p := at + 1 + 3*i; p < len(data) && sid < len(cffNames()) {
				codes[data[p]] = cffNames()[sid]
			}
		}
	}
	return codes
}
