//go:build measure

package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/compose"
	"github.com/sufflor/sufflor/suggest/measure"
	"github.com/sufflor/sufflor/suggest/prompt"
	"github.com/sufflor/sufflor/web"
)

// parrot is a model that says the quotations, each with its right passage. All
// that the second stage loses of them, it loses wrongly.
type parrot struct {
	inner    *compose.Composer
	material suggest.Material
	own      time.Duration // the parrot's
	took     []time.Duration
	bytes    []int
}

func (*parrot) Ready(string) bool { return true }

func (*parrot) Name() string { return "parrot" }

func (p *parrot) Compose(ctx context.Context, m suggest.Material, watch func(suggest.Sentence)) (suggest.Composition, error) {
	p.material = m
	start := time.Now()
	c, err := p.inner.Compose(ctx, m, watch)
	p.took = append(p.took, time.Since(start)-p.own)
	return c, err
}

func (p *parrot) Generate(_ context.Context, r compose.Request, _ func(string)) (compose.Reply, error) {
	start := time.Now()
	defer func() { p.own = time.Since(start) }()
	p.bytes = append(p.bytes, len(r.System)+len(r.User))
	in := prompt.Input{Language: "en", Nonce: prompt.NewNonce(), Asks: []string{"?"}, Passages: make([]prompt.Passage, len(p.material.Passages))}
	numbers, err := prompt.Render(in)
	if err != nil {
		return compose.Reply{}, err
	}
	a := prompt.Answer{Language: p.material.Brief.Language, Missing: []string{}, Answered: []int{1}}
	for _, answer := range p.material.Answers {
		for _, q := range answer.Sentences {
			n := 1 + slices.IndexFunc(numbers.Order, func(at int) bool { return p.material.Passages[at].ID == q.Passage })
			a.Sentences = append(a.Sentences, prompt.Sentence{Text: q.Text, Cites: []int{n}, Kind: prompt.Fact})
		}
	}
	data, err := json.Marshal(a)
	return compose.Reply{Text: string(data)}, err
}

// both explains with the first stage and suggests with both.
type both struct{ *suggest.Pipeline }

func (b both) Explain(ctx context.Context, r suggest.Request) (suggest.Suggestion, suggest.Trace, error) {
	_, trace, err := b.Pipeline.Explain(ctx, r)
	if err != nil {
		return suggest.Suggestion{}, trace, err
	}
	s, err := b.Suggest(ctx, r)
	return s, trace, err
}

// TestParrot measures what the checks of the second stage refuse of sentences
// that are right, on the dev split of our own messages:
// go test -tags measure -run TestParrot -v ./cmd/sufflor.
func TestParrot(t *testing.T) {
	all, err := measure.Load(filepath.Join("..", "..", "testdata", "eval"))
	require.NoError(t, err)
	cfg, err := demoConfig(t.TempDir(), filepath.Join("..", "..", "testdata", "kb"))
	require.NoError(t, err)
	c := &cli{stderr: &strings.Builder{}, stdout: &strings.Builder{}}
	a, err := openApp(t.Context(), cfg, c.quiet(cfg))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	bar := c.progress(false)
	sum, err := a.ingest(t.Context(), cfg.Workspaces[0], web.IngestRequest{}, bar.show)
	bar.close()
	require.NoError(t, err)
	require.Zero(t, sum.Failed+sum.Empty, "%+v", sum.Failures)
	a.pipeline.Deadline = 30 * time.Second
	quoted, err := measure.Run(t.Context(), a.pipeline, cfg.Workspaces[0].ID, all, "dev", nil)
	require.NoError(t, err)
	p := &parrot{}
	p.inner = newComposer(a.cfg, func(string) compose.Model { return p })
	a.pipeline.Composer = p
	written, err := measure.Run(t.Context(), both{a.pipeline}, cfg.Workspaces[0].ID, all, "dev", nil)
	require.NoError(t, err)
	type counts struct{ drafts, model, facts, citations, right int }
	var before, after counts
	reasons := map[string]int{}
	for i, r := range written {
		for _, side := range []struct {
			n *counts
			r measure.Result
		}{{&before, quoted[i]}, {&after, r}} {
			if side.r.Suggestion.Flag != suggest.None {
				side.n.drafts++
			}
			if side.r.Suggestion.Mode == suggest.Written {
				side.n.model++
			}
			side.n.facts, side.n.citations, side.n.right = side.n.facts+side.r.Stated, side.n.citations+side.r.Citations, side.n.right+side.r.RightCites
		}
		for _, x := range r.Suggestion.Reasons {
			if !slices.Contains(quoted[i].Suggestion.Reasons, x) {
				reasons[x.Code]++
			}
		}
	}
	slices.Sort(p.took)
	slices.Sort(p.bytes)
	at := func(q int) int { return len(p.took) * q / 100 }
	t.Logf("quoted %+v", before)
	t.Logf("parrot %+v, reasons %v", after, reasons)
	t.Logf("overhead p50 %s, p95 %s; prompt p50 %d, largest %d bytes", p.took[at(50)], p.took[at(95)], p.bytes[at(50)], p.bytes[len(p.bytes)-1])
	require.Equal(t, before.facts, after.facts, "a model that says what the quotations say loses nothing")
}
