package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

const hostile = `<script>alert("x")</script>`

// shelfRoom is a document room over a store, whose files are only counted.
type shelfRoom struct {
	*store.Store

	read    []web.RoomRead
	set     []web.RoomChange
	kept    map[string]string
	running bool
}

func (r *shelfRoom) Sources(_ context.Context, workspace string) ([]web.RoomSource, error) {
	if workspace != ws {
		return nil, nil
	}
	list := []web.RoomSource{
		{
			Name: "manuals", Kind: "folder", Collection: hostile, Audience: "public", Places: []string{"/srv/" + hostile}, Configured: true, Uploads: true, Schedule: "daily at 02:00",
			OK: 3, Failed: 1, Passages: 7, LastRead: noon, LastState: store.RunPartial, Product: hostile, Config: "name: " + hostile,
			Settings: []web.RoomSetting{{Setting: store.SettingAudience, Value: "public", Configured: "internal", Author: hostile, At: noon}},
		},
		{Name: hostile, Kind: "web", Collection: "web", Audience: "internal", Configured: true, LastRead: noon, LastState: store.RunFailed, Problems: []web.RoomProblem{{Place: hostile, Reason: hostile, Hint: hostile, Since: noon}}},
		{Name: "/old/" + hostile, Places: []string{"/old"}, OK: 1},
	}
	if r.running {
		list[0].Running = &web.RoomProgress{Done: 3, Total: 12, Started: noon}
	}
	return list, nil
}

func (r *shelfRoom) Read(_ context.Context, _ string, q web.RoomRead) error {
	r.read = append(r.read, q)
	return nil
}

func (r *shelfRoom) Keep(_ context.Context, _, source, author string, f web.RoomFile, body io.Reader) error {
	data, err := io.ReadAll(body)
	r.kept[source+"/"+f.Name] = string(data) + " by " + author
	return err
}

func (r *shelfRoom) Kept(_ context.Context, _, source string, files []web.RoomFile) (out []web.RoomKept, err error) {
	for _, f := range files {
		state := web.KeptMissing
		if _, ok := r.kept[source+"/"+f.Name]; ok {
			state = web.KeptIndexed
		}
		out = append(out, web.RoomKept{Name: f.Name, State: state})
	}
	return out, nil
}

func (r *shelfRoom) Remove(ctx context.Context, workspace string, q web.RoomRemoval) (web.RoomRemoved, error) {
	out := web.RoomRemoved{Name: q.Source, Source: q.Source != "", Documents: len(q.Documents), Examples: []string{hostile}}
	for _, id := range q.Documents {
		d, err := r.Document(ctx, workspace, id)
		if err != nil {
			return out, err
		}
		out.Name = d.Path
	}
	if q.DryRun {
		return out, nil
	}
	h, err := r.Shelve(ctx, store.Shelving{Workspace: workspace, Name: out.Name, Author: q.Author}, q.Documents)
	out.ID = h.ID
	return out, err
}

func (r *shelfRoom) Restore(ctx context.Context, workspace, removal, author string) (store.Shelving, error) {
	return r.Unshelve(ctx, workspace, removal, author)
}

func (r *shelfRoom) Erase(ctx context.Context, workspace, removal, author string) (store.Shelving, error) {
	return r.EraseShelving(ctx, workspace, removal, author)
}

func (r *shelfRoom) Set(_ context.Context, workspace string, q web.RoomChange) (web.RoomChanged, error) {
	if workspace != ws || q.Source != "manuals" {
		return web.RoomChanged{}, store.ErrNotFound
	}
	out := web.RoomChanged{Source: q.Source, Changed: []string{"audience: internal > public"}, Public: q.Audience != nil && *q.Audience == "public"}
	if out.Done = !q.DryRun && (q.Public || !out.Public); out.Done {
		r.set = append(r.set, q)
	}
	return out, nil
}

// docRoom is a handler with a document room and an editor who has signed in.
func docRoom(t *testing.T) (*shelfRoom, http.Handler, func(*http.Request)) {
	t.Helper()
	s := seed(t)
	addPeople(t, s)
	for i := range 120 {
		d := store.Document{
			Workspace: ws, ID: fmt.Sprintf("room-%03d", i), Root: "/srv", Path: fmt.Sprintf("a%03d%s.pdf", i, hostile), Title: fmt.Sprintf("Pump %03d %s", i, hostile),
			Collection: "manuals", Audience: "public", Source: "manuals", Language: "en", Type: "pdf", Warnings: []string{hostile},
		}
		if i == 7 {
			d.Code, d.Error, d.Hint = "encrypted", d.Path+" has a password "+hostile, "remove the password "+hostile
			require.NoError(t, s.FailDocument(t.Context(), d))
			continue
		}
		_, err := s.PutDocument(t.Context(), d, []index.Passage{{ID: d.ID + "-p", Text: "x"}})
		require.NoError(t, err)
	}
	r := &shelfRoom{Store: s, kept: map[string]string{}}
	o := options(s)
	o.Room, o.MaxUpload = r, 1<<20
	o.Upload = func(context.Context, string, string, string, io.Reader) (any, error) { return "read", nil }
	h := handler(t, o)
	return r, h, with(signInAs(t, h, "editor"))
}

