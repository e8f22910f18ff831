package message_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

var (
	intents = flag.String("intents", "", "folder with sets of intents, *.jsonl, to measure on")
	ours    = flag.String("ours", "", "folder with messages as in testdata/eval, to measure on")
	split   = flag.String("split", "dev", "with -ours: dev or test")
)

type sample struct {
	Text, Intent, Lang, Kind, Split, Label string

	History []struct{ Role, Text string }
}

func samples(t *testing.T, path string) (out []sample) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var x sample
		require.NoError(t, json.Unmarshal(s.Bytes(), &x))
		out = append(out, x)
	}
	require.NoError(t, s.Err())
	return out
}

// TestMeasureOurs prints which kinds our own messages are taken for, and what
// they are marked with:
//
//	go test ./suggest/message -run TestMeasureOurs -v -ours $PWD/testdata/eval -split test
func TestMeasureOurs(t *testing.T) {
	if *ours == "" {
		t.Skip("-ours not given")
	}
	files, err := filepath.Glob(filepath.Join(*ours, "*.jsonl"))
	require.NoError(t, err)
	kinds, marks, n := map[string]int{}, map[string]int{}, 0
	for _, file := range files {
		for _, x := range samples(t, file) {
			if x.Split != *split {
				continue
			}
			n++
			body := message.Clean(x.Text).Body
			kinds[x.Kind+" as "+string(message.Classify(x.Lang, body).Kind)]++
			var history []message.Turn
			for _, h := range x.History {
				history = append(history, message.Turn{Agent: h.Role == "agent", Text: h.Text})
			}
			for _, m := range message.Escalate(message.Rules{}, x.Lang, body, history, nil) {
				marks[string(m.Rule)]++
			}
		}
	}
	t.Logf("%d messages\n%s\nmarks: %s", n, sorted(kinds, "\n"), sorted(marks, ", "))
}

// TestMeasureIntents prints for each set and each intent that asks for a person
// or complains how much of it is found, and how often others are taken for it:
//
//	go test ./suggest/message -run TestMeasureIntents -v -intents FOLDER
func TestMeasureIntents(t *testing.T) {
	if *intents == "" {
		t.Skip("-intents not given")
	}
	files, err := filepath.Glob(filepath.Join(*intents, "*.jsonl"))
	require.NoError(t, err)
	for _, file := range files {
		n, found, alarms := map[string]int{}, map[string]int{}, map[string]int{}
		for _, x := range samples(t, file) {
			language := x.Lang
			switch language {
			case "":
				language = "en"
			case "no":
				language = "nb"
			}
			got := message.Classify(language, x.Text).Kind
			rules := rulesOf(message.Escalate(message.Rules{}, language, x.Text, nil, nil))
			for intent, rule := range map[string]message.Rule{"contact_human_agent": message.Person, "complaint": message.Complaint} {
				if x.Intent == intent {
					n[intent]++
					if slices.Contains(rules, rule) {
						found[intent]++
					}
				} else if slices.Contains(rules, rule) {
					alarms[string(rule)]++
				}
			}
			n["all"]++
			if !got.Answerable() && got != message.IsThanks && got != message.IsGreeting {
				alarms[string(got)]++
			}
			for _, r := range rules {
				if r != message.Person && r != message.Complaint {
					alarms[string(r)]++
				}
			}
		}
		t.Logf("%s: %s; found: %s; marks elsewhere: %s", strings.TrimSuffix(filepath.Base(file), ".jsonl"), sorted(n, ", "), sorted(found, ", "), sorted(alarms, ", "))
	}
}

func sorted(counts map[string]int, sep string) string {
	var out []string
	for k, n := range counts {
		out = append(out, fmt.Sprintf("%s %d", k, n))
	}
	slices.Sort(out)
	return strings.Join(out, sep)
}
