package measure

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest"
)

// Given searches and reads the passages that sets bring, and is a
// [suggest.Searcher] and a [suggest.Library]. All passages of a set are in one
// index, so that words weigh what they weigh in the set and not in a single
// passage; an item that brings its context is answered from that alone, and
// from all of it: what its search does not find stands at the end, as passages
// that share no word with the question would.
//
// It is for one item after the other, not for concurrent use.
type Given struct {
	suggest.Searcher
	// Else reads what is not in a set.
	Else suggest.Library
	// Workspace is that of the passages that the set brings.
	Workspace string

	passages map[string]index.Passage
	of       map[string][]index.Passage // an item's, by collection
	item     string
}

// Cut makes passages of a document, all of workspace.
type Cut func(ctx context.Context, workspace string, d retrieval.Document) ([]index.Passage, error)

// Fill puts the passages of a set into an index, and returns how many they are.
func (g *Given) Fill(ctx context.Context, d *Dataset, cut Cut, into interface {
	Apply(ctx context.Context, b index.Batch) error
},
) (int, error) {
	const size = 1000
	g.passages, g.of = map[string]index.Passage{}, map[string][]index.Passage{}
	var batch index.Batch
	n := 0
	apply := func() error {
		n += len(batch.Put)
		if err := into.Apply(ctx, batch); err != nil {
			return fmt.Errorf("index set %s: %w", d.Name, err)
		}
		batch.Put = nil
		return nil
	}
	add := func(collection string, doc retrieval.Document) error {
		passages, err := cut(ctx, g.Workspace, doc)
		if err != nil {
			return fmt.Errorf("document %q: %w", doc.ID, err)
		}
		for _, p := range passages {
			p.Collection, p.Source = collection, doc.ID
			g.passages[p.ID] = p
			g.of[collection] = append(g.of[collection], p)
			batch.Put = append(batch.Put, p)
		}
		if len(batch.Put) < size {
			return nil
		}
		return apply()
	}
	if d.beir != nil {
		if err := d.beir.Each(ctx, func(doc retrieval.Document) error { return add(corpus, doc) }); err != nil {
			return n, err
		}
	}
	for i, it := range d.Items {
		if it.Response != nil {
			continue
		}
		for k, text := range it.Context {
			l := it.Language
			if l == "" {
				l = lang.Detect(text).Language
			}
			doc := retrieval.Document{ID: it.ID + "#" + strconv.Itoa(k+1), Title: it.Title, Text: text, Language: l}
			if err := add(strconv.Itoa(i), doc); err != nil {
				return n, err
			}
		}
	}
	return n, apply()
}

// corpus is the collection of a set's documents that go with no single item.
const corpus = "corpus"

// Only makes item i of d the one that is answered.
func (g *Given) Only(d *Dataset, i int) {
	if g.item = corpus; d.Items[i].Given {
		g.item = strconv.Itoa(i)
	}
}

// Search implements [suggest.Searcher].
func (g *Given) Search(ctx context.Context, q index.Query) (index.Result, error) {
	if q.Workspace != g.Workspace {
		return g.Searcher.Search(ctx, q)
	}
	q.Filter.Collections = []string{g.item}
	res, err := g.Searcher.Search(ctx, q)
	if err != nil || g.item == corpus {
		return res, err
	}
	for _, p := range g.of[g.item] {
		if len(res.Hits) < q.Limit && !slices.ContainsFunc(res.Hits, func(h index.Hit) bool { return h.ID == p.ID }) {
			res.Hits = append(res.Hits, index.Hit{ID: p.ID, Document: p.Document, Language: p.Language, Kind: p.Kind})
		}
	}
	return res, nil
}

// Passages implements [suggest.Library].
func (g *Given) Passages(ctx context.Context, workspace string, ids []string) (map[string]index.Passage, error) {
	if workspace != g.Workspace {
		return g.Else.Passages(ctx, workspace, ids)
	}
	out := make(map[string]index.Passage, len(ids))
	for _, id := range ids {
		if p, ok := g.passages[id]; ok {
			out[id] = p
		}
	}
	return out, nil
}