func TestRoomPagesEscapeWhatDocumentsSay(t *testing.T) {
	r, h, editor := docRoom(t)
	w := post(h, "/documents/remove", editor, "workspace", ws, "document", "room-003")
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Equal(t, "/documents/removed?done=remove&workspace="+ws, w.Header().Get("Location"))
	r.running = true
	for target, holds := range map[string][]string{
		"/documents":                     {"Needs a look", "has a password", "remove the password", "Being read: 3 of 12 files", `value="25"`, "/documents/upload?source=manuals"},
		"/documents/list":                {"Documents: ", "Next page", "room-000", "/documents/view?id=room-000"},
		"/documents/list?state=problems": {"Documents: 1<", "has a password", "Try the chosen again"},
		"/documents/list?q=" + url.QueryEscape(hostile+" Pump"): {"room-119"},
		"/documents/list?q=ab":                                  {"at least three characters"},
		"/documents/list?source=nobody":                         {"No document fits"},
		"/documents/list?state=shelved":                         {"room-003", "Removed"},
		"/documents/source?name=manuals":                        {"What the configuration says", `value="daily at 02:00"`, "Everybody: may be quoted", "Set by &lt;script&gt;", "Back to the configuration"},
		"/documents/source?name=" + url.QueryEscape(hostile):    {"Could not be read in full"},
		"/documents/upload":                                     {"Choose a folder", "up to 1 MB", "manuals"},
		"/documents/remove?document=room-001&document=room-002": {"documents 2", "not touched"},
		"/documents/remove?source=manuals":                      {"Remove from search"},
		"/documents/removed":                                    {"removed by editor", "Undo: put back", "Erase for good"},
	} {
		w := call(h, http.MethodGet, target, "", editor)
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", target, w.Body)
		body := w.Body.String()
		require.NotContains(t, body, "<script>alert", target)
		require.NotContains(t, body, "style=", target)
		for _, text := range holds {
			require.Contains(t, body, text, target)
		}
	}
	w = call(h, http.MethodGet, "/documents?workspace=nord", "", with(signInAs(t, h, "stranger")))
	require.Equal(t, http.StatusOK, w.Code)
	require.NotContains(t, w.Body.String(), "room-0", "nothing of another workspace")
	require.Contains(t, call(h, http.MethodGet, "/panel", "", editor).Body.String(), `href="/documents?workspace=`+ws)
}

func TestRoomOfAnotherWorkspaceIsNotFound(t *testing.T) {
	r, h, editor := docRoom(t)
	removed := post(h, "/documents/remove", editor, "document", "room-001")
	require.Equal(t, http.StatusSeeOther, removed.Code)
	list, err := r.Shelvings(t.Context(), ws, "", 0)
	require.NoError(t, err)
	stranger := with(signInAs(t, h, "stranger"))
	for _, target := range []string{
		"/documents?workspace=" + ws, "/documents/list?workspace=" + ws, "/documents/source?workspace=nord&name=manuals", "/documents/upload?workspace=nord&source=manuals",
		"/documents/remove?workspace=nord&document=room-002", "/api/room/documents?workspace=" + ws, "/api/room/removed?workspace=" + ws,
	} {
		require.Equal(t, http.StatusNotFound, call(h, http.MethodGet, target, "", stranger).Code, target)
	}
	for _, form := range [][]string{
		{"/documents/remove", "document", "room-002"},
		{"/documents/restore", "id", list[0].ID},
		{"/documents/erase", "id", list[0].ID},
		{"/documents/pause", "source", "manuals"},
	} {
		w := post(h, form[0], stranger, "workspace", "nord", form[1], form[2])
		require.Contains(t, []int{404, 501}, w.Code, "%v %s", form, w.Body)
		require.Equal(t, http.StatusNotFound, post(h, form[0], stranger, "workspace", ws, form[1], form[2]).Code)
		require.Equal(t, http.StatusForbidden, post(h, form[0], with(signInAs(t, h, "agent")), "workspace", ws, form[1], form[2]).Code)
	}
	still, err := r.Shelvings(t.Context(), ws, "", 0)
	require.NoError(t, err)
	require.Equal(t, list, still)
}

