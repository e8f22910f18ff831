package html

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// closed matches elements that XHTML may write without content and HTML may
// not: a browser takes what follows for theirs.
var closed = pattern.Lazy(`(?i)<(script|style|title|iframe|textarea|noscript|a|div|span|p|td|th|i|b|em|h[1-6])((?:\s+[^<>"']*(?:"[^"]*"|'[^']*'))*\s*)/>`)

// xhtml writes what is XHTML as HTML.
func xhtml(page string) string {
	head := page[:min(len(page), 2048)]
	if !strings.HasPrefix(strings.TrimSpace(head), "<?xml") && !strings.Contains(head, "http://www.w3.org/1999/xhtml") {
		return page
	}
	return closed().ReplaceAllString(page, "<$1$2></$1>")
}

// page is what a page says about itself besides its text.
type page struct {
	controlled map[string]bool       // ids of what buttons show and hide
	hiding     map[string]bool       // ".class" and "#id" that style sheets hide
	sheets     sheets                // what style sheets say of colours
	hidden     tally                 // that readers of the page do not see, and that were left out
	unseen     tally                 // of no size, or in the colour of what seems to be behind them
	faq        []ingest.Case         // questions with answers for search engines
	compared   int                   // elements looked at to take out those around them
	said       map[*html.Node]string // texts of figures and links, before pictures became text
}

// tally counts texts and their words, and keeps the first that is more than a
// label.
type tally struct {
	n, words int
	first    string
}

// label is the number of words from which a text is more than that.
const label = 3

// add counts the words of a text: what has a letter or a digit.
func (t *tally) add(text string) {
	text = oneLine(text)
	words := 0
	for w := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			words++
		}
	}
	if words == 0 {
		return
	}
	t.n++
	t.words += words
	if t.first == "" || words >= label && len(strings.Fields(t.first)) < label {
		t.first = text
	}
}

// prepare takes out of a page what its readers do not see, keeps what only is
// folded, and writes pictures as what they show.
func prepare(root *html.Node) *page {
	p := &page{controlled: map[string]bool{}, hiding: map[string]bool{}, said: map[*html.Node]string{}, sheets: sheets{plain: map[string]shades{}, some: map[string]shades{}, strong: map[string]bool{}, quirks: true}}
	for c := range root.ChildNodes() {
		if c.Type == html.DoctypeNode {
			p.sheets.quirks = false
		}
	}
	uses := map[string]int{}
	walk(root, func(n *html.Node) bool {
		for _, a := range n.Attr {
			switch a.Key {
			case "aria-controls", "data-target", "data-bs-target", "data-controls":
				for id := range strings.FieldsSeq(a.Val) {
					p.controlled[strings.TrimPrefix(id, "#")] = true
				}
			case "href":
				if id, ok := strings.CutPrefix(a.Val, "#"); ok && (attr(n, "role") != "" || attr(n, "data-toggle") != "" || attr(n, "data-bs-toggle") != "") {
					p.controlled[id] = true
				}
			case "class":
				for name := range strings.FieldsSeq(a.Val) {
					uses["."+name]++
				}
			}
		}
		switch {
		case n.DataAtom == atom.Style:
			rules(raw(n), p.hiding)
			p.sheets.take(raw(n))
		case n.DataAtom == atom.Link && strings.Contains(strings.ToLower(attr(n, "rel")), "stylesheet"):
			p.sheets.external = true
		case n.DataAtom == atom.Script && strings.EqualFold(attr(n, "type"), "application/ld+json"):
			p.questions(raw(n))
		case n.DataAtom == atom.Script:
			p.sheets.scripted = true
		}
		return n.DataAtom != atom.Script
	})
	// A class that several elements share folds them; one that a single
	// element has hides it.
	for name := range p.hiding {
		if uses[name] > 1 {
			delete(p.hiding, name)
		}
	}
	p.sift(root, state{back: white, sure: !p.sheets.external, inked: true}, 0)
	return p
}

