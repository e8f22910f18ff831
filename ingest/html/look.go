package html

import (
	"cmp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// unknown is a colour that something states which is not read here.
const unknown = "?"

// shades are colours of a text and of what is behind it; "" where none is
// stated.
type shades struct{ front, back string }

// over is s with what it does not state taken from t.
func (s shades) over(t shades) shades {
	return shades{cmp.Or(s.front, t.front), cmp.Or(s.back, t.back)}
}

// where is s for what t states.
func (s shades) where(t shades) shades {
	if t.front == "" {
		s.front = ""
	}
	if t.back == "" {
		s.back = ""
	}
	return s
}

// sheets are what style sheets say of colours, by what they call an element:
// "p", ".class", "#id".
type sheets struct {
	plain    map[string]shades
	some     map[string]shades // by selectors that are not worked out; "*" for any element
	strong   map[string]bool   // that go before an element's own style
	quirks   bool              // tables do not take the colour of what is around them
	external bool              // there are some that are not in the page
	scripted bool              // programs may style what has a name
}

var (
	blocks     = pattern.Lazy(`([^{}]+)\{([^{}]*)\}`)
	single     = pattern.Lazy(`^[.#]?[\w-]+$`)
	named      = pattern.Lazy(`[.#]?[\w-]+`)
	conditions = pattern.Lazy(`@(?:media|supports|layer|container|scope|document|[a-z-]*keyframes)`)
	comments   = pattern.Lazy(`(?s)/\*.*?\*/|<!--|-->`)
	// placed are styles by which a text may come to stand on something else
	// than what is around it, or shows without a colour of its own.
	placed = pattern.Lazy(`position:(?:absolute|fixed|relative|sticky)|z-index:|transform:|margin[a-z-]*:[^;]*-\d|grid-(?:area|row|column):|(?:^|[;-])filter:|blend-mode:|text-shadow:|text-stroke|text-fill|background-clip`)
)

// take reads the colours of a style sheet.
func (s *sheets) take(sheet string) {
	if len(sheet) > 1<<20 || strings.Contains(sheet, "@import") {
		s.external = true
		return
	}
	sheet = comments().ReplaceAllString(sheet, " ")
	media := len(sheet)
	if m := conditions().FindStringIndex(sheet); m != nil {
		media = m[0]
	}
	for _, m := range blocks().FindAllStringSubmatchIndex(sheet, -1) {
		style := plain(sheet[m[4]:m[5]])
		said := shades{}
		said.front, said.back = stated(style)
		if said.back == "" && placed().MatchString(style) {
			said.back = unknown
		}
		if said == (shades{}) {
			continue
		}
		for selector := range strings.SplitSeq(sheet[m[2]:m[3]], ",") {
			s.add(strings.TrimSpace(selector), said, m[0] >= media, strings.Contains(style, "!important"))
		}
	}
}

func (s *sheets) add(selector string, said shades, sometimes, strong bool) {
	if !sometimes && single().MatchString(selector) {
		key := keyOf(selector)
		s.plain[key] = said.over(s.plain[key])
		s.strong[key] = s.strong[key] || strong
		return
	}
	last := selector[strings.LastIndexAny(selector, " >+~")+1:]
	last, _, _ = strings.Cut(last, ":") // what is drawn before it or when it is pointed at
	last, _, _ = strings.Cut(last, "[")
	keys := named().FindAllString(last, -1)
	if len(keys) == 0 {
		keys = []string{"*"}
	}
	mark := shades{}
	if said.front != "" {
		mark.front = unknown
	}
	if said.back != "" {
		mark.back = unknown
	}
	for _, k := range keys {
		s.some[keyOf(k)] = mark.over(s.some[keyOf(k)])
		s.strong[keyOf(k)] = s.strong[keyOf(k)] || strong
	}
}

// keyOf is what an element is looked up by: the names of elements in lower case.
func keyOf(selector string) string {
	if strings.HasPrefix(selector, ".") || strings.HasPrefix(selector, "#") {
		return selector
	}
	return strings.ToLower(selector)
}

// of is what is stated for an element: by its own style, by style sheets, and
// by attributes of the older kind. own says what its style states itself.
func (s *sheets) of(n *html.Node) (all, own shades) {
	if style := plain(attr(n, "style")); style != "" {
		own.front, own.back = stated(style)
		if own.back == "" && placed().MatchString(style) {
			own.back = unknown
		}
	}
	old := shades{}
	old.front, old.back = presented(n)
	if len(s.plain)+len(s.some) == 0 {
		return own.over(old), own
	}
	keys := []string{}
	if id := attr(n, "id"); id != "" {
		keys = append(keys, "#"+id)
	}
	for name := range strings.FieldsSeq(attr(n, "class")) {
		keys = append(keys, "."+name)
	}
	keys = append(keys, n.Data, "*")
	var some, sheet shades
	for _, k := range keys {
		some = some.over(s.some[k])
		sheet = sheet.over(s.plain[k])
		if s.strong[k] {
			own = shades{front: unknown, back: unknown}.where(own)
		}
	}
	return own.over(some).over(sheet).over(old), own
}

// styledElsewhere reports whether what is not read may style an element by its
// name.
func (s *sheets) styledElsewhere(n *html.Node) bool {
	return (s.external || s.scripted) && (attr(n, "class") != "" || attr(n, "id") != "")
}

// state is how the text of an element looks.
type state struct {
	ink, back string // back is white where nothing is stated
	sure      bool   // nothing that is not read may change the ground
	inked     bool   // nor the ink
}

// in is the state inside an element.
func (s *sheets) in(n *html.Node, around state) state {
	said, own := s.of(n)
	elsewhere := s.styledElsewhere(n)
	out := around
	switch {
	case own.front != "" && own.front != unknown:
		out.ink, out.inked = own.front, true
	case said.front != "":
		out.ink, out.inked = said.front, !elsewhere
	default:
		out.inked = out.inked && !elsewhere
	}
	switch {
	case said.front != "":
	case n.DataAtom == atom.Table:
		out.inked = out.inked && !s.quirks
	case inks(n):
		out.ink = ""
	}
	switch {
	case said.back == unknown:
		out.sure = false
	case own.back != "" && own.back != unknown:
		out.back, out.sure = own.back, true
	case said.back != "":
		out.back, out.sure = said.back, !elsewhere
	default:
		out.sure = out.sure && !elsewhere
	}
	return out
}

// inks reports whether browsers give the text of an element a colour of its
// own, or a table that of the page.
func inks(n *html.Node) bool {
	switch n.DataAtom {
	case atom.A:
		return attr(n, "href") != ""
	case atom.Mark, atom.Button, atom.Select, atom.Input, atom.Textarea, atom.Table:
		return true
	}
	return false
}

// sight is whether people see a text.
type sight int

const (
	seen sight = iota
	doubtful
	unseen
)

func (s state) sight() sight {
	switch {
	case s.ink == "" || s.ink == unknown || s.ink != s.back:
		return seen
	case s.sure && s.inked:
		return unseen
	}
	return doubtful
}