func TestRoomListTurnsItsPages(t *testing.T) {
	_, h, editor := docRoom(t)
	seen := map[string]bool{}
	after := ""
	for range 10 {
		w := call(h, http.MethodGet, "/api/room/documents?type=pdf&collection=manuals&limit=50&after="+url.QueryEscape(after), "", editor)
		require.Equal(t, http.StatusOK, w.Code)
		var page struct {
			Documents []struct{ ID string }
			Next      string
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page))
		for _, d := range page.Documents {
			require.False(t, seen[d.ID])
			seen[d.ID] = true
		}
		if after = page.Next; after == "" {
			break
		}
	}
	require.Len(t, seen, 123)
	for _, bad := range []string{"state=odd", "after=odd", "limit=0", "q=ab", "limit=9999"} {
		require.Equal(t, http.StatusBadRequest, call(h, http.MethodGet, "/api/room/documents?"+bad, "", editor).Code, bad)
	}
}

func TestRoomActions(t *testing.T) {
	r, h, editor := docRoom(t)
	w := post(h, "/documents/read", editor, "source", "manuals", "back", "//evil.example/documents/")
	require.Equal(t, "/documents/source?done=read&name=manuals&workspace="+ws, w.Header().Get("Location"), "an address of another site is not followed")
	w = post(h, "/documents/read", editor, "document", "room-007", "retry", "1", "back", "/documents/list?state=problems")
	require.Equal(t, "/documents/list?state=problems", w.Header().Get("Location"))
	require.Equal(t, http.StatusSeeOther, post(h, "/documents/read", editor, "retry", "1").Code)
	require.Equal(t, []web.RoomRead{{Source: "manuals"}, {Documents: []string{"room-007"}, Retry: true}, {Retry: true}}, r.read)
	require.Equal(t, http.StatusBadRequest, post(h, "/documents/read", editor).Code)
	require.Equal(t, http.StatusBadRequest, post(h, "/documents/remove", editor).Code)
	require.Equal(t, http.StatusBadRequest, post(h, "/documents/remove", editor, "source", "manuals", "document", "room-001").Code)
	require.Equal(t, http.StatusNotFound, post(h, "/documents/remove", editor, "document", "nothing").Code)

	// Two tabs: what one removed, the other cannot remove again, and undo works once.
	require.Equal(t, http.StatusSeeOther, post(h, "/documents/remove", editor, "document", "room-010").Code)
	require.Equal(t, http.StatusNotFound, post(h, "/documents/remove", editor, "document", "room-010").Code)
	list, err := r.Shelvings(t.Context(), ws, "", 0)
	require.NoError(t, err)
	require.Equal(t, "editor", list[0].Author)
	require.Equal(t, http.StatusSeeOther, post(h, "/documents/restore", editor, "id", list[0].ID).Code)
	require.Equal(t, http.StatusNotFound, post(h, "/documents/restore", editor, "id", list[0].ID).Code)
	lines, err := r.Acts(t.Context(), store.ActFilter{Workspaces: []string{ws}})
	require.NoError(t, err)
	var acts []string
	for _, l := range lines {
		acts = append(acts, l.Action+" "+l.Object)
	}
	require.Contains(t, acts, "documents.removed room-010")
	require.Contains(t, acts, "documents.restored "+list[0].ID)
}

