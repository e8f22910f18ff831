package freshworks_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/freshworks"
)

const (
	getMessages = "GET /v2/conversations/" + talk + "/messages"
	postMessage = "POST /v2/conversations/" + talk + "/messages"
)

// freshchat is an account with one conversation.
type freshchat struct {
	*connectortest.Fake

	mu       sync.Mutex
	messages []object
	answer   func(object) object // changes what is written and answered; nil does not
	mail     bool                // whether the call is refused although the message is written
}

func newFreshchat(t *testing.T) *freshchat {
	t.Helper()
	f := &freshchat{Fake: connectortest.NewFake(t, connectortest.Bearer("fc-token"))}
	f.Get("GET /v2/conversations/{id}/messages", func(c connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if c.Path("id") != talk {
			return http.StatusNotFound, nil
		}
		return http.StatusOK, object{"messages": f.messages}
	})
	type in struct {
		Parts []struct {
			Text struct {
				Content string `json:"content"`
			} `json:"text"`
		} `json:"message_parts"`
		Type      string `json:"message_type"`
		ActorType string `json:"actor_type"`
		ActorID   string `json:"actor_id"`
	}
	connectortest.Take(f.Fake, "POST /v2/conversations/{id}/messages", func(m in, c connectortest.Call) (int, any) {
		if m.Type != "private" || m.ActorType != "agent" || m.ActorID != copilot || len(m.Parts) != 1 {
			t.Errorf("a customer could see this: %s", c.Body)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if c.Path("id") != talk {
			return http.StatusNotFound, nil
		}
		out := object{
			"id": fmt.Sprintf("m-%d", len(f.messages)+1), "message_type": m.Type, "actor_type": m.ActorType, "actor_id": m.ActorID,
			"message_parts": []object{{"text": object{"content": m.Parts[0].Text.Content}}},
		}
		if f.answer != nil {
			out = f.answer(out)
		}
		f.messages = append([]object{out}, f.messages...)
		if f.mail {
			return http.StatusBadRequest, object{"message": "fragment cast"}
		}
		return http.StatusCreated, out
	})
	return f
}

func (f *freshchat) connect(t *testing.T, change func(*freshworks.ChatConfig)) *freshworks.Chat {
	t.Helper()
	cfg := chatSettings(t)
	cfg.APIURL = f.URL + "/v2"
	if change != nil {
		change(&cfg)
	}
	c, err := freshworks.NewChat(cfg, nil)
	require.NoError(t, err)
	return c
}

func chatNote() connectors.Note {
	n := deskNote()
	n.Conversation, n.Route = talk, map[string]string{"conversation": talk}
	return n
}

func TestChatNoteIsPrivate(t *testing.T) {
	t.Parallel()
	f := newFreshchat(t)
	c := f.connect(t, func(cfg *freshworks.ChatConfig) { cfg.Language = "de" })
	id, err := connectors.Deliver(t.Context(), c, chatNote())
	require.NoError(t, err)
	require.Equal(t, "m-1", id)
	require.Equal(t, []string{getMessages, postMessage}, f.Lines())
	require.False(t, c.Silent())
	var sent struct {
		Parts []struct {
			Text struct {
				Content string `json:"content"`
			} `json:"text"`
		} `json:"message_parts"`
	}
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	connectortest.Golden(t, "message_de.golden", []byte(sent.Parts[0].Text.Content+"\n"))
}

func TestChatNoteIsWrittenOnce(t *testing.T) {
	t.Parallel()
	t.Run("although the answer was lost", func(t *testing.T) {
		t.Parallel()
		f := newFreshchat(t)
		c := f.connect(t, nil)
		f.Fail(&connectortest.Fault{Times: 1, Only: postMessage, Done: true, Cut: true})
		_, err := connectors.Deliver(t.Context(), c, chatNote())
		require.Error(t, err)
		require.False(t, connectors.IsPermanent(err))
		id, err := connectors.Deliver(t.Context(), c, chatNote())
		require.NoError(t, err)
		require.Equal(t, "m-1", id)
		require.Len(t, f.messages, 1)
	})
	t.Run("although Freshchat refuses what it did, as it does for mail", func(t *testing.T) {
		t.Parallel()
		f := newFreshchat(t)
		f.mail = true
		id, err := connectors.Deliver(t.Context(), f.connect(t, nil), chatNote())
		require.NoError(t, err)
		require.Equal(t, "m-1", id)
		require.Len(t, f.messages, 1)
	})
	t.Run("unless it was a customer who wrote our marker", func(t *testing.T) {
		t.Parallel()
		f := newFreshchat(t)
		f.messages = []object{{"id": "m-0", "actor_id": customer, "message_parts": []object{{"text": object{"content": "[Copilot sg_01K0NEW] haha"}}}}}
		id, err := connectors.Deliver(t.Context(), f.connect(t, nil), chatNote())
		require.NoError(t, err)
		require.Equal(t, "m-2", id)
	})
}

func TestChatRefusalsThatAreMeant(t *testing.T) {
	t.Parallel()
	f := newFreshchat(t)
	f.Fail(&connectortest.Fault{Only: postMessage, Status: 400})
	_, err := connectors.Deliver(t.Context(), f.connect(t, nil), chatNote())
	require.Error(t, err)
	require.True(t, connectors.IsPermanent(err))
	require.Equal(t, []string{getMessages, postMessage, getMessages}, f.Lines(), "it is looked whether it was done all the same")
}

func TestChatNoteThatIsNotCertainlyPrivate(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(object){
		"the answer says normal":      func(m object) { m["message_type"] = "normal" },
		"nothing says what it is":     func(m object) { delete(m, "message_type") },
		"the answer names no message": func(m object) { delete(m, "id") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFreshchat(t)
			f.answer = func(m object) object {
				change(m)
				return m
			}
			c := f.connect(t, nil)
			for range 2 { // and the second time it is found as it is
				_, err := connectors.Deliver(t.Context(), c, chatNote())
				require.ErrorIs(t, err, connectors.ErrVisible)
				require.True(t, connectors.IsPermanent(err), "never again")
			}
			require.Len(t, f.messages, 1)
		})
	}
}

