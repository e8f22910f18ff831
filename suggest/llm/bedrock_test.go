//go:build bedrock

package llm_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm"
)

func TestBedrock(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", key)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   llm.Cause
	}{
		{"a reply", 200, `{"generation":"ja","prompt_token_count":30,"generation_token_count":7,"stop_reason":"stop"}`, llm.OK},
		{"a reply that was cut", 200, `{"generation":"ja","stop_reason":"length"}`, llm.Truncated},
		{"half a reply", 200, `{"generation":"ja"`, llm.Broken},
		{"nothing", 200, `{"generation":"","stop_reason":"stop"}`, llm.Empty},
		{"keys that may not", 403, `{"message":"` + key + `"}`, llm.Refused},
		{"no such model", 404, `{"message":"x"}`, llm.NotFound},
		{"too many", 429, `{"message":"x"}`, llm.RateLimited},
		{"a failure", 500, `{"message":"x"}`, llm.Overloaded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(r.URL.Path, "meta.llama3") {
					t.Errorf("%s with %v", r.URL, r.Header)
				}
				w.Header().Set("Content-Type", "application/json")
				answering(tt.status, tt.body)(w, r)
			})
			shown := ""
			got, err := model(t, llm.Bedrock, url, bedrockModel).Generate(t.Context(), prompt, func(s string) { shown += s })
			if tt.want != llm.OK {
				requireCause(t, tt.want, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "ja", got.Text)
			require.Equal(t, "ja", shown)
		})
	}
	_, err := model(t, llm.Bedrock, serve(t, hang()), bedrockModel, func(o *llm.Options) { o.FirstByte = 50 * time.Millisecond }).Generate(t.Context(), prompt, nil)
	requireCause(t, llm.SlowStart, err)
}

func bedrockModel(o *llm.Options) {
	o.Model, o.Region, o.Key = "meta.llama3-8b-instruct-v1:0", "eu-north-1", nil
}
