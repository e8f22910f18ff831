package teams_test

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/teams"
)

const (
	api   = "/emea/" + tenant + "/v3/conversations"
	lena  = "44444444-4444-4444-8444-444444444444"
	chatJ = "a:1personalEXAMPLE"
	chatL = "a:1lenaEXAMPLE"
)

// The bodies Teams takes, and no other field.
type (
	named struct {
		ID     string `json:"id"`
		Object string `json:"aadObjectId,omitempty"`
	}
	newChat struct {
		IsGroup     *bool   `json:"isGroup"`
		Bot         named   `json:"bot"`
		Members     []named `json:"members"`
		TenantID    string  `json:"tenantId"`
		ChannelData struct {
			Tenant named `json:"tenant"`
		} `json:"channelData"`
	}
	card struct {
		Type         string `json:"type"`
		From         named  `json:"from"`
		Conversation named  `json:"conversation"`
		Recipient    *named `json:"recipient"`
		Summary      string `json:"summary"`
		Attachments  []struct {
			Type    string          `json:"contentType"`
			Content json.RawMessage `json:"content"`
		} `json:"attachments"`
		Entities []map[string]any `json:"entities"`
	}
	member struct {
		ID     string `json:"id"`
		Object string `json:"aadObjectId"`
		Tenant string `json:"tenantId"`
		Role   string `json:"userRole"`
	}
)

// bots plays Teams and Entra: a group chat with a customer in it, and chats
// that agents have with the bot.
type bots struct {
	*connectortest.Fake
	t *testing.T

	mu      sync.Mutex
	token   string
	issued  int
	members map[string][]member // by conversation
	opened  string              // what opening a chat answers instead
	cards   map[string]string   // card by activity id
	refuse  map[string]int      // status by chat
	title   string              // what pops up; empty: the German one
}

func bot(t *testing.T) *bots {
	t.Helper()
	b := &bots{t: t, token: "tok-1", cards: map[string]string{}, refuse: map[string]int{}, members: map[string][]member{
		group: {{"29:anna", anna, "", "guest"}, {"29:jonas", jonas, tenant, "user"}, {"29:lena", lena, tenant, "user"}},
		chatJ: {{"29:jonas", jonas, tenant, "user"}}, chatL: {{"29:lena", lena, tenant, "user"}},
	}}
	b.Fake = connectortest.NewFake(t, func(r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") || strings.HasPrefix(r.URL.Path, "/v1/.well-known/") {
			return r.Header.Get("Authorization") == ""
		}
		return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer tok-")
	})
	b.Raw("POST /"+tenant+"/oauth2/v2.0/token", b.issue)
	b.Get("GET "+api+"/{id}/pagedmembers", b.authorized(func(c connectortest.Call) (int, any) {
		members, ok := b.members[c.Path("id")]
		if !ok {
			return http.StatusNotFound, `{"error":{"code":"ConversationNotFound","message":"x"}}`
		}
		q, err := url.ParseQuery(c.Query)
		require.NoError(t, err)
		if q.Get("continuationToken") == "" && len(members) > 2 { // two pages
			return http.StatusOK, map[string]any{"members": members[:1], "continuationToken": "next"}
		}
		if len(members) > 2 {
			members = members[1:]
		}
		return http.StatusOK, map[string]any{"members": members}
	}))
	connectortest.Take(b.Fake, "POST "+api, func(in newChat, c connectortest.Call) (int, any) {
		return b.authorized(func(connectortest.Call) (int, any) {
			require.NotNil(t, in.IsGroup)
			require.False(t, *in.IsGroup, "a chat of one agent")
			require.Len(t, in.Members, 1)
			require.Equal(t, "28:"+app, in.Bot.ID)
			require.Equal(t, tenant, in.TenantID)
			require.Equal(t, tenant, in.ChannelData.Tenant.ID)
			chat := map[string]string{"29:jonas": chatJ, "29:lena": chatL}[in.Members[0].ID]
			require.NotEmpty(t, chat, "a chat with %s", in.Members[0].ID)
			return http.StatusCreated, map[string]string{"id": cmp.Or(b.opened, chat)}
		})(c)
	})
	connectortest.Take(b.Fake, "POST "+api+"/{id}/activities", func(in card, c connectortest.Call) (int, any) {
		return b.authorized(func(connectortest.Call) (int, any) { return b.post(in, c) })(c)
	})
	connectortest.Take(b.Fake, "PUT "+api+"/{id}/activities/{activity}", func(in card, c connectortest.Call) (int, any) {
		return b.authorized(func(connectortest.Call) (int, any) {
			b.private(c)
			if _, ok := b.cards[c.Path("activity")]; !ok {
				return http.StatusNotFound, `{"error":{"code":"ActivityNotFoundInConversation"}}`
			}
			b.cards[c.Path("activity")] = string(in.Attachments[0].Content)
			return http.StatusOK, map[string]string{"id": c.Path("activity")}
		})(c)
	})
	b.Raw("DELETE "+api+"/{id}/activities/{activity}", b.authorized(func(c connectortest.Call) (int, any) {
		b.private(c)
		if _, ok := b.cards[c.Path("activity")]; !ok {
			return http.StatusNotFound, `{"error":{"code":"ActivityNotFoundInConversation"}}`
		}
		delete(b.cards, c.Path("activity"))
		return http.StatusOK, nil
	}))
	return b
}

