package teams

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// input is what a button carries, and what was typed beside it.
type input struct {
	Seal       string `json:"k"`
	Suggestion string `json:"s"` // of cards without a seal
	Verdict    string `json:"a"` // of buttons without a verb
	Reply      string `json:"reply"`
}

// action is what a button stands for. One of ours is sealed and says which
// conversation it is about; one without seal counts for what an agent may
// rate anyway, and tells nothing further.
func (c *Connector) action(in input, verb, agent string) (connectors.Action, error) {
	if in.Seal != "" {
		var a connectors.Action
		err := fmt.Errorf("client_secret: required for buttons: %w", connectors.ErrUnverified)
		for _, s := range c.seals {
			if a, err = s.Open(in.Seal, strings.ToLower(agent)); err == nil {
				return a, nil
			}
		}
		return connectors.Action{}, err
	}
	if in.Suggestion == "" {
		return connectors.Action{}, fmt.Errorf("no suggestion in it: %w", connectors.ErrMalformed)
	}
	return connectors.Action{Suggestion: in.Suggestion, Verdict: verdicts[strings.TrimPrefix(verb, verbPrefix)]}, nil
}

// feedback is what an agent thinks of a suggestion.
func (c *Connector) feedback(a activity, act connectors.Action, text, reason string) connectors.Event {
	e := c.event(connectors.Feedback, a)
	e.Key, e.Role, e.Author = key("feedback", a.Conversation.ID, a.ID), connectors.Agent, a.From.Object
	if act.Conversation != "" {
		e.Conversation = act.Conversation
	}
	e.Rating = &connectors.Rating{Suggestion: act.Suggestion, Verdict: act.Verdict, Text: text, Reason: reason, Agent: a.From.Object}
	return e
}

// readInvoke reads what Teams wants answered at once.
func (c *Connector) readInvoke(a activity) (connectors.Receipt, error) {
	switch a.Name {
	case invokeCard:
		return c.readCard(a)
	case invokeFeedback:
		return c.readThumb(a)
	case invokeAsk:
		return c.readAsk(a)
	case invokeDialog:
		return c.readDialog(a)
	}
	return reply(struct{}{})
}

// invoked is the answer to a button.
type invoked struct {
	Status int    `json:"statusCode"`
	Type   string `json:"type"`
	Value  any    `json:"value"`
}

func refused(status int, code, message string) (connectors.Receipt, error) {
	return reply(invoked{Status: status, Type: typeFault, Value: map[string]string{"code": code, "message": message}})
}

func (c *Connector) readCard(a activity) (connectors.Receipt, error) {
	var in struct {
		Action struct {
			Verb string          `json:"verb"`
			Data json.RawMessage `json:"data"`
		} `json:"action"`
	}
	var data input
	if err := connectors.Decode(a.Value, &in); err != nil {
		return connectors.Receipt{}, fmt.Errorf("value: %w", err)
	}
	if err := connectors.Decode(in.Action.Data, &data); err != nil {
		return connectors.Receipt{}, fmt.Errorf("value.action.data: %w", err)
	}
	if !c.agent(a.From.Object) {
		return refused(403, "Forbidden", c.words.NotAgent)
	}
	act, err := c.action(data, in.Action.Verb, a.From.Object)
	if err != nil {
		return refused(400, "BadRequest", c.words.NoAnswer)
	}
	if in.Action.Verb == verbRefresh {
		e := c.feedback(a, act, "", "")
		e.Rating = nil // looked at, not judged
		show := c.show(a, viewCard)
		show.Conversation = e.Conversation
		return connectors.Receipt{Events: []connectors.Event{e}, Show: show}, nil
	}
	return c.judged(a, act, data.Reply, func() (connectors.Receipt, error) {
		return reply(invoked{Status: 200, Type: typeText, Value: c.words.Thanks})
	})
}

// judged is the feedback of a button together with its answer.
func (c *Connector) judged(a activity, act connectors.Action, text string, answer func() (connectors.Receipt, error)) (connectors.Receipt, error) {
	rec, err := answer()
	if err != nil || act.Verdict == "" {
		return rec, err
	}
	if act.Verdict != "edited" {
		text = ""
	} else if strings.TrimSpace(text) == "" {
		return rec, nil // nothing is learned from an empty reply
	}
	rec.Events = []connectors.Event{c.feedback(a, act, text, "")}
	return rec, nil
}

// readSubmit reads a button of clients that know no Action.Execute: an
// ordinary message with a value and no text.
func (c *Connector) readSubmit(a activity) (connectors.Receipt, error) {
	var in input
	err := connectors.Decode(a.Value, &in)
	var act connectors.Action
	if err == nil {
		act, err = c.action(in, in.Verdict, a.From.Object)
	}
	if err != nil || !c.agent(a.From.Object) {
		return connectors.Receipt{}, nil //nolint:nilerr // of somebody else's card, and nobody waits for an answer
	}
	return c.judged(a, act, in.Reply, func() (connectors.Receipt, error) { return connectors.Receipt{}, nil })
}

