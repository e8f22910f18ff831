package langchain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/embed/langchain"
)

const key = "sk-very-secret-0123456789"

type secret string

func (s secret) Reveal() string { return string(s) }
func (secret) String() string   { return "[secret]" }

// vectorOf is what the pretended model makes of a text.
func vectorOf(text string) []float32 {
	return []float32{1, float32(len(text)), float32(strings.Count(text, "e"))}
}

func inputs(tb testing.TB, r *http.Request) []string {
	tb.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(tb, err)
	var req struct {
		Model string
		Input any
	}
	require.NoError(tb, json.Unmarshal(body, &req))
	require.Equal(tb, "m", req.Model)
	if one, ok := req.Input.(string); ok {
		return []string{one}
	}
	var out []string
	for _, x := range req.Input.([]any) {
		out = append(out, x.(string))
	}
	return out
}

// answer is what a server of the provider says.
func answer(p langchain.Provider, vectors ...[]float32) string {
	if p == langchain.Ollama {
		b, _ := json.Marshal(map[string]any{"model": "m", "embeddings": vectors})
		return string(b)
	}
	var data []map[string]any
	for i, v := range vectors {
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": v})
	}
	b, _ := json.Marshal(map[string]any{"object": "list", "data": data, "model": "m"})
	return string(b)
}

func embedder(tb testing.TB, p langchain.Provider, url string, limits embed.Limits) *embed.Guard {
	tb.Helper()
	c, err := langchain.New(langchain.Options{Provider: p, URL: url, Model: "m", Key: secret(key)})
	require.NoError(tb, err)
	if limits.Backoff == 0 {
		limits.Backoff = time.Millisecond
	}
	if limits.Retries == 0 {
		limits.Retries = -1
	}
	g, err := embed.New(c, embed.Options{Name: "m", Dim: 3, Limits: limits})
	require.NoError(tb, err)
	return g
}

var providers = []langchain.Provider{langchain.OpenAI, langchain.Ollama}

func TestTextsBecomeVectorsInTheirOrder(t *testing.T) {
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			var requests atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				require.Equal(t, "Bearer "+key, r.Header.Get("Authorization"))
				require.Equal(t, map[langchain.Provider]string{langchain.OpenAI: "/v1/embeddings", langchain.Ollama: "/api/embed"}[p], r.URL.Path)
				var out [][]float32
				for _, text := range inputs(t, r) {
					out = append(out, vectorOf(text))
				}
				fmt.Fprint(w, answer(p, out...))
			}))
			defer s.Close()
			url := s.URL
			if p == langchain.OpenAI {
				url += "/v1/"
			}
			texts := []string{"three", "ni\nmennesker", "one", "blåbær", "e"}
			g := embedder(t, p, url, embed.Limits{Batch: 2})
			got, err := g.Documents(t.Context(), texts)
			require.NoError(t, err)
			for i, text := range texts {
				require.Equal(t, vectorOf(text), got[i])
			}
			if p == langchain.OpenAI {
				require.EqualValues(t, 3, requests.Load(), "two texts a request")
			}
			q, err := g.Query(t.Context(), "where?")
			require.NoError(t, err)
			require.Equal(t, vectorOf("where?"), q)
		})
	}
}

