package rtf

import (
	"encoding/xml"
	"strings"

	"github.com/sufflor/sufflor/ingest/office"
)

// maxFormula bounds the parts of one formula; text beyond them joins the part
// around it.
const maxFormula = 100_000

// formulaPart begins an element of a formula, if name is that of one. RTF has
// the elements of Office Math under their names with an m before.
func (p *parser) formulaPart(name string) bool {
	s := &p.state
	if s.into != intoText || len(name) < 2 || name[0] != 'm' || s.formula == nil && name != "moMath" || p.parts >= maxFormula {
		return false
	}
	p.flush()
	part := &office.Node{Name: name[1:]}
	if s.formula != nil {
		s.formula.Kids = append(s.formula.Kids, part)
	}
	s.formula = part
	p.parts++
	return true
}

// formulaText adds text to the part of a formula being read.
func (p *parser) formulaText(text string) {
	part := p.state.formula
	if n := len(part.Kids); n > 0 && part.Kids[n-1].Name == "t" {
		part.Kids[n-1].Kids[0].Text += text
		return
	}
	if p.parts++; p.parts < 2*maxFormula {
		part.Kids = append(part.Kids, &office.Node{Name: "t", Kids: []*office.Node{{Text: text}}})
	}
}

// endFormula ends a part. Those of properties are their text; the whole formula
// becomes text.
func (p *parser) endFormula(was state) {
	switch {
	case was.formula == nil || was.formula == p.state.formula:
	case p.state.formula == nil:
		p.parts = 0
		p.write(office.Math(was.formula))
	case strings.HasSuffix(p.state.formula.Name, "Pr"):
		var text strings.Builder
		for _, k := range was.formula.Kids {
			if k.Name == "t" {
				text.WriteString(k.Kids[0].Text)
			}
		}
		was.formula.Attrs = []xml.Attr{{Name: xml.Name{Local: "val"}, Value: strings.TrimSpace(text.String())}}
	}
}
