package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       time.Duration
	}{
		{"absent", "", 0},
		{"seconds", "93", 93 * time.Second},
		{"an HTTP date", clock.Add(40 * time.Second).UTC().Format(http.TimeFormat), 40 * time.Second},
		{"a date in the past", clock.Add(-time.Hour).UTC().Format(http.TimeFormat), 0},
		{"negative seconds", "-5", 0},
		{"more than an hour is an hour", "86400", time.Hour},
		{"so large that it would overflow", "9223372036854775807", time.Hour},
		{"a far date", "Fri, 01 Jan 2999 00:00:00 GMT", time.Hour},
		{"nonsense", "soon", 0},
		{"a fraction is not allowed", "1.5", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, connectors.RetryAfter(http.Header{"Retry-After": {tt.text}}, clock))
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("93")
	f.Add("Fri, 01 Jan 2999 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, text string) {
		d := connectors.RetryAfter(http.Header{"Retry-After": {text}}, clock)
		require.GreaterOrEqual(t, d, time.Duration(0))
		require.LessOrEqual(t, d, time.Hour)
	})
}

func TestStatusError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status    int
		permanent bool
	}{
		{301, true},
		{400, true},
		{401, true},
		{403, true},
		{404, true},
		{408, false},
		{410, true},
		{413, true},
		{425, false},
		{429, false},
		{500, false},
		{502, false},
		{503, false},
		{504, false},
	}
	for _, tt := range tests {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			t.Parallel()
			err := connectors.StatusError(tt.status, nil, clock)
			require.Error(t, err)
			require.Equal(t, tt.permanent, connectors.IsPermanent(fmt.Errorf("wrapped: %w", err)))
			require.Equal(t, tt.status == 410, errors.Is(err, connectors.ErrGone))
		})
	}
	require.NoError(t, connectors.StatusError(204, nil, clock))
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	busy := errors.New("busy")
	limited := &connectors.CallError{Status: 429, After: 3 * time.Minute, Err: busy}
	tests := []struct {
		name    string
		attempt int
		age     time.Duration
		err     error
		want    time.Duration
		wantErr error
	}{
		{"success needs nothing", 1, 0, nil, 0, nil},
		{"first failure", 1, time.Second, busy, 5 * time.Second, nil},
		{"third failure waits longer", 3, time.Minute, busy, time.Minute, nil},
		{"many failures wait no longer than the last", 40, time.Minute, busy, 4 * time.Minute, nil},
		{"a count below one is the first", -3, 0, busy, 5 * time.Second, nil},
		{"the desk knows better", 1, 0, limited, 3 * time.Minute, nil},
		{"the desk knows better, wrapped", 1, 0, fmt.Errorf("note: %w", limited), 3 * time.Minute, nil},
		{"too late to be of use", 4, 9 * time.Minute, busy, 0, connectors.ErrExpired},
		{"too late because of the desk", 1, 8 * time.Minute, limited, 0, connectors.ErrExpired},
		{"permanent is permanent", 1, 0, connectors.Permanent(busy), 0, busy},
		{"gone is permanent", 1, 0, connectors.ErrGone, 0, connectors.ErrGone},
		{"visible is permanent", 1, 0, connectors.ErrVisible, 0, connectors.ErrVisible},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wait, err := connectors.Policy{}.Next(tt.attempt, tt.age, tt.err)
			require.ErrorIs(t, err, tt.wantErr)
			require.Equal(t, tt.want, wait)
			require.Equal(t, tt.wantErr != nil, err != nil)
			if err != nil {
				require.True(t, connectors.IsPermanent(err))
			}
		})
	}
	wait, err := connectors.Policy{Jitter: func() float64 { return 0.5 }}.Next(1, 0, busy)
	require.NoError(t, err)
	require.Equal(t, 5500*time.Millisecond, wait)
}

type noter func(connectors.Note) (string, error)

func (n noter) Note(_ context.Context, note connectors.Note) (string, error) { return n(note) }

