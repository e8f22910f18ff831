package ppt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/ppt"
)

func u16(v ...int) []byte {
	var b []byte
	for _, n := range v {
		b = le.AppendUint16(b, uint16(n))
	}
	return b
}

// Colours of text, and in the colours of drawings.
const (
	whiteInk, blackInk, navyInk = 0xFEFFFFFF, 0xFE000000, 0xFE64381F
	white, black, navy          = 0x00FFFFFF, 0x00000000, 0x0064381F
)

// ofScheme is a colour of the scheme, for text and for drawings.
func ofScheme(n uint32) (ink, fill uint32) { return n << 24, 8<<24 | n }

// run is how a number of characters look.
func run(n int, mask uint32, values ...[]byte) []byte {
	return join(u32(uint32(n), mask), join(values...))
}

// inked are characters in a colour.
func inked(n int, ink uint32) []byte { return run(n, 1<<18, u32(ink)) }

// sized are characters of a size in points.
func sized(n, points int) []byte { return run(n, 1<<17, u16(points)) }

// written is a text of a kind with the runs of its characters.
func written(kind uint32, s string, level int, runs ...[]byte) []byte {
	units := len(wide(s))/2 + 1
	return text(kind, s, join(u32(uint32(units)), u16(level), u32(0), join(runs...))...)
}

const words = "skriften her"

// all is the number of its characters with the end of the paragraph.
const all = len(words) + 1

// ordinary is the text in runs.
func ordinary(runs ...[]byte) []byte { return written(4, words, 0, runs...) }

// property is one of a shape.
type property struct {
	id    int
	value uint32
}

// Properties of fills, lines and others.
var (
	noFill = property{0x1BF, 0x00100000}
	fill   = property{0x1BF, 0x00100010}
	noLine = property{0x1FF, 0x00080000}
)

func colored(c uint32) property { return property{0x181, c} }

// options are properties in a record.
func options(kind int, list ...property) []byte {
	var b []byte
	for _, p := range list {
		b = join(b, u16(p.id), u32(p.value))
	}
	return rec(3|len(list)<<4, kind, b)
}

// box is the place of a shape on the slide: left, top, right and bottom.
type box [4]int

func (b box) anchor() []byte { return rec(0, 0xF010, u16(b[1], b[0], b[2], b[3])) }

func (b box) child() []byte {
	return rec(0, 0xF00F, u32(uint32(b[0]), uint32(b[1]), uint32(b[2]), uint32(b[3])))
}

var mid, whole = box{1000, 1000, 3000, 2000}, box{0, 0, 5760, 4320}

const rectangle, ellipse, line = 1, 3, 20

// drawn is a shape of a form with what is in it.
func drawn(form int, at []byte, list []property, inside ...[]byte) []byte {
	return in(0xF004, rec(2|form<<4, 0xF00A, u32(1030, 0xA00)), options(0xF00B, list...), at, join(inside...))
}

// framed is a rectangle with a text.
func framed(at []byte, list []property, text []byte) []byte {
	return drawn(rectangle, at, list, in(0xF00D, text))
}

// grouped is a group that stands at a box and counts in another.
func grouped(at, inner box, list []property, shapes ...[]byte) []byte {
	return in(0xF003, in(0xF004, rec(1, 0xF009, inner.child()[8:]), rec(2, 0xF00A, u32(1029, 0x201)), options(0xF00B, list...), at.anchor()), join(shapes...))
}

// scheme are the colours of a slide: 0 is its background, 1 its text, 6 links.
func scheme(background, links uint32) []byte {
	return rec(1<<4, 0x7F0, u32(background, 0, 0x808080, 0, 0xE3E0BB, 0x993333, links, 0))
}

// backdrop is the shape of a background.
func backdrop(list ...property) []byte {
	return in(0xF004, rec(2|rectangle<<4, 0xF00A, u32(1025, 0xC00)), options(0xF00B, list...))
}

// masterStyle is the style of a kind of text, for its first level.
func masterStyle(kind int, look []byte) []byte {
	level := u32(0)
	if kind >= 5 {
		level = join(u16(0), level)
	}
	return rec(kind<<4, 0xFA3, u16(1), level, look[4:])
}

