package zendesk

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// Visitor implements [connectors.Hosted] for signed pages: Zendesk posts a form
// with a token on the first load. The token does not name the ticket, so the
// conversation stays open.
func (c *Connector) Visitor(_ context.Context, d connectors.Delivery, now time.Time) (connectors.Visitor, error) {
	if c.app == nil {
		return connectors.Visitor{}, fmt.Errorf("sidebar.installation and sidebar.public_key: required to know who looks: %w", connectors.ErrUnverified)
	}
	form, err := url.ParseQuery(string(d.Body))
	if err != nil || len(form["token"]) != 1 {
		return connectors.Visitor{}, fmt.Errorf("sidebar token: the form has none, or several: %w", connectors.ErrUnverified)
	}
	claims, err := c.app.Verify(form.Get("token"), now)
	if err != nil {
		return connectors.Visitor{}, err
	}
	return connectors.Visitor{Agent: claims.User, Expires: claims.Expires}, nil
}

// Origins implements [connectors.Framed]: the agents' Zendesk, and where it
// keeps the pages of apps, which stand between the two.
func (c *Connector) Origins() []string {
	assets := "https://*." + assetHosts
	if c.cfg.Sidebar.App != "" {
		assets = "https://" + c.cfg.Sidebar.App + "." + assetHosts
	}
	return []string{"https://" + c.cfg.Subdomain + ".zendesk.com", assets}
}
