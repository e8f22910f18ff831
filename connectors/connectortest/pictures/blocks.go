package pictures

import (
	"encoding/json"
	"html/template"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/renderer/html"
)

// Plain is text of a desk that shows it as it is, addresses as links.
func Plain(text string) template.HTML {
	return template.HTML(`<div class="plain">` + linked.ReplaceAllString(template.HTMLEscapeString(text), `<a>$0</a>`) + `</div>`)
}

var linked = regexp.MustCompile(`https?://[^\s<]+`)

// Markdown is text of a desk that reads CommonMark and keeps line breaks.
func Markdown(t *testing.T, text string) template.HTML {
	t.Helper()
	var out strings.Builder
	require.NoError(t, goldmark.New(goldmark.WithRendererOptions(html.WithHardWraps())).Convert([]byte(text), &out))
	return template.HTML(out.String())
}

var (
	slackLink = regexp.MustCompile(`<(https?://[^|>]+)\|([^>]*)>`)
	slackBold = regexp.MustCompile(`\*([^*\n]+)\*`)
	bold      = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	link      = regexp.MustCompile(`\[([^\]]+)\]\((https?://[^)\s]+)\)`)
)

// mrkdwn is Slack's markup, whose "&", "<" and ">" were escaped by us.
func mrkdwn(text string) string {
	text = slackLink.ReplaceAllString(text, `<a href="$1">$2</a>`)
	return strings.ReplaceAll(slackBold.ReplaceAllString(text, `<strong>$1</strong>`), "\n", "<br>")
}

// BlockKit draws the blocks that we use: section, context, actions.
func BlockKit(t *testing.T, blocks []map[string]any) template.HTML {
	t.Helper()
	type text struct{ Type, Text, Style string }
	var list []struct {
		Type     string
		Text     text
		Elements []struct {
			Type, Style string
			Text        json.RawMessage
		}
	}
	convert(t, blocks, &list)
	var b strings.Builder
	for _, block := range list {
		switch block.Type {
		case "section":
			b.WriteString("<p>" + mrkdwn(block.Text.Text) + "</p>")
		case "context":
			var parts []string
			for _, e := range block.Elements {
				var s string
				require.NoError(t, json.Unmarshal(e.Text, &s))
				parts = append(parts, mrkdwn(s))
			}
			b.WriteString(`<p class="small">` + strings.Join(parts, " &nbsp; ") + "</p>")
		case "actions":
			b.WriteString("<p>")
			for _, e := range block.Elements {
				var s text
				require.NoError(t, json.Unmarshal(e.Text, &s))
				b.WriteString(button(s.Text, e.Style))
			}
			b.WriteString("</p>")
		default:
			require.Fail(t, "no picture of a block of type "+block.Type)
		}
	}
	return template.HTML(b.String())
}

func button(text, style string) string {
	return `<span class="button ` + template.HTMLEscapeString(style) + `">` + template.HTMLEscapeString(text) + "</span>"
}

// Canvas draws the components that we use: text, textarea, button, spacer.
func Canvas(t *testing.T, body []byte) template.HTML {
	t.Helper()
	var in struct {
		Canvas struct {
			Content struct {
				Components []struct {
					Type, Text, Style, Label, Value string
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &in))
	var b strings.Builder
	for _, c := range in.Canvas.Content.Components {
		text := link.ReplaceAllString(bold.ReplaceAllString(template.HTMLEscapeString(c.Text), "<strong>$1</strong>"), `<a href="$2">$1</a>`)
		switch {
		case c.Type == "text" && c.Style == "header":
			b.WriteString(`<div><strong>` + text + `</strong></div>`)
		case c.Type == "text" && c.Style == "muted":
			b.WriteString(`<div class="small">` + text + `</div>`)
		case c.Type == "text":
			b.WriteString(`<div>` + text + `</div>`)
		case c.Type == "textarea":
			b.WriteString(`<p class="label">` + template.HTMLEscapeString(c.Label) + `</p><div class="field">` + template.HTMLEscapeString(c.Value) + `</div>`)
		case c.Type == "button":
			b.WriteString(button(c.Label, c.Style))
		case c.Type == "spacer":
			b.WriteString(`<div style="height:8px"></div>`)
		default:
			require.Fail(t, "no picture of a component of type "+c.Type)
		}
	}
	return template.HTML(b.String())
}

// Cards draws LiveChat's cards: a title and buttons.
func Cards(t *testing.T, elements any) template.HTML {
	t.Helper()
	var list []struct {
		Title   string
		Buttons []struct{ Text string }
	}
	convert(t, elements, &list)
	var b strings.Builder
	for _, e := range list {
		b.WriteString(`<div class="card"><div class="small">` + template.HTMLEscapeString(e.Title) + "</div>")
		for _, bt := range e.Buttons {
			b.WriteString(button(bt.Text, ""))
		}
		b.WriteString("</div>")
	}
	return template.HTML(b.String())
}

func convert(t *testing.T, from, to any) {
	t.Helper()
	data, err := json.Marshal(from)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, to))
}

// AdaptiveCard draws a card with Microsoft's own renderer, the file that
// ADAPTIVECARDS names; without it the test is skipped.
func AdaptiveCard(t *testing.T, card string) template.HTML {
	t.Helper()
	script := os.Getenv("ADAPTIVECARDS")
	if script == "" {
		t.Skip("ADAPTIVECARDS: set it to dist/adaptivecards.min.js of npm's adaptivecards")
	}
	require.FileExists(t, script)
	var b strings.Builder
	require.NoError(t, adaptive.Execute(&b, map[string]any{"Script": template.URL("file://" + script), "Card": json.RawMessage(card)}))
	return template.HTML(b.String())
}

var adaptive = template.Must(template.New("").Parse(`<div id="card"></div><script src="{{.Script}}"></script><script>
const card = new AdaptiveCards.AdaptiveCard();
card.hostConfig = new AdaptiveCards.HostConfig({
	fontFamily: "inherit", fontSizes: { small: 12, default: 13, medium: 15 }, spacing: { small: 4, default: 8, medium: 12, padding: 10 },
	containerStyles: {
		default: { foregroundColors: { default: { default: "#24292d", subtle: "#59646b" }, accent: { default: "#17595f", subtle: "#17595f" }, warning: { default: "#7d5200", subtle: "#7d5200" } } },
		emphasis: { backgroundColor: "#fff", foregroundColors: { default: { default: "#24292d", subtle: "#59646b" } } },
	},
	actions: { buttonSpacing: 6, actionsOrientation: "horizontal", actionAlignment: "left" },
});
card.parse({{.Card}});
document.getElementById("card").append(card.render());
for (const b of document.querySelectorAll("#card button")) b.className = "button" + (b.classList.contains("style-positive") ? " primary" : "");
</script>`))
