package web_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch/fetchtest"
	"github.com/sufflor/sufflor/ingest/fetch/web"
)

// site is a web server in process: what it answers, and what it was asked.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]any // a string of HTML, a status, or a handler
	asked map[string]int
	told  map[string]int // 304
}

func newSite(t *testing.T, pages map[string]any) *site {
	t.Helper()
	s := &site{pages: pages, asked: map[string]int{}, told: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) set(path string, page any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = page
}

func (s *site) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	key := r.URL.RequestURI()
	s.asked[key]++
	page, ok := s.pages[key]
	s.mu.Unlock()
	switch p := page.(type) {
	case string:
		if strings.HasPrefix(p, "->") {
			http.Redirect(w, r, p[2:], http.StatusMovedPermanently)
			return
		}
		tag := fmt.Sprintf("%q", fmt.Sprint(len(p), p[:min(len(p), 0)], hash(p)))
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			s.mu.Lock()
			s.told[key]++
			s.mu.Unlock()
			w.WriteHeader(http.StatusNotModified)
			return
		}
		switch filepath.Ext(r.URL.Path) {
		case ".txt":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		case ".xml":
			w.Header().Set("Content-Type", "application/xml")
		case ".pdf":
			w.Header().Set("Content-Type", "application/pdf")
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		io.WriteString(w, p)
	case int:
		w.WriteHeader(p)
	case func(http.ResponseWriter, *http.Request):
		p(w, r)
	default:
		if !ok {
			http.NotFound(w, r)
		}
	}
}

func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// page is HTML with a text of its own and links.
func page(text string, links ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html><head><title>%s</title></head><body><p>About %s.</p>", text, text)
	for _, l := range links {
		fmt.Fprintf(&b, `<a href="%s">more</a> `, l)
	}
	b.WriteString("</body></html>")
	return b.String()
}

type listing struct {
	items []ingest.Item
	paths []string // below the site
	gaps  []string // "path: error"
	err   error
	log   []web.Progress
}

func (l listing) reasons() string {
	var out []string
	for _, p := range l.log {
		out = append(out, string(p.What)+" "+p.Address+" "+p.Reason)
	}
	return strings.Join(out, "\n")
}

