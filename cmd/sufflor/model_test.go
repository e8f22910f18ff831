package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/llm"
	"github.com/sufflor/sufflor/web"
)

// modelServer speaks like OpenAI's and replies with text.
func modelServer(t *testing.T, status int, text string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		piece, _ := json.Marshal(text)
		fmt.Fprintf(w, "data: {\"model\":\"m-1\",\"choices\":[{\"delta\":{\"content\":%s}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":60,\"completion_tokens\":20}}\n\n", piece)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func modelConfig(t *testing.T, model string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s.yaml")
	text := "data: " + t.TempDir() + "\nmodel: {" + model + "}\nworkspaces: [{id: a, name: A, language: nb}, {id: b, name: B, language: sv}]\n"
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestModelTest(t *testing.T) {
	good := `{"language":"nb","words":["en","to","tre"]}`
	for _, tt := range []struct {
		name, reply string
		status      int
		wantCode    int
		wantOut     []string
		wantErr     string
	}{
		{"a model that does as it is told", good, 200, exitOK, []string{"openai/m", "m-1", "first piece", "60 in, 20 out", "obeyed"}, ""},
		{"one that cannot leave the fence away", "```json\n" + good + "\n```", 200, exitOK, []string{"obeyed"}, ""},
		{"one that chats", "Sure! Here it is.", 200, exitFailed, []string{"not obeyed"}, "it is no JSON"},
		{"one that leaves out half", `{"language":"nb"}`, 200, exitFailed, []string{"not obeyed"}, "words is missing"},
		{"a wrong key", "", 401, exitFailed, []string{"failed", "refused"}, "check model.key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := modelConfig(t, "provider: openai, model: m, key: sk-secret, url: \""+modelServer(t, tt.status, tt.reply)+"\"")
			code, out, errs := command(t, t.Context(), "-c", path, "model", "test")
			require.Equal(t, tt.wantCode, code, errs)
			for _, w := range tt.wantOut {
				require.Contains(t, out, w)
			}
			require.Contains(t, errs, tt.wantErr)
			require.NotContains(t, out+errs, "sk-secret")
			code, out, _ = command(t, t.Context(), "-c", path, "--json", "model", "test")
			require.Equal(t, tt.wantCode, code)
			var got web.ModelTry
			require.NoError(t, json.Unmarshal([]byte(out), &got))
			require.Equal(t, tt.wantCode == exitOK, got.OK)
			require.Equal(t, got.OK, got.Next == "")
		})
	}
	code, _, errs := command(t, t.Context(), "-c", modelConfig(t, ""), "model", "test")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "no model is configured")
	code, _, errs = command(t, t.Context(), "-c", modelConfig(t, "provider: bedrock, model: m, region: eu-north-1"), "model", "test")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "-tags bedrock")
}

func TestModelSpend(t *testing.T) {
	path := modelConfig(t, "provider: openai, model: m, url: \""+modelServer(t, 200, "ja")+"\", price_in: 2, price_out: 10, currency: EUR, monthly_spend: 0.00128")
	code, out, errs := command(t, t.Context(), "-c", path, "model", "spend")
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "nothing was spent")

	cfg, err := config.Load(path, os.LookupEnv)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), store.Options{Dir: cfg.Data})
	require.NoError(t, err)
	m, err := openModel(cfg, &liveSecret{}, s, nil, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for _, w := range []string{"a", "b", "a", "b", "a", "a"} { // 320 millionths each, four of them are the budget
		_, err := m.Generate(t.Context(), llm.Prompt{Workspace: w, User: "x"}, nil)
		require.NoError(t, err)
	}
	_, err = m.Generate(t.Context(), llm.Prompt{Workspace: "a", User: "x"}, nil)
	require.Equal(t, llm.Budget, llm.CauseOf(err))
	require.NoError(t, s.Close())

	code, out, errs = command(t, t.Context(), "-c", path, "model", "spend")
	require.Equal(t, exitOK, code, errs)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 3)
	require.Regexp(t, `COST EUR\s+OF BUDGET`, lines[0])
	require.Regexp(t, `^a\s+\d{4}-\d\d\s+4\s+0\s+240\s+80\s+0\.0013\s+100 %`, lines[1])
	require.Regexp(t, `^b\s.*50 %`, lines[2])

	code, out, errs = command(t, t.Context(), "-c", path, "-w", "b", "--json", "model", "spend")
	require.Equal(t, exitOK, code, errs)
	var got []store.Spend
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Len(t, got, 1)
	require.EqualValues(t, 640, got[0].Micros)
	code, _, errs = command(t, t.Context(), "-c", path, "-w", "c", "model", "spend")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, `workspace "c" is not configured`)
}

func TestNoModelIsConfigured(t *testing.T) {
	m, err := openModel(config.Default(), &liveSecret{}, nil, nil, nil, nil)
	require.NoError(t, err)
	require.Nil(t, m)
}
