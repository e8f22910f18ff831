package zendesk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Poll implements [connectors.Poller] with the incremental export of tickets:
// Zendesk loses deliveries while its circuit breaker is open. Without a token
// nothing is found. Messages of messaging are not among the comments.
//
// The cursor is a time and Zendesk's own cursor: the export names tickets that
// changed, the time tells which of their comments are new.
func (c *Connector) Poll(ctx context.Context, cursor string, since time.Time) (connectors.Page, error) {
	if c.cfg.Token.IsZero() {
		return connectors.Page{Cursor: cursor}, nil
	}
	floor, after := since.UTC(), ""
	if text, rest, ok := strings.Cut(cursor, ":"); ok {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			floor, after = time.Unix(n, 0).UTC(), rest
		}
	}
	q := url.Values{"per_page": {strconv.Itoa(pollTickets)}, "exclude_deleted": {"false"}}
	if after != "" {
		q.Set("cursor", after)
	} else {
		start := floor
		if latest := c.client.Now().Add(-pollLag); start.After(latest) {
			start = latest
		}
		q.Set("start_time", strconv.FormatInt(max(0, start.Unix()), 10))
	}
	var out struct {
		Tickets []ticket `json:"tickets"`
		After   string   `json:"after_cursor"`
		End     bool     `json:"end_of_stream"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v2/incremental/tickets/cursor.json?"+q.Encode(), nil, &out); err != nil {
		return connectors.Page{}, fmt.Errorf("look for changed tickets: %w", err)
	}
	page := connectors.Page{More: !out.End && out.After != "" && out.After != after}
	high := floor
	for _, t := range out.Tickets {
		events, err := c.changed(ctx, t, floor)
		if err != nil {
			return connectors.Page{}, err
		}
		page.Events = append(page.Events, events...)
		if t.UpdatedAt.After(high) {
			high = t.UpdatedAt
		}
	}
	slices.SortStableFunc(page.Events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	if out.After != "" {
		after = out.After
	}
	// Pages of one stream are not in the order of time, so what counts as new
	// moves on only at its end.
	if page.More {
		high = floor
	}
	page.Cursor = strconv.FormatInt(high.Unix(), 10) + ":" + after
	return page, nil
}

// changed is what happened to a ticket since floor.
func (c *Connector) changed(ctx context.Context, t ticket, floor time.Time) ([]connectors.Event, error) {
	id := string(t.ID)
	if !connectors.IsNumber(id) || t.UpdatedAt.Before(floor.Add(-pollOverlap)) {
		return nil, nil
	}
	if isDeleted(t.Status) {
		return []connectors.Event{gone(t.event(c.cfg.AccountID, id), t.UpdatedAt.UTC())}, nil
	}
	// wanted looks back from the event's time; floor has the overlap in it.
	events, err := c.said(ctx, id, t, connectors.Event{At: floor.Add(fetchWindow - pollOverlap)})
	if err != nil {
		return nil, err
	}
	events = append(events, t.rated(c.cfg.AccountID, id)...)
	if isOver(t.Status) {
		e := t.event(c.cfg.AccountID, id)
		e.Kind, e.Key, e.At = connectors.Closed, closedKey(id, t.UpdatedAt), t.UpdatedAt.UTC()
		events = append(events, e)
	}
	return events, nil
}
