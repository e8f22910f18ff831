package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/store/redis"
	"github.com/sufflor/sufflor/store/redis/redistest"
)

// elsewhere is the store as another process has it: what is committed here
// wakes nobody there.
type elsewhere struct{ *store.Store }

func (elsewhere) Watch(string) (<-chan struct{}, func()) { return nil, func() {} }

func TestPanelOfAnotherReplicaHearsOfACommit(t *testing.T) {
	srv, s := redistest.Start(t), openStore(t)
	replica := func() *redis.Client {
		c, err := redis.Open(t.Context(), redis.Options{URL: srv.URL, Secret: redistest.Secret})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		return c
	}
	a, b := replica(), replica()
	ready := make(chan struct{}, 1000)
	here := a.NewBus(s, []string{ws}, nil)
	there := b.NewBus(elsewhere{s}, []string{ws}, func(string, []byte) { ready <- struct{}{} })
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { here.Run(ctx) })
	wg.Go(func() { there.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	require.Eventually(t, func() bool { here.Tell(ws, []byte("x")); return len(ready) > 0 }, 20*time.Second, 20*time.Millisecond)

	o := options(s)
	o.Watch = there.Watch
	web := httptest.NewServer(handler(t, o))
	t.Cleanup(web.Close)
	l := listen(t, web, "/api/live?workspace="+ws)
	fillLibrary(t, s)
	require.Equal(t, store.FeedDocuments, l.next(t).kind)

	// Without Redis it comes late, but it comes.
	for len(l.events) > 0 {
		l.next(t)
	}
	srv.Kill()
	require.Eventually(t, func() bool { return b.Down() != nil }, 20*time.Second, 10*time.Millisecond)
	_, err := s.PutDocument(t.Context(), store.Document{
		ID: "late", Workspace: ws, Collection: "manuals", Audience: "public", Root: "/documents", Path: "late.pdf", Title: "Late", Language: "en", Hash: "late", Type: "pdf",
	}, nil)
	require.NoError(t, err)
	for e := l.next(t); !strings.Contains(e.data, `"late"`); e = l.next(t) {
		require.Equal(t, store.FeedDocuments, e.kind)
	}
	require.Equal(t, http.StatusOK, call(handler(t, o), http.MethodGet, "/healthz", "").Code)
}
