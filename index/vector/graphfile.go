package vector

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// The graph's file, little endian:
//
//	"SUFGRA" version u16 | dim u32 | sequence u64 | slots u32 | entry u32 | top u32 | sum of all that u32
//	for each slot: level u8 (255: not in the graph), for each level: number of links u8, links u32
//	sum of the slots u32
//
// It holds the links as of a sequence of the log; slots filled later are not
// in it. It is derived: when anything is wrong with it, it is built again.
const (
	graphMagic   = "SUFGRA"
	graphVersion = 1
	graphHead    = 36
	notLinked    = 255
)

type graphHeader struct {
	dim   int
	seq   uint64
	slots uint32
	entry uint32
	top   int
}

func (h graphHeader) bytes() []byte {
	out := binary.LittleEndian.AppendUint16([]byte(graphMagic), graphVersion)
	out = binary.LittleEndian.AppendUint32(out, uint32(h.dim)) //nolint:gosec // at most MaxDim
	out = binary.LittleEndian.AppendUint64(out, h.seq)
	out = binary.LittleEndian.AppendUint32(out, h.slots)
	out = binary.LittleEndian.AppendUint32(out, h.entry)
	out = binary.LittleEndian.AppendUint32(out, uint32(h.top)) //nolint:gosec // at most maxLevel
	return binary.LittleEndian.AppendUint32(out, sum(out))
}

func parseGraphHeader(r io.Reader) (graphHeader, error) {
	var b [graphHead]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return graphHeader{}, fmt.Errorf("graph's header: %w", err)
	}
	if string(b[:6]) != graphMagic || binary.LittleEndian.Uint16(b[6:]) != graphVersion || binary.LittleEndian.Uint32(b[graphHead-4:]) != sum(b[:graphHead-4]) {
		return graphHeader{}, errors.New("graph is damaged or of another version")
	}
	return graphHeader{
		dim: int(binary.LittleEndian.Uint32(b[8:])), seq: binary.LittleEndian.Uint64(b[12:]), slots: binary.LittleEndian.Uint32(b[20:]),
		entry: binary.LittleEndian.Uint32(b[24:]), top: int(binary.LittleEndian.Uint32(b[28:])),
	}, nil
}

func readGraphHeader(path string) (graphHeader, error) {
	f, err := os.Open(path)
	if err != nil {
		return graphHeader{}, err
	}
	h, err := parseGraphHeader(f)
	return h, errors.Join(err, f.Close())
}

// readGraph reads the graph of t. late are slots that must not be in it.
func readGraph(path string, t *table, late bits) (*graph, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	g, err := parseGraph(f, t, late)
	return g, errors.Join(err, f.Close())
}

// summed reads through a buffer and sums what is taken.
type summed struct {
	r   *bufio.Reader
	sum hash.Hash32
	buf [4 * groundLinks]byte
	err error
}

// take is the next n bytes, zero after an error; n is at most len(buf).
func (s *summed) take(n int) []byte {
	b := s.buf[:n]
	if s.err == nil {
		_, s.err = io.ReadFull(s.r, b)
	}
	if s.err != nil {
		clear(b)
	}
	_, _ = s.sum.Write(b) // it has no errors
	return b
}

func parseGraph(r io.Reader, t *table, late bits) (*graph, error) {
	h, err := parseGraphHeader(r)
	if err != nil {
		return nil, err
	}
	if h.dim != t.dim || h.slots > t.end() {
		return nil, fmt.Errorf("graph has %d dimensions and %d slots, the vectors have %d and %d", h.dim, h.slots, t.dim, t.len())
	}
	g := newGraph()
	in := &summed{r: bufio.NewReaderSize(r, 1<<20), sum: crc32.New(castagnoli)}
	for slot := range h.slots {
		level := int(in.take(1)[0])
		if in.err != nil {
			return nil, fmt.Errorf("graph: %w", in.err)
		}
		if level == notLinked {
			continue
		}
		if level > maxLevel || late.has(slot) {
			return nil, fmt.Errorf("graph: slot %d contradicts the vectors", slot)
		}
		g.place(slot, level)
		for l := range level + 1 {
			n := int(in.take(1)[0])
			if n > room(l) {
				return nil, fmt.Errorf("graph: slot %d has %d links", slot, n)
			}
			list, raw := g.list(slot, l), in.take(4*n)
			list[0] = uint32(n) //nolint:gosec // at most groundLinks
			for i := range n {
				list[1+i] = binary.LittleEndian.Uint32(raw[4*i:])
			}
		}
	}
	want := in.sum.Sum32()
	if got := binary.LittleEndian.Uint32(in.take(4)); in.err != nil || got != want {
		return nil, errors.Join(errors.New("graph: wrong checksum"), in.err)
	}
	g.entry, g.top = h.entry, h.top
	return g, g.check(h)
}

// check reports links that lead nowhere.
func (g *graph) check(h graphHeader) error {
	if g.size > 0 && (!g.has(h.entry) || int(g.level[h.entry]) != h.top) {
		return errors.New("graph: its entry is not on top")
	}
	for slot := range h.slots {
		if !g.has(slot) {
			continue
		}
		for l := range int(g.level[slot]) + 1 {
			for _, n := range g.links(slot, l) {
				if !g.has(n) || int(g.level[n]) < l {
					return fmt.Errorf("graph: slot %d links to %d, which is not there", slot, n)
				}
			}
		}
	}
	return nil
}

// write saves the graph in dir as of sequence seq.
func (g *graph) write(dir string, dim int, seq uint64) (err error) {
	path := filepath.Join(dir, graphFile)
	f, err := os.OpenFile(path+newSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("save graph: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("save graph: %w", err), os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := g.encode(w, dim, seq); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(dir)
}

func (g *graph) encode(w io.Writer, dim int, seq uint64) error {
	h := graphHeader{dim: dim, seq: seq, slots: uint32(len(g.level)), entry: g.entry, top: g.top} //nolint:gosec // slots
	if _, err := w.Write(h.bytes()); err != nil {
		return err
	}
	check := crc32.New(castagnoli)
	var b []byte
	for slot := range h.slots {
		b = b[:0]
		if !g.has(slot) {
			b = append(b, notLinked)
		} else {
			b = append(b, g.level[slot])
			for l := range int(g.level[slot]) + 1 {
				list := g.links(slot, l)
				b = append(b, byte(len(list))) //nolint:gosec // at most groundLinks
				for _, n := range list {
					b = binary.LittleEndian.AppendUint32(b, n)
				}
			}
		}
		_, _ = check.Write(b) // it has no errors
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	_, err := w.Write(binary.LittleEndian.AppendUint32(nil, check.Sum32()))
	return err
}
