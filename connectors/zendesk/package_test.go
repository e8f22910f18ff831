package zendesk_test

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

var options = connectors.PackageOptions{Public: "https://copilot.example", Desk: "zd", Name: "Nordwind Copilot"}

func TestPackage(t *testing.T) {
	t.Parallel()
	c, err := zendesk.New(settings(), nil)
	require.NoError(t, err)
	p, err := c.Package(options)
	require.NoError(t, err)
	again, err := c.Package(options)
	require.NoError(t, err)
	require.Equal(t, p, again, "the same each time")
	connectortest.Golden(t, "manifest.golden", p.Files["manifest.json"])

	var names []string
	for name, data := range p.Files {
		names = append(names, name)
		for _, s := range []string{secret, "oauth-token", "key-secret", "sunco_test_webhook_key_0001"} {
			require.NotContains(t, string(data), s, "%s: whoever has the app can read it", name)
		}
	}
	require.ElementsMatch(t, []string{
		"manifest.json", "translations/en.json", "assets/iframe.html", "assets/app.js", "assets/app.css", "assets/settings.js",
		"assets/logo.png", "assets/logo-small.png",
	}, names)
	for name, size := range map[string]int{"assets/logo.png": 320, "assets/logo-small.png": 128} {
		img, err := png.DecodeConfig(bytes.NewReader(p.Files[name]))
		require.NoError(t, err)
		require.Equal(t, [2]int{size, size}, [2]int{img.Width, img.Height})
	}
	var texts struct {
		App map[string]string `json:"app"`
	}
	require.NoError(t, json.Unmarshal(p.Files["translations/en.json"], &texts))
	require.NotEmpty(t, texts.App["short_description"])
	require.Equal(t, "sufflor-zendesk.zip", p.Zip)

	page := string(p.Files["assets/iframe.html"])
	require.Equal(t, 3, strings.Count(page, "<script src="))
	require.Contains(t, page, "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js")
	require.Equal(t, 1, strings.Count(page, "https://"), "nothing from elsewhere but the vendor's own")

	_, err = c.Package(connectors.PackageOptions{Public: "http://copilot.example", Desk: "zd", Name: "x"})
	require.Error(t, err)
}

// The page in the app reaches the editor, never the customer.
func TestPageNeverSends(t *testing.T) {
	t.Parallel()
	c, err := zendesk.New(settings(), nil)
	require.NoError(t, err)
	p, err := c.Package(options)
	require.NoError(t, err)
	script := string(p.Files["assets/app.js"])
	for _, bad := range []string{"sendMessage", "ticket.submit", "ticket.save", "client.request", "innerHTML =", "eval", "'*'", `"*"`} {
		require.NotContains(t, script, bad)
	}
}

// A name with markup in it ends no script.
func TestPackageEscapes(t *testing.T) {
	t.Parallel()
	c, err := zendesk.New(settings(), nil)
	require.NoError(t, err)
	o := options
	o.Desk, o.Name = "zd", `</script><b>"x"`
	p, err := c.Package(o)
	require.NoError(t, err)
	require.NotContains(t, string(p.Files["assets/settings.js"]), "</script>")
	var m map[string]any
	require.NoError(t, json.Unmarshal(p.Files["manifest.json"], &m))
	require.Equal(t, o.Name, m["name"])
}

func TestSignedPage(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.Sidebar.Page = zendesk.Signed
	c, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	p, err := c.Package(options)
	require.NoError(t, err)
	var m struct {
		SignedURLs bool                                 `json:"signedUrls"`
		Location   map[string]map[string]map[string]any `json:"location"`
	}
	require.NoError(t, json.Unmarshal(p.Files["manifest.json"], &m))
	require.True(t, m.SignedURLs)
	require.Equal(t, "https://copilot.example/embed/zd", m.Location["support"]["ticket_sidebar"]["url"])
	require.NotContains(t, p.Files, "assets/iframe.html")

	cfg.Sidebar.Page = "x"
	require.ErrorContains(t, cfg.Validate(), "sidebar.page: must be")
}

// The page is run in a pretended Zendesk, if there is a JavaScript at hand.
func TestPageRelays(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node on this machine")
	}
	out, err := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "page.mjs")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "ok")
}

func TestVisitor(t *testing.T) {
	t.Parallel()
	cfg := settings()
	bare, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	cfg.Sidebar = zendesk.Sidebar{Installation: "8446483", PublicKey: string(connectortest.Body(t, "zaf_app_public_key.pem"))}
	c, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	for _, v := range connectortest.Load(t) {
		if v.Scheme != "zaf_jwt" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			d := connectors.Delivery{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: v.Body}
			got, err := c.Visitor(t.Context(), d, time.Unix(v.Now, 0))
			_, without := bare.Visitor(t.Context(), d, time.Unix(v.Now, 0))
			require.ErrorIs(t, without, connectors.ErrUnverified)
			if !v.Valid {
				require.ErrorIs(t, err, connectors.ErrUnverified, v.Why)
				require.Zero(t, got)
				return
			}
			require.NoError(t, err, v.Why)
			require.Equal(t, connectors.Visitor{Agent: "8447388090494", Expires: time.Unix(1785000300, 0).UTC()}, got)
			twice := d
			twice.Body = append(append([]byte{}, v.Body...), "&token=x"...)
			_, err = c.Visitor(t.Context(), twice, time.Unix(v.Now, 0))
			require.ErrorIs(t, err, connectors.ErrUnverified, "one of two is not ours to choose")
		})
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	cfg := settings()
	c, err := zendesk.New(cfg, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"https://d3v-nordwind-example.zendesk.com", "https://*.apps.zdusercontent.com"}, c.Origins())
	cfg.Sidebar.App = "819835"
	c, err = zendesk.New(cfg, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"https://d3v-nordwind-example.zendesk.com", "https://819835.apps.zdusercontent.com"}, c.Origins())
	cfg.Sidebar.App = "evil.example/"
	require.ErrorContains(t, cfg.Validate(), "sidebar.app: must be digits")
}
