package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch"
)

const agent = "sufflor/test (+https://example.com)"

func client(t *testing.T, o fetch.ClientOptions) *fetch.Client {
	t.Helper()
	o.UserAgent = agent
	c, err := fetch.NewClient(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// get reads the whole answer.
func get(t *testing.T, c *fetch.Client, address string, limit int64) ([]byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	resp, err := c.Do(req, limit)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// names answers every question for a host with the next of its addresses.
func names(t *testing.T, hosts map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	asked := map[string]int{}
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
			host := strings.TrimSuffix(q.Name.String(), ".")
			if list := hosts[host]; len(list) > 0 {
				a := netip.MustParseAddr(list[min(asked[host], len(list)-1)])
				h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
				switch {
				case q.Type == dnsmessage.TypeA && a.Is4():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
					asked[host]++
				case q.Type == dnsmessage.TypeAAAA && a.Is6():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
					asked[host]++
				}
			}
			if out, err := m.Pack(); err == nil {
				conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	refused := map[string]string{
		"loopback": "127.0.0.1", "another loopback": "127.8.9.10", "private 10": "10.1.2.3", "private 172": "172.16.0.1", "private 192": "192.168.1.1",
		"link-local, where clouds keep keys": "169.254.169.254", "container credentials": "169.254.170.2", "carrier-grade NAT": "100.64.0.1",
		"a cloud's metadata in it": "100.100.100.200", "a cloud's wire server": "168.63.129.16", "this network": "0.0.0.0", "this host": "0.1.2.3",
		"multicast": "224.0.0.1", "broadcast": "255.255.255.255", "reserved": "240.0.0.1", "benchmarks": "198.18.0.1", "documentation": "203.0.113.9",
		"IETF assignments": "192.0.0.192", "6to4 relay": "192.88.99.1",
		"IPv6 loopback": "::1", "IPv6 unspecified": "::", "unique local": "fd00::1", "metadata over IPv6": "fd00:ec2::254", "IPv6 link-local": "fe80::1",
		"IPv6 multicast": "ff02::1", "site-local": "fec0::1", "IPv4-mapped loopback": "::ffff:127.0.0.1", "IPv4-mapped private": "::ffff:10.0.0.1",
		"IPv4-compatible": "::127.0.0.1", "NAT64": "64:ff9b::7f00:1", "local NAT64": "64:ff9b:1::7f00:1", "6to4": "2002:7f00:1::1", "Teredo": "2001:0:4136::1",
		"IPv6 documentation": "2001:db8::1", "discard": "100::1",
	}
	for name, address := range refused {
		t.Run(name, func(t *testing.T) {
			a := netip.MustParseAddr(address)
			_, err := get(t, client(t, fetch.ClientOptions{}), "http://"+net.JoinHostPort(address, "9")+"/", 10)
			require.True(t, fetch.IsRefused(err), "as an address: %v", err)
			require.ErrorContains(t, err, "allow_private")
			if a.Is4In6() {
				return // no AAAA record holds one that a resolver would give back as such
			}
			c := client(t, fetch.ClientOptions{Resolver: names(t, map[string][]string{"evil.test": {address}})})
			_, err = get(t, c, "http://evil.test:9/", 10)
			require.True(t, fetch.IsRefused(err), "behind a name: %v", err)
		})
	}
}

func TestANameOfTheSystemThatIsLocalIsRefused(t *testing.T) {
	_, err := get(t, client(t, fetch.ClientOptions{}), "http://localhost:9/", 10)
	require.True(t, fetch.IsRefused(err), "%v", err)
}

func TestZonesAreRefused(t *testing.T) {
	_, err := get(t, client(t, fetch.ClientOptions{AllowPrivate: []string{"::/0"}}), "http://[fe80::1%25lo]:9/", 10)
	require.Error(t, err)
}

// A name may resolve to a public address when somebody checks it and to ours
// when we connect. Every connection is checked, so the change gains nothing.
func TestANameThatChangesItsAddressGainsNothing(t *testing.T) {
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer srv.Close()
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	require.NoError(t, err)
	c := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}, Resolver: names(t, map[string][]string{"rebind.test": {"127.0.0.1", "127.0.0.2"}})})
	_, err = get(t, c, "http://rebind.test:"+port+"/", 10)
	require.NoError(t, err)
	c.Close() // the connection that was allowed
	_, err = get(t, c, "http://rebind.test:"+port+"/", 10)
	require.True(t, fetch.IsRefused(err), "%v", err)
	require.EqualValues(t, 1, calls.Load())
}

func TestExceptions(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.UserAgent()) }))
	defer srv.Close()
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	require.NoError(t, err)
	resolver := names(t, map[string][]string{"wiki.example.lan": {"127.0.0.1"}, "example.lan": {"127.0.0.1"}, "evilexample.lan": {"127.0.0.1"}, "meta.example.lan": {"169.254.169.254"}})
	cases := []struct {
		name, host string
		allow      []string
		refused    bool
	}{
		{"an address", "127.0.0.1", []string{"127.0.0.1"}, false},
		{"a network", "127.0.0.1", []string{"127.0.0.0/8"}, false},
		{"a host by name", "wiki.example.lan", []string{"Wiki.Example.LAN"}, false},
		{"all hosts below a name", "wiki.example.lan", []string{"*.example.lan"}, false},
		{"below a name is not the name", "example.lan", []string{"*.example.lan"}, true},
		{"below a name needs the dot", "evilexample.lan", []string{"*.example.lan"}, true},
		{"another network", "127.0.0.1", []string{"10.0.0.0/8"}, true},
		{"another host", "wiki.example.lan", []string{"intranet.example.lan"}, true},
		{"a host by name never leads to where clouds keep keys", "meta.example.lan", []string{"meta.example.lan"}, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			body, err := get(t, client(t, fetch.ClientOptions{AllowPrivate: tc.allow, Resolver: resolver}), "http://"+tc.host+":"+port+"/", 100)
			if tc.refused {
				require.True(t, fetch.IsRefused(err), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, agent, string(body))
		})
	}
	require.ErrorContains(t, fetch.CheckExceptions([]string{"10.0.0.0/8", "http://x/"}), "allow_private[1]")
	require.ErrorContains(t, fetch.CheckExceptions([]string{"*"}), "allow_private[0]")
}

