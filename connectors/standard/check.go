package standard

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester] with a signed webhook.ping to the
// receiver, which has to answer it and do nothing.
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.client == nil {
		return []connectors.Finding{{What: "callback", OK: true, Hint: "none is set: messages are heard, suggestions are shown in the panel only"}}
	}
	if err := c.Check(ctx); err != nil {
		return []connectors.Finding{{What: "callback.url is allowed", Hint: err.Error()}}
	}
	out := []connectors.Finding{{What: "callback.url is allowed", OK: true}}
	f := connectors.Finding{What: "receiver takes a signed webhook.ping", OK: true}
	ping, err := Ping(c.cfg.Tenant, c.now())
	if err != nil {
		return append(out, connectors.Finding{What: f.What, Hint: err.Error()})
	}
	a, err := c.send(ctx, "ping_"+strconv.FormatInt(c.now().UnixNano(), 10), json.RawMessage(ping))
	switch {
	case err == nil:
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		f.OK, f.Hint = false, "it refuses our signature: give it callback.secret, and see that it signs over webhook-id, webhook-timestamp and the raw body"
	case a.Status == http.StatusNotFound, a.Status == http.StatusMethodNotAllowed:
		f.OK, f.Hint = false, "nothing takes a POST at callback.url: correct the address"
	default:
		f.OK, f.Hint = false, "it must answer 2xx within "+callbackTimeout.String()+"; "+err.Error()
	}
	return append(out, f)
}
