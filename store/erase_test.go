package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
)

const (
	mark  = "Zaubernuss-4711"  // stands wherever the customer's words can stand
	other = "Quittenbaum-0815" // of another customer
)

// conversation stores everything that can be stored of one: two messages, one
// of them edited to be longer, files, suggestions, what became of them, and
// jobs that failed.
func conversation(t *testing.T, s *store.Store, workspace, id, word string) (suggestion string) {
	t.Helper()
	ctx := t.Context()
	say := func(key, message string, kind connectors.Kind, role connectors.Role, text string, at time.Duration) connectors.Event {
		return connectors.Event{
			Key: word + key + id, Kind: kind, Conversation: id, Message: message, Role: role, Author: "u-" + word, AuthorName: word + " Nordmann", Customer: word,
			Subject: "Re: " + word, Text: text, At: monday.Add(at), Route: map[string]string{"to": word}, Facts: map[string]string{"mail": word + "@example.com"},
			Tags: []string{word}, Attachments: []connectors.Attachment{{ID: word, Name: word + ".pdf", URL: "https://desk.example/" + word}},
		}
	}
	long := strings.Repeat("lorem ipsum "+word+" dolor. ", 40)
	_, err := s.Accept(ctx, workspace, "desk", []connectors.Event{
		say("a", "m1", connectors.Message, connectors.Customer, "Hei, "+word, 0),
		say("b", "m2", connectors.Message, connectors.Agent, "Svar til "+word, time.Minute),
		say("e", "m1", connectors.Edited, connectors.Customer, long, 2*time.Minute),
		say("c", "m3", connectors.Message, connectors.Customer, "Takk "+word, 3*time.Minute),
	})
	require.NoError(t, err)
	for i, m := range []string{"m1", "m3"} {
		sug := "s-" + rand.Text() // as real ones: it names nobody
		body, err := json.Marshal(map[string]any{"sentences": []string{long}, "asks": []map[string]string{{"text": word}}, "evidence": []map[string]string{{"attachment": long}}})
		require.NoError(t, err)
		saved, err := s.SaveSuggestion(ctx, store.Suggestion{
			ID: sug, Workspace: workspace, Desk: "desk", EventKey: word + []string{"a", "c"}[i] + id, Conversation: id, Message: m, Language: "nb", Flag: "high",
			Body: body, Customer: word, Question: "Spørsmål fra " + word, Created: monday.Add(time.Duration(i*3+1) * time.Minute), Asks: 1,
		}, true)
		require.NoError(t, err)
		require.True(t, saved)
		require.NoError(t, s.SaveDelivery(ctx, store.Delivery{Suggestion: sug, Desk: "desk", State: store.DeliveryDelivered, External: "note " + word, Error: "the desk repeats " + word}))
		require.NoError(t, s.SaveOutcome(ctx, store.Outcome{Workspace: workspace, Suggestion: sug, Action: store.ActionSent, Text: "Kjære " + word, Reason: word, Event: word + "b" + id, Detail: json.RawMessage(`{"x":"` + word + `"}`)}))
		require.NoError(t, s.SaveReview(ctx, store.Review{Suggestion: sug, Workspace: workspace, Reviewer: "qa", Correct: 2, Complete: 2, Tone: 2, Citation: 2, Comment: "about " + word, Corrected: long}))
		require.NoError(t, s.SaveTriage(ctx, store.Triage{Suggestion: sug, Workspace: workspace, Cause: "missing", Title: word, Note: "note " + word, State: "open", Author: "qa"}))
		_, err = s.SaveRerun(ctx, store.Rerun{Suggestion: sug, Workspace: workspace, Language: "nb", Flag: "low", Body: body, Author: "qa"})
		require.NoError(t, err)
		_, err = s.SaveEdit(ctx, store.Edit{Suggestion: sug, Workspace: workspace, Agent: "kari", Text: long, Quotes: body, Tab: "1"}, 0)
		require.NoError(t, err)
		suggestion = sug
	}
	require.NoError(t, s.SaveFile(ctx, store.File{
		Workspace: workspace, Desk: "desk", Event: word + "a" + id, Conversation: id, Message: "m1", Name: word + ".pdf", State: store.FileRead,
		Passages: []index.Passage{{ID: "p", Title: word, Text: long}},
	}))
	return suggestion
}

