package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/sufflor/sufflor/ingest"
)

// mender writes the objects that the library below cannot get at, or not in
// good time, to the tail of the source: those in object streams (it would
// inflate a stream for each object in it), those of an encrypted file, and in a
// damaged file all of them in clean syntax.
type mender struct {
	src     *source
	table   *crossRefs
	budget  *decoded
	crypt   *crypt // nil when the file is not encrypted
	streams map[int64]origin
	broken  int // object streams
}

// origin is where the data of a stream in the tail is.
type origin struct {
	offset             int64
	number, generation int
}

// mend makes the source a file that the library reads: one table of objects,
// none of them in an object stream. clean has all objects written anew.
func mend(src *source, t *crossRefs, clean bool, budget *decoded) (*mender, error) {
	m := &mender{src: src, table: t, budget: budget, streams: map[int64]origin{}}
	if err := m.encryption(); err != nil {
		return nil, err
	}
	if m.crypt != nil || clean {
		m.rewrite()
	}
	if err := m.unpackAll(m.crypt != nil || clean); err != nil {
		return nil, err
	}
	if src.ctx.Err() != nil {
		return nil, src.ctx.Err()
	}
	m.finish()
	return m, nil
}

// encryption prepares the decryption of an encrypted file.
func (m *mender) encryption() error {
	encrypt := m.resolve(m.table.trailer.get("Encrypt"))
	if encrypt.kind != dictKind {
		return nil
	}
	for i := 1; i < len(encrypt.list); i += 2 {
		encrypt.list[i] = m.resolve(encrypt.list[i])
	}
	id := m.resolve(m.table.trailer.get("ID"))
	first := ""
	if len(id.list) > 0 {
		first = id.list[0].str
	}
	var err error
	m.crypt, err = newCrypt(encrypt, first)
	return err
}

// resolve follows a reference to an object outside of object streams.
func (m *mender) resolve(o operand) operand {
	if o.kind != refKind {
		return o
	}
	n := int(o.num)
	if n >= len(m.table.entries) || m.table.entries[n].kind != 1 {
		return operand{}
	}
	d, ok := m.src.definition(m.table.entries[n].offset)
	if !ok || d.number != n || d.value.kind == refKind {
		return operand{}
	}
	return d.value
}

// rewrite writes the objects that are not in object streams anew.
func (m *mender) rewrite() {
	encrypt := m.table.trailer.get("Encrypt")
	for n := range m.table.entries {
		e := m.table.entries[n]
		if e.kind != 1 || e.offset >= m.src.size {
			continue
		}
		if encrypt.kind == refKind && int(encrypt.num) == n {
			m.table.entries[n] = free
			continue
		}
		d, ok := m.src.definition(e.offset)
		if !ok || d.number != n {
			continue // the library finds it broken and says so
		}
		if kind := d.value.get("Type").str; d.stream > 0 && (kind == "ObjStm" || kind == "XRef") {
			continue
		}
		m.write(d)
	}
}

// write writes an object to the tail and enters it in the table.
func (m *mender) write(d definition) {
	change := func(s string) string { return s }
	if m.crypt != nil {
		change = func(s string) string { return string(m.crypt.text([]byte(s), d.number, d.generation)) }
	}
	at := m.src.len()
	out := strconv.AppendInt(nil, int64(d.number), 10)
	out = d.value.write(append(out, " 0 obj\n"...), change)
	if d.stream > 0 {
		out = append(out, "\nstream\n"...)
		m.streams[at+int64(len(out))] = origin{d.stream, d.number, d.generation}
		out = append(out, "\nendstream"...)
	}
	m.src.tail.write(append(out, "\nendobj\n"...))
	m.table.entries[d.number] = entry{kind: 1, offset: at}
}

var errUnpacked = fmt.Errorf("more than %d MB of object streams: %w", maxUnpacked>>20, ingest.ErrTooLarge)

// unpackAll writes the objects in object streams to the tail.
func (m *mender) unpackAll(clean bool) error {
	inside := map[int][]int{}
	for n, e := range m.table.entries {
		if e.kind == 2 {
			inside[int(e.offset)] = append(inside[int(e.offset)], n)
		}
	}
	containers := make([]int, 0, len(inside))
	for c := range inside {
		containers = append(containers, c)
	}
	slices.Sort(containers)
	left := int64(maxUnpacked)
	for _, c := range containers {
		if err := m.src.ctx.Err(); err != nil {
			return err
		}
		if m.unpackInto(c, inside[c], &left, clean) != nil {
			m.broken++ // the objects outside of it may do
		}
	}
	if left <= 0 {
		return errUnpacked
	}
	return nil
}

