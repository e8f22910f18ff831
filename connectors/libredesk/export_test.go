package libredesk

import "github.com/sufflor/sufflor/connectors"

// AllowFiles lets c follow LibreDesk to files in the networks of g.
func (c *Connector) AllowFiles(g *connectors.Guard) { c.files = c.client.Guarded(g) }
