package rtf

import (
	"github.com/sufflor/sufflor/ingest/flow"
)

// listTable is what is being read of \listtable and \listoverridetable.
type listTable struct {
	list     *[flow.Levels]flow.Level
	levels   int // of it, so far
	override *flow.Override
	at       int  // level that the override is about
	starts   bool // it starts that level anew
	level    *flow.Level
}

// listWord takes a control word of the tables of lists.
func (p *parser) listWord(name string, n int) {
	t := &p.table
	switch name {
	case "list":
		*t = listTable{list: &[flow.Levels]flow.Level{}}
	case "listoverride":
		*t = listTable{override: &flow.Override{Starts: map[int]int{}, Levels: map[int]flow.Level{}}, at: -1}
	case "lfolevel":
		t.at, t.starts, t.level = min(t.at+1, flow.Levels), false, nil
	case "listoverridestartat":
		t.starts = true
	case "listlevel":
		t.level = &flow.Level{}
		if t.list != nil && t.levels < flow.Levels {
			t.level = &t.list[t.levels]
			t.levels++
		}
		t.level.Start = 1
	case "levelnfc", "levelnfcn":
		if t.level != nil {
			t.level.Format = min(max(n, 0), 255)
		}
	case "levellegal":
		if t.level != nil {
			t.level.Legal = n == 1
		}
	case "levelstartat":
		n = min(max(n, 0), flow.MaxNumber)
		if t.level != nil {
			t.level.Start = n
		}
		if t.override != nil && t.starts && t.at >= 0 && t.at < flow.Levels {
			t.override.Starts[t.at] = n
		}
	case "listid":
		switch id := uint32(n); { //nolint:gosec // a name, negative ones as well
		case t.override != nil:
			t.override.List = id
		case t.list != nil && len(p.lists.ByID) < flow.MaxLists:
			p.lists.ByID[id] = t.list
		}
	case "ls":
		if t.override != nil && len(p.lists.Overrides) < flow.MaxLists {
			p.lists.Overrides[n] = *t.override
		}
	}
}

// levelText takes the text of \leveltext: its length, then as many characters.
func (p *parser) levelText(text string) {
	t := &p.table
	runes := []rune(text)
	if t.level == nil || len(runes) == 0 {
		return
	}
	n := min(int(runes[0]), len(runes)-1, maxMarker)
	t.level.Text = string(runes[1 : 1+n])
	if t.override != nil && t.at >= 0 && t.at < flow.Levels {
		t.override.Levels[t.at] = *t.level
	}
}
