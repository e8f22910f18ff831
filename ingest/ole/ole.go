// Package ole opens OLE compound files, the containers of Office files of
// before 2007 and of Outlook messages, within limits on streams and bytes.
// What the streams mean is not known here.
package ole

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/richardlehane/mscfb"

	"github.com/sufflor/sufflor/ingest"
)

// Limits of what is accepted from outside.
const (
	maxFile      = 512 << 20 // bytes of the container
	maxDirectory = 8 << 20   // bytes of the directory: 65,536 entries
	maxSteps     = 4 << 20   // sectors followed while the container is opened
	maxStream    = 128 << 20 // bytes of one stream
	maxRead      = 256 << 20 // bytes of all streams read
	chunk        = 64 << 10  // bytes read at once; the library's time grows with the square of it
	least        = 64        // bytes of the smallest sector
	padding      = 4096      // zeros read after the end of a file, whose last sector may be cut
)

// ErrNoStream means that a container lacks a stream that was asked for.
var ErrNoStream = errors.New("stream is missing")

// File is an open compound file. It is not safe for concurrent use.
type File struct {
	size    int64
	entries []*mscfb.File
	streams map[string]*mscfb.File
	left    int64
	mended  bool
}

// Warnings are what a reader is to say of the container, if anything.
func (f *File) Warnings() []string {
	if !f.mended {
		return nil
	}
	return []string{"the directory inside the file is damaged; parts of the document may be missing"}
}

// Entry is a stream or storage of a compound file.
type Entry struct {
	Name    string // without a leading control character: "SummaryInformation"
	Storage bool
	Size    int64 // bytes of a stream
}

// Open opens in. What is no readable compound file gives an error that names
// it and wraps [ingest.ErrDamaged], too large a one [ingest.ErrTooLarge].
func Open(in ingest.Input) (*File, error) {
	if in.Size > maxFile {
		return nil, fmt.Errorf("%s has %d MB, Office files of before 2007 may have %d: %w", in.Name, in.Size>>20, maxFile>>20, ingest.ErrTooLarge)
	}
	g := &guard{data: in.Data, size: in.Size, directory: maxDirectory, steps: maxSteps}
	r, err := open(g)
	if g.mend(err) {
		r, err = open(g)
	}
	if g.over {
		return nil, fmt.Errorf("%s has a directory that is too long or never ends: %w", in.Name, ingest.ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not a readable OLE container (%w): %w", in.Name, err, ingest.ErrDamaged)
	}
	g.opened = true
	f := &File{size: in.Size, mended: g.mended != nil, entries: r.File[1:], streams: make(map[string]*mscfb.File, len(r.File)), left: maxRead}
	for _, e := range f.entries {
		if e.FileInfo().IsDir() {
			continue
		}
		k := key(append(slices.Clip(e.Path), e.Name))
		if _, twice := f.streams[k]; !twice {
			f.streams[k] = e
		}
	}
	return f, nil
}

func open(g *guard) (r *mscfb.Reader, err error) {
	defer stopped(&err)
	r, err = mscfb.New(g)
	if err == nil && len(r.File) == 0 {
		err = errors.New("no root entry")
	}
	return r, err
}

// stopped turns a panic of the library into an error.
func stopped(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("its reader stopped at %q", fmt.Sprint(p))
	}
}

// key is how names are compared: without regard to case.
func key(path []string) string { return strings.ToLower(strings.Join(path, "\x00")) }

// List is what a storage holds in the container's order, without a path the
// root.
func (f *File) List(storage ...string) []Entry {
	var out []Entry
	for _, e := range f.entries {
		if e.Name != "" && key(e.Path) == key(storage) {
			out = append(out, Entry{Name: e.Name, Storage: e.FileInfo().IsDir(), Size: e.Size})
		}
	}
	return out
}

// Has reports whether there is a stream of this path.
func (f *File) Has(path ...string) bool {
	_, ok := f.streams[key(path)]
	return ok
}

