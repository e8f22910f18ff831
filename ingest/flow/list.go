package flow

import "strings"

// Limits of lists.
const (
	Levels    = 9
	MaxLists  = 4096
	MaxNumber = 30_000
	maxMarker = 100 // bytes after which a marker is cut off
)

// Level is how one level of a list is numbered: [MS-DOC] 2.9.150, and the same
// in RTF.
type Level struct {
	Start  int
	Format int    // as in [MS-OSHARED] 2.2.1.3
	Text   string // in which characters below 9 stand for the numbers of levels
	Legal  bool   // all numbers decimal
}

// numberFormats are the names that [Number] has for those of [MS-OSHARED]
// 2.2.1.3; what is not named is written in decimals.
var numberFormats = [...]string{
	1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 8: "hex", 9: "chicago", 10: "ideographDigital", 11: "japaneseCounting",
	12: "aiueo", 13: "iroha", 14: "decimalFullWidth", 18: "decimalEnclosedCircle", 19: "decimalFullWidth2", 20: "aiueoFullWidth", 21: "irohaFullWidth", 22: "decimalZero", bullets: "none",
	24: "ganada", 25: "chosung", 26: "decimalEnclosedFullstop", 27: "decimalEnclosedParen", 28: "decimalEnclosedCircleChinese", 30: "ideographTraditional",
	33: "taiwaneseCounting", 35: "taiwaneseCountingThousand", 37: "chineseCounting", 39: "chineseCountingThousand", 42: "koreanCounting",
	51: "hindiNumbers", 54: "thaiNumbers", 57: "numberInDash", 58: "russianLower", 59: "russianUpper", 255: "none",
}

const bullets = 23

// Override is an instance of a list that may start anew or look otherwise.
type Override struct {
	List   uint32
	Starts map[int]int
	Levels map[int]Level
}

// Lists counts lists as Word does: instances of one list count on, unless an
// override starts them anew. The zero value has no lists.
type Lists struct {
	ByID      map[uint32]*[Levels]Level
	Overrides map[int]Override // by the number that paragraphs name, from 1
	counters  map[uint32]*[Levels]int
	begun     map[int]bool
}

// levels gives the levels of an instance, nil when there is no such list.
func (l *Lists) levels(o Override) func(i int) Level {
	list := l.ByID[o.List]
	if list == nil {
		return nil
	}
	return func(i int) Level {
		if own, ok := o.Levels[i]; ok {
			return own
		}
		return list[i]
	}
}

// Sure reports whether what [Lists.Next] gives for a level is the marker that
// programs show: formats that are written in decimals for want of better are
// not, nor signs in a character set that nobody told.
func (l *Lists) Sure(instance, at int) bool {
	o, ok := l.Overrides[instance]
	def := l.levels(o)
	if !ok || def == nil || at < 0 || at >= Levels {
		return false
	}
	for _, r := range def(at).Text {
		if r >= 0x80 && r <= 0xff {
			return false
		}
		if r < Levels {
			if f := def(int(r)).Format; f < 0 || f >= len(numberFormats) || f > 0 && numberFormats[f] == "" {
				return false
			}
		}
	}
	return true
}

// Next counts one item of an instance, from 1, at a level from 0, and returns
// its marker, "" for a list that shows none.
func (l *Lists) Next(instance, at int) string {
	o, known := l.Overrides[instance]
	def := l.levels(o)
	if !known || def == nil || at < 0 || at >= Levels {
		return ""
	}
	if l.counters == nil {
		l.counters, l.begun = map[uint32]*[Levels]int{}, map[int]bool{}
	}
	count := l.counters[o.List]
	if count == nil {
		count = &[Levels]int{}
		for i := range count {
			count[i] = -1
		}
		l.counters[o.List] = count
	}
	if !l.begun[instance] {
		l.begun[instance] = true
		for i := range o.Starts {
			if i < Levels {
				count[i] = -1
			}
		}
	}
	for i := at + 1; i < Levels; i++ {
		count[i] = -1
	}
	for i := 0; i <= at; i++ {
		switch {
		case count[i] < 0:
			count[i] = def(i).Start
			if s, ok := o.Starts[i]; ok {
				count[i] = s
			}
		case i == at && count[i] < MaxNumber:
			count[i]++
		}
	}
	lv := def(at)
	if lv.Format == bullets {
		return Bullet
	}
	var b strings.Builder
	for _, r := range lv.Text {
		if b.Len() >= maxMarker {
			break
		}
		if r >= Levels {
			b.WriteRune(r)
			continue
		}
		format := ""
		if f := def(int(r)).Format; !lv.Legal && f >= 0 && f < len(numberFormats) {
			format = numberFormats[f]
		}
		b.WriteString(Number(format, max(count[r], 0)))
	}
	return strings.TrimSpace(b.String())
}
