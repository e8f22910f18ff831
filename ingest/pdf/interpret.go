package pdf

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// interpreter runs a page's content streams and collects words and rules.
type interpreter struct {
	ctx  context.Context //nolint:containedctx // lives for one call of file.interpret
	f    *file
	page *page

	state  state
	stack  []state
	marked []mark
	ops    int
	forms  int

	path    []point // of the current path, moves told apart
	curved  bool
	current *builder
	seen    map[string][]*word // by text, to drop what is painted twice
	frames  map[int][]*word    // by angle
	seq     int
	hidden  int // marked content that is switched off, in each other
}

// state is the graphics and text state that q and Q save.
type state struct {
	ctm       matrix
	font      *font
	size      float64
	charSpace float64
	wordSpace float64
	scale     float64 // Tz / 100
	leading   float64
	rise      float64
	bold      bool // glyphs are filled and stroked
	weight    float64
	fill      string // colour, as written
	tm, tlm   matrix
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
	word  *word
	text  strings.Builder
	angle int
	end   float64 // where its last glyph ends, in its frame
	last  float64 // where its last glyph begins
	tail  string  // text of its last glyph
}

var (
	errGlyphs = errors.New("more than 1,000,000 glyphs, the rest is left out")
	errOps    = errors.New("more than 5,000,000 operators, the rest is left out")
	errForms  = errors.New("more than 10,000 form calls, the rest is left out")
)

// run interprets a content stream.
func (in *interpreter) run(data []byte, resources object, ctm matrix, depth int) error {
	saved, savedStack, savedMarks := in.state, in.stack, in.marked
	font, size := saved.font, saved.size // a form inherits them
	in.state = state{ctm: ctm, font: font, size: size, scale: 1, weight: 1, fill: saved.fill, tm: identity, tlm: identity}
	in.stack, in.marked = nil, nil
	if depth > 0 {
		in.state.charSpace, in.state.wordSpace = saved.charSpace, saved.wordSpace
		in.state.scale, in.state.leading, in.state.rise = saved.scale, saved.leading, saved.rise
		in.marked = savedMarks
	}
	defer func() {
		for range max(0, len(in.marked)-len(savedMarks)) {
			in.endMark()
		}
		in.state, in.stack, in.marked = saved, savedStack, savedMarks
		in.path, in.curved = nil, false
	}()
	fonts := resources.Key("Font")
	scope := &scope{resources: resources, fonts: fonts, fontsID: fonts.ID(), depth: depth}
	l := lexer{data: data}
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
			in.page.images++
		} else if err := in.do(op, args, scope); err != nil {
			return err
		}
		args = args[:0]
	}
}

// scope is what the names in a content stream refer to.
type scope struct {
	resources object
	fonts     object
	fontsID   string
	depth     int
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
	case "g", "rg", "k", "sc", "scn":
		s.fill = color(args)
	case "cs":
		s.fill = ""
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
		s.bold = num(0) == 2
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
		for _, item := range args[0].list {
			if item.kind == stringKind {
				if err := in.show(item.str); err != nil {
					return err
				}
			} else {
				s.tm = matrix{1, 0, 0, 1, -item.num / 1000 * s.size * s.scale, 0}.mul(s.tm)
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

// color is a fill colour as a key; white is "".
func color(args []operand) string {
	var out strings.Builder
	white := len(args) == 1 || len(args) == 3
	black := true // in four colours, none of them is white
	for _, a := range args {
		white = white && a.kind == numberKind && a.num > 0.99
		black = black && a.kind == numberKind && a.num < 0.01
		out.WriteString(a.str)
		out.WriteByte(byte(max(0, min(a.num, 1)) * 255))
	}
	if white || len(args) == 4 && black {
		return ""
	}
	return out.String()
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
}

// font is the font that a content stream calls by name. It is found by the
// text of the dictionary around it, without resolving the font again.
func (f *file) font(sc *scope, name string) *font {
	key := sc.fontsID + "/" + name
	if ft, ok := f.fonts[key]; ok {
		return ft
	}
	ft := f.loadFont(sc.fonts.Key(name))
	f.fonts[key] = ft
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
		in.page.images++
		return nil
	case "Form":
	default:
		return nil
	}
	if in.f.off[x.Key("OC").ID()] && x.Key("OC").Kind() == dictKind {
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
	return in.run(data, resources, toMatrix(x.Key("Matrix")).mul(ctm), max(depth, 1))
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
			m.hidden = args[0].str == "OC" && properties.Kind() == dictKind && in.f.off[properties.ID()]
		} else if a, ok := args[1].key("ActualText"); ok && a.kind == stringKind {
			m.actual, m.replace = textString(a.str), true
		}
	}
	if m.hidden {
		in.hidden++
	}
	if len(in.marked) < maxStates {
		in.marked = append(in.marked, m)
	}
}

func (in *interpreter) endMark() {
	n := len(in.marked)
	if n == 0 {
		return
	}
	if in.marked[n-1].hidden {
		in.hidden--
	}
	in.marked = in.marked[:n-1]
}

// show paints a string.
func (in *interpreter) show(raw string) error {
	s := &in.state
	if s.font == nil {
		s.font = in.f.loadFont(in.f.trailer().Key(""))
	}
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
			in.add(in.replaced(g.text), g.width*s.size*s.scale)
		}
		s.tm = matrix{1, 0, 0, 1, advance * s.scale, 0}.mul(s.tm)
	}
	return nil
}

