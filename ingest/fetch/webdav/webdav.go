// Package webdav is a source that reads a folder of a WebDAV server (RFC
// 4918): Nextcloud, ownCloud, SharePoint, Apache, IIS and others.
//
// It asks folder by folder (Depth: 1), because servers refuse or cut deeper
// questions. An item's path lies below the folder named by the settings; its
// tag is the ETag, else the time and size. Names are data: no local file is
// ever named after one, and what a server lists outside the folder that was
// asked for is not looked at. It sends PROPFIND and GET only.
//
// It signs in with user and password (Basic; an app password where there is a
// second factor) or a bearer token, over TLS.
package webdav

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch"
)

const (
	maxFiles   = 1_000_000
	maxFolders = 64       // nested
	maxListing = 64 << 20 // bytes of the answer about one folder
	maxEntries = 100_000  // in one folder
	maxHops    = 5
)

// Config is a WebDAV folder as a source. Secrets come with [Options].
type Config struct {
	// URL is the folder, such as
	// "https://cloud.example.com/remote.php/dav/files/reader/Manuals/".
	// Plain http needs the host under allow_private.
	URL  string `yaml:"url"`
	User string `yaml:"user"` // empty is without signing in, or with a token

	// AllowPrivate are networks, addresses and host names that need not be public.
	AllowPrivate []string `yaml:"allow_private"`
}

// Options are what the surrounding program adds to the settings.
type Options struct {
	Password string // of User; never logged or shown
	Token    string // a bearer token instead of User and Password; never logged or shown
	Version  string // of the program, for the User-Agent
	TempDir  string // for files being read; empty is the system's
}

// String hides the secrets from %v.
func (Options) String() string { return "[options]" }

// GoString hides the secrets from %#v.
func (Options) GoString() string { return "[options]" }

