package teams_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/teams"
)

var options = connectors.PackageOptions{Public: "https://copilot.nordwind.example", Desk: "teams-support", Name: "Nordwind Copilot"}

// The rules are those of Microsoft's schema of manifest 1.17: lengths,
// required fields, and what has to be a GUID or an https address.
func TestPackage(t *testing.T) {
	t.Parallel()
	c := start(t, settings(), "")
	p, err := c.Package(options)
	require.NoError(t, err)
	again, err := c.Package(options)
	require.NoError(t, err)
	require.Equal(t, p, again, "the same each time")
	require.Equal(t, "sufflor-teams.zip", p.Zip)
	require.Len(t, p.Files, 3)
	require.NotEmpty(t, p.Steps)
	connectortest.Golden(t, "manifest.golden", p.Files["manifest.json"])

	for file, size := range map[string]int{"color.png": 192, "outline.png": 32} {
		img, err := png.Decode(bytes.NewReader(p.Files[file]))
		require.NoError(t, err)
		require.Equal(t, image.Rect(0, 0, size, size), img.Bounds())
		colors := map[color.NRGBA]bool{}
		for y := range size {
			for x := range size {
				colors[color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)] = true
			}
		}
		if file == "outline.png" {
			require.Equal(t, map[color.NRGBA]bool{{}: true, {R: 255, G: 255, B: 255, A: 255}: true}, colors, "white on transparent, nothing else")
		}
	}
	all := string(p.Files["manifest.json"]) + strings.Join(p.Steps, "\n")
	for _, secret := range []string{"entra~secret", token64} {
		require.NotContains(t, all, secret)
	}
}

func TestManifestStaysInItsLimits(t *testing.T) {
	t.Parallel()
	o := options
	o.Name = strings.Repeat("Ø", 200)
	cfg := settings()
	cfg.Developer = teams.Developer{Name: "Nordwind GmbH", Website: "https://nordwind.example", Privacy: "https://nordwind.example/privacy"}
	p, err := start(t, cfg, "").Package(o)
	require.NoError(t, err)
	var m struct {
		ID        string `json:"id"`
		Developer struct {
			Name, WebsiteURL, PrivacyURL, TermsOfUseURL string
		} `json:"developer"`
		Name        struct{ Short, Full string } `json:"name"`
		Description struct{ Short, Full string } `json:"description"`
		Extensions  []struct {
			Commands []struct{ Title, Description string } `json:"commands"`
		} `json:"composeExtensions"`
		Tabs []struct{ Name, ContentURL string } `json:"staticTabs"`
	}
	require.NoError(t, json.Unmarshal(p.Files["manifest.json"], &m))
	for text, limit := range map[string]int{
		m.Developer.Name: 32, m.Name.Short: 30, m.Name.Full: 100, m.Description.Short: 80, m.Description.Full: 4000,
		m.Extensions[0].Commands[0].Title: 32, m.Extensions[0].Commands[0].Description: 128, m.Tabs[0].Name: 128,
	} {
		require.NotEmpty(t, text)
		require.LessOrEqual(t, utf8.RuneCountInString(text), limit, text)
	}
	require.Equal(t, app, m.ID)
	require.Equal(t, "https://nordwind.example/privacy", m.Developer.PrivacyURL)
	require.Equal(t, options.Public, m.Developer.TermsOfUseURL, "what is not set is this server")
	require.Equal(t, "https://copilot.nordwind.example/embed/teams-support", m.Tabs[0].ContentURL)
}

func TestPackageOfAnOutgoingWebhook(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.AppID, cfg.ClientSecret = "", config.Secret{}
	c := start(t, cfg, "")
	p, err := c.Package(options)
	require.NoError(t, err)
	require.Empty(t, p.Files)
	require.Contains(t, p.Steps[0], "https://copilot.nordwind.example/hooks/teams-support/outgoing")
	o := options
	o.Public = "http://copilot.nordwind.example"
	_, err = c.Package(o)
	require.ErrorContains(t, err, "public address")
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	require.Contains(t, start(t, settings(), "").Origins(), "https://teams.microsoft.com")
	cfg := settings()
	cfg.Cloud = "usgov"
	require.Equal(t, []string{"https://gov.teams.microsoft.us", "https://dod.teams.microsoft.us"}, start(t, cfg, "").Origins())
}
