package web

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// maxAddress is how long an address may be, in bytes.
const maxAddress = 2000

// tracking are query parameters that say where a visitor came from or who it
// is, never what the page holds.
var tracking = pattern.Lazy(`(?i)^(utm_.*|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_ga|_gl|_hs(enc|mi)|phpsessid|jsessionid|aspsessionid.*)$`)

var sessionPath = pattern.Lazy(`(?i);(jsessionid|phpsessid|sid)=[^/;]*`)

// normal is u in the one form that all addresses of the same page share: lower
// case scheme and host, no default port, no fragment, no dot segments, no
// tracking parameters, escapes as RFC 3986 section 6.2.2 says. The order of
// parameters stays, because servers may heed it.
func normal(u *url.URL) (*url.URL, error) {
	name := strings.TrimSuffix(u.Hostname(), ".")
	host, err := idna.Lookup.ToASCII(name)
	if err != nil {
		host = strings.ToLower(name) // such as one with "_", or an IP address
	}
	host = strings.TrimSuffix(host, ".") // there are full stops of other scripts
	if host == "" || strings.Contains("."+host+".", "..") || strings.HasSuffix(name, ".") {
		return nil, errors.New("its host has an empty part")
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	scheme := strings.ToLower(u.Scheme)
	if port := u.Port(); port != "" && (scheme != "http" || port != "80") && (scheme != "https" || port != "443") {
		host += ":" + port
	}
	raw := sessionPath().ReplaceAllString(escapes(u.EscapedPath()), "")
	if raw == "" || raw[0] != '/' {
		raw = "/" + raw
	}
	text := scheme + "://" + host + dotless(raw)
	if q := query(u.RawQuery); q != "" {
		text += "?" + q
	}
	if len(text) > maxAddress {
		return nil, fmt.Errorf("the address has %d bytes, %d are followed", len(text), maxAddress)
	}
	n, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it is not an address")
	}
	return n, nil
}

// dotless is an absolute path without "." and ".." (RFC 3986, 5.2.4). Empty
// segments stay: they are part of a name.
func dotless(p string) string {
	var out []string
	segments := strings.Split(p, "/")[1:]
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if s == ".." && len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/")
}

// escapes writes percent escapes in upper case, unescapes what needs none and
// escapes what must be.
func escapes(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				if d := byte(v); unreserved(d) {
					b.WriteByte(d)
				} else {
					b.WriteString(strings.ToUpper(s[i : i+3]))
				}
				i += 2
				continue
			}
		}
		switch {
		case c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^{|}`+"`", c) >= 0:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		case c == '%':
			b.WriteString("%25")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// query drops tracking parameters and empty pairs.
func query(raw string) string {
	var out []string
	for pair := range strings.SplitSeq(raw, "&") {
		pair = escapes(pair) // first, so that all that follows is an escape
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); pair != "" && (err != nil || !tracking().MatchString(plain)) {
			out = append(out, pair)
		}
	}
	return strings.Join(out, "&")
}

// resolve is the address that a link on a page leads to, or nil when it is
// none of the web.
func resolve(base *url.URL, link string) *url.URL {
	link = strings.TrimSpace(strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(link))
	if link == "" || strings.HasPrefix(link, "#") || len(link) > 2*maxAddress {
		return nil
	}
	u, err := base.Parse(link)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil
	}
	n, err := normal(u)
	if err != nil {
		return nil
	}
	return n
}

// origin is scheme, host and port.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// target is path and query, what robots rules and patterns speak of.
func target(u *url.URL) string {
	if u.RawQuery == "" {
		return u.EscapedPath()
	}
	return u.EscapedPath() + "?" + u.RawQuery
}

// matches compares in the manner of robots.txt: pattern is a prefix, "*"
// stands for anything and "$" at its end for the end (RFC 9309, 2.2.3).
func matches(pattern, text string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for i, p := range parts[1:] {
		if toEnd && i == len(parts)-2 {
			return strings.HasSuffix(text, p)
		}
		at := strings.Index(text, p)
		if at < 0 {
			return false
		}
		text = text[at+len(p):]
	}
	return !toEnd || text == ""
}

// scope is what of the web belongs to the source.
type scope struct {
	hosts       map[string]string // host to scheme
	folders     map[string][]string
	allow, deny []string
}

func newScope(c Config, starts, sitemaps []*url.URL) *scope {
	s := &scope{hosts: map[string]string{}, folders: map[string][]string{}}
	for _, u := range starts {
		s.add(u, folder(u.EscapedPath()))
	}
	for _, u := range sitemaps {
		if _, ok := s.hosts[u.Host]; !ok {
			s.add(u, "/")
		}
	}
	for _, p := range c.Allow {
		s.allow = append(s.allow, escapes(p))
	}
	for _, p := range c.Deny {
		s.deny = append(s.deny, escapes(p))
	}
	return s
}

func (s *scope) add(u *url.URL, folder string) {
	if s.hosts[u.Host] != "https" {
		s.hosts[u.Host] = u.Scheme
	}
	s.folders[u.Host] = append(s.folders[u.Host], folder)
}

// folder is what a start address stands for: "/help/" of "/help/index.html",
// and "/help" of "/help", which then means that page and all below.
func folder(p string) string {
	if path.Ext(p) != "" && !strings.HasSuffix(p, "/") {
		return p[:strings.LastIndex(p, "/")+1]
	}
	return p
}