// readThumb reads the thumbs that Teams itself shows below a message. They
// name the message only.
func (c *Connector) readThumb(a activity) (connectors.Receipt, error) {
	var in struct {
		Name  string `json:"actionName"`
		Value struct {
			Reaction string `json:"reaction"`
			Feedback string `json:"feedback"`
		} `json:"actionValue"`
	}
	if err := connectors.Decode(a.Value, &in); err != nil {
		return connectors.Receipt{}, fmt.Errorf("value: %w", err)
	}
	rec, err := reply(struct{}{})
	verdict := reactions[in.Value.Reaction]
	if err != nil || in.Name != "feedback" || verdict == "" || !c.agent(a.From.Object) {
		return rec, err
	}
	var said struct {
		Text string `json:"feedbackText"`
	}
	if json.Unmarshal([]byte(in.Value.Feedback), &said) != nil {
		said.Text = "" // JSON within JSON, now and then broken: the reaction counts
	}
	rec.Events = []connectors.Event{c.onCard(a, verdict, said.Text)}
	return rec, nil
}

// onCard is feedback that names our message instead of a suggestion.
func (c *Connector) onCard(a activity, verdict, reason string) connectors.Event {
	e := c.feedback(a, connectors.Action{Verdict: verdict}, "", reason)
	e.Message = a.ReplyTo
	if a.ReplyTo != "" {
		e.Rating.Note = piece(seat{object: strings.ToLower(a.From.Object), chat: a.Conversation.ID}, a.ReplyTo)
	}
	return e
}

func (c *Connector) readReaction(a activity) connectors.Receipt {
	if !c.agent(a.From.Object) || a.Conversation.Kind != personal {
		return connectors.Receipt{} // on somebody else's message
	}
	for _, r := range a.ReactionsAdded {
		if v := reactions[r.Type]; v != "" {
			return connectors.Receipt{Events: []connectors.Event{c.onCard(a, v, "")}}
		}
	}
	return connectors.Receipt{}
}

// show asks for the suggestion of a's conversation, for the agent who looks.
func (c *Connector) show(a activity, view string) *connectors.Show {
	return &connectors.Show{Conversation: a.Conversation.ID, Agent: a.From.Object, Route: map[string]string{routeView: view}}
}

// readAsk reads an agent's wish for a suggestion to one message, from the menu
// of that message. The dialog that answers it is the agent's alone.
func (c *Connector) readAsk(a activity) (connectors.Receipt, error) {
	var in struct {
		Command string `json:"commandId"`
		Message struct {
			ID   string `json:"id"`
			From struct {
				User struct {
					ID string `json:"id"`
				} `json:"user"`
			} `json:"from"`
			Body struct {
				Type    string `json:"contentType"`
				Content string `json:"content"`
			} `json:"body"`
			Locale string `json:"locale"`
		} `json:"messagePayload"`
	}
	if err := connectors.Decode(a.Value, &in); err != nil {
		return connectors.Receipt{}, fmt.Errorf("value: %w", err)
	}
	if in.Command != commandAsk {
		return reply(struct{}{})
	}
	if !c.agent(a.From.Object) {
		return dialog(c.words.NotAgent)
	}
	text := in.Message.Body.Content
	if in.Message.Body.Type != "text" {
		text = connectors.PlainText(text)
	}
	e := c.command(a, strings.TrimSpace(text))
	e.Message, e.Customer, e.Language = in.Message.ID, in.Message.From.User.ID, in.Message.Locale
	if in.Message.ID != "" { // asking twice about one message is asking once
		e.Key = key("command", a.Conversation.ID, in.Message.ID, a.From.Object)
	}
	return connectors.Receipt{Events: []connectors.Event{e}, Show: c.show(a, viewDialog)}, nil
}

// dialog closes or replaces a dialog with a line of text.
func dialog(text string) (connectors.Receipt, error) {
	return reply(map[string]any{"task": map[string]string{"type": "message", "value": text}})
}

// readDialog reads what was sent in from the dialog.
func (c *Connector) readDialog(a activity) (connectors.Receipt, error) {
	var in struct {
		Command string `json:"commandId"`
		Data    input  `json:"data"`
	}
	if err := connectors.Decode(a.Value, &in); err != nil {
		return connectors.Receipt{}, fmt.Errorf("value: %w", err)
	}
	if in.Command != commandAsk {
		return reply(struct{}{})
	}
	if !c.agent(a.From.Object) {
		return dialog(c.words.NotAgent)
	}
	act, err := c.action(in.Data, in.Data.Verdict, a.From.Object)
	if err != nil {
		return dialog(c.words.NoAnswer)
	}
	if act.Verdict == "" && in.Data.Reply != "" {
		act.Verdict = "edited"
	}
	return c.judged(a, act, in.Data.Reply, func() (connectors.Receipt, error) { return dialog(c.words.Thanks) })
}
