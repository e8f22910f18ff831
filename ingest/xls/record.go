package xls

import (
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/ole"
)

// The records that matter, [MS-XLS] 2.3.
const (
	recFormula   = 0x0006
	recEOF       = 0x000A
	recNote      = 0x001C
	recDate1904  = 0x0022
	recFilePass  = 0x002F
	recContinue  = 0x003C
	recCodePage  = 0x0042
	recObject    = 0x005D
	recColumns   = 0x007D
	recSheet     = 0x0085 // BoundSheet8
	recNumbers   = 0x00BD // MulRk
	recRich      = 0x00D6 // RString
	recStyle     = 0x00E0 // XF
	recMerged    = 0x00E5
	recStrings   = 0x00FC // SST
	recLabelSST  = 0x00FD
	recText      = 0x01B6 // TxO
	recNumber    = 0x0203
	recLabel     = 0x0204
	recBool      = 0x0205 // BoolErr
	recString    = 0x0207
	recRow       = 0x0208
	recRK        = 0x027E
	recFormula3  = 0x0206
	recDrawing   = 0x00EC // MsoDrawing
	recFormula4  = 0x0406
	recNumFormat = 0x041E
	recBOF       = 0x0809

	// Of BIFF2 to 4.
	recNumFormat2 = 0x001E
	recBOF2       = 0x0009
	recBOF3       = 0x0209
	recBOF4       = 0x0409
	recStyle3     = 0x0243
	recStyle4     = 0x0443
)

func u16(b []byte, at int) int { return int(ole.U16(b, at)) }

func u32(b []byte, at int) uint32 { return ole.U32(b, at) }

// record is a record's data; parts are those of the records that continue it.
type record struct {
	kind  int
	data  []byte
	parts [][]byte
}

// records reads a stream of records.
type records struct {
	data []byte
	pos  int
}

// next is the next record with those that continue it; a cut one is as long
// as there is data.
func (r *records) next() (rec record, ok bool) {
	if rec.kind, rec.data, ok = r.one(); !ok {
		return rec, false
	}
	for r.pos+4 <= len(r.data) && u16(r.data, r.pos) == recContinue {
		_, part, _ := r.one()
		rec.parts = append(rec.parts, part)
	}
	return rec, true
}

func (r *records) one() (kind int, data []byte, ok bool) {
	if r.pos+4 > len(r.data) {
		return 0, nil, false
	}
	kind = u16(r.data, r.pos)
	end := min(r.pos+4+u16(r.data, r.pos+2), len(r.data))
	data = r.data[r.pos+4 : end]
	r.pos = end
	return kind, data, true
}

// text reads strings that go on in further records.
type text struct {
	parts [][]byte // the current one first
}

func (rec record) text(from int) *text {
	if from > len(rec.data) {
		return &text{}
	}
	return &text{append([][]byte{rec.data[from:]}, rec.parts...)}
}

// fill makes sure that the current part has data.
func (t *text) fill() bool {
	for len(t.parts) > 0 && len(t.parts[0]) == 0 {
		t.parts = t.parts[1:]
	}
	return len(t.parts) > 0
}

// take is n bytes, which may stand in several parts; fewer at the end.
func (t *text) take(n int) []byte {
	if len(t.parts) > 0 && len(t.parts[0]) >= n {
		out := t.parts[0][:n]
		t.parts[0] = t.parts[0][n:]
		return out
	}
	var out []byte
	for len(out) < n && t.fill() {
		k := min(n-len(out), len(t.parts[0]))
		out = append(out, t.parts[0][:k]...)
		t.parts[0] = t.parts[0][k:]
	}
	return out
}

func (t *text) skip(n int) {
	for n > 0 && t.fill() {
		k := min(n, len(t.parts[0]))
		t.parts[0] = t.parts[0][k:]
		n -= k
	}
}

