package pdf

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// interpreter runs a page's content streams and collects words and rules.
type interpreter struct {
	ctx  context.Context //nolint:containedctx // lives for one call of file.interpret
	f    *file
	page *page

	state  state
	stack  []state
	marked []mark
	floor  int // marks of the streams around this one, which it cannot end
	ops    int
	forms  int

	path       []point // of the current path, moves told apart
	curved     bool
	clipped    bool   // the current path becomes part of the clip
	outline    int    // filled paths that are no rectangles
	areas      []rect // that something other than white is painted on
	images     []rect // those of them that are images
	scrolls    bool   // what is drawn is a field, whose text can be scrolled
	looked     int    // areas that words were compared with
	kerned     bool   // the TJ at hand takes character spacing back
	current    *builder
	free       builder // that current points to
	slab       []word  // words to come
	before     *word   // the last one that ended
	beforeClip rect
	seen       map[string][]*word // by text, to drop what is painted twice
	frames     map[int][]*word    // by angle
	seq        int32
	hidden     int // marked content that is switched off, in each other
}

// state is the graphics and text state that q and Q save.
type state struct {
	ctm       matrix
	clip      rect // around the clip path
	font      *font
	size      float64
	charSpace float64
	wordSpace float64
	scale     float64 // Tz / 100
	leading   float64
	rise      float64
	render    int // Tr
	weight    float64
	opacity   float64
	fill      color
	model     colorModel // of sc and scn
	tm, tlm   matrix
}

func newState(ctm matrix) state {
	return state{
		ctm: ctm, clip: everything, scale: 1, weight: 1, opacity: 1, fill: black, model: additive, tm: identity, tlm: identity,
	}
}

type point struct {
	x, y float64
	move bool
}

// mark is a piece of marked content.
type mark struct {
	actual  string // what its glyphs stand for, put on the first of them
	replace bool
	painted bool
	hidden  bool
}

// builder is the word that glyphs are being added to.
type builder struct {
	word   *word
	text   []byte
	angle  int
	clip   rect    // when it began
	end    float64 // where its last glyph ends, in its frame
	last   float64 // where its last glyph begins
	tail   string  // text of its last glyph
	spread float64 // character spacing after that
}

// look is how a word is painted.
type look uint8

const (
	seen       look = iota
	ghost           // rendering mode 3: the text of a scan, or a secret
	seeThrough      // transparent, likewise
	white           // on white paper, or on something dark
	unseen          // clipped away, or too small for anybody
	offPage         // beyond the edges of the page
)

var (
	errGlyphs = errors.New("more than 1,000,000 glyphs, the rest is left out")
	errOps    = errors.New("more than 5,000,000 operators, the rest is left out")
	errForms  = errors.New("more than 10,000 form calls, the rest is left out")
)

// run interprets a content stream.
func (in *interpreter) run(data []byte, resources object, ctm matrix, depth int) error {
	saved, savedStack, savedMarks, savedFloor, savedHidden := in.state, in.stack, in.marked, in.floor, in.hidden
	font, size := saved.font, saved.size // a form inherits them
	in.state = newState(ctm)
	in.state.font, in.state.size = font, size
	in.stack, in.marked = nil, nil
	if depth > 0 {
		in.state.clip, in.state.opacity, in.state.fill, in.state.model = saved.clip, saved.opacity, saved.fill, saved.model
		in.state.render = saved.render
		in.state.charSpace, in.state.wordSpace = saved.charSpace, saved.wordSpace
		in.state.scale, in.state.leading, in.state.rise = saved.scale, saved.leading, saved.rise
		in.marked = savedMarks
	}
	in.floor = len(in.marked)
	defer func() {
		in.state, in.stack, in.marked, in.floor, in.hidden = saved, savedStack, savedMarks, savedFloor, savedHidden
		in.path, in.curved = nil, false
	}()
	fonts := resources.Key("Font")
	scope := &scope{resources: resources, fonts: fonts, fontsID: fonts.ID(), depth: depth}
	l := lexer{data: data, text: string(data)}
	var args []operand
	for {
		v, op, ok := l.next()
		if !ok {
			return nil
		}
		if op == "" {
			if len(args) < 64 {
				args = append(args, v)
			}
			continue
		}
		if in.ops++; in.ops > maxOps {
			return errOps
		}
		if in.ops%1024 == 0 && in.ctx.Err() != nil {
			return in.ctx.Err()
		}
		if op == "BI" {
			l.skipImage()
			in.image()
		} else if err := in.do(op, args, scope); err != nil {
			return err
		}
		args = args[:0]
		l.release()
	}
}

