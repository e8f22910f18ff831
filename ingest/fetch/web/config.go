// Package web is a source that reads web sites: from start addresses along
// their links, from sitemaps, or both, as a polite visitor. It obeys
// robots.txt (RFC 9309) and the robots directives of pages, asks one question
// at a time and a second, and asks only for what changed.
//
// An item's path is the page's address. Listing brings the pages, because only
// a page tells where others are; contents, links and validators lie in a cache
// folder, so the next run sends conditional requests and Fetch reads from the
// disk. What cannot be looked at (server errors, timeouts, forbidden pages) is
// a gap: the page stays known and the links it had last time are followed.
// Only 404, 410, a robots rule or "noindex" make a page go.
//
// It runs no scripts: pages that exist only after a script ran have no text.
package web

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sufflor/sufflor/ingest/fetch"
)

// Defaults and limits of settings.
const (
	defaultDepth    = 8
	defaultPages    = 10_000
	mostPages       = 500_000
	defaultRate     = 1.0 // requests a second and host
	mostRate        = 50.0
	mostAtOnce      = 4
	defaultCacheMax = 2 << 30
	defaultMaxFile  = 256 << 20
	maxPage         = 16 << 20 // bytes of a page; a reader takes a multiple of it
)

// Config is a web site as a source.
type Config struct {
	// Start are the addresses where reading begins, depth 0.
	Start []string `yaml:"start"`

	// Sitemaps are addresses of sitemaps or sitemap indexes (XML, gzip or one
	// address a line); what they list is at depth 0, too.
	Sitemaps []string `yaml:"sitemaps"`

	// RobotsSitemaps also reads the sitemaps that robots.txt names.
	RobotsSitemaps bool `yaml:"robots_sitemaps"`

	// Allow are path patterns to stay within, in the manner of robots.txt:
	// prefixes, "*" for anything, "$" for the end. Empty is the folder of each
	// start address. Deny are patterns to leave out; they win.
	Allow []string `yaml:"allow"`
	Deny  []string `yaml:"deny"`

	Depth       *int    `yaml:"depth"`       // links followed from a start address; empty means 8, 0 only what is named
	MaxPages    int     `yaml:"max_pages"`   // addresses asked for in a run; 0 means 10,000
	Rate        float64 `yaml:"rate"`        // requests a second and host; 0 means 1; a longer Crawl-delay wins
	Concurrency int     `yaml:"concurrency"` // requests at the same time, 1 to 4; 0 means 1

	// Contact is a web or mail address that the site's owner finds in our
	// User-Agent.
	Contact string `yaml:"contact"`

	// AllowPrivate are networks ("10.1.0.0/16"), addresses and host names
	// ("wiki.example.lan", "*.example.lan") that need not be public.
	AllowPrivate []string `yaml:"allow_private"`
}

// Options are what the surrounding program adds to the settings.
type Options struct {
	Version  string // of the program, for the User-Agent
	CacheDir string // required; a folder for this source alone
	CacheMax int64  // bytes of contents kept in it; 0 means 2 GB
	MaxFile  int64  // bytes of a document; 0 means 256 MB. Pages may have 16 MB

	Progress func(Progress) // called from List's goroutine; may be nil

	Wait func(ctx context.Context, d time.Duration) error // between requests; nil sleeps
	Now  func() time.Time                                 // nil means time.Now
}

// What is what became of an address.
type What string

// What becomes of addresses.
const (
	Listed  What = "listed"  // it is an item
	Same    What = "same"    // an item that did not change since the last run
	Skipped What = "skipped" // Reason says why it is none
	Gone    What = "gone"    // 404 or 410
	Missed  What = "missed"  // a gap
)

// Progress is where a listing stands.
type Progress struct {
	What    What
	Address string // without secrets
	Reason  string // of Skipped and Missed
	Done    int    // addresses looked at
	Known   int    // addresses found so far
	Items   int    // listed so far
}

// Validate reports everything that is wrong with the settings.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Start)+len(c.Sitemaps) == 0 {
		bad("start: required; name the address where reading begins, or a sitemap under sitemaps")
	}
	check := func(field string, addresses []string) {
		for i, a := range addresses {
			if _, err := parseStart(a); err != nil {
				bad("%s[%d]: %w", field, i, err)
			}
		}
	}
	check("start", c.Start)
	check("sitemaps", c.Sitemaps)
	for field, patterns := range map[string][]string{"allow": c.Allow, "deny": c.Deny} {
		for i, p := range patterns {
			if !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "*") {
				bad(`%s[%d]: %q must start with "/" or "*", as in "/help/" or "*.pdf$"`, field, i, p)
			}
		}
	}
	if c.Depth != nil && (*c.Depth < 0 || *c.Depth > 100) {
		bad("depth: %d; must be 0 to 100", *c.Depth)
	}
	if c.MaxPages < 0 || c.MaxPages > mostPages {
		bad("max_pages: %d; must be 1 to %d", c.MaxPages, mostPages)
	}
	if !(c.Rate >= 0 && c.Rate <= mostRate) {
		bad("rate: %g; must be above 0 and at most %g requests a second", c.Rate, mostRate)
	}
	if c.Concurrency < 0 || c.Concurrency > mostAtOnce {
		bad("concurrency: %d; must be 1 to %d", c.Concurrency, mostAtOnce)
	}
	if err := fetch.CheckExceptions(c.AllowPrivate); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// parseStart reads an address from the settings.
func parseStart(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		return nil, errors.New("it is not an address; write it as https://www.example.com/help/")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s must start with https:// or http://", fetch.Redact(address))
	case u.Hostname() == "":
		return nil, fmt.Errorf("%s has no host; write it as https://www.example.com/help/", fetch.Redact(address))
	case u.User != nil:
		return nil, fmt.Errorf("%s must not contain a user or password", fetch.Redact(address))
	}
	return normal(u)
}
