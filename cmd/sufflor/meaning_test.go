package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/web"
)

// embedServer speaks like OpenAI's. Its model knows two matters; what it was
// asked is kept.
type embedServer struct {
	*httptest.Server
	down atomic.Bool
	key  atomic.Value
}

func newEmbedServer(t *testing.T) *embedServer {
	t.Helper()
	s := &embedServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.key.Store(r.Header.Get("Authorization"))
		var req struct{ Input []string }
		if s.down.Load() || json.NewDecoder(r.Body).Decode(&req) != nil {
			http.Error(w, "overloaded", http.StatusServiceUnavailable)
			return
		}
		type vector struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var data []vector
		for i, text := range req.Input {
			v := []float32{0, 0, 0.1}
			for matter, words := range [][]string{{"regning", "betale"}, {"innlogging", "passord"}} {
				for _, word := range words {
					if strings.Contains(strings.ToLower(text), word) {
						v[matter]++
					}
				}
			}
			data = append(data, vector{i, v})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
	t.Cleanup(s.Close)
	return s
}

// withEmbedder adds an embedder to the configuration of a place.
func (p place) withEmbedder(t *testing.T, url, model string) {
	t.Helper()
	yaml, err := os.ReadFile(p.config)
	require.NoError(t, err)
	before, _, _ := strings.Cut(string(yaml), "\nembedder:")
	require.NoError(t, os.WriteFile(p.config, fmt.Appendf(nil, "%s\nembedder: {provider: openai, url: %q, model: %s, key: sk-very-secret, timeout: 2s}\n", before, url+"/v1", model), 0o600))
}

func (p place) search(t *testing.T, text string) web.SearchResult {
	t.Helper()
	var res web.SearchResult
	require.Equal(t, 200, p.ask(t, "POST", "/api/search", fmt.Sprintf(`{"text":%q,"language":"nb","limit":3}`, text), &res))
	return res
}

// TestPassagesAreFoundByMeaning runs a server with an embedder: vectors come by
// themselves, go with their documents, and are missed by nobody while the
// embedder is away.
func TestPassagesAreFoundByMeaning(t *testing.T) {
	model := newEmbedServer(t)
	p := newPlace(t, 0)
	p.withEmbedder(t, model.URL, "first")
	p.write(t, "docs/bill.md", "# Regning\n\nDen sendes den første i måneden.\n")
	p.write(t, "docs/login.md", "# Innlogging\n\nKoden kommer på telefonen.\n")
	p.write(t, "docs/colour.md", "# Farge\n\nLakken er grønn.\n")
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	vectors := func(want int, name string) {
		t.Helper()
		require.Eventually(t, func() bool {
			var st status
			require.Equal(t, 200, p.ask(t, "GET", "/api/ingest/status", "", &st))
			return st.Vectors != nil && st.Vectors.State == "idle" && st.Vectors.Vectors == want && strings.Contains(st.Vectors.Model, name)
		}, time.Minute, 50*time.Millisecond, "%s", log)
	}
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	vectors(3, "first")
	require.Equal(t, "Bearer sk-very-secret", model.key.Load())
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "status")
	require.Zero(t, code, errs)
	require.Contains(t, out, "vectors (openai first): 3 of 3 passages, idle")

	res := p.search(t, "når må jeg betale")
	require.Empty(t, res.Degraded)
	require.NotEmpty(t, res.Hits)
	require.Contains(t, res.Hits[0].Passage.Text, "første i måneden")
	require.Positive(t, res.Hits[0].Parts.Near)

	require.NoError(t, os.Remove(p.dir+"/docs/bill.md"))
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	for _, h := range p.search(t, "når må jeg betale").Hits {
		require.NotContains(t, h.Passage.Text, "første i måneden", "gone at once, whatever the vectors say")
	}
	vectors(2, "first")

	model.down.Store(true)
	res = p.search(t, "hvilken farge har lakken")
	require.Equal(t, []string{"meaning: the embedder does not answer"}, res.Degraded)
	require.Contains(t, res.Hits[0].Passage.Text, "grønn")
	require.NotEmpty(t, p.answer(t, "Hvilken farge har lakken?"))
	stop(t, cmd, log)
	require.NotContains(t, log.String(), "sk-very-secret")

	// Another model: its vectors do not compare, so all are made anew.
	model.down.Store(false)
	p.withEmbedder(t, model.URL, "second")
	cmd, log = p.start(t, "serve")
	p.serving(t, log)
	vectors(2, "second")
	stop(t, cmd, log)
}

// TestDamagedVectorsAreMadeAnew: they are derived, and no reason not to start.
func TestDamagedVectorsAreMadeAnew(t *testing.T) {
	model := newEmbedServer(t)
	p := newPlace(t, 2)
	p.withEmbedder(t, model.URL, "first")
	dir := p.dir + "/data/vectors/a"
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	require.Eventually(t, func() bool {
		var st status
		require.Equal(t, 200, p.ask(t, "GET", "/api/ingest/status", "", &st))
		return st.Vectors != nil && st.Vectors.Vectors > 0
	}, time.Minute, 50*time.Millisecond, "%s", log)
	stop(t, cmd, log)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	damaged := 0
	for _, f := range files {
		if info, err := f.Info(); err == nil && info.Size() > 8 {
			require.NoError(t, os.WriteFile(dir+"/"+f.Name(), []byte("this is no file of vectors, but long enough to be one; it has other bytes"), 0o600))
			damaged++
		}
	}
	require.Positive(t, damaged)
	code, out, errs = command(t, t.Context(), "-c", p.config, "search", "olje i pumpen")
	require.Zero(t, code, out+errs)
	require.Contains(t, errs, "vectors are made anew")
	require.Contains(t, out, "meaning: vectors are still being made")
	require.Contains(t, out, "liter olje")
}

// TestEvalByMeaning measures the legs that need an embedder.
func TestEvalByMeaning(t *testing.T) {
	model := newEmbedServer(t)
	p := newPlace(t, 0)
	p.withEmbedder(t, model.URL, "first")
	p.write(t, "set_nb/corpus.jsonl", `{"_id":"1","title":"Regning","text":"Den sendes den første."}`+"\n"+`{"_id":"2","title":"Farge","text":"Lakken er grønn."}`+"\n"+`{"_id":"3","title":"Form","text":"Skjermen er rund."}`+"\n")
	p.write(t, "set_nb/queries.jsonl", `{"_id":"q1","text":"når må jeg betale"}`+"\n"+`{"_id":"q2","text":"grønn lakk"}`+"\n")
	p.write(t, "set_nb/qrels/test.tsv", "q1\t1\t1\nq2\t2\t1\n")
	code, out, errs := command(t, t.Context(), "-c", p.config, "--json", "eval", "retrieval", "--dataset", p.dir+"/set_nb", "--leg", "lexical,vector,hybrid", "--run", p.dir+"/runs")
	require.Zero(t, code, errs)
	var reports []struct {
		Leg  string
		Sets []struct{ Figures map[string]float64 }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &reports))
	require.Len(t, reports, 3)
	hits := map[string]float64{}
	for _, r := range reports {
		hits[r.Leg] = r.Sets[0].Figures["success@1"]
		require.FileExists(t, p.dir+"/runs/"+r.Leg+"/set_nb.run")
	}
	require.InDelta(t, 0.5, hits["lexical"], 0)
	require.GreaterOrEqual(t, hits["vector"], 0.5, "two passages are as near to the other question")
	require.InDelta(t, 1, hits["hybrid"], 0)
}
