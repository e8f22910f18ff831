package ocr

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// sheet is one recognised page.
type sheet struct {
	height     float64 // pixels
	paragraphs []paragraph
}

type paragraph struct{ lines []line }

type line struct {
	words  []word
	height float64
}

// word is a recognised word; the box is left, top, right, bottom in pixels
// from the upper left corner.
type word struct {
	text string
	sure float64 // percent
	box  [4]float64
}

// parse reads Tesseract's TSV: level, page, block, paragraph, line, word,
// left, top, width, height, certainty, text. Levels are 1 page, 2 block,
// 3 paragraph, 4 line, 5 word.
func parse(tsv string) []sheet {
	var out []sheet
	for row := range strings.Lines(tsv) {
		f := strings.SplitN(strings.TrimRight(row, "\r\n"), "\t", 12)
		if len(f) < 12 {
			continue
		}
		num := func(i int) float64 {
			v, _ := strconv.ParseFloat(f[i], 64) // the heading row counts as 0
			return v
		}
		level := int(num(0))
		if level != 1 && len(out) == 0 {
			continue
		}
		switch level {
		case 1:
			out = append(out, sheet{height: num(9)})
		case 3:
			s := &out[len(out)-1]
			s.paragraphs = append(s.paragraphs, paragraph{})
		case 4:
			if p := out[len(out)-1].last(); p != nil {
				p.lines = append(p.lines, line{height: num(9)})
			}
		case 5:
			p := out[len(out)-1].last()
			text := strings.TrimSpace(f[11])
			if p == nil || len(p.lines) == 0 || text == "" {
				continue
			}
			l := &p.lines[len(p.lines)-1]
			l.words = append(l.words, word{text: text, sure: num(10), box: [4]float64{num(6), num(7), num(6) + num(8), num(7) + num(9)}})
		}
	}
	return out
}

func (s *sheet) last() *paragraph {
	if len(s.paragraphs) == 0 {
		return nil
	}
	return &s.paragraphs[len(s.paragraphs)-1]
}

// text joins the lines; a word that was cut by a hyphen is made whole.
func (p paragraph) text() string {
	var out strings.Builder
	for _, l := range p.lines {
		for i, w := range l.words {
			s := out.String()
			switch {
			case s == "":
			case i == 0 && strings.HasSuffix(s, "-") && startsLower(w.text) && endsWithLetter(s[:len(s)-1]):
				out.Reset()
				out.WriteString(s[:len(s)-1])
			default:
				out.WriteByte(' ')
			}
			out.WriteString(w.text)
		}
	}
	return out.String()
}

func startsLower(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLower(r)
}

func endsWithLetter(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r)
}

func (p paragraph) words() []word {
	var out []word
	for _, l := range p.lines {
		out = append(out, l.words...)
	}
	return out
}

// certainty is the mean of the words', weighed by their length.
func (p paragraph) certainty() float64 {
	sum, n := 0.0, 0.0
	for _, w := range p.words() {
		k := float64(utf8.RuneCountInString(w.text))
		sum, n = sum+k*w.sure, n+k
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

var marker = pattern.Lazy(`^(?:[•·▪*o»–-]|\(?\d{1,3}[.)]|\(?[a-z][.)])$`)

// blocks makes blocks of what is certain enough. unit is the size of a pixel in
// the locators' unit.
func (j *job) blocks(s sheet, page int, unit float64) []ingest.Block {
	body := s.bodyHeight()
	var out []ingest.Block
	for _, p := range s.paragraphs {
		words := p.words()
		if len(words) == 0 {
			continue
		}
		if p.certainty() < goodBlock || !strings.ContainsFunc(p.text(), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			j.noise++
			continue
		}
		box := words[0].box
		for _, w := range words {
			box = [4]float64{min(box[0], w.box[0]), min(box[1], w.box[1]), max(box[2], w.box[2]), max(box[3], w.box[3])}
			if w.sure < goodWord && strings.ContainsFunc(w.text, unicode.IsDigit) {
				j.uncertain++
			}
		}
		at := index.Locator{Page: page, Box: [4]float64{box[0] * unit, (s.height - box[3]) * unit, box[2] * unit, (s.height - box[1]) * unit}}
		text := p.text()
		switch first := words[0].text; {
		case len(words) > 1 && marker().MatchString(first):
			out = append(out, ingest.Block{Kind: ingest.ListItem, Level: 1, Marker: first, Text: strings.TrimSpace(strings.TrimPrefix(text, first)), Locator: at})
		case len(p.lines) <= 2 && len(text) <= 120 && p.lines[0].height > 1.3*body && !strings.HasSuffix(text, "."):
			out = append(out, ingest.Block{Kind: ingest.Heading, Level: 2, Text: text, Locator: at})
		default:
			out = append(out, ingest.Block{Kind: ingest.Paragraph, Text: text, Locator: at})
		}
	}
	return out
}

// bodyHeight is the height of most lines, in the middle of all words'.
func (s sheet) bodyHeight() float64 {
	var heights []float64
	for _, p := range s.paragraphs {
		for _, l := range p.lines {
			for range l.words {
				heights = append(heights, l.height)
			}
		}
	}
	if len(heights) == 0 {
		return 0
	}
	slices.SortFunc(heights, cmp.Compare[float64])
	return heights[len(heights)/2]
}