// sift goes through the tree from the top and changes it; around is how the
// text of n looks.
func (p *page) sift(n *html.Node, around state, depth int) {
	if depth > maxDepth {
		return
	}
	var next *html.Node
	for c := n.FirstChild; c != nil; c = next {
		next = c.NextSibling
		if c.Type == html.TextNode && around.sight() == unseen && strings.TrimSpace(c.Data) != "" {
			p.hidden.add(c.Data)
			c.Data = " "
		}
		if c.Type != html.ElementNode {
			continue
		}
		switch c.DataAtom {
		case atom.Head, atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Svg:
			continue
		case atom.Img:
			if alt := p.picture(c); alt != "" {
				n.InsertBefore(&html.Node{Type: html.TextNode, Data: " " + alt + " "}, c)
			}
			continue
		case atom.A:
			unmark(c)
		case atom.Button:
			if within(c, atom.Pre) { // "Copy"
				n.RemoveChild(c)
				continue
			}
			unfold(c)
		}
		if p.hides(c) {
			if id := attr(c, "id"); id != "" && p.controlled[id] || attr(c, "role") == "tabpanel" || attr(c, "role") == "region" {
				show(c)
			} else {
				p.report(c)
				n.RemoveChild(c)
				continue
			}
		}
		inside := p.sheets.in(c, around)
		switch sight := inside.sight(); {
		case sight == unseen && around.sight() != unseen && !p.restated(c):
			p.report(c)
			n.RemoveChild(c)
			continue
		case sight == doubtful && around.sight() != doubtful, c.DataAtom == atom.Font && attr(c, "size") == "0":
			p.unseen.add(content(c))
		}
		p.sift(c, inside, depth+1)
	}
}

// hides reports whether an element does not show.
func (p *page) hides(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return a.Val != "until-found"
		case "aria-hidden":
			if a.Val == "true" {
				return true
			}
		case "style":
			if invisible(a.Val) {
				return true
			}
		case "id":
			if p.hiding["#"+a.Val] {
				return true
			}
		case "class":
			for name := range strings.FieldsSeq(a.Val) {
				if p.hiding["."+name] {
					return true
				}
			}
		}
	}
	return false
}

// show takes away what folds an element.
func show(n *html.Node) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool {
		return a.Key == "hidden" || a.Key == "aria-hidden" || a.Key == "style"
	})
}

// report notes the words of an element that readers of the page do not see.
// Those for screen readers are no secret.
func (p *page) report(n *html.Node) {
	if surroundings(attr(n, "class")) {
		return
	}
	p.hidden.add(content(n))
}

var offScreen = pattern.Lazy(`(?:^|;)(?:left|right|top|bottom|margin-left|margin-top|text-indent):-\d{3,}`)

var nothing = pattern.Lazy(`(?:^|;)(?:font-size|opacity|height|width|max-height|max-width|line-height):0(?:\.0+)?(?:px|em|rem|pt|%)?(?:!important)?(?:;|$)`)

// tiny is text of at most a pixel, nowhere text that is drawn in no size or no
// colour.
var (
	tiny    = pattern.Lazy(`(?:^|;)font-size:(?:0?\.\d+|1(?:\.0+)?)(?:px|pt)(?:!important)?(?:;|$)`)
	nowhere = pattern.Lazy(`(?:^|;)(?:transform:(?:scale|scale3d)\(0[,)]|color:(?:rgba|hsla)\([^;]*,0?\.?0*%?\)|color:#(?:[\da-f]{3}0|[\da-f]{6}00)(?:!important)?(?:;|$))`)
)

// invisible reports whether a style keeps text from being seen.
func invisible(style string) bool {
	s := plain(style)
	switch {
	case strings.Contains(s, "display:none"), strings.Contains(s, "visibility:hidden"), strings.Contains(s, "visibility:collapse"), strings.Contains(s, "mso-hide:all"), strings.Contains(s, "clip:rect(0"), strings.Contains(s, "clip:rect(1px"):
		return true
	case nothing().MatchString(s):
		// A box without height shows nothing only when it cuts what is in it.
		return !strings.Contains(s, "height:0") && !strings.Contains(s, "width:0") && !strings.Contains(s, "max-") || strings.Contains(s, "overflow:hidden")
	case tiny().MatchString(s), nowhere().MatchString(s):
		return true
	case offScreen().MatchString(s):
		return strings.Contains(s, "position:absolute") || strings.Contains(s, "position:fixed") || strings.Contains(s, "text-indent:-")
	}
	front, back := stated(s)
	return strings.Contains(";"+s, ";color:transparent") || front != "" && front == back
}

