package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sufflor/sufflor/store"
)

// traceSink takes OTLP over HTTP as a collector does.
type traceSink struct {
	mu    sync.Mutex
	spans []*spans.Span
	raw   []byte
	errs  []error
}

func (k *traceSink) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var req collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &req)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.errs = append(k.errs, err)
	}
	k.raw = append(k.raw, body...)
	for _, res := range req.GetResourceSpans() {
		for _, scope := range res.GetScopeSpans() {
			k.spans = append(k.spans, scope.GetSpans()...)
		}
	}
}

func TestOneWebhookIsOneTraceUpToItsDelivery(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	sink := &traceSink{}
	at := httptest.NewServer(sink)
	defer at.Close()
	cfg, err := demoConfig(t.TempDir(), filepath.Join(root, "testdata", "kb"))
	require.NoError(t, err)
	cfg.Listen, cfg.Log.Level, cfg.Log.Format = "127.0.0.1:0", "info", "json"
	cfg.Telemetry.OTLP, cfg.Telemetry.Sample = at.URL+"/v1/traces", 1
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	desk, err := startDemoDesk(ctx)
	require.NoError(t, err)
	defer desk.close()
	keys, err := demoSecrets(cfg.Data)
	require.NoError(t, err)
	require.NoError(t, addDesks(&cfg, keys, desk.url))
	turns, err := readScript(filepath.Join(root, "testdata", "script", "demo.yaml"))
	require.NoError(t, err)
	turns = slices.DeleteFunc(turns, func(t turn) bool { return t.Desk != "zendesk" })

	var log bytes.Buffer
	ready, done := make(chan *server, 1), make(chan error, 1)
	c := &cli{stdout: io.Discard, stderr: &log}
	go func() { done <- c.serve(ctx, cfg, func(s *server) { ready <- s }) }()
	var s *server
	select {
	case s = <-ready:
	case err := <-done:
		require.NoError(t, err)
		require.FailNow(t, "the server ended")
	}
	_, err = send(ctx, &http.Client{Timeout: 10 * time.Second}, s, keys, 1000, turns[0], time.Now())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		list, err := s.app.store.Suggestions(ctx, demoWorkspace, store.SuggestionFilter{Limit: 1})
		if err != nil || len(list) == 0 {
			return false
		}
		sent, err := s.app.store.Deliveries(ctx, demoWorkspace, list[0].ID)
		return err == nil && len(sent) > 0 && sent[0].State == store.DeliveryDelivered
	}, time.Minute, 20*time.Millisecond)
	stop()
	require.NoError(t, <-done) // which sends what is left

	require.Empty(t, sink.errs)
	byID, byName := map[string]*spans.Span{}, map[string]*spans.Span{}
	for _, sp := range sink.spans {
		byID[string(sp.GetSpanId())] = sp
		byName[sp.GetName()] = sp
	}
	for name, parent := range map[string]string{
		"verify": "webhook", "commit": "webhook", "event": "webhook",
		"understand": "event", "retrieve": "event", "write": "event", "check": "event", "deliver": "event",
	} {
		require.Contains(t, byName, name)
		require.Contains(t, byID, string(byName[name].GetParentSpanId()), "%s has a parent", name)
		require.Equal(t, parent, byID[string(byName[name].GetParentSpanId())].GetName(), "parent of %s", name)
		require.Equal(t, byName["webhook"].GetTraceId(), byName[name].GetTraceId(), "%s is in the webhook's trace", name)
	}
	allowed := []string{"desk", "workspace", "attempt"}
	for _, sp := range sink.spans {
		require.Empty(t, sp.GetEvents(), sp.GetName())
		require.Empty(t, sp.GetStatus().GetMessage(), sp.GetName())
		for _, a := range sp.GetAttributes() {
			require.Contains(t, allowed, a.GetKey(), sp.GetName())
		}
	}
	require.NotContains(t, string(sink.raw), turns[0].Text)
	require.Regexp(t, `"msg":"suggestion stored".*"trace":"[0-9a-f]{32}"`, log.String())
}