// scope is what the names in a content stream refer to.
type scope struct {
	resources object
	fonts     object
	fontsID   string
	depth     int
	named     map[string]*font      // that were asked for
	models    map[string]colorModel // likewise
}

// do runs one operator. Operators with too few operands see zeros.
func (in *interpreter) do(op string, args []operand, sc *scope) error {
	s := &in.state
	num := func(i int) float64 {
		if i < len(args) {
			return args[i].num
		}
		return 0
	}
	text := func(i int) string {
		if i < len(args) {
			return args[i].str
		}
		return ""
	}
	switch op {
	case "q":
		if len(in.stack) < maxStates {
			in.stack = append(in.stack, *s)
		}
	case "Q":
		if n := len(in.stack); n > 0 {
			tm, tlm := s.tm, s.tlm
			*s, in.stack = in.stack[n-1], in.stack[:n-1]
			s.tm, s.tlm = tm, tlm
		}
	case "cm":
		s.ctm = matrix{num(0), num(1), num(2), num(3), num(4), num(5)}.mul(s.ctm)
	case "gs":
		in.graphicsState(sc.resources.Key("ExtGState").Key(text(0)))
	case "w":
		s.weight = num(0)
	case "g", "rg":
		s.model = additive
		s.setFill(args)
	case "k":
		s.model = subtractive
		s.setFill(args)
	case "sc", "scn":
		s.setFill(args)
	case "cs":
		s.fill, s.model = black, sc.model(text(0))
	case "sh":
		in.area(s.clip)
	case "W", "W*":
		in.clipped = true
	case "Do":
		return in.paint(sc.resources.Key("XObject").Key(text(0)), sc)

	case "BT":
		s.tm, s.tlm = identity, identity
	case "Tc":
		s.charSpace = num(0)
	case "Tw":
		s.wordSpace = num(0)
	case "Tz":
		s.scale = num(0) / 100
	case "TL":
		s.leading = num(0)
	case "Tf":
		s.font, s.size = in.f.font(sc, text(0)), num(1)
	case "Tr":
		s.render = int(num(0))
	case "Ts":
		s.rise = num(0)
	case "Td":
		s.move(num(0), num(1))
	case "TD":
		s.leading = -num(1)
		s.move(num(0), num(1))
	case "Tm":
		s.tlm = matrix{num(0), num(1), num(2), num(3), num(4), num(5)}
		s.tm = s.tlm
	case "T*":
		s.move(0, -s.leading)
	case "Tj":
		return in.show(text(0))
	case "'":
		s.move(0, -s.leading)
		return in.show(text(0))
	case "\"":
		s.wordSpace, s.charSpace = num(0), num(1)
		s.move(0, -s.leading)
		return in.show(text(2))
	case "TJ":
		if len(args) == 0 {
			return nil
		}
		in.kerned = s.takesBack(args[0].list)
		defer func() { in.kerned = false }()
		for _, item := range args[0].list {
			if item.kind == stringKind {
				if err := in.show(item.str); err != nil {
					return err
				}
			} else {
				s.advance(-item.num / 1000 * s.size)
			}
		}

	case "BMC", "BDC":
		in.beginMark(args, sc)
	case "EMC":
		in.endMark()
	default:
		in.draw(op, num)
	}
	return nil
}

func (s *state) move(x, y float64) {
	s.tlm = matrix{1, 0, 0, 1, x, y}.mul(s.tlm)
	s.tm = s.tlm
}

