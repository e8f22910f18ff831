package liveagent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// noteType is the only thing between a note and a mail to the customer, so it
// is a constant, and what came of it is read again.
const noteType = messageNote

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes != AsNotes }

// Note implements [connectors.Noter] with a note of version 1 of the API. The
// first one goes to the test ticket. Each is looked for before, so that running
// twice writes one, and read after, so that one which is none raises an alarm.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	id := n.Route[routeTicket]
	switch {
	case c.cfg.Notes != AsNotes:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "note", see README.md`))
	case !connectors.IsToken(id) || !connectors.IsToken(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("ticket %q or suggestion %q is no id", id, n.Suggestion))
	}
	if err := c.prove(ctx); err != nil {
		return "", err
	}
	sign := marker + n.Suggestion + "]"
	return c.write(ctx, id, sign, connectors.Text(n, sign, c.words, maxNote))
}

// prove sees to it that a note on the test ticket is one, before any customer's
// ticket gets one.
func (c *Connector) prove(ctx context.Context) error {
	if c.stopped.Load() {
		return connectors.Permanent(errors.New("no notes are written any more, because one may have been visible; see the log, then restart"))
	}
	if c.proven.Load() {
		return nil
	}
	c.proving.Lock()
	defer c.proving.Unlock()
	if c.proven.Load() {
		return nil
	}
	sign := marker + probe + "]"
	if _, err := c.write(ctx, c.cfg.TestTicket, sign, sign+" "+c.words.Title); err != nil {
		return fmt.Errorf("try a note on test_ticket: %w", err)
	}
	c.proven.Store(true)
	return nil
}

// write puts text, which begins with sign, on a ticket, unless it is there.
func (c *Connector) write(ctx context.Context, id, sign, text string) (string, error) {
	if note, err := c.noted(ctx, id, sign); err != nil || note != "" {
		return note, err
	}
	sent := c.post(ctx, id, text)
	if e, ok := errors.AsType[*connectors.CallError](sent); ok && e.Final {
		return "", fmt.Errorf("write note on ticket %s: %w", id, sent)
	}
	// Whatever became of the answer, the ticket tells what was written. Not
	// even a worker that is shutting down leaves that unread.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
	defer cancel()
	note, err := c.noted(ctx, id, sign)
	switch {
	case err != nil || note != "":
		return note, err
	case sent != nil: // and not there: it was not done
		return "", fmt.Errorf("write note on ticket %s: %w", id, sent)
	}
	return "", c.alarm(id, "LiveAgent says that the note was written, but it is not among the ticket's messages; look at the ticket now")
}

// post is the one call that writes.
func (c *Connector) post(ctx context.Context, id, text string) error {
	if err := c.pace.wait(ctx); err != nil {
		return err
	}
	form := url.Values{
		"apikey": {c.cfg.NotesKey.Reveal()}, "message": {text}, "useridentifier": {c.cfg.Agent},
		"type": {noteType}, "is_html_message": {"N"},
	}
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}, "Accept": {"application/json"}}
	_, err := c.client.Do(ctx, http.MethodPost, c.cfg.base()+pathNotes+id+"/messages", h, []byte(form.Encode()))
	return classify(err, "notes_key", "version 1")
}

// noted is the id of our note with that sign, nothing if there is none, and an
// alarm if what carries our sign is no note.
func (c *Connector) noted(ctx context.Context, id, sign string) (string, error) {
	groups, err := c.groups(ctx, id)
	if err != nil {
		return "", err
	}
	note := ""
	for _, g := range groups {
		for _, m := range g.Messages {
			own := string(m.User) == c.cfg.Agent || string(g.User) == c.cfg.Agent
			switch {
			case !strings.Contains(m.Text, sign):
			case m.Type == noteType:
				note = string(m.ID)
			case own: // a customer who writes our sign changes nothing
				return "", c.alarm(id, fmt.Sprintf("message %s is of type %q instead of a note; look at the ticket now", m.ID, m.Type))
			}
		}
	}
	return note, nil
}

// alarm stops all notes of this account: what happened once happens again.
func (c *Connector) alarm(id, what string) error {
	c.stopped.Store(true)
	return connectors.Permanent(fmt.Errorf("ticket %s: %s; set notes to \"off\" and see README.md: %w", id, what, connectors.ErrVisible))
}
