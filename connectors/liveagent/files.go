package liveagent

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. LiveAgent may keep files elsewhere and
// send us there: our key stays with LiveAgent.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	switch {
	case !connectors.IsToken(a.ID):
		return connectors.File{}, connectors.Permanent(fmt.Errorf("attachment %q: no file id", a.Name))
	case a.Size > limit:
		return connectors.File{}, connectors.Permanent(fmt.Errorf("attachment %q: more than %d bytes: %w", a.Name, limit, connectors.ErrTooLarge))
	}
	if err := c.pace.wait(ctx); err != nil {
		return connectors.File{}, err
	}
	f, err := c.files.Get(ctx, c.cfg.base()+pathFiles+a.ID, http.Header{headerKey: {c.cfg.APIKey.Reveal()}}, limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("attachment %q: %w", a.Name, classify(err, "api_key", "version 3"))
	}
	f.Name, f.Type = cmp.Or(a.Name, f.Name), cmp.Or(a.Type, f.Type)
	return f, nil
}
