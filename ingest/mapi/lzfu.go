package mapi

import (
	"encoding/binary"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
)

// prebuilt is what the dictionary of compressed rich text begins with
// (MS-OXRTFCP section 2.1.2.1).
const prebuilt = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` + "\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

const (
	lzfu       = 0x75465A4C
	mela       = 0x414C454D
	dictionary = 4096
	maxRTF     = 64 << 20
)

// decompress unpacks compressed rich text (MS-OXRTFCP). What is cut short
// gives what there is.
func decompress(data []byte) ([]byte, error) {
	if len(data) < 16 {
		return nil, fmt.Errorf("compressed rich text has %d bytes: %w", len(data), ingest.ErrDamaged)
	}
	raw := int(binary.LittleEndian.Uint32(data[4:]))
	kind := binary.LittleEndian.Uint32(data[8:])
	data = data[16:]
	if kind == mela {
		return data[:min(raw, len(data))], nil
	}
	if kind != lzfu {
		return nil, fmt.Errorf("rich text is compressed in an unknown way (%#x): %w", kind, ingest.ErrUnsupported)
	}
	if raw > maxRTF {
		return nil, fmt.Errorf("rich text unpacks to %d MB, at most %d are read: %w", raw>>20, maxRTF>>20, ingest.ErrTooLarge)
	}
	var dict [dictionary]byte
	at := copy(dict[:], prebuilt)
	var out []byte // grows with what is there, not with what the header claims
	put := func(b byte) {
		out = append(out, b)
		dict[at] = b
		at = (at + 1) % dictionary
	}
	for i := 0; i < len(data) && len(out) < raw; {
		control := data[i]
		i++
		for bit := range 8 {
			if len(out) >= raw {
				break
			}
			if control>>bit&1 == 0 {
				if i >= len(data) {
					return out, nil
				}
				put(data[i])
				i++
				continue
			}
			if i+2 > len(data) {
				return out, nil
			}
			ref := binary.BigEndian.Uint16(data[i:])
			i += 2
			from := int(ref >> 4)
			if from == at {
				return out, nil // the end mark
			}
			for range int(ref&0xF) + 2 {
				if len(out) >= raw {
					break
				}
				put(dict[from])
				from = (from + 1) % dictionary
			}
		}
	}
	return out, nil
}
