package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/suggest/insight"
)

// insightReader makes reports of how drafts do.
type insightReader interface {
	Report(ctx context.Context, q insight.Query, patience time.Duration) (insight.Report, error)
}

const (
	insightDays     = 28   // that are shown when nobody says which
	insightMostDays = 1100 // three years
	insightMostRate = 1e6
	maxCurrency     = 8           // runes
	countPatience   = time.Second // for what changed since the last report
)

// insightPageOf is a page of a report.
type insightPageOf struct {
	name  string
	parts insight.Part
}

// insightPages are the pages of a report in their order, with what they need.
var insightPages = []insightPageOf{{"overview", 0}, {"parts", 0}, {"gaps", insight.Gaps}, {"documents", insight.Documents}, {"money", 0}}

// insightWanted is what an address asks for.
type insightWanted struct {
	ws       Workspace
	query    insight.Query
	last     time.Time // the last day that is shown
	currency string
}

// InsightSpan is the days of a report: from and to are dates, both included,
// or empty; to is then today, and from so many days before it, 0 for 28.
func InsightSpan(now time.Time, from, to string, days int) (first, end time.Time, err error) {
	if days == 0 {
		days = insightDays
	}
	y, m, d := now.Date()
	last := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	day := func(name, text string) (time.Time, error) {
		t, err := time.ParseInLocation(time.DateOnly, text, now.Location())
		if err != nil {
			return t, badRequest(name, strconv.Quote(text)+" is not a day", "write it like 2026-01-31")
		}
		return t, nil
	}
	if to != "" {
		if last, err = day("to", to); err != nil {
			return first, end, err
		}
	}
	first, end = last.AddDate(0, 0, 1-days), last.AddDate(0, 0, 1)
	if from != "" {
		if first, err = day("from", from); err != nil {
			return first, end, err
		}
	}
	switch {
	case !first.Before(end):
		return first, end, badRequest("from", "it is after the last day", "choose an earlier one")
	case end.Sub(first) > insightMostDays*24*time.Hour:
		return first, end, badRequest("from", "more than three years before the last day", "choose a later one")
	}
	return first, end, nil
}

func (s *server) insightWanted(c *gin.Context) (w insightWanted, err error) {
	if s.o.Insight == nil {
		return w, &fault{status: http.StatusNotImplemented, text: "this server makes no reports", next: "ask one that was started with sufflor serve"}
	}
	if w.ws, err = s.workspace(c, c.Query("workspace")); err != nil {
		return w, err
	}
	days, err := number(c, "days", insightDays, insightMostDays)
	if err != nil {
		return w, err
	}
	w.query.Workspace = w.ws.ID
	if w.query.From, w.query.To, err = InsightSpan(s.o.Now(), c.Query("from"), c.Query("to"), days); err != nil {
		return w, err
	}
	w.last = w.query.To.AddDate(0, 0, -1)
	if text := c.Query("rate"); text != "" {
		rate, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		if err != nil || math.IsNaN(rate) || rate < 0 || rate > insightMostRate {
			return w, badRequest("rate", strconv.Quote(text)+" is not possible", "use a number from 0 to 1000000, such as 45")
		}
		w.query.Rate = rate
	}
	w.currency = strings.TrimSpace(c.Query("currency"))
	if !utf8.ValidString(w.currency) || utf8.RuneCountInString(w.currency) > maxCurrency {
		return w, badRequest("currency", "longer than "+strconv.Itoa(maxCurrency)+" characters", "write it like EUR")
	}
	return w, nil
}

