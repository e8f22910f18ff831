package teams

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// element is a part of an Adaptive Card.
type element map[string]any

// place is where a card is shown; buttons differ.
type place int

const (
	inChat   place = iota // a message: Action.Execute
	inDialog              // a dialog of the message extension: Action.Submit
)

// card is n as agent sees it, at most maxCard bytes of JSON: sources are left
// out first, then the end of the draft.
func (c *Connector) card(n connectors.Note, agent string, at place) element {
	text := connectors.Clip(strings.TrimSpace(strings.ReplaceAll(n.Text, "\r\n", "\n")), maxDraft)
	sources := min(len(n.Citations), maxSources)
	for {
		card := c.draw(n, text, sources, agent, at)
		data, err := json.Marshal(card)
		if (err == nil && len(data) <= maxCard) || (sources == 0 && len(text) < 100) {
			return card
		}
		if sources > 0 {
			sources /= 2
		} else {
			text = connectors.Clip(text, len(text)*3/4)
		}
	}
}

// run is text that is shown as it is: unlike a TextBlock, a TextRun knows no
// Markdown, so nothing a customer or a document says becomes a link.
func run(text string, more ...string) element {
	r := element{"type": "TextRun", "text": text}
	for i := 0; i+1 < len(more); i += 2 {
		r[more[i]] = more[i+1]
	}
	return r
}

func subtle(text string) element {
	r := run(text)
	r["isSubtle"] = true
	return r
}

// link is text that opens address, or just text if that is no web address.
func link(text, address string) element {
	r := run(text)
	if connectors.WebAddress(address) {
		r["selectAction"] = element{"type": "Action.OpenUrl", "url": address}
		r["color"] = "Accent"
	}
	return r
}

func line(inlines ...element) element { return element{"type": "RichTextBlock", "inlines": inlines} }

func spaced(e element, spacing string) element {
	e["spacing"] = spacing
	return e
}

var colors = map[string]string{"high": "Good", "medium": "Warning", "low": "Attention"}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (c *Connector) draw(n connectors.Note, text string, sources int, agent string, at place) element {
	flag := run(c.words.Flag(n.Flag), "weight", "Bolder")
	if color, ok := colors[n.Flag]; ok {
		flag["color"] = color
	}
	body := []element{line(run(c.words.Title, "weight", "Bolder", "size", "Medium")), spaced(line(flag), "None")}
	if about := c.about(n); len(about) > 0 {
		body = append(body, spaced(line(about...), "Small"))
	}
	body = append(body, element{"type": "Container", "style": "emphasis", "spacing": "Medium", "items": c.paragraphs(text)})
	if len(n.Reasons) > 0 { // below the draft, which an agent looks for
		body = append(body, line(run(c.words.Why, "weight", "Bolder", "size", "Small")))
		left := maxReasons
		for _, r := range n.Reasons {
			r = connectors.Clip(oneLine(r), left)
			if left -= len(r); left < 0 || r == "" {
				break
			}
			reason := subtle(r)
			reason["size"] = "Small"
			body = append(body, spaced(line(reason), "None"))
		}
	}
	if sources > 0 {
		body = append(body, line(run(c.words.Sources, "weight", "Bolder", "size", "Small")))
		for _, s := range n.Citations[:sources] {
			title := link(connectors.Clip(oneLine(s.Title), maxTitle), s.URL)
			title["size"] = "Small"
			l := []element{run("["+strconv.Itoa(s.Number)+"] ", "size", "Small"), title}
			if s.Where != "" {
				l = append(l, run(", "+connectors.Clip(oneLine(s.Where), maxTitle), "size", "Small"))
			}
			body = append(body, spaced(line(l...), "None"))
		}
	}
	return element{
		"type": "AdaptiveCard", "$schema": cardSchema, "version": cardVersion, "fallbackText": c.words.Title,
		"body": body, "actions": c.buttons(n, text, agent, at), "msteams": element{"width": "Full"},
	}
}

// about says whose message it answers and leads there.
func (c *Connector) about(n connectors.Note) []element {
	var out []element
	if who := oneLine(n.Route[routeWho]); who != "" {
		out = append(out, subtle(who))
	}
	if address := c.deepLink(n); address != "" {
		if len(out) > 0 {
			out = append(out, subtle(" · "))
		}
		out = append(out, link(c.words.Show, address))
	}
	return out
}

