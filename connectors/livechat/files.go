package livechat

import (
	"cmp"
	"context"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. Files lie on LiveChat's content network
// under addresses that are secret but need no token; whoever forged a delivery
// chose them, so they are fetched behind a guard and without one.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %q of %d bytes: %w", a.Name, a.Size, connectors.ErrTooLarge))
	}
	got, err := c.files.Get(ctx, a.URL, nil, limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("%q: %w", a.Name, err)
	}
	return connectors.File{Name: cmp.Or(a.Name, got.Name), Type: cmp.Or(a.Type, got.Type), Data: got.Data}, nil
}