func TestRedirects(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "plain") }))
	defer plain.Close()
	var seen atomic.Value
	seen.Store("")
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen.Store(r.Header.Get("Authorization")) }))
	defer other.Close()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")); err == nil && n > 0 {
			http.Redirect(w, r, "/"+strconv.Itoa(n-1), http.StatusFound)
		} else if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusMovedPermanently)
		} else {
			http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
			io.WriteString(w, "cookie="+r.Header.Get("Cookie"))
		}
	}))
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	pool.AddCert(other.Certificate())
	c := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}, Authorities: pool})

	t.Run("five are followed, without cookies", func(t *testing.T) {
		body, err := get(t, c, srv.URL+"/5", 100)
		require.NoError(t, err)
		require.Equal(t, "cookie=", string(body))
	})
	refusals := map[string]string{
		"six are too many":            srv.URL + "/6",
		"no way back to plain http":   srv.URL + "/?to=" + plain.URL,
		"no other scheme":             srv.URL + "/?to=file:///etc/passwd",
		"no gopher":                   srv.URL + "/?to=gopher://example.com/",
		"no credentials in addresses": srv.URL + "/?to=https://user:pass@127.0.0.1/",
	}
	for name, address := range refusals {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, c, address, 100)
			require.ErrorIs(t, err, fetch.ErrRedirect)
			require.NotContains(t, strings.ReplaceAll(err.Error(), address, ""), "pass@")
		})
	}
	t.Run("no way into the inner network", func(t *testing.T) {
		_, err := get(t, c, srv.URL+"/?to=https://127.0.0.2:9/latest/meta-data/", 100)
		require.True(t, fetch.IsRefused(err), "%v", err)
	})
	t.Run("another host does not get the password", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/?to="+other.URL, nil)
		require.NoError(t, err)
		req.SetBasicAuth("user", "secret")
		resp, err := c.Do(req, 100)
		require.NoError(t, err)
		resp.Body.Close()
		require.Empty(t, seen.Load())
	})
	t.Run("Once gives the redirect itself", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/3", nil)
		require.NoError(t, err)
		resp, err := c.Once(req, 100)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, http.StatusFound, resp.StatusCode)
	})
}

