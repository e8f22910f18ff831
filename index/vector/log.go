package vector

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// The log is all vectors, in the order they came. All numbers are little
// endian, all sums CRC-32C.
//
//	header:  "SUFVEC" version u16 | dim u32 | base u64 | length u16 | model | sum of all that u32
//	record:  "VREC" sequence u64 | length u32 | sum of the payload u32 | sum of all that u32 | payload
//	payload: entries
//	entry:   1 slot u32 | length u16 | id | vector; or 2 slot u32 (delete); or 3 slot u32 (a free one)
//
// A record is a batch, or part of one. Sequences rise by one from base; a log
// that was written anew begins with records of sequence base, which hold all
// that was there then.
const (
	logMagic     = "SUFVEC"
	logVersion   = 1
	recordMagic  = "VREC"
	recordHeader = 24
	maxRecord    = 16 << 20 // bytes of a payload
	fixedHeader  = 22       // bytes of the header before the model
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

const (
	opPut    = 1
	opDelete = 2
	opHole   = 3
)

// entry is one change of the table.
type entry struct {
	op     byte
	slot   uint32
	id     string
	vector []byte
}

// size is the bytes it takes in a payload.
func (e entry) size() int {
	if e.op == opPut {
		return 7 + len(e.id) + len(e.vector)
	}
	return 5
}

// batch is what one record holds.
type batch struct {
	entries []entry
	size    int
}

func (b *batch) add(e entry) {
	b.entries, b.size = append(b.entries, e), b.size+e.size()
}

func (b batch) payload() []byte {
	out := make([]byte, 0, b.size)
	for _, e := range b.entries {
		out = append(out, e.op)
		out = binary.LittleEndian.AppendUint32(out, e.slot)
		if e.op == opPut {
			out = binary.LittleEndian.AppendUint16(out, uint16(len(e.id))) //nolint:gosec // at most MaxID
			out = append(append(out, e.id...), e.vector...)
		}
	}
	return out
}

// header says what a log holds.
type header struct {
	dim   int
	base  uint64
	model string
}

func (h header) bytes() []byte {
	out := binary.LittleEndian.AppendUint16([]byte(logMagic), logVersion)
	out = binary.LittleEndian.AppendUint32(out, uint32(h.dim)) //nolint:gosec // at most MaxDim
	out = binary.LittleEndian.AppendUint64(out, h.base)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(h.model))) //nolint:gosec // at most maxName
	out = append(out, h.model...)
	return binary.LittleEndian.AppendUint32(out, sum(out))
}

// readHeader leaves r after the header.
func readHeader(r io.Reader) (header, error) {
	b := make([]byte, fixedHeader, fixedHeader+maxName+4)
	if _, err := io.ReadFull(r, b); err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	if string(b[:6]) != logMagic {
		return header{}, errors.New("header: these are no vectors")
	}
	if v := binary.LittleEndian.Uint16(b[6:]); v != logVersion {
		return header{}, fmt.Errorf("%w: %d, this sufflor reads %d", ErrVersion, v, logVersion)
	}
	h := header{dim: int(binary.LittleEndian.Uint32(b[8:])), base: binary.LittleEndian.Uint64(b[12:])}
	n := int(binary.LittleEndian.Uint16(b[20:]))
	if h.dim < 1 || h.dim > MaxDim || n < 1 || n > maxName {
		return header{}, fmt.Errorf("header: %d dimensions and a name of %d bytes", h.dim, n)
	}
	b = b[:fixedHeader+n+4]
	if _, err := io.ReadFull(r, b[fixedHeader:]); err != nil {
		return header{}, fmt.Errorf("header: %w", err)
	}
	end := len(b) - 4
	if binary.LittleEndian.Uint32(b[end:]) != sum(b[:end]) {
		return header{}, errors.New("header: wrong checksum")
	}
	h.model = string(b[fixedHeader:end])
	return h, nil
}

// log is the file that is written to.
type log struct {
	header
	file   *os.File
	size   int64
	seq    uint64
	waste  int64 // bytes of entries that no longer count
	cut    int64 // bytes cut off when it was opened
	broken error // why nothing can be written any more
}

// createLog replaces the log in dir by an empty one.
func createLog(dir string, h header) (*log, error) {
	return writeLog(dir, h, func(io.Writer) error { return nil })
}

