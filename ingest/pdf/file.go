package pdf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

// file is an opened PDF.
type file struct {
	objects
	budget   *decoded
	work     int  // operators run, and four for each glyph
	missing  int  // pages that are not where the page tree says
	circular bool // the page tree has a part that is inside of itself
	deep     bool // or more levels than we follow

	spaces, gaps int // painted after words, and left between letters

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
//
// rebuilding is the second, which looks for the objects themselves.
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

const rebuilding = 1

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

// fault is why there is nothing to read, when the file is damaged.
func (r *reading) fault() string {
	broken := r.f.broken()
	switch {
	case len(r.pages) > 0 && broken > 0 && r.problem != "":
		return fmt.Sprintf("%s; %d objects in it are broken or missing", r.problem, broken)
	case len(r.pages) > 0 && broken > 0:
		return fmt.Sprintf("%d objects in it are broken or missing", broken)
	case len(r.pages) > 0:
		return r.problem
	case r.f.circular:
		return "its pages refer to themselves in a circle"
	case r.f.deep:
		return fmt.Sprintf("its pages are more than %d levels below the first", maxTreeDepth)
	case broken > 0:
		return fmt.Sprintf("its pages are lost: %d objects in it are broken or missing", broken)
	}
	return ""
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
	var why, rebuilt error // the first fault, or that it needs a password, and that of its objects without their table
	budget := &decoded{left: maxDecoded}
	for i, opener := range openers {
		// The best reading is asked for its title when all are done, so each
		// has its own source.
		src := whole.again()
		src.budget = 64*src.size + 512<<20 // opening reads each part of it a few times
		o, err := opener.open(ctx, src, budget)
		src.budget, whole.huge = maxRead, whole.huge || src.huge
		if err == nil && o.trailer().Key("Root").Key("Pages").Kind() != dictKind {
			err = fmt.Errorf("its catalog names no pages: %w", ingest.ErrDamaged)
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
		if i == rebuilding {
			rebuilt = err
		}
		if locked || budget.left <= 0 {
			break
		}
	}
	if best == nil {
		return nil, whole.diagnose(why, rebuilt)
	}
	return best, nil
}

// diagnose says what is wrong with a file that cannot be opened: first is the
// fault of its table, rebuilt what is wrong with the objects themselves.
func (s *source) diagnose(first, rebuilt error) error {
	if !errors.Is(first, ingest.ErrDamaged) {
		return first
	}
	reason := func(err error) string { return strings.TrimSuffix(err.Error(), ": "+ingest.ErrDamaged.Error()) }
	said := reason(first)
	if rebuilt != nil && errors.Is(rebuilt, ingest.ErrDamaged) && reason(rebuilt) != said {
		said += "; without its table: " + reason(rebuilt)
	}
	if !s.ended {
		said = "its end is missing, copy or download it again: " + said
	}
	return fmt.Errorf("%s: %w", said, ingest.ErrDamaged)
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
