package webdav_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	dav "golang.org/x/net/webdav"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch/fetchtest"
	"github.com/sufflor/sufflor/ingest/fetch/webdav"
)

const password = "hunter2"

// share is a WebDAV server over a folder, behind a sign-in.
func share(t *testing.T, files map[string]string) (*httptest.Server, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o700))
		require.NoError(t, os.WriteFile(p, []byte(text), 0o600))
	}
	h := &dav.Handler{Prefix: "/remote.php/dav", FileSystem: dav.Dir(dir), LockSystem: dav.NewMemLS()}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, pass, _ := r.BasicAuth(); (user != "reader" || pass != password) && r.Header.Get("Authorization") != "Bearer "+password {
			w.Header().Set("WWW-Authenticate", `Basic realm="files"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method != "PROPFIND" && r.Method != http.MethodGet || r.Method == "PROPFIND" && r.Header.Get("Depth") != "1" {
			t.Errorf("asked %s with depth %q", r.Method, r.Header.Get("Depth"))
		}
		if strings.Contains(r.URL.Path, "forbidden") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv, dir
}

func source(t *testing.T, address string, change func(*webdav.Config, *webdav.Options)) *webdav.Source {
	t.Helper()
	c := webdav.Config{URL: address, User: "reader", AllowPrivate: []string{"127.0.0.1"}}
	o := webdav.Options{Password: password, Version: "test", TempDir: t.TempDir()}
	if change != nil {
		change(&c, &o)
	}
	src, err := webdav.New(c, o)
	require.NoError(t, err)
	t.Cleanup(func() { src.Close() })
	return src
}

func TestAShareIsReadFolderByFolder(t *testing.T) {
	srv, dir := share(t, map[string]string{
		"Manuals/b.txt": "b", "Manuals/a/Pumpe 100% ü+&#?.txt": "Pumpe", "Manuals/a/deep/er/x.pdf": "%PDF-1.7", `Manuals/back\slash.txt`: "y",
		"Manuals/.hidden/x": "x", "Manuals/~$b.docx": "x", "Manuals/half.part": "x", "Manuals/lost+found/x.txt": "x", "Manuals/forbidden/x.txt": "x", "other.txt": "x",
	})
	src := source(t, srv.URL+"/remote.php/dav/Manuals", nil)
	require.Equal(t, "webdav:"+strings.TrimPrefix(srv.URL, "http://")+"/remote.php/dav/Manuals", src.Root())
	items, gaps, err := fetchtest.List(t.Context(), src)
	require.NoError(t, err)
	require.Equal(t, []string{"a/Pumpe 100% ü+&#?.txt", "a/deep/er/x.pdf", "b.txt", `back\slash.txt`}, fetchtest.Paths(items)[:4])
	require.Len(t, items, 4)
	require.Len(t, gaps, 1)
	require.Equal(t, "forbidden", gaps[0].Path)
	require.ErrorContains(t, gaps[0], "give the user the right")
	before := map[string]string{}
	for _, it := range items {
		name, release, err := src.Fetch(t.Context(), it, 100)
		require.NoError(t, err)
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join(dir, "Manuals", filepath.FromSlash(it.Path)))
		require.NoError(t, err)
		require.Equal(t, string(want), string(data))
		require.EqualValues(t, len(data), it.Size)
		require.NotEmpty(t, it.Tag)
		require.False(t, it.Modified.IsZero())
		require.Equal(t, filepath.Ext(it.Path), filepath.Ext(name))
		before[it.Path] = it.Tag
		release()
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Manuals", "b.txt"), []byte("changed"), 0o600))
	items, _, err = fetchtest.List(t.Context(), src)
	require.NoError(t, err)
	for _, it := range items {
		require.Equal(t, it.Path == "b.txt", it.Tag != before[it.Path], it.Path)
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "Manuals", "b.txt")))
	_, release, err := src.Fetch(t.Context(), items[2], 100)
	release()
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, release, err = src.Fetch(t.Context(), items[1], 3)
	release()
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	items[1].Size = -1
	_, release, err = src.Fetch(t.Context(), items[1], 3)
	release()
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	for _, p := range []string{"../other.txt", "/other.txt", "a/../../other.txt", "", "a\x00"} {
		_, release, err = src.Fetch(t.Context(), ingest.Item{Path: p}, 100)
		release()
		require.Error(t, err, p)
	}
}

func TestATokenSignsInToo(t *testing.T) {
	srv, _ := share(t, map[string]string{"a.txt": "a"})
	items, _, err := fetchtest.List(t.Context(), source(t, srv.URL+"/remote.php/dav/", func(c *webdav.Config, o *webdav.Options) { c.User, o.Password, o.Token = "", "", password }))
	require.NoError(t, err)
	require.Equal(t, []string{"a.txt"}, fetchtest.Paths(items))
}

func TestErrorsNameWhatToCorrect(t *testing.T) {
	srv, _ := share(t, map[string]string{"a/b.txt": "a"})
	cases := []struct {
		name, path, want string
		change           func(*webdav.Config, *webdav.Options)
	}{
		{"wrong password", "/remote.php/dav/", "app password", func(_ *webdav.Config, o *webdav.Options) { o.Password = "wrong-" + password }},
		{"nobody signed in", "/remote.php/dav/", "set user and password", func(c *webdav.Config, o *webdav.Options) { c.User, o.Password = "", "" }},
		{"no such folder", "/remote.php/dav/nothing/", "check url", nil},
		{"a file", "/remote.php/dav/a/b.txt", "", nil},
		{"inner address", "/remote.php/dav/", "allow_private", func(c *webdav.Config, _ *webdav.Options) { c.AllowPrivate = []string{"10.0.0.0/8"} }},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			src := source(t, srv.URL+tc.path, tc.change)
			items, gaps, err := fetchtest.List(t.Context(), src)
			if tc.want == "" { // a file has no children
				require.Empty(t, items)
				return
			}
			require.ErrorContains(t, err, tc.want)
			require.Empty(t, items)
			require.Empty(t, gaps)
			require.NotContains(t, err.Error(), password)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", src, src, src), password)
		})
	}
}

// answering is a server that says the same to every question.
func answering(t *testing.T, status int, header http.Header, body string) *webdav.Source {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return source(t, srv.URL+"/dav/", nil)
}

const (
	self = `<D:response><D:href>/dav/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`
	ok   = `<D:propstat><D:prop><D:resourcetype/><D:getcontentlength>3</D:getcontentlength><D:getetag>"1"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>`
)

func multistatus(responses ...string) string {
	return `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">` + strings.Join(responses, "") + `</D:multistatus>`
}

func file(href string) string {
	return `<D:response><D:href>` + href + `</D:href>` + ok + `</D:response>`
}

func TestWhatServersAnswer(t *testing.T) {
	cases := []struct {
		name, body string
		items      []string
		gaps       int
	}{
		{"absolute addresses", multistatus(self, file("https://inner.example/dav/a.txt")), []string{"a.txt"}, 0},
		{"deeper than asked", multistatus(self, file("/dav/a.txt"), file("/dav/x/b.txt")), []string{"a.txt"}, 0},
		{"outside the folder", multistatus(self, file("/etc/passwd"), file("/dav/../etc/passwd"), file("/davx/a.txt")), nil, 0},
		{"path tricks", multistatus(self, file("/dav/%2e%2e"), file("/dav/..%2f..%2fetc%2fpasswd"), file("/dav/a%00.txt"), file("/dav/%ff"), file("/dav/a.txt")), []string{"a.txt"}, 4},
		{"twice the same", multistatus(self, file("/dav/a.txt"), file("/dav/a.txt")), []string{"a.txt"}, 0},
		{"gone meanwhile", multistatus(self, `<D:response><D:href>/dav/x</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>`), nil, 0},
		{"not for us", multistatus(self, `<D:response><D:href>/dav/x</D:href><D:status>HTTP/1.1 403 Forbidden</D:status></D:response>`), nil, 1},
		{"missing properties apart", multistatus(self, `<D:response><D:href>/dav/x</D:href><D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>`+ok+`</D:response>`), []string{"x"}, 0},
		{"a default namespace", strings.NewReplacer("<D:", "<", "</D:", "</", "xmlns:D", "xmlns").Replace(multistatus(self, file("/dav/a.txt"))), []string{"a.txt"}, 0},
		{"other namespaces inside", strings.ReplaceAll(multistatus(self, file("/dav/a.txt")), "<D:getcontentlength>", `<x:href xmlns:x="urn:x">/dav/evil</x:href><D:getcontentlength>`), []string{"a.txt"}, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			items, gaps, err := fetchtest.List(t.Context(), answering(t, http.StatusMultiStatus, nil, tc.body))
			require.NoError(t, err)
			require.Equal(t, tc.items, fetchtest.Paths(items))
			require.Len(t, gaps, tc.gaps, "%v", gaps)
		})
	}
	bad := []struct {
		name   string
		status int
		header http.Header
		body   string
		want   string
	}{
		{"cut short", 207, nil, multistatus(self, file("/dav/a.txt"))[:400], "read the server"},
		{"cut short between files", 207, nil, strings.TrimSuffix(multistatus(self, file("/dav/a.txt")), "</D:multistatus>"), "read the server"},
		{"a web page", 207, nil, "<html><body>Sign in</body></html>", "not WebDAV"},
		{"nothing", 207, nil, "", "not WebDAV"},
		{"an empty list", 207, nil, multistatus(), "lists nothing"},
		{"another folder", 207, nil, multistatus(strings.ReplaceAll(self, "/dav/", "/inner/dav/")), "correct url"},
		{"no WebDAV there", 405, nil, "", "check that url is a WebDAV folder"},
		{"a web page with 200", 200, nil, "<html>", "check that url is a WebDAV folder"},
		{"a redirect elsewhere", 302, http.Header{"Location": {"https://login.example.test/?token=hunter2"}}, "", "put that address into url"},
		{"a redirect to itself", 301, http.Header{"Location": {"/dav/"}}, "", "again and again"},
		{"another sign-in", 401, http.Header{"Www-Authenticate": {"NTLM", "Negotiate"}}, "", "offers no sign-in with Basic"},
		{"a server error", 503, nil, "", "503"},
		{"nested without an end", 207, nil, `<D:multistatus xmlns:D="DAV:">` + strings.Repeat("<a>", 10_000), "nested"},
	}
	for _, tc := range bad {
		t.Run(tc.name, func(t *testing.T) {
			items, _, err := fetchtest.List(t.Context(), answering(t, tc.status, tc.header, tc.body))
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), password)
			require.Empty(t, items)
		})
	}
}