// talk is a presentation of one slide, 5760 by 4320 wide and high, whose first
// shape is its title.
type talk struct {
	shapes     []byte
	flags      int // what the slide takes over: 1 shapes, 2 colours, 4 the background
	colors     []byte
	background []byte
	more       []byte // in the slide
	master     []byte // in its master, besides colours and a white background
	drawn      []byte // on it
	titles     []byte // the master of title slides, which stands between the two
	document   []byte // in the document
	kept       []byte // texts that the document keeps of the slide
}

func (k talk) file() []byte { return container(k.streams()) }

func (k talk) streams() (stream, user []byte) {
	const master, titles = 1 << 31, 1<<31 + 1
	if k.colors == nil {
		k.colors = scheme(white, 0x993333)
	}
	if k.background == nil {
		k.background = backdrop(fill, colored(8<<24))
	}
	of := uint32(master)
	if k.titles != nil {
		of = titles
	}
	head := func(of uint32, flags int) []byte { return rec(2, 0x3EF, make([]byte, 12), u32(of, 0), u16(flags, 0)) }
	page := func(shapes, background []byte) []byte {
		patriarch := in(0xF004, rec(1, 0xF009, make([]byte, 16)), rec(2, 0xF00A, u32(1024, 5)))
		return in(0x40C, in(0xF002, in(0xF003, patriarch, shapes), background))
	}
	title := framed(box{500, 100, 5000, 700}.anchor(), []property{noFill}, text(0, "Tittel"))
	slide := in(0x3EE, head(of, k.flags), page(join(title, k.shapes), k.background), k.colors, k.more)
	main := in(0x3F8, head(0, 0), k.master, page(k.drawn, backdrop(fill, colored(navy))), scheme(navy, 0))
	objects := [][]byte{in(0x3E8, rec(1, 0x3E9, u32(5760, 4320)), k.document, rec(0x1F, 0xFF0, persist(3, master), persist(4, titles)), rec(0xF, 0xFF0, persist(2, 256), k.kept)), slide, main}
	if k.titles != nil {
		objects = append(objects, in(0x3EE, head(master, 7), k.titles))
	}
	return streams(objects)
}

