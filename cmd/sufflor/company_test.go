package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// clock goes on from where it is set.
type clock struct{ ahead atomic.Int64 }

func (k *clock) now() time.Time { return time.Now().Round(0).Add(time.Duration(k.ahead.Load())).UTC() }

func (k *clock) set(to time.Time) { k.ahead.Store(int64(time.Until(to))) }

// company is the demo's company: a real server with its desks, by a clock that
// shows the same day each time.
type company struct {
	*server
	t       *testing.T
	clock   clock
	cli     *cli
	keys    demoKeys
	client  *http.Client
	setUp   string            // the set-up page's secret, while there is no account
	cookies map[string]string // sessions by role

	said     []store.Suggestion // all that was suggested, the newest first
	played   []store.Suggestion // that of the demo's script, in its order
	rejected string             // the id of one that an agent rejected

	kb     string            // the folder of its documents
	edited map[string]string // ids of documents by what an editor did to them
}

// today is the day of the demo's script.
var today = stamp(0)

const companyPassword = "correct horse battery staple"

// openCompany starts the server on documents of kb, at a time.
func openCompany(t *testing.T, kb string, begin time.Time) *company {
	t.Helper()
	data := t.TempDir()
	cfg, err := demoConfig(data, kb)
	require.NoError(t, err)
	cfg.Listen, cfg.Log.Level = "127.0.0.1:0", "error"
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	desk, err := startDemoDesk(ctx)
	require.NoError(t, err)
	t.Cleanup(desk.close)
	c := &company{t: t, kb: kb, edited: map[string]string{}, client: &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, cookies: map[string]string{}}
	c.keys, err = demoSecrets(data)
	require.NoError(t, err)
	require.NoError(t, addDesks(&cfg, c.keys, desk.url))
	c.clock.set(begin)
	c.cli = &cli{stdout: io.Discard, stderr: io.Discard, now: c.clock.now}
	ready, done := make(chan *server, 1), make(chan error, 1)
	go func() { done <- c.cli.serve(ctx, cfg, func(s *server) { ready <- s }) }()
	select {
	case c.server = <-ready:
	case err := <-done:
		require.NoError(t, err)
		require.FailNow(t, "the server ended")
	}
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	return c
}

func (c *company) access() access.Desk {
	d := accessDesk(c.app.cfg, c.app.store)
	d.Now = c.clock.now
	return d
}

// signIn takes a session as a browser gets it.
func (c *company) signIn(role string, form url.Values) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.URL+"/signin", strings.NewReader(form.Encode()))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.client.Do(req)
	require.NoError(c.t, err)
	require.NoError(c.t, resp.Body.Close())
	require.Equal(c.t, http.StatusSeeOther, resp.StatusCode)
	for _, k := range resp.Cookies() {
		c.cookies[role] = k.Name + "=" + k.Value
	}
}

// people get accounts, and sign in with their passwords.
func (c *company) people() {
	c.t.Helper()
	ctx, d := c.t.Context(), c.access()
	link, err := d.SetUp(ctx)
	require.NoError(c.t, err)
	first, err := d.First(ctx, link, "ingrid", "Ingrid Bø", companyPassword)
	require.NoError(c.t, err)
	who, ok := access.Personal(first)
	require.True(c.t, ok)
	for _, p := range []access.NewPerson{
		{Login: "ola", Name: "Ola Berg", Role: access.Agent},
		{Login: "petra", Name: "Petra Nyman", Role: access.Editor},
		{Login: "kari", Name: "Kari Nordmann", Role: access.Reviewer},
	} {
		_, link, err := d.Add(ctx, who, p)
		require.NoError(c.t, err)
		_, err = d.ByLink(ctx, link, companyPassword)
		require.NoError(c.t, err)
		c.signIn(p.Role, url.Values{"login": {p.Login}, "password": {companyPassword}})
	}
	_, _, err = d.Add(ctx, who, access.NewPerson{Login: "aleksandra.wisniewska-lindqvist@fjordvik.example", Name: "Aleksandra Wiśniewska-Lindqvist", Role: access.Agent})
	require.NoError(c.t, err)
	for _, k := range []access.NewKey{
		{Name: "CRM", Scopes: []string{access.ScopeAsk, access.ScopeSuggestions}}, {Name: "Nightly export", Scopes: []string{access.ScopeInsight}},
	} {
		_, _, err := d.AddKey(ctx, who, k)
		require.NoError(c.t, err)
	}
	c.signIn(access.Admin, url.Values{"login": {"ingrid"}, "password": {companyPassword}})
}

// reads reads the company's documents.
func (c *company) reads() {
	c.t.Helper()
	_, err := c.app.ingest(c.t.Context(), c.app.cfg.Workspaces[0], web.IngestRequest{Workspace: demoWorkspace}, func(ingest.Event) {})
	require.NoError(c.t, err)
}

