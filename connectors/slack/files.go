package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. The bot's token goes to Slack's own host
// for files alone. A file of another company may come as a stub and is looked
// up first.
func (c *Connector) Open(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if c.cfg.Token.IsZero() {
		return connectors.File{}, connectors.Permanent(errors.New("token: required to read files; install the app and copy the bot token"))
	}
	if a.URL == "" {
		var err error
		if a, err = c.lookUp(ctx, a); err != nil {
			return connectors.File{}, err
		}
	}
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %s of %d bytes: %w", a.ID, a.Size, connectors.ErrTooLarge))
	}
	f, err := c.files.Get(ctx, a.URL, c.bearer(), limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("file %s of %s: %w", a.ID, e.Message, unauthorized(err))
	}
	// Without the right to a file Slack answers with a page, status 200.
	if f.Type == "text/html" && !strings.HasPrefix(a.Type, "text/html") {
		return connectors.File{}, connectors.Permanent(fmt.Errorf(
			"file %s of %s: Slack answered with a page; add the scope files:read and install the app again", a.ID, e.Message))
	}
	if a.Name != "" {
		f.Name = a.Name
	}
	if a.Type != "" {
		f.Type = a.Type
	}
	return f, nil
}

// lookUp asks for a file of which a message told the id only.
func (c *Connector) lookUp(ctx context.Context, a connectors.Attachment) (connectors.Attachment, error) {
	if !isID(a.ID, "F") {
		return a, connectors.Permanent(fmt.Errorf("file %q: has neither an address nor an id", a.ID))
	}
	var out struct {
		File file `json:"file"`
	}
	if err := c.get(ctx, methodFile, url.Values{"file": {a.ID}}, &out); err != nil {
		return a, fmt.Errorf("look for file %s: %w", a.ID, err)
	}
	if out.File.URL == "" {
		return a, connectors.Permanent(fmt.Errorf("file %s: Slack names no address for it; it is external or was deleted", a.ID))
	}
	return out.File.attachment(), nil
}
