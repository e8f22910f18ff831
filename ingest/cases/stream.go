package cases

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

// Limits of what is accepted from outside.
const (
	maxNested = 64       // levels of JSON
	maxEntry  = 16 << 20 // bytes of one entry
	maxFile   = 2 << 30  // bytes of a file; only UTF-8 above what fits into memory
	inMemory  = 64 << 20 // bytes of a file that is decoded as a whole
)

// entry is one object of the file and its lines.
type entry struct {
	value     map[string]any
	line, end int
}

// source is the file's text.
func source(in ingest.Input) (*bufio.Reader, error) {
	if in.Size > maxFile {
		return nil, fmt.Errorf("%s has %d MB, lists of cases may have %d: %w", in.Name, in.Size>>20, maxFile>>20, ingest.ErrTooLarge)
	}
	if in.Size > inMemory {
		r := bufio.NewReaderSize(io.NewSectionReader(in.Data, 0, in.Size), 1<<20)
		if mark, _ := r.Peek(3); bytes.Equal(mark, []byte{0xEF, 0xBB, 0xBF}) {
			_, _ = r.Discard(3)
		}
		return r, nil
	}
	data, err := ingest.ReadAll(in)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	text, _ := ingest.DecodeText(data)
	return bufio.NewReaderSize(strings.NewReader(text), 64<<10), nil
}

// splitter takes a file apart into its entries without holding it: a list, one
// object a line, objects one after the other, or an object around a list. An
// entry that is not JSON costs only itself.
type splitter struct {
	r    *bufio.Reader
	size int64 // of the file
	line int   // of the next byte, from 1
	bad  []string
	n    int // entries so far
	emit func(entry) error
}

// errLost means that nothing after this point of the file can be told apart.
var errLost = errors.New("the rest of the file cannot be read")

func (s *splitter) run() error {
	c, err := s.skip()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	case c == '[':
		_, _ = s.r.Discard(1)
		return s.list()
	case c == '{':
		return s.objects()
	}
	return fmt.Errorf("line %d holds neither an object nor a list; %s: %w", s.line, expected, ingest.ErrUnsupported)
}

// skip passes over white space, and gives the byte after it without taking it.
func (s *splitter) skip() (byte, error) {
	for {
		b, err := s.r.Peek(1)
		if err != nil {
			return 0, err //nolint:wrapcheck // the end, or told by who asks
		}
		switch b[0] {
		case '\n':
			s.line++
		case ' ', '\t', '\r':
		default:
			return b[0], nil
		}
		_, _ = s.r.Discard(1)
	}
}

// list reads the elements of a list whose bracket was taken.
func (s *splitter) list() error {
	for {
		c, err := s.skip()
		switch {
		case err != nil:
			s.report(s.line, "the list has no end")
			return nil //nolint:nilerr // it is reported
		case c == ']':
			_, _ = s.r.Discard(1)
			return nil
		case c == ',':
			_, _ = s.r.Discard(1)
			continue
		case c != '{':
			return fmt.Errorf("entry %d is no object; %s: %w", s.n+1, expected, ingest.ErrUnsupported)
		}
		if err := s.object(false); err != nil {
			return err
		}
	}
}

// objects reads objects one after the other, or one a line.
func (s *splitter) objects() error {
	first, _ := s.r.Peek(s.r.Size())
	line, _, whole := bytes.Cut(first, []byte("\n"))
	line = bytes.TrimSpace(line)
	if json.Valid(line) || whole && len(line) > 1 && line[0] == '{' && bytes.HasSuffix(line, []byte("}")) {
		return s.lines()
	}
	for first := true; ; first = false {
		c, err := s.skip()
		switch {
		case err != nil:
			return nil //nolint:nilerr // the end
		case c == ',' && !first:
			_, _ = s.r.Discard(1)
			continue
		case c != '{':
			return fmt.Errorf("line %d is not JSON; %s (%w): %w", s.line, expected, errLost, ingest.ErrDamaged)
		}
		if err := s.object(first && s.size > maxEntry); err != nil {
			return err
		}
	}
}

// lines reads one object a line.
func (s *splitter) lines() error {
	for {
		var raw []byte
		for {
			piece, err := s.r.ReadSlice('\n')
			if len(raw)+len(piece) <= maxEntry+1 {
				raw = append(raw, piece...)
			}
			if err == nil {
				break
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if len(bytes.TrimSpace(raw)) == 0 {
				return nil // the end
			}
			break
		}
		at := s.line
		s.line++
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 {
			continue
		}
		if err := s.decode(raw, at, at); err != nil {
			return err
		}
	}
}

// object reads the object at the reader's place. Around a list that is too
// long to be held it goes on with the list's elements.
func (s *splitter) object(around bool) error {
	start := s.line
	var raw []byte
	var key []byte // the last string at the first level
	depth, quoted, from := 0, false, 0
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			s.report(start, "it has no end")
			return nil //nolint:nilerr // the end
		}
		if c == '\n' {
			s.line++
		}
		if len(raw) > maxEntry {
			return fmt.Errorf("line %d: an entry has more than %d MB: %w", start, maxEntry>>20, ingest.ErrTooLarge)
		}
		raw = append(raw, c)
		switch {
		case quoted && c == '\\':
			if c, err = s.r.ReadByte(); err == nil {
				raw = append(raw, c)
			}
		case quoted && c == '"':
			quoted = false
			if depth == 1 {
				key = raw[from : len(raw)-1]
			}
		case quoted:
		case c == '"':
			quoted, from = true, len(raw)
		case c == '[' && around && depth == 1 && listKeys[string(key)]:
			if next, err := s.skip(); err == nil && next == '{' {
				// What stands around the list says nothing of cases.
				if err := s.list(); err != nil {
					return err
				}
				return s.drain()
			}
			depth++
		case c == '{' || c == '[':
			if depth++; depth > maxNested {
				return fmt.Errorf("line %d: JSON is nested deeper than %d levels: %w", start, maxNested, ingest.ErrDamaged)
			}
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return s.decode(raw, start, s.line)
			}
		}
	}
}