// issue checks the form and gives the present token.
func (b *bots) issue(c connectortest.Call) (int, any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	form, err := url.ParseQuery(string(c.Body))
	require.NoError(b.t, err)
	require.Equal(b.t, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {app}, "client_secret": {"entra~secret"}, "scope": {"https://api.botframework.com/.default"},
	}, form)
	b.issued++
	return http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": b.token}
}

// authorized answers 401 to any token but the present one.
func (b *bots) authorized(answer func(connectortest.Call) (int, any)) func(connectortest.Call) (int, any) {
	return func(c connectortest.Call) (int, any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if c.Header.Get("Authorization") != "Bearer "+b.token {
			return http.StatusUnauthorized, `{"error":{"code":"BotNotRegistered"}}`
		}
		return answer(c)
	}
}

// private fails the test if a call writes where a customer is.
func (b *bots) private(c connectortest.Call) {
	b.t.Helper()
	if !strings.HasPrefix(c.Path("id"), "a:") || c.Query != "" {
		b.t.Errorf("%s?%s: a customer may see it", c.Line, c.Query)
	}
}

func (b *bots) post(in card, c connectortest.Call) (int, any) {
	b.private(c)
	if s := b.refuse[c.Path("id")]; s != 0 {
		return s, `{"error":{"code":"MessageWritesBlocked","message":"x"}}`
	}
	require.Equal(b.t, "message", in.Type)
	require.Equal(b.t, c.Path("id"), in.Conversation.ID)
	require.Equal(b.t, cmp.Or(b.title, "Antwortvorschlag (nur für das Team)"), in.Summary, "what pops up is no draft")
	require.Len(b.t, in.Attachments, 1)
	require.Equal(b.t, "application/vnd.microsoft.card.adaptive", in.Attachments[0].Type)
	require.Equal(b.t, []any{"AIGeneratedContent"}, in.Entities[0]["additionalType"])
	id := "17849999960" + string(rune('0'+len(b.cards)))
	b.cards[id] = string(in.Attachments[0].Content)
	return http.StatusCreated, map[string]string{"id": id}
}

// posts counts the cards that were sent.
func (b *bots) posts() int {
	n := 0
	for _, l := range b.Lines() {
		if strings.HasPrefix(l, "POST "+api+"/") {
			n++
		}
	}
	return n
}

// shown are the cards that stand, by activity id.
func (b *bots) shown() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.cards)
}

// tokens counts those that were given out.
func (b *bots) tokens() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.issued
}

func both() teams.Config {
	cfg := settings()
	cfg.Agents = []string{jonas, strings.ToUpper(lena)}
	return cfg
}

