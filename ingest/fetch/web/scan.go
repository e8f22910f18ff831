package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits of what is taken from one page.
const (
	maxToken = 1 << 20
	maxLinks = 10_000
)

// page is what the crawl needs to know of a page.
type page struct {
	links     []string // addresses, each once, in their order
	canonical string
	noIndex   bool
	noFollow  bool
	print     string // differs when what a reader sees differs, whatever scripts and tokens change
}

// scan reads a page as UTF-8. Markup that is broken gives less, never an error.
func scan(address *url.URL, r io.Reader) (page, error) {
	var p page
	base, based := address, false
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	digest := sha256.New()
	seen := map[string]bool{}
	link := func(href string) {
		if u := resolve(base, href); u != nil && len(p.links) < maxLinks && !seen[u.String()] {
			seen[u.String()] = true
			p.links = append(p.links, u.String())
		}
	}
	silent := atom.Atom(0) // the element whose text nobody sees
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) && !errors.Is(err, html.ErrBufferExceeded) {
				return page{}, err //nolint:wrapcheck // of the file, which names itself
			}
			p.print = hex.EncodeToString(digest.Sum(nil)[:16])
			return p, nil
		case html.TextToken:
			if silent == 0 {
				for word := range strings.FieldsSeq(string(z.Text())) {
					_, _ = io.WriteString(digest, word+" ")
				}
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == silent {
				silent = 0
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := atom.Lookup(name)
			attrs := attributes(z, more)
			switch tag {
			case atom.Script, atom.Style, atom.Template:
				silent = tag
				continue
			case atom.Base:
				if href := attrs["href"]; href != "" && !based {
					if u, err := address.Parse(href); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
						base, based = u, true
					}
				}
			case atom.A, atom.Area:
				if !hasWord(attrs["rel"], "nofollow") {
					link(attrs["href"])
				}
			case atom.Iframe, atom.Frame, atom.Embed:
				link(attrs["src"])
			case atom.Object:
				link(attrs["data"])
			case atom.Link:
				if hasWord(attrs["rel"], "canonical") && p.canonical == "" {
					if u := resolve(base, attrs["href"]); u != nil {
						p.canonical = u.String()
					}
				}
				if hasWord(attrs["rel"], "next") || hasWord(attrs["rel"], "prev") {
					link(attrs["href"])
				}
			case atom.Meta:
				p.meta(attrs, link)
				continue
			}
			printTag(digest, name, attrs)
		}
	}
}

// seen attributes are those a reader may show or cite.
var printed = [...]string{"alt", "colspan", "href", "id", "lang", "rowspan", "src", "title"}

func printTag(w io.Writer, name []byte, attrs map[string]string) {
	_, _ = fmt.Fprintf(w, "<%s", name)
	for _, k := range printed {
		if v, ok := attrs[k]; ok {
			_, _ = fmt.Fprintf(w, " %s=%q", k, v)
		}
	}
	_, _ = io.WriteString(w, ">")
}

func (p *page) meta(attrs map[string]string, link func(string)) {
	switch name := strings.ToLower(attrs["name"]); {
	case name == "robots" || name == product:
		p.directives(attrs["content"])
	case strings.EqualFold(attrs["http-equiv"], "refresh"):
		if _, to, ok := strings.Cut(attrs["content"], "="); ok {
			link(strings.Trim(to, ` '"`))
		}
	}
}

// directives are the words of a robots meta element or header.
func (p *page) directives(text string) {
	for word := range strings.SplitSeq(strings.ToLower(text), ",") {
		switch strings.TrimSpace(word) {
		case "noindex":
			p.noIndex = true
		case "nofollow":
			p.noFollow = true
		case "none":
			p.noIndex, p.noFollow = true, true
		}
	}
}

// header adds what X-Robots-Tag says: "noindex", "sufflor: nofollow",
// "unavailable_after: 25 Jun 2026 15:00:00 GMT". What other crawlers are told
// is not for us.
func (p *page) header(h http.Header, now time.Time) {
	for _, line := range h.Values("X-Robots-Tag") {
		agent, rest, ok := strings.Cut(line, ":")
		switch agent = strings.ToLower(strings.TrimSpace(agent)); {
		case ok && agent == "unavailable_after":
			for _, form := range []string{time.RFC1123, time.RFC1123Z, time.RFC850, time.RFC3339, time.DateOnly, "02 Jan 2006 15:04:05 MST", "2 Jan 2006"} {
				if t, err := time.Parse(form, strings.TrimSpace(rest)); err == nil && t.Before(now) {
					p.noIndex = true
				}
			}
		case ok && agent == product:
			p.directives(rest)
		case !ok || strings.Contains(agent, ","):
			p.directives(line)
		}
	}
}

// attributes are those of the current tag, the first of each name.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	attrs := map[string]string{}
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		if _, twice := attrs[string(k)]; !twice && len(attrs) < 64 {
			attrs[string(k)] = string(v)
		}
	}
	return attrs
}

func hasWord(text, word string) bool {
	return slices.ContainsFunc(strings.Fields(text), func(w string) bool { return strings.EqualFold(w, word) })
}