func TestChatNoteNeedsAConversation(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*connectors.Note, *freshworks.ChatConfig){
		"none":        func(n *connectors.Note, _ *freshworks.ChatConfig) { n.Route = nil },
		"a path":      func(n *connectors.Note, _ *freshworks.ChatConfig) { n.Route["conversation"] = "1/../2" },
		"notes off":   func(_ *connectors.Note, c *freshworks.ChatConfig) { c.Notes = freshworks.Off },
		"no token":    func(_ *connectors.Note, c *freshworks.ChatConfig) { c.Token, c.APIURL = config.Secret{}, "" },
		"an odd sign": func(n *connectors.Note, _ *freshworks.ChatConfig) { n.Suggestion = "a b" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, n := newFreshchat(t), chatNote()
			c := f.connect(t, func(cfg *freshworks.ChatConfig) { change(&n, cfg) })
			_, err := c.Note(t.Context(), n)
			require.True(t, connectors.IsPermanent(err), "%v", err)
			require.Empty(t, f.Lines())
		})
	}
}

func TestChatNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, chatNote(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		f := newFreshchat(t)
		cfg := chatSettings(t)
		cfg.APIURL = f.URL + "/v2"
		c, err := freshworks.NewChat(cfg, client)
		require.NoError(t, err)
		return f.Fake, c
	})
}

func TestChatOpenIsGuarded(t *testing.T) {
	t.Parallel()
	blocked := &connectors.BlockedError{}
	for _, address := range []string{"https://127.0.0.1/x", "https://10.0.0.1/x", "http://fc-media.example/x", "https://u:p@fc-media.example/x", "file:///etc/passwd"} {
		_, err := chat(t).Open(t.Context(), connectors.Event{}, connectors.Attachment{Name: "x", URL: address}, 100)
		require.ErrorAs(t, err, &blocked, address)
		require.True(t, connectors.IsPermanent(err))
	}
}

func TestChatTest(t *testing.T) {
	t.Parallel()
	f := newFreshchat(t)
	known := true
	f.Get("GET /v2/agents/{id}", func(c connectortest.Call) (int, any) {
		if !known || c.Path("id") != copilot {
			return http.StatusNotFound, nil
		}
		return http.StatusOK, object{"id": copilot}
	})
	c := f.connect(t, nil)
	got, _ := verdicts(t, c)
	require.Equal(t, map[string]bool{"token": true, "agent": true, "may read messages": true, "may write private messages": true}, got)
	require.Empty(t, f.messages, "nothing was written")

	known = false
	got, hints := verdicts(t, c)
	require.False(t, got["agent"])
	require.Contains(t, hints, "GET /agents")

	f.Fail(&connectortest.Fault{Only: "POST ", Status: 403})
	got, _ = verdicts(t, c)
	require.False(t, got["may write private messages"])

	f.Fail(&connectortest.Fault{Status: 401})
	got, hints = verdicts(t, c)
	require.Equal(t, map[string]bool{"token": false}, got)
	require.NotContains(t, hints, "fc-token")

	got, _ = verdicts(t, f.connect(t, func(cfg *freshworks.ChatConfig) { cfg.Token, cfg.APIURL = config.Secret{}, "" }))
	require.Equal(t, map[string]bool{"token": false}, got)
}

