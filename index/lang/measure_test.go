package lang_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/lang"
)

var (
	set   = flag.String("set", "", "folder with sentences.jsonl, word-pairs.jsonl and single-words.jsonl to measure on")
	wrong = flag.Bool("wrong", false, "with -set: print what was told wrong, Norwegian taken as one")
)

// TestMeasure prints how many texts of a set are told right:
//
//	go test ./index/lang -run TestMeasure -v -set FOLDER
//
// "apart" and "merged" choose among the seven labels of the set, bokmål and
// nynorsk told apart and taken as one; "detect" is [lang.Detect], which may
// also answer that it is none of ours.
func TestMeasure(t *testing.T) {
	if *set == "" {
		t.Skip("-set not given")
	}
	labels := []string{"nb", "nn", "da", "sv", "fi", "de", "en"}
	for _, file := range []string{"sentences", "word-pairs", "single-words"} {
		type tally struct{ n, apart, merged, detect float64 }
		by := map[string]tally{}
		for _, row := range readRows(t, filepath.Join(*set, file+".jsonl")) {
			got, want := lang.Among(row.Text, labels...), norwegian(row.Label)
			x := by[row.Label]
			x.n++
			x.apart += count(got == row.Label)
			x.merged += count(norwegian(got) == want)
			x.detect += count(lang.Detect(row.Text).Language == want)
			by[row.Label] = x
			if *wrong && norwegian(got) != want {
				t.Logf("%s: %s as %s: %s", file, row.Label, got, row.Text)
			}
		}
		for _, l := range labels {
			x := by[l]
			t.Logf("%-12s %s  n %.0f  apart %5.1f  merged %5.1f  detect %5.1f", file, l, x.n, 100*x.apart/x.n, 100*x.merged/x.n, 100*x.detect/x.n)
		}
	}
}

type row struct{ Text, Label string }

func readRows(t *testing.T, path string) (rows []row) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var r row
		require.NoError(t, json.Unmarshal(s.Bytes(), &r))
		rows = append(rows, r)
	}
	return rows
}

func norwegian(label string) string {
	if label == "nn" {
		return "nb"
	}
	return label
}

func count(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}
