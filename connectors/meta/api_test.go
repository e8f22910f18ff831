package meta_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/meta"
)

const media = "2754859441498128"

func start(t *testing.T) (*connectortest.Fake, *meta.Connector) {
	t.Helper()
	f := connectortest.NewFake(t, connectortest.Bearer("EAAtoken"))
	return f, build(t, func(c *meta.Config) { c.Token, c.Version, c.BaseURL = config.NewSecret("EAAtoken"), "v23.0", f.URL })
}

// image is the event of a sample and its file.
func image(t *testing.T, c *meta.Connector) (connectors.Event, connectors.Attachment) {
	t.Helper()
	rec, err := read(t, c, string(connectortest.Body(t, "whatsapp_image.json")))
	require.NoError(t, err)
	return rec.Events[0], rec.Events[0].Attachments[0]
}

func TestFileOfWhatsApp(t *testing.T) {
	t.Parallel()
	data := []byte("\xff\xd8\xff not really a picture")
	sum := sha256.Sum256(data)
	good := map[string]any{"mime_type": "image/jpeg", "sha256": hex.EncodeToString(sum[:]), "file_size": len(data), "messaging_product": "whatsapp", "id": media}
	tests := []struct {
		name    string
		change  func(f *connectortest.Fake, answer map[string]any)
		status  int
		limit   int64
		is      error
		say     string
		again   bool
		blocked bool
	}{
		{name: "it is read", limit: 100},
		{name: "larger than we take", limit: 10, is: connectors.ErrTooLarge},
		{name: "larger than announced", limit: 10, is: connectors.ErrTooLarge, change: func(_ *connectortest.Fake, a map[string]any) { a["file_size"] = 1 }},
		{name: "not what was announced", limit: 100, say: "sha256 differs", again: true, change: func(_ *connectortest.Fake, a map[string]any) { a["sha256"] = "00" }},
		{name: "in our own network", limit: 100, blocked: true, change: func(_ *connectortest.Fake, a map[string]any) { a["url"] = "https://169.254.169.254/latest" }},
		{name: "without https elsewhere", limit: 100, blocked: true, change: func(_ *connectortest.Fake, a map[string]any) { a["url"] = "http://files.example/x" }},
		{name: "token withdrawn", limit: 100, is: connectors.ErrGone, say: "system user", change: func(f *connectortest.Fake, _ map[string]any) {
			f.Fail(&connectortest.Fault{Status: 400, Body: `{"error":{"message":"x","type":"OAuthException","code":190,"fbtrace_id":"y"}}`})
		}},
		{name: "no permission", limit: 100, say: "lacks a permission", change: func(f *connectortest.Fake, _ map[string]any) {
			f.Fail(&connectortest.Fault{Status: 400, Body: `{"error":{"code":200}}`})
		}},
		{name: "too hasty", limit: 100, say: "rate limited", again: true, change: func(f *connectortest.Fake, _ map[string]any) {
			f.Fail(&connectortest.Fault{Status: 400, Body: `{"error":{"code":80007}}`})
		}},
		{name: "their fault", limit: 100, again: true, change: func(f *connectortest.Fake, _ map[string]any) { f.Fail(&connectortest.Fault{Status: 500}) }},
		{name: "half an answer", limit: 100, again: true, change: func(f *connectortest.Fake, _ map[string]any) { f.Fail(&connectortest.Fault{Cut: true}) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, c := start(t)
			answer := map[string]any{"url": f.URL + "/whatsapp_business/attachments"}
			maps.Copy(answer, good)
			f.Get("GET /v23.0/"+media, func(call connectortest.Call) (int, any) {
				require.Equal(t, "phone_number_id="+phone, call.Query)
				return 200, answer
			})
			f.Get("GET /whatsapp_business/attachments", func(connectortest.Call) (int, any) { return 200, data })
			if tt.change != nil {
				tt.change(f, answer)
			}
			e, a := image(t, c)
			got, err := c.Open(t.Context(), e, a, tt.limit)
			if tt.is == nil && tt.say == "" && !tt.again && !tt.blocked {
				require.NoError(t, err)
				require.Equal(t, connectors.File{Type: "image/jpeg", Data: data}, got)
				return
			}
			require.Error(t, err)
			require.Empty(t, got)
			require.ErrorContains(t, err, tt.say)
			require.Equal(t, !tt.again, connectors.IsPermanent(err), "%v", err)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
			var blocked *connectors.BlockedError
			require.Equal(t, tt.blocked, errors.As(err, &blocked))
		})
	}
}

