package freshworks

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/sufflor/sufflor/connectors"
)

// open reads a file without any token: what it is, and where it lies, others
// have said.
func open(ctx context.Context, files *connectors.Files, a connectors.Attachment, limit int64) (connectors.File, error) {
	if a.Size > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %q of %d bytes: %w", a.Name, a.Size, connectors.ErrTooLarge))
	}
	got, err := files.Get(ctx, a.URL, nil, limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("%q: %w", a.Name, err)
	}
	return connectors.File{Name: cmp.Or(a.Name, got.Name), Type: cmp.Or(a.Type, got.Type), Data: got.Data}, nil
}

// Open implements [connectors.Opener]. Addresses of Freshdesk's files are good
// for a while only; one that is refused is asked for anew.
func (d *Desk) Open(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	got, err := open(ctx, d.files, a, limit)
	s := connectors.CallStatus(err)
	if a.ID == "" || !connectors.IsNumber(e.Route[routeTicket]) || (s != http.StatusForbidden && s != http.StatusNotFound && s != http.StatusBadRequest) {
		return got, err
	}
	fresh, lost := d.address(ctx, e.Route[routeTicket], a.ID)
	if lost != nil {
		return connectors.File{}, lost
	}
	if fresh == "" || fresh == a.URL {
		return got, err
	}
	a.URL = fresh
	return open(ctx, d.files, a, limit)
}

// address is where the file with that id lies now; empty if it is gone.
func (d *Desk) address(ctx context.Context, id, fileID string) (string, error) {
	rs, err := d.replies(ctx, id)
	if err != nil {
		return "", err
	}
	var all []file
	for _, r := range rs {
		all = append(all, r.Attachments...)
	}
	wanted := func(f file) bool { return string(f.ID) == fileID }
	if !slices.ContainsFunc(all, wanted) {
		t, err := d.ticket(ctx, id)
		if err != nil {
			return "", err
		}
		all = t.Attachments
	}
	if i := slices.IndexFunc(all, wanted); i >= 0 {
		return all[i].URL, nil
	}
	return "", nil
}

// Open implements [connectors.Opener].
func (c *Chat) Open(ctx context.Context, _ connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	return open(ctx, c.files, a, limit)
}
