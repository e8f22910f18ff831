package zammad

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. The address is made of ids alone, on the
// Zammad we are set up for: an attachment's URL is never used.
func (c *Connector) Open(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if !connectors.IsNumber(e.Conversation) || !connectors.IsNumber(e.Message) || !connectors.IsNumber(a.ID) {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("ticket %.20q, article %.20q or file %.20q is no id", e.Conversation, e.Message, a.ID))
	}
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %s of %d bytes: %w", a.ID, a.Size, connectors.ErrTooLarge))
	}
	if c.cfg.Token.IsZero() {
		return connectors.File{}, connectors.Permanent(errors.New("token: required to read files; create it in the profile of the copilot's user"))
	}
	address := c.cfg.base() + "/api/v1/ticket_attachment/" + e.Conversation + "/" + e.Message + "/" + a.ID
	file, err := c.files.Get(ctx, address, c.auth(), limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("file %s: %w", a.ID, classify(http.MethodGet, err))
	}
	// A proxy in front may answer everything with its own page.
	if file.Type == "text/html" && a.Type != "" && a.Type != "text/html" {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %s: came as a page instead of %.40q; check what stands before Zammad", a.ID, a.Type))
	}
	return file, nil
}
