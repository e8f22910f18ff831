package intercom_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/intercom"
)

// component is one of Canvas Kit's, with all fields that it knows.
type component struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Text   string `json:"text"`
	Style  string `json:"style"`
	Margin string `json:"bottom_margin"`
	Label  string `json:"label"`
	Value  string `json:"value"`
	Size   string `json:"size"`
	Action *struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	} `json:"action"`
}

// components checks an answer against what Canvas Kit takes.
func components(t *testing.T, reply connectors.Reply) []component {
	t.Helper()
	require.Equal(t, 200, reply.Status)
	require.LessOrEqual(t, len(reply.Body), 64<<10)
	var out struct {
		Canvas struct {
			Content struct {
				Components []component `json:"components"`
			} `json:"content"`
			Stored map[string]any `json:"stored_data"`
		} `json:"canvas"`
	}
	dec := json.NewDecoder(bytes.NewReader(reply.Body))
	dec.DisallowUnknownFields() // above all no card_creation_options
	require.NoError(t, dec.Decode(&out))
	styles := map[string][]string{
		"text": {"", "header", "paragraph", "muted", "error"}, "button": {"primary", "secondary", "link"}, "textarea": {""}, "spacer": {""},
	}
	seen := map[string]bool{}
	for _, c := range out.Canvas.Content.Components {
		require.Contains(t, styles, c.Type)
		require.Contains(t, styles[c.Type], c.Style)
		require.NotEmpty(t, c.ID)
		require.False(t, seen[c.ID], "id %s twice", c.ID)
		seen[c.ID] = true
		switch c.Type {
		case "text":
			require.NotEmpty(t, c.Text)
		case "button":
			require.NotEmpty(t, c.Label)
			require.Contains(t, []string{"submit", "url"}, c.Action.Type)
		}
	}
	return out.Canvas.Content.Components
}

func byID(list []component, id string) (component, bool) {
	for _, c := range list {
		if c.ID == id {
			return c, true
		}
	}
	return component{}, false
}

func show() connectors.Show { return connectors.Show{Conversation: ticket, Agent: agent} }

func TestViewGolden(t *testing.T) {
	t.Parallel()
	c := connector(t)
	unanswered := note()
	unanswered.Flag, unanswered.Text, unanswered.Citations, unanswered.Reasons = "none", "", nil, nil
	thanked := show()
	thanked.Route = map[string]string{"suggestion": "sg_01K0EXAMPLE", "said": "up", "reply": "Guten Tag Anna,\n\nmit Änderung."}
	n := note()
	for name, tt := range map[string]struct {
		show connectors.Show
		note *connectors.Note
	}{
		"view_suggestion": {show(), &n},
		"view_thanks":     {thanked, &n},
		"view_unanswered": {show(), &unanswered},
		"view_waiting":    {show(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := c.View(tt.show, tt.note)
			require.NoError(t, err)
			components(t, reply)
			var pretty bytes.Buffer
			require.NoError(t, json.Indent(&pretty, reply.Body, "", "  "))
			connectortest.Golden(t, name+".golden", pretty.Bytes())
		})
	}
}

func TestViewIsSafe(t *testing.T) {
	t.Parallel()
	reply, err := connector(t).View(show(), new(note()))
	require.NoError(t, err)
	list := components(t, reply)
	for _, c := range list {
		require.NotContains(t, c.Text, "](https://boese.example)", "a document makes no links")
		require.NotContains(t, c.Text, "javascript:")
	}
	one, _ := byID(list, "source1")
	require.Equal(t, "[1] [Versandzeiten › Inland](https://kb.example/a/12_%28neu%29), S. 3", one.Text)
	open, _ := byID(list, "open")
	require.Equal(t, "https://copilot.example/s/1", open.Action.URL)

	n := note()
	n.PanelURL = "javascript:alert(1)"
	reply, err = connector(t).View(show(), &n)
	require.NoError(t, err)
	_, ok := byID(components(t, reply), "open")
	require.False(t, ok)
}

func TestViewStaysWithinItsSize(t *testing.T) {
	t.Parallel()
	n := note()
	n.Text = strings.Repeat("\"\\\x01<&>ß\n", 50_000)
	n.Reasons = []string{strings.Repeat("[\"]", 50_000)}
	n.Citations = nil
	for i := range 200 {
		n.Citations = append(n.Citations, connectors.Citation{
			Number: i, Title: strings.Repeat("\"Ä", 9000), Where: strings.Repeat("\"", 9000), URL: "https://kb.example/" + strings.Repeat("(", 500),
		})
	}
	s := show()
	s.Route = map[string]string{"suggestion": n.Suggestion, "said": "up", "reply": strings.Repeat("\"", 16_000)}
	reply, err := connector(t).View(s, &n)
	require.NoError(t, err)
	components(t, reply)
}

