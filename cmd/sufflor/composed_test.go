package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/prompt"
	panel "github.com/sufflor/sufflor/web"
)

// completions is a server that speaks OpenAI's chat completions, streamed. It
// answers what draft makes of a prompt, and translates into made-up words.
type completions struct {
	*httptest.Server

	draft func(user string) prompt.Answer

	mu     sync.Mutex
	bodies []string
	schema []string // names, as many as bodies
	down   bool     // answers 500
}

// completion is what is read of a request.
type completion struct {
	Stream   bool `json:"stream"`
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"` // a text, or parts of one
	} `json:"messages"`
	Format struct {
		Schema struct {
			Name string `json:"name"`
			JSON struct {
				Required []string `json:"required"`
			} `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

func (c completion) user() string {
	for _, m := range c.Messages {
		if m.Role != "user" {
			continue
		}
		var text string
		var parts []struct{ Text string }
		if json.Unmarshal(m.Content, &text) == nil {
			return text
		}
		if json.Unmarshal(m.Content, &parts) == nil && len(parts) > 0 {
			return parts[0].Text
		}
	}
	return ""
}

func newCompletions(t *testing.T) *completions {
	t.Helper()
	c := &completions{}
	c.Server = httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.Close)
	return c
}

func (c *completions) serve(w http.ResponseWriter, r *http.Request) {
	var in completion
	raw := new(strings.Builder)
	if err := json.NewDecoder(http.MaxBytesReader(w, readInto{r.Body, raw}, 1<<20)).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.bodies, c.schema = append(c.bodies, raw.String()), append(c.schema, in.Format.Schema.Name)
	down := c.down
	c.mu.Unlock()
	switch {
	case down:
		http.Error(w, `{"error":{"message":"out of order"}}`, http.StatusInternalServerError)
	case r.URL.Path != "/v1/chat/completions" || !in.Stream:
		http.Error(w, "no such thing", http.StatusNotFound)
	case in.Format.Schema.Name == "translations":
		words := map[string]string{}
		for _, l := range in.Format.Schema.JSON.Required {
			words[l] = "garanti " + l
		}
		stream(w, words)
	default:
		stream(w, c.draft(in.user()))
	}
}

// readInto keeps what is read.
type readInto struct {
	body interface {
		Read(p []byte) (int, error)
		Close() error
	}
	kept *strings.Builder
}

func (r readInto) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.kept.Write(p[:n])
	return n, err
}

func (r readInto) Close() error { return r.body.Close() }

// stream sends v as JSON, some bytes at a time.
func stream(w http.ResponseWriter, v any) {
	data, _ := json.Marshal(v)
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(choice map[string]any) {
		choice["index"] = 0
		line, _ := json.Marshal(map[string]any{"id": "c", "object": "chat.completion.chunk", "model": "fjord-1", "choices": []any{choice}})
		_, _ = fmt.Fprintf(w, "data: %s\n\n", line)
		w.(http.Flusher).Flush()
	}
	for text := []rune(string(data)); len(text) > 0; {
		n := min(17, len(text))
		send(map[string]any{"delta": map[string]string{"content": string(text[:n])}})
		text = text[n:]
	}
	send(map[string]any{"delta": map[string]any{}, "finish_reason": "stop"})
	_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
}

// asked are the requests of one kind, since the server started.
func (c *completions) asked(schema string) (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, body := range c.bodies {
		if c.schema[i] == schema {
			out = append(out, body)
		}
	}
	return out
}

// passageOf finds in a prompt the passage that says text: its number.
func passageOf(user, text string) int {
	_, user, _ = strings.Cut(user, "MARKER: ")
	nonce, user, _ := strings.Cut(user, "\n")
	_, user, _ = strings.Cut(user, nonce+" PASSAGES")
	for part := range strings.SplitSeq(user, "\n"+nonce+" [") {
		if number, _, ok := strings.Cut(part, "]"); ok && strings.Contains(part, text) {
			n, _ := strconv.Atoi(number)
			return n
		}
	}
	return 0
}

// says is a model that knows one sentence, and where it stands.
func says(sentences ...string) func(string) prompt.Answer {
	return func(user string) prompt.Answer {
		a := prompt.Answer{Language: "nb", Missing: []string{}, Answered: []int{1}}
		for _, s := range sentences {
			n := passageOf(user, s)
			if n == 0 {
				n = 1 // a liar cites something, too
			}
			a.Sentences = append(a.Sentences, prompt.Sentence{Text: s, Cites: []int{n}, Kind: prompt.Fact})
		}
		return a
	}
}

// written is an app on documents that were read before, with a model.
type written struct {
	*app

	server    *completions
	workspace string
}

func withModel(t *testing.T, cfg config.Config, translate bool) written {
	t.Helper()
	c := newCompletions(t)
	cfg.Model.Provider, cfg.Model.URL, cfg.Model.Model, cfg.Model.Translate = config.ModelOpenAI, c.URL+"/v1", "fjord", translate
	cfg.Suggest.Deadline = 30 * time.Second // the machine may be busy; nothing here is about time
	require.NoError(t, cfg.Validate())
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return written{a, c, cfg.Workspaces[0].ID}
}

func (w written) suggest(t *testing.T, customer, text string) suggest.Suggestion {
	t.Helper()
	s, err := w.pipeline.Suggest(t.Context(), suggest.Request{Workspace: w.workspace, Customer: customer, Text: text})
	require.NoError(t, err)
	return s
}

func reasonsOf(s suggest.Suggestion) map[string]string {
	out := map[string]string{}
	for _, r := range s.Reasons {
		out[r.Code] = r.Text
	}
	return out
}

const (
	extended    = "Garantien kan forlenges til 48 måneder."
	extension   = "Forlengelsen koster 3 % av maskinprisen og krever at det finnes en serviceavtale på maskinen."
	askExtended = "Kan garantien på maskinen forlenges, og hva koster forlengelsen?"
)

// TestEscalationKnowsEveryRule holds the list of package config, which may not
// import it, to that of package message.
func TestEscalationKnowsEveryRule(t *testing.T) {
	c := config.Default()
	c.Workspaces = []config.Workspace{{ID: "a", Name: "A", Language: "nb"}}
	var names []string
	for _, rule := range message.AllRules() {
		names = append(names, string(rule))
	}
	c.Workspaces[0].Escalation.Off = names
	require.NoError(t, c.Validate())
	require.Equal(t, message.AllRules(), escalation(c.Workspaces[0].Escalation).Off)
	c.Workspaces[0].Escalation.Off = []string{"nobody"}
	require.ErrorContains(t, c.Validate(), "one of "+strings.Join(names, ", "), "no rule more")
}

func TestAModelWritesDrafts(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all documents")
	}
	cfg, err := demoConfig(t.TempDir(), filepath.Join("..", "..", "testdata", "kb"))
	require.NoError(t, err)
	a, err := openApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, err = a.ingest(t.Context(), cfg.Workspaces[0], panel.IngestRequest{}, func(ingest.Event) {})
	require.NoError(t, err)
	require.NoError(t, a.Close())

	t.Run("a sentence of a passage stands, with the place it is from", func(t *testing.T) {
		w := withModel(t, cfg, false)
		w.server.draft = says(extended, extension)
		var seen []string
		s, err := w.pipeline.Write(t.Context(), suggest.Request{Workspace: w.workspace, Text: askExtended}, func(x suggest.Sentence) { seen = append(seen, x.Text) })
		require.NoError(t, err)
		require.Equal(t, suggest.Written, s.Mode, "%+v", s.Reasons)
		require.Equal(t, "fjord-1", s.Versions.Model, "as the server names it")
		require.Equal(t, []string{extended, extension}, seen, "told while they were written")
		for _, said := range []string{extended, extension} {
			i := slices.IndexFunc(s.Sentences, func(x suggest.Sentence) bool { return x.Text == said })
			require.GreaterOrEqual(t, i, 0, "%s", s.Text())
			require.NotEmpty(t, s.Sentences[i].Citations)
			c := s.Sentences[i].Citations[0]
			p := s.Evidence[c.Number-1].Passage
			require.Equal(t, c.Passage, p.ID)
			require.Equal(t, "garanti-og-betaling.md", filepath.Base(p.Source))
			require.Contains(t, p.Text[c.Start:c.End], said)
		}
	})

	for _, c := range []struct {
		name, question string
		translate      bool
	}{
		{name: "a model never sees who writes", question: "Kan garantien på maskinen til Gudrun Steinsvåg forlenges, og hva koster forlengelsen?"},
		{name: "a model that translates never sees who writes", question: "Kan garantien på maskinen til Gudrun Steinsvåg forlenges, og hva koster forlengelsen?", translate: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := withModel(t, cfg, c.translate)
			var name string
			w.server.draft = func(user string) prompt.Answer {
				name = regexp.MustCompile(`<PERSON_\d+>`).FindString(user)
				a := says(extended, extension)(user)
				a.Sentences = append([]prompt.Sentence{{Text: "Takk for meldingen, " + name + ".", Cites: []int{}, Kind: prompt.Courtesy}}, a.Sentences...)
				return a
			}
			const number = "15876500520" // made up: such months are for tests, the control digits are right
			s := w.suggest(t, "Gudrun Steinsvåg", "Hei, jeg heter Gudrun Steinsvåg og er født med nummer "+number+
				". Skriv til gudrun.steinsvag@nordfjordbygg.example eller ring +47 912 34 567.\n\n"+c.question)
			require.Equal(t, suggest.Written, s.Mode, "%+v", s.Reasons)
			require.NotEmpty(t, name, "the model got a placeholder")
			require.Contains(t, s.Text(), "Takk for meldingen, Gudrun Steinsvåg.", "which is read back")
			require.NotContains(t, s.Text(), name)
			require.NotEmpty(t, w.server.asked("draft"))
			require.Equal(t, c.translate, len(w.server.asked("translations")) > 0)
			w.server.mu.Lock()
			defer w.server.mu.Unlock()
			for _, body := range w.server.bodies {
				for _, private := range []string{"Gudrun", "Steinsvåg", number, "gudrun.steinsvag", "nordfjordbygg", "912 34 567", "91234567"} {
					require.NotContains(t, body, private)
				}
			}
		})
	}

	t.Run("a price that no document has is struck", func(t *testing.T) {
		const lie = "Forlengelsen koster 7 % av maskinprisen og krever at det finnes en serviceavtale på maskinen."
		w := withModel(t, cfg, false)
		w.server.draft = says(extended, lie)
		s := w.suggest(t, "", askExtended)
		require.NotEmpty(t, w.server.asked("draft"))
		require.NotContains(t, s.Text(), "7 %")
		require.NotEqual(t, suggest.High, s.Flag)
		require.Equal(t, suggest.Written, s.Mode, "what stands is kept")
		require.Contains(t, s.Text(), extension, "the quotation takes its place")
		require.True(t, slices.ContainsFunc(s.Reasons, func(r suggest.Reason) bool {
			return strings.Contains(r.Text, "Struket") && strings.Contains(r.Text, "7 %")
		}), "%+v", s.Reasons)
	})

	t.Run("an agent's text is worded anew, and checked as a draft is", func(t *testing.T) {
		w := withModel(t, cfg, false)
		const lie = "Forlengelsen koster 7 % av maskinprisen og krever at det finnes en serviceavtale på maskinen."
		w.server.draft = says(extended, lie)
		req := suggest.Request{Workspace: w.workspace, Customer: "Gudrun Steinsvåg", Text: askExtended}
		text := "Hei Gudrun,\n\n" + extended + " " + extension + " Gudrun Steinsvåg kan ringe oss.\n\nVennlig hilsen\n" + cfg.Workspaces[0].Name
		require.True(t, w.pipeline.Rewords(w.workspace))
		s, err := w.pipeline.Reword(t.Context(), req, suggest.Wording{Text: text, Style: suggest.Shorter})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(s.Text(), "Hei Gudrun,\n\n"+extended), s.Text())
		require.NotContains(t, s.Text(), "7 %")
		require.Contains(t, reasonsOf(s)["anchors"]+reasonsOf(s)["unsupported"], "Struket")
		require.Equal(t, "fjord-1", s.Versions.Model)
		w.server.mu.Lock()
		for _, body := range w.server.bodies {
			require.NotContains(t, body, "Steinsvåg")
		}
		w.server.down = true
		w.server.mu.Unlock()
		_, err = w.pipeline.Reword(t.Context(), req, suggest.Wording{Text: text, Style: suggest.Shorter})
		var failed *suggest.ComposeError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, suggest.CauseDown, failed.Cause)
	})

	t.Run("without the model there are quotations, and the agents read why", func(t *testing.T) {
		w := withModel(t, cfg, false)
		w.server.down = true
		s := w.suggest(t, "", askExtended)
		require.NotEmpty(t, w.server.bodies)
		require.Equal(t, suggest.Extractive, s.Mode)
		require.Contains(t, s.Text(), extension)
		require.Equal(t, "Språkmodellen er ikke tilgjengelig; utkastet er sitater.", reasonsOf(s)["model_down"], "%+v", s.Reasons)
		require.Contains(t, s.Degraded, "model (down)")
	})

	t.Run("a question is translated once", func(t *testing.T) {
		w := withModel(t, cfg, true)
		w.server.draft = says(extended, extension)
		first := w.suggest(t, "", askExtended)
		n := len(w.server.asked("translations"))
		require.NotZero(t, n)
		require.Equal(t, first.Text(), w.suggest(t, "", askExtended).Text())
		all := w.server.asked("translations")
		require.Len(t, all, n, "the second time it is known")
		slices.Sort(all)
		require.Len(t, slices.Compact(all), n)
		for _, body := range all {
			require.Contains(t, body, "From: Norwegian")
		}
	})
}
