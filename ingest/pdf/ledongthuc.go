package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	lib "github.com/ledongthuc/pdf"

	"github.com/sufflor/sufflor/ingest"
)

// source is the file as the library below sees it. It hides what the library
// does not get over (bytes before the header, a version it does not know,
// bytes after the end), and it ends the library's endless loops: they read.
type source struct {
	ctx    context.Context //nolint:containedctx // the library passes none on, and its reads must end with it
	data   io.ReaderAt
	offset int64  // of "%PDF-" in data
	size   int64  // from there to the end of "%%EOF"
	tail   []byte // what a repair adds after size
	budget int64  // bytes the library may still read
}

func (s *source) len() int64 { return s.size + int64(len(s.tail)) }

// ReadAt implements [io.ReaderAt].
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.budget -= int64(len(p)); s.budget < 0 {
		return 0, errors.New("read over and over again")
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
		n += copy(p[n:], s.tail[off+int64(n)-s.size:])
	}
	const header = "%PDF-1.7\n"
	if off < int64(len(header)) {
		copy(p[:n], header[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// file is an opened PDF.
type file struct {
	src    *source
	reader *lib.Reader
	plain  bool  // not encrypted, so that streams can be read without the library
	left   int64 // decoded bytes still allowed
	faults int   // of the library, each of them costs an object

	fonts  map[string]*font
	cache  map[string][]byte // decoded streams by ID
	cached int               // bytes in cache
	off    map[string]bool   // optional content that is not shown, by ID
}

// open finds the objects of a file, rebuilding the table of them if need be.
func open(ctx context.Context, in ingest.Input) (*file, error) {
	src, err := newSource(ctx, in)
	if err != nil {
		return nil, err
	}
	f := &file{src: src, left: maxDecoded, fonts: map[string]*font{}, cache: map[string][]byte{}, off: map[string]bool{}}
	err = f.load()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && f.root().Key("Pages").Kind() == dictKind {
		return f, nil
	}
	if errors.Is(err, ingest.ErrEncrypted) {
		return nil, err
	}
	if src.tail, err = rebuild(src, err); err != nil {
		return nil, err
	}
	if err := f.load(); err != nil {
		return nil, fmt.Errorf("after rebuilding its object table: %w", err)
	}
	if f.root().Key("Pages").Kind() != dictKind {
		return nil, fmt.Errorf("no pages in its catalog: %w", ingest.ErrDamaged)
	}
	return f, nil
}

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
	if at := bytes.LastIndex(end, []byte("%%EOF")); at >= 0 {
		size = in.Size - int64(len(end)) + int64(at) + int64(len("%%EOF"))
	}
	return &source{ctx: ctx, data: in.Data, offset: int64(start), size: size - int64(start)}, nil
}

// load opens the file with the library.
func (f *file) load() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v: %w", r, ingest.ErrDamaged)
		}
	}()
	if err := checkXref(f.src); err != nil {
		return err
	}
	f.src.budget = 64*f.src.len() + 4<<20 // opening reads each section once
	r, err := lib.NewReader(f.src, f.src.len())
	f.src.budget = maxRead
	switch {
	case errors.Is(err, lib.ErrInvalidPassword):
		return fmt.Errorf("save it without a password and try again: %w", ingest.ErrEncrypted)
	case err != nil && strings.Contains(err.Error(), "unsupported PDF: encryption"):
		return fmt.Errorf("its encryption is not supported, save it without: %w", ingest.ErrEncrypted)
	case err != nil:
		return fmt.Errorf("%w: %w", ingest.ErrDamaged, err)
	}
	f.reader = r
	f.plain = true
	f.plain = f.trailer().Key("Encrypt").Kind() == nullKind
	off := f.root().Key("OCProperties").Key("D").Key("OFF")
	for i := range min(off.Len(), maxElements) {
		f.off[off.Index(i).ID()] = true
	}
	return nil
}

func (f *file) trailer() object { return f.wrap(f.reader.Trailer) }
func (f *file) root() object    { return f.trailer().Key("Root") }

