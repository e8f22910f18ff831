package odt

import (
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/odf"
)

// notesHeading stands above what the speaker says: it is not on the slide.
const notesHeading = "Speaker notes"

const maxSlides = 10_000

// isFooter reports whether a shape of a slide shows what repeats on each.
func (w *walker) isFooter(e xml.StartElement) bool {
	switch class(e) {
	case "footer", "header", "date-time", "page-number", "page":
		return true
	}
	return false
}

// class is a placeholder's kind: "title", "outline", "notes".
func class(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "class" && strings.Contains(a.Name.Space, "presentation") {
			return a.Value
		}
	}
	return ""
}

// page reads a draw:page: its title as heading, the rest in the order of the
// file, then the speaker's notes.
func (w *walker) page(x *ingest.XML, e xml.StartElement) error {
	if w.want != "presentation" {
		return x.Skip()
	}
	w.pages++
	if w.pages > maxSlides {
		return fmt.Errorf("more than %d slides: %w", maxSlides, ingest.ErrTooLarge)
	}
	if s := w.find("drawing-page", office.Attr(e, "style-name")); s != nil && s.style.slide == "hidden" {
		w.warn("slide %d is hidden and was left out", w.pages)
		return x.Skip()
	}
	title := ""
	shown, notes := w.sub(), w.sub()
	notes.notes, notes.ground = true, odf.Paper()
	w.slide = w.slideOf(e)
	defer func() { w.slide = nil }()
	err := w.each(x, func(k xml.StartElement) error {
		switch {
		case k.Name.Local == "notes":
			slide := w.slide
			w.slide = nil
			err := notes.speaker(x)
			w.slide = slide
			return err
		case class(k) == "title" && title == "":
			sub := w.sub()
			if err := sub.shape(x, k); err != nil {
				return err
			}
			title = office.Flat(sub.blocks)
			return nil
		}
		return shown.block(x, k)
	})
	if err != nil {
		return err
	}
	if w.title == "" && w.pages == 1 {
		w.title = oneLine(title)
	}
	if err := w.add(ingest.Block{Kind: ingest.Heading, Level: 1, Text: title, Locator: w.here()}); err != nil {
		return err // without a text, it ends the slide before
	}
	w.blocks = append(w.blocks, shown.blocks...)
	if len(notes.blocks) > 0 {
		w.blocks = append(append(w.blocks, ingest.Block{Kind: ingest.Heading, Level: 2, Text: notesHeading, Locator: w.here()}), notes.blocks...)
	}
	return nil
}

// speaker reads a page of notes, of which only the notes count.
func (w *walker) speaker(x *ingest.XML) error {
	return w.each(x, func(e xml.StartElement) error {
		if class(e) != "notes" {
			return x.Skip()
		}
		return w.shape(x, e)
	})
}
