//go:build measure

package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/measure"
	"github.com/sufflor/sufflor/web"
)

var passagesFlag = flag.Int("drafts-passages", 100_000, "passages of the store that TestDraftSpeed asks")

// TestDraftSpeed measures a message's way to a draft in a large store:
// testdata/kb, and copies of its passages in which every other word is another
// one, so that the words of questions stay as frequent as they are in it.
//
//	go test -tags measure -run TestDraftSpeed -v -timeout 40m ./cmd/sufflor
func TestDraftSpeed(t *testing.T) {
	all, err := measure.Load(filepath.Join("..", "..", "testdata", "eval"))
	require.NoError(t, err)
	cfg, err := demoConfig(t.TempDir(), filepath.Join("..", "..", "testdata", "kb"))
	require.NoError(t, err)
	w := cfg.Workspaces[0]
	c := &cli{stderr: &strings.Builder{}, stdout: &strings.Builder{}}
	a, err := openApp(t.Context(), cfg, c.quiet(cfg))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	bar := c.progress(false)
	_, err = a.ingest(t.Context(), w, web.IngestRequest{}, bar.show)
	bar.close()
	require.NoError(t, err)
	var own []index.Passage
	for p, err := range a.store.AllPassages(t.Context(), w.ID) {
		require.NoError(t, err)
		own = append(own, p)
	}
	words := map[string][]string{}
	for _, p := range own {
		words[p.Language] = append(words[p.Language], strings.Fields(p.Text)...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	n := len(own)
	for i := 0; n < *passagesFlag; i++ {
		d := store.Document{
			Workspace: w.ID, ID: fmt.Sprintf("copy-%d", i), Collection: own[0].Collection, Audience: string(index.Public), Root: "copies",
			Path: fmt.Sprintf("copy-%d.md", i), Title: "Copy", Hash: fmt.Sprint(i), Type: "text/markdown",
		}
		var passages []index.Passage
		for j := range 100 {
			p := own[random.IntN(len(own))]
			text := strings.Fields(p.Text)
			for k := range text {
				if k%2 == 1 {
					text[k] = words[p.Language][random.IntN(len(words[p.Language]))]
				}
			}
			p.ID, p.Document, p.Source, p.Ordinal, p.Text, p.Cells = fmt.Sprintf("c%d-%d", i, j), d.ID, d.Path, j, strings.Join(text, " "), nil
			passages = append(passages, p)
		}
		_, err := a.store.PutDocument(t.Context(), d, passages)
		require.NoError(t, err)
		n += len(passages)
	}
	require.NoError(t, a.settle(t.Context()))
	a.pipeline.Deadline = 30 * time.Second
	for _, round := range []string{"first asked", "asked again"} {
		results, err := measure.Run(t.Context(), a.pipeline, w.ID, all, "dev", nil)
		require.NoError(t, err)
		var total, retrieve, write, check []float64
		for _, r := range results {
			if s := r.Suggestion; len(s.Asks) > 0 {
				total, retrieve = append(total, s.Timings.Total), append(retrieve, s.Timings.Retrieve)
				write, check = append(write, s.Timings.Write), append(check, s.Timings.Check)
			}
		}
		for _, v := range [][]float64{total, retrieve, write, check} {
			slices.Sort(v)
		}
		at := func(v []float64, q int) float64 { return v[len(v)*q/100] }
		t.Logf("%d passages, %s, %d messages with questions, p50 / p95 ms: total %.1f / %.1f, retrieve %.1f / %.1f, write %.1f / %.1f, check %.1f / %.1f", n, round, len(total),
			at(total, 50), at(total, 95), at(retrieve, 50), at(retrieve, 95), at(write, 50), at(write, 95), at(check, 50), at(check, 95))
	}
}
