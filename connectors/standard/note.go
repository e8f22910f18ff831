package standard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

type source struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Where  string `json:"where,omitempty"`
	Quote  string `json:"quote,omitempty"`
	URL    string `json:"url,omitempty"`
}

type suggestion struct {
	ID         string   `json:"id"`
	Visibility string   `json:"visibility"`
	Language   string   `json:"language"`
	Text       string   `json:"text"`
	Flag       string   `json:"flag"`
	Reasons    []string `json:"reasons,omitempty"`
	Confidence float64  `json:"confidence,omitempty"`
	Sources    []source `json:"sources"`
	PanelURL   string   `json:"panel_url,omitempty"`
}

type conversation struct {
	ID string `json:"id"`
}

type outbound struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Data      struct {
		Tenant       string       `json:"tenant"`
		Conversation conversation `json:"conversation"`
		InReplyTo    string       `json:"in_reply_to"`
		Replaces     string       `json:"replaces,omitempty"` // webhook-id of the one this is about
		Suggestion   suggestion   `json:"suggestion"`
		FeedbackURL  string       `json:"feedback_url,omitempty"`
	} `json:"data"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.client == nil }

// Note implements [connectors.Noter] with a webhook suggestion.created. Its
// webhook-id depends on the suggestion alone, so the receiver can drop what
// an earlier attempt delivered already.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	id := c.webhookID(n.Suggestion)
	_, err := c.send(ctx, id, c.outbound(typeSuggestion, "", n))
	if err != nil {
		return "", err
	}
	return id, nil
}

// Update implements [connectors.Updater] with a webhook suggestion.updated: the
// whole suggestion, and which one it stands for.
func (c *Connector) Update(ctx context.Context, external string, n connectors.Note) error {
	a, err := c.send(ctx, c.webhookID(typeUpdated+"\x00"+external+"\x00"+n.Suggestion), c.outbound(typeUpdated, external, n))
	if err != nil && isGone(a) {
		return connectors.Permanent(fmt.Errorf("callback: %w", connectors.ErrNoNote))
	}
	return err
}

// Withdraw implements [connectors.Withdrawer] with a webhook
// suggestion.withdrawn, which has no text.
func (c *Connector) Withdraw(ctx context.Context, external string, n connectors.Note) error {
	n.Text, n.Citations, n.Reasons, n.Flag, n.Confidence = "", nil, nil, "", 0
	a, err := c.send(ctx, c.webhookID(typeWithdrawn+"\x00"+external), c.outbound(typeWithdrawn, external, n))
	if err != nil && isGone(a) {
		return nil
	}
	return err
}

// isGone reports whether a receiver says that it has no such suggestion.
func isGone(a connectors.Answer) bool {
	var body struct {
		Error string `json:"error"`
	}
	return a.Status == http.StatusNotFound && connectors.Decode(a.Body, &body) == nil && body.Error == goneCode
}

// outbound is a webhook about n, which stands for the one sent as replaces.
func (c *Connector) outbound(kind, replaces string, n connectors.Note) outbound {
	var out outbound
	out.Type, out.Timestamp = kind, c.now().UTC().Format("2006-01-02T15:04:05.000Z07:00")
	d := &out.Data
	d.Tenant, d.Conversation.ID, d.InReplyTo, d.Replaces = c.cfg.Tenant, n.Conversation, n.Message, replaces
	d.Suggestion = suggestion{
		ID: n.Suggestion, Visibility: agentOnly, Language: n.Language, Text: n.Text, Flag: n.Flag, Reasons: n.Reasons,
		Confidence: n.Confidence, Sources: make([]source, 0, len(n.Citations)), PanelURL: n.PanelURL,
	}
	for _, s := range n.Citations {
		d.Suggestion.Sources = append(d.Suggestion.Sources, source(s))
	}
	if c.cfg.FeedbackURL != "" && kind != typeWithdrawn {
		d.FeedbackURL = strings.TrimRight(c.cfg.FeedbackURL, "/") + "/" + url.PathEscape(n.Suggestion)
	}
	return out
}

// send makes one signed call to the receiver.
func (c *Connector) send(ctx context.Context, id string, out any) (connectors.Answer, error) {
	if c.client == nil {
		return connectors.Answer{}, connectors.Permanent(errors.New("callback.url: required to send suggestions"))
	}
	body, err := json.Marshal(out)
	if err != nil {
		return connectors.Answer{}, connectors.Permanent(fmt.Errorf("encode webhook %s: %w", id, err))
	}
	h, err := c.out.sign(id, body, c.now())
	if err != nil {
		return connectors.Answer{}, connectors.Permanent(err)
	}
	ctx, cancel := context.WithTimeout(ctx, callbackTimeout)
	defer cancel()
	a, err := c.client.Do(ctx, http.MethodPost, c.cfg.Callback.URL, h, body)
	if err != nil {
		return a, fmt.Errorf("callback: %w", patient(err))
	}
	return a, nil
}

// webhookID is the same for each attempt, and free of dots whatever our own
// ids look like.
func (c *Connector) webhookID(about string) string {
	sum := sha256.Sum256([]byte(c.cfg.Tenant + "\x00" + about))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// patient makes every refusal but 410 worth another attempt, as the
// specification has it: a receiver's 404 may be a deployment.
func patient(err error) error {
	var e *connectors.CallError
	if errors.As(err, &e) && e.Status >= 300 && e.Status < 500 && e.Status != http.StatusGone {
		e.Final = false
	}
	return err
}

// Ping is a signed webhook.ping to send to ourselves or a receiver when a desk
// is set up. The id must differ from one ping to the next.
func Ping(tenant string, at time.Time) ([]byte, error) {
	return json.Marshal(map[string]any{
		"type": typePing, "timestamp": at.UTC().Format(time.RFC3339), "data": map[string]string{"tenant": tenant},
	})
}
