package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/web"
	"github.com/sufflor/sufflor/web/browsertest"
)

// roomPlace is a place with a source that takes uploads and one that does not.
func roomPlace(t *testing.T) place {
	t.Helper()
	p := newPlace(t, 3)
	p.configure(t, "max_file_bytes: 65536", `
      - {name: inbox, collection: b, audience: public, paths: [DIR/inbox], uploads: true}
      - {name: docs, collection: c, audience: public, paths: [DIR/docs]}`)
	return p
}

// keep uploads a file to be read later.
func (p place) keep(t *testing.T, name, text string) int {
	t.Helper()
	var escaped []string
	for part := range strings.SplitSeq(name, "/") {
		escaped = append(escaped, url.PathEscape(part))
	}
	return p.ask(t, "PUT", "/api/uploads/inbox/"+strings.Join(escaped, "/")+"?read=later&modified=1700000000123", text, nil)
}

// kept is what became of uploaded files.
func (p place) kept(t *testing.T, files map[string]string) map[string]web.RoomKept {
	t.Helper()
	q := map[string]any{"source": "inbox"}
	var list []web.RoomFile
	for name, text := range files {
		list = append(list, web.RoomFile{Name: name, Size: int64(len(text)), Modified: 1700000000123})
	}
	q["files"] = list
	body, err := json.Marshal(q)
	require.NoError(t, err)
	var answer struct {
		Files []web.RoomKept `json:"files"`
	}
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/uploads", string(body), &answer))
	out := map[string]web.RoomKept{}
	for _, f := range answer.Files {
		out[f.Name] = f
	}
	return out
}

// settled waits until none of files waits to be read.
func (p place) settled(t *testing.T, files map[string]string, log *output) (out map[string]web.RoomKept) {
	t.Helper()
	require.Eventually(t, func() bool {
		out = p.kept(t, files)
		for _, f := range out {
			if f.State == web.KeptReading {
				return false
			}
		}
		return true
	}, 90*time.Second, 50*time.Millisecond, "%s", log)
	return out
}

// left are the files below a folder, and the folders.
func left(t *testing.T, folder string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(folder, path); err == nil && rel != "." {
			names = append(names, rel)
		}
		return err
	}))
	return names
}

