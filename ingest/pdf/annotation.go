package pdf

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Flags of annotations and of form fields (ISO 32000-1, tables 165, 226 and
// 228).
const (
	annotationHidden = 1<<1 | 1<<5 // hidden, or not on the screen
	fieldPassword    = 1 << 13
	fieldMultiline   = 1 << 12
	fieldPushButton  = 1 << 16
)

// Of a list or a combo box.
const (
	maxChosen  = 256
	maxOptions = 10_000
)

var errAnnotations = fmt.Errorf("more than %d annotations, the rest is left out", maxAnnotations)

// annotations draws what form fields and notes show on the page: a filled form
// is empty without them.
func (in *interpreter) annotations(list object, base matrix) error {
	needs := in.f.root().Key("AcroForm").Key("NeedAppearances").Number() == 1
	for i := range list.Len() {
		if i == maxAnnotations {
			return errAnnotations
		}
		if err := in.ctx.Err(); err != nil {
			return err
		}
		if in.ops++; in.ops > maxOps {
			return errOps
		}
		a := list.Index(i)
		if int(a.Key("F").Number())&annotationHidden != 0 || in.f.switchedOff(a.Key("OC")) {
			continue
		}
		kind := a.Key("Subtype").Text()
		if kind == "Popup" || kind == "Link" {
			continue
		}
		target, ok := toRect(a.Key("Rect"))
		if !ok {
			continue
		}
		in.breakWord()
		before := in.page.glyphs
		if kind == "Widget" && needs {
			if err := in.field(a, target, base); err != nil {
				return err
			}
			if in.page.glyphs > before {
				continue // what it shows is out of date
			}
		}
		if err := in.appearance(a, target, base); err != nil {
			return err
		}
		if in.page.glyphs > before {
			continue
		}
		var err error
		switch kind {
		case "Widget":
			err = in.field(a, target, base)
		case "FreeText":
			if a.Key("AP").Kind() == nullKind {
				err = in.write(textString(a.Key("Contents").Text()), target, base, fontSize(a.Key("DA").Text()), true)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// appearance draws an annotation's form into its rectangle: the one for the
// state it is in, when there are several. The text of a field that is too small
// for it is all read: people scroll to it.
func (in *interpreter) appearance(a object, target rect, base matrix) error {
	form := a.Key("AP").Key("N")
	if form.Kind() == dictKind {
		state := a.Key("AS").Text()
		if state == "" {
			state = inherited(a, "V").Text()
		}
		form = form.Key(state)
	}
	bbox, ok := toRect(form.Key("BBox"))
	if form.Kind() != streamKind || !ok || in.f.switchedOff(form.Key("OC")) {
		return nil
	}
	// ISO 32000-1, 12.5.5, algorithm 8.1.
	shown := toMatrix(form.Key("Matrix")).box(bbox)
	if shown.width() <= 0 || shown.height() <= 0 {
		return nil
	}
	sx, sy := target.width()/shown.width(), target.height()/shown.height()
	place := matrix{sx, 0, 0, sy, target.x0 - shown.x0*sx, target.y0 - shown.y0*sy}
	kind := inherited(a, "FT").Text()
	in.scrolls = kind == "Tx" || kind == "Ch"
	err := in.form(form, form.Key("Resources"), place.mul(base), 0)
	in.breakWord()
	in.scrolls = false
	return err
}

// inherited is an entry of a form field or of the fields above it.
func inherited(field object, key string) object {
	for range maxTreeDepth {
		if v := field.Key(key); v.Kind() != nullKind {
			return v
		}
		field = field.Key("Parent")
	}
	return field.Key(key)
}

// field writes the value of a form field: some writers leave that to the
// viewer.
func (in *interpreter) field(a object, target rect, base matrix) error {
	flags := int(inherited(a, "Ff").Number())
	text := ""
	switch inherited(a, "FT").Text() {
	case "Tx":
		if flags&fieldPassword == 0 {
			text = in.value(inherited(a, "V"))
		}
	case "Ch":
		text = in.choice(inherited(a, "V"), inherited(a, "Opt"))
	case "Btn":
		state := a.Key("AS").Text()
		switch {
		case flags&fieldPushButton != 0:
			text = textString(a.Key("MK").Key("CA").Text())
		case a.Key("AP").Kind() == nullKind && state != "" && state != "Off":
			text = "☒"
		}
	}
	if in.ops += len(text); strings.TrimSpace(text) == "" {
		return nil
	}
	return in.write(text, target, base, fontSize(inherited(a, "DA").Text()), flags&fieldMultiline != 0)
}

// value is the text of a value: a string, or a long one in a stream.
func (in *interpreter) value(v object) string {
	switch v.Kind() {
	case stringKind:
		return textString(v.Text())
	case streamKind:
		data, err := v.Data(maxCached)
		if err != nil {
			in.page.problem = "the value of a field: " + err.Error()
		}
		return textString(string(data))
	}
	return ""
}

// choice is what a list or a combo box shows for its value: options are texts,
// or pairs of a value and a text.
func (in *interpreter) choice(value, options object) string {
	chosen, listed := min(value.Len(), maxChosen), min(options.Len(), maxOptions)
	if in.ops += 4 * (chosen + listed); chosen < value.Len() || listed < options.Len() {
		in.page.problem = fmt.Sprintf("a list of more than %d options, or %d that are chosen: the rest is left out", maxOptions, maxChosen)
	}
	values := []string{in.value(value)}
	if value.Kind() == arrayKind {
		values = nil
		for i := range chosen {
			values = append(values, in.value(value.Index(i)))
		}
	}
	for i := range listed {
		if o := options.Index(i); o.Len() == 2 {
			if at := slices.Index(values, in.value(o.Index(0))); at >= 0 {
				values[at] = in.value(o.Index(1))
			}
		}
	}
	return strings.Join(values, "\n")
}

// fontSize is the size in a default appearance string, 0 when it is for the
// viewer to choose.
func fontSize(appearance string) float64 {
	l := lexer{data: []byte(appearance)}
	size, last := 0.0, operand{}
	for {
		v, op, ok := l.next()
		if !ok {
			return size
		}
		if op == "Tf" {
			size = last.num
		}
		last = v
	}
}

// write puts a text into a rectangle, wrapped when it has several lines.
func (in *interpreter) write(text string, target rect, base matrix, size float64, wrap bool) error {
	box := base.box(target)
	if !finite(box.x0, box.y0, box.x1, box.y1) {
		return nil
	}
	if size <= 1 || size > box.height() {
		size = min(max(box.height()*0.7, 4), 12)
	}
	y := box.y1 - size
	if !wrap {
		y = (box.y0+box.y1)/2 - 0.3*size
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(text, "\n") {
		x := box.x0
		for s := range strings.FieldsSeq(line) {
			width := 0.0
			for _, r := range s {
				width += standardWidth(&helvetica, r) / 1000 * size
			}
			if wrap && x > box.x0 && x+width > box.x1 {
				x, y = box.x0, y-1.15*size
			}
			if in.page.glyphs += len(s); in.page.glyphs > maxGlyphs {
				return errGlyphs
			}
			in.seq++
			w := in.newWord()
			*w = word{
				rect: rect{x, y - 0.2*size, x + width, y + 0.8*size}, base: y, size: size, text: visual(clean(s)), spaceAfter: true, seq: in.seq,
			}
			if w.text != "" && !math.IsInf(w.x1, 0) {
				in.frames[0] = append(in.frames[0], w)
			}
			x += width + 0.28*size
		}
		y -= 1.15 * size
	}
	return nil
}