func TestDeliver(t *testing.T) {
	t.Parallel()
	asked := 0
	n := noter(func(connectors.Note) (string, error) { asked++; return "42", nil })
	id, err := connectors.Deliver(t.Context(), n, connectors.Note{Suggestion: "sg_1", Conversation: "c_1"})
	require.NoError(t, err)
	require.Equal(t, "42", id)
	for _, note := range []connectors.Note{{Conversation: "c_1"}, {Suggestion: "sg_1"}} {
		_, err = connectors.Deliver(t.Context(), n, note)
		require.True(t, connectors.IsPermanent(err))
	}
	require.Equal(t, 1, asked)

	_, err = connectors.Deliver(t.Context(), noter(func(connectors.Note) (string, error) { return "7", errors.New("odd") }), connectors.Note{Suggestion: "sg_1", Conversation: "c_1"})
	require.ErrorContains(t, err, "deliver suggestion sg_1: odd")
	require.False(t, connectors.IsPermanent(err), "what nobody classified is tried again")
}

func TestClient(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Type", r.Header.Get("Content-Type"))
		io.Copy(w, r.Body)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/echo", http.StatusFound) })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 4<<20+1)) })
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c := connectors.NewClient(time.Second, nil, nil)

	var out map[string]string
	a, err := c.JSON(t.Context(), http.MethodPost, server.URL+"/echo", nil, map[string]string{"a": "b"}, &out)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "b"}, out)
	require.Equal(t, "application/json; charset=utf-8", a.Header.Get("X-Type"))

	a, err = c.Do(t.Context(), http.MethodGet, server.URL+"/away", nil, nil)
	require.ErrorContains(t, err, "redirects are not followed")
	require.Equal(t, http.StatusFound, a.Status)

	_, err = c.Do(t.Context(), http.MethodGet, server.URL+"/huge", nil, nil)
	require.ErrorContains(t, err, "more than 4194304 bytes")
	require.True(t, connectors.IsPermanent(err))

	_, err = connectors.NewClient(20*time.Millisecond, nil, nil).Do(t.Context(), http.MethodGet, server.URL+"/slow?key=hidden", nil, nil)
	require.Error(t, err)
	require.False(t, connectors.IsPermanent(err), "a timeout passes")
	require.NotContains(t, err.Error(), "hidden", "an address may be a secret")

	_, err = c.JSON(t.Context(), http.MethodGet, server.URL+"/html", nil, nil, &out)
	require.ErrorIs(t, err, connectors.ErrMalformed)
	require.False(t, connectors.IsPermanent(err), "a page of a proxy passes")
}

func TestGuard(t *testing.T) {
	t.Parallel()
	allow := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}
	tests := []struct {
		name, address string
		resolves      []string
		wantErr       string
	}{
		{"public", "https://a.example/in", []string{"93.184.216.34", "2606:2800:220:1::1"}, ""},
		{"public by number", "https://93.184.216.34/in", nil, ""},
		{"not encrypted", "http://a.example/in", nil, "https://"},
		{"another scheme", "file:///etc/passwd", nil, "https://"},
		{"with a password", "https://u:p@a.example/", nil, "user or password"},
		{"without a host", "https:///in", nil, "no host"},
		{"loopback", "https://127.0.0.1/", nil, "not a public address"},
		{"loopback by name", "https://localhost.example/", []string{"127.8.9.1"}, "not a public address"},
		{"one of several is private", "https://a.example/", []string{"93.184.216.34", "10.0.0.1"}, "10.0.0.1"},
		{"private", "https://192.168.1.1/", nil, "not a public address"},
		{"private but allowed", "https://10.1.2.3/", nil, ""},
		{"private and next to the allowed", "https://10.2.2.3/", nil, "not a public address"},
		{"cloud metadata", "https://169.254.169.254/latest", nil, "not a public address"},
		{"carrier-grade NAT", "https://100.100.100.200/", nil, "not a public address"},
		{"this network", "https://0.0.0.0/", nil, "not a public address"},
		{"broadcast", "https://255.255.255.255/", nil, "not a public address"},
		{"multicast", "https://224.0.0.1/", nil, "not a public address"},
		{"IPv6 loopback", "https://[::1]/", nil, "not a public address"},
		{"IPv6 unspecified", "https://[::]/", nil, "not a public address"},
		{"IPv6 link-local", "https://[fe80::1]/", nil, "not a public address"},
		{"IPv6 with a zone", "https://[fe80::1%25eth0]/", nil, "zone"},
		{"IPv6 private", "https://[fd00:2::1]/", nil, "not a public address"},
		{"IPv6 private but allowed", "https://[fd00:1::1]/", nil, ""},
		{"IPv4 inside IPv6", "https://[::ffff:127.0.0.1]/", nil, "not a public address"},
		{"IPv4 inside NAT64", "https://[64:ff9b::7f00:1]/", nil, "not a public address"},
		{"IPv4 inside 6to4", "https://[2002:7f00:1::]/", nil, "not a public address"},
		{"nothing", "https://a.example/", []string{}, "resolves to nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := &connectors.Guard{Allow: allow, Lookup: func(context.Context, string) ([]netip.Addr, error) {
				var out []netip.Addr
				for _, a := range tt.resolves {
					out = append(out, netip.MustParseAddr(a))
				}
				return out, nil
			}}
			err := g.Check(t.Context(), tt.address)
			if tt.wantErr == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.wantErr)
			require.True(t, connectors.IsPermanent(err))
		})
	}
}