func source(t *testing.T, s *site, dir string, c web.Config, o web.Options) *web.Source {
	t.Helper()
	for i, a := range c.Start {
		c.Start[i] = s.URL + a
	}
	for i, a := range c.Sitemaps {
		c.Sitemaps[i] = s.URL + a
	}
	c.AllowPrivate = append(c.AllowPrivate, "127.0.0.1")
	o.CacheDir, o.Version = dir, "test"
	if o.Wait == nil {
		o.Wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	src, err := web.New(c, o)
	require.NoError(t, err)
	t.Cleanup(func() { src.Close() })
	return src
}

func list(t *testing.T, s *site, dir string, c web.Config) listing {
	t.Helper()
	var l listing
	src := source(t, s, dir, c, web.Options{Progress: func(p web.Progress) { l.log = append(l.log, p) }})
	l.collect(t.Context(), s, src)
	return l
}

func (l *listing) collect(ctx context.Context, s *site, src *web.Source) {
	var gaps []*ingest.Gap
	l.items, gaps, l.err = fetchtest.List(ctx, src)
	for _, it := range l.items {
		l.paths = append(l.paths, strings.TrimPrefix(it.Path, s.URL))
	}
	for _, g := range gaps {
		l.gaps = append(l.gaps, strings.ReplaceAll(g.Error(), s.URL, ""))
	}
}

func TestASiteIsReadAlongItsLinks(t *testing.T) {
	s := newSite(t, map[string]any{
		"/robots.txt": "User-agent: *\nDisallow: /private\n",
		"/help/": page("home", "a.html", "/help/b.html?utm_source=x&id=1#top", "../help/./a.html", "manual.pdf", "/about", "http://elsewhere.test/", "logo.png",
			"private", "mailto:x@example.com", "javascript:void(0)", "/private/x", "gone.html", "moved"),
		"/help/a.html":      page("a", "b.html?id=1", "c.html"),
		"/help/b.html?id=1": page("b", "/help/"),
		"/help/c.html":      page("c"),
		"/help/manual.pdf":  "%PDF-1.7 not really",
		"/help/moved":       "->/help/new",
		"/help/new":         page("new"),
		"/help/private":     page("allowed, the rule is about another path"),
	})
	l := list(t, s, t.TempDir(), web.Config{Start: []string{"/help/"}, Concurrency: 2})
	require.NoError(t, l.err)
	require.Empty(t, l.gaps)
	require.Equal(t, []string{"/help/", "/help/a.html", "/help/b.html?id=1", "/help/manual.pdf", "/help/private", "/help/c.html", "/help/new"}, l.paths)
	require.Zero(t, s.count("/help/logo.png"))
	require.Zero(t, s.count("/about"))
	require.Zero(t, s.count("/private/x"))
	require.Equal(t, 1, s.count("/help/a.html"))
	require.Equal(t, 1, s.count("/robots.txt"))
	for range 3 {
		require.Equal(t, l.paths, list(t, s, t.TempDir(), web.Config{Start: []string{"/help/"}, Concurrency: 4}).paths, "the order depends on the site only")
	}
}

func TestRootNamesTheFirstStart(t *testing.T) {
	for want, c := range map[string]web.Config{
		"web:www.example.com/help/": {Start: []string{"https://WWW.Example.com:443/x/../help/#a", "https://b.example/"}},
		"web:www.example.com/":      {Sitemaps: []string{"https://www.example.com/maps/sitemap.xml"}},
	} {
		src, err := web.New(c, web.Options{CacheDir: t.TempDir()})
		require.NoError(t, err)
		require.Equal(t, want, src.Root())
	}
}

func TestTheNextRunAsksForWhatChanged(t *testing.T) {
	s := newSite(t, map[string]any{
		"/": page("home", "/a", "/b", "/doc.pdf"), "/a": page("a"), "/b": page("b", "/deep"), "/deep": page("deep"), "/doc.pdf": "%PDF-1.7 one",
	})
	dir := t.TempDir()
	c := func() web.Config { return web.Config{Start: []string{"/"}} }
	one := list(t, s, dir, c())
	require.Equal(t, []string{"/", "/a", "/b", "/doc.pdf", "/deep"}, one.paths)
	s.set("/a", page("a, written anew"))
	s.set("/doc.pdf", "%PDF-1.7 two")
	two := list(t, s, dir, c())
	require.Equal(t, one.paths, two.paths)
	require.Equal(t, 3, s.told["/"]+s.told["/b"]+s.told["/deep"])
	for i, it := range two.items {
		changed := two.paths[i] == "/a" || two.paths[i] == "/doc.pdf"
		require.Equal(t, changed, one.items[i].Tag != it.Tag, it.Path)
	}
	src := source(t, s, dir, c(), web.Options{})
	before := s.count("/a")
	path, release, err := src.Fetch(t.Context(), two.items[1], 1<<20)
	require.NoError(t, err)
	defer release()
	require.Equal(t, ".html", filepath.Ext(path))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(data), "written anew")
	require.Equal(t, before, s.count("/a"), "from the cache")
	path, release, err = src.Fetch(t.Context(), two.items[3], 1<<20)
	require.NoError(t, err)
	defer release()
	require.Equal(t, ".pdf", filepath.Ext(path))
	_, release, err = src.Fetch(t.Context(), two.items[3], 3)
	release()
	require.ErrorIs(t, err, ingest.ErrTooLarge)
}