func TestWhatServersDoWrong(t *testing.T) {
	good := vectorOf("x")
	for _, tt := range []struct {
		name   string
		status int
		body   func(p langchain.Provider) string
		want   error
		says   string
	}{
		{"another dimension", 200, func(p langchain.Provider) string { return answer(p, []float32{1, 2}) }, embed.ErrAnswer, "2 numbers, expected 3"},
		{"no numbers", 200, func(p langchain.Provider) string { return answer(p, []float32{}) }, embed.ErrAnswer, ""},
		{"all zero", 200, func(p langchain.Provider) string { return answer(p, []float32{0, 0, 0}) }, embed.ErrAnswer, "zero"},
		{"NaN", 200, func(p langchain.Provider) string { return strings.Replace(answer(p, good), "1", "NaN", 1) }, embed.ErrAnswer, ""},
		{"a number that is too large", 200, func(p langchain.Provider) string { return strings.Replace(answer(p, good), "[1", "[1e400", 1) }, embed.ErrAnswer, ""},
		{"two vectors for one text", 200, func(p langchain.Provider) string { return answer(p, good, good) }, embed.ErrAnswer, ""},
		{"none", 200, func(p langchain.Provider) string { return answer(p) }, embed.ErrAnswer, ""},
		{"an empty body", 200, func(langchain.Provider) string { return "" }, embed.ErrAnswer, "JSON"},
		{"null", 200, func(langchain.Provider) string { return "null" }, embed.ErrAnswer, "JSON"},
		{"a web page", 200, func(langchain.Provider) string { return "<html>" + key + "</html>" }, embed.ErrAnswer, "JSON"},
		{"half an answer", 200, func(p langchain.Provider) string { return answer(p, good)[:30] }, embed.ErrAnswer, ""},
		{"something else", 200, func(langchain.Provider) string { return `{"data":"` + key + `","embeddings":7}` }, embed.ErrAnswer, "model"},
		{"an error of status 200", 200, func(langchain.Provider) string { return `{"error":{"message":"` + key + `"}}` }, embed.ErrAnswer, ""},
		{"a wrong key", 401, quoting, embed.ErrRefused, "embedder.key"},
		{"forbidden", 403, quoting, embed.ErrRefused, "embedder.key"},
		{"no such model", 404, quoting, embed.ErrRefused, "embedder.model"},
		{"no credit", 402, quoting, embed.ErrRefused, "credit"},
		{"too long", 400, quoting, embed.ErrText, "too long"},
		{"too large", 413, quoting, embed.ErrText, "too long"},
		{"too many requests", 429, quoting, embed.ErrDown, "429"},
		{"broken", 500, quoting, embed.ErrDown, "500"},
		{"a gateway's error", 502, func(langchain.Provider) string { return "<html>bad gateway</html>" }, embed.ErrDown, "502"},
		{"loading", 503, quoting, embed.ErrDown, "503"},
		{"nothing", 204, func(langchain.Provider) string { return "" }, embed.ErrAnswer, "204"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, p := range providers {
				t.Run(string(p), func(t *testing.T) {
					s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						w.WriteHeader(tt.status)
						fmt.Fprint(w, tt.body(p))
					}))
					defer s.Close()
					g := embedder(t, p, s.URL, embed.Limits{})
					_, err := g.Query(t.Context(), "a customer's words")
					require.ErrorIs(t, err, tt.want)
					require.ErrorContains(t, err, tt.says)
					_, err2 := g.Documents(t.Context(), []string{"a customer's words"})
					require.ErrorIs(t, err2, tt.want)
					for _, err := range []error{err, err2} {
						require.NotContains(t, err.Error(), "sk-", "no key in errors")
						require.NotContains(t, err.Error(), "customer", "nor texts")
					}
				})
			}
		})
	}
}

// quoting is an error that quotes the key and the text, as some servers do.
func quoting(p langchain.Provider) string {
	if p == langchain.Ollama {
		return `{"error":"` + key + ` a customer's words"}`
	}
	return `{"error":{"message":"Incorrect API key provided: ` + key + ` a customer's words","type":"x"}}`
}

func TestVectorsAreNumbered(t *testing.T) {
	number := func(indexes ...any) string {
		var data []string
		for i, x := range indexes {
			index := ""
			if x != nil {
				index = fmt.Sprintf(`"index":%v,`, x)
			}
			data = append(data, fmt.Sprintf(`{%s"embedding":[1,%d,0]}`, index, i))
		}
		return `{"data":[` + strings.Join(data, ",") + `]}`
	}
	for _, tt := range []struct {
		name string
		body string
		want []float32 // second numbers, in the order of the texts
	}{
		{"in order", number(0, 1, 2), []float32{0, 1, 2}},
		{"in another order", number(2, 0, 1), []float32{1, 2, 0}},
		{"not at all", number(nil, nil, nil), []float32{0, 1, 2}},
		{"all zero", number(0, 0, 0), []float32{0, 1, 2}},
		{"twice the same", number(0, 1, 1), nil},
		{"from one", number(1, 2, 3), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) }))
			defer s.Close()
			got, err := embedder(t, langchain.OpenAI, s.URL, embed.Limits{}).Documents(t.Context(), []string{"a", "b", "c"})
			if tt.want == nil {
				require.ErrorIs(t, err, embed.ErrAnswer)
				return
			}
			require.NoError(t, err)
			for i, v := range got {
				require.Equal(t, tt.want[i], v[1])
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			var requests atomic.Int32
			var first time.Time
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) == 1 {
					first = time.Now()
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				if time.Since(first) < time.Second {
					t.Error("asked before its time")
				}
				fmt.Fprint(w, answer(p, vectorOf("x")))
			}))
			defer s.Close()
			got, err := embedder(t, p, s.URL, embed.Limits{Retries: 1}).Documents(t.Context(), []string{"x"})
			require.NoError(t, err)
			require.Len(t, got, 1)
			require.EqualValues(t, 2, requests.Load())
		})
	}
}

func TestALongRetryAfterIsReported(t *testing.T) {
	for _, value := range []string{"3600", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		defer s.Close()
		_, err := embedder(t, langchain.OpenAI, s.URL, embed.Limits{Retries: 3}).Documents(t.Context(), []string{"x"})
		var f *embed.MakeError
		require.ErrorAs(t, err, &f)
		require.InDelta(t, 3600, f.After.Seconds(), 3)
	}
}

