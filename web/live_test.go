package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// event is a server-sent event.
type event struct{ id, kind, data string }

// listener reads a live stream.
type listener struct {
	events chan event // closed at the end of the stream
}

func listen(t *testing.T, srv *httptest.Server, target string, change ...func(*http.Request)) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+target, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	for _, f := range change {
		f(r)
	}
	res, err := srv.Client().Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { res.Body.Close() })
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "text/event-stream; charset=utf-8", res.Header.Get("Content-Type"))
	l := &listener{events: make(chan event, 100)}
	go func() {
		defer close(l.events)
		var e event
		for sc := bufio.NewScanner(res.Body); sc.Scan(); {
			name, value, _ := strings.Cut(sc.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.kind = value
			case "data":
				e.data = value
			case "":
				if e.kind != "" {
					l.events <- e
				}
				e = event{}
			}
		}
	}()
	return l
}

func (l *listener) next(t *testing.T) event {
	t.Helper()
	select {
	case e, ok := <-l.events:
		require.True(t, ok, "the stream has ended")
		return e
	case <-time.After(10 * time.Second):
		require.FailNow(t, "no event came")
		return event{}
	}
}

func (l *listener) ends(t *testing.T) {
	t.Helper()
	for {
		select {
		case _, ok := <-l.events:
			if !ok {
				return
			}
		case <-time.After(10 * time.Second):
			require.FailNow(t, "the stream goes on")
		}
	}
}

func serve(t *testing.T, o web.Options) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)
	return srv
}

func TestLiveReplaysWhatWasMissedAndGoesOn(t *testing.T) {
	s := openStore(t)
	srv := serve(t, options(s))
	for i := range 3 {
		save(t, s, record(t, ids(i), "Kari", "?", plainDraft(suggest.High)))
	}
	feed, err := s.Feed(t.Context(), ws, 0, 10)
	require.NoError(t, err)
	require.Len(t, feed, 3)

	all := listen(t, srv, "/api/live?after=0")
	first := all.next(t)
	require.Equal(t, "suggestion", first.kind)
	var data struct {
		Seq       int64
		Kind, Ref string
	}
	require.NoError(t, json.Unmarshal([]byte(first.data), &data))
	require.Equal(t, ids(0), data.Ref)
	require.Equal(t, feed[0].Seq, data.Seq)

	rest := listen(t, srv, "/api/live?after=0", header("Last-Event-ID", first.id))
	require.Contains(t, rest.next(t).data, ids(1), "what the browser has seen counts more than the address")
	require.Contains(t, rest.next(t).data, ids(2))

	fresh := listen(t, srv, "/api/live")
	save(t, s, record(t, ids(3), "Kari", "?", plainDraft(suggest.High)))
	require.Contains(t, rest.next(t).data, ids(3))
	require.Contains(t, fresh.next(t).data, ids(3), "without a number it starts now")

	require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: ids(3), Action: "used"}))
	require.Equal(t, "outcome", fresh.next(t).kind)
}

func TestLiveKeepsWorkspacesApart(t *testing.T) {
	s := openStore(t)
	srv := serve(t, options(s))
	other := listen(t, srv, "/api/live?workspace=nord&after=0")
	save(t, s, record(t, "sg_ours", "Kari", "?", plainDraft(suggest.High)))
	theirs := record(t, "sg_theirs", "Ola", "?", plainDraft(suggest.High))
	theirs.Workspace = "nord"
	save(t, s, theirs)
	require.Contains(t, other.next(t).data, "sg_theirs")
}

func TestLiveSendsLongBacklogsWhole(t *testing.T) {
	s := openStore(t)
	save(t, s, record(t, "sg_1", "Kari", "?", plainDraft(suggest.High)))
	for range 450 {
		require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: ws, Suggestion: "sg_1", Action: "up"}))
	}
	l := listen(t, serve(t, options(s)), "/api/live?after=0")
	for i := range 451 {
		require.NotEmpty(t, l.next(t).id, i)
	}
}

func TestLiveTellsWhoSawMoreThanThereIs(t *testing.T) {
	s := openStore(t)
	save(t, s, record(t, "sg_1", "Kari", "?", plainDraft(suggest.High)))
	e := listen(t, serve(t, options(s)), "/api/live", header("Last-Event-ID", "99999")).next(t)
	require.Equal(t, "reset", e.kind)
	require.Equal(t, "1", e.id)
}

func TestLiveSaysThatItLives(t *testing.T) {
	o := options(openStore(t))
	o.Heartbeat = 5 * time.Millisecond
	require.Equal(t, event{kind: "beat", data: "{}"}, listen(t, serve(t, o), "/api/live").next(t))
}

