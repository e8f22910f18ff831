package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

// configure writes another configuration for a place.
func (p place) configure(t *testing.T, ingest, sources string) {
	t.Helper()
	yaml := fmt.Sprintf(`
data: %[1]s/data
listen: %[2]s
log: {level: info}
ingest: {%[3]s}
workspaces:
  - id: a
    name: Eksempel AS
    language: nb
    sources:
%[4]s
`, p.dir, p.listen, ingest, strings.ReplaceAll(sources, "DIR", p.dir))
	require.NoError(t, os.WriteFile(p.config, []byte(yaml), 0o600))
}

// ask calls a running server as the operator.
func (p place) ask(t *testing.T, method, path, body string, v any) int {
	t.Helper()
	r, err := running(filepath.Join(p.dir, "data"))
	require.NoError(t, err)
	req, err := http.NewRequest(method, r.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+r.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.StatusCode == http.StatusOK {
		require.NoError(t, json.Unmarshal(data, v), "%s", data)
	}
	return resp.StatusCode
}

func (p place) status(t *testing.T) map[string]sourceStatus {
	t.Helper()
	var st status
	require.Equal(t, 200, p.ask(t, "GET", "/api/ingest/status", "", &st))
	out := map[string]sourceStatus{}
	for _, s := range st.Sources {
		out[s.Name] = s
	}
	return out
}

func (p place) write(t *testing.T, name, text string) {
	t.Helper()
	full := filepath.Join(p.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o700))
	require.NoError(t, os.WriteFile(full, []byte(text), 0o600))
}

// answer is what the server drafts for a message.
func (p place) answer(t *testing.T, text string) string {
	t.Helper()
	var s json.RawMessage
	require.Equal(t, 200, p.ask(t, "POST", "/api/ask", fmt.Sprintf(`{"text":%q}`, text), &s))
	return string(s)
}

// stop ends a server as an administrator does.
func stop(t *testing.T, cmd *exec.Cmd, log *output) {
	t.Helper()
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, cmd.Wait(), "%s", log)
}

