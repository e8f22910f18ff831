package pdf

import (
	"context"
	"math"

	"github.com/sufflor/sufflor/ingest"
)

// PageWords are the words of one page in the order of reading, headers and
// footers among them.
type PageWords struct {
	Page   int     `json:"page"`  // from 1
	Width  float64 `json:"width"` // of the page as it is shown, in points
	Height float64 `json:"height"`
	Words  []Word  `json:"words"`
}

// Word is a run of characters without white space.
type Word struct {
	Text string `json:"text"`
	// Box is x0, y0, x1 and y1 in points from the lower left corner of the
	// page as it is shown, as in the locators of blocks.
	Box [4]float64 `json:"box"`
}

// Words gives each word of a file with the page and the place where it stands,
// so that a passage can be shown on its page. A word that is parted by a hyphen
// at a line's end comes in its two parts. Errors are those of [Reader.Read].
func Words(ctx context.Context, in ingest.Input) (words []PageWords, err error) {
	defer noPanic(in, &err)
	_, pages, _, err := load(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, p := range pages {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		words = append(words, p.export())
	}
	return words, nil
}

func (p *page) export() PageWords {
	p.open()
	defer p.close()
	out := PageWords{Page: p.number, Width: round(p.width), Height: round(p.height), Words: []Word{}}
	for _, stream := range streams(p.words) {
		for _, l := range stream {
			out.Words = append(out.Words, p.wordsOf(l, p.angle)...)
		}
	}
	for _, t := range p.turned {
		for _, l := range lines(t.words) {
			out.Words = append(out.Words, p.wordsOf(l, t.angle)...)
		}
	}
	return out
}

// wordsOf joins the parts of words that were painted one after the other.
func (p *page) wordsOf(l *line, angle int) []Word {
	var out []Word
	for start := 0; start < len(l.words); {
		end := start + 1
		for end < len(l.words) && !parted(l.words[end-1], l.words[end]) {
			end++
		}
		box := p.locate(boxOf(l.words[start:end]), angle)
		out = append(out, Word{
			Text: joinWords(l.words[start:end]), Box: [4]float64{round(box.x0), round(box.y0), round(box.x1), round(box.y1)},
		})
		start = end
	}
	return out
}

// round gives hundredths of a point.
func round(v float64) float64 { return math.Round(v*100) / 100 }
