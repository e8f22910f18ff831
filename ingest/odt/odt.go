// Package odt reads OpenDocument texts, zipped (.odt, .ott) or flat (.fodt):
// headings with their levels, lists with their numbers, tables, notes and text
// boxes where they stand. Deleted and hidden text, text that nobody sees for
// its looks, annotations and tables of contents are left out. Package odp reads presentations by the same walk.
package odt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/odf"
)

// Reader reads odt, ott and fodt files. The zero value is ready for use, also
// by several goroutines.
type Reader struct{}

// Read returns the document's blocks; locators count the paragraphs of the
// document body from 1, those in tables included.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return read(ctx, in, "text")
}

// ReadSlides reads a presentation (.odp, .otp, .fodp); locators give the
// slide's number as Page.
func ReadSlides(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return read(ctx, in, "presentation")
}

// book is what all parts of a document share.
type book struct {
	ctx       context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	arc       *ingest.Archive // nil for a flat file
	want      string          // "text" or "presentation"
	budget    office.Budget
	common    styleSheet // office:styles
	own       styleSheet // office:automatic-styles of the part that is read
	outline   *listStyle
	chapters  *counter // of headings
	lists     map[string]*counter
	last      map[string]*counter // by list style
	edges     office.Edges
	title     string // of the paragraph with the title style
	meta      string // of the properties
	warnings  office.Warnings
	damage    error // the first of which there is a warning
	cells     int
	pages     int
	found     bool // the body
	seenParts map[string]bool
	unseen    unseen
	layouts   map[string]layout
	masterOf  map[string]master // of pages, by name
	gradients map[string][]string
	templates map[string][]string // styles of the cells of tables, by template
	paper     odf.Ground          // that the texts of the body stand on
	covered   bool                // something is painted that texts in boxes may stand on
	fontwork  bool                // some shapes bend their texts
	behind    bool                // something lies behind the texts
	reached   bool                // so does something of a header or footer
	first     string              // master of the file
	foot      bool                // the footer is read, not the header
	high      float64             // of the header, in points
	slide     *slide              // that is read
	facts     []slideFacts        // of all slides, when some need it
}

func (b *book) warn(format string, args ...any) {
	b.damage = cmp.Or(b.damage, office.Damage(args))
	b.warnings.Add(format, args...)
}

func read(ctx context.Context, in ingest.Input, want string) (ingest.Document, error) {
	b := &book{
		ctx: ctx, want: want, common: styleSheet{}, own: styleSheet{}, lists: map[string]*counter{}, last: map[string]*counter{}, seenParts: map[string]bool{},
		layouts: map[string]layout{}, masterOf: map[string]master{}, gradients: map[string][]string{}, templates: map[string][]string{},
	}
	w := &walker{book: b, paragraphs: new(int)}
	var err error
	if isFlat(in) {
		err = b.flat(in, w)
	} else {
		err = b.zipped(in, w)
	}
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ingest.ErrTooLarge) || errors.Is(err, ingest.ErrEncrypted) || len(w.blocks) == 0 && b.title == "" {
			return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
		}
		b.warn("the document is damaged after paragraph %d and was read up to there: %v", *w.paragraphs, err)
	}
	doc := ingest.Document{Language: b.common.language(), Pages: b.pages, Blocks: w.blocks}
	office.Name(&doc, b.title)
	if doc.Title == "" {
		doc.Title = b.meta
	}
	b.edges.Append(&doc)
	b.warnUnseen()
	doc.Warnings = b.warnings
	if !office.HasText(doc) {
		return ingest.Document{}, b.warnings.NoText(in.Name, b.damage)
	}
	return doc, nil
}

// isFlat reports whether in is XML rather than a zip container.
func isFlat(in ingest.Input) bool {
	head := make([]byte, 512)
	n, err := in.Data.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(head[:n], "\ufeff \t\r\n"), []byte("<"))
}

