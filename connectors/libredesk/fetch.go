package libredesk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Fetch implements [connectors.Fetcher]: it adds to a customer's message what
// only its conversation knows. The message itself is authentic and whole; if
// the conversation may not be read, it goes on as it is.
func (c *Connector) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	if !connectors.IsUUID(e.Conversation) || !connectors.IsUUID(e.Message) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: conversation or message is no id", e.Key))
	}
	e.Kind, e.Key = connectors.Message, "message:"+e.Message
	item, err := c.conversation(ctx, e.Conversation)
	switch {
	case err == nil:
		item.enrich(&e)
	case !connectors.IsPermanent(err):
		return nil, err
	}
	return []connectors.Event{e}, nil
}

// cursor is where a poll goes on.
type cursor struct {
	Since int64 `json:"s"`           // unix milliseconds; what is older was read
	High  int64 `json:"h,omitempty"` // the newest message seen while pages are turned
	Page  int   `json:"p,omitempty"` // the next page; 0: begin again at High
}

// listed is a conversation in LibreDesk's list.
type listed struct {
	UUID          string    `json:"uuid"`
	LastMessageAt time.Time `json:"last_message_at"`
}

// Poll implements [connectors.Poller]: LibreDesk sends once. The list has the
// conversations with the newest messages first; whoever moves up in it while
// pages are turned is newer than all we saw, and met again next time.
func (c *Connector) Poll(ctx context.Context, at string, since time.Time) (connectors.Page, error) {
	if !c.asks() {
		return connectors.Page{}, connectors.Permanent(errors.New("api_key: required to look for missed messages; make one for the agent of our notes"))
	}
	cur := cursor{Since: since.UnixMilli()}
	if at != "" {
		if err := json.Unmarshal([]byte(at), &cur); err != nil || cur.Page < 0 {
			return connectors.Page{}, connectors.Permanent(errors.New("cursor is not one of ours; start without one"))
		}
	}
	list, err := c.list(ctx, max(1, cur.Page))
	if err != nil {
		return connectors.Page{}, err
	}
	var page connectors.Page
	older := len(list) < pollPage // the list is at its end
	for _, found := range list {
		when := found.LastMessageAt.UnixMilli()
		if found.LastMessageAt.IsZero() || when < cur.Since {
			older = true
			break
		}
		cur.High = max(cur.High, when)
		events, err := c.missed(ctx, found.UUID, time.UnixMilli(cur.Since))
		if err != nil {
			return connectors.Page{}, err
		}
		page.Events = append(page.Events, events...)
	}
	slices.SortStableFunc(page.Events, func(a, b connectors.Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key))
	})
	next := cursor{Since: max(cur.Since, cur.High-pollOverlap.Milliseconds())}
	if !older {
		next = cursor{Since: cur.Since, High: cur.High, Page: max(1, cur.Page) + 1}
		page.More = true
	}
	data, err := json.Marshal(next)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode cursor: %w", err)
	}
	page.Cursor = string(data)
	return page, nil
}

