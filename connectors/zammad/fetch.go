package zammad

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

// place is how far a poll has read: all tickets changed before At, and of those
// changed at At all up to ID.
type place struct {
	At time.Time `json:"t"`
	ID int64     `json:"id,omitempty"`
}

// changed is a ticket as a search finds it.
type changed struct {
	place
	ticket connectors.ID
}

func (p place) compare(q place) int { return cmp.Or(p.At.Compare(q.At), cmp.Compare(p.ID, q.ID)) }

const day = 24 * time.Hour

// Poll implements [connectors.Poller] with a search for tickets that changed,
// one day at a time, and reads their articles. The last minutes are read again
// each time; what we had already has the same keys.
func (c *Connector) Poll(ctx context.Context, cursor string, since time.Time) (connectors.Page, error) {
	from := place{At: since.UTC()}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &from); err != nil || from.At.IsZero() {
			return connectors.Page{}, connectors.Permanent(errors.New("cursor is not ours; forget it to start again"))
		}
		from.At = from.At.UTC()
	}
	date := from.At.Truncate(day)
	found, err := c.search(ctx, date)
	if err != nil {
		return connectors.Page{}, err
	}
	found = slices.DeleteFunc(found, func(t changed) bool { return t.compare(from) <= 0 && (from.ID != 0 || t.At.Before(from.At)) })
	slices.SortFunc(found, func(a, b changed) int { return a.compare(b.place) })
	page := connectors.Page{}
	next := from
	for i, t := range found {
		if i == pollTickets {
			page.More = true
			break
		}
		events, err := c.ticketEvents(ctx, t.ticket, from.At.Add(-overlap))
		if err != nil {
			return connectors.Page{}, err
		}
		page.Events = append(page.Events, events...)
		next = t.place
	}
	if !page.More {
		if today := c.client.Now().UTC().Add(-overlap).Truncate(day); date.Before(today) {
			next, page.More = place{At: date.Add(day)}, true
		} else {
			next = place{At: latest(from.At, next.At.Add(-overlap))}
		}
	}
	slices.SortStableFunc(page.Events, func(a, b connectors.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key)) })
	text, err := json.Marshal(next)
	if err != nil {
		return connectors.Page{}, connectors.Permanent(err)
	}
	page.Cursor = string(text)
	return page, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// search finds the tickets that changed on a day, newest first: one that
// changes meanwhile is found twice rather than never.
func (c *Connector) search(ctx context.Context, date time.Time) ([]changed, error) {
	var all []changed
	seen := map[connectors.ID]bool{}
	for p := 1; p <= maxPages; p++ {
		text := date.Format(time.DateOnly)
		q := url.Values{
			"query": {"updated_at:[" + text + " TO " + text + "]"}, "sort_by": {"updated_at"}, "order_by": {"desc"},
			"per_page": {strconv.Itoa(searchPage)}, "limit": {strconv.Itoa(searchPage)}, "page": {strconv.Itoa(p)},
		}
		var out struct {
			Tickets []connectors.ID `json:"tickets"`
			Assets  struct {
				Ticket map[connectors.ID]struct {
					UpdatedAt time.Time `json:"updated_at"`
				} `json:"Ticket"`
			} `json:"assets"`
		}
		if err := c.call(ctx, http.MethodGet, "/api/v1/tickets/search?"+q.Encode(), nil, &out); err != nil {
			return nil, fmt.Errorf("search for changed tickets: %w", err)
		}
		known := len(all)
		for _, id := range out.Tickets {
			n, err := strconv.ParseInt(string(id), 10, 64)
			at := out.Assets.Ticket[id].UpdatedAt
			if err != nil || at.IsZero() {
				return nil, connectors.Permanent(fmt.Errorf("search for changed tickets: the answer does not say when ticket %.20q changed", id))
			}
			if !seen[id] {
				seen[id] = true
				all = append(all, changed{place: place{At: at.UTC(), ID: n}, ticket: id})
			}
		}
		switch {
		case len(out.Tickets) < searchPage:
			return all, nil
		case len(all) == known:
			return nil, connectors.Permanent(errors.New("search for changed tickets: the second page is the first again; update this Zammad"))
		}
	}
	return nil, connectors.Permanent(fmt.Errorf("more than %d tickets changed on %s; give the user of the token fewer groups", searchPage*maxPages, date.Format(time.DateOnly)))
}

