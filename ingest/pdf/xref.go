package pdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/sufflor/sufflor/ingest"
)

// checkXref walks the chain of cross-reference sections before the library
// does: it would allocate whatever size they name and follow a loop for ever.
func checkXref(src *source) error {
	src.budget = 64*src.len() + 4<<20
	tail, err := readAt(src, max(0, src.len()-1024), 1024)
	if err != nil {
		return err
	}
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return fmt.Errorf("no startxref: %w", ingest.ErrDamaged)
	}
	l := lexer{data: tail[at+len("startxref"):]}
	v, _, _ := l.next()
	seen := map[int64]bool{}
	for offset := int64(v.num); ; {
		if seen[offset] || len(seen) > maxSections {
			return fmt.Errorf("cross-reference sections go round in circles: %w", ingest.ErrDamaged)
		}
		seen[offset] = true
		section, err := readSection(src, offset)
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(section.index); i += 2 {
			if a, n := section.index[i].num, section.index[i+1].num; a < 0 || n < 0 || a+n > maxObjects {
				return fmt.Errorf("a cross-reference section of objects %.0f to %.0f: %w", a, a+n, ingest.ErrDamaged)
			}
		}
		if section.prev.kind != numberKind {
			return nil
		}
		offset = int64(section.prev.num)
	}
}

// section is what bounds the library's work on a cross-reference section.
type section struct {
	index []operand // first object, count, first object, count
	prev  operand
}

func readSection(src *source, offset int64) (section, error) {
	if offset <= 0 || offset >= src.len() {
		return section{}, fmt.Errorf("cross-reference section outside of the file: %w", ingest.ErrDamaged)
	}
	for window := int64(4 << 10); ; window *= 4 {
		data, err := readAt(src, offset, min(src.len()-offset, window))
		if err != nil {
			return section{}, err
		}
		l := lexer{data: data}
		s, err := parseSection(&l)
		if l.pos < len(data) || window >= src.len()-offset {
			return s, err
		}
	}
}

func parseSection(l *lexer) (section, error) {
	var s section
	v, op, _ := l.next()
	if op == "xref" {
		for {
			first, op, ok := l.next()
			if op == "trailer" || !ok {
				break
			}
			count, _, _ := l.next()
			s.index = append(s.index, first, count)
			for range min(int(count.num), maxObjects) {
				l.next()
				l.next()
				if _, op, ok := l.next(); !ok || op != "n" && op != "f" {
					return section{}, fmt.Errorf("malformed cross-reference table: %w", ingest.ErrDamaged)
				}
			}
		}
	} else if v.kind == numberKind { // "12 0 obj": a cross-reference stream
		l.next()
		l.next()
	}
	dict, _, _ := l.next()
	s.prev, _ = dict.key("Prev")
	if size, ok := dict.key("Size"); ok {
		s.index = append(s.index, operand{kind: numberKind}, size)
	}
	if index, ok := dict.key("Index"); ok {
		s.index = append(s.index, index.list...)
	}
	if widths, ok := dict.key("W"); ok {
		for _, w := range widths.list {
			if w.num < 0 || w.num > 8 {
				return section{}, fmt.Errorf("cross-reference field of %.0f bytes: %w", w.num, ingest.ErrDamaged)
			}
		}
	}
	return s, nil
}

var (
	objPattern     = regexp.MustCompile(`(?:^|[\r\n \t>])(\d{1,7}) (\d{1,5}) obj\b`)
	rootPattern    = regexp.MustCompile(`/Root\s+(\d{1,7})\s+(\d{1,5})\s+R`)
	infoPattern    = regexp.MustCompile(`/Info\s+(\d{1,7})\s+(\d{1,5})\s+R`)
	catalogPattern = regexp.MustCompile(`/Type\s*/Catalog\b`)
	objStmPattern  = regexp.MustCompile(`/Type\s*/ObjStm\b`)
)

// entry is a line of a rebuilt cross-reference table.
type entry struct {
	kind   byte // 1 at an offset, 2 in an object stream
	offset int64
	second uint32 // generation, or index in the object stream
}

