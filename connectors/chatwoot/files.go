package chatwoot

import (
	"context"
	"fmt"
	"net/url"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. Addresses of files lead to the server
// itself, which sends us on to its storage; neither wants the token. A storage
// in a network of our own has to be allowed.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	f, err := c.files.Get(ctx, a.URL, nil, limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("attachment %s: %w", a.ID, err)
	}
	return f, nil
}

// Origins implements [connectors.Framed] for the dashboard.
func (c *Connector) Origins() []string {
	u, err := url.Parse(c.cfg.BaseURL)
	if err != nil {
		return nil
	}
	return []string{u.Scheme + "://" + u.Host}
}
