package livechat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. Files lie on LiveChat's content network
// under addresses that are secret but need no token; whoever forged a delivery
// chose them, so they are fetched behind a guard and without one.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if _, err := connectors.CheckHTTPS(a.URL); err != nil {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %q: %w", a.Name, err))
	}
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %q of %d bytes: %w", a.Name, a.Size, connectors.ErrTooLarge))
	}
	got, err := c.files.Do(ctx, http.MethodGet, a.URL, nil, nil)
	if err != nil {
		if e, ok := errors.AsType[*connectors.CallError](err); ok && e.Final && e.Status >= 200 && e.Status < 300 {
			err = connectors.Permanent(connectors.ErrTooLarge) // for a client, which has a limit of its own
		}
		return connectors.File{}, fmt.Errorf("file %q: %w", a.Name, err)
	}
	if int64(len(got.Body)) > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %q of %d bytes: %w", a.Name, len(got.Body), connectors.ErrTooLarge))
	}
	return connectors.File{Name: a.Name, Type: cmp.Or(a.Type, got.Header.Get("Content-Type")), Data: got.Body}, nil
}
