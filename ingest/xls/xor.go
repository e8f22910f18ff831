package xls

import (
	"encoding/binary"
	"math/bits"
)

// xorKey is what the older of Excel's encryptions makes of the usual password:
// the number and the hash that a workbook keeps of it, and the bytes that its
// records are mixed with.
type xorKey struct {
	number, hash uint16
	bytes        [16]byte
}

// newXORKey derives the key of a password of up to 15 letters: [MS-OFFCRYPTO]
// 2.3.7.1 and 2.3.7.2. The base values of the tables there are those of a
// shift register, which is how Excel's own computes them.
func newXORKey(password string) xorKey {
	const feedback = 0x1020
	step := func(v uint16) uint16 {
		if v = bits.RotateLeft16(v, 1); v&1 != 0 {
			v ^= feedback
		}
		return v
	}
	k := xorKey{hash: uint16(len(password)) ^ 0xCE4B} //nolint:gosec // at most 15
	base, end := uint16(0x8000), uint16(0xFFFF)
	for i := len(password) - 1; i >= 0; i-- {
		c := password[i] & 0x7F
		for bit := range 8 {
			if base = step(base); c>>bit&1 != 0 {
				k.number ^= base
			}
			end = step(end)
		}
		turn := (i + 1) % 15
		v := uint16(password[i])
		k.hash ^= (v<<turn | v>>(15-turn)) & 0x7FFF
	}
	k.number ^= end
	fill := []byte{0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80, 0x00, 0xBE, 0x0F, 0x00, 0xBF, 0x0F, 0x00}
	copy(k.bytes[copy(k.bytes[:], password):], fill)
	halves := binary.LittleEndian.AppendUint16(nil, k.number)
	for i := range k.bytes {
		k.bytes[i] = bits.RotateLeft8(k.bytes[i]^halves[i%2], 2)
	}
	return k
}

// open takes the mixing off a part of a record's data that begins at at in the
// stream. The data goes from start to end, of which depends where in the key to
// begin: [MS-XLS] 2.2.10. The order of turning and mixing is that of Excel, the
// specification has it the other way round.
func (k xorKey) open(b []byte, at, start, end int) {
	from := end + at - start
	for i := range b {
		b[i] = bits.RotateLeft8(b[i], 3) ^ k.bytes[(from+i)%len(k.bytes)]
	}
}
