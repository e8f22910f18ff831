package main

import (
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/suggest/conflict"
	"github.com/sufflor/sufflor/suggest/guard"
	"github.com/sufflor/sufflor/suggest/measure"
	words "github.com/sufflor/sufflor/suggest/message"
	panel "github.com/sufflor/sufflor/web"
)

// Our own documents are clean and agree with each other: what guard and
// conflict find in them is a false alarm.
func TestOurDocumentsAreCleanAndAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all documents")
	}
	cfg, err := demoConfig(t.TempDir(), filepath.Join("..", "..", "testdata", "kb"))
	require.NoError(t, err)
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	w := cfg.Workspaces[0]
	_, err = a.ingest(t.Context(), w, panel.IngestRequest{}, func(ingest.Event) {})
	require.NoError(t, err)
	a.pipeline.Deadline = time.Minute

	passages := 0
	for p, err := range a.store.AllPassages(t.Context(), w.ID) {
		require.NoError(t, err)
		passages++
		_, found := guard.Passage(p)
		require.Empty(t, found, "%s: %s", p.Source, p.Text)
	}

	all, err := measure.Load(filepath.Join("..", "..", "testdata", "eval"))
	require.NoError(t, err)
	results, err := measure.Run(t.Context(), a.pipeline, w.ID, all, "dev", nil)
	require.NoError(t, err)
	sentences, struck, conflicts, searches := 0, 0, 0, 0
	altered, noticed, seen := 0, 0, 0
	for _, r := range results {
		s := r.Suggestion
		sources := map[string][]string{}
		var top []index.Passage
		for _, e := range s.Evidence {
			top = append(top, e.Passage)
			texts := []string{e.Passage.Text, e.Passage.Question, e.Passage.Title}
			for _, c := range e.Passage.Cells {
				texts = append(texts, c.Value)
			}
			sources[e.Passage.ID] = texts
		}
		for _, x := range s.Sentences {
			allowed := guard.Allowed{Language: s.Language}
			for _, c := range x.Citations {
				allowed.Sources = append(allowed.Sources, sources[c.Passage]...)
			}
			sentences++
			if hits := guard.Output(x.Text, allowed); len(hits) > 0 {
				struck++
				t.Logf("%s: %v in %q", r.Message.ID, hits, x.Text)
			}
		}
		if len(top) > 0 && top[0].Language == s.Language {
			if other, ok := alter(top[0]); ok {
				altered++
				noticed += len(conflict.Find(s.Language, s.Asks[0].Query, []index.Passage{top[0], other}))
				seen += len(conflict.Find(s.Language, "", []index.Passage{top[0], other}))
			}
		}
		for _, q := range s.Asks {
			searches++
			for _, c := range conflict.Find(s.Language, q.Query, top) {
				conflicts++
				t.Logf("%s: %q of %s (%s) and %q of %s (%s): %s", r.Message.ID, c.ValueA, top[c.A].Source, top[c.A].Text, c.ValueB, top[c.B].Source, top[c.B].Text, c.What)
			}
		}
	}
	t.Logf("%d passages, %d messages, %d sentences: %d struck; %d questions: %d conflicts", passages, len(results), sentences, struck, searches, conflicts)
	t.Logf("%d of %d passages with one number altered contradict their original on the question, %d on anything", noticed, altered, seen)
	require.Zero(t, struck)
	require.Zero(t, conflicts)
}

// alter is p in another document, with its first value changed.
func alter(p index.Passage) (index.Passage, bool) {
	for _, a := range words.Anchors(p.Text) {
		switch a.Kind {
		case words.Money, words.Percent, words.Unit:
			i := strings.IndexAny(a.Text, "12345678")
			if i < 0 {
				continue
			}
			text := a.Text[:i] + string(a.Text[i]+1) + a.Text[i+1:]
			p.ID, p.Document = p.ID+"-2", p.Document+"-2"
			p.Text = strings.ReplaceAll(p.Text, a.Text, text)
			p.Cells = slices.Clone(p.Cells)
			for k := range p.Cells {
				p.Cells[k].Value = strings.ReplaceAll(p.Cells[k].Value, a.Text, text)
			}
			return p, true
		}
	}
	return p, false
}