// TestServerReadsByItself watches one folder, reads another by schedule, and
// leaves a paused one alone, also after a restart.
func TestServerReadsByItself(t *testing.T) {
	p := newPlace(t, 1)
	p.configure(t, "rescan: 1m", `
      - {name: watched, collection: c, audience: public, paths: [DIR/docs, DIR/one.md], watch: true}
      - {name: hourly, collection: d, audience: public, paths: [DIR/hourly], schedule: every 1h}
      - {name: nightly, collection: e, audience: public, paths: [DIR/nightly], schedule: daily at 02:00}
      - {name: resting, collection: f, audience: public, paths: [DIR/resting], schedule: every 1h, watch: true}
      - {name: manual, collection: g, audience: public, paths: [DIR/manual]}`)
	for _, name := range []string{"one.md", "hourly/a.md", "nightly/a.md", "resting/a.md", "manual/a.md"} {
		p.write(t, name, "# Slange S-1\n\nSlangen S-1 er 3 meter lang.\n")
	}
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest", "pause", "resting")
	require.Zero(t, code, out+errs)

	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	eventually := func(what string, f func(map[string]sourceStatus) bool) {
		t.Helper()
		require.Eventually(t, func() bool { return f(p.status(t)) }, 90*time.Second, 100*time.Millisecond, "%s: %s", what, log)
	}
	eventually("what is due is read at the start", func(s map[string]sourceStatus) bool { return s["watched"].OK == 2 && s["hourly"].OK == 1 })
	s := p.status(t)
	require.True(t, s["hourly"].NextRun.After(time.Now().Add(50*time.Minute)), "%v", s["hourly"].NextRun)
	require.Nil(t, s["nightly"].LastRun, "it waits for its hour")
	require.True(t, s["nightly"].NextRun.After(time.Now()))
	require.Nil(t, s["manual"].LastRun)
	require.Nil(t, s["resting"].LastRun)
	require.True(t, s["resting"].NextRun.IsZero())

	p.write(t, "docs/new/q9.md", "# Brems B-9\n\nBremsen B-9 tåler 900 bar.\n")
	eventually("a file in a new folder is read", func(s map[string]sourceStatus) bool { return s["watched"].OK == 3 })
	// The store has it first, the index a moment later.
	require.Eventually(t, func() bool { return strings.Contains(p.answer(t, "Hvor mange bar tåler bremsen B-9?"), "900 bar") }, 90*time.Second, 100*time.Millisecond, "%s", log)
	p.write(t, "docs/new/q9.md", "# Brems B-9\n\nBremsen B-9 tåler bare 750 bar nå.\n")
	require.Eventually(t, func() bool { return strings.Contains(p.answer(t, "Hvor mange bar tåler bremsen B-9?"), "750 bar") }, 90*time.Second, 100*time.Millisecond, "%s", log)
	require.NoError(t, os.RemoveAll(filepath.Join(p.dir, "docs", "new")))
	eventually("what is deleted goes", func(s map[string]sourceStatus) bool { return s["watched"].OK == 2 })
	require.NotContains(t, p.answer(t, "Hvor mange bar tåler bremsen B-9?"), "750 bar")
	// An editor writes beside a file and puts the new one in its place.
	p.write(t, "tmp.md", "# Slange S-1\n\nSlangen S-1 er 7 meter lang.\n")
	require.NoError(t, os.Rename(filepath.Join(p.dir, "tmp.md"), filepath.Join(p.dir, "one.md")))
	require.Eventually(t, func() bool { return strings.Contains(p.answer(t, "Hvor lang er slangen S-1?"), "7 meter") }, 90*time.Second, 100*time.Millisecond, "%s", log)

	// The commands go through the server.
	var any map[string]any
	require.Equal(t, 422, p.ask(t, "POST", "/api/ingest/pause", `{"source":"nobody"}`, nil))
	require.Equal(t, 200, p.ask(t, "POST", "/api/ingest/pause", `{"source":"watched"}`, &any))
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "watched")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "watched is paused", out)
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "manual", "--report", "-")
	require.Zero(t, code, errs)
	require.Contains(t, out, `"kind":"added"`)
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "--dry-run")
	require.Zero(t, code, errs)
	require.Contains(t, out, "2 added", "nightly and resting; a dry run needs no leave")
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "status")
	require.Zero(t, code, errs)
	require.Contains(t, out, "hourly")
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "history", filepath.Join(p.dir, "one.md"))
	require.Zero(t, code, errs)
	require.Contains(t, out, "in use")
	code, out, errs = command(t, t.Context(), "-c", p.config, "ingest", "remove", "manual", "--yes")
	require.Zero(t, code, errs)
	require.Contains(t, out, "1 document with 1 passage removed")
	require.True(t, p.status(t)["manual"].Paused)
	var fs map[string][]failure
	require.Equal(t, 200, p.ask(t, "GET", "/api/ingest/failures", "", &fs))
	require.Empty(t, fs["failures"])
	stop(t, cmd, log)
	require.NotContains(t, log.String(), "level=ERROR")
	before := strings.Count(log.String(), "source read")

	cmd, log = p.start(t, "serve")
	p.serving(t, log)
	p.write(t, "docs/later.md", "# Ramme R-1\n\nRammen R-1 veier 12 kg.\n")
	require.Equal(t, 200, p.ask(t, "POST", "/api/ingest/resume", `{"source":"watched"}`, &any))
	eventually("a resumed source is read", func(s map[string]sourceStatus) bool { return s["watched"].OK == 3 })
	s = p.status(t)
	require.True(t, s["resting"].Paused, "a pause outlives a restart")
	require.Nil(t, s["resting"].LastRun)
	require.NotContains(t, log.String(), "source=hourly", "what ran less than an hour ago is not due: %s", log)
	require.Positive(t, before)
	stop(t, cmd, log)
}