// list is one page of LibreDesk's list, whose order must be the one we build
// on: nothing else tells that the rest is older.
func (c *Connector) list(ctx context.Context, page int) ([]listed, error) {
	q := url.Values{"page": {strconv.Itoa(page)}, "page_size": {strconv.Itoa(pollPage)}}
	var out struct {
		Results []listed `json:"results"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v1/conversations/all?"+q.Encode(), nil, &out); err != nil {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	newest := func(a, b listed) int { return b.LastMessageAt.Compare(a.LastMessageAt) }
	if !slices.IsSortedFunc(out.Results, newest) {
		return nil, connectors.Permanent(errors.New("list conversations: newest messages are not first; this version of LibreDesk is not supported"))
	}
	return out.Results, nil
}

// missed is what happened in a conversation since then.
func (c *Connector) missed(ctx context.Context, uuid string, since time.Time) ([]connectors.Event, error) {
	if !connectors.IsUUID(uuid) {
		return nil, nil
	}
	item, err := c.conversation(ctx, uuid)
	if gone(err) {
		return nil, nil // deleted meanwhile
	}
	if err != nil {
		return nil, err
	}
	var out []connectors.Event
	for page := 1; page <= maxPages; page++ {
		list, more, err := c.messages(ctx, uuid, page, false)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if m.Conversation != uuid || !connectors.IsUUID(m.UUID) || m.CreatedAt.Before(since) && m.UpdatedAt.Before(since) {
				continue
			}
			if e, ok := c.said(m); ok {
				item.enrich(&e)
				out = append(out, e)
			}
		}
		if !more || len(list) == 0 || list[len(list)-1].CreatedAt.Before(since) {
			break
		}
	}
	if item.closed() {
		e := connectors.Event{Tenant: c.host, Conversation: uuid, At: item.UpdatedAt.UTC()}
		item.enrich(&e)
		out = append(out, item.over(e))
	}
	return append(out, item.rated(c.host)...), nil
}

// messages is one page of a conversation's messages, the newest first.
func (c *Connector) messages(ctx context.Context, uuid string, page int, private bool) ([]message, bool, error) {
	q := url.Values{
		"private": {strconv.FormatBool(private)}, "type": {typeOutgoing},
		"page": {strconv.Itoa(page)}, "page_size": {strconv.Itoa(messagesPage)},
	}
	if !private {
		q.Add("type", typeIncoming)
	}
	var out struct {
		Results []message `json:"results"`
		Pages   int       `json:"total_pages"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v1/conversations/"+uuid+"/messages?"+q.Encode(), nil, &out); err != nil {
		return nil, false, fmt.Errorf("read messages of conversation %s: %w", uuid, err)
	}
	return out.Results, page < out.Pages, nil
}

func (c *Connector) conversation(ctx context.Context, uuid string) (conversation, error) {
	var out conversation
	if err := c.call(ctx, http.MethodGet, "/api/v1/conversations/"+uuid, nil, &out); err != nil {
		return conversation{}, fmt.Errorf("read conversation %s: %w", uuid, err)
	}
	if !strings.EqualFold(out.UUID, uuid) {
		return conversation{}, &connectors.CallError{Err: fmt.Errorf("read conversation %s: the answer is about another one", uuid)}
	}
	return out, nil
}

// gone reports whether the desk has no such thing any more.
func gone(err error) bool {
	return connectors.CallStatus(err) == http.StatusNotFound
}

// call is one request to the API. Its answers are wrapped once.
func (c *Connector) call(ctx context.Context, method, path string, in, out any) error {
	var wrapped struct {
		Status string          `json:"status"`
		Data   json.RawMessage `json:"data"`
	}
	_, err := c.client.JSON(ctx, method, c.base+path, c.credentials(), in, &wrapped)
	if err != nil {
		return classify(err)
	}
	if wrapped.Status != "success" {
		return &connectors.CallError{Status: http.StatusOK, Err: errors.New("answer: no success, and no error either")}
	}
	if out == nil {
		return nil
	}
	if err := connectors.Decode(wrapped.Data, out); err != nil {
		return &connectors.CallError{Status: http.StatusOK, Err: fmt.Errorf("answer: data: %w", err)}
	}
	return nil
}

func (c *Connector) credentials() http.Header {
	return http.Header{"Authorization": {"token " + c.cfg.APIKey.Reveal() + ":" + c.cfg.APISecret.Reveal()}}
}

// classify adds what LibreDesk means by some statuses.
func classify(err error) error {
	var e *connectors.CallError
	if !errors.As(err, &e) {
		return err
	}
	switch e.Status {
	case http.StatusUnauthorized:
		e.Err = fmt.Errorf("key refused; make a new one for the agent and enter api_key and api_secret: %w", connectors.ErrGone)
	case http.StatusForbidden:
		e.Err = errors.New("the agent of the key lacks a permission; it needs " + needed())
	case http.StatusNotFound:
		e.Err = errors.New("not there any more")
	case http.StatusBadRequest:
		e.Err = errors.New("refused; is the conversation's inbox switched off?")
	}
	return e
}

// needed lists the permissions of the agent.
func needed() string {
	var all []string
	for _, p := range permissions {
		all = append(all, p.anyOf[len(p.anyOf)-1])
	}
	return strings.Join(all, " ")
}
