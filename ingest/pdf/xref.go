package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/sufflor/sufflor/ingest"
)

// entry is where an object is.
type entry struct {
	kind   byte   // 0 nowhere, 1 at an offset, 2 in an object stream
	offset int64  // or the number of the object stream
	second uint32 // generation, or index in the object stream
}

// crossRefs is what the cross-reference sections of a file say.
type crossRefs struct {
	entries []entry
	trailer operand // of the newest section, completed by the others
	budget  *decoded
	freed   []int // by the section that is being read
}

// set adds an entry unless a newer section has it.
func (t *crossRefs) set(number int, e entry) {
	if number >= len(t.entries) {
		if number >= cap(t.entries) {
			grown := make([]entry, number+1, max(number+1, min(2*cap(t.entries), maxObjects)))
			copy(grown, t.entries)
			t.entries = grown
		}
		t.entries = t.entries[:number+1]
	}
	if t.entries[number] == (entry{}) {
		t.entries[number] = e
		if e == free {
			t.freed = append(t.freed, number)
		}
	}
}

// complete adds what an older trailer has and the newer ones have not.
func (t *crossRefs) complete(trailer operand) {
	t.trailer.kind = dictKind
	for _, key := range []string{"Root", "Info", "ID", "Encrypt"} {
		if v := trailer.get(key); v.kind != nullKind && t.trailer.get(key).kind == nullKind {
			t.trailer.list = append(t.trailer.list, operand{kind: nameKind, str: key}, v)
		}
	}
}

// free marks an object as deleted: an older section must not bring it back.
var free = entry{offset: -1}

// readTable follows the chain of cross-reference sections.
func readTable(src *source, budget *decoded) (*crossRefs, error) {
	tail, err := readAt(src, max(0, src.len()-1024), 1024)
	if err != nil {
		return nil, err
	}
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return nil, fmt.Errorf("nothing says where its table of objects is (startxref): %w", ingest.ErrDamaged)
	}
	l := lexer{data: tail[at+len("startxref"):]}
	v, _, _ := l.next()
	t := &crossRefs{budget: budget}
	seen := map[int64]bool{}
	next := []int64{int64(v.num)}
	for len(next) > 0 {
		offset := next[0]
		next = next[1:]
		if seen[offset] || len(seen) > maxSections {
			return nil, fmt.Errorf("cross-reference sections go round in circles: %w", ingest.ErrDamaged)
		}
		seen[offset] = true
		trailer, err := t.section(src, offset)
		if err != nil {
			return nil, err
		}
		t.complete(trailer)
		// A hybrid file's stream has the objects that its table calls free,
		// to hide them from old readers.
		if hybrid := trailer.get("XRefStm"); hybrid.kind == numberKind && !seen[int64(hybrid.num)] {
			seen[int64(hybrid.num)] = true
			hidden := t.freed
			for _, n := range hidden {
				t.entries[n] = entry{}
			}
			if _, err := t.section(src, int64(hybrid.num)); err != nil {
				return nil, err
			}
			for _, n := range hidden {
				t.set(n, free)
			}
		}
		if prev := trailer.get("Prev"); prev.kind == numberKind {
			next = append(next, int64(prev.num))
		}
	}
	return t, nil
}

// section reads one cross-reference section and returns its trailer.
func (t *crossRefs) section(src *source, offset int64) (operand, error) {
	if offset <= 0 || offset >= src.len() {
		return operand{}, fmt.Errorf("cross-reference section outside of the file: %w", ingest.ErrDamaged)
	}
	t.freed = nil
	start := src.view(offset, 64)
	trimmed := bytes.TrimLeft(start, "\r\n \t\x00")
	if bytes.HasPrefix(trimmed, []byte("xref")) {
		return t.lines(src, offset+int64(len(start)-len(trimmed)+len("xref")))
	}
	d, ok := src.definition(offset)
	if !ok || d.stream == 0 || d.value.get("Type").str != "XRef" {
		return operand{}, fmt.Errorf("no cross-reference section at byte %d: %w", offset, ingest.ErrDamaged)
	}
	return d.value, t.rows(src, d)
}

