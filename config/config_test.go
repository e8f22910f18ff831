package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
)

func none(string) (string, bool) { return "", false }

func env(m map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func TestExampleLoads(t *testing.T) {
	c, err := config.Parse("example.yaml", config.Example, none)
	require.NoError(t, err)
	require.Equal(t, "example", c.Workspaces[0].ID)
	want := config.Default()
	require.Equal(t, want.Suggest, c.Suggest, "the example shows the defaults")
	require.Equal(t, want.Ingest, c.Ingest)
	require.Equal(t, want.Embedder, c.Embedder)
	require.Equal(t, want.Model, c.Model)
	require.Equal(t, want.Telemetry, c.Telemetry)
	require.Equal(t, want.Listen, c.Listen)
	require.Equal(t, want.Data, c.Data)
}

func TestErrorsNameTheKeyAndTheWayOut(t *testing.T) {
	const space = "workspaces:\n  - id: a\n    name: A\n    language: nb\n"
	for _, tt := range []struct {
		name, yaml string
		want       []string
	}{
		{"an unknown key is named with its line and the known ones", "liste: x\n", []string{"t.yaml:1: liste: unknown key", "listen"}},
		{"an unknown key deep down is named with its path", space + "    sources:\n      - colection: x\n", []string{"t.yaml:6: workspaces[0].sources[0].colection: unknown key", "collection"}},
		{"two unknown keys are both named", "foo: 1\nbar: 2\n", []string{"t.yaml:1: foo", "t.yaml:2: bar"}},
		{"a wrong type names the line", "suggest:\n  workers: many\n", []string{"t.yaml", "line 2"}},
		{"broken YAML names the line", "a: [1,\n", []string{"t.yaml", "line"}},
		{"a missing variable is named", "public_url: ${SUFFLOR_NOT_SET}\n", []string{"t.yaml:1", "SUFFLOR_NOT_SET", "not set"}},
		{"variables of others are not filled in", "data: ${HOME}/x\n", []string{"t.yaml:1", "${HOME}", "SUFFLOR_"}},
		{"listen without port", "listen: localhost\n", []string{"listen:", "127.0.0.1:8787"}},
		{"traces go to an address without its path", "telemetry: {otlp: \"http://127.0.0.1:4318\"}\n", []string{"telemetry.otlp", "/v1/traces"}},
		{"more than all is traced", "telemetry: {sample: 10}\n", []string{"telemetry.sample", "between 0 and 1"}},
		{"a share that is no number", "telemetry: {sample: .nan}\n", []string{"telemetry.sample", "between 0 and 1"}},
		{"a short token", "panel: {token: abc}\n", []string{"panel.token", "24"}},
		{"an admin port that is none", "admin: {listen: \"9090\"}\n", []string{"admin.listen", "127.0.0.1:9090"}},
		{"an admin port that is open to others", "admin: {listen: \"0.0.0.0:9090\"}\n", []string{"admin.listen", "admin.token"}},
		{"an admin port with a short token", "admin: {listen: \"127.0.0.1:9090\", token: abc}\n", []string{"admin.token", "24"}},
		{"a deadline out of range", "suggest: {deadline: 1h}\n", []string{"suggest.deadline", "30s"}},
		{"an origin that could end the header", "panel: {frame_ancestors: [\"https://x; script-src *\"]}\n", []string{"panel.frame_ancestors[0]"}},
		{"a workspace without anything", "workspaces: [{}]\n", []string{"workspaces[0].id", "workspaces[0].name", "workspaces[0].language"}},
		{"a language that is not ours", space + "    signatures: {fr: x}\n", []string{"workspaces[0].signatures.fr"}},
		{"an audience that is not one", space + "    sources: [{collection: c, audience: all, paths: [x]}]\n", []string{"workspaces[0].sources[0].audience", "public", "internal"}},
		{"a source that is nowhere", space + "    sources: [{collection: c, audience: public}]\n", []string{"workspaces[0].sources[0].paths: required", "webdav"}},
		{"a source in two places", space + "    sources: [{collection: c, audience: public, paths: [x], web: {start: [\"https://x\"]}}]\n", []string{"sources[0].paths, web, s3 and webdav: only one"}},
		{"two sources of one name", space + "    sources: [{name: a, collection: c, audience: public, paths: [x]}, {name: a, collection: d, audience: public, paths: [y]}]\n", []string{"sources[1].name", "sources[0]"}},
		{"uploads into two folders", space + "    sources: [{collection: c, audience: public, uploads: true, paths: [a, b]}]\n", []string{"sources[0].uploads: the source has 2 paths; uploads need one folder"}},
		{"a web site that is watched", space + "    sources: [{collection: c, audience: public, watch: true, web: {start: [\"https://x\"]}}]\n", []string{"sources[0].watch: for paths only"}},
		{"a schedule nobody understands", space + "    sources: [{collection: c, audience: public, paths: [x], schedule: now and then}]\n", []string{"schedule", "line 5", "daily at 02:00"}},
		{"a schedule that would never rest", space + "    sources: [{collection: c, audience: public, paths: [x], schedule: every 1s}]\n", []string{"schedule", "between 1m and 744h"}},
		{"a language of a source that is not ours", space + "    sources: [{collection: c, audience: public, paths: [x], language: fr}]\n", []string{"sources[0].language"}},
		{"an embedder without anything", "embedder: {provider: openai}\n", []string{"embedder.url", "api.openai.com", "embedder.model"}},
		{"an embedder nobody knows", "embedder: {provider: magic}\n", []string{`embedder.provider: "magic"`, "ollama"}},
		{"a server without a provider", "embedder: {url: \"http://h\"}\n", []string{"embedder.provider: required with url"}},
		{"a folder without a name", "embedder: {provider: onnx, key: abc}\n", []string{"embedder.folder: required", "for servers only"}},
		{"a folder for a server", "embedder: {provider: ollama, url: \"http://h\", model: m, folder: f, dimensions: 5}\n", []string{"embedder.folder: for onnx only", "embedder.dimensions: for openai only"}},
		{"numbers of an embedder out of range", "embedder: {batch: 0, timeout: 1h, rate: -1, dimensions: -2}\n", []string{"embedder.batch", "embedder.timeout", "embedder.rate", "embedder.dimensions"}},
		{"a model without anything", "model: {provider: openai}\n", []string{"model.url", "api.openai.com", "model.model: required"}},
		{"a model of nobody", "model: {provider: magic}\n", []string{`model.provider: "magic"`, "anthropic"}},
		{"a model without a provider", "model: {model: m, api_version: \"1\"}\n", []string{"model.provider: required with model", "required with api_version"}},
		{"a model without its key", "model: {provider: anthropic, model: m}\n", []string{"model.key: required", "SUFFLOR_MODEL_KEY"}},
		{"a key with a line break", "model: {provider: mistral, model: m, key: \"abc\\n\"}\n", []string{"model.key: it holds spaces"}},
		{"an API version that could change the address", "model: {provider: openai, url: \"https://h\", model: m, api_version: \"1&x=2\"}\n", []string{"model.api_version", "2024-10-21"}},
		{"a version for another provider", "model: {provider: ollama, url: \"http://h\", model: m, api_version: \"1\", region: x}\n", []string{"model.api_version: for openai", "model.region"}},
		{"times of a model out of range", "model: {deadline: 1h, first_byte: 0s, between_chunks: -1s}\n", []string{"model.deadline", "model.first_byte", "model.between_chunks"}},
		{"numbers of a model out of range", "model: {parallel: 9, rate: .nan, max_tokens: 1, context: 1, temperature: 3, top_p: -1, json: yes please}\n", []string{"model.parallel: 9; between 1 and 8", "model.rate", "model.max_tokens", "model.context", "model.temperature", "model.top_p", "model.json"}},
		{"a reply that leaves no room for the prompt", "model: {max_tokens: 1000, context: 1000}\n", []string{"model.max_tokens: 1000; the context"}},
		{"a cap without prices", "model: {monthly_spend: 5}\n", []string{"model.monthly_spend", "price_in", "monthly_tokens"}},
		{"prices nobody asks", "model: {price_in: -1, price_out: .inf, monthly_tokens: -1, currency: \"so many euros\"}\n", []string{"model.price_in", "model.price_out", "model.monthly_tokens", "model.currency"}},
		{"no versions", "ingest: {keep_versions: 0}\n", []string{"ingest.keep_versions"}},
		{"an escalation rule that is none", space + "    escalation: {off: [angry], words: {lawyers: {nb: [x]}}}\n", []string{`workspaces[0].escalation.off[0]: no rule "angry"`, "anger", "escalation.words.lawyers: no such rule"}},
		{"escalation words of a language that is not ours", space + "    escalation: {words: {legal: {fr: [avocat]}}}\n", []string{"escalation.words.legal.fr: no such language"}},
		{"escalation words that are found everywhere", space + "    escalation: {words: {legal: {nb: [\"*\", \"a*b\", \"\"]}}}\n", []string{`words.legal.nb[0]: "*"`, `words.legal.nb[1]: "a*b": a * may only stand at the end`, "words.legal.nb[2]"}},
		{"escalation words for a rule that is off", space + "    escalation: {off: [legal], words: {legal: {nb: [nemnd]}}}\n", []string{"escalation.words.legal: the rule is off"}},
		{"important customers by words", space + "    escalation: {words: {important: {nb: [gull]}}}\n", []string{"escalation.words.important", "use escalation.important"}},
		{"important customers without values", space + "    escalation: {repeats: 11, important: {plan: [], tier: [\" \"]}}\n", []string{"escalation.repeats: 11", "important.plan: 0 values", "important.tier[0]: empty"}},
		{"an unknown key of escalation", space + "    escalation: {rules: []}\n", []string{"workspaces[0].escalation.rules: unknown key", "repeats"}},
		{"two desks of one name", space + "    desks: [{name: d, kind: slack}, {name: d, kind: slack}]\n", []string{"workspaces[0].desks[1].name"}},
		{"two workspaces of one id", "workspaces: [{id: a, name: A, language: nb}, {id: a, name: B, language: sv}]\n", []string{"workspaces[1].id"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("t.yaml", []byte(tt.yaml), none)
			require.Error(t, err)
			for _, w := range tt.want {
				require.ErrorContains(t, err, w)
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				require.Contains(t, line, "t.yaml", "every line names the file")
			}
		})
	}
}

func TestAnEmbeddersKeyIsNeverShown(t *testing.T) {
	const key = "sk-0123456789"
	for _, text := range []string{
		"embedder: {provider: openai, url: \"https://h/v1?key=" + key + "\", model: m}\n", "embedder: {provider: openai, url: \"https://" + key + ":x@h\", model: m}\n",
		"embedder: {provider: openai, url: \"" + key + "\", model: m, key: " + key + "}\n",
	} {
		_, err := config.Parse("t.yaml", []byte(text), none)
		require.ErrorContains(t, err, "embedder.url")
		require.NotContains(t, err.Error(), key)
	}
	c, err := config.Parse("t.yaml", []byte("embedder: {provider: openai, url: \"https://h/v1\", model: m, key: \"${SUFFLOR_K}\"}\n"), env(map[string]string{"SUFFLOR_K": key}))
	require.NoError(t, err)
	require.Equal(t, key, c.Embedder.Key.Reveal())
	shown, err := yaml.Marshal(c.Redacted())
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%s %+v %#v", shown, c, c.Embedder), key)
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.yaml")
	require.NoError(t, os.WriteFile(path, []byte("listen: 127.0.0.1:1\npanel: {token: \"${SUFFLOR_T}\"}\n"), 0o600))
	c, err := config.Load(path, env(map[string]string{
		"SUFFLOR_T": "012345678901234567890123", "SUFFLOR_LISTEN": "127.0.0.1:2", "SUFFLOR_SUGGEST_DEADLINE": "1s",
	}))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:2", c.Listen, "the environment wins over the file")
	require.Equal(t, "012345678901234567890123", c.Panel.Token.Reveal())
	require.Equal(t, time.Second, c.Suggest.Deadline)
	require.Equal(t, "./data", c.Data, "what is not set keeps its default")

	_, err = config.Load(filepath.Join(t.TempDir(), "none.yaml"), none)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "config print")

	c, err = config.Load("", none)
	require.NoError(t, err)
	require.Equal(t, config.Default(), c)

	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err = config.Load(path, none)
	require.NoError(t, err, "an empty file sets nothing")
}

