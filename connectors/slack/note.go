package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Block is a part of a message, as Slack's Block Kit has it.
type block map[string]any

type ephemeralMessage struct {
	Channel     string  `json:"channel"`
	User        string  `json:"user"`
	ThreadTS    string  `json:"thread_ts,omitempty"`
	Text        string  `json:"text"`
	Blocks      []block `json:"blocks"`
	UnfurlLinks bool    `json:"unfurl_links"`
	UnfurlMedia bool    `json:"unfurl_media"`
}

type response struct {
	ResponseType    string  `json:"response_type"`
	ReplaceOriginal bool    `json:"replace_original"`
	Text            string  `json:"text"`
	Blocks          []block `json:"blocks,omitempty"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Token.IsZero() }

// Note implements [connectors.Noter]: one message per agent that only that
// agent sees, or the answer to the command an agent gave.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	if c.cfg.Token.IsZero() {
		return "", connectors.Permanent(errors.New("token: required to show suggestions; install the app and copy the bot token"))
	}
	if n.Route[routeResponse] != "" {
		return c.answer(ctx, n)
	}
	channel := n.Route[routeChannel]
	if !isID(channel, "CGD") {
		return "", connectors.Permanent(fmt.Errorf("suggestion %s: no channel to show it in", n.Suggestion))
	}
	out := ephemeralMessage{
		Channel: channel, ThreadTS: n.Route[routeThread],
		Text: clip(escape(c.words.Title), maxText),
	}
	var ids []string
	var first error
	for _, user := range c.cfg.Agents {
		out.User, out.Blocks = user, c.blocks(n, user)
		id, err := c.show(ctx, out)
		if err == nil {
			ids = append(ids, id)
			continue
		}
		if first == nil || connectors.IsPermanent(first) {
			first = err // what may pass counts more than what will not
		}
		if errors.Is(err, connectors.ErrGone) {
			break
		}
	}
	// An ephemeral message cannot be found again, so trying again for one
	// agent would show it twice to the others. One who saw it is enough.
	if len(ids) == 0 {
		return "", fmt.Errorf("show to agents in %s: %w", channel, first)
	}
	return strings.Join(ids, ","), nil
}

// show is the only place where a draft goes into a channel, and who sees it
// was checked a line above.
func (c *Connector) show(ctx context.Context, m ephemeralMessage) (string, error) {
	if err := c.insider(ctx, m.User); err != nil {
		return "", err
	}
	var out struct {
		MessageTS string `json:"message_ts"`
	}
	if err := c.post(ctx, methodEphemeral, m, &out); err != nil {
		return "", err
	}
	return m.User + ":" + out.MessageTS, nil
}

// answer goes to whoever gave a command. Slack accepts it for half an hour.
func (c *Connector) answer(ctx context.Context, n connectors.Note) (string, error) {
	user := n.Route[routeUser]
	if err := c.insider(ctx, user); err != nil {
		return "", err
	}
	if err := c.respond(ctx, n.Route[routeResponse], response{Text: clip(escape(c.words.Title), maxText), Blocks: c.blocks(n, user)}); err != nil {
		return "", fmt.Errorf("answer %s's command: %w", user, err)
	}
	return user + ":" + n.Suggestion, nil
}

// respond sends r to an address Slack gave us, visible to one agent.
func (c *Connector) respond(ctx context.Context, address string, r response) error {
	if !c.isResponseURL(address) {
		return connectors.Permanent(errors.New("response_url is not an address of Slack"))
	}
	r.ResponseType = ephemeral
	_, err := c.client.JSON(ctx, http.MethodPost, address, nil, r, nil)
	return err
}

// React implements [connectors.Reactor]: it opens the form to edit a draft,
// for which Slack gives us 3 s, and thanks for a rating.
func (c *Connector) React(ctx context.Context, d connectors.Delivery) error {
	if d.Path != pathInteractive || c.cfg.Token.IsZero() {
		return nil
	}
	in, agent, err := c.interact(d.Body)
	if err != nil || !agent || in.Type != "block_actions" {
		return err
	}
	for _, a := range in.Actions {
		switch a.ActionID {
		case actionEdit:
			p, err := c.press(a.ActionID, a.Value, in.User.ID, stamped(d))
			if err != nil {
				return err
			}
			if p.channel == "" {
				p.channel = in.Container.ChannelID
			}
			return c.openForm(ctx, in, p)
		case actionUp, actionDown, actionFeedback:
			if in.ResponseURL != "" {
				return c.respond(ctx, in.ResponseURL, response{Text: escape(c.words.Thanks)})
			}
		}
	}
	return nil
}

func (c *Connector) openForm(ctx context.Context, in interaction, p pressed) error {
	meta, err := json.Marshal(value{V: sealedValues, Sealed: c.sealers[0].Seal(connectors.Action{
		Suggestion: p.suggestion, Conversation: joined(p.channel, cmp.Or(p.thread, p.message)), Agent: in.User.ID, Verdict: verdictEdited,
	})})
	if err != nil || len(meta) > maxMetadata {
		return connectors.Permanent(errors.New("form too large"))
	}
	text := func(s string, n int) block { return block{"type": "plain_text", "text": clip(s, n)} }
	form := block{
		"trigger_id": in.TriggerID,
		"view": block{
			"type": "modal", "callback_id": callbackEdit, "private_metadata": string(meta),
			"title": text(c.words.Edit, maxTitle), "submit": text(c.words.Save, maxTitle), "close": text(c.words.Cancel, maxTitle),
			"blocks": []block{{
				"type": "input", "block_id": blockReply, "label": text(c.words.Reply, maxElement),
				"element": block{
					"type": "plain_text_input", "action_id": actionReply, "multiline": true, "initial_value": clip(p.text, maxInput),
				},
			}},
		},
	}
	if err := c.post(ctx, methodView, form, nil); err != nil {
		return fmt.Errorf("open form for suggestion %s: %w", p.suggestion, err)
	}
	return nil
}

// blocks is the suggestion: title and flag, draft, buttons, then what an agent
// reads who has the time: the flag's reasons and the sources. All of it
// came from customers, documents or a model, so all of it is escaped.
func (c *Connector) blocks(n connectors.Note, agent string) []block {
	id := func(kind string) string { return clip("copilot."+kind+"."+n.Suggestion, maxBlockID) }
	mrkdwn := func(s string) block { return block{"type": "mrkdwn", "text": s} }

	head := "*" + escape(c.words.Title) + "* · " + escape(c.words.Flag(n.Flag))
	out := []block{{"type": "section", "block_id": id("head"), "text": mrkdwn(pieces(head, maxSection)[0])}}

	text := strings.TrimSpace(n.Text)
	if text == "" {
		text = c.words.NoAnswer
	}
	const others = 3 // buttons, reasons, sources
	for i, part := range pieces(escape(text), maxSection) {
		if len(out) == maxBlocks-others {
			break
		}
		out = append(out, block{"type": "section", "block_id": id("text." + strconv.Itoa(i)), "text": mrkdwn(part)})
	}
	if buttons := c.buttons(n, agent); len(buttons) > 0 {
		out = append(out, block{"type": "actions", "block_id": id("actions"), "elements": buttons})
	}
	if len(n.Reasons) > 0 {
		why := pieces("*"+escape(c.words.Why)+"*\n"+escape(strings.Join(n.Reasons, "\n")), maxElement)[0]
		out = append(out, block{"type": "context", "block_id": id("why"), "elements": []block{mrkdwn(why)}})
	}
	if sources := c.sources(n); len(sources) > 0 {
		elements := make([]block, len(sources))
		for i, s := range sources {
			elements[i] = mrkdwn(s)
		}
		out = append(out, block{"type": "context", "block_id": id("src"), "elements": elements})
	}
	return out
}

func (c *Connector) sources(n connectors.Note) []string {
	var out []string
	for _, s := range n.Citations {
		if len(out) == maxElements {
			break
		}
		title := clip(strings.Join(strings.Fields(s.Title), " "), 200)
		text := escape(title)
		if u, ok := webAddress(s.URL); ok {
			// "|" and ">" would end the address or the label.
			text = "<" + u + "|" + strings.ReplaceAll(text, "|", "/") + ">"
		}
		where := ""
		if s.Where != "" {
			where = ", " + escape(clip(s.Where, 100))
		}
		line := "[" + strconv.Itoa(s.Number) + "] " + text + where
		if len([]rune(line)) > maxElement {
			line = "[" + strconv.Itoa(s.Number) + "] " + escape(title) + where
		}
		out = append(out, line)
	}
	return out
}

// webAddress is address if it may stand in a link or behind a button.
func webAddress(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return "", false
	}
	clean := strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", " ", "%20").Replace(u.String())
	return clean, len(clean) <= maxURL
}

func (c *Connector) buttons(n connectors.Note, agent string) []block {
	button := func(action, label string, v value) block {
		v.V = sealedValues
		v.Sealed = c.sealers[0].Seal(connectors.Action{
			Suggestion: n.Suggestion, Conversation: n.Conversation, Agent: agent, Verdict: verdicts[action],
		})
		b := block{"type": "button", "action_id": action, "text": block{"type": "plain_text", "text": clip(label, maxButton)}}
		data, err := json.Marshal(v)
		if err != nil || len([]rune(string(data))) > maxValue {
			return nil
		}
		b["value"] = string(data)
		return b
	}
	var v value
	if _, ts, ok := strings.Cut(n.Message, ":"); ok {
		v.Message = ts
	}
	var out []block
	keep := func(b block) {
		if b != nil {
			out = append(out, b)
		}
	}
	if strings.TrimSpace(n.Text) != "" {
		use := button(actionUse, c.words.Use, v)
		if use != nil {
			use["style"] = "primary"
		}
		keep(use)
		// The form needs the draft, and the button is what carries it: a
		// longer draft is edited in the panel.
		edit := v
		edit.Text = n.Text
		keep(button(actionEdit, c.words.Edit, edit))
	}
	keep(button(actionUp, c.words.Up, v))
	keep(button(actionDown, c.words.Down, v))
	if u, ok := webAddress(n.PanelURL); ok {
		b := button(actionOpen, c.words.Open, v)
		if b != nil {
			b["url"] = u
		}
		keep(b)
	}
	return out
}

func (c *Connector) base() string {
	if c.cfg.BaseURL != "" {
		return strings.TrimRight(c.cfg.BaseURL, "/")
	}
	return "https://slack.com/api"
}

func (c *Connector) bearer() http.Header {
	return http.Header{"Authorization": {"Bearer " + c.cfg.Token.Reveal()}}
}

func (c *Connector) post(ctx context.Context, method string, in, out any) error {
	a, err := c.client.JSON(ctx, http.MethodPost, c.base()+"/"+method, c.bearer(), in, nil)
	return c.result(method, a, err, out)
}

func (c *Connector) get(ctx context.Context, method string, q url.Values, out any) error {
	a, err := c.client.JSON(ctx, http.MethodGet, c.base()+"/"+method+"?"+q.Encode(), c.bearer(), nil, nil)
	return c.result(method, a, err, out)
}

// result reads an answer. Slack answers 200 even when it refuses.
func (c *Connector) result(method string, a connectors.Answer, err error, out any) error {
	if err != nil {
		return fmt.Errorf("%s: %w", method, unauthorized(err))
	}
	var status struct {
		OK     bool   `json:"ok"`
		Error  string `json:"error"`
		Needed string `json:"needed"`
	}
	if err := connectors.Decode(a.Body, &status); err != nil {
		return &connectors.CallError{Status: a.Status, Err: fmt.Errorf("%s: answer: %w", method, err)}
	}
	if !status.OK {
		return fmt.Errorf("%s: %w", method, refusal(status.Error, status.Needed))
	}
	if out == nil {
		return nil
	}
	if err := connectors.Decode(a.Body, out); err != nil {
		return &connectors.CallError{Status: a.Status, Err: fmt.Errorf("%s: answer: %w", method, err)}
	}
	return nil
}

// unauthorized is err, saying what to do if Slack did not know the token.
func unauthorized(err error) error {
	if call, ok := errors.AsType[*connectors.CallError](err); ok && call.Status == http.StatusUnauthorized {
		call.Err = refusal("invalid_auth", "")
	}
	return err
}

// errScope is a refusal for want of a scope.
var errScope = errors.New("missing_scope")

// refusal says what to do about one of Slack's error codes.
func refusal(code, needed string) error {
	switch code {
	case "token_revoked", "account_inactive", "token_expired", "invalid_auth", "not_authed", "team_access_not_granted":
		return connectors.Permanent(fmt.Errorf("%s: install the app again and enter its bot token: %w", code, connectors.ErrGone))
	case "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		return &connectors.CallError{Err: errors.New(code)}
	case "missing_scope":
		return connectors.Permanent(fmt.Errorf("%w: add %q under OAuth & Permissions and install the app again", errScope, needed))
	case "user_not_in_channel":
		return connectors.Permanent(errors.New("user_not_in_channel: invite the agent to the channel, or take them off the list"))
	case "not_in_channel", "channel_not_found", "is_archived":
		return connectors.Permanent(fmt.Errorf("%s: invite the bot to the channel with /invite", code))
	case "msg_too_long", "no_text", "invalid_blocks", "expired_trigger_id", "":
		return connectors.Permanent(fmt.Errorf("refused: %q", code))
	default:
		return connectors.Permanent(fmt.Errorf("refused: %q; see Slack's page on the method", clip(code, 60)))
	}
}
