package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// place is where a catch-up goes on: at threads whose newest message is later
// than From, oldest first, page by page.
type place struct {
	From   time.Time `json:"from"`
	After  string    `json:"after,omitempty"` // of a page
	Newest time.Time `json:"newest,omitzero"` // message seen in this round
}

const maxCursor = 2 << 10

// Poll implements [connectors.Poller]. HubSpot repeats what it could not
// deliver for about a day, and nothing that it thinks we refused.
func (c *Connector) Poll(ctx context.Context, cursor string, since time.Time) (connectors.Page, error) {
	at := place{From: since.UTC()}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &at); err != nil || at.From.IsZero() {
			return connectors.Page{}, connectors.Permanent(errors.New("cursor is none of ours"))
		}
	}
	q := url.Values{"limit": {strconv.Itoa(threadLimit)}, "sort": {threadOrder}, threadAfter: {at.From.Format(time.RFC3339)}}
	if at.After != "" {
		q.Set("after", at.After)
	}
	var list struct {
		Results []threadInfo `json:"results"`
		Paging  paging       `json:"paging"`
	}
	if err := c.call(ctx, http.MethodGet, conversationsPath+"/threads?"+q.Encode(), nil, &list); err != nil {
		return connectors.Page{}, fmt.Errorf("list threads: %w", err)
	}
	var page connectors.Page
	for _, t := range list.Results {
		if !connectors.IsNumber(string(t.ID)) {
			return connectors.Page{}, connectors.Permanent(fmt.Errorf("list threads: %q is no id", t.ID))
		}
		events, err := c.missed(ctx, t, at.From)
		if err != nil {
			return connectors.Page{}, err
		}
		page.Events = append(page.Events, events...)
		if t.Newest.After(at.Newest) {
			at.Newest = t.Newest.UTC()
		}
	}
	slices.SortStableFunc(page.Events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	// A thread that goes on meanwhile moves to the end and is met again.
	if at.After, page.More = list.Paging.Next.After, list.Paging.Next.After != ""; !page.More {
		if from := at.Newest.Add(-overlap); from.After(at.From) {
			at.From = from
		}
		at.Newest = time.Time{}
	}
	next, err := json.Marshal(at)
	if err != nil || len(next) > maxCursor {
		return connectors.Page{}, connectors.Permanent(fmt.Errorf("cursor of %d bytes cannot be kept: %w", len(next), errors.Join(err, connectors.ErrMalformed)))
	}
	page.Cursor = string(next)
	return page, nil
}

// missed are the messages of a thread since from.
func (c *Connector) missed(ctx context.Context, t threadInfo, from time.Time) ([]connectors.Event, error) {
	var events []connectors.Event
	after := ""
	for range maxBack {
		list, err := c.list(ctx, string(t.ID), after)
		switch {
		case connectors.CallStatus(err) == http.StatusNotFound:
			return events, nil // deleted since it was listed
		case err != nil:
			return nil, err
		}
		for _, m := range list.Results {
			if m.CreatedAt.Before(from) {
				return events, nil // and so are all that follow
			}
			if m.ThreadID == t.ID && isMessage(string(m.ID)) {
				found, err := c.events(ctx, m, t)
				if err != nil {
					return nil, err
				}
				events = append(events, found...)
			}
		}
		if after = list.Paging.Next.After; after == "" {
			break
		}
	}
	return events, nil
}
