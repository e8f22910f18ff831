// Package oletest builds OLE compound files for tests.
package oletest

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
)

const (
	sector     = 512
	miniSector = 64
	cutoff     = 4096       // smaller streams stand in the mini stream
	none       = 0xFFFFFFFF // no entry, free sector
	endOfChain = 0xFFFFFFFE
	fatSector  = 0xFFFFFFFD
)

type entry struct {
	name         string
	kind         byte // 1 storage, 2 stream, 5 root
	data         []byte
	children     []int
	right, child uint32
	start, size  uint32
}

// Build makes a compound file of streams; "/" in a name separates storages
// from what they hold. It panics on more than 7 MB.
func Build(streams map[string][]byte) []byte {
	entries := []*entry{{name: "Root Entry", kind: 5}}
	byPath := map[string]int{"": 0}
	var add func(path string, kind byte, data []byte) int
	add = func(path string, kind byte, data []byte) int {
		if i, ok := byPath[path]; ok {
			return i
		}
		parent, name := 0, path
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			parent, name = add(path[:i], 1, nil), path[i+1:]
		}
		i := len(entries)
		entries = append(entries, &entry{name: name, kind: kind, data: data})
		byPath[path] = i
		entries[parent].children = append(entries[parent].children, i)
		return i
	}
	var paths []string
	for p := range streams {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		add(p, 2, streams[p])
	}
	link(entries)
	return layOut(entries)
}

// link makes each storage's entries a list to the right, in the order of the
// specification: shorter names first.
func link(entries []*entry) {
	for _, e := range entries {
		e.right, e.child = none, none
	}
	for _, e := range entries {
		slices.SortFunc(e.children, func(a, b int) int {
			x, y := entries[a].name, entries[b].name
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			return strings.Compare(strings.ToUpper(x), strings.ToUpper(y))
		})
		for i, c := range e.children {
			if i == 0 {
				e.child = uint32(c)
			} else {
				entries[e.children[i-1]].right = uint32(c)
			}
		}
	}
}

func layOut(entries []*entry) []byte {
	var body, mini []byte
	var fat, miniFAT []uint32
	chain := func(data []byte) uint32 {
		if len(data) == 0 {
			return endOfChain
		}
		start := uint32(len(fat))
		body, fat = appendChain(body, fat, data, sector)
		return start
	}
	for _, e := range entries[1:] {
		e.start, e.size = endOfChain, uint32(len(e.data))
		switch {
		case e.kind != 2 || len(e.data) == 0:
		case len(e.data) < cutoff:
			e.start = uint32(len(miniFAT))
			mini, miniFAT = appendChain(mini, miniFAT, e.data, miniSector)
		default:
			e.start = chain(e.data)
		}
	}
	entries[0].size = uint32(len(mini))
	entries[0].start = chain(mini)
	miniStart := chain(words(miniFAT))
	miniSectors := (len(miniFAT)*4 + sector - 1) / sector
	var dir []byte
	for _, e := range entries {
		dir = append(dir, e.bytes()...)
	}
	dirStart := chain(dir)

	// The FAT holds the sectors it stands in itself.
	n := 1
	for n*sector/4 < len(fat)+n {
		n++
	}
	if n > 109 {
		panic("oletest: more than 7 MB")
	}
	first := len(fat)
	for range n {
		fat = append(fat, fatSector)
	}
	body = append(body, words(fat)...)

	head := make([]byte, sector)
	copy(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	le := binary.LittleEndian
	le.PutUint16(head[24:], 0x3E)
	le.PutUint16(head[26:], 3)
	le.PutUint16(head[28:], 0xFFFE)
	le.PutUint16(head[30:], 9)
	le.PutUint16(head[32:], 6)
	le.PutUint32(head[44:], uint32(n))
	le.PutUint32(head[48:], dirStart)
	le.PutUint32(head[56:], cutoff)
	le.PutUint32(head[60:], miniStart)
	le.PutUint32(head[64:], uint32(miniSectors))
	le.PutUint32(head[68:], endOfChain)
	for i := range 109 {
		at := uint32(none)
		if i < n {
			at = uint32(first + i)
		}
		le.PutUint32(head[76+4*i:], at)
	}
	return append(head, body...)
}

// appendChain adds data as a chain of sectors.
func appendChain(body []byte, fat []uint32, data []byte, size int) ([]byte, []uint32) {
	n := (len(data) + size - 1) / size
	for i := range n {
		next := uint32(len(fat)) + 1
		if i == n-1 {
			next = endOfChain
		}
		fat = append(fat, next)
	}
	body = append(body, data...)
	return append(body, make([]byte, n*size-len(data))...), fat
}

// words are the entries of a FAT as whole sectors.
func words(fat []uint32) []byte {
	var b []byte
	for _, w := range fat {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	for len(b)%sector != 0 {
		b = binary.LittleEndian.AppendUint32(b, none)
	}
	return b
}

func (e *entry) bytes() []byte {
	b := make([]byte, 128)
	le := binary.LittleEndian
	units := utf16.Encode([]rune(e.name))
	units = units[:min(len(units), 31)]
	for i, u := range units {
		le.PutUint16(b[2*i:], u)
	}
	le.PutUint16(b[64:], uint16(2*len(units)+2))
	b[66], b[67] = e.kind, 1
	le.PutUint32(b[68:], none)
	le.PutUint32(b[72:], e.right)
	le.PutUint32(b[76:], e.child)
	le.PutUint32(b[116:], e.start)
	le.PutUint32(b[120:], e.size)
	return b
}
