package pdf

import (
	"context"
	"errors"
	"fmt"

	"github.com/sufflor/sufflor/ingest"
)

// file is an opened PDF.
type file struct {
	objects
	budget  *decoded
	work    int // operators run, and four for each glyph
	missing int // pages that are not where the page tree says

	fonts   map[string]*font
	entries int               // of tables for codes and widths that fonts may still have
	cache   map[string][]byte // decoded streams by ID
	cached  int               // bytes in cache
	texts   map[string]string // of words, each once
	off     map[string]bool   // optional content that is not shown, by ID
}

func newFile(o objects, budget *decoded) *file {
	f := &file{
		objects: o, budget: budget, entries: maxEntries,
		fonts: map[string]*font{}, cache: map[string][]byte{}, off: map[string]bool{}, texts: map[string]string{},
	}
	off := f.root().Key("OCProperties").Key("D").Key("OFF")
	for i := range min(off.Len(), maxElements) {
		f.off[off.Index(i).ID()] = true
	}
	return f
}

func (f *file) root() object { return f.trailer().Key("Root") }

// intern is a word's text as a string that all words of this text share.
func (f *file) intern(text []byte) string {
	if s, ok := f.texts[string(text)]; ok {
		return s
	}
	s := string(text)
	if len(f.texts) < maxVocabulary {
		f.texts[s] = s
	}
	return s
}

// broken counts what could not be read of the objects that were asked for.
func (f *file) broken() int { return f.faults() + f.missing }

// decoded is how many bytes of streams a file may still have decoded.
type decoded struct{ left int64 }

// openers are the ways to get at a file's objects, in the order they are
// tried: each takes longer than the one before and gets over more damage.
var openers = []struct {
	name string
	open func(ctx context.Context, src *source, budget *decoded) (objects, error)
}{
	{"as written", func(_ context.Context, src *source, budget *decoded) (objects, error) {
		t, err := readTable(src, budget)
		if err != nil {
			return nil, err
		}
		return openPlain(src, t, false, budget)
	}},
	{"rebuilt", func(_ context.Context, src *source, budget *decoded) (objects, error) {
		t, err := scan(src, budget)
		if err != nil {
			return nil, err
		}
		return openPlain(src, t, true, budget)
	}},
	{"pdfcpu", func(ctx context.Context, src *source, budget *decoded) (objects, error) {
		return openLoaded(ctx, src, budget)
	}},
}

// reading is what one way to get at a file's objects gave.
type reading struct {
	f       *file
	pages   []*page
	notes   []string
	words   int
	images  int
	problem string // of the first page that has one
}

// whole reports whether no other way can give more.
func (r *reading) whole() bool {
	return r.f.broken() == 0 && len(r.pages) > 0 && (r.words > 0 || r.images > 0 || r.problem == "")
}

// better reports whether r gave more of the file than the other.
func (r *reading) better(other *reading) bool {
	if other == nil || r.words != other.words {
		return other == nil || r.words > other.words
	}
	if r.images != other.images || len(r.pages) != len(other.pages) {
		return r.images > other.images || r.images == other.images && len(r.pages) > len(other.pages)
	}
	return r.f.broken() < other.f.broken()
}

// read opens a file and interprets its pages, in as many ways as it takes.
func read(ctx context.Context, in ingest.Input) (*reading, error) {
	whole, err := newSource(ctx, in)
	if err != nil {
		return nil, err
	}
	var best *reading
	var why error // the first fault, or that it needs a password
	budget := &decoded{left: maxDecoded}
	for _, opener := range openers {
		// The best reading is asked for its title when all are done, so each
		// has its own source.
		src := whole.again()
		src.budget = 64*src.size + 512<<20 // opening reads each part of it a few times
		o, err := opener.open(ctx, src, budget)
		src.budget, whole.huge = maxRead, whole.huge || src.huge
		if err == nil && o.trailer().Key("Root").Key("Pages").Kind() != dictKind {
			err = fmt.Errorf("no pages in its catalog: %w", ingest.ErrDamaged)
		}
		if err == nil {
			var r *reading
			if r, err = interpretAll(ctx, newFile(o, budget)); err == nil {
				if r.better(best) {
					best = r
				}
				if r.whole() {
					break
				}
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		locked := errors.Is(err, ingest.ErrEncrypted)
		if why == nil || locked {
			why = err
		}
		if locked || budget.left <= 0 {
			break
		}
	}
	if best == nil {
		return nil, why
	}
	return best, nil
}

// interpretAll reads the pages of an opened file.
func interpretAll(ctx context.Context, f *file) (*reading, error) {
	r := &reading{f: f}
	nodes, err := f.pageNodes(ctx)
	switch {
	case errors.Is(err, errPages):
		r.notes = append(r.notes, err.Error())
	case err != nil:
		return nil, err
	}
	for i := range nodes {
		if r.words > maxWords || f.work > maxWork {
			if len(r.notes) == 0 {
				r.notes = append(r.notes, fmt.Sprintf("the first %d pages hold more than a book does, the others are left out", i))
			}
			r.pages = append(r.pages, &page{number: i + 1})
			continue
		}
		p, err := f.interpret(ctx, nodes[i], i+1)
		if err != nil {
			return nil, err
		}
		nodes[i] = pageNode{} // with all that its objects remember
		r.pages = append(r.pages, p)
		r.words, r.images = r.words+p.count(), r.images+p.images
		if r.problem == "" && p.problem != "" {
			r.problem = fmt.Sprintf("page %d: %s", p.number, p.problem)
		}
	}
	// The layout to come needs the memory.
	f.fonts, f.cache, f.cached = map[string]*font{}, map[string][]byte{}, 0
	f.texts = nil
	return r, nil
}
