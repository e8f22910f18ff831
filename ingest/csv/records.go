package csv

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/sufflor/sufflor/ingest"
)

const (
	maxLine   = 1 << 20   // bytes of a line
	maxRecord = 256 << 10 // bytes of a record over several lines
	maxLines  = 500       // lines of one
	maxBroken = 20        // unclosed marks after which none opens a cell over several lines
	decisive  = 64 << 20  // bytes looked at to find the charset
)

// charset is how a file's bytes are read.
type charset struct {
	encoding encoding.Encoding // nil for UTF-8
	skip     int64             // a byte order mark
}

func (c charset) reader(in ingest.Input) io.Reader {
	r := io.NewSectionReader(in.Data, c.skip, max(in.Size-c.skip, 0))
	if c.encoding == nil {
		return r
	}
	return c.encoding.NewDecoder().Reader(r)
}

// charsetOf asks [ingest.DecodeText] about the file's beginning and about the
// lines that have more than ASCII. A file that is UTF-8 but for a few bytes is
// UTF-8: else all its letters would be lost for those.
func charsetOf(in ingest.Input) (charset, error) {
	head := make([]byte, min(in.Size, sample))
	n, err := in.Data.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return charset{}, fmt.Errorf("read: %w", err)
	}
	head = head[:n]
	if bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}) {
		return charset{skip: 3}, nil
	}
	switch _, name := ingest.DecodeText(head); name {
	case "utf-16le":
		return charset{encoding: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)}, nil
	case "utf-16be":
		return charset{encoding: unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}, nil
	}
	letters, good, bad, err := highLines(in)
	if err != nil {
		return charset{}, err
	}
	if bad == 0 || good > 2*bad {
		return charset{}, nil
	}
	switch _, name := ingest.DecodeText(letters); name {
	case "cp850":
		return charset{encoding: charmap.CodePage850}, nil
	case "macintosh":
		return charset{encoding: charmap.Macintosh}, nil
	case "windows-1250":
		return charset{encoding: charmap.Windows1250}, nil
	}
	return charset{encoding: charmap.Windows1252}, nil
}

// highLines gives the first lines with bytes above ASCII, and how many such
// characters are UTF-8 and how many are not.
func highLines(in ingest.Input) (letters []byte, good, bad int, err error) {
	b := bufio.NewReaderSize(io.NewSectionReader(in.Data, 0, min(in.Size, decisive)), 64<<10)
	for {
		line, err := b.ReadSlice('\n')
		high := false
		for i := 0; i < len(line); {
			if line[i] < utf8.RuneSelf {
				i++
				continue
			}
			high = true
			r, size := utf8.DecodeRune(line[i:])
			if r == utf8.RuneError && size == 1 {
				bad++
			} else {
				good++
			}
			i += size
		}
		if high && len(letters) < sample {
			letters = append(letters, line...)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return letters, good, bad, err //nolint:wrapcheck // of a ReaderAt, wrapped where it is handled
		}
	}
}

// lines cuts a stream at "\n", "\r\n" and "\r".
type lines struct {
	r      *bufio.Reader
	buf    []byte
	number int // of lines read
	cut    int // of lines too long
	back   []string
	last   bool // the stream ended
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 64<<10)} }