// ticketEvents is what happened in a ticket since then.
func (c *Connector) ticketEvents(ctx context.Context, id connectors.ID, since time.Time) ([]connectors.Event, error) {
	raw, articles, err := c.ticket(ctx, string(id))
	if isGone(err) {
		return nil, nil // merged, deleted or moved out of our sight meanwhile
	}
	if err != nil {
		return nil, err
	}
	events, err := c.events(payload{Ticket: raw})
	if err != nil {
		return []connectors.Event{c.unreadable("ticket", id, id, err)}, nil
	}
	for _, a := range articles {
		if a.CreatedAt.Before(since) {
			continue
		}
		more, err := c.events(payload{Ticket: raw, Article: &a})
		if err != nil {
			more = []connectors.Event{c.unreadable("article", a.ID, id, err)}
		}
		events = append(events, slices.DeleteFunc(more, func(e connectors.Event) bool { return e.Kind != connectors.Message && e.Kind != connectors.Ops })...)
	}
	return slices.DeleteFunc(events, func(e connectors.Event) bool { return e.Kind != connectors.Ops && e.At.Before(since) }), nil
}

// unreadable tells an administrator of something that is left out: it must not
// keep us from all that follows it.
func (c *Connector) unreadable(what string, id, ticket connectors.ID, err error) connectors.Event {
	return connectors.Event{
		Kind: connectors.Ops, Key: "unreadable:" + what + ":" + string(id), Tenant: c.host, Conversation: string(ticket),
		Detail: fmt.Sprintf("The %s %s is left out: %s.", what, id, err),
	}
}

// ticket reads a ticket with its articles. Where these are larger together than
// an answer may be, it reads the latest.
func (c *Connector) ticket(ctx context.Context, id string) (json.RawMessage, []article, error) {
	var raw json.RawMessage
	if err := c.call(ctx, http.MethodGet, "/api/v1/tickets/"+id+"?expand=true", nil, &raw); err != nil {
		return nil, nil, fmt.Errorf("read ticket %s: %w", id, err)
	}
	articles, err := c.articles(ctx, id)
	if !isLarge(err) {
		return raw, articles, err
	}
	t, err := decodeTicket(raw)
	if err != nil {
		return nil, nil, connectors.Permanent(err)
	}
	articles, err = c.latest(ctx, t)
	return raw, articles, err
}

// articles are all those of a ticket.
func (c *Connector) articles(ctx context.Context, id string) ([]article, error) {
	var out []article
	if err := c.call(ctx, http.MethodGet, "/api/v1/ticket_articles/by_ticket/"+id, nil, &out); err != nil {
		return nil, fmt.Errorf("read articles of ticket %s: %w", id, err)
	}
	return out, nil
}

// latest are the last articles of a ticket, read one by one.
func (c *Connector) latest(ctx context.Context, t ticket) ([]article, error) {
	ids := slices.Clone(t.ArticleIDs)
	slices.SortFunc(ids, func(a, b connectors.ID) int { return cmp.Or(len(b)-len(a), strings.Compare(string(b), string(a))) })
	var out []article
	for _, id := range ids[:min(len(ids), maxLatest)] {
		if !connectors.IsNumber(string(id)) {
			return nil, connectors.Permanent(fmt.Errorf("ticket %s: %.20q is no id of an article", t.ID, id))
		}
		var a article
		err := c.call(ctx, http.MethodGet, "/api/v1/ticket_articles/"+string(id), nil, &a)
		if isGone(err) || isLarge(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read article %s: %w", id, err)
		}
		out = append(out, a)
	}
	return out, nil
}
