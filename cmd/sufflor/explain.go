package main

import (
	"context"
	"errors"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// explain adds to a result why its hits stand where they do, which say the
// same, and what a draft would quote. Without the draft the rest stands.
func (a *app) explain(ctx context.Context, w config.Workspace, q web.SearchRequest, asked index.Query, res *web.SearchResult) {
	if a.model != nil && a.cfg.Model.Rerank {
		res.Reordered = "model"
	}
	alike := index.NewAlike()
	for i := range res.Hits {
		h := &res.Hits[i]
		p := h.Passage
		why := index.Explain(asked, index.Hit{ID: p.ID, Document: p.Document, Language: p.Language, Kind: p.Kind, Score: h.Score, Parts: h.Parts})
		h.Why, h.Matches = &why, index.Matches(p.Language, q.Text, p.Text)
		sketch := index.NewSketch(p, index.AcrossDocuments)
		if at, ok := alike.Find(sketch, func() bool { return false }); ok && res.Hits[at].Passage.Document != p.Document {
			h.SameAs = at + 1
			continue
		}
		alike.Add(i, sketch)
	}
	s, _, err := a.pipeline.Quote(ctx, suggest.Request{Workspace: w.ID, Text: q.Text, Language: q.Language})
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			res.Degraded = append(res.Degraded, "draft: it could not be made")
			a.log.WarnContext(ctx, "search explained without a draft", "workspace", w.ID, "err", err)
		}
		return
	}
	res.Draft = quoted(s, res.Hits)
}

// quoted is what a draft quotes, and marks the hits that it takes it from.
func quoted(s suggest.Suggestion, hits []web.SearchHit) *web.SearchDraft {
	d := &web.SearchDraft{Flag: string(s.Flag), Quotes: []web.SearchQuote{}, Missing: s.Missing}
	for _, x := range s.Sentences {
		if len(x.Citations) == 0 || x.Verdict != "" {
			continue
		}
		n := x.Citations[0].Number
		if n < 1 || n > len(s.Evidence) {
			continue
		}
		quote := web.SearchQuote{Text: x.Text, Passage: s.Evidence[n-1].Passage}
		for i := range hits {
			if hits[i].Passage.ID == quote.Passage.ID {
				hits[i].Quoted, quote.Hit = true, i+1
			}
		}
		d.Quotes = append(d.Quotes, quote)
	}
	return d
}
