package meta

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Open implements [connectors.Opener]. A file of WhatsApp has an id that the
// Graph API turns into an address for five minutes; one of Messenger or
// Instagram has an address that anybody may read, so it gets no token.
func (c *Connector) Open(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	if e.Channel == whatsApp {
		return c.openMedia(ctx, e, a, limit)
	}
	u, err := url.Parse(a.URL)
	theirs := err == nil && (isLinkHost(u.Hostname()) || (c.cfg.BaseURL != "" && c.files.Own(a.URL)))
	if !theirs {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file of %s: not on a host of Meta; see linkHosts in facts.go", e.Message))
	}
	f, err := c.files.Get(ctx, a.URL, nil, limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("%s %s: %w", e.Channel, e.Message, err)
	}
	return f, nil
}

func isLinkHost(host string) bool {
	for _, end := range linkHosts {
		if strings.HasSuffix(strings.ToLower(host), end) {
			return true
		}
	}
	return false
}

func (c *Connector) openMedia(ctx context.Context, e connectors.Event, a connectors.Attachment, limit int64) (connectors.File, error) {
	switch {
	case c.cfg.Token.IsZero():
		return connectors.File{}, connectors.Permanent(errors.New("token: required to read files of WhatsApp; make one for a system user in Business settings"))
	case !isNumber(a.ID) || !c.ours(connectors.ID(e.Route[routeAccount])):
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %q of %s: no id, or of an account that is not listed", a.ID, e.Message))
	case !e.At.IsZero() && c.client.Now().Sub(e.At) > mediaKept:
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %s: older than %s, Meta forgot its id", a.ID, mediaKept))
	}
	var out struct {
		URL      string `json:"url"`
		MIMEType string `json:"mime_type"`
		SHA256   string `json:"sha256"`
		FileSize int64  `json:"file_size"`
	}
	q := url.Values{"phone_number_id": {e.Route[routeAccount]}}
	if err := c.get(ctx, a.ID, q, &out); err != nil {
		return connectors.File{}, fmt.Errorf("look for file %s: %w", a.ID, err)
	}
	if out.FileSize > limit {
		return connectors.File{}, connectors.Permanent(fmt.Errorf("file %s of %d bytes: %w", a.ID, out.FileSize, connectors.ErrTooLarge))
	}
	f, err := c.files.Get(ctx, out.URL, c.bearer(), limit)
	if err != nil {
		return connectors.File{}, fmt.Errorf("file %s: %w", a.ID, err)
	}
	sum := sha256.Sum256(f.Data)
	if out.SHA256 != "" && !strings.EqualFold(out.SHA256, hex.EncodeToString(sum[:])) {
		return connectors.File{}, &connectors.CallError{Err: fmt.Errorf("file %s: is not what Meta announced: its sha256 differs", a.ID)}
	}
	if out.MIMEType != "" {
		f.Type = out.MIMEType
	}
	return f, nil
}

func (c *Connector) bearer() http.Header {
	return http.Header{"Authorization": {"Bearer " + c.cfg.Token.Reveal()}}
}

// get reads one object of the Graph API.
func (c *Connector) get(ctx context.Context, path string, q url.Values, out any) error {
	address := c.cfg.base() + "/" + c.cfg.Version + "/" + path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	a, err := c.client.JSON(ctx, http.MethodGet, address, c.bearer(), nil, out)
	return classify(a, err)
}

// classify adds what the Graph API means: its codes say more than its status.
func classify(a connectors.Answer, err error) error {
	e, ok := errors.AsType[*connectors.CallError](err)
	if !ok {
		return err
	}
	var body struct {
		Error struct {
			Code int `json:"code"`
		} `json:"error"`
	}
	if a.Status >= 400 {
		_ = connectors.Decode(a.Body, &body) // an answer without a code has its status
	}
	switch code := body.Error.Code; {
	case code == codeToken || a.Status == http.StatusUnauthorized:
		e.Final, e.Err = true, fmt.Errorf("token expired or withdrawn; make a new one for the system user and enter it as token: %w", connectors.ErrGone)
	case code == codeApp || code == codeUser || code == codeBusy || code == codeSpeed:
		e.Final, e.Err = false, errors.New("rate limited")
	case code == codePermission || (code >= codePermissionFirst && code <= codePermissionLast) || a.Status == http.StatusForbidden:
		e.Final, e.Err = true, errors.New("token lacks a permission, or the system user the asset; see README.md of this connector")
	}
	return e
}
