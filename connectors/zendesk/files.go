package zendesk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. The token goes to this account's host
// alone; from there Zendesk sends us to a storage that needs none. A file of
// another host, as messages may name, is read without any.
func (c *Connector) Open(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	address := a.URL
	if address == "" {
		var err error
		if address, err = c.contentURL(ctx, a.ID); err != nil {
			return connectors.File{}, err
		}
	}
	f, err := c.files.Get(ctx, address, c.credentials(e), limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("attachment %s of %s: %w", a.ID, e.Message, classify(err))
	}
	// Whoever may not read a file is shown a page to log in, with status 200.
	if f.Type == "text/html" && a.Type != "text/html" && !strings.HasSuffix(strings.ToLower(a.Name), ".htm") &&
		!strings.HasSuffix(strings.ToLower(a.Name), ".html") {
		return connectors.File{}, connectors.Permanent(fmt.Errorf(
			"attachment %s of %s: Zendesk answered with a page; give the token the scope ticket_attachments:read", a.ID, e.Message))
	}
	return f, nil
}

// credentials are those that read the files of e's conversation; none where
// nothing is configured.
func (c *Connector) credentials(e connectors.Event) http.Header {
	if e.Route[routeTicket] == "" && c.cfg.Messaging.used() {
		basic := base64.StdEncoding.EncodeToString([]byte(c.cfg.Messaging.KeyID + ":" + c.cfg.Messaging.KeySecret.Reveal()))
		return http.Header{"Authorization": {"Basic " + basic}}
	}
	if c.cfg.Token.IsZero() {
		return nil
	}
	return http.Header{"Authorization": {"Bearer " + c.cfg.Token.Reveal()}}
}

// contentURL asks where an attachment is that came without an address.
func (c *Connector) contentURL(ctx context.Context, id string) (string, error) {
	switch {
	case !connectors.IsNumber(id):
		return "", connectors.Permanent(fmt.Errorf("attachment %q: has neither an address nor an id", id))
	case c.cfg.Token.IsZero():
		return "", connectors.Permanent(errors.New("token: required to read attachments; create an OAuth client in Admin Center"))
	}
	var out struct {
		Attachment struct {
			ContentURL string `json:"content_url"`
		} `json:"attachment"`
	}
	if err := c.call(ctx, http.MethodGet, "/api/v2/attachments/"+id+".json", nil, &out); err != nil {
		return "", fmt.Errorf("look for attachment %s: %w", id, err)
	}
	return out.Attachment.ContentURL, nil
}