// Validate reports everything that is wrong with the settings.
func (c Config) Validate() error {
	var errs []error
	if _, err := c.folder(); err != nil {
		errs = append(errs, fmt.Errorf("url: %w", err))
	}
	if strings.ContainsAny(c.User, ":\r\n\x00") {
		errs = append(errs, errors.New("user: must not contain a colon or line break; the password has a setting of its own"))
	}
	if err := fetch.CheckExceptions(c.AllowPrivate); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// folder is the address of the source, with a slash at its end.
func (c Config) folder() (*url.URL, error) {
	if c.URL == "" {
		return nil, errors.New("required; name the folder, such as https://cloud.example.com/remote.php/dav/files/reader/Manuals/")
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("it is not an address; write it as https://cloud.example.com/remote.php/dav/files/reader/Manuals/")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s must start with https://", fetch.Redact(c.URL))
	case u.User != nil:
		return nil, fmt.Errorf("%s must not contain a user or password; they have settings of their own", fetch.Redact(c.URL))
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%s must be a folder, without ? and #", fetch.Redact(c.URL))
	case u.Scheme == "http" && len(c.AllowPrivate) == 0:
		return nil, fmt.Errorf("%s must start with https://, or be an inner server that allow_private lists", fetch.Redact(c.URL))
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: strings.TrimSuffix(path.Clean("/"+u.Path), "/") + "/"}, nil
}

// Source is a folder on a server. It implements [ingest.Source].
type Source struct {
	folder   *url.URL
	user     string
	password string
	token    string
	temp     string
	client   *fetch.Client
}

var _ ingest.Source = (*Source)(nil)

// New makes the source, or reports what is wrong with the settings. It does
// not ask the server yet.
func New(c Config, o Options) (*Source, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.User != "" && o.Token != "" {
		return nil, errors.New("token: must be empty when user is set; remove one of the two")
	}
	if c.User == "" && o.Password != "" {
		return nil, errors.New("user: required with password")
	}
	folder, err := c.folder()
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	client, err := fetch.NewClient(fetch.ClientOptions{
		UserAgent: fetch.UserAgent(o.Version, ""), AllowPrivate: c.AllowPrivate,
	})
	if err != nil {
		return nil, fmt.Errorf("webdav: %w", err)
	}
	return &Source{folder: folder, user: c.User, password: o.Password, token: o.Token, temp: o.TempDir, client: client}, nil
}

// String hides password and token from %v.
func (s *Source) String() string { return s.Root() }

// GoString hides password and token from %#v.
func (s *Source) GoString() string { return s.Root() }

// Close closes idle connections.
func (s *Source) Close() error {
	s.client.Close()
	return nil
}

// Root is "webdav:" with host and folder.
func (s *Source) Root() string {
	return "webdav:" + s.folder.Host + strings.TrimSuffix(s.folder.Path, "/")
}

// entry is a file or folder of a listing.
type entry struct {
	name     string
	folder   bool
	size     int64
	modified time.Time
	tag      string
}

// List yields the files, those of a folder in the order of their names. A
// folder that cannot be read is a gap; the first one is an error.
func (s *Source) List(ctx context.Context) iter.Seq2[ingest.Item, error] {
	return func(yield func(ingest.Item, error) bool) {
		w := &walk{Source: s, yield: yield}
		if err := w.enter(ctx, "", 0); err != nil && !errors.Is(err, errStop) {
			yield(ingest.Item{}, fmt.Errorf("list %s: %w", s.Root(), err))
		}
	}
}

type walk struct {
	*Source
	yield func(ingest.Item, error) bool
	files int // and folders
}

// errStop ends a walk whose caller has seen enough.
var errStop = errors.New("stopped")

func (w *walk) enter(ctx context.Context, below string, depth int) error {
	entries, gaps, err := w.children(ctx, below)
	if ctx.Err() != nil {
		return ctx.Err() //nolint:wrapcheck // the caller says of what
	}
	switch {
	case err != nil && below == "":
		return err
	case errors.Is(err, fs.ErrNotExist):
		return nil // went since its folder was listed
	case err != nil:
		return w.gap(below, err)
	}
	for _, g := range gaps {
		if err := w.gap(g.Path, g.Err); err != nil {
			return err
		}
	}
	for _, e := range entries {
		own := e.name
		if e.folder {
			own += "/"
		}
		if ingest.PassedOver(own) {
			continue
		}
		if w.files++; w.files > maxFiles {
			return fmt.Errorf("more than %d files and folders; name a smaller folder", maxFiles)
		}
		name := path.Join(below, e.name)
		if e.folder {
			if depth+1 > maxFolders {
				if err := w.gap(name, fmt.Errorf("it is nested more than %d deep; move it up", maxFolders)); err != nil {
					return err
				}
				continue
			}
			if err := w.enter(ctx, name, depth+1); err != nil {
				return err
			}
			continue
		}
		if !w.yield(ingest.Item{Path: name, Size: e.size, Modified: e.modified, Tag: e.tag}, nil) {
			return errStop
		}
	}
	return nil
}

func (w *walk) gap(below string, err error) error {
	if !w.yield(ingest.Item{}, &ingest.Gap{Path: below, Err: err}) {
		return errStop
	}
	return nil
}

// at is the address of what lies below the folder.
func (s *Source) at(below string) *url.URL {
	u := *s.folder
	u.Path += below
	return &u
}

// response is what a multistatus says of one file or folder (RFC 4918, 14.24).
type response struct {
	href   string
	status string // of all of it, when there is no propstat
	stats  []propstat
}

type propstat struct {
	status, length, modified, etag string
	folder                         bool
}

const question = `<?xml version="1.0" encoding="utf-8"?>` +
	`<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/><getetag/></prop></propfind>`

// children are the entries of a folder by name, and what of it cannot be told.
func (s *Source) children(ctx context.Context, below string) (entries []entry, gaps []*ingest.Gap, err error) {
	u := s.at(below)
	if below != "" {
		u.Path += "/"
	}
	resp, err := s.propfind(ctx, u)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	self := strings.TrimSuffix(u.Path, "/")
	seen := map[string]bool{}
	answers, ours := 0, false
	other := ""
	gap := func(name string, err error) {
		shown := strings.Trim(fmt.Sprintf("%.200q", name), `"`)
		if below != "" {
			shown = below + "/" + shown
		}
		gaps = append(gaps, &ingest.Gap{Path: shown, Err: err})
	}
	err = responses(ingest.NewXMLReader(resp.Body), func(r response) error {
		if answers++; answers > maxEntries {
			return fmt.Errorf("the folder has more than %d entries; split it", maxEntries)
		}
		href, err := url.Parse(strings.TrimSpace(r.href))
		if err != nil {
			gap(r.href, errors.New("the server gives a name that is no address; rename it there"))
			return nil //nolint:nilerr // told as a gap
		}
		full := strings.TrimSuffix(path.Clean("/"+href.Path), "/")
		if full == self {
			ours = true
			return nil
		}
		// The name is what follows the last slash that is not escaped.
		raw := strings.TrimRight(href.EscapedPath(), "/")
		cut := strings.LastIndex(raw, "/") + 1
		parent, _ := url.PathUnescape(raw[:cut])
		name, err := url.PathUnescape(raw[cut:])
		if err != nil || strings.TrimSuffix(parent, "/") != self {
			other = href.Path
			return nil //nolint:nilerr // not in this folder: deeper down, which we ask for ourselves, or none of ours
		}
		ours = true
		err = fetch.CheckName(name)
		if err == nil && strings.Contains(name, "/") {
			err = errors.New("the name holds a slash; rename it there")
		}
		if err != nil {
			gap(name, err)
			return nil
		}
		e, state := r.entry()
		switch {
		case seen[name] || state == http.StatusNotFound:
			return nil
		case state != http.StatusOK:
			gap(name, fmt.Errorf("the server answers %d for it; check the rights of the user", state))
			return nil
		}
		e.name, seen[name] = name, true
		entries = append(entries, e)
		return nil
	})
	switch {
	case err != nil:
		return nil, nil, err
	case !ours && other != "":
		return nil, nil, fmt.Errorf("the server answers for %.200q; correct url", other)
	case !ours:
		return nil, nil, errors.New("the server's answer lists nothing, not even the folder; check that url is a WebDAV folder")
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	return entries, gaps, nil
}

// entry is what a response says of a file or folder, and the status of that.
func (r response) entry() (e entry, state int) {
	state = statusOf(r.status)
	for _, p := range r.stats {
		if state = statusOf(p.status); state != http.StatusOK {
			continue
		}
		e = entry{folder: p.folder, size: -1, tag: p.etag}
		if n, err := strconv.ParseInt(p.length, 10, 64); err == nil && n >= 0 {
			e.size = n
		}
		if t, err := http.ParseTime(p.modified); err == nil {
			e.modified = t
		}
		if e.tag == "" && !e.modified.IsZero() && e.size >= 0 {
			e.tag = fmt.Sprintf("%d %d", e.modified.Unix(), e.size)
		}
		return e, http.StatusOK
	}
	return entry{}, state
}

// statusOf reads "HTTP/1.1 200 OK"; without a status nothing is amiss.
func statusOf(line string) int {
	if fields := strings.Fields(line); len(fields) > 1 {
		if code, err := strconv.Atoi(fields[1]); err == nil {
			return code
		}
	}
	return http.StatusOK
}

var errNotDAV = errors.New("the server's answer is not WebDAV; check that url is a WebDAV folder")

// maxText bounds the text of one element, in bytes.
const maxText = 64 << 10

// responses reads a multistatus piece by piece. One that is cut short is an
// error: what is missing from it is not gone.
func responses(x *ingest.XML, each func(response) error) error {
	var open []string // elements, those of other namespaces as ""
	var r response
	var p propstat
	var text strings.Builder
	some := false
	for {
		tok, err := x.Token()
		if errors.Is(err, io.EOF) && some {
			return nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, ingest.ErrDamaged) && !some {
			return errNotDAV
		}
		if err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			name := ""
			if t.Name.Space == "DAV:" {
				name = t.Name.Local
			}
			if open = append(open, name); open[0] != "multistatus" {
				return errNotDAV
			}
			some = true
			text.Reset()
			switch strings.Join(open[1:], " ") {
			case "response":
				r = response{}
			case "response propstat":
				p = propstat{}
			case "response propstat prop resourcetype collection":
				p.folder = true
			}
		case xml.CharData:
			if text.Len()+len(t) <= maxText {
				text.Write(t)
			}
		case xml.EndElement:
			if len(open) == 0 {
				return errNotDAV
			}
			value := strings.TrimSpace(text.String())
			switch strings.Join(open[1:], " ") {
			case "response href":
				r.href = value
			case "response status":
				r.status = value
			case "response propstat status":
				p.status = value
			case "response propstat prop getcontentlength":
				p.length = value
			case "response propstat prop getlastmodified":
				p.modified = value
			case "response propstat prop getetag":
				p.etag = value
			case "response propstat":
				r.stats = append(r.stats, p)
			case "response":
				if err := each(r); err != nil {
					return err
				}
			}
			text.Reset()
			open = open[:len(open)-1]
		}
	}
}

// propfind asks for a folder. The library's redirects would turn the question
// into a GET, so we follow those within the server ourselves.
func (s *Source) propfind(ctx context.Context, u *url.URL) (*http.Response, error) {
	for range maxHops {
		req, err := http.NewRequestWithContext(ctx, "PROPFIND", u.String(), strings.NewReader(question))
		if err != nil {
			return nil, fmt.Errorf("ask %s: %w", fetch.Redact(u.String()), err)
		}
		req.Header.Set("Depth", "1")
		req.Header.Set("Content-Type", "application/xml; charset=utf-8")
		s.sign(req)
		resp, err := s.client.Once(req, maxListing)
		if err != nil {
			return nil, err //nolint:wrapcheck // names the address
		}
		if resp.StatusCode == http.StatusMultiStatus {
			return resp, nil
		}
		_ = resp.Body.Close()
		if resp.StatusCode < 300 || resp.StatusCode >= 400 {
			return nil, s.refusal(resp, true)
		}
		to, err := u.Parse(resp.Header.Get("Location"))
		if err != nil || to.Host != u.Host || fetch.CheckHop(u, to) != nil || strings.TrimSuffix(to.Path, "/") != strings.TrimSuffix(u.Path, "/") {
			return nil, fmt.Errorf("the server redirects to %s; put that address into url if it is meant", fetch.Redact(resp.Header.Get("Location")))
		}
		u = to
	}
	return nil, errors.New("the server redirects again and again; check url")
}

func (s *Source) sign(r *http.Request) {
	switch {
	case s.token != "":
		r.Header.Set("Authorization", "Bearer "+s.token)
	case s.user != "":
		r.SetBasicAuth(s.user, s.password)
	}
}

// refusal says which setting is to be corrected.
func (s *Source) refusal(resp *http.Response, folder bool) error {
	says := fmt.Sprintf("the server answers %s", resp.Status)
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		offered := strings.ToLower(strings.Join(resp.Header.Values("WWW-Authenticate"), ", "))
		switch {
		case s.user == "" && s.token == "":
			return fmt.Errorf("%s; set user and password", says)
		case s.user != "" && offered != "" && !strings.Contains(offered, "basic"):
			return fmt.Errorf("%s and offers no sign-in with Basic; allow it there, or use a token or an app password", says)
		}
		return fmt.Errorf("%s; check user and password, with a second factor an app password is needed", says)
	case http.StatusForbidden:
		return fmt.Errorf("%s; give the user the right to read it", says)
	case http.StatusNotFound, http.StatusGone:
		return fmt.Errorf("%s; check url: %w", says, fs.ErrNotExist)
	case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusOK:
		if folder {
			return fmt.Errorf("%s to a WebDAV question; check that url is a WebDAV folder", says)
		}
	}
	return errors.New(says)
}

// Fetch brings a file into a private one.
func (s *Source) Fetch(ctx context.Context, it ingest.Item, limit int64) (name string, release func(), err error) {
	release = func() {}
	if it.Size > limit {
		return "", release, fmt.Errorf("%s has %d bytes, %d are allowed: %w", it.Path, it.Size, limit, ingest.ErrTooLarge)
	}
	if err := fetch.CheckName(it.Path); err != nil {
		return "", release, fmt.Errorf("%q: %w", it.Path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at(it.Path).String(), nil)
	if err != nil {
		return "", release, fmt.Errorf("fetch %s: %w", it.Path, err)
	}
	s.sign(req)
	resp, err := s.client.Do(req, limit)
	if err != nil {
		return "", release, err //nolint:wrapcheck // names the address
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if resp.StatusCode != http.StatusOK {
		return "", release, fmt.Errorf("fetch %s: %w", it.Path, s.refusal(resp, false))
	}
	name, release, err = fetch.Temp(s.temp, fetch.Extension(it.Path), resp.Body, limit)
	if err != nil {
		return "", release, fmt.Errorf("fetch %s: %w", it.Path, err)
	}
	return name, release, nil
}