const white = "#ffffff"

// presented are the colours that attributes of an element give its text and
// what is behind it, "" for none.
func presented(n *html.Node) (front, back string) {
	switch n.DataAtom {
	case atom.Font:
		front = colour(attr(n, "color"))
	case atom.Body:
		front = colour(attr(n, "text"))
	}
	back = colour(attr(n, "bgcolor"))
	if attr(n, "background") != "" {
		back = "picture"
	}
	return front, back
}

// stated are the colours of a plain style.
func stated(style string) (front, back string) {
	for d := range strings.SplitSeq(style, ";") {
		switch name, value, _ := strings.Cut(d, ":"); name {
		case "color":
			front = cmp.Or(colour(value), front)
		case "background", "background-color", "background-image":
			back = cmp.Or(colour(value), back)
		}
	}
	return front, back
}

// maxCompared bounds how often elements are looked at for those around them.
const maxCompared = 1_000_000

// restated reports whether something in an element has colours of its own.
func (p *page) restated(n *html.Node) bool {
	for d := range n.Descendants() {
		if p.compared++; p.compared > maxCompared {
			return true // then text is looked at piece by piece
		}
		if d.Type != html.ElementNode {
			continue
		}
		if said, _ := p.sheets.of(d); said != (shades{}) || inks(d) || p.sheets.styledElsewhere(d) {
			return true
		}
	}
	return false
}

// colour is a colour in the form in which it is compared.
func colour(s string) string {
	switch s = strings.TrimSuffix(plain(s), "!important"); s {
	case "white", "#fff", "rgb(255,255,255)", "rgba(255,255,255,1)", "hsl(0,0%,100%)":
		return white
	case "black", "#000", "rgb(0,0,0)":
		return "#000000"
	case "none", "transparent", "inherit", "initial", "unset":
		return "" // what is around it counts
	}
	hex := strings.TrimPrefix(s, "#")
	if len(hex) != 6 {
		return s
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return s
	}
	// Nobody sees a difference so small.
	if n>>16 >= nearlyWhite && n>>8&0xFF >= nearlyWhite && n&0xFF >= nearlyWhite {
		return white
	}
	return "#" + hex
}

const nearlyWhite = 0xFA // of 255, in each of three lights

// plain is a style in lower case without white space.
func plain(style string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, style)
}

var rule = pattern.Lazy(`([.#][\w-]+)\s*\{([^{}]*)\}`)

// rules finds the classes and ids that a style sheet hides, without those
// that it hides on some screens only.
func rules(sheet string, hiding map[string]bool) {
	if len(sheet) > 1<<20 {
		return
	}
	if i := strings.Index(sheet, "@media"); i >= 0 {
		sheet = sheet[:i]
	}
	for _, m := range rule().FindAllStringSubmatchIndex(sheet, -1) {
		before := strings.TrimRight(sheet[:m[0]], " \t\r\n")
		if before != "" && !strings.HasSuffix(before, "}") && !strings.HasSuffix(before, "*/") && !strings.HasSuffix(before, "-->") && !strings.HasSuffix(before, "<!--") {
			continue // a part of a longer selector
		}
		if invisible(sheet[m[4]:m[5]]) {
			hiding[sheet[m[2]:m[3]]] = true
		}
	}
}