func TestTokensAndScriptsDoNotChangeAPage(t *testing.T) {
	n := 0
	s := newSite(t, map[string]any{"/": func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<html><head><meta name="csrf-token" content="%d"><script>var t=%d</script></head><body><p>Same text.</p><!-- %d --><input type="hidden" value="%d"></body></html>`, n, n, n, n)
	}})
	dir := t.TempDir()
	one := list(t, s, dir, web.Config{Start: []string{"/"}})
	two := list(t, s, dir, web.Config{Start: []string{"/"}})
	require.Equal(t, 2, n)
	require.Equal(t, one.items[0].Tag, two.items[0].Tag)
	require.Equal(t, web.Same, two.log[len(two.log)-1].What)
}

func TestWhatCannotBeLookedAtIsKept(t *testing.T) {
	pages := map[string]any{"/": page("home", "/hub", "/b"), "/hub": page("hub", "/deep"), "/deep": page("deep"), "/b": page("b")}
	broken := map[string]any{
		"a server error": 500, "a forbidden page": 403, "a page behind a sign-in": 401, "a page that asks to wait": 429,
		"a dead line": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		},
		"a page cut short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "<p>only the beg")
		},
		"a redirect without an address": 302,
	}
	for name, answer := range broken {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, maps.Clone(pages))
			dir := t.TempDir()
			require.Equal(t, []string{"/", "/hub", "/b", "/deep"}, list(t, s, dir, web.Config{Start: []string{"/"}}).paths)
			s.set("/hub", answer)
			l := list(t, s, dir, web.Config{Start: []string{"/"}})
			require.NoError(t, l.err)
			require.Equal(t, []string{"/", "/b", "/deep"}, l.paths, "what the page led to is still found")
			require.Len(t, l.gaps, 1)
			require.True(t, strings.HasPrefix(l.gaps[0], "/hub: "), l.gaps[0])
			s.set("/hub", pages["/hub"])
			require.Equal(t, []string{"/", "/hub", "/b", "/deep"}, list(t, s, dir, web.Config{Start: []string{"/"}}).paths)
		})
	}
	t.Run("gone is gone", func(t *testing.T) {
		for _, code := range []int{404, 410} {
			s := newSite(t, maps.Clone(pages))
			dir := t.TempDir()
			list(t, s, dir, web.Config{Start: []string{"/"}})
			s.set("/hub", code)
			l := list(t, s, dir, web.Config{Start: []string{"/"}})
			require.Equal(t, []string{"/", "/b"}, l.paths)
			require.Empty(t, l.gaps)
		}
	})
	t.Run("without a cache a broken page says nothing is gone", func(t *testing.T) {
		s := newSite(t, maps.Clone(pages))
		s.set("/hub", 500)
		l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}})
		require.Equal(t, []string{"/", "/b"}, l.paths)
		require.Len(t, l.gaps, 2)
		require.True(t, strings.HasPrefix(l.gaps[1], ": "), "the whole source: %v", l.gaps)
	})
}

func TestTheWholeSourceIsKeptWhenItsBeginningIsMissing(t *testing.T) {
	starts := map[string]any{
		"not found": 404, "an error": 503, "sent elsewhere": "->https://login.example.test/", "forbidden by robots": page("x"),
	}
	for name, answer := range starts {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, map[string]any{"/docs/": answer})
			if name == "forbidden by robots" {
				s.set("/robots.txt", "User-agent: Sufflor\nDisallow: /\n")
			}
			l := list(t, s, t.TempDir(), web.Config{Start: []string{"/docs/"}})
			require.Empty(t, l.paths)
			require.NoError(t, l.err)
			require.True(t, slices.ContainsFunc(l.gaps, func(g string) bool { return strings.HasPrefix(g, ": ") }), "%v", l.gaps)
		})
	}
	t.Run("a redirect in a circle", func(t *testing.T) {
		s := newSite(t, map[string]any{"/docs/": "->/docs/a", "/docs/a": "->/docs/"})
		l := list(t, s, t.TempDir(), web.Config{Start: []string{"/docs/"}})
		require.Empty(t, l.paths)
		require.Len(t, l.gaps, 1)
		require.Contains(t, l.gaps[0], ": no page or document was found")
	})
	t.Run("a start that moved on the same site is followed", func(t *testing.T) {
		s := newSite(t, map[string]any{"/docs/": "->/handbook/", "/handbook/": page("handbook", "a", "/other"), "/handbook/a": page("a"), "/other": page("other")})
		l := list(t, s, t.TempDir(), web.Config{Start: []string{"/docs/"}})
		require.Equal(t, []string{"/handbook/", "/handbook/a"}, l.paths)
		require.Empty(t, l.gaps)
	})
	t.Run("a sitemap that is none", func(t *testing.T) {
		s := newSite(t, map[string]any{"/sitemap.xml": "<html>sorry</html>"})
		l := list(t, s, t.TempDir(), web.Config{Sitemaps: []string{"/sitemap.xml"}})
		require.Contains(t, strings.Join(l.gaps, "\n"), "not a sitemap")
	})
}

func TestASiteThatShrinksIsDoubtedOnce(t *testing.T) {
	pages := map[string]any{}
	var links []string
	for i := range 20 {
		links = append(links, fmt.Sprintf("/p%d", i))
		pages[links[i]] = page(links[i])
	}
	pages["/"] = page("home", links...)
	s := newSite(t, pages)
	dir := t.TempDir()
	c := func() web.Config { return web.Config{Start: []string{"/"}} }
	require.Empty(t, list(t, s, dir, c()).gaps)
	s.set("/", page("We are working on it, come back later", "/p1"))
	l := list(t, s, dir, c())
	require.Equal(t, []string{"/", "/p1"}, l.paths)
	require.Len(t, l.gaps, 1)
	require.Contains(t, l.gaps[0], ": only 2 of the 21 pages")
	require.Empty(t, list(t, s, dir, c()).gaps, "the second time it is believed")
	require.Empty(t, list(t, s, dir, c()).gaps)
	s.set("/", page("home", links...))
	require.Len(t, list(t, s, dir, c()).paths, 21)
	s.set("/", page("home", links[:12]...))
	require.Empty(t, list(t, s, dir, c()).gaps, "some pages go every day")
}

func TestRobotsThatCannotBeReadCloseTheSite(t *testing.T) {
	s := newSite(t, map[string]any{"/": page("home", "/a"), "/a": page("a"), "/robots.txt": 503})
	l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}})
	require.Empty(t, l.paths)
	require.Len(t, l.gaps, 1)
	require.True(t, strings.HasPrefix(l.gaps[0], ": its robots.txt cannot be read"), l.gaps[0])
	require.Zero(t, s.count("/"))
	s.set("/robots.txt", 403)
	require.Len(t, list(t, s, t.TempDir(), web.Config{Start: []string{"/"}}).paths, 2, "4xx means there are no rules")
}

func TestADownHostIsLeftAlone(t *testing.T) {
	pages := map[string]any{"/": ""}
	var links []string
	for i := range 30 {
		links = append(links, fmt.Sprintf("/p%d", i))
		pages[links[i]] = 502
	}
	pages["/"] = page("home", links...)
	s := newSite(t, pages)
	l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}})
	require.Equal(t, []string{"/"}, l.paths)
	require.Contains(t, l.gaps[len(l.gaps)-1], "in a row")
	require.Zero(t, s.count("/p20"))
}

func TestTheServersWishesAboutTime(t *testing.T) {
	t.Run("Retry-After and Crawl-delay are waited for", func(t *testing.T) {
		n := 0
		s := newSite(t, map[string]any{
			"/robots.txt": "User-agent: *\nCrawl-delay: 7\n",
			"/": func(w http.ResponseWriter, _ *http.Request) {
				if n++; n == 1 {
					w.Header().Set("Retry-After", "40")
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				w.Header().Set("Content-Type", "text/html")
				io.WriteString(w, page("home"))
			},
		})
		var waits []time.Duration
		src := source(t, s, t.TempDir(), web.Config{Start: []string{"/"}}, web.Options{Wait: func(_ context.Context, d time.Duration) error {
			waits = append(waits, d.Round(time.Second))
			return nil
		}})
		var l listing
		l.collect(t.Context(), s, src)
		require.Equal(t, []string{"/"}, l.paths)
		require.GreaterOrEqual(t, slices.Max(waits), 40*time.Second)
		require.Less(t, slices.Max(waits), 60*time.Second)
	})
	t.Run("a wait that is too long ends the attempt", func(t *testing.T) {
		s := newSite(t, map[string]any{"/": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(http.StatusServiceUnavailable)
		}})
		l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}})
		require.NotEmpty(t, l.gaps)
		require.Equal(t, 1, s.count("/"))
	})
}

func TestRobotsDirectives(t *testing.T) {
	head := func(h string) string {
		return "<html><head>" + h + "</head><body><p>" + h[:0] + fmt.Sprint(hash(h)) + `</p><a href="/linked-` + fmt.Sprint(hash(h)) + `">x</a></body></html>`
	}
	cases := []struct {
		name, head, header string
		listed, followed   bool
	}{
		{"nothing said", `<meta name="description" content="noindex">`, "", true, true},
		{"noindex", `<meta name="robots" content="noindex">`, "", false, true},
		{"nofollow", `<META NAME="ROBOTS" CONTENT="NoFollow">`, "", true, false},
		{"none", `<meta name="robots" content="none">`, "", false, false},
		{"two words", `<meta name="robots" content="noindex, nofollow">`, "", false, false},
		{"for us", `<meta name="sufflor" content="noindex">`, "", false, true},
		{"for others", `<meta name="googlebot" content="noindex">`, "", true, true},
		{"header", "", "noindex", false, true},
		{"header for us", "", "sufflor: noindex, nofollow", false, false},
		{"header for others", "", "googlebot: noindex", true, true},
		{"header with a date that has passed", "", "unavailable_after: 25 Jun 2010 15:00:00 PST", false, true},
		{"header with a date to come", "", "unavailable_after: 25 Jun 2900 15:00:00 PST", true, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			text := head(tc.head)
			linked := "/linked-" + fmt.Sprint(hash(tc.head))
			s := newSite(t, map[string]any{
				"/": page("home", "/x"), linked: page("linked"),
				"/x": func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					if tc.header != "" {
						w.Header().Set("X-Robots-Tag", tc.header)
					}
					io.WriteString(w, text)
				},
			})
			l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}})
			require.Equal(t, tc.listed, slices.Contains(l.paths, "/x"))
			require.Equal(t, tc.followed, slices.Contains(l.paths, linked))
		})
	}
}

func TestCopiesAndOriginals(t *testing.T) {
	original := func(text, to string) string {
		return `<html><head><link rel="canonical" href="` + to + `"></head><body>` + text + `</body></html>`
	}
	s := newSite(t, map[string]any{
		"/":           page("home", "/a", "/copy", "/print?id=1", "/lonely", "/wrong", "/outside", "/follow"),
		"/a":          page("a"),
		"/copy":       page("a"),
		"/print?id=1": original("for print", "/real"),
		"/real":       original("for reading", "/real"),
		"/lonely":     original("its original is gone", "/nowhere"),
		"/wrong":      original("a site that names its home everywhere", "/"),
		"/outside":    original("its original is elsewhere", "https://elsewhere.test/"),
		"/follow":     `<a rel="nofollow" href="/untrusted">x</a> some text`,
		"/untrusted":  page("untrusted"),
	})
	l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}})
	require.Equal(t, []string{"/", "/a", "/wrong", "/outside", "/follow", "/real", "/lonely"}, l.paths)
	require.Contains(t, l.reasons(), "the same as "+s.URL+"/a")
	require.Empty(t, l.gaps)
}

func TestSitemaps(t *testing.T) {
	packed := func(text string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			zw := gzip.NewWriter(w)
			io.WriteString(zw, text)
			zw.Close()
		}
	}
	s := newSite(t, map[string]any{
		"/a": page("a", "/linked"), "/b": page("b"), "/c": page("c"), "/d": page("d"), "/linked": page("linked"), "/plain1": page("plain"),
	})
	s.set("/index.xml", `<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>`+s.URL+`/one.xml</loc></sitemap><sitemap><loc>
		`+s.URL+`/two.xml.gz </loc></sitemap><sitemap><loc>https://elsewhere.test/three.xml</loc></sitemap></sitemapindex>`)
	s.set("/one.xml", `<urlset xmlns="http://www.google.com/schemas/sitemap/0.84" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>`+s.URL+`/a</loc>
		<image:image><image:loc>`+s.URL+`/picture</image:loc></image:image></url><url><loc><![CDATA[`+s.URL+`/b]]></loc></url><url><loc>https://elsewhere.test/x</loc></url></urlset>`)
	s.set("/two.xml.gz", packed(`<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc>`+s.URL+`/c</s:loc></s:url></s:urlset>`))
	s.set("/plain.txt", s.URL+"/plain1\n\n"+s.URL+"/a\n")
	s.set("/robots.txt", "Sitemap: "+s.URL+"/robots.xml\nUser-agent: *\nDisallow: /one.xml\n")
	s.set("/robots.xml", `<urlset><url><loc>`+s.URL+`/d</loc></url></urlset>`)
	l := list(t, s, t.TempDir(), web.Config{Sitemaps: []string{"/index.xml", "/plain.txt"}, Depth: new(0)})
	require.Empty(t, l.gaps)
	require.Equal(t, []string{"/plain1", "/a", "/b", "/c"}, l.paths)
	l = list(t, s, t.TempDir(), web.Config{Start: []string{"/a"}, Allow: []string{"/"}, RobotsSitemaps: true})
	require.Equal(t, []string{"/a", "/linked", "/d"}, l.paths)

	dir := t.TempDir()
	require.Len(t, list(t, s, dir, web.Config{Sitemaps: []string{"/index.xml"}, Depth: new(0)}).paths, 3)
	s.set("/two.xml.gz", 404)
	l = list(t, s, dir, web.Config{Sitemaps: []string{"/index.xml"}, Depth: new(0)})
	require.Len(t, l.paths, 3, "a sitemap that is missing takes no page away")
	require.Len(t, l.gaps, 1)
	s.set("/one.xml", `<urlset><url><loc>`+s.URL+`/a</loc></url><url><loc>`)
	l = list(t, s, dir, web.Config{Sitemaps: []string{"/index.xml"}, Depth: new(0)})
	require.Len(t, l.paths, 3, "nor does one that is cut short")
	require.Len(t, l.gaps, 2)
}

func TestSitesWithoutAnEnd(t *testing.T) {
	s := newSite(t, map[string]any{})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		switch {
		case strings.HasPrefix(r.URL.Path, "/cal/"):
			var y, m int
			fmt.Sscanf(r.URL.Path, "/cal/%d/%d", &y, &m)
			io.WriteString(w, page(r.URL.Path, fmt.Sprintf("/cal/%d/%02d", y+m/12, m%12+1)))
		case strings.HasPrefix(r.URL.Path, "/loop/"):
			io.WriteString(w, page(r.URL.Path, "deeper/x"))
		case r.URL.Path == "/shop":
			n := fmt.Sprint(hash(r.URL.RawQuery))
			io.WriteString(w, page(n, "/shop?colour="+n+"&size=1&sort=up", "/shop?sort=down&size=2&colour="+n+"1"))
		case r.URL.Path == "/same":
			io.WriteString(w, page("same"))
		default:
			links := []string{"/cal/2025/01", "/loop/x", "/shop?colour=1&size=2&sort=up"}
			for i := range 200 {
				links = append(links, fmt.Sprintf("/same?n=%d", i))
			}
			for i := range 200 {
				links = append(links, fmt.Sprintf("/article?id=%d", i))
			}
			io.WriteString(w, page("home "+r.URL.RawQuery, links...))
		}
	})
	l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}, Depth: new(100), MaxPages: 5000})
	require.NoError(t, l.err)
	require.Empty(t, l.gaps)
	asked := map[string]int{}
	for _, p := range l.paths {
		asked[p[:strings.IndexAny(p+"?", "?")]]++
	}
	require.Equal(t, 200, asked["/article"], "pages that differ in one number are no trap")
	require.Equal(t, 1, asked["/same"])
	require.LessOrEqual(t, asked["/shop"], 100)
	for _, reason := range []string{"calendar without an end", "its path", "in parameters only", "gave what others had"} {
		require.Contains(t, l.reasons(), reason)
	}
}

