package web_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// withWork gives a tab's server all that agents work with.
func withWork(reword func(w suggest.Wording) (suggest.Suggestion, error)) func(*web.Options) {
	return func(o *web.Options) {
		w := working(nil, reword)
		o.Hinted, o.Search, o.Reword, o.Rewords = w.Hinted, w.Search, w.Reword, w.Rewords
	}
}

const (
	edited = `document.getElementById("edited").value`
	saved  = `document.getElementById("saved").textContent`
	agent  = "token:token"
)

// kept waits until the server has a text.
func (b *tab) kept(id, text string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		e, err := b.s.Edit(b.t.Context(), ws, id, agent)
		return err == nil && strings.Contains(e.Text, text)
	}, 20*time.Second, 10*time.Millisecond, "the server has no text with %q", text)
}

// reload loads the page anew and waits for it.
func (b *tab) reload() {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + "/panel?suggestion=sg_oil"))
	b.until(`document.getElementById("link").dataset.state === "live"`)
}

// typed writes at the beginning of the text.
func (b *tab) typed(text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const a = document.getElementById("edited");
		a.focus();
		a.setRangeText(%q, 0, 0, "end");
		a.dispatchEvent(new Event("input", { bubbles: true }));
	})(); 0`, text)))
}

func TestBrowserWhatIsTypedIsNotLost(t *testing.T) {
	b := openTab(t, 1280, 900)
	b.do(chromedp.Click("#edit"))
	b.until(`document.activeElement.id === "edited"`)
	b.press("One. ")
	b.kept("sg_oil", "One. Hi Kari,")
	b.until(saved + ` === "Saved"`)
	b.reload()
	b.until(edited + `.startsWith("One. Hi Kari,") && !document.getElementById("editor").hidden`)
	require.Equal(t, "Your saved text has been restored.", b.eval(saved))

	// The connection is lost, and comes back.
	b.do(chromedp.Evaluate[chromedp.Void](`window.whole = window.fetch; window.fetch = (u, o) => o?.method === "PUT" ? Promise.reject(new TypeError("away")) : window.whole(u, o); 0`))
	b.typed("Two. ")
	b.until(saved + `.startsWith("No connection.")`)
	b.do(chromedp.Evaluate[chromedp.Void](`window.fetch = window.whole; dispatchEvent(new Event("online")); 0`))
	b.kept("sg_oil", "Two. One. Hi Kari,")
	b.until(saved + ` === "Saved"`)

	// The session is over in the middle of it.
	b.do(chromedp.Evaluate[chromedp.Void](`fetch("/signout", { method: "POST" }).then(() => { window.left = true; }); 0`))
	b.until(`window.left`)
	b.typed("Three. ")
	b.until(saved + `.startsWith("You are signed out.")`)
	b.do(chromedp.Navigate(b.url + "/signin?token=" + token + "&next=/panel"))
	b.until(edited + `.startsWith("Three. Two. One. Hi Kari,")`)
	b.kept("sg_oil", "Three. Two. One. Hi Kari,")

	b.do(chromedp.Click("#discard"))
	b.until(`document.getElementById("editor").hidden`)
	require.Eventually(t, func() bool {
		_, err := b.s.Edit(t.Context(), ws, "sg_oil", agent)
		return errors.Is(err, store.ErrNotFound)
	}, 20*time.Second, 10*time.Millisecond)
	b.press("z")
	b.until(edited + `.startsWith("Three. Two. One.")`)
	b.kept("sg_oil", "Three. ")
}

func TestBrowserASecondTabIsTold(t *testing.T) {
	b := openTab(t, 1280, 900)
	b.do(chromedp.Click("#edit"))
	b.typed("Mine. ")
	b.kept("sg_oil", "Mine. Hi Kari,")
	b.until(saved + ` === "Saved"`)
	other := store.Edit{Workspace: ws, Suggestion: "sg_oil", Agent: agent, Tab: "other", Text: "Theirs <b>"}
	_, err := b.s.SaveEdit(t.Context(), other, 1)
	require.NoError(t, err)

	b.typed("More. ")
	b.until(`!document.getElementById("clash").hidden && document.getElementById("theirs").textContent === "Theirs <b>"`)
	b.typed("And more. ")
	require.Contains(t, b.eval(edited), "And more. More. Mine. Hi Kari,", "what is typed here stays")
	e, err := b.s.Edit(t.Context(), ws, "sg_oil", agent)
	require.NoError(t, err)
	require.Equal(t, "Theirs <b>", e.Text, "and what was typed there")
	b.do(chromedp.Click("#keep-mine"))
	b.kept("sg_oil", "And more. More. Mine.")
	b.do(chromedp.Click("#undo"))
	b.until(edited + ` === "Theirs <b>"`)
	b.kept("sg_oil", "Theirs <b>")
	b.quietBut("409")
}

// quietBut is quiet about failed requests of a status that the test provoked.
func (b *tab) quietBut(status string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		require.Contains(b.t, c, status)
	}
}

func TestBrowserAModelFindsOtherWords(t *testing.T) {
	fail := make(chan error, 1)
	fail <- &suggest.ComposeError{Cause: suggest.CauseSlow}
	b := openTab(t, 320, 900, withWork(func(w suggest.Wording) (suggest.Suggestion, error) {
		select {
		case err := <-fail:
			return suggest.Suggestion{}, err
		default:
			return shorter(w)
		}
	}))
	b.press("w")
	b.until(`document.activeElement.dataset.style === "shorter"`)
	old := b.eval(edited)
	b.press(kb.Enter)
	b.until(`document.getElementById("reword-said").textContent === "The language model did not answer in time. Your text is unchanged."`)
	require.Equal(t, old, b.eval(edited))
	b.press(kb.Enter)
	b.until(edited + ` === "Your tank takes 38 litres of oil."`)
	b.until(`document.getElementById("checked").textContent.includes("We pay you 500 <b>EUR</b>")`)
	require.Contains(t, b.eval(`document.getElementById("checked").textContent`), "Ready to use")
	b.kept("sg_oil", "Your tank takes 38 litres of oil.")
	require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"))
	b.shot("reword_320")
	b.do(chromedp.Click("#undo"))
	b.until(edited + ` === ` + fmt.Sprintf("%q", old))
	b.quietBut("503")
}

func TestBrowserAnAgentFindsAndAsksByHand(t *testing.T) {
	b := openTab(t, 1280, 900, withWork(nil))
	require.Equal(t, "false", b.eval(`Boolean(document.querySelector("[data-tool=reword]"))`), "without a model nothing is offered that needs one")
	b.press("/")
	b.until(`document.activeElement.id === "search-text"`)
	b.press("oil class" + kb.Enter)
	b.until(`document.querySelectorAll(".hit").length === 3`)
	require.Equal(t, "3 found", b.eval(`document.getElementById("search-said").textContent`))
	b.shot("search_1280")
	b.do(chromedp.Click(`[data-quote="The tank holds 38 litres."]`))
	b.until(edited + `.includes("get back to you.\n\nThe tank holds 38 litres.\n\nKind regards")`)
	require.Contains(t, b.eval(`document.getElementById("quoted").innerText`), "Operator’s manual XY-2000")
	b.kept("sg_oil", "The tank holds 38 litres.")
	e, err := b.s.Edit(t.Context(), ws, "sg_oil", agent)
	require.NoError(t, err)
	require.JSONEq(t, `[{"passage":"oil-2","text":"The tank holds 38 litres."}]`, string(e.Quotes))
	b.do(chromedp.Click("[data-unquote]"))
	b.until(`document.getElementById("quoted").hidden`)

	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); 0`))
	b.press("t")
	b.until(`document.activeElement.getAttribute("aria-label") === "Insert: Greeting"`)
	b.press(kb.Enter)
	b.until(edited + `.startsWith("Hi Kari,\n\nthank you for contacting Fjordvik Maskin.")`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); 0`))
	b.press("m")
	b.until(`document.activeElement.dataset.insert?.startsWith("Please tell us a little more")`)
	b.press(kb.Enter)
	b.until(edited + `.includes("Please tell us a little more about this: “Can you deliver to Tromsø before Friday?”.")`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); 0`))
	b.press("h")
	b.until(`document.activeElement.id === "hint-text"`)
	b.press("how much oil" + kb.Enter)
	b.until(`document.querySelector("#hint-out [data-take=text]")`)
	b.do(chromedp.Click("#hint-out [data-take=text]"))
	b.until(edited + ` === "Hi Kari,\n\nThe tank holds 38 litres."`)
	b.press(kb.Escape)
	b.until(`!document.getElementById("tool-hint").offsetParent`)
	b.quiet()
}

