package pdf

import (
	"context"
	"errors"
	"fmt"
)

// word is a run of glyphs without a space in it.
type word struct {
	rect
	text       string
	base       float64 // of the line it stands on
	size       float64 // em in points
	bold       bool
	spaceAfter bool // a space was painted after it
	look       look
	seq        int32 // as painted
	table      *table
}

// rule is a line or a thin bar that may be part of a table's frame.
type rule struct {
	rect
	weight float64 // its thickness
}

// shade is a filled area that may lie behind a table's header.
type shade struct {
	rect
	color color
}

// page is what a page shows. Coordinates are points from the lower left corner
// of the page as displayed: the crop box is cut and the rotation applied.
type page struct {
	number        int
	width, height float64
	packed        []packed // the words of the main direction
	words         []*word  // the same while the page is open
	turned        []turned // words of other directions
	across, down  []rule
	shades        []shade
	images        int
	angle         int // that the text runs at, when most of it is turned
	unreadable    int // glyphs without a text
	glyphs        int
	hidden        int    // words that nobody sees
	problem       string // why a part of it is missing
}

// turned is text that does not run from left to right.
type turned struct {
	angle  int // in degrees, counter-clockwise
	packed []packed
	words  []*word // the same while the page is open
}

// pageNode is a page with what it inherits.
type pageNode struct {
	dict, resources, mediaBox, cropBox object
	rotate                             int
}

// pageNodes walks the page tree without trusting Type, Count or Parent.
func (f *file) pageNodes(ctx context.Context) ([]pageNode, error) {
	var (
		pages []pageNode
		seen  = map[string]bool{}
		open  = map[string]bool{} // that the walk is inside of
		walk  func(o object, inherited pageNode, depth int) error
	)
	walk = func(o object, in pageNode, depth int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if o.Kind() != dictKind {
			f.missing++
			return nil
		}
		in.dict = o
		for key, slot := range map[string]*object{"Resources": &in.resources, "MediaBox": &in.mediaBox, "CropBox": &in.cropBox} {
			if v := o.Key(key); v.Kind() != nullKind {
				*slot = v
			}
		}
		if r := o.Key("Rotate"); r.Kind() == numberKind {
			in.rotate = (int(r.Number())%360 + 360) % 360
		}
		kids := o.Key("Kids")
		if kids.Kind() != arrayKind {
			if len(pages) == maxPages {
				return errPages
			}
			pages = append(pages, in)
			return nil
		}
		id := o.ID()
		if seen[id] {
			f.circular = f.circular || open[id]
			return nil
		}
		if depth > maxTreeDepth {
			f.missing, f.deep = f.missing+1, true
			return nil
		}
		seen[id], open[id] = true, true
		defer delete(open, id)
		for i := range kids.Len() {
			if err := walk(kids.Index(i), in, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	null := f.trailer().Key("")
	err := walk(f.root().Key("Pages"), pageNode{resources: null, mediaBox: null, cropBox: null}, 0)
	return pages, err
}

// interpret reads one page. A page that is damaged gives what could be read.
func (f *file) interpret(ctx context.Context, node pageNode, number int) (*page, error) {
	box, ok := toRect(node.mediaBox)
	crop, has := toRect(node.cropBox)
	switch both := box.cut(crop); {
	case !ok && has:
		box = crop
	case !ok:
		box = rect{0, 0, 612, 792}
	case has && both.width() > 0 && both.height() > 0:
		box = both
	}
	p := &page{number: number, width: box.width(), height: box.height()}
	base := matrix{1, 0, 0, 1, -box.x0, -box.y0}
	switch node.rotate {
	case 90:
		base = base.mul(matrix{0, -1, 1, 0, 0, box.width()})
		p.width, p.height = p.height, p.width
	case 180:
		base = base.mul(matrix{-1, 0, 0, -1, box.width(), box.height()})
	case 270:
		base = base.mul(matrix{0, 1, -1, 0, box.height(), 0})
		p.width, p.height = p.height, p.width
	}
	in := &interpreter{ctx: ctx, f: f, page: p, seen: map[string][]*word{}, frames: map[int][]*word{}}
	content, err := f.contents(node.dict.Key("Contents"))
	if err == nil || len(content) > 0 {
		if err != nil {
			p.problem = err.Error()
		}
		err = in.run(content, node.resources, base, 0)
	}
	if err == nil {
		err = in.annotations(node.dict.Key("Annots"), base)
	}
	in.finish()
	f.work += in.ops + 4*p.glyphs
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		p.problem = err.Error()
	}
	return p, nil
}

var errContent = fmt.Errorf("more than %d MB of content, the rest is left out", maxStream>>20)

// contents joins a page's content streams: an operand may end in one and its
// operator begin the next. A stream that cannot be read costs itself only.
func (f *file) contents(o object) ([]byte, error) {
	if o.Kind() != arrayKind {
		return f.data(o)
	}
	var all []byte
	var faults []error
	for i := range min(o.Len(), maxElements) {
		data, err := f.data(o.Index(i))
		if err != nil {
			faults = append(faults, fmt.Errorf("content stream %d: %w", i+1, err))
		}
		if len(all)+len(data) > maxStream {
			faults = append(faults, errContent)
			break
		}
		all = append(append(all, data...), '\n')
	}
	return all, errors.Join(faults...)
}

// data decodes a stream and remembers small ones: fonts and forms recur.
func (f *file) data(o object) ([]byte, error) {
	if o.Kind() != streamKind {
		return nil, nil
	}
	id := o.ID()
	if data, ok := f.cache[id]; ok {
		return data, nil
	}
	data, err := o.Data(maxStream)
	if err == nil && len(data) <= maxCached && f.cached+len(data) <= maxCache {
		f.cache[id] = data
		f.cached += len(data)
	}
	return data, err
}