func note() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_01K0EXAMPLE", Conversation: group, Message: "1784999993412", Flag: "medium", Confidence: 0.71,
		Reasons: []string{"ein Satz ist nicht wörtlich belegt"},
		Text:    "Guten Tag Frau Berg,\r\n\r\nIhre Bestellung #55871 wurde heute versendet & kommt [hier](javascript:alert(1)) an.\n\nMit freundlichen Grüßen",
		Citations: []connectors.Citation{
			{Number: 1, Title: "Versandzeiten > Deutschland", Where: "S. 3", Quote: "…", URL: "https://kb.example/a/12"},
			{Number: 2, Title: "[böse](https://evil.example)", URL: "javascript:alert(1)"},
		},
		PanelURL: "https://copilot.example/s/sg_01K0EXAMPLE",
		Route:    map[string]string{"service": service, "conversation": group, "kind": "groupChat", "who": "Anna Berg (Guest)"},
	}
}

func TestNoteReachesAgentsOnly(t *testing.T) {
	t.Parallel()
	b := bot(t)
	c := start(t, both(), b.URL)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	require.Equal(t, jonas+"/a%3A1personalEXAMPLE/178499999600,"+lena+"/a%3A1lenaEXAMPLE/178499999601", id)
	require.Equal(t, 2, b.posts(), "one card each, none for the guest")
	connectortest.Golden(t, "card.golden", []byte(sealless(t, b.shown()["178499999600"])))

	more := note()
	more.Suggestion = "sg_2"
	before := len(b.Lines())
	_, err = connectors.Deliver(t.Context(), c, more)
	require.NoError(t, err)
	require.Len(t, b.Lines(), before+2, "who is where is known for a while")
}

// sealless is a card, indented, without what differs by key.
func sealless(t *testing.T, content string) string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(content), &v))
	var walk func(any)
	seals := 0
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if k, ok := v["k"].(string); ok {
				a, err := connectors.NewSealer("teams", "entra~secret").Open(k, jonas)
				require.NoError(t, err)
				require.Equal(t, group, a.Conversation)
				seals++
				v["k"] = "sealed for " + a.Suggestion + ": " + a.Verdict
			}
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(v)
	require.Equal(t, 4, seals)
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	require.NoError(t, enc.Encode(v))
	return out.String()
}