func (in *interpreter) graphicsState(gs object) {
	if f := gs.Key("Font"); f.Len() == 2 {
		in.state.font, in.state.size = in.f.loadFont(f.Index(0)), f.Index(1).Number()
	}
	if w := gs.Key("LW"); w.Kind() == numberKind {
		in.state.weight = w.Number()
	}
	if a := gs.Key("ca"); a.Kind() == numberKind {
		in.state.opacity = a.Number()
	}
}

// font is the font that a content stream calls by name. It is found by the
// text of the dictionary around it, without resolving the font again.
func (f *file) font(sc *scope, name string) *font {
	if ft, ok := sc.named[name]; ok {
		return ft
	}
	key := sc.fontsID + "/" + name
	ft, ok := f.fonts[key]
	if !ok {
		ft = f.loadFont(sc.fonts.Key(name))
		f.fonts[key] = ft
	}
	if sc.named == nil {
		sc.named = map[string]*font{}
	}
	sc.named[name] = ft
	return ft
}

func (f *file) loadFont(o object) *font {
	key := o.ID()
	if ft, ok := f.fonts[key]; ok {
		return ft
	}
	ft := newFont(f, o)
	f.fonts[key] = ft
	return ft
}

// paint runs a form XObject and counts an image.
func (in *interpreter) paint(x object, sc *scope) error {
	switch x.Key("Subtype").Text() {
	case "Image":
		if !in.f.switchedOff(x.Key("OC")) {
			in.image()
		}
		return nil
	case "Form":
	default:
		return nil
	}
	if in.f.switchedOff(x.Key("OC")) {
		return nil
	}
	resources := x.Key("Resources")
	if resources.Kind() != dictKind {
		resources = sc.resources
	}
	return in.form(x, resources, in.state.ctm, sc.depth+1)
}

func (in *interpreter) form(x, resources object, ctm matrix, depth int) error {
	if depth > maxFormDepth {
		in.page.problem = fmt.Sprintf("more than %d forms in each other, what is deeper is left out", maxFormDepth)
		return nil
	}
	if in.forms++; in.forms > maxForms {
		return errForms
	}
	data, err := in.f.data(x)
	if err != nil {
		if errors.Is(err, errDecoded) {
			return err
		}
		in.page.problem = err.Error() // the rest of the page may be well
	}
	saved := in.state
	if depth == 0 {
		in.state = newState(ctm) // an annotation goes on from nothing
	}
	ctm = toMatrix(x.Key("Matrix")).mul(ctm)
	if box, ok := toRect(x.Key("BBox")); ok {
		in.state.clip = in.state.clip.cut(ctm.box(box))
	}
	err = in.run(data, resources, ctm, max(depth, 1))
	in.state = saved
	return err
}

// beginMark starts marked content: its text may be told (ActualText) and it
// may be switched off (optional content).
func (in *interpreter) beginMark(args []operand, sc *scope) {
	var m mark
	if len(args) == 2 {
		if args[1].kind == nameKind {
			properties := sc.resources.Key("Properties").Key(args[1].str)
			if a := properties.Key("ActualText"); a.Kind() == stringKind {
				m.actual, m.replace = textString(a.Text()), true
			}
			m.hidden = args[0].str == "OC" && in.f.switchedOff(properties)
		} else if a, ok := args[1].key("ActualText"); ok && a.kind == stringKind {
			m.actual, m.replace = textString(a.str), true
		}
	}
	if m.hidden {
		in.hidden++
	}
	if len(in.marked) < maxStates {
		in.marked = append(in.marked, m)
	} else if m.hidden { // where it ends will not be known
		in.page.problem = fmt.Sprintf("a layer that is off inside of more than %d other marks, the rest is left out", maxStates)
	}
}

func (in *interpreter) endMark() {
	n := len(in.marked)
	if n <= in.floor {
		return
	}
	if in.marked[n-1].hidden {
		in.hidden--
	}
	in.marked = in.marked[:n-1]
}