func (b *book) flat(in ingest.Input, w *walker) error {
	data, err := ingest.ReadAll(in)
	if err != nil {
		return err
	}
	return b.content(data, w)
}

func (b *book) zipped(in ingest.Input, w *walker) error {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return err
	}
	b.arc = arc
	if encrypted(arc) {
		return fmt.Errorf("the file is protected by a password; save it without one: %w", ingest.ErrEncrypted)
	}
	for _, name := range []string{"meta.xml", "styles.xml"} {
		data, err := arc.Part(name)
		if err == nil {
			b.survey(data)
			err = b.part(data, w)
		}
		if err := b.ctx.Err(); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if errors.Is(err, ingest.ErrTooLarge) {
			return err
		}
		if err != nil && !errors.Is(err, ingest.ErrNoPart) {
			b.warn("%s was read in part: %v", name, err)
		}
	}
	content, err := arc.Part("content.xml")
	if errors.Is(err, ingest.ErrNoPart) {
		return fmt.Errorf("no OpenDocument content inside the zip container (%w): %w", err, ingest.ErrDamaged)
	}
	if err != nil {
		return err
	}
	return b.content(content, w)
}

// content reads the part that holds the body.
func (b *book) content(data []byte, w *walker) error {
	b.survey(data)
	if err := b.part(data, w); err != nil {
		return err
	}
	if !b.found {
		return fmt.Errorf("no OpenDocument %s in the file: %w", b.want, ingest.ErrDamaged)
	}
	return nil
}

// encrypted reports whether the manifest lists a part that a password opens.
func encrypted(arc *ingest.Archive) bool {
	data, err := arc.Part("META-INF/manifest.xml")
	return arc.Has("encrypted-package") || err == nil && bytes.Contains(data, []byte("encryption-data"))
}

// part reads one XML part, or a flat document, from its root.
func (b *book) part(data []byte, w *walker) error {
	x := ingest.NewXML(data)
	for {
		if err := b.ctx.Err(); err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		tok, err := x.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "meta":
			err = b.properties(x, e)
		case "styles":
			err = b.common.read(x, b)
		case "automatic-styles":
			b.own = styleSheet{}
			err = b.own.read(x, b)
		case "master-styles":
			err = b.masters(x)
		case "body":
			if err = b.body(x, w); err == nil {
				return nil
			}
		case "scripts", "settings", "font-face-decls":
			err = x.Skip()
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the document ends early: %w", ingest.ErrDamaged)
		}
		if err != nil {
			return err
		}
	}
}

func (b *book) properties(x *ingest.XML, e xml.StartElement) error {
	n, err := office.Tree(x, e)
	if err == nil {
		b.meta = office.HumanTitle(n.First("title").Content())
	}
	return err
}

// body looks for the content of the kind that is wanted.
func (b *book) body(x *ingest.XML, w *walker) error {
	return office.Each(x, func(e xml.StartElement) error {
		if e.Name.Local != b.want {
			return x.Skip()
		}
		b.found = true
		b.lay()
		w.ground = b.paper
		return w.container(x)
	})
}

// masters reads the headers and footers of the pages' masters; those of slides
// are left out.
func (b *book) masters(x *ingest.XML) error {
	m := masterReader{book: b}
	for depth := 1; depth > 0; {
		tok, err := x.Token()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			m.begin(e)
			switch e.Name.Local {
			case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
				depth--
				if b.want != "text" || office.Attr(e, "display") == "false" {
					err = x.Skip()
					break
				}
				w := &walker{book: b, edge: true, setting: setting{ground: m.edge(e)}}
				err = w.container(x)
				b.edges.Add(w.blocks)
			case "page-layout", "layer-set", "notes":
				depth--
				err = x.Skip()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// here is the place of the last paragraph or of the slide.
func (w *walker) here() index.Locator {
	switch {
	case w.want == "presentation":
		return index.Locator{Page: w.pages}
	case w.paragraphs == nil:
		return index.Locator{}
	}
	return index.Locator{Paragraph: *w.paragraphs}
}
