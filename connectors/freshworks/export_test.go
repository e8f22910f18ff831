package freshworks

import (
	"net/netip"

	"github.com/sufflor/sufflor/connectors"
)

// AllowFiles lets files come from networks that are not public.
func (d *Desk) AllowFiles(networks ...netip.Prefix) {
	d.files = connectors.NewFiles(d.client, &connectors.Guard{Allow: networks})
}
