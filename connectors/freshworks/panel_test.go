package freshworks_test

import (
	"bytes"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
)

// appClient plays the one of the platform: what an app does to the product is
// in done, and what it may not do is in refused.
const appClient = `window.done = []; window.refused = []; window.data = {
  ticket: { ticket: { id: 4711 } }, loggedInUser: { loggedInUser: { id: 48000041 } },
  conversation: { conversation: { conversation_id: "ac2175" } }, loggedInAgent: { loggedInAgent: { id: "fba1873d" } },
};
window.app = { initialized: () => Promise.resolve({
  data: { get: (name) => (window.data[name] ? Promise.resolve(window.data[name]) : Promise.reject(new Error("no " + name))) },
  events: { on: (name, f) => { if (name === "app.activated") window.look = f; } },
  interface: { trigger: (name, options) => {
    if (window.refused.includes(options.id)) return Promise.reject(new Error("not here"));
    window.done.push([name, options]);
    return Promise.resolve();
  } },
}) };`

func openApp(t *testing.T, packager connectors.Packager) *connectortest.Page {
	t.Helper()
	got, err := packager.Package(connectors.PackageOptions{Public: connectortest.PanelOrigin, Desk: "desk", Name: "Copilot"})
	require.NoError(t, err)
	files := maps.Clone(got.Files)
	// The platform puts its client there when it serves the page.
	files["fdk/app/panel.html"] = bytes.ReplaceAll(files["fdk/app/panel.html"], []byte("{{{appclient}}}"), []byte("client.js"))
	files["fdk/app/client.js"] = []byte(appClient)
	return connectortest.OpenPage(t, files, "fdk/app/panel.html")
}

func TestApps(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	for product, tt := range map[string]struct {
		packager            connectors.Packager
		conversation, agent string
		done                string // once "a <b>\nc" was inserted
		subject             string // of the app's data
	}{
		"freshdesk": {desk(t), "4711", "48000041", `[["click",{"id":"openReply","text":"a &lt;b&gt;<br>c"}]]`, "ticket"},
		"freshchat": {chat(t), "ac2175", "fba1873d", `[["setValue",{"id":"editor","value":"a <b>\nc"}]]`, "conversation"},
	} {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			p := openApp(t, tt.packager)
			told := func(conversation string) m {
				return m{"sufflor": 1.0, "type": "conversation", "conversation": conversation, "agent": tt.agent, "context": "", "insert": true}
			}
			insert := func(text, conversation string) m {
				p.Say(m{"type": "insert", "text": text, "suggestion": "sg_1", "conversation": conversation})
				return p.Heard(t)
			}
			inserted := func(ok bool) m {
				return m{"sufflor": 1.0, "type": "inserted", "suggestion": "sg_1", "ok": ok}
			}
			p.Say(m{"type": "ready"})
			require.Equal(t, told(tt.conversation), p.Heard(t))

			require.Equal(t, inserted(true), insert("a <b>\nc", tt.conversation))
			require.JSONEq(t, tt.done, p.Eval(t, `window.done`), "Freshdesk's editor takes HTML, Freshchat's takes text")
			require.Equal(t, inserted(false), insert("x", "another"), "a draft for what is not before the agent")
			require.Equal(t, inserted(false), insert("", tt.conversation))
			require.JSONEq(t, tt.done, p.Eval(t, `window.done`))

			p.Eval(t, `window.refused = ["openReply"]`)
			require.Equal(t, inserted(true), insert("y", tt.conversation))
			p.Eval(t, `window.refused = ["openReply", "reply", "editor"]`)
			require.Equal(t, inserted(false), insert("z", tt.conversation), "where no editor takes it, the panel is told")
			require.NotEqual(t, `""`, p.Eval(t, `document.getElementById("state").textContent`), "and the agent")

			// Nobody but the frame is listened to.
			before := p.Eval(t, `window.done.length`)
			p.Eval(t, `new Promise((r) => { window.refused = []; window.addEventListener("message", () => setTimeout(r)); window.postMessage({ sufflor: 1, type: "insert", text: "evil" }, "*"); })`)
			require.Equal(t, before, p.Eval(t, `window.done.length`))

			p.Eval(t, `delete window.data["`+tt.subject+`"], window.look()`)
			require.Equal(t, told(""), p.Heard(t), "the panel forgets what was open")
		})
	}
}
