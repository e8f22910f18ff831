// Package ods reads OpenDocument spreadsheets, zipped (.ods) and flat (.fods):
// OpenDocument 1.3 part 3, chapters 9 and 19.
package ods

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
)

// Reader reads ods and fods files. The zero value is ready for use, also by
// several goroutines.
type Reader struct {
	// Hidden also reads hidden sheets, rows and columns.
	Hidden bool
}

const maxFlat = 256 << 20 // bytes of a flat file

// Read returns the sheets, up to the limits of package sheet. What was left
// out is named in the warnings.
func (r Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	open, title, err := source(in)
	if err != nil {
		return ingest.Document{}, err
	}
	w := &workbook{ctx: ctx, hidden: r.Hidden, title: title, looks: newLooks()}
	w.readStyles(in)
	err = w.read(open)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	doc := w.out.Document()
	if len(doc.Blocks) == 0 {
		if w.damage != nil {
			return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, w.damage)
		}
		return ingest.Document{}, fmt.Errorf("%s holds no values in its visible sheets: %w", in.Name, ingest.ErrNoText)
	}
	doc.Title = w.title
	return doc, nil
}

// source opens the content as often as it is asked for, and gives the title
// where that stands in a part of its own.
func source(in ingest.Input) (open func() (io.ReadCloser, error), title string, err error) {
	head := make([]byte, 4)
	n, _ := in.Data.ReadAt(head, 0) // shorter files are no spreadsheets
	if !bytes.HasPrefix(head[:n], []byte("PK")) && ingest.CompoundKind(in) == "" {
		if in.Size > maxFlat {
			return nil, "", fmt.Errorf("%s has %d MB, flat spreadsheets may have %d: %w", in.Name, in.Size>>20, maxFlat>>20, ingest.ErrTooLarge)
		}
		return func() (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(in.Data, 0, in.Size)), nil
		}, "", nil
	}
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return nil, "", err
	}
	if encrypted(arc) {
		return nil, "", fmt.Errorf("%s is encrypted: %w", in.Name, ingest.ErrEncrypted)
	}
	if !arc.Has("content.xml") {
		return nil, "", fmt.Errorf("%s has no content inside the zip container: %w", in.Name, ingest.ErrDamaged)
	}
	return func() (io.ReadCloser, error) {
		// Anew each time, so that the first pass does not use up the limits
		// of the second.
		arc, err := ingest.OpenArchive(in)
		if err != nil {
			return nil, err
		}
		return arc.Open("content.xml")
	}, metaTitle(arc), nil
}

// encrypted reports whether the container's manifest names a cipher.
func encrypted(arc *ingest.Archive) bool {
	if arc.Has("encrypted-package") {
		return true
	}
	data, err := arc.Part("META-INF/manifest.xml")
	return err == nil && bytes.Contains(data, []byte("encryption-data"))
}

func metaTitle(arc *ingest.Archive) string {
	r, err := arc.Open("meta.xml")
	if err != nil {
		return ""
	}
	defer r.Close() //nolint:errcheck // reading
	return markup.Find(r, "title")
}

// readStyles reads the styles that stand in a part of their own. What is
// damaged costs the looks of cells only.
func (w *workbook) readStyles(in ingest.Input) {
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return
	}
	r, err := arc.Open("styles.xml")
	if err != nil {
		return
	}
	defer r.Close() //nolint:errcheck // reading
	s := markup.New(r)
	for w.ctx.Err() == nil {
		k, err := s.Next()
		if err == nil && k == markup.Start {
			err = w.looks.read(s)
		}
		if err != nil {
			return
		}
	}
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// workbook is one Read.
type workbook struct {
	ctx    context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	hidden bool
	title  string
	out    *sheet.Book
	styles map[string]bool // of tables that are not shown
	looks  *looks
	facts  []facts // of the sheets
	damage error
}

// read goes over the content twice: how many sheets are shown must be known
// before the first one.
func (w *workbook) read(open func() (io.ReadCloser, error)) error {
	w.styles = map[string]bool{}
	shown, found := 0, false
	err := w.walk(open, func(s *markup.Scanner) error {
		found = true
		if w.hidden || !w.styles[s.String("style-name")] {
			shown++
		}
		f, err := survey(s)
		w.facts = append(w.facts, f)
		return err
	})
	if err != nil && !found {
		return err
	}
	if !found {
		return fmt.Errorf("no spreadsheet inside: %w", ingest.ErrDamaged)
	}
	w.out = sheet.NewBook(sheet.Options{Sheets: shown, Hidden: w.hidden})
	name, n := "", 0
	err = w.walk(open, func(s *markup.Scanner) error {
		name = s.String("name")
		style := s.String("style-name")
		t := &table{w: w, name: name, hidden: w.styles[style]}
		if n < len(w.facts) { // the first time may have ended early
			t.facts = w.facts[n]
		}
		n++
		t.open = t.open || w.looks.pages || w.looks.grounds[keyOf("table", style)]
		return t.read(s)
	})
	switch {
	case err == nil:
	case w.ctx.Err() != nil:
		return err
	case errors.Is(err, ingest.ErrTooLarge):
		w.damage = err
		w.out.Warn("sheet %q was read in part and those behind it not at all: the file is over the size limit (%v); split it to have all of it read", name, err)
	default:
		w.damage = err
		w.out.Warn("sheet %q is damaged, it was read in part and those behind it not at all (%v); open the file in the program it was made with and save it again", name, err)
	}
	return nil
}

// isCopy reports whether a table is no sheet but what formulas have taken from
// another file, as LibreOffice keeps it: 'file:///…/prices.ods'#$Sheet1.
func isCopy(name string) bool {
	return strings.HasPrefix(name, "'file:") && strings.Contains(name, "'#")
}

// walk calls sheet for every table of the document's body, whose rest it
// leaves to be passed over. It notes the styles of hidden tables on the way.
func (w *workbook) walk(open func() (io.ReadCloser, error), sheet func(*markup.Scanner) error) (err error) {
	r, err := open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	s := markup.New(r)
	style, body := "", 0
	for {
		k, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if k != markup.Start {
			continue
		}
		if body == 0 {
			if err := w.looks.read(s); err != nil {
				return err
			}
		}
		switch string(s.Name()) {
		case "style":
			style = ""
			if string(s.Attr("family")) == "table" {
				style = s.String("name")
			}
		case "table-properties":
			if string(s.Attr("display")) == "false" && style != "" {
				w.styles[style] = true
			}
		case "title":
			if body == 0 && w.title == "" {
				text, err := s.Content()
				if err != nil {
					return err
				}
				w.title = strings.TrimSpace(valid(text))
			}
		case "spreadsheet":
			body = s.Depth()
		case "table":
			if body == 0 || s.Depth() != body+1 {
				continue
			}
			if w.ctx.Err() != nil {
				return w.ctx.Err()
			}
			if isCopy(s.String("name")) {
				if err := s.Skip(); err != nil {
					return err
				}
				continue
			}
			if err := sheet(s); err != nil {
				return err
			}
		case "tracked-changes": // holds what was deleted
			if err := s.Skip(); err != nil {
				return err
			}
		}
	}
}