func TestWhoSeesANote(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(b *bots, cfg *teams.Config, n *connectors.Note)
		chats  []string // where a card is posted
		want   string   // in the error
	}{
		{"every agent in the conversation", func(*bots, *teams.Config, *connectors.Note) {}, []string{chatJ, chatL}, ""},
		{"only who asked", func(_ *bots, _ *teams.Config, n *connectors.Note) { n.Route["user"] = lena }, []string{chatL}, ""},
		{"not a guest, although on the list", func(_ *bots, cfg *teams.Config, _ *connectors.Note) { cfg.Agents = []string{anna} }, nil, "no agent on the list"},
		{"not somebody unknown, although with an agent's id", func(b *bots, _ *teams.Config, _ *connectors.Note) { b.members[group][1].Role = "Anonymous" }, []string{chatL}, ""},
		{"not somebody of another tenant", func(b *bots, _ *teams.Config, _ *connectors.Note) { b.members[group][1].Tenant = app }, []string{chatL}, ""},
		{"not an agent who is not in the conversation", func(b *bots, _ *teams.Config, _ *connectors.Note) { b.members[group] = b.members[group][:1] }, nil, "no agent on the list"},
		{"not a group that is opened in place of a chat", func(b *bots, _ *teams.Config, _ *connectors.Note) { b.opened = group }, nil, "nothing was written"},
		{"not a chat with somebody else in it", func(b *bots, _ *teams.Config, _ *connectors.Note) {
			b.members[chatJ] = append(b.members[chatJ], member{"29:anna", anna, "", "guest"})
		}, []string{chatL}, ""},
		{"not a chat of somebody else", func(b *bots, _ *teams.Config, n *connectors.Note) { b.opened, n.Route["user"] = chatL, jonas }, nil, "nothing was written"},
		{"the others when one has blocked the app", func(b *bots, _ *teams.Config, _ *connectors.Note) { b.refuse[chatJ] = 403 }, []string{chatJ, chatL}, ""},
		{"nobody when the only one has", func(b *bots, cfg *teams.Config, _ *connectors.Note) {
			b.refuse[chatJ], cfg.Agents = 403, []string{jonas}
		}, []string{chatJ}, "blocked or removed"},
		{"nobody when notes are off", func(_ *bots, cfg *teams.Config, _ *connectors.Note) { cfg.Notes = teams.Off }, nil, "notes are off"},
		{"nobody without a secret", func(_ *bots, cfg *teams.Config, _ *connectors.Note) { cfg.ClientSecret = config.Secret{} }, nil, "client_secret: required"},
		{"nobody at a service that is not Teams", func(_ *bots, _ *teams.Config, n *connectors.Note) { n.Route["service"] = "https://attacker.example/" }, nil, "no conversation of Teams"},
		{"nobody when the conversation is a path", func(_ *bots, _ *teams.Config, n *connectors.Note) { n.Route["conversation"] = "../x" }, nil, "no conversation of Teams"},
		{"nobody when it is gone", func(_ *bots, _ *teams.Config, n *connectors.Note) { n.Route["conversation"] = "19:gone" }, nil, "not there any more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, cfg, n := bot(t), both(), note()
			tt.change(b, &cfg, &n)
			_, err := connectors.Deliver(t.Context(), start(t, cfg, b.URL), n)
			if tt.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.want)
				require.True(t, connectors.IsPermanent(err), "%v", err)
			}
			var chats []string
			for _, c := range b.Calls() {
				if strings.HasPrefix(c.Line, "POST "+api+"/") {
					chats = append(chats, c.Path("id"))
				}
			}
			require.Equal(t, tt.chats, chats)
		})
	}
}

func TestNoteFaults(t *testing.T) {
	t.Parallel()
	connectortest.NoteFaults(t, note(), func(t *testing.T, client *connectors.Client) (*connectortest.Fake, connectors.Noter) {
		t.Helper()
		b := bot(t)
		cfg := both()
		cfg.BaseURL = b.URL
		c, err := teams.New(cfg, client)
		require.NoError(t, err)
		return b.Fake, c
	})
}

// A chat of one agent cannot get a second member. Should it nevertheless, what
// stands there is visible.
func TestChatThatOthersJoined(t *testing.T) {
	t.Parallel()
	b := bot(t)
	now := clock
	cfg := settings()
	cfg.BaseURL = b.URL
	c, err := teams.New(cfg, connectors.NewClient(0, nil, func() time.Time { return now }))
	require.NoError(t, err)
	_, err = connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)
	b.mu.Lock()
	b.members[chatJ] = append(b.members[chatJ], member{"29:anna", anna, "", "guest"})
	b.mu.Unlock()
	now = now.Add(time.Hour)
	n := note()
	n.Suggestion = "sg_2"
	_, err = connectors.Deliver(t.Context(), c, n)
	require.ErrorIs(t, err, connectors.ErrVisible)
	require.Equal(t, 1, b.posts(), "nothing more is written there")
}

// Notes of several conversations are delivered side by side.
func TestNotesSideBySide(t *testing.T) {
	t.Parallel()
	b := bot(t)
	c := start(t, both(), b.URL)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			n := note()
			n.Suggestion += string(rune('a' + i))
			_, err := connectors.Deliver(t.Context(), c, n)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 8, b.posts())
	require.Equal(t, 1, b.tokens())
}

