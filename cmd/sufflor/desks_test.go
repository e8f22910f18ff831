package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

// HubSpot signs the address that it called.
func TestAHubSpotDeskKnowsTheServersAddress(t *testing.T) {
	for _, tt := range []struct{ name, server, own, err string }{
		{"the server's", "https://copilot.example.com/", "", ""},
		{"its own comes first", "https://panel.example.com", "public_url: https://copilot.example.com", ""},
		{"none", "", "", "public_url: required here or at the top of the configuration"},
		{"not by https", "http://copilot.example.com", "", "public_url: required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := config.Desk{Name: "hs", Kind: "hubspot"}
			require.NoError(t, yaml.Unmarshal([]byte("portal_id: 62515\napp_id: 4711\nclient_secret: 0f5c2c9b-7a1e\n"+tt.own), &d.Settings))
			d.Settings = *d.Settings.Content[0]
			byName, err := desks(config.Config{PublicURL: tt.server, Workspaces: []config.Workspace{{ID: "a", Language: "nb", Desks: []config.Desk{d}}}})
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			p := byName["hs"].Connector.(connectors.Packager)
			_, err = p.Package(connectors.PackageOptions{Public: "https://copilot.example.com", Desk: "hs", Name: "Copilot"})
			require.NoError(t, err, "the address is the one that the app is made for")
		})
	}
}

func TestConnectorsList(t *testing.T) {
	p := newPlace(t, 0)
	list := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		c := &cli{stdout: &out, stderr: &errs, configPath: p.config, json: len(args) > 0}
		cmd := c.connectorsList()
		cmd.SetArgs(nil)
		require.NoError(t, cmd.ExecuteContext(t.Context()), errs.String())
		return out.String()
	}
	require.Regexp(t, `zd\s+zendesk\s+a\s+never\s+-\s+-\s+-\s+-\n`, list(), "before anything happened")

	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), store.Options{Dir: cfg.Data})
	require.NoError(t, err)
	_, err = s.AcceptPage(t.Context(), "a", "zd", []connectors.Event{{Key: "k", Kind: connectors.Message, Conversation: "c"}}, "7")
	require.NoError(t, err)
	require.Contains(t, list(), "connected", "beside a server")
	require.NoError(t, s.DeskFailed(t.Context(), "zd", errors.New("status 503: temporary fault of the desk")))
	require.Regexp(t, `zd: last error at .*: status 503`, list())
	require.NoError(t, s.DeskFailed(t.Context(), "zd", fmt.Errorf("token refused; renew token in this desk's settings: %w", connectors.ErrGone)))
	require.Regexp(t, `zd: disconnected since .*: token refused; renew token`, list())
	health := desksHealth(s, []string{"zd", "other"})
	require.ErrorContains(t, health(t.Context()), "1 of 2 disconnected")
	require.NoError(t, s.Close())

	var out struct {
		Desks []deskStatus `json:"desks"`
	}
	require.NoError(t, json.Unmarshal([]byte(list("--json")), &out))
	require.Len(t, out.Desks, 1)
	require.Equal(t, store.DeskDisconnected, out.Desks[0].State)
	require.Contains(t, out.Desks[0].Reason, "renew token")
	require.WithinDuration(t, time.Now(), out.Desks[0].LastPoll, time.Minute)
	require.Zero(t, out.Desks[0].LastDelivery)
}

// bomb is a .docx that says it is small and is not.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for name, text := range map[string]string{
		"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":         `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
	} {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(w, text)
		require.NoError(t, err)
	}
	w, err := z.Create("word/document.xml")
	require.NoError(t, err)
	_, err = io.WriteString(w, `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	require.NoError(t, err)
	block := []byte("<w:p><w:r><w:t>" + strings.Repeat("a", 1<<20) + "</w:t></w:r></w:p>")
	for range 3000 {
		_, err = w.Write(block)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.Less(t, b.Len(), 20<<20, "it would be fetched")
	return b.Bytes()
}

// TestCustomersFiles reads files of customers in real worker processes.
func TestCustomersFiles(t *testing.T) {
	dir := t.TempDir()
	cfg := config.Default()
	cfg.Data = dir
	left := filepath.Join(dir, "reading", "file-left")
	require.NoError(t, os.MkdirAll(left, 0o700))
	a := &app{cfg: cfg, log: slog.New(slog.DiscardHandler)}
	read, done, err := a.attachmentReader()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, done()) })
	require.NoDirExists(t, left, "what a killed process left is gone")

	passages, err := read(t.Context(), "../maskin logg.txt", "text/plain", []byte("Maskin P-77\n\nFeil E-4419 kl. 12:03\n"))
	require.NoError(t, err)
	require.NotEmpty(t, passages)
	require.Contains(t, passages[0].Text, "E-4419")
	require.Positive(t, passages[0].Locator.Line)

	_, err = read(t.Context(), "rapport.pdf", "application/pdf", []byte("%PDF-1.7\nnothing of the kind"))
	require.ErrorIs(t, err, ingest.ErrDamaged)
	require.ErrorContains(t, err, "rapport.pdf")

	if !testing.Short() {
		_, err = read(t.Context(), "bombe.docx", "", bomb(t))
		require.Error(t, err, "3 GB in one paragraph after another")
		require.ErrorContains(t, err, "bombe.docx")
	}
	passages, err = read(t.Context(), "etter.txt", "", []byte("Og så videre."))
	require.NoError(t, err, "others are read after it")
	require.Contains(t, passages[0].Text, "videre")
	entries, err := os.ReadDir(filepath.Join(dir, "reading"))
	require.NoError(t, err)
	require.Empty(t, entries, "nothing of customers' files stays on disk")
}

func TestPlainNames(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf": "a.pdf", "../../etc/passwd": "passwd", "": "file", ".": "file", "...": "file", "bilde 1 (2).PNG": "bilde 1 _2_.PNG",
		"x\x00y.txt": "x_y.txt", "~$a.docx": "__a.docx", "måling.xlsx": "måling.xlsx", strings.Repeat("æ", 300) + ".txt": strings.Repeat("æ", 50) + ".txt",
		"a." + strings.Repeat("b", 300): "a",
	} {
		require.Equal(t, want, plainName(name), name)
	}
}
