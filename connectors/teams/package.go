package teams

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"unicode/utf8"

	"github.com/sufflor/sufflor/connectors"
)

// The manifest is of version 1.17, whose schema npm's @microsoft/app-manifest
// holds. packageVersion has to rise with every change of it: Teams takes no
// update otherwise.
const (
	manifestVersion = "1.17"
	manifestSchema  = "https://developer.microsoft.com/json-schemas/teams/v1.17/MicrosoftTeams.schema.json"
	packageVersion  = "1.0.0"
	packageZip      = "sufflor-teams.zip"
	accent          = "#1F5F5B"
)

// Origins implements [connectors.Framed]: the personal tab of the app.
func (c *Connector) Origins() []string {
	if c.cfg.AppID == "" {
		return nil
	}
	return c.cloud.origins
}

// Package implements [connectors.Packager] with the app for Teams: bot, a
// command in the menu of messages, and the panel as a tab. For an outgoing
// webhook alone there is nothing to install, only something to fill in.
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	public, err := p.Validate()
	if err != nil {
		return connectors.Package{}, err
	}
	hook := p.Public + "/hooks/" + p.Desk
	webhook := []string{
		"In the team: Manage team > Apps > Create an outgoing webhook. Name: " + p.Name + ", callback URL: " + hook + pathOutgoing,
		"Copy the security token, which is shown once, into outgoing_token of desk " + p.Desk + " and restart or reload.",
	}
	if c.cfg.AppID == "" {
		return connectors.Package{Files: map[string][]byte{}, Steps: webhook}, nil
	}
	manifest, err := json.MarshalIndent(c.manifest(p, public.Host), "", "  ")
	if err != nil {
		return connectors.Package{}, fmt.Errorf("encode manifest: %w", err)
	}
	files := map[string][]byte{"manifest.json": append(manifest, '\n')}
	for name, img := range map[string]image.Image{"color.png": colorIcon(), "outline.png": outlineIcon()} {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			return connectors.Package{}, fmt.Errorf("encode %s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	steps := []string{
		"Azure portal > your Azure Bot > Configuration: messaging endpoint " + hook + "; Channels: turn Microsoft Teams on.",
		"Teams admin center > Teams apps > Manage apps > Upload new app: " + packageZip + ". Allow it for the agents only.",
		"Teams admin center > Setup policies: install the app for the agents, so that each has a chat with it.",
		"Add the app to the group chats and teams where customers write; who adds it consents to reading their messages.",
		"Run: sufflor connectors test " + p.Desk,
	}
	if !c.cfg.OutgoingToken.IsZero() {
		steps = append(steps, webhook[0])
	}
	return connectors.Package{Files: files, Zip: packageZip, Steps: steps}, nil
}

func (c *Connector) manifest(p connectors.PackageOptions, domain string) map[string]any {
	name := cmp.Or(p.Name, "Sufflør")
	all := []string{"personal", "groupChat", "team"}
	type m = map[string]any
	dev := c.cfg.Developer
	return m{
		"$schema": manifestSchema, "manifestVersion": manifestVersion, "version": packageVersion, "id": c.cfg.AppID,
		"developer": m{
			"name": short(cmp.Or(dev.Name, name), 32), "websiteUrl": cmp.Or(dev.Website, p.Public),
			"privacyUrl": cmp.Or(dev.Privacy, p.Public), "termsOfUseUrl": cmp.Or(dev.Terms, p.Public),
		},
		"name": m{"short": short(name, 30), "full": short(name, 100)},
		"description": m{
			"short": short(c.words.Title, 80),
			"full":  "Suggests replies to customers, with sources, to agents only. It never writes to a customer.",
		},
		"icons": m{"color": "color.png", "outline": "outline.png"}, "accentColor": accent,
		"bots": []m{{"botId": c.cfg.AppID, "scopes": all, "supportsFiles": true, "isNotificationOnly": false}},
		"composeExtensions": []m{{
			"botId": c.cfg.AppID,
			"commands": []m{{
				"id": commandAsk, "type": "action", "context": []string{"message"}, "fetchTask": true,
				"title": short(name+": "+c.words.Reply, 32), "description": short(c.words.Title, 128),
			}},
		}},
		"staticTabs": []m{{
			"entityId": "panel", "name": short(name, 128), "scopes": []string{personal},
			"contentUrl": p.Public + "/embed/" + p.Desk, "websiteUrl": p.Public,
		}},
		"permissions":        []string{"identity", "messageTeamMembers"},
		"validDomains":       []string{domain},
		"webApplicationInfo": m{"id": c.cfg.AppID, "resource": "api://" + domain + "/" + c.cfg.AppID},
		// So that the bot reads without being mentioned (resource-specific consent).
		"authorization": m{"permissions": m{"resourceSpecific": []m{
			{"name": "ChannelMessage.Read.Group", "type": "Application"},
			{"name": "ChatMessage.Read.Chat", "type": "Application"},
		}}},
	}
}

// short is s in at most n characters, as the manifest's limits count.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// colorIcon is a speech bubble on a full square, as Teams wants it.
func colorIcon() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 192, 192))
	bubble(img, 6, color.NRGBA{R: 0x1f, G: 0x5f, B: 0x5b, A: 0xff}, color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}, color.NRGBA{R: 0x1f, G: 0x5f, B: 0x5b, A: 0xff})
	return img
}

// outlineIcon is white on nothing, the only colors it may have.
func outlineIcon() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	bubble(img, 1, color.NRGBA{}, color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}, color.NRGBA{})
	return img
}

// bubble draws on a grid of 32 by 32 fields of n pixels.
func bubble(img *image.NRGBA, n int, ground, shape, lines color.NRGBA) {
	for y := range 32 * n {
		for x := range 32 * n {
			gx, gy := x/n, y/n
			c := ground
			body := gx >= 4 && gx < 28 && gy >= 6 && gy < 22
			corner := (gx == 4 || gx == 27) && (gy == 6 || gy == 21)
			tail := gy >= 22 && gy < 27 && gx >= 9 && gx < 9+27-gy
			if (body && !corner) || tail {
				c = shape
			}
			if (gy == 11 || gy == 12) && gx >= 8 && gx < 24 || (gy == 15 || gy == 16) && gx >= 8 && gx < 18 {
				c = lines
			}
			img.SetNRGBA(x, y, c)
		}
	}
}
