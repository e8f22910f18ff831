package pdf

import (
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

// annotations draws what form fields and notes show on the page: a filled form
// is empty without them.
func (in *interpreter) annotations(list object, base matrix) error {
	needs := in.f.root().Key("AcroForm").Key("NeedAppearances").Number() == 1
	for i := range min(list.Len(), maxAnnotations) {
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
		if kind == "Widget" && needs && in.field(a, target, base) {
			continue // what it shows is out of date
		}
		before := in.page.glyphs
		if err := in.appearance(a, target, base); err != nil {
			return err
		}
		if in.page.glyphs > before {
			continue
		}
		switch kind {
		case "Widget":
			in.field(a, target, base)
		case "FreeText":
			if a.Key("AP").Kind() == nullKind {
				in.write(textString(a.Key("Contents").Text()), target, base, fontSize(a.Key("DA").Text()), true)
			}
		}
	}
	return nil
}

// appearance draws an annotation's form into its rectangle: the one for the
// state it is in, when there are several.
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
	return in.form(form, form.Key("Resources"), place.mul(base), 0)
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
// viewer. It reports whether there was one.
func (in *interpreter) field(a object, target rect, base matrix) bool {
	flags := int(inherited(a, "Ff").Number())
	text := ""
	switch inherited(a, "FT").Text() {
	case "Tx":
		if flags&fieldPassword == 0 {
			text = valueText(inherited(a, "V"))
		}
	case "Ch":
		text = choiceText(inherited(a, "V"), inherited(a, "Opt"))
	case "Btn":
		state := a.Key("AS").Text()
		switch {
		case flags&fieldPushButton != 0:
			text = textString(a.Key("MK").Key("CA").Text())
		case a.Key("AP").Kind() == nullKind && state != "" && state != "Off":
			text = "☒"
		}
	}
	if strings.TrimSpace(text) == "" {
		return false
	}
	in.write(text, target, base, fontSize(inherited(a, "DA").Text()), flags&fieldMultiline != 0)
	return true
}

// valueText is the text of a value: a string, or a long one in a stream.
func valueText(v object) string {
	switch v.Kind() {
	case stringKind:
		return textString(v.Text())
	case streamKind:
		data, err := v.Data(maxCached)
		if err != nil {
			return ""
		}
		return textString(string(data))
	}
	return ""
}

// choiceText is what a list or a combo box shows for its value: options are
// texts, or pairs of a value and a text.
func choiceText(value, options object) string {
	values := []string{valueText(value)}
	if value.Kind() == arrayKind {
		values = nil
		for i := range min(value.Len(), 256) {
			values = append(values, valueText(value.Index(i)))
		}
	}
	for i := range min(options.Len(), 10_000) {
		if o := options.Index(i); o.Len() == 2 {
			if at := slices.Index(values, valueText(o.Index(0))); at >= 0 {
				values[at] = valueText(o.Index(1))
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
func (in *interpreter) write(text string, target rect, base matrix, size float64, wrap bool) {
	box := base.box(target)
	if !finite(box.x0, box.y0, box.x1, box.y1) {
		return
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
				return
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
}
