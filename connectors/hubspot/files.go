package hubspot

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. The address in a message is fetched as
// anybody could, behind a guard: it is on a storage that our token is no
// business of. For a file that the storage does not show to anybody the API
// gives an address that is good for a few minutes.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	var f connectors.File
	var err error
	if a.URL == "" {
		err = connectors.Permanent(errors.New("file without address"))
	} else if f, err = c.files.Get(ctx, a.URL, nil, limit); err == nil {
		return f, nil
	}
	if s := connectors.CallStatus(err); !connectors.IsNumber(a.ID) || (a.URL != "" && s != http.StatusUnauthorized && s != http.StatusForbidden && s != http.StatusNotFound) {
		return connectors.File{}, fmt.Errorf("file %s: %w", a.ID, err)
	}
	var out struct {
		URL string `json:"url"`
	}
	if err := c.call(ctx, http.MethodGet, filePath+a.ID+signedURL, nil, &out); err != nil {
		return connectors.File{}, fmt.Errorf("ask for the address of file %s (the app needs the scope files): %w", a.ID, err)
	}
	if f, err = c.files.Get(ctx, out.URL, nil, limit); err != nil {
		return connectors.File{}, fmt.Errorf("file %s: %w", a.ID, err)
	}
	return f, nil
}