// rebuild looks for the objects of a file whose cross-reference table is of no
// use, and returns a table to be read as if the file ended with it. cause is
// what was wrong with the file's own.
func rebuild(src *source, cause error) ([]byte, error) {
	if cause == nil {
		cause = fmt.Errorf("no pages in its catalog: %w", ingest.ErrDamaged)
	}
	src.budget = 64*src.len() + 4<<20
	data, err := readAt(src, 0, src.size)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(data, []byte("/Encrypt")) {
		return nil, cause // the numbers of rebuilt objects would not fit the key
	}
	entries := map[int]entry{}
	root := 0
	for _, m := range objPattern.FindAllSubmatchIndex(data, maxObjects) {
		number, _ := strconv.Atoi(string(data[m[2]:m[3]]))
		if number >= maxObjects {
			continue
		}
		generation, _ := strconv.ParseUint(string(data[m[4]:m[5]]), 10, 16)
		entries[number] = entry{kind: 1, offset: int64(m[2]), second: uint32(generation)}
		head := data[m[1]:min(m[1]+1024, len(data))]
		if end := bytes.Index(head, []byte("endobj")); end >= 0 {
			head = head[:end]
		}
		if catalogPattern.Match(head) {
			root = number
		}
		if objStmPattern.Match(head) {
			for i, inner := range objectStream(data[m[1]:]) {
				if old, ok := entries[inner]; !ok || old.kind == 2 {
					entries[inner] = entry{kind: 2, offset: int64(number), second: uint32(i)}
				}
			}
		}
	}
	if m := rootPattern.FindAllSubmatch(data, -1); len(m) > 0 {
		if n, _ := strconv.Atoi(string(m[len(m)-1][1])); entries[n].kind != 0 {
			root = n
		}
	}
	if len(entries) == 0 || root == 0 {
		return nil, cause
	}
	info := ""
	if m := infoPattern.FindAllSubmatch(data, -1); len(m) > 0 {
		info = fmt.Sprintf("/Info %s %s R", m[len(m)-1][1], m[len(m)-1][2])
	}
	return xrefStream(src.size, entries, root, info), nil
}

// objectStream is the numbers of the objects in an object stream.
func objectStream(data []byte) []int {
	l := lexer{data: data}
	dict, _, _ := l.next()
	if _, op, _ := l.next(); op != "stream" {
		return nil
	}
	body := data[l.pos:]
	body = bytes.TrimPrefix(bytes.TrimPrefix(body, []byte("\r")), []byte("\n"))
	if filter, ok := dict.key("Filter"); ok {
		if len(filter.list) == 1 {
			filter = filter.list[0]
		}
		if filter.str != "FlateDecode" {
			return nil
		}
		body, _ = inflate(body, maxStream) // what inflated is enough for the numbers
	}
	count, _ := dict.key("N")
	l = lexer{data: body}
	var numbers []int
	for range min(int(count.num), maxObjects) {
		number, _, ok := l.next()
		if l.next(); !ok || number.kind != numberKind || number.num < 0 || number.num > maxObjects {
			break
		}
		numbers = append(numbers, int(number.num))
	}
	return numbers
}

// xrefStream writes a cross-reference stream that stands at offset.
func xrefStream(offset int64, entries map[int]entry, root int, info string) []byte {
	var numbers []int
	for n := range entries {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	size := numbers[len(numbers)-1] + 2
	const width = 1 + 8 + 4
	table := make([]byte, size*width)
	for n, e := range entries {
		row := table[n*width : (n+1)*width]
		row[0] = e.kind
		binary.BigEndian.PutUint64(row[1:], uint64(max(e.offset, 0)))
		binary.BigEndian.PutUint32(row[9:], e.second)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "\n%d 0 obj\n<</Type/XRef/Size %d/W[1 8 4]/Root %d %d R%s/Length %d>>\nstream\n",
		size-1, size, root, generationOf(entries[root]), info, len(table))
	out.Write(table)
	fmt.Fprintf(&out, "\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", offset+1)
	return out.Bytes()
}

func generationOf(e entry) uint32 {
	if e.kind == 2 {
		return 0
	}
	return e.second
}

var errDecoded = errors.New("more than " + strconv.Itoa(maxDecoded>>20) + " MB of decoded streams")