func TestOldTLSIsRefused(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	_, err := get(t, client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}, Authorities: pool}), srv.URL, 10)
	require.ErrorContains(t, err, "protocol version")
	_, err = get(t, client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}}), srv.URL, 10)
	require.Error(t, err, "an unknown authority")
}

func TestBodiesAreLimited(t *testing.T) {
	pack := func(n int) []byte {
		var b bytes.Buffer
		zw := gzip.NewWriter(&b)
		zw.Write(make([]byte, n))
		zw.Close()
		return b.Bytes()
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/announced":
			w.Header().Set("Content-Length", "1001")
			w.Write(make([]byte, 1001))
		case "/streamed":
			for range 1001 {
				w.Write([]byte{1})
				w.(http.Flusher).Flush()
			}
		case "/exact":
			w.Write(make([]byte, 1000))
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(pack(100_000))
		case "/packed":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(pack(1000))
		case "/hollow": // members that unpack to nothing, without an end
			w.Header().Set("Content-Encoding", "gzip")
			for empty := pack(0); r.Context().Err() == nil; {
				if _, err := w.Write(empty); err != nil {
					return
				}
			}
		case "/broken":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte("this is not packed"))
		}
	}))
	defer srv.Close()
	c := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}})
	read := func(path string) (int, error) {
		data, err := get(t, c, srv.URL+path, 1000)
		return len(data), err
	}
	for _, path := range []string{"/announced", "/streamed", "/bomb", "/hollow"} {
		n, err := read(path)
		require.ErrorIs(t, err, ingest.ErrTooLarge, path)
		require.LessOrEqual(t, n, 1000, path)
	}
	for _, path := range []string{"/exact", "/packed"} {
		n, err := read(path)
		require.NoError(t, err, path)
		require.Equal(t, 1000, n, path)
	}
	_, err := read("/broken")
	require.ErrorContains(t, err, "unpack")
}

func TestSilenceEndsACall(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
		<-release
	}))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(release) })
	c := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}, IdleTimeout: 50 * time.Millisecond})
	_, err := get(t, c, srv.URL, 1000)
	require.ErrorContains(t, err, "nothing for too long")
	direct, err := (&http.Client{Transport: c.Transport()}).Get(srv.URL)
	require.NoError(t, err)
	defer direct.Body.Close()
	_, err = io.ReadAll(direct.Body)
	require.ErrorContains(t, err, "nothing for too long", "libraries' own calls too")

	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
	require.NoError(t, err)
	resp, err := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}}).Do(req, 1000)
	require.NoError(t, err)
	defer resp.Body.Close()
	cancel()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTheEnvironmentsProxyIsNotAsked(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // net/http reads it once a process
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "direct") }))
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	require.NoError(t, err)
	c := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}, Resolver: names(t, map[string][]string{"direct.test": {"127.0.0.1"}})})
	text, err := get(t, c, "http://direct.test:"+port+"/", 10)
	require.NoError(t, err)
	require.Equal(t, "direct", string(text))
}

func TestNamesAndSecrets(t *testing.T) {
	require.Equal(t, "sufflor/1.2 (+https://example.com/bot)", fetch.UserAgent("1.2", "https://example.com/bot"))
	require.Equal(t, "sufflor/1.2X:y (+a)", fetch.UserAgent("1.2\r\nX: y", "a)("))
	for address, want := range map[string]string{
		"https://user:hunter2@example.com/a?b=1":                  "https://-@example.com/a?b=1",
		"https://example.com/?X-Amz-Signature=hunter2&a=b":        "https://example.com/?X-Amz-Signature=-&a=b",
		"https://example.com/?access_token=hunter2":               "https://example.com/?access_token=-",
		"https://example.com/?api%5Fkey=hunter2&page=2#hunter2":   "https://example.com/?api%5Fkey=-&page=2",
		"https://example.com/?monkey=1":                           "https://example.com/?monkey=1",
		"https://user:hunter2@exa mple.com/":                      "(an address that cannot be read)",
		"https://example.com/?p=1&password=hunter2;x&sig=hunter2": "https://example.com/?p=1&password=-&sig=-",
	} {
		require.Equal(t, want, fetch.Redact(address))
	}
	_, err := get(t, client(t, fetch.ClientOptions{}), "http://user:hunter2@127.0.0.1:9/?token=hunter2", 10)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
	_, err = get(t, client(t, fetch.ClientOptions{}), "file:///etc/passwd", 10)
	require.True(t, fetch.IsRefused(err))
}

