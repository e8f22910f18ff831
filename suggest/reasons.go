package suggest

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
)

// Bounds of what is told of one draft.
const (
	maxRests   = 4  // places it rests on
	maxOpen    = 3  // questions without an answer
	maxMissing = 4  // words that a source does not hold
	maxSection = 50 // runes of a heading
	oldYears   = 2  // years behind the newest source found
)

// Place is where a passage stands, in words of the given language: "Prisliste
// 2026.xlsx, sheet Retrofit, row 12".
func Place(language string, p index.Passage) string {
	where := Where(language, p.Locator)
	switch {
	case p.Locator.Case != "":
		return where
	case p.Locator.Page == 0 && rowsOf(p.Locator.Cells) == "" && len(p.Headings) > 0:
		section := fmt.Sprintf(PhrasesIn(language).Places["section"], clipTo(p.Headings[len(p.Headings)-1], maxSection))
		if where = section; p.Locator.Sheet != "" {
			where = Where(language, index.Locator{Sheet: p.Locator.Sheet}) + ", " + section
		}
	}
	if where == "" {
		return document(p)
	}
	return document(p) + ", " + where
}

// Where is the place within a document, in words of the given language: "sheet
// Retrofit, row 12". It is empty where a document has no such places.
func Where(language string, l index.Locator) string {
	words := PhrasesIn(language).Places
	if l.Case != "" {
		return fmt.Sprintf(words["case"], "#"+l.Case)
	}
	var parts []string
	if l.Sheet != "" {
		parts = append(parts, fmt.Sprintf(words["sheet"], l.Sheet))
	}
	switch rows := rowsOf(l.Cells); {
	case strings.Contains(rows, "–"):
		parts = append(parts, fmt.Sprintf(words["rows"], rows))
	case rows != "":
		parts = append(parts, fmt.Sprintf(words["row"], rows))
	case l.Page > 0 && l.PageEnd > l.Page:
		parts = append(parts, fmt.Sprintf(words["pages"], l.Page, l.PageEnd))
	case l.Page > 0:
		parts = append(parts, fmt.Sprintf(words["page"], l.Page))
	case l.Paragraph > 0:
		parts = append(parts, fmt.Sprintf(words["paragraph"], l.Paragraph))
	case l.Line > 0 && l.LineEnd > l.Line:
		parts = append(parts, fmt.Sprintf(words["lines"], l.Line, l.LineEnd))
	case l.Line > 0:
		parts = append(parts, fmt.Sprintf(words["line"], l.Line))
	}
	return strings.Join(parts, ", ")
}

// document is a passage's document by the name that people know.
func document(p index.Passage) string {
	if p.Source == "" {
		return cmp.Or(p.Title, p.Document)
	}
	return path.Base(strings.ReplaceAll(p.Source, `\`, "/"))
}

var cellRange = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\$?[A-Z]+\$?(\d+)(?::\$?[A-Z]+\$?(\d+))?$`)
})

// rowsOf is the rows of "A14:E14" or "A14:E16": "14", "14–16".
func rowsOf(cells string) string {
	m := cellRange().FindStringSubmatch(cells)
	switch {
	case m == nil:
		return ""
	case m[2] == "" || m[2] == m[1]:
		return m[1]
	}
	return m[1] + "–" + m[2]
}

// clipTo is s in one line of at most n runes.
func clipTo(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// rests names the place of each answer, its kind first.
func (s *Suggestion) rests(agents string) (out []Reason) {
	seen := map[string]bool{}
	for _, x := range s.Sentences {
		if x.Kind != Fact || len(x.Citations) == 0 || x.Ask < 0 || x.Ask >= len(s.Asks) || len(out) == maxRests {
			continue
		}
		e := s.Evidence[x.Citations[0].Number-1]
		words := PhrasesIn(agents).Kinds
		kind := s.Asks[x.Ask].Kind
		if kind == string(message.Price) && e.Passage.Kind == index.KindText && !strings.ContainsAny(x.Text, "0123456789") {
			kind = "" // it tells whom to ask, not what it costs
		}
		r := reason(agents, "rests", cmp.Or(words[kind], words["answer"]), Place(agents, e.Passage))
		if !seen[r.Text] {
			seen[r.Text] = true
			out = append(out, r)
		}
	}
	return out
}

// unanswered names the questions that stay open.
func (s *Suggestion) unanswered(agents string) (out []Reason) {
	for _, text := range s.Missing[:min(maxOpen, len(s.Missing))] {
		out = append(out, reason(agents, "unanswered", clipTo(text, 80)))
	}
	return out
}

// lacking names the words of each answered question that its source does not
// hold; of unanswered ones, that the nearest source does not.
func (s *Suggestion) lacking(agents string) (out []Reason) {
	n := 0
	for i, a := range s.Asks {
		var words []string
		for _, w := range a.Missing {
			if n < maxMissing && !slices.Contains(words, w) {
				words, n = append(words, w), n+1
			}
		}
		if len(words) == 0 {
			continue
		}
		if p, ok := s.source(i); ok {
			out = append(out, reason(agents, "missing_at", document(p), strings.Join(words, ", ")))
		} else {
			out = append(out, reason(agents, "missing", strings.Join(words, ", ")))
		}
	}
	return out
}

// source is the passage that ask i's first cited sentence rests on; when there
// is no draft, the nearest.
func (s *Suggestion) source(i int) (index.Passage, bool) {
	for _, x := range s.Sentences {
		if x.Ask == i && len(x.Citations) > 0 {
			return s.Evidence[x.Citations[0].Number-1].Passage, true
		}
	}
	if len(s.Asks) == 1 && len(s.Evidence) > 0 && s.Evidence[0].Passage.Audience == index.Public {
		return s.Evidence[0].Passage, true
	}
	return index.Passage{}, false
}

// aged names cited sources that are much older than another that was found.
func (s *Suggestion) aged(agents string) (out []Reason) {
	newest := 0
	for _, e := range s.Evidence {
		if !e.Passage.Modified.IsZero() {
			newest = max(newest, e.Passage.Modified.Year())
		}
	}
	seen := map[string]bool{}
	for _, e := range s.Evidence {
		if m := e.Passage.Modified; e.Cited && !m.IsZero() && newest-m.Year() >= oldYears && !seen[e.Passage.Document] {
			seen[e.Passage.Document] = true
			out = append(out, reason(agents, "old", document(e.Passage), m.Year()))
		}
	}
	return out
}