// The example of README.md is one that starts.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "```yaml\nkind: teams\n")
	require.True(t, ok)
	example, _, _ := strings.Cut(rest, "```")
	example = strings.ReplaceAll(strings.ReplaceAll(example, "\n# ", "\n"), "https://…", "https://nordwind.example")
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(example), &n))
	var cfg teams.Config
	require.NoError(t, config.DecodeSettings(*n.Content[0], "settings", &cfg))
	require.NoError(t, cfg.Validate())
	require.Equal(t, "usgov", cfg.Cloud, "the lines in comments count as well")
}

// Posting is not idempotent and Teams cannot be asked, so what may stand there
// is not posted again.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault connectortest.Fault
		ok    bool // the first attempt counts as done
		again bool // a queue may try again
		cards int  // after a second attempt
	}{
		{"a broken connection", connectortest.Fault{Done: true, Drop: true}, false, false, 1},
		{"half an answer", connectortest.Fault{Done: true, Cut: true}, true, false, 1},
		{"an answer that is not JSON", connectortest.Fault{Done: true, Status: 200, Body: "<html>"}, true, false, 1},
		{"a timeout of Teams", connectortest.Fault{Done: true, Status: 408}, false, false, 1},
		{"a fault of Teams", connectortest.Fault{Done: true, Status: 500}, false, false, 1},
		{"haste", connectortest.Fault{Status: 429, Header: map[string]string{"Retry-After": "7"}}, false, true, 1},
		{"a precondition", connectortest.Fault{Status: 412}, false, true, 1},
		{"a gateway", connectortest.Fault{Status: 502}, false, true, 1},
		{"a card that is too large", connectortest.Fault{Status: 413}, false, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := bot(t)
			c := start(t, settings(), b.URL)
			tt.fault.Only, tt.fault.Times = "POST "+api+"/", 1
			b.Fail(&tt.fault)
			id, err := connectors.Deliver(t.Context(), c, note())
			require.Equal(t, tt.ok, err == nil, "%v", err)
			if err != nil {
				require.Equal(t, tt.again, !connectors.IsPermanent(err), "%v", err)
			} else {
				require.Equal(t, jonas+"/a%3A1personalEXAMPLE/", id, "the activity is not known")
				require.ErrorIs(t, c.Update(t.Context(), id, note()), connectors.ErrNoNote)
				require.NoError(t, c.Withdraw(t.Context(), id, note()))
			}
			_, err = connectors.Deliver(t.Context(), c, note())
			require.NoError(t, err)
			require.Len(t, b.shown(), tt.cards)
		})
	}
}

// A command asks for the card again, which scrolled away.
func TestAskingAgainShowsAgain(t *testing.T) {
	t.Parallel()
	b := bot(t)
	c := start(t, settings(), b.URL)
	for _, ask := range []string{"", "1785", "1785", "1786"} {
		n := note()
		n.Route["ask"] = ask
		_, err := connectors.Deliver(t.Context(), c, n)
		require.NoError(t, err)
	}
	require.Len(t, b.shown(), 3)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	t.Run("a token that was withdrawn is renewed once", func(t *testing.T) {
		t.Parallel()
		b := bot(t)
		c := start(t, settings(), b.URL)
		_, err := connectors.Deliver(t.Context(), c, note())
		require.NoError(t, err)
		b.mu.Lock()
		b.token = "tok-2"
		b.mu.Unlock()
		n := note()
		n.Suggestion = "sg_2"
		_, err = connectors.Deliver(t.Context(), c, n)
		require.NoError(t, err)
		require.Equal(t, 2, b.tokens())
	})
	t.Run("a new one that is refused as well is gone", func(t *testing.T) {
		t.Parallel()
		b := bot(t)
		b.Fail(&connectortest.Fault{Only: "GET " + api, Status: 401, Body: `{}`})
		_, err := connectors.Deliver(t.Context(), start(t, settings(), b.URL), note())
		require.ErrorIs(t, err, connectors.ErrGone)
		require.ErrorContains(t, err, "app_id")
		require.Equal(t, 2, b.tokens())
	})
	for name, tt := range map[string]struct{ body, want string }{
		"an expired secret":  {`{"error":"invalid_client","error_codes":[7000222]}`, "client_secret has expired"},
		"the id of a secret": {`{"error":"invalid_client","error_codes":[7000215]}`, "client_secret is wrong"},
		"another tenant":     {`{"error":"unauthorized_client","error_codes":[700016]}`, "app_id is not known in this tenant"},
		"anything else":      {`{"error":"x"}`, "make a new secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bot(t)
			b.Fail(&connectortest.Fault{Only: "POST /" + tenant, Status: 400, Body: tt.body})
			_, err := connectors.Deliver(t.Context(), start(t, settings(), b.URL), note())
			require.ErrorIs(t, err, connectors.ErrGone)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "entra~secret")
		})
	}
	t.Run("a blocked app is gone", func(t *testing.T) {
		t.Parallel()
		b := bot(t)
		b.Fail(&connectortest.Fault{Only: "GET " + api, Status: 403, Body: `{"error":{"code":"BotDisabledByAdmin"}}`})
		_, err := connectors.Deliver(t.Context(), start(t, settings(), b.URL), note())
		require.ErrorIs(t, err, connectors.ErrGone)
	})
}