// traces are the files below dir that hold one of words.
func traces(t *testing.T, dir string, words ...string) (list []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, w := range words {
			if n := bytes.Count(data, []byte(w)); n > 0 {
				at := bytes.Index(data, []byte(w))
				list = append(list, fmt.Sprintf("%s: %d times %s: %q", filepath.Base(path), n, w, data[max(0, at-60):min(len(data), at+700)]))
			}
		}
		return err
	}))
	return list
}

func TestNothingOfACustomerIsLeftInAnyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := monday.Add(time.Hour)
	s := open(t, store.Options{Dir: dir, Now: func() time.Time { return now }})
	var theirs string
	for i := range 60 { // enough that pages split and rows move
		conversation(t, s, "w", fmt.Sprintf("mine-%d-%s", i, mark), mark)
		theirs = conversation(t, s, "w", fmt.Sprintf("theirs-%d", i), other)
	}
	conversation(t, s, "x", "elsewhere", other)
	original := filepath.Join(t.TempDir(), "manual.txt")
	require.NoError(t, os.WriteFile(original, []byte("a manual"), 0o600))
	_, release, err := s.KeepOriginal(t.Context(), original)
	require.NoError(t, err)
	defer release()
	// A job that was given up keeps what went wrong.
	work(t, s)
	u, err := s.Uncounted(t.Context(), "w", 500)
	require.NoError(t, err)
	for _, one := range u {
		require.NoError(t, s.SaveCounted(t.Context(), store.Counted{Suggestion: one.Suggestion.ID, Workspace: "w", Created: one.Suggestion.Created, Desk: "desk", Flag: "high", Token: one.Token}))
	}
	figures := len(all(t, s, monday, monday.Add(time.Hour)))
	require.NotEmpty(t, traces(t, dir, mark))

	before, err := s.Holdings(t.Context(), "w", store.Subject{Customer: strings.ToLower(mark)})
	require.NoError(t, err)
	require.Equal(t, []int{60, 240, 60, 120, 120, 120}, []int{len(before.Conversations), before.Events, before.Files, before.Suggestions, before.Outcomes, before.Notes})
	require.Equal(t, []int{120, 120, 120}, []int{before.Reviews, before.Triage, before.Reruns})
	require.Positive(t, before.Jobs)
	require.Equal(t, mark, before.Conversations[0].Customer)
	require.NotEmpty(t, traces(t, dir, mark), "looking erases nothing")

	gone, err := s.Erase(t.Context(), "w", store.Subject{Customer: mark})
	require.NoError(t, err)
	require.Equal(t, before, gone)
	require.Empty(t, traces(t, dir, mark))

	left, err := s.Holdings(t.Context(), "w", store.Subject{Customer: mark})
	require.NoError(t, err)
	require.True(t, left.Empty())
	rest, err := s.Holdings(t.Context(), "w", store.Subject{Customer: other})
	require.NoError(t, err)
	require.Equal(t, 240, rest.Events)
	_, err = s.Suggestion(t.Context(), "w", theirs)
	require.NoError(t, err)
	elsewhere, err := s.Holdings(t.Context(), "x", store.Subject{Customer: other})
	require.NoError(t, err)
	require.Equal(t, 4, elsewhere.Events)
	require.Len(t, all(t, s, monday, monday.Add(time.Hour)), figures, "figures stay")
	require.NoError(t, s.Verify(t.Context()))

	// What the desk repeats does not come back; what is written later does.
	again := said("new", "mine-0-"+mark, connectors.Customer, monday)
	n, err := s.Accept(t.Context(), "w", "desk", []connectors.Event{again})
	require.NoError(t, err)
	require.Zero(t, n)
	saved, err := s.SaveSuggestion(t.Context(), store.Suggestion{ID: "late", Workspace: "w", Desk: "desk", EventKey: mark + "a", Conversation: "mine-0-" + mark, Body: json.RawMessage(`{}`)}, false)
	require.NoError(t, err)
	require.False(t, saved, "a draft that was being made meanwhile")
	require.NoError(t, s.SaveFile(t.Context(), store.File{Workspace: "w", Desk: "desk", Event: mark + "a", Conversation: "mine-0-" + mark, Message: "m1", Name: mark, State: store.FileRead}))
	require.Empty(t, traces(t, dir, mark))
	again.Key, again.At = "newer", now.Add(time.Minute)
	n, err = s.Accept(t.Context(), "w", "desk", []connectors.Event{again})
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// A new table must be among the parts that erasing reaches, or be named here
// with what it holds instead.
func TestEveryTableIsErasedOrHoldsNothingOfCustomers(t *testing.T) {
	t.Parallel()
	without := map[string]string{
		"access_links": "digests of links to accounts", "api_keys": "digests and names of keys", "audit": "ids of what was seen, by whom",
		"cites": "ids", "counted": "figures", "counted_documents": "ids of documents", "desks": "names and times of deliveries", "document_names": "names of files of the room",
		"document_parts": "an index over document_names", "documents": "what the room holds", "erased": "digests", "fixes": "passages as the room mended them", "goose_db_version": "migrations",
		"guidelines": "how drafts sound", "passages": "what the room holds", "passages_aside": "ids of passages", "pending": "ids of passages",
		"people": "who signs in", "people_identities": "who signs in", "people_roles": "who may what", "removals": "ids of documents", "runs": "reports on sources",
		"sessions": "digests", "source_settings": "what people set of sources", "shelvings": "documents that were removed", "sources": "where documents come from", "spend": "sums", "uncounted": "ids",
		"upkeep": "counts", "versions": "documents as they were",
		"river_client": "names of processes", "river_client_queue": "names of queues", "river_leader": "names of processes", "river_migration": "migrations",
		"river_queue": "names of queues",
	}
	tables, err := open(t, store.Options{Dir: t.TempDir()}).Tables(t.Context())
	require.NoError(t, err)
	erased := store.ErasedTables()
	for _, name := range tables {
		_, harmless := without[name]
		require.NotEqual(t, harmless, slices.Contains(erased, name), "table %s: erased by scope.parts, or of no customer: one of the two", name)
		delete(without, name)
	}
	require.Empty(t, without, "there is no such table any more")
}