// unfold makes a heading of a button that opens an answer, and text of one
// that stands in a heading.
func unfold(n *html.Node) {
	for p := n.Parent; p != nil; p = p.Parent {
		if headingLevel(p) > 0 || p.DataAtom == atom.Summary || p.DataAtom == atom.Dt {
			n.DataAtom, n.Data = atom.Span, "span"
			return
		}
		if block(p) {
			break
		}
	}
	folds := attr(n, "aria-expanded") != "" || attr(n, "aria-controls") != "" || attr(n, "data-bs-toggle") == "collapse" || attr(n, "data-toggle") == "collapse"
	text := strings.TrimSpace(content(n))
	if folds && utf8.RuneCountInString(text) > 12 || strings.HasSuffix(text, "?") {
		n.DataAtom, n.Data = atom.H4, "h4"
	}
}

// unmark empties a link to the place where it stands, which programs that write
// documentation put behind headings. Its id stays.
func unmark(n *html.Node) {
	if !strings.Contains(attr(n, "href"), "#") || n.FirstChild == nil || n.FirstChild != n.LastChild || n.FirstChild.Type != html.TextNode {
		return
	}
	switch strings.TrimSpace(n.FirstChild.Data) {
	case "#", "¶", "§", "🔗", "\uf0c1": // the last is a chain in a font of signs
		n.RemoveChild(n.FirstChild)
	}
}

// within reports whether a node stands in an element of text of this kind.
func within(n *html.Node, kind atom.Atom) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == kind {
			return true
		}
		if block(p) {
			break
		}
	}
	return false
}

// maxCaption is how many bytes of a figure's or a link's text are compared with
// each picture in it.
const maxCaption = 8 << 10

var fileName = pattern.Lazy(`(?i)^\S+\.(?:png|jpe?g|gif|svg|webp)$|^(?:image|img|logo|icon|ikon|bilde|bild|photo|foto|kuva)[\s\d_-]*$`)

// picture is what a picture shows, when its alternative text says so.
func (p *page) picture(n *html.Node) string {
	alt := oneLine(attr(n, "alt"))
	if utf8.RuneCountInString(alt) < 3 || fileName().MatchString(alt) || !strings.ContainsFunc(alt, unicode.IsLetter) {
		return ""
	}
	for above := n.Parent; above != nil; above = above.Parent {
		if above.DataAtom != atom.Figure && above.DataAtom != atom.A {
			continue
		}
		text, known := p.said[above]
		if !known {
			text = oneLine(content(above))
			text = text[:min(len(text), maxCaption)]
			p.said[above] = text
		}
		// The caption says it, or it stands beside the text of a link.
		if strings.Contains(text, alt) || above.DataAtom == atom.A && text != "" {
			return ""
		}
	}
	return alt
}

// questions reads the questions of a FAQPage as schema.org has them.
func (p *page) questions(text string) {
	if len(text) > 1<<20 {
		return
	}
	var data any
	if json.Unmarshal([]byte(text), &data) != nil {
		return
	}
	p.linked(data, 0)
}

func (p *page) linked(v any, depth int) {
	if depth > 8 || len(p.faq) >= 1000 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			p.linked(e, depth+1)
		}
	case map[string]any:
		if v["@type"] == "Question" {
			answer, _ := v["acceptedAnswer"].(map[string]any)
			if list, ok := v["acceptedAnswer"].([]any); ok && len(list) > 0 {
				answer, _ = list[0].(map[string]any)
			}
			name, _ := v["name"].(string)
			text, _ := answer["text"].(string)
			if name, text = fragment(name), fragment(text); name != "" && text != "" {
				p.faq = append(p.faq, ingest.Case{Question: name, Answer: text})
			}
			return
		}
		for _, key := range []string{"mainEntity", "@graph", "hasPart"} {
			p.linked(v[key], depth+1)
		}
	}
}

// fragment is the text of a piece of HTML.
func fragment(s string) string {
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return ""
	}
	return collapse(content(root))
}

// oneLine is text with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(collapse(s)), " ") }

// loosen forgets what elements are called, so that none is dropped for its
// name.
func loosen(root *html.Node) {
	walk(root, func(n *html.Node) bool {
		n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool {
			return a.Key == "class" || a.Key == "id" && surroundings(a.Val)
		})
		return true
	})
}
