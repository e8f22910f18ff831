package livechat

import (
	"net/netip"

	"github.com/sufflor/sufflor/connectors"
)

// AllowFiles lets files come from networks that are not public.
func (c *Connector) AllowFiles(networks ...netip.Prefix) {
	c.files = connectors.NewFiles(c.client, &connectors.Guard{Allow: networks})
}

// Seal makes what stands behind a button.
func (c *Connector) Seal(a connectors.Action) string { return c.sealer.Seal(a) }