// address is that of a page or file with the same span.
func (w insightWanted) address(path string, pairs ...string) string {
	q := url.Values{"workspace": {w.ws.ID}, "from": {w.query.From.Format(time.DateOnly)}, "to": {w.last.Format(time.DateOnly)}}
	if w.query.Rate > 0 {
		q.Set("rate", strconv.FormatFloat(w.query.Rate, 'f', -1, 64))
	}
	if w.currency != "" {
		q.Set("currency", w.currency)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return (&url.URL{Path: path, RawQuery: q.Encode()}).String()
}

func (s *server) insightPage(c *gin.Context) error {
	name := c.Param("page")
	if name == "" {
		name = insightPages[0].name
	}
	at := slices.IndexFunc(insightPages, func(p insightPageOf) bool { return p.name == name })
	if at < 0 {
		return &fault{status: http.StatusNotFound, text: "there is no page " + strconv.Quote(name), next: "use /insight"}
	}
	w, err := s.insightWanted(c)
	if err != nil {
		return err
	}
	w.query.Parts = insightPages[at].parts
	r, err := s.o.Insight.Report(c.Request.Context(), w.query, countPatience)
	if err != nil {
		return err
	}
	p := s.in(w.ws)
	v := p.insight(w, r, name)
	v.Rooms = s.rooms(c, w.ws)
	v.Version = s.o.Version
	if own := s.own(c); len(own) > 1 {
		for _, ws := range own {
			other := w
			other.ws = ws
			v.Workspaces = append(v.Workspaces, workspaceView{Name: ws.title(), Href: other.address(c.Request.URL.Path), Current: ws.ID == w.ws.ID})
		}
	}
	return s.page(c, http.StatusOK, w.ws, "insight", v)
}

func (s *server) insightJSON(c *gin.Context) error {
	w, err := s.insightWanted(c)
	if err != nil {
		return err
	}
	w.query.Parts = insight.Everything
	r, err := s.o.Insight.Report(c.Request.Context(), w.query, countPatience)
	if err != nil {
		return err
	}
	s.in(w.ws).articles(&r)
	c.JSON(http.StatusOK, r)
	return nil
}

func (s *server) insightCSV(c *gin.Context) error {
	w, err := s.insightWanted(c)
	if err != nil {
		return err
	}
	key := c.Query("table")
	tables := insight.Report{}.Tables()
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Key
	}
	switch key {
	case "gaps":
		w.query.Parts = insight.Gaps
	case "documents":
		w.query.Parts = insight.Documents
	}
	if !slices.Contains(names, key) {
		return badRequest("table", strconv.Quote(key)+" is unknown", "use one of: "+strings.Join(names, ", "))
	}
	r, err := s.o.Insight.Report(c.Request.Context(), w.query, countPatience)
	if err != nil {
		return err
	}
	tables = r.Tables()
	var b bytes.Buffer
	b.WriteString("\ufeff") // spreadsheets take a file without it for another encoding
	if err := tables[slices.Index(names, key)].WriteCSV(&b); err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="sufflor-%s-%s-%s.csv"`, key, w.query.From.Format(time.DateOnly), w.last.Format(time.DateOnly)))
	c.Data(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
	return nil
}

// WriteInsight writes a report as one file to read: no scripts, and nothing
// that a browser would fetch. The report's times must be in the zone of those
// who read it.
func WriteInsight(w io.Writer, ws Workspace, r insight.Report, currency string) error {
	a, err := loadAssets()
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	all, err := loadPages(a)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	p, ok := all[ws.Language]
	if !ok {
		p = all[fallback]
	}
	wanted := insightWanted{ws: ws, currency: currency, last: r.To.AddDate(0, 0, -1)}
	wanted.query.Workspace, wanted.query.From, wanted.query.To = r.Workspace, r.From, r.To
	v := p.insight(wanted, r, "")
	var style []byte
	for _, name := range []string{"panel.css", "insight.css"} {
		data, err := staticFS.ReadFile("static/" + name)
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		style = append(style, data...)
	}
	if bytes.Contains(style, []byte("</")) {
		return errors.New("write the report: a style sheet would end the style element")
	}
	v.Style = template.CSS(style) //nolint:gosec // our own, embedded
	if err := p.t.ExecuteTemplate(w, "insightreport.html", v); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