func TestLimits(t *testing.T) {
	pages := map[string]any{}
	var links []string
	for i := range 20 {
		links = append(links, fmt.Sprintf("/p%d", i))
		pages[links[i]] = page(links[i], fmt.Sprintf("/q%d", i))
		pages[fmt.Sprintf("/q%d", i)] = page("q"+fmt.Sprint(i), "/r")
	}
	pages["/"], pages["/r"] = page("home", links...), page("r")
	s := newSite(t, pages)
	require.Len(t, list(t, s, t.TempDir(), web.Config{Start: []string{"/"}}).paths, 42)
	require.Len(t, list(t, s, t.TempDir(), web.Config{Start: []string{"/"}, Depth: new(0)}).paths, 1)
	require.Len(t, list(t, s, t.TempDir(), web.Config{Start: []string{"/"}, Depth: new(1)}).paths, 21)
	require.Len(t, list(t, s, t.TempDir(), web.Config{Start: []string{"/"}, Deny: []string{"/p1*", "*0$"}}).paths, 18)
	require.Len(t, list(t, s, t.TempDir(), web.Config{Start: []string{"/"}, Allow: []string{"/$", "/p"}}).paths, 21)
	l := list(t, s, t.TempDir(), web.Config{Start: []string{"/"}, MaxPages: 10})
	require.Len(t, l.paths, 10)
	require.Len(t, l.gaps, 1)
	require.Contains(t, l.gaps[0], ": the site has more than the 10 addresses", "and so nothing is taken for gone")
}

