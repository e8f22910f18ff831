//go:build pictures

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
)

// Limits of what is kept for the manual.
const (
	shownBytes  = 100 << 10 // of one
	shownTotal  = 3 << 20   // of all
	shownColors = 96
)

// TestScreenshots draws the pages of [screens]: into docs/img/screens those
// that the manual shows, wide and light and narrow and dark, as much as a
// window shows of them; and all of them, whole,
// in all looks into the folder that SUFFLOR_SHOTS names. Nothing that axe-core
// finds fault with is drawn.
func TestScreenshots(t *testing.T) {
	all := os.Getenv("SUFFLOR_SHOTS")
	v := visitOf(t, demoCompany(t, 72, 6, "da", "de", "en", "fi", "nb", "prices", "sv"), newCompany(t))
	folder := filepath.Join(pictures.Folder(t), "screens")
	total := 0
	for _, s := range screens {
		if !s.shown && all == "" {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			v.t = t
			for _, l := range []look{{wide, false}, {wide, true}, {narrow, false}, {narrow, true}} {
				v.as(l)
				v.open(s)
				v.axe(l)
				name := fmt.Sprintf("%s-%d-%s.png", s.name, l.width, map[bool]string{false: "light", true: "dark"}[l.dark])
				if all != "" {
					pictures.Keep(t, filepath.Join(all, name), v.shoot(chromedp.FullScreenshot(100)))
				}
				if s.shown && l.dark == (l.width == narrow) {
					small := v.shoot(chromedp.CaptureScreenshot())
					require.LessOrEqual(t, len(small), shownBytes, name)
					total += len(small)
					pictures.Keep(t, filepath.Join(folder, name), small)
				}
			}
		})
	}
	require.LessOrEqual(t, total, shownTotal)
	t.Logf("%d KB in %s", total>>10, folder)
}

func (v *visit) shoot(how chromedp.Action[[]byte]) []byte {
	v.t.Helper()
	shot, err := chromedp.Run(v.ctx, how)
	require.NoError(v.t, err)
	return pictures.Small(v.t, shot, shownColors)
}