func TestTextThatNobodySeesIsLeftOutAndReported(t *testing.T) {
	const (
		outside  = "text outside the slide, which nobody sees, was left out"
		hidden   = "text of hidden shapes, which nobody sees, was left out"
		small    = "text of at most 2 points, which nobody sees, was left out"
		pale     = "transparent text or text in the colour of what it stands on, which nobody sees, was left out"
		doubtful = "text that may not be seen, as it stands on a picture or moves, was read"
	)
	clear := []property{noFill}
	plain := ordinary(run(all, 0))
	pallid := ordinary(inked(all, whiteInk))
	paper, onPaper := ofScheme(0)
	// What moves is in a tag, which is no container by its head.
	moves := func(kind int) []byte { return in(0x1388, in(0x138A, rec(0, 0x138B, in(0xF144, in(kind))))) }
	large := box{500, 500, 4000, 3000}.anchor()
	cells := func(list []property, body []byte) []byte {
		return in(0xF003, in(0xF004, rec(1, 0xF009, whole.child()[8:]), options(0xF122, property{0x39F, 1}), whole.anchor()),
			framed(box{0, 0, 2000, 1000}.child(), list, body), framed(box{2000, 0, 4000, 1000}.child(), clear, text(4, "celle")))
	}
	art := func(list ...property) []byte {
		letters := wide(words + "\x00")
		var b []byte
		for _, p := range append(list, property{0x80C0, uint32(len(letters))}, property{0xFF, 0x40004000}) {
			b = join(b, u16(p.id), u32(p.value))
		}
		return in(0xF004, rec(2|136<<4, 0xF00A, u32(1031, 0xA00)), rec(3|(len(list)+2)<<4, 0xF00B, b, letters), mid.anchor())
	}
	linked := func(ink uint32, first, last uint32) []byte {
		return join(ordinary(inked(all, ink)), rec(0, 0xFDF, u32(first, last)))
	}
	tests := []struct {
		name string
		talk talk
		left string // of the text, when a part is left out
		want string // "" is seen
	}{
		{name: "an ordinary text", talk: talk{shapes: framed(mid.anchor(), clear, plain)}},
		{name: "a text without runs", talk: talk{shapes: framed(mid.anchor(), clear, text(4, words))}},
		{name: "left of the slide", talk: talk{shapes: framed(box{-2000, 0, 0, 1000}.anchor(), clear, plain)}, want: outside},
		{name: "below the slide", talk: talk{shapes: framed(box{0, 4320, 2000, 5000}.anchor(), clear, plain)}, want: outside},
		{name: "partly outside", talk: talk{shapes: framed(box{5700, 4300, 9000, 5000}.anchor(), clear, plain)}},
		{name: "outside in a place of four bytes", talk: talk{shapes: framed(rec(0, 0xF010, u32(100, 90_000, 95_000, 1000)), clear, plain)}, want: outside},
		{name: "without a size, at the corner", talk: talk{shapes: framed(box{}.anchor(), clear, plain)}},
		{name: "outside, and moved onto the slide", talk: talk{shapes: framed(box{-2000, 0, -10, 1000}.anchor(), clear, plain), more: moves(0xF12E)}, want: doubtful},
		{name: "outside, and something comes in", talk: talk{shapes: framed(box{-2000, 0, -10, 1000}.anchor(), clear, plain), more: moves(0xF12B)}, want: outside},
		{name: "turned into the slide", talk: talk{shapes: framed(box{-2000, 0, -10, 1000}.anchor(), []property{noFill, {4, 45 << 16}}, plain)}},
		{name: "letters that are drawn, outside", talk: talk{shapes: bytesAt(art(fill), mid, box{-2000, 0, -10, 1000})}, want: outside},
		{name: "a table outside", talk: talk{shapes: bytesAt(cells(clear, plain), whole, box{6000, 0, 9000, 1000})}, want: outside},
		{name: "in a group on the slide, by its own measure outside", talk: talk{shapes: grouped(mid, box{50_000, 50_000, 51_000, 51_000}, nil, framed(box{50_000, 50_000, 51_000, 51_000}.child(), clear, plain))}},
		{name: "in a group outside", talk: talk{shapes: grouped(box{6000, 0, 9000, 1000}, box{0, 0, 1000, 1000}, nil, framed(box{0, 0, 1000, 1000}.child(), clear, plain))}, want: outside},
		{name: "in a turned group at the edge", talk: talk{shapes: grouped(box{5800, 0, 6000, 1000}, box{0, 0, 1000, 1000}, []property{{4, 45 << 16}}, framed(box{0, 0, 1000, 1000}.child(), clear, plain))}},
		{name: "outside a slide of which the size is not known", talk: talk{shapes: framed(box{-2000, 0, -10, 1000}.anchor(), clear, plain), document: rec(1, 0x3E9, u32(0, 0))}},

		{name: "in a hidden shape", talk: talk{shapes: framed(mid.anchor(), []property{noFill, {0x3BF, 0x20002}}, plain)}, want: hidden},
		{name: "in a shape of which it is said that it is shown", talk: talk{shapes: framed(mid.anchor(), []property{noFill, {0x3BF, 0x20000}}, plain)}},
		{name: "letters that are drawn and hidden", talk: talk{shapes: art(fill, property{0x3BF, 0x20002})}, want: hidden},

		{name: "one point", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(sized(all, 1)))}, want: small},
		{name: "two points", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(sized(all, 2)))}, want: small},
		{name: "three points", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(sized(all, 3)))}},
		{name: "one point behind other properties", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(run(all, 1|1<<16|1<<17|1<<18|1<<19|1<<20|7<<21, u16(1, 0, 0, 0, 0, 1), u32(blackInk), u16(30))))}, want: small},
		{name: "one point by the style of other texts", talk: talk{shapes: framed(mid.anchor(), clear, plain), document: in(0x3F2, masterStyle(4, sized(0, 1)))}, want: small},
		{name: "one point by what is usual", talk: talk{shapes: framed(mid.anchor(), clear, plain), document: in(0x3F2, rec(0, 0xFA4, sized(0, 1)[4:])), master: masterStyle(0, sized(0, 30))}, want: small},
		{name: "the same, but the style is larger", talk: talk{shapes: framed(mid.anchor(), clear, plain), document: in(0x3F2, rec(0, 0xFA4, sized(0, 1)[4:]), masterStyle(4, sized(0, 18))), master: masterStyle(0, sized(0, 30))}},
		{name: "one point by the master", talk: talk{shapes: framed(mid.anchor(), clear, written(1, words, 0, run(all, 0))), master: masterStyle(1, sized(0, 1))}, want: small},
		{name: "one point by the master, at another level", talk: talk{shapes: framed(mid.anchor(), clear, written(1, words, 1, run(all, 0))), master: masterStyle(1, sized(0, 1))}},
		{name: "one point by the body's style for half a body", talk: talk{shapes: framed(mid.anchor(), clear, written(7, words, 0, run(all, 0))), master: join(masterStyle(1, sized(0, 1)), masterStyle(7, inked(0, blackInk)))}, want: small},
		{name: "a part of one point", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(run(8, 0), sized(all-8, 1)))}, left: "skriften", want: small},
		{name: "a cell of one point", talk: talk{shapes: cells(clear, ordinary(sized(all, 1)))}, want: small},

		{name: "white", talk: talk{shapes: framed(mid.anchor(), clear, pallid)}, want: pale},
		{name: "nearly white", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(inked(all, 0xFEFCFBFA)))}, want: pale},
		{name: "light grey", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(inked(all, 0xFEF0F0F0)))}},
		{name: "the scheme's colour for backgrounds", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(inked(all, paper)))}, want: pale},
		{name: "no colour of its own", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(inked(all, 0xFF<<24)))}},
		{name: "a part that is white", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(run(8, 0), inked(all-8, whiteInk)))}, left: "skriften", want: pale},
		{name: "white by the style of other texts", talk: talk{shapes: framed(mid.anchor(), clear, plain), document: in(0x3F2, masterStyle(4, inked(0, whiteInk)))}, want: pale},
		{name: "the same, but the run is black", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(inked(all, blackInk))), document: in(0x3F2, masterStyle(4, inked(0, whiteInk)))}},
		{name: "runs that end before the text", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(inked(8, whiteInk)))}, left: "her", want: pale},
		{name: "runs that are cut", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(run(all, 1<<18, u16(0xFFFF))))}},
		{name: "white in the picture's title", talk: talk{shapes: framed(mid.anchor(), clear, written(0, words, 0, inked(all, whiteInk)))}, want: pale},
		{name: "white text that the document keeps", talk: talk{shapes: framed(mid.anchor(), clear, rec(0, 0xF9E, u32(0))), kept: pallid}, want: pale},
		{name: "white text that no shape shows", talk: talk{kept: pallid}, want: pale},
		{name: "white in a coloured shape", talk: talk{shapes: framed(mid.anchor(), []property{colored(navy), fill}, pallid)}},
		{name: "white in a coloured shape that is not filled", talk: talk{shapes: framed(mid.anchor(), []property{colored(navy), noFill}, pallid)}, want: pale},
		{name: "white in a shape that does not say whether it is filled", talk: talk{shapes: framed(mid.anchor(), []property{colored(navy)}, pallid)}},
		{name: "the same in white", talk: talk{shapes: framed(mid.anchor(), []property{colored(onPaper)}, pallid)}, want: pale},
		{name: "in a fill that the document gives", talk: talk{shapes: framed(mid.anchor(), nil, pallid), document: in(0x40B, in(0xF000, options(0xF00B, fill, colored(navy))))}},
		{name: "flags in a second list say nothing of the fill", talk: talk{shapes: drawn(rectangle, mid.anchor(), clear, options(0xF122, property{0x1BF, 0x00600060}), in(0xF00D, pallid))}, want: pale},
		{name: "white in a white shape on a blue slide", talk: talk{background: backdrop(fill, colored(navy)), shapes: framed(mid.anchor(), []property{fill, colored(white)}, pallid)}, want: pale},
		{name: "blue on a blue slide", talk: talk{background: backdrop(fill, colored(navy)), shapes: framed(mid.anchor(), clear, ordinary(inked(all, navyInk)))}, want: pale},
		{name: "white on a blue slide", talk: talk{background: backdrop(fill, colored(navy)), shapes: framed(mid.anchor(), clear, pallid)}},
		{name: "white on the slide of a blue master", talk: talk{flags: 4, shapes: framed(mid.anchor(), clear, pallid)}},
		{name: "blue on the slide of a blue master", talk: talk{flags: 4, shapes: framed(mid.anchor(), clear, ordinary(inked(all, navyInk)))}, want: pale},
		{name: "blue on the title slide of a blue master", talk: talk{flags: 4, titles: scheme(white, 0), shapes: framed(mid.anchor(), clear, ordinary(inked(all, navyInk)))}, want: pale},
		{name: "the background of the master's colours", talk: talk{flags: 6, shapes: framed(mid.anchor(), clear, ordinary(inked(all, paper)))}, want: pale},
		{name: "white on a background that is not said", talk: talk{background: rec(0, 0), shapes: framed(mid.anchor(), clear, pallid)}, want: doubtful},
		{name: "white on a background with a picture", talk: talk{background: backdrop(fill, property{0x180, 3}), shapes: framed(mid.anchor(), clear, pallid)}, want: doubtful},
		{name: "white on a gradient from white", talk: talk{shapes: framed(mid.anchor(), []property{fill, {0x180, 7}, colored(navy), {0x183, white}}, pallid)}, want: doubtful},
		{name: "white on a gradient of other colours", talk: talk{shapes: framed(mid.anchor(), []property{fill, {0x180, 7}, colored(navy), {0x183, black}}, pallid)}},
		{name: "white on a gradient with stops", talk: talk{shapes: framed(mid.anchor(), []property{fill, {0x180, 7}, colored(navy), {0x183, black}, {0x197, 0}}, pallid)}, want: doubtful},
		{name: "white on a texture", talk: talk{shapes: framed(mid.anchor(), []property{fill, {0x180, 2}, colored(white)}, pallid)}, want: doubtful},
		{name: "white in a shape filled like the slide", talk: talk{shapes: framed(mid.anchor(), []property{fill, {0x180, 9}, colored(navy)}, pallid)}, want: pale},
		{name: "white on a colour of the system", talk: talk{shapes: framed(mid.anchor(), []property{fill, colored(0x100000F0)}, pallid)}},
		{name: "white in a shape that is as good as transparent", talk: talk{shapes: framed(mid.anchor(), []property{fill, colored(navy), {0x182, 1000}}, pallid)}, want: pale},
		{name: "white in a shape that is half transparent", talk: talk{shapes: framed(mid.anchor(), []property{fill, colored(navy), {0x182, 1 << 15}}, pallid)}},
		{name: "white in a half transparent white shape on a blue slide", talk: talk{background: backdrop(fill, colored(navy)), shapes: framed(mid.anchor(), []property{fill, colored(white), {0x182, 1 << 15}}, pallid)}},

		{name: "white on a picture", talk: talk{shapes: join(drawn(75, whole.anchor(), []property{{0x104, 1}}), framed(mid.anchor(), clear, pallid))}, want: doubtful},
		{name: "white on an object of another program", talk: talk{shapes: join(in(0xF004, rec(2|rectangle<<4, 0xF00A, u32(1, 0xA10)), options(0xF00B, noFill), whole.anchor()), framed(mid.anchor(), clear, pallid))}, want: doubtful},
		{name: "white before a picture is put there", talk: talk{shapes: join(framed(mid.anchor(), clear, pallid), drawn(75, whole.anchor(), []property{{0x104, 1}}))}, want: pale},
		{name: "white on a coloured shape", talk: talk{shapes: join(drawn(rectangle, large, []property{fill, colored(navy)}), framed(mid.anchor(), clear, pallid))}},
		{name: "white on a coloured shape that is hidden", talk: talk{shapes: join(drawn(rectangle, large, []property{fill, colored(navy), {0x3BF, 0x20002}}), framed(mid.anchor(), clear, pallid))}, want: pale},
		{name: "white on a line", talk: talk{shapes: join(drawn(line, large, []property{fill, colored(navy)}), framed(mid.anchor(), clear, pallid))}, want: pale},
		{name: "white beside a coloured shape", talk: talk{shapes: join(drawn(rectangle, box{3000, 0, 5000, 4000}.anchor(), []property{fill, colored(navy)}), framed(mid.anchor(), clear, pallid))}, want: pale},
		{name: "white with a small part on a coloured shape", talk: talk{shapes: join(drawn(rectangle, box{2900, 0, 5000, 4000}.anchor(), []property{fill, colored(navy)}), framed(mid.anchor(), clear, pallid))}, want: doubtful},
		{name: "white on a coloured shape, in a place that is not known", talk: talk{shapes: join(drawn(rectangle, large, []property{fill, colored(navy)}), framed(nil, clear, pallid))}, want: doubtful},
		{name: "white on a white shape on a coloured one", talk: talk{shapes: join(drawn(rectangle, whole.anchor(), []property{fill, colored(navy)}), drawn(rectangle, large, []property{fill, colored(white)}), framed(mid.anchor(), clear, pallid))}, want: pale},
		{name: "white on a white ellipse on a coloured shape", talk: talk{shapes: join(drawn(rectangle, whole.anchor(), []property{fill, colored(navy)}), drawn(ellipse, large, []property{fill, colored(white)}), framed(mid.anchor(), clear, pallid))}},
		{name: "white on a coloured shape of the master", talk: talk{flags: 1, drawn: drawn(rectangle, large, []property{fill, colored(navy)}), shapes: framed(mid.anchor(), clear, pallid)}},
		{name: "white on a coloured shape of the master that the slide does not show", talk: talk{drawn: drawn(rectangle, large, []property{fill, colored(navy)}), shapes: framed(mid.anchor(), clear, pallid)}, want: pale},
		{name: "white on a coloured shape of the master of title slides", talk: talk{flags: 1, titles: in(0x40C, in(0xF002, in(0xF003, drawn(rectangle, large, []property{fill, colored(navy)})))), shapes: framed(mid.anchor(), clear, pallid)}},
		{name: "white on a coloured shape of the master above that of title slides", talk: talk{flags: 1, titles: in(0x40C), drawn: drawn(rectangle, large, []property{fill, colored(navy)}), shapes: framed(mid.anchor(), clear, pallid)}},
		{name: "white on a placeholder of the master", talk: talk{flags: 1, drawn: drawn(rectangle, large, []property{fill, colored(navy)}, in(0xF011, rec(0, 0xBC3, u32(0), []byte{2, 0, 0, 0}))), shapes: framed(mid.anchor(), clear, pallid)}, want: pale},
		{name: "white in a placeholder that the master fills", talk: talk{drawn: drawn(rectangle, large, []property{fill, colored(navy)}, in(0xF011, rec(0, 0xBC3, u32(0), []byte{2, 0, 0, 0}))), shapes: framed(mid.anchor(), []property{{0x301, 1030}}, pallid)}},
		{name: "white in a placeholder that the master does not fill", talk: talk{drawn: drawn(rectangle, large, []property{noFill, colored(navy)}, in(0xF011, rec(0, 0xBC3, u32(0), []byte{2, 0, 0, 0}))), shapes: framed(mid.anchor(), []property{{0x1BF, 0x10000}, {0x301, 1030}}, pallid)}, want: pale},
		{name: "white on many shapes of the master", talk: talk{flags: 1, drawn: manyTimes(1100, drawn(rectangle, box{0, 0, 10, 10}.anchor(), []property{fill, colored(navy)})), shapes: framed(mid.anchor(), clear, pallid)}, want: doubtful},
		{name: "white in a group on a coloured shape of that group", talk: talk{shapes: grouped(mid, box{0, 0, 100, 100}, nil, drawn(rectangle, box{0, 0, 100, 100}.child(), []property{fill, colored(navy)}), framed(box{10, 10, 90, 90}.child(), clear, pallid))}},

		{name: "white in a group that has a colour itself, which is not shown", talk: talk{shapes: grouped(mid, box{0, 0, 100, 100}, []property{fill, colored(navy)}, framed(box{10, 10, 90, 90}.child(), clear, pallid))}, want: pale},

		{name: "white, and its colour changes", talk: talk{shapes: framed(mid.anchor(), clear, pallid), more: moves(0xF12C)}, want: doubtful},
		{name: "white with a shadow", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(run(all, 1<<4|1<<18, u16(1<<4), u32(whiteInk))))}, want: doubtful},
		{name: "white without the shadow of the style", talk: talk{shapes: framed(mid.anchor(), clear, ordinary(run(all, 1<<4|1<<18, u16(0), u32(whiteInk)))), document: in(0x3F2, masterStyle(4, run(0, 1<<4, u16(1<<4))))}, want: pale},
		{name: "white in a shape with a shadow", talk: talk{shapes: framed(mid.anchor(), []property{noFill, {0x23F, 0x20002}}, pallid)}, want: doubtful},
		{name: "white, and a link", talk: talk{shapes: framed(mid.anchor(), clear, linked(whiteInk, 0, uint32(all)))}, want: doubtful},
		{name: "white, and a link in white", talk: talk{colors: scheme(white, white), shapes: framed(mid.anchor(), clear, linked(whiteInk, 0, uint32(all)))}, want: pale},
		{name: "white with a link at its end", talk: talk{shapes: framed(mid.anchor(), clear, linked(whiteInk, 9, 1<<31))}, left: "her", want: pale},

		{name: "a white cell on the slide", talk: talk{shapes: cells(clear, pallid)}, want: pale},
		{name: "a white cell that is filled", talk: talk{shapes: cells([]property{fill, colored(navy)}, pallid)}},

		{name: "white letters that are drawn", talk: talk{shapes: art(fill, noLine, colored(white))}, want: pale},
		{name: "white letters with an outline", talk: talk{shapes: art(fill, colored(white))}},
		{name: "white letters with a shadow", talk: talk{shapes: art(fill, noLine, colored(white), property{0x23F, 0x20002})}, want: doubtful},
		{name: "blue letters that are drawn", talk: talk{shapes: art(fill, noLine, colored(navy))}},
		{name: "letters without a fill", talk: talk{shapes: art(noFill, noLine)}, want: pale},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, lines := read(t, tt.talk.file())
			text := strings.Join(lines, "\n")
			require.Contains(t, text, "Tittel")
			left := words
			if tt.want != "" && tt.want != doubtful {
				left = tt.left
			}
			for word := range strings.FieldsSeq(words) {
				require.Equal(t, strings.Contains(left, word), strings.Contains(text, word), text)
			}
			// A link that is white by itself is reported with what is left out.
			warned := strings.Join(doc.Warnings, "\n")
			if tt.want == "" {
				require.Empty(t, warned)
				return
			}
			require.Contains(t, warned, tt.want)
			require.Contains(t, warned, "on slide 1")
			require.Equal(t, tt.want == doubtful || strings.Contains(tt.name, "link at its end"), strings.Contains(warned, doubtful), warned)
		})
	}
}