func TestWhatIsTooLargeIsListedAndNotFetched(t *testing.T) {
	s := newSite(t, map[string]any{"/": page("home", "/big.pdf"), "/big.pdf": strings.Repeat("x", 5000)})
	src := source(t, s, t.TempDir(), web.Config{Start: []string{"/"}}, web.Options{MaxFile: 2000})
	var l listing
	l.collect(t.Context(), s, src)
	require.Equal(t, []string{"/", "/big.pdf"}, l.paths)
	_, release, err := src.Fetch(t.Context(), l.items[1], 1<<30)
	release()
	require.ErrorIs(t, err, ingest.ErrTooLarge)
}

func TestACacheTooSmallCostsRequestsOnly(t *testing.T) {
	big := strings.Repeat("word ", 1000)
	s := newSite(t, map[string]any{"/": page("home"+big, "/a", "/b"), "/a": page("a" + big), "/b": page("b" + big)})
	src := source(t, s, t.TempDir(), web.Config{Start: []string{"/"}}, web.Options{CacheMax: 12_000})
	var l listing
	l.collect(t.Context(), s, src)
	require.Len(t, l.items, 3)
	for _, it := range l.items {
		path, release, err := src.Fetch(t.Context(), it, 1<<20)
		require.NoError(t, err)
		_, err = os.Stat(path)
		require.NoError(t, err)
		release()
	}
	require.Greater(t, s.count("/"), 1)
	s.set("/", 404)
	for range 2 { // until it is evicted
		for _, it := range l.items[1:] {
			_, release, err := src.Fetch(t.Context(), it, 1<<20)
			require.NoError(t, err)
			release()
		}
	}
	_, release, err := src.Fetch(t.Context(), l.items[0], 1<<20)
	release()
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, path := range []string{"file:///etc/passwd", "https://elsewhere.test/", "../../etc/passwd", "http://127.0.0.2:1/", ""} {
		_, release, err := src.Fetch(t.Context(), ingest.Item{Path: path}, 10)
		release()
		require.Error(t, err, path)
	}
}