// The check that counts is the one when connecting: a name that was public
// when it was checked and is not any more gains nothing.
func TestGuardChecksWhenConnecting(t *testing.T) {
	t.Parallel()
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(server.Close)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		address := strings.Replace(server.URL, "127.0.0.1", host, 1)
		_, err := connectors.NewClient(time.Second, (&connectors.Guard{}).Transport(nil), nil).Do(t.Context(), http.MethodPost, address, nil, nil)
		var blocked *connectors.BlockedError
		require.ErrorAs(t, err, &blocked)
		require.True(t, connectors.IsPermanent(err))
	}
	require.False(t, reached)
}

func FuzzGuard(f *testing.F) {
	f.Add("https://a.example/")
	f.Add("https://[::ffff:7f00:1]/")
	f.Fuzz(func(t *testing.T, address string) {
		g := &connectors.Guard{Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}}
		err := g.Check(t.Context(), address)
		if err != nil {
			return
		}
		// Every name leads home here, so only a public number may pass.
		u, err := connectors.CheckHTTPS(address)
		require.NoError(t, err)
		a, err := netip.ParseAddr(u.Hostname())
		require.NoError(t, err)
		require.True(t, a.IsGlobalUnicast())
		require.False(t, a.Unmap().IsPrivate())
	})
}

func TestWordsAreComplete(t *testing.T) {
	t.Parallel()
	for _, l := range connectors.Languages() {
		w := connectors.WordsIn(l + "-XX")
		for _, text := range []string{
			w.Title, w.Sources, w.Open, w.NoAnswer, w.High, w.Medium, w.Low, w.None, w.Use, w.Edit,
			w.Up, w.Down, w.Thanks, w.Save, w.Cancel, w.Reply, w.Asked, w.NotAgent, w.Refresh, w.Keep,
		} {
			require.NotEmpty(t, text, l)
		}
		require.LessOrEqual(t, len([]rune(w.Edit)), 24, "a title of Slack's form")
	}
	require.Equal(t, connectors.WordsIn("en"), connectors.WordsIn("tlh"))
	require.Equal(t, connectors.WordsIn("en").None, connectors.WordsIn("en").Flag("odd"))
}

func TestID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     connectors.ID
		bad      bool
	}{
		{"a string", `{"id":"55871"}`, "55871", false},
		{"a number beyond float64", `{"id":9007199254740997}`, "9007199254740997", false},
		{"null is none", `{"id":null}`, "", false},
		{"a truth is no id", `{"id":true}`, "", true},
		{"an object is no id", `{"id":{}}`, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var v struct {
				ID connectors.ID `json:"id"`
			}
			err := connectors.Decode([]byte(tt.in), &v)
			if tt.bad {
				require.ErrorIs(t, err, connectors.ErrMalformed)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, v.ID)
		})
	}
}

// The queue learns from the error how long to wait, by a method it knows.
func TestCallErrorTellsTheQueue(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("deliver: %w", connectors.StatusError(http.StatusTooManyRequests, http.Header{"Retry-After": {"7"}}, time.Now()))
	var later interface{ RetryAfter() time.Duration }
	require.ErrorAs(t, err, &later)
	require.Equal(t, 7*time.Second, later.RetryAfter())
	require.False(t, connectors.IsPermanent(err))
}