// replaced is the text of a glyph inside of marked content with ActualText: the
// first glyph stands for all of it.
func (in *interpreter) replaced(text string) string {
	for i := range in.marked {
		m := &in.marked[i]
		if !m.replace {
			continue
		}
		if m.painted {
			return ""
		}
		m.painted = true
		return m.actual
	}
	return text
}

// add puts a glyph at the current place into a word.
func (in *interpreter) add(text string, width float64) {
	s := &in.state
	trm := matrix{1, 0, 0, 1, 0, s.rise}.mul(s.tm).mul(s.ctm)
	x0, y0 := trm.apply(0, 0)
	x1, y1 := trm.apply(width, 0)
	if !finite(x0, y0, x1, y1) {
		return
	}
	em := math.Hypot(trm[2], trm[3]) * math.Abs(s.size) * s.font.em
	direction := s.size
	if direction == 0 || em == 0 {
		return
	}
	radians := math.Atan2(trm[1]*sign(direction), trm[0]*sign(direction))
	angle := snap(radians * 180 / math.Pi)
	// In the frame of its angle, text runs from left to right.
	u0, v0 := turn(x0, y0, -angle)
	u1, _ := turn(x1, y1, -angle)
	if u1 < u0 {
		u0, u1 = u1, u0
	}
	if strings.TrimFunc(text, unicode.IsSpace) == "" {
		if text != "" && in.current != nil && in.current.angle == angle {
			in.current.word.spaceAfter = true
			in.breakWord()
		}
		if text != "" {
			return
		}
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		in.page.unreadable++
	}
	in.append(text, angle, u0, v0, u1, em)
}

func (in *interpreter) append(text string, angle int, u0, v0, u1, em float64) {
	s, painted := &in.state, text
	b := in.current
	if b != nil && (b.angle != angle || !b.follows(u0, v0, em)) {
		in.breakWord()
		b = nil
	}
	box := rect{u0, v0 - s.font.descent*em, u1, v0 + s.font.ascent*em}
	bold := s.font.bold || s.bold
	if b == nil {
		if text == "" {
			return
		}
		in.seq++
		b = &builder{angle: angle, word: &word{rect: box, base: v0, size: em, bold: bold, seq: in.seq}}
		in.current = b
	} else {
		if text == b.tail && math.Abs(u0-b.last) < 0.1*em && math.Abs(v0-b.word.base) < 0.1*em {
			return // painted twice to look bold
		}
		if raised(v0-b.word.base, em, b.word.size) {
			text = superscript(text)
		}
		if em > b.word.size*1.05 { // the marks before it were raised or small
			b.word.base, b.word.size = v0, em
		}
		b.word.rect = b.word.union(box)
		b.word.bold = b.word.bold && bold
	}
	for _, r := range text {
		if validRune(r) || r == utf8.RuneError {
			b.text.WriteRune(r)
		}
	}
	b.last, b.end, b.tail = u0, u1, painted
}

// maxGap is how far apart the glyphs of a word may stand, in em.
const maxGap = 0.13

// follows reports whether a glyph at u, v goes on the word.
func (b *builder) follows(u, v, em float64) bool {
	size := max(em, b.word.size)
	gap := u - b.end
	if gap > maxGap*size || gap < -0.5*size && math.Abs(u-b.last) > 0.1*size {
		return false
	}
	off := math.Abs(v - b.word.base)
	return off < 0.1*size || off < 0.5*size && min(em, b.word.size) < 0.85*size
}

// breakWord ends the current word.
func (in *interpreter) breakWord() {
	b := in.current
	in.current = nil
	if b == nil {
		return
	}
	w := b.word
	w.text = expandLigatures(b.text.String())
	if w.text == "" || in.outside(w, b.angle) || in.painted(w, b.angle) {
		return
	}
	in.frames[b.angle] = append(in.frames[b.angle], w)
}

// outside reports whether a word is beyond the edges of the page.
func (in *interpreter) outside(w *word, angle int) bool {
	x, y := turn((w.x0+w.x1)/2, w.base, angle)
	return x < -w.size || y < -w.size || x > in.page.width+w.size || y > in.page.height+w.size
}

// painted reports whether the same word stands at the same place already.
func (in *interpreter) painted(w *word, angle int) bool {
	for _, old := range in.seen[w.text] {
		if math.Abs(old.x0-w.x0) < 0.1*w.size && math.Abs(old.base-w.base) < 0.1*w.size {
			old.bold = true
			return true
		}
	}
	if angle == 0 && len(in.seen[w.text]) < 64 {
		in.seen[w.text] = append(in.seen[w.text], w)
	}
	return false
}

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
		if a%90 == 0 && len(in.frames[a]) > 2*len(in.frames[p.angle]) {
			p.angle = a
		}
	}
	for _, a := range angles {
		if a == p.angle {
			p.words = in.frames[a]
		} else {
			p.turned = append(p.turned, turned{angle: a, words: in.frames[a]})
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
		in.path, in.curved = in.path[:0], false
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
	if in.hidden > 0 || in.curved {
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

// expandLigatures writes "ﬁ" as "fi". Other compatibility characters stay as
// they are: "m³" must not become "m3".
func expandLigatures(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0xFB00 && r <= 0xFB06 }) {
		return s
	}
	return ligatures.Replace(s)
}

var ligatures = strings.NewReplacer(
	"ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st",
)