func TestPagesInOldCharsets(t *testing.T) {
	s := newSite(t, map[string]any{"/": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=iso-8859-5")
		w.Write([]byte("<p>\xbd\xd0\xe1\xde\xe1</p>"))
	}})
	src := source(t, s, t.TempDir(), web.Config{Start: []string{"/"}}, web.Options{})
	var l listing
	l.collect(t.Context(), s, src)
	path, release, err := src.Fetch(t.Context(), l.items[0], 1000)
	require.NoError(t, err)
	defer release()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "<p>Насос</p>", string(data))
}

func TestARunThatIsStopped(t *testing.T) {
	pages := map[string]any{}
	for i := range 50 {
		pages[fmt.Sprintf("/%d", i)] = page(fmt.Sprint(i), fmt.Sprintf("/%d", i+1), fmt.Sprintf("/%d", i+2))
	}
	s := newSite(t, pages)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	src := source(t, s, t.TempDir(), web.Config{Start: []string{"/0"}, Allow: []string{"/"}, Depth: new(100), Concurrency: 3}, web.Options{})
	var last error
	n := 0
	for _, err := range src.List(ctx) {
		if n++; n == 5 {
			cancel()
		}
		last = err
	}
	require.ErrorIs(t, last, context.Canceled, "the end of a run is not the end of the site")
	n = 0
	for range src.List(t.Context()) {
		if n++; n == 3 {
			break
		}
	}
	require.Equal(t, 3, n)
}