func TestUploadsAreReadLater(t *testing.T) {
	p := roomPlace(t)
	p.write(t, "inbox/.upload-OLDHALF", "half of a file")
	cmd, log := p.start(t, "serve")
	p.serving(t, log)

	files := map[string]string{
		"2026/brems.md":             "# Brems B-9\n\nBremsen B-9 tåler 900 bar.\n",
		"renamed.pdf":               "\x00\x01\x02\x03\xfe\xff\x00binary" + strings.Repeat("\x80\x00\x9f", 300),
		"text.pdf":                  "Slangen S-1 er 3 meter lang.",
		"<script>alert(1)<b>\"'.md": "# <script>alert(2)</script>\n\nVentilen V-2 koster 40 kr.\n",
		"empty.txt":                 " ",
	}
	for name, text := range files {
		require.Equal(t, web.KeptMissing, p.kept(t, files)[name].State, name)
		require.Equal(t, http.StatusAccepted, p.keep(t, name, text), name)
	}
	got := p.settled(t, files, log)
	for name, state := range map[string]string{
		"2026/brems.md": web.KeptIndexed, "renamed.pdf": web.KeptFailed, "text.pdf": web.KeptIndexed, "<script>alert(1)<b>\"'.md": web.KeptIndexed, "empty.txt": web.KeptFailed,
	} {
		require.Equal(t, state, got[name].State, "%s: %+v", name, got[name])
	}
	require.Contains(t, got["renamed.pdf"].Reason, "of no kind that is known")
	require.NotEmpty(t, got["renamed.pdf"].Hint)
	require.Contains(t, strings.Join(got["text.pdf"].Warnings, " "), "named .pdf, but is txt")
	require.Contains(t, p.answer(t, "Hvor mange bar tåler bremsen B-9?"), "900 bar")
	info, err := os.Stat(filepath.Join(p.dir, "inbox", "2026", "brems.md"))
	require.NoError(t, err)
	require.Equal(t, int64(1700000000123), info.ModTime().UnixMilli(), "dated as its sender says")
	require.NotContains(t, left(t, filepath.Join(p.dir, "inbox")), ".upload-OLDHALF", "halves of a killed process go")

	// Names that lead elsewhere or are never read, and a source that takes none.
	odd := p.kept(t, map[string]string{"../a.md": "", ".hidden.md": "", "a/Thumbs.db": ""})
	for name, f := range odd {
		require.Equal(t, web.KeptLeft, f.State, name)
		require.Equal(t, 422, p.keep(t, name, "x"), name)
	}
	require.Equal(t, 422, p.ask(t, "PUT", "/api/uploads/docs/a.md?read=later", "x", nil))

	// What is too large is refused before it is taken, also when it lies about it.
	require.Equal(t, 413, p.keep(t, "new/large.md", strings.Repeat("large ", 20_000)))
	p.cutOff(t, "PUT /api/uploads/inbox/huge/1GB.pdf?read=later HTTP/1.1\r\nContent-Length: 1073741824", "413")
	// An upload that is cut in half leaves nothing, not even its folder.
	p.cutOff(t, "PUT /api/uploads/inbox/new/half.md?read=later HTTP/1.1\r\nContent-Length: 5000", "")
	require.Eventually(t, func() bool {
		return !strings.Contains(strings.Join(left(t, filepath.Join(p.dir, "inbox")), " "), ".upload-")
	}, 30*time.Second, 20*time.Millisecond)
	require.ElementsMatch(t, []string{"2026", "2026/brems.md", "renamed.pdf", "text.pdf", "<script>alert(1)<b>\"'.md", "empty.txt"}, left(t, filepath.Join(p.dir, "inbox")))

	// What failed can be tried again, and what was named since is said to be left.
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/read", fmt.Sprintf(`{"documents":[%q],"retry":true}`, got["renamed.pdf"].Document), new(any)))
	require.Equal(t, web.KeptFailed, p.settled(t, files, log)["renamed.pdf"].State)
	p.write(t, "inbox/.suffloreignore", "no-*.md\n")
	require.Equal(t, http.StatusAccepted, p.keep(t, "no-1.md", "# Nei\n\nIkke denne.\n"))
	ignored := p.settled(t, map[string]string{"no-1.md": "# Nei\n\nIkke denne.\n"}, log)["no-1.md"]
	require.Equal(t, web.KeptLeft, ignored.State)
	require.Contains(t, ignored.Reason, ".suffloreignore")

	// A paused source keeps, and says that it is paused.
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/pause", `{"source":"inbox"}`, new(any)))
	late := map[string]string{"late.md": "# Sent\n\nPumpen P-77 tar 77 liter.\n"}
	require.Equal(t, http.StatusAccepted, p.keep(t, "late.md", late["late.md"]))
	require.Eventually(t, func() bool {
		f := p.kept(t, late)["late.md"]
		return f.State == web.KeptLeft && strings.Contains(f.Reason, "paused")
	}, 30*time.Second, 20*time.Millisecond)
	require.Equal(t, 422, p.ask(t, "POST", "/api/room/read", `{"source":"inbox"}`, nil), "it is paused")
	require.Equal(t, 404, p.ask(t, "POST", "/api/room/pause", `{"source":"nobody"}`, nil))
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/resume", `{"source":"inbox"}`, new(any)))
	stop(t, cmd, log)

	// What was kept and not read is read at the next start.
	cmd, log = p.start(t, "serve")
	p.serving(t, log)
	require.Eventually(t, func() bool { return p.kept(t, late)["late.md"].State == web.KeptIndexed }, 60*time.Second, 50*time.Millisecond, "%s", log)
	stop(t, cmd, log)
}

// cutOff sends the beginning of an upload and hangs up: once an answer came that
// holds want, or when that is empty once the server has begun to write.
func (p place) cutOff(t *testing.T, head, want string) {
	t.Helper()
	r, err := running(filepath.Join(p.dir, "data"))
	require.NoError(t, err)
	conn, err := net.Dial("tcp", p.listen)
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn, "%s\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", head, p.listen, r.Token)
	require.NoError(t, err)
	_, _ = conn.Write([]byte("the first line\n"))
	if want != "" {
		answer := make([]byte, 4096)
		n, err := conn.Read(answer)
		require.NoError(t, err)
		require.Contains(t, string(answer[:n]), want)
		require.Contains(t, string(answer[:n]), "65536 bytes", "the limit is named")
	} else {
		require.Eventually(t, func() bool {
			return strings.Contains(strings.Join(left(t, filepath.Join(p.dir, "inbox")), " "), ".upload-")
		}, 30*time.Second, 5*time.Millisecond)
	}
	require.NoError(t, conn.Close())
}

