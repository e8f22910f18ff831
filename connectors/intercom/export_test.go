package intercom

import "github.com/sufflor/sufflor/connectors"

// AllowFiles lets c fetch files from the networks of g.
func (c *Connector) AllowFiles(g *connectors.Guard) { c.files = c.client.Guarded(g) }
