package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/zendesk"
	"github.com/sufflor/sufflor/store"
)

// asked is a desk that answers our questions.
type asked struct {
	connectors.Connector

	findings []connectors.Finding
}

func (a asked) Test(context.Context) []connectors.Finding { return a.findings }

func TestATestSaysWhatIsMissing(t *testing.T) {
	good := testDesk(t.Context(), connectors.Desk{Name: "zd", Kind: "zendesk", Workspace: "a", Connector: asked{findings: []connectors.Finding{{What: "token", OK: true}}}})
	bad := testDesk(t.Context(), connectors.Desk{Name: "sl", Kind: "slack", Workspace: "a", Connector: asked{findings: []connectors.Finding{
		{What: "token", OK: true}, {What: "may write notes", Hint: "add the scope\nchat:write"},
	}}})
	mute := testDesk(t.Context(), connectors.Desk{Name: "mt", Kind: "slack", Connector: asked{}})
	none := testDesk(t.Context(), connectors.Desk{Name: "hook", Kind: "standard"})

	var out bytes.Buffer
	c := &cli{stdout: &out}
	require.NoError(t, c.showTested([]testedDesk{good, none}))
	require.Contains(t, out.String(), "hook  -      not tested")

	out.Reset()
	err := c.showTested([]testedDesk{good, bad, none})
	require.EqualError(t, err, "1 thing missing")
	require.Equal(t, exitFailed, err.(codedError).code) //nolint:errorlint // it is the error itself
	require.Regexp(t, `sl +may write notes +MISSING +add the scope chat:write`, out.String())

	require.Error(t, c.showTested([]testedDesk{mute}), "a test that looked at nothing has not passed")

	out.Reset()
	c.json = true
	require.Error(t, c.showTested([]testedDesk{bad}))
	var got struct{ Desks []testedDesk }
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	require.Equal(t, []testedDesk{bad}, got.Desks)
}

func TestAPackageIsWrittenTheSameEachTimeAndOverNothing(t *testing.T) {
	p := connectors.Package{Zip: "app.zip", Files: map[string][]byte{"manifest.json": []byte("{}"), "assets/a.js": []byte("1"), "assets/b.js": []byte("2")}}
	dir := filepath.Join(t.TempDir(), "out")
	at, err := writePackage(p, "zd", dir, false)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "app.zip"), at)
	first, err := os.ReadFile(at)
	require.NoError(t, err)

	_, err = writePackage(p, "zd", dir, false)
	require.ErrorContains(t, err, "--force")
	_, err = writePackage(p, "zd", dir, true)
	require.NoError(t, err)
	again, err := os.ReadFile(at)
	require.NoError(t, err)
	require.Equal(t, first, again)

	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	require.NoError(t, err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		require.Equal(t, 1980, f.Modified.UTC().Year())
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, p.Files[f.Name], data)
	}
	require.Equal(t, []string{"assets/a.js", "assets/b.js", "manifest.json"}, names)
}

func TestAPackageThatIsAFolder(t *testing.T) {
	p := connectors.Package{Files: map[string][]byte{"manifest.json": []byte("{}"), "app/index.html": []byte("<p>")}}
	dir := t.TempDir()
	at, err := writePackage(p, "fresh", dir, false)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "fresh-app"), at)
	data, err := os.ReadFile(filepath.Join(at, "app", "index.html"))
	require.NoError(t, err)
	require.Equal(t, "<p>", string(data))

	_, err = writePackage(p, "fresh", dir, false)
	require.ErrorContains(t, err, "--force")
	p.Files["manifest.json"] = []byte("[]")
	_, err = writePackage(p, "fresh", dir, true)
	require.NoError(t, err)
	data, err = os.ReadFile(filepath.Join(at, "manifest.json"))
	require.NoError(t, err)
	require.Equal(t, "[]", string(data))

	require.NoError(t, os.WriteFile(filepath.Join(at, "app", "notes.txt"), []byte("mine"), 0o600))
	_, err = writePackage(p, "fresh", dir, true)
	require.ErrorContains(t, err, "notes.txt is no part of the package")

	at, err = writePackage(connectors.Package{Steps: []string{"do"}}, "x", dir, false)
	require.NoError(t, err)
	require.Empty(t, at, "settings only")
	for _, name := range []string{"../out", "/etc/x", "a/../../x", ".", ""} {
		_, err := writePackage(connectors.Package{Files: map[string][]byte{name: nil}}, "x", dir, false)
		require.ErrorContains(t, err, "cannot be a file of it", name)
	}
	_, err = writePackage(connectors.Package{Zip: "../x.zip", Files: map[string][]byte{"a": nil}}, "x", dir, false)
	require.ErrorContains(t, err, "cannot be the name of a zip")
}

