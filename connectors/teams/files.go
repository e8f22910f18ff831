package teams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// newFiles reads with our token from Teams itself, and from all others without.
func newFiles(cfg Config, client *connectors.Client) *connectors.Files {
	if cfg.BaseURL != "" {
		return connectors.NewFiles(client, nil, cfg.BaseURL)
	}
	var own []string
	for _, host := range cfg.cloud().services {
		own = append(own, "https://"+host)
	}
	return connectors.NewFiles(client, nil, own...)
}

// Open implements [connectors.Opener]. An inline image is at Teams itself and
// wants our token; a file's address carries its own permission, may be at any
// host and therefore gets no token and no way into our network.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("attachment %q: more than %d bytes: %w", a.Name, limit, connectors.ErrTooLarge))
	}
	var f connectors.File
	var err error
	switch {
	case !c.isService(a.URL):
		f, err = c.files.Get(ctx, a.URL, nil, limit)
		if e, ok := errors.AsType[*connectors.CallError](err); ok && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) {
			e.Err = errors.New("the address of the file has expired; it is valid for minutes only")
		}
	case c.cfg.ClientSecret.IsZero():
		err = connectors.Permanent(errors.New("client_secret: required to read inline images"))
	default:
		err = c.authorized(ctx, func(h http.Header) (connectors.Answer, error) {
			var err error
			f, err = c.files.Get(ctx, c.at(a.URL), h, limit)
			return connectors.Answer{}, err
		})
	}
	if err != nil {
		return connectors.File{}, fmt.Errorf("attachment %q: %w", a.Name, err)
	}
	f.Name, f.Type = cmp.Or(a.Name, f.Name), cmp.Or(f.Type, a.Type)
	return f, nil
}