// pen is where and how glyphs are painted with the matrices as they are.
type pen struct {
	angle   int
	em      float64 // in points
	unit    float64 // points of one unit of text space along the line
	painted look
}

func (in *interpreter) pen() pen {
	s := &in.state
	trm := s.tm.mul(s.ctm)
	along := [2]float64{trm[0] * sign(s.size*s.scale), trm[1] * sign(s.size*s.scale)}
	p := pen{em: math.Hypot(trm[2], trm[3]) * math.Abs(s.size) * s.font.em}
	if s.font.vertical {
		along = [2]float64{-trm[2] * sign(s.size), -trm[3] * sign(s.size)}
		p.em = math.Hypot(trm[0], trm[1]) * math.Abs(s.size*s.scale)
	}
	p.unit = math.Hypot(along[0], along[1])
	if along[1] != 0 || along[0] < 0 {
		p.angle = snap(math.Atan2(along[1], along[0]) * 180 / math.Pi)
	}
	p.painted = s.look(p.em, in.page.height)
	return p
}

// tiny is the size below which nobody can read text, in points, and as a part
// of the page's height where that is less: some pages have units of their own.
const (
	tiny     = 0.7
	tinyPart = 0.001
)

func (s *state) look(em, height float64) look {
	switch fills := s.render == 0 || s.render == 4; {
	case em < min(tiny, tinyPart*height):
		return unseen
	case s.render == 3:
		return ghost
	case s.opacity < 0.02 && fills:
		return seeThrough
	case fills && s.fill == paper:
		return white
	}
	return seen
}

// show paints a string.
func (in *interpreter) show(raw string) error {
	s := &in.state
	if raw == "" {
		return nil
	}
	if s.font == nil {
		s.font = in.f.loadFont(in.f.trailer().Key(""))
	}
	p := in.pen()
	for raw != "" {
		g, n := s.font.next(raw)
		raw = raw[n:]
		if in.page.glyphs++; in.page.glyphs > maxGlyphs {
			return errGlyphs
		}
		advance := g.width*s.size + s.charSpace
		if g.space {
			advance += s.wordSpace
		}
		if in.hidden == 0 {
			in.add(&p, &g)
		}
		s.advance(advance)
	}
	return nil
}

// advance moves the text matrix along the line.
func (s *state) advance(by float64) {
	if s.font != nil && s.font.vertical {
		s.tm[4] -= by * s.tm[2]
		s.tm[5] -= by * s.tm[3]
		return
	}
	by *= s.scale
	s.tm[4] += by * s.tm[0]
	s.tm[5] += by * s.tm[1]
}

// replaced is the text of a glyph inside of marked content with ActualText: the
// first glyph stands for all of it.
func (in *interpreter) replaced(text string) string {
	if len(in.marked) == 0 {
		return text
	}
	for i := range in.marked {
		m := &in.marked[i]
		if !m.replace {
			continue
		}
		if m.painted {
			return ""
		}
		m.painted = true
		return visual(clean(m.actual))
	}
	return text
}

// add puts a glyph at the current place into a word.
func (in *interpreter) add(p *pen, g *glyph) {
	s := &in.state
	x, y := s.ctm.apply(s.tm[4]+s.rise*s.tm[2], s.tm[5]+s.rise*s.tm[3])
	width, space := math.Abs(g.width*s.size)*p.unit, s.charSpace*p.unit
	if !s.font.vertical {
		width, space = width*math.Abs(s.scale), space*s.scale
	}
	if !finite(x, y, width, p.em) || p.em == 0 || p.unit == 0 && g.blank {
		return
	}
	// In the frame of its angle, text runs from left to right.
	u, v := turn(x, y, -p.angle)
	text := in.replaced(g.text)
	if g.blank && (text == "" || strings.TrimFunc(text, unicode.IsSpace) == "") {
		if text != "" && in.current != nil && in.current.angle == p.angle {
			in.f.spaces++
			in.current.word.spaceAfter = true
			in.breakWord()
		}
		if text != "" {
			return
		}
	}
	if text == "\u00AD" && (width == 0 || g.blank) {
		return // where the word might be parted, but is not
	}
	if text == "\uFFFD" {
		in.page.unreadable++
	}
	in.append(p, text, u, v, width)
	if b := in.current; b != nil {
		if b.spread = 0; space <= maxTracking*p.em && !in.kerned {
			b.spread = space
		}
	}
}

