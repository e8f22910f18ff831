package docx

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

const (
	bulletMark = "•"
	levels     = 9
	maxNumber  = 30_000
)

// level is how one level of a list is numbered.
type level struct {
	start  int
	format string // w:numFmt
	text   string // w:lvlText: "%1.%2)"
	legal  bool   // w:isLgl: all numbers decimal
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
	styles   styles
}

func readNumbering(data []byte, st styles) *numbering {
	n := &numbering{
		abstract: map[string]*[levels]level{}, links: map[string]string{}, lists: map[string]list{},
		counters: map[string]*[levels]int{}, begun: map[string]bool{}, styles: st,
	}
	x := ingest.NewXML(data)
	var abstract, instance string
	lvl, override := 0, -1
	current := func() *level {
		if instance != "" && override >= 0 {
			return nil // collected below
		}
		if a := n.abstract[abstract]; a != nil {
			return &a[lvl]
		}
		return nil
	}
	var own level
	inOwn := false
	set := func(f func(*level)) {
		if inOwn {
			f(&own)
		} else if l := current(); l != nil {
			f(l)
		}
	}
	for {
		tok, err := x.Token()
		if err != nil {
			return n
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch val := attr(e, "val"); e.Name.Local {
			case "abstractNum":
				abstract, instance = attr(e, "abstractNumId"), ""
				a := &[levels]level{}
				for i := range a {
					a[i] = level{start: 1, format: "decimal"}
				}
				n.abstract[abstract] = a
			case "numStyleLink":
				n.links[abstract] = val
			case "num":
				instance, override = attr(e, "numId"), -1
				n.lists[instance] = list{starts: map[int]int{}, levels: map[int]level{}}
			case "abstractNumId":
				if l, ok := n.lists[instance]; ok {
					l.abstract = val
					n.lists[instance] = l
				}
			case "lvlOverride":
				override = number(attr(e, "ilvl"), 0, levels-1)
			case "startOverride":
				if l, ok := n.lists[instance]; ok && override >= 0 {
					l.starts[override] = number(val, 0, maxNumber)
				}
			case "lvl":
				lvl = number(attr(e, "ilvl"), 0, levels-1)
				if instance != "" {
					own, inOwn = level{start: 1, format: "decimal"}, true
				}
			case "start":
				set(func(l *level) { l.start = number(val, 0, maxNumber) })
			case "numFmt":
				set(func(l *level) { l.format = val })
			case "lvlText":
				set(func(l *level) { l.text = val })
			case "isLgl":
				set(func(l *level) { l.legal = on(e) })
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "lvl":
				if inOwn {
					n.lists[instance].levels[lvl] = own
					inOwn = false
				}
			case "lvlOverride":
				override = -1
			}
		}
	}
}

// next counts one item of a list and returns its marker, "" for a list that
// shows none.
func (n *numbering) next(id string, at int) string {
	l, ok := n.lists[id]
	if !ok {
		return ""
	}
	abstract := l.abstract
	for range 5 { // a list may be defined by a style of another list
		link, ok := n.links[abstract]
		if !ok {
			break
		}
		abstract = n.lists[n.styles.resolve(link).list].abstract
	}
	a := n.abstract[abstract]
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
		count[i] = -1
	}
	for i := 0; i <= at; i++ {
		switch {
		case count[i] < 0:
			count[i] = def(i).start
			if s, ok := l.starts[i]; ok {
				count[i] = s
			}
		case i == at && count[i] < maxNumber:
			count[i]++
		}
	}
	lv := def(at)
	switch lv.format {
	case "bullet":
		return bulletMark
	case "none":
		return strings.TrimSpace(plainText(lv.text))
	}
	out := lv.text
	for i := range levels {
		format := def(i).format
		if lv.legal {
			format = "decimal"
		}
		out = strings.ReplaceAll(out, "%"+strconv.Itoa(i+1), write(format, max(count[i], 0)))
	}
	return strings.TrimSpace(out)
}

// plainText is a level text without placeholders.
func plainText(s string) string {
	for i := range levels {
		s = strings.ReplaceAll(s, "%"+strconv.Itoa(i+1), "")
	}
	return s
}

// write is n in a number format of WordprocessingML; formats of other scripts
// come out decimal.
func write(format string, n int) string {
	switch format {
	case "lowerLetter":
		return letters(n)
	case "upperLetter":
		return strings.ToUpper(letters(n))
	case "lowerRoman":
		return strings.ToLower(roman(n))
	case "upperRoman":
		return roman(n)
	case "decimalZero":
		return fmt.Sprintf("%02d", n)
	case "none":
		return ""
	}
	return strconv.Itoa(n)
}

// letters counts a … z, aa, bb …, as Word does.
func letters(n int) string {
	if n < 1 {
		return ""
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), min((n-1)/26+1, 10))
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, d := range []struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= d.value {
			b.WriteString(d.sign)
			n -= d.value
		}
	}
	return b.String()
}