// TestARunOfManyFilesGoesOnWhereItWasKilled kills a process that reads many
// files again and again. What was stored is not read again, and nothing is
// lost. SUFFLOR_TEST_FILES says how many; with more than 10,000 it takes some
// minutes.
func TestARunOfManyFilesGoesOnWhereItWasKilled(t *testing.T) {
	files := 800
	if n, err := strconv.Atoi(os.Getenv("SUFFLOR_TEST_FILES")); err == nil {
		files = n
	}
	p := newPlace(t, 0)
	for i := range files {
		p.write(t, fmt.Sprintf("docs/%03d/p%05d.md", i%100, i), fmt.Sprintf("# Pumpe P-%d\n\nPumpen P-%d fylles med %d liter olje.\n", i, i, 10+i))
	}
	cfg, err := config.Load(p.config, os.LookupEnv)
	require.NoError(t, err)
	stored := func() (n int) {
		s, err := store.Open(t.Context(), store.Options{Dir: cfg.Data, ReadOnly: true})
		if err != nil { // killed before there was anything
			return 0
		}
		defer func() { require.NoError(t, s.Close()) }()
		totals, err := s.Totals(t.Context(), "a")
		require.NoError(t, err)
		for _, x := range totals {
			n += x.OK
		}
		return n
	}
	added := map[string]int{}
	last := 0
	for life := 0; ; life++ {
		report := filepath.Join(p.dir, fmt.Sprintf("run%d.jsonl", life))
		cmd, log := p.start(t, "ingest", "--report", report)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		goal := last + files/5 + rand.IntN(files/10)
		var err error
		done := false
		for killed := false; !done; {
			select {
			case err = <-ended:
				done = true
			case <-time.After(200 * time.Millisecond):
				if !killed && life < 4 && stored() >= goal {
					killed = true
					require.NoError(t, cmd.Process.Kill())
				}
			}
		}
		for line := range strings.SplitSeq(read(t, report), "\n") {
			var e ingest.Event
			if json.Unmarshal([]byte(line), &e) == nil && e.Kind != "" { // the last line may be half
				require.Contains(t, []ingest.EventKind{ingest.Added, ingest.Unchanged}, e.Kind, line)
				if e.Kind == ingest.Added {
					added[e.Path]++
				}
			}
		}
		now := stored()
		require.GreaterOrEqual(t, now, last, "nothing stored is lost")
		last = now
		if err == nil {
			require.Positive(t, life, "it was killed at least once: %s", log)
			break
		}
		require.Less(t, life, 4, "%s", log)
	}
	require.Equal(t, files, last)
	for path, n := range added {
		require.Equal(t, 1, n, "%s was read twice", path)
	}
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	n := 0
	for d, err := range a.store.EachDocument(t.Context(), "a", store.DocumentFilter{}) {
		require.NoError(t, err)
		require.Equal(t, 1, d.Version, "%s was stored twice", d.Path)
		n++
	}
	require.Equal(t, files, n)
	st, err := a.index.Stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, files, st.Passages)
	runs, err := a.store.Runs(t.Context(), "a", "c", 10)
	require.NoError(t, err)
	require.Equal(t, store.RunOK, runs[0].State)
	require.Equal(t, store.RunInterrupted, runs[1].State)
	require.Contains(t, runs[1].Error, "killed")
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// TestAWebSiteIsASource reads a site, finds it unchanged, sees a page change
// and another one go.
func TestAWebSiteIsASource(t *testing.T) {
	var mu sync.Mutex
	pages := map[string]string{
		"/help/":           `<html lang="nb"><body><h1>Hjelp</h1><p>Her er svar om slangen S-1.</p><a href="hose.html">Slange</a> <a href="brake.html">Brems</a></body></html>`,
		"/help/hose.html":  `<html lang="nb"><body><h1>Slange S-1</h1><p>Slangen S-1 er 3 meter lang.</p></body></html>`,
		"/help/brake.html": `<html lang="nb"><body><h1>Brems B-9</h1><p>Bremsen B-9 tåler 900 bar.</p></body></html>`,
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		page, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	}))
	defer site.Close()
	p := newPlace(t, 0)
	p.configure(t, "workers: 2", `
      - {name: site, collection: help, audience: public, web: {start: [`+site.URL+`/help/], rate: 50, allow_private: [127.0.0.1]}}`)
	run := func(args ...string) string {
		t.Helper()
		code, out, errs := command(t, t.Context(), append([]string{"-c", p.config, "ingest"}, args...)...)
		require.Zero(t, code, out+errs)
		return out
	}
	require.Contains(t, run(), "3 added, 0 changed, 0 unchanged, 0 deleted, 0 failed")
	require.Contains(t, run(), "0 added, 0 changed, 3 unchanged, 0 deleted, 0 failed")
	mu.Lock()
	pages["/help/hose.html"] = strings.Replace(pages["/help/hose.html"], "3 meter", "7 meter", 1)
	pages["/help/"] = strings.Replace(pages["/help/"], `<a href="brake.html">Brems</a>`, "", 1)
	delete(pages, "/help/brake.html")
	mu.Unlock()
	require.Contains(t, run("--dry-run"), "1 deleted")
	require.Contains(t, run(), "0 added, 2 changed, 0 unchanged, 1 deleted, 0 failed")
	require.Contains(t, run("history", site.URL+"/help/hose.html"), "in use")
	require.Contains(t, run("history", "hose.html", "--text", "1"), "3 meter")
	require.Contains(t, run("status"), "site")
	require.Contains(t, run("remove", site.URL+"/help/hose.html", "--yes"), "1 document")
	require.Contains(t, run("remove", "site", "--yes"), "1 document")
	_, err := os.Stat(filepath.Join(p.dir, "data", "cache", "a", "site"))
	require.ErrorIs(t, err, os.ErrNotExist, "the pages kept go too")
}