func TestNoteButtonOnlyWithNotes(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.Notes = intercom.Off
	c, err := intercom.New(cfg, client())
	require.NoError(t, err)
	require.True(t, c.Silent())
	reply, err := c.View(show(), new(note()))
	require.NoError(t, err)
	_, ok := byID(components(t, reply), "post_note")
	require.False(t, ok)
	require.NoError(t, c.React(t.Context(), connectors.Delivery{Path: submit, Body: connectortest.Body(t, "canvas_submit_edited_note.json")}))
}

// press is the vendor's sample of a press, with what we stored in the panel.
func press(t *testing.T, file, stored string) []byte {
	t.Helper()
	body := string(connectortest.Body(t, file))
	const bare = `"stored_data":{"v":1,"s":"sg_01K0EXAMPLE","c":"215468900000001","m":"34120001"}`
	require.Contains(t, body, bare)
	return []byte(strings.Replace(body, bare, `"stored_data":`+stored, 1))
}

func TestPress(t *testing.T) {
	t.Parallel()
	c := connector(t)
	sealed := storedOf(t, c, agent, note())
	with := func(old, with string) func(string) string {
		return func(s string) string {
			require.Contains(t, s, old)
			return strings.Replace(s, old, with, 1)
		}
	}
	other := note()
	other.Conversation = "215468900000002"
	strange, err := intercom.New(func() intercom.Config {
		cfg := settings()
		cfg.ClientSecret = config.NewSecret("of another app")
		return cfg
	}(), client())
	require.NoError(t, err)
	tests := []struct {
		name, file, stored string
		change             func(string) string
		verdict            string
	}{
		{"used", "canvas_submit_used.json", sealed, nil, "used"},
		{"used with an edited text is edited", "canvas_submit_used.json", sealed, with(`"input_values":{"reply":"Guten Tag Anna,`, `"input_values":{"reply":"Hallo Anna,`), "edited"},
		{"another end of line is no edit", "canvas_submit_used.json", sealed, with(`"input_values":{"reply":"Guten Tag Anna,\n\n`, `"input_values":{"reply":"Guten Tag Anna,\r\n\r\n`), "used"},
		{"kept", "canvas_submit_edited_note.json", sealed, nil, "edited"},
		{"down", "canvas_submit_down.json", sealed, nil, "down"},
		{"up", "canvas_submit_down.json", sealed, with(`"component_id":"down"`, `"component_id":"up"`), "up"},
		{"a canvas may be wrapped", "canvas_submit_down.json", sealed, func(s string) string {
			s = strings.Replace(s, `"current_canvas":{`, `"current_canvas":{"current_canvas":{`, 1)
			return strings.Replace(s, `},"contact":`, `}},"contact":`, 1)
		}, "down"},
		{"a refresh judges nothing", "canvas_submit_down.json", sealed, with(`"component_id":"down"`, `"component_id":"refresh"`), ""},
		{"an unknown button judges nothing", "canvas_submit_down.json", sealed, with(`"component_id":"down"`, `"component_id":"x"`), ""},
		{"a panel that we did not draw", "canvas_submit_down.json", `{"v":1,"s":"sg_01K0EXAMPLE"}`, nil, ""},
		{"a panel of another app's secret", "canvas_submit_down.json", storedOf(t, strange, agent, note()), nil, ""},
		{"a panel drawn for another agent", "canvas_submit_down.json", storedOf(t, c, "814861", note()), nil, ""},
		{"a panel drawn for nobody", "canvas_submit_down.json", storedOf(t, c, "", note()), nil, ""},
		{"a panel of another conversation", "canvas_submit_down.json", storedOf(t, c, agent, other), nil, ""},
		{"an odd store", "canvas_submit_down.json", `["a"]`, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := string(press(t, tt.file, tt.stored))
			if tt.change != nil {
				body = tt.change(body)
			}
			rec, err := c.Read(connectors.Delivery{Path: submit, Body: []byte(body)})
			require.NoError(t, err)
			require.NotNil(t, rec.Show, "every press draws the panel again")
			require.Equal(t, ticket, rec.Show.Conversation)
			require.Equal(t, agent, rec.Show.Agent)
			if tt.verdict == "" {
				require.Empty(t, rec.Events)
				require.Empty(t, rec.Show.Route["said"])
				return
			}
			require.Len(t, rec.Events, 1)
			e := rec.Events[0]
			require.Equal(t, connectors.Feedback, e.Kind)
			require.Equal(t, tt.verdict, e.Rating.Verdict)
			require.Equal(t, "sg_01K0EXAMPLE", e.Rating.Suggestion)
			require.Equal(t, agent, e.Rating.Agent)
			require.Equal(t, tt.verdict == "edited", e.Rating.Text != "")
		})
	}
}

