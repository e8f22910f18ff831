package libredesk

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. The address in a message is signed for an
// hour; with our key the file is there for longer, at the same place. Only
// LibreDesk's own host gets the key: where files lie elsewhere it leads there,
// and that address is fetched without it, behind a guard.
func (c *Connector) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	switch {
	case a.Size > limit:
		return connectors.File{}, tooLarge(a, limit)
	case !connectors.IsUUID(a.ID):
		return connectors.File{}, connectors.Permanent(fmt.Errorf("attachment %q has no id", a.Name))
	case !c.asks():
		return connectors.File{}, connectors.Permanent(errors.New("api_key: required to read files; make one for an agent of its own"))
	}
	answer, err := c.client.Do(ctx, http.MethodGet, c.base+"/uploads/"+a.ID, c.credentials(), nil)
	if to := answer.Header.Get("Location"); err != nil && answer.Status >= 300 && answer.Status < 400 && to != "" {
		if _, err := connectors.CheckHTTPS(to); err != nil {
			return connectors.File{}, fmt.Errorf("attachment %q: %w", a.Name, err)
		}
		answer, err = c.files.Do(ctx, http.MethodGet, to, nil, nil)
		if err != nil {
			return connectors.File{}, opened(a, limit, err)
		}
	}
	if err != nil {
		return connectors.File{}, opened(a, limit, classify(err))
	}
	if int64(len(answer.Body)) > limit {
		return connectors.File{}, tooLarge(a, limit)
	}
	f := connectors.File{Name: a.Name, Type: a.Type, Data: answer.Body}
	if media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err == nil && f.Type == "" {
		f.Type = media
	}
	return f, nil
}

func tooLarge(a connectors.Attachment, limit int64) error {
	return connectors.Permanent(fmt.Errorf("attachment %q of more than %d bytes: %w", a.Name, limit, connectors.ErrTooLarge))
}

// opened says why a file could not be read.
func opened(a connectors.Attachment, limit int64, err error) error {
	if call, ok := errors.AsType[*connectors.CallError](err); ok && call.Final && call.Status == http.StatusOK {
		return tooLarge(a, limit) // than any answer we read
	}
	return fmt.Errorf("read attachment %q: %w", a.Name, err)
}
