package connectors_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

// fileServers are a desk and a storage that it redirects to.
func fileServers(t *testing.T, storage http.HandlerFunc, allow bool) (desk *httptest.Server, seen *atomic.Pointer[http.Header], files *connectors.Files) {
	t.Helper()
	seen = &atomic.Pointer[http.Header]{}
	away := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(&r.Header)
		storage(w, r)
	}))
	t.Cleanup(away.Close)
	desk = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/plain":
			if r.Header.Get("Authorization") != "Bearer x" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="bericht.txt"`)
			_, _ = w.Write([]byte("0123456789"))
		case "/away":
			http.Redirect(w, r, away.URL+"/stored", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/nowhere":
			http.Redirect(w, r, "http://[::1", http.StatusFound)
		case "/stream": // does not say how long it is
			for range 100 {
				_, _ = w.Write([]byte("0123456789"))
				w.(http.Flusher).Flush()
			}
		}
	}))
	t.Cleanup(desk.Close)
	roots := x509.NewCertPool()
	roots.AddCert(away.Certificate())
	client := connectors.NewClient(0, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}, nil)
	g := &connectors.Guard{}
	if allow {
		g.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	return desk, seen, connectors.NewFiles(client, g, desk.URL)
}

func TestFilesSendCredentialsToTheDeskOnly(t *testing.T) {
	t.Parallel()
	desk, seen, files := fileServers(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("stored")) }, true)
	h := http.Header{"Authorization": {"Bearer x"}}

	got, err := files.Get(t.Context(), desk.URL+"/plain", h, 10)
	require.NoError(t, err)
	require.Equal(t, connectors.File{Name: "bericht.txt", Type: "text/plain", Data: []byte("0123456789")}, got)

	got, err = files.Get(t.Context(), desk.URL+"/away", h, 10)
	require.NoError(t, err)
	require.Equal(t, "stored", string(got.Data))
	require.Empty(t, seen.Load().Get("Authorization"), "a storage gets no token of the desk")
}

func TestFilesRefuse(t *testing.T) {
	t.Parallel()
	desk, seen, files := fileServers(t, func(http.ResponseWriter, *http.Request) {}, false)
	h := http.Header{"Authorization": {"Bearer x"}}
	tests := []struct {
		name, address string
		limit         int64
		blocked       bool
		large         bool
		permanent     bool
	}{
		{name: "one byte too many is too large", address: desk.URL + "/plain", limit: 9, large: true, permanent: true},
		{name: "a stream without a length is too large", address: desk.URL + "/stream", limit: 999, large: true, permanent: true},
		{name: "a redirect into our own network is blocked", address: desk.URL + "/inside", limit: 99, blocked: true, permanent: true},
		{name: "a storage in our own network is blocked", address: desk.URL + "/away", limit: 99, blocked: true, permanent: true},
		{name: "a private address is blocked", address: "https://10.0.0.1/x", limit: 99, blocked: true, permanent: true},
		{name: "an address without https is blocked", address: "http://files.example/x", limit: 99, blocked: true, permanent: true},
		{name: "an address with a password is blocked", address: strings.Replace(desk.URL, "http://", "http://a:b@", 1) + "/plain", limit: 99, blocked: true, permanent: true},
		{name: "redirects end", address: desk.URL + "/round", limit: 99, permanent: true},
		{name: "a broken redirect is no address", address: desk.URL + "/nowhere", limit: 99, permanent: true},
		{name: "no address is none", address: "", limit: 99, blocked: true, permanent: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := files.Get(t.Context(), tt.address, h, tt.limit)
			require.Error(t, err)
			require.Equal(t, tt.permanent, connectors.IsPermanent(err), "%v", err)
			var blocked *connectors.BlockedError
			if tt.blocked {
				require.ErrorAs(t, err, &blocked)
			}
			if tt.large {
				require.ErrorIs(t, err, connectors.ErrTooLarge)
			} else {
				require.NotErrorIs(t, err, connectors.ErrTooLarge)
			}
		})
	}
	require.Nil(t, seen.Load(), "nothing was asked there")
}
