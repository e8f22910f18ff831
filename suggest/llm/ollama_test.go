//go:build ollama

// Against a real Ollama: go test -tags ollama -run TestRealOllama ./suggest/llm

package llm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm"
	"github.com/sufflor/sufflor/suggest/llm/llmtest"
)

func TestRealOllama(t *testing.T) {
	url := llmtest.Ollama(t)
	for _, tt := range []struct {
		p   llm.Provider
		url string
	}{{llm.Ollama, url}, {llm.OpenAI, url + "/v1"}} {
		t.Run(string(tt.p), func(t *testing.T) {
			with := func(change ...func(*llm.Options)) *llm.Model {
				return model(t, tt.p, tt.url, append([]func(*llm.Options){func(o *llm.Options) {
					o.Key, o.Model = nil, llmtest.OllamaModel
					o.Deadline, o.FirstByte, o.BetweenChunks = 2*time.Minute, 2*time.Minute, time.Minute
				}}, change...)...)
			}
			t.Run("babble comes whole or with a cause", func(t *testing.T) {
				causes := map[llm.Cause]int{}
				for i := range 20 {
					q := llm.Prompt{Workspace: "w", System: "You write drafts.", User: fmt.Sprintf("Hvor er pakken nummer %d?", i), Temperature: 1.2, MaxTokens: 60}
					var pieces []string
					got, err := with().Generate(t.Context(), q, func(s string) { pieces = append(pieces, s) })
					causes[llm.CauseOf(err)]++
					if err != nil {
						requireCause(t, llm.CauseOf(err), err)
						require.Contains(t, []llm.Cause{llm.Truncated, llm.Empty}, llm.CauseOf(err), err)
						continue
					}
					require.Equal(t, strings.Join(pieces, ""), got.Text)
					require.True(t, utf8.ValidString(got.Text))
					require.LessOrEqual(t, got.Tokens.Out, 60)
					require.Positive(t, got.Tokens.In)
					require.False(t, got.Tokens.Estimated)
					require.Contains(t, got.Model, llmtest.OllamaModel)
				}
				t.Log(causes)
				require.Positive(t, causes[llm.OK], "most end by themselves")
			})
			t.Run("garbage of the form asked for", func(t *testing.T) {
				causes := map[llm.Cause]int{}
				for i := range 10 {
					q := llm.Prompt{Workspace: "w", User: fmt.Sprintf("Svar %d i JSON.", i), Schema: form, Temperature: 1, MaxTokens: 300}
					got, err := with().Generate(t.Context(), q, nil)
					causes[llm.CauseOf(err)]++
					if err == nil {
						require.NoError(t, form.Check(got.Text), "%q", got.Text)
					}
				}
				t.Log(causes)
				require.Positive(t, causes[llm.OK])
				for c := range causes {
					require.Contains(t, []llm.Cause{llm.OK, llm.Truncated}, c)
				}
			})
			t.Run("the limit is kept", func(t *testing.T) {
				causes := map[llm.Cause]int{}
				for i := range 20 {
					got, err := with().Generate(t.Context(), llm.Prompt{Workspace: "w", User: fmt.Sprintf("Svar %d", i), MaxTokens: 2, Temperature: 1}, nil)
					causes[llm.CauseOf(err)]++
					require.LessOrEqual(t, got.Tokens.Out, 2)
				}
				t.Log(causes)
				require.Positive(t, causes[llm.Truncated], "few end after a word")
			})
			t.Run("no such model", func(t *testing.T) {
				_, err := with(func(o *llm.Options) { o.Model = "nobody" }).Generate(t.Context(), prompt, nil)
				requireCause(t, llm.NotFound, err)
			})
			t.Run("a caller in haste", func(t *testing.T) {
				_, err := with(func(o *llm.Options) { o.Deadline = 30 * time.Millisecond }).Generate(t.Context(),
					llm.Prompt{Workspace: "w", User: strings.Repeat("ordren er sendt ", 100), MaxTokens: 2000, Temperature: 1}, nil)
				requireCause(t, llm.Deadline, err)
			})
		})
	}
}
