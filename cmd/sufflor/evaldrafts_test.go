package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/prompt"
)

func TestTwoModelsAreMeasuredSideBySide(t *testing.T) {
	dir := t.TempDir()
	server := newCompletions(t)
	server.draft = func(string) prompt.Answer {
		return prompt.Answer{Sentences: []prompt.Sentence{{Text: "Freight is free above 500 euros.", Cites: []int{1}, Kind: prompt.Fact}}}
	}
	cfg := filepath.Join(dir, "c.yaml")
	require.NoError(t, os.WriteFile(cfg, fmt.Appendf(nil, `data: %s
model: {provider: openai, url: %s/v1, model: medium, local: true}
workspaces:
- {id: w, name: W, language: en}
`, filepath.Join(dir, "data"), server.URL), 0o600))
	set := filepath.Join(dir, "faq.jsonl")
	require.NoError(t, os.WriteFile(set, []byte(`{"id": "1", "question": "When is freight free?", "context": ["Freight is free above 500 euros."], "answer": "Above 500 euros."}`+"\n"), 0o600))
	code, stdout, stderr := command(t, t.Context(), "--config", cfg, "eval", "drafts", "--dataset", set, "--model", "small", "--compare-model", "large")
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "faq: c.yaml, model small less c.yaml, model large, 1 items in both")
	var asked []string
	server.mu.Lock()
	defer server.mu.Unlock()
	for _, body := range server.bodies {
		for _, m := range []string{"small", "medium", "large"} {
			if strings.Contains(body, `"model":"`+m+`"`) {
				asked = append(asked, m)
			}
		}
	}
	require.Contains(t, asked, "small")
	require.Contains(t, asked, "large")
	require.NotContains(t, asked, "medium", "the configured one was not asked for")
}
