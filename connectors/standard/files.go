package standard

import (
	"context"
	"fmt"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. The address is the sender's choice, so
// it is read behind the guard and without credentials: it has to be one that
// works by itself, such as a signed one that expires.
func (c *Connector) Open(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("attachment %s of %d bytes: %w", a.ID, a.Size, connectors.ErrTooLarge))
	}
	f, err := c.files.Get(ctx, a.URL, nil, limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("attachment %s of %s: %w", a.ID, e.Message, err)
	}
	if a.Name != "" {
		f.Name = a.Name
	}
	if a.Type != "" {
		f.Type = a.Type
	}
	return f, nil
}