// wrap calls the library and turns a panic into null.
func (f *file) wrap(get func() lib.Value) (o object) {
	defer func() {
		if recover() != nil {
			f.faults++
			o = value{f: f}
		}
	}()
	return value{f: f, v: get()}
}

// value is an [object] of ledongthuc/pdf.
type value struct {
	f *file
	v lib.Value
}

func (o value) Kind() kind {
	switch o.v.Kind() {
	case lib.Bool:
		return boolKind
	case lib.Integer, lib.Real:
		return numberKind
	case lib.String:
		return stringKind
	case lib.Name:
		return nameKind
	case lib.Dict:
		return dictKind
	case lib.Array:
		return arrayKind
	case lib.Stream:
		return streamKind
	default:
		return nullKind
	}
}

func (o value) Key(name string) object {
	if k := o.v.Kind(); k != lib.Dict && k != lib.Stream {
		return value{f: o.f}
	}
	return o.f.wrap(func() lib.Value { return o.v.Key(name) })
}

func (o value) Index(i int) object {
	if o.v.Kind() != lib.Array {
		return value{f: o.f}
	}
	return o.f.wrap(func() lib.Value { return o.v.Index(i) })
}

func (o value) Keys() []string { return o.v.Keys() }
func (o value) Len() int       { return o.v.Len() }
func (o value) ID() string     { return o.v.String() }

func (o value) Number() float64 {
	if o.v.Kind() == lib.Bool && o.v.Bool() {
		return 1
	}
	return o.v.Float64()
}

func (o value) Text() string {
	if o.v.Kind() == lib.Name {
		return o.v.Name()
	}
	return o.v.RawString()
}

func (o value) Data(limit int64) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			o.f.faults++
			err = fmt.Errorf("stream: %v: %w", r, ingest.ErrDamaged)
		}
		o.f.left -= int64(len(data))
	}()
	if o.v.Kind() != lib.Stream {
		return nil, nil
	}
	if o.f.left <= 0 {
		return nil, errDecoded
	}
	limit = min(limit, o.f.left)
	if o.f.plain {
		return o.decode(limit)
	}
	r := o.v.Reader()
	defer r.Close() //nolint:errcheck // it closes nothing
	return readSome(r, limit)
}

// decode does the filters itself: the library gives up on a wrong checksum and
// knows neither LZW nor most predictors.
func (o value) decode(limit int64) ([]byte, error) {
	var filters []string
	var params []object
	switch filter, parms := o.Key("Filter"), o.Key("DecodeParms"); filter.Kind() {
	case nameKind:
		if parms.Kind() == arrayKind {
			parms = parms.Index(0)
		}
		filters, params = []string{filter.Text()}, []object{parms}
	case arrayKind:
		for i := range min(filter.Len(), 8) {
			filters = append(filters, filter.Index(i).Text())
			params = append(params, parms.Index(i))
		}
	}
	data, err := o.raw()
	for i, name := range filters {
		if err != nil && len(data) == 0 {
			return nil, err
		}
		data, err = decode(name, params[i], data, limit)
		if errors.Is(err, errFilter) {
			return nil, err
		}
	}
	return data[:min(int64(len(data)), limit)], err
}

// raw is a stream's bytes as they are in the file. The library tells where
// they begin only in a stream's String.
func (o value) raw() ([]byte, error) {
	text := o.v.String()
	offset, err := strconv.ParseInt(text[strings.LastIndexByte(text, '@')+1:], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("stream offset: %w", err)
	}
	rest := o.f.src.len() - offset
	length := int64(o.Key("Length").Number())
	if length > 0 && length <= rest {
		var after [16]byte
		n, _ := o.f.src.ReadAt(after[:], offset+length)
		if bytes.HasPrefix(bytes.TrimLeft(after[:n], "\r\n \t\x00"), []byte("endstream")) {
			return readAt(o.f.src, offset, length)
		}
	}
	// Length is wrong: the stream ends where it says so.
	data, err := readAt(o.f.src, offset, min(rest, maxStream))
	if end := bytes.Index(data, []byte("endstream")); end >= 0 {
		data = bytes.TrimRight(data[:end], "\r\n")
	}
	return data, err
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