// takesBack reports whether the numbers of a TJ take character spacing back at
// many places: some writers make the spaces between words of it.
func (s *state) takesBack(list []operand) bool {
	if s.charSpace == 0 {
		return false
	}
	numbers, back := 0, 0
	for _, item := range list {
		if item.kind == numberKind {
			numbers++
			if item.num/1000*s.size > 0.5*s.charSpace {
				back++
			}
		}
	}
	return back*3 > numbers
}

// maxTracking is how far character spacing may spread the letters of a word,
// in em.
const maxTracking = 0.6

func (in *interpreter) append(p *pen, text string, u, v, width float64) {
	s, em := &in.state, p.em
	painted := text
	b := in.current
	if b != nil && b.angle == p.angle && b.accents(text, u, v, width, em) {
		b.word.rect = b.word.union(rect{u, v - s.font.descent*em, u + width, v + s.font.ascent*em})
		b.last, b.end = min(b.last, u), max(b.end, u+width)
		return
	}
	if b != nil && b.angle == p.angle && isMark(text) && math.Abs(v-b.word.base) < em && u > b.last-em && u < b.end+0.5*em {
		b.text = append(b.text, text...) // wherever it stands, it belongs to its letter
		b.end = max(b.end, u+width)
		return
	}
	if b != nil && (b.angle != p.angle || b.clip != s.clip || b.word.look != p.painted && !b.again(text, u, v, em) || !in.follows(b, text, u, v, em)) {
		in.breakWord()
		b = nil
	}
	box := rect{u, v - s.font.descent*em, u + width, v + s.font.ascent*em}
	if s.font.vertical {
		box.y0, box.y1 = v-0.5*em, v+0.5*em
	}
	bold := s.font.bold || s.render == 2
	if b == nil {
		if text == "" {
			return
		}
		in.seq++
		b = &in.free
		*b = builder{angle: p.angle, clip: s.clip, text: b.text[:0], word: in.newWord()}
		*b.word = word{rect: box, base: v, size: em, bold: bold, seq: in.seq, look: p.painted}
		in.current = b
	} else {
		if b.again(text, u, v, em) {
			return // painted twice to look bold
		}
		if raised(v-b.word.base, em, b.word.size) {
			text = superscript(text)
		}
		if raised(b.word.base-v, b.word.size, em) {
			b.text = append(b.text[:0], superscript(string(b.text))...)
		}
		if em > b.word.size*1.05 { // the marks before it were raised or small
			b.word.base, b.word.size = v, em
		}
		b.word.rect = b.word.union(box)
		b.word.bold = b.word.bold && bold
	}
	b.text = append(b.text, text...)
	b.last, b.end, b.tail = u, u+width, painted
}

// again reports whether a glyph is the last one once more.
func (b *builder) again(text string, u, v, em float64) bool {
	return text == b.tail && math.Abs(u-b.last) < 0.1*em && math.Abs(v-b.word.base) < 0.1*em
}

// newWord takes words from a slab: there are many.
func (in *interpreter) newWord() *word {
	if len(in.slab) == 0 {
		in.slab = make([]word, 128)
	}
	w := &in.slab[0]
	in.slab = in.slab[1:]
	return w
}

// maxGap is how far apart the glyphs of a word may stand, in em.
const maxGap = 0.13

// A file that paints the spaces between its words leaves gaps for other
// reasons: letters that stand where a metafile's whole units are, or kerning
// for another font. Then looseGap parts two letters, in em.
const (
	looseGap    = 0.2
	spacesKnown = 50 // that a file painted at least
	spacesMore  = 10 // times as many as gaps between letters
)

