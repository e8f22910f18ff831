package connectors_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

// memory knows what it was told.
type memory map[string]bool

func (m memory) Seen(_ context.Context, key string) bool { return m[key] }
func (m memory) Remember(key string)                     { m[key] = true }

// says is a desk that says one thing.
type says struct{ text string }

func (s *says) Verify(context.Context, connectors.Delivery, time.Time) error { return nil }
func (s *says) Read(connectors.Delivery) (connectors.Receipt, error) {
	return connectors.Receipt{Events: []connectors.Event{{Key: "1", Kind: connectors.Message, Text: s.text}}}, nil
}

func TestOnlyWhatWasStoredIsAnsweredFromMemory(t *testing.T) {
	desk, stored, fails := &says{"hei"}, 0, errors.New("disk full")
	in := &connectors.Intake{
		Memory: memory{}, Desks: map[string]connectors.Desk{"d": {Name: "d", Workspace: "w", Connector: desk}},
		Accept: func(context.Context, connectors.Desk, []connectors.Event) error { stored++; return fails },
	}
	deliver := func() int {
		r := httptest.NewRequest(http.MethodPost, "/hooks/d", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		in.ServeHTTP(w, r)
		return w.Code
	}
	require.Equal(t, http.StatusServiceUnavailable, deliver())
	fails = nil
	require.Equal(t, http.StatusOK, deliver(), "what was not stored is not known")
	require.Equal(t, 2, stored)
	require.Equal(t, http.StatusOK, deliver())
	require.Equal(t, 2, stored, "known")
	desk.text = "hei again"
	require.Equal(t, http.StatusOK, deliver())
	require.Equal(t, 3, stored, "the same key for something else is for the store to judge")
}
