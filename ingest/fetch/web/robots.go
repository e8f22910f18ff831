package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/ingest"
)

const (
	product    = "sufflor"        // our name in robots.txt and in robots directives
	maxRobots  = 512 << 10        // RFC 9309, 2.5, demands 500 KiB at least
	slowest    = 10 * time.Minute // a longer Crawl-delay counts as this
	robotsPath = "/robots.txt"
)

// rules are what a robots.txt says to us (RFC 9309).
type rules struct {
	allow, disallow []string
	delay           time.Duration
	sitemaps        []string
}

// parseRobots reads what is for us, and passes over lines it does not
// understand. Groups of the same name count as one; "*" is for who is not named.
func parseRobots(data []byte) rules {
	var ours, others, r rules
	var agents []string
	named, inRules := false, false
	sc := bufio.NewScanner(bytes.NewReader(bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), []byte("\r"), []byte("\n"))))
	sc.Buffer(nil, maxRobots+1)
	for sc.Scan() {
		line, _, _ := strings.Cut(sc.Text(), "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent", "useragent":
			if inRules {
				agents, inRules = nil, false
			}
			agents = append(agents, agentName(value))
			named = named || agentName(value) == product
		case "allow", "disallow", "crawl-delay", "crawldelay":
			inRules = true
			if slices.Contains(agents, product) {
				ours.add(key, value)
			}
			if slices.Contains(agents, "*") {
				others.add(key, value)
			}
		case "sitemap":
			r.sitemaps = append(r.sitemaps, value)
		}
	}
	if !named {
		ours = others
	}
	ours.sitemaps = r.sitemaps
	return ours
}

// agentName is the product token of a user-agent line: "Sufflor/1.0" is for us.
func agentName(value string) string {
	if value == "*" {
		return value
	}
	value = strings.ToLower(value)
	if i := strings.IndexFunc(value, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' && r != '_' }); i >= 0 {
		value = value[:i]
	}
	return value
}

func (r *rules) add(key, value string) {
	if strings.HasPrefix(key, "crawl") {
		seconds, err := strconv.ParseFloat(value, 64)
		if err == nil && seconds > 0 {
			r.delay = time.Duration(min(seconds, slowest.Seconds()) * float64(time.Second))
		}
		return
	}
	if value == "" || len(value) > maxAddress {
		return
	}
	if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "*") {
		value = "/" + value
	}
	if key == "allow" {
		r.allow = append(r.allow, escapes(value))
	} else {
		r.disallow = append(r.disallow, escapes(value))
	}
}

// permits goes by the longest rule that matches; of two that are as long the
// kinder one (RFC 9309, 2.2.2).
func (r rules) permits(u *url.URL) bool {
	longest := func(patterns []string) int {
		n := -1
		for _, p := range patterns {
			if len(p) > n && matches(p, target(u)) {
				n = len(p)
			}
		}
		return n
	}
	return longest(r.allow) >= longest(r.disallow)
}

// errNoRobots means that we may not visit a host because it does not tell its
// rules (RFC 9309, 2.3.1.4).
var errNoRobots = errors.New("its robots.txt cannot be read, so nothing there is read")

// robots are the rules of u's host, asked for once a run.
func (c *crawl) robots(ctx context.Context, u *url.URL) (rules, error) {
	key := origin(u)
	c.mu.Lock()
	h, ok := c.hosts[key]
	if !ok {
		h = &host{}
		c.hosts[key] = h
	}
	c.mu.Unlock()
	h.asking.Lock()
	defer h.asking.Unlock()
	if !h.asked {
		r, err := c.askRobots(ctx, u)
		if ctx.Err() != nil {
			return rules{}, ctx.Err() //nolint:wrapcheck // the end of the run
		}
		h.asked, h.rules, h.err = true, r, err
	}
	return h.rules, h.err
}

func (c *crawl) askRobots(ctx context.Context, u *url.URL) (rules, error) {
	address := origin(u) + robotsPath
	var last error
	for attempt := range maxAttempts {
		if err := c.pause(ctx, u.Host, 0, attempt); err != nil {
			return rules{}, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return rules{}, fmt.Errorf("%w: %w", errNoRobots, err)
		}
		resp, err := c.client.Do(req, 8*maxRobots)
		if err != nil {
			if last = err; permanent(err) || errors.Is(err, ingest.ErrTooLarge) {
				break
			}
			continue
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxRobots))
		_ = resp.Body.Close()
		switch {
		case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500:
			last = &statusError{code: resp.StatusCode, after: retryAfter(resp.Header, c.now())}
			if c.delayed(u.Host, last) {
				continue
			}
			return rules{}, fmt.Errorf("%w: %w", errNoRobots, last)
		case resp.StatusCode >= 400:
			return rules{}, nil // there are no rules
		case resp.StatusCode != http.StatusOK:
			return rules{}, fmt.Errorf("%w: it answers %s", errNoRobots, resp.Status)
		case err != nil:
			last = err
			continue
		}
		return parseRobots(data), nil
	}
	return rules{}, fmt.Errorf("%w: %w", errNoRobots, last)
}