func TestBrowserADraftIsWithdrawnWhenSomebodyReplies(t *testing.T) {
	b := openTab(t, 1280, 900)
	reply(t, b.s, "sg_oil")
	b.until(`document.querySelector(".answer.over") && document.getElementById("notice").textContent.includes("An agent has replied")`)
	b.until(`document.getElementById("draft-title").textContent.includes("Withdrawn") && document.getElementById("use").textContent.includes("Use anyway")`)
	b.until(`!document.querySelector('.item[data-id="sg_oil"]')`)
	require.Contains(t, b.eval(`document.getElementById("announce").textContent`), "It no longer holds.")
	b.shot("over_1280")
	b.quiet()
}

// shot writes what is on the screen to $SUFFLOR_SHOTS, when that is set.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SUFFLOR_SHOTS")
	if dir == "" {
		return
	}
	data, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600))
}

// reply is an agent's answer to the conversation of a suggestion.
func reply(t *testing.T, s *store.Store, id string) {
	t.Helper()
	_, err := s.Accept(t.Context(), ws, "zendesk", []connectors.Event{{
		Key: "reply-" + id, Kind: connectors.Message, Role: connectors.Agent, Conversation: "conv-" + id, Message: "reply-" + id, Author: "a1", Text: "Done.", At: time.Now(),
	}})
	require.NoError(t, err)
	require.NoError(t, s.MoveOn(t.Context(), ws, "zendesk", "reply-"+id))
}
