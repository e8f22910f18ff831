package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/charset"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch"
)

const (
	maxAttempts = 3
	maxAfter    = 2 * time.Minute // a longer Retry-After ends the visit to that address
	firstWait   = 2 * time.Second // before another attempt, then four times as long
)

// form is the version of records: raise it when pages are scanned otherwise,
// and every page is asked for anew.
const form = 1

// kind is what an address turned out to be.
type kind string

const (
	aPage     kind = "page"
	aFile     kind = "file"
	aSitemap  kind = "sitemap"
	aRedirect kind = "redirect"
	gone      kind = "gone"
	unread    kind = "unread"  // nothing we read, such as a picture
	unknown   kind = "unknown" // asked for and never seen
)

// record is what the cache remembers of an address.
type record struct {
	Form         int        `json:"form"`
	Kind         kind       `json:"kind"`
	ETag         string     `json:"etag,omitempty"`
	LastModified string     `json:"last_modified,omitempty"`
	Type         string     `json:"type,omitempty"`
	Body         fetch.Body `json:"body,omitzero"`
	Over         int64      `json:"over,omitempty"` // bytes of a file that is too large, at least
	Print        string     `json:"print,omitempty"`
	Links        []string   `json:"links,omitempty"`
	Sitemaps     []string   `json:"sitemaps,omitempty"`
	Canonical    string     `json:"canonical,omitempty"`
	Location     string     `json:"location,omitempty"` // of a redirect
	NoIndex      bool       `json:"no_index,omitempty"`
	NoFollow     bool       `json:"no_follow,omitempty"`
}

// tag is another one when the content is another.
func (r record) tag() string {
	switch {
	case r.Over > 0:
		return "over " + r.ETag + r.LastModified
	case r.Kind == aPage:
		return r.Print
	}
	return r.Body.Hash
}

// statusError is an answer that is no content.
type statusError struct {
	code  int
	after time.Duration // the server asks to wait
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the server answers %d %s", e.code, http.StatusText(e.code))
	switch {
	case e.code == http.StatusTooManyRequests && e.after > 0:
		return text + fmt.Sprintf(" and asks to wait %s; lower the rate", e.after)
	case e.code == http.StatusTooManyRequests:
		return text + "; lower the rate"
	case e.code == http.StatusUnauthorized || e.code == http.StatusForbidden:
		return text + "; if it is not meant to be read, list its path under deny"
	}
	return text
}