// The folder is what Freshworks documents for platform 3.0; its own validator
// is not to be had from a package registry.
func TestPackages(t *testing.T) {
	t.Parallel()
	options := connectors.PackageOptions{Public: "https://copilot.example", Desk: "desk", Name: `Sufflør "Copilot"`}
	dc := deskSettings()
	dc.AppOrigins = []string{"https://apps.freshworks.example"}
	d, err := freshworks.NewDesk(dc, nil)
	require.NoError(t, err)
	c := chat(t)
	require.Equal(t, []string{"https://nordwind.freshdesk.com", "https://apps.freshworks.example"}, d.Origins())
	require.Equal(t, []string{"https://nordwind.freshchat.com"}, c.Origins())
	for product, p := range map[string]struct {
		packager      connectors.Packager
		module, place string
		rules         int
	}{
		"freshdesk": {d, "support_ticket", "ticket_sidebar", 4}, "freshchat": {c, "chat_conversation", "conversation_user_info", 0},
	} {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			got, err := p.packager.Package(options)
			require.NoError(t, err)
			again, err := p.packager.Package(options)
			require.NoError(t, err)
			require.Equal(t, got, again)
			validFDK(t, got.Files, p.module, p.place)
			require.Len(t, got.Files, 7+p.rules)
			require.NotEmpty(t, got.Steps)

			all := strings.Join(got.Steps, "\n")
			for _, data := range got.Files {
				all += string(data)
			}
			for _, secret := range []string{hookToken, "fd-api-key", "fc-token"} {
				require.NotContains(t, all, secret)
			}
			connectortest.Golden(t, "app_"+product+".golden", []byte(string(got.Files["fdk/manifest.json"])+string(got.Files["fdk/app/panel.html"])))

			for name, change := range map[string]func(*connectors.PackageOptions){
				"no https": func(o *connectors.PackageOptions) { o.Public = "http://copilot.example" },
				"no desk":  func(o *connectors.PackageOptions) { o.Desk = `"><script>` },
				"no name":  func(o *connectors.PackageOptions) { o.Name = "" },
			} {
				o := options
				change(&o)
				_, err := p.packager.Package(o)
				require.Error(t, err, name)
			}
		})
	}
	// Rules are read as they are filled in, be it well or badly.
	got, err := d.Package(options)
	require.NoError(t, err)
	body := string(got.Files["rules/customer_replied.json"])
	for name, comment := range map[string]string{"good": "Hallo", "bad": "He said \"urgent\"\nnow", "worse": `"ticket_id":"1"`} {
		filled := strings.NewReplacer("{{ticket.id}}", "4711", "{{ticket.url}}", "https://nordwind.freshdesk.com/a/tickets/4711",
			"{{ticket.status}}", "Open", "{{ticket.latest_public_comment}}", comment).Replace(body)
		rec, err := d.Read(connectors.Delivery{Body: []byte(filled)})
		require.NoError(t, err, name)
		require.Equal(t, "4711", rec.Events[0].Conversation, name)
	}
	_, err = d.Read(connectors.Delivery{Body: []byte(body)})
	require.ErrorIs(t, err, connectors.ErrMalformed, "placeholders that were not filled in are told")
}

// validFDK asserts what "fdk validate" documents of a front-end app: platform,
// modules, places in their modules, engines, and the files that must be there.
func validFDK(t *testing.T, files map[string][]byte, module, place string) {
	t.Helper()
	var m struct {
		Version string `json:"platform-version"`
		Modules map[string]struct {
			Location map[string]struct {
				URL  string `json:"url"`
				Icon string `json:"icon"`
			} `json:"location"`
		} `json:"modules"`
		Engines struct {
			Node string `json:"node"`
			FDK  string `json:"fdk"`
		} `json:"engines"`
	}
	dec := json.NewDecoder(strings.NewReader(string(files["fdk/manifest.json"])))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&m))
	require.Equal(t, "3.0", m.Version)
	require.Len(t, m.Modules, 2, "one product's module beside common")
	require.Contains(t, m.Modules, "common")
	require.Empty(t, m.Modules["common"].Location, "places of a product do not belong into common")
	require.NotContains(t, string(files["fdk/manifest.json"]), `"location": {}`, "an empty location is refused")
	at := m.Modules[module].Location[place]
	require.Contains(t, files, "fdk/app/"+at.URL)
	require.Contains(t, files, "fdk/app/"+at.Icon)
	require.Regexp(t, `^\d+\.\d+\.\d+$`, m.Engines.Node)
	require.Regexp(t, `^\d+\.\d+\.\d+$`, m.Engines.FDK)

	var iparams map[string]any
	require.NoError(t, json.Unmarshal(files["fdk/config/iparams.json"], &iparams), "mandatory, even if empty")
	require.NotEmpty(t, files["fdk/README.md"])
	icon := string(files["fdk/app/styles/images/icon.svg"])
	require.Contains(t, icon, `width="64" height="64"`)
	page := string(files["fdk/app/"+at.URL])
	require.Contains(t, page, `<script src="{{{appclient}}}"></script>`, "the platform puts its client there")
	require.NotContains(t, page, "cdn")
	require.NotContains(t, page, "&#34;Copilot\"")
	script := string(files["fdk/app/scripts/panel.js"])
	require.Contains(t, script, "app.initialized()")
	require.NotContains(t, script, "console.")
}
