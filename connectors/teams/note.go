package teams

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

type named struct {
	ID     string `json:"id"`
	Object string `json:"aadObjectId,omitempty"`
}

type attachment struct {
	Type    string  `json:"contentType"`
	Content element `json:"content"`
}

// outgoing is the only thing we ever send: a card, in a chat of one agent.
type outgoing struct {
	Type         string       `json:"type"`
	From         named        `json:"from"`
	Conversation named        `json:"conversation"`
	Recipient    *named       `json:"recipient,omitempty"`
	Summary      string       `json:"summary"`
	Attachments  []attachment `json:"attachments"`
	Entities     []element    `json:"entities"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || c.cfg.ClientSecret.IsZero() }

// Note implements [connectors.Noter] with a card for each agent who is in the
// conversation, in that agent's own chat with us; or for the one who asked.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	service, conversation, user := n.Route[routeService], n.Route[routeConversation], n.Route[routeUser]
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "personal"`))
	case c.cfg.ClientSecret.IsZero():
		return "", connectors.Permanent(errors.New("client_secret: required to show suggestions in Teams; make one in Entra admin center > App registrations"))
	case !isConversation(conversation) || !c.isService(service):
		return "", connectors.Permanent(fmt.Errorf("suggestion %s: its route names no conversation of Teams", n.Suggestion))
	}
	members, err := c.roster(ctx, service, conversation)
	if err != nil {
		return "", err
	}
	var pieces []string
	var first error
	for _, m := range members {
		if !c.insider(m) || (user != "" && !strings.EqualFold(user, m.object())) {
			continue
		}
		p, err := c.tell(ctx, service, m, n)
		if err == nil {
			pieces = append(pieces, p)
			continue
		}
		if first == nil || connectors.IsPermanent(first) {
			first = err // what may pass counts more than what will not
		}
		if errors.Is(err, connectors.ErrGone) {
			break
		}
	}
	switch {
	case len(pieces) > 0:
		// Trying again for one agent would show it twice to others after a
		// restart. One who saw it is enough.
		return strings.Join(pieces, ","), nil
	case first != nil:
		return "", fmt.Errorf("show to agents: %w", first)
	}
	return "", connectors.Permanent(fmt.Errorf("no agent on the list is a member of conversation %s; add one to it, or use the panel", conversation))
}

// insider reports whether m may see a draft: on the list, of our tenant, and
// no guest. A mistaken id on the list does not suffice.
func (c *Connector) insider(m member) bool {
	return m.ID != "" && c.agent(m.object()) && !slices.Contains(outsiders, strings.ToLower(m.Role)) &&
		(m.Tenant == "" || strings.EqualFold(m.Tenant, c.cfg.TenantID))
}

// tell shows n to one agent and returns where it stands.
func (c *Connector) tell(ctx context.Context, service string, m member, n connectors.Note) (string, error) {
	s, err := c.seat(ctx, service, m)
	if err != nil {
		return "", err
	}
	once := n.Suggestion + "|" + s.object + "|" + n.Route[routeAsk]
	if id, ok := c.shown.get(once); ok {
		return piece(s, id), nil
	}
	out := c.outgoing(n, s)
	out.Recipient = &named{ID: s.id, Object: s.object}
	var got struct {
		ID string `json:"id"`
	}
	err = c.call(ctx, http.MethodPost, service, "/"+escape(s.chat)+"/activities", out, &got)
	switch e, ok := errors.AsType[*connectors.CallError](err); {
	case err == nil:
	case ok && e.Status/100 == 2:
		got.ID = "" // it stands there; which it is the answer did not say
	case unsure(err):
		c.shown.put(once, "")
		return "", connectors.Permanent(fmt.Errorf("agent %s may have it: Teams cannot be asked, so it is not sent again; see the panel: %w", s.object, err))
	default:
		if errors.Is(err, errNotThere) {
			c.seats.drop(service + "|" + s.object)
		}
		return "", err
	}
	c.shown.put(once, got.ID)
	return piece(s, got.ID), nil
}