func permanent(err error) bool {
	if fetch.IsRefused(err) || errors.Is(err, fetch.ErrRedirect) || errors.Is(err, errNoRobots) || errors.Is(err, errNoSitemap) || errors.Is(err, ingest.ErrTooLarge) {
		return true
	}
	se, ok := errors.AsType[*statusError](err)
	return ok && se.code < 500 && se.code != http.StatusTooManyRequests && se.code != http.StatusRequestTimeout
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return time.Duration(min(s, 1<<30)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}

// delayed notes that a host asked to wait, and reports whether it is worth it.
func (c *crawl) delayed(hostname string, err error) bool {
	se, ok := errors.AsType[*statusError](err)
	if !ok {
		return true
	}
	if se.after > maxAfter {
		return false
	}
	if se.after > 0 {
		c.mu.Lock()
		if next := time.Now().Add(se.after); next.After(c.next[hostname]) {
			c.next[hostname] = next
		}
		c.mu.Unlock()
	}
	return true
}

// pause waits until the next request to the host may be sent.
func (c *crawl) pause(ctx context.Context, hostname string, crawlDelay time.Duration, attempt int) error {
	every := max(time.Duration(float64(time.Second)/c.rate), crawlDelay)
	if attempt > 0 {
		every = max(every, firstWait<<(2*(attempt-1)))
	}
	now := time.Now()
	c.mu.Lock()
	at := c.next[hostname]
	if at.Before(now) {
		at = now
	}
	if attempt > 0 {
		at = at.Add(every)
	}
	c.next[hostname] = at.Add(every)
	c.mu.Unlock()
	if d := at.Sub(now); d > 0 {
		return c.wait(ctx, d)
	}
	return ctx.Err() //nolint:wrapcheck // the end of the run
}

// look asks for an address, as often as that makes sense, and gives what it
// is. old is what was known, which the answer may confirm.
func (c *crawl) look(ctx context.Context, u *url.URL, sitemap bool, old record) (rec record, same bool, err error) {
	r, err := c.robots(ctx, u)
	if err != nil {
		return record{}, false, err
	}
	if !sitemap && !r.permits(u) {
		return record{}, false, errForbidden
	}
	for attempt := range maxAttempts {
		if err := c.pause(ctx, u.Host, r.delay, attempt); err != nil {
			return record{}, false, err
		}
		rec, same, err = c.ask(ctx, u, sitemap, old)
		if err == nil || ctx.Err() != nil || permanent(err) || !c.delayed(u.Host, err) {
			break
		}
	}
	return rec, same, err
}

var errForbidden = errors.New("robots.txt forbids it")

// ask sends one request.
func (c *crawl) ask(ctx context.Context, u *url.URL, sitemap bool, old record) (rec record, same bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return record{}, false, errors.New("it is not an address")
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml,application/pdf,*/*;q=0.8")
	known := old.Form == form && (old.Kind == aPage || old.Kind == aFile || old.Kind == aSitemap) && (old.Kind == aSitemap) == sitemap
	if known && old.ETag != "" {
		req.Header.Set("If-None-Match", old.ETag)
	}
	if known && old.LastModified != "" {
		req.Header.Set("If-Modified-Since", old.LastModified)
	}
	resp, err := c.client.Once(req, c.maxFile)
	if errors.Is(err, ingest.ErrTooLarge) {
		return record{Form: form, Kind: aFile, Over: c.maxFile + 1}, false, nil
	}
	if err != nil {
		return record{}, false, err //nolint:wrapcheck // names the address
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	switch code := resp.StatusCode; {
	case code == http.StatusNotModified && known:
		return old, true, nil
	case !sitemap && (code == http.StatusNotFound || code == http.StatusGone):
		return record{Form: form, Kind: gone}, false, nil
	case code >= 300 && code < 400 && code != http.StatusNotModified:
		return redirect(u, resp)
	case code != http.StatusOK:
		return record{}, false, &statusError{code: code, after: retryAfter(resp.Header, c.now())}
	}
	rec = record{Form: form, ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified")}
	if sitemap {
		rec.Kind = aSitemap
		rec.Links, rec.Sitemaps, err = readSitemap(u, resp.Body)
		return rec, false, err
	}
	return c.content(u, resp, rec)
}

func redirect(u *url.URL, resp *http.Response) (record, bool, error) {
	to, err := u.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return record{}, false, fmt.Errorf("the server answers %s without an address", resp.Status)
	}
	if err := fetch.CheckHop(u, to); err != nil {
		return record{}, false, fmt.Errorf("it redirects %w", err)
	}
	if to, err = normal(to); err != nil {
		return record{}, false, fmt.Errorf("it redirects wrongly: %w", err)
	}
	return record{Form: form, Kind: aRedirect, Location: to.String()}, false, nil
}

// content keeps the body of an answer and finds out what it is.
func (c *crawl) content(u *url.URL, resp *http.Response, rec record) (record, bool, error) {
	media, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		media, _, _ = strings.Cut(resp.Header.Get("Content-Type"), ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	rec.Type = media
	var p page
	p.header(resp.Header, c.now())
	rec.NoIndex, rec.NoFollow = p.noIndex, p.noFollow
	if media == "text/html" || media == "application/xhtml+xml" || media == "" && fetch.Extension(u.Path) == "" {
		return c.page(u, resp.Body, params["charset"], rec)
	}
	ext, ok := extension(media, u)
	if !ok {
		rec.Kind = unread
		return rec, false, nil
	}
	rec.Kind = aFile
	rec.Body, err = c.cache.Put(resp.Body, ext, c.maxFile)
	if errors.Is(err, ingest.ErrTooLarge) {
		rec.Over = c.maxFile + 1
		return rec, false, nil
	}
	return rec, false, err //nolint:wrapcheck // says what
}

// page keeps a page in UTF-8 and takes from it what the crawl needs.
func (c *crawl) page(u *url.URL, body io.Reader, label string, rec record) (record, bool, error) {
	rec.Kind = aPage
	if enc, name := charset.Lookup(label); enc != nil && name != "utf-8" {
		// Only the header tells; a reader of the file would not know it.
		body = enc.NewDecoder().Reader(body)
	}
	var err error
	rec.Body, err = c.cache.Put(body, ".html", min(maxPage, c.maxFile))
	if errors.Is(err, ingest.ErrTooLarge) {
		rec.Over = maxPage + 1
		return rec, false, nil
	}
	if err != nil {
		return record{}, false, err //nolint:wrapcheck // says what
	}
	name, release, ok := c.cache.Pin(rec.Body)
	defer release()
	if !ok {
		return record{}, false, errors.New("the cache is too small for the page")
	}
	f, err := os.Open(name)
	if err != nil {
		return record{}, false, fmt.Errorf("read from the cache: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := charset.NewReader(f, "")
	if errors.Is(err, io.EOF) { // an empty page
		text, err = strings.NewReader(""), nil
	}
	if err != nil {
		return record{}, false, fmt.Errorf("read from the cache: %w", err)
	}
	p, err := scan(u, text)
	if err != nil {
		return record{}, false, fmt.Errorf("read from the cache: %w", err)
	}
	rec.Print, rec.Canonical, rec.Links = p.print, p.canonical, p.links
	rec.NoIndex, rec.NoFollow = rec.NoIndex || p.noIndex, rec.NoFollow || p.noFollow
	return rec, false, nil
}

// documents are the media types that become files, with their extensions.
var documents = map[string]string{
	"application/pdf": ".pdf", "application/x-pdf": ".pdf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/vnd.ms-word.document.macroenabled.12":                          ".docm",
	"application/vnd.ms-excel.sheet.macroenabled.12":                            ".xlsm",
	"application/vnd.oasis.opendocument.text":                                   ".odt",
	"application/vnd.oasis.opendocument.spreadsheet":                            ".ods",
	"application/vnd.oasis.opendocument.presentation":                           ".odp",
	"application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt",
	"application/rtf": ".rtf", "text/rtf": ".rtf", "application/epub+zip": ".epub",
	"text/markdown": ".md", "text/x-markdown": ".md", "text/csv": ".csv", "text/tab-separated-values": ".tsv",
}

// byName are extensions that tell more than a vague media type.
var byName = map[string]bool{
	".pdf": true, ".docx": true, ".docm": true, ".xlsx": true, ".xlsm": true, ".pptx": true, ".odt": true, ".ods": true, ".odp": true, ".doc": true,
	".xls": true, ".ppt": true, ".rtf": true, ".epub": true, ".md": true, ".csv": true, ".tsv": true, ".txt": true, ".json": true, ".jsonl": true,
}

// extension is that of the file for an answer; ok is false for what nobody reads.
func extension(media string, u *url.URL) (ext string, ok bool) {
	named := fetch.Extension(u.Path)
	switch media {
	case "", "application/octet-stream", "binary/octet-stream", "application/binary", "application/download", "application/force-download", "application/x-download":
		return named, byName[named]
	case "text/plain":
		if byName[named] {
			return named, true
		}
		return ".txt", named == "" || named == ".text" || named == ".log"
	case "application/json", "application/x-ndjson", "application/zip":
		return named, byName[named]
	}
	ext, ok = documents[media]
	return ext, ok
}

// never are extensions of what is no document; such addresses are not asked for.
var never = func() map[string]bool {
	m := map[string]bool{}
	for e := range strings.FieldsSeq("png jpg jpeg gif svg webp avif ico bmp tif tiff css js mjs map woff woff2 ttf otf eot mp3 mp4 m4a m4v avi mov webm ogg ogv wav flac mkv " +
		"zip gz tgz bz2 xz 7z rar tar iso dmg exe msi deb rpm apk pkg jar bin xml rss atom ics vcf wasm swf") {
		m["."+e] = true
	}
	return m
}()

func isNever(u *url.URL) bool { return never[strings.ToLower(path.Ext(u.Path))] }

// parseModified reads a Last-Modified header.
func parseModified(text string) (time.Time, error) {
	return http.ParseTime(text) //nolint:wrapcheck // only asked whether
}
