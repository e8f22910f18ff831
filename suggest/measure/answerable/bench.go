// Package answerable measures how well the flag tells a question that the
// documents answer from one that they do not: each question of a set is asked
// twice, with the documents that answer it and without them.
package answerable

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/index"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/measure"
)

// Index is what the bench fills and asks; [index.Local] is one.
type Index interface {
	suggest.Searcher
	Apply(ctx context.Context, b index.Batch) error
}

// Bench asks the questions of sets through a pipeline. Its index must be empty
// and is changed; it is not safe for concurrent use.
type Bench struct {
	Index  Index
	Writer suggest.Writer
	Framer suggest.Framer
	Model  *suggest.Model
	// Cut makes the passages of a document.
	Cut func(ctx context.Context, workspace string, d retrieval.Document) ([]index.Passage, error)
	// Most bounds the questions of a set, taken evenly; 0 takes all.
	Most     int
	Progress func(step string, done, total int)
}

// batchSize is how many passages are put into the index at once, about.
const batchSize = 1000

// Ask is every question of s, first with its documents, then without.
func (b Bench) Ask(ctx context.Context, s *retrieval.Set) ([]measure.Example, error) {
	shelf, err := b.fill(ctx, s)
	if err != nil {
		return nil, err
	}
	queries := slices.DeleteFunc(slices.Clone(s.Queries), func(q retrieval.Query) bool { return q.Missing })
	queries = evenly(queries, b.Most)
	var out []measure.Example
	for i, q := range queries {
		if b.Progress != nil {
			b.Progress("asking "+s.Name, i, len(queries))
		}
		gold := map[string]bool{}
		for document, relevance := range s.Judged[q.ID] {
			gold[document] = relevance > 0
		}
		with, err := b.explain(ctx, shelf, s.Name, q, gold)
		if err != nil {
			return nil, err
		}
		removed := shelf.saying(gold)
		if err := b.without(ctx, removed, func() error {
			without, err := b.explain(ctx, shelf, s.Name, q, nil)
			out = append(out, with, without)
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// evenly takes most of list, the same each time.
func evenly[T any](list []T, most int) []T {
	if most <= 0 || len(list) <= most {
		return list
	}
	out := make([]T, most)
	for i := range out {
		out[i] = list[i*len(list)/most]
	}
	return out
}

// without does f while passages are out of the index, so that also the weights
// of words are those of documents that never held them.
func (b Bench) without(ctx context.Context, passages []index.Passage, f func() error) error {
	ids := make([]string, len(passages))
	for i, p := range passages {
		ids[i] = p.ID
	}
	if err := b.Index.Apply(ctx, index.Batch{Delete: ids}); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return b.Index.Apply(ctx, index.Batch{Put: passages})
}

// shelf holds the passages of a set.
type shelf struct {
	byID       map[string]index.Passage
	byDocument map[string][]index.Passage
	byText     map[string][]index.Passage
}

func newShelf() *shelf {
	return &shelf{byID: map[string]index.Passage{}, byDocument: map[string][]index.Passage{}, byText: map[string][]index.Passage{}}
}

func (s *shelf) add(document string, passages []index.Passage) {
	for _, p := range passages {
		s.byID[p.ID] = p
		s.byDocument[document] = append(s.byDocument[document], p)
		s.byText[folded(p.Text)] = append(s.byText[folded(p.Text)], p)
	}
}

// Passages implements [suggest.Library].
func (s *shelf) Passages(_ context.Context, workspace string, ids []string) (map[string]index.Passage, error) {
	out := map[string]index.Passage{}
	for _, id := range ids {
		if p, ok := s.byID[id]; ok && p.Workspace == workspace {
			out[id] = p
		}
	}
	return out, nil
}

// saying is the passages of documents and all others of the very same text.
func (s *shelf) saying(documents map[string]bool) []index.Passage {
	seen := map[string]bool{}
	var out []index.Passage
	for d, ok := range documents {
		if !ok {
			continue
		}
		for _, p := range s.byDocument[d] {
			for _, same := range s.byText[folded(p.Text)] {
				if !seen[same.ID] {
					seen[same.ID] = true
					out = append(out, same)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b index.Passage) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func folded(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// fill puts the documents of s into the index, in a workspace of its name.
func (b Bench) fill(ctx context.Context, s *retrieval.Set) (*shelf, error) {
	out := newShelf()
	var batch index.Batch
	apply := func() error {
		err := b.Index.Apply(ctx, batch)
		batch.Put = nil
		if err != nil {
			return fmt.Errorf("index set %s: %w", s.Name, err)
		}
		return nil
	}
	err := s.Each(ctx, func(d retrieval.Document) error {
		put, err := b.Cut(ctx, s.Name, d)
		if err != nil {
			return fmt.Errorf("document %q: %w", d.ID, err)
		}
		out.add(d.ID, put)
		if batch.Put = append(batch.Put, put...); len(batch.Put) < batchSize {
			return nil
		}
		return apply()
	})
	if err != nil {
		return nil, err
	}
	return out, apply()
}

// explain asks q; an answer whose first quote is from a gold document is right.
func (b Bench) explain(ctx context.Context, lib *shelf, workspace string, q retrieval.Query, gold map[string]bool) (measure.Example, error) {
	e := measure.Example{Set: workspace, ID: q.ID, Answerable: gold != nil, Language: q.Language}
	p := suggest.Pipeline{
		Index: b.Index, Library: lib, Writer: b.Writer, Framer: b.Framer, Model: b.Model, Deadline: time.Minute, Now: time.Now,
		Profile: func(string) suggest.Profile { return suggest.Profile{Name: workspace, Language: q.Language} },
	}
	s, trace, err := p.Explain(ctx, suggest.Request{Workspace: workspace, Text: q.Text, Language: q.Language})
	if err != nil {
		return e, fmt.Errorf("question %q of set %s: %w", q.ID, workspace, err)
	}
	best := -1.0
	for i, a := range trace.Answers {
		if len(a.Features) == 0 || len(a.Sentences) == 0 || s.Asks[i].Score <= best {
			continue
		}
		best = s.Asks[i].Score
		e.Features = a.Features
		// A text that stands twice is the same answer from either place.
		e.Right = slices.ContainsFunc(lib.byText[folded(lib.byID[a.Sentences[0].Passage].Text)], func(o index.Passage) bool { return gold[o.Document] })
	}
	return e, nil
}
