package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxHops is how many redirects a file may be behind: desk, storage, one more.
const maxHops = 3

var errNowhere = Permanent(errors.New("file: redirected to what is no address"))

// Files reads the files of a desk for an [Opener]. Credentials go to the
// desk's own hosts alone; whatever an address or a redirect names elsewhere is
// fetched without them and behind a [Guard]. Safe for concurrent use.
type Files struct {
	own     []string // scheme://host[:port]
	client  *Client
	guarded *Client
}

// NewFiles reads with c from the own origins of a desk, such as
// https://nordwind.zendesk.com, and behind g from all others. A nil g allows
// the public internet only.
func NewFiles(c *Client, g *Guard, own ...string) *Files {
	if g == nil {
		g = &Guard{}
	}
	f := &Files{client: c, guarded: c.Guarded(g)}
	for _, o := range own {
		if u, err := url.Parse(o); err == nil && u.Host != "" {
			f.own = append(f.own, origin(u))
		}
	}
	return f
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// Own reports whether address is on one of the desk's own hosts, so that
// credentials would go along.
func (f *Files) Own(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User == nil && slices.Contains(f.own, origin(u))
}

// Get reads the file at address, at most limit bytes: a larger one is an error
// wrapping [ErrTooLarge]. h is sent to the desk's own hosts only. Other errors
// are classified as those of [Client.Do] and never quote an address, which may
// be all one needs to read the file.
func (f *Files) Get(ctx context.Context, address string, h http.Header, limit int64) (File, error) {
	for range maxHops + 1 {
		next, file, err := f.hop(ctx, address, h, limit)
		if err != nil || next == "" {
			return file, err
		}
		address = next
	}
	return File{}, Permanent(fmt.Errorf("file: more than %d redirects", maxHops))
}

// hop is one request: a file, or where to go on.
func (f *Files) hop(ctx context.Context, address string, h http.Header, limit int64) (next string, _ File, err error) {
	client, own := f.client, f.Own(address)
	if !own {
		if _, err := CheckHTTPS(address); err != nil {
			return "", File{}, fmt.Errorf("file: %w", err)
		}
		client, h = f.guarded, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", File{}, Permanent(errors.New("file: its address is not a URL"))
	}
	for k, v := range h {
		req.Header[http.CanonicalHeaderKey(k)] = v
	}
	req.Header.Set("User-Agent", "sufflor")
	res, err := client.http.Do(req)
	if err != nil {
		if blocked, ok := errors.AsType[*BlockedError](err); ok {
			return "", File{}, Permanent(fmt.Errorf("file: %w", blocked))
		}
		if strings.Contains(err.Error(), "Location header") { // Go's client has no sentinel, and quotes the address
			return "", File{}, errNowhere
		}
		return "", File{}, &CallError{Err: fmt.Errorf("file: GET %s: %w", req.URL.Host, cause(err))}
	}
	defer res.Body.Close() //nolint:errcheck // read to its end or given up
	if res.StatusCode >= 300 && res.StatusCode < 400 && res.Header.Get("Location") != "" {
		to, err := res.Location()
		if err != nil {
			return "", File{}, errNowhere
		}
		return to.String(), File{}, nil
	}
	if err := StatusError(res.StatusCode, res.Header, client.now()); err != nil {
		return "", File{}, fmt.Errorf("file: %w", err)
	}
	large := fmt.Errorf("file of more than %d bytes: %w", limit, ErrTooLarge)
	if res.ContentLength > limit {
		return "", File{}, Permanent(large)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return "", File{}, &CallError{Status: res.StatusCode, Err: fmt.Errorf("file: %w", cause(err))}
	case int64(len(data)) > limit:
		return "", File{}, Permanent(large)
	}
	return "", File{Name: named(res.Header), Type: media(res.Header), Data: data}, nil
}

// media is the type of an answer without its parameters.
func media(h http.Header) string {
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// named is the name an answer gives its file.
func named(h http.Header) string {
	_, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return params["filename"]
}
