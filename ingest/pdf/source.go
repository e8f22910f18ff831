package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sufflor/sufflor/ingest"
)

// source is a file as the libraries below see it. It hides what they do not
// get over (bytes before the header, a version they do not know, bytes after
// the end), adds what a repair wrote, and ends their endless loops: they read.
type source struct {
	ctx    context.Context //nolint:containedctx // the libraries pass none on, and their reads must end with it
	data   io.ReaderAt
	offset int64 // of "%PDF-" in data
	size   int64 // from there to the end of "%%EOF"
	ended  bool  // there is one
	tail   tail  // what a repair adds after size
	budget int64 // bytes that may still be read
	huge   bool  // an object in it is longer than maxObject
	window []byte
	at     int64 // of window
}

const header = "%PDF-1.7\n"

var errBudget = errors.New("read over and over again")

func newSource(ctx context.Context, in ingest.Input) (*source, error) {
	if in.Size > maxFile {
		return nil, fmt.Errorf("%d MB, at most %d MB are read: %w", in.Size>>20, maxFile>>20, ingest.ErrTooLarge)
	}
	head := make([]byte, min(in.Size, 1024))
	if _, err := in.Data.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	start := bytes.Index(head, []byte("%PDF-"))
	if start < 0 {
		return nil, fmt.Errorf("no PDF header in the first %d bytes: %w", len(head), ingest.ErrDamaged)
	}
	end := make([]byte, min(in.Size, 2048))
	if _, err := in.Data.ReadAt(end, in.Size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	size := in.Size
	at := bytes.LastIndex(end, []byte("%%EOF"))
	if at >= 0 {
		size = in.Size - int64(len(end)) + int64(at) + int64(len("%%EOF"))
	}
	return &source{ctx: ctx, data: in.Data, offset: int64(start), size: size - int64(start), ended: at >= 0, budget: maxRead}, nil
}

// again is the source as it was before any repair.
func (s *source) again() *source {
	return &source{ctx: s.ctx, data: s.data, offset: s.offset, size: s.size, ended: s.ended, budget: s.budget, huge: s.huge}
}

func (s *source) len() int64 { return s.size + s.tail.size }

// ReadAt implements [io.ReaderAt].
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.budget -= int64(len(p)); s.budget < 0 {
		return 0, errBudget
	}
	if off < 0 || off >= s.len() {
		return 0, io.EOF
	}
	n := 0
	if off < s.size {
		var err error
		n, err = s.data.ReadAt(p[:min(int64(len(p)), s.size-off)], s.offset+off)
		if err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
	}
	if n < len(p) && off+int64(n) >= s.size {
		n += s.tail.readAt(p[n:], off+int64(n)-s.size)
	}
	if off < int64(len(header)) {
		copy(p[:n], header[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// view is up to n bytes of the file at off, until the next call of it. What
// cannot be read is missing.
func (s *source) view(off, n int64) []byte {
	if off < 0 || off >= s.len() {
		return nil
	}
	n = min(n, s.len()-off)
	if off < s.at || off+n > s.at+int64(len(s.window)) {
		size := min(max(n, 16<<10), s.len()-off)
		if int64(cap(s.window)) < size {
			s.window = make([]byte, size)
		}
		got, err := s.ReadAt(s.window[:size], off)
		s.window, s.at = s.window[:got], off
		if err != nil && !errors.Is(err, io.EOF) {
			s.window = s.window[:0]
		}
		n = min(n, int64(got))
	}
	return s.window[off-s.at : off-s.at+min(n, int64(len(s.window)))]
}

// find is where a pattern begins at or after off, -1 when it does not within
// limit bytes.
func (s *source) find(pattern string, off, limit int64) int64 {
	for end := min(off+limit, s.len()); off < end; {
		data := s.view(off, min(32<<10, end-off))
		if len(data) < len(pattern) {
			return -1
		}
		if i := bytes.Index(data, []byte(pattern)); i >= 0 {
			return off + int64(i)
		}
		off += int64(len(data) - len(pattern) + 1)
	}
	return -1
}

func readAt(r io.ReaderAt, offset, length int64) ([]byte, error) {
	if length <= 0 {
		return nil, nil
	}
	data := make([]byte, length)
	n, err := r.ReadAt(data, offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return data[:n], err
}

// streamData is the bytes of a stream as they are in the file, at most limit.
// length is what its dictionary says and may be wrong: the stream ends where
// "endstream" stands.
func (s *source) streamData(offset, length, limit int64) ([]byte, error) {
	rest := s.len() - offset
	if length > 0 && length <= rest {
		after := bytes.TrimLeft(s.view(offset+length, 16), "\r\n \t\x00")
		if bytes.HasPrefix(after, []byte("endstream")) {
			return readAt(s, offset, min(length, limit))
		}
	}
	end := s.find("endstream", offset, limit)
	if end < 0 {
		end = offset + min(rest, limit)
		if length > 0 && length < rest { // the keyword alone is missing
			end = offset + min(length, limit)
		}
	}
	data, err := readAt(s, offset, end-offset)
	if err == nil && s.budget < 0 {
		err = errBudget
	}
	// The line end before the keyword is no data; a second one may be.
	data = bytes.TrimSuffix(data, []byte("\n"))
	return bytes.TrimSuffix(data, []byte("\r")), err
}

// tail is bytes in blocks, so that it grows without being copied.
type tail struct {
	blocks [][]byte
	size   int64
}

const tailBlock = 256 << 10

func (t *tail) write(p []byte) {
	t.size += int64(len(p))
	for len(p) > 0 {
		n := len(t.blocks)
		if n == 0 || len(t.blocks[n-1]) == tailBlock {
			t.blocks = append(t.blocks, make([]byte, 0, tailBlock))
			n++
		}
		last := t.blocks[n-1]
		m := min(len(p), tailBlock-len(last))
		t.blocks[n-1], p = append(last, p[:m]...), p[m:]
	}
}

func (t *tail) readAt(p []byte, off int64) int {
	n := 0
	for n < len(p) && off < t.size {
		m := copy(p[n:], t.blocks[off/tailBlock][off%tailBlock:])
		n, off = n+m, off+int64(m)
	}
	return n
}
