package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckKeepsOrderAndNamesBadLines(t *testing.T) {
	good := `{"id":%ID%,"context":["Fitting takes 4 hours."],"question":"How long?","response":"Fitting takes 4 hours. Fitting takes 6 hours, åh."}`
	var in strings.Builder
	in.WriteString("\xef\xbb\xbf\n")
	for id := range strings.FieldsSeq("1 2 3 4 5 6 7 8 9") {
		in.WriteString(strings.Replace(good, "%ID%", id, 1) + "\n\n")
	}
	in.WriteString(`{"id":"x","context":"Fitting takes 4 hours."}` + "\nno JSON")
	var out, complaint bytes.Buffer
	require.Equal(t, exitPartial, run(t.Context(), []string{"check"}, strings.NewReader(in.String()), &out, &complaint))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 9)
	for i, line := range lines {
		var c checked
		require.NoError(t, json.Unmarshal([]byte(line), &c))
		require.Equal(t, string(rune('1'+i)), string(c.ID))
		require.Len(t, c.Sentences, 2)
		require.Empty(t, c.Sentences[0].Reason)
		require.Equal(t, "unit", c.Sentences[1].Reason)
		require.Equal(t, 49, c.Sentences[1].End, "code points: å is one, of two bytes")
	}
	require.Contains(t, complaint.String(), `{"id":"x","line":20,"error":"response: required; a string"}`)
	require.Contains(t, complaint.String(), `{"line":21,`)
}

// A terminal's read ends with the next line only; who interrupts does not wait
// for it.
func TestCheckEndsWhenItIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, typed := io.Pipe()
	defer typed.Close()
	answers, answer := io.Pipe()
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"check"}, in, answer, io.Discard) }()
	_, err := io.WriteString(typed, `{"id":1,"context":"A is B.","response":"A is B."}`+"\n")
	require.NoError(t, err)
	_, err = answers.Read(make([]byte, 1000))
	require.NoError(t, err)
	cancel()
	require.NotEqual(t, exitOK, <-ended)
}
