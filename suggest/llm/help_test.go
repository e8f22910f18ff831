package llm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm"
)

const key = "sk-very-secret-0123456789"

type secret string

func (s secret) Reveal() string { return string(s) }
func (secret) String() string   { return "[secret]" }

var providers = []llm.Provider{llm.OpenAI, llm.Mistral, llm.Anthropic, llm.Ollama}

// words for the ends of a reply.
var (
	whole = map[llm.Provider]string{llm.OpenAI: "stop", llm.Mistral: "stop", llm.Anthropic: "end_turn", llm.Ollama: "stop"}
	cut   = map[llm.Provider]string{llm.OpenAI: "length", llm.Mistral: "model_length", llm.Anthropic: "max_tokens", llm.Ollama: "length"}
)

func line(p llm.Provider, v any) string {
	data, _ := json.Marshal(v)
	if p == llm.Ollama {
		return string(data) + "\n"
	}
	return "data: " + string(data) + "\n\n"
}

type obj = map[string]any

// piece is a part of a reply as a server sends it.
func piece(p llm.Provider, text string) string {
	switch p {
	case llm.Anthropic:
		return "event: content_block_delta\n" + line(p, obj{"type": "content_block_delta", "index": 0, "delta": obj{"type": "text_delta", "text": text}})
	case llm.Ollama:
		return line(p, obj{"model": "m-1", "message": obj{"role": "assistant", "content": text}, "done": false})
	}
	return line(p, obj{"id": "x", "model": "m-1", "choices": []any{obj{"index": 0, "delta": obj{"role": "assistant", "content": text}, "finish_reason": nil}}})
}

// ending is what follows the last piece; finish "" leaves it out.
func ending(p llm.Provider, finish string, in, out int) string {
	switch p {
	case llm.Anthropic:
		return "event: message_delta\n" + line(p, obj{"type": "message_delta", "delta": obj{"stop_reason": finish}, "usage": obj{"output_tokens": out}}) +
			line(p, obj{"type": "message_stop"})
	case llm.Ollama:
		return line(p, obj{"model": "m-1", "message": obj{"role": "assistant", "content": ""}, "done": true, "done_reason": finish, "prompt_eval_count": in, "eval_count": out})
	}
	return line(p, obj{"choices": []any{obj{"index": 0, "delta": obj{}, "finish_reason": finish}}}) +
		line(p, obj{"choices": []any{}, "usage": obj{"prompt_tokens": in, "completion_tokens": out}}) + "data: [DONE]\n\n"
}

func starting(p llm.Provider, in int) string {
	if p != llm.Anthropic {
		return ""
	}
	return line(p, obj{"type": "message_start", "message": obj{"model": "m-1", "role": "assistant", "usage": obj{"input_tokens": in, "output_tokens": 1}}}) +
		line(p, obj{"type": "content_block_start", "index": 0, "content_block": obj{"type": "text", "text": ""}}) + "event: ping\n" + line(p, obj{"type": "ping"})
}

// reply is a whole stream.
func reply(p llm.Provider, pieces ...string) string {
	var b strings.Builder
	b.WriteString(starting(p, 30))
	for _, text := range pieces {
		b.WriteString(piece(p, text))
	}
	return b.String() + ending(p, whole[p], 30, 7)
}

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// serve answers on loopback.
func serve(tb testing.TB, h http.HandlerFunc) string {
	tb.Helper()
	s := httptest.NewServer(h)
	tb.Cleanup(s.Close)
	return s.URL
}

// pipes is a network of which synctest knows when all wait.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// pretend answers within a synctest bubble.
func pretend(tb testing.TB, h http.HandlerFunc) http.RoundTripper {
	tb.Helper()
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		select {
		case l.conns <- server:
			return client, nil
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}}
	tb.Cleanup(func() { t.CloseIdleConnections(); s.Close() })
	return t
}

// model is one of provider p at url; with logs, and what was observed.
func model(tb testing.TB, p llm.Provider, url string, change ...func(*llm.Options)) *llm.Model {
	tb.Helper()
	o := llm.Options{Provider: p, URL: url, Model: "m", Key: secret(key)}
	for _, c := range change {
		c(&o)
	}
	m, err := llm.New(o)
	require.NoError(tb, err)
	return m
}

var prompt = llm.Prompt{Workspace: "w", System: "You write drafts.", User: "A customer's words: hvor er pakken?"}

var form = &llm.Schema{Name: "draft", JSON: json.RawMessage(`{"type":"object","properties":{"text":{"type":"string"},"n":{"type":"integer"}},"required":["text"],"additionalProperties":false}`)}

// watched collects logs.
type watched struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

func logged(w *watched) func(*llm.Options) {
	return func(o *llm.Options) {
		o.Log = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

// each runs a test for every provider.
func each(t *testing.T, run func(t *testing.T, p llm.Provider)) {
	t.Helper()
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) { run(t, p) })
	}
}

func requireCause(tb testing.TB, want llm.Cause, err error) {
	tb.Helper()
	require.Error(tb, err)
	require.Equal(tb, want, llm.CauseOf(err), fmt.Sprint(err))
	require.NotContains(tb, err.Error(), "sk-", "no key")
	require.NotContains(tb, err.Error(), "customer", "no texts")
}

// bubble is each in a pretend time, where waiting takes none.
func bubble(t *testing.T, run func(t *testing.T, p llm.Provider)) {
	t.Helper()
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) { run(t, p) })
	})
}

// over lets a model reach h without a network.
func over(tb testing.TB, h http.HandlerFunc) func(*llm.Options) {
	tb.Helper()
	network := pretend(tb, h)
	return func(o *llm.Options) { o.Transport = network }
}
