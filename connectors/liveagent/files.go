package liveagent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. LiveAgent may keep files elsewhere and
// send us there: that address gets no key and no way into our network, and
// sends us no further.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	switch {
	case !isToken(a.ID):
		return connectors.File{}, connectors.Permanent(fmt.Errorf("attachment %q: no file id", a.Name))
	case a.Size > limit:
		return connectors.File{}, tooLarge(a, limit)
	}
	if err := c.pace.wait(ctx); err != nil {
		return connectors.File{}, err
	}
	answer, err := c.client.Do(ctx, http.MethodGet, c.cfg.base()+pathFiles+a.ID, http.Header{headerKey: {c.cfg.APIKey.Reveal()}}, nil)
	if next := answer.Header.Get("Location"); next != "" && answer.Status/100 == 3 {
		if _, err := connectors.CheckHTTPS(next); err != nil {
			return connectors.File{}, fmt.Errorf("attachment %q is kept elsewhere: %w", a.Name, err)
		}
		answer, err = c.client.Guarded(&connectors.Guard{}).Do(ctx, http.MethodGet, next, nil, nil)
	} else {
		err = classify(err, "api_key", "version 3")
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
	return connectors.File{Name: a.Name, Type: cmp.Or(a.Type, answer.Header.Get("Content-Type")), Data: answer.Body}, nil
}

func tooLarge(a connectors.Attachment, limit int64) error {
	return connectors.Permanent(fmt.Errorf("attachment %q: more than %d bytes: %w", a.Name, limit, connectors.ErrTooLarge))
}
