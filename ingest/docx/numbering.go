package docx

import (
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow"
	"github.com/sufflor/sufflor/ingest/office"
)

const levels = 9

// level is how one level of a list is numbered.
type level struct {
	start   int
	format  string // w:numFmt
	digits  int    // least digits of a custom format such as "001, 002, 003, ..."
	text    string // w:lvlText: "%1.%2)"
	legal   bool   // w:isLgl: all numbers decimal
	restart int    // w:lvlRestart: the level, from 1, after which it starts anew; 0 for never, -1 for any above
	style   string // the paragraph style that takes this level
}

// list is an instance (w:num) of an abstract list.
type list struct {
	abstract string
	starts   map[int]int // w:startOverride
	levels   map[int]level
}

// numbering counts lists as Word does: instances of one abstract list count
// on, unless an override starts them anew.
type numbering struct {
	abstract map[string]*[levels]level
	links    map[string]string // abstract list to the style that defines it
	lists    map[string]list
	counters map[string]*[levels]int // by abstract list
	begun    map[string]bool         // instances whose overrides are applied
	styles   *styles
}

func readNumbering(data []byte, st *styles) *numbering {
	n := &numbering{
		abstract: map[string]*[levels]level{}, links: map[string]string{}, lists: map[string]list{},
		counters: map[string]*[levels]int{}, begun: map[string]bool{}, styles: st,
	}
	x := ingest.NewXML(data)
	for {
		tok, err := x.Token()
		if err != nil {
			return n
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "abstractNum" && e.Name.Local != "num" {
			continue
		}
		node, err := office.Tree(x, e)
		if err != nil {
			return n
		}
		if node.Name == "num" {
			n.lists[node.Attr("numId")] = readList(node)
			continue
		}
		id := node.Attr("abstractNumId")
		a := &[levels]level{}
		for i := range a {
			a[i] = level{start: 1, format: "decimal", restart: -1}
		}
		for l := range node.Each("lvl") {
			a[levelOf(l)] = readLevel(l)
		}
		n.abstract[id] = a
		if link := node.At("numStyleLink"); link != nil {
			n.links[id] = link.Attr("val")
		}
	}
}

func levelOf(n *office.Node) int { return office.Integer(n.Attr("ilvl"), 0, levels-1) }

func readList(node *office.Node) list {
	l := list{abstract: node.At("abstractNumId").Attr("val"), starts: map[int]int{}, levels: map[int]level{}}
	for o := range node.Each("lvlOverride") {
		if s := o.At("startOverride"); s != nil {
			l.starts[levelOf(o)] = office.Integer(s.Attr("val"), 0, office.MaxNumber)
		}
		if lvl := o.At("lvl"); lvl != nil {
			l.levels[levelOf(o)] = readLevel(lvl)
		}
	}
	return l
}

func readLevel(n *office.Node) level {
	l := level{start: 1, format: "decimal", restart: -1, text: n.At("lvlText").Attr("val"), style: n.At("pStyle").Attr("val")}
	if s := n.At("start"); s != nil {
		l.start = office.Integer(s.Attr("val"), 0, office.MaxNumber)
	}
	if r := n.At("lvlRestart"); r != nil {
		l.restart = office.Integer(r.Attr("val"), 0, levels)
	}
	if lgl := n.At("isLgl"); lgl != nil {
		l.legal = office.IsOn(lgl.Attr("val"))
	}
	if f := n.At("numFmt"); f != nil {
		l.format = f.Attr("val")
		if first, _, _ := strings.Cut(f.Attr("format"), ","); l.format == "custom" && strings.Trim(first, "01") == "" {
			l.digits = min(len(first), 9)
		}
	}
	if l.format == "bullet" {
		l.text = office.Plain(l.text, n.At("rPr", "rFonts").Attr("ascii"))
	}
	return l
}

// find is the instance of a list and the abstract list that it comes to.
func (n *numbering) find(id string) (l list, abstract string, a *[levels]level) {
	l, ok := n.lists[id]
	if !ok {
		return l, "", nil
	}
	abstract = l.abstract
	for range 5 { // a list may be defined by a style of another list
		link, ok := n.links[abstract]
		if !ok {
			break
		}
		abstract = n.lists[n.styles.resolve(link).list].abstract
	}
	return l, abstract, n.abstract[abstract]
}

// styleLevel is the level of a list that belongs to one of a chain of styles,
// or -1.
func (n *numbering) styleLevel(id string, chain []string) int {
	l, _, a := n.find(id)
	if a == nil {
		return -1
	}
	for _, name := range chain {
		for i := range a {
			lv := a[i]
			if own, ok := l.levels[i]; ok {
				lv = own
			}
			if lv.style != "" && lv.style == name {
				return i
			}
		}
	}
	return -1
}

// next counts one item of a list and returns its marker, "" for a list that
// shows none.
func (n *numbering) next(id string, at int) string {
	l, abstract, a := n.find(id)
	if a == nil {
		return ""
	}
	def := func(i int) level {
		if own, ok := l.levels[i]; ok {
			return own
		}
		return a[i]
	}
	count := n.counters[abstract]
	if count == nil {
		count = &[levels]int{}
		for i := range count {
			count[i] = -1
		}
		n.counters[abstract] = count
	}
	if !n.begun[id] {
		n.begun[id] = true
		for i := range l.starts {
			count[i] = -1
		}
	}
	for i := at + 1; i < levels; i++ {
		if r := def(i).restart; r < 0 || at < r {
			count[i] = -1
		}
	}
	for i := 0; i <= at; i++ {
		switch {
		case count[i] < 0:
			count[i] = def(i).start
			if s, ok := l.starts[i]; ok {
				count[i] = s
			}
		case i == at && count[i] < office.MaxNumber:
			count[i]++
		}
	}
	return marker(def, at, count)
}

// marker is the text of a level with the numbers filled in.
func marker(def func(int) level, at int, count *[levels]int) string {
	lv := def(at)
	if lv.format == "bullet" {
		if letters(lv.text) > 1 {
			return strings.TrimSpace(lv.text) // a word, as "Note:"
		}
		return office.Marker
	}
	out := lv.text
	for i := range levels {
		place := "%" + strconv.Itoa(i+1)
		if !strings.Contains(out, place) {
			continue
		}
		d := def(i)
		text := ""
		switch n := max(count[i], 0); {
		case lv.format == "none" && i == at:
		case lv.legal:
			text = strconv.Itoa(n)
		case d.digits > 0:
			text = strconv.Itoa(n)
			text = strings.Repeat("0", max(d.digits-len(text), 0)) + text
		default:
			text = flow.Number(d.format, n)
		}
		out = strings.ReplaceAll(out, place, text)
	}
	return strings.TrimSpace(out)
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
