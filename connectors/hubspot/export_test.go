package hubspot

import "github.com/sufflor/sufflor/connectors"

// AllowFiles lets tests keep files on a server of their own.
func (c *Connector) AllowFiles(g *connectors.Guard) { c.files = connectors.NewFiles(c.client, g) }