// follows reports whether a glyph at u, v goes on the word, and counts the
// gaps between letters.
func (in *interpreter) follows(b *builder, text string, u, v, em float64) bool {
	size := max(em, b.word.size)
	gap := u - b.end
	if gap > maxGap*size && gap < 0.5*size && em == b.word.size && v == b.word.base && endsWord(b.tail) && startsLower(text) {
		if in.f.gaps++; gap < looseGap*size && in.f.spaces >= spacesKnown && in.f.spaces > spacesMore*in.f.gaps {
			return true
		}
	}
	if em > b.word.size && raised(b.word.base-v, b.word.size, em) && gap < maxGap*size && in.withinLine(b, v, em) {
		return true // an isotope, not the mark of a footnote
	}
	return b.follows(gap, u, v, em)
}

// withinLine reports whether other words stand before a raised mark on the line
// at v: a footnote's text begins with its mark.
func (in *interpreter) withinLine(b *builder, v, em float64) bool {
	w := in.before
	if w == nil || w.size < 0.9*em || math.Abs(w.base-v) > 0.1*em {
		return false
	}
	gap := b.word.x0 - w.x1
	return gap > maxGap*em && gap < em
}

func (b *builder) follows(gap, u, v, em float64) bool {
	size := max(em, b.word.size)
	if gap > maxGap*size && math.Abs(gap-b.spread) < 0.05*size {
		gap = 0 // spaced letters are a word still
	}
	if gap > maxGap*size || gap < -0.5*size && math.Abs(u-b.last) > 0.1*size {
		return false
	}
	off := math.Abs(v - b.word.base)
	switch {
	case off < 0.1*size:
		return true
	case em > b.word.size && raised(b.word.base-v, b.word.size, em):
		b.word.spaceAfter = true // the mark of a footnote before its text
		return false
	case min(em, b.word.size) < 0.85*size:
		return off < 0.5*size
	}
	return off < 0.35*size && gap < 0.02*size && gap > -0.3*size // letters that dance, as in the name of TeX
}

// breakWord ends the current word.
func (in *interpreter) breakWord() {
	b := in.current
	in.current = nil
	if b == nil || len(b.text) == 0 {
		return
	}
	w := b.word
	w.text = in.f.intern(b.text)
	if !norm.NFC.IsNormalString(w.text) && !hasRTL(w.text) {
		w.text = norm.NFC.String(w.text)
	}
	switch {
	case !w.shows(b.angle, rect{0, 0, in.page.width, in.page.height}, w.size):
		w.look = offPage
	case !w.shows(b.angle, b.clip, w.size/2):
		if !in.scrolls && !in.overflows(b) {
			w.look = unseen
		}
	}
	in.before, in.beforeClip = w, b.clip
	if in.painted(w) {
		return
	}
	in.frames[b.angle] = append(in.frames[b.angle], w)
}

// shows reports whether some of a word can be seen inside of a clip: its middle,
// which may miss it by slack, or a letter of it.
func (w *word) shows(angle int, clip rect, slack float64) bool {
	x, y := turn((w.x0+w.x1)/2, w.base+0.2*w.size, angle)
	if x >= clip.x0-slack && y >= clip.y0-slack && x <= clip.x1+slack && y <= clip.y1+slack {
		return true
	}
	ax, ay := turn(w.x0, w.base, angle)
	bx, by := turn(w.x1, w.base+0.6*w.size, angle)
	r := rect{min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)}.cut(clip)
	return min(r.width(), r.height()) > glimpse*w.size
}

// glimpse is how much of a word must show for somebody to see it, in em.
const glimpse = 0.4

// overflows reports whether a word that is clipped away goes on a line that is
// seen: the text of a cell that is too narrow for it hides nothing.
func (in *interpreter) overflows(b *builder) bool {
	last := in.before
	return last != nil && last.look != unseen && in.beforeClip == b.clip && math.Abs(last.base-b.word.base) < 0.1*b.word.size &&
		math.Abs(b.word.x0-last.x1) < b.word.size
}

