package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	retrieval "github.com/sufflor/sufflor/index/measure"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/web"
)

// countEvery is how often a server counts what became of suggestions.
const countEvery = time.Minute

// reportQuery is what a report is about, as it is written.
type reportQuery struct {
	since, until string
	rate         float64
	currency     string
	html         string
}

func (c *cli) reportCmd() *cobra.Command {
	var q reportQuery
	cmd := &cobra.Command{
		Use: "report", Short: "Tell how drafts do: what agents did with them, what is missing, what time it saves", Args: cobra.NoArgs,
		Long: `Prints what became of the drafts of a span of days, or with --html writes the same
pages as the panel's reports into one file: no scripts, nothing fetched, fit to be sent
by mail each week. With --json, all figures as data.

Figures are measured, never assumed: what cannot be known yet is said to be unknown,
with what is needed. Questions in it have placeholders for personal data.`,
		Example: `  sufflor report --since 7d --html week.html
  sufflor report --since 2026-01-01 --until 2026-01-31 --rate 45 --currency EUR
  sufflor report --since 90d --json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.tellHow(cmd.Context(), q) },
	}
	cmd.Flags().StringVar(&q.since, "since", "28d", "the first `DAY`, such as 2026-01-31, or how many days: 7d, 4w")
	cmd.Flags().StringVar(&q.until, "until", "", "the last `DAY` (default: today)")
	cmd.Flags().Float64Var(&q.rate, "rate", 0, "what an hour of work costs")
	cmd.Flags().StringVar(&q.currency, "currency", "", "of the rate, such as EUR")
	cmd.Flags().StringVar(&q.html, "html", "", "write the report to `FILE`")
	return cmd
}

// count counts what became of suggestions, until ctx ends.
func (a *app) count(ctx context.Context) {
	ids := make([]string, len(a.cfg.Workspaces))
	for i, w := range a.cfg.Workspaces {
		ids[i] = w.ID
	}
	a.insight.Run(ctx, ids, countEvery, func(err error) { a.log.WarnContext(ctx, "suggestions not counted", "err", err) })
}

// days is a number of days or weeks.
var days = regexp.MustCompile(`^([0-9]{1,4})([dw])$`)

// query is what the flags ask for, by the days of this machine.
func (q reportQuery) query(workspace string, now time.Time) (insight.Query, error) {
	out := insight.Query{Workspace: workspace, Parts: insight.Everything, Rate: q.rate}
	if q.rate < 0 || q.rate > 1e6 {
		return out, usage(fmt.Errorf("--rate %g: use a number from 0 to 1000000", q.rate))
	}
	first, n := q.since, 0
	if m := days.FindStringSubmatch(q.since); m != nil {
		first = ""
		n, _ = strconv.Atoi(m[1])
		if m[2] == "w" {
			n *= 7
		}
		if n == 0 {
			return out, usage(fmt.Errorf("--since %s: use at least one day: 1d", q.since))
		}
	}
	var err error
	if out.From, out.To, err = web.InsightSpan(now, first, q.until, n); err != nil {
		return out, usage(fmt.Errorf("--since %s --until %s: %w", q.since, q.until, err))
	}
	return out, nil
}

// tellHow reads the figures here, or through the server that has the data.
func (c *cli) tellHow(ctx context.Context, q reportQuery) error {
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	query, err := q.query(w.ID, time.Now())
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg)})
	var r insight.Report
	switch {
	case errors.Is(err, store.ErrLocked):
		server, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return errors.Join(err, remoteErr)
		}
		if r, err = server.report(ctx, query); err != nil {
			return err
		}
		r.From, r.To = query.From, query.To // in our own time zone
	case err != nil:
		return err
	default:
		r, err = (&insight.Reader{Store: s}).Report(ctx, query, 0)
		if err := errors.Join(err, s.Close()); err != nil {
			return err
		}
	}
	if q.html != "" {
		space := web.Workspace{ID: w.ID, Name: w.Name, Language: w.Language}
		if err := retrieval.WriteWhole(q.html, func(out io.Writer) error { return web.WriteInsight(out, space, r, q.currency) }); err != nil {
			return fmt.Errorf("write report %s: %w; name a file that can be written", q.html, err)
		}
	}
	switch {
	case c.json:
		return c.print(r)
	case q.html != "":
		_, err := fmt.Fprintf(c.stderr, "report of %s: %s\n", count(r.Whole.Suggestions, "suggestion"), q.html)
		return err
	}
	return showReport(c.stdout, r, q.currency)
}

// report asks the server for a report.
func (r *remote) report(ctx context.Context, q insight.Query) (out insight.Report, err error) {
	address := url.Values{
		"workspace": {q.Workspace}, "from": {q.From.Format(time.DateOnly)}, "to": {q.To.AddDate(0, 0, -1).Format(time.DateOnly)},
		"rate": {strconv.FormatFloat(q.Rate, 'f', -1, 64)},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/api/insight?"+address.Encode(), nil)
	if err != nil {
		return out, err
	}
	err = r.do(req, func(body io.Reader) error { return json.NewDecoder(io.LimitReader(body, 64<<20)).Decode(&out) })
	return out, err
}

// showReport prints the chief figures for a person at a terminal.
func showReport(w io.Writer, r insight.Report, currency string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s to %s: %s, %d with something to answer\n", printable(r.Workspace), r.From.Format(time.DateOnly),
		r.To.AddDate(0, 0, -1).Format(time.DateOnly), count(r.Whole.Suggestions, "suggestion"), r.Whole.Asked)
	if r.Uncounted > 0 {
		fmt.Fprintf(&b, "%s not counted yet; run the command again in a minute\n", count(r.Uncounted, "suggestion"))
	}
	f := r.Whole
	for _, line := range []struct {
		name  string
		share insight.Share
	}{{"got a draft", f.Coverage}, {"used or edited", f.Acceptance}, {"of these unedited", f.Unedited}, {"of use where flagged high", f.Precision}} {
		fmt.Fprintf(&b, "  %-26s %s\n", line.name, shareWords(line.share))
	}
	fmt.Fprintf(&b, "  %-26s %s\n", "words changed", figure(f.Distance.P50, 100, "%", f.Distance.N))
	fmt.Fprintf(&b, "  %-26s %s\n", "message to reply", figure(f.Reply.P50, 1.0/60, "min", f.Reply.N))
	fmt.Fprintf(&b, "  %-26s %s, 95 of 100 within %s\n", "message to suggestion", figure(f.Latency.P50, 1, "ms", f.Latency.N), value(f.Latency.P95, "ms"))
	switch m := r.Money; {
	case m.Why != "":
		fmt.Fprintf(&b, "  %-26s not known: %s\n", "hours saved", map[string]string{
			"with": "no reply was measured where there was a draft", "without": "no reply without a draft was measured",
			"few": "no kind of question has ten replies both with and without a draft",
		}[m.Why])
	default:
		fmt.Fprintf(&b, "  %-26s %.1f (95 %%: %.1f to %.1f), message to reply, over %d replies\n", "hours saved", float64(m.Hours), float64(m.Low), float64(m.High), m.Replies)
		if m.Worth.Known() {
			fmt.Fprintf(&b, "  %-26s %.0f %s\n", "worth", float64(m.Worth), printable(currency))
		}
	}
	if len(r.Gaps.Gaps) > 0 {
		fmt.Fprintf(&b, "asked and not answered:\n")
		for _, g := range r.Gaps.Gaps[:min(len(r.Gaps.Gaps), 5)] {
			fmt.Fprintf(&b, "  %3d × %s\n", g.Count, printable(g.Question))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func shareWords(s insight.Share) string {
	if s.N == 0 {
		return "not known yet"
	}
	return fmt.Sprintf("%.0f %% (%d of %d; 95 %%: %.0f to %.0f)", 100*float64(s.Value), s.K, s.N, 100*float64(s.Low), 100*float64(s.High))
}

func figure(n insight.Number, times float64, unit string, of int) string {
	if !n.Known() {
		return "not known yet"
	}
	return fmt.Sprintf("%s (median of %d)", value(n*insight.Number(times), unit), of)
}

func value(n insight.Number, unit string) string {
	if !n.Known() {
		return "–"
	}
	return fmt.Sprintf("%.1f %s", float64(n), unit)
}
