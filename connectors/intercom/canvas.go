package intercom

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// request is what Intercom asks when the panel opens (initialize) or a button
// in it is pressed (submit).
type request struct {
	Workspace string                     `json:"workspace_id"`
	Admin     teammate                   `json:"admin"`
	Component string                     `json:"component_id"`
	Card      map[string]json.RawMessage `json:"card_creation_options"`
	Context   struct {
		Conversation connectors.ID `json:"conversation_id"` // a number
		Location     string        `json:"location"`
	} `json:"context"`
	Conversation struct {
		ID connectors.ID `json:"id"` // the same as text
	} `json:"conversation"`
	Canvas loose[current]        `json:"current_canvas"`
	Values loose[map[string]any] `json:"input_values"`
}

type teammate struct {
	reference
	Name string `json:"name"`
}

// current is the canvas before a button was pressed. Intercom's types have it
// wrapped once more than its examples.
type current struct {
	Stored loose[stored] `json:"stored_data"`
	Inner  *struct {
		Stored loose[stored] `json:"stored_data"`
	} `json:"current_canvas"`
}

// stored travels with a canvas through the agent's browser and comes back with
// the next request. The seal binds it to one suggestion, conversation and
// agent; the rest tells apart what is no secret and worth no forgery.
type stored struct {
	Seal  string `json:"a,omitempty"`
	Draft string `json:"d,omitempty"` // digest of the draft, to know an edited one
	At    int64  `json:"t,omitempty"` // when it was drawn, so that each press counts once
}

func (r request) stored() stored {
	if in := r.Canvas.is.Inner; in != nil {
		return in.Stored.is
	}
	return r.Canvas.is.Stored.is
}

// reply is what stands in the panel's text field; false if there is none.
func (r request) reply() (string, bool) {
	text, ok := r.Values.is[componentReply].(string)
	return connectors.Clip(text, maxKept), ok && strings.TrimSpace(text) != ""
}

// forAgent reports whether a teammate looks at a conversation in the Inbox. The
// Messenger asks in nearly the same words, and whatever it got a customer would
// see: there a teammate is missing, or the request is about to insert a card.
func (r request) forAgent() bool {
	return r.Admin.Type == "admin" && connectors.IsNumber(string(r.Admin.ID)) && len(r.Card) == 0 && r.Context.Location == inbox &&
		isID(string(r.Conversation.ID)) && (r.Context.Conversation == "" || r.Context.Conversation == r.Conversation.ID)
}

func (c *Connector) request(body []byte) (request, error) {
	var in request
	if err := connectors.Decode(body, &in); err != nil {
		return request{}, err
	}
	if err := c.ours(in.Workspace); err != nil {
		return request{}, err
	}
	if !in.forAgent() {
		return request{}, fmt.Errorf("not from a teammate in the Inbox; switch the app off for users, leads and visitors: %w", connectors.ErrMalformed)
	}
	return in, nil
}

func (r request) show() *connectors.Show {
	return &connectors.Show{Conversation: string(r.Conversation.ID), Agent: string(r.Admin.ID)}
}

func (c *Connector) readInitialize(body []byte) (connectors.Receipt, error) {
	in, err := c.request(body)
	if err != nil {
		return connectors.Receipt{}, err
	}
	return connectors.Receipt{Show: in.show()}, nil
}

// readSubmit answers every press with the panel drawn again. What was not drawn
// by us for this agent and conversation counts as a wish to see it again.
func (c *Connector) readSubmit(body []byte) (connectors.Receipt, error) {
	in, err := c.request(body)
	if err != nil {
		return connectors.Receipt{}, err
	}
	out := connectors.Receipt{Show: in.show()}
	a, ok := c.pressed(in)
	if !ok {
		return out, nil
	}
	text, written := in.reply()
	out.Show.Route = map[string]string{routeSuggestion: a.Suggestion}
	if written {
		// Drawn again without it, the panel would lose what the agent wrote.
		out.Show.Route[routeReply] = text
	}
	verdict := verdictOf(in, text, written)
	if verdict == "" {
		return out, nil
	}
	out.Show.Route[routeSaid] = verdict
	r := &connectors.Rating{Suggestion: a.Suggestion, Verdict: verdict, Agent: string(in.Admin.ID)}
	if verdict == "edited" {
		r.Text = text
	}
	out.Events = []connectors.Event{{
		Kind: connectors.Feedback, Tenant: c.cfg.Workspace, Conversation: string(in.Conversation.ID), Author: string(in.Admin.ID),
		Key: strings.Join([]string{
			"feedback", a.Suggestion, string(in.Admin.ID), verdict, strconv.FormatInt(in.stored().At, 10), fingerprint(r.Text),
		}, ":"),
		Rating: r,
	}}
	return out, nil
}

