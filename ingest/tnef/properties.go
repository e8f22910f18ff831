package tnef

import (
	"encoding/binary"

	"github.com/sufflor/sufflor/ingest/mapi"
)

// reader takes values of the least significant byte first. After the end of
// the data it gives zeros and says so in cut.
type reader struct {
	data []byte
	cut  bool
}

// take is the next n bytes, or what there is of them.
func (r *reader) take(n int64) []byte {
	if n > int64(len(r.data)) {
		n, r.cut = int64(len(r.data)), true
	}
	out := r.data[:n:n]
	r.data = r.data[n:]
	return out
}

// padded is take for values that are filled up to a multiple of four bytes.
func (r *reader) padded(n int64) []byte {
	out := r.take(n)
	r.take(min(-n&3, int64(len(r.data)))) // the last may lack it
	return out
}

func (r *reader) byte() byte {
	var b [1]byte
	copy(b[:], r.take(1))
	return b[0]
}

func (r *reader) uint16() int {
	var b [2]byte
	copy(b[:], r.take(2))
	return int(binary.LittleEndian.Uint16(b[:]))
}

func (r *reader) uint32() uint32 {
	var b [4]byte
	copy(b[:], r.take(4))
	return binary.LittleEndian.Uint32(b[:])
}

// properties implements [mapi.Properties].
type properties struct {
	bytes  map[uint32][]byte
	values map[uint32]uint64
}

func tag(id, kind int) uint32 { return uint32(id)<<16 | uint32(kind) } //nolint:gosec // both have 16 bits

// Bytes implements [mapi.Properties].
func (p properties) Bytes(id, kind int) []byte { return p.bytes[tag(id, kind)] }

// Value implements [mapi.Properties].
func (p properties) Value(id, kind int) uint64 { return p.values[tag(id, kind)] }

// sizes are the bytes of the types of properties that have a fixed number of
// them (MS-OXCDATA section 2.11.1).
var sizes = map[int]int64{
	mapi.Int: 4, mapi.Bool: 2, mapi.Time: 8,
	0x0000: 0, 0x0001: 0, 0x0002: 2, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x0014: 8, 0x0048: 16,
}

const (
	several = 0x1000 // flag of a type: a list of values
	named   = 0x8000 // the least id that has a name
)

// list reads a list of properties (section 2.1.3.4); whole is false when it
// breaks off, or holds what cannot be read.
func list(data []byte) (p properties, whole bool) {
	p = properties{map[uint32][]byte{}, map[uint32]uint64{}}
	r := reader{data: data}
	count := r.uint32()
	for n := range count {
		if n == maxProperties || r.cut {
			return p, false
		}
		kind, id := r.uint16(), r.uint16()
		if id >= named {
			r.take(16) // of which set it is
			if byName := r.uint32(); byName != 0 {
				r.padded(int64(r.uint32()))
			} else {
				r.take(4)
			}
		}
		if !p.value(&r, id, kind) {
			return p, false
		}
	}
	return p, !r.cut
}

// value reads a property's value, false for a type that is not known.
func (p properties) value(r *reader, id, kind int) bool {
	values := uint32(1)
	one := kind &^ several
	size, fixed := sizes[one]
	switch {
	case fixed && kind == one:
	case fixed, one == mapi.String, one == mapi.Wide, one == mapi.Binary, one == mapi.Object:
		values = r.uint32()
	default:
		return false
	}
	for range values {
		if !fixed {
			size = int64(r.uint32())
		}
		if r.cut {
			return true // the list says so
		}
		value := r.padded(size)
		switch {
		case kind != one || id >= named:
		case fixed:
			var b [8]byte
			copy(b[:], value)
			p.values[tag(id, kind)] = binary.LittleEndian.Uint64(b[:])
		default:
			p.bytes[tag(id, kind)] = value
		}
		if size == 0 && fixed {
			break
		}
	}
	return true
}