func TestRemovedDocumentsStayOutAndComeBack(t *testing.T) {
	p := roomPlace(t)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	read := func() {
		t.Helper()
		require.Equal(t, 200, p.ask(t, "POST", "/api/room/read", `{"source":"docs"}`, new(any)))
		require.Eventually(t, func() bool {
			var st struct{ Sources []web.RoomSource }
			p.ask(t, "GET", "/api/room/sources", "", &st)
			for _, s := range st.Sources {
				if s.Name == "docs" {
					return !s.Waiting && s.Running == nil && !s.LastRead.IsZero()
				}
			}
			return false
		}, 60*time.Second, 50*time.Millisecond, "%s", log)
	}
	read()
	require.Contains(t, p.answer(t, "Hvor mange liter olje tar pumpe P-1?"), "11 liter")
	var list struct{ Documents []struct{ ID, Path string } }
	require.Equal(t, 200, p.ask(t, "GET", "/api/room/documents?q=p001", "", &list))
	require.Len(t, list.Documents, 1)
	id := list.Documents[0].ID

	var r web.RoomRemoved
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/remove", fmt.Sprintf(`{"documents":[%q],"dry_run":true}`, id), &r))
	require.Equal(t, []any{1, ""}, []any{r.Documents, r.ID})
	require.Contains(t, p.answer(t, "Hvor mange liter olje tar pumpe P-1?"), "11 liter", "that only asked")
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/remove", fmt.Sprintf(`{"documents":[%q]}`, id), &r))
	require.NotContains(t, p.answer(t, "Hvor mange liter olje tar pumpe P-1?"), "11 liter")
	p.write(t, "docs/p001.md", "# Pumpe P-1\n\nPumpen P-1 fylles med 11 liter olje, sier fila fortsatt.\n")
	read()
	require.NotContains(t, p.answer(t, "Hvor mange liter olje tar pumpe P-1?"), "11 liter", "reading does not bring it back, changed or not")
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/restore", fmt.Sprintf(`{"id":%q}`, r.ID), new(any)))
	require.Contains(t, p.answer(t, "Hvor mange liter olje tar pumpe P-1?"), "11 liter")
	require.Equal(t, 404, p.ask(t, "POST", "/api/room/restore", fmt.Sprintf(`{"id":%q}`, r.ID), nil), "once")

	// A source as a whole is paused with it.
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/remove", `{"source":"docs"}`, &r))
	require.Equal(t, []any{3, true}, []any{r.Documents, r.Pauses})
	require.True(t, p.status(t)["docs"].Paused)
	require.Zero(t, p.status(t)["docs"].OK)
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/erase", fmt.Sprintf(`{"id":%q}`, r.ID), new(any)))
	require.Equal(t, 404, p.ask(t, "POST", "/api/room/restore", fmt.Sprintf(`{"id":%q}`, r.ID), nil))
	require.Equal(t, 404, p.ask(t, "POST", "/api/room/remove", fmt.Sprintf(`{"documents":[%q]}`, id), nil), "it is gone for good")
	require.Equal(t, 404, p.ask(t, "POST", "/api/room/remove", `{"source":"nobody"}`, nil))

	// Who uploads again what was removed wants it back.
	file := map[string]string{"a.md": "# A\n\nPumpen A tar 5 liter.\n"}
	require.Equal(t, http.StatusAccepted, p.keep(t, "a.md", file["a.md"]))
	doc := p.settled(t, file, log)["a.md"]
	require.Equal(t, web.KeptIndexed, doc.State)
	require.Equal(t, 200, p.ask(t, "POST", "/api/room/remove", fmt.Sprintf(`{"documents":[%q]}`, doc.Document), &r))
	require.Equal(t, web.KeptLeft, p.kept(t, file)["a.md"].State)
	require.Equal(t, http.StatusAccepted, p.keep(t, "a.md", file["a.md"]))
	require.Equal(t, web.KeptIndexed, p.settled(t, file, log)["a.md"].State)
	stop(t, cmd, log)
}

func TestShelvingByCommand(t *testing.T) {
	p := roomPlace(t)
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest", "docs")
	require.Zero(t, code, out+errs)
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "shelve", "--dry-run", "p001.md")
	require.Zero(t, code, out+errs)
	require.Contains(t, out, "1 document with 2 passages")
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "shelve", "p001.md")
	require.Zero(t, code, out+errs)
	_, id, ok := strings.Cut(strings.TrimSpace(out), "unshelve ")
	require.True(t, ok, out)
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "docs")
	require.Zero(t, code, out+errs)
	require.Contains(t, out, "taken out of search by hand")
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "unshelve")
	require.Zero(t, code, out+errs)
	require.Contains(t, out, id)
	require.Contains(t, out, "command line")
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "unshelve", id)
	require.Zero(t, code, out+errs)
	require.Contains(t, out, "1 document put back")
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "shelve", "nothing")
	require.NotZero(t, code)
	require.Contains(t, out+errs, "is called nothing")
}

