package sheet

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// faultNames are the error values of Excel and LibreOffice as they are shown
// in English, Norwegian, Danish, Swedish, German and Finnish.
var faultNames = regexp.MustCompile(`^(?:#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|SPILL!|CALC!|GETTING_DATA` +
	`|I/T|VERDI!|NAVN\?|VÆRDI!|DIVISION/0!|REFERENCE!|NUL!|SAKNAS!|VÄRDEFEL!|REFERENS!|NAMN\?|OGILTIGT!|SKÄRNING!` +
	`|NV|WERT!|BEZUG!|ZAHL!|PUUTTUU!?|JAKO/0!|ARVO!|VIITTAUS!|NIMI\?|LUKU!|TYHJÄ!)|Err:5\d\d)$`)

// IsFault reports whether a text is an error value, for formats that do not
// tell them from texts.
func IsFault(text string) bool {
	text = strings.TrimSpace(text)
	return len(text) > 2 && (text[0] == '#' || text[0] == 'E') && faultNames.MatchString(text)
}

// maxFaults bounds the error values that a warning names.
const maxFaults = 5

// faulty empties the cells that show an error value and counts them.
func (s *Sheet) faulty(r Row) {
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Kind != Fault {
			continue
		}
		if shown := !r.Hidden || s.book.o.Hidden; shown && c.Col >= 1 && c.Col <= MaxColumns && !s.hiddenColumn(c.Col) {
			if s.faults == nil {
				s.faults = map[string]int{}
			}
			name := strings.TrimSpace(c.Text)
			if _, known := s.faults[name]; !known && len(s.faults) >= maxFaults {
				name = "…"
			}
			s.faults[name]++
		}
		c.Text, c.Kind = "", Text
	}
}

// warnFaults says how many cells were left out because they show an error.
func (s *Sheet) warnFaults() {
	n := 0
	for _, count := range s.faults {
		n += count
	}
	if n > 0 {
		s.book.Warn("%s%d cells that show an error (%s) were left out", s.prefix(), n, strings.Join(slices.Sorted(maps.Keys(s.faults)), ", "))
	}
}
