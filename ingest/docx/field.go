package docx

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
)

const (
	maxFields = 100  // inside one another
	maxCode   = 1000 // bytes of a field's code that are looked at
)

// field is one that has begun and not ended (ISO/IEC 29500-1, 17.16.18). Its
// code stands before the separator, its result behind.
type field struct {
	code   string
	result bool
	out    bool   // its result is left out
	form   string // what a form field shows without a result
	wrote  bool   // the result has text
}

// unbalanced reports whether a part begins more fields than it ends, so that a
// field cannot be trusted beyond its paragraph.
func unbalanced(data []byte) bool {
	return bytes.Count(data, []byte(`fldCharType="begin"`)) != bytes.Count(data, []byte(`fldCharType="end"`))
}

// inField reports whether text that comes now is no text of the document: a
// field's code, or a result that is left out.
func (w *walker) inField() bool {
	for _, f := range *w.fields {
		if !f.result || f.out {
			return true
		}
	}
	return false
}

// leftOut reports whether a field's result says nothing of its own: the table
// of contents, and in headers and footers the number of the page; or is not
// shown, as what SET and ASK store and the marks for indexes.
func (w *walker) leftOut(code string) bool {
	name := ""
	if words := strings.Fields(code); len(words) > 0 {
		name = strings.ToUpper(words[0])
	}
	switch name {
	case "TOC", "SET", "ASK", "XE", "TC", "TA", "RD", "PRIVATE":
		return true
	case "PAGE", "NUMPAGES", "SECTIONPAGES":
		return w.edge
	}
	return false
}

// fieldChar reads a w:fldChar and returns the text that it stands for.
func (w *walker) fieldChar(x *ingest.XML, e xml.StartElement) (string, error) {
	n, err := office.Tree(x, e)
	if err != nil {
		return "", err
	}
	all := *w.fields
	switch n.Attr("fldCharType") {
	case "begin":
		if len(all) < maxFields {
			*w.fields = append(all, field{form: formText(n.At("ffData"))})
		}
	case "separate":
		if len(all) > 0 {
			f := &all[len(all)-1]
			f.result, f.out = true, w.leftOut(f.code)
		}
	case "end":
		if len(all) == 0 {
			return "", nil
		}
		f := all[len(all)-1]
		*w.fields = all[:len(all)-1]
		switch {
		case w.inField():
		case !f.result:
			return f.alone(), nil
		case !f.wrote:
			return f.form, nil
		}
	}
	return "", nil
}

// instruction adds to the code of the innermost field.
func (w *walker) instruction(text string) {
	if all := *w.fields; len(all) > 0 {
		if f := &all[len(all)-1]; !f.result && len(f.code)+len(text) <= maxCode {
			f.code += text
		}
	}
}

// alone is what a field without a result shows.
func (f field) alone() string {
	if f.form != "" {
		return f.form
	}
	if formula, ok := flow.Equation(f.code); ok {
		return formula
	}
	words := strings.Fields(f.code)
	if len(words) < 2 {
		return ""
	}
	switch strings.ToUpper(words[0]) {
	case "MACROBUTTON":
		return strings.Join(words[2:], " ")
	case "SYMBOL":
		code, err := strconv.ParseInt(strings.ToLower(words[1]), 0, 32)
		if err != nil {
			return ""
		}
		font := ""
		if _, after, ok := strings.Cut(f.code, `\f`); ok {
			if parts := strings.SplitN(after, `"`, 3); len(parts) == 3 {
				font = parts[1]
			}
		}
		if font != "" && !office.IsSymbolFont(font) {
			return string(rune(code))
		}
		return office.Symbol(font, rune(code))
	}
	return ""
}

// formText is what a drop-down list or check box shows.
func formText(n *office.Node) string {
	if list := n.At("ddList"); list != nil {
		chosen := 0
		for _, name := range []string{"default", "result"} {
			if r := list.At(name); r != nil {
				chosen = office.Integer(r.Attr("val"), 0, maxFields)
			}
		}
		i := 0
		for entry := range list.Each("listEntry") {
			if i == chosen {
				return entry.Attr("val")
			}
			i++
		}
	}
	if box := n.At("checkBox"); box != nil {
		for _, name := range []string{"checked", "default"} {
			if c := box.At(name); c != nil {
				if office.IsOn(c.Attr("val")) {
					return "☒"
				}
				return "☐"
			}
		}
		return "☐"
	}
	return ""
}