// write sends what somebody writes through a desk, and waits until all that
// follows from it is done.
func (c *company) write(i int, t turn) string {
	c.t.Helper()
	c.clock.set(t.when(i).Add(5 * time.Second))
	key, err := send(c.t.Context(), c.client, c.server, c.keys, i, t, c.clock.now())
	require.NoError(c.t, err)
	require.Eventually(c.t, func() bool {
		n, err := c.app.store.QueueDepth(context.WithoutCancel(c.t.Context()))
		return err == nil && n == 0
	}, time.Minute, 5*time.Millisecond, "the work is done")
	return key
}

// asks writes as a customer and is what the agent gets.
func (c *company) asks(i int, t turn) (store.Suggestion, suggest.Suggestion) {
	c.t.Helper()
	rec, err := await(c.t.Context(), c.app.store, t.Desk, c.write(i, t))
	require.NoError(c.t, err)
	var body suggest.Suggestion
	require.NoError(c.t, json.Unmarshal(rec.Body, &body))
	c.said = append([]store.Suggestion{rec}, c.said...)
	return rec, body
}

// customers are n messages of our own, of all languages in turn.
func customers(t *testing.T, root string, n int) []turn {
	t.Helper()
	var files []*bufio.Scanner
	for _, language := range []string{"nb", "sv", "de", "fi", "da", "en"} {
		f, err := os.Open(filepath.Join(root, "testdata", "eval", language+".jsonl"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = f.Close() })
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		files = append(files, s)
	}
	names := []string{"Oddvar Lien", "Åsa Öhlund", "Jürgen Groß", "Päivi Hyvönen", "Søren Kjær", "Niamh Byrne"}
	var out []turn
	for i := 0; len(out) < n; i++ {
		s := files[i%len(files)]
		require.True(t, s.Scan(), "there are enough messages")
		var m struct{ Text, Customer string }
		require.NoError(t, json.Unmarshal(s.Bytes(), &m))
		if m.Customer == "" {
			m.Customer = names[i%len(names)]
		}
		out = append(out, turn{Desk: "zendesk", Conversation: fmt.Sprint(36000 + i), Customer: m.Customer, Text: m.Text})
	}
	return out
}

// works answers n customers in the weeks before today: most with the draft,
// some with a changed one, some with their own words.
func (c *company) works(root string, n int, weeks int) {
	c.t.Helper()
	ctx := c.t.Context()
	begin, step := today.AddDate(0, 0, -7*weeks), time.Duration(weeks)*7*24*time.Hour/time.Duration(n)
	reasons := []string{"facts: it is another model", "incomplete", "source: the list is of last year", "tone"}
	for i, t := range customers(c.t, root, n) {
		t.at = begin.Add(time.Duration(i) * step).Truncate(time.Minute)
		rec, body := c.asks(1000+2*i, t)
		reply := turn{Desk: "zendesk", Conversation: t.Conversation, Customer: "Ola Berg", Text: body.Text(), staff: true, at: t.at.Add(time.Duration(4+i%9) * time.Minute)}
		c.clock.set(reply.at.Add(-time.Minute))
		switch {
		case len(body.Sentences) == 0:
			reply.Text, reply.at = "Hei, takk for at du spør. Jeg har sjekket med verkstedet, og de tar kontakt i morgen.\n\nVennlig hilsen\nOla", reply.at.Add(25*time.Minute)
		case i%7 == 3:
			require.NoError(c.t, c.app.store.SaveOutcome(ctx, store.Outcome{Workspace: demoWorkspace, Suggestion: rec.ID, Action: store.ActionRejected, Reason: reasons[i%len(reasons)], Agent: "ola"}))
			c.rejected = rec.ID
			reply.Text = "Hei, ring oss gjerne på verkstedet, så går vi gjennom det sammen.\n\nVennlig hilsen\nOla"
		case i%5 == 2:
			reply.Text += "\n\nPS: Verkstedet er stengt mandag."
		default:
			require.NoError(c.t, c.app.store.SaveOutcome(ctx, store.Outcome{Workspace: demoWorkspace, Suggestion: rec.ID, Action: store.ActionUsed, Agent: "ola"}))
		}
		c.write(1000+2*i+1, reply)
		c.reviewed(i, rec, body)
	}
}

// reviewed is what the reviewers say of the i-th draft.
func (c *company) reviewed(i int, rec store.Suggestion, body suggest.Suggestion) {
	c.t.Helper()
	if len(body.Sentences) == 0 {
		return
	}
	ctx, s := c.t.Context(), c.app.store
	if i%2 == 0 {
		good := 5 - i%3
		r := store.Review{Workspace: demoWorkspace, Suggestion: rec.ID, Reviewer: "Kari Nordmann", Correct: good, Complete: good, Tone: 4 + i%2, Citation: 5 - i%2, Took: 17 * time.Second}
		require.NoError(c.t, s.SaveReview(ctx, r))
		if i%4 == 0 {
			r.Reviewer, r.Complete, r.Took = "Petra Nyman", max(1, good-i%3), 23*time.Second
			require.NoError(c.t, s.SaveReview(ctx, r))
		}
	}
	if i%7 == 3 {
		causes := store.Causes()
		require.NoError(c.t, s.SaveTriage(ctx, store.Triage{
			Workspace: demoWorkspace, Suggestion: rec.ID, Cause: causes[i%len(causes)], State: store.TriageStates()[0], Owner: "Petra Nyman", Author: "Kari Nordmann", Note: "Prislisten er fra i fjor.",
		}))
	}
}