// painted reports whether the same word stands at the same place already.
func (in *interpreter) painted(w *word) bool {
	same := in.seen[w.text]
	for i := len(same) - 1; i >= max(0, len(same)-maxSeen); i-- {
		if old := same[i]; math.Abs(old.x0-w.x0) < 0.1*w.size && math.Abs(old.base-w.base) < 0.2*w.size {
			old.bold, old.look = true, min(old.look, w.look)
			return true
		}
	}
	in.seen[w.text] = append(same, w)
	return false
}

// maxSeen is how many words of the same text are compared with a new one.
const maxSeen = 200

// finish sorts the words by direction. A page that is turned as a whole has
// few words that run from left to right; they change places.
func (in *interpreter) finish() {
	in.breakWord()
	angles := make([]int, 0, len(in.frames))
	for a := range in.frames {
		angles = append(angles, a)
	}
	slices.Sort(angles)
	p := in.page
	for _, a := range angles {
		in.frames[a] = in.visible(in.frames[a], a)
	}
	for _, a := range angles {
		if a%90 == 0 && len(in.frames[a]) > 2*len(in.frames[p.angle]) {
			p.angle = a
		}
	}
	for _, a := range angles {
		if a == p.angle {
			p.packed = pack(in.frames[a])
		} else if len(in.frames[a]) > 0 {
			p.turned = append(p.turned, turned{angle: a, packed: pack(in.frames[a])})
		}
	}
	if p.angle != 0 {
		p.turnRules()
	}
}

// turnRules brings rules and shades into the frame of the page's text.
func (p *page) turnRules() {
	upright := func(r rect) rect {
		ax, ay := turn(r.x0, r.y0, -p.angle)
		bx, by := turn(r.x1, r.y1, -p.angle)
		return rect{min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)}
	}
	for _, rules := range [][]rule{p.across, p.down} {
		for i := range rules {
			rules[i].rect = upright(rules[i].rect)
		}
	}
	for i := range p.shades {
		p.shades[i].rect = upright(p.shades[i].rect)
	}
	if p.angle%180 != 0 {
		p.across, p.down = p.down, p.across
	}
}

// draw collects the rules of tables from the path operators.
func (in *interpreter) draw(op string, num func(int) float64) {
	s := &in.state
	to := func(i int, move bool) {
		if len(in.path) < maxPath {
			x, y := s.ctm.apply(num(i), num(i+1))
			in.path = append(in.path, point{x, y, move})
		}
	}
	switch op {
	case "m":
		to(0, true)
	case "l":
		to(0, false)
	case "c":
		in.curved = true
		to(4, false)
	case "v", "y":
		in.curved = true
		to(2, false)
	case "h":
		in.closePath()
	case "re":
		x, y, w, h := num(0), num(1), num(2), num(3)
		corners := [][2]float64{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}, {x, y}}
		for i, c := range corners {
			if len(in.path) < maxPath {
				px, py := s.ctm.apply(c[0], c[1])
				in.path = append(in.path, point{px, py, i == 0})
			}
		}
	case "S":
		in.stroke()
	case "s":
		in.closePath()
		in.stroke()
	case "f", "F", "f*":
		in.fillPath()
	case "B", "B*":
		in.fillPath()
		in.stroke()
	case "b", "b*":
		in.closePath()
		in.fillPath()
		in.stroke()
	}
	switch op {
	case "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n":
		if in.clipped && len(in.path) > 0 && len(in.path) < maxPath {
			in.state.clip = s.clip.cut(pathBox(in.path))
		}
		in.path, in.curved, in.clipped = in.path[:0], false, false
	}
}

// closePath goes back to where the current sub-path began.
func (in *interpreter) closePath() {
	for _, p := range slices.Backward(in.path) {
		if p.move {
			if len(in.path) < maxPath {
				in.path = append(in.path, point{p.x, p.y, false})
			}
			return
		}
	}
}

// maxRule is how thick a line or a bar of a table's frame may be, in points.
const maxRule = 4

