package index

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	bleve "github.com/blevesearch/bleve_index_api"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// Recipe is [recipe] for measurements.
type Recipe struct {
	Question, Kin, KinLeast, Common, Bound       float64
	Terms, Second, KinMax, Postings, KinPostings int
	Ranking                                      Ranking
}

// Standard is what searches use.
func Standard() Recipe {
	s := standard
	return Recipe{s.question, s.kin, s.kinLeast, s.common, s.bound, s.terms, s.second, s.kinMax, s.postings, s.kinRead, trainedRanking()}
}

// Saturation and InverseDocumentFrequency are the two factors of BM25.
var (
	Saturation               = saturation
	InverseDocumentFrequency = idf
)

// Cook makes x search by r. Not safe while searches run.
func (x *Local) Cook(r Recipe) {
	x.recipe = recipe{
		question: r.Question, kin: r.Kin, kinLeast: r.KinLeast, common: r.Common,
		terms: r.Terms, second: r.Second, kinMax: r.KinMax, postings: r.Postings, kinRead: r.KinPostings, bound: r.Bound, ranking: r.Ranking,
	}
}

// RequireTracesComeBack wants the words of a text unchanged by how they are
// stored.
func RequireTracesComeBack(tb testing.TB, language, text string) {
	tb.Helper()
	words := traced(analyze(language, text))
	if len(words) == 0 {
		words = nil
	}
	want := traces{words, nil, words}
	got, err := decodeTraces(string(want.encode()))
	require.NoError(tb, err, "%q in %q", text, language)
	require.Equal(tb, want, got, "%q in %q", text, language)
}

// DecodeTraces is whether stored words can be read.
func DecodeTraces(raw string) error {
	_, err := decodeTraces(raw)
	return err
}

// Kin is the words of the index that are spelled like word.
func (x *Local) Kin(ctx context.Context, workspace, language, word string) ([]string, error) {
	v, err := x.words(ctx, workspace, language)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, k := range v.kin(v.spelling(word), &tally{}, standard.kinLeast, standard.kinMax) {
		out = append(out, fmt.Sprintf("%s %d %.3f", k.term, k.df, k.likeness))
	}
	return out, nil
}

// Holder is a passage that holds a word, as the search reads it.
type Holder struct {
	ID            string
	Count, Length int
}

// Holders are the passages that hold a stem, read in each of the ways that the
// search has, twice: all by Bleve's own reader, all as decoded anew and as
// kept, and those of every third passage looked up.
func (x *Local) Holders(ctx context.Context, workspace, language, stem string, least, most int) (map[string][]Holder, error) {
	name := field(legText, language)
	out := map[string][]Holder{}
	cache := newRunCache()
	cache.least, cache.most = least, most
	return out, x.read(func(r bleve.IndexReader) error {
		in, err := segmentsOf(r)
		if err != nil {
			return err
		}
		reader, err := r.TermFieldReader(ctx, []byte(scoped(workspace, stem)), name, true, true, false)
		if err != nil {
			return err
		}
		add := func(how string) func(posting) {
			return func(d posting) {
				id, err := r.ExternalID(bleve.NewIndexInternalID(nil, d.doc))
				if err != nil {
					panic(err)
				}
				out[how] = append(out[how], Holder{id, d.count, d.length})
			}
		}
		for {
			d, err := reader.Next(nil)
			if err != nil {
				return err
			}
			if d == nil {
				break
			}
			add("bleve")(posting{d.ID.Value(), int(d.Freq), int(math.Round(1 / (d.Norm * d.Norm)))})
		}
		var thirds []uint64
		for doc := uint64(0); doc < in.ends[len(in.ends)-1]; doc += 3 {
			thirds = append(thirds, doc)
		}
		o, err := newOpener(cache, in, name)
		if err != nil {
			return err
		}
		h, err := o.holders(scoped(workspace, stem))
		if err != nil {
			return err
		}
		few := thirds[:min(2, len(thirds))]
		for _, round := range []string{"first", "second", "third"} {
			if err := h.among(ctx, few, func(at int, d posting) {
				if few[at] != d.doc {
					panic("the wrong place")
				}
				add("few, " + round)(d)
			}); err != nil {
				return err
			}
			if err := h.among(ctx, thirds, func(at int, d posting) {
				if thirds[at] != d.doc {
					panic("the wrong place")
				}
				add("thirds, " + round)(d)
			}); err != nil {
				return err
			}
			if err := h.each(ctx, add("each, "+round)); err != nil {
				return err
			}
			if err := o.each(ctx, scoped(workspace, stem), add("straight, "+round)); err != nil {
				return err
			}
		}
		for _, d := range out["bleve"] {
			doc, err := r.InternalID(d.ID)
			if err != nil {
				return err
			}
			if slices.Contains(few, doc.Value()) {
				out["few"] = append(out["few"], d)
			}
			if doc.Value()%3 == 0 {
				out["thirds"] = append(out["thirds"], d)
			}
		}
		if cache.size > most {
			return fmt.Errorf("%d postings kept, at most %d may be", cache.size, most)
		}
		return reader.Close()
	})
}

// SideBySide looks every document up for several stems at a time, as a search
// does, with nothing kept from before, and is how many of them hold each.
func (x *Local) SideBySide(ctx context.Context, workspace, language string, stems []string) ([]int, error) {
	out := make([]int, len(stems))
	return out, x.read(func(r bleve.IndexReader) error {
		in, err := segmentsOf(r)
		if err != nil {
			return err
		}
		all := make([]uint64, in.end())
		for i := range all {
			all[i] = uint64(i)
		}
		cache := newRunCache()
		cache.least = 1
		o, err := newOpener(cache, in, field(legText, language))
		if err != nil {
			return err
		}
		found := make([]holders, len(stems))
		for i, stem := range stems {
			if found[i], err = o.holders(scoped(workspace, stem)); err != nil {
				return err
			}
		}
		g, reading := errgroup.WithContext(ctx)
		for i, h := range found {
			g.Go(func() error { return h.among(reading, all, func(int, posting) { out[i]++ }) })
		}
		return g.Wait()
	})
}
