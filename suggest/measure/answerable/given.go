package answerable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sufflor/sufflor/index"
	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/suggest/measure"
)

// Given is a set of questions that each come with one passage, which answers
// them or nearly does.
type Given struct {
	Name     string // of its folder
	Language string
	Rows     []GivenRow
}

// GivenRow is a line of such a set. Further fields are ignored.
type GivenRow struct {
	ID         string `json:"id"`
	Context    string `json:"context"`
	Title      string `json:"title"`
	Question   string `json:"question"`
	Answerable *bool  `json:"answerable"`
}

// OpenGiven reads a file of lines with id, context, title, question and
// answerable.
func OpenGiven(ctx context.Context, path, language string) (g Given, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return g, err
	}
	g = Given{Name: filepath.Base(filepath.Dir(abs)), Language: language}
	file, err := os.Open(path)
	if err != nil {
		return g, err
	}
	defer file.Close() //nolint:errcheck // only read
	seen := map[string]int{}
	err = retrieval.Lines(ctx, path, file, func(line int, raw []byte) error {
		var r GivenRow
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		switch {
		case r.ID == "" || r.Context == "" || r.Question == "" || r.Answerable == nil:
			return errors.New("id, context, question and answerable are required")
		case seen[r.ID] > 0:
			return fmt.Errorf("id %q stands in line %d, too", r.ID, seen[r.ID])
		}
		seen[r.ID] = line
		g.Rows = append(g.Rows, r)
		return nil
	})
	if err == nil && len(g.Rows) == 0 {
		err = fmt.Errorf("%s: no questions", path)
	}
	return g, err
}

// AskGiven is every question of g, asked of its own passage alone; how rare
// words are is known from all of g's passages. An answer is right when its
// passage answers at all.
func (b Bench) AskGiven(ctx context.Context, g Given) ([]measure.Example, error) {
	lib := newShelf()
	batch := index.Batch{}
	for _, r := range g.Rows {
		put, err := b.Cut(ctx, g.Name, retrieval.Document{ID: r.ID, Title: r.Title, Text: r.Context, Language: g.Language})
		if err != nil {
			return nil, fmt.Errorf("passage of %q: %w", r.ID, err)
		}
		lib.add(r.ID, put)
		batch.Put = append(batch.Put, put...)
	}
	if err := b.Index.Apply(ctx, batch); err != nil {
		return nil, fmt.Errorf("index set %s: %w", g.Name, err)
	}
	all := b.Index
	var out []measure.Example
	for i, r := range g.Rows {
		if b.Progress != nil {
			b.Progress("asking "+g.Name, i, len(g.Rows))
		}
		b.Index = only{all, r.ID, len(lib.byID)}
		e, err := b.explain(ctx, lib, g.Name, retrieval.Query{ID: r.ID, Text: r.Question, Language: g.Language}, map[string]bool{r.ID: *r.Answerable})
		if err != nil {
			return nil, err
		}
		e.Answerable = *r.Answerable
		e.Right = *r.Answerable && len(e.Features) > 0
		out = append(out, e)
	}
	return out, nil
}

// only finds nothing but one document.
type only struct {
	Index
	document string
	most     int
}

// Search implements [suggest.Searcher].
func (o only) Search(ctx context.Context, q index.Query) (index.Result, error) {
	limit := q.Limit
	q.Limit = o.most
	res, err := o.Index.Search(ctx, q)
	var own []index.Hit
	for _, h := range res.Hits {
		if h.Document == o.document && len(own) < limit {
			own = append(own, h)
		}
	}
	res.Hits = own
	return res, err
}
