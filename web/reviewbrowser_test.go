package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web/browsertest"
)

// reviewDesk is a tab of a reviewer with four drafts that wait.
func reviewDesk(t *testing.T, width int64) *tab {
	t.Helper()
	b := openTab(t, width, 900)
	outcome(t, b.s, "sg_high", store.ActionRejected, "facts: it is 34", "", "Ola")
	outcome(t, b.s, "sg_high", store.ActionSent, "", "The tank holds 34 litres. Kind regards, Ola", "Ola")
	b.do(chromedp.Navigate(b.url+"/review"), chromedp.SendKeys("#name", "Kari Nordmann"), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector(".lead")`)
	b.do(chromedp.Navigate(b.url + "/review?days=366" + all + "&rejected=1"))
	b.until(`document.querySelector(".button.primary")`)
	return b
}

// reviews waits for n reviews of a suggestion.
func (b *tab) reviews(id string, n int) []store.Review {
	b.t.Helper()
	var list []store.Review
	require.Eventually(b.t, func() bool {
		var err error
		list, err = b.s.Reviews(b.t.Context(), ws, id, time.Time{}, 0)
		return err == nil && len(list) == n
	}, browsertest.Patient, 10*time.Millisecond)
	return list
}

func TestBrowserAReviewerRatesWithFiveKeys(t *testing.T) {
	b := reviewDesk(t, 1280)
	b.do(chromedp.Click(".button.primary"))
	b.until(`document.activeElement.name === "correct"`)
	require.Contains(t, b.eval("location.search"), "sg_high")
	require.Equal(t, "line-through", b.eval(`getComputedStyle(document.querySelector("del")).textDecorationLine`))
	require.Contains(t, b.eval(`document.querySelector("ins").innerText`), "+")

	b.press("2")
	b.until(`document.activeElement.name === "complete"`)
	b.press("4")
	b.press(kb.Backspace)
	b.until(`document.activeElement.name === "complete" && document.activeElement.value === "4"`)
	b.press("3")
	b.press("5")
	b.press("0")
	b.until(`document.activeElement.id === "save"`)
	b.press("c")
	b.until(`document.activeElement.id === "comment"`)
	// The driver sends the letter after the key, whatever became of the key; a
	// keyboard does not.
	b.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.value = ""; 0`))
	b.press("34, not 38; n")
	b.press(kb.Escape)
	b.until(`document.activeElement.id === "save"`)
	b.press(kb.Enter)
	r := b.reviews("sg_high", 1)[0]
	require.Equal(t, []any{"Kari Nordmann", 2, 3, 5, 0, "34, not 38; n"}, []any{r.Reviewer, r.Correct, r.Complete, r.Tone, r.Citation, r.Comment})
	require.Positive(t, r.Took)
	b.until(`document.activeElement.name === "correct" && !location.search.includes("sg_high")`)

	was := b.eval("location.search")
	b.press("n")
	b.until(fmt.Sprintf("location.search !== %q && document.activeElement.name === 'correct'", was))
	b.press("5")
	b.press(kb.ArrowDown) // radios move as radios do
	b.until(`document.activeElement.name === "complete"`)
	b.quiet()
}

func TestBrowserReviewWithoutTheScript(t *testing.T) {
	d := newDesk(t)
	d.is("Kari")
	page := d.page("/review/item?suggestion=sg_oil" + all)
	require.NotContains(t, page, "onclick")
	require.NotContains(t, page, "style=")
}

func TestBrowserTriageIsDoneOnThePage(t *testing.T) {
	b := reviewDesk(t, 1280)
	b.do(chromedp.Navigate(b.url + "/review/triage?days=366"))
	b.do(chromedp.Click(".entry a"))
	b.until(`document.querySelector("form.triage")`)
	b.do(chromedp.Click(`input[name=cause][value=outdated]`), chromedp.SendKeys("#owner", "Per"), chromedp.Click("form.triage button"))
	b.until(`document.querySelector('[role=status]')`)
	list, err := b.s.Triages(t.Context(), ws, store.TriageFilter{Owner: "Per"})
	require.NoError(t, err)
	require.Len(t, list, 1)
	b.quiet()
}

func TestBrowserReviewFitsIntoAPhone(t *testing.T) {
	b := reviewDesk(t, 320)
	require.NoError(t, b.s.SaveReview(t.Context(), store.Review{Workspace: ws, Suggestion: "sg_oil", Reviewer: "Kari Nordmann", Correct: 2}))
	require.NoError(t, b.s.SaveReview(t.Context(), store.Review{Workspace: ws, Suggestion: "sg_oil", Reviewer: "Åse-Märta Öhlund-Wennerström", Correct: 4}))
	for _, target := range []string{"/review?days=366" + all, "/review/item?suggestion=sg_high", "/review/item?suggestion=sg_oil", "/review/triage?days=366", "/review/triage/item?suggestion=sg_high", "/review/agreement?days=366"} {
		b.do(chromedp.Navigate(b.url + target))
		require.Equal(t, "320", b.eval("document.documentElement.scrollWidth"), target)
		require.Equal(t, "0", b.eval(`document.querySelectorAll("[style]").length`))
	}
	b.quiet()
}
