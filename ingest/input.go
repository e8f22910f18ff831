package ingest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	stdutf16 "unicode/utf16"

	"golang.org/x/net/html/charset"
)

// Limits of what readers accept from outside.
const (
	maxText    = 64 << 20  // a text file read into memory
	maxEntries = 10_000    // parts of a zip file
	maxPart    = 64 << 20  // one part, unpacked
	maxParts   = 256 << 20 // all parts read, unpacked
	maxDepth   = 256       // nested XML elements
)

// ReadAll is the whole of in, or an error wrapping [ErrTooLarge] above 64 MB.
// It is for text formats; containers are read part by part.
func ReadAll(in Input) ([]byte, error) {
	if in.Size > maxText {
		return nil, fmt.Errorf("%s has %d MB, text files may have %d: %w", in.Name, in.Size>>20, maxText>>20, ErrTooLarge)
	}
	data := make([]byte, max(in.Size, 0))
	n, err := in.Data.ReadAt(data, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", in.Name, err)
	}
	return data[:n], nil
}

// Archive is a zip container whose parts are read within limits: 10,000
// entries, 64 MB a part, 256 MB in all.
type Archive struct {
	files map[string]*zip.File
	left  int64
}

// OpenArchive opens in as a zip container. It wraps [ErrEncrypted] when in is
// an encrypted Office file, [ErrUnsupported] when it is an Office file of
// before 2007, and [ErrDamaged] when it is no zip file at all.
func OpenArchive(in Input) (*Archive, error) {
	if kind := CompoundKind(in); kind != "" {
		if kind == "encrypted" {
			return nil, fmt.Errorf("%s is encrypted: %w", in.Name, ErrEncrypted)
		}
		return nil, fmt.Errorf("%s is an Office file of before 2007 (%s): %w", in.Name, kind, ErrUnsupported)
	}
	zr, err := zip.NewReader(in.Data, in.Size)
	if err != nil {
		return nil, fmt.Errorf("%s is not a readable zip container (%w): %w", in.Name, err, ErrDamaged)
	}
	if len(zr.File) > maxEntries {
		return nil, fmt.Errorf("%s holds %d parts, at most %d are read: %w", in.Name, len(zr.File), maxEntries, ErrTooLarge)
	}
	a := &Archive{files: make(map[string]*zip.File, len(zr.File)), left: maxParts}
	for _, f := range zr.File {
		name := partName(f.Name)
		if _, twice := a.files[name]; !twice {
			a.files[name] = f
		}
	}
	return a, nil
}

// partName is how parts are compared: without a leading slash, with "/", in
// lower case, as the Open Packaging Conventions demand.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

// Has reports whether the container holds the part.
func (a *Archive) Has(name string) bool {
	_, ok := a.files[partName(name)]
	return ok
}

// Names are the parts that the container holds, in alphabetical order.
func (a *Archive) Names() []string {
	names := make([]string, 0, len(a.files))
	for _, f := range a.files {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

// ErrNoPart means that a container lacks a part that was asked for.
var ErrNoPart = errors.New("part is missing")

// Part is the unpacked part, or an error wrapping [ErrNoPart], [ErrDamaged] or
// [ErrTooLarge].
func (a *Archive) Part(name string) ([]byte, error) {
	r, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// Open streams a part, with the errors of [Archive.Part]; those of its content
// come from Read.
func (a *Archive) Open(name string) (io.ReadCloser, error) {
	f, ok := a.files[partName(name)]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, ErrNoPart)
	}
	rc, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open part %s (%w): %w", name, err, ErrDamaged)
	}
	return &part{archive: a, name: name, rc: rc, left: maxPart}, nil
}

// part counts what is unpacked of one part and of all.
type part struct {
	archive *Archive
	name    string
	rc      io.ReadCloser
	left    int64
}

func (p *part) Read(b []byte) (int, error) {
	limit := min(p.left, p.archive.left)
	if limit <= 0 {
		// A part that ends exactly at the limit is within it.
		if n, err := p.rc.Read(make([]byte, 1)); n == 0 && errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		return 0, fmt.Errorf("part %s unpacks to more than %d MB, or the file to more than %d: %w", p.name, maxPart>>20, maxParts>>20, ErrTooLarge)
	}
	n, err := p.rc.Read(b[:min(int64(len(b)), limit)])
	p.left -= int64(n)
	p.archive.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("unpack part %s (%w): %w", p.name, err, ErrDamaged)
	}
	return n, err
}

func (p *part) Close() error { return p.rc.Close() }

// XML reads XML tokens within a nesting limit of 256 elements.
type XML struct {
	dec   *xml.Decoder
	depth int
}

// NewXML reads the tokens of data.
func NewXML(data []byte) *XML { return NewXMLReader(bytes.NewReader(data)) }

// NewXMLReader reads the tokens of a stream, such as [Archive.Open] gives.
func NewXMLReader(r io.Reader) *XML {
	dec := xml.NewDecoder(r)
	dec.Strict = false
	dec.CharsetReader = charset.NewReaderLabel
	return &XML{dec: dec}
}

// Token is the next token; [io.EOF] at the end. Faults wrap [ErrDamaged].
func (x *XML) Token() (xml.Token, error) {
	tok, err := x.dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("XML (%w): %w", err, ErrDamaged)
	}
	switch tok.(type) {
	case xml.StartElement:
		if x.depth++; x.depth > maxDepth {
			return nil, fmt.Errorf("XML is nested deeper than %d elements: %w", maxDepth, ErrDamaged)
		}
	case xml.EndElement:
		x.depth--
	}
	return tok, nil
}

// Skip passes over the rest of the element whose start was read last.
func (x *XML) Skip() error {
	for n := 1; n > 0; {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch tok.(type) {
		case xml.StartElement:
			n++
		case xml.EndElement:
			n--
		}
	}
	return nil
}

// compoundMagic starts every OLE compound file.
var compoundMagic = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

// CompoundKind says what an OLE compound file holds: "encrypted" (an Office
// file with a password), "doc", "xls", "ppt", "msg", or "other"; "" when in is
// no such file. Directory entries are looked for by name at their alignment,
// so that a damaged sector chain does not hide them.
func CompoundKind(in Input) string {
	head := make([]byte, len(compoundMagic))
	if _, err := in.Data.ReadAt(head, 0); err != nil || !bytes.Equal(head, compoundMagic) {
		return ""
	}
	const (
		entry = 128     // bytes of a directory entry
		chunk = 1 << 20 // a multiple of entry
	)
	names := map[string]string{
		"EncryptedPackage": "encrypted", "EncryptionInfo": "encrypted", "WordDocument": "doc", "Workbook": "xls", "Book": "xls",
		"WORKBOOK": "xls", "BOOK": "xls", "PowerPoint Document": "ppt", "__properties_version1.0": "msg",
	}
	buf := make([]byte, chunk)
	for off := int64(0); off < min(in.Size, maxText); off += chunk {
		n, err := in.Data.ReadAt(buf, off)
		for i := 0; i+entry <= n; i += entry {
			if kind, ok := names[entryName(buf[i:i+66])]; ok {
				return kind
			}
		}
		if err != nil {
			break
		}
	}
	return "other"
}

// entryName is the name of a directory entry: UTF-16 text and, in its last two
// bytes, the length in bytes with the closing zero.
func entryName(b []byte) string {
	size := int(binary.LittleEndian.Uint16(b[64:]))
	if size < 4 || size > 64 || size%2 == 1 {
		return ""
	}
	units := make([]uint16, size/2-1)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(stdutf16.Decode(units))
}
