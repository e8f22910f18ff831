package chatwoot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Fetch implements [connectors.Fetcher] for servers that do not sign: what the
// API does not confirm never existed.
func (c *Connector) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	id, err := strconv.ParseInt(e.Message, 10, 64)
	if err != nil || id < 1 || !connectors.IsNumber(e.Conversation) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: conversation or message is no id", e.Key))
	}
	list, err := c.messages(ctx, e.Conversation, "after", strconv.FormatInt(id-1, 10))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(m message) bool { return string(m.ID) == e.Message })
	if i < 0 {
		return nil, connectors.Permanent(fmt.Errorf("message %s is not in conversation %s: a forged delivery, or it is gone", e.Message, e.Conversation))
	}
	var conv conversation
	if err := c.call(ctx, http.MethodGet, conversationPath(e.Conversation), nil, &conv); err != nil {
		return nil, fmt.Errorf("read conversation %s: %w", e.Conversation, err)
	}
	if string(conv.ID) != e.Conversation {
		return nil, connectors.Permanent(fmt.Errorf("conversation %s: the answer is about another", e.Conversation))
	}
	return c.events(list[i], conv, c.inbox(ctx, conv.InboxID), false), nil
}

// place is where a catch-up goes on. The list of conversations is read page by
// page, newest activity first, until one is older than From.
type place struct {
	From   int64 `json:"from"` // seconds
	Page   int   `json:"page"`
	Newest int64 `json:"newest"` // activity seen in this round
}

// Poll implements [connectors.Poller]: Chatwoot sends each event once.
func (c *Connector) Poll(ctx context.Context, cursor string, since time.Time) (connectors.Page, error) {
	at := place{From: since.Unix(), Page: 1}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.Page < 1 {
			return connectors.Page{}, connectors.Permanent(errors.New("cursor is none of ours"))
		}
	}
	var out struct {
		Data struct {
			Payload []conversation `json:"payload"`
		} `json:"data"`
	}
	if err := c.call(ctx, http.MethodGet, listConversations+strconv.Itoa(at.Page), nil, &out); err != nil {
		return connectors.Page{}, fmt.Errorf("list conversations: %w", err)
	}
	list := out.Data.Payload
	page := connectors.Page{More: len(list) > 0}
	if i := slices.IndexFunc(list, func(conv conversation) bool { return conv.Active.Unix() < at.From }); i >= 0 {
		list, page.More = list[:i], false
	}
	for _, conv := range list {
		if !connectors.IsNumber(string(conv.ID)) || (conv.Account != "" && string(conv.Account) != c.cfg.AccountID) {
			return connectors.Page{}, connectors.Permanent(fmt.Errorf("list conversations: one of account %q: %w", conv.Account, connectors.ErrForeign))
		}
		at.Newest = max(at.Newest, conv.Active.Unix())
		events, err := c.missed(ctx, conv, time.Unix(at.From, 0))
		if err != nil {
			return connectors.Page{}, err
		}
		page.Events = append(page.Events, events...)
	}
	slices.SortStableFunc(page.Events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	if at.Page++; !page.More {
		// What came while we read moved to the front of a list we had left, so
		// the next round begins where this one's newest stood.
		at = place{From: max(at.From, at.Newest-int64(overlap/time.Second)), Page: 1}
	}
	next, err := json.Marshal(at)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode cursor: %w", err)
	}
	page.Cursor = string(next)
	return page, nil
}

// missed is what happened in a conversation since from.
func (c *Connector) missed(ctx context.Context, conv conversation, from time.Time) ([]connectors.Event, error) {
	inbox := c.inbox(ctx, conv.InboxID)
	var events []connectors.Event
	cursor, id := "", ""
	for range maxBack {
		list, err := c.messages(ctx, string(conv.ID), cursor, id)
		switch {
		case connectors.CallStatus(err) == http.StatusNotFound:
			return events, nil // deleted since it was listed
		case err != nil:
			return nil, err
		case len(list) == 0 || string(list[0].ID) == id:
			return events, nil
		}
		for _, m := range list {
			if !m.CreatedAt.Before(from) && connectors.IsNumber(string(m.ID)) {
				events = append(events, c.events(m, conv, inbox, false)...)
			}
		}
		if len(list) < lastFew || list[0].CreatedAt.Before(from) {
			return events, nil
		}
		cursor, id = "before", string(list[0].ID)
	}
	return events, nil
}