func TestSecretNeverShows(t *testing.T) {
	s := config.NewSecret("hunter2")
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "secret", s, "in", struct{ S config.Secret }{s})
	j, err := json.Marshal(map[string]any{"s": s})
	require.NoError(t, err)
	y, err := yaml.Marshal(map[string]any{"s": s})
	require.NoError(t, err)
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), b.String(), string(j), string(y)} {
		require.NotContains(t, out, "hunter2")
	}
	require.Equal(t, "hunter2", s.Reveal())
	require.True(t, config.Secret{}.IsZero())
}

func TestRedactedHidesDeskSettings(t *testing.T) {
	c, err := config.Parse("t.yaml", []byte(`
workspaces:
  - id: a
    name: A
    language: nb
    desks: [{name: z, kind: zendesk, settings: {subdomain: shown, signing_secret: hunter2, messaging: {webhook_key: hunter3}}}]
`), none)
	require.NoError(t, err)
	out, err := yaml.Marshal(c.Redacted())
	require.NoError(t, err)
	require.Contains(t, string(out), "shown")
	require.NotContains(t, string(out), "hunter")
	require.Contains(t, string(out), "[secret]")

	again, err := yaml.Marshal(c.Workspaces[0].Desks[0].Settings)
	require.NoError(t, err)
	require.Contains(t, string(again), "hunter2", "the configuration itself is left alone")
}

