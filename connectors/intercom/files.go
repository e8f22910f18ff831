package intercom

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. Files lie at signed addresses of
// Intercom's storage that expire; they are fetched without our token, which
// they do not need, and an expired one is looked up once more.
func (c *Connector) Open(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	f, err := c.open(ctx, a, limit)
	call, ok := errors.AsType[*connectors.CallError](err)
	expired := ok && (call.Status == http.StatusForbidden || call.Status == http.StatusNotFound || call.Status == http.StatusGone)
	if !expired || c.cfg.Token.IsZero() || !isID(e.Conversation) {
		return f, err
	}
	item, readErr := c.conversation(ctx, e.Conversation)
	if readErr != nil {
		return connectors.File{}, fmt.Errorf("attachment %q has expired: %w", a.Name, readErr)
	}
	fresh, found := c.again(item, e.Message, a)
	if !found {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("attachment %q is not in message %s any more", a.Name, e.Message))
	}
	return c.open(ctx, fresh, limit)
}

// again is a as the conversation has it now.
func (c *Connector) again(item conversation, message string, a connectors.Attachment) (connectors.Attachment, bool) {
	var now []connectors.Attachment
	if message == sourceID(item) {
		e, _ := c.message(item, connectors.Customer, item.Source.Author, item.Source.Body, item.Source.Attachments.is)
		now = e.Attachments
	}
	for _, p := range item.Parts.Parts {
		if string(p.ID) == message {
			e, _ := c.message(item, connectors.Customer, p.Author, p.Body, p.Attachments.is)
			now = e.Attachments
		}
	}
	for _, other := range now {
		if place(other.URL) == place(a.URL) || other.Name == a.Name && other.Size == a.Size {
			return other, true
		}
	}
	return connectors.Attachment{}, false
}

// place is an address without the signature behind it.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host + u.Path
}

func (c *Connector) open(ctx context.Context, a connectors.Attachment, limit int64) (connectors.File, error) {
	tooLarge := func() error {
		return connectors.Permanent(fmt.Errorf("attachment %q of more than %d bytes: %w", a.Name, limit, connectors.ErrTooLarge))
	}
	if a.Size > limit {
		return connectors.File{}, tooLarge()
	}
	if _, err := connectors.CheckHTTPS(a.URL); err != nil {
		return connectors.File{}, fmt.Errorf("attachment %q: %w", a.Name, err)
	}
	answer, err := c.files.Do(ctx, http.MethodGet, a.URL, nil, nil)
	if call, ok := errors.AsType[*connectors.CallError](err); ok && call.Final && call.Status == http.StatusOK {
		return connectors.File{}, tooLarge() // than any answer we read
	}
	if err != nil {
		return connectors.File{}, fmt.Errorf("read attachment %q: %w", a.Name, err)
	}
	if int64(len(answer.Body)) > limit {
		return connectors.File{}, tooLarge()
	}
	f := connectors.File{Name: a.Name, Type: a.Type, Data: answer.Body}
	if f.Name == "" {
		f.Name = fileName(a.URL)
	}
	if media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err == nil && f.Type == "" {
		f.Type = media
	}
	return f, nil
}

// fileName is the last part of an address's path.
func fileName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if name := path.Base(u.Path); name != "." && name != "/" {
		return name
	}
	return ""
}
