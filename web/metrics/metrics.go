// Package metrics is what Prometheus reads of a running sufflor.
//
// Names follow https://prometheus.io/docs/practices/naming/. Labels come from
// closed sets: the configuration, the table of routes, our own words. No text
// and no id of a customer is ever in one. The Prometheus client does not leave
// this package.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// State is what is looked up each time somebody reads.
type State struct {
	Waiting       map[string]int           // jobs that wait or run, by kind
	Oldest        map[string]time.Duration // how long the one waits that has been due for longest, by kind
	Dead          int                      // jobs that were given up
	Passages      int                      // in the index
	Behind        int                      // documents that the index does not have as the store does
	Vectors       int                      // passages that still lack a vector
	Disconnected  []string                 // desks that let us in no longer
	DatabaseBytes int64                    // 0: not known
	Spend         map[string]float64       // of this month on language models, in the currency of the prices, by workspace
}

// Options are what metrics are made of.
type Options struct {
	Version string
	Desks   []string // names; deliveries of others count as "unknown"

	// State is asked at each reading, for at most two seconds.
	State func(context.Context) (State, error)
	Log   *slog.Logger
}

// Metrics are safe for concurrent use. The nil *Metrics counts nothing.
type Metrics struct {
	o        Options
	registry *prometheus.Registry

	deliveries *prometheus.HistogramVec
	requests   *prometheus.HistogramVec
	jobs       *prometheus.HistogramVec
	drafts     *prometheus.CounterVec
	stages     *prometheus.HistogramVec
	toDraft    prometheus.Histogram
	calls      *prometheus.HistogramVec
	tokens     *prometheus.CounterVec
	fallbacks  *prometheus.CounterVec
	refused    *prometheus.CounterVec
}

var (
	short = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}  // seconds; Slack waits three
	long  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60} // seconds
)

// New makes metrics with a registry of their own.
func New(o Options) *Metrics {
	m := &Metrics{o: o, registry: prometheus.NewRegistry()}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(h)
		return h
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	m.deliveries = histogram("sufflor_delivery_duration_seconds", "Deliveries of help desks, until they are answered.", short, "desk", "outcome")
	m.requests = histogram("sufflor_http_request_duration_seconds", "Requests of pages and API, by route.", short, "method", "route", "code")
	m.jobs = histogram("sufflor_job_duration_seconds", "Jobs, by kind and by how the attempt ended.", long, "kind", "outcome")
	m.drafts = counter("sufflor_suggestions_total", "Suggestions made or finished.", "desk", "mode", "flag")
	m.stages = histogram("sufflor_stage_duration_seconds", "Steps of making a suggestion.", long, "stage")
	m.toDraft = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "sufflor_message_to_draft_seconds", Help: "From a customer's message being received to its draft being stored.", Buckets: long,
	})
	m.calls = histogram("sufflor_model_call_duration_seconds", "Calls of the language model, by why they ended.", long, "cause")
	m.tokens = counter("sufflor_model_tokens_total", "Tokens of the language model; estimated where the server does not tell.", "direction")
	m.fallbacks = counter("sufflor_degraded_total", "Suggestions that came about with less than they could have, by what was missing.", "reason")
	m.refused = counter("sufflor_sign_in_refused_total", "Sign-ins refused.", "reason")
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "sufflor_build_info", Help: "1; the version is the label.", ConstLabels: prometheus.Labels{"version": o.Version}})
	info.Set(1)
	m.registry.MustRegister(m.toDraft, info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), state{m})
	return m
}

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Delivery is one delivery of a help desk and the status it was answered with.
func (m *Metrics) Delivery(desk string, status int, took time.Duration) {
	if m == nil {
		return
	}
	if !slices.Contains(m.o.Desks, desk) {
		desk = "unknown"
	}
	m.deliveries.WithLabelValues(desk, outcome(status)).Observe(took.Seconds())
}

// outcome is what became of a delivery, for those who do not know our codes.
func outcome(status int) string {
	switch {
	case status < 400:
		return "accepted"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "unverified"
	case status < 500:
		return "refused"
	}
	return "failed"
}

