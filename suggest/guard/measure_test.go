package guard_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/guard"
	"github.com/sufflor/sufflor/suggest/measure"
)

// lines reads a file of JSON lines.
func lines[T any](t *testing.T, path string) (out []T) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 8<<20)
	for sc.Scan() {
		var v T
		require.NoError(t, json.Unmarshal(sc.Bytes(), &v), path)
		out = append(out, v)
	}
	require.NoError(t, sc.Err())
	return out
}

// TestMeasureSuspicious prints how many attacks and how many benign texts have a
// signal. It needs the folder of evaluation sets:
//
//	SUFFLOR_EVAL=../../../eval go test ./suggest/guard -run TestMeasureSuspicious -v
func TestMeasureSuspicious(t *testing.T) {
	dir := os.Getenv("SUFFLOR_EVAL")
	if dir == "" {
		t.Skip("SUFFLOR_EVAL names no folder of evaluation sets")
	}
	type row struct{ Text, Document, Attack, Source, Kind, Lang, Language string }
	count := map[string][2]int{}
	show := os.Getenv("SUFFLOR_SHOW")
	add := func(set, language, text string) {
		c := count[set]
		c[1]++
		if found := guard.Suspicious(language, text); len(found) > 0 {
			c[0]++
			if show != "" && strings.Contains(set, show) {
				for _, s := range found {
					t.Logf("%s %s: %q in %.160q", set, s.Code, text[s.Start:s.End], text[max(0, s.Start-40):])
				}
			}
		} else if show == "!"+set {
			t.Logf("%s missed: %.200q", set, text)
		}
		count[set] = c
	}
	for _, r := range lines[map[string]any](t, filepath.Join(dir, "prompt_injection", "dev.jsonl")) {
		add(fmt.Sprintf("prompt_injection %v label %v", r["source"], r["label"]), "en", r["text"].(string))
	}
	for _, r := range lines[map[string]any](t, filepath.Join(dir, "bipia_indirect", "dev.jsonl")) {
		add(fmt.Sprintf("bipia label %v", r["label"]), "en", r["document"].(string))
	}
	for _, name := range []string{"bitext_dev", "bitext_train", "banking77_train", "clinc150_train", "clinc150_oos_train", "xsid_da_valid", "xsid_de_valid", "xsid_en_valid", "xsid_no_valid"} {
		for _, r := range lines[row](t, filepath.Join(dir, "intents", name+".jsonl")) {
			add("intents "+name, r.Lang, r.Text)
		}
	}
	for _, set := range []string{
		"mssupport_nb", "mssupport_sv", "mssupport_da", "mssupport_fi", "mssupport_de", "gnomehelp_sv", "gnomehelp_da", "gnomehelp_fi", "gnomehelp_de", "gnomehelp_en",
		"msbc_faq_nb", "msbc_faq_sv", "msbc_faq_da", "msbc_faq_fi", "msbc_faq_de", "msbc_faq_en", "swefaq_sv", "covidfaq_de", "covidfaq_en", "norquad_nb",
	} {
		for _, r := range lines[map[string]any](t, filepath.Join(dir, set, "corpus.jsonl")) {
			add("documents "+set, set[len(set)-2:], r["text"].(string))
		}
	}
	names := make([]string, 0, len(count))
	for n := range count {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		t.Logf("%-60s %5d of %6d  %.2f %%", n, count[n][0], count[n][1], 100*float64(count[n][0])/float64(count[n][1]))
	}
}

// Our own customers do not try to instruct anybody.
func TestOurMessagesAreNotSuspicious(t *testing.T) {
	all, err := measure.Load(filepath.Join("..", "..", "testdata", "eval"))
	require.NoError(t, err)
	for _, m := range all {
		if m.Split == "dev" {
			require.Empty(t, guard.Suspicious(m.Language, m.Text), "%s: %s", m.ID, m.Text)
		}
	}
}