// fit is u as it is asked for, http turned into https where the source is
// https; the text says why it is not part of the source.
func (s *scope) fit(u *url.URL) (*url.URL, string) {
	scheme, ok := s.hosts[u.Host]
	if !ok {
		return nil, "on another host"
	}
	if scheme == "https" && u.Scheme == "http" {
		c := *u
		c.Scheme = "https"
		u = &c
	}
	t := target(u)
	within := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, t) })
	}
	if within(s.deny) {
		return nil, "left out by deny"
	}
	if len(s.allow) > 0 {
		if !within(s.allow) {
			return nil, "not among allow"
		}
		return u, ""
	}
	p := u.EscapedPath()
	if !slices.ContainsFunc(s.folders[u.Host], func(f string) bool {
		return p == f || strings.HasPrefix(p, strings.TrimSuffix(f, "/")+"/")
	}) {
		return nil, "outside the folders of the start addresses"
	}
	return u, ""
}

// sameSite reports whether two hosts differ by "www." at most.
func sameSite(a, b string) bool {
	return strings.TrimPrefix(a, "www.") == strings.TrimPrefix(b, "www.")
}

// Limits against sites without an end.
const (
	maxSegments = 24  // of a path
	maxRepeats  = 3   // of one segment in a path
	maxParams   = 8   // of a query
	maxFacets   = 100 // addresses that differ in three and more parameters only
	maxPairs    = 1000
	maxDates    = 400 // addresses that differ in dates and numbers only
	maxCopies   = 30  // of such addresses that gave what another one had
)

var (
	digits  = pattern.Lazy(`[0-9]+`)
	dated   = pattern.Lazy(`/([12][0-9]{3})/(?:0?[1-9]|1[0-2])(?:[/?]|$)|(?:^|[^0-9])([12][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[^0-9]|$)|=([12][0-9]{3})-(?:0?[1-9]|1[0-2])(?:&|$)`)
	yearKey = pattern.Lazy(`(?i)(?:^|[&?_])(?:year|yr|jahr|annee|ano|anno)=([0-9]{4})(?:&|$)`)
)

// traps notices sites that make up ever more addresses, such as calendars.
type traps struct {
	now    time.Time
	shapes map[string]int
	copies map[string]int // by shape, pages that gave what others had
	own    map[string]int // by shape, pages that gave something of their own
}

// caught says why u is not followed; "" when it is.
func (t *traps) caught(u *url.URL) string {
	p := u.EscapedPath()
	segments := strings.Split(strings.Trim(p, "/"), "/")
	if len(segments) > maxSegments {
		return fmt.Sprintf("its path has more than %d parts", maxSegments)
	}
	count := map[string]int{}
	for _, s := range segments {
		if count[s]++; count[s] > maxRepeats && s != "" {
			return fmt.Sprintf("its path repeats %q", s)
		}
	}
	params := 0
	keys := []string{}
	if u.RawQuery != "" {
		for pair := range strings.SplitSeq(u.RawQuery, "&") {
			name, _, _ := strings.Cut(pair, "=")
			keys = append(keys, name)
			params++
		}
	}
	if params > maxParams {
		return fmt.Sprintf("it has more than %d parameters", maxParams)
	}
	year := 0
	if m := dated().FindStringSubmatch(target(u)); m != nil {
		year, _ = strconv.Atoi(m[1] + m[2] + m[3])
	} else if m := yearKey().FindStringSubmatch(u.RawQuery); m != nil {
		year, _ = strconv.Atoi(m[1])
	}
	if year > t.now.Year()+1 || year != 0 && year < 1990 {
		return fmt.Sprintf("it looks like a calendar without an end (%d)", year)
	}
	if year != 0 && t.over("date "+shape(u), maxDates) {
		return fmt.Sprintf("more than %d addresses differ from it in dates only", maxDates)
	}
	slices.Sort(keys)
	form := u.Host + p + "?" + strings.Join(slices.Compact(keys), "&")
	if params >= 3 && t.over(form, maxFacets) {
		return fmt.Sprintf("more than %d addresses differ from it in parameters only", maxFacets)
	}
	if params == 2 && t.over(form, maxPairs) {
		return fmt.Sprintf("more than %d addresses differ from it in parameters only", maxPairs)
	}
	return t.barren(u)
}

// barren says why u is not worth a request; "" when it is. Unlike the other
// limits it is known only while pages arrive.
func (t *traps) barren(u *url.URL) string {
	s := shape(u)
	if n := t.copies[s]; n < maxCopies || n < 10*t.own[s] {
		return ""
	}
	return fmt.Sprintf("%d addresses like it gave what others had", t.copies[s])
}

func (t *traps) over(key string, most int) bool {
	t.shapes[key]++
	return t.shapes[key] > most
}

// saw notes whether an address gave something of its own.
func (t *traps) saw(u *url.URL, own bool) {
	if own {
		t.own[shape(u)]++
	} else {
		t.copies[shape(u)]++
	}
}

// shape is an address without its numbers.
func shape(u *url.URL) string {
	return u.Host + digits().ReplaceAllString(target(u), "#")
}