// lines reads the lines of a cross-reference table.
func (t *crossRefs) lines(src *source, offset int64) (operand, error) {
	malformed := fmt.Errorf("malformed cross-reference table at byte %d: %w", offset, ingest.ErrDamaged)
	// Tokens are read from a window that moves on.
	l := lexer{}
	refill := func() {
		if len(l.data)-l.pos < 256 {
			offset += int64(l.pos)
			l = lexer{data: src.view(offset, 32<<10)}
		}
	}
	for {
		refill()
		before := l.pos
		first, op, ok := l.next()
		if op == "trailer" {
			break
		}
		count, _, _ := l.next()
		if !ok || first.kind != numberKind || count.kind != numberKind ||
			first.num < 0 || count.num < 0 || first.num+count.num > maxObjects {
			if op == "" && first.kind == dictKind { // the keyword is missing
				l.pos = before
				break
			}
			return operand{}, malformed
		}
		for i := range int(count.num) {
			refill()
			before := l.pos
			at, op, _ := l.next()
			if op == "trailer" { // fewer lines than announced
				l.pos = before
				break
			}
			generation, _, _ := l.next()
			_, op, ok := l.next()
			switch {
			case !ok || at.kind != numberKind || generation.kind != numberKind:
				return operand{}, malformed
			case op == "n" && at.num > 0:
				t.set(int(first.num)+i, entry{kind: 1, offset: int64(at.num), second: uint32(min(max(generation.num, 0), 65535))})
			case op == "f" || op == "n":
				t.set(int(first.num)+i, free)
			default:
				return operand{}, malformed
			}
		}
	}
	offset += int64(l.pos)
	for window := int64(4 << 10); ; window *= 8 {
		data := src.view(offset, window)
		l = lexer{data: data}
		trailer, _, _ := l.object(0)
		if l.pos < len(data) || window >= maxStream || offset+int64(len(data)) >= src.len() {
			if trailer.kind != dictKind {
				return operand{}, malformed
			}
			return trailer, nil
		}
	}
}

// rows reads the data of a cross-reference stream.
func (t *crossRefs) rows(src *source, d definition) error {
	length := d.value.get("Length")
	raw, err := src.streamData(d.stream, int64(length.num), maxStream)
	if err != nil {
		return err
	}
	var widths [3]int
	for i, w := range d.value.get("W").list {
		if w.num < 0 || w.num > 8 {
			return fmt.Errorf("cross-reference field of %.0f bytes: %w", w.num, ingest.ErrDamaged)
		}
		if i < len(widths) {
			widths[i] = int(w.num)
		}
	}
	row := widths[0] + widths[1] + widths[2]
	if row == 0 {
		return fmt.Errorf("cross-reference stream without columns: %w", ingest.ErrDamaged)
	}
	data, err := decodeStream(syntax{d.value}, raw, maxStream, t.budget)
	if err != nil && len(data) < row {
		return fmt.Errorf("cross-reference stream: %w: %w", err, ingest.ErrDamaged)
	}
	index := d.value.get("Index").list
	if len(index) < 2 {
		index = []operand{{kind: numberKind}, {kind: numberKind, num: float64(len(data) / row)}}
	}
	field := func(i int) (n int64) {
		for _, c := range data[:widths[i]] {
			n = n<<8 | int64(c)
		}
		data = data[widths[i]:]
		return n
	}
	for ; len(index) >= 2; index = index[2:] {
		first := int(min(max(index[0].num, 0), maxObjects))
		for i := 0; i < int(min(index[1].num, maxObjects)) && len(data) >= row; i++ {
			kind := int64(1)
			if k := field(0); widths[0] > 0 {
				kind = k
			}
			at, second := field(1), field(2)
			switch {
			case first+i >= maxObjects:
				return fmt.Errorf("a cross-reference section of more than %d objects: %w", maxObjects, ingest.ErrDamaged)
			case kind == 1 && at > 0:
				t.set(first+i, entry{kind: 1, offset: at, second: uint32(second & 0xFFFF)})
			case kind == 2 && at > 0 && at < maxObjects:
				t.set(first+i, entry{kind: 2, offset: at, second: uint32(second & 0xFFFFFF)})
			default:
				t.set(first+i, free)
			}
		}
	}
	return nil
}