func TestUpdateAndWithdraw(t *testing.T) {
	t.Parallel()
	b := bot(t)
	c := start(t, both(), b.URL)
	id, err := connectors.Deliver(t.Context(), c, note())
	require.NoError(t, err)

	better := note()
	better.Text, better.Flag = "Sie kommt morgen an.", "high"
	require.NoError(t, c.Update(t.Context(), id, better))
	for _, card := range b.shown() {
		require.Contains(t, card, "Sie kommt morgen an.")
		require.NotContains(t, card, "versendet")
	}
	fewer := start(t, settings(), b.URL) // Lena is off the list
	better.Text = "Nur noch für Jonas."
	require.NoError(t, fewer.Update(t.Context(), id, better))
	require.Contains(t, b.shown()["178499999600"], "Nur noch")
	require.NotContains(t, b.shown()["178499999601"], "Nur noch")

	require.NoError(t, c.Withdraw(t.Context(), id, better))
	require.Empty(t, b.shown())
	require.NoError(t, c.Withdraw(t.Context(), id, better), "gone already")
	require.ErrorIs(t, c.Update(t.Context(), id, better), connectors.ErrNoNote)

	b.Fail(&connectortest.Fault{Status: 503})
	require.False(t, connectors.IsPermanent(c.Withdraw(t.Context(), id, better)))
	b.Fail(nil)
	for _, odd := range []string{"", "x", "a/b/c", url.QueryEscape(jonas) + "/" + url.QueryEscape(group) + "/1", "%/%/%"} {
		require.True(t, connectors.IsPermanent(c.Update(t.Context(), odd, better)), odd)
		require.True(t, connectors.IsPermanent(c.Withdraw(t.Context(), odd, better)), odd)
	}
}

// Thumbs below a card name the message only, and the store knows what it shows:
// also after a restart.
func TestThumbsNameTheirNote(t *testing.T) {
	t.Parallel()
	b := bot(t)
	external, err := connectors.Deliver(t.Context(), start(t, settings(), b.URL), note())
	require.NoError(t, err)
	c := start(t, settings(), b.URL)
	for _, file := range []string{"invoke_feedback_dislike.json", "message_reaction.json"} {
		rec, err := c.Read(connectors.Delivery{Body: []byte(change(t, file, "1784999996000", "178499999600"))})
		require.NoError(t, err)
		require.Empty(t, rec.Events[0].Rating.Suggestion)
		require.Contains(t, strings.Split(external, ","), rec.Events[0].Rating.Note)
		require.Equal(t, "178499999600", rec.Events[0].Message)
	}
}