func TestNamesOfDocuments(t *testing.T) {
	for _, good := range []string{"a.pdf", "Handbücher/Pumpe 3.pdf", `back\slash.txt`, "c:con.txt", strings.Repeat("x", 2000)} {
		require.NoError(t, fetch.CheckName(good), good)
	}
	for _, bad := range []string{"", "/etc/passwd", "../a", "a/../b", "a//b", "a/.", "a\x00b", "a\nb", "\xff", strings.Repeat("x", 2049)} {
		require.Error(t, fetch.CheckName(bad), "%q", bad)
	}
	require.Equal(t, ".pdf", fetch.Extension("a/B.PDF"))
	for _, none := range []string{"a", "a.", "a.p/f", "a.ü", "a.verylongextension", "a.b c", "a.\x00"} {
		require.Empty(t, fetch.Extension(none), none)
	}
}

var errLine = errors.New("the line is dead")

func TestTemporaryFiles(t *testing.T) {
	dir := t.TempDir()
	name, release, err := fetch.Temp(dir, ".pdf", strings.NewReader("12345"), 5)
	require.NoError(t, err)
	require.Equal(t, ".pdf", name[len(name)-4:])
	requireOnly(t, dir, 1)
	release()
	release()
	requireOnly(t, dir, 0)
	_, release, err = fetch.Temp(dir, ".pdf", strings.NewReader("123456"), 5)
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	release()
	_, release, err = fetch.Temp(dir, "/../../x", io.MultiReader(strings.NewReader("1"), iotestReader{}), 5)
	require.ErrorIs(t, err, errLine)
	release()
	requireOnly(t, dir, 0)
}

type iotestReader struct{}

func (iotestReader) Read([]byte) (int, error) { return 0, errLine }

func TestAServerThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	var asked atomic.Int64
	silent := atomic.Bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if silent.Load() {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	const rest = 100 * time.Millisecond
	c := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}, Rest: rest})
	for range 20 {
		_, err := get(t, c, server.URL, 100)
		require.NoError(t, err, "an error of the server is an answer")
	}
	require.EqualValues(t, 20, asked.Load())

	c = client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}}) // a minute of rest
	silent.Store(true)
	asked.Store(0)
	for i := range 20 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("x")) // never sent twice
		require.NoError(t, err)
		resp, err := c.Once(req, 100)
		if err == nil {
			resp.Body.Close()
		}
		require.Error(t, err)
		require.Equal(t, i >= 5, errors.Is(err, fetch.ErrSilent), "call %d: %v", i, err)
	}
	require.EqualValues(t, 5, asked.Load())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	resp, err := c.Transport().RoundTrip(req)
	if err == nil {
		resp.Body.Close()
	}
	require.ErrorIs(t, err, fetch.ErrSilent)
	require.True(t, c.Silent())

	c = client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}, Rest: rest})
	for range 6 {
		_, err = get(t, c, server.URL, 100)
	}
	require.ErrorIs(t, err, fetch.ErrSilent)
	silent.Store(false)
	require.Eventually(t, func() bool { _, err := get(t, c, server.URL, 100); return err == nil }, 10*time.Second, rest, "it is asked again after a rest")
	_, err = get(t, c, server.URL, 100)
	require.NoError(t, err)
	require.False(t, c.Silent())
}

func TestCallsThatWeEndSayNothingAboutTheServer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	c := client(t, fetch.ClientOptions{AllowPrivate: []string{"127.0.0.1"}})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		req, err := http.NewRequestWithContext(ended, http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		resp, err := c.Do(req, 100)
		if err == nil {
			resp.Body.Close()
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err := get(t, c, server.URL, 100)
	require.NoError(t, err)
}