// bytesAt moves the anchor of a shape.
func bytesAt(shape []byte, from, to box) []byte {
	return []byte(strings.Replace(string(shape), string(from.anchor()), string(to.anchor()), 1))
}

func manyTimes(n int, shape []byte) []byte { return []byte(strings.Repeat(string(shape), n)) }

func TestParagraphsKeepTheirLooksWhenTextIsTakenOut(t *testing.T) {
	// A bullet before the second paragraph only.
	value := "en\rto usett\rtre"
	style := join(u32(3), u16(0), u32(1), u16(0), u32(9), u16(0), u32(1), u16(1), u32(4), u16(0), u32(1), u16(0), run(6, 0), inked(6, whiteInk), run(4, 0))
	_, lines := read(t, talk{shapes: framed(mid.anchor(), []property{noFill}, text(4, value, style...))}.file())
	require.Equal(t, []string{"heading1| Tittel", "paragraph| en", "item1 •| to", "paragraph| tre"}, lines)
}

func TestTitlesThatNobodySees(t *testing.T) {
	seen := framed(mid.anchor(), []property{noFill}, written(0, "Synlig", 0, inked(7, blackInk)))
	doc, lines := read(t, talk{master: masterStyle(0, inked(0, whiteInk)), shapes: seen}.file())
	require.Equal(t, "Synlig", doc.Title)
	require.Equal(t, []string{"heading1| Synlig"}, lines)
	require.Len(t, doc.Warnings, 1)
}

func TestNothingButUnseenText(t *testing.T) {
	_, err := ppt.Reader{}.Read(t.Context(), input(talk{master: masterStyle(0, inked(0, whiteInk))}.file()))
	require.ErrorIs(t, err, ingest.ErrNoText)
	require.ErrorContains(t, err, "test.ppt holds no text (transparent text or text in the colour of what it stands on")
}

// TestLooks reads what LibreOffice made of a slide of ours: texts that nobody
// sees say so.
func TestLooks(t *testing.T) {
	doc, lines := read(t, unpack(t, "testdata/looks.ppt.gz"))
	all := strings.Join(lines, "\n")
	require.NotContains(t, all, "usynlig")
	for _, word := range []string{"vanlig", "hvit på blå", "kanskje", "delvis", "i en gruppe", "celle"} {
		require.Contains(t, all, word)
	}
	warned := strings.Join(doc.Warnings, "\n")
	for _, warning := range []string{"text outside the slide, which nobody sees, was left out, 2 words on slide 1", "text of at most 2 points, which nobody sees, was left out, 2 words on slide 1", "which nobody sees, was left out, 6 words on slide 1", "was read, 2 words on slide 1"} {
		require.Contains(t, warned, warning)
	}
}
