package web

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNormal(t *testing.T) {
	for in, want := range map[string]string{
		"HTTPS://WWW.Example.COM:443/a/./b/../c?x=1#top":            "https://www.example.com/a/c?x=1",
		"http://example.com:80":                                     "http://example.com/",
		"http://example.com:8080/":                                  "http://example.com:8080/",
		"https://example.com/../../a":                               "https://example.com/a",
		"https://example.com/%7euser/%c3%bc/%2F":                    "https://example.com/~user/%C3%BC/%2F",
		"https://example.com/ü b":                                   "https://example.com/%C3%BC%20b",
		"https://example.com/?utm_source=a&b=2&a=1&UTM_Medium=x":    "https://example.com/?b=2&a=1",
		"https://example.com/?fbclid=1":                             "https://example.com/",
		"https://example.com/a;jsessionid=AB12?p=1&PHPSESSID=2":     "https://example.com/a?p=1",
		"https://bücher.example/":                                   "https://xn--bcher-kva.example/",
		"https://example.com./a//b":                                 "https://example.com/a//b",
		"http://[2001:db8::1]:80/a":                                 "http://[2001:db8::1]/a",
		"https://example.com/a%zz":                                  "",
		"https://example..com/":                                     "",
		"http://0../":                                               "",
		"https://a_b./":                                             "https://a_b/",
		"https://bücher。example。/":                                  "https://xn--bcher-kva.example/",
		"https://example.com/" + strings.Repeat("x", maxAddress):    "",
		"https://example.com/a?":                                    "https://example.com/a",
		"https://example.com/search?q=a+b&q=%e4&empty=&&utm_term=x": "https://example.com/search?q=a+b&q=%E4&empty=",
	} {
		u, err := url.Parse(in)
		if err != nil {
			require.Empty(t, want, in)
			continue
		}
		n, err := normal(u)
		if want == "" {
			require.Error(t, err, in)
			continue
		}
		require.NoError(t, err, in)
		require.Equal(t, want, n.String())
	}
}

func FuzzNormal(f *testing.F) {
	for _, s := range []string{"https://example.com/a/../b?x=1&utm_source=2#f", "http://[::1]:80/%2e%2e/%2F", "HTTP://ü.example/;jsessionid=1/..;sid=2/", "https://a/%25%32%65", "https://a_b/[x]|?{y}=%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return
		}
		one, err := normal(u)
		if err != nil {
			return
		}
		two, err := normal(one)
		if err != nil || two.String() != one.String() {
			t.Fatalf("%q: first %q, then %q, %v", s, one, two, err)
		}
		if strings.Contains(one.EscapedPath()+"/", "/../") || one.Fragment != "" {
			t.Fatalf("%q: %q", s, one)
		}
	})
}

func TestMatches(t *testing.T) {
	// The examples of RFC 9309, 2.2.3, and of what others document.
	for _, tc := range []struct {
		pattern, text string
		want          bool
	}{
		{"/", "/anything", true},
		{"/fish", "/fish.html", true},
		{"/fish", "/Fish", false},
		{"/fish", "/a/fish", false},
		{"/fish/", "/fish", false},
		{"/*.php", "/a/b.php5?x", true},
		{"/*.php$", "/b.php?x", false},
		{"/*.php$", "/a.php/b.php", true},
		{"/fish*.php", "/fishheads/c.php?id=1", true},
		{"/a*b*c$", "/axxbxxc", true},
		{"/a*b*c$", "/axxcxxb", false},
		{"/exact$", "/exact", true},
		{"/exact$", "/exactly", false},
		{"*", "/x", true},
		{"/a$b", "/a$b", true},
		{"/*ab$", "/a", false},
		{"/aa*aa$", "/aaa", false},
	} {
		require.Equal(t, tc.want, matches(tc.pattern, tc.text), "%s %s", tc.pattern, tc.text)
	}
}