// Request is one request of a page or of the API. Route is the template it was
// found by, "" when there is none. Streams are counted without their time.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	if m == nil {
		return
	}
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete:
	default: // callers may send any word
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Job is one attempt at a job.
func (m *Metrics) Job(kind string, took time.Duration, err error) {
	if m == nil {
		return
	}
	end := "done"
	if err != nil {
		end = "failed"
	}
	m.jobs.WithLabelValues(kind, end).Observe(took.Seconds())
}

// Draft is a suggestion that was made.
type Draft struct {
	Desk, Mode, Flag string
	Stages           map[string]time.Duration // that took any time
	Degraded         []string                 // what it had to do without
	SinceReceived    time.Duration            // 0: nobody waited for it
}

// Draft counts a suggestion.
func (m *Metrics) Draft(d Draft) {
	if m == nil {
		return
	}
	m.drafts.WithLabelValues(d.Desk, d.Mode, d.Flag).Inc()
	for stage, took := range d.Stages {
		m.stages.WithLabelValues(stage).Observe(took.Seconds())
	}
	for _, reason := range d.Degraded {
		m.fallbacks.WithLabelValues(part(reason)).Inc()
	}
	if d.SinceReceived > 0 {
		m.toDraft.Observe(d.SinceReceived.Seconds())
	}
}

// part is the part that was lost: what stands before its cause. A model's
// causes are told by its calls.
func part(reason string) string {
	end := strings.IndexFunc(reason, func(r rune) bool { return r == ' ' || r == ':' || r == '/' || r == '(' || r >= utf8.RuneSelf })
	if end >= 0 {
		reason = reason[:end]
	}
	return reason
}

// Call is one call of the language model; cause is "ok" or why there was no
// reply.
func (m *Metrics) Call(cause string, took time.Duration, in, out int) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(cause).Observe(took.Seconds())
	m.tokens.WithLabelValues("in").Add(float64(in))
	m.tokens.WithLabelValues("out").Add(float64(out))
}

// SignInRefused counts a refused sign-in: "password", "throttled" and the like.
func (m *Metrics) SignInRefused(reason string) {
	if m == nil {
		return
	}
	m.refused.WithLabelValues(reason).Inc()
}

// state collects what is looked up.
type state struct{ *Metrics }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	waiting      = gauge("sufflor_jobs_waiting", "Jobs that wait or run.", "kind")
	oldest       = gauge("sufflor_jobs_oldest_seconds", "How long the job waits that has been due for longest.", "kind")
	dead         = gauge("sufflor_jobs_dead", "Jobs that were given up: sufflor jobs lists them.")
	passages     = gauge("sufflor_index_passages", "Passages in the index.")
	behind       = gauge("sufflor_index_behind_documents", "Documents that the index has yet to learn or forget.")
	vectorless   = gauge("sufflor_vectors_behind_passages", "Passages that have no vector yet.")
	disconnected = gauge("sufflor_desk_disconnected", "1 while a help desk lets us in no longer.", "desk")
	database     = gauge("sufflor_database_bytes", "Size of the database file.")
	spend        = gauge("sufflor_model_spend", "What the language model cost this month, in the currency of the configured prices.", "workspace")
	readable     = gauge("sufflor_state_readable", "1; 0 when the rest could not be looked up.")
)

// Describe implements [prometheus.Collector].
func (s state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waiting, oldest, dead, passages, behind, vectorless, disconnected, database, spend, readable} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (s state) Collect(out chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if s.o.State == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	now, err := s.o.State(ctx)
	if err != nil {
		s.o.Log.WarnContext(ctx, "metrics: the state could not be looked up", "err", err)
		set(readable, 0)
		return
	}
	set(readable, 1)
	for kind, n := range now.Waiting {
		set(waiting, float64(n), kind)
	}
	for kind, age := range now.Oldest {
		set(oldest, age.Seconds(), kind)
	}
	set(dead, float64(now.Dead))
	set(passages, float64(now.Passages))
	set(behind, float64(now.Behind))
	set(vectorless, float64(now.Vectors))
	for _, desk := range s.o.Desks {
		v := 0.0
		if slices.Contains(now.Disconnected, desk) {
			v = 1
		}
		set(disconnected, v, desk)
	}
	if now.DatabaseBytes > 0 {
		set(database, float64(now.DatabaseBytes))
	}
	for workspace, sum := range now.Spend {
		set(spend, sum, workspace)
	}
}
