package freshworks

import (
	"net/netip"

	"github.com/sufflor/sufflor/connectors"
)

// AllowFiles lets files come from networks that are not public.
func (d *Desk) AllowFiles(networks ...netip.Prefix) {
	d.files = d.client.Guarded(&connectors.Guard{Allow: networks})
}