// deepLink opens the customer's message in Teams; empty where it is not known.
func (c *Connector) deepLink(n connectors.Note) string {
	conversation, kind := n.Route[routeConversation], n.Route[routeKind]
	if n.Message == "" || !isConversation(conversation) || kind == personal || strings.Trim(n.Message, "0123456789") != "" {
		return ""
	}
	q := url.Values{"tenantId": {c.cfg.TenantID}}
	if _, root, ok := strings.Cut(n.Conversation, threadMark); ok {
		q.Set("parentMessageId", root)
	} else {
		q.Set("context", `{"contextType":"chat"}`)
	}
	return c.cloud.deeplink + escape(conversation) + "/" + n.Message + "?" + q.Encode()
}

// paragraphs is the draft; each line is a block, as a TextRun has no breaks.
func (c *Connector) paragraphs(text string) []element {
	if text == "" {
		return []element{line(run(c.words.NoAnswer))}
	}
	var out []element
	spacing := "None"
	for l := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(l) == "" {
			spacing = "Medium"
			continue
		}
		out = append(out, spaced(line(run(l)), spacing))
		spacing = "None"
	}
	return out
}

func (c *Connector) buttons(n connectors.Note, text, agent string, at place) []element {
	button := func(verb, title, style string) element {
		act := connectors.Action{Suggestion: n.Suggestion, Conversation: n.Conversation, Agent: agent, Verdict: verdicts[verb]}
		data := element{"v": 1}
		if len(c.seals) > 0 {
			data["k"] = c.seals[0].Seal(act)
		} else {
			data["s"] = n.Suggestion
		}
		b := element{"type": "Action.Execute", "id": verb, "verb": verbPrefix + verb, "title": title, "data": data}
		if at == inDialog {
			delete(b, "verb")
			data["a"] = verb
			b["type"] = "Action.Submit"
		}
		if style != "" {
			b["style"] = style
		}
		return b
	}
	var out []element
	if text != "" {
		save := button("edited", c.words.Save, "positive")
		out = append(out, button("use", c.words.Use, "positive"), element{
			"type": "Action.ShowCard", "title": c.words.Edit, "card": element{
				"type": "AdaptiveCard", "version": cardVersion, "actions": []element{save},
				"body": []element{{
					"type": "Input.Text", "id": fieldReply, "label": c.words.Reply, "isMultiline": true, "value": text,
				}},
			},
		})
	}
	// Five buttons with words are wider than a chat; these two explain themselves.
	up, down := button("up", "👍", ""), button("down", "👎", "")
	up["tooltip"], down["tooltip"] = c.words.Up, c.words.Down
	out = append(out, up, down)
	if connectors.WebAddress(n.PanelURL) {
		out = append(out, element{"type": "Action.OpenUrl", "title": c.words.Open, "url": n.PanelURL})
	}
	return out
}

// View implements [connectors.Viewer]: a card in its own view for the agent
// who looks, or the dialog that an agent opened on a message.
func (c *Connector) View(s connectors.Show, n *connectors.Note) (connectors.Reply, error) {
	if !c.agent(s.Agent) {
		return connectors.Reply{}, fmt.Errorf("user %q is not on the list of agents: %w", s.Agent, connectors.ErrUnverified)
	}
	at := inChat
	if s.Route[routeView] == viewDialog {
		at = inDialog
	}
	card := element{
		"type": "AdaptiveCard", "$schema": cardSchema, "version": cardVersion, "body": []element{line(run(c.words.Asked))},
	}
	if n != nil {
		card = c.card(*n, strings.ToLower(s.Agent), at)
	}
	var out any = invoked{Status: http.StatusOK, Type: typeCard, Value: card}
	if at == inDialog {
		out = element{"task": element{"type": "continue", "value": element{
			"title": c.words.Title, "height": "medium", "width": "medium", "card": attachment{Type: typeCard, Content: card},
		}}}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return connectors.Reply{}, fmt.Errorf("encode view: %w", err)
	}
	return connectors.Reply{Status: http.StatusOK, Type: "application/json; charset=utf-8", Body: body}, nil
}