func TestARunThatIsStopped(t *testing.T) {
	files := map[string]string{}
	for i := range 10 {
		files[fmt.Sprintf("%d/x.txt", i)] = "x"
	}
	srv, _ := share(t, files)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range source(t, srv.URL+"/remote.php/dav/", nil).List(ctx) {
		if n++; n == 2 {
			cancel()
		}
		last = err
	}
	require.ErrorIs(t, last, context.Canceled)
	n = 0
	for range source(t, srv.URL+"/remote.php/dav/", nil).List(t.Context()) {
		if n++; n == 2 {
			break
		}
	}
	require.Equal(t, 2, n)
}

func TestSettings(t *testing.T) {
	for address, want := range map[string]string{
		"": "url: required", "cloud.example.com/dav": "url: it is not an address", "ftp://cloud.example.com/": "url:", "https://u:hunter2@cloud.example.com/": "must not contain a user",
		"https://cloud.example.com/?x": "without ?", "http://cloud.example.com/dav/": "must start with https://",
	} {
		err := webdav.Config{URL: address}.Validate()
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), password)
	}
	require.ErrorContains(t, webdav.Config{URL: "https://cloud.example.com/", User: "a:b"}.Validate(), "user:")
	_, err := webdav.New(webdav.Config{URL: "https://cloud.example.com/", User: "a"}, webdav.Options{Token: "x"})
	require.ErrorContains(t, err, "token:")
	o := webdav.Options{Password: password, Token: password}
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %v", o, o, o, &o), password)
	_, err = webdav.New(webdav.Config{URL: "https://cloud.example.com/"}, webdav.Options{Password: "x"})
	require.ErrorContains(t, err, "user:")
}

func FuzzList(f *testing.F) {
	f.Add(multistatus(self, file("/dav/a.txt")))
	f.Add(multistatus(self, file("/dav/%2e%2e"), file("//x/dav/%2f")))
	f.Add("<html>")
	var body string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusMultiStatus)
		io.WriteString(w, body)
	}))
	f.Cleanup(srv.Close)
	src, err := webdav.New(webdav.Config{URL: srv.URL + "/dav/", AllowPrivate: []string{"127.0.0.1"}}, webdav.Options{Version: "test"})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		body = text
		n := 0
		for it, err := range src.List(t.Context()) {
			if err == nil && (it.Path == "" || strings.HasPrefix(it.Path, "/") || strings.Contains("/"+it.Path+"/", "/../") || strings.ContainsRune(it.Path, 0)) {
				t.Fatalf("path %q", it.Path)
			}
			if n++; n > 50 { // a folder may answer with folders for ever; depth bounds it
				break
			}
		}
	})
}