func (m *mender) unpackInto(container int, wanted []int, left *int64, clean bool) error {
	for _, n := range wanted {
		defer func(n int) {
			if m.table.entries[n].kind == 2 {
				m.table.entries[n] = free
			}
		}(n)
	}
	if container >= len(m.table.entries) || m.table.entries[container].kind != 1 {
		return fmt.Errorf("not in the file: %w", ingest.ErrDamaged)
	}
	d, ok := m.src.definition(m.table.entries[container].offset)
	if !ok || d.number != container || d.stream == 0 {
		return fmt.Errorf("not where it should be: %w", ingest.ErrDamaged)
	}
	numbers, objects, err := m.unpack(d, left)
	if err != nil {
		return err
	}
	for i, n := range numbers {
		// The index in the table may be wrong; of two with one number the
		// first counts.
		if n >= len(m.table.entries) {
			continue
		}
		if e := m.table.entries[n]; e.kind != 2 || int(e.offset) != container {
			continue
		}
		if clean {
			l := lexer{data: objects[i]}
			value, _, _ := l.object(0)
			c := m.crypt
			m.crypt = nil // the stream around it was encrypted
			m.write(definition{number: n, value: value})
			m.crypt = c
			continue
		}
		at := m.src.len()
		m.src.tail.write(append(strconv.AppendInt(nil, int64(n), 10), " 0 obj\n"...))
		m.src.tail.write(objects[i])
		m.src.tail.write([]byte("\nendobj\n"))
		m.table.entries[n] = entry{kind: 1, offset: at}
	}
	return nil
}

// unpack decodes an object stream: the objects in it and their numbers.
func (m *mender) unpack(d definition, left *int64) (numbers []int, objects [][]byte, err error) {
	if *left <= 0 {
		return nil, nil, errUnpacked
	}
	dict := d.value
	dict.list = slices.Clone(dict.list)
	for i := 1; i < len(dict.list); i += 2 {
		dict.list[i] = m.resolve(dict.list[i])
	}
	raw, err := m.src.streamData(d.stream, int64(dict.get("Length").num), maxStream)
	if err != nil {
		return nil, nil, err
	}
	if m.crypt != nil {
		raw = m.crypt.stream(raw, d.number, d.generation, syntax{dict})
	}
	data, err := decodeStream(syntax{dict}, raw, min(maxStream, *left), m.budget)
	*left -= int64(len(data)) + 1
	first := int(dict.get("First").num)
	if err != nil && len(data) <= first {
		return nil, nil, err
	}
	if first <= 0 || first > len(data) {
		return nil, nil, fmt.Errorf("its first object is outside of it: %w", ingest.ErrDamaged)
	}
	l := lexer{data: data[:first]}
	var starts []int
	for range min(int(dict.get("N").num), maxObjects) {
		n, _, _ := l.next()
		start, _, ok := l.next()
		if !ok || n.kind != numberKind || start.kind != numberKind || n.num < 0 || n.num >= maxObjects ||
			start.num < 0 || int(start.num) > len(data)-first {
			break
		}
		numbers, starts = append(numbers, int(n.num)), append(starts, first+int(start.num))
	}
	ends := slices.Sorted(slices.Values(starts))
	total := 0
	for _, start := range starts {
		end := len(data)
		if i, _ := slices.BinarySearch(ends, start+1); i < len(ends) {
			end = ends[i]
		}
		if total += end - start; total > 2*len(data) {
			return nil, nil, fmt.Errorf("the same bytes are many objects: %w", ingest.ErrDamaged)
		}
		objects = append(objects, data[start:end])
	}
	return numbers, objects, nil
}

// finish writes the table of all objects to the tail as a cross-reference
// stream, which is where the library begins.
func (m *mender) finish() {
	const width = 1 + 8 + 2
	entries := m.table.entries
	size := len(entries) + 1
	at := m.src.len()
	var ref [3]string
	for i, key := range []string{"Root", "Info"} {
		v := m.table.trailer.get(key)
		if n := int(v.num); v.kind == refKind && n < len(entries) {
			ref[i] = fmt.Sprintf("/%s %d %d R", key, n, entries[n].second)
		} else if v.kind == dictKind {
			ref[i] = "/" + key + " " + string(v.write(nil, func(s string) string { return s }))
		}
	}
	m.src.tail.write(fmt.Appendf(nil, "\n%d 0 obj\n<</Type/XRef/Size %d/W[1 8 2]%s%s/Length %d>>\nstream\n",
		size-1, size, ref[0], ref[1], size*width))
	block := make([]byte, 0, 4096*width)
	for i, e := range entries {
		if e.kind == 0 {
			e = entry{}
		}
		block = append(block, e.kind)
		block = binary.BigEndian.AppendUint64(block, uint64(max(e.offset, 0)))
		block = binary.BigEndian.AppendUint16(block, uint16(e.second&0xFFFF))
		if len(block) == cap(block) || i == len(entries)-1 {
			m.src.tail.write(block)
			block = block[:0]
		}
	}
	m.src.tail.write(make([]byte, width))
	m.src.tail.write(fmt.Appendf(nil, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", at+1))
}

// syntax is an [object] made of an operand, for dictionaries that are read
// before there is a table of objects. It follows no references.
type syntax struct{ o operand }

func (s syntax) Kind() kind             { return s.o.kind }
func (s syntax) Key(name string) object { return syntax{s.o.get(name)} }
func (s syntax) Len() int               { return len(s.o.list) }
func (s syntax) Number() float64        { return s.o.num }
func (s syntax) Text() string           { return s.o.str }
func (s syntax) ID() string             { return string(s.o.write(nil, func(t string) string { return t })) }

func (s syntax) Index(i int) object {
	if s.o.kind != arrayKind || i >= len(s.o.list) {
		return syntax{}
	}
	return syntax{s.o.list[i]}
}

func (s syntax) Keys() []string {
	var keys []string
	for i := 0; i+1 < len(s.o.list); i += 2 {
		keys = append(keys, s.o.list[i].str)
	}
	slices.Sort(keys)
	return keys
}

func (s syntax) Data(int64) ([]byte, error) {
	return nil, errors.New("no stream")
}