func TestRecordingsAreReadByteForByte(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     connectors.Delivery
		err      string
	}{
		{"JSON with lists of headers", `{"method":"PUT","target":"/hooks/a/b?x=1","headers":{"a":["1","2"],"b":"3"},"body":"é\u0000"}`, connectors.Delivery{
			Method: "PUT", Target: "/hooks/a/b?x=1", Header: http.Header{"A": {"1", "2"}, "B": {"3"}}, Body: []byte("é\x00"),
		}, ""},
		{"JSON with bytes that are no text", `{"body_base64":"/wA="}`, connectors.Delivery{Method: "POST", Header: http.Header{}, Body: []byte{0xff, 0}}, ""},
		{"both bodies", `{"body":"a","body_base64":"YQ=="}`, connectors.Delivery{}, "only one"},
		{"broken base64", `{"body_base64":"?"}`, connectors.Delivery{}, "body_base64"},
		{"two objects", `{} {}`, connectors.Delivery{}, "one delivery"},
		{"HTTP with a length", "POST /hooks/a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX: y\r\n\r\na\nb\r\n", connectors.Delivery{
			Method: "POST", Target: "/hooks/a", Header: http.Header{"Content-Length": {"3"}, "X": {"y"}}, Body: []byte("a\nb"),
		}, ""},
		{"HTTP without a length and with bare line ends", "POST /hooks/a?t=1 HTTP/2\nHost: h\nX: y\n\na\r\nb\n", connectors.Delivery{
			Method: "POST", Target: "/hooks/a?t=1", Header: http.Header{"X": {"y"}}, Body: []byte("a\r\nb\n"),
		}, ""},
		{"HTTP in chunks", "POST /hooks/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", connectors.Delivery{
			Method: "POST", Target: "/hooks/a", Header: http.Header{}, Body: []byte("abc"),
		}, ""},
		{"HTTP with two requests", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\naPOST / HTTP/1.1\r\n", connectors.Delivery{}, "more bytes"},
		{"nothing", " \n", connectors.Delivery{}, "empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseRecording([]byte(tt.in))
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestARecordingIsAddressedToTheDesksOwnHook(t *testing.T) {
	for _, tt := range []struct{ name, target, below, wantPath, wantTarget string }{
		{"the bare hook", "/hooks/prod", "", "", "/hooks/zd"},
		{"a path below it and a query", "/hooks/prod/events?a=b%20c", "", "/events", "/hooks/zd/events?a=b%20c"},
		{"behind a proxy", "/x/hooks/prod/events/", "", "/events", "/hooks/zd/events"},
		{"no hook at all", "/events", "", "/events", "/hooks/zd/events"},
		{"nothing", "", "", "", "/hooks/zd"},
		{"a path that was asked for", "/hooks/prod/events", "interactive", "/interactive", "/hooks/zd/interactive"},
		{"none that was asked for", "/hooks/prod/events", "/", "", "/hooks/zd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := connectors.Delivery{Target: tt.target}
			require.NoError(t, address(&d, "zd", tt.below))
			require.Equal(t, tt.wantPath, d.Path)
			require.Equal(t, tt.wantTarget, d.Target)
		})
	}
}

func FuzzParseRecording(f *testing.F) {
	f.Add([]byte(`{"method":"POST","target":"/hooks/a","headers":{"a":["b"]},"body":"c"}`))
	f.Add([]byte("POST /hooks/a HTTP/2\nHost: h\n\nbody"))
	f.Add([]byte("POST /hooks/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parseRecording(data)
		if err != nil {
			return
		}
		if err := address(&d, "zd", ""); err != nil {
			return
		}
		if req, err := request(t.Context(), "http://127.0.0.1:1", d); err == nil {
			require.Equal(t, "127.0.0.1:1", req.URL.Host, "no recording leads elsewhere")
		}
	})
}

// TestReplayIntoARunningServer sends a delivery to a server that has the data
// folder, through its own hook.
func TestReplayIntoARunningServer(t *testing.T) {
	p := newPlace(t, 1)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	body := `{"account_id":22557799,"id":"event-1","subject":"zen:ticket:1001","time":"2026-01-02T09:00:00Z","type":"zen:event-type:ticket.comment_added","event":{"comment":{"id":"1","body":"Hvor mye olje?","is_public":true,"author":{"id":"9","is_staff":false}}},"detail":{"actor_id":"9","id":"1001","is_public":true,"requester_id":"9","via":{"channel":"mail"}}}`
	recording, err := json.Marshal(map[string]any{"target": "/hooks/zd", "headers": zendesk.Sign(config.NewSecret(testSecret), "22557799", []byte(body), time.Now()), "body": body})
	require.NoError(t, err)
	file := filepath.Join(p.dir, "delivery.json")
	require.NoError(t, os.WriteFile(file, recording, 0o600))
	code, out, errs := command(t, t.Context(), "-c", p.config, "connectors", "replay", file, "--desk", "zd")
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "1 event; the running server answered 200")

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait())
	s, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(p.dir, "data")})
	require.NoError(t, err)
	history, err := s.History(t.Context(), "a", "zd", "1001", time.Time{}, 10)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Len(t, history, 1)
}
