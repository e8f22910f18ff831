package connectors_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

func shown() connectors.Note {
	return connectors.Note{
		Suggestion: "sg_1", Flag: "medium", Reasons: []string{"Pris: <Liste>\nrad 3", "to"}, Text: "Hei <b>du</b>,\r\nPrisen er 5 & 6.\n\nHilsen",
		Citations: []connectors.Citation{{Number: 1, Title: "Liste <1>", Where: "rad 3", URL: "https://kb.example/1?a=1&b=2"}, {Number: 2, Title: "Ond", URL: "javascript:alert(1)"}},
		PanelURL:  "https://panel.example/s/1",
	}
}

func TestNotesAreEscaped(t *testing.T) {
	t.Parallel()
	got := connectors.HTML(shown(), "[Copilot sg_1]", connectors.WordsIn("nb"), 4000)
	require.Equal(t, `<p>[Copilot sg_1] Svarforslag (bare for medarbeidere)<br><strong>Les gjennom først</strong></p>`+
		`<p>Hei &lt;b&gt;du&lt;/b&gt;,<br>Prisen er 5 &amp; 6.</p><p>Hilsen</p>`+
		`<p><strong>Hvorfor denne vurderingen</strong></p><ul><li>Pris: &lt;Liste&gt; rad 3</li><li>to</li></ul><p><strong>Kilder</strong></p><ul>`+
		`<li>[1] <a href="https://kb.example/1?a=1&amp;b=2">Liste &lt;1&gt;</a>, rad 3</li><li>[2] Ond</li></ul>`+
		`<p><a href="https://panel.example/s/1">Åpne i panelet</a></p>`, got)
}

func TestNotesInPlainText(t *testing.T) {
	t.Parallel()
	got := connectors.Text(shown(), "[Copilot sg_1]", connectors.WordsIn("nb"), 4000)
	require.Equal(t, "[Copilot sg_1] Svarforslag (bare for medarbeidere)\nLes gjennom først\n\n"+
		"Hei <b>du</b>,\nPrisen er 5 & 6.\n\nHilsen\n\nHvorfor denne vurderingen:\n- Pris: <Liste> rad 3\n- to\n\nKilder:\n[1] Liste <1>, rad 3 https://kb.example/1?a=1&b=2\n[2] Ond\n\nÅpne i panelet: https://panel.example/s/1", got)
}

func TestNotesWithoutADraftSaySo(t *testing.T) {
	t.Parallel()
	n := connectors.Note{Flag: "none"}
	require.Contains(t, connectors.HTML(n, "[x]", connectors.WordsIn("en"), 4000), "<p>The documents do not answer this.</p>")
	require.Contains(t, connectors.Text(n, "[x]", connectors.WordsIn("en"), 4000), "\n\nThe documents do not answer this.")
}

func TestNotesKeepTheirLimit(t *testing.T) {
	t.Parallel()
	n := shown()
	n.Text = strings.Repeat("æ", 5000)
	for range 200 {
		n.Citations = append(n.Citations, connectors.Citation{Number: 3, Title: "Håndbok", Where: "s. 3"})
	}
	w := connectors.WordsIn("nb")
	amp := shown()
	amp.Text = strings.Repeat("&", 5000)
	amp.Reasons = []string{"", strings.Repeat("& ", 400), strings.Repeat("& ", 400), "not any more"}
	require.LessOrEqual(t, len(connectors.HTML(amp, "[x]", w, 3000)), 3000)
	require.LessOrEqual(t, len(connectors.HTML(amp, "[x]", w, 10_000)), 10_000)
	require.NotContains(t, connectors.HTML(amp, "[x]", w, 30_000), "not any more")
	require.Contains(t, connectors.HTML(amp, "[x]", w, 30_000), "Ond", "reasons leave room for sources")
	for name, got := range map[string]string{"html": connectors.HTML(n, "[x]", w, 3000), "text": connectors.Text(n, "[x]", w, 3000)} {
		require.LessOrEqual(t, len(got), 3000, name)
		require.Contains(t, got, "æ …", name)
		require.Contains(t, got, "https://panel.example/s/1", "%s: the way into the panel is never cut off", name)
	}
}

func TestClipKeepsCharactersWhole(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", connectors.Clip("short", 10))
	got := connectors.Clip(strings.Repeat("ü", 10), 9)
	require.True(t, utf8.ValidString(got))
	require.LessOrEqual(t, len(got), 9)
}