// pressed is what a button of ours stands for; false if it is none.
func (c *Connector) pressed(in request) (connectors.Action, bool) {
	a, err := c.sealer.Open(in.stored().Seal, string(in.Admin.ID))
	ok := err == nil && a.Agent != "" && a.Conversation == string(in.Conversation.ID) && isID(a.Suggestion)
	return a, ok
}

// verdictOf is what pressing a button says; nothing for those that only draw.
func verdictOf(in request, text string, written bool) string {
	switch in.Component {
	case componentUse, componentKeep:
		if written && fingerprint(text) != in.stored().Draft {
			return "edited"
		}
		return "used"
	case componentUp, componentDown:
		return in.Component
	}
	return ""
}

// fingerprint tells two texts apart, whatever a text field did to their ends.
func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))))
	return hex.EncodeToString(sum[:8])
}

// Keys of what View wants to know again.
const (
	routeSuggestion = "suggestion" // that a button was pressed for
	routeReply      = "reply"      // what stood in the text field then
	routeSaid       = "said"       // the verdict
)

// canvas is the answer Intercom draws. Nothing else must ever stand in it: an
// option to create a card would put it into the agent's reply.
type canvas struct {
	Canvas struct {
		Content struct {
			Components []component `json:"components"`
		} `json:"content"`
		Stored stored `json:"stored_data"`
	} `json:"canvas"`
}

// component is one of the parts of a canvas, as Canvas Kit has them.
type component struct {
	Type   string  `json:"type"` // text, textarea, button, spacer, divider
	ID     string  `json:"id,omitempty"`
	Text   string  `json:"text,omitempty"`
	Style  string  `json:"style,omitempty"`
	Margin string  `json:"bottom_margin,omitempty"`
	Label  string  `json:"label,omitempty"`
	Value  string  `json:"value,omitempty"`
	Size   string  `json:"size,omitempty"`
	Action *action `json:"action,omitempty"`
}

type action struct {
	Type string `json:"type"` // submit, url
	URL  string `json:"url,omitempty"`
}

// View implements [connectors.Viewer].
func (c *Connector) View(s connectors.Show, n *connectors.Note) (connectors.Reply, error) {
	var out canvas
	if n == nil {
		out.Canvas.Content.Components = c.waiting(s)
		return draw(out)
	}
	draft := connectors.Clip(clean(n.Text), maxDraft)
	out.Canvas.Stored = stored{
		Seal:  c.sealer.Seal(connectors.Action{Suggestion: n.Suggestion, Conversation: s.Conversation, Agent: s.Agent}),
		Draft: fingerprint(draft), At: c.client.Now().Unix(),
	}
	for sources := min(len(n.Citations), maxSources); ; sources /= 2 {
		out.Canvas.Content.Components = c.suggestion(s, *n, draft, sources)
		reply, err := draw(out)
		if err != nil || len(reply.Body) <= maxCanvas || sources == 0 {
			return reply, err
		}
	}
}

func draw(out canvas) (connectors.Reply, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // "<" as six bytes would count against Intercom's limit
	if err := enc.Encode(out); err != nil {
		return connectors.Reply{}, fmt.Errorf("encode canvas: %w", err)
	}
	return connectors.Reply{Status: http.StatusOK, Type: "application/json; charset=utf-8", Body: body.Bytes()}, nil
}