func TestErasingAMessageReachesWhatRepeatsIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir, Now: func() time.Time { return monday.Add(time.Hour) }})
	const secret = "Passord-hunter2"
	say := func(key, message, text string, role connectors.Role, at time.Duration) connectors.Event {
		return connectors.Event{Key: key, Kind: connectors.Message, Conversation: "c", Message: message, Role: role, Text: text, At: monday.Add(at)}
	}
	_, err := s.Accept(t.Context(), "w", "desk", []connectors.Event{say("1", "m1", "Hei", connectors.Customer, 0)})
	require.NoError(t, err)
	body := func(text string) json.RawMessage {
		b, err := json.Marshal(map[string]string{"x": text})
		require.NoError(t, err)
		return b
	}
	save := func(id, key, message, text string, created time.Time) {
		saved, err := s.SaveSuggestion(t.Context(), store.Suggestion{ID: id, Workspace: "w", Desk: "desk", EventKey: key, Conversation: "c", Message: message, Body: body(text), Question: text, Created: created}, false)
		require.NoError(t, err)
		require.True(t, saved)
	}
	save("s1", "1", "m1", "Hei", monday)
	_, err = s.Accept(t.Context(), "w", "desk", []connectors.Event{say("2", "m2", "Min kode er "+secret, connectors.Customer, time.Minute), say("3", "m3", "Er du der?", connectors.Customer, 2*time.Minute), say("4", "m4", "Så "+secret, connectors.Agent, 3*time.Minute)})
	require.NoError(t, err)
	save("s2", "2", "m2", secret, monday.Add(2*time.Hour))
	save("s3", "3", "m3", "draws on "+secret, monday.Add(2*time.Hour))
	require.NoError(t, s.SaveOutcome(t.Context(), store.Outcome{Workspace: "w", Suggestion: "s1", Action: store.ActionSent, Text: "Så " + secret, Event: "4"}))

	h, err := s.Erase(t.Context(), "w", store.Subject{Conversation: "c", Message: "m2"})
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, []int{h.Events, h.Suggestions})
	left := traces(t, dir, secret)
	require.Len(t, left, 1, "the agent's reply repeats it: it is another message")
	h, err = s.Erase(t.Context(), "w", store.Subject{Conversation: "c", Message: "m4"})
	require.NoError(t, err)
	require.Equal(t, []int{1, 0, 1}, []int{h.Events, h.Suggestions, h.Outcomes})
	require.Empty(t, traces(t, dir, secret))

	history, err := s.History(t.Context(), "w", "desk", "c", time.Time{}, 0)
	require.NoError(t, err)
	require.Len(t, history, 2)
	n, err := s.Accept(t.Context(), "w", "desk", []connectors.Event{say("2", "m2", secret, connectors.Customer, 5*time.Hour)})
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = s.Suggestion(t.Context(), "w", "s1")
	require.NoError(t, err)
}