// writeLog replaces the log in dir by a header and what fill writes. The old
// one is there until the new one is whole.
func writeLog(dir string, h header, fill func(io.Writer) error) (_ *log, err error) {
	path := filepath.Join(dir, logFile)
	f, err := os.OpenFile(path+newSuffix, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write vectors: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = w.Write(h.bytes())
	if err == nil {
		err = fill(w)
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	var size int64
	if err == nil {
		size, err = f.Seek(0, io.SeekEnd)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write vectors: %w", err), f.Close())
	}
	return &log{header: h, file: f, size: size, seq: h.base}, nil
}

// syncFolder makes a rename last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func appendRecord(out []byte, seq uint64, payload []byte) []byte {
	from := len(out)
	out = append(out, recordMagic...)
	out = binary.LittleEndian.AppendUint64(out, seq)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(payload))) //nolint:gosec // at most maxRecord
	out = binary.LittleEndian.AppendUint32(out, sum(payload))
	out = binary.LittleEndian.AppendUint32(out, sum(out[from:]))
	return append(out, payload...)
}

// append writes a batch and returns when the disk has it.
func (l *log) append(b batch) error {
	if l.broken != nil {
		return l.broken
	}
	rec := appendRecord(make([]byte, 0, recordHeader+b.size), l.seq+1, b.payload())
	_, err := l.file.WriteAt(rec, l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		// What was written must not come to life at the next start. When a
		// sync failed nobody knows what the disk has, so this is the last.
		l.broken = fmt.Errorf("an earlier write went wrong (restart to go on): %w", err)
		return errors.Join(err, l.file.Truncate(l.size))
	}
	l.seq, l.size = l.seq+1, l.size+int64(len(rec))
	for _, e := range b.entries {
		if e.op == opDelete {
			l.waste += int64(l.dim + 50) // the entry and the one it undoes
		}
	}
	return nil
}

// record is one read from a log.
type record struct {
	seq     uint64
	payload []byte
}

// parseRecordHeader gives length and sum of the payload; ok when b begins a
// record.
func parseRecordHeader(b []byte) (seq uint64, length int, payload uint32, ok bool) {
	if len(b) < recordHeader || string(b[:4]) != recordMagic || binary.LittleEndian.Uint32(b[20:]) != sum(b[:20]) {
		return 0, 0, 0, false
	}
	n := binary.LittleEndian.Uint32(b[12:])
	return binary.LittleEndian.Uint64(b[4:]), int(n), binary.LittleEndian.Uint32(b[16:]), n <= maxRecord
}

var errTorn = errors.New("record is not whole")

// readRecord reads a record into buf, which it may let grow. errTorn means that
// what stands there is no whole record.
func readRecord(r io.Reader, buf *[]byte) (record, error) {
	var head [recordHeader]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errTorn
		}
		return record{}, err
	}
	seq, n, want, ok := parseRecordHeader(head[:])
	if !ok {
		return record{}, errTorn
	}
	*buf = slices.Grow((*buf)[:0], n)[:n]
	if _, err := io.ReadFull(r, *buf); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errTorn
		}
		return record{}, err
	}
	if sum(*buf) != want {
		return record{}, errTorn
	}
	return record{seq: seq, payload: *buf}, nil
}

// replay does to t what the log says, from after the header, and returns the
// slots that were filled after sequence since. A last record that is not whole
// is cut off; anything else that is wrong is an error.
func (l *log) replay(ctx context.Context, t *table, since uint64) (late bits, err error) {
	l.seq, l.size = l.base, int64(len(l.bytes()))
	info, err := l.file.Stat()
	if err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(io.NewSectionReader(l.file, l.size, info.Size()-l.size), 1<<20)
	var buf []byte
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rec, err := readRecord(r, &buf)
		if errors.Is(err, io.EOF) {
			return late, nil
		}
		if errors.Is(err, errTorn) {
			return late, l.cutTail(info.Size())
		}
		if err != nil {
			return nil, err
		}
		if rec.seq != l.seq+1 && (rec.seq != l.base || l.seq != l.base) {
			return nil, fmt.Errorf("record at byte %d has sequence %d after %d", l.size, rec.seq, l.seq)
		}
		l.seq = rec.seq
		if err := l.restore(t, rec, since, &late); err != nil {
			return nil, fmt.Errorf("record at byte %d: %w", l.size, err)
		}
		l.size += int64(recordHeader + len(rec.payload))
	}
}