// unsure reports whether a card may have been posted although the call failed.
// Posting is not idempotent, and there is no way to look.
func unsure(err error) bool {
	e, ok := errors.AsType[*connectors.CallError](err)
	if !ok || e.Final {
		return false
	}
	if e.Status == 0 {
		op, ok := errors.AsType[*net.OpError](err)
		return !ok || op.Op != "dial" // what never connected was never sent
	}
	return e.Status == http.StatusRequestTimeout || e.Status == http.StatusInternalServerError
}

func (c *Connector) outgoing(n connectors.Note, s seat) outgoing {
	return outgoing{
		Type: typeMessage, From: named{ID: c.bot()}, Conversation: named{ID: s.chat},
		// What pops up on a screen that others may see is no draft.
		Summary:     c.words.Title,
		Attachments: []attachment{{Type: typeCard, Content: c.card(n, s.object, inChat)}},
		Entities: []element{{
			"type": "https://schema.org/Message", "@type": "Message", "@context": "https://schema.org", "additionalType": []string{labelGenerated},
		}},
	}
}

// piece is where one agent's card stands: agent, chat, activity.
func piece(s seat, activity string) string {
	return escape(s.object) + "/" + escape(s.chat) + "/" + escape(activity)
}

// standing are the pieces of a note's id whose activity we know.
func standing(external string) (seats []seat, activities []string, err error) {
	for p := range strings.SplitSeq(external, ",") {
		parts := strings.Split(p, "/")
		if len(parts) != 3 {
			return nil, nil, connectors.Permanent(errors.New("note id is not one of this desk"))
		}
		for i := range parts {
			if parts[i], err = url.PathUnescape(parts[i]); err != nil {
				return nil, nil, connectors.Permanent(errors.New("note id is not one of this desk"))
			}
		}
		if !isPersonal(parts[1]) {
			return nil, nil, connectors.Permanent(errors.New("note id names no chat of one agent"))
		}
		if parts[2] == "" {
			continue
		}
		seats = append(seats, seat{object: parts[0], chat: parts[1]})
		activities = append(activities, parts[2])
	}
	return seats, activities, nil
}

// each does something with each card of a note, and counts those that stood.
func (c *Connector) each(external string, do func(s seat, activity string) error) (stood int, first error) {
	seats, activities, err := standing(external)
	if err != nil {
		return 0, err
	}
	for i, s := range seats {
		err := do(s, activities[i])
		switch {
		case err == nil:
			stood++
		case errors.Is(err, errNotThere):
		case first == nil || connectors.IsPermanent(first):
			first = err
		}
	}
	return stood, first
}

// Update implements [connectors.Updater] in place.
func (c *Connector) Update(ctx context.Context, external string, n connectors.Note) error {
	service := n.Route[routeService]
	stood, err := c.each(external, func(s seat, activity string) error {
		if !c.agent(s.object) {
			return errNotThere // taken off the list since
		}
		return c.call(ctx, http.MethodPut, service, "/"+escape(s.chat)+"/activities/"+escape(activity), c.outgoing(n, s), nil)
	})
	switch {
	case err != nil:
		return fmt.Errorf("update cards of suggestion %s: %w", n.Suggestion, err)
	case stood == 0:
		return fmt.Errorf("cards of suggestion %s: %w", n.Suggestion, connectors.Permanent(connectors.ErrNoNote))
	}
	return nil
}

// Withdraw implements [connectors.Withdrawer] by deleting the cards.
func (c *Connector) Withdraw(ctx context.Context, external string, n connectors.Note) error {
	_, err := c.each(external, func(s seat, activity string) error {
		return c.call(ctx, http.MethodDelete, n.Route[routeService], "/"+escape(s.chat)+"/activities/"+escape(activity), nil, nil)
	})
	if err != nil {
		return fmt.Errorf("delete cards of suggestion %s: %w", n.Suggestion, err)
	}
	return nil
}