func TestASubjectMustBeNamedWell(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	for name, who := range map[string]store.Subject{
		"nobody": {}, "two": {Customer: "a", Conversation: "b"}, "a message of nothing": {Message: "m"},
	} {
		_, err := s.Erase(t.Context(), "w", who)
		require.ErrorIs(t, err, store.ErrInvalid, name)
		_, err = s.Holdings(t.Context(), "w", who)
		require.ErrorIs(t, err, store.ErrInvalid, name)
	}
	h, err := s.Erase(t.Context(), "w", store.Subject{Customer: "nobody"})
	require.NoError(t, err)
	require.True(t, h.Empty())
	require.NotEqual(t, store.Subject{Customer: "a"}.Digest(), store.Subject{Conversation: "a"}.Digest())
}

func TestWhatIsKeptForTooLongGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := monday
	s := open(t, store.Options{Dir: dir, Now: func() time.Time { return now }})
	conversation(t, s, "w", "old", mark)
	conversation(t, s, "x", "old", other)
	// A command has no conversation.
	_, err := s.Accept(t.Context(), "w", "desk", []connectors.Event{{Key: "slash", Kind: connectors.Command, Text: mark, At: monday}})
	require.NoError(t, err)
	now = monday.Add(48 * time.Hour)
	_, err = s.Accept(t.Context(), "w", "desk", []connectors.Event{said("k", "young", connectors.Customer, now)})
	require.NoError(t, err)
	h, err := s.Expired(t.Context(), "w", monday.Add(24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, []int{2, 5}, []int{len(h.Conversations), h.Events})
	gone, err := s.EraseExpired(t.Context(), "w", monday.Add(24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, h, gone)
	require.Empty(t, traces(t, dir, mark))
	require.NotEmpty(t, traces(t, dir, other))
	_, err = s.Conversation(t.Context(), "w", "desk", "young")
	require.NoError(t, err)
	gone, err = s.EraseExpired(t.Context(), "w", monday.Add(24*time.Hour))
	require.NoError(t, err)
	require.True(t, gone.Empty())
}

func TestExportHoldsEverythingOfOneAndNothingOfOthers(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir(), Now: func() time.Time { return monday.Add(time.Hour) }})
	conversation(t, s, "w", "mine", mark)
	conversation(t, s, "w", "theirs", other)
	got := map[string]int{}
	text := ""
	h, err := s.Export(t.Context(), "w", store.Subject{Customer: mark + "@example.com"}, func(table string, rows []map[string]any) error {
		got[table] = len(rows)
		b, err := json.Marshal(rows)
		text += string(b)
		return err
	})
	require.NoError(t, err)
	require.Equal(t, 4, h.Events)
	require.Positive(t, got["jobs"])
	delete(got, "jobs")
	require.Equal(t, map[string]int{
		"files": 1, "reviews": 2, "triage": 2, "edits": 2, "reruns": 2, "deliveries": 2, "outcomes": 2, "revisions": 1, "conversations": 1, "suggestions": 2, "events": 4,
	}, got)
	require.NotContains(t, text, other)
	require.Contains(t, text, `"at":"2026-01-12T09:03:00Z"`)
	require.Contains(t, text, `"body":{"`)
	_, err = s.Export(t.Context(), "x", store.Subject{Customer: mark}, func(string, []map[string]any) error { return errors.New("nothing is there") })
	require.NoError(t, err)
}

