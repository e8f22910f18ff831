package intercom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// cursor is where a poll goes on.
type cursor struct {
	Since int64  `json:"s"`           // unix seconds; what is older was read
	High  int64  `json:"h,omitempty"` // the newest change seen while pages are turned
	Next  string `json:"n,omitempty"` // the next page; empty: begin again at High
}

// search is the question for conversations that changed.
type search struct {
	Query      filter `json:"query"`
	Pagination paging `json:"pagination"`
}

type filter struct {
	Field    string `json:"field"`
	Operator string `json:"operator"`
	Value    int64  `json:"value"`
}

type paging struct {
	PerPage int    `json:"per_page"`
	After   string `json:"starting_after,omitempty"`
}

// Poll implements [connectors.Poller]. Intercom repeats a notification once,
// and drops all of them while it holds us for broken. The order of the search
// is not documented, so the pages of one question are read to their end before
// the cursor moves on; notifications lost within them come again by then.
func (c *Connector) Poll(ctx context.Context, at string, since time.Time) (connectors.Page, error) {
	if c.cfg.Token.IsZero() {
		return connectors.Page{}, connectors.Permanent(errors.New("token: required to look for missed messages; take it from Developer Hub > your app > Authentication"))
	}
	cur := cursor{Since: since.Unix()}
	if at != "" {
		if err := json.Unmarshal([]byte(at), &cur); err != nil {
			return connectors.Page{}, connectors.Permanent(errors.New("cursor is not one of ours; start without one"))
		}
	}
	in := search{
		// The operator means "greater or equal".
		Query:      filter{Field: "updated_at", Operator: ">", Value: cur.Since},
		Pagination: paging{PerPage: pollPage, After: cur.Next},
	}
	var out struct {
		Conversations []struct {
			ID        connectors.ID `json:"id"`
			UpdatedAt unix          `json:"updated_at"`
		} `json:"conversations"`
		Pages struct {
			Next *struct {
				After string `json:"starting_after"`
			} `json:"next"`
		} `json:"pages"`
	}
	if err := c.call(ctx, http.MethodPost, "/conversations/search", in, &out); err != nil {
		return connectors.Page{}, fmt.Errorf("search conversations: %w", err)
	}
	if len(out.Conversations) > pollPage {
		out.Conversations = out.Conversations[:pollPage]
	}
	var page connectors.Page
	for _, found := range out.Conversations {
		cur.High = max(cur.High, int64(found.UpdatedAt))
		if !isID(string(found.ID)) || int64(found.UpdatedAt) < cur.Since {
			continue
		}
		item, err := c.conversation(ctx, string(found.ID))
		if gone(err) {
			continue // deleted meanwhile
		}
		if err != nil {
			return connectors.Page{}, err
		}
		page.Events = append(page.Events, c.missed(item, cur.Since)...)
	}
	page.Events = ordered(page.Events)
	next := cursor{Since: cur.Since}
	if out.Pages.Next != nil && out.Pages.Next.After != "" && out.Pages.Next.After != cur.Next && len(out.Conversations) > 0 {
		next.High, next.Next, page.More = cur.High, out.Pages.Next.After, true
	} else if back := cur.High - int64(pollOverlap/time.Second); back > cur.Since {
		next.Since = back
	}
	data, err := json.Marshal(next)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode cursor: %w", err)
	}
	page.Cursor = string(data)
	return page, nil
}

// missed is what happened in a conversation since then.
func (c *Connector) missed(item conversation, since int64) []connectors.Event {
	var out []connectors.Event
	if int64(item.CreatedAt) >= since {
		if e, ok, err := c.opening(item); err == nil && ok {
			out = append(out, e)
		}
	}
	for _, p := range item.Parts.Parts {
		if p.ID != "" && int64(max(p.CreatedAt, p.UpdatedAt)) >= since {
			out = append(out, c.said(item, p)...)
		}
	}
	if item.Source.Redacted && item.Source.ID != "" {
		e := c.gone(item, sourceID(item))
		e.At = item.UpdatedAt.time()
		out = append(out, e)
	}
	return append(out, c.rated(item)...)
}
