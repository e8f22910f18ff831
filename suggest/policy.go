package suggest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

// Policy says for which conversations of a desk drafts are made, and who sees
// them. Lists that are empty allow everything; upper and lower case are alike.
type Policy struct {
	Channels, Groups, Languages []string
	Tags                        []string // at least one of them
	NotTags                     []string // none of them
	// Share of the conversations, 0 to 1. Which ones is decided by their ids,
	// so that a conversation stays in or out.
	Share float64
	// Shadow drafts, stores and measures, and shows nobody.
	Shadow bool
	// Open reports whether a time lies within business hours; nil: always.
	// Outside of them, nothing is drafted.
	Open func(time.Time) bool
	// Map leads brands and groups to workspaces and collections; the first
	// that fits counts.
	Map []Mapping
}

// Mapping leads the conversations of a brand and a group, where one is named,
// to a workspace ("" for the desk's own) and to collections (none: all).
type Mapping struct {
	Brand, Group string
	Workspace    string
	Collections  []string
}

func (m Mapping) fits(a about) bool {
	return (m.Brand == "" || strings.EqualFold(m.Brand, a.brand)) && (m.Group == "" || strings.EqualFold(m.Group, a.group))
}

// about is what a policy asks of a conversation.
type about struct {
	conversation          string
	channel, group, brand string
	tags                  []string
}

// policy of a desk; without one, everything is drafted and shown.
func (w *Worker) policy(desk string) Policy {
	if p, ok := w.Policies[desk]; ok {
		return p
	}
	return Policy{Share: 1}
}

// about puts together what the event and the conversation say; not every event
// of a desk says everything.
func (w *Worker) about(ctx context.Context, e store.Event) (about, error) {
	a := about{conversation: e.Conversation, channel: e.Channel, group: e.Group, brand: e.Brand, tags: e.Tags}
	if e.Conversation == "" {
		return a, nil
	}
	c, err := w.Store.Conversation(ctx, e.Workspace, e.Desk, e.Conversation)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return a, fmt.Errorf("look at the conversation of %s: %w", e.Key, err)
	}
	for _, f := range []struct {
		own   *string
		known string
	}{{&a.channel, c.Channel}, {&a.group, c.Group}, {&a.brand, c.Brand}} {
		if *f.own == "" {
			*f.own = f.known
		}
	}
	if len(a.tags) == 0 {
		a.tags = c.Tags
	}
	return a, nil
}

// wants reports whether a draft is made for a message of a conversation.
// When is the message's time and now: one that is caught up on in the morning,
// or comes at the last minute, is drafted for.
func (p Policy) wants(desk string, a about, when ...time.Time) bool {
	tagged := func(list []string) bool {
		return slices.ContainsFunc(a.tags, func(t string) bool { return listed(list, t) })
	}
	switch {
	case len(p.Channels) > 0 && !listed(p.Channels, a.channel),
		len(p.Groups) > 0 && !listed(p.Groups, a.group),
		len(p.Tags) > 0 && !tagged(p.Tags),
		tagged(p.NotTags),
		p.Open != nil && !slices.ContainsFunc(when, p.Open):
		return false
	}
	return drawn(desk, a.conversation) < p.Share
}

// speaks reports whether drafts are made in a language.
func (p Policy) speaks(language string) bool {
	return len(p.Languages) == 0 || listed(p.Languages, language)
}

func listed(list []string, s string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(strings.TrimSpace(x), strings.TrimSpace(s)) })
}

// drawn is a number of 0 to 1, without 1, that a conversation always draws.
func drawn(desk, conversation string) float64 {
	sum := sha256.Sum256([]byte("share\x00" + desk + "\x00" + conversation))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / math.Exp2(53)
}

// collections that drafts for a conversation rest on; none means all.
func (p Policy) collections(a about, workspace string) []string {
	for _, m := range p.Map {
		if m.fits(a) && (m.Workspace == "" || m.Workspace == workspace) {
			return m.Collections
		}
	}
	return nil
}

// workspaces that a desk's conversations may be in, its own first.
func (w *Worker) workspaces(own, desk string) []string {
	out := []string{own}
	for _, m := range w.policy(desk).Map {
		if m.Workspace != "" && !slices.Contains(out, m.Workspace) {
			out = append(out, m.Workspace)
		}
	}
	return out
}

// Accept stores the events of a desk, each in the workspace that its brand and
// group lead to; own is the desk's. A conversation stays where its first
// message was: moved later, it would be torn apart. fresh counts those that
// were not known.
func (w *Worker) Accept(ctx context.Context, own, desk string, events []connectors.Event) (fresh int, err error) {
	parts, err := w.routed(ctx, own, desk, events)
	if err != nil {
		return 0, err
	}
	for _, p := range parts {
		if len(p.events) == 0 {
			continue
		}
		n, err := w.Store.Accept(ctx, p.workspace, desk, p.events)
		if err != nil {
			return fresh, err
		}
		fresh += n
	}
	return fresh, nil
}

// part is those of some events that belong to one workspace.
type part struct {
	workspace string
	events    []connectors.Event
}

// routed parts events by workspace; the last part is the desk's own.
func (w *Worker) routed(ctx context.Context, own, desk string, events []connectors.Event) ([]part, error) {
	all := w.workspaces(own, desk)
	if len(all) == 1 {
		return []part{{own, events}}, nil
	}
	placed, byWorkspace := map[string]string{}, map[string][]connectors.Event{}
	for _, e := range events {
		at, ok := placed[e.Conversation]
		if !ok {
			var err error
			if at, err = w.Store.Workspace(ctx, desk, e.Conversation, all...); err != nil {
				return nil, err
			}
			if at == "" {
				at = own
				a := about{group: e.Group, brand: e.Brand}
				if i := slices.IndexFunc(w.policy(desk).Map, func(m Mapping) bool { return m.fits(a) }); i >= 0 && w.policy(desk).Map[i].Workspace != "" {
					at = w.policy(desk).Map[i].Workspace
				}
				ok = e.Kind == connectors.Message // others may not know brand and group
			} else {
				ok = true
			}
			if ok && e.Conversation != "" {
				placed[e.Conversation] = at
			}
		}
		byWorkspace[at] = append(byWorkspace[at], e)
	}
	var out []part
	for _, name := range append(all[1:], own) {
		out = append(out, part{name, byWorkspace[name]})
	}
	return out, nil
}
