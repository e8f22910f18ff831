// Package ppt reads PowerPoint presentations of before 2007 (.ppt), those of
// PowerPoint 97 to 2003, after [MS-PPT]: slides in the order in which they are
// shown, their titles as headings, lists, tables, and the speaker's notes after
// each slide. Hidden slides, footers and slide numbers are left out. Of those
// of PowerPoint 95 it reads the plain text that they keep for searches.
package ppt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/ole"
)

// Reader reads .ppt and .pps files. The zero value is ready for use, also by
// several goroutines.
type Reader struct{}

const (
	maxSlides = 10_000
	maxBlocks = 200_000
	maxEdits  = 1000 // saves of a file that was never written anew

	// notesHeading stands above what the speaker says: it is not on the slide.
	notesHeading = "Speaker notes"
)

// Read returns the document's blocks; locators give the slide's number as
// Page, counted from 1 with hidden slides, as PowerPoint numbers them.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	f, err := ole.Open(in)
	if err != nil {
		return ingest.Document{}, err //nolint:wrapcheck // names the file
	}
	d := &deck{ctx: ctx, objects: map[uint32]uint32{}, doc: ingest.Document{Warnings: f.Warnings()}}
	if err := d.read(f); err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	if !slices.ContainsFunc(d.doc.Blocks, func(b ingest.Block) bool { return b.Text != "" && b.Text != notesHeading || b.Table != nil }) {
		return ingest.Document{}, office.Warnings(d.doc.Warnings).NoText(in.Name, nil)
	}
	if d.doc.Title == "" {
		d.doc.Title = programTitle(f.Title())
	}
	return d.doc, nil
}

// programTitle is a title unless a program put it in unasked.
func programTitle(s string) string {
	switch strings.ToLower(s) {
	case "powerpoint presentation", "powerpoint-presentasjon", "powerpoint-presentation", "powerpoint-præsentation", "powerpoint-esitys", "powerpoint-präsentation", "presentation", "slide 1":
		return ""
	}
	return s
}

// deck is a presentation being read.
type deck struct {
	ctx     context.Context //nolint:containedctx // the walk of one Read, whose end it must notice
	data    []byte
	objects map[uint32]uint32 // where persistent objects begin, by number
	doc     ingest.Document
	at      index.Locator
	setting setting
	unseen  office.UnseenText
}

func (d *deck) read(f *ole.File) error {
	// A file for both PowerPoint 95 and 97 has the newer form one storage down.
	var place []string
	if newer := "PP97_DUALSTORAGE"; f.Has(newer, "PowerPoint Document") {
		place = []string{newer}
	}
	data, err := f.Stream(append(place, "PowerPoint Document")...)
	switch {
	case errors.Is(err, ole.ErrNoStream) && f.Has("PP40"):
		return fmt.Errorf("it was made with PowerPoint 4 of 1994; save it as .pptx: %w", ingest.ErrUnsupported)
	case errors.Is(err, ole.ErrNoStream):
		return fmt.Errorf("no presentation inside (%w): %w", err, ingest.ErrDamaged)
	case errors.Is(err, ingest.ErrDamaged) && len(data) > 0:
		d.doc.Warnings = append(d.doc.Warnings, fmt.Sprintf("the presentation is damaged and was read as far as possible: %v", err))
	case err != nil:
		return err
	}
	d.data = data
	user, err := f.Stream(append(place, "Current User")...)
	if err != nil && !errors.Is(err, ole.ErrNoStream) && !errors.Is(err, ingest.ErrDamaged) {
		return err
	}
	document, err := d.edits(user)
	if err != nil {
		return err
	}
	list := d.slideList(document)
	if len(list) == 0 {
		list = d.allSlides()
	}
	if len(list) == 0 && f.Has("Text_Content") {
		return d.plain(f)
	}
	if len(list) > maxSlides {
		return fmt.Errorf("%d slides, at most %d are read: %w", len(list), maxSlides, ingest.ErrTooLarge)
	}
	d.doc.Pages = len(list)
	d.readSetting(document)
	for i, s := range list {
		if err := d.ctx.Err(); err != nil {
			return fmt.Errorf("read slide %d: %w", i+1, err)
		}
		d.at = index.Locator{Page: i + 1}
		if d.slide(s); len(d.doc.Blocks) > maxBlocks {
			return fmt.Errorf("it has more than %d paragraphs: %w", maxBlocks, ingest.ErrTooLarge)
		}
	}
	d.doc.Warnings = append(d.doc.Warnings, d.unseen.Warnings()...)
	return nil
}

// plain reads the text of a presentation of PowerPoint 95, whose own form is
// not documented.
func (d *deck) plain(f *ole.File) error {
	data, err := f.Stream("Text_Content")
	if err != nil && !errors.Is(err, ingest.ErrDamaged) {
		return err
	}
	d.doc.Warnings = append(d.doc.Warnings, "it was made with PowerPoint 95, of which only the text is read, without its slides and notes; save it as .pptx to have them")
	for line := range strings.SplitSeq(lines(codepage.Decode(1252, data)), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(d.doc.Blocks) > maxBlocks {
			return fmt.Errorf("it has more than %d paragraphs: %w", maxBlocks, ingest.ErrTooLarge)
		}
		d.add(ingest.Block{Kind: ingest.Paragraph, Text: line})
	}
	return nil
}