func TestASourceIsSetInTheBrowser(t *testing.T) {
	r, h, editor := docRoom(t)
	shown := []string{"source", "manuals", "shown_audience", "internal", "shown_language", "", "shown_schedule", "every 1h"}
	form := func(pairs ...string) []string { return append(slices.Clone(shown), pairs...) }

	w := post(h, "/documents/source", editor, form("audience", "internal", "language", "nb", "schedule", " every 1h ")...)
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Len(t, r.set, 1)
	require.Nil(t, r.set[0].Audience, "what the form did not touch may be changed by somebody else meanwhile")
	require.Nil(t, r.set[0].Schedule)
	require.Equal(t, "nb", *r.set[0].Language)
	require.Equal(t, "editor", r.set[0].Author)
	require.Equal(t, http.StatusSeeOther, post(h, "/documents/source", editor, form("audience", "internal", "language", "", "schedule", "every 1h")...).Code)
	require.Len(t, r.set, 1, "nothing was to be changed")

	w = post(h, "/documents/source", editor, form("audience", "public", "language", "", "schedule", "every 1h")...)
	require.Equal(t, http.StatusOK, w.Code)
	require.Len(t, r.set, 1, "it asks first")
	for _, text := range []string{"Open to customers?", "quoted: 7", `name="audience" value="public"`, `name="shown_audience" value="internal"`, `name="public" value="1"`} {
		require.Contains(t, w.Body.String(), text)
	}
	w = post(h, "/documents/source", editor, form("audience", "public", "public", "1")...)
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Equal(t, "public", *r.set[1].Audience)
	require.Equal(t, http.StatusSeeOther, post(h, "/documents/source", editor, "source", "manuals", "reset", "1").Code)
	require.True(t, r.set[2].Reset)

	own := header("Sec-Fetch-Site", "same-origin")
	w = call(h, http.MethodPost, "/api/v1/room/source", `{"source":"manuals","audience":"public"}`, editor, own)
	require.Equal(t, http.StatusConflict, w.Code, w.Body)
	require.Contains(t, w.Body.String(), "public: true")
	require.Len(t, r.set, 3)
	w = call(h, http.MethodPost, "/api/v1/room/source", `{"source":"manuals","audience":"public","public":true}`, editor, own)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, http.StatusNotFound, post(h, "/documents/source", editor, "source", "nobody", "reset", "1").Code)
	require.Equal(t, http.StatusForbidden, post(h, "/documents/source", with(signInAs(t, h, "agent")), "source", "manuals", "reset", "1").Code)
	require.Equal(t, http.StatusNotFound, post(h, "/documents/source", with(signInAs(t, h, "stranger")), "workspace", ws, "source", "manuals", "reset", "1").Code)
	lines, err := r.Acts(t.Context(), store.ActFilter{Action: "source.changed"})
	require.NoError(t, err)
	require.NotEmpty(t, lines)
	require.Equal(t, "manuals", lines[len(lines)-1].Object)
	require.Equal(t, "audience: internal > public", lines[len(lines)-1].Detail)
}

func TestUploadsByBrowser(t *testing.T) {
	r, h, editor := docRoom(t)
	own := header("Sec-Fetch-Site", "same-origin")
	put := func(body string, change ...func(*http.Request)) int {
		return call(h, http.MethodPut, "/api/uploads/manuals/a/b.md?read=later&modified=1700000000000", body, append([]func(*http.Request){editor}, change...)...).Code
	}
	require.Equal(t, http.StatusForbidden, put("x", header("Sec-Fetch-Site", "cross-site")))
	require.Equal(t, http.StatusForbidden, put("x"), "nobody says where it comes from")
	require.Empty(t, r.kept)
	require.Equal(t, http.StatusAccepted, put("text", own))
	require.Equal(t, map[string]string{"manuals/a/b.md": "text by editor"}, r.kept)
	require.Equal(t, http.StatusForbidden, call(h, http.MethodPut, "/api/uploads/manuals/b.md?read=later", "x", with(signInAs(t, h, "agent")), own).Code)
	require.Equal(t, http.StatusNotFound, call(h, http.MethodPut, "/api/uploads/manuals/b.md?read=later&workspace="+ws, "x", with(signInAs(t, h, "stranger")), own).Code)

	w := call(h, http.MethodPut, "/api/uploads/manuals/large.pdf?read=later", strings.Repeat("x", 1<<20+1), editor, own)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Contains(t, w.Body.String(), "large.pdf is larger than a file may be: 1048576 bytes")
	w = call(h, http.MethodPut, "/api/uploads/manuals/large.pdf?read=later", strings.Repeat("x", 1<<20+1), editor, own, func(r *http.Request) { r.ContentLength = -1 })
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code, "also when it does not say how large it is")
	require.Equal(t, http.StatusBadRequest, call(h, http.MethodPut, "/api/uploads/manuals/a.md?read=later&modified=x", "x", editor, own).Code)

	ask := func(files int) int {
		q := map[string]any{"source": "manuals", "files": make([]web.RoomFile, files)}
		body, err := json.Marshal(q)
		require.NoError(t, err)
		return call(h, http.MethodPost, "/api/room/uploads", string(body), editor, own).Code
	}
	require.Equal(t, http.StatusOK, ask(200))
	require.Equal(t, http.StatusBadRequest, ask(201))
}

func TestDatesOfUploadsAreBelievedWhenTheyCanBe(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, want := range map[int64]bool{0: false, -1 << 62: false, 1 << 62: false, 1700000000123: true, now.Add(48 * time.Hour).UnixMilli(): false} {
		require.Equal(t, want, !web.RoomFile{Modified: name}.When(now).IsZero(), name)
	}
}