// Stream is the content of the stream of this path: storages, if any, then
// the stream's name, without regard to case and without a leading control
// character. The error wraps [ErrNoStream], [ingest.ErrTooLarge] or
// [ingest.ErrDamaged]; with the last what could be read is returned.
func (f *File) Stream(path ...string) ([]byte, error) {
	e, ok := f.streams[key(path)]
	name := strings.Join(path, "/")
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, ErrNoStream)
	}
	// A stream cannot be longer than the file around it.
	size := min(e.Size, f.size)
	if size > maxStream || size > f.left {
		return nil, fmt.Errorf("stream %s has %d MB, at most %d are read, of all streams %d: %w", name, size>>20, maxStream>>20, maxRead>>20, ingest.ErrTooLarge)
	}
	f.left -= size
	data, err := read(e, int(size))
	if err != nil {
		return data, fmt.Errorf("stream %s breaks off after %d of %d bytes (%w): %w", name, len(data), e.Size, err, ingest.ErrDamaged)
	}
	if size < e.Size {
		return data, fmt.Errorf("stream %s claims %d bytes of a file of %d: %w", name, e.Size, f.size, ingest.ErrDamaged)
	}
	return data, nil
}

// read reads a stream by and by. Where that fails, what stands before the
// fault is read sector by sector: the library gives nothing of a chunk that it
// cannot read whole.
func read(e *mscfb.File, size int) (data []byte, err error) {
	data = make([]byte, 0, size)
	defer stopped(&err)
	if size == 0 {
		return data, nil
	}
	if _, err := e.Seek(0, io.SeekStart); err != nil {
		return data, fmt.Errorf("seek: %w", err)
	}
	step := chunk
	for len(data) < size {
		n, err := e.Read(data[len(data):min(len(data)+step, size)])
		if err != nil && !errors.Is(err, io.EOF) {
			if step == least || !rewind(e, len(data)) {
				return data, err //nolint:wrapcheck // the caller says which stream
			}
			step = least
			continue
		}
		if n <= 0 {
			return data, io.ErrUnexpectedEOF
		}
		data = data[:len(data)+n]
	}
	return data, nil
}

// rewind goes back to a place; the library follows sectors only forward.
func rewind(e *mscfb.File, at int) bool {
	if _, err := e.Seek(1, io.SeekStart); err != nil {
		return false
	}
	if _, err := e.Seek(0, io.SeekStart); err != nil {
		return false
	}
	_, err := e.Seek(int64(at), io.SeekStart)
	return err == nil
}

// guard counts what the library reads while it opens a container, since it
// follows chains of sectors without a limit of its own, and pads a file whose
// last sector is cut.
type guard struct {
	data             io.ReaderAt
	size             int64
	directory, steps int64
	opened, over     bool

	sectors []place          // read while the container was opened, in that order
	mended  map[int64][]byte // what the directory's are to hold instead; nil when it is sound
}

var errOver = errors.New("over the limit of the directory")

func (g *guard) ReadAt(p []byte, off int64) (int, error) {
	if !g.opened {
		if g.steps--; len(p) >= 512 { // whole sectors are those of the directory
			g.directory -= int64(len(p))
			if off > 0 { // the header
				g.sectors = append(g.sectors, place{off, len(p)})
			}
		}
		if g.steps < 0 || g.directory < 0 {
			g.over = true
			return 0, errOver
		}
	}
	if b := g.mended[off]; len(b) >= len(p) {
		return copy(p, b), nil
	}
	if off < 0 || off >= g.size {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := g.data.ReadAt(p, off)
	if n < len(p) && off+int64(len(p)) <= g.size+padding && (err == nil || errors.Is(err, io.EOF)) {
		clear(p[n:])
		return len(p), nil
	}
	return n, err //nolint:wrapcheck // an io.ReaderAt
}
