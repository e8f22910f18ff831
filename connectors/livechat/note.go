package livechat

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sufflor/sufflor/connectors"
)

// noteVisibility is that of every event we send and of the bot in every chat
// it joins. LiveChat's own default is everybody, so it is always sent; a user
// who joined with it cannot send anything else.
const noteVisibility = agentsOnly

// Verdicts behind buttons.
const (
	verdictUp   = "up"
	verdictDown = "down"
)

// newEvent is what we send: a message, or a card with buttons.
type newEvent struct {
	Type       string    `json:"type"`
	Visibility string    `json:"visibility"`
	CustomID   string    `json:"custom_id"`
	Text       string    `json:"text,omitempty"`
	Template   string    `json:"template_id,omitempty"`
	Elements   []element `json:"elements,omitempty"`
}

type element struct {
	Title   string   `json:"title"`
	Buttons []button `json:"buttons"`
}

// button has no type: one of type "message" would have whoever presses it say
// its text in the chat.
type button struct {
	Text     string   `json:"text"`
	Postback string   `json:"postback_id"`
	Users    []string `json:"user_ids"`
}

type sendEvent struct {
	ChatID string   `json:"chat_id"`
	Event  newEvent `json:"event"`
}

type addUser struct {
	ChatID     string `json:"chat_id"`
	UserID     string `json:"user_id"`
	UserType   string `json:"user_type"`
	Visibility string `json:"visibility"`
	Ignore     bool   `json:"ignore_requester_presence"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || c.cfg.Token.IsZero() }

// Note implements [connectors.Noter] with an event that agents see. It looks
// for the suggestion's custom_id first, so that running twice writes one note,
// and reads the chat again afterwards, because the answer does not say who
// sees what was sent.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	id := n.Route[routeChat]
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "agents"`))
	case c.cfg.Token.IsZero():
		return "", connectors.Permanent(errors.New("token: required to write notes; create a bot and issue its token"))
	case !connectors.IsToken(id) || !connectors.IsToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("chat %q or suggestion %q is no id", id, n.Suggestion))
	}
	ch, err := c.chat(ctx, id, "")
	if err != nil {
		return "", err
	}
	custom := customPrefix + n.Suggestion
	written, err := c.written(ch, custom)
	switch {
	case err != nil:
		return "", err
	case written == "":
		if err := c.join(ctx, ch, n.Route[routeThread]); err != nil {
			return "", err
		}
		if err := c.send(ctx, id, c.message(n, custom)); err != nil {
			return "", fmt.Errorf("write note in chat %s: %w", id, err)
		}
	}
	if err := c.buttons(ctx, ch, n, custom); err != nil {
		return "", err
	}
	if written != "" {
		return written, nil
	}
	if ch, err = c.chat(ctx, id, ch.Thread.ID); err != nil {
		return "", err
	}
	if written, err = c.written(ch, custom); err == nil && written == "" {
		// The bot is in the chat for agents only, so this is a list that lags,
		// not a note that went elsewhere.
		err = &connectors.CallError{Err: fmt.Errorf("chat %s: LiveChat does not show the note yet", id)}
	}
	return written, err
}

// written is the id of our event with that custom_id, or nothing. One that
// others may see is the worst that can happen; the API has no call to take an
// event back.
func (c *Connector) written(ch chat, custom string) (string, error) {
	for _, e := range ch.Thread.Events {
		if e.AuthorID != c.cfg.Bot || e.CustomID != custom {
			continue
		}
		if e.Visibility != noteVisibility {
			return "", connectors.Permanent(fmt.Errorf("chat %s, event %s: not for agents only; remove the bot's access now: %w", ch.ID, e.ID, connectors.ErrVisible))
		}
		return e.ID, nil
	}
	return "", nil
}

// join makes sure that the bot is in the chat, and in it for agents only.
func (c *Connector) join(ctx context.Context, ch chat, threadID string) error {
	switch {
	case threadID != "" && threadID != ch.Thread.ID:
		return connectors.Permanent(fmt.Errorf("chat %s: thread %s is over; the suggestion stays in the panel", ch.ID, threadID))
	case !ch.Thread.Active:
		return connectors.Permanent(fmt.Errorf("chat %s is closed; the suggestion stays in the panel", ch.ID))
	}
	i := slices.IndexFunc(ch.Users, func(u user) bool { return u.ID == c.cfg.Bot })
	in := i >= 0 && slices.Contains(ch.Thread.UserIDs, c.cfg.Bot)
	switch {
	case in && ch.Users[i].Visibility == noteVisibility:
		return nil
	case in:
		return connectors.Permanent(fmt.Errorf(
			"chat %s: the bot is in it for everybody, so nothing is written; take the bot out of routing and automatic invitations", ch.ID))
	}
	add := addUser{ChatID: ch.ID, UserID: c.cfg.Bot, UserType: "agent", Visibility: noteVisibility, Ignore: true}
	if err := c.call(ctx, agentPath+"add_user_to_chat", add, nil); err != nil {
		return fmt.Errorf("let the bot into chat %s: %w", ch.ID, err)
	}
	return nil
}

// send is the only place that writes into a chat. The answer is an id and says
// nothing of who sees the event, so it is looked up afterwards.
func (c *Connector) send(ctx context.Context, id string, e newEvent) error {
	e.Visibility = noteVisibility
	return c.call(ctx, agentPath+"send_event", sendEvent{ChatID: id, Event: e}, nil)
}

func sign(n connectors.Note) string { return marker + n.Suggestion + "]" }

func (c *Connector) message(n connectors.Note, custom string) newEvent {
	return newEvent{Type: typeMessage, CustomID: custom, Text: connectors.Text(n, sign(n), connectors.WordsIn(c.cfg.Language), maxText)}
}

const buttonsSuffix = ":buttons"

func (c *Connector) card(n connectors.Note, custom string) newEvent {
	w := connectors.WordsIn(c.cfg.Language)
	press := func(text, verdict string) button {
		return button{Text: text, Users: []string{}, Postback: c.sealer.Seal(connectors.Action{
			Suggestion: n.Suggestion, Conversation: n.Conversation, Verdict: verdict,
		})}
	}
	return newEvent{
		Type: typeCard, CustomID: custom + buttonsSuffix, Template: "cards",
		Elements: []element{{Title: sign(n) + " " + w.Flag(n.Flag), Buttons: []button{press(w.Up, verdictUp), press(w.Down, verdictDown)}}},
	}
}

// buttons follow a note in a card of their own, so that a note is read even
// where cards are not shown. Buttons refused for good cost the note nothing.
func (c *Connector) buttons(ctx context.Context, ch chat, n connectors.Note, custom string) error {
	if c.cfg.Buttons == NoButtons || n.Text == "" {
		return nil
	}
	if id, err := c.written(ch, custom+buttonsSuffix); err != nil || id != "" {
		return err
	}
	err := c.send(ctx, ch.ID, c.card(n, custom))
	if err != nil && (!connectors.IsPermanent(err) || errors.Is(err, connectors.ErrGone)) {
		return fmt.Errorf("write buttons in chat %s: %w", ch.ID, err)
	}
	return nil
}
