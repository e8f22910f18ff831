package livechat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Fetch implements [connectors.Fetcher]: for messages that are not believed as
// they came, see [FromAPI], and for ratings that came in part.
func (c *Connector) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	id, thread, reason := e.Route[routeChat], e.Route[routeThread], e.Route[routeReason]
	if !connectors.IsToken(id) || (thread != "" && !connectors.IsToken(thread)) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: no chat to read in its route", e.Key))
	}
	if !slices.Contains([]string{reasonEvent, reasonUpdated, reasonDeleted, reasonRating}, reason) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: no reason to fetch in its route", e.Key))
	}
	ch, err := c.chat(ctx, id, thread)
	if err != nil {
		return nil, err
	}
	p := c.placeOf(ch)
	if reason == reasonRating {
		return c.ratings(ch, p), nil
	}
	i := slices.IndexFunc(ch.Thread.Events, func(m event) bool { return m.ID == e.Message })
	if reason == reasonDeleted {
		if i >= 0 && !ch.Thread.Events[i].Deleted {
			return nil, connectors.Permanent(fmt.Errorf("event %s is still in chat %s: a forged deletion", e.Message, id))
		}
		return []connectors.Event{deleted(p, e.Message)}, nil
	}
	if i < 0 {
		return nil, connectors.Permanent(fmt.Errorf("event %s is not in chat %s: a forged delivery, or deleted since", e.Message, id))
	}
	got, ok := c.told(ch.Thread.Events[i], p, reason == reasonUpdated)
	if !ok {
		return nil, nil
	}
	return []connectors.Event{got}, nil
}

// ratings is the rating of a thread, or of its chat where that has it.
func (c *Connector) ratings(ch chat, p place) []connectors.Event {
	for _, all := range []properties{ch.Thread.Properties, ch.Properties} {
		if e, ok := c.rated(p, all); ok {
			return []connectors.Event{e}
		}
	}
	return nil
}

// summary is a chat in the list of chats.
type summary struct {
	ID     string `json:"id"`
	Users  []user `json:"users"`
	Access access `json:"access"`
	Last   map[string]struct {
		Event struct {
			CreatedAt time.Time `json:"created_at"`
		} `json:"event"`
	} `json:"last_event_per_type"`
	Thread struct {
		CreatedAt time.Time `json:"created_at"`
	} `json:"last_thread_summary"`
	Properties properties `json:"properties"`
}

// latest is when something last happened in a chat, as far as the list says.
func (s summary) latest() time.Time {
	at := s.Thread.CreatedAt
	for _, l := range s.Last {
		if l.Event.CreatedAt.After(at) {
			at = l.Event.CreatedAt
		}
	}
	return at
}

// cursor is where a [Connector.Poll] goes on: a sweep through the chats that
// changed after From, newest first, is at Page and has seen up to Max.
type cursor struct {
	From time.Time `json:"from"`
	Max  time.Time `json:"max"`
	Page string    `json:"page,omitempty"`
	N    int       `json:"n,omitempty"` // pages so far
}

const maxPageID = 2 << 10

type chatFilters struct {
	WithoutThreads bool `json:"include_chats_without_threads"`
}

type listChats struct {
	Filters   *chatFilters `json:"filters,omitempty"`
	SortOrder string       `json:"sort_order,omitempty"`
	Limit     int          `json:"limit,omitempty"`
	PageID    string       `json:"page_id,omitempty"`
}

// Poll implements [connectors.Poller]. LiveChat tries a delivery for about a
// minute, so what happened while we were down has to be asked for.
func (c *Connector) Poll(ctx context.Context, text string, since time.Time) (connectors.Page, error) {
	cur := cursor{From: since.UTC(), Max: since.UTC()}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &cur); err != nil {
			return connectors.Page{}, connectors.Permanent(fmt.Errorf("cursor is not ours; start without one: %w", connectors.ErrMalformed))
		}
	}
	// What a page's id was made for must not be said again with it.
	in := listChats{PageID: cur.Page}
	if cur.Page == "" {
		in = listChats{Filters: &chatFilters{WithoutThreads: false}, SortOrder: "desc", Limit: pollChats}
	}
	var out struct {
		Chats []summary `json:"chats_summary"`
		Next  string    `json:"next_page_id"`
	}
	if err := c.call(ctx, agentPath+"list_chats", in, &out); err != nil {
		return connectors.Page{}, fmt.Errorf("list chats: %w", err)
	}
	start, changed := cur.From.Add(-pollOverlap), false
	var events []connectors.Event
	for _, s := range out.Chats {
		if !connectors.IsToken(s.ID) || s.latest().Before(start) {
			continue
		}
		changed = true
		got, err := c.since(ctx, s, start)
		if err != nil {
			return connectors.Page{}, err
		}
		events = append(events, got...)
	}
	sortEvents(events)
	for _, e := range events {
		if e.At.After(cur.Max) {
			cur.Max = e.At
		}
	}
	cur.N++
	if out.Next == "" || len(out.Next) > maxPageID || !changed || cur.N >= pollPages {
		cur = cursor{From: cur.Max, Max: cur.Max}
	} else {
		cur.Page = out.Next
	}
	next, err := json.Marshal(cur)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode cursor: %w", err)
	}
	return connectors.Page{Events: unique(events), Cursor: string(next), More: cur.Page != ""}, nil
}

// since is what happened in a chat after start.
func (c *Connector) since(ctx context.Context, s summary, start time.Time) ([]connectors.Event, error) {
	in := struct {
		ChatID string `json:"chat_id"`
		Events int    `json:"min_events_count"`
	}{s.ID, pollEvents}
	var out struct {
		Threads []thread `json:"threads"`
	}
	if err := c.call(ctx, agentPath+"list_threads", in, &out); err != nil {
		return nil, fmt.Errorf("list threads of chat %s: %w", s.ID, err)
	}
	var events []connectors.Event
	for _, t := range out.Threads {
		if !connectors.IsToken(t.ID) {
			continue
		}
		p := c.placeOf(chat{ID: s.ID, Users: s.Users, Properties: s.Properties, Access: s.Access, Thread: t})
		last := t.CreatedAt
		for _, e := range t.Events {
			if e.CreatedAt.After(last) {
				last = e.CreatedAt
			}
			if e.CreatedAt.Before(start) || !connectors.IsToken(e.ID) {
				continue
			}
			if got, ok := c.told(e, p, false); ok {
				events = append(events, got)
			}
		}
		if last.Before(start) {
			continue
		}
		// Neither rating nor end say when; they are no earlier than the last
		// thing that does.
		after := c.ratings(chat{Thread: t}, p)
		if !t.Active {
			after = append(after, closed(p))
		}
		for _, e := range after {
			e.At = last.UTC()
			events = append(events, e)
		}
	}
	return events, nil
}
