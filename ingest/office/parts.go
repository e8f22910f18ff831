package office

import (
	"encoding/xml"
	"fmt"
	"path"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// maxRelations bounds the relations of one part.
const maxRelations = 100_000

// Relation is a link from one part of an Office Open XML package to another.
type Relation struct {
	ID   string
	Kind string // last step of the type's address: "image", "footnotes"
	Part string // the target's name in the package
}

// Relations are the links of one part to other parts. The zero value has none.
type Relations struct {
	byID map[string]string
	all  []Relation // in the order of the file
}

// ReadRelations are the links of a part; name "" asks for those of the
// package itself. Damaged ones give what could be read.
func ReadRelations(arc *ingest.Archive, name string) Relations {
	dir, base := path.Split(name)
	out := Relations{byID: map[string]string{}}
	data, err := arc.Part(dir + "_rels/" + base + ".rels")
	if err != nil {
		return out
	}
	x := ingest.NewXML(data)
	for len(out.all) < maxRelations {
		tok, err := x.Token()
		if err != nil {
			break
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || strings.EqualFold(Attr(e, "TargetMode"), "External") {
			continue
		}
		target := strings.ReplaceAll(Attr(e, "Target"), `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/", dir, target)
		}
		r := Relation{ID: Attr(e, "Id"), Kind: path.Base(Attr(e, "Type")), Part: strings.TrimPrefix(path.Clean(target), "/")}
		out.all = append(out.all, r)
		if _, twice := out.byID[r.ID]; !twice {
			out.byID[r.ID] = r.Part
		}
	}
	return out
}

// None reports whether there are no links at all.
func (r Relations) None() bool { return len(r.all) == 0 }

// Part is the target of a relation id, "" when there is none.
func (r Relations) Part(id string) string { return r.byID[id] }

// Parts are the targets of a kind in the order of the file, each once.
func (r Relations) Parts(kind string) []string {
	var out []string
	seen := map[string]bool{}
	for _, rel := range r.all {
		if rel.Kind == kind && !seen[rel.Part] {
			seen[rel.Part] = true
			out = append(out, rel.Part)
		}
	}
	return out
}

// First is the first target of a kind, or else when there is none.
func (r Relations) First(kind, otherwise string) string {
	for _, rel := range r.all {
		if rel.Kind == kind {
			return rel.Part
		}
	}
	return otherwise
}

// MainPart is the part that the package's relations, else its content types,
// call the document; usual when neither does. mark is a piece of its content
// type, as "wordprocessingml.".
func MainPart(arc *ingest.Archive, mark, usual string) string {
	if name := ReadRelations(arc, "").First("officeDocument", ""); name != "" && arc.Has(name) {
		return name
	}
	if arc.Has(usual) {
		return usual
	}
	data, err := arc.Part("[Content_Types].xml")
	if err != nil {
		return usual
	}
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return usual
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "Override" {
			if kind := Attr(e, "ContentType"); strings.Contains(kind, mark) && strings.HasSuffix(kind, ".main+xml") {
				return strings.TrimPrefix(Attr(e, "PartName"), "/")
			}
		}
	}
}

// programTitle matches titles that programs put in unasked.
var programTitle = pattern.Lazy(`(?i)^(powerpoint[- ]?(presentation|presentasjon|præsentation|präsentation|esitys)|presentation|presentasjon|word document|untitled|slide 1|microsoft (word|powerpoint) - .*)$`)

// CoreTitle is the title in the properties of a document (docProps/core.xml or
// meta.xml), "" without one that a person gave.
func CoreTitle(data []byte) string {
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return ""
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "title" {
			n, err := Tree(x, e)
			if err != nil {
				return ""
			}
			return HumanTitle(n.Content())
		}
	}
}

// HumanTitle is a title in one line, "" when a program put it in unasked.
func HumanTitle(s string) string {
	if s = oneLine(s); programTitle().MatchString(s) {
		return ""
	}
	return s
}

// Limits of one document.
const (
	maxBlocks = 200_000
	maxBytes  = 64 << 20 // of text, repeated cells counted as often as they show
	maxCells  = 500_000
)

// Budget counts what a document has come to, over all its parts. Its zero
// value is ready for use.
type Budget struct {
	blocks, bytes, cells int
}

// Spend counts one block, or says with an error wrapping [ingest.ErrTooLarge]
// that the document is over 200,000 blocks or 64 MB of text.
func (b *Budget) Spend(block ingest.Block) error {
	b.blocks++
	return b.Text(len(block.Text))
}

// Text counts bytes of text.
func (b *Budget) Text(n int) error {
	b.bytes += n
	if b.blocks > maxBlocks || b.bytes > maxBytes {
		return fmt.Errorf("more than %d paragraphs or %d MB of text: %w", maxBlocks, maxBytes>>20, ingest.ErrTooLarge)
	}
	return nil
}

// cell counts a cell as it shows and is false when there were too many.
func (b *Budget) cell(text string) bool {
	b.cells++
	b.bytes += len(text)
	return b.cells <= maxCells && b.bytes <= maxBytes
}
