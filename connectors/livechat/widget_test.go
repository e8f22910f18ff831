package livechat_test

import (
	"crypto/sha512"
	"encoding/base64"
	"maps"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
)

// sdk plays LiveChat's: what is put into the message box stands in box.
const sdk = `window.box = []; window.full = false;
window.LiveChat = { createDetailsWidget: () => Promise.resolve({
  on: (name, f) => { if (name === "customer_profile") window.look = f; },
  getCustomerProfile: () => ({ id: "c", chat: { chat_id: "PJ0MRSHTDG", id: "K600PKZON8" } }),
  putMessage: (text) => { if (window.full) return Promise.reject(new Error("full")); window.box.push(text); return Promise.resolve(); },
}) };`

func widget(t *testing.T, script string) map[string][]byte {
	t.Helper()
	got, err := connector(t).Package(connectors.PackageOptions{Public: connectortest.PanelOrigin, Desk: "chat", Name: "Copilot"})
	require.NoError(t, err)
	files := maps.Clone(got.Files)
	files["widget/agentapp.umd.min.js"] = []byte(script)
	return files
}

// trusting is the page for another SDK than the one it was made for.
func trusting(t *testing.T, files map[string][]byte) map[string][]byte {
	t.Helper()
	sum := sha512.Sum384(files["widget/agentapp.umd.min.js"])
	hash := regexp.MustCompile(`sha384-[^"]+`)
	require.Regexp(t, hash, string(files["widget/index.html"]))
	files["widget/index.html"] = hash.ReplaceAll(files["widget/index.html"], []byte("sha384-"+base64.StdEncoding.EncodeToString(sum[:])))
	return files
}

func TestWidget(t *testing.T) {
	t.Parallel()
	p := connectortest.OpenPage(t, trusting(t, widget(t, sdk)), "widget/index.html")
	type m = map[string]any
	told := func(chat string) m {
		return m{"sufflor": 1.0, "type": "conversation", "conversation": chat, "agent": "", "context": "", "insert": true}
	}
	done := func(suggestion string, ok bool) m {
		return m{"sufflor": 1.0, "type": "inserted", "suggestion": suggestion, "ok": ok}
	}
	insert := func(text, suggestion, chat string) m {
		p.Say(m{"type": "insert", "text": text, "suggestion": suggestion, "conversation": chat})
		return p.Heard(t)
	}
	p.Say(m{"type": "ready"})
	require.Equal(t, told("PJ0MRSHTDG"), p.Heard(t))

	require.Equal(t, done("sg_1", true), insert("Hallo <b>", "sg_1", "PJ0MRSHTDG"))
	require.Equal(t, done("sg_1", true), insert("Hallo <b>", "sg_1", "PJ0MRSHTDG"))
	require.JSONEq(t, `["Hallo <b>"]`, p.Eval(t, `window.box`), "the box can only grow, so the same draft stands in it once")
	require.Equal(t, done("sg_2", false), insert("Moin", "sg_2", "OTHERCHAT"), "a draft for another chat than the one before the agent")
	require.Equal(t, done("sg_3", false), insert("", "sg_3", "PJ0MRSHTDG"))

	p.Eval(t, `window.full = true`)
	require.Equal(t, done("sg_4", false), insert("Moin", "sg_4", "PJ0MRSHTDG"))
	p.Eval(t, `window.full = false`)
	require.Equal(t, done("sg_4", true), insert("Moin", "sg_4", "PJ0MRSHTDG"), "what was not taken is tried again")

	// Nobody but the frame is listened to.
	p.Eval(t, `new Promise((r) => { window.addEventListener("message", () => setTimeout(r)); window.postMessage({ sufflor: 1, type: "insert", text: "evil", suggestion: "sg_9" }, "*"); })`)
	require.JSONEq(t, `["Hallo <b>","Moin"]`, p.Eval(t, `window.box`))

	p.Eval(t, `window.look({ chat: { chat_id: "SECOND" } })`)
	require.Equal(t, told("SECOND"), p.Heard(t))
	require.Equal(t, done("sg_1", true), insert("Hallo <b>", "sg_1", "SECOND"), "another chat has another box")
	p.Eval(t, `window.look({ chat: {} })`)
	require.Equal(t, told(""), p.Heard(t), "the panel forgets the chat before")
	require.Equal(t, `"No chat is open."`, p.Eval(t, `document.getElementById("state").textContent`))
}

// The page runs the SDK it was made for and no other.
func TestWidgetRefusesAnotherSDK(t *testing.T) {
	t.Parallel()
	p := connectortest.OpenPage(t, widget(t, sdk), "widget/index.html")
	require.Equal(t, `"undefined"`, p.Eval(t, `typeof window.LiveChat`))
	require.Contains(t, p.Eval(t, `document.getElementById("state").textContent`), "missing or not the file that was expected")
}
