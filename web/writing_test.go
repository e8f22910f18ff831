package web_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// modelDraft is what a model makes of what [plainDraft] quotes.
func modelDraft() suggest.Suggestion {
	s := plainDraft(suggest.High)
	s.Mode, s.Versions.Model = suggest.Written, "fjord-1"
	s.Sentences[0].Text = "Your tank takes 38 litres of oil."
	return s
}

// waits opens a suggestion that a model is writing.
func (b *tab) waits(id string) store.Suggestion {
	b.t.Helper()
	quoted := plainDraft(suggest.Medium)
	quoted.Mode = suggest.Extractive
	r := record(b.t, id, "Kari Nordmann", "How much oil?", quoted)
	r.Pending, r.Created = true, time.Now()
	save(b.t, b.s, r)
	b.until(`document.querySelector('.item[data-id="` + id + `"]')`)
	b.do(chromedp.Click(`.item[data-id="` + id + `"]`))
	b.until(shown + ` === "` + id + `"`)
	return r
}

func (b *tab) finish(r store.Suggestion) {
	b.t.Helper()
	done := record(b.t, r.ID, r.Customer, r.Question, modelDraft())
	done.Created = r.Created
	changed, err := b.s.FinishSuggestion(b.t.Context(), done, false)
	require.NoError(b.t, err)
	require.True(b.t, changed)
}

// tells hands the page what a model has written so far.
func (b *tab) tells(id string, sentences ...string) {
	p := suggest.Piece{Suggestion: id}
	for _, s := range sentences {
		p.Sentences = append(p.Sentences, suggest.Sentence{Text: s})
	}
	b.live.Tell(ws, p)
}

const preview = `document.getElementById("preview")`

func TestBrowserAModelWritesWhereQuotationsStood(t *testing.T) {
	b := openTab(t, 1280, 900)
	r := b.waits("sg_slow")
	require.Equal(t, "The tank holds 38 litres.1", b.eval(`document.getElementById("draft").textContent.trim()`), "quotations are there at once")
	require.Equal(t, "true", b.eval(`Boolean(document.querySelector("#source-1 blockquote"))`), "and so is the evidence")
	require.Empty(t, b.eval(preview+".textContent"))

	b.tells("sg_other", "Not ours.")
	b.tells("sg_slow", "Your tank takes <b>38</b> litres.")
	b.until(preview + `.textContent === "Your tank takes <b>38</b> litres."`)
	b.tells("sg_slow", "Your tank takes <b>38</b> litres.", "Fill it slowly.")
	b.until(preview + `.textContent === "Your tank takes <b>38</b> litres. Fill it slowly."`)
	require.Equal(t, "true", b.eval(`Boolean(document.getElementById("draft"))`), "until it is done, the quotations can be used")

	b.do(chromedp.Focus("#edit"))
	b.finish(r)
	b.until(`!document.getElementById("writing") && document.getElementById("draft").textContent.includes("Your tank takes 38 litres of oil.")`)
	require.Equal(t, "The draft is ready: Ready to use.", b.eval(`document.getElementById("announce").textContent`))
	require.Contains(t, b.eval(`document.querySelector(".author").textContent`), "fjord-1")
	require.NotContains(t, b.eval(`document.getElementById("main").textContent`), "Fill it slowly.", "what was struck is gone")
	require.Equal(t, "edit", b.eval("document.activeElement.id"), "the focus stays")
	b.quiet()
}

func TestBrowserAModelDoesNotDisturbWhoTypes(t *testing.T) {
	b := openTab(t, 1280, 900)
	r := b.waits("sg_slow")
	b.do(chromedp.Click("#edit"))
	b.until(`document.activeElement.id === "edited"`)
	b.press("Yes! ")
	b.finish(r)
	b.until(`document.getElementById("writing").textContent.includes("your text is kept")`)
	require.Equal(t, "edited", b.eval("document.activeElement.id"))
	b.press("Sure. ")
	b.press(kb.Escape)
	b.until(`!document.getElementById("writing") && !document.getElementById("draft").hidden`)
	require.Contains(t, b.eval(`document.getElementById("draft").textContent`), "Your tank takes 38 litres of oil.")
	b.do(chromedp.Click("#edit"))
	require.Equal(t, "Yes! Sure. The tank holds 38 litres.", b.eval(`document.getElementById("edited").value`))
	b.quiet()
}

func TestBrowserALostConnectionEndsWithTheRightDraft(t *testing.T) {
	b := openTab(t, 1280, 900)
	r := b.waits("sg_slow")
	b.tells("sg_slow", "Your tank")
	b.until(preview + `.textContent === "Your tank"`)
	b.srv.CloseClientConnections()
	b.until(`document.getElementById("link").dataset.state === "lost"`)
	b.tells("sg_slow", "Your tank", "Nobody reads this.")
	b.finish(r)
	b.until(`document.getElementById("link").dataset.state === "live"`)
	b.until(`!document.getElementById("writing") && document.getElementById("draft").textContent.includes("Your tank takes 38 litres of oil.")`)
	require.NotContains(t, b.eval(`document.getElementById("main").textContent`), "Nobody reads this.")

	again := b.waits("sg_next")
	b.srv.CloseClientConnections()
	b.until(`document.getElementById("link").dataset.state === "lost"`)
	b.until(`document.getElementById("link").dataset.state === "live"`)
	require.Eventually(t, func() bool { // the stream may be a moment behind
		b.tells("sg_next", "Your tank", "takes 38 litres.")
		return b.eval(preview+".textContent") == "Your tank takes 38 litres."
	}, 20*time.Second, 50*time.Millisecond, "who joins in the middle reads all of it")
	b.finish(again)
	b.until(`!document.getElementById("writing") && document.getElementById("draft").textContent.includes("Your tank takes 38 litres of oil.")`)
}

func TestBrowserWarningsFitIntoASideBar(t *testing.T) {
	b := openTab(t, 320, 800)
	warned := warnedDraft()
	warned.Versions.Model = "a/very-long-name-of-a-language-model-that-somebody-gave-it-2026-11-30-instruct"
	warned.Conflicts[0].ValueA = "0000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	r := record(t, "sg_warned", "Kari Nordmann", "How much oil?", warned)
	r.Created = time.Now()
	save(t, b.s, r)
	b.do(chromedp.Navigate(b.url + "/panel?suggestion=sg_warned"))
	b.until(`document.querySelector(".conflict .newer .badge").textContent === "Newer"`)
	require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"))
	require.Equal(t, "0", b.eval(`[...document.querySelectorAll("main *")].filter((e) => e.closest(".answer") && !e.closest(".sr") && e.getBoundingClientRect().right > 320).length`), "nothing is cut off")
	b.do(chromedp.Click(".conflict .cite"))
	b.until(`document.querySelector("#context-1 .here")`)
	b.do(chromedp.Focus(".struck summary"))
	require.Equal(t, "true", b.eval(`(() => { const r = document.activeElement.getBoundingClientRect(); return document.activeElement.contains(document.elementFromPoint(r.x + 5, r.y + r.height / 2)) })()`), "the bar at the bottom hides nothing that has the focus")
	b.press(kb.Enter)
	b.until(`document.querySelector(".struck").open`)
	b.quiet()
}
