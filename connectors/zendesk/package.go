package zendesk

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"path"

	"github.com/sufflor/sufflor/connectors"
)

// appFiles is what the app shows: one page that holds our panel in a frame.
//
//go:embed app
var appFiles embed.FS

// manifest is that of the Zendesk Apps framework, version 2.
type manifest struct {
	Name            string              `json:"name"`
	Author          author              `json:"author"`
	DefaultLocale   string              `json:"defaultLocale"`
	Private         bool                `json:"private"`
	SingleInstall   bool                `json:"singleInstall"`
	SignedURLs      bool                `json:"signedUrls"`
	Location        map[string]location `json:"location"`
	Version         string              `json:"version"`
	FrameworkVer    string              `json:"frameworkVersion"`
	DomainWhitelist []string            `json:"domainWhitelist"`
}

type author struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	URL   string `json:"url"`
}

// location is where the app appears, by name.
type location map[string]struct {
	URL      string `json:"url"`
	Flexible bool   `json:"flexible"`
}

// pageSettings is settings.js, which the page reads.
type pageSettings struct {
	Panel  string `json:"panel"`
	Origin string `json:"origin"`
	Failed string `json:"failed"`
}

// Package implements [connectors.Packager] with an app for the ticket sidebar.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	u, err := p.Validate()
	if err != nil {
		return connectors.Package{}, err
	}
	words := connectors.WordsIn(c.cfg.Language)
	panel, signed := p.Public+"/embed/"+p.Desk, c.cfg.Sidebar.Page == Signed
	m := manifest{
		Name: p.Name, Author: author{Name: p.Name, Email: "support@" + u.Hostname(), URL: p.Public},
		DefaultLocale: "en", Private: true, SingleInstall: true, SignedURLs: signed,
		Version: "1.0.0", FrameworkVer: "2.0", DomainWhitelist: []string{u.Hostname()},
	}
	files := map[string][]byte{}
	page := panel
	if !signed {
		page = "assets/iframe.html"
		if err := bundle(files, pageSettings{
			Panel: panel, Origin: u.Scheme + "://" + u.Host, Failed: words.NotInserted,
		}); err != nil {
			return connectors.Package{}, err
		}
	}
	m.Location = map[string]location{"support": {"ticket_sidebar": {URL: page, Flexible: true}}}
	texts := map[string]any{"app": map[string]string{
		"name": p.Name, "short_description": "Cited drafts from your company's documents, for agents only.",
		"long_description":          "Shows a draft of the reply with its sources beside the ticket. Agents read, edit and send.",
		"installation_instructions": "Install it for all agents; it needs no settings.",
	}}
	for name, v := range map[string]any{"manifest.json": m, "translations/en.json": texts} {
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return connectors.Package{}, fmt.Errorf("encode %s: %w", name, err)
		}
		files[name] = append(data, '\n')
	}
	for name, size := range map[string]int{"assets/logo.png": 320, "assets/logo-small.png": 128} {
		if files[name], err = logo(size); err != nil {
			return connectors.Package{}, fmt.Errorf("draw %s: %w", name, err)
		}
	}
	return connectors.Package{Files: files, Zip: "sufflor-zendesk.zip", Steps: steps(signed, panel)}, nil
}

// bundle adds the page of the app to files.
func bundle(files map[string][]byte, s pageSettings) error {
	err := fs.WalkDir(appFiles, "app", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files["assets/"+path.Base(name)], err = appFiles.ReadFile(name)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the app's page: %w", err)
	}
	data, err := json.Marshal(s) // escapes what would end a script
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	files["assets/settings.js"] = []byte("window.SUFFLOR = " + string(data) + ";\n")
	return nil
}

func steps(signed bool, panel string) []string {
	out := []string{
		"Admin Center > Apps and integrations > Zendesk Support apps > Upload private app: choose the zip.",
		"Install it for the roles or groups that shall see drafts.",
		"Enter the app's id (in the address of its page) as sidebar.app of this desk; then no other app may frame the panel.",
	}
	if signed {
		out = append(out,
			"Enter the installation's id as sidebar.installation (/api/v2/apps/installations.json) and the app's key as sidebar.public_key (/api/v2/apps/{app_id}/public_key.pem).",
			"Open a ticket: "+panel+" appears at its side and knows the agent.")
	} else {
		out = append(out, "Open a ticket: the panel appears at its side; log in to it once.")
	}
	return append(out, "Set notes to \"off\" once agents use the app, so that a suggestion is not shown twice.")
}

// logo is three lines of text, the last of them short: a prompter's sheet.
func logo(size int) ([]byte, error) {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.NRGBA{R: 0x1f, G: 0x3d, B: 0x5c, A: 0xff}), image.Point{}, draw.Src)
	unit := size / 16
	for i, width := range []int{10, 10, 6} {
		bar := image.Rect(3*unit, (4+3*i)*unit, (3+width)*unit, (5+3*i)*unit+unit/2)
		draw.Draw(img, bar, image.NewUniform(color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
