// Package xlsx reads Excel workbooks: every visible sheet as its tables, with
// values as the sheet's reader sees them in Excel.
//
// excelize decrypts workbooks and computes formulas that were stored without a
// value. The loop over rows is our own: excelize's takes 6.6 s for a million
// cells, gives merged cells, hidden parts and comments by further passes, and
// does not end on some damaged files; ours takes about a fifth of that, in a
// bounded memory. Number formats are shown by package numfmt, which says why.
package xlsx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet"
)

// Reader reads xlsx and xlsm files. The zero value is ready for use, also by
// several goroutines.
type Reader struct {
	// TempDir is where excelize unpacks sheets over 16 MB when a workbook has
	// formulas to compute; empty for the system's.
	TempDir string
	// Hidden also reads hidden sheets, rows and columns.
	Hidden bool
}

// Read returns the workbook's sheets, up to the limits of package sheet. What
// was left out is named in the warnings.
func (r Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return r.stream(ctx, in, nil)
}

// Stream is [Reader.Read] for a caller who takes the blocks one by one: with it
// a workbook of any size is read in about 40 MB. The document has no blocks.
func (r Reader) Stream(ctx context.Context, in ingest.Input, emit func(ingest.Block)) (ingest.Document, error) {
	return r.stream(ctx, in, emit)
}

func (r Reader) stream(ctx context.Context, in ingest.Input, emit func(ingest.Block)) (ingest.Document, error) {
	if ingest.CompoundKind(in) == "encrypted" {
		plain, err := decrypt(in)
		if err != nil {
			return ingest.Document{}, err
		}
		in = plain
	}
	arc, err := ingest.OpenArchive(in)
	if err != nil {
		return ingest.Document{}, err
	}
	// What stands around the rows is read with limits of its own, so as to
	// leave those of the rows alone.
	around, err := ingest.OpenArchive(in)
	if err != nil {
		return ingest.Document{}, err
	}
	b, err := openBook(ctx, arc)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	some := false
	o := sheet.Options{Sheets: b.visible(r.Hidden), Hidden: r.Hidden}
	if emit != nil {
		o.Emit = func(block ingest.Block) {
			some = true
			emit(block)
		}
	}
	w := &workbook{ctx: ctx, arc: arc, around: around, book: b, out: sheet.NewBook(o), hidden: r.Hidden, formulas: formulas{in: in, dir: r.TempDir}}
	w.formulas.arc = around
	for _, s := range b.sheets {
		w.formulas.parts = append(w.formulas.parts, s.part)
	}
	err = w.read()
	err = errors.Join(err, w.formulas.close())
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	doc := w.out.Document()
	if len(doc.Blocks) == 0 && !some {
		if w.damage != nil {
			return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, w.damage)
		}
		return ingest.Document{}, fmt.Errorf("%s holds no values in its visible sheets: %w", in.Name, ingest.ErrNoText)
	}
	doc.Title = b.title
	return doc, nil
}

// openPassword is what Excel encrypts with when a workbook is only protected
// against changes, and tries before it asks.
const openPassword = "VelvetSweatshop"

// maxEncrypted bounds what decryption holds in memory twice.
const maxEncrypted = 64 << 20

// decrypt opens a workbook that anybody may read.
func decrypt(in ingest.Input) (_ ingest.Input, err error) {
	locked := fmt.Errorf("%s is encrypted: %w", in.Name, ingest.ErrEncrypted)
	if in.Size > maxEncrypted {
		return ingest.Input{}, locked
	}
	defer func() {
		if recover() != nil { // excelize takes the sizes in the container on trust
			err = locked
		}
	}()
	raw, err := io.ReadAll(io.NewSectionReader(in.Data, 0, in.Size))
	if err != nil {
		return ingest.Input{}, fmt.Errorf("read %s: %w", in.Name, err)
	}
	plain, err := excelize.Decrypt(raw, &excelize.Options{Password: openPassword})
	if err != nil || !bytes.HasPrefix(plain, []byte("PK")) {
		return ingest.Input{}, locked
	}
	in.Data, in.Size = bytes.NewReader(plain), int64(len(plain))
	return in, nil
}

// workbook is one Read.
type workbook struct {
	ctx      context.Context //nolint:containedctx // a walk of one Read, whose end it must notice
	arc      *ingest.Archive
	around   *ingest.Archive
	book     *book
	out      *sheet.Book
	hidden   bool // also what is hidden
	formulas formulas
	damage   error // the first of a part that was read as far as it goes
}

func (w *workbook) read() error {
	for _, err := range w.book.damage {
		w.out.Warn("the workbook is damaged, sheets or the looks of numbers may be missing (%v); open the file in Excel and save it again", err)
	}
	for _, s := range w.book.sheets {
		if s.part == "" || !w.arc.Has(s.part) {
			w.out.Warn("sheet %q was left out, its content is not in the file", s.name)
			continue
		}
		l := sheet.Layout{Name: s.name, Hidden: s.hidden}
		f := &facts{}
		if w.out.Wants(l) {
			f = w.facts(s, &l)
		}
		out := w.out.Sheet(l)
		if out == nil {
			continue
		}
		p := &page{w: w, name: s.name, out: out, facts: f}
		err := p.rows(s.part)
		p.draw()
		out.Close()
		p.report()
		if err := w.partly(s.name, p.number, err); err != nil {
			return err
		}
	}
	return nil
}

// partly turns a fault in the middle of a sheet into a warning: what stands
// before it is worth having.
func (w *workbook) partly(name string, row int, err error) error {
	switch {
	case err == nil:
		return nil
	case w.ctx.Err() != nil:
		return fmt.Errorf("sheet %q: %w", name, err)
	case errors.Is(err, ingest.ErrTooLarge):
		w.out.Warn("sheet %q was read up to row %d: it is over the size limit (%v); split it to have all of it read", name, row, err)
	default:
		w.out.Warn("sheet %q is damaged and was read up to row %d (%v); open the file in Excel and save it again", name, row, err)
	}
	if w.damage == nil {
		w.damage = fmt.Errorf("sheet %q: %w", name, err)
	}
	return nil
}

// clean is a text as it is shown: the escapes of control characters resolved
// (ECMA-376 part 1, 22.9.2.19) and nothing but valid UTF-8.
func clean(b []byte) string {
	if bytes.Contains(b, []byte("_x")) {
		b = unescape(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '_' && i+7 <= len(b) && b[i+1] == 'x' && b[i+6] == '_' {
			if n, ok := hex4(b[i+2 : i+6]); ok {
				if n >= ' ' || n == '\n' || n == '\t' { // control characters show nothing
					out = append(out, string(n)...)
				}
				i += 6
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func hex4(b []byte) (rune, bool) {
	n := rune(0)
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			n = n<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return n, true
}