func TestSettings(t *testing.T) {
	err := web.Config{
		Start: []string{"https://user:hunter2@example.com/", "ftp://example.com", "example.com"}, Deny: []string{"private"}, Depth: new(-1), MaxPages: -1,
		Rate: 1000, Concurrency: 9, AllowPrivate: []string{"http://x"},
	}.Validate()
	for _, field := range []string{"start[0]", "start[1]", "start[2]", "deny[0]", "depth", "max_pages", "rate", "concurrency", "allow_private[0]"} {
		require.ErrorContains(t, err, field)
	}
	require.NotContains(t, err.Error(), "hunter2")
	require.ErrorContains(t, web.Config{}.Validate(), "start: required")
	require.NoError(t, web.Config{Start: []string{"https://example.com/help/"}}.Validate())
}

func TestAHostThatIsNotPublicIsRefused(t *testing.T) {
	s := newSite(t, map[string]any{"/": page("home")})
	src, err := web.New(web.Config{Start: []string{s.URL}}, web.Options{CacheDir: t.TempDir(), Wait: func(context.Context, time.Duration) error { return nil }})
	require.NoError(t, err)
	var l listing
	l.collect(t.Context(), s, src)
	require.Empty(t, l.paths)
	require.Contains(t, strings.Join(l.gaps, "\n"), "allow_private")
	require.Zero(t, s.count("/"))
}

// TestALargeSite reports how fast a site of 500 pages is read; only that all
// of it is found can fail.
func TestALargeSite(t *testing.T) {
	pages := map[string]any{}
	filler := strings.Repeat("<p>Loosen the four screws of the cover and take the seal out.</p>", 300)
	for i := range 500 {
		pages[fmt.Sprintf("/%d", i)] = page(fmt.Sprint(i), fmt.Sprintf("/%d", (2*i+1)%500), fmt.Sprintf("/%d", (2*i+2)%500)) + filler
	}
	s := newSite(t, pages)
	dir := t.TempDir()
	for _, run := range []string{"first run", "second run, nothing changed"} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began := time.Now()
		l := list(t, s, dir, web.Config{Start: []string{"/0"}, Allow: []string{"/"}, Depth: new(20), Concurrency: 2})
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		require.Len(t, l.paths, 500)
		require.Empty(t, l.gaps)
		t.Logf("%s: %.0f pages/s, %.0f KB allocated a page, heap %.1f MB", run, 500/took.Seconds(), float64(after.TotalAlloc-before.TotalAlloc)/500/1024, float64(after.HeapAlloc)/(1<<20))
	}
}