func (in *interpreter) stroke() {
	if in.hidden > 0 {
		return
	}
	s := &in.state
	weight := s.weight * math.Sqrt(math.Abs(s.ctm[0]*s.ctm[3]-s.ctm[1]*s.ctm[2]))
	if weight > maxRule && len(in.path) > 0 {
		r := pathBox(in.path)
		in.area(rect{r.x0 - weight/2, r.y0 - weight/2, r.x1 + weight/2, r.y1 + weight/2})
	}
	for i := 1; i < len(in.path); i++ {
		a, b := in.path[i-1], in.path[i]
		if !b.move && weight <= maxRule {
			in.addRule(rect{min(a.x, b.x), min(a.y, b.y), max(a.x, b.x), max(a.y, b.y)}, weight)
		}
	}
}

func (in *interpreter) addRule(r rect, weight float64) {
	if !finite(r.x0, r.y0, r.x1, r.y1) || len(in.page.across)+len(in.page.down) >= maxRules {
		return
	}
	switch {
	case r.height() <= 1 && r.width() > 3:
		y := (r.y0 + r.y1) / 2
		in.page.across = append(in.page.across, rule{rect{r.x0, y, r.x1, y}, weight})
	case r.width() <= 1 && r.height() > 3:
		x := (r.x0 + r.x1) / 2
		in.page.down = append(in.page.down, rule{rect{x, r.y0, x, r.y1}, weight})
	}
}

// fillPath takes each rectangle of the path for a rule when it is thin, and for
// a shade otherwise.
func (in *interpreter) fillPath() {
	if in.hidden > 0 || len(in.path) == 0 {
		return
	}
	if in.state.fill != paper {
		in.area(pathBox(in.path))
	}
	if in.curved {
		in.outline++
		return
	}
	for start := 0; start < len(in.path); {
		end := start + 1
		for end < len(in.path) && !in.path[end].move {
			end++
		}
		if r, ok := rectangle(in.path[start:end]); ok {
			thickness := min(r.width(), r.height())
			switch {
			case thickness > maxRule:
				if len(in.page.shades) < maxRules && finite(r.x0, r.y0, r.x1, r.y1) {
					in.page.shades = append(in.page.shades, shade{r, in.state.fill})
				}
			case r.width() > r.height():
				y := (r.y0 + r.y1) / 2
				in.addRule(rect{r.x0, y, r.x1, y}, thickness)
			default:
				x := (r.x0 + r.x1) / 2
				in.addRule(rect{x, r.y0, x, r.y1}, thickness)
			}
		}
		start = end
	}
}

// rectangle reports whether the points are the corners of an upright one.
func rectangle(path []point) (rect, bool) {
	if n := len(path); n == 5 && path[0].x == path[4].x && path[0].y == path[4].y {
		path = path[:4]
	}
	if len(path) != 4 {
		return rect{}, false
	}
	r := rect{path[0].x, path[0].y, path[0].x, path[0].y}
	for i, p := range path {
		r = r.union(rect{p.x, p.y, p.x, p.y})
		q := path[(i+1)%4]
		if math.Abs(p.x-q.x) > 0.5 && math.Abs(p.y-q.y) > 0.5 {
			return rect{}, false
		}
	}
	return r, true
}

// turn rotates a point about the origin, counter-clockwise.
func turn(x, y float64, degrees int) (float64, float64) {
	switch degrees {
	case 0:
		return x, y
	case 90, -270:
		return -y, x
	case -90, 270:
		return y, -x
	case 180, -180:
		return -x, -y
	}
	sin, cos := math.Sincos(float64(degrees) * math.Pi / 180)
	return x*cos - y*sin, x*sin + y*cos
}

// snap rounds an angle to whole degrees, and to right angles when it is close.
func snap(degrees float64) int {
	a := int(math.Round(degrees))
	for _, right := range []int{0, 90, -90, 180, -180} {
		if abs(a-right) <= 4 {
			a = right
		}
	}
	if a == -180 {
		a = 180
	}
	return a
}

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.Abs(v) > 1e7 {
			return false
		}
	}
	return true
}