// TestASourceMayShowWhatWorkbooksHide reads the same workbook with and without
// include_hidden.
func TestASourceMayShowWhatWorkbooksHide(t *testing.T) {
	book := excelize.NewFile()
	_, err := book.NewSheet("Margin")
	require.NoError(t, err)
	for sheet, rows := range map[string][][]any{
		"Sheet1": {{"Part", "Price"}, {"Filter F-12", "690 kr"}, {"Hose S-1", "120 kr"}},
		"Margin": {{"Part", "Margin"}, {"Filter F-12", "41 percent"}, {"Hose S-1", "17 percent"}},
	} {
		for i, row := range rows {
			require.NoError(t, book.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row))
		}
	}
	require.NoError(t, book.SetSheetVisible("Margin", false))
	p := newPlace(t, 0)
	for _, dir := range []string{"shown", "hidden"} {
		require.NoError(t, os.MkdirAll(filepath.Join(p.dir, dir), 0o700))
		require.NoError(t, book.SaveAs(filepath.Join(p.dir, dir, "prices.xlsx")))
	}
	p.configure(t, "workers: 1", `
      - {name: without, collection: c, audience: internal, paths: [DIR/hidden]}
      - {name: with, collection: d, audience: internal, paths: [DIR/shown], include_hidden: true}`)
	code, out, errs := command(t, t.Context(), "-c", p.config, "ingest")
	require.Zero(t, code, out+errs)
	text := func(dir string) string {
		code, out, errs := command(t, t.Context(), "-c", p.config, "ingest", "history", filepath.Join(p.dir, dir, "prices.xlsx"), "--text", "1")
		require.Zero(t, code, errs)
		require.Contains(t, out, "690 kr")
		return out
	}
	require.NotContains(t, text("hidden"), "41 percent")
	require.Contains(t, text("shown"), "41 percent")
}