// plays is the demo's script, of today.
func (c *company) plays(root string) {
	c.t.Helper()
	turns, err := readScript(filepath.Join(root, "testdata", "script", "demo.yaml"))
	require.NoError(c.t, err)
	for i, t := range turns {
		rec, _ := c.asks(i, t)
		c.played = append(c.played, rec)
	}
	c.clock.set(today.Add(18 * time.Minute))
}

// edits is what an editor did to the documents: a passage that nothing quotes
// any more, one with another text, and one whose correction no longer applies,
// for the document says something else by now. One file cannot be read, and one
// was removed.
func (c *company) edits() {
	c.t.Helper()
	ctx := c.t.Context()
	const changed = "garanti-og-betaling.md"
	passages := map[string]index.Passage{} // the last of each document, and of one the second
	for after := ""; ; {
		list, err := c.app.store.PassagesAfter(ctx, after, 1000)
		require.NoError(c.t, err)
		if len(list) == 0 {
			break
		}
		after = list[len(list)-1].ID
		for _, p := range list {
			name := filepath.Base(p.Source)
			old, known := passages[name]
			if !known || name != changed && p.Ordinal > old.Ordinal || strings.Contains(p.Text, "48 måneder") {
				passages[name] = p
			}
		}
	}
	fix := func(what, name, action, text, reason string) {
		p, ok := passages[name]
		require.True(c.t, ok, name)
		f := store.Fix{Workspace: demoWorkspace, Passage: p.ID, Action: action, Reason: reason, Author: "Petra Nyman", Seen: -1}
		if action == store.FixCorrect {
			f.Text = p.Text + text
		}
		_, err := c.app.fix(ctx, f)
		require.NoError(c.t, err)
		c.edited[what] = p.Document
	}
	fix("excluded", "levering-frakt-retur.docx", store.FixExclude, "", "Avtalen med transportøren er sagt opp.")
	fix("corrected", "vanlige-sporsmal.html", store.FixCorrect, " Ring verkstedet hvis du er i tvil.", "Kundene spør om dette hver uke.")
	fix("lost", changed, store.FixCorrect, " Serviceavtalen må være betalt.", "Står bare i avtalen.")
	c.edited["plain"], c.edited["removed"] = passages["produktkatalog-2026.pdf"].Document, passages["serviceavtaler-og-kurs.txt"].Document

	path := filepath.Join(c.kb, "nb", changed)
	text, err := os.ReadFile(path)
	require.NoError(c.t, err)
	require.Contains(c.t, string(text), "koster 3 %")
	require.NoError(c.t, os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "koster 3 %", "koster 4 %")), 0o600))
	require.NoError(c.t, os.WriteFile(filepath.Join(c.kb, "nb", "skannet-avtale.pdf"), []byte("%PDF-1.7\nhalf of a file"), 0o600))
	c.reads()
	_, err = room{c.server}.Remove(ctx, demoWorkspace, web.RoomRemoval{Documents: []string{c.edited["removed"]}, Author: "Petra Nyman"})
	require.NoError(c.t, err)
}

// source is the address of a passage of a file whose name ends like that, one
// that a draft cites if there is one.
func (c *company) source(ext string) string {
	c.t.Helper()
	found := ""
	for _, rec := range append(slices.Clone(c.played), c.said...) {
		var body suggest.Suggestion
		require.NoError(c.t, json.Unmarshal(rec.Body, &body))
		for i, e := range body.Evidence {
			if !strings.HasSuffix(e.Passage.Source, ext) {
				continue
			}
			found = fmt.Sprintf("/source/%s?suggestion=%s&source=%d", url.PathEscape(e.Passage.ID), rec.ID, i+1)
			if e.Cited {
				return found
			}
		}
	}
	require.NotEmpty(c.t, found, "no draft shows a passage of a file "+ext)
	return found
}

// demoCompany is a company that has worked for some weeks. Its documents are
// those of folders below testdata/kb.
func demoCompany(t *testing.T, messages, weeks int, folders ...string) *company {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	kb := t.TempDir()
	for _, f := range folders {
		require.NoError(t, os.CopyFS(filepath.Join(kb, f), os.DirFS(filepath.Join(root, "testdata", "kb", f))))
	}
	c := openCompany(t, kb, today.AddDate(0, 0, -7*weeks))
	c.reads()
	c.works(root, messages, weeks)
	c.plays(root)
	c.edits()
	c.people()
	return c
}

// newCompany is one on its first day: nothing read, nobody there but who holds
// the token.
func newCompany(t *testing.T) *company {
	t.Helper()
	c := openCompany(t, t.TempDir(), today)
	var err error
	c.setUp, err = c.access().SetUp(t.Context())
	require.NoError(t, err)
	c.signIn(access.Admin, url.Values{"token": {c.Token.Reveal()}})
	return c
}