// next is the next line without its end; [io.EOF] after the last.
func (l *lines) next() (string, error) {
	if n := len(l.back); n > 0 {
		line := l.back[n-1]
		l.back = l.back[:n-1]
		l.number++
		return line, nil
	}
	if l.last {
		return "", io.EOF
	}
	l.buf = l.buf[:0]
	long, some := false, false
	for {
		if _, err := l.r.Peek(1); err != nil {
			l.last = true
			if !errors.Is(err, io.EOF) {
				return "", fmt.Errorf("%w: %w", err, ingest.ErrDamaged)
			}
			if !some {
				return "", io.EOF
			}
			break
		}
		some = true
		piece, _ := l.r.Peek(l.r.Buffered()) // what is there already
		end := bytes.IndexAny(piece, "\r\n")
		n := end
		if end < 0 {
			n = len(piece)
		}
		if room := maxLine - len(l.buf); n > room {
			long = true
			l.buf = append(l.buf, piece[:max(room, 0)]...)
		} else {
			l.buf = append(l.buf, piece[:n]...)
		}
		if end < 0 {
			_, _ = l.r.Discard(n) // buffered
			continue
		}
		cr := piece[end] == '\r'
		_, _ = l.r.Discard(end + 1)
		if cr {
			if after, err := l.r.Peek(1); err == nil && after[0] == '\n' {
				_, _ = l.r.Discard(1)
			}
		}
		break
	}
	if long {
		l.cut++
	}
	l.number++
	text := strings.ToValidUTF8(string(l.buf), "\uFFFD")
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return text, nil
}

// unread gives lines back, the first one first.
func (l *lines) unread(some []string) {
	for _, line := range slices.Backward(some) {
		l.back = append(l.back, line)
	}
	l.number -= len(some)
}

// record is a row and its lines in the file.
type record struct {
	cells     []string
	line, end int
}

// records reads rows as RFC 4180 has them and as programs write them.
type records struct {
	lines     *lines
	delimiter byte
	open      int // line of the first quotation mark that is never closed
	broken    int // rows with one
	cells     []string
}

// next is the next row, valid until the one after; an empty line is a row of
// one empty cell.
func (r *records) next() (record, error) {
	first, err := r.lines.next()
	if err != nil {
		return record{}, err
	}
	start := r.lines.number
	text := first
	var more []string
	for {
		var open bool
		if r.cells, open = cut(text, r.delimiter, r.cells[:0], r.broken < maxBroken); !open {
			return record{r.cells, start, r.lines.number}, nil
		}
		line, err := "", io.EOF
		if len(text) < maxRecord && len(more) < maxLines {
			line, err = r.lines.next()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return record{}, err
		}
		if err != nil {
			// The quotation mark is no more than a character: only this
			// line belongs to the row.
			if r.broken++; r.open == 0 {
				r.open = start
			}
			r.lines.unread(more)
			r.cells, _ = cut(first, r.delimiter, r.cells[:0], false)
			return record{r.cells, start, start}, nil
		}
		more = append(more, line)
		text += "\n" + line
	}
}

// cut parts a row into its cells. It reports whether one that begins with a
// quotation mark is still open at the end; without strict that mark is a
// character.
func cut(text string, delimiter byte, cells []string, strict bool) (_ []string, open bool) {
	for {
		if len(text) == 0 || text[0] != '"' {
			i := strings.IndexByte(text, delimiter)
			if i < 0 {
				return append(cells, text), false
			}
			cells, text = append(cells, text[:i]), text[i+1:]
			continue
		}
		cell, rest, closed, stray := quoted(text[1:], delimiter)
		if !closed {
			if strict && !stray {
				return cells, true
			}
			i := strings.IndexByte(text, delimiter)
			if i < 0 {
				return append(cells, text), false
			}
			cells, text = append(cells, text[:i]), text[i+1:]
			continue
		}
		cells = append(cells, cell)
		if rest == "" {
			return cells, false
		}
		text = rest[1:]
	}
}

// quoted reads a cell up to the mark that closes it, behind which the
// delimiter or the end stands; two marks are one, and one between letters is
// one, too. Stray reports such a one in the first line: who writes it does not
// quote cells at all.
func quoted(text string, delimiter byte) (cell, rest string, closed, stray bool) {
	var b strings.Builder
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		switch {
		case i+1 == len(text) || text[i+1] == delimiter:
			if b.Len() == 0 {
				return text[start:i], text[i+1:], true, stray
			}
			b.WriteString(text[start:i])
			return b.String(), text[i+1:], true, stray
		case text[i+1] == '"':
			b.WriteString(text[start : i+1])
			i++
			start = i + 1
		default:
			stray = stray || strings.IndexByte(text[:i], '\n') < 0
		}
	}
	return "", "", false, stray
}
