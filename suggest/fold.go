package suggest

import (
	"cmp"
	"slices"

	"github.com/sufflor/sufflor/index"
)

// folder puts hits that say the same in several documents together: the same
// terms in two folders, or exported twice, are one witness. It is done with what
// a search found and never in the store, so that a document that changes or
// goes takes nothing with it that others still say.
type folder struct {
	seen *index.Alike
	hits []Scored
}

func newFolder() *folder { return &folder{seen: index.NewAlike()} }

// keep adds h in any case.
func (f *folder) keep(h Scored) {
	f.seen.Add(len(f.hits), index.NewSketch(h.Passage, index.AcrossDocuments))
	f.hits = append(f.hits, h)
}

// find is the place of a hit that says what h says. Within one document there
// is none: ingest has decided.
func (f *folder) find(h Scored) (at int, ok bool) {
	at, ok = f.seen.Find(index.NewSketch(h.Passage, index.AcrossDocuments), func() bool { return false })
	return at, ok && f.hits[at].Passage.Document != h.Passage.Document
}

// fold leaves out hits that say what a better one of another document says, and
// counts their documents there. Of two with the same score it keeps the newer.
func fold(hits []Scored) []Scored {
	f := newFolder()
	for _, h := range hits {
		at, ok := f.find(h)
		if !ok {
			f.keep(h)
			continue
		}
		kept := f.hits[at]
		if kept.Hit.Score == h.Hit.Score && kept.Passage.Modified.Before(h.Passage.Modified) {
			kept, h = h, kept
		}
		f.hits[at] = kept.said(h)
	}
	return f.hits
}

// said is s, with the documents counted that say it according to o.
func (s Scored) said(o Scored) Scored {
	all := slices.Concat(s.Elsewhere, o.Elsewhere, []string{o.Passage.Document})
	slices.Sort(all)
	s.Elsewhere = slices.DeleteFunc(slices.Compact(all), func(d string) bool { return d == s.Passage.Document })
	return s
}

// merge joins two results, a passage with its better score, best first.
func merge(a, b []Scored) []Scored {
	a, b = shares(a), shares(b)
	at := map[string]int{}
	out := slices.Clone(a)
	for i, h := range out {
		at[h.Passage.ID] = i
	}
	for _, h := range b {
		i, ok := at[h.Passage.ID]
		switch {
		case !ok:
			out = append(out, h)
		case out[i].Hit.Score < h.Hit.Score:
			out[i] = h.said(out[i])
		default:
			out[i] = out[i].said(h)
		}
	}
	slices.SortStableFunc(out, func(x, y Scored) int {
		return cmp.Or(cmp.Compare(y.Hit.Score, x.Hit.Score), cmp.Compare(x.Passage.ID, y.Passage.ID))
	})
	return fold(out) // each result may have kept another one of two
}

// shares are hits with their scores as shares of the best one's: those of
// different queries have different measures.
func shares(hits []Scored) []Scored {
	out := slices.Clone(hits)
	for i := range out {
		if out[0].Hit.Score > 0 {
			out[i].Hit.Score = hits[i].Hit.Score / hits[0].Hit.Score
		}
	}
	return out
}