func TestDecodeSettingsIsStrict(t *testing.T) {
	var n yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte("{secret: x, teem: y}"), &n))
	var v struct {
		Secret config.Secret `yaml:"secret"`
		Team   string        `yaml:"team"`
	}
	err := config.DecodeSettings(*n.Content[0], "workspaces[0].desks[0].settings", &v)
	require.ErrorContains(t, err, "workspaces[0].desks[0].settings.teem: unknown key")
	require.ErrorContains(t, err, "team")
}

func TestWorkspace(t *testing.T) {
	two := config.Config{Workspaces: []config.Workspace{{ID: "a"}, {ID: "b"}}}
	_, err := two.Workspace("")
	require.ErrorContains(t, err, "--workspace: a, b")
	_, err = two.Workspace("c")
	require.ErrorContains(t, err, `"c"`)
	w, err := two.Workspace("b")
	require.NoError(t, err)
	require.Equal(t, "b", w.ID)
	_, err = config.Config{}.Workspace("")
	require.ErrorContains(t, err, "config print")
}

func FuzzParse(f *testing.F) {
	f.Add(string(config.Example))
	f.Add("workspaces: [{desks: [{settings: {a: [1, {b: c}]}}]}]")
	f.Add("a: &x [*x]")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := config.Parse("f.yaml", []byte(s), none)
		if err == nil {
			require.NoError(t, c.Validate())
		}
	})
}