func TestCardsStayInTheirLimits(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a long draft": strings.Repeat("Zeile mit Wörtern.\n", 3000), "nothing but escapes": strings.Repeat("<&>\x01", 20_000), "emoji": strings.Repeat("😕", 9000), "none": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bot(t)
			n := note()
			n.Text = text
			for range 60 {
				n.Citations = append(n.Citations, connectors.Citation{Number: 9, Title: strings.Repeat("Titel ", 200), Where: strings.Repeat("x", 900), URL: "https://kb.example/" + strings.Repeat("y", 900)})
			}
			_, err := connectors.Deliver(t.Context(), start(t, settings(), b.URL), n)
			require.NoError(t, err)
			for _, card := range b.shown() {
				require.Less(t, len(card), 25_000)
				require.Equal(t, text == "", strings.Contains(card, "Die Dokumente beantworten das nicht."))
				require.Equal(t, text != "", strings.Contains(card, "copilot.use"))
			}
		})
	}
}

func TestDialog(t *testing.T) {
	t.Parallel()
	c := start(t, settings(), "http://localhost:1")
	n := note()
	rep, err := c.View(connectors.Show{Conversation: group, Agent: jonas, Route: map[string]string{"view": "dialog"}}, &n)
	require.NoError(t, err)
	var out struct {
		Task struct {
			Type  string `json:"type"`
			Value struct {
				Title string `json:"title"`
				Card  struct {
					Type    string          `json:"contentType"`
					Content json.RawMessage `json:"content"`
				} `json:"card"`
			} `json:"value"`
		} `json:"task"`
	}
	require.NoError(t, json.Unmarshal(rep.Body, &out))
	require.Equal(t, "continue", out.Task.Type)
	require.NotContains(t, string(out.Task.Value.Card.Content), "Action.Execute", "dialogs know Action.Submit only")
	connectortest.Golden(t, "dialog.golden", []byte(sealless(t, string(out.Task.Value.Card.Content))))

	// What the dialog sends back is what its buttons carry.
	var card struct {
		Actions []struct {
			Data map[string]any `json:"data"`
		} `json:"actions"`
	}
	require.NoError(t, json.Unmarshal(out.Task.Value.Card.Content, &card))
	data, err := json.Marshal(card.Actions[0].Data)
	require.NoError(t, err)
	rec, err := c.Read(connectors.Delivery{Body: []byte(change(t, "invoke_compose_submit.json", `{"s":"sg_01K0EXAMPLE","reply":"Guten Tag Anna, …"}`, string(data)))})
	require.NoError(t, err)
	require.Equal(t, "used", rec.Events[0].Rating.Verdict)
	require.JSONEq(t, `{"task":{"type":"message","value":"Danke, notiert."}}`, string(rec.Reply.Body))
}

// What is shown at once goes through the intake: to an agent the suggestion, to
// anybody else nothing.
func TestSuggestionWhileTeamsWaits(t *testing.T) {
	t.Parallel()
	c := start(t, settings(), "http://localhost:1")
	n := note()
	in := &connectors.Intake{
		Desks:  map[string]connectors.Desk{"teams": {Name: "teams", Connector: open{c}}},
		Accept: func(context.Context, connectors.Desk, []connectors.Event) error { return nil },
		Latest: func(_ context.Context, _ connectors.Desk, s connectors.Show) (*connectors.Note, error) {
			require.Equal(t, group, s.Conversation)
			return &n, nil
		},
	}
	send := func(body string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/teams", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		w := httptest.NewRecorder()
		in.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
		return w.Body.String()
	}
	for _, file := range []string{"invoke_card_refresh.json", "invoke_compose_fetch_task.json"} {
		require.Contains(t, send(change(t, file)), "#55871 wurde heute versendet", file)
		require.NotContains(t, send(change(t, file, jonas, lena)), "versendet", file)
	}
}

// open is a connector whose deliveries were verified elsewhere.
type open struct{ *teams.Connector }

func (open) Verify(context.Context, connectors.Delivery, time.Time) error { return nil }

