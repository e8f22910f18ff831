package pdf

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// kind is what a PDF object is.
type kind int

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	nameKind
	arrayKind
	dictKind
	streamKind
	refKind // in an object's syntax only: an [object] has followed it
)

// objects are those of an opened file, as a library below gives them.
type objects interface {
	// trailer is the dictionary that leads to all others.
	trailer() object
	// faults counts the objects that could not be given.
	faults() int
}

// object is a PDF object with its references already followed. It and
// [objects] are all that the interpreter knows about the libraries below.
//
// Methods never panic and never return a nil object: what is missing, of
// another kind or damaged is null, zero or empty.
type object interface {
	Kind() kind
	// Key is an entry of a dictionary or of a stream's dictionary.
	Key(name string) object
	// Keys are the names of a dictionary's entries, sorted.
	Keys() []string
	// Len and Index give the elements of an array.
	Len() int
	Index(i int) object
	// Number is the value of a number; true is 1.
	Number() float64
	// Text is the bytes of a string or a name, not yet decoded.
	Text() string
	// Data is a stream decoded through its filters, at most limit bytes of it.
	// What could be decoded comes back along with the error.
	Data(limit int64) ([]byte, error)
	// ID is the same for two objects only if they have the same content.
	ID() string
}

// rect is a rectangle with x0 <= x1 and y0 <= y1.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) width() float64  { return r.x1 - r.x0 }
func (r rect) height() float64 { return r.y1 - r.y0 }

func (r rect) union(o rect) rect {
	return rect{min(r.x0, o.x0), min(r.y0, o.y0), max(r.x1, o.x1), max(r.y1, o.y1)}
}

func (r rect) holds(x, y float64) bool {
	return x >= r.x0 && x <= r.x1 && y >= r.y0 && y <= r.y1
}

// overlapX is how much of the two rectangles' widths is shared; negative is
// the gap between them.
func (r rect) overlapX(o rect) float64 { return min(r.x1, o.x1) - max(r.x0, o.x0) }

// toRect reads an array of four numbers.
func toRect(o object) (rect, bool) {
	if o.Len() != 4 {
		return rect{}, false
	}
	a, b, c, d := o.Index(0).Number(), o.Index(1).Number(), o.Index(2).Number(), o.Index(3).Number()
	r := rect{min(a, c), min(b, d), max(a, c), max(b, d)}
	return r, r.width() > 0 && r.height() > 0
}

// matrix is [a b c d e f] of ISO 32000-1, 8.3.3.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// mul is m applied first, then n.
func (m matrix) mul(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

func toMatrix(o object) matrix {
	if o.Len() != 6 {
		return identity
	}
	var m matrix
	for i := range m {
		m[i] = o.Index(i).Number()
	}
	return m
}

// textString decodes a text string of ISO 32000-1, 7.9.2.2: UTF-16 with a byte
// order mark, UTF-8 with one (PDF 2.0), or PDFDocEncoding.
func textString(s string) string {
	switch {
	case strings.HasPrefix(s, "\xfe\xff"):
		return decodeUTF16(s[2:])
	case strings.HasPrefix(s, "\xff\xfe"): // not allowed, but written
		b := []byte(s[2:])
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
		return decodeUTF16(string(b))
	case strings.HasPrefix(s, "\xef\xbb\xbf"):
		return strings.ToValidUTF8(s[3:], "\uFFFD")
	}
	var out strings.Builder
	for i := range len(s) {
		out.WriteRune(pdfDocRune(s[i]))
	}
	return out.String()
}

func decodeUTF16(s string) string {
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(units))
}

// pdfDocHigh is PDFDocEncoding from 0x80 to 0x9F, where it leaves Latin-1.
var pdfDocHigh = []rune("•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\uFFFD")

func pdfDocRune(c byte) rune {
	switch {
	case c >= 0x80 && c <= 0x9F:
		return pdfDocHigh[c-0x80]
	case c == 0xA0:
		return '€'
	case c >= 0x18 && c <= 0x1F:
		return []rune("˘ˇˆ˙˝˛˚˜")[c-0x18]
	}
	return charmap.ISO8859_1.DecodeByte(c)
}

// validRune reports whether r is a character of a text, not a hole in a font.
func validRune(r rune) bool {
	return r != 0 && r != utf8.RuneError && (r >= ' ' || r == '\t' || r == '\n')
}