func TestLiveEndsWithTheServer(t *testing.T) {
	closing := make(chan struct{})
	o := options(openStore(t))
	o.Closing = closing
	srv := serve(t, o)
	l := listen(t, srv, "/api/live")
	close(closing)
	l.ends(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	require.NoError(t, srv.Config.Shutdown(ctx))
}

func TestLiveEndsWithTheSession(t *testing.T) {
	o := options(openStore(t))
	now := time.Now()
	o.Now = func() time.Time { return now }
	h := handler(t, o)
	session := signIn(t, h)
	now = now.Add(12*time.Hour - 1200*time.Millisecond) // expiry counts whole seconds
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	listen(t, srv, "/api/live", with(session)).ends(t)
}

func TestLiveRefusesWhatIsNoNumber(t *testing.T) {
	h := handler(t, options(openStore(t)))
	for _, after := range []string{"x", "-1", "99999999999999999999"} {
		w := call(h, "GET", "/api/live?after="+after, "")
		require.Equal(t, 400, w.Code)
		require.Contains(t, w.Body.String(), "after")
	}
}

func BenchmarkPanel(b *testing.B) {
	body, err := json.Marshal(oilDraft())
	require.NoError(b, err)
	s := &still{one: store.Suggestion{ID: "sg_oil", Workspace: ws, Body: body, Customer: "Kari", Question: oilQuestion, Flag: "medium", State: "active", Created: noon}}
	o := options(nil)
	o.Store = s
	h, err := web.New(o)
	require.NoError(b, err)
	session := call(h, "GET", "/signin?token="+token, "", anonymous).Result().Cookies()[0]
	for b.Loop() {
		if w := call(h, "GET", "/panel?source=1", "", with(session)); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}

func TestLiveTellsWhatAModelWrites(t *testing.T) {
	o := options(seed(t))
	live := &suggest.Live{}
	o.Writing = live.Watch
	srv := httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)
	l := listen(t, srv, "/api/live?workspace="+ws)
	piece := suggest.Piece{Suggestion: ids(1), Sentences: []suggest.Sentence{{Text: "Si <b>\n"}, {Text: "To.", Break: "\n"}}}
	var e event
	require.Eventually(t, func() bool {
		live.Tell(ws, piece) // until the stream has begun to watch
		select {
		case e = <-l.events:
			return e.kind == "writing"
		default:
			return false
		}
	}, 10*time.Second, 10*time.Millisecond)
	require.Empty(t, e.id, "it is no part of the feed")
	require.JSONEq(t, `{"suggestion":"`+ids(1)+`","sentences":[{"text":"Si <b>\n"},{"text":"To.","break":"\n"}]}`, e.data)
}

func TestAFramesStreamTellsOfItsConversationOnly(t *testing.T) {
	s := seed(t)
	o := embedOptions(s)
	o.Now = time.Now
	var live suggest.Live
	o.Writing = live.Watch
	srv := serve(t, o)
	p := enterFrame(t, srv.Config.Handler, "zendesk", "42")
	l := listen(t, srv, "/embed/zendesk/live?conversation=conv-sg_oil&after=0", passing(p))
	e := l.next(t)
	require.Equal(t, "suggestion", e.kind)
	require.Contains(t, e.data, `"ref":"sg_oil"`, "the first of four")

	other := record(t, "sg_desk", "Kari", "?", plainDraft(suggest.High))
	other.Conversation, other.Desk = "conv-sg_oil", "other" // of another desk that counts alike
	save(t, s, other)
	live.Tell(ws, suggest.Piece{Suggestion: "sg_high", Sentences: []suggest.Sentence{{Text: "secret"}}})
	require.Equal(t, 201, call(srv.Config.Handler, "POST", "/api/suggestions/sg_high/outcome", `{"action":"up"}`).Code)
	require.Equal(t, 201, call(srv.Config.Handler, "POST", "/api/suggestions/sg_oil/outcome", `{"action":"up"}`).Code)
	live.Tell(ws, suggest.Piece{Suggestion: "sg_oil", Sentences: []suggest.Sentence{{Text: "Hi Kari,"}}})
	got := []event{l.next(t), l.next(t)}
	for _, e := range got {
		require.NotContains(t, e.data, "secret")
		if e.kind == "outcome" {
			require.Contains(t, e.data, `"ref":"sg_oil"`)
		} else {
			require.Equal(t, "writing", e.kind)
			require.Contains(t, e.data, "Hi Kari,")
		}
	}
	require.NotEqual(t, got[0].kind, got[1].kind)
}

func TestAFramesStreamEndsWithItsPass(t *testing.T) {
	o := embedOptions(seed(t))
	o.Now, o.EmbedLife = time.Now, 3*time.Second
	srv := serve(t, o)
	listen(t, srv, "/embed/zendesk/live?conversation=conv-sg_oil", passing(enterFrame(t, srv.Config.Handler, "zendesk", "42"))).ends(t)
}