// restore does to t what one record says.
func (l *log) restore(t *table, rec record, since uint64, late *bits) error {
	for p := rec.payload; len(p) > 0; {
		e, n, err := parseEntry(p, t.dim)
		if err != nil {
			return err
		}
		p = p[n:]
		switch {
		case e.op == opDelete && !t.live.has(e.slot), e.op == opPut && t.live.has(e.slot):
			return fmt.Errorf("slot %d contradicts what came before", e.slot)
		case e.slot > t.end(), e.op == opHole && e.slot != t.end():
			return fmt.Errorf("slot %d after %d", e.slot, t.end())
		}
		switch e.op {
		case opDelete:
			t.remove(e.slot)
			l.waste += int64(l.dim + 50)
		case opHole:
			t.grow()
		case opPut:
			if bytesProduct(e.vector, e.vector) == 0 {
				return fmt.Errorf("slot %d has a vector without direction", e.slot)
			}
			had := len(t.slot)
			t.put(e.slot, e.id, e.vector)
			if len(t.slot) == had {
				return fmt.Errorf("slot %d has the id of another", e.slot)
			}
			if rec.seq > since {
				late.set(e.slot)
			}
		}
	}
	return nil
}

var errShort = errors.New("an entry is cut short")

// parseEntry reads the first entry of p and says how long it is.
func parseEntry(p []byte, dim int) (entry, int, error) {
	if len(p) < 5 {
		return entry{}, 0, errShort
	}
	e := entry{op: p[0], slot: binary.LittleEndian.Uint32(p[1:])}
	switch e.op {
	case opDelete, opHole:
		return e, 5, nil
	case opPut:
	default:
		return entry{}, 0, fmt.Errorf("an entry of kind %d", e.op)
	}
	if len(p) < 7 {
		return entry{}, 0, errShort
	}
	n := int(binary.LittleEndian.Uint16(p[5:]))
	if n < 1 || n > MaxID {
		return entry{}, 0, fmt.Errorf("an id of %d bytes", n)
	}
	if len(p) < 7+n+dim {
		return entry{}, 0, errShort
	}
	e.id, e.vector = string(p[7:7+n]), p[7+n:7+n+dim]
	return e, 7 + n + dim, nil
}

// cutTail cuts off what stands after the last whole record: a batch that was
// being written when the process or the machine died. Were there a record
// behind it, or more than one batch can be, it would be damage.
func (l *log) cutTail(size int64) error {
	rest := size - l.size
	damage := fmt.Errorf("the record at byte %d is damaged", l.size)
	if rest > recordHeader+maxRecord {
		return damage
	}
	tail := make([]byte, rest)
	if _, err := l.file.ReadAt(tail, l.size); err != nil {
		return err
	}
	for at := 1; ; at++ {
		next := bytes.Index(tail[min(at, len(tail)):], []byte(recordMagic))
		if next < 0 {
			break
		}
		at += next
		if seq, _, _, ok := parseRecordHeader(tail[at:]); ok && seq >= l.seq {
			return damage
		}
	}
	if err := l.file.Truncate(l.size); err != nil {
		return fmt.Errorf("cut off a batch that is not whole: %w", err)
	}
	l.cut = rest
	return l.file.Sync()
}

// rewrite replaces the log of t in dir by one that holds only what counts.
func (l *log) rewrite(dir string, t *table) (*log, error) {
	head := l.header
	head.base = l.seq
	return writeLog(dir, head, func(w io.Writer) error {
		var b batch
		flush := func() error {
			_, err := w.Write(appendRecord(nil, head.base, b.payload()))
			b = batch{entries: b.entries[:0]}
			return err
		}
		for slot := range t.end() {
			e := entry{op: opHole, slot: slot}
			if t.live.has(slot) {
				e = entry{op: opPut, slot: slot, id: t.ids[slot], vector: t.vector(slot)}
			}
			if b.size+e.size() > 1<<20 {
				if err := flush(); err != nil {
					return err
				}
			}
			b.add(e)
		}
		if len(b.entries) == 0 {
			return nil
		}
		return flush()
	})
}