func TestSchedules(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	require.NoError(t, err)
	at := func(text string) time.Time {
		t.Helper()
		v, err := time.ParseInLocation("2006-01-02 15:04", text, oslo)
		require.NoError(t, err)
		return v
	}
	for _, tt := range []struct{ schedule, now, next string }{
		{"every 90m", "2026-11-30 10:00", "2026-11-30 11:30"},
		{"daily at 02:00", "2026-11-30 01:59", "2026-11-30 02:00"},
		{"daily at 02:00", "2026-11-30 02:00", "2026-12-01 02:00"},
		{"daily at 02:30", "2026-03-28 03:00", "2026-03-29 03:30"}, // there is no 02:30 that night
		{"weekdays at 06:30", "2026-11-27 07:00", "2026-11-30 06:30"},
		{"sunday at 23:00", "2026-11-30 10:00", "2026-12-06 23:00"},
		{"Monday at 09:05", "2026-11-30 09:05", "2026-12-07 09:05"},
	} {
		s, err := config.ParseSchedule(tt.schedule)
		require.NoError(t, err)
		require.Equal(t, at(tt.next), s.Next(at(tt.now)), tt.schedule)
		again, err := config.ParseSchedule(s.String())
		require.NoError(t, err)
		require.Equal(t, s, again)
	}
	for _, bad := range []string{"hourly", "every", "every hour", "daily 02:00", "daily at 25:00", "someday at 01:00", "daily at 2"} {
		_, err := config.ParseSchedule(bad)
		require.ErrorContains(t, err, bad)
	}
	require.True(t, config.Schedule{}.IsZero())
	require.True(t, config.Schedule{}.Next(at("2026-11-30 10:00")).IsZero())
}

func TestSourcesHaveNames(t *testing.T) {
	c, err := config.Parse("t.yaml", []byte(`
workspaces:
  - id: a
    name: A
    language: nb
    sources:
      - {collection: Håndbøker 2026, audience: public, paths: [x], schedule: {every: 1h}}
      - {collection: håndbøker-2026, audience: internal, paths: [y]}
      - {name: mine, collection: "***", audience: internal, s3: {bucket: b, secret_key: hunter2}}
      - {collection: "***", audience: internal, paths: [z]}
`), none)
	require.NoError(t, err)
	var names []string
	for _, s := range c.Workspaces[0].NamedSources() {
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"handboker-2026", "handboker-2026-2", "mine", "source"}, names)
	require.Equal(t, time.Hour, c.Workspaces[0].Sources[0].Schedule.Every)
	s, ok := c.Workspaces[0].Source("mine")
	require.True(t, ok)
	require.Equal(t, config.KindS3, s.Kind())
	out, err := yaml.Marshal(c.Redacted())
	require.NoError(t, err)
	require.NotContains(t, string(out), "hunter2")
	require.Contains(t, string(out), "schedule: every 1h0m0s")
}

func TestEscalationOfAWorkspaceIsRead(t *testing.T) {
	c, err := config.Parse("t.yaml", []byte("workspaces:\n  - id: a\n    name: A\n    language: nb\n    escalation:\n      off: [anger]\n      words: {legal: {nb: [Bransjenemnda, \"klagesak*\"]}}\n      repeats: 3\n      important: {plan: [Enterprise]}\n"), none)
	require.NoError(t, err)
	require.Equal(t, config.Escalation{
		Off: []string{"anger"}, Words: map[string]map[string][]string{"legal": {"nb": {"Bransjenemnda", "klagesak*"}}},
		Repeats: 3, Important: map[string][]string{"plan": {"Enterprise"}},
	}, c.Workspaces[0].Escalation)
}
