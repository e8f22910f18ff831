package measure

import (
	"context"
	"fmt"
	"time"

	"github.com/sufflor/sufflor/index"
)

// Index is what is measured; [index.Local] is one.
type Index interface {
	Apply(ctx context.Context, b index.Batch) error
	Search(ctx context.Context, q index.Query) (index.Result, error)
}

// Bench puts a set into an index and asks its questions.
type Bench struct {
	Index Index
	Limit int // documents a question; at least 1
	// Cut makes the passages of a document, all of workspace. Nil makes one of
	// each document, however long.
	Cut func(ctx context.Context, workspace string, d Document) ([]index.Passage, error)
	// Progress, unless nil, is told how far a step is, in documents or
	// questions.
	Progress func(step string, done, total int)
}

// batchSize is how many passages are put into the index at once, about.
const batchSize = 1000

// Trial is what came of a set.
type Trial struct {
	Set      *Set
	Passages int
	Indexing time.Duration // that the index needed, without reading the file
	Answers
}

// Try is [Bench.Fill] and [Bench.Ask].
func (b Bench) Try(ctx context.Context, s *Set) (Trial, error) {
	t := Trial{Set: s}
	var err error
	if t.Passages, t.Indexing, err = b.Fill(ctx, s); err != nil {
		return t, err
	}
	t.Answers, err = b.Ask(ctx, s)
	return t, err
}

// Fill puts the documents of s into the index, in a workspace of its name. took
// is the time the index needed.
func (b Bench) Fill(ctx context.Context, s *Set) (passages int, took time.Duration, err error) {
	var batch index.Batch
	done := 0
	apply := func() error {
		began := time.Now()
		if err := b.Index.Apply(ctx, batch); err != nil {
			return fmt.Errorf("index set %s: %w", s.Name, err)
		}
		took += time.Since(began)
		passages += len(batch.Put)
		batch.Put = nil
		b.progress("indexing "+s.Name, done, s.Documents)
		return nil
	}
	cut := b.Cut
	if cut == nil {
		cut = whole
	}
	err = s.Each(ctx, func(d Document) error {
		put, err := cut(ctx, s.Name, d)
		if err != nil {
			return fmt.Errorf("document %q: %w", d.ID, err)
		}
		batch.Put = append(batch.Put, put...)
		if done++; len(batch.Put) < batchSize {
			return nil
		}
		return apply()
	})
	if err == nil {
		err = apply()
	}
	return passages, took, err
}

// whole makes one passage of a document.
func whole(_ context.Context, workspace string, d Document) ([]index.Passage, error) { //nolint:unparam // it stands in for Bench.Cut
	return []index.Passage{{
		ID: workspace + "/" + d.ID, Workspace: workspace, Audience: index.Public, Document: d.ID,
		Title: d.Title, Text: d.Text, Language: d.Language, Kind: index.KindText,
	}}, nil
}

// Answers are what the questions of a set found.
type Answers struct {
	Run      Run             // a question that found nothing is not in it
	Took     []time.Duration // of each question that was asked
	Degraded map[string]int  // questions by the part of the search that did not answer
	Judged   []Judged        // what was found and how it was judged, in the order of the questions
}

// Ask asks the questions of s, one after the other.
func (b Bench) Ask(ctx context.Context, s *Set) (Answers, error) {
	a := Answers{Run: Run{}, Degraded: map[string]int{}}
	for i, q := range s.Queries {
		if q.Missing {
			continue
		}
		began := time.Now()
		found, hits, missing, err := b.search(ctx, index.Query{Workspace: s.Name, Text: q.Text, Language: q.Language})
		if err != nil {
			return a, fmt.Errorf("question %q of set %s: %w", q.ID, s.Name, err)
		}
		a.Took = append(a.Took, time.Since(began))
		if len(found) > 0 {
			a.Run[q.ID] = found
			j := Judged{Set: s.Name}
			for _, h := range hits {
				j.Found = append(j.Found, Candidate{h.Parts.Features, s.Judged[q.ID][h.Document] > 0})
			}
			a.Judged = append(a.Judged, j)
		}
		for _, m := range missing {
			a.Degraded[m]++
		}
		b.progress("asking "+s.Name, i+1, len(s.Queries))
	}
	return a, nil
}

// search is the best documents, each with its best passage. Only when several
// passages of a document crowd others out is more than one search needed.
func (b Bench) search(ctx context.Context, q index.Query) (found []Ranked, hits []index.Hit, degraded []string, err error) {
	for q.Limit = b.Limit; ; q.Limit *= 2 {
		res, err := b.Index.Search(ctx, q)
		if err != nil {
			return nil, nil, nil, err
		}
		found = found[:0]
		seen := map[string]bool{}
		for _, h := range res.Hits {
			if !seen[h.Document] && len(found) < b.Limit {
				seen[h.Document] = true
				found = append(found, Ranked{Document: h.Document, Score: h.Score})
			}
		}
		if len(found) == b.Limit || len(res.Hits) < q.Limit {
			return found, res.Hits, res.Degraded, nil
		}
	}
}

func (b Bench) progress(step string, done, total int) {
	if b.Progress != nil {
		b.Progress(step, done, total)
	}
}
