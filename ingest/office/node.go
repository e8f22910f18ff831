// Package office holds what word processing and presentation files have in
// common: parts and their relations, charts and diagrams, formulas in one
// line, symbol fonts, list numbers and the laying out of tables with merged
// cells. It knows no file format as a whole.
package office

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

// maxNodes bounds an element that is kept in memory as a whole: a slide, a
// chart, a formula. A Node takes some 150 bytes.
const maxNodes = 500_000

// Node is an XML element with all that is in it, or a piece of text (Name is
// then empty). Prefixes and namespaces are left out: transitional and strict
// files differ in them and in nothing else that matters here.
type Node struct {
	Name  string
	Text  string // of a piece of text only
	Attrs []xml.Attr
	Kids  []*Node
}

// Parse is the root element of a part. What is damaged gives the elements up
// to the fault together with the error.
func Parse(data []byte) (*Node, error) {
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if errors.Is(err, io.EOF) {
			return &Node{}, fmt.Errorf("no XML element: %w", ingest.ErrDamaged)
		}
		if err != nil {
			return &Node{}, err
		}
		if e, ok := tok.(xml.StartElement); ok {
			return Tree(x, e)
		}
	}
}

// Tree reads the element whose start was read last, up to 500,000 nodes, above
// which the error wraps [ingest.ErrTooLarge]. Only the first of the variants of
// an mc:AlternateContent is kept, in its place.
func Tree(x *ingest.XML, start xml.StartElement) (*Node, error) {
	left := maxNodes
	n := newNode(start)
	err := n.fill(x, &left)
	return n, err
}

// Each calls see for the start of each element directly inside the one whose
// start was read last, up to its end; see reads the element to its end. Text
// between them is passed over. An error of see or of the XML ends it.
func Each(x *ingest.XML, see func(e xml.StartElement) error) error {
	for {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if err := see(e); err != nil {
				return err
			}
		}
	}
}

// newNode copies the attributes: the decoder's are its own until the next token.
func newNode(e xml.StartElement) *Node {
	return &Node{Name: e.Name.Local, Attrs: e.Copy().Attr}
}

func (n *Node) fill(x *ingest.XML, left *int) error {
	for {
		tok, err := x.Token()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("element %s ends early: %w", n.Name, ingest.ErrDamaged)
		}
		if err != nil {
			return err
		}
		if *left--; *left < 0 {
			return fmt.Errorf("more than %d XML elements in one piece: %w", maxNodes, ingest.ErrTooLarge)
		}
		switch e := tok.(type) {
		case xml.EndElement:
			n.collapse()
			return nil
		case xml.CharData:
			n.Kids = append(n.Kids, &Node{Text: string(e)})
		case xml.StartElement:
			kid := newNode(e)
			n.Kids = append(n.Kids, kid)
			if err := kid.fill(x, left); err != nil {
				return err
			}
		}
	}
}

// collapse puts the content of the first variant where an AlternateContent is.
func (n *Node) collapse() {
	found := false
	for _, k := range n.Kids {
		found = found || k.Name == "AlternateContent"
	}
	if !found {
		return
	}
	var kids []*Node
	for _, k := range n.Kids {
		if k.Name != "AlternateContent" {
			kids = append(kids, k)
			continue
		}
		for _, v := range k.Kids {
			if v.Name == "Choice" || v.Name == "Fallback" {
				kids = append(kids, v.Kids...)
				break
			}
		}
	}
	n.Kids = kids
}

// Attr is the value of the attribute with a local name, "" without one. A nil
// node has none.
func (n *Node) Attr(name string) string {
	if n == nil {
		return ""
	}
	return attr(n.Attrs, name)
}

func attr(all []xml.Attr, name string) string {
	for _, a := range all {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Attr is the value of a start element's attribute with a local name.
func Attr(e xml.StartElement, name string) string { return attr(e.Attr, name) }

// At follows a path of element names and is nil where it ends early. It may be
// called on nil.
func (n *Node) At(path ...string) *Node {
	for _, name := range path {
		if n = n.kid(name); n == nil {
			return nil
		}
	}
	return n
}

func (n *Node) kid(name string) *Node {
	if n == nil {
		return nil
	}
	for _, k := range n.Kids {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Each yields the elements of a name directly inside n, which may be nil.
func (n *Node) Each(name string) iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		if n == nil {
			return
		}
		for _, k := range n.Kids {
			if k.Name == name && !yield(k) {
				return
			}
		}
	}
}

// All yields the elements of a name anywhere below n in document order, but
// not those inside one another.
func (n *Node) All(name string) iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.all(name, yield) }
}

func (n *Node) all(name string, yield func(*Node) bool) bool {
	if n == nil {
		return true
	}
	for _, k := range n.Kids {
		if k.Name == name {
			if !yield(k) {
				return false
			}
		} else if !k.all(name, yield) {
			return false
		}
	}
	return true
}

// First is the first element of a name below n, or nil.
func (n *Node) First(name string) *Node {
	for k := range n.All(name) {
		return k
	}
	return nil
}

// Content is all text below n as it stands.
func (n *Node) Content() string {
	var b strings.Builder
	n.content(&b)
	return b.String()
}

func (n *Node) content(b *strings.Builder) {
	if n == nil {
		return
	}
	b.WriteString(n.Text)
	for _, k := range n.Kids {
		k.content(b)
	}
}

// IsOn reads a switch such as val="0"; one without a value is on.
func IsOn(value string) bool {
	switch value {
	case "0", "false", "off", "none":
		return false
	}
	return true
}
