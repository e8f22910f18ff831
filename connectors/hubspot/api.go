package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// static is how long a token that does not expire is kept.
const static = 24 * time.Hour

// token gets an access token; see [connectors.Tokens].
func (c *Connector) token(ctx context.Context) (string, time.Time, error) {
	if !c.cfg.Token.IsZero() {
		return c.cfg.Token.Reveal(), c.client.Now().Add(static), nil
	}
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {c.cfg.ClientID},
		"client_secret": {c.cfg.ClientSecret.Reveal()}, "refresh_token": {c.cfg.RefreshToken.Reveal()},
	}
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	a, err := c.client.Do(ctx, http.MethodPost, c.cfg.base()+tokenPath, h, []byte(form.Encode()))
	if call, ok := errors.AsType[*connectors.CallError](err); ok && (call.Status == http.StatusBadRequest || call.Status == http.StatusUnauthorized) {
		call.Err = fmt.Errorf("refresh_token refused; install the app in the account again and enter the new one: %w", connectors.ErrGone)
		return "", time.Time{}, call
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("renew token: %w", classify(err))
	}
	var out struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(a.Body, &out); err != nil || out.Token == "" || out.Expires <= 0 {
		return "", time.Time{}, &connectors.CallError{Status: a.Status, Err: errors.New("renew token: answer without access_token or expires_in")}
	}
	return out.Token, c.client.Now().Add(time.Duration(min(out.Expires, 1<<20)) * time.Second), nil
}

// call is one request to the API, repeated once with a new token when the old
// one is refused: a request without a valid token did nothing.
func (c *Connector) call(ctx context.Context, method, path string, in, out any) error {
	if !c.cfg.access() {
		return connectors.Permanent(errors.New("token: required to read and write conversations; or client_id and refresh_token of an app with OAuth"))
	}
	var err error
	for range 2 {
		var token string
		if token, err = c.tokens.Token(ctx); err != nil {
			return err
		}
		h := http.Header{"Authorization": {"Bearer " + token}}
		_, err = c.client.JSON(ctx, method, c.cfg.base()+path, h, in, out)
		if connectors.CallStatus(err) != http.StatusUnauthorized || !c.cfg.Token.IsZero() {
			break
		}
		c.tokens.Drop(token)
	}
	return classify(err)
}

// classify adds what HubSpot means by some statuses.
func classify(err error) error {
	call, ok := errors.AsType[*connectors.CallError](err)
	if !ok {
		return err
	}
	switch call.Status {
	case http.StatusUnauthorized:
		call.Err = fmt.Errorf("token refused; renew token, or install the app again and renew refresh_token: %w", connectors.ErrGone)
	case http.StatusForbidden:
		call.Err = errors.New("a scope is missing; the app needs conversations.read and conversations.write")
	case http.StatusNotFound:
		call.Err = errors.New("not there any more")
	case locked, migrating:
		call.Final, call.Err = false, errors.New("the account is busy or being moved")
		call.After = pause
	case http.StatusTooManyRequests:
		if call.After == 0 {
			call.After = pause
		}
	}
	return call
}

func threadPath(thread string) string { return conversationsPath + "/threads/" + thread }

func messagesPath(thread string) string { return threadPath(thread) + "/messages" }

func messagePath(thread, message string) string {
	return messagesPath(thread) + "/" + url.PathEscape(message)
}

// message is a message or comment in answers of the API.
type message struct {
	Type      string        `json:"type"`
	ID        connectors.ID `json:"id"`
	ThreadID  connectors.ID `json:"conversationsThreadId"`
	CreatedAt time.Time     `json:"createdAt"`
	CreatedBy string        `json:"createdBy"` // an actor
	Client    struct {
		IntegrationAppID connectors.ID `json:"integrationAppId"`
	} `json:"client"`
	Senders []struct {
		ActorID string `json:"actorId"`
		Name    string `json:"name"`
	} `json:"senders"`
	Recipients  []json.RawMessage `json:"recipients"`
	Text        string            `json:"text"`
	RichText    string            `json:"richText"`
	Subject     string            `json:"subject"`
	Truncation  string            `json:"truncationStatus"`
	Direction   string            `json:"direction"`
	ChannelID   connectors.ID     `json:"channelId"`
	Attachments []struct {
		Type   string        `json:"type"`
		FileID connectors.ID `json:"fileId"`
		Name   string        `json:"name"`
		URL    string        `json:"url"`
	} `json:"attachments"`
}

// messagePage is one answer of a list of messages, newest first.
type messagePage struct {
	Results []message `json:"results"`
	Paging  paging    `json:"paging"`
}

type paging struct {
	Next struct {
		After string `json:"after"`
	} `json:"next"`
}

// list reads messages of a thread, after "" the newest.
func (c *Connector) list(ctx context.Context, thread, after string) (messagePage, error) {
	q := url.Values{"limit": {strconv.Itoa(listLimit)}, "sort": {newestFirst}}
	if after != "" {
		q.Set("after", after)
	}
	var page messagePage
	if err := c.call(ctx, http.MethodGet, messagesPath(thread)+"?"+q.Encode(), nil, &page); err != nil {
		return messagePage{}, fmt.Errorf("read messages of thread %s: %w", thread, err)
	}
	return page, nil
}

// sender is the actor who wrote m, and the name; an actor can be missing.
func (m message) sender() (actor, name string) {
	if len(m.Senders) == 0 {
		return m.CreatedBy, ""
	}
	if actor = m.Senders[0].ActorID; actor == "" {
		actor = m.CreatedBy
	}
	return actor, m.Senders[0].Name
}

// role is who wrote m, or nothing if that is none of our business.
func (m message) role() connectors.Role {
	actor, _ := m.sender()
	switch {
	case m.Direction == incoming:
		return connectors.Customer
	case m.Direction == outgoing && strings.HasPrefix(actor, agentPrefix):
		return connectors.Agent
	}
	return ""
}

// text is what m says. HubSpot keeps both kinds; mails sometimes have one.
func (m message) text() string {
	if t := strings.TrimSpace(m.Text); t != "" {
		return t
	}
	return connectors.PlainText(m.RichText)
}

// own reports whether we wrote m: three guards that hold alone, beside that
// comments are not read at all.
func (c *Connector) own(m message) bool {
	actor, _ := m.sender()
	return string(m.Client.IntegrationAppID) == c.cfg.AppID || actor == "I-"+c.cfg.AppID || strings.Contains(m.text(), marker+"sg_")
}
