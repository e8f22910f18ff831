package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// stored puts documents into the store of a place, as if they had been read.
func (p place) stored(t *testing.T, documents, passages int) config.Config {
	t.Helper()
	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for i := range documents {
		a.put(t, i, passages, "pumpe")
	}
	require.NoError(t, a.settle(t.Context()))
	require.NoError(t, a.Close())
	return cfg
}

// put stores a document whose text says word.
func (a *app) put(t *testing.T, i, passages int, word string) {
	t.Helper()
	d := store.Document{ID: fmt.Sprintf("d%04d", i), Workspace: "a", Collection: "c", Audience: "public", Root: "/nowhere", Path: fmt.Sprint(i, ".md"), Hash: word}
	var list []index.Passage
	for j := range passages {
		text := fmt.Sprintf("Den %s med nummer N-%d-%d fylles med %d liter olje.", word, i, j, i+j)
		list = append(list, index.Passage{ID: fmt.Sprintf("%s-%04d-%d", word, i, j), Audience: index.Public, Title: "T", Language: "nb", Kind: index.KindText, Text: text, Ordinal: j})
	}
	_, err := a.store.PutDocument(t.Context(), d, list)
	require.NoError(t, err)
}

// outdate makes the index one of another version.
func outdate(t *testing.T, cfg config.Config) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(indexDir(cfg), "sufflor-index.json"), []byte(`{"format":1,"analysis":1,"ready":true}`), 0o600))
}

// TestAServerAnswersWhileItsIndexIsFilled opens data whose index is of another
// version: what is there already is found, and every answer says what it lacks.
func TestAServerAnswersWhileItsIndexIsFilled(t *testing.T) {
	const documents = 3*fewDocuments + 50
	p := newPlace(t, 0)
	cfg := p.stored(t, documents, 1)
	outdate(t, cfg)
	a, err := openParts(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	a.pipeline.Deadline = time.Minute // this is not about how fast it is
	more, err := a.catchUp(t.Context())
	require.NoError(t, err)
	require.True(t, more)

	w, err := cfg.Workspace("a")
	require.NoError(t, err)
	find := func(text string) web.SearchResult {
		res, err := a.find(t.Context(), w, web.SearchRequest{Text: text, Language: "nb"})
		require.NoError(t, err)
		return res
	}
	require.Empty(t, find("pumpe").Hits)
	require.Contains(t, find("pumpe").Degraded[0], "the search index is being rebuilt, 0 % done")

	// One turn, then somebody else has it: the index stays as it is.
	first := true
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, a.fill(ctx, func(done, all int) {
		a.index.Filling(percent(done, all))
		require.Equal(t, documents, all)
		if !first {
			cancel()
		}
		first = false
	}), context.Canceled)
	require.NotEmpty(t, find("pumpe").Hits)
	require.Contains(t, find("pumpe").Degraded[0], "30 % done")
	s, err := a.pipeline.Suggest(t.Context(), suggest.Request{Workspace: "a", Text: "Hvor mye olje fylles i pumpe N-3-0?"})
	require.NoError(t, err)
	require.Len(t, s.Degraded, 1)
	require.NotEqual(t, suggest.High, s.Flag, "no answer is sure while documents are missing")
	require.Contains(t, fmt.Sprint(s.Reasons), "rebuilt, 30 % done", "and the agent reads why")

	var wg sync.WaitGroup
	wg.Go(func() { a.fillUp(t.Context()) })
	for i := range 20 { // documents change meanwhile
		a.put(t, 10*i, 1, "kompressor")
		require.NoError(t, a.settle(t.Context()))
	}
	wg.Wait()
	require.Empty(t, find("pumpe").Degraded)
	require.Equal(t, documents, whole(t, a))
	require.Len(t, find("kompressor").Hits, 10)
}

// TestKilledWhileTheIndexIsFilled kills servers that fill their index: each
// start goes on, and the index claims to be whole only when it is.
func TestKilledWhileTheIndexIsFilled(t *testing.T) {
	const documents = 8 * fewDocuments
	p := newPlace(t, 0)
	cfg := p.stored(t, documents, 4)
	outdate(t, cfg)
	saw := false
	for range 4 {
		cmd, log := p.start(t, "serve")
		p.serving(t, log)
		saw = saw || strings.Contains(p.health(t), "being rebuilt")
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
	}
	require.True(t, saw, "the health check says so")
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	require.Eventually(t, func() bool { return strings.Contains(p.health(t), `"index":"ok"`) }, time.Minute, 20*time.Millisecond, "%s", log)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)
	a, err := openParts(t.Context(), cfg, slog.New(slog.DiscardHandler)) // nothing is made good on the way
	require.NoError(t, err)
	require.Equal(t, 4*documents, whole(t, a))
	require.NoError(t, a.Close())
}

// health is what /healthz says.
func (p place) health(t *testing.T) string {
	t.Helper()
	resp, err := http.Get("http://" + p.listen + "/healthz")
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return string(body)
}

// TestReindexBesideTheOldIndex rebuilds while documents change and questions
// are asked: the old index answers, nothing is lost.
func TestReindexBesideTheOldIndex(t *testing.T) {
	const documents = 120
	p := newPlace(t, 0)
	cfg := p.stored(t, documents, 20)
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	a.pipeline.Deadline = time.Minute
	w, err := cfg.Workspace("a")
	require.NoError(t, err)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			a.put(t, i%documents, 1+i%5, []string{"vifte", "pumpe", "kran"}[i%3])
			if err := a.settle(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			res, err := a.find(t.Context(), w, web.SearchRequest{Text: "olje", Language: "nb"})
			if err != nil || len(res.Degraded) > 0 {
				t.Errorf("%v, %v", res.Degraded, err)
				return
			}
		}
	})
	for range 2 {
		_, err := a.reindex(t.Context(), func(e ingest.Event) { require.LessOrEqual(t, e.Done, e.Total) })
		require.NoError(t, err)
	}
	close(done)
	wg.Wait()
	whole(t, a)
}

// TestReindexOfARunningServer asks a server to rebuild, and kills one that does.
func TestReindexOfARunningServer(t *testing.T) {
	p := newPlace(t, 0)
	cfg := p.stored(t, 60, 100)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	code, out, errs := command(t, t.Context(), "-c", p.config, "reindex")
	require.Zero(t, code, out+errs+log.String())
	require.Contains(t, out, "6000 passages indexed")
	code, out, errs = command(t, t.Context(), "-c", p.config, "--json", "search", "pumpe N-7-3", "--filter", "audience=public")
	require.Zero(t, code, out+errs)
	var res web.SearchResult
	require.NoError(t, json.Unmarshal([]byte(out), &res))
	require.Equal(t, "pumpe-0007-3", res.Hits[0].Passage.ID)
	require.Empty(t, res.Degraded)

	for range 2 {
		ended := make(chan string)
		go func() { _, _, errs := command(t, context.Background(), "-c", p.config, "reindex"); ended <- errs }()
		require.Eventually(t, func() bool { return strings.Contains(p.health(t), "a new index is being built beside it") }, time.Minute, time.Millisecond, "%s", log)
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		<-ended
		a, err := openParts(t.Context(), cfg, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.Equal(t, 6000, whole(t, a))
		require.NoError(t, a.Close())
		left, err := filepath.Glob(filepath.Join(indexDir(cfg), "bleve*"))
		require.NoError(t, err)
		require.Len(t, left, 1, "half an index does not stay")
		cmd, log = p.start(t, "serve")
		p.serving(t, log)
	}
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)
}
