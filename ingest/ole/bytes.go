package ole

import "encoding/binary"

// U16 is the little-endian number of two bytes at a place of b, 0 outside of it.
func U16(b []byte, at int) uint16 {
	if at < 0 || at+2 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint16(b[at:])
}

// U32 is [U16] of four bytes.
func U32(b []byte, at int) uint32 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return binary.LittleEndian.Uint32(b[at:])
}
