package docx

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// Stores of the properties of a document, which have no item of their own.
const (
	coreStore = "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"
	appStore  = "{6668398D-A668-4E3E-A5EB-62B41D839F1}"
)

// Limits of one document; beyond them controls show their content.
const (
	maxStores   = 100     // XML items inside it
	maxBindings = 2000    // controls that are bound
	maxSteps    = 40      // of a path
	maxBound    = 1 << 20 // bytes of values
)

// bound is the value of a content control whose text is kept in another part.
type bound struct {
	text    string
	written bool
}

// boundTo is what a control of plain text shows by its w:dataBinding
// (ISO/IEC 29500-1, 17.5.2.6), which Word takes over its content: programs
// that fill templates write the value and leave the content as it was. It is
// nil when there is no value, or the path is more than names and numbers.
func (b *book) boundTo(sdtPr *office.Node) *bound {
	d := sdtPr.At("dataBinding")
	if d == nil || sdtPr.At("text") == nil {
		return nil
	}
	if b.bindings++; b.bindings > maxBindings {
		return nil
	}
	text := strings.TrimSpace(follow(b.store(d.Attr("storeItemID")), d.Attr("xpath")))
	if text == "" || b.boundText+len(text) > maxBound {
		return nil
	}
	b.boundText += len(text)
	return &bound{text: text}
}

// store is the root of an XML item by its id, read once.
func (b *book) store(id string) *office.Node {
	if b.stores == nil {
		b.stores = b.readStores()
	}
	return b.stores[strings.ToUpper(id)]
}

func (b *book) readStores() map[string]*office.Node {
	out := map[string]*office.Node{}
	read := func(name string) *office.Node {
		if name == "" {
			return nil
		}
		n, err := office.Parse(b.optional(name))
		if err != nil {
			return nil // the controls keep their content
		}
		return n
	}
	of := office.ReadRelations(b.arc, "")
	out[coreStore] = read(of.First("core-properties", "docProps/core.xml"))
	out[appStore] = read(of.First("extended-properties", "docProps/app.xml"))
	items := b.mainRels.Parts("customXml")
	for _, item := range items[:min(len(items), maxStores)] {
		props := read(office.ReadRelations(b.arc, item).First("customXmlProps", ""))
		if id := strings.ToUpper(props.Attr("itemID")); id != "" {
			out[id] = read(item)
		}
	}
	return out
}

// step matches one step of the paths that Word writes: "ns0:name[1]".
var step = pattern.Lazy(`^(?:[\w.-]+:)?([\w.-]+)(?:\[(\d{1,4})\])?$`)

// follow is the text that a path from the root leads to, "" when it leads
// nowhere.
func follow(root *office.Node, path string) string {
	steps := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if root == nil || len(steps) > maxSteps {
		return ""
	}
	n := &office.Node{Kids: []*office.Node{root}}
	for i, s := range steps {
		name, isAttr := strings.CutPrefix(s, "@")
		m := step().FindStringSubmatch(name)
		if m == nil {
			return ""
		}
		if isAttr {
			if i < len(steps)-1 {
				return ""
			}
			return n.Attr(m[1])
		}
		at, kids := 1, slices.Collect(n.Each(m[1]))
		if m[2] != "" {
			at, _ = strconv.Atoi(m[2])
		}
		if at < 1 || at > len(kids) {
			return ""
		}
		n = kids[at-1]
	}
	return n.Content()
}