// wire is a connection to a server that can be cut.
type wire struct {
	url string

	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	l := &wire{url: "http://" + ln.Addr().String()}
	t.Cleanup(l.cut)
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil || !l.hold(in, out) {
				_ = in.Close()
				continue
			}
			for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(pair[0], pair[1])
					_, _ = pair[0].Close(), pair[1].Close()
				}()
			}
		}
	}()
	return l
}

// hold notes the two ends of a connection, when there may be one.
func (l *wire) hold(ends ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		for _, c := range ends {
			_ = c.Close()
		}
		return false
	}
	l.conns = append(l.conns, ends...)
	return true
}

func (l *wire) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for _, c := range l.conns {
		_ = c.Close()
	}
	l.conns = nil
}

func (l *wire) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// TestBrowserUploadsManyFiles chooses some hundreds of files, loses the
// connection half-way and gets it back, in a browser with a real server.
func TestBrowserUploadsManyFiles(t *testing.T) {
	browsertest.Path(t)
	p := roomPlace(t)
	const many = 240
	var paths []string
	for i := range many {
		name := fmt.Sprintf("send/f%03d.md", i)
		p.write(t, name, fmt.Sprintf("# Ventil V-%d\n\nVentilen V-%d koster %d kr.\n", i, i, 100+i))
		paths = append(paths, filepath.Join(p.dir, name))
	}
	for name, text := range map[string]string{"send/<script>alert(1)<b>.md": "# <script>alert(2)</script>\n\nEn slange er 2 meter.\n", "send/fake.pdf": "\x00\x01\xfe" + strings.Repeat("\x9f\x00", 500), "send/.hidden": "x"} {
		p.write(t, name, text)
		paths = append(paths, filepath.Join(p.dir, name))
	}
	big := filepath.Join(p.dir, "send", "big.pdf")
	require.NoError(t, os.WriteFile(big, nil, 0o600))
	require.NoError(t, os.Truncate(big, 1<<30))
	paths = append(paths, big)

	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	r, err := running(filepath.Join(p.dir, "data"))
	require.NoError(t, err)
	ctx := browsertest.Launch(t, 5*time.Minute)
	eval := func(expression string) string {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf("String(%s)", expression)))
		require.NoError(t, err)
		return got
	}
	until := func(expression string) {
		t.Helper()
		browsertest.Until(t, ctx, expression)
	}
	between := newWire(t, p.listen)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(between.url+"/signin?token="+r.Token), chromedp.Navigate(between.url+"/documents/upload"), chromedp.SetUploadFiles("#files", paths)))
	until(`Number(document.getElementById("upload").dataset.ended) >= 10`)
	require.Contains(t, eval(`document.querySelector("#rows").innerText`), "grensen er 64 kB")
	between.cut()
	until(`!document.getElementById("trouble").hidden`)
	require.Contains(t, eval(`document.getElementById("trouble").textContent`), "Forbindelsen er brutt")
	require.NotEqual(t, "0", eval(`JSON.parse(sessionStorage.getItem("sufflor-upload a inbox")).length`), "what is left is remembered")
	between.mend()
	until(`document.getElementById("upload").dataset.ended === document.getElementById("upload").dataset.all`)
	require.Equal(t, fmt.Sprint(many+3), eval(`document.getElementById("upload").dataset.all`), "the hidden file is left out")
	require.Equal(t, "50", eval(`document.querySelectorAll("#rows tr").length`), "a window of them is in the page")
	require.Equal(t, "null", eval(`sessionStorage.getItem("sufflor-upload a inbox")`))
	require.Contains(t, eval(`document.querySelector("#rows").innerText`), "fake.pdf is not text")
	require.Contains(t, eval(`document.getElementById("sum").textContent`), fmt.Sprintf("i søket: %d, feilet: 2", many+1))
	require.Equal(t, many+1, p.status(t)["inbox"].OK)

	// The same again, in the tab of somebody else: nothing is sent twice.
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(between.url+"/documents/upload"), chromedp.SetUploadFiles("#files", paths[:60])))
	until(`document.getElementById("upload").dataset.ended === "60"`)
	require.Equal(t, "0", eval(`performance.getEntriesByType("resource").filter((e) => e.name.includes("/api/uploads/")).length`))
	stop(t, cmd, log)
}