// drain passes over the rest of the file.
func (s *splitter) drain() error {
	_, err := io.Copy(io.Discard, s.r)
	return err //nolint:wrapcheck // told by who asks
}

func (s *splitter) report(line int, why string) {
	s.n++
	s.bad = append(s.bad, fmt.Sprintf("line %d is not JSON (%s)", line, why))
}

// decode hands on the entry in raw, or those of the list in it.
func (s *splitter) decode(raw []byte, line, end int) error {
	if err := nesting(raw); err != nil {
		return fmt.Errorf("line %d: %w", line, err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		if len(raw) > maxEntry {
			err = fmt.Errorf("longer than %d MB", maxEntry>>20)
		}
		at := line
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at += bytes.Count(raw[:min(max(int(syntax.Offset)-1, 0), len(raw))], []byte("\n"))
		}
		s.report(at, err.Error())
		return nil
	}
	if rest := bytes.TrimSpace(raw[dec.InputOffset():]); len(rest) > 0 {
		s.report(line, "more follows the entry")
		return nil
	}
	v, ok := value.(map[string]any)
	if !ok {
		s.report(line, "it is no object")
		return nil
	}
	inner := innerList(v)
	if inner == nil {
		s.n++
		return s.emit(entry{value: v, line: line, end: end})
	}
	spans := objectSpans(string(raw))
	places := ingest.NewLines(string(raw))
	for i, e := range inner {
		m, ok := e.(map[string]any)
		if !ok {
			return fmt.Errorf("entry %d is no object; %s: %w", i+1, expected, ingest.ErrUnsupported)
		}
		it := entry{value: m, line: line, end: end}
		if len(spans) == len(inner) {
			it.line, it.end = line-1+places.At(spans[i][0]), line-1+places.At(spans[i][1])
		}
		s.n++
		if err := s.emit(it); err != nil {
			return err
		}
	}
	return nil
}

// objectSpans are the byte offsets of the objects in the first list of text
// that holds objects.
func objectSpans(text string) [][2]int {
	var spans [][2]int
	depth, start, open, listDepth := 0, 0, false, -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case open:
			switch c {
			case '\\':
				i++
			case '"':
				open = false
			}
		case c == '"':
			open = true
		case c == '[':
			if listDepth < 0 {
				listDepth = depth
			}
			depth++
		case c == '{':
			if listDepth >= 0 && depth == listDepth+1 {
				start = i
			}
			depth++
		case c == ']':
			depth--
			if depth == listDepth {
				return spans
			}
		case c == '}':
			depth--
			if listDepth >= 0 && depth == listDepth+1 {
				spans = append(spans, [2]int{start, i})
			}
		}
	}
	return spans
}

// nesting refuses JSON that is nested deeper than any export.
func nesting(text []byte) error {
	depth, open := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case open:
			switch c {
			case '\\':
				i++
			case '"':
				open = false
			}
		case c == '"':
			open = true
		case c == '[' || c == '{':
			if depth++; depth > maxNested {
				return fmt.Errorf("JSON is nested deeper than %d levels: %w", maxNested, ingest.ErrDamaged)
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}

// listKeys name the list in an object that is not itself a case.
var listKeys = map[string]bool{
	"cases": true, "tickets": true, "items": true, "data": true, "results": true, "records": true, "faqs": true, "faq": true, "entries": true, "conversations": true, "issues": true, "questions": true, "threads": true,
	"saker": true, "ärenden": true, "sager": true, "tapaukset": true, "fälle": true,
}

// innerList is the list of cases in an object that is not itself a case.
func innerList(v map[string]any) []any {
	if c := fromJSON(v); c.Question != "" && c.Answer != "" {
		return nil
	}
	for _, key := range sortedKeys(v) {
		l, ok := v[key].([]any)
		if !ok || !listKeys[key] {
			continue
		}
		if len(l) > 0 {
			if m, ok := l[0].(map[string]any); ok && (m["incoming"] != nil || m["ticket_id"] != nil) {
				continue // messages of one ticket
			}
		}
		return l
	}
	return nil
}
