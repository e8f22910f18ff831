package hubspot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// hookEvent is one event of a delivery.
type hookEvent struct {
	EventID          connectors.ID   `json:"eventId"`
	SubscriptionID   connectors.ID   `json:"subscriptionId"`
	PortalID         connectors.ID   `json:"portalId"`
	AppID            connectors.ID   `json:"appId"`
	OccurredAt       int64           `json:"occurredAt"` // milliseconds
	SubscriptionType string          `json:"subscriptionType"`
	ObjectID         connectors.ID   `json:"objectId"` // of the thread
	MessageID        connectors.ID   `json:"messageId"`
	MessageType      string          `json:"messageType"`
	PropertyName     string          `json:"propertyName"`
	PropertyValue    json.RawMessage `json:"propertyValue"`
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	switch d.Path {
	case pathFeedback:
		return c.readFeedback(d)
	case pathSuggestion:
		return c.readShow(d)
	default:
		return c.readEvents(d.Body)
	}
}

// readEvents keeps the good events of a delivery: HubSpot repeats none of one
// that we refuse. If there are only others, they decide.
func (c *Connector) readEvents(body []byte) (connectors.Receipt, error) {
	var list []json.RawMessage
	if err := connectors.Decode(body, &list); err != nil {
		return connectors.Receipt{}, err
	}
	if list == nil || len(list) > maxEvents {
		return connectors.Receipt{}, fmt.Errorf("a delivery is a list of at most %d events: %w", maxEvents, connectors.ErrMalformed)
	}
	var events []connectors.Event
	var bad error
	good, seen := 0, map[string]bool{}
	for i, raw := range list {
		found, err := c.readEvent(raw)
		if err != nil {
			bad = cmp.Or(bad, fmt.Errorf("events[%d]: %w", i, err))
			continue
		}
		good++
		for _, e := range found {
			if !seen[e.Key] {
				seen[e.Key] = true
				events = append(events, e)
			}
		}
	}
	if bad != nil {
		if good == 0 {
			return connectors.Receipt{}, bad
		}
		sum := sha256.Sum256(body)
		events = append(events, connectors.Event{
			Kind: connectors.Ops, Key: "ops:" + hex.EncodeToString(sum[:16]), Tenant: c.cfg.PortalID,
			Detail: fmt.Sprintf("%d of %d events of a delivery were left out, the first because of %v", len(list)-good, len(list), bad),
		})
	}
	slices.SortStableFunc(events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	return connectors.Receipt{Events: events}, nil
}

func (c *Connector) readEvent(raw []byte) ([]connectors.Event, error) {
	var in hookEvent
	if err := connectors.Decode(raw, &in); err != nil {
		return nil, err
	}
	thread := string(in.ObjectID)
	switch {
	case string(in.PortalID) != c.cfg.PortalID:
		return nil, fmt.Errorf("portalId is not %s: %w", c.cfg.PortalID, connectors.ErrForeign)
	case string(in.AppID) != c.cfg.AppID:
		return nil, fmt.Errorf("appId is not %s: %w", c.cfg.AppID, connectors.ErrForeign)
	case in.EventID == "" || !connectors.IsNumber(thread) || !isTime(in.OccurredAt):
		return nil, fmt.Errorf("eventId, objectId or occurredAt: missing or odd: %w", connectors.ErrMalformed)
	}
	e := connectors.Event{Tenant: c.cfg.PortalID, Conversation: thread, At: time.UnixMilli(in.OccurredAt).UTC()}
	id := string(in.EventID) + ":" + string(in.SubscriptionID) // eventId alone is not documented as unique
	switch in.SubscriptionType {
	case newMessage:
		if in.MessageType != typeMessage {
			return nil, nil // comments, our own among them, and words of welcome
		}
		if !isMessage(string(in.MessageID)) {
			return nil, fmt.Errorf("messageId: missing or odd: %w", connectors.ErrMalformed)
		}
		e.Kind, e.Message, e.Key = connectors.Fetch, string(in.MessageID), "fetch:"+thread+":"+string(in.MessageID)
	case propertyChange:
		return changed(in, e, id)
	case deletion: // it can be restored
		e.Kind, e.Key = connectors.Closed, "closed:"+id
	case privacyDeletion:
		e.Kind, e.Key = connectors.Erased, "erased:"+id
	default:
		return nil, nil
	}
	return []connectors.Event{e}, nil
}

// changed reads what became of a property of a thread.
func changed(in hookEvent, e connectors.Event, id string) ([]connectors.Event, error) {
	if in.PropertyName != "status" && in.PropertyName != "assignedTo" {
		return nil, nil
	}
	var value connectors.ID
	if err := connectors.Decode(in.PropertyValue, &value); len(in.PropertyValue) > 0 && err != nil {
		return nil, fmt.Errorf("propertyValue: %w", connectors.ErrMalformed)
	}
	switch {
	case in.PropertyName == "assignedTo":
		e.Kind, e.Key, e.Assignee = connectors.Assigned, "assigned:"+id, userOf(string(value))
	case value == closedStatus:
		e.Kind, e.Key = connectors.Closed, "closed:"+id
	default:
		return nil, nil
	}
	return []connectors.Event{e}, nil
}

// isTime reports whether ms can be written as a date.
func isTime(ms int64) bool { return ms > 0 && ms < 253_402_300_800_000 }

// userOf is the id of an agent's user, which the card has without the prefix.
func userOf(actor string) string { return strings.TrimPrefix(actor, agentPrefix) }

// viewer is who uses the card. HubSpot adds the parameters and signs them; a
// parameter that is there twice was added by somebody else before.
func (c *Connector) viewer(d connectors.Delivery) (agent string, _ error) {
	q := d.Query()
	for _, name := range []string{"portalId", "appId", "userId", "userEmail"} {
		if len(q[name]) > 1 {
			return "", fmt.Errorf("%s: more than once: %w", name, connectors.ErrMalformed)
		}
	}
	if q.Get("portalId") != c.cfg.PortalID {
		return "", fmt.Errorf("portalId is not %s: %w", c.cfg.PortalID, connectors.ErrForeign)
	}
	if q.Has("appId") && q.Get("appId") != c.cfg.AppID {
		return "", fmt.Errorf("appId is not %s: %w", c.cfg.AppID, connectors.ErrForeign)
	}
	agent = cmp.Or(q.Get("userId"), q.Get("userEmail"))
	if agent == "" || len(agent) > 320 { // the longest mail address
		return "", fmt.Errorf("userId or userEmail: missing: %w", connectors.ErrMalformed)
	}
	return agent, nil
}

// verdicts are those a card may send.
var verdicts = []string{"used", "edited", "rejected", "up", "down"}

func (c *Connector) readFeedback(d connectors.Delivery) (connectors.Receipt, error) {
	var in struct {
		Suggestion string        `json:"suggestionId"`
		Thread     connectors.ID `json:"threadId"`
		Verdict    string        `json:"verdict"`
		FinalText  string        `json:"finalText"`
		Press      string        `json:"press"` // the same when HubSpot sends it again
	}
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	agent, err := c.viewer(d)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if !connectors.IsToken(in.Suggestion) || !connectors.IsNumber(string(in.Thread)) || !slices.Contains(verdicts, in.Verdict) {
		return connectors.Receipt{}, fmt.Errorf("suggestionId, threadId or verdict: missing or odd: %w", connectors.ErrMalformed)
	}
	said := sha256.Sum256([]byte(url.Values{"": {agent, in.Verdict, in.FinalText, in.Press}}.Encode()))
	return connectors.Receipt{Events: []connectors.Event{{
		Kind: connectors.Feedback, Key: "feedback:" + in.Suggestion + ":" + hex.EncodeToString(said[:16]),
		Tenant: c.cfg.PortalID, Conversation: string(in.Thread), Role: connectors.Agent, Author: agent,
		Rating: &connectors.Rating{Suggestion: in.Suggestion, Verdict: in.Verdict, Text: in.FinalText, Agent: agent},
	}}}, nil
}

// readShow reads the card's question for the present suggestion.
func (c *Connector) readShow(d connectors.Delivery) (connectors.Receipt, error) {
	var in struct {
		Thread connectors.ID `json:"threadId"`
	}
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	agent, err := c.viewer(d)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if !connectors.IsNumber(string(in.Thread)) {
		return connectors.Receipt{}, fmt.Errorf("threadId: missing or odd: %w", connectors.ErrMalformed)
	}
	return connectors.Receipt{Show: &connectors.Show{Conversation: string(in.Thread), Agent: agent}}, nil
}