func TestADeadServerCostsOneTimeout(t *testing.T) {
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			var requests atomic.Int32
			hold := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				_, _ = io.Copy(io.Discard, r.Body)
				select {
				case <-hold:
				case <-r.Context().Done():
				}
			}))
			defer s.Close()
			defer close(hold)
			g := embedder(t, p, s.URL, embed.Limits{Timeout: 150 * time.Millisecond, Retries: 5})
			for range 10 {
				_, err := g.Query(t.Context(), "x")
				require.ErrorIs(t, err, embed.ErrDown)
				_, err = g.Documents(t.Context(), []string{"x"})
				require.ErrorIs(t, err, embed.ErrDown)
			}
			require.EqualValues(t, 2, requests.Load(), "one question and one request for documents")
		})
	}
}

func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	url := s.URL
	s.Close()
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			_, err := embedder(t, p, url, embed.Limits{Retries: 2}).Documents(t.Context(), []string{"x"})
			require.ErrorIs(t, err, embed.ErrDown)
			require.ErrorContains(t, err, "refused")
		})
	}
}

func TestTheKeyDoesNotFollowRedirects(t *testing.T) {
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("asked with %q", r.Header.Get("Authorization"))
			}))
			defer other.Close()
			s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
			defer s.Close()
			_, err := embedder(t, p, s.URL, embed.Limits{}).Query(t.Context(), "x")
			require.ErrorIs(t, err, embed.ErrRefused)
			require.ErrorContains(t, err, "embedder.url")
		})
	}
}

func TestAnEndlessAnswerIsCut(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := []byte("{" + strings.Repeat(" ", 1<<20))
		for r.Context().Err() == nil {
			if _, err := w.Write(page); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	_, err := embedder(t, langchain.OpenAI, s.URL, embed.Limits{}).Query(t.Context(), "x")
	require.ErrorIs(t, err, embed.ErrAnswer)
	require.ErrorContains(t, err, "larger")
}

func TestCancelling(t *testing.T) {
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			asked := make(chan struct{}, 9)
			s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				asked <- struct{}{}
				<-r.Context().Done()
			}))
			defer s.Close()
			g := embedder(t, p, s.URL, embed.Limits{})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			_, err := g.Query(ctx, "x")
			require.ErrorIs(t, err, context.Canceled)
			require.False(t, errors.Is(err, embed.ErrDown), "it says nothing of the server")
			ctx, cancel = context.WithCancel(t.Context())
			go func() {
				<-asked
				cancel()
			}()
			_, err = g.Query(ctx, "x")
			require.ErrorIs(t, err, context.Canceled, "so the next is asked")
		})
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    langchain.Options
		says string
	}{
		{"no address", langchain.Options{Provider: langchain.OpenAI, Model: "m"}, "url"},
		{"a file", langchain.Options{Provider: langchain.OpenAI, URL: "file:///etc/passwd", Model: "m"}, "url"},
		{"a password in it", langchain.Options{Provider: langchain.OpenAI, URL: "http://u:p@h", Model: "m"}, "key"},
		{"a key in it", langchain.Options{Provider: langchain.OpenAI, URL: "http://h/?key=1", Model: "m"}, "key"},
		{"no model", langchain.Options{Provider: langchain.Ollama, URL: "http://h"}, "model"},
		{"no provider", langchain.Options{URL: "http://h", Model: "m"}, "provider"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := langchain.New(tt.o)
			require.ErrorContains(t, err, tt.says)
		})
	}
	require.NotContains(t, fmt.Sprintf("%v %+v", langchain.Options{Key: secret(key)}, langchain.Options{Key: secret(key)}), "sk-")
}

// FuzzAnswer gives any body for an answer: vectors or an error, no panic.
func FuzzAnswer(f *testing.F) {
	for _, p := range providers {
		f.Add(answer(p, vectorOf("x")), p == langchain.Ollama)
		f.Add(answer(p), p == langchain.Ollama)
	}
	f.Add(`{"embeddings":null}`, true)
	f.Add(`{"data":[null]}`, false)
	f.Add(`{"data":[{"index":-1,"embedding":[1,2,3]}]}`, false)
	f.Add("null", true)
	f.Fuzz(func(t *testing.T, body string, isOllama bool) {
		p := langchain.OpenAI
		if isOllama {
			p = langchain.Ollama
		}
		c, err := langchain.New(langchain.Options{Provider: p, URL: "http://pretend", Model: "m", Transport: says(body)})
		require.NoError(t, err)
		g, err := embed.New(c, embed.Options{Name: "m", Limits: embed.Limits{Retries: -1}})
		require.NoError(t, err)
		got, err := g.Documents(t.Context(), []string{"a", "b"})
		if err == nil {
			require.Len(t, got, 2)
			require.Len(t, got[1], len(got[0]))
			require.NotEmpty(t, got[0])
		}
	})
}

type says string

func (s says) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(string(s))), Header: http.Header{}}, nil
}
