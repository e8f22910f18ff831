package ingest

import (
	"slices"
	"strings"
	"unicode"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
)

// languageOf is a declared language ("nn-NO", "de_AT", "English") as index
// names it, "" for one it does not know.
func languageOf(declared string) string {
	tag := strings.ToLower(strings.TrimSpace(declared))
	if i := strings.IndexAny(tag, "-_"); i > 0 {
		tag = tag[:i]
	}
	switch tag {
	case "nb", "nn", "no", "nor", "nob", "nno", "norsk", "norwegian":
		return "nb"
	case "sv", "swe", "svenska", "swedish":
		return "sv"
	case "da", "dan", "dansk", "danish":
		return "da"
	case "fi", "fin", "suomi", "finnish":
		return "fi"
	case "de", "deu", "ger", "deutsch", "german":
		return "de"
	case "en", "eng", "english":
		return "en"
	}
	return ""
}

const (
	sampleSize  = 6000 // bytes of a document or sheet that tell its language
	fewLetters  = 30   // below, a passage takes the language around it
	someLetters = 200  // below, a passage leaves it only when very sure
)

// assignLanguages sets the language of each passage: its own when it is long
// enough to tell, else that of its sheet, else that of the document. It stops
// when ended says so.
func assignLanguages(doc Document, passages []index.Passage, ended func() bool) {
	declared := languageOf(doc.Language)
	var whole strings.Builder
	sheets := map[string]*strings.Builder{}
	for _, p := range passages {
		if whole.Len() < sampleSize {
			whole.WriteString(p.Question + "\n" + p.Text + "\n")
		}
		if p.Locator.Sheet != "" {
			s := sheets[p.Locator.Sheet]
			if s == nil {
				s = &strings.Builder{}
				sheets[p.Locator.Sheet] = s
			}
			if s.Len() < sampleSize {
				s.WriteString(p.Text + "\n")
			}
		}
	}
	around := guess(whole.String(), declared, 0)
	bySheet := make(map[string]string, len(sheets))
	for name, s := range sheets {
		bySheet[name] = guess(s.String(), "", 0)
		if bySheet[name] == "" {
			bySheet[name] = around
		}
	}
	for i := range passages {
		if ended() {
			return
		}
		p := &passages[i]
		if l := languageOf(p.Language); l != "" {
			p.Language = l // declared by the case
			continue
		}
		near := around
		if p.Locator.Sheet != "" {
			near = bySheet[p.Locator.Sheet]
		}
		p.Language = guess(p.Question+"\n"+p.Text, near, letters(p.Question)+letters(p.Text))
	}
}

// guess is the language of text. near is what stands around it; n is the
// number of its letters, 0 for a text that is long enough anyway.
func guess(text, near string, n int) string {
	if n > 0 && n < fewLetters && near != "" {
		return near
	}
	var prior map[string]float64
	if near != "" {
		prior = map[string]float64{near: 0.7}
	}
	found, sure := detect(text, prior)
	switch {
	case found == near || near == "":
		return found
	case found == "":
		return near
	case n > 0 && n < someLetters && sure < 0.9:
		return near
	case sure < 0.6:
		return near
	}
	return found
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

// detect is the language of text, "" when it is none of ours or unclear.
func detect(text string, prior map[string]float64) (language string, sure float64) {
	g := lang.DetectWith(text, prior)
	if !slices.Contains(lang.Supported(), g.Language) {
		return "", g.Confidence
	}
	return g.Language, g.Confidence
}
