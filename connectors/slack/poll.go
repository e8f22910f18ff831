package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// progress is the cursor of a poll: up to where each channel was read, and
// where the present round is.
type progress struct {
	Read map[string]string `json:"r,omitempty"` // ts by channel
	Turn int               `json:"t,omitempty"` // channel of the round
	Next string            `json:"n,omitempty"` // Slack's cursor within the channel
	High string            `json:"h,omitempty"` // newest ts seen in the channel so far
}

// Poll implements [connectors.Poller]: one page of one channel at a time, newest
// page first, since Slack counts calls. Deleted messages are not found. Without
// a token or channels nothing is.
func (c *Connector) Poll(ctx context.Context, cursor string, since time.Time) (connectors.Page, error) {
	if c.cfg.Token.IsZero() || len(c.cfg.Channels) == 0 {
		return connectors.Page{Cursor: cursor}, nil
	}
	var p progress
	if cursor != "" {
		if err := connectors.Decode([]byte(cursor), &p); err != nil {
			return connectors.Page{}, connectors.Permanent(fmt.Errorf("cursor: not one of ours: %w", err))
		}
	}
	if p.Turn < 0 || p.Turn >= len(c.cfg.Channels) { // channels were taken off the list
		p.Turn, p.Next, p.High = 0, "", ""
	}
	channel := c.cfg.Channels[p.Turn]
	floor := since
	if at, ok := stampTime(p.Read[channel]); ok {
		floor = at
	}
	q := url.Values{"channel": {channel}, "limit": {strconv.Itoa(historyPage)}, "oldest": {seconds(floor.Add(-lookBack))}}
	if p.Next != "" {
		q.Set("cursor", p.Next)
	}
	list, next, err := c.messages(ctx, methodHistory, q)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("read channel %s: %w", channel, err)
	}
	found := found{c: c, channel: channel, floor: floor.Add(-pollOverlap), keys: map[string]bool{}}
	for _, m := range list {
		found.add(m)
		p.High = max(p.High, m.TS)
		if last, ok := stampTime(m.LatestReply); ok && last.After(found.floor) {
			if err := found.thread(ctx, m.TS); err != nil {
				return connectors.Page{}, err
			}
		}
	}
	slices.SortStableFunc(found.events, func(a, b connectors.Event) int { return a.At.Compare(b.At) })

	p.Next = next
	if next == "" { // the channel is read
		if p.Read == nil {
			p.Read = map[string]string{}
		}
		// What nobody wrote is read as well, but a thread may have gone on.
		p.Read[channel] = seconds(latest(floor, p.High))
		p.High = ""
		p.Turn = (p.Turn + 1) % len(c.cfg.Channels)
	}
	for known := range p.Read {
		if !slices.Contains(c.cfg.Channels, known) {
			delete(p.Read, known)
		}
	}
	data, err := json.Marshal(p)
	if err != nil {
		return connectors.Page{}, fmt.Errorf("encode cursor: %w", err)
	}
	return connectors.Page{Events: found.events, Cursor: string(data), More: next != "" || p.Turn != 0}, nil
}

// thread reads the replies since floor, oldest first.
func (f *found) thread(ctx context.Context, ts string) error {
	q := url.Values{"channel": {f.channel}, "ts": {ts}, "oldest": {seconds(f.floor)}, "limit": {strconv.Itoa(repliesPage)}}
	for range maxReplies {
		replies, next, err := f.c.messages(ctx, methodReplies, q)
		if err != nil {
			return fmt.Errorf("read a thread in %s: %w", f.channel, err)
		}
		for _, r := range replies {
			f.add(r)
		}
		if next == "" {
			return nil
		}
		q.Set("cursor", next)
	}
	f.keep(f.c.ops("thread:"+f.channel+":"+ts, f.floor, fmt.Sprintf(
		"thread %s in channel %s got more than %d replies that we missed; the rest of them is not read", ts, f.channel, maxReplies*repliesPage)).Events[0])
	return nil
}

// seconds is a time as Slack writes it.
func seconds(t time.Time) string {
	return fmt.Sprintf("%d.%06d", max(0, t.Unix()), t.Nanosecond()/1000)
}

// latest is the later of floor and the message at ts.
func latest(floor time.Time, ts string) time.Time {
	if at, ok := stampTime(ts); ok && at.After(floor) {
		return at
	}
	return floor
}

// messages reads one page.
func (c *Connector) messages(ctx context.Context, method string, q url.Values) (list []message, next string, err error) {
	var out struct {
		Messages []message `json:"messages"`
		Metadata struct {
			NextCursor string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	if err := c.get(ctx, method, q, &out); err != nil {
		return nil, "", err
	}
	return out.Messages, out.Metadata.NextCursor, nil
}

// found collects the messages of a poll.
type found struct {
	c       *Connector
	channel string
	floor   time.Time
	keys    map[string]bool
	events  []connectors.Event
}

// add keeps m as deliveries would have told of it: as a message, and once more
// if it was edited.
func (f *found) add(m message) {
	ev := &inner{message: m, Channel: f.channel}
	switch m.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
	default:
		return
	}
	if f.c.bot(&m, envelope{APIAppID: f.c.cfg.App}) {
		return
	}
	e := f.c.event(connectors.Message, ev, &m)
	if e.Message == "" {
		return
	}
	e.Key = messageKey(e)
	if e.At.After(f.floor) {
		f.keep(e)
	}
	if m.Edited == nil {
		return
	}
	if at, ok := stampTime(m.Edited.TS); ok && at.After(f.floor) {
		e.Kind, e.At = connectors.Edited, at
		e.Key = editedKey(e, m.Edited.TS)
		f.keep(e)
	}
}

func (f *found) keep(e connectors.Event) {
	if !f.keys[e.Key] {
		f.keys[e.Key] = true
		f.events = append(f.events, e)
	}
}