// chars reads n characters, of two bytes when wide. A part that continues them
// begins with a flag that says how wide its own are.
func (t *text) chars(n int, wide bool) string {
	var units []uint16
	for first := true; n > 0; first = false {
		if !first || len(t.parts) > 0 && len(t.parts[0]) == 0 {
			if !t.fill() {
				break
			}
			wide = t.parts[0][0]&1 != 0
			t.parts[0] = t.parts[0][1:]
		}
		if len(t.parts) == 0 {
			break
		}
		size := 1
		if wide {
			size = 2
		}
		k := min(n, len(t.parts[0])/size)
		b := t.parts[0][:k*size]
		for i := 0; i < len(b); i += size {
			if wide {
				units = append(units, uint16(u16(b, i))) //nolint:gosec // of two bytes
			} else {
				units = append(units, uint16(b[i]))
			}
		}
		if t.parts[0] = t.parts[0][len(b):]; k < n {
			t.parts[0] = nil // half a character
		}
		n -= k
	}
	return string(utf16.Decode(units))
}

// rich reads a string with its runs; phonetic text is left out: [MS-XLS]
// 2.5.293.
func (t *text) rich() (s string, runs []run, ok bool) {
	head := t.take(3)
	if len(head) < 3 {
		return "", nil, false
	}
	flags, count, behind := head[2], 0, 0
	if flags&8 != 0 {
		count = u16(t.take(2), 0)
	}
	if flags&4 != 0 {
		behind = int(u32(t.take(4), 0) & 0x7FFFFFFF)
	}
	n := u16(head, 0)
	s = t.chars(n, flags&1 != 0)
	runs = runsOf(t.take(4*count), 2, n)
	t.skip(behind)
	return s, runs, true
}

// runsOf reads the runs of a text of n characters, of which each begins behind
// the one before; size is that of their numbers.
func runsOf(b []byte, size, n int) []run {
	var out []run
	for ; len(b) >= 2*size; b = b[2*size:] {
		r := run{uint16(b[0]), uint16(b[1])}
		if size == 2 {
			r = run{ole.U16(b, 0), ole.U16(b, 2)}
		}
		if int(r.from) < n && (len(out) == 0 || out[len(out)-1].from < r.from) {
			out = append(out, r)
		}
	}
	return out
}

// behind reads the runs that follow a text of a cell: [MS-XLS] 2.4.235.
func (w *workbook) behind(t *text, s string) []run {
	size := 2
	if w.old {
		size = 1
	}
	count := t.take(size)
	if len(count) < size {
		return nil
	}
	n := int(count[0])
	if size == 2 {
		n = u16(count, 0)
	}
	return runsOf(t.take(2*size*n), size, len(s)) // the text has no more characters than bytes
}

// long is a string with a count of two bytes, as cells have.
func (w *workbook) long(t *text) string {
	if w.old {
		return codepage.Decode(w.page, t.take(u16(t.take(2), 0)))
	}
	s, _, _ := t.rich()
	return s
}

// short is a string with a count of one byte, as names have.
func (w *workbook) short(t *text) string {
	head := t.take(1)
	if len(head) == 0 {
		return ""
	}
	if w.old {
		return codepage.Decode(w.page, t.take(int(head[0])))
	}
	flags := t.take(1)
	return t.chars(int(head[0]), len(flags) > 0 && flags[0]&1 != 0)
}

// modern is a record of a cell of BIFF2 as later versions have it.
func modern(rec record) record {
	const integer, number, label, boolean, formula, result = 2, 3, 4, 5, 6, 7
	b := rec.data
	if rec.kind == result && len(b) > 0 {
		return record{kind: recString, data: append([]byte{b[0], 0}, b[1:]...)}
	}
	if rec.kind < integer || rec.kind > formula || len(b) < 8 {
		return rec
	}
	// Row, column and in the second byte of three the number format.
	out := append([]byte{b[0], b[1], b[2], b[3], b[5] & 0x3F, 0}, b[7:]...)
	switch rec.kind {
	case integer:
		return record{kind: recNumber, data: binary.LittleEndian.AppendUint64(out[:6], math.Float64bits(float64(u16(b, 7))))}
	case number:
		return record{kind: recNumber, data: out}
	case label:
		return record{kind: recLabel, data: append(append(slices.Clone(out[:6]), b[7], 0), b[8:]...)}
	case boolean:
		return record{kind: recBool, data: out}
	}
	return record{kind: recFormula, data: out}
}
