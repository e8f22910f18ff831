package teams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. An inline image is at Teams itself and
// wants our token; a file's address carries its own permission, may be at any
// host and therefore gets no token and no way into our network.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if a.Size > limit {
		return connectors.File{}, tooLarge(a, limit)
	}
	var answer connectors.Answer
	var err error
	switch {
	case c.isService(a.URL):
		if c.cfg.ClientSecret.IsZero() {
			return connectors.File{}, connectors.Permanent(errors.New("client_secret: required to read inline images"))
		}
		answer, err = c.authorized(ctx, func(h http.Header) (connectors.Answer, error) {
			return c.client.Do(ctx, http.MethodGet, c.at(a.URL), h, nil)
		})
	default:
		if _, err := connectors.CheckHTTPS(a.URL); err != nil {
			return connectors.File{}, fmt.Errorf("attachment %q: %w", a.Name, err)
		}
		answer, err = c.client.Guarded(&connectors.Guard{}).Do(ctx, http.MethodGet, a.URL, nil, nil)
		if e, ok := errors.AsType[*connectors.CallError](err); ok && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) {
			e.Final, e.Err = true, errors.New("the address of the file has expired; it is valid for minutes only")
		}
	}
	if e, ok := errors.AsType[*connectors.CallError](err); ok && e.Status/100 == 2 && e.Final {
		return connectors.File{}, tooLarge(a, limit) // more than a client reads at all
	}
	if err != nil {
		return connectors.File{}, fmt.Errorf("read attachment %q: %w", a.Name, err)
	}
	if int64(len(answer.Body)) > limit {
		return connectors.File{}, tooLarge(a, limit)
	}
	return connectors.File{Name: a.Name, Type: cmp.Or(answer.Header.Get("Content-Type"), a.Type), Data: answer.Body}, nil
}

func tooLarge(a connectors.Attachment, limit int64) error {
	return connectors.Permanent(fmt.Errorf("attachment %q: more than %d bytes: %w", a.Name, limit, connectors.ErrTooLarge))
}