func TestFileOfWhatsAppNeedsTokenIDAndTime(t *testing.T) {
	t.Parallel()
	f, c := start(t)
	e, a := image(t, c)
	_, err := build(t).Open(t.Context(), e, a, 10)
	require.ErrorContains(t, err, "token: required")
	a.ID = "1/../../me"
	_, err = c.Open(t.Context(), e, a, 10)
	require.ErrorContains(t, err, "no id")
	e, a = image(t, c)
	e.At = clock.Add(-8 * 24 * time.Hour)
	_, err = c.Open(t.Context(), e, a, 10)
	require.ErrorContains(t, err, "older than")
	require.True(t, connectors.IsPermanent(err))
	require.Empty(t, f.Lines())
}

// Links of Messenger are public: a token sent along would be given away.
func TestFileOfMessengerGetsNoToken(t *testing.T) {
	t.Parallel()
	seen := http.Header(nil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		_, _ = w.Write([]byte("picture"))
	}))
	t.Cleanup(s.Close)
	c := build(t, func(c *meta.Config) { c.Token, c.Version, c.BaseURL = config.NewSecret("EAAtoken"), "v23.0", s.URL })
	rec, err := read(t, c, string(connectortest.Body(t, "messenger_attachment.json")))
	require.NoError(t, err)
	e := rec.Events[0]
	_, err = c.Open(t.Context(), e, e.Attachments[0], 100)
	require.ErrorContains(t, err, "not on a host of Meta", "an address from a delivery is somebody else's")
	require.True(t, connectors.IsPermanent(err))
	require.Nil(t, seen)

	got, err := c.Open(t.Context(), e, connectors.Attachment{URL: s.URL + "/v/1.jpg"}, 100)
	require.NoError(t, err)
	require.Equal(t, "picture", string(got.Data))
	require.Empty(t, seen.Get("Authorization"))
	for _, bad := range []string{"https://fbcdn.net.evil.example/x", "https://evilfbcdn.net/x", "http://scontent.fbcdn.net/x", "", "::"} {
		_, err = c.Open(t.Context(), e, connectors.Attachment{URL: bad}, 100)
		require.True(t, connectors.IsPermanent(err), bad)
	}
}

func TestTester(t *testing.T) {
	t.Parallel()
	require.Equal(t, []connectors.Finding{{What: "token", OK: true, Hint: "none is set: messages are heard, files of WhatsApp are not read"}}, build(t).Test(t.Context()))

	f, c := start(t)
	f.Get("GET /v23.0/me", func(connectortest.Call) (int, any) { return 200, `{"id":"1"}` })
	permissions := `{"data":[{"permission":"whatsapp_business_management","status":"granted"},{"permission":"pages_messaging","status":"declined"}]}`
	f.Get("GET /v23.0/me/permissions", func(connectortest.Call) (int, any) { return 200, permissions })
	f.Get("GET /v23.0/{id}", func(call connectortest.Call) (int, any) {
		if call.Path("id") == page {
			return 400, `{"error":{"code":100}}`
		}
		return 200, `{"id":"` + call.Path("id") + `"}`
	})
	got := c.Test(t.Context())
	require.Len(t, got, 7)
	for _, finding := range got {
		require.Equal(t, finding.What != "account "+page, finding.OK, "%+v", finding)
		require.Equal(t, finding.OK, finding.Hint == "")
	}
	for _, line := range f.Lines() {
		require.Contains(t, line, "GET ", "a test changes nothing")
	}
	permissions = `{"data":[{"permission":"pages_messaging","status":"granted"}]}`
	got = c.Test(t.Context())
	require.False(t, got[1].OK)
	require.Contains(t, got[1].Hint, "could write to customers")

	f.Fail(&connectortest.Fault{Status: 401, Body: `{}`})
	got = c.Test(t.Context())
	require.Len(t, got, 1)
	require.Contains(t, got[0].Hint, "make a new one")
}

func TestPackage(t *testing.T) {
	t.Parallel()
	c := build(t)
	p, err := c.Package(connectors.PackageOptions{Public: "https://copilot.example", Desk: "chat", Name: "Copilot"})
	require.NoError(t, err)
	again, err := c.Package(connectors.PackageOptions{Public: "https://copilot.example", Desk: "chat", Name: "Copilot"})
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.Contains(t, string(p.Files["subscriptions.json"]), "https://copilot.example/hooks/chat")
	for _, data := range p.Files {
		require.NotContains(t, string(data), secret)
		require.NotContains(t, string(data), verify)
	}
	_, err = c.Package(connectors.PackageOptions{Public: "http://copilot.example", Desk: "chat"})
	require.Error(t, err)
}