func TestUpkeepIsRemembered(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir(), Now: func() time.Time { return monday }})
	u, err := s.LastUpkeep(t.Context(), store.UpkeepBackup, "")
	require.NoError(t, err)
	require.True(t, u.At.IsZero())
	require.NoError(t, s.SaveUpkeep(t.Context(), store.UpkeepBackup, "", map[string]int{"files": 3}))
	require.NoError(t, s.SaveUpkeep(t.Context(), store.UpkeepBackup, "", map[string]int{"files": 4}))
	u, err = s.LastUpkeep(t.Context(), store.UpkeepBackup, "")
	require.NoError(t, err)
	require.Equal(t, store.Upkeep{At: monday, Report: json.RawMessage(`{"files":4}`)}, u)
}

func TestWaitingJobsAreCountedByDesk(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	for _, desk := range []string{"one", "two"} {
		_, err := s.Accept(t.Context(), "w", desk, []connectors.Event{said("k", "c", connectors.Customer, monday)})
		require.NoError(t, err)
	}
	w, err := s.Waiting(t.Context(), "", "")
	require.NoError(t, err)
	require.Equal(t, []int{2, 0}, []int{w.Jobs, w.Dead})
	require.WithinDuration(t, time.Now(), w.Oldest, time.Minute)
	work(t, s)
	w, err = s.Waiting(t.Context(), "w", "one")
	require.NoError(t, err)
	require.Equal(t, store.Waiting{Dead: 1}, w)
	w, err = s.Waiting(t.Context(), "other", "")
	require.NoError(t, err)
	require.Equal(t, store.Waiting{}, w)
}

func TestAPersonChoosesALanguage(t *testing.T) {
	t.Parallel()
	s := open(t, store.Options{Dir: t.TempDir()})
	_, err := s.AddPerson(t.Context(), store.Person{ID: "p", Login: "kari"})
	require.NoError(t, err)
	require.NoError(t, s.SetLanguage(t.Context(), "p", "fi"))
	p, err := s.Person(t.Context(), "p")
	require.NoError(t, err)
	require.Equal(t, "fi", p.Language)
	require.ErrorIs(t, s.SetLanguage(t.Context(), "nobody", "fi"), store.ErrNotFound)
}

// work does all jobs of a store and gives those up that are of conversations.
func work(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	fail := func(_ context.Context, j store.Job) error { return final("the desk said " + j.Key) }
	go func() {
		done <- s.Work(ctx, 4, map[string]store.Handler{store.JobEvent: fail, store.JobDeliver: func(context.Context, store.Job) error { return nil }})
	}()
	require.Eventually(t, func() bool {
		n, err := s.QueueDepth(t.Context())
		return err == nil && n == 0
	}, 60*time.Second, 20*time.Millisecond)
	stop()
	require.NoError(t, <-done)
}

// final is an error after which nobody tries again.
type final string

func (f final) Error() string { return string(f) }

func (f final) Permanent() bool { return true }