func TestRobots(t *testing.T) {
	for _, tc := range []struct {
		name, robots     string
		allowed, refused []string
	}{
		{"nothing", "", []string{"/"}, nil},
		{"an empty rule", "User-agent: *\nDisallow:\n", []string{"/a"}, nil},
		{"everything", "User-agent: *\nDisallow: /\n", nil, []string{"/", "/a"}},
		{"the longest rule wins", "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /a/b/c\n", []string{"/a/b/x", "/b"}, []string{"/a/x", "/a/b/c"}},
		{"the kinder rule wins", "User-agent: *\nDisallow: /a\nAllow: /a\n", []string{"/a"}, nil},
		{"our group only", "User-agent: *\nDisallow: /\n\nUser-Agent: SUFFLOR\nDisallow: /x\n", []string{"/a"}, []string{"/x"}},
		{"our group with a version", "User-agent: sufflor/1.0\nDisallow: /x\nUser-agent: *\nDisallow: /\n", []string{"/a"}, []string{"/x"}},
		{"a name that begins like ours", "User-agent: suff\nDisallow: /\n", []string{"/a"}, nil},
		{"groups of several names", "User-agent: a\nUser-agent: sufflor\nUser-agent: b\nDisallow: /x\nUser-agent: c\nDisallow: /y", []string{"/y"}, []string{"/x"}},
		{"groups count as one", "User-agent: sufflor\nDisallow: /x\nUser-agent: c\nDisallow: /z\nUser-agent: sufflor\nDisallow: /y", []string{"/z"}, []string{"/x", "/y"}},
		{"an empty group of ours frees us", "User-agent: *\nDisallow: /\nUser-agent: sufflor\n", []string{"/a"}, nil},
		{"comments, spaces, byte order mark, old line ends", "\ufeffUser-agent : * # all\r  disallow :  /x # not this\r", []string{"/y"}, []string{"/x"}},
		{"patterns from the start only", "User-agent: *\nDisallow: /foo*bar\n", []string{"/x/foo1bar"}, []string{"/foo1bar"}},
		{"escapes", "User-agent: *\nDisallow: /%7Ejoe/\nDisallow: /ü\nDisallow: /a%2fb\n", []string{"/a/b"}, []string{"/~joe/x", "/%c3%bc", "/a%2Fb"}},
		{"lines that make no sense", "<html>\nDisallow: /\nUser-agent: *\nCrawl-delay: soon\nNonsense\nDisallow: /x\n", []string{"/y"}, []string{"/x"}},
		{"parameters", "User-agent: *\nDisallow: /*?sort=\n", []string{"/a"}, []string{"/a?sort=up"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := parseRobots([]byte(tc.robots))
			for _, p := range tc.allowed {
				require.True(t, r.permits(parsed(t, p)), p)
			}
			for _, p := range tc.refused {
				require.False(t, r.permits(parsed(t, p)), p)
			}
		})
	}
	r := parseRobots([]byte("Sitemap: https://a.example/s.xml\nUser-agent: *\nCrawl-delay: 1e99\n"))
	require.Equal(t, slowest, r.delay)
	require.Equal(t, []string{"https://a.example/s.xml"}, r.sitemaps)
	require.Zero(t, parseRobots([]byte("User-agent: *\nCrawl-delay: NaN\nCrawl-delay: -1\n")).delay)
}

func parsed(t *testing.T, p string) *url.URL {
	t.Helper()
	u, err := url.Parse("https://example.com" + p)
	require.NoError(t, err)
	n, err := normal(u)
	require.NoError(t, err)
	return n
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /a*b$\nAllow: /\nCrawl-delay: 2\n", "/a/b")
	f.Fuzz(func(t *testing.T, text, p string) {
		r := parseRobots([]byte(text))
		if u := resolve(&url.URL{Scheme: "https", Host: "example.com", Path: "/"}, p); u != nil {
			r.permits(u)
		}
		if r.delay < 0 || r.delay > slowest {
			t.Fatalf("delay %s", r.delay)
		}
	})
}

func FuzzSitemap(f *testing.F) {
	f.Add("<urlset><url><loc>https://example.com/a</loc></url></urlset>")
	f.Add("https://example.com/a\n")
	f.Add("\x1f\x8b\x08\x00")
	f.Fuzz(func(t *testing.T, text string) {
		pages, sitemaps, _ := readSitemap(&url.URL{Scheme: "https", Host: "example.com", Path: "/"}, strings.NewReader(text))
		for _, p := range append(pages, sitemaps...) {
			if !strings.HasPrefix(p, "http://") && !strings.HasPrefix(p, "https://") {
				t.Fatalf("%q", p)
			}
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add(`<base href="/x/"><a href="../a">b</a><meta http-equiv=refresh content="0;url=c"><script>if (a<b) "</a>"</script>`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := scan(&url.URL{Scheme: "https", Host: "example.com", Path: "/"}, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range p.links {
			u, err := url.Parse(l)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.String() != l {
				t.Fatalf("%q: %v", l, err)
			}
		}
	})
}
