package ground

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
)

// maxCommon is how many words of a language the table of common words holds,
// and minCommon how often each must have been seen.
const (
	maxCommon = 1200
	minCommon = 6
)

// CommonWords counts the words of all JSON lines below folders and writes the
// table of common words: stems by language and by four times their
// weight. Labels are not looked at.
func CommonWords(folders []string) (string, error) {
	counts := map[string]map[string]int{}
	for _, l := range lang.Supported() {
		counts[l] = map[string]int{}
	}
	totals := map[string]int{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".jsonl") {
				return err
			}
			return countWords(path, counts, totals)
		})
		if err != nil {
			return "", fmt.Errorf("count words below %s: %w", folder, err)
		}
	}
	var b strings.Builder
	b.WriteString("# Common words: language, four times the weight, stems. Written by sufflor check fit --words.\n")
	for _, l := range slices.Sorted(maps.Keys(counts)) {
		terms := slices.SortedFunc(maps.Keys(counts[l]), func(a, b string) int {
			return cmp.Or(cmp.Compare(counts[l][b], counts[l][a]), strings.Compare(a, b))
		})
		levels := map[int][]string{}
		for _, t := range terms[:min(len(terms), maxCommon)] {
			if counts[l][t] < minCommon {
				break
			}
			w := -math.Log(float64(counts[l][t])/float64(totals[l])) - 3.5
			level := int(math.Round(4 * max(0.5, min(rareWeight, w))))
			levels[level] = append(levels[level], t)
		}
		for _, level := range slices.Sorted(maps.Keys(levels)) {
			slices.Sort(levels[level])
			fmt.Fprintf(&b, "%s %d: %s\n", l, level, strings.Join(levels[level], " "))
		}
	}
	return b.String(), nil
}

// maxLine bounds a line of a file of JSON lines.
const maxLine = 8 << 20

func countWords(path string, counts map[string]map[string]int, totals map[string]int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		var row map[string]any
		if json.Unmarshal(sc.Bytes(), &row) != nil {
			continue
		}
		for _, field := range []string{"title", "text", "context", "question"} {
			text, ok := row[field].(string)
			if !ok || len(text) < 12 {
				continue
			}
			l := lang.Detect(text).Language
			if counts[l] == nil {
				continue
			}
			end := 0
			for _, t := range index.Analyze(l, text) {
				if t.Start < end {
					continue
				}
				end = t.End
				totals[l]++
				if !t.Stop && !t.Identifier && len(t.Term) > 1 && !strings.ContainsAny(t.Term, ": ") {
					counts[l][t.Term]++
				}
			}
		}
	}
	return scanned(path, sc, f)
}

// scanned ends the reading of a file of JSON lines; its error names the file.
func scanned(path string, sc *bufio.Scanner, f *os.File) error {
	err := errors.Join(sc.Err(), f.Close())
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s: a line is longer than %d MB; split it or leave it out: %w", path, maxLine>>20, err)
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ReadTexts reads the passages of a file of JSON lines with a field text. Their
// language is guessed; lines without a text, or in no language that we know,
// are left out.
func ReadTexts(path string) ([]Passage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var out []Passage
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		var row struct {
			ID   any    `json:"_id"`
			Text string `json:"text"`
		}
		if json.Unmarshal(sc.Bytes(), &row) != nil {
			continue
		}
		if l := lang.Detect(row.Text).Language; l != "" {
			out = append(out, Passage{Document: fmt.Sprint(path, row.ID), Language: l, Text: row.Text})
		}
	}
	return out, scanned(path, sc, f)
}
