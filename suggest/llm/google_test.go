//go:build googleai

package llm_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm"
)

func TestGoogle(t *testing.T) {
	stream := func(finish string, texts ...string) string {
		out := "["
		for i, text := range texts {
			if i > 0 {
				out += ",\n"
			}
			end := ""
			if i == len(texts)-1 && finish != "" {
				end = `,"finishReason":"` + finish + `"`
			}
			out += `{"candidates":[{"content":{"role":"model","parts":[{"text":"` + text + `"}]}` + end + `}],"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":7,"totalTokenCount":37}}`
		}
		return out + "]"
	}
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   llm.Cause
	}{
		{"a reply", 200, stream("STOP", "j", "a"), llm.OK},
		{"a reply that was cut", 200, stream("MAX_TOKENS", "j", "a"), llm.Truncated},
		{"one that the filter withheld", 200, stream("SAFETY", "j", "a"), llm.Filtered},
		{"half a reply", 200, stream("", "j", "a"), llm.Broken},
		{"a wrong key", 401, `{"error":{"code":401,"message":"` + key + `"}}`, llm.Refused},
		{"too many", 429, `{"error":{"code":429,"message":"slow down"}}`, llm.RateLimited},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("X-Goog-Api-Key"); got != key {
					t.Errorf("key %q", got)
				}
				w.Header().Set("Content-Type", "application/json")
				answering(tt.status, tt.body)(w, r)
			})
			got, err := model(t, llm.GoogleAI, url).Generate(t.Context(), prompt, nil)
			if tt.want != llm.OK {
				requireCause(t, tt.want, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "ja", got.Text)
			require.Equal(t, llm.Tokens{In: 30, Out: 7}, got.Tokens)
		})
	}
}
