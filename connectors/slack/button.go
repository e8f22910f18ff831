package slack

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// sealedValues is the version of what our buttons carry since it is sealed.
const sealedValues = 2

const verdictEdited = "edited"

// verdicts is what a button says of a suggestion. The one for feedback says it
// in its value, and was never sealed.
var verdicts = map[string]string{actionUse: "used", actionEdit: verdictEdited, actionUp: "up", actionDown: "down"}

// ours reports whether a button is one of ours.
func ours(action string) bool { return verdicts[action] != "" || action == actionFeedback }

// value is what a button or form carries: enough to act without the message,
// which Slack may leave out. Sealed holds suggestion, conversation, agent and
// verdict; what stands beside it decides nothing.
type value struct {
	V       int    `json:"v,omitempty"`
	Sealed  string `json:"k,omitempty"`
	Message string `json:"m,omitempty"` // ts of the customer's message
	Text    string `json:"d,omitempty"` // the draft, to edit it

	// Of before they were sealed.
	Suggestion string `json:"s,omitempty"`
	Thread     string `json:"t,omitempty"`
	FormThread string `json:"th,omitempty"`
	Channel    string `json:"c,omitempty"`
}

// pressed is what a button or form meant.
type pressed struct {
	suggestion, verdict      string
	channel, thread, message string // may be empty
	text                     string
}

// stamped is when Slack signed d; zero where d was not verified.
func stamped(d connectors.Delivery) time.Time {
	seconds, err := strconv.ParseUint(d.Header.Get(headerStamp), 10, 40)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// joined is a conversation's id.
func joined(channel, thread string) string {
	if channel == "" || thread == "" {
		return channel
	}
	return channel + ":" + thread
}

// press opens what a button of ours carries, pressed by agent at that time.
func (c *Connector) press(action, text, agent string, at time.Time) (pressed, error) {
	var v value
	said := ""
	if !strings.HasPrefix(text, "{") { // "up|suggestion", of the first notes
		said, v.Suggestion, _ = strings.Cut(text, "|")
	} else if err := connectors.Decode([]byte(text), &v); err != nil {
		return pressed{}, fmt.Errorf("actions.value: %w", err)
	}
	p, err := c.unseal(v, agent, at)
	if err != nil {
		return pressed{}, fmt.Errorf("actions.value: %w", err)
	}
	want := verdicts[action]
	switch {
	case action == actionFeedback && (said == "up" || said == "down"):
		p.verdict = said
	case want == "" || (p.verdict != "" && p.verdict != want):
		return pressed{}, fmt.Errorf("actions.value: is not that of its button: %w", connectors.ErrMalformed)
	default:
		p.verdict = want
	}
	return p, nil
}

// saved opens what our form carries.
func (c *Connector) saved(metadata, agent string, at time.Time) (pressed, error) {
	var v value
	if err := connectors.Decode([]byte(metadata), &v); err != nil {
		return pressed{}, fmt.Errorf("view.private_metadata: %w", err)
	}
	p, err := c.unseal(v, agent, at)
	if err != nil {
		return pressed{}, fmt.Errorf("view.private_metadata: %w", err)
	}
	if p.verdict != "" && p.verdict != verdictEdited {
		return pressed{}, fmt.Errorf("view.private_metadata: is not that of the form: %w", connectors.ErrMalformed)
	}
	return p, nil
}

// unseal checks the seal of v. Without one it believes v until sealedSince: Slack
// signed the delivery, so it is what we once sent, if not for whom.
func (c *Connector) unseal(v value, agent string, at time.Time) (pressed, error) {
	p := pressed{message: v.Message, text: v.Text}
	if v.Sealed == "" {
		if v.V >= sealedValues || at.IsZero() || !at.Before(sealedSince) {
			return pressed{}, fmt.Errorf("button is not sealed; ask for the suggestion again with the command: %w", connectors.ErrMalformed)
		}
		if v.Suggestion == "" {
			return pressed{}, fmt.Errorf("no suggestion in it: %w", connectors.ErrMalformed)
		}
		p.suggestion, p.channel, p.thread = v.Suggestion, v.Channel, v.Thread
		if p.thread == "" {
			p.thread = v.FormThread
		}
		return p, nil
	}
	for _, s := range c.sealers {
		a, err := s.Open(v.Sealed, agent)
		if err != nil {
			continue
		}
		p.suggestion, p.verdict = a.Suggestion, a.Verdict
		p.channel, p.thread, _ = strings.Cut(a.Conversation, ":")
		return p, nil
	}
	return pressed{}, fmt.Errorf("button was not made by us for this agent: %w", connectors.ErrMalformed)
}