// waiting is the panel while there is no suggestion.
func (c *Connector) waiting(s connectors.Show) []component {
	out := []component{{Type: "text", ID: "none", Text: c.words.Asked, Style: "muted"}}
	if s.Route[routeSaid] != "" {
		out = c.thanks(out)
	}
	return append(out, submit(componentRefresh, c.words.Refresh, "secondary"))
}

func (c *Connector) thanks(out []component) []component {
	return append(out, component{Type: "text", ID: "ok", Text: "**" + c.words.Thanks + "**"})
}

// suggestion is the panel with one and with the first of its sources.
func (c *Connector) suggestion(s connectors.Show, n connectors.Note, draft string, sources int) []component {
	out := []component{
		{Type: "text", ID: "head", Text: c.words.Title, Style: "header", Margin: "none"},
		{Type: "text", ID: "flag", Text: "**" + c.words.Flag(n.Flag) + "**", Style: "muted"},
	}
	has := strings.TrimSpace(draft) != ""
	if has {
		value := draft
		if text := s.Route[routeReply]; text != "" && s.Route[routeSuggestion] == n.Suggestion {
			value = clean(text)
		}
		out = append(out, component{Type: "textarea", ID: componentReply, Label: c.words.Reply, Value: value})
	} else {
		out = append(out, component{Type: "text", ID: "none", Text: c.words.NoAnswer})
	}
	if len(n.Reasons) > 0 {
		// After the draft: an agent has no time to look for it.
		out = append(out,
			component{Type: "text", ID: "why", Text: "**" + c.words.Why + "**", Margin: "none"},
			component{Type: "text", ID: "reasons", Text: inline(strings.Join(n.Reasons, " · "), maxLine), Style: "muted"})
	}
	if sources > 0 {
		out = append(out, component{Type: "text", ID: "sources", Text: "**" + c.words.Sources + "**", Margin: "none"})
	}
	for i, cite := range n.Citations[:sources] {
		out = append(out, component{Type: "text", ID: "source" + strconv.Itoa(i+1), Text: citation(cite), Style: "muted", Margin: "none"})
	}
	out = append(out, component{Type: "spacer", ID: "gap", Size: "s"})
	if s.Route[routeSaid] != "" && s.Route[routeSuggestion] == n.Suggestion {
		out = c.thanks(out)
	}
	if has {
		out = append(out, submit(componentUse, c.words.Use, "primary"))
		if !c.Silent() {
			out = append(out, submit(componentKeep, c.words.Keep, "secondary"))
		}
	}
	if connectors.WebAddress(n.PanelURL) {
		out = append(out, component{
			Type: "button", ID: componentOpen, Label: c.words.Open, Style: "secondary", Action: &action{Type: "url", URL: n.PanelURL},
		})
	}
	return append(out,
		submit(componentUp, "👍 "+c.words.Up, "link"), submit(componentDown, "👎 "+c.words.Down, "link"),
		submit(componentRefresh, c.words.Refresh, "link"))
}

func submit(id, label, style string) component {
	return component{Type: "button", ID: id, Label: label, Style: style, Action: &action{Type: "submit"}}
}

// citation is a source on one line, its title a link if it has an address.
func citation(s connectors.Citation) string {
	text := "[" + strconv.Itoa(s.Number) + "] "
	title := inline(s.Title, maxTitle)
	if connectors.WebAddress(s.URL) && len(s.URL) <= maxAddress {
		// A bracket would end the address.
		address := strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E").Replace(s.URL)
		text += "[" + cmp.Or(title, "…") + "](" + address + ")"
	} else {
		text += title
	}
	if s.Where != "" {
		text += ", " + inline(s.Where, maxTitle)
	}
	return text
}

// inline is s on one line of at most n bytes, without what Markdown makes links
// and bold type of: it comes from documents, and a link in it would be one of
// our making. There is no documented way to escape.
func inline(s string, n int) string {
	s = strings.NewReplacer("[", "(", "]", ")", "*", "∗", "`", "'", "<", "‹", ">", "›").Replace(clean(s))
	return connectors.Clip(strings.Join(strings.Fields(s), " "), n)
}

// clean is s without control characters, which JSON spells with six bytes each.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}
