package metrics_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/web/metrics"
)

// busy is a server that has done one of everything.
func busy(state func(context.Context) (metrics.State, error)) *metrics.Metrics {
	m := metrics.New(metrics.Options{Version: "1.2.3", Desks: []string{"zd", "lost"}, State: state, Log: slog.New(slog.DiscardHandler)})
	m.Delivery("zd", 200, 3*time.Millisecond)
	m.Delivery("zd", 401, time.Millisecond)
	m.Delivery("zd", 413, time.Millisecond)
	m.Delivery("zd", 503, time.Second)
	m.Delivery("made-up-by-a-stranger", 404, time.Millisecond)
	m.Request("GET", "/api/suggestions/:id", 200, time.Millisecond)
	m.Request("BREW", "", 404, time.Millisecond)
	m.Job("draft", time.Second, nil)
	m.Job("deliver", time.Second, errors.New("no"))
	m.Draft(metrics.Draft{
		Desk: "zd", Mode: "quoted", Flag: "high", Stages: map[string]time.Duration{"retrieve": 4 * time.Millisecond},
		Degraded: []string{"model (deadline)", "meaning: http://10.0.0.1 is down"}, SinceReceived: 40 * time.Millisecond,
	})
	m.Call("rate_limited", time.Second, 0, 0)
	m.Call("ok", time.Second, 900, 120)
	m.SignInRefused("wrong")
	return m
}

func whole(context.Context) (metrics.State, error) {
	return metrics.State{
		Waiting: map[string]int{"draft": 3}, Oldest: map[string]time.Duration{"draft": 90 * time.Second}, Dead: 2, Passages: 1000, Behind: 1, Vectors: 4,
		Disconnected: []string{"lost"}, DatabaseBytes: 4096, Spend: map[string]float64{"demo": 1.5},
	}, nil
}

func read(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	b, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	return string(b)
}

func TestWhatIsCounted(t *testing.T) {
	text := read(t, busy(whole))
	for _, line := range []string{
		`sufflor_build_info{version="1.2.3"} 1`,
		`sufflor_delivery_duration_seconds_count{desk="zd",outcome="accepted"} 1`,
		`sufflor_delivery_duration_seconds_count{desk="zd",outcome="unverified"} 1`,
		`sufflor_delivery_duration_seconds_count{desk="zd",outcome="refused"} 1`,
		`sufflor_delivery_duration_seconds_count{desk="zd",outcome="failed"} 1`,
		`sufflor_delivery_duration_seconds_count{desk="unknown",outcome="refused"} 1`,
		`sufflor_http_request_duration_seconds_count{code="200",method="GET",route="/api/suggestions/:id"} 1`,
		`sufflor_http_request_duration_seconds_count{code="404",method="other",route="none"} 1`,
		`sufflor_job_duration_seconds_count{kind="draft",outcome="done"} 1`,
		`sufflor_job_duration_seconds_count{kind="deliver",outcome="failed"} 1`,
		`sufflor_suggestions_total{desk="zd",flag="high",mode="quoted"} 1`,
		`sufflor_stage_duration_seconds_bucket{stage="retrieve",le="0.005"} 1`,
		`sufflor_message_to_draft_seconds_count 1`,
		`sufflor_degraded_total{reason="model"} 1`,
		`sufflor_degraded_total{reason="meaning"} 1`,
		`sufflor_model_call_duration_seconds_count{cause="rate_limited"} 1`,
		`sufflor_model_tokens_total{direction="in"} 900`,
		`sufflor_model_tokens_total{direction="out"} 120`,
		`sufflor_sign_in_refused_total{reason="wrong"} 1`,
		`sufflor_jobs_waiting{kind="draft"} 3`,
		`sufflor_jobs_oldest_seconds{kind="draft"} 90`,
		`sufflor_jobs_dead 2`,
		`sufflor_index_passages 1000`,
		`sufflor_index_behind_documents 1`,
		`sufflor_vectors_behind_passages 4`,
		`sufflor_desk_disconnected{desk="lost"} 1`,
		`sufflor_desk_disconnected{desk="zd"} 0`,
		`sufflor_database_bytes 4096`,
		`sufflor_model_spend{workspace="demo"} 1.5`,
		`sufflor_state_readable 1`,
	} {
		require.Contains(t, text, line+"\n")
	}
	require.NotContains(t, text, "stranger", "a label would hold what outsiders send")
	require.NotContains(t, text, "10.0.0.1", "a label would hold the text of an error")
	require.Contains(t, text, "go_goroutines")
}

func TestAStateThatCannotBeReadIsToldAndHidesNothingElse(t *testing.T) {
	text := read(t, busy(func(ctx context.Context) (metrics.State, error) {
		_, limited := ctx.Deadline()
		require.True(t, limited)
		return metrics.State{}, errors.New("disk")
	}))
	require.Contains(t, text, "sufflor_state_readable 0\n")
	require.Contains(t, text, "sufflor_suggestions_total{")
	require.NotContains(t, text, "sufflor_jobs_dead")
}

func TestNobodyCounts(t *testing.T) {
	var m *metrics.Metrics
	m.Delivery("zd", 200, 0)
	m.Request("GET", "/", 200, 0)
	m.Job("draft", 0, nil)
	m.Draft(metrics.Draft{})
	m.Call("ok", 0, 1, 1)
	m.SignInRefused("wrong")
}

// TestDashboardAndAlertsNameWhatThereIs holds deploy/ to the code: a metric or
// a label that is renamed would leave an alert that never comes.
func TestDashboardAndAlertsNameWhatThereIs(t *testing.T) {
	text := read(t, busy(whole))
	var exprs []string
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	b, err := os.ReadFile("../../deploy/grafana/sufflor.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &board))
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	require.Greater(t, len(exprs), 20)
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      struct{ Severity string }
				Annotations struct{ Summary, Runbook string }
			}
		}
	}
	b, err = os.ReadFile("../../deploy/prometheus/alerts.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(b, &rules))
	for _, r := range rules.Groups[0].Rules {
		require.NotEmpty(t, r.Annotations.Summary, r.Alert)
		require.NotEmpty(t, r.Annotations.Runbook, r.Alert)
		require.Contains(t, []string{"page", "ticket"}, r.Labels.Severity, r.Alert)
		exprs = append(exprs, r.Expr)
	}
	used := map[string]bool{}
	name := regexp.MustCompile(`(?:sufflor|process|go)_[a-z_]+`)
	label := regexp.MustCompile(`(\w+)(?:!~|=~|!=|=)"`)
	for _, e := range exprs {
		for _, n := range name.FindAllString(e, -1) {
			require.Regexp(t, `(?m)^`+n+`[ {]`, text, "no such metric: %s in %s", n, e)
			used[strings.TrimSuffix(strings.TrimSuffix(n, "_bucket"), "_count")] = true
			for _, l := range label.FindAllStringSubmatch(e, -1) {
				if l[1] != "job" { // Prometheus' own
					require.Regexp(t, `(?m)^`+n+`\{.*`+l[1]+`="`, text, "%s has no label %s: %s", n, l[1], e)
				}
			}
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (sufflor_\w+)`).FindAllStringSubmatch(text, -1) {
		if line[1] != "sufflor_build_info" && line[1] != "sufflor_job_duration_seconds" {
			require.True(t, used[line[1]], "%s is on no dashboard and in no alert", line[1])
		}
	}
}
