package pdf

// packed is a word of a page that is not being looked at, in little more than
// half the room: a file may have a million of them.
type packed struct {
	text                       string
	x0, y0, x1, y1, base, size float32
	seq                        int32
	bold, spaceAfter           bool
}

func pack(words []*word) []packed {
	list := make([]packed, len(words))
	for i, w := range words {
		list[i] = packed{
			text: w.text, x0: float32(w.x0), y0: float32(w.y0), x1: float32(w.x1), y1: float32(w.y1),
			base: float32(w.base), size: float32(w.size), seq: w.seq, bold: w.bold, spaceAfter: w.spaceAfter,
		}
	}
	return list
}

func unpack(list []packed) []*word {
	words, all := make([]*word, len(list)), make([]word, len(list))
	for i := range list {
		p := &list[i]
		all[i] = word{
			rect: rect{float64(p.x0), float64(p.y0), float64(p.x1), float64(p.y1)}, text: p.text,
			base: float64(p.base), size: float64(p.size), seq: p.seq, bold: p.bold, spaceAfter: p.spaceAfter,
		}
		words[i] = &all[i]
	}
	return words
}

// open takes the words of a page out of their packing.
func (p *page) open() {
	p.words = unpack(p.packed)
	for i := range p.turned {
		p.turned[i].words = unpack(p.turned[i].packed)
	}
}

// close lets go of the words that open took out.
func (p *page) close() {
	p.words = nil
	for i := range p.turned {
		p.turned[i].words = nil
	}
}

// each calls f for each word of a page.
func (p *page) each(f func(w *packed)) {
	for i := range p.packed {
		f(&p.packed[i])
	}
	for _, t := range p.turned {
		for i := range t.packed {
			f(&t.packed[i])
		}
	}
}