// What an agent wrote survives a press of another button.
func TestPressKeepsWhatTheAgentWrote(t *testing.T) {
	t.Parallel()
	c := connector(t)
	body := strings.Replace(string(press(t, "canvas_submit_edited_note.json", storedOf(t, c, agent, note()))), `"component_id":"post_note"`, `"component_id":"up"`, 1)
	rec, err := c.Read(connectors.Delivery{Path: submit, Body: []byte(body)})
	require.NoError(t, err)
	reply, err := c.View(*rec.Show, new(note()))
	require.NoError(t, err)
	text, _ := byID(components(t, reply), "reply")
	require.Contains(t, text.Value, "gestern")

	newer := note()
	newer.Suggestion = "sg_01K0NEW"
	reply, err = c.View(*rec.Show, &newer)
	require.NoError(t, err)
	text, _ = byID(components(t, reply), "reply")
	require.NotContains(t, text.Value, "gestern", "a newer suggestion is another text")
}

// A second press counts, a second delivery of the same press does not.
func TestPressHasAKey(t *testing.T) {
	t.Parallel()
	c := connector(t)
	key := func(stored string) string {
		rec, err := c.Read(connectors.Delivery{Path: submit, Body: press(t, "canvas_submit_down.json", stored)})
		require.NoError(t, err)
		return rec.Events[0].Key
	}
	first := storedOf(t, c, agent, note())
	require.Equal(t, key(first), key(first))
	require.NotEqual(t, key(first), key(strings.Replace(first, `"t":1785000000`, `"t":1785000009`, 1)))
}

// Whatever the Messenger would get, a customer would see.
func TestNothingForTheMessenger(t *testing.T) {
	t.Parallel()
	for _, path := range []string{initialize, submit} {
		file := "canvas_initialize.json"
		if path == submit {
			file = "canvas_submit_down.json"
		}
		body := string(connectortest.Body(t, file))
		for name, change := range map[string][2]string{
			"without a teammate":          {`"admin":{"type":"admin","id":"814860"`, `"admin":{"type":"admin","id":""`},
			"with a user as teammate":     {`"admin":{"type":"admin"`, `"admin":{"type":"user"`},
			"to be inserted in a reply":   {`"workspace_region":"EU",`, `"workspace_region":"EU","card_creation_options":{"x":1},`},
			"on the Messenger's home":     {`"location":"conversation"`, `"location":"home"`},
			"in a message":                {`"location":"conversation"`, `"location":"message"`},
			"without a conversation":      {`"conversation":{"type":"conversation","id":"215468900000001"`, `"conversation":{"type":"conversation","id":""`},
			"with two conversations":      {`"conversation_id":215468900000001`, `"conversation_id":215468900000002`},
			"with a path as conversation": {`"conversation":{"type":"conversation","id":"215468900000001"`, `"conversation":{"type":"conversation","id":"1/../2"`},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				t.Parallel()
				changed := strings.Replace(body, change[0], change[1], 1)
				require.NotEqual(t, body, changed)
				if name == "to be inserted in a reply" {
					changed = strings.Replace(changed, `"card_creation_options":{},`, "", 1)
				}
				rec, err := connector(t).Read(connectors.Delivery{Path: path, Body: []byte(changed)})
				require.ErrorIs(t, err, connectors.ErrMalformed)
				require.Empty(t, rec)
			})
		}
		t.Run(path+" of another workspace", func(t *testing.T) {
			t.Parallel()
			_, err := connector(t).Read(connectors.Delivery{Path: path, Body: []byte(strings.Replace(body, workspace, "other", 1))})
			require.ErrorIs(t, err, connectors.ErrForeign)
		})
	}
}
