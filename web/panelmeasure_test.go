//go:build measure

package web_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest"
)

// TestMeasurePanel prints what the panel costs: bytes over the wire, and the
// time from a stored suggestion to its painted draft. Run with -tags measure -v.
func TestMeasurePanel(t *testing.T) {
	b := openTab(t, 1280, 900, withWork(shorter))
	b.reload()
	var parts []struct {
		Name      string
		Size, Raw int
	}
	b.do(chromedp.Evaluate[chromedp.Void](`performance.setResourceTimingBufferSize(1000); 0`))
	require.NoError(t, json.Unmarshal([]byte(b.eval(`JSON.stringify([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter((e) => !e.name.includes("/api/live")).map((e) => ({ name: e.name.split("/").pop(), size: e.encodedBodySize, raw: e.decodedBodySize })))`)), &parts))
	total := 0
	for _, p := range parts {
		total += p.Size
		t.Logf("%-32s %6d bytes (%d unpacked)", p.Name, p.Size, p.Raw)
	}
	t.Logf("panel page: %d bytes of bodies", total)

	var took []float64
	for i := range 12 {
		b.do(chromedp.Navigate(b.url + "/panel?workspace=nord"))
		b.until(`document.getElementById("link").dataset.state === "live"`)
		b.do(chromedp.Evaluate[chromedp.Void](`window.painted = 0; new MutationObserver(() => {
			if (!window.painted && document.getElementById("draft")) { window.painted = -1; requestAnimationFrame(() => setTimeout(() => { window.painted = performance.timeOrigin + performance.now(); })); }
		}).observe(document.getElementById("main"), { childList: true, subtree: true }); 0`))
		r := record(t, "sg_m"+strconv.Itoa(i), "Kari", "?", plainDraft(suggest.High))
		r.Workspace, r.Created = "nord", time.Now()
		save(t, b.s, r)
		stored := float64(time.Now().UnixMicro()) / 1000
		b.until(`window.painted > 0`)
		at, err := strconv.ParseFloat(b.eval(`window.painted`), 64)
		require.NoError(t, err)
		took = append(took, at-stored)
		require.NoError(t, b.s.WithdrawSuggestions(t.Context(), "nord", r.Desk, r.Conversation, r.Message))
	}
	slices.Sort(took)
	t.Logf("first paint after the suggestion was stored: median %.0f ms, slowest %.0f ms of %d", took[len(took)/2], took[len(took)-1], len(took))
}