// edits reads where the objects of the presentation are, from the newest save
// to the oldest, and returns the number of the document: [MS-PPT] 2.1.2.
func (d *deck) edits(user []byte) (document uint32, err error) {
	const encryptedToken = 0xF3D1C4DF
	if u32(user, 12) == encryptedToken {
		return 0, fmt.Errorf("it asks for a password; save it without one: %w", ingest.ErrEncrypted)
	}
	next := u32(user, 16)
	for i := range maxEdits {
		edit, ok := recordAt(d.data, int64(next))
		if !ok || edit.kind != recUserEdit {
			break
		}
		if len(edit.data) >= 32 && u32(edit.data, 28) != 0 {
			return 0, fmt.Errorf("it asks for a password; save it without one: %w", ingest.ErrEncrypted)
		}
		if i == 0 {
			document = u32(edit.data, 16)
		}
		d.directory(int64(u32(edit.data, 12)))
		if next = u32(edit.data, 8); next == 0 {
			break
		}
	}
	return document, nil
}

// directory reads where objects begin, unless a newer save moved them:
// [MS-PPT] 2.3.4.
func (d *deck) directory(at int64) {
	dir, ok := recordAt(d.data, at)
	if !ok || dir.kind != recDirectory {
		return
	}
	for b := dir.data; len(b) >= 4; {
		first, n := u32(b, 0)&0xFFFFF, int(u32(b, 0)>>20)
		b = b[4:]
		for i := range min(n, len(b)/4) {
			id := first + uint32(i)
			if _, newer := d.objects[id]; !newer {
				d.objects[id] = u32(b, 4*i)
			}
		}
		b = b[min(4*n, len(b)):]
	}
}

// slideRef is a slide, the text that the document keeps of it, and its notes.
type slideRef struct {
	slide   record
	missing bool // the list names an object that is none, or another's
	texts   []text
	notes   record
}

// slideList is the slides in the order in which they are shown: [MS-PPT]
// 2.4.14.3.
func (d *deck) slideList(document uint32) []slideRef {
	const slides, notes = 0, 2 // instances of the list
	doc, ok := d.object(document)
	if !ok || doc.kind != recDocument {
		return nil
	}
	byNumber := map[uint32]record{} // notes by their own number
	var out []slideRef
	seen := map[uint32]bool{}
	for _, list := range doc.children() {
		if list.kind != recSlideList {
			continue
		}
		for _, r := range list.children() {
			switch {
			case r.kind == recSlidePersist && list.instance == notes:
				if n, ok := d.object(u32(r.data, 0)); ok && n.kind == recNotes {
					byNumber[u32(r.data, 12)] = n
				}
			case r.kind == recSlidePersist && list.instance == slides:
				id := u32(r.data, 0)
				s, ok := d.object(id)
				missing := !ok || s.kind != recSlide || seen[id]
				if missing {
					s = record{}
				}
				seen[id] = true
				out = append(out, slideRef{slide: s, missing: missing})
			case list.instance == slides && len(out) > 0:
				out[len(out)-1].texts = addText(out[len(out)-1].texts, r)
			}
		}
	}
	for i := range out {
		if r, ok := out[i].slide.child(recSlideAtom); ok {
			number := u32(r.data, 16)
			out[i].notes = byNumber[number]
			delete(byNumber, number) // the notes of one slide are no other's
		}
	}
	return out
}

// allSlides is every slide of a stream whose list cannot be read.
func (d *deck) allSlides() []slideRef {
	var out []slideRef
	for _, r := range (record{data: d.data, container: true}).children() {
		if r.kind == recSlide {
			out = append(out, slideRef{slide: r})
		}
	}
	if len(out) > 0 {
		d.doc.Warnings = append(d.doc.Warnings, "the list of slides is damaged; they are in the order in which they were saved")
	}
	return out
}

func (d *deck) object(id uint32) (record, bool) {
	at, ok := d.objects[id]
	if !ok {
		return record{}, false
	}
	return recordAt(d.data, int64(at))
}

func (d *deck) add(b ingest.Block) {
	b.Locator = d.at
	if b.Table != nil {
		for i := range b.Table.Rows {
			b.Table.Rows[i].Locator = d.at
		}
	}
	d.doc.Blocks = append(d.doc.Blocks, b)
}

// slide adds a slide and its notes.
func (d *deck) slide(ref slideRef) {
	const hidden = 1 << 2
	for _, r := range ref.slide.children() {
		if r.kind == recSlideShow && u16(r.data, 10)&hidden != 0 {
			d.doc.Warnings = append(d.doc.Warnings, fmt.Sprintf("slide %d is hidden and was left out", d.at.Page))
			return
		}
	}
	if ref.missing {
		d.doc.Warnings = append(d.doc.Warnings, fmt.Sprintf("slide %d is damaged, only what the list of slides holds of its text was read; open the file in PowerPoint and save it again", d.at.Page))
	}
	s := shapes{texts: ref.texts, used: make([]bool, len(ref.texts)), look: d.inspect(ref.slide)}
	s.read(ref.slide, office.Ungrouped(), 0)
	s.rest()
	title := strings.Join(strings.Fields(s.title), " ")
	if d.doc.Title == "" && d.at.Page == 1 {
		d.doc.Title = title
	}
	d.add(ingest.Block{Kind: ingest.Heading, Level: 1, Text: title}) // without a text, it ends the slide before
	for _, b := range s.blocks {
		d.add(b)
	}
	n := shapes{notes: true}
	n.read(ref.notes, office.Ungrouped(), 0)
	if lost := s.lost + n.lost; lost > 0 {
		d.doc.Warnings = append(d.doc.Warnings, fmt.Sprintf("slide %d: %d cells of its tables were left out, they have no place or are more than %d", d.at.Page, lost, maxCells))
	}
	for i, b := range n.blocks {
		if i == 0 {
			d.add(ingest.Block{Kind: ingest.Heading, Level: 2, Text: notesHeading})
		}
		d.add(b)
	}
}
