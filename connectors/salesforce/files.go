package salesforce

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. The address is made of the id alone, on
// the org's own host: an attachment's URL is never used.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if !isID(a.ID) {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("%.40q is no id of a file", a.ID))
	}
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %s of %d bytes: %w", a.ID, a.Size, connectors.ErrTooLarge))
	}
	var file connectors.File
	err := c.authorized(ctx, func(h http.Header) error {
		var err error
		file, err = c.files.Get(ctx, c.cfg.base()+pathRows+"ContentVersion/"+a.ID+"/VersionData", h, limit)
		return err
	})
	if err != nil {
		return connectors.File{}, fmt.Errorf("file %s: %w", a.ID, err)
	}
	return file, nil
}