func TestOpen(t *testing.T) {
	t.Parallel()
	const image = "/emea/v3/attachments/0-weu-d1-EXAMPLE/views/original"
	b := bot(t)
	b.Get("GET "+image, b.authorized(func(connectortest.Call) (int, any) { return http.StatusOK, []byte("\x89PNG") }))
	private := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("our own network was called") }))
	t.Cleanup(private.Close)
	c := start(t, settings(), b.URL)
	inline := connectors.Attachment{Name: "x.png", URL: "https://smba.trafficmanager.net" + image}

	f, err := c.Open(t.Context(), connectors.Event{}, inline, 100)
	require.NoError(t, err)
	require.Equal(t, "\x89PNG", string(f.Data))
	b.mu.Lock()
	b.token = "tok-2"
	b.mu.Unlock()
	_, err = c.Open(t.Context(), connectors.Event{}, inline, 100)
	require.NoError(t, err, "with a fresh token")
	_, err = c.Open(t.Context(), connectors.Event{}, inline, 3)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	_, err = c.Open(t.Context(), connectors.Event{}, connectors.Attachment{Size: 101, URL: inline.URL}, 100)
	require.ErrorIs(t, err, connectors.ErrTooLarge)
	b.Fail(&connectortest.Fault{Only: "GET " + image, Status: 302, Header: map[string]string{"Location": private.URL}})
	_, err = c.Open(t.Context(), connectors.Event{}, inline, 100)
	require.True(t, connectors.IsPermanent(err), "redirects are not followed: %v", err)

	for name, address := range map[string]string{
		"our own network": private.URL, "the cloud's metadata": "https://169.254.169.254/latest", "plain http": "http://example.com/x",
		"a file": "file:///etc/passwd", "credentials": "https://u:p@example.com/", "nothing": "",
	} {
		_, err = c.Open(t.Context(), connectors.Event{}, connectors.Attachment{URL: address}, 100)
		var blocked *connectors.BlockedError
		require.ErrorAs(t, err, &blocked, name)
	}
}

// A file elsewhere is read without our token.
func TestOpenElsewhereSendsNoToken(t *testing.T) {
	t.Parallel()
	c, err := teams.New(settings(), connectors.NewClient(0, nil, nil))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Open(ctx, connectors.Event{}, connectors.Attachment{URL: "https://nordwind-example.sharepoint.example/x"}, 100)
	require.Error(t, err)
	require.NotErrorIs(t, err, connectors.ErrGone, "no token was asked for")
}

func TestFindings(t *testing.T) {
	t.Parallel()
	keys := func(b *bots) {
		body, config := connectortest.Body(t, "openid_keys.json"), connectortest.Body(t, "openid_configuration.json")
		b.Get("GET /v1/.well-known/openidconfiguration", func(connectortest.Call) (int, any) { return http.StatusOK, config })
		b.Get("GET /v1/.well-known/keys", func(connectortest.Call) (int, any) { return http.StatusOK, body })
	}
	list := func(found []connectors.Finding) map[string]bool {
		out := map[string]bool{}
		for _, f := range found {
			out[f.What] = f.OK
			require.Equal(t, f.OK, f.Hint == "", "%v", f)
		}
		return out
	}
	b := bot(t)
	keys(b)
	c := start(t, settings(), b.URL)
	require.Equal(t, map[string]bool{
		"signing keys of the Bot Framework": true, "a key vouches for Teams": true, "token for the bot": true,
	}, list(c.Test(t.Context())))
	for _, l := range b.Lines() {
		require.NotContains(t, l, "/v3/", "nothing is changed")
	}
	b.Fail(&connectortest.Fault{Only: "POST /" + tenant, Status: 401, Body: `{"error_codes":[7000215]}`})
	found := c.Test(t.Context())
	require.False(t, list(found)["token for the bot"])
	require.Contains(t, found[2].Hint, "client_secret is wrong")
	b.Fail(&connectortest.Fault{Only: "GET /v1", Status: 503})
	require.False(t, list(c.Test(t.Context()))["signing keys of the Bot Framework"])

	hook := settings()
	hook.AppID, hook.ClientSecret = "", config.Secret{}
	require.Equal(t, map[string]bool{"may show suggestions": false}, list(start(t, hook, b.URL).Test(t.Context())))
}