// scan looks for the objects of a file whose cross-reference table is of no
// use. Of two objects with the same number the later one counts.
func scan(src *source, budget *decoded) (*crossRefs, error) {
	t := &crossRefs{budget: budget}
	var streams []definition
	root := 0
	for offset := int64(0); ; {
		at, trailer := nextObject(src, offset)
		if at < 0 {
			break
		}
		if trailer {
			l := lexer{data: src.view(at, 16<<10)}
			if v, _, _ := l.object(0); v.get("Root").kind == refKind {
				newest := &crossRefs{}
				newest.complete(v)
				newest.complete(t.trailer)
				t.trailer = newest.trailer
			}
			offset = at
			continue
		}
		d, ok := src.definition(at)
		if !ok {
			offset = at + 1
			continue
		}
		offset = max(d.end, at+1)
		if d.stream > 0 {
			// What looks like an object inside a stream is none.
			offset = d.stream
			length := int64(d.value.get("Length").num)
			if length > 0 && bytes.HasPrefix(bytes.TrimLeft(src.view(d.stream+length, 16), "\r\n \t\x00"), []byte("endstream")) {
				offset += length
			} else if end := src.find("endstream", d.stream, maxStream); end > 0 {
				offset = end
			}
		}
		t.set(d.number, entry{})
		t.entries[d.number] = entry{kind: 1, offset: at, second: uint32(d.generation & 0xFFFF)}
		switch d.value.get("Type").str {
		case "Catalog":
			root = d.number
		case "ObjStm":
			streams = append(streams, d)
		case "XRef":
			newest := &crossRefs{}
			newest.complete(d.value)
			newest.complete(t.trailer)
			t.trailer = newest.trailer
		}
	}
	if src.ctx.Err() != nil {
		return nil, src.ctx.Err()
	}
	if src.budget < 0 {
		return nil, fmt.Errorf("%w: %w", errBudget, ingest.ErrDamaged)
	}
	return t, t.inner(src, streams, root)
}

// nextObject is where the next object begins, or the dictionary of the next
// trailer.
func nextObject(src *source, offset int64) (at int64, trailer bool) {
	const keyword = "trailer"
	for offset < src.size {
		data := src.view(offset, min(4<<10, src.size-offset))
		for i := 0; ; {
			k := bytes.Index(data[i:], []byte("obj"))
			before := data[i:]
			if k >= 0 {
				before = data[i : i+k]
			}
			if j := bytes.Index(before, []byte(keyword)); j >= 0 {
				return offset + int64(i+j+len(keyword)), true
			}
			if k < 0 {
				break
			}
			if start := backToNumber(data[:i+k]); start >= 0 {
				return offset + int64(start), false
			}
			i += k + len("obj")
		}
		if offset+int64(len(data)) >= src.size || len(data) < 64 {
			break
		}
		offset += int64(len(data)) - 32 // what lies across the window's end
	}
	return -1, false
}

// backToNumber is where "12 0 " at the end of data begins, -1 when it is not
// there.
func backToNumber(data []byte) int {
	i := len(data)
	spaces := func() bool {
		from := i
		for i > 0 && isSpace(data[i-1]) {
			i--
		}
		return i < from
	}
	digits := func() bool {
		from := i
		for i > 0 && data[i-1] >= '0' && data[i-1] <= '9' {
			i--
		}
		return i < from && from-i <= 7
	}
	spaces()
	if !digits() || !spaces() || !digits() {
		return -1
	}
	return i
}

// errLost means that nothing can be rebuilt.
var errLost = fmt.Errorf("no objects in it lead to its pages: %w", ingest.ErrDamaged)

// inner adds the objects in object streams and decides on the catalog.
func (t *crossRefs) inner(src *source, streams []definition, root int) error {
	m := &mender{src: src, table: t, budget: t.budget}
	if err := m.encryption(); err != nil {
		return err
	}
	left := int64(maxUnpacked)
	for _, d := range streams {
		numbers, objects, err := m.unpack(d, &left)
		if err != nil {
			continue // the objects outside of it may do
		}
		for i, n := range numbers {
			if n >= maxObjects {
				continue
			}
			t.set(n, entry{kind: 2, offset: int64(d.number), second: uint32(i)})
			if t.entries[n].kind == 2 {
				t.entries[n] = entry{kind: 2, offset: int64(d.number), second: uint32(i)}
				if root == 0 && catalog(objects[i]) {
					root = n
				}
			}
		}
	}
	if r := t.trailer.get("Root"); r.kind == refKind && int(r.num) < len(t.entries) && t.entries[int(r.num)].kind != 0 {
		return nil
	}
	if root == 0 {
		return errLost
	}
	found := &crossRefs{}
	found.complete(operand{kind: dictKind, list: []operand{{kind: nameKind, str: "Root"}, {kind: refKind, num: float64(root)}}})
	found.complete(t.trailer)
	t.trailer = found.trailer
	return nil
}

var errDecoded = errors.New("more than " + strconv.Itoa(maxDecoded>>20) + " MB of decoded streams")

func catalog(data []byte) bool {
	if !bytes.Contains(data, []byte("Catalog")) {
		return false
	}
	l := lexer{data: data}
	v, _, _ := l.object(0)
	return v.get("Type").str == "Catalog"
}
