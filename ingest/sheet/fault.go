package sheet

import (
	"maps"
	"slices"
	"strings"
)

// IsFault reports whether a text is an error value of Excel or LibreOffice, as
// they are shown in English, Norwegian, Danish, Swedish, German and Finnish,
// for formats that do not tell them from texts.
func IsFault(text string) bool {
	text = strings.TrimSpace(text)
	switch text {
	case "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#GETTING_DATA",
		"#VERDI!", "#NAVN?", "#I/T", "#NUL!", "#DIVISION/0!", "#VÆRDI!", "#REFERENCE!",
		"#SKÄRNING!", "#VÄRDEFEL!", "#REFERENS!", "#NAMN?", "#OGILTIGT!", "#SAKNAS!", //nolint:misspell // Swedish
		"#WERT!", "#BEZUG!", "#ZAHL!", "#NV",
		"#TYHJÄ!", "#JAKO/0!", "#ARVO!", "#VIITTAUS!", "#NIMI?", "#LUKU!", "#PUUTTUU", "#PUUTTUU!":
		return true
	}
	number, found := strings.CutPrefix(text, "Err:5")
	return found && len(number) == 2 && strings.Trim(number, "0123456789") == ""
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
